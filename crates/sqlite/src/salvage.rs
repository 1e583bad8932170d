//! What can still be read of a damaged database.
//!
//! Two readers look at the damaged file. SQLite itself reads each table around the damage: what it
//! gives is as good as any row of a sound file. The recover extension reads page by page and finds
//! more, but gives NULL for what it cannot find and cannot tell whether a page was still in use. So
//! the tables get what SQLite reads, and what only the extension finds goes into a table of its own,
//! for the operator to judge. Where SQLite cannot read the schema, it is put together again from the
//! entries that the extension finds; only where that fails too are the extension's tables taken as
//! they are.

mod builder;
mod flagged;
mod keep;
mod mend;
mod reader;
mod recover;
mod report;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::header::{self, HEADER_BYTES, Header};
use crate::partial::Partial;
use crate::{Error, ErrorKind};
use builder::Builder;
use reader::Damaged;

/// How many problems of the integrity check are told.
const PROBLEMS_MAX: usize = 200;

/// How the rows were brought out.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum SalvageMethod {
    /// SQLite's recover extension, page by page.
    Recover,
    /// Table by table, around what cannot be read.
    TableScan,
}

/// What became of one table.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct SalvagedTable {
    /// Its name.
    pub name: String,
    /// Who read its rows.
    pub method: SalvageMethod,
    /// Rows in the salvaged table.
    pub rows_recovered: u64,
    /// Rows that were found on damaged pages only; they are in the lost-and-found table.
    pub rows_doubtful: u64,
    /// Rows that the damaged file is known to have had at least, by its readable rows and indexes.
    pub rows_expected_min: u64,
}

/// What was salvaged and what was not.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct SalvageReport {
    /// [`SalvageMethod::TableScan`] when SQLite itself read all tables, else
    /// [`SalvageMethod::Recover`].
    pub method: SalvageMethod,
    /// The tables of the salvaged database.
    pub tables: Vec<SalvagedTable>,
    /// What could not be read, in plain words.
    pub lost: Vec<String>,
    /// Rows in the lost-and-found table: the doubtful ones of all tables, and those that no table
    /// claims any more.
    pub lost_and_found_rows: u64,
    /// The table with those rows, when there are any. Its columns: `origin` (the table, if known),
    /// `page`, `fields` (how many values follow), `id` (the rowid), `c0`, `c1`, ... the values.
    pub lost_and_found_table: Option<String>,
}

/// Writes what can still be read of `damaged_snapshot` into a new database at `destination`. An
/// existing `destination` is replaced; it appears whole or not at all.
///
/// SQLite keeps no checksums: a value whose bytes were changed in place cannot be told from a
/// true one, here or anywhere.
///
/// # Errors
/// When nothing at all can be read, or the destination cannot be written.
pub fn salvage(damaged_snapshot: &Path, destination: &Path) -> Result<SalvageReport, Error> {
    let path = damaged_snapshot
        .canonicalize()
        .map_err(|source| Error::io(damaged_snapshot, "open", source))?;
    let partial = Partial::new(destination)?;
    let mut lost = Vec::new();
    let path = with_usable_header(&path, &partial, &mut lost)?;
    let mut recovered = partial.file().with_file_name("recovered");
    let mut by_page = read_pages(&path, &recovered, &mut lost)?;
    let mut damaged = Damaged::open(&path, &mut lost);
    let mended = partial.file().with_file_name("mended");
    if damaged.is_none() && by_page && mend::schema(&path, &recovered, &mended, &mut lost)? {
        let again = partial.file().with_file_name("recovered-again");
        damaged = Damaged::open(&mended, &mut lost);
        if damaged.is_some() {
            by_page = read_pages(&mended, &again, &mut lost)?;
            recovered = again;
        }
    }
    if damaged.is_none() && !by_page {
        let message = lost.join("; ");
        return Err(Error::Recover {
            path,
            message,
            code: rusqlite::ffi::SQLITE_NOTADB,
        });
    }
    let by_page = by_page.then_some(recovered.as_path());
    // SQLite would make it readable by others.
    Partial::create(&partial.file())?;
    let mut builder = Builder::new(&partial.file(), damaged.as_ref(), by_page)?;
    builder.build(damaged.as_ref())?;
    let report = builder.finish(damaged.as_ref(), lost)?;
    partial.finish()?;
    Ok(report)
}

/// Lets the extension read the file; says so when it cannot.
fn read_pages(path: &Path, recovered: &Path, lost: &mut Vec<String>) -> Result<bool, Error> {
    match recover::run(path, recovered, builder::PAGES_TABLE) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::DiskFull => Err(error),
        Err(error) => {
            lost.push(format!("reading page by page failed: {error}"));
            Ok(false)
        }
    }
}

/// A private copy with a mended header where the header alone would keep both readers out, else the
/// file itself.
fn with_usable_header(
    path: &Path,
    partial: &Partial,
    lost: &mut Vec<String>,
) -> Result<PathBuf, Error> {
    let failed = |source| Error::io(path, "read", source);
    let file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let mut start = [0_u8; HEADER_BYTES];
    if header::read_at_most(&file, &mut start, 0).map_err(failed)? < HEADER_BYTES {
        return Ok(path.to_path_buf());
    }
    let mut mended = start;
    // A snapshot stands alone, so it is in rollback mode, whatever the noise there says.
    mended[18..20].fill(1);
    let header = Header::parse(&start);
    let has_tree = read_byte(&file, HEADER_BYTES as u64).is_some_and(|kind| matches!(kind, 5 | 13));
    if !start.starts_with(header::MAGIC) && header.page_size.is_some() && has_tree {
        mended[..header::MAGIC.len()].copy_from_slice(header::MAGIC);
        lost.push("the first bytes of the file were overwritten".to_owned());
    }
    if let (Some(page_size), Some(page_count)) = (header.page_size, header.page_count) {
        let in_file = u32::try_from(bytes / u64::from(page_size)).unwrap_or(u32::MAX);
        if mended.starts_with(header::MAGIC) && in_file < page_count {
            // SQLite refuses a file that is shorter than it says; so it takes the missing pages for
            // what they are.
            mended[28..32].copy_from_slice(&in_file.to_be_bytes());
            lost.push(format!(
                "{} of {page_count} pages are missing",
                page_count - in_file
            ));
        }
    }
    if mended == start {
        return Ok(path.to_path_buf());
    }
    let copy = partial.file().with_file_name("damaged");
    let failed = |source| Error::io(&copy, "copy the damaged file to", source);
    std::fs::copy(path, &copy).map_err(failed)?;
    let target = OpenOptions::new().write(true).open(&copy).map_err(failed)?;
    target.write_all_at(&mended, 0).map_err(failed)?;
    Ok(copy)
}

fn read_byte(file: &File, at: u64) -> Option<u8> {
    let mut byte = [0_u8; 1];
    file.read_exact_at(&mut byte, at).ok().map(|()| byte[0])
}

/// The problems that the integrity check finds in a file, as far as it can be opened.
fn problems(connection: &Connection, limit: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut read = || -> rusqlite::Result<()> {
        let mut statement = connection.prepare(&format!("PRAGMA main.integrity_check({limit})"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let text = String::from_utf8_lossy(row.get_ref(0)?.as_bytes()?).into_owned();
            let found = text
                .lines()
                .filter(|line| *line != "ok" && !line.starts_with("***"));
            lines.extend(found.map(ToOwned::to_owned));
        }
        Ok(())
    };
    if let Err(error) = read() {
        lines.push(format!("the check could not be finished: {error}"));
    }
    lines
}
