//! The catalogue's statements on SQLite: the tables they make and how `dlm` is kept.
#![cfg(test)]

use cbtrade_catalog::{candle_table, sqlite_create_table, sqlite_indexes, sqlite_triggers, tables};
use cbtrade_sqlite::rusqlite::Connection;

/// A moment that is not now.
const LONG_AGO: &str = "2020-01-01 00:00:00";

fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for table in tables().iter().chain([candle_table()]) {
        connection
            .execute_batch(&sqlite_create_table(table, table.name))
            .unwrap();
        for sql in sqlite_indexes(table, table.name) {
            connection.execute_batch(&sql).unwrap();
        }
        for (_, sql) in sqlite_triggers(table, table.name) {
            connection.execute_batch(&sql).unwrap();
        }
    }
    connection
}

fn text(connection: &Connection, sql: &str) -> String {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn every_table_has_its_columns_and_keys() {
    let connection = database();
    for table in tables().iter().chain([candle_table()]) {
        let name = table.name;
        let columns = text(
            &connection,
            &format!("SELECT group_concat(name) FROM pragma_table_info('{name}')"),
        );
        let wanted: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        assert_eq!(columns, wanted.join(","), "{name}");
        let key = format!(
            "SELECT coalesce(group_concat(name), '') FROM (SELECT name FROM pragma_table_info('{name}') WHERE pk > 0 ORDER BY pk)"
        );
        assert_eq!(
            text(&connection, &key),
            table.primary_key.join(","),
            "{name}"
        );
        let uniques = format!(
            "SELECT CAST(count(*) AS TEXT) FROM pragma_index_list('{name}') WHERE origin = 'u'"
        );
        assert_eq!(
            text(&connection, &uniques),
            table.unique_keys.len().to_string(),
            "{name}"
        );
        let indexes = format!(
            "SELECT CAST(count(*) AS TEXT) FROM pragma_index_list('{name}') WHERE origin = 'c'"
        );
        assert_eq!(
            text(&connection, &indexes),
            table.indexes.len().to_string(),
            "{name}"
        );
    }
}

#[test]
fn numbers_are_not_given_out_twice_and_money_is_real() {
    let connection = database();
    connection.execute_batch("INSERT INTO poss (tot_out_cnt) VALUES (1), (2); DELETE FROM poss WHERE pos_id = 2; INSERT INTO poss (tot_out_cnt) VALUES (3)").unwrap();
    assert_eq!(
        text(
            &connection,
            "SELECT group_concat(pos_id || ' ' || typeof(tot_out_cnt)) FROM poss"
        ),
        "1 real,3 real"
    );
    assert_eq!(
        text(
            &connection,
            "SELECT test_txn_yn || sell_order_cnt || buy_cnt FROM poss"
        ),
        "N00.0"
    );
}

#[test]
fn an_update_moves_dlm_unless_it_is_given() {
    let connection = database();
    connection
        .execute_batch(&format!(
            "INSERT INTO sell_ords (so_id, dlm, dlm_unix, upd_dttm) VALUES (1, '{LONG_AGO}', 1577836800, '{LONG_AGO}')"
        ))
        .unwrap();
    let state = "SELECT (dlm > '2024') || (dlm_unix = CAST(strftime('%s', dlm) AS INTEGER)) || (upd_dttm > '2024') FROM sell_ords";
    assert_eq!(text(&connection, state), "010");
    connection
        .execute_batch("UPDATE sell_ords SET ord_stat = 'FILL'")
        .unwrap();
    assert_eq!(text(&connection, state), "111");
    connection
        .execute_batch(&format!(
            "UPDATE sell_ords SET dlm = '{LONG_AGO}', dlm_unix = 1577836800"
        ))
        .unwrap();
    assert_eq!(
        text(&connection, state),
        "011",
        "a dlm that was given stays, though upd_dttm moves"
    );
}
