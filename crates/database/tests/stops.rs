//! Stop levels: when one is set, it holds. And the bots that say what they do.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_database::{
    Beat, Database, ErrorKind, IntentBegun, NewIntent, Options, PaperOrder, PaperTraded, StopLevel,
};
use common::Store;
use common::intents::{begin, bought, buy_order, moment, position, to_buy, to_sell};
use tokio::task::JoinSet;

async fn stores() -> Vec<Store> {
    let stores = Store::all().await;
    for store in &stores {
        store.database.ensure_database_ready().await.unwrap();
    }
    stores
}

async fn recorded(store: &Store) -> usize {
    let rows = store
        .text_rows("SELECT intent_id FROM _cbtrade_intent")
        .await;
    rows.len()
}

/// Begins buys of products of its own, one after the other, until one is stopped; gives how many were recorded.
async fn keen(database: Database, name: String) -> usize {
    let mut count = 0;
    loop {
        let intent = NewIntent {
            prod_id: format!("P{name}N{count}-USDC"),
            ..to_buy(&format!("{name}-{count}"))
        };
        match database.db_intent_begin(&intent).await.unwrap() {
            IntentBegun::Recorded(_) => count += 1,
            IntentBegun::Stopped(stop) => {
                assert_eq!(stop.level, StopLevel::Halt);
                return count;
            }
            other => panic!("{other:?}"),
        }
        assert!(count < 100_000, "nobody stopped it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_stop_has_been_set_nothing_is_recorded_any_more() {
    const TASKS: usize = 16;
    for store in stores().await {
        for round in 0..6 {
            let mut work = JoinSet::new();
            // Two processes of eight tasks.
            let mut processes = Vec::new();
            for _ in 0..2 {
                let location = store.database.location();
                processes.push(Database::open(location, Options::default()).await.unwrap());
            }
            for task in 0..TASKS {
                let database = processes[task % 2].clone();
                work.spawn(keen(database, format!("{round}x{task}")));
            }
            let before = recorded(&store).await;
            while recorded(&store).await < before + 2 * TASKS {
                tokio::task::yield_now().await;
            }
            let stop = store
                .database
                .db_stop_level_set(StopLevel::Halt, "the test says so", "test")
                .await
                .unwrap();
            let then = recorded(&store).await;
            assert_eq!(stop.level, StopLevel::Halt);
            work.join_all().await;
            assert_eq!(recorded(&store).await, then, "{store}, round {round}");
            store
                .database
                .db_stop_rearm("once more", "test")
                .await
                .unwrap();
            store.run("UPDATE _cbtrade_intent SET buying = NULL").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_is_raised_by_anybody_and_lowered_on_purpose_only() {
    use StopLevel::{Halt, Liquidate, NoNewBuys, Run};
    for store in stores().await {
        let database = &store.database;
        let first = database.db_stop_level_get().await.unwrap();
        assert_eq!(
            (first.stop_id, first.level),
            (0, Run),
            "{store}: never stopped"
        );
        for (wanted, holds) in [
            (Run, Run),
            (NoNewBuys, NoNewBuys),
            (Run, NoNewBuys),
            (Liquidate, Liquidate),
            (NoNewBuys, Liquidate),
            (Halt, Halt),
            (NoNewBuys, Halt),
            (Liquidate, Halt),
        ] {
            let reason = format!("to {wanted}");
            let now = database
                .db_stop_level_set(wanted, &reason, "me")
                .await
                .unwrap();
            assert_eq!(now.level, holds, "{store}: {wanted} was wanted");
            assert_eq!(database.db_stop_level_get().await.unwrap(), now, "{store}");
            assert_eq!(
                now.reason == reason && now.set_by == "me",
                wanted == holds && now.stop_id > 0
            );
        }
        let again = database
            .db_stop_level_set(Halt, "again", "you")
            .await
            .unwrap();
        assert_eq!(
            again.set_by, "me",
            "{store}: the same level again is no news"
        );
        let error = database.db_stop_rearm("why", " ").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::MissingKey, "{error}");
        let now = database.db_stop_rearm("all is well", "me").await.unwrap();
        assert_eq!((now.level, now.reason.as_str()), (Run, "all is well"));
        let rows = store
            .text_rows("SELECT level FROM _cbtrade_stop ORDER BY stop_id")
            .await;
        let levels = ["no-new-buys", "liquidate", "halt", "run"];
        assert_eq!(
            rows,
            levels.map(|level| [level]),
            "{store}: nothing is overwritten"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_keeps_what_it_forbids_from_beginning() {
    use StopLevel::{Halt, Liquidate, NoNewBuys};
    for store in stores().await {
        let database = &store.database;
        let pos_id = bought(database, "b").await;
        for (level, sells) in [(NoNewBuys, true), (Liquidate, true), (Halt, false)] {
            database
                .db_stop_level_set(level, "why", "me")
                .await
                .unwrap();
            let buy = database.db_intent_begin(&to_buy("c")).await.unwrap();
            let IntentBegun::Stopped(stop) = buy else {
                panic!("{store} {level}: {buy:?}");
            };
            assert_eq!((stop.level, stop.reason.as_str()), (level, "why"));
            let mut paper = to_buy("p");
            paper.is_test = true;
            let (order, position) = (buy_order("FILL"), position());
            let order = PaperOrder::Buy {
                order: &order,
                position: &position,
            };
            let traded = database
                .db_intent_paper(&paper, "u", order, moment(0))
                .await;
            let PaperTraded::Barred(IntentBegun::Stopped(_)) = traded.unwrap() else {
                panic!("{store} {level}: a test transaction is stopped, too");
            };
            let sell = to_sell(&format!("s-{level}"), pos_id);
            let begun = database.db_intent_begin(&sell).await.unwrap();
            match begun {
                IntentBegun::Recorded(intent_id) if sells => {
                    database
                        .db_intent_refused(intent_id, "", moment(1))
                        .await
                        .unwrap();
                }
                IntentBegun::Stopped(_) if !sells => {}
                other => panic!("{store} {level}: {other:?}"),
            }
        }
    }
}

/// In need, an operator stops the fleet with a statement of his own.
#[tokio::test(flavor = "multi_thread")]
async fn a_level_written_by_hand_counts_and_nonsense_stops() {
    for store in stores().await {
        let database = &store.database;
        let add = |level: &str| {
            format!(
                "INSERT INTO _cbtrade_stop (level, reason, set_by) VALUES ('{level}', 'smoke', 'hand')"
            )
        };
        store.run(&add("HALT")).await;
        let begun = database.db_intent_begin(&to_buy("c")).await.unwrap();
        assert!(
            matches!(begun, IntentBegun::Stopped(_)),
            "{store}: {begun:?}"
        );
        store.run(&add("stopp")).await;
        let error = database.db_intent_begin(&to_buy("c")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Answer, "{store}: {error}");
        database.db_stop_rearm("read again", "me").await.unwrap();
        begin(database, &to_buy("c")).await;
        store.run("DELETE FROM _cbtrade_stop_head").await;
        let error = database.db_intent_begin(&to_buy("d")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::SchemaDiffers, "{store}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_is_known_by_its_name_and_begins_with_its_guid() {
    for store in stores().await {
        let database = &store.database;
        let mut beat = Beat {
            bot: "full-1".to_owned(),
            guid: "g1".to_owned(),
            mode: "full".to_owned(),
            host: "here".to_owned(),
            pid: 7,
            state: "looks at SOL-USDC".to_owned(),
            passes: 1,
            figures: "{}".to_owned(),
            ..Beat::default()
        };
        database.db_bot_heartbeat(&beat).await.unwrap();
        store
            .run("UPDATE _cbtrade_bot SET begun = '2025-10-01 10:00:00', seen = '2025-10-01 11:00:00'")
            .await;
        beat.passes = 2;
        beat.last_error = Some("e".repeat(5_000));
        database.db_bot_heartbeat(&beat).await.unwrap();
        let bots = database.db_bots_get().await.unwrap();
        assert_eq!(bots.len(), 1, "{store}");
        assert_eq!(
            bots[0].begun.to_string(),
            "2025-10-01 10:00:00",
            "{store}: the same start"
        );
        assert!((0..60).contains(&bots[0].seen_seconds_ago), "{store}");
        assert_eq!(
            (bots[0].passes, bots[0].state.as_str()),
            (2, "looks at SOL-USDC")
        );
        assert_eq!(bots[0].last_error.as_ref().unwrap().chars().count(), 1024);
        beat.guid = "g2".to_owned();
        database.db_bot_heartbeat(&beat).await.unwrap();
        let again = database.db_bots_get().await.unwrap();
        assert_eq!(again[0].guid, "g2");
        assert!(again[0].begun > bots[0].begun, "{store}: it has begun anew");
        beat.bot = " ".to_owned();
        let error = database.db_bot_heartbeat(&beat).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::MissingKey, "{error}");
        assert!(database.db_bot_gone("full-1").await.unwrap());
        assert!(!database.db_bot_gone("full-1").await.unwrap());
        assert_eq!(database.db_bots_get().await.unwrap(), [], "{store}");
    }
}
