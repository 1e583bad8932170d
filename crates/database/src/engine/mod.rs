//! The two engines under one surface: connections, transactions, retries.

pub(crate) mod mysql;
pub(crate) mod operation;
pub(crate) mod sqlite;

use std::time::Instant;

use operation::Recorded;

use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Call, Error, ErrorKind};
use crate::options::Observer;
use crate::row::Row;
use crate::value::Value;

/// What a write did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Rows that were really changed.
    pub rows_changed: u64,
    /// The number that the database gave to a new row; 0 where it gave none.
    pub last_id: i64,
}

/// Where a database is kept.
pub(crate) enum Engine {
    MySql(mysql::Pool),
    Sqlite(sqlite::File),
}

/// A transaction under way. Dropped without a commit, it is rolled back.
pub struct Transaction {
    pub(crate) call: Call,
    pub(crate) way: Way,
    observer: Option<Observer>,
}

pub(crate) enum Way {
    /// Boxed, because a session is large and the other way is a handle.
    MySql(Box<mysql::Open>),
    Sqlite(sqlite::Turn),
}

/// How the update part of an upsert names the values of the row that was to be inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewRow {
    /// The row and its columns have other names: MySQL since 8.0.19, which warns of the function.
    Alias,
    /// The function `VALUES`: MariaDB, and MySQL before.
    Function,
    /// The table `excluded`: SQLite.
    Excluded,
}

impl NewRow {
    /// What stands between the rows and the assignments. `key` is the conflicting key's columns in SQLite's words.
    pub(crate) fn on_conflict(self, columns: usize, key: &str) -> String {
        match self {
            NewRow::Alias => {
                let names: Vec<String> = (0..columns).map(|place| format!("c{place}")).collect();
                format!(" AS new_row({}) ON DUPLICATE KEY UPDATE", names.join(","))
            }
            NewRow::Function => " ON DUPLICATE KEY UPDATE".to_owned(),
            NewRow::Excluded => format!(" ON CONFLICT ({key}) DO UPDATE SET"),
        }
    }

    /// The new value of a column that stands at a place of the insert's list.
    pub(crate) fn value(self, place: usize, name: &str) -> String {
        match self {
            NewRow::Alias => format!("c{place}"),
            NewRow::Function => format!("VALUES({name})"),
            NewRow::Excluded => format!("excluded.{name}"),
        }
    }
}

impl Transaction {
    /// How the engine's upserts name new values.
    pub(crate) fn new_row(&mut self) -> NewRow {
        match &mut self.way {
            Way::MySql(open) => open.new_row(),
            Way::Sqlite(_) => NewRow::Excluded,
        }
    }
}

impl Transaction {
    pub(crate) fn new(call: Call, way: Way) -> Transaction {
        Transaction {
            call,
            way,
            observer: None,
        }
    }

    fn tell(&self, sql: &str, values: &[Value]) {
        if let Some(observer) = &self.observer {
            observer.tell(self.call, sql, values, true);
        }
    }

    /// The engine's language.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match &self.way {
            Way::MySql(_) => Dialect::MySql,
            Way::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Runs a statement with bound values.
    ///
    /// # Errors
    /// What the engine refused, or a lost connection.
    pub async fn run(&mut self, sql: &str, values: Vec<Value>) -> Result<Outcome, Error> {
        self.tell(sql, &values);
        match &mut self.way {
            Way::MySql(open) => open.run(self.call, sql, values).await,
            Way::Sqlite(turn) => turn.run(self.call, sql, values).await,
        }
    }

    /// All rows of a query with bound values.
    ///
    /// # Errors
    /// As [`Transaction::run`].
    pub async fn rows(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        self.tell(sql, &values);
        match &mut self.way {
            Way::MySql(open) => open.rows(self.call, sql, values).await,
            Way::Sqlite(turn) => turn.rows(self.call, sql, values).await,
        }
    }
}

impl Transaction {
    /// Runs statements as the only and last work of the transaction. On a file they are committed with it, by the file's
    /// own thread: a task that is not polled any more does not keep the file locked.
    pub(crate) async fn whole(
        &mut self,
        statements: Vec<(String, Vec<Value>)>,
    ) -> Result<(), Error> {
        for (sql, values) in &statements {
            self.tell(sql, values);
        }
        match &mut self.way {
            Way::MySql(open) => {
                for (sql, values) in statements {
                    open.run(self.call, &sql, values).await?;
                }
                Ok(())
            }
            Way::Sqlite(turn) => turn.whole(self.call, statements).await,
        }
    }
}

/// The beginning of an attempt.
#[doc(hidden)]
pub enum Begun {
    /// A transaction to do the work in.
    Open(Transaction),
    /// An earlier attempt turns out to be committed; its recorded result.
    Committed(String),
}

