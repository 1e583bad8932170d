//! Values of the last so many candles: means, deviations, extremes.
//!
//! Each keeps the values of closed candles in a window one shorter than asked for, with their sum (or extreme) summed
//! anew whenever a candle closes. A forming candle then costs one addition, however long the window is, and nothing
//! drifts over millions of candles, as running sums do. A result depends on the window's values only.

use std::collections::VecDeque;

use crate::Stage;

/// The last values, oldest first, at most so many.
#[derive(Debug, Clone)]
pub(crate) struct Tail {
    values: VecDeque<f64>,
    length: usize,
}

impl Tail {
    pub(crate) fn new(length: usize) -> Self {
        Self {
            values: VecDeque::with_capacity(length + 1),
            length,
        }
    }

    pub(crate) fn push(&mut self, value: f64) {
        self.values.push_back(value);
        if self.values.len() > self.length {
            self.values.pop_front();
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = f64> + ExactSizeIterator {
        self.values.iter().copied()
    }

    fn oldest_if_full(&self) -> f64 {
        if self.values.len() < self.length {
            return f64::NAN;
        }
        self.values.front().copied().unwrap_or(f64::NAN)
    }
}

/// The value so many candles ago.
#[derive(Debug, Clone)]
pub struct Lag {
    tail: Tail,
}

impl Lag {
    /// The value `rows` candles ago, from the first candle that has one.
    #[must_use]
    pub fn new(rows: usize) -> Self {
        Self {
            tail: Tail::new(rows.max(1)),
        }
    }

    /// The value that many candles before this one.
    pub fn step(&mut self, value: f64, stage: Stage) -> f64 {
        let earlier = self.tail.oldest_if_full();
        if stage == Stage::Closed {
            self.tail.push(value);
        }
        earlier
    }
}

/// How many of the last values were equal. A mean of equal values is that value and their deviation is 0, exactly; sums
/// would leave a remainder of rounding, which a division by the deviation turns into noise.
#[derive(Debug, Clone)]
struct EqualRun {
    value: f64,
    length: usize,
}

impl EqualRun {
    const NONE: Self = Self {
        value: f64::NAN,
        length: 0,
    };

    /// The length with this value.
    fn step(&mut self, value: f64, stage: Stage) -> usize {
        #[expect(clippy::float_cmp, reason = "exactly equal is what is meant")]
        let length = if value == self.value {
            self.length + 1
        } else {
            1
        };
        if stage == Stage::Closed {
            *self = Self { value, length };
        }
        length
    }
}

/// A simple moving average (SMA).
#[derive(Debug, Clone)]
pub struct Mean {
    tail: Tail,
    tail_sum: f64,
    equal: EqualRun,
    count_min: usize,
}

impl Mean {
    /// Over `length` candles; undefined before there are so many.
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self {
            tail: Tail::new(length.saturating_sub(1)),
            tail_sum: 0.0,
            equal: EqualRun::NONE,
            count_min: length,
        }
    }

    /// Over at most `length` candles: at the beginning over those that there are.
    #[must_use]
    pub fn short_at_first(length: usize) -> Self {
        Self {
            count_min: 1,
            ..Self::new(length)
        }
    }

    /// The mean with this value.
    pub fn step(&mut self, value: f64, stage: Stage) -> f64 {
        let count = self.tail.count() + 1;
        let is_equal = self.equal.step(value, stage) >= count;
        let sum = self.take(value, stage);
        if count < self.count_min {
            f64::NAN
        } else if is_equal {
            value
        } else {
            sum / as_double(count)
        }
    }

    /// The sum with this value.
    pub fn step_sum(&mut self, value: f64, stage: Stage) -> f64 {
        let count = self.tail.count() + 1;
        let sum = self.take(value, stage);
        if count < self.count_min {
            f64::NAN
        } else {
            sum
        }
    }

    fn take(&mut self, value: f64, stage: Stage) -> f64 {
        let sum = self.tail_sum + value;
        if stage == Stage::Closed {
            self.tail.push(value);
            self.tail_sum = self.tail.iter().sum();
        }
        sum
    }
}

/// Whether a deviation is of a whole population or of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Population {
    /// All there is: divided by n.
    Whole,
    /// A sample of more: divided by n - 1.
    Sample,
}

/// The mean and the standard deviation of the last so many values.
#[derive(Debug, Clone)]
pub struct Deviation {
    tail: Tail,
    /// What the sums below are taken from: a value of the window, so that they stay small and their squares exact.
    origin: f64,
    tail_sum: f64,
    tail_sum_of_squares: f64,
    equal: EqualRun,
    count_min: usize,
    population: Population,
}

impl Deviation {
    /// Over `length` values, undefined before there are `count_min`.
    #[must_use]
    pub fn new(length: usize, count_min: usize, population: Population) -> Self {
        Self {
            tail: Tail::new(length.saturating_sub(1)),
            origin: 0.0,
            tail_sum: 0.0,
            tail_sum_of_squares: 0.0,
            equal: EqualRun::NONE,
            count_min,
            population,
        }
    }

