//! Databases for tests: one on each server that is there, and one in a file.

#![allow(dead_code, reason = "each test program uses its own part")]

pub(crate) mod intents;

use std::fmt;

use cbtrade_database::{Call, Database, Location, Options, Value, transact};
use cbtrade_testkit::{Flavour, TestFolder, TestServer};

const CALL: Call = Call {
    method: "test",
    table: "",
};

/// A database of a test's own, with a candle database beside it.
pub(crate) struct Store {
    pub(crate) database: Database,
    pub(crate) flavour: Option<Flavour>,
    _folder: TestFolder,
}

impl fmt::Display for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.flavour {
            Some(flavour) => flavour.fmt(formatter),
            None => formatter.write_str("SQLite"),
        }
    }
}

impl Store {
    /// An empty database on every engine that is there.
    pub(crate) async fn all() -> Vec<Store> {
        Store::all_with(Options::default).await
    }

    pub(crate) async fn all_with(options: impl Fn() -> Options) -> Vec<Store> {
        let mut stores = vec![Store::file(options()).await];
        for flavour in TestServer::flavours() {
            stores.push(Store::server(flavour, options()).await);
        }
        stores
    }

    pub(crate) async fn file(options: Options) -> Store {
        let folder = TestFolder::new();
        let database = Database::create_file(&folder.path().join("cbtrade.db"), options)
            .await
            .unwrap();
        Store {
            database,
            flavour: None,
            _folder: folder,
        }
    }

    pub(crate) async fn server(flavour: Flavour, options: Options) -> Store {
        let server = TestServer::shared(flavour);
        let target = server.new_database("layer");
        let candles = server.new_database("candles").database.unwrap();
        let location = Location::Servers {
            targets: vec![target],
            candles,
        };
        let database = Database::open(&location, options).await.unwrap();
        Store {
            database,
            flavour: Some(flavour),
            _folder: TestFolder::new(),
        }
    }

    /// Runs a statement without parameters. Definitions end the transaction on a server, which does no harm here.
    pub(crate) async fn run(&self, sql: &str) {
        let done = transact!(&self.database, CALL, |transaction| {
            transaction.run(sql, Vec::new()).await.map(|_| ())
        });
        done.unwrap_or_else(|error| panic!("{self}: {sql}: {error:?}"));
    }

    /// The first row of a query, as texts.
    pub(crate) async fn text_row(&self, sql: &str) -> Vec<String> {
        self.text_rows(sql)
            .await
            .into_iter()
            .next()
            .unwrap_or_default()
    }

    /// All rows of a query, as texts.
    pub(crate) async fn text_rows(&self, sql: &str) -> Vec<Vec<String>> {
        let found = std::sync::Mutex::new(Vec::new());
        let done = transact!(&self.database, CALL, |transaction| {
            let rows = transaction.rows(sql, Vec::new()).await?;
            *found.lock().unwrap() = rows
                .iter()
                .map(|row| row.values().iter().map(Value::to_string).collect())
                .collect();
            Ok(())
        });
        done.unwrap_or_else(|error| panic!("{self}: {sql}: {error:?}"));
        found.into_inner().unwrap()
    }

    /// The name of a table's update trigger.
    pub(crate) fn trigger_of(&self, table: &str) -> String {
        match self.flavour {
            Some(_) => format!("before_update_{table}"),
            None => format!("after_update_{table}"),
        }
    }
}
