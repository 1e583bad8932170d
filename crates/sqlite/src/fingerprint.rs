//! A digest of a database's content.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::fence::Record;
use crate::header::{self, Header, lock_page};
use crate::snapshot::scratch_snapshot;
use crate::source::{Held, LockUse, read_held};
use crate::{Error, SnapshotOptions, wal};

/// Hex BLAKE3 of the database's pages as a reader sees them: a `-wal` replayed, a hot `-journal`
/// rolled back. The header's counters and journal mode are left out, so a checkpoint does not
/// change the fingerprint, and every commit does.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Fingerprint(pub String);

impl Fingerprint {
    /// Refuses content other than the proved one.
    pub(crate) fn must_be(self, expected: &Self, path: &Path) -> Result<(), Error> {
        if self == *expected {
            return Ok(());
        }
        Err(Error::NotAsProved {
            path: path.to_path_buf(),
            expected: expected.0.clone(),
            found: self.0,
        })
    }
}

/// The fingerprint of the source as it is now, under the same locks as a snapshot's. Only a
/// database with a hot journal, or with a write-ahead log beside a damaged header, is copied for it: into a folder among
/// the temporary files (`TMPDIR`) that is readable by its owner only and removed before this function returns, also with
/// an error. What a killed process leaves there, the next one removes.
///
/// # Errors
/// Those of [`crate::take_snapshot`].
pub fn fingerprint(source: &Path, options: &SnapshotOptions) -> Result<Fingerprint, Error> {
    let read = read_held(source, options, LockUse::Try, of_held)?;
    match read.value {
        Some(fingerprint) => Ok(fingerprint),
        None => scratch_snapshot(source, options, |report| Ok(report.fingerprint.clone())),
    }
}

/// The fingerprint of held files; `None` where only SQLite can tell what the content is.
pub(crate) fn of_held(held: &Held) -> Result<Option<Fingerprint>, Error> {
    // A closed file that was shorter than a header has more bytes now than its content.
    if held.journal.is_some() || held.closed().is_some_and(Record::was_short) {
        return Ok(None);
    }
    let Some(wal_file) = held.wal.as_ref() else {
        return of_file(&held.database, &held.path, held.database_bytes, held.header).map(Some);
    };
    let wal_path = held.companion("-wal");
    let pages = wal::committed_pages(&wal_file.0, wal_file.1)
        .map_err(|source| Error::io(&wal_path, "read", source))?;
    let Some(pages) = pages else {
        return of_file(&held.database, &held.path, held.database_bytes, held.header).map(Some);
    };
    if held.header.and_then(|header| header.page_size) != Some(pages.page_size) {
        return Ok(None);
    }
    let mut digest = Digest::new(pages.page_size, pages.page_count);
    for_each_page(
        &held.database,
        &held.path,
        pages.page_size,
        pages.page_count,
        |number, page| {
            // What neither the log nor a damaged file has is zeros in the copy that a snapshot is.
            page.resize(pages.page_size as usize, 0);
            if let Some(offset) = pages.offsets.get(&number) {
                wal_file
                    .0
                    .read_exact_at(page, *offset)
                    .map_err(|source| Error::io(&wal_path, "read", source))?;
            }
            digest.page(number, page);
            Ok(())
        },
    )?;
    Ok(Some(digest.finish()))
}

/// The fingerprint of a single file.
pub(crate) fn of_file(
    file: &File,
    path: &Path,
    bytes: u64,
    header: Option<Header>,
) -> Result<Fingerprint, Error> {
    let header_size = header.and_then(|header| header.page_size);
    // Without a valid header the bytes are all there is to tell files apart.
    let page_size = header_size.unwrap_or(512);
    let in_file = bytes.div_ceil(u64::from(page_size));
    let whole = if header_size.is_some() {
        bytes / u64::from(page_size)
    } else {
        in_file
    };
    let count = u32::try_from(whole).unwrap_or(u32::MAX);
    // Pages that the header promises and the file lacks have nothing to add.
    let count = header
        .and_then(|header| header.page_count)
        .unwrap_or(count)
        .min(count);
    let mut digest = Digest::new(page_size, count);
    for_each_page(file, path, page_size, count, |number, page| {
        digest.page(number, page);
        Ok(())
    })?;
    Ok(digest.finish())
}

/// The fingerprint of what a connection sees in its transaction.
pub(crate) fn of_connection(connection: &Connection, path: &Path) -> Result<Fingerprint, Error> {
    let failed = |source| Error::sql(path, "read the pages", source);
    let pragma = |name: &str| {
        connection.query_row(&format!("PRAGMA main.{name}"), [], |row| {
            row.get::<_, u32>(0)
        })
    };
    let page_size = pragma("page_size").map_err(failed)?;
    let page_count = pragma("page_count").map_err(failed)?;
    let mut digest = Digest::new(if page_count == 0 { 512 } else { page_size }, page_count);
    let mut statement = connection
        .prepare("SELECT pgno, data FROM sqlite_dbpage('main') ORDER BY pgno")
        .map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let number = row.get::<_, u32>(0).map_err(failed)?;
        let value = row.get_ref(1).map_err(failed)?;
        let page = value.as_blob().map_err(|error| failed(error.into()))?;
        digest.page(number, page);
    }
    Ok(digest.finish())
}

/// Calls `visit` for each page with what the file has of it, which may be nothing.
fn for_each_page(
    file: &File,
    path: &Path,
    page_size: u32,
    page_count: u32,
    mut visit: impl FnMut(u32, &mut Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    const CHUNK_BYTES: usize = 1 << 20;
    let size = page_size as usize;
    let mut chunk = vec![0_u8; CHUNK_BYTES];
    let mut page = Vec::with_capacity(size);
    let per_chunk = u32::try_from(CHUNK_BYTES / size).unwrap_or(1);
    let mut first = 1_u32;
    while first <= page_count {
        let offset = u64::from(first - 1) * u64::from(page_size);
        let filled = header::read_at_most(file, &mut chunk, offset)
            .map_err(|source| Error::io(path, "read", source))?;
        let last = page_count.min(first.saturating_add(per_chunk - 1));
        for number in first..=last {
            let start = (number - first) as usize * size;
            page.clear();
            page.extend_from_slice(&chunk[start.min(filled)..(start + size).min(filled)]);
            visit(number, &mut page)?;
        }
        match last.checked_add(1) {
            Some(next) => first = next,
            None => break,
        }
    }
    Ok(())
}

struct Digest {
    hasher: blake3::Hasher,
    lock_page: u64,
}

impl Digest {
    fn new(page_size: u32, page_count: u32) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"SQLite pages\0");
        hasher.update(&page_size.to_le_bytes());
        hasher.update(&page_count.to_le_bytes());
        Self {
            hasher,
            lock_page: lock_page(page_size),
        }
    }

    fn page(&mut self, number: u32, page: &[u8]) {
        // SQLite never uses this page; what lies there depends on who wrote the file.
        if u64::from(number) == self.lock_page {
            return;
        }
        if number != 1 || page.len() < header::HEADER_BYTES {
            self.hasher.update(page);
            return;
        }
        let mut first = page.to_vec();
        // Journal mode; change counter and size; version-valid-for and library version.
        for field in [18..20, 24..32, 92..100] {
            first[field].fill(0);
        }
        self.hasher.update(&first);
    }

    fn finish(&self) -> Fingerprint {
        Fingerprint(self.hasher.finalize().to_hex().to_string())
    }
}
