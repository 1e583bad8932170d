//! Leases of products: one bot has one, by the database's clock.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use std::sync::Arc;

use cbtrade_database::{
    Changes, Database, ErrorKind, LEASE_S, Location, Options, columns::mkt_checks,
};
use common::Store;
use tokio::sync::Barrier;

const BOTS: usize = 7;
const ROUNDS: usize = 30;

async fn stores() -> Vec<Store> {
    let stores = Store::all().await;
    for store in &stores {
        store.database.ensure_database_ready().await.unwrap();
    }
    stores
}

/// Moves the time at which a lease was taken by so many seconds.
async fn shift(store: &Store, product: &str, seconds: i64) {
    let moved = match store.flavour {
        Some(_) => format!("DATE_ADD(CURRENT_TIMESTAMP, INTERVAL {seconds} SECOND)"),
        None => format!("datetime(CURRENT_TIMESTAMP, '{seconds} seconds')"),
    };
    store
        .run(&format!(
            "UPDATE mkt_checks SET buy_check_dttm = {moved} WHERE prod_id = '{product}'"
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_bots_one_gets_a_lease() {
    for store in stores().await {
        let barrier = Arc::new(Barrier::new(BOTS));
        let mut work = tokio::task::JoinSet::new();
        for bot in 0..BOTS {
            let (barrier, location) = (Arc::clone(&barrier), store.database.location().clone());
            work.spawn(async move {
                // A pool of its own, as a process of its own has.
                let database = Database::open(&location, Options::default()).await.unwrap();
                let mut won = Vec::new();
                for round in 0..ROUNDS {
                    barrier.wait().await;
                    let product = format!("P{round}-USDC");
                    if database
                        .db_mkt_checks_buy_upd(&product, &format!("bot-{bot}"))
                        .await
                        .unwrap()
                    {
                        won.push(round);
                    }
                }
                won
            });
        }
        let mut won = Vec::new();
        while let Some(done) = work.join_next().await {
            won.extend(done.unwrap());
        }
        won.sort_unstable();
        assert_eq!(won, (0..ROUNDS).collect::<Vec<_>>(), "{store}");
        assert!(matches!(
            store.database.location(),
            Location::Servers { .. } | Location::File { .. }
        ));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_kept_renewed_given_back_and_runs_out() {
    const PRODUCT: &str = "BTC-USDC";
    for store in stores().await {
        let database = &store.database;
        let buy = async |bot: &str| database.db_mkt_checks_buy_upd(PRODUCT, bot).await.unwrap();
        assert!(buy("one").await, "{store}: a new product");
        assert!(buy("one").await, "{store}: renewed within the same second");
        assert!(!buy("two").await, "{store}: held");
        assert!(
            database
                .db_mkt_checks_sell_upd(PRODUCT, "two")
                .await
                .unwrap(),
            "{store}: the other side is free"
        );

        shift(&store, PRODUCT, -LEASE_S + 30).await;
        assert!(!buy("two").await, "{store}: not yet");
        shift(&store, PRODUCT, -LEASE_S - 30).await;
        assert!(buy("two").await, "{store}: run out");
        assert!(!buy("one").await, "{store}: the new holder's");

        // A clock that was wrong.
        shift(&store, PRODUCT, LEASE_S - 30).await;
        assert!(!buy("one").await, "{store}: taken a little in the future");
        shift(&store, PRODUCT, LEASE_S + 30).await;
        assert!(
            buy("one").await,
            "{store}: nobody can have taken it that far in the future"
        );

        assert!(
            !database
                .db_mkt_checks_release(PRODUCT, "three")
                .await
                .unwrap(),
            "{store}"
        );
        assert!(
            database
                .db_mkt_checks_release(PRODUCT, "one")
                .await
                .unwrap(),
            "{store}"
        );
        let row = &database.db_mkt_checks_get(Some("btc-usdc")).await.unwrap()[0];
        assert_eq!(row.buy_check_guid, None, "{store}");
        assert_eq!(
            row.sell_check_guid.as_deref(),
            Some("two"),
            "{store}: its own"
        );
        assert!(buy("three").await, "{store}: free at once");

        for nobody in ["", " ", "None"] {
            let error = database
                .db_mkt_checks_buy_upd(PRODUCT, nobody)
                .await
                .unwrap_err();
            assert_eq!(error.kind, ErrorKind::MissingKey, "{store}");
        }
        let error = database
            .db_mkt_checks_sell_upd("", "one")
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::MissingKey, "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sets_both_leases() {
    for store in stores().await {
        let database = &store.database;
        let both = Changes::new()
            .set(mkt_checks::prod_id, "ETH-USDC")
            .set(mkt_checks::buy_check_guid, "one");
        for _ in 0..2 {
            database.db_mkt_checks_insupd(&both).await.unwrap();
            let buy = database.db_buy_check_get(Some("ETH-USDC")).await.unwrap();
            assert_eq!(buy[0].buy_check_guid.as_deref(), Some("one"), "{store}");
            let sell = database.db_sell_check_get(None).await.unwrap();
            assert_eq!(
                (sell.len(), sell[0].sell_check_guid.as_deref()),
                (1, None),
                "{store}"
            );
            // The original layer wrote this for nobody.
            store
                .run("UPDATE mkt_checks SET sell_check_guid = 'None'")
                .await;
            assert!(
                database
                    .db_mkt_checks_sell_upd("ETH-USDC", "two")
                    .await
                    .unwrap(),
                "{store}"
            );
        }
    }
}
