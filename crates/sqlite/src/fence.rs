//! The cut-over's fence: after it, no forgotten bot can write to the legacy file.
//!
//! There are two ways. A sound file gets triggers ([`fence`]), whose message tells a bot why it is refused. In a damaged
//! file SQLite must not write: it may be unable to, and where it is able it may take a page that is still in use for a
//! free one. Such a file is closed by its header ([`fence_damaged`]): one field of it then names a version of the format
//! that no SQLite writes, and what replaced it is undone to the last byte.

mod closed;
mod record;
mod triggers;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub(crate) use record::{Record, aside};

use crate::snapshot::scratch_snapshot;
use crate::source::{LockUse, canonical, read_held};
use crate::uri::{self, Access};
use crate::{Error, ErrorKind, Fingerprint, SnapshotOptions};

/// The table that marks a file fenced by triggers.
pub const FENCE_TABLE: &str = "cbtrade_fence";
/// How the names of the fence's triggers start.
pub const FENCE_TRIGGER_PREFIX: &str = "cbtrade_fence_";
/// What the name of the file beside a database closed by its header ends in, after the database's name.
pub const FENCE_RECORD_SUFFIX: &str = ".cbtrade-fence";
/// What is appended to the names of the journal and the write-ahead log of a database closed by its header.
pub const FENCE_ASIDE_SUFFIX: &str = ".before-cbtrade";

/// Who put the fence up.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct FenceMarker {
    /// The migration's id.
    pub migration: String,
    /// What a writer is told.
    pub message: String,
    /// When, in the words of the caller.
    pub at: String,
}

/// How a file is fenced.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum FenceWay {
    /// A trigger on each table refuses writes, with the marker's message.
    Triggers,
    /// The header forbids writing; SQLite says "attempt to write a readonly database".
    Header,
}

/// What the fence covers.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct FenceReport {
    /// How the file is fenced.
    pub way: FenceWay,
    /// The tables that refuse writes now; empty when the header forbids writing, which covers the file as a whole.
    pub tables: Vec<String>,
    /// Virtual tables, which cannot have triggers, and the tables they keep their data in, which must
    /// not: a trigger on an inner table of a full-text index sends SQLite into an endless recursion.
    /// These are still open to writes.
    pub unfenced: Vec<String>,
    /// Whether this migration's fence was there already; nothing was written then.
    pub already_there: bool,
}

/// Makes the legacy file refuse INSERT, UPDATE and DELETE on every table, in one transaction that
/// first proves, with all writers locked out, that the content is still `expected`.
///
/// A fence that [`fence_damaged`] put up is found, and left as it is.
///
/// # Errors
/// [`Error::NotAsProved`] when the content is another (nothing is written then), [`Error::OtherFence`]
/// when another migration's fence is there, `Locked` when a writer does not let go in time, `Corrupt` or
/// `NotADatabase` when SQLite cannot read the file.
pub fn fence(
    path: &Path,
    marker: &FenceMarker,
    expected: &Fingerprint,
    options: &SnapshotOptions,
) -> Result<FenceReport, Error> {
    let path = canonical(path)?;
    if Record::read(&path)?.is_some() {
        return closed::put_up(&path, marker, expected, options);
    }
    triggers::put_up(&path, marker, expected, options)
}

