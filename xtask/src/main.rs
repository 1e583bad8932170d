//! The project's own tools: checks, corpus and benchmarks.

mod bench;

use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "a command's words")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.first().map(String::as_str) {
        Some("bench") => bench::run(&arguments[1..]),
        _ => Err("usage: cargo xtask bench ...".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
