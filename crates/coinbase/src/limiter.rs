//! One limit for every process of the machine.
//!
//! A small file holds the moment at which the next request would be due if all came at the allowed pace. Whoever wants to
//! send locks the file, takes the next place, and waits outside the lock until it comes. Eight processes so have one
//! limit together, and one that dies with the lock gives it back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cbtrade_core::Clock;

use crate::error::SettingsError;

/// A wait longer than this is not believed: the machine's clock was set back.
const WAIT_MAX_MICROS: i64 = 120_000_000;

/// The file of requests, and that of connections for streams.
const REQUESTS: &str = "coinbase.limit";
const STREAMS: &str = "coinbase-streams.limit";

/// Digits of the moment in the file, so that every write covers the one before.
const DIGITS: usize = 20;

/// Where the limit is kept and what it is.
#[derive(Debug, Clone)]
pub struct LimiterSettings {
    /// A folder that all processes on this key share.
    pub folder: PathBuf,
    /// Requests per second, sustained.
    pub per_second: u32,
    /// Requests that may come at once after a rest.
    pub burst: u32,
}

impl LimiterSettings {
    /// 15 requests a second and 20 at once: half of what the venue is said to allow.
    #[must_use]
    pub fn usual(folder: PathBuf) -> Self {
        Self {
            folder,
            per_second: 15,
            burst: 20,
        }
    }
}

/// A limit that processes share.
pub struct Limiter {
    path: PathBuf,
    interval_micros: i64,
    burst_micros: i64,
    clock: Arc<dyn Clock>,
}

impl Limiter {
    /// The limit of a folder, which is made if need be.
    ///
    /// # Errors
    /// Folder or file cannot be written.
    pub fn open(settings: &LimiterSettings, clock: Arc<dyn Clock>) -> Result<Self, SettingsError> {
        Self::of_file(settings, REQUESTS, clock)
    }

    /// The limit of connections for streams in the same folder: 4 a second, half of what the venue allows an address.
    ///
    /// # Errors
    /// Folder or file cannot be written.
    pub(crate) fn of_streams(
        settings: &LimiterSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let settings = LimiterSettings {
            folder: settings.folder.clone(),
            per_second: 4,
            burst: 4,
        };
        Self::of_file(&settings, STREAMS, clock)
    }

    fn of_file(
        settings: &LimiterSettings,
        name: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let path = settings.folder.join(name);
        let failed = |source| SettingsError::Limiter {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(&settings.folder).map_err(failed)?;
        let interval_micros = 1_000_000 / i64::from(settings.per_second.max(1));
        let limiter = Self {
            interval_micros,
            burst_micros: interval_micros * i64::from(settings.burst.max(1) - 1),
            path: path.clone(),
            clock,
        };
        limiter.file().map_err(failed)?;
        Ok(limiter)
    }

    fn file(&self) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.path)
    }

    /// Changes the due moment under the lock; gives what `change` gives beside it.
    fn locked<T>(&self, change: impl FnOnce(i64, i64) -> (i64, T)) -> io::Result<T> {
        let mut file = self.file()?;
        file.lock()?;
        let mut text = String::new();
        // What cannot be read is as good as an empty file: the limit begins anew.
        let read = file.read_to_string(&mut text);
        let now = self.clock.now().as_micros();
        let stored = read.ok().and_then(|_| text.trim().parse::<i64>().ok());
        let due = stored
            .filter(|due| *due <= now + self.burst_micros + WAIT_MAX_MICROS)
            .unwrap_or(now);
        let (next, answer) = change(due.max(now), now);
        file.seek(SeekFrom::Start(0))?;
        file.write_all(format!("{next:>DIGITS$}").as_bytes())?;
        Ok(answer)
    }

    /// Takes the next place, and says how long to wait for it.
    ///
    /// # Errors
    /// The file cannot be locked or written.
    pub fn take(&self) -> io::Result<Duration> {
        let wait = self.locked(|due, now| {
            let wait = due - now - self.burst_micros;
            (due + self.interval_micros, wait.max(0))
        })?;
        Ok(Duration::from_micros(
            u64::try_from(wait).unwrap_or_default(),
        ))
    }

    /// Lets all processes pause: the venue wants it so.
    ///
    /// # Errors
    /// The file cannot be locked or written.
    pub fn pause(&self, pause: Duration) -> io::Result<()> {
        let micros = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
        let micros = micros.min(WAIT_MAX_MICROS) + self.burst_micros;
        self.locked(|due, now| (due.max(now + micros), ()))
    }
}

#[cfg(test)]
mod tests {
    use cbtrade_core::{FixedClock, Timestamp};

    use super::*;

    fn limiter(folder: &std::path::Path, clock: &Arc<FixedClock>) -> Limiter {
        let settings = LimiterSettings {
            folder: folder.to_owned(),
            per_second: 10,
            burst: 3,
        };
        Limiter::open(&settings, Arc::clone(clock) as Arc<dyn Clock>).unwrap()
    }

    fn ms(wait: Duration) -> u128 {
        wait.as_millis()
    }

    #[test]
    fn two_share_one_limit_and_time_gives_it_back() {
        let folder = tempfile::tempdir().unwrap();
        let start = Timestamp::parse("2026-01-01 00:00:00").unwrap();
        let clock = Arc::new(FixedClock::new(start));
        let (one, other) = (
            limiter(folder.path(), &clock),
            limiter(folder.path(), &clock),
        );
        let waits = [
            one.take().unwrap(),
            other.take().unwrap(),
            one.take().unwrap(),
            other.take().unwrap(),
            one.take().unwrap(),
        ];
        assert_eq!(waits.map(ms), [0, 0, 0, 100, 200]);
        clock.set(start.plus_seconds(1));
        let waits = [other.take().unwrap(), one.take().unwrap()];
        assert_eq!(waits.map(ms), [0, 0]);
    }

    #[test]
    fn a_pause_holds_for_everybody() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::new(Timestamp::EPOCH.plus_seconds(1_000)));
        let (one, other) = (
            limiter(folder.path(), &clock),
            limiter(folder.path(), &clock),
        );
        one.pause(Duration::from_secs(5)).unwrap();
        assert_eq!(ms(other.take().unwrap()), 5_000);
    }

    #[test]
    fn connections_for_streams_have_a_limit_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::new(Timestamp::EPOCH.plus_seconds(1_000)));
        let requests = limiter(folder.path(), &clock);
        requests.pause(Duration::from_secs(5)).unwrap();
        let streams = || {
            let settings = LimiterSettings::usual(folder.path().to_owned());
            Limiter::of_streams(&settings, Arc::clone(&clock) as Arc<dyn Clock>).unwrap()
        };
        let (one, other) = (streams(), streams());
        for limiter in [&one, &other, &one, &other] {
            assert_eq!(ms(limiter.take().unwrap()), 0);
        }
        assert_eq!(ms(one.take().unwrap()), 250);
    }

    #[test]
    fn a_damaged_file_and_a_clock_set_back_stop_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::new(Timestamp::EPOCH.plus_seconds(9_000)));
        let limiter = limiter(folder.path(), &clock);
        fs::write(folder.path().join("coinbase.limit"), [0xff, 0xfe, b'x']).unwrap();
        assert_eq!(ms(limiter.take().unwrap()), 0);
        clock.set(Timestamp::EPOCH);
        assert_eq!(ms(limiter.take().unwrap()), 0);
    }
}
