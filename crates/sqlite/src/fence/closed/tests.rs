//! Every state that a kill can leave, made step by step.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;

use super::*;
use crate::{lift_fence_damaged, read_fence};

const OPTIONS: SnapshotOptions = SnapshotOptions {
    wait_ms_max: 0,
    any_header: true,
};

fn marker() -> FenceMarker {
    FenceMarker {
        migration: "m1".to_owned(),
        message: "it has moved".to_owned(),
        at: "2026-11-23T20:00:00Z".to_owned(),
    }
}

/// A database with what a crashed writer left beside it, and the damage.
struct Case {
    name: &'static str,
    /// The companion that is left beside the database.
    left: Option<&'static str>,
    damage: fn(&File),
}

const CASES: [Case; 7] = [
    Case {
        name: "schema page broken",
        left: None,
        damage: |file| file.write_all_at(&[0xff; 8], 100).unwrap(),
    },
    Case {
        name: "schema page broken, log left",
        left: Some("-wal"),
        damage: |file| file.write_all_at(&[0xff; 8], 100).unwrap(),
    },
    Case {
        name: "leaf zeroed, hot journal left",
        left: Some("-journal"),
        damage: |file| file.write_all_at(&[0; 1024], 3 * 1024).unwrap(),
    },
    Case {
        name: "first page zeroed",
        left: None,
        damage: |file| file.write_all_at(&[0; 1024], 0).unwrap(),
    },
    Case {
        name: "first page zeroed, log left",
        left: Some("-wal"),
        damage: |file| file.write_all_at(&[0; 1024], 0).unwrap(),
    },
    Case {
        name: "cut off inside the header",
        left: None,
        damage: |file| file.set_len(50).unwrap(),
    },
    Case {
        name: "emptied, log left",
        left: Some("-wal"),
        damage: |file| file.set_len(0).unwrap(),
    },
];

impl Case {
    fn make(&self, folder: &Path) -> PathBuf {
        let made = folder.join("made");
        let place = folder.join("place");
        fs::create_dir(&made).unwrap();
        fs::create_dir(&place).unwrap();
        let (from, path) = (made.join("legacy.db"), place.join("legacy.db"));
        let connection = Connection::open(&from).unwrap();
        let mode = if self.left == Some("-wal") {
            "WAL"
        } else {
            "DELETE"
        };
        connection
            .execute_batch(&format!(
                "PRAGMA page_size = 1024; PRAGMA journal_mode = {mode}; CREATE TABLE t(a, b);
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
                 INSERT INTO t SELECT i, hex(zeroblob(100)) FROM n;
                 PRAGMA wal_checkpoint(TRUNCATE); PRAGMA cache_size = 2; PRAGMA cache_spill = 2;
                 CREATE TABLE u(a); BEGIN; UPDATE t SET b = hex(randomblob(100));"
            ))
            .unwrap();
        if mode == "WAL" {
            connection.execute_batch("COMMIT").unwrap();
        }
        fs::copy(&from, &path).unwrap();
        if let Some(suffix) = self.left {
            fs::copy(companion(&from, suffix), companion(&path, suffix)).unwrap();
        }
        (self.damage)(&fs::OpenOptions::new().write(true).open(&path).unwrap());
        path
    }
}

/// Everything in the database's folder.
fn picture(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            (path, bytes)
        })
        .collect()
}

fn expected(path: &Path) -> Fingerprint {
    let copy = path.parent().unwrap().with_file_name("copy.db");
    crate::take_snapshot(path, &copy, &OPTIONS)
        .unwrap()
        .fingerprint
}

/// The first `steps` of the three that put the fence up.
fn up(path: &Path, steps: usize) {
    let file = lock(path, &OPTIONS).unwrap();
    let held = Held::under_lock(path, file).unwrap();
    let record = plan(&held, &marker()).unwrap();
    let all: [&dyn Fn() -> Result<(), Error>; 3] = [
        &|| record.write(path),
        &|| close(&held.database, path, &record),
        &|| move_aside(path, &record),
    ];
    for step in &all[..steps] {
        step().unwrap();
    }
}

