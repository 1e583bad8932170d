//! Every reason for which a buy is moved to paper or denied, one test after another.

use cbtrade_core::Decimal;

use super::amount::{Amount, DecideError};
use super::budget::{Budget, PairCaps};
use super::buy::{BuyInput, OpenCounts, OpenLimits, Standing};
use super::step::{BuyStep, BuyTest, Effect};
use crate::settings::{Fault, MarketSettings};

/// Buy and sell price may be less than so many percent apart.
const SPREAD_PCT_MAX: Decimal = Decimal::from_integer(2);

/// A buy on its way through the tests. It begins as a live one.
pub(super) struct Denials<'a> {
    pub(super) input: &'a BuyInput<'a>,
    budget: &'a Budget,
    standing: &'a Standing,
    pub(super) limits: OpenLimits,
    pub(super) is_test: bool,
    pub(super) is_denied: bool,
    pub(super) steps: Vec<BuyStep>,
}

/// The smaller of two limits, with the key it comes from.
fn smaller(one: (i64, &'static str), other: (i64, &'static str)) -> (i64, &'static str) {
    if other.0 < one.0 { other } else { one }
}

impl<'a> Denials<'a> {
    pub(super) fn new(input: &'a BuyInput<'a>, budget: &'a Budget, standing: &'a Standing) -> Self {
        let mut denials = Self {
            input,
            budget,
            standing,
            limits: OpenLimits {
                strategy_live_max: 0,
                strategy_test_max: 0,
                product_live_max: input.product.buy.open_live_cnt_max,
                product_test_max: input.product.buy.open_test_cnt_max,
            },
            is_test: false,
            is_denied: false,
            steps: Vec::new(),
        };
        denials.limits.strategy_live_max = denials.strategy_live_max().0;
        denials.limits.strategy_test_max = denials.strategy_test_max().0;
        denials
    }

    /// B-14: the limit of all strategies holds beside the strategy's own.
    fn strategy_live_max(&self) -> (i64, &'static str) {
        let product = self.input.product;
        let own = product.strategy_buy(self.input.combination.strategy);
        let own = (
            own.open_live_cnt_max,
            "strats.NAME.buy.max_open_poss_cnt_live",
        );
        if product.faults.has(Fault::B14) {
            return own;
        }
        let all = product.buy.strategy_open_live_cnt_max;
        smaller(own, (all, "buy.strat_open_cnt_max"))
    }

    fn strategy_test_max(&self) -> (i64, &'static str) {
        let product = self.input.product;
        let own = product.strategy_buy(self.input.combination.strategy);
        let own = (
            own.open_test_cnt_max,
            "strats.NAME.buy.max_open_poss_cnt_test",
        );
        if product.faults.has(Fault::B14) {
            return own;
        }
        let all = product.buy.strategy_open_test_cnt_max;
        smaller(own, (all, "buy.strat_open_test_cnt_max"))
    }

    pub(super) fn take(&mut self, step: BuyStep) {
        match step.effect {
            Effect::ToTest => self.is_test = true,
            Effect::Deny => self.is_denied = true,
        }
        self.steps.push(step);
    }

    fn switched(&mut self, test: BuyTest, key: &'static str, value: &'static str) {
        for effect in [Effect::ToTest, Effect::Deny] {
            let step = BuyStep::new(test, effect);
            self.take(step.compare(key, value, "prod_id", &self.input.product.prod_id));
        }
    }

    /// What a live test does where it fails: on paper, or where there is no paper, not at all.
    pub(super) fn test_or_deny(&self) -> Effect {
        if self.input.product.tests.are_on {
            Effect::ToTest
        } else {
            Effect::Deny
        }
    }

    fn open_strategy(&self) -> OpenCounts {
        let counts = self.standing.strategies.get(&self.input.combination);
        counts.copied().unwrap_or_default()
    }

