//! Faults of the bots' former code that can be switched on again, to hold recorded decisions against.

/// A fault that the decisions can still make. Numbers are those of `docs/reference/faults.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Per-interval values are those of `***`.
    B13 = 13,
    /// Limits that were never read do not hold.
    B14 = 14,
    /// Strategies of kind dn have the share of kind up.
    B15 = 15,
    /// In shares mode the pair's up and dn amounts are divided by the sum of shares.
    B18 = 18,
    /// Products beside the designated ones have no amount of their own.
    B19 = 19,
    /// When nothing fits the budget, what can be paid is bought anyway.
    B21 = 21,
    /// Live buys look neither at the spread nor at limit-only markets.
    B22 = 22,
    /// The product's delay has no effect on paper.
    B23 = 23,
    /// Give-back levels are sorted as text.
    B32 = 32,
    /// The profit saver's list of products switches it off, and its skip list does nothing.
    B33 = 33,
    /// Sizes grow while they are at most the target less one.
    B55 = 55,
}

impl Fault {
    /// All that can be switched on.
    pub const ALL: [Self; 11] = [
        Self::B13,
        Self::B14,
        Self::B15,
        Self::B18,
        Self::B19,
        Self::B21,
        Self::B22,
        Self::B23,
        Self::B32,
        Self::B33,
        Self::B55,
    ];

    /// The name, such as `B-07`.
    #[must_use]
    pub fn name(self) -> String {
        format!("B-{:02}", self as u8)
    }
}

/// A set of faults. Bots trade with none; no file can set any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults(u64);

impl Faults {
    /// None: what bots trade with.
    pub const NONE: Self = Self(0);

    /// All: the former code.
    #[must_use]
    pub fn all() -> Self {
        Fault::ALL.into_iter().fold(Self::NONE, Self::with)
    }

    /// With this one.
    #[must_use]
    pub const fn with(self, fault: Fault) -> Self {
        Self(self.0 | 1 << fault as u8)
    }

    /// Whether this one is in it.
    #[must_use]
    pub const fn has(self, fault: Fault) -> bool {
        self.0 >> fault as u8 & 1 == 1
    }
}
