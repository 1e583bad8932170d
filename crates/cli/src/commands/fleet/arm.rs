//! `cbtrade fleet arm`.

use cbtrade_bot::stop::StopLevel;
use cbtrade_core::SystemClock;
use cbtrade_fleet::FleetStatus;
use cbtrade_fleet::stops::{self, Said};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Fleet, operator, table};
use crate::arguments::EXIT_CODES;
use crate::error::{CommandError, Done, Kind};

/// Take a stop back: let the bots trade again
///
/// The only way to lower a stop level; restarts do not. Shows what is in force and why, and asks first. The database is
/// armed before the stop file, so nothing is half-armed when one of them fails.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// The level to go down to
    #[arg(long, value_name = "LEVEL", default_value = "run")]
    level: Level,
    /// Why, for whoever looks later
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    /// Buying and selling
    Run,
    /// Selling only
    NoNewBuys,
    /// Everything is sold, nothing is bought
    Liquidate,
}

impl Level {
    fn level(self) -> StopLevel {
        match self {
            Level::Run => StopLevel::Run,
            Level::NoNewBuys => StopLevel::NoNewBuys,
            Level::Liquidate => StopLevel::Liquidate,
        }
    }
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade fleet arm\n  cbtrade fleet arm --level no-new-buys\n\n{EXIT_CODES}"
    )
}

pub(super) async fn run(fleet: &Fleet<'_>, arguments: &Arguments) -> Done {
    let ui = fleet.context.ui;
    let level = arguments.level.level();
    let config = fleet.config()?;
    let status = fleet.status(&config).await?;
    if !status.database.reached {
        return Err(unreached(fleet, &status));
    }
    let standing = status.stop.level();
    if level > standing || (level == standing && is_level_everywhere(&status)) {
        return unchanged(fleet, level, standing);
    }
    if !arguments.yes {
        confirm(fleet, &status, level)?;
    }
    let database = fleet.database(&config).await?;
    let said = Said {
        reason: arguments.reason.clone(),
        by: operator(),
    };
    stops::rearm(&fleet.folder, &database, level, &said, &SystemClock).await?;
    if ui.json() {
        ui.document(&json!({
            "command": "fleet arm",
            "exit_code": 0,
            "before": standing.name(),
            "level": level.name(),
        }));
        return Ok(());
    }
    ui.out(&format!(
        "The level is {} now ({}), in the database and by the stop file.",
        level.name(),
        table::meaning(level)
    ));
    let mut next = vec![format!(
        "see what the bots do:   {}",
        fleet.command("status")
    )];
    if status.supervisor.state == "down" {
        next.push(format!("start the bots:         {}", fleet.command("up")));
    }
    ui.next(&next);
    Ok(())
}

/// A file and a database that say different things are made one, even where the stronger one stays.
fn is_level_everywhere(status: &FleetStatus) -> bool {
    matches!(status.stop.where_it_stands, "both" | "nothing")
}

fn unchanged(fleet: &Fleet<'_>, level: StopLevel, standing: StopLevel) -> Done {
    if level > standing {
        return Err(CommandError::new(
            Kind::Usage,
            format!(
                "{} stops more than {}, which is in force: arm only lowers",
                level.name(),
                standing.name()
            ),
        )
        .hint(format!(
            "To stop more: {}",
            fleet.command(&format!("stop {}", level.name()))
        )));
    }
    let ui = fleet.context.ui;
    if ui.json() {
        ui.document(&json!({
            "command": "fleet arm",
            "exit_code": 0,
            "before": standing.name(),
            "level": level.name(),
        }));
    } else {
        ui.out(&format!(
            "The level is {} already ({}); nothing was changed.",
            level.name(),
            table::meaning(level)
        ));
    }
    Ok(())
}

fn unreached(fleet: &Fleet<'_>, status: &FleetStatus) -> CommandError {
    let mut error = CommandError::new(
        Kind::Unreachable,
        format!(
            "the database is not reached, so nothing is armed; {} stays in force",
            status.stop.in_force
        ),
    );
    error.causes.extend(status.database.problem.clone());
    let error =
        error.hint("Nothing was changed. Bots that do not reach the database do not trade either.");
    match fleet.config().is_ok_and(|config| config.database.is_none()) {
        true => error.hint(
            "Start the private server, then run the same command again: cbtrade server start",
        ),
        false => error.hint("Run the same command again when the database is back."),
    }
}

fn confirm(fleet: &Fleet<'_>, status: &FleetStatus, level: StopLevel) -> Done {
    let ui = fleet.context.ui;
    let refused = || {
        CommandError::new(
            Kind::NotConfirmed,
            format!(
                "arming was not confirmed; {} stays in force",
                status.stop.in_force
            ),
        )
        .hint(format!(
            "If you are sure: {}",
            fleet.command(&format!("arm --level {} --yes", level.name()))
        ))
    };
    if !ui.can_ask() {
        return Err(refused());
    }
    ui.say(&table::head(status));
    ui.say(&format!(
        "With {} the bots are at: {}.",
        level.name(),
        table::meaning(level)
    ));
    match ui.ask("Type arm to go on:")?.as_str() {
        "arm" => Ok(()),
        _ => Err(refused()),
    }
}
