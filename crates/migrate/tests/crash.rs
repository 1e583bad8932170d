//! kill -9 of the tool and of the server at random instants of a migration, of its cut-over and of its rollback: run
//! again, it ends with the digest of an undisturbed run, every row is there once, and never can both sides be written.
//!
//! `cargo test -p cbtrade-migrate --test crash -- --nocapture` prints how many kills hit which stage;
//! `CBTRADE_CRASH_ROUNDS` sets the number of kills in all, `CBTRADE_CRASH_SEED` repeats the drawing of instants.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a failed test says where; counts are printed"
)]

#[path = "crash/child.rs"]
mod child;
#[path = "crash/kill.rs"]
mod kill;
#[path = "crash/source.rs"]
mod source;

use std::path::{Path, PathBuf};
use std::time::Instant;

use cbtrade_migrate::Proof;
use cbtrade_mysql::{Session, SessionOptions, Target};
use cbtrade_sqlite::rusqlite::Connection;
use cbtrade_sqlite::{SnapshotOptions, read_fence};
use cbtrade_testkit::{Flavour, Random, TestServer, seed_from_env};

use child::{Action, DONE, RESUMABLE, UNREACHABLE, Work};
use kill::{Hits, Undisturbed, Victim, kill};

/// Kills in all, over both servers.
const KILLS: usize = 200;

/// The database that every round migrates into, made by the tool itself.
const DATABASE: &str = "crash";

/// Runs that may end as resumable before one ends well, after the server was killed.
const ATTEMPTS_MAX: usize = 5;

