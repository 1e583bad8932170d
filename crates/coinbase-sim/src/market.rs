//! Prices and volumes as functions of time.
//!
//! A path gives a price for every quarter of a minute and a candle for every minute, for any moment, without history
//! before it: candles of any length are folds of minutes, and what a book or a match sees is the same path. What the
//! admin API does to a price is a factor from a moment on.

use std::collections::HashMap;
use std::ops::Range;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_exchange::{Book, Candle, Granularity, Level};

use crate::clock::at_seconds;
use crate::config::{ProductConfig, Source};
use crate::error::VenueError;
use crate::money::{ceil_to, minus, over, plus, times};
use crate::recorded::Recorded;
use crate::seeded::Seeded;

/// Seconds between two prices of a path.
pub(crate) const STEP_SECONDS: i64 = 15;

/// Levels of one side of a book.
const LEVELS: u32 = 60;

/// One minute of a path, at the product's own prices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Minute {
    pub(crate) open: Decimal,
    pub(crate) high: Decimal,
    pub(crate) low: Decimal,
    pub(crate) close: Decimal,
    /// 0 where nobody traded.
    pub(crate) volume: Decimal,
}

/// Two minutes, or what was made of several, as one.
fn joined(earlier: Minute, later: Minute) -> Minute {
    Minute {
        open: earlier.open,
        high: earlier.high.max(later.high),
        low: earlier.low.min(later.low),
        close: later.close,
        volume: plus(earlier.volume, later.volume),
    }
}

#[derive(Debug)]
enum Path {
    Seeded(Seeded),
    Recorded(Recorded),
}

/// A product's market.
#[derive(Debug)]
pub(crate) struct Market {
    config: ProductConfig,
    path: Path,
    /// From when on the path's prices are multiplied by what; in order of time, the last one counts.
    factors: Vec<(Timestamp, Decimal)>,
    /// Candles that are closed and asked for before. Emptied when a factor is added.
    known: HashMap<(Granularity, i64), Option<Candle>>,
}

impl Market {
    pub(crate) fn new(config: &ProductConfig, seed: u64) -> Result<Self, VenueError> {
        let path = match &config.source {
            Source::Seeded { .. } => Path::Seeded(Seeded::new(config, seed)),
            Source::Candles { .. } => Path::Recorded(Recorded::read(config)?),
        };
        Ok(Self {
            config: config.clone(),
            path,
            factors: Vec::new(),
            known: HashMap::new(),
        })
    }

    /// Multiplies the path's prices from a moment on, instead of what they were multiplied by before.
    pub(crate) fn add_factor(&mut self, from: Timestamp, factor: Decimal) {
        self.factors.push((from, factor));
        self.known.clear();
    }

    fn factor_at(&self, moment: Timestamp) -> Decimal {
        let last = self.factors.iter().rfind(|(from, _)| *from <= moment);
        last.map_or(Decimal::ONE, |(_, factor)| *factor)
    }

    /// The factor that makes a price of the path's price at a moment.
    pub(crate) fn factor_for(&self, price: Decimal, moment: Timestamp) -> Decimal {
        let smallest = Decimal::from_units(1);
        let own = self.path_price(moment);
        let factor = over(price, own);
        // Rounded up: the product is cut down to the grid later, and must not fall below the price before that.
        if times(own, factor) < price {
            plus(factor, smallest)
        } else {
            factor
        }
    }

    fn on_grid(&self, price: Decimal, moment: Timestamp) -> Decimal {
        let scaled = if self.factors.is_empty() {
            price
        } else {
            times(price, self.factor_at(moment))
        };
        scaled
            .floor_to(self.config.price_increment)
            .max(self.config.price_increment)
    }

    /// The price at the step that a moment lies in.
    pub(crate) fn price(&self, moment: Timestamp) -> Decimal {
        self.on_grid(self.path_price(moment), moment)
    }

    fn path_price(&self, moment: Timestamp) -> Decimal {
        let step = moment.as_seconds().div_euclid(STEP_SECONDS);
        match &self.path {
            Path::Seeded(path) => path.price(step),
            Path::Recorded(path) => path.price(step),
        }
    }

