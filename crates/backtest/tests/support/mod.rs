//! Minutes and settings for the tests of this folder.

#![allow(
    dead_code,
    clippy::print_stdout,
    reason = "not every test needs everything; a skipped one says so"
)]

use std::path::PathBuf;

use cbtrade_backtest::{
    BacktestSettings, Feed, Length, Minute, Place, Replay, Report, Trade, plain_product,
};
use cbtrade_bot::settings::MarketSettings;
use cbtrade_core::{Decimal, Random};
use cbtrade_indicators::Candle;

/// A Monday at midnight, in UTC.
pub(crate) const BEGIN_UNIX_S: i64 = 1_735_516_800;

pub(crate) fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

/// A market whose one product is designated, with more settings of its own.
pub(crate) fn market(prod_id: &str, own: &str) -> MarketSettings {
    let text = format!(
        r#"{{"paper_trades_only_yn": "N", "pairs": {{"trade_pairs": ["{prod_id}"]}}{own}}}"#
    );
    MarketSettings::read("market_usd.json", &text).unwrap()
}

/// Settings under which much is traded: losses are taken, stops work, everything is qualified.
pub(crate) fn busy() -> BacktestSettings {
    let own = r#", "budget": {"spend_pair_max": 5000},
        "sell": {"never_sell_loss": {"all_yn": "N", "live_all_yn": "N", "live_max_loss_usd_acceptable": 0, "live_prod_ids": []},
                 "stop_loss": {"hard_stop_loss_pct": 2}, "take_profit": {"trailing_profit_trigger_pct": 2},
                 "rainy_day": {"pocket_pct": 50, "clip_pct": 20}}"#;
    let mut settings =
        BacktestSettings::new(market("TST-USD", own), plain_product("TST-USD").unwrap());
    settings.is_qualified = true;
    settings
}

/// A price that walks at random, with minutes now and then in which nothing is traded.
pub(crate) struct Walk {
    random: Random,
    price: f64,
    start_unix_s: i64,
    /// So many units for the largest step of a minute.
    calm: f64,
}

impl Walk {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            price: 100.0,
            start_unix_s: BEGIN_UNIX_S,
            calm: 200_000.0,
        }
    }

    pub(crate) fn minutes(seed: u64, count: usize) -> Vec<Minute> {
        Self::new(seed).take(count).collect()
    }
}

impl Iterator for Walk {
    type Item = Minute;

    fn next(&mut self) -> Option<Minute> {
        let mut draw = || {
            let step = i32::try_from(self.random.between(-1_000, 1_000)).unwrap();
            f64::from(step)
        };
        let open = self.price * (1.0 + draw() / (self.calm * 10.0));
        let close = open * (1.0 + draw() / self.calm);
        let candle = Candle {
            start_unix_s: self.start_unix_s,
            open,
            high: open.max(close) * (1.0 + draw().abs() / (self.calm * 4.0)),
            low: open.min(close) * (1.0 - draw().abs() / (self.calm * 4.0)),
            close,
            volume: draw().abs(),
        };
        self.price = close;
        let quiet = if self.random.chance(0.01) { 3 } else { 1 };
        self.start_unix_s += 60 * quiet;
        Minute::of(&candle)
    }
}

/// Replays minutes to the end, with all trades, however many.
pub(crate) fn replay(settings: BacktestSettings, minutes: &[Minute]) -> (Report, Vec<Trade>) {
    let mut feed = Feed::new(settings.length);
    let mut replay = Replay::new(settings).unwrap();
    let mut trades = Vec::new();
    for minute in minutes {
        if feed.take(minute, || Place::Given).unwrap() {
            trades.extend_from_slice(replay.give(minute).unwrap());
        }
    }
    let report = replay.finish(feed.figures(), feed.span()).unwrap();
    (report, trades)
}

/// A candle file of real markets, or a line that says which test is skipped for want of it.
pub(crate) fn real(test: &str, name: &str) -> Option<PathBuf> {
    let place = "../shared/data/candles";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(place)
        .join(name);
    if path.is_file() {
        return Some(path);
    }
    println!("SKIPPED {test}: {name} is not at {place}");
    None
}

pub(crate) const ONE: Length = Length::OneMinute;
