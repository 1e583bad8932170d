//! How far prices swing: true range, ATR, Bollinger bands.

use crate::momentum::Roc;
use crate::recursive::Rma;
use crate::window::{Deviation, Mean, Population};
use crate::{Candle, Stage};

/// True range (Wilder, 1978): the greatest of high - low, |high - close before|, |low - close before|.
#[derive(Debug, Clone)]
pub struct TrueRange {
    close_before: Option<f64>,
    is_range_at_first: bool,
}

impl TrueRange {
    /// Undefined at the first candle, which has none before it (as pandas-ta does).
    #[must_use]
    pub fn undefined_at_first() -> Self {
        Self {
            close_before: None,
            is_range_at_first: false,
        }
    }

    /// High - low at the first candle.
    #[must_use]
    pub fn range_at_first() -> Self {
        Self {
            close_before: None,
            is_range_at_first: true,
        }
    }

    /// The range of this candle.
    pub fn step(&mut self, candle: &Candle, stage: Stage) -> f64 {
        let range = candle.high - candle.low;
        let true_range = match self.close_before {
            Some(close) => range
                .max((candle.high - close).abs())
                .max((candle.low - close).abs()),
            None if self.is_range_at_first => range,
            None => f64::NAN,
        };
        if stage == Stage::Closed {
            self.close_before = Some(candle.close);
        }
        true_range
    }
}

/// The true range's averages, both kinds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtrValue {
    /// The simple mean: what the frames of the bots call `atr`.
    pub simple: f64,
    /// Wilder's average.
    pub wilder: f64,
}

/// Average true range as simple mean and as Wilder's average. Which of the two the bots' former code used depended on what
/// else had run before (B-53); here each strategy names the one it means.
#[derive(Debug, Clone)]
pub struct Atr {
    range: TrueRange,
    simple: Mean,
    wilder: Rma,
}

impl Atr {
    /// Over `length` candles.
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self {
            range: TrueRange::undefined_at_first(),
            simple: Mean::new(length),
            wilder: Rma::new(length),
        }
    }

    /// The averages with this candle.
    pub fn step(&mut self, candle: &Candle, stage: Stage) -> AtrValue {
        let range = self.range.step(candle, stage);
        AtrValue {
            simple: self.simple.step(range, stage),
            wilder: self.wilder.step(range, stage),
        }
    }
}

/// The values of [`Bollinger`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandValue {
    /// Mean + multiplier × deviation.
    pub upper: f64,
    /// The mean.
    pub middle: f64,
    /// Mean - multiplier × deviation.
    pub lower: f64,
    /// How the upper band changed over three candles, in percent.
    pub upper_roc: f64,
    /// How the lower band changed over three candles, in percent.
    pub lower_roc: f64,
}

impl BandValue {
    /// The bands' distance in percent of the mean.
    #[must_use]
    pub fn width_pct(&self) -> f64 {
        100.0 * (self.upper - self.lower) / self.middle
    }

    /// Where a price stands: 0 on the lower band, 1 on the upper ("%b").
    #[must_use]
    pub fn position(&self, price: f64) -> f64 {
        (price - self.lower) / (self.upper - self.lower)
    }

    /// The bands move apart.
    #[must_use]
    pub fn is_expanding(&self) -> bool {
        self.upper_roc > 0.0 && self.lower_roc < 0.0
    }

    /// The bands move together.
    #[must_use]
    pub fn is_contracting(&self) -> bool {
        self.upper_roc < 0.0 && self.lower_roc > 0.0
    }

    /// Both bands rise.
    #[must_use]
    pub fn is_upwards(&self) -> bool {
        self.upper_roc > 0.0 && self.lower_roc > 0.0
    }

    /// Both bands fall.
    #[must_use]
    pub fn is_downwards(&self) -> bool {
        self.upper_roc < 0.0 && self.lower_roc < 0.0
    }
}

/// Bollinger bands (1980s): a simple mean with the population's deviation above and below it.
#[derive(Debug, Clone)]
pub struct Bollinger {
    deviation: Deviation,
    multiplier: f64,
    upper_roc: Roc,
    lower_roc: Roc,
}

impl Bollinger {
    /// Over `length` values, `multiplier` deviations wide.
    #[must_use]
    pub fn new(length: usize, multiplier: f64) -> Self {
        const ROC_LENGTH: usize = 3;
        Self {
            deviation: Deviation::new(length, length, Population::Whole),
            multiplier,
            upper_roc: Roc::new(ROC_LENGTH),
            lower_roc: Roc::new(ROC_LENGTH),
        }
    }

    /// The bands with this value.
    pub fn step(&mut self, value: f64, stage: Stage) -> BandValue {
        let (middle, deviation) = self.deviation.step(value, stage);
        let upper = middle + self.multiplier * deviation;
        let lower = middle - self.multiplier * deviation;
        BandValue {
            upper,
            middle,
            lower,
            upper_roc: self.upper_roc.step(upper, stage),
            lower_roc: self.lower_roc.step(lower, stage),
        }
    }
}
