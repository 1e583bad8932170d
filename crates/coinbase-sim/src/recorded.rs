//! A price played from a file of candles.

use std::fs;
use std::path::Path;

use cbtrade_core::Decimal;

use crate::config::{ProductConfig, Source};
use crate::error::VenueError;
use crate::market::{Minute, STEP_SECONDS};
use crate::money::{minus, over, plus, times};

/// The candles of a file, played forwards, then backwards, and so on for ever: the price never jumps at the ends.
#[derive(Debug)]
pub(crate) struct Recorded {
    rows: Vec<Minute>,
    /// Steps of a path in one row: 4 or 20.
    steps: i64,
    base_increment: Decimal,
}

impl Recorded {
    /// Reads the product's file and multiplies its prices and volumes.
    pub(crate) fn read(config: &ProductConfig) -> Result<Self, VenueError> {
        let Source::Candles {
            path,
            price_factor,
            volume_factor,
        } = &config.source
        else {
            return Ok(Self {
                rows: Vec::new(),
                steps: 4,
                base_increment: config.base_increment,
            });
        };
        let text = fs::read_to_string(path).map_err(|source| VenueError::Candles {
            path: path.clone(),
            source,
        })?;
        let mut rows = Vec::new();
        let mut starts = Vec::new();
        for (index, line) in text.lines().enumerate().skip(1) {
            if line.trim().is_empty() {
                continue;
            }
            let (start, row) = read_row(line, path, index + 1)?;
            starts.push(start);
            rows.push(Minute {
                open: times(row.open, *price_factor),
                high: times(row.high, *price_factor),
                low: times(row.low, *price_factor),
                close: times(row.close, *price_factor),
                volume: times(row.volume, *volume_factor),
            });
        }
        let shortest = starts
            .windows(2)
            .filter_map(|pair| Some(pair.get(1)? - pair.first()?))
            .min();
        match shortest {
            Some(seconds @ (60 | 300)) => Ok(Self {
                rows,
                steps: seconds / STEP_SECONDS,
                base_increment: config.base_increment,
            }),
            other => Err(VenueError::CandleLine {
                path: path.clone(),
                line: 2,
                why: format!(
                    "candles of 1 or 5 minutes in order of time are needed, not {other:?} seconds apart"
                ),
            }),
        }
    }

    /// The row of an index that may lie anywhere, and whether it is played backwards.
    fn row(&self, index: i64) -> (Minute, bool) {
        let count = i64::try_from(self.rows.len()).unwrap_or(i64::MAX).max(1);
        let inside = index.rem_euclid(count.saturating_mul(2));
        let backwards = inside >= count;
        let at = if backwards {
            2 * count - 1 - inside
        } else {
            inside
        };
        let row = usize::try_from(at).ok().and_then(|at| self.rows.get(at));
        let row = row.copied().unwrap_or(Minute {
            open: Decimal::ONE,
            high: Decimal::ONE,
            low: Decimal::ONE,
            close: Decimal::ONE,
            volume: Decimal::ZERO,
        });
        if !backwards {
            return (row, false);
        }
        let turned = Minute {
            open: row.close,
            close: row.open,
            ..row
        };
        (turned, true)
    }

    /// The price inside a row: from open over both ends of the candle, at a quarter and at three quarters of it, to close.
    fn inside(&self, row: &Minute, step: i64) -> Decimal {
        let (first, second) = if row.close >= row.open {
            (row.low, row.high)
        } else {
            (row.high, row.low)
        };
        let quarter = self.steps / 4;
        let (from, to, begin, length) = if step < quarter {
            (row.open, first, 0, quarter)
        } else if step < 3 * quarter {
            (first, second, quarter, 2 * quarter)
        } else {
            (second, row.close, 3 * quarter, quarter)
        };
        let part = times(minus(to, from), Decimal::from_integer(step - begin));
        plus(from, over(part, Decimal::from_integer(length.max(1))))
    }

    /// The price at a step.
    pub(crate) fn price(&self, step: i64) -> Decimal {
        let (row, _) = self.row(step.div_euclid(self.steps));
        self.inside(&row, step.rem_euclid(self.steps))
    }

