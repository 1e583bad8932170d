//! `cbtrade sample`.

use std::path::PathBuf;

use cbtrade_sample::{SampleOptions, SampleReport, make_sample};
use clap::Args;
use serde_json::json;

use super::Context;
use crate::arguments::EXIT_CODES;
use crate::error::Done;
use crate::words::{counted, name_of, shell, size};

/// Make a made-up legacy installation to try everything on
///
/// A trading database and its candle files, as bots would have left them when they were killed: consistent figures,
/// the last hours only in the -wal files, and a few odd values (unless --no-faults). The same numbers give the same rows
/// everywhere.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    /// Directory to make; it must not exist, or be empty
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Decides everything that is left to chance
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,
    /// Positions ever opened
    #[arg(long, value_name = "N", default_value = "3000")]
    positions: u32,
    /// Candles of each product
    #[arg(long, value_name = "N", default_value = "4000")]
    candles: u32,
    /// Products, 1 to 100, each with a candle file
    #[arg(long, value_name = "N", default_value = "6")]
    products: u32,
    /// No odd values at all
    #[arg(long)]
    no_faults: bool,
    /// Also odd values that only you can decide about
    #[arg(long, conflicts_with = "no_faults")]
    nasty: bool,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade sample /tmp/legacy\n  cbtrade sample /tmp/legacy --positions 500 --nasty\n\n{EXIT_CODES}"
    )
}

pub(crate) fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let options = SampleOptions {
        seed: arguments.seed,
        positions: arguments.positions,
        candles_per_product: arguments.candles,
        products: arguments.products,
        faults: !arguments.no_faults,
        nasty: arguments.nasty,
        ..SampleOptions::default()
    };
    let report = make_sample(&arguments.directory, &options)?;
    let recover = format!(
        "cbtrade recover {}",
        shell(&arguments.directory.display().to_string())
    );
    if context.ui.json() {
        context.ui.document(&json!({
            "command": "sample",
            "exit_code": 0,
            "database": report.database,
            "candle_files": report.candle_files,
            "tables": report.tables,
            "faults": report.faults,
            "next": [recover],
        }));
        return Ok(());
    }
    context.ui.out(&text(&report));
    context.ui.next(&[
        format!(
            "what is wrong with it:   cbtrade doctor {}",
            shell(&report.database.display().to_string())
        ),
        format!("recover it:              {recover}"),
    ]);
    Ok(())
}

fn text(report: &SampleReport) -> String {
    let rows = |of: &std::path::Path| -> (u64, u64) {
        report
            .tables
            .iter()
            .filter(|table| table.file == of)
            .fold((0, 0), |(rows, in_log), table| {
                (rows + table.rows, in_log + table.wal_rows)
            })
    };
    let mut text = String::from("A made-up legacy installation:\n");
    for file in std::iter::once(&report.database).chain(&report.candle_files) {
        let (all, in_log) = rows(file);
        let bytes = std::fs::metadata(file).map_or(0, |metadata| metadata.len());
        text.push_str(&format!(
            "  {}  {}, {} ({} of them only in its -wal file)\n",
            file.display(),
            size(bytes),
            counted(all, "row", "rows"),
            crate::words::grouped(in_log)
        ));
    }
    if report.faults.is_empty() {
        return text;
    }
    text.push_str(&format!(
        "\n{} planted in {}:\n",
        counted(report.faults.len() as u64, "odd value", "odd values"),
        report.database.display()
    ));
    for fault in &report.faults {
        text.push_str(&format!(
            "  {:<16} {}.{}, row {}: {}\n",
            name_of(fault.kind),
            fault.table,
            fault.column,
            fault.row,
            fault.what
        ));
    }
    text
}
