//! What can fail, always with the target it failed on.

use crate::capabilities::TooOld;
use crate::class::{ErrorClass, classify, classify_server_code};

/// A warning of the server, as `SHOW WARNINGS` gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// `Warning`, `Note` or `Error`.
    pub level: String,
    /// The server's error number.
    pub code: u16,
    /// The server's words.
    pub message: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}: {}", self.level, self.code, self.message)
    }
}

/// An error of this crate. `target` is [`crate::Target::display`]: it never holds a password. Statements
/// are shown shortened and with their string literals blanked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A URL that does not parse.
    #[error("the server's URL cannot be read: {why}")]
    UrlInvalid {
        /// What is wrong, without repeating the URL.
        why: String,
    },
    /// A query key that a server URL does not have.
    #[error("the server's URL has an unknown key {key:?}; known are socket, tls and tls-authority")]
    UrlKey {
        /// The key.
        key: String,
    },
    /// A URL with a password in it.
    #[error(
        "a password does not belong into a URL (it would show in process lists and logs): \
         leave it out and set CBTRADE_MYSQL_PASSWORD"
    )]
    PasswordInUrl,
    /// The driver could not connect.
    #[error("cannot connect to {target}")]
    Connect {
        /// The server.
        target: String,
        /// What the driver said.
        #[source]
        source: Box<mysql_async::Error>,
    },
    /// Connecting took too long.
    #[error("{target} did not answer within {limit_ms} ms")]
    ConnectTimeout {
        /// The server.
        target: String,
        /// The limit, in milliseconds.
        limit_ms: u64,
    },
    /// A statement failed.
    #[error("{target} refused or lost the statement: {statement}")]
    Statement {
        /// The server.
        target: String,
        /// The statement, shortened, its literals blanked.
        statement: String,
        /// What the driver or the server said.
        #[source]
        source: Box<mysql_async::Error>,
    },
    /// A statement took longer than the session allows; the session is of no more use, and whether the
    /// statement was carried out is not known.
    #[error("{target} did not finish within {limit_ms} ms: {statement}")]
    StatementTimeout {
        /// The server.
        target: String,
        /// The statement, shortened, its literals blanked.
        statement: String,
        /// The limit, in milliseconds.
        limit_ms: u64,
    },
    /// A statement was carried out with warnings, which this session takes for errors.
    #[error("{target} warned about {statement}: {}", listed(warnings))]
    Warned {
        /// The server.
        target: String,
        /// The statement, shortened, its literals blanked.
        statement: String,
        /// All that the server kept; never empty.
        warnings: Vec<Warning>,
    },
    /// A call was cancelled or lost half-way: the session must be opened anew.
    #[error("the session with {target} was broken off in the middle of a call; open a new one")]
    Broken {
        /// The server.
        target: String,
    },
    /// The server does not hold the session contract.
    #[error(
        "{target} does not keep to the session contract: {setting} is {found:?}, it must be {wanted:?}"
    )]
    Contract {
        /// The server.
        target: String,
        /// The system variable.
        setting: String,
        /// The value that the contract wants.
        wanted: String,
        /// The value read back.
        found: String,
    },
    /// The server is not one that CBTrade can use.
    #[error("{target} cannot be used: {reason}")]
    TooOld {
        /// The server.
        target: String,
        /// Which version it has and which is needed.
        reason: TooOld,
    },
    /// The server gave an answer that could not be read.
    #[error("{target} gave no usable answer about {what}")]
    Answer {
        /// The server.
        target: String,
        /// What was asked.
        what: String,
    },
    /// Waiting for the server was given up.
    #[error("gave up after {attempts} attempts in {waited_ms} ms")]
    GaveUp {
        /// Attempts made.
        attempts: u32,
        /// Time since the first attempt, in milliseconds.
        waited_ms: u64,
        /// The last attempt's error.
        #[source]
        source: Box<Error>,
    },
}

/// The first warning, and how many more there are.
fn listed(warnings: &[Warning]) -> String {
    match warnings {
        [] => String::new(),
        [only] => only.to_string(),
        [first, more @ ..] => format!("{first} (and {} more)", more.len()),
    }
}

impl Error {
    /// What can be done about the error.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Error::Connect { source, .. } => match classify(source) {
                // Nothing was under way yet, so nothing was lost: the server was not to be had.
                ErrorClass::ConnectionLost => ErrorClass::ServerUnavailable,
                class => class,
            },
            Error::ConnectTimeout { .. } => ErrorClass::ServerUnavailable,
            Error::Statement { source, .. } => classify(source),
            Error::StatementTimeout { .. } | Error::Broken { .. } => ErrorClass::ConnectionLost,
            Error::Warned { warnings, .. } => warnings
                .first()
                .map_or(ErrorClass::Other, |first| classify_server_code(first.code)),
            Error::GaveUp { source, .. } => source.class(),
            Error::UrlInvalid { .. }
            | Error::UrlKey { .. }
            | Error::PasswordInUrl
            | Error::Contract { .. }
            | Error::TooOld { .. }
            | Error::Answer { .. } => ErrorClass::Other,
        }
    }

    /// The server's error number, where the server answered with one.
    #[must_use]
    pub fn server_code(&self) -> Option<u16> {
        match self {
            Error::Connect { source, .. } | Error::Statement { source, .. } => {
                match source.as_ref() {
                    mysql_async::Error::Server(server) => Some(server.code),
                    _ => None,
                }
            }
            Error::Warned { warnings, .. } => warnings.first().map(|first| first.code),
            Error::GaveUp { source, .. } => source.server_code(),
            _ => None,
        }
    }
}
