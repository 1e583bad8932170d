//! Holds the standard indicators against TA-Lib, the reference that everybody else is held against.
//!
//! TA-Lib seeds Wilder's averages with a simple mean and begins MACD's fast average with the slow one; the bots' library does
//! neither. The two agree once the beginning is forgotten, so those are compared from candle 400 on.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, and tables are what some of them are for"
)]

use cbtrade_core::Random;
use cbtrade_indicators::{
    Atr, Bollinger, Candle, Ema, Extreme, Macd, Mean, Roc, Rsi, Side, Stage, WeightedMean, column,
};
use ta_lib::{Core, MAType, OutRange};

const ROWS: usize = 1_000;

fn candles() -> Vec<Candle> {
    let mut random = Random::new(1);
    let mut price = 100.0;
    (0..ROWS)
        .map(|index| {
            let mut draw =
                || f64::from(i32::try_from(random.between(-1_000, 1_000)).unwrap()) / 1e5;
            let open = price;
            price *= 1.0 + draw();
            Candle {
                start_unix_s: i64::try_from(index).unwrap() * 60,
                open,
                high: open.max(price) * (1.0 + draw().abs()),
                low: open.min(price) * (1.0 - draw().abs()),
                close: price,
                volume: 1.0,
            }
        })
        .collect()
}

/// Compares from a candle on; both must be defined there.
fn hold(name: &str, ours: &[f64], theirs: &[f64], range: OutRange, first_row: usize) {
    let mut worst: f64 = 0.0;
    let mut compared = 0;
    for (index, theirs) in (range.beg_idx..).zip(&theirs[..range.count]) {
        if index < first_row {
            continue;
        }
        let distance = (ours[index] - theirs).abs() / theirs.abs().max(1e-3);
        assert!(
            distance <= 1e-9,
            "{name} at {index}: {} for {theirs}",
            ours[index]
        );
        worst = worst.max(distance);
        compared += 1;
    }
    assert!(compared >= 500, "{name}: {compared} compared");
    println!("| {name} | {compared} | {worst:.0e} |");
}

const SETTLED: usize = 400;

#[test]
fn windows_agree_with_the_reference() {
    let candles = candles();
    let closes: Vec<f64> = candles.iter().map(|candle| candle.close).collect();
    let core = Core::new();
    let mut out = vec![0.0; ROWS];
    let last = ROWS - 1;

    let mut mean = Mean::new(34);
    let ours = column(&closes, |close, stage| mean.step(*close, stage));
    let range = core.sma(0, last, &closes, 34, &mut out).unwrap();
    hold("SMA 34", &ours, &out, range, 0);

    let mut weighted = WeightedMean::new(20);
    let ours = column(&closes, |close, stage| weighted.step(*close, stage));
    let range = core.wma(0, last, &closes, 20, &mut out).unwrap();
    hold("WMA 20", &ours, &out, range, 0);

    let mut roc = Roc::new(3);
    let ours = column(&closes, |close, stage| roc.step(*close, stage));
    let range = core.roc(0, last, &closes, 3, &mut out).unwrap();
    hold("ROC 3", &ours, &out, range, 0);

    let mut highest = Extreme::new(Side::Highest, 24);
    let ours = column(&closes, |close, stage| highest.step(*close, stage));
    let range = core.max(0, last, &closes, 24, &mut out).unwrap();
    hold("MAX 24", &ours, &out, range, 0);

    let mut bands = Bollinger::new(34, 2.2);
    let ours = column(&closes, |close, stage| bands.step(*close, stage));
    let (mut upper, mut middle, mut lower) = (out.clone(), out.clone(), out.clone());
    let range = core
        .bbands(
            0,
            last,
            &closes,
            34,
            2.2,
            2.2,
            MAType::SMA,
            &mut upper,
            &mut middle,
            &mut lower,
        )
        .unwrap();
    let uppers: Vec<f64> = ours.iter().map(|band| band.upper).collect();
    let lowers: Vec<f64> = ours.iter().map(|band| band.lower).collect();
    hold("BBANDS 34 upper", &uppers, &upper, range, 0);
    hold("BBANDS 34 lower", &lowers, &lower, range, 0);
}

#[test]
fn recursions_agree_with_the_reference() {
    let candles = candles();
    let price = |value: fn(&Candle) -> f64| candles.iter().map(value).collect::<Vec<f64>>();
    let (highs, lows, closes) = (
        price(|candle| candle.high),
        price(|candle| candle.low),
        price(|candle| candle.close),
    );
    let core = Core::new();
    let mut out = vec![0.0; ROWS];
    let last = ROWS - 1;

    let mut ema = Ema::new(20);
    let ours = column(&closes, |close, stage| ema.step(*close, stage));
    let range = core.ema(0, last, &closes, 20, &mut out).unwrap();
    hold("EMA 20", &ours, &out, range, 0);

    let mut rsi = Rsi::new(14);
    let ours = column(&closes, |close, stage| rsi.step(*close, stage));
    let range = core.rsi(0, last, &closes, 14, &mut out).unwrap();
    hold("RSI 14", &ours, &out, range, SETTLED);

    let mut atr = Atr::new(14);
    let ours = column(&candles, |candle, stage| atr.step(candle, stage).wilder);
    let range = core
        .atr(0, last, &highs, &lows, &closes, 14, &mut out)
        .unwrap();
    hold("ATR 14 (Wilder)", &ours, &out, range, SETTLED);

    let mut macd = Macd::new(12, 26, 9);
    let ours = column(&closes, |close, stage| macd.step(*close, stage));
    let (mut line, mut signal, mut histogram) = (out.clone(), out.clone(), out.clone());
    let range = core
        .macd(
            0,
            last,
            &closes,
            12,
            26,
            9,
            &mut line,
            &mut signal,
            &mut histogram,
        )
        .unwrap();
    let lines: Vec<f64> = ours.iter().map(|value| value.line).collect();
    let signals: Vec<f64> = ours.iter().map(|value| value.signal).collect();
    hold("MACD line", &lines, &line, range, SETTLED);
    hold("MACD signal", &signals, &signal, range, SETTLED);
}

#[test]
fn a_forming_value_leaves_no_trace() {
    let mut mean = Mean::new(2);
    assert!(mean.step(1.0, Stage::Closed).is_nan());
    for forming in [5.0, 7.0] {
        assert_eq!(
            mean.step(forming, Stage::Forming),
            f64::midpoint(1.0, forming)
        );
    }
    assert_eq!(mean.step(3.0, Stage::Closed), 2.0);
    assert_eq!(mean.step(4.0, Stage::Closed), 3.5);
}
