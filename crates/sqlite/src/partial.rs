//! A file in the making: it gets its name only when it is whole.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::Error;

/// A hidden folder beside the destination with the file in it. What a killed process left there is
/// cleared by the next one with the same destination; the folder is locked, so that two at once are
/// refused.
#[derive(Debug)]
pub(crate) struct Partial {
    destination: PathBuf,
    parent: PathBuf,
    folder: PathBuf,
    _lock: Flock<File>,
}

impl Partial {
    /// Prepares an empty folder, readable by its owner only.
    pub(crate) fn new(destination: &Path) -> Result<Self, Error> {
        let name = destination.file_name().ok_or_else(|| {
            Error::io(
                destination,
                "write",
                io::Error::from(io::ErrorKind::InvalidInput),
            )
        })?;
        let parent = match destination.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let parent = parent
            .canonicalize()
            .map_err(|source| Error::io(parent, "write to", source))?;
        let mut folder_name = OsString::from(".");
        folder_name.push(name);
        folder_name.push(".partial");
        let folder = parent.join(folder_name);
        let lock = lock_folder(&folder)?;
        let partial = Self {
            destination: parent.join(name),
            parent,
            folder,
            _lock: lock,
        };
        partial.clear()?;
        Ok(partial)
    }

    /// The file in the making. SQLite's companions may lie beside it.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("database")
    }

    /// Makes a file in the folder, readable by its owner only.
    pub(crate) fn create(path: &Path) -> Result<File, Error> {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|source| Error::io(path, "create", source))
    }

    /// Makes the file durable and gives it its name.
    pub(crate) fn finish(self) -> Result<PathBuf, Error> {
        let file = self.file();
        let sync = |path: &Path| File::open(path).and_then(|file| file.sync_all());
        sync(&file).map_err(|source| Error::io(&file, "sync", source))?;
        fs::rename(&file, &self.destination)
            .map_err(|source| Error::io(&self.destination, "write", source))?;
        sync(&self.parent).map_err(|source| Error::io(&self.parent, "sync", source))?;
        Ok(self.destination.clone())
    }

    /// Empties the folder.
    pub(crate) fn clear(&self) -> Result<(), Error> {
        let failed = |source| Error::io(&self.folder, "clear", source);
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            fs::remove_file(entry.map_err(failed)?.path()).map_err(failed)?;
        }
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Best effort: what stays is cleared by the next one.
        let _ = self.clear();
        let _ = fs::remove_dir(&self.folder);
    }
}

fn lock_folder(folder: &Path) -> Result<Flock<File>, Error> {
    loop {
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(Error::io(folder, "create", error));
            }
            _ => {}
        }
        let opened = match File::open(folder) {
            // Its owner removed it between the two calls.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other.map_err(|source| Error::io(folder, "open", source))?,
        };
        let lock = Flock::lock(opened, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| {
            if errno == Errno::EWOULDBLOCK {
                Error::Locked {
                    path: folder.to_path_buf(),
                    what: "the same file is being made".to_owned(),
                    waited_ms: 0,
                }
            } else {
                Error::io(folder, "lock", errno.into())
            }
        })?;
        let locked = lock
            .metadata()
            .map_err(|source| Error::io(folder, "look at", source))?;
        // The folder may have been removed, and made anew, before the lock was ours.
        if folder
            .metadata()
            .is_ok_and(|there| there.ino() == locked.ino())
        {
            return Ok(lock);
        }
    }
}
