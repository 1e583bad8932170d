//! What the supervisor writes down about its bots, for whoever asks and for the next supervisor.

use std::io::ErrorKind;
use std::path::PathBuf;

use cbtrade_bot::moment;
use cbtrade_core::Timestamp;
use cbtrade_server::ProcessIdentity;
use serde::{Deserialize, Serialize};

use crate::error::FleetError;
use crate::folder::{FleetFolder, replace};
use crate::ground::Ground;

/// How a bot is, as the supervisor sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BotState {
    /// It was started and gave no sign of life yet.
    Starting,
    /// It lives.
    Running,
    /// It was asked to end.
    Ending,
    /// It ended and starts again in a while.
    Backoff,
    /// It does not start with its settings; it is tried again in a while.
    Refused,
    /// It ended too often, and does not start again until it is told to.
    Held,
    /// Another process of its name has to end first.
    Waiting,
}

impl BotState {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            BotState::Starting => "starting",
            BotState::Running => "running",
            BotState::Ending => "ending",
            BotState::Backoff => "backoff",
            BotState::Refused => "refused",
            BotState::Held => "held",
            BotState::Waiting => "waiting",
        }
    }
}

/// One bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotRecord {
    /// Its name.
    pub name: String,
    /// Its mode.
    pub mode: String,
    /// How it is.
    pub state: BotState,
    /// Its process, while it has one.
    pub process: Option<ProcessIdentity>,
    /// Since when its process runs.
    #[serde(with = "moment::optional")]
    pub started_at: Option<Timestamp>,
    /// Seconds since its last sign of life (since its start, when there was none), by the supervisor's own watch.
    pub silent_seconds: Option<u64>,
    /// How often it was started.
    pub starts: u64,
    /// How often it ended by itself within the brake's time.
    pub ends_counted: usize,
    /// How it ended the last time.
    pub last_end: Option<String>,
    /// When that was.
    #[serde(with = "moment::optional")]
    pub last_end_at: Option<Timestamp>,
    /// When it starts again.
    #[serde(with = "moment::optional")]
    pub next_start_at: Option<Timestamp>,
}

/// The supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupervisorRecord {
    /// Its process.
    pub process: ProcessIdentity,
    /// The program that it starts as bots.
    pub program: PathBuf,
    /// Since when it runs.
    #[serde(with = "moment")]
    pub started_at: Timestamp,
    /// When it wrote this.
    #[serde(with = "moment")]
    pub at: Timestamp,
    /// How long it waits for a bot that it asked to end, in seconds.
    pub stop_seconds_max: u64,
    /// What it could not do of what it was asked, the last time.
    pub problem: Option<String>,
    /// What its bots stand on; absent in a record of an earlier version.
    #[serde(default)]
    pub ground: Option<Ground>,
    /// Its bots.
    pub bots: Vec<BotRecord>,
}

impl SupervisorRecord {
    /// What the last supervisor of this folder wrote; `None` when there was none.
    ///
    /// # Errors
    /// The file cannot be read or understood.
    pub fn read(folder: &FleetFolder) -> Result<Option<SupervisorRecord>, FleetError> {
        let path = folder.supervisor_record();
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(FleetError::file("read", &path, source)),
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| FleetError::Record { path, source })
    }

    pub(crate) fn write(&self, folder: &FleetFolder) -> Result<(), FleetError> {
        let path = folder.supervisor_record();
        let bytes = serde_json::to_vec_pretty(self).map_err(|source| FleetError::Record {
            path: path.clone(),
            source,
        })?;
        replace(&path, &bytes)
    }
}
