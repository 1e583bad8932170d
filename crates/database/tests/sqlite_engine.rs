//! Several processes on one SQLite file. Each child is this test program again, told by its environment what to do.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]
#![expect(
    clippy::print_stderr,
    reason = "a child tells its parent there what it did"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use cbtrade_database::{Call, Database, ErrorKind, FileWrites, Location, Options, Value, transact};
use cbtrade_testkit::{Random, TestFolder, seed_from_env};

const CALL: Call = Call {
    method: "test",
    table: "trades",
};
const ROLE: &str = "CBTRADE_TEST_CHILD_ROLE";
const FILE: &str = "CBTRADE_TEST_CHILD_FILE";
const NAME: &str = "CBTRADE_TEST_CHILD_NAME";
/// Milliseconds, or a number of writes.
const AMOUNT: &str = "CBTRADE_TEST_CHILD_AMOUNT";
const WAYS: [(FileWrites, &str); 2] = [
    (FileWrites::InTurn, "in turn"),
    (FileWrites::EachForItself, "each for itself"),
];

fn options(file_writes: FileWrites) -> Options {
    Options {
        file_writes,
        figures_every: Duration::ZERO,
        ..Options::default()
    }
}

fn location(path: &Path) -> Location {
    Location::File {
        path: path.to_owned(),
        candles: path.with_file_name("ohlcv.db"),
    }
}

async fn run(database: &Database, sql: &str) {
    let done = transact!(database, CALL, |transaction| {
        transaction.run(sql, Vec::new()).await.map(|_| ())
    });
    done.unwrap();
}

async fn number(database: &Database, sql: &str) -> i64 {
    let found = transact!(database, CALL, |transaction| {
        let rows = transaction.rows(sql, Vec::new()).await?;
        match rows.first().and_then(|row| row.values().first()) {
            Some(Value::Integer(number)) => Ok(*number),
            other => panic!("{sql}: {other:?}"),
        }
    });
    found.unwrap()
}

/// An empty file with two tables that are written together.
async fn store(folder: &TestFolder, name: &str) -> PathBuf {
    let path = folder.path().join(name);
    let database = Database::create_file(&path, options(FileWrites::InTurn))
        .await
        .unwrap();
    run(
        &database,
        "CREATE TABLE trades (id INTEGER PRIMARY KEY, name TEXT, number INTEGER)",
    )
    .await;
    run(
        &database,
        "CREATE TABLE totals (id INTEGER PRIMARY KEY, name TEXT, number INTEGER)",
    )
    .await;
    path
}

/// A process that works on a file.
struct Worker {
    process: Child,
    lines: BufReader<ChildStderr>,
}

impl Worker {
    /// Starts a process, and waits until it has opened the file.
    fn start(role: &str, file: &Path, name: &str, amount: u128) -> Worker {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["child", "--exact", "--nocapture"])
            .env(ROLE, role)
            .env(FILE, file)
            .env(NAME, name)
            .env(AMOUNT, amount.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap());
        let mut worker = Worker { process, lines };
        assert_eq!(worker.line().as_deref(), Some("ready"));
        worker
    }

    fn go(&mut self) {
        let input = self.process.stdin.as_mut().unwrap();
        input.write_all(b"go\n").unwrap();
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).unwrap();
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// What it says at its end, as numbers: writes, failures, retries.
    fn result(mut self) -> [u64; 3] {
        let mut said = Vec::new();
        let mut last = String::new();
        while let Some(line) = self.line() {
            if !line.starts_with("ack ") {
                said.push(line.clone());
                last = line;
            }
        }
        let status = self.process.wait().unwrap();
        assert!(status.success(), "{said:#?}");
        let numbers: Vec<u64> = last.split(' ').map(|word| word.parse().unwrap()).collect();
        numbers.try_into().unwrap()
    }
}

/// The part of a child; as a test of its own it does nothing.
#[test]
fn child() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let variable = |name: &str| std::env::var(name).unwrap();
    let way = WAYS
        .iter()
        .find(|(_, name)| role.starts_with(name))
        .unwrap()
        .0;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let file = PathBuf::from(variable(FILE));
        let database = Database::open(&location(&file), options(way))
            .await
            .unwrap();
        eprintln!("ready");
        std::io::stdin()
            .lock()
            .read_line(&mut String::new())
            .unwrap();
        let amount: u64 = variable(AMOUNT).parse().unwrap();
        write(&database, &role, &variable(NAME), amount).await;
    });
}

/// Writes for so many milliseconds, or so many times.
async fn write(database: &Database, role: &str, name: &str, amount: u64) {
    let begun = Instant::now();
    let (mut writes, mut failures, mut number) = (0, 0, 0_i64);
    while match role.contains("for a time") {
        true => begun.elapsed() < Duration::from_millis(amount),
        false => writes + failures < amount,
    } {
        number += 1;
        let tables: &[&str] = if role.contains("pairs") {
            &["trades", "totals"]
        } else {
            &["trades"]
        };
        let done = transact!(database, CALL, |transaction| {
            if role.contains("reads and writes") {
                let newest = "SELECT max(id) FROM trades";
                transaction.rows(newest, Vec::new()).await?;
            }
            for table in tables {
                let sql = format!("INSERT INTO {table} (name, number) VALUES (?, ?)");
                let values = vec![Value::from(name), Value::from(number)];
                transaction.run(&sql, values).await?;
            }
            Ok(())
        });
        match done {
            Ok(()) => {
                writes += 1;
                if role.contains("tells") {
                    eprintln!("ack {number}");
                }
            }
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Conflict, "{error}: {error:?}");
                failures += 1;
            }
        }
    }
    let retries: u64 = database.figures().retries.values().sum();
    eprintln!("{writes} {failures} {retries}");
}

