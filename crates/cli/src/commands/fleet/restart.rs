//! `cbtrade fleet restart`.

use std::time::Duration;

use cbtrade_core::SystemClock;
use cbtrade_fleet::{check_ground, request_restart, request_restart_as_confirmed};
use clap::Args;

use super::up::{Wait, wait_until_alive};
use super::{Fleet, live, status, table};
use crate::arguments::EXIT_CODES;
use crate::error::Done;

/// Start a bot anew, or all of them (fleet.toml is read anew then)
///
/// A bot is asked to end and started again. One that was held starts again, with a clean record. A stop level stays. Where
/// fleet.toml has another venue, database or settings than the fleet was started with, one bot alone is refused: all of
/// them start anew, or none.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// The bot, such as full-1; all of them where none is named
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Seconds to wait for the bots' first signs of life
    #[arg(long, value_name = "S", default_value = "60")]
    wait: u64,
    /// Do not ask before bots that traded on paper or on the local venue start to trade with real money
    #[arg(long, short = 'y')]
    yes: bool,
}

fn after_help() -> String {
    format!("Examples:\n  cbtrade fleet restart full-3\n  cbtrade fleet restart\n\n{EXIT_CODES}")
}

pub(super) async fn run(fleet: &Fleet<'_>, arguments: &Arguments) -> Done {
    let ui = fleet.context.ui;
    let config = fleet.config()?;
    if let Some(name) = &arguments.name {
        config.bot(name)?;
        check_ground(&fleet.folder, &config)?;
    } else {
        let sure = fleet.command("restart --yes");
        live::confirm(fleet, &config, arguments.yes, &sure)?;
    }
    let before = fleet.status(&config).await?;
    match &arguments.name {
        Some(name) => request_restart(&fleet.folder, Some(name), &SystemClock)?,
        None => request_restart_as_confirmed(&fleet.folder, &SystemClock)?,
    }
    let names = match &arguments.name {
        Some(name) => vec![name.clone()],
        None => config.bots.iter().map(|bot| bot.name.clone()).collect(),
    };
    let old: Vec<i32> = before.bots.iter().filter_map(|bot| bot.pid).collect();
    let wait = Wait {
        names,
        not_pids: old,
        starts_before: before
            .bots
            .iter()
            .map(|bot| (bot.name.clone(), bot.starts))
            .collect(),
        limit: Duration::from_secs(arguments.wait),
    };
    let after = wait_until_alive(fleet, &config, &wait).await?;
    if ui.json() {
        ui.document(&status::document("fleet restart", &after));
    } else {
        ui.out(&table::text(&after));
        ui.next(&status::next(fleet, &after));
    }
    Ok(())
}
