//! Positions and what is reported of them, on every engine: partial writes, keys, races, exact sums.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{
    Changes, Database, ErrorKind, Position, ProductFilter, TradeFilter, columns::poss,
};
use common::Store;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A position that cost something and gained something.
fn position(bo_uuid: &str, cost: &str, gain: &str) -> Changes<Position> {
    Changes::new()
        .set(poss::bo_uuid, bo_uuid)
        .set(poss::prod_id, "BTC-USDC")
        .set(poss::base_symb, "BTC")
        .set(poss::base_curr_symb, "BTC")
        .set(poss::symb, "USDC")
        .set(poss::pos_stat, "OPEN")
        .set(poss::buy_strat_type, "up")
        .set(poss::buy_strat_name, "sha")
        .set(poss::buy_strat_freq, "1h")
        .set(poss::tot_out_cnt, decimal(cost))
        .set(poss::gain_loss_amt, decimal(gain))
}

async fn stores() -> Vec<Store> {
    let stores = Store::all().await;
    for store in &stores {
        store.database.ensure_database_ready().await.unwrap();
    }
    stores
}

async fn only(database: &Database, pos_id: i64) -> Position {
    let found = database
        .db_poss_get(TradeFilter::default(), Some(pos_id), None)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    found.into_iter().next().unwrap().row
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_changes_what_it_names_and_nothing_else() {
    for store in stores().await {
        let database = &store.database;
        let begin = Timestamp::parse("2025-10-01 10:00:00").unwrap();
        let new = position("a", "100.25", "0").set(poss::pos_begin_dttm, begin);
        let pos_id = database.db_poss_insupd(&new).await.unwrap();
        store.run("UPDATE poss SET force_sell_tf = 1").await;
        // A bot's stale copy of the row would have force_sell_tf 0.
        let seen = Changes::new()
            .set(poss::pos_id, pos_id)
            .set(poss::prc_curr, decimal("3.5"))
            .set(poss::check_last_dttm, None::<Timestamp>);
        assert_eq!(database.db_poss_upd(&seen).await.unwrap(), 1, "{store}");
        let row = only(database, pos_id).await;
        assert_eq!(row.force_sell_tf, Some(1), "{store}");
        assert_eq!(row.prc_curr, Some(decimal("3.5")), "{store}");
        assert_eq!(row.tot_out_cnt, Some(decimal("100.25")), "{store}");
        assert_eq!(
            row.pos_begin_unix,
            Some(begin.as_seconds()),
            "{store}: derived"
        );
        assert!(row.check_last_dttm.is_some(), "{store}: empty means now");
        let age = row.dlm_unix.unwrap() - begin.as_seconds();
        let off = row.age_mins.unwrap() * 60 - age;
        assert!(off.abs() <= 60, "{store}: {row:?}");

        let error = database
            .db_poss_upd_sell(&Changes::new())
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, error.method),
            (ErrorKind::MissingKey, "db_poss_upd_sell")
        );
        let nobody = Changes::new().set(poss::pos_id, 99);
        assert_eq!(
            database.db_poss_upd_close(&nobody).await.unwrap(),
            0,
            "{store}"
        );
        assert_eq!(database.db_poss_err_upd(pos_id, "ERR").await.unwrap(), 1);
        assert_eq!(
            only(database, pos_id).await.pos_stat.as_deref(),
            Some("ERR")
        );
        assert_eq!(
            database.db_poss_check_last_dttm_upd(pos_id).await.unwrap(),
            1
        );
        let checked = database.db_poss_check_last_dttm_get(pos_id).await.unwrap();
        assert_eq!(
            checked[0].check_last_dttm.map(Timestamp::as_seconds),
            checked[0].check_last_unix
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_two_positions_are_not_mixed_up() {
    for store in stores().await {
        let database = &store.database;
        let first = database
            .db_poss_insupd(&position("first", "1", "0"))
            .await
            .unwrap();
        let second = database
            .db_poss_insupd(&position("second", "2", "0").set(poss::pos_id, 0))
            .await
            .unwrap();
        assert_ne!(first, second, "{store}");
        for pos_id in [second, 5_000] {
            let mixed = position("FIRST ", "3", "0").set(poss::pos_id, pos_id);
            let error = database.db_poss_insupd(&mixed).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::WrongKey, "{store}");
        }
        let neither = Changes::new()
            .set(poss::prod_id, "X")
            .set(poss::bo_uuid, "");
        let error = database.db_poss_insupd(&neither).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::MissingKey, "{store}");
        let stored = database
            .db_poss_get(TradeFilter::default(), None, None)
            .await;
        let mut costs: Vec<_> = stored
            .unwrap()
            .into_iter()
            .map(|position| (position.row.pos_id, position.row.tot_out_cnt))
            .collect();
        costs.sort();
        let expected = [(first, "1"), (second, "2")].map(|(id, cost)| (id, Some(decimal(cost))));
        assert_eq!(costs, expected, "{store}: unchanged");

        let known = database.db_poss_insupd(&position("FIRST ", "4", "0")).await;
        assert_eq!(known.unwrap(), first, "{store}: letter case does not count");
        let moved = Changes::new()
            .set(poss::pos_id, first)
            .set(poss::bo_uuid, "third");
        assert_eq!(database.db_poss_insupd(&moved).await.unwrap(), first);
        let given = position("fifth", "5", "0").set(poss::pos_id, 5_000);
        assert_eq!(database.db_poss_insupd(&given).await.unwrap(), 5_000);
        let quoted = position("it's ? 100% `quoted` \\ 🚀", "5", "0");
        let quoted = database.db_poss_insupd(&quoted).await.unwrap();
        let stored = only(database, quoted).await.bo_uuid;
        assert_eq!(
            stored.as_deref(),
            Some("it's ? 100% `quoted` \\ 🚀"),
            "{store}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_bots_with_one_order_make_one_position() {
    for store in stores().await {
        let mut bots = tokio::task::JoinSet::new();
        for bot in 0..8 {
            let database = store.database.clone();
            bots.spawn(async move {
                let cost = (bot + 1).to_string();
                database
                    .db_poss_insupd(&position("same", &cost, "0"))
                    .await
                    .unwrap()
            });
        }
        let mut ids = bots.join_all().await;
        ids.dedup();
        assert_eq!(ids.len(), 1, "{store}");
        let count = store.text_row("SELECT COUNT(*) FROM poss").await;
        assert_eq!(count, ["1"], "{store}");
    }
}

/// Two live positions, a paper one, and one that is ignored; the third is closed.
async fn some(store: &Store) {
    for (uuid, cost, gain, test, state) in [
        ("a", "0.1", "0.01", "N", "OPEN"),
        ("b", "0.2", "-0.05", "N", "open "),
        (
            "c",
            "123456789012345678901234.000000000001",
            "1",
            "Y",
            "SELL",
        ),
        ("d", "7", "2", "N", "CLOSE"),
        ("e", "1000", "1", "N", "OPEN"),
    ] {
        let mut row = position(uuid, cost, gain)
            .set(poss::test_txn_yn, test)
            .set(poss::pos_stat, state);
        if state == "CLOSE" {
            row = row.set(
                poss::pos_end_dttm,
                Timestamp::parse("2025-10-01 10:00:00").unwrap(),
            );
        }
        store.database.db_poss_insupd(&row).await.unwrap();
    }
    store
        .run("UPDATE poss SET ignore_tf = 1 WHERE bo_uuid = 'e'")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_are_exact_and_classes_apart() {
    for store in stores().await {
        some(&store).await;
        let database = &store.database;
        let all = TradeFilter::default();
        let open = database.db_open_overview(all, Some(15)).await.unwrap();
        assert_eq!(open.len(), 2, "{store}");
        let (live, test) = (&open[0], &open[1]);
        assert_eq!(
            (live.open, live.win_cnt, live.loss_cnt),
            (2, 1, 1),
            "{store}"
        );
        assert_eq!(live.spent, Some(decimal("0.3")), "{store}");
        assert_eq!(live.losses, Some(decimal("-0.05")), "{store}");
        assert_eq!(
            test.spent,
            Some(decimal("123456789012345678901234.000000000001")),
            "{store}"
        );
        for (letter, rows) in [("L", 1), ("N", 1), ("t", 1), ("Y", 1), ("A", 2), ("", 2)] {
            let lta = TradeFilter {
                lta: Some(letter),
                ..all
            };
            let open = database.db_open_overview(lta, None).await.unwrap();
            assert_eq!(open.len(), rows, "{store}: {letter}");
        }
        let wrong = TradeFilter {
            lta: Some("X"),
            ..all
        };
        let error = database.db_poss_get(wrong, None, None).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ValueRejected, "{store}");

        let closed = database.db_closed_overview(all, Some(0)).await.unwrap();
        assert_eq!((closed.len(), closed[0].open), (1, 1), "{store}");
        let spent = database.db_bot_spent(Some("usdc")).await.unwrap();
        assert_eq!(spent[0].extra.spent_amt, Some(decimal("0.3")), "{store}");
        assert_eq!(spent[0].extra.open_up_pct, Some(decimal("100")), "{store}");
        let spent = database.db_pair_spent(Some("BTC-USDC")).await.unwrap();
        assert_eq!(spent[0].extra.open_cnt, 3, "{store}: ignored ones count");
        assert_eq!(
            database
                .db_pair_strat_spent(Some("X"), None, None)
                .await
                .unwrap(),
            None
        );
        let largest = database.db_poss_open_max_trade_size_get("BTC-USDC").await;
        assert_eq!(
            largest.unwrap(),
            decimal("123456789012345678901234.000000000001"),
            "{store}"
        );
        let none = database.db_poss_open_max_trade_size_get("X-USDC").await;
        assert_eq!(none.unwrap(), Decimal::ZERO, "{store}");

        let open = database
            .db_poss_open_get_by_prod_id("btc-usdc")
            .await
            .unwrap();
        assert_eq!(
            (open.live.len(), open.test.len(), open.all.len()),
            (2, 1, 3),
            "{store}"
        );
        let paper = database
            .db_poss_open_get(ProductFilter::default(), true, true)
            .await;
        assert_eq!(paper.unwrap().len(), 1, "{store}");
        let recent = database
            .db_poss_open_recent_get(all, Some(1))
            .await
            .unwrap();
        assert_eq!(recent.len(), 1, "{store}");
        let traded = database.db_prod_ids_traded(ProductFilter::default()).await;
        assert_eq!(traded.unwrap().len(), 1, "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_may_have_further_columns() {
    for store in stores().await {
        store
            .run("ALTER TABLE poss ADD COLUMN old_stop_loss VARCHAR(10)")
            .await;
        some(&store).await;
        let all = TradeFilter::default();
        let rows = store.database.db_poss_get(all, None, None).await.unwrap();
        assert_eq!(rows.len(), 4, "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn elapsed_minutes_are_of_the_newest_event() {
    for store in stores().await {
        let database = &store.database;
        let elapsed = async |name: &str, test: Option<&str>| {
            let found = database.db_mkt_strat_elapsed_get("BTC-USDC", "up", name, "1h", test);
            let found = found.await.unwrap();
            assert_eq!(found.elapsed_mins, found.buy_mins.min(found.pos_mins));
            found
        };
        let never = decimal("9999");
        let found = elapsed("sha", Some("N")).await;
        assert_eq!((found.buy_mins, found.pos_mins), (never, never), "{store}");
        let now = store.text_row("SELECT CURRENT_TIMESTAMP").await.remove(0);
        let begin = Timestamp::parse(&now).unwrap().as_seconds() - 90 * 60;
        let row = position("a", "1", "0").set(
            poss::pos_begin_dttm,
            Timestamp::from_seconds(begin).unwrap(),
        );
        database.db_poss_insupd(&row).await.unwrap();
        let found = elapsed("sha", Some("N")).await;
        assert!(
            found.pos_mins >= decimal("90") && found.pos_mins < decimal("95"),
            "{store}: {found:?}"
        );
        assert_eq!(found.buy_mins, never, "{store}");
        assert_eq!(elapsed("sha", Some("Y")).await.pos_mins, never, "{store}");
        assert_eq!(elapsed("sha", None).await.pos_mins, found.pos_mins);
        assert_eq!(elapsed("bb", None).await.pos_mins, never, "{store}");
    }
}
