//! `cbtrade fleet restart`.

use std::time::Duration;

use cbtrade_core::SystemClock;
use cbtrade_fleet::request_restart;
use clap::Args;

use super::up::{Wait, wait_until_alive};
use super::{Fleet, status, table};
use crate::arguments::EXIT_CODES;
use crate::error::Done;

/// Start a bot anew, or all of them (fleet.toml is read anew then)
///
/// A bot is asked to end and started again. One that was held starts again, with a clean record. A stop level stays.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// The bot, such as full-1; all of them where none is named
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Seconds to wait for the bots' first signs of life
    #[arg(long, value_name = "S", default_value = "60")]
    wait: u64,
}

fn after_help() -> String {
    format!("Examples:\n  cbtrade fleet restart full-3\n  cbtrade fleet restart\n\n{EXIT_CODES}")
}

pub(super) async fn run(fleet: &Fleet<'_>, arguments: &Arguments) -> Done {
    let ui = fleet.context.ui;
    let config = fleet.config()?;
    if let Some(name) = &arguments.name {
        config.bot(name)?;
    }
    let before = fleet.status(&config).await?;
    request_restart(&fleet.folder, arguments.name.as_deref(), &SystemClock)?;
    let names = match &arguments.name {
        Some(name) => vec![name.clone()],
        None => config.bots.iter().map(|bot| bot.name.clone()).collect(),
    };
    let old: Vec<i32> = before.bots.iter().filter_map(|bot| bot.pid).collect();
    let wait = Wait {
        names,
        not_pids: old,
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
