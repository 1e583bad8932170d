//! Callers' own SQL on every engine: bound values, refusals, and the methods that make the SQL.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_core::Decimal;
use cbtrade_database::{ErrorKind, Value};
use common::Store;

async fn stores() -> Vec<Store> {
    let stores = Store::all().await;
    for store in &stores {
        store.database.ensure_database_ready().await.unwrap();
    }
    stores
}

fn text(text: &str) -> Value {
    Value::from(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_bound_and_columns_have_names() {
    for store in stores().await {
        let database = &store.database;
        let nasty = "it's ? %s \\ \" ; -- 🚀";
        let first = database
            .ins_one(
                "INSERT INTO buy_strats (buy_strat_name) VALUES (?)",
                &[text(nasty)],
            )
            .await
            .unwrap();
        let rows = database
            .seld(
                "SELECT buy_strat_id AS number, buy_strat_name FROM buy_strats WHERE buy_strat_name = ?",
                &[text(nasty)],
            )
            .await
            .unwrap();
        assert_eq!(rows.len(), 1, "{store}");
        assert_eq!(rows[0].get("NUMBER"), Some(&Value::from(first)), "{store}");
        assert_eq!(rows[0].get("buy_strat_name"), Some(&text(nasty)), "{store}");
        let sql = "SELECT buy_strat_id, buy_strat_name FROM buy_strats WHERE buy_strat_id = ?";
        let (none, columns) = database.curs(sql, &[Value::from(0)]).await.unwrap();
        assert!(none.is_empty(), "{store}");
        assert_eq!(columns, ["buy_strat_id", "buy_strat_name"], "{store}");
        let many: Vec<Vec<Value>> = ["a", "b"].iter().map(|name| vec![text(name)]).collect();
        let insert = "INSERT INTO buy_strats (buy_strat_name) VALUES (?)";
        assert_eq!(
            database.ins_many(insert, &many).await.unwrap(),
            2,
            "{store}"
        );
        assert_eq!(database.ins_many(insert, &[]).await.unwrap(), 0, "{store}");
        let update = "UPDATE buy_strats SET buy_strat_freq = ? WHERE buy_strat_id > ?";
        let changed = database
            .upd(update, &[text("1h"), Value::from(first)])
            .await
            .unwrap();
        assert_eq!(changed, 2, "{store}");
        let deleted = database
            .delete("DELETE FROM buy_strats", &[])
            .await
            .unwrap();
        assert_eq!(deleted, 3, "{store}");
        assert_eq!(
            database.execute("SELECT 1", &[]).await.unwrap(),
            0,
            "{store}"
        );
        assert!(database.test_connection().await, "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_half_done_is_left_by_a_list_of_rows() {
    for store in stores().await {
        let database = &store.database;
        let insert = "INSERT INTO mkts (prod_id) VALUES (?)";
        let rows: Vec<Vec<Value>> = ["A-B", "C-D", "A-B"]
            .iter()
            .map(|id| vec![text(id)])
            .collect();
        let error = database.ins_many(insert, &rows).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Duplicate, "{store}: {error}");
        assert_eq!(
            store.text_row("SELECT COUNT(*) FROM mkts").await,
            ["0"],
            "{store}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_query_is_not_read_and_sessions_stay_as_they_are() {
    for store in stores().await {
        let database = &store.database;
        for wrong in [
            "DELETE FROM poss",
            "SELECT 1; DELETE FROM poss",
            "SET @a = 1",
            "COMMIT",
            "",
        ] {
            let error = database.seld(wrong, &[]).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Statement, "{store}: {wrong}");
        }
        for wrong in ["SELECT 1", "ROLLBACK", "USE mysql", "LOCK TABLES poss READ"] {
            let error = database.upd(wrong, &[]).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Statement, "{store}: {wrong}");
        }
        let error = database.seld("SELEC 1", &[]).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Statement, "{store}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_and_columns_by_name_are_looked_up_first() {
    for store in stores().await {
        let database = &store.database;
        let row = [
            ("prod_id", text("BTC-USDC")),
            ("PRC", Value::from(Decimal::parse("1.5").unwrap())),
        ];
        assert_eq!(
            database.ins_ez("cbtrade", "mkts", &row).await.unwrap(),
            1,
            "{store}"
        );
        let found = database
            .seld_ez("", "mkts", &["prc"], &[("prod_id", text("btc-usdc "))])
            .await
            .unwrap();
        assert_eq!(found[0].columns(), ["prc"], "{store}");
        let priced = [("prc", Value::Double(1.5))];
        let found = database.seld_ez("", "mkts", &[], &priced).await;
        assert_eq!(found.unwrap().len(), 1, "{store}: decimals compare exactly");

        let note = [("note1", text("n"))];
        let product = [("prod_id", text("BTC-USDC"))];
        assert_eq!(
            database.upd_ez("", "mkts", &note, &product).await.unwrap(),
            1,
            "{store}"
        );
        for (wrong, kind) in [
            (
                database.upd_ez("", "mkts", &note, &[]).await,
                ErrorKind::MissingKey,
            ),
            (
                database.upd_ez("", "mkts", &[], &product).await,
                ErrorKind::EmptyChange,
            ),
            (
                database.del_ez("", "mkts", &[]).await,
                ErrorKind::MissingKey,
            ),
            (
                database.del_ez("", "mkts", &[("prodid", text("x"))]).await,
                ErrorKind::UnknownColumn,
            ),
            (
                database.del_ez("", "no_such", &product).await,
                ErrorKind::NotFound,
            ),
            (
                database.del_ez("mysql", "user", &product).await,
                ErrorKind::NotFound,
            ),
            (
                database.ins_ez("", "mkts", &[("prc", text("much"))]).await,
                ErrorKind::ValueRejected,
            ),
        ] {
            let error = wrong.unwrap_err();
            assert_eq!(error.kind, kind, "{store}: {error}");
        }
        assert_eq!(
            database.del_ez("", "mkts", &product).await.unwrap(),
            1,
            "{store}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_is_updated_by_any_of_its_keys_or_inserted() {
    for store in stores().await {
        let database = &store.database;
        let order = |number: Option<i64>, uuid: &str, note: &str| {
            vec![
                ("bo_id", number.map_or(Value::Null, Value::from)),
                ("buy_order_uuid", text(uuid)),
                ("note1", text(note)),
            ]
        };
        let first = database
            .insupd_ez("", "buy_ords", &order(None, "a", "x"))
            .await
            .unwrap();
        let second = database
            .insupd_ez("", "buy_ords", &order(None, "b", "x"))
            .await
            .unwrap();
        let again = database
            .insupd_ez("", "buy_ords", &order(None, "A", "y"))
            .await
            .unwrap();
        assert_eq!(again, first, "{store}");
        let mixed = database
            .insupd_ez("", "buy_ords", &order(Some(first), "b", "z"))
            .await
            .unwrap_err();
        assert_eq!(mixed.kind, ErrorKind::WrongKey, "{store}: {mixed}");
        let nothing = [("note1", Value::Null), ("note2", text(""))];
        assert_eq!(
            database.insupd_ez("", "buy_ords", &nothing).await.unwrap(),
            0,
            "{store}"
        );
        let notes = store
            .text_rows("SELECT bo_id, note1 FROM buy_ords ORDER BY bo_id")
            .await;
        assert_eq!(
            notes,
            [
                [first.to_string(), "y".to_owned()],
                [second.to_string(), "x".to_owned()]
            ],
            "{store}"
        );

        database.ohlcv("BTC-USDC").await.unwrap();
        let candle = |close: &str| {
            [
                ("freq", text("1h")),
                ("timestamp", text("2025-01-01 00:00:00")),
                ("close", text(close)),
            ]
        };
        for close in ["1", "2"] {
            let done = database
                .insupd_ez("ohlcv", "ohlcv_BTC_USDC", &candle(close))
                .await;
            assert_eq!(done.unwrap(), 0, "{store}: candles have no numbers");
        }
        let rows = database
            .seld_ez("ohlcv", "ohlcv_BTC_USDC", &["close"], &[])
            .await
            .unwrap();
        assert_eq!(rows.len(), 1, "{store}");
    }
}
