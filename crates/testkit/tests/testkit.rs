//! The test kit itself: servers that die with their tests, and a proxy whose faults happen where they are armed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where; the held server's number is read by the test"
)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cbtrade_mysql::{Error, ErrorClass, Session, SessionOptions, Target};
use cbtrade_server::ProcessIdentity;
use cbtrade_testkit::{
    Action, After, Direction, Fault, FaultProxy, Flavour, TestFolder, TestServer,
};

/// Set for the copy of this program that is to be killed: it starts a server of this family and waits.
const HOLD: &str = "CBTRADE_TESTKIT_HOLD";

#[test]
fn holds_a_server_when_told_to() {
    let Ok(flavour) = std::env::var(HOLD) else {
        return;
    };
    let server = if flavour == "MySQL" {
        TestServer::mysql()
    } else {
        TestServer::maria()
    };
    println!(
        "holding {} {}",
        server.running().process.pid,
        server.folder().display()
    );
    // Nothing is ever sent: this waits for the end, which is a signal.
    let _ = std::io::stdin().lines().next();
    std::mem::forget(server);
    loop {
        std::thread::park();
    }
}

fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "{what} did not happen"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_server_dies_with_its_test_process() {
    for flavour in TestServer::flavours() {
        let mut holder = Command::new(std::env::current_exe().unwrap())
            .args(["holds_a_server_when_told_to", "--exact", "--nocapture"])
            .env(HOLD, flavour.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(holder.stdout.take().unwrap());
        let line = output
            .lines()
            .map(|line| line.unwrap())
            .find_map(|line| line.split_once("holding ").map(|(_, rest)| rest.to_owned()))
            .unwrap();
        let (pid, folder) = line.split_once(' ').unwrap();
        let (server, folder) = (
            ProcessIdentity::of(pid.parse().unwrap()).unwrap(),
            PathBuf::from(folder),
        );
        assert!(folder.exists());
        // SIGKILL: the process has no chance to clean up.
        holder.kill().unwrap();
        holder.wait().unwrap();
        wait_until("the server's end", || !server.is_alive());
        wait_until("the folder's removal", || !folder.exists());
    }
}

#[test]
fn a_dropped_server_leaves_nothing() {
    let server = TestServer::maria();
    let (process, folder) = (server.running().process.clone(), server.folder().to_owned());
    drop(server);
    assert!(!process.is_alive() && !folder.exists());
}

/// As a supervisor that a panicking test has left, in a session of its own and with a process that it started.
#[test]
#[expect(clippy::zombie_processes, reason = "the folder ends it")]
fn processes_of_a_home_folder_end_when_a_test_panics() {
    let started = std::panic::catch_unwind(|| {
        let folder = TestFolder::new();
        let mut program = Command::new("setsid")
            .args(["sh", "-c", "sleep 1000 & echo $! $$; wait"])
            .env("CBTRADE_HOME", folder.path().join("home"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let pids = line.split_whitespace().map(|pid| pid.parse().unwrap());
        let processes: Vec<_> = pids.map(|pid| ProcessIdentity::of(pid).unwrap()).collect();
        assert_eq!(processes.len(), 2);
        assert!(processes.iter().all(ProcessIdentity::is_alive));
        // Carries the processes out of the panic, as `resume_unwind` is one without a message.
        std::panic::resume_unwind(Box::new(processes));
    });
    let processes = started.unwrap_err();
    let processes = processes.downcast::<Vec<ProcessIdentity>>().unwrap();
    assert!(processes.iter().all(|process| !process.is_alive()));
}

#[tokio::test]
async fn data_survive_a_kill_and_options_can_change() {
    for flavour in TestServer::flavours() {
        let mut server = TestServer::with_options(flavour, &["--max-connections=17"]);
        let target = server.new_database("kept");
        server.run_sql(&[&format!(
            "CREATE TABLE {}.t (a INT)",
            target.database.clone().unwrap()
        )]);
        server.kill();
        server.start();
        assert_eq!(
            ask(&target, "SELECT CONCAT(@@max_connections, COUNT(*)) FROM t").await,
            "170",
            "{flavour}"
        );
        server.stop();
        server.start_with(&["--max-connections=23"]);
        assert_eq!(
            ask(&target, "SELECT CAST(@@max_connections AS CHAR)").await,
            "23",
            "{flavour}"
        );
    }
}

async fn open(target: &Target) -> Session {
    Session::open(target, &SessionOptions::default())
        .await
        .unwrap()
}

async fn ask(target: &Target, sql: &str) -> String {
    let rows: Vec<(String,)> = open(target).await.query(sql).await.unwrap();
    rows.first().unwrap().0.clone()
}

#[tokio::test]
async fn the_proxy_passes_everything_on_when_no_fault_is_armed() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let proxy = FaultProxy::before(&server.new_database("plain")).await;
        let mut session = open(proxy.target()).await;
        session
            .execute("CREATE TABLE t (a LONGBLOB)")
            .await
            .unwrap();
        // Larger than one packet of the protocol can be (16 MiB - 1).
        let large = vec![7_u8; (16 << 20) + 5];
        session
            .execute_with("INSERT INTO t VALUES (?)", (large.clone(),))
            .await
            .unwrap();
        let rows: Vec<(Vec<u8>,)> = session.query_with("SELECT a FROM t", ()).await.unwrap();
        assert!(rows.first().unwrap().0 == large);
        assert_eq!((proxy.fired(), proxy.connections()), (0, 1));
    }
}

#[tokio::test]
async fn faults_happen_once_and_where_they_are_armed() {
    let server = TestServer::shared(Flavour::MariaDb);
    let proxy = FaultProxy::before(&server.root_target()).await;
    let mut session = open(proxy.target()).await;
    proxy.arm(Fault {
        direction: Direction::ToServer,
        after: After::Packets(2),
        action: Action::Cut,
    });
    session.execute("DO 1").await.unwrap();
    session.execute("DO 2").await.unwrap();
    assert_eq!(
        session.execute("DO 3").await.unwrap_err().class(),
        ErrorClass::ConnectionLost
    );
    open(proxy.target()).await.execute("DO 4").await.unwrap();
    assert_eq!(proxy.fired(), 1);
}

#[tokio::test]
async fn connections_are_cut_stalled_delayed_and_refused_on_command() {
    let server = TestServer::shared(Flavour::MariaDb);
    let proxy = FaultProxy::before(&server.root_target()).await;
    let hasty = SessionOptions {
        statement_timeout_ms: Some(200),
        ..SessionOptions::default()
    };
    let (mut one, mut two) = (open(proxy.target()).await, open(proxy.target()).await);
    proxy.cut_all();
    for session in [&mut one, &mut two] {
        assert_eq!(
            session.execute("DO 1").await.unwrap_err().class(),
            ErrorClass::ConnectionLost
        );
    }
    let mut session = Session::open(proxy.target(), &hasty).await.unwrap();
    let delay = Action::Delay(Duration::from_secs(600));
    proxy.arm(Fault {
        direction: Direction::ToClient,
        after: After::Packets(0),
        action: delay,
    });
    assert!(matches!(
        session.execute("DO 1").await,
        Err(Error::StatementTimeout { .. })
    ));
    let mut session = Session::open(proxy.target(), &hasty).await.unwrap();
    let slow = Fault {
        direction: Direction::ToServer,
        after: After::Containing(b"DO 5".to_vec()),
        action: Action::Stall,
    };
    proxy.arm(slow);
    session.execute("DO 4").await.unwrap();
    assert!(matches!(
        session.execute("DO 5").await,
        Err(Error::StatementTimeout { .. })
    ));
    proxy.resume();
    open(proxy.target()).await.execute("DO 6").await.unwrap();
    proxy.refuse(true);
    let refused = Session::open(proxy.target(), &SessionOptions::default())
        .await
        .unwrap_err();
    assert_eq!(refused.class(), ErrorClass::ServerUnavailable);
    proxy.refuse(false);
    open(proxy.target()).await.execute("DO 7").await.unwrap();
}

#[tokio::test]
async fn an_answer_is_cut_only_after_the_server_has_done_its_work() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let target = server.new_database("answer");
        let proxy = FaultProxy::before(&target).await;
        let mut session = open(proxy.target()).await;
        session.execute("CREATE TABLE t (a INT)").await.unwrap();
        session.execute("START TRANSACTION").await.unwrap();
        session.execute("INSERT INTO t VALUES (1)").await.unwrap();
        let commit = After::Containing(b"COMMIT".to_vec());
        proxy.arm(Fault {
            direction: Direction::ToServer,
            after: commit,
            action: Action::CutAnswer,
        });
        assert_eq!(
            session.execute("COMMIT").await.unwrap_err().class(),
            ErrorClass::ConnectionLost
        );
        assert_eq!(
            ask(&target, "SELECT CAST(COUNT(*) AS CHAR) FROM t").await,
            "1",
            "{flavour}"
        );
    }
}

#[test]
fn templates_are_not_shared_by_reference() {
    let (one, two) = (TestServer::maria(), TestServer::maria());
    one.run_sql(&["CREATE DATABASE only_in_one"]);
    two.run_sql(&["CREATE DATABASE only_in_one"]);
    assert_ne!(one.home().path(), two.home().path());
    assert!(Path::new(&one.home().data()).join("only_in_one").is_dir());
}
