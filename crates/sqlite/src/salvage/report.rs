//! Counts what became of each table, and says what could not be read.

use rusqlite::Connection;

use super::SalvagedTable;
use super::builder::Builder;
use super::reader::{Damaged, Gap};
use crate::database::in_main;
use crate::{Error, quote_identifier};

impl Builder {
    pub(super) fn report_tables(
        &mut self,
        damaged: Option<&Damaged>,
    ) -> Result<Vec<SalvagedTable>, Error> {
        let mut reports = Vec::new();
        for table in &self.tables {
            let name = &table.object.name;
            let rows_recovered = if table.created {
                self.count(&format!("SELECT count(*) FROM {}", in_main(name)))?
            } else {
                0
            };
            let sql = format!(
                "SELECT count(*) FROM {} WHERE origin = ?1",
                in_main(&self.lost_and_found)
            );
            let rows_doubtful: i64 = self
                .connection
                .query_row(&sql, [name], |row| row.get(0))
                .map_err(|source| self.failed("count rows", source))?;
            let rows_doubtful = rows_doubtful.unsigned_abs();
            let indexed = damaged.map_or(0, |damaged| largest_index(&damaged.connection, name));
            let rows_expected_min = indexed.max(rows_recovered);
            if rows_doubtful > 0 {
                self.lost.push(format!(
                    "table {name}: {rows_doubtful} rows were found on damaged pages only; they are in {}",
                    self.lost_and_found
                ));
            }
            if rows_expected_min > rows_recovered {
                self.lost.push(format!(
                    "table {name}: an index knows {rows_expected_min} rows, {rows_recovered} were read"
                ));
            }
            reports.push(SalvagedTable {
                name: name.clone(),
                method: table.method,
                rows_recovered,
                rows_doubtful,
                rows_expected_min,
            });
        }
        Ok(reports)
    }
}

pub(super) fn gap_line(table: &str, gap: Gap) -> String {
    match (gap.first, gap.last) {
        (i64::MIN, i64::MAX) => format!("table {table}: no row could be read"),
        (i64::MIN, last) => {
            format!("table {table}: no row with a rowid up to {last} could be read")
        }
        (first, i64::MAX) => {
            format!("table {table}: no row with a rowid from {first} on could be read")
        }
        (first, last) => {
            format!("table {table}: no row with a rowid from {first} to {last} could be read")
        }
    }
}

/// The number of entries in the largest readable index that has one for each row.
fn largest_index(connection: &Connection, table: &str) -> u64 {
    let sql = "SELECT name FROM pragma_index_list(?1, 'main') WHERE NOT partial";
    let Ok(mut statement) = connection.prepare(sql) else {
        return 0;
    };
    let Ok(names) = statement.query_map([table], |row| row.get::<_, String>(0)) else {
        return 0;
    };
    let counts = names.map_while(Result::ok).filter_map(|index| {
        let sql = format!(
            "SELECT count(*) FROM {} INDEXED BY {}",
            in_main(table),
            quote_identifier(&index)
        );
        connection
            .query_row(&sql, [], |row| row.get::<_, i64>(0))
            .ok()
    });
    counts.max().unwrap_or(0).unsigned_abs()
}
