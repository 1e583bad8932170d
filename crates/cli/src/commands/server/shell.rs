//! `cbtrade server shell`.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;

use clap::Args;

use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::{CommandError, Done, Kind};
use crate::place;

/// Open the client program on the private server, logged in
///
/// What follows is handed to the client (`mariadb` or `mysql`): a database, or its own options. Input and output are the
/// client's, and so is the exit code.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    /// Database, and options of the client
    #[arg(
        value_name = "CLIENT_ARGUMENT",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    client: Vec<OsString>,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade server shell cbtrade\n  cbtrade server shell cbtrade -e 'SELECT COUNT(*) FROM positions'\n  \
         cbtrade server shell cbtrade < report.sql\n\n{EXIT_CODES}"
    )
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let server = place::private_server(&context.home)?;
    let mut command = server.shell_command()?;
    command.args(&arguments.client);
    // The client takes this process's place: its terminal, its signals and its exit code are its own.
    let source = command.exec();
    Err(CommandError::new(
        Kind::Unreachable,
        format!(
            "the client program {} cannot be run",
            command.get_program().to_string_lossy()
        ),
    )
    .because(&source))
}
