use std::convert::Infallible;
use std::path::PathBuf;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::*;

struct Case {
    _folder: tempfile::TempDir,
    database: Database,
}

fn case(sql: &str) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("scan.db");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    Case {
        database: Database::open_snapshot(&path).unwrap(),
        _folder: folder,
    }
}

impl Case {
    fn scan(&self, scan: &Scan) -> Vec<(i64, Vec<Value>)> {
        let mut rows = Vec::new();
        let visited = self
            .database
            .scan(scan, |address, row| {
                let values = (1..=scan.columns.len())
                    .map(|at| Value::try_from(row.get_ref(at).unwrap()).unwrap());
                rows.push((address, values.collect()));
                Ok::<_, Infallible>(())
            })
            .unwrap();
        assert_eq!(visited, rows.len() as u64);
        rows
    }

    fn addresses(&self, scan: &Scan) -> Vec<i64> {
        self.scan(scan)
            .into_iter()
            .map(|(address, _)| address)
            .collect()
    }
}

fn scan(table: &str, columns: &[&str], order: ScanOrder) -> Scan {
    let columns = columns.iter().map(ToString::to_string).collect();
    Scan {
        table: table.to_owned(),
        columns,
        order,
        first: None,
        last: None,
    }
}

fn by(columns: &[&str], rowid: Option<&str>) -> ScanOrder {
    ScanOrder::By {
        columns: columns.iter().map(ToString::to_string).collect(),
        rowid: rowid.map(ToOwned::to_owned),
    }
}

#[test]
fn rows_come_by_rowid_and_within_bounds() {
    // The index covers the column and is smaller than the table, so it is tempting.
    let case = case(
        "CREATE TABLE t(a, filler); CREATE INDEX i ON t(a DESC);
         WITH RECURSIVE n(i) AS (SELECT -5 UNION ALL SELECT i + 1 FROM n WHERE i < 5)
         INSERT INTO t(rowid, a, filler) SELECT i, i * i, hex(zeroblob(200)) FROM n;",
    );
    let mut scan = scan("t", &["a"], ScanOrder::Rowid("rowid".to_owned()));
    assert_eq!(case.addresses(&scan), (-5..=5).collect::<Vec<_>>());
    scan.first = Some(-2);
    scan.last = Some(3);
    let expected: Vec<_> = (-2..=3).map(|i| (i, vec![Value::Integer(i * i)])).collect();
    assert_eq!(case.scan(&scan), expected);
}

#[test]
fn a_table_without_rowid_comes_in_key_order_from_any_place() {
    let case = case(
        "CREATE TABLE t(k TEXT PRIMARY KEY, v, filler) WITHOUT ROWID; CREATE INDEX i ON t(v);
         INSERT INTO t(k, v) VALUES ('c', 1), ('a', 2), ('b', 3), ('d', 0);",
    );
    let mut scan = scan("t", &["k", "v"], ScanOrder::Natural);
    let row = |at, k: &str, v| (at, vec![Value::Text(k.to_owned()), Value::Integer(v)]);
    let all = vec![
        row(0, "a", 2),
        row(1, "b", 3),
        row(2, "c", 1),
        row(3, "d", 0),
    ];
    assert_eq!(case.scan(&scan), all);
    scan.first = Some(1);
    assert_eq!(case.scan(&scan), all[1..]);
    scan.last = Some(2);
    assert_eq!(case.scan(&scan), all[1..3]);
    scan.first = Some(3);
    assert_eq!(case.scan(&scan), []);
}

#[test]
fn by_columns_is_binary_whatever_the_collation() {
    let case = case(
        "CREATE TABLE t(a TEXT COLLATE NOCASE, b);
         INSERT INTO t VALUES ('b', 1), ('B', 2), ('a', 3), (NULL, 4), (x'00', 5), (7, 6), ('a', 0);",
    );
    let order = by(&["a", "b"], Some("_rowid_"));
    // NULL, text (the number became '7'), blob.
    assert_eq!(
        case.addresses(&scan("t", &["a"], order)),
        [4, 6, 2, 7, 3, 1, 5]
    );
    let mut bounded = scan("t", &["a"], by(&["a"], Some("oid")));
    bounded.first = Some(2);
    bounded.last = Some(4);
    assert_eq!(case.addresses(&bounded), [4, 2, 3]);
}

