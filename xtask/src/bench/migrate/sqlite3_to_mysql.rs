//! The competitor sqlite3-to-mysql, in a virtual environment of its own.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::super::server::{GUEST, GUEST_DATABASE, Server};
use super::super::{Result, machine, watched};
use super::source::Plain;
use super::tables;

/// What it did.
#[derive(Clone, Debug)]
pub(super) struct Transferred {
    /// Rows that were to be transferred.
    pub(super) rows: u64,
    pub(super) seconds: f64,
    /// Rows that arrived.
    pub(super) arrived: u64,
    /// Whether it said that all went well.
    pub(super) success: bool,
}

/// Its options beyond the defaults, in the fastest combination that was found.
pub(super) const BEST: [&str; 4] = ["--mysql-insert-method", "DEFAULT", "--chunk", "100000"];

fn program() -> PathBuf {
    super::workspace().join(".local/sqlite3-to-mysql/bin/sqlite3mysql")
}

/// Whether it is there.
pub(super) fn is_installed() -> bool {
    program().exists()
}

/// Its version.
pub(super) fn version() -> String {
    let text = machine::said(
        std::process::Command::new(program().with_file_name("python")).args([
            "-c",
            "import importlib.metadata as m; print(m.version('sqlite3-to-mysql'))",
        ]),
    );
    format!("sqlite3-to-mysql {text}")
}

/// Transfers the file.
pub(super) async fn transfer(
    server: &Server,
    plain: &Plain,
    options: &[&str],
) -> Result<Transferred> {
    let mut command = Command::new(program());
    command
        .arg("--sqlite-file")
        .arg(&plain.path)
        .args(["--mysql-database", GUEST_DATABASE, "--mysql-user", GUEST])
        .arg("--mysql-socket")
        .arg(server.socket() as &Path)
        .arg("--quiet")
        .args(options);
    let run = watched::run(&mut command).await?;
    let mut session = server.session(Some(GUEST_DATABASE)).await?;
    let arrived = tables::count(&mut session).await?;
    session.close().await;
    if arrived == 0 {
        let words: Vec<String> = run.lines.into_iter().map(|(_, line)| line).collect();
        return Err(format!("sqlite3-to-mysql brought nothing:\n{}", words.join("\n")).into());
    }
    Ok(Transferred {
        rows: plain.rows(),
        seconds: run.seconds,
        arrived,
        success: run.success,
    })
}
