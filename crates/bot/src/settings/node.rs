//! A JSON file as values that remember their line, with numbers as the digits that stand there.

use std::fmt;

use serde::de::{Deserialize as _, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A value, and the line it begins on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Flag(bool),
    /// The digits as they stand in the file: money never goes through a double.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Value {
    /// What it is, in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Flag(flag) => flag.to_string(),
            Self::Number(digits) => digits.clone(),
            Self::Text(text) => format!("\"{text}\""),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a group of keys".to_owned(),
        }
    }
}

/// What some editors put before the first letter of a file. It says nothing.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads a whole file.
pub(super) fn read(text: &str) -> Result<Node, serde_json::Error> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    // The first pass finds what is wrong, with line and column of the file.
    let whole: &RawValue = serde_json::from_str(text)?;
    node(text, whole)
}

/// Line of a part of the file, from 1 on.
fn line_of(text: &str, part: &str) -> usize {
    let offset = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

impl Node {
    /// Takes away the value that an error names, so that the rest of the file can be looked at. Returns whether there was
    /// one.
    pub(super) fn take_away(&mut self, line: usize, key: &str) -> bool {
        let Value::Map(map) = &mut self.value else {
            return false;
        };
        // Of a key that is there twice, the second is the one that is named.
        let named = map
            .iter()
            .rposition(|(own, node)| own == key && node.holds(line));
        if let Some(at) = named {
            map.remove(at);
            return true;
        }
        map.iter_mut().any(|(_, node)| node.take_away(line, key))
    }

    /// Whether this value or one within it begins on the line.
    fn holds(&self, line: usize) -> bool {
        self.line == line
            || match &self.value {
                Value::List(list) => list.iter().any(|node| node.holds(line)),
                Value::Map(map) => map.iter().any(|(_, node)| node.holds(line)),
                _ => false,
            }
    }
}

fn node(text: &str, raw: &RawValue) -> Result<Node, serde_json::Error> {
    let part = raw.get();
    let value = match part.as_bytes().first() {
        Some(b'{') => {
            let pairs = Pairs::deserialize(raw)?.0;
            let mut map = Vec::with_capacity(pairs.len());
            for (key, raw) in pairs {
                map.push((key, node(text, raw)?));
            }
            Value::Map(map)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = Vec::deserialize(raw)?;
            let nodes = items.into_iter().map(|raw| node(text, raw));
            Value::List(nodes.collect::<Result<_, _>>()?)
        }
        Some(b'"') => Value::Text(String::deserialize(raw)?),
        Some(b't' | b'f') => Value::Flag(bool::deserialize(raw)?),
        Some(b'n') | None => Value::Null,
        Some(_) => Value::Number(part.to_owned()),
    };
    Ok(Node {
        line: line_of(text, part),
        value,
    })
}

/// The keys of a group in the file's order, a key that is there twice included.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a group of keys")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_everything_its_line() {
        let node =
            read("{\n\t\"a\": 0.10,\n\t\"b\": [1e3,\n\t\ttrue, null, \"x\\ty\"]\n}").unwrap();
        let Value::Map(map) = &node.value else {
            panic!("{node:?}")
        };
        assert_eq!((node.line, map[0].1.line, map[1].1.line), (1, 2, 3));
        assert_eq!(map[0].1.value, Value::Number("0.10".to_owned()));
        let Value::List(list) = &map[1].1.value else {
            panic!("{map:?}")
        };
        assert_eq!(list[0].value, Value::Number("1e3".to_owned()));
        assert_eq!(
            (list[1].line, &list[3].value),
            (4, &Value::Text("x\ty".to_owned()))
        );
    }

    #[test]
    fn a_broken_file_is_an_error_with_its_line() {
        let error = read("{\n\"a\": 1,\n}").unwrap_err();
        assert_eq!(error.line(), 3);
    }
}
