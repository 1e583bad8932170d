//! Minutes from the candle tables are those that were stored.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod support;

use cbtrade_backtest::{Length, Minute, StoredMinutes};
use cbtrade_core::Decimal;
use cbtrade_database::{CandlePrices, Database, Options};
use support::Walk;

#[tokio::test]
async fn minutes_come_out_of_the_database_as_they_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cbtrade.db");
    let database = Database::create_file(&path, Options::default())
        .await
        .unwrap();
    // Three pages, with more than a page of nothing between.
    let mut minutes = Walk::minutes(1, 12_000);
    for minute in &mut minutes[6_000..] {
        minute.candle.start_unix_s += 14 * 86_400;
    }
    let stored: Vec<CandlePrices> = minutes
        .iter()
        .map(|minute| CandlePrices {
            timestamp: minute.start(),
            open: Some(minute.open),
            high: Decimal::from_double(minute.candle.high),
            low: Decimal::from_double(minute.candle.low),
            close: Some(minute.close),
            volume: Decimal::from_double(minute.candle.volume),
        })
        .collect();
    let candles = database.ohlcv("TST-USD").await.unwrap();
    candles.save_history("1min", &stored).await.unwrap();
    let period = (minutes[100].start(), minutes[11_900].start());
    let mut stored = StoredMinutes::open(&database, "TST-USD", Length::OneMinute, period)
        .await
        .unwrap();
    let mut found: Vec<Minute> = Vec::new();
    while let Some(minute) = stored.next_minute().await.unwrap() {
        found.push(minute);
    }
    assert_eq!(found.len(), 11_800);
    for (found, given) in found.iter().zip(&minutes[100..]) {
        assert_eq!(
            (found.candle.start_unix_s, found.open, found.close),
            (given.candle.start_unix_s, given.open, given.close)
        );
        // Twelve places are kept of a price.
        assert!((found.candle.high - given.candle.high).abs() < 1e-11);
    }
}
