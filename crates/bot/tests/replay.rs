//! How fast a backtest can be: minutes given to all frames one by one, with every strategy and a sell decision asked at each.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, and the time is what it is for"
)]

use std::time::Instant;

use cbtrade_bot::decide::{Figures, Holding, Position, SellInput, decide_sell};
use cbtrade_bot::frames::{FrameSet, INTERVALS};
use cbtrade_bot::settings::{MarketSettings, Settings};
use cbtrade_core::{Decimal, Random};
use cbtrade_indicators::{Candle, Interval};
use cbtrade_strategy::Strategy;

/// Set to replay more minutes than the few that show that it works.
const MINUTES: &str = "CBTRADE_REPLAY_MINUTES";

#[test]
fn minutes_are_replayed_with_all_strategies_and_a_position() {
    let count: usize = std::env::var(MINUTES).map_or(20_000, |text| text.parse().unwrap());
    let [_, (name, text)] = Settings::example();
    let settings = MarketSettings::read(name, text)
        .unwrap()
        .resolve("BTC-USDC");
    let mut frames = FrameSet::new(&settings.strategies).unwrap();
    let position = Position {
        pos_id: 1,
        is_test: true,
        strategy: Some(Strategy::Sha),
        interval: Some(Interval::OneHour),
        is_forced: false,
        holding: Holding {
            prc_buy: Decimal::from_integer(100),
            hold_cnt: Decimal::ONE,
            spent_amt: Decimal::from_integer(100),
            ..Holding::default()
        },
        figures: Figures::default(),
    };
    let mut random = Random::new(1);
    let mut price = 100.0;
    let mut start_unix_s = 1_600_000_000 / 86_400 * 86_400;
    let (mut signals, mut exits) = (0, 0);
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
        frames.give_minute(&minute).unwrap();
        for interval in INTERVALS {
            let frame = frames.frame(interval).unwrap();
            for strategy in Strategy::ALL {
                signals += usize::from(strategy.buy(frame, &settings.strategies).is_signal());
            }
        }
        let outcome = decide_sell(&SellInput {
            settings: &settings,
            position: &position,
            prc_sell: Decimal::from_double(price).unwrap(),
            spread_pct: Decimal::ZERO,
            age_minutes: 1_000,
            view: &frames,
        });
        exits += usize::from(outcome.unwrap().exit.is_some());
    }
    let seconds = begin.elapsed().as_secs_f64();
    let million = seconds / f64::from(u32::try_from(count).unwrap()) * 1e6;
    println!(
        "{count} minutes, {signals} signals, {exits} exits: {seconds:.2} s, {million:.1} s per million minutes"
    );
    assert!(signals > 0);
}
