//! Rows as structs, and columns as typed names.

use std::borrow::Cow;
use std::marker::PhantomData;

use crate::dialect::Dialect;
use crate::row::{CellError, Row};
use crate::value::Value;

/// A struct that a row of an answer becomes.
pub trait Record: Sized {
    /// The table whose rows these are; empty for rows that a report puts together.
    const TABLE: &'static str;
    /// The columns, in the order of the fields.
    const COLUMNS: &'static [&'static str];
    /// The columns for a SELECT, quoted as a server wants it and as SQLite does, each followed by a comma and a space;
    /// empty where they are put together when they are needed.
    #[doc(hidden)]
    const SELECTED: [&'static str; 2] = ["", ""];

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
    pub const fn name(self) -> &'static str {
        self.name
    }
}

/// A row of a table with further columns beside it, as a query puts them together.
#[derive(Clone, Debug, PartialEq)]
pub struct With<R, E> {
    /// The table's row.
    pub row: R,
    /// What the query adds.
    pub extra: E,
}

/// Room for the columns of both parts of a [`With`]; a test holds it against the widest tables.
const COLUMNS_MAX: usize = 192;

impl<R: Record, E: Record> With<R, E> {
    /// The columns of both, then nothing.
    const PADDED: [&'static str; COLUMNS_MAX] = joined(R::COLUMNS, E::COLUMNS);
}

const fn joined(left: &[&'static str], right: &[&'static str]) -> [&'static str; COLUMNS_MAX] {
    let mut columns = [""; COLUMNS_MAX];
    let mut at = 0;
    while at < left.len() + right.len() {
        columns[at] = if at < left.len() {
            left[at]
        } else {
            right[at - left.len()]
        };
        at += 1;
    }
    columns
}

impl<R: Record, E: Record> Record for With<R, E> {
    const TABLE: &'static str = R::TABLE;
    const COLUMNS: &'static [&'static str] =
        Self::PADDED.split_at(R::COLUMNS.len() + E::COLUMNS.len()).0;

    fn from_row(mut row: Row) -> Result<Self, CellError> {
        let extra = row.split_off(R::COLUMNS.len());
        Ok(With {
            row: R::from_row(row)?,
            extra: E::from_row(extra)?,
        })
    }

    fn into_values(self) -> Vec<Value> {
        let mut values = self.row.into_values();
        values.extend(self.extra.into_values());
        values
    }
}

/// The columns of a record for a SELECT, in its order: `a.b, a.c` for the table's other name `a`, or bare names for none.
pub(crate) fn select_list<R: Record>(dialect: Dialect, alias: &str) -> Cow<'static, str> {
    let [server, file] = R::SELECTED;
    let ready = match dialect {
        Dialect::MySql => server,
        Dialect::Sqlite => file,
    };
    if let (Some(ready), "") = (ready.strip_suffix(", "), alias) {
        return Cow::Borrowed(ready);
    }
    let mut list = String::with_capacity(R::COLUMNS.len() * 20);
    for column in R::COLUMNS {
        if !list.is_empty() {
            list.push_str(", ");
        }
        if !alias.is_empty() {
            list.push_str(alias);
            list.push('.');
        }
        list.push_str(&dialect.name(column));
    }
    Cow::Owned(list)
}

/// Writes a record: the struct, and its reading and writing, from one list of columns.
macro_rules! record {
    (
        $(#[$attribute:meta])*
        $name:ident of $table:literal { $($column:ident: $type:ty),* $(,)? }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(unreachable_pub, reason = "some records never leave their module")]
        pub struct $name {
            $(
                #[doc = concat!("Column `", stringify!($column), "`.")]
                pub $column: $type,
            )*
        }

        impl $crate::record::Record for $name {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),*];
            const SELECTED: [&'static str; 2] = [
                concat!($("`", stringify!($column), "`, "),*),
                concat!($("\"", stringify!($column), "\", "),*),
            ];

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    record! {
        /// Left.
        Left of "left" { a: i64, b: Option<String> }
    }

    record! {
        /// Right.
        Right of "" { c: Option<i64> }
    }

    #[test]
    fn a_row_with_more_columns_is_both_records() {
        type Both = With<Left, Right>;
        assert_eq!((Both::TABLE, Both::COLUMNS), ("left", &["a", "b", "c"][..]));
        let columns: Arc<[String]> = Both::COLUMNS
            .iter()
            .map(|name| (*name).to_owned())
            .collect();
        let values = vec![Value::from(1_i64), Value::Null, Value::from(3_i64)];
        let both = Both::from_row(Row::new(Arc::clone(&columns), values.clone())).unwrap();
        assert_eq!((both.row.a, both.extra.c), (1, Some(3)));
        assert_eq!(both.into_values(), values);
        let short = Both::from_row(Row::new(columns, vec![Value::from(1_i64), Value::Null]));
        assert_eq!(short, Err(CellError::Missing("c".to_owned())));
    }

    #[test]
    fn columns_are_listed_one_by_one() {
        assert_eq!(select_list::<Left>(Dialect::MySql, "l"), "l.`a`, l.`b`");
        assert_eq!(select_list::<Left>(Dialect::Sqlite, ""), "\"a\", \"b\"");
        assert_eq!(select_list::<Left>(Dialect::MySql, ""), "`a`, `b`");
        assert_eq!(
            select_list::<With<Left, Right>>(Dialect::MySql, ""),
            "`a`, `b`, `c`"
        );
    }
}
