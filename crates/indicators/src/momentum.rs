//! How fast prices move: ROC, RSI, MACD, Vortex.

use crate::range::TrueRange;
use crate::recursive::{Ema, Rma};
use crate::window::{Lag, Mean};
use crate::{Candle, Stage};

/// Rate of change in percent: 100 × (x - x[length ago]) / x[length ago].
#[derive(Debug, Clone)]
pub struct Roc {
    earlier: Lag,
}

impl Roc {
    /// Against the value `length` candles ago.
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self {
            earlier: Lag::new(length),
        }
    }

    /// The rate with this value.
    pub fn step(&mut self, value: f64, stage: Stage) -> f64 {
        let earlier = self.earlier.step(value, stage);
        100.0 * (value - earlier) / earlier
    }
}

/// Relative strength index (Wilder, 1978): 100 × rises / (rises + falls), both averaged with [`Rma`]. Undefined while
/// there was neither rise nor fall.
#[derive(Debug, Clone)]
pub struct Rsi {
    before: Lag,
    rises: Rma,
    falls: Rma,
}

impl Rsi {
    /// Over `length` candles.
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self {
            before: Lag::new(1),
            rises: Rma::new(length),
            falls: Rma::new(length),
        }
    }

    /// The index with this value.
    pub fn step(&mut self, value: f64, stage: Stage) -> f64 {
        let change = value - self.before.step(value, stage);
        // `max` would turn the undefined first change into 0.
        let (rise, fall) = if change.is_nan() {
            (f64::NAN, f64::NAN)
        } else {
            (change.max(0.0), (-change).max(0.0))
        };
        let rises = self.rises.step(rise, stage);
        let falls = self.falls.step(fall, stage);
        100.0 * rises / (rises + falls)
    }
}

/// The values of [`Macd`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MacdValue {
    /// Fast less slow average.
    pub line: f64,
    /// The average of the line.
    pub signal: f64,
    /// Line less signal.
    pub histogram: f64,
}

/// Moving average convergence/divergence (Appel): EMA(fast) - EMA(slow), with an EMA of that as signal.
#[derive(Debug, Clone)]
pub struct Macd {
    fast: Ema,
    slow: Ema,
    signal: Ema,
}

impl Macd {
    /// With these lengths, usually 12, 26 and 9.
    #[must_use]
    pub fn new(fast_length: usize, slow_length: usize, signal_length: usize) -> Self {
        Self {
            fast: Ema::new(fast_length),
            slow: Ema::new(slow_length),
            signal: Ema::new(signal_length),
        }
    }

    /// The values with this price.
    pub fn step(&mut self, value: f64, stage: Stage) -> MacdValue {
        let line = self.fast.step(value, stage) - self.slow.step(value, stage);
        let signal = self.signal.step(line, stage);
        MacdValue {
            line,
            signal,
            histogram: line - signal,
        }
    }
}

/// The values of [`Vortex`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VortexValue {
    /// Upward movement, VI+.
    pub up: f64,
    /// Downward movement, VI-.
    pub down: f64,
}

/// Vortex (Botes and Siepman, 2010): Σ|high - low before| and Σ|low - high before|, each over Σ true range.
#[derive(Debug, Clone)]
pub struct Vortex {
    range: TrueRange,
    before: Option<Candle>,
    ranges: Mean,
    ups: Mean,
    downs: Mean,
}

impl Vortex {
    /// Over `length` candles.
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self {
            range: TrueRange::undefined_at_first(),
            before: None,
            ranges: Mean::new(length),
            ups: Mean::new(length),
            downs: Mean::new(length),
        }
    }

    /// The values with this candle.
    pub fn step(&mut self, candle: &Candle, stage: Stage) -> VortexValue {
        let (up, down) = match &self.before {
            Some(before) => (
                (candle.high - before.low).abs(),
                (candle.low - before.high).abs(),
            ),
            None => (f64::NAN, f64::NAN),
        };
        if stage == Stage::Closed {
            self.before = Some(*candle);
        }
        let range = self.range.step(candle, stage);
        let ranges = self.ranges.step_sum(range, stage);
        VortexValue {
            up: self.ups.step_sum(up, stage) / ranges,
            down: self.downs.step_sum(down, stage) / ranges,
        }
    }
}
