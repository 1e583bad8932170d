//! Rows as they come back, by name and by place.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::value::{FromValue, Value};

/// One row of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The whole answer's columns, which its rows share.
    columns: Names,
    /// Place of this row's first column among them.
    first: usize,
    values: Vec<Value>,
}

/// A cell is not there or not of the asked type.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CellError {
    /// The answer has no such column.
    #[error("the answer has no column `{0}`")]
    Missing(String),
    /// The value is of another type.
    #[error("column `{column}` holds {found}, not {expected}")]
    Type {
        /// The column.
        column: String,
        /// The kind of what it holds.
        found: &'static str,
        /// What was asked for.
        expected: &'static str,
    },
}

/// The names of an answer's columns.
///
/// A server's are made into texts when somebody asks for them. Most rows become structs by their cells' places, and a
/// hundred names would take longer to make than a row to read.
#[derive(Clone)]
pub(crate) enum Names {
    Told(Arc<[String]>),
    Later(Arc<LaterNames>),
}

pub(crate) struct LaterNames {
    make: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    made: OnceLock<Vec<String>>,
}

impl Names {
    /// Names that are made when they are asked for.
    pub(crate) fn later(make: impl Fn() -> Vec<String> + Send + Sync + 'static) -> Names {
        Names::Later(Arc::new(LaterNames {
            make: Box::new(make),
            made: OnceLock::new(),
        }))
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[String] {
        match self {
            Names::Told(names) => names,
            Names::Later(later) => later.made.get_or_init(|| (later.make)()),
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.all().fmt(formatter)
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Names) -> bool {
        self.all() == other.all()
    }
}

impl Row {
    /// A row of an answer; `values` are in the order of `columns`.
    #[must_use]
    pub fn new(columns: Arc<[String]>, values: Vec<Value>) -> Row {
        Row::named(Names::Told(columns), values)
    }

    /// The same with names that may be made later.
    pub(crate) fn named(columns: Names, values: Vec<Value>) -> Row {
        Row {
            columns,
            first: 0,
            values,
        }
    }

    /// The columns' names, in the order of the answer.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        let columns = self.columns.all().get(self.first..).unwrap_or_default();
        columns.get(..self.values.len()).unwrap_or(columns)
    }

    /// Takes the cells from a place on as a row of their own.
    pub(crate) fn split_off(&mut self, place: usize) -> Row {
        let place = place.min(self.values.len());
        Row {
            columns: self.columns.clone(),
            first: self.first + place,
            values: self.values.split_off(place),
        }
    }

    /// The values, in the order of the answer.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The values by themselves.
    #[must_use]
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// The value of a column, letter case aside.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&Value> {
        let place = self
            .columns()
            .iter()
            .position(|name| name.eq_ignore_ascii_case(column))?;
        self.values.get(place)
    }

    /// Takes the cell at a place as a type; the value is gone from the row afterwards.
    ///
    /// # Errors
    /// No such place, or a value of another type.
    pub fn take<T: FromValue>(&mut self, place: usize) -> Result<T, CellError> {
        let name = || {
            self.columns
                .all()
                .get(self.first + place)
                .cloned()
                .unwrap_or_else(|| place.to_string())
        };
        let Some(cell) = self.values.get_mut(place) else {
            return Err(CellError::Missing(name()));
        };
        let value = std::mem::replace(cell, Value::Null);
        let found = value.kind();
        T::from_value(value).ok_or_else(|| CellError::Type {
            column: name(),
            found,
            expected: T::EXPECTED,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_once_and_when_asked_for() {
        let asked = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counted = Arc::clone(&asked);
        let names = Names::later(move || {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            vec!["a".to_owned()]
        });
        let mut row = Row::named(names.clone(), vec![Value::from(1_i64)]);
        assert_eq!(row.take::<i64>(0), Ok(1));
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 0);
        assert_eq!(row.columns(), ["a"]);
        assert_eq!(names.all(), ["a"]);
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1);
    }

    #[test]
    fn a_row_is_split_with_its_names() {
        let columns: Arc<[String]> = ["a", "b", "c"].map(String::from).into();
        let values = [1_i64, 2, 3].map(Value::from).to_vec();
        let mut head = Row::new(columns, values);
        let mut tail = head.split_off(1);
        assert_eq!(
            (head.columns(), tail.columns()),
            (&["a".to_owned()][..], &["b".to_owned(), "c".to_owned()][..])
        );
        assert_eq!(
            (head.get("b"), tail.get("C")),
            (None, Some(&Value::from(3_i64)))
        );
        assert_eq!(tail.take::<i64>(0), Ok(2));
        let wrong = tail.take::<cbtrade_core::Timestamp>(1).unwrap_err();
        assert!(wrong.to_string().contains("`c`"), "{wrong}");
        assert_eq!(tail.take::<i64>(2), Err(CellError::Missing("2".to_owned())));
    }
}
