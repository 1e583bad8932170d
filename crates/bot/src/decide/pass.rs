//! All strategies of one product in one pass, best first.

use cbtrade_core::Decimal;
use cbtrade_strategy::{Decision, Strategy};

use super::amount::DecideError;
use super::budget::Budget;
use super::buy::{BuyAction, BuyInput, BuyOutcome, ProductFacts, Standing, decide_buy};
use super::figures::{ByClass, Combination, Performance, StrategyPerformances};
use crate::frames::{FrameSet, INTERVALS};
use crate::settings::{MarketSettings, ProductSettings};

/// A product whose strategies are asked.
#[derive(Debug, Clone, Copy)]
pub struct BuyPass<'a> {
    /// The market's settings.
    pub market: &'a MarketSettings,
    /// The product's settings.
    pub product: &'a ProductSettings,
    /// What is known of the product.
    pub facts: &'a ProductFacts,
    /// How its strategies have traded it.
    pub performances: &'a StrategyPerformances,
    /// Its frames.
    pub frames: &'a FrameSet,
}

/// A strategy that signalled.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What its rule said.
    pub signal: Decision,
    /// What was decided.
    pub outcome: BuyOutcome,
}

/// What came of a pass.
#[derive(Debug, Clone)]
pub struct BuyRound {
    /// All signals, in the order in which they were judged.
    pub judged: Vec<Judged>,
    /// How many combinations were asked.
    pub asked: usize,
    /// How many of them had too few candles to be judged.
    pub too_short: usize,
    /// The budget after all buys.
    pub budget: Budget,
    /// The product after all buys.
    pub standing: Standing,
}

/// The combinations that may buy the product, in the order in which they are asked: by gain in percent a day, then by gain, of
/// live and paper trades together, best first; among equals, strategies in their own order and shorter candles first.
#[must_use]
pub fn combinations(
    product: &ProductSettings,
    performances: &StrategyPerformances,
) -> Vec<Combination> {
    let mut all: Vec<Combination> = Strategy::ALL
        .into_iter()
        .filter(|strategy| product.is_available(*strategy))
        .flat_map(|strategy| {
            let intervals = INTERVALS.into_iter();
            intervals.map(move |interval| Combination { strategy, interval })
        })
        .filter(|Combination { strategy, interval }| {
            let common = product.strategies.common(*strategy);
            common.is_on && common.intervals.contains(interval)
        })
        .collect();
    let merit = |combination: &Combination| {
        let all = performances.get(combination).map(|found| found.all);
        let all = all.unwrap_or_default();
        (all.gain_pct_day, all.gain_amt)
    };
    // The sort is stable, and looks each one up once: a backtest asks for this order in every minute.
    all.sort_by_cached_key(|combination| std::cmp::Reverse(merit(combination)));
    all
}

/// Asks all strategies, one after another. Each buy is counted before the next is judged; a strategy buys once.
///
/// # Errors
///
/// A number that does not fit.
pub fn buy_pass(
    pass: &BuyPass<'_>,
    budget: Budget,
    standing: Standing,
) -> Result<BuyRound, DecideError> {
    let mut round = BuyRound {
        judged: Vec::new(),
        asked: 0,
        too_short: 0,
        budget,
        standing,
    };
    for combination in combinations(pass.product, pass.performances) {
        let Combination { strategy, interval } = combination;
        let Some(frame) = pass.frames.frame(interval) else {
            continue;
        };
        round.asked += 1;
        let signal = strategy.buy(frame, &pass.product.strategies);
        let is_short = frame.candles_seen() < strategy.candles_needed();
        round.too_short += usize::from(is_short);
        if signal.is_signal() {
            let outcome = round.judge(pass, combination)?;
            round.judged.push(Judged { signal, outcome });
        }
    }
    Ok(round)
}

impl BuyRound {
    fn judge(
        &mut self,
        pass: &BuyPass<'_>,
        combination: Combination,
    ) -> Result<BuyOutcome, DecideError> {
        const NONE: ByClass<Performance> = ByClass {
            live: NO_TRADES,
            test: NO_TRADES,
            all: NO_TRADES,
        };
        let input = BuyInput {
            market: pass.market,
            product: pass.product,
            facts: pass.facts,
            combination,
            performance: pass.performances.get(&combination).unwrap_or(&NONE),
        };
        let outcome = decide_buy(&input, &self.budget, &self.standing)?;
        self.standing.count(&outcome);
        if outcome.action == BuyAction::Live {
            let kind = combination.strategy.kind();
            self.budget
                .count(&pass.product.prod_id, kind, outcome.size)?;
        }
        Ok(outcome)
    }
}

const NO_TRADES: Performance = Performance {
    total_cnt: 0,
    open_cnt: 0,
    close_cnt: 0,
    gain_amt: Decimal::ZERO,
    gain_pct: Decimal::ZERO,
    gain_pct_hour: Decimal::ZERO,
    gain_pct_day: Decimal::ZERO,
    gain_close_pct_day: Decimal::ZERO,
    minutes_since_buy: None,
};