    /// The mean and the deviation with this value.
    pub fn step(&mut self, value: f64, stage: Stage) -> (f64, f64) {
        let count = self.tail.count() + 1;
        let equal_count = self.equal.step(value, stage);
        let origin = if count == 1 { value } else { self.origin };
        let distance = value - origin;
        let sum = self.tail_sum + distance;
        let sum_of_squares = self.tail_sum_of_squares + distance * distance;
        if stage == Stage::Closed {
            self.close(value);
        }
        if count < self.count_min {
            return (f64::NAN, f64::NAN);
        }
        if equal_count >= count {
            return (value, 0.0);
        }
        let number = as_double(count);
        let squares = (sum_of_squares - sum * sum / number).max(0.0);
        let divisor = match self.population {
            Population::Whole => number,
            Population::Sample => number - 1.0,
        };
        (origin + sum / number, (squares / divisor).sqrt())
    }

    fn close(&mut self, value: f64) {
        self.tail.push(value);
        let number = as_double(self.tail.count().max(1));
        self.origin = self.tail.iter().sum::<f64>() / number;
        self.tail_sum = 0.0;
        self.tail_sum_of_squares = 0.0;
        for value in self.tail.iter() {
            let distance = value - self.origin;
            self.tail_sum += distance;
            self.tail_sum_of_squares += distance * distance;
        }
    }
}

/// Which extreme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The highest.
    Highest,
    /// The lowest.
    Lowest,
}

impl Side {
    fn of(self, one: f64, other: f64) -> f64 {
        match self {
            Self::Highest => one.max(other),
            Self::Lowest => one.min(other),
        }
    }
}

/// The highest or lowest of the last so many values. Undefined values are passed over.
#[derive(Debug, Clone)]
pub struct Extreme {
    tail: Tail,
    tail_extreme: f64,
    count_min: usize,
    side: Side,
}

impl Extreme {
    /// Over `length` candles; undefined before there are so many.
    #[must_use]
    pub fn new(side: Side, length: usize) -> Self {
        Self {
            tail: Tail::new(length.saturating_sub(1)),
            tail_extreme: f64::NAN,
            count_min: length,
            side,
        }
    }

    /// Over at most `length` candles: at the beginning over those that there are.
    #[must_use]
    pub fn short_at_first(side: Side, length: usize) -> Self {
        Self {
            count_min: 1,
            ..Self::new(side, length)
        }
    }

    /// The extreme with this value.
    pub fn step(&mut self, value: f64, stage: Stage) -> f64 {
        let count = self.tail.count() + 1;
        // Both give the other value where one is undefined.
        let extreme = self.side.of(self.tail_extreme, value);
        if stage == Stage::Closed {
            self.tail.push(value);
            let side = self.side;
            self.tail_extreme = self
                .tail
                .iter()
                .fold(f64::NAN, |extreme, value| side.of(extreme, value));
        }
        if count < self.count_min {
            f64::NAN
        } else {
            extreme
        }
    }
}

/// A linearly weighted moving average (WMA): the newest of n values weighs n, the oldest 1.
#[derive(Debug, Clone)]
pub struct WeightedMean {
    tail: Tail,
    tail_sum: f64,
    length: usize,
}

impl WeightedMean {
    /// Over `length` candles; undefined before there are so many.
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self {
            tail: Tail::new(length.saturating_sub(1)),
            tail_sum: 0.0,
            length,
        }
    }

    /// The mean with this value.
    pub fn step(&mut self, value: f64, stage: Stage) -> f64 {
        let count = self.tail.count() + 1;
        let length = as_double(self.length);
        let sum = self.tail_sum + value * length;
        if stage == Stage::Closed {
            self.tail.push(value);
            self.tail_sum = (self.tail.iter().zip(1_u32..))
                .map(|(value, weight)| value * f64::from(weight))
                .sum();
        }
        if count < self.length {
            return f64::NAN;
        }
        sum / (length * (length + 1.0) / 2.0)
    }
}

/// A mean of prices weighted with volumes (VWMA): Σ(price × volume) / Σ(volume).
#[derive(Debug, Clone)]
pub struct VolumeWeightedMean {
    products: Mean,
    volumes: Mean,
}

impl VolumeWeightedMean {
    /// Over `length` candles; undefined before there are so many.
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self {
            products: Mean::new(length),
            volumes: Mean::new(length),
        }
    }

    /// The mean with this candle.
    pub fn step(&mut self, price: f64, volume: f64, stage: Stage) -> f64 {
        self.products.step_sum(price * volume, stage) / self.volumes.step_sum(volume, stage)
    }
}

/// A number of candles as a double. Windows are far below the 2^53 where this would round.
#[expect(clippy::cast_precision_loss, reason = "numbers of candles are small")]
pub(crate) fn as_double(count: usize) -> f64 {
    count as f64
}
