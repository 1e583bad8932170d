//! `cbtrade migrate`: the stages of a migration, one by one.

mod copy;
mod cutover;
mod inspect;
mod plan;
mod provision;
mod rollback;
mod run;
mod status;
mod verify;

use clap::{Args, Subcommand};

use super::Context;
use crate::arguments::{OptionArguments, TargetArguments};
use crate::error::{CommandError, Done, Kind};
use crate::migration::{Opened, ServerUse, Which};

pub(crate) use cutover::{
    confirm, cut_over, document as cutover_document, done_text as cutover_text,
};
use plan::say_plan;
pub(crate) use plan::write_plan;

/// Run a migration, or one of its stages
///
/// `run` copies and proves; it never cuts over. The stages in order: inspect, plan, provision, copy, verify, cutover.
/// Each does what is missing before it, can be stopped at any instant and run again. `recover` runs them all with
/// questions.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The stage.
    #[command(subcommand)]
    stage: Stage,
}

#[derive(Debug, Subcommand)]
enum Stage {
    Run(run::Arguments),
    Inspect(inspect::Arguments),
    Plan(plan::Arguments),
    Provision(provision::Arguments),
    Copy(copy::Arguments),
    Verify(verify::Arguments),
    Cutover(cutover::Arguments),
    Rollback(rollback::Arguments),
    Status(status::Arguments),
}

/// Runs it.
pub(crate) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    match &arguments.stage {
        Stage::Run(arguments) => run::run(context, arguments).await,
        Stage::Inspect(arguments) => inspect::run(context, arguments).await,
        Stage::Plan(arguments) => plan::run(context, arguments).await,
        Stage::Provision(arguments) => provision::run(context, arguments).await,
        Stage::Copy(arguments) => copy::run(context, arguments).await,
        Stage::Verify(arguments) => verify::run(context, arguments).await,
        Stage::Cutover(arguments) => cutover::run(context, arguments).await,
        Stage::Rollback(arguments) => rollback::run(context, arguments).await,
        Stage::Status(arguments) => status::run(context, arguments).await,
    }
}

/// Opens the migration that the arguments of a stage name.
async fn open(
    context: &Context<'_>,
    sources: &[std::path::PathBuf],
    target: &TargetArguments,
    options: &OptionArguments,
) -> Result<Opened, CommandError> {
    Opened::open(
        context.ui,
        &Which {
            home: &context.home,
            home_named: context.home_named(),
            sources,
            target,
            options,
            server: ServerUse::Needed,
        },
    )
    .await
}

/// Refuses a plan file that is not there, where it is to be read.
fn plan_must_exist(options: &OptionArguments) -> Done {
    match &options.plan {
        Some(path) if !path.exists() => Err(CommandError::new(
            Kind::Unreachable,
            format!("there is no plan file {}", path.display()),
        )
        .hint(format!(
            "`cbtrade migrate plan … --plan {}` makes it.",
            path.display()
        ))),
        _ => Ok(()),
    }
}
