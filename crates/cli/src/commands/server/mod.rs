//! `cbtrade server`: the private server.

mod destroy;
mod shell;
mod start;
mod status;
mod stop;

use cbtrade_server::Running;
use clap::{Args, Subcommand};

use super::Context;
use crate::error::Done;

/// Start, stop or look at the private server
///
/// One MariaDB or MySQL server in the home folder, of your own user, without root and without a system service. It
/// listens on a socket only, unless a port is asked for. It runs until it is stopped or the machine is; `recover` starts
/// it when needed.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What to do with it.
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Start(start::Arguments),
    Stop(stop::Arguments),
    Status(status::Arguments),
    Shell(shell::Arguments),
    Destroy(destroy::Arguments),
}

/// Runs it.
pub(crate) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    match &arguments.action {
        Action::Start(arguments) => start::run(context, arguments).await,
        Action::Stop(arguments) => stop::run(context, arguments),
        Action::Status(arguments) => status::run(context, arguments),
        Action::Shell(arguments) => shell::run(context, arguments),
        Action::Destroy(arguments) => destroy::run(context, arguments),
    }
}

/// A running server in words.
fn running_text(running: &Running) -> String {
    let port = running.port.map_or_else(
        || "none (socket only)".to_owned(),
        |port| format!("127.0.0.1:{port}"),
    );
    format!(
        "  server   {} {}\n  process  {}\n  socket   {}\n  port     {port}\n",
        running.flavour,
        running.version,
        running.process.pid,
        running.socket.display()
    )
}
