//! The supervisor: starts all bots of the fleet, looks after them until it is told to end, and ends them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use cbtrade_core::{Clock, Random, Timestamp};
use cbtrade_server::ProcessIdentity;
use cbtrade_vault::Passphrase;

use crate::config::{FleetConfig, Limits};
use crate::control::{Request, take_requests};
use crate::error::FleetError;
use crate::event::Event;
use crate::folder::FleetFolder;
use crate::key;
use crate::logs;
use crate::notify::Notifier;
use crate::record::{BotState, SupervisorRecord};
use crate::seat::{self, Seat};
use crate::strangers::Strangers;
use crate::supervised::{Moment, Supervised, Turn};

/// How often the bots are looked at.
const TICK: Duration = Duration::from_millis(100);
/// How often it is written down how they are.
const RECORD_EVERY: Duration = Duration::from_millis(500);
/// How often the logs' sizes are looked at.
const ROTATE_EVERY: Duration = Duration::from_secs(5);

/// The program that is a bot. `--name NAME --mode MODE --fleet FOLDER` is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotCommand {
    /// The program.
    pub program: PathBuf,
    /// Its first arguments.
    pub arguments: Vec<OsString>,
}

/// Tells a supervisor to end, from a signal or another thread.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    asked: Arc<AtomicU8>,
}

impl Ending {
    /// Asks for the end. Asked a second time, the bots are killed.
    pub fn ask(&self) {
        let next = self.asked.load(Ordering::SeqCst).saturating_add(1);
        self.asked.store(next, Ordering::SeqCst);
    }

    fn times(&self) -> u8 {
        self.asked.load(Ordering::SeqCst)
    }
}

/// The supervisor of a fleet; there is one for a folder at most.
pub struct Supervisor {
    folder: FleetFolder,
    limits: Limits,
    command: BotCommand,
    passphrase: Option<Passphrase>,
    clock: Arc<dyn Clock>,
    random: Random,
    tell: Box<dyn FnMut(&Event) + Send>,
    notifier: Notifier,
    bots: Vec<Supervised>,
    /// Bots that `fleet.toml` no longer has, until they have ended.
    leaving: Vec<Supervised>,
    strangers: Strangers,
    problem: Option<String>,
    begun: Instant,
    begun_at: Timestamp,
    process: ProcessIdentity,
    recorded: Option<Duration>,
    rotated: Duration,
    alive_said: Duration,
    _seat: Seat,
}

impl std::fmt::Debug for Supervisor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Supervisor")
            .field("folder", &self.folder)
            .field("bots", &self.bots)
            .finish_non_exhaustive()
    }
}

impl Supervisor {
    /// Takes the supervisor's seat. Bots that a former supervisor has left are asked to end; nothing is started yet.
    ///
    /// # Errors
    /// Another supervisor runs; the folder's files cannot be used.
    pub fn new(
        folder: FleetFolder,
        config: FleetConfig,
        command: BotCommand,
        clock: Arc<dyn Clock>,
        notifier: Notifier,
        tell: Box<dyn FnMut(&Event) + Send>,
    ) -> Result<Supervisor, FleetError> {
        folder.prepare()?;
        let seat = Seat::of_supervisor(&folder)?;
        let begun_at = clock.now();
        let pid = i32::try_from(std::process::id()).unwrap_or_default();
        let process = ProcessIdentity::of(pid).ok_or_else(|| {
            let path = PathBuf::from("/proc/self/stat");
            FleetError::file("read", &path, std::io::ErrorKind::Unsupported.into())
        })?;
        let mut supervisor = Supervisor {
            limits: config.limits,
            command,
            passphrase: None,
            // Only waits come from it, and they need not be the same twice.
            random: Random::new(
                begun_at.as_micros().unsigned_abs() ^ u64::from(std::process::id()),
            ),
            clock,
            tell,
            notifier,
            bots: config.bots.into_iter().map(Supervised::new).collect(),
            leaving: Vec::new(),
            strangers: Strangers::default(),
            problem: None,
            begun: Instant::now(),
            begun_at,
            process,
            recorded: None,
            rotated: Duration::ZERO,
            alive_said: Duration::ZERO,
            folder,
            _seat: seat,
        };
        supervisor.find_strangers();
        Ok(supervisor)
    }

