//! One connection to the trading file with the candle file attached.

use std::cell::RefCell;
use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cbtrade_core::Clock;
use cbtrade_sqlite::FENCE_TABLE;
use cbtrade_sqlite::rusqlite::config::DbConfig;
use cbtrade_sqlite::rusqlite::types::{ToSqlOutput, ValueRef};
use cbtrade_sqlite::rusqlite::{self, Connection, OpenFlags, ToSql, ffi, params_from_iter};

use super::convert::{Bound, check, value};
use super::errand::{Errand, locked};
use super::failure::of_sqlite;
use super::functions::{StatementClock, register};
use crate::engine::Outcome;
use crate::error::{Call, Error, ErrorKind};
use crate::figures::Figures;
use crate::row::Row;
use crate::value::Value;

/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 256;
/// Memory for each file's pages, in KiB; a process may have nine connections with two files each.
const CACHE_KIB: u32 = 4_000;
/// Steps of SQLite's machine between two looks at whether the errand is over: a fraction of a millisecond.
const STEPS: i32 = 2_000;
/// A write-ahead log that has grown longer than this is cut when it begins again.
const LOG_BYTES: u32 = 64 << 20;

/// What a connection needs to know to be opened.
pub(super) struct Files {
    /// The trading file, by its real path.
    pub(super) path: PathBuf,
    /// The candle file, where there is one.
    pub(super) candles: Option<PathBuf>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) figures: Arc<Figures>,
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Reading,
    Writing,
    /// As the bots wrote before: five seconds of SQLite's own waiting.
    WritingAlone,
}

/// A connection, used by one thread at a time.
pub(super) struct Session {
    connection: Connection,
    clock: StatementClock,
    /// For whom the connection works now: its patience is the connection's.
    errand: Arc<Mutex<Option<Arc<Errand>>>>,
    identity: Identity,
    attached: bool,
    /// Whether an INSERT's text is about a table that numbers its rows.
    numbered: RefCell<HashMap<String, bool>>,
}

/// Which file stands under a name.
type Identity = (u64, u64);

fn identity(path: &Path) -> Option<Identity> {
    let metadata = path.metadata().ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// A file's path as SQLite takes it, whatever bytes are in it.
struct Named<'a>(&'a Path);

impl ToSql for Named<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let bytes = self.0.as_os_str().as_bytes();
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(bytes)))
    }
}

impl Session {
    /// Opens a connection for an errand.
    pub(super) fn open(
        files: &Files,
        purpose: Purpose,
        errand: &Arc<Errand>,
    ) -> Result<Session, Error> {
        let path = &files.path;
        let Some(identity) = identity(path) else {
            let error = Error::new(errand.call, ErrorKind::NotFound);
            return Err(error.detail(format!("there is no file `{}`", path.display())));
        };
        let opened = Session::open_identified(files, purpose, errand, identity);
        match &opened {
            Ok(_) => files.figures.connected(),
            Err(_) => files.figures.connect_failed(),
        }
        opened
    }

    fn open_identified(
        files: &Files,
        purpose: Purpose,
        errand: &Arc<Errand>,
        identity: Identity,
    ) -> Result<Session, Error> {
        let failed = |source| not_opened(errand.call, &files.path, source);
        // No mutex of SQLite's: a connection has one thread at a time, and an interruption needs none.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&files.path, flags).map_err(failed)?;
        let current = Arc::new(Mutex::new(Some(Arc::clone(errand))));
        be_patient(&mut connection, purpose, &current).map_err(failed)?;
        let clock = StatementClock::new(Arc::clone(&files.clock));
        register(&connection, &clock).map_err(failed)?;
        set_up(&connection, "main").map_err(failed)?;
        if let Some(candles) = &files.candles {
            connection
                .execute("ATTACH DATABASE ? AS ohlcv", [Named(candles)])
                .and_then(|_| set_up(&connection, "ohlcv"))
                .map_err(|source| not_opened(errand.call, candles, source))?;
        }
        if purpose == Purpose::Reading {
            connection
                .execute_batch("PRAGMA query_only = ON")
                .map_err(failed)?;
        }
        Ok(Session {
            connection,
            clock,
            errand: current,
            identity,
            attached: files.candles.is_some(),
            numbered: RefCell::default(),
        })
    }

