//! Puts a schema together again whose first page is damaged.
//!
//! With more than a few tables, the schema's entries lie on pages of their own, and the file's first page only leads to
//! them. When that one is lost, no table is found although nothing else is damaged: the recover extension then gives the
//! entries among the rows that no table claims. A copy of the file gets a new first page and the entries again, and SQLite
//! finds every table by them.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use rusqlite::Connection;

use super::builder::PAGES_TABLE;
use super::read_byte;
use crate::header::{self, HEADER_BYTES, Header, MAGIC};
use crate::uri::{self, Access};
use crate::{Error, quote_identifier};

/// The list of free pages in the header: its first page and its length.
const FREE_PAGES: std::ops::Range<usize> = 32..40;

/// An entry of the schema, found as a row.
struct Entry {
    kind: String,
    name: String,
    table: String,
    root: i64,
    sql: Option<String>,
    rowid: i64,
    /// The page that it was found on.
    page: i64,
    /// Whether its root page can be the beginning of a table or an index.
    rooted: bool,
}

/// Writes a copy of the damaged file with a schema of the entries among the recovered rows. Returns whether there were
/// any; the copy is useless otherwise.
///
/// # Errors
/// A copy that cannot be written.
pub(super) fn schema(
    path: &Path,
    recovered: &Path,
    copy: &Path,
    lost: &mut Vec<String>,
) -> Result<bool, Error> {
    let Some((page_size, encoding)) = form(recovered) else {
        return Ok(false);
    };
    let failed = |source| Error::io(path, "read", source);
    let file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let pages = u32::try_from(bytes.div_ceil(u64::from(page_size))).unwrap_or(u32::MAX);
    let found = entries(recovered, &file, page_size, pages);
    if !found.iter().any(|entry| entry.kind == "table") {
        return Ok(false);
    }
    let mut start = [0_u8; HEADER_BYTES];
    let read = header::read_at_most(&file, &mut start, 0).map_err(failed)?;
    let known = Some(start).filter(|start| {
        read == HEADER_BYTES
            && start.starts_with(MAGIC)
            && Header::parse(start).page_size == Some(page_size)
    });
    write_copy(
        path,
        copy,
        &first_page(known.as_ref(), page_size, pages, encoding),
        pages,
    )?;
    let taken = without_rivals(found, lost);
    let connection = uri::open(copy, Access::ReadWrite)?;
    insert(&connection, &taken).map_err(|source| Error::sql(copy, "write the schema", source))?;
    drop(connection);
    let kept = known.as_ref().map(|start| &start[FREE_PAGES]);
    clear_old(copy, recovered, page_size, &taken, kept)?;
    lost.push(format!(
        "the schema was put together again from {} entries that were found outside of it",
        taken.len()
    ));
    Ok(true)
}

/// Page size and encoding of the damaged file, as the extension made them out.
fn form(recovered: &Path) -> Option<(u32, u8)> {
    let connection = uri::open(recovered, Access::Immutable).ok()?;
    let size = connection
        .query_row("PRAGMA page_size", [], |row| row.get(0))
        .ok()?;
    let encoding: String = connection
        .query_row("PRAGMA encoding", [], |row| row.get(0))
        .ok()?;
    let encoding = match encoding.as_str() {
        "UTF-16le" => 2,
        "UTF-16be" => 3,
        _ => 1,
    };
    Some((size, encoding))
}

/// The entries among the rows that no table claims, in the schema's order. None at all where they cannot be read.
fn entries(recovered: &Path, file: &File, page_size: u32, pages: u32) -> Vec<Entry> {
    let Ok(connection) = uri::open(recovered, Access::Immutable) else {
        return Vec::new();
    };
    let mut entries = read_entries(&connection).unwrap_or_default();
    for entry in &mut entries {
        let root = u64::try_from(entry.root).unwrap_or(0);
        let kind = (2..=u64::from(pages))
            .contains(&root)
            .then(|| read_byte(file, (root - 1) * u64::from(page_size)))
            .flatten();
        entry.rooted = match (entry.kind.as_str(), kind) {
            ("table", Some(2 | 5 | 10 | 13)) | ("index", Some(2 | 10)) => true,
            ("table" | "index", _) => false,
            _ => true,
        };
    }
    entries
}

fn read_entries(connection: &Connection) -> rusqlite::Result<Vec<Entry>> {
    let mut statement = connection.prepare(&format!(
        "SELECT c0, c1, c2, c3, c4, id, pgno FROM {} WHERE nfield = 5
         AND c0 IN ('table', 'index', 'view', 'trigger') AND typeof(c1) = 'text'
         AND typeof(c2) = 'text' AND typeof(c3) = 'integer' AND typeof(id) = 'integer'
         AND (c4 LIKE 'CREATE %' OR (c4 IS NULL AND c0 = 'index')) ORDER BY id, pgno",
        quote_identifier(PAGES_TABLE)
    ))?;
    let rows = statement.query_map([], |row| {
        Ok(Entry {
            kind: row.get(0)?,
            name: row.get(1)?,
            table: row.get(2)?,
            root: row.get(3)?,
            sql: row.get(4)?,
            rowid: row.get(5)?,
            page: row.get(6)?,
            rooted: false,
        })
    })?;
    rows.collect()
}

