//! Diagnosis of a file and of a server, without changing anything on either side.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use cbtrade_mysql::{Session, SessionOptions, Target, UnsafeSetting};
use cbtrade_sqlite::{
    Database, FENCE_TABLE, FenceMarker, IntegrityProblem, SnapshotOptions, TableKind,
    quote_identifier, read_fence, take_snapshot,
};
use serde::Serialize;

use crate::error::Error;
use crate::source::Role;
use crate::target::{TargetState, database_exists, state};

/// Integrity problems that are listed one by one.
const PROBLEMS_MAX: usize = 50;
/// How long a diagnosis waits for the locks of others, in milliseconds: who holds them is part of the answer.
const WAIT_MS_MAX: u64 = 5_000;
/// Length of SQLite's header in bytes.
const HEADER_BYTES: usize = 100;

/// What can be seen of a file without reading its tables.
#[derive(Clone, Debug, Serialize)]
pub struct FileOutside {
    /// The file, with links resolved where it exists.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
    /// Size of the `-wal` file in bytes, where there is one.
    pub wal_bytes: Option<u64>,
    /// Size of the `-journal` file in bytes, where there is one.
    pub journal_bytes: Option<u64>,
    /// `wal`, `rollback`, or `none` for a file without SQLite's header.
    pub journal_mode: &'static str,
    /// Processes that have the file open, as far as this user may see them.
    pub open_in: Vec<Process>,
    /// Locks on the file and its `-shm` file.
    pub locks: Vec<Lock>,
}

/// A process of this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Process {
    /// Process number.
    pub pid: u32,
    /// Name of its program.
    pub program: String,
}

/// A lock that a process holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lock {
    /// Who holds it.
    pub process: Process,
    /// What for: reading, writing, waiting-to-write, checkpoint, recovery, connected.
    pub purpose: &'static str,
}

/// What the tables of a file say.
#[derive(Clone, Debug, Serialize)]
pub struct FileInside {
    /// Bytes per page.
    pub page_bytes: u32,
    /// Text encoding.
    pub encoding: String,
    /// What the file holds.
    pub role: Role,
    /// Integrity problems, the first fifty; empty for a sound file.
    pub problems: Vec<IntegrityProblem>,
    /// Tables with rows that break a foreign key (of the first thousand such rows), and how many.
    pub foreign_key_violations: BTreeMap<String, u64>,
    /// All rows that break a foreign key.
    pub foreign_key_violations_total: u64,
    /// Tables with their rows.
    pub tables: Vec<TableInside>,
    /// The fence of a cut-over, where there is one.
    pub fence: Option<FenceMarker>,
}

/// A table of a file.
#[derive(Clone, Debug, Serialize)]
pub struct TableInside {
    /// Its name.
    pub name: String,
    /// Its rows; `None` where they cannot be counted.
    pub rows: Option<u64>,
    /// Whether CBTrade's catalogue knows it.
    pub known: bool,
}

/// What can be seen of a server.
#[derive(Clone, Debug, Serialize)]
pub struct ServerDiagnosis {
    /// The server, without a password.
    pub target: String,
    /// MariaDB or MySQL, with the version.
    pub version: String,
    /// The account that the server took us for.
    pub account: String,
    /// Largest packet that it takes, in bytes.
    pub packet_bytes_max: u64,
    /// Whether it takes no writes.
    pub read_only: bool,
    /// Settings that can lose or harm data.
    pub unsafe_settings: Vec<UnsafeSetting>,
    /// Rights that a migration needs and that were not granted to the account itself (a role may still hold them).
    pub rights_missing: Vec<String>,
    /// Whether triggers may be refused although the rights are there (binary log without trust in their makers).
    pub triggers_doubtful: bool,
    /// The databases that a migration would use.
    pub databases: Vec<DatabaseState>,
}

/// A database of a server.
#[derive(Clone, Debug, Serialize)]
pub struct DatabaseState {
    /// Its name.
    pub name: String,
    /// `absent`, `empty`, `migration` (one of ours) or `occupied`.
    pub state: &'static str,
    /// Some of what it holds.
    pub holds: Vec<String>,
}

