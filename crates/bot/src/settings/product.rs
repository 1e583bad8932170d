//! The settings of one product: what the decisions about it read.

use std::collections::BTreeSet;

use cbtrade_core::Decimal;
use cbtrade_indicators::Interval;
use cbtrade_strategy::{Settings as StrategySettings, Strategy};

use super::faults::Faults;
use super::values::ByInterval;

/// Everything that is decided about one product is decided by these. Percentages are in percent: 7 means 7 %.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductSettings {
    /// The product, such as `BTC-USDC`.
    pub prod_id: String,
    /// Faults of the bots' former code to decide with: none, but in tests that hold recorded decisions against it.
    pub faults: Faults,
    /// `trade_yn`: whether anything new is bought, live or on paper.
    pub trades: bool,
    /// `trade_live_yn`: whether anything new is bought live.
    pub trades_live: bool,
    /// `paper_trades_only_yn`: every buy is a paper buy.
    pub paper_only: bool,
    /// `budget.…`, the product's part.
    pub budget: PairBudgetSettings,
    /// `buy_test_txns.…`.
    pub tests: TestSettings,
    /// `buy.…`.
    pub buy: BuySettings,
    /// `sell.…`.
    pub sell: SellSettings,
    /// `strats.…`: what the strategies' rules are run with.
    pub strategies: StrategySettings,
    /// `strats.NAME.buy.…` by strategy, in the order of [`Strategy::ALL`].
    pub strategy_buys: [StrategyBuySettings; 16],
}

/// The product's part of the budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairBudgetSettings {
    /// `budget.spend_pair_max`: at most so much of the quote currency in open live positions of the product; 0 is no limit.
    pub spend_max_amt: Decimal,
    /// `budget.spend_max_pcts.….spend_up_max_pct`: the share of the pair's amount for strategies of kind up.
    pub spend_up_max_pct: Decimal,
    /// The same for kind dn.
    pub spend_dn_max_pct: Decimal,
    /// `budget.mkt_shares`: the product's share.
    pub share: Decimal,
}

/// `buy_test_txns`: what a strategy must have shown on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestSettings {
    /// `test_txns_on_yn`: paper buys are allowed.
    pub are_on: bool,
    /// `test_txns_min`: so many closed trades before it may go live.
    pub close_cnt_min: i64,
    /// `test_txns_max`: up to so many closed trades a losing combination stays in test; above, it is held to one position.
    pub close_cnt_max: i64,
    /// `profitability_threshold_pct_day`: so much gain a day in closed trades before it may go live.
    pub gain_pct_day_min: Decimal,
}

/// `buy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuySettings {
    /// `buying_on_yn`.
    pub is_on: bool,
    /// `buy_limit_yn`: limit orders (which rest in the book) in place of market orders.
    pub is_limit: bool,
    /// `buy_delay_minutes`: so long after a buy of the product the next may follow; 0 is off.
    pub delay_minutes: i64,
    /// `buy_strat_delay_minutes`: the same for a strategy on candles of one length.
    pub strategy_delay_minutes: ByInterval<i64>,
    /// `open_poss_cnt_max`: open live positions of the product.
    pub open_live_cnt_max: i64,
    /// `open_test_poss_cnt_max`: open paper positions of the product.
    pub open_test_cnt_max: i64,
    /// `strat_open_cnt_max`: open live positions of a strategy on candles of one length, beside the strategy's own limit.
    pub strategy_open_live_cnt_max: i64,
    /// `strat_open_test_cnt_max`: the same on paper.
    pub strategy_open_test_cnt_max: i64,
    /// `trade_size`: the size once a strategy has proven itself.
    pub trade_size: Decimal,
    /// `trade_size_min_mult`: the size before, in smallest sizes of the product.
    pub trade_size_min_multiplier: Decimal,
    /// `trade_size_max`: the largest single buy.
    pub trade_size_max: Decimal,
    /// `trade_size_boost_thresholds_pct_day`: each one exceeded doubles the size.
    pub boost_thresholds_pct_day: Vec<Decimal>,
    /// `show_tests_yn`, `show_boosts_yn`: what the console shows.
    pub shows: ShowSettings,
}

/// What is shown on the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShowSettings {
    /// `show_tests_yn`.
    pub tests: bool,
    /// `show_boosts_yn`.
    pub boosts: bool,
    /// `show_blocks_yn`.
    pub blocks: bool,
    /// `show_forces_yn`.
    pub forces: bool,
}

/// `strats.NAME.buy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrategyBuySettings {
    /// `prod_ids`: only these products; empty is all.
    pub prod_ids: BTreeSet<String>,
    /// `skip_prod_ids`: not these.
    pub skip_prod_ids: BTreeSet<String>,
    /// `tests_min`: so many trades before the trade size is bought.
    pub tests_min: ByInterval<i64>,
    /// `boost_tests_min`: so many trades before the size is boosted.
    pub boost_tests_min: ByInterval<i64>,
    /// `max_open_poss_cnt_live`.
    pub open_live_cnt_max: i64,
    /// `max_open_poss_cnt_test`.
    pub open_test_cnt_max: i64,
    /// `show_tests_yn`.
    pub shows_tests: bool,
}

