//! Holds assembled candles against recorded passes over real minutes: right are the plain ones; the bots' former code had doubled
//! volumes (B-51).

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, and counts are what it is for"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use cbtrade_bot::frames::{FrameSet, History, INTERVALS};
use cbtrade_indicators::{Candle, Interval};
use cbtrade_strategy::Settings;

#[path = "../../indicators/tests/recorded/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod recorded;
use recorded::{Table, folder};

/// The minutes that the records were made of.
fn minutes(test: &str) -> Option<Vec<Candle>> {
    let place = "../shared/data/candles/unit-btc-1m-2017-11.csv";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(place);
    if !path.is_file() {
        println!("SKIPPED: {test}: the minutes are not at {place}");
        return None;
    }
    let text = std::fs::read_to_string(path).unwrap();
    let minute = |line: &str| {
        let cells: Vec<f64> = line
            .split(',')
            .skip(1)
            .map(|cell| cell.parse().unwrap())
            .collect();
        Candle {
            start_unix_s: line.split(',').next().unwrap().parse().unwrap(),
            open: cells[0],
            high: cells[1],
            low: cells[2],
            close: cells[3],
            volume: cells[4],
        }
    };
    Some(text.lines().skip(1).map(minute).collect())
}

fn resampled(minutes: &[Candle], interval: Interval) -> Vec<Candle> {
    let mut all: Vec<Candle> = Vec::new();
    for minute in minutes {
        let start_unix_s = interval.start_unix_s(minute.start_unix_s);
        match all.last_mut() {
            Some(last) if last.start_unix_s == start_unix_s => *last = last.merged(minute),
            _ => all.push(Candle {
                start_unix_s,
                ..*minute
            }),
        }
    }
    all
}

fn agree(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs())
}

/// One recorded candle against ours.
fn compare(table: &Table, row: &[String], ours: &Candle) -> bool {
    let number = |column| table.number(row, column);
    assert_eq!(
        ours.start_unix_s,
        table.integer(row, "start_unix"),
        "{row:?}"
    );
    for (column, own) in [
        ("plain_open", ours.open),
        ("plain_high", ours.high),
        ("plain_low", ours.low),
        ("plain_close", ours.close),
        ("plain_volume", ours.volume),
    ] {
        let plain = number(column);
        assert!(agree(plain, own), "{row:?}: {column} is {own} here");
    }
    !agree(number("bot_volume"), ours.volume)
}

/// The exchange's answers at `now`: of each length the newest candles, the last of them forming.
fn fetched(history: &mut History, minutes: &[Candle], intervals: &[Interval], now_unix_s: i64) {
    for interval in intervals {
        let all = resampled(minutes, *interval);
        for candle in all.iter().rev().take(300).rev() {
            history.add(*interval, candle, now_unix_s);
        }
    }
}

#[test]
fn every_candle_has_its_volume_once() {
    let test = "every_candle_has_its_volume_once";
    let (Some(folder), Some(minutes)) = (folder(test), minutes(test)) else {
        return;
    };
    let path = "assembly/unit-btc-1m-2017-11-from8000-every7min.csv.gz";
    let table = Table::read(&folder.join(path));
    let mut passes: BTreeMap<i64, Vec<&Vec<String>>> = BTreeMap::new();
    for row in &table.rows {
        let now = table.integer(row, "now_minute_unix");
        passes.entry(now).or_default().push(row);
    }
    // Everything asked anew at each pass; and once, with minutes alone from then on.
    for asks_once in [false, true] {
        let (mut rows, mut doubled) = (0, 0);
        let mut history = History::new();
        for (place, (now, recorded)) in passes.iter().enumerate() {
            let seen: Vec<Candle> = minutes
                .iter()
                .filter(|minute| minute.start_unix_s <= *now)
                .copied()
                .collect();
            // Just before the minute is over.
            let now_unix_s = now + 59;
            if asks_once && place > 0 {
                fetched(&mut history, &seen, &[Interval::OneMinute], now_unix_s);
            } else {
                fetched(&mut history, &seen, &Interval::ALL, now_unix_s);
            }
            for row in recorded {
                let interval = Interval::of_name(table.cell(row, "frame")).unwrap();
                let candles = history.candles(interval, now_unix_s);
                let ago = usize::try_from(table.integer(row, "ago")).unwrap();
                let ours = candles.iter().nth_back(ago).unwrap();
                doubled += usize::from(compare(&table, row, ours));
                rows += 1;
            }
        }
        println!(
            "{} passes, {rows} candles as they should be; the former code's volume differs in {doubled} (B-51); once: {asks_once}",
            passes.len()
        );
        assert_eq!((rows, passes.len()), (336, 16));
        assert!(doubled > 0);
    }
}

#[test]
fn minute_by_minute_and_from_history_the_frames_are_the_same() {
    let test = "minute_by_minute_and_from_history_the_frames_are_the_same";
    let Some(minutes) = minutes(test) else { return };
    let minutes = &minutes[..4_000];
    let settings = Settings::default();
    let mut live = FrameSet::new(&settings).unwrap();
    let mut history = History::new();
    for minute in minutes {
        // Each minute is seen while it forms, and again, and in the end.
        let early = Candle {
            high: minute.open.max(minute.low),
            close: minute.open.max(minute.low),
            volume: minute.volume / 3.0,
            ..*minute
        };
        live.give_minute(&early).unwrap();
        live.give_minute(&early).unwrap();
        live.give_minute(minute).unwrap();
        history.add(Interval::OneMinute, &early, minute.start_unix_s + 20);
        history.add(Interval::OneMinute, minute, minute.start_unix_s + 60);
        // A late copy of the early look changes nothing.
        history.add(Interval::OneMinute, &early, minute.start_unix_s + 20);
    }
    let now = minutes.last().unwrap().start_unix_s + 60;
    let made = history.frames(&settings, now - 1).unwrap();
    let mut rows = 0;
    for interval in INTERVALS {
        let (one, other) = (live.frame(interval).unwrap(), made.frame(interval).unwrap());
        let newest = other.rows().len().min(one.rows().len()).min(300);
        for ago in 0..newest {
            let (one, other) = (one.ago(ago).unwrap().candle, other.ago(ago).unwrap().candle);
            assert_eq!(one.start_unix_s, other.start_unix_s);
            let pairs = [
                (one.open, other.open),
                (one.high, other.high),
                (one.low, other.low),
                (one.close, other.close),
                (one.volume, other.volume),
            ];
            assert!(
                pairs.iter().all(|(one, other)| agree(*one, *other)),
                "{one:?} {other:?}"
            );
            rows += 1;
        }
    }
    println!("{rows} candles are the same");
    assert!(rows > 800);
}
