//! The steps of a decision about a buy, and the rows that remember them.

use std::fmt;

use super::buy::{BuyAction, BuyOutcome};

/// What a buy is tested for. The names are those of the column `test_fnc_name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BuyTest {
    /// The budget has room for it.
    Budget,
    /// Products that are not designated have an amount for all of them.
    UndesignatedGroup,
    /// And one for each.
    UndesignatedPair,
    /// `trade_yn` is on.
    TradingOn,
    /// `buy.buying_on_yn` is on.
    BuyingOn,
    /// The product is not one that is to be sold.
    ForceSell,
    /// `trade_live_yn` is on.
    LiveTradingOn,
    /// `paper_trades_only_yn` is off.
    LivePaperOnly,
    /// The combination has shown on paper what it can do.
    LiveQualification,
    /// All live positions together have not lost too much.
    LiveTotalLoss,
    /// Not too many products have open positions.
    LiveOpenProducts,
    /// Not too many positions of the combination are open.
    LiveStrategyOpen,
    /// Not too many positions of the product are open.
    LiveProductOpen,
    /// The last buy of the product is long enough ago.
    LiveProductDelay,
    /// The last buy of the combination is long enough ago.
    LiveStrategyDelay,
    /// The pair's amount has room for it.
    LivePairBudget,
    /// The exchange takes market orders.
    LiveLimitOnly,
    /// Buy and sell price are not too far apart.
    LiveSpread,
    /// Not too many paper positions of the combination are open.
    TestStrategyOpen,
    /// Not too many paper positions of the product are open.
    TestProductOpen,
    /// The last paper buy of the product is long enough ago.
    TestProductDelay,
    /// The last paper buy of the combination is long enough ago.
    TestStrategyDelay,
    /// Buy and sell price are not too far apart.
    TestSpread,
    /// The strategy has not bought in this pass yet.
    OncePerPass,
    /// The strategy may buy this product.
    Availability,
}

impl BuyTest {
    /// The name in the column `test_fnc_name`; where the former code had such a test, its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::UndesignatedGroup => "undesignated_group",
            Self::UndesignatedPair => "undesignated_pair",
            Self::TradingOn => "trading_on",
            Self::BuyingOn => "buying_on",
            Self::ForceSell => "force_sell",
            Self::LiveTradingOn => "live_trading_on",
            Self::LivePaperOnly => "live_paper_trades_mode",
            Self::LiveQualification => "live_test_mode_switch",
            Self::LiveTotalLoss => "live_total_loss_limit",
            Self::LiveOpenProducts => "live_market_open_position_limit",
            Self::LiveStrategyOpen => "live_strategy_open_position_limit",
            Self::LiveProductOpen => "live_product_open_position_limit",
            Self::LiveProductDelay => "live_product_timing_delay",
            Self::LiveStrategyDelay => "live_strategy_timing_delay",
            Self::LivePairBudget => "live_budget_pair_spending_limit",
            Self::LiveLimitOnly => "live_limit_only_market",
            Self::LiveSpread => "live_large_bid_ask_spread",
            Self::TestStrategyOpen => "test_strategy_open_position_limit",
            Self::TestProductOpen => "test_product_open_position_limit",
            Self::TestProductDelay => "test_product_timing_delay",
            Self::TestStrategyDelay => "test_strategy_timing_delay",
            Self::TestSpread => "test_large_bid_ask_spread",
            Self::OncePerPass => "one_buy_per_strategy_and_pass",
            Self::Availability => "strategy_availability",
        }
    }

    /// What is the matter, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Budget => "nothing of the size fits the budget",
            Self::UndesignatedGroup => {
                "products beside `pairs.trade_pairs` have spent their amount"
            }
            Self::UndesignatedPair => {
                "the product, beside `pairs.trade_pairs`, has spent its amount"
            }
            Self::TradingOn => "trading is switched off",
            Self::BuyingOn => "buying is switched off",
            Self::ForceSell => "the product is to be sold",
            Self::LiveTradingOn => "live trading is switched off",
            Self::LivePaperOnly => "all buys are on paper",
            Self::LiveQualification => "the strategy has not shown enough in closed trades",
            Self::LiveTotalLoss => "live positions together have lost as much as they may",
            Self::LiveOpenProducts => "as many products as may be have open positions",
            Self::LiveStrategyOpen => "as many positions of the strategy as may be are open",
            Self::LiveProductOpen => "as many positions of the product as may be are open",
            Self::LiveProductDelay | Self::TestProductDelay => {
                "the last buy of the product is too recent"
            }
            Self::LiveStrategyDelay | Self::TestStrategyDelay => {
                "the last buy of the strategy is too recent"
            }
            Self::LivePairBudget => "the pair's amount is too small for it",
            Self::LiveLimitOnly => "the exchange takes no market orders for it",
            Self::LiveSpread | Self::TestSpread => "buy and sell price are too far apart",
            Self::TestStrategyOpen => "as many paper positions of the strategy as may be are open",
            Self::TestProductOpen => "as many paper positions of the product as may be are open",
            Self::OncePerPass => "the strategy has bought in this pass already",
            Self::Availability => "the strategy may not buy this product",
        }
    }
}

