//! One SQLite file while it is being made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cbtrade_catalog::{Table, sqlite_create_table, sqlite_indexes, sqlite_triggers};
use cbtrade_sqlite::quote_identifier;
use cbtrade_sqlite::rusqlite::config::DbConfig;
use cbtrade_sqlite::rusqlite::{self, Connection, OptionalExtension, Params, Row, ToSql};

use crate::Error;
use crate::report::TableRows;

/// Inserts one row: the column list stands beside the values, so the two cannot drift apart, and
/// the statement is put together when the program is compiled.
macro_rules! insert {
    ($store:expr, $verb:literal, $table:literal,
     { $first:ident: $first_value:expr $(, $column:ident: $value:expr)* $(,)? }) => {
        $store.write(
            $table,
            concat!(
                $verb, " INTO ", $table, " (", stringify!($first) $(, ", ", stringify!($column))*,
                ") VALUES (?" $(, insert!(@place $column))*, ")"
            ),
            cbtrade_sqlite::rusqlite::params![$first_value $(, $value)*],
        )
    };
    (@place $column:ident) => { ", ?" };
}
pub(crate) use insert;

/// One SQLite file while it is being made.
///
/// It is filled in one transaction without a journal, which is as fast as SQLite gets, and then
/// switched to its `-wal`, where everything written afterwards stays.
pub(crate) struct Store {
    connection: Connection,
    path: PathBuf,
    tables: Vec<(Table, String)>,
    rows_before_wal: BTreeMap<String, u64>,
}

impl Store {
    /// Creates the file and its tables and begins filling it. Until it is filled, SQLite may keep
    /// this much of it in memory.
    pub(crate) fn create(
        path: PathBuf,
        tables: Vec<(Table, String)>,
        cache_kib: u32,
    ) -> Result<Self, Error> {
        let settings = format!(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{cache_kib}; BEGIN"
        );
        let connection = Connection::open(&path)
            .and_then(|connection| {
                connection.set_prepared_statement_cache_capacity(32);
                connection.execute_batch(&settings).map(|()| connection)
            })
            .map_err(|source| Error::Create {
                file: path.clone(),
                source,
            })?;
        for (table, name) in &tables {
            connection
                .execute_batch(&sqlite_create_table(table, name))
                .map_err(|source| Error::define(&path, name, source))?;
        }
        Ok(Self {
            connection,
            path,
            tables,
            rows_before_wal: BTreeMap::new(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs one statement that changes rows of `table`.
    pub(crate) fn write(&self, table: &str, sql: &str, params: impl Params) -> Result<(), Error> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params))
            .map(|_| ())
            .map_err(|source| Error::write(&self.path, table, source))
    }

    /// Inserts a row whose columns are only known at run time.
    pub(crate) fn write_columns(
        &self,
        table: &str,
        columns: &[(String, Box<dyn ToSql>)],
    ) -> Result<(), Error> {
        let names: Vec<String> = columns
            .iter()
            .map(|(name, _)| quote_identifier(name))
            .collect();
        let places = vec!["?"; columns.len()].join(", ");
        let table_quoted = quote_identifier(table);
        let sql = format!(
            "INSERT INTO {table_quoted} ({}) VALUES ({places})",
            names.join(", ")
        );
        let values = rusqlite::params_from_iter(columns.iter().map(|(_, value)| value));
        self.write(table, &sql, values)
    }

    /// The first row that a query about `table` finds.
    pub(crate) fn read<T>(
        &self,
        table: &str,
        sql: &str,
        params: impl Params,
        take: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        self.connection
            .query_row(sql, params, take)
            .optional()
            .map_err(|source| Error::read(&self.path, table, source))
    }

    /// Changes a table's definition.
    pub(crate) fn define(&self, table: &str, sql: &str) -> Result<(), Error> {
        self.connection
            .execute_batch(sql)
            .map_err(|source| Error::define(&self.path, table, source))
    }

    /// Ends the filling: adds what would have slowed it down, indexes and triggers, commits, and
    /// begins the transaction that will only be found in the `-wal`.
    pub(crate) fn switch_to_wal(&mut self) -> Result<(), Error> {
        for (table, name) in &self.tables {
            let triggers = sqlite_triggers(table, name).into_iter().map(|(_, sql)| sql);
            for sql in sqlite_indexes(table, name).into_iter().chain(triggers) {
                self.define(name, &sql)?;
            }
            self.rows_before_wal.insert(name.clone(), self.count(name)?);
        }
        let steps = [
            ("commit the main part", "COMMIT"),
            (
                "switch to write-ahead logging",
                "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = NORMAL",
            ),
            ("begin the last part", "BEGIN IMMEDIATE"),
        ];
        steps
            .into_iter()
            .try_for_each(|(step, sql)| self.run(step, sql))
    }

    /// Commits the last part and closes the file, leaving its `-wal` as a killed bot would.
    pub(crate) fn finish(self) -> Result<Vec<TableRows>, Error> {
        self.run("commit the last part", "COMMIT")?;
        let mut counts = Vec::with_capacity(self.tables.len());
        for (_, name) in &self.tables {
            let rows = self.count(name)?;
            let before = self.rows_before_wal.get(name).copied().unwrap_or_default();
            counts.push(TableRows {
                file: self.path.clone(),
                table: name.clone(),
                rows,
                wal_rows: rows.saturating_sub(before),
            });
        }
        let failed = |step| {
            let file = self.path.clone();
            move |source| Error::Finish { file, step, source }
        };
        self.connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
            .map_err(failed("keep the -wal"))?;
        self.connection
            .close()
            .map_err(|(_, source)| failed("close the file")(source))?;
        Ok(counts)
    }

    fn run(&self, step: &'static str, sql: &str) -> Result<(), Error> {
        let failed = |source| Error::Finish {
            file: self.path.clone(),
            step,
            source,
        };
        self.connection.execute_batch(sql).map_err(failed)
    }

    fn count(&self, table: &str) -> Result<u64, Error> {
        let sql = format!("SELECT count(*) FROM {}", quote_identifier(table));
        let count = self
            .read(table, &sql, [], |row| row.get::<_, i64>(0))?
            .unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }
}
