//! The migrations that were begun from a home folder: which sources went to which target.
//!
//! One small file for each beside its work folder, so that a command without arguments can find it again. It is
//! written when a migration is begun and removed when it is taken back; it says nothing about how far it is (the
//! ledger in the target does).

use std::path::{Path, PathBuf};

use cbtrade_sqlite::{FenceMarker, SnapshotOptions, read_fence};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::migration::Job;
use crate::proof::Proof;
use crate::work::write_whole;

/// A migration that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// The SQLite files.
    pub sources: Vec<PathBuf>,
    /// The files and folders that were named for them.
    pub named: Vec<PathBuf>,
    /// The target as a URL without a password.
    pub target: String,
    /// Database for candle files.
    pub candles_database: Option<String>,
    /// Whether the target is the private server of this home folder.
    pub private_server: bool,
    /// Whether one user per role is made.
    pub roles: bool,
}

fn folder(home: &Path) -> PathBuf {
    home.join("migrations")
}

fn file(home: &Path, id: &str) -> PathBuf {
    folder(home).join(format!("{id}.json"))
}

/// Remembers a migration.
///
/// # Errors
/// A home folder that cannot be written.
pub fn remember(job: &Job, known: &Known) -> Result<(), Error> {
    let text = serde_json::to_vec_pretty(known).map_err(|error| Error::Bug(error.to_string()))?;
    write_whole(&file(&job.home, &known.id), &text)
}

/// Forgets a migration.
///
/// # Errors
/// A file that cannot be removed.
pub fn forget(home: &Path, id: &str) -> Result<(), Error> {
    let path = file(home, id);
    match std::fs::remove_file(&path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::Work {
            path,
            action: "removed",
            source,
        }),
        _ => Ok(()),
    }
}

/// All migrations that were begun, by id.
///
/// # Errors
/// A file that cannot be read or understood.
pub fn list(home: &Path) -> Result<Vec<Known>, Error> {
    let folder = folder(home);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Work {
            path,
            action: "read",
            source,
        }
    };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(failed(&folder)(source)),
    };
    let mut known = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed(&folder))?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read(&path).map_err(failed(&path))?;
        let one: Known = serde_json::from_slice(&text).map_err(|error| Error::File {
            path,
            reason: error.to_string(),
        })?;
        known.push(one);
    }
    known.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(known)
}

/// The proof of a migration that was begun, where there is one. Works without the migration's lock: the file appears
/// whole or not at all.
///
/// # Errors
/// A file that cannot be read or understood.
pub fn proof(home: &Path, id: &str) -> Result<Option<Proof>, Error> {
    let path = folder(home).join(id).join("proof.json");
    match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| Error::File {
                path,
                reason: error.to_string(),
            }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Work {
            path,
            action: "read",
            source,
        }),
    }
}

/// A file that a migration has moved to a server: it refuses writes since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The file.
    pub path: PathBuf,
    /// The migration's id.
    pub migration: String,
    /// When, as the fence says.
    pub at: String,
}

/// The first of some files that a migration other than this one has moved. A file that cannot be read is none of them.
#[must_use]
pub fn moved_by_another(files: &[PathBuf], id: &str) -> Option<Moved> {
    files.iter().find_map(|path| {
        let fence = read_fence(path, &SnapshotOptions::default()).ok()??;
        (fence.migration != id).then(|| Moved::new(path, fence))
    })
}

impl Moved {
    pub(crate) fn new(path: &Path, fence: FenceMarker) -> Self {
        Self {
            path: path.to_owned(),
            migration: fence.migration,
            at: fence.at,
        }
    }
}

/// The migrations to the private server of a home folder whose cut-over was begun and not taken back: their old files
/// refuse writes, or may, and what was written since is on the server alone.
///
/// # Errors
/// A file that cannot be read or understood.
pub fn cut_over_to_private_server(home: &Path) -> Result<Vec<(Known, Option<Proof>)>, Error> {
    let mut found = Vec::new();
    for known in list(home)?.into_iter().filter(|known| known.private_server) {
        let proof = proof(home, &known.id)?;
        // The archive is made before the first fence. Where the proof is gone, the fences themselves tell.
        let begun = proof.as_ref().is_some_and(|proof| proof.archive.is_some())
            || known.sources.iter().any(|path| {
                read_fence(path, &SnapshotOptions::default())
                    .is_ok_and(|fence| fence.is_some_and(|fence| fence.migration == known.id))
            });
        if begun {
            found.push((known, proof));
        }
    }
    Ok(found)
}
