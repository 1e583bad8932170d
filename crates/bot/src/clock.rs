//! The venue's time, as bots count it.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use cbtrade_core::{Clock, Timestamp};

/// The venue's clock between two readings of it: bots of several machines and a local venue whose time runs faster all
/// count by it, so that the database holds one time only.
#[derive(Debug)]
pub struct VenueClock {
    anchor: Mutex<(Timestamp, Instant)>,
    speed: u32,
}

impl VenueClock {
    /// A clock that was read as `now` just now and runs `speed` times as fast as this machine's.
    #[must_use]
    pub fn new(now: Timestamp, speed: u32) -> Self {
        Self {
            anchor: Mutex::new((now, Instant::now())),
            speed: speed.max(1),
        }
    }

    /// The venue's clock was read again.
    pub fn set(&self, now: Timestamp) {
        *self.anchor.lock().unwrap_or_else(PoisonError::into_inner) = (now, Instant::now());
    }

    /// How many of the venue's seconds pass in a second.
    #[must_use]
    pub fn speed(&self) -> u32 {
        self.speed
    }
}

impl Clock for VenueClock {
    fn now(&self) -> Timestamp {
        let (read, at) = *self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = at.elapsed().as_micros() * u128::from(self.speed);
        i64::try_from(passed)
            .ok()
            .and_then(|passed| read.as_micros().checked_add(passed))
            .and_then(Timestamp::from_micros)
            .unwrap_or(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_runs_behind_its_last_reading() {
        let read = Timestamp::from_seconds(1_700_000_000).unwrap();
        let clock = VenueClock::new(read, 600);
        assert!(clock.now() >= read);
        let later = read.plus_seconds(3_600);
        clock.set(later);
        assert!(clock.now() >= later);
    }
}
