//! The large histories, one on each engine.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cbtrade_catalog::{candle_table, candle_table_name, mysql_create_table, sqlite_exact_table};
use cbtrade_database::{
    Call, Database, Dialect, Location, Observer, Options, Row, Statement, Value, transact,
};
use cbtrade_testkit::{Flavour, TestFolder, TestServer, TradingHistory, Words};

use crate::calls::Listed;
use crate::intents;
use crate::surface::NOT_FOR_FILES;

/// What there is of everything.
pub(crate) const HISTORY: TradingHistory = TradingHistory {
    products: 60,
    positions: 200_000,
    candles_per_product: 33_334,
};

const CALL: Call = Call {
    method: "test",
    table: "",
};

/// A database with a large history.
pub(crate) struct World {
    database: Database,
    seen: Arc<Mutex<Vec<Statement>>>,
    name: String,
    /// Rows of each table.
    rows: Vec<(String, u64)>,
    server: Option<TestServer>,
    _folder: TestFolder,
}

impl fmt::Display for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

fn options(seen: &Arc<Mutex<Vec<Statement>>>) -> Options {
    let seen = Arc::clone(seen);
    Options {
        call_timeout: Duration::from_secs(600),
        figures_every: Duration::ZERO,
        observer: Some(Observer::new(move |statement| {
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(statement);
        })),
        ..Options::default()
    }
}

impl World {
    /// On a private server.
    pub(crate) async fn server(flavour: Flavour) -> World {
        let log = match flavour {
            Flavour::MariaDb => "--innodb-log-file-size=512M",
            Flavour::MySql => "--innodb-redo-log-capacity=512M",
        };
        let server = TestServer::with_options(flavour, &["--innodb-buffer-pool-size=512M", log]);
        let target = server.new_database("layer");
        let candles = server.new_database("candles").database.unwrap();
        let location = Location::Servers {
            targets: vec![target],
            candles: candles.clone(),
        };
        let seen = Arc::default();
        let database = Database::open(&location, options(&seen)).await.unwrap();
        let world = World {
            database,
            seen,
            name: flavour.to_string(),
            rows: Vec::new(),
            server: Some(server),
            _folder: TestFolder::new(),
        };
        world.filled(Words::Server, &candles).await
    }

    /// In a SQLite file.
    pub(crate) async fn file() -> World {
        let folder = TestFolder::new();
        let seen = Arc::default();
        let path = folder.path().join("cbtrade.db");
        let database = Database::create_file(&path, options(&seen)).await.unwrap();
        let world = World {
            database,
            seen,
            name: "SQLite".to_owned(),
            rows: Vec::new(),
            server: None,
            _folder: folder,
        };
        world.filled(Words::File, "ohlcv").await
    }

    /// What goes before a statement to have it explained, a row for each table.
    pub(crate) fn explain(&self) -> &'static str {
        match self.server.as_ref().map(TestServer::flavour) {
            Some(Flavour::MariaDb) => "EXPLAIN",
            // By default it draws a tree.
            Some(Flavour::MySql) => "EXPLAIN FORMAT=TRADITIONAL",
            None => "EXPLAIN QUERY PLAN",
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self.server {
            Some(_) => Dialect::MySql,
            None => Dialect::Sqlite,
        }
    }

    /// Makes tables, rows, and the layer's keys last: an index is made faster than kept.
    async fn filled(mut self, words: Words, candles: &str) -> World {
        let begun = Instant::now();
        self.database.upgrade_to(2).await.unwrap();
        for statement in HISTORY.begin().iter().chain(&HISTORY.tables(words)) {
            self.run(statement).await;
        }
        for number in 0..HISTORY.products {
            let name = candle_table_name(&HISTORY.product(number)).unwrap();
            let place = format!("{candles}.{name}");
            // Without triggers: only the rows matter here.
            let create = match words {
                Words::Server => mysql_create_table(candle_table(), &name).replacen(
                    &format!("`{name}`"),
                    &place,
                    1,
                ),
                Words::File => sqlite_exact_table(candle_table(), &place),
            };
            self.run(&create).await;
            self.run(&HISTORY.candles(words, &place)).await;
        }
        self.run(&HISTORY.end()).await;
        self.database.ensure_database_ready().await.unwrap();
        for statement in intents::HISTORY {
            self.run(statement).await;
        }
        self.analysed(candles).await;
        println!("{self}: history made in {:?}", begun.elapsed());
        self.seen().clear();
        self
    }

    /// Lets the database count its rows, as it does by itself in time.
    async fn analysed(&mut self, candles: &str) {
        let mut tables: Vec<String> = cbtrade_catalog::tables()
            .iter()
            .map(|table| table.name.to_owned())
            .chain(intents::TABLES.map(str::to_owned))
            .collect();
        tables.extend((0..HISTORY.products).map(|number| {
            let name = candle_table_name(&HISTORY.product(number)).unwrap();
            format!("{candles}.{name}")
        }));
        match self.dialect() {
            Dialect::MySql => {
                self.run(&format!("ANALYZE TABLE {}", tables.join(", ")))
                    .await;
            }
            Dialect::Sqlite => self.run("ANALYZE").await,
        }
        for table in tables {
            let sql = format!("SELECT COUNT(*) FROM {table}");
            let counted = self.rows(&sql, Vec::new()).await;
            let Some(Value::Integer(rows)) = counted[0].values().first() else {
                panic!("{table} cannot be counted");
            };
            self.rows.push((table, u64::try_from(*rows).unwrap()));
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Vec<Statement>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls a method; gives the statements that it sent.
    pub(crate) async fn statements(&self, listed: &Listed) -> Vec<Statement> {
        self.seen().clear();
        listed.run(&self.database).await;
        let statements = std::mem::take(&mut *self.seen());
        let excused = self.server.is_none() && NOT_FOR_FILES.contains(&listed.name);
        assert!(
            excused || !statements.is_empty(),
            "{self}: {} sends nothing",
            listed.name
        );
        statements
    }

    /// Rows of a table; `None` for one that is no table of bots.
    pub(crate) fn rows_of(&self, table: &str) -> Option<u64> {
        let found = self.rows.iter().find(|(name, _)| name == table);
        found.map(|(_, rows)| *rows)
    }

    async fn run(&self, sql: &str) {
        let done = transact!(&self.database, CALL, |transaction| {
            transaction.run(sql, Vec::new()).await.map(|_| ())
        });
        done.unwrap_or_else(|error| panic!("{self}: {sql}: {error:?}"));
    }

    /// All rows of a query.
    pub(crate) async fn rows(&self, sql: &str, values: Vec<Value>) -> Vec<Row> {
        let found = Mutex::new(Vec::new());
        let done = transact!(&self.database, CALL, |transaction| {
            *found.lock().unwrap() = transaction.rows(sql, values.clone()).await?;
            Ok(())
        });
        done.unwrap_or_else(|error| panic!("{self}: {sql}: {error:?}"));
        found.into_inner().unwrap()
    }
}
