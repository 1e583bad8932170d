//! A price that wanders, as a function of time.
//!
//! It is the sum of walks of growing length and growing height, each linear between points that chance has set: near
//! moments look like a random walk, and the price stays about where it was put, for any length of time. Any moment can
//! be asked for on its own. Only additions, multiplications and comparisons are used, so that every machine sees the
//! same market.

use std::ops::Range;

use cbtrade_core::{Decimal, Random};

use crate::config::{ProductConfig, Source};
use crate::market::{Minute, STEP_SECONDS};
use crate::money::plus;

/// How many numbers the walks are made from before they begin to repeat in another order.
const TABLE: usize = 4_096;

/// Lengths of the walks in steps, each four times the one before: from a quarter of a minute to 45 days.
const WALKS: u32 = 10;

/// Steps of a day.
const STEPS_PER_DAY: f64 = 5_760.0;

/// The wandering price of one product.
#[derive(Debug)]
pub(crate) struct Seeded {
    price: f64,
    /// Per walk: its length in steps, its height, and where it begins to read the numbers.
    walks: Vec<(i64, f64, i64)>,
    numbers: Vec<f64>,
    /// Traded sizes of minutes; 0 for those that are quiet.
    volumes: Vec<Decimal>,
}

/// A number's place in a table that is read in another order each time round.
fn place(index: i64) -> usize {
    let size = i64::try_from(TABLE).unwrap_or(i64::MAX);
    let round = index.div_euclid(size);
    let turned = index
        .wrapping_add(round.wrapping_mul(2_654_435_761) >> 7)
        .rem_euclid(size);
    usize::try_from(turned).unwrap_or_default()
}

/// e to the power of a small number, by squarings alone.
fn growth(exponent: f64) -> f64 {
    let mut result = 1.0 + exponent / 1_024.0;
    for _ in 0..10 {
        result *= result;
    }
    result
}

impl Seeded {
    /// The market of a product; each product has its own stream of the seed.
    pub(crate) fn new(config: &ProductConfig, seed: u64) -> Self {
        let (price, daily_move, minute_volume, quiet_per_mille) = match &config.source {
            Source::Seeded {
                price,
                daily_move,
                minute_volume,
                quiet_per_mille,
            } => (*price, *daily_move, *minute_volume, *quiet_per_mille),
            Source::Candles { .. } => (Decimal::ONE, 0.0, Decimal::ONE, 0),
        };
        let stream = config.id().bytes().fold(7_u64, |all, byte| {
            all.wrapping_mul(131).wrapping_add(u64::from(byte))
        });
        let mut random = Random::stream(seed, stream);
        let walks = (0..WALKS)
            .map(|walk| {
                let length = 4_i64.pow(walk);
                #[expect(clippy::cast_precision_loss, reason = "at most 4^9")]
                let share = length as f64 / STEPS_PER_DAY;
                // A walk's height grows with the root of its length; Newton's rule, because a machine's own root is
                // right but not asked for here.
                let mut root = 1.0_f64;
                for _ in 0..40 {
                    root = (root + share / root) / 2.0;
                }
                (length, daily_move * root * 0.8, random.between(0, 1 << 40))
            })
            .collect();
        Self {
            price: price.to_double(),
            walks,
            numbers: (0..TABLE).map(|_| random.normal()).collect(),
            volumes: (0..TABLE)
                .map(|_| {
                    let share = 0.25 + 1.5 * random.unit();
                    if random.below(1_000) < u64::from(quiet_per_mille) {
                        return Decimal::ZERO;
                    }
                    Decimal::from_double(minute_volume.to_double() * share)
                        .unwrap_or_default()
                        .floor_to(config.base_increment)
                        .max(config.base_increment)
                })
                .collect(),
        }
    }

