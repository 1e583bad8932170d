//! What can fail: always with method, table, and where there is one, column and key.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use cbtrade_mysql::ErrorClass;

use crate::row::CellError;

/// The server's number for a column that is not there.
const UNKNOWN_COLUMN: u16 = 1054;

/// What a call is for: goes into every error and every figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method's name, as bots write it.
    pub method: &'static str,
    /// The table that it is about.
    pub table: &'static str,
}

/// What went wrong, for those who decide what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The server or the file cannot be reached, for as long as the call was willing to wait.
    Unreachable,
    /// Wrong password, no right to do this, TLS required.
    AccessDenied,
    /// All connections were in use for as long as the call was willing to wait.
    PoolExhausted,
    /// The call took longer than it may; nothing was written.
    Deadline,
    /// The connection was lost while the write was committed, and the time ran out before it was known whether it was.
    /// Ask with [`crate::Database::db_operation_outcome`].
    OutcomeUnknown,
    /// Other writers were in the way at every attempt; nothing was written.
    Conflict,
    /// Another row has this key.
    Duplicate,
    /// A value that the column cannot hold.
    ValueRejected,
    /// A column that the table does not have.
    UnknownColumn,
    /// A key that the method needs is not given.
    MissingKey,
    /// A key of another table, or one that identifies another row than the rest of the call.
    WrongKey,
    /// A row that is not in a state that allows this, or an intent that is not there.
    WrongState,
    /// A change that changes nothing.
    EmptyChange,
    /// A text that is no product id.
    NotAProduct,
    /// A table or database that is not there.
    NotFound,
    /// The schema is older than this program needs: upgrade it.
    SchemaOlder,
    /// The schema is newer than this program knows: use a newer program.
    SchemaNewer,
    /// A table differs from what the schema's version says.
    SchemaDiffers,
    /// The server or the file takes no writes.
    ReadOnly,
    /// No room left where the data are.
    DiskFull,
    /// A location that cannot be understood.
    Location,
    /// An answer that could not be read.
    Answer,
    /// A statement that the engine does not accept.
    Statement,
    /// Anything else.
    Other,
}

impl ErrorKind {
    /// The kind that an error class of the server has for a call.
    #[must_use]
    pub fn of_class(class: ErrorClass) -> ErrorKind {
        match class {
            ErrorClass::RetryTransaction => ErrorKind::Conflict,
            ErrorClass::ConnectionLost | ErrorClass::ServerUnavailable => ErrorKind::Unreachable,
            ErrorClass::AccessDenied => ErrorKind::AccessDenied,
            ErrorClass::DataRejected | ErrorClass::ForeignKey | ErrorClass::PacketTooLarge => {
                ErrorKind::ValueRejected
            }
            ErrorClass::Duplicate => ErrorKind::Duplicate,
            ErrorClass::ReadOnly => ErrorKind::ReadOnly,
            ErrorClass::DiskFull => ErrorKind::DiskFull,
            ErrorClass::NotFound => ErrorKind::NotFound,
            ErrorClass::Other => ErrorKind::Statement,
        }
    }