/// Not a test: what the other tests start as a process of its own, to kill it.
#[tokio::test(flavor = "multi_thread")]
async fn the_tool_as_a_process() {
    child::be_the_child().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tool_killed_while_it_migrates() {
    for mut bench in benches().await {
        let kills = bench.share(8, 16);
        bench.migrations(Victim::Tool, kills).await;
        bench.report();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_killed_under_a_migration() {
    for mut bench in benches().await {
        let kills = bench.share(3, 16);
        bench.migrations(Victim::Server, kills).await;
        bench.report();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tool_and_server_killed_while_cutting_over() {
    for mut bench in benches().await {
        let (tool, server) = (bench.share(3, 16), bench.share(1, 16));
        bench.cutovers(Victim::Tool, tool).await;
        bench.cutovers(Victim::Server, server).await;
        bench.report();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tool_killed_while_it_rolls_back() {
    for mut bench in benches().await {
        let kills = bench.share(1, 16);
        bench.rollbacks(kills).await;
        bench.report();
    }
}

/// One bench for each kind of server.
async fn benches() -> Vec<Bench> {
    let mut benches = Vec::new();
    for flavour in TestServer::flavours() {
        benches.push(Bench::new(flavour).await);
    }
    benches
}

struct Bench {
    server: TestServer,
    folder: PathBuf,
    random: Random,
    /// The source as it was made; each round works on a copy.
    pristine: PathBuf,
    reference: Option<Proof>,
    run: Undisturbed,
    hits: Hits,
}

/// Preparation, and one round's beginning and end.
impl Bench {
    /// This server's part of all kills: three of four are MariaDB's, which starts faster.
    fn share(&self, part: usize, of: usize) -> usize {
        let kills = match std::env::var("CBTRADE_CRASH_ROUNDS") {
            Ok(text) => text.parse().unwrap(),
            Err(_) => KILLS,
        };
        let quarters = match self.server.flavour() {
            Flavour::MariaDb => 3,
            Flavour::MySql => 1,
        };
        (kills * part * quarters).div_ceil(of * 4)
    }

    fn report(&self) {
        eprintln!(
            "{:?}: {} kills:{}",
            self.server.flavour(),
            self.hits.total(),
            self.hits
        );
    }

    async fn new(flavour: Flavour) -> Bench {
        let server = TestServer::with_options(flavour, &[]);
        let folder = server.folder().to_owned();
        let pristine = folder.join("pristine.db");
        source::make(&pristine, source::TICKS);
        let mut bench = Bench {
            server,
            folder,
            random: Random::new(seed_from_env("CBTRADE_CRASH_SEED")),
            pristine,
            reference: None,
            run: Undisturbed {
                duration: std::time::Duration::ZERO,
                stages: Vec::new(),
            },
            hits: Hits::default(),
        };
        let work = bench.begin();
        let started = Instant::now();
        bench.finish(&work);
        bench.run = Undisturbed {
            duration: started.elapsed(),
            stages: vec![
                "snapshot",
                "census",
                "provision",
                "copy",
                "finish",
                "verify",
            ],
        };
        bench.reference = Some(proof_of(&work));
        bench.check_rows().await;
        eprintln!("{flavour:?}: undisturbed {:.0?}", bench.run.duration);
        bench
    }

    fn source(&self) -> PathBuf {
        self.folder.join("fleet.db")
    }

    /// A fresh source, target and work folder.
    fn begin(&mut self) -> Work {
        self.server
            .run_sql(&[&format!("DROP DATABASE IF EXISTS {DATABASE}")]);
        for companion in ["fleet.db-journal", "fleet.db-wal", "fleet.db-shm"] {
            let _ = std::fs::remove_file(self.folder.join(companion));
        }
        std::fs::copy(&self.pristine, self.source()).unwrap();
        let home = self.folder.join("home");
        let _ = std::fs::remove_dir_all(&home);
        self.work(Action::Run)
    }

    fn work(&self, action: Action) -> Work {
        Work {
            action,
            source: self.source(),
            url: self.server.target(DATABASE).display(),
            home: self.folder.join("home"),
            events: self.folder.join("events"),
        }
    }

    /// Runs the child until it is done.
    fn finish(&self, work: &Work) {
        let password = self.server.root_target().password;
        let code = work.finish(password.as_ref());
        assert_eq!(code, Some(DONE), "{:?}: {}", work.events(), work.output());
    }

    /// After a kill of the server a child may give up, but only so that the same command goes on.
    fn finish_after_server(&self, work: &Work, mut code: Option<i32>) {
        let password = self.server.root_target().password;
        for _ in 0..ATTEMPTS_MAX {
            match code {
                Some(DONE) => return,
                Some(RESUMABLE | UNREACHABLE) => code = work.finish(password.as_ref()),
                _ => break,
            }
        }
        panic!("{code:?} after {:?}: {}", work.events(), work.output());
    }

    /// Kills until one child comes through. Returns its exit code (or that of the one whose server was killed).
    fn kill_on_and_off(
        &mut self,
        victim: Victim,
        work: &Work,
        undisturbed: &Undisturbed,
        kills_max: usize,
    ) {
        loop {
            let moment = undisturbed.moment(&mut self.random);
            let code = kill(victim, work, moment, &mut self.server, &mut self.hits);
            if victim == Victim::Server {
                return self.finish_after_server(work, code);
            }
            let done = self.hits.of(victim) >= kills_max || self.random.chance(2);
            if code.is_some() || done {
                return self.finish_after_kill(work, code);
            }
        }
    }

    /// After a kill of the tool nothing is in the way of the next run.
    fn finish_after_kill(&self, work: &Work, code: Option<i32>) {
        match code {
            Some(code) => assert_eq!(code, DONE, "{:?}: {}", work.events(), work.output()),
            None => self.finish(work),
        }
    }

    /// The same digests as of the undisturbed run.
    fn check_proof(&self, proof: &Proof) {
        let reference = self.reference.as_ref().unwrap();
        assert!(proof.equal(), "{:?}", proof.tables);
        assert_eq!(proof.digest(), reference.digest());
        assert_eq!(proof.target_digest, reference.target_digest);
        assert_eq!(proof.objects, reference.objects);
    }

    /// Every table has every row once, by the server's own count, and there is nothing else.
    async fn check_rows(&self) {
        let mut session = open(&self.server.target(DATABASE)).await;
        for (table, number, rows) in source::tables(source::TICKS) {
            let sql = format!(
                "SELECT COUNT(*), COUNT(DISTINCT {number}), COALESCE(SUM({number}), 0) FROM {table}"
            );
            let counted: Vec<(i64, i64, i64)> = session.query(&sql).await.unwrap();
            assert_eq!(counted, [(rows, rows, rows * (rows + 1) / 2)], "{table}");
        }
        let sql = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT LIKE '\\_cbtrade%'";
        let mut tables: Vec<String> = session.query(sql).await.unwrap();
        let mut expected: Vec<String> = source::tables(0)
            .iter()
            .map(|(table, ..)| (*table).to_owned())
            .collect();
        tables.sort();
        expected.sort();
        assert_eq!(tables, expected);
        session.close().await;
    }
}

/// The rounds.
impl Bench {
    async fn migrations(&mut self, victim: Victim, kills: usize) {
        let wanted = self.hits.of(victim) + kills;
        while self.hits.of(victim) < wanted {
            let work = self.begin();
            let run = self.run.clone();
            self.kill_on_and_off(victim, &work, &run, wanted);
            self.check_proof(&proof_of(&work));
            self.check_rows().await;
            assert_eq!(
                std::fs::read(self.source()).unwrap(),
                std::fs::read(&self.pristine).unwrap(),
                "the source is untouched"
            );
        }
    }

    async fn cutovers(&mut self, victim: Victim, kills: usize) {
        let work = self.begin();
        self.finish(&work);
        let kept = self.folder.join("kept-home");
        let _ = std::fs::remove_dir_all(&kept);
        copy_tree(&work.home, &kept);
        let work = self.work(Action::Cutover);
        let started = Instant::now();
        self.finish(&work);
        let cutover = Undisturbed {
            duration: started.elapsed(),
            stages: vec!["cutover"],
        };
        let wanted = self.hits.of(victim) + kills;
        while self.hits.of(victim) < wanted {
            self.take_cutover_back(&kept);
            let moment = cutover.moment(&mut self.random);
            let code = kill(victim, &work, moment, &mut self.server, &mut self.hits);
            self.check_one_side().await;
            match victim {
                Victim::Tool => self.finish_after_kill(&work, code),
                Victim::Server => self.finish_after_server(&work, code),
            }
            assert!(self.check_one_side().await, "the target is live");
            self.check_rows().await;
        }
    }

    /// Puts source, work folder and ledger back as they were before the cut-over.
    fn take_cutover_back(&self, kept: &Path) {
        let home = self.folder.join("home");
        std::fs::remove_dir_all(&home).unwrap();
        copy_tree(kept, &home);
        for companion in ["fleet.db-journal", "fleet.db-wal", "fleet.db-shm"] {
            let _ = std::fs::remove_file(self.folder.join(companion));
        }
        std::fs::copy(&self.pristine, self.source()).unwrap();
        self.server.run_sql(&[
            &format!("UPDATE {DATABASE}._cbtrade_epoch SET live = 'sqlite', epoch = 1"),
            &format!("UPDATE {DATABASE}._cbtrade_migration SET stage = 'verify'"),
        ]);
    }

    async fn rollbacks(&mut self, kills: usize) {
        let wanted = self.hits.of(Victim::Tool) + kills;
        let mut rollback: Option<Undisturbed> = None;
        while self.hits.of(Victim::Tool) < wanted {
            let work = self.begin();
            self.finish(&work);
            self.finish(&self.work(Action::Cutover));
            let work = self.work(Action::Rollback);
            match &rollback {
                None => {
                    let started = Instant::now();
                    self.finish(&work);
                    rollback = Some(Undisturbed {
                        duration: started.elapsed(),
                        stages: vec!["rollback"],
                    });
                }
                Some(rollback) => {
                    let moment = rollback.moment(&mut self.random);
                    let code = kill(
                        Victim::Tool,
                        &work,
                        moment,
                        &mut self.server,
                        &mut self.hits,
                    );
                    self.check_one_side().await;
                    self.finish_after_kill(&work, code);
                }
            }
            assert!(!self.check_one_side().await, "the source is live");
            assert!(writable(&self.source()), "the fence is down");
            let databases: Vec<String> = open(&self.server.root_target())
                .await
                .query("SHOW DATABASES")
                .await
                .unwrap();
            assert!(
                !databases.iter().any(|name| name == DATABASE),
                "{databases:?}"
            );
        }
    }

    /// Never can both sides be written. Returns whether the target is live.
    async fn check_one_side(&mut self) -> bool {
        let target_live = self.target_live().await;
        let fenced = if self.random.chance(2) {
            !writable(&self.source())
        } else {
            read_fence(&self.source(), &SnapshotOptions::default())
                .unwrap()
                .is_some()
        };
        assert!(
            fenced || !target_live,
            "the target is live, and the source can be written"
        );
        target_live
    }

    async fn target_live(&self) -> bool {
        let mut session = open(&self.server.root_target()).await;
        let tables: Vec<String> = session
            .query(&format!("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{DATABASE}' AND TABLE_NAME = '_cbtrade_epoch'"))
            .await
            .unwrap();
        if tables.is_empty() {
            return false;
        }
        let live: Vec<String> = session
            .query(&format!("SELECT live FROM {DATABASE}._cbtrade_epoch"))
            .await
            .unwrap();
        session.close().await;
        assert_eq!(live.len(), 1);
        live[0] == "target"
    }
}

async fn open(target: &Target) -> Session {
    Session::open(target, &SessionOptions::default())
        .await
        .unwrap()
}

/// Whether an old bot could write to the file.
fn writable(path: &Path) -> bool {
    let connection = Connection::open(path).unwrap();
    let wrote = connection
        .execute_batch("BEGIN; UPDATE markets SET name = name || '!' WHERE id = 1; ROLLBACK;");
    wrote.is_ok()
}

/// The proof in the work folder of the only migration.
fn proof_of(work: &Work) -> Proof {
    let folder = std::fs::read_dir(work.home.join("migrations"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    serde_json::from_slice(&std::fs::read(folder.path().join("proof.json")).unwrap()).unwrap()
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}