/// Looks at a file from outside: size, journal, who has it open, who holds locks.
///
/// # Errors
/// A file that is not there, may not be read, or is none of SQLite's.
pub fn file_outside(path: &Path) -> Result<FileOutside, Error> {
    let failed = |source| Error::Work {
        path: path.to_owned(),
        action: "read",
        source,
    };
    let resolved = path.canonicalize().map_err(failed)?;
    let metadata = fs::metadata(&resolved).map_err(failed)?;
    let companion = |suffix: &str| {
        let mut name = resolved.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let size = |suffix: &str| {
        fs::metadata(companion(suffix))
            .ok()
            .map(|metadata| metadata.len())
    };
    let mut header = Vec::with_capacity(HEADER_BYTES);
    if metadata.is_file() {
        let length = HEADER_BYTES as u64;
        fs::File::open(&resolved)
            .and_then(|file| file.take(length).read_to_end(&mut header))
            .map_err(failed)?;
    }
    let journal_mode = match header.get(..20) {
        Some(start) if start.starts_with(b"SQLite format 3\0") => {
            if start[18] == 2 || start[19] == 2 {
                "wal"
            } else {
                "rollback"
            }
        }
        _ => "none",
    };
    let open_in = processes_with(&resolved);
    let mut locks = locks_on(&resolved, &open_in, database_lock);
    locks.extend(locks_on(&companion("-shm"), &open_in, log_lock));
    locks.sort_by_key(|lock| (lock.process.pid, lock.purpose));
    locks.dedup();
    Ok(FileOutside {
        bytes: metadata.len(),
        wal_bytes: size("-wal"),
        journal_bytes: size("-journal"),
        journal_mode,
        open_in,
        locks,
        path: resolved,
    })
}

/// Processes that have a file open, but for this one.
fn processes_with(file: &Path) -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let mut found: Vec<Process> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| *pid != std::process::id())
        .filter(|pid| {
            fs::read_dir(format!("/proc/{pid}/fd")).is_ok_and(|descriptors| {
                descriptors
                    .filter_map(Result::ok)
                    .any(|entry| fs::read_link(entry.path()).is_ok_and(|link| link == file))
            })
        })
        .map(process)
        .collect();
    found.sort_by_key(|process| process.pid);
    found
}

fn process(pid: u32) -> Process {
    let program = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Process {
        pid,
        program: program.trim().to_owned(),
    }
}

/// The locks of `/proc/locks` on a file.
fn locks_on(
    file: &Path,
    open_in: &[Process],
    purpose: fn(bool, u64, u64) -> Option<&'static str>,
) -> Vec<Lock> {
    let Ok(metadata) = fs::metadata(file) else {
        return Vec::new();
    };
    let Ok(text) = fs::read_to_string("/proc/locks") else {
        return Vec::new();
    };
    text.lines()
        .filter_map(parse_lock)
        .filter(|lock| {
            lock.inode == metadata.ino()
                // Some file systems show another device number there.
                && (lock.device == device_name(metadata.dev())
                    || open_in.iter().any(|process| process.pid == lock.pid))
        })
        .filter(|lock| lock.pid != std::process::id())
        .filter_map(|lock| {
            Some(Lock {
                process: process(lock.pid),
                purpose: purpose(lock.write, lock.first, lock.last)?,
            })
        })
        .collect()
}

struct LockLine {
    write: bool,
    pid: u32,
    device: String,
    inode: u64,
    first: u64,
    last: u64,
}

/// A line such as `1: POSIX  ADVISORY  WRITE 4711 fe:01:131074 1073741825 1073741825`.
fn parse_lock(line: &str) -> Option<LockLine> {
    let words: Vec<&str> = line.split_whitespace().collect();
    // A line with an arrow is a lock that is waited for.
    if words.get(1) == Some(&"->") {
        return None;
    }
    let (device, inode) = words.get(5)?.rsplit_once(':')?;
    Some(LockLine {
        write: *words.get(3)? == "WRITE",
        pid: words.get(4)?.parse().ok()?,
        device: device.to_owned(),
        inode: inode.parse().ok()?,
        first: words.get(6)?.parse().ok()?,
        last: words.get(7)?.parse().unwrap_or(u64::MAX),
    })
}

fn device_name(device: u64) -> String {
    let major = ((device >> 8) & 0xfff) | ((device >> 32) & !0xfff);
    let minor = (device & 0xff) | ((device >> 12) & !0xff);
    format!("{major:02x}:{minor:02x}")
}

/// SQLite's lock bytes in the database file: PENDING, RESERVED, then 510 for SHARED.
fn database_lock(write: bool, first: u64, last: u64) -> Option<&'static str> {
    const PENDING: u64 = 0x4000_0000;
    const SHARED_LAST: u64 = PENDING + 511;
    if last < PENDING || first > SHARED_LAST {
        return None;
    }
    Some(match (write, first) {
        (true, first) if first > PENDING + 1 || last > PENDING + 1 => "writing",
        (true, first) if first <= PENDING => "waiting-to-write",
        (true, _) => "writing",
        (false, _) => "reading",
    })
}

/// The lock bytes of the `-shm` file: write, checkpoint, recover, five readers, one for every connection.
fn log_lock(write: bool, first: u64, _last: u64) -> Option<&'static str> {
    Some(match (write, first) {
        (true, 120) => "writing",
        (true, 121) => "checkpoint",
        (true, 122) => "recovery",
        (_, 123..=127) => "reading",
        (_, 128) => "connected",
        _ => return None,
    })
}