    /// Minutes that are over, as one; `None` where nobody traded.
    fn minutes(&self, minutes: Range<i64>) -> Option<Minute> {
        let start = at_seconds(minutes.start.saturating_mul(60));
        let end = at_seconds(minutes.end.saturating_mul(60) - 1);
        let is_even = self.factor_at(start) == self.factor_at(end);
        let whole = match &self.path {
            // One factor for all: what is largest before it is largest after it.
            Path::Seeded(path) if is_even => path.minutes(minutes),
            _ => {
                let each = minutes.filter_map(|minute| self.minute(minute));
                return each.reduce(joined);
            }
        };
        whole.map(|whole| self.minute_on_grid(&whole, start))
    }

    /// A minute that is over; `None` where nobody traded.
    fn minute(&self, minute: i64) -> Option<Minute> {
        let whole = match &self.path {
            Path::Seeded(path) => path.minutes(minute..minute.saturating_add(1)),
            Path::Recorded(path) => Some(path.minute(minute)),
        };
        let start = at_seconds(minute.saturating_mul(60));
        whole
            .filter(|whole| !whole.volume.is_zero())
            .map(|whole| self.minute_on_grid(&whole, start))
    }

    fn minute_on_grid(&self, whole: &Minute, at: Timestamp) -> Minute {
        Minute {
            open: self.on_grid(whole.open, at),
            high: self.on_grid(whole.high, at),
            low: self.on_grid(whole.low, at),
            close: self.on_grid(whole.close, at),
            volume: whole.volume,
        }
    }

    /// The minute that `now` lies in, as far as it is over; `None` where nobody trades.
    fn forming_minute(&self, now: Timestamp) -> Option<Minute> {
        let volume = self.minute_volume(now);
        if volume.is_zero() {
            return None;
        }
        let start = now.as_seconds().div_euclid(60) * 60;
        let steps = (now.as_seconds() - start) / STEP_SECONDS;
        let prices: Vec<Decimal> = (0..=steps)
            .map(|step| self.price(at_seconds(start + step * STEP_SECONDS)))
            .collect();
        let share = times(volume, Decimal::from_integer(steps + 1));
        Some(Minute {
            open: *prices.first()?,
            high: *prices.iter().max()?,
            low: *prices.iter().min()?,
            close: *prices.last()?,
            volume: over(share, Decimal::from_integer(4)).floor_to(self.config.base_increment),
        })
    }

    /// The candle of this start as far as it is over at `now`; `None` where nobody traded or it is not begun.
    pub(crate) fn candle(
        &mut self,
        granularity: Granularity,
        start: i64,
        now: Timestamp,
    ) -> Option<Candle> {
        if start > now.as_seconds() {
            return None;
        }
        if let Some(known) = self.known.get(&(granularity, start)) {
            return *known;
        }
        let end = start.saturating_add(granularity.seconds());
        let is_closed = end <= now.as_seconds();
        let over = now.as_seconds().min(end).div_euclid(60);
        let mut found = self.minutes(start.div_euclid(60)..over);
        if !is_closed && let Some(forming) = self.forming_minute(now) {
            found = Some(found.map_or(forming, |found| joined(found, forming)));
        }
        let candle = found.map(|whole| Candle {
            start: at_seconds(start),
            open: whole.open,
            high: whole.high,
            low: whole.low,
            close: whole.close,
            volume: whole.volume,
        });
        if is_closed {
            self.known.insert((granularity, start), candle);
        }
        candle
    }

    /// Traded size of the minute that a moment lies in.
    pub(crate) fn minute_volume(&self, moment: Timestamp) -> Decimal {
        let minute = moment.as_seconds().div_euclid(60);
        match &self.path {
            Path::Seeded(path) => path.volume(minute),
            Path::Recorded(path) => path.minute(minute).volume,
        }
    }

