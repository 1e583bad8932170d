//! The driver alone: the layer's statements, prepared and kept, their rows fetched and not looked at.

use cbtrade_database::{Operation, Statement, Value};
use cbtrade_mysql::Session;
use cbtrade_mysql::mysql_async::{self, Conn, Row, prelude::Queryable as _};

/// A call's statements in the driver's words.
#[derive(Clone, Debug)]
pub(super) struct Call {
    steps: Vec<Step>,
    /// What goes before COMMIT in the same round trip.
    token: Option<String>,
}

#[derive(Clone, Debug)]
struct Step {
    sql: String,
    values: Vec<mysql_async::Value>,
    in_transaction: bool,
}

/// Whether the layer's token is written with each commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    With,
    Without,
}

impl Call {
    pub(super) fn of(statements: Vec<Statement>, token: Token) -> Call {
        let method = statements.first().map_or("", |statement| statement.method);
        let token = (token == Token::With).then(|| {
            let operation = Operation::new();
            format!(
                "INSERT INTO _cbtrade_operation (operation, method, result) VALUES (X'{operation}', '{method}', '1,1'); "
            )
        });
        let steps = statements
            .into_iter()
            .map(|statement| Step {
                sql: statement.sql,
                values: statement.values.into_iter().map(parameter).collect(),
                in_transaction: statement.in_transaction,
            })
            .collect();
        Call { steps, token }
    }

    /// All calls of a pass.
    pub(super) fn all(calls: Vec<Vec<Statement>>, token: Token) -> Vec<Call> {
        calls
            .into_iter()
            .map(|statements| Call::of(statements, token))
            .collect()
    }

    /// Sends the statements, those of a transaction between START TRANSACTION and COMMIT. Gives the rows that came.
    pub(super) async fn run(self, session: &mut Session) -> mysql_async::Result<usize> {
        let conn = session.conn();
        match self.send(conn).await {
            Ok(rows) => Ok(rows),
            Err(error) => {
                conn.query_drop("ROLLBACK").await?;
                Err(error)
            }
        }
    }

    async fn send(self, conn: &mut Conn) -> mysql_async::Result<usize> {
        let commit = format!("{}COMMIT", self.token.as_deref().unwrap_or_default());
        let (mut open, mut rows) = (false, 0);
        for step in self.steps {
            if step.in_transaction != open {
                match open {
                    false => conn.query_drop("START TRANSACTION").await?,
                    true => conn.query_drop(commit.as_str()).await?,
                }
                open = step.in_transaction;
            }
            rows += conn.exec::<Row, _, _>(step.sql, step.values).await?.len();
        }
        if open {
            conn.query_drop(commit).await?;
        }
        Ok(rows)
    }
}

/// A value as the driver takes it.
fn parameter(value: Value) -> mysql_async::Value {
    match value {
        Value::Null => mysql_async::Value::NULL,
        Value::Integer(number) => mysql_async::Value::Int(number),
        Value::Double(number) => mysql_async::Value::Double(number),
        Value::Text(text) => mysql_async::Value::Bytes(text.into_bytes()),
        Value::Bytes(bytes) => mysql_async::Value::Bytes(bytes),
        value @ (Value::Decimal(_) | Value::Moment(_)) => {
            mysql_async::Value::Bytes(value.to_string().into_bytes())
        }
    }
}
