//! What can fail, with the file it failed on. No error carries anything of a secret.

use std::path::{Path, PathBuf};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// A file operation failed.
    #[error("cannot {action} {path}")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// A file with a secret that others than its owner may use.
    #[error("{path} may be read by others (mode {mode:04o})")]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A file that is too large for what it should be.
    #[error("{path} has {bytes} bytes; a file of a secret has {bytes_max} at most")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The bound.
        bytes_max: u64,
    },
    /// A file without a byte.
    #[error("{path} is empty")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A file that is not sealed.
    #[error("{path} is not a sealed file")]
    NotSealed {
        /// The file.
        path: PathBuf,
    },
    /// A sealed file of a later program.
    #[error("{path} is a sealed file of version {version}, and this program knows version 1")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// A sealed file that ends before its end.
    #[error("{path} is a sealed file that is cut off")]
    CutOff {
        /// The file.
        path: PathBuf,
    },
    /// A sealed file with a line that cannot be.
    #[error("{path} is a sealed file that is damaged: {why}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A sealed file of something else.
    #[error("{path} holds a sealed {found}, and a {wanted} is needed")]
    OtherContent {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: String,
        /// What was asked for.
        wanted: &'static str,
    },
    /// The passphrase is not the one that it was sealed with.
    #[error("the passphrase does not open {path}")]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase is right, and what was sealed is no longer what it was.
    #[error("what is sealed in {path} was changed after it was sealed")]
    Altered {
        /// The file.
        path: PathBuf,
    },
    /// There is a file already.
    #[error("there is a file {path} already")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// What was written could not be read back as it was.
    #[error("{path} did not hold what was sealed when it was opened again; it was removed")]
    NotAsWritten {
        /// The file.
        path: PathBuf,
    },
    /// A passphrase that is none.
    #[error("the passphrase {why}")]
    Passphrase {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The machine cannot do what is needed.
    #[error("{what}")]
    Machine {
        /// What it cannot do.
        what: &'static str,
    },
}

impl VaultError {
    pub(crate) fn file(action: &'static str, path: &Path, source: std::io::Error) -> VaultError {
        VaultError::File {
            action,
            path: path.to_owned(),
            source,
        }
    }
}
