//! What store and exchange know of candles, and the one candle made of it for each span of time.

use std::collections::BTreeMap;

use cbtrade_indicators::{Candle, Interval, ROWS_KEPT};
use cbtrade_strategy::Settings as StrategySettings;

use super::set::{FrameSet, FramesError, INTERVALS};

/// A candle, and when it was known to be so.
#[derive(Debug, Clone, Copy)]
struct Known {
    candle: Candle,
    as_of_unix_s: i64,
}

/// The candles of one length.
#[derive(Debug, Clone, Default)]
struct Series {
    known: BTreeMap<i64, Known>,
    /// Up to here the series is known: where it has no candle before, nothing was traded.
    covered_unix_s: i64,
}

/// What became of a candle that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is new.
    New,
    /// It replaces what was known of the same span.
    Replaced,
    /// A later look at the same span is known already.
    Older,
    /// It cannot be: its prices contradict each other, or it does not begin where candles of its length begin.
    Refused(&'static str),
}

/// Candles of all lengths from anywhere: store, exchange, live feed. Of two looks at the same span, the later one counts; of two
/// at the same time, the one given last. So give the store first and the exchange after it.
#[derive(Debug, Clone, Default)]
pub struct History {
    series: BTreeMap<Interval, Series>,
}

impl History {
    /// Nothing known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a candle as it was at `as_of_unix_s`. One whose end is later was still forming then. Of a stored row that is the time
    /// when it was written; where that is unknown, the candle's end if a later one is stored too.
    pub fn add(&mut self, interval: Interval, candle: &Candle, as_of_unix_s: i64) -> Added {
        let start_unix_s = candle.start_unix_s;
        if let Some(fault) = candle.fault() {
            return Added::Refused(fault);
        }
        if interval.start_unix_s(start_unix_s) != start_unix_s {
            return Added::Refused("it does not begin where candles of its length begin");
        }
        let series = self.series.entry(interval).or_default();
        series.covered_unix_s = series.covered_unix_s.max(as_of_unix_s);
        let known = Known {
            candle: *candle,
            as_of_unix_s,
        };
        match series.known.get_mut(&start_unix_s) {
            Some(before) if before.as_of_unix_s > as_of_unix_s => Added::Older,
            Some(before) => {
                *before = known;
                Added::Replaced
            }
            None => {
                series.known.insert(start_unix_s, known);
                Added::New
            }
        }
    }

    /// How many candles of this length are known.
    #[must_use]
    pub fn count(&self, interval: Interval) -> usize {
        self.series
            .get(&interval)
            .map_or(0, |series| series.known.len())
    }

    /// The candles of this length up to now, oldest first, at most [`ROWS_KEPT`]; the last one is forming. Each has one source:
    /// the closed candle itself where it is known; else it is put together from shorter ones that lie side by side in it, each
    /// taken once; else what was last seen of it. A span of which only a part is known has none.
    #[must_use]
    pub fn candles(&self, interval: Interval, now_unix_s: i64) -> Vec<Candle> {
        let shorter = self.series.range(..=interval);
        let first = shorter
            .filter_map(|(_, series)| series.known.keys().next())
            .min();
        let Some(first_unix_s) = first else {
            return Vec::new();
        };
        let seconds = interval.seconds();
        let last = interval.start_unix_s(now_unix_s);
        let rows = i64::try_from(ROWS_KEPT).unwrap_or(i64::MAX);
        let oldest = last.saturating_sub(seconds.saturating_mul(rows - 1));
        let mut start = interval.start_unix_s(*first_unix_s).max(oldest);
        let mut candles = Vec::new();
        while start <= last {
            candles.extend(self.candle(interval, start, now_unix_s));
            start += seconds;
        }
        candles
    }

    /// The candle that begins here.
    fn candle(&self, interval: Interval, start_unix_s: i64, now_unix_s: i64) -> Option<Candle> {
        let end = start_unix_s + interval.seconds();
        let own = self.at(interval, start_unix_s);
        if let Some(known) = own.filter(|known| known.as_of_unix_s >= end) {
            return Some(known.candle);
        }
        let made = self.made(interval, start_unix_s, end.min(now_unix_s));
        let best = match (own, made) {
            (Some(own), Some(made)) if made.as_of_unix_s >= own.as_of_unix_s => made,
            (Some(own), _) => *own,
            (None, made) => made?,
        };
        Some(best.candle)
    }

