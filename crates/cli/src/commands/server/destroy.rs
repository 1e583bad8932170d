//! `cbtrade server destroy`.

use cbtrade_migrate::Proof;
use cbtrade_migrate::known::{self, Known};
use cbtrade_server::Status;
use clap::Args;
use serde_json::json;

use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::{CommandError, Done, Kind};
use crate::place;
use crate::words::shell;

/// Remove the private server with all its data
///
/// There is no way back. Asks first, unless --yes is given. Refuses where a migration was cut over to it: what was
/// written since then is nowhere else, and the old files refuse writes until `cbtrade migrate rollback`. Removes only
/// what is its own; archives of old files, proofs and reports in the home folder stay.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
    /// Remove it although a migration was cut over to it, with everything that was written since
    #[arg(long)]
    live_side_too: bool,
}

fn after_help() -> String {
    format!("Examples:\n  cbtrade server destroy\n  cbtrade server destroy --yes\n\n{EXIT_CODES}")
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let server = place::private_server(&context.home)?;
    let existed = server.status()? != Status::Absent;
    let live = match existed {
        true => known::cut_over_to_private_server(&context.home)?,
        false => Vec::new(),
    };
    if !live.is_empty() && !arguments.live_side_too {
        return Err(holds_live_side(context, &live));
    }
    if existed && !arguments.yes {
        confirm(context, server.path(), &live)?;
    }
    let destroyed = server.destroy()?;
    if ui.json() {
        ui.document(&json!({
            "command": "server destroy",
            "exit_code": 0,
            "folder": server.path(),
            "existed": existed,
            "left": destroyed.left,
            "next": live.iter().map(|(known, _)| lift(context, known)).collect::<Vec<_>>(),
        }));
        return Ok(());
    }
    if !existed {
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
    if !live.is_empty() {
        ui.warn("the old files still refuse writes, as since the cut-over");
        let next: Vec<String> = live
            .iter()
            .map(|(known, _)| format!("make them live again:   {}", lift(context, known)))
            .collect();
        ui.next(&next);
    }
    Ok(())
}

type Live = [(Known, Option<Proof>)];

/// The command that makes the old files of a migration live again once its server is gone.
fn lift(context: &Context<'_>, known: &Known) -> String {
    format!("{} --target-lost", rollback(context, known))
}

fn rollback(context: &Context<'_>, known: &Known) -> String {
    let mut command = String::from("cbtrade migrate rollback");
    for path in &known.named {
        command.push(' ');
        command.push_str(&shell(&path.display().to_string()));
    }
    if known.candles_database.as_deref() != Some(place::CANDLES_DATABASE)
        && let Some(candles) = &known.candles_database
    {
        command.push_str(&format!(" --candles-database {}", shell(candles)));
    }
    if let Some(home) = context.home_named() {
        command.push_str(&format!(" --home {}", shell(&home.display().to_string())));
    }
    command
}

fn archives(live: &Live) -> impl Iterator<Item = &str> {
    live.iter()
        .filter_map(|(_, proof)| proof.as_ref()?.archive.as_ref())
        .flat_map(|archive| &archive.files)
        .map(|(file, _)| file.as_str())
}

fn holds_live_side(context: &Context<'_>, live: &Live) -> CommandError {
    let ids: Vec<&str> = live.iter().map(|(known, _)| known.id.as_str()).collect();
    let mut error = CommandError::new(
        Kind::Refused,
        format!(
            "the private server holds the live side of migration {}",
            ids.join(", ")
        ),
    );
    for (known, _) in live {
        error = error.hint(format!("Roll back first: {}", rollback(context, known)));
    }
    error = error.hint("What was written to the server since the cut-over is nowhere else: with --live-side-too it is removed all the same, and the old files refuse writes until you roll back.");
    for archive in archives(live) {
        error = error.hint(format!("An archive of the old files: {archive}"));
    }
    error
}

fn confirm(context: &Context<'_>, folder: &std::path::Path, live: &Live) -> Done {
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
    if !live.is_empty() {
        context.ui.say("It is the live side: what was written to it since the cut-over is nowhere else. The old files refuse writes until you roll back.");
        for archive in archives(live) {
            context
                .ui
                .say(&format!("  archive of the old files   {archive}"));
        }
    }
    let answer = context.ui.ask("Type destroy to go on:")?;
    if answer == "destroy" {
        Ok(())
    } else {
        Err(refused())
    }
}
