//! Operation tokens: how a write is known to have been committed, or not, after its connection was lost.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

pub(crate) use cbtrade_catalog::OPERATION_TABLE;
use cbtrade_core::{Clock as _, SystemClock, Timestamp};

/// Names one write among all writes of all processes. Written in the write's own transaction, it is there if and only if
/// the write is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation([u8; 16]);

impl Operation {
    /// A new token: the time in milliseconds first, so that new ones are put at the end of the table's key, then chance.
    #[must_use]
    pub fn new() -> Operation {
        Operation::at(SystemClock.now())
    }

    /// A new token of a moment. Only its place in the key depends on it: a clock that jumps costs a little speed and
    /// nothing else.
    #[must_use]
    pub fn at(now: Timestamp) -> Operation {
        let milliseconds = u64::try_from(now.as_micros() / 1_000).unwrap_or(0);
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
        // Each RandomState has keys of its own, drawn from the system's randomness.
        let chance = [
            RandomState::new().hash_one(0_u8),
            RandomState::new().hash_one(1_u8),
        ];
        bytes[6..14].copy_from_slice(&chance[0].to_be_bytes());
        bytes[14..].copy_from_slice(&chance[1].to_be_bytes()[..2]);
        Operation(bytes)
    }

    /// The token's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads back what [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Operation> {
        let mut bytes = [0; 16];
        if text.len() != 32 || !text.is_ascii() {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
        }
        Some(Operation(bytes))
    }
}

impl Default for Operation {
    fn default() -> Self {
        Operation::new()
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// A write's result, kept beside its token so that it can be given even when the answer to the commit was lost.
pub trait Recorded: Sized {
    /// Letters, digits, minus and comma only: it stands in a statement as it is.
    fn record(&self) -> String;
    /// Reads back what [`Recorded::record`] wrote.
    fn recall(text: &str) -> Option<Self>;
}

impl Recorded for () {
    fn record(&self) -> String {
        String::new()
    }
    fn recall(_: &str) -> Option<()> {
        Some(())
    }
}

macro_rules! recorded_number {
    ($($type:ty),*) => {
        $(impl Recorded for $type {
            fn record(&self) -> String {
                self.to_string()
            }
            fn recall(text: &str) -> Option<$type> {
                text.parse().ok()
            }
        })*
    };
}

recorded_number!(i64, u64, bool);

impl Recorded for super::Outcome {
    fn record(&self) -> String {
        format!("{},{}", self.rows_changed, self.last_id)
    }
    fn recall(text: &str) -> Option<Self> {
        let (rows_changed, last_id) = text.split_once(',')?;
        Some(super::Outcome {
            rows_changed: rows_changed.parse().ok()?,
            last_id: last_id.parse().ok()?,
        })
    }
}

/// Several numbers, as of several rows.
impl<const COUNT: usize> Recorded for [i64; COUNT] {
    fn record(&self) -> String {
        self.map(|number| number.to_string()).join(",")
    }
    fn recall(text: &str) -> Option<[i64; COUNT]> {
        let numbers: Option<Vec<i64>> = text.split(',').map(|part| part.parse().ok()).collect();
        numbers?.try_into().ok()
    }
}

impl<T: Recorded> Recorded for Option<T> {
    fn record(&self) -> String {
        self.as_ref().map_or_else(
            || "none".to_owned(),
            |value| format!("some{}", value.record()),
        )
    }
    fn recall(text: &str) -> Option<Option<T>> {
        match text.strip_prefix("some") {
            Some(rest) => T::recall(rest).map(Some),
            None => (text == "none").then_some(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_read_back() {
        let (one, two) = (Operation::new(), Operation::new());
        assert_ne!(one, two);
        assert_eq!(Operation::parse(&one.to_string()), Some(one));
        assert_eq!(Operation::parse("zz"), None);
        assert_eq!(Operation::parse(&"é".repeat(16)), None);
    }

    #[test]
    fn results_read_back() {
        assert_eq!(i64::recall(&(-5_i64).record()), Some(-5));
        assert_eq!(Option::<i64>::recall(&Some(7_i64).record()), Some(Some(7)));
        assert_eq!(Option::<i64>::recall(&None::<i64>.record()), Some(None));
        assert_eq!(Option::<[i64; 2]>::recall("some-1,7"), Some(Some([-1, 7])));
        assert_eq!(<[i64; 2]>::recall("1"), None);
        let outcome = super::super::Outcome {
            rows_changed: 2,
            last_id: -1,
        };
        assert_eq!(
            super::super::Outcome::recall(&outcome.record()),
            Some(outcome)
        );
    }
}
