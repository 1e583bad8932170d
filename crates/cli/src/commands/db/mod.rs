//! `cbtrade db`: the bots' database as their layer sees it.

mod check;
mod stats;
mod upgrade;

use std::time::Duration;

use cbtrade_database::{Database, Error, Location, Options, SchemaDifference};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::commands::Context;
use crate::error::{CommandError, Done, Kind};
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

/// Time to find out that a server is not there. Work that waits for others is given much longer.
const REACH_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for one step of an upgrade: keys of large tables are made in it.
const CALL_TIMEOUT: Duration = Duration::from_secs(600);

/// Where the database is that the arguments name.
fn location(
    context: &Context<'_>,
    arguments: &DatabaseArguments,
) -> Result<Location, CommandError> {
    match &arguments.target {
        Some(text) => place::location(context.ui, &context.home, text),
        None => {
            let server = place::private_server(&context.home)?;
            let target = server.root_target()?.with_database(place::MAIN_DATABASE);
            Ok(Location::Servers {
                targets: vec![target],
                candles: place::CANDLES_DATABASE.to_owned(),
            })
        }
    }
}

fn options(call_timeout: Duration) -> Options {
    Options {
        program: "cbtrade db".to_owned(),
        connections_max: 2,
        call_timeout,
        acquire_timeout: call_timeout,
        // A tool that looks is no process to look at.
        figures_every: Duration::ZERO,
        ..Options::default()
    }
}

/// Opens a database that is there.
async fn open(location: &Location) -> Result<Database, CommandError> {
    reach(location).await?;
    Ok(Database::open(location, options(CALL_TIMEOUT)).await?)
}

/// Finds out at once what stands in the way.
async fn reach(location: &Location) -> Result<(), Error> {
    let database = Database::open(location, options(REACH_TIMEOUT)).await?;
    database.db_schema_version().await.map(drop)
}

/// The end of a command that found something to be other than it should be.
fn differ(version: i64, told: &str, differences: &[SchemaDifference]) -> CommandError {
    let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
    let mut error = CommandError::new(Kind::Different, told)
        .detail("version", json!(version))
        .detail("differences", json!(lines));
    if !lines.is_empty() {
        error.listing = Some(lines.iter().map(|line| format!("  {line}\n")).collect());
    }
    error
}
