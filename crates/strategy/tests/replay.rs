//! How fast a backtest can be: minutes replayed through six frames with all strategies asked at each.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, and tables are what some of them are for"
)]

use std::time::Instant;

use cbtrade_core::Random;
use cbtrade_indicators::{Candle, Frame, Interval};
use cbtrade_strategy::{Settings, Strategy};

const INTERVALS: [Interval; 6] = [
    Interval::FiveMinutes,
    Interval::FifteenMinutes,
    Interval::ThirtyMinutes,
    Interval::OneHour,
    Interval::FourHours,
    Interval::OneDay,
];

/// Set to replay more minutes than the few that show that it works.
const MINUTES: &str = "CBTRADE_REPLAY_MINUTES";

#[test]
fn minutes_are_replayed_through_all_frames_and_strategies() {
    replay("as they trade", &Settings::default());
}

#[test]
fn minutes_are_replayed_with_the_former_line() {
    replay("in their original form", &Settings::original());
}

fn replay(form: &str, settings: &Settings) {
    let count: usize = std::env::var(MINUTES).map_or(20_000, |text| text.parse().unwrap());
    let mut frames = INTERVALS.map(|interval| {
        let indicators = settings.indicators(interval).unwrap();
        Frame::new(interval, &indicators)
    });
    let mut random = Random::new(1);
    let mut price = 100.0;
    let mut start_unix_s = 1_600_000_000 / 86_400 * 86_400;
    let mut signals = 0;
    let begin = Instant::now();
    for _ in 0..count {
        let mut draw = || f64::from(i32::try_from(random.between(-1_000, 1_000)).unwrap());
        let open = price;
        price *= 1.0 + draw() / 800_000.0;
        let minute = Candle {
            start_unix_s,
            open,
            high: open.max(price) * 1.0003,
            low: open.min(price) * 0.9997,
            close: price,
            volume: draw().abs(),
        };
        start_unix_s += 60;
        for frame in &mut frames {
            frame.give_finer(&minute).unwrap();
            for strategy in Strategy::ALL {
                signals += usize::from(strategy.buy(frame, settings).is_signal());
                signals += usize::from(strategy.sell(frame, settings).is_signal());
            }
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    let million = seconds / f64::from(u32::try_from(count).unwrap()) * 1e6;
    println!(
        "{form}: {count} minutes, {signals} signals: {seconds:.2} s, {million:.1} s per million minutes"
    );
    assert!(signals > 0);
}