/// Makes SQLite take a damaged file for read-only, after proving, with everybody locked out, that the content is still
/// `expected`. SQLite itself never opens the file for it, and no page is changed but the header:
///
/// - The write version (byte 18) gets a value that SQLite only reads. The change counter (bytes 24 to 27, and 92 to 95
///   where they repeat it) gets one that no writer comes to, so that a process that has the file open drops the pages
///   it keeps, reads the header anew, and is refused as well.
/// - A file that is shorter than a header is filled up to one. Without the mark of an SQLite database at its start it
///   is none for SQLite, neither to read nor to write.
/// - A journal and a write-ahead log get other names ([`FENCE_ASIDE_SUFFIX`]): either could bring the old header back.
///   SQLite then reads the file without them; this crate goes on reading it with them.
/// - A file beside the database ([`FENCE_RECORD_SUFFIX`]) holds the marker and the bytes that were replaced. It is
///   durable before anything else is touched.
///
/// After a crash on the way, the file is fenced, or writable with all it had; the next [`fence_damaged`] or
/// [`lift_fence`] completes the work. What is proved is what [`crate::take_snapshot`] would give, so a damaged file
/// with a log or a hot journal may be copied into the folder for temporary files, and removed there again.
///
/// # Errors
/// `Locked` when a process reads, writes, or has the file open with a write-ahead log and does not let go in time;
/// [`Error::NotAsProved`] when the content is another; [`Error::OtherFence`] when another migration's fence is there;
/// [`Error::FenceState`] when the files beside the database are not the fence's; `Io` on a file system without locks.
/// The file is not fenced then.
pub fn fence_damaged(
    path: &Path,
    marker: &FenceMarker,
    expected: &Fingerprint,
    options: &SnapshotOptions,
) -> Result<FenceReport, Error> {
    closed::put_up(&canonical(path)?, marker, expected, options)
}

/// Takes the fence of `migration` down again, whichever way it was put up, and nothing else. Returns whether there was
/// one.
///
/// # Errors
/// [`Error::OtherFence`] when the fence is another migration's, `Locked` when a writer does not
/// let go in time.
pub fn lift_fence(path: &Path, migration: &str, options: &SnapshotOptions) -> Result<bool, Error> {
    let path = canonical(path)?;
    match closed::take_down(&path, migration, options)? {
        Some(was_up) => Ok(was_up),
        None => triggers::take_down(&path, migration, options),
    }
}

/// Takes down what [`fence_damaged`] put up, to the last byte. A file without such a fence is not even opened for
/// writing; SQLite never opens it. Returns whether there was one.
///
/// # Errors
/// Those of [`lift_fence`]; [`Error::FenceState`] when a journal or log with content lies where the file's own one
/// belongs.
pub fn lift_fence_damaged(
    path: &Path,
    migration: &str,
    options: &SnapshotOptions,
) -> Result<bool, Error> {
    closed::take_down(&canonical(path)?, migration, options).map(|was_up| was_up.unwrap_or(false))
}

/// The fence on the file, if there is one. Never writes there; only a database with a write-ahead log or
/// a hot journal is copied for it, into a folder among the temporary files (`TMPDIR`) that is readable by its owner only
/// and removed before this function returns, also with an error. What a killed process leaves there, the next one removes.
///
/// A database whose schema SQLite cannot read has no triggers that could be in force.
///
/// # Errors
/// Those of [`crate::take_snapshot`].
pub fn read_fence(path: &Path, options: &SnapshotOptions) -> Result<Option<FenceMarker>, Error> {
    let read = read_held(path, options, LockUse::Try, |held| {
        if let Some(record) = held.closed() {
            return Ok(Some(Some(record.marker.clone())));
        }
        if held.wal.is_some() || held.journal.is_some() || held.database_bytes == 0 {
            return Ok(None);
        }
        // With the locks held, the file is what an immutable database has to be.
        marker_of(&held.path, &held.path).map(Some)
    })?;
    match read.value {
        Some(marker) => Ok(marker),
        None => scratch_snapshot(path, options, |report| {
            marker_of(&report.snapshot, &report.source)
        }),
    }
}

fn marker_of(readable: &Path, path: &Path) -> Result<Option<FenceMarker>, Error> {
    let looked = uri::open(readable, Access::Immutable)
        .and_then(|connection| triggers::marker_in(&connection, path));
    match looked {
        Err(error) if matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::NotADatabase) => {
            Ok(None)
        }
        other => other,
    }
}

fn of_this_migration(path: &Path, found: &FenceMarker, wanted: &str) -> Result<(), Error> {
    if found.migration == wanted {
        return Ok(());
    }
    Err(Error::OtherFence {
        path: path.to_path_buf(),
        wanted: wanted.to_owned(),
        found: found.migration.clone(),
    })
}
