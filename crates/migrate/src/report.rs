//! The report: one page for people, from a proof.

mod trader;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cbtrade_schema::finding::serde_name;
use cbtrade_schema::{Decision, FindingKind};
use serde::{Deserialize, Serialize};

use crate::proof::Proof;

/// The report for machines is the proof itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Report(pub Proof);

/// How many lines of a kind the page shows; the proof file has all.
const LINES_MAX: usize = 20;

/// How many findings of one kind the page shows.
const LINES_OF_A_KIND_MAX: usize = 3;

/// One page of plain text: what was compared, what was found, what is next.
#[must_use]
pub fn report_text(proof: &Proof) -> String {
    let mut page = String::new();
    let _ = writeln!(
        page,
        "CBTrade migration {}  ({}, {})",
        proof.migration, proof.at, proof.program
    );
    let _ = writeln!(page, "\n{}\n", verdict(proof));
    damage(proof, &mut page);
    // What an owner looks for comes before what a machine compared.
    trader::page(&proof.trader, &mut page);
    let _ = writeln!(page, "rows compared    {}", grouped(proof.rows));
    let _ = writeln!(page, "values compared  {}", grouped(proof.values));
    let _ = writeln!(page, "kept originals   {}", grouped(proof.originals));
    let _ = writeln!(page, "differences      {}", grouped(proof.differences));
    let _ = writeln!(page, "server           {}", proof.server);
    for (path, fingerprint) in &proof.sources {
        let _ = writeln!(
            page,
            "source           {path}  (BLAKE3 {})",
            &fingerprint[..16.min(fingerprint.len())]
        );
    }
    let _ = writeln!(page, "source digest    {}", proof.source_digest);
    let _ = writeln!(page, "target digest    {}", proof.target_digest);
    if proof.equal() {
        let _ = writeln!(
            page,
            "proof digest     {}   <- a cut-over is confirmed with this",
            proof.digest()
        );
    } else {
        let _ = writeln!(page, "proof digest     none: do not cut over");
    }
    tables(proof, &mut page);
    differences(proof, &mut page);
    findings(proof, &mut page);
    objects(proof, &mut page);
    if let Some(archive) = &proof.archive {
        let _ = writeln!(page, "\nArchive of the legacy files");
        for (path, digest) in &archive.files {
            let _ = writeln!(page, "  {path}  (BLAKE3 {digest})");
        }
    }
    page
}

/// The line that counts.
fn verdict(proof: &Proof) -> &'static str {
    let loss = proof
        .damage
        .iter()
        .any(|file| !file.lost.is_empty() || !file.tables.is_empty());
    match (proof.equal(), proof.damage.is_empty(), loss) {
        (false, ..) => "DIFFERENT: the two sides are not equal",
        (true, true, _) => "EQUAL: every value of the source is in the target",
        (true, false, true) => "EQUAL to what could be salvaged; NOT all of the file",
        (true, false, false) => {
            "EQUAL to what could be salvaged; the file is damaged, but no loss is known"
        }
    }
}

