//! Rows as structs, and columns as typed names.

use std::marker::PhantomData;

use crate::row::{CellError, Row};
use crate::value::Value;

/// A struct that a row of an answer becomes.
pub trait Record: Sized {
    /// The table whose rows these are; empty for rows that a report puts together.
    const TABLE: &'static str;
    /// The columns, in the order of the fields.
    const COLUMNS: &'static [&'static str];

    /// Reads a row whose cells are in the order of [`Record::COLUMNS`].
    ///
    /// # Errors
    /// A cell that is missing or of another type.
    fn from_row(row: Row) -> Result<Self, CellError>;

    /// The fields' values, in the order of [`Record::COLUMNS`].
    fn into_values(self) -> Vec<Value>;
}

/// A column of a table, with the type of its values: `columns::poss::pos_stat`.
#[derive(Debug)]
pub struct Column<R, T> {
    name: &'static str,
    belongs: PhantomData<fn() -> (R, T)>,
}

impl<R, T> Clone for Column<R, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, T> Copy for Column<R, T> {}

impl<R, T> Column<R, T> {
    pub(crate) const fn new(name: &'static str) -> Self {
        Column {
            name,
            belongs: PhantomData,
        }
    }

    /// The column's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name
    }
}

/// Writes a record: the struct, and its reading and writing, from one list of columns.
macro_rules! record {
    (
        $(#[$attribute:meta])*
        $name:ident of $table:literal { $($column:ident: $type:ty),* $(,)? }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $(
                #[doc = concat!("Column `", stringify!($column), "`.")]
                pub $column: $type,
            )*
        }

        impl $crate::record::Record for $name {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),*];

            fn from_row(mut row: $crate::row::Row) -> Result<Self, $crate::row::CellError> {
                let mut place = 0..;
                Ok($name {
                    $($column: row.take(place.next().unwrap_or(usize::MAX))?,)*
                })
            }

            fn into_values(self) -> Vec<$crate::value::Value> {
                vec![$($crate::value::Value::from(self.$column)),*]
            }
        }
    };
}

/// Writes a record of a catalogue table, and beside it the module of its columns' typed names.
macro_rules! table_record {
    (
        $(#[$attribute:meta])*
        $name:ident of $module:ident = $table:literal { $($column:ident: $type:ty),* $(,)? }
    ) => {
        $crate::record::record! {
            $(#[$attribute])*
            $name of $table { $($column: $type),* }
        }

        #[doc = concat!("The columns of table `", $table, "`.")]
        #[allow(non_upper_case_globals)]
        pub mod $module {
            #[allow(unused_imports)]
            use super::*;
            $(
                #[doc = concat!("Column `", stringify!($column), "`.")]
                pub const $column: $crate::record::Column<super::$name, $type> =
                    $crate::record::Column::new(stringify!($column));
            )*
        }
    };
}

pub(crate) use {record, table_record};
