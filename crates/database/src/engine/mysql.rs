//! MySQL and MariaDB: a bounded pool, whole-transaction retries, and commits whose outcome is always found out.

mod attempts;
mod convert;
mod pool;

use std::time::Duration;

use cbtrade_mysql::mysql_async::{self, Conn, prelude::Queryable as _};
use cbtrade_mysql::{ErrorClass, Product, Session, SessionOptions, Target};

pub(crate) use attempts::Attempts;
pub(crate) use pool::{Connection, Pool};

use convert::{Answer, parameter};

use super::operation::{OPERATION_TABLE, Operation};
use super::{Deadline, NewRow, Outcome};
use crate::error::{Call, Error, ErrorKind};
use crate::row::Row;
use crate::value::Value;
use crate::waits::Waits;

/// Time for a ROLLBACK, after which the connection is given up instead.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(2);
/// The server's number for a second row with the same key.
const DUPLICATE_KEY: u16 = 1062;
/// The server's number for a statement that can only be sent as text.
const NOT_PREPARABLE: u16 = 1295;

/// What a token says instead of a method when its write was given up.
pub(crate) const GIVEN_UP: &str = "given up";
/// The first MySQL in which the row of an INSERT can have another name.
const ROW_ALIAS_SINCE: (u16, u16, u16) = (8, 0, 19);

/// The server's lock under which definitions are made.
const DEFINITION_LOCK: &str = "cbtrade-definitions";

/// A transaction under way on a connection.
pub(crate) struct Open {
    connection: Connection,
    deadline: Deadline,
    /// Whether the operation's token is written already, because an earlier attempt may be committed.
    token_taken: bool,
}

impl Open {
    pub(crate) fn new_row(&mut self) -> NewRow {
        let server = self.connection.session().capabilities();
        match server.product {
            Product::MySql if !server.tidb && server.version >= ROW_ALIAS_SINCE => NewRow::Alias,
            Product::MySql | Product::MariaDb => NewRow::Function,
        }
    }

    pub(crate) async fn run(
        &mut self,
        call: Call,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Outcome, Error> {
        // Without values there is nothing to prepare, and some definitions cannot be prepared at all.
        let ran = if values.is_empty() {
            within(call, self.deadline, self.connection.session().run_text(sql)).await?
        } else {
            let parameters: Vec<_> = values.into_iter().map(parameter).collect();
            within(
                call,
                self.deadline,
                self.connection.session().run(sql, parameters),
            )
            .await?
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
        query(self.connection.session(), call, self.deadline, sql, values).await
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
    let is_plain = parameters.is_empty();
    // Also without values: bots ask the same all day, and a prepared query is neither read anew nor answered in text.
    let work = session.call(sql, async |conn: &mut Conn| {
        let answer = Answer::default();
        match conn.exec_fold(sql, parameters, answer, Answer::with).await {
            Err(mysql_async::Error::Server(error)) if is_plain && error.code == NOT_PREPARABLE => {
                conn.query_fold(sql, Answer::default(), Answer::with).await
            }
            done => done,
        }
    });
    let answer = within(call, deadline, work).await?;
    answer.rows().map_err(|source| Error::answer(call, source))
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

    /// After a failed attempt: waits if another one may help and there is time, else gives the error.
    pub(crate) async fn wait_or_give_up(
        &self,
        call: Call,
        error: Error,
        waits: &mut Waits,
        deadline: Deadline,
    ) -> Result<(), Error> {
        if error.kind == ErrorKind::Unreachable {
            // The others were opened to the same server.
            self.forget_idle();
        }
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

/// Whether an error of opening a session may go away by itself.
fn is_passing(error: &cbtrade_mysql::Error) -> bool {
    matches!(
        error.class(),
        ErrorClass::ConnectionLost | ErrorClass::ServerUnavailable
    )
}

/// The server's number for a database that is there already.
const DATABASE_THERE: u16 = 1007;

/// Makes the databases that are not there; returns whether any was made.
pub(crate) async fn make_databases(
    call: Call,
    target: &Target,
    names: &[&str],
) -> Result<bool, Error> {
    let failed = |source| Error::of_server(call, source);
    let options = SessionOptions::default();
    let mut session = Session::open(&target.without_database(), &options)
        .await
        .map_err(failed)?;
    let mut made = false;
    for name in names {
        let name = cbtrade_mysql::quote_identifier(name);
        let sql = format!("CREATE DATABASE {name} CHARACTER SET utf8mb4");
        match session.execute(&sql).await {
            Ok(_) => made = true,
            Err(error) if error.server_code() == Some(DATABASE_THERE) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    session.close().await;
    Ok(made)
}
