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
        let mut made: Option<Candle> = None;
        let mut take = |piece: &Candle| {
            made = Some(match &made {
                Some(made) => made.merged(piece),
                None => Candle {
                    start_unix_s,
                    ..*piece
                },
            });
        };
        let mut at = start_unix_s;
        while at < until_unix_s {
            if let Some((seconds, piece)) = self.closed(interval, at, start_unix_s) {
                take(&piece.candle);
                at += seconds;
            } else if let Some(seconds) = self.quiet_seconds(interval, at) {
                at += seconds;
            } else {
                // The last piece may be forming itself; where not even that is known, the end is not known.
                match self.forming(interval, at) {
                    Some(piece) => {
                        take(&piece.candle);
                        at = at.max(piece.as_of_unix_s);
                    }
                    None if at == start_unix_s => return None,
                    None if !self.is_recent(interval, at, until_unix_s) => return None,
                    None => {}
                }
                break;
            }
        }
        made.map(|candle| Known {
            candle,
            as_of_unix_s: at,
        })
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

    /// Lets go of everything that no frame will ask for any more. Closed candles that were put together from shorter ones are
    /// kept as they are, since the shorter ones go first.
    pub fn forget(&mut self, now_unix_s: i64) {
        for interval in INTERVALS {
            for candle in self.candles(interval, now_unix_s) {
                let start_unix_s = candle.start_unix_s;
                let end = start_unix_s + interval.seconds();
                let own = self.at(interval, start_unix_s);
                if end <= now_unix_s && own.is_none_or(|own| own.as_of_unix_s < end) {
                    let made = self.made(interval, start_unix_s, end);
                    if let Some(made) = made.filter(|made| made.as_of_unix_s >= end) {
                        self.add(interval, &made.candle, end);
                    }
                }
            }
        }
        let rows = i64::try_from(ROWS_KEPT).unwrap_or(i64::MAX);
        for (interval, series) in &mut self.series {
            let oldest = now_unix_s.saturating_sub(interval.seconds().saturating_mul(rows + 1));
            series.known = series.known.split_off(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2020-09-13 12:00 UTC: all lengths but the day begin here.
    const NOON: i64 = 1_599_998_400;

    fn candle(start_unix_s: i64, close: f64, volume: f64) -> Candle {
        Candle {
            start_unix_s,
            open: 1.0,
            high: close.max(1.0),
            low: close.min(1.0),
            close,
            volume,
        }
    }

    fn minutes(history: &mut History, first: i64, count: i64) {
        for number in 0..count {
            let start = first + 60 * number;
            history.add(Interval::OneMinute, &candle(start, 2.0, 1.0), start + 60);
        }
    }

    #[test]
    fn b51_a_candle_is_replaced_and_never_added_to_itself() {
        let mut history = History::new();
        // The closed hour is known, and so are all its minutes.
        history.add(Interval::OneHour, &candle(NOON, 2.0, 60.0), NOON + 3_600);
        minutes(&mut history, NOON, 80);
        for _ in 0..3 {
            let hours = history.candles(Interval::OneHour, NOON + 4_800);
            let volumes: Vec<f64> = hours.iter().map(|hour| hour.volume).collect();
            assert_eq!(volumes, [60.0, 20.0]);
            // What was assembled is stored and read back, as a bot does.
            for hour in hours {
                history.add(Interval::OneHour, &hour, NOON + 4_800);
            }
        }
        let half_hours = history.candles(Interval::ThirtyMinutes, NOON + 4_800);
        let volumes: Vec<f64> = half_hours.iter().map(|one| one.volume).collect();
        assert_eq!(volumes, [30.0, 30.0, 20.0]);
    }

    #[test]
    fn b35_nothing_is_invented_for_a_young_coin() {
        let mut history = History::new();
        minutes(&mut history, NOON + 1_800, 45);
        // The first hour was not seen from its beginning; the second one forms.
        let hours = history.candles(Interval::OneHour, NOON + 4_500);
        assert_eq!(hours.len(), 1);
        assert_eq!(hours[0].volume, 15.0);
        assert_eq!(history.candles(Interval::OneDay, NOON + 4_500).len(), 0);
        let frames = history
            .frames(&StrategySettings::default(), NOON + 4_500)
            .unwrap();
        assert_eq!(frames.frame(Interval::OneHour).unwrap().candles_seen(), 1);
    }

    #[test]
    fn a_stored_row_that_was_forming_when_it_was_written_is_not_taken_for_closed() {
        let mut history = History::new();
        history.add(Interval::OneHour, &candle(NOON, 1.5, 10.0), NOON + 600);
        // Nothing better is known: what was last seen of it.
        let hours = history.candles(Interval::OneHour, NOON + 4_000);
        assert_eq!(hours.len(), 1);
        assert_eq!(hours[0].volume, 10.0);
        minutes(&mut history, NOON, 66);
        let hours = history.candles(Interval::OneHour, NOON + 3_960);
        let volumes: Vec<f64> = hours.iter().map(|hour| hour.volume).collect();
        assert_eq!(volumes, [60.0, 6.0]);
    }

    #[test]
    fn quiet_minutes_are_no_gap_and_missing_ones_are() {
        let mut history = History::new();
        minutes(&mut history, NOON, 10);
        minutes(&mut history, NOON + 1_200, 10);
        let quiet = history.candles(Interval::ThirtyMinutes, NOON + 1_799);
        assert_eq!(quiet.len(), 1);
        assert_eq!(quiet[0].volume, 20.0);
        // The feed stood still for ten minutes: the forming candle is not known well enough to be made.
        let late = history.candles(Interval::ThirtyMinutes, NOON + 3_000);
        assert_eq!(late.len(), 1);
    }

    #[test]
    fn revised_doubled_and_impossible_candles() {
        let mut history = History::new();
        let add = |history: &mut History, candle: &Candle, as_of| {
            history.add(Interval::OneMinute, candle, as_of)
        };
        let first = candle(NOON, 2.0, 1.0);
        assert_eq!(add(&mut history, &first, NOON + 60), Added::New);
        assert_eq!(add(&mut history, &first, NOON + 60), Added::Replaced);
        let revised = candle(NOON, 3.0, 4.0);
        assert_eq!(add(&mut history, &revised, NOON + 90), Added::Replaced);
        assert_eq!(add(&mut history, &first, NOON + 60), Added::Older);
        let minutes = history.candles(Interval::OneMinute, NOON + 100);
        assert_eq!((minutes.len(), minutes[0].volume), (1, 4.0));
        let odd = candle(NOON + 30, 2.0, 1.0);
        assert!(matches!(
            add(&mut history, &odd, NOON + 90),
            Added::Refused(_)
        ));
        let zero = candle(NOON + 60, 0.0, 1.0);
        assert!(matches!(
            add(&mut history, &zero, NOON + 120),
            Added::Refused(_)
        ));
    }

    #[test]
    fn what_no_frame_asks_for_is_let_go() {
        let mut history = History::new();
        minutes(&mut history, NOON, 2_000);
        let now = NOON + 60 * 2_000;
        let before = history.candles(Interval::FiveMinutes, now).len();
        history.forget(now);
        assert!(history.count(Interval::OneMinute) <= 502);
        let after = history.candles(Interval::FiveMinutes, now).len();
        assert_eq!((before, after), (400, 400));
    }
}
