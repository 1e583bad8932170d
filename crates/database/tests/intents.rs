//! An order's life: each step is taken once, by one bot, and by none that the stop level forbids it to. On every engine.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use cbtrade_database::columns::poss;
use cbtrade_database::{
    Changes, Database, ErrorKind, FillRow, IntentBegun, IntentFilter, IntentState, Location,
    OrderRow, PaperOrder, PaperTraded, PositionBusy, Side, TradeFilter,
};
use cbtrade_database::{Options, columns::trade_perfs, columns::trade_strat_perfs};
use cbtrade_testkit::{Action, After, Direction, Fault, FaultProxy, TestServer};
use common::Store;
use common::intents::{
    PRODUCT, begin, bought, buy_order, closed, decimal, fill, moment, of_order, position, recorded,
    sell_order, settle_buy, settle_sale, to_buy, to_sell,
};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

async fn stores() -> Vec<Store> {
    let stores = Store::all().await;
    for store in &stores {
        store.database.ensure_database_ready().await.unwrap();
    }
    stores
}

/// The same database through a pool of its own, as another process has it.
async fn another(store: &Store) -> Database {
    Database::open(store.database.location(), Options::default())
        .await
        .unwrap()
}

async fn state(store: &Store, client_order_id: &str) -> IntentState {
    of_order(&store.database, client_order_id).await.state
}

async fn pos_stat(store: &Store, pos_id: i64) -> String {
    store
        .text_row(&format!(
            "SELECT pos_stat FROM poss WHERE pos_id = {pos_id}"
        ))
        .await
        .remove(0)
}