    /// Hands this passphrase of the venue's key to every bot that it starts, over the bot's standard input. It is kept in
    /// memory alone.
    #[must_use]
    pub fn with_passphrase(mut self, passphrase: Option<Passphrase>) -> Supervisor {
        self.passphrase = passphrase;
        self
    }

    /// Looks after the bots until it is asked to end, then ends them.
    pub fn run(mut self, ending: &Ending) {
        let bots = self.bots.len();
        (self.tell)(&Event::Begun { bots });
        let mut is_ready = false;
        while ending.times() == 0 {
            let moment = self.moment();
            self.answer_requests(moment);
            self.each(moment, Supervised::turn);
            self.leaving_turn(moment);
            self.look_after_files(moment);
            if !is_ready {
                self.notifier.ready(&self.summary());
                is_ready = true;
            }
            std::thread::sleep(TICK);
        }
        self.end(ending);
    }

    fn moment(&self) -> Moment {
        Moment {
            since: self.begun.elapsed(),
            clock: self.clock.now(),
        }
    }

    /// Whoever sits in a bot's seat, and whoever the last supervisor has started: a bot that was just started has no seat
    /// yet.
    fn find_strangers(&mut self) {
        let moment = self.moment();
        let mut found = Vec::new();
        // What cannot be read names nobody; the seats tell.
        if let Ok(Some(last)) = SupervisorRecord::read(&self.folder) {
            let processes = last.bots.into_iter();
            found.extend(processes.filter_map(|bot| Some((bot.name, bot.process?))));
        }
        for name in self.folder.seats() {
            if let Ok(Some(holder)) = seat::holder(&self.folder.seat_file(&name))
                && let Some(process) = holder.process
            {
                found.push((name, process));
            }
        }
        for (name, process) in found {
            self.strangers.add(&name, process, moment, &mut self.tell);
        }
    }

