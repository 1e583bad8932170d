//! A value between the bots and either engine.

use std::fmt;

use cbtrade_core::{Decimal, Timestamp};

/// A value of a row or of a statement's parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// An exact number of at most twelve places.
    Decimal(Decimal),
    /// A binary fraction; no column of the catalogue is one, but a caller's own query may give one.
    Double(f64),
    /// Text; from a caller's own query also a number that the other kinds cannot hold exactly.
    Text(String),
    /// Bytes that are no text.
    Bytes(Vec<u8>),
    /// A moment in UTC.
    Moment(Timestamp),
}

impl Value {
    /// Whether there is no value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The kind's name, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "NULL",
            Value::Integer(_) => "an integer",
            Value::Decimal(_) => "a decimal",
            Value::Double(_) => "a double",
            Value::Text(_) => "a text",
            Value::Bytes(_) => "bytes",
            Value::Moment(_) => "a date",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => formatter.write_str("NULL"),
            Value::Integer(number) => number.fmt(formatter),
            Value::Decimal(number) => number.fmt(formatter),
            Value::Double(number) => write!(formatter, "{number:?}"),
            Value::Text(text) => formatter.write_str(text),
            Value::Bytes(bytes) => write!(formatter, "{} bytes", bytes.len()),
            Value::Moment(moment) => moment.fmt(formatter),
        }
    }
}

/// A Rust type that a column can be read as.
///
/// Both engines are served by one rule: MySQL sends typed values, SQLite keeps dates and decimals as text and old files
/// keep money as doubles; sums of integers are decimals on MySQL.
pub trait FromValue: Sized {
    /// What was expected, for messages.
    const EXPECTED: &'static str;

    /// The value as this type; `None` if it is not one.
    fn from_value(value: Value) -> Option<Self>;
}

impl FromValue for Value {
    const EXPECTED: &'static str = "any value";

    fn from_value(value: Value) -> Option<Value> {
        Some(value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_value(value: Value) -> Option<Option<T>> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl FromValue for i64 {
    const EXPECTED: &'static str = "a whole number";

    fn from_value(value: Value) -> Option<i64> {
        match value {
            Value::Integer(number) => Some(number),
            Value::Decimal(number) => {
                let units = number.units();
                let one = Decimal::ONE.units();
                (units % one == 0)
                    .then(|| i64::try_from(units / one).ok())
                    .flatten()
            }
            Value::Text(text) => text.trim().parse().ok(),
            Value::Double(number) => i64::from_value(Value::Decimal(Decimal::from_double(number)?)),
            _ => None,
        }
    }
}

impl FromValue for Decimal {
    const EXPECTED: &'static str = "a decimal number";

    fn from_value(value: Value) -> Option<Decimal> {
        match value {
            Value::Integer(number) => Some(Decimal::from_integer(number)),
            Value::Decimal(number) => Some(number),
            Value::Double(number) => Decimal::from_double(number),
            // Quotients of the server have more places than are kept.
            Value::Text(text) => Decimal::parse_rounded(&text).ok(),
            _ => None,
        }
    }
}

impl FromValue for String {
    const EXPECTED: &'static str = "a text";

    fn from_value(value: Value) -> Option<String> {
        match value {
            Value::Text(text) => Some(text),
            Value::Integer(number) => Some(number.to_string()),
            Value::Decimal(number) => Some(number.to_string()),
            Value::Moment(moment) => Some(moment.to_string()),
            Value::Double(number) if number.is_finite() => Some(number.to_string()),
            Value::Null | Value::Double(_) | Value::Bytes(_) => None,
        }
    }
}

impl FromValue for Timestamp {
    const EXPECTED: &'static str = "a date";

    fn from_value(value: Value) -> Option<Timestamp> {
        match value {
            Value::Moment(moment) => Some(moment),
            Value::Text(text) => Timestamp::parse(&text).ok(),
            _ => None,
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Integer(number)
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Value {
        Value::Decimal(number)
    }
}

impl From<Timestamp> for Value {
    fn from(moment: Timestamp) -> Value {
        Value::Moment(moment)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Value {
        Value::Bytes(bytes)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}
