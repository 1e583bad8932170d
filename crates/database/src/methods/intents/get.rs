//! Looking intents up.

use super::call;
use crate::conditions::Conditions;
use crate::database::Database;
use crate::error::Error;
use crate::record::select_list;
use crate::records::{Intent, IntentState};
use crate::schema::INTENT_TABLE;
use crate::value::Value;

/// Which intents are meant. Every part is optional; what is `None` or empty does not restrict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntentFilter<'a> {
    /// Product, such as `BTC-USDC`.
    pub prod_id: Option<&'a str>,
    /// Any of these states.
    pub states: &'a [IntentState],
    /// The position that was opened or is sold.
    pub pos_id: Option<i64>,
    /// Any of these identifiers of the bots.
    pub client_order_ids: &'a [&'a str],
    /// The exchange's identifier of the order.
    pub order_uuid: Option<&'a str>,
}

impl Database {
    /// Intents, by number.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_intents_get(&self, filter: &IntentFilter<'_>) -> Result<Vec<Intent>, Error> {
        let dialect = self.dialect();
        let mut conditions = Conditions::new(dialect);
        for (column, text) in [
            ("prod_id", filter.prod_id),
            ("order_uuid", filter.order_uuid),
        ] {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                conditions = conditions.with(format!("{column} = ?"), [Value::from(text)]);
            }
        }
        conditions = conditions.integer("pos_id", filter.pos_id);
        let states: Vec<Value> = filter
            .states
            .iter()
            .map(|state| Value::from(*state))
            .collect();
        let orders = filter.client_order_ids.iter().map(|id| Value::from(*id));
        for (column, list) in [("state", states), ("client_order_id", orders.collect())] {
            if !list.is_empty() {
                let places = vec!["?"; list.len()].join(", ");
                conditions = conditions.with(format!("{column} IN ({places})"), list);
            }
        }
        let (clause, values) = conditions.finish();
        let sql = format!(
            "SELECT {} FROM {INTENT_TABLE}{clause} ORDER BY intent_id",
            select_list::<Intent>(dialect, "")
        );
        self.records(call("db_intents_get"), &sql, values).await
    }
}
