//! What can fail, with the file or process it failed on.

use std::path::{Path, PathBuf};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// There is no fleet in the folder.
    #[error("there is no fleet in {folder}: it has no fleet.toml")]
    NoConfig {
        /// The folder.
        folder: PathBuf,
    },
    /// The configuration cannot be understood.
    #[error("{path} cannot be understood")]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with line and column.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A value of the configuration that cannot be.
    #[error("{path}: {key} {why}")]
    Value {
        /// The file.
        path: PathBuf,
        /// The key with its table.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// The file of the venue's key cannot be used.
    #[error("the venue's key cannot be used")]
    Key(#[source] Box<cbtrade_vault::VaultError>),
    /// The key needs a passphrase.
    #[error("no passphrase was given for the sealed key {path}")]
    NoPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// A name that no bot of the fleet has.
    #[error("there is no bot `{name}` in this fleet; its bots are {known}")]
    NoSuchBot {
        /// The name.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// A supervisor runs already.
    #[error("a supervisor of this fleet runs already ({who})")]
    Supervised {
        /// The process, where it says so.
        who: String,
    },
    /// No supervisor runs.
    #[error("no supervisor of the fleet in {folder} runs")]
    NotSupervised {
        /// The folder.
        folder: PathBuf,
    },
    /// Another process sits in a bot's seat.
    #[error("a bot `{name}` of this fleet runs already ({who})")]
    SeatTaken {
        /// The bot.
        name: String,
        /// The process, where it says so.
        who: String,
    },
    /// The supervisor did not answer.
    #[error("the supervisor (process {pid}) has not taken the request within {waited_ms} ms")]
    NoAnswer {
        /// The supervisor.
        pid: i32,
        /// Time waited, in milliseconds.
        waited_ms: u64,
    },
    /// A process does not end.
    #[error("process {pid} ({what}) is still there {waited_ms} ms after it was killed")]
    Unkillable {
        /// The process.
        pid: i32,
        /// What it is.
        what: String,
        /// Time waited, in milliseconds.
        waited_ms: u64,
    },
    /// A file of the fleet's that cannot be understood.
    #[error("{path} cannot be understood")]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The venue's client cannot be made.
    #[error("the venue cannot be used as fleet.toml says it")]
    Venue(#[source] Box<cbtrade_coinbase::SettingsError>),
    /// The database belongs to the other kind of venue.
    #[error("the live orders of {database} are {owner} since {at}, and this fleet's are {venue}")]
    OtherVenue {
        /// Where the database is.
        database: String,
        /// Whose they are, in words.
        owner: &'static str,
        /// When that was said, in UTC, and by whom.
        at: String,
        /// Whose this fleet's are, in words.
        venue: &'static str,
        /// Whether the database is practice's.
        is_practice: bool,
    },
    /// Practice on live trades was not allowed.
    #[error("{database} holds live positions or orders, among which practice would put its own")]
    LiveTrades {
        /// Where the database is.
        database: String,
    },
    /// The database cannot be used.
    #[error("the fleet's database cannot be used")]
    Database(#[source] Box<cbtrade_database::Error>),
    /// A bot cannot go on.
    #[error("the bot `{name}` cannot work")]
    Bot {
        /// The bot.
        name: String,
        /// Why.
        #[source]
        source: Box<cbtrade_bot::BotError>,
    },
    /// A bot cannot give signs of life.
    #[error("no sign of life can be given")]
    Beat(#[source] Box<cbtrade_bot::beat::BeatFileError>),
    /// A file or folder operation failed.
    #[error("cannot {action} {path}")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
}

impl FleetError {
    pub(crate) fn file(action: &'static str, path: &Path, source: std::io::Error) -> FleetError {
        FleetError::File {
            action,
            path: path.to_owned(),
            source,
        }
    }
}
