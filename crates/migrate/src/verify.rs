//! Compares every value of both sides, read anew, by code that the copier does not use.
//!
//! [`expect`] says from a source value what the target must show, [`actual`] reads what it shows; both write the same
//! canonical bytes. Tables are walked in key order side by side (`ordered`); where the keys do not meet, or there is no
//! certain order, rows are compared as multisets (`multiset`). Originals kept beside rows are compared apart
//! (`originals`). Digests of both canonical streams go into the proof.

mod actual;
mod canonical;
mod expect;
mod multiset;
mod ordered;
mod originals;
mod stream;
mod trader;

use std::sync::Arc;

use cbtrade_mysql::{Session, Target};
use cbtrade_schema::{RowKey, TablePlan};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::progress::{Event, Progress};
use crate::source::Source;
use crate::target::connect;

pub use trader::{TraderFigure, TraderFigures};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Table in the target, with its database.
    pub table: String,
    /// The row, by its key or address.
    pub row: String,
    /// The column; empty for a whole row.
    pub column: String,
    /// What the source demands.
    pub source: String,
    /// What the target shows.
    pub target: String,
}

/// What was found in one table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableVerdict {
    /// Table in the target, with its database.
    pub table: String,
    /// Rows read on the source's side.
    pub source_rows: u64,
    /// Rows read on the target's side.
    pub target_rows: u64,
    /// Values compared.
    pub values: u64,
    /// Originals kept beside rows.
    pub originals: u64,
    /// How the rows were brought together: in order, or as a multiset.
    pub method: String,
    /// Digest of what the source demands, with the originals.
    pub source_digest: String,
    /// Digest of what the target shows, with the originals.
    pub target_digest: String,
    /// All differences counted.
    pub differences: u64,
    /// The first of them.
    pub listed: Vec<Difference>,
}

/// What was found in all tables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Table by table.
    pub tables: Vec<TableVerdict>,
    /// The same in a trader's words.
    pub trader: TraderFigures,
}

impl Verdict {
    /// Differences in all, those in the trader's figures included.
    #[must_use]
    pub fn differences(&self) -> u64 {
        self.tables
            .iter()
            .map(|table| table.differences)
            .sum::<u64>()
            + self.trader.differences()
    }

    /// One digest over the digests of all tables: source, target.
    #[must_use]
    pub fn digests(&self) -> (String, String) {
        let mut source = blake3::Hasher::new();
        let mut target = blake3::Hasher::new();
        for table in &self.tables {
            for (hasher, digest) in [
                (&mut source, &table.source_digest),
                (&mut target, &table.target_digest),
            ] {
                hasher.update(table.table.as_bytes());
                hasher.update(&[0]);
                hasher.update(digest.as_bytes());
            }
        }
        (
            source.finalize().to_hex().to_string(),
            target.finalize().to_hex().to_string(),
        )
    }
}

/// What one table's verification works on.
#[derive(Clone)]
pub(crate) struct TableWork {
    pub(crate) number: usize,
    pub(crate) plan: Arc<TablePlan>,
    pub(crate) database: std::path::PathBuf,
    pub(crate) target: Target,
    pub(crate) ledger: Ledger,
    /// Differences that are listed one by one; the others are counted.
    pub(crate) listed_max: usize,
    pub(crate) progress: Arc<dyn Progress>,
}

/// Differences that are listed one by one, unless asked otherwise.
pub const LISTED_MAX: usize = 100;

/// Compares everything.
///
/// # Errors
/// A side that cannot be read. Differences are no error here.
pub(crate) async fn verify(
    plan: &Plan,
    sources: &[Source],
    ledger: &Ledger,
    target: &Target,
    workers: usize,
    listed_max: usize,
    progress: &Arc<dyn Progress>,
) -> Result<Verdict, Error> {
    let works: Vec<TableWork> = plan
        .tables
        .iter()
        .enumerate()
        .map(|(number, table)| TableWork {
            number,
            plan: Arc::new(table.clone()),
            database: sources[table.file].database.clone(),
            target: target.clone(),
            ledger: ledger.clone(),
            listed_max,
            progress: Arc::clone(progress),
        })
        .collect();
    let mut verdicts: Vec<Option<TableVerdict>> = vec![None; works.len()];
    // The largest first, so that no worker is left with one at the end.
    let mut order: Vec<usize> = (0..works.len()).collect();
    order.sort_by_key(|number| std::cmp::Reverse(plan.tables[*number].rows));
    let mut queue = order.into_iter();
    let mut running = tokio::task::JoinSet::new();
    loop {
        while running.len() < workers.max(1)
            && let Some(number) = queue.next()
        {
            let work = works[number].clone();
            running
                .spawn(async move { verify_table(&work).await.map(|verdict| (number, verdict)) });
        }
        let Some(joined) = running.join_next().await else {
            break;
        };
        let (number, verdict) =
            joined.unwrap_or_else(|error| Err(Error::Bug(format!("a verifier ended: {error}"))))?;
        verdicts[number] = Some(verdict);
    }
    let mut session = connect(target).await?;
    let mut tables: Vec<TableVerdict> = verdicts.into_iter().flatten().collect();
    whole_tables(&mut session, plan, &mut tables).await?;
    stray_originals(&mut session, plan, ledger, &mut tables).await?;
    let trader = trader::figures(&mut session, plan, sources).await?;
    session.close().await;
    Ok(Verdict { tables, trader })
}

