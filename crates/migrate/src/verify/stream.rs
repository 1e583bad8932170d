//! Both sides of a table as streams of canonical rows.

use std::sync::Arc;

use cbtrade_mysql::mysql_async::prelude::Queryable;
use cbtrade_mysql::mysql_async::{Params, Value};
use cbtrade_mysql::{Session, SessionOptions};
use cbtrade_schema::ddl::{qualified, quote_identifier};
use cbtrade_schema::model::Walk;
use cbtrade_schema::{ColumnType, RowKey, TablePlan};
use cbtrade_sqlite::{Database, Scan, ScanError, ScanOrder, ValueRef};
use tokio::sync::mpsc;

use super::canonical::RowBytes;
use super::expect::Rules;
use super::{TableWork, actual};
use crate::error::Error;

/// Canonical rows, one after the other.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) rows: RowBytes,
    /// Where each row ends.
    pub(super) ends: Vec<usize>,
    /// Address of each row (source only).
    pub(super) addresses: Vec<i64>,
    /// Originals that must be kept beside these rows (source only).
    pub(super) kept: u64,
}

impl Batch {
    /// The rows one by one.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.rows.bytes[start..*end])
    }

    fn full(&self) -> bool {
        self.ends.len() >= BATCH_ROWS_MAX || self.rows.bytes.len() >= BATCH_BYTES_MAX
    }
}

const BATCH_ROWS_MAX: usize = 512;
const BATCH_BYTES_MAX: usize = 1 << 20;
const BATCHES_WAITING_MAX: usize = 4;

/// One side of a table: batches, then `None`; an error in place of a batch ends it.
pub(super) type Side = mpsc::Receiver<Result<Batch, Error>>;

/// In which order the rows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The plan's order of verification.
    Planned,
    /// Whatever is fastest.
    Any,
}

