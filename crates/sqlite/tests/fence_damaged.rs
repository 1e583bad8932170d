//! The fence on a damaged file, against bots in other processes.
//!
//! A test starts itself again as its bots: the test binary with the same test's name and the role in the environment.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use cbtrade_sqlite::rusqlite::{self, Connection};
use cbtrade_sqlite::{
    Error, ErrorKind, FenceMarker, FenceWay, Fingerprint, SnapshotOptions, fence, fence_damaged,
    fingerprint, lift_fence, lift_fence_damaged, read_fence, take_snapshot,
};

const ROLE: &str = "CBTRADE_TEST_ROLE";
const FILE: &str = "CBTRADE_TEST_FILE";
const WRITTEN: &str = "written";

const QUICK: SnapshotOptions = SnapshotOptions {
    wait_ms_max: 200,
    any_header: true,
};

fn marker(migration: &str) -> FenceMarker {
    FenceMarker {
        migration: migration.to_owned(),
        message: "it has moved".to_owned(),
        at: "2026-11-23T20:00:00Z".to_owned(),
    }
}

/// The role of this process, when a test started it.
fn role() -> Option<(String, PathBuf)> {
    Some((env::var(ROLE).ok()?, PathBuf::from(env::var_os(FILE)?)))
}

/// A file by which test and bot tell each other something; not beside the database.
fn sign(file: &Path, role: &str, what: &str) -> PathBuf {
    let folder = file.parent().unwrap().parent().unwrap();
    folder.join(format!("{role}.{what}"))
}

fn tell(sign: &Path, text: &str) {
    let new = sign.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(&new, sign).unwrap();
}

