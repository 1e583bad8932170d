//! Waiting for a server that restarts.

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use crate::error::Error;

/// How long to wait for a server, and how often to ask.
#[derive(Clone, Debug)]
pub struct Backoff {
    /// Longest first wait, in milliseconds; each further one may be twice as long.
    pub wait_ms_first: u64,
    /// Longest single wait, in milliseconds.
    pub wait_ms_max: u64,
    /// Time after which no further attempt is begun, in milliseconds.
    pub deadline_ms: u64,
}

impl Default for Backoff {
    /// 50 ms to 2 s, for one minute in all.
    fn default() -> Backoff {
        Backoff {
            wait_ms_first: 50,
            wait_ms_max: 2_000,
            deadline_ms: 60_000,
        }
    }
}

/// What is told before each wait.
#[derive(Debug)]
pub struct Waiting<'a> {
    /// Attempts made so far.
    pub attempt: u32,
    /// How long the coming wait is.
    pub wait: Duration,
    /// Time since the first attempt.
    pub waited: Duration,
    /// Why the last attempt failed.
    pub error: &'a Error,
}

/// Runs `attempt` until it succeeds, as long as its error is one that waiting can cure
/// ([`crate::ErrorClass::is_reconnectable`]); waits are random between half and all of a doubling limit.
/// `notify` is called before each wait, so that the user can be told what is waited for.
///
/// # Errors
/// Any other error of `attempt` at once and as it is; [`Error::GaveUp`] with the last error at the deadline.
pub async fn with_backoff<T, Attempt, Attempted, Notify>(
    backoff: &Backoff,
    mut attempt: Attempt,
    mut notify: Notify,
) -> Result<T, Error>
where
    Attempt: FnMut() -> Attempted,
    Attempted: Future<Output = Result<T, Error>>,
    Notify: FnMut(&Waiting<'_>),
{
    let begun = Instant::now();
    let deadline = Duration::from_millis(backoff.deadline_ms);
    let mut attempts: u32 = 0;
    let mut limit_ms = backoff.wait_ms_first.max(1);
    loop {
        attempts = attempts.saturating_add(1);
        let error = match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if !error.class().is_reconnectable() {
            return Err(error);
        }
        let wait = jittered(limit_ms.min(backoff.wait_ms_max.max(1)));
        let waited = begun.elapsed();
        if waited + wait > deadline {
            let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
            return Err(Error::GaveUp {
                attempts,
                waited_ms,
                source: Box::new(error),
            });
        }
        notify(&Waiting {
            attempt: attempts,
            wait,
            waited,
            error: &error,
        });
        tokio::time::sleep(wait).await;
        limit_ms = limit_ms.saturating_mul(2);
    }
}

/// A random time between half of `limit_ms` and all of it, so that many bots do not return in step.
fn jittered(limit_ms: u64) -> Duration {
    // Each RandomState has new random keys; no generator of our own is needed for so little.
    let random = RandomState::new().hash_one(limit_ms);
    let half = limit_ms / 2;
    Duration::from_millis(limit_ms - half + random % (half + 1))
}
