//! The result of a replay, as data.

use cbtrade_core::{Decimal, Timestamp};
use serde::{Serialize, Serializer};

use crate::curve::Point;
use crate::feed::FeedFigures;
use crate::ledger::Trade;
use crate::tally::Tally;

/// An exact number as text, so that no reader makes a binary fraction of it.
pub(crate) fn amount<S: Serializer>(number: &Decimal, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(number)
}

fn some_amount<S: Serializer>(number: &Option<Decimal>, out: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => out.collect_str(number),
        None => out.serialize_none(),
    }
}

/// A moment as RFC 3339 has it.
pub(crate) fn moment_text<S: Serializer>(moment: &Timestamp, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&moment.to_rfc3339())
}

/// Everything that a replay has found out. Amounts are in the quote currency and percentages in percent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The product.
    pub prod_id: String,
    /// When the first minute of the period begins.
    #[serde(serialize_with = "moment_text")]
    pub from: Timestamp,
    /// When the last minute ends.
    #[serde(serialize_with = "moment_text")]
    pub to: Timestamp,
    /// What was replayed, and how.
    pub terms: Terms,
    /// What was noticed of the candles.
    pub candles: FeedFigures,
    /// The frames.
    pub frames: Vec<FrameReport>,
    /// What came of it.
    pub result: ResultReport,
    /// Live trades.
    pub live: TallyReport,
    /// Paper trades: by these strategies qualify. They move no money.
    pub paper: TallyReport,
    /// The same by strategy and length of candles, in the strategies' order.
    pub strategies: Vec<CombinationReport>,
    /// Trades by what sold them.
    pub exits: Vec<ExitReport>,
    /// Why signals became paper buys or no buys; a signal that lasts is judged in every minute, and counted in each.
    pub denials: Vec<Denial>,
    /// Why positions were held though an exit fired, counted in every minute.
    pub held: Vec<Count>,
    /// Orders that could not be placed.
    pub not_placed: Vec<Count>,
    /// Positions that were open at the end, live ones first.
    pub open: Vec<OpenReport>,
    /// The newest closed trades, oldest first.
    pub trades: Vec<Trade>,
    /// Older closed trades, which are in all sums but not in the list.
    pub trades_left_out: u64,
    /// Price and equity over time.
    pub curve: Vec<Point>,
    /// Minutes that a point of the curve stands for.
    pub minutes_per_point: u64,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// What was replayed, and how.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Terms {
    /// The length of the candles.
    pub candles: &'static str,
    /// What there was at the beginning.
    #[serde(serialize_with = "amount")]
    pub cash: Decimal,
    /// The taker's fee.
    #[serde(serialize_with = "amount")]
    pub fee_pct: Decimal,
    /// Between buy and sell price.
    #[serde(serialize_with = "amount")]
    pub spread_pct: Decimal,
    /// Beyond the best price.
    #[serde(serialize_with = "amount")]
    pub slippage_pct: Decimal,
    /// Whether strategies counted as qualified from the beginning.
    pub is_qualified: bool,
    /// The strategies that could buy.
    pub strategies: Vec<&'static str>,
    /// The lengths of candles that they could buy on.
    pub intervals: Vec<&'static str>,
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FrameReport {
    /// The length of its candles.
    pub interval: &'static str,
    /// Candles that it had at the period's beginning.
    pub candles_at_first: usize,
    /// Candles that it had in the end.
    pub candles_at_last: usize,
    /// Candles that the strategies that could buy on it need, those that need least and those that need most; none where none could.
    pub candles_needed: Option<(usize, usize)>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResultReport {
    /// Minutes of the period.
    pub minutes: u64,
    /// Minutes before it, which filled the frames.
    pub warm_up_minutes: u64,
    /// Cash, and coins at the price a sale brings, in the end.
    #[serde(serialize_with = "amount")]
    pub equity: Decimal,
    /// Cash in the end.
    #[serde(serialize_with = "amount")]
    pub cash: Decimal,
    /// Coins in the end: of open positions, and kept of closed ones.
    #[serde(serialize_with = "amount")]
    pub coins: Decimal,
    /// What the equity has gained.
    #[serde(serialize_with = "amount")]
    pub gain_amt: Decimal,
    /// The same, of the cash at the beginning.
    #[serde(serialize_with = "amount")]
    pub return_pct: Decimal,
    /// The deepest fall of the equity from a peak, of the peak.
    #[serde(serialize_with = "amount")]
    pub drawdown_max_pct: Decimal,
    /// The same in money.
    #[serde(serialize_with = "amount")]
    pub drawdown_max_amt: Decimal,
    /// When the peak was.
    #[serde(serialize_with = "moment_text")]
    pub drawdown_from: Timestamp,
    /// When it was deepest.
    #[serde(serialize_with = "moment_text")]
    pub drawdown_at: Timestamp,
    /// Mean by deviation of the equity's daily returns (UTC), times the root of 365; none where it cannot be said.
    pub sharpe: Option<f64>,
    /// Days of these returns.
    pub days: u64,
    /// Fees of all live fills.
    #[serde(serialize_with = "amount")]
    pub fee_amt: Decimal,
    /// Minutes with a live position, of all.
    #[serde(serialize_with = "some_amount")]
    pub in_market_pct: Option<Decimal>,
    /// The part of the equity that was in coins, on average.
    #[serde(serialize_with = "some_amount")]
    pub invested_pct: Option<Decimal>,
    /// What open live positions have gained so far.
    #[serde(serialize_with = "amount")]
    pub open_gain_amt: Decimal,
    /// Strategies asked, one by one, in all minutes.
    pub asked: u64,
    /// Those of them that had too few candles to be judged.
    pub asked_too_short: u64,
    /// Signals to buy.
    pub signals: u64,
    /// Had everything been bought at the beginning and held.
    pub buy_and_hold: BuyAndHold,
}

/// Everything bought at the first price of the period, with the same costs, and held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuyAndHold {
    /// What it is worth in the end.
    #[serde(serialize_with = "amount")]
    pub equity: Decimal,
    /// What it has gained.
    #[serde(serialize_with = "amount")]
    pub return_pct: Decimal,
    /// Its deepest fall from a peak.
    #[serde(serialize_with = "amount")]
    pub drawdown_max_pct: Decimal,
}