async fn verify_table(work: &TableWork) -> Result<TableVerdict, Error> {
    let mut verdict = if work.plan.order.is_empty() {
        multiset::compare(work).await?
    } else {
        match ordered::compare(work).await? {
            Some(verdict) => verdict,
            // The keys of the two sides do not meet: which rows are missing or added, multisets tell.
            None => multiset::compare(work).await?,
        }
    };
    originals::compare(work, &mut verdict).await?;
    Ok(verdict)
}

/// Rows of a target table that no source table accounts for (tables that are put together from several).
async fn whole_tables(
    session: &mut Session,
    plan: &Plan,
    tables: &mut [TableVerdict],
) -> Result<(), Error> {
    for table in plan.target_tables() {
        let parts: Vec<usize> = plan
            .tables
            .iter()
            .enumerate()
            .filter(|(_, other)| other.database == table.database && other.name == table.name)
            .map(|(number, _)| number)
            .collect();
        if parts.len() < 2 {
            continue;
        }
        let sql = format!(
            "SELECT COUNT(*) FROM {}",
            cbtrade_schema::ddl::qualified(&table.database, &table.name)
        );
        let counted: Vec<u64> = session.query(&sql).await.map_err(Error::server(format!(
            "the rows of `{}` could not be counted",
            table.name
        )))?;
        let counted = counted.first().copied().unwrap_or(0);
        let accounted: u64 = parts.iter().map(|number| tables[*number].target_rows).sum();
        if counted != accounted {
            let verdict = &mut tables[parts[0]];
            verdict.differences += counted.abs_diff(accounted);
            verdict.listed.push(Difference {
                table: verdict.table.clone(),
                row: "whole table".into(),
                column: String::new(),
                source: format!("{accounted} rows"),
                target: format!("{counted} rows"),
            });
        }
    }
    Ok(())
}

/// Originals in the ledger that belong to no table of the plan.
async fn stray_originals(
    session: &mut Session,
    plan: &Plan,
    ledger: &Ledger,
    tables: &mut [TableVerdict],
) -> Result<(), Error> {
    let sql = format!(
        "SELECT COUNT(*) FROM {} WHERE table_number < 0 OR table_number >= ?",
        cbtrade_schema::ddl::qualified(&ledger.database, crate::ledger::ORIGINAL_TABLE)
    );
    let counted: Vec<u64> = session
        .query_with(&sql, (plan.tables.len() as u64,))
        .await
        .map_err(Error::server("the kept originals could not be counted"))?;
    let stray = counted.first().copied().unwrap_or(0);
    if stray > 0
        && let Some(verdict) = tables.first_mut()
    {
        verdict.differences += stray;
        verdict.listed.push(Difference {
            table: crate::ledger::ORIGINAL_TABLE.into(),
            row: "originals of no table".into(),
            column: String::new(),
            source: "0".into(),
            target: stray.to_string(),
        });
    }
    Ok(())
}

/// Names of the compared columns: the added key first, then the filled columns.
pub(crate) fn compared_columns(plan: &TablePlan) -> Vec<String> {
    let added = match &plan.key {
        RowKey::Added(name) => Some(name.clone()),
        RowKey::Columns(_) => None,
    };
    added
        .into_iter()
        .chain(
            plan.filled_columns()
                .filter(|column| column.constant.is_none())
                .map(|column| column.name.clone()),
        )
        .collect()
}

pub(crate) fn report_rows(work: &TableWork, rows: u64) {
    work.progress.report(Event::Rows {
        table: work.plan.name.clone(),
        rows,
    });
}
