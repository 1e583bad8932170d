//! Balances, currencies, markets, orders, signals and strategies on every engine: keys, bulk writes, clean-up, races.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_core::Decimal;
use cbtrade_database::{
    Balance, BuyOrder, BuySignal, Changes, Currency, Database, ErrorKind, Market, OrderFilter,
    SellOrder, StrategyEntry,
    columns::{bals, buy_ords, buy_signals, currs, mkts, sell_ords},
};
use common::Store;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

async fn stores() -> Vec<Store> {
    let stores = Store::all().await;
    for store in &stores {
        store.database.ensure_database_ready().await.unwrap();
    }
    stores
}

fn balance(symb: &str, uuid: &str, portfolio: &str, available: &str) -> Changes<Balance> {
    Changes::new()
        .set(bals::symb, symb)
        .set(bals::curr_uuid, uuid)
        .set(bals::rp_id, portfolio)
        .set(bals::bal_avail, decimal(available))
}

fn currency(symb: &str, uuid: &str) -> Changes<Currency> {
    Changes::new()
        .set(currs::symb, symb)
        .set(currs::curr_uuid, uuid)
}

fn market(base: &str, quote: &str, price: &str) -> Changes<Market> {
    Changes::new()
        .set(mkts::prod_id, format!("{base}-{quote}"))
        .set(mkts::base_curr_symb, base)
        .set(mkts::quote_curr_symb, quote)
        .set(mkts::prc, decimal(price))
}

async fn price_of(database: &Database, symb: &str) -> Option<Decimal> {
    database.db_currs_get(Some(symb)).await.unwrap()[0].prc_usd
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_is_found_by_any_of_its_keys_and_two_are_never_mixed_up() {
    for store in stores().await {
        let database = &store.database;
        let one = database
            .db_bals_insupd(&balance("BTC", "u1", "p1", "1"))
            .await
            .unwrap();
        let other = database
            .db_bals_insupd(&balance("ETH", "u2", "p1", "2"))
            .await
            .unwrap();
        assert_ne!(one.last_id, other.last_id, "{store}");

        // The exchange moves a wallet to another portfolio, and gives one a new identifier.
        let moved = balance("BTC", "u1", "p2", "3");
        let renamed = balance("ETH", "u9", "p1", "4");
        for (changes, row) in [(moved, one.last_id), (renamed, other.last_id)] {
            let done = database.db_bals_insupd(&changes).await.unwrap();
            assert_eq!(done.last_id, row, "{store}: the same row");
        }
        let available = database.db_bals_get(None).await.unwrap();
        let available: Vec<Option<Decimal>> = available.iter().map(|row| row.bal_avail).collect();
        assert_eq!(
            available,
            [Some(decimal("3")), Some(decimal("4"))],
            "{store}"
        );

        let mixed = database
            .db_bals_insupd(&balance("ETH", "u1", "p1", "5"))
            .await
            .unwrap_err();
        assert_eq!(mixed.kind, ErrorKind::WrongKey, "{store}: {mixed}");
        let numbered = moved_with_number(one.last_id + 500);
        let refused = database.db_bals_insupd(&numbered).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::WrongKey, "{store}: {refused}");
        let missing = database
            .db_bals_insupd(&balance("ETH", "", "p1", "5"))
            .await
            .unwrap_err();
        assert_eq!(
            (missing.kind, missing.column.as_deref()),
            (ErrorKind::MissingKey, Some("curr_uuid")),
            "{store}"
        );
        assert_eq!(
            database.db_bals_get(None).await.unwrap().len(),
            2,
            "{store}"
        );
    }
}

