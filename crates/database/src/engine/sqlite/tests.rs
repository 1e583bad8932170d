//! The engine in one process. What several processes do to one file is tested from outside.

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use cbtrade_core::{Decimal, FixedClock, Timestamp};
use cbtrade_sqlite::rusqlite::Connection;

use super::line::Line;
use crate::{
    Call, Database, Error, ErrorKind, FileWrites, Location, Options, Outcome, Value, transact,
};

const CALL: Call = Call {
    method: "trade",
    table: "trades",
};
/// A query that takes minutes.
const ENDLESS: &str = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3000000000) \
                       SELECT count(*) FROM n";

fn options() -> Options {
    Options {
        figures_every: Duration::ZERO,
        ..Options::default()
    }
}

/// A database with one table of trades, in a folder that lives as long as the test.
async fn trades(options: Options) -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::create_file(&folder.path().join("trades.db"), options)
        .await
        .unwrap();
    let sql = "CREATE TABLE trades (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, price TEXT, \
               at TEXT DEFAULT CURRENT_TIMESTAMP)";
    database.run(CALL, sql, Vec::new()).await.unwrap();
    (folder, database)
}

async fn insert(database: &Database, name: &str) -> Result<Outcome, Error> {
    let sql = "INSERT INTO trades (name) VALUES (?)";
    database.run(CALL, sql, vec![Value::from(name)]).await
}

async fn names(database: &Database) -> String {
    let sql =
        "SELECT COALESCE(group_concat(name, ' '), '') FROM (SELECT name FROM trades ORDER BY id)";
    let mut rows = database.rows(CALL, sql, Vec::new()).await.unwrap();
    rows[0].take(0).unwrap()
}

/// Lets a future get as far as it gets within a time, and drops it there.
async fn begin_and_drop<T>(work: impl Future<Output = T>, time: Duration) {
    let done = tokio::time::timeout(time, work).await;
    assert!(done.is_err(), "it ended before it was dropped");
}

fn foreign(database: &Database) -> Connection {
    let Location::File { path, .. } = database.location() else {
        panic!("not a file");
    };
    Connection::open(path).unwrap()
}

fn path_of(database: &Database) -> &Path {
    match database.location() {
        Location::File { path, .. } => path,
        Location::Servers { .. } => panic!("not a file"),
    }
}

