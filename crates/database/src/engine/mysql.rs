//! MySQL and MariaDB: a bounded pool, whole-transaction retries, and commits whose outcome is always found out.

mod convert;
mod pool;

use std::time::Duration;

use cbtrade_mysql::mysql_async::{Conn, prelude::Queryable as _};
use cbtrade_mysql::{ErrorClass, Session};

pub(crate) use convert::{parameter, rows_of};
pub(crate) use pool::{Connection, Pool};

use super::operation::{OPERATION_TABLE, Operation, Recorded};
use super::{Deadline, Outcome, Transaction, Way};
use crate::error::{Call, Error, ErrorKind};
use crate::row::Row;
use crate::value::Value;
use crate::waits::Waits;

/// Time for a ROLLBACK, after which the connection is given up instead.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(2);
/// The server's number for a second row with the same key.
const DUPLICATE_KEY: u16 = 1062;

/// What a token says instead of a method when its write was given up.
pub(crate) const GIVEN_UP: &str = "given up";
/// The server's lock under which definitions are made.
const DEFINITION_LOCK: &str = "cbtrade-definitions";

/// A transaction under way on a connection.
pub(crate) struct Open<'a> {
    session: &'a mut Session,
    deadline: Deadline,
}

impl Open<'_> {
    pub(crate) async fn run(
        &mut self,
        call: Call,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Outcome, Error> {
        // Without values there is nothing to prepare, and some definitions cannot be prepared at all.
        let ran = if values.is_empty() {
            within(call, self.deadline, self.session.run_text(sql)).await?
        } else {
            let parameters: Vec<_> = values.into_iter().map(parameter).collect();
            within(call, self.deadline, self.session.run(sql, parameters)).await?
        };
        Ok(Outcome {
            rows_changed: ran.affected,
            last_id: ran
                .last_insert_id
                .and_then(|id| i64::try_from(id).ok())
                .unwrap_or(0),
        })
    }

    pub(crate) async fn rows(
        &mut self,
        call: Call,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Error> {
        query(self.session, call, self.deadline, sql, values).await
    }
}

/// A query on a session.
async fn query(
    session: &mut Session,
    call: Call,
    deadline: Deadline,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<Row>, Error> {
    let parameters: Vec<_> = values.into_iter().map(parameter).collect();
    let work = session.call(sql, async |conn: &mut Conn| {
        if parameters.is_empty() {
            // One round trip less than preparing, and the text holds no value anyway.
            conn.query::<cbtrade_mysql::mysql_async::Row, _>(sql).await
        } else {
            conn.exec::<cbtrade_mysql::mysql_async::Row, _, _>(sql, parameters)
                .await
        }
    });
    let rows = within(call, deadline, work).await?;
    rows_of(rows).map_err(|source| Error::answer(call, source))
}

/// Waits no longer than the call may take. A statement that is broken off leaves a session of no further use, which the
/// pool throws away.
async fn within<T>(
    call: Call,
    deadline: Deadline,
    work: impl Future<Output = Result<T, cbtrade_mysql::Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(deadline.left(), work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(source)) => Err(Error::of_server(call, source)),
        Err(_) => Err(Error::new(call, ErrorKind::Deadline)),
    }
}

/// How an attempt at a transaction ended without a value.
enum Failed {
    /// It is known to be rolled back, or will be when the server sees that its connection is gone.
    Before(Error),
    /// The connection was lost between COMMIT and its answer.
    InCommit(Error),
}

impl Pool {
    /// Runs a query, again on another connection when one is lost: reading twice does no harm.
    pub(crate) async fn read(
        &self,
        call: Call,
        sql: &str,
        values: Vec<Value>,
        deadline: Deadline,
    ) -> Result<Vec<Row>, Error> {
        let mut waits = Waits::new();
        loop {
            let mut connection = self.acquire(call, deadline).await?;
            let error = match query(connection.session(), call, deadline, sql, values.clone()).await
            {
                Ok(rows) => {
                    connection.release();
                    return Ok(rows);
                }
                Err(error) => error,
            };
            if !matches!(error.kind, ErrorKind::Unreachable) {
                connection.release();
            }
            self.wait_or_give_up(call, error, &mut waits, deadline)
                .await?;
        }
    }

    /// Runs definitions (CREATE, ALTER, DROP), unless the guard's query finds rows; under a lock of the server, so that of
    /// many processes one does it and the others wait. A server commits each definition by itself: they must be such that
    /// running them again after a crash does no harm.
    pub(crate) async fn define_guarded(
        &self,
        call: Call,
        guard: &str,
        guard_values: Vec<Value>,
        statements: &[String],
        deadline: Deadline,
    ) -> Result<(), Error> {
        let mut waits = Waits::new();
        loop {
            let mut connection = self.acquire(call, deadline).await?;
            let done = define_alone(
                &mut connection,
                call,
                guard,
                guard_values.clone(),
                statements,
                deadline,
            )
            .await;
            match done {
                Ok(()) => {
                    connection.release();
                    return Ok(());
                }
                // The lock goes with the connection, which is not given back.
                Err(error) => {
                    self.wait_or_give_up(call, error, &mut waits, deadline)
                        .await?
                }
            }
        }
    }

    /// Runs a transaction until it is committed once, or known not to be.
    pub(crate) async fn transact<T: Recorded>(
        &self,
        call: Call,
        deadline: Deadline,
        work: &impl AsyncFn(&mut Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let operation = Operation::new();
        let mut waits = Waits::new();
        let mut in_doubt = false;
        loop {
            // Once a commit may have happened, finding out comes before the call's own patience.
            let until = match in_doubt {
                false => deadline,
                true => Deadline(deadline.0 + self.options().outcome_timeout),
            };
            let attempt = match self.acquire(call, until).await {
                Ok(connection) => attempt(connection, call, operation, in_doubt, until, work).await,
                Err(error) => Err(Failed::Before(error)),
            };
            match attempt {
                Ok(value) => return Ok(value),
                Err(Failed::InCommit(error)) => {
                    self.figures().outcome_unknown();
                    in_doubt = true;
                    waits.pause().await;
                    self.figures()
                        .retried(ErrorKind::Unreachable, error.server_code());
                }
                Err(Failed::Before(error)) if in_doubt && leaves_in_doubt(&error) => {
                    let wait = waits.next();
                    if until.left() <= wait {
                        return Err(Error::new(call, ErrorKind::OutcomeUnknown)
                            .key(operation)
                            .because(error));
                    }
                    tokio::time::sleep(wait).await;
                }
                Err(Failed::Before(error)) if in_doubt => {
                    return self.settle(call, operation, until, error).await;
                }
                Err(Failed::Before(error)) => {
                    self.wait_or_give_up(call, error, &mut waits, until).await?;
                }
            }
        }
    }

    /// Ends a doubt with a refusal: takes the token for good, so that the earlier attempt cannot be committed any more
    /// even if it is still on its way; or finds that it was.
    async fn settle<T: Recorded>(
        &self,
        call: Call,
        operation: Operation,
        until: Deadline,
        refusal: Error,
    ) -> Result<T, Error> {
        let unknown = |source: Error| {
            Error::new(call, ErrorKind::OutcomeUnknown)
                .key(operation)
                .because(source)
        };
        let mut connection = self.acquire(call, until).await.map_err(unknown)?;
        let taken = take_token(&mut connection, call, GIVEN_UP, operation, until)
            .await
            .map_err(unknown)?;
        connection.release();
        match taken {
            None => Err(refusal),
            Some(recorded) => recalled(call, &recorded),
        }
    }

    /// After a failed attempt: waits if another one may help and there is time, else gives the error.
    async fn wait_or_give_up(
        &self,
        call: Call,
        error: Error,
        waits: &mut Waits,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let read_only_elsewhere = error.kind == ErrorKind::ReadOnly && self.fail_over();
        if !matches!(error.kind, ErrorKind::Conflict | ErrorKind::Unreachable)
            && !read_only_elsewhere
        {
            return Err(error);
        }
        self.figures().retried(error.kind, error.server_code());
        let wait = waits.next();
        if deadline.left() <= wait {
            let tries = waits.attempts();
            return Err(error.detail(format!(
                "given up after {tries} attempts of {}",
                call.method
            )));
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

async fn define_alone(
    connection: &mut Connection,
    call: Call,
    guard: &str,
    guard_values: Vec<Value>,
    statements: &[String],
    deadline: Deadline,
) -> Result<(), Error> {
    let session = connection.session();
    let lock = format!(
        "SELECT GET_LOCK('{DEFINITION_LOCK}', {})",
        deadline.left().as_secs()
    );
    let got: Vec<Option<i64>> = within(call, deadline, session.query(&lock)).await?;
    if got.first() != Some(&Some(1)) {
        return Err(
            Error::new(call, ErrorKind::Deadline).detail("another process is making tables")
        );
    }
    if query(session, call, deadline, guard, guard_values)
        .await?
        .is_empty()
    {
        for statement in statements {
            within(call, deadline, session.execute(statement)).await?;
        }
    }
    within(
        call,
        deadline,
        session.execute(&format!("DO RELEASE_LOCK('{DEFINITION_LOCK}')")),
    )
    .await?;
    Ok(())
}

/// Whether an error leaves it open what became of an earlier commit.
fn leaves_in_doubt(error: &Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::Unreachable
            | ErrorKind::PoolExhausted
            | ErrorKind::Deadline
            | ErrorKind::Conflict
            | ErrorKind::AccessDenied
    )
}

/// One attempt. `again` is whether an earlier attempt may have been committed.
///
/// The token is written last, in one round trip with COMMIT, because that costs nothing; but first when an earlier attempt
/// may be committed: then the key either tells that it was, or waits for it, or is taken before it.
async fn attempt<T: Recorded>(
    mut connection: Connection,
    call: Call,
    operation: Operation,
    again: bool,
    deadline: Deadline,
    work: &impl AsyncFn(&mut Transaction<'_>) -> Result<T, Error>,
) -> Result<T, Failed> {
    let begun = within(
        call,
        deadline,
        connection.session().execute("START TRANSACTION"),
    )
    .await;
    if let Err(error) = begun {
        return Err(Failed::Before(error));
    }
    if again {
        match take_token(&mut connection, call, call.method, operation, deadline).await {
            Ok(None) => {}
            Ok(Some(recorded)) => {
                roll_back(connection).await;
                return recalled(call, &recorded).map_err(Failed::Before);
            }
            Err(error) => {
                roll_back(connection).await;
                return Err(Failed::Before(error));
            }
        }
    }
    let mut transaction = Transaction {
        call,
        way: Way::MySql(Open {
            session: connection.session(),
            deadline,
        }),
    };
    let value = match work(&mut transaction).await {
        Ok(value) => value,
        Err(error) => {
            roll_back(connection).await;
            return Err(Failed::Before(error));
        }
    };
    let record = value.record();
    let last = if again {
        format!(
            "UPDATE {OPERATION_TABLE} SET result = '{record}' WHERE operation = X'{operation}'; COMMIT"
        )
    } else {
        insert_token(call.method, operation, &record) + "; COMMIT"
    };
    // A lost answer leaves the session broken, and that is what tells the two cases apart.
    match within(call, deadline, connection.session().execute(&last)).await {
        Ok(_) => {
            connection.release();
            Ok(value)
        }
        Err(error) if connection.session().is_broken() || error.kind == ErrorKind::Deadline => {
            Err(Failed::InCommit(error))
        }
        Err(error) if is_lost(&error) => Err(Failed::InCommit(error)),
        Err(error) => {
            roll_back(connection).await;
            Err(Failed::Before(error))
        }
    }
}

fn is_lost(error: &Error) -> bool {
    error.kind == ErrorKind::Unreachable
}

fn recalled<T: Recorded>(call: Call, recorded: &str) -> Result<T, Error> {
    T::recall(recorded).ok_or_else(|| {
        Error::new(call, ErrorKind::Answer).detail("the operation's result cannot be read")
    })
}

/// Token and result are ours and hold letters and digits only, so they may stand in the text: it is what lets the token
/// travel with COMMIT.
fn insert_token(method: &str, operation: Operation, record: &str) -> String {
    format!(
        "INSERT INTO {OPERATION_TABLE} (operation, method, result) VALUES (X'{operation}', '{method}', '{record}')"
    )
}

/// Takes the token for this attempt; gives the result of the earlier one if that was committed.
async fn take_token(
    connection: &mut Connection,
    call: Call,
    method: &str,
    operation: Operation,
    deadline: Deadline,
) -> Result<Option<String>, Error> {
    let taken = within(
        call,
        deadline,
        connection
            .session()
            .execute(&insert_token(method, operation, "")),
    )
    .await;
    match taken {
        Ok(_) => Ok(None),
        Err(error) if error.server_code() == Some(DUPLICATE_KEY) => {
            let sql =
                format!("SELECT result FROM {OPERATION_TABLE} WHERE operation = X'{operation}'");
            let found: Vec<String> =
                within(call, deadline, connection.session().query(&sql)).await?;
            // It was there a moment ago. If it is gone now, the clean-up took it, long after its time.
            found
                .into_iter()
                .next()
                .map(Some)
                .ok_or_else(|| Error::new(call, ErrorKind::OutcomeUnknown).key(operation))
        }
        Err(error) => Err(error),
    }
}

/// Rolls back and gives the connection back, or throws it away if that does not work at once.
async fn roll_back(mut connection: Connection) {
    let rolled_back =
        tokio::time::timeout(ROLLBACK_TIMEOUT, connection.session().execute("ROLLBACK")).await;
    if matches!(rolled_back, Ok(Ok(_))) {
        connection.release();
    }
}

/// Whether an error of opening a session may go away by itself.
fn is_passing(error: &cbtrade_mysql::Error) -> bool {
    matches!(
        error.class(),
        ErrorClass::ConnectionLost | ErrorClass::ServerUnavailable
    )
}
