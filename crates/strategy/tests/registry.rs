//! Names, kinds, settings and refusals.

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
        text.starts_with("signal; yes: close above the upper band (6 > 5.0"),
        "{text}"
    );
}
