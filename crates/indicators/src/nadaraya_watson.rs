//! Nadaraya-Watson estimate (NWE): a line through prices, weighted with a Gaussian kernel, with an envelope.
//!
//! [`NadarayaWatson`] is the causal form, which decisions and backtests use: the value at a candle is made of this candle
//! and earlier ones and stays what it was (the published "non-repainting" form). [`two_sided`] is the filter that the bots
//! ran before: it looks 32 candles into the future, so that past values change with every candle and a signal read from the
//! past knows what came after (B-37). It is kept to hold recorded decisions against.

use crate::Stage;
use crate::momentum::Roc;
use crate::window::{Extreme, Lag, Mean, Side, Tail, as_double};

/// The candles over which the error's mean and the deepest breach are taken: as many as a frame of the bots has.
pub const ENVELOPE_ROWS: usize = 300;

/// Where the kernel ends, in standard deviations.
const RADIUS_SIGMAS: f64 = 4.0;

/// The line's change is taken over so many candles.
const ROC_LENGTH: usize = 3;

/// The values of [`NadarayaWatson`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NadarayaWatsonValue {
    /// The line.
    pub line: f64,
    /// How the line changed over three candles, in percent.
    pub roc: f64,
    /// The line less the line one candle before.
    pub slope: f64,
    /// The slope was negative and is positive.
    pub is_turned_up: bool,
    /// The slope was positive and is negative.
    pub is_turned_down: bool,
    /// The mean distance between closes and line.
    pub error_mean: f64,
    /// Line + multiplier × mean error.
    pub upper: f64,
    /// Line - multiplier × mean error.
    pub lower: f64,
    /// The lowest of the closes that were below their lower band, within [`ENVELOPE_ROWS`]; undefined if none was.
    pub lowest_close_below: f64,
    /// The highest of the closes that were above their upper band; undefined if none was.
    pub highest_close_above: f64,
}

/// The kernel's weights, from the present candle backwards: exp(-k² / 2σ²), to four σ.
fn kernel(bandwidth: f64) -> Vec<f64> {
    // Half a candle is how scipy rounds the radius.
    let radius = (RADIUS_SIGMAS * bandwidth + 0.5).floor();
    let mut weights = Vec::new();
    let mut distance = 0.0;
    while distance <= radius {
        weights.push((-0.5 * distance * distance / (bandwidth * bandwidth)).exp());
        distance += 1.0;
    }
    weights
}

/// The causal estimate.
#[derive(Debug, Clone)]
pub struct NadarayaWatson {
    weights: Vec<f64>,
    weights_sum: f64,
    multiplier: f64,
    tail: Tail,
    tail_sum: f64,
    before: Lag,
    roc: Roc,
    slope_before: f64,
    errors: Mean,
    below: Extreme,
    above: Extreme,
}

impl NadarayaWatson {
    /// With the kernel's σ in candles and the envelope's width in mean errors, usually 8 and 3.
    #[must_use]
    pub fn new(bandwidth: f64, multiplier: f64) -> Self {
        let weights = kernel(bandwidth);
        Self {
            weights_sum: weights.iter().sum(),
            multiplier,
            tail: Tail::new(weights.len().saturating_sub(1)),
            tail_sum: 0.0,
            before: Lag::new(1),
            roc: Roc::new(ROC_LENGTH),
            slope_before: f64::NAN,
            errors: Mean::short_at_first(ENVELOPE_ROWS),
            below: Extreme::short_at_first(Side::Lowest, ENVELOPE_ROWS),
            above: Extreme::short_at_first(Side::Highest, ENVELOPE_ROWS),
            weights,
        }
    }

    fn line(&mut self, close: f64, stage: Stage) -> f64 {
        let is_full = self.tail.count() + 1 >= self.weights.len();
        let nearest = self.weights.first().copied().unwrap_or(1.0);
        let line = (close * nearest + self.tail_sum) / self.weights_sum;
        if stage == Stage::Closed {
            self.tail.push(close);
            let earlier = self.weights.iter().skip(1);
            self.tail_sum = (self.tail.iter().rev().zip(earlier))
                .map(|(close, weight)| close * weight)
                .sum();
        }
        if is_full { line } else { f64::NAN }
    }

