//! The session contract and the capabilities, read from real MariaDB and MySQL servers.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_mysql::{
    Capabilities, ErrorClass, Isolation, Product, Secret, Session, SessionOptions, Warnings,
    quote_identifier, quote_text,
};
use cbtrade_testkit::{Flavour, TestServer};
use common::{class_of, open, text};

#[tokio::test]
async fn the_contract_holds_whatever_the_server_is_set_to() {
    let hostile = [
        "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH",
        "--default-time-zone=+09:30",
        "--character-set-server=latin1",
        "--collation-server=latin1_swedish_ci",
        "--transaction-isolation=READ-UNCOMMITTED",
        "--innodb-lock-wait-timeout=50",
        "--autocommit=OFF",
        "--init-connect=SET sql_mode='', foreign_key_checks=0",
        "--completion-type=CHAIN",
    ];
    for flavour in TestServer::flavours() {
        let server = TestServer::with_options(flavour, &hostile);
        server.run_sql(&[
            "CREATE DATABASE d",
            "CREATE USER u@localhost IDENTIFIED BY 'pw'",
            "GRANT SELECT, INSERT, CREATE ON d.* TO u@localhost",
        ]);
        // As root, and as a user with the least rights (for whom init_connect runs, too).
        let user = server
            .target("d")
            .with_user("u", Some(Secret::new("pw".to_owned())));
        for target in [server.target("d"), user] {
            let mut session = open(&target).await;
            let value = text(&mut session, "SELECT CONCAT_WS('|', @@time_zone, @@character_set_connection, @@autocommit + 0, @@innodb_lock_wait_timeout, @@foreign_key_checks + 0, @@completion_type, @@max_sort_length)").await;
            assert_eq!(value, "+00:00|utf8mb4|1|10|1|NO_CHAIN|4096", "{flavour}");
            let mut modes: Vec<String> = text(&mut session, "SELECT @@sql_mode")
                .await
                .split(',')
                .map(str::to_owned)
                .collect();
            modes.sort();
            assert_eq!(
                modes,
                [
                    "ERROR_FOR_DIVISION_BY_ZERO",
                    "NO_AUTO_VALUE_ON_ZERO",
                    "NO_ENGINE_SUBSTITUTION",
                    "NO_ZERO_DATE",
                    "NO_ZERO_IN_DATE",
                    "STRICT_ALL_TABLES",
                    "STRICT_TRANS_TABLES"
                ],
                "{flavour}"
            );
            let isolation = match flavour {
                Flavour::MariaDb => {
                    "SELECT CONCAT(@@tx_isolation, @@innodb_snapshot_isolation + 0)"
                }
                Flavour::MySql => "SELECT CONCAT(@@transaction_isolation, 1)",
            };
            assert_eq!(
                text(&mut session, isolation).await,
                "READ-COMMITTED1",
                "{flavour}"
            );
            assert_eq!(
                text(&mut session, "SELECT HEX('ä€𝄞')").await,
                "C3A4E282ACF09D849E"
            );
            session.close().await;
        }
    }
}

#[tokio::test]
async fn options_change_isolation_and_make_sessions_read_only() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let target = server.new_database("options");
        let options = SessionOptions {
            isolation: Isolation::RepeatableRead,
            read_only: true,
            row_lock_wait_s: 3,
            ..SessionOptions::default()
        };
        let mut session = Session::open(&target, &options).await.unwrap();
        assert_eq!(
            text(&mut session, "SELECT @@innodb_lock_wait_timeout").await,
            "3"
        );
        assert_eq!(
            class_of(&mut session, "CREATE TABLE t (a INT)").await,
            ErrorClass::ReadOnly
        );
        session
            .execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
            .await
            .unwrap();
        session.execute("ROLLBACK").await.unwrap();
        session.close().await;
    }
}

#[tokio::test]
async fn capabilities_are_what_the_server_is() {
    for flavour in TestServer::flavours() {
        let server = TestServer::with_options(
            flavour,
            &[
                "--max-allowed-packet=2M",
                "--innodb-flush-log-at-trx-commit=2",
                "--log-bin=binlog",
                "--server-id=1",
                "--sync-binlog=0",
                "--log-bin-trust-function-creators=OFF",
            ],
        );
        let session = open(&server.root_target()).await;
        let found: &Capabilities = session.capabilities();
        let (product, collation) = match flavour {
            Flavour::MariaDb => (Product::MariaDb, "utf8mb4_nopad_bin"),
            Flavour::MySql => (Product::MySql, "utf8mb4_0900_bin"),
        };
        assert_eq!(
            (found.product, found.binary_no_pad_collation),
            (product, Some(collation))
        );
        assert_eq!(
            (
                found.max_allowed_packet,
                found.innodb_page_size,
                found.lower_case_table_names
            ),
            (2 << 20, 16_384, 0)
        );
        assert!(found.log_bin && !found.trust_function_creators && !found.read_only && !found.tidb);
        assert!(found.invisible_columns && found.check_constraints && found.descending_indexes);
        let names: Vec<&str> = found
            .unsafe_settings
            .iter()
            .map(|setting| setting.name.as_str())
            .collect();
        assert_eq!(
            names,
            ["innodb_flush_log_at_trx_commit", "sync_binlog"],
            "{flavour}"
        );
        session.close().await;
    }
    let ours = TestServer::shared(Flavour::MariaDb);
    let session = open(&ours.root_target()).await;
    assert_eq!(
        session.capabilities().unsafe_settings,
        [],
        "our own server is safe"
    );
}

