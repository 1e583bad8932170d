//! One picture of the fleet, from the folder's files and, where it can be had, from the database.

use cbtrade_bot::beat::{Beat, BeatFile};
use cbtrade_bot::moment;
use cbtrade_bot::stop::{StopFile, StopLevel};
use cbtrade_core::Timestamp;
use cbtrade_database::{Database, IntentFilter, IntentState};
use serde::Serialize;

use crate::config::FleetConfig;
use crate::control::{SupervisorState, supervisor_state};
use crate::error::FleetError;
use crate::folder::FleetFolder;
use crate::record::{BotRecord, BotState, SupervisorRecord};

/// A supervisor that has written nothing for so many seconds does not look after its bots.
const SUPERVISOR_SILENT_SECONDS: i64 = 10;

/// The fleet, as it is now.
#[derive(Clone, Debug, Serialize)]
pub struct FleetStatus {
    /// The fleet's folder.
    pub folder: String,
    /// When it was looked.
    #[serde(with = "moment")]
    pub at: Timestamp,
    /// The supervisor.
    pub supervisor: SupervisorStatus,
    /// The bots.
    pub bots: Vec<BotStatus>,
    /// What the bots may do.
    pub stop: StopStatus,
    /// Where orders go: the kind of venue.
    pub venue: String,
    /// The same in words.
    pub venue_words: String,
    /// Whether real orders are sent.
    pub live: bool,
    /// The database.
    pub database: DatabaseStatus,
}

/// The supervisor.
#[derive(Clone, Debug, Serialize)]
pub struct SupervisorStatus {
    /// `running`, `silent` (it runs and does nothing), `gone` (bots run on without it) or `down`.
    pub state: &'static str,
    /// Its process.
    pub pid: Option<i32>,
    /// How long it has been running, in seconds.
    pub uptime_seconds: Option<i64>,
    /// What it could not do of what it was asked.
    pub problem: Option<String>,
}

/// One bot.
#[derive(Clone, Debug, Serialize)]
pub struct BotStatus {
    /// Its name.
    pub name: String,
    /// Its mode.
    pub mode: String,
    /// How it is: the supervisor's word, or `left` (it runs without a supervisor) or `down`.
    pub state: String,
    /// Its process.
    pub pid: Option<i32>,
    /// How long its process has been running, in seconds.
    pub uptime_seconds: Option<i64>,
    /// Seconds since its last sign of life in the folder.
    pub heartbeat_seconds: Option<i64>,
    /// Seconds since its last sign of life in the database, by the database's clock.
    pub database_heartbeat_seconds: Option<i64>,
    /// What it does.
    pub doing: Option<String>,
    /// The pair that it works on.
    pub pair: Option<String>,
    /// Passes since it began.
    pub passes: u64,
    /// Buy orders that it sent.
    pub buys: u64,
    /// Sell orders that it sent.
    pub sells: u64,
    /// Errors that it met.
    pub errors: u64,
    /// The last of them.
    pub last_error: Option<String>,
    /// The stop level that it keeps to.
    pub stop: Option<String>,
    /// How it hears of the venue: `stream` or `polling`.
    pub hears: Option<String>,
    /// How often the supervisor has started it.
    pub starts: u64,
    /// How it ended the last time.
    pub last_end: Option<String>,
    /// Seconds until it starts again.
    pub next_start_seconds: Option<i64>,
}

/// A stop as it stands in the file or in the database.
#[derive(Clone, Debug, Serialize)]
pub struct StopInFile {
    /// The level.
    pub level: String,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// Since when.
    #[serde(with = "moment::optional")]
    pub at: Option<Timestamp>,
}

/// What the bots may do.
#[derive(Clone, Debug, Serialize)]
pub struct StopStatus {
    /// The level that counts.
    pub in_force: String,
    /// Where it stands: `file`, `database`, `both`, or `nothing` for `run`.
    pub where_it_stands: &'static str,
    /// In the file.
    pub file: Option<StopInFile>,
    /// In the database; absent where nothing is set or the database is not reached.
    pub database: Option<StopInFile>,
}

/// The database.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DatabaseStatus {
    /// Where it is.
    pub location: String,
    /// Whether it was reached.
    pub reached: bool,
    /// Why not.
    pub problem: Option<String>,
    /// Orders that the venue has or may have.
    pub open_orders: Option<usize>,
    /// Those of them whose fate is being looked up.
    pub unclear_orders: Option<usize>,
}

