//! Reads a chunk of the snapshot and turns it into batches of parameters.

use cbtrade_mysql::mysql_async::Value;
use cbtrade_schema::model::Walk;
use cbtrade_schema::{Carriage, Departure, Encoded, TablePlan};
use cbtrade_sqlite::{Database, Scan, ScanError, ScanOrder, ValueRef};
use tokio::sync::mpsc::Sender;

use super::Task;
use crate::census::value_bytes;
use crate::error::Error;

/// Rows for one INSERT.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Parameters, row after row.
    pub(super) values: Vec<Value>,
    /// How many rows.
    pub(super) rows: usize,
    /// Originals that are kept beside these rows.
    pub(super) originals: Vec<Original>,
}

/// A value that its column cannot show.
#[derive(Debug)]
pub(super) struct Original {
    pub(super) row: i64,
    /// Number of the column among the filled ones.
    pub(super) column: usize,
    pub(super) class: &'static str,
    pub(super) bytes: Vec<u8>,
    pub(super) reason: &'static str,
}

/// Parameters of one INSERT: the driver keeps a description of each, some 250 bytes, for as long as the statement lives.
const PARAMETERS_MAX: usize = 8_000;

/// Rows of one INSERT where they are narrow: more bring nothing.
const BATCH_ROWS_MAX: usize = 1000;

/// Bytes of one INSERT, roughly: well below the smallest default packet.
const BATCH_BYTES: u64 = 1 << 20;

/// Bytes after which an INSERT is sent whatever its number of rows, for tables with a few very large ones.
const BATCH_BYTES_MAX: u64 = 4 << 20;

/// The smallest max_allowed_packet that servers allow.
const PACKET_BYTES_MIN: u64 = 1024;

/// Row counts that divide the rows of a chunk, so that nearly all INSERTs of a table are the same statement.
const BATCH_ROWS: [usize; 10] = [BATCH_ROWS_MAX, 500, 250, 200, 100, 50, 20, 10, 5, 2];

/// Rows of a full INSERT into a table with so many parameters and bytes per row.
fn batch_rows(parameters_per_row: usize, bytes_per_row: u64, packet_bytes_max: u64) -> usize {
    let by_parameters = PARAMETERS_MAX / parameters_per_row.max(1);
    let by_bytes = usize::try_from(BATCH_BYTES.min(packet_bytes_max / 4) / bytes_per_row.max(1))
        .unwrap_or(BATCH_ROWS_MAX);
    let most = by_parameters.min(by_bytes);
    BATCH_ROWS
        .into_iter()
        .find(|rows| *rows <= most)
        .unwrap_or(1)
}

/// One column's way from the scan to the statement.
enum Feed {
    /// Column of the scan, with its rules.
    Scanned(usize, Carriage),
    /// The row's address.
    Address,
    /// The same text for each row.
    Constant(Vec<u8>),
}

/// What stops a read: the receiver is gone, or a value that the plan did not foresee.
enum Stopped {
    Receiver,
    Value(Error),
}

/// Reads the chunk and sends its batches; blocks, so it runs on a thread of its own.
pub(super) fn read_chunk(
    database: &Database,
    plan: &TablePlan,
    task: Task,
    packet_bytes_max: u64,
    sender: &Sender<Batch>,
) -> Result<(), Error> {
    let (scan_columns, feeds) = feeds(plan);
    let order = match &plan.walk {
        Walk::Rowid(name) => ScanOrder::Rowid(name.clone()),
        Walk::Natural => ScanOrder::Natural,
    };
    let scan = Scan {
        table: plan.source.clone(),
        columns: scan_columns,
        order,
        first: Some(task.chunk.first),
        last: Some(task.chunk.last),
    };
    let packet_bytes_max = packet_bytes_max.max(PACKET_BYTES_MIN);
    let rows_max = batch_rows(feeds.len(), task.row_bytes, packet_bytes_max);
    // Half a packet leaves room for what the protocol adds, whatever the rows are.
    let bytes_max = BATCH_BYTES_MAX.min(packet_bytes_max / 2);
    let mut batch = Batch::default();
    let mut bytes = 0_u64;
    let mut rows = 0_u64;
    let visited = database.scan(&scan, |address, row| {
        let fetched = |error: cbtrade_sqlite::rusqlite::Error| {
            Stopped::Value(Error::Bug(format!(
                "table {}, row {address}: a value cannot be fetched: {error}",
                plan.source
            )))
        };
        let row_bytes = row_bytes(&feeds, row).map_err(fetched)?;
        if batch.rows > 0 && bytes + row_bytes > bytes_max {
            bytes = 0;
            sender
                .blocking_send(std::mem::take(&mut batch))
                .map_err(|_| Stopped::Receiver)?;
        }
        push_row(&feeds, address, row, &mut batch).map_err(fetched)?;
        bytes += row_bytes;
        rows += 1;
        if batch.rows >= rows_max {
            bytes = 0;
            sender
                .blocking_send(std::mem::take(&mut batch))
                .map_err(|_| Stopped::Receiver)?;
        }
        Ok(())
    });
    match visited {
        Ok(_) => {}
        Err(ScanError::Visit(Stopped::Receiver)) => return Ok(()),
        Err(ScanError::Visit(Stopped::Value(error))) => return Err(error),
        Err(ScanError::Database(source)) => {
            return Err(Error::table(&plan.source, source));
        }
    }
    if rows != task.chunk.rows {
        return Err(Error::Bug(format!(
            "table {}: the census counted {} rows from {} to {}, the copy read {rows}",
            plan.source, task.chunk.rows, task.chunk.first, task.chunk.last
        )));
    }
    if batch.rows > 0 {
        // A receiver that is gone has its own error to report.
        let _ = sender.blocking_send(batch);
    }
    Ok(())
}

