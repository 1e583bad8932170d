//! Clearing away of old rows, in batches that hold up nobody for long.

use crate::database::Database;
use crate::error::{Call, Error};
use crate::transact;
use crate::value::Value;

/// Rows of one transaction at most.
const BATCH: u32 = 1_000;
/// More days than any row is old; many more would lead to a date that a server's column cannot be compared with.
const DAYS_MAX: i64 = 20_000;
const DAY_S: i64 = 86_400;

impl Database {
    /// Deletes the rows of a table whose `dlm` is more than so many days ago; gives how many there were. A negative number
    /// of days deletes all.
    pub(super) async fn delete_older_than(&self, call: Call, days: i64) -> Result<u64, Error> {
        let dialect = self.dialect();
        let condition = format!("dlm < {}", dialect.seconds_ago());
        let sql = dialect.delete_some(call.table, &condition, "dlm", BATCH);
        let age = days.clamp(-1, DAYS_MAX) * DAY_S;
        let mut deleted = 0;
        loop {
            let batch = transact!(self, call, |transaction| {
                let done = transaction.run(&sql, vec![Value::from(age)]).await?;
                Ok(done.rows_changed)
            })?;
            deleted += batch;
            if batch < u64::from(BATCH) {
                return Ok(deleted);
            }
        }
    }
}
