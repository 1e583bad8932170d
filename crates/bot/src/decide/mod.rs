//! Every decision of a bot, as pure functions of plain values.
//!
//! In the order of a round: [`Budget`] says what may be spent, [`decide_buy`] whether and how much a strategy's signal buys,
//! [`decide_sell`] whether a position is sold and why. Each outcome carries its reasons with the numbers they were judged on.

mod amount;
mod block;
mod budget;
mod buy;
mod denial;
mod exits;
mod figures;
mod position;
mod sale;
mod sell;
mod size;
mod step;

pub use amount::DecideError;
pub use block::{Block, Force, Veto};
pub use budget::{BOOST_PCT_DAY_MIN, Budget, PairCaps, Spent, Wallet};
pub use buy::{
    BuyAction, BuyInput, BuyOutcome, OpenCounts, OpenLimits, ProductFacts, Standing, decide_buy,
};
pub use figures::{
    ByClass, Combination, Performance, Product, Sizes, Spending, StrategyPerformances,
};
pub use position::{
    BuyFill, Closing, FEE_RATE, Figures, Holding, SellFill, close_position, open_position,
    paper_buy, paper_sell, refresh, slippage_pct,
};
pub use sale::{SaleSize, sale_size};
pub use sell::{
    ExitName, Position, SellAction, SellInput, SellOutcome, SellTest, StrategyExit, View,
    decide_sell,
};
pub use size::{Cap, Fit, Room, TargetSize, fit, rooms, target_size};
pub use step::{AuditRow, BuyStep, BuyTest, Comparison, Effect};
