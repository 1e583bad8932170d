//! Real candles: the doubles of real feeds, with all their binary noise, arrive equal to the bit.
//!
//! The data lies beside the project, in `../shared/data/candles`, and is no part of it. Where it is absent these tests
//! say so by name and do nothing.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a failed test says where, and nothing is skipped in silence"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cbtrade_migrate::{Job, Migration, Options, Silent};
use cbtrade_mysql::mysql_async::{Row, Value};
use cbtrade_mysql::{Session, SessionOptions, Target, quote_identifier};
use cbtrade_sqlite::rusqlite::{Connection, params};
use cbtrade_testkit::TestServer;

/// The values of a candle, in the order of the files.
const VALUES: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// The largest relative change that the catalogue's decimals may make, and a little for the nearest double of a decimal.
const ROUNDING_MAX: f64 = 1.001e-12;

/// One candle: its start in seconds since 1970, and its values.
type Candle = (i64, [f64; 5]);

/// One file of candles, named like `btc-usd-5m-2011`.
#[derive(Debug)]
struct Series {
    name: String,
    candles: Vec<Candle>,
}

impl Series {
    /// The first two words of the name in capitals: `BTC-USD`.
    fn product(&self) -> String {
        let words: Vec<&str> = self.name.split('-').take(2).collect();
        words.join("-").to_ascii_uppercase()
    }

    /// The third word of the name, as candle files write it.
    fn frequency(&self) -> &'static str {
        match self.name.split('-').nth(2) {
            Some("1m") => "1min",
            Some("5m") => "5min",
            Some("1d") => "1d",
            other => panic!("{}: {other:?} is no candle length", self.name),
        }
    }
}

/// All files; `None`, said by name, where the folder is absent.
fn series() -> Option<Vec<Series>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/candles");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: real candles: there is no ../shared/data/candles beside the project");
        return None;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    paths.sort();
    assert!(!paths.is_empty(), "the folder holds no CSV file");
    Some(paths.iter().map(|path| read(path)).collect())
}

fn read(path: &Path) -> Series {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("start_unix,open,high,low,close,volume"),
        "{}",
        path.display()
    );
    let candles = lines.map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let values: Vec<f64> = fields[1..]
            .iter()
            .map(|field| field.parse().unwrap())
            .collect();
        (fields[0].parse().unwrap(), values.try_into().unwrap())
    });
    Series {
        name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
        candles: candles.collect(),
    }
}

/// Copies and proves. The target's database is empty.
async fn migrate(sources: Vec<PathBuf>, target: &Target, home: &Path, exact: bool) {
    let job = Job {
        sources,
        target: target.clone(),
        candles_database: None,
        home: home.to_owned(),
    };
    let options = Options {
        exact,
        ..Options::default()
    };
    let mut migration = Migration::open(job, options, Arc::new(Silent)).unwrap();
    let proof = migration.run().await.unwrap_or_else(|error| {
        let plan = std::fs::read_to_string(migration.plan_path()).unwrap_or_default();
        panic!("{}: {error:?}\n{plan}", target.display())
    });
    assert!(proof.equal());
}

/// The candles of a table in the target, in order of their start.
async fn arrived(target: &Target, table: &str, condition: &str) -> Vec<Candle> {
    let mut session = Session::open(target, &SessionOptions::default())
        .await
        .unwrap();
    let sql = format!(
        "SELECT start_unix, {} FROM {} WHERE {condition} ORDER BY start_unix",
        VALUES.join(", "),
        quote_identifier(table)
    );
    // With a parameter it is a prepared query, which gives doubles as their eight bytes.
    let rows: Vec<Row> = session
        .query_with(&format!("{sql} LIMIT ?"), (u32::MAX,))
        .await
        .unwrap();
    session.close().await;
    rows.into_iter()
        .map(|row| {
            let values = row.unwrap();
            let Value::Int(start) = values[0] else {
                panic!("{table}: start_unix is {:?}", values[0]);
            };
            let doubles: Vec<f64> = values[1..].iter().map(double).collect();
            (start, doubles.try_into().unwrap())
        })
        .collect()
}

/// A value as the double that its reader gets.
fn double(value: &Value) -> f64 {
    match value {
        Value::Double(double) => *double,
        Value::Bytes(decimal) => std::str::from_utf8(decimal).unwrap().parse().unwrap(),
        other => panic!("{other:?} is no number"),
    }
}

/// How many values differ in a bit, and the largest relative difference.
fn compare(name: &str, expected: &[Candle], found: &[Candle]) -> (usize, f64) {
    assert_eq!(expected.len(), found.len(), "{name}: candles");
    let (mut differing, mut largest) = (0, 0.0_f64);
    for ((start, values), (found_start, found_values)) in expected.iter().zip(found) {
        assert_eq!(start, found_start, "{name}");
        for (value, found) in values.iter().zip(found_values) {
            if value.to_bits() != found.to_bits() {
                differing += 1;
                largest = largest.max((value - found).abs() / value.abs());
            }
        }
    }
    (differing, largest)
}

