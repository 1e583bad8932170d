//! A private snapshot, opened read-only.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value, ValueRef};

use crate::uri::{self, Access};
use crate::{Error, quote_identifier};

/// A function for ORDER BY in databases that keep text in UTF-16: text as its bytes in UTF-8.
pub(crate) const UTF8_FUNCTION: &str = "cbtrade_utf8";

/// A private snapshot, opened read-only and immutable: no locks, no journal, no change detection.
/// The file must not be written while this value lives.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    connection: Connection,
    encoding: String,
}

impl Database {
    /// Opens a snapshot that [`crate::take_snapshot`] or [`crate::salvage`] made.
    ///
    /// # Errors
    /// When the file is absent, or its header or schema cannot be read.
    pub fn open_snapshot(path: &Path) -> Result<Self, Error> {
        let path = path
            .canonicalize()
            .map_err(|source| Error::io(path, "open", source))?;
        let connection = uri::open(&path, Access::Immutable)?;
        configure(&connection).map_err(|source| Error::sql(&path, "read the schema", source))?;
        // A program's own collation is not here; its tables must be readable all the same, in whatever order.
        connection
            .collation_needed(|connection, name| {
                connection.create_collation(name, |one, other| one.cmp(other))
            })
            .map_err(|source| Error::sql(&path, "stand in for foreign collations", source))?;
        let encoding = connection
            .query_row("PRAGMA encoding", [], |row| row.get::<_, String>(0))
            .map_err(|source| Error::sql(&path, "read the text encoding", source))?;
        Ok(Self {
            path,
            connection,
            encoding,
        })
    }

    /// The snapshot's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The connection, for questions that this crate does not answer itself.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The text encoding: `UTF-8`, `UTF-16le` or `UTF-16be`.
    pub fn encoding(&self) -> &str {
        &self.encoding
    }

    pub(crate) fn utf16(&self) -> bool {
        self.encoding != "UTF-8"
    }

    pub(crate) fn failed(&self, action: impl Into<String>) -> impl Fn(rusqlite::Error) -> Error {
        let action = action.into();
        move |source| Error::sql(&self.path, action.clone(), source)
    }
}

/// The settings of every connection to a stranger's file.
pub(crate) fn configure(connection: &Connection) -> rusqlite::Result<()> {
    // A misspelt column in double quotes would read as a text otherwise.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    // The file is a stranger's: its schema may not call functions with side effects.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // Flat memory at any size of file: a bounded cache, no mapping; sorting spills to files.
    connection.execute_batch(
        "PRAGMA cache_size = -4000; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;",
    )?;
    connection.query_row("SELECT count(*) FROM main.sqlite_schema", [], |_| Ok(()))?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function(UTF8_FUNCTION, 1, flags, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Text(text) => Value::Blob(text.to_vec()),
            other => Value::try_from(other)?,
        })
    })
}

/// `main."name"`, for FROM.
pub(crate) fn in_main(table: &str) -> String {
    format!("main.{}", quote_identifier(table))
}