    /// The values with this close. Undefined until the kernel has all the candles that it reaches back to.
    pub fn step(&mut self, close: f64, stage: Stage) -> NadarayaWatsonValue {
        let line = self.line(close, stage);
        let slope = line - self.before.step(line, stage);
        let slope_before = self.slope_before;
        if stage == Stage::Closed {
            self.slope_before = slope;
        }
        let error_mean = if line.is_nan() {
            // An undefined error would stay in the mean for as long as the window is.
            f64::NAN
        } else {
            self.errors.step((close - line).abs(), stage)
        };
        let upper = line + self.multiplier * error_mean;
        let lower = line - self.multiplier * error_mean;
        NadarayaWatsonValue {
            line,
            roc: self.roc.step(line, stage),
            slope,
            is_turned_up: slope > 0.0 && slope_before < 0.0,
            is_turned_down: slope < 0.0 && slope_before > 0.0,
            error_mean,
            upper,
            lower,
            lowest_close_below: self.below.step(only_if(close, close < lower), stage),
            highest_close_above: self.above.step(only_if(close, close > upper), stage),
        }
    }
}

fn only_if(value: f64, is_wanted: bool) -> f64 {
    if is_wanted { value } else { f64::NAN }
}

/// The filter of the bots' former code over a whole frame: both sides of the kernel, the first and last close repeated
/// beyond the frame's ends, one mean error and one deepest breach for all candles (scipy's `gaussian_filter1d`, mode
/// `nearest`). Not causal; only the newest value is what a bot acted on.
#[must_use]
pub fn two_sided(closes: &[f64], bandwidth: f64, multiplier: f64) -> Vec<NadarayaWatsonValue> {
    let lines = two_sided_lines(closes, bandwidth);
    let errors = closes
        .iter()
        .zip(&lines)
        .map(|(close, line)| (close - line).abs());
    let error_mean = errors.sum::<f64>() / as_double(closes.len());
    let margin = multiplier * error_mean;
    let pairs = || closes.iter().copied().zip(lines.iter().copied());
    let lowest_close_below = pairs()
        .filter(|(close, line)| *close < line - margin)
        .fold(f64::NAN, |lowest, (close, _)| lowest.min(close));
    let highest_close_above = pairs()
        .filter(|(close, line)| *close > line + margin)
        .fold(f64::NAN, |highest, (close, _)| highest.max(close));
    let mut before = Lag::new(1);
    let mut roc = Roc::new(ROC_LENGTH);
    let mut slope_before = f64::NAN;
    lines
        .iter()
        .map(|&line| {
            let slope = line - before.step(line, Stage::Closed);
            let value = NadarayaWatsonValue {
                line,
                roc: roc.step(line, Stage::Closed),
                slope,
                is_turned_up: slope > 0.0 && slope_before < 0.0,
                is_turned_down: slope < 0.0 && slope_before > 0.0,
                error_mean,
                upper: line + margin,
                lower: line - margin,
                lowest_close_below,
                highest_close_above,
            };
            slope_before = slope;
            value
        })
        .collect()
}

fn two_sided_lines(closes: &[f64], bandwidth: f64) -> Vec<f64> {
    let half = kernel(bandwidth);
    let radius = half.len().saturating_sub(1);
    let weights: Vec<f64> = half
        .iter()
        .rev()
        .chain(half.iter().skip(1))
        .copied()
        .collect();
    let weights_sum: f64 = weights.iter().sum();
    let repeated = |close: Option<&f64>| std::iter::repeat_n(close.copied().unwrap_or(0.0), radius);
    let widened: Vec<f64> = repeated(closes.first())
        .chain(closes.iter().copied())
        .chain(repeated(closes.last()))
        .collect();
    // Weight by weight over all rows, and not row by row, so that the processor does several rows at once.
    let mut lines = vec![0.0; closes.len()];
    for (offset, weight) in weights.iter().enumerate() {
        for (line, close) in lines
            .iter_mut()
            .zip(widened.get(offset..).unwrap_or_default())
        {
            *line += weight * close;
        }
    }
    for line in &mut lines {
        *line /= weights_sum;
    }
    lines
}
