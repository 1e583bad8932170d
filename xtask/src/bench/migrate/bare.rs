//! The driver alone: prepared 1000-row INSERTs of rows that were read before, in transactions as large as the tool's,
//! over one connection.

use std::time::{Duration, Instant};

use cbtrade_mysql::mysql_async::prelude::Queryable as _;
use cbtrade_mysql::mysql_async::{Conn, Params, Statement, Value};
use cbtrade_sqlite::ValueRef;
use cbtrade_sqlite::rusqlite::{Connection, Row};

use super::super::Result;
use super::source::Plain;
use super::tables::TABLES;

const INSERT_ROWS: usize = 1000;
const TRANSACTION_ROWS: usize = 20_000;

/// Inserts all rows; returns the seconds in which the server was at work, without the reading.
pub(super) async fn insert(conn: &mut Conn, plain: &Plain) -> Result<f64> {
    let source = Connection::open(&plain.path)?;
    let mut took = Duration::ZERO;
    for table in TABLES {
        took += insert_table(conn, &source, table).await?;
    }
    Ok(took.as_secs_f64())
}

async fn insert_table(conn: &mut Conn, source: &Connection, table: &str) -> Result<Duration> {
    let mut took = Duration::ZERO;
    let mut prepared: Option<(usize, Statement)> = None;
    let mut after = 0_i64;
    loop {
        let (batches, columns) = read(source, table, after)?;
        after += i64::try_from(TRANSACTION_ROWS)?;
        if batches.is_empty() {
            return Ok(took);
        }
        let begun = Instant::now();
        conn.query_drop("START TRANSACTION").await?;
        for batch in batches {
            let rows = batch.len() / columns;
            let statement = match prepared.take() {
                Some((size, statement)) if size == rows => statement,
                _ => {
                    let row = format!("({})", vec!["?"; columns].join(","));
                    let list = vec![row; rows].join(",");
                    conn.prep(format!("INSERT INTO {table} VALUES {list}"))
                        .await?
                }
            };
            conn.exec_drop(&statement, Params::Positional(batch))
                .await?;
            prepared = Some((rows, statement));
        }
        conn.query_drop("COMMIT").await?;
        took += begun.elapsed();
    }
}

/// The rows of one transaction as parameters of its INSERTs, and how many columns a row has.
fn read(source: &Connection, table: &str, after: i64) -> Result<(Vec<Vec<Value>>, usize)> {
    let mut statement = source.prepare_cached(&format!(
        "SELECT * FROM {table} NOT INDEXED WHERE rowid > ?1 ORDER BY rowid LIMIT {TRANSACTION_ROWS}"
    ))?;
    let columns = statement.column_count();
    let mut batches: Vec<Vec<Value>> = Vec::new();
    let mut rows = statement.query([after])?;
    while let Some(row) = rows.next()? {
        let full = |batch: &Vec<Value>| batch.len() >= INSERT_ROWS * columns;
        if batches.last().is_none_or(full) {
            batches.push(Vec::with_capacity(INSERT_ROWS * columns));
        }
        if let Some(batch) = batches.last_mut() {
            push(row, columns, batch)?;
        }
    }
    Ok((batches, columns))
}

fn push(row: &Row<'_>, columns: usize, batch: &mut Vec<Value>) -> Result<()> {
    for column in 0..columns {
        batch.push(match row.get_ref(column)? {
            ValueRef::Null => Value::NULL,
            ValueRef::Integer(integer) => Value::Int(integer),
            ValueRef::Real(real) => Value::Double(real),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        });
    }
    Ok(())
}
