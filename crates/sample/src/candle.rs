//! Which candles there are, and how they grow out of the walk.

use cbtrade_catalog::{FREQUENCIES, Frequency, Table, candle_table};
use cbtrade_core::Timestamp;

use crate::market::Bar;
use crate::store::{Store, insert};
use crate::{Error, SampleOptions};

pub(crate) const DAY_SECONDS: i64 = 86_400;
/// Positions are looked after this often, and the walk never takes a longer step.
pub(crate) const PASS_SECONDS: i64 = 900;
/// The history of a sample that does not need a longer one for its candles: three years.
const DAYS_MIN: i64 = 1095;

/// How many candle lengths there are.
const LENGTHS: i64 = FREQUENCIES.len() as i64;

/// When the history begins and ends, and which candles are kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Calendar {
    /// Seconds since 1970; a midnight.
    pub(crate) start: i64,
    /// Seconds since 1970; a quarter of an hour.
    pub(crate) end: i64,
    /// Start of the first candle of each length that is kept. All later ones are kept too.
    first_starts: [i64; FREQUENCIES.len()],
}

impl Calendar {
    pub(crate) fn new(options: &SampleOptions) -> Result<Self, Error> {
        let end = options.end.as_seconds().div_euclid(PASS_SECONDS) * PASS_SECONDS;
        let first_day =
            Timestamp::from_parts((2017, 1, 1), (0, 0, 0), 0).map_or(0, Timestamp::as_seconds);
        let days_max = (end - first_day) / DAY_SECONDS;
        let candles = i64::from(options.candles_per_product);
        let fitting = |days: &i64| room(end, *days).iter().sum::<i64>() >= candles;
        let days = (DAYS_MIN.min(days_max)..=days_max)
            .find(fitting)
            .ok_or_else(|| {
                let candles_max = room(end, days_max).iter().sum::<i64>();
                Error::TooManyCandles {
                    candles: candles.unsigned_abs(),
                    candles_max: candles_max.unsigned_abs(),
                }
            })?;
        let counts = shares(room(end, days), candles);
        let mut first_starts = [0; FREQUENCIES.len()];
        for (index, frequency) in FREQUENCIES.iter().enumerate() {
            first_starts[index] = last_end(end, frequency) - counts[index] * frequency.seconds;
        }
        Ok(Self {
            start: midnight(end) - days * DAY_SECONDS,
            end,
            first_starts,
        })
    }

    /// Length of the walk's step at this time: as short as the shortest candle being kept needs.
    /// Candles of three minutes need the minutes, because the five-minute ones are kept beside them.
    pub(crate) fn step_seconds(&self, time: i64) -> i64 {
        let kept = |index: usize| time >= midnight(self.first_starts[index]);
        if kept(0) || kept(1) {
            60
        } else if kept(2) {
            300
        } else {
            PASS_SECONDS
        }
    }
}

fn midnight(time: i64) -> i64 {
    time.div_euclid(DAY_SECONDS) * DAY_SECONDS
}

/// End of the last whole candle of this length.
fn last_end(end: i64, frequency: &Frequency) -> i64 {
    end.div_euclid(frequency.seconds) * frequency.seconds
}

/// How many whole candles of each length there are in so many days.
fn room(end: i64, days: i64) -> [i64; FREQUENCIES.len()] {
    let start = midnight(end) - days * DAY_SECONDS;
    FREQUENCIES.map(|frequency| (last_end(end, &frequency) - start) / frequency.seconds)
}

/// Shares `candles` out among the lengths: evenly, but to none more than it has room for.
fn shares(room: [i64; FREQUENCIES.len()], candles: i64) -> [i64; FREQUENCIES.len()] {
    let mut shares = room;
    let mut left = candles;
    // The longest candles have the least room; what they cannot take goes to the shorter ones.
    for (share, lengths_left) in shares.iter_mut().rev().zip((1..=LENGTHS).rev()) {
        *share = (left / lengths_left).min(*share);
        left -= *share;
    }
    shares
}

/// How a candle file keeps the candle lengths apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One table with a `freq` column.
    OneTable,
    /// One table per length.
    TablePerFrequency,
}

impl Layout {
    /// The tables of a candle file.
    pub(crate) fn tables(self) -> Vec<(Table, String)> {
        let table = candle_table();
        match self {
            Self::OneTable => vec![(table.clone(), table.name.to_owned())],
            Self::TablePerFrequency => TABLE_NAMES
                .into_iter()
                .map(|name| {
                    let mut table = table.clone();
                    table.columns.retain(|column| column.name != "freq");
                    table.primary_key.retain(|column| *column != "freq");
                    (table, name.to_owned())
                })
                .collect(),
        }
    }
}

