//! The methods, one module per table or report, with the names that bots know.

mod bals;
mod bots;
mod buy_decisions;
mod buy_ords;
mod buy_signals;
mod buy_strats;
mod cleanup;
mod currs;
mod filter;
mod intents;
mod mkt_checks;
mod mkts;
mod ohlcv;
mod ords;
mod pairs_loop;
mod performance;
mod poss;
mod raw;
mod read;
mod reports;
mod select;
mod sell_ords;
mod stops;
mod trade_perfs;
mod trade_strat_perfs;
mod venue;

pub use bals::BalanceAvailable;
pub use bots::Beat;
pub use buy_ords::{MarketSizes, OrderElapsed, OrderFilter};
pub use buy_strats::StrategyEntry;
pub use currs::STABLE_SYMBOLS;
pub use filter::{ProductFilter, TradeFilter};
pub use intents::{
    BuyLimits, IntentBegun, IntentFilter, NewIntent, OrderRow, OverLimit, PaperOrder, PaperTraded,
    Placed, PositionBusy, Settled,
};
pub use mkt_checks::{BuyCheck, LEASE_S, MarketCheckAge, SellCheck};
pub use ohlcv::{
    CANDLES_LIMIT, CANDLES_SAVED_MAX, CandleAge, CandleGap, CandleGaps, CandlePrices, Candles,
    CandlesSaved, FrequencyStart, TimeframeSummary, db_safe_string,
};
pub use pairs_loop::{LoopPair, PairsMode};
pub use poss::{
    AgedPosition, BotSpent, Elapsed, OpenPositions, OpenTradeAmount, Overview, PairKey, PairSpent,
    PairStrategyFreqKey, PairStrategyFreqSpent, PairStrategyKey, PairStrategySpent, PositionAge,
    PositionCheck, QuoteKey, SellOrderCheck, Spent, TradedProduct, TradedStrategy,
};
pub use raw::{Columns, good_value, has_val, pretty_print_sql};
pub use read::{SellDoubleCheck, SellOrderProblem};
pub use reports::{ClosedDay, StrategyCount, StrategyResult};

use crate::database::Database;
use crate::error::{Call, Error};
use crate::value::{FromValue, Value};

impl Database {
    /// The first column of a query's rows.
    async fn column<T: FromValue>(
        &self,
        call: Call,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<T>, Error> {
        self.rows(call, sql, values)
            .await?
            .into_iter()
            .map(|mut row| row.take(0).map_err(|source| Error::answer(call, source)))
            .collect()
    }

    /// The first column of a query's first row; `None` for no row.
    async fn one<T: FromValue>(
        &self,
        call: Call,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Option<T>, Error> {
        let rows = self.column(call, sql, values).await?;
        Ok(rows.into_iter().next())
    }
}
