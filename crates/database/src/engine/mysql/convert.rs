//! Values of the driver and values of the layer.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_mysql::mysql_async::{self, consts::ColumnType};

use crate::row::{CellError, Names, Row};
use crate::value::Value;

/// Character set number of bytes that are no text.
const BINARY: u16 = 63;

/// A value as a statement's parameter.
pub(crate) fn parameter(value: Value) -> mysql_async::Value {
    match value {
        Value::Null => mysql_async::Value::NULL,
        Value::Integer(number) => mysql_async::Value::Int(number),
        Value::Decimal(number) => mysql_async::Value::Bytes(number.to_string().into_bytes()),
        Value::Double(number) => mysql_async::Value::Double(number),
        Value::Text(text) => mysql_async::Value::Bytes(text.into_bytes()),
        Value::Bytes(bytes) => mysql_async::Value::Bytes(bytes),
        Value::Moment(moment) => mysql_async::Value::Bytes(moment.to_string().into_bytes()),
    }
}

/// Takes the rows of an answer as they come: each of the driver's is gone before the next one, so that a large answer is
/// not held twice.
#[derive(Default)]
pub(crate) struct Answer {
    kinds: Vec<Kind>,
    names: Option<Names>,
    rows: Vec<Row>,
    /// What was wrong with the first row that could not be read.
    error: Option<CellError>,
}

impl Answer {
    pub(crate) fn with(mut self, row: mysql_async::Row) -> Answer {
        if self.error.is_some() {
            return self;
        }
        let names = self.names.get_or_insert_with(|| {
            let columns = row.columns();
            self.kinds = columns.iter().map(Kind::of).collect();
            Names::later(move || {
                columns
                    .iter()
                    .map(|column| column.name_str().into_owned())
                    .collect()
            })
        });
        // Pushed into room of the right size: a hundred columns would grow it six times.
        let mut values = Vec::with_capacity(self.kinds.len());
        for (value, kind) in row.unwrap().into_iter().zip(&self.kinds) {
            let Some(value) = value_of(value, *kind) else {
                let column = names.all().get(values.len()).cloned();
                self.error = Some(CellError::Type {
                    column: column.unwrap_or_default(),
                    found: "a value of another type",
                    expected: kind.name(),
                });
                return self;
            };
            values.push(value);
        }
        self.rows.push(Row::named(names.clone(), values));
        self
    }

    pub(crate) fn rows(self) -> Result<Vec<Row>, CellError> {
        match self.error {
            None => Ok(self.rows),
            Some(error) => Err(error),
        }
    }
}

/// What a column of an answer holds.
#[derive(Clone, Copy)]
enum Kind {
    Integer,
    Decimal,
    Double,
    Date,
    Bytes,
    Text,
}

impl Kind {
    fn of(column: &mysql_async::Column) -> Kind {
        match column.column_type() {
            ColumnType::MYSQL_TYPE_TINY
            | ColumnType::MYSQL_TYPE_SHORT
            | ColumnType::MYSQL_TYPE_INT24
            | ColumnType::MYSQL_TYPE_LONG
            | ColumnType::MYSQL_TYPE_LONGLONG
            | ColumnType::MYSQL_TYPE_YEAR => Kind::Integer,
            ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL => Kind::Decimal,
            ColumnType::MYSQL_TYPE_FLOAT | ColumnType::MYSQL_TYPE_DOUBLE => Kind::Double,
            ColumnType::MYSQL_TYPE_TIMESTAMP
            | ColumnType::MYSQL_TYPE_TIMESTAMP2
            | ColumnType::MYSQL_TYPE_DATETIME
            | ColumnType::MYSQL_TYPE_DATETIME2
            | ColumnType::MYSQL_TYPE_DATE
            | ColumnType::MYSQL_TYPE_NEWDATE => Kind::Date,
            ColumnType::MYSQL_TYPE_BIT | ColumnType::MYSQL_TYPE_GEOMETRY => Kind::Bytes,
            _ if column.character_set() == BINARY => Kind::Bytes,
            _ => Kind::Text,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Integer => "a whole number",
            Kind::Decimal => "a decimal number",
            Kind::Double => "a double",
            Kind::Date => "a date",
            Kind::Bytes => "bytes",
            Kind::Text => "a text",
        }
    }
}

/// The text protocol gives bytes for everything, the binary one typed values; both are served.
fn value_of(value: mysql_async::Value, kind: Kind) -> Option<Value> {
    Some(match (value, kind) {
        (mysql_async::Value::NULL, _) => Value::Null,
        (mysql_async::Value::Int(number), _) => Value::Integer(number),
        (mysql_async::Value::UInt(number), _) => match i64::try_from(number) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Text(number.to_string()),
        },
        (mysql_async::Value::Float(number), _) => Value::Double(f64::from(number)),
        (mysql_async::Value::Double(number), _) => Value::Double(number),
        (mysql_async::Value::Date(year, month, day, hour, minute, second, micros), _) => {
            let date = (i16::try_from(year).ok()?, month, day);
            match Timestamp::from_parts(date, (hour, minute, second), micros) {
                Some(moment) => Value::Moment(moment),
                None => Value::Text(format!(
                    "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
                )),
            }
        }
        (mysql_async::Value::Time(negative, days, hours, minutes, seconds, micros), _) => {
            let sign = if negative { "-" } else { "" };
            let hours = days * 24 + u32::from(hours);
            Value::Text(format!(
                "{sign}{hours:02}:{minutes:02}:{seconds:02}.{micros:06}"
            ))
        }
        (mysql_async::Value::Bytes(bytes), Kind::Bytes) => Value::Bytes(bytes),
        (mysql_async::Value::Bytes(bytes), kind) => {
            text_value(String::from_utf8(bytes).ok()?, kind)?
        }
    })
}

fn text_value(text: String, kind: Kind) -> Option<Value> {
    Some(match kind {
        Kind::Integer => match text.parse() {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Text(text),
        },
        // A quotient of the server may have more places than a Decimal: then the digits stay as they are.
        Kind::Decimal => match Decimal::parse(&text) {
            Ok(number) => Value::Decimal(number),
            Err(_) => Value::Text(text),
        },
        Kind::Double => Value::Double(text.parse().ok()?),
        Kind::Date if text.len() == 10 => match Timestamp::parse(&format!("{text} 00:00:00")) {
            Ok(moment) => Value::Moment(moment),
            Err(_) => Value::Text(text),
        },
        Kind::Date => match Timestamp::parse(&text) {
            Ok(moment) => Value::Moment(moment),
            Err(_) => Value::Text(text),
        },
        Kind::Text | Kind::Bytes => Value::Text(text),
    })
}
