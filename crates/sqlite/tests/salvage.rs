//! Salvage of files with pages destroyed at random. The seed of each case is in its messages.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use cbtrade_sqlite::rusqlite::types::Value;
use cbtrade_sqlite::rusqlite::{Connection, Result as SqlResult};
use cbtrade_sqlite::{
    Database, ErrorKind, SalvageMethod, SalvageReport, SnapshotOptions, salvage, take_snapshot,
};

const PAGE_BYTES: usize = 1024;

/// The child table comes before its parent, and its rows too: foreign keys must not lose rows.
const SCHEMA: &str = "
    CREATE TABLE fill(id INTEGER PRIMARY KEY AUTOINCREMENT, order_id INT REFERENCES orders(id),
                      price REAL CHECK (price > 0), note TEXT);
    CREATE TABLE orders(id INTEGER PRIMARY KEY, uuid TEXT UNIQUE, size TEXT, flag);
    CREATE TABLE plain(a, b);
    CREATE TABLE wide(id INTEGER PRIMARY KEY, body TEXT, more BLOB);
    CREATE TABLE flat(pair TEXT, at INT, close REAL, PRIMARY KEY(pair, at)) WITHOUT ROWID;
    CREATE TABLE gone(a);
    CREATE INDEX fill_order ON fill(order_id);
    CREATE INDEX plain_b ON plain(b);
    CREATE VIEW big AS SELECT * FROM fill WHERE price > 10;
    CREATE TRIGGER noted AFTER DELETE ON orders BEGIN DELETE FROM fill WHERE order_id = old.id; END;
";

const ROWS: &str = "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO fill SELECT i, i % 700 + 1, i / 7.0, printf('fill %d of many', i * 31) FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
    INSERT INTO orders SELECT i, hex(i * 7919) || '-' || i, printf('%d.%08d', i, i), x'00ff' FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    INSERT INTO plain(rowid, a, b) SELECT i * 1000003, NULLIF(i % 5, 0), 'b' || i FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
    INSERT INTO wide SELECT i, replace(hex(zeroblob(i * 40)), '0', char(65 + i % 26)),
                            CAST(printf('%0' || (i * 11) || 'd', i) AS BLOB) FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    INSERT INTO flat SELECT 'P' || (i % 9), i, i * 1.25 FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
    INSERT INTO gone SELECT 'deleted ' || i FROM n;
    DELETE FROM gone;
    UPDATE sqlite_sequence SET seq = 5000 WHERE name = 'fill';
";

const TABLES: [(&str, &str); 5] = [
    ("fill", "id, id, order_id, price, note"),
    ("orders", "id, id, uuid, size, flag"),
    ("plain", "rowid, a, b"),
    ("wide", "id, id, body, more"),
    ("flat", "pair || '/' || at, pair, at, close"),
];

struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn page(&mut self) -> Vec<u8> {
        std::iter::repeat_with(|| self.next().to_be_bytes())
            .flatten()
            .take(PAGE_BYTES)
            .collect()
    }
}

fn make(path: &Path, encoding: &str) {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(&format!(
            "PRAGMA page_size = {PAGE_BYTES}; PRAGMA encoding = '{encoding}';
             PRAGMA foreign_keys = OFF; PRAGMA user_version = 17; BEGIN; {SCHEMA} {ROWS} COMMIT;"
        ))
        .unwrap();
}

type Rows = BTreeMap<String, Vec<Value>>;

fn rows(connection: &Connection, table: &str, columns: &str) -> SqlResult<Rows> {
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM {table}"))?;
    let width = statement.column_count();
    let rows = statement.query_map([], |row| {
        let key: Value = row.get(0)?;
        let values = (1..width)
            .map(|at| row.get(at))
            .collect::<SqlResult<Vec<Value>>>()?;
        Ok((format!("{key:?}"), values))
    })?;
    rows.collect()
}

fn all_rows(path: &Path) -> BTreeMap<&'static str, Rows> {
    let connection = Connection::open(path).unwrap();
    let read = |(table, columns)| (table, rows(&connection, table, columns).unwrap());
    TABLES.into_iter().map(read).collect()
}

/// Overwrites pages with noise; page 1 only when asked for.
fn destroy(path: &Path, random: &mut Random, pages: &[usize]) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    for page in pages {
        file.write_all_at(&random.page(), ((page - 1) * PAGE_BYTES) as u64)
            .unwrap();
    }
}

