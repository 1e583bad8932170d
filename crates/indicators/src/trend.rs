//! Which way it goes: Supertrend, VIDYA, the two-pole oscillator, Hull's average, Elder's bull and bear power.

use crate::momentum::Roc;
use crate::range::{AtrValue, TrueRange};
use crate::recursive::{Ema, GapEma};
use crate::window::{Deviation, Extreme, Lag, Mean, Population, Side, WeightedMean};
use crate::{Candle, Stage};

/// The values of [`Supertrend`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SupertrendValue {
    /// The trend's line: below prices while it goes up, above while it goes down. Undefined until there is a range.
    pub line: f64,
    /// The trend goes up.
    pub is_up: bool,
}

/// Supertrend (Seban's published formula, as in pandas-ta 0.3.14b): bands of multiplier × Wilder's ATR around the middle of
/// the candle that only tighten while the trend lasts; a close beyond the last band turns the trend. It begins upwards.
#[derive(Debug, Clone)]
pub struct Supertrend {
    multiplier: f64,
    upper: f64,
    lower: f64,
    is_up: bool,
}

impl Supertrend {
    /// With a multiplier of the range, usually 3.
    #[must_use]
    pub fn new(multiplier: f64) -> Self {
        Self {
            multiplier,
            upper: f64::NAN,
            lower: f64::NAN,
            is_up: true,
        }
    }

    /// The values with this candle and its range.
    pub fn step(&mut self, candle: &Candle, atr: AtrValue, stage: Stage) -> SupertrendValue {
        let margin = self.multiplier * atr.wilder;
        let mut upper = candle.hl2() + margin;
        let mut lower = candle.hl2() - margin;
        let is_up = if candle.close > self.upper {
            true
        } else if candle.close < self.lower {
            false
        } else {
            if self.is_up && lower < self.lower {
                lower = self.lower;
            }
            if !self.is_up && upper > self.upper {
                upper = self.upper;
            }
            self.is_up
        };
        if stage == Stage::Closed {
            (self.upper, self.lower, self.is_up) = (upper, lower, is_up);
        }
        SupertrendValue {
            line: if is_up { lower } else { upper },
            is_up,
        }
    }
}

/// The values of [`Vidya`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VidyaValue {
    /// The smoothed average.
    pub line: f64,
    /// The average + multiplier × ATR.
    pub upper: f64,
    /// The average - multiplier × ATR.
    pub lower: f64,
    /// The trend goes up.
    pub is_up: bool,
    /// The trend turned up at this candle.
    pub is_turned_up: bool,
    /// The trend turned down at this candle.
    pub is_turned_down: bool,
    /// The volume of rising candles since the trend turned.
    pub volume_up: f64,
    /// The volume of falling candles since the trend turned.
    pub volume_down: f64,
}

/// Variable index dynamic average (Chande, 1992) with trend bands: an exponential average whose α is scaled with the
/// momentum |CMO|, smoothed by a simple mean; the trend turns when a close crosses the band of `band_multiplier` × ATR.
/// It begins downwards; windows are shorter at first.
#[derive(Debug, Clone)]
pub struct Vidya {
    alpha: f64,
    band_multiplier: f64,
    close_before: f64,
    rises: Mean,
    falls: Mean,
    average: f64,
    smooth: Mean,
    range: TrueRange,
    ranges: Mean,
    upper_before: f64,
    lower_before: f64,
    is_up: bool,
    volume_up: f64,
    volume_down: f64,
}

impl Vidya {
    /// With the average's length, the momentum's window, the smoothing, the range's window and the bands' multiplier,
    /// usually 10, 20, 15, 100 and 2.
    #[must_use]
    pub fn new(
        length: usize,
        momentum_length: usize,
        smooth_length: usize,
        range_length: usize,
        band_multiplier: f64,
    ) -> Self {
        Self {
            alpha: 2.0 / (crate::window::as_double(length) + 1.0),
            band_multiplier,
            close_before: f64::NAN,
            rises: Mean::short_at_first(momentum_length),
            falls: Mean::short_at_first(momentum_length),
            average: f64::NAN,
            smooth: Mean::short_at_first(smooth_length),
            range: TrueRange::range_at_first(),
            ranges: Mean::short_at_first(range_length),
            upper_before: f64::NAN,
            lower_before: f64::NAN,
            is_up: false,
            volume_up: 0.0,
            volume_down: 0.0,
        }
    }

    /// The average of this close, not yet smoothed: k × close + (1 - k) × before, k = α × |CMO| / 100.
    fn average(&mut self, close: f64, stage: Stage) -> f64 {
        // `max` gives 0 for the undefined change of the first candle.
        let change = close - self.close_before;
        let rises = self.rises.step_sum(change.max(0.0), stage);
        let falls = self.falls.step_sum((-change).max(0.0), stage);
        let moves = rises + falls;
        let momentum = if moves > 0.0 {
            ((rises - falls) / moves).abs()
        } else {
            0.0
        };
        let share = self.alpha * momentum;
        let average = if self.average.is_nan() {
            close
        } else {
            share * close + (1.0 - share) * self.average
        };
        if stage == Stage::Closed {
            self.average = average;
        }
        average
    }

