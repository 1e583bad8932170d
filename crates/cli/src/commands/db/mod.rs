//! `cbtrade db`: the bots' database as their layer sees it.

mod check;
mod stats;
mod upgrade;

use cbtrade_database::{Database, Options};
use clap::{Args, Subcommand};

use crate::commands::Context;
use crate::error::{CommandError, Done};
use crate::place;

/// Look after the bots' database: schema and figures
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Upgrade(upgrade::Arguments),
    Check(check::Arguments),
    Stats(stats::Arguments),
}

/// Which database.
#[derive(Args, Clone, Debug, Default)]
struct DatabaseArguments {
    /// The database, as mysql://user@host[:port][,host2[:port]]/database?socket=PATH, or the path of a SQLite file
    ///
    /// Several hosts hold the same data; the next one is used when one is gone. `candles=NAME` among the keys names the
    /// database of the candles (`ohlcv`). The password comes from CBTRADE_MYSQL_PASSWORD, or is asked for. Without
    /// --target: the private server.
    #[arg(long, value_name = "URL")]
    target: Option<String>,
}

pub(crate) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    match &arguments.command {
        Command::Upgrade(arguments) => upgrade::run(context, arguments).await,
        Command::Check(arguments) => check::run(context, arguments).await,
        Command::Stats(arguments) => stats::run(context, arguments).await,
    }
}

/// Opens the database that the arguments name.
async fn open(
    context: &Context<'_>,
    arguments: &DatabaseArguments,
) -> Result<Database, CommandError> {
    let location = match &arguments.target {
        Some(text) => place::location(context.ui, text)?,
        None => place::private_location(&context.home)?,
    };
    let options = Options {
        program: "cbtrade db".to_owned(),
        connections_max: 2,
        call_timeout: std::time::Duration::from_secs(600),
        acquire_timeout: std::time::Duration::from_secs(600),
        // A tool that looks is no process to look at.
        figures_every: std::time::Duration::ZERO,
        ..Options::default()
    };
    Ok(Database::open(&location, options).await?)
}
