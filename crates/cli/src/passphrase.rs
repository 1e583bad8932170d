//! Where the passphrase of the venue's key comes from: a file that is named, the service manager, the terminal. Never an
//! argument, and never an environment variable of itself: other processes see both.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use cbtrade_fleet::{FleetError, VenueConfig, look_at_key};
use cbtrade_vault::{Passphrase, keep_memory_from_core_files};
use clap::Args;

use crate::environment;
use crate::error::{CommandError, Kind};
use crate::ui::Ui;

/// The name of the service manager's credential.
pub(crate) const CREDENTIAL: &str = "cbtrade-key-passphrase";
/// What stands for the standard input.
const INPUT: &str = "-";
/// Letters of the shortest passphrase that a key is sealed with.
const LETTERS_MIN: usize = 12;

/// Where from.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PassphraseArguments {
    /// A file with the passphrase of the venue's key in its first line, which others may not read; - is the standard input
    /// [env: CBTRADE_KEY_PASSPHRASE_FILE] [default: asked for]
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// The passphrase of a venue's key, not tried; none where the venue has no key.
///
/// # Errors
/// The key's file is no sealed key; there is no passphrase.
pub(crate) fn of_venue(
    ui: &Ui,
    arguments: &PassphraseArguments,
    venue: &VenueConfig,
) -> Result<Option<Passphrase>, CommandError> {
    let Some(path) = venue.key_file() else {
        return Ok(None);
    };
    look_at_key(venue)?;
    of_key(ui, arguments, path).map(Some)
}

/// The passphrase of a key in a file, not tried.
///
/// # Errors
/// There is none.
pub(crate) fn of_key(
    ui: &Ui,
    arguments: &PassphraseArguments,
    path: &Path,
) -> Result<Passphrase, CommandError> {
    if let Some(passphrase) = given(ui, arguments.passphrase_file.as_deref())? {
        return Ok(passphrase);
    }
    if !ui.can_ask() {
        return Err(FleetError::NoPassphrase {
            path: path.to_owned(),
        }
        .into());
    }
    keep_memory(ui);
    ui.ask_passphrase(&format!("Passphrase of {}:", path.display()))
}

/// A new passphrase: from where the arguments say, else typed twice.
///
/// # Errors
/// There is none, it is short, or was not typed twice alike.
pub(crate) fn new(
    ui: &Ui,
    given: Option<Passphrase>,
    path: &Path,
) -> Result<Passphrase, CommandError> {
    if let Some(passphrase) = given {
        return long_enough(passphrase);
    }
    if !ui.can_ask() {
        return Err(FleetError::NoPassphrase {
            path: path.to_owned(),
        }
        .into());
    }
    keep_memory(ui);
    ui.say("Choose a passphrase: four words or more that nobody finds together. Without it the sealed key is lost.");
    let first = long_enough(ui.ask_passphrase("New passphrase:")?)?;
    if ui.ask_passphrase("The same again:")? != first {
        return Err(
            CommandError::new(Kind::NotConfirmed, "the two passphrases differ")
                .hint("Nothing was written. Run the same command again: it asks anew."),
        );
    }
    Ok(first)
}

fn long_enough(passphrase: Passphrase) -> Result<Passphrase, CommandError> {
    match passphrase.letters() {
        LETTERS_MIN.. => Ok(passphrase),
        letters => Err(CommandError::new(
            Kind::Refused,
            format!("a passphrase of {letters} letters is found by trying; it needs {LETTERS_MIN}"),
        )
        .hint("Nothing was written. Take four words or more.")),
    }
}

/// The passphrase of a file that is named, or of the service manager; none where neither says one.
///
/// # Errors
/// What is named cannot be used.
pub(crate) fn given(ui: &Ui, named: Option<&Path>) -> Result<Option<Passphrase>, CommandError> {
    let from_environment = || environment::KEY_PASSPHRASE_FILE.value().map(PathBuf::from);
    let credential = || {
        let folder = environment::CREDENTIALS.value()?;
        let path = Path::new(&folder).join(CREDENTIAL);
        path.exists().then_some(path)
    };
    let found = if named == Some(Path::new(INPUT)) {
        Some(of_input()?)
    } else if let Some(path) = named.map(Path::to_owned).or_else(from_environment) {
        Some(Passphrase::of_file(&path)?)
    } else if let Some(path) = credential() {
        Some(Passphrase::of_credential(&path)?)
    } else {
        None
    };
    if found.is_some() {
        keep_memory(ui);
    }
    Ok(found)
}

/// Not through the program's buffered input, where a copy would stay.
fn of_input() -> Result<Passphrase, CommandError> {
    let input = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map_err(|source| {
            CommandError::new(Kind::Unreachable, "the standard input cannot be read")
                .because(&source)
        })?;
    Ok(Passphrase::read(&mut File::from(input))?)
}

fn keep_memory(ui: &Ui) {
    if let Err(error) = keep_memory_from_core_files() {
        ui.warn(&error.to_string());
    }
}
