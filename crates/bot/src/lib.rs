//! One trading bot: select, decide, order, follow, close.
//!
//! [`settings`] reads the operator's files. [`frames`] puts candles together. [`decide`] holds every decision as pure
//! functions of plain values: live bots, paper bots and the backtest run the very same code. [`orders`] carries a decision
//! to the venue and its outcome to the database, so that a process may die at any instant; [`reconcile`] compares both.
//! [`Bot`] goes round all pairs; `hints` says where to look sooner. [`stop`] is the emergency stop and [`beat`] the sign of life; both work with the database
//! down.

pub mod beat;
mod bot;
mod candles;
mod clock;
pub mod decide;
pub mod frames;
mod hints;
pub mod journal;
pub mod market;
pub mod moment;
pub mod orders;
mod pass;
mod performance;
mod pulse;
pub mod reconcile;
mod rounds;
pub mod settings;
pub mod stop;

pub use bot::{Bot, BotError, BotOptions, EndSwitch, Mode};
pub use clock::VenueClock;
pub use pulse::Pulse;
