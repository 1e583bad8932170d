//! The fence on the legacy file.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

use std::fs;
use std::path::Path;

use cbtrade_sqlite::rusqlite::Connection;
use cbtrade_sqlite::{
    Database, Error, ErrorKind, FenceMarker, SnapshotOptions, fence, fingerprint, lift_fence,
    read_fence, take_snapshot,
};

const SCHEMA: &str = "
    CREATE TABLE plain(id INTEGER PRIMARY KEY AUTOINCREMENT, a UNIQUE, b DEFAULT 1);
    CREATE TABLE flat(k TEXT PRIMARY KEY, v) WITHOUT ROWID;
    CREATE TABLE \"odd \"\"name\"\" [x]\"(a);
    CREATE VIRTUAL TABLE search USING fts5(body);
    CREATE VIEW seen AS SELECT * FROM plain;
    CREATE TRIGGER through INSTEAD OF INSERT ON seen BEGIN INSERT INTO plain(a) VALUES (new.a); END;
    CREATE TRIGGER cbtrade_fence_of_the_owner AFTER INSERT ON flat BEGIN SELECT 1; END;
    INSERT INTO plain(a) VALUES ('x'), ('y');
    INSERT INTO flat VALUES ('k', 1);
    INSERT INTO \"odd \"\"name\"\" [x]\" VALUES (1);
    INSERT INTO search VALUES ('body');
";

const WRITES: [&str; 12] = [
    "INSERT INTO plain(a) VALUES ('z')",
    "INSERT OR IGNORE INTO plain(a) VALUES ('z')",
    "INSERT OR REPLACE INTO plain(id, a) VALUES (1, 'z')",
    "REPLACE INTO flat VALUES ('k', 2)",
    "INSERT INTO flat VALUES ('k', 1) ON CONFLICT(k) DO UPDATE SET v = 3",
    "UPDATE plain SET b = 2 WHERE id = 1",
    "UPDATE OR IGNORE plain SET b = 2",
    "DELETE FROM plain",
    "DELETE FROM flat WHERE k = 'k'",
    "INSERT INTO seen(a) VALUES ('through the view')",
    "INSERT INTO \"odd \"\"name\"\" [x]\" VALUES (2)",
    "INSERT INTO plain(a) SELECT 'w' FROM flat",
];

const MESSAGE: &str = "it's moved: use the server";

fn quick() -> SnapshotOptions {
    SnapshotOptions {
        wait_ms_max: 100,
        ..SnapshotOptions::default()
    }
}

fn marker(migration: &str) -> FenceMarker {
    FenceMarker {
        migration: migration.to_owned(),
        message: MESSAGE.to_owned(),
        at: "2026-11-23T20:00:00Z".to_owned(),
    }
}

fn make(path: &Path, journal_mode: &str) {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(&format!("PRAGMA journal_mode = {journal_mode}; {SCHEMA}"))
        .unwrap();
}

/// Everything in the database, schema included.
fn dump(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut lines = Vec::new();
    for sql in [
        "SELECT concat_ws('|', type, name, tbl_name, sql) FROM sqlite_schema ORDER BY name",
        "SELECT concat_ws('|', id, a, b) FROM plain ORDER BY id",
        "SELECT concat_ws('|', k, v) FROM flat ORDER BY k",
        "SELECT a FROM \"odd \"\"name\"\" [x]\"",
        "SELECT body FROM search",
        "SELECT concat_ws('|', name, seq) FROM sqlite_sequence",
    ] {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| {
            row.get::<_, String>(0)
                .or_else(|_| row.get::<_, i64>(0).map(|number| number.to_string()))
        });
        lines.extend(rows.unwrap().map(Result::unwrap));
    }
    lines
}

#[test]
fn no_write_passes_the_fence_and_lifting_it_leaves_no_trace() {
    for journal_mode in ["WAL", "DELETE"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("legacy.db");
        make(&path, journal_mode);
        let before = dump(&path);
        let proved = fingerprint(&path, &quick()).unwrap();
        assert_eq!(read_fence(&path, &quick()).unwrap(), None);
        let report = fence(&path, &marker("m1"), &proved, &quick()).unwrap();
        assert!(!report.already_there);
        assert!(
            report.tables.contains(&"odd \"name\" [x]".to_owned()),
            "{report:?}"
        );
        assert!(
            !report
                .tables
                .iter()
                .any(|table| table.starts_with("search"))
        );
        assert!(report.unfenced.contains(&"search".to_owned()), "{report:?}");
        assert_eq!(read_fence(&path, &quick()).unwrap(), Some(marker("m1")));

        let bot = Connection::open(&path).unwrap();
        for sql in WRITES {
            let error = bot.execute_batch(sql).unwrap_err().to_string();
            assert!(error.contains(MESSAGE), "{sql}: {error}");
        }
        // A trigger on an inner table of a full-text index sends SQLite into an endless recursion, so
        // those stay as they are, and are named.
        bot.execute_batch("DELETE FROM search WHERE body = 'absent'")
            .unwrap();
        drop(bot);

        let again = fence(&path, &marker("m1"), &proved, &quick()).unwrap();
        assert!(again.already_there);
        assert_eq!(again.tables, report.tables);
        for error in [
            fence(&path, &marker("m2"), &proved, &quick()).unwrap_err(),
            lift_fence(&path, "m2", &quick()).unwrap_err(),
        ] {
            assert!(
                matches!(&error, Error::OtherFence { found, .. } if found == "m1"),
                "{error}"
            );
        }
        assert!(lift_fence(&path, "m1", &quick()).unwrap());
        assert!(!lift_fence(&path, "m1", &quick()).unwrap());
        assert_eq!(read_fence(&path, &quick()).unwrap(), None);
        assert_eq!(dump(&path), before, "{journal_mode}");
        let bot = Connection::open(&path).unwrap();
        for sql in WRITES {
            bot.execute_batch(sql).unwrap();
        }
    }
}