    /// Lets the session work for an errand, if it is still the right file; else opens it again.
    pub(super) fn ready<'a>(
        slot: &'a mut Option<Session>,
        files: &Files,
        purpose: Purpose,
        errand: &Arc<Errand>,
    ) -> Result<&'a Session, Error> {
        let moved = |session: &Session| identity(&files.path) != Some(session.identity);
        if let Some(session) = slot.take_if(|session| moved(session)) {
            session.leave_behind();
        }
        if slot.is_none() {
            *slot = Some(Session::open(files, purpose, errand)?);
        }
        let Some(session) = slot.as_ref() else {
            return Err(Error::new(errand.call, ErrorKind::Other));
        };
        session.work_for(errand);
        Ok(session)
    }

    /// From here on the connection is as patient as this errand.
    pub(super) fn work_for(&self, errand: &Arc<Errand>) {
        *locked(&self.errand) = Some(Arc::clone(errand));
    }

    /// Closes a connection whose file is no longer under its name. What SQLite does at the last close would be done to the
    /// other file's log.
    fn leave_behind(self) {
        let _ = self
            .connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }

    /// Makes write-ahead logging the files' own way, if they may be written at all.
    pub(super) fn log_ahead(&self, errand: &Errand) -> Result<(), Error> {
        for schema in ["main"].into_iter().chain(self.attached.then_some("ohlcv")) {
            match log_ahead(&self.connection, schema, errand) {
                // It can be read as it is.
                Err(error) if error.kind == ErrorKind::ReadOnly => {}
                done => done?,
            }
        }
        Ok(())
    }

    /// Begins a transaction that may write.
    pub(super) fn begin(&self, call: Call, immediate: bool) -> Result<(), Error> {
        let sql = match immediate {
            true => "BEGIN IMMEDIATE",
            false => "BEGIN",
        };
        self.control(call, sql)
    }

    /// Ends the transaction well.
    pub(super) fn commit(&self, call: Call) -> Result<(), Error> {
        self.control(call, "COMMIT")
    }

    /// Ends the transaction, if there is one; false if it could not be ended, and the session is of no further use.
    pub(super) fn roll_back(&self, call: Call) -> bool {
        !self.in_transaction() || self.control(call, "ROLLBACK").is_ok()
    }

    /// Some errors end a transaction by themselves. A statement after that would be committed at once.
    pub(super) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    fn control(&self, call: Call, sql: &str) -> Result<(), Error> {
        let done = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([]));
        done.map(drop).map_err(|source| of_sqlite(call, source))
    }

    /// Runs a statement.
    pub(super) fn run(
        &self,
        errand: &Errand,
        sql: &str,
        values: &[Value],
    ) -> Result<Outcome, Error> {
        self.work(errand, values, || {
            let before = self.connection.total_changes();
            let id_before = self.connection.last_insert_rowid();
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query(params_from_iter(values.iter().map(Bound)))?;
            while rows.next()?.is_some() {}
            drop(rows);
            if self.connection.total_changes() == before {
                return Ok(Outcome::default());
            }
            Ok(Outcome {
                rows_changed: self.connection.changes(),
                last_id: self.new_id(sql, id_before)?,
            })
        })
    }

    /// All rows of a query.
    pub(super) fn rows(
        &self,
        errand: &Errand,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, Error> {
        self.work(errand, values, || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query(params_from_iter(values.iter().map(Bound)))?;
            let mut found = Vec::new();
            let mut columns: Option<Arc<[String]>> = None;
            while let Some(row) = rows.next()? {
                // Only now: the first step prepares the statement again if the tables have changed.
                let columns = columns.get_or_insert_with(|| {
                    let names = row.as_ref().column_names();
                    names.into_iter().map(str::to_owned).collect()
                });
                let values = (0..columns.len())
                    .map(|place| row.get_ref(place).map(value))
                    .collect::<rusqlite::Result<Vec<Value>>>()?;
                found.push(Row::new(Arc::clone(columns), values));
            }
            Ok(found)
        })
    }

    fn work<T>(
        &self,
        errand: &Errand,
        values: &[Value],
        work: impl FnOnce() -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        check(errand.call, values)?;
        self.clock.strike();
        if errand.is_over() {
            return Err(Error::new(errand.call, ErrorKind::Deadline));
        }
        work().map_err(|source| self.explained(errand.call, source))
    }

    /// An error, and whether it is the fence's: a file that was moved to a server takes no more writes.
    fn explained(&self, call: Call, source: rusqlite::Error) -> Error {
        let raised = match &source {
            rusqlite::Error::SqliteFailure(error, Some(message))
                if error.extended_code == ffi::SQLITE_CONSTRAINT_TRIGGER =>
            {
                Some(message.clone())
            }
            _ => None,
        };
        let mut error = of_sqlite(call, source);
        if let Some(message) = raised {
            let fence = "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?";
            let found = self.connection.query_row(fence, [FENCE_TABLE], |_| Ok(()));
            if found.is_ok() {
                error.kind = ErrorKind::ReadOnly;
            }
            error = error.detail(message);
        }
        error
    }

    /// The number that an INSERT's row got from the database, as a server says it; 0 for every other statement, and for
    /// tables whose rows have no number of their own.
    fn new_id(&self, sql: &str, id_before: i64) -> rusqlite::Result<i64> {
        let Some((schema, table)) = inserted_table(sql) else {
            return Ok(0);
        };
        let known = self.numbered.borrow().get(sql).copied();
        let numbered = match known {
            Some(numbered) => numbered,
            None => {
                let numbered = self.is_numbered(schema.as_deref(), &table)?;
                let mut all = self.numbered.borrow_mut();
                if all.len() >= STATEMENTS {
                    all.clear();
                }
                all.insert(sql.to_owned(), numbered);
                numbered
            }
        };
        let id = self.connection.last_insert_rowid();
        // An upsert that found its row leaves the number of some earlier row.
        let stale = id == id_before && contains_word(sql, "CONFLICT");
        Ok(if numbered && !stale { id } else { 0 })
    }

    fn is_numbered(&self, schema: Option<&str>, table: &str) -> rusqlite::Result<bool> {
        let sql = "SELECT count(*) = 1 AND max(upper(type)) = 'INTEGER' FROM pragma_table_info(?1, ?2) WHERE pk > 0";
        let numbered: Option<bool> =
            self.connection
                .query_row(sql, (table, schema.unwrap_or("main")), |row| row.get(0))?;
        Ok(numbered == Some(true))
    }
}

