//! `cbtrade key`: the venue's API key, sealed with a passphrase.

mod check;
mod passphrase;
mod seal;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::Done;

/// Seal the venue's API key with a passphrase, and look what it may do
///
/// Bots use sealed keys only. A sealed file says nothing without its passphrase; how it is made is described in
/// docs/reference/sealed-files.md.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Seal(seal::Arguments),
    Check(check::Arguments),
    Passphrase(passphrase::Arguments),
}

/// Runs it.
pub(crate) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    match &arguments.action {
        Action::Seal(arguments) => seal::run(context, arguments),
        Action::Check(arguments) => check::run(context, arguments).await,
        Action::Passphrase(arguments) => passphrase::run(context, arguments),
    }
}
