//! Text that its own encoding does not allow.

use rusqlite::types::ValueRef;
use serde::{Deserialize, Serialize};

use crate::{Database, Error, RawTable, quote_identifier};

/// A text value whose UTF-16 is not well formed. SQLite would hand it out with other characters in
/// the place of the broken ones, without a word.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct IllFormedText {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The row's address, as a scan by rowid (or, without one, in natural order) gives it.
    pub address: i64,
    /// The stored bytes.
    pub bytes: Vec<u8>,
}

impl Database {
    /// Text values of UTF-16 databases that are not well-formed UTF-16: the first `limit`, and their
    /// total. Always empty for UTF-8 databases, whose text comes as raw bytes anyway. Tables that
    /// cannot be read at all and generated columns are left out.
    ///
    /// # Errors
    /// When a table cannot be read to its end.
    pub fn invalid_utf16_texts(&self, limit: usize) -> Result<(Vec<IllFormedText>, u64), Error> {
        let mut first = Vec::new();
        let mut total = 0_u64;
        if !self.utf16() {
            return Ok((first, total));
        }
        for table in &self.raw_schema()?.tables {
            if table.unreadable.is_none() {
                self.invalid_utf16_in(table, |found| {
                    total += 1;
                    if first.len() < limit {
                        first.push(found());
                    }
                })?;
            }
        }
        Ok((first, total))
    }

    fn invalid_utf16_in(
        &self,
        table: &RawTable,
        mut report: impl FnMut(&dyn Fn() -> IllFormedText),
    ) -> Result<(), Error> {
        let columns: Vec<&str> = table
            .columns
            .iter()
            .filter(|column| column.generated.is_none() && !column.hidden)
            .map(|column| column.name.as_str())
            .collect();
        let mut sql = format!("SELECT {}", table.rowid_name.as_deref().unwrap_or("0"));
        for column in &columns {
            let name = quote_identifier(column);
            // As a blob, a text keeps the bytes in which it is stored.
            sql.push_str(&format!(
                ", iif(typeof({name}) = 'text', CAST({name} AS BLOB), NULL)"
            ));
        }
        sql.push_str(&format!(" FROM {}", self.table_itself(&table.name)?));
        let failed = self.failed(format!("read table {}", table.name));
        let mut statement = self.connection().prepare(&sql).map_err(&failed)?;
        let mut rows = statement.query([]).map_err(&failed)?;
        let big_endian = self.encoding() == "UTF-16be";
        let mut ordinal = 0_i64;
        while let Some(row) = rows.next().map_err(&failed)? {
            let address = match table.rowid_name {
                Some(_) => row.get(0).map_err(&failed)?,
                None => ordinal,
            };
            ordinal += 1;
            for (at, column) in columns.iter().enumerate() {
                let value = row.get_ref(at + 1).map_err(&failed)?;
                let ValueRef::Blob(bytes) = value else {
                    continue;
                };
                if !is_well_formed(bytes, big_endian) {
                    report(&|| IllFormedText {
                        table: table.name.clone(),
                        column: (*column).to_owned(),
                        address,
                        bytes: bytes.to_vec(),
                    });
                }
            }
        }
        Ok(())
    }
}

fn is_well_formed(bytes: &[u8], big_endian: bool) -> bool {
    let units = bytes.chunks_exact(2).map(|pair| {
        let pair = [pair[0], pair[1]];
        if big_endian {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        }
    });
    bytes.len().is_multiple_of(2) && char::decode_utf16(units).all(|unit| unit.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrogates_must_come_in_pairs() {
        assert!(is_well_formed(&[0x3d, 0xd8, 0x00, 0xde], false));
        assert!(is_well_formed(&[0xd8, 0x3d, 0xde, 0x00], true));
        assert!(!is_well_formed(&[0x3d, 0xd8], false));
        assert!(!is_well_formed(&[0x00, 0xde, 0x3d, 0xd8], false));
        assert!(!is_well_formed(&[0x41], false));
    }
}
