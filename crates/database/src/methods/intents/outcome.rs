//! The exchange does not have the order, or may not have it.

use cbtrade_core::Timestamp;

use super::{OPEN, SELLING, call, words};
use crate::database::Database;
use crate::engine::Transaction;
use crate::error::{Call, Error};
use crate::records::{Intent, IntentState, Side};
use crate::transact;
use crate::value::Value;

/// The states from which an intent without an order goes on.
const UNANSWERED: [IntentState; 2] = [IntentState::Sending, IntentState::Unknown];

impl Database {
    /// The exchange refused the order: nothing was bought or sold, and a position that was to be sold is open again.
    /// Returns whether the intent's state was changed; it is not if the order was placed, or the intent has ended.
    ///
    /// # Errors
    /// [`crate::ErrorKind::WrongState`] where there is no such intent.
    pub async fn db_intent_refused(
        &self,
        intent_id: i64,
        reason: &str,
        ended: Timestamp,
    ) -> Result<bool, Error> {
        const CALL: Call = call("db_intent_refused");
        self.without_order(CALL, intent_id, IntentState::Refused, reason, ended)
            .await
    }

    /// No clear answer came: the order may be at the exchange or not, and is looked up from now on. The position that is to
    /// be sold stays taken. Returns whether the intent's state was changed; the note is kept where it was unknown before,
    /// too.
    ///
    /// # Errors
    /// As [`Database::db_intent_refused`].
    pub async fn db_intent_unknown(&self, intent_id: i64, note: &str) -> Result<bool, Error> {
        const CALL: Call = call("db_intent_unknown");
        let note = words(note);
        transact!(self, CALL, |transaction| {
            let intent = transaction.intent(intent_id).await?;
            if !UNANSWERED.contains(&intent.state) {
                return Ok(false);
            }
            let columns = [
                ("state", Value::from(IntentState::Unknown)),
                ("note", note.clone()),
            ];
            transaction.intent_update(intent_id, &columns).await?;
            Ok(intent.state != IntentState::Unknown)
        })
    }

    /// The exchange was asked for long enough and never knew the order: the intent has ended, and a position that was to be
    /// sold is open again. Returns whether the intent's state was changed.
    ///
    /// # Errors
    /// As [`Database::db_intent_refused`].
    pub async fn db_intent_absent(
        &self,
        intent_id: i64,
        note: &str,
        ended: Timestamp,
    ) -> Result<bool, Error> {
        const CALL: Call = call("db_intent_absent");
        self.without_order(CALL, intent_id, IntentState::Absent, note, ended)
            .await
    }

    async fn without_order(
        &self,
        call: Call,
        intent_id: i64,
        state: IntentState,
        note: &str,
        ended: Timestamp,
    ) -> Result<bool, Error> {
        let note = words(note);
        transact!(self, call, |transaction| {
            let intent = transaction.intent(intent_id).await?;
            if !UNANSWERED.contains(&intent.state) {
                return Ok(false);
            }
            let columns = [
                ("state", Value::from(state)),
                ("buying", Value::Null),
                ("note", note.clone()),
                ("ended_unix", Value::from(ended.as_seconds())),
            ];
            transaction.intent_update(intent_id, &columns).await?;
            let_go(transaction, &intent).await?;
            Ok(true)
        })
    }
}

/// Opens the position of a sale that has ended without an order, unless another one is out for it.
async fn let_go(transaction: &mut Transaction, intent: &Intent) -> Result<(), Error> {
    let (Side::Sell, Some(pos_id)) = (intent.side, intent.pos_id) else {
        return Ok(());
    };
    let Some(position) = transaction.sold_position(pos_id).await? else {
        return Ok(());
    };
    if !position.is(SELLING) {
        return Ok(());
    }
    match transaction.is_only_sale(intent, pos_id).await? {
        true => transaction.position_state(pos_id, OPEN).await,
        false => Ok(()),
    }
}
