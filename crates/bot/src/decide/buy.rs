//! Whether a strategy's signal buys: live, on paper, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_core::Decimal;
use cbtrade_strategy::Strategy;

use super::amount::DecideError;
use super::budget::{Budget, PairCaps};
use super::denial::Denials;
use super::figures::{ByClass, Combination, Performance, Sizes, StrategyPerformances};
use super::size::{Fit, Room, TargetSize, fit, former_fit, rooms, target_size};
use super::step::{BuyStep, BuyTest, Effect};
use crate::settings::{Fault, MarketSettings, ProductSettings};

/// What is known of the product when its strategies are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductFacts {
    /// Sizes.
    pub sizes: Sizes,
    /// The exchange takes limit orders only.
    pub is_limit_only: bool,
    /// What a buy costs for one unit, from the order book ([`depth_price`](super::depth_price)).
    pub prc_buy: Decimal,
    /// How far the buy price is above the sell price, in percent ([`spread_pct`](super::spread_pct)).
    pub spread_pct: Decimal,
    /// How the product has traded.
    pub performance: ByClass<Performance>,
}

/// How many positions are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenCounts {
    /// Live.
    pub live: i64,
    /// On paper.
    pub test: i64,
}

impl OpenCounts {
    fn add(&mut self, is_test: bool) {
        if is_test {
            self.test += 1;
        } else {
            self.live += 1;
        }
    }
}

/// How a product stands within one pass: open positions, and what the pass has bought already. Each buy is counted before the
/// next strategy is judged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Open positions of the product.
    pub open: OpenCounts,
    /// Open positions by strategy and length of candles.
    pub strategies: BTreeMap<Combination, OpenCounts>,
    /// The strategies that have bought in this pass: one buy per strategy and pass.
    pub bought: BTreeSet<Strategy>,
}

impl Standing {
    /// At the beginning of a pass.
    #[must_use]
    pub fn of(product: &ByClass<Performance>, strategies: &StrategyPerformances) -> Self {
        let counts = |performance: &ByClass<Performance>| OpenCounts {
            live: performance.live.open_cnt,
            test: performance.test.open_cnt,
        };
        Self {
            open: counts(product),
            strategies: strategies
                .iter()
                .map(|(combination, performance)| (*combination, counts(performance)))
                .collect(),
            bought: BTreeSet::new(),
        }
    }

    /// Counts what was decided, so that the next strategy is judged after it.
    pub fn count(&mut self, outcome: &BuyOutcome) {
        let is_test = match outcome.action {
            BuyAction::None => return,
            BuyAction::Test => true,
            BuyAction::Live => false,
        };
        self.open.add(is_test);
        let own = self.strategies.entry(outcome.combination).or_default();
        own.add(is_test);
        self.bought.insert(outcome.combination.strategy);
    }
}

/// A signal, and everything it is judged by.
#[derive(Debug, Clone, Copy)]
pub struct BuyInput<'a> {
    /// The market's settings.
    pub market: &'a MarketSettings,
    /// The product's settings.
    pub product: &'a ProductSettings,
    /// What is known of the product.
    pub facts: &'a ProductFacts,
    /// The strategy and candles that signal.
    pub combination: Combination,
    /// How the combination has traded the product.
    pub performance: &'a ByClass<Performance>,
}

/// What becomes of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuyAction {
    /// Nothing is bought.
    None,
    /// It is bought on paper.
    Test,
    /// It is bought.
    Live,
}

/// How many positions may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenLimits {
    /// Live positions of the strategy on these candles.
    pub strategy_live_max: i64,
    /// Paper positions of the same.
    pub strategy_test_max: i64,
    /// Live positions of the product.
    pub product_live_max: i64,
    /// Paper positions of the product.
    pub product_test_max: i64,
}