    fn at(&self, interval: Interval, start_unix_s: i64) -> Option<&Known> {
        self.series.get(&interval)?.known.get(&start_unix_s)
    }

    /// Puts a candle together from shorter ones, from its beginning to `until`. None where a part of it is not known.
    fn made(&self, interval: Interval, start_unix_s: i64, until_unix_s: i64) -> Option<Known> {
        let mut made: Option<Known> = None;
        let mut take = |piece: &Known, as_of_unix_s: i64| {
            let candle = match &made {
                Some(made) => made.candle.merged(&piece.candle),
                None => Candle {
                    start_unix_s,
                    ..piece.candle
                },
            };
            made = Some(Known {
                candle,
                as_of_unix_s,
            });
        };
        let mut at = start_unix_s;
        while at < until_unix_s {
            if let Some((seconds, piece)) = self.closed(interval, at, start_unix_s) {
                take(piece, at + seconds);
                at += seconds;
            } else if let Some(seconds) = self.quiet_seconds(interval, at) {
                at += seconds;
            } else {
                // The last piece may be forming itself; where not even that is known, the end is not known.
                match self.forming(interval, at) {
                    Some(piece) => take(piece, piece.as_of_unix_s),
                    None if at == start_unix_s => return None,
                    None if !self.is_recent(interval, at, until_unix_s) => return None,
                    None => {}
                }
                break;
            }
        }
        made
    }

    /// The longest closed candle shorter than `interval` that begins here.
    fn closed(
        &self,
        interval: Interval,
        at_unix_s: i64,
        start_unix_s: i64,
    ) -> Option<(i64, &Known)> {
        let end = start_unix_s + interval.seconds();
        self.series
            .range(..interval)
            .rev()
            .find_map(|(interval, series)| {
                let known = series.known.get(&at_unix_s)?;
                let closes = at_unix_s + interval.seconds();
                let is_closed = known.as_of_unix_s >= closes && closes <= end;
                is_closed.then_some((interval.seconds(), known))
            })
    }

    /// How long nothing was traded from here on, as far as the longest series says that covers it.
    fn quiet_seconds(&self, interval: Interval, at_unix_s: i64) -> Option<i64> {
        self.series
            .range(..interval)
            .rev()
            .find_map(|(interval, series)| {
                let seconds = interval.seconds();
                let begins = interval.start_unix_s(at_unix_s) == at_unix_s;
                let first = *series.known.keys().next()?;
                let is_covered = first <= at_unix_s && at_unix_s + seconds <= series.covered_unix_s;
                (begins && is_covered && !series.known.contains_key(&at_unix_s)).then_some(seconds)
            })
    }

    /// The latest look at a shorter candle that begins here and is not closed.
    fn forming(&self, interval: Interval, at_unix_s: i64) -> Option<&Known> {
        self.series
            .range(..interval)
            .filter_map(|(_, series)| series.known.get(&at_unix_s))
            .max_by_key(|known| known.as_of_unix_s)
    }

    /// Whether what is known ends less than a minute before `until`: then nothing is missing but what forms now.
    fn is_recent(&self, interval: Interval, at_unix_s: i64, until_unix_s: i64) -> bool {
        let covered = self
            .series
            .range(..interval)
            .map(|(_, series)| series.covered_unix_s)
            .max();
        let known = covered.unwrap_or(at_unix_s).max(at_unix_s);
        until_unix_s - known <= Interval::OneMinute.seconds()
    }

    /// The six frames as of now.
    ///
    /// # Errors
    ///
    /// Strategies that contradict each other.
    pub fn frames(
        &self,
        settings: &StrategySettings,
        now_unix_s: i64,
    ) -> Result<FrameSet, FramesError> {
        let mut frames = FrameSet::new(settings)?;
        for interval in INTERVALS {
            for candle in self.candles(interval, now_unix_s) {
                frames.give(interval, &candle)?;
            }
        }
        Ok(frames)
    }

    /// Lets go of everything that no frame will ask for any more.
    pub fn forget(&mut self, now_unix_s: i64) {
        let rows = i64::try_from(ROWS_KEPT).unwrap_or(i64::MAX);
        for (interval, series) in &mut self.series {
            let oldest = now_unix_s.saturating_sub(interval.seconds().saturating_mul(rows + 1));
            series.known = series.known.split_off(&oldest);
        }
    }
}
