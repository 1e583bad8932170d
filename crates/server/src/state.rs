//! What is written down about the server between two runs of the program.

use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::flavour::Flavour;
use crate::process::ProcessIdentity;

/// The state file, `state.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Format of this file.
    pub(crate) format: u32,
    /// Whose data directory it is.
    pub(crate) flavour: Flavour,
    /// Version of the program that ran last.
    pub(crate) version: String,
    /// The client program that belongs to it, where there is one.
    pub(crate) client: Option<PathBuf>,
    /// The socket.
    pub(crate) socket: PathBuf,
    /// The port on 127.0.0.1; none for socket only.
    pub(crate) port: Option<u16>,
    /// The process, from when it was started until it was seen to be gone.
    pub(crate) process: Option<ProcessIdentity>,
}

/// The present format.
pub(crate) const FORMAT: u32 = 1;

impl State {
    pub(crate) fn read(path: &Path) -> Result<Option<State>, Error> {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|source| Error::State {
                    path: path.to_owned(),
                    source,
                }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::file("read", path, source)),
        }
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|source| Error::State {
            path: path.to_owned(),
            source,
        })?;
        bytes.push(b'\n');
        write_private(path, &bytes)
    }
}

/// Writes a file of mode 0600 so that after a crash it has the old content or the new one.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let new = path.with_extension("new");
    let failed = |source| Error::file("write", path, source);
    // An old one may have been left half-written, by a crash, and with another mode.
    let _ = std::fs::remove_file(&new);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&new, path).map_err(failed)?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)?;
    }
    Ok(())
}
