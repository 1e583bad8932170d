//! Builds a case's file and does to it what the case's setup words say.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cbtrade_sqlite::rusqlite::fallible_iterator::FallibleIterator as _;
use cbtrade_sqlite::rusqlite::{Batch, Connection};

use crate::Outcome;
use crate::case::{Case, Role, Setup, read_script};

/// The files that SQLite keeps beside a database.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What fills damaged pages and junk companions.
const JUNK: u8 = 0x5A;

const ROLE_VARIABLE: &str = "CBTRADE_CORPUS_ROLE";
const CASE_VARIABLE: &str = "CBTRADE_CORPUS_CASE_FOLDER";
const FILE_VARIABLE: &str = "CBTRADE_CORPUS_FILE";
const READY_VARIABLE: &str = "CBTRADE_CORPUS_READY";

/// A case's file as the tool will find it.
pub(crate) struct Prepared {
    /// The path that the tool is given.
    pub(crate) path: PathBuf,
    /// A plain copy of the file and its companions, made before the tool runs; absent where there is no file.
    pub(crate) copy: Option<PathBuf>,
    /// Why the case cannot be run here.
    pub(crate) skipped: Option<String>,
    work: PathBuf,
    holder: Option<Child>,
}

impl Prepared {
    /// Every file of the source with its content's digest: must be the same before and after.
    pub(crate) fn fingerprint(&self) -> Outcome<BTreeMap<PathBuf, String>> {
        let mut found = BTreeMap::new();
        for folder in ["source", "elsewhere"] {
            let folder = self.work.join(folder);
            if !folder.exists() {
                continue;
            }
            for entry in fs::read_dir(&folder).map_err(|error| error.to_string())? {
                let path = entry.map_err(|error| error.to_string())?.path();
                let content = match fs::read(&path) {
                    Ok(bytes) => blake3::hash(&bytes).to_hex().to_string(),
                    Err(error) => error.kind().to_string(),
                };
                found.insert(path, content);
            }
        }
        Ok(found)
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        if let Some(mut holder) = self.holder.take() {
            let _ = holder.kill();
            let _ = holder.wait();
        }
        // Else the folder could not be removed.
        let _ = fs::set_permissions(self.work.join("source"), fs::Permissions::from_mode(0o700));
    }
}

/// Builds the case's file below `work`. `test` is the name of the test that acts when started again in a role.
pub(crate) fn prepare(case: &Case, work: &Path, test: &str) -> Outcome<Prepared> {
    let folder = work.join("source");
    fs::create_dir(&folder).map_err(|error| error.to_string())?;
    let mut prepared = Prepared {
        path: folder.join("source.db"),
        copy: None,
        skipped: None,
        work: work.to_owned(),
        holder: None,
    };
    let role = case.role();
    if role != Some(Role::LeaveWal) {
        let connection = open(&prepared.path)?;
        if role == Some(Role::HeldWalWriter) {
            run_script(&connection, "PRAGMA journal_mode = WAL")?;
        }
        run_script(&connection, &case.script("source.sql")?)?;
    }
    for word in &case.setup {
        apply(word, case, &mut prepared, test).map_err(|error| format!("{word:?}: {error}"))?;
    }
    prepared.copy = copy_of(&prepared.path, work)?;
    Ok(prepared)
}

fn open(path: &Path) -> Outcome<Connection> {
    // By flags without URI names: some cases have names that look like one.
    let flags = cbtrade_sqlite::rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE
        | cbtrade_sqlite::rusqlite::OpenFlags::SQLITE_OPEN_CREATE;
    Connection::open_with_flags(path, flags).map_err(|error| error.to_string())
}

/// Runs a script; each statement is stepped once, so one that returns rows does its work in its first step.
pub(crate) fn run_script(connection: &Connection, sql: &str) -> Outcome<()> {
    let mut batch = Batch::new(connection, sql);
    loop {
        let statement = batch.next().map_err(|error| error.to_string())?;
        let Some(mut statement) = statement else {
            return Ok(());
        };
        let text = statement.expanded_sql().unwrap_or_default();
        let mut rows = statement.raw_query();
        if let Err(error) = rows.next() {
            let start: String = text.chars().take(80).collect();
            return Err(format!("{error} in: {start}"));
        }
    }
}

