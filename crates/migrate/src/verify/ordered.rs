//! Walks both sides in key order, row beside row.

use cbtrade_schema::{ColumnType, RowKey, TablePlan};

use super::canonical::{show, split};
use super::stream::{Batch, Order, Side, source, target};
use super::{Difference, TableVerdict, TableWork, compared_columns, report_rows};
use crate::error::Error;

/// One side with the batch at hand.
struct Cursor {
    side: Side,
    batch: Batch,
    at: usize,
    start: usize,
    hasher: blake3::Hasher,
    rows: u64,
    kept: u64,
}

impl Cursor {
    fn new(side: Side) -> Self {
        Self {
            side,
            batch: Batch::default(),
            at: 0,
            start: 0,
            hasher: blake3::Hasher::new(),
            rows: 0,
            kept: 0,
        }
    }

    /// Makes sure that a row is at hand; `false` at the end.
    async fn ready(&mut self) -> Result<bool, Error> {
        while self.at >= self.batch.ends.len() {
            match self.side.recv().await {
                None => return Ok(false),
                Some(batch) => {
                    self.batch = batch?;
                    self.hasher.update(&self.batch.rows.bytes);
                    self.kept += self.batch.kept;
                    self.rows += self.batch.ends.len() as u64;
                    (self.at, self.start) = (0, 0);
                }
            }
        }
        Ok(true)
    }

    fn row(&self) -> &[u8] {
        &self.batch.rows.bytes[self.start..self.batch.ends[self.at]]
    }

    fn step(&mut self) {
        self.start = self.batch.ends[self.at];
        self.at += 1;
    }
}

/// Columns of the key by their position among the compared ones.
pub(super) fn key_positions(plan: &TablePlan) -> Vec<usize> {
    let names = compared_columns(plan);
    let key = match &plan.key {
        RowKey::Added(name) => vec![name.clone()],
        RowKey::Columns(columns) => columns.clone(),
    };
    key.iter()
        .filter_map(|name| names.iter().position(|other| other == name))
        .collect()
}

/// Scale of each compared column, for showing decimals.
pub(super) fn scales(plan: &TablePlan) -> Vec<u32> {
    let scale = |name: &String| match plan
        .columns
        .iter()
        .find(|column| column.name == *name)
        .map(|column| column.column_type)
    {
        Some(ColumnType::Decimal { scale, .. }) => u32::from(scale),
        _ => 0,
    };
    compared_columns(plan).iter().map(scale).collect()
}

/// What tells a row from others, for people.
pub(super) fn row_label(plan: &TablePlan, values: &[&[u8]]) -> String {
    let names = compared_columns(plan);
    let scales = scales(plan);
    let keys = key_positions(plan);
    let parts: Vec<String> = keys
        .iter()
        .filter_map(|at| {
            values
                .get(*at)
                .map(|value| format!("{} = {}", names[*at], show(value, scales[*at])))
        })
        .collect();
    parts.join(", ")
}

/// Counts and lists the differences of two rows with the same key.
pub(super) fn differing_values(
    work: &TableWork,
    source: &[u8],
    target: &[u8],
    verdict: &mut TableVerdict,
) {
    let plan = &work.plan;
    let (names, scales) = (compared_columns(plan), scales(plan));
    let (source, target) = (split(source), split(target));
    for (at, name) in names.iter().enumerate() {
        let (one, other) = (
            source.get(at).copied().unwrap_or_default(),
            target.get(at).copied().unwrap_or_default(),
        );
        if one == other {
            continue;
        }
        verdict.differences += 1;
        if verdict.listed.len() < work.listed_max {
            verdict.listed.push(Difference {
                table: verdict.table.clone(),
                row: row_label(plan, &source),
                column: name.clone(),
                source: show(one, scales[at]),
                target: show(other, scales[at]),
            });
        }
    }
}

/// A verdict without findings.
pub(super) fn new_verdict(work: &TableWork, method: &str) -> TableVerdict {
    TableVerdict {
        table: format!("{}.{}", work.plan.database, work.plan.name),
        method: method.to_owned(),
        ..TableVerdict::default()
    }
}

/// Compares in order; `None` where the keys of the two sides do not meet.
pub(super) async fn compare(work: &TableWork) -> Result<Option<TableVerdict>, Error> {
    let keys = key_positions(&work.plan);
    let mut verdict = new_verdict(work, "in key order");
    let mut source = Cursor::new(source(work, Order::Planned));
    let mut target = Cursor::new(target(work, Order::Planned));
    let mut unreported = 0;
    loop {
        match (source.ready().await?, target.ready().await?) {
            (false, false) => break,
            (true, true) => {}
            _ => return Ok(None),
        }
        let (one, other) = (source.row(), target.row());
        if one != other {
            let (mine, theirs) = (split(one), split(other));
            if keys.iter().any(|at| mine.get(*at) != theirs.get(*at)) {
                return Ok(None);
            }
            differing_values(work, one, other, &mut verdict);
        }
        source.step();
        target.step();
        unreported += 1;
        if unreported == 8192 {
            report_rows(work, unreported);
            unreported = 0;
        }
    }
    report_rows(work, unreported);
    (verdict.source_rows, verdict.target_rows) = (source.rows, target.rows);
    verdict.values = source.rows * compared_columns(&work.plan).len() as u64;
    verdict.originals = source.kept;
    verdict.source_digest = source.hasher.finalize().to_hex().to_string();
    verdict.target_digest = target.hasher.finalize().to_hex().to_string();
    Ok(Some(verdict))
}
