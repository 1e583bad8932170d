//! What SQLite itself finds wrong in a database.

use std::collections::HashMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, Row, Statement};
use serde::{Deserialize, Serialize};

use crate::database::configure;
use crate::uri::{self, Access};
use crate::{Database, Error, ErrorKind, quote_identifier};

/// What a problem touches.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// Pages or rows of a table: values may be lost or wrong.
    Table,
    /// Only an index: a full scan of the table still gives every row.
    Index,
    /// A stored row breaks NOT NULL, CHECK, STRICT typing or a UNIQUE constraint: readable, but
    /// not allowed by the schema.
    Constraint,
    /// The accounting of free pages; no table and no index by itself.
    Space,
    /// A part that could not be checked, for want of a collation or a module.
    Unchecked,
}

/// One finding of `PRAGMA integrity_check`.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct IntegrityProblem {
    /// What it touches.
    pub kind: ProblemKind,
    /// SQLite's words.
    pub text: String,
}

/// One row whose foreign key points nowhere.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct ForeignKeyViolation {
    /// The table with the foreign key.
    pub table: String,
    /// The rowid of the row; `None` in a WITHOUT ROWID table.
    pub rowid: Option<i64>,
    /// The table it points to.
    pub parent: String,
    /// The number of the foreign key in `PRAGMA foreign_key_list`.
    pub key_number: i64,
}

impl Database {
    /// Everything that `PRAGMA integrity_check` reports, at most `limit` problems; empty when the
    /// database is sound.
    ///
    /// # Errors
    /// When the check itself cannot run.
    pub fn integrity_problems(&self, limit: usize) -> Result<Vec<IntegrityProblem>, Error> {
        // SQLite does not read CHECK constraints through a connection that cannot write.
        let connection = uri::open(self.path(), Access::ReadWrite)?;
        configure(&connection)
            .and_then(|()| connection.execute_batch("PRAGMA query_only = ON"))
            .map_err(self.failed("open the database"))?;
        let trees = self.trees();
        let lines = match self.check_lines(&connection, None, limit) {
            Ok(lines) => lines,
            Err(error) if error.kind() == ErrorKind::Sql => {
                self.check_each_table(&connection, limit)?
            }
            Err(error) => return Err(error),
        };
        let problems = lines.into_iter().filter(|line| line != "ok");
        Ok(problems
            .take(limit)
            .map(|line| classified(&trees, line))
            .collect())
    }