/// Looks into a file, through a private snapshot in `scratch` that is removed again.
///
/// # Errors
/// Those of a snapshot; no room for it.
pub fn file_inside(path: &Path, scratch: &Path) -> Result<FileInside, Error> {
    let failed_folder = |source| Error::Work {
        path: scratch.to_owned(),
        action: "made",
        source,
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(scratch)
        .map_err(failed_folder)?;
    remove_left(scratch);
    let snapshot = scratch.join(format!("{}.db", std::process::id()));
    let options = SnapshotOptions {
        wait_ms_max: WAIT_MS_MAX,
        ..SnapshotOptions::default()
    };
    let failed = |source| Error::source(path, source);
    let looked = take_snapshot(path, &snapshot, &options)
        .map_err(failed)
        .and_then(|report| {
            let mut inside = look_inside(path, &snapshot)?;
            inside
                .problems
                .splice(0..0, report.damage.into_iter().map(damaged));
            Ok(inside)
        });
    let _ = fs::remove_file(&snapshot);
    looked
}

fn damaged(text: String) -> IntegrityProblem {
    IntegrityProblem {
        kind: cbtrade_sqlite::ProblemKind::Table,
        text,
    }
}

/// Removes the snapshots of diagnoses that were cut off.
fn remove_left(scratch: &Path) {
    for entry in fs::read_dir(scratch)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
    {
        let path = entry.path();
        let gone = path
            .file_stem()
            .and_then(|stem| stem.to_str()?.parse::<u32>().ok())
            .is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists());
        if gone {
            let _ = fs::remove_file(path);
        }
    }
}

fn look_inside(path: &Path, snapshot: &Path) -> Result<FileInside, Error> {
    let failed = |source| Error::source(path, source);
    let database = Database::open_snapshot(snapshot).map_err(failed)?;
    let schema = database.raw_schema().map_err(failed)?;
    let problems = match database.integrity_problems(PROBLEMS_MAX) {
        Ok(problems) => problems,
        Err(error) => vec![damaged(error.to_string())],
    };
    let (violations, total) = database.foreign_key_violations(1000).unwrap_or_default();
    let mut by_table = BTreeMap::new();
    for violation in violations {
        *by_table.entry(violation.table).or_insert(0) += 1;
    }
    let mut tables = Vec::new();
    let (mut trading, mut candles) = (false, false);
    for table in &schema.tables {
        if table.kind == TableKind::Shadow || table.name == FENCE_TABLE {
            continue;
        }
        let names: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let of_trading = cbtrade_catalog::recognise(&table.name, &names).is_some();
        let of_candles = cbtrade_catalog::recognise_candles(&names).is_some();
        trading |= of_trading;
        candles |= of_candles;
        tables.push(TableInside {
            rows: count(&database, &table.name),
            name: table.name.clone(),
            known: of_trading || of_candles,
        });
    }
    let pragma = |name: &str| {
        database
            .connection()
            .query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, u32>(0))
            .unwrap_or(0)
    };
    Ok(FileInside {
        page_bytes: pragma("page_size"),
        encoding: database.encoding().to_owned(),
        role: match (trading, candles) {
            (true, _) => Role::Trading,
            (false, true) => Role::Candles,
            (false, false) => Role::Other,
        },
        problems,
        foreign_key_violations: by_table,
        foreign_key_violations_total: total,
        fence: fence_in(&database).or_else(|| closed(path)),
        tables,
    })
}

fn count(database: &Database, table: &str) -> Option<u64> {
    let sql = format!("SELECT count(*) FROM main.{}", quote_identifier(table));
    database
        .connection()
        .query_row(&sql, [], |row| row.get::<_, i64>(0))
        .ok()
        .and_then(|rows| u64::try_from(rows).ok())
}

fn fence_in(database: &Database) -> Option<FenceMarker> {
    let sql = format!("SELECT migration, message, at FROM main.{FENCE_TABLE}");
    database
        .connection()
        .query_row(&sql, [], |row| {
            Ok(FenceMarker {
                migration: row.get(0)?,
                message: row.get(1)?,
                at: row.get(2)?,
            })
        })
        .ok()
}

/// A fence that is not in the tables. A log beside the file means that there is none, and would have to be copied.
fn closed(path: &Path) -> Option<FenceMarker> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if Path::new(&log).exists() {
        return None;
    }
    let options = SnapshotOptions {
        wait_ms_max: WAIT_MS_MAX,
        ..SnapshotOptions::default()
    };
    read_fence(path, &options).ok().flatten()
}

/// Rights that a migration needs on its databases.
const RIGHTS: [&str; 10] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "DROP",
    "ALTER",
    "INDEX",
    "REFERENCES",
    "TRIGGER",
];

