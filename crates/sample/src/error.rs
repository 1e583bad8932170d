//! What can go wrong.

use std::path::{Path, PathBuf};

use cbtrade_sqlite::rusqlite;

/// Why no sample was made. Except for the first three, an unfinished directory is left behind.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option is outside its range.
    #[error("{option} cannot be {value}: allowed are {allowed}")]
    Option {
        /// Name of the option.
        option: &'static str,
        /// Its value.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// More candles were asked for than there were minutes since the bots' first day.
    #[error(
        "{candles} candles per product are more than the {candles_max} that fit between 2017 and the end"
    )]
    TooManyCandles {
        /// Candles asked for.
        candles: u64,
        /// Most that can be had.
        candles_max: u64,
    },
    /// There is something in the directory already.
    #[error("{directory} is not empty; a sample is only made in a directory of its own")]
    NotEmpty {
        /// The directory.
        directory: PathBuf,
    },
    /// The directory could not be made or looked into.
    #[error("cannot prepare the directory {directory}")]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be created as an SQLite database.
    #[error("cannot create {file}")]
    Create {
        /// The file.
        file: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// A table, its keys or its triggers could not be made.
    #[error("{file}: cannot define table {table}")]
    Define {
        /// The file.
        file: PathBuf,
        /// The table.
        table: String,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// A row could not be written.
    #[error("{file}: cannot write to table {table}")]
    Write {
        /// The file.
        file: PathBuf,
        /// The table.
        table: String,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// A row could not be read back.
    #[error("{file}: cannot read table {table}")]
    Read {
        /// The file.
        file: PathBuf,
        /// The table.
        table: String,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// A file could not be committed, switched to its `-wal` or closed.
    #[error("{file}: cannot {step}")]
    Finish {
        /// The file.
        file: PathBuf,
        /// What was being done.
        step: &'static str,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
}

impl Error {
    pub(crate) fn define(file: &Path, table: &str, source: rusqlite::Error) -> Self {
        Self::Define {
            file: file.to_owned(),
            table: table.to_owned(),
            source,
        }
    }

    pub(crate) fn write(file: &Path, table: &str, source: rusqlite::Error) -> Self {
        Self::Write {
            file: file.to_owned(),
            table: table.to_owned(),
            source,
        }
    }

    pub(crate) fn read(file: &Path, table: &str, source: rusqlite::Error) -> Self {
        Self::Read {
            file: file.to_owned(),
            table: table.to_owned(),
            source,
        }
    }
}