impl FleetStatus {
    /// The fleet by its folder's files alone.
    ///
    /// # Errors
    /// The folder's files cannot be read.
    pub fn of_folder(
        folder: &FleetFolder,
        config: &FleetConfig,
        now: Timestamp,
    ) -> Result<FleetStatus, FleetError> {
        let state = supervisor_state(folder)?;
        let record = record_of(folder, &state);
        let supervisor = supervisor_status(&state, record.as_ref(), now);
        let bots = match &record {
            Some(record) => {
                let bots = record.bots.iter();
                bots.map(|bot| supervised(folder, bot, now)).collect()
            }
            None => {
                let bots = config.bots.iter();
                bots.map(|bot| unsupervised(folder, &bot.name, bot.mode.name(), &state, now))
                    .collect()
            }
        };
        let file = StopFile::in_folder(folder.path()).in_force();
        let file = file.filter(|stop| stop.level != StopLevel::Run);
        let mut status = FleetStatus {
            folder: folder.path().display().to_string(),
            at: now,
            supervisor,
            bots,
            stop: StopStatus {
                in_force: StopLevel::Run.name().to_owned(),
                where_it_stands: "nothing",
                file: file.map(|stop| StopInFile {
                    level: stop.level.name().to_owned(),
                    reason: stop.reason,
                    by: stop.by,
                    at: Some(stop.at),
                }),
                database: None,
            },
            venue: config.venue.kind().to_owned(),
            venue_words: config.venue.words(),
            live: config.venue.is_live(),
            database: DatabaseStatus::default(),
        };
        status.stop.decide();
        Ok(status)
    }

    /// Says that the database was not reached, and why.
    pub fn without_database(&mut self, location: &str, problem: String) {
        self.database = DatabaseStatus {
            location: location.to_owned(),
            problem: Some(problem),
            ..DatabaseStatus::default()
        };
    }

    /// Adds what the database knows: its stop level, open orders, signs of life.
    ///
    /// # Errors
    /// It cannot be reached, or its schema is older than the fleet's.
    pub async fn add_database(
        &mut self,
        database: &Database,
    ) -> Result<(), cbtrade_database::Error> {
        let stop = database.db_stop_level_get().await?;
        if stop.level != StopLevel::Run {
            self.stop.database = Some(StopInFile {
                level: stop.level.name().to_owned(),
                reason: stop.reason,
                by: stop.set_by,
                at: stop.at_dttm,
            });
        }
        self.stop.decide();
        let filter = IntentFilter {
            states: &IntentState::OPEN,
            ..IntentFilter::default()
        };
        let open = database.db_intents_get(&filter).await?;
        let unclear = |state: IntentState| state != IntentState::Placed;
        self.database = DatabaseStatus {
            location: database.location().display(),
            reached: true,
            problem: None,
            open_orders: Some(open.len()),
            unclear_orders: Some(open.iter().filter(|intent| unclear(intent.state)).count()),
        };
        for seen in database.db_bots_get().await? {
            if let Some(bot) = self.bots.iter_mut().find(|bot| bot.name == seen.bot) {
                bot.database_heartbeat_seconds = Some(seen.seen_seconds_ago);
            }
        }
        Ok(())
    }

    /// Whether every bot lives.
    #[must_use]
    pub fn all_live(&self) -> bool {
        self.bots
            .iter()
            .all(|bot| bot.state == BotState::Running.name())
    }
}

impl StopStatus {
    fn decide(&mut self) {
        let level = |stop: &Option<StopInFile>| {
            stop.as_ref().map_or(StopLevel::Run, |stop| {
                StopLevel::of_name(&stop.level).unwrap_or(StopLevel::Halt)
            })
        };
        let (file, database) = (level(&self.file), level(&self.database));
        let in_force = file.max(database);
        self.in_force = in_force.name().to_owned();
        self.where_it_stands = match (file == in_force, database == in_force) {
            _ if in_force == StopLevel::Run => "nothing",
            (true, true) => "both",
            (true, false) => "file",
            (false, _) => "database",
        };
    }

    /// The level that counts.
    #[must_use]
    pub fn level(&self) -> StopLevel {
        StopLevel::of_name(&self.in_force).unwrap_or(StopLevel::Halt)
    }
}

