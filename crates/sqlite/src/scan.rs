//! Streaming reads of one table.

use rusqlite::OptionalExtension as _;

use crate::database::{UTF8_FUNCTION, in_main};
use crate::{Database, Error, quote_identifier};

/// The names under which a rowid can be read, in the order in which they are tried.
pub(crate) const ROWID_NAMES: [&str; 3] = ["_rowid_", "rowid", "oid"];

/// One pass over one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The table.
    pub table: String,
    /// The columns, in the order in which the row gives them from index 1 on.
    pub columns: Vec<String>,
    /// The order of the rows, and what their address is.
    pub order: ScanOrder,
    /// The smallest address to visit; all when `None`.
    pub first: Option<i64>,
    /// The largest address to visit; all when `None`.
    pub last: Option<i64>,
}

/// The order of a scan and the meaning of its row addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanOrder {
    /// By rowid, ascending; the address is the rowid. The name is `RawTable::rowid_name`.
    Rowid(String),
    /// The order in which the rows are stored: the primary key's for WITHOUT ROWID tables. The
    /// address is the row's place in it: 0, 1, 2, ...
    Natural,
    /// By these columns, ascending, storage classes in SQLite's order (NULL, numbers, text, blobs),
    /// text by its UTF-8 bytes whatever collation and encoding the table has; rows that are equal
    /// in them come by address. The address is the rowid where its name is given, else the place in
    /// natural order, as with [`ScanOrder::Natural`].
    By {
        /// The columns, most significant first.
        columns: Vec<String>,
        /// The name under which the rowid can be read (`RawTable::rowid_name`).
        rowid: Option<String>,
    },
}

