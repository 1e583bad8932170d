//! A soak's report in words, and as data.

use std::fmt::Write as _;
use std::time::Duration;

use cbtrade_soak::{KindFigures, SoakReport};
use serde_json::{Value, json};

use crate::words::{grouped, time};

/// Wrong things that are shown of each kind.
const SHOWN_OF_KIND: usize = 3;

/// All runs; where there are two, also a table of both.
pub(super) fn runs(reports: &[(&str, SoakReport)]) -> String {
    let mut text = String::new();
    for (way, report) in reports {
        if reports.len() > 1 {
            let _ = writeln!(text, "== {way}");
        }
        text.push_str(&run(report));
        text.push('\n');
    }
    if reports.len() > 1 {
        text.push_str(&side_by_side(reports));
    }
    text
}

fn run(report: &SoakReport) -> String {
    let mut text = format!(
        "{}, {} bots ({} processes), {}, seed {}\n\n",
        report.engine,
        report.bots,
        report.lives,
        time(Duration::from_millis(report.worked_ms)),
        report.seed
    );
    text.push_str(&operations(report));
    text.push_str(&faults(report));
    let _ = writeln!(
        text,
        "\nshares     slowest bot {} acknowledged writes, the middle one {}, the quickest {}",
        grouped(report.shares.least),
        grouped(report.shares.median),
        grouped(report.shares.most)
    );
    let retries: Vec<String> = retries(report)
        .iter()
        .map(|(cause, count)| format!("{} {}", grouped(*count), cause_words(cause)))
        .collect();
    let _ = writeln!(
        text,
        "retries    {}",
        match retries.is_empty() {
            true => "none".to_owned(),
            false => retries.join(", "),
        }
    );
    let _ = writeln!(
        text,
        "commits    {} whose answer was lost and found out by the layer",
        grouped(report.outcomes_found_out)
    );
    for note in &report.notes {
        let _ = writeln!(text, "note       {note}");
    }
    let _ = writeln!(text, "\n{}", verdict(report));
    text
}

fn verdict(report: &SoakReport) -> String {
    if report.is_clean() {
        return "Nothing is wrong: money adds up, every acknowledged write is there once, no read saw what never was."
            .to_owned();
    }
    let mut words: Vec<String> = report
        .violation_counts()
        .iter()
        .map(|(kind, count)| format!("{count} {}", kind.name()))
        .collect();
    if !report.failures.is_empty() {
        words.push(format!("{} other failures", report.failures.len()));
    }
    format!("WRONG: {}", words.join(", "))
}

fn operations(report: &SoakReport) -> String {
    let mut text = format!(
        "{:<14} {:>10} {:>9} {:>9} {:>10} {:>10} {:>10}\n",
        "operation", "done", "refused", "in doubt", "mean", "p99", "longest"
    );
    let mut line = |name: &str, kind: &KindFigures| {
        let _ = writeln!(
            text,
            "{name:<14} {:>10} {:>9} {:>9} {:>10} {:>10} {:>10}",
            grouped(kind.done),
            grouped(kind.refused),
            grouped(kind.in_doubt),
            milliseconds(kind.mean_us),
            milliseconds(kind.p99_us),
            milliseconds(kind.longest_us)
        );
    };
    for (name, kind) in &report.kinds {
        line(name, kind);
    }
    line("all writes", &report.total(true));
    line("all reads", &report.total(false));
    let _ = writeln!(
        text,
        "\nwrites     {} per second",
        grouped(report.writes_per_second())
    );
    if !report.refusals.is_empty() {
        let kinds: Vec<String> = report
            .refusals
            .iter()
            .map(|(kind, count)| format!("{} {kind}", grouped(*count)))
            .collect();
        let _ = writeln!(text, "refusals   {}", kinds.join(", "));
    }
    text
}

fn faults(report: &SoakReport) -> String {
    let mut text = String::new();
    let made: Vec<String> = report
        .injected
        .iter()
        .map(|(kind, count)| format!("{} {kind}", grouped(*count)))
        .collect();
    let _ = writeln!(
        text,
        "faults     {}",
        match made.is_empty() {
            true => "none".to_owned(),
            false => made.join(", "),
        }
    );
    for (words, count) in &report.spots {
        let _ = writeln!(text, "           {:>7} messages {words}", grouped(*count));
    }
    for (kind, reason) in &report.not_injected {
        let _ = writeln!(text, "NOT MADE   {kind}: {reason}");
    }
    text
}

fn retries(report: &SoakReport) -> std::collections::BTreeMap<String, u64> {
    let mut all = report.total(true).retries;
    for (cause, count) in report.total(false).retries {
        *all.entry(cause).or_default() += count;
    }
    all
}