async fn count(store: &Store, what: &str) -> String {
    store
        .text_row(&format!("SELECT COUNT(*) FROM {what}"))
        .await
        .remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_begun_by_many_at_once_is_begun_by_one() {
    const BOTS: usize = 8;
    for store in stores().await {
        for round in 0..10 {
            let pos_id = bought(&store.database, &format!("buy-{round}")).await;
            let barrier = Arc::new(Barrier::new(BOTS));
            let mut work = JoinSet::new();
            for bot in 0..BOTS {
                let database = another(&store).await;
                let barrier = Arc::clone(&barrier);
                work.spawn(async move {
                    let intent = to_sell(&format!("sell-{round}-{bot}"), pos_id);
                    barrier.wait().await;
                    database.db_intent_begin(&intent).await.unwrap()
                });
            }
            let (won, lost): (Vec<_>, Vec<_>) = work
                .join_all()
                .await
                .into_iter()
                .partition(|begun| matches!(begun, IntentBegun::Recorded(_)));
            assert_eq!((won.len(), lost.len()), (1, BOTS - 1), "{store}");
            for begun in lost {
                let IntentBegun::PositionBusy(PositionBusy {
                    pos_stat,
                    is_ignored,
                    intent,
                }) = begun
                else {
                    panic!("{store}: {begun:?}");
                };
                assert_eq!((pos_stat.as_deref(), is_ignored), (Some("SELL"), false));
                assert_eq!(intent.unwrap().pos_id, Some(pos_id));
            }
            let position = store
                .text_row(&format!(
                    "SELECT pos_stat, sell_order_attempt_cnt FROM poss WHERE pos_id = {pos_id}"
                ))
                .await;
            assert_eq!(position, ["SELL", "1"], "{store}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_buys_of_a_product_one_is_out_until_it_is_answered() {
    const BOTS: usize = 8;
    for store in stores().await {
        let database = &store.database;
        let barrier = Arc::new(Barrier::new(BOTS));
        let mut work = JoinSet::new();
        for bot in 0..BOTS {
            let (database, barrier) = (another(&store).await, Arc::clone(&barrier));
            work.spawn(async move {
                let intent = to_buy(&format!("at-once-{bot}"));
                barrier.wait().await;
                database.db_intent_begin(&intent).await.unwrap()
            });
        }
        let all = work.join_all().await;
        let won: Vec<i64> = all
            .iter()
            .filter_map(|begun| match begun {
                IntentBegun::Recorded(intent_id) => Some(*intent_id),
                IntentBegun::Blocked(other) => {
                    assert_eq!(other.state, IntentState::Sending);
                    None
                }
                other => panic!("{store}: {other:?}"),
            })
            .collect();
        let &[intent_id] = won.as_slice() else {
            panic!("{store}: {all:?}");
        };
        let blocked = async || {
            let begun = database.db_intent_begin(&to_buy("later")).await.unwrap();
            matches!(begun, IntentBegun::Blocked(_))
        };
        assert!(
            database
                .db_intent_unknown(intent_id, "no answer")
                .await
                .unwrap()
        );
        assert!(
            blocked().await,
            "{store}: what an unclear answer did is not known"
        );
        let other = to_buy("of another product");
        let other = cbtrade_database::NewIntent {
            prod_id: "ETH-USDC".to_owned(),
            ..other
        };
        begin(database, &other).await;
        database
            .db_intent_placed(intent_id, "uuid", OrderRow::Buy(&buy_order("OPEN")))
            .await
            .unwrap();
        assert!(!blocked().await, "{store}: what an order does is known");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buy_is_written_once_with_all_that_belongs_to_it() {
    for store in stores().await {
        let database = &store.database;
        for class in ["A", "L", "T"] {
            let product = Changes::new()
                .set(trade_perfs::prod_id, PRODUCT)
                .set(trade_perfs::lta, class)
                .set(trade_perfs::needs_recalc_yn, "N");
            database.db_trade_perfs_insupd(&product).await.unwrap();
            let strategy = Changes::new()
                .set(trade_strat_perfs::prod_id, PRODUCT)
                .set(trade_strat_perfs::lta, class)
                .set(trade_strat_perfs::buy_strat_type, "up")
                .set(trade_strat_perfs::buy_strat_name, "sha")
                .set(trade_strat_perfs::buy_strat_freq, "1h")
                .set(trade_strat_perfs::needs_recalc_yn, "N");
            database
                .db_trade_strat_perfs_insupd(&strategy)
                .await
                .unwrap();
        }
        let intent_id = begin(database, &to_buy("c")).await;
        let order = buy_order("OPEN");
        let placed = database
            .db_intent_placed(intent_id, "u", OrderRow::Buy(&order))
            .await
            .unwrap();
        let again = database
            .db_intent_placed(intent_id, "u", OrderRow::Buy(&buy_order("ERR")))
            .await
            .unwrap();
        assert_eq!((placed.was_placed, again.was_placed), (false, true));
        assert_eq!(placed.order_id, again.order_id);
        let row = store
            .text_row("SELECT bo_id, buy_order_uuid, buy_client_order_id, prod_id, test_txn_yn, ord_stat FROM buy_ords")
            .await;
        let bo_id = placed.order_id.to_string();
        assert_eq!(row, [&bo_id, "u", "c", PRODUCT, "N", "OPEN"], "{store}");

        let first = settle_buy(database, intent_id, "u").await;
        let pos_id = first.pos_id.unwrap();
        store
            .run("UPDATE poss SET hold_cnt = '5', note1 = 'an operator was here'")
            .await;
        let second = settle_buy(database, intent_id, "u").await;
        assert_eq!((second.pos_id, second.was_done), (Some(pos_id), true));
        let row = store
            .text_row(
                "SELECT pos_id, bo_id, bo_uuid, pos_stat, test_txn_yn, prod_id, note1 FROM poss",
            )
            .await;
        let number = pos_id.to_string();
        assert_eq!(
            row,
            [
                &number,
                &bo_id,
                "u",
                "OPEN",
                "N",
                PRODUCT,
                "an operator was here"
            ],
            "{store}"
        );
        assert_eq!(
            database.db_fills_get(Some("u"), None).await.unwrap().len(),
            2
        );
        let intent = of_order(database, "c").await;
        assert_eq!(
            (intent.state, intent.pos_id),
            (IntentState::Done, Some(pos_id))
        );
        assert_eq!(intent.ended_unix, Some(moment(2).as_seconds()));
        for table in ["trade_perfs", "trade_strat_perfs"] {
            let sql = format!("SELECT lta FROM {table} WHERE needs_recalc_yn = 'Y' ORDER BY lta");
            assert_eq!(
                store.text_rows(&sql).await,
                [["A"], ["L"]],
                "{store} {table}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_is_there_is_not_begun_anew() {
    for store in stores().await {
        let database = &store.database;
        let intent_id = begin(database, &to_buy("c")).await;
        database
            .db_intent_placed(intent_id, "u", OrderRow::Buy(&buy_order("OPEN")))
            .await
            .unwrap();
        let known = position()
            .set(poss::bo_uuid, "u")
            .set(poss::hold_cnt, decimal("7"));
        let pos_id = database.db_poss_insupd(&known).await.unwrap();
        let settled = settle_buy(database, intent_id, "u").await;
        assert_eq!((settled.pos_id, settled.was_done), (Some(pos_id), false));
        let rows = database
            .db_poss_get(TradeFilter::default(), None, None)
            .await
            .unwrap();
        assert_eq!(rows.len(), 1, "{store}");
        assert_eq!(rows[0].row.hold_cnt, Some(decimal("7")), "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_writes_its_own_columns_and_no_others() {
    for store in stores().await {
        let database = &store.database;
        let pos_id = bought(database, "b").await;
        let intent_id = begin(database, &to_sell("s", pos_id)).await;
        database
            .db_intent_placed(intent_id, "v", OrderRow::Sell(&sell_order("OPEN")))
            .await
            .unwrap();
        let edited = Changes::new()
            .set(poss::pos_id, pos_id)
            .set(poss::note1, "mine")
            .set(poss::force_sell_tf, 1);
        another(&store).await.db_poss_upd(&edited).await.unwrap();
        let other = closed().set(poss::pos_id, pos_id + 1);
        let error = database
            .db_intent_sell_settled(intent_id, &sell_order("FILL"), &other, &[], moment(3))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::WrongKey, "{error}");
        assert_eq!(state(&store, "s").await, IntentState::Placed, "{store}");
        let settled = settle_sale(database, intent_id, "v").await;
        assert_eq!((settled.pos_id, settled.was_done), (Some(pos_id), false));
        assert!(settle_sale(database, intent_id, "v").await.was_done);
        let row = store
            .text_row("SELECT pos_stat, note1, force_sell_tf FROM poss")
            .await;
        assert_eq!(row, ["CLOSE", "mine", "1"], "{store}");
        let row = store
            .text_row("SELECT pos_id, sell_client_order_id, ord_stat FROM sell_ords")
            .await;
        assert_eq!(row, [pos_id.to_string().as_str(), "s", "FILL"], "{store}");
        let of_position = IntentFilter {
            pos_id: Some(pos_id),
            states: &[IntentState::Done],
            ..IntentFilter::default()
        };
        assert_eq!(
            database.db_intents_get(&of_position).await.unwrap().len(),
            2
        );
    }
}

/// Two sales of one position: the first was taken for absent, the second was made, then the first turned up.
async fn two_sales(store: &Store) -> (i64, [i64; 2]) {
    let database = &store.database;
    let pos_id = bought(database, "b").await;
    let late = begin(database, &to_sell("late", pos_id)).await;
    database.db_intent_unknown(late, "why").await.unwrap();
    assert!(
        database
            .db_intent_absent(late, "never seen", moment(1))
            .await
            .unwrap()
    );
    let second = begin(database, &to_sell("second", pos_id)).await;
    for (intent_id, uuid) in [(second, "v2"), (late, "v1")] {
        database
            .db_intent_placed(intent_id, uuid, OrderRow::Sell(&sell_order("OPEN")))
            .await
            .unwrap();
    }
    (pos_id, [late, second])
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_sales_the_last_one_opens_the_position_and_a_closed_one_stays_closed() {
    for store in stores().await {
        let database = &store.database;
        let nothing_sold = Changes::new().set(poss::pos_stat, "OPEN");
        let end = async |intent_id: i64, changes: &Changes<_>| {
            database
                .db_intent_sell_settled(intent_id, &sell_order("CANC"), changes, &[], moment(3))
                .await
        };
        let (pos_id, [late, second]) = two_sales(&store).await;
        end(late, &nothing_sold).await.unwrap();
        assert_eq!(pos_stat(&store, pos_id).await, "SELL", "{store}");
        end(second, &nothing_sold).await.unwrap();
        assert_eq!(pos_stat(&store, pos_id).await, "OPEN", "{store}");

        store.run("DELETE FROM _cbtrade_intent").await;
        store.run("DELETE FROM sell_ords").await;
        store.run("DELETE FROM buy_ords").await;
        store.run("DELETE FROM poss").await;
        let (pos_id, [late, second]) = two_sales(&store).await;
        let whole = |count| closed().set(poss::sell_order_cnt, count);
        end(second, &whole(1)).await.unwrap();
        // Figures of before that sale are refused, and the intent stays as it is.
        let error = end(late, &whole(1)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::WrongState, "{store}: {error}");
        assert_eq!(state(&store, "late").await, IntentState::Placed, "{store}");
        end(late, &nothing_sold).await.unwrap();
        assert_eq!(pos_stat(&store, pos_id).await, "CLOSE", "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sold_of_a_position_that_is_gone_is_kept() {
    for store in stores().await {
        let database = &store.database;
        let pos_id = bought(database, "b").await;
        let intent_id = begin(database, &to_sell("s", pos_id)).await;
        database
            .db_intent_placed(intent_id, "v", OrderRow::Sell(&sell_order("OPEN")))
            .await
            .unwrap();
        store.run("DELETE FROM poss").await;
        settle_sale(database, intent_id, "v").await;
        assert_eq!(state(&store, "s").await, IntentState::Done, "{store}");
        let row = store.text_row("SELECT ord_stat FROM sell_ords").await;
        assert_eq!(row, ["FILL"], "{store}");
        let fills = database.db_fills_get(Some("v"), None).await.unwrap();
        assert_eq!(fills.len(), 1, "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_without_an_order_opens_its_position_again() {
    for store in stores().await {
        let database = &store.database;
        let pos_id = bought(database, "b").await;
        let first = begin(database, &to_sell("refused", pos_id)).await;
        assert!(
            database
                .db_intent_refused(first, "too small", moment(1))
                .await
                .unwrap()
        );
        assert!(
            !database
                .db_intent_refused(first, "again", moment(2))
                .await
                .unwrap()
        );
        assert_eq!(pos_stat(&store, pos_id).await, "OPEN", "{store}");
        let intent = of_order(database, "refused").await;
        assert_eq!(intent.note.as_deref(), Some("too small"));
        let error = database
            .db_intent_placed(first, "v", OrderRow::Sell(&sell_order("OPEN")))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::WrongState, "{error}");

        let second = begin(database, &to_sell("absent", pos_id)).await;
        assert!(
            database
                .db_intent_unknown(second, "timed out")
                .await
                .unwrap()
        );
        assert!(
            !database
                .db_intent_unknown(second, "timed out again")
                .await
                .unwrap()
        );
        assert_eq!(
            pos_stat(&store, pos_id).await,
            "SELL",
            "{store}: not known is not cancelled"
        );
        let begun = database
            .db_intent_begin(&to_sell("too soon", pos_id))
            .await
            .unwrap();
        assert!(matches!(begun, IntentBegun::PositionBusy(_)), "{begun:?}");
        assert!(
            database
                .db_intent_absent(second, "never seen", moment(3))
                .await
                .unwrap()
        );
        assert_eq!(pos_stat(&store, pos_id).await, "OPEN", "{store}");

        database
            .db_intent_placed(second, "late", OrderRow::Sell(&sell_order("OPEN")))
            .await
            .unwrap();
        assert_eq!(
            pos_stat(&store, pos_id).await,
            "SELL",
            "{store}: it turned up after all"
        );
        assert_eq!(of_order(database, "absent").await.ended_unix, None);
        assert!(
            !database
                .db_intent_absent(second, "", moment(4))
                .await
                .unwrap()
        );
        let attempts = store
            .text_row("SELECT sell_order_attempt_cnt FROM poss")
            .await;
        assert_eq!(attempts, ["3"], "{store}");
    }
}

/// An order that turns up late and the sale that was begun in its stead both sell: whichever ends without an order leaves
/// the position to the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_another_order_sells_is_not_opened() {
    for store in stores().await {
        let database = &store.database;
        let pos_id = bought(database, "b").await;
        let first = begin(database, &to_sell("first", pos_id)).await;
        database
            .db_intent_absent(first, "never seen", moment(1))
            .await
            .unwrap();
        let second = begin(database, &to_sell("second", pos_id)).await;
        database
            .db_intent_placed(first, "v", OrderRow::Sell(&sell_order("OPEN")))
            .await
            .unwrap();
        database
            .db_intent_refused(second, "no funds", moment(2))
            .await
            .unwrap();
        assert_eq!(pos_stat(&store, pos_id).await, "SELL", "{store}");
        let begun = database
            .db_intent_begin(&to_sell("third", pos_id))
            .await
            .unwrap();
        assert!(matches!(begun, IntentBegun::PositionBusy(_)), "{begun:?}");
        settle_sale(database, first, "v").await;
        assert_eq!(pos_stat(&store, pos_id).await, "CLOSE", "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_and_changes_nothing() {
    for store in stores().await {
        let database = &store.database;
        let pos_id = bought(database, "b").await;
        let kind = async |intent| database.db_intent_begin(&intent).await.unwrap_err().kind;
        assert_eq!(kind(to_buy("b")).await, ErrorKind::Duplicate, "{store}");
        assert_eq!(kind(to_buy(" ")).await, ErrorKind::MissingKey);
        assert_eq!(
            kind(to_buy(&"x".repeat(65))).await,
            ErrorKind::ValueRejected
        );
        let mut intent = to_sell("x", pos_id);
        intent.prod_id = "ETH-USDC".to_owned();
        assert_eq!(kind(intent.clone()).await, ErrorKind::WrongKey);
        intent = to_sell("x", pos_id);
        intent.is_test = true;
        assert_eq!(kind(intent.clone()).await, ErrorKind::WrongKey);
        intent.pos_id = None;
        assert_eq!(kind(intent).await, ErrorKind::MissingKey);
        let begun = database
            .db_intent_begin(&to_sell("x", pos_id + 7))
            .await
            .unwrap();
        let IntentBegun::PositionBusy(PositionBusy { pos_stat: None, .. }) = begun else {
            panic!("{store}: {begun:?}");
        };
        store.run("UPDATE poss SET ignore_tf = 1").await;
        let begun = database
            .db_intent_begin(&to_sell("x", pos_id))
            .await
            .unwrap();
        let IntentBegun::PositionBusy(PositionBusy {
            is_ignored: true, ..
        }) = begun
        else {
            panic!("{store}: {begun:?}");
        };

        let sending = begin(database, &to_buy("c")).await;
        let placed = async |intent_id, uuid: &str, order: OrderRow<'_>| {
            database.db_intent_placed(intent_id, uuid, order).await
        };
        let (buy, sell) = (buy_order("OPEN"), sell_order("OPEN"));
        let error = placed(sending, "u", OrderRow::Sell(&sell))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::WrongKey, "{error}");
        let error = placed(sending, "", OrderRow::Buy(&buy)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::MissingKey, "{error}");
        let other = buy
            .clone()
            .set(cbtrade_database::columns::buy_ords::prod_id, "ETH-USDC");
        let error = placed(sending, "u", OrderRow::Buy(&other))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::WrongKey, "{error}");
        let error = placed(sending, "b-uuid", OrderRow::Buy(&buy))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Duplicate, "{error}");
        let error = placed(sending + 99, "u", OrderRow::Buy(&buy))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::WrongState, "{error}");
        let settled = database
            .db_intent_buy_settled(sending, &buy, None, &[], moment(1))
            .await;
        assert_eq!(
            settled.unwrap_err().kind,
            ErrorKind::WrongState,
            "only what is placed"
        );
        assert_eq!(state(&store, "c").await, IntentState::Sending, "{store}");
        assert_eq!(count(&store, "buy_ords").await, "1", "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_without_the_lease_begins_nothing() {
    for store in stores().await {
        let database = &store.database;
        let mut intent = to_buy("c");
        intent.is_lease_needed = true;
        let not_leased = async |intent| {
            let begun = database.db_intent_begin(&intent).await.unwrap();
            begun == IntentBegun::NotLeased
        };
        assert!(not_leased(intent.clone()).await, "{store}: nobody has it");
        database
            .db_mkt_checks_sell_upd(PRODUCT, "one")
            .await
            .unwrap();
        assert!(
            not_leased(intent.clone()).await,
            "{store}: the other side's"
        );
        database
            .db_mkt_checks_buy_upd(PRODUCT, "two")
            .await
            .unwrap();
        assert!(not_leased(intent.clone()).await, "{store}: another bot's");
        database
            .db_mkt_checks_release(PRODUCT, "two")
            .await
            .unwrap();
        database
            .db_mkt_checks_buy_upd(PRODUCT, "one")
            .await
            .unwrap();
        store
            .run("UPDATE mkt_checks SET buy_check_dttm = '2025-10-01 10:00:00'")
            .await;
        assert!(not_leased(intent.clone()).await, "{store}: it has run out");
        database
            .db_mkt_checks_buy_upd(PRODUCT, "one")
            .await
            .unwrap();
        begin(database, &intent).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_as_long_as_the_options_say() {
    let options = || Options {
        lease_s: -1,
        ..Options::default()
    };
    for store in Store::all_with(options).await {
        store.database.ensure_database_ready().await.unwrap();
        for bot in ["one", "two", "one"] {
            let taken = store.database.db_mkt_checks_buy_upd(PRODUCT, bot).await;
            assert!(taken.unwrap(), "{store}: it is over at once");
        }
        let long = another(&store).await;
        assert!(!long.db_mkt_checks_buy_upd(PRODUCT, "two").await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_transaction_is_one_piece() {
    for store in stores().await {
        let database = &store.database;
        let (mut buy, order, opened) = (to_buy("c"), buy_order("FILL"), position());
        let paper = PaperOrder::Buy {
            order: &order,
            position: &opened,
        };
        let error = database
            .db_intent_paper(&buy, "u", paper, moment(0))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::WrongKey, "{error}: it is live");
        buy.is_test = true;
        let traded = database.db_intent_paper(&buy, "u", paper, moment(0)).await;
        let PaperTraded::Done {
            pos_id, order_id, ..
        } = traded.unwrap()
        else {
            panic!("{store}");
        };
        let mut sell = to_sell("d", pos_id);
        sell.is_test = true;
        let (sold, end) = (sell_order("FILL"), closed());
        let paper = PaperOrder::Sell {
            order: &sold,
            position: &end,
        };
        let traded = database.db_intent_paper(&sell, "u", paper, moment(1)).await;
        assert_eq!(traded.unwrap_err().kind, ErrorKind::Duplicate, "{store}");
        let traded = database.db_intent_paper(&sell, "v", paper, moment(1)).await;
        assert!(
            matches!(traded.unwrap(), PaperTraded::Done { .. }),
            "{store}"
        );
        let row = store
            .text_row("SELECT pos_stat, bo_id, sell_order_attempt_cnt, test_txn_yn FROM poss")
            .await;
        assert_eq!(
            row,
            ["CLOSE", order_id.to_string().as_str(), "1", "Y"],
            "{store}"
        );
        let intent = of_order(database, "d").await;
        assert_eq!((intent.state, intent.is_test()), (IntentState::Done, true));
        assert_eq!((intent.pos_id, intent.bo_id), (Some(pos_id), None));
        sell.client_order_id = "e".to_owned();
        let traded = database.db_intent_paper(&sell, "w", paper, moment(2)).await;
        let PaperTraded::Barred(IntentBegun::PositionBusy(_)) = traded.unwrap() else {
            panic!("{store}: it is closed");
        };
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fill_is_kept_once_however_often_it_is_told() {
    for store in stores().await {
        let fills: Vec<FillRow> = (0..20)
            .map(|number| fill(&format!("entry-{number}"), "u", Side::Buy))
            .collect();
        let mut work = JoinSet::new();
        for turn in 0..4 {
            let (database, mut fills) = (another(&store).await, fills.clone());
            if turn % 2 == 0 {
                fills.reverse();
            }
            work.spawn(async move { database.db_fills_add(&fills).await.unwrap() });
        }
        assert_eq!(work.join_all().await.iter().sum::<u64>(), 20, "{store}");
        let mut changed = fills[3].clone();
        changed.price = decimal("1");
        assert_eq!(store.database.db_fills_add(&[changed]).await.unwrap(), 0);
        let kept = store
            .database
            .db_fills_get(None, Some(PRODUCT))
            .await
            .unwrap();
        let told: BTreeSet<String> = fills.iter().map(|fill| format!("{fill:?}")).collect();
        let kept: BTreeSet<String> = kept.iter().map(|fill| format!("{fill:?}")).collect();
        assert_eq!(kept, told, "{store}");
        let nameless = fill(" ", "u", Side::Buy);
        let error = store.database.db_fills_add(&[nameless]).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::MissingKey, "{error}");
    }
}

/// Each step's answer to COMMIT is lost, on its way there or back; the step has taken place once all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_whose_answer_is_lost_is_taken_once() {
    for flavour in TestServer::flavours() {
        let store = Store::server(flavour, Options::default()).await;
        store.database.ensure_database_ready().await.unwrap();
        let Location::Servers { targets, candles } = store.database.location() else {
            panic!("a server");
        };
        let proxy = FaultProxy::before(&targets[0]).await;
        let location = Location::Servers {
            targets: vec![proxy.target().clone()],
            candles: candles.clone(),
        };
        let options = Options {
            connections_max: 1,
            ..Options::default()
        };
        let database = Database::open(&location, options).await.unwrap();
        for (round, action) in [Action::Cut, Action::CutAnswer].into_iter().enumerate() {
            let lose = || {
                proxy.arm(Fault {
                    direction: Direction::ToServer,
                    after: After::Containing(b"COMMIT".to_vec()),
                    action: action.clone(),
                });
            };
            let (buy, sell) = (format!("b{round}"), format!("s{round}"));
            lose();
            let bought = begin(&database, &to_buy(&buy)).await;
            lose();
            database
                .db_intent_placed(bought, &buy, OrderRow::Buy(&buy_order("OPEN")))
                .await
                .unwrap();
            lose();
            let opened = settle_buy(&database, bought, &buy).await;
            assert!(!opened.was_done, "{flavour}: the first answer is given");
            let pos_id = opened.pos_id.unwrap();
            lose();
            let refused = begin(&database, &to_sell(&format!("r{round}"), pos_id)).await;
            lose();
            assert!(
                database
                    .db_intent_refused(refused, "no", moment(1))
                    .await
                    .unwrap()
            );
            lose();
            let begun = database
                .db_intent_begin(&to_sell(&sell, pos_id))
                .await
                .unwrap();
            let sold = recorded(begun);
            lose();
            let busy = database
                .db_intent_begin(&to_sell("x", pos_id))
                .await
                .unwrap();
            let IntentBegun::PositionBusy(busy) = busy else {
                panic!("{flavour}: {busy:?}");
            };
            assert_eq!(busy.intent.unwrap().intent_id, sold, "{flavour}");
            lose();
            database
                .db_intent_placed(sold, &sell, OrderRow::Sell(&sell_order("OPEN")))
                .await
                .unwrap();
            lose();
            assert!(!settle_sale(&database, sold, &sell).await.was_done);
        }
        assert_eq!(proxy.fired(), 18, "{flavour}: every answer was lost");
        for (what, rows) in [
            ("_cbtrade_intent", "6"),
            ("_cbtrade_intent WHERE state = 'DONE'", "4"),
            ("_cbtrade_fill", "6"),
            ("buy_ords", "2"),
            ("sell_ords", "2"),
            (
                "poss WHERE pos_stat = 'CLOSE' AND sell_order_attempt_cnt = 2",
                "2",
            ),
        ] {
            assert_eq!(count(&store, what).await, rows, "{flavour}: {what}");
        }
    }
}
