//! The exits: taken profit, stops, momentum, the strategy's own rule. The first that fires decides.

use cbtrade_core::Decimal;
use cbtrade_indicators::Interval;
use cbtrade_strategy::Strategy;

use super::amount::Amount;
use super::position::Figures;
use super::sell::{ExitName, SellInput, SellOutcome, SellTest, View};
use crate::settings::{Fault, GiveBack, LimitSettings, ProductSettings};

const fn named(kind: &'static str, name: &'static str) -> ExitName {
    ExitName {
        kind,
        name,
        interval: None,
    }
}

/// A gain of at most so much is not held by the trailing profit.
const TRAILING_GAIN_PCT_MIN: Decimal = Decimal::from_units(500_000_000_000);
/// What may be given back where no level is given.
const DROP_PCT_MAX: Decimal = Decimal::from_integer(5);

impl LimitSettings {
    fn holds_for(&self, strategy: Option<Strategy>) -> bool {
        let is_skipped = |strategy| self.strategies_skipped.contains(&strategy);
        self.is_on && !strategy.is_some_and(is_skipped)
    }
}

/// The tests as they are taken down.
pub(super) struct Tests {
    pub(super) list: Vec<SellTest>,
    /// Whether nothing is taken down: a backtest judges every position in every minute, and nobody reads it there.
    pub(super) is_silent: bool,
}

/// Takes down a test.
fn test(
    tests: &mut Tests,
    name: &'static str,
    sells: bool,
    words: impl FnOnce() -> String,
) -> bool {
    if !tests.is_silent {
        let words = words();
        tests.list.push(SellTest { name, sells, words });
    }
    sells
}

/// How many percentage points may be given back from this peak: the level of the highest key that it reaches (B-32: keys are
/// numbers).
pub(crate) fn give_back(settings: &ProductSettings, peak_pct: Decimal) -> Decimal {
    let levels = &settings.sell.take_profit.levels;
    let reached = |level: &&GiveBack| level.peak_pct_min <= peak_pct;
    let found = if settings.faults.has(Fault::B32) {
        levels
            .iter()
            .filter(reached)
            .max_by_key(|level| level.peak_pct_min.to_string())
    } else {
        levels
            .iter()
            .filter(reached)
            .max_by_key(|level| level.peak_pct_min)
    };
    found.map_or(DROP_PCT_MAX, |level| level.drop_pct_max)
}

/// The exits that need prices only.
pub(super) fn before_frames<V: View>(
    input: &SellInput<'_, V>,
    figures: &Figures,
    tests: &mut Tests,
) -> Option<ExitName> {
    if figures.gain_pct > Decimal::ZERO {
        return take_profit(input, figures, tests);
    }
    if figures.gain_pct < Decimal::ZERO {
        return stop_loss(input, figures, tests);
    }
    None
}

fn take_profit<V: View>(
    input: &SellInput<'_, V>,
    figures: &Figures,
    tests: &mut Tests,
) -> Option<ExitName> {
    let settings = &input.settings.sell.take_profit;
    let strategy = input.position.strategy;
    let Figures {
        gain_pct,
        gain_pct_high: peak,
        gain_pct_drop: drop,
        ..
    } = *figures;
    // B-17: the keys are those of the file.
    if settings.hard.holds_for(strategy) {
        let sells = gain_pct >= settings.hard.pct;
        let words = || format!("gain {gain_pct} %, sells from {} % on", settings.hard.pct);
        if test(tests, "hard_profit", sells, words) {
            return Some(named("profit", "hard_profit"));
        }
    }
    if !settings.trailing.holds_for(strategy) || gain_pct <= TRAILING_GAIN_PCT_MIN {
        return None;
    }
    let trigger = settings.trailing.pct;
    if peak < trigger {
        let words = || format!("peak {peak} %, armed from {trigger} % on");
        test(tests, "trail_profit", false, words);
        return None;
    }
    let allowed = give_back(input.settings, peak);
    let sells = drop <= Decimal::from_units(allowed.units().saturating_neg());
    let words = || format!("gain {gain_pct} %, peak {peak} %, drop {drop}, {allowed} allowed");
    test(tests, "trail_profit", sells, words).then_some(named("profit", "trail_profit"))
}

