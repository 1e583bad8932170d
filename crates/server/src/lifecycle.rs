//! Starting, stopping, killing, and what state the server is in.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use cbtrade_mysql::{ErrorClass, Session, SessionOptions, Target};
use nix::sys::signal::Signal;
use nix::unistd::Uid;

use crate::create::create;
use crate::error::Error;
use crate::flavour::{Flavour, Programs};
use crate::home::{Lock, ServerHome, remove};
use crate::launch::{
    buffer_pool_bytes, option_name, path_argument, redo_log_bytes, redo_log_variable, start_command,
};
use crate::process::{ProcessIdentity, read_pid_file};
use crate::settings::{self, Variables};
use crate::state::{FORMAT, State};

/// Lines of a log that an error shows.
const LOG_LINES: usize = 15;
/// A log larger than this is put aside at the next start, in bytes.
const LOG_BYTES_MAX: u64 = 8 << 20;
/// How long a killed process may take to be gone.
const KILL_WAIT: Duration = Duration::from_secs(30);

/// Where the server listens besides its socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// As at the last start; at the first one nowhere.
    #[default]
    Unchanged,
    /// Nowhere: the socket only.
    SocketOnly,
    /// On this port of 127.0.0.1, never of another address.
    Port(u16),
}

/// How a server is made and started.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// The family; `None` for the data directory's, or for a new one what is found, MariaDB first.
    pub flavour: Option<Flavour>,
    /// Where it listens.
    pub network: Network,
    /// InnoDB's buffer pool, in bytes; `None` for a quarter of the available memory (128 MiB to 4 GiB).
    pub buffer_pool_bytes: Option<u64>,
    /// The redo log, in bytes: large, so that bulk loading does not wait for it.
    pub redo_log_bytes: u64,
    /// Further folders to look for server programs in (see [`Programs::find_with`]).
    pub program_homes: Vec<PathBuf>,
    /// Further options of the server, `--name=value`; they come last and win.
    pub extra: Vec<String>,
    /// Time for the server to answer after its start, repair after a crash included, in milliseconds.
    pub start_timeout_ms: u64,
}

impl Default for ServerOptions {
    fn default() -> ServerOptions {
        ServerOptions {
            flavour: None,
            network: Network::Unchanged,
            buffer_pool_bytes: None,
            redo_log_bytes: 512 << 20,
            program_homes: Vec::new(),
            extra: Vec::new(),
            start_timeout_ms: 600_000,
        }
    }
}

/// A server that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// MariaDB or MySQL.
    pub flavour: Flavour,
    /// Version of its program.
    pub version: String,
    /// Its process.
    pub process: ProcessIdentity,
    /// Its socket.
    pub socket: PathBuf,
    /// Its port on 127.0.0.1, if it listens on one.
    pub port: Option<u16>,
    /// Whether the call that returned this started it, rather than found it running.
    pub started_now: bool,
}

/// What state a server's folder is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// There is no server.
    Absent,
    /// There is one, and it does not run.
    Stopped {
        /// MariaDB or MySQL.
        flavour: Flavour,
        /// Version of the program that ran last.
        version: String,
    },
    /// It runs (whether it answers, only a connection tells).
    Running(Running),
}

/// How a server was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It did not run.
    WasNotRunning,
    /// It ended in order.
    Cleanly {
        /// Time it took, in milliseconds.
        waited_ms: u64,
    },
    /// It did not end in time and was killed; it repairs itself at the next start.
    Killed {
        /// Time until it was gone, in milliseconds.
        waited_ms: u64,
    },
}

impl ServerHome {
    /// What state the server is in. A stale state file, a reused process number, a zombie and a reboot are seen
    /// through.
    ///
    /// # Errors
    /// The folder is not a server's, or its files cannot be read.
    pub fn status(&self) -> Result<Status, Error> {
        self.check_readable()?;
        if !self.path().exists() {
            return Ok(Status::Absent);
        }
        if !self.is_ours() {
            let empty =
                std::fs::read_dir(self.path()).is_ok_and(|mut entries| entries.next().is_none());
            return if empty {
                Ok(Status::Absent)
            } else {
                Err(Error::NotOurs {
                    path: self.path().to_owned(),
                })
            };
        }
        let Some(state) = self.state()? else {
            return Ok(Status::Absent);
        };
        Ok(match self.find_process(&state)? {
            Some(process) => Status::Running(Running {
                flavour: state.flavour,
                version: state.version,
                process,
                socket: state.socket,
                port: state.port,
                started_now: false,
            }),
            None => Status::Stopped {
                flavour: state.flavour,
                version: state.version,
            },
        })
    }

