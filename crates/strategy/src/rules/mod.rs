//! The rules, one module per strategy or family. Each reads the newest rows and judges; none keeps anything.

pub(crate) mod bands;
pub(crate) mod drop;
pub(crate) mod ht;
pub(crate) mod imp_macd;
pub(crate) mod msb;
pub(crate) mod nwe;
pub(crate) mod rsi_div_macd;
pub(crate) mod sha;
pub(crate) mod st_atr;
pub(crate) mod tpo;
pub(crate) mod vidya;
pub(crate) mod vwmacd;
pub(crate) mod vwtm;

use cbtrade_indicators::{Frame, Row};

use crate::decision::Sheet;

/// The newest rows of a frame, which is all that rules look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Newest<'a> {
    /// The last candle, which may be forming.
    pub(crate) now: &'a Row,
    /// The three before it, the latest first.
    pub(crate) before: [&'a Row; 3],
    /// All rows that are kept, oldest first: for the original forms, which look at whole frames.
    pub(crate) rows: &'a [Row],
}

impl<'a> Newest<'a> {
    /// None if there are fewer than four.
    pub(crate) fn of(frame: &'a Frame) -> Option<Self> {
        let rows = frame.rows();
        let [.., third, second, first, now] = rows else {
            return None;
        };
        Some(Self {
            now,
            before: [first, second, third],
            rows,
        })
    }

    /// The candle before the last.
    pub(crate) fn previous(&self) -> &'a Row {
        let [previous, ..] = self.before;
        previous
    }

    /// The lowest of a value over the three candles before the last. Undefined values are passed over.
    pub(crate) fn lowest_before(&self, value: impl Fn(&Row) -> f64) -> f64 {
        self.before
            .iter()
            .fold(f64::NAN, |lowest, row| lowest.min(value(row)))
    }
}

/// The candle rose, and its Heikin-Ashi candle too.
fn green_twice(sheet: &mut Sheet, now: &Row) {
    green(sheet, now);
    let heikin_ashi = &now.heikin_ashi;
    sheet.above(
        "Heikin-Ashi is green: close above open",
        heikin_ashi.close,
        heikin_ashi.open,
    );
}

/// Neither rose. A candle that ends where it began is red.
fn red_twice(sheet: &mut Sheet, now: &Row) {
    red(sheet, now);
    let heikin_ashi = &now.heikin_ashi;
    sheet.at_most(
        "Heikin-Ashi is red: close not above open",
        heikin_ashi.close,
        heikin_ashi.open,
    );
}

fn green(sheet: &mut Sheet, now: &Row) {
    let candle = &now.candle;
    sheet.above(
        "the candle is green: close above open",
        candle.close,
        candle.open,
    );
}

fn red(sheet: &mut Sheet, now: &Row) {
    let candle = &now.candle;
    sheet.at_most(
        "the candle is red: close not above open",
        candle.close,
        candle.open,
    );
}
