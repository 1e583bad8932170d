//! The one step that changes which side is live.
//!
//! Order: archive of the legacy files, fence on every legacy file (inside a transaction that proves the content first),
//! then the epoch row. Between the fences and the epoch no side takes writes; the same command, run again, goes on from
//! there. At no instant do both sides take writes.

use std::fs::File;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

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

/// Puts compressed copies of the legacy files' snapshots aside.
pub(crate) fn archive(
    sources: &[Source],
    folder: &Path,
    progress: &dyn Progress,
) -> Result<Archive, Error> {
    let failed = |path: &Path, action| {
        let path = path.to_owned();
        move |source| Error::Work {
            path,
            action,
            source,
        }
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed(folder, "made"))?;
    let mut files = Vec::with_capacity(sources.len());
    for (number, source) in sources.iter().enumerate() {
        let name = source
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let path = folder.join(format!("{number}-{name}.zst"));
        progress.report(Event::Step(format!("archive {}", path.display())));
        let temporary = folder.join(format!("{number}.new"));
        let digest = compress(&source.snapshot.snapshot, &temporary)
            .map_err(failed(&temporary, "written"))?;
        std::fs::rename(&temporary, &path).map_err(failed(&path, "renamed"))?;
        files.push((path.display().to_string(), digest));
    }
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed(folder, "flushed"))?;
    Ok(Archive { files })
}

/// Compresses a file; returns the BLAKE3 digest of the compressed bytes.
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
        .create(true)
        .write(true)
        .truncate(true)
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
        progress.report(Event::Step(format!("fence {}", source.path.display())));
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
