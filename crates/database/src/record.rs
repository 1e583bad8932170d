//! Rows as structs, and columns as typed names.

use std::marker::PhantomData;
use std::ops::Deref;

use crate::row::{CellError, Row};
use crate::value::Value;

/// A struct that a row of an answer becomes.
pub trait Record: Sized {
    /// The table whose rows these are; empty for rows that a report puts together.
    const TABLE: &'static str;
    /// The columns, in the order of the fields.
    const COLUMNS: &'static [&'static str];

    /// Reads the cells from `place` on, which are in the order of [`Record::COLUMNS`].
    ///
    /// # Errors
    /// A cell that is missing or of another type.
    fn read(row: &mut Row, place: usize) -> Result<Self, CellError>;

    /// Reads a row whose cells are in the order of [`Record::COLUMNS`].
    ///
    /// # Errors
    /// A cell that is missing or of another type.
    fn from_row(mut row: Row) -> Result<Self, CellError> {
        Self::read(&mut row, 0)
    }

    /// The fields' values, in the order of [`Record::COLUMNS`].
    fn into_values(self) -> Vec<Value>;
}

/// Two records side by side: a row of a table, say, and what a query computed for it.
///
/// The first one's fields can be reached without naming it: `position.prod_id`.
#[derive(Clone, Debug, PartialEq)]
pub struct With<R, E> {
    /// The first columns.
    pub row: R,
    /// The columns after them.
    pub more: E,
}

impl<R, E> Deref for With<R, E> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.row
    }
}

/// Columns that two records may have together. A record that is wider does not compile.
const JOINED_MAX: usize = 128;

impl<R: Record, E: Record> With<R, E> {
    const JOINED: &'static [&'static str; JOINED_MAX] = &{
        let mut all = [""; JOINED_MAX];
        let mut place = 0;
        while place < R::COLUMNS.len() {
            all[place] = R::COLUMNS[place];
            place += 1;
        }
        let mut rest = 0;
        while rest < E::COLUMNS.len() {
            all[place + rest] = E::COLUMNS[rest];
            rest += 1;
        }
        all
    };
}

impl<R: Record, E: Record> Record for With<R, E> {
    const TABLE: &'static str = "";
    const COLUMNS: &'static [&'static str] =
        Self::JOINED.split_at(R::COLUMNS.len() + E::COLUMNS.len()).0;

    fn read(row: &mut Row, place: usize) -> Result<Self, CellError> {
        Ok(With {
            row: R::read(row, place)?,
            more: E::read(row, place + R::COLUMNS.len())?,
        })
    }

    fn into_values(self) -> Vec<Value> {
        let mut values = self.row.into_values();
        values.extend(self.more.into_values());
        values
    }
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

            fn read(
                row: &mut $crate::row::Row,
                place: usize,
            ) -> Result<Self, $crate::row::CellError> {
                let mut places = place..;
                Ok($name {
                    $($column: row.take(places.next().unwrap_or(usize::MAX))?,)*
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