/// The end of an attempt.
#[doc(hidden)]
pub enum Ended<T> {
    /// The call's result.
    Done(Result<T, Error>),
    /// Another attempt is to be made.
    Again,
}

/// The attempts at one transaction; what [`crate::transact!`] is made of.
#[doc(hidden)]
pub struct Attempts<'a> {
    database: &'a Database,
    call: Call,
    begun: Instant,
    engine: EngineAttempts<'a>,
}

enum EngineAttempts<'a> {
    MySql(mysql::Attempts<'a>),
    Sqlite(sqlite::Attempts<'a>),
}

impl<'a> Attempts<'a> {
    /// The attempts at a transaction of a call.
    #[must_use]
    pub fn new(database: &'a Database, call: Call) -> Attempts<'a> {
        let deadline = database.deadline();
        let engine = match database.engine() {
            Engine::MySql(pool) => {
                EngineAttempts::MySql(mysql::Attempts::new(pool, call, deadline))
            }
            Engine::Sqlite(file) => {
                EngineAttempts::Sqlite(sqlite::Attempts::new(file, call, deadline))
            }
        };
        Attempts {
            database,
            call,
            begun: Instant::now(),
            engine,
        }
    }

    /// Begins the next attempt.
    ///
    /// # Errors
    /// No transaction can be had in time.
    pub async fn begin(&mut self) -> Result<Begun, Error> {
        let mut begun = match &mut self.engine {
            EngineAttempts::MySql(attempts) => attempts.begin().await,
            EngineAttempts::Sqlite(attempts) => attempts.begin().await,
        };
        match &mut begun {
            Ok(Begun::Open(transaction)) => {
                transaction.observer = self.database.options().observer.clone()
            }
            Ok(Begun::Committed(_)) => {}
            Err(_) => self.database.note(self.call, self.begun, true),
        }
        begun
    }

    /// Ends an attempt with what its work gave.
    pub async fn finish<T: Recorded>(
        &mut self,
        transaction: Transaction,
        result: Result<T, Error>,
    ) -> Ended<T> {
        let ended =
            match (&mut self.engine, transaction.way) {
                (EngineAttempts::MySql(attempts), Way::MySql(open)) => {
                    attempts.finish(*open, result).await
                }
                (EngineAttempts::Sqlite(attempts), Way::Sqlite(turn)) => {
                    attempts.finish(turn, result).await
                }
                _ => Ended::Done(Err(Error::new(self.call, ErrorKind::Other)
                    .detail("a transaction of another database"))),
            };
        if let Ended::Done(done) = &ended {
            self.database.note(self.call, self.begun, done.is_err());
        }
        ended
    }

    /// The result of an attempt that turned out to be committed.
    ///
    /// # Errors
    /// A record that cannot be read.
    pub fn committed<T: Recorded>(&self, record: &str) -> Result<T, Error> {
        self.database.note(self.call, self.begun, false);
        recalled(self.call, record)
    }
}

fn recalled<T: Recorded>(call: Call, record: &str) -> Result<T, Error> {
    T::recall(record).ok_or_else(|| {
        Error::new(call, ErrorKind::Answer).detail("the operation's result cannot be read")
    })
}

/// Runs a transaction until it is committed once, or known not to be; gives its result.
///
/// `transact!(database, call, |transaction| { … })` runs the block with a [`Transaction`]; the block may use `?` and ends
/// with a `Result<T, Error>`, whose `T` is [`Recorded`]. It is run again as a whole when another writer was in the way or
/// a connection was lost, so it must have no other effect than its statements. Conflicts and lost connections that another
/// attempt cures are never seen; [`crate::ErrorKind::OutcomeUnknown`] comes out when it could not be found out in time
/// whether the commit took place.
///
/// It is a macro and not a method with a closure, because futures of closures that borrow cannot be shown to be `Send`
/// (rust-lang/rust issue 110338), and bots run on many threads.
#[macro_export]
macro_rules! transact {
    ($database:expr, $call:expr, |$transaction:ident| $work:block) => {{
        let mut attempts = $crate::Attempts::new($database, $call);
        loop {
            let mut open = match attempts.begin().await {
                Ok($crate::Begun::Open(open)) => open,
                Ok($crate::Begun::Committed(record)) => break attempts.committed(&record),
                Err(error) => break Err(error),
            };
            let result = async {
                let $transaction = &mut open;
                $work
            }
            .await;
            match attempts.finish(open, result).await {
                $crate::Ended::Done(done) => break done,
                $crate::Ended::Again => {}
            }
        }
    }};
}

/// The end of a call's patience.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(pub(crate) Instant);

impl Deadline {
    pub(crate) fn is_over(self) -> bool {
        Instant::now() >= self.0
    }

    /// What is left.
    pub(crate) fn left(self) -> std::time::Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}
