use rusqlite::Connection;

use super::*;
use crate::Database;

fn schema_of(sql: &str) -> RawSchema {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schema.db");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(sql).unwrap();
    drop(connection);
    Database::open_snapshot(&path)
        .unwrap()
        .raw_schema()
        .unwrap()
}

fn table<'schema>(schema: &'schema RawSchema, name: &str) -> &'schema RawTable {
    schema
        .tables
        .iter()
        .find(|table| table.name == name)
        .unwrap()
}

#[test]
fn settings_sequences_and_objects() {
    let schema = schema_of(
        "PRAGMA page_size = 8192; PRAGMA user_version = 42; PRAGMA application_id = -7;
         CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, v);
         CREATE TABLE b(id INTEGER PRIMARY KEY, v);
         INSERT INTO a(id) VALUES (100); DELETE FROM a; INSERT INTO a(v) VALUES (1);
         CREATE VIEW seen AS SELECT v FROM a;
         CREATE TRIGGER fires AFTER INSERT ON a BEGIN SELECT 1; END;
         INSERT INTO sqlite_sequence VALUES ('odd', 'text'), ('a', 7);",
    );
    assert_eq!(
        (schema.page_size, schema.user_version, schema.application_id),
        (8192, 42, -7)
    );
    assert_eq!(schema.encoding, "UTF-8");
    assert_eq!(schema.sequences, BTreeMap::from([("a".to_owned(), 101)]));
    let names: Vec<_> = schema
        .tables
        .iter()
        .map(|table| table.name.as_str())
        .collect();
    assert_eq!(names, ["a", "b"]);
    assert!(table(&schema, "a").autoincrement && !table(&schema, "b").autoincrement);
    assert_eq!(
        (schema.views.len(), schema.views[0].name.as_str()),
        (1, "seen")
    );
    let trigger = &schema.triggers[0];
    assert_eq!(
        (trigger.name.as_str(), trigger.table_name.as_str()),
        ("fires", "a")
    );
    assert!(trigger.sql.starts_with("CREATE TRIGGER fires"));
}

#[test]
fn rowids_keys_and_kinds() {
    let schema = schema_of(
        "CREATE TABLE alias(id INTEGER PRIMARY KEY);
         CREATE TABLE descending(id INTEGER PRIMARY KEY DESC);
         CREATE TABLE tabled(id INTEGER, x, PRIMARY KEY(id DESC));
         CREATE TABLE int(id INT PRIMARY KEY);
         CREATE TABLE none(a);
         CREATE TABLE taken(rowid TEXT, _ROWID_ INT);
         CREATE TABLE all_taken(rowid, _rowid_, oid);
         CREATE TABLE flat(a, b, c, PRIMARY KEY(c, a)) WITHOUT ROWID;
         CREATE TABLE strict(a INTEGER PRIMARY KEY, b ANY) STRICT;",
    );
    let seen = |name: &str| {
        let table = table(&schema, name);
        (table.rowid_alias.as_deref(), table.rowid_name.as_deref())
    };
    assert_eq!(seen("alias"), (Some("id"), Some("_rowid_")));
    assert_eq!(seen("descending"), (None, Some("_rowid_")));
    assert_eq!(seen("tabled"), (Some("id"), Some("_rowid_")));
    assert_eq!(seen("int"), (None, Some("_rowid_")));
    assert_eq!(seen("none"), (None, Some("_rowid_")));
    assert_eq!(seen("taken"), (None, Some("oid")));
    assert_eq!(seen("all_taken"), (None, None));
    assert_eq!(seen("flat"), (None, None));
    let flat = table(&schema, "flat");
    assert!(flat.without_rowid && flat.primary_key == ["c", "a"]);
    assert!(table(&schema, "strict").strict && !flat.strict);
    assert!(
        schema
            .tables
            .iter()
            .all(|table| table.kind == TableKind::Ordinary)
    );
    assert!(schema.tables.iter().all(|table| table.unreadable.is_none()));
}

#[test]
fn columns_with_everything() {
    let schema = schema_of(
        "CREATE TABLE t(a VARCHAR(10) NOT NULL DEFAULT 'it''s' COLLATE NOCASE,
            b DEFAULT (1 + 2), c NUMERIC(36, 12) CHECK (c >= 0), d TEXT DEFAULT NULL,
            e AS (a || ')') VIRTUAL, \"f f\" INT GENERATED ALWAYS AS (b * 2) STORED,
            CONSTRAINT positive CHECK (b > 0 OR a = ','));",
    );
    let columns = &table(&schema, "t").columns;
    let a = &columns[0];
    assert_eq!(
        (a.declared_type.as_str(), a.collation.as_str(), a.not_null),
        ("VARCHAR(10)", "NOCASE", true)
    );
    assert_eq!(a.default_sql.as_deref(), Some("'it''s'"));
    assert_eq!(columns[1].default_sql.as_deref(), Some("1 + 2"));
    assert_eq!(columns[1].declared_type, "");
    assert_eq!(columns[2].declared_type, "NUMERIC(36, 12)");
    assert_eq!(columns[2].default_sql, None);
    assert_eq!(columns[3].default_sql.as_deref(), Some("NULL"));
    let generated = |stored, expression: &str| {
        Some(RawGenerated {
            stored,
            expression: expression.to_owned(),
        })
    };
    assert_eq!(columns[4].generated, generated(false, "a || ')'"));
    assert_eq!(columns[5].generated, generated(true, "b * 2"));
    let checks: Vec<_> = table(&schema, "t")
        .checks
        .iter()
        .map(|check| check.expression.as_str())
        .collect();
    assert_eq!(checks, ["c >= 0", "b > 0 OR a = ','"]);
    assert_eq!(
        table(&schema, "t").checks[1].name.as_deref(),
        Some("positive")
    );
}

