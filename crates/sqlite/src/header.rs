//! The 100 bytes at the start of every SQLite database, and what other files have there.

use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::Error;

/// The first bytes of every SQLite database.
pub(crate) const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// The length of the header in bytes.
pub(crate) const HEADER_BYTES: usize = 100;
/// The byte at which SQLite keeps its locks; the page that holds it is never used.
const LOCK_BYTE: u64 = 0x4000_0000;

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes per page; `None` when the header names an impossible size.
    pub(crate) page_size: Option<u32>,
    /// Whether the file is to be read together with a write-ahead log.
    pub(crate) wal: bool,
    /// The number of pages, where the header can be trusted in this.
    pub(crate) page_count: Option<u32>,
}

impl Header {
    /// Reads the header's fields; the caller has seen the magic.
    pub(crate) fn parse(bytes: &[u8; HEADER_BYTES]) -> Self {
        let number = |at: usize| {
            u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let page_size = match u32::from(bytes[16]) << 8 | u32::from(bytes[17]) {
            1 => Some(65_536),
            size if size.is_power_of_two() && size >= 512 => Some(size),
            _ => None,
        };
        let counters_agree = number(24) == number(92);
        let page_count = Some(number(28)).filter(|count| *count > 0 && counters_agree);
        Self {
            page_size,
            wal: bytes[18] == 2 || bytes[19] == 2,
            page_count,
        }
    }
}

/// The page that holds the lock bytes, for this page size.
pub(crate) fn lock_page(page_size: u32) -> u64 {
    LOCK_BYTE / u64::from(page_size) + 1
}

/// Reads up to `buffer.len()` bytes at `offset`; fewer only at the end of the file.
pub(crate) fn read_at_most(
    file: &std::fs::File,
    buffer: &mut [u8],
    offset: u64,
) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(&mut buffer[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Reads the header of an open database; `None` for an empty file, which is an empty database.
pub(crate) fn read(file: &std::fs::File, path: &Path, bytes: u64) -> Result<Option<Header>, Error> {
    let mut start = vec![0_u8; 65_536];
    let length =
        read_at_most(file, &mut start, 0).map_err(|source| Error::io(path, "read", source))?;
    start.truncate(length);
    if start.is_empty() {
        return Ok(None);
    }
    let common = start.len().min(MAGIC.len());
    if start[..common] != MAGIC[..common] {
        return Err(foreign(path, &start, bytes));
    }
    match start.first_chunk::<HEADER_BYTES>() {
        Some(header) => Ok(Some(Header::parse(header))),
        None => Err(Error::Truncated {
            path: path.to_path_buf(),
            bytes,
        }),
    }
}

/// Formats that are met under the name of a database.
const FORMATS: [(&[u8], &str); 12] = [
    (b"PK\x03\x04", "it is a zip archive"),
    (b"\x1f\x8b", "it is compressed with gzip"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd"),
    (b"\xfd7zXZ", "it is compressed with xz"),
    (b"BZh", "it is compressed with bzip2"),
    (b"7z\xbc\xaf", "it is a 7z archive"),
    (b"Rar!", "it is a rar archive"),
    (
        b"\x37\x7f\x06\x82",
        "it is the -wal file of a database, not the database",
    ),
    (
        b"\x37\x7f\x06\x83",
        "it is the -wal file of a database, not the database",
    ),
    (
        b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7",
        "it is the -journal file of a database, not the database",
    ),
    (
        b"** This file contains an SQLite 2",
        "it is a database of SQLite 2",
    ),
    (b"PAR1", "it is a parquet file"),
];

fn foreign(path: &Path, start: &[u8], bytes: u64) -> Error {
    let not_a_database = |reason: &str| Error::NotADatabase {
        path: path.to_path_buf(),
        reason: reason.to_owned(),
    };
    if let Some((_, reason)) = FORMATS.iter().find(|(magic, _)| start.starts_with(magic)) {
        return not_a_database(reason);
    }
    if start.get(8..12) == Some(b"DUCK") {
        return not_a_database("it is a DuckDB database");
    }
    if start.iter().all(|byte| *byte == 0) {
        return not_a_database("it starts with nothing but zero bytes");
    }
    let text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
    if start.iter().take(512).all(text) {
        return not_a_database("it is a text file");
    }
    // Encrypted databases are whole pages of noise.
    if bytes.is_multiple_of(512) && start.len() >= 1024 && reads_like_noise(start) {
        return Error::LooksEncrypted {
            path: path.to_path_buf(),
        };
    }
    not_a_database("it does not start with \"SQLite format 3\"")
}

/// Whether the bytes are as evenly spread as random ones: chi-square over the 256 values, which for
/// random bytes is about 255 with a spread of 23.
fn reads_like_noise(bytes: &[u8]) -> bool {
    let mut counts = [0_u64; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let total = bytes.len() as u64;
    // sum((count - total/256)^2 / (total/256)) = 256 * sum(count^2) / total - total
    let squares: u64 = counts.iter().map(|count| count * count).sum();
    (256 * squares / total).saturating_sub(total) < 400
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_sizes() {
        let mut bytes = [0_u8; HEADER_BYTES];
        for (field, expected) in [
            ([0x00, 0x01], Some(65_536)),
            ([0x02, 0x00], Some(512)),
            ([0x10, 0x00], Some(4096)),
            ([0x80, 0x00], Some(32_768)),
            ([0x01, 0x00], None),
            ([0x10, 0x01], None),
            ([0x00, 0x00], None),
        ] {
            bytes[16..18].copy_from_slice(&field);
            assert_eq!(Header::parse(&bytes).page_size, expected, "{field:?}");
        }
    }

    #[test]
    fn the_page_count_counts_only_when_the_counters_agree() {
        let mut bytes = [0_u8; HEADER_BYTES];
        bytes[31] = 7;
        assert_eq!(Header::parse(&bytes).page_count, Some(7));
        bytes[27] = 1;
        assert_eq!(Header::parse(&bytes).page_count, None);
    }

    #[test]
    fn noise_is_told_from_structure() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let noise: Vec<u8> = (0..4096)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_be_bytes()[0]
            })
            .collect();
        assert!(reads_like_noise(&noise));
        let structured: Vec<u8> = (0..4096_u32).map(|i| (i % 97).to_be_bytes()[3]).collect();
        assert!(!reads_like_noise(&structured));
    }
}
