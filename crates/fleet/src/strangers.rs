//! Processes that sit where this supervisor's bots belong: left by a supervisor that was killed, or started by hand. They
//! are asked to end, then killed; until they are gone no bot of their name starts.

use std::time::Duration;

use cbtrade_server::ProcessIdentity;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::event::Event;
use crate::supervised::Moment;

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Strangers {
    all: Vec<Stranger>,
}

#[derive(Debug)]
struct Stranger {
    name: String,
    process: ProcessIdentity,
    asked_at: Duration,
    is_killed: bool,
}

impl Strangers {
    /// Asks a process to end, if it was not asked before.
    pub(crate) fn add(
        &mut self,
        name: &str,
        process: ProcessIdentity,
        moment: Moment,
        tell: &mut dyn FnMut(&Event),
    ) {
        if self.all.iter().any(|known| known.process == process) || !process.is_alive() {
            return;
        }
        tell(&Event::Stranger {
            name: name.to_owned(),
            pid: process.pid,
        });
        // One that belongs to another user stays, and keeps its seat.
        let _ = signal(&process, Signal::SIGTERM);
        self.all.push(Stranger {
            name: name.to_owned(),
            process,
            asked_at: moment.since,
            is_killed: false,
        });
    }

    /// Whether one of this name is still there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.all.iter().any(|stranger| stranger.name == name)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Forgets those that are gone, and kills those that take too long.
    pub(crate) fn turn(&mut self, now: Duration, stop_max: Duration, tell: &mut dyn FnMut(&Event)) {
        self.all.retain(|stranger| stranger.process.is_alive());
        for stranger in &mut self.all {
            if !stranger.is_killed && now.saturating_sub(stranger.asked_at) > stop_max {
                tell(&Event::Slow {
                    name: stranger.name.clone(),
                });
                let _ = signal(&stranger.process, Signal::SIGKILL);
                stranger.is_killed = true;
            }
        }
    }

    /// Kills all of them.
    pub(crate) fn kill(&mut self) {
        for stranger in &mut self.all {
            let _ = signal(&stranger.process, Signal::SIGKILL);
            stranger.is_killed = true;
        }
    }
}

/// Signals the very process; one that is gone is no error. Not its group: somebody else may have made it. Returns whether
/// this user may do so.
pub(crate) fn signal(process: &ProcessIdentity, signal: Signal) -> bool {
    !process.is_alive() || kill(Pid::from_raw(process.pid), signal) != Err(Errno::EPERM)
}