#[test]
fn indexes_in_the_order_of_their_creation() {
    let schema = schema_of(
        "CREATE TABLE t(a TEXT PRIMARY KEY, b UNIQUE, c TEXT COLLATE NOCASE);
         CREATE UNIQUE INDEX z ON t(c DESC, b COLLATE RTRIM) WHERE b > 1;
         CREATE INDEX e ON t(lower(a), c);",
    );
    let indexes = &table(&schema, "t").indexes;
    let origins: Vec<_> = indexes.iter().map(|index| index.origin).collect();
    use IndexOrigin::{Create, PrimaryKey, Unique};
    assert_eq!(origins, [PrimaryKey, Unique, Create, Create]);
    let z = &indexes[2];
    assert!(z.unique && z.partial && z.sql.as_deref().unwrap().ends_with("WHERE b > 1"));
    let column = |name: Option<&str>, descending, collation: &str| RawIndexColumn {
        name: name.map(ToOwned::to_owned),
        descending,
        collation: collation.to_owned(),
    };
    assert_eq!(
        z.columns,
        [
            column(Some("c"), true, "NOCASE"),
            column(Some("b"), false, "RTRIM")
        ]
    );
    assert_eq!(
        indexes[3].columns,
        [
            column(None, false, "BINARY"),
            column(Some("c"), false, "NOCASE")
        ]
    );
    assert_eq!(indexes[0].sql, None);
}

#[test]
fn foreign_keys_in_the_order_of_their_declaration() {
    let schema = schema_of(
        "CREATE TABLE child(a REFERENCES Parent DEFERRABLE INITIALLY DEFERRED, b, c,
            FOREIGN KEY (b, c) REFERENCES pair(x, y) ON DELETE CASCADE ON UPDATE SET NULL,
            FOREIGN KEY (c, b) REFERENCES pair, FOREIGN KEY (a) REFERENCES absent);
         CREATE TABLE parent(id INTEGER PRIMARY KEY);
         CREATE TABLE pair(x, y, PRIMARY KEY (y, x));",
    );
    let keys = &table(&schema, "child").foreign_keys;
    let ends: Vec<_> = keys
        .iter()
        .map(|key| {
            (
                key.columns.join(","),
                key.parent_table.as_str(),
                key.parent_columns.join(","),
            )
        })
        .collect();
    let end = |from: &str, to, columns: &str| (from.to_owned(), to, columns.to_owned());
    assert_eq!(
        ends,
        [
            end("a", "Parent", "id"),
            end("b,c", "pair", "x,y"),
            end("c,b", "pair", "y,x"),
            end("a", "absent", "")
        ]
    );
    assert_eq!(
        keys.iter().map(|key| key.deferred).collect::<Vec<_>>(),
        [true, false, false, false]
    );
    assert_eq!(
        (keys[1].on_update.as_str(), keys[1].on_delete.as_str()),
        ("SET NULL", "CASCADE")
    );
}

#[test]
fn virtual_and_shadow_tables() {
    let schema = schema_of(
        "CREATE VIRTUAL TABLE f USING fts5(body); CREATE TABLE f_other(a);
         PRAGMA writable_schema = ON;
         INSERT INTO sqlite_schema VALUES
           ('table', 'gone', 'gone', 0, 'CREATE VIRTUAL TABLE gone USING elsewhere(x)');",
    );
    let fts = table(&schema, "f");
    assert_eq!(
        fts.kind,
        TableKind::Virtual {
            module: "fts5".to_owned()
        }
    );
    assert_eq!(fts.rowid_name.as_deref(), Some("_rowid_"));
    assert!(
        fts.columns
            .iter()
            .any(|column| column.name == "body" && !column.hidden)
    );
    assert!(fts.columns.iter().any(|column| column.hidden));
    assert_eq!(table(&schema, "f_content").kind, TableKind::Shadow);
    assert_eq!(table(&schema, "f_other").kind, TableKind::Ordinary);
    let gone = table(&schema, "gone");
    assert!(
        gone.unreadable.as_deref().unwrap().contains("elsewhere"),
        "{gone:?}"
    );
    assert_eq!(
        gone.kind,
        TableKind::Virtual {
            module: "elsewhere".to_owned()
        }
    );
}

#[test]
fn utf16_and_odd_names() {
    let schema = schema_of(
        "PRAGMA encoding = 'UTF-16be'; CREATE TABLE \"wörld 💰 \"\"q\"\"\"(\"a,b(\" TEXT COLLATE RTRIM, [c]);
         CREATE INDEX \"i'x\" ON \"wörld 💰 \"\"q\"\"\"(\"a,b(\");",
    );
    assert_eq!(schema.encoding, "UTF-16be");
    let table = table(&schema, "wörld 💰 \"q\"");
    assert_eq!(table.columns[0].name, "a,b(");
    assert_eq!(table.columns[0].collation, "RTRIM");
    assert_eq!(table.indexes[0].columns[0].name.as_deref(), Some("a,b("));
}
