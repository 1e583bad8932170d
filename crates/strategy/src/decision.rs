//! What a rule says, and why.

use std::fmt;

/// How two numbers must stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The first is greater.
    Above,
    /// The first is greater or equal.
    AtLeast,
    /// The first is smaller.
    Below,
    /// The first is smaller or equal.
    AtMost,
}

impl Relation {
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Above => left > right,
            Self::AtLeast => left >= right,
            Self::Below => left < right,
            Self::AtMost => left <= right,
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
        }
    }
}

/// One condition of a rule with the numbers it was judged on. An undefined number fails every condition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Check {
    /// The condition in words.
    pub what: &'static str,
    /// The number that is judged.
    pub left: f64,
    /// How it must stand to the other.
    pub relation: Relation,
    /// The number it is held against.
    pub right: f64,
    /// Whether it holds.
    pub holds: bool,
}

impl fmt::Display for Check {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            left,
            relation,
            right,
            holds,
        } = self;
        let mark = if *holds { "yes" } else { "no" };
        write!(out, "{mark}: {what} ({left} {} {right})", relation.sign())
    }
}

/// A rule has at most so many conditions.
const CHECKS_MAX: usize = 12;

/// What became of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All conditions hold.
    Signal,
    /// At least one does not.
    NoSignal,
    /// The frame has too few candles to judge by; nothing is padded (B-35).
    TooFewCandles {
        /// How many there are.
        seen: usize,
        /// How many it takes.
        needed: usize,
    },
    /// The strategy has no such rule: it never exits by itself.
    NoRule,
}

/// What a rule says of a frame, with every condition it looked at.
#[derive(Debug, Clone, Copy)]
pub struct Decision {
    outcome: Outcome,
    checks: [Check; CHECKS_MAX],
    count: usize,
}

impl Decision {
    pub(crate) fn without_checks(outcome: Outcome) -> Self {
        Self {
            outcome,
            ..Sheet::new().decided()
        }
    }

    /// Whether the rule fired.
    #[must_use]
    pub fn is_signal(&self) -> bool {
        self.outcome == Outcome::Signal
    }

    /// What became of the rule.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The conditions, in the rule's order.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        self.checks.get(..self.count).unwrap_or_default()
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outcome {
            Outcome::Signal => out.write_str("signal")?,
            Outcome::NoSignal => out.write_str("no signal")?,
            Outcome::TooFewCandles { seen, needed } => {
                write!(out, "not judged: {seen} candles of {needed} needed")?;
            }
            Outcome::NoRule => out.write_str("has no such rule")?,
        }
        for check in self.checks() {
            write!(out, "; {check}")?;
        }
        Ok(())
    }
}

/// Takes down conditions.
pub(crate) struct Sheet {
    checks: [Check; CHECKS_MAX],
    count: usize,
    all_hold: bool,
}

impl Sheet {
    pub(crate) fn new() -> Self {
        const EMPTY: Check = Check {
            what: "",
            left: f64::NAN,
            relation: Relation::Above,
            right: f64::NAN,
            holds: false,
        };
        Self {
            checks: [EMPTY; CHECKS_MAX],
            count: 0,
            all_hold: true,
        }
    }

    fn check(
        &mut self,
        what: &'static str,
        left: f64,
        relation: Relation,
        right: f64,
    ) -> &mut Self {
        let holds = relation.holds(left, right);
        self.all_hold &= holds;
        if let Some(place) = self.checks.get_mut(self.count) {
            *place = Check {
                what,
                left,
                relation,
                right,
                holds,
            };
            self.count += 1;
        }
        self
    }

    pub(crate) fn above(&mut self, what: &'static str, left: f64, right: f64) -> &mut Self {
        self.check(what, left, Relation::Above, right)
    }

    pub(crate) fn at_least(&mut self, what: &'static str, left: f64, right: f64) -> &mut Self {
        self.check(what, left, Relation::AtLeast, right)
    }

    pub(crate) fn below(&mut self, what: &'static str, left: f64, right: f64) -> &mut Self {
        self.check(what, left, Relation::Below, right)
    }

    pub(crate) fn at_most(&mut self, what: &'static str, left: f64, right: f64) -> &mut Self {
        self.check(what, left, Relation::AtMost, right)
    }

    /// A condition that is either met or not, told as the number of times it is met.
    pub(crate) fn met(&mut self, what: &'static str, times: usize) -> &mut Self {
        let times = u32::try_from(times).map_or(f64::INFINITY, f64::from);
        self.check(what, times, Relation::AtLeast, 1.0)
    }

    pub(crate) fn decided(&self) -> Decision {
        Decision {
            outcome: if self.all_hold {
                Outcome::Signal
            } else {
                Outcome::NoSignal
            },
            checks: self.checks,
            count: self.count,
        }
    }
}
