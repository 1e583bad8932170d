//! The stop file: what bots may do, said in a file of the fleet's folder, so that it can be said with the database down.
//!
//! A bot looks at it before every intent, besides the level in the database; the stronger one counts. The file is plain
//! text, and its first line is the level, so that `echo halt > stop` is a stop too. Whatever cannot be understood counts
//! as [`StopLevel::Halt`]: nobody puts a stop file there by accident, and a bot that guesses wrong spends money.
//!
//! Between a bot's look and its order is a moment in which a stop could be said and have returned. So a bot looks once more
//! right before it sends, with a lock that it keeps until the venue has answered ([`StopFile::sending`]), and whoever says a
//! stop waits for those that have it ([`StopFile::wait_for_sent`]).

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use cbtrade_core::Timestamp;
pub use cbtrade_database::StopLevel;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

/// The file's name in the fleet's folder.
const FILE_NAME: &str = "stop";
/// A longer file is not one that we or a person wrote.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// How long a writer waits for another one. A stop is not held up by a writer that hangs.
const LOCK_WAIT: Duration = Duration::from_millis(200);
/// How often it looks.
const LOCK_POLL: Duration = Duration::from_millis(5);

/// A stop as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalStop {
    /// What bots may do.
    pub level: StopLevel,
    /// Why, in the words of who said it; may be empty.
    pub reason: String,
    /// Who said it; may be empty.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
}

/// The stop file cannot be used. For a bot every one of these means [`StopLevel::Halt`].
#[derive(Debug, thiserror::Error)]
pub enum StopFileError {
    /// The file is there and cannot be read.
    #[error("the stop file {path} cannot be read, so it counts as halt")]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// The file is there and its first line is no level.
    #[error(
        "the first line of the stop file {path} is {line:?} and not run, no-new-buys, liquidate or halt, so it counts as halt"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What stands there, shortened.
        line: String,
    },
    /// The file cannot be written.
    #[error("the stop file {path} cannot be written")]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
}

/// The stop file of a fleet's folder; it need not exist, and does not while nothing is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopFile {
    path: PathBuf,
}

impl StopFile {
    /// The stop file of this folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> StopFile {
        StopFile {
            path: folder.join(FILE_NAME),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What stands in the file; `None` when there is no file, which is [`StopLevel::Run`].
    ///
    /// # Errors
    /// The file is there and cannot be read or understood: that counts as [`StopLevel::Halt`].
    /// [`StopFile::in_force`] has this rule built in.
    pub fn read(&self) -> Result<Option<LocalStop>, StopFileError> {
        let failed = |source| StopFileError::Read {
            path: self.path.clone(),
            source,
        };
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(failed(source)),
        };
        let changed_at = changed_at(&file);
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        let text = String::from_utf8_lossy(&bytes);
        match parse(&text, changed_at) {
            Some(stop) => Ok(Some(stop)),
            None => Err(StopFileError::Corrupt {
                path: self.path.clone(),
                line: text
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .chars()
                    .take(40)
                    .collect(),
            }),
        }
    }

    /// What is in force by the file: what stands in it, or [`StopLevel::Halt`] with the reason when it cannot be
    /// understood. `None` when there is no file.
    #[must_use]
    pub fn in_force(&self) -> Option<LocalStop> {
        self.read().unwrap_or_else(|error| {
            let changed_at =
                File::open(&self.path).map_or(Timestamp::EPOCH, |file| changed_at(&file));
            Some(LocalStop {
                level: StopLevel::Halt,
                reason: error.to_string(),
                by: String::new(),
                at: changed_at,
            })
        })
    }

    /// The level in force by the file.
    #[must_use]
    pub fn level(&self) -> StopLevel {
        self.in_force().map_or(StopLevel::Run, |stop| stop.level)
    }

    /// Puts a stop into the file, durably, and returns what is in force by it then. A stop that is stronger than the
    /// new one, or as strong, stays as it is: only [`StopFile::rearm`] and [`StopFile::clear`] lower the level.
    ///
    /// # Errors
    /// The file cannot be written; what was in force still is.
    pub fn write(&self, stop: &LocalStop) -> Result<LocalStop, StopFileError> {
        let _lock = self.lock();
        match self.in_force() {
            Some(standing) if standing.level >= stop.level => return Ok(standing),
            _ => {}
        }
        self.put(stop)?;
        Ok(stop.clone())
    }

    /// Writes what is in force once more. Whoever is about to lower it elsewhere learns so, before anything is lowered,
    /// whether the file can be changed.
    ///
    /// # Errors
    /// The file cannot be written; what was in force still is.
    pub fn renew(&self) -> Result<(), StopFileError> {
        let _lock = self.lock();
        match self.in_force() {
            Some(standing) => self.put(&standing),
            None => Ok(()),
        }
    }

