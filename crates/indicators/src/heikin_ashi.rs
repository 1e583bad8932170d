//! Heikin-Ashi candles, plain and smoothed twice.

use crate::recursive::Ema;
use crate::{Candle, Stage};

/// A Heikin-Ashi candle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeikinAshiValue {
    /// The mean of the last Heikin-Ashi open and close.
    pub open: f64,
    /// The highest of high, open and close.
    pub high: f64,
    /// The lowest of low, open and close.
    pub low: f64,
    /// The mean of the candle's four prices.
    pub close: f64,
}

/// What counts as no wick: less than this share of the candle's span, in percent.
const NO_WICK_PCT: f64 = 3.0;

impl HeikinAshiValue {
    /// Whether it rose.
    #[must_use]
    pub fn is_green(&self) -> bool {
        self.close > self.open
    }

    /// High - low.
    #[must_use]
    pub fn span(&self) -> f64 {
        self.high - self.low
    }

    /// |close - open|.
    #[must_use]
    pub fn body(&self) -> f64 {
        (self.close - self.open).abs()
    }

    /// What stands above the body.
    #[must_use]
    pub fn wick_upper(&self) -> f64 {
        // Where the open is still undefined, the close alone is the body.
        self.high - self.open.max(self.close)
    }

    /// What hangs below the body.
    #[must_use]
    pub fn wick_lower(&self) -> f64 {
        self.open.min(self.close) - self.low
    }

    /// The body's share of the span in percent; undefined for a candle without a span.
    #[must_use]
    pub fn body_pct(&self) -> f64 {
        100.0 * self.body() / self.span()
    }

    /// The upper wick's share of the span in percent.
    #[must_use]
    pub fn wick_upper_pct(&self) -> f64 {
        100.0 * self.wick_upper() / self.span()
    }

    /// The lower wick's share of the span in percent.
    #[must_use]
    pub fn wick_lower_pct(&self) -> f64 {
        100.0 * self.wick_lower() / self.span()
    }

    /// As good as no upper wick.
    #[must_use]
    pub fn has_no_wick_upper(&self) -> bool {
        self.wick_upper_pct() < NO_WICK_PCT
    }

    /// As good as no lower wick.
    #[must_use]
    pub fn has_no_wick_lower(&self) -> bool {
        self.wick_lower_pct() < NO_WICK_PCT
    }
}

/// Heikin-Ashi: averaged candles that show trends more calmly.
#[derive(Debug, Clone, Default)]
pub struct HeikinAshi {
    before: Option<(f64, f64)>,
}

impl HeikinAshi {
    /// The Heikin-Ashi candle of this candle.
    pub fn step(&mut self, candle: &Candle, stage: Stage) -> HeikinAshiValue {
        let close = candle.ohlc4();
        let (first, last) = self.before.unwrap_or((candle.open, candle.close));
        let open = (first + last) / 2.0;
        if stage == Stage::Closed {
            self.before = Some((open, close));
        }
        HeikinAshiValue {
            open,
            high: candle.high.max(open).max(close),
            low: candle.low.min(open).min(close),
            close,
        }
    }
}

/// Heikin-Ashi smoothed before and after (SHA): EMA of the four prices, Heikin-Ashi of those, EMA of the result. Its open
/// begins at candle `first_length` (counted from 0) and is undefined before.
#[derive(Debug, Clone)]
pub struct SmoothedHeikinAshi {
    first_length: usize,
    seen: usize,
    first: [Ema; 4],
    before: Option<(f64, f64)>,
    second: [Ema; 4],
}

impl SmoothedHeikinAshi {
    /// With the lengths of the first and of the second smoothing.
    #[must_use]
    pub fn new(first_length: usize, second_length: usize) -> Self {
        Self {
            first_length,
            seen: 0,
            first: std::array::from_fn(|_| Ema::plain(first_length)),
            before: None,
            second: std::array::from_fn(|_| Ema::plain(second_length)),
        }
    }

    /// The smoothed candle of this candle.
    pub fn step(&mut self, candle: &Candle, stage: Stage) -> HeikinAshiValue {
        let [open, high, low, close] = &mut self.first;
        let open = open.step(candle.open, stage);
        let high = high.step(candle.high, stage);
        let low = low.step(candle.low, stage);
        let close = close.step(candle.close, stage);
        let ha_close = (open + high + low + close) / 4.0;
        let ha_open = match self.before {
            Some((first, last)) => (first + last) / 2.0,
            None if self.seen >= self.first_length => (open + close) / 2.0,
            None => f64::NAN,
        };
        if stage == Stage::Closed {
            self.seen += 1;
            self.before = (!ha_open.is_nan()).then_some((ha_open, ha_close));
        }
        let [second_open, second_high, second_low, second_close] = &mut self.second;
        HeikinAshiValue {
            open: second_open.step(ha_open, stage),
            high: second_high.step(high.max(ha_open).max(ha_close), stage),
            low: second_low.step(low.min(ha_open).min(ha_close), stage),
            close: second_close.step(ha_close, stage),
        }
    }
}
