//! Folders among the temporary files, for private copies that nobody keeps.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use nix::unistd::geteuid;

use crate::Error;

/// How the folders' names start.
const PREFIX: &str = "cbtrade-scratch-";

/// A folder, readable by its owner only, that goes away with this value. It is locked while in use, so that the next one
/// can tell what a killed process left, and remove it.
pub(crate) struct Scratch {
    pub(crate) path: PathBuf,
    _lock: Flock<File>,
}

impl Scratch {
    /// Makes a folder under `TMPDIR`.
    pub(crate) fn new() -> Result<Self, Error> {
        Self::under(&std::env::temp_dir())
    }

    fn under(base: &Path) -> Result<Self, Error> {
        remove_left(base);
        let mut number = 0_u32;
        loop {
            let path = base.join(format!("{PREFIX}{}-{number}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => {
                    // Nobody else's while it is unlocked for a moment, but it may have been taken for a left one.
                    if let Some(lock) = lock(&path).filter(|lock| is_at(lock, &path)) {
                        return Ok(Self { path, _lock: lock });
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(source) => return Err(Error::io(&path, "create", source)),
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Best effort: what stays is removed by the next one.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn lock(folder: &Path) -> Option<Flock<File>> {
    Flock::lock(File::open(folder).ok()?, FlockArg::LockExclusiveNonblock).ok()
}

fn is_at(lock: &File, path: &Path) -> bool {
    let inode = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let opened = lock.metadata().map(inode);
    matches!((opened, path.symlink_metadata().map(inode)), (Ok(opened), Ok(there)) if opened == there)
}

/// Removes the folders of processes that ended without doing so.
fn remove_left(base: &Path) {
    let user = geteuid().as_raw();
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && path
                .symlink_metadata()
                .is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user);
        if !is_ours {
            continue;
        }
        // Locked until it is gone, so that who makes one at this moment notices.
        if let Some(_lock) = lock(&path).filter(|lock| is_at(lock, &path)) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(base: &Path) -> Vec<PathBuf> {
        let mut names: Vec<PathBuf> = fs::read_dir(base)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_is_in_use_is_not() {
        let base = tempfile::tempdir().unwrap();
        let left = base.path().join(format!("{PREFIX}1-0"));
        let other = base.path().join("another-program");
        for folder in [&left, &other] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("snapshot"), "rows").unwrap();
        }
        let first = Scratch::under(base.path()).unwrap();
        fs::write(first.path.join("snapshot"), "rows").unwrap();
        let second = Scratch::under(base.path()).unwrap();
        let mut expected = vec![other.clone(), first.path.clone(), second.path.clone()];
        expected.sort();
        assert_eq!(names(base.path()), expected);
        drop((first, second));
        assert_eq!(names(base.path()), [other]);
    }
}