fn await_sign(sign: &Path, mut is_alive: impl FnMut() -> bool) -> String {
    let began = Instant::now();
    loop {
        if let Ok(text) = fs::read_to_string(sign) {
            return text;
        }
        assert!(is_alive(), "the other process ended before {sign:?}");
        assert!(began.elapsed() < Duration::from_secs(120), "no {sign:?}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A bot in a process of its own; killed when it goes out of scope.
struct Bot {
    role: String,
    file: PathBuf,
    process: Child,
}

impl Bot {
    /// Starts a bot and waits until it has the file open.
    fn start(test: &str, role: &str, file: &Path) -> Bot {
        let process = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(ROLE, role)
            .env(FILE, file)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut bot = Bot {
            role: role.to_owned(),
            file: file.to_owned(),
            process,
        };
        bot.hear("ready");
        bot
    }

    fn hear(&mut self, what: &str) -> String {
        let process = &mut self.process;
        await_sign(&sign(&self.file, &self.role, what), || {
            process.try_wait().unwrap().is_none()
        })
    }

    /// Lets it try to write; what came of it.
    fn write(&mut self) -> String {
        tell(&sign(&self.file, &self.role, "go"), "");
        self.hear("outcome")
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a bot does: a role that starts with `busy` writes at once, so that it keeps pages; any other only opens the file.
fn be_a_bot(role: &str, file: &Path) {
    let write = |connection: &Connection| connection.execute("INSERT INTO u VALUES (7)", []);
    let connection = Connection::open(file).unwrap();
    if role.starts_with("busy") {
        write(&connection).unwrap();
    }
    tell(&sign(file, role, "ready"), "");
    await_sign(&sign(file, role, "go"), || true);
    let outcome = match write(&connection) {
        Ok(_) => WRITTEN.to_owned(),
        Err(error) => error.to_string(),
    };
    tell(&sign(file, role, "outcome"), &outcome);
    // Until it is killed.
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

fn make(folder: &Path, journal_mode: &str) -> PathBuf {
    let place = folder.join("place");
    fs::create_dir(&place).unwrap();
    let path = place.join("legacy.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch(&format!(
            "PRAGMA page_size = 1024; PRAGMA journal_mode = {journal_mode};
             CREATE TABLE t(a, b); CREATE TABLE u(a);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
             INSERT INTO t SELECT i, hex(zeroblob(100)) FROM n;"
        ))
        .unwrap();
    path
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(bytes, at).unwrap();
}

/// Everything beside the database but the log's index, which is made anew by whoever opens the file.
fn picture(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(path.parent().unwrap()).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.to_str().unwrap().ends_with("-shm"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

fn proved(path: &Path) -> Fingerprint {
    let copy = path.parent().unwrap().with_file_name("copy.db");
    take_snapshot(path, &copy, &QUICK).unwrap().fingerprint
}

fn try_to_write(path: &Path) -> rusqlite::Result<()> {
    Connection::open(path)?.execute_batch("INSERT INTO u VALUES (8)")
}

#[test]
fn a_bot_that_has_the_file_open_cannot_write_after_the_fence() {
    let test = "a_bot_that_has_the_file_open_cannot_write_after_the_fence";
    if let Some((role, file)) = role() {
        return be_a_bot(&role, &file);
    }
    for (round, fenced) in [("with", true), ("without", false)] {
        let folder = tempfile::tempdir().unwrap();
        let path = make(folder.path(), "DELETE");
        let mut bot = Bot::start(test, &format!("busy-{round}"), &path);
        // The bot keeps the sound page, and would go on with it.
        overwrite(&path, 100, &[0xff; 8]);
        let before = picture(&path);
        let expected = proved(&path);
        let error = fence(&path, &marker("m1"), &expected, &QUICK).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert_eq!(picture(&path), before);
        if fenced {
            let report = fence_damaged(&path, &marker("m1"), &expected, &QUICK).unwrap();
            assert_eq!(
                (report.way, report.already_there),
                (FenceWay::Header, false)
            );
        }
        let outcome = bot.write();
        if !fenced {
            assert_eq!(outcome, WRITTEN);
            continue;
        }
        assert!(outcome.contains("readonly"), "{outcome}");
        try_to_write(&path).unwrap_err();
        assert_eq!(read_fence(&path, &QUICK).unwrap(), Some(marker("m1")));
        assert!(lift_fence_damaged(&path, "m1", &QUICK).unwrap());
        assert_eq!(read_fence(&path, &QUICK).unwrap(), None);
        assert_eq!(picture(&path), before);
    }
}

#[test]
fn bots_with_a_write_ahead_log_end_before_the_fence_and_cannot_write_after_it() {
    let test = "bots_with_a_write_ahead_log_end_before_the_fence_and_cannot_write_after_it";
    if let Some((role, file)) = role() {
        return be_a_bot(&role, &file);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = make(folder.path(), "WAL");
    overwrite(&path, 4 * 1024, &[0; 1024]);
    let mut busy = Bot::start(test, "busy", &path);
    let before = picture(&path);
    let expected = proved(&path);
    let error = fence_damaged(&path, &marker("m1"), &expected, &QUICK).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked, "{error}");
    let pid = format!("process {} has the database open", busy.process.id());
    assert!(error.to_string().contains(&pid), "{error}");
    assert_eq!(picture(&path), before);
    busy.kill();
    assert_eq!(picture(&path), before, "the log is left behind");

    let mut opened = Bot::start(test, "opened-before", &path);
    fence_damaged(&path, &marker("m1"), &expected, &QUICK).unwrap();
    let mut late = Bot::start(test, "opened-after", &path);
    for bot in [&mut opened, &mut late] {
        let outcome = bot.write();
        assert!(outcome.contains("readonly"), "{outcome}");
    }
    let error = lift_fence_damaged(&path, "m1", &QUICK).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked, "{error}");
    // Killed, they leave an empty log where the file's own one is to come back.
    opened.kill();
    late.kill();
    assert_eq!(fingerprint(&path, &QUICK).unwrap(), expected);
    assert!(lift_fence(&path, "m1", &QUICK).unwrap());
    assert_eq!(picture(&path), before);
    let connection = Connection::open(&path).unwrap();
    let rows: i64 = connection
        .query_row("SELECT count(*) FROM u WHERE a = 7", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 1, "what the bot wrote into the log");
    connection
        .execute_batch("INSERT INTO u VALUES (9)")
        .unwrap();
}

#[test]
fn a_fence_that_stands_or_is_anothers_is_left_alone() {
    for journal_mode in ["WAL", "DELETE"] {
        let folder = tempfile::tempdir().unwrap();
        let path = make(folder.path(), journal_mode);
        overwrite(&path, 4 * 1024, &[0; 1024]);
        let before = picture(&path);
        let expected = proved(&path);
        assert!(!lift_fence_damaged(&path, "m1", &QUICK).unwrap());
        let other = Fingerprint("0".repeat(64));
        let error = fence_damaged(&path, &marker("m1"), &other, &QUICK).unwrap_err();
        assert!(matches!(error, Error::NotAsProved { .. }), "{error}");
        assert_eq!(picture(&path), before);

        fence_damaged(&path, &marker("m1"), &expected, &QUICK).unwrap();
        let fenced = picture(&path);
        for report in [
            fence_damaged(&path, &marker("m1"), &expected, &QUICK).unwrap(),
            fence(&path, &marker("m1"), &expected, &QUICK).unwrap(),
        ] {
            assert_eq!((report.way, report.already_there), (FenceWay::Header, true));
        }
        for error in [
            fence_damaged(&path, &marker("m2"), &expected, &QUICK).unwrap_err(),
            fence(&path, &marker("m2"), &expected, &QUICK).unwrap_err(),
            lift_fence_damaged(&path, "m2", &QUICK).unwrap_err(),
            lift_fence(&path, "m2", &QUICK).unwrap_err(),
        ] {
            assert!(
                matches!(&error, Error::OtherFence { found, .. } if found == "m1"),
                "{error}"
            );
        }
        assert_eq!(proved(&path), expected);
        assert_eq!(picture(&path), fenced);
        assert!(lift_fence(&path, "m1", &QUICK).unwrap());
        assert_eq!(picture(&path), before);
    }
}

#[test]
fn the_copy_of_a_closed_file_is_the_copy_from_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = make(folder.path(), "WAL");
    overwrite(&path, 4 * 1024, &[0; 1024]);
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let before = take_snapshot(&path, &first, &QUICK).unwrap();
    fence_damaged(&path, &marker("m1"), &before.fingerprint, &QUICK).unwrap();
    let after = take_snapshot(&path, &second, &QUICK).unwrap();
    assert_eq!(after.fingerprint, before.fingerprint);
    assert_eq!(after.damage, before.damage);
    assert_eq!(fs::read(second).unwrap(), fs::read(first).unwrap());
}

#[test]
fn whatever_is_left_of_the_file_can_be_closed() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 6] = [
        ("zeros", |path| overwrite(path, 0, &[0; 4096])),
        ("noise", |path| overwrite(path, 0, &[0xa7; 1024])),
        ("magic gone", |path| overwrite(path, 0, &[0; 16])),
        ("a fifth cut off", |path| truncate(path, 80)),
        ("inside the header", |path| {
            overwrite(path, 24, &[0xcb; 4]);
            let file = fs::OpenOptions::new().write(true).open(path).unwrap();
            file.set_len(30).unwrap();
        }),
        ("nothing", |path| truncate(path, 0)),
    ];
    for (name, damage) in damages {
        let folder = tempfile::tempdir().unwrap();
        let path = make(folder.path(), "DELETE");
        damage(&path);
        let before = picture(&path);
        let expected = proved(&path);
        fence_damaged(&path, &marker("m1"), &expected, &QUICK).unwrap();
        let fenced = fs::read(&path).unwrap();
        assert!(try_to_write(&path).is_err(), "{name}");
        let made = Connection::open(&path).unwrap();
        assert!(made.execute_batch("CREATE TABLE x(a)").is_err(), "{name}");
        drop(made);
        assert_eq!(fs::read(&path).unwrap(), fenced, "{name}");
        assert_eq!(fingerprint(&path, &QUICK).unwrap(), expected, "{name}");
        assert_eq!(proved(&path), expected, "{name}");
        assert_eq!(read_fence(&path, &QUICK).unwrap(), Some(marker("m1")));
        assert!(lift_fence(&path, "m1", &QUICK).unwrap());
        assert_eq!(picture(&path), before, "{name}");
    }
}

fn truncate(path: &Path, percent: u64) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    let bytes = file.metadata().unwrap().len();
    file.set_len(bytes * percent / 100).unwrap();
}

/// Puts the fence up and takes it down until it is killed.
fn fence_for_ever(role: &str, file: &Path) {
    let expected = fingerprint(file, &QUICK).unwrap();
    tell(&sign(file, role, "ready"), "");
    loop {
        fence_damaged(file, &marker("m1"), &expected, &QUICK).unwrap();
        lift_fence_damaged(file, "m1", &QUICK).unwrap();
    }
}

#[test]
fn a_fence_killed_on_the_way_is_completed_by_the_next_call() {
    let test = "a_fence_killed_on_the_way_is_completed_by_the_next_call";
    if let Some((role, file)) = role() {
        return fence_for_ever(&role, &file);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = make(folder.path(), "WAL");
    let log = PathBuf::from(format!("{}-wal", path.display()));
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("UPDATE t SET b = a; CREATE TABLE v(a)")
        .unwrap();
    let (database, frames) = (fs::read(&path).unwrap(), fs::read(&log).unwrap());
    drop(connection);
    fs::write(&path, database).unwrap();
    fs::write(&log, frames).unwrap();
    overwrite(&path, 4 * 1024, &[0; 1024]);
    let before = picture(&path);
    let expected = proved(&path);
    let mut state = 0x9e37_79b9_u64;
    for round in 0..30 {
        let mut fencer = Bot::start(test, &format!("fencer{round}"), &path);
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        thread::sleep(Duration::from_micros((state >> 33) % 20_000));
        fencer.kill();
        assert_eq!(fingerprint(&path, &QUICK).unwrap(), expected);
        assert!(log.exists() || read_fence(&path, &QUICK).unwrap().is_some());
        if round % 2 == 0 {
            fence_damaged(&path, &marker("m1"), &expected, &QUICK).unwrap();
            assert!(lift_fence_damaged(&path, "m1", &QUICK).unwrap());
        } else {
            lift_fence_damaged(&path, "m1", &QUICK).unwrap();
        }
        assert_eq!(picture(&path), before, "round {round}");
    }
}

/// Looks for fences where a copy has to be made for it; the last one fails after that.
fn read_all(folder: &Path) {
    let rolled_back = folder.join("journal.db");
    assert_eq!(read_fence(&rolled_back, &QUICK).unwrap(), None);
    fingerprint(&rolled_back, &QUICK).unwrap();
    let error = read_fence(&folder.join("log.db"), &QUICK).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Sql, "{error}");
}

/// A copy of a database and its companion, as they are at this moment.
fn leave(path: &Path, suffix: &str, to: &Path) {
    for suffix in ["", suffix] {
        let beside = |path: &Path| format!("{}{suffix}", path.display());
        fs::copy(beside(path), beside(to)).unwrap();
    }
}

#[test]
fn nothing_is_left_among_the_temporary_files() {
    let test = "nothing_is_left_among_the_temporary_files";
    if let Some((_, file)) = role() {
        return read_all(&file);
    }
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join("left");
    fs::create_dir(&left).unwrap();
    let path = make(folder.path(), "DELETE");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "PRAGMA cache_size = 2; PRAGMA cache_spill = 2;
             BEGIN; UPDATE t SET b = hex(randomblob(100))",
        )
        .unwrap();
    leave(&path, "-journal", &left.join("journal.db"));
    connection
        .execute_batch(
            "ROLLBACK; PRAGMA journal_mode = WAL;
             CREATE TABLE cbtrade_fence(of_somebody_else); INSERT INTO cbtrade_fence VALUES (1)",
        )
        .unwrap();
    leave(&path, "-wal", &left.join("log.db"));
    let temporary = folder.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ROLE, "reader")
        .env(FILE, &left)
        .env("TMPDIR", &temporary)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
}
