//! `cbtrade venue`: the local venue, and a look at whichever one the fleet has.

mod config;
mod run;
mod status;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::Done;

/// A venue on this machine to practise on, which speaks like Coinbase; a look at the fleet's venue
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Run(run::Arguments),
    Status(status::Arguments),
}

impl Arguments {
    /// Whether the command ends in order when it is asked to, instead of at once.
    pub(crate) fn ends_in_order(&self) -> bool {
        matches!(self.action, Action::Run(_))
    }
}

/// Runs it.
pub(crate) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    match &arguments.action {
        Action::Run(arguments) => run::run(context, arguments).await,
        Action::Status(arguments) => status::run(context, arguments).await,
    }
}
