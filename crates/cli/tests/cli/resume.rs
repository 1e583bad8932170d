//! Stops at any instant: kill -9 and Ctrl-C in the middle of the copy, then the same command.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cbtrade_mysql::Target;
use cbtrade_sqlite::rusqlite::Connection;
use cbtrade_testkit::{Action, After, Direction, Fault, FaultProxy, Flavour, TestServer};

use crate::harness::{Place, password, query, said};

const ROWS: u64 = 60_000;

/// Rows enough for several chunks.
fn source(place: &Place) -> String {
    let path = place.path("large.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch(&format!(
            "CREATE TABLE large (id INTEGER PRIMARY KEY, name TEXT, price REAL);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
             INSERT INTO large SELECT i, 'name of ' || i, i / 7.0 FROM n;"
        ))
        .unwrap();
    path.display().to_string()
}

fn command(place: &Place, source: &str, target: &Target) -> Command {
    let mut command = place.command(&[
        "migrate",
        "run",
        source,
        "--json",
        "--target",
        &target.display(),
    ]);
    command.env("CBTRADE_MYSQL_PASSWORD", password(target));
    command
}

/// Starts the program behind a proxy that lets nothing pass once a good part of the rows has gone by.
async fn stalled(place: &Place, source: &str, proxy: &FaultProxy) -> Child {
    proxy.arm(Fault {
        direction: Direction::ToServer,
        after: After::Bytes(1_200_000),
        action: Action::Stall,
    });
    let before = proxy.fired();
    let mut child = command(place, source, proxy.target())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while proxy.fired() == before {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it could be stopped"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    child
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_interrupted_it_goes_on_with_the_same_command() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let source = source(&place);
    let target = server.new_database("resume");
    let proxy = FaultProxy::before(&target).await;

    let mut killed = stalled(&place, &source, &proxy).await;
    killed.kill().unwrap();
    killed.wait().unwrap();
    proxy.cut_all();
    proxy.resume();

    let interrupted = stalled(&place, &source, &proxy).await;
    let pid = i32::try_from(interrupted.id()).unwrap();
    let stopped = Command::new("kill")
        .args(["-INT", &pid.to_string()])
        .status()
        .unwrap();
    assert!(stopped.success());
    let output = interrupted.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(
        words
            .trim_end()
            .ends_with("stopped; the same command goes on where it stands"),
        "{words}"
    );
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["error"]["kind"], "stopped");
    assert!(!told["error"]["hints"].as_array().unwrap().is_empty());
    proxy.cut_all();
    proxy.resume();

    let last = command(&place, &source, proxy.target());
    let done = tokio::task::spawn_blocking(move || said(last))
        .await
        .unwrap()
        .ends(0)
        .json();
    assert_eq!(done["equal"], true);
    assert_eq!(done["rows"], ROWS);
    let counted: Vec<u64> =
        tokio::task::spawn_blocking(move || query(&target, "SELECT COUNT(*) FROM large"))
            .await
            .unwrap();
    assert_eq!(counted, [ROWS]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cutover_that_was_killed_is_brought_to_its_end_by_the_same_command() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let source = place.small_source("shop.db");
    let target = server.new_database("half");
    let proxy = FaultProxy::before(&target).await;
    proxy.arm(Fault {
        direction: Direction::ToServer,
        after: After::Containing(b"_cbtrade_epoch` SET".to_vec()),
        action: Action::Stall,
    });
    let recover = |yes: &[&str]| {
        let url = proxy.target().display();
        let arguments = [&["recover", &source, "--target", &url, "--json"], yes].concat();
        let mut command = place.command(&arguments);
        command.env("CBTRADE_MYSQL_PASSWORD", password(&target));
        command
    };
    let mut killed = recover(&["--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while proxy.fired() == 0 {
        assert!(
            killed.try_wait().unwrap().is_none(),
            "it ended before the epoch was moved"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    proxy.cut_all();
    proxy.resume();
    let write = || {
        Connection::open(&source)
            .unwrap()
            .execute("INSERT INTO plain (name) VALUES ('later')", [])
    };
    // Fenced, and the target is not live: neither side takes writes.
    assert!(write().is_err(), "the old file takes writes");
    let run = |mut command: Command| {
        tokio::task::spawn_blocking(move || {
            command.stdin(Stdio::null());
            said(command)
        })
    };
    let _ = run(command(&place, &source, proxy.target()))
        .await
        .unwrap()
        .ends(3)
        .tells(&[
            "did not come to its end",
            "migrate cutover --yes",
            "rollback",
        ]);
    // It was confirmed before: no new confirmation is needed.
    let done = run(recover(&[])).await.unwrap().ends(0).json();
    assert_eq!(done["live"], "target");
    assert_eq!(done["equal"], true);
    assert!(write().is_err());
}
