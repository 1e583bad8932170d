//! The `cbtrade` command: arguments, words, progress, exit codes.
//!
//! The reading order: [`arguments`] (what can be typed), [`commands`] (one file for each), [`error`] (every error with
//! its kind, hints and exit code), [`ui`] (the only place that writes to the terminal), [`place`] (home folder, target,
//! passwords), [`interrupt`]. Whatever a second front end would need is in the libraries.

mod arguments;
mod commands;
mod environment;
mod error;
mod interrupt;
mod migration;
mod passphrase;
mod place;
#[cfg(test)]
mod reference;
mod sources;
mod ui;
mod words;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::Arguments;
use crate::error::{CommandError, Kind};
use crate::ui::Ui;

/// Threads that drive connections. Reading files has threads of its own.
const WORKER_THREADS: usize = 2;
/// Threads that read files: a bound on memory, well above what the largest `--workers` needs at once.
const BLOCKING_THREADS_MAX: usize = 96;

fn main() -> ExitCode {
    interrupt::report_panics_as_bugs();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => return answer_usage(&answer),
    };
    let ui = Ui::new(arguments.json);
    interrupt::remember_json(arguments.json);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(source) => {
            let error = CommandError::new(Kind::Unreachable, "this machine gives us no threads")
                .because(&source);
            return ExitCode::from(ui.fail(&error));
        }
    };
    let done = runtime.block_on(async {
        if !arguments.command.ends_in_order() {
            interrupt::watch(&ui, arguments.command.stopped());
        }
        commands::run(&ui, arguments).await
    });
    // A thread that still reads a file must not hold up the end: nothing of value is in it.
    runtime.shutdown_background();
    match done.and_then(|()| ui.written()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(ui.fail(&error)),
    }
}

/// Help and version (stdout, 0), or what is wrong with the arguments (stderr, 2).
fn answer_usage(answer: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind;
    let asked = matches!(
        answer.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let json = !asked && std::env::args_os().any(|argument| argument == "--json");
    let ui = Ui::new(json);
    if asked {
        ui.out(&answer.render().to_string());
        return ExitCode::SUCCESS;
    }
    if answer.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        ui.say(answer.render().to_string().trim_end());
        return ExitCode::from(Kind::Usage.exit_code());
    }
    let text = answer.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    ExitCode::from(ui.fail(&CommandError::new(Kind::Usage, text)))
}
