//! `cbtrade migrate rollback`.

use cbtrade_migrate::{Allowed, Stage, TakenBack, known};
use clap::Args;
use serde_json::{Value, json};

use crate::arguments::{EXIT_CODES, OptionArguments, OptionalSources, TargetArguments};
use crate::commands::Context;
use crate::error::{CommandError, Done, Kind};
use crate::migration::{Opened, ServerUse, Standing, Which};

/// Take a migration back: the old files are live again, the target is as it was found
///
/// Asks first, unless --yes is given, then removes from the target exactly what the migration made there, and takes the
/// fences off the old files. Tables into which somebody else put rows are not removed without --drop-other-rows. After a
/// cut-over it first compares both sides: rows written to the target since then are never thrown away, it refuses
/// instead. Where the target is gone, only --target-lost takes the fences off: the old files are then live as they were
/// at the cut-over. The archive of the old files stays.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    #[command(flatten)]
    sources: OptionalSources,
    #[command(flatten)]
    target: TargetArguments,
    #[command(flatten)]
    options: OptionArguments,
    /// The target is gone: go on without what was written there since the cut-over
    #[arg(long)]
    target_lost: bool,
    /// Remove the migration's tables although somebody else put rows into them
    #[arg(long)]
    drop_other_rows: bool,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade migrate rollback\n  cbtrade migrate rollback shop.db --target 'mysql://root@localhost/shop' --yes\n\n{EXIT_CODES}"
    )
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let which = Which {
        home: &context.home,
        home_named: context.home_named(),
        sources: &arguments.sources.sources,
        target: &arguments.target,
        options: &arguments.options,
        server: ServerUse::Kept,
    };
    let mut opened = Opened::open(context.ui, &which).await?;
    let (standing, status) = opened.standing().await?;
    match standing {
        // Nothing of this one is anywhere: to say "taken back" would be to say that the old files are live.
        Standing::MovedElsewhere if status.stage == Stage::Planned => {
            return Err(opened.moved_elsewhere());
        }
        Standing::MovedElsewhere => {
            context.ui.warn(&format!(
                "{}. This removes only the other copy.",
                opened.moved_elsewhere().message
            ));
            if !arguments.options.yes {
                confirm_removal(context, &opened, standing)?;
            }
        }
        Standing::Before if arguments.options.yes || opened.offline => {}
        Standing::Before if status.stage == Stage::Planned => {}
        Standing::Before => confirm_removal(context, &opened, standing)?,
        Standing::TargetGone if arguments.target_lost => {}
        Standing::TargetGone => confirm_loss(context, &opened)?,
        Standing::Live | Standing::CutoverBegun if arguments.options.yes => {}
        Standing::Live | Standing::CutoverBegun => confirm(context, &opened)?,
    }
    let allowed = Allowed {
        target_lost: standing == Standing::TargetGone,
        other_rows: arguments.drop_other_rows,
    };
    let taken = if opened.offline {
        opened.migration.rollback_without_target()
    } else {
        opened.migration.rollback_with(allowed).await
    };
    let taken = match taken {
        Ok(taken) => taken,
        Err(error) => return Err(opened.explain(error, "migrate rollback")),
    };
    known::forget(&context.home, opened.migration.id())?;
    say_taken(context, &opened, standing, &taken);
    Ok(())
}

fn say_taken(context: &Context<'_>, opened: &Opened, standing: Standing, taken: &TakenBack) {
    let ui = context.ui;
    if ui.json() {
        let mut document = opened.document("migrate rollback");
        let live = (standing != Standing::MovedElsewhere).then_some("sqlite");
        document.insert("live".into(), json!(live));
        document.insert("removed".into(), json!(taken.removed));
        document.insert("left".into(), json!(taken.left));
        document.insert("in_the_way".into(), json!(taken.in_the_way));
        document.insert("lifted".into(), json!(taken.lifted));
        document.insert("next".into(), json!([opened.command("recover")]));
        ui.document(&Value::Object(document));
        return;
    }
    let mut text = String::from("Taken back: the old files are the live side.\n");
    if standing == Standing::MovedElsewhere {
        text = String::from(
            "Taken back: this copy is gone. The old files refuse writes as before, for the migration that moved them.\n",
        );
    } else if standing == Standing::TargetGone {
        text.push_str(
            "The target was gone: what was written to it since the cut-over is not in them.\n",
        );
    } else if taken.removed.is_empty() && taken.left.is_empty() {
        text = String::from(
            "Nothing of this migration is in the target, and none of the old files is fenced: they are live.\n",
        );
    }
    for file in &taken.lifted {
        text.push_str(&format!("  takes writes again  {}\n", file.display()));
    }
    if !taken.removed.is_empty() {
        text.push_str("Removed from the target:\n");
    }
    for name in &taken.removed {
        text.push_str(&format!("  {name}\n"));
    }
    if !taken.left.is_empty() {
        text.push_str("Left there:\n");
    }
    for (name, reason) in &taken.left {
        text.push_str(&format!("  {name}: {reason}\n"));
    }
    ui.out(&text);
    let mut next = Vec::new();
    if taken.in_the_way {
        let look = match opened.place.private_server {
            true => format!(" ({})", opened.command_at_home("server shell")),
            false => String::new(),
        };
        next.push(format!(
            "first:   look at what was left there{look}, and remove it where nobody needs it; a new copy wants empty databases"
        ));
    }
    if standing != Standing::MovedElsewhere {
        next.push(format!("begin anew:   {}", opened.command("recover")));
    }
    ui.next(&next);
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

fn confirm_removal(context: &Context<'_>, opened: &Opened, standing: Standing) -> Done {
    let refused = || {
        CommandError::new(
            Kind::NotConfirmed,
            "removing the copy from the target was not confirmed",
        )
        .hint(format!(
            "Nothing was changed. If you are sure: {} --yes",
            opened.command("migrate rollback")
        ))
    };
    if !context.ui.can_ask() {
        return Err(refused());
    }
    context.ui.say(&format!(
        "This removes the copy from {}: its tables, and the databases and users that were made for it. The old files {}stay as they are.",
        opened.place.target.display(),
        if standing == Standing::Before { "are live, and " } else { "" }
    ));
    let answer = context.ui.ask("Remove the copy? Type yes:")?;
    if answer.eq_ignore_ascii_case("yes") {
        Ok(())
    } else {
        Err(refused())
    }
}

/// Asks for a word of its own: --yes is no word about losing rows.
fn confirm_loss(context: &Context<'_>, opened: &Opened) -> Done {
    let refused = || {
        let mut error = opened.target_gone();
        error.kind = Kind::NotConfirmed;
        error
    };
    if !context.ui.can_ask() {
        return Err(refused());
    }
    context.ui.say(&format!(
        "The old files are fenced since the cut-over, and {} holds nothing of this migration any more. What was written there since the cut-over is lost, unless you have a backup of it: put that back first.",
        opened.place.target.display()
    ));
    let answer = context
        .ui
        .ask("Make the old files live again, as they were at the cut-over? Type lost:")?;
    if answer.eq_ignore_ascii_case("lost") {
        Ok(())
    } else {
        Err(refused())
    }
}
