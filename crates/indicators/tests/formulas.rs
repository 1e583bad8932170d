//! Holds each indicator against its definition, written out naively: sums over the window, one loop per value.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a failed test says where; equal means equal"
)]

use cbtrade_core::Random;
use cbtrade_indicators::{
    Candle, Divergence, Frame, GapEma, HeikinAshi, Hull, ImpulseColour, ImpulseMacd,
    IndicatorSettings, Interval, NadarayaWatson, Rma, Row, Smma, Stage, Supertrend, TwoPole,
    VolumeWeightedMean, column, two_sided,
};

const ROWS: usize = 400;

fn candles(seed: u64) -> Vec<Candle> {
    let mut random = Random::new(seed);
    let mut price = 20.0;
    (0..ROWS)
        .map(|index| {
            let mut draw =
                || f64::from(i32::try_from(random.between(-1_000, 1_000)).unwrap()) / 4e4;
            let open = price;
            price *= 1.0 + draw();
            Candle {
                start_unix_s: i64::try_from(index).unwrap() * 900,
                open,
                high: open.max(price) * (1.0 + draw().abs()),
                low: open.min(price) * (1.0 - draw().abs()),
                close: price,
                volume: 10.0 + draw().abs() * 1e4,
            }
        })
        .collect()
}

fn closes(candles: &[Candle]) -> Vec<f64> {
    candles.iter().map(|candle| candle.close).collect()
}

fn rows(candles: &[Candle]) -> Vec<Row> {
    let interval = Interval::FifteenMinutes;
    let frame = Frame::of(interval, &IndicatorSettings::of(interval), candles).unwrap();
    frame.rows().to_vec()
}

/// The last `length` values up to and including an index; none if there are fewer.
fn window(values: &[f64], index: usize, length: usize) -> Option<&[f64]> {
    values.get((index + 1).checked_sub(length)?..=index)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / f64::from(u32::try_from(values.len()).unwrap())
}

/// Equal to 1e-10, or both undefined.
fn hold(what: &str, index: usize, ours: f64, theirs: f64) {
    let is_equal = (ours.is_nan() && theirs.is_nan())
        || (ours - theirs).abs() <= 1e-10 * theirs.abs().max(1.0);
    assert!(is_equal, "{what} at {index}: {ours} for {theirs}");
}

#[test]
fn bands_are_mean_and_population_deviation() {
    let candles = candles(1);
    let closes = closes(&candles);
    for (index, row) in rows(&candles).iter().enumerate() {
        let (middle, deviation) =
            window(&closes, index, 34).map_or((f64::NAN, f64::NAN), |values| {
                let middle = mean(values);
                let squares: Vec<f64> = values
                    .iter()
                    .map(|value| (value - middle).powi(2))
                    .collect();
                (middle, mean(&squares).sqrt())
            });
        hold("middle", index, row.band_outer.middle, middle);
        hold(
            "upper",
            index,
            row.band_outer.upper,
            middle + 2.5 * deviation,
        );
        hold(
            "lower",
            index,
            row.band_inner.lower,
            middle - 2.2 * deviation,
        );
    }
}

#[test]
fn wilders_average_is_a_weighted_mean_of_everything() {
    let values = closes(&candles(2));
    let mut rma = Rma::new(14);
    let ours = column(&values, |value, stage| rma.step(*value, stage));
    for (index, ours) in ours.iter().enumerate() {
        let weighted = values[..=index].iter().rev().zip(0..);
        let (sum, weights) = weighted.fold((0.0, 0.0), |(sum, weights), (value, ago)| {
            let weight = (1.0_f64 - 1.0 / 14.0).powi(ago);
            (sum + weight * value, weights + weight)
        });
        let theirs = if index < 13 { f64::NAN } else { sum / weights };
        hold("RMA", index, *ours, theirs);
    }
}

#[test]
fn a_smoothed_average_begins_at_the_first_candle() {
    let values = closes(&candles(3));
    let mut smma = Smma::new(34);
    let ours = column(&values, |value, stage| smma.step(*value, stage));
    let mut theirs = mean(&values[..34]);
    for (index, ours) in ours.iter().enumerate() {
        if index > 0 {
            theirs = (theirs * 33.0 + values[index]) / 34.0;
        }
        hold(
            "SMMA",
            index,
            *ours,
            if index < 33 { f64::NAN } else { theirs },
        );
    }
}