/// Looks at a server and at the databases that a migration would use.
///
/// # Errors
/// A server that cannot be reached or used.
pub async fn server(target: &Target, databases: &[String]) -> Result<ServerDiagnosis, Error> {
    let mut session = Session::open(&target.without_database(), &SessionOptions::default())
        .await
        .map_err(Error::server("the server cannot be used"))?;
    let capabilities = session.capabilities().clone();
    let account: Vec<String> = session
        .query("SELECT CURRENT_USER()")
        .await
        .map_err(Error::server("the account could not be asked for"))?;
    let account = account.into_iter().next().unwrap_or_default();
    let rights_missing = rights_missing(&mut session, &account, databases).await?;
    let mut states = Vec::with_capacity(databases.len());
    for name in databases {
        states.push(database_state(&mut session, name).await?);
    }
    session.close().await;
    Ok(ServerDiagnosis {
        target: target.display(),
        version: format!("{} {}", capabilities.product, capabilities.version_text),
        account,
        packet_bytes_max: capabilities.max_allowed_packet,
        read_only: capabilities.read_only,
        unsafe_settings: capabilities.unsafe_settings,
        rights_missing,
        triggers_doubtful: capabilities.log_bin && !capabilities.trust_function_creators,
        databases: states,
    })
}

async fn rights_missing(
    session: &mut Session,
    account: &str,
    databases: &[String],
) -> Result<Vec<String>, Error> {
    let (user, host) = account.rsplit_once('@').unwrap_or((account, "%"));
    let grantee = format!("'{user}'@'{host}'");
    let failed = || Error::server("the account's rights could not be listed");
    let everywhere: Vec<String> = session
        .query_with(
            "SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = ?",
            (&grantee,),
        )
        .await
        .map_err(failed())?;
    let mut missing = Vec::new();
    for database in databases {
        let here: Vec<String> = session
            .query_with(
                "SELECT PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES \
                 WHERE GRANTEE = ? AND ? LIKE TABLE_SCHEMA",
                (&grantee, database),
            )
            .await
            .map_err(failed())?;
        let lacking: Vec<&str> = RIGHTS
            .into_iter()
            .filter(|right| {
                !everywhere
                    .iter()
                    .chain(&here)
                    .any(|granted| granted == right)
            })
            .collect();
        if !lacking.is_empty() {
            missing.push(format!("{} on {database}", lacking.join(", ")));
        }
    }
    Ok(missing)
}

async fn database_state(session: &mut Session, name: &str) -> Result<DatabaseState, Error> {
    let (state, holds) = match state(
        session,
        &std::collections::BTreeSet::from([name.to_owned()]),
    )
    .await?
    {
        TargetState::Empty if database_exists(session, name).await? => ("empty", Vec::new()),
        TargetState::Empty => ("absent", Vec::new()),
        TargetState::Ours { id } => ("migration", vec![id]),
        TargetState::Other { found } => ("occupied", found),
    };
    Ok(DatabaseState {
        name: name.to_owned(),
        state,
        holds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_lines_are_understood() {
        let lock = parse_lock("3: POSIX  ADVISORY  WRITE 4711 fe:01:131074 1073741825 1073741825")
            .unwrap();
        assert_eq!((lock.pid, lock.inode, lock.write), (4711, 131_074, true));
        assert_eq!(lock.device, "fe:01");
        assert_eq!(
            database_lock(lock.write, lock.first, lock.last),
            Some("writing")
        );
        assert!(parse_lock("3: -> POSIX  ADVISORY  WRITE 4711 fe:01:131074 1 1").is_none());
        assert_eq!(
            database_lock(false, 1_073_741_826, 1_073_742_335),
            Some("reading")
        );
        assert_eq!(
            database_lock(true, 1_073_741_824, 1_073_741_824),
            Some("waiting-to-write")
        );
        assert_eq!(database_lock(true, 5, 6), None);
        assert_eq!(log_lock(true, 120, 120), Some("writing"));
        assert_eq!(log_lock(false, 128, 128), Some("connected"));
    }

    #[test]
    fn a_file_is_seen_from_outside_and_inside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let connection = cbtrade_sqlite::rusqlite::Connection::open(&path).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1),(2);",
            )
            .unwrap();
        let outside = file_outside(&path).unwrap();
        assert_eq!(outside.journal_mode, "wal");
        assert!(outside.wal_bytes.is_some());
        let inside = file_inside(&path, &folder.path().join("scratch")).unwrap();
        assert!(inside.problems.is_empty());
        assert_eq!(inside.tables.len(), 1);
        assert_eq!(inside.tables[0].rows, Some(2));
        assert_eq!(inside.role, Role::Other);
        let left = fs::read_dir(folder.path().join("scratch")).unwrap().count();
        assert_eq!(left, 0);
    }
}