fn moved_with_number(number: i64) -> Changes<Balance> {
    balance("BTC", "u1", "p2", "3").set(bals::bal_id, number)
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_come_from_markets_and_what_has_none_is_left_alone() {
    for store in stores().await {
        let database = &store.database;
        for changes in [
            market("BTC", "USDC", "100.5"),
            market("BTC", "USD", "99"),
            market("ETH", "US Dollar", "7"),
            market("SOL", "USDC", "-1"),
            market("DOGE", "EUR", "5"),
        ] {
            database.db_mkts_insupd(&changes).await.unwrap();
        }
        // A second market of BTC in USDC under another name, as a mistaken import leaves it.
        let second = market("BTC", "USDC", "1").set(mkts::prod_id, "AAA-USDC");
        database.db_mkts_insupd(&second).await.unwrap();
        for (symb, uuid, total) in [("BTC", "u1", "2"), ("SOL", "u2", "3"), ("DAI", "u3", "4")] {
            let changes = balance(symb, uuid, "p", "1").set(bals::bal_tot, decimal(total));
            database.db_bals_insupd(&changes).await.unwrap();
        }
        database.db_bals_prc_mkt_upd().await.unwrap();
        let rows = store
            .text_rows("SELECT symb, curr_prc_usd, curr_val_usd FROM bals ORDER BY symb")
            .await;
        let rows: Vec<(&str, Decimal, Decimal)> = rows
            .iter()
            .map(|row| (row[0].as_str(), decimal(&row[1]), decimal(&row[2])))
            .collect();
        let expected = [
            ("BTC", "100.5", "201"),
            ("DAI", "0", "0"),
            ("SOL", "0", "0"),
        ]
        .map(|(symb, price, value)| (symb, decimal(price), decimal(value)));
        assert_eq!(rows, expected, "{store}");

        for (symb, uuid) in [("BTC", "u1"), ("ETH", "u2"), ("USDC", "u3"), ("DOGE", "u4")] {
            database
                .db_currs_insupd(&currency(symb, uuid))
                .await
                .unwrap();
        }
        database
            .db_currs_prc_upd("doge", decimal("0.25"))
            .await
            .unwrap();
        database.db_currs_prc_stable_upd(None).await.unwrap();
        database.db_currs_prc_stable_upd(Some(&[])).await.unwrap();
        database.db_currs_prc_mkt_upd().await.unwrap();
        for (symb, price) in [("BTC", "99"), ("ETH", "7"), ("USDC", "1"), ("DOGE", "0.25")] {
            let found = price_of(database, symb).await;
            assert_eq!(found, Some(decimal(price)), "{store}: {symb}");
        }
        assert_eq!(
            database.db_mkt_prc_get("btc-usdc").await.unwrap(),
            Some(decimal("100.5")),
            "{store}"
        );
        assert_eq!(
            database.db_mkt_prc_get("NO-SUCH").await.unwrap(),
            None,
            "{store}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_writers_wait_for_each_other() {
    for store in stores().await {
        let database = &store.database;
        for number in 0..40 {
            let symb = format!("C{number}");
            let changes = currency(&symb, &format!("u{number}"));
            database.db_currs_insupd(&changes).await.unwrap();
            let changes = market(&symb, "USD", "2");
            database.db_mkts_insupd(&changes).await.unwrap();
        }
        let symbols: Vec<String> = (0..40).rev().map(|number| format!("C{number}")).collect();
        let mut work = tokio::task::JoinSet::new();
        for bot in 0..6 {
            let (database, symbols) = (database.clone(), symbols.clone());
            work.spawn(async move {
                let names: Vec<&str> = symbols.iter().map(String::as_str).collect();
                for round in 0..5 {
                    match (bot + round) % 3 {
                        0 => database.db_currs_prc_mkt_upd().await.unwrap(),
                        1 => database
                            .db_currs_prc_stable_upd(Some(&names))
                            .await
                            .unwrap(),
                        _ => database.db_currs_prc_upd("C7", Decimal::ONE).await.unwrap(),
                    }
                }
            });
        }
        while let Some(done) = work.join_next().await {
            done.unwrap();
        }
        let retries = database.figures().retries;
        assert_eq!(retries.get("1213"), None, "{store}: deadlocks: {retries:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_written_by_number_by_identifier_or_new() {
    for store in stores().await {
        let database = &store.database;
        let open = |uuid: &str| {
            Changes::<BuyOrder>::new()
                .set(buy_ords::buy_order_uuid, uuid)
                .set(buy_ords::prod_id, "BTC-USDC")
                .set(buy_ords::ord_stat, "OPEN")
        };
        let first = database.db_buy_ords_insupd(&open("a")).await.unwrap();
        let second = database.db_buy_ords_insupd(&open("b")).await.unwrap();
        let again = open("a").set(buy_ords::reason, "why?");
        let done = database.db_buy_ords_insupd(&again).await.unwrap();
        assert_eq!(done.last_id, first.last_id, "{store}");
        let cleared = open("a").set(buy_ords::reason, None::<&str>);
        database.db_buy_ords_insupd(&cleared).await.unwrap();
        database
            .db_buy_ords_stat_upd(second.last_id, "FILL")
            .await
            .unwrap();

        let stolen = open("a").set(buy_ords::bo_id, second.last_id);
        let error = database.db_buy_ords_insupd(&stolen).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::WrongKey, "{store}: {error}");
        let new_number = open("a").set(buy_ords::bo_id, 9_999);
        let error = database.db_buy_ords_insupd(&new_number).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::WrongKey, "{store}: {error}");
        let error = database
            .db_buy_ords_insupd(&Changes::new())
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::EmptyChange, "{store}");
        let zero = open("c").set(buy_ords::bo_id, 0);
        let third = database.db_buy_ords_insupd(&zero).await.unwrap();
        assert!(third.last_id > second.last_id, "{store}: 0 is no number");

        let filter = OrderFilter {
            ord_stat: Some("open "),
            ..OrderFilter::default()
        };
        let rows = database.db_buy_ords_get(filter).await.unwrap();
        let numbers: Vec<i64> = rows.iter().map(|order| order.row.bo_id).collect();
        assert_eq!(numbers, [first.last_id, third.last_id], "{store}");
        assert_eq!(rows[0].row.reason, None, "{store}: cleared");
        assert!(rows[0].extra.elapsed.unwrap() < Decimal::ONE, "{store}");
        assert_eq!(
            database.db_buy_ords_open_get().await.unwrap(),
            ["BTC-USDC", "BTC-USDC"],
            "{store}"
        );

        // This writer never clears.
        let sold = Changes::<SellOrder>::new()
            .set(sell_ords::sell_order_uuid, "s")
            .set(sell_ords::reason, "kept")
            .set(sell_ords::pos_id, 5);
        database.db_sell_ords_insupd(&sold).await.unwrap();
        let silent = Changes::<SellOrder>::new()
            .set(sell_ords::sell_order_uuid, "s")
            .set(sell_ords::reason, None::<&str>)
            .set(sell_ords::ord_stat, "FILL");
        database.db_sell_ords_insupd(&silent).await.unwrap();
        let of_position = OrderFilter {
            pos_id: Some(5),
            ..OrderFilter::default()
        };
        let rows = database.db_sell_ords_get(of_position).await.unwrap();
        let found: Vec<(Option<&str>, Option<&str>)> = rows
            .iter()
            .map(|order| (order.row.reason.as_deref(), order.row.ord_stat.as_deref()))
            .collect();
        assert_eq!(found, [(Some("kept"), Some("FILL"))], "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_new_order_of_many_bots_is_one_row() {
    for store in stores().await {
        let mut work = tokio::task::JoinSet::new();
        for bot in 0..7 {
            let database = store.database.clone();
            work.spawn(async move {
                for round in 0..10 {
                    let changes = Changes::<BuyOrder>::new()
                        .set(buy_ords::buy_order_uuid, format!("order {round}"))
                        .set(buy_ords::note1, format!("bot {bot}"));
                    database.db_buy_ords_insupd(&changes).await.unwrap();
                }
            });
        }
        while let Some(done) = work.join_next().await {
            done.unwrap();
        }
        let count = store.text_row("SELECT COUNT(*) FROM buy_ords").await;
        assert_eq!(count, ["10"], "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_signals_are_cleared_away_and_counted() {
    for store in stores().await {
        let database = &store.database;
        let signal = Changes::<BuySignal>::new().set(buy_signals::prod_id, "BTC-USDC");
        let first = database.db_buy_signals_ins(&signal).await.unwrap();
        let second = database.db_buy_signals_ins(&signal).await.unwrap();
        assert_eq!(second, first + 1, "{store}");
        // 2,502 rows, more than two batches; one of them stays.
        let double = "INSERT INTO buy_signals (prod_id) SELECT prod_id FROM buy_signals LIMIT 1250";
        for _ in 0..12 {
            store.run(double).await;
        }
        let count = store.text_row("SELECT COUNT(*) FROM buy_signals").await;
        let count: u64 = count[0].parse().unwrap();
        assert!(count > 2_500, "{store}: {count}");
        store
            .run(&format!(
                "UPDATE buy_signals SET dlm = '2020-01-01 00:00:00' WHERE signal_id <> {first}"
            ))
            .await;
        let deleted = database.db_buy_signals_cleanup_old(90).await.unwrap();
        assert_eq!(deleted, count - 1, "{store}");
        assert_eq!(
            database.db_buy_signals_cleanup_old(90).await.unwrap(),
            0,
            "{store}"
        );
        assert_eq!(
            database.db_buy_signals_cleanup_old(i64::MAX).await.unwrap(),
            0,
            "{store}"
        );
        assert_eq!(
            database.db_buy_decisions_cleanup_old(90).await.unwrap(),
            0,
            "{store}"
        );
    }
}

fn strategies(kind: &'static str) -> Vec<StrategyEntry<'static>> {
    ["sha", "bb", "drop"]
        .into_iter()
        .flat_map(|name| {
            ["15min", "1h"].map(|freq| StrategyEntry {
                buy_strat_type: kind,
                buy_strat_name: name,
                buy_strat_freq: freq,
            })
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_strategies_is_replaced_without_a_gap() {
    for store in stores().await {
        let database = &store.database;
        let mut first = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let database = database.clone();
            first.spawn(async move { database.db_buy_strats_replace(&strategies("up")).await });
        }
        let mut changed = 0;
        while let Some(done) = first.join_next().await {
            changed += u32::from(done.unwrap().unwrap());
        }
        assert_eq!(
            changed, 1,
            "{store}: one fills the table, the others find it full"
        );

        let reader = database.clone();
        let reading = tokio::spawn(async move {
            for _ in 0..100 {
                let rows = reader.db_buy_strats_get().await.unwrap();
                assert_eq!(rows.len(), 6, "a reader saw {rows:?}");
            }
        });
        for round in 0..10 {
            let kind = if round % 2 == 0 { "dn" } else { "up" };
            assert!(
                database
                    .db_buy_strats_replace(&strategies(kind))
                    .await
                    .unwrap()
            );
        }
        reading.await.unwrap();
        assert!(
            !database
                .db_buy_strats_replace(&strategies("up"))
                .await
                .unwrap(),
            "{store}"
        );
        let numbers: Vec<i64> = database
            .db_buy_strats_get()
            .await
            .unwrap()
            .iter()
            .map(|row| row.buy_strat_id)
            .collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6], "{store}");
        assert!(
            database.db_buy_strats_replace(&[]).await.unwrap(),
            "{store}"
        );
        assert_eq!(database.db_buy_strats_get().await.unwrap(), [], "{store}");
    }
}
