//! When a bot that ended by itself starts again.
//!
//! Soon at first, later and later when it ends again and again (with chance in it, so that seven bots that lost the same
//! server do not come back in step), and not at all once it has ended too often in a short time: a bot that crashes in a
//! loop must be looked at, and each of its starts costs requests at the venue.

use std::collections::VecDeque;
use std::time::Duration;

use cbtrade_core::Random;

/// A bot that has run so long has overcome whatever ended it before.
const CALM_AFTER: Duration = Duration::from_secs(300);
/// How long a bot that refused to start is left alone: its settings are being corrected, or not.
const REFUSED_WAIT: Duration = Duration::from_secs(60);

/// The numbers of the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RestartPolicy {
    pub(crate) backoff_min: Duration,
    pub(crate) backoff_max: Duration,
    pub(crate) brake_exits: usize,
    pub(crate) brake_window: Duration,
}

/// How a bot ended that nobody had asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It does not start with these settings.
    Refused,
    /// Anything else.
    Failed,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It starts again after this time.
    After(Duration),
    /// It does not, until somebody says so.
    Held,
}

/// What is remembered of a bot's ends. Moments are durations since the supervisor began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Restarts {
    in_row: u32,
    exits: VecDeque<Duration>,
}

impl Restarts {
    /// Ends within the brake's window.
    pub(crate) fn counted(&self) -> usize {
        self.exits.len()
    }

    /// Notes an end and says what follows.
    pub(crate) fn ended(
        &mut self,
        policy: &RestartPolicy,
        exit: Exit,
        now: Duration,
        ran_for: Duration,
        random: &mut Random,
    ) -> Next {
        if exit == Exit::Refused {
            return Next::After(jittered(REFUSED_WAIT, random));
        }
        if ran_for >= CALM_AFTER {
            self.in_row = 0;
        }
        self.exits.push_back(now);
        let begin = now.saturating_sub(policy.brake_window);
        self.exits.retain(|exit| *exit >= begin);
        if self.exits.len() >= policy.brake_exits {
            return Next::Held;
        }
        let doubled = policy
            .backoff_min
            .saturating_mul(2_u32.saturating_pow(self.in_row.min(20)));
        self.in_row += 1;
        Next::After(jittered(doubled.min(policy.backoff_max), random))
    }
}

/// Between three quarters and all of it.
fn jittered(wait: Duration, random: &mut Random) -> Duration {
    wait.mul_f64(0.75 + random.unit() / 4.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use super::*;

    const POLICY: RestartPolicy = RestartPolicy {
        backoff_min: Duration::from_secs(1),
        backoff_max: Duration::from_secs(60),
        brake_exits: 20,
        brake_window: Duration::from_secs(600),
    };

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_wait_doubles_up_to_its_bound_and_begins_anew_after_a_calm_time() {
        let (mut restarts, mut random) = (Restarts::default(), Random::new(1));
        let mut waits = Vec::new();
        for _ in 0..9 {
            let next = restarts.ended(&POLICY, Exit::Failed, seconds(0), seconds(1), &mut random);
            let Next::After(wait) = next else {
                panic!("{next:?}");
            };
            waits.push(wait);
        }
        for (wait, full) in waits.iter().zip([1, 2, 4, 8, 16, 32, 60, 60, 60]) {
            assert!(*wait <= seconds(full), "{wait:?} {full}");
            assert!(*wait >= seconds(full).mul_f64(0.75), "{wait:?} {full}");
        }
        let calm = restarts.ended(&POLICY, Exit::Failed, seconds(1), CALM_AFTER, &mut random);
        assert!(matches!(calm, Next::After(wait) if wait <= seconds(1)));
    }

    #[test]
    fn two_bots_that_fail_together_do_not_come_back_together() {
        let mut random = Random::new(2);
        let mut wait = || {
            Restarts::default().ended(&POLICY, Exit::Failed, seconds(0), seconds(0), &mut random)
        };
        assert_ne!(wait(), wait());
    }

    #[test]
    fn too_many_ends_in_the_window_hold_a_bot_and_old_ones_are_forgotten() {
        let policy = RestartPolicy {
            brake_exits: 5,
            ..POLICY
        };
        let mut random = Random::new(3);
        let mut fast = Restarts::default();
        let nexts: Vec<Next> = (0..5)
            .map(|at| {
                fast.ended(
                    &policy,
                    Exit::Failed,
                    seconds(at * 10),
                    seconds(1),
                    &mut random,
                )
            })
            .collect();
        assert!(nexts[..4].iter().all(|next| *next != Next::Held));
        assert_eq!(nexts[4], Next::Held);
        let mut slow = Restarts::default();
        for at in 0..50 {
            let next = slow.ended(
                &policy,
                Exit::Failed,
                seconds(at * 151),
                seconds(1),
                &mut random,
            );
            assert_ne!(next, Next::Held, "{at}");
        }
        assert_eq!(slow.counted(), 4);
    }

    #[test]
    fn a_bot_that_refuses_waits_long_and_is_never_held() {
        let (mut restarts, mut random) = (Restarts::default(), Random::new(4));
        for at in 0..100 {
            let next = restarts.ended(&POLICY, Exit::Refused, seconds(at), seconds(0), &mut random);
            assert!(
                matches!(next, Next::After(wait) if wait >= seconds(45)),
                "{next:?}"
            );
        }
        assert_eq!(restarts.counted(), 0);
    }
}
