//! The one error type of this crate.

use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use rusqlite::ErrorCode;

/// What went wrong, for a caller that decides by kind (exit codes, hints).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The file is not there.
    NotFound,
    /// The operating system refused access.
    NoPermission,
    /// The file is something else than an SQLite database.
    NotADatabase,
    /// The file has no SQLite header and reads like noise: encrypted, most probably.
    LooksEncrypted,
    /// The file ends inside its own header.
    Truncated,
    /// Another process holds a lock and did not let go in time.
    Locked,
    /// SQLite finds the file damaged.
    Corrupt,
    /// No space is left where we write.
    DiskFull,
    /// The content changed while it was read, or is not the content that was proved.
    Changed,
    /// Any other failure of the operating system.
    Io,
    /// Any other failure of SQLite, or of what is asked of it.
    Sql,
}

/// A failed operation, with the file it failed on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no file at this path.
    #[error("there is no file at {}", path.display())]
    NotFound {
        /// The path as given.
        path: PathBuf,
    },
    /// The path leads to a folder, a device, a pipe or a socket.
    #[error("{} is {what}, not an SQLite database file", path.display())]
    NotAFile {
        /// The path as given.
        path: PathBuf,
        /// What it is, with its article.
        what: &'static str,
    },
    /// The file has another format.
    #[error("{} is not an SQLite database: {reason}", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        reason: String,
    },
    /// The file looks like an encrypted database (SQLCipher, SEE, ...).
    #[error("{} has no SQLite header and reads like noise: it seems to be encrypted", path.display())]
    LooksEncrypted {
        /// The file.
        path: PathBuf,
    },
    /// The file ends before the end of its 100-byte header.
    #[error("{} ends after {bytes} bytes, inside the header of an SQLite database", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        bytes: u64,
    },
    /// A lock was not to be had in time.
    #[error("{} is locked by another process ({what}); gave up after {waited_ms} ms", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// What was waited for.
        what: String,
        /// How long, in milliseconds.
        waited_ms: u64,
    },
    /// The file did not hold still.
    #[error("{} was changed again and again while it was read ({what}); gave up after {waited_ms} ms", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// What changed.
        what: String,
        /// How long it was tried, in milliseconds.
        waited_ms: u64,
    },
    /// The content is not the content that was proved; nothing was written.
    #[error("{} has changed since it was proved: its digest is {found}, the proved one {expected}", path.display())]
    NotAsProved {
        /// The legacy file.
        path: PathBuf,
        /// The digest of the proved content.
        expected: String,
        /// The digest of the content as it is.
        found: String,
    },
    /// The legacy file carries the fence of another migration.
    #[error("{} is fenced by migration {found}, not by {wanted}", path.display())]
    OtherFence {
        /// The legacy file.
        path: PathBuf,
        /// The migration whose fence was asked about.
        wanted: String,
        /// The migration whose fence is there.
        found: String,
    },
    /// The files beside a fenced database are not those that the fence left there.
    #[error("the fence of {} cannot be changed: {reason}", path.display())]
    FenceState {
        /// The legacy file.
        path: PathBuf,
        /// What is in the way.
        reason: String,
    },
    /// The operating system refused or failed an operation on a file.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried, as a verb.
        action: &'static str,
        /// The operating system's answer.
        #[source]
        source: io::Error,
    },
    /// SQLite refused or failed an operation.
    #[error("cannot {action} in {}", path.display())]
    Sql {
        /// The database file.
        path: PathBuf,
        /// What was tried.
        action: String,
        /// SQLite's answer.
        #[source]
        source: rusqlite::Error,
    },
    /// A table, column or object has a name that is not valid UTF-8 text.
    #[error("{} has a {object} whose name is not text: {name}", path.display())]
    NameNotText {
        /// The database file.
        path: PathBuf,
        /// The kind of object.
        object: &'static str,
        /// The name, with what is not text replaced.
        name: String,
    },
    /// SQLite's recover extension gave up.
    #[error("cannot recover {}: {message}", path.display())]
    Recover {
        /// The damaged file.
        path: PathBuf,
        /// The extension's message.
        message: String,
        /// SQLite's result code.
        code: i32,
    },
    /// A scan was asked for an order or an address that the table cannot give.
    #[error("cannot scan table {table} of {}: {reason}", path.display())]
    Scan {
        /// The database file.
        path: PathBuf,
        /// The table.
        table: String,
        /// Why not.
        reason: String,
    },
}

impl Error {
    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::NotFound { .. } => ErrorKind::NotFound,
            Error::NotAFile { .. } | Error::NotADatabase { .. } => ErrorKind::NotADatabase,
            Error::LooksEncrypted { .. } => ErrorKind::LooksEncrypted,
            Error::Truncated { .. } => ErrorKind::Truncated,
            Error::Locked { .. } => ErrorKind::Locked,
            Error::Changed { .. } | Error::NotAsProved { .. } | Error::FenceState { .. } => {
                ErrorKind::Changed
            }
            Error::Io { source, .. } => io_kind(source),
            Error::Sql { source, .. } => sql_kind(source),
            Error::NameNotText { .. } | Error::OtherFence { .. } | Error::Scan { .. } => {
                ErrorKind::Sql
            }
            Error::Recover { .. } => ErrorKind::Corrupt,
        }
    }

    pub(crate) fn io(path: &Path, action: &'static str, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::NotFound {
            return Error::NotFound {
                path: path.to_path_buf(),
            };
        }
        Error::Io {
            path: path.to_path_buf(),
            action,
            source,
        }
    }

    pub(crate) fn sql(path: &Path, action: impl Into<String>, source: rusqlite::Error) -> Self {
        Error::Sql {
            path: path.to_path_buf(),
            action: action.into(),
            source,
        }
    }
}

fn io_kind(error: &io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            ErrorKind::NoPermission
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::DiskFull,
        _ if error.raw_os_error() == Some(Errno::EDQUOT as i32) => ErrorKind::DiskFull,
        _ => ErrorKind::Io,
    }
}

fn sql_kind(error: &rusqlite::Error) -> ErrorKind {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ErrorKind::Locked,
        Some(ErrorCode::DatabaseCorrupt) => ErrorKind::Corrupt,
        Some(ErrorCode::NotADatabase) => ErrorKind::NotADatabase,
        Some(ErrorCode::DiskFull) => ErrorKind::DiskFull,
        Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => ErrorKind::NoPermission,
        Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => ErrorKind::Io,
        _ => ErrorKind::Sql,
    }
}