/// A companion's path.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn apply(word: &Setup, case: &Case, prepared: &mut Prepared, test: &str) -> Outcome<()> {
    let path = prepared.path.clone();
    let text = |error: std::io::Error| error.to_string();
    match word {
        Setup::Truncate(bytes) => truncate(&path, *bytes),
        Setup::TruncatePercent(percent) => {
            let bytes = fs::metadata(&path).map_err(text)?.len();
            truncate(&path, bytes * percent / 100)
        }
        Setup::CorruptPage(page) => corrupt_page(&path, *page),
        Setup::CorruptRoot(name) => {
            let connection = open(&path)?;
            let page: u32 = connection
                .query_row(
                    "SELECT rootpage FROM sqlite_schema WHERE name = ?",
                    [name],
                    |row| row.get(0),
                )
                .map_err(|error| error.to_string())?;
            drop(connection);
            corrupt_page(&path, u64::from(page))
        }
        Setup::Overwrite(offset, bytes) => write_at(&path, *offset, bytes),
        Setup::Append(count) => {
            let bytes = fs::metadata(&path).map_err(text)?.len();
            write_at(&path, bytes, &vec![0; *count])
        }
        Setup::NotSqlite => {
            let lines = "at,price\n2024-01-05,1.5\n".repeat(100);
            fs::write(&path, lines).map_err(text)
        }
        Setup::Encrypted => {
            let bytes = cbtrade_testkit::Random::new(1).bytes(8192);
            fs::write(&path, bytes).map_err(text)
        }
        Setup::EmptyFile => truncate(&path, 0),
        Setup::Missing => fs::remove_file(&path).map_err(text),
        Setup::NoPermission => {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).map_err(text)?;
            if fs::File::open(&path).is_ok() {
                prepared.skipped = Some("this user may read a file of mode 000".to_owned());
            }
            Ok(())
        }
        Setup::Rename(name) => rename(prepared, name),
        Setup::Symlink => symlink(prepared),
        Setup::ReadOnlyFolder => {
            let folder = prepared.work.join("source");
            fs::set_permissions(folder, fs::Permissions::from_mode(0o500)).map_err(text)
        }
        Setup::Process(role) => start_process(*role, case, prepared, test),
        Setup::RemoveBeside(suffix) => fs::remove_file(beside(&path, suffix)).map_err(text),
        Setup::CutBeside(suffix, count) => {
            let companion = beside(&path, suffix);
            let bytes = fs::metadata(&companion).map_err(text)?.len();
            truncate(&companion, bytes.saturating_sub(*count))
        }
        Setup::JunkBeside(suffix) => {
            fs::write(beside(&path, suffix), vec![JUNK; 8192]).map_err(text)
        }
    }
}

fn truncate(path: &Path, bytes: u64) -> Outcome<()> {
    let file = fs::OpenOptions::new().write(true).open(path);
    file.and_then(|file| file.set_len(bytes))
        .map_err(|error| error.to_string())
}

fn write_at(path: &Path, offset: u64, bytes: &[u8]) -> Outcome<()> {
    let file = fs::OpenOptions::new().write(true).open(path);
    file.and_then(|file| file.write_all_at(bytes, offset))
        .map_err(|error| error.to_string())
}

fn corrupt_page(path: &Path, page: u64) -> Outcome<()> {
    let mut head = [0_u8; 18];
    fs::File::open(path)
        .and_then(|file| file.read_exact_at(&mut head, 0))
        .map_err(|error| error.to_string())?;
    let page_bytes = match u16::from_be_bytes([head[16], head[17]]) {
        1 => 65_536,
        bytes => u64::from(bytes),
    };
    let file_bytes = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if page == 0 || page * page_bytes > file_bytes {
        return Err(format!("the file has no page {page}"));
    }
    let junk = vec![JUNK; usize::try_from(page_bytes).unwrap_or(0)];
    write_at(path, (page - 1) * page_bytes, &junk)
}

