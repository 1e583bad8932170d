//! Whether the tables are what the schema's version says.

use std::fmt;

use cbtrade_catalog::{Column, ColumnKind, Table};

use super::define::layer_indexes;
use super::step::own_tables;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Call, Error};
use crate::value::{FromValue as _, Value};

/// Something that is not as it should be. Columns that only the database has are no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaDifference {
    /// The table.
    pub table: String,
    /// What is missing or other than it should be.
    pub what: String,
}

impl fmt::Display for SchemaDifference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`: {}", self.table, self.what)
    }
}

/// A column that a table must have.
struct Expected<'a> {
    name: &'a str,
    /// Whether a type on a server holds its values.
    holds: Box<dyn Fn(&str) -> bool + Send + Sync + 'a>,
}

/// A column as the database has it.
pub(super) struct ActualColumn {
    pub(super) name: String,
    /// The declared type in capitals, such as `DECIMAL(36,12)`.
    kind: String,
}

impl Database {
    /// Compares tables, columns, types, triggers and keys with what they should be, the catalogue's tables and the layer's
    /// own. A server shows triggers only to users
    /// that may make some: for others, such as bots, they are not compared.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_schema_check(&self) -> Result<Vec<SchemaDifference>, Error> {
        const CALL: Call = Call {
            method: "db_schema_check",
            table: "",
        };
        let mut differences = Vec::new();
        let sees_triggers = self.sees_triggers(CALL).await?;
        for table in cbtrade_catalog::tables() {
            self.check_table(CALL, table, sees_triggers, &mut differences)
                .await?;
        }
        for table in own_tables() {
            let columns = table.columns.iter().map(|(name, held_by)| Expected {
                name,
                holds: Box::new(move |kind| starts(kind, held_by)),
            });
            self.check_columns(CALL, table.name, columns, &mut differences)
                .await?;
        }
        for index in layer_indexes(self.dialect()) {
            if !self.index_is_there(CALL, index.table, &index.name).await? {
                differences.push(difference(
                    index.table,
                    format!("the key `{}` is missing", index.name),
                ));
            }
        }
        Ok(differences)
    }

    async fn check_table(
        &self,
        call: Call,
        table: &Table,
        sees_triggers: bool,
        differences: &mut Vec<SchemaDifference>,
    ) -> Result<(), Error> {
        let columns = table.columns.iter().map(|column| Expected {
            name: column.name,
            holds: Box::new(move |kind| holds(column, kind)),
        });
        if !self
            .check_columns(call, table.name, columns, differences)
            .await?
        {
            return Ok(());
        }
        for (trigger, _) in self.trigger_definitions(table) {
            if sees_triggers && !self.trigger_is_there(call, &trigger).await? {
                differences.push(difference(
                    table.name,
                    format!("the trigger `{trigger}` is missing"),
                ));
            }
        }
        Ok(())
    }

    /// Compares a table's columns; `false` where there is no such table.
    async fn check_columns<'a>(
        &self,
        call: Call,
        table: &str,
        columns: impl Iterator<Item = Expected<'a>> + Send,
        differences: &mut Vec<SchemaDifference>,
    ) -> Result<bool, Error> {
        let actual = self.columns_of(call, table).await?;
        if actual.is_empty() {
            differences.push(difference(table, "the table is missing".to_owned()));
            return Ok(false);
        }
        for column in columns {
            let found = actual
                .iter()
                .find(|actual| actual.name.eq_ignore_ascii_case(column.name));
            match found {
                None => differences.push(difference(
                    table,
                    format!("column `{}` is missing", column.name),
                )),
                Some(found) if self.dialect() == Dialect::MySql && !(column.holds)(&found.kind) => {
                    let what = format!(
                        "column `{}` is {}, which cannot hold its values",
                        column.name, found.kind
                    );
                    differences.push(difference(table, what));
                }
                Some(_) => {}
            }
        }
        Ok(true)
    }

    /// Whether the server shows this user the triggers that are there: it shows one, or the user has the right.
    async fn sees_triggers(&self, call: Call) -> Result<bool, Error> {
        const SHOWN: &str =
            "SELECT 1 FROM information_schema.triggers WHERE trigger_schema = DATABASE() LIMIT 1";
        const RIGHT: &str = "SELECT 1 FROM information_schema.user_privileges \
             WHERE privilege_type = 'TRIGGER' AND grantee = ? \
             UNION ALL SELECT 1 FROM information_schema.schema_privileges \
             WHERE privilege_type = 'TRIGGER' AND grantee = ? AND DATABASE() LIKE table_schema";
        if self.dialect() == Dialect::Sqlite
            || !self.rows(call, SHOWN, Vec::new()).await?.is_empty()
        {
            return Ok(true);
        }
        let mut found = self
            .rows(call, "SELECT CURRENT_USER()", Vec::new())
            .await?
            .into_iter();
        let account: String = match found.next() {
            Some(mut row) => row.take(0).map_err(|source| Error::answer(call, source))?,
            None => String::new(),
        };
        let (user, host) = account.rsplit_once('@').unwrap_or((&account, "%"));
        let grantee = Value::from(format!("'{user}'@'{host}'"));
        let rights = self
            .rows(call, RIGHT, vec![grantee.clone(), grantee])
            .await?;
        Ok(!rights.is_empty())
    }

    /// The columns of a table of the trading database, in its order.
    pub(super) async fn columns_of(
        &self,
        call: Call,
        table: &str,
    ) -> Result<Vec<ActualColumn>, Error> {
        let sql = match self.dialect() {
            Dialect::MySql => {
                "SELECT column_name AS name, column_type AS kind FROM information_schema.columns \
                 WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position"
            }
            Dialect::Sqlite => "SELECT name, type AS kind FROM pragma_table_info(?)",
        };
        let rows = self.rows(call, sql, vec![Value::from(table)]).await?;
        let text = |value: Option<&Value>| {
            value
                .cloned()
                .and_then(String::from_value)
                .unwrap_or_default()
        };
        Ok(rows
            .iter()
            .map(|row| ActualColumn {
                name: text(row.get("name")),
                kind: text(row.get("kind")).to_ascii_uppercase(),
            })
            .collect())
    }
}

fn difference(table: &str, what: String) -> SchemaDifference {
    SchemaDifference {
        table: table.to_owned(),
        what,
    }
}

/// Whether a column's type on the server holds at least the catalogue's values: a migration may have widened it.
fn holds(column: &Column, kind: &str) -> bool {
    let starts = |names: &[&str]| starts(kind, names);
    match column.kind {
        ColumnKind::TinyInt => starts(&[
            "TINYINT",
            "SMALLINT",
            "MEDIUMINT",
            "INT",
            "BIGINT",
            "DECIMAL",
        ]),
        ColumnKind::Int => starts(&["INT", "BIGINT", "DECIMAL"]),
        ColumnKind::BigInt => starts(&["BIGINT", "DECIMAL"]),
        ColumnKind::Decimal { .. } => starts(&["DECIMAL", "DOUBLE"]),
        ColumnKind::Varchar(_) | ColumnKind::Char(_) | ColumnKind::Text => {
            starts(&["VARCHAR", "CHAR", "TEXT", "MEDIUMTEXT", "LONGTEXT"])
        }
        ColumnKind::Timestamp => starts(&["TIMESTAMP", "DATETIME"]),
    }
}

fn starts(kind: &str, names: &[&str]) -> bool {
    names.iter().any(|name| kind.starts_with(name))
}
