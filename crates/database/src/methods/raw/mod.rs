//! Callers' own SQL, and the methods that make SQL from columns and values.
//!
//! SQL text is the caller's; values are always bound, one for each `?`. What reads may be run again when a connection is
//! lost; what writes is one transaction. `statement` tells the two apart; `ez` has the methods that make the SQL.

mod ez;
mod statement;

use statement::{Kind, Statement};

use crate::database::Database;
use crate::engine::Outcome;
use crate::error::{Call, Error, ErrorKind};
use crate::row::Row;
use crate::transact;
use crate::value::Value;

pub use ez::Columns;
pub use statement::pretty_print_sql;

const fn call(method: &'static str) -> Call {
    Call { method, table: "" }
}

/// A statement's text, checked.
fn checked(call: Call, sql: &str) -> Result<Statement, Error> {
    Statement::read(sql).map_err(|reason| Error::new(call, ErrorKind::Statement).detail(reason))
}

impl Database {
    /// All rows of a query.
    ///
    /// # Errors
    /// [`ErrorKind::Statement`] for text that is no query, or that the database does not accept.
    pub async fn seld(&self, sql: &str, vals: &[Value]) -> Result<Vec<Row>, Error> {
        self.query(call("seld"), sql, vals).await
    }

    /// All rows of a query, as [`Database::seld`]. The original layer gives bare values here where a row has one column;
    /// these are [`Row::values`].
    ///
    /// # Errors
    /// As [`Database::seld`].
    pub async fn sel(&self, sql: &str, vals: &[Value]) -> Result<Vec<Row>, Error> {
        self.query(call("sel"), sql, vals).await
    }

    /// All rows of a query, as [`Database::seld`].
    ///
    /// # Errors
    /// As [`Database::seld`].
    pub async fn execute_query(&self, query: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        self.query(call("execute_query"), query, params).await
    }

    /// All rows of a query, and its columns' names, which are there without rows too.
    ///
    /// # Errors
    /// As [`Database::seld`].
    pub async fn curs(&self, sql: &str, vals: &[Value]) -> Result<(Vec<Row>, Vec<String>), Error> {
        let rows = self.query(call("curs"), sql, vals).await?;
        let columns = match rows.first() {
            Some(row) => row.columns().to_vec(),
            None => self.cols(sql, vals).await?,
        };
        Ok((rows, columns))
    }

    /// The names of a query's columns. The query must be a SELECT whose columns have different names.
    ///
    /// # Errors
    /// As [`Database::seld`].
    pub async fn cols(&self, sql: &str, vals: &[Value]) -> Result<Vec<String>, Error> {
        const CALL: Call = call("cols");
        checked(CALL, sql)?;
        // A row of NULLs carries the names, and the query itself need not give any.
        let inner = sql.trim().trim_end_matches(';');
        let sql = format!(
            "SELECT asked.* FROM (SELECT 1 AS one) AS alone LEFT JOIN ({inner}) AS asked ON 1 = 0"
        );
        let rows = self.query(CALL, &sql, vals).await?;
        Ok(rows
            .first()
            .map(|row| row.columns().to_vec())
            .unwrap_or_default())
    }

    /// Runs any statement: a write, a definition, or a query whose rows are not wanted. Gives the number that a new row got,
    /// 0 where none did.
    ///
    /// # Errors
    /// [`ErrorKind::Statement`] for text that the database does not accept, or that would end the transaction or change the
    /// session; [`ErrorKind::Duplicate`], [`ErrorKind::ValueRejected`], ….
    pub async fn execute(&self, sql: &str, vals: &[Value]) -> Result<i64, Error> {
        const CALL: Call = call("execute");
        match checked(CALL, sql)?.kind {
            Kind::Query => {
                self.query(CALL, sql, vals).await?;
                Ok(0)
            }
            Kind::Write | Kind::Definition => Ok(self.write(CALL, sql, vals).await?.last_id),
        }
    }

    /// Runs a write and gives the number of rows that it changed.
    ///
    /// # Errors
    /// As [`Database::execute`].
    pub async fn execute_update(&self, query: &str, params: &[Value]) -> Result<u64, Error> {
        let done = self.write(call("execute_update"), query, params).await?;
        Ok(done.rows_changed)
    }