    fn raw(&self, step: i64) -> f64 {
        let mut exponent = 0.0;
        for (length, height, begin) in &self.walks {
            let (before, inside) = (step.div_euclid(*length), step.rem_euclid(*length));
            let number = |index: i64| {
                let at = place(index.wrapping_add(*begin));
                self.numbers.get(at).copied().unwrap_or_default()
            };
            #[expect(clippy::cast_precision_loss, reason = "at most 4^9")]
            let part = inside as f64 / *length as f64;
            let left = number(before);
            let right = if inside == 0 {
                left
            } else {
                number(before.wrapping_add(1))
            };
            exponent += height * (left + (right - left) * part);
        }
        self.price * growth(exponent)
    }

    /// The price at a step, not yet on the product's grid.
    pub(crate) fn price(&self, step: i64) -> Decimal {
        Decimal::from_double(self.raw(step)).unwrap_or_default()
    }

    /// Traded size of a minute; 0 where nobody traded.
    pub(crate) fn volume(&self, minute: i64) -> Decimal {
        self.volumes.get(place(minute)).copied().unwrap_or_default()
    }

    /// Several minutes as one, not yet on the product's grid; `None` where nobody traded in any of them.
    pub(crate) fn minutes(&self, minutes: Range<i64>) -> Option<Minute> {
        let mut found: Option<(f64, f64, f64, f64)> = None;
        let mut volume = Decimal::ZERO;
        for minute in minutes {
            let traded = self.volume(minute);
            if traded.is_zero() {
                continue;
            }
            volume = plus(volume, traded);
            let first = minute.wrapping_mul(60 / STEP_SECONDS);
            let (mut high, mut low) = (f64::MIN, f64::MAX);
            let (mut open, mut close) = (0.0, 0.0);
            for step in 0..=4 {
                let price = self.raw(first.wrapping_add(step));
                if step == 0 {
                    open = price;
                }
                close = price;
                high = high.max(price);
                low = low.min(price);
            }
            found = Some(match found {
                None => (open, high, low, close),
                Some((open, higher, lower, _)) => (open, higher.max(high), lower.min(low), close),
            });
        }
        let (open, high, low, close) = found?;
        let decimal = |price: f64| Decimal::from_double(price).unwrap_or_default();
        Some(Minute {
            open: decimal(open),
            high: decimal(high),
            low: decimal(low),
            close: decimal(close),
            volume,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeded(daily_move: f64) -> Seeded {
        let mut config = ProductConfig::seeded("ETH", "USDC", Decimal::from_integer(2_000));
        if let Source::Seeded {
            daily_move: own, ..
        } = &mut config.source
        {
            *own = daily_move;
        }
        Seeded::new(&config, 5)
    }

    #[test]
    fn the_price_wanders_and_stays_in_reach() {
        let market = seeded(0.03);
        let prices: Vec<f64> = (0..2_000).map(|day| market.raw(day * 5_760)).collect();
        let (low, high) = prices.iter().fold((f64::MAX, 0.0_f64), |(low, high), one| {
            (low.min(*one), high.max(*one))
        });
        assert!(low > 700.0 && high < 6_000.0, "{low} {high}");
        assert!(high / low > 1.3, "{low} {high}");
        let moves = prices
            .windows(2)
            .map(|pair| (pair[1] / pair[0] - 1.0).abs())
            .sum::<f64>()
            / 1_999.0;
        assert!((0.005..0.1).contains(&moves), "{moves}");
    }

    #[test]
    fn a_price_without_moves_stands_still() {
        let market = seeded(0.0);
        assert_eq!(market.price(12_345), Decimal::from_integer(2_000));
    }

    #[test]
    fn the_same_seed_is_the_same_market_before_and_after_any_question() {
        let (one, other) = (seeded(0.03), seeded(0.03));
        assert!(other.minutes(-77..-70).is_some());
        assert_eq!(one.price(9_999_999), other.price(9_999_999));
        assert_ne!(one.price(9_999_999), one.price(9_999_998));
    }
}
