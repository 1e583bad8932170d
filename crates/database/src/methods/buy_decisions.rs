//! Table `buy_decisions`: what became of strategies' wishes, and why.

use crate::change::Changes;
use crate::database::Database;
use crate::error::{Call, Error};
use crate::record::Record as _;
use crate::records::BuyDecision;
use crate::transact;

/// The table's own columns; a caller says all others.
const OWN: [&str; 3] = ["buy_dec_id", "actv_dttm", "dlm"];

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "buy_decisions",
    }
}

impl Database {
    /// Adds a decision and gives its number. Columns that are not named are NULL; number and times in the change do not
    /// count.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ValueRejected`].
    pub async fn db_buy_decisions_ins(&self, changes: &Changes<BuyDecision>) -> Result<i64, Error> {
        let written: Vec<&'static str> = BuyDecision::COLUMNS
            .iter()
            .copied()
            .filter(|column| !OWN.contains(column))
            .collect();
        let row = changes.exactly(&written);
        transact!(self, call("db_buy_decisions_ins"), |transaction| {
            Ok(transaction.insert(&row).await?.last_id)
        })
    }

    /// Deletes decisions that are older than so many days; gives how many there were.
    ///
    /// # Errors
    /// The database cannot be reached or takes no writes.
    pub async fn db_buy_decisions_cleanup_old(&self, days_to_keep: i64) -> Result<u64, Error> {
        self.delete_older_than(call("db_buy_decisions_cleanup_old"), days_to_keep)
            .await
    }
}