#[test]
fn a_gap_keeps_the_average_and_gives_the_next_value_more_weight() {
    let alpha: f64 = 2.0 / 21.0;
    let mut average = GapEma::new(20);
    let gap = f64::NAN;
    let values = column(&[gap, 1.0, gap, gap, 5.0], |value, stage| {
        average.step(*value, stage)
    });
    assert!(values[0].is_nan());
    assert_eq!(values[1..4], [1.0, 1.0, 1.0]);
    let weight = (1.0 - alpha).powi(3);
    hold(
        "after a gap of two",
        4,
        values[4],
        (weight + alpha * 5.0) / (weight + alpha),
    );
}

#[test]
fn the_causal_line_is_a_normalised_half_kernel() {
    let closes = closes(&candles(4));
    let mut line = NadarayaWatson::new(8.0, 3.0);
    let ours = column(&closes, |close, stage| line.step(*close, stage));
    let weight = |distance: i32| (-f64::from(distance * distance) / 128.0).exp();
    for (index, ours) in ours.iter().enumerate() {
        let theirs = window(&closes, index, 33).map_or(f64::NAN, |values| {
            let terms = values.iter().rev().zip(0..);
            let sum: f64 = terms.map(|(close, ago)| close * weight(ago)).sum();
            sum / (0..=32).map(weight).sum::<f64>()
        });
        hold("line", index, ours.line, theirs);
        if index == 200 {
            let errors: Vec<f64> = (32..=index)
                .map(|at| (closes[at] - column_line(&closes[..=at])).abs())
                .collect();
            hold("mean error", index, ours.error_mean, mean(&errors));
            hold("upper", index, ours.upper, theirs + 3.0 * mean(&errors));
        }
    }
}

fn column_line(closes: &[f64]) -> f64 {
    let mut line = NadarayaWatson::new(8.0, 3.0);
    let values = column(closes, |close, stage| line.step(*close, stage).line);
    *values.last().unwrap()
}

#[test]
fn the_former_line_repaints_and_the_causal_one_does_not() {
    let closes = closes(&candles(5));
    let before = two_sided(&closes[..ROWS - 1], 8.0, 3.0);
    let after = two_sided(&closes, 8.0, 3.0);
    let changed = (0..ROWS - 1).filter(|index| before[*index].line != after[*index].line);
    assert!(changed.count() >= 32);
    let line = |closes: &[f64]| {
        let mut line = NadarayaWatson::new(8.0, 3.0);
        column(closes, |close, stage| {
            line.step(*close, stage).line.to_bits()
        })
    };
    assert_eq!(line(&closes)[..ROWS - 1], line(&closes[..ROWS - 1]));
}

#[test]
fn hulls_average_is_made_of_three_weighted_means() {
    let candles = candles(6);
    let closes = closes(&candles);
    let weighted = |values: &[f64]| {
        let weights = || (1_u32..).map(f64::from);
        let sum: f64 = values
            .iter()
            .zip(weights())
            .map(|(value, weight)| value * weight)
            .sum();
        sum / weights().take(values.len()).sum::<f64>()
    };
    let raw: Vec<f64> = (0..ROWS)
        .map(
            |index| match (window(&closes, index, 10), window(&closes, index, 20)) {
                (Some(half), Some(whole)) => 2.0 * weighted(half) - weighted(whole),
                _ => f64::NAN,
            },
        )
        .collect();
    for (index, row) in rows(&candles).iter().enumerate() {
        let theirs = window(&raw, index, 4).map_or(f64::NAN, weighted);
        hold("Hull", index, row.hull.line, theirs);
    }
    // 20 candles and 3 more for the last smoothing.
    let mut hull = Hull::new(20, 1.5, 14, 3);
    let atr = cbtrade_indicators::AtrValue {
        simple: 1.0,
        wilder: 1.0,
    };
    let lines = column(&candles, |candle, stage| hull.step(candle, atr, stage).line);
    assert_eq!(lines.iter().filter(|line| line.is_nan()).count(), 22);
}

#[test]
fn volumes_weigh_prices() {
    let candles = candles(7);
    let mut ours = VolumeWeightedMean::new(50);
    let ours = column(&candles, |candle, stage| {
        ours.step(candle.close, candle.volume, stage)
    });
    let products: Vec<f64> = candles
        .iter()
        .map(|candle| candle.close * candle.volume)
        .collect();
    let volumes: Vec<f64> = candles.iter().map(|candle| candle.volume).collect();
    for (index, ours) in ours.iter().enumerate() {
        let theirs = match (window(&products, index, 50), window(&volumes, index, 50)) {
            (Some(products), Some(volumes)) => {
                products.iter().sum::<f64>() / volumes.iter().sum::<f64>()
            }
            _ => f64::NAN,
        };
        hold("VWMA", index, *ours, theirs);
    }
}

