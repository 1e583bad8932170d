//! The fence of a sound file: triggers that refuse every write.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use super::{
    FENCE_TABLE, FENCE_TRIGGER_PREFIX, FenceMarker, FenceReport, FenceWay, of_this_migration,
};
use crate::uri::{self, Access};
use crate::{Error, Fingerprint, SnapshotOptions, fingerprint, quote_identifier};

/// SQLite keeps its busy timeout in 32 bits.
const MAX_WAIT_MS: u64 = 1_000_000_000;

/// Makes every table refuse writes, in one transaction that first proves the content.
pub(super) fn put_up(
    path: &Path,
    marker: &FenceMarker,
    expected: &Fingerprint,
    options: &SnapshotOptions,
) -> Result<FenceReport, Error> {
    let mut connection = open_for_writing(path, options)?;
    let transaction = begin(&mut connection, path, options)?;
    let found = marker_in(&transaction, path)?;
    let already_there = found.is_some();
    if let Some(found) = found {
        of_this_migration(path, &found, &marker.migration)?;
    } else {
        fingerprint::of_connection(&transaction, path)?.must_be(expected, path)?;
    }
    let (tables, unfenced) = tables_in(&transaction, path)?;
    if !already_there {
        create(&transaction, marker, &tables)
            .and_then(|()| transaction.commit())
            .and_then(|()| allow_checkpoint(&connection))
            .map_err(|source| Error::sql(path, "put up the fence", source))?;
    }
    Ok(FenceReport {
        way: FenceWay::Triggers,
        tables,
        unfenced,
        already_there,
    })
}

/// Takes the triggers of `migration` away again. Returns whether there were any.
pub(super) fn take_down(
    path: &Path,
    migration: &str,
    options: &SnapshotOptions,
) -> Result<bool, Error> {
    let mut connection = open_for_writing(path, options)?;
    let transaction = begin(&mut connection, path, options)?;
    let Some(found) = marker_in(&transaction, path)? else {
        return Ok(false);
    };
    of_this_migration(path, &found, migration)?;
    drop_all(&transaction)
        .and_then(|()| transaction.commit())
        .and_then(|()| allow_checkpoint(&connection))
        .map_err(|source| Error::sql(path, "take down the fence", source))?;
    Ok(true)
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

/// The fence that the file's own tables hold, if there is one.
pub(super) fn marker_in(
    connection: &Connection,
    path: &Path,
) -> Result<Option<FenceMarker>, Error> {
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

fn create(
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

fn drop_all(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
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
