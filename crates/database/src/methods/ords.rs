//! Table `ords`: orders as the exchange tells them.

use crate::change::Changes;
use crate::conditions::Conditions;
use crate::database::Database;
use crate::engine::Outcome;
use crate::error::{Call, Error};
use crate::record::select_list;
use crate::records::{Order, columns};
use crate::transact;

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "ords",
    }
}

impl Database {
    /// Orders as the exchange told them, by number. `client_order_id` is the bot's identifier of the order.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_ords_get(
        &self,
        prod_id: Option<&str>,
        client_order_id: Option<&str>,
        ord_uuid: Option<&str>,
    ) -> Result<Vec<Order>, Error> {
        let dialect = self.dialect();
        let (conditions, values) = Conditions::new(dialect)
            .text("prod_id", prod_id)
            .text("ord_client_order_id", client_order_id)
            .text("ord_uuid", ord_uuid)
            .finish();
        let sql = format!(
            "SELECT {} FROM ords{conditions} ORDER BY ord_id",
            select_list::<Order>(dialect, "")
        );
        self.records(call("db_ords_get"), &sql, values).await
    }

    /// Writes an order as the exchange tells it; only the columns named in the change are written. The row is the one of
    /// `ord_uuid`, which must be given.
    ///
    /// # Errors
    /// [`crate::ErrorKind::MissingKey`]; [`crate::ErrorKind::WrongKey`] for an `ord_id` of another order.
    pub async fn db_ords_insupd(&self, changes: &Changes<Order>) -> Result<Outcome, Error> {
        const CALL: Call = call("db_ords_insupd");
        let key = [changes.required(CALL, columns::ords::ord_uuid)?];
        transact!(self, CALL, |transaction| {
            transaction.upsert(&key, changes).await
        })
    }
}