    /// Sets the level, lower or higher, in one step: at no moment nothing is in force. [`StopLevel::Run`] removes the
    /// file.
    ///
    /// # Errors
    /// The file cannot be written; what was in force still is.
    pub fn rearm(&self, stop: &LocalStop) -> Result<(), StopFileError> {
        if stop.level == StopLevel::Run {
            return self.clear();
        }
        let _lock = self.lock();
        self.put(stop)
    }

    /// Removes the file, durably.
    ///
    /// # Errors
    /// The file cannot be removed; what was in force still is.
    pub fn clear(&self) -> Result<(), StopFileError> {
        let _lock = self.lock();
        match std::fs::remove_file(&self.path) {
            Ok(()) => self.sync_folder(),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(source) => Err(self.write_failed(source)),
        }
    }

    /// What a bot keeps from its last look at the file until the venue has answered its order. `None` where there can be no
    /// such lock: the order is sent without, and the stop that comes in between is kept to from the next one on.
    #[must_use]
    pub fn sending(&self) -> Option<Sending> {
        let file = self.sending_file().ok()?;
        // Whoever has it alone, has it for an instant.
        let lock = Flock::lock(file, FlockArg::LockShared).ok()?;
        Some(Sending { _lock: lock })
    }

    /// Waits until no bot of this folder sends an order that it began before now; so what is in the file now is kept to by
    /// every order from here on. `false` if one was still without an answer after so long.
    #[must_use]
    pub fn wait_for_sent(&self, wait_max: Duration) -> bool {
        self.sending_file().is_ok_and(|file| {
            lock_within(file, FlockArg::LockExclusiveNonblock, wait_max).is_some()
        })
    }

    fn sending_file(&self) -> std::io::Result<File> {
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path.with_extension("sending"))
    }

    fn put(&self, stop: &LocalStop) -> Result<(), StopFileError> {
        let new = self.path.with_extension("new");
        self.write_new(&new, stop)
            .and_then(|()| std::fs::rename(&new, &self.path))
            .map_err(|source| self.write_failed(source))?;
        self.sync_folder()
    }

    fn write_new(&self, new: &Path, stop: &LocalStop) -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o644)
            .open(new)?;
        file.write_all(text(stop).as_bytes())?;
        file.sync_all()
    }

    fn sync_folder(&self) -> Result<(), StopFileError> {
        let Some(folder) = self.path.parent() else {
            return Ok(());
        };
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| self.write_failed(source))
    }

    fn write_failed(&self, source: std::io::Error) -> StopFileError {
        StopFileError::Write {
            path: self.path.clone(),
            source,
        }
    }

    /// Keeps two writers from each believing that theirs is the stronger stop. `None` when it cannot be had in time or
    /// at all: a stop goes on without.
    fn lock(&self) -> Option<Flock<File>> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path.with_extension("lock"))
            .ok()?;
        lock_within(file, FlockArg::LockExclusiveNonblock, LOCK_WAIT)
    }
}

/// A bot's order is on its way as long as this is there.
#[derive(Debug)]
pub struct Sending {
    _lock: Flock<File>,
}

/// The lock, if it can be had in time.
fn lock_within(mut file: File, how: FlockArg, wait_max: Duration) -> Option<Flock<File>> {
    let begun = Instant::now();
    loop {
        match Flock::lock(file, how) {
            Ok(lock) => return Some(lock),
            Err((again, Errno::EWOULDBLOCK)) if begun.elapsed() < wait_max => file = again,
            Err(_) => return None,
        }
        std::thread::sleep(LOCK_POLL);
    }
}

fn text(stop: &LocalStop) -> String {
    format!(
        "{}\nreason: {}\nby: {}\nat: {}\n\n\
         The first line is what the bots may do: run, no-new-buys, liquidate or halt.\n\
         Lower it with `cbtrade fleet arm`.\n",
        stop.level,
        one_line(&stop.reason),
        one_line(&stop.by),
        stop.at
    )
}