/// The rowids on a leaf page of a table; none on any other page.
fn rowids_on(content: &[u8]) -> BTreeSet<i64> {
    if content[0] != 0x0d {
        return BTreeSet::new();
    }
    let pair = |at: usize| usize::from(u16::from_be_bytes([content[at], content[at + 1]]));
    let varint = |at: &mut usize| {
        let mut value = 0_u64;
        for place in 0..9 {
            let byte = content[*at];
            *at += 1;
            if place == 8 {
                return (value << 8) | u64::from(byte);
            }
            value = (value << 7) | u64::from(byte & 0x7f);
            if byte < 0x80 {
                break;
            }
        }
        value
    };
    (0..pair(3))
        .map(|cell| {
            let mut at = pair(8 + 2 * cell);
            varint(&mut at);
            varint(&mut at).cast_signed()
        })
        .collect()
}

struct Case {
    _folder: tempfile::TempDir,
    damaged: PathBuf,
    salvaged: PathBuf,
    original: BTreeMap<&'static str, Rows>,
    content: Vec<u8>,
}

fn case(encoding: &str) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("legacy.db");
    make(&source, encoding);
    let damaged = folder.path().join("damaged.db");
    take_snapshot(&source, &damaged, &SnapshotOptions::default()).unwrap();
    Case {
        original: all_rows(&source),
        content: fs::read(&damaged).unwrap(),
        salvaged: folder.path().join("salvaged.db"),
        damaged,
        _folder: folder,
    }
}

impl Case {
    fn page_count(&self) -> usize {
        self.content.len() / PAGE_BYTES
    }

    fn page(&self, number: usize) -> &[u8] {
        &self.content[(number - 1) * PAGE_BYTES..number * PAGE_BYTES]
    }

    /// Every row in a salvaged table is a row of the original; returns how many were checked.
    fn assert_only_true_rows(&self, context: &str) -> usize {
        let connection = Connection::open(&self.salvaged).unwrap();
        let mut checked = 0;
        for (table, columns) in TABLES {
            let Ok(found) = rows(&connection, table, columns) else {
                continue;
            };
            for (key, values) in &found {
                assert_eq!(
                    Some(values),
                    self.original[table].get(key),
                    "{context}: {table} {key}"
                );
            }
            checked += found.len();
        }
        checked
    }

    /// Every row that was on no destroyed page is in its table or in the lost and found.
    fn assert_rows_survived(&self, report: &SalvageReport, destroyed: &[usize], context: &str) {
        let connection = Connection::open(&self.salvaged).unwrap();
        let lost: BTreeSet<i64> = destroyed
            .iter()
            .flat_map(|page| rowids_on(self.page(*page)))
            .collect();
        let found_ids: BTreeSet<i64> = match &report.lost_and_found_table {
            None => BTreeSet::new(),
            Some(name) => connection
                .prepare(&format!("SELECT id FROM {name} WHERE id IS NOT NULL"))
                .unwrap()
                .query_map([], |row| row.get(0))
                .unwrap()
                .map(Result::unwrap)
                .collect(),
        };
        for (table, columns) in [TABLES[0], TABLES[2]] {
            let kept = rows(&connection, table, columns).unwrap_or_default();
            for key in self.original[table].keys() {
                let id: i64 = key
                    .trim_start_matches("Integer(")
                    .trim_end_matches(')')
                    .parse()
                    .unwrap();
                let survived = kept.contains_key(key) || found_ids.contains(&id);
                assert!(
                    survived || lost.contains(&id),
                    "{context}: row {id} of {table} is nowhere"
                );
            }
        }
    }
}

#[test]
fn a_sound_file_is_salvaged_whole() {
    for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
        let case = case(encoding);
        let report = salvage(&case.damaged, &case.salvaged).unwrap();
        assert_eq!(report.lost, Vec::<String>::new());
        assert_eq!(
            (report.lost_and_found_rows, report.lost_and_found_table),
            (0, None)
        );
        assert_eq!(report.method, SalvageMethod::TableScan);
        assert_eq!(all_rows(&case.salvaged), case.original);
        let database = Database::open_snapshot(&case.salvaged).unwrap();
        assert_eq!(database.integrity_problems(5).unwrap(), []);
        let before = Database::open_snapshot(&case.damaged)
            .unwrap()
            .raw_schema()
            .unwrap();
        let after = database.raw_schema().unwrap();
        assert_eq!(after, before);
        assert_eq!((after.user_version, after.sequences["fill"]), (17, 5000));
        assert_eq!(report.tables.len(), 6);
        let fill = &report.tables[0];
        assert_eq!(
            (
                fill.name.as_str(),
                fill.rows_recovered,
                fill.rows_expected_min
            ),
            ("fill", 3000, 3000)
        );
    }
}

