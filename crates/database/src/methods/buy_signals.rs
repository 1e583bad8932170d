//! Table `buy_signals`: what strategies wished.

use crate::change::Changes;
use crate::database::Database;
use crate::error::{Call, Error};
use crate::records::{BuySignal, columns};
use crate::transact;

/// What a caller says of a signal; number and `dlm` are the table's.
const WRITTEN: [&str; 6] = [
    columns::buy_signals::prod_id.name(),
    columns::buy_signals::buy_strat_type.name(),
    columns::buy_signals::buy_strat_name.name(),
    columns::buy_signals::buy_strat_freq.name(),
    columns::buy_signals::event_dttm.name(),
    columns::buy_signals::test_txn_yn.name(),
];

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "buy_signals",
    }
}

impl Database {
    /// Adds a signal and gives its number. Columns that are not named are NULL; a number in the change does not count.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ValueRejected`].
    pub async fn db_buy_signals_ins(&self, changes: &Changes<BuySignal>) -> Result<i64, Error> {
        let row = changes.exactly(&WRITTEN);
        transact!(self, call("db_buy_signals_ins"), |transaction| {
            Ok(transaction.insert(&row).await?.last_id)
        })
    }

    /// Deletes signals that are older than so many days; gives how many there were.
    ///
    /// # Errors
    /// The database cannot be reached or takes no writes.
    pub async fn db_buy_signals_cleanup_old(&self, days_to_keep: i64) -> Result<u64, Error> {
        self.delete_older_than(call("db_buy_signals_cleanup_old"), days_to_keep)
            .await
    }
}
