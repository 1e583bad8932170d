//! Targets that are odd, in the way, out of room, or gone for a while: the migration arrives with the same digest, or is
//! refused and leaves the target as it was found.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a failed test says where"
)]

#[path = "crash/source.rs"]
mod source;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cbtrade_migrate::{Error, ErrorKind, Event, Job, Migration, Options, Progress, Proof, Silent};
use cbtrade_mysql::{Secret, Session, SessionOptions, Target};
use cbtrade_sqlite::rusqlite::Connection;
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

fn assert_refused(result: &Result<Proof, Error>, what: &str) {
    match result {
        Err(error) => assert_eq!(error.kind(), ErrorKind::Refused, "{what}: {error:?}"),
        Ok(_) => panic!("{what}: not refused"),
    }
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
        for round in 0..30 {
            bench.begin(server);
            let proxy = Arc::new(FaultProxy::before(&server.root_target()).await);
            let faults = faults(round, &mut random);
            let armed = Arc::clone(&proxy);
            let progress: Arc<dyn Progress> = Arc::new(On(move |event: &Event| {
                if matches!(event, Event::Stage { name: "copy", .. }) {
                    faults.iter().for_each(|fault| armed.arm(fault.clone()));
                }
            }));
            let proof = match bench.run(proxy.target(), progress).await {
                Ok(proof) => proof,
                // The cut came after the copy: the same command goes on.
                Err(error) => {
                    let kind = error.kind();
                    assert!(
                        matches!(kind, ErrorKind::Resumable | ErrorKind::Unreachable),
                        "{error:?}"
                    );
                    resumed += 1;
                    bench
                        .run(&server.root_target(), Arc::new(Silent))
                        .await
                        .unwrap()
                }
            };
            assert_same(&proof, &reference);
            assert_rows(&server.root_target(), source::TICKS).await;
            fired += proxy.fired();
        }
        assert!(fired > 20, "{fired}");
        eprintln!(
            "{flavour:?}: {fired} cuts in 30 migrations, {resumed} resumed by a second command"
        );
    }
}

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
async fn a_read_only_server_is_refused() {
    let bench = Bench::new(100);
    for flavour in TestServer::flavours() {
        let mut server = TestServer::with_options(flavour, &[]);
        bench.begin(&server);
        server.stop();
        server.start_with(&["--read-only=ON"]);
        let found = bench.run(&server.root_target(), Arc::new(Silent)).await;
        assert_refused(&found, "read-only");
        assert_eq!(
            content(&server.root_target(), DATABASE).await,
            [format!("SCHEMATA {DATABASE}")]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_not_empty_is_refused_and_keeps_what_it_has() {
    let bench = Bench::new(100);
    let obstacles = [
        "CREATE TABLE faults.ticks (x INT)",
        "CREATE TABLE faults.something (x INT)",
        "CREATE VIEW faults.seen AS SELECT 1 AS one",
        "CREATE FUNCTION faults.one_row() RETURNS INT DETERMINISTIC RETURN 1",
        "CREATE TABLE faults._cbtrade_chunk (x INT)",
    ];
    for flavour in TestServer::flavours() {
        let server = &TestServer::with_options(flavour, &[]);
        for obstacle in obstacles {
            bench.begin(server);
            server.run_sql(&[obstacle]);
            let before = content(&server.root_target(), DATABASE).await;
            let found = bench.run(&server.root_target(), Arc::new(Silent)).await;
            assert_refused(&found, obstacle);
            assert_eq!(
                content(&server.root_target(), DATABASE).await,
                before,
                "{obstacle}"
            );
        }
        bench.begin(server);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packet_that_is_too_small_is_kept_to_or_refused() {
    let bench = Bench::new(100);
    let connection = Connection::open(&bench.source).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE wide (id INTEGER PRIMARY KEY, data BLOB);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
             INSERT INTO wide SELECT i, randomblob(3000) FROM n;",
        )
        .unwrap();
    drop(connection);
    for flavour in TestServer::flavours() {
        let mut server = TestServer::with_options(flavour, &[]);
        let reference = bench.reference(&server).await;
        server.stop();
        server.start_with(&["--max-allowed-packet=256K"]);
        // Every row fits, whole batches do not.
        let proof = bench
            .run(&server.root_target(), Arc::new(Silent))
            .await
            .unwrap();
        assert_same(&proof, &reference);
        bench.begin(&server);
        let large = Bench::new(100);
        Connection::open(&large.source)
            .unwrap()
            .execute_batch(
                "CREATE TABLE huge (data BLOB); INSERT INTO huge VALUES (randomblob(300000))",
            )
            .unwrap();
        let found = large.run(&server.root_target(), Arc::new(Silent)).await;
        assert_refused(&found, "a row larger than a packet");
        assert!(
            matches!(&found, Err(Error::Undecided { findings, .. }) if findings.iter().any(|finding| finding.table == "huge")),
            "{found:?}"
        );
        assert_eq!(
            content(&server.root_target(), DATABASE).await,
            [format!("SCHEMATA {DATABASE}")]
        );
    }
}

/// All that a migration can need in its database.
const RIGHTS: [&str; 9] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "ALTER",
    "INDEX",
    "REFERENCES",
    "TRIGGER",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_the_rights_is_refused_and_leaves_nothing() {
    let bench = Bench::new(100);
    for flavour in TestServer::flavours() {
        let server = &TestServer::with_options(flavour, &[]);
        for missing in RIGHTS
            .iter()
            .copied()
            .chain(["all but SELECT", "DROP", "none"])
        {
            let granted: Vec<&str> = match missing {
                "all but SELECT" => vec!["SELECT"],
                "DROP" => RIGHTS.to_vec(),
                missing => RIGHTS
                    .iter()
                    .copied()
                    .filter(|right| *right != missing)
                    .chain(["DROP"])
                    .collect(),
            };
            bench.begin(server);
            server.run_sql(&[
                "DROP USER IF EXISTS 'little'@'localhost'",
                "CREATE USER 'little'@'localhost' IDENTIFIED BY 'Little-1-pass'",
                &format!(
                    "GRANT {} ON {DATABASE}.* TO 'little'@'localhost'",
                    granted.join(", ")
                ),
            ]);
            let target = server
                .root_target()
                .with_user("little", Some(Secret::new("Little-1-pass".to_owned())));
            let found = bench.run(&target, Arc::new(Silent)).await;
            if let Ok(proof) = &found {
                assert!(
                    proof.equal() && missing != "all but SELECT",
                    "without {missing}"
                );
                assert_rows(&server.root_target(), 100).await;
            } else {
                assert_refused(&found, missing);
                let left = content(&server.root_target(), DATABASE).await;
                assert_eq!(left, [format!("SCHEMATA {DATABASE}")], "without {missing}");
            }
            eprintln!(
                "{flavour:?}: without {missing}: {}",
                if found.is_ok() { "migrated" } else { "refused" }
            );
            assert!(missing != "none" || found.is_ok(), "{found:?}");
        }
        bench.begin(server);
    }
}

/// Global settings that a session inherits and that could change or hide values.
fn odd_settings(flavour: Flavour) -> Vec<&'static str> {
    let mut settings = vec![
        "sql_mode = ''",
        "sql_mode = 'ANSI'",
        "sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE'",
        "sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'",
        "time_zone = '+05:30'",
        "autocommit = OFF",
        "default_storage_engine = 'MyISAM'",
        "innodb_strict_mode = OFF",
        "character_set_server = 'latin1'",
        "collation_connection = 'utf8mb4_general_ci'",
        "max_sort_length = 64",
        "group_concat_max_len = 4",
        "sql_select_limit = 100",
        "max_error_count = 0",
        "sql_big_selects = OFF",
        "max_join_size = 50",
        "foreign_key_checks = OFF",
        "unique_checks = OFF",
        "updatable_views_with_limit = NO",
        "transaction_isolation = 'READ-UNCOMMITTED'",
        "innodb_lock_wait_timeout = 1",
        "wait_timeout = 1",
        "sql_safe_updates = ON",
        "sql_auto_is_null = ON",
        "low_priority_updates = ON",
        "auto_increment_increment = 7",
        "div_precision_increment = 0",
        "lock_wait_timeout = 1",
    ];
    match flavour {
        Flavour::MariaDb => settings.extend([
            "sql_mode = 'ORACLE'",
            "sql_mode = 'MSSQL'",
            "max_statement_time = 0.001",
            "tx_read_only = ON",
            "old_mode = ''",
            "default_regex_flags = 'DOTALL'",
            "sql_if_exists = ON",
            "column_compression_threshold = 1",
            "system_versioning_alter_history = KEEP",
        ]),
        Flavour::MySql => settings.extend([
            "sql_require_primary_key = ON",
            "sql_generate_invisible_primary_key = ON",
            "transaction_read_only = ON",
            "max_execution_time = 1",
            "default_collation_for_utf8mb4 = 'utf8mb4_general_ci'",
            "show_create_table_verbosity = ON",
            "print_identified_with_as_hex = ON",
            "windowing_use_high_precision = OFF",
        ]),
    }
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_settings_of_the_server_change_nothing() {
    let bench = Bench::new(1000);
    for flavour in TestServer::flavours() {
        let server = TestServer::with_options(flavour, &[]);
        let reference = bench.reference(&server).await;
        for setting in odd_settings(flavour) {
            bench.begin(&server);
            let (name, _) = setting.split_once(' ').unwrap();
            let mut session = Session::open(&server.root_target(), &SessionOptions::default())
                .await
                .unwrap();
            let before: Vec<Option<String>> = session
                .query(&format!("SELECT CAST(@@GLOBAL.{name} AS CHAR)"))
                .await
                .unwrap();
            if let Err(error) = session.execute(&format!("SET GLOBAL {setting}")).await {
                eprintln!("{flavour:?}: not to be set: {setting}: {error:?}");
                continue;
            }
            let found = bench.run(&server.root_target(), Arc::new(Silent)).await;
            let before = before[0].clone().unwrap_or_default();
            let restored = if before.parse::<f64>().is_ok() {
                before
            } else {
                format!("'{before}'")
            };
            session
                .execute(&format!("SET GLOBAL {name} = {restored}"))
                .await
                .unwrap();
            session.close().await;
            match found {
                Ok(proof) => {
                    assert_same(&proof, &reference);
                    assert_rows(&server.root_target(), 1000).await;
                }
                Err(error) => {
                    eprintln!("{flavour:?}: {setting}: {error:?}");
                    assert_eq!(error.kind(), ErrorKind::Refused, "{setting}");
                    assert_eq!(
                        content(&server.root_target(), DATABASE).await,
                        [format!("SCHEMATA {DATABASE}")],
                        "{setting}"
                    );
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_room_stops_the_copy_and_the_same_command_goes_on() {
    let bench = Bench::new(source::TICKS);
    for flavour in TestServer::flavours() {
        // All tables in one file that may not grow.
        let limited = "--innodb-data-file-path=ibdata1:12M:autoextend:max:16M";
        let mut server = TestServer::with_options(flavour, &[limited]);
        bench.begin(&server);
        server.run_sql(&["SET GLOBAL innodb_file_per_table = OFF"]);
        let found = bench.run(&server.root_target(), Arc::new(Silent)).await;
        let error = found.expect_err("there is not room for all rows");
        assert_eq!(error.kind(), ErrorKind::Resumable, "{error:?}");
        server.stop();
        server.start_with(&["--innodb-data-file-path=ibdata1:12M:autoextend"]);
        let proof = bench
            .run(&server.root_target(), Arc::new(Silent))
            .await
            .unwrap();
        assert_same(&proof, &reference);
        assert_rows(&server.root_target(), source::TICKS).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tools_at_once_do_not_disturb_each_other() {
    let bench = Arc::new(Bench::new(source::TICKS));
    for flavour in TestServer::flavours() {
        let server = &TestServer::with_options(flavour, &[]);
        let target = server.root_target();
        let reference = bench.reference(server).await;
        // The same work folder: the second is turned away at once.
        let busy = Arc::new(Mutex::new(None));
        let (seen, second) = (Arc::clone(&busy), bench.job(&target, "home"));
        let progress = at_chunk(1, move || {
            *seen.lock().unwrap() =
                Migration::open(second.clone(), Options::default(), Arc::new(Silent)).err();
        });
        let proof = bench.run(&target, progress).await.unwrap();
        assert_same(&proof, &reference);
        let error = busy
            .lock()
            .unwrap()
            .take()
            .expect("the second is turned away");
        assert!(
            matches!(error, Error::Busy { .. }) && error.kind() == ErrorKind::Resumable,
            "{error:?}"
        );
        // Another work folder, the same target: the second waits or is turned away, and spoils nothing.
        bench.begin(server);
        let other = bench.job(&target, "other-home");
        let started: Arc<Mutex<Option<tokio::task::JoinHandle<Result<Proof, Error>>>>> =
            Arc::default();
        let (handle, runtime) = (Arc::clone(&started), tokio::runtime::Handle::current());
        let progress = at_chunk(1, move || {
            let job = other.clone();
            let task = runtime.spawn(async move {
                Migration::open(job, Options::default(), Arc::new(Silent))?
                    .run()
                    .await
            });
            *handle.lock().unwrap() = Some(task);
        });
        let first = bench.run(&target, progress).await;
        let second = started.lock().unwrap().take().unwrap();
        let second = second.await.unwrap();
        assert_same(&first.unwrap(), &reference);
        match second {
            Ok(proof) => assert_same(&proof, &reference),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Resumable, "{error:?}"),
        }
        let proof = bench.run(&target, Arc::new(Silent)).await.unwrap();
        assert_same(&proof, &reference);
        assert_rows(&target, source::TICKS).await;
    }
}
