//! Which faults, when: everything from the seed.

use std::fmt;
use std::str::FromStr;

use cbtrade_core::Random;
use serde::Serialize;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// kill -9 of a bot, which is started again.
    KillBot,
    /// A bot's clock is put forward or back.
    ClockJump,
    /// All connections of a bot are kept in use.
    Pool,
    /// Connections are cut, at any message.
    Reset,
    /// Connections are cut before a COMMIT or between it and its answer.
    CommitAnswer,
    /// Messages are held, longer than a call waits, too.
    Stall,
    /// Every message takes its time.
    Slow,
    /// kill -9 of the server, which is started again.
    KillServer,
    /// The server takes no writes for a while.
    ReadOnly,
    /// No room is left where the data are, for a while.
    DiskFull,
    /// All bots write to one row, which somebody holds locked now and then.
    LockStorm,
}

/// What hits the same thing comes after each other; what hits different things may come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Faults of bots.
    Bots,
    /// Faults of the way between.
    Network,
    /// Faults of the server.
    Server,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [FaultKind; 11] = [
        FaultKind::KillBot,
        FaultKind::KillServer,
        FaultKind::Reset,
        FaultKind::CommitAnswer,
        FaultKind::Stall,
        FaultKind::Slow,
        FaultKind::Pool,
        FaultKind::LockStorm,
        FaultKind::DiskFull,
        FaultKind::ReadOnly,
        FaultKind::ClockJump,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::KillBot => "kill-bot",
            FaultKind::KillServer => "kill-server",
            FaultKind::Reset => "reset",
            FaultKind::CommitAnswer => "commit-answer",
            FaultKind::Stall => "stall",
            FaultKind::Slow => "slow",
            FaultKind::Pool => "pool",
            FaultKind::LockStorm => "lock-storm",
            FaultKind::DiskFull => "disk-full",
            FaultKind::ReadOnly => "read-only",
            FaultKind::ClockJump => "clock-jump",
        }
    }

    /// What it hits.
    #[must_use]
    pub fn lane(self) -> Lane {
        match self {
            FaultKind::KillBot | FaultKind::ClockJump | FaultKind::Pool => Lane::Bots,
            FaultKind::Reset | FaultKind::CommitAnswer | FaultKind::Stall | FaultKind::Slow => {
                Lane::Network
            }
            FaultKind::KillServer
            | FaultKind::ReadOnly
            | FaultKind::DiskFull
            | FaultKind::LockStorm => Lane::Server,
        }
    }

    /// Reads `all`, `none`, or names with commas.
    ///
    /// # Errors
    /// A word that is no fault.
    pub fn list(text: &str) -> Result<Vec<FaultKind>, String> {
        match text {
            "all" => Ok(FaultKind::ALL.to_vec()),
            "none" => Ok(Vec::new()),
            names => names.split(',').map(str::parse).collect(),
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for FaultKind {
    type Err = String;

    fn from_str(text: &str) -> Result<FaultKind, String> {
        FaultKind::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| {
                let names = FaultKind::ALL.map(FaultKind::name);
                format!("{text:?} is none of all, none, {}", names.join(", "))
            })
    }
}

/// One fault of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    /// Rest before it, in milliseconds.
    pub pause_ms: u64,
    /// What happens.
    pub kind: FaultKind,
    /// For how long, in milliseconds, where it lasts.
    pub lasts_ms: u64,
    /// What else is left to chance.
    pub chance: u64,
}

/// The faults of one lane, after each other; more than fit into the time.
#[must_use]
pub(crate) fn plan(seed: u64, lane: Lane, faults: &[FaultKind], seconds: u64) -> Vec<Planned> {
    let kinds: Vec<FaultKind> = faults
        .iter()
        .copied()
        .filter(|kind| kind.lane() == lane)
        .collect();
    let mut random = Random::stream(seed, 1_000_000 + lane as u64);
    // In a short run everything is short, so that each kind has its turn.
    let scale = seconds.clamp(4, 30);
    let span = |random: &mut Random, least: u64, most: u64| {
        (least + random.below(most - least)) * scale / 30
    };
    let mut planned = Vec::new();
    while !kinds.is_empty() && planned.len() < 2_000 {
        let mut round = kinds.clone();
        while !round.is_empty() {
            let length = u64::try_from(round.len()).unwrap_or(1);
            let place = usize::try_from(random.below(length)).unwrap_or(0);
            let kind = round.swap_remove(place);
            let pause_ms = match kind {
                // Bots are many: one of them is hit often.
                _ if lane == Lane::Bots => span(&mut random, 100, 900),
                _ => span(&mut random, 300, 1_800),
            };
            let lasts_ms = match kind {
                FaultKind::Stall => span(&mut random, 200, 4_000),
                FaultKind::DiskFull | FaultKind::ReadOnly => span(&mut random, 500, 2_500),
                FaultKind::LockStorm => span(&mut random, 1_500, 4_000),
                FaultKind::KillServer => span(&mut random, 1, 1_500),
                FaultKind::Pool => span(&mut random, 900, 2_000),
                _ => span(&mut random, 500, 2_500),
            };
            planned.push(Planned {
                pause_ms,
                kind,
                lasts_ms,
                chance: random.next_u64(),
            });
        }
    }
    planned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_faults_are_read() {
        assert_eq!(FaultKind::list("all").unwrap().len(), 11);
        assert_eq!(FaultKind::list("none").unwrap(), []);
        assert_eq!(
            FaultKind::list("reset,kill-bot").unwrap(),
            [FaultKind::Reset, FaultKind::KillBot]
        );
        let error = FaultKind::list("reset,rest").unwrap_err();
        assert!(
            error.contains("\"rest\"") && error.contains("kill-server"),
            "{error}"
        );
    }

    #[test]
    fn a_plan_comes_from_its_seed_and_has_every_kind() {
        let all = FaultKind::ALL;
        for lane in [Lane::Bots, Lane::Network, Lane::Server] {
            let one = plan(7, lane, &all, 60);
            assert_eq!(one, plan(7, lane, &all, 60));
            assert_ne!(one, plan(8, lane, &all, 60));
            for kind in all.iter().filter(|kind| kind.lane() == lane) {
                assert!(
                    one[..4].iter().any(|planned| planned.kind == *kind),
                    "{kind}"
                );
            }
        }
        assert_eq!(plan(7, Lane::Server, &[FaultKind::Reset], 60), []);
    }
}
