//! What candles there are, how old, and which are missing.

use cbtrade_catalog::FREQUENCIES;
use cbtrade_core::Timestamp;

use super::{Candles, call, length};
use crate::error::{Call, Error, ErrorKind};
use crate::record::record;
use crate::row::Row;
use crate::value::Value;

/// Candles that are read at once when gaps are looked for.
const PAGE: usize = 10_000;

record! {
    /// The newest candle of a length.
    FrequencyStart of "" {
        freq: String,
        last_start_dttm: Option<Timestamp>,
        last_start_unix: Option<i64>,
    }
}

record! {
    /// The newest candle of a length and how long ago it began, by the database's clock.
    CandleAge of "" {
        freq: String,
        candles: i64,
        last_start_dttm: Option<Timestamp>,
        age_s: Option<i64>,
    }
}

impl CandleAge {
    /// Whether the newest candle is the one that is forming now.
    #[must_use]
    pub fn is_current(&self) -> bool {
        let length = cbtrade_catalog::frequency(&self.freq);
        match (length, self.age_s) {
            (Some(length), Some(age_s)) => age_s < length.seconds,
            _ => false,
        }
    }
}

/// What there is of a candle length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeframeSummary {
    /// The length, such as `1h`.
    pub freq: &'static str,
    /// How many candles.
    pub count: i64,
    /// Begin of the newest.
    pub latest_timestamp: Option<Timestamp>,
    /// The product's table.
    pub table_name: String,
}

/// Candles that are missing one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CandleGap {
    /// Begin of the first missing candle.
    pub first: Timestamp,
    /// Begin of the last missing candle.
    pub last: Timestamp,
    /// How many are missing.
    pub candles: u64,
}

/// Which candles of a length are there between two moments, and which are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandleGaps {
    /// The length, such as `1h`.
    pub freq: &'static str,
    /// Candles that there should be.
    pub expected: u64,
    /// Candles that there are.
    pub present: u64,
    /// Candles that begin at no multiple of their length; they count neither as present nor as missing.
    pub misplaced: u64,
    /// What is missing, oldest first.
    pub gaps: Vec<CandleGap>,
}

impl CandleGaps {
    /// How many candles are missing.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.gaps.iter().map(|gap| gap.candles).sum()
    }
}

impl Candles {
    /// The newest candle of each length that there is.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for a product without candles.
    pub async fn db_ohlcv_prod_id_freqs(&self) -> Result<Vec<FrequencyStart>, Error> {
        let timestamp = self.database.dialect().name("timestamp");
        let table = self.table();
        // Each looked up by its key, in an order that no optimiser can turn round.
        let newest = |column: &str| {
            format!(
                "(SELECT c.{column} FROM {table} c WHERE c.freq = lengths.freq AND c.{timestamp} = lengths.newest)"
            )
        };
        // The newest candles first, from the key alone: bots ask this for every product in every round, and the largest
        // begin of each group would have all candles read.
        let sql = format!(
            "SELECT lengths.freq, {} AS last_start_dttm, {} AS last_start_unix \
             FROM (SELECT freq, MAX({timestamp}) AS newest FROM {table} GROUP BY freq) lengths ORDER BY lengths.freq",
            newest("start_dttm"),
            newest("start_unix")
        );
        self.database
            .records(call("db_ohlcv_prod_id_freqs"), &sql, Vec::new())
            .await
            .map_err(|error| self.named(error))
    }

