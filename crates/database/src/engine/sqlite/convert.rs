//! Values of SQLite and values of the layer.

use cbtrade_sqlite::rusqlite::types::{ToSqlOutput, Value as Stored, ValueRef};
use cbtrade_sqlite::rusqlite::{Result, ToSql};

use crate::error::{Call, Error, ErrorKind};
use crate::value::Value;

/// A value as it is bound. A decimal has all its twelve places, as a server writes it, so that texts match; a column that
/// is REAL, in an old file, makes a double of it by itself.
pub(super) struct Bound<'a>(pub(super) &'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Integer(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Value::Decimal(number) => ToSqlOutput::Owned(Stored::Text(number.to_fixed())),
            Value::Double(number) => ToSqlOutput::Borrowed(ValueRef::Real(*number)),
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Value::Moment(moment) => ToSqlOutput::Owned(Stored::Text(moment.to_string())),
        })
    }
}

/// Refuses what SQLite would silently change: it makes NULL of NaN.
pub(super) fn check(call: Call, values: &[Value]) -> std::result::Result<(), Error> {
    let lost = |value: &Value| matches!(value, Value::Double(number) if number.is_nan());
    match values.iter().any(lost) {
        true => Err(Error::new(call, ErrorKind::ValueRejected).detail("NaN is no value")),
        false => Ok(()),
    }
}

/// A stored value. Text that is not UTF-8 comes as the bytes that it is.
pub(super) fn value(stored: ValueRef<'_>) -> Value {
    match stored {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Double(number),
        ValueRef::Text(bytes) => match str::from_utf8(bytes) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => Value::Bytes(bytes.to_vec()),
        },
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}
