//! The database as bots hold it: opened once per process, cloned freely.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::dialect::Dialect;
use crate::engine::mysql::GIVEN_UP;
use crate::engine::operation::{OPERATION_TABLE, Operation};
use crate::engine::{Deadline, Engine, Outcome, mysql, sqlite};
use crate::error::{Call, Error, ErrorKind};
use crate::figures::{Figures, FiguresSnapshot};
use crate::options::{Location, Options};
use crate::record::Record;
use crate::row::Row;
use crate::transact;
use crate::value::Value;

/// A trading database with its candles, on a server or in files.
///
/// Every method of the original layer is a method here, with its name, on both engines alike; `docs/reference/database.md`
/// lists them and says where they differ on purpose. A call ends within [`Options::call_timeout`], with a result or with
/// an [`Error`] that names method and table. Every write is one transaction, which is run again as a whole when another
/// writer was in the way, and never twice.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    location: Location,
    options: Options,
    figures: Arc<Figures>,
    /// Names this process among those whose figures are in the database.
    process: String,
    figures_written: Mutex<Instant>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("Database")
            .field(&self.inner.location.display())
            .finish()
    }
}

impl Database {
    /// Opens the database. A server is connected to at the first call; a file must exist.
    ///
    /// # Errors
    /// A file that is not there or is not a database.
    pub async fn open(location: &Location, options: Options) -> Result<Database, Error> {
        let figures = Arc::new(Figures::default());
        let engine = match location {
            Location::Servers { targets, .. } => Engine::MySql(mysql::Pool::new(
                targets.clone(),
                options.clone(),
                Arc::clone(&figures),
            )),
            Location::File { path, candles } => Engine::Sqlite(
                sqlite::File::open(path, candles, &options, Arc::clone(&figures)).await?,
            ),
        };
        let location = location.clone();
        Ok(Database {
            inner: Arc::new(Inner {
                engine,
                location,
                options,
                figures,
                process: Operation::new().to_string(),
                figures_written: Mutex::new(Instant::now()),
            }),
        })
    }

    /// Makes empty SQLite files at a location where there are none, and opens them. The tables are made by
    /// [`Database::ensure_database_ready`].
    ///
    /// # Errors
    /// The files cannot be made.
    pub async fn create_file(path: &Path, options: Options) -> Result<Database, Error> {
        let location = Location::File {
            path: path.to_owned(),
            candles: path.with_file_name("ohlcv.db"),
        };
        sqlite::File::create(path)?;
        sqlite::File::create(&path.with_file_name("ohlcv.db"))?;
        Database::open(&location, options).await
    }

    /// Makes the databases, or the files, of a location that are not there, without tables; returns whether any was made.
    /// On servers that hold the same data, the first one that can be reached is told.
    ///
    /// # Errors
    /// No server can be reached, a right that is missing, a file that cannot be made.
    pub async fn make_place(location: &Location) -> Result<bool, Error> {
        const CALL: Call = Call {
            method: "make_place",
            table: "",
        };
        match location {
            Location::File { path, candles } => {
                let missing = [path, candles].map(|path| !path.exists());
                sqlite::File::create(path)?;
                sqlite::File::create(candles)?;
                Ok(missing.contains(&true))
            }
            Location::Servers { targets, candles } => {
                let mut failed = Error::new(CALL, ErrorKind::Location);
                for target in targets {
                    let own = target.database.as_deref();
                    let own = own.unwrap_or(cbtrade_catalog::Database::Trading.name());
                    match mysql::make_databases(CALL, target, &[own, candles]).await {
                        Err(error) if error.kind == ErrorKind::Unreachable => failed = error,
                        done => return done,
                    }
                }
                Err(failed)
            }
        }
    }