/// Makes an empty file with write-ahead logging where there is none; a database that is there is left as it is.
pub(super) fn create(path: &Path, errand: &Errand) -> Result<(), Error> {
    let failed = |source| not_opened(errand.call, path, source);
    // An absolute path is never taken for a URI.
    let absolute = std::path::absolute(path)
        .map_err(|source| Error::new(errand.call, ErrorKind::Location).because(source))?;
    let there = absolute.metadata().ok();
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        return Err(Error::new(errand.call, ErrorKind::Location)
            .detail(format!("`{}` is not a file", path.display())));
    }
    if there.is_some_and(|there| there.len() > 0) {
        // Only to read: the last one who closes a file to write moves its log into it.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&absolute, flags).map_err(failed)?;
        return read_schema(&connection, "main").map_err(failed);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&absolute, flags).map_err(failed)?;
    log_ahead(&connection, "main", errand)
}

fn log_ahead(connection: &Connection, schema: &str, errand: &Errand) -> Result<(), Error> {
    let sql = format!("PRAGMA {schema}.journal_mode = WAL");
    let mut attempts = 0;
    loop {
        let error = match connection.query_row(&sql, [], |_| Ok(())) {
            Ok(()) => return Ok(()),
            Err(source) => of_sqlite(errand.call, source),
        };
        // SQLite does not always call the busy handler for this.
        if error.kind != ErrorKind::Conflict || !errand.wait_for_lock(attempts) {
            return Err(error);
        }
        attempts += 1;
    }
}

/// An error of opening a file, with its path.
fn not_opened(call: Call, path: &Path, source: rusqlite::Error) -> Error {
    let mut error = of_sqlite(call, source);
    let shown = path.display();
    let detail = match (error.kind, &error.detail) {
        (ErrorKind::Answer, None) => {
            error.kind = ErrorKind::Location;
            format!("`{shown}` is not a SQLite database")
        }
        (_, Some(detail)) => format!("`{shown}`: {detail}"),
        (_, None) => format!("opening `{shown}`"),
    };
    error.detail(detail)
}

