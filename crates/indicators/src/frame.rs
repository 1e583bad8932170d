//! The candles of one interval with every indicator at each.

use crate::bank::{Bank, Row};
use crate::settings::IndicatorSettings;
use crate::{Candle, Interval, Stage};

/// A candle cannot be taken into a frame.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// It is older than the frame's last.
    #[error(
        "a candle of {start_unix_s} comes after one of {last_unix_s}; candles are given in order of time"
    )]
    OutOfOrder {
        /// When the candle begins.
        start_unix_s: i64,
        /// When the frame's last candle begins.
        last_unix_s: i64,
    },
    /// It does not begin where candles of this length begin.
    #[error("a candle of {interval} begins at {start_unix_s}, which is no multiple of its length")]
    OffGrid {
        /// The frame's interval.
        interval: &'static str,
        /// When the candle begins.
        start_unix_s: i64,
    },
    /// Its prices or its volume cannot be.
    #[error("the candle of {start_unix_s} cannot be used: {fault}")]
    BadCandle {
        /// When the candle begins.
        start_unix_s: i64,
        /// What is wrong.
        fault: &'static str,
    },
}

/// Candles of one interval, oldest first, with the [`Row`] of all indicators at each. The last candle may be forming: it
/// can be replaced until a later one is given, at the cost of one step, whatever the frame's length.
///
/// A row is computed when its candle is given and then only read: no strategy can change what another sees (B-53). Rows
/// of closed candles never change afterwards (B-37): everything here is causal.
#[derive(Debug, Clone)]
pub struct Frame {
    interval: Interval,
    /// The indicators after all candles but the last.
    bank: Bank,
    rows: Vec<Row>,
    seen: usize,
}

/// At least so many of the newest rows can be read; older ones are let go so that a frame can run for years.
pub const ROWS_KEPT: usize = 500;

impl Frame {
    /// An empty frame.
    #[must_use]
    pub fn new(interval: Interval, settings: &IndicatorSettings) -> Self {
        Self {
            interval,
            bank: Bank::new(settings),
            rows: Vec::new(),
            seen: 0,
        }
    }

    /// A frame of these candles, oldest first.
    ///
    /// # Errors
    ///
    /// The first candle that cannot be taken in.
    pub fn of<'a>(
        interval: Interval,
        settings: &IndicatorSettings,
        candles: impl IntoIterator<Item = &'a Candle>,
    ) -> Result<Self, FrameError> {
        let mut frame = Self::new(interval, settings);
        for candle in candles {
            frame.give(candle)?;
        }
        Ok(frame)
    }

    /// Takes in a candle: one that begins with the last one replaces it, a later one is appended, which closes the last.
    ///
    /// # Errors
    ///
    /// A candle that is older than the last, does not begin on the interval's grid, or has impossible prices. The frame is
    /// unchanged then.
    pub fn give(&mut self, candle: &Candle) -> Result<(), FrameError> {
        let start_unix_s = candle.start_unix_s;
        if let Some(fault) = candle.fault() {
            return Err(FrameError::BadCandle {
                start_unix_s,
                fault,
            });
        }
        if self.interval.start_unix_s(start_unix_s) != start_unix_s {
            return Err(FrameError::OffGrid {
                interval: self.interval.name(),
                start_unix_s,
            });
        }
        let Some(last) = self.rows.last().map(|row| row.candle) else {
            self.append(candle);
            return Ok(());
        };
        match start_unix_s.cmp(&last.start_unix_s) {
            std::cmp::Ordering::Less => {
                return Err(FrameError::OutOfOrder {
                    start_unix_s,
                    last_unix_s: last.start_unix_s,
                });
            }
            std::cmp::Ordering::Equal => {
                let row = self.bank.step(candle, Stage::Forming);
                if let Some(place) = self.rows.last_mut() {
                    *place = row;
                }
            }
            std::cmp::Ordering::Greater => {
                self.bank.step(&last, Stage::Closed);
                self.append(candle);
            }
        }
        Ok(())
    }

    /// Takes in a closed candle of a shorter interval: it widens the forming candle that it lies in, or begins the next.
    /// Give each finer candle once (B-51).
    ///
    /// # Errors
    ///
    /// As [`give`](Self::give); also a finer candle from before the forming candle's beginning.
    pub fn give_finer(&mut self, finer: &Candle) -> Result<(), FrameError> {
        let start_unix_s = self.interval.start_unix_s(finer.start_unix_s);
        let candle = match self.rows.last() {
            Some(last) if last.candle.start_unix_s == start_unix_s => last.candle.merged(finer),
            _ => Candle {
                start_unix_s,
                ..*finer
            },
        };
        self.give(&candle)
    }

    fn append(&mut self, candle: &Candle) {
        // Rows go in bulk, so that each is moved once at most.
        if self.rows.len() >= 2 * ROWS_KEPT {
            self.rows.drain(..=ROWS_KEPT);
        }
        self.rows.push(self.bank.step(candle, Stage::Forming));
        self.seen += 1;
    }

    /// The length of the candles.
    #[must_use]
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// How many candles were given in all, the last included. Strategies refuse a frame that is too short for them.
    #[must_use]
    pub fn candles_seen(&self) -> usize {
        self.seen
    }

    /// The rows that can be read, oldest first.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The row so many candles ago: 0 is the last candle, which may be forming.
    #[must_use]
    pub fn ago(&self, candles: usize) -> Option<&Row> {
        self.rows.iter().nth_back(candles)
    }
}