    /// Products that are not designated: no paper buy either (B-19).
    pub(super) fn undesignated(&mut self) -> Result<(), DecideError> {
        let BuyInput {
            market, product, ..
        } = *self.input;
        let prod_id = &product.prod_id;
        if market.is_designated(prod_id) || product.faults.has(Fault::B19) {
            return Ok(());
        }
        let (group_max, pair_max) = undesignated_max_amts(market)?;
        let group_spent = self.budget.undesignated_spent_amt(market)?;
        let pair_spent = self.budget.pair_spent(prod_id).total().get("pair_spent")?;
        let group_key = "budget.undesignated_max_pct";
        let pair_key = "budget.undesignated_pair_max_pct";
        if group_spent >= group_max {
            let step = BuyStep::new(BuyTest::UndesignatedGroup, Effect::Deny);
            self.take(step.compare(group_key, group_max, "spent on all", group_spent));
        } else if pair_spent >= pair_max {
            let step = BuyStep::new(BuyTest::UndesignatedPair, Effect::Deny);
            self.take(step.compare(pair_key, pair_max, "spent on it", pair_spent));
        }
        Ok(())
    }

    /// Tests of live and paper buys alike.
    pub(super) fn common(&mut self) {
        let product = self.input.product;
        if !product.trades && !product.faults.has(Fault::B14) {
            self.switched(BuyTest::TradingOn, "trade_yn", "N");
        }
        if !product.buy.is_on {
            self.switched(BuyTest::BuyingOn, "buy.buying_on_yn", "N");
        }
        if product.sell.force.prod_ids.contains(&product.prod_id) {
            self.switched(BuyTest::ForceSell, "sell.force_sell.prod_ids", "listed");
        }
    }

    /// Tests of live buys, each one skipped once the buy is a paper buy.
    pub(super) fn live(&mut self, size: Decimal, caps: &PairCaps) -> Result<(), DecideError> {
        self.live_switches();
        self.live_qualification();
        self.live_total_loss();
        self.live_counts();
        self.live_delays();
        self.live_pair_budget(size, caps)?;
        self.live_market();
        Ok(())
    }

    fn live_switches(&mut self) {
        let product = self.input.product;
        if self.is_test {
            return;
        }
        if !product.trades_live && !product.faults.has(Fault::B14) {
            let step = BuyStep::new(BuyTest::LiveTradingOn, Effect::ToTest);
            self.take(step.compare("trade_live_yn", "N", "prod_id", &product.prod_id));
        } else if product.paper_only {
            let step = BuyStep::new(BuyTest::LivePaperOnly, Effect::ToTest);
            self.take(step.compare("paper_trades_only_yn", "Y", "prod_id", &product.prod_id));
        }
    }

    /// Live only with enough closed trades, and enough gain in them.
    fn live_qualification(&mut self) {
        if self.is_test {
            return;
        }
        let tests = &self.input.product.tests;
        let all = &self.input.performance.all;
        let (closed, gain) = (all.close_cnt, all.gain_close_pct_day);
        let is_losing = gain < tests.gain_pct_day_min;
        let is_too_new = tests.are_on && closed < tests.close_cnt_min;
        if !is_too_new && !is_losing {
            return;
        }
        // A combination that went on losing after all its tests, or one without tests, is held to one position.
        if !is_too_new && (!tests.are_on || closed > tests.close_cnt_max) {
            self.limits.strategy_live_max = self.limits.strategy_live_max.min(1);
            self.limits.strategy_test_max = self.limits.strategy_test_max.min(1);
        }
        let minimum = "buy_test_txns.test_txns_min";
        let maximum = "buy_test_txns.test_txns_max";
        let threshold = "buy_test_txns.profitability_threshold_pct_day";
        let step = BuyStep::new(BuyTest::LiveQualification, Effect::ToTest)
            .compare(minimum, tests.close_cnt_min, "tot_close_cnt", closed)
            .compare(maximum, tests.close_cnt_max, "tot_close_cnt", closed)
            .compare(
                threshold,
                tests.gain_pct_day_min,
                "gain_loss_close_pct_day",
                gain,
            );
        self.take(step);
    }