fn rename(prepared: &mut Prepared, name: &str) -> Outcome<()> {
    let new = prepared.work.join("source").join(name);
    let old = std::mem::replace(&mut prepared.path, new.clone());
    fs::rename(&old, &new).map_err(|error| error.to_string())?;
    for suffix in COMPANIONS {
        let companion = beside(&old, suffix);
        if companion.exists() {
            fs::rename(companion, beside(&new, suffix)).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

fn symlink(prepared: &Prepared) -> Outcome<()> {
    let folder = prepared.work.join("elsewhere");
    fs::create_dir(&folder).map_err(|error| error.to_string())?;
    let name = prepared.path.file_name().ok_or("the file has no name")?;
    let moved = folder.join(name);
    fs::rename(&prepared.path, &moved).map_err(|error| error.to_string())?;
    for suffix in COMPANIONS {
        let companion = beside(&prepared.path, suffix);
        if companion.exists() {
            fs::rename(companion, beside(&moved, suffix)).map_err(|error| error.to_string())?;
        }
    }
    std::os::unix::fs::symlink(&moved, &prepared.path).map_err(|error| error.to_string())
}

/// Copies the file with its log and journal to a place where SQLite may open it as it likes.
fn copy_of(path: &Path, work: &Path) -> Outcome<Option<PathBuf>> {
    let Ok(true_path) = path.canonicalize() else {
        return Ok(None);
    };
    let folder = work.join("copy");
    fs::create_dir(&folder).map_err(|error| error.to_string())?;
    let copy = folder.join("copy.db");
    for suffix in ["", "-wal", "-journal"] {
        let from = beside(&true_path, suffix);
        if from.exists() {
            let bytes = fs::read(&from).map_err(|error| format!("{}: {error}", from.display()))?;
            fs::write(beside(&copy, suffix), bytes).map_err(|error| error.to_string())?;
        }
    }
    Ok(Some(copy))
}

/// Starts this test binary again in a role, and waits until it stands where it should.
fn start_process(role: Role, case: &Case, prepared: &mut Prepared, test: &str) -> Outcome<()> {
    let text = |error: std::io::Error| error.to_string();
    let ready = prepared.work.join("ready");
    let program = std::env::current_exe().map_err(text)?;
    let mut child = Command::new(program)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ROLE_VARIABLE, role.word())
        .env(CASE_VARIABLE, &case.folder)
        .env(FILE_VARIABLE, &prepared.path)
        .env(READY_VARIABLE, &ready)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(text)?;
    let began = Instant::now();
    while !ready.exists() {
        if let Some(status) = child.try_wait().map_err(text)? {
            return Err(format!("the other process ended early: {status}"));
        }
        if began.elapsed() > Duration::from_secs(120) {
            let _ = child.kill();
            let _ = child.wait();
            return Err("the other process never got ready".to_owned());
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    if !role.leaves() {
        prepared.holder = Some(child);
        return Ok(());
    }
    child.kill().map_err(text)?;
    child.wait().map_err(text)?;
    let left = match role {
        Role::LeaveWal => beside(&prepared.path, "-wal"),
        _ => beside(&prepared.path, "-journal"),
    };
    let begins: &[u8] = match role {
        Role::LeaveWal => &[0x37, 0x7f, 0x06],
        _ => &[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7],
    };
    let content = fs::read(&left).map_err(|error| format!("{}: {error}", left.display()))?;
    if content.starts_with(begins) {
        Ok(())
    } else {
        Err(format!("{} does not begin as it should", left.display()))
    }
}

/// Plays the role that the environment gives this process; `false` where it gives none.
pub(crate) fn play_role() -> Outcome<bool> {
    let Some(role) = std::env::var(ROLE_VARIABLE)
        .ok()
        .as_deref()
        .and_then(Role::of_word)
    else {
        return Ok(false);
    };
    let place = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .ok_or(name.to_owned())
    };
    let (file, folder) = (place(FILE_VARIABLE)?, place(CASE_VARIABLE)?);
    let connection = open(&file)?;
    match role {
        Role::LeaveWal => {
            run_script(
                &connection,
                "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0",
            )?;
            run_script(&connection, &read_script(&folder, "source.sql")?)?;
            leave_open(role, &connection, &folder)?;
        }
        Role::LeaveHotJournal | Role::HeldReserved | Role::HeldWalWriter => {
            leave_open(role, &connection, &folder)?;
        }
        Role::HeldExclusive => run_script(&connection, "BEGIN EXCLUSIVE")?,
        Role::HeldShared => {}
    }
    let table: String = connection
        .query_row(
            "SELECT name FROM sqlite_schema WHERE type = 'table' LIMIT 1",
            [],
            |row| row.get(0),
        )
        .map_err(|error| error.to_string())?;
    let sql = format!("SELECT * FROM {}", cbtrade_sqlite::quote_identifier(&table));
    let mut statement = connection
        .prepare(&sql)
        .map_err(|error| error.to_string())?;
    let mut rows = statement.raw_query();
    if role == Role::HeldShared {
        rows.next().map_err(|error| error.to_string())?;
    }
    fs::write(place(READY_VARIABLE)?, b"").map_err(|error| error.to_string())?;
    // Ends when it is killed, or when the process that started it is gone.
    let mut line = String::new();
    let _ = std::io::stdin().read_line(&mut line);
    std::process::exit(0);
}

/// Leaves a transaction open. Of a process that is killed, pages must have reached the files; one that stays must not
/// have begun to write the database file, or nobody could read beside it.
fn leave_open(role: Role, connection: &Connection, folder: &Path) -> Outcome<()> {
    if !folder.join("uncommitted.sql").exists() {
        return Ok(());
    }
    if role.leaves() {
        run_script(connection, "PRAGMA cache_size = 5")?;
    }
    run_script(connection, "BEGIN IMMEDIATE")?;
    run_script(connection, &read_script(folder, "uncommitted.sql")?)
}
