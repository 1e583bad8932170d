//! What a bot says while it works. Libraries are silent: whoever runs a bot decides where its words go.

use std::fmt;
use std::sync::Arc;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Every look at a pair.
    Detail,
    /// What was decided and done.
    Note,
    /// Something is not as it should be; the bot goes on.
    Warning,
    /// Money may be at stake; somebody should look.
    Alert,
}

impl Weight {
    /// The word in logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Detail => "detail",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Alert => "ALERT",
        }
    }
}

/// Points in an order's life at which a process may die. A test that dies at each of them shows that nothing is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The intent is committed, nothing is sent.
    Recorded,
    /// The venue answered, the answer is not yet written down.
    Answered,
    /// The venue's order is committed.
    Placed,
    /// The order's end and its fills are read, nothing of it is written down.
    Read,
    /// The order's end, its fills and the position are committed.
    Settled,
}

impl Step {
    /// All, in the order of an order's life.
    pub const ALL: [Self; 5] = [
        Self::Recorded,
        Self::Answered,
        Self::Placed,
        Self::Read,
        Self::Settled,
    ];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Answered => "answered",
            Self::Placed => "placed",
            Self::Read => "read",
            Self::Settled => "settled",
        }
    }

    /// The step of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A line for the log.
    Line {
        /// How much it matters.
        weight: Weight,
        /// The product, where it is about one.
        product: Option<String>,
        /// What is to be said.
        text: String,
    },
    /// An order reached a point in its life.
    Step {
        /// Which point.
        step: Step,
        /// The order's client id.
        client_order_id: String,
    },
}

/// Where a bot's events go.
#[derive(Clone)]
pub struct Journal(Arc<dyn Fn(&Event) + Send + Sync>);

impl fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Journal")
    }
}

impl Journal {
    /// Calls `take` with every event.
    pub fn new(take: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    /// A journal that nobody reads.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    pub(crate) fn step(&self, step: Step, client_order_id: &str) {
        (self.0)(&Event::Step {
            step,
            client_order_id: client_order_id.to_owned(),
        });
    }

    pub(crate) fn say(&self, weight: Weight, product: Option<&str>, text: impl Into<String>) {
        (self.0)(&Event::Line {
            weight,
            product: product.map(str::to_owned),
            text: text.into(),
        });
    }

    pub(crate) fn detail(&self, product: &str, text: impl Into<String>) {
        self.say(Weight::Detail, Some(product), text);
    }

    pub(crate) fn note(&self, product: &str, text: impl Into<String>) {
        self.say(Weight::Note, Some(product), text);
    }

    pub(crate) fn warn(&self, product: &str, text: impl Into<String>) {
        self.say(Weight::Warning, Some(product), text);
    }

    pub(crate) fn alert(&self, product: &str, text: impl Into<String>) {
        self.say(Weight::Alert, Some(product), text);
    }
}