#[test]
fn by_columns_gives_natural_places_where_there_is_no_rowid() {
    let case = case(
        "CREATE TABLE t(k TEXT PRIMARY KEY, n INT, c0, k0) WITHOUT ROWID;
         INSERT INTO t VALUES ('a', 3, 'x', 1), ('b', 1, 'y', 2), ('c', 2, 'z', 3), ('d', 1, 'w', 4);",
    );
    let mut scan = scan("t", &["c0", "k"], by(&["n"], None));
    let row = |at, c: &str, k: &str| {
        (
            at,
            vec![Value::Text(c.to_owned()), Value::Text(k.to_owned())],
        )
    };
    let all = [
        row(1, "y", "b"),
        row(3, "w", "d"),
        row(2, "z", "c"),
        row(0, "x", "a"),
    ];
    assert_eq!(case.scan(&scan), all);
    scan.first = Some(1);
    scan.last = Some(2);
    assert_eq!(case.scan(&scan), [row(1, "y", "b"), row(2, "z", "c")]);
}

#[test]
fn by_columns_compares_utf8_bytes_in_utf16_databases() {
    for encoding in ["UTF-16le", "UTF-16be"] {
        // U+FF21 sorts after U+1F600 in UTF-16 and before it in UTF-8; little-endian units turn
        // even ASCII around.
        let case = case(&format!(
            "PRAGMA encoding = '{encoding}'; CREATE TABLE t(a);
             INSERT INTO t VALUES (char(0x1f600)), (char(0xff21)), ('ab'), ('b'), (x'00'), (1), (NULL);"
        ));
        let scan = scan("t", &["a"], by(&["a"], Some("rowid")));
        assert_eq!(case.addresses(&scan), [7, 6, 3, 4, 2, 1, 5], "{encoding}");
    }
}

#[test]
fn values_come_as_they_are_stored() {
    let case = case(
        "CREATE TABLE t(a); INSERT INTO t VALUES (CAST(x'61ff00c3' AS TEXT)), (x'ff'), (-0.0), (9e999);",
    );
    let scan = scan("t", &["a"], ScanOrder::Rowid("rowid".to_owned()));
    let mut values = Vec::new();
    let add = |_, row: &rusqlite::Row<'_>| {
        values.push(format!("{:?}", row.get_ref(1).unwrap()));
        Ok::<_, Infallible>(())
    };
    case.database.scan(&scan, add).unwrap();
    assert_eq!(
        values,
        [
            "Text([97, 255, 0, 195])",
            "Blob([255])",
            "Real(-0.0)",
            "Real(inf)"
        ]
    );
}

#[test]
fn full_text_tables_are_scanned_with_and_without_rowid() {
    let case = case(
        "CREATE VIRTUAL TABLE f USING fts5(body);
         INSERT INTO f(rowid, body) VALUES (3, 'three'), (1, 'one');",
    );
    let body = |text: &str| vec![Value::Text(text.to_owned())];
    let rowid = scan("f", &["body"], ScanOrder::Rowid("rowid".to_owned()));
    assert_eq!(case.scan(&rowid), [(1, body("one")), (3, body("three"))]);
    let natural = scan("f", &["body"], ScanOrder::Natural);
    assert_eq!(case.scan(&natural), [(0, body("one")), (1, body("three"))]);
}

#[test]
fn odd_names_are_names_and_missing_columns_are_errors() {
    let case = case(
        "CREATE TABLE \"a \"\"b\"\" [c]\"(\"select\", \"x\"\"y\"); \
                     INSERT INTO \"a \"\"b\"\" [c]\" VALUES (1, 2);",
    );
    let name = "a \"b\" [c]";
    let rowid = || ScanOrder::Rowid("_rowid_".to_owned());
    let rows = case.scan(&scan(name, &["select", "x\"y"], rowid()));
    assert_eq!(rows, [(1, vec![Value::Integer(1), Value::Integer(2)])]);
    for wrong in [
        scan(name, &["absent"], rowid()),
        scan(name, &[], ScanOrder::Rowid("x".to_owned())),
    ] {
        let result = case.database.scan(&wrong, |_, _| Ok::<_, Infallible>(()));
        assert!(matches!(result, Err(ScanError::Database(_))), "{wrong:?}");
    }
}

#[test]
fn the_visitor_can_end_the_scan() {
    let case = case("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3);");
    let mut seen = 0;
    let result = case
        .database
        .scan(&scan("t", &["a"], ScanOrder::Natural), |address, _| {
            seen += 1;
            if address == 1 { Err("enough") } else { Ok(()) }
        });
    assert!(matches!(result, Err(ScanError::Visit("enough"))));
    assert_eq!(seen, 2);
}