#[tokio::test]
async fn files_are_made_once_and_what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    super::File::create(&path).unwrap();
    let made = std::fs::read(&path).unwrap();
    assert_eq!(
        made[18..20],
        [2, 2],
        "write-ahead logging is the file's own way"
    );
    super::File::create(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), made);

    let text = folder.path().join("text.db");
    std::fs::write(
        &text,
        "this is a letter and not a database at all, however it is called",
    )
    .unwrap();
    let refused = |error: &Error, kind: ErrorKind, name: &str| {
        assert_eq!(error.kind, kind, "{error:?}");
        assert!(error.to_string().contains(name), "{error}");
    };
    refused(
        &super::File::create(&text).unwrap_err(),
        ErrorKind::Location,
        "text.db",
    );
    refused(
        &super::File::create(folder.path()).unwrap_err(),
        ErrorKind::Location,
        "not a file",
    );
    let nowhere = folder.path().join("no/such/a.db");
    refused(
        &super::File::create(&nowhere).unwrap_err(),
        ErrorKind::Unreachable,
        "a.db",
    );

    let open = async |path: &Path, candles: &Path| {
        let location = Location::File {
            path: path.to_owned(),
            candles: candles.to_owned(),
        };
        Database::open(&location, options()).await
    };
    let candles = folder.path().join("candles.db");
    refused(
        &open(&text, &candles).await.unwrap_err(),
        ErrorKind::Location,
        "text.db",
    );
    refused(
        &open(&nowhere, &candles).await.unwrap_err(),
        ErrorKind::NotFound,
        "a.db",
    );
    refused(
        &open(folder.path(), &candles).await.unwrap_err(),
        ErrorKind::Location,
        "not a file",
    );
    refused(
        &open(&path, &text).await.unwrap_err(),
        ErrorKind::Location,
        "text.db",
    );
    refused(
        &open(&path, &path).await.unwrap_err(),
        ErrorKind::Location,
        "of their own",
    );

    std::fs::remove_file(&candles).unwrap();
    let database = open(&path, &candles).await.unwrap();
    assert!(
        candles.is_file(),
        "the candle file is made where it is missing"
    );
    let sql = "CREATE TABLE ohlcv.ohlcv_BTC_USDC (start INTEGER PRIMARY KEY)";
    database.run(CALL, sql, Vec::new()).await.unwrap();
    drop(database);

    // Where it cannot be made, all else goes on.
    let database = open(&path, &nowhere).await.unwrap();
    let sql = "SELECT * FROM ohlcv.ohlcv_BTC_USDC";
    let error = database.rows(CALL, sql, Vec::new()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    insert(&database, "x").await.unwrap_err();
}

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    let (_folder, database) = trades(options()).await;
    database
        .run(
            CALL,
            "CREATE TABLE v (a, price REAL, exact TEXT)",
            Vec::new(),
        )
        .await
        .unwrap();
    let price = Decimal::parse("123456789012345678901234.123456789012").unwrap();
    let moment = Timestamp::parse("2025-08-20 14:05:09.5").unwrap();
    for (value, back) in [
        (Value::Null, Value::Null),
        (Value::Integer(i64::MIN), Value::Integer(i64::MIN)),
        (Value::Double(-0.1), Value::Double(-0.1)),
        (Value::from("a\0b"), Value::from("a\0b")),
        (Value::Bytes(vec![0xff, 0]), Value::Bytes(vec![0xff, 0])),
        (Value::Decimal(price), Value::from(price.to_fixed())),
        (
            Value::Moment(moment),
            Value::from("2025-08-20 14:05:09.500000"),
        ),
    ] {
        let row = database
            .rows(CALL, "SELECT ? AS a", vec![value])
            .await
            .unwrap();
        assert_eq!(row[0].values(), [back]);
        assert_eq!(row[0].columns(), ["a"]);
    }
    let half = Value::Decimal(Decimal::parse("1.5").unwrap());
    let sql = "INSERT INTO v (price, exact) VALUES (?, ?)";
    database
        .run(CALL, sql, vec![half.clone(), half])
        .await
        .unwrap();
    let rows = database
        .rows(CALL, "SELECT price, exact FROM v", Vec::new())
        .await
        .unwrap();
    assert_eq!(
        rows[0].values(),
        [Value::Double(1.5), Value::from("1.500000000000")]
    );
    let broken = "SELECT CAST(X'66ff' AS TEXT)";
    let rows = database.rows(CALL, broken, Vec::new()).await.unwrap();
    assert_eq!(rows[0].values(), [Value::Bytes(vec![0x66, 0xff])]);
    let nan = database
        .rows(CALL, "SELECT ?", vec![Value::Double(f64::NAN)])
        .await
        .unwrap_err();
    assert_eq!(nan.kind, ErrorKind::ValueRejected);
    let count = database
        .rows(CALL, "SELECT ?", Vec::new())
        .await
        .unwrap_err();
    assert_eq!(count.kind, ErrorKind::Statement);
}

#[tokio::test]
async fn an_outcome_tells_of_its_own_statement() {
    let (_folder, database) = trades(options()).await;
    let run = async |sql: &str| {
        let outcome = database.run(CALL, sql, Vec::new()).await.unwrap();
        (outcome.rows_changed, outcome.last_id)
    };
    run("CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT)").await;
    run("CREATE TABLE currs (symb TEXT PRIMARY KEY, name TEXT)").await;
    run("INSERT INTO log VALUES (700, 'first')").await;
    run("CREATE TRIGGER logged AFTER INSERT ON trades BEGIN INSERT INTO log (what) VALUES (NEW.name), ('x'); END").await;
    assert_eq!(run("INSERT INTO trades (name) VALUES ('a')").await, (1, 1));
    assert_eq!(
        run("INSERT INTO main.\"trades\" (name) VALUES ('b'), ('c')").await,
        (2, 3)
    );
    assert_eq!(
        run("UPDATE trades SET price = '1' WHERE id > 1").await,
        (2, 0)
    );
    assert_eq!(
        run("UPDATE trades SET price = '1' WHERE id > 10").await,
        (0, 0)
    );
    assert_eq!(
        run("INSERT OR IGNORE INTO trades (name) VALUES ('a')").await,
        (0, 0)
    );
    assert_eq!(
        run("INSERT INTO trades (name) VALUES ('a') ON CONFLICT (name) DO UPDATE SET price = '2'")
            .await,
        (1, 0)
    );
    assert_eq!(
        run("INSERT INTO currs VALUES ('BTC', 'Bitcoin')").await,
        (1, 0)
    );
    assert_eq!(run("DELETE FROM trades WHERE id = 2").await, (1, 0));
    assert_eq!(run("CREATE TABLE other (a)").await, (0, 0));
    assert_eq!(run("SELECT * FROM trades").await, (0, 0));
}

