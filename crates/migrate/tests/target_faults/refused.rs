//! Targets that cannot be used: each is refused, and left as it was found.

use std::sync::Arc;

use cbtrade_migrate::{Error, ErrorKind, Proof, Silent};
use cbtrade_mysql::Secret;
use cbtrade_sqlite::rusqlite::Connection;
use cbtrade_testkit::TestServer;

use crate::{Bench, DATABASE, Outcome, assert_same, content};

fn assert_refused(result: &Result<Proof, Error>, what: &str) {
    match result {
        Err(error) => assert_eq!(error.kind(), ErrorKind::Refused, "{what}: {error:?}"),
        Ok(_) => panic!("{what}: not refused"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_server_is_refused() {
    let bench = Bench::new(100);
    for flavour in TestServer::flavours() {
        let mut server = TestServer::with_options(flavour, &[]);
        bench.begin(&server);
        server.stop();
        server.start_with(&["--read-only=ON"]);
        let found = bench.run(&server.root_target(), Arc::new(Silent)).await;
        assert_refused(&found, "read-only");
        assert_eq!(
            content(&server.root_target(), DATABASE).await,
            [format!("SCHEMATA {DATABASE}")]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_not_empty_is_refused_and_keeps_what_it_has() {
    let bench = Bench::new(100);
    let obstacles = [
        "CREATE TABLE faults.ticks (x INT)",
        "CREATE TABLE faults.something (x INT)",
        "CREATE VIEW faults.seen AS SELECT 1 AS one",
        "CREATE FUNCTION faults.one_row() RETURNS INT DETERMINISTIC RETURN 1",
    ];
    for flavour in TestServer::flavours() {
        let server = &TestServer::with_options(flavour, &[]);
        for obstacle in obstacles {
            bench.begin(server);
            server.run_sql(&[obstacle]);
            let before = content(&server.root_target(), DATABASE).await;
            let found = bench.run(&server.root_target(), Arc::new(Silent)).await;
            assert_refused(&found, obstacle);
            assert_eq!(
                content(&server.root_target(), DATABASE).await,
                before,
                "{obstacle}"
            );
        }
        bench.begin(server);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packet_that_is_too_small_is_kept_to_or_refused() {
    let bench = Bench::new(100);
    let connection = Connection::open(&bench.source).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE wide (id INTEGER PRIMARY KEY, data BLOB);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
             INSERT INTO wide SELECT i, randomblob(3000) FROM n;",
        )
        .unwrap();
    drop(connection);
    for flavour in TestServer::flavours() {
        let mut server = TestServer::with_options(flavour, &[]);
        let reference = bench.reference(&server).await;
        server.stop();
        server.start_with(&["--max-allowed-packet=256K"]);
        // Every row fits, whole batches do not.
        let proof = bench
            .run(&server.root_target(), Arc::new(Silent))
            .await
            .unwrap();
        assert_same(&proof, &reference);
        bench.begin(&server);
        let large = Bench::new(100);
        Connection::open(&large.source)
            .unwrap()
            .execute_batch(
                "CREATE TABLE huge (data BLOB); INSERT INTO huge VALUES (randomblob(300000))",
            )
            .unwrap();
        let found = large.run(&server.root_target(), Arc::new(Silent)).await;
        assert_refused(&found, "a row larger than a packet");
        assert!(
            matches!(&found, Err(Error::Undecided { findings, .. }) if findings.iter().any(|finding| finding.table == "huge")),
            "{found:?}"
        );
        assert_eq!(
            content(&server.root_target(), DATABASE).await,
            [format!("SCHEMATA {DATABASE}")]
        );
    }
}

/// All that a migration can need in its database.
const RIGHTS: [&str; 10] = [
    "DROP",
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "ALTER",
    "INDEX",
    "REFERENCES",
    "TRIGGER",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_the_rights_is_refused_and_leaves_nothing() {
    let bench = Bench::new(100);
    for flavour in TestServer::flavours() {
        let server = TestServer::with_options(flavour, &[]);
        let reference = bench.reference(&server).await;
        let mut wrong = Vec::new();
        for missing in RIGHTS {
            let granted: Vec<&str> = RIGHTS
                .into_iter()
                .filter(|right| *right != missing)
                .collect();
            match outcome_with(&bench, &server, &reference, &granted).await {
                Ok(outcome) => eprintln!("{flavour:?}: without {missing}: {outcome:?}"),
                Err(why) => wrong.push(format!("without {missing}: {why}")),
            }
        }
        let all = outcome_with(&bench, &server, &reference, &RIGHTS).await;
        assert_eq!(all, Ok(Outcome::Migrated), "with all rights");
        let reading = outcome_with(&bench, &server, &reference, &["SELECT"]).await;
        assert_eq!(reading, Ok(Outcome::Refused), "with SELECT only");
        assert!(wrong.is_empty(), "{flavour:?}: {wrong:#?}");
    }
}

/// How a migration ends for a user with just these rights in the database.
async fn outcome_with(
    bench: &Bench,
    server: &TestServer,
    reference: &Proof,
    rights: &[&str],
) -> Result<Outcome, String> {
    bench.begin(server);
    server.run_sql(&[
        "DROP USER IF EXISTS 'little'@'localhost'",
        "CREATE USER 'little'@'localhost' IDENTIFIED BY 'Little-1-pass'",
        &format!(
            "GRANT {} ON {DATABASE}.* TO 'little'@'localhost'",
            rights.join(", ")
        ),
    ]);
    let password = Secret::new("Little-1-pass".to_owned());
    let target = server.root_target().with_user("little", Some(password));
    bench.outcome(server, &target, reference).await
}
