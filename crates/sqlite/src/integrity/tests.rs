use std::os::unix::fs::FileExt;
use std::path::Path;

use rusqlite::Connection;

use super::*;

fn made(folder: &Path, sql: &str) -> std::path::PathBuf {
    let path = folder.join("checked.db");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("PRAGMA foreign_keys = OFF; PRAGMA page_size = 1024;")
        .unwrap();
    connection.execute_batch(sql).unwrap();
    path
}

const ROWS: &str = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT); CREATE INDEX by_a ON t(a);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
    INSERT INTO t SELECT i, printf('value %06d', i) FROM n;";

/// Destroys the first leaf of a table or an index.
fn destroy_a_leaf(path: &Path, name: &str) {
    let page: u32 = Connection::open(path)
        .unwrap()
        .query_row(
            "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' LIMIT 1",
            [name],
            |row| row.get(0),
        )
        .unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(&[0xee; 1024], u64::from(page - 1) * 1024)
        .unwrap();
}

#[test]
fn a_sound_database_has_no_problems() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path(), ROWS);
    let database = Database::open_snapshot(&path).unwrap();
    assert_eq!(database.integrity_problems(10).unwrap(), []);
    assert_eq!(database.foreign_key_violations(10).unwrap(), (vec![], 0));
}

#[test]
fn damage_to_an_index_is_told_from_damage_to_a_table() {
    for (name, expected) in [("by_a", ProblemKind::Index), ("t", ProblemKind::Table)] {
        let folder = tempfile::tempdir().unwrap();
        let path = made(folder.path(), ROWS);
        destroy_a_leaf(&path, name);
        let problems = Database::open_snapshot(&path)
            .unwrap()
            .integrity_problems(1000)
            .unwrap();
        assert!(
            problems.iter().any(|problem| problem.kind == expected),
            "{problems:?}"
        );
        let has_table = problems
            .iter()
            .any(|problem| problem.kind == ProblemKind::Table);
        assert_eq!(
            has_table,
            expected == ProblemKind::Table,
            "{name}: {problems:?}"
        );
        let limited = Database::open_snapshot(&path)
            .unwrap()
            .integrity_problems(1)
            .unwrap();
        assert_eq!(limited.len(), 1);
    }
}

#[test]
fn rows_that_break_the_schema_are_constraint_problems() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(
        folder.path(),
        "CREATE TABLE checked(a INT CHECK (a > 0));
         PRAGMA ignore_check_constraints = ON; INSERT INTO checked VALUES (-1);
         CREATE TABLE t(b); INSERT INTO t VALUES (NULL);
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = 'CREATE TABLE t(b NOT NULL)' WHERE name = 't';",
    );
    let problems = Database::open_snapshot(&path)
        .unwrap()
        .integrity_problems(10)
        .unwrap();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems
            .iter()
            .all(|problem| problem.kind == ProblemKind::Constraint),
        "{problems:?}"
    );
}

#[test]
fn a_table_with_a_foreign_collation_is_said_to_be_unchecked() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(
        folder.path(),
        "CREATE TABLE sound(a UNIQUE); INSERT INTO sound VALUES (1);
         CREATE TABLE odd(a TEXT UNIQUE); INSERT INTO odd VALUES ('x'), ('y');
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = 'CREATE TABLE odd(a TEXT COLLATE elsewhere UNIQUE)'
         WHERE name = 'odd';",
    );
    let problems = Database::open_snapshot(&path)
        .unwrap()
        .integrity_problems(10)
        .unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].kind, ProblemKind::Unchecked);
    assert!(problems[0].text.contains("odd") && problems[0].text.contains("elsewhere"));
}

#[test]
fn foreign_keys_that_point_nowhere_are_listed_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(
        folder.path(),
        "CREATE TABLE parent(id INTEGER PRIMARY KEY, plain);
         CREATE TABLE child(a, p REFERENCES parent, q REFERENCES parent(id));
         CREATE TABLE flat(k PRIMARY KEY, p REFERENCES parent) WITHOUT ROWID;
         CREATE TABLE wrong(p REFERENCES parent(plain));
         INSERT INTO parent VALUES (1, 1); INSERT INTO wrong VALUES (9);
         INSERT INTO child VALUES (1, 1, 1), (2, 7, 1), (3, 1, 8), (4, NULL, NULL), (5, 7, 7);
         INSERT INTO flat VALUES ('x', 3);",
    );
    let database = Database::open_snapshot(&path).unwrap();
    let (first, total) = database.foreign_key_violations(2).unwrap();
    assert_eq!((first.len(), total), (2, 5));
    let (all, _) = database.foreign_key_violations(100).unwrap();
    let of_child = |rowid, key_number| ForeignKeyViolation {
        table: "child".to_owned(),
        rowid: Some(rowid),
        parent: "parent".to_owned(),
        key_number,
    };
    assert!(
        all.contains(&of_child(2, 1)) && all.contains(&of_child(3, 0)),
        "{all:?}"
    );
    assert!(
        all.iter()
            .any(|violation| violation.table == "flat" && violation.rowid.is_none())
    );
    let unchecked = database.foreign_keys_unchecked().unwrap();
    assert_eq!(unchecked.len(), 1, "{unchecked:?}");
    assert_eq!(unchecked[0].0, "wrong");
}
