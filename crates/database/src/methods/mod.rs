//! The methods, one module per table or report, with the names that bots know.

mod filter;
mod performance;
mod poss;
mod read;
mod reports;
mod select;
mod trade_perfs;
mod trade_strat_perfs;

pub use filter::{ProductFilter, TradeFilter};
pub use poss::{
    AgedPosition, BotSpent, Elapsed, OpenPositions, OpenTradeAmount, Overview, PairKey, PairSpent,
    PairStrategyFreqKey, PairStrategyFreqSpent, PairStrategyKey, PairStrategySpent, PositionAge,
    PositionCheck, QuoteKey, SellCheck, Spent, TradedProduct, TradedStrategy,
};
pub use read::{SellDoubleCheck, SellOrderProblem};
pub use reports::{ClosedDay, StrategyCount, StrategyResult};
