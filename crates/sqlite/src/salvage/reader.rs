//! Reads a damaged table through SQLite, around what cannot be read.

use std::path::{Path, PathBuf};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Row, Statement, params_from_iter};

use crate::database::in_main;
use crate::scan::ROWID_NAMES;
use crate::uri::{self, Access};
use crate::{Error, quote_identifier};

/// How often a table is entered anew behind damage.
const PROBES_MAX: u32 = 512;

/// An object of the damaged schema.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) root: i64,
    pub(super) sql: String,
}

impl Object {
    pub(super) fn is_table(&self) -> bool {
        self.kind == "table" && !self.is_virtual() && !self.is_internal()
    }

    pub(super) fn is_virtual(&self) -> bool {
        let start = self.sql.get(..14).unwrap_or_default();
        self.kind == "table" && start.eq_ignore_ascii_case("CREATE VIRTUAL")
    }

    pub(super) fn is_internal(&self) -> bool {
        self.name
            .get(..7)
            .is_some_and(|start| start.eq_ignore_ascii_case("sqlite_"))
    }
}

/// What has to be known of a table to read and write its rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// The stored columns, quoted.
    pub(super) columns: Vec<String>,
    /// What tells a row from all others, quoted: the rowid, or the primary key of a WITHOUT ROWID
    /// table; empty where neither can be named.
    pub(super) key: Vec<String>,
    /// Whether the key is a rowid.
    pub(super) by_rowid: bool,
    /// The rowid's name, when no column holds it.
    pub(super) extra_rowid: Option<String>,
    /// For FROM: keeps SQLite from reading an index instead of the table.
    from: String,
    utf16: bool,
}

impl Shape {
    pub(super) fn read(connection: &Connection, table: &str) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare(
            "SELECT name, pk, hidden, upper(type) FROM pragma_table_xinfo(?1, 'main') ORDER BY cid",
        )?;
        let columns = statement
            .query_map([table], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, i64>(2)?,
                ))
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let without_rowid = connection
            .query_row(
                "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1",
                [table],
                |row| row.get::<_, bool>(0),
            )
            .optional()?
            .unwrap_or(false);
        let key_index: Option<String> = connection
            .query_row(
                "SELECT name FROM pragma_index_list(?1, 'main') WHERE origin = 'pk'",
                [table],
                |row| row.get(0),
            )
            .optional()?;
        let encoding: String = connection.query_row("PRAGMA encoding", [], |row| row.get(0))?;
        let mut shape = Self {
            columns: columns
                .iter()
                .filter(|(_, _, hidden)| *hidden == 0)
                .map(|(name, _, _)| quote_identifier(name))
                .collect(),
            from: format!("{} NOT INDEXED", in_main(table)),
            utf16: encoding != "UTF-8",
            ..Self::default()
        };
        if without_rowid {
            let mut key: Vec<_> = columns.iter().filter(|(_, place, _)| *place > 0).collect();
            key.sort_by_key(|(_, place, _)| *place);
            shape.key = key
                .iter()
                .map(|(name, _, _)| quote_identifier(name))
                .collect();
            if let Some(index) = key_index {
                shape.from = format!("{} INDEXED BY {}", in_main(table), quote_identifier(&index));
            }
            return Ok(shape);
        }
        let taken = |name: &&str| {
            columns
                .iter()
                .any(|(other, _, _)| other.eq_ignore_ascii_case(name))
        };
        shape.extra_rowid = ROWID_NAMES
            .into_iter()
            .find(|name| !taken(name))
            .map(ToOwned::to_owned);
        shape.key = shape.extra_rowid.iter().cloned().collect();
        shape.by_rowid = !shape.key.is_empty();
        Ok(shape)
    }

    /// The key and the columns for SELECT. In a UTF-16 database each text travels as its bytes, with
    /// a flag, because SQLite hands text out in UTF-8 and changes what is not well formed.
    fn select(&self) -> String {
        let mut terms: Vec<String> = self.extra_rowid.iter().cloned().collect();
        if terms.is_empty() {
            terms.push("NULL".to_owned());
        }
        for column in &self.columns {
            if self.utf16 {
                terms.push(format!(
                    "iif(typeof({column}) = 'text', CAST({column} AS BLOB), {column})"
                ));
                terms.push(format!("typeof({column}) = 'text'"));
            } else {
                terms.push(column.clone());
            }
        }
        format!("SELECT {} FROM {}", terms.join(", "), self.from)
    }

    /// The places of the columns' values for VALUES, after the one for the key.
    pub(super) fn places(&self) -> Vec<String> {
        (0..self.columns.len())
            .map(|at| {
                let at = if self.utf16 { at * 2 + 2 } else { at + 2 };
                if self.utf16 {
                    format!("iif(?{}, CAST(?{at} AS TEXT), ?{at})", at + 1)
                } else {
                    format!("?{at}")
                }
            })
            .collect()
    }

    fn width(&self) -> usize {
        1 + self.columns.len() * if self.utf16 { 2 } else { 1 }
    }

    /// Binds a row of [`Shape::select`] for [`Shape::places`].
    pub(super) fn bind(&self, row: &Row<'_>, into: &mut Statement<'_>) -> rusqlite::Result<()> {
        for at in 0..self.width() {
            into.raw_bind_parameter(at + 1, ToSqlOutput::Borrowed(row.get_ref(at)?))?;
        }
        Ok(())
    }

    /// `a.key IS b.key AND ...`; without a key, all columns have to be equal.
    pub(super) fn same(&self, one: &str, other: &str) -> String {
        let key = if self.key.is_empty() {
            &self.columns
        } else {
            &self.key
        };
        let terms = key
            .iter()
            .map(|key| format!("{one}.{key} IS {other}.{key}"));
        terms.collect::<Vec<_>>().join(" AND ")
    }
}

