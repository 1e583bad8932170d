//! Errors of real MariaDB and MySQL servers, and the classes they get.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_mysql::mysql_async::prelude::Queryable as _;
use cbtrade_mysql::{
    Error, ErrorClass, Isolation, Secret, Session, SessionOptions, Target, classify,
};
use cbtrade_testkit::{Flavour, TestServer};
use common::{class_of, open, text};

#[tokio::test]
async fn values_that_do_not_fit_are_rejected() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let mut session = open(&server.new_database("reject")).await;
        session
            .execute("CREATE TABLE t (i INT NOT NULL, v VARCHAR(3), d DECIMAL(5,2), t DATE, e ENUM('a'))")
            .await
            .unwrap();
        for values in [
            "(2147483648, NULL, NULL, NULL, NULL)",
            "('12x', NULL, NULL, NULL, NULL)",
            "(NULL, NULL, NULL, NULL, NULL)",
            "(1, 'four', NULL, NULL, NULL)",
            "(1, NULL, 1000, NULL, NULL)",
            "(1, NULL, NULL, '2023-02-30', NULL)",
            "(1, NULL, NULL, '0000-00-00', NULL)",
            "(1, NULL, NULL, NULL, 'b')",
            "(1, NULL, 1 / 0, NULL, NULL)",
        ] {
            let class = class_of(&mut session, &format!("INSERT INTO t VALUES {values}")).await;
            assert_eq!(class, ErrorClass::DataRejected, "{flavour} {values}");
        }
        assert_eq!(
            text(&mut session, "SELECT CAST(COUNT(*) AS CHAR) FROM t").await,
            "0"
        );
        // Rounding is only a note to the server; here it is an error like any other change of a value.
        let rounded = session
            .execute("INSERT INTO t VALUES (1, NULL, 1.005, NULL, NULL)")
            .await;
        assert!(
            matches!(rounded, Err(Error::Warned { .. })),
            "{flavour} {rounded:?}"
        );
        let rounded = session
            .execute_with("INSERT INTO t VALUES (1, NULL, ?, NULL, NULL)", ("1.005",))
            .await;
        assert!(
            matches!(rounded, Err(Error::Warned { .. })),
            "{flavour} {rounded:?}"
        );
        session.close().await;
    }
}

#[tokio::test]
async fn keys_are_told_apart() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let mut session = open(&server.new_database("keys")).await;
        session
            .execute("CREATE TABLE p (a INT PRIMARY KEY)")
            .await
            .unwrap();
        session
            .execute("CREATE TABLE c (a INT, FOREIGN KEY (a) REFERENCES p (a))")
            .await
            .unwrap();
        session.execute("INSERT INTO p VALUES (1)").await.unwrap();
        session.execute("INSERT INTO c VALUES (1)").await.unwrap();
        assert_eq!(
            class_of(&mut session, "INSERT INTO p VALUES (1)").await,
            ErrorClass::Duplicate
        );
        assert_eq!(
            class_of(&mut session, "INSERT INTO c VALUES (2)").await,
            ErrorClass::ForeignKey
        );
        assert_eq!(
            class_of(&mut session, "DELETE FROM p").await,
            ErrorClass::ForeignKey
        );
        assert_eq!(
            class_of(&mut session, "SELECT * FROM nowhere").await,
            ErrorClass::NotFound
        );
        assert_eq!(
            class_of(&mut session, "SELECT nothing FROM p").await,
            ErrorClass::NotFound
        );
        assert_eq!(
            class_of(&mut session, "USE nowhere").await,
            ErrorClass::NotFound
        );
        assert_eq!(class_of(&mut session, "SELEC").await, ErrorClass::Other);
        session.close().await;
    }
}

/// Two transactions that take the same two rows in opposite order.
async fn deadlock(target: &Target) -> (ErrorClass, Result<u64, Error>) {
    let (mut one, mut two) = (open(target).await, open(target).await);
    one.execute("CREATE TABLE t (a INT PRIMARY KEY, b INT)")
        .await
        .unwrap();
    one.execute("INSERT INTO t VALUES (1, 0), (2, 0)")
        .await
        .unwrap();
    for (session, key) in [(&mut one, 1), (&mut two, 2)] {
        session.execute("START TRANSACTION").await.unwrap();
        session
            .execute_with("UPDATE t SET b = b + 1 WHERE a = ?", (key,))
            .await
            .unwrap();
    }
    let (first, second) = tokio::join!(
        one.execute("UPDATE t SET b = b + 1 WHERE a = 2"),
        two.execute("UPDATE t SET b = b + 1 WHERE a = 1")
    );
    match (first, second) {
        (Err(error), other) | (other, Err(error)) => {
            assert_eq!(error.server_code(), Some(1213));
            (error.class(), other)
        }
        (Ok(_), Ok(_)) => panic!("no deadlock"),
    }
}