#[tokio::test]
async fn a_transaction_is_all_or_nothing_and_survives_a_refusal_inside() {
    let (_folder, database) = trades(options()).await;
    let refused = transact!(&database, CALL, |transaction| {
        transaction
            .run("INSERT INTO trades (name) VALUES ('gone')", Vec::new())
            .await?;
        transaction
            .run("INSERT INTO trades (name) VALUES ('gone')", Vec::new())
            .await
            .map(|_| ())
    });
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Duplicate);
    assert_eq!(names(&database).await, "");
    let done = transact!(&database, CALL, |transaction| {
        transaction
            .run("INSERT INTO trades (name) VALUES ('kept')", Vec::new())
            .await?;
        let again = transaction
            .run("INSERT INTO trades (name) VALUES ('kept')", Vec::new())
            .await;
        assert_eq!(again.unwrap_err().kind, ErrorKind::Duplicate);
        let rows = transaction
            .rows("SELECT name FROM trades", Vec::new())
            .await?;
        Ok(rows.len() as u64)
    });
    assert_eq!(done.unwrap(), 1);
    assert_eq!(names(&database).await, "kept");
    // A reader cannot write past the queue.
    let error = database
        .rows(CALL, "DELETE FROM trades RETURNING id", Vec::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::ReadOnly);
}

#[tokio::test]
async fn an_attempt_that_was_in_conflict_is_made_again_as_a_whole() {
    let (_folder, database) = trades(options()).await;
    let attempts = std::sync::atomic::AtomicU64::new(0);
    let done = transact!(&database, CALL, |transaction| {
        transaction
            .run("INSERT INTO trades (name) VALUES ('one')", Vec::new())
            .await?;
        match attempts.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 | 1 => Err(Error::new(CALL, ErrorKind::Conflict)),
            _ => Ok(()),
        }
    });
    done.unwrap();
    assert_eq!(names(&database).await, "one");
    assert_eq!(database.figures().retries["busy"], 2);
}

#[tokio::test]
async fn a_dropped_write_is_rolled_back_and_answers_nobody_else() {
    let (_folder, database) = trades(options()).await;
    for _ in 0..20 {
        // Dropped between two statements, with the file's lock held.
        begin_and_drop(
            async {
                transact!(&database, CALL, |transaction| {
                    transaction
                        .run("INSERT INTO trades (name) VALUES ('lost')", Vec::new())
                        .await?;
                    std::future::pending::<()>().await;
                    Ok(())
                })
            },
            Duration::from_millis(5),
        )
        .await;
        // Dropped within a statement.
        begin_and_drop(
            async {
                transact!(&database, CALL, |transaction| {
                    transaction
                        .run("INSERT INTO trades (name) VALUES ('lost')", Vec::new())
                        .await?;
                    transaction.rows(ENDLESS, Vec::new()).await.map(|_| ())
                })
            },
            Duration::from_millis(5),
        )
        .await;
        let rows = database
            .rows(CALL, "SELECT 'mine'", Vec::new())
            .await
            .unwrap();
        assert_eq!(rows[0].values(), [Value::from("mine")]);
    }
    let outcome = insert(&database, "mine").await.unwrap();
    assert_eq!(
        outcome,
        Outcome {
            rows_changed: 1,
            last_id: 1
        }
    );
    assert_eq!(names(&database).await, "mine");
}

