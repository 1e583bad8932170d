//! Forming candles leave no trace: a frame that was given every version of every forming candle is, bit for bit, the frame
//! of the final candles, and rows of closed candles never change.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, and tables are what some of them are for"
)]

use cbtrade_core::Random;
use cbtrade_indicators::{Candle, Frame, FrameError, IndicatorSettings, Interval, ROWS_KEPT, Row};

const MINUTE_S: i64 = 60;

/// Minutes of an invented market, some of them without a trade.
fn minutes(random: &mut Random, count: usize) -> Vec<Candle> {
    let mut price = 100.0;
    let mut start_unix_s = 1_600_000_000 - 1_600_000_000 % 86_400;
    let mut draw = |width: i64| {
        let drawn = i32::try_from(random.between(-width, width)).unwrap();
        f64::from(drawn)
    };
    (0..count)
        .map(|_| {
            let is_quiet = draw(10) > 7.0;
            let open = price;
            let step = if is_quiet {
                0.0
            } else {
                draw(1_000) / 500_000.0
            };
            price *= 1.0 + step;
            let wick = |draw: f64| 1.0 + draw.abs() / 500_000.0;
            let (up, down) = if is_quiet {
                (1.0, 1.0)
            } else {
                (wick(draw(1_000)), wick(draw(1_000)))
            };
            let candle = Candle {
                start_unix_s,
                open,
                high: open.max(price) * up,
                low: open.min(price) / down,
                close: price,
                volume: if is_quiet {
                    0.0
                } else {
                    draw(10_000).abs() / 7.0
                },
            };
            start_unix_s += MINUTE_S;
            candle
        })
        .collect()
}

/// Values and undefined values alike, bit for bit: every finite double has one shortest text.
fn text(rows: &[Row]) -> String {
    format!("{rows:?}")
}

fn frames(interval: Interval, minutes: &[Candle]) -> (Frame, Frame) {
    let settings = IndicatorSettings::of(interval);
    let mut streamed = Frame::new(interval, &settings);
    let mut whole: Vec<Candle> = Vec::new();
    for minute in minutes {
        streamed.give_finer(minute).unwrap();
        let start_unix_s = interval.start_unix_s(minute.start_unix_s);
        match whole.last_mut() {
            Some(last) if last.start_unix_s == start_unix_s => *last = last.merged(minute),
            _ => whole.push(Candle {
                start_unix_s,
                ..*minute
            }),
        }
    }
    let batch = Frame::of(interval, &settings, &whole).unwrap();
    (streamed, batch)
}

#[test]
fn streaming_equals_batch_bit_for_bit() {
    for seed in 0..4 {
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let count = usize::try_from(random.between(1, 10_000)).unwrap();
        let minutes = minutes(&mut random, count);
        for interval in Interval::ALL {
            let (streamed, batch) = frames(interval, &minutes);
            assert_eq!(streamed.candles_seen(), batch.candles_seen());
            assert_eq!(text(streamed.rows()), text(batch.rows()), "{interval:?}");
        }
    }
}

#[test]
fn rows_of_closed_candles_do_not_change() {
    let mut random = Random::new(7);
    let minutes = minutes(&mut random, 400 * 5);
    let interval = Interval::FiveMinutes;
    let mut frame = Frame::new(interval, &IndicatorSettings::of(interval));
    let mut before = Vec::new();
    for minute in &minutes {
        frame.give_finer(minute).unwrap();
        let closed = frame.rows().len() - 1;
        let known = before.len().min(closed);
        assert_eq!(text(&frame.rows()[..known]), text(&before[..known]));
        before = frame.rows().to_vec();
    }
}

#[test]
fn old_rows_are_let_go_and_the_newest_are_kept() {
    let mut random = Random::new(8);
    let minutes = minutes(&mut random, 3 * ROWS_KEPT + 17);
    let interval = Interval::OneMinute;
    let mut frame = Frame::new(interval, &IndicatorSettings::of(interval));
    for (index, minute) in minutes.iter().enumerate() {
        frame.give(minute).unwrap();
        assert!(frame.rows().len() >= ROWS_KEPT.min(index + 1));
        assert!(frame.rows().len() <= 2 * ROWS_KEPT);
    }
    assert_eq!(frame.candles_seen(), minutes.len());
    assert_eq!(frame.ago(0).unwrap().candle, *minutes.last().unwrap());
    assert_eq!(frame.ago(3).unwrap().candle, minutes[minutes.len() - 4]);
}

#[test]
fn what_is_no_candle_is_refused_and_changes_nothing() {
    let mut random = Random::new(9);
    let minutes = minutes(&mut random, 50);
    let interval = Interval::OneMinute;
    let mut frame = Frame::of(interval, &IndicatorSettings::of(interval), &minutes).unwrap();
    let before = text(frame.rows());
    let last = *minutes.last().unwrap();
    let earlier = minutes[3];
    assert!(matches!(
        frame.give(&earlier),
        Err(FrameError::OutOfOrder { .. })
    ));
    let off = Candle {
        start_unix_s: last.start_unix_s + 61,
        ..last
    };
    assert!(matches!(frame.give(&off), Err(FrameError::OffGrid { .. })));
    for bad in [
        Candle {
            close: f64::NAN,
            ..last
        },
        Candle { low: 0.0, ..last },
        Candle {
            high: last.low * 0.5,
            ..last
        },
        Candle {
            volume: -1.0,
            ..last
        },
    ] {
        assert!(matches!(
            frame.give(&bad),
            Err(FrameError::BadCandle { .. })
        ));
    }
    assert_eq!(text(frame.rows()), before);
}

#[test]
fn a_mean_does_not_drift() {
    let mut random = Random::new(10);
    let minutes = minutes(&mut random, 20_000);
    let interval = Interval::OneMinute;
    let settings = IndicatorSettings::of(interval);
    let long = Frame::of(interval, &settings, &minutes).unwrap();
    let short = Frame::of(interval, &settings, &minutes[19_000..]).unwrap();
    let (long, short) = (long.ago(0).unwrap(), short.ago(0).unwrap());
    // Windows depend on what is in them alone, however long the frame has been running.
    assert_eq!(format!("{:?}", long.nwe), format!("{:?}", short.nwe));
    assert_eq!(
        format!("{:?}", long.band_inner),
        format!("{:?}", short.band_inner)
    );
    assert_eq!(
        format!("{:?}", long.volume_means),
        format!("{:?}", short.volume_means)
    );
    let close = |one: f64, other: f64| (one - other).abs() <= 1e-9 * other.abs();
    assert!(close(long.rsi, short.rsi));
    assert!(close(long.macd.line + 100.0, short.macd.line + 100.0));
}
