//! Table `sell_ords`: the bots' sell orders.

use crate::change::Changes;
use crate::conditions::Conditions;
use crate::database::Database;
use crate::engine::Outcome;
use crate::error::{Call, Error};
use crate::methods::buy_ords::{OrderElapsed, OrderFilter, elapsed_columns};
use crate::record::{With, select_list};
use crate::records::{SellOrder, columns};

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "sell_ords",
    }
}

impl Database {
    /// Sell orders that are not ignored, with the minutes since they began, by number.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_sell_ords_get(
        &self,
        filter: OrderFilter<'_>,
    ) -> Result<Vec<With<SellOrder, OrderElapsed>>, Error> {
        let dialect = self.dialect();
        let (conditions, values) = Conditions::new(dialect)
            .fixed("ignore_tf = 0")
            .text("sell_client_order_id", filter.client_order_id)
            .text("sell_order_uuid", filter.uuid)
            .integer("pos_id", filter.pos_id)
            .text("prod_id", filter.prod_id)
            .text("ord_stat", filter.ord_stat)
            .finish();
        let sql = format!(
            "SELECT {}, {} FROM sell_ords{conditions} ORDER BY so_id",
            select_list::<SellOrder>(dialect, ""),
            elapsed_columns(dialect, "sell_begin_unix")
        );
        self.records(call("db_sell_ords_get"), &sql, values).await
    }

    /// Writes a sell order; only the columns named in the change are written, and of those only what is neither NULL nor
    /// empty: this method cannot clear a column. The row is the one of `so_id` if that is given, else the one of
    /// `sell_order_uuid`; without either, the order is a new row. The result's `last_id` is the row's number.
    ///
    /// # Errors
    /// [`crate::ErrorKind::WrongKey`] where both are given and belong to two rows; [`crate::ErrorKind::EmptyChange`].
    pub async fn db_sell_ords_insupd(
        &self,
        changes: &Changes<SellOrder>,
    ) -> Result<Outcome, Error> {
        const CALL: Call = call("db_sell_ords_insupd");
        let uuid = columns::sell_ords::sell_order_uuid;
        self.write_order(CALL, &changes.given(), columns::sell_ords::so_id, uuid)
            .await
    }
}
