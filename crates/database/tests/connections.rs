//! Connections that are lost, shared, exhausted, refused; transactions that collide. On both servers.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cbtrade_database::{Call, Database, Error, ErrorKind, Location, Options, Value, transact};
use cbtrade_mysql::{Secret, Target};
use cbtrade_testkit::{
    Action, After, Direction, Fault, FaultProxy, Random, TestServer, seed_from_env,
};
use tokio::sync::Barrier;

const CALL: Call = Call {
    method: "test",
    table: "counter",
};

fn location(target: &Target) -> Location {
    Location::Servers {
        targets: vec![target.clone()],
        candles: "ohlcv".to_owned(),
    }
}

async fn open(target: &Target, options: Options) -> Database {
    Database::open(&location(target), options).await.unwrap()
}

/// A database with our schema and a table of counters, and the target to reach it.
async fn prepared(server: &TestServer) -> Target {
    let target = server.new_database("connections");
    let database = open(&target, Options::default()).await;
    database.ensure_database_ready().await.unwrap();
    let name = target.database.clone().unwrap();
    server.run_sql(&[
        &format!("CREATE TABLE `{name}`.counter (id INT PRIMARY KEY, n BIGINT NOT NULL)"),
        &format!(
            "CREATE TABLE `{name}`.numbered (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(64))"
        ),
        &format!("INSERT INTO `{name}`.counter VALUES (1, 0), (2, 0)"),
    ]);
    target
}

async fn increment(database: &Database, id: i64) -> Result<u64, Error> {
    transact!(database, CALL, |transaction| {
        let done = transaction
            .run(
                "UPDATE counter SET n = n + 1 WHERE id = ?",
                vec![Value::from(id)],
            )
            .await?;
        Ok(done.rows_changed)
    })
}

