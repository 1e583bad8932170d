//! Candles on every engine: tables made on demand, batches, what is missing.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{
    CANDLES_SAVED_MAX, Candle, CandlePrices, Changes, Database, ErrorKind, Options, columns::ohlcv,
};
use cbtrade_testkit::Random;
use common::Store;

/// 2025-01-01 00:00:00.
const BEGIN_S: i64 = 1_735_689_600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap()
}

fn candle(minute: i64, price: i64) -> CandlePrices {
    let price = Some(Decimal::from_integer(price));
    CandlePrices {
        timestamp: at(BEGIN_S + minute * 60),
        open: price,
        high: price,
        low: price,
        close: price,
        volume: Some(Decimal::ONE),
    }
}

async fn stores() -> Vec<Store> {
    let stores = Store::all().await;
    for store in &stores {
        store.database.ensure_database_ready().await.unwrap();
    }
    stores
}

async fn closes(database: &Database, product: &str) -> Vec<Option<Decimal>> {
    let candles = database.ohlcv(product).await.unwrap();
    let rows = candles
        .load_ohlcv_data("1min", None, None, None)
        .await
        .unwrap();
    rows.iter().rev().map(|row| row.close).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_products_have_tables_and_bots_make_them_together() {
    for store in stores().await {
        let long = "A".repeat(300);
        for wrong in [
            "../x",
            "A`B-USDC",
            "",
            "BTC",
            "BTC-USDC; DROP TABLE x",
            &long,
        ] {
            let error = store.database.ohlcv(wrong).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::NotAProduct, "{store}: {wrong}");
            assert!(error.to_string().len() < 400, "{store}: {error}");
        }
        let error = store
            .database
            .db_ohlcv_prod_id_freqs("NOPE-USDC")
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "{store}: {error}");
        assert_eq!(error.table, "ohlcv_NOPE_USDC", "{store}");

        let mut work = tokio::task::JoinSet::new();
        for bot in 0..8_i64 {
            let location = store.database.location().clone();
            work.spawn(async move {
                let database = Database::open(&location, Options::default()).await.unwrap();
                let candles = database.ohlcv("NEW-USDC").await.unwrap();
                let saved = candles
                    .save_ohlcv_data("1min", &[candle(bot, bot)])
                    .await
                    .unwrap();
                assert_eq!(saved.total_processed, 1);
            });
        }
        while let Some(done) = work.join_next().await {
            done.unwrap();
        }
        let names = store.database.db_ohlcv_table_names_get().await.unwrap();
        assert_eq!(names, ["ohlcv_NEW_USDC"], "{store}");
        let candles = store.database.ohlcv("NEW-USDC").await.unwrap();
        let rows = candles
            .load_ohlcv_data("1min", None, None, None)
            .await
            .unwrap();
        assert_eq!(rows.len(), 8, "{store}");
        for row in rows {
            assert_eq!(
                row.start_unix,
                Some(row.timestamp.as_seconds()),
                "{store}: derived"
            );
            assert_eq!(
                row.end_unix,
                Some(row.timestamp.as_seconds() + 59),
                "{store}: derived"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_is_saved_at_once_and_in_any_order() {
    const CANDLES: usize = 10_000;
    for store in stores().await {
        let candles = store.database.ohlcv("BTC-USDC").await.unwrap();
        let mut random = Random::new(7);
        let mut history: Vec<CandlePrices> =
            (0..10_000).map(|minute| candle(minute, minute)).collect();
        shuffle(&mut history, &mut random);
        let saved = candles.save_history("1min", &history).await.unwrap();
        assert_eq!(saved.total_processed, CANDLES as u64, "{store}");
        assert_eq!(
            candles.get_record_count("1MIN").await.unwrap(),
            10_000,
            "{store}"
        );
        assert_eq!(
            candles.get_record_count("2min").await.unwrap(),
            0,
            "{store}"
        );

        // The call of the bots takes the last rows only.
        let again: Vec<CandlePrices> = (0..600).map(|minute| candle(minute, 5)).collect();
        let saved = candles.save_ohlcv_data("1min", &again).await.unwrap();
        assert_eq!(saved.total_processed, CANDLES_SAVED_MAX as u64, "{store}");
        let closes = closes(&store.database, "BTC-USDC").await;
        assert_eq!(closes.len(), CANDLES, "{store}");
        assert_eq!(closes[99], Some(Decimal::from_integer(99)), "{store}");
        assert_eq!(closes[100], Some(Decimal::from_integer(5)), "{store}");

        let latest = candles.get_latest_timestamp("1min").await.unwrap();
        assert_eq!(latest, Some(at(BEGIN_S + 9_999 * 60)), "{store}");
        let gaps = candles
            .gaps("1min", at(BEGIN_S), latest.unwrap())
            .await
            .unwrap();
        assert_eq!((gaps.present, gaps.missing()), (10_000, 0), "{store}");
        assert_eq!(candles.db_tbl_del().await.unwrap(), 10_000, "{store}");
        assert_eq!(
            candles.get_latest_timestamp("1min").await.unwrap(),
            None,
            "{store}"
        );
    }
}

fn shuffle<T>(list: &mut [T], random: &mut Random) {
    for end in (1..list.len()).rev() {
        let other = usize::try_from(random.below(end as u64 + 1)).unwrap();
        list.swap(end, other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_stays_and_what_is_too_old_is_left_out() {
    for store in stores().await {
        let candles = store.database.ohlcv("ETH-USDC").await.unwrap();
        let partial = CandlePrices {
            open: None,
            volume: None,
            ..candle(0, 9)
        };
        let old = CandlePrices {
            timestamp: Timestamp::parse("2016-12-31 23:59:00").unwrap(),
            ..candle(0, 1)
        };
        let saved = candles
            .save_ohlcv_data("1min", &[candle(0, 7), old, partial, candle(1, 3)])
            .await
            .unwrap();
        assert_eq!(saved.total_processed, 3, "{store}");
        let rows = candles
            .load_ohlcv_data("1min", Some(5), None, None)
            .await
            .unwrap();
        let shown: Vec<(Option<Decimal>, Option<Decimal>)> =
            rows.iter().map(|row| (row.open, row.close)).collect();
        let number = |number: i64| Some(Decimal::from_integer(number));
        assert_eq!(
            shown,
            [(number(3), number(3)), (number(7), number(9))],
            "{store}"
        );

        // Column by column, what is named is written, NULL too.
        let changes = Changes::<Candle>::new()
            .set(ohlcv::timestamp, at(BEGIN_S))
            .set(ohlcv::freq, "1MIN")
            .set(ohlcv::open, None::<Decimal>)
            .set(ohlcv::dlm, at(BEGIN_S));
        let of_hour = Changes::<Candle>::new()
            .set(ohlcv::timestamp, at(BEGIN_S))
            .set(ohlcv::freq, "1h")
            .set(ohlcv::close, Decimal::ONE);
        let written = candles.db_tbl_insupd(&[of_hour, changes]).await.unwrap();
        assert_eq!(written, 2, "{store}");
        let row = &candles
            .load_ohlcv_data("1min", None, None, Some(at(BEGIN_S)))
            .await
            .unwrap()[0];
        assert_eq!((row.open, row.close), (None, number(9)), "{store}");
        assert_ne!(row.dlm, Some(at(BEGIN_S)), "{store}: the table's own");

        let unknown = candles
            .save_ohlcv_data("7min", &[candle(0, 1)])
            .await
            .unwrap_err();
        assert_eq!(
            (unknown.kind, unknown.column.as_deref()),
            (ErrorKind::ValueRejected, Some("freq")),
            "{store}"
        );
        let nameless = Changes::<Candle>::new().set(ohlcv::freq, "1h");
        let error = candles.db_tbl_insupd(&[nameless]).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::MissingKey, "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bots_that_save_the_same_candles_do_not_deadlock() {
    for store in stores().await {
        store.database.ohlcv("SOL-USDC").await.unwrap();
        let mut work = tokio::task::JoinSet::new();
        for bot in 0..7_u64 {
            let database = store.database.clone();
            work.spawn(async move {
                let mut random = Random::new(bot);
                let candles = database.ohlcv("SOL-USDC").await.unwrap();
                for round in 0..6 {
                    let mut batch: Vec<CandlePrices> =
                        (0..300).map(|minute| candle(minute, round)).collect();
                    shuffle(&mut batch, &mut random);
                    candles.save_ohlcv_data("1min", &batch).await.unwrap();
                }
            });
        }
        while let Some(done) = work.join_next().await {
            done.unwrap();
        }
        assert_eq!(
            closes(&store.database, "SOL-USDC").await.len(),
            300,
            "{store}"
        );
        let retries = store.database.figures().retries;
        assert_eq!(retries.get("1213"), None, "{store}: deadlocks: {retries:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ages_and_gaps_are_told() {
    for store in stores().await {
        let candles = store.database.ohlcv("ADA-USDC").await.unwrap();
        let present = [0, 1, 4, 5, 9];
        let batch: Vec<CandlePrices> = present.iter().map(|minute| candle(*minute, 1)).collect();
        candles.save_ohlcv_data("1min", &batch).await.unwrap();
        let gaps = candles
            .gaps("1min", at(BEGIN_S), at(BEGIN_S + 600))
            .await
            .unwrap();
        let missing: Vec<(i64, u64)> = gaps
            .gaps
            .iter()
            .map(|gap| ((gap.first.as_seconds() - BEGIN_S) / 60, gap.candles))
            .collect();
        assert_eq!(missing, [(2, 2), (6, 3), (10, 1)], "{store}");
        assert_eq!((gaps.expected, gaps.present), (11, 5), "{store}");
        let error = candles.gaps("1min", at(60), at(0)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ValueRejected, "{store}");

        let ages = candles.show_ohlcv_age().await.unwrap();
        assert_eq!(
            (ages[0].freq.as_str(), ages[0].candles),
            ("1min", 5),
            "{store}"
        );
        assert!(
            ages[0].age_s.unwrap() > 0 && !ages[0].is_current(),
            "{store}"
        );
        let all = store.database.show_all_ohlcv_age().await.unwrap();
        assert_eq!(all, [("ohlcv_ADA_USDC".to_owned(), ages)], "{store}");
        let summary = candles.get_timeframe_summary().await.unwrap();
        assert_eq!(summary.len(), 8, "{store}");
        assert_eq!((summary[0].freq, summary[0].count), ("1min", 5), "{store}");
        assert_eq!(
            (summary[5].count, summary[5].latest_timestamp),
            (0, None),
            "{store}"
        );
    }
}
