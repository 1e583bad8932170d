//! Builds the salvaged database out of what the two readers give.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};

use super::flagged;
use super::keep::Keep;
use super::reader::{Damaged, Object, Shape, read_one};
use super::report::gap_line;
use super::{PROBLEMS_MAX, SalvageMethod, SalvageReport, problems};
use crate::database::in_main;
use crate::uri::{self, Access};
use crate::{Error, quote_identifier};

/// The extension's table for rows without a table.
pub(super) const PAGES_TABLE: &str = "cbtrade_rows_of_lost_pages";
/// SQLite allows 2000 columns; four are ours.
pub(super) const FIELDS_MAX: usize = 1990;

/// The database in the making.
pub(super) struct Builder {
    path: PathBuf,
    pub(super) connection: Connection,
    /// Whether the extension's database is attached as `recovered`.
    by_page: bool,
    objects: Vec<Object>,
    pub(super) tables: Vec<Table>,
    pub(super) lost_and_found: String,
    pub(super) lost: Vec<String>,
}

/// A table of the salvaged database.
pub(super) struct Table {
    pub(super) object: Object,
    pub(super) shape: Shape,
    pub(super) method: SalvageMethod,
    /// False when the CREATE TABLE failed: then all rows go to lost and found.
    pub(super) created: bool,
}

impl Builder {
    pub(super) fn new(
        path: &Path,
        damaged: Option<&Damaged>,
        by_page: Option<&Path>,
    ) -> Result<Self, Error> {
        let connection = uri::open(path, Access::Create)?;
        let mut builder = Self {
            path: path.to_path_buf(),
            connection,
            by_page: by_page.is_some(),
            objects: Vec::new(),
            tables: Vec::new(),
            lost_and_found: String::new(),
            lost: Vec::new(),
        };
        let recovered = by_page
            .map(|file| uri::open(file, Access::Immutable))
            .transpose()?;
        builder.prepare(
            recovered
                .as_ref()
                .or(damaged.map(|damaged| &damaged.connection)),
        )?;
        if let Some(file) = by_page {
            let uri = uri::uri(file, Access::Immutable);
            builder
                .connection
                .execute("ATTACH ?1 AS recovered", [uri])
                .map_err(|source| builder.failed("attach the recovered pages", source))?;
        }
        builder.execute("begin", "BEGIN")?;
        builder.create_tables(damaged, recovered.as_ref())?;
        builder.create_lost_and_found(recovered.as_ref())?;
        Ok(builder)
    }

    pub(super) fn failed(&self, action: impl Into<String>, source: rusqlite::Error) -> Error {
        Error::sql(&self.path, action, source)
    }

    fn execute(&self, action: &str, sql: &str) -> Result<(), Error> {
        self.connection
            .execute_batch(sql)
            .map_err(|source| self.failed(action, source))
    }

    pub(super) fn count(&self, sql: &str) -> Result<u64, Error> {
        let count: i64 = self
            .connection
            .query_row(sql, [], |row| row.get(0))
            .map_err(|source| self.failed("count rows", source))?;
        Ok(count.unsigned_abs())
    }

    /// Takes the file's settings over. Rows of the damaged file are taken whether or not they keep
    /// the schema's promises.
    fn prepare(&self, like: Option<&Connection>) -> Result<(), Error> {
        let mut sql = String::new();
        for name in [
            "encoding",
            "page_size",
            "auto_vacuum",
            "user_version",
            "application_id",
        ] {
            let value: Option<String> = like.and_then(|like| {
                let text = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
                like.query_row(&text, [], |row| row.get(0)).ok()
            });
            if let Some(value) = value {
                let quoted = value.replace('\'', "''");
                sql.push_str(&format!("PRAGMA main.{name} = '{quoted}'; "));
            }
        }
        sql.push_str(
            "PRAGMA main.journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;
             PRAGMA ignore_check_constraints = ON; PRAGMA cache_size = -16000;",
        );
        self.execute("prepare the database", &sql)
    }