/// How long a connection works and waits for locks of others: as long as its errand is not over.
fn be_patient(
    connection: &mut Connection,
    purpose: Purpose,
    errand: &Arc<Mutex<Option<Arc<Errand>>>>,
) -> rusqlite::Result<()> {
    let current = Arc::clone(errand);
    // Not sqlite3_interrupt: what is sent a moment before a statement begins, SQLite forgets.
    let over = move || {
        locked(&current)
            .as_ref()
            .is_some_and(|errand| errand.is_over())
    };
    connection.progress_handler(STEPS, Some(over))?;
    if purpose == Purpose::WritingAlone {
        return connection.busy_timeout(Duration::from_secs(5));
    }
    let errand = Arc::clone(errand);
    connection.busy_handler(Some(move |attempts: i32| {
        let errand = locked(&errand).clone();
        let attempts = u32::try_from(attempts).unwrap_or(0);
        errand.is_some_and(|errand| errand.wait_for_lock(attempts))
    }))
}

/// What holds for one file of a connection; reads it for the first time.
fn set_up(connection: &Connection, schema: &str) -> rusqlite::Result<()> {
    if schema == "main" {
        // A name in double quotes is a name: a column that an old file lacks must not turn into a text.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // As in the original, where no foreign key was ever enforced.
        connection.execute_batch("PRAGMA foreign_keys = OFF")?;
    }
    // FULL: what was acknowledged survives a loss of power.
    connection.execute_batch(&format!(
        "PRAGMA {schema}.synchronous = FULL; PRAGMA {schema}.cache_size = -{CACHE_KIB}; \
         PRAGMA {schema}.journal_size_limit = {LOG_BYTES}"
    ))?;
    read_schema(connection, schema)
}

/// What is no database is found out here.
fn read_schema(connection: &Connection, schema: &str) -> rusqlite::Result<()> {
    let sql = format!("SELECT count(*) FROM {schema}.sqlite_schema");
    connection.query_row(&sql, [], |_| Ok(()))
}

/// The table after INSERT INTO or REPLACE INTO, with its schema.
fn inserted_table(sql: &str) -> Option<(Option<String>, String)> {
    let mut rest = sql.trim_start();
    let mut first = true;
    loop {
        let end = rest.find(|letter: char| !letter.is_ascii_alphabetic())?;
        let (word, after) = rest.split_at(end);
        let begins = word.eq_ignore_ascii_case("INSERT") || word.eq_ignore_ascii_case("REPLACE");
        if word.is_empty() || (first && !begins) {
            return None;
        }
        first = false;
        rest = after.trim_start();
        if word.eq_ignore_ascii_case("INTO") {
            break;
        }
    }
    let (name, rest) = identifier(rest)?;
    match rest.strip_prefix('.') {
        Some(rest) => Some((Some(name), identifier(rest)?.0)),
        None => Some((None, name)),
    }
}

/// A name at the beginning of a text, quoted or not, and what follows.
fn identifier(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next()?;
    if !matches!(quote, '"' | '`' | '[') {
        let end = text
            .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    }
    let close = if quote == '[' { ']' } else { quote };
    let mut name = String::new();
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != close {
            name.push(letter);
        } else if letters.next_if(|(_, next)| *next == close).is_some() {
            name.push(close);
        } else {
            return Some((name, &text[at + close.len_utf8()..]));
        }
    }
    None
}

fn contains_word(sql: &str, word: &str) -> bool {
    sql.split(|letter: char| !letter.is_ascii_alphabetic())
        .any(|found| found.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_an_insert_is_found_in_its_text() {
        let found = |sql: &str| inserted_table(sql);
        for (sql, schema, table) in [
            ("INSERT INTO poss (a) VALUES (?)", None, "poss"),
            (
                " insert or ignore into \"we\"\"ird\" VALUES (1)",
                None,
                "we\"ird",
            ),
            (
                concat!("REPLACE", " INTO `ohlcv`.`ohlcv_BTC_USDC`(a) SELECT 1"),
                Some("ohlcv"),
                "ohlcv_BTC_USDC",
            ),
            ("INSERT INTO main.[t t] DEFAULT VALUES", Some("main"), "t t"),
            ("INSERT INTO t", None, "t"),
        ] {
            let expected = (schema.map(str::to_owned), table.to_owned());
            assert_eq!(found(sql), Some(expected), "{sql}");
        }
        for sql in [
            "UPDATE t SET a = 1",
            "SELECT 1",
            "",
            "INSERT",
            "INSERT INTO",
            "INSERT INTO \"t",
            "DELETE FROM t",
            "INSERT 1 INTO t",
        ] {
            assert_eq!(found(sql), None, "{sql}");
        }
    }
}
