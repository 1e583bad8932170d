//! The exchange has the order.

use super::{OPEN, SELLING, call, order_of, wrong_state};
use crate::change::Changes;
use crate::database::Database;
use crate::engine::Transaction;
use crate::error::{Call, Error, ErrorKind};
use crate::records::{BuyOrder, Intent, IntentState, SellOrder, Side};
use crate::transact;
use crate::value::Value;

/// The row of an order, of either side. Its identifiers, product and class are those of the intent, and need not be named.
#[derive(Clone, Copy, Debug)]
pub enum OrderRow<'a> {
    /// A buy order.
    Buy(&'a Changes<BuyOrder>),
    /// A sell order.
    Sell(&'a Changes<SellOrder>),
}

/// What became of an intent whose order the exchange has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// `bo_id` or `so_id` of the order's row.
    pub order_id: i64,
    /// Whether that was known already; then nothing was changed.
    pub was_placed: bool,
}

impl Database {
    /// The exchange has the order: the intent is placed, and the order's row is written. An intent that was taken for
    /// absent takes its position again, if that is still open. Said again of the same order, it changes nothing.
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`] for an intent that was refused, or that has another order; [`ErrorKind::WrongKey`] for an
    /// order of the other side or of another intent.
    pub async fn db_intent_placed(
        &self,
        intent_id: i64,
        order_uuid: &str,
        order: OrderRow<'_>,
    ) -> Result<Placed, Error> {
        const CALL: Call = call("db_intent_placed");
        check_uuid(CALL, order_uuid)?;
        let [order_id, was_placed] = transact!(self, CALL, |transaction| {
            let intent = transaction.intent(intent_id).await?;
            match intent.state {
                IntentState::Placed | IntentState::Done => {
                    let known = intent.order_uuid.as_deref() == Some(order_uuid);
                    return match known {
                        true => Ok([intent.order_id(), 1]),
                        false => Err(wrong_state(CALL, &intent, "it has another order")),
                    };
                }
                IntentState::Refused => {
                    return Err(wrong_state(CALL, &intent, "the exchange refused its order"));
                }
                IntentState::Sending | IntentState::Unknown | IntentState::Absent => {}
            }
            let order_id = write_order(transaction, &intent, order_uuid, order).await?;
            if intent.state == IntentState::Absent {
                take_again(transaction, &intent).await?;
            }
            let columns = [
                ("state", Value::from(IntentState::Placed)),
                ("buying", Value::Null),
                ("order_uuid", Value::from(order_uuid)),
                (intent.order_column(), Value::from(order_id)),
                ("ended_unix", Value::Null),
            ];
            transaction.intent_update(intent_id, &columns).await?;
            Ok([order_id, 0])
        })?;
        Ok(Placed {
            order_id,
            was_placed: was_placed != 0,
        })
    }
}

impl Intent {
    /// The number of its order's row; 0 where there is none yet.
    pub(super) fn order_id(&self) -> i64 {
        let number = match self.side {
            Side::Buy => self.bo_id,
            Side::Sell => self.so_id,
        };
        number.unwrap_or(0)
    }

    /// The column of that number.
    pub(super) fn order_column(&self) -> &'static str {
        match self.side {
            Side::Buy => "bo_id",
            Side::Sell => "so_id",
        }
    }
}

pub(super) fn check_uuid(call: Call, order_uuid: &str) -> Result<(), Error> {
    if order_uuid.trim().is_empty() {
        return Err(Error::new(call, ErrorKind::MissingKey).column("order_uuid"));
    }
    super::fits(call, "order_uuid", order_uuid, 64)
}

/// Writes the row of an intent's order; gives its number.
pub(super) async fn write_order(
    transaction: &mut Transaction,
    intent: &Intent,
    order_uuid: &str,
    order: OrderRow<'_>,
) -> Result<i64, Error> {
    let call = transaction.call;
    let done = match (intent.side, order) {
        (Side::Buy, OrderRow::Buy(changes)) => {
            let key = [("buy_order_uuid", Value::from(order_uuid))];
            let changes = order_of(call, changes, intent, order_uuid)?;
            transaction.upsert(&key, &changes).await?
        }
        (Side::Sell, OrderRow::Sell(changes)) => {
            let key = [("sell_order_uuid", Value::from(order_uuid))];
            let changes = order_of(call, changes, intent, order_uuid)?;
            transaction.upsert(&key, &changes).await?
        }
        (side, _) => {
            return Err(Error::new(call, ErrorKind::WrongKey)
                .key(format!("intent_id = {}", intent.intent_id))
                .detail(format!("it is a {side}")));
        }
    };
    Ok(done.last_id)
}

/// The position of a sale that was taken for absent. If somebody else sells it by now, it stays theirs.
async fn take_again(transaction: &mut Transaction, intent: &Intent) -> Result<(), Error> {
    let (Side::Sell, Some(pos_id)) = (intent.side, intent.pos_id) else {
        return Ok(());
    };
    match transaction.sold_position(pos_id).await? {
        Some(position) if position.is(OPEN) => transaction.position_state(pos_id, SELLING).await,
        _ => Ok(()),
    }
}
