//! The page: what was measured, and which numbers hold.

use std::fmt::Write as _;

use super::super::machine::Machine;
use super::super::page::{Held, day};
use super::super::text::{grouped, median, rate, ratio};
use super::Options;
use super::ours::{Migrated, STAGES};
use super::rounds::Figures;
use super::source::Sources;
use super::sqlite3_to_mysql::{self, Transferred};

/// The numbers to hold.
const TIMES_RIVAL_MIN: f64 = 15.0;
const TIMES_LOAD_DATA_MIN: f64 = 1.0;
const PEAK_MIB_MAX: f64 = 100.0;
/// Memory at more rows counts as the same up to so many times.
const PEAK_GROWTH_MAX: f64 = 1.1;

/// The page's text, and how many numbers were missed.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) text: String,
    pub(super) missed: usize,
}

/// Writes everything down.
pub(super) fn page(
    machine: &Machine,
    options: &Options,
    sources: &Sources,
    figures: &[Figures],
) -> Page {
    let mut text = String::new();
    let mut missed = 0;
    let day = day();
    let _ = writeln!(
        text,
        "Measured on {day}: {}. Repeat it with `cargo xtask bench migrate{}`.\n\n\
         Sources: {} candles of 8 columns and {} rows of 40 columns in one plain SQLite file ({} rows); and a legacy \
         CBTrade installation of {} rows in {} files. Medians of {} rounds; the server is emptied and restarted before \
         each measurement.",
        machine.text(),
        options.typed,
        grouped(options.candles),
        grouped(options.wide),
        grouped(options.rows()),
        grouped(sources.installation.rows),
        sources.installation.files.len(),
        options.rounds,
    );
    for figures in figures {
        let _ = writeln!(text, "\n### {}\n", figures.server);
        ways(figures, sources, &mut text);
        stages(figures, options, &mut text);
        missed += held(figures, options, &mut text);
        let _ = writeln!(
            text,
            "\nOther programs took up to {} % of the machine during these measurements.",
            figures.others_percent
        );
    }
    Page { text, missed }
}

/// All ways beside each other.
fn ways(figures: &Figures, sources: &Sources, text: &mut String) {
    let rows = sources.plain.rows();
    let ours = of(&figures.ours, |migrated| migrated.seconds);
    let own_rate = rate(rows, median(&ours));
    let copies = of(&figures.ours, |migrated| migrated.stage("copy"));
    text.push_str(
        "| way | rows | seconds (least to most) | rows/s | `cbtrade` end to end, times as fast |\n|---|---|---|---|---|\n",
    );
    let mut line = |name: &str, rows: u64, seconds: &[f64]| {
        let rate = rate(rows, median(seconds));
        let _ = writeln!(
            text,
            "| {name} | {} | {:.2} ({:.2} to {:.2}) | {} | {:.2} |",
            grouped(rows),
            median(seconds),
            seconds.iter().copied().fold(f64::INFINITY, f64::min),
            seconds.iter().copied().fold(0.0, f64::max),
            grouped(rate),
            ratio(own_rate, rate)
        );
    };
    line("`cbtrade migrate run`: snapshot to proof", rows, &ours);
    line("its copy alone, 2 connections", rows, &copies);
    line(
        "LOAD DATA LOCAL INFILE, 1 connection",
        rows,
        &figures.load_data,
    );
    line(
        "prepared 1000-row INSERTs, 1 connection, rows read before",
        rows,
        &figures.bare,
    );
    let mut rival = |name: &str, list: &[Transferred]| {
        if !list.is_empty() {
            let seconds: Vec<f64> = list.iter().map(|one| one.seconds).collect();
            line(name, list[0].rows, &seconds);
        }
    };
    let version = sqlite3_to_mysql::version();
    rival(
        &format!("{version}, defaults, a tenth of the file"),
        &figures.rival_defaults,
    );
    let best = sqlite3_to_mysql::BEST.join(" ");
    rival(
        &format!("the same with `{best}` (once)"),
        &figures.rival_best,
    );
    for (name, list) in [
        ("its defaults", &figures.rival_defaults),
        ("its best options", &figures.rival_best),
    ] {
        if let Some(one) = list.first() {
            let said = if one.success { "success" } else { "an error" };
            let _ = writeln!(
                text,
                "\nOf {} rows {} arrived by sqlite3-to-mysql with {name}; it reported {said}.",
                grouped(one.rows),
                grouped(one.arrived)
            );
        }
    }
}

