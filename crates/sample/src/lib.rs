//! A legacy CBTrade installation, made from a seed: the trading database and its candle files as
//! the bots of the SQLite era would have left them when they were killed.
//!
//! The history is consistent. Prices follow a random walk, candles of all lengths come from the
//! same walk, every position has its buy order and, once closed, its sell order, and the figures
//! are what CBTrade's formulas give in the floating point arithmetic that its Python bots used,
//! with the noise that comes with it. The last hours are committed but only in the `-wal` files.
//! On request some rows carry the oddities that such files are known for ([`FaultKind`]).
//!
//! The same options give the same rows on every machine. Memory does not grow with the rows.

mod candle;
mod coin;
mod decision;
mod error;
mod fault;
mod history;
mod ledger;
mod market;
mod options;
mod order;
mod performance;
mod position;
mod report;
mod store;
mod strategy;
mod summary;
mod trader;

pub use error::Error;
pub use history::make_sample;
pub use options::SampleOptions;
pub use report::{FaultKind, SampleFault, SampleReport, TableRows};
