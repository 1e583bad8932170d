//! The cut-over's fence: after it, no forgotten bot can write to the legacy file.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use serde::{Deserialize, Serialize};

use crate::snapshot::scratch_snapshot;
use crate::source::{LockUse, canonical, read_held};
use crate::uri::{self, Access};
use crate::{Error, Fingerprint, SnapshotOptions, fingerprint, quote_identifier};

/// SQLite keeps its busy timeout in 32 bits.
const MAX_WAIT_MS: u64 = 1_000_000_000;

/// The table that marks a fenced file.
pub const FENCE_TABLE: &str = "cbtrade_fence";
/// How the names of the fence's triggers start.
pub const FENCE_TRIGGER_PREFIX: &str = "cbtrade_fence_";

/// Who put the fence up.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct FenceMarker {
    /// The migration's id.
    pub migration: String,
    /// What a writer is told.
    pub message: String,
    /// When, in the words of the caller.
    pub at: String,
}

/// What the fence covers.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct FenceReport {
    /// The tables that refuse writes now.
    pub tables: Vec<String>,
    /// Virtual tables, which cannot have triggers, and the tables they keep their data in, which must
    /// not: a trigger on an inner table of a full-text index sends SQLite into an endless recursion.
    /// These are still open to writes.
    pub unfenced: Vec<String>,
    /// Whether this migration's fence was there already; nothing was written then.
    pub already_there: bool,
}

/// Makes the legacy file refuse INSERT, UPDATE and DELETE on every table, in one transaction that
/// first proves, with all writers locked out, that the content is still `expected`.
///
/// # Errors
/// [`Error::NotAsProved`] when the content is another (nothing is written then), [`Error::OtherFence`]
/// when another migration's fence is there, `Locked` when a writer does not let go in time.
pub fn fence(
    path: &Path,
    marker: &FenceMarker,
    expected: &Fingerprint,
    options: &SnapshotOptions,
) -> Result<FenceReport, Error> {
    let path = canonical(path)?;
    let mut connection = open_for_writing(&path, options)?;
    let transaction = begin(&mut connection, &path, options)?;
    if let Some(found) = marker_in(&transaction, &path)? {
        of_this_migration(&path, &found, &marker.migration)?;
        let (tables, unfenced) = tables_in(&transaction, &path)?;
        return Ok(FenceReport {
            tables,
            unfenced,
            already_there: true,
        });
    }
    let found = fingerprint::of_connection(&transaction, &path)?;
    if found != *expected {
        let expected = expected.0.clone();
        return Err(Error::NotAsProved {
            path,
            expected,
            found: found.0,
        });
    }
    let (tables, unfenced) = tables_in(&transaction, &path)?;
    put_up(&transaction, marker, &tables)
        .and_then(|()| transaction.commit())
        .and_then(|()| allow_checkpoint(&connection))
        .map_err(|source| Error::sql(&path, "put up the fence", source))?;
    Ok(FenceReport {
        tables,
        unfenced,
        already_there: false,
    })
}

/// Takes the fence of `migration` down again, and nothing else. Returns whether there was one.
///
/// # Errors
/// [`Error::OtherFence`] when the fence is another migration's, `Locked` when a writer does not
/// let go in time.
pub fn lift_fence(path: &Path, migration: &str, options: &SnapshotOptions) -> Result<bool, Error> {
    let path = canonical(path)?;
    let mut connection = open_for_writing(&path, options)?;
    let transaction = begin(&mut connection, &path, options)?;
    let Some(found) = marker_in(&transaction, &path)? else {
        return Ok(false);
    };
    of_this_migration(&path, &found, migration)?;
    take_down(&transaction)
        .and_then(|()| transaction.commit())
        .and_then(|()| allow_checkpoint(&connection))
        .map_err(|source| Error::sql(&path, "take down the fence", source))?;
    Ok(true)
}

/// The fence on the file, if there is one. Never writes; only a database with a write-ahead log or
/// a hot journal is copied for it (into the folder for temporary files).
///
/// # Errors
/// Those of [`crate::take_snapshot`].
pub fn read_fence(path: &Path, options: &SnapshotOptions) -> Result<Option<FenceMarker>, Error> {
    let read = read_held(path, options, LockUse::Try, |held| {
        if held.wal.is_some() || held.journal.is_some() || held.database_bytes == 0 {
            return Ok(None);
        }
        // With the locks held, the file is what an immutable database has to be.
        let connection = uri::open(&held.path, Access::Immutable)?;
        marker_in(&connection, &held.path).map(Some)
    })?;
    match read.value {
        Some(marker) => Ok(marker),
        None => scratch_snapshot(path, options, |report| {
            let connection = uri::open(&report.snapshot, Access::Immutable)?;
            marker_in(&connection, &report.source)
        }),
    }
}

fn open_for_writing(path: &Path, options: &SnapshotOptions) -> Result<Connection, Error> {
    let connection = uri::open(path, Access::ReadWrite)?;
    let failed = |source| Error::sql(path, "open the database", source);
    let wait_ms = options.wait_ms_max.min(MAX_WAIT_MS);
    connection
        .busy_timeout(Duration::from_millis(wait_ms))
        .map_err(failed)?;
    // Until the fence is up nothing is to be written, not even by a checkpoint at the end.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .map_err(failed)?;
    // Durable at commit, also against a loss of power.
    connection
        .execute_batch("PRAGMA synchronous = EXTRA")
        .map_err(failed)?;
    Ok(connection)
}

