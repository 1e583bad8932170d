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
/// Changes nothing, and works with the database down or fleet.toml broken. Exit code 0 whether the bots run or not; with
/// --check, 7 when not all is well. Times are in UTC.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// Look again every two seconds, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// End with 7 when not all is well, for programs that watch
    #[arg(long, conflicts_with = "watch")]
    check: bool,
}

impl Arguments {
    pub(super) fn is_watching(&self) -> bool {
        self.watch
    }
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade fleet status\n  cbtrade fleet status --watch\n  cbtrade fleet status --json\n  cbtrade fleet status --check || mail -s fleet me\n\n{EXIT_CODES}"
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
        let status = fleet.status_of_any_config().await?;
        if ui.json() {
            if arguments.check && !status.troubles().is_empty() {
                return Err(not_well(&status));
            }
            ui.document(&document("fleet status", &status));
            return Ok(());
        }
        let clear = if arguments.watch { ui.clear() } else { "" };
        ui.out(&format!("{clear}{}", table::text(&status)));
        if !arguments.watch {
            ui.next(&next(fleet, &status));
            return match arguments.check && !status.troubles().is_empty() {
                true => Err(not_well(&status)),
                false => Ok(()),
            };
        }
        tokio::select! {
            () = tokio::time::sleep(WATCH_EVERY) => {}
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
}

fn not_well(status: &FleetStatus) -> CommandError {
    let troubles = status.troubles();
    let mut error = CommandError::new(
        Kind::NotWell,
        format!("not all is well with the fleet in {}", status.folder),
    )
    .detail("status", fields(status));
    error.causes = troubles;
    error
}

/// The status as one JSON document.
pub(super) fn document(command: &str, status: &FleetStatus) -> Value {
    let mut document = json!({ "command": command, "exit_code": 0 });
    if let (Some(document), Value::Object(fields)) = (document.as_object_mut(), fields(status)) {
        document.extend(fields);
    }
    document
}

/// The status with the judgement of it.
pub(super) fn fields(status: &FleetStatus) -> Value {
    let mut fields = serde_json::to_value(status).unwrap_or_default();
    if let Some(fields) = fields.as_object_mut() {
        let troubles = status.troubles();
        fields.insert("well".to_owned(), troubles.is_empty().into());
        fields.insert("troubles".to_owned(), troubles.into());
    }
    fields
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
    if status.changed.is_some() {
        next.push(format!(
            "put fleet.toml in force:    {}",
            fleet.command("restart")
        ));
    }
    next.extend(super::waits::advice(fleet, status));
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
