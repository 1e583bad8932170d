//! A consistent private copy of a database, made beside live writers.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::fence::Record;
use crate::header::{self, Header};
use crate::partial::Partial;
use crate::scratch::Scratch;
use crate::source::{Held, LockUse, canonical, companion, read_held};
use crate::uri::{self, Access};
use crate::{Error, ErrorKind, Fingerprint, fingerprint, wal};

/// How a snapshot is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotOptions {
    /// How long to wait for locks of other processes, in milliseconds.
    pub wait_ms_max: u64,
    /// Copy a file without a valid SQLite header too, for [`crate::salvage`].
    pub any_header: bool,
}

impl Default for SnapshotOptions {
    fn default() -> Self {
        Self {
            wait_ms_max: 30_000,
            any_header: false,
        }
    }
}

/// What one of the copied files is.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum FileRole {
    /// The database file.
    Database,
    /// The write-ahead log.
    Wal,
    /// The rollback journal of a transaction that never ended.
    Journal,
}

/// One of the copied files.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct SnapshotFile {
    /// What it is.
    pub role: FileRole,
    /// Where it lies (symbolic links resolved).
    pub path: PathBuf,
    /// How many bytes were copied.
    pub bytes: u64,
}

/// What was beside the database file.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum JournalState {
    /// Nothing that counts.
    #[default]
    None,
    /// A write-ahead log, replayed in the snapshot.
    Wal {
        /// Bytes of committed frames.
        frames_bytes: u64,
    },
    /// A transaction that never ended, rolled back in the snapshot.
    HotRollback,
}

/// What a snapshot was made of.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct SnapshotReport {
    /// The source (symbolic links resolved).
    pub source: PathBuf,
    /// The snapshot.
    pub snapshot: PathBuf,
    /// The digest of the content.
    pub fingerprint: Fingerprint,
    /// The files that were copied.
    pub files: Vec<SnapshotFile>,
    /// What was beside the database file.
    pub journal: JournalState,
    /// How long locks were waited for, in milliseconds.
    pub waited_ms: u64,
    /// The snapshot's size in bytes.
    pub bytes: u64,
    /// Damage that showed on the way, in plain words; empty when nothing did. The snapshot then
    /// holds what could be copied, for [`crate::salvage`].
    pub damage: Vec<String>,
    /// Whether SQLite's locks held the source still; without them (a file system that has none) two
    /// comparisons before and after the copy did.
    pub locked: bool,
}
/// Copies `source` to `destination` as one file, consistent even beside live writers, without
/// writing a byte on the source's side. An existing `destination` is replaced; it appears whole or
/// not at all, readable by its owner only.
///
/// # Errors
/// [`crate::ErrorKind`] names the cases; nothing is left behind under `destination`.
pub fn take_snapshot(
    source: &Path,
    destination: &Path,
    options: &SnapshotOptions,
) -> Result<SnapshotReport, Error> {
    take(source, destination, options, LockUse::Try)
}

/// Takes a snapshot into the folder for temporary files, for as long as `read` runs.
pub(crate) fn scratch_snapshot<T>(
    source: &Path,
    options: &SnapshotOptions,
    read: impl FnOnce(&SnapshotReport) -> Result<T, Error>,
) -> Result<T, Error> {
    let folder = Scratch::new()?;
    let report = take_snapshot(source, &folder.path.join("snapshot"), options)?;
    read(&report)
}

fn take(
    source: &Path,
    destination: &Path,
    options: &SnapshotOptions,
    lock_use: LockUse,
) -> Result<SnapshotReport, Error> {
    // The source is looked at first, so that a wrong path is not reported as a write error.
    let path = canonical(source)?;
    if destination.canonicalize().is_ok_and(|other| other == path) {
        let reason = io::Error::new(io::ErrorKind::InvalidInput, "this is the source itself");
        return Err(Error::io(destination, "write", reason));
    }
    let partial = Partial::new(destination)?;
    let copied = read_held(&path, options, lock_use, |held| copy(held, &partial))?;
    let Copied {
        files,
        journal,
        mut damage,
    } = copied.value;
    let settled = settled(&partial.file(), options.any_header)?;
    damage.extend(settled.damage);
    let snapshot = partial.finish()?;
    Ok(SnapshotReport {
        source: path,
        snapshot,
        fingerprint: settled.fingerprint,
        files,
        journal,
        waited_ms: copied.waited_ms,
        bytes: settled.bytes,
        damage,
        locked: copied.locked,
    })
}