/// Why a scan ended early.
#[derive(Debug, thiserror::Error)]
pub enum ScanError<E> {
    /// The database could not be read.
    #[error(transparent)]
    Database(#[from] Error),
    /// The visitor ended the scan.
    #[error("the visitor ended the scan")]
    Visit(E),
}

impl Database {
    /// Reads the table row by row; never holds more than one row. Index 0 of the row belongs to the
    /// scan; the columns asked for start at index 1, as stored (text as raw bytes, invalid UTF-8
    /// and NULs included). Returns how many rows were visited.
    ///
    /// # Errors
    /// [`ScanError::Visit`] with the visitor's error, which ends the scan; [`ScanError::Database`]
    /// when the table cannot be read (to the end).
    pub fn scan<E>(
        &self,
        scan: &Scan,
        mut visit: impl FnMut(i64, &rusqlite::Row<'_>) -> Result<(), E>,
    ) -> Result<u64, ScanError<E>> {
        let sql = self.scan_sql(scan)?;
        let fail = self.failed(format!("read table {}", scan.table));
        let mut statement = self.connection().prepare(&sql).map_err(&fail)?;
        let mut rows = statement.query([]).map_err(&fail)?;
        let natural = matches!(scan.order, ScanOrder::Natural);
        let mut ordinal = scan.first.unwrap_or(0).max(0);
        let mut visited = 0_u64;
        while let Some(row) = rows.next().map_err(&fail)? {
            let address = if natural {
                ordinal
            } else {
                row.get(0).map_err(&fail)?
            };
            visit(address, row).map_err(ScanError::Visit)?;
            ordinal += 1;
            visited += 1;
        }
        Ok(visited)
    }

    fn scan_sql(&self, scan: &Scan) -> Result<String, Error> {
        let from = self.table_itself(&scan.table)?;
        let columns: Vec<String> = scan
            .columns
            .iter()
            .map(|name| quote_identifier(name))
            .collect();
        let list = |head: &str| {
            let mut list = vec![head.to_owned()];
            list.extend(columns.iter().cloned());
            list.join(", ")
        };
        Ok(match &scan.order {
            ScanOrder::Rowid(rowid) => {
                let rowid = self.checked_rowid(scan, rowid)?;
                let select = list(rowid);
                format!(
                    "SELECT {select} FROM {from}{} ORDER BY {rowid}",
                    bounds(scan, rowid)
                )
            }
            ScanOrder::Natural => {
                let select = list("0");
                let first = scan.first.unwrap_or(0).max(0);
                let count = match scan.last {
                    None => -1,
                    Some(last) => last.saturating_sub(first).saturating_add(1).max(0),
                };
                format!("SELECT {select} FROM {from} LIMIT {count} OFFSET {first}")
            }
            ScanOrder::By {
                columns: keys,
                rowid: Some(rowid),
            } => {
                let rowid = self.checked_rowid(scan, rowid)?;
                let select = list(rowid);
                let keys: Vec<String> = keys.iter().map(|key| quote_identifier(key)).collect();
                let order = self.order(&keys, rowid);
                format!(
                    "SELECT {select} FROM {from}{} ORDER BY {order}",
                    bounds(scan, rowid)
                )
            }
            ScanOrder::By {
                columns: keys,
                rowid: None,
            } => self.numbered_scan_sql(scan, &from, &columns, keys),
        })
    }

    /// The table for FROM, bound to its own tree: a smaller index that covers the columns would give
    /// another order, and a damaged one other rows.
    pub(crate) fn table_itself(&self, table: &str) -> Result<String, Error> {
        // In a WITHOUT ROWID table the tree is the primary key's index, and NOT INDEXED leaves
        // SQLite free to take another one.
        let sql = "SELECT list.name FROM pragma_table_list AS tables, \
                   pragma_index_list(tables.name, 'main') AS list \
                   WHERE tables.schema = 'main' AND tables.name = ?1 COLLATE NOCASE \
                   AND tables.wr AND tables.type <> 'virtual' AND list.origin = 'pk'";
        let key: Option<String> = self
            .connection()
            .query_row(sql, [table], |row| row.get(0))
            .optional()
            .map_err(self.failed(format!("find the key of table {table}")))?;
        Ok(match key {
            Some(key) => format!("{} INDEXED BY {}", in_main(table), quote_identifier(&key)),
            None => format!("{} NOT INDEXED", in_main(table)),
        })
    }

    /// Numbers the rows in natural order before they are sorted.
    fn numbered_scan_sql(
        &self,
        scan: &Scan,
        from: &str,
        columns: &[String],
        keys: &[String],
    ) -> String {
        let aliased = |prefix: &str, columns: &[String]| -> (Vec<String>, Vec<String>) {
            let aliases = (0..columns.len())
                .map(|at| format!("{prefix}{at}"))
                .collect::<Vec<_>>();
            let pairs = columns.iter().zip(&aliases);
            (
                pairs
                    .map(|(column, alias)| format!(", {column} AS {alias}"))
                    .collect(),
                aliases,
            )
        };
        let keys: Vec<String> = keys.iter().map(|key| quote_identifier(key)).collect();
        let (inner_columns, outer_columns) = aliased("c", columns);
        let (inner_keys, outer_keys) = aliased("k", &keys);
        let outer_columns: String = outer_columns
            .iter()
            .map(|alias| format!(", {alias}"))
            .collect();
        format!(
            "SELECT n{outer_columns} FROM (SELECT row_number() OVER () - 1 AS n{}{} FROM {from}){} \
             ORDER BY {}",
            inner_columns.concat(),
            inner_keys.concat(),
            bounds(scan, "n"),
            self.order(&outer_keys, "n"),
        )
    }

    /// The terms of ORDER BY for these (quoted) columns, with the address as the last resort.
    fn order(&self, keys: &[String], address: &str) -> String {
        let mut terms = Vec::new();
        for key in keys {
            if self.utf16() {
                // BINARY would compare the stored UTF-16 bytes here. As blobs, texts would come
                // among the true blobs, so those are set apart first.
                terms.push(format!("typeof({key}) = 'blob'"));
                terms.push(format!("{UTF8_FUNCTION}({key})"));
            } else {
                terms.push(format!("{key} COLLATE BINARY"));
            }
        }
        terms.push(address.to_owned());
        terms.join(", ")
    }

    /// The three names are the only ones that may stand unquoted in a statement.
    fn checked_rowid<'name>(&self, scan: &Scan, name: &'name str) -> Result<&'name str, Error> {
        if ROWID_NAMES.contains(&name) {
            return Ok(name);
        }
        Err(Error::Scan {
            path: self.path().to_path_buf(),
            table: scan.table.clone(),
            reason: format!("{name} is not a name of the rowid"),
        })
    }
}

fn bounds(scan: &Scan, address: &str) -> String {
    let lower = scan.first.map(|first| format!("{address} >= {first}"));
    let upper = scan.last.map(|last| format!("{address} <= {last}"));
    let terms: Vec<String> = lower.into_iter().chain(upper).collect();
    if terms.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", terms.join(" AND "))
    }
}

#[cfg(test)]
mod tests;
