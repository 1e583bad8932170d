//! A legacy installation whose trading database is damaged: refused without the operator's word, recovered with it, as
//! far as it can be read, and fenced and taken back without a byte of it being lost.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cbtrade_migrate::{
    Error, ErrorKind, Job, Migration, Options, Proof, Silent, Stage, report_text,
};
use cbtrade_mysql::{Session, SessionOptions, Target};
use cbtrade_sample::{SampleOptions, SampleReport, make_sample};
use cbtrade_schema::{Decision, Finding, FindingKind};
use cbtrade_sqlite::rusqlite::Connection;
use cbtrade_sqlite::{Fingerprint, SnapshotOptions, fingerprint, read_fence};
use cbtrade_testkit::TestServer;

/// An installation in a folder of its own, and where it is to go.
struct Installation {
    folder: tempfile::TempDir,
    report: SampleReport,
    target: Target,
}

impl Installation {
    fn new(name: &str) -> Installation {
        let server = TestServer::shared(TestServer::flavours()[0]);
        let folder = tempfile::tempdir().unwrap();
        let options = SampleOptions {
            positions: 150,
            candles_per_product: 200,
            products: 2,
            ..SampleOptions::default()
        };
        let report = make_sample(&folder.path().join("legacy"), &options).unwrap();
        Installation {
            folder,
            report,
            target: server.new_database(name),
        }
    }

    fn database(&self) -> &Path {
        &self.report.database
    }

    fn open(&self, accept_damage: bool) -> Migration {
        let job = Job {
            sources: std::iter::once(self.report.database.clone())
                .chain(self.report.candle_files.iter().cloned())
                .collect(),
            target: self.target.clone(),
            candles_database: None,
            home: self.folder.path().join("home"),
        };
        let options = Options {
            accept_damage,
            ..Options::default()
        };
        Migration::open(job, options, Arc::new(Silent)).unwrap()
    }

    /// Every table and every database there is on the server, but the server's own.
    async fn everything(&self) -> Vec<String> {
        let mut session = Session::open(&self.target, &SessionOptions::default())
            .await
            .unwrap();
        let database = self.target.database.as_deref().unwrap();
        let found = session
            .query_with(
                "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.TABLES \
                 WHERE TABLE_SCHEMA = ? ORDER BY 1",
                (database,),
            )
            .await
            .unwrap();
        session.close().await;
        found
    }

    /// The trading database and what lies beside it, but for the log's index, which SQLite makes anew.
    fn picture(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let database = self.database();
        let name = database.file_name().unwrap().to_str().unwrap();
        let entries = fs::read_dir(database.parent().unwrap()).unwrap();
        entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                let other = path.file_name().unwrap().to_str().unwrap();
                other.starts_with(name) && !other.ends_with("-shm")
            })
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect()
    }

    fn fingerprint(&self) -> Fingerprint {
        fingerprint(self.database(), &SnapshotOptions::default()).unwrap()
    }

    /// How many rows the sample had, all files together.
    fn rows(&self) -> u64 {
        self.report.tables.iter().map(|table| table.rows).sum()
    }

    /// The whole way: refused, accepted, proved, cut over, taken back.
    async fn recover(&self) -> Proof {
        let before = self.picture();
        let content = self.fingerprint();
        let empty = self.everything().await;
        let mut migration = self.open(false);
        let error = migration.run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        let Error::Undecided { findings, .. } = &error else {
            panic!("{error:?}");
        };
        assert!(damage(findings).is_some(), "{findings:?}");
        assert_eq!(self.everything().await, empty);
        assert_eq!(self.picture(), before);
        drop(migration);

        let mut migration = self.open(true);
        let proof = migration
            .run()
            .await
            .unwrap_or_else(|error| panic!("{error}\n{error:?}"));
        assert!(proof.equal());
        let listed = damage(&proof.findings).unwrap();
        assert_eq!(listed.decision, Decision::Keep);
        assert!(!listed.samples.is_empty(), "the proof lists what was lost");
        assert_eq!(
            listed.samples.len(),
            20.min(usize::try_from(listed.count).unwrap())
        );
        assert_eq!(self.picture(), before);

        self.check_report(&proof, findings);

        migration.cutover(&proof.digest()).await.unwrap();
        let status = migration.status().await.unwrap();
        assert_eq!(
            (status.stage, status.live.as_str()),
            (Stage::Cutover, "target")
        );
        assert_eq!(self.fingerprint(), content, "a closed file reads as before");
        self.assert_fenced(migration.id());
        // The same command again changes nothing.
        migration.cutover(&proof.digest()).await.unwrap();
        self.assert_fenced(migration.id());

        migration.rollback().await.unwrap();
        assert_eq!(self.picture(), before);
        assert_eq!(self.everything().await, empty);
        proof
    }

    /// The report and the refusal name every table that damage took rows from, before anything else.
    fn check_report(&self, proof: &Proof, refused: &[Finding]) {
        let report = report_text(proof);
        assert!(!report.contains("EQUAL: every value"), "{report}");
        let file = proof.damage.first().unwrap();
        assert_eq!(Path::new(&file.path), self.database());
        let loss = !file.lost.is_empty();
        assert_eq!(
            report.contains("EQUAL to what could be salvaged; NOT all of the file"),
            loss,
            "{report}"
        );
        let (first, _) = report.split_once("rows compared").unwrap();
        let meaning = &damage(refused).unwrap().meaning;
        for table in &file.tables {
            let line = format!("  {}: ", table.table);
            assert!(first.contains(&line), "no {line:?} in\n{first}");
            assert!(meaning.contains(&format!("{} (", table.table)), "{meaning}");
            let target = table.target.as_deref().unwrap();
            let row = report
                .lines()
                .find(|line| line.split_whitespace().next() == Some(target))
                .unwrap();
            assert!(row.ends_with("NOT all of the source's rows"), "{row}");
        }
    }

    fn assert_fenced(&self, migration: &str) {
        let found = read_fence(self.database(), &SnapshotOptions::default()).unwrap();
        assert_eq!(found.unwrap().migration, migration);
        let fenced = fs::read(self.database()).unwrap();
        let bot = Connection::open(self.database()).unwrap();
        for sql in [
            "UPDATE poss SET note1 = 'late'",
            "CREATE TABLE late(a)",
            "PRAGMA journal_mode = DELETE; VACUUM",
        ] {
            assert!(bot.execute_batch(sql).is_err(), "{sql}");
        }
        drop(bot);
        assert_eq!(fs::read(self.database()).unwrap(), fenced);
    }
}

