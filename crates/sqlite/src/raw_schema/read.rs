//! Reads the schema through SQLite's own tables and pragmas.

use std::collections::{BTreeMap, HashMap};

use rusqlite::types::ValueRef;
use rusqlite::{Params, Row};

use super::{
    IndexOrigin, RawColumn, RawForeignKey, RawGenerated, RawIndex, RawIndexColumn, RawObject,
    RawSchema, RawTable, TableKind,
};
use crate::create_text::{self, CreateText};
use crate::database::in_main;
use crate::scan::ROWID_NAMES;
use crate::{Database, Error};

impl Database {
    /// Reads the whole schema.
    ///
    /// # Errors
    /// When the schema cannot be read, or holds a name that is not text.
    pub fn raw_schema(&self) -> Result<RawSchema, Error> {
        let mut tables = Vec::new();
        let mut views = Vec::new();
        let mut triggers = Vec::new();
        let listed = self.listed_tables()?;
        let index_texts = self.index_texts()?;
        for (kind, object) in self.objects()? {
            match kind.as_str() {
                "table" => tables.push(self.table(object, &listed, &index_texts)?),
                "view" => views.push(object),
                "trigger" => triggers.push(object),
                _ => {}
            }
        }
        resolve_parents(&mut tables);
        Ok(RawSchema {
            encoding: self.encoding().to_owned(),
            user_version: self.pragma_number("user_version")?,
            application_id: self.pragma_number("application_id")?,
            page_size: self.pragma_number("page_size")?,
            sequences: self.sequences()?,
            tables,
            views,
            triggers,
        })
    }

    fn pragma_number(&self, name: &'static str) -> Result<i64, Error> {
        self.connection()
            .query_row(&format!("PRAGMA main.{name}"), [], |row| row.get(0))
            .map_err(self.failed(format!("read {name}")))
    }

    /// Runs a query and reads each row.
    fn collect<T>(
        &self,
        action: &str,
        sql: &str,
        parameters: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let failed = self.failed(action);
        let mut statement = self.connection().prepare(sql).map_err(&failed)?;
        let mut rows = statement.query(parameters).map_err(&failed)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(&failed)? {
            all.push(read(row)?);
        }
        Ok(all)
    }

