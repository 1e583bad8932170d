//! What a backtest can fail with.

use std::path::PathBuf;

use cbtrade_bot::decide::DecideError;
use cbtrade_bot::frames::FramesError;
use cbtrade_bot::settings::SettingsError;
use cbtrade_database::Error as DatabaseError;

use crate::feed::Place;

/// A backtest cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// A candle file cannot be read.
    #[error("candle file {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A candle file begins with another header.
    #[error(
        "candle file {} does not begin with the line `{}`, but with `{found}`",
        path.display(),
        crate::csv::HEADER
    )]
    Header {
        /// The file.
        path: PathBuf,
        /// What stands there.
        found: String,
    },
    /// A line of a candle file is no candle.
    #[error("{place}: {what}; mend the line or take it out")]
    Line {
        /// File and line.
        place: Place,
        /// What is wrong.
        what: String,
    },
    /// Candles of another length.
    #[error(
        "candle file {} has candles {seconds} s apart; a replay takes minutes, or candles of five minutes",
        path.display()
    )]
    Length {
        /// The file.
        path: PathBuf,
        /// How far apart its candles are.
        seconds: i64,
    },
    /// A minute comes after later ones.
    #[error("{place}: {start} comes after {last}; put the candles in order of time, oldest first")]
    OutOfOrder {
        /// Where.
        place: Place,
        /// When it begins.
        start: String,
        /// When the one before begins.
        last: String,
    },
    /// A minute is there twice, and not the same.
    #[error(
        "{place}: {start} is there a second time with other numbers; which one counts would be chance"
    )]
    Doubled {
        /// Where.
        place: Place,
        /// When it begins.
        start: String,
    },
    /// A minute that cannot be.
    #[error("{place}: the candle of {start} cannot be used: {fault}")]
    BadMinute {
        /// Where.
        place: Place,
        /// When it begins.
        start: String,
        /// What is wrong.
        fault: &'static str,
    },
    /// A product that is none.
    #[error("`{0}` is no product such as BTC-USDC")]
    Product(String),
    /// Settings that cannot be used.
    #[error("the settings cannot be used")]
    Settings(#[source] Box<SettingsError>),
    /// Nothing to replay at all.
    #[error("there is no candle to replay in {place}")]
    NoCandle {
        /// Where there is none.
        place: String,
    },
    /// Nothing to replay in the period.
    #[error(
        "there is no candle in the period from {from} to {to}; the candles reach from {first} to {last}"
    )]
    Empty {
        /// The period's beginning.
        from: String,
        /// Its end.
        to: String,
        /// The first candle.
        first: String,
        /// The last candle.
        last: String,
    },
    /// A cost that cannot be.
    #[error("{name} of {value} % cannot be: {wanted}")]
    Cost {
        /// Which.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        wanted: &'static str,
    },
    /// A number leaves its range.
    #[error("{what} cannot be computed: a number is too large; are the candles' prices right?")]
    OutOfRange {
        /// The figure.
        what: &'static str,
    },
    /// The frames refuse a minute.
    #[error("the frames cannot take the minutes in")]
    Frames(#[from] FramesError),
    /// A decision cannot be taken.
    #[error("a decision cannot be taken at {at}")]
    Decision {
        /// The simulated time.
        at: String,
        /// Why.
        #[source]
        source: DecideError,
    },
    /// The candle database.
    #[error("candles cannot be read from the database")]
    Database(#[from] Box<DatabaseError>),
    /// The report cannot be written as JSON.
    #[error("the report cannot be made into JSON")]
    Json(#[from] serde_json::Error),
}