    /// Makes the server if there is none, starts it if it does not run, waits until it answers, and asserts its
    /// settings. A server that runs already is returned as it is.
    ///
    /// # Errors
    /// No server program, data of the other family, a port that is taken, a server that ends or does not answer in
    /// time (with the end of its log), a setting that did not take.
    pub async fn start(&self, options: &ServerOptions) -> Result<Running, Error> {
        self.prepare()?;
        let lock = self.lock_async().await?;
        if let Status::Running(running) = self.status()? {
            self.check_flavour(running.flavour, options)?;
            self.wait_for_answer(&running, options, 0).await?;
            return Ok(running);
        }
        let state = self.state()?;
        let (programs, state) = self.state_to_start(state, options)?;
        if let Some(port) = state.port {
            check_port(port)?;
        }
        if !self.data().exists() {
            create(self, &programs, options)?;
        }
        self.clear_remains(&state.socket)?;
        let log_offset = self.rotate_log()?;
        let running = self.spawn(&programs, state, options)?;
        let checked = match self.wait_for_answer(&running, options, log_offset).await {
            Ok(session) => self.check_settings(session, &programs, options).await,
            Err(error) => Err(error),
        };
        if let Err(error) = checked {
            self.stop_locked(Duration::from_secs(60))?;
            return Err(error);
        }
        drop(lock);
        Ok(running)
    }

    /// Ends the server in order; after the time limit it is killed (it then repairs itself at the next start).
    ///
    /// # Errors
    /// The folder is not a server's, a signal that cannot be sent, a process that does not go.
    pub fn stop(&self, limit: Duration) -> Result<Stopped, Error> {
        let _lock = match self.lock_if_ours()? {
            Some(lock) => lock,
            None => return Ok(Stopped::WasNotRunning),
        };
        self.stop_locked(limit)
    }

    /// Kills the server at once, as a crash would. Committed rows are there again after the next start.
    ///
    /// # Errors
    /// As [`ServerHome::stop`].
    pub fn kill(&self) -> Result<Stopped, Error> {
        self.stop(Duration::ZERO)
    }

    fn lock_if_ours(&self) -> Result<Option<Lock>, Error> {
        match self.status()? {
            Status::Absent => Ok(None),
            Status::Stopped { .. } | Status::Running(_) => self.lock().map(Some),
        }
    }

    pub(crate) fn stop_locked(&self, limit: Duration) -> Result<Stopped, Error> {
        let Some(state) = self.state()? else {
            return Ok(Stopped::WasNotRunning);
        };
        let Some(process) = self.find_process(&state)? else {
            return Ok(Stopped::WasNotRunning);
        };
        let begun = Instant::now();
        let waited_ms = || u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let cleanly = !limit.is_zero() && {
            process.signal(Signal::SIGTERM)?;
            process.wait_gone(limit)
        };
        if !cleanly {
            process.signal(Signal::SIGKILL)?;
            if !process.wait_gone(KILL_WAIT) {
                return Err(Error::Unkillable {
                    pid: process.pid,
                    waited_ms: waited_ms(),
                });
            }
        }
        self.clear_remains(&state.socket)?;
        self.write_state(&State {
            process: None,
            ..state
        })?;
        let waited_ms = waited_ms();
        Ok(if cleanly {
            Stopped::Cleanly { waited_ms }
        } else {
            Stopped::Killed { waited_ms }
        })
    }

    /// The server's process: the one that was written down, if it is still the same one; else the one that the
    /// server itself wrote down, if it runs on this data directory (a start may have been cut off in between).
    fn find_process(&self, state: &State) -> Result<Option<ProcessIdentity>, Error> {
        if let Some(process) = state.process.as_ref().filter(|process| process.is_alive()) {
            return Ok(Some(process.clone()));
        }
        let Some(pid) = read_pid_file(&self.pid_file())? else {
            return Ok(None);
        };
        let own = std::fs::metadata(format!("/proc/{pid}"))
            .is_ok_and(|metadata| metadata.uid() == Uid::effective().as_raw());
        let argument = path_argument("--datadir=", &self.data());
        Ok(ProcessIdentity::of(pid).filter(|process| own && process.has_argument(&argument)))
    }