fn stop_loss<V: View>(
    input: &SellInput<'_, V>,
    figures: &Figures,
    tests: &mut Tests,
) -> Option<ExitName> {
    let settings = &input.settings.sell.stop_loss;
    let strategy = input.position.strategy;
    let Figures {
        gain_pct,
        gain_pct_high: peak,
        gain_pct_drop: drop,
        ..
    } = *figures;
    let below = |pct: Decimal| Decimal::from_units(pct.units().saturating_neg());
    if settings.hard.holds_for(strategy) {
        let pct = settings.hard.pct;
        let words = || format!("gain {gain_pct} %, sells from {} % down", below(pct));
        if test(tests, "hard_stop_loss", gain_pct <= below(pct), words) {
            return Some(named("stop_loss", "hard_stop_loss"));
        }
    }
    if settings.trailing.holds_for(strategy) {
        let pct = settings.trailing.pct;
        let words = || format!("gain {gain_pct} %, peak {peak} %, drop {drop}, {pct} allowed");
        if test(tests, "trail_stop", drop < below(pct), words) {
            return Some(named("stop_loss", "trail_stop"));
        }
    }
    range_stops(input, figures, tests)
}

/// Stops in average true ranges, which never worked (B-17): one range below what it cost, and so many percent of a range below
/// the highest price.
fn range_stops<V: View>(
    input: &SellInput<'_, V>,
    figures: &Figures,
    tests: &mut Tests,
) -> Option<ExitName> {
    let settings = &input.settings.sell.stop_loss;
    let strategy = input.position.strategy;
    let stops = [
        (
            "atr_stop",
            &settings.atr,
            settings.atr_interval,
            input.position.holding.prc_buy,
        ),
        (
            "trail_atr_stop",
            &settings.trailing_atr,
            settings.trailing_atr_interval,
            figures.prc_high,
        ),
    ];
    for (name, limit, interval, from) in stops {
        if !limit.holds_for(strategy) {
            continue;
        }
        let stop = input.view.range(interval).and_then(|range| {
            let distance = Amount::from(range).percent(limit.pct);
            (Amount::from(from) - distance).get(name).ok()
        });
        let price = figures.prc_curr;
        // Without a range there is no stop; the test says so.
        let sells = stop.is_some_and(|stop| price <= stop);
        let words = || match stop {
            Some(stop) => format!("price {price}, stop {stop}"),
            None => format!("no range of {} candles is known", interval.name()),
        };
        if test(tests, name, sells, words) {
            return Some(named("stop_loss", name));
        }
    }
    None
}

/// The exits that need frames.
pub(super) fn after_frames<V: View>(
    input: &SellInput<'_, V>,
    tests: &mut Tests,
    outcome: &mut SellOutcome,
) -> Option<ExitName> {
    let interval = input.position.interval?;
    let gain_pct = outcome.figures.gain_pct;
    let limit = &input.settings.sell.stop_loss.nwe;
    if limit.holds_for(input.position.strategy)
        && let Some(lower) = next_lower(interval)
    {
        let red = |interval, ago| input.view.is_nwe_green(interval, ago) == Some(false);
        let sells =
            red(interval, 0) && red(interval, 1) && red(lower, 0) && red(Interval::FiveMinutes, 1);
        let words = || {
            let fall = if sells { "fall" } else { "do not all fall" };
            format!(
                "the lines of {}, {} and 5min {fall}",
                interval.name(),
                lower.name()
            )
        };
        if test(tests, "nwe_exit", sells, words) {
            return Some(named("momentum", "nwe_exit"));
        }
    }
    let strategy = input.position.strategy?;
    let exit = input
        .view
        .exit(input.settings, strategy, interval, gain_pct)?;
    outcome.is_strategy_asked = true;
    let sells = exit.verdict.is_some_and(|verdict| verdict.is_sale());
    let words = || {
        let rule = exit.decision.as_ref();
        let rule = rule.map_or_else(String::new, |decision| format!("{decision}; "));
        match exit.verdict {
            Some(verdict) => format!("{rule}gain {gain_pct} %: {verdict}"),
            None => format!("{rule}no signal"),
        }
    };
    let is_sale = test(tests, strategy.name(), sells, words);
    is_sale.then(|| ExitName {
        kind: strategy.exit_type(),
        name: strategy.name(),
        interval: Some(interval),
    })
}

fn next_lower(interval: Interval) -> Option<Interval> {
    match interval {
        Interval::OneDay => Some(Interval::FourHours),
        Interval::FourHours => Some(Interval::OneHour),
        Interval::OneHour => Some(Interval::ThirtyMinutes),
        Interval::ThirtyMinutes => Some(Interval::FifteenMinutes),
        Interval::FifteenMinutes | Interval::FiveMinutes | Interval::OneMinute => None,
    }
}