#[test]
fn content_that_changed_is_not_fenced() {
    for journal_mode in ["WAL", "DELETE"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("legacy.db");
        make(&path, journal_mode);
        let snapshot = folder.path().join("snapshot.db");
        let proved = take_snapshot(&path, &snapshot, &quick())
            .unwrap()
            .fingerprint;
        Connection::open(&path)
            .unwrap()
            .execute_batch("UPDATE plain SET b = 7 WHERE id = 2")
            .unwrap();
        let before = fs::read(&path).unwrap();
        let error = fence(&path, &marker("m1"), &proved, &quick()).unwrap_err();
        assert!(matches!(error, Error::NotAsProved { .. }), "{error}");
        assert_eq!(error.kind(), ErrorKind::Changed);
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(read_fence(&path, &quick()).unwrap(), None);
        let proved = take_snapshot(&path, &snapshot, &quick())
            .unwrap()
            .fingerprint;
        fence(&path, &marker("m1"), &proved, &quick()).unwrap();
    }
}

#[test]
fn the_digest_is_that_of_the_snapshot_whatever_the_page_size_and_encoding() {
    for (page_size, encoding) in [(512, "UTF-8"), (4096, "UTF-16le"), (65_536, "UTF-16be")] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("legacy.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(&format!(
                "PRAGMA page_size = {page_size}; PRAGMA encoding = '{encoding}';
                 PRAGMA auto_vacuum = INCREMENTAL; {SCHEMA}
                 INSERT INTO flat SELECT hex(randomblob(40)), zeroblob(3000) FROM plain, plain;
                 DELETE FROM flat WHERE k LIKE '%0%';"
            ))
            .unwrap();
        drop(connection);
        let proved = fingerprint(&path, &quick()).unwrap();
        let report = fence(&path, &marker("m1"), &proved, &quick()).unwrap();
        assert!(
            report.tables.contains(&"odd \"name\" [x]".to_owned()),
            "{report:?}"
        );
        let snapshot = folder.path().join("fenced.db");
        take_snapshot(&path, &snapshot, &quick()).unwrap();
        let problems = Database::open_snapshot(&snapshot)
            .unwrap()
            .integrity_problems(5)
            .unwrap();
        assert_eq!(problems, []);
    }
}

#[test]
fn a_writer_that_does_not_let_go_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("legacy.db");
    make(&path, "WAL");
    let proved = fingerprint(&path, &quick()).unwrap();
    let writer = Connection::open(&path).unwrap();
    writer
        .execute_batch("BEGIN IMMEDIATE; DELETE FROM flat")
        .unwrap();
    let error = fence(&path, &marker("m1"), &proved, &quick()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    writer.execute_batch("ROLLBACK").unwrap();
    fence(&path, &marker("m1"), &proved, &quick()).unwrap();
    let error = writer
        .execute_batch("DELETE FROM flat")
        .unwrap_err()
        .to_string();
    assert!(error.contains("it's moved"), "{error}");
}

#[test]
fn a_missing_or_foreign_file_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.db");
    let text = folder.path().join("text.db");
    fs::write(&text, "not a database").unwrap();
    let proved = cbtrade_sqlite::Fingerprint(String::new());
    for (path, expected) in [
        (&absent, ErrorKind::NotFound),
        (&text, ErrorKind::NotADatabase),
    ] {
        assert_eq!(
            fence(path, &marker("m"), &proved, &quick())
                .unwrap_err()
                .kind(),
            expected
        );
        assert_eq!(
            lift_fence(path, "m", &quick()).unwrap_err().kind(),
            expected
        );
        assert_eq!(read_fence(path, &quick()).unwrap_err().kind(), expected);
    }
    assert!(!absent.exists());
}
