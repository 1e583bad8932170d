//! What an error of a sealed credential means and what to type next.

use cbtrade_vault::VaultError;

use super::Kind;
use super::hints::{of_work, work_kind};
use crate::environment;
use crate::passphrase::CREDENTIAL;
use crate::words::shell;

/// The kind of an error of a sealed credential.
pub(super) fn kind(error: &VaultError) -> Kind {
    match error {
        VaultError::File { source, .. } => work_kind(source),
        VaultError::Machine { .. } | VaultError::NotAsWritten { .. } => Kind::Unreachable,
        _ => Kind::Refused,
    }
}

/// Hints for an error of a sealed credential.
pub(super) fn hints(error: &VaultError) -> Vec<String> {
    let hint = match error {
        VaultError::File { path, source, .. } => return of_work(path, source),
        VaultError::OpenToOthers { path, .. } => format!(
            "Take the right from the others: chmod 600 {} (and ask yourself who may have read it: a new key is made in a minute)",
            shell(&path.display().to_string())
        ),
        VaultError::NotSealed { path } => format!(
            "Seal the key that Coinbase gave you, and name the sealed file in fleet.toml: cbtrade key seal {} --into FILE",
            shell(&path.display().to_string())
        ),
        VaultError::WrongPassphrase { .. } => {
            return vec![
                "Try again: as often as you like, nothing is locked.".to_owned(),
                "A passphrase that is lost cannot be found. Make a new key at Coinbase, delete the old one there, and seal the new one: cbtrade key seal FILE".to_owned(),
                "If you are sure of the passphrase, the first lines of the file were changed: take the file from your backup.".to_owned(),
            ];
        }
        VaultError::Empty { .. }
        | VaultError::CutOff { .. }
        | VaultError::Damaged { .. }
        | VaultError::Altered { .. } => {
            "Take the file from your backup, or make a new key at Coinbase and seal it: cbtrade key seal FILE".to_owned()
        }
        VaultError::Newer { .. } => "Use the newer cbtrade that sealed it.".to_owned(),
        VaultError::OtherContent { .. } => "Name the right file.".to_owned(),
        VaultError::Exists { .. } => {
            "Name another file with --into, or replace it with --overwrite.".to_owned()
        }
        VaultError::Passphrase { .. } => {
            "A passphrase is one line of 1 to 1024 bytes of text.".to_owned()
        }
        _ => return Vec::new(),
    };
    vec![hint]
}

/// Where a passphrase can come from, where there is nobody to ask.
pub(super) fn of_no_passphrase() -> Vec<String> {
    vec![
        "On a terminal it is asked for.".to_owned(),
        format!(
            "Without one, put it into the first line of a file of mode 0600, and say --passphrase-file FILE or export {}=FILE",
            environment::KEY_PASSPHRASE_FILE.name
        ),
        format!("As a service of systemd: LoadCredentialEncrypted={CREDENTIAL}:FILE in the unit."),
        "If the supervisor was started before fleet.toml named a key, it has no passphrase: cbtrade fleet down, then cbtrade fleet up".to_owned(),
    ]
}
