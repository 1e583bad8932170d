//! The two engines under one surface: connections, transactions, retries.

pub(crate) mod mysql;
pub(crate) mod operation;
pub(crate) mod sqlite;

use std::time::Instant;

use crate::dialect::Dialect;
use crate::error::{Call, Error};
use crate::row::Row;
use crate::value::Value;

/// What a write did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Rows that were really changed.
    pub rows_changed: u64,
    /// The number that the database gave to a new row; 0 where it gave none.
    pub last_id: i64,
}

/// Where a database is kept.
pub(crate) enum Engine {
    MySql(mysql::Pool),
    Sqlite(sqlite::File),
}

/// A transaction under way. Dropped without a commit, it is rolled back.
pub struct Transaction<'a> {
    pub(crate) call: Call,
    pub(crate) way: Way<'a>,
}

pub(crate) enum Way<'a> {
    MySql(mysql::Open<'a>),
    Sqlite(&'a mut sqlite::Turn),
}

/// How the update part of an upsert names the values of the row that was to be inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewRow {
    /// The row and its columns have other names: MySQL since 8.0.19, which warns of the function.
    Alias,
    /// The function `VALUES`: MariaDB, and MySQL before.
    Function,
    /// The table `excluded`: SQLite.
    Excluded,
}

impl NewRow {
    /// What stands between the rows and the assignments. `key` is the conflicting key's columns in SQLite's words.
    pub(crate) fn on_conflict(self, columns: usize, key: &str) -> String {
        match self {
            NewRow::Alias => {
                let names: Vec<String> = (0..columns).map(|place| format!("c{place}")).collect();
                format!(" AS new_row({}) ON DUPLICATE KEY UPDATE", names.join(","))
            }
            NewRow::Function => " ON DUPLICATE KEY UPDATE".to_owned(),
            NewRow::Excluded => format!(" ON CONFLICT ({key}) DO UPDATE SET"),
        }
    }

    /// The new value of a column that stands at a place of the insert's list.
    pub(crate) fn value(self, place: usize, name: &str) -> String {
        match self {
            NewRow::Alias => format!("c{place}"),
            NewRow::Function => format!("VALUES({name})"),
            NewRow::Excluded => format!("excluded.{name}"),
        }
    }
}

impl Transaction<'_> {
    /// How the engine's upserts name new values.
    pub(crate) fn new_row(&self) -> NewRow {
        match &self.way {
            Way::MySql(open) => open.new_row(),
            Way::Sqlite(_) => NewRow::Excluded,
        }
    }

    /// The engine's language.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match &self.way {
            Way::MySql(_) => Dialect::MySql,
            Way::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Runs a statement with bound values.
    ///
    /// # Errors
    /// What the engine refused, or a lost connection.
    pub async fn run(&mut self, sql: &str, values: Vec<Value>) -> Result<Outcome, Error> {
        match &mut self.way {
            Way::MySql(open) => open.run(self.call, sql, values).await,
            Way::Sqlite(turn) => turn.run(self.call, sql, values).await,
        }
    }

    /// All rows of a query with bound values.
    ///
    /// # Errors
    /// As [`Transaction::run`].
    pub async fn rows(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        match &mut self.way {
            Way::MySql(open) => open.rows(self.call, sql, values).await,
            Way::Sqlite(turn) => turn.rows(self.call, sql, values).await,
        }
    }
}

/// The end of a call's patience.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(pub(crate) Instant);

impl Deadline {
    pub(crate) fn is_over(self) -> bool {
        Instant::now() >= self.0
    }

    /// What is left.
    pub(crate) fn left(self) -> std::time::Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}