/// Rows of the installation's own tables that were carried over.
fn carried(proof: &Proof) -> u64 {
    let own = proof
        .tables
        .iter()
        .filter(|table| !table.table.ends_with(".lost_and_found"));
    own.map(|table| table.target_rows).sum()
}

fn damage(findings: &[Finding]) -> Option<&Finding> {
    findings
        .iter()
        .find(|finding| finding.kind == FindingKind::Damage)
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(bytes, at).unwrap();
}

fn word(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn page_size(database: &[u8]) -> u64 {
    match word(&database[16..18]) {
        1 => 65_536,
        size => size,
    }
}

/// The pages that the write-ahead log has newer versions of.
fn logged(path: &Path, page_size: u64) -> Vec<u64> {
    let log = fs::read(format!("{}-wal", path.display())).unwrap_or_default();
    let frame = usize::try_from(24 + page_size).unwrap();
    log.get(32..)
        .unwrap_or_default()
        .chunks_exact(frame)
        .map(|frame| word(&frame[..4]))
        .collect()
}

/// A leaf of a table's tree that is read from the database file: its first one that is not in the log.
fn leaf(path: &Path, table: &str) -> u64 {
    let copy = tempfile::tempdir().unwrap();
    let looked = copy.path().join("copy.db");
    fs::copy(path, &looked).unwrap();
    let root: u32 = Connection::open(&looked)
        .unwrap()
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?1",
            [table],
            |row| row.get(0),
        )
        .unwrap();
    let database = fs::read(path).unwrap();
    let size = page_size(&database);
    let page = |number: u64| {
        let start = usize::try_from((number - 1) * size).unwrap();
        &database[start..start + usize::try_from(size).unwrap()]
    };
    let log = logged(path, size);
    let root = page(u64::from(root));
    assert_eq!(root[0], 5, "{table} has a tree of more than one page");
    let cells = word(&root[3..5]);
    (0..usize::try_from(cells).unwrap())
        .map(|cell| usize::try_from(word(&root[12 + 2 * cell..14 + 2 * cell])).unwrap())
        .map(|at| word(&root[at..at + 4]))
        .find(|child| page(*child)[0] == 13 && !log.contains(child))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_of_a_table_is_zeroed() {
    let installation = Installation::new("leaf");
    let path = installation.database();
    let size = page_size(&fs::read(path).unwrap());
    assert!(!logged(path, size).is_empty(), "the bots left a log");
    let zeros = vec![0; usize::try_from(size).unwrap()];
    overwrite(path, (leaf(path, "poss") - 1) * size, &zeros);
    let proof = installation.recover().await;
    let rows = carried(&proof);
    assert!(rows < installation.rows(), "some rows are lost");
    assert!(rows * 10 > installation.rows() * 9, "most are not: {rows}");
    let lost: Vec<&str> = proof.damage[0]
        .tables
        .iter()
        .map(|table| table.table.as_str())
        .collect();
    assert_eq!(lost, ["poss"]);
    assert!(proof.trader.figures.len() > 10, "{:?}", proof.trader);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_page_is_broken() {
    let installation = Installation::new("schema_page");
    let path = installation.database();
    // Into the file with the log's pages: the first one is among them, and would mend it.
    Connection::open(path)
        .unwrap()
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    overwrite(path, 100, &[0; 8]);
    let proof = installation.recover().await;
    assert_eq!(
        carried(&proof),
        installation.rows(),
        "no row was on that page"
    );
    assert!(proof.trader.figures.len() > 10, "{:?}", proof.trader);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fifth_of_the_file_is_cut_off() {
    let installation = Installation::new("cut_off");
    let path = installation.database();
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    let bytes = file.metadata().unwrap().len();
    file.set_len(bytes / 5 * 4).unwrap();
    drop(file);
    let proof = installation.recover().await;
    let rows = carried(&proof);
    assert!(rows < installation.rows(), "some rows are lost");
    assert!(rows * 10 > installation.rows() * 8, "most are not: {rows}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_file_that_sqlite_only_reads_is_fenced_too() {
    let installation = Installation::new("read_only");
    let path = installation.database();
    Connection::open(path)
        .unwrap()
        .execute_batch("PRAGMA journal_mode = DELETE")
        .unwrap();
    // A write version of the future: no SQLite writes such a file, so none can put triggers into it.
    overwrite(path, 18, &[3]);
    let before = installation.picture();
    let mut migration = installation.open(false);
    let proof = migration.run().await.unwrap();
    assert_eq!(carried(&proof), installation.rows());
    migration.cutover(&proof.digest()).await.unwrap();
    installation.assert_fenced(migration.id());
    assert_ne!(installation.picture(), before);
    migration.rollback().await.unwrap();
    assert_eq!(installation.picture(), before);
}
