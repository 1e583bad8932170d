//! Snapshots beside writers in other processes, and of what killed processes leave.
//!
//! Each test starts itself again as its writers: the test binary with the same test's name and the
//! role in the environment.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use cbtrade_sqlite::rusqlite::{self, Connection, ErrorCode, TransactionBehavior};
use cbtrade_sqlite::{
    Database, ErrorKind, JournalState, SnapshotOptions, fingerprint, take_snapshot,
};

const ROLE: &str = "CBTRADE_TEST_ROLE";
const FILE: &str = "CBTRADE_TEST_FILE";
const ACCOUNTS: i64 = 200;
const BALANCE: i64 = 1_000;

/// The role of this process, when a test started it.
fn role() -> Option<(String, PathBuf)> {
    Some((env::var(ROLE).ok()?, PathBuf::from(env::var_os(FILE)?)))
}

/// Starts this test binary again, for one test, in a role.
fn start(test: &str, role: &str, file: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(FILE, file)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

fn stop_file(file: &Path) -> PathBuf {
    file.with_extension("stop")
}

fn ready_file(file: &Path, role: &str) -> PathBuf {
    file.with_extension(format!("{role}.ready"))
}

fn wait_for(path: &Path, child: &mut Child) {
    let began = Instant::now();
    while !path.exists() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "a writer ended before it began"
        );
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "a writer never began"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

fn make_accounts(path: &Path, journal_mode: &str) {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(&format!(
            "PRAGMA page_size = 1024; PRAGMA journal_mode = {journal_mode};
             CREATE TABLE account(id INTEGER PRIMARY KEY, balance INT NOT NULL, filler TEXT);
             CREATE TABLE moved(id INTEGER PRIMARY KEY, a INT, b INT, amount INT);
             CREATE INDEX by_balance ON account(balance);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ACCOUNTS})
             INSERT INTO account SELECT i, {BALANCE}, hex(zeroblob(150)) FROM n;"
        ))
        .unwrap();
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Repeats what ends in BUSY; anything else ends the writer, and with it the test.
fn patiently<T>(mut action: impl FnMut() -> rusqlite::Result<T>) -> T {
    loop {
        match action() {
            Ok(value) => return value,
            Err(error) if is_busy(&error) => thread::sleep(Duration::from_millis(2)),
            Err(error) => panic!("a writer failed: {error}"),
        }
    }
}

/// Moves money between accounts until the stop file appears.
fn move_money(role: &str, file: &Path) {
    let number: u64 = role.trim_start_matches("writer").parse().unwrap();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(number + 1);
    let mut random = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        i64::try_from(state % below).unwrap()
    };
    let open = || {
        patiently(|| {
            let connection = Connection::open(file)?;
            connection.busy_timeout(Duration::from_millis(200))?;
            Ok(connection)
        })
    };
    let mut connection = open();
    let mut transfers = 0_u64;
    while !stop_file(file).exists() {
        let (a, b, amount) = (random(200) + 1, random(200) + 1, random(50));
        patiently(|| transfer(&mut connection, a, b, amount));
        transfers += 1;
        if transfers == 1 {
            fs::write(ready_file(file, role), b"").unwrap();
        }
        match transfers % 40 {
            // Checkpoints of all kinds, and connections that come and go.
            7 => {
                let kind =
                    ["PASSIVE", "FULL", "RESTART", "TRUNCATE"][usize::try_from(random(4)).unwrap()];
                let sql = format!("PRAGMA wal_checkpoint({kind})");
                patiently(|| connection.query_row(&sql, [], |_| Ok(())));
            }
            23 => {
                drop(connection);
                connection = open();
            }
            _ => {}
        }
    }
}

fn transfer(connection: &mut Connection, a: i64, b: i64, amount: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let change = "UPDATE account SET balance = balance + ?2 WHERE id = ?1";
    transaction.execute(change, [a, -amount])?;
    transaction.execute(change, [b, amount])?;
    transaction.execute(
        "INSERT INTO moved(a, b, amount) VALUES (?1, ?2, ?3)",
        [a, b, amount],
    )?;
    transaction.execute(
        "DELETE FROM moved WHERE id <= (SELECT max(id) FROM moved) - 500",
        [],
    )?;
    transaction.commit()
}

fn assert_sound(path: &Path) {
    let database = Database::open_snapshot(path).unwrap();
    assert_eq!(database.integrity_problems(10).unwrap(), []);
    let sum: i64 = database
        .connection()
        .query_row("SELECT sum(balance) FROM account", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sum, ACCOUNTS * BALANCE);
}

