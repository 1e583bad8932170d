//! The project's own tools: checks, corpus and benchmarks.
//!
//! Each command is a module of its own with a `run` function; `main` only chooses.

mod bench;
mod ci;
mod corpus;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What can go wrong here goes to the person at the terminal as it is.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  tidy                the house rules that no compiler checks (also a test of its own)
  corpus [PART]       the corpus of odd databases on every server, or the cases with PART in their names
  ci                  everything: what .ci/run does
  bench migrate ...   measurements, written into docs/reference/performance.md";

/// The commands, as the documentation may name them.
pub(crate) const COMMANDS: [&str; 4] = ["tidy", "corpus", "ci", "bench"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    let done = match arguments.first().map(String::as_str) {
        Some("tidy") => tidy::run(&root()),
        Some("corpus") => corpus::run(&root(), rest),
        Some("ci") => ci::run(&root()),
        Some("bench") => bench::run(rest),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}

/// A line for the person at the terminal.
#[expect(clippy::print_stderr, reason = "a command's words")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}
