//! A small source with everything that a migration makes: several chunks, indexes, foreign keys, triggers, originals.

use std::path::Path;

use cbtrade_sqlite::rusqlite::{Connection, params};

/// Rows of table `ticks`, for several chunks.
pub(crate) const TICKS: i64 = 42_000;

/// Rows of each of the other tables.
const ROWS: i64 = 700;

/// The tables besides `ticks`, each with a column that numbers its rows from 1.
const OTHERS: [(&str, &str); 6] = [
    ("poss", "pos_id"),
    ("markets", "id"),
    ("orders", "id"),
    ("notes", "n"),
    ("keyless", "n"),
    ("mixed", "n"),
];

/// The tables, each with the column that numbers its rows from 1, and how many rows it has.
pub(crate) fn tables(ticks: i64) -> Vec<(&'static str, &'static str, i64)> {
    let others = OTHERS.iter().map(|(table, number)| (*table, *number, ROWS));
    std::iter::once(("ticks", "id", ticks))
        .chain(others)
        .collect()
}

/// Makes the file, with so many rows in table `ticks`.
pub(crate) fn make(path: &Path, ticks: i64) {
    let mut connection = Connection::open(path).unwrap();
    let poss = cbtrade_catalog::table("poss").unwrap();
    connection
        .execute_batch(&cbtrade_catalog::sqlite_create_table(poss, "poss"))
        .unwrap();
    connection
        .execute_batch(
            "CREATE TABLE ticks (id INTEGER PRIMARY KEY, market INTEGER, price REAL);
             CREATE INDEX ticks_market ON ticks (market, price);
             CREATE TABLE markets (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(40) UNIQUE);
             CREATE TABLE orders (id INTEGER PRIMARY KEY, market INTEGER REFERENCES markets (id), amount REAL CHECK (amount > 0));
             CREATE TABLE notes (market TEXT, day TEXT, n INTEGER, note TEXT, PRIMARY KEY (market, day)) WITHOUT ROWID;
             CREATE INDEX notes_note ON notes (note);
             CREATE TABLE keyless (n INTEGER, data BLOB);
             CREATE TABLE mixed (n INTEGER, v);",
        )
        .unwrap();
    let transaction = connection.transaction().unwrap();
    for row in 1..=ticks {
        transaction
            .prepare_cached("INSERT INTO ticks VALUES (?1, ?1 % 31, ?1 * 0.01)")
            .unwrap()
            .execute([row])
            .unwrap();
    }
    for row in 1..=ROWS {
        for sql in [
            "INSERT INTO markets VALUES (?1, 'market ' || ?1)",
            "INSERT INTO orders VALUES (?1, ?1, ?1 * 1.5)",
            "INSERT INTO notes VALUES ('BTC-USDC', 'day ' || ?1, ?1, 'note ' || ?1)",
            "INSERT INTO keyless VALUES (?1, randomblob(20))",
            "INSERT INTO poss (pos_id, prod_id, pos_stat, hold_cnt, bo_uuid, dlm) VALUES (?1, 'BTC-USDC', 'CLOSE', ?1 * 0.1, 'uuid ' || ?1, '2025-08-20 00:00:00')",
        ] {
            transaction
                .prepare_cached(sql)
                .unwrap()
                .execute([row])
                .unwrap();
        }
        // Texts like integers beside integers: their originals are kept.
        let value = if row % 2 == 0 {
            row.to_string()
        } else {
            "text".to_owned()
        };
        let sql = if row % 3 == 0 {
            "INSERT INTO mixed VALUES (?1, CAST(?2 AS INTEGER))"
        } else {
            "INSERT INTO mixed VALUES (?1, ?2)"
        };
        transaction.execute(sql, params![row, value]).unwrap();
    }
    transaction.commit().unwrap();
}
