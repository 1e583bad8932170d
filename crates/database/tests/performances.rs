//! Performance rows on every engine: the figures by both formulas, and recalculation while bots write.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{
    Changes, Database, ErrorKind, Options, PerformanceFormula, Position, ProductFilter,
    TradeFilter, TradePerformance,
    columns::{poss, trade_perfs},
};
use common::Store;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

struct Trade {
    state: &'static str,
    test: &'static str,
    cost: &'static str,
    gain: &'static str,
    age_mins: i64,
    name: Option<&'static str>,
}

/// A live winner held for two hours, a live loser held for a day, an open paper one, and one without a strategy.
const TRADES: &[Trade] = &[
    Trade {
        state: "CLOSE",
        test: "N",
        cost: "100",
        gain: "10",
        age_mins: 120,
        name: Some("sha"),
    },
    Trade {
        state: "CLOSE",
        test: "N",
        cost: "50",
        gain: "-5",
        age_mins: 1_440,
        name: Some("sha"),
    },
    Trade {
        state: "OPEN",
        test: "Y",
        cost: "10",
        gain: "1",
        age_mins: 60,
        name: Some("bb"),
    },
    Trade {
        state: "ERR",
        test: "N",
        cost: "3",
        gain: "0",
        age_mins: 30,
        name: None,
    },
];

async fn trade(database: &Database, number: usize, trade: &Trade) {
    let value = decimal(trade.cost)
        .checked_add(decimal(trade.gain))
        .unwrap();
    let row = Changes::<Position>::new()
        .set(poss::bo_uuid, format!("order {number}"))
        .set(poss::prod_id, "BTC-USDC")
        .set(poss::pos_stat, trade.state)
        .set(poss::test_txn_yn, trade.test)
        .set(poss::buy_strat_type, trade.name.map(|_| "up"))
        .set(poss::buy_strat_name, trade.name)
        .set(poss::buy_strat_freq, trade.name.map(|_| "1h"))
        .set(poss::tot_out_cnt, decimal(trade.cost))
        .set(poss::val_tot, value)
        .set(poss::gain_loss_amt, decimal(trade.gain))
        .set(poss::age_mins, trade.age_mins)
        .set(
            poss::pos_begin_dttm,
            Timestamp::from_seconds(1_750_000_000 + i64::try_from(number).unwrap()),
        );
    database.db_poss_insupd(&row).await.unwrap();
}

