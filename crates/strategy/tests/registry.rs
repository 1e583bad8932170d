//! Names, kinds, settings and refusals.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, and tables are what some of them are for"
)]

use cbtrade_indicators::{Candle, Frame, IndicatorSettings, Interval};
use cbtrade_strategy::{Kind, Outcome, Settings, SettingsError, Strategy};

#[test]
fn names_lead_back_and_kinds_are_six_and_ten() {
    for (place, strategy) in Strategy::ALL.into_iter().enumerate() {
        assert_eq!(Strategy::of_name(strategy.name()), Some(strategy));
        assert_eq!(strategy as usize, place);
    }
    let up = Strategy::ALL
        .into_iter()
        .filter(|strategy| strategy.kind() == Kind::Up);
    assert_eq!(up.count(), 6);
    assert_eq!(Strategy::of_name("sma"), None);
}

#[test]
fn intervals_are_those_of_the_catalogue() {
    for interval in Interval::ALL {
        let frequency = cbtrade_catalog::frequency(interval.name()).unwrap();
        assert_eq!(frequency.seconds, interval.seconds());
        assert_eq!(Interval::of_name(interval.name()), Some(interval));
    }
}

#[test]
fn the_repaired_three_are_off_until_the_operator_wants_them() {
    let mut settings = Settings::default();
    let buyers: Vec<Strategy> = settings.buyers(Interval::OneHour).collect();
    assert_eq!(buyers.len(), 13);
    assert!(!buyers.contains(&Strategy::Msb));
    settings.common_mut(Strategy::Msb).unwrap().is_on = true;
    assert!(
        settings
            .buyers(Interval::OneHour)
            .any(|buyer| buyer == Strategy::Msb)
    );
    assert!(
        !settings
            .buyers(Interval::FifteenMinutes)
            .any(|buyer| buyer == Strategy::Vwtm)
    );
    assert_eq!(settings.buyers(Interval::FiveMinutes).count(), 0);
}

#[test]
fn shared_indicators_must_be_wanted_alike() {
    let mut settings = Settings::default();
    assert_eq!(
        settings.indicators(Interval::OneHour),
        Ok(IndicatorSettings::of(Interval::OneHour))
    );
    settings.nwe_rev.bandwidth = 9.0;
    assert_eq!(
        settings.indicators(Interval::OneHour),
        Err(SettingsError::Disagreement {
            one: "nwe_3row",
            other: "nwe_rev",
            what: "the bandwidth"
        })
    );
    let mut settings = Settings::default();
    settings.vwmacd.macd_slow_length = 30;
    assert!(settings.indicators(Interval::OneHour).is_err());
}

#[test]
fn a_short_frame_is_not_judged_and_an_undefined_number_never_fires() {
    let settings = Settings::default();
    let interval = Interval::OneHour;
    let indicators = settings.indicators(interval).unwrap();
    // No price ever moves: deviations, ranges and changes are all zero or undefined.
    let candles: Vec<Candle> = (0..400)
        .map(|hour| Candle {
            start_unix_s: hour * 3_600,
            open: 5.0,
            high: 5.0,
            low: 5.0,
            close: 5.0,
            volume: 0.0,
        })
        .collect();
    let short = Frame::of(interval, &indicators, &candles[..99]).unwrap();
    let long = Frame::of(interval, &indicators, &candles).unwrap();
    for strategy in Strategy::ALL {
        assert!(matches!(
            strategy.buy(&short, &settings).outcome(),
            Outcome::TooFewCandles { seen: 99, .. }
        ));
        for decision in [
            strategy.buy(&long, &settings),
            strategy.sell(&long, &settings),
        ] {
            assert!(!decision.is_signal(), "{}: {decision}", strategy.name());
        }
        let is_silent = strategy.sell(&long, &settings).outcome() == Outcome::NoRule;
        assert_eq!(is_silent, !strategy.has_exit());
    }
}

#[test]
fn a_decision_gives_its_reasons() {
    let settings = Settings::default();
    let interval = Interval::OneHour;
    let indicators = settings.indicators(interval).unwrap();
    let mut candles: Vec<Candle> = (0..200)
        .map(|hour| Candle {
            start_unix_s: hour * 3_600,
            open: 5.0,
            high: 5.1,
            low: 4.9,
            close: if hour % 2 == 0 { 5.0 } else { 5.01 },
            volume: 1.0,
        })
        .collect();
    candles.push(Candle {
        start_unix_s: 200 * 3_600,
        open: 5.0,
        high: 6.0,
        low: 5.0,
        close: 6.0,
        volume: 9.0,
    });
    let frame = Frame::of(interval, &indicators, &candles).unwrap();
    let decision = Strategy::BbBo.buy(&frame, &settings);
    assert!(decision.is_signal(), "{decision}");
    assert_eq!(decision.checks().len(), 4);
    let text = decision.to_string();
    assert!(
        text.starts_with("signal; yes: close above the upper band (6 > 5.49747"),
        "{text}"
    );
}

/// Candles of one hour that close as given, each opening where the last one closed.
fn hours(closes: impl IntoIterator<Item = f64>) -> Vec<Candle> {
    let mut open = 100.0;
    closes
        .into_iter()
        .zip(0..)
        .map(|(close, hour)| {
            let candle = Candle {
                start_unix_s: hour * 3_600,
                open,
                high: open.max(close) * 1.0001,
                low: open.min(close) * 0.9999,
                close,
                volume: 1.0,
            };
            open = close;
            candle
        })
        .collect()
}

#[test]
fn the_envelope_sells_after_a_peak_that_the_former_rule_could_not_see() {
    // Calm, then a long slide; one candle jumps far above the band and the next two fall back.
    let calm = (0..200).map(|hour| 100.0 + f64::from(hour % 2) * 0.01);
    let slide = (1..=60).map(|hour| 100.0 - f64::from(hour) * 0.1);
    let candles = hours(calm.chain(slide).chain([96.0, 93.9, 93.8]));
    let settings = Settings::default();
    let interval = Interval::OneHour;
    let frame = Frame::of(interval, &settings.indicators(interval).unwrap(), &candles).unwrap();
    let repaired = Strategy::NweEnv.sell(&frame, &settings);
    assert!(repaired.is_signal(), "{repaired}");
    let original = Strategy::NweEnv.sell(&frame, &Settings::original());
    assert!(!original.is_signal(), "{original}");
}

#[test]
fn powers_are_measured_in_ranges_whatever_the_price() {
    let wave = |scale: f64| {
        hours((0..300).map(move |hour| {
            let rise = f64::from(hour) * 0.05;
            scale * (100.0 + rise + f64::from(hour % 3) * 0.1)
        }))
    };
    let settings = Settings::default();
    let interval = Interval::OneHour;
    let indicators = settings.indicators(interval).unwrap();
    let power = |scale: f64, settings: &Settings| {
        let mut candles = wave(scale);
        if let Some(first) = candles.first_mut() {
            (first.open, first.high, first.low) = (first.close, first.close, first.close);
        }
        let frame = Frame::of(interval, &indicators, &candles).unwrap();
        Strategy::Vwtm.buy(&frame, settings).checks()[0].left
    };
    let (large, small) = (power(1_000.0, &settings), power(0.001, &settings));
    assert!((large - small).abs() < 1e-6, "{large} {small}");
    let original = Settings::original();
    assert!(power(1_000.0, &original) / power(0.001, &original) > 1e5);
}
