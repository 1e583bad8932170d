//! The one step that changes which side is live.
//!
//! Order: archive of the legacy files, fence on every legacy file (inside a transaction that proves the content first),
//! then the epoch row. Between the fences and the epoch no side takes writes; the same command, run again, goes on from
//! there. At no instant do both sides take writes.

use std::fs::File;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use cbtrade_mysql::Session;
use cbtrade_sqlite::{
    ErrorKind, FenceMarker, FenceReport, FenceWay, SnapshotOptions, fence, fence_damaged,
    lift_fence, lift_fence_damaged,
};

use crate::error::Error;
use crate::ledger::Ledger;
use crate::progress::{Event, Progress};
use crate::proof::Archive;
use crate::source::Source;

/// Level of compression: candles shrink to a third, at the speed of a disk.
const COMPRESSION_LEVEL: i32 = 6;

/// What a folder of archives is called until all of it is there.
const UNFINISHED: &str = "unfinished";

/// Puts compressed copies of the legacy files' snapshots aside, in a numbered folder of their own below `archives`: an
/// archive of an earlier cut-over may be the only place where rows are that were deleted since.
pub(crate) fn archive(
    sources: &[Source],
    archives: &Path,
    progress: &dyn Progress,
) -> Result<Archive, Error> {
    private_folder(archives)?;
    let unfinished = archives.join(UNFINISHED);
    // What a killed cut-over left: it has no number yet, so no proof names it.
    match std::fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed(&unfinished, "removed")(error));
        }
        _ => {}
    }
    private_folder(&unfinished)?;
    let mut written = Vec::with_capacity(sources.len());
    for (number, source) in sources.iter().enumerate() {
        let name = source
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let name = format!("{number}-{name}.zst");
        progress.report(Event::Step(format!("archive {name}")));
        let path = unfinished.join(&name);
        let digest =
            compress(&source.snapshot.snapshot, &path).map_err(failed(&path, "written"))?;
        written.push((name, digest));
    }
    flush_folder(&unfinished)?;
    let folder = number_folder(&unfinished, archives)?;
    flush_folder(archives)?;
    let files = written
        .into_iter()
        .map(|(name, digest)| (folder.join(name).display().to_string(), digest))
        .collect();
    Ok(Archive { files })
}

fn failed(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::Work {
        path,
        action,
        source,
    }
}

fn private_folder(path: &Path) -> Result<(), Error> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(failed(path, "made"))
}

fn flush_folder(path: &Path) -> Result<(), Error> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(failed(path, "flushed"))
}

/// Gives a whole archive the first number that is free. A folder with anything in it is never replaced: renaming one
/// onto another succeeds only where the other is empty.
fn number_folder(unfinished: &Path, archives: &Path) -> Result<PathBuf, Error> {
    for number in 1_u32.. {
        let folder = archives.join(number.to_string());
        if folder.symlink_metadata().is_ok() {
            continue;
        }
        return match std::fs::rename(unfinished, &folder) {
            Ok(()) => Ok(folder),
            Err(source) => Err(failed(&folder, "made")(source)),
        };
    }
    Err(Error::Bug("no number is left for an archive".into()))
}

/// Removes an archive that was made for a cut-over which then did not begin: the live files still hold all of it.
pub(crate) fn remove_archive(archive: &Archive) -> Result<(), Error> {
    let mut folder = None;
    for (file, _) in &archive.files {
        let path = Path::new(file);
        std::fs::remove_file(path).map_err(failed(path, "removed"))?;
        folder = path.parent();
    }
    match folder {
        Some(folder) => std::fs::remove_dir(folder).map_err(failed(folder, "removed")),
        None => Ok(()),
    }
}

