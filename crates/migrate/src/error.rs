//! What can go wrong, with where and what next.

use std::path::PathBuf;

use cbtrade_schema::Finding;

/// Errors of a migration, by what the caller can do. The command line maps them to exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Refused before anything was changed, or taken back whole.
    Refused,
    /// Verification found a difference.
    Different,
    /// Stopped on the way; the same command goes on.
    Resumable,
    /// The server or a file cannot be reached.
    Unreachable,
    /// A fault of ours.
    Bug,
}

/// An error of a migration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A source file cannot be used.
    #[error("the source {} cannot be used", path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<cbtrade_sqlite::Error>,
    },
    /// A table of the snapshot could not be read.
    #[error("table `{table}` could not be read")]
    Table {
        /// The table.
        table: String,
        /// Why.
        #[source]
        source: Box<cbtrade_sqlite::Error>,
    },
    /// The server said no, or is gone.
    #[error("{what}")]
    Server {
        /// What was being done.
        what: String,
        /// What the server said.
        #[source]
        source: Box<cbtrade_mysql::Error>,
    },
    /// Refused for a reason that the operator can remove.
    #[error("{reason}")]
    Refused {
        /// What is wrong, and where.
        reason: String,
        /// What to do.
        next: String,
    },
    /// The old files are fenced, and what they were fenced for is nowhere.
    #[error(
        "the old files are fenced since the cut-over, and {target} holds nothing of this migration any more"
    )]
    TargetGone {
        /// The target, without a password.
        target: String,
    },
    /// The target holds another migration.
    #[error("the target holds another migration ({id}) than this one ({own})")]
    Taken {
        /// The other one.
        id: String,
        /// This one.
        own: String,
    },
    /// The target holds what no migration made.
    #[error("the target is not empty: it holds {}", found.join(", "))]
    NotEmpty {
        /// Some of it.
        found: Vec<String>,
    },
    /// The target's tables hold rows that the migration did not bring.
    #[error("the target's tables hold {rows} row(s) that this migration did not bring, in one of {}", tables.join(", "))]
    OtherRows {
        /// How many more than were brought.
        rows: u64,
        /// The tables with rows.
        tables: Vec<String>,
    },
    /// Findings without a decision.
    #[error("{} finding(s) need a decision before anything is copied", findings.len())]
    Undecided {
        /// The findings.
        findings: Vec<Finding>,
        /// The plan file in which to decide.
        plan: PathBuf,
    },
    /// The two sides differ.
    #[error("verification found {differences} difference(s)")]
    Different {
        /// How many.
        differences: u64,
        /// The proof file with all that is known about them.
        proof: PathBuf,
    },
    /// A file of the work folder, or one that is looked at, cannot be read or written.
    #[error("{} cannot be {action}", path.display())]
    Work {
        /// The file.
        path: PathBuf,
        /// read, written, ...
        action: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A work file does not hold what it should.
    #[error("{} cannot be read: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        reason: String,
    },
    /// Another process works on the same migration.
    #[error("another cbtrade works on this migration (lock {})", path.display())]
    Busy {
        /// The lock file.
        path: PathBuf,
    },
    /// An assumption of ours does not hold.
    #[error("internal error: {0}")]
    Bug(String),
}

impl Error {
    /// What the caller can do.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        use cbtrade_mysql::ErrorClass;
        match self {
            Self::Refused { .. }
            | Self::TargetGone { .. }
            | Self::OtherRows { .. }
            | Self::Taken { .. }
            | Self::NotEmpty { .. }
            | Self::Undecided { .. }
            | Self::File { .. } => ErrorKind::Refused,
            Self::Different { .. } => ErrorKind::Different,
            Self::Source { source, .. } | Self::Table { source, .. } => source_kind(source),
            Self::Server { source, .. } => match source.class() {
                ErrorClass::ConnectionLost
                | ErrorClass::RetryTransaction
                | ErrorClass::DiskFull => ErrorKind::Resumable,
                ErrorClass::ServerUnavailable => ErrorKind::Unreachable,
                ErrorClass::Other
                    if matches!(
                        **source,
                        cbtrade_mysql::Error::ConnectTimeout { .. }
                            | cbtrade_mysql::Error::Connect { .. }
                    ) =>
                {
                    ErrorKind::Unreachable
                }
                ErrorClass::Other
                    if matches!(
                        **source,
                        cbtrade_mysql::Error::StatementTimeout { .. }
                            | cbtrade_mysql::Error::Broken { .. }
                    ) =>
                {
                    ErrorKind::Resumable
                }
                _ => ErrorKind::Refused,
            },
            Self::Work { .. } | Self::Busy { .. } => ErrorKind::Resumable,
            Self::Bug(_) => ErrorKind::Bug,
        }
    }

    pub(crate) fn server(what: impl Into<String>) -> impl FnOnce(cbtrade_mysql::Error) -> Self {
        let what = what.into();
        move |source| Self::Server {
            what,
            source: Box::new(source),
        }
    }

    pub(crate) fn source(path: &std::path::Path, source: cbtrade_sqlite::Error) -> Self {
        Self::Source {
            path: path.to_owned(),
            source: Box::new(source),
        }
    }

    pub(crate) fn table(table: &str, source: cbtrade_sqlite::Error) -> Self {
        Self::Table {
            table: table.to_owned(),
            source: Box::new(source),
        }
    }

    pub(crate) fn refused(reason: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Refused {
            reason: reason.into(),
            next: next.into(),
        }
    }
}

fn source_kind(error: &cbtrade_sqlite::Error) -> ErrorKind {
    use cbtrade_sqlite::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound | Kind::NoPermission | Kind::Locked | Kind::Io => ErrorKind::Unreachable,
        Kind::DiskFull => ErrorKind::Resumable,
        _ => ErrorKind::Refused,
    }
}
