//! The engine in one process. What several processes do to one file is tested from outside.

mod waiting;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cbtrade_core::{Decimal, FixedClock, Timestamp};
use cbtrade_sqlite::rusqlite::Connection;

use crate::{Call, Database, Error, ErrorKind, Location, Options, Outcome, Value, transact};

const CALL: Call = Call {
    method: "trade",
    table: "trades",
};

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

#[test]
fn files_are_made_once_and_what_is_no_database_is_refused() {
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
}

fn refused(error: &Error, kind: ErrorKind, name: &str) {
    assert_eq!(error.kind, kind, "{error:?}");
    assert!(error.to_string().contains(name), "{error}");
}

#[tokio::test]
async fn what_cannot_be_opened_is_named_and_candles_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    super::File::create(&path).unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "this is a letter and not a database").unwrap();
    let nowhere = folder.path().join("no/such/a.db");
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

    assert!(!candles.exists(), "nothing is made where nothing is opened");
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
