//! The work folder of a migration: lock, snapshots, census, plan, proof.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// A locked work folder.
#[derive(Debug)]
pub(crate) struct WorkFolder {
    path: PathBuf,
    _lock: File,
}

impl WorkFolder {
    /// Opens (or makes) the folder for a migration and locks it for this process.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |path: &Path, action| {
            let path = path.to_owned();
            move |source| Error::Work {
                path,
                action,
                source,
            }
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(failed(path, "made"))?;
        let lock_path = path.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .mode(0o600)
            .open(&lock_path)
            .map_err(failed(&lock_path, "opened"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(fs::TryLockError::WouldBlock) => Err(Error::Busy { path: lock_path }),
            Err(fs::TryLockError::Error(source)) => Err(Error::Work {
                path: lock_path,
                action: "locked",
                source,
            }),
        }
    }

    /// A file of the folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Reads a JSON file; `None` if it is not there.
    pub(crate) fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let path = self.file(name);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(Error::Work {
                    path,
                    action: "read",
                    source,
                });
            }
        };
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| Error::File {
                path,
                reason: error.to_string(),
            })
    }

    /// Writes a JSON file; it appears whole or not at all.
    pub(crate) fn write_json<T: Serialize>(&self, name: &str, value: &T) -> Result<(), Error> {
        let path = self.file(name);
        let text = serde_json::to_vec_pretty(value).map_err(|error| Error::File {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        write_whole(&path, &text)
    }

    /// Removes everything but the lock and the named files.
    pub(crate) fn clear(&self, kept: &[&str]) -> Result<(), Error> {
        let failed = |source| Error::Work {
            path: self.path.clone(),
            action: "cleared",
            source,
        };
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path
                .file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name == "lock" || kept.contains(&name))
            {
                continue;
            }
            // An interrupted snapshot leaves a folder.
            let removed = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            removed.map_err(|source| Error::Work {
                path,
                action: "removed",
                source,
            })?;
        }
        Ok(())
    }
}

/// Writes a file with mode 0600 through a temporary name, so that it appears whole or not at all.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<(), Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let temporary = PathBuf::from(name);
    let write = || {
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(|source| Error::Work {
        path: path.to_owned(),
        action: "written",
        source,
    })
}