#[test]
fn heikin_ashi_leans_on_the_candle_before() {
    let candles = candles(8);
    let mut machine = HeikinAshi::default();
    let ours = column(&candles, |candle, stage| machine.step(candle, stage));
    hold(
        "first open",
        0,
        ours[0].open,
        f64::midpoint(candles[0].open, candles[0].close),
    );
    for index in 1..ROWS {
        let before = &ours[index - 1];
        hold(
            "open",
            index,
            ours[index].open,
            f64::midpoint(before.open, before.close),
        );
        hold("close", index, ours[index].close, candles[index].ohlc4());
        assert!(ours[index].high >= ours[index].open && ours[index].high >= candles[index].high);
    }
}

#[test]
fn supertrend_tightens_until_it_turns() {
    let candles = candles(9);
    let rows = rows(&candles);
    let mut turns = 0;
    for pair in rows[14..].windows(2) {
        let [before, now] = pair else { panic!() };
        let (line, next) = (before.supertrend, now.supertrend);
        if line.is_up != next.is_up {
            turns += 1;
            let close = now.candle.close;
            assert!(if next.is_up {
                close > line.line
            } else {
                close < line.line
            });
        } else if next.is_up {
            assert!(next.line >= line.line);
        } else {
            assert!(next.line <= line.line);
        }
    }
    assert!(turns > 0);
    let mut machine = Supertrend::new(3.0);
    let atr = cbtrade_indicators::AtrValue {
        simple: f64::NAN,
        wilder: f64::NAN,
    };
    let first = machine.step(&candles[0], atr, Stage::Closed);
    assert!(first.is_up && first.line.is_nan());
}

#[test]
fn impulse_is_silent_within_the_channel() {
    let candles = candles(10);
    let mut machine = ImpulseMacd::new(34, 9, 25);
    let ours = column(&candles, |candle, stage| machine.step(candle, stage));
    let (mut high, mut low) = (Smma::new(34), Smma::new(34));
    let highs = column(&candles, |candle, stage| high.step(candle.high, stage));
    let lows = column(&candles, |candle, stage| low.step(candle.low, stage));
    let mut loud = 0;
    for index in 33..ROWS {
        let value = &ours[index];
        if value.middle > highs[index] {
            hold("above", index, value.line, value.middle - highs[index]);
            loud += 1;
        } else if value.middle < lows[index] {
            hold("below", index, value.line, value.middle - lows[index]);
            loud += 1;
        } else {
            hold("within", index, value.line, 0.0);
        }
        let is_above = candles[index].hlc3() > value.middle;
        assert_eq!(value.colour.is_rising(), is_above);
        if value.colour == ImpulseColour::Red {
            assert!(candles[index].hlc3() < lows[index]);
        }
    }
    assert!(loud > 50);
}

#[test]
fn the_oscillator_is_a_standard_score_smoothed_twice() {
    let closes = closes(&candles(11));
    let mut machine = TwoPole::new(25, 20, 4);
    let ours = column(&closes, |close, stage| machine.step(*close, stage));
    let short = |values: &[f64], index: usize| values[index.saturating_sub(24)..=index].to_vec();
    let distances: Vec<f64> = (0..ROWS)
        .map(|index| closes[index] - mean(&short(&closes, index)))
        .collect();
    let alpha = 2.0 / 21.0;
    let (mut first, mut second) = (f64::NAN, f64::NAN);
    for index in 1..ROWS {
        let values = short(&distances, index);
        let middle = mean(&values);
        let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
        let count = f64::from(u32::try_from(values.len()).unwrap());
        let score = (distances[index] - middle) / (squares / (count - 1.0)).sqrt();
        let follow = |before: f64, value: f64| {
            if before.is_nan() {
                value
            } else {
                before + alpha * (value - before)
            }
        };
        first = follow(first, score);
        second = follow(second, first);
        hold("oscillator", index, ours[index].line, second);
        let delayed = index
            .checked_sub(4)
            .map_or(f64::NAN, |earlier| ours[earlier].line);
        hold("delayed", index, ours[index].delayed, delayed);
    }
}

#[test]
fn a_divergence_is_known_five_candles_later() {
    // Two lows, the second deeper, with the strength given by hand.
    let mut closes = vec![50.0; 40];
    let mut strengths = vec![50.0; 40];
    (closes[10], strengths[10]) = (40.0, 20.0);
    (closes[25], strengths[25]) = (39.0, 30.0);
    let pairs: Vec<(f64, f64)> = closes.into_iter().zip(strengths).collect();
    let mut machine = Divergence::new(5);
    let ours = column(&pairs, |(close, rsi), stage| {
        machine.step(*close, *rsi, stage)
    });
    let bullish: Vec<usize> = (0..40).filter(|index| ours[*index].is_bullish).collect();
    assert_eq!(bullish, [30]);
    assert!(ours.iter().all(|value| !value.is_bearish));
}