/// Compresses a file into a new one; returns the BLAKE3 digest of the compressed bytes.
fn compress(from: &Path, to: &Path) -> io::Result<String> {
    struct Hashing<W> {
        inner: W,
        hasher: blake3::Hasher,
    }
    impl<W: io::Write> io::Write for Hashing<W> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let written = self.inner.write(bytes)?;
            self.hasher.update(&bytes[..written]);
            Ok(written)
        }
        fn flush(&mut self) -> io::Result<()> {
            self.inner.flush()
        }
    }
    let mut source = File::open(from)?;
    let target = std::fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(to)?;
    let mut encoder = zstd::Encoder::new(
        Hashing {
            inner: target,
            hasher: blake3::Hasher::new(),
        },
        COMPRESSION_LEVEL,
    )?;
    encoder.include_checksum(true)?;
    io::copy(&mut source, &mut encoder)?;
    let done = encoder.finish()?;
    done.inner.sync_all()?;
    Ok(done.hasher.finalize().to_hex().to_string())
}

/// Fences every legacy file; takes the fences down again if one of the files is no longer what was proved.
pub(crate) fn fence_all(
    sources: &[Source],
    migration: &str,
    at: &str,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let marker = FenceMarker {
        migration: migration.to_owned(),
        message: "this database has moved to MySQL (cbtrade migrate cutover); nothing can be written here any more".to_owned(),
        at: at.to_owned(),
    };
    for (number, source) in sources.iter().enumerate() {
        progress.report(Event::Step(format!(
            "fence {} (a bot that holds a lock on it is waited for, {} s at most)",
            source.path.display(),
            SnapshotOptions::default().wait_ms_max / 1000
        )));
        match fence_one(source, &marker) {
            Ok(FenceReport {
                way: FenceWay::Header,
                ..
            }) => progress.report(Event::Step(format!(
                "{} is damaged or cannot be written, so its header was closed: bots are told that it is read-only",
                source.path.display()
            ))),
            Ok(_) => {}
            Err(error) => {
                lift_all(&sources[..number], migration)?;
                return Err(Error::source(&source.path, error));
            }
        }
    }
    Ok(())
}

/// Fences a file with triggers; a damaged one, in which SQLite must not write, by its header.
fn fence_one(source: &Source, marker: &FenceMarker) -> Result<FenceReport, cbtrade_sqlite::Error> {
    let (path, expected) = (&source.path, &source.snapshot.fingerprint);
    // Either way proves the content, so a header that is none does not matter.
    let options = SnapshotOptions {
        any_header: true,
        ..SnapshotOptions::default()
    };
    if source.salvage.is_some() {
        return fence_damaged(path, marker, expected, &options);
    }
    match fence(path, marker, expected, &options) {
        Err(error) if sqlite_cannot_write(error.kind()) => {
            fence_damaged(path, marker, expected, &options)
        }
        other => other,
    }
}

/// Whether SQLite is what cannot write the file: a schema it does not understand, a header that forbids it.
fn sqlite_cannot_write(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Corrupt
            | ErrorKind::NotADatabase
            | ErrorKind::Truncated
            | ErrorKind::NoPermission
    )
}

/// Takes this migration's fences down.
pub(crate) fn lift_all(sources: &[Source], migration: &str) -> Result<(), Error> {
    for source in sources {
        let lift = if source.salvage.is_some() {
            lift_fence_damaged
        } else {
            lift_fence
        };
        lift(&source.path, migration, &SnapshotOptions::default())
            .map_err(|error| Error::source(&source.path, error))?;
    }
    Ok(())
}

/// Takes this migration's fences down from files that have one, whichever way it was put up.
pub(crate) fn lift_named(fenced: &[PathBuf], migration: &str) -> Result<(), Error> {
    for path in fenced {
        lift_fence(path, migration, &SnapshotOptions::default())
            .map_err(|error| Error::source(path, error))?;
    }
    Ok(())
}

/// Moves the epoch to a side, unless it is there already.
pub(crate) async fn move_epoch(
    session: &mut Session,
    ledger: &Ledger,
    live: &str,
    at: &str,
) -> Result<(), Error> {
    let Some(epoch) = ledger.epoch(session).await? else {
        return Err(Error::refused(
            "the target has no epoch row",
            "Run `cbtrade migrate status` to see what the target holds.",
        ));
    };
    if epoch.live == live || ledger.move_epoch(session, &epoch, live, at).await? {
        return Ok(());
    }
    Err(Error::refused(
        "the epoch was moved by somebody else at the same time",
        "Run `cbtrade migrate status` to see which side is live.",
    ))
}