/// So many processes at once, each for a time. Gives writes, failures and retries of each.
fn race(file: &Path, role: &str, processes: usize, time: Duration) -> Vec<[u64; 3]> {
    let mut workers: Vec<Worker> = (0..processes)
        .map(|number| Worker::start(role, file, &number.to_string(), time.as_millis()))
        .collect();
    for worker in &mut workers {
        worker.go();
    }
    workers.into_iter().map(Worker::result).collect()
}

#[tokio::test]
async fn eight_processes_write_one_file_and_none_fails() {
    let folder = TestFolder::new();
    let file = store(&folder, "trades.db").await;
    let each = 150;
    let mut workers: Vec<Worker> = (0..8)
        .map(|number| Worker::start("in turn pairs", &file, &number.to_string(), each))
        .collect();
    for worker in &mut workers {
        worker.go();
    }
    for worker in workers {
        assert_eq!(worker.result()[..2], [150, 0]);
    }
    let database = Database::open(&location(&file), options(FileWrites::InTurn))
        .await
        .unwrap();
    for table in ["trades", "totals"] {
        let sql = format!(
            "SELECT count(*) FROM (SELECT name FROM {table} GROUP BY name \
             HAVING count(*) = {each} AND count(DISTINCT number) = {each} AND max(number) = {each})"
        );
        assert_eq!(number(&database, &sql).await, 8, "{table}");
    }
    assert_eq!(
        number(
            &database,
            "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"
        )
        .await,
        0
    );
}

/// The old way beside ours, a little time each in turns, so that other work on the machine falls on both.
#[tokio::test]
async fn eight_processes_have_their_fair_shares() {
    let folder = TestFolder::new();
    let (rounds, time) = (4, Duration::from_millis(800));
    for (processes, work) in [(1, "writes"), (8, "writes"), (8, "reads and writes")] {
        let mut all = WAYS.map(|_| vec![[0; 3]; processes]);
        for round in 0..rounds {
            for ((_, name), all) in WAYS.iter().zip(&mut all) {
                let role = format!("{name} {work} for a time");
                let file = store(&folder, &format!("{processes} {role} {round}.db")).await;
                for (sums, result) in all.iter_mut().zip(race(&file, &role, processes, time)) {
                    for (sum, number) in sums.iter_mut().zip(result) {
                        *sum += number;
                    }
                }
            }
        }
        for ((way, name), all) in WAYS.iter().zip(&all) {
            let sum = |place: usize| all.iter().map(|sums| sums[place]).sum::<u64>();
            let mut writes: Vec<u64> = all.iter().map(|sums| sums[0]).collect();
            writes.sort_unstable();
            println!(
                "{processes} processes, {name}, {work}: {} writes/s, {} times `database is locked`, {} retries, \
                 writes of each {writes:?}",
                u128::from(sum(0)) * 1000 / (time.as_millis() * rounds),
                sum(1),
                sum(2),
            );
            // How the old way fares is for the reader; no test hangs on it.
            if *way == FileWrites::InTurn {
                assert_eq!(sum(1), 0);
                assert!(writes[0] * 2 >= writes[writes.len() / 2], "{writes:?}");
            }
        }
    }
}

#[tokio::test]
async fn kill_9_at_any_instant_loses_nothing_that_was_acknowledged_and_holds_up_nobody() {
    let folder = TestFolder::new();
    let file = store(&folder, "trades.db").await;
    let mut random = Random::new(seed_from_env("CBTRADE_TEST_SEED"));
    let victims = 25;
    let mut others: Vec<Worker> = ["other 1", "other 2"]
        .iter()
        .map(|name| Worker::start("in turn pairs tells for a time", &file, name, 4_000))
        .collect();
    for other in &mut others {
        other.go();
    }
    let mut acknowledged = Vec::new();
    for victim in 0..victims {
        let name = format!("victim {victim}");
        let mut worker = Worker::start("in turn pairs tells for a time", &file, &name, 60_000);
        worker.go();
        tokio::time::sleep(Duration::from_micros(random.below(120_000))).await;
        worker.process.kill().unwrap();
        worker.process.wait().unwrap();
        let mut last = 0;
        while let Some(line) = worker.line() {
            if let Some(number) = line.strip_prefix("ack ") {
                last = number.parse().unwrap_or(last);
            }
        }
        acknowledged.push((name, last));
    }
    for other in others {
        let [writes, failures, _] = other.result();
        assert!(writes > 0 && failures == 0);
    }
    let database = Database::open(&location(&file), options(FileWrites::InTurn))
        .await
        .unwrap();
    for (name, last) in &acknowledged {
        for table in ["trades", "totals"] {
            let sql = format!("SELECT count(*) FROM {table} WHERE name = '{name}'");
            let stored = number(&database, &sql).await;
            // The last one may have been committed a moment before the kill, and not been told of.
            assert!(
                stored == *last || stored == last + 1,
                "{name}: {stored} of {last} in {table}"
            );
        }
    }
    let halves = "SELECT count(*) FROM (SELECT name, number FROM trades EXCEPT SELECT name, number FROM totals)";
    assert_eq!(number(&database, halves).await, 0);
    let all: i64 = acknowledged.iter().map(|(_, last)| last).sum();
    println!("{victims} processes killed, {all} acknowledged writes of theirs are there");
    assert!(all > 0, "none was killed while it wrote");
    assert_eq!(
        number(
            &database,
            "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"
        )
        .await,
        0
    );
}