/// What is lost, first of all: an equal copy of half a table is half a table.
fn damage(proof: &Proof, page: &mut String) {
    for file in &proof.damage {
        let _ = writeln!(page, "Damaged: {}", file.path);
        for table in &file.tables {
            let gone = match &table.target {
                Some(_) => "",
                None => " (NOT in the target)",
            };
            let _ = writeln!(page, "  {}{gone}: {}", table.table, table.words());
        }
        if let Some((name, rows)) = &file.lost_and_found {
            let _ = writeln!(
                page,
                "  {} rows without a certain place are in the table {name}, for you to judge",
                grouped(*rows)
            );
        }
        for line in file.lost.iter().take(LINES_MAX) {
            let _ = writeln!(page, "  - {line}");
        }
        more(file.lost.len(), LINES_MAX, page);
        let _ = writeln!(page);
    }
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn tables(proof: &Proof, page: &mut String) {
    let width = proof
        .tables
        .iter()
        .map(|table| table.table.chars().count())
        .max()
        .unwrap_or(0)
        .clamp(5, 40);
    let _ = writeln!(
        page,
        "\nTables\n  {:<width$} {:>12} {:>12} {:>9} {:>9}  compared",
        "table", "source rows", "target rows", "originals", "differ"
    );
    for table in proof.tables.iter().take(LINES_MAX * 5) {
        let _ = writeln!(
            page,
            "  {:<width$} {:>12} {:>12} {:>9} {:>9}  {}{}",
            table.table,
            grouped(table.source_rows),
            grouped(table.target_rows),
            table.originals,
            table.differences,
            table.method,
            if damaged(proof, &table.table) {
                "  NOT all of the source's rows"
            } else {
                ""
            }
        );
    }
    more(proof.tables.len(), LINES_MAX * 5, page);
}

/// Whether a table of the target lacks rows that damage took.
fn damaged(proof: &Proof, target: &str) -> bool {
    proof
        .damage
        .iter()
        .flat_map(|file| &file.tables)
        .any(|table| table.target.as_deref() == Some(target))
}

fn more(all: usize, shown: usize, page: &mut String) {
    if all > shown {
        let _ = writeln!(page, "  … and {} more in the proof file", all - shown);
    }
}

fn differences(proof: &Proof, page: &mut String) {
    if proof.equal() {
        return;
    }
    let _ = writeln!(page, "\nDifferences");
    let listed: Vec<_> = proof
        .tables
        .iter()
        .flat_map(|table| &table.listed)
        .collect();
    for difference in listed.iter().take(LINES_MAX) {
        let _ = writeln!(
            page,
            "  {} row {}, column {}: source {} / target {}",
            difference.table,
            difference.row,
            if difference.column.is_empty() {
                "(whole row)"
            } else {
                &difference.column
            },
            difference.source,
            difference.target
        );
    }
    let all = usize::try_from(proof.differences).unwrap_or(usize::MAX);
    more(all, listed.len().min(LINES_MAX), page);
}

/// Kinds that say only that something was taken over in another form: counted together, not line by line.
fn routine(kind: FindingKind) -> bool {
    matches!(
        kind,
        FindingKind::Rounding
            | FindingKind::OtherForm
            | FindingKind::MissingColumn
            | FindingKind::LegacyColumn
            | FindingKind::FractionOfSecond
    )
}

fn findings(proof: &Proof, page: &mut String) {
    if proof.findings.is_empty() {
        return;
    }
    let _ = writeln!(
        page,
        "\nFindings and decisions ({} in all, each with its reason in the plan)",
        proof.findings.len()
    );
    let mut kinds: BTreeMap<FindingKind, (u64, u64)> = BTreeMap::new();
    for finding in &proof.findings {
        let (columns, count) = kinds.entry(finding.kind).or_default();
        *columns += 1;
        *count += finding.count;
    }
    for (kind, (columns, count)) in &kinds {
        let _ = writeln!(
            page,
            "  {}: {} value(s) in {columns} place(s)",
            serde_name(*kind),
            grouped(*count)
        );
    }
    // A few of each kind, the rarest kinds first: they are the ones that somebody should look at.
    let mut listed: Vec<_> = proof
        .findings
        .iter()
        .filter(|finding| !routine(finding.kind))
        .collect();
    listed.sort_by_key(|finding| kinds.get(&finding.kind).map_or(0, |(columns, _)| *columns));
    let mut shown: BTreeMap<FindingKind, usize> = BTreeMap::new();
    listed.retain(|finding| {
        let lines = shown.entry(finding.kind).or_default();
        *lines += 1;
        *lines <= LINES_OF_A_KIND_MAX
    });
    for finding in listed.iter().take(LINES_MAX) {
        let place = finding.column.as_ref().map_or_else(
            || finding.table.clone(),
            |column| format!("{}.{column}", finding.table),
        );
        let _ = writeln!(
            page,
            "  - {place}: {} in {} row(s), decision: {}",
            serde_name(finding.kind),
            grouped(finding.count),
            decision_word(finding.decision)
        );
        let _ = writeln!(page, "      {}", finding.meaning);
        if let Some(sample) = finding.samples.first() {
            // Damage is of pages, and equal keys are several rows': neither is in one row.
            let _ = match finding.kind {
                FindingKind::Damage | FindingKind::EqualKeys => {
                    writeln!(page, "      first: {}", sample.value)
                }
                _ => writeln!(page, "      first: row {}, {}", sample.row, sample.value),
            };
        }
    }
    let all = proof
        .findings
        .iter()
        .filter(|finding| !routine(finding.kind))
        .count();
    more(all, listed.len().min(LINES_MAX), page);
    if all < proof.findings.len() {
        let _ = writeln!(
            page,
            "  ({} others only say that a form was changed; they are in the proof file)",
            proof.findings.len() - all
        );
    }
}

fn decision_word(decision: Decision) -> String {
    format!("{decision:?}").to_lowercase()
}

fn objects(proof: &Proof, page: &mut String) {
    // Of a virtual table the rows are carried over at most, never what its module adds.
    let listed: Vec<_> = proof
        .objects
        .iter()
        .filter(|object| !object.converted || object.kind == "virtual table")
        .collect();
    if listed.is_empty() {
        return;
    }
    let _ = writeln!(
        page,
        "\nNot carried over (with their text in the proof file)"
    );
    for object in listed.iter().take(LINES_MAX) {
        let of = if object.table.is_empty() || object.table == object.name {
            String::new()
        } else {
            format!(" of {}", object.table)
        };
        let _ = writeln!(
            page,
            "  {} {}{of}: {}",
            object.kind, object.name, object.reason
        );
    }
    more(listed.len(), LINES_MAX, page);
}
