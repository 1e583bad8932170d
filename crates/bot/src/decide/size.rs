//! How much to buy: the size that a strategy has earned, and what of it fits the budget.

use cbtrade_core::Decimal;
use cbtrade_strategy::Kind;

use super::amount::{Amount, DecideError};
use super::budget::{Budget, PairCaps};
use super::figures::{ByClass, Combination, Performance, Sizes};
use crate::settings::{Fault, MarketSettings, ProductSettings};

/// The size that a strategy has earned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSize {
    /// So much of the quote currency.
    pub size: Decimal,
    /// It has traded often enough, and won, so that it begins with `buy.trade_size`.
    pub is_proven: bool,
    /// How many thresholds of `buy.trade_size_boost_thresholds_pct_day` it exceeds: each doubles the size.
    pub boosts: usize,
    /// The size before `buy.trade_size_max`.
    pub unlimited_size: Decimal,
}

/// The size that this combination has earned.
///
/// # Errors
///
/// A number that does not fit.
pub fn target_size(
    product: &ProductSettings,
    sizes: &Sizes,
    combination: Combination,
    performance: &ByClass<Performance>,
) -> Result<TargetSize, DecideError> {
    let Combination { strategy, interval } = combination;
    let buy = &product.buy;
    let strategy_buy = product.strategy_buy(strategy);
    let is_collapsed = product.faults.has(Fault::B13);
    let of = |least: &crate::settings::ByInterval<i64>| {
        // B-13: each length of candles has its own.
        if is_collapsed {
            *least.rest()
        } else {
            *least.get(interval)
        }
    };
    let (all, live) = (&performance.all, &performance.live);
    let first = Amount::from(sizes.quote_min) * Amount::from(buy.trade_size_min_multiplier);
    let tests_min = of(&strategy_buy.tests_min);
    let is_proven = all.total_cnt >= tests_min && all.gain_pct_day > Decimal::ZERO;
    let base = if is_proven {
        first.max(Amount::from(buy.trade_size))
    } else {
        first
    };
    let gain_pct_day = all.gain_pct_day.max(live.gain_pct_day);
    // The boosts' least counts always were by length of candles.
    let is_boosted = all.total_cnt >= *strategy_buy.boost_tests_min.get(interval);
    let exceeded = |threshold: &&Decimal| is_boosted && gain_pct_day > **threshold;
    let boosts = buy.boost_thresholds_pct_day.iter().filter(exceeded).count();
    let unlimited = (0..boosts).fold(base, |size, _| size * Amount::from(2));
    let largest = if sizes.quote_max.is_zero() {
        buy.trade_size_max
    } else {
        buy.trade_size_max.min(sizes.quote_max)
    };
    Ok(TargetSize {
        size: unlimited.min(Amount::from(largest)).get("target size")?,
        is_proven,
        boosts,
        unlimited_size: unlimited.get("target size")?,
    })
}

/// A limit of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    /// What all open live positions may cost.
    Market,
    /// What those of the pair may cost.
    Pair,
    /// What those of the strategy's kind may cost.
    Kind,
    /// What those of the pair and the strategy's kind may cost.
    PairKind,
    /// What the wallet has above the reserve.
    Wallet,
}

impl Cap {
    /// The setting it comes from.
    #[must_use]
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Market => "budget.spend_max_amt",
            Self::Pair => "budget.spend_pair_max, budget.mkt_shares",
            Self::Kind => "budget.spend_up_max_pct, spend_dn_max_pct",
            Self::PairKind => "budget.spend_max_pcts",
            Self::Wallet => "budget.reserve_amt",
        }
    }

    /// The limit in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Market => "all open live positions together",
            Self::Pair => "the pair's open live positions",
            Self::Kind => "all open live positions of this kind of strategy",
            Self::PairKind => "the pair's open live positions of this kind of strategy",
            Self::Wallet => "the wallet above the reserve",
        }
    }
}

