//! The arguments of a golden case, as a typed method takes them.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{Changes, Error, FromValue, Record, TradeFilter, Value};

use crate::answer::{Answer, Fields};

/// How a call ended without an answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The layer gave this error.
    Refused(Error),
    /// The layer's types do not let the call be written at all; why.
    Unwritable(String),
    /// The method panicked.
    Panicked(String),
    /// No dispatcher knows the method.
    NotDispatched,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Refused(error)
    }
}

/// How a call ended.
pub(crate) type Called = Result<Answer, Failure>;

/// What a caller passes: by place or by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) places: Vec<Answer>,
    pub(crate) names: Fields,
    /// What the case says in words; candle methods are told their product there.
    pub(crate) note: String,
}

const NOTHING: Answer = Answer::Nothing;

#[allow(
    dead_code,
    reason = "not every kind of argument is used on every engine's way"
)]
impl Arguments {
    /// The argument at a place or of a name; nothing where it is not given.
    pub(crate) fn get(&self, place: usize, name: &str) -> &Answer {
        self.places
            .get(place)
            .or_else(|| {
                self.names
                    .iter()
                    .find(|(given, _)| given == name)
                    .map(|(_, value)| value)
            })
            .unwrap_or(&NOTHING)
    }

    /// Whether the caller gave the argument at all.
    pub(crate) fn is_given(&self, place: usize, name: &str) -> bool {
        place < self.places.len() || self.names.iter().any(|(given, _)| given == name)
    }

    /// A text or nothing.
    pub(crate) fn text(&self, place: usize, name: &str) -> Result<Option<&str>, Failure> {
        match self.get(place, name) {
            Answer::Nothing => Ok(None),
            Answer::Text(text) => Ok(Some(text)),
            other => Err(unwritable(name, "a text", other)),
        }
    }

    /// A text.
    pub(crate) fn needed_text(&self, place: usize, name: &str) -> Result<&str, Failure> {
        self.text(place, name)?
            .ok_or_else(|| unwritable(name, "a text", &NOTHING))
    }

    /// A whole number or nothing.
    pub(crate) fn integer(&self, place: usize, name: &str) -> Result<Option<i64>, Failure> {
        match self.get(place, name) {
            Answer::Nothing => Ok(None),
            Answer::Integer(number) => Ok(Some(*number)),
            Answer::Truth(truth) => Ok(Some(i64::from(*truth))),
            other => Err(unwritable(name, "a whole number", other)),
        }
    }

    /// A whole number.
    pub(crate) fn needed_integer(&self, place: usize, name: &str) -> Result<i64, Failure> {
        self.integer(place, name)?
            .ok_or_else(|| unwritable(name, "a whole number", &NOTHING))
    }

    /// A whole number that is not negative, or nothing.
    pub(crate) fn count<T: TryFrom<i64>>(
        &self,
        place: usize,
        name: &str,
    ) -> Result<Option<T>, Failure> {
        self.integer(place, name)?
            .map(|number| {
                T::try_from(number)
                    .map_err(|_| unwritable(name, "a count", &Answer::Integer(number)))
            })
            .transpose()
    }

    /// Yes or no, or nothing.
    pub(crate) fn truth(&self, place: usize, name: &str) -> Result<Option<bool>, Failure> {
        match self.get(place, name) {
            Answer::Nothing => Ok(None),
            Answer::Truth(truth) => Ok(Some(*truth)),
            other => Err(unwritable(name, "true or false", other)),
        }
    }

    /// A decimal number or nothing.
    pub(crate) fn decimal(&self, place: usize, name: &str) -> Result<Option<Decimal>, Failure> {
        let given = self.get(place, name);
        match given {
            Answer::Nothing => Ok(None),
            Answer::Truth(_) | Answer::Text(_) => Err(unwritable(name, "a decimal number", given)),
            _ => given
                .value()
                .and_then(Decimal::from_value)
                .map(Some)
                .ok_or_else(|| unwritable(name, "a decimal number", given)),
        }
    }

    /// A date or nothing.
    pub(crate) fn moment(&self, place: usize, name: &str) -> Result<Option<Timestamp>, Failure> {
        let given = self.get(place, name);
        match given {
            Answer::Nothing => Ok(None),
            _ => given
                .value()
                .and_then(Timestamp::from_value)
                .map(Some)
                .ok_or_else(|| unwritable(name, "a date", given)),
        }
    }

    /// Texts; none where nothing is given. A single text counts as a list of one.
    pub(crate) fn texts(&self, place: usize, name: &str) -> Result<Vec<&str>, Failure> {
        match self.get(place, name) {
            Answer::Nothing => Ok(Vec::new()),
            Answer::Text(text) => Ok(vec![text]),
            Answer::List(parts) | Answer::Tuple(parts) => parts
                .iter()
                .map(|part| match part {
                    Answer::Text(text) => Ok(text.as_str()),
                    other => Err(unwritable(name, "texts", other)),
                })
                .collect(),
            other => Err(unwritable(name, "texts", other)),
        }
    }

    /// A list of values to be bound.
    pub(crate) fn values(&self, place: usize, name: &str) -> Result<Vec<Value>, Failure> {
        match self.get(place, name) {
            Answer::Nothing => Ok(Vec::new()),
            Answer::List(parts) | Answer::Tuple(parts) => parts
                .iter()
                .map(|part| part.value().ok_or_else(|| unwritable(name, "values", part)))
                .collect(),
            other => Err(unwritable(name, "values", other)),
        }
    }

    /// A mapping.
    pub(crate) fn fields(&self, place: usize, name: &str) -> Result<&Fields, Failure> {
        match self.get(place, name) {
            Answer::Row(fields) => Ok(fields),
            other => Err(unwritable(name, "a mapping", other)),
        }
    }

    /// The seven filters of many readers, the first of them at a place.
    pub(crate) fn filter(&self, first: usize) -> Result<TradeFilter<'_>, Failure> {
        Ok(TradeFilter {
            base_symb: self.text(first, "base_symb")?,
            quote_symb: self.text(first + 1, "quote_symb")?,
            prod_id: self.text(first + 2, "prod_id")?,
            buy_strat_type: self.text(first + 3, "buy_strat_type")?,
            buy_strat_name: self.text(first + 4, "buy_strat_name")?,
            buy_strat_freq: self.text(first + 5, "buy_strat_freq")?,
            lta: self.text(first + 6, "lta")?,
        })
    }

    /// What a writer is to write: of the mapping's public, plain fields those that the table has.
    pub(crate) fn changes<R: Record>(
        &self,
        place: usize,
        name: &str,
    ) -> Result<Changes<R>, Failure> {
        Ok(changes_of(self.fields(place, name)?))
    }
}

/// A mapping's fields that are neither private nor nested.
pub(crate) fn plain(fields: &Fields) -> impl Iterator<Item = (&str, Value)> {
    fields
        .iter()
        .filter(|(name, _)| !name.starts_with('_'))
        .filter_map(|(name, answer)| Some((name.as_str(), answer.value()?)))
}

/// The same as changes of a row, without the names that the table does not have, as the original's writers leave them out.
pub(crate) fn changes_of<R: Record>(fields: &Fields) -> Changes<R> {
    Changes::of_fields(plain(fields)).0
}

/// The layer's types leave no way to pass this.
pub(crate) fn unwritable(name: &str, expected: &str, given: &Answer) -> Failure {
    Failure::Unwritable(format!("{name} is {expected}, not {}", given.shown()))
}
