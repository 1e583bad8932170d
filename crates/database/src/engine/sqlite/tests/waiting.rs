//! Calls that wait, give up, or are dropped.

use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use super::super::line::Line;
use super::*;
use crate::FileWrites;

/// A query that takes minutes.
const ENDLESS: &str = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3000000000) \
                       SELECT count(*) FROM n";

/// Lets a future get as far as it gets within a time, and drops it there.
async fn begin_and_drop<T>(work: impl Future<Output = T>, time: Duration) {
    let done = tokio::time::timeout(time, work).await;
    assert!(done.is_err(), "it ended before it was dropped");
}

/// The same file for calls that shall run out of time. All others have plenty, however slow the machine is.
async fn hasty(database: &Database) -> Database {
    let options = Options {
        call_timeout: Duration::from_millis(100),
        ..options()
    };
    Database::open(database.location(), options).await.unwrap()
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
    let (_folder, database) = trades(options()).await;
    let hasty = hasty(&database).await;
    let read = hasty.rows(CALL, ENDLESS, Vec::new()).await.unwrap_err();
    assert_eq!(read.kind, ErrorKind::Deadline);
    let insert_endless = format!("INSERT INTO trades (name) {ENDLESS}");
    let write = transact!(&hasty, CALL, |transaction| {
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
async fn futures_poll_once<T>(mut work: Pin<&mut impl Future<Output = T>>) -> Option<T> {
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
    let (_folder, database) = trades(options()).await;
    let hasty = hasty(&database).await;
    let line = Line::open(path_of(&database)).unwrap();
    let turn = line.take().unwrap();
    let error = insert(&hasty, "late").await.unwrap_err();
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
    let (_folder, database) = trades(options()).await;
    let hasty = hasty(&database).await;
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
    let error = insert(&hasty, "never").await.unwrap_err();
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