#[tokio::test]
async fn what_the_capabilities_claim_works() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let mut session = open(&server.new_database("claims")).await;
        let collation = session.capabilities().binary_no_pad_collation.unwrap();
        session
            .execute(&format!(
                "CREATE TABLE t (a VARCHAR(9) CHARACTER SET utf8mb4 COLLATE {collation}, b INT DEFAULT (1 + 1), c INT INVISIBLE DEFAULT 5, \
                 CHECK (b < 10), PRIMARY KEY (a), KEY (b DESC))"
            ))
            .await
            .unwrap();
        for value in ["'a'", "'a '", "'A'", "'ä'"] {
            session
                .execute(&format!("INSERT INTO t (a) VALUES ({value})"))
                .await
                .unwrap();
        }
        assert_eq!(
            text(&mut session, "SELECT CAST(SUM(b) + SUM(c) AS CHAR) FROM t").await,
            "28"
        );
        assert_eq!(
            class_of(&mut session, "INSERT INTO t (a, b) VALUES ('x', 10)").await,
            ErrorClass::DataRejected
        );
        session.close().await;
    }
}

#[tokio::test]
async fn id_zero_stays_zero_and_existence_is_no_warning() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let mut session = open(&server.new_database("zero")).await;
        session
            .execute("DROP TABLE IF EXISTS nothing")
            .await
            .unwrap();
        for _ in 0..2 {
            session
                .execute("CREATE TABLE IF NOT EXISTS t (id INT PRIMARY KEY AUTO_INCREMENT)")
                .await
                .unwrap();
            session
                .execute("CREATE USER IF NOT EXISTS twice@localhost IDENTIFIED BY 'x'")
                .await
                .unwrap();
        }
        session
            .execute("DROP USER IF EXISTS never@localhost")
            .await
            .unwrap();
        assert_eq!(
            session
                .execute_with("INSERT INTO t VALUES (?)", (0,))
                .await
                .unwrap(),
            1
        );
        assert_eq!(
            text(&mut session, "SELECT CAST(id AS CHAR) FROM t").await,
            "0"
        );
        session.close().await;
    }
}

#[tokio::test]
async fn quoting_is_what_the_server_reads() {
    let odd = "a'b\"c`d\\e\0f\ng\rh\u{1a}i%_ä€𝄞\u{feff}";
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let mut session = open(&server.new_database("quote")).await;
        let rows: Vec<(String,)> = session
            .query(&format!("SELECT {}", quote_text(odd)))
            .await
            .unwrap();
        assert_eq!(rows.first().unwrap().0, odd);
        let name = "od`d \"na'me\\ ä";
        session
            .execute(&format!(
                "CREATE TABLE {0} ({0} INT)",
                quote_identifier(name)
            ))
            .await
            .unwrap();
        let rows: Vec<(String, String)> = session
            .query_with(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?",
                (name,),
            )
            .await
            .unwrap();
        assert_eq!(rows, [(name.to_owned(), name.to_owned())]);
    }
}

#[tokio::test]
async fn warnings_can_be_passed_over_and_show_no_secret() {
    let server = TestServer::shared(Flavour::MariaDb);
    let target = server.new_database("warn");
    let options = SessionOptions {
        warnings: Warnings::AreIgnored,
        ..SessionOptions::default()
    };
    let mut session = Session::open(&target, &options).await.unwrap();
    session
        .execute("CREATE TABLE t (d DECIMAL(3,1))")
        .await
        .unwrap();
    assert_eq!(
        session
            .execute("INSERT INTO t VALUES (1.25)")
            .await
            .unwrap(),
        1
    );
    let mut session = open(&target).await;
    let error = session
        .execute("CREATE USR x@localhost IDENTIFIED BY 'hunter2'")
        .await
        .unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let error = session
        .execute("INSERT INTO t VALUES (1.25)")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("Note 1265"), "{error}");
}
