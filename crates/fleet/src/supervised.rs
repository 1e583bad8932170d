//! One bot as the supervisor sees it: started, heard, asked to end, ended, started again.

use std::io::Write as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use cbtrade_bot::beat::BeatFile;
use cbtrade_core::{Random, Timestamp};
use cbtrade_server::ProcessIdentity;
use cbtrade_vault::Passphrase;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::config::{BotName, Limits};
use crate::error::FleetError;
use crate::event::Event;
use crate::folder::FleetFolder;
use crate::logs;
use crate::notify::{NOTIFY_VARIABLE, WATCHDOG_VARIABLE};
use crate::policy::{Exit, Next, Restarts};
use crate::record::{BotRecord, BotState};
use crate::seat;
use crate::strangers::Strangers;
use crate::supervisor::BotCommand;

/// The exit code of a bot that does not start with what it is told.
pub const EXIT_REFUSED: i32 = 2;
/// The exit code of a bot that does not start with its settings, or whose seat another process holds.
pub const EXIT_TAKEN: i32 = 3;

/// What tells a bot that its key's passphrase comes over its standard input: never by arguments, environment or a file.
const PASSPHRASE_ON_INPUT: [&str; 2] = ["--passphrase-file", "-"];

/// How long until a seat is looked at again whose holder does not say its number.
const SEAT_WAIT: Duration = Duration::from_secs(1);

/// The same moment on the supervisor's own watch, which runs evenly, and on the clock that people read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) since: Duration,
    pub(crate) clock: Timestamp,
}

impl Moment {
    /// What the clock will show when the watch shows this.
    fn clock_at(&self, since: Duration) -> Timestamp {
        let seconds = since.saturating_sub(self.since).as_secs();
        self.clock
            .plus_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
    }
}

/// What a bot's turn needs.
pub(crate) struct Turn<'a> {
    pub(crate) moment: Moment,
    pub(crate) folder: &'a FleetFolder,
    pub(crate) command: &'a BotCommand,
    pub(crate) passphrase: Option<&'a Passphrase>,
    pub(crate) limits: &'a Limits,
    pub(crate) random: &'a mut Random,
    pub(crate) strangers: &'a mut Strangers,
    pub(crate) tell: &'a mut dyn FnMut(&Event),
}

/// One bot.
#[derive(Debug)]
pub(crate) struct Supervised {
    bot: BotName,
    phase: Phase,
    restarts: Restarts,
    starts: u64,
    last_end: Option<(String, Timestamp)>,
}

#[derive(Debug)]
enum Phase {
    /// It starts when this moment has come, and nobody else sits in its seat.
    Due {
        at: Duration,
        why: BotState,
    },
    Running(Running),
    Held,
}

#[derive(Debug)]
struct Running {
    child: Child,
    process: Option<ProcessIdentity>,
    since: Duration,
    started_at: Timestamp,
    count: Option<u64>,
    heard: Duration,
    ending: Option<Asked>,
    /// How long it had been silent when it was killed for it.
    silent: Option<Duration>,
}

/// It was asked to end.
#[derive(Clone, Copy, Debug)]
struct Asked {
    at: Duration,
    is_killed: bool,
}

impl Supervised {
    /// A bot that is due at once.
    pub(crate) fn new(bot: BotName) -> Supervised {
        Supervised {
            bot,
            phase: Phase::Due {
                at: Duration::ZERO,
                why: BotState::Starting,
            },
            restarts: Restarts::default(),
            starts: 0,
            last_end: None,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.bot.name
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running(_))
    }

    /// What there is to do now: see whether it ended, whether it is silent, whether it is due.
    pub(crate) fn turn(&mut self, turn: &mut Turn<'_>) {
        match &self.phase {
            Phase::Running(_) => {
                if !self.see_whether_ended(turn) {
                    self.see_whether_late(turn);
                }
            }
            Phase::Due { at, .. } if *at <= turn.moment.since => self.start(turn),
            Phase::Due { .. } | Phase::Held => {}
        }
    }

    /// The same while the fleet ends: nothing is started.
    pub(crate) fn turn_while_ending(&mut self, turn: &mut Turn<'_>) {
        if self.is_running() && !self.see_whether_ended(turn) {
            self.see_whether_late(turn);
        }
    }

    /// Asks its process to end, if it has one.
    pub(crate) fn ask_to_end(&mut self, moment: Moment) {
        if let Phase::Running(running) = &mut self.phase
            && running.ending.is_none()
        {
            running.signal(Signal::SIGTERM);
            running.ending = Some(Asked {
                at: moment.since,
                is_killed: false,
            });
        }
    }

    /// Kills its process, if it has one.
    pub(crate) fn kill(&mut self, moment: Moment) {
        if let Phase::Running(running) = &mut self.phase {
            running.kill(moment.since);
        }
    }

