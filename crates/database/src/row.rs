//! Rows as they come back, by name and by place.

use std::sync::Arc;

use crate::value::{FromValue, Value};

/// One row of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    columns: Arc<[String]>,
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
        Row { columns, values }
    }

    /// The columns' names, in the order of the answer.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
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
            .columns
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
                .get(place)
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
