//! How fast minutes are replayed, decisions included. `cargo xtask bench backtest` measures it in earnest.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, and tables are what some of them are for"
)]

mod support;

use std::time::Instant;

use cbtrade_backtest::{BacktestSettings, Replay, example_market, plain_product, summary};
use support::{Walk, busy, market};

/// Set to replay more minutes than the few that show that it works.
const MINUTES: &str = "CBTRADE_REPLAY_MINUTES";

fn measure(name: &str, settings: BacktestSettings) {
    let count: usize = std::env::var(MINUTES).map_or(3_000, |text| text.parse().unwrap());
    let mut replay = Replay::new(settings).unwrap();
    let begin = Instant::now();
    let mut closed = 0;
    for minute in Walk::new(1).take(count) {
        closed += replay.give(&minute).unwrap().len();
    }
    let seconds = begin.elapsed().as_secs_f64();
    let open = replay.ledger().open().len();
    let report = replay.finish(Default::default(), None).unwrap();
    if count > 3_000 {
        println!("{}", summary(&report));
    }
    let million = seconds / f64::from(u32::try_from(count).unwrap()) * 1e6;
    println!(
        "{name}: {count} minutes, {closed} trades, {open} open: {seconds:.2} s, {million:.1} s per million minutes"
    );
    assert_eq!(report.result.minutes, u64::try_from(count).unwrap());
}

#[test]
fn minutes_are_replayed_with_all_decisions() {
    let market = market("TST-USD", "");
    let mut own = BacktestSettings::new(market, plain_product("TST-USD").unwrap());
    own.strategies = cbtrade_strategy::Strategy::ALL.to_vec();
    measure("as a live bot", own);
    let major = example_market("BTC-USDC").unwrap();
    let mut major = BacktestSettings::new(major, plain_product("BTC-USDC").unwrap());
    major.strategies = cbtrade_strategy::Strategy::ALL.to_vec();
    measure("as a live bot, with the limits of a major coin", major);
    let mut busy = busy();
    busy.strategies = cbtrade_strategy::Strategy::ALL.to_vec();
    measure("busy", busy);
}
