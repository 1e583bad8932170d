//! What can go wrong, and where in a conversation it did.

use std::fmt;
use std::time::Duration;

/// Which way packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// When a fault happens, counted from when it was armed, over all connections of the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// After exactly this many bytes: a cut then splits a packet.
    Bytes(u64),
    /// After this many whole packets; 0 is the very next one.
    Packets(u64),
    /// At the first packet that contains these bytes, such as `COMMIT`.
    Containing(Vec<u8>),
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The connection is closed on both sides; the packet is not passed on (but for its bytes before
    /// [`After::Bytes`]).
    Cut,
    /// The packet is passed on, and the connection is closed instead of passing the other side's answer on: the
    /// client never learns the outcome.
    CutAnswer,
    /// Nothing passes any more on any connection, until [`crate::FaultProxy::resume`].
    Stall,
    /// The packet is passed on after this time, even if its sender has gone in the meantime.
    Delay(Duration),
}

/// A fault to happen once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Of packets that go this way.
    pub direction: Direction,
    /// When.
    pub after: After,
    /// What.
    pub action: Action,
}

/// What happens by chance, to every packet anew. Chances are in a million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// A packet is not passed on and its connection is cut.
    pub cut_in_million: u32,
    /// A packet with COMMIT is not passed on and its connection is cut.
    pub cut_commit_in_million: u32,
    /// A packet with COMMIT is passed on, and its answer is not.
    pub cut_commit_answer_in_million: u32,
    /// A packet is held for [`Weather::hold`].
    pub hold_in_million: u32,
    /// For how long.
    pub hold: Duration,
    /// Every packet is delayed by up to this time.
    pub delay_max: Duration,
}

/// Which part of a conversation a packet belongs to: the command that the client sent last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Greeting and login.
    Connecting,
    /// START TRANSACTION.
    Begin,
    /// Any other statement, or its preparation.
    Statement,
    /// COMMIT, alone or at the end of other statements.
    Commit,
    /// ROLLBACK.
    Rollback,
}

/// Where a fault happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// In which part of the conversation.
    pub stage: Stage,
    /// Whose packet was hit.
    pub direction: Direction,
}

impl fmt::Display for Spot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Connecting => "login",
            Stage::Begin => "begin",
            Stage::Statement => "statement",
            Stage::Commit => "commit",
            Stage::Rollback => "rollback",
        };
        match self.direction {
            Direction::ToServer => formatter.write_str(stage),
            Direction::ToClient => write!(formatter, "answer to {stage}"),
        }
    }
}

/// What a fault did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Happened {
    /// A packet was kept back and its connection closed.
    Cut,
    /// A packet arrived and its answer did not.
    CutAnswer,
    /// A packet was held, alone or with all others.
    Held,
}