async fn stores(formula: PerformanceFormula) -> Vec<Store> {
    let options = || Options {
        performance_formula: formula,
        ..Options::default()
    };
    let stores = Store::all_with(options).await;
    for store in &stores {
        store.database.ensure_database_ready().await.unwrap();
    }
    stores
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_are_gain_by_cost_and_time_of_the_same_positions() {
    for store in stores(PerformanceFormula::HoldingTime).await {
        for (number, one) in TRADES.iter().enumerate() {
            trade(&store.database, number, one).await;
        }
        // Newer, but nobody is to regard it.
        trade(&store.database, 9, &TRADES[0]).await;
        store
            .run("UPDATE poss SET ignore_tf = 1 WHERE bo_uuid = 'order 9'")
            .await;
        let row = store.database.db_trade_perfs_recalc("BTC-USDC", None).await;
        let row = row.unwrap();
        assert_eq!((row.lta.as_str(), row.tot_cnt), ("A", Some(4)), "{store}");
        assert_eq!(
            (row.base_symb.as_deref(), row.quote_symb.as_deref()),
            (Some("BTC"), Some("USDC"))
        );
        assert_eq!(
            (
                row.win_cnt,
                row.lose_cnt,
                row.win_close_cnt,
                row.tot_open_cnt
            ),
            (Some(2), Some(1), Some(1), Some(1)),
            "{store}: neither win nor loss where nothing is gained"
        );
        assert_eq!(
            row.win_amt,
            Some(decimal("11")),
            "{store}: gains, not values"
        );
        assert_eq!(row.lose_close_amt, Some(decimal("-5")), "{store}");
        assert_eq!(row.win_close_pct, Some(decimal("50")), "{store}");
        assert_eq!(row.gain_loss_close_pct, Some(decimal("3.33")), "{store}");
        // 5 won; 100 for 2 hours and 50 for 24.
        assert_eq!(
            row.gain_loss_close_pct_hr,
            Some(decimal("0.357142857143")),
            "{store}"
        );
        assert_eq!(
            row.gain_loss_close_pct_day,
            Some(decimal("8.571428571429")),
            "{store}"
        );
        // 1 won with 10 in one hour.
        assert_eq!(row.gain_loss_open_pct_hr, Some(decimal("10")), "{store}");
        assert_eq!(row.last_buy_pos_unix, Some(1_750_000_003), "{store}");
        assert_eq!(row.needs_recalc_yn.as_deref(), Some("N"), "{store}");
        let lettered = store.text_rows("SELECT lta, tot_cnt FROM trade_perfs ORDER BY lta");
        assert_eq!(
            lettered.await,
            [["A", "4"], ["L", "3"], ["T", "1"]],
            "{store}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_original_formula_is_there_to_compare() {
    for store in stores(PerformanceFormula::Original).await {
        for (number, one) in TRADES.iter().enumerate() {
            trade(&store.database, number, one).await;
        }
        let row = store
            .database
            .db_trade_perfs_recalc_single("BTC-USDC", "A")
            .await
            .unwrap();
        assert_eq!(row.win_amt, Some(decimal("121")), "{store}: values");
        // 3.333… % by the 27.5 hours of all positions.
        assert_eq!(
            row.gain_loss_close_pct_hr,
            Some(decimal("0.121212121212")),
            "{store}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_without_positions_has_a_row_of_zeros() {
    for store in stores(PerformanceFormula::HoldingTime).await {
        let database = &store.database;
        let row = database
            .db_trade_strat_perfs_recalc("X-Y-ETH", "up", "it's", "?min", Some("L"))
            .await
            .unwrap();
        assert_eq!(
            (row.tot_cnt, row.win_pct),
            (Some(0), Some(Decimal::ZERO)),
            "{store}"
        );
        assert_eq!(
            (row.base_symb.as_deref(), row.quote_symb.as_deref()),
            (Some("X"), Some("ETH")),
            "{store}"
        );
        assert_eq!(
            (row.last_buy_strat_dttm, row.last_buy_strat_unix),
            (None, Some(0))
        );
        for (lta, kind) in [("", ErrorKind::MissingKey), ("X", ErrorKind::ValueRejected)] {
            let error = database
                .db_trade_perfs_recalc_single("BTC-USDC", lta)
                .await
                .unwrap_err();
            assert_eq!(error.kind, kind, "{store}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_made_once_and_computed_when_they_must() {
    for store in stores(PerformanceFormula::HoldingTime).await {
        let database = &store.database;
        for (number, one) in TRADES.iter().enumerate() {
            trade(database, number, one).await;
        }
        let product = ProductFilter {
            prod_id: Some("btc-usdc"),
            ..ProductFilter::default()
        };
        let rows = database.db_trade_perfs_get(product, 0).await.unwrap();
        let letters: Vec<&str> = rows.iter().map(|row| row.lta.as_str()).collect();
        assert_eq!(letters, ["A", "L", "T"], "{store}");

        // Not computed anew: a figure that is wrong on purpose stays.
        let planted = |lta: &str| {
            Changes::<TradePerformance>::new()
                .set(trade_perfs::prod_id, "BTC-USDC")
                .set(trade_perfs::lta, lta)
                .set(trade_perfs::win_cnt, 77)
        };
        for lta in ["A", "L", "T"] {
            database.db_trade_perfs_insupd(&planted(lta)).await.unwrap();
        }
        let wins = async || -> Vec<Option<i64>> {
            let rows = database.db_trade_perfs_get(product, 0).await.unwrap();
            rows.iter().map(|row| row.win_cnt).collect()
        };
        assert_eq!(wins().await, [Some(77); 3], "{store}");
        assert_eq!(
            database
                .trade_perfs_flag_upd("BTC-USDC", Some("T"))
                .await
                .unwrap(),
            1
        );
        assert_eq!(wins().await, [Some(77), Some(77), Some(1)], "{store}");
        store
            .run("UPDATE trade_perfs SET last_upd_unix = last_upd_unix - 86500 WHERE lta = 'L'")
            .await;
        assert_eq!(wins().await, [Some(77), Some(1), Some(1)], "{store}");
        assert_eq!(
            database
                .trade_perfs_flag_upd("BTC-USDC", None)
                .await
                .unwrap(),
            3
        );
        assert_eq!(wins().await, [Some(2), Some(1), Some(1)], "{store}");
        let error = database
            .db_trade_perfs_insupd(&Changes::new().set(trade_perfs::lta, "A"))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, error.column.as_deref()),
            (ErrorKind::MissingKey, Some("prod_id"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_procedures_cover_all_that_was_traded() {
    for store in stores(PerformanceFormula::HoldingTime).await {
        let database = &store.database;
        for (number, one) in TRADES.iter().enumerate() {
            trade(database, number, one).await;
        }
        assert_eq!(database.sp_trade_perfs_recalc(None, None).await.unwrap(), 3);
        let all = TradeFilter::default();
        // Two strategies in three classes; the position without a strategy has no row.
        assert_eq!(
            database.sp_trade_strat_perfs_recalc(all).await.unwrap(),
            6,
            "{store}"
        );
        let live = TradeFilter {
            lta: Some("L"),
            ..all
        };
        let rows = database.db_trade_strat_perfs_get(live, 1).await.unwrap();
        assert_eq!(rows.len(), 1, "{store}");
        assert_eq!(rows[0].buy_strat_name, "sha");
        let top = database
            .db_pairs_loop_top_gains_prod_ids_get(None, decimal("5.5"), Some("USDC"))
            .await;
        assert_eq!(top.unwrap(), ["BTC-USDC"], "{store}");
        let top = database
            .db_pairs_loop_top_perfs_prod_ids_get(Some(3), decimal("100"), None)
            .await;
        assert_eq!(top.unwrap(), Vec::<String>::new(), "{store}");
        let marked = database.trade_strat_perfs_flag_upd("BTC-USDC", "up", "sha", "1h", None);
        assert_eq!(marked.await.unwrap(), 3, "{store}");
    }
}

/// A position is written first and the rows are marked after it. Whatever is computed in between, a row that is not marked
/// holds every position in the end.
#[tokio::test(flavor = "multi_thread")]
async fn no_position_is_missed_by_a_computation_under_way() {
    const WRITERS: usize = 3;
    const EACH: usize = 12;
    for store in stores(PerformanceFormula::HoldingTime).await {
        let mut bots = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let database = store.database.clone();
            bots.spawn(async move {
                for number in 0..EACH {
                    trade(&database, writer * EACH + number, &TRADES[0]).await;
                    database
                        .trade_perfs_flag_upd("BTC-USDC", None)
                        .await
                        .unwrap();
                }
            });
        }
        for _ in 0..3 {
            let database = store.database.clone();
            bots.spawn(async move {
                for _ in 0..EACH {
                    let product = ProductFilter {
                        prod_id: Some("BTC-USDC"),
                        ..ProductFilter::default()
                    };
                    database.db_trade_perfs_get(product, 0).await.unwrap();
                }
            });
        }
        bots.join_all().await;
        let rows = store.text_rows(
            "SELECT lta, tot_cnt FROM trade_perfs WHERE needs_recalc_yn = 'N' ORDER BY lta",
        );
        let all = (WRITERS * EACH).to_string();
        for row in rows.await {
            let expected = if row[0] == "T" { "0" } else { &all };
            assert_eq!(row[1], expected, "{store}: class {}", row[0]);
        }
    }
}