/// All series in one file, a table each, that no catalogue knows.
fn make_plain(folder: &Path, series: &[Series]) -> PathBuf {
    let path = folder.join("candles.db");
    let mut connection = Connection::open(&path).unwrap();
    for one in series {
        let transaction = connection.transaction().unwrap();
        transaction
            .execute_batch(&format!(
                "CREATE TABLE \"{}\" (start_unix INTEGER PRIMARY KEY, {} REAL)",
                one.name,
                VALUES.join(" REAL, ")
            ))
            .unwrap();
        let insert = format!(
            "INSERT INTO \"{}\" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            one.name
        );
        let mut statement = transaction.prepare(&insert).unwrap();
        for (start, [open, high, low, close, volume]) in &one.candles {
            statement
                .execute(params![start, open, high, low, close, volume])
                .unwrap();
        }
        drop(statement);
        transaction.commit().unwrap();
    }
    path
}

/// CBTrade's candle files: one per product, with all its lengths in one table. Returns them in the order of their names.
fn make_candle_files(folder: &Path, series: &[Series]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for one in series {
        let path = folder.join(format!("{}.db", one.product()));
        let mut connection = Connection::open(&path).unwrap();
        if !files.contains(&path) {
            let table = cbtrade_catalog::candle_table();
            connection
                .execute_batch(&cbtrade_catalog::sqlite_create_table(table, "ohlcv"))
                .unwrap();
            files.push(path);
        }
        let transaction = connection.transaction().unwrap();
        let insert = format!(
            "INSERT INTO ohlcv (timestamp, freq, start_unix, {}) \
             VALUES (datetime(?1, 'unixepoch'), ?7, ?1, ?2, ?3, ?4, ?5, ?6)",
            VALUES.join(", ")
        );
        let mut statement = transaction.prepare(&insert).unwrap();
        for (start, [open, high, low, close, volume]) in &one.candles {
            statement
                .execute(params![
                    start,
                    open,
                    high,
                    low,
                    close,
                    volume,
                    one.frequency()
                ])
                .unwrap();
        }
        drop(statement);
        transaction.commit().unwrap();
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn doubles_of_a_plain_file_arrive_equal_to_the_bit() {
    let Some(series) = series() else {
        return;
    };
    for flavour in TestServer::flavours() {
        let folder = tempfile::tempdir().unwrap();
        let source = make_plain(folder.path(), &series);
        let target = TestServer::shared(flavour).new_database("plain");
        migrate(vec![source], &target, &folder.path().join("home"), false).await;
        for one in &series {
            let found = arrived(&target, &one.name, "1 = 1").await;
            let (differing, _) = compare(&one.name, &one.candles, &found);
            assert_eq!(differing, 0, "{flavour}: {}", one.name);
        }
    }
}

/// The candles of one series as they arrived in its product's table.
async fn arrived_of_product(target: &Target, one: &Series) -> Vec<Candle> {
    let table = cbtrade_catalog::candle_table_name(&one.product()).unwrap();
    arrived(target, &table, &format!("freq = '{}'", one.frequency())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn doubles_of_candle_files_arrive_equal_to_the_bit_when_exactness_is_asked_for() {
    let Some(series) = series() else {
        return;
    };
    for flavour in TestServer::flavours() {
        let folder = tempfile::tempdir().unwrap();
        let files = make_candle_files(folder.path(), &series);
        let target = TestServer::shared(flavour).new_database("exact");
        migrate(files, &target, &folder.path().join("home"), true).await;
        for one in &series {
            let found = arrived_of_product(&target, one).await;
            let (differing, _) = compare(&one.name, &one.candles, &found);
            assert_eq!(differing, 0, "{flavour}: {}", one.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_columns_of_candle_files_change_by_one_part_in_a_million_million_at_most() {
    let Some(series) = series() else {
        return;
    };
    for flavour in TestServer::flavours() {
        let folder = tempfile::tempdir().unwrap();
        let files = make_candle_files(folder.path(), &series);
        let target = TestServer::shared(flavour).new_database("rounded");
        migrate(files, &target, &folder.path().join("home"), false).await;
        let mut rounded = 0;
        for one in &series {
            let found = arrived_of_product(&target, one).await;
            let (differing, largest) = compare(&one.name, &one.candles, &found);
            assert!(
                largest <= ROUNDING_MAX,
                "{flavour}: {}: {largest:e}",
                one.name
            );
            rounded += differing;
        }
        // Real feeds have more digits than the catalogue's decimals: without any this test would show nothing.
        assert!(rounded > 0, "{flavour}: nothing was rounded");
    }
}
