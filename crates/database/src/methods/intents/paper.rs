//! Test transactions: no order is sent, so all of it is one transaction.

use cbtrade_core::Timestamp;

use super::begin::{IntentBegun, NewIntent, insert, unused};
use super::placed::{OrderRow, check_uuid, write_order};
use super::settled::{open_position, sell_position};
use super::{SELLING, call};
use crate::change::Changes;
use crate::database::Database;
use crate::engine::Transaction;
use crate::error::{Call, Error, ErrorKind};
use crate::records::{BuyOrder, IntentState, Position, SellOrder, Side};
use crate::transact;
use crate::value::Value;

/// The order of a test transaction with what it does to the position: opens it, or sells it.
#[derive(Clone, Copy, Debug)]
pub enum PaperOrder<'a> {
    /// A buy, and the position that it opens.
    Buy {
        /// The order's row.
        order: &'a Changes<BuyOrder>,
        /// The new position.
        position: &'a Changes<Position>,
    },
    /// A sale, and what it changes of the position.
    Sell {
        /// The order's row.
        order: &'a Changes<SellOrder>,
        /// The columns that the sale changes.
        position: &'a Changes<Position>,
    },
}

/// What became of a test transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum PaperTraded {
    /// It took place.
    Done {
        /// The intent, which is done.
        intent_id: i64,
        /// `bo_id` or `so_id`.
        order_id: i64,
        /// The position.
        pos_id: i64,
    },
    /// It may not take place, as [`Database::db_intent_begin`] says it; never `Recorded`.
    Barred(IntentBegun),
}

impl Database {
    /// Makes a test transaction: what [`Database::db_intent_begin`] looks at is looked at, then the order's row, the
    /// position and the intent are written and the performance rows marked, all at once. The order's identifier is
    /// `order_uuid`, new for each.
    ///
    /// # Errors
    /// As [`Database::db_intent_begin`]; [`ErrorKind::WrongKey`] for an intent that is no test, or an order of the other
    /// side.
    pub async fn db_intent_paper(
        &self,
        intent: &NewIntent,
        order_uuid: &str,
        order: PaperOrder<'_>,
        ended: Timestamp,
    ) -> Result<PaperTraded, Error> {
        const CALL: Call = call("db_intent_paper");
        intent.check(CALL)?;
        check_uuid(CALL, order_uuid)?;
        if !intent.is_test {
            return Err(Error::new(CALL, ErrorKind::WrongKey)
                .column("test_txn_yn")
                .detail("a live intent is sent to the exchange"));
        }
        let mut barred = None;
        let done: Option<[i64; 3]> = transact!(self, CALL, |transaction| {
            barred = self.bar(transaction, intent).await?;
            if barred.is_some() {
                return Ok(None);
            }
            let ended = Value::from(ended.as_seconds());
            trade(transaction, intent, order_uuid, order, ended)
                .await
                .map(Some)
        })?;
        match (done, barred) {
            (Some([intent_id, order_id, pos_id]), _) => Ok(PaperTraded::Done {
                intent_id,
                order_id,
                pos_id,
            }),
            (None, barred) => super::begin::begun(CALL, None, barred).map(PaperTraded::Barred),
        }
    }
}

async fn trade(
    transaction: &mut Transaction,
    intent: &NewIntent,
    order_uuid: &str,
    order: PaperOrder<'_>,
    ended: Value,
) -> Result<[i64; 3], Error> {
    unused(transaction, "order_uuid", order_uuid).await?;
    let further = [
        ("order_uuid", Value::from(order_uuid)),
        ("ended_unix", ended),
    ];
    let intent_id = insert(transaction, intent, IntentState::Done, &further).await?;
    let recorded = transaction.intent(intent_id).await?;
    let (order_id, pos_id) = match order {
        PaperOrder::Buy { order, position } => {
            let order = OrderRow::Buy(order);
            let bo_id = write_order(transaction, &recorded, order_uuid, order).await?;
            let pos_id = open_position(transaction, &recorded, position, order_uuid, bo_id).await?;
            let strategy = [
                &recorded.strat_type,
                &recorded.strat_name,
                &recorded.strat_freq,
            ];
            transaction
                .mark_performances(&intent.prod_id, true, strategy.map(Clone::clone))
                .await?;
            (bo_id, pos_id)
        }
        PaperOrder::Sell { order, position } => {
            let order = OrderRow::Sell(order);
            let so_id = write_order(transaction, &recorded, order_uuid, order).await?;
            if let (Side::Sell, Some(pos_id)) = (recorded.side, recorded.pos_id) {
                // The attempt is counted; what the sale makes of the position is said next.
                transaction.position_state(pos_id, SELLING).await?;
            }
            let pos_id = sell_position(transaction, &recorded, position).await?;
            (so_id, pos_id)
        }
    };
    let columns = [
        (recorded.order_column(), Value::from(order_id)),
        ("pos_id", Value::from(pos_id)),
    ];
    transaction.intent_update(intent_id, &columns).await?;
    Ok([intent_id, order_id, pos_id])
}
