//! Waits between attempts: doubling, random in part, so that many bots do not come back in step.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// Longest first wait.
const FIRST: Duration = Duration::from_millis(4);
/// Longest wait of all.
const LONGEST: Duration = Duration::from_millis(1_000);

/// The waits of one call.
pub(crate) struct Waits {
    limit: Duration,
    attempts: u32,
}

impl Waits {
    pub(crate) fn new() -> Waits {
        Waits {
            limit: FIRST,
            attempts: 0,
        }
    }

    /// The next wait: between half of a doubling limit and all of it.
    pub(crate) fn next(&mut self) -> Duration {
        self.attempts = self.attempts.saturating_add(1);
        let limit = self.limit;
        self.limit = (limit * 2).min(LONGEST);
        // Each RandomState has new random keys; no generator of our own is needed for so little.
        let random = RandomState::new().hash_one(self.attempts) % 1_000;
        limit / 2 + limit / 2 * u32::try_from(random).unwrap_or(0) / 1_000
    }

    /// Waits the next wait.
    pub(crate) async fn pause(&mut self) {
        tokio::time::sleep(self.next()).await;
    }

    /// Attempts so far.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }
}
