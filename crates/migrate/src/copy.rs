//! Copies the rows: chunk by chunk, each in one transaction with its line in the ledger.

mod reader;
mod writer;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cbtrade_mysql::Target;

use crate::census::{Chunk, TableCensus};
use crate::error::Error;
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::progress::{Event, Progress};
use crate::source::Source;
use crate::target::{connect, reconnect};

/// One chunk to be copied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    /// Number of the table in the plan.
    pub(crate) table: usize,
    /// Number of the chunk in the table.
    pub(crate) number: usize,
    /// The rows.
    pub(crate) chunk: Chunk,
    /// Bytes of an average row of the table.
    pub(crate) row_bytes: u64,
}

/// Everything that the workers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) plan: Plan,
    pub(crate) sources: Vec<Source>,
    pub(crate) ledger: Ledger,
    pub(crate) target: Target,
    tasks: Vec<Task>,
    next: AtomicUsize,
    stop: AtomicBool,
}

/// Copies everything that has not arrived yet, with so many workers.
pub(crate) async fn copy(
    plan: &Plan,
    censuses: &[TableCensus],
    sources: &[Source],
    ledger: &Ledger,
    target: &Target,
    workers: usize,
    progress: &Arc<dyn Progress>,
) -> Result<(), Error> {
    let mut session = connect(target).await?;
    let arrived: HashSet<(u32, u32)> = ledger.chunks(&mut session).await?.into_iter().collect();
    session.close().await;
    let mut tasks = Vec::new();
    for (table, census) in censuses.iter().enumerate() {
        for (number, chunk) in census.chunks.iter().enumerate() {
            let key = (
                u32::try_from(table).unwrap_or(u32::MAX),
                u32::try_from(number).unwrap_or(u32::MAX),
            );
            if arrived.contains(&key) {
                progress.report(Event::Rows {
                    table: plan.tables[table].name.clone(),
                    rows: chunk.rows,
                });
            } else {
                tasks.push(Task {
                    table,
                    number,
                    chunk: *chunk,
                    row_bytes: census.profile.bytes / census.profile.rows.max(1),
                });
            }
        }
    }
    let workers = workers.clamp(1, tasks.len().max(1));
    let shared = Arc::new(Shared {
        plan: plan.clone(),
        sources: sources.to_vec(),
        ledger: ledger.clone(),
        target: target.clone(),
        tasks,
        next: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
    });
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..workers {
        let shared = Arc::clone(&shared);
        let progress = Arc::clone(progress);
        running.spawn(async move {
            let result = work(&shared, &progress).await;
            if result.is_err() {
                shared.stop.store(true, Ordering::Relaxed);
            }
            result
        });
    }
    let mut first_error = None;
    while let Some(joined) = running.join_next().await {
        let result =
            joined.unwrap_or_else(|error| Err(Error::Bug(format!("a copy worker ended: {error}"))));
        if let Err(error) = result {
            first_error.get_or_insert(error);
        }
    }
    first_error.map_or(Ok(()), Err)
}

/// Times that one chunk is tried again after the server threw its transaction away.
const CHUNK_ATTEMPTS_MAX: u32 = 20;

async fn work(shared: &Arc<Shared>, progress: &Arc<dyn Progress>) -> Result<(), Error> {
    let mut session = connect(&shared.target).await?;
    while !shared.stop.load(Ordering::Relaxed) {
        let Some(task) = shared
            .tasks
            .get(shared.next.fetch_add(1, Ordering::Relaxed))
            .copied()
        else {
            break;
        };
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match writer::write_chunk(&mut session, shared, task).await {
                Ok(()) => break,
                Err(error) => error,
            };
            let Error::Server { source, .. } = &error else {
                return Err(error);
            };
            let class = source.class();
            let again = class.is_reconnectable()
                || class == cbtrade_mysql::ErrorClass::RetryTransaction
                || matches!(**source, cbtrade_mysql::Error::Broken { .. });
            if !again || attempts >= CHUNK_ATTEMPTS_MAX {
                return Err(error);
            }
            progress.report(Event::Waiting(format!(
                "{source}; the chunk is copied again"
            )));
            session = reconnect(&shared.target, progress.as_ref()).await?;
            // The connection may have been lost after the commit: the ledger knows.
            if writer::arrived(&mut session, shared, task).await? {
                break;
            }
        }
        progress.report(Event::Rows {
            table: shared.plan.tables[task.table].name.clone(),
            rows: task.chunk.rows,
        });
    }
    session.close().await;
    Ok(())
}