    /// Starts it anew: a running one ends first, a held one is let go; what it did before no longer counts.
    pub(crate) fn restart(&mut self, moment: Moment) {
        self.restarts = Restarts::default();
        if self.is_running() {
            self.ask_to_end(moment);
        } else {
            self.phase = Phase::Due {
                at: moment.since,
                why: BotState::Starting,
            };
        }
    }

    fn start(&mut self, turn: &mut Turn<'_>) {
        if let Some(wait) = self.seat_taken(turn) {
            self.phase = Phase::Due {
                at: turn.moment.since + wait,
                why: BotState::Waiting,
            };
            return;
        }
        self.starts += 1;
        match spawn(&self.bot, turn) {
            Ok(child) => {
                let pid = i32::try_from(child.id()).unwrap_or_default();
                (turn.tell)(&Event::Started {
                    name: self.bot.name.clone(),
                    pid,
                });
                self.phase = Phase::Running(Running {
                    child,
                    process: ProcessIdentity::of(pid),
                    since: turn.moment.since,
                    started_at: turn.moment.clock,
                    count: None,
                    heard: turn.moment.since,
                    ending: None,
                    silent: None,
                });
            }
            Err(error) => {
                let cause = std::error::Error::source(&error)
                    .map_or_else(String::new, |source| format!(": {source}"));
                let how = format!("could not be started: {error}{cause}");
                self.ended(turn, how, Exit::Failed, Duration::ZERO);
            }
        }
    }

    /// How long to wait because another process of this name has to end first.
    fn seat_taken(&self, turn: &mut Turn<'_>) -> Option<Duration> {
        let name = &self.bot.name;
        if turn.strangers.has(name) {
            return Some(Duration::ZERO);
        }
        match seat::holder(&turn.folder.seat_file(name)) {
            Ok(None) => None,
            Ok(Some(holder)) => match holder.process {
                Some(process) => {
                    turn.strangers.add(name, process, turn.moment, turn.tell);
                    Some(Duration::ZERO)
                }
                None => {
                    (turn.tell)(&Event::Nameless { name: name.clone() });
                    Some(SEAT_WAIT)
                }
            },
            // The bot takes its seat itself, and ends if it cannot: then the reason is in its log.
            Err(_) => None,
        }
    }

    /// Whether it has ended; if so, says what follows.
    fn see_whether_ended(&mut self, turn: &mut Turn<'_>) -> bool {
        let Phase::Running(running) = &mut self.phase else {
            return true;
        };
        let Ok(Some(status)) = running.child.try_wait() else {
            return false;
        };
        let ran_for = turn.moment.since.saturating_sub(running.since);
        let how = match running.silent {
            Some(silence) => format!("gave no sign of life for {} s", silence.as_secs()),
            None => words(status, running.ending.is_some_and(|asked| asked.is_killed)),
        };
        if running.ending.is_some() && running.silent.is_none() {
            self.last_end = Some((how.clone(), turn.moment.clock));
            (turn.tell)(&Event::Ended {
                name: self.bot.name.clone(),
                how,
                again_after: None,
            });
            self.phase = Phase::Due {
                at: turn.moment.since,
                why: BotState::Starting,
            };
            return true;
        }
        let exit = match status.code() {
            Some(EXIT_REFUSED | EXIT_TAKEN) => Exit::Refused,
            _ => Exit::Failed,
        };
        // A seat that another process took is no refusal of the settings: as soon as it is free, it is our turn.
        let is_taken = exit == Exit::Refused && self.seat_taken(turn).is_some();
        if is_taken {
            self.phase = Phase::Due {
                at: turn.moment.since,
                why: BotState::Waiting,
            };
        } else {
            self.ended(turn, how, exit, ran_for);
        }
        true
    }

    fn ended(&mut self, turn: &mut Turn<'_>, how: String, exit: Exit, ran_for: Duration) {
        self.last_end = Some((how.clone(), turn.moment.clock));
        let (now, policy) = (turn.moment.since, turn.limits.policy());
        let next = self
            .restarts
            .ended(&policy, exit, now, ran_for, turn.random);
        let name = self.bot.name.clone();
        let again_after = match next {
            Next::After(wait) => Some(wait),
            Next::Held => None,
        };
        (turn.tell)(&Event::Ended {
            name: name.clone(),
            how,
            again_after,
        });
        self.phase = match (again_after, exit) {
            (Some(wait), Exit::Failed) => Phase::Due {
                at: now + wait,
                why: BotState::Backoff,
            },
            (Some(wait), Exit::Refused) => Phase::Due {
                at: now + wait,
                why: BotState::Refused,
            },
            (None, _) => {
                (turn.tell)(&Event::Held {
                    name,
                    ends: self.restarts.counted(),
                    minutes: turn.limits.brake_minutes,
                });
                Phase::Held
            }
        };
    }

