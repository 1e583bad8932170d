//! Writes a chunk into the target, in one transaction with its line in the ledger.

use std::sync::Arc;

use cbtrade_mysql::Session;
use cbtrade_mysql::mysql_async::{Params, Value};
use cbtrade_schema::ddl::{qualified, quote_identifier};
use cbtrade_schema::{RowKey, TablePlan};
use cbtrade_sqlite::Database;
use tokio::sync::mpsc;

use super::reader::{Batch, read_chunk};
use super::{Shared, Task};
use crate::error::Error;

/// Batches that may wait for the server: one in the making, one on the way.
const BATCHES_WAITING_MAX: usize = 2;

/// Copies one chunk.
pub(super) async fn write_chunk(
    session: &mut Session,
    shared: &Arc<Shared>,
    task: Task,
) -> Result<(), Error> {
    let (sender, mut receiver) = mpsc::channel(BATCHES_WAITING_MAX);
    let reader = {
        let shared = Arc::clone(shared);
        tokio::task::spawn_blocking(move || {
            let plan = &shared.plan.tables[task.table];
            let path = &shared.sources[plan.file].database;
            let database =
                Database::open_snapshot(path).map_err(|source| Error::source(path, source))?;
            read_chunk(
                &database,
                plan,
                task,
                shared.plan.server.packet_bytes_max,
                &sender,
            )
        })
    };
    let written = write_batches(session, shared, task, &mut receiver).await;
    drop(receiver);
    let read = reader
        .await
        .unwrap_or_else(|error| Err(Error::Bug(format!("a reader ended: {error}"))));
    if let Err(error) = read.and(written) {
        // Whatever is wrong, nothing of this chunk stays; a lost connection has rolled back by itself.
        let _ = session.execute("ROLLBACK").await;
        return Err(error);
    }
    let failed = || {
        Error::server(format!(
            "chunk {} of table `{}` could not be committed",
            task.number, shared.plan.tables[task.table].name
        ))
    };
    let line = (number(task.table), number(task.number), task.chunk.rows);
    session
        .execute_with(&shared.ledger.chunk_sql(), line)
        .await
        .map_err(failed())?;
    session.execute("COMMIT").await.map(drop).map_err(failed())
}

async fn write_batches(
    session: &mut Session,
    shared: &Shared,
    task: Task,
    receiver: &mut mpsc::Receiver<Batch>,
) -> Result<(), Error> {
    let plan = &shared.plan.tables[task.table];
    let what = || {
        format!(
            "rows of table `{}` (addresses {} to {}) could not be written",
            plan.name, task.chunk.first, task.chunk.last
        )
    };
    session
        .execute("START TRANSACTION")
        .await
        .map_err(Error::server(what()))?;
    let mut statement = None;
    while let Some(batch) = receiver.recv().await {
        let prepared = match &statement {
            Some((rows, prepared)) if *rows == batch.rows => prepared,
            _ => {
                let prepared = session
                    .prepare(&insert_sql(plan, batch.rows))
                    .await
                    .map_err(Error::server(what()))?;
                &statement.insert((batch.rows, prepared)).1
            }
        };
        session
            .execute_prepared(prepared, Params::Positional(batch.values))
            .await
            .map_err(Error::server(what()))?;
        for original in batch.originals {
            let column = plan
                .filled_columns()
                .nth(original.column)
                .map_or("", |column| column.name.as_str());
            let values = vec![
                Value::from(number(task.table)),
                Value::from(original.row),
                Value::from(number(original.column)),
                Value::from(plan.name.as_str()),
                Value::from(column),
                Value::from(original.class),
                Value::Bytes(original.bytes),
                Value::from(original.reason),
            ];
            session
                .execute_with(&shared.ledger.original_sql(), Params::Positional(values))
                .await
                .map_err(Error::server(what()))?;
        }
    }
    Ok(())
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn insert_sql(plan: &TablePlan, rows: usize) -> String {
    let mut columns: Vec<String> = plan
        .filled_columns()
        .map(|column| quote_identifier(&column.name))
        .collect();
    if let RowKey::Added(name) = &plan.key {
        columns.push(quote_identifier(name));
    }
    let row = format!("({})", vec!["?"; columns.len()].join(","));
    format!(
        "INSERT INTO {} ({}) VALUES {}",
        qualified(&plan.database, &plan.name),
        columns.join(","),
        vec![row; rows].join(",")
    )
}

/// Whether the chunk's line is in the ledger.
pub(super) async fn arrived(
    session: &mut Session,
    shared: &Shared,
    task: Task,
) -> Result<bool, Error> {
    Ok(shared
        .ledger
        .chunks(session)
        .await?
        .contains(&(number(task.table), number(task.number))))
}