/// What the supervisor that runs now has written. It may not have written anything yet, and what cannot be read is as
/// nothing: the seats tell who runs.
fn record_of(folder: &FleetFolder, state: &SupervisorState) -> Option<SupervisorRecord> {
    let SupervisorState::Runs(holder) = state else {
        return None;
    };
    SupervisorRecord::read(folder)
        .ok()
        .flatten()
        .filter(|record| holder.process.as_ref() == Some(&record.process))
}

fn supervisor_status(
    state: &SupervisorState,
    record: Option<&SupervisorRecord>,
    now: Timestamp,
) -> SupervisorStatus {
    let (state, pid) = match state {
        SupervisorState::Runs(holder) => {
            let silent = record
                .is_some_and(|record| now.seconds_since(record.at) > SUPERVISOR_SILENT_SECONDS);
            let pid = holder.process.as_ref().map(|process| process.pid);
            (if silent { "silent" } else { "running" }, pid)
        }
        SupervisorState::Gone { .. } => ("gone", None),
        SupervisorState::Down => ("down", None),
    };
    SupervisorStatus {
        state,
        pid,
        uptime_seconds: record.map(|record| now.seconds_since(record.started_at)),
        problem: record.and_then(|record| record.problem.clone()),
    }
}

fn supervised(folder: &FleetFolder, record: &BotRecord, now: Timestamp) -> BotStatus {
    let mut status = blank(&record.name, &record.mode, record.state.name());
    status.pid = record.process.as_ref().map(|process| process.pid);
    status.uptime_seconds = record.started_at.map(|since| now.seconds_since(since));
    status.starts = record.starts;
    status.last_end.clone_from(&record.last_end);
    status.next_start_seconds = record
        .next_start_at
        .map(|at| at.seconds_since(now).max(0))
        .filter(|_| record.process.is_none());
    status.hear(folder, now);
    status
}

fn unsupervised(
    folder: &FleetFolder,
    name: &str,
    mode: &str,
    state: &SupervisorState,
    now: Timestamp,
) -> BotStatus {
    let (word, holder) = match state {
        SupervisorState::Runs(_) => (BotState::Starting.name(), None),
        SupervisorState::Down => ("down", None),
        SupervisorState::Gone { left } => match left.iter().find(|(left, _)| left == name) {
            Some((_, holder)) => ("left", Some(holder)),
            None => ("down", None),
        },
    };
    let mut status = blank(name, mode, word);
    if let Some(holder) = holder {
        status.pid = holder.process.as_ref().map(|process| process.pid);
    }
    status.hear(folder, now);
    status
}

fn blank(name: &str, mode: &str, state: &str) -> BotStatus {
    BotStatus {
        name: name.to_owned(),
        mode: mode.to_owned(),
        state: state.to_owned(),
        pid: None,
        uptime_seconds: None,
        heartbeat_seconds: None,
        database_heartbeat_seconds: None,
        doing: None,
        pair: None,
        passes: 0,
        buys: 0,
        sells: 0,
        errors: 0,
        last_error: None,
        stop: None,
        hears: None,
        starts: 0,
        last_end: None,
        next_start_seconds: None,
    }
}

impl BotStatus {
    /// Adds what its process says of itself; what an earlier process said is not about this one.
    fn hear(&mut self, folder: &FleetFolder, now: Timestamp) {
        let Ok(Some(beat)) = BeatFile::of(folder.path(), &self.name).read() else {
            return;
        };
        let is_own = self
            .pid
            .is_some_and(|pid| u32::try_from(pid) == Ok(beat.pid));
        if is_own {
            self.take(beat, now);
        }
    }

    fn take(&mut self, beat: Beat, now: Timestamp) {
        self.uptime_seconds = Some(now.seconds_since(beat.started_at).max(0));
        self.heartbeat_seconds = Some(now.seconds_since(beat.at).max(0));
        self.doing = Some(beat.doing);
        self.pair = beat.pair;
        self.passes = beat.passes;
        self.buys = beat.buys;
        self.sells = beat.sells;
        self.errors = beat.errors;
        self.last_error = beat.last_error;
        self.stop = Some(beat.stop);
        // A bot of an earlier version does not say it.
        self.hears = Some(beat.hears).filter(|word| !word.is_empty());
    }
}
