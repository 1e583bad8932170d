//! The diagnosis: locks, damage, what the server says.

use std::os::unix::fs::FileExt as _;

use cbtrade_sqlite::rusqlite::Connection;
use cbtrade_testkit::{Flavour, TestServer};

use crate::harness::{Place, tables};

#[test]
fn it_names_who_holds_the_lock() {
    if !std::path::Path::new("/proc/locks").exists() {
        eprintln!("SKIPPED: this system has no /proc/locks, so nobody can say who holds a lock");
        return;
    }
    let place = Place::new();
    for mode in ["delete", "wal"] {
        let source = place.small_source(&format!("{mode}.db"));
        let connection = Connection::open(&source).unwrap();
        connection
            .execute_batch(&format!(
                "PRAGMA journal_mode = {mode}; BEGIN IMMEDIATE; INSERT INTO plain (name) VALUES ('held');"
            ))
            .unwrap();
        let told = place.run(&["doctor", &source, "--json"]).ends(0).json();
        let outside = &told["files"][0]["outside"];
        let us = std::process::id();
        assert_eq!(outside["open_in"][0]["pid"], us, "{outside:#}");
        let writing = outside["locks"]
            .as_array()
            .unwrap()
            .iter()
            .any(|lock| lock["process"]["pid"] == us && lock["purpose"] == "writing");
        assert!(writing, "{mode}: {outside:#}");
        let said = place.run(&["doctor", &source]).ends(0);
        assert!(said.out.contains("locked now"), "{}", said.out);
        assert!(said.out.contains(&format!("process {us}")), "{}", said.out);
    }
}

/// Overwrites a page of a table in the middle of the file.
fn damage(source: &str) {
    let connection = Connection::open(source).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE large (id INTEGER PRIMARY KEY, name TEXT);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
             INSERT INTO large SELECT i, 'name of ' || i FROM n;",
        )
        .unwrap();
    let pages: u64 = connection
        .query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0))
        .unwrap()
        .try_into()
        .unwrap();
    drop(connection);
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(source)
        .unwrap();
    file.write_all_at(&[0x5a; 4096], (pages - 3) * 4096)
        .unwrap();
}

#[test]
fn damage_is_named_and_needs_a_word() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let source = place.small_source("damaged.db");
    damage(&source);
    let told = place.run(&["doctor", &source, "--json"]).ends(0).json();
    assert!(told["problems"].as_u64().unwrap() > 0, "{told:#}");
    let target = server.new_database("damaged");
    let refused = place
        .run_on(&target, &["migrate", "run", &source, "--yes", "--json"])
        .ends(3)
        .tells(&["--accept-damage"])
        .json();
    assert_eq!(refused["error"]["kind"], "findings");
    assert_eq!(refused["findings"][0]["kind"], "damage");
    assert!(tables(&target).is_empty());
    let done = place
        .run_on(
            &target,
            &["migrate", "run", &source, "--accept-damage", "--json"],
        )
        .ends(0)
        .json();
    let rows = done["rows"].as_u64().unwrap();
    assert!((100..5006).contains(&rows), "{rows} rows were salvaged");
}
