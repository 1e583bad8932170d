//! Impulse MACD.

use crate::recursive::{Ema, Smma};
use crate::window::Mean;
use crate::{Candle, Stage};

/// The colour of an Impulse MACD bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImpulseColour {
    /// Typical price above the middle and above the channel.
    Lime,
    /// Above the middle, within the channel.
    Green,
    /// Not above the middle, below the channel.
    Red,
    /// Not above the middle, within the channel.
    Orange,
}

impl ImpulseColour {
    /// Its name in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lime => "lime",
            Self::Green => "green",
            Self::Red => "red",
            Self::Orange => "orange",
        }
    }

    /// Lime or green.
    #[must_use]
    pub const fn is_rising(self) -> bool {
        matches!(self, Self::Lime | Self::Green)
    }
}

/// The values of [`ImpulseMacd`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImpulseMacdValue {
    /// 2 × EMA - EMA of the EMA of the typical price.
    pub middle: f64,
    /// How far the middle is outside the channel of smoothed highs and lows; 0 within, and 0 before the middle exists.
    pub line: f64,
    /// The line's simple mean.
    pub signal: f64,
    /// Line less signal.
    pub histogram: f64,
    /// The histogram's simple mean, against which its strength is measured.
    pub histogram_mean: f64,
    /// The bar's colour.
    pub colour: ImpulseColour,
}

/// Impulse MACD (LazyBear's published formula): MACD that is zero while prices stay within a channel of smoothed highs and
/// lows, so that it is silent in a sideways market.
#[derive(Debug, Clone)]
pub struct ImpulseMacd {
    high: Smma,
    low: Smma,
    average: Ema,
    average_of_average: Ema,
    signal: Mean,
    histogram_mean: Mean,
}

impl ImpulseMacd {
    /// With the lengths of averages, of the signal and of the histogram's mean, usually 34, 9 and 25.
    #[must_use]
    pub fn new(length: usize, signal_length: usize, filter_length: usize) -> Self {
        Self {
            high: Smma::new(length),
            low: Smma::new(length),
            average: Ema::new(length),
            // The outer average begins with the inner one's first value (pandas-ta seeds it with that value alone).
            average_of_average: Ema::plain(length),
            signal: Mean::new(signal_length),
            histogram_mean: Mean::new(filter_length),
        }
    }

    /// The values with this candle.
    pub fn step(&mut self, candle: &Candle, stage: Stage) -> ImpulseMacdValue {
        let price = candle.hlc3();
        let high = self.high.step(candle.high, stage);
        let low = self.low.step(candle.low, stage);
        let average = self.average.step(price, stage);
        let middle = 2.0 * average - self.average_of_average.step(average, stage);
        let line = if middle > high {
            middle - high
        } else if middle < low {
            middle - low
        } else {
            0.0
        };
        let signal = self.signal.step(line, stage);
        let histogram = line - signal;
        let colour = match (price > middle, price > high, price < low) {
            (true, true, _) => ImpulseColour::Lime,
            (true, false, _) => ImpulseColour::Green,
            (false, _, true) => ImpulseColour::Red,
            (false, _, false) => ImpulseColour::Orange,
        };
        ImpulseMacdValue {
            middle,
            line,
            signal,
            histogram,
            histogram_mean: self.histogram_mean.step(histogram, stage),
            colour,
        }
    }
}
