//! Snapshots, integrity, salvage and raw values of SQLite files.
//!
//! The legacy file is only ever read ([`take_snapshot`], [`fingerprint`], [`read_fence`]), with one
//! exception: [`fence`], [`fence_damaged`], [`lift_fence`] and [`lift_fence_damaged`], which the cut-over and its way
//! back call. All other
//! work happens on a private snapshot, opened read-only and immutable ([`Database`]).
//!
//! While one of these functions runs on a file, no other code of the same process may have that
//! file open through SQLite: closing a descriptor drops the POSIX locks that the process holds on
//! the file, those of an unrelated SQLite connection too.

mod create_text;
mod database;
mod error;
mod fence;
mod fingerprint;
mod header;
mod integrity;
mod locks;
mod partial;
mod raw_schema;
mod salvage;
mod scan;
mod scratch;
mod snapshot;
mod source;
mod text_encoding;
mod uri;
mod wal;

pub use rusqlite;
pub use rusqlite::types::ValueRef;

pub use database::Database;
pub use error::{Error, ErrorKind};
pub use fence::{
    FENCE_ASIDE_SUFFIX, FENCE_RECORD_SUFFIX, FENCE_TABLE, FENCE_TRIGGER_PREFIX, FenceMarker,
    FenceReport, FenceWay, fence, fence_damaged, lift_fence, lift_fence_damaged, read_fence,
};
pub use fingerprint::{Fingerprint, fingerprint};
pub use integrity::{ForeignKeyViolation, IntegrityProblem, ProblemKind};
pub use raw_schema::{
    IndexOrigin, RawCheck, RawColumn, RawForeignKey, RawGenerated, RawIndex, RawIndexColumn,
    RawObject, RawSchema, RawTable, TableKind,
};
pub use salvage::{SalvageMethod, SalvageReport, SalvagedTable, salvage};
pub use scan::{Scan, ScanError, ScanOrder};
pub use snapshot::{
    FileRole, JournalState, SnapshotFile, SnapshotOptions, SnapshotReport, take_snapshot,
};
pub use text_encoding::IllFormedText;

/// Quotes an identifier for SQLite: in double quotes, with inner double quotes doubled.
///
/// The one place where identifiers enter SQL text.
pub fn quote_identifier(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push('"');
    for character in name.chars() {
        if character == '"' {
            quoted.push('"');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}
