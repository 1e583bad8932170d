//! Price and equity over time in at most so many points, whatever the length of the replay.

use cbtrade_core::{Decimal, Timestamp};
use serde::Serialize;

use crate::report::{amount, moment_text};

/// A curve has at most so many points.
pub const POINTS_MAX: usize = 2_000;

/// A stretch of time in one point: where it ended, and its extremes, so that thinning hides no drawdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Point {
    /// When it ends.
    #[serde(serialize_with = "moment_text")]
    pub at: Timestamp,
    /// The last price.
    #[serde(serialize_with = "amount")]
    pub price: Decimal,
    /// The lowest price at the end of a minute.
    #[serde(serialize_with = "amount")]
    pub price_low: Decimal,
    /// The highest.
    #[serde(serialize_with = "amount")]
    pub price_high: Decimal,
    /// Cash and coins in the end.
    #[serde(serialize_with = "amount")]
    pub equity: Decimal,
    /// The lowest equity.
    #[serde(serialize_with = "amount")]
    pub equity_low: Decimal,
    /// The highest.
    #[serde(serialize_with = "amount")]
    pub equity_high: Decimal,
    /// Cash in the end.
    #[serde(serialize_with = "amount")]
    pub cash: Decimal,
    /// What it would be had everything been bought at the beginning and held.
    #[serde(serialize_with = "amount")]
    pub held_equity: Decimal,
    /// The deepest drawdown, in percent.
    #[serde(serialize_with = "amount")]
    pub drawdown_pct: Decimal,
    /// The most live positions that were open.
    pub open_max: usize,
}

impl Point {
    fn with(&self, later: &Self) -> Self {
        Self {
            price_low: self.price_low.min(later.price_low),
            price_high: self.price_high.max(later.price_high),
            equity_low: self.equity_low.min(later.equity_low),
            equity_high: self.equity_high.max(later.equity_high),
            drawdown_pct: self.drawdown_pct.max(later.drawdown_pct),
            open_max: self.open_max.max(later.open_max),
            ..*later
        }
    }
}

/// A curve that is thinned as it grows: whenever it is full, each two neighbours become one.
#[derive(Debug, Clone)]
pub struct Curve {
    points: Vec<Point>,
    growing: Option<Point>,
    in_growing: u64,
    minutes_per_point: u64,
}

impl Default for Curve {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            growing: None,
            in_growing: 0,
            minutes_per_point: 1,
        }
    }
}

impl Curve {
    /// Takes the next minute in.
    pub fn take(&mut self, point: Point) {
        self.growing = Some(match &self.growing {
            Some(growing) => growing.with(&point),
            None => point,
        });
        self.in_growing += 1;
        if self.in_growing < self.minutes_per_point {
            return;
        }
        self.points.extend(self.growing.take());
        self.in_growing = 0;
        if self.points.len() >= POINTS_MAX {
            let halved = self.points.chunks(2).filter_map(|pair| match pair {
                [one, other] => Some(one.with(other)),
                [one] => Some(*one),
                _ => None,
            });
            self.points = halved.collect();
            self.minutes_per_point *= 2;
        }
    }

    /// All points, oldest first; the last may stand for fewer minutes.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        self.points.iter().chain(&self.growing).copied().collect()
    }

    /// How many minutes a point stands for.
    #[must_use]
    pub fn minutes_per_point(&self) -> u64 {
        self.minutes_per_point
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::moment;

    #[test]
    fn a_long_curve_is_thinned_and_keeps_its_extremes() {
        let mut curve = Curve::default();
        for at in 0..100_001_i64 {
            let value = Decimal::from_integer(if at == 77_777 { -5 } else { at });
            curve.take(Point {
                at: moment(at),
                price: value,
                price_low: value,
                price_high: value,
                equity: value,
                equity_low: value,
                equity_high: value,
                cash: value,
                held_equity: value,
                drawdown_pct: Decimal::from_integer(i64::from(at == 5)),
                open_max: 0,
            });
        }
        let points = curve.points();
        assert!(points.len() <= POINTS_MAX, "{}", points.len());
        assert_eq!(curve.minutes_per_point(), 64);
        assert_eq!(points.last().unwrap().at, moment(100_000));
        let lowest = points.iter().map(|point| point.equity_low).min().unwrap();
        assert_eq!(lowest.to_string(), "-5");
        assert_eq!(points[0].drawdown_pct, Decimal::ONE);
        assert!(points.windows(2).all(|pair| pair[0].at < pair[1].at));
    }
}
