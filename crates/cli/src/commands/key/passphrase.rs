//! `cbtrade key passphrase`.

use std::path::PathBuf;

use cbtrade_fleet::{change_passphrase, open_key};
use clap::Args;
use serde_json::json;

use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::Done;
use crate::passphrase::{self, PassphraseArguments};

/// Give a sealed key another passphrase
///
/// Asks for the old one and twice for the new one. Copies of the file, in backups too, still open with the old one. Bots that
/// run go on; a supervisor that was started before needs `fleet down` and `fleet up` to know the new one.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// The sealed file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A file with the new passphrase in its first line, which others may not read [default: asked for twice]
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

fn after_help() -> String {
    format!("Examples:\n  cbtrade key passphrase coinbase-key.sealed\n\n{EXIT_CODES}")
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let old = passphrase::of_key(ui, &arguments.passphrase, &arguments.file)?;
    // Before a new one is asked for.
    open_key(&arguments.file, &old)?;
    let given = match &arguments.new_passphrase_file {
        Some(path) => passphrase::given(ui, Some(path))?,
        None => None,
    };
    let new = passphrase::new(ui, given, &arguments.file)?;
    let which = change_passphrase(&arguments.file, &old, &new)?;
    if ui.json() {
        ui.document(&json!({
            "command": "key passphrase",
            "exit_code": 0,
            "file": arguments.file.display().to_string(),
            "key": which.name,
            "kind": which.kind,
        }));
        return Ok(());
    }
    ui.out(&format!(
        "The key {} ({}) in {} opens with the new passphrase only.",
        which.name,
        which.kind,
        arguments.file.display()
    ));
    ui.next(&[
        "a fleet that runs:   cbtrade fleet down, then cbtrade fleet up (the supervisor knows the old one)".to_owned(),
    ]);
    Ok(())
}
