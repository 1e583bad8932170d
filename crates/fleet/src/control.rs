//! What other processes tell a supervisor, and what they do where there is none.

use std::path::Path;
use std::time::{Duration, Instant};

use cbtrade_core::Clock;
use cbtrade_server::ProcessIdentity;
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};

use crate::error::FleetError;
use crate::folder::{FleetFolder, replace};
use crate::record::SupervisorRecord;
use crate::seat::{self, Holder};
use crate::strangers::signal;

/// How often it is looked whether something has happened.
const POLL: Duration = Duration::from_millis(20);
/// How long a supervisor may take to take a request.
const REQUEST_WAIT: Duration = Duration::from_secs(5);
/// How long a killed process may take to be gone.
const KILL_WAIT: Duration = Duration::from_secs(10);
/// What a supervisor needs beyond the time that its bots may take.
const END_MARGIN: Duration = Duration::from_secs(5);
/// The ending of a request's file name.
const ENDING: &str = "json";

/// What can be asked of a supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Request {
    /// A bot, or all of them, are to start anew.
    Restart {
        name: Option<String>,
        /// Whether somebody has confirmed that bots may begin to trade with real money.
        #[serde(default)]
        live_confirmed: bool,
    },
}

/// Whether a fleet is supervised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SupervisorState {
    /// A supervisor runs.
    Runs(Holder),
    /// None runs, but bots do: it was killed. Each with its name.
    Gone {
        /// The bots that it left.
        left: Vec<(String, Holder)>,
    },
    /// Neither a supervisor nor a bot runs.
    Down,
}

/// Whether a fleet is supervised now.
///
/// # Errors
/// The folder's files cannot be read.
pub fn supervisor_state(folder: &FleetFolder) -> Result<SupervisorState, FleetError> {
    if let Some(holder) = seat::holder(&folder.supervisor_seat())? {
        return Ok(SupervisorState::Runs(holder));
    }
    let mut left = Vec::new();
    for name in folder.seats() {
        if let Some(holder) = seat::holder(&folder.seat_file(&name))? {
            left.push((name, holder));
        }
    }
    Ok(match left.is_empty() {
        true => SupervisorState::Down,
        false => SupervisorState::Gone { left },
    })
}

/// Asks the supervisor to start a bot anew, or all of them (and to read `fleet.toml` anew). Returns when it has taken the
/// request.
///
/// A fleet that does not trade with real money does not begin to by this.
///
/// # Errors
/// No supervisor runs, or it does not take the request.
pub fn request_restart(
    folder: &FleetFolder,
    name: Option<&str>,
    clock: &dyn Clock,
) -> Result<(), FleetError> {
    let request = Request::Restart {
        name: name.map(str::to_owned),
        live_confirmed: false,
    };
    ask(folder, &request, clock)
}

/// The same for all bots, by somebody who has confirmed that they may trade with real money if `fleet.toml` says so.
///
/// # Errors
/// As [`request_restart`].
pub fn request_restart_as_confirmed(
    folder: &FleetFolder,
    clock: &dyn Clock,
) -> Result<(), FleetError> {
    let request = Request::Restart {
        name: None,
        live_confirmed: true,
    };
    ask(folder, &request, clock)
}

fn ask(folder: &FleetFolder, request: &Request, clock: &dyn Clock) -> Result<(), FleetError> {
    let Some(holder) = seat::holder(&folder.supervisor_seat())? else {
        return Err(FleetError::NotSupervised {
            folder: folder.path().to_owned(),
        });
    };
    let file = format!(
        "{:020}-{}.{ENDING}",
        clock.now().as_micros(),
        std::process::id()
    );
    let path = folder.requests().join(file);
    let bytes = serde_json::to_vec(request).map_err(|source| FleetError::Record {
        path: path.clone(),
        source,
    })?;
    replace(&path, &bytes)?;
    if wait(REQUEST_WAIT, || !path.exists()) {
        return Ok(());
    }
    // It is not to be found by a later supervisor.
    let _ = std::fs::remove_file(&path);
    Err(FleetError::NoAnswer {
        pid: holder.process.map_or(0, |process| process.pid),
        waited_ms: millis(REQUEST_WAIT),
    })
}

