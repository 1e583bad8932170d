//! `cbtrade db stats`.

use std::fmt::Write as _;

use cbtrade_database::{FiguresSnapshot, ProcessFigures};
use clap::Args;
use serde_json::json;

use super::DatabaseArguments;
use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::Done;
use crate::words::grouped;

/// Methods shown for each process.
const METHODS_SHOWN: usize = 8;

/// Show what the processes at the database have counted: calls, waits, retries, reconnects
///
/// Every bot writes its figures every ten seconds; this reads them, those of the last day. Changes nothing.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(super) database: DatabaseArguments,
}

fn after_help() -> String {
    format!("Examples:\n  cbtrade db stats\n  cbtrade db stats --json\n\n{EXIT_CODES}")
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let location = super::location(context, &arguments.database)?;
    let database = super::open(&location).await?;
    let processes = database.db_process_figures_get().await?;
    if ui.json() {
        let list: Vec<_> = processes
            .iter()
            .map(|process| {
                json!({
                    "process": process.process,
                    "program": process.program,
                    "host": process.host,
                    "pid": process.pid,
                    "begun": process.begun.to_rfc3339(),
                    "seen": process.seen.to_rfc3339(),
                    "seen_seconds_ago": process.seen_seconds_ago,
                    "figures": process.figures,
                })
            })
            .collect();
        ui.document(&json!({
            "command": "db stats",
            "exit_code": 0,
            "database": database.location().display(),
            "processes": list,
        }));
        return Ok(());
    }
    if processes.is_empty() {
        ui.out("No process has written figures within a day.");
        return Ok(());
    }
    for process in &processes {
        ui.out(&text(process));
    }
    Ok(())
}

fn text(process: &ProcessFigures) -> String {
    let figures = &process.figures;
    let mut text = format!(
        "{} (process {} on {}), seen {} s ago\n",
        process.program,
        process.pid,
        process.host,
        grouped(u64::try_from(process.seen_seconds_ago).unwrap_or(0))
    );
    let _ = writeln!(
        text,
        "  connections  {} opened, {} failed, {} turned to the next server",
        grouped(figures.connects),
        grouped(figures.connect_failures),
        grouped(figures.failovers)
    );
    let _ = writeln!(
        text,
        "  waits        {} for a connection in all, {} gave up",
        milliseconds(figures.connection_waits_us),
        grouped(figures.pool_exhausted)
    );
    let _ = writeln!(text, "  retries      {}", retries(figures));
    let _ = writeln!(
        text,
        "  commits      {} whose answer was lost and found out",
        grouped(figures.outcomes_unknown)
    );
    text.push_str(&methods(figures));
    text
}

fn retries(figures: &FiguresSnapshot) -> String {
    if figures.retries.is_empty() {
        return "none".to_owned();
    }
    let causes = figures.retries.iter().map(|(cause, count)| {
        let meaning = match cause.as_str() {
            "1213" => " (deadlock)",
            "1205" => " (lock wait)",
            "1020" => " (row changed since read)",
            _ => "",
        };
        format!("{} {cause}{meaning}", grouped(*count))
    });
    causes.collect::<Vec<_>>().join(", ")
}

/// The methods that took most time.
fn methods(figures: &FiguresSnapshot) -> String {
    let mut methods: Vec<_> = figures.methods.iter().collect();
    methods.sort_by_key(|(_, figures)| std::cmp::Reverse(figures.total_us));
    let mut text = format!(
        "  {:<36} {:>10} {:>8} {:>8} {:>10} {:>10}\n",
        "method", "calls", "errors", "slow", "mean", "longest"
    );
    for (name, figures) in methods.iter().take(METHODS_SHOWN) {
        let mean = figures.total_us / (figures.calls + figures.errors).max(1);
        let _ = writeln!(
            text,
            "  {name:<36} {:>10} {:>8} {:>8} {:>10} {:>10}",
            grouped(figures.calls),
            grouped(figures.errors),
            grouped(figures.slow),
            milliseconds(mean),
            milliseconds(figures.longest_us)
        );
    }
    if methods.len() > METHODS_SHOWN {
        let _ = writeln!(
            text,
            "  … and {} more (--json shows all)",
            methods.len() - METHODS_SHOWN
        );
    }
    text
}

fn milliseconds(microseconds: u64) -> String {
    format!(
        "{}.{} ms",
        grouped(microseconds / 1000),
        microseconds % 1000 / 100
    )
}