    /// A text that must be valid UTF-8 to be of use in SQL; empty for NULL.
    fn text(&self, row: &Row<'_>, index: usize, object: &'static str) -> Result<String, Error> {
        let value = row.get_ref(index).map_err(self.failed("read the schema"))?;
        let bytes = match value {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
            _ => return Ok(String::new()),
        };
        String::from_utf8(bytes.to_vec()).map_err(|error| Error::NameNotText {
            path: self.path().to_path_buf(),
            object,
            name: String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    fn number(&self, row: &Row<'_>, index: usize) -> Result<i64, Error> {
        row.get(index).map_err(self.failed("read the schema"))
    }

    /// Tables, views and triggers in the order of their creation: type and object.
    fn objects(&self) -> Result<Vec<(String, RawObject)>, Error> {
        let sql = "SELECT type, name, tbl_name, sql FROM main.sqlite_schema \
                   WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid";
        self.collect("read the schema", sql, [], |row| {
            let object = RawObject {
                name: self.text(row, 1, "object")?,
                table_name: self.text(row, 2, "table")?,
                sql: self.text(row, 3, "CREATE text")?,
            };
            Ok((self.text(row, 0, "type")?, object))
        })
    }

    /// Table name to its type, WITHOUT ROWID, STRICT.
    fn listed_tables(&self) -> Result<HashMap<String, (String, bool, bool)>, Error> {
        let sql = "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'";
        let rows = self.collect("list the tables", sql, [], |row| {
            let flags = (
                self.text(row, 1, "type")?,
                self.number(row, 2)? != 0,
                self.number(row, 3)? != 0,
            );
            Ok((self.text(row, 0, "table")?, flags))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// Index name to its place in the order of creation and its text.
    fn index_texts(&self) -> Result<HashMap<String, (usize, Option<String>)>, Error> {
        let sql = "SELECT name, sql FROM main.sqlite_schema WHERE type = 'index' ORDER BY rowid";
        let rows = self.collect("read the indexes", sql, [], |row| {
            let sql = self.text(row, 1, "CREATE text")?;
            Ok((
                self.text(row, 0, "index")?,
                Some(sql).filter(|sql| !sql.is_empty()),
            ))
        })?;
        let numbered = rows.into_iter().enumerate();
        Ok(numbered
            .map(|(place, (name, sql))| (name, (place + 1, sql)))
            .collect())
    }

    fn table(
        &self,
        object: RawObject,
        listed: &HashMap<String, (String, bool, bool)>,
        index_texts: &HashMap<String, (usize, Option<String>)>,
    ) -> Result<RawTable, Error> {
        let (kind, without_rowid, strict) = match listed.get(&object.name) {
            Some((kind, without_rowid, strict)) => (kind.as_str(), *without_rowid, *strict),
            None => ("table", false, false),
        };
        let kind = match kind {
            "virtual" => {
                let module = create_text::module(&object.sql).unwrap_or_default();
                TableKind::Virtual { module }
            }
            "shadow" => TableKind::Shadow,
            _ => TableKind::Ordinary,
        };
        let is_virtual = matches!(kind, TableKind::Virtual { .. });
        let text = if is_virtual {
            CreateText::default()
        } else {
            create_text::read(&object.sql)
        };
        let unreadable = self.unreadable(&object.name, is_virtual);
        let columns = match self.columns(&object.name, &text) {
            // A virtual table whose module is not here has no columns to speak of.
            Err(_) if unreadable.is_some() => Vec::new(),
            other => other?,
        };
        let mut primary_key: Vec<(i64, &Column)> = columns
            .iter()
            .filter(|column| column.key_place > 0)
            .map(|column| (column.key_place, column))
            .collect();
        primary_key.sort_by_key(|(place, _)| *place);
        let primary_key: Vec<String> = primary_key
            .iter()
            .map(|(_, column)| column.raw.name.clone())
            .collect();
        let autoincrement = columns.iter().any(|column| column.autoincrement);
        let columns: Vec<RawColumn> = columns.into_iter().map(|column| column.raw).collect();
        let indexes = if is_virtual {
            Vec::new()
        } else {
            self.indexes(&object.name, index_texts)?
        };
        let rowid_alias = rowid_alias(
            without_rowid || is_virtual,
            &columns,
            &primary_key,
            &indexes,
        );
        let rowid_name = if without_rowid {
            None
        } else {
            self.rowid_name(&object.name, &columns)
        };
        let foreign_keys = self.foreign_keys(&object.name, &text)?;
        Ok(RawTable {
            name: object.name,
            sql: object.sql,
            kind,
            without_rowid,
            strict,
            autoincrement,
            rowid_alias,
            rowid_name,
            columns,
            primary_key,
            indexes,
            foreign_keys,
            checks: text.checks,
            unreadable,
        })
    }

    /// SQLite's reason when the table cannot be read at all.
    fn unreadable(&self, table: &str, is_virtual: bool) -> Option<String> {
        // A virtual table may be prepared and still fail at its first row.
        let limit = u8::from(is_virtual);
        let sql = format!("SELECT * FROM {} NOT INDEXED LIMIT {limit}", in_main(table));
        let try_read = || {
            let mut statement = self.connection().prepare(&sql)?;
            let mut rows = statement.query([])?;
            rows.next().map(|_| ())
        };
        try_read()
            .err()
            .map(|error: rusqlite::Error| error.to_string())
    }

    fn columns(&self, table: &str, text: &CreateText) -> Result<Vec<Column>, Error> {
        let sql = "SELECT name, type, \"notnull\", dflt_value, pk, hidden \
                   FROM pragma_table_xinfo(?1, 'main') ORDER BY cid";
        self.collect(
            &format!("read the columns of table {table}"),
            sql,
            [table],
            |row| {
                let name = self.text(row, 0, "column")?;
                let default = self.text(row, 3, "DEFAULT")?;
                let has_default = row.get_ref(3).is_ok_and(|value| value != ValueRef::Null);
                let hidden = self.number(row, 5)?;
                let metadata = self
                    .connection()
                    .column_metadata(Some("main"), table, &name);
                let (_, collation, _, _, autoincrement) = metadata
                    .map_err(self.failed(format!("read column {name} of table {table}")))?;
                let collation = collation.and_then(|name| name.into_string().ok());
                Ok(Column {
                    key_place: self.number(row, 4)?,
                    autoincrement,
                    raw: RawColumn {
                        declared_type: self.text(row, 1, "type")?,
                        not_null: self.number(row, 2)? != 0,
                        default_sql: has_default.then_some(default),
                        collation: collation.unwrap_or_else(|| "BINARY".to_owned()),
                        generated: matches!(hidden, 2 | 3)
                            .then(|| generated(text, &name, hidden == 3)),
                        hidden: hidden == 1,
                        name,
                    },
                })
            },
        )
    }

    fn indexes(
        &self,
        table: &str,
        texts: &HashMap<String, (usize, Option<String>)>,
    ) -> Result<Vec<RawIndex>, Error> {
        let sql = "SELECT name, \"unique\", origin, partial FROM pragma_index_list(?1, 'main')";
        let action = format!("read the indexes of table {table}");
        let mut indexes = self.collect(&action, sql, [table], |row| {
            let name = self.text(row, 0, "index")?;
            let (place, sql) = texts.get(&name).cloned().unwrap_or_default();
            let origin = match self.text(row, 2, "origin")?.as_str() {
                "pk" => IndexOrigin::PrimaryKey,
                "u" => IndexOrigin::Unique,
                _ => IndexOrigin::Create,
            };
            let index = RawIndex {
                unique: self.number(row, 1)? != 0,
                origin,
                partial: self.number(row, 3)? != 0,
                sql,
                columns: self.index_columns(&name)?,
                name,
            };
            Ok((place, index))
        })?;
        indexes.sort_by_key(|(place, _)| *place);
        Ok(indexes.into_iter().map(|(_, index)| index).collect())
    }

    fn index_columns(&self, index: &str) -> Result<Vec<RawIndexColumn>, Error> {
        let sql = "SELECT cid, name, \"desc\", coll FROM pragma_index_xinfo(?1, 'main') \
                   WHERE key = 1 ORDER BY seqno";
        self.collect(&format!("read index {index}"), sql, [index], |row| {
            let name = match self.number(row, 0)? {
                -2 => None,
                -1 => Some("rowid".to_owned()),
                _ => Some(self.text(row, 1, "column")?),
            };
            Ok(RawIndexColumn {
                name,
                descending: self.number(row, 2)? != 0,
                collation: self.text(row, 3, "collation")?,
            })
        })
    }

    fn foreign_keys(&self, table: &str, text: &CreateText) -> Result<Vec<RawForeignKey>, Error> {
        // SQLite numbers foreign keys from the last one declared.
        let sql = "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete \
                   FROM pragma_foreign_key_list(?1, 'main') ORDER BY id DESC, seq";
        let action = format!("read the foreign keys of table {table}");
        let rows = self.collect(&action, sql, [table], |row| {
            let key = RawForeignKey {
                columns: vec![self.text(row, 2, "column")?],
                parent_table: self.text(row, 1, "table")?,
                parent_columns: vec![self.text(row, 3, "column")?],
                on_update: self.text(row, 4, "action")?,
                on_delete: self.text(row, 5, "action")?,
                deferred: false,
            };
            Ok((self.number(row, 0)?, key))
        })?;
        let mut keys: Vec<(i64, RawForeignKey)> = Vec::new();
        for (id, part) in rows {
            match keys.last_mut() {
                Some((last, key)) if *last == id => {
                    key.columns.extend(part.columns);
                    key.parent_columns.extend(part.parent_columns);
                }
                _ => keys.push((id, part)),
            }
        }
        let numbered = keys.into_iter().enumerate();
        Ok(numbered
            .map(|(place, (_, mut key))| {
                key.deferred = text.deferred.get(place).copied().unwrap_or(false);
                key
            })
            .collect())
    }

    fn rowid_name(&self, table: &str, columns: &[RawColumn]) -> Option<String> {
        let taken = |name: &str| {
            columns
                .iter()
                .any(|column| column.name.eq_ignore_ascii_case(name))
        };
        let readable = |name: &str| {
            let sql = format!("SELECT {name} FROM {} LIMIT 0", in_main(table));
            self.connection().prepare(&sql).is_ok()
        };
        let free = ROWID_NAMES.into_iter().filter(|name| !taken(name));
        free.into_iter()
            .find(|name| readable(name))
            .map(ToOwned::to_owned)
    }

    fn sequences(&self) -> Result<BTreeMap<String, i64>, Error> {
        let exists = "SELECT count(*) FROM main.sqlite_schema WHERE name = 'sqlite_sequence'";
        let failed = self.failed("read the sequences");
        let count: i64 = self
            .connection()
            .query_row(exists, [], |row| row.get(0))
            .map_err(&failed)?;
        if count == 0 {
            return Ok(BTreeMap::new());
        }
        // Anybody may write into this table; what SQLite would not take for a number does not count.
        let sql = "SELECT name, max(CAST(seq AS INTEGER)) FROM main.sqlite_sequence \
                   WHERE typeof(name) = 'text' AND typeof(seq) IN ('integer', 'real') GROUP BY name";
        let rows = self.collect("read the sequences", sql, [], |row| {
            Ok((self.text(row, 0, "table")?, self.number(row, 1)?))
        })?;
        Ok(rows.into_iter().collect())
    }
}

struct Column {
    raw: RawColumn,
    key_place: i64,
    autoincrement: bool,
}

fn generated(text: &CreateText, column: &str, stored: bool) -> RawGenerated {
    let found = text
        .generated
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(column));
    let expression = found
        .map(|(_, expression)| expression.clone())
        .unwrap_or_default();
    RawGenerated { stored, expression }
}

/// A single primary key column of exactly the type INTEGER is the rowid itself, unless an index
/// serves the key (`INTEGER PRIMARY KEY DESC` in a column definition).
fn rowid_alias(
    no_rowid: bool,
    columns: &[RawColumn],
    primary_key: &[String],
    indexes: &[RawIndex],
) -> Option<String> {
    let [name] = primary_key else {
        return None;
    };
    let declared_integer = columns
        .iter()
        .any(|column| column.name == *name && column.declared_type.eq_ignore_ascii_case("INTEGER"));
    let has_index = indexes
        .iter()
        .any(|index| index.origin == IndexOrigin::PrimaryKey);
    (!no_rowid && declared_integer && !has_index).then(|| name.clone())
}

/// Foreign keys that name no columns of the parent mean its primary key.
fn resolve_parents(tables: &mut [RawTable]) {
    let keys: HashMap<String, Vec<String>> = tables
        .iter()
        .map(|table| (table.name.to_ascii_lowercase(), table.primary_key.clone()))
        .collect();
    for key in tables
        .iter_mut()
        .flat_map(|table| table.foreign_keys.iter_mut())
    {
        match keys.get(&key.parent_table.to_ascii_lowercase()) {
            None => key.parent_columns.clear(),
            Some(parent_key) if key.parent_columns.iter().all(String::is_empty) => {
                key.parent_columns.clone_from(parent_key);
            }
            Some(_) => {}
        }
    }
}
