//! Rows as they come back, by name and by place.

use std::sync::Arc;

use crate::value::{FromValue, Value};

/// One row of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The whole answer's columns, which its rows share.
    columns: Arc<[String]>,
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

impl Row {
    /// A row of an answer; `values` are in the order of `columns`.
    #[must_use]
    pub fn new(columns: Arc<[String]>, values: Vec<Value>) -> Row {
        Row {
            columns,
            first: 0,
            values,
        }
    }

    /// The columns' names, in the order of the answer.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        let columns = self.columns.get(self.first..).unwrap_or_default();
        columns.get(..self.values.len()).unwrap_or(columns)
    }

    /// Takes the cells from a place on as a row of their own.
    pub(crate) fn split_off(&mut self, place: usize) -> Row {
        let place = place.min(self.values.len());
        Row {
            columns: Arc::clone(&self.columns),
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