#[test]
fn random_pages_destroyed() {
    for (seed, encoding) in
        (1..=40).zip(["UTF-8", "UTF-8", "UTF-16le", "UTF-8"].into_iter().cycle())
    {
        let case = case(encoding);
        let mut random = Random::new(seed);
        let count = 1 + random.below(12);
        let pages: Vec<usize> = (0..count)
            .map(|_| 2 + random.below(case.page_count() - 1))
            .collect();
        destroy(&case.damaged, &mut random, &pages);
        let context = format!("seed {seed}, {encoding}, pages {pages:?}");
        let report = salvage(&case.damaged, &case.salvaged).unwrap();
        assert!(!report.lost.is_empty(), "{context}");
        let checked = case.assert_only_true_rows(&context);
        assert!(checked > 0, "{context}");
        case.assert_rows_survived(&report, &pages, &context);
    }
}

#[test]
fn the_schema_page_destroyed() {
    for seed in 1..=3 {
        let case = case("UTF-8");
        destroy(&case.damaged, &mut Random::new(seed), &[1]);
        let report = salvage(&case.damaged, &case.salvaged).unwrap();
        let context = format!("seed {seed}: {:?}", report.lost);
        assert_eq!(report.method, SalvageMethod::TableScan, "{context}");
        assert!(!report.lost.is_empty(), "{context}");
        assert_eq!(all_rows(&case.salvaged), case.original, "{context}");
    }
}