/// Where the tool's time goes.
fn stages(figures: &Figures, options: &Options, text: &mut String) {
    let large: Vec<Migrated> = figures.large.iter().cloned().collect();
    let runs = [&figures.ours, &figures.legacy, &large];
    let _ = writeln!(
        text,
        "\n| stage, seconds | plain file | legacy installation (once) | plain, {} times the rows (once) |\n|---|---|---|---|",
        options.factor
    );
    let mut line = |name: &str, value: &dyn Fn(&[Migrated]) -> String| {
        let cells: Vec<String> = runs
            .iter()
            .map(|list| {
                if list.is_empty() {
                    "-".to_owned()
                } else {
                    value(list)
                }
            })
            .collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    };
    let seconds = |list: &[Migrated]| median(&of(list, |migrated| migrated.seconds));
    for stage in STAGES {
        line(stage, &|list| {
            format!("{:.2}", median(&of(list, |migrated| migrated.stage(stage))))
        });
    }
    line("end to end", &|list| format!("{:.2}", seconds(list)));
    line("rows", &|list| {
        grouped(list.first().map_or(0, |first| first.rows))
    });
    line("rows/s", &|list| {
        let rows = list.first().map_or(0, |first| first.rows);
        grouped(rate(rows, seconds(list)))
    });
    line("largest memory, MiB", &|list| {
        let largest = of(list, peak_mib).into_iter().fold(0.0, f64::max);
        format!("{largest:.1}")
    });
}

/// The numbers to hold; returns how many are missed.
fn held(figures: &Figures, options: &Options, text: &mut String) -> usize {
    let mut list = Vec::new();
    let rows = options.rows();
    let own_rate = rate(
        rows,
        median(&of(&figures.ours, |migrated| migrated.seconds)),
    );
    let rival = [&figures.rival_defaults, &figures.rival_best]
        .into_iter()
        .filter_map(|list| {
            let seconds: Vec<f64> = list.iter().map(|one| one.seconds).collect();
            list.first().map(|first| rate(first.rows, median(&seconds)))
        })
        .max();
    if let Some(rival) = rival {
        let times = ratio(own_rate, rival);
        list.push(Held {
            what: format!("end to end at least {TIMES_RIVAL_MIN:.0} times sqlite3-to-mysql (its faster options)"),
            measured: format!("{times:.1} times"),
            holds: times >= TIMES_RIVAL_MIN,
        });
    }
    let copy = median(&of(&figures.ours, |migrated| migrated.stage("copy")));
    let times = ratio(rate(rows, copy), rate(rows, median(&figures.load_data)));
    list.push(Held {
        what: "copy alone at least as fast as LOAD DATA over one connection".to_owned(),
        measured: format!("{times:.2} times"),
        holds: times >= TIMES_LOAD_DATA_MIN,
    });
    for (name, runs) in [
        ("plain file", &figures.ours),
        ("legacy installation", &figures.legacy),
    ] {
        let copy = median(&of(runs, |migrated| migrated.stage("copy")));
        let verify = median(&of(runs, |migrated| migrated.stage("verify")));
        list.push(Held {
            what: format!("verify no longer than copy ({name})"),
            measured: format!("{verify:.2} s of {copy:.2} s"),
            holds: verify <= copy,
        });
    }
    memory(figures, options, &mut list);
    let (table, missed) = Held::table(&list);
    text.push_str(&table);
    missed
}

fn memory(figures: &Figures, options: &Options, list: &mut Vec<Held>) {
    let largest = |runs: &[Migrated]| of(runs, peak_mib).into_iter().fold(0.0, f64::max);
    let (plain, legacy) = (largest(&figures.ours), largest(&figures.legacy));
    list.push(Held {
        what: format!("memory under {PEAK_MIB_MAX:.0} MiB (the largest of all rounds)"),
        measured: format!("{plain:.1} MiB, legacy installation {legacy:.1} MiB"),
        holds: plain < PEAK_MIB_MAX && legacy < PEAK_MIB_MAX,
    });
    if let Some(large) = &figures.large {
        let large = peak_mib(large);
        list.push(Held {
            what: format!(
                "the same at {} times the rows (within a tenth)",
                options.factor
            ),
            measured: format!("{large:.1} MiB, {:.2} times", large / plain),
            holds: large < PEAK_MIB_MAX && large <= plain * PEAK_GROWTH_MAX,
        });
    }
}

fn of(list: &[Migrated], value: impl Fn(&Migrated) -> f64) -> Vec<f64> {
    list.iter().map(value).collect()
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn peak_mib(migrated: &Migrated) -> f64 {
    migrated.peak_kib as f64 / 1024.0
}