/// The first `steps` of the three that take it down.
fn down(path: &Path, steps: usize) {
    let file = lock(path, &OPTIONS).unwrap();
    let record = Record::read(path).unwrap().unwrap();
    let all: [&dyn Fn() -> Result<(), Error>; 3] = [
        &|| move_back(path, &record),
        &|| reopen(&file, path, &record),
        &|| Record::remove(path),
    ];
    for step in &all[..steps] {
        step().unwrap();
    }
}

/// Whichever state a kill left: it is fenced or whole, and the next call completes it.
fn check(case: &Case, path: &Path, proved: &Fingerprint, steps: &str) {
    let name = case.name;
    let fenced = read_fence(path, &OPTIONS).unwrap();
    let closed = Record::read(path)
        .unwrap()
        .is_some_and(|record| record.closes(&File::open(path).unwrap(), path).unwrap());
    assert_eq!(fenced.is_some(), closed, "{name}, {steps}");
    let whole = case
        .left
        .is_none_or(|suffix| companion(path, suffix).exists());
    assert!(closed || whole, "{name}, {steps}: writable without its log");
    assert_eq!(expected(path), *proved, "{name}, {steps}");
    assert_eq!(
        crate::fingerprint(path, &OPTIONS).unwrap(),
        *proved,
        "{name}, {steps}"
    );
}

#[test]
fn every_state_that_a_kill_leaves_is_completed_by_the_next_call() {
    for case in CASES {
        let name = case.name;
        let folder = tempfile::tempdir().unwrap();
        let path = case.make(folder.path());
        let before = picture(&path);
        let proved = expected(&path);
        for steps in 0..=6 {
            for upwards in [true, false] {
                let words = format!(
                    "{steps} steps, then {}",
                    if upwards { "up" } else { "down" }
                );
                up(&path, steps.min(3));
                down_if(&path, steps);
                check(&case, &path, &proved, &words);
                if upwards {
                    let report = put_up(&path, &marker(), &proved, &OPTIONS).unwrap();
                    let stood = steps == 3
                        || (steps == 2 && case.left.is_none())
                        || (steps == 4 && case.left.is_none());
                    assert_eq!(report.already_there, stood, "{name}, {words}");
                    assert!(
                        put_up(&path, &marker(), &proved, &OPTIONS)
                            .unwrap()
                            .already_there
                    );
                    assert_eq!(read_fence(&path, &OPTIONS).unwrap(), Some(marker()));
                    assert_eq!(expected(&path), proved, "{name}, {words}");
                    assert_eq!(crate::fingerprint(&path, &OPTIONS).unwrap(), proved);
                    assert!(lift_fence_damaged(&path, "m1", &OPTIONS).unwrap());
                } else {
                    lift_fence_damaged(&path, "m1", &OPTIONS).unwrap();
                }
                assert_eq!(picture(&path), before, "{name}, {words}");
            }
        }
    }
}

/// Steps past the third go down again.
fn down_if(path: &Path, steps: usize) {
    if steps > 3 {
        down(path, steps - 3);
    }
}

#[test]
fn a_header_that_sqlite_wrote_after_a_crash_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = CASES[1].make(folder.path());
    up(&path, 2);
    // The log is in its place and holds the first page, so SQLite mends the file with it.
    Connection::open(&path)
        .unwrap()
        .execute_batch("INSERT INTO u VALUES (1); PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    let written = fs::read(&path).unwrap();
    assert_eq!(read_fence(&path, &OPTIONS).unwrap(), None);
    assert!(!lift_fence_damaged(&path, "m1", &OPTIONS).unwrap());
    assert_eq!(fs::read(&path).unwrap(), written);
    assert_eq!(Record::read(&path).unwrap(), None);
}

#[test]
fn a_record_that_cannot_be_read_is_not_taken_for_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = CASES[0].make(folder.path());
    let proved = expected(&path);
    put_up(&path, &marker(), &proved, &OPTIONS).unwrap();
    let record = path.with_file_name("legacy.db.cbtrade-fence");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, &text[..text.len() / 2]).unwrap();
    for error in [
        put_up(&path, &marker(), &proved, &OPTIONS).unwrap_err(),
        lift_fence_damaged(&path, "m1", &OPTIONS).unwrap_err(),
        read_fence(&path, &OPTIONS).unwrap_err(),
    ] {
        assert!(matches!(error, Error::FenceState { .. }), "{error}");
    }
    fs::write(&record, text).unwrap();
    assert!(lift_fence_damaged(&path, "m1", &OPTIONS).unwrap());
}
