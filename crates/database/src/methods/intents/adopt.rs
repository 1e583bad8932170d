//! Orders from the time before there were intents.

use super::begin::{NewIntent, insert};
use super::call;
use super::placed::check_uuid;
use crate::database::Database;
use crate::error::{Call, Error};
use crate::records::IntentState;
use crate::schema::INTENT_TABLE;
use crate::transact;
use crate::value::Value;

impl Database {
    /// Gives an intent to an order that was open before there were intents, so that it is followed to its end as every
    /// other. The order's row must be there; nothing else is changed. Returns whether an intent was made: not for an order
    /// that has one.
    ///
    /// # Errors
    /// [`crate::ErrorKind::MissingKey`]; [`crate::ErrorKind::ValueRejected`] for an identifier that is too long.
    pub async fn db_intent_adopt(
        &self,
        intent: &NewIntent,
        order_uuid: &str,
    ) -> Result<bool, Error> {
        const CALL: Call = call("db_intent_adopt");
        intent.check(CALL)?;
        check_uuid(CALL, order_uuid)?;
        // Two looks, each by its key: an OR of both would read the table.
        let by_order = format!("SELECT intent_id FROM {INTENT_TABLE} WHERE order_uuid = ?");
        let by_client = format!("SELECT intent_id FROM {INTENT_TABLE} WHERE client_order_id = ?");
        transact!(self, CALL, |transaction| {
            for (look, id) in [
                (&by_order, order_uuid),
                (&by_client, intent.client_order_id.as_str()),
            ] {
                if !transaction
                    .rows(look, vec![Value::from(id)])
                    .await?
                    .is_empty()
                {
                    return Ok(false);
                }
            }
            let order = [("order_uuid", Value::from(order_uuid))];
            // Another bot that adopts the same order meets the unique key; run again, it finds it.
            insert(transaction, intent, IntentState::Placed, &order).await?;
            Ok(true)
        })
    }
}