    /// A minute: the row itself, or a fifth of it.
    pub(crate) fn minute(&self, minute: i64) -> Minute {
        let per_row = self.steps / 4;
        let (row, _) = self.row(minute.div_euclid(per_row));
        if per_row == 1 {
            return row;
        }
        let begin = minute.rem_euclid(per_row) * 4;
        let prices: Vec<Decimal> = (begin..=begin + 4)
            .map(|step| self.inside(&row, step))
            .collect();
        let share = over(row.volume, Decimal::from_integer(per_row)).floor_to(self.base_increment);
        let is_last = begin + 4 == self.steps;
        let others = times(share, Decimal::from_integer(per_row - 1));
        Minute {
            open: prices.first().copied().unwrap_or(row.open),
            high: prices.iter().copied().max().unwrap_or(row.high),
            low: prices.iter().copied().min().unwrap_or(row.low),
            close: prices.last().copied().unwrap_or(row.close),
            volume: if is_last {
                minus(row.volume, others)
            } else {
                share
            },
        }
    }
}

fn read_row(line: &str, path: &Path, number: usize) -> Result<(i64, Minute), VenueError> {
    let wrong = |why: String| VenueError::CandleLine {
        path: path.to_owned(),
        line: number,
        why,
    };
    let mut fields = line.split(',');
    let start = fields.next().unwrap_or_default();
    let start = start
        .trim()
        .parse()
        .map_err(|_| wrong(format!("`{start}` is no moment")))?;
    let mut next = || -> Result<Decimal, VenueError> {
        let field = fields.next().unwrap_or_default();
        // The noise of binary fractions in real files goes beyond twelve places.
        Decimal::parse_rounded(field).map_err(|error| wrong(error.to_string()))
    };
    let row = Minute {
        open: next()?,
        high: next()?,
        low: next()?,
        close: next()?,
        volume: next()?,
    };
    Ok((start, row))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(text: &str) -> Recorded {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("candles.csv");
        fs::write(&path, text).unwrap();
        let mut config = ProductConfig::seeded("ADA", "BTC", Decimal::ONE);
        config.source = Source::Candles {
            path,
            price_factor: Decimal::from_integer(2),
            volume_factor: Decimal::ONE,
        };
        Recorded::read(&config).unwrap()
    }

    #[test]
    fn minutes_are_played_there_and_back() {
        let path =
            recorded("start_unix,open,high,low,close,volume\n60,1,4,0.5,2,10\n120,2,3,1,1.5,20\n");
        let shown = |minute: i64| {
            let one = path.minute(minute);
            [one.open, one.high, one.low, one.close, one.volume].map(|number| number.to_string())
        };
        assert_eq!(shown(0), ["2", "8", "1", "4", "10"]);
        assert_eq!(shown(1), ["4", "6", "2", "3", "20"]);
        assert_eq!(shown(2), ["3", "6", "2", "4", "20"]);
        assert_eq!(shown(3), ["4", "8", "1", "2", "10"]);
        assert_eq!(shown(4), shown(0));
        assert_eq!(shown(-1), shown(3));
    }

    #[test]
    fn five_minutes_are_five_minutes_that_add_up() {
        let path =
            recorded("start_unix,open,high,low,close,volume\n300,1,4,0.5,2,10\n600,2,2,2,2,1\n");
        let minutes: Vec<Minute> = (0..5).map(|minute| path.minute(minute)).collect();
        assert_eq!(minutes[0].open, Decimal::from_integer(2));
        assert_eq!(minutes[4].close, Decimal::from_integer(4));
        let high = minutes.iter().map(|one| one.high).max().unwrap();
        let low = minutes.iter().map(|one| one.low).min().unwrap();
        assert_eq!((high, low), (Decimal::from_integer(8), Decimal::ONE));
        let volume = minutes
            .iter()
            .fold(Decimal::ZERO, |all, one| plus(all, one.volume));
        assert_eq!(volume, Decimal::from_integer(10));
    }
}
