//! Minutes from a text file, line by line.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use cbtrade_core::Decimal;
use cbtrade_indicators::Candle;

use crate::error::BacktestError;
use crate::feed::{Length, Minute, Place};

/// The first line of a candle file.
pub(crate) const HEADER: &str = "start_unix,open,high,low,close,volume";

/// Lines that are looked at to find out how long the candles are.
const LINES_LOOKED_AT: usize = 2_000;

/// A candle file: `start_unix,open,high,low,close,volume`, oldest first. Only one line of it is held at a time.
#[derive(Debug)]
pub struct CsvMinutes {
    path: PathBuf,
    lines: BufReader<File>,
    line: u64,
    text: String,
    length: Length,
}

impl CsvMinutes {
    /// Opens the file and finds out whether it has candles of one minute or of five.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, has another header, or candles of another length.
    pub fn open(path: &Path) -> Result<Self, BacktestError> {
        let mut look = Self::at_first(path)?;
        let mut starts: Vec<i64> = Vec::new();
        for _ in 0..LINES_LOOKED_AT {
            match look.next_minute() {
                Ok(Some(minute)) => starts.push(minute.candle.start_unix_s),
                // What is wrong is told when its line comes.
                Ok(None) | Err(_) => break,
            }
        }
        let apart = |pair: &[i64]| match pair {
            [one, other] => other - one,
            _ => 0,
        };
        let shortest = starts
            .windows(2)
            .map(apart)
            .filter(|apart| *apart > 0)
            .min();
        let five = Length::FiveMinutes.seconds();
        let length = match shortest {
            Some(seconds) if seconds > five => {
                return Err(BacktestError::Length {
                    path: path.to_owned(),
                    seconds,
                });
            }
            Some(seconds) if seconds == five && starts.iter().all(|start| start % five == 0) => {
                Length::FiveMinutes
            }
            _ => Length::OneMinute,
        };
        Ok(Self {
            length,
            ..Self::at_first(path)?
        })
    }

    fn at_first(path: &Path) -> Result<Self, BacktestError> {
        let unreadable = |source| BacktestError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let mut lines = BufReader::new(File::open(path).map_err(unreadable)?);
        let mut header = String::new();
        lines.read_line(&mut header).map_err(unreadable)?;
        let header = header.trim_start_matches('\u{feff}').trim_end();
        if header != HEADER {
            return Err(BacktestError::Header {
                path: path.to_owned(),
                found: header.chars().take(100).collect(),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            lines,
            line: 1,
            text: String::new(),
            length: Length::OneMinute,
        })
    }

    /// How long the candles are.
    #[must_use]
    pub fn length(&self) -> Length {
        self.length
    }

    /// Where the last minute stood.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::Line {
            path: self.path.clone(),
            line: self.line,
        }
    }

    /// The next minute; none at the end. Empty lines are passed over.
    ///
    /// # Errors
    ///
    /// A line that is no candle, with its number; a file that cannot be read on.
    pub fn next_minute(&mut self) -> Result<Option<Minute>, BacktestError> {
        loop {
            self.text.clear();
            let read = self.lines.read_line(&mut self.text);
            let bytes = read.map_err(|source| BacktestError::Unreadable {
                path: self.path.clone(),
                source,
            })?;
            if bytes == 0 {
                return Ok(None);
            }
            self.line += 1;
            let text = self.text.trim();
            if !text.is_empty() {
                return parse(text).map(Some).map_err(|what| BacktestError::Line {
                    place: self.place(),
                    what,
                });
            }
        }
    }
}

fn parse(text: &str) -> Result<Minute, String> {
    let mut fields = text.split(',');
    let mut next = |name: &str| {
        let field = fields.next();
        field
            .map(str::trim)
            .ok_or_else(|| format!("`{name}` is missing"))
    };
    let start = next("start_unix")?;
    let [open, high, low, close] = [next("open")?, next("high")?, next("low")?, next("close")?];
    let volume = next("volume")?;
    if fields.next().is_some() {
        return Err("it has more than six fields".to_owned());
    }
    let double = |name: &str, text: &str| {
        let number = text.parse::<f64>();
        number.map_err(|_| format!("`{name}` is no number: `{text}`"))
    };
    let exact = |name: &str, text: &str| {
        Decimal::parse_rounded(text).map_err(|error| format!("`{name}`: {error}"))
    };
    Ok(Minute {
        candle: Candle {
            start_unix_s: start
                .parse()
                .map_err(|_| format!("`start_unix` is no whole number of seconds: `{start}`"))?,
            open: double("open", open)?,
            high: double("high", high)?,
            low: double("low", low)?,
            close: double("close", close)?,
            volume: double("volume", volume)?,
        },
        open: exact("open", open)?,
        close: exact("close", close)?,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn a_file_is_read_line_by_line_and_its_length_is_found() {
        let text = format!("{HEADER}\n600,1.5,2,1,1.9265781400000002,3\n\n900,2,2,2,2,0\n");
        let file = file(&text);
        let mut minutes = CsvMinutes::open(file.path()).unwrap();
        assert_eq!(minutes.length(), Length::FiveMinutes);
        let first = minutes.next_minute().unwrap().unwrap();
        assert_eq!(first.close.to_string(), "1.92657814");
        assert_eq!(
            first.candle.close.to_bits(),
            1.926_578_140_000_000_2_f64.to_bits()
        );
        assert_eq!(
            minutes.next_minute().unwrap().unwrap().candle.start_unix_s,
            900
        );
        assert!(minutes.place().to_string().ends_with(", line 4"));
        assert_eq!(minutes.next_minute().unwrap(), None);
    }

    #[test]
    fn what_is_no_candle_is_refused_with_its_line() {
        let broken = file(&format!("{HEADER}\n600,1,1,1,1,1\n660,1,1,one,1,1\n"));
        let mut minutes = CsvMinutes::open(broken.path()).unwrap();
        minutes.next_minute().unwrap();
        let words = minutes.next_minute().unwrap_err().to_string();
        assert!(
            words.contains(", line 3: `low` is no number: `one`"),
            "{words}"
        );
        let days = file(&format!("{HEADER}\n0,1,1,1,1,1\n86400,1,1,1,1,1\n"));
        let words = CsvMinutes::open(days.path()).unwrap_err().to_string();
        assert!(words.contains("86400 s apart"), "{words}");
        let other = file("time,open\n");
        let words = CsvMinutes::open(other.path()).unwrap_err().to_string();
        assert!(words.contains("`time,open`"), "{words}");
    }
}
