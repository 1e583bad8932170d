//! The thinnest path: one small file, both servers, proved equal, rolled back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cbtrade_migrate::{Job, Migration, Options, Silent};
use cbtrade_mysql::Session;
use cbtrade_sqlite::rusqlite::Connection;
use cbtrade_testkit::TestServer;

fn make_source(folder: &Path) -> PathBuf {
    let path = folder.join("source.db");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE plain (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, data BLOB);
             INSERT INTO plain VALUES (1,'one',0.1+0.2,x'00ff'),(0,'zero',-0.0,NULL),(-5,'🚀',5e-324,x'');
             CREATE TABLE mixed (v);
             INSERT INTO mixed VALUES (5),(5.0),('5'),(x'35'),(NULL),(9e999),('text');
             CREATE TABLE keyed (a TEXT, b INTEGER, c, PRIMARY KEY (b, a)) WITHOUT ROWID;
             INSERT INTO keyed VALUES ('x',1,'c'),('y',1,2),('X',2,3.5);",
        )
        .unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn one_file_arrives_equal_and_is_rolled_back() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let folder = tempfile::tempdir().unwrap();
        let source = make_source(folder.path());
        let target = server.new_database("smoke");
        let job = Job {
            sources: vec![source],
            target: target.clone(),
            candles_database: None,
            home: folder.path().join("home"),
        };
        let mut migration = Migration::open(job, Options::default(), Arc::new(Silent)).unwrap();
        let proof = migration.run().await.unwrap_or_else(|error| {
            panic!(
                "{flavour:?}: {error:?}\n{}",
                std::fs::read_to_string(migration.report_path()).unwrap_or_default()
            )
        });
        assert!(proof.equal());
        assert_eq!(proof.rows, 13);
        let again = migration.verify().await.unwrap();
        assert_eq!(again.digest(), proof.digest());
        let taken = migration.rollback().await.unwrap();
        assert_eq!(taken.removed.len(), 3, "{taken:?}");
        let mut session = Session::open(&target, &cbtrade_mysql::SessionOptions::default())
            .await
            .unwrap();
        let left: Vec<String> = session.query("SHOW TABLES").await.unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
}