/// The fingerprint of held files by the same way as a snapshot's, recovery included.
pub(crate) fn fingerprint_of_copy(held: &Held) -> Result<Fingerprint, Error> {
    let folder = Scratch::new()?;
    let partial = Partial::new(&folder.path.join("snapshot"))?;
    copy(held, &partial)?;
    settled(&partial.file(), true).map(|settled| settled.fingerprint)
}

/// A copy that is one file now.
struct Settled {
    fingerprint: Fingerprint,
    bytes: u64,
    damage: Vec<String>,
}

fn settled(file: &Path, any_header: bool) -> Result<Settled, Error> {
    let mut damage: Vec<String> = settle(file)?.into_iter().collect();
    let opened = File::open(file).map_err(|source| Error::io(file, "open", source))?;
    let bytes = opened
        .metadata()
        .map_err(|source| Error::io(file, "look at", source))?
        .len();
    let header = match header::read(&opened, file, bytes) {
        Err(_) if any_header => None,
        other => other?,
    };
    damage.extend(missing_pages(header, bytes));
    let fingerprint = fingerprint::of_file(&opened, file, bytes, header)?;
    Ok(Settled {
        fingerprint,
        bytes,
        damage,
    })
}

#[derive(Default)]
struct Copied {
    files: Vec<SnapshotFile>,
    journal: JournalState,
    damage: Vec<String>,
}

fn copy(held: &Held, partial: &Partial) -> Result<Copied, Error> {
    partial.clear()?;
    let mut copied = Copied::default();
    let target = partial.file();
    let mut add = |role, suffix: &str, file: &File, bytes: u64| {
        let path = if suffix.is_empty() {
            held.path.clone()
        } else {
            held.companion(suffix)
        };
        copy_file(file, &path, bytes, &companion(&target, suffix))?;
        copied.files.push(SnapshotFile { role, path, bytes });
        Ok(())
    };
    // The log after the database: what a checkpoint moved into the database is still in the log.
    add(FileRole::Database, "", &held.database, held.database_bytes)?;
    if let Some(record) = held.closed() {
        reopen(&target, record)?;
    }
    if let Some((journal, bytes)) = &held.journal {
        add(FileRole::Journal, "-journal", journal, *bytes)?;
        copied.journal = JournalState::HotRollback;
    } else if let Some((log, _)) = &held.wal {
        let path = held.companion("-wal");
        // Its size now, not when it was opened: writers go on.
        let bytes = log
            .metadata()
            .map_err(|source| Error::io(&path, "look at", source))?
            .len();
        add(FileRole::Wal, "-wal", log, bytes)?;
        copied.journal = log_state(&companion(&target, "-wal"))?;
        if held.database_bytes == 0 {
            // SQLite deletes such a log unread.
            copied.damage.push(format!(
                "the database file is empty, but a write-ahead log of {bytes} bytes lies beside it"
            ));
        }
    }
    Ok(copied)
}

/// Gives a copy of a closed file the header that was replaced.
fn reopen(copy: &Path, record: &Record) -> Result<(), Error> {
    let write = || {
        let file = OpenOptions::new().write(true).open(copy)?;
        file.write_all_at(record.original(), 0)
    };
    write().map_err(|source| Error::io(copy, "write the header of", source))
}

fn log_state(copied_log: &Path) -> Result<JournalState, Error> {
    let failed = |source| Error::io(copied_log, "read", source);
    let log = File::open(copied_log).map_err(failed)?;
    let bytes = log.metadata().map_err(failed)?.len();
    let pages = wal::committed_pages(&log, bytes).map_err(failed)?;
    Ok(pages.map_or(JournalState::None, |pages| JournalState::Wal {
        frames_bytes: pages.frames_bytes,
    }))
}

