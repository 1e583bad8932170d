//! The whole way of a legacy installation: run, prove, cut over, take back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cbtrade_migrate::{ErrorKind, Job, Migration, Options, Silent, Stage};
use cbtrade_mysql::{Session, SessionOptions, Target};
use cbtrade_sample::{SampleOptions, SampleReport, make_sample};
use cbtrade_sqlite::rusqlite::Connection;
use cbtrade_testkit::TestServer;

fn sample(folder: &Path) -> SampleReport {
    let options = SampleOptions {
        positions: 300,
        candles_per_product: 2_000,
        ..SampleOptions::default()
    };
    make_sample(&folder.join("legacy"), &options).unwrap()
}

fn job(folder: &Path, report: &SampleReport, target: &Target, candles: &str) -> Job {
    let sources: Vec<PathBuf> = std::iter::once(report.database.clone())
        .chain(report.candle_files.iter().cloned())
        .collect();
    Job {
        sources,
        target: target.clone(),
        candles_database: Some(candles.to_owned()),
        home: folder.join("home"),
    }
}

async fn numbers(target: &Target, sql: &str) -> Vec<i64> {
    let mut session = Session::open(target, &SessionOptions::default())
        .await
        .unwrap();
    let rows = session.query(sql).await.unwrap();
    session.close().await;
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_installation_is_recovered_and_taken_back() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let folder = tempfile::tempdir().unwrap();
        let report = sample(folder.path());
        let target = server.new_database("recovery");
        let candles = format!("{}_ohlcv", target.database.clone().unwrap());
        let options = Options {
            roles: true,
            ..Options::default()
        };
        let mut migration = Migration::open(
            job(folder.path(), &report, &target, &candles),
            options,
            Arc::new(Silent),
        )
        .unwrap();

        let proof = migration.run().await.unwrap_or_else(|error| {
            panic!(
                "{flavour:?}: {error}\n{error:?}\n{}",
                std::fs::read_to_string(migration.report_path()).unwrap_or_default()
            )
        });
        let made: u64 = report.tables.iter().map(|table| table.rows).sum();
        assert_eq!(
            proof.rows, made,
            "every row of the sample, those in the -wal included"
        );
        assert!(proof.trader.figures.len() > 20, "{:?}", proof.trader);
        assert_eq!(proof.trader.differences(), 0);

        let wrong = migration.cutover("00000000").await.unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::Refused);
        assert_eq!(migration.status().await.unwrap().live, "sqlite");

        migration.cutover(&proof.digest()[..8]).await.unwrap();
        let status = migration.status().await.unwrap();
        assert_eq!(
            (status.stage, status.live.as_str()),
            (Stage::Cutover, "target")
        );
        let legacy = Connection::open(&report.database).unwrap();
        let refused = legacy
            .execute("UPDATE poss SET note1 = 'late'", [])
            .unwrap_err();
        assert!(refused.to_string().contains("moved to MySQL"), "{refused}");
        drop(legacy);

        // The catalogue's triggers derive from now on; the imported values stayed as they were.
        let next = numbers(&target, "SELECT MAX(pos_id) FROM poss").await[0];
        assert!(next > 0);
        let mut session = Session::open(&target, &SessionOptions::default())
            .await
            .unwrap();
        session
            .execute("UPDATE poss SET note2 = 'new' WHERE pos_id = 1")
            .await
            .unwrap();
        session.close().await;
        let lost = migration.rollback().await.unwrap_err();
        assert_eq!(lost.kind(), ErrorKind::Refused, "{lost}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_over_without_later_writes_is_taken_back_whole() {
    let server = TestServer::shared(TestServer::flavours()[0]);
    let folder = tempfile::tempdir().unwrap();
    let report = sample(folder.path());
    let target = server.new_database("back");
    let candles = format!("{}_ohlcv", target.database.clone().unwrap());
    let mut migration = Migration::open(
        job(folder.path(), &report, &target, &candles),
        Options::default(),
        Arc::new(Silent),
    )
    .unwrap();
    let proof = migration.run().await.unwrap();
    migration.cutover(&proof.digest()).await.unwrap();
    migration.rollback().await.unwrap();
    let databases = numbers(
        &target,
        &format!(
            "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '{candles}'"
        ),
    )
    .await;
    assert_eq!(
        databases,
        [0],
        "the database that the migration made is gone"
    );
    let left = numbers(
        &target,
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()",
    )
    .await;
    assert_eq!(left, [0]);
    let legacy = Connection::open(&report.database).unwrap();
    legacy
        .execute(
            "UPDATE poss SET note1 = 'writable again' WHERE pos_id = 1",
            [],
        )
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_after_the_proof_voids_the_confirmation() {
    let server = TestServer::shared(TestServer::flavours()[0]);
    let folder = tempfile::tempdir().unwrap();
    let report = sample(folder.path());
    let target = server.new_database("void");
    let mut migration = Migration::open(
        job(
            folder.path(),
            &report,
            &target,
            target.database.as_deref().unwrap(),
        ),
        Options::default(),
        Arc::new(Silent),
    )
    .unwrap();
    let proof = migration.run().await.unwrap();
    let legacy = Connection::open(&report.database).unwrap();
    legacy
        .execute("UPDATE poss SET note1 = 'in between' WHERE pos_id = 1", [])
        .unwrap();
    drop(legacy);
    let void = migration.cutover(&proof.digest()).await.unwrap_err();
    assert_eq!(void.kind(), ErrorKind::Refused, "{void}");
    assert_eq!(migration.status().await.unwrap().live, "sqlite");
    // Nothing is fenced: the legacy file still takes writes.
    let legacy = Connection::open(&report.database).unwrap();
    legacy
        .execute("UPDATE poss SET note1 = 'still' WHERE pos_id = 1", [])
        .unwrap();
    drop(legacy);
    // The same command brings the new content over.
    let again = migration.run().await.unwrap();
    assert_ne!(again.digest(), proof.digest());
    migration.cutover(&again.digest()).await.unwrap();
}

/// The archived file, as SQLite reads it.
fn unpacked(archive: &str, folder: &Path) -> Connection {
    let path = folder.join("unpacked.db");
    let packed = std::fs::File::open(archive).unwrap();
    std::fs::write(&path, zstd::decode_all(packed).unwrap()).unwrap();
    Connection::open(&path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_cut_over_keeps_the_archive_of_the_first() {
    let server = TestServer::shared(TestServer::flavours()[0]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1),(2),(3)")
        .unwrap();
    let target = server.new_database("twice");
    let job = Job {
        sources: vec![path.clone()],
        target,
        candles_database: None,
        home: folder.path().join("home"),
    };
    let mut migration = Migration::open(job, Options::default(), Arc::new(Silent)).unwrap();
    let mut archives = Vec::new();
    for delete in ["DELETE FROM t WHERE id > 1", "DELETE FROM t"] {
        let proof = migration.run().await.unwrap();
        let proof = migration.cutover(&proof.digest()).await.unwrap();
        archives.push(proof.archive.unwrap().files.remove(0));
        migration.rollback().await.unwrap();
        Connection::open(&path)
            .unwrap()
            .execute(delete, [])
            .unwrap();
    }
    for ((archive, digest), rows) in archives.iter().zip([3, 1]) {
        let packed = std::fs::read(archive).unwrap();
        assert_eq!(blake3::hash(&packed).to_hex().as_str(), digest, "{archive}");
        let counted: i64 = unpacked(archive, folder.path())
            .query_row("SELECT COUNT(*) FROM t", [], |row| row.get(0))
            .unwrap();
        assert_eq!(counted, rows, "{archive}");
    }

    // A cut-over that does not begin leaves no archive behind, and none of the others is touched.
    let proof = migration.run().await.unwrap();
    Connection::open(&path)
        .unwrap()
        .execute("INSERT INTO t VALUES (9)", [])
        .unwrap();
    migration.cutover(&proof.digest()).await.unwrap_err();
    let archives = folder.path().join("home/archives").join(migration.id());
    let mut left: Vec<_> = std::fs::read_dir(archives)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["1", "2"]);
}
