//! `cbtrade key seal`.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use cbtrade_fleet::{PlainKey, open_key};
use cbtrade_vault::{SealedFile, WhereTaken};
use clap::Args;
use serde_json::json;

use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::{CommandError, Done, Kind};
use crate::passphrase::{self, PassphraseArguments};
use crate::ui::Ui;
use crate::words::{shell, wrapped};

/// What is said before a plain key is removed.
const NO_GUARANTEE: &str = "Removing it is no guarantee: an SSD, a snapshot or a backup may keep what was in it. If it ever lay \
                            in a backup, a repository, a mail or a cloud folder, make a new key at Coinbase, delete this one \
                            there, and seal the new one.";
/// Letters of a line of it.
const LINE_WIDTH: usize = 100;
/// What a file's mode gives to others than its owner.
const OTHERS_BITS: u32 = 0o077;

/// Seal an API key as Coinbase gives it, with a passphrase
///
/// Makes sure that it is a key, asks for a passphrase twice, writes the sealed file with mode 0600, opens it again and
/// compares. Then it asks whether the plain file is to be removed.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// The file that Coinbase gave: JSON with `name` and `privateKey`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The sealed file [default: FILE with the ending .sealed]
    #[arg(long, value_name = "FILE")]
    into: Option<PathBuf>,
    /// Replace a sealed file that is there already
    #[arg(long)]
    overwrite: bool,
    /// Remove the plain file when it is sealed, without asking
    #[arg(long)]
    remove_plain: bool,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade key seal coinbase-key.json\n  cbtrade key seal cdp_api_key.json --into ~/.local/state/cbtrade/fleet/coinbase-key.sealed\n\n{EXIT_CODES}"
    )
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let into = match &arguments.into {
        Some(path) => path.clone(),
        None => arguments.file.with_extension("sealed"),
    };
    if SealedFile::of(&arguments.file).is_there() {
        return Err(CommandError::new(
            Kind::Refused,
            format!("{} is sealed already", arguments.file.display()),
        )
        .hint(format!(
            "Look which key it is: cbtrade key check {}",
            shell(&arguments.file.display().to_string())
        )));
    }
    if is_same_file(&arguments.file, &into) {
        return Err(CommandError::new(
            Kind::Usage,
            format!(
                "the sealed file cannot be {} itself",
                arguments.file.display()
            ),
        )
        .hint("Name another one with --into. Nothing was changed."));
    }
    let key = PlainKey::read(&arguments.file).map_err(of_plain)?;
    let which = key.which();
    if !ui.json() {
        ui.say(&format!(
            "  the key {} ({}) can be used",
            which.name, which.kind
        ));
    }
    warn_of_others(ui, &arguments.file);
    let taken = may_replace(ui, &into, arguments.overwrite)?;
    let given = passphrase::given(ui, arguments.passphrase.passphrase_file.as_deref())?;
    let passphrase = passphrase::new(ui, given, &into)?;
    key.seal(&into, &passphrase, taken)?;
    // Once more, as a bot will open it.
    if open_key(&into, &passphrase)? != *which {
        return Err(CommandError::new(
            Kind::Bug,
            format!("{} holds another key than it should", into.display()),
        ));
    }
    if !ui.json() {
        ui.out(&format!(
            "Sealed into {}, opened again and compared: it is the same key.",
            into.display()
        ));
    }
    let is_removed = remove_plain(ui, arguments)?;
    if ui.json() {
        ui.document(&json!({
            "command": "key seal",
            "exit_code": 0,
            "file": into.display().to_string(),
            "key": which.name,
            "kind": which.kind,
            "plain_file": arguments.file.display().to_string(),
            "plain_removed": is_removed,
        }));
        return Ok(());
    }
    let file = std::path::absolute(&into).unwrap_or(into);
    ui.next(&[
        format!(
            "in [venue] of fleet.toml:   key_file = {}",
            serde_json::Value::from(file.display().to_string())
        ),
        format!(
            "what the key may do:        cbtrade key check {}",
            shell(&file.display().to_string())
        ),
    ]);
    Ok(())
}

/// Whether both lead to one file, which must not be written over and then removed.
fn is_same_file(one: &Path, other: &Path) -> bool {
    match (std::fs::metadata(one), std::fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

/// The file that was named is no key: then what to do is not what a venue's key needs.
fn of_plain(error: cbtrade_fleet::FleetError) -> CommandError {
    let is_no_key = matches!(error, cbtrade_fleet::FleetError::Venue(_));
    let mut told = CommandError::from(error);
    if is_no_key {
        told.message = "the file holds no key that could be used".to_owned();
        told.hints.clear();
        told = told.hint("Coinbase gives a key once, as a JSON file with `name` and `privateKey`. Nothing was written.");
    }
    told
}

fn warn_of_others(ui: &Ui, path: &Path) {
    let Ok(metadata) = std::fs::metadata(path) else {
        return;
    };
    if metadata.mode() & OTHERS_BITS != 0 {
        ui.warn(&format!(
            "others than you may read {}; if somebody may have, make a new key at Coinbase and seal that one",
            path.display()
        ));
    }
}

fn may_replace(ui: &Ui, into: &Path, is_told: bool) -> Result<WhereTaken, CommandError> {
    // Of a link too, wherever it leads.
    let is_there = std::fs::symlink_metadata(into).is_ok();
    match (is_there, is_told) {
        (_, true) => return Ok(WhereTaken::Replace),
        (false, false) => return Ok(WhereTaken::Refuse),
        (true, false) => {}
    }
    let refused = || {
        CommandError::from(cbtrade_vault::VaultError::Exists {
            path: into.to_owned(),
        })
    };
    if !ui.can_ask() {
        return Err(refused());
    }
    ui.warn(&format!("{} is there already", into.display()));
    match ui.ask("Replace it? Type yes:")?.as_str() {
        "yes" => Ok(WhereTaken::Replace),
        _ => Err(refused()),
    }
}

/// Removes the plain file where that is wanted. Returns whether it is gone.
fn remove_plain(ui: &Ui, arguments: &Arguments) -> Result<bool, CommandError> {
    let path = arguments.file.display();
    if !ui.json() {
        ui.say(&format!(
            "\nThe plain file {path} still opens your account."
        ));
        ui.say(&wrapped(NO_GUARANTEE, LINE_WIDTH, ""));
    }
    let is_wanted = arguments.remove_plain
        || (ui.can_ask() && ui.ask("Remove the plain file? Type yes:")? == "yes");
    if !is_wanted {
        ui.say(&format!("  {path} was left where it is"));
        return Ok(false);
    }
    std::fs::remove_file(&arguments.file).map_err(|source| {
        CommandError::new(
            Kind::Unreachable,
            format!("the key is sealed, but the plain file {path} cannot be removed"),
        )
        .because(&source)
        .hint("Remove it by hand.")
    })?;
    ui.say(&format!("  {path} was removed"));
    Ok(true)
}