/// What was decided about a signal, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuyOutcome {
    /// The strategy and candles.
    pub combination: Combination,
    /// What to do.
    pub action: BuyAction,
    /// So much of the quote currency is spent; 0 where nothing is bought.
    pub size: Decimal,
    /// Whether it ended as a paper buy (bought or not).
    pub is_test: bool,
    /// Whether it was denied.
    pub is_denied: bool,
    /// The size that the strategy has earned.
    pub target: TargetSize,
    /// What the pair may spend.
    pub caps: PairCaps,
    /// What of the target fits the budget. None where it was denied before.
    pub fit: Option<Fit>,
    /// The limits of the budget, and what is left under them. None where it was denied before.
    pub rooms: Option<[Room; 5]>,
    /// How many positions may be open.
    pub limits: OpenLimits,
    /// Every step that moved the buy to paper or denied it, in order.
    pub steps: Vec<BuyStep>,
}

/// Decides about a signal.
///
/// # Errors
///
/// A number that does not fit.
pub fn decide_buy(
    input: &BuyInput<'_>,
    budget: &Budget,
    standing: &Standing,
) -> Result<BuyOutcome, DecideError> {
    let BuyInput {
        market,
        product,
        facts,
        combination,
        performance,
    } = *input;
    let kind = combination.strategy.kind();
    let target = target_size(product, &facts.sizes, combination, performance)?;
    let gain_close_pct_day = facts.performance.all.gain_close_pct_day;
    let caps = budget.pair_caps(market, product, gain_close_pct_day)?;
    let mut denials = Denials::new(input, budget, standing);
    denials.undesignated()?;
    if denials.is_denied {
        return Ok(denials.outcome(Decimal::ZERO, target, caps, None));
    }
    let rooms = rooms(market, product, budget, &caps, kind)?;
    let faults = product.faults;
    let fitting = if faults.has(Fault::B55) || faults.has(Fault::B21) {
        former_fit(&rooms, target.size, &facts.sizes, faults)?
    } else {
        fit(&rooms, target.size, &facts.sizes)
    };
    if fitting.size.is_zero() {
        let effect = denials.test_or_deny();
        let room = fitting.tightest;
        let step = BuyStep::new(BuyTest::Budget, effect)
            .compare(room.cap.setting(), room.max_amt, "spent", room.spent_amt)
            .compare("size", target.size, "left", room.left_amt);
        denials.take(step);
        // The former code went on to the next strategy here.
        if denials.is_denied {
            return Ok(denials.outcome(Decimal::ZERO, target, caps, Some((fitting, rooms))));
        }
    }
    let size_live = fitting.size;
    denials.common();
    denials.live(size_live, &caps)?;
    denials.test();
    denials.last();
    Ok(denials.outcome(size_live, target, caps, Some((fitting, rooms))))
}

impl Denials<'_> {
    /// What came of all of it.
    fn outcome(
        self,
        size_live: Decimal,
        target: TargetSize,
        caps: PairCaps,
        fit: Option<(Fit, [Room; 5])>,
    ) -> BuyOutcome {
        let are_tests_on = self.input.product.tests.are_on;
        let action = match (self.is_denied, self.is_test) {
            (true, _) => BuyAction::None,
            (false, false) => BuyAction::Live,
            (false, true) if are_tests_on => BuyAction::Test,
            (false, true) => BuyAction::None,
        };
        let size = match action {
            BuyAction::None => Decimal::ZERO,
            // On paper nothing is spent, so the budget does not matter.
            BuyAction::Test => target.size,
            BuyAction::Live => size_live,
        };
        BuyOutcome {
            combination: self.input.combination,
            action,
            size,
            is_test: self.is_test,
            is_denied: self.is_denied,
            target,
            caps,
            fit: fit.map(|(fit, _)| fit),
            rooms: fit.map(|(_, rooms)| rooms),
            limits: self.limits,
            steps: self.steps,
        }
    }
}

impl BuyOutcome {
    /// Whether a step had this effect.
    #[must_use]
    pub fn has(&self, test: BuyTest, effect: Effect) -> bool {
        self.steps
            .iter()
            .any(|step| step.test == test && step.effect == effect)
    }
}