    fn check_lines(
        &self,
        connection: &Connection,
        table: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        let failed = self.failed("check the integrity");
        let argument = table.map_or_else(|| limit.max(1).to_string(), quote_identifier);
        let mut statement = connection
            .prepare(&format!("PRAGMA main.integrity_check({argument})"))
            .map_err(&failed)?;
        let mut rows = statement.query([]).map_err(&failed)?;
        let mut lines = Vec::new();
        while lines.len() < limit {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => break,
                // The damage that was listed so far can make the rest of the check impossible.
                Err(error) if is_corrupt(&error) => {
                    lines.push(format!(
                        "{UNCHECKED}the check could not be finished: {error}"
                    ));
                    break;
                }
                Err(error) => return Err(failed(error)),
            };
            let bytes = text_bytes(row.get_ref(0).map_err(&failed)?);
            // What is wrong with the trees comes as one value of many lines under a heading.
            let text = String::from_utf8_lossy(bytes).into_owned();
            lines.extend(
                text.lines()
                    .filter(|line| !line.starts_with("***"))
                    .map(ToOwned::to_owned),
            );
        }
        Ok(lines)
    }

    /// The check as a whole fails when one table needs a collation, function or module that is not
    /// here; the others can still be checked.
    fn check_each_table(
        &self,
        connection: &Connection,
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        let failed = self.failed("list the tables");
        let sql = "SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY rowid";
        let mut statement = self.connection().prepare(sql).map_err(&failed)?;
        let names = statement
            .query_map([], |row| row.get::<_, String>(0))
            .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .map_err(&failed)?;
        let mut lines = Vec::new();
        for name in names {
            if lines.len() >= limit {
                break;
            }
            match self.check_lines(connection, Some(&name), limit - lines.len()) {
                Ok(more) => lines.extend(more.into_iter().filter(|line| line != "ok")),
                Err(Error::Sql { source, .. }) => {
                    lines.push(format!("{UNCHECKED}table {name} was not checked: {source}"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(lines)
    }

    /// Root page to what the tree is; what cannot be read is left out.
    fn trees(&self) -> HashMap<i64, ProblemKind> {
        let sql = "SELECT rootpage, type FROM main.sqlite_schema WHERE rootpage > 0";
        let Ok(mut statement) = self.connection().prepare(sql) else {
            return HashMap::new();
        };
        let Ok(rows) = statement.query_map([], |row| {
            let kind = match row.get::<_, String>(1)?.as_str() {
                "index" => ProblemKind::Index,
                _ => ProblemKind::Table,
            };
            Ok((row.get(0)?, kind))
        }) else {
            return HashMap::new();
        };
        rows.filter_map(Result::ok).collect()
    }

    /// The rows whose foreign keys point nowhere: the first `limit` of them, and their total. Tables
    /// named by [`Database::foreign_keys_unchecked`] are left out.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub fn foreign_key_violations(
        &self,
        limit: usize,
    ) -> Result<(Vec<ForeignKeyViolation>, u64), Error> {
        let mut first = Vec::new();
        let mut total = 0_u64;
        for table in self.tables_with_foreign_keys()? {
            let Ok(mut statement) = self.prepare_foreign_key_check(&table) else {
                continue;
            };
            let failed = self.failed(format!("check the foreign keys of table {table}"));
            let mut rows = statement.query([]).map_err(&failed)?;
            while let Some(row) = rows.next().map_err(&failed)? {
                total += 1;
                if first.len() < limit {
                    first.push(violation(row).map_err(&failed)?);
                }
            }
        }
        Ok((first, total))
    }

    /// The tables whose foreign keys SQLite itself cannot check, with its reason: the columns they
    /// point to are not a key, for example.
    ///
    /// # Errors
    /// When the schema cannot be read.
    pub fn foreign_keys_unchecked(&self) -> Result<Vec<(String, String)>, Error> {
        let mut unchecked = Vec::new();
        for table in self.tables_with_foreign_keys()? {
            if let Err(error) = self.prepare_foreign_key_check(&table) {
                unchecked.push((table, error.to_string()));
            }
        }
        Ok(unchecked)
    }

    fn prepare_foreign_key_check(&self, table: &str) -> rusqlite::Result<Statement<'_>> {
        let table = quote_identifier(table);
        self.connection()
            .prepare(&format!("PRAGMA main.foreign_key_check({table})"))
    }

    fn tables_with_foreign_keys(&self) -> Result<Vec<String>, Error> {
        let sql = "SELECT name FROM main.sqlite_schema AS tables WHERE type = 'table' \
                   AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(tables.name, 'main')) \
                   ORDER BY rowid";
        let failed = self.failed("list the foreign keys");
        let mut statement = self.connection().prepare(sql).map_err(&failed)?;
        let names = statement
            .query_map([], |row| row.get::<_, String>(0))
            .map_err(&failed)?;
        names.collect::<rusqlite::Result<Vec<_>>>().map_err(&failed)
    }
}

fn is_corrupt(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt)
}

fn violation(row: &Row<'_>) -> rusqlite::Result<ForeignKeyViolation> {
    Ok(ForeignKeyViolation {
        table: row.get(0)?,
        rowid: row.get(1)?,
        parent: row.get(2)?,
        key_number: row.get(3)?,
    })
}

/// Marks our own line among SQLite's.
const UNCHECKED: &str = "\u{0}";

fn text_bytes(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => &[],
    }
}

fn classified(trees: &HashMap<i64, ProblemKind>, line: String) -> IntegrityProblem {
    if let Some(text) = line.strip_prefix(UNCHECKED) {
        return IntegrityProblem {
            kind: ProblemKind::Unchecked,
            text: text.to_owned(),
        };
    }
    let kind = if let Some(rest) = line.strip_prefix("Tree ") {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let root: Option<i64> = rest[..digits].parse().ok();
        root.and_then(|root| trees.get(&root))
            .copied()
            .unwrap_or(ProblemKind::Table)
    } else if line.starts_with("Freelist") || line.starts_with("Page ") {
        ProblemKind::Space
    } else if INDEX_PROBLEMS.iter().any(|words| line.contains(words)) {
        ProblemKind::Index
    } else if CONSTRAINT_PROBLEMS.iter().any(|words| line.contains(words)) {
        ProblemKind::Constraint
    } else {
        ProblemKind::Table
    };
    IntegrityProblem { kind, text: line }
}

/// Words of SQLite's complaints about indexes that do not agree with their table.
const INDEX_PROBLEMS: [&str; 4] = [
    "wrong # of entries in index ",
    " missing from index ",
    " values differ from index ",
    " not at end-of-record for row ",
];

/// Words of SQLite's complaints about rows that are readable, but not allowed.
const CONSTRAINT_PROBLEMS: [&str; 5] = [
    // A full-text index out of step with its texts, which are all there.
    "malformed inverted index for ",
    "non-unique entry in index ",
    "NULL value in ",
    "CHECK constraint failed in ",
    // NUMERIC value in, TEXT value in, non-INTEGER value in, ...
    " value in ",
];

#[cfg(test)]
mod tests;
