//! What was made.

use std::path::PathBuf;

use serde::Serialize;

/// What [`make_sample`](crate::make_sample) wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleReport {
    /// The trading database.
    pub database: PathBuf,
    /// The candle files, one per product.
    pub candle_files: Vec<PathBuf>,
    /// Rows of every table of every file.
    pub tables: Vec<TableRows>,
    /// Every planted oddity.
    pub faults: Vec<SampleFault>,
}

/// Rows of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableRows {
    /// The file the table is in.
    pub file: PathBuf,
    /// Name of the table in that file.
    pub table: String,
    /// All its rows.
    pub rows: u64,
    /// Those of them that are lost if the file is read without its `-wal`.
    pub wal_rows: u64,
}

/// An oddity planted in one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleFault {
    /// What is odd about it.
    pub kind: FaultKind,
    /// Table of the trading database.
    pub table: String,
    /// Column.
    pub column: String,
    /// The row's automatic number.
    pub row: i64,
    /// The value as text; of bytes, their hexadecimal digits.
    pub value: String,
    /// The oddity in words.
    pub what: String,
}

/// What can be odd about a value. The last four have no automatic decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// Text longer than the catalogue's column.
    LongText,
    /// A date in the form `2025-08-20T14:05:09Z`.
    IsoDate,
    /// A date with a fraction of a second.
    FractionalDate,
    /// A date that is an empty text, beside seconds that are known.
    EmptyDate,
    /// Milliseconds where seconds are meant.
    Milliseconds,
    /// A price that twelve decimals cannot hold.
    TinyPrice,
    /// A unique text that differs from another only in upper and lower case.
    CaseCollision,
    /// Characters beyond the first 65,536.
    Emoji,
    /// A value in a column that only the legacy file has.
    ExtraColumn,
    /// A sell order of a position that does not exist.
    OrphanOrder,
    /// Words in a money column.
    FreeText,
    /// A number with a thousands separator in a money column.
    ThousandsSeparator,
    /// A date that is none.
    ImpossibleDate,
    /// Text that is not UTF-8.
    BrokenText,
}