#[tokio::test]
async fn a_write_dropped_at_any_poll_is_whole_or_not_there() {
    let (_folder, database) = trades(options()).await;
    let seed = cbtrade_testkit::seed_from_env("CBTRADE_TEST_SEED");
    let mut random = cbtrade_testkit::Random::new(seed);
    for number in 0..200 {
        let two = async {
            transact!(&database, CALL, |transaction| {
                for half in ["a", "b"] {
                    let name = Value::from(format!("{number}{half}"));
                    transaction
                        .run("INSERT INTO trades (name) VALUES (?)", vec![name])
                        .await?;
                }
                Ok(())
            })
        };
        let mut two = pin!(two);
        let mut polls = random.below(6);
        std::future::poll_fn(|context| {
            let polled = two.as_mut().poll(context);
            polls = polls.saturating_sub(1);
            match polled {
                Poll::Ready(_) => Poll::Ready(()),
                Poll::Pending if polls == 0 => Poll::Ready(()),
                Poll::Pending => Poll::Pending,
            }
        })
        .await;
    }
    insert(&database, "end").await.unwrap();
    let halves = names(&database).await;
    let halves: Vec<&str> = halves.split(' ').filter(|name| *name != "end").collect();
    assert!(
        halves
            .chunks(2)
            .all(|pair| pair[0].trim_end_matches('a') == pair[1].trim_end_matches('b'))
    );
}

#[tokio::test]
async fn a_dropped_read_frees_its_reader() {
    let (_folder, database) = trades(Options {
        connections_max: 1,
        ..options()
    })
    .await;
    for number in 0..10 {
        begin_and_drop(
            database.rows(CALL, ENDLESS, Vec::new()),
            Duration::from_millis(5),
        )
        .await;
        let rows = database
            .rows(CALL, "SELECT ?", vec![Value::from(number)])
            .await
            .unwrap();
        assert_eq!(rows[0].values(), [Value::from(number)]);
    }
}

#[tokio::test]
async fn a_statement_ends_at_the_deadline() {
    let (_folder, database) = trades(Options {
        call_timeout: Duration::from_millis(100),
        ..options()
    })
    .await;
    let read = database.rows(CALL, ENDLESS, Vec::new()).await.unwrap_err();
    assert_eq!(read.kind, ErrorKind::Deadline);
    let insert_endless = format!("INSERT INTO trades (name) {ENDLESS}");
    let write = transact!(&database, CALL, |transaction| {
        transaction
            .run("INSERT INTO trades (name) VALUES ('before')", Vec::new())
            .await?;
        let endless = transaction.run(&insert_endless, Vec::new()).await;
        assert_eq!(endless.unwrap_err().kind, ErrorKind::Deadline);
        // What follows must not be committed by itself.
        let after = transaction
            .run("INSERT INTO trades (name) VALUES ('after')", Vec::new())
            .await;
        assert_eq!(after.unwrap_err().kind, ErrorKind::Deadline);
        Ok(())
    });
    assert_eq!(write.unwrap_err().kind, ErrorKind::Deadline);
    insert(&database, "next").await.unwrap();
    assert_eq!(names(&database).await, "next");
}

#[tokio::test]
async fn what_sqlite_rolled_back_by_itself_is_not_gone_on_with() {
    let (_folder, database) = trades(options()).await;
    let full = transact!(&database, CALL, |transaction| {
        transaction
            .run("PRAGMA max_page_count = 20", Vec::new())
            .await?;
        transaction
            .run("INSERT INTO trades (name) VALUES ('before')", Vec::new())
            .await?;
        let large = "INSERT INTO trades (name) VALUES (hex(zeroblob(200000)))";
        let error = transaction.run(large, Vec::new()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::DiskFull);
        transaction
            .run("INSERT INTO trades (name) VALUES ('after')", Vec::new())
            .await
            .map(|_| ())
    });
    let full = full.map_err(|error| error.kind);
    // Whether SQLite ends the transaction here is its own affair; a part of it must not stay.
    match names(&database).await.as_str() {
        "" => assert_eq!(full, Err(ErrorKind::DiskFull)),
        both => assert_eq!((both, full), ("before after", Ok(()))),
    }
    insert(&database, "next").await.unwrap();
}

#[tokio::test]
async fn who_finds_no_reader_or_no_turn_in_time_is_told_so() {
    let (_folder, database) = trades(Options {
        connections_max: 1,
        acquire_timeout: Duration::from_millis(50),
        call_timeout: Duration::from_secs(20),
        ..options()
    })
    .await;
    let mut long = pin!(database.rows(CALL, ENDLESS, Vec::new()));
    assert!(futures_poll_once(long.as_mut()).await.is_none());
    let error = database
        .rows(CALL, "SELECT 1", Vec::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::PoolExhausted, "{error}");

    let held = async {
        transact!(&database, CALL, |transaction| {
            transaction
                .run("INSERT INTO trades (name) VALUES ('held')", Vec::new())
                .await?;
            std::future::pending::<()>().await;
            Ok(())
        })
    };
    let mut held = pin!(held);
    begin_and_drop(&mut held, Duration::from_millis(20)).await;
    let error = insert(&database, "second").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::PoolExhausted, "{error}");
    assert!(
        error.to_string().contains("behind 1 calls of this process"),
        "{error}"
    );
    assert_eq!(database.figures().pool_exhausted, 2);
}

