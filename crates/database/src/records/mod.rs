//! The rows of the tables. A test holds every list of columns against the catalogue.

mod candle;
mod market;
mod order;
mod order_life;
mod performance;
mod position;
mod signal;
mod wallet;

pub use candle::Candle;
pub use market::{Market, MarketCheck};
pub use order::{BuyOrder, Order, SellOrder};
pub use order_life::{
    BotStatus, FillRow, Intent, IntentState, Side, StopLevel, StopRecord, VenueKind, VenueMark,
};
pub use performance::{StrategyPerformance, TradePerformance};
pub use position::Position;
pub use signal::{BuyDecision, BuySignal, BuyStrategy};
pub use wallet::{Balance, Currency};

/// The tables' columns, as typed names for changes: `columns::poss::pos_stat`.
pub mod columns {
    pub use super::candle::ohlcv;
    pub use super::market::{mkt_checks, mkts};
    pub use super::order::{buy_ords, ords, sell_ords};
    pub use super::performance::{trade_perfs, trade_strat_perfs};
    pub use super::position::poss;
    pub use super::signal::{buy_decisions, buy_signals, buy_strats};
    pub use super::wallet::{bals, currs};
}
