//! The schema as SQLite knows it, as plain data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod read;

/// Everything a database declares. SQLite's own objects (`sqlite_...`) are left out.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct RawSchema {
    /// The text encoding: `UTF-8`, `UTF-16le` or `UTF-16be`.
    pub encoding: String,
    /// `PRAGMA user_version`.
    pub user_version: i64,
    /// `PRAGMA application_id`.
    pub application_id: i64,
    /// Bytes per page.
    pub page_size: i64,
    /// The tables, in the order of their creation.
    pub tables: Vec<RawTable>,
    /// The views.
    pub views: Vec<RawObject>,
    /// The triggers.
    pub triggers: Vec<RawObject>,
    /// Where the AUTOINCREMENT sequences stand: table name to the largest id ever given.
    pub sequences: BTreeMap<String, i64>,
}

/// A view or a trigger.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct RawObject {
    /// Its name.
    pub name: String,
    /// The table or view it belongs to (its own name for a view).
    pub table_name: String,
    /// Its CREATE text.
    pub sql: String,
}

/// What a table is made of.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum TableKind {
    /// A table of rows.
    Ordinary,
    /// A virtual table.
    Virtual {
        /// Its module, for example `fts5`.
        module: String,
    },
    /// A table in which a virtual table keeps its data.
    Shadow,
}

/// A table.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct RawTable {
    /// Its name.
    pub name: String,
    /// Its CREATE text.
    pub sql: String,
    /// What it is made of.
    pub kind: TableKind,
    /// Declared WITHOUT ROWID.
    pub without_rowid: bool,
    /// Declared STRICT.
    pub strict: bool,
    /// Declared AUTOINCREMENT.
    pub autoincrement: bool,
    /// The INTEGER PRIMARY KEY column, which is another name of the rowid.
    pub rowid_alias: Option<String>,
    /// The first of `_rowid_`, `rowid`, `oid` that no column takes; `None` for WITHOUT ROWID tables
    /// and where it cannot be read.
    pub rowid_name: Option<String>,
    /// The columns in declared order, generated and hidden ones too.
    pub columns: Vec<RawColumn>,
    /// The primary key's columns in key order.
    pub primary_key: Vec<String>,
    /// The indexes, those of constraints too, in the order of their creation.
    pub indexes: Vec<RawIndex>,
    /// The foreign keys in the order of their declaration.
    pub foreign_keys: Vec<RawForeignKey>,
    /// The CHECK constraints of table and columns in the order of their declaration.
    pub checks: Vec<RawCheck>,
    /// Why the table cannot be read; `None` when it can.
    pub unreadable: Option<String>,
}

impl RawTable {
    /// The column of this name; SQLite does not tell ASCII letters of different case apart.
    pub fn column(&self, name: &str) -> Option<&RawColumn> {
        self.columns
            .iter()
            .find(|column| column.name.eq_ignore_ascii_case(name))
    }
}

/// A column.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct RawColumn {
    /// Its name.
    pub name: String,
    /// The declared type, empty when there is none.
    pub declared_type: String,
    /// Declared NOT NULL.
    pub not_null: bool,
    /// The DEFAULT as SQL text.
    pub default_sql: Option<String>,
    /// The collating sequence, `BINARY` when none is declared.
    pub collation: String,
    /// How it is computed, when it is.
    pub generated: Option<RawGenerated>,
    /// Hidden in `SELECT *` (of virtual tables).
    pub hidden: bool,
}

/// How a generated column is computed.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct RawGenerated {
    /// STORED; else VIRTUAL.
    pub stored: bool,
    /// The expression, without the outer parentheses.
    pub expression: String,
}

/// Where an index comes from.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum IndexOrigin {
    /// A CREATE INDEX.
    Create,
    /// A UNIQUE constraint.
    Unique,
    /// The PRIMARY KEY.
    PrimaryKey,
}

/// An index.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct RawIndex {
    /// Its name.
    pub name: String,
    /// Whether keys must differ.
    pub unique: bool,
    /// Where it comes from.
    pub origin: IndexOrigin,
    /// Whether it has a WHERE clause.
    pub partial: bool,
    /// Its CREATE text; `None` for an index of a constraint.
    pub sql: Option<String>,
    /// The key columns in order.
    pub columns: Vec<RawIndexColumn>,
}

/// A key column of an index.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct RawIndexColumn {
    /// The column; `None` for an expression. The rowid has its alias or `rowid`.
    pub name: Option<String>,
    /// Sorted downwards.
    pub descending: bool,
    /// The collating sequence.
    pub collation: String,
}

/// A foreign key.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct RawForeignKey {
    /// The columns that point.
    pub columns: Vec<String>,
    /// The table pointed to, as declared.
    pub parent_table: String,
    /// The columns pointed to; the parent's primary key when none are declared; empty when the
    /// parent is absent.
    pub parent_columns: Vec<String>,
    /// The action on update, for example `NO ACTION`.
    pub on_update: String,
    /// The action on delete.
    pub on_delete: String,
    /// DEFERRABLE INITIALLY DEFERRED.
    pub deferred: bool,
}

/// A CHECK constraint.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct RawCheck {
    /// Its name, when it has one.
    pub name: Option<String>,
    /// The expression, without the outer parentheses.
    pub expression: String,
}

#[cfg(test)]
mod tests;
