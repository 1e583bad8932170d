//! A second trading database with the rows of the first one, on the same server.

use cbtrade_core::quote_identifier;

use super::define::{Guard, guarded};
use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Call, Error, ErrorKind};
use crate::value::{FromValue as _, Value};

const CALL: Call = Call {
    method: "copy_tables_from",
    table: "",
};

/// A table that was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub table: String,
    /// Its rows, in either database.
    pub rows: u64,
}

impl Database {
    /// Copies every table of another database of the same server into this one, with keys and rows and without triggers,
    /// and counts both. The layer's own tables are left out: orders on their way, stop levels and bots belong to the other
    /// database. A table takes its name when all of its rows are there, and one that is there is left as it is, so a copy
    /// that was cut off is run again. Triggers and the layer's tables are made by [`Database::ensure_database_ready`], after
    /// this: rows are copied as they are, and no trigger sees them.
    ///
    /// # Errors
    /// [`ErrorKind::Location`] for a SQLite file; [`ErrorKind::NotFound`] where the other database has no tables;
    /// [`ErrorKind::Conflict`] for tables whose rows are not as many as in the other database, which somebody writes to.
    pub async fn copy_tables_from(&self, other: &str) -> Result<Vec<CopiedTable>, Error> {
        if self.dialect() == Dialect::Sqlite {
            return Err(Error::new(CALL, ErrorKind::Location)
                .detail("a file is copied as a file, while no bot runs"));
        }
        let tables = self.tables_to_copy(other).await?;
        if tables.is_empty() {
            return Err(Error::new(CALL, ErrorKind::NotFound)
                .detail(format!("the database {other} has no tables")));
        }
        for table in &tables {
            let columns = self.columns_to_copy(other, table).await?;
            guarded(
                self,
                CALL,
                &Guard::table(self, table),
                statements(other, table, &columns),
            )
            .await
            .map_err(|error| error.on_table(table.clone()))?;
        }
        let mut copied = Vec::new();
        for table in tables {
            copied.push(self.counted(other, table).await?);
        }
        Ok(copied)
    }

    async fn tables_to_copy(&self, other: &str) -> Result<Vec<String>, Error> {
        // Underscores mean themselves only behind a backslash. What ends in `__new` was cut off while it was made.
        const SQL: &str = r"SELECT table_name AS name FROM information_schema.tables
            WHERE table_schema = ? AND table_type = 'BASE TABLE'
            AND table_name NOT LIKE '\_cbtrade\_%' AND table_name NOT LIKE '%\_\_new' ORDER BY table_name";
        self.names(SQL, vec![Value::from(other)]).await
    }

    /// Those that are stored: the server fills in the others.
    async fn columns_to_copy(&self, other: &str, table: &str) -> Result<Vec<String>, Error> {
        const SQL: &str = "SELECT column_name AS name FROM information_schema.columns \
            WHERE table_schema = ? AND table_name = ? AND COALESCE(generation_expression, '') = '' \
            ORDER BY ordinal_position";
        self.names(SQL, vec![Value::from(other), Value::from(table)])
            .await
    }

    async fn names(&self, sql: &str, values: Vec<Value>) -> Result<Vec<String>, Error> {
        let rows = self.rows(CALL, sql, values).await?;
        Ok(rows
            .iter()
            .filter_map(|row| row.get("name").cloned().and_then(String::from_value))
            .collect())
    }

    async fn counted(&self, other: &str, table: String) -> Result<CopiedTable, Error> {
        let own = quote_identifier(&table);
        let theirs = format!("{}.{own}", quote_identifier(other));
        let sql = format!(
            "SELECT (SELECT COUNT(*) FROM {own}) AS ours, (SELECT COUNT(*) FROM {theirs}) AS theirs"
        );
        let rows = self.rows(CALL, &sql, Vec::new()).await?;
        let count = |name: &str| {
            let value = rows.first().and_then(|row| row.get(name)).cloned();
            value
                .and_then(i64::from_value)
                .and_then(|count| u64::try_from(count).ok())
        };
        match (count("ours"), count("theirs")) {
            (Some(ours), Some(theirs)) if ours == theirs => Ok(CopiedTable { table, rows: ours }),
            (ours, theirs) => {
                let said = |count: Option<u64>| count.unwrap_or_default();
                Err(Error::new(CALL, ErrorKind::Conflict)
                    .on_table(table)
                    .detail(format!(
                        "{} rows were copied and {other} has {}: something writes to it",
                        said(ours),
                        said(theirs)
                    )))
            }
        }
    }
}

/// Makes the table under another name and lets it take its own when it is whole.
fn statements(other: &str, table: &str, columns: &[String]) -> Vec<String> {
    let own = quote_identifier(table);
    let new = quote_identifier(&format!("{table}__new"));
    let theirs = format!("{}.{own}", quote_identifier(other));
    let columns: Vec<String> = columns.iter().map(|name| quote_identifier(name)).collect();
    let columns = columns.join(", ");
    vec![
        format!("DROP TABLE IF EXISTS {new}"),
        format!("CREATE TABLE {new} LIKE {theirs}"),
        format!("INSERT INTO {new} ({columns}) SELECT {columns} FROM {theirs}"),
        format!("RENAME TABLE {new} TO {own}"),
    ]
}
