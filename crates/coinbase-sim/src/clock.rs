//! The venue's own time.

use cbtrade_core::Timestamp;

/// Simulated time: it runs at a speed from where it was set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VirtualClock {
    /// The real moment when it was set.
    pub(crate) real: Timestamp,
    /// The simulated moment then.
    pub(crate) simulated: Timestamp,
    /// Simulated seconds per real second; 0 stands still.
    pub(crate) speed: u32,
}

impl VirtualClock {
    /// The simulated moment at a real one. It never goes back before where it was set.
    pub(crate) fn at(&self, real: Timestamp) -> Timestamp {
        let passed = real
            .as_micros()
            .saturating_sub(self.real.as_micros())
            .max(0);
        let simulated = self
            .simulated
            .as_micros()
            .saturating_add(passed.saturating_mul(i64::from(self.speed)));
        Timestamp::from_micros(simulated).unwrap_or(Timestamp::MAX)
    }
}

/// So many milliseconds later.
pub(crate) fn after_ms(moment: Timestamp, ms: u64) -> Timestamp {
    let micros = i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1_000);
    Timestamp::from_micros(moment.as_micros().saturating_add(micros)).unwrap_or(Timestamp::MAX)
}

/// The moment of so many seconds after 1970; the end of time beyond it.
pub(crate) fn at_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_at_its_speed_and_not_back() {
        let clock = VirtualClock {
            real: at_seconds(1_000),
            simulated: at_seconds(5_000),
            speed: 60,
        };
        assert_eq!(clock.at(at_seconds(1_002)), at_seconds(5_120));
        assert_eq!(clock.at(at_seconds(900)), at_seconds(5_000));
        let still = VirtualClock { speed: 0, ..clock };
        assert_eq!(still.at(at_seconds(9_000)), at_seconds(5_000));
    }
}
