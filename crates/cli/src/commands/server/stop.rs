//! `cbtrade server stop`.

use std::time::Duration;

use cbtrade_server::Stopped;
use clap::Args;
use serde_json::json;

use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::Done;
use crate::place;
use crate::words::time;

/// Time that the server has to end in order.
const LIMIT: Duration = Duration::from_secs(120);

/// Stop the private server
///
/// It writes everything down and ends; after two minutes it is killed (and repairs itself at the next start). Its data
/// stay.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {}

fn after_help() -> String {
    format!("Examples:\n  cbtrade server stop\n\n{EXIT_CODES}")
}

pub(super) fn run(context: &Context<'_>, _arguments: &Arguments) -> Done {
    let server = place::private_server(&context.home)?;
    let stopped = server.stop(LIMIT)?;
    let (word, text) = match stopped {
        Stopped::WasNotRunning => (
            "was-not-running",
            "The private server was not running.".to_owned(),
        ),
        Stopped::Cleanly { waited_ms } => (
            "cleanly",
            format!(
                "The private server is stopped ({}). Its data stay.",
                time(Duration::from_millis(waited_ms))
            ),
        ),
        Stopped::Killed { waited_ms } => (
            "killed",
            format!(
                "The private server did not end in time and was killed after {}. It repairs itself at the next start.",
                time(Duration::from_millis(waited_ms))
            ),
        ),
    };
    if context.ui.json() {
        context.ui.document(&json!({
            "command": "server stop",
            "exit_code": 0,
            "folder": server.path(),
            "stopped": word,
        }));
    } else {
        context.ui.out(&text);
    }
    Ok(())
}
