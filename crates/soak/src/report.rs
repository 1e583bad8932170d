//! What a soak found, as data. Words and tables are the front end's.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use cbtrade_database::FiguresSnapshot;

use crate::check::{Violation, ViolationKind};
use crate::history::{Fate, Operation};
use crate::plan::FaultKind;

/// Operations of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindFigures {
    /// Acknowledged, or found out to be done.
    pub done: u64,
    /// Refused: nothing was written or given.
    pub refused: u64,
    /// With an open outcome.
    pub in_doubt: u64,
    /// Mean time of those done, in microseconds.
    pub mean_us: u64,
    /// Time that 99 of 100 keep below, in microseconds.
    pub p99_us: u64,
    /// Longest time, those refused among them, in microseconds.
    pub longest_us: u64,
    /// Attempts made again, by cause.
    pub retries: BTreeMap<String, u64>,
}

/// How evenly the bots came to their turn: acknowledged writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// Of the bot with the fewest.
    pub least: u64,
    /// Of the bot in the middle.
    pub median: u64,
    /// Of the bot with the most.
    pub most: u64,
}

impl Shares {
    /// Whether the slowest bot has at least half of what the one in the middle has.
    #[must_use]
    pub fn are_fair(self) -> bool {
        self.least * 2 >= self.median
    }
}

/// What goes beyond single operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    /// An operation was refused although nothing was in its way.
    FailedWithoutFault,
    /// Our own statements waited for each other in a circle.
    Deadlock,
    /// A bot had less than half of the median.
    UnfairShare,
    /// A bot ended by itself.
    BotDied,
    /// A bot did not end in time: a call hung.
    BotHung,
}

impl FailureKind {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FailureKind::FailedWithoutFault => "failed-without-fault",
            FailureKind::Deadlock => "deadlock",
            FailureKind::UnfairShare => "unfair-share",
            FailureKind::BotDied => "bot-died",
            FailureKind::BotHung => "bot-hung",
        }
    }
}

/// Something that is not as it should be, though no row is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// What happened.
    pub words: String,
    /// An operation that shows it.
    pub operation: Option<Operation>,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind.name(), self.words)?;
        match &self.operation {
            Some(operation) => write!(formatter, "\n    {operation}"),
            None => Ok(()),
        }
    }
}

/// What a soak found.
#[derive(Clone, Debug)]
pub struct SoakReport {
    /// Decides everything that was left to chance.
    pub seed: u64,
    /// What the database was.
    pub engine: String,
    /// How many bots.
    pub bots: u32,
    /// Processes started in all.
    pub lives: u32,
    /// Time of the bots' work, in milliseconds.
    pub worked_ms: u64,
    /// Faults by kind.
    pub injected: BTreeMap<FaultKind, u64>,
    /// Where messages were cut or held: words and count.
    pub spots: Vec<(String, u64)>,
    /// Faults that were asked for and cannot be had here, with the reason.
    pub not_injected: Vec<(FaultKind, String)>,
    /// How often the server was started again.
    pub server_starts: u64,
    /// Figures by kind of operation.
    pub kinds: BTreeMap<&'static str, KindFigures>,
    /// Refusals by the error's kind.
    pub refusals: BTreeMap<String, u64>,
    /// Commits whose answer was lost and whose outcome was found out by the layer.
    pub outcomes_found_out: u64,
    /// Connections opened.
    pub connects: u64,
    /// Acknowledged writes of the bots.
    pub shares: Shares,
    /// What else is worth telling.
    pub notes: Vec<String>,
    /// What is wrong in rows and answers.
    pub violations: Vec<Violation>,
    /// What is wrong besides.
    pub failures: Vec<Failure>,
    /// Where the histories are kept, if something is wrong.
    pub histories: Option<PathBuf>,
}