    /// Whether it is silent, or does not end when asked; if so, it is killed.
    fn see_whether_late(&mut self, turn: &mut Turn<'_>) {
        let Phase::Running(running) = &mut self.phase else {
            return;
        };
        let (name, now) = (&self.bot.name, turn.moment.since);
        if let Some(asked) = running.ending {
            if !asked.is_killed && now.saturating_sub(asked.at) > turn.limits.stop_max() {
                (turn.tell)(&Event::Slow { name: name.clone() });
                running.kill(asked.at);
            }
            return;
        }
        if running.listen(turn.folder, name, now) {
            (turn.tell)(&Event::Alive { name: name.clone() });
        }
        let silence = now.saturating_sub(running.heard);
        if silence > turn.limits.heartbeat_max() {
            (turn.tell)(&Event::Silent {
                name: name.clone(),
                seconds: silence.as_secs(),
            });
            running.silent = Some(silence);
            running.kill(now);
        }
    }

    /// What is written down about it.
    pub(crate) fn record(&self, moment: Moment) -> BotRecord {
        let mut record = BotRecord {
            name: self.bot.name.clone(),
            mode: self.bot.mode.name().to_owned(),
            state: BotState::Held,
            process: None,
            started_at: None,
            silent_seconds: None,
            starts: self.starts,
            ends_counted: self.restarts.counted(),
            last_end: self.last_end.as_ref().map(|(how, _)| how.clone()),
            last_end_at: self.last_end.as_ref().map(|(_, at)| *at),
            next_start_at: None,
        };
        match &self.phase {
            Phase::Held => {}
            Phase::Due { at, why } => {
                record.state = *why;
                record.next_start_at = Some(moment.clock_at(*at));
            }
            Phase::Running(running) => {
                record.state = match (running.ending, running.count) {
                    (Some(_), _) => BotState::Ending,
                    (None, None) => BotState::Starting,
                    (None, Some(_)) => BotState::Running,
                };
                record.process.clone_from(&running.process);
                record.started_at = Some(running.started_at);
                record.silent_seconds = Some(moment.since.saturating_sub(running.heard).as_secs());
            }
        }
        record
    }
}

impl Running {
    /// Reads its sign of life. Returns whether it was the first.
    fn listen(&mut self, folder: &FleetFolder, name: &str, now: Duration) -> bool {
        // What cannot be read is no sign of life.
        let Ok(Some(beat)) = BeatFile::of(folder.path(), name).read() else {
            return false;
        };
        if beat.pid != self.child.id() || self.count == Some(beat.count) {
            return false;
        }
        self.heard = now;
        self.count.replace(beat.count).is_none()
    }

    /// To its whole group. It is our child and was not waited for, so its number is nobody else's.
    fn signal(&self, signal: Signal) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            let _ = killpg(Pid::from_raw(pid), signal);
        }
    }

    fn kill(&mut self, asked_at: Duration) {
        self.signal(Signal::SIGKILL);
        self.ending = Some(Asked {
            at: asked_at,
            is_killed: true,
        });
    }
}

fn words(status: ExitStatus, is_killed: bool) -> String {
    match (status.code(), status.signal()) {
        _ if is_killed => "was killed, because it had not ended in time".to_owned(),
        (Some(0), _) => "ended in order".to_owned(),
        (Some(code @ (EXIT_REFUSED | EXIT_TAKEN)), _) => {
            format!("refused to start (exit code {code})")
        }
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => match Signal::try_from(signal) {
            Ok(signal) => format!("was ended by signal {}", signal.as_str()),
            Err(_) => format!("was ended by signal {signal}"),
        },
        (None, None) => "ended".to_owned(),
    }
}

fn spawn(bot: &BotName, turn: &Turn<'_>) -> Result<Child, FleetError> {
    let path = turn.folder.log_file(&bot.name);
    let mut log = logs::open(&path)?;
    let failed = |source| FleetError::file("write", &path, source);
    writeln!(
        log,
        "{} --- {} is started by the supervisor",
        turn.moment.clock, bot.name
    )
    .map_err(failed)?;
    let errors = log.try_clone().map_err(failed)?;
    let mut command = Command::new(&turn.command.program);
    command
        .args(&turn.command.arguments)
        .args(["--name", &bot.name, "--mode", bot.mode.name(), "--fleet"])
        .arg(turn.folder.path())
        // They are the supervisor's: a bot that answered for it would hide its end from the service manager.
        .env_remove(NOTIFY_VARIABLE)
        .env_remove(WATCHDOG_VARIABLE)
        .env_remove("WATCHDOG_PID")
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0);
    if turn.passphrase.is_some() {
        command.args(PASSPHRASE_ON_INPUT).stdin(Stdio::piped());
    }
    let mut child = command
        .spawn()
        .map_err(|source| FleetError::file("run", &turn.command.program, source))?;
    if let (Some(passphrase), Some(mut input)) = (turn.passphrase, child.stdin.take()) {
        // A pipe takes all of it at once. A bot that has ended already does not read it; that it ended is seen elsewhere.
        let _ = passphrase.hand_to(&mut input);
    }
    Ok(child)
}
