//! Compares rows without an order: as multisets of row digests.
//!
//! Each row's BLAKE3 digest is added, as a 256-bit number, to the sum of one of 1,024 parts (equal rows add up, where an
//! XOR would cancel them). Parts whose count or sum differ are read again, and the rows that only one side has are
//! fetched and paired by key. Memory does not grow with the table, but with the number of differing rows, up to a limit.

use std::collections::HashMap;

use super::canonical::{show, split};
use super::ordered::{differing_values, key_positions, new_verdict, row_label, scales};
use super::stream::{Order, Side, source, target};
use super::{Difference, TableVerdict, TableWork, compared_columns, report_rows};
use crate::error::Error;

const PARTS: usize = 1024;

/// Digests of differing parts that are held at once; beyond it differences are counted by parts' row counts only.
const HELD_MAX: usize = 1_000_000;

/// A sum of 256-bit digests, and how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    words: [u64; 4],
}

impl Sum {
    fn add(&mut self, digest: &[u8; 32]) {
        self.rows += 1;
        let mut carry = false;
        for (word, bytes) in self.words.iter_mut().zip(digest.chunks_exact(8)) {
            let addend = bytes.try_into().map(u64::from_le_bytes).unwrap_or_default();
            let (sum, first) = word.overflowing_add(addend);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            *word = sum;
            carry = first || second;
        }
    }
}

struct Totals {
    parts: Vec<Sum>,
    kept: u64,
}

