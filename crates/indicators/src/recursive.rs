//! Averages that lean on their own last value: exponential ones and their kin.

use crate::Stage;
use crate::window::{Tail, as_double};

/// An exponential moving average (EMA): (1 - α) × before + α × value.
#[derive(Debug, Clone)]
pub struct Ema {
    alpha: f64,
    seed_length: usize,
    seen: usize,
    seed_sum: f64,
    value: f64,
}

impl Ema {
    /// The usual one, α = 2 / (length + 1), seeded with the mean of the first `length` values and undefined before
    /// (as pandas-ta 0.3.14b and TA-Lib do).
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self::with(2.0 / (as_double(length) + 1.0), length)
    }

    /// The plain recursion, α = 2 / (length + 1), that begins with the first value.
    #[must_use]
    pub fn plain(length: usize) -> Self {
        Self::with(2.0 / (as_double(length) + 1.0), 1)
    }

    fn with(alpha: f64, seed_length: usize) -> Self {
        Self {
            alpha,
            seed_length,
            seen: 0,
            seed_sum: 0.0,
            value: f64::NAN,
        }
    }

    /// The average with this value. Undefined values before the first defined one are passed over.
    pub fn step(&mut self, value: f64, stage: Stage) -> f64 {
        if value.is_nan() {
            return self.value;
        }
        let seen = self.seen + 1;
        let seed_sum = self.seed_sum + value;
        let next = match seen.cmp(&self.seed_length) {
            std::cmp::Ordering::Less => f64::NAN,
            std::cmp::Ordering::Equal => seed_sum / as_double(seen),
            std::cmp::Ordering::Greater => (1.0 - self.alpha) * self.value + self.alpha * value,
        };
        if stage == Stage::Closed {
            self.seen = seen;
            if seen <= self.seed_length {
                self.seed_sum = seed_sum;
            }
            self.value = next;
        }
        next
    }
}

/// Wilder's average (RMA), α = 1 / length, without a seed: the weighted mean Σ(1-α)^k x[k ago] / Σ(1-α)^k of all values
/// so far, given from the `length`-th on. pandas-ta 0.3.14b computes RSI, ATR and Supertrend with it; a recursion seeded
/// with a mean differs by 1e-5 to 1e-4 after 100 candles, by 1e-10 after 300.
#[derive(Debug, Clone)]
pub struct Rma {
    keep: f64,
    length: usize,
    seen: usize,
    weight: f64,
    value: f64,
}

impl Rma {
    /// Over `length`.
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self {
            keep: 1.0 - 1.0 / as_double(length.max(1)),
            length,
            seen: 0,
            weight: 0.0,
            value: f64::NAN,
        }
    }

    /// The average with this value. Undefined values before the first defined one are passed over.
    pub fn step(&mut self, value: f64, stage: Stage) -> f64 {
        if value.is_nan() {
            return f64::NAN;
        }
        let seen = self.seen + 1;
        let old_weight = self.weight * self.keep;
        let next = if seen == 1 {
            value
        } else {
            (old_weight * self.value + value) / (old_weight + 1.0)
        };
        if stage == Stage::Closed {
            self.seen = seen;
            self.weight = old_weight + 1.0;
            self.value = next;
        }
        if seen < self.length { f64::NAN } else { next }
    }
}

/// The smoothed average of Impulse MACD (SMMA): (before × (length - 1) + value) / length, begun at the *first* candle with
/// the mean of the first `length` values. Before there are so many values it would have to know later candles, so here it
/// is undefined until then.
#[derive(Debug, Clone)]
pub struct Smma {
    length: usize,
    first: Tail,
    value: f64,
}

impl Smma {
    /// Over `length`.
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self {
            length,
            first: Tail::new(length),
            value: f64::NAN,
        }
    }

    /// The average with this value.
    pub fn step(&mut self, value: f64, stage: Stage) -> f64 {
        let next = match (self.first.count() + 1).cmp(&self.length) {
            std::cmp::Ordering::Less => f64::NAN,
            std::cmp::Ordering::Equal => self.begun(value),
            std::cmp::Ordering::Greater => self.following(self.value, value),
        };
        if stage == Stage::Closed {
            if self.first.count() < self.length {
                self.first.push(value);
            }
            self.value = next;
        }
        next
    }

    /// The value at the first candle that has enough before it.
    fn begun(&self, value: f64) -> f64 {
        let all = || self.first.iter().chain([value]);
        let seed = all().sum::<f64>() / as_double(self.length);
        all()
            .skip(1)
            .fold(seed, |before, value| self.following(before, value))
    }

    fn following(&self, before: f64, value: f64) -> f64 {
        let length = as_double(self.length);
        (before * (length - 1.0) + value) / length
    }
}

/// An exponential average that stays where it is while values are undefined and then gives the next one more weight:
/// (w × before + α × value) / (w + α) with w = (1 - α)^(gap + 1). This is what pandas does with gaps.
#[derive(Debug, Clone)]
pub struct GapEma {
    alpha: f64,
    /// The weight of the value so far, before the present candle's decay.
    weight: f64,
    value: f64,
}

impl GapEma {
    /// With α = 2 / (length + 1).
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self {
            alpha: 2.0 / (as_double(length) + 1.0),
            weight: 1.0,
            value: f64::NAN,
        }
    }

    /// The average with this value.
    pub fn step(&mut self, value: f64, stage: Stage) -> f64 {
        let old_weight = self.weight * (1.0 - self.alpha);
        let (next, weight) = if value.is_nan() {
            // Before the first value there is nothing whose weight could fall.
            let is_begun = !self.value.is_nan();
            (self.value, if is_begun { old_weight } else { 1.0 })
        } else if self.value.is_nan() {
            (value, 1.0)
        } else {
            let sum = old_weight * self.value + self.alpha * value;
            (sum / (old_weight + self.alpha), 1.0)
        };
        if stage == Stage::Closed {
            self.value = next;
            self.weight = weight;
        }
        next
    }
}