    /// Begin of the newest candle of a length; `None` where there is none.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    pub async fn get_latest_timestamp(&self, freq: &str) -> Result<Option<Timestamp>, Error> {
        const CALL: Call = call("get_latest_timestamp");
        let Ok(length) = length(CALL, freq) else {
            return Ok(None);
        };
        let sql = format!(
            "SELECT MAX({}) FROM {} WHERE freq = ?",
            self.database.dialect().name("timestamp"),
            self.table()
        );
        let latest: Option<Option<Timestamp>> = self
            .database
            .one(CALL, &sql, vec![Value::from(length.name)])
            .await
            .map_err(|error| self.named(error))?;
        Ok(latest.flatten())
    }

    /// How many candles of a length there are; 0 for an unknown length.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    pub async fn get_record_count(&self, freq: &str) -> Result<i64, Error> {
        const CALL: Call = call("get_record_count");
        let Ok(length) = length(CALL, freq) else {
            return Ok(0);
        };
        let sql = format!("SELECT COUNT(*) FROM {} WHERE freq = ?", self.table());
        let count: Option<i64> = self
            .database
            .one(CALL, &sql, vec![Value::from(length.name)])
            .await
            .map_err(|error| self.named(error))?;
        Ok(count.unwrap_or_default())
    }

    /// What there is of every candle length, shortest first.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    pub async fn get_timeframe_summary(&self) -> Result<Vec<TimeframeSummary>, Error> {
        let sql = format!(
            "SELECT freq, COUNT(*), MAX({}) FROM {} GROUP BY freq",
            self.database.dialect().name("timestamp"),
            self.table()
        );
        const CALL: Call = call("get_timeframe_summary");
        let rows = self
            .database
            .rows(CALL, &sql, Vec::new())
            .await
            .map_err(|error| self.named(error))?;
        let mut found = Vec::with_capacity(rows.len());
        for mut row in rows {
            let summary = (|| Ok((row.take::<String>(0)?, row.take(1)?, row.take(2)?)))();
            found.push(summary.map_err(|source| self.named(Error::answer(CALL, source)))?);
        }
        Ok(FREQUENCIES
            .iter()
            .map(|length| {
                let own = found
                    .iter()
                    .find(|(freq, ..)| freq.trim_end().eq_ignore_ascii_case(length.name));
                TimeframeSummary {
                    freq: length.name,
                    count: own.map_or(0, |(_, count, _)| *count),
                    latest_timestamp: own.and_then(|(.., latest)| *latest),
                    table_name: self.name.clone(),
                }
            })
            .collect())
    }

    /// The newest candle of each length that there is, and how long ago it began.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    pub async fn show_ohlcv_age(&self) -> Result<Vec<CandleAge>, Error> {
        let sql = format!(
            "SELECT freq, COUNT(*) AS candles, MAX(start_dttm) AS last_start_dttm, \
             {} - MAX(start_unix) AS age_s FROM {} GROUP BY freq ORDER BY freq",
            self.database.dialect().now_seconds(),
            self.table()
        );
        self.database
            .records(call("show_ohlcv_age"), &sql, Vec::new())
            .await
            .map_err(|error| self.named(error))
    }

    /// Which candles of a length are missing from `from` to `to`, both included.
    ///
    /// # Errors
    /// [`ErrorKind::ValueRejected`] for an unknown length or an end before the begin; [`ErrorKind::NotFound`].
    pub async fn gaps(
        &self,
        freq: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<CandleGaps, Error> {
        const CALL: Call = call("gaps");
        let length = length(CALL, freq).map_err(|error| self.named(error))?;
        if to < from {
            let detail = format!("{to} is before {from}");
            return Err(self.named(Error::new(CALL, ErrorKind::ValueRejected).detail(detail)));
        }
        let mut search = Search::new(length.name, length.seconds, from, to);
        let timestamp = self.database.dialect().name("timestamp");
        let mut operator = ">=";
        let mut begin = from;
        loop {
            let sql = format!(
                "SELECT {timestamp} FROM {} WHERE freq = ? AND {timestamp} {operator} ? AND {timestamp} <= ? \
                 ORDER BY {timestamp} LIMIT {PAGE}",
                self.table()
            );
            let values = vec![
                Value::from(length.name),
                Value::from(begin),
                Value::from(to),
            ];
            let rows = self
                .database
                .rows(CALL, &sql, values)
                .await
                .map_err(|error| self.named(error))?;
            let page = rows.len();
            for row in rows {
                begin = moment(CALL, row).map_err(|error| self.named(error))?;
                search.found(begin.as_seconds());
            }
            if page < PAGE {
                return Ok(search.finish());
            }
            operator = ">";
        }
    }
}

fn moment(call: Call, mut row: Row) -> Result<Timestamp, Error> {
    row.take(0).map_err(|source| Error::answer(call, source))
}

/// Walks along the candles that there should be, in seconds since 1970.
struct Search {
    step: i64,
    /// The next candle that should come.
    next: i64,
    /// The last candle that should come.
    last: i64,
    report: CandleGaps,
}

impl Search {
    fn new(freq: &'static str, step: i64, from: Timestamp, to: Timestamp) -> Search {
        let (from, to) = (from.as_seconds(), to.as_seconds());
        let next = from + (-from).rem_euclid(step);
        let last = to - to.rem_euclid(step);
        Search {
            step,
            next,
            last,
            report: CandleGaps {
                freq,
                expected: candles(next, last, step),
                present: 0,
                misplaced: 0,
                gaps: Vec::new(),
            },
        }
    }

    fn found(&mut self, at: i64) {
        if at.rem_euclid(self.step) != 0 {
            self.report.misplaced += 1;
            return;
        }
        self.missing_until(at - self.step);
        self.report.present += 1;
        self.next = at + self.step;
    }

    fn missing_until(&mut self, last: i64) {
        let missing = candles(self.next, last, self.step);
        if let (1.., Some(first), Some(last)) = (
            missing,
            Timestamp::from_seconds(self.next),
            Timestamp::from_seconds(last),
        ) {
            self.report.gaps.push(CandleGap {
                first,
                last,
                candles: missing,
            });
        }
    }

    fn finish(mut self) -> CandleGaps {
        self.missing_until(self.last);
        self.report
    }
}

/// Candles from one begin to another, both included.
fn candles(first: i64, last: i64, step: i64) -> u64 {
    u64::try_from((last - first) / step + 1)
        .map_or(0, |number| if last < first { 0 } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    #[test]
    fn gaps_are_found_between_before_and_behind() {
        let mut search = Search::new("1min", 60, at(30), at(660));
        for present in [120, 180, 185, 360, 540] {
            search.found(present);
        }
        let report = search.finish();
        let gaps: Vec<(i64, i64, u64)> = report
            .gaps
            .iter()
            .map(|gap| (gap.first.as_seconds(), gap.last.as_seconds(), gap.candles))
            .collect();
        assert_eq!(
            gaps,
            [(60, 60, 1), (240, 300, 2), (420, 480, 2), (600, 660, 2)]
        );
        assert_eq!(
            (report.expected, report.present, report.misplaced),
            (11, 4, 1)
        );
        assert_eq!(report.missing(), 7);
    }

    #[test]
    fn between_two_candles_none_is_missing() {
        let report = Search::new("1h", 3600, at(3601), at(7199)).finish();
        assert_eq!((report.expected, report.missing()), (0, 0));
        let report = Search::new("1h", 3600, at(3600), at(3600)).finish();
        assert_eq!((report.expected, report.missing()), (1, 1));
    }
}
