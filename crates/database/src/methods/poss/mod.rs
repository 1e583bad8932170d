//! Positions: what the original layer asks `poss` and writes to it.

mod check;
mod elapsed;
mod get;
mod overview;
mod pairs;
mod spent;
mod write;

pub use check::{PositionCheck, SellOrderCheck};
pub use elapsed::Elapsed;
pub use get::{AgedPosition, OpenPositions, PositionAge};
pub use overview::Overview;
pub(crate) use overview::outcomes;
pub use pairs::{TradedProduct, TradedStrategy};
pub use spent::{
    BotSpent, OpenTradeAmount, PairKey, PairSpent, PairStrategyFreqKey, PairStrategyFreqSpent,
    PairStrategyKey, PairStrategySpent, QuoteKey, Spent,
};

use crate::conditions::Conditions;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::Call;

/// States of a position that is still held, or on its way out.
pub(crate) const OPEN_STATES: &[&str] = &["OPEN", "SELL"];
/// States of a position that is over.
pub(crate) const CLOSED_STATES: &[&str] = &["CLOSE", "ERR"];

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "poss",
    }
}

/// Positions in some states.
pub(crate) fn in_states(dialect: Dialect, states: &[&str]) -> Conditions {
    Conditions::new(dialect).fixed(dialect.text_in("pos_stat", states))
}

impl Database {
    /// Positions that nobody has set aside.
    pub(crate) fn regarded(&self) -> Conditions {
        Conditions::new(self.dialect()).fixed("ignore_tf = 0")
    }
}