    /// Runs an UPDATE and gives the number of rows that it changed.
    ///
    /// # Errors
    /// As [`Database::execute`].
    pub async fn upd(&self, sql: &str, vals: &[Value]) -> Result<u64, Error> {
        Ok(self.write(call("upd"), sql, vals).await?.rows_changed)
    }

    /// Runs a DELETE and gives the number of rows that it deleted.
    ///
    /// # Errors
    /// As [`Database::execute`].
    pub async fn delete(&self, sql: &str, vals: &[Value]) -> Result<u64, Error> {
        Ok(self.write(call("delete"), sql, vals).await?.rows_changed)
    }

    /// Runs an INSERT and gives the new row's number.
    ///
    /// # Errors
    /// As [`Database::execute`].
    pub async fn ins_one(&self, sql: &str, vals: &[Value]) -> Result<i64, Error> {
        Ok(self.write(call("ins_one"), sql, vals).await?.last_id)
    }

    /// Runs an INSERT (or another write) for each list of values, all in one transaction, and gives the number of rows that
    /// were changed in all.
    ///
    /// # Errors
    /// As [`Database::execute`]; nothing is written then.
    pub async fn ins_many(&self, sql: &str, vals: &[Vec<Value>]) -> Result<u64, Error> {
        const CALL: Call = call("ins_many");
        write_only(CALL, sql)?;
        if vals.is_empty() {
            return Ok(0);
        }
        transact!(self, CALL, |transaction| {
            let mut changed = 0;
            for row in vals {
                changed += transaction.run(sql, row.clone()).await?.rows_changed;
            }
            Ok(changed)
        })
    }

    /// Whether the database answers.
    pub async fn test_connection(&self) -> bool {
        self.rows(call("test_connection"), "SELECT 1", Vec::new())
            .await
            .is_ok()
    }

    async fn query(&self, call: Call, sql: &str, vals: &[Value]) -> Result<Vec<Row>, Error> {
        match checked(call, sql)?.kind {
            Kind::Query => self.rows(call, sql, vals.to_vec()).await,
            Kind::Write | Kind::Definition => {
                Err(Error::new(call, ErrorKind::Statement).detail("it is no query"))
            }
        }
    }

    async fn write(&self, call: Call, sql: &str, vals: &[Value]) -> Result<Outcome, Error> {
        write_only(call, sql)?;
        self.run(call, sql, vals.to_vec()).await
    }
}

fn write_only(call: Call, sql: &str) -> Result<(), Error> {
    match checked(call, sql)?.kind {
        Kind::Query => {
            Err(Error::new(call, ErrorKind::Statement).detail("it is a query, not a write"))
        }
        Kind::Write | Kind::Definition => Ok(()),
    }
}

/// Whether a value is one: neither NULL nor an empty text.
#[must_use]
pub fn has_val(value: &Value) -> bool {
    !value.is_null() && *value != Value::Text(String::new())
}

/// A value as MySQL's literal, for people to read: the layer itself binds values and never puts them into SQL.
#[must_use]
pub fn good_value(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(_) | Value::Decimal(_) | Value::Double(_) => value.to_string(),
        Value::Text(text) => cbtrade_core::quote_text(text),
        Value::Bytes(bytes) => {
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("X'{}'", digits.concat())
        }
        Value::Moment(moment) => {
            let seconds = cbtrade_core::Timestamp::from_seconds(moment.as_seconds());
            cbtrade_core::quote_text(&seconds.unwrap_or(*moment).to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use cbtrade_core::Timestamp;

    use super::*;

    #[test]
    fn literals_are_quoted_for_people() {
        let moment = Timestamp::parse("2025-01-02 03:04:05.9").unwrap();
        for (value, literal) in [
            (Value::Null, "NULL"),
            (Value::from(-5_i64), "-5"),
            (Value::from("it's"), "'it''s'"),
            (Value::from(vec![0x12, 0xff]), "X'12ff'"),
            (Value::from(moment), "'2025-01-02 03:04:05'"),
        ] {
            assert_eq!(good_value(&value), literal);
        }
        assert!(
            has_val(&Value::from(0_i64)) && !has_val(&Value::from("")) && !has_val(&Value::Null)
        );
    }
}