/// Lets the last connection empty the log at its end, so that a copy of the file alone has the fence.
fn allow_checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)
        .map(|_| ())
}

fn begin<'connection>(
    connection: &'connection mut Connection,
    path: &Path,
    options: &SnapshotOptions,
) -> Result<Transaction<'connection>, Error> {
    connection
        .transaction_with_behavior(TransactionBehavior::Exclusive)
        .map_err(|source| {
            let busy = matches!(
                source.sqlite_error_code(),
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
            );
            if busy {
                Error::Locked {
                    path: path.to_path_buf(),
                    what: "a reader or writer does not end its transaction".to_owned(),
                    waited_ms: options.wait_ms_max,
                }
            } else {
                Error::sql(path, "lock the database", source)
            }
        })
}

fn of_this_migration(path: &Path, found: &FenceMarker, wanted: &str) -> Result<(), Error> {
    if found.migration == wanted {
        return Ok(());
    }
    Err(Error::OtherFence {
        path: path.to_path_buf(),
        wanted: wanted.to_owned(),
        found: found.migration.clone(),
    })
}

fn marker_in(connection: &Connection, path: &Path) -> Result<Option<FenceMarker>, Error> {
    let failed = |source| Error::sql(path, "look for a fence", source);
    let count: i64 = connection
        .query_row(
            "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = ?1",
            [FENCE_TABLE],
            |row| row.get(0),
        )
        .map_err(failed)?;
    if count == 0 {
        return Ok(None);
    }
    let sql = format!("SELECT migration, message, at FROM main.{FENCE_TABLE}");
    let read = |row: &rusqlite::Row<'_>| {
        Ok(FenceMarker {
            migration: row.get(0)?,
            message: row.get(1)?,
            at: row.get(2)?,
        })
    };
    connection
        .query_row(&sql, [], read)
        .map(Some)
        .map_err(failed)
}

/// The tables that can have triggers, and the others.
fn tables_in(connection: &Connection, path: &Path) -> Result<(Vec<String>, Vec<String>), Error> {
    let failed = |source| Error::sql(path, "list the tables", source);
    let sql = "SELECT s.name, l.type IN ('virtual', 'shadow') FROM main.sqlite_schema AS s \
               LEFT JOIN pragma_table_list AS l ON l.schema = 'main' AND l.name = s.name \
               WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
               AND s.name <> ?1 ORDER BY s.rowid";
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let mut rows = statement.query([FENCE_TABLE]).map_err(failed)?;
    let (mut tables, mut unfenced) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next().map_err(failed)? {
        let value = row.get_ref(0).map_err(failed)?;
        let bytes = value.as_bytes().map_err(|error| failed(error.into()))?;
        let name =
            str::from_utf8(bytes)
                .map(ToOwned::to_owned)
                .map_err(|_| Error::NameNotText {
                    path: path.to_path_buf(),
                    object: "table",
                    name: String::from_utf8_lossy(bytes).into_owned(),
                })?;
        let is_virtual: Option<bool> = row.get(1).map_err(failed)?;
        if is_virtual == Some(true) {
            unfenced.push(name)
        } else {
            tables.push(name)
        }
    }
    Ok((tables, unfenced))
}

fn put_up(
    transaction: &Transaction<'_>,
    marker: &FenceMarker,
    tables: &[String],
) -> rusqlite::Result<()> {
    transaction.execute_batch(&format!(
        "CREATE TABLE main.{FENCE_TABLE}(\
         migration TEXT NOT NULL, message TEXT NOT NULL, at TEXT NOT NULL)"
    ))?;
    transaction.execute(
        &format!("INSERT INTO main.{FENCE_TABLE}(migration, message, at) VALUES (?1, ?2, ?3)"),
        [&marker.migration, &marker.message, &marker.at],
    )?;
    // RAISE takes only a literal in the SQLite versions that old bots carry.
    let message = marker.message.replace('\0', " ").replace('\'', "''");
    for (number, table) in tables.iter().enumerate() {
        let table = quote_identifier(table);
        for event in ["INSERT", "UPDATE", "DELETE"] {
            let name = format!(
                "{FENCE_TRIGGER_PREFIX}{number}_{}",
                event.to_ascii_lowercase()
            );
            transaction.execute_batch(&format!(
                "CREATE TRIGGER main.{name} BEFORE {event} ON {table} \
                 BEGIN SELECT RAISE(ABORT, '{message}'); END"
            ))?;
        }
    }
    Ok(())
}

fn take_down(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let names = {
        let mut statement = transaction.prepare(
            "SELECT name FROM main.sqlite_schema WHERE type = 'trigger' AND name GLOB ?1",
        )?;
        let pattern = format!("{FENCE_TRIGGER_PREFIX}[0-9]*_[iud]*");
        let names = statement.query_map([pattern], |row| row.get::<_, String>(0))?;
        names.collect::<rusqlite::Result<Vec<_>>>()?
    };
    for name in names {
        transaction.execute_batch(&format!("DROP TRIGGER main.{}", quote_identifier(&name)))?;
    }
    transaction.execute_batch(&format!("DROP TABLE main.{FENCE_TABLE}"))
}