/// Of entries with the same name or the same root, which an outdated page can hold, the better one: with a root, then
/// the newer one.
fn without_rivals(entries: Vec<Entry>, lost: &mut Vec<String>) -> Vec<Entry> {
    let mut taken: Vec<Entry> = Vec::new();
    let mut by_rank = entries;
    by_rank.sort_by_key(|entry| (!entry.rooted, -entry.rowid, entry.page));
    for entry in by_rank {
        let has_tree = matches!(entry.kind.as_str(), "table" | "index") && entry.root > 0;
        let rival = taken.iter().find(|other| {
            (other.kind == entry.kind && other.name.eq_ignore_ascii_case(&entry.name))
                || (has_tree && other.root == entry.root)
        });
        match rival {
            None if entry.rooted || entry.root == 0 => taken.push(entry),
            None => lost.push(format!(
                "{} {}: its first page is missing or holds something else",
                entry.kind, entry.name
            )),
            Some(other) if other.sql == entry.sql && other.root == entry.root => {}
            Some(other) => lost.push(format!(
                "{} {}: a second entry was found and left out in favour of {} {}",
                entry.kind, entry.name, other.kind, other.name
            )),
        }
    }
    taken.sort_by_key(|entry| entry.rowid);
    taken
}

/// A first page with an empty schema. Of a header that is sound, the settings are kept.
fn first_page(
    known: Option<&[u8; HEADER_BYTES]>,
    page_size: u32,
    pages: u32,
    encoding: u8,
) -> Vec<u8> {
    let mut page = vec![0_u8; page_size as usize];
    let fields: [(usize, &[u8]); 7] = [
        (0, MAGIC),
        // In rollback mode, with the only fractions there are.
        (18, &[1, 1]),
        (21, &[64, 32, 32]),
        // Counters that agree, so that the number of pages counts.
        (24, &[0, 0, 0, 1]),
        (28, &pages.to_be_bytes()),
        (92, &[0, 0, 0, 1]),
        (96, &3_000_000_u32.to_be_bytes()),
    ];
    match known {
        Some(header) => {
            page[..HEADER_BYTES].copy_from_slice(header);
            // No free pages, and no automatic vacuum, which would need a map of the new pages.
            for unwanted in [FREE_PAGES, 52..56, 64..68] {
                page[unwanted].fill(0);
            }
        }
        None => page[56..60].copy_from_slice(&u32::from(encoding).to_be_bytes()),
    }
    page[16..18].copy_from_slice(&[
        if page_size == 65_536 {
            0
        } else {
            page_size.to_be_bytes()[2]
        },
        if page_size == 65_536 {
            1
        } else {
            page_size.to_be_bytes()[3]
        },
    ]);
    for (at, bytes) in fields {
        page[at..at + bytes.len()].copy_from_slice(bytes);
    }
    if !matches!(page[44..48], [0, 0, 0, 1..=4]) {
        page[44..48].copy_from_slice(&[0, 0, 0, 4]);
    }
    if !matches!(page[56..60], [0, 0, 0, 1..=3]) {
        page[56..60].copy_from_slice(&u32::from(encoding).to_be_bytes());
    }
    // An empty leaf, whose cells would begin at the end of what a page can use.
    let content = page_size - u32::from(page[20]);
    page[HEADER_BYTES] = 13;
    page[HEADER_BYTES + 5..HEADER_BYTES + 7].copy_from_slice(&content.to_be_bytes()[2..]);
    page
}

fn write_copy(path: &Path, copy: &Path, first: &[u8], pages: u32) -> Result<(), Error> {
    let failed = |source| Error::io(copy, "copy the damaged file to", source);
    fs::copy(path, copy).map_err(failed)?;
    let target = OpenOptions::new().write(true).open(copy).map_err(failed)?;
    target.write_all_at(first, 0).map_err(failed)?;
    target
        .set_len(u64::from(pages) * first.len() as u64)
        .map_err(failed)
}

fn insert(connection: &Connection, entries: &[Entry]) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA writable_schema = ON; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN",
    )?;
    let mut statement =
        connection.prepare("INSERT INTO main.sqlite_schema VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for entry in entries {
        statement.execute(rusqlite::params![
            entry.kind,
            entry.name,
            entry.table,
            entry.root,
            entry.sql
        ])?;
    }
    connection.execute_batch("COMMIT")
}

/// Removes the pages with nothing but entries that are in the new schema now, and gives the list of free pages back: so
/// neither the old entries nor deleted rows are taken for lost ones.
fn clear_old(
    copy: &Path,
    recovered: &Path,
    page_size: u32,
    taken: &[Entry],
    free_pages: Option<&[u8]>,
) -> Result<(), Error> {
    let failed = |source| Error::io(copy, "write", source);
    let target = OpenOptions::new().write(true).open(copy).map_err(failed)?;
    if let Some(free_pages) = free_pages {
        target
            .write_all_at(free_pages, FREE_PAGES.start as u64)
            .map_err(failed)?;
    }
    let mut of_page: HashMap<i64, i64> = HashMap::new();
    for entry in taken {
        *of_page.entry(entry.page).or_default() += 1;
    }
    let zeros = vec![0_u8; page_size as usize];
    for (page, count) in of_page {
        let Ok(number @ 2..) = u64::try_from(page) else {
            continue;
        };
        if rows_on(recovered, page) == Some(count) {
            target
                .write_all_at(&zeros, (number - 1) * u64::from(page_size))
                .map_err(failed)?;
        }
    }
    Ok(())
}

fn rows_on(recovered: &Path, page: i64) -> Option<i64> {
    let sql = format!(
        "SELECT count(*) FROM {} WHERE pgno = ?1",
        quote_identifier(PAGES_TABLE)
    );
    uri::open(recovered, Access::Immutable)
        .ok()?
        .query_row(&sql, [page], |row| row.get(0))
        .ok()
}