    /// B-14: the largest loss was never enforced.
    fn live_total_loss(&mut self) {
        let BuyInput {
            market, product, ..
        } = *self.input;
        let limit = market.budget.loss_amt_max;
        if self.is_test || limit.is_zero() || product.faults.has(Fault::B14) {
            return;
        }
        // A loss is meant, whatever its sign.
        let least = Decimal::from_units(-limit.units().saturating_abs());
        if self.budget.gain_amt <= least {
            let step = BuyStep::new(BuyTest::LiveTotalLoss, self.test_or_deny());
            let gain = self.budget.gain_amt;
            self.take(step.compare("budget.max_tot_loss", limit, "gain_loss_amt", gain));
        }
    }

    fn at_limit(
        &mut self,
        test: BuyTest,
        limit: (i64, &'static str),
        what: &'static str,
        open: i64,
    ) {
        if open >= limit.0 {
            let effect = if matches!(test, BuyTest::TestStrategyOpen | BuyTest::TestProductOpen) {
                Effect::Deny
            } else {
                self.test_or_deny()
            };
            self.take(BuyStep::new(test, effect).compare(limit.1, limit.0, what, open));
        }
    }

    fn live_counts(&mut self) {
        let BuyInput {
            market, product, ..
        } = *self.input;
        let what = "tot_open_cnt";
        if !self.is_test {
            // B-16: products with open positions, not all that the exchange lists.
            let open = &self.budget.open_products;
            let is_new = !open.contains(&product.prod_id);
            let count = i64::try_from(open.len()).unwrap_or(i64::MAX);
            let limit = (market.open_products_max, "buy.mkts_open_max");
            if is_new {
                self.at_limit(BuyTest::LiveOpenProducts, limit, "open products", count);
            }
        }
        if !self.is_test {
            let limit = (self.limits.strategy_live_max, self.strategy_live_max().1);
            let open = self.open_strategy().live;
            self.at_limit(BuyTest::LiveStrategyOpen, limit, what, open);
        }
        if !self.is_test {
            let limit = (self.limits.product_live_max, "buy.open_poss_cnt_max");
            let open = self.standing.open.live;
            self.at_limit(BuyTest::LiveProductOpen, limit, what, open);
        }
    }

    /// B-13: the delay by length of candles.
    fn strategy_delay_minutes(&self) -> i64 {
        let product = self.input.product;
        let delay = &product.buy.strategy_delay_minutes;
        if product.faults.has(Fault::B13) {
            *delay.rest()
        } else {
            *delay.get(self.input.combination.interval)
        }
    }

    fn live_delays(&mut self) {
        let product_wait = self.input.product.buy.delay_minutes;
        let since = self.input.facts.performance.live.minutes_since_buy;
        if !self.is_test && product_wait != 0 && since.is_some_and(|since| since <= product_wait) {
            let step = BuyStep::new(BuyTest::LiveProductDelay, self.test_or_deny());
            let since = since.unwrap_or_default();
            self.take(step.compare("buy.buy_delay_minutes", product_wait, "minutes", since));
        }
        let wait = self.strategy_delay_minutes();
        let since = self.input.performance.live.minutes_since_buy;
        if !self.is_test && wait != 0 && since.is_some_and(|since| since < wait) {
            let step = BuyStep::new(BuyTest::LiveStrategyDelay, self.test_or_deny());
            let since = since.unwrap_or_default();
            self.take(step.compare("buy.buy_strat_delay_minutes", wait, "minutes", since));
        }
    }

    fn live_pair_budget(&mut self, size: Decimal, caps: &PairCaps) -> Result<(), DecideError> {
        if self.is_test {
            return Ok(());
        }
        let spent = self.budget.pair_spent(&self.input.product.prod_id).total();
        let after = (spent + Amount::from(size)).get("pair_spent")?;
        if after > caps.max_amt {
            let step = BuyStep::new(BuyTest::LivePairBudget, self.test_or_deny());
            let key = "budget.spend_pair_max, budget.mkt_shares";
            self.take(step.compare(key, caps.max_amt, "spent with it", after));
        }
        Ok(())
    }

    /// B-22: live buys look at spread and market too.
    fn live_market(&mut self) {
        let BuyInput { product, facts, .. } = *self.input;
        if self.is_test || product.faults.has(Fault::B22) {
            return;
        }
        if facts.is_limit_only && !product.buy.is_limit {
            let step = BuyStep::new(BuyTest::LiveLimitOnly, self.test_or_deny());
            self.take(step.compare("buy.buy_limit_yn", "N", "mkt_limit_only_tf", 1));
        }
        if !self.is_test && facts.spread_pct >= SPREAD_PCT_MAX {
            let step = BuyStep::new(BuyTest::LiveSpread, Effect::Deny);
            self.take(step.compare(
                "largest spread in %",
                SPREAD_PCT_MAX,
                "prc_range_pct",
                facts.spread_pct,
            ));
        }
    }

    /// Tests of paper buys.
    pub(super) fn test(&mut self) {
        if !self.is_test {
            return;
        }
        let BuyInput { product, facts, .. } = *self.input;
        let limit = (self.limits.strategy_test_max, self.strategy_test_max().1);
        let open = self.open_strategy().test;
        self.at_limit(BuyTest::TestStrategyOpen, limit, "tot_open_cnt", open);
        if !product.faults.has(Fault::B14) {
            let limit = (self.limits.product_test_max, "buy.open_test_poss_cnt_max");
            let open = self.standing.open.test;
            self.at_limit(BuyTest::TestProductOpen, limit, "tot_open_cnt", open);
        }
        let product_wait = product.buy.delay_minutes;
        let since = facts.performance.test.minutes_since_buy;
        if product_wait != 0 && since.is_some_and(|since| since <= product_wait) {
            // B-23: the former code set the buy to paper, which it was.
            let effect = if product.faults.has(Fault::B23) {
                self.test_or_deny()
            } else {
                Effect::Deny
            };
            let step = BuyStep::new(BuyTest::TestProductDelay, effect);
            let since = since.unwrap_or_default();
            self.take(step.compare("buy.buy_delay_minutes", product_wait, "minutes", since));
        }
        let wait = self.strategy_delay_minutes();
        let since = self.input.performance.test.minutes_since_buy;
        if wait != 0 && since.is_some_and(|since| since < wait) {
            let step = BuyStep::new(BuyTest::TestStrategyDelay, Effect::Deny);
            let since = since.unwrap_or_default();
            self.take(step.compare("buy.buy_strat_delay_minutes", wait, "minutes", since));
        }
        if facts.spread_pct >= SPREAD_PCT_MAX {
            let step = BuyStep::new(BuyTest::TestSpread, Effect::Deny);
            self.take(step.compare(
                "largest spread in %",
                SPREAD_PCT_MAX,
                "prc_range_pct",
                facts.spread_pct,
            ));
        }
    }

    /// What was not to be asked before everything else was.
    pub(super) fn last(&mut self) {
        let product = self.input.product;
        let strategy = self.input.combination.strategy;
        if self.standing.bought.contains(&strategy) {
            let step = BuyStep::new(BuyTest::OncePerPass, Effect::Deny);
            self.take(step.compare("buys per strategy and pass", 1, "buys", 1));
        }
        if !product.is_available(strategy) {
            let step = BuyStep::new(BuyTest::Availability, Effect::Deny);
            let key = "strats.NAME.buy.prod_ids, skip_prod_ids";
            self.take(step.compare(key, "not for it", "prod_id", &product.prod_id));
        }
    }
}

/// What all products beside the designated ones may spend together, and each of them.
pub(super) fn undesignated_max_amts(
    market: &MarketSettings,
) -> Result<(Decimal, Decimal), DecideError> {
    let own = &market.budget;
    let group = Amount::from(own.spend_max_amt).percent(own.undesignated_max_pct);
    let pair = group.percent(own.undesignated_pair_max_pct);
    Ok((
        group.get("undesignated_max_pct")?,
        pair.get("undesignated_pair_max_pct")?,
    ))
}
