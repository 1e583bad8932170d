//! What a method gives back, and what the golden cases say it gave back, in one shape.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{Record, Row, Value};
use serde_json::Value as Json;

/// An answer, an argument, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// Nothing, NULL.
    Nothing,
    /// Yes or no.
    Truth(bool),
    /// A whole number.
    Integer(i64),
    /// An exact number.
    Decimal(Decimal),
    /// An exact number that a [`Decimal`] cannot hold.
    Number(String),
    /// A binary fraction.
    Double(f64),
    /// A text.
    Text(String),
    /// A date with a time.
    Moment(Timestamp),
    /// A date without one.
    Day(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Several answers of one kind.
    List(Vec<Answer>),
    /// Several answers, each with a meaning of its own.
    Tuple(Vec<Answer>),
    /// A row, or any other mapping.
    Row(Fields),
    /// A long list of rows, recorded in part.
    Part(Box<Part>),
}

/// Names and values.
pub(crate) type Fields = Vec<(String, Answer)>;

/// What is recorded of a long list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    /// Columns of the rows' key.
    pub(crate) key: Vec<String>,
    /// The keys of all rows, in order.
    pub(crate) keys: Vec<Answer>,
    /// Some rows, each with its place.
    pub(crate) rows: Vec<(usize, Fields)>,
}

impl Answer {
    /// Reads the golden cases' notation.
    pub(crate) fn read(json: &Json) -> Answer {
        match json {
            Json::Null => Answer::Nothing,
            Json::Bool(truth) => Answer::Truth(*truth),
            Json::Number(number) => number
                .as_i64()
                .map_or_else(|| Answer::Number(number.to_string()), Answer::Integer),
            Json::String(text) => Answer::Text(text.clone()),
            Json::Array(parts) => Answer::List(parts.iter().map(Answer::read).collect()),
            Json::Object(fields) => match fields.iter().next() {
                Some((mark, inner)) if mark.starts_with('$') && fields.len() == 1 => {
                    Answer::read_marked(mark, inner)
                }
                _ => Answer::Row(read_fields(json)),
            },
        }
    }

    fn read_marked(mark: &str, inner: &Json) -> Answer {
        let text = || inner.as_str().unwrap_or_default().to_owned();
        match mark {
            "$float" => Answer::Double(read_double(&text())),
            "$dec" => {
                Decimal::parse(&text()).map_or_else(|_| Answer::Number(text()), Answer::Decimal)
            }
            "$dttm" => Answer::Moment(Timestamp::parse(&text()).expect("a date")),
            "$date" => Answer::Day(text()),
            "$hex" => Answer::Bytes(read_hex(&text())),
            "$tuple" => match Answer::read(inner) {
                Answer::List(parts) => Answer::Tuple(parts),
                other => other,
            },
            "$attr" => Answer::Row(read_fields(inner)),
            "$rows" => read_rows(&inner["cols"], &inner["rows"]),
            "$rows_part" => read_part(inner),
            "$frame" => read_frame(inner),
            other => panic!("the golden cases have an unknown mark: {other}"),
        }
    }

    /// The value of a cell or parameter; `None` for what no cell holds.
    pub(crate) fn value(&self) -> Option<Value> {
        Some(match self {
            Answer::Nothing => Value::Null,
            Answer::Truth(truth) => Value::Integer(i64::from(*truth)),
            Answer::Integer(number) => Value::Integer(*number),
            Answer::Decimal(number) => Value::Decimal(*number),
            Answer::Number(text) | Answer::Text(text) => Value::Text(text.clone()),
            Answer::Double(number) => Value::Double(*number),
            Answer::Moment(moment) => Value::Moment(*moment),
            Answer::Day(day) => Value::Text(format!("{day} 00:00:00")),
            Answer::Bytes(bytes) => Value::Bytes(bytes.clone()),
            Answer::List(_) | Answer::Tuple(_) | Answer::Row(_) | Answer::Part(_) => return None,
        })
    }

    /// In few words, for messages.
    pub(crate) fn shown(&self) -> String {
        let list = |parts: &[Answer], open: char, close: char| {
            let shown: Vec<String> = parts.iter().take(4).map(Answer::shown).collect();
            let more = if parts.len() > 4 { ", …" } else { "" };
            format!(
                "{open}{}{more}{close} ({} in all)",
                shown.join(", "),
                parts.len()
            )
        };
        match self {
            Answer::Nothing => "nothing".to_owned(),
            Answer::Truth(truth) => truth.to_string(),
            Answer::Integer(number) => number.to_string(),
            Answer::Decimal(number) => format!("decimal {number}"),
            Answer::Number(text) => format!("number {text}"),
            Answer::Double(number) => format!("double {number:?}"),
            Answer::Text(text) => format!("{text:?}"),
            Answer::Moment(moment) => format!("date {moment}"),
            Answer::Day(day) => format!("day {day}"),
            Answer::Bytes(bytes) => format!("bytes {bytes:02x?}"),
            Answer::List(parts) => list(parts, '[', ']'),
            Answer::Tuple(parts) => list(parts, '(', ')'),
            Answer::Row(fields) => {
                let shown: Vec<String> = fields
                    .iter()
                    .take(6)
                    .map(|(name, value)| format!("{name}: {}", value.shown()))
                    .collect();
                format!(
                    "{{{}{}}}",
                    shown.join(", "),
                    if fields.len() > 6 { ", …" } else { "" }
                )
            }
            Answer::Part(part) => format!("a list of {} rows", part.keys.len()),
        }
    }
}

