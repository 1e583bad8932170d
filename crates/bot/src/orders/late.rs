//! Sales of which the venue knew nothing for long, and which may turn up after all: how a position is kept from being sold
//! twice, and what becomes of it where it was.
//!
//! A position is sold again when three things are so: its former sale is older than the venue can still take it and list it
//! ([`Patience::sell_again_after_s`](super::Patience)); a last look at the venue's orders does not show it; and the wallet,
//! which the venue answers from elsewhere, has all the coins of the currency's positions. If the former sale turns up even
//! then, whichever of the two still works is ended, each books what it sold, and what went beyond the position is told as an
//! alert, stands in its order's row and is named whenever the wallet is compared with the positions.

use std::sync::PoisonError;

use cbtrade_core::Decimal;
use cbtrade_database::{Intent, IntentFilter, IntentState, Side};
use cbtrade_exchange::Exchange;

use super::{Followed, OrderError, Orders, SellWish, created};
use crate::market::Wallet;

/// Sales that count as absent are looked for this far back, as all orders are at a start.
pub(crate) const LOOKED_FOR_S: i64 = 24 * 3_600;

impl<E: Exchange> Orders<E> {
    /// Why a position must not be sold again yet; `None` where no former sale of it may turn up.
    pub(super) async fn why_not_again(
        &self,
        wish: &SellWish<'_>,
    ) -> Result<Option<String>, OrderError> {
        let filter = IntentFilter {
            pos_id: Some(wish.pos_id),
            states: &[IntentState::Absent],
            ..IntentFilter::default()
        };
        let mut may_turn_up = false;
        for intent in self.database.db_intents_get(&filter).await? {
            let age_s = self.now().seconds_since(created(&intent));
            if intent.side != Side::Sell || age_s >= LOOKED_FOR_S {
                continue;
            }
            let order = &intent.client_order_id;
            match self.look_up(&intent, age_s).await? {
                Followed::Absent | Followed::Unknown => {}
                _ => return Ok(Some(format!("order {order} of the position has turned up"))),
            }
            let wait_s = self.patience.sell_again_after_s;
            if age_s < wait_s {
                return Ok(Some(format!(
                    "order {order} of the position was never answered and may still turn up; it is sold again at {} at the earliest",
                    created(&intent).plus_seconds(wait_s)
                )));
            }
            may_turn_up = true;
        }
        match may_turn_up {
            true => self.missing_coins(wish).await,
            false => Ok(None),
        }
    }

    /// What the wallet lacks tells of an order that no listing shows.
    async fn missing_coins(&self, wish: &SellWish<'_>) -> Result<Option<String>, OrderError> {
        let currency = wish.product.base_currency.as_str();
        let accounts = self.exchange.accounts().await?;
        let available = Wallet::of(&accounts).available(currency);
        // What is being sold is on hold, or gone from the wallet before it is gone from its position.
        let held = self
            .held_by_positions(|position| position.pos_stat.as_deref() != Some("SELL"))
            .await?
            .remove(currency)
            .unwrap_or_default();
        let missing = held.checked_sub(available).unwrap_or(held);
        let dust = wish.base_size.checked_div(Decimal::from_integer(10));
        if missing <= dust.unwrap_or_default() {
            return Ok(None);
        }
        let why = format!(
            "a former sale was never answered, and of {held} {currency} that positions hold only {available} can be sold: it was probably filled; the position is kept until that is explained"
        );
        // It may stay so for a day: it is an alert once.
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(wish.pos_id) {
            self.journal.alert(&wish.product.id, &why);
        }
        Ok(Some(why))
    }

    /// Whether a sale that still works is one too many: another order of its position is out, or has sold the coins.
    pub(super) async fn is_one_too_many(&self, intent: &Intent) -> Result<bool, OrderError> {
        let (Side::Sell, Some(pos_id)) = (intent.side, intent.pos_id) else {
            return Ok(false);
        };
        let filter = IntentFilter {
            pos_id: Some(pos_id),
            states: &IntentState::OPEN,
            ..IntentFilter::default()
        };
        let open = self.database.db_intents_get(&filter).await?;
        if open
            .iter()
            .any(|other| other.side == Side::Sell && other.intent_id != intent.intent_id)
        {
            return Ok(true);
        }
        let Some(position) = self.position(Some(pos_id)).await? else {
            return Ok(true);
        };
        let wanted = intent.base_size.unwrap_or_default();
        Ok(position.hold_cnt.is_some_and(|held| held < wanted))
    }
}
