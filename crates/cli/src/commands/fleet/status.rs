//! `cbtrade fleet status`.

use std::time::Duration;

use cbtrade_fleet::FleetStatus;
use clap::Args;
use serde_json::{Value, json};

use super::{Fleet, table};
use crate::arguments::EXIT_CODES;
use crate::error::{CommandError, Done, Kind};

/// Between two looks.
const WATCH_EVERY: Duration = Duration::from_secs(2);

/// Show the whole fleet: supervisor, bots, stop level, venue, database, open orders
///
/// Changes nothing, and works with the database down. Exit code 0 whether the bots run or not.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// Look again every two seconds, until Ctrl-C
    #[arg(long)]
    watch: bool,
}

impl Arguments {
    pub(super) fn is_watching(&self) -> bool {
        self.watch
    }
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade fleet status\n  cbtrade fleet status --watch\n  cbtrade fleet status --json\n\n{EXIT_CODES}"
    )
}

pub(super) async fn run(fleet: &Fleet<'_>, arguments: &Arguments) -> Done {
    let ui = fleet.context.ui;
    if ui.json() && arguments.watch {
        return Err(CommandError::new(
            Kind::Usage,
            "--watch is for people: with --json there is one document",
        ));
    }
    loop {
        // Read each time: the fleet may be changed meanwhile.
        let config = fleet.config()?;
        let status = fleet.status(&config).await?;
        if ui.json() {
            ui.document(&document("fleet status", &status));
            return Ok(());
        }
        let clear = if arguments.watch { ui.clear() } else { "" };
        ui.out(&format!("{clear}{}", table::text(&status)));
        if !arguments.watch {
            ui.next(&next(fleet, &status));
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(WATCH_EVERY) => {}
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
}

/// The status as one JSON document.
pub(super) fn document(command: &str, status: &FleetStatus) -> Value {
    let mut document = json!({ "command": command, "exit_code": 0 });
    let fields = serde_json::to_value(status).unwrap_or_default();
    if let (Some(document), Value::Object(fields)) = (document.as_object_mut(), fields) {
        document.extend(fields);
    }
    document
}

/// What to type next.
pub(super) fn next(fleet: &Fleet<'_>, status: &FleetStatus) -> Vec<String> {
    let mut next = Vec::new();
    if status.stop.in_force != "run" {
        next.push(format!(
            "let the bots trade again:   {}",
            fleet.command("arm")
        ));
    }
    match status.supervisor.state {
        "down" => next.push(format!(
            "start the bots:             {}",
            fleet.command("up")
        )),
        "gone" => next.push(format!(
            "take the bots over:         {}",
            fleet.command("up")
        )),
        "silent" => next.push(format!(
            "end it and start anew:      {}, then {}",
            fleet.command("down"),
            fleet.command("up")
        )),
        _ => {}
    }
    if let Some(bot) = status.bots.iter().find(|bot| bot.state == "held") {
        let log = fleet.folder.log_file(&bot.name);
        next.push(format!(
            "why {} is held:        tail {}",
            bot.name,
            log.display()
        ));
    }
    if status.stop.in_force == "run" && status.supervisor.state != "down" {
        next.push(format!(
            "stop all buying, selling:   {}",
            fleet.command("stop halt")
        ));
    }
    next
}
