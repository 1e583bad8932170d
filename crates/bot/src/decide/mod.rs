//! Every decision of a bot, as pure functions of plain values.
//!
//! In the order of a round: [`select_pairs`] says which pairs are looked at, [`Budget::of`] what may be spent, [`buy_pass`]
//! whether and how much each strategy's signal buys, [`decide_sell`] whether a position is sold and why, [`sale_size`] how much
//! of it, [`open_position`] and [`close_position`] what its columns are. Each outcome carries its reasons with the numbers they
//! were judged on. Nothing here reads a clock, a database or a file: live, on paper and in a backtest it is the same code.

mod amount;
mod block;
mod budget;
mod buy;
mod denial;
mod exits;
mod figures;
mod pairs;
mod pass;
mod position;
mod price;
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
pub(crate) use exits::give_back;
pub use figures::{
    ByClass, Combination, Performance, Product, Sizes, Spending, StrategyPerformances,
};
pub use pairs::{Hindrance, Pair, PairsInput, Source, select_pairs};
pub use pass::{BuyPass, BuyRound, Judged, buy_pass, combinations};
pub use position::{
    BuyFill, Closing, FEE_RATE, Figures, Holding, SellFill, close_position, open_position,
    paper_buy, paper_sell, refresh, slippage_pct, split_sale,
};
pub use price::{depth_amount, depth_price, spread_pct};
pub use sale::{SaleSize, sale_size};
pub use sell::{
    ExitName, Position, SellAction, SellInput, SellOutcome, SellTest, StrategyExit, View,
    decide_sell, decide_sell_silently,
};
pub use size::{Cap, Fit, Room, TargetSize, fit, rooms, target_size};
pub use step::{AuditRow, BuyStep, BuyTest, Comparison, Effect};
