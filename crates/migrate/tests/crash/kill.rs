//! Kills at random instants.

use std::collections::BTreeMap;
use std::process::Child;
use std::time::{Duration, Instant};

use cbtrade_testkit::{Random, TestServer};

use crate::child::{Work, stage_of};

/// Between two looks at the child.
const LOOK: Duration = Duration::from_micros(300);

/// When to kill: whichever is drawn, so that short stages are hit as well as long ones.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// So long after the start.
    After(Duration),
    /// So long after this stage began.
    InStage(&'static str, Duration),
}

/// What an undisturbed child did.
#[derive(Clone, Debug)]
pub(crate) struct Undisturbed {
    pub(crate) duration: Duration,
    pub(crate) stages: Vec<&'static str>,
}

impl Undisturbed {
    /// Some instant of such a run.
    pub(crate) fn moment(&self, random: &mut Random) -> Moment {
        let micros = u64::try_from(self.duration.as_micros()).unwrap();
        let delay = Duration::from_micros(random.below(micros));
        if random.chance(2) {
            return Moment::After(delay);
        }
        // Soon after the stage's beginning, on average: the square of a number below 1 is mostly small.
        let part = delay.as_secs_f64() / self.duration.as_secs_f64();
        Moment::InStage(
            self.stages[random.index(self.stages.len())],
            delay.mul_f64(part),
        )
    }
}

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Victim {
    Tool,
    Server,
}

/// How many kills hit which stage.
#[derive(Debug, Default)]
pub(crate) struct Hits(BTreeMap<(Victim, String), usize>);

impl Hits {
    pub(crate) fn total(&self) -> usize {
        self.0.values().sum()
    }

    pub(crate) fn of(&self, victim: Victim) -> usize {
        self.0
            .iter()
            .filter(|((hit, _), _)| *hit == victim)
            .map(|(_, count)| count)
            .sum()
    }

    fn note(&mut self, victim: Victim, stage: &str) {
        *self.0.entry((victim, stage.to_owned())).or_default() += 1;
    }
}

impl std::fmt::Display for Hits {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for ((victim, stage), count) in &self.0 {
            write!(out, " {victim:?}/{stage}: {count}")?;
        }
        Ok(())
    }
}

/// Waits for the moment; `false` if the child ended before it.
fn wait_for(child: &mut Child, work: &Work, moment: Moment) -> bool {
    let started = Instant::now();
    let mut in_stage: Option<Instant> = None;
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        let due = match moment {
            Moment::After(delay) => started.elapsed() >= delay,
            Moment::InStage(stage, delay) => {
                if in_stage.is_none()
                    && work
                        .events()
                        .iter()
                        .any(|line| line.strip_prefix("stage ") == Some(stage))
                {
                    in_stage = Some(Instant::now());
                }
                in_stage.is_some_and(|since| since.elapsed() >= delay)
            }
        };
        if due {
            return true;
        }
        std::thread::sleep(LOOK);
    }
}

/// Starts a child and kills it, or the server under it. Returns the child's exit code, where it was not the victim or
/// ended before the kill.
pub(crate) fn kill(
    victim: Victim,
    work: &Work,
    moment: Moment,
    server: &mut TestServer,
    hits: &mut Hits,
) -> Option<i32> {
    let password = server.root_target().password;
    let mut child = work.start(password.as_ref());
    if wait_for(&mut child, work, moment) {
        match victim {
            // SIGKILL, as kill -9 sends it.
            Victim::Tool => child.kill().unwrap(),
            Victim::Server => {
                server.kill();
                server.start();
            }
        }
        hits.note(victim, stage_of(&work.events()));
    }
    child.wait().unwrap().code()
}