async fn number(database: &Database, sql: &str) -> i64 {
    let found = transact!(database, CALL, |transaction| {
        let mut rows = transaction.rows(sql, Vec::new()).await?;
        Ok(rows.remove(0).take::<i64>(0).unwrap())
    });
    found.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_neither_lost_nor_doubled() {
    let losses: i64 =
        std::env::var("CBTRADE_COMMIT_LOSSES").map_or(150, |text| text.parse().unwrap());
    let seed = seed_from_env("CBTRADE_TEST_SEED");
    println!("seed {seed}");
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let target = prepared(server).await;
        let proxy = FaultProxy::before(&target).await;
        let database = open(
            proxy.target(),
            Options {
                connections_max: 1,
                ..Options::default()
            },
        )
        .await;
        let mut random = Random::new(seed);
        for number in 1..=losses {
            let action = match random.below(2) {
                0 => Action::Cut,
                _ => Action::CutAnswer,
            };
            proxy.arm(Fault {
                direction: Direction::ToServer,
                after: After::Containing(b"COMMIT".to_vec()),
                action,
            });
            let id = transact!(&database, CALL, |transaction| {
                transaction
                    .run("UPDATE counter SET n = n + 1 WHERE id = 1", Vec::new())
                    .await?;
                let note = Value::from(format!("number {number}"));
                Ok(transaction
                    .run("INSERT INTO numbered (note) VALUES (?)", vec![note])
                    .await?
                    .last_id)
            })
            .unwrap();
            let sql = format!(
                "SELECT COUNT(*) FROM numbered WHERE id = {id} AND note = 'number {number}'"
            );
            assert_eq!(
                self::number(&database, &sql).await,
                1,
                "{flavour}: the id that was given, seed {seed}"
            );
        }
        assert_eq!(i64::from(proxy.fired()), losses);
        let database = open(&target, Options::default()).await;
        assert_eq!(
            number(&database, "SELECT n FROM counter WHERE id = 1").await,
            losses,
            "{flavour}, seed {seed}"
        );
        assert_eq!(
            number(&database, "SELECT COUNT(*) FROM numbered").await,
            losses,
            "{flavour}, seed {seed}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_stayed_unknown_can_be_asked_for() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let target = prepared(server).await;
        for (action, written) in [(Action::Cut, false), (Action::CutAnswer, true)] {
            let proxy = FaultProxy::before(&target).await;
            let patience = Duration::from_millis(700);
            let options = Options {
                call_timeout: patience,
                outcome_timeout: patience,
                ..Options::default()
            };
            let database = open(proxy.target(), options).await;
            increment(&database, 2).await.unwrap();
            let before = number(
                &open(&target, Options::default()).await,
                "SELECT n FROM counter WHERE id = 2",
            )
            .await;
            proxy.arm(Fault {
                direction: Direction::ToServer,
                after: After::Containing(b"COMMIT".to_vec()),
                action,
            });
            let (writing, fired) = (increment(&database, 2), async {
                while proxy.fired() == 0 {
                    tokio::task::yield_now().await;
                }
                proxy.refuse(true);
            });
            let (outcome, ()) = tokio::join!(writing, fired);
            proxy.refuse(false);
            let Err(error) = outcome else { continue };
            assert_eq!(error.kind, ErrorKind::OutcomeUnknown, "{error}");
            let operation =
                cbtrade_database::Operation::parse(error.key.as_ref().unwrap()).unwrap();
            let other = open(&target, Options::default()).await;
            let known = other.db_operation_outcome(operation).await.unwrap();
            let after = number(&other, "SELECT n FROM counter WHERE id = 2").await;
            assert_eq!(after - before, i64::from(known), "{flavour} {written}");
            assert_eq!(
                other.db_operation_outcome(operation).await.unwrap(),
                known,
                "asking again gives the same"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_restarts_is_waited_for() {
    for flavour in TestServer::flavours() {
        let mut server = TestServer::with_options(flavour, &[]);
        let target = prepared(&server).await;
        let database = open(&target, Options::default()).await;
        increment(&database, 1).await.unwrap();
        server.kill();
        let waiting = tokio::spawn({
            let database = database.clone();
            async move { increment(&database, 1).await }
        });
        server.start();
        waiting.await.unwrap().unwrap();
        assert_eq!(
            number(&database, "SELECT n FROM counter WHERE id = 1").await,
            2
        );
        assert!(database.figures().connects >= 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_come_back_is_an_error_that_says_so() {
    for flavour in TestServer::flavours() {
        let mut server = TestServer::with_options(flavour, &[]);
        let target = prepared(&server).await;
        let options = Options {
            call_timeout: Duration::from_millis(500),
            ..Options::default()
        };
        let database = open(&target, options).await;
        increment(&database, 1).await.unwrap();
        server.kill();
        let error = increment(&database, 1).await.unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::Unreachable | ErrorKind::Deadline),
            "{error}"
        );
        assert!(
            error.to_string().starts_with("test on `counter`: "),
            "{error}"
        );
        let error = database.db_schema_version().await.unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::Unreachable | ErrorKind::Deadline),
            "{error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_pool_says_so_and_serves_again() {
    for flavour in TestServer::flavours() {
        let target = prepared(TestServer::shared(flavour)).await;
        let options = Options {
            connections_max: 1,
            acquire_timeout: Duration::from_millis(100),
            ..Options::default()
        };
        let database = open(&target, options).await;
        let (inside, leave) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let holder = tokio::spawn({
            let (database, inside, leave) =
                (database.clone(), Arc::clone(&inside), Arc::clone(&leave));
            async move {
                transact!(&database, CALL, |transaction| {
                    transaction
                        .run("UPDATE counter SET n = 7 WHERE id = 1", Vec::new())
                        .await?;
                    inside.wait().await;
                    leave.wait().await;
                    Ok(())
                })
            }
        });
        inside.wait().await;
        let error = increment(&database, 2).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::PoolExhausted, "{error}");
        leave.wait().await;
        holder.await.unwrap().unwrap();
        increment(&database, 2).await.unwrap();
        assert_eq!(database.figures().pool_exhausted, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_dropped_half_way_leaves_nothing_behind() {
    for flavour in TestServer::flavours() {
        let target = prepared(TestServer::shared(flavour)).await;
        let database = open(
            &target,
            Options {
                connections_max: 1,
                ..Options::default()
            },
        )
        .await;
        for _ in 0..5 {
            let inside = Arc::new(Barrier::new(2));
            let dropped = tokio::spawn({
                let (database, inside) = (database.clone(), Arc::clone(&inside));
                async move {
                    transact!(&database, CALL, |transaction| {
                        transaction
                            .run("UPDATE counter SET n = n + 100 WHERE id = 1", Vec::new())
                            .await?;
                        inside.wait().await;
                        std::future::pending::<()>().await;
                        Ok(())
                    })
                }
            });
            inside.wait().await;
            dropped.abort();
            assert!(dropped.await.is_err());
            increment(&database, 1).await.unwrap();
        }
        assert_eq!(
            number(&database, "SELECT n FROM counter WHERE id = 1").await,
            5,
            "{flavour}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_runs_the_whole_transaction_again() {
    for flavour in TestServer::flavours() {
        let target = prepared(TestServer::shared(flavour)).await;
        let database = open(&target, Options::default()).await;
        let meet = Arc::new(Barrier::new(2));
        let attempts = Arc::new(AtomicU32::new(0));
        let both: Vec<_> = [(1_i64, 2_i64), (2, 1)]
            .into_iter()
            .map(|(first, second)| {
                let (database, meet, attempts) =
                    (database.clone(), Arc::clone(&meet), Arc::clone(&attempts));
                let met = AtomicU32::new(0);
                tokio::spawn(async move {
                    let add = "UPDATE counter SET n = n + 1 WHERE id = ?";
                    transact!(&database, CALL, |transaction| {
                        attempts.fetch_add(1, Ordering::Relaxed);
                        transaction.run(add, vec![Value::from(first)]).await?;
                        // Only the first attempts meet: with each one's first row locked, one of them must yield.
                        if met.fetch_add(1, Ordering::Relaxed) == 0 {
                            meet.wait().await;
                        }
                        transaction.run(add, vec![Value::from(second)]).await?;
                        Ok(())
                    })
                })
            })
            .collect();
        for one in both {
            one.await.unwrap().unwrap();
        }
        assert_eq!(attempts.load(Ordering::Relaxed), 3, "{flavour}");
        assert_eq!(
            number(&database, "SELECT SUM(n) FROM counter").await,
            4,
            "{flavour}"
        );
        assert_eq!(
            database.figures().retries.get("1213"),
            Some(&1),
            "{flavour}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_server_serves_when_the_first_is_gone() {
    for flavour in TestServer::flavours() {
        let mut first = TestServer::with_options(flavour, &[]);
        let second = TestServer::shared(flavour);
        let (gone, there) = (prepared(&first).await, prepared(second).await);
        let both = Location::Servers {
            targets: vec![gone.clone(), there],
            candles: "ohlcv".to_owned(),
        };
        let database = Database::open(&both, Options::default()).await.unwrap();
        increment(&database, 1).await.unwrap();
        first.kill();
        increment(&database, 1).await.unwrap();
        assert_eq!(database.figures().failovers, 1, "{flavour}");
        assert_eq!(
            number(&database, "SELECT n FROM counter WHERE id = 1").await,
            1,
            "{flavour}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_come_in_is_told_at_once() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let target = prepared(server).await;
        let begun = Instant::now();
        let wrong = target.with_user("nobody-here", Some(Secret::new("wrong".to_owned())));
        let error = increment(&open(&wrong, Options::default()).await, 1)
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::AccessDenied, "{error}");
        let absent = target.with_database("no_such_database");
        let error = increment(&open(&absent, Options::default()).await, 1)
            .await
            .unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::NotFound | ErrorKind::AccessDenied),
            "{error}"
        );
        assert!(
            begun.elapsed() < Options::default().call_timeout,
            "a refusal is not waited out"
        );
    }
}
