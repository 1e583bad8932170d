//! The order has ended: what it did is written once.

use cbtrade_core::Timestamp;

use super::placed::{OrderRow, write_order};
use super::{OPEN, SELLING, call, fills, wrong_state};
use crate::change::Changes;
use crate::database::Database;
use crate::engine::Transaction;
use crate::error::{Call, Error, ErrorKind};
use crate::records::{
    BuyOrder, FillRow, Intent, IntentState, Position, SellOrder, Side, columns::poss,
};
use crate::transact;
use crate::value::{FromValue as _, Value};
use crate::write::Computed;

/// What became of an intent whose order has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The position that was opened or sold; none for a buy that bought nothing.
    pub pos_id: Option<i64>,
    /// Whether it was settled before; then nothing was changed.
    pub was_done: bool,
}

impl Settled {
    fn of([pos_id, was_done]: [i64; 2]) -> Settled {
        Settled {
            pos_id: Some(pos_id).filter(|pos_id| *pos_id != 0),
            was_done: was_done != 0,
        }
    }
}

impl Database {
    /// A buy order has ended: its fills, its row and the position that it opened are written, the performance rows marked,
    /// and the intent is done, all in one transaction and once. `position` is none where nothing was bought; a position of
    /// the order that is there already is left as it is.
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`] for an intent that is not placed, or is a sale; [`ErrorKind::WrongKey`].
    pub async fn db_intent_buy_settled(
        &self,
        intent_id: i64,
        order: &Changes<BuyOrder>,
        position: Option<&Changes<Position>>,
        fills: &[FillRow],
        ended: Timestamp,
    ) -> Result<Settled, Error> {
        const CALL: Call = call("db_intent_buy_settled");
        fills::check(CALL, fills)?;
        let done = transact!(self, CALL, |transaction| {
            let intent = transaction.intent(intent_id).await?;
            let Some(order_uuid) = to_settle(CALL, &intent, Side::Buy)? else {
                return Ok([intent.pos_id.unwrap_or(0), 1]);
            };
            fills::add(transaction, fills).await?;
            let order = OrderRow::Buy(order);
            let bo_id = write_order(transaction, &intent, order_uuid, order).await?;
            let pos_id = match position {
                None => None,
                Some(position) => {
                    Some(open_position(transaction, &intent, position, order_uuid, bo_id).await?)
                }
            };
            let strategy = [&intent.strat_type, &intent.strat_name, &intent.strat_freq];
            transaction
                .mark_performances(
                    &intent.prod_id,
                    intent.is_test(),
                    strategy.map(Clone::clone),
                )
                .await?;
            let columns = [("pos_id", Value::from(pos_id))];
            end(transaction, &intent, bo_id, &columns, ended).await?;
            Ok([pos_id.unwrap_or(0), 0])
        })?;
        Ok(Settled::of(done))
    }

    /// A sell order has ended: its fills and its row are written, the named columns of the position, the performance rows
    /// marked, and the intent is done, all in one transaction and once. An order that sold nothing sets the position's
    /// state to OPEN again: that, too, the caller names; it holds unless the position was closed meanwhile, or another sale
    /// of it is out. Of a position that somebody removed the order and its fills are written all the same.
    ///
    /// # Errors
    /// [`ErrorKind::WrongState`] for an intent that is not placed, or is a buy, or whose position had another sale booked
    /// since the caller read it (`sell_order_cnt`, where it is named, must count one on); [`ErrorKind::WrongKey`] for another
    /// position than the intent's.
    pub async fn db_intent_sell_settled(
        &self,
        intent_id: i64,
        order: &Changes<SellOrder>,
        position: &Changes<Position>,
        fills: &[FillRow],
        ended: Timestamp,
    ) -> Result<Settled, Error> {
        const CALL: Call = call("db_intent_sell_settled");
        fills::check(CALL, fills)?;
        let done = transact!(self, CALL, |transaction| {
            let intent = transaction.intent(intent_id).await?;
            let Some(order_uuid) = to_settle(CALL, &intent, Side::Sell)? else {
                return Ok([intent.pos_id.unwrap_or(0), 1]);
            };
            fills::add(transaction, fills).await?;
            let order = OrderRow::Sell(order);
            let so_id = write_order(transaction, &intent, order_uuid, order).await?;
            let pos_id = sell_position(transaction, &intent, position).await?;
            end(transaction, &intent, so_id, &[], ended).await?;
            Ok([pos_id, 0])
        })?;
        Ok(Settled::of(done))
    }
}

/// The order of an intent that is to be settled; none for one that is done.
fn to_settle(call: Call, intent: &Intent, side: Side) -> Result<Option<&str>, Error> {
    if intent.side != side {
        return Err(wrong_state(
            call,
            intent,
            format!("it is a {}", intent.side),
        ));
    }
    match (intent.state, &intent.order_uuid) {
        (IntentState::Done, _) => Ok(None),
        (IntentState::Placed, Some(order_uuid)) => Ok(Some(order_uuid)),
        (state, _) => Err(wrong_state(
            call,
            intent,
            format!("it is {state}; only a PLACED one is settled"),
        )),
    }
}

async fn end(
    transaction: &mut Transaction,
    intent: &Intent,
    order_id: i64,
    further: &[(&'static str, Value)],
    ended: Timestamp,
) -> Result<(), Error> {
    let mut columns = vec![
        ("state", Value::from(IntentState::Done)),
        (intent.order_column(), Value::from(order_id)),
        ("ended_unix", Value::from(ended.as_seconds())),
    ];
    columns.extend(further.iter().cloned());
    transaction.intent_update(intent.intent_id, &columns).await
}

/// Inserts the position of a buy order, or finds the one that is there; gives its number.
pub(super) async fn open_position(
    transaction: &mut Transaction,
    intent: &Intent,
    position: &Changes<Position>,
    order_uuid: &str,
    bo_id: i64,
) -> Result<i64, Error> {
    let key = [("bo_uuid", Value::from(order_uuid))];
    if let Some(found) = transaction.find::<Position>(&key).await? {
        return Ok(found);
    }
    let named = |name: &str| position.named(name).is_some_and(|value| !value.is_null());
    let mut row = position.without(&["pos_id", "dlm", "dlm_unix"]);
    let letter = super::letter(intent.is_test());
    for (name, value) in [
        ("test_txn_yn", Value::from(letter)),
        ("prod_id", Value::from(intent.prod_id.as_str())),
        ("pos_stat", Value::from(OPEN)),
    ] {
        if !named(name) {
            row.set_named(transaction.call, name, value)?;
        }
    }
    let own = [
        ("bo_uuid", Value::from(order_uuid)),
        ("bo_id", Value::from(bo_id)),
    ];
    let row = row.without(&["bo_uuid", "bo_id"]).for_insert(&own);
    match transaction.insert(&row).await {
        Ok(outcome) => Ok(outcome.last_id),
        // Another writer put the order's position there since it was looked for. Run again, this one finds it.
        Err(error) if error.kind == ErrorKind::Duplicate => {
            Err(Error::new(transaction.call, ErrorKind::Conflict).because(error))
        }
        Err(error) => Err(error),
    }
}

/// Writes the named columns of a sale's position and marks the performance rows; gives its number. A position is opened
/// again only from SELL and by its last sale: what was closed meanwhile, by another sale or by hand, stays closed. Figures
/// that were computed before another sale was booked are refused: `sell_order_cnt`, where it is named, counts one on.
pub(super) async fn sell_position(
    transaction: &mut Transaction,
    intent: &Intent,
    position: &Changes<Position>,
) -> Result<i64, Error> {
    let call = transaction.call;
    let wrong = |detail: String| {
        Err(Error::new(call, ErrorKind::WrongKey)
            .on_table("poss")
            .detail(detail))
    };
    let Some(pos_id) = intent.pos_id else {
        return wrong("the intent has no position".to_owned());
    };
    let given = position
        .get(poss::pos_id)
        .cloned()
        .and_then(i64::from_value);
    if given.is_some_and(|given| given != pos_id) {
        return wrong(format!("the intent sells position {pos_id}"));
    }
    let Some(before) = transaction.sold_position(pos_id).await? else {
        // Somebody removed it. What was sold is kept all the same.
        transaction
            .mark_performances(&intent.prod_id, intent.is_test(), [None, None, None])
            .await?;
        return Ok(pos_id);
    };
    let count = position
        .get(poss::sell_order_cnt)
        .cloned()
        .and_then(i64::from_value);
    if count.is_some_and(|count| count != before.sell_order_cnt.unwrap_or(0) + 1) {
        return Err(wrong_state(
            call,
            intent,
            "another sale of its position was booked since the position was read; read it again",
        ));
    }
    let mut left_out = vec!["pos_id", "dlm", "dlm_unix"];
    let opens = position
        .named("pos_stat")
        .is_some_and(|state| state.to_string() == OPEN);
    if opens && !(before.is(SELLING) && transaction.is_only_sale(intent, pos_id).await?) {
        left_out.push("pos_stat");
    }
    let changes = position.without(&left_out);
    let touched = Computed::touched(transaction.dialect());
    let key = [("pos_id", Value::from(pos_id))];
    transaction.update_and(&key, &changes, &touched).await?;
    transaction
        .mark_performances(&intent.prod_id, intent.is_test(), before.strategy())
        .await?;
    Ok(pos_id)
}
