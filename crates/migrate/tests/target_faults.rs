//! Targets that are odd, in the way, out of room, or gone for a while: the migration arrives with the same digest, or is
//! refused and leaves the target as it was found.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a failed test says where"
)]

#[path = "target_faults/refused.rs"]
mod refused;
#[path = "target_faults/settings.rs"]
mod settings;
#[path = "crash/source.rs"]
mod source;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cbtrade_migrate::{Error, ErrorKind, Event, Job, Migration, Options, Progress, Proof, Silent};
use cbtrade_mysql::{Session, SessionOptions, Target};
use cbtrade_testkit::{
    Action, After, Direction, Fault, FaultProxy, Flavour, Random, TestServer, seed_from_env,
};

/// Every migration here goes into a database of this name, so that digests can be compared.
const DATABASE: &str = "faults";

/// Calls a closure with every event.
struct On<F>(F);

impl<F: Fn(&Event) + Send + Sync> Progress for On<F> {
    fn report(&self, event: Event) {
        (self.0)(&event);
    }
}

/// A progress that calls `act` once, at the `number`-th chunk (from 1) that has arrived.
fn at_chunk(number: usize, act: impl Fn() + Send + Sync + 'static) -> Arc<dyn Progress> {
    let copying = AtomicBool::new(false);
    let chunks = AtomicUsize::new(0);
    Arc::new(On(move |event: &Event| match event {
        Event::Stage { name, .. } => copying.store(*name == "copy", Ordering::SeqCst),
        Event::Rows { .. }
            if copying.load(Ordering::SeqCst)
                && chunks.fetch_add(1, Ordering::SeqCst) + 1 == number =>
        {
            act();
        }
        _ => {}
    }))
}

/// A folder with a source, for migrations into one server after the other.
struct Bench {
    folder: tempfile::TempDir,
    source: PathBuf,
}

impl Bench {
    fn new(ticks: i64) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("fleet.db");
        source::make(&source, ticks);
        Bench { folder, source }
    }

    fn job(&self, target: &Target, home: &str) -> Job {
        Job {
            sources: vec![self.source.clone()],
            target: target.with_database(DATABASE),
            candles_database: None,
            home: self.folder.path().join(home),
        }
    }

    async fn run(&self, target: &Target, progress: Arc<dyn Progress>) -> Result<Proof, Error> {
        let mut migration =
            Migration::open(self.job(target, "home"), Options::default(), progress)?;
        migration.run().await
    }

    /// Empties the target, and forgets what was done before.
    fn begin(&self, server: &TestServer) {
        server.run_sql(&[
            &format!("DROP DATABASE IF EXISTS {DATABASE}"),
            &format!("CREATE DATABASE {DATABASE}"),
        ]);
        let _ = std::fs::remove_dir_all(self.folder.path().join("home"));
    }

    /// What an undisturbed migration proves.
    async fn reference(&self, server: &TestServer) -> Proof {
        self.begin(server);
        let proof = self
            .run(&server.root_target(), Arc::new(Silent))
            .await
            .unwrap();
        self.begin(server);
        proof
    }
}

/// The same content on both sides as in the undisturbed migration.
fn assert_same(proof: &Proof, reference: &Proof) {
    assert!(proof.equal());
    assert_eq!(proof.source_digest, reference.source_digest);
    assert_eq!(proof.target_digest, reference.target_digest);
}

/// Every row is there once, by the server's own count.
async fn assert_rows(target: &Target, ticks: i64) {
    let mut session = Session::open(&target.with_database(DATABASE), &SessionOptions::default())
        .await
        .unwrap();
    for (table, number, rows) in source::tables(ticks) {
        let sql = format!("SELECT COUNT(*), COUNT(DISTINCT {number}) FROM {table}");
        let counted: Vec<(i64, i64)> = session.query(&sql).await.unwrap();
        assert_eq!(counted, [(rows, rows)], "{table}");
    }
    session.close().await;
}

/// How a migration ended that must arrive with the same digest, or be refused and leave an empty target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Migrated,
    Refused,
}

impl Bench {
    /// Migrates into the empty target; anything but the two good outcomes is told as text.
    async fn outcome(
        &self,
        server: &TestServer,
        target: &Target,
        reference: &Proof,
    ) -> Result<Outcome, String> {
        match self.run(target, Arc::new(Silent)).await {
            Ok(proof) if proof.equal() && proof.target_digest == reference.target_digest => {
                Ok(Outcome::Migrated)
            }
            Ok(proof) => Err(format!("other digests: {:?}", proof.tables)),
            Err(error) if error.kind() == ErrorKind::Refused => {
                let left = content(&server.root_target(), DATABASE).await;
                if left == [format!("SCHEMATA {DATABASE}")] {
                    Ok(Outcome::Refused)
                } else {
                    Err(format!("refused ({error:?}), but it left {left:?}"))
                }
            }
            Err(error) => Err(format!("{error:?}")),
        }
    }
}