    /// The values with this candle.
    pub fn step(&mut self, candle: &Candle, stage: Stage) -> VidyaValue {
        let close = candle.close;
        let average = self.average(close, stage);
        let line = self.smooth.step(average, stage);
        let range = self.range.step(candle, stage);
        let margin = self.band_multiplier * self.ranges.step(range, stage);
        let (upper, lower) = (line + margin, line - margin);
        let crosses_up = close > upper && self.close_before <= self.upper_before;
        let crosses_down = close < lower && self.close_before >= self.lower_before;
        let is_up = if crosses_up {
            true
        } else {
            self.is_up && !crosses_down
        };
        let (volume_up, volume_down) = self.volumes(candle, is_up);
        let value = VidyaValue {
            line,
            upper,
            lower,
            is_up,
            is_turned_up: is_up && !self.is_up,
            is_turned_down: !is_up && self.is_up,
            volume_up,
            volume_down,
        };
        if stage == Stage::Closed {
            self.close_before = close;
            (self.upper_before, self.lower_before) = (upper, lower);
            self.is_up = is_up;
            (self.volume_up, self.volume_down) = (volume_up, volume_down);
        }
        value
    }

    fn volumes(&self, candle: &Candle, is_up: bool) -> (f64, f64) {
        if is_up != self.is_up || self.close_before.is_nan() {
            return (0.0, 0.0);
        }
        if candle.close > candle.open {
            (self.volume_up + candle.volume, self.volume_down)
        } else if candle.close < candle.open {
            (self.volume_up, self.volume_down + candle.volume)
        } else {
            (self.volume_up, self.volume_down)
        }
    }
}

/// The values of [`TwoPole`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoPoleValue {
    /// The oscillator.
    pub line: f64,
    /// The oscillator a few candles ago.
    pub delayed: f64,
}

/// Two-pole oscillator: how far the close is from its mean, as standard score of that distance, smoothed twice. Windows are
/// shorter at first; a score without deviation is undefined and leaves the first average where it is.
#[derive(Debug, Clone)]
pub struct TwoPole {
    mean: Mean,
    distance: Deviation,
    first: GapEma,
    second: Ema,
    delay: Lag,
}

impl TwoPole {
    /// With the windows of mean and smoothing and the delay, usually 25, 20 and 4.
    #[must_use]
    pub fn new(mean_length: usize, smooth_length: usize, delay_rows: usize) -> Self {
        Self {
            mean: Mean::short_at_first(mean_length),
            distance: Deviation::new(mean_length, 2, Population::Sample),
            first: GapEma::new(smooth_length),
            second: Ema::plain(smooth_length),
            delay: Lag::new(delay_rows),
        }
    }

    /// The values with this close.
    pub fn step(&mut self, close: f64, stage: Stage) -> TwoPoleValue {
        let distance = close - self.mean.step(close, stage);
        let (mean, deviation) = self.distance.step(distance, stage);
        let score = if deviation > 0.0 {
            (distance - mean) / deviation
        } else {
            f64::NAN
        };
        // The second average sees the first one's standing value during a gap and moves on towards it.
        let first = self.first.step(score, stage);
        let line = self.second.step(first, stage);
        TwoPoleValue {
            line,
            delayed: self.delay.step(line, stage),
        }
    }
}

/// The values of [`Hull`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HullValue {
    /// The average.
    pub line: f64,
    /// The average + multiplier × Wilder's ATR.
    pub upper: f64,
    /// The average - multiplier × Wilder's ATR.
    pub lower: f64,
    /// How the average changed over the momentum's window, in percent.
    pub momentum: f64,
    /// The highest high of this candle and those before it, as many as a fractal has.
    pub fractal_high: f64,
    /// The lowest low of the same.
    pub fractal_low: f64,
}

/// Hull's moving average (2005), WMA(√n) of 2 × WMA(n/2) - WMA(n), with bands, momentum and fractals.
#[derive(Debug, Clone)]
pub struct Hull {
    half: WeightedMean,
    whole: WeightedMean,
    smooth: WeightedMean,
    band_multiplier: f64,
    momentum: Roc,
    high: Extreme,
    low: Extreme,
}

impl Hull {
    /// With the average's length, the bands' multiplier, the momentum's window and the fractal's length, usually 20, 1.5,
    /// 14 and 3.
    #[must_use]
    pub fn new(
        length: usize,
        band_multiplier: f64,
        momentum_length: usize,
        fractal_length: usize,
    ) -> Self {
        Self {
            half: WeightedMean::new(length / 2),
            whole: WeightedMean::new(length),
            smooth: WeightedMean::new(length.isqrt()),
            band_multiplier,
            momentum: Roc::new(momentum_length),
            high: Extreme::new(Side::Highest, fractal_length),
            low: Extreme::new(Side::Lowest, fractal_length),
        }
    }

    /// The values with this candle and its range.
    pub fn step(&mut self, candle: &Candle, atr: AtrValue, stage: Stage) -> HullValue {
        let half = self.half.step(candle.close, stage);
        let whole = self.whole.step(candle.close, stage);
        let line = self.smooth.step(2.0 * half - whole, stage);
        let margin = self.band_multiplier * atr.wilder;
        HullValue {
            line,
            upper: line + margin,
            lower: line - margin,
            momentum: self.momentum.step(line, stage),
            fractal_high: self.high.step(candle.high, stage),
            fractal_low: self.low.step(candle.low, stage),
        }
    }
}

/// The values of [`Power`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerValue {
    /// High less average.
    pub bull: f64,
    /// Low less average.
    pub bear: f64,
}

/// Elder's bull and bear power (1993): how far high and low are from an EMA of closes, in units of the price.
#[derive(Debug, Clone)]
pub struct Power {
    average: Ema,
}

impl Power {
    /// With the average's length.
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self {
            average: Ema::new(length),
        }
    }

    /// The values with this candle.
    pub fn step(&mut self, candle: &Candle, stage: Stage) -> PowerValue {
        let average = self.average.step(candle.close, stage);
        PowerValue {
            bull: candle.high - average,
            bear: candle.low - average,
        }
    }
}