impl Totals {
    fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }

    fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in &self.parts {
            hasher.update(&part.rows.to_le_bytes());
            for word in part.words {
                hasher.update(&word.to_le_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }
}

fn part_of(digest: &[u8; 32]) -> usize {
    (usize::from(digest[30]) | usize::from(digest[31]) << 8) % PARTS
}

async fn totals(mut side: Side, work: Option<&TableWork>) -> Result<Totals, Error> {
    let mut totals = Totals {
        parts: vec![Sum::default(); PARTS],
        kept: 0,
    };
    while let Some(batch) = side.recv().await {
        let batch = batch?;
        totals.kept += batch.kept;
        for row in batch.iter() {
            let digest = *blake3::hash(row).as_bytes();
            totals.parts[part_of(&digest)].add(&digest);
        }
        if let Some(work) = work {
            report_rows(work, batch.ends.len() as u64);
        }
    }
    Ok(totals)
}

/// Compares as multisets.
pub(super) async fn compare(work: &TableWork) -> Result<TableVerdict, Error> {
    let mut verdict = new_verdict(work, "as a multiset");
    let (mine, theirs) = tokio::try_join!(
        totals(source(work, Order::Any), Some(work)),
        totals(target(work, Order::Any), None)
    )?;
    (verdict.source_rows, verdict.target_rows) = (mine.rows(), theirs.rows());
    verdict.values = verdict.source_rows * compared_columns(&work.plan).len() as u64;
    verdict.originals = mine.kept;
    (verdict.source_digest, verdict.target_digest) = (mine.digest(), theirs.digest());
    let differing: Vec<bool> = mine
        .parts
        .iter()
        .zip(&theirs.parts)
        .map(|(one, other)| one != other)
        .collect();
    if differing.contains(&true) {
        explain(work, &differing, &mut verdict).await?;
        // Whatever the explanation finds, sums that differ are a difference.
        verdict.differences = verdict.differences.max(1);
    }
    Ok(verdict)
}

/// Finds the rows that only one side has.
async fn explain(
    work: &TableWork,
    differing: &[bool],
    verdict: &mut TableVerdict,
) -> Result<(), Error> {
    let mut balance: HashMap<[u8; 32], i64> = HashMap::new();
    let mut dropped = 0_u64;
    for (mut side, step) in [
        (source(work, Order::Any), 1),
        (target(work, Order::Any), -1),
    ] {
        while let Some(batch) = side.recv().await {
            for row in batch?.iter() {
                let digest = *blake3::hash(row).as_bytes();
                if !differing[part_of(&digest)] {
                    continue;
                }
                if balance.len() >= HELD_MAX && !balance.contains_key(&digest) {
                    dropped += 1;
                    continue;
                }
                *balance.entry(digest).or_default() += step;
            }
        }
    }
    balance.retain(|_, count| *count != 0);
    let mut only_source = fetch(source(work, Order::Any), &balance, 1).await?;
    let only_target = fetch(target(work, Order::Any), &balance, -1).await?;
    pair(work, &mut only_source, only_target, verdict);
    verdict.differences += dropped;
    Ok(())
}

/// The rows of one side that the other lacks, as often as it lacks them.
async fn fetch(
    mut side: Side,
    balance: &HashMap<[u8; 32], i64>,
    sign: i64,
) -> Result<Vec<Vec<u8>>, Error> {
    let mut missing: HashMap<[u8; 32], i64> = balance
        .iter()
        .filter(|(_, count)| **count * sign > 0)
        .map(|(digest, count)| (*digest, count.abs()))
        .collect();
    let mut rows = Vec::new();
    while let Some(batch) = side.recv().await {
        for row in batch?.iter() {
            if let Some(count) = missing.get_mut(blake3::hash(row).as_bytes())
                && *count > 0
            {
                *count -= 1;
                rows.push(row.to_vec());
            }
        }
    }
    Ok(rows)
}

/// Pairs rows with equal keys: they differ in values; the others are missing or added whole.
fn pair(
    work: &TableWork,
    only_source: &mut Vec<Vec<u8>>,
    only_target: Vec<Vec<u8>>,
    verdict: &mut TableVerdict,
) {
    let keys = key_positions(&work.plan);
    let key_of = |row: &[u8]| -> Vec<u8> {
        let values = split(row);
        keys.iter()
            .flat_map(|at| values.get(*at).copied().unwrap_or_default().to_vec())
            .collect()
    };
    let mut waiting: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
    let mut added = Vec::new();
    if !keys.is_empty() {
        for row in only_target {
            waiting.entry(key_of(&row)).or_default().push(row);
        }
    } else {
        added = only_target;
    }
    let mut missing = Vec::new();
    for row in only_source.drain(..) {
        match waiting.get_mut(&key_of(&row)).and_then(Vec::pop) {
            Some(other) if !keys.is_empty() => differing_values(work, &row, &other, verdict),
            _ => missing.push(row),
        }
    }
    added.extend(waiting.into_values().flatten());
    for (rows, absent_in_source) in [(missing, false), (added, true)] {
        for row in rows {
            verdict.differences += 1;
            if verdict.listed.len() < work.listed_max {
                verdict
                    .listed
                    .push(whole_row(work, &row, absent_in_source, verdict));
            }
        }
    }
}

fn whole_row(
    work: &TableWork,
    row: &[u8],
    absent_in_source: bool,
    verdict: &TableVerdict,
) -> Difference {
    let (names, scales) = (compared_columns(&work.plan), scales(&work.plan));
    let values = split(row);
    let shown: Vec<String> = names
        .iter()
        .zip(&values)
        .zip(&scales)
        .take(6)
        .map(|((name, value), scale)| format!("{name} = {}", show(value, *scale)))
        .collect();
    let label = row_label(&work.plan, &values);
    let (here, absent) = (shown.join(", "), "no such row".to_owned());
    let (source, target) = if absent_in_source {
        (absent, here)
    } else {
        (here, absent)
    };
    Difference {
        table: verdict.table.clone(),
        row: if label.is_empty() {
            "a row".to_owned()
        } else {
            label
        },
        column: String::new(),
        source,
        target,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_carry_and_count() {
        let mut one = Sum::default();
        one.add(&[0xff; 32]);
        one.add(&[0xff; 32]);
        assert_ne!(one, Sum::default(), "equal rows do not cancel");
        assert_eq!(one.words[1..], [u64::MAX; 3]);
        assert_eq!(one.words[0], u64::MAX - 1);
    }
}