/// The source's side: what must be shown.
pub(super) fn source(work: &TableWork, order: Order) -> Side {
    let (sender, receiver) = mpsc::channel(BATCHES_WAITING_MAX);
    let plan = Arc::clone(&work.plan);
    let path = work.database.clone();
    tokio::task::spawn_blocking(move || {
        if let Err(error) = read_source(&plan, &path, order, &sender) {
            // A receiver that is gone has its own error to report.
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

fn scan_of(plan: &TablePlan, order: Order) -> Scan {
    let rowid = match &plan.walk {
        Walk::Rowid(name) => Some(name.clone()),
        Walk::Natural => None,
    };
    let walk = rowid.clone().map_or(ScanOrder::Natural, ScanOrder::Rowid);
    let order = match (&plan.key, order) {
        (RowKey::Added(_), _) | (_, Order::Any) => walk,
        (RowKey::Columns(_), Order::Planned) => {
            let keys: Vec<&cbtrade_schema::ColumnPlan> = plan
                .order
                .iter()
                .filter_map(|part| plan.columns.iter().find(|column| column.name == part.name))
                .collect();
            let columns: Vec<String> = keys
                .iter()
                .filter_map(|column| column.source.clone())
                .collect();
            // The rowid itself is the fastest way through a table whose key it is.
            if keys.len() == 1 && keys[0].auto_increment && rowid.is_some() {
                walk
            } else {
                ScanOrder::By { columns, rowid }
            }
        }
    };
    let columns = plan
        .filled_columns()
        .filter_map(|column| column.source.clone())
        .collect();
    Scan {
        table: plan.source.clone(),
        columns,
        order,
        first: None,
        last: None,
    }
}

enum Stopped {
    Receiver,
    Value(String),
}

fn read_source(
    plan: &TablePlan,
    path: &std::path::Path,
    order: Order,
    sender: &mpsc::Sender<Result<Batch, Error>>,
) -> Result<(), Error> {
    let failed = |source| Error::table(&plan.source, source);
    let database = Database::open_snapshot(path).map_err(failed)?;
    let rules: Vec<Rules> = plan
        .filled_columns()
        .filter(|column| column.source.is_some())
        .map(Rules::of)
        .collect();
    let addressed = matches!(plan.key, RowKey::Added(_));
    let mut batch = Batch::default();
    let scanned = database.scan(&scan_of(plan, order), |address, row| {
        if addressed {
            batch.rows.integer(address);
        }
        for (position, rule) in rules.iter().enumerate() {
            let value: ValueRef<'_> = row
                .get_ref(position + 1)
                .map_err(|error| Stopped::Value(error.to_string()))?;
            batch.kept += u64::from(rule.expect(value, &mut batch.rows));
        }
        batch.ends.push(batch.rows.bytes.len());
        batch.addresses.push(address);
        if batch.full() {
            sender
                .blocking_send(Ok(std::mem::take(&mut batch)))
                .map_err(|_| Stopped::Receiver)?;
        }
        Ok(())
    });
    match scanned {
        Ok(_) => {}
        Err(ScanError::Visit(Stopped::Receiver)) => return Ok(()),
        Err(ScanError::Visit(Stopped::Value(why))) => {
            return Err(Error::Bug(format!(
                "a value of table {} could not be fetched: {why}",
                plan.source
            )));
        }
        Err(ScanError::Database(source)) => return Err(failed(source)),
    }
    if !batch.ends.is_empty() {
        let _ = sender.blocking_send(Ok(batch));
    }
    Ok(())
}

/// The target's side: what is shown.
pub(super) fn target(work: &TableWork, order: Order) -> Side {
    let (sender, receiver) = mpsc::channel(BATCHES_WAITING_MAX);
    let work = work.clone();
    tokio::spawn(async move {
        if let Err(error) = read_target(&work, order, &sender).await {
            let _ = sender.send(Err(error)).await;
        }
    });
    receiver
}

/// The query for the target's rows, with the constant columns as its condition.
fn target_query(plan: &TablePlan, order: Order) -> (String, Vec<Value>) {
    let columns: Vec<String> = super::compared_columns(plan)
        .iter()
        .map(|name| quote_identifier(name))
        .collect();
    // A table with no compared column at all still has rows to count.
    let selected = if columns.is_empty() {
        "1".to_owned()
    } else {
        columns.join(",")
    };
    let mut sql = format!(
        "SELECT {selected} FROM {}",
        qualified(&plan.database, &plan.name)
    );
    let constants: Vec<(&str, &str)> = plan
        .columns
        .iter()
        .filter_map(|column| {
            column
                .constant
                .as_deref()
                .map(|constant| (column.name.as_str(), constant))
        })
        .collect();
    if !constants.is_empty() {
        let conditions: Vec<String> = constants
            .iter()
            .map(|(name, _)| format!("{} = ?", quote_identifier(name)))
            .collect();
        sql.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
    }
    if order == Order::Planned {
        let parts: Vec<String> = plan
            .order
            .iter()
            .map(|part| {
                let name = quote_identifier(&part.name);
                if part.by_bytes {
                    format!("CAST({name} AS BINARY)")
                } else {
                    name
                }
            })
            .collect();
        sql.push_str(&format!(" ORDER BY {}", parts.join(",")));
    }
    (
        sql,
        constants
            .into_iter()
            .map(|(_, constant)| Value::from(constant))
            .collect(),
    )
}

async fn read_target(
    work: &TableWork,
    order: Order,
    sender: &mpsc::Sender<Result<Batch, Error>>,
) -> Result<(), Error> {
    let plan = &work.plan;
    let what = format!(
        "the rows of `{}`.`{}` could not be read back",
        plan.database, plan.name
    );
    let options = SessionOptions {
        read_only: true,
        ..crate::target::session_options()
    };
    let mut session = Session::open(&work.target, &options)
        .await
        .map_err(Error::server(what.clone()))?;
    let mut types: Vec<ColumnType> = plan
        .filled_columns()
        .filter(|column| column.constant.is_none())
        .map(|column| column.column_type)
        .collect();
    if matches!(plan.key, RowKey::Added(_)) {
        types.insert(0, ColumnType::BigInt);
    }
    let (sql, parameters) = target_query(plan, order);
    session
        .call(&sql, async |conn| {
            let parameters = if parameters.is_empty() {
                Params::Empty
            } else {
                Params::Positional(parameters.clone())
            };
            let mut result = conn.exec_iter(&sql, parameters).await?;
            let mut batch = Batch::default();
            while let Some(row) = result.next().await? {
                for (position, column_type) in types.iter().enumerate() {
                    actual::write(
                        row.as_ref(position).unwrap_or(&Value::NULL),
                        *column_type,
                        &mut batch.rows,
                    );
                }
                batch.ends.push(batch.rows.bytes.len());
                if batch.full() && sender.send(Ok(std::mem::take(&mut batch))).await.is_err() {
                    return Ok(());
                }
            }
            if !batch.ends.is_empty() {
                let _ = sender.send(Ok(batch)).await;
            }
            Ok(())
        })
        .await
        .map_err(Error::server(what))?;
    session.close().await;
    Ok(())
}
