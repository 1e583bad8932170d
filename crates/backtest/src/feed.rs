//! Minutes as they are given, one after another, and what may not be given.

use std::fmt;
use std::path::PathBuf;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_indicators::{Candle, Interval};
use serde::Serialize;

use crate::error::BacktestError;

/// Where a minute comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A line of a file.
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
    },
    /// A row of a table.
    Row {
        /// The table.
        table: String,
    },
    /// A caller's own.
    Given,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { path, line } => write!(out, "{}, line {line}", path.display()),
            Self::Row { table } => write!(out, "table {table}"),
            Self::Given => out.write_str("the candle given"),
        }
    }
}

/// How long the candles are that are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Length {
    /// One minute: everything forms as it did live.
    #[default]
    OneMinute,
    /// Five minutes: bots look every five minutes, and what was within is not seen.
    FiveMinutes,
}

impl Length {
    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.interval().seconds()
    }

    /// The candles' interval.
    #[must_use]
    pub const fn interval(self) -> Interval {
        match self {
            Self::OneMinute => Interval::OneMinute,
            Self::FiveMinutes => Interval::FiveMinutes,
        }
    }

    /// The length of a name such as `1min`.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let all = [Self::OneMinute, Self::FiveMinutes];
        all.into_iter()
            .find(|length| length.interval().name() == name)
    }
}

/// A minute (or five): for frames as doubles, for money exact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minute {
    /// The candle, as indicators take it.
    pub candle: Candle,
    /// The first price: orders that were placed before are filled at it.
    pub open: Decimal,
    /// The last price: what is decided is decided at it.
    pub close: Decimal,
}

impl Minute {
    /// A minute of doubles; none where a price is no number that money can have.
    #[must_use]
    pub fn of(candle: &Candle) -> Option<Self> {
        Some(Self {
            candle: *candle,
            open: Decimal::from_double(candle.open)?,
            close: Decimal::from_double(candle.close)?,
        })
    }

    /// When it begins.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        moment(self.candle.start_unix_s)
    }
}

/// A moment; one that no calendar has is the nearest end of the calendar.
pub(crate) fn moment(unix_s: i64) -> Timestamp {
    let end = if unix_s < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_seconds(unix_s).unwrap_or(end)
}

/// What was noticed of the minutes given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct FeedFigures {
    /// Minutes taken in.
    pub candles: u64,
    /// Minutes that were there twice with the same numbers; each was taken in once.
    pub doubled: u64,
    /// Minutes between the first and the last that are not there: nothing was traded, or nothing was recorded.
    pub missing: u64,
    /// The longest stretch of them.
    pub missing_in_a_row_max: u64,
}

/// The order of the minutes. Missing ones are counted and stay missing: a live bot gets no candle either where nothing was traded.
/// One that is there twice the same is taken once; everything else that does not fit is refused.
#[derive(Debug, Clone)]
pub struct Feed {
    length: Length,
    first: Option<Timestamp>,
    last: Option<Minute>,
    figures: FeedFigures,
}

impl Feed {
    /// Nothing given yet.
    #[must_use]
    pub fn new(length: Length) -> Self {
        Self {
            length,
            first: None,
            last: None,
            figures: FeedFigures::default(),
        }
    }

    /// Whether the minute is to be taken in: not, where it is there twice the same.
    ///
    /// # Errors
    ///
    /// A minute out of order, off its grid, with impossible prices, or there twice with other numbers.
    pub fn take(
        &mut self,
        minute: &Minute,
        place: impl FnOnce() -> Place,
    ) -> Result<bool, BacktestError> {
        let start_unix_s = minute.candle.start_unix_s;
        let start = || moment(start_unix_s).to_rfc3339();
        let fault = minute.candle.fault().or_else(|| {
            let is_on_grid = start_unix_s.rem_euclid(self.length.seconds()) == 0;
            let fault = "it does not begin where candles of its length begin";
            (!is_on_grid).then_some(fault)
        });
        if let Some(fault) = fault {
            return Err(BacktestError::BadMinute {
                place: place(),
                start: start(),
                fault,
            });
        }
        if let Some(last) = &self.last {
            let last_unix_s = last.candle.start_unix_s;
            if start_unix_s < last_unix_s {
                return Err(BacktestError::OutOfOrder {
                    place: place(),
                    start: start(),
                    last: moment(last_unix_s).to_rfc3339(),
                });
            }
            if start_unix_s == last_unix_s {
                if minute != last {
                    return Err(BacktestError::Doubled {
                        place: place(),
                        start: start(),
                    });
                }
                self.figures.doubled += 1;
                return Ok(false);
            }
            let steps = (start_unix_s - last_unix_s) / self.length.seconds();
            let missing = u64::try_from(steps - 1).unwrap_or(0);
            self.figures.missing += missing;
            let longest = self.figures.missing_in_a_row_max.max(missing);
            self.figures.missing_in_a_row_max = longest;
        }
        self.first.get_or_insert(minute.start());
        self.last = Some(*minute);
        self.figures.candles += 1;
        Ok(true)
    }

    /// What was noticed so far.
    #[must_use]
    pub fn figures(&self) -> FeedFigures {
        self.figures
    }

    /// When the first and the last minute begin.
    #[must_use]
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.first?, self.last?.start()))
    }

    /// The length of the candles.
    #[must_use]
    pub fn length(&self) -> Length {
        self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(start_unix_s: i64, price: f64) -> Minute {
        let candle = Candle {
            start_unix_s,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: 1.0,
        };
        Minute::of(&candle).unwrap()
    }

    #[test]
    fn gaps_are_counted_and_what_does_not_fit_is_refused() {
        let mut feed = Feed::new(Length::OneMinute);
        let mut give = |minute: Minute| feed.take(&minute, || Place::Given);
        assert!(give(minute(600, 1.0)).unwrap());
        assert!(!give(minute(600, 1.0)).unwrap());
        assert!(give(minute(660, 1.0)).unwrap());
        assert!(give(minute(900, 1.0)).unwrap());
        let words = |error: BacktestError| error.to_string();
        let doubled = words(give(minute(900, 2.0)).unwrap_err());
        assert!(doubled.contains("a second time"), "{doubled}");
        let late = words(give(minute(660, 1.0)).unwrap_err());
        assert!(late.contains("1970-01-01T00:11:00Z comes after"), "{late}");
        let off = words(give(minute(961, 1.0)).unwrap_err());
        assert!(off.contains("does not begin"), "{off}");
        let bad = words(give(minute(960, -1.0)).unwrap_err());
        assert!(bad.contains("positive"), "{bad}");
        assert_eq!(
            feed.figures(),
            FeedFigures {
                candles: 3,
                doubled: 1,
                missing: 3,
                missing_in_a_row_max: 3
            }
        );
    }
}
