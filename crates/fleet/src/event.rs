//! What happens in the fleet, for a log and for people.

use std::fmt;
use std::time::Duration;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The supervisor has begun.
    Begun {
        /// Bots that it looks after.
        bots: usize,
    },
    /// A process of a former supervisor, or one that somebody started by hand, is asked to end.
    Stranger {
        /// The bot's name.
        name: String,
        /// The process.
        pid: i32,
    },
    /// A process holds a bot's seat and does not say its number, so it cannot be ended.
    Nameless {
        /// The bot's name.
        name: String,
    },
    /// A bot was started.
    Started {
        /// The bot.
        name: String,
        /// Its process.
        pid: i32,
    },
    /// A bot gave its first sign of life.
    Alive {
        /// The bot.
        name: String,
    },
    /// A bot gave no sign of life for too long and is killed.
    Silent {
        /// The bot.
        name: String,
        /// How long, in seconds.
        seconds: u64,
    },
    /// A bot did not end in time and is killed.
    Slow {
        /// The bot.
        name: String,
    },
    /// A bot ended.
    Ended {
        /// The bot.
        name: String,
        /// How.
        how: String,
        /// When it starts again; `None` when it does not by itself.
        again_after: Option<Duration>,
    },
    /// A bot ended too often and is held.
    Held {
        /// The bot.
        name: String,
        /// How often it ended.
        ends: usize,
        /// Within how many minutes.
        minutes: u64,
    },
    /// Something that was asked of the supervisor, or that it tried, did not work.
    Problem {
        /// What, and why.
        what: String,
    },
    /// Nothing can be written in the fleet's folder.
    Unwritable {
        /// Why.
        why: String,
    },
    /// It can be written again.
    Writable,
    /// A restart was asked for.
    Restart {
        /// Of which bot; of all where it is absent.
        name: Option<String>,
    },
    /// The supervisor was asked to end.
    Ending,
    /// All bots have ended.
    Done,
}

impl fmt::Display for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Begun { bots } => write!(formatter, "the supervisor begins, with {bots} bots"),
            Event::Stranger { name, pid } => write!(
                formatter,
                "{name}: process {pid} is left from before; it is asked to end first"
            ),
            Event::Nameless { name } => write!(
                formatter,
                "{name}: a process that does not say its number holds the seat; waiting for it to end"
            ),
            Event::Started { name, pid } => write!(formatter, "{name}: started, process {pid}"),
            Event::Alive { name } => write!(formatter, "{name}: lives"),
            Event::Silent { name, seconds } => write!(
                formatter,
                "{name}: no sign of life for {seconds} s; killed, and started again"
            ),
            Event::Slow { name } => write!(formatter, "{name}: has not ended in time; killed"),
            Event::Ended {
                name,
                how,
                again_after: Some(after),
            } => write!(
                formatter,
                "{name}: {how}; starts again in {:.1} s",
                after.as_secs_f64()
            ),
            Event::Ended { name, how, .. } => write!(formatter, "{name}: {how}"),
            Event::Held {
                name,
                ends,
                minutes,
            } => write!(
                formatter,
                "{name}: HELD, it ended {ends} times within {minutes} minutes; look at its log, then: cbtrade fleet restart {name}"
            ),
            Event::Problem { what } => write!(formatter, "problem: {what}"),
            Event::Unwritable { why } => write!(
                formatter,
                "{why}; bots that give no sign of life are left alone until it can be written again"
            ),
            Event::Writable => formatter.write_str("the fleet's folder can be written again"),
            Event::Restart { name: Some(name) } => write!(formatter, "{name}: restart asked for"),
            Event::Restart { name: None } => {
                formatter.write_str("restart of all bots asked for; fleet.toml is read anew")
            }
            Event::Ending => formatter.write_str("asked to end: the bots end first"),
            Event::Done => formatter.write_str("all bots have ended"),
        }
    }
}
