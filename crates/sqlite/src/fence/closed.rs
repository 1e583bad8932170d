//! The fence of a damaged file: a header that forbids writing.
//!
//! Order, always under the lock that keeps everybody out: record, header, companions; and backwards on the way down. So
//! at no instant lies a writable database there without its journal or log.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use super::record::{Record, aside, sync_folder};
use super::{FenceMarker, FenceReport, FenceWay, of_this_migration};
use crate::header::{self, HEADER_BYTES};
use crate::locks::{Answer, Patience, take_exclusive};
use crate::snapshot::fingerprint_of_copy;
use crate::source::{Held, companion, open_regular};
use crate::{Error, Fingerprint, SnapshotOptions, fingerprint};

/// What could bring the header back, in the order in which it is put aside.
const COMPANIONS: [&str; 2] = ["-journal", "-wal"];

pub(super) fn put_up(
    path: &Path,
    marker: &FenceMarker,
    expected: &Fingerprint,
    options: &SnapshotOptions,
) -> Result<FenceReport, Error> {
    let file = lock(path, options)?;
    let report = |already_there| FenceReport {
        way: FenceWay::Header,
        tables: Vec::new(),
        unfenced: Vec::new(),
        already_there,
    };
    if let Some(record) = Record::read(path)? {
        of_this_migration(path, &record.marker, &marker.migration)?;
        if in_force(&file, path, &record)? {
            return Ok(report(true));
        }
        // Somebody may have written since the crash, so it starts from the beginning.
        undo(&file, path, &record)?;
    }
    let held = Held::under_lock(path, file)?;
    prove(&held, expected)?;
    let record = plan(&held, marker)?;
    let done = record
        .write(path)
        .and_then(|()| close(&held.database, path, &record))
        .and_then(|()| move_aside(path, &record));
    if let Err(error) = done {
        // Best effort: should it fail too, the record lets the next call complete it.
        let _ = undo(&held.database, path, &record);
        return Err(error);
    }
    Ok(report(false))
}

/// Opens the file again. Returns whether it was closed; `None` when there is no record of it.
pub(super) fn take_down(
    path: &Path,
    migration: &str,
    options: &SnapshotOptions,
) -> Result<Option<bool>, Error> {
    if Record::read(path)?.is_none() {
        return Record::remove_unfinished(path).map(|()| None);
    }
    let file = lock(path, options)?;
    let Some(record) = Record::read(path)? else {
        return Ok(None);
    };
    of_this_migration(path, &record.marker, migration)?;
    let was_up = in_force(&file, path, &record)?;
    undo(&file, path, &record)?;
    Ok(Some(was_up))
}

/// Opens the file and keeps everybody else out for as long as it stays open.
fn lock(path: &Path, options: &SnapshotOptions) -> Result<File, Error> {
    let file = open_regular(path, true)?;
    let mut patience = Patience::new(options.wait_ms_max);
    if take_exclusive(&file, path, &mut patience)? == Answer::Unsupported {
        return Err(Error::io(path, "lock", io::ErrorKind::Unsupported.into()));
    }
    let looked = |source| Error::io(path, "look at", source);
    let (opened, there) = (
        file.metadata().map_err(looked)?,
        path.metadata().map_err(looked)?,
    );
    if (opened.dev(), opened.ino()) != (there.dev(), there.ino()) {
        return Err(Error::Changed {
            path: path.to_path_buf(),
            what: "the database file was replaced".to_owned(),
            waited_ms: patience.waited_ms(),
        });
    }
    Ok(file)
}

/// Whether the fence stands: the header forbids writing and nothing lies there that could replace it.
fn in_force(file: &File, path: &Path, record: &Record) -> Result<bool, Error> {
    let left = |suffix: &String| !aside(path, suffix).exists() && companion(path, suffix).exists();
    Ok(record.closes(file, path)? && !record.aside.iter().any(left))
}

fn prove(held: &Held, expected: &Fingerprint) -> Result<(), Error> {
    if fingerprint::of_held(held)?.as_ref() != Some(expected) {
        // In a damaged file the log's pages need not make the same whole by themselves as after
        // the recovery that a snapshot goes through.
        fingerprint_of_copy(held)?.must_be(expected, &held.path)?;
    }
    match held.changed()? {
        None => Ok(()),
        Some(what) => Err(Error::Changed {
            path: held.path.clone(),
            what: what.to_owned(),
            waited_ms: 0,
        }),
    }
}

fn plan(held: &Held, marker: &FenceMarker) -> Result<Record, Error> {
    let mut start = [0_u8; HEADER_BYTES];
    let read = header::read_at_most(&held.database, &mut start, 0)
        .map_err(|source| Error::io(&held.path, "read", source))?;
    let mut moved = Vec::new();
    for suffix in COMPANIONS {
        let place = aside(&held.path, suffix);
        if place.exists() {
            return Err(Error::FenceState {
                path: held.path.clone(),
                reason: format!("{} is in the way", place.display()),
            });
        }
        if has_content(&companion(&held.path, suffix))? {
            moved.push(suffix.to_owned());
        }
    }
    Ok(Record::new(marker, &start[..read], moved))
}

fn close(file: &File, path: &Path, record: &Record) -> Result<(), Error> {
    file.write_all_at(record.written(), 0)
        .and_then(|()| file.sync_all())
        .map_err(|source| Error::io(path, "close the header of", source))
}

fn move_aside(path: &Path, record: &Record) -> Result<(), Error> {
    for suffix in &record.aside {
        let from = companion(path, suffix);
        fs::rename(&from, aside(path, suffix))
            .map_err(|source| Error::io(&from, "rename", source))?;
    }
    sync_folder(path)
}

/// Brings back whatever of the fence is there.
fn undo(file: &File, path: &Path, record: &Record) -> Result<(), Error> {
    move_back(path, record)?;
    reopen(file, path, record)?;
    Record::remove(path)
}

fn move_back(path: &Path, record: &Record) -> Result<(), Error> {
    for suffix in record.aside.iter().rev() {
        let (from, to) = (aside(path, suffix), companion(path, suffix));
        if !from.exists() {
            continue;
        }
        // A reader that was killed leaves an empty log behind.
        if has_content(&to)? {
            return Err(Error::FenceState {
                path: path.to_path_buf(),
                reason: format!("{} and {} both have content", from.display(), to.display()),
            });
        }
        fs::rename(&from, &to).map_err(|source| Error::io(&from, "rename", source))?;
    }
    sync_folder(path)
}

fn reopen(file: &File, path: &Path, record: &Record) -> Result<(), Error> {
    let failed = |source| Error::io(path, "open the header of", source);
    let mut now = [0_u8; HEADER_BYTES];
    let read = header::read_at_most(file, &mut now, 0).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let start = record.reopened(&now[..read], bytes);
    if start == now[..read] {
        return Ok(());
    }
    file.write_all_at(&start, 0).map_err(failed)?;
    if start.len() < read {
        file.set_len(start.len() as u64).map_err(failed)?;
    }
    file.sync_all().map_err(failed)
}

fn has_content(path: &Path) -> Result<bool, Error> {
    match path.metadata() {
        Ok(metadata) => Ok(metadata.len() > 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Error::io(path, "look at", source)),
    }
}

#[cfg(test)]
mod tests;
