//! The attempts at one transaction, until it is committed once or known not to be.

use super::super::operation::{Operation, Recorded};
use super::super::{Begun, Deadline, Ended, Transaction, Way};
use super::{
    Connection, GIVEN_UP, OPERATION_TABLE, Open, Pool, ROLLBACK_TIMEOUT, insert_token, take_token,
    within,
};
use crate::error::{Call, Error, ErrorKind};
use crate::waits::Waits;

/// Attempts at a transaction on a server.
///
/// A token is written in the transaction: last, in one round trip with COMMIT, because that costs nothing; but first when
/// an earlier attempt may be committed: then the key either tells that it was, or waits for it, or is taken before it.
pub(crate) struct Attempts<'a> {
    pool: &'a Pool,
    call: Call,
    deadline: Deadline,
    operation: Operation,
    waits: Waits,
    /// Whether an earlier attempt may be committed.
    in_doubt: bool,
}

impl<'a> Attempts<'a> {
    pub(crate) fn new(pool: &'a Pool, call: Call, deadline: Deadline) -> Attempts<'a> {
        Attempts {
            pool,
            call,
            deadline,
            operation: Operation::at(pool.options().clock.now()),
            waits: Waits::new(),
            in_doubt: false,
        }
    }

    /// Once a commit may have happened, finding out comes before the call's own patience.
    fn until(&self) -> Deadline {
        match self.in_doubt {
            false => self.deadline,
            true => Deadline(self.deadline.0 + self.pool.options().outcome_timeout),
        }
    }

    /// Begins the next attempt, or finds that an earlier one was committed.
    pub(crate) async fn begin(&mut self) -> Result<Begun, Error> {
        loop {
            match self.try_begin().await {
                Ok(begun) => return Ok(begun),
                Err(error) => self.wait_or_give_up(error).await?,
            }
        }
    }

    async fn try_begin(&mut self) -> Result<Begun, Error> {
        let until = self.until();
        let mut connection = self.pool.acquire(self.call, until).await?;
        within(
            self.call,
            until,
            connection.session().execute("START TRANSACTION"),
        )
        .await?;
        if self.in_doubt {
            match take_token(
                &mut connection,
                self.call,
                self.call.method,
                self.operation,
                until,
            )
            .await
            {
                Ok(None) => {}
                Ok(Some(record)) => {
                    roll_back(connection).await;
                    return Ok(Begun::Committed(record));
                }
                Err(error) => {
                    roll_back(connection).await;
                    return Err(error);
                }
            }
        }
        let open = Open {
            connection,
            deadline: until,
            token_taken: self.in_doubt,
        };
        Ok(Begun::Open(Transaction::new(
            self.call,
            Way::MySql(Box::new(open)),
        )))
    }

    /// Ends an attempt: commits its value, or rolls back and says whether to begin again.
    pub(crate) async fn finish<T: Recorded>(
        &mut self,
        open: Open,
        result: Result<T, Error>,
    ) -> Ended<T> {
        let error = match result {
            Ok(value) => match self.commit(open, &value.record()).await {
                Ok(()) => return Ended::Done(Ok(value)),
                Err(Failed::InCommit(error)) => {
                    self.pool.figures().outcome_unknown();
                    self.pool
                        .figures()
                        .retried(ErrorKind::Unreachable, error.server_code());
                    self.in_doubt = true;
                    self.waits.pause().await;
                    return Ended::Again;
                }
                Err(Failed::Before(error)) => error,
            },
            Err(error) => {
                roll_back(open.connection).await;
                error
            }
        };
        if self.in_doubt && !leaves_in_doubt(&error) {
            return Ended::Done(self.settle(error).await);
        }
        match self.wait_or_give_up(error).await {
            Ok(()) => Ended::Again,
            Err(error) => Ended::Done(Err(error)),
        }
    }

    async fn commit(&self, mut open: Open, record: &str) -> Result<(), Failed> {
        let (call, operation) = (self.call, self.operation);
        let last = match open.token_taken {
            true => format!(
                "UPDATE {OPERATION_TABLE} SET result = '{record}' WHERE operation = X'{operation}'; COMMIT"
            ),
            false => insert_token(call.method, operation, record) + "; COMMIT",
        };
        let error = match within(
            call,
            open.deadline,
            open.connection.session().execute(&last),
        )
        .await
        {
            Ok(_) => {
                open.connection.release();
                return Ok(());
            }
            Err(error) => error,
        };
        // A refusal is an answer; anything else leaves it open whether COMMIT was carried out.
        if open.connection.session().is_broken()
            || matches!(error.kind, ErrorKind::Deadline | ErrorKind::Unreachable)
        {
            return Err(Failed::InCommit(error));
        }
        roll_back(open.connection).await;
        Err(Failed::Before(error))
    }

    /// Waits before another attempt, or gives the error that the call ends with.
    async fn wait_or_give_up(&mut self, error: Error) -> Result<(), Error> {
        if !self.in_doubt {
            return self
                .pool
                .wait_or_give_up(self.call, error, &mut self.waits, self.deadline)
                .await;
        }
        let wait = self.waits.next();
        if !leaves_in_doubt(&error) || self.until().left() <= wait {
            return Err(self.unknown(error));
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// Ends a doubt with a refusal: takes the token for good, so that the earlier attempt cannot be committed any more
    /// even if it is still on its way; or finds that it was.
    async fn settle<T: Recorded>(&self, refusal: Error) -> Result<T, Error> {
        let until = self.until();
        let mut connection = self
            .pool
            .acquire(self.call, until)
            .await
            .map_err(|source| self.unknown(source))?;
        let taken = take_token(&mut connection, self.call, GIVEN_UP, self.operation, until)
            .await
            .map_err(|source| self.unknown(source))?;
        connection.release();
        match taken {
            None => Err(refusal),
            Some(record) => super::super::recalled(self.call, &record),
        }
    }

    fn unknown(&self, source: Error) -> Error {
        Error::new(self.call, ErrorKind::OutcomeUnknown)
            .key(self.operation)
            .because(source)
    }
}

/// How a commit failed.
enum Failed {
    /// It is known to be rolled back.
    Before(Error),
    /// The connection was lost between COMMIT and its answer.
    InCommit(Error),
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

/// Rolls back and gives the connection back, or throws it away if that does not work at once.
async fn roll_back(mut connection: Connection) {
    let rolled_back =
        tokio::time::timeout(ROLLBACK_TIMEOUT, connection.session().execute("ROLLBACK")).await;
    if matches!(rolled_back, Ok(Ok(_))) {
        connection.release();
    }
}
