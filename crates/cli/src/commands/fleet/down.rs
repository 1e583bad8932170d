//! `cbtrade fleet down`.

use cbtrade_fleet::{Down, Limits, down};
use clap::Args;
use serde_json::json;

use super::Fleet;
use crate::arguments::EXIT_CODES;
use crate::error::{CommandError, Done, Kind};

/// End the supervisor and all bots
///
/// Each bot ends after the order it is at; one that takes too long is killed. Open orders stay at the venue and are taken up
/// again at the next start. A stop level stays as it is. Ends bots that a killed supervisor has left, too.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {}

fn after_help() -> String {
    format!("Examples:\n  cbtrade fleet down\n\n{EXIT_CODES}")
}

pub(super) async fn run(fleet: &Fleet<'_>, _arguments: &Arguments) -> Done {
    let ui = fleet.context.ui;
    // A configuration with a typing error must not keep anybody from ending the bots.
    let limits = match fleet.config() {
        Ok(config) => config.limits,
        Err(_) => Limits::default(),
    };
    if !ui.json() {
        ui.say("  the bots are asked to end …");
    }
    let folder = fleet.folder.clone();
    let done = tokio::task::spawn_blocking(move || down(&folder, limits.stop_max()))
        .await
        .map_err(|error| {
            CommandError::new(Kind::Bug, "ending the bots broke off").because(&error)
        })??;
    if ui.json() {
        ui.document(&json!({
            "command": "fleet down",
            "exit_code": 0,
            "supervisor": done.supervisor,
            "supervisor_killed": done.is_supervisor_killed,
            "ended": done.ended,
            "killed": done.killed,
        }));
        return Ok(());
    }
    ui.out(&words(&done));
    ui.next(&[format!("start them again:   {}", fleet.command("up"))]);
    Ok(())
}

fn words(done: &Down) -> String {
    let mut text = match (done.supervisor, done.is_supervisor_killed) {
        (Some(_), false) => "The supervisor and its bots have ended.".to_owned(),
        (Some(_), true) => "The supervisor did not end and was killed.".to_owned(),
        (None, _) if done.ended.is_empty() && done.killed.is_empty() => {
            "No supervisor and no bot was running.".to_owned()
        }
        (None, _) => "There was no supervisor.".to_owned(),
    };
    if !done.ended.is_empty() {
        text.push_str(&format!(
            " Bots without one have ended: {}.",
            done.ended.join(", ")
        ));
    }
    if !done.killed.is_empty() {
        text.push_str(&format!(
            " Killed, because they did not end: {}.",
            done.killed.join(", ")
        ));
    }
    text
}
