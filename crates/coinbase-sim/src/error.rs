//! Why a venue does not start.

use std::net::SocketAddr;
use std::path::PathBuf;

/// A venue cannot be started or kept going.
#[derive(Debug, thiserror::Error)]
pub enum VenueError {
    /// An address that others could reach.
    #[error("the local venue serves loopback only, not {0}: take 127.0.0.1")]
    NotLoopback(SocketAddr),
    /// The port is taken.
    #[error("the local venue cannot listen at {address}; is another one running there?")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The journal cannot be read or written.
    #[error("the venue's journal {path} cannot be used")]
    Journal {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A line of the journal that is not the last one is damaged.
    #[error(
        "line {line} of the venue's journal {path} is damaged: {why}; start with a new journal"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// Another venue writes into the journal.
    #[error("the venue's journal {path} is in use by another venue that runs")]
    JournalInUse {
        /// The file.
        path: PathBuf,
    },
    /// The journal is of a venue with other settings.
    #[error(
        "the journal {path} belongs to another venue: {what}; use the same settings or a new journal"
    )]
    OtherVenue {
        /// The file.
        path: PathBuf,
        /// In what they differ.
        what: String,
    },
    /// A file of candles cannot be read.
    #[error("the candles {path} cannot be read")]
    Candles {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A file of candles is not one.
    #[error("line {line} of the candles {path} is wrong: {why}")]
    CandleLine {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
}
