//! `cbtrade server status`.

use cbtrade_server::Status;
use clap::Args;
use serde_json::json;

use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::Done;
use crate::place;

/// Say whether the private server runs, and where
///
/// Changes nothing. Exit code 0 whether it runs or not.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {}

fn after_help() -> String {
    format!("Examples:\n  cbtrade server status\n  cbtrade server status --json\n\n{EXIT_CODES}")
}

pub(super) fn run(context: &Context<'_>, _arguments: &Arguments) -> Done {
    let ui = context.ui;
    let server = place::private_server(&context.home)?;
    let status = server.status()?;
    if ui.json() {
        let (state, running) = match &status {
            Status::Absent => ("absent", None),
            Status::Stopped { .. } => ("stopped", None),
            Status::Running(running) => ("running", Some(running)),
        };
        ui.document(&json!({
            "command": "server status",
            "exit_code": 0,
            "folder": server.path(),
            "log": server.log(),
            "state": state,
            "flavour": running.map(|running| running.flavour),
            "version": running.map(|running| &running.version),
            "pid": running.map(|running| running.process.pid),
            "socket": running.map(|running| &running.socket),
            "port": running.and_then(|running| running.port),
        }));
        return Ok(());
    }
    let folder = format!(
        "  folder   {}\n  log      {}\n",
        server.path().display(),
        server.log().display()
    );
    match status {
        Status::Absent => {
            ui.out(&format!(
                "There is no private server in {} yet.",
                server.path().display()
            ));
            ui.next(&["make and start it:   cbtrade server start".to_owned()]);
        }
        Status::Stopped { flavour, version } => {
            ui.out(&format!(
                "The private server is stopped:\n  server   {flavour} {version}\n{folder}"
            ));
            ui.next(&["start it:   cbtrade server start".to_owned()]);
        }
        Status::Running(running) => {
            ui.out(&format!(
                "The private server runs:\n{}{folder}",
                super::running_text(&running)
            ));
            ui.next(&[
                "look inside:   cbtrade server shell".to_owned(),
                "stop it:       cbtrade server stop".to_owned(),
            ]);
        }
    }
    Ok(())
}