impl SoakReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty() && self.failures.is_empty()
    }

    /// Violations by kind.
    #[must_use]
    pub fn violation_counts(&self) -> BTreeMap<ViolationKind, usize> {
        let mut counts = BTreeMap::new();
        for violation in &self.violations {
            *counts.entry(violation.kind).or_default() += 1;
        }
        counts
    }

    /// All writing kinds together, or all reading ones.
    #[must_use]
    pub fn total(&self, writing: bool) -> KindFigures {
        let mut total = KindFigures::default();
        let mut time_us = 0_u64;
        for (_, kind) in self
            .kinds
            .iter()
            .filter(|(name, _)| name.starts_with("read ") != writing)
        {
            total.done += kind.done;
            total.refused += kind.refused;
            total.in_doubt += kind.in_doubt;
            time_us = time_us.saturating_add(kind.mean_us.saturating_mul(kind.done));
            total.p99_us = total.p99_us.max(kind.p99_us);
            total.longest_us = total.longest_us.max(kind.longest_us);
            for (cause, count) in &kind.retries {
                *total.retries.entry(cause.clone()).or_default() += count;
            }
        }
        total.mean_us = time_us / total.done.max(1);
        total
    }

    /// Acknowledged writes per second.
    #[must_use]
    pub fn writes_per_second(&self) -> u64 {
        self.total(true).done * 1_000 / self.worked_ms.max(1)
    }
}

/// Figures of all operations by kind.
pub(crate) fn figures_by_kind(operations: &[Operation]) -> BTreeMap<&'static str, KindFigures> {
    let mut kinds: BTreeMap<&'static str, KindFigures> = BTreeMap::new();
    let mut times: BTreeMap<&'static str, Vec<u64>> = BTreeMap::new();
    for operation in operations {
        let kind = kinds.entry(operation.asked.kind()).or_default();
        let time_us = operation
            .done_us
            .map(|done| done.saturating_sub(operation.begun_us));
        match &operation.fate {
            Fate::Acknowledged(_) | Fate::Settled => {
                kind.done += 1;
                times
                    .entry(operation.asked.kind())
                    .or_default()
                    .extend(time_us);
            }
            Fate::Refused(_) => kind.refused += 1,
            Fate::InDoubt(_) => kind.in_doubt += 1,
        }
        kind.longest_us = kind.longest_us.max(time_us.unwrap_or(0));
        for (cause, count) in &operation.retries {
            *kind.retries.entry(cause.clone()).or_default() += count;
        }
    }
    for (name, mut list) in times {
        list.sort_unstable();
        if let (Some(kind), Some(count)) = (kinds.get_mut(name), u64::try_from(list.len()).ok())
            && count > 0
        {
            kind.mean_us = list.iter().sum::<u64>() / count;
            kind.p99_us = list.get(list.len() * 99 / 100).copied().unwrap_or(0);
        }
    }
    kinds
}

/// Refusals by the error's kind.
pub(crate) fn refusals(operations: &[Operation]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for operation in operations {
        if let Fate::Refused(words) = &operation.fate {
            let kind = words.split(':').next().unwrap_or_default();
            *counts.entry(kind.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// Acknowledged writes by bot.
pub(crate) fn shares(operations: &[Operation], bots: u32) -> Shares {
    let mut counts: BTreeMap<u32, u64> = (0..bots).map(|bot| (bot, 0)).collect();
    for operation in operations {
        if operation.asked.writes() && operation.is_done() {
            *counts.entry(operation.id.bot).or_default() += 1;
        }
    }
    let mut list: Vec<u64> = counts.into_values().collect();
    list.sort_unstable();
    Shares {
        least: list.first().copied().unwrap_or(0),
        median: list.get(list.len() / 2).copied().unwrap_or(0),
        most: list.last().copied().unwrap_or(0),
    }
}

/// Sums of the bots' own figures; a bot that was killed told none.
pub(crate) fn sums(figures: &[FiguresSnapshot]) -> (u64, u64) {
    figures.iter().fold((0, 0), |(connects, unknown), one| {
        (connects + one.connects, unknown + one.outcomes_unknown)
    })
}