#[tokio::test]
async fn deadlocks_and_lock_waits_ask_for_a_retry() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let (class, other) = deadlock(&server.new_database("deadlock")).await;
        assert_eq!(class, ErrorClass::RetryTransaction);
        assert_eq!(other.unwrap(), 1, "one of the two goes on");

        let target = server.new_database("wait");
        let impatient = SessionOptions {
            row_lock_wait_s: 1,
            ..SessionOptions::default()
        };
        let (mut one, mut two) = (
            open(&target).await,
            Session::open(&target, &impatient).await.unwrap(),
        );
        one.execute("CREATE TABLE t (a INT PRIMARY KEY)")
            .await
            .unwrap();
        one.execute("INSERT INTO t VALUES (1)").await.unwrap();
        one.execute("START TRANSACTION").await.unwrap();
        one.execute("SELECT * FROM t WHERE a = 1 FOR UPDATE")
            .await
            .unwrap();
        let error = two
            .execute("SELECT * FROM t WHERE a = 1 FOR UPDATE")
            .await
            .unwrap_err();
        assert_eq!(
            (error.server_code(), error.class()),
            (Some(1205), ErrorClass::RetryTransaction)
        );
        let error = two
            .execute("SELECT * FROM t WHERE a = 1 FOR UPDATE NOWAIT")
            .await
            .unwrap_err();
        assert_eq!(
            error.class(),
            ErrorClass::RetryTransaction,
            "{flavour} {:?}",
            error.server_code()
        );
    }
}

#[tokio::test]
async fn a_snapshot_conflict_asks_for_a_retry_on_mariadb() {
    let server = TestServer::shared(Flavour::MariaDb);
    let target = server.new_database("snapshot");
    let repeatable = SessionOptions {
        isolation: Isolation::RepeatableRead,
        ..SessionOptions::default()
    };
    let (mut one, mut two) = (
        Session::open(&target, &repeatable).await.unwrap(),
        open(&target).await,
    );
    assert!(one.capabilities().snapshot_isolation);
    one.execute("CREATE TABLE t (a INT PRIMARY KEY, b INT)")
        .await
        .unwrap();
    one.execute("INSERT INTO t VALUES (1, 0)").await.unwrap();
    one.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        .await
        .unwrap();
    two.execute("UPDATE t SET b = 5").await.unwrap();
    let error = one.execute("UPDATE t SET b = b + 1").await.unwrap_err();
    assert_eq!(
        (error.server_code(), error.class()),
        (Some(1020), ErrorClass::RetryTransaction)
    );
}

#[tokio::test]
async fn a_statement_too_large_is_told_before_and_after_it_is_sent() {
    for flavour in TestServer::flavours() {
        let server = TestServer::with_options(flavour, &["--max-allowed-packet=1M"]);
        let mut session = open(&server.root_target()).await;
        // The driver knows the limit and refuses by itself.
        let error = session
            .execute_with("DO ?", ("x".repeat(2 << 20),))
            .await
            .unwrap_err();
        assert_eq!(
            error.class(),
            ErrorClass::PacketTooLarge,
            "{flavour} {error:?}"
        );
        // The server refuses a value that grows too large while it works.
        let mut session = open(&server.root_target()).await;
        session.execute("CREATE DATABASE d").await.unwrap();
        session
            .execute("CREATE TABLE d.t (a LONGTEXT)")
            .await
            .unwrap();
        let error = session
            .execute("INSERT INTO d.t VALUES (REPEAT('x', 2097152))")
            .await
            .unwrap_err();
        assert_eq!(
            error.class(),
            ErrorClass::PacketTooLarge,
            "{flavour} {error:?}"
        );
    }
}

#[tokio::test]
async fn logins_and_rights_that_are_refused() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let target = server.new_database("rights");
        let class = |target: Target| async move {
            Session::open(&target, &SessionOptions::default())
                .await
                .unwrap_err()
                .class()
        };
        let wrong = target.with_password(Some(Secret::new("wrong".to_owned())));
        assert_eq!(class(wrong).await, ErrorClass::AccessDenied);
        assert_eq!(
            class(target.with_database("nowhere")).await,
            ErrorClass::NotFound
        );
        let missing = Target {
            socket: Some("/nowhere/at/all.sock".into()),
            ..target.clone()
        };
        assert_eq!(class(missing).await, ErrorClass::ServerUnavailable);

        server.run_sql(&["CREATE USER least@localhost IDENTIFIED BY 'it''s \\\\ odd'"]);
        let least = target
            .without_database()
            .with_user("least", Some(Secret::new("it's \\ odd".to_owned())));
        let mut session = open(&least).await;
        for sql in [
            "CREATE DATABASE x",
            "SELECT * FROM mysql.user",
            "SET GLOBAL max_connections = 5",
        ] {
            assert_eq!(
                class_of(&mut session, sql).await,
                ErrorClass::AccessDenied,
                "{flavour} {sql}"
            );
        }
    }
}

#[tokio::test]
async fn a_read_only_server_is_known_before_it_refuses() {
    for flavour in TestServer::flavours() {
        let server = TestServer::with_options(flavour, &[]);
        server.run_sql(&[
            "CREATE DATABASE d",
            "CREATE TABLE d.t (a INT)",
            "CREATE USER u@localhost IDENTIFIED BY 'pw'",
            "GRANT ALL ON d.* TO u@localhost",
            "SET GLOBAL read_only = ON",
        ]);
        let user = server
            .target("d")
            .with_user("u", Some(Secret::new("pw".to_owned())));
        let mut session = open(&user).await;
        assert!(session.capabilities().read_only);
        assert_eq!(
            class_of(&mut session, "INSERT INTO t VALUES (1)").await,
            ErrorClass::ReadOnly
        );
    }
}

#[tokio::test]
async fn the_drivers_own_errors_are_classified_too() {
    let server = TestServer::shared(Flavour::MariaDb);
    let mut session = open(&server.root_target()).await;
    let error = session
        .conn()
        .exec_drop("SELECT ?", (1, 2))
        .await
        .unwrap_err();
    assert_eq!(classify(&error), ErrorClass::Other);
}