    fn state_to_start(
        &self,
        state: Option<State>,
        options: &ServerOptions,
    ) -> Result<(Programs, State), Error> {
        // Without a data directory an earlier choice does not bind.
        let before = state.filter(|_| self.data().exists());
        let wanted = match &before {
            Some(before) => {
                self.check_flavour(before.flavour, options)?;
                Some(before.flavour)
            }
            None => options.flavour,
        };
        let programs = Programs::find_with(wanted, &options.program_homes)?;
        let port = match options.network {
            Network::Unchanged => before.as_ref().and_then(|before| before.port),
            Network::SocketOnly => None,
            Network::Port(port) => Some(port),
        };
        let state = State {
            format: FORMAT,
            flavour: programs.flavour,
            version: programs.version_text.clone(),
            client: programs.client.clone(),
            socket: self.choose_socket()?,
            port,
            process: None,
        };
        self.write_state(&state)?;
        Ok((programs, state))
    }

    fn check_flavour(&self, found: Flavour, options: &ServerOptions) -> Result<(), Error> {
        match options.flavour {
            Some(wanted) if wanted != found => Err(Error::OtherFlavour {
                path: self.path().to_owned(),
                found,
                wanted,
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// Removes what a server that is gone left behind: its successor would take it for a living one.
    fn clear_remains(&self, socket: &Path) -> Result<(), Error> {
        let mut lock_file = socket.as_os_str().to_owned();
        lock_file.push(".lock");
        remove(socket)?;
        remove(Path::new(&lock_file))?;
        remove(&self.pid_file())
    }

    /// Puts a large log aside. Returns where this start's lines begin.
    fn rotate_log(&self) -> Result<u64, Error> {
        let log = self.log();
        let bytes = log.metadata().map_or(0, |metadata| metadata.len());
        if bytes <= LOG_BYTES_MAX {
            return Ok(bytes);
        }
        std::fs::rename(&log, self.file("logs/server.log.old"))
            .map_err(|source| Error::file("rename", &log, source))?;
        Ok(0)
    }

    fn spawn(
        &self,
        programs: &Programs,
        state: State,
        options: &ServerOptions,
    ) -> Result<Running, Error> {
        let log = self.file("logs/output.log");
        let failed = |source| Error::file("write", &log, source);
        let output = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&log)
            .map_err(failed)?;
        let errors = output.try_clone().map_err(failed)?;
        let mut command = start_command(self, programs, &state, options);
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(|source| Error::Run {
                program: programs.server.clone(),
                source,
            })?;
        let process = i32::try_from(child.id())
            .ok()
            .and_then(ProcessIdentity::of)
            .ok_or_else(|| self.start_error("it ended at once", 0, None))?;
        let state = State {
            process: Some(process.clone()),
            ..state
        };
        self.write_state(&state)?;
        Ok(Running {
            flavour: state.flavour,
            version: state.version,
            process,
            socket: state.socket,
            port: state.port,
            started_now: true,
        })
    }

    /// Waits until root can log in. The session that succeeded is returned.
    async fn wait_for_answer(
        &self,
        running: &Running,
        options: &ServerOptions,
        log_offset: u64,
    ) -> Result<Session, Error> {
        let target = Target::at_socket("root", Some(self.root_password()?), &running.socket);
        let session_options = SessionOptions {
            connect_timeout_ms: 10_000,
            ..SessionOptions::default()
        };
        let begun = Instant::now();
        loop {
            let error = match Session::open(&target, &session_options).await {
                Ok(session) => return Ok(session),
                Err(error) => error,
            };
            if error.class() != ErrorClass::ServerUnavailable {
                return Err(Error::Session {
                    path: self.path().to_owned(),
                    source: Box::new(error),
                });
            }
            if !running.process.is_alive() {
                return Err(self.start_error("it ended", log_offset, None));
            }
            if begun.elapsed() > Duration::from_millis(options.start_timeout_ms) {
                let what = format!("no answer after {} ms", options.start_timeout_ms);
                return Err(self.start_error(&what, log_offset, Some(Box::new(error))));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn start_error(
        &self,
        what: &str,
        log_offset: u64,
        source: Option<Box<cbtrade_mysql::Error>>,
    ) -> Error {
        if says_disk_full(&self.log(), log_offset) {
            return Error::DiskFull {
                path: self.path().to_owned(),
                log: self.log(),
            };
        }
        let mut log = log_end(&self.log(), log_offset);
        if log.is_empty() {
            log = log_end(&self.file("logs/output.log"), 0);
        }
        Error::Start {
            path: self.path().to_owned(),
            what: what.to_owned(),
            log,
            source,
        }
    }

    /// Reads back what the server was started with; options of the caller's own are not judged.
    async fn check_settings(
        &self,
        mut session: Session,
        programs: &Programs,
        options: &ServerOptions,
    ) -> Result<(), Error> {
        let rows: Vec<(String, String)> =
            session
                .query("SHOW GLOBAL VARIABLES")
                .await
                .map_err(|source| Error::Session {
                    path: self.path().to_owned(),
                    source: Box::new(source),
                })?;
        session.close().await;
        let variables: Variables = rows
            .into_iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect();
        let own: Vec<String> = options
            .extra
            .iter()
            .map(|option| option_name(option))
            .collect();
        for setting in settings::for_flavour(programs.flavour) {
            if own.contains(&option_name(setting.option)) {
                continue;
            }
            if let Some(found) = setting.broken_by(&variables) {
                return Err(self.setting_error(
                    setting.variable.unwrap_or(setting.option),
                    setting.value,
                    &found,
                ));
            }
        }
        // The server rounds sizes up.
        for (variable, wanted) in [
            ("innodb_buffer_pool_size", buffer_pool_bytes(options)),
            (
                redo_log_variable(programs),
                redo_log_bytes(programs, options),
            ),
        ] {
            let found = variables.get(variable).map_or("", String::as_str);
            let enough = found.parse::<u64>().is_ok_and(|bytes| bytes >= wanted);
            if !enough && !own.contains(&variable.replace('_', "-")) {
                return Err(self.setting_error(variable, &wanted.to_string(), found));
            }
        }
        Ok(())
    }

    fn setting_error(&self, variable: &str, wanted: &str, found: &str) -> Error {
        Error::Setting {
            path: self.path().to_owned(),
            variable: variable.to_owned(),
            wanted: wanted.to_owned(),
            found: found.to_owned(),
        }
    }
}

fn check_port(port: u16) -> Result<(), Error> {
    std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port))
        .map(drop)
        .map_err(|source| Error::PortTaken { port, source })
}

/// How servers and their installers say that the operating system had no room: its error 28, in words or as a number.
const DISK_FULL: [&str; 6] = [
    "no space left on device",
    "error 28",
    "error number 28",
    "errno 28",
    "errno: 28",
    "errcode: 28",
];

/// Whether a log says, from the offset on, that the disk is full.
pub(crate) fn says_disk_full(path: &Path, offset: u64) -> bool {
    tells_disk_full(&log_text(path, offset))
}

fn tells_disk_full(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.to_lowercase();
        DISK_FULL.iter().any(|words| {
            // `error 28` and not `error 281`.
            line.match_indices(words).any(|(at, _)| {
                let next = line
                    .get(at + words.len()..)
                    .and_then(|rest| rest.chars().next());
                !next.is_some_and(|next| next.is_ascii_digit())
            })
        })
    })
}

/// The end of a log, from the offset on.
fn log_text(path: &Path, offset: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let end = file.metadata()?.len();
        file.seek(SeekFrom::Start(
            offset.max(end.saturating_sub(16 << 10)).min(end),
        ))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

/// The last lines of a log from an offset on; empty when there is none.
pub(crate) fn log_end(path: &Path, offset: u64) -> String {
    let text = log_text(path, offset);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let skip = lines.len().saturating_sub(LOG_LINES);
    lines.get(skip..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_known_by_what_servers_say() {
        for line in [
            "mkdir: cannot create directory 'x': No space left on device",
            "[ERROR] InnoDB: preallocating 12582912 bytes for file ./ibdata1 failed with error 28",
            "[ERROR] [MY-012639] [InnoDB] Write to file ./ibdata1 failed. Operating system error number 28.",
            "Error writing file './mysql/db.MAI' (Errcode: 28 \"No space left on device\")",
        ] {
            assert!(
                tells_disk_full(&format!("one\n{line}\nThe latest advice")),
                "{line}"
            );
        }
        for line in ["error 281", "28 tables", "out of memory", ""] {
            assert!(!tells_disk_full(line), "{line}");
        }
    }
}
