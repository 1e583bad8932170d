//! `cbtrade migrate rollback`.

use cbtrade_migrate::known;
use clap::Args;
use serde_json::{Value, json};

use crate::arguments::{EXIT_CODES, OptionArguments, OptionalSources, TargetArguments};
use crate::commands::Context;
use crate::error::{CommandError, Done, Kind};
use crate::migration::{Opened, Standing};

/// Take a migration back: the old files are live again, the target is as it was found
///
/// Removes from the target exactly what the migration made there, and takes the fences off the old files. After a
/// cut-over it first compares both sides: rows written to the target since then are never thrown away, it refuses
/// instead. The archive of the old files stays.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    #[command(flatten)]
    sources: OptionalSources,
    #[command(flatten)]
    target: TargetArguments,
    #[command(flatten)]
    options: OptionArguments,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade migrate rollback\n  cbtrade migrate rollback shop.db --target 'mysql://root@localhost/shop' --yes\n\n{EXIT_CODES}"
    )
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let mut opened = super::open(
        context,
        &arguments.sources.sources,
        &arguments.target,
        &arguments.options,
    )
    .await?;
    let (standing, _) = opened.standing().await?;
    if standing != Standing::Before && !arguments.options.yes {
        confirm(context, &opened)?;
    }
    let removed = match opened.migration.rollback().await {
        Ok(removed) => removed,
        Err(error) => return Err(opened.explain(error, "migrate rollback")),
    };
    known::forget(&context.home, opened.migration.id())?;
    if ui.json() {
        let mut document = opened.document("migrate rollback");
        document.insert("live".into(), json!("sqlite"));
        document.insert("removed".into(), json!(removed));
        document.insert("next".into(), json!([opened.command("recover")]));
        ui.document(&Value::Object(document));
        return Ok(());
    }
    if removed.is_empty() {
        ui.out("Nothing of this migration is in the target; the old files are live.");
        return Ok(());
    }
    let mut text =
        String::from("Taken back: the old files are the live side.\nRemoved from the target:\n");
    for name in &removed {
        text.push_str(&format!("  {name}\n"));
    }
    ui.out(&text);
    ui.next(&[format!("begin anew:   {}", opened.command("recover"))]);
    Ok(())
}

fn confirm(context: &Context<'_>, opened: &Opened) -> Done {
    let refused = || {
        CommandError::new(
            Kind::NotConfirmed,
            "the target is the live side, and taking that back was not confirmed",
        )
        .hint(format!(
            "Stop the bots, then: {} --yes",
            opened.command("migrate rollback")
        ))
    };
    if !context.ui.can_ask() {
        return Err(refused());
    }
    context
        .ui
        .say("The target is the live side. Stop the bots that write to it before you go on.");
    let answer = context
        .ui
        .ask("Make the old files the live side again? Type yes:")?;
    if answer.eq_ignore_ascii_case("yes") {
        Ok(())
    } else {
        Err(refused())
    }
}