/// Takes snapshots beside eight writing processes.
fn snapshots_beside_writers(test: &str, journal_modes: &[&str]) {
    if let Some((role, file)) = role() {
        return move_money(&role, &file);
    }
    const WRITERS: usize = 8;
    const SNAPSHOTS: usize = 50;
    let folder = tempfile::tempdir().unwrap();
    let mut seen_changes = 0;
    for journal_mode in journal_modes {
        let file = folder.path().join(format!("{journal_mode}.db"));
        make_accounts(&file, journal_mode);
        let roles: Vec<String> = (0..WRITERS)
            .map(|number| format!("writer{number}"))
            .collect();
        let mut writers: Vec<Child> = roles.iter().map(|role| start(test, role, &file)).collect();
        for (role, writer) in roles.iter().zip(&mut writers) {
            wait_for(&ready_file(&file, role), writer);
        }
        let mut fingerprints = Vec::new();
        for number in 0..SNAPSHOTS / journal_modes.len() {
            let target = folder
                .path()
                .join(format!("{journal_mode}-{number}.snapshot"));
            let report = take_snapshot(&file, &target, &SnapshotOptions::default()).unwrap();
            assert!(report.locked);
            assert_eq!(report.damage, Vec::<String>::new());
            assert_sound(&target);
            fingerprints.push(report.fingerprint.0);
        }
        fs::write(stop_file(&file), b"").unwrap();
        for mut writer in writers {
            assert!(
                writer.wait().unwrap().success(),
                "a writer failed beside snapshots"
            );
        }
        fingerprints.dedup();
        seen_changes += fingerprints.len() - 1;
        let target = folder.path().join("last.snapshot");
        let report = take_snapshot(&file, &target, &SnapshotOptions::default()).unwrap();
        assert_sound(&target);
        let again = fingerprint(&file, &SnapshotOptions::default()).unwrap();
        assert_eq!(again, report.fingerprint);
    }
    assert!(
        seen_changes > 0,
        "the writers changed nothing between snapshots"
    );
}

#[test]
fn snapshots_beside_writers_with_a_write_ahead_log() {
    snapshots_beside_writers("snapshots_beside_writers_with_a_write_ahead_log", &["WAL"]);
}

#[test]
fn snapshots_beside_writers_with_rollback_journals() {
    let modes = ["DELETE", "PERSIST"];
    snapshots_beside_writers("snapshots_beside_writers_with_rollback_journals", &modes);
}

