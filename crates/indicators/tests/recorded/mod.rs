//! Reads the recorded columns and decisions of the bots' former code, where they are at hand.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use cbtrade_indicators::{Candle, Interval};
use flate2::read::GzDecoder;

/// Rows of a window: what the bots computed their indicators over.
pub(crate) const WINDOW_ROWS: usize = 300;

/// One recorded set: candles of one source and interval.
pub(crate) struct Set {
    pub(crate) name: &'static str,
    pub(crate) interval: Interval,
    /// Whose settings were used.
    pub(crate) product: &'static str,
    /// Windows were padded at the front with copies of the oldest candle.
    pub(crate) is_padded: bool,
}

const fn set(name: &'static str, interval: Interval, product: &'static str) -> Set {
    Set {
        name,
        interval,
        product,
        is_padded: false,
    }
}

const fn padded(name: &'static str, interval: Interval, product: &'static str) -> Set {
    Set {
        name,
        interval,
        product,
        is_padded: true,
    }
}

/// All sets.
pub(crate) const SETS: [Set; 11] = [
    set("ada-15min", Interval::FifteenMinutes, "ADA-USDC"),
    set("ada-1h-forming", Interval::OneHour, "ADA-USDC"),
    padded("ada-1h-padded", Interval::OneHour, "ADA-USDC"),
    set("btc-1d-2013", Interval::OneDay, "BTC-USDC"),
    set("btc-1d-2017", Interval::OneDay, "BTC-USDC"),
    set("btc2011-1h", Interval::OneHour, "SOL-USDC"),
    set("btc2011-4h", Interval::FourHours, "BTC-USDC"),
    set("eth-15min", Interval::FifteenMinutes, "ETH-USDC"),
    set("ltc-30min", Interval::ThirtyMinutes, "LTC-USDC"),
    set("unit-15min", Interval::FifteenMinutes, "XLM-USDC"),
    padded("xrp-15min-padded", Interval::FifteenMinutes, "XRP-USDC"),
];

/// The folder of the records, or a line that says which test is skipped for want of it.
pub(crate) fn folder(test: &str) -> Option<PathBuf> {
    let place = "../shared/cbtrade/golden/trading";
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(place);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED: {test}: the recorded decisions are not at {place}");
    None
}

/// A table of text cells.
pub(crate) struct Table {
    pub(crate) columns: HashMap<String, usize>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads a packed file.
    pub(crate) fn read(path: &std::path::Path) -> Self {
        let mut text = String::new();
        GzDecoder::new(
            File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        )
        .read_to_string(&mut text)
        .unwrap();
        let mut lines = text
            .lines()
            .map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let columns = lines.next().unwrap().into_iter().zip(0..).collect();
        Self {
            columns,
            rows: lines.collect(),
        }
    }

    /// The cell of a row.
    pub(crate) fn cell<'a>(&'a self, row: &'a [String], column: &str) -> &'a str {
        let index = self
            .columns
            .get(column)
            .unwrap_or_else(|| panic!("no column {column}"));
        &row[*index]
    }

    /// The cell as a number: flags are 1 and 0, an empty cell is undefined.
    pub(crate) fn number(&self, row: &[String], column: &str) -> f64 {
        match self.cell(row, column) {
            "" | "NaN" => f64::NAN,
            "red" | "N" => 0.0,
            "green" | "Y" => 1.0,
            "lime" => 2.0,
            "orange" => 3.0,
            text => text.parse().unwrap_or_else(|_| panic!("{column}: {text}")),
        }
    }

    /// The cell as a whole number.
    pub(crate) fn integer(&self, row: &[String], column: &str) -> i64 {
        self.cell(row, column).parse().unwrap()
    }
}

fn candles(table: &Table) -> Vec<Candle> {
    let number = |row: &[String], column| table.number(row, column);
    (table.rows.iter())
        .map(|row| Candle {
            start_unix_s: table.integer(row, "start_unix"),
            open: number(row, "open"),
            high: number(row, "high"),
            low: number(row, "low"),
            close: number(row, "close"),
            volume: number(row, "volume"),
        })
        .collect()
}

/// The candles of a set, from which each window is made.
pub(crate) struct Source {
    interval: Interval,
    is_padded: bool,
    candles: Vec<Candle>,
    /// The finer candles that the frame is built from, where the newest one was forming.
    finer: Option<Vec<Candle>>,
}

impl Source {
    pub(crate) fn read(folder: &std::path::Path, set: &Set) -> Self {
        let finer = folder.join(format!("candles/{}.base-5min.csv.gz", set.name));
        let (all, finer) = if finer.is_file() {
            (Vec::new(), Some(candles(&Table::read(&finer))))
        } else {
            let path = folder.join(format!("candles/{}.csv.gz", set.name));
            (candles(&Table::read(&path)), None)
        };
        Self {
            interval: set.interval,
            is_padded: set.is_padded,
            candles: all,
            finer,
        }
    }

    /// The window whose newest candle was the newest at this moment, made as the bots made it.
    pub(crate) fn window(&self, now_unix_s: i64) -> Vec<Candle> {
        let mut all = match &self.finer {
            None => (self.candles.iter())
                .filter(|candle| candle.start_unix_s <= now_unix_s)
                .copied()
                .collect::<Vec<_>>(),
            Some(finer) => {
                let mut all: Vec<Candle> = Vec::new();
                for fine in finer.iter().filter(|fine| fine.start_unix_s <= now_unix_s) {
                    let start_unix_s = self.interval.start_unix_s(fine.start_unix_s);
                    match all.last_mut() {
                        Some(last) if last.start_unix_s == start_unix_s => {
                            *last = last.merged(fine)
                        }
                        _ => all.push(Candle {
                            start_unix_s,
                            ..*fine
                        }),
                    }
                }
                all
            }
        };
        all.drain(..all.len().saturating_sub(WINDOW_ROWS));
        if self.is_padded {
            self.pad(&mut all);
        }
        all
    }

    /// What is not done any more (B-35), to make the recorded windows again.
    fn pad(&self, all: &mut Vec<Candle>) {
        let oldest = all[0];
        let missing = i64::try_from(WINDOW_ROWS - all.len()).unwrap();
        let copies = (1..=missing).rev().map(|steps| Candle {
            start_unix_s: oldest.start_unix_s - steps * self.interval.seconds(),
            ..oldest
        });
        all.splice(0..0, copies);
    }
}