/// The requests, each once, in the order in which they were made.
pub(crate) fn take_requests(folder: &FleetFolder) -> Vec<Result<Request, FleetError>> {
    let Ok(entries) = std::fs::read_dir(folder.requests()) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == ENDING))
        .collect();
    paths.sort();
    paths.iter().map(|path| take_request(path)).collect()
}

fn take_request(path: &Path) -> Result<Request, FleetError> {
    let bytes = std::fs::read(path);
    // Removed first: a request that cannot be understood must not be met again and again.
    std::fs::remove_file(path).map_err(|source| FleetError::file("remove", path, source))?;
    let bytes = bytes.map_err(|source| FleetError::file("read", path, source))?;
    serde_json::from_slice(&bytes).map_err(|source| FleetError::Record {
        path: path.to_owned(),
        source,
    })
}

/// What [`down`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Down {
    /// The supervisor that ended.
    pub supervisor: Option<i32>,
    /// Whether it had to be killed.
    pub is_supervisor_killed: bool,
    /// Bots that were left without a supervisor and ended.
    pub ended: Vec<String>,
    /// Those that had to be killed.
    pub killed: Vec<String>,
}

/// Ends the fleet: the supervisor with its bots, or the bots that a killed supervisor has left. Returns when all are gone.
///
/// # Errors
/// A process that does not say its number, belongs to another user, or is still there after it was killed.
pub fn down(folder: &FleetFolder, stop_max: Duration) -> Result<Down, FleetError> {
    let mut done = Down::default();
    if let Some(holder) = seat::holder(&folder.supervisor_seat())? {
        let Some(process) = holder.process else {
            return Err(FleetError::Supervised {
                who: holder.words(),
            });
        };
        // It may have been started with another bound than the file has now.
        let stop_max = SupervisorRecord::read(folder)
            .ok()
            .flatten()
            .map_or(stop_max, |record| {
                stop_max.max(Duration::from_secs(record.stop_seconds_max))
            });
        done.supervisor = Some(process.pid);
        ask_to_end(&process, "the supervisor")?;
        if !wait(stop_max + END_MARGIN, || !process.is_alive()) {
            done.is_supervisor_killed = true;
            kill(&process, "the supervisor")?;
        }
    }
    end_left(folder, stop_max, &mut done)?;
    Ok(done)
}

fn end_left(folder: &FleetFolder, stop_max: Duration, done: &mut Down) -> Result<(), FleetError> {
    let SupervisorState::Gone { left } = supervisor_state(folder)? else {
        return Ok(());
    };
    let mut processes = Vec::new();
    for (name, holder) in left {
        match holder.process {
            Some(process) => processes.push((name, process)),
            None => {
                return Err(FleetError::SeatTaken {
                    who: holder.words(),
                    name,
                });
            }
        }
    }
    for (name, process) in &processes {
        ask_to_end(process, name)?;
    }
    wait(stop_max, || {
        processes.iter().all(|(_, process)| !process.is_alive())
    });
    for (name, process) in processes {
        if process.is_alive() {
            kill(&process, &name)?;
            done.killed.push(name);
        } else {
            done.ended.push(name);
        }
    }
    Ok(())
}

fn ask_to_end(process: &ProcessIdentity, what: &str) -> Result<(), FleetError> {
    match signal(process, Signal::SIGTERM) {
        true => Ok(()),
        false => Err(FleetError::NotOurs {
            pid: process.pid,
            what: what.to_owned(),
        }),
    }
}

fn kill(process: &ProcessIdentity, what: &str) -> Result<(), FleetError> {
    // Whether this user may signal it was seen before.
    let _ = signal(process, Signal::SIGKILL);
    if wait(KILL_WAIT, || !process.is_alive()) {
        return Ok(());
    }
    Err(FleetError::Unkillable {
        pid: process.pid,
        what: what.to_owned(),
        waited_ms: millis(KILL_WAIT),
    })
}

fn wait(limit: Duration, mut is_done: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while !is_done() {
        if begun.elapsed() > limit {
            return false;
        }
        std::thread::sleep(POLL);
    }
    true
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
