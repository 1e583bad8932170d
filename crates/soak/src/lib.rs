//! The proof under load: bots as processes, faults, and a checker that knows what was acknowledged.
//!
//! The reading order: [`history`](mod@history) is what a bot writes down; `world` the rows that are there at first; `bot`
//! one bot, in a process of its own; `state` what is in the database in the end; [`check`](fn@check) whether all of it
//! fits together. Around them: `plan` (seed to faults), `inject` (faults as they are made), `stage` (a private server,
//! somebody else's, files), `children` (the bots' processes), `watch` (nothing is left behind), `run` (all of it in order),
//! `report`, and `losses`: lost answers to COMMIT by the hundred thousand.

mod bot;
mod candles;
mod check;
mod children;
mod error;
mod history;
mod inject;
mod losses;
mod plan;
mod report;
mod run;
mod sql;
mod stage;
mod state;
mod watch;
mod world;

pub use bot::{BotError, Plant, run_bot};
pub use check::{Violation, ViolationKind, check};
pub use children::BOT_COMMAND;
pub use error::SoakError;
pub use history::{
    Answer, Asked, End, Fate, Line, Operation, OperationId, SeenAccount, SeenPosition, Side,
    operations,
};
pub use losses::{LossReport, LossSettings, lose_commits};
pub use plan::FaultKind;
pub use report::{Failure, FailureKind, KindFigures, Shares, SoakReport};
pub use run::{Progress, SoakSettings, soak};
pub use stage::SoakPlace;
pub use state::{AppendedRow, BuyOrderRow, FinalState, PositionRow, SellOrderRow};
pub use watch::{WATCH_COMMAND, run_watch};
pub use world::{
    BASES, CANDLE_SETS, CANDLES_OF_SET, COUNTERS, PRODUCTS, Product, QUOTES, World, candle_time,
    new_currency, start_balance, version_of,
};