fn parse(text: &str, changed_at: Timestamp) -> Option<LocalStop> {
    let mut lines = text.lines();
    let level = StopLevel::of_name(lines.next()?.trim())?;
    let mut stop = LocalStop {
        level,
        reason: String::new(),
        by: String::new(),
        at: changed_at,
    };
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        match name.trim() {
            "reason" => value.clone_into(&mut stop.reason),
            "by" => value.clone_into(&mut stop.by),
            // A time that cannot be read is no reason to doubt the level.
            "at" => stop.at = Timestamp::parse(value).unwrap_or(changed_at),
            _ => {}
        }
    }
    Some(stop)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn changed_at(file: &File) -> Timestamp {
    file.metadata()
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|changed| changed.duration_since(UNIX_EPOCH).ok())
        .and_then(|since| i64::try_from(since.as_micros()).ok())
        .and_then(Timestamp::from_micros)
        .unwrap_or(Timestamp::EPOCH)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use super::*;

    fn stop(level: StopLevel) -> LocalStop {
        LocalStop {
            level,
            reason: "prices\nlook wrong: all of them".to_owned(),
            by: "operator".to_owned(),
            at: Timestamp::parse("2026-11-25 20:00:00").unwrap(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = StopFile::in_folder(folder.path());
        assert_eq!(file.read().unwrap(), None);
        assert_eq!(file.level(), StopLevel::Run);
        for level in [StopLevel::NoNewBuys, StopLevel::Liquidate, StopLevel::Halt] {
            file.write(&stop(level)).unwrap();
            let read = file.read().unwrap().unwrap();
            assert_eq!(read.reason, "prices look wrong: all of them");
            assert_eq!((read.level, read.by.as_str()), (level, "operator"));
            assert_eq!(read.at, stop(level).at);
        }
    }

    #[test]
    fn only_an_explicit_rearm_lowers_the_level() {
        let folder = tempfile::tempdir().unwrap();
        let file = StopFile::in_folder(folder.path());
        file.write(&stop(StopLevel::Halt)).unwrap();
        for weaker in [StopLevel::Run, StopLevel::NoNewBuys, StopLevel::Liquidate] {
            let standing = file.write(&stop(weaker)).unwrap();
            assert_eq!(standing.level, StopLevel::Halt);
            assert_eq!(file.level(), StopLevel::Halt);
        }
        file.rearm(&stop(StopLevel::NoNewBuys)).unwrap();
        assert_eq!(file.level(), StopLevel::NoNewBuys);
        file.rearm(&stop(StopLevel::Run)).unwrap();
        assert_eq!(file.read().unwrap(), None);
        file.clear().unwrap();
    }

    #[test]
    fn a_level_written_by_hand_counts() {
        let folder = tempfile::tempdir().unwrap();
        let file = StopFile::in_folder(folder.path());
        std::fs::write(file.path(), "NO-new-buys").unwrap();
        let before = Timestamp::parse("2026-01-01 00:00:00").unwrap();
        let read = file.read().unwrap().unwrap();
        assert_eq!(read.level, StopLevel::NoNewBuys);
        assert!(read.at > before, "{}", read.at);
    }

    #[test]
    fn what_cannot_be_understood_is_halt_and_stays_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = StopFile::in_folder(folder.path());
        let odd: [&[u8]; 6] = [
            b"",
            b"\n",
            b"hal",
            b"\xff\xfe",
            b"{\"level\": \"run\"}",
            b"stop",
        ];
        for bytes in odd {
            std::fs::write(file.path(), bytes).unwrap();
            assert!(matches!(file.read(), Err(StopFileError::Corrupt { .. })));
            assert_eq!(file.level(), StopLevel::Halt, "{bytes:?}");
            let standing = file.write(&stop(StopLevel::NoNewBuys)).unwrap();
            assert_eq!(standing.level, StopLevel::Halt);
        }
        std::fs::remove_file(file.path()).unwrap();
        std::fs::create_dir(file.path()).unwrap();
        assert!(matches!(file.read(), Err(StopFileError::Read { .. })));
        assert_eq!(file.level(), StopLevel::Halt);
        assert!(file.clear().is_err());
    }

    #[test]
    fn a_writer_that_hangs_does_not_hold_up_a_stop() {
        let folder = tempfile::tempdir().unwrap();
        let file = StopFile::in_folder(folder.path());
        let _held = file.lock().unwrap();
        file.write(&stop(StopLevel::Halt)).unwrap();
        assert_eq!(file.level(), StopLevel::Halt);
    }

    #[test]
    fn a_stop_waits_for_orders_that_are_on_their_way_and_for_no_longer_than_it_must() {
        let folder = tempfile::tempdir().unwrap();
        let file = StopFile::in_folder(folder.path());
        assert!(file.wait_for_sent(Duration::ZERO));
        let (one, other) = (file.sending().unwrap(), file.sending().unwrap());
        assert!(!file.wait_for_sent(Duration::ZERO));
        drop(one);
        assert!(!file.wait_for_sent(Duration::from_millis(20)));
        drop(other);
        assert!(file.wait_for_sent(Duration::ZERO));
    }
}