    /// The book at a moment: best prices half a spread beside the price, then levels one half spread apart.
    pub(crate) fn book(&self, moment: Timestamp) -> Book {
        let middle = self.price(moment);
        let step = self.config.price_increment;
        let half = over(times(middle, self.config.spread), Decimal::from_integer(2));
        let level_of = |level: u32, price: Decimal, salt: u32| {
            // Sizes differ by level and by step of time, from half to one and a half of the mean.
            let turn = moment.as_seconds().div_euclid(STEP_SECONDS);
            let mixed = turn
                .wrapping_mul(31)
                .wrapping_add(i64::from(level) * 17 + i64::from(salt) * 7)
                .rem_euclid(101);
            let worth = times(
                self.config.level_value,
                Decimal::from_units(i128::from(mixed + 50) * 10_000_000_000),
            );
            let size = over(worth, price).floor_to(self.config.base_increment);
            Level { price, size }
        };
        let bids = (0..LEVELS).map(|level| {
            let away = times(half, Decimal::from_integer(i64::from(level) + 1));
            let price = minus(middle, away).floor_to(step);
            let room = times(step, Decimal::from_integer(i64::from(level)));
            level_of(level, price.min(minus(middle, room)).max(step), 1)
        });
        let asks = (0..LEVELS).map(|level| {
            let away = times(half, Decimal::from_integer(i64::from(level) + 1));
            let price = ceil_to(plus(middle, away), step);
            // Prices that the grid would put on one another are kept apart.
            let room = times(step, Decimal::from_integer(i64::from(level) + 1));
            level_of(level, price.max(plus(middle, room)), 2)
        });
        let tradable = |level: &Level| level.size > Decimal::ZERO;
        let mut bids: Vec<Level> = bids.filter(tradable).collect();
        bids.dedup_by_key(|level| level.price);
        Book {
            bids,
            asks: asks.filter(tradable).collect(),
            time: moment,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn market() -> Market {
        let mut config = ProductConfig::seeded("ETH", "USDC", Decimal::from_integer(2_000));
        if let Source::Seeded {
            quiet_per_mille, ..
        } = &mut config.source
        {
            *quiet_per_mille = 200;
        }
        Market::new(&config, 4).unwrap()
    }

    #[test]
    fn a_candle_is_its_minutes_also_where_a_factor_begins_inside() {
        let now = at_seconds(1_000_000_000);
        for factor in [None, Some(7_260), Some(0)] {
            let mut market = market();
            if let Some(from) = factor {
                let half = Decimal::from_units(500_000_000_000);
                market.add_factor(at_seconds(from), half);
            }
            let hour = market.candle(Granularity::OneHour, 7_200, now).unwrap();
            let minutes: Vec<Candle> = (0..60)
                .filter_map(|minute| {
                    market.candle(Granularity::OneMinute, 7_200 + minute * 60, now)
                })
                .collect();
            assert!(minutes.len() < 60);
            assert_eq!(hour.open, minutes[0].open);
            assert_eq!(hour.close, minutes[minutes.len() - 1].close);
            assert_eq!(Some(hour.high), minutes.iter().map(|one| one.high).max());
            assert_eq!(Some(hour.low), minutes.iter().map(|one| one.low).min());
            let volume = minutes
                .iter()
                .fold(Decimal::ZERO, |all, one| plus(all, one.volume));
            assert_eq!(hour.volume, volume);
        }
    }

    #[test]
    fn a_price_that_is_set_is_that_price() {
        let (mut market, now) = (market(), at_seconds(1_000_000_000));
        for price in ["3", "1999.99", "70000.01", "0.07", "2000"] {
            let price = Decimal::parse(price).unwrap();
            market.add_factor(now, market.factor_for(price, now));
            assert_eq!(market.price(now), price);
        }
    }

    #[test]
    fn a_forming_candle_grows_into_the_closed_one() {
        let (mut market, start) = (market(), 86_400 * 365);
        let mut before: Option<Candle> = None;
        for second in (0..3_600).step_by(97) {
            let now = at_seconds(start + second);
            let Some(candle) = market.candle(Granularity::OneHour, start, now) else {
                continue;
            };
            if let Some(before) = before {
                assert!(candle.high >= before.high && candle.low <= before.low);
                assert!(candle.volume >= before.volume);
                assert_eq!(candle.open, before.open);
            }
            before = Some(candle);
        }
        let closed = market.candle(Granularity::OneHour, start, at_seconds(start + 3_600));
        assert!(closed.unwrap().volume >= before.unwrap().volume);
        let later = at_seconds(start - 1);
        assert_eq!(market.candle(Granularity::OneMinute, start, later), None);
    }
}
