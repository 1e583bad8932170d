//! Files that only their owner may use, and memory that is written nowhere.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use secrecy::SecretSlice;
use secrecy::zeroize::Zeroizing;

use crate::error::VaultError;

/// What a private file's mode may have: nothing for others than its owner.
const OTHERS_BITS: u32 = 0o077;
/// Bytes of the largest file of a secret.
const BYTES_MAX: u64 = 1024 * 1024;

/// Reads a file that only its owner may use.
///
/// # Errors
/// There is none, others may use it, it is larger than a secret is.
pub fn read_private(path: &Path) -> Result<SecretSlice<u8>, VaultError> {
    let (file, metadata) = opened(path)?;
    let mode = metadata.mode() & 0o7777;
    if mode & OTHERS_BITS != 0 {
        return Err(VaultError::OpenToOthers {
            path: path.to_owned(),
            mode,
        });
    }
    read_all(path, file, metadata.len())
}

/// Reads a file of a secret, whoever may use it.
///
/// # Errors
/// There is none; it is larger than a secret is.
pub fn read_any(path: &Path) -> Result<SecretSlice<u8>, VaultError> {
    let (file, metadata) = opened(path)?;
    read_all(path, file, metadata.len())
}

/// What is known of the file that is open, not of whatever has its name a moment later.
fn opened(path: &Path) -> Result<(File, Metadata), VaultError> {
    let failed = |source| VaultError::file("read", path, source);
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    Ok((file, metadata))
}

fn read_all(path: &Path, mut file: File, bytes: u64) -> Result<SecretSlice<u8>, VaultError> {
    let room = match usize::try_from(bytes) {
        Ok(room) if bytes <= BYTES_MAX => room,
        _ => {
            return Err(VaultError::TooLarge {
                path: path.to_owned(),
                bytes,
                bytes_max: BYTES_MAX,
            });
        }
    };
    // Filled in place: a vector that grows leaves copies behind.
    let mut content = Zeroizing::new(vec![0_u8; room]);
    file.read_exact(&mut content)
        .map_err(|source| VaultError::file("read", path, source))?;
    Ok(SecretSlice::from(std::mem::take(&mut *content)))
}

/// Keeps this process's memory out of core files, and from being looked into by other processes of the same user. It holds
/// for this process, not for programs that it starts.
///
/// # Errors
/// The system does not know how.
pub fn keep_memory_from_core_files() -> Result<(), VaultError> {
    nix::sys::prctl::set_dumpable(false).map_err(|_| VaultError::Machine {
        what: "this system does not keep a process's memory out of core files",
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use std::os::unix::fs::PermissionsExt as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_file_that_others_may_use_is_not_read() {
        let place = cbtrade_testkit::TestFolder::new();
        let path = place.path().join("secret");
        std::fs::write(&path, "words").unwrap();
        for (mode, is_read) in [(0o600, true), (0o400, true), (0o640, false), (0o602, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            match read_private(&path) {
                Ok(read) => assert!(is_read && read.expose_secret() == b"words", "{mode:o}"),
                Err(VaultError::OpenToOthers { mode: told, .. }) => {
                    assert!(!is_read && told == mode, "{mode:o}");
                }
                Err(other) => panic!("{mode:o}: {other:?}"),
            }
        }
        let absent = read_private(&place.path().join("nothing"));
        assert!(matches!(absent, Err(VaultError::File { .. })));
    }

    #[test]
    fn memory_is_kept_from_core_files() {
        keep_memory_from_core_files().unwrap();
        assert!(!nix::sys::prctl::get_dumpable().unwrap());
    }
}