    /// Where the database is.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.inner.location
    }

    /// What this process has counted since it opened the database.
    #[must_use]
    pub fn figures(&self) -> FiguresSnapshot {
        self.inner.figures.snapshot()
    }

    pub(crate) fn options(&self) -> &Options {
        &self.inner.options
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// The engine's language.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.inner.engine {
            Engine::MySql(_) => Dialect::MySql,
            Engine::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Name of the trading database.
    pub(crate) fn trading_database(&self) -> &str {
        let own = match &self.inner.location {
            Location::Servers { targets, .. } => targets
                .first()
                .and_then(|target| target.database.as_deref()),
            Location::File { .. } => None,
        };
        own.unwrap_or(cbtrade_catalog::Database::Trading.name())
    }

    /// Name of the database (on SQLite, of the attached file) with the candle tables.
    pub(crate) fn candles_database(&self) -> &str {
        match &self.inner.location {
            Location::Servers { candles, .. } => candles,
            Location::File { .. } => "ohlcv",
        }
    }

    pub(crate) fn deadline(&self) -> Deadline {
        Deadline(Instant::now() + self.inner.options.call_timeout)
    }

    /// All rows of a query.
    pub(crate) async fn rows(
        &self,
        call: Call,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Error> {
        let begun = Instant::now();
        if let Some(observer) = &self.inner.options.observer {
            observer.tell(call, sql, &values, false);
        }
        let done = match &self.inner.engine {
            Engine::MySql(pool) => pool.read(call, sql, values, self.deadline()).await,
            Engine::Sqlite(file) => file.read(call, sql, values, self.deadline()).await,
        };
        self.note(call, begun, done.is_err());
        done
    }

    /// All rows of a query whose columns are those of a record, in its order.
    pub(crate) async fn records<R: Record>(
        &self,
        call: Call,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<R>, Error> {
        self.rows(call, sql, values)
            .await?
            .into_iter()
            .map(|row| R::from_row(row).map_err(|source| Error::answer(call, source)))
            .collect()
    }

    /// Runs one statement as a transaction of its own.
    pub(crate) async fn run(
        &self,
        call: Call,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Outcome, Error> {
        transact!(self, call, |transaction| {
            transaction.run(sql, values.clone()).await
        })
    }

    /// Whether a write was committed whose error was [`ErrorKind::OutcomeUnknown`]; the error's key is the operation.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_operation_outcome(&self, operation: Operation) -> Result<bool, Error> {
        const CALL: Call = Call {
            method: "db_operation_outcome",
            table: OPERATION_TABLE,
        };
        // Writing the token takes its key's lock: a transaction that still holds it is waited for.
        transact!(self, CALL, |transaction| {
            let insert = format!(
                "INSERT INTO {OPERATION_TABLE} (operation, method, result) VALUES (?, '{GIVEN_UP}', '')"
            );
            match transaction
                .run(&insert, vec![Value::Bytes(operation.as_bytes().to_vec())])
                .await
            {
                Ok(_) => Ok(false),
                Err(error) if error.kind == ErrorKind::Duplicate => {
                    let sql = format!("SELECT method FROM {OPERATION_TABLE} WHERE operation = ?");
                    let rows = transaction
                        .rows(&sql, vec![Value::Bytes(operation.as_bytes().to_vec())])
                        .await?;
                    Ok(rows.first().and_then(|row| row.get("method"))
                        != Some(&Value::from(GIVEN_UP)))
                }
                Err(error) => Err(error),
            }
        })
    }

    pub(crate) fn process(&self) -> &str {
        &self.inner.process
    }

    /// Counts a call; now and then the figures are put where other processes can read them.
    pub(crate) fn note(&self, call: Call, begun: Instant, failed: bool) {
        let time = begun.elapsed();
        let slow = time >= self.inner.options.slow_after;
        self.inner.figures.called(call.method, time, failed, slow);
        if failed || self.inner.options.figures_every.is_zero() {
            return;
        }
        let mut written = self
            .inner
            .figures_written
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if written.elapsed() >= self.inner.options.figures_every {
            *written = Instant::now();
            drop(written);
            crate::process::write_in_background(self.clone());
        }
    }
}