    fn each(&mut self, moment: Moment, act: fn(&mut Supervised, &mut Turn<'_>)) {
        let stop_max = self.limits.stop_max();
        self.strangers.turn(moment.since, stop_max, &mut self.tell);
        let mut turn = Turn {
            moment,
            folder: &self.folder,
            command: &self.command,
            passphrase: self.passphrase.as_ref(),
            limits: &self.limits,
            random: &mut self.random,
            strangers: &mut self.strangers,
            tell: &mut self.tell,
        };
        for bot in &mut self.bots {
            act(bot, &mut turn);
        }
    }

    fn leaving_turn(&mut self, moment: Moment) {
        std::mem::swap(&mut self.bots, &mut self.leaving);
        self.each(moment, Supervised::turn_while_ending);
        std::mem::swap(&mut self.bots, &mut self.leaving);
        self.leaving.retain(Supervised::is_running);
    }

    fn answer_requests(&mut self, moment: Moment) {
        for request in take_requests(&self.folder) {
            match request {
                Ok(Request::Restart { name }) => self.restart(name, moment),
                Err(error) => self.trouble(&error),
            }
        }
    }

    fn restart(&mut self, name: Option<String>, moment: Moment) {
        (self.tell)(&Event::Restart { name: name.clone() });
        self.problem = None;
        match name {
            Some(name) => match self.bots.iter_mut().find(|bot| bot.name() == name) {
                Some(bot) => bot.restart(moment),
                None => {
                    let known = self.bots.iter().map(Supervised::name);
                    let known = known.collect::<Vec<_>>().join(", ");
                    self.trouble(&FleetError::NoSuchBot { name, known });
                }
            },
            None => match self.new_config() {
                Ok(config) => self.restart_all(config, moment),
                // The bots go on as they are: a typing error or another key must not end a fleet.
                Err(error) => self.trouble(&error),
            },
        }
    }

    /// The configuration as it is now, with a key that all bots will be able to open.
    fn new_config(&self) -> Result<FleetConfig, FleetError> {
        let config = FleetConfig::read(&self.folder)?;
        key::open_of(&config.venue, self.passphrase.as_ref())?;
        Ok(config)
    }

    fn restart_all(&mut self, config: FleetConfig, moment: Moment) {
        self.limits = config.limits;
        let mut before = std::mem::take(&mut self.bots);
        for bot in config.bots {
            let known = before.iter().position(|known| known.name() == bot.name);
            self.bots.push(match known {
                Some(place) => before.swap_remove(place),
                None => Supervised::new(bot),
            });
        }
        for bot in self.bots.iter_mut().chain(&mut before) {
            bot.restart(moment);
        }
        self.leaving.append(&mut before);
    }

    fn trouble(&mut self, error: &FleetError) {
        let cause = std::error::Error::source(error)
            .map_or_else(String::new, |source| format!(": {source}"));
        let what = format!("{error}{cause}");
        (self.tell)(&Event::Problem { what: what.clone() });
        self.problem = Some(what);
    }

    /// Writes down how the bots are, puts large logs aside, says that the supervisor lives.
    fn look_after_files(&mut self, moment: Moment) {
        let since = moment.since;
        if self
            .recorded
            .is_none_or(|last| since.saturating_sub(last) >= RECORD_EVERY)
        {
            self.recorded = Some(since);
            self.write_record(moment);
        }
        if since.saturating_sub(self.rotated) >= ROTATE_EVERY {
            self.rotated = since;
            self.rotate_logs();
            self.notifier.status(&self.summary());
        }
        if let Some(every) = self.notifier.watchdog_every()
            && since.saturating_sub(self.alive_said) >= every
        {
            self.alive_said = since;
            self.notifier.alive();
        }
    }

    fn write_record(&mut self, moment: Moment) {
        let bots = self.bots.iter().chain(&self.leaving);
        let record = SupervisorRecord {
            process: self.process.clone(),
            program: self.command.program.clone(),
            started_at: self.begun_at,
            at: moment.clock,
            stop_seconds_max: self.limits.stop_seconds_max,
            problem: self.problem.clone(),
            bots: bots.map(|bot| bot.record(moment)).collect(),
        };
        // A full disk is no reason to stop looking after bots. Whoever asks sees that the record is old.
        let _ = record.write(&self.folder);
    }

    fn rotate_logs(&mut self) {
        let names = self.bots.iter().map(Supervised::name);
        let paths: Vec<PathBuf> = names
            .map(|name| self.folder.log_file(name))
            .chain([self.folder.supervisor_log()])
            .collect();
        for path in paths {
            let rotated = logs::rotate(&path, self.limits.log_bytes_max(), self.limits.logs_kept);
            if let Err(error) = rotated {
                self.trouble(&error);
            }
        }
    }

    fn summary(&self) -> String {
        let moment = self.moment();
        let states = self.bots.iter().map(|bot| bot.record(moment).state);
        let running = states
            .filter(|state| matches!(state, BotState::Running | BotState::Starting))
            .count();
        format!("{running} of {} bots run", self.bots.len())
    }

    fn end(&mut self, ending: &Ending) {
        (self.tell)(&Event::Ending);
        self.notifier.stopping();
        let moment = self.moment();
        for bot in self.bots.iter_mut().chain(&mut self.leaving) {
            bot.ask_to_end(moment);
        }
        loop {
            let moment = self.moment();
            if ending.times() > 1 {
                for bot in self.bots.iter_mut().chain(&mut self.leaving) {
                    bot.kill(moment);
                }
                self.strangers.kill();
            }
            self.each(moment, Supervised::turn_while_ending);
            self.leaving_turn(moment);
            self.look_after_files(moment);
            let is_done = !self.bots.iter().any(Supervised::is_running)
                && self.leaving.is_empty()
                && self.strangers.is_empty();
            if is_done {
                break;
            }
            std::thread::sleep(TICK);
        }
        let moment = self.moment();
        self.write_record(moment);
        (self.tell)(&Event::Done);
    }
}