fn feeds(plan: &TablePlan) -> (Vec<String>, Vec<Feed>) {
    let mut scan_columns = Vec::new();
    let mut feeds = Vec::new();
    for column in plan.filled_columns() {
        match (&column.source, &column.constant) {
            (Some(source), _) => {
                scan_columns.push(source.clone());
                feeds.push(Feed::Scanned(scan_columns.len(), column.carriage()));
            }
            (None, Some(constant)) => feeds.push(Feed::Constant(constant.clone().into_bytes())),
            (None, None) => {}
        }
    }
    if matches!(plan.key, cbtrade_schema::RowKey::Added(_)) {
        feeds.push(Feed::Address);
    }
    (scan_columns, feeds)
}

/// Bytes of a row on the way to the server, roughly.
fn row_bytes(
    feeds: &[Feed],
    row: &cbtrade_sqlite::rusqlite::Row<'_>,
) -> Result<u64, cbtrade_sqlite::rusqlite::Error> {
    let mut bytes = 0;
    for feed in feeds {
        bytes += match feed {
            Feed::Scanned(at, _) => value_bytes(row.get_ref(*at)?),
            Feed::Address => 9,
            Feed::Constant(text) => text.len() as u64 + 4,
        };
    }
    Ok(bytes)
}

fn push_row(
    feeds: &[Feed],
    address: i64,
    row: &cbtrade_sqlite::rusqlite::Row<'_>,
    batch: &mut Batch,
) -> Result<(), cbtrade_sqlite::rusqlite::Error> {
    for (number, feed) in feeds.iter().enumerate() {
        let value = match feed {
            Feed::Scanned(at, carriage) => {
                let value = row.get_ref(*at)?;
                let (encoded, departure) = carriage.encode(value);
                if let Departure::Original(reason) = departure {
                    let (class, bytes) = original_of(value);
                    batch.originals.push(Original {
                        row: address,
                        column: number,
                        class,
                        bytes,
                        reason: reason.as_str(),
                    });
                }
                parameter(encoded)
            }
            Feed::Address => Value::Int(address),
            Feed::Constant(text) => Value::Bytes(text.clone()),
        };
        batch.values.push(value);
    }
    batch.rows += 1;
    Ok(())
}

fn parameter(encoded: Encoded) -> Value {
    match encoded {
        Encoded::Null => Value::NULL,
        Encoded::Integer(integer) => Value::Int(integer),
        Encoded::Double(double) => Value::Double(double),
        Encoded::Bytes(bytes) => Value::Bytes(bytes),
        Encoded::DateTime(year, month, day, hour, minute, second, micros) => {
            Value::Date(year, month, day, hour, minute, second, micros)
        }
    }
}

/// An original as bytes: numbers as the eight bytes of their bits, most significant first.
fn original_of(value: ValueRef<'_>) -> (&'static str, Vec<u8>) {
    match value {
        ValueRef::Null => ("null", Vec::new()),
        ValueRef::Integer(integer) => ("integer", integer.to_be_bytes().to_vec()),
        ValueRef::Real(real) => ("real", real.to_bits().to_be_bytes().to_vec()),
        ValueRef::Text(text) => ("text", text.to_vec()),
        ValueRef::Blob(blob) => ("blob", blob.to_vec()),
    }
}
