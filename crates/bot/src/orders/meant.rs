//! What an order is meant to do.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{Intent, NewIntent, Side};

use super::created;

/// What an order is meant to do: the same of an intent that is about to be recorded and of one that was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meant<'a> {
    pub(super) client_order_id: &'a str,
    pub(super) side: Side,
    pub(super) prod_id: &'a str,
    pub(super) is_test: bool,
    pub(super) pos_id: Option<i64>,
    pub(super) quote_size: Option<Decimal>,
    pub(super) base_size: Option<Decimal>,
    pub(super) price_estimate: Decimal,
    /// The strategy or the exit: type, name, candles.
    pub(super) mark: [Option<&'a str>; 3],
    pub(super) begin: Timestamp,
    pub(super) reason: Option<&'a str>,
}

impl<'a> From<&'a NewIntent> for Meant<'a> {
    fn from(new: &'a NewIntent) -> Self {
        Self {
            client_order_id: &new.client_order_id,
            side: new.side,
            prod_id: &new.prod_id,
            is_test: new.is_test,
            pos_id: new.pos_id,
            quote_size: new.quote_size,
            base_size: new.base_size,
            price_estimate: new.prc_est.unwrap_or_default(),
            mark: [&new.strat_type, &new.strat_name, &new.strat_freq].map(Option::as_deref),
            begin: new.created,
            reason: Some(&new.reason),
        }
    }
}

impl<'a> From<&'a Intent> for Meant<'a> {
    fn from(intent: &'a Intent) -> Self {
        Self {
            client_order_id: &intent.client_order_id,
            side: intent.side,
            prod_id: &intent.prod_id,
            is_test: intent.is_test(),
            pos_id: intent.pos_id,
            quote_size: intent.quote_size,
            base_size: intent.base_size,
            price_estimate: intent.prc_est.unwrap_or_default(),
            mark: [&intent.strat_type, &intent.strat_name, &intent.strat_freq]
                .map(Option::as_deref),
            begin: created(intent),
            reason: intent.reason.as_deref(),
        }
    }
}
