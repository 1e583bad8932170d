//! A bot's sign of life: a small file in the fleet's folder, which says what the bot does and works with the database down.
//!
//! When it is written, and when not any more, [`Pulse`](crate::Pulse) says: a bot that hangs must look as if it hung, and one
//! that waits for a slow database must not. Whoever supervises looks at [`Beat::count`], not at clocks, which can jump.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use cbtrade_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::moment;

/// The folder of the files in the fleet's folder.
const FOLDER: &str = "bots";

/// What a bot says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// The bot's name.
    pub name: String,
    /// Its mode.
    pub mode: String,
    /// Its process.
    pub pid: u32,
    /// Counts up by one with every sign of life.
    pub count: u64,
    /// When this one was given.
    #[serde(with = "moment")]
    pub at: Timestamp,
    /// When the process began.
    #[serde(with = "moment")]
    pub started_at: Timestamp,
    /// What it does, in a few words.
    pub doing: String,
    /// The pair that it works on.
    pub pair: Option<String>,
    /// Passes over all its pairs since it began.
    pub passes: u64,
    /// Buy orders that it sent.
    pub buys: u64,
    /// Sell orders that it sent.
    pub sells: u64,
    /// Errors that it met.
    pub errors: u64,
    /// The last of them.
    pub last_error: Option<String>,
    /// The stop level that it keeps to, by its name.
    pub stop: String,
    /// Whether it reaches the database.
    pub database_reached: bool,
    /// `stream` where it hears the venue's news as they come, `polling` where it only asks.
    #[serde(default)]
    pub hears: String,
}

impl Beat {
    /// The first sign of life of a bot.
    #[must_use]
    pub fn first(name: &str, mode: &str, now: Timestamp) -> Beat {
        Beat {
            name: name.to_owned(),
            mode: mode.to_owned(),
            pid: std::process::id(),
            count: 0,
            at: now,
            started_at: now,
            doing: "starting".to_owned(),
            pair: None,
            passes: 0,
            buys: 0,
            sells: 0,
            errors: 0,
            last_error: None,
            stop: crate::stop::StopLevel::Run.name().to_owned(),
            database_reached: false,
            hears: "polling".to_owned(),
        }
    }
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BeatFileError {
    /// The file cannot be read.
    #[error("the sign of life {path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// The file is not one that a bot wrote.
    #[error("the sign of life {path} cannot be understood")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The file cannot be written.
    #[error("the sign of life {path} cannot be written")]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
}

/// Where one bot's signs of life are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeatFile {
    path: PathBuf,
}

impl BeatFile {
    /// The file of the bot of this name in the fleet's folder.
    #[must_use]
    pub fn of(folder: &Path, name: &str) -> BeatFile {
        BeatFile {
            path: folder.join(FOLDER).join(format!("{name}.beat")),
        }
    }

    /// The last sign of life; `None` when there was none yet.
    ///
    /// # Errors
    /// The file cannot be read or understood.
    pub fn read(&self) -> Result<Option<Beat>, BeatFileError> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(BeatFileError::Read {
                    path: self.path.clone(),
                    source,
                });
            }
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| BeatFileError::Corrupt {
                path: self.path.clone(),
                source,
            })
    }

    /// Gives a sign of life with the next number. A reader sees the last one or this one. It is not forced to the disk:
    /// after a power failure nobody lives.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, beat: &mut Beat, now: Timestamp) -> Result<(), BeatFileError> {
        beat.count += 1;
        beat.at = now;
        self.put(beat).map_err(|source| BeatFileError::Write {
            path: self.path.clone(),
            source,
        })
    }

    fn put(&self, beat: &Beat) -> std::io::Result<()> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let new = self.path.with_extension("beat.new");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&new)?;
        file.write_all(&serde_json::to_vec(beat)?)?;
        drop(file);
        std::fs::rename(&new, &self.path)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use super::*;

    #[test]
    fn each_sign_of_life_has_its_number_and_is_read_as_it_was_given() {
        let folder = tempfile::tempdir().unwrap();
        let file = BeatFile::of(folder.path(), "full-1");
        assert_eq!(file.read().unwrap(), None);
        let now = Timestamp::parse("2026-11-25 20:00:00.25").unwrap();
        let mut beat = Beat::first("full-1", "full", now);
        file.write(&mut beat, now).unwrap();
        beat.pair = Some("BTC-USDC".to_owned());
        file.write(&mut beat, now.plus_seconds(1)).unwrap();
        let read = file.read().unwrap().unwrap();
        assert_eq!(read, beat);
        assert_eq!((read.count, read.at), (2, now.plus_seconds(1)));
        assert_eq!(read.pid, std::process::id());
        std::fs::write(folder.path().join("bots/full-1.beat"), "{").unwrap();
        assert!(matches!(file.read(), Err(BeatFileError::Corrupt { .. })));
    }
}
