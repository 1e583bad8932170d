//! The venue that a database's live orders belong to: said once, by whoever is first. And the copy for practice.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_database::columns::{buy_ords, poss};
use cbtrade_database::{
    Changes, Database, ErrorKind, Location, Options, TradeFilter, Value, VenueKind,
};
use cbtrade_testkit::TestServer;
use common::Store;
use common::intents::{bought, to_buy};
use tokio::task::JoinSet;

async fn stores() -> Vec<Store> {
    let stores = Store::all().await;
    for store in &stores {
        store.database.ensure_database_ready().await.unwrap();
    }
    stores
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_first_says_the_venue_and_nobody_changes_it() {
    for store in stores().await {
        let mut work = JoinSet::new();
        for number in 0..16 {
            let database = Database::open(store.database.location(), Options::default())
                .await
                .unwrap();
            let venue = VenueKind::ALL[number % 2];
            work.spawn(async move {
                database
                    .db_venue_set(venue, &format!("bot {number}"))
                    .await
                    .unwrap()
            });
        }
        let told = work.join_all().await;
        let holds = store.database.db_venue_get().await.unwrap().unwrap();
        assert!(told.iter().all(|mark| *mark == holds), "{store}: {told:?}");
        assert!(holds.set_by.starts_with("bot "), "{store}: {holds:?}");
        let error = store.database.db_venue_set(VenueKind::Local, " ").await;
        assert_eq!(error.unwrap_err().kind, ErrorKind::MissingKey);
        store.run("UPDATE _cbtrade_venue SET venue = 'mars'").await;
        let error = store.database.db_venue_get().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Answer, "{store}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trades_on_paper_are_no_live_trades() {
    for store in stores().await {
        let database = &store.database;
        let there = || async { database.db_live_trades_there().await.unwrap() };
        assert!(!there().await, "{store}");
        let mut paper = to_buy("paper");
        paper.is_test = true;
        database.db_intent_begin(&paper).await.unwrap();
        for table in ["poss", "buy_ords", "sell_ords"] {
            store
                .run(&format!("INSERT INTO {table} (test_txn_yn) VALUES ('Y')"))
                .await;
        }
        assert!(!there().await, "{store}: everything is on paper");
        for table in ["poss", "buy_ords", "sell_ords"] {
            for value in ["'N'", "NULL"] {
                store
                    .run(&format!("UPDATE {table} SET test_txn_yn = {value}"))
                    .await;
                assert!(there().await, "{store}: {table} {value}");
            }
            store
                .run(&format!("UPDATE {table} SET test_txn_yn = 'Y'"))
                .await;
        }
        assert!(!there().await, "{store}");
        database.db_intent_begin(&to_buy("live")).await.unwrap();
        assert!(there().await, "{store}: an intent is enough");
    }
}

/// Another database beside a store's, made by the layer.
async fn beside(store: &Store, name: &str) -> Database {
    let Location::Servers { targets, .. } = store.database.location() else {
        panic!("a server");
    };
    let location = Location::Servers {
        targets: vec![targets[0].with_database(name)],
        candles: format!("{name}_candles"),
    };
    Database::make_place(&location).await.unwrap();
    Database::open(&location, Options::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_every_row_and_leaves_the_other_database_as_it_is() {
    for flavour in TestServer::flavours() {
        let store = Store::server(flavour, Options::default()).await;
        let database = &store.database;
        database.ensure_database_ready().await.unwrap();
        let name = database_name(database);
        bought(database, "one").await;
        let order = Changes::new()
            .set(buy_ords::prod_id, "ETH-USDC")
            .set(buy_ords::buy_order_uuid, "two");
        database.db_buy_ords_insupd(&order).await.unwrap();
        store
            .run("UPDATE poss SET dlm = '2020-01-02 03:04:05', note1 = 'from before'")
            .await;
        store
            .run("CREATE TABLE `of_my own` (a INT PRIMARY KEY, b INT AS (a + 1) STORED, c TEXT)")
            .await;
        store
            .run("INSERT INTO `of_my own` (a, c) VALUES (1, 'x'), (2, NULL)")
            .await;
        // What was cut off while it was made is no table yet.
        store.run("CREATE TABLE poss__new (a INT)").await;
        let before = rows_of(database).await;

        let practice = format!("{name}_p");
        let copy = beside(&store, &practice).await;
        let copied = copy.copy_tables_from(&name).await.unwrap();
        let count = |table: &str| copied.iter().find(|it| it.table == table).unwrap().rows;
        assert_eq!(
            (count("poss"), count("buy_ords"), count("of_my own")),
            (1, 2, 2)
        );
        assert!(
            copied
                .iter()
                .all(|it| !it.table.starts_with("_cbtrade") && !it.table.ends_with("__new")),
            "{copied:?}"
        );
        copy.ensure_database_ready().await.unwrap();
        assert_eq!(copy.db_schema_check().await.unwrap(), [], "{flavour}");
        assert_eq!(rows_of(&copy).await, before, "{flavour}: digit by digit");
        assert_eq!(copy.db_venue_get().await.unwrap(), None);
        assert_eq!(
            copy.copy_tables_from(&name).await.unwrap(),
            copied,
            "{flavour}: run again, it changes nothing"
        );

        // What the copy does, the other one does not see.
        let held = Changes::new().set(poss::pos_id, 1).set(poss::note1, "new");
        copy.db_poss_upd(&held).await.unwrap();
        assert_eq!(rows_of(database).await, before, "{flavour}");
        bought(database, "three").await;
        let error = copy.copy_tables_from(&name).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
        let error = copy.copy_tables_from("no_such_database").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
        TestServer::shared(flavour).run_sql(&[
            &format!("DROP DATABASE `{practice}`"),
            &format!("DROP DATABASE `{practice}_candles`"),
        ]);
    }
    let file = Store::file(Options::default()).await;
    let error = file.database.copy_tables_from("main").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Location, "{error}");
}

fn database_name(database: &Database) -> String {
    match database.location() {
        Location::Servers { targets, .. } => targets[0].database.clone().unwrap(),
        Location::File { .. } => panic!("a server"),
    }
}

/// Positions and orders as the layer shows them.
async fn rows_of(database: &Database) -> (String, Vec<Vec<Value>>) {
    let positions = database
        .db_poss_get(TradeFilter::default(), None, None)
        .await
        .unwrap();
    let positions: Vec<_> = positions.into_iter().map(|aged| aged.row).collect();
    let rows = database
        .seld("SELECT * FROM buy_ords ORDER BY bo_id", &[])
        .await
        .unwrap();
    let orders = rows
        .iter()
        .map(|row| {
            ["bo_id", "prod_id", "buy_order_uuid", "dlm", "dlm_unix"]
                .iter()
                .filter_map(|name| row.get(name).cloned())
                .collect()
        })
        .collect();
    (format!("{positions:?}"), orders)
}