/// `sell`.
#[derive(Debug, Clone, PartialEq)]
pub struct SellSettings {
    /// `selling_on_yn`: without it nothing is sold, not even by force.
    pub is_on: bool,
    /// `sell_limit_yn`: limit orders in place of market orders.
    pub is_limit: bool,
    /// `take_profit`.
    pub take_profit: TakeProfitSettings,
    /// `stop_loss`.
    pub stop_loss: StopLossSettings,
    /// `force_sell`.
    pub force: ForceSettings,
    /// `never_sell`.
    pub never: NeverSettings,
    /// `never_sell_loss`.
    pub never_loss: NeverLossSettings,
    /// `profit_saver.ha_green`.
    pub heikin_ashi_green: SaverSettings,
    /// `profit_saver.nwe_green`.
    pub nwe_green: SaverSettings,
    /// `rainy_day.pocket_pct`: of a gain, kept as coins.
    pub pocket_pct: Decimal,
    /// `rainy_day.clip_pct`: of a loss, kept as coins.
    pub clip_pct: Decimal,
    /// What the console shows.
    pub shows: ShowSettings,
}

/// A limit that can be switched off, and the strategies that it does not hold for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitSettings {
    /// `…_yn`.
    pub is_on: bool,
    /// `…_pct`, in percent.
    pub pct: Decimal,
    /// `…_strats_skip`: positions bought by these are exempt.
    pub strategies_skipped: BTreeSet<Strategy>,
}

/// `sell.take_profit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakeProfitSettings {
    /// `hard_take_profit_yn`, `_pct`, `_strats_skip`: sell from this gain on.
    pub hard: LimitSettings,
    /// `trailing_profit_yn`, `trailing_profit_trigger_pct`, `_strats_skip`: a peak of this gain arms it.
    pub trailing: LimitSettings,
    /// `trailing_profit_levels`: from a peak on, so many percentage points may be given back; by rising peak (B-32).
    pub levels: Vec<GiveBack>,
}

/// One of `trailing_profit_levels`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GiveBack {
    /// From this peak of the gain on, in percent.
    pub peak_pct_min: Decimal,
    /// So many percentage points may be given back.
    pub drop_pct_max: Decimal,
}

/// `sell.stop_loss`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopLossSettings {
    /// `hard_stop_loss_…`: sell at a loss of so much.
    pub hard: LimitSettings,
    /// `trailing_stop_loss_…`: sell at a loss, so far below the peak.
    pub trailing: LimitSettings,
    /// `nwe_exit_…`: sell when the Nadaraya-Watson lines of several intervals fall; `pct` has no meaning.
    pub nwe: LimitSettings,
    /// `atr_stop_loss_…`: sell at a loss of one average true range; `pct` is 100.
    pub atr: LimitSettings,
    /// `atr_stop_loss_rfreq`: of candles of this length.
    pub atr_interval: Interval,
    /// `trailing_atr_stop_loss_…`: sell at a loss, `pct` percent of an average true range below the highest price.
    pub trailing_atr: LimitSettings,
    /// `trailing_atr_stop_loss_rfreq`: of candles of this length.
    pub trailing_atr_interval: Interval,
}

/// `sell.force_sell`: sales that nothing stops.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForceSettings {
    /// `all_yn`.
    pub all: bool,
    /// `live_all_yn`.
    pub live_all: bool,
    /// `prod_ids`.
    pub prod_ids: BTreeSet<String>,
    /// `pos_ids`.
    pub pos_ids: BTreeSet<i64>,
}

/// `sell.never_sell`: no sales, but for forced ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NeverSettings {
    /// `all_yn`.
    pub all: bool,
    /// `prod_ids`.
    pub prod_ids: BTreeSet<String>,
    /// `pos_ids`.
    pub pos_ids: BTreeSet<i64>,
}

/// `sell.never_sell_loss`: no sales at a loss, but for forced ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NeverLossSettings {
    /// `all_yn`.
    pub all: bool,
    /// `live_all_yn`.
    pub live_all: bool,
    /// `live_max_loss_usd_acceptable`: no live sale that loses more than this, whatever its sign; 0 is off.
    pub live_loss_amt_max: Decimal,
    /// `live_prod_ids`.
    pub live_prod_ids: BTreeSet<String>,
    /// `prod_ids`.
    pub prod_ids: BTreeSet<String>,
    /// `pos_ids`.
    pub pos_ids: BTreeSet<i64>,
}

/// `sell.profit_saver.…`: no sale while shorter candles still rise.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SaverSettings {
    /// `use_yn`.
    pub is_on: bool,
    /// `prod_ids`: only for these products; empty is all (B-33).
    pub prod_ids: BTreeSet<String>,
    /// `skip_prod_ids`: not for these.
    pub skip_prod_ids: BTreeSet<String>,
    /// `sell_strats`: only sales by these exits; empty is all.
    pub exits: BTreeSet<String>,
    /// `skip_sell_strats`: not sales by these.
    pub skip_exits: BTreeSet<String>,
}

impl ProductSettings {
    /// `strats.NAME.buy` of this strategy.
    #[must_use]
    pub fn strategy_buy(&self, strategy: Strategy) -> &StrategyBuySettings {
        let [first, ..] = &self.strategy_buys;
        self.strategy_buys.get(strategy as usize).unwrap_or(first)
    }

    /// Whether this strategy may buy the product at all, by its lists of products.
    #[must_use]
    pub fn is_available(&self, strategy: Strategy) -> bool {
        let buy = self.strategy_buy(strategy);
        let is_listed = buy.prod_ids.is_empty() || buy.prod_ids.contains(&self.prod_id);
        is_listed && !buy.skip_prod_ids.contains(&self.prod_id)
    }
}
