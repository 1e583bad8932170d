//! Divergence of prices and RSI at their local extremes.

use crate::Stage;
use crate::window::Tail;

/// The values of [`Divergence`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DivergenceValue {
    /// A low was confirmed at this candle that is lower than the low before it, with a higher RSI.
    pub is_bullish: bool,
    /// A high was confirmed at this candle that is higher than the high before it, with a lower RSI.
    pub is_bearish: bool,
}

/// A close and the RSI of its candle.
#[derive(Debug, Clone, Copy)]
struct Point {
    close: f64,
    rsi: f64,
}

/// A close is a local extreme when it is beyond the closes of so many candles on each side, and that is known so many
/// candles later. The divergence belongs to the candle that confirms it: the bots' former code asked for it at the extreme
/// itself, where it cannot be known yet (B-40).
#[derive(Debug, Clone)]
pub struct Divergence {
    side_length: usize,
    closes: Tail,
    rsis: Tail,
    low: Option<Point>,
    high: Option<Point>,
}

impl Divergence {
    /// With the number of candles on each side of an extreme, usually 5.
    #[must_use]
    pub fn new(side_length: usize) -> Self {
        Self {
            side_length,
            closes: Tail::new(2 * side_length),
            rsis: Tail::new(2 * side_length),
            low: None,
            high: None,
        }
    }

    /// The candle whose sides are complete with this close, if it is a local extreme: as low and as high.
    fn extreme(&self, close: f64) -> (Option<Point>, Option<Point>) {
        if self.side_length == 0 || self.closes.count() < 2 * self.side_length {
            return (None, None);
        }
        let nth = |tail: &Tail| tail.iter().nth(self.side_length);
        let (Some(middle), Some(rsi)) = (nth(&self.closes), nth(&self.rsis)) else {
            return (None, None);
        };
        let others = (self.closes.iter().chain([close]).enumerate())
            .filter(|(index, _)| *index != self.side_length)
            .map(|(_, close)| close);
        let point = Point { close: middle, rsi };
        let (is_low, is_high) = others.fold((true, true), |(is_low, is_high), other| {
            (is_low && middle < other, is_high && middle > other)
        });
        (is_low.then_some(point), is_high.then_some(point))
    }

    /// The values with this close and RSI.
    pub fn step(&mut self, close: f64, rsi: f64, stage: Stage) -> DivergenceValue {
        let (low, high) = self.extreme(close);
        let is_bullish = matches!((self.low, low), (Some(before), Some(now))
            if now.close < before.close && now.rsi > before.rsi);
        let is_bearish = matches!((self.high, high), (Some(before), Some(now))
            if now.close > before.close && now.rsi < before.rsi);
        if stage == Stage::Closed {
            self.closes.push(close);
            self.rsis.push(rsi);
            self.low = low.or(self.low);
            self.high = high.or(self.high);
        }
        DivergenceValue {
            is_bullish,
            is_bearish,
        }
    }
}