    fn create_tables(
        &mut self,
        damaged: Option<&Damaged>,
        recovered: Option<&Connection>,
    ) -> Result<(), Error> {
        let mut known = HashSet::new();
        for object in damaged.iter().flat_map(|damaged| &damaged.objects) {
            if known.insert((object.kind.clone(), object.name.clone())) {
                self.add(object.clone(), damaged, SalvageMethod::TableScan);
            }
        }
        let Some(recovered) = recovered else {
            return Ok(());
        };
        for object in self.recovered_objects(recovered)? {
            let is_new = known.insert((object.kind.clone(), object.name.clone()));
            if is_new && object.name != PAGES_TABLE {
                if object.is_table()
                    && let Ok(shape) = Shape::read(recovered, &object.name)
                {
                    self.create(object.clone(), shape, SalvageMethod::Recover);
                }
                self.objects.push(object);
            }
        }
        Ok(())
    }

    fn recovered_objects(&self, recovered: &Connection) -> Result<Vec<Object>, Error> {
        let read = || {
            let sql = "SELECT type, name, rootpage, sql FROM main.sqlite_schema ORDER BY rowid";
            let mut statement = recovered.prepare(sql)?;
            let rows = statement.query_map([], |row| {
                let sql: Option<String> = row.get(3)?;
                Ok(Object {
                    kind: row.get(0)?,
                    name: row.get(1)?,
                    root: row.get(2)?,
                    sql: sql.unwrap_or_default(),
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|source| self.failed("read the recovered schema", source))
    }

    fn add(&mut self, object: Object, damaged: Option<&Damaged>, method: SalvageMethod) {
        if object.is_table()
            && let Some(damaged) = damaged
        {
            match Shape::read(&damaged.connection, &object.name) {
                Ok(shape) if !shape.columns.is_empty() => {
                    self.create(object.clone(), shape, method);
                }
                Ok(_) => self
                    .lost
                    .push(format!("table {}: its columns are unknown", object.name)),
                Err(error) => self.lost.push(format!("table {}: {error}", object.name)),
            }
        }
        self.objects.push(object);
    }

    fn create(&mut self, object: Object, shape: Shape, method: SalvageMethod) {
        let created = self.connection.execute_batch(&object.sql);
        if let Err(error) = &created {
            self.lost.push(format!(
                "table {} could not be made ({error}); its rows are with the lost and found",
                object.name
            ));
        }
        self.tables.push(Table {
            object,
            shape,
            method,
            created: created.is_ok(),
        });
    }

    fn create_lost_and_found(&mut self, recovered: Option<&Connection>) -> Result<(), Error> {
        let taken = |name: &str| {
            self.objects
                .iter()
                .any(|object| object.name.eq_ignore_ascii_case(name))
        };
        let mut name = "lost_and_found".to_owned();
        let mut number = 0;
        while taken(&name) {
            name = format!("lost_and_found_{number}");
            number += 1;
        }
        self.lost_and_found = name;
        let of_pages = recovered.map_or(0, page_fields);
        let of_tables = self
            .tables
            .iter()
            .map(|table| table.shape.columns.len())
            .max();
        let fields = of_tables.unwrap_or(0).max(of_pages).min(FIELDS_MAX);
        let columns: String = (0..fields).map(|at| format!(", c{at}")).collect();
        let sql = format!(
            "CREATE TABLE {}(origin TEXT, page INTEGER, fields INTEGER, id INTEGER{columns})",
            in_main(&self.lost_and_found)
        );
        self.execute("make the lost and found", &sql)
    }

    /// Fills all tables.
    pub(super) fn build(&mut self, damaged: Option<&Damaged>) -> Result<(), Error> {
        for number in 0..self.tables.len() {
            let lines = match (&self.tables[number], damaged) {
                (table, Some(damaged)) if table.method == SalvageMethod::TableScan => {
                    let lines = self.fill_from_scan(table, damaged)?;
                    self.fill_from_pages(table, damaged)?;
                    lines
                }
                (table, _) => self.fill_from_recovered(table)?,
            };
            self.lost.extend(lines);
        }
        if self.by_page {
            self.take_lost_pages()?;
        }
        Ok(())
    }

    /// Reads the table through SQLite; says what could not be read.
    fn fill_from_scan(&self, table: &Table, damaged: &Damaged) -> Result<Vec<String>, Error> {
        let name = &table.object.name;
        let mut keep = Keep::new(self, table)?;
        let mut visit = |row: &rusqlite::Row<'_>| keep.row(row);
        if table.shape.by_rowid {
            let gaps = damaged.read_by_rowid(&table.shape, &mut visit)?;
            return Ok(gaps.into_iter().map(|gap| gap_line(name, gap)).collect());
        }
        let complete = damaged.read_by_key(&table.shape, &mut visit)?;
        let line = format!("table {name}: a part in the middle could not be read");
        Ok(if complete { Vec::new() } else { vec![line] })
    }

    /// Goes through the rows that only the extension found: those that SQLite can read one by one
    /// join the table, the others go to the lost and found.
    fn fill_from_pages(&self, table: &Table, damaged: &Damaged) -> Result<(), Error> {
        if !self.by_page || !table.created || !self.is_recovered(&table.object.name)? {
            return Ok(());
        }
        let name = quote_identifier(&table.object.name);
        let failed = |source| {
            self.failed(
                format!("look for more rows of table {}", table.object.name),
                source,
            )
        };
        let missing = format!(
            "FROM recovered.{name} AS r WHERE NOT EXISTS (SELECT 1 FROM main.{name} AS d WHERE {})",
            table.shape.same("d", "r")
        );
        if let Some(mut one) = damaged.one_by_key(&table.shape) {
            let keys: Vec<String> = table
                .shape
                .key
                .iter()
                .map(|key| format!("r.{key}"))
                .collect();
            let keys = keys.join(", ");
            let sql = format!("CREATE TEMP TABLE missing AS SELECT {keys} {missing}");
            self.connection.execute_batch(&sql).map_err(failed)?;
            {
                let mut keep = Keep::new(self, table)?;
                let mut statement = self
                    .connection
                    .prepare("SELECT * FROM temp.missing")
                    .map_err(failed)?;
                let mut rows = statement.query([]).map_err(failed)?;
                while let Some(key) = rows.next().map_err(failed)? {
                    read_one(&mut one, key, &mut |row| keep.row(row))?;
                }
            }
            self.connection
                .execute_batch("DROP TABLE temp.missing")
                .map_err(failed)?;
        }
        let sql = format!("{} {missing}", self.lost_and_found_insert(table, "r"));
        self.connection
            .execute(&sql, [&table.object.name])
            .map(|_| ())
            .map_err(failed)
    }

    /// `INSERT INTO lost_and_found ... SELECT ...` for rows of a table under the name `alias`.
    fn lost_and_found_insert(&self, table: &Table, alias: &str) -> String {
        let columns = &table.shape.columns[..table.shape.columns.len().min(FIELDS_MAX)];
        let values: String = columns
            .iter()
            .map(|column| format!(", {alias}.{column}"))
            .collect();
        let places: String = (0..columns.len()).map(|at| format!(", c{at}")).collect();
        let id = table.shape.extra_rowid.as_ref();
        let id = id.map_or("NULL".to_owned(), |rowid| format!("{alias}.{rowid}"));
        format!(
            "INSERT INTO {}(origin, fields, id{places}) SELECT ?1, {}, {id}{values}",
            in_main(&self.lost_and_found),
            columns.len()
        )
    }

    fn is_recovered(&self, table: &str) -> Result<bool, Error> {
        let sql = "SELECT count(*) FROM recovered.sqlite_schema WHERE type = 'table' AND name = ?1";
        let count: i64 = self
            .connection
            .query_row(sql, [table], |row| row.get(0))
            .map_err(|source| self.failed("look for a table", source))?;
        Ok(count > 0)
    }

    /// Takes a table as the extension made it.
    fn fill_from_recovered(&self, table: &Table) -> Result<Vec<String>, Error> {
        let name = &table.object.name;
        if !table.created {
            return Ok(Vec::new());
        }
        let quoted = quote_identifier(name);
        let mut columns: Vec<String> = table.shape.extra_rowid.iter().cloned().collect();
        columns.extend(table.shape.columns.iter().cloned());
        let columns = columns.join(", ");
        let sql = format!(
            "INSERT INTO main.{quoted}({columns}) SELECT {columns} FROM recovered.{quoted}"
        );
        self.execute("copy a recovered table", &sql)?;
        Ok(vec![format!(
            "table {name}: SQLite could not find it; its rows were read page by page, without check"
        )])
    }

    fn take_lost_pages(&self) -> Result<(), Error> {
        if !self.is_recovered(PAGES_TABLE)? {
            return Ok(());
        }
        let fields: i64 = self
            .connection
            .query_row(
                "SELECT count(*) FROM pragma_table_info(?1, 'recovered') WHERE name GLOB 'c[0-9]*'",
                [PAGES_TABLE],
                |row| row.get(0),
            )
            .map_err(|source| self.failed("read the lost pages", source))?;
        let fields = usize::try_from(fields).unwrap_or(0).min(FIELDS_MAX);
        let columns: String = (0..fields).map(|at| format!(", c{at}")).collect();
        let sql = format!(
            "INSERT INTO {}(page, fields, id{columns}) \
             SELECT pgno, nfield, id{columns} FROM recovered.{PAGES_TABLE}",
            in_main(&self.lost_and_found)
        );
        self.execute("take the rows of lost pages", &sql)
    }

    /// Ends the work: what needs the rows, the counts, the report.
    pub(super) fn finish(
        mut self,
        damaged: Option<&Damaged>,
        lost: Vec<String>,
    ) -> Result<SalvageReport, Error> {
        self.lost.splice(0..0, lost);
        let checked = match damaged {
            Some(damaged) => self.set_flagged_rows_aside(damaged)?,
            None => Vec::new(),
        };
        self.make_the_rest()?;
        self.set_sequences(damaged);
        let found = format!("FROM {}", in_main(&self.lost_and_found));
        let lost_and_found_rows = self.count(&format!("SELECT count(*) {found}"))?;
        let nowhere = self.count(&format!("SELECT count(*) {found} WHERE origin IS NULL"))?;
        if nowhere > 0 {
            self.lost.push(format!(
                "{nowhere} rows on pages that no table or index claims are in {}",
                self.lost_and_found
            ));
        }
        let tables = self.report_tables(damaged)?;
        // What became of the rows comes before SQLite's words about pages.
        self.lost.extend(checked);
        if lost_and_found_rows == 0 {
            let sql = format!("DROP TABLE {}", in_main(&self.lost_and_found));
            self.execute("drop the empty lost and found", &sql)?;
        }
        self.execute("commit", "COMMIT")?;
        self.add_virtual_tables()?;
        let left = problems(&self.connection, PROBLEMS_MAX);
        self.lost.extend(
            left.into_iter()
                .map(|line| format!("in the salvaged file: {line}")),
        );
        let all_scanned = tables
            .iter()
            .all(|table| table.method == SalvageMethod::TableScan);
        let report = SalvageReport {
            method: if all_scanned && damaged.is_some() {
                SalvageMethod::TableScan
            } else {
                SalvageMethod::Recover
            },
            tables,
            lost: self.lost,
            lost_and_found_rows,
            lost_and_found_table: (lost_and_found_rows > 0).then_some(self.lost_and_found),
        };
        let path = self.path;
        self.connection
            .close()
            .map_err(|(_, source)| Error::sql(&path, "close the salvaged file", source))?;
        Ok(report)
    }

    /// Moves the rows that the integrity check points at into the lost and found; returns what it says.
    fn set_flagged_rows_aside(&self, damaged: &Damaged) -> Result<Vec<String>, Error> {
        const LINES_MAX: usize = 100_000;
        let lines = problems(&damaged.connection, LINES_MAX);
        let of_root: HashMap<i64, &Table> = self
            .tables
            .iter()
            .filter(|table| table.created && table.shape.by_rowid)
            .map(|table| (table.object.root, table))
            .collect();
        for row in flagged::rows(damaged.path(), &lines) {
            let Some(table) = of_root.get(&row.root) else {
                continue;
            };
            let name = in_main(&table.object.name);
            let rowid = &table.shape.key[0];
            let failed = |source| self.failed(format!("set rows of {name} aside"), source);
            let sql = format!(
                "{} FROM {name} AS t WHERE t.{rowid} = ?2",
                self.lost_and_found_insert(table, "t")
            );
            self.connection
                .execute(&sql, rusqlite::params![table.object.name, row.rowid])
                .map_err(failed)?;
            self.connection
                .execute(
                    &format!("DELETE FROM {name} WHERE {rowid} = ?1"),
                    [row.rowid],
                )
                .map_err(failed)?;
        }
        let more = lines.len().saturating_sub(PROBLEMS_MAX);
        let told = lines.into_iter().take(PROBLEMS_MAX);
        let mut told: Vec<String> = told
            .map(|line| format!("integrity check: {line}"))
            .collect();
        if more > 0 {
            told.push(format!("integrity check: and {more} more"));
        }
        Ok(told)
    }

    /// Indexes, views and triggers, which come after the rows.
    fn make_the_rest(&mut self) -> Result<(), Error> {
        for kind in ["index", "view", "trigger"] {
            for object in self.objects.iter().filter(|object| object.kind == kind) {
                if object.sql.is_empty() {
                    continue;
                }
                if let Err(error) = self.connection.execute_batch(&object.sql) {
                    if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
                        return Err(self.failed("make an index", error));
                    }
                    self.lost
                        .push(format!("{kind} {} could not be made: {error}", object.name));
                }
            }
        }
        Ok(())
    }

    /// Lets the AUTOINCREMENT sequences stand where they stood, where that can be read.
    fn set_sequences(&self, damaged: Option<&Damaged>) {
        let mut read = Vec::new();
        let sql = "SELECT name, seq FROM main.sqlite_sequence";
        if let Some(damaged) = damaged
            && let Ok(mut statement) = damaged.connection.prepare(sql)
            && let Ok(rows) = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        {
            read.extend(rows.map_while(Result::ok));
        }
        if read.is_empty() && self.by_page {
            let sql = "SELECT name, seq FROM recovered.sqlite_sequence";
            if let Ok(mut statement) = self.connection.prepare(sql)
                && let Ok(rows) = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            {
                read.extend(rows.map_while(Result::ok));
            }
        }
        for (name, seq) in read {
            let (name, seq): (String, i64) = (name, seq);
            let raise = "UPDATE main.sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1";
            let insert = "INSERT INTO main.sqlite_sequence(name, seq) VALUES (?1, ?2)";
            // Without an AUTOINCREMENT table there is no such table, and nothing to keep.
            if self
                .connection
                .execute(raise, rusqlite::params![name, seq])
                .is_ok_and(|n| n == 0)
            {
                let _ = self
                    .connection
                    .execute(insert, rusqlite::params![name, seq]);
            }
        }
    }

    /// Virtual tables enter the schema as text, because their inner tables are there already.
    fn add_virtual_tables(&self) -> Result<(), Error> {
        let failed = |source| self.failed("add the virtual tables", source);
        self.connection
            .execute_batch("PRAGMA writable_schema = ON")
            .map_err(failed)?;
        for object in self.objects.iter().filter(|object| object.is_virtual()) {
            self.connection
                .execute(
                    "INSERT INTO main.sqlite_schema VALUES ('table', ?1, ?1, 0, ?2)",
                    [&object.name, &object.sql],
                )
                .map_err(failed)?;
        }
        self.connection
            .execute_batch("PRAGMA writable_schema = RESET")
            .map_err(failed)
    }
}

fn page_fields(recovered: &Connection) -> usize {
    let sql = "SELECT count(*) FROM pragma_table_info(?1) WHERE name GLOB 'c[0-9]*'";
    let count: rusqlite::Result<i64> = recovered.query_row(sql, [PAGES_TABLE], |row| row.get(0));
    count
        .ok()
        .and_then(|count| usize::try_from(count).ok())
        .unwrap_or(0)
}