/// A limit, and what is left under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Which.
    pub cap: Cap,
    /// The limit itself.
    pub max_amt: Decimal,
    /// What is spent of it.
    pub spent_amt: Decimal,
    /// What is left; below zero where more is spent than allowed.
    pub left_amt: Decimal,
}

/// What of a target fits the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// So much can be bought live; 0 where nothing fits.
    pub size: Decimal,
    /// The tightest limit.
    pub tightest: Room,
}

/// What is left under each limit, in the order in which they are named.
///
/// # Errors
///
/// A number that does not fit.
pub fn rooms(
    market: &MarketSettings,
    product: &ProductSettings,
    budget: &Budget,
    caps: &PairCaps,
    kind: Kind,
) -> Result<[Room; 5], DecideError> {
    let pair_spent = budget.pair_spent(&product.prod_id);
    let room = |cap, max_amt: Decimal, spent: Amount| {
        Ok(Room {
            cap,
            max_amt,
            spent_amt: spent.get("spent")?,
            left_amt: (Amount::from(max_amt) - spent).get("room")?,
        })
    };
    let kind_max = budget.kind_max_amt(market, product, kind)?;
    let kind_spent = Amount::from(budget.spent.of(kind));
    let pair_kind_spent = Amount::from(pair_spent.of(kind));
    Ok([
        room(
            Cap::Market,
            market.budget.spend_max_amt,
            budget.spent.total(),
        )?,
        room(Cap::Pair, caps.max_amt, pair_spent.total())?,
        room(Cap::Kind, kind_max, kind_spent)?,
        room(Cap::PairKind, caps.of(kind), pair_kind_spent)?,
        room(Cap::Wallet, budget.spendable_amt, Amount::ZERO)?,
    ])
}

/// What of the target fits under all limits: the target itself, or the largest multiple of the smallest size (B-55). Nothing,
/// where not even one smallest size fits: what the wallet could pay is no reason to break another limit (B-21).
#[must_use]
pub fn fit(rooms: &[Room; 5], target: Decimal, sizes: &Sizes) -> Fit {
    let [first, rest @ ..] = rooms;
    let tightest = rest.iter().fold(*first, |tightest, room| {
        if room.left_amt < tightest.left_amt {
            *room
        } else {
            tightest
        }
    });
    let size = if target <= tightest.left_amt {
        target
    } else {
        tightest.left_amt.floor_to(sizes.quote_min)
    };
    let is_enough = size >= sizes.quote_min && size > Decimal::ZERO;
    Fit {
        size: if is_enough { size } else { Decimal::ZERO },
        tightest,
    }
}

/// What the former code made of it: the size grows in steps from the smallest one (B-55); where it does not grow at all, what
/// the wallet can pay is taken if it is five smallest sizes (B-21). `repairs_sizes` and `repairs_breaks` are those two.
pub(super) fn former_fit(
    rooms: &[Room; 5],
    target: Decimal,
    sizes: &Sizes,
    faults: crate::settings::Faults,
) -> Result<Fit, DecideError> {
    let own = fit(rooms, target, sizes);
    let step = Amount::from(sizes.quote_min);
    let grown = if faults.has(Fault::B55) {
        let limit = Amount::from(target) - Amount::from(1);
        let limit = limit.get("target size")?;
        let mut size = sizes.quote_min;
        while size <= limit && sizes.quote_min > Decimal::ZERO {
            let next = (Amount::from(size) + step).get("size")?;
            if rooms.iter().any(|room| next > room.left_amt) {
                break;
            }
            size = next;
        }
        size
    } else {
        own.size
    };
    let is_nothing = grown.is_zero() || (faults.has(Fault::B55) && grown == sizes.quote_min);
    if !is_nothing {
        return Ok(Fit { size: grown, ..own });
    }
    let [.., wallet] = rooms;
    let affordable = wallet.left_amt.min(target);
    let least = (step * Amount::from(5)).get("size")?;
    let is_bought = faults.has(Fault::B21) && affordable >= least;
    Ok(Fit {
        size: if is_bought { affordable } else { Decimal::ZERO },
        ..own
    })
}