/// A run of rowids in which nothing could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) first: i64,
    pub(super) last: i64,
}

/// Takes a row that was read. Errors of the visitor end the reading.
pub(super) type Visit<'visitor> = dyn FnMut(&Row<'_>) -> Result<(), Error> + 'visitor;

/// The damaged file, as far as SQLite can read it.
pub(super) struct Damaged {
    path: PathBuf,
    pub(super) connection: Connection,
    pub(super) objects: Vec<Object>,
}

impl Damaged {
    /// Opens the file; `None` when SQLite cannot even read where the tables are.
    pub(super) fn open(path: &Path, lost: &mut Vec<String>) -> Option<Self> {
        let opened = uri::open(path, Access::Immutable).and_then(|connection| {
            connection
                .execute_batch(
                    // First, because it lets the other statements go on with a part of the schema.
                    "PRAGMA writable_schema = ON; PRAGMA cell_size_check = ON;
                     PRAGMA mmap_size = 0; PRAGMA cache_size = -16000;
                     SELECT 1 FROM main.sqlite_schema LIMIT 1;",
                )
                .map_err(|source| Error::sql(path, "read the schema", source))?;
            Ok(connection)
        });
        match opened {
            Ok(connection) => {
                let mut damaged = Self {
                    path: path.to_path_buf(),
                    connection,
                    objects: Vec::new(),
                };
                damaged.read_objects(lost);
                Some(damaged)
            }
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                lost.push(format!(
                    "SQLite cannot read the schema: {}",
                    cause.unwrap_or_else(|| error.to_string())
                ));
                None
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn read_objects(&mut self, lost: &mut Vec<String>) {
        let shape = Shape {
            columns: ["type", "name", "rootpage", "sql"]
                .map(quote_identifier)
                .to_vec(),
            key: vec!["rowid".to_owned()],
            by_rowid: true,
            extra_rowid: Some("rowid".to_owned()),
            from: "main.sqlite_schema".to_owned(),
            utf16: false,
        };
        let mut objects = Vec::new();
        let gaps = self.read_by_rowid(&shape, &mut |row| {
            let text = |at: usize| match row.get_ref(at) {
                Ok(ValueRef::Text(bytes)) => String::from_utf8(bytes.to_vec()).unwrap_or_default(),
                _ => String::new(),
            };
            let root = row.get(3).unwrap_or(0);
            objects.push(Object {
                kind: text(1),
                name: text(2),
                root,
                sql: text(4),
            });
            Ok(())
        });
        self.objects = objects;
        if !gaps.is_ok_and(|gaps| gaps.is_empty()) {
            lost.push("a part of the schema could not be read".to_owned());
        }
    }

    /// Reads a table as far as it goes, from both ends and from the middle of what is left; returns
    /// the gaps, in order.
    ///
    /// # Errors
    /// Those of the visitor.
    pub(super) fn read_by_rowid(
        &self,
        shape: &Shape,
        visit: &mut Visit<'_>,
    ) -> Result<Vec<Gap>, Error> {
        let mut left = vec![Gap {
            first: i64::MIN,
            last: i64::MAX,
        }];
        let mut gaps: Vec<Gap> = Vec::new();
        let mut probes = 0;
        while let Some(mut range) = left.pop() {
            probes += 1;
            if probes > PROBES_MAX {
                gaps.push(range);
                continue;
            }
            match self.read_range(shape, range, false, visit)? {
                End::Complete => continue,
                End::Damage { after: Some(last) } if last == range.last => continue,
                End::Damage { after: Some(last) } => range.first = last + 1,
                End::Damage { after: None } => {}
            }
            match self.read_range(shape, range, true, visit)? {
                End::Complete => continue,
                End::Damage { after: Some(first) } if first == range.first => continue,
                End::Damage { after: Some(first) } => range.last = first - 1,
                End::Damage { after: None } => {}
            }
            if range.first >= range.last {
                gaps.push(range);
                continue;
            }
            // Rounded down: towards zero, a range around zero would never get smaller.
            let middle = (range.first & range.last) + ((range.first ^ range.last) >> 1);
            left.push(Gap {
                first: range.first,
                last: middle,
            });
            left.push(Gap {
                first: middle + 1,
                last: range.last,
            });
        }
        gaps.sort_by_key(|gap| gap.first);
        gaps.dedup_by(|next, gap| {
            let adjacent = gap.last.checked_add(1) == Some(next.first);
            if adjacent {
                gap.last = next.last;
            }
            adjacent
        });
        Ok(gaps)
    }

    fn read_range(
        &self,
        shape: &Shape,
        range: Gap,
        backward: bool,
        visit: &mut Visit<'_>,
    ) -> Result<End, Error> {
        let rowid = shape.key.first().map_or("rowid", String::as_str);
        let sql = format!(
            "{} WHERE {rowid} >= {} AND {rowid} <= {} ORDER BY {rowid} {}",
            shape.select(),
            range.first,
            range.last,
            if backward { "DESC" } else { "ASC" }
        );
        let mut after: Option<i64> = None;
        let Ok(mut statement) = self.connection.prepare(&sql) else {
            return Ok(End::Damage { after });
        };
        let Ok(mut rows) = statement.query([]) else {
            return Ok(End::Damage { after });
        };
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(End::Complete),
                Err(error) => return self.damage(error, after),
            };
            let Ok(address) = row.get::<_, i64>(0) else {
                return Ok(End::Damage { after });
            };
            // A page full of something else can look like a leaf, but hardly with rows in order.
            let in_order = match after {
                None => (range.first..=range.last).contains(&address),
                Some(before) if backward => (range.first..before).contains(&address),
                Some(before) => address > before && address <= range.last,
            };
            if !in_order {
                return Ok(End::Damage { after });
            }
            visit(row)?;
            after = Some(address);
        }
    }

