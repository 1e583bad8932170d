//! Why a soak cannot take place. What it finds is no error but a report.

use std::io;
use std::path::{Path, PathBuf};

/// Why a soak cannot take place.
#[derive(Debug, thiserror::Error)]
pub enum SoakError {
    /// The private server cannot be made, started or stopped.
    #[error("the private server cannot be used")]
    PrivateServer(#[source] Box<cbtrade_server::Error>),
    /// The server cannot be reached or refuses.
    #[error("the server cannot be used")]
    Server(#[source] Box<cbtrade_mysql::Error>),
    /// The database cannot be prepared or read.
    #[error("the database cannot be used")]
    Database(#[source] Box<cbtrade_database::Error>),
    /// Somebody has something there.
    #[error("{0} is not empty; a soak writes made-up rows, so name a place where nothing is")]
    NotEmpty(String),
    /// A file or folder of the run.
    #[error("{} cannot be used", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A bot cannot be started.
    #[error("{} cannot be started", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A history cannot be read.
    #[error("a history cannot be read")]
    History(#[source] io::Error),
    /// What is wanted needs a server.
    #[error("a file has no answers that could be lost: name a server, or none for a private one")]
    NoServer,
    /// Sessions of bots that have ended are still on the server.
    #[error("a minute after the bots' end some of their sessions are still on the server")]
    NotQuiet,
    /// A fault of the soak itself.
    #[error("a writer of the soak ended by itself")]
    WriterEnded,
}

impl SoakError {
    pub(crate) fn server(source: cbtrade_mysql::Error) -> SoakError {
        SoakError::Server(Box::new(source))
    }

    pub(crate) fn file(path: &Path, source: io::Error) -> SoakError {
        SoakError::File {
            path: path.to_owned(),
            source,
        }
    }
}

impl From<cbtrade_database::Error> for SoakError {
    fn from(source: cbtrade_database::Error) -> SoakError {
        SoakError::Database(Box::new(source))
    }
}

impl From<cbtrade_server::Error> for SoakError {
    fn from(source: cbtrade_server::Error) -> SoakError {
        SoakError::PrivateServer(Box::new(source))
    }
}
