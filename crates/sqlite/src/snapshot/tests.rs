//! The parts of a snapshot that cannot be reached from outside: file systems without locks.

use std::fs;

use rusqlite::Connection;

use super::*;

fn options(wait_ms_max: u64) -> SnapshotOptions {
    SnapshotOptions {
        wait_ms_max,
        ..SnapshotOptions::default()
    }
}

#[test]
fn without_locks_a_quiet_file_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("quiet.db");
    Connection::open(&source)
        .unwrap()
        .execute_batch("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2);")
        .unwrap();
    let target = folder.path().join("copy.db");
    let report = take(&source, &target, &options(0), LockUse::Never).unwrap();
    assert!(!report.locked);
    let database = crate::Database::open_snapshot(&target).unwrap();
    let count: i64 = database
        .connection()
        .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 2);
}

#[test]
fn without_locks_a_change_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("busy.db");
    Connection::open(&source)
        .unwrap()
        .execute_batch("CREATE TABLE t(a)")
        .unwrap();
    let before = fs::metadata(&source).unwrap().modified().unwrap();
    let mut number = 1_u8;
    let result = read_held(&source, &options(0), LockUse::Never, |_| {
        // The same size and the same time: only the bytes tell.
        let file = OpenOptions::new().write(true).open(&source).unwrap();
        file.write_all_at(&[number], 200).unwrap();
        file.set_modified(before).unwrap();
        number += 1;
        Ok(())
    });
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Changed);
}

#[test]
fn a_file_replaced_by_rename_is_noticed_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("replaced.db");
    let other = folder.path().join("other.db");
    for (path, table) in [(&source, "first"), (&other, "second")] {
        let sql = format!("CREATE TABLE {table}(a)");
        Connection::open(path).unwrap().execute_batch(&sql).unwrap();
    }
    let mut rounds = 0;
    let read = read_held(&source, &options(10_000), LockUse::Try, |held| {
        rounds += 1;
        if rounds == 1 {
            fs::rename(&other, &source).unwrap();
        }
        fingerprint::of_held(held)
    })
    .unwrap();
    assert_eq!(rounds, 2);
    assert_eq!(
        read.value.unwrap(),
        fingerprint::fingerprint(&source, &options(0)).unwrap()
    );
}

#[test]
fn a_log_without_users_is_read_again_when_a_user_comes() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("left.db");
    let live = folder.path().join("live.db");
    let writer = Connection::open(&live).unwrap();
    writer
        .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1);")
        .unwrap();
    // What a crash leaves: the database and its log, without the index of the log.
    fs::copy(&live, &source).unwrap();
    fs::copy(companion(&live, "-wal"), companion(&source, "-wal")).unwrap();
    drop(writer);
    let mut rounds = 0;
    let mut late = None;
    read_held(&source, &options(10_000), LockUse::Try, |held| {
        rounds += 1;
        if rounds == 1 {
            let connection = Connection::open(&held.path).unwrap();
            connection.execute("INSERT INTO t VALUES (2)", []).unwrap();
            late = Some(connection);
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(rounds, 2);
}

#[test]
fn two_snapshots_to_one_destination_at_once_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.db");
    Connection::open(&source)
        .unwrap()
        .execute_batch("CREATE TABLE t(a)")
        .unwrap();
    let target = folder.path().join("copy.db");
    let first = Partial::new(&target).unwrap();
    let error = take_snapshot(&source, &target, &options(0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    drop(first);
    take_snapshot(&source, &target, &options(0)).unwrap();
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn what_a_killed_process_left_is_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.db");
    Connection::open(&source)
        .unwrap()
        .execute_batch("CREATE TABLE t(a)")
        .unwrap();
    let left = folder.path().join(".copy.db.partial");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("database"), b"half").unwrap();
    fs::write(left.join("database-journal"), b"half").unwrap();
    take_snapshot(&source, &folder.path().join("copy.db"), &options(0)).unwrap();
    assert!(!left.exists());
}

/// Everything a writer tries while the files are held. The connection is of no use afterwards: the
/// closing of our descriptors has dropped its locks.
fn while_held(journal_mode: &str, attempt: impl Fn(&Connection)) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("held.db");
    let writer = Connection::open(&source).unwrap();
    writer
        .execute_batch(&format!(
            "PRAGMA journal_mode = {journal_mode}; PRAGMA busy_timeout = 0;
             CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3);"
        ))
        .unwrap();
    let before = fs::read(&source).unwrap();
    read_held(&source, &options(0), LockUse::Try, |held| {
        attempt(&writer);
        let now = fs::read(&held.path).unwrap();
        assert_eq!(
            now, before,
            "the database file was written while it was held"
        );
        Ok(())
    })
    .unwrap();
}

#[test]
fn held_files_with_a_log_can_be_written_but_not_checkpointed() {
    while_held("WAL", |writer| {
        writer.execute_batch("INSERT INTO t VALUES (4)").unwrap();
        for kind in ["PASSIVE", "FULL", "RESTART", "TRUNCATE"] {
            let sql = format!("PRAGMA wal_checkpoint({kind})");
            let moved: (i64, i64, i64) = writer
                .query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .unwrap();
            // A passive checkpoint moves nothing and says so; the others are busy.
            assert!(moved.0 == 1 || moved.2 == 0, "{kind}: {moved:?}");
        }
        writer.execute_batch("INSERT INTO t VALUES (5)").unwrap();
    });
}

#[test]
fn held_files_with_a_rollback_journal_cannot_be_committed_to() {
    while_held("DELETE", |writer| {
        writer
            .execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (4)")
            .unwrap();
        let error = writer.execute_batch("COMMIT").unwrap_err();
        assert_eq!(
            error.sqlite_error_code(),
            Some(rusqlite::ErrorCode::DatabaseBusy)
        );
    });
}