    /// Reads a table without a rowid from both ends; returns whether all of it was read. Rows can
    /// come twice.
    ///
    /// # Errors
    /// Those of the visitor.
    pub(super) fn read_by_key(&self, shape: &Shape, visit: &mut Visit<'_>) -> Result<bool, Error> {
        if self.read_all(&shape.select(), visit)? {
            return Ok(true);
        }
        if !shape.key.is_empty() {
            let keys: Vec<String> = shape.key.iter().map(|key| format!("{key} DESC")).collect();
            self.read_all(
                &format!("{} ORDER BY {}", shape.select(), keys.join(", ")),
                visit,
            )?;
        }
        Ok(false)
    }

    fn read_all(&self, sql: &str, visit: &mut Visit<'_>) -> Result<bool, Error> {
        let Ok(mut statement) = self.connection.prepare(sql) else {
            return Ok(false);
        };
        let Ok(mut rows) = statement.query([]) else {
            return Ok(false);
        };
        loop {
            match rows.next() {
                Ok(Some(row)) => visit(row)?,
                Ok(None) => return Ok(true),
                Err(error) => return self.damage(error, None).map(|_| false),
            }
        }
    }

    /// A statement for [`read_one`]; `None` when the table cannot be read by its key.
    pub(super) fn one_by_key(&self, shape: &Shape) -> Option<Statement<'_>> {
        if shape.key.is_empty() {
            return None;
        }
        let terms: Vec<String> = shape.key.iter().map(|key| format!("{key} IS ?")).collect();
        self.connection
            .prepare(&format!("{} WHERE {}", shape.select(), terms.join(" AND ")))
            .ok()
    }

    /// Damage ends a reading; anything else ends the salvage.
    fn damage(&self, error: rusqlite::Error, after: Option<i64>) -> Result<End, Error> {
        match error.sqlite_error_code() {
            Some(ErrorCode::OutOfMemory) => {
                Err(Error::sql(&self.path, "read a damaged table", error))
            }
            _ => Ok(End::Damage { after }),
        }
    }
}

enum End {
    Complete,
    /// The last row before the damage, in the direction of reading.
    Damage {
        after: Option<i64>,
    },
}

/// Reads the one row with this key, if SQLite can.
///
/// # Errors
/// Those of the visitor.
pub(super) fn read_one(
    statement: &mut Statement<'_>,
    key: &Row<'_>,
    visit: &mut Visit<'_>,
) -> Result<(), Error> {
    let values = (0..statement.parameter_count()).filter_map(|at| key.get_ref(at).ok());
    let values: Vec<_> = values.map(ToSqlOutput::Borrowed).collect();
    let Ok(mut rows) = statement.query(params_from_iter(values)) else {
        return Ok(());
    };
    match rows.next() {
        Ok(Some(row)) => visit(row),
        _ => Ok(()),
    }
}