fn cause_words(cause: &str) -> String {
    match cause {
        "1213" => "deadlock (1213)".to_owned(),
        "1205" => "lock wait (1205)".to_owned(),
        "1020" => "row changed since read (1020)".to_owned(),
        other => other.to_owned(),
    }
}

/// What an operator wants to see of the outage and its cure.
fn side_by_side(reports: &[(&str, SoakReport)]) -> String {
    let mut text = format!("{:<34}", "");
    for (way, _) in reports {
        let _ = write!(text, "{way:>16}");
    }
    text.push('\n');
    type Cell = fn(&SoakReport) -> String;
    let lines: [(&str, Cell); 6] = [
        ("writes per second", |report| {
            grouped(report.writes_per_second())
        }),
        ("writes done", |report| grouped(report.total(true).done)),
        ("writes failed", |report| {
            grouped(report.total(true).refused)
        }),
        ("longest write", |report| {
            milliseconds(report.total(true).longest_us)
        }),
        ("slowest bot's part of the median", |report| {
            format!(
                "{} %",
                report.shares.least * 100 / report.shares.median.max(1)
            )
        }),
        ("rows or answers wrong", |report| {
            report.violations.len().to_string()
        }),
    ];
    for (name, cell) in lines {
        let _ = write!(text, "{name:<34}");
        for (_, report) in reports {
            let _ = write!(text, "{:>16}", cell(report));
        }
        text.push('\n');
    }
    text
}

/// What is wrong, a few of each kind, with the operations that show it.
pub(super) fn wrong(reports: &[(&str, SoakReport)]) -> String {
    let mut text = String::new();
    for (_, report) in reports {
        let mut shown: std::collections::BTreeMap<&str, usize> = Default::default();
        let violations = report
            .violations
            .iter()
            .map(|one| (one.kind.name(), one.to_string()));
        let failures = report
            .failures
            .iter()
            .map(|one| (one.kind.name(), one.to_string()));
        for (kind, words) in violations.chain(failures) {
            let count = shown.entry(kind).or_default();
            *count += 1;
            if *count <= SHOWN_OF_KIND {
                let _ = writeln!(text, "  {words}");
            }
        }
        for (kind, count) in shown {
            if count > SHOWN_OF_KIND {
                let _ = writeln!(text, "  … and {} more {kind}", count - SHOWN_OF_KIND);
            }
        }
    }
    text
}

pub(super) fn document(way: &str, report: &SoakReport) -> Value {
    let kinds: serde_json::Map<String, Value> = report
        .kinds
        .iter()
        .map(|(name, kind)| {
            let value = json!({
                "done": kind.done,
                "refused": kind.refused,
                "in_doubt": kind.in_doubt,
                "mean_us": kind.mean_us,
                "p99_us": kind.p99_us,
                "longest_us": kind.longest_us,
                "retries": kind.retries,
            });
            ((*name).to_owned(), value)
        })
        .collect();
    let violations: Vec<Value> = report
        .violations
        .iter()
        .map(|one| {
            let shown: Vec<String> = one.operations.iter().map(ToString::to_string).collect();
            json!({ "kind": one.kind.name(), "words": one.words, "operations": shown })
        })
        .collect();
    let failures: Vec<Value> = report
        .failures
        .iter()
        .map(|one| {
            let shown = one.operation.as_ref().map(ToString::to_string);
            json!({ "kind": one.kind.name(), "words": one.words, "operation": shown })
        })
        .collect();
    let injected: serde_json::Map<String, Value> = report
        .injected
        .iter()
        .map(|(kind, count)| (kind.name().to_owned(), json!(count)))
        .collect();
    let not_injected: serde_json::Map<String, Value> = report
        .not_injected
        .iter()
        .map(|(kind, reason)| (kind.name().to_owned(), json!(reason)))
        .collect();
    json!({
        "way": way,
        "seed": report.seed,
        "engine": report.engine,
        "bots": report.bots,
        "processes": report.lives,
        "worked_ms": report.worked_ms,
        "clean": report.is_clean(),
        "operations": kinds,
        "refusals": report.refusals,
        "faults": injected,
        "messages_hit": report.spots.iter().cloned().collect::<std::collections::BTreeMap<String, u64>>(),
        "faults_not_made": not_injected,
        "server_starts": report.server_starts,
        "outcomes_found_out": report.outcomes_found_out,
        "connections_opened": report.connects,
        "shares": {
            "least": report.shares.least,
            "median": report.shares.median,
            "most": report.shares.most,
        },
        "writes_per_second": report.writes_per_second(),
        "notes": report.notes,
        "violations": violations,
        "failures": failures,
        "histories": report.histories,
    })
}

pub(super) fn milliseconds(microseconds: u64) -> String {
    format!(
        "{}.{} ms",
        grouped(microseconds / 1_000),
        microseconds % 1_000 / 100
    )
}
