//! Years of minutes replayed through a bot's own decisions.
//!
//! [`BacktestSettings`] says what is replayed: a product, the operator's settings, cash, costs, a period. [`CsvMinutes`] and
//! [`StoredMinutes`] give minutes one after another; [`Feed`] refuses what is out of order. [`Replay`] takes each minute in: it
//! fills what was ordered before, lets the six frames form, asks the very functions that a live bot asks
//! ([`buy_pass`](cbtrade_bot::decide::buy_pass), [`decide_sell_silently`](cbtrade_bot::decide::decide_sell_silently)) on a simulated clock, and
//! keeps the books in a [`Ledger`]. In the end there is a [`Report`]: as text, as JSON, as one page.
//!
//! Nothing is decided here. What is here is what a venue, a clock and a database are to a live bot, in memory that does not grow
//! with the length of the replay.

mod book;
#[cfg(test)]
mod book_against_database;
mod costs;
mod csv;
mod curve;
mod error;
mod feed;
mod ledger;
mod page;
mod record;
mod replay;
mod report;
mod settings;
mod statistics;
mod stored;
mod svg;
mod tally;
mod text;

pub use book::Book;
pub use costs::{Costs, Quotes};
pub use csv::CsvMinutes;
pub use curve::{Curve, POINTS_MAX, Point};
pub use error::BacktestError;
pub use feed::{Feed, FeedFigures, Length, Minute, Place};
pub use ledger::{Ledger, Open, Trade};
pub use page::page;
pub use replay::{Moment, Replay, TRADES_KEPT};
pub use report::{
    BuyAndHold, CombinationReport, Count, Denial, ExitReport, FrameReport, OpenReport, Report,
    ResultReport, TallyReport, Terms,
};
pub use settings::{BacktestSettings, example_market, plain_product};
pub use statistics::{DailyReturns, Drawdown};
pub use stored::{StoredMinutes, stored_product};
pub use tally::Tally;
pub use text::summary;