/// Begins a transaction that is too large for the cache, so that parts of it are in the file before
/// the commit, and waits to be killed.
fn spill_and_wait(file: &Path) {
    let connection = Connection::open(file).unwrap();
    connection
        .execute_batch("PRAGMA cache_size = 5; PRAGMA cache_spill = 5; BEGIN")
        .unwrap();
    connection
        .execute_batch("UPDATE account SET balance = balance + 1")
        .unwrap();
    connection
        .execute_batch("UPDATE account SET filler = hex(randomblob(150)) WHERE id % 2 = 0")
        .unwrap();
    fs::write(ready_file(file, "killed"), b"").unwrap();
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

fn kill_a_writer(test: &str, file: &Path) {
    let mut writer = start(test, "killed", file);
    wait_for(&ready_file(file, "killed"), &mut writer);
    writer.kill().unwrap();
    writer.wait().unwrap();
}

fn companion(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

/// Names, sizes, contents and times of everything in a folder.
fn picture(folder: &Path) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let modified = fs::metadata(&path).unwrap().modified().unwrap();
            (path.clone(), fs::read(&path).unwrap(), modified)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_killed_transaction_is_rolled_back_in_the_snapshot() {
    const TEST: &str = "a_killed_transaction_is_rolled_back_in_the_snapshot";
    if let Some((_, file)) = role() {
        return spill_and_wait(&file);
    }
    for journal_mode in ["DELETE", "PERSIST", "TRUNCATE"] {
        let folder = tempfile::tempdir().unwrap();
        let targets = tempfile::tempdir().unwrap();
        let file = folder.path().join("killed.db");
        make_accounts(&file, journal_mode);
        kill_a_writer(TEST, &file);
        fs::remove_file(ready_file(&file, "killed")).unwrap();
        // The spilled pages are in the file: without its journal it holds half a transaction.
        let half = targets.path().join("half.db");
        fs::copy(&file, &half).unwrap();
        let sum: i64 = Connection::open(&half)
            .unwrap()
            .query_row("SELECT sum(balance) FROM account", [], |row| row.get(0))
            .unwrap();
        assert_ne!(sum, ACCOUNTS * BALANCE, "nothing was spilled");
        let before = picture(folder.path());
        let target = targets.path().join("rolled-back.db");
        let report = take_snapshot(&file, &target, &SnapshotOptions::default()).unwrap();
        assert_eq!(report.journal, JournalState::HotRollback, "{journal_mode}");
        assert_eq!(report.files.len(), 2);
        assert_sound(&target);
        let again = fingerprint(&file, &SnapshotOptions::default()).unwrap();
        assert_eq!(again, report.fingerprint);
        assert_eq!(picture(folder.path()), before, "the source was touched");
    }
}

#[test]
fn a_killed_writer_leaves_a_log_that_is_replayed() {
    const TEST: &str = "a_killed_writer_leaves_a_log_that_is_replayed";
    if let Some((_, file)) = role() {
        let connection = Connection::open(&file).unwrap();
        connection
            .execute_batch("PRAGMA wal_autocheckpoint = 0; CREATE TABLE late(a)")
            .unwrap();
        connection
            .execute_batch("INSERT INTO late VALUES (1), (2), (3)")
            .unwrap();
        return spill_and_wait(&file);
    }
    let folder = tempfile::tempdir().unwrap();
    let targets = tempfile::tempdir().unwrap();
    let file = folder.path().join("killed.db");
    make_accounts(&file, "WAL");
    kill_a_writer(TEST, &file);
    fs::remove_file(ready_file(&file, "killed")).unwrap();
    // With the index of the log, as the kill left it, and without, as a copied folder has it.
    for keep_shm in [true, false] {
        if !keep_shm {
            fs::remove_file(companion(&file, "-shm")).unwrap();
        }
        let before = picture(folder.path());
        let target = targets.path().join(format!("replayed-{keep_shm}.db"));
        let report = take_snapshot(&file, &target, &SnapshotOptions::default()).unwrap();
        let JournalState::Wal { frames_bytes } = report.journal else {
            panic!("no log was found: {report:?}");
        };
        let log_bytes = fs::metadata(companion(&file, "-wal")).unwrap().len();
        assert!(
            frames_bytes > 0 && frames_bytes < log_bytes - 32,
            "{frames_bytes} of {log_bytes}"
        );
        assert_sound(&target);
        let late: i64 = Database::open_snapshot(&target)
            .unwrap()
            .connection()
            .query_row("SELECT count(*) FROM late", [], |row| row.get(0))
            .unwrap();
        assert_eq!(late, 3);
        let again = fingerprint(&file, &SnapshotOptions::default()).unwrap();
        assert_eq!(again, report.fingerprint);
        assert_eq!(picture(folder.path()), before, "the source was touched");
    }
}

/// Keeps the file for itself and waits to be killed.
fn lock_and_wait(role: &str, file: &Path) {
    let connection = Connection::open(file).unwrap();
    let sql = match role {
        "exclusive" => {
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; \
                        UPDATE account SET balance = balance"
        }
        _ => "BEGIN EXCLUSIVE",
    };
    connection.execute_batch(sql).unwrap();
    fs::write(ready_file(file, role), b"").unwrap();
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

#[test]
fn a_locked_file_is_reported_after_the_wait() {
    const TEST: &str = "a_locked_file_is_reported_after_the_wait";
    if let Some((role, file)) = role() {
        return lock_and_wait(&role, &file);
    }
    for role in ["exclusive", "transaction"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("locked.db");
        make_accounts(&file, "DELETE");
        let mut holder = start(TEST, role, &file);
        wait_for(&ready_file(&file, role), &mut holder);
        let options = SnapshotOptions {
            wait_ms_max: 50,
            ..SnapshotOptions::default()
        };
        let target = folder.path().join("copy.db");
        let error = take_snapshot(&file, &target, &options).unwrap_err();
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert_eq!(error.kind(), ErrorKind::Locked, "{role}: {error}");
        assert!(error.to_string().contains("locked.db"));
        assert!(!target.exists());
        take_snapshot(&file, &target, &options).unwrap();
        assert_sound(&target);
    }
}

/// Takes snapshots to one destination until it is killed.
fn take_snapshots(file: &Path) {
    let target = file.with_extension("snapshot");
    loop {
        take_snapshot(file, &target, &SnapshotOptions::default()).unwrap();
        fs::write(ready_file(file, "taker"), b"").unwrap();
    }
}

#[test]
fn a_killed_snapshot_is_whole_or_not_there() {
    const TEST: &str = "a_killed_snapshot_is_whole_or_not_there";
    if let Some((_, file)) = role() {
        return take_snapshots(&file);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("source.db");
    make_accounts(&file, "WAL");
    let target = file.with_extension("snapshot");
    for round in 0..12_u64 {
        let mut taker = start(TEST, "taker", &file);
        wait_for(&ready_file(&file, "taker"), &mut taker);
        thread::sleep(Duration::from_micros(round * 1_700));
        taker.kill().unwrap();
        taker.wait().unwrap();
        assert_sound(&target);
        fs::remove_file(ready_file(&file, "taker")).unwrap();
        // What the killed one left is in nobody's way, and goes.
        take_snapshot(&file, &target, &SnapshotOptions::default()).unwrap();
        assert_sound(&target);
        let left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("partial"))
            .collect();
        assert_eq!(left, Vec::<String>::new(), "round {round}");
    }
}
