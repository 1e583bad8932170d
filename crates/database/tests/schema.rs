//! The schema: made from nothing, from every earlier version, by many at once; what differs is named.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_database::{Database, ErrorKind, Location, Options, SCHEMA_VERSION};
use cbtrade_mysql::Secret;
use cbtrade_testkit::TestServer;
use common::Store;

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_is_made_once_and_found_complete() {
    for store in Store::all().await {
        let database = &store.database;
        assert_eq!(database.db_schema_version().await.unwrap(), 0);
        let error = database.require_schema().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::SchemaOlder, "{error}");
        assert!(database.ensure_database_ready().await.unwrap());
        assert_eq!(database.db_schema_version().await.unwrap(), SCHEMA_VERSION);
        assert_eq!(database.db_schema_check().await.unwrap(), [], "{store}");
        database.require_schema().await.unwrap();
        assert!(
            !database.ensure_database_ready().await.unwrap(),
            "nothing is left to do"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_earlier_version_is_brought_up() {
    for version in 0..SCHEMA_VERSION {
        for store in Store::all().await {
            let database = &store.database;
            database.upgrade_to(version).await.unwrap();
            assert_eq!(
                database.db_schema_version().await.unwrap(),
                version,
                "{store}"
            );
            database.ensure_database_ready().await.unwrap();
            assert_eq!(
                database.db_schema_check().await.unwrap(),
                [],
                "{store} from {version}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_may_make_it_at_once() {
    for store in Store::all().await {
        let everybody: Vec<_> = (0..8)
            .map(|_| {
                let database = store.database.clone();
                tokio::spawn(async move { database.ensure_database_ready().await })
            })
            .collect();
        for one in everybody {
            one.await.unwrap().unwrap();
        }
        assert_eq!(
            store.database.db_schema_check().await.unwrap(),
            [],
            "{store}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_left_alone() {
    for store in Store::all().await {
        store.database.ensure_database_ready().await.unwrap();
        store
            .run("INSERT INTO _cbtrade_schema (version, name) VALUES (99, 'of tomorrow')")
            .await;
        for error in [
            store
                .database
                .ensure_database_ready()
                .await
                .map(drop)
                .unwrap_err(),
            store.database.require_schema().await.unwrap_err(),
        ] {
            assert_eq!(error.kind, ErrorKind::SchemaNewer, "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named() {
    for store in Store::all().await {
        let database = &store.database;
        database.ensure_database_ready().await.unwrap();
        store
            .run("ALTER TABLE buy_decisions DROP COLUMN message")
            .await;
        store.run("DROP TABLE freqs").await;
        let names = store.trigger_of("mkts");
        store.run(&format!("DROP TRIGGER {names}")).await;
        let differences: Vec<String> = database
            .db_schema_check()
            .await
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(differences.len(), 3, "{store} {differences:?}");
        for part in [
            "`freqs`: the table is missing",
            "`buy_decisions`: column `message` is missing",
            &names,
        ] {
            assert!(
                differences.iter().any(|line| line.contains(part)),
                "{part} in {differences:?}"
            );
        }
        assert_eq!(
            database.require_schema().await.unwrap_err().kind,
            ErrorKind::SchemaDiffers
        );
        database.install_core_triggers().await.unwrap();
        assert_eq!(
            database.db_schema_check().await.unwrap().len(),
            2,
            "{store}"
        );
        database.complete_schema().await.unwrap();
        let left = database.db_schema_check().await.unwrap();
        assert_eq!(left.len(), 1, "{store}: columns are left as they are");
        assert!(left[0].to_string().contains("`message`"), "{left:?}");
    }
}

/// A bot that meets a table of the layer's own without a column would end in the middle of an order.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_of_the_layers_own_tables_is_named() {
    const DROPPED: [(&str, &str); 8] = [
        ("_cbtrade_schema", "name"),
        ("_cbtrade_process", "figures"),
        ("_cbtrade_intent", "note"),
        ("_cbtrade_fill", "commission"),
        ("_cbtrade_stop", "reason"),
        ("_cbtrade_stop_head", "stop_id"),
        ("_cbtrade_venue", "set_by"),
        ("_cbtrade_bot", "last_error"),
    ];
    for store in Store::all().await {
        let database = &store.database;
        database.ensure_database_ready().await.unwrap();
        for (table, column) in DROPPED {
            store
                .run(&format!("ALTER TABLE {table} DROP COLUMN {column}"))
                .await;
        }
        let differences: Vec<String> = database
            .db_schema_check()
            .await
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        let expected =
            DROPPED.map(|(table, column)| format!("`{table}`: column `{column}` is missing"));
        assert_eq!(differences, expected, "{store}");
        let error = database.require_schema().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::SchemaDiffers, "{error}");
        if store.flavour.is_some() {
            store
                .run("ALTER TABLE _cbtrade_fill MODIFY size VARCHAR(20) NOT NULL")
                .await;
            let differences = database.db_schema_check().await.unwrap();
            assert!(
                differences
                    .iter()
                    .any(|it| it.to_string().contains("`size` is VARCHAR(20)")),
                "{store}: {differences:?}"
            );
        }
        store.run("DROP TABLE _cbtrade_venue").await;
        database.complete_schema().await.unwrap();
        let left = database.db_schema_check().await.unwrap();
        assert!(
            left.iter().all(|it| it.table != "_cbtrade_venue"),
            "{store}: a table that is gone is made again: {left:?}"
        );
        // Without this column no transaction of the layer ends, on a server: it is the last one.
        let without = "_cbtrade_operation DROP COLUMN result";
        match (store.flavour, database.location()) {
            (Some(flavour), Location::Servers { targets, .. }) => {
                let name = targets[0].database.as_deref().unwrap();
                TestServer::shared(flavour).run_sql(&[&format!("ALTER TABLE `{name}`.{without}")]);
            }
            _ => store.run(&format!("ALTER TABLE {without}")).await,
        }
        let left = database.db_schema_check().await.unwrap();
        assert!(
            left.iter().any(|it| it.table == "_cbtrade_operation"),
            "{store}: {left:?}"
        );
    }
}

/// A server shows triggers only to users that may make some. Bots may not.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_sees_no_triggers_can_work_all_the_same() {
    for flavour in TestServer::flavours() {
        let store = Store::server(flavour, Options::default()).await;
        store.database.ensure_database_ready().await.unwrap();
        let Location::Servers { targets, candles } = store.database.location() else {
            panic!("a server");
        };
        let name = targets[0].database.clone().unwrap();
        let user = format!("bot_{}", name.chars().rev().take(8).collect::<String>());
        let server = TestServer::shared(flavour);
        server.run_sql(&[
            &format!("CREATE USER '{user}'@'%' IDENTIFIED BY 'p'"),
            &format!("GRANT SELECT, INSERT, UPDATE, DELETE ON `{name}`.* TO '{user}'@'%'"),
        ]);
        let bots = Location::Servers {
            targets: vec![targets[0].with_user(&user, Some(Secret::new("p".to_owned())))],
            candles: candles.clone(),
        };
        let bot = Database::open(&bots, Options::default()).await.unwrap();
        bot.require_schema().await.unwrap();
        store.run("DROP TABLE freqs").await;
        let differences = bot.db_schema_check().await.unwrap();
        assert_eq!(differences.len(), 1, "{flavour}: {differences:?}");
        let trigger = store.trigger_of("mkts");
        store.run(&format!("DROP TRIGGER {trigger}")).await;
        assert_eq!(
            store.database.db_schema_check().await.unwrap().len(),
            2,
            "{flavour}"
        );
        server.run_sql(&[&format!("DROP USER '{user}'@'%'")]);
    }
}

/// The two rules by which the layer's tables keep derived columns, on both engines alike.
#[tokio::test(flavor = "multi_thread")]
async fn derived_columns_follow_on_both_engines() {
    for store in Store::all().await {
        store.database.ensure_database_ready().await.unwrap();
        store
            .run("INSERT INTO buy_ords (buy_order_uuid, buy_begin_dttm, buy_begin_unix, buy_end_dttm) VALUES ('u', '2025-08-20 00:00:10', 5, NULL)")
            .await;
        let row = store
            .text_row("SELECT buy_begin_unix, buy_end_unix, ord_stat, tot_out_cnt FROM buy_ords")
            .await;
        assert_eq!(
            row,
            ["1755648010", "0", "NULL", "0"],
            "{store}: the date wins, no date is 0, defaults hold"
        );
        store.run("UPDATE buy_ords SET buy_end_dttm = '2025-08-20 00:01:00', dlm = '2025-08-20 00:02:00'").await;
        let row = store
            .text_row("SELECT buy_end_unix, dlm_unix FROM buy_ords")
            .await;
        assert_eq!(
            row,
            ["1755648060", "1755648120"],
            "{store}: a given dlm stays"
        );
        store
            .run("UPDATE buy_ords SET reason = 'why', ord_stat = 'OPEN'")
            .await;
        let now = store.text_row("SELECT dlm_unix FROM buy_ords").await;
        assert!(
            now[0].parse::<i64>().unwrap() > 1_755_648_120,
            "{store}: an update that does not name dlm moves it"
        );
    }
}