fn copy_file(from: &File, from_path: &Path, bytes: u64, to: &Path) -> Result<(), Error> {
    let mut target = Partial::create(to)?;
    let mut reader = from;
    reader
        .seek(SeekFrom::Start(0))
        .map_err(|source| Error::io(from_path, "read", source))?;
    // A file that got shorter meanwhile is noticed by the comparison afterwards.
    io::copy(&mut reader.take(bytes), &mut target)
        .map_err(|source| Error::io(to, "copy into", source))?;
    Ok(())
}

/// Lets SQLite recover the copy and makes it one file. Damage is told, not an error: the file stays
/// as it was copied.
fn settle(file: &Path) -> Result<Option<String>, Error> {
    match settle_with_sqlite(file) {
        Ok(()) => Ok(None),
        Err(error) if error.kind() == ErrorKind::DiskFull => Err(error),
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let mut damage = format!("SQLite cannot read the file: {}", cause.unwrap_or_default());
            if companion(file, "-journal").exists() {
                damage.push_str("; a transaction that never ended could not be rolled back");
            }
            settle_by_hand(file)?;
            Ok(Some(damage))
        }
    }
}

fn settle_with_sqlite(file: &Path) -> Result<(), Error> {
    let connection = uri::open(file, Access::ReadWrite)?;
    let failed = |source| Error::sql(file, "recover the copy", source);
    // The copy is synced once, as a whole, when it is finished.
    connection
        .execute_batch("PRAGMA synchronous = OFF")
        .map_err(failed)?;
    // The first read rolls a hot journal back, or replays the log.
    connection
        .query_row("SELECT count(*) FROM main.sqlite_schema", [], |_| Ok(()))
        .map_err(failed)?;
    connection
        .query_row("PRAGMA main.wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .map_err(failed)?;
    connection
        .query_row("PRAGMA main.journal_mode = DELETE", [], |_| Ok(()))
        .map_err(failed)?;
    connection.close().map_err(|(_, source)| failed(source))
}

/// What SQLite does, for a database that it will not open: the log's pages are put in their places.
fn settle_by_hand(file: &Path) -> Result<(), Error> {
    let failed = |source| Error::io(file, "replay the log into", source);
    let database = OpenOptions::new()
        .read(true)
        .write(true)
        .open(file)
        .map_err(failed)?;
    if let Ok(log) = File::open(companion(file, "-wal")) {
        let bytes = log.metadata().map_err(failed)?.len();
        if let Some(pages) = wal::committed_pages(&log, bytes).map_err(failed)? {
            let mut page = vec![0_u8; pages.page_size as usize];
            for (number, offset) in &pages.offsets {
                log.read_exact_at(&mut page, *offset).map_err(failed)?;
                let place = u64::from(number - 1) * u64::from(pages.page_size);
                database.write_all_at(&page, place).map_err(failed)?;
            }
            database
                .set_len(u64::from(pages.page_count) * u64::from(pages.page_size))
                .map_err(failed)?;
        }
    }
    let mut start = [0_u8; header::HEADER_BYTES];
    let read = header::read_at_most(&database, &mut start, 0).map_err(failed)?;
    if read == start.len() && start.starts_with(header::MAGIC) {
        // A database that stands alone is in rollback mode.
        database.write_all_at(&[1, 1], 18).map_err(failed)?;
    }
    Ok(())
}

fn missing_pages(header: Option<Header>, bytes: u64) -> Option<String> {
    let header = header?;
    let Some(page_size) = header.page_size else {
        return Some("the header names an impossible page size".to_owned());
    };
    let expected = u64::from(header.page_count?) * u64::from(page_size);
    (bytes < expected).then(|| {
        format!(
            "the file ends after {bytes} of {expected} bytes: {} pages are missing",
            (expected - bytes).div_ceil(u64::from(page_size))
        )
    })
}

#[cfg(test)]
mod tests;
