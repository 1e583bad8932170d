//! SQLite's errors in the layer's words.

use cbtrade_sqlite::rusqlite::{self, ErrorCode, ffi};

use super::functions::{NOT_A_NUMBER, TOO_LARGE};
use crate::error::{Call, Error, ErrorKind};

/// The error that a call ends with.
pub(super) fn of_sqlite(call: Call, source: rusqlite::Error) -> Error {
    let (code, extended, message) = match &source {
        rusqlite::Error::SqliteFailure(error, message) => (
            error.code,
            error.extended_code,
            message.clone().unwrap_or_default(),
        ),
        rusqlite::Error::SqlInputError { error, msg, .. } => {
            (error.code, error.extended_code, msg.clone())
        }
        rusqlite::Error::UserFunctionError(_) => (ErrorCode::Unknown, 0, source.to_string()),
        rusqlite::Error::MultipleStatement
        | rusqlite::Error::InvalidParameterCount(..)
        | rusqlite::Error::NulError(_)
        | rusqlite::Error::Empty => return Error::new(call, ErrorKind::Statement).because(source),
        _ => return Error::new(call, ErrorKind::Other).because(source),
    };
    let mut error = Error::new(call, kind(code, extended, &message));
    error = match error.kind {
        ErrorKind::UnknownColumn => match last_word(&message) {
            Some(column) => error.column(column),
            None => error,
        },
        ErrorKind::NotFound => match after_colon(&message) {
            Some(name) => error.on_table(name),
            None => error,
        },
        // `NOT NULL constraint failed: poss.prod_id`
        ErrorKind::ValueRejected if extended == ffi::SQLITE_CONSTRAINT_NOTNULL => {
            match message.rsplit_once('.') {
                Some((_, column)) => error.column(column),
                None => error,
            }
        }
        _ if code == ErrorCode::DatabaseCorrupt => {
            error.detail("the file is damaged; keep it as it is and see `cbtrade recover`")
        }
        _ => error,
    };
    error.because(source)
}

fn kind(code: ErrorCode, extended: i32, message: &str) -> ErrorKind {
    match code {
        ErrorCode::ConstraintViolation => match extended {
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID => ErrorKind::Duplicate,
            _ => ErrorKind::ValueRejected,
        },
        ErrorCode::TypeMismatch | ErrorCode::TooBig => ErrorKind::ValueRejected,
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::SchemaChanged => ErrorKind::Conflict,
        ErrorCode::ReadOnly => ErrorKind::ReadOnly,
        ErrorCode::DiskFull => ErrorKind::DiskFull,
        ErrorCode::CannotOpen => ErrorKind::Unreachable,
        ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => ErrorKind::Answer,
        ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => {
            ErrorKind::AccessDenied
        }
        // Nothing but the end of a call's patience interrupts a statement.
        ErrorCode::OperationInterrupted => ErrorKind::Deadline,
        ErrorCode::Unknown => kind_by_message(message),
        ErrorCode::ParameterOutOfRange | ErrorCode::ApiMisuse => ErrorKind::Statement,
        _ => ErrorKind::Other,
    }
}

/// SQLite tells these apart by their texts alone, which have been the same for many years.
fn kind_by_message(message: &str) -> ErrorKind {
    let begins = |beginnings: &[&str]| beginnings.iter().any(|text| message.starts_with(text));
    if begins(&["no such table: ", "unknown database ", "no such index: "]) {
        ErrorKind::NotFound
    } else if begins(&["no such column: "]) || message.contains(" has no column named ") {
        ErrorKind::UnknownColumn
    } else if message.contains(NOT_A_NUMBER) {
        ErrorKind::Answer
    } else if message.contains(TOO_LARGE) || begins(&["integer overflow"]) {
        ErrorKind::ValueRejected
    } else {
        ErrorKind::Statement
    }
}

fn after_colon(message: &str) -> Option<&str> {
    message
        .strip_prefix("no such table: ")
        .map(str::trim)
        .filter(|name| !name.is_empty())
}

/// The column of `no such column: p.what` and of `table t has no column named what`.
fn last_word(message: &str) -> Option<&str> {
    let name = match message.strip_prefix("no such column: ") {
        Some(rest) => rest.split(" - ").next()?,
        None => message.rsplit_once(" has no column named ")?.1,
    };
    Some(name.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Call = Call {
        method: "sell",
        table: "poss",
    };

    fn failing(sql: &str) -> Error {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection
            .set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_DQS_DML, false)
            .unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, size CHECK (size > 0));
                 INSERT INTO t VALUES (1, 'one', 1);",
            )
            .unwrap();
        let done = connection.execute_batch(sql);
        of_sqlite(CALL, done.unwrap_err())
    }

    #[test]
    fn errors_are_named_with_their_places() {
        for (sql, kind) in [
            ("INSERT INTO t VALUES (1, 'two', 1)", ErrorKind::Duplicate),
            ("INSERT INTO t VALUES (2, 'one', 1)", ErrorKind::Duplicate),
            (
                "INSERT INTO t VALUES (2, NULL, 1)",
                ErrorKind::ValueRejected,
            ),
            (
                "INSERT INTO t VALUES (2, 'two', 0)",
                ErrorKind::ValueRejected,
            ),
            (
                "INSERT INTO t VALUES ('x', 'two', 1)",
                ErrorKind::ValueRejected,
            ),
            ("SELECT * FROM missing", ErrorKind::NotFound),
            ("SELECT * FROM ohlcv.missing", ErrorKind::NotFound),
            ("SELECT what FROM t", ErrorKind::UnknownColumn),
            ("SELECT \"what\" FROM t", ErrorKind::UnknownColumn),
            ("UPDATE t SET what = 1", ErrorKind::UnknownColumn),
            ("INSERT INTO t (what) VALUES (1)", ErrorKind::UnknownColumn),
            ("SELEC 1", ErrorKind::Statement),
            ("SELECT no_such_function()", ErrorKind::Statement),
        ] {
            let error = failing(sql);
            assert_eq!(error.kind, kind, "{sql}: {error}");
            assert!(error.to_string().starts_with("sell on `"), "{error}");
            match kind {
                ErrorKind::UnknownColumn => assert_eq!(error.column.as_deref(), Some("what")),
                ErrorKind::NotFound => assert!(error.table.contains("missing"), "{error}"),
                _ => assert_eq!(error.table, "poss"),
            }
        }
        let null = failing("INSERT INTO t VALUES (2, NULL, 1)");
        assert_eq!(null.column.as_deref(), Some("name"));
    }

    #[test]
    fn codes_that_no_statement_gives_here_are_named_too() {
        for (code, kind) in [
            (ffi::SQLITE_BUSY, ErrorKind::Conflict),
            (ffi::SQLITE_BUSY_SNAPSHOT, ErrorKind::Conflict),
            (ffi::SQLITE_LOCKED, ErrorKind::Conflict),
            (ffi::SQLITE_READONLY, ErrorKind::ReadOnly),
            (ffi::SQLITE_FULL, ErrorKind::DiskFull),
            (ffi::SQLITE_CANTOPEN, ErrorKind::Unreachable),
            (ffi::SQLITE_NOTADB, ErrorKind::Answer),
            (ffi::SQLITE_CORRUPT, ErrorKind::Answer),
            (ffi::SQLITE_INTERRUPT, ErrorKind::Deadline),
            (ffi::SQLITE_IOERR_FSYNC, ErrorKind::Other),
        ] {
            let source = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            assert_eq!(of_sqlite(CALL, source).kind, kind, "{code}");
        }
    }
}
