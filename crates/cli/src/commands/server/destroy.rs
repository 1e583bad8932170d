//! `cbtrade server destroy`.

use cbtrade_server::Status;
use clap::Args;
use serde_json::json;

use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::{CommandError, Done, Kind};
use crate::place;

/// Remove the private server with all its data
///
/// There is no way back. Asks first, unless --yes is given. Removes only what is its own; archives of old files, proofs
/// and reports in the home folder stay.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
}

fn after_help() -> String {
    format!("Examples:\n  cbtrade server destroy\n  cbtrade server destroy --yes\n\n{EXIT_CODES}")
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let server = place::private_server(&context.home)?;
    if server.status()? != Status::Absent && !arguments.yes {
        confirm(context, server.path())?;
    }
    let destroyed = server.destroy()?;
    if ui.json() {
        ui.document(&json!({
            "command": "server destroy",
            "exit_code": 0,
            "folder": server.path(),
            "existed": destroyed.existed,
            "left": destroyed.left,
        }));
        return Ok(());
    }
    if !destroyed.existed {
        ui.out(&format!(
            "There is no private server in {}.",
            server.path().display()
        ));
        return Ok(());
    }
    ui.out("The private server and its data are removed.");
    for path in &destroyed.left {
        ui.warn(&format!(
            "{} is not the server's and was left where it is",
            path.display()
        ));
    }
    Ok(())
}

fn confirm(context: &Context<'_>, folder: &std::path::Path) -> Done {
    let refused = || {
        CommandError::new(
            Kind::NotConfirmed,
            format!(
                "removing the private server in {} was not confirmed",
                folder.display()
            ),
        )
        .hint("Its data cannot be had again afterwards. If you are sure: cbtrade server destroy --yes")
    };
    if !context.ui.can_ask() {
        return Err(refused());
    }
    context.ui.say(&format!(
        "This removes the private server in {} with everything in its databases. There is no way back.",
        folder.display()
    ));
    let answer = context.ui.ask("Type destroy to go on:")?;
    if answer == "destroy" {
        Ok(())
    } else {
        Err(refused())
    }
}
