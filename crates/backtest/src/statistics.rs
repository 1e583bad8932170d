//! Drawdown, and returns by day.

use cbtrade_core::{Decimal, Timestamp};

use crate::costs::difference;
use crate::error::BacktestError;

const DAY_S: i64 = 86_400;
/// Days of a year: coins are traded on all of them.
const DAYS_OF_YEAR: f64 = 365.0;

/// How far a value lies below its peak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawdown {
    peak_amt: Decimal,
    peak_at: Timestamp,
    /// The deepest so far, in percent of the peak before it.
    pub max_pct: Decimal,
    /// The same in money.
    pub max_amt: Decimal,
    /// When the peak before it was.
    pub max_from: Timestamp,
    /// When it was deepest.
    pub max_at: Timestamp,
}

impl Drawdown {
    /// Begins with this value.
    #[must_use]
    pub fn new(value: Decimal, at: Timestamp) -> Self {
        Self {
            peak_amt: value,
            peak_at: at,
            max_pct: Decimal::ZERO,
            max_amt: Decimal::ZERO,
            max_from: at,
            max_at: at,
        }
    }

    /// Takes the next value. Returns how far it is below the peak, in percent to four places.
    ///
    /// # Errors
    ///
    /// A number that is too large.
    pub fn take(&mut self, value: Decimal, at: Timestamp) -> Result<Decimal, BacktestError> {
        if value >= self.peak_amt {
            self.peak_amt = value;
            self.peak_at = at;
            return Ok(Decimal::ZERO);
        }
        let what = "drawdown";
        let below = difference(self.peak_amt, value, what)?;
        let pct = below.checked_mul_div(100, self.peak_amt);
        let pct = pct.ok_or(BacktestError::OutOfRange { what })?.round(4);
        if pct > self.max_pct {
            self.max_pct = pct;
            self.max_amt = below;
            self.max_from = self.peak_at;
            self.max_at = at;
        }
        Ok(pct)
    }
}

/// Returns from day to day (UTC), with mean and deviation kept as they come. A day without a minute has the equity of the day
/// before; the last day counts even if it is not over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DailyReturns {
    day: Option<i64>,
    /// The equity at the end of the day before.
    before: f64,
    latest: Decimal,
    days: u64,
    count: f64,
    mean: f64,
    squares: f64,
}

impl DailyReturns {
    /// Begins with so much.
    #[must_use]
    pub fn new(equity: Decimal) -> Self {
        Self {
            day: None,
            before: equity.to_double(),
            latest: equity,
            days: 0,
            count: 0.0,
            mean: 0.0,
            squares: 0.0,
        }
    }

    /// Takes the equity at a moment. A minute that ends at midnight belongs to the day that ends.
    pub fn take(&mut self, equity: Decimal, minute_start: Timestamp) {
        let day = minute_start.as_seconds().div_euclid(DAY_S);
        if let Some(last) = self.day
            && day > last
        {
            self.end_day();
            for _ in last + 1..day {
                self.add(0.0);
            }
        }
        self.day = Some(day);
        self.latest = equity;
    }

    fn end_day(&mut self) {
        let latest = self.latest.to_double();
        let change = if self.before > 0.0 {
            latest / self.before - 1.0
        } else {
            0.0
        };
        self.add(change);
        self.before = latest;
    }

    fn add(&mut self, change: f64) {
        self.days += 1;
        self.count += 1.0;
        let apart = change - self.mean;
        self.mean += apart / self.count;
        self.squares += apart * (change - self.mean);
    }

    /// How many days there are, the last included.
    #[must_use]
    pub fn days(&self) -> u64 {
        self.days + u64::from(self.day.is_some())
    }

    /// The Sharpe ratio of a year: mean by sample deviation of the daily returns, times the root of 365, with no rate for money
    /// that lies idle. None for fewer than two days, or where every day is the same.
    #[must_use]
    pub fn sharpe(mut self) -> Option<f64> {
        self.day?;
        self.end_day();
        let deviation = (self.squares / (self.count - 1.0)).sqrt();
        (self.count >= 2.0 && deviation > 0.0).then(|| self.mean / deviation * DAYS_OF_YEAR.sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::moment;

    fn whole(number: i64) -> Decimal {
        Decimal::from_integer(number)
    }

    #[test]
    fn the_deepest_drawdown_is_kept_with_its_times() {
        let mut drawdown = Drawdown::new(whole(1), moment(0));
        let values = [100, 120, 90, 110, 130, 104, 131];
        let taken: Vec<String> = values
            .iter()
            .zip(0..)
            .map(|(value, at)| {
                drawdown
                    .take(whole(*value), moment(at))
                    .unwrap()
                    .to_string()
            })
            .collect();
        assert_eq!(taken, ["0", "0", "25", "8.3333", "0", "20", "0"]);
        assert_eq!(drawdown.max_pct.to_string(), "25");
        assert_eq!(drawdown.max_amt.to_string(), "30");
        assert_eq!((drawdown.max_from, drawdown.max_at), (moment(1), moment(2)));
    }

    #[test]
    fn sharpe_is_of_daily_returns() {
        let mut returns = DailyReturns::new(whole(100));
        // Within a day only the last counts; a day without minutes is one without a return.
        for (value, at) in [(500, 0), (110, DAY_S - 60), (99, DAY_S), (108, 3 * DAY_S)] {
            returns.take(whole(value), moment(at));
        }
        let changes = [0.1, -0.1, 0.0, 108.0 / 99.0 - 1.0];
        let mean = changes.iter().sum::<f64>() / 4.0;
        let squares: f64 = changes.iter().map(|change| (change - mean).powi(2)).sum();
        let expected = mean / (squares / 3.0).sqrt() * 365.0_f64.sqrt();
        let sharpe = returns.sharpe().unwrap();
        assert!((sharpe - expected).abs() < 1e-12, "{sharpe} {expected}");
        assert_eq!(returns.days(), 4);
        assert_eq!(DailyReturns::new(whole(100)).sharpe(), None);
    }
}