    /// What it means and what to do next.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            ErrorKind::Unreachable => {
                "the database cannot be reached; is the server running (`cbtrade server status`)?"
            }
            ErrorKind::AccessDenied => {
                "the user may not do this; check the user, the password and the grants"
            }
            ErrorKind::PoolExhausted => {
                "all connections stayed in use; look for slow calls with `cbtrade db stats`, or allow more connections"
            }
            ErrorKind::Deadline => "the call took longer than it may; nothing was written",
            ErrorKind::OutcomeUnknown => {
                "the connection was lost during the commit; ask for the operation's outcome before writing again"
            }
            ErrorKind::Conflict => {
                "other writers were in the way at every attempt; nothing was written, try again"
            }
            ErrorKind::Duplicate => "another row has this key; nothing was written",
            ErrorKind::ValueRejected => "the column cannot hold the value; nothing was written",
            ErrorKind::UnknownColumn => "the table has no such column; nothing was written",
            ErrorKind::MissingKey => {
                "a key is needed, so that no other row is touched; nothing was written"
            }
            ErrorKind::WrongKey => "the keys do not belong to one row; nothing was written",
            ErrorKind::WrongState => "the intent's state does not allow this; nothing was written",
            ErrorKind::EmptyChange => "no column is named, so there is nothing to write",
            ErrorKind::NotAProduct => {
                "a product id is two or more groups of letters and digits joined by dashes, such as BTC-USDC"
            }
            ErrorKind::NotFound => {
                "a table or database is not there; make it with `cbtrade db upgrade`"
            }
            ErrorKind::SchemaOlder => {
                "the schema is older than this program; bring it up with `cbtrade db upgrade`"
            }
            ErrorKind::SchemaNewer => {
                "the schema is newer than this program; use the newer program"
            }
            ErrorKind::SchemaDiffers => {
                "the tables are not those of the schema's version; see `cbtrade db check`"
            }
            ErrorKind::ReadOnly => "the database takes no writes; nothing was written",
            ErrorKind::DiskFull => "no room is left where the data are; nothing was written",
            ErrorKind::Location => {
                "a location is mysql://user@host[:port][,host[:port]]/database or the path of a SQLite file"
            }
            ErrorKind::Answer => {
                "the answer could not be read; the table may differ from the catalogue (`cbtrade db check`)"
            }
            ErrorKind::Statement => "the database does not accept the statement",
            ErrorKind::Other => "see the cause",
        }
    }
}

/// An error of the layer.
#[derive(Debug)]
pub struct Error {
    /// The method's name.
    pub method: &'static str,
    /// The table.
    pub table: Cow<'static, str>,
    /// The column, where one is at fault.
    pub column: Option<Box<str>>,
    /// The row's key, where one is known.
    pub key: Option<Box<str>>,
    /// What went wrong.
    pub kind: ErrorKind,
    /// More words, where the advice does not say enough.
    pub detail: Option<Box<str>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of a call.
    #[must_use]
    pub fn new(call: Call, kind: ErrorKind) -> Error {
        Error {
            method: call.method,
            table: Cow::Borrowed(call.table),
            column: None,
            key: None,
            kind,
            detail: None,
            source: None,
        }
    }

    /// The same with a cause.
    #[must_use]
    pub fn because(mut self, source: impl StdError + Send + Sync + 'static) -> Error {
        self.source = Some(Box::new(source));
        self
    }

    /// The same about a column.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>) -> Error {
        self.column = Some(column.into().into_boxed_str());
        self
    }

    /// The same about a row.
    #[must_use]
    pub fn key(mut self, key: impl fmt::Display) -> Error {
        self.key = Some(key.to_string().into_boxed_str());
        self
    }

    /// The same about another table.
    #[must_use]
    pub fn on_table(mut self, table: impl Into<String>) -> Error {
        self.table = Cow::Owned(table.into());
        self
    }

    /// The same with more words.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Error {
        self.detail = Some(detail.into().into_boxed_str());
        self
    }

    /// An answer that could not be read.
    #[must_use]
    pub fn answer(call: Call, source: CellError) -> Error {
        Error::new(call, ErrorKind::Answer).because(source)
    }

    /// The server's own error number, where a server answered with one.
    #[must_use]
    pub fn server_code(&self) -> Option<u16> {
        self.source
            .as_ref()?
            .downcast_ref::<cbtrade_mysql::Error>()?
            .server_code()
    }

    /// An error of a statement on a server.
    #[must_use]
    pub(crate) fn of_server(call: Call, source: cbtrade_mysql::Error) -> Error {
        let kind = match source.server_code() {
            Some(UNKNOWN_COLUMN) => ErrorKind::UnknownColumn,
            _ => ErrorKind::of_class(source.class()),
        };
        Error::new(call, kind).because(source)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.method)?;
        if !self.table.is_empty() {
            write!(formatter, " on `{}`", self.table)?;
        }
        if let Some(column) = &self.column {
            write!(formatter, ", column `{column}`")?;
        }
        if let Some(key) = &self.key {
            write!(formatter, ", row {key}")?;
        }
        write!(formatter, ": {}", self.kind.advice())?;
        if let Some(detail) = &self.detail {
            write!(formatter, " ({detail})")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_ref()
            .map(|source| source.as_ref() as &(dyn StdError + 'static))
    }
}
