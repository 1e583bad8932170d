//! The committed frames of a write-ahead log, found without SQLite and without writing.

use std::collections::HashMap;
use std::fs::File;
use std::io;

use crate::header::read_at_most;

const WAL_HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// The magic number; its lowest bit says that the checksums are over big-endian words.
const MAGIC: u32 = 0x377f_0682;
const VERSION: u32 = 3_007_000;

/// Where the newest committed version of each page lies in the log.
#[derive(Debug, Default)]
pub(crate) struct WalPages {
    /// Bytes per page.
    pub(crate) page_size: u32,
    /// The size of the database after the last commit, in pages.
    pub(crate) page_count: u32,
    /// Page number to the offset of its content in the log.
    pub(crate) offsets: HashMap<u32, u64>,
    /// How many bytes of the log are committed frames.
    pub(crate) frames_bytes: u64,
}

/// The two numbers that mark one generation of the log; `None` when the log has no header.
pub(crate) fn salts(wal: &File) -> io::Result<Option<[u8; 8]>> {
    let mut header = [0_u8; WAL_HEADER_BYTES];
    if read_at_most(wal, &mut header, 0)? < WAL_HEADER_BYTES {
        return Ok(None);
    }
    let mut salts = [0_u8; 8];
    salts.copy_from_slice(&header[16..24]);
    Ok(Some(salts))
}

/// Reads the first `bytes` of the log. `None` when no transaction in it counts.
pub(crate) fn committed_pages(wal: &File, bytes: u64) -> io::Result<Option<WalPages>> {
    let mut header = [0_u8; WAL_HEADER_BYTES];
    if read_at_most(wal, &mut header, 0)? < WAL_HEADER_BYTES {
        return Ok(None);
    }
    let Some(mut checker) = Checker::of_log(&header) else {
        return Ok(None);
    };
    let page_size = word(&header, 8, true);
    let frame_bytes = FRAME_HEADER_BYTES + page_size as usize;
    let mut frame = vec![0_u8; frame_bytes];
    let mut pages = WalPages {
        page_size,
        ..WalPages::default()
    };
    let mut pending: Vec<(u32, u64)> = Vec::new();
    let mut offset = WAL_HEADER_BYTES as u64;
    while offset + frame_bytes as u64 <= bytes {
        if read_at_most(wal, &mut frame, offset)? < frame_bytes || !checker.accepts(&frame) {
            break;
        }
        pending.push((word(&frame, 0, true), offset + FRAME_HEADER_BYTES as u64));
        offset += frame_bytes as u64;
        let page_count = word(&frame, 4, true);
        if page_count > 0 {
            pages.offsets.extend(pending.drain(..));
            pages.page_count = page_count;
            pages.frames_bytes = offset - WAL_HEADER_BYTES as u64;
        }
    }
    Ok((pages.page_count > 0).then_some(pages))
}

/// The running checksum that ties each frame to all before it.
struct Checker {
    salts: [u8; 8],
    big_endian: bool,
    sums: (u32, u32),
}

impl Checker {
    fn of_log(header: &[u8; WAL_HEADER_BYTES]) -> Option<Self> {
        let magic = word(header, 0, true);
        let page_size = word(header, 8, true);
        let sized = page_size.is_power_of_two() && (512..=65_536).contains(&page_size);
        if magic & !1 != MAGIC || word(header, 4, true) != VERSION || !sized {
            return None;
        }
        let big_endian = magic & 1 == 1;
        let sums = checksum((0, 0), &header[..24], big_endian);
        if sums != (word(header, 24, true), word(header, 28, true)) {
            return None;
        }
        let mut salts = [0_u8; 8];
        salts.copy_from_slice(&header[16..24]);
        Some(Self {
            salts,
            big_endian,
            sums,
        })
    }

    /// Whether the frame follows those before it. The first one that does not ends the log.
    fn accepts(&mut self, frame: &[u8]) -> bool {
        if frame[8..16] != self.salts || word(frame, 0, true) == 0 {
            return false;
        }
        let sums = checksum(self.sums, &frame[..8], self.big_endian);
        self.sums = checksum(sums, &frame[FRAME_HEADER_BYTES..], self.big_endian);
        self.sums == (word(frame, 16, true), word(frame, 20, true))
    }
}

fn word(bytes: &[u8], at: usize, big_endian: bool) -> u32 {
    let four = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
    if big_endian {
        u32::from_be_bytes(four)
    } else {
        u32::from_le_bytes(four)
    }
}

fn checksum(start: (u32, u32), bytes: &[u8], big_endian: bool) -> (u32, u32) {
    let (mut first, mut second) = start;
    for pair in bytes.chunks_exact(8) {
        first = first
            .wrapping_add(word(pair, 0, big_endian))
            .wrapping_add(second);
        second = second
            .wrapping_add(word(pair, 4, big_endian))
            .wrapping_add(first);
    }
    (first, second)
}
