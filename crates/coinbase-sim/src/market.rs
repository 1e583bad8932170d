//! Prices and volumes as functions of time.
//!
//! A path gives a price for every quarter of a minute and a candle for every minute, for any moment, without history
//! before it: candles of any length are folds of minutes, and what a book or a match sees is the same path. What the
//! admin API does to a price is a factor from a moment on.

use std::collections::HashMap;

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
    /// From when on prices are multiplied by what; in order of time.
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

    /// Multiplies prices from a moment on, on top of earlier factors.
    pub(crate) fn add_factor(&mut self, from: Timestamp, factor: Decimal) {
        self.factors.push((from, factor));
        self.known.clear();
    }

    fn factor_at(&self, moment: Timestamp) -> Decimal {
        self.factors
            .iter()
            .filter(|(from, _)| *from <= moment)
            .fold(Decimal::ONE, |all, (_, factor)| times(all, *factor))
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
        let step = moment.as_seconds().div_euclid(STEP_SECONDS);
        let price = match &self.path {
            Path::Seeded(path) => path.price(step),
            Path::Recorded(path) => path.price(step),
        };
        self.on_grid(price, moment)
    }

    /// A minute as far as it is over at `now`; `None` where nobody traded.
    fn minute(&self, minute: i64, now: Timestamp) -> Option<Minute> {
        let start = minute.saturating_mul(60);
        let whole = match &self.path {
            Path::Seeded(path) => path.minute(minute),
            Path::Recorded(path) => path.minute(minute),
        };
        if whole.volume.is_zero() {
            return None;
        }
        let at = at_seconds(start);
        let elapsed = now.as_seconds().saturating_sub(start);
        if elapsed >= 60 {
            return Some(Minute {
                open: self.on_grid(whole.open, at),
                high: self.on_grid(whole.high, at),
                low: self.on_grid(whole.low, at),
                close: self.on_grid(whole.close, at),
                volume: whole.volume,
            });
        }
        let steps = elapsed / STEP_SECONDS;
        let prices: Vec<Decimal> = (0..=steps)
            .map(|step| self.price(at_seconds(start + step * STEP_SECONDS)))
            .collect();
        let share = times(whole.volume, Decimal::from_integer(steps + 1));
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
        let end = start.saturating_add(granularity.seconds());
        let is_closed = end <= now.as_seconds();
        if let Some(known) = self.known.get(&(granularity, start)) {
            return *known;
        }
        let mut candle: Option<Candle> = None;
        for minute in start.div_euclid(60)..end.div_euclid(60) {
            if minute.saturating_mul(60) > now.as_seconds() {
                break;
            }
            let Some(one) = self.minute(minute, now) else {
                continue;
            };
            candle = Some(match candle {
                None => Candle {
                    start: at_seconds(start),
                    open: one.open,
                    high: one.high,
                    low: one.low,
                    close: one.close,
                    volume: one.volume,
                },
                Some(so_far) => Candle {
                    high: so_far.high.max(one.high),
                    low: so_far.low.min(one.low),
                    close: one.close,
                    volume: plus(so_far.volume, one.volume),
                    ..so_far
                },
            });
        }
        if is_closed {
            self.known.insert((granularity, start), candle);
        }
        candle
    }

    /// Traded size of the minute that a moment lies in.
    pub(crate) fn minute_volume(&self, moment: Timestamp) -> Decimal {
        let minute = moment.as_seconds().div_euclid(60);
        match &self.path {
            Path::Seeded(path) => path.minute(minute).volume,
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