/// What a step does to a buy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// From here on it is a paper buy.
    ToTest,
    /// It is denied.
    Deny,
}

/// A setting that was looked at, and the figure it was held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The setting's key with its path.
    pub setting: &'static str,
    /// The setting's value.
    pub setting_value: String,
    /// The figure.
    pub figure: &'static str,
    /// The figure's value.
    pub figure_value: String,
}

/// One step of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuyStep {
    /// What was tested.
    pub test: BuyTest,
    /// What came of it.
    pub effect: Effect,
    /// What was compared; at most three, as many as the table of decisions has room for.
    pub comparisons: Vec<Comparison>,
}

impl BuyStep {
    pub(super) fn new(test: BuyTest, effect: Effect) -> Self {
        Self {
            test,
            effect,
            comparisons: Vec::new(),
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and texts are given as they are"
    )]
    pub(super) fn compare(
        mut self,
        setting: &'static str,
        setting_value: impl ToString,
        figure: &'static str,
        figure_value: impl ToString,
    ) -> Self {
        self.comparisons.push(Comparison {
            setting,
            setting_value: setting_value.to_string(),
            figure,
            figure_value: figure_value.to_string(),
        });
        self
    }
}

impl fmt::Display for BuyStep {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = match self.effect {
            Effect::ToTest => "on paper",
            Effect::Deny => "denied",
        };
        write!(out, "{effect}: {}", self.test.words())?;
        for (place, compared) in self.comparisons.iter().enumerate() {
            let Comparison {
                setting,
                setting_value,
                figure,
                figure_value,
            } = compared;
            let mark = if place == 0 { " (" } else { "; " };
            write!(
                out,
                "{mark}{figure} {figure_value}, {setting} {setting_value}"
            )?;
        }
        if self.comparisons.is_empty() {
            Ok(())
        } else {
            out.write_str(")")
        }
    }
}

/// A row of the table of decisions (`buy_decisions`), but for its names and times: one per step, and one for a buy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// `buy_yn`: whether it is bought.
    pub buys: bool,
    /// `test_txn_yn`: whether it is a paper buy by then.
    pub is_test: bool,
    /// `buy_deny_yn`: whether it is denied by then.
    pub is_denied: bool,
    /// `setting_name` … `buy_stat_value3`: at most three.
    pub comparisons: Vec<Comparison>,
    /// `test_fnc_name`.
    pub test: &'static str,
    /// `message` (B-24).
    pub message: String,
}

impl BuyOutcome {
    /// The rows that remember this decision.
    #[must_use]
    pub fn audit_rows(&self) -> Vec<AuditRow> {
        let (mut is_test, mut is_denied) = (false, false);
        let mut rows = Vec::new();
        for step in &self.steps {
            match step.effect {
                Effect::ToTest => is_test = true,
                Effect::Deny => is_denied = true,
            }
            rows.push(AuditRow {
                buys: false,
                is_test,
                is_denied,
                comparisons: step.comparisons.clone(),
                test: step.test.name(),
                message: step.to_string(),
            });
        }
        if self.action != BuyAction::None {
            rows.push(AuditRow {
                buys: true,
                is_test: self.action == BuyAction::Test,
                is_denied: false,
                comparisons: Vec::new(),
                test: "buy",
                message: self.to_string(),
            });
        }
        rows
    }
}

impl fmt::Display for BuyOutcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            combination,
            action,
            size,
            target,
            ..
        } = self;
        let name = combination.strategy.name();
        let interval = combination.interval.name();
        match action {
            BuyAction::Live => write!(out, "{name} {interval}: buys for {size}")?,
            BuyAction::Test => write!(out, "{name} {interval}: buys on paper for {size}")?,
            BuyAction::None => write!(out, "{name} {interval}: does not buy")?,
        }
        write!(out, " (earned {}", target.size)?;
        if target.boosts > 0 {
            write!(out, ", doubled {} times", target.boosts)?;
        }
        out.write_str(")")?;
        for step in &self.steps {
            write!(out, "; {step}")?;
        }
        Ok(())
    }
}
