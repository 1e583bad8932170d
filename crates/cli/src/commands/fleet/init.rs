//! `cbtrade fleet init`.

use cbtrade_bot::settings::Settings;
use cbtrade_fleet::FleetConfig;
use clap::Args;
use serde_json::json;

use super::Fleet;
use crate::arguments::EXIT_CODES;
use crate::error::Done;

/// Make the fleet's folder: fleet.toml and example settings
///
/// What is there already stays as it is. The venue is the local one, for practice, which belongs on a copy of the database
/// (`fleet practice`). Put your own settings in the place of the examples.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade fleet init\n  cbtrade fleet init --fleet /srv/fleet\n\n{EXIT_CODES}"
    )
}

pub(super) fn run(fleet: &Fleet<'_>, _arguments: &Arguments) -> Done {
    let ui = fleet.context.ui;
    let done = FleetConfig::initialise(&fleet.folder, &Settings::example())?;
    let next = [
        format!(
            "put your own settings in:   {}",
            fleet.folder.path().join("settings").display()
        ),
        "look at them:               cbtrade settings check".to_owned(),
        format!(
            "practise first, on a copy:  {}",
            fleet.command("practice practice")
        ),
        format!("start the bots:             {}", fleet.command("up")),
    ];
    if ui.json() {
        ui.document(&json!({
            "command": "fleet init",
            "exit_code": 0,
            "folder": fleet.folder.path(),
            "made": done.made,
            "kept": done.kept,
            "next": ["cbtrade settings check", fleet.command("up")],
        }));
        return Ok(());
    }
    let mut text = format!("The fleet's folder is {}.\n", fleet.folder.path().display());
    for path in &done.made {
        text.push_str(&format!("  made   {}\n", path.display()));
    }
    for path in &done.kept {
        text.push_str(&format!("  kept   {} (it was there)\n", path.display()));
    }
    ui.out(&text);
    ui.next(&next);
    Ok(())
}
