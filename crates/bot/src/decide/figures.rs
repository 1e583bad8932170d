//! What decisions are told about products, positions and their history: plain values, wherever they come from.

use std::collections::BTreeMap;

use cbtrade_core::Decimal;
use cbtrade_indicators::Interval;
use cbtrade_strategy::{Kind, Strategy};

/// Live, on paper, and both together: `L`, `T` and `A` of the performance tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ByClass<T> {
    /// Live (`L`).
    pub live: T,
    /// On paper (`T`).
    pub test: T,
    /// Both (`A`).
    pub all: T,
}

/// How a product, or a strategy on a product, has traded, in one class. Rates come as they are: the database computes them,
/// by holding time (B-43) or by the former formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Performance {
    /// `tot_cnt`.
    pub total_cnt: i64,
    /// `tot_open_cnt`.
    pub open_cnt: i64,
    /// `tot_close_cnt`.
    pub close_cnt: i64,
    /// `gain_loss_amt`.
    pub gain_amt: Decimal,
    /// `gain_loss_pct`.
    pub gain_pct: Decimal,
    /// `gain_loss_pct_hr`.
    pub gain_pct_hour: Decimal,
    /// `gain_loss_pct_day`.
    pub gain_pct_day: Decimal,
    /// `gain_loss_close_pct_day`.
    pub gain_close_pct_day: Decimal,
    /// Minutes since `last_buy_unix` (or `last_buy_strat_unix`); none where there was no buy yet.
    pub minutes_since_buy: Option<i64>,
}

/// A strategy on candles of one length: what is evaluated, one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Combination {
    /// The strategy.
    pub strategy: Strategy,
    /// The length of the candles.
    pub interval: Interval,
}

/// The performance of all combinations of a product; those that never traded need not be in it.
pub type StrategyPerformances = BTreeMap<Combination, ByClass<Performance>>;

/// A product as the exchange lists it (`mkts`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Product {
    /// `prod_id`.
    pub prod_id: String,
    /// `base_curr_symb`.
    pub base: String,
    /// `mkt_status_tf` is `online`.
    pub is_online: bool,
    /// `mkt_view_only_tf`.
    pub is_view_only: bool,
    /// `mkt_is_disabled_tf`.
    pub is_disabled: bool,
    /// `mkt_cancel_only_tf`.
    pub is_cancel_only: bool,
    /// `mkt_limit_only_tf`.
    pub is_limit_only: bool,
    /// `mkt_post_only_tf`.
    pub is_post_only: bool,
    /// `mkt_trading_disabled_tf`.
    pub is_trading_disabled: bool,
    /// `mkt_auction_mode_tf`.
    pub is_auction: bool,
    /// `ignore_tf`.
    pub is_ignored: bool,
    /// `mkt_watched_tf`.
    pub is_watched: bool,
    /// `prc_pct_chg_24h`.
    pub price_change_pct: Option<Decimal>,
    /// `vol_quote_24h`.
    pub volume_quote: Option<Decimal>,
    /// `vol_pct_chg_24h`.
    pub volume_change_pct: Option<Decimal>,
    /// Sizes.
    pub sizes: Sizes,
}

/// In which sizes a product is traded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sizes {
    /// `base_size_incr`: sizes of sales are multiples of it.
    pub base_step: Decimal,
    /// `base_size_min`.
    pub base_min: Decimal,
    /// `base_size_max`; 0 is no limit.
    pub base_max: Decimal,
    /// `quote_size_incr`: sizes of buys are multiples of it.
    pub quote_step: Decimal,
    /// `quote_size_min`.
    pub quote_min: Decimal,
    /// `quote_size_max`; 0 is no limit.
    pub quote_max: Decimal,
}

/// What an open live position has cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spending {
    /// The product.
    pub prod_id: String,
    /// `buy_strat_type`.
    pub kind: Kind,
    /// `tot_out_cnt`.
    pub spent_amt: Decimal,
    /// `ignore_tf`: it counts for its product, not for the market.
    pub is_ignored: bool,
}
