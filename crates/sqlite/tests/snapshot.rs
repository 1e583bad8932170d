//! Snapshots of files of every kind.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use cbtrade_sqlite::rusqlite::Connection;
use cbtrade_sqlite::{
    Database, Error, ErrorKind, FileRole, JournalState, SnapshotOptions, fingerprint, take_snapshot,
};

fn quick() -> SnapshotOptions {
    SnapshotOptions {
        wait_ms_max: 100,
        ..SnapshotOptions::default()
    }
}

fn make(path: &Path, sql: &str) {
    // Not through a URI, and not through a name that would be one.
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn count(path: &Path, table: &str) -> i64 {
    Database::open_snapshot(path)
        .unwrap()
        .connection()
        .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
            row.get(0)
        })
        .unwrap()
}

fn refused(source: &Path) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("copy.db");
    let error = take_snapshot(source, &target, &quick()).unwrap_err();
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        0,
        "something was left: {error}"
    );
    let name = source.file_name().unwrap().to_string_lossy().into_owned();
    assert!(error.to_string().contains(&name), "{error}");
    let by_fingerprint = fingerprint(source, &quick()).unwrap_err();
    assert_eq!(by_fingerprint.kind(), error.kind());
    error
}

const THREE: &str = "CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3);";

#[test]
fn a_plain_file() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("plain.db");
    make(&source, THREE);
    let target = folder.path().join("copy.db");
    let report = take_snapshot(&source, &target, &quick()).unwrap();
    assert_eq!(count(&target, "t"), 3);
    assert_eq!(report.source, source.canonicalize().unwrap());
    assert_eq!(report.snapshot, target.canonicalize().unwrap());
    assert_eq!(report.journal, JournalState::None);
    assert_eq!(report.bytes, fs::metadata(&source).unwrap().len());
    assert_eq!(report.files.len(), 1);
    assert_eq!(
        (report.files[0].role, report.files[0].bytes),
        (FileRole::Database, report.bytes)
    );
    assert_eq!(
        fs::metadata(&target).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(fingerprint(&source, &quick()).unwrap(), report.fingerprint);
    // A snapshot of the snapshot is the same content.
    let second = folder.path().join("second.db");
    assert_eq!(
        take_snapshot(&target, &second, &quick())
            .unwrap()
            .fingerprint,
        report.fingerprint
    );
    // An existing destination is replaced.
    make(&source, "DELETE FROM t WHERE a = 1");
    let changed = take_snapshot(&source, &target, &quick()).unwrap();
    assert_eq!(count(&target, "t"), 2);
    assert_ne!(changed.fingerprint, report.fingerprint);
}

#[test]
fn a_checkpoint_does_not_change_the_fingerprint_and_a_commit_does() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("log.db");
    let writer = Connection::open(&source).unwrap();
    writer
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0")
        .unwrap();
    writer.execute_batch(THREE).unwrap();
    let copy_of = |name: &str| {
        // Copied aside first: no other descriptor of a file that this process has open.
        let aside = folder.path().join(name);
        fs::create_dir(&aside).unwrap();
        for suffix in ["", "-wal", "-shm"] {
            let output = Command::new("cp")
                .arg(format!("{}{suffix}", source.display()))
                .arg(aside.join(format!("log.db{suffix}")))
                .output()
                .unwrap();
            assert!(output.status.success());
        }
        fingerprint(&aside.join("log.db"), &quick()).unwrap()
    };
    let before = copy_of("before");
    writer
        .query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(()))
        .unwrap();
    assert_eq!(copy_of("checkpointed"), before);
    writer.execute_batch("INSERT INTO t VALUES (4)").unwrap();
    let after = copy_of("committed");
    assert_ne!(after, before);
    writer.close().unwrap();
    assert!(!folder.path().join("log.db-wal").exists());
    assert_eq!(fingerprint(&source, &quick()).unwrap(), after);
    make(&source, "PRAGMA journal_mode = DELETE");
    assert_eq!(fingerprint(&source, &quick()).unwrap(), after);
}

