//! When a bot gives signs of life, and when it does not any more.

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cbtrade_core::{Clock as _, SystemClock};

use crate::beat::{Beat, BeatFile, BeatFileError};

/// How often a bot that gets on says so.
const PACE: Duration = Duration::from_secs(1);

/// The longest that a step may take. The longest step of a bot in order is one question to the venue with all its tries, each
/// with its time limit and the pause that the venue asks for: 4 × 20 s and 3 × 60 s. A call of the database ends after 100 s.
const STEP_MAX: Duration = Duration::from_secs(300);

/// When a bot came to its last step.
#[derive(Debug, Clone)]
pub(crate) struct Progress(Arc<Mutex<Instant>>);

impl Progress {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    /// A step has ended, or a new one begins.
    pub(crate) fn came_on(&self) {
        *self.last() = Instant::now();
    }

    fn last(&self) -> MutexGuard<'_, Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a bot's signs of life.
///
/// The rule: **the number in the file rises as long as the bot gets on, and a bot gets on that came to a new step less than
/// five minutes ago.** A step is a thing that ends by itself: one question to the venue with all its tries, one call of the
/// database, one stretch of waiting. Coming to a new step is what counts, and not that time passes; the pace at which the file
/// is written only bridges the length of one step. So
///
/// - a database or a venue that is slow or gone does not look like a bot that hangs: what waits for it ends by its own limit,
///   and the next step comes. The file is written before the database is told, and without it;
/// - a bot that waits for what never comes, or turns in a circle, comes to no new step: five minutes later the number stands
///   still, and the supervisor ends the bot after its own patience (`heartbeat_seconds_max`);
/// - a bot that computes without end is silent at once: the file is written by the same task that does the bot's work, never
///   beside it.
///
/// What the rule does not see: a bot that goes on asking and never decides anything. Its rounds stand in the file (`passes`).
#[derive(Debug)]
pub struct Pulse {
    file: BeatFile,
    beat: Mutex<Beat>,
    progress: Progress,
}

impl Pulse {
    /// Signs of life in this file, from the first on.
    #[must_use]
    pub fn new(file: BeatFile, first: Beat) -> Self {
        Self::of(file, first, Progress::new())
    }

    pub(crate) fn of(file: BeatFile, first: Beat, progress: Progress) -> Self {
        Self {
            file,
            beat: Mutex::new(first),
            progress,
        }
    }

    /// The bot came to a new step: it is written at once what it does.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn tell(&self, change: impl FnOnce(&mut Beat)) -> Result<(), BeatFileError> {
        self.progress.came_on();
        let mut beat = self.beat();
        change(&mut beat);
        self.file.write(&mut beat, SystemClock.now())
    }

    /// Does the work and gives signs of life meanwhile, as the rule says. `answers` counts what database and venue have
    /// answered: one that is new is a step.
    pub async fn beside<W: Future>(&self, work: W, answers: impl Fn() -> u64) -> W::Output {
        tokio::select! {
            done = work => done,
            never = self.keep(answers) => match never {},
        }
    }

    async fn keep(&self, answers: impl Fn() -> u64) -> Infallible {
        let mut known = answers();
        loop {
            tokio::time::sleep(PACE).await;
            let now = answers();
            if now != known {
                known = now;
                self.progress.came_on();
            }
            // A file that cannot be written is told when the bot says what it does next.
            let _ = self.repeat(Instant::now());
        }
    }

    /// Gives one more sign of life, if the bot gets on. Returns whether it does.
    fn repeat(&self, now: Instant) -> Result<bool, BeatFileError> {
        let step = now.saturating_duration_since(*self.progress.last());
        if step >= STEP_MAX {
            return Ok(false);
        }
        let mut beat = self.beat();
        self.file.write(&mut beat, SystemClock.now())?;
        Ok(true)
    }

    fn beat(&self) -> MutexGuard<'_, Beat> {
        self.beat.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use super::*;

    fn pulse(folder: &std::path::Path) -> (Pulse, BeatFile) {
        let file = BeatFile::of(folder, "full-1");
        let first = Beat::first("full-1", "full", SystemClock.now());
        (Pulse::new(file.clone(), first), file)
    }

    fn count(file: &BeatFile) -> u64 {
        file.read().unwrap().map_or(0, |beat| beat.count)
    }

    #[test]
    fn the_number_rises_while_a_step_may_last_and_stands_still_when_none_comes() {
        let folder = tempfile::tempdir().unwrap();
        let (pulse, file) = pulse(folder.path());
        pulse.tell(|beat| beat.doing = "pair".to_owned()).unwrap();
        let begun = Instant::now();
        for (seconds, rises) in [
            (1, true),
            (120, true),
            (298, true),
            (301, false),
            (4_000, false),
        ] {
            let before = count(&file);
            let moment = begun + Duration::from_secs(seconds);
            assert_eq!(pulse.repeat(moment).unwrap(), rises, "{seconds} s");
            assert_eq!(count(&file) > before, rises, "{seconds} s");
        }
        // A step that comes after all is a sign of life.
        let before = count(&file);
        pulse
            .tell(|beat| beat.doing = "next pair".to_owned())
            .unwrap();
        assert!(count(&file) > before);
        assert_eq!(file.read().unwrap().unwrap().doing, "next pair");
        assert!(pulse.repeat(Instant::now()).unwrap());
    }

    #[tokio::test]
    async fn signs_of_life_are_given_while_work_takes_long() {
        let folder = tempfile::tempdir().unwrap();
        let (pulse, file) = pulse(folder.path());
        let work = async {
            // Work that is done when it has been seen alive twice.
            while count(&file) < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            "done"
        };
        assert_eq!(pulse.beside(work, || 0).await, "done");
    }

    #[tokio::test]
    async fn an_answer_is_a_step() {
        let folder = tempfile::tempdir().unwrap();
        let (pulse, file) = pulse(folder.path());
        // As if the last step were long ago.
        *pulse.progress.last() = Instant::now().checked_sub(STEP_MAX).unwrap();
        assert!(!pulse.repeat(Instant::now()).unwrap());
        let asked = std::sync::atomic::AtomicU64::new(0);
        let answers = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let work = async {
            while count(&file) == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        pulse.beside(work, answers).await;
    }
}