const TABLE_NAMES: [&str; FREQUENCIES.len()] = [
    "ohlcv_1min",
    "ohlcv_3min",
    "ohlcv_5min",
    "ohlcv_15min",
    "ohlcv_30min",
    "ohlcv_1h",
    "ohlcv_4h",
    "ohlcv_1d",
];

/// The candles of one product while they form.
pub(crate) struct CandleBook {
    layout: Layout,
    forming: [Option<(i64, Bar)>; FREQUENCIES.len()],
    statements: Vec<String>,
}

impl CandleBook {
    pub(crate) fn new(layout: Layout) -> Self {
        let columns = "timestamp, open, high, low, close, volume, start_dttm, end_dttm, upd_dttm, dlm, \
                       start_unix, end_unix, upd_unix, dlm_unix";
        let statements = TABLE_NAMES
            .iter()
            .map(|name| format!("INSERT INTO {name} ({columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?1, ?7, ?8, ?8, ?9, ?10, ?11, ?11)"))
            .collect();
        Self {
            layout,
            forming: [None; FREQUENCIES.len()],
            statements,
        }
    }

    /// Adds what happened between `start` and `end` and writes the candles that it completes.
    pub(crate) fn add(
        &mut self,
        store: &Store,
        calendar: &Calendar,
        (start, end): (i64, i64),
        bar: &Bar,
    ) -> Result<(), Error> {
        for (index, frequency) in FREQUENCIES.iter().enumerate() {
            let forming = match self.forming[index].take() {
                Some((since, candle)) => (since, joined(candle, bar)),
                None => (start, *bar),
            };
            if end % frequency.seconds != 0 {
                self.forming[index] = Some(forming);
            } else if forming.0 >= calendar.first_starts[index]
                && end - forming.0 == frequency.seconds
            {
                self.write(store, index, forming.0, &forming.1)?;
            }
        }
        Ok(())
    }

    fn write(&self, store: &Store, index: usize, start: i64, candle: &Bar) -> Result<(), Error> {
        let frequency = &FREQUENCIES[index];
        let end = start + frequency.seconds - 1;
        // The bots fetch a candle a moment after it is complete.
        let fetched = end + 1;
        let (start_text, end_text, fetched_text) = (text(start), text(end), text(fetched));
        let Bar {
            open,
            high,
            low,
            close,
            volume,
        } = *candle;
        match self.layout {
            Layout::OneTable => insert! { store, "INSERT", "ohlcv", {
                timestamp: start_text, freq: frequency.name, open: open, high: high, low: low,
                close: close, volume: volume, start_dttm: start_text, end_dttm: end_text,
                upd_dttm: fetched_text, dlm: fetched_text, start_unix: start, end_unix: end,
                upd_unix: fetched, dlm_unix: fetched,
            } },
            Layout::TablePerFrequency => store.write(
                TABLE_NAMES[index],
                &self.statements[index],
                cbtrade_sqlite::rusqlite::params![
                    start_text,
                    open,
                    high,
                    low,
                    close,
                    volume,
                    end_text,
                    fetched_text,
                    start,
                    end,
                    fetched
                ],
            ),
        }
    }
}

fn joined(earlier: Bar, later: &Bar) -> Bar {
    Bar {
        open: earlier.open,
        high: earlier.high.max(later.high),
        low: earlier.low.min(later.low),
        close: later.close,
        volume: earlier.volume + later.volume,
    }
}

/// A moment as the bots write it.
pub(crate) fn text(seconds: i64) -> String {
    Timestamp::from_seconds(seconds)
        .map(|moment| moment.to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candles_are_shared_out_evenly_as_far_as_there_is_room() {
        let room = [1000, 900, 800, 700, 600, 500, 60, 10];
        assert_eq!(shares(room, 80), [10; 8]);
        assert_eq!(shares(room, 0), [0; 8]);
        // The days take ten, the four hours sixty; the rest goes evenly to the six shorter ones.
        assert_eq!(shares(room, 1270), [200, 200, 200, 200, 200, 200, 60, 10]);
        assert_eq!(shares(room, room.iter().sum()), room);
    }

    #[test]
    fn more_candles_make_a_longer_history() {
        let days = |candles_per_product| {
            let options = SampleOptions {
                candles_per_product,
                ..SampleOptions::default()
            };
            let calendar = Calendar::new(&options).unwrap();
            assert_eq!(calendar.start % DAY_SECONDS, 0);
            (calendar.end - calendar.start) / DAY_SECONDS
        };
        assert_eq!(days(4000), DAYS_MIN);
        assert_eq!(days(2_600_000), DAYS_MIN);
        assert!(days(3_500_000) > DAYS_MIN);
    }
}
