//! The rows that the integrity check points at.
//!
//! SQLite can read a row whose overflow pages were overwritten without noticing; the integrity check
//! notices most of those, and names their cell.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use crate::header::{self, HEADER_BYTES, Header};

/// A row on a leaf page of a table: the table's root page and the rowid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FlaggedRow {
    pub(super) root: i64,
    pub(super) rowid: i64,
}

/// Finds the rows behind lines like `Tree 2 page 7 cell 3: invalid page number 4096`.
pub(super) fn rows(path: &Path, lines: &[String]) -> BTreeSet<FlaggedRow> {
    let Ok(file) = File::open(path) else {
        return BTreeSet::new();
    };
    let mut start = [0_u8; HEADER_BYTES];
    let page_size = match header::read_at_most(&file, &mut start, 0) {
        Ok(HEADER_BYTES) => Header::parse(&start).page_size,
        _ => None,
    };
    let Some(page_size) = page_size else {
        return BTreeSet::new();
    };
    let mut page = vec![0_u8; page_size as usize];
    let found = lines
        .iter()
        .filter_map(|line| place(line))
        .filter_map(|place| {
            let offset = place
                .page
                .checked_sub(1)?
                .checked_mul(u64::from(page_size))?;
            let length = header::read_at_most(&file, &mut page, offset).ok()?;
            let header_at = if place.page == 1 { HEADER_BYTES } else { 0 };
            let rowid = rowid(page.get(..length)?, header_at, place.cell)?;
            Some(FlaggedRow {
                root: place.root,
                rowid,
            })
        });
    found.collect()
}

struct Place {
    root: i64,
    page: u64,
    cell: usize,
}

fn place(line: &str) -> Option<Place> {
    let mut words = line.split_once(':')?.0.split(' ');
    let mut number_after = |word: &str| {
        (words.next()? == word).then_some(())?;
        words.next()?.parse::<u32>().ok()
    };
    Some(Place {
        root: number_after("Tree")?.into(),
        page: number_after("page")?.into(),
        cell: number_after("cell")? as usize,
    })
}

/// The rowid in a cell of a leaf page of a table.
fn rowid(page: &[u8], header_at: usize, cell: usize) -> Option<i64> {
    const TABLE_LEAF: u8 = 0x0d;
    if *page.get(header_at)? != TABLE_LEAF {
        return None;
    }
    let pair = |at: usize| {
        Some(usize::from(u16::from_be_bytes([
            *page.get(at)?,
            *page.get(at + 1)?,
        ])))
    };
    if cell >= pair(header_at + 3)? {
        return None;
    }
    let content = page.get(pair(header_at + 8 + 2 * cell)?..)?;
    let (_, payload_bytes) = varint(content)?;
    varint(content.get(payload_bytes..)?).map(|(value, _)| value.cast_signed())
}

/// SQLite's variable-length integer: seven bits a byte, eight in the ninth.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some(((value << 8) | u64::from(*byte), 9));
        }
        value = (value << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints() {
        assert_eq!(varint(&[0x05]), Some((5, 1)));
        assert_eq!(varint(&[0x81, 0x00]), Some((128, 2)));
        assert_eq!(varint(&[0xff; 9]), Some((u64::MAX, 9)));
        assert_eq!(varint(&[0x80, 0x80]), None);
    }

    #[test]
    fn rows_are_found_by_their_cells() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flagged.db");
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch(
                "CREATE TABLE t(a); INSERT INTO t(rowid, a) VALUES (-3, 'x'), (7, 'y'), (300, 'z')",
            )
            .unwrap();
        let lines = |cells: &[&str]| -> Vec<String> {
            cells
                .iter()
                .map(|cell| format!("Tree 2 page 2 {cell}: any words: here"))
                .collect()
        };
        let found = rows(
            &path,
            &lines(&["cell 0", "cell 2", "cell 2", "cell 3", "right child"]),
        );
        let expected = [
            FlaggedRow { root: 2, rowid: -3 },
            FlaggedRow {
                root: 2,
                rowid: 300,
            },
        ];
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
        assert!(rows(&path, &["Page 9: never used".to_owned()]).is_empty());
    }
}