#[test]
fn odd_names() {
    let folder = tempfile::tempdir().unwrap();
    let names: [&[u8]; 7] = [
        b"50% off?mode=memory#x.db",
        b"file:x?y.db",
        "b\u{f6}rse \u{1f4b0}.db".as_bytes(),
        b"not utf-8 \xff\xfe.db",
        b" spaces and\nnewline ",
        b"%41.db",
        b"-wal",
    ];
    for name in names {
        let odd = folder.path().join(OsStr::from_bytes(name));
        fs::create_dir(&odd).unwrap();
        let source = odd.join(OsStr::from_bytes(name));
        make(&folder.path().join("plain"), THREE);
        fs::rename(folder.path().join("plain"), &source).unwrap();
        let target = odd.join(OsStr::from_bytes(&[name, b".copy"].concat()));
        let report = take_snapshot(&source, &target, &quick()).unwrap();
        assert_eq!(report.damage, Vec::<String>::new());
        assert_eq!(count(&target, "t"), 3, "{source:?}");
        let mut left: Vec<_> = fs::read_dir(&odd)
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        left.sort();
        assert_eq!(left, [source, target]);
    }
}

#[test]
fn symbolic_links_lead_to_the_files_beside_the_real_one() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real");
    fs::create_dir(&real).unwrap();
    let live = real.join("live.db");
    let writer = Connection::open(&live).unwrap();
    writer
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0")
        .unwrap();
    writer.execute_batch(THREE).unwrap();
    let source = real.join("source.db");
    for suffix in ["", "-wal"] {
        let from = format!("{}{suffix}", live.display());
        let to = format!("{}{suffix}", source.display());
        assert!(
            Command::new("cp")
                .args([from, to])
                .status()
                .unwrap()
                .success()
        );
    }
    let link = folder.path().join("link.db");
    symlink("real/source.db", &link).unwrap();
    let target = folder.path().join("copy.db");
    let report = take_snapshot(&link, &target, &quick()).unwrap();
    assert!(matches!(report.journal, JournalState::Wal { .. }));
    assert_eq!(report.source, source.canonicalize().unwrap());
    assert_eq!(count(&target, "t"), 3);
}

#[test]
fn utf16_databases() {
    for encoding in ["UTF-16le", "UTF-16be"] {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("wide.db");
        // A lone surrogate reaches the file as a cast blob.
        let (lone, pair) = match encoding {
            "UTF-16le" => ("00d84100", "3dd800de"),
            _ => ("d8000041", "d83dde00"),
        };
        make(
            &source,
            &format!(
                "PRAGMA encoding = '{encoding}';
                 CREATE TABLE t(a TEXT, b TEXT); CREATE TABLE flat(k TEXT PRIMARY KEY) WITHOUT ROWID;
                 INSERT INTO t(rowid, a, b) VALUES (7, 'fine', CAST(x'{lone}' AS TEXT)),
                   (8, CAST(x'{pair}' AS TEXT), x'{lone}'), (9, NULL, CAST(x'41' AS TEXT));
                 INSERT INTO flat VALUES ('a'), ('b');"
            ),
        );
        let target = folder.path().join("copy.db");
        take_snapshot(&source, &target, &quick()).unwrap();
        let database = Database::open_snapshot(&target).unwrap();
        assert_eq!(database.encoding(), encoding);
        let (found, total) = database.invalid_utf16_texts(10).unwrap();
        assert_eq!(total, 1, "{found:?}");
        assert_eq!(
            (
                found[0].table.as_str(),
                found[0].column.as_str(),
                found[0].address
            ),
            ("t", "b", 7)
        );
        assert_eq!(found[0].bytes.len(), 4);
        let (none, total) = database.invalid_utf16_texts(0).unwrap();
        assert_eq!((none.len(), total), (0, 1));
    }
}

#[test]
fn an_empty_file_is_an_empty_database() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("empty.db");
    fs::write(&source, b"").unwrap();
    let target = folder.path().join("copy.db");
    let report = take_snapshot(&source, &target, &quick()).unwrap();
    assert_eq!((report.bytes, report.damage.len()), (0, 0));
    assert_eq!(fingerprint(&source, &quick()).unwrap(), report.fingerprint);
    let schema = Database::open_snapshot(&target)
        .unwrap()
        .raw_schema()
        .unwrap();
    assert_eq!(schema.tables, []);
    // Emptied by accident, with its log still there: nothing that may pass in silence.
    fs::write(folder.path().join("empty.db-wal"), [7; 5000]).unwrap();
    let report = take_snapshot(&source, &target, &quick()).unwrap();
    assert!(
        report
            .damage
            .iter()
            .any(|line| line.contains("write-ahead log of 5000 bytes"))
    );
}

