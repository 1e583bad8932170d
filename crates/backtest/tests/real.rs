//! Real candles replayed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, and a skipped one that it is"
)]

mod support;

use cbtrade_backtest::{
    BacktestSettings, CsvMinutes, Feed, Length, Replay, Report, page, plain_product, summary,
};
use cbtrade_core::Decimal;
use support::{busy, real};

fn replayed(test: &str, name: &str, prod_id: &str) -> Option<Report> {
    let path = real(test, name)?;
    let mut minutes = CsvMinutes::open(&path).unwrap();
    let mut feed = Feed::new(minutes.length());
    let settings = BacktestSettings {
        length: minutes.length(),
        product: plain_product(prod_id).unwrap(),
        ..busy()
    };
    let mut replay = Replay::new(settings).unwrap();
    while let Some(minute) = minutes.next_minute().unwrap() {
        if feed.take(&minute, || minutes.place()).unwrap() {
            replay.give(&minute).unwrap();
        }
    }
    let report = replay.finish(feed.figures(), feed.span()).unwrap();
    println!("{}", summary(&report));
    Some(report)
}

#[test]
fn an_altcoin_by_the_minute() {
    let test = "an_altcoin_by_the_minute";
    let Some(report) = replayed(test, "unit-btc-1m-2017-11.csv", "UNIT-BTC") else {
        return;
    };
    assert_eq!(report.result.minutes, 13_681);
    assert_eq!(report.terms.candles, "1min");
    assert!(report.result.signals > 0);
    let of_days = report.frames.last().unwrap();
    assert_eq!((of_days.interval, of_days.candles_at_last), ("1d", 11));
    let is_said = |note: &String| {
        note.contains("No strategy could be judged on 1d candles: there were 11 of the 100")
    };
    assert!(report.notes.iter().any(is_said), "{:?}", report.notes);
    // What is won and lost adds up to the gain of the equity, but for what is open.
    let result = &report.result;
    let closed = result.gain_amt.checked_sub(result.open_gain_amt).unwrap();
    let apart = closed.checked_sub(report.live.gain_amt).unwrap();
    // Coins kept of closed positions have moved since: little, for they are few.
    assert!(apart.checked_abs().unwrap() < Decimal::ONE, "{apart}");
}

#[test]
fn candles_of_five_minutes_are_taken_and_said_so() {
    let test = "candles_of_five_minutes_are_taken_and_said_so";
    let Some(report) = replayed(test, "eth-btc-5m-2018-01.csv", "ETH-BTC") else {
        return;
    };
    assert_eq!(report.terms.candles, Length::FiveMinutes.interval().name());
    assert_eq!(report.result.minutes, 5_760);
    assert!(report.notes[0].contains("every five minutes"));
    let html = page(&report);
    for foreign in ["http:", "https:", "<script", "src=", "@import", "url("] {
        assert!(!html.contains(foreign), "{foreign}");
    }
    assert_eq!(html.matches("<svg").count(), 3);
    assert!(!html.contains("NaN") && !html.contains("inf"));
}