fn read_fields(json: &Json) -> Fields {
    json.as_object()
        .expect("a mapping")
        .iter()
        .map(|(name, value)| (name.clone(), Answer::read(value)))
        .collect()
}

fn texts(json: &Json) -> Vec<String> {
    json.as_array()
        .expect("a list")
        .iter()
        .map(|text| text.as_str().expect("a text").to_owned())
        .collect()
}

fn row(columns: &[String], values: &Json) -> Fields {
    let values = values.as_array().expect("a row");
    assert_eq!(columns.len(), values.len(), "a row of the golden cases");
    columns
        .iter()
        .cloned()
        .zip(values.iter().map(Answer::read))
        .collect()
}

fn read_rows(columns: &Json, rows: &Json) -> Answer {
    let columns = texts(columns);
    let rows = rows.as_array().expect("rows");
    Answer::List(
        rows.iter()
            .map(|values| Answer::Row(row(&columns, values)))
            .collect(),
    )
}

fn read_part(json: &Json) -> Answer {
    let columns = texts(&json["cols"]);
    let rows = json["rows_at"].as_object().expect("some rows");
    let keys: Vec<Answer> = json["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .map(Answer::read)
        .collect();
    assert_eq!(
        json["count"].as_u64(),
        u64::try_from(keys.len()).ok(),
        "keys of a long list"
    );
    Answer::Part(Box::new(Part {
        key: texts(&json["key"]),
        keys,
        rows: rows
            .iter()
            .map(|(place, values)| (place.parse().expect("a place"), row(&columns, values)))
            .collect(),
    }))
}

/// A table of candles is a list of rows whose first column is the time, as candles are in the layer.
fn read_frame(json: &Json) -> Answer {
    let columns = texts(&json["cols"]);
    let name = json["index_name"]
        .as_str()
        .unwrap_or("timestamp")
        .to_owned();
    let index = json["index"].as_array().expect("an index");
    let rows = json["rows"].as_array().expect("rows");
    let whole = index.iter().zip(rows).map(|(time, values)| {
        let mut fields = vec![(name.clone(), Answer::read(time))];
        fields.extend(row(&columns, values));
        Answer::Row(fields)
    });
    Answer::List(whole.collect())
}

fn read_double(text: &str) -> f64 {
    text.parse().expect("a double")
}

fn read_hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).expect("hex digits"))
        .collect()
}

/// A record as a row.
pub(crate) fn record<R: Record>(record: R) -> Answer {
    let names = R::COLUMNS.iter().map(|name| (*name).to_owned());
    Answer::Row(
        names
            .zip(record.into_values().into_iter().map(Answer::from))
            .collect(),
    )
}

/// Records as a list of rows.
pub(crate) fn records<R: Record>(rows: Vec<R>) -> Answer {
    Answer::List(rows.into_iter().map(record).collect())
}

/// Fields by hand, for what is no record.
pub(crate) fn fields(fields: Vec<(&str, Answer)>) -> Answer {
    Answer::Row(
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

impl From<Value> for Answer {
    fn from(value: Value) -> Answer {
        match value {
            Value::Null => Answer::Nothing,
            Value::Integer(number) => Answer::Integer(number),
            Value::Decimal(number) => Answer::Decimal(number),
            Value::Double(number) => Answer::Double(number),
            Value::Text(text) => Answer::Text(text),
            Value::Bytes(bytes) => Answer::Bytes(bytes),
            Value::Moment(moment) => Answer::Moment(moment),
        }
    }
}

impl From<Row> for Answer {
    fn from(row: Row) -> Answer {
        let names = row.columns().to_vec();
        let values = row.into_values().into_iter().map(Answer::from);
        Answer::Row(names.into_iter().zip(values).collect())
    }
}

impl From<()> for Answer {
    fn from((): ()) -> Answer {
        Answer::Nothing
    }
}

impl From<bool> for Answer {
    fn from(truth: bool) -> Answer {
        Answer::Truth(truth)
    }
}

impl From<u64> for Answer {
    fn from(number: u64) -> Answer {
        Answer::Integer(i64::try_from(number).expect("a number of the test"))
    }
}

impl From<usize> for Answer {
    fn from(number: usize) -> Answer {
        Answer::Integer(i64::try_from(number).expect("a number of the test"))
    }
}

macro_rules! as_value {
    ($($type:ty),*) => {
        $(impl From<$type> for Answer {
            fn from(value: $type) -> Answer {
                Answer::from(Value::from(value))
            }
        })*
    };
}

as_value!(i64, Decimal, Timestamp, &str, String);

impl<T: Into<Answer>> From<Option<T>> for Answer {
    fn from(value: Option<T>) -> Answer {
        value.map_or(Answer::Nothing, Into::into)
    }
}

impl<T: Into<Answer>> From<Vec<T>> for Answer {
    fn from(values: Vec<T>) -> Answer {
        Answer::List(values.into_iter().map(Into::into).collect())
    }
}

macro_rules! as_tuple {
    ($($name:ident),*) => {
        impl<$($name: Into<Answer>),*> From<($($name,)*)> for Answer {
            #[allow(non_snake_case)]
            fn from(($($name,)*): ($($name,)*)) -> Answer {
                Answer::Tuple(vec![$($name.into()),*])
            }
        }
    };
}

as_tuple!(A, B);
as_tuple!(A, B, C);