#[test]
fn what_is_not_a_database_is_refused_by_kind() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert_eq!(refused(&at("absent.db")).kind(), ErrorKind::NotFound);
    assert_eq!(
        refused(&at("absent folder/x.db")).kind(),
        ErrorKind::NotFound
    );
    fs::create_dir(at("folder.db")).unwrap();
    let error = refused(&at("folder.db"));
    assert_eq!(error.kind(), ErrorKind::NotADatabase);
    assert!(error.to_string().contains("a folder"));
    assert!(
        Command::new("mkfifo")
            .arg(at("pipe.db"))
            .status()
            .unwrap()
            .success()
    );
    assert!(refused(&at("pipe.db")).to_string().contains("a pipe"));
    let noise: Vec<u8> = noise().take(8192).collect();
    let cases: [(&str, &[u8], ErrorKind); 8] = [
        ("text.db", b"id,price\n1,2\n", ErrorKind::NotADatabase),
        (
            "zip.db",
            b"PK\x03\x04rest of the archive",
            ErrorKind::NotADatabase,
        ),
        ("zeros.db", &[0; 4096], ErrorKind::NotADatabase),
        ("short.db", b"SQLite f", ErrorKind::Truncated),
        (
            "header.db",
            b"SQLite format 3\0\x10\0",
            ErrorKind::Truncated,
        ),
        ("encrypted.db", &noise, ErrorKind::LooksEncrypted),
        ("noise.db", &noise[..8000], ErrorKind::NotADatabase),
        (
            "log.db",
            b"\x37\x7f\x06\x82\0\x2d\xe2\x18",
            ErrorKind::NotADatabase,
        ),
    ];
    for (name, content, expected) in cases {
        fs::write(at(name), content).unwrap();
        let error = refused(&at(name));
        assert_eq!(error.kind(), expected, "{name}: {error}");
    }
}

/// A fixed stream of even bytes.
fn noise() -> impl Iterator<Item = u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    })
}

#[test]
fn a_file_that_may_not_be_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("private.db");
    make(&source, THREE);
    fs::set_permissions(&source, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&source).is_ok() {
        eprintln!("a_file_that_may_not_be_read_is_refused: this user may read everything");
        return;
    }
    assert_eq!(refused(&source).kind(), ErrorKind::NoPermission);
}

#[test]
fn damage_is_told_and_copied() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("damaged.db");
    make(
        &source,
        "CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(100000));",
    );
    let whole = fs::read(&source).unwrap();
    let target = folder.path().join("copy.db");
    fs::write(&source, &whole[..50_000]).unwrap();
    let report = take_snapshot(&source, &target, &quick()).unwrap();
    assert!(
        report
            .damage
            .iter()
            .any(|line| line.contains("pages are missing")),
        "{report:?}"
    );
    assert_eq!(fs::read(&target).unwrap(), whole[..50_000]);
    assert_eq!(fingerprint(&source, &quick()).unwrap(), report.fingerprint);
    // A header that is no header is refused unless asked for.
    let mut bad = whole;
    bad[..16].fill(b'x');
    fs::write(&source, &bad).unwrap();
    assert_eq!(refused(&source).kind(), ErrorKind::NotADatabase);
    let any = SnapshotOptions {
        any_header: true,
        ..quick()
    };
    let report = take_snapshot(&source, &target, &any).unwrap();
    assert!(!report.damage.is_empty());
    assert_eq!(fs::read(&target).unwrap(), bad);
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("large.db");
    make(
        &source,
        "CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(3000000));",
    );
    let small = folder.path().join("small");
    fs::create_dir(&small).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(&small)
        .output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("a_full_disk_leaves_nothing_behind: this user may not mount a small file system");
        return;
    }
    let result = take_snapshot(&source, &small.join("copy.db"), &quick());
    let left = fs::read_dir(&small).unwrap().count();
    // Lazily: a child that another test starts at this moment holds the file open until it runs its program.
    assert!(
        Command::new("umount")
            .arg("-l")
            .arg(&small)
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(result.unwrap_err().kind(), ErrorKind::DiskFull);
    assert_eq!(left, 0);
}

#[test]
fn the_source_itself_is_no_destination() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.db");
    make(&source, THREE);
    let before = fs::read(&source).unwrap();
    let other_name: PathBuf = folder.path().join(".").join("source.db");
    take_snapshot(&source, &other_name, &quick()).unwrap_err();
    assert_eq!(fs::read(&source).unwrap(), before);
}