/// Polls a future once; what it gave, if it is done.
async fn futures_poll_once<T>(mut work: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
    std::future::poll_fn(|context| {
        Poll::Ready(match work.as_mut().poll(context) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn who_gives_up_in_the_line_leaves_no_lock_behind() {
    let (_folder, database) = trades(Options {
        call_timeout: Duration::from_millis(100),
        ..options()
    })
    .await;
    let line = Line::open(path_of(&database)).unwrap();
    let turn = line.take().unwrap();
    let error = insert(&database, "late").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Deadline);
    assert!(
        error.to_string().contains("in line behind other processes"),
        "{error}"
    );
    drop(turn);
    // Were it still in the line, or had it kept its turn, this would wait for ever.
    drop(line.take().unwrap());
    insert(&database, "next").await.unwrap();
    assert_eq!(names(&database).await, "next");
}

#[tokio::test]
async fn a_line_that_stands_still_is_gone_round() {
    let (_folder, database) = trades(Options {
        lock_wait: Duration::from_millis(50),
        ..options()
    })
    .await;
    let line = Line::open(path_of(&database)).unwrap();
    // As if a process were stopped in the line: it has its turn and does nothing with it.
    let turn = line.take().unwrap();
    for name in ["a", "b", "c"] {
        insert(&database, name).await.unwrap();
    }
    assert_eq!(names(&database).await, "a b c");
    drop(turn);
    for name in ["d", "e"] {
        insert(&database, name).await.unwrap();
    }
    drop(line.take().unwrap());
    assert_eq!(names(&database).await, "a b c d e");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_knows_of_no_line_is_waited_for() {
    let (_folder, database) = trades(Options {
        call_timeout: Duration::from_millis(600),
        ..options()
    })
    .await;
    let foreign = foreign(&database);
    foreign
        .execute_batch("BEGIN IMMEDIATE; INSERT INTO trades (name) VALUES ('theirs')")
        .unwrap();
    let ours = tokio::spawn({
        let database = database.clone();
        async move { insert(&database, "ours").await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    foreign.execute_batch("COMMIT").unwrap();
    ours.await.unwrap().unwrap();
    assert_eq!(names(&database).await, "theirs ours");

    foreign.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = insert(&database, "never").await.unwrap_err();
    assert!(
        matches!(error.kind, ErrorKind::Conflict | ErrorKind::Deadline),
        "{error}"
    );
    let rows = names(&database).await;
    assert_eq!(rows, "theirs ours", "a reader is never held up");
    foreign.execute_batch("ROLLBACK").unwrap();
    insert(&database, "then").await.unwrap();
}

#[tokio::test]
async fn each_for_itself_fails_as_the_bots_did() {
    let (_folder, database) = trades(Options {
        file_writes: FileWrites::EachForItself,
        ..options()
    })
    .await;
    insert(&database, "a").await.unwrap();
    let foreign = foreign(&database);
    let read_then_write = async {
        transact!(&database, CALL, |transaction| {
            transaction
                .rows("SELECT count(*) FROM trades", Vec::new())
                .await?;
            foreign
                .execute_batch("INSERT INTO trades (name) VALUES ('theirs')")
                .unwrap();
            transaction
                .run("INSERT INTO trades (name) VALUES ('b')", Vec::new())
                .await
                .map(|_| ())
        })
    };
    // Its view of the file is out of date, and waiting does not help.
    let error = read_then_write.await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("database is locked"), "{source}");
    assert_eq!(names(&database).await, "a theirs");
}

#[tokio::test]
async fn calls_are_served_in_their_order() {
    let (_folder, database) = trades(options()).await;
    let calls: Vec<_> = (0..50)
        .map(|number| insert(&database, number.to_string().leak()))
        .collect();
    let mut calls: Vec<_> = calls.into_iter().map(Box::pin).collect();
    for call in &mut calls {
        assert!(futures_poll_once(call.as_mut()).await.is_none());
    }
    for call in calls {
        call.await.unwrap();
    }
    let expected: Vec<String> = (0..50).map(|number: i32| number.to_string()).collect();
    assert_eq!(names(&database).await, expected.join(" "));
}

#[tokio::test]
async fn time_is_the_clock_of_the_options() {
    let clock = Arc::new(FixedClock::new(
        Timestamp::parse("2031-02-03 04:05:06.7").unwrap(),
    ));
    let (_folder, database) = trades(Options {
        clock: clock.clone(),
        ..options()
    })
    .await;
    insert(&database, "a").await.unwrap();
    let trigger = "CREATE TRIGGER touched AFTER UPDATE ON trades BEGIN \
                   UPDATE trades SET at = CURRENT_TIMESTAMP WHERE id = NEW.id; END";
    database.run(CALL, trigger, Vec::new()).await.unwrap();
    insert(&database, "b").await.unwrap();
    clock.set(Timestamp::parse("2030-01-01 00:00:00").unwrap());
    database
        .run(
            CALL,
            "UPDATE trades SET price = '1' WHERE name = 'b'",
            Vec::new(),
        )
        .await
        .unwrap();
    let sql = "SELECT group_concat(at, ','), CURRENT_TIMESTAMP FROM trades";
    let rows = database.rows(CALL, sql, Vec::new()).await.unwrap();
    assert_eq!(
        rows[0].values(),
        [
            Value::from("2031-02-03 04:05:06,2030-01-01 00:00:00"),
            Value::from("2030-01-01 00:00:00")
        ]
    );
}

#[tokio::test]
async fn closing_leaves_one_whole_file() {
    let (folder, database) = trades(options()).await;
    insert(&database, "a").await.unwrap();
    names(&database).await;
    assert!(folder.path().join("trades.db-wal").exists());
    drop(database);
    assert!(
        !folder.path().join("trades.db-wal").exists(),
        "all connections are closed"
    );
}

#[tokio::test]
async fn a_file_that_was_replaced_is_opened_again() {
    let (folder, database) = trades(options()).await;
    insert(&database, "old").await.unwrap();
    names(&database).await;
    // A backup is put in the file's place, under the very noses of the bots.
    let backup = folder.path().join("backup.db");
    foreign(&database)
        .execute("VACUUM INTO ?", [backup.to_str().unwrap()])
        .unwrap();
    insert(&database, "after the backup").await.unwrap();
    for suffix in ["-wal", "-shm"] {
        std::fs::remove_file(folder.path().join(format!("trades.db{suffix}"))).unwrap();
    }
    std::fs::rename(&backup, folder.path().join("trades.db")).unwrap();
    insert(&database, "new").await.unwrap();
    assert_eq!(names(&database).await, "old new");
    drop(database);
    let found: i64 = Connection::open(folder.path().join("trades.db"))
        .unwrap()
        .query_row("SELECT count(*) FROM trades", [], |row| row.get(0))
        .unwrap();
    assert_eq!(found, 2);
}

#[tokio::test]
async fn a_fenced_file_takes_no_writes() {
    let (_folder, database) = trades(options()).await;
    let table = cbtrade_sqlite::FENCE_TABLE;
    for sql in [
        format!("CREATE TABLE {table} (migration TEXT)"),
        "CREATE TRIGGER fence BEFORE INSERT ON trades BEGIN SELECT RAISE(ABORT, 'this file was moved to MySQL'); END".to_owned(),
    ] {
        database.run(CALL, &sql, Vec::new()).await.unwrap();
    }
    let error = insert(&database, "a").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ReadOnly);
    assert!(
        error.to_string().contains("this file was moved to MySQL"),
        "{error}"
    );
}

#[tokio::test]
async fn many_reads_at_once_are_all_answered() {
    let (_folder, database) = trades(Options {
        connections_max: 3,
        ..options()
    })
    .await;
    let begun = Instant::now();
    let mut reads = tokio::task::JoinSet::new();
    for number in 0..200_i64 {
        let database = database.clone();
        reads.spawn(async move {
            let rows = database
                .rows(CALL, "SELECT ?", vec![Value::from(number)])
                .await
                .unwrap();
            assert_eq!(rows[0].values(), [Value::from(number)]);
        });
    }
    while let Some(read) = reads.join_next().await {
        read.unwrap();
    }
    assert!(begun.elapsed() < Duration::from_secs(20));
    // The writer's connection and those of the readers.
    assert!(database.figures().connects <= 4);
}
