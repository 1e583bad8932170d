//! `cbtrade migrate inspect`.

use clap::Args;

use crate::arguments::{EXIT_CODES, OptionArguments, RequiredSources, TargetArguments};
use crate::commands::Context;
use crate::error::Done;

/// Read every value and say what would happen to it
///
/// Like `plan`, but writes no plan file of yours: tables, rows, findings, and what has no equal in the target. Nothing is
/// made in the target.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    #[command(flatten)]
    sources: RequiredSources,
    #[command(flatten)]
    target: TargetArguments,
    #[command(flatten)]
    options: OptionArguments,
}

fn after_help() -> String {
    format!("Examples:\n  cbtrade migrate inspect shop.db\n\n{EXIT_CODES}")
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    super::plan_must_exist(&arguments.options)?;
    let mut opened = super::open(
        context,
        &arguments.sources.sources,
        &arguments.target,
        &arguments.options,
    )
    .await?;
    opened.must_be_before_cutover().await?;
    let plan = match opened.migration.plan().await {
        Ok(plan) => plan,
        Err(error) => return Err(opened.explain(error, "migrate inspect")),
    };
    let path = opened.migration.plan_path();
    super::say_plan(context.ui, &opened, &plan, &path, "migrate inspect");
    Ok(())
}
