//! The tool itself: the released program, from start to exit.

use std::path::{Path, PathBuf};

use cbtrade_mysql::Secret;
use tokio::process::Command;

use super::super::server::Server;
use super::super::{Result, watched};

/// The stages that are told apart, as the program names them.
pub(super) const STAGES: [&str; 7] = [
    "snapshot",
    "census",
    "plan",
    "provision",
    "copy",
    "finish",
    "verify",
];

/// One migration.
#[derive(Clone, Debug)]
pub(super) struct Migrated {
    pub(super) rows: u64,
    pub(super) seconds: f64,
    pub(super) peak_kib: u64,
    /// Seconds of each stage that ran.
    pub(super) stages: Vec<(&'static str, f64)>,
}

impl Migrated {
    /// Seconds of one stage.
    pub(super) fn stage(&self, name: &str) -> f64 {
        let found = self.stages.iter().find(|(stage, _)| *stage == name);
        found.map_or(0.0, |(_, seconds)| *seconds)
    }
}

/// Migrates the files and has every value compared.
pub(super) async fn migrate(
    program: &Path,
    server: &Server,
    files: &[PathBuf],
    database: &str,
    rows: u64,
    home: &Path,
) -> Result<Migrated> {
    let _ = std::fs::remove_dir_all(home);
    let target = server.target()?.with_database(database);
    let mut command = Command::new(program);
    command
        .args(["migrate", "run", "--yes", "--home"])
        .arg(home)
        .args(["--target", &target.display()])
        .args(["--candles-database", &format!("{database}_candles")])
        .args(files)
        .env(
            "CBTRADE_MYSQL_PASSWORD",
            target.password.as_ref().map_or("", Secret::expose),
        );
    let run = watched::run(&mut command).await?;
    if !run.success {
        let words: Vec<String> = run.lines.into_iter().map(|(_, line)| line).collect();
        return Err(format!("cbtrade migrate run failed:\n{}", words.join("\n")).into());
    }
    Ok(Migrated {
        rows,
        seconds: run.seconds,
        peak_kib: run.peak_kib,
        stages: stages(&run),
    })
}

/// A stage begins with the first line that names it and ends where the next one begins.
fn stages(run: &watched::Watched) -> Vec<(&'static str, f64)> {
    let begins: Vec<(&'static str, f64)> = STAGES
        .into_iter()
        .filter_map(|stage| {
            let named = |line: &str| {
                let rest = line.trim_start().strip_prefix(stage);
                rest.is_some_and(|rest| rest.starts_with(':'))
            };
            let line = run.lines.iter().find(|(_, line)| named(line))?;
            Some((stage, line.0))
        })
        .collect();
    let ends = begins.iter().skip(1).map(|(_, begin)| *begin);
    begins
        .iter()
        .zip(ends.chain(std::iter::once(run.seconds)))
        .map(|((stage, begin), end)| (*stage, end - begin))
        .collect()
}