#[test]
fn rows_lost_at_the_start_of_a_table_are_told_as_one_gap() {
    let case = case("UTF-8");
    let page: u32 = Connection::open(&case.damaged)
        .unwrap()
        .query_row(
            "SELECT pageno FROM dbstat WHERE name = 'orders' AND pagetype = 'leaf' ORDER BY path LIMIT 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let page = usize::try_from(page).unwrap();
    let last = *rowids_on(case.page(page)).last().unwrap();
    let file = fs::OpenOptions::new()
        .write(true)
        .open(&case.damaged)
        .unwrap();
    file.write_all_at(&[0; PAGE_BYTES], ((page - 1) * PAGE_BYTES) as u64)
        .unwrap();
    let report = salvage(&case.damaged, &case.salvaged).unwrap();
    let gaps: Vec<&String> = report
        .lost
        .iter()
        .filter(|line| line.contains("no row with a rowid"))
        .collect();
    let expected = format!("table orders: no row with a rowid up to {last} could be read");
    assert_eq!(gaps, [&expected], "{:?}", report.lost);
}

#[test]
fn the_start_of_the_schema_page_overwritten_costs_nothing() {
    for encoding in ["UTF-8", "UTF-16le"] {
        let case = case(encoding);
        let file = fs::OpenOptions::new()
            .write(true)
            .open(&case.damaged)
            .unwrap();
        file.write_all_at(&[0; 8], 100).unwrap();
        let report = salvage(&case.damaged, &case.salvaged).unwrap();
        assert_eq!(report.method, SalvageMethod::TableScan, "{report:?}");
        assert_eq!(report.lost_and_found_rows, 0, "{report:?}");
        assert_eq!(all_rows(&case.salvaged), case.original);
        let objects = |path: &Path| -> Vec<(String, String)> {
            let connection = Connection::open(path).unwrap();
            let mut statement = connection
                .prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
                .unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
            rows.unwrap().collect::<SqlResult<_>>().unwrap()
        };
        let sound = case.damaged.with_extension("sound");
        fs::write(&sound, &case.content).unwrap();
        assert_eq!(objects(&case.salvaged), objects(&sound));
    }
}

#[test]
fn rows_whose_table_is_unknown_are_lost_and_found() {
    let folder = tempfile::tempdir().unwrap();
    let (damaged, salvaged) = (folder.path().join("a.db"), folder.path().join("b.db"));
    // A schema that fits onto the first page is lost with it.
    Connection::open(&damaged)
        .unwrap()
        .execute_batch(
            "CREATE TABLE t(a, b);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO t SELECT i, 'row ' || i FROM n;",
        )
        .unwrap();
    let file = fs::OpenOptions::new().write(true).open(&damaged).unwrap();
    file.write_all_at(&[0; 4096], 0).unwrap();
    let report = salvage(&damaged, &salvaged).unwrap();
    assert_eq!(report.method, SalvageMethod::Recover, "{report:?}");
    assert_eq!(report.lost_and_found_rows, 500, "{report:?}");
    assert!(!report.lost.is_empty());
}

#[test]
fn a_header_overwritten_costs_no_row() {
    let case = case("UTF-8");
    let file = fs::OpenOptions::new()
        .write(true)
        .open(&case.damaged)
        .unwrap();
    file.write_all_at(&Random::new(9).page()[..16], 0).unwrap();
    let error = take_snapshot(&case.damaged, &case.salvaged, &SnapshotOptions::default());
    assert_eq!(error.unwrap_err().kind(), ErrorKind::NotADatabase);
    let copy = case.damaged.with_extension("copy");
    let any_header = SnapshotOptions {
        any_header: true,
        ..SnapshotOptions::default()
    };
    take_snapshot(&case.damaged, &copy, &any_header).unwrap();
    let report = salvage(&copy, &case.salvaged).unwrap();
    assert_eq!(report.method, SalvageMethod::TableScan, "{report:?}");
    assert!(!report.lost.is_empty());
    assert_eq!(all_rows(&case.salvaged), case.original);
}

#[test]
fn a_file_cut_short() {
    let case = case("UTF-8");
    let half = case.page_count() / 2;
    fs::write(&case.damaged, &case.content[..half * PAGE_BYTES - 100]).unwrap();
    let pages: Vec<usize> = (half..=case.page_count()).collect();
    let report = salvage(&case.damaged, &case.salvaged).unwrap();
    assert!(!report.lost.is_empty());
    assert!(case.assert_only_true_rows("cut") > 1000, "{report:?}");
    case.assert_rows_survived(&report, &pages, "cut");
}

#[test]
fn damage_in_an_index_costs_no_row() {
    let case = case("UTF-8");
    let page: u32 = Connection::open(&case.damaged)
        .unwrap()
        .query_row(
            "SELECT pageno FROM dbstat WHERE name = 'fill_order' AND pagetype = 'leaf' LIMIT 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    destroy(
        &case.damaged,
        &mut Random::new(5),
        &[usize::try_from(page).unwrap()],
    );
    let report = salvage(&case.damaged, &case.salvaged).unwrap();
    assert!(
        report
            .lost
            .iter()
            .any(|line| line.contains("integrity check")),
        "{report:?}"
    );
    assert_eq!(all_rows(&case.salvaged), case.original);
    let database = Database::open_snapshot(&case.salvaged).unwrap();
    assert_eq!(database.integrity_problems(5).unwrap(), []);
}

#[test]
fn rows_that_the_schema_forbids_are_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let damaged = folder.path().join("damaged.db");
    Connection::open(&damaged)
        .unwrap()
        .execute_batch(
            "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;
             CREATE TABLE child(a REFERENCES parent, b CHECK (b > 0));
             CREATE TABLE parent(id INTEGER PRIMARY KEY);
             CREATE TABLE filled(a, lost_and_found);
             INSERT INTO child VALUES (1, -1), (2, 5); INSERT INTO filled VALUES (NULL, 1), (2, 2);
             CREATE TABLE lost_and_found(mine); INSERT INTO lost_and_found VALUES ('kept');
             CREATE VIRTUAL TABLE search USING fts5(body); INSERT INTO search VALUES ('found again');
             PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = 'CREATE TABLE filled(a NOT NULL, lost_and_found)'
             WHERE name = 'filled';",
        )
        .unwrap();
    let salvaged = folder.path().join("salvaged.db");
    let report = salvage(&damaged, &salvaged).unwrap();
    let connection = Connection::open(&salvaged).unwrap();
    let number = |sql: &str| -> i64 { connection.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(number("SELECT count(*) FROM child"), 2);
    assert_eq!(number("SELECT count(*) FROM filled"), 1);
    assert_eq!(number("SELECT count(*) FROM lost_and_found"), 1);
    assert_eq!(
        number("SELECT count(*) FROM search WHERE search MATCH 'again'"),
        1
    );
    assert_eq!(
        report.lost_and_found_table.as_deref(),
        Some("lost_and_found_0")
    );
    let set_aside = "SELECT count(*) FROM lost_and_found_0 WHERE origin = 'filled' AND c1 = 1";
    assert_eq!(number(set_aside), 1);
}

#[test]
fn what_is_no_database_at_all_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    fs::write(&text, "nothing of a database in here\n".repeat(500)).unwrap();
    let target = folder.path().join("salvaged.db");
    match salvage(&text, &target) {
        Err(error) => assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}"),
        Ok(report) => assert!(
            report.tables.is_empty() && !report.lost.is_empty(),
            "{report:?}"
        ),
    }
    let absent = salvage(&folder.path().join("absent.db"), &target).unwrap_err();
    assert_eq!(absent.kind(), ErrorKind::NotFound);
}