/// Closed trades together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TallyReport {
    /// Trades.
    pub trades: u64,
    /// With a gain.
    pub wins: u64,
    /// With a loss.
    pub losses: u64,
    /// Winners of a hundred.
    #[serde(serialize_with = "some_amount")]
    pub win_rate_pct: Option<Decimal>,
    /// Won less lost.
    #[serde(serialize_with = "amount")]
    pub gain_amt: Decimal,
    /// The same, of what was spent.
    #[serde(serialize_with = "some_amount")]
    pub gain_pct: Option<Decimal>,
    /// Won by the winners.
    #[serde(serialize_with = "amount")]
    pub won_amt: Decimal,
    /// Lost by the losers, above zero.
    #[serde(serialize_with = "amount")]
    pub lost_amt: Decimal,
    /// Won by lost; none where nothing was lost.
    #[serde(serialize_with = "some_amount")]
    pub profit_factor: Option<Decimal>,
    /// Fees of both sides.
    #[serde(serialize_with = "amount")]
    pub fee_amt: Decimal,
    /// Minutes for which one was held on average.
    pub minutes_mean: Option<i64>,
}

impl From<&Tally> for TallyReport {
    fn from(tally: &Tally) -> Self {
        Self {
            trades: tally.count,
            wins: tally.win_count,
            losses: tally.loss_count,
            win_rate_pct: tally.win_rate_pct(),
            gain_amt: tally.gain_amt(),
            gain_pct: tally.gain_pct(),
            won_amt: tally.won_amt,
            lost_amt: tally.lost_amt,
            profit_factor: tally.profit_factor(),
            fee_amt: tally.fee_amt,
            minutes_mean: tally.minutes_mean(),
        }
    }
}

/// A strategy on candles of one length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CombinationReport {
    /// The strategy.
    pub strategy: &'static str,
    /// The length of the candles.
    pub interval: &'static str,
    /// Signals to buy.
    pub signals: u64,
    /// Live buys that were filled.
    pub live_buys: u64,
    /// Paper buys.
    pub paper_buys: u64,
    /// Closed live trades.
    pub live: TallyReport,
    /// Closed paper trades.
    pub paper: TallyReport,
}

/// Trades that one exit has sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExitReport {
    /// The exit.
    pub exit: &'static str,
    /// Live trades.
    pub live: TallyReport,
    /// Paper trades.
    pub paper: TallyReport,
}

/// Why signals became something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Denial {
    /// The test, as it is named in the table of decisions.
    pub test: &'static str,
    /// In words.
    pub words: &'static str,
    /// `paper` or `denied`.
    pub effect: &'static str,
    /// How often.
    pub count: u64,
}

/// How often something was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// What.
    pub what: String,
    /// How often.
    pub count: u64,
}

/// A position that was open at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenReport {
    /// Its number.
    pub pos_id: i64,
    /// Whether it is on paper.
    pub is_test: bool,
    /// The strategy that bought it.
    pub strategy: &'static str,
    /// On candles of this length.
    pub interval: &'static str,
    /// When it was filled.
    #[serde(serialize_with = "moment_text")]
    pub begun: Timestamp,
    /// The price bought at, without fees.
    #[serde(serialize_with = "amount")]
    pub prc_buy: Decimal,
    /// Coins held.
    #[serde(serialize_with = "amount")]
    pub base_cnt: Decimal,
    /// What it has cost.
    #[serde(serialize_with = "amount")]
    pub spent_amt: Decimal,
    /// What it has gained so far.
    #[serde(serialize_with = "amount")]
    pub gain_amt: Decimal,
    /// The same, of what it has cost.
    #[serde(serialize_with = "amount")]
    pub gain_pct: Decimal,
}

impl Report {
    /// The whole report as JSON.
    ///
    /// # Errors
    ///
    /// None in practice: every part has a form in JSON.
    pub fn to_json(&self) -> Result<serde_json::Value, crate::error::BacktestError> {
        Ok(serde_json::to_value(self)?)
    }
}