/// Everything in a database: tables, views, triggers, routines.
async fn content(target: &Target, database: &str) -> Vec<String> {
    let mut session = Session::open(&target.without_database(), &SessionOptions::default())
        .await
        .unwrap();
    let mut found = Vec::new();
    for (what, schema, name) in [
        ("TABLES", "TABLE_SCHEMA", "TABLE_NAME"),
        ("TRIGGERS", "TRIGGER_SCHEMA", "TRIGGER_NAME"),
        ("ROUTINES", "ROUTINE_SCHEMA", "ROUTINE_NAME"),
        ("SCHEMATA", "SCHEMA_NAME", "SCHEMA_NAME"),
    ] {
        let sql =
            format!("SELECT {name} FROM information_schema.{what} WHERE {schema} = ? ORDER BY 1");
        let names: Vec<String> = session.query_with(&sql, (database,)).await.unwrap();
        found.extend(names.into_iter().map(|name| format!("{what} {name}")));
    }
    session.close().await;
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_restarts_while_rows_are_copied_is_waited_for() {
    let bench = Bench::new(source::TICKS);
    for flavour in TestServer::flavours() {
        let server = TestServer::with_options(flavour, &[]);
        let reference = bench.reference(&server).await;
        let target = server.root_target();
        let server = Arc::new(Mutex::new(server));
        for crash in [false, true] {
            bench.begin(&server.lock().unwrap());
            let restarted = Arc::clone(&server);
            let progress = at_chunk(2, move || {
                let mut server = restarted.lock().unwrap();
                if crash {
                    server.kill()
                } else {
                    server.stop()
                }
                server.start();
            });
            let proof = bench.run(&target, progress).await.unwrap();
            assert_same(&proof, &reference);
            assert_rows(&target, source::TICKS).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_cut_while_rows_are_copied_lose_and_double_nothing() {
    let mut random = Random::new(seed_from_env("CBTRADE_FAULTS_SEED"));
    let bench = Bench::new(source::TICKS);
    for flavour in TestServer::flavours() {
        let server = &TestServer::with_options(flavour, &[]);
        let reference = bench.reference(server).await;
        let (mut fired, mut resumed) = (0, 0);
        for round in 0..ROUNDS {
            bench.begin(server);
            let proxy = Arc::new(FaultProxy::before(&server.root_target()).await);
            let faults = faults(round, &mut random);
            let armed = Arc::clone(&proxy);
            let progress: Arc<dyn Progress> = Arc::new(On(move |event: &Event| {
                if matches!(event, Event::Stage { name: "copy", .. }) {
                    faults.iter().for_each(|fault| armed.arm(fault.clone()));
                }
            }));
            let mut found = bench.run(proxy.target(), progress).await;
            let mut attempts = 0;
            // Where the cut came outside the copy, the same command goes on.
            while let Err(error) = &found {
                let kind = error.kind();
                assert!(
                    matches!(kind, ErrorKind::Resumable | ErrorKind::Unreachable),
                    "{error:?}"
                );
                resumed += 1;
                attempts += 1;
                assert!(attempts < ATTEMPTS_MAX, "{error:?}");
                // A server that still clears up cut connections may refuse a new one for a moment.
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                found = bench.run(proxy.target(), Arc::new(Silent)).await;
            }
            let proof = found.unwrap();
            assert_same(&proof, &reference);
            assert_rows(&server.root_target(), source::TICKS).await;
            fired += proxy.fired();
        }
        assert!(fired as usize > ROUNDS / 2, "{fired}");
        eprintln!(
            "{flavour:?}: {fired} cuts in {ROUNDS} migrations, {resumed} resumed by a second command"
        );
    }
}

/// Runs of one migration that may be cut off: there are fewer faults than that.
const ATTEMPTS_MAX: u32 = 60;

/// Migrations with cut connections, per server.
const ROUNDS: usize = 12;

/// The faults of a round: every third loses COMMITs or the answers to them, the others cut anywhere.
fn faults(round: usize, random: &mut Random) -> Vec<Fault> {
    let cut = |random: &mut Random| {
        if random.chance(2) {
            Action::Cut
        } else {
            Action::CutAnswer
        }
    };
    if round.is_multiple_of(3) {
        let commits = (0..1 + random.below(5)).map(|_| Fault {
            direction: Direction::ToServer,
            after: After::Containing(b"COMMIT".to_vec()),
            action: cut(random),
        });
        return commits.collect();
    }
    let direction = if round % 3 == 1 {
        Direction::ToServer
    } else {
        Direction::ToClient
    };
    let after = if random.chance(2) {
        After::Packets(random.below(400))
    } else {
        After::Bytes(random.below(1 << 20))
    };
    vec![Fault {
        direction,
        after,
        action: Action::Cut,
    }]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_room_stops_the_copy_and_the_same_command_goes_on() {
    let bench = Bench::new(source::TICKS);
    for flavour in TestServer::flavours() {
        // All tables in one file that may not grow.
        let limited = "--innodb-data-file-path=ibdata1:12M:autoextend:max:13M";
        let mut server = TestServer::with_options(flavour, &[limited]);
        bench.begin(&server);
        server.run_sql(&["SET GLOBAL innodb_file_per_table = OFF"]);
        // MariaDB's undo log is in the same file and needs most of it.
        if flavour == Flavour::MySql {
            fill(&server).await;
        }
        let found = bench.run(&server.root_target(), Arc::new(Silent)).await;
        let error = found.expect_err("there is not room for all rows");
        assert_eq!(error.kind(), ErrorKind::Resumable, "{error:?}");
        server.stop();
        server.start_with(&["--innodb-data-file-path=ibdata1:12M:autoextend"]);
        let proof = bench.run(&server.root_target(), Arc::new(Silent)).await;
        let proof = proof.unwrap();
        assert_rows(&server.root_target(), source::TICKS).await;
        assert_same(&proof, &bench.reference(&server).await);
    }
}

/// Fills the server's one file, but for the room of a table that is dropped again.
async fn fill(server: &TestServer) {
    const ROWS_MAX: usize = 40;
    let target = server.new_database("filler");
    let mut session = Session::open(&target, &SessionOptions::default())
        .await
        .unwrap();
    for table in ["room", "filler"] {
        let sql = format!("CREATE TABLE {table} (data LONGBLOB)");
        session.execute(&sql).await.unwrap();
    }
    let row = "VALUES (REPEAT('x', 1000000))";
    let sql = format!("INSERT INTO room {row}, (REPEAT('x', 500000))");
    session.execute(&sql).await.unwrap();
    let mut rows = 0;
    while session
        .execute(&format!("INSERT INTO filler {row}"))
        .await
        .is_ok()
    {
        rows += 1;
        assert!(rows < ROWS_MAX, "the file grows on");
    }
    session.execute("DROP TABLE room").await.unwrap();
    session.close().await;
}

/// A migration that runs beside the test.
type Beside = tokio::task::JoinHandle<Result<Proof, Error>>;

#[tokio::test(flavor = "multi_thread")]
async fn two_tools_with_one_work_folder_keep_out_of_each_others_way() {
    let bench = Bench::new(source::TICKS);
    for flavour in TestServer::flavours() {
        let server = TestServer::with_options(flavour, &[]);
        let target = server.root_target();
        let reference = bench.reference(&server).await;
        let turned_away = Arc::new(Mutex::new(None));
        let (seen, second) = (Arc::clone(&turned_away), bench.job(&target, "home"));
        let progress = at_chunk(1, move || {
            let opened = Migration::open(second.clone(), Options::default(), Arc::new(Silent));
            *seen.lock().unwrap() = opened.err();
        });
        let proof = bench.run(&target, progress).await.unwrap();
        assert_same(&proof, &reference);
        let error = turned_away.lock().unwrap().take().unwrap();
        assert!(matches!(error, Error::Busy { .. }), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::Resumable);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tools_with_two_work_folders_do_not_disturb_each_other() {
    let bench = Bench::new(source::TICKS);
    for flavour in TestServer::flavours() {
        let server = TestServer::with_options(flavour, &[]);
        let target = server.root_target();
        let reference = bench.reference(&server).await;
        let _ = std::fs::remove_dir_all(bench.folder.path().join("other-home"));
        let started: Arc<Mutex<Option<Beside>>> = Arc::default();
        let (handle, other) = (Arc::clone(&started), bench.job(&target, "other-home"));
        let runtime = tokio::runtime::Handle::current();
        let progress = at_chunk(1, move || {
            let job = other.clone();
            *handle.lock().unwrap() = Some(runtime.spawn(async move {
                let mut second = Migration::open(job, Options::default(), Arc::new(Silent))?;
                second.run().await
            }));
        });
        let first = bench.run(&target, progress).await;
        let second = started.lock().unwrap().take().unwrap();
        let second = second.await.unwrap();
        assert_same(&first.unwrap(), &reference);
        // The second waits for the first, or is told to come again.
        match second {
            Ok(proof) => assert_same(&proof, &reference),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Resumable, "{error:?}"),
        }
        let proof = bench.run(&target, Arc::new(Silent)).await.unwrap();
        assert_same(&proof, &reference);
        assert_rows(&target, source::TICKS).await;
    }
}
