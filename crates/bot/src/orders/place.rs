//! From the decision to the venue's answer.

use cbtrade_core::Decimal;
use cbtrade_database::{IntentBegun, NewIntent, OrderRow, Side};
use cbtrade_exchange::{
    Exchange, OrderKind, OrderRequest, Placement, Product, RefusalClass, Side as VenueSide,
};

use super::meant::Meant;
use super::{
    BuyWish, Mark, OrderError, Orders, SellWish, Wished, chain, new_client_order_id, rows,
};
use crate::decide::DecideError;
use crate::journal::Step;

impl<E: Exchange> Orders<E> {
    /// Buys: records the intent, then sends it once. A buy on paper is filled at once at the price that is asked.
    ///
    /// # Errors
    /// The intent could not be recorded, so nothing was sent; or the venue's answer could not be written down, so the order
    /// is looked up when orders are followed next.
    pub async fn buy(&self, wish: &BuyWish<'_>) -> Result<Wished, OrderError> {
        let new = NewIntent {
            is_test: wish.is_test,
            quote_size: Some(wish.quote_size),
            prc_est: Some(wish.price_estimate),
            reason: wish.reason.clone(),
            limits: wish.limits.clone(),
            ..self.intent(Side::Buy, wish.product, &wish.mark)
        };
        if let Some(why) = self.locally_stopped(Side::Buy)? {
            return Ok(Wished::Held(why));
        }
        if wish.is_test {
            return self.paper_buy(&new, wish.product).await;
        }
        let kind = OrderKind::MarketBuy {
            quote_size: wish.quote_size,
        };
        self.send(&new, wish.product, kind).await
    }

    /// Sells: records the intent and takes the position in one transaction, then sends it once.
    ///
    /// # Errors
    /// As [`Orders::buy`].
    pub async fn sell(&self, wish: &SellWish<'_>) -> Result<Wished, OrderError> {
        let new = NewIntent {
            is_test: wish.is_test,
            pos_id: Some(wish.pos_id),
            base_size: Some(wish.base_size),
            prc_est: Some(wish.price_estimate),
            reason: wish.reason.clone(),
            ..self.intent(Side::Sell, wish.product, &wish.mark)
        };
        if let Some(why) = self.locally_stopped(Side::Sell)? {
            return Ok(Wished::Held(why));
        }
        if wish.is_test {
            return self.paper_sell(&new, wish.product).await;
        }
        if let Some(why) = wish.product.why_not_tradable() {
            return Ok(Wished::Held(format!("{why}; the position is kept")));
        }
        if let Some(why) = self.why_not_again(wish).await? {
            return Ok(Wished::Held(why));
        }
        let kind = selling(wish)?;
        self.send(&new, wish.product, kind).await
    }

    /// What the intents of both sides have alike.
    fn intent(&self, side: Side, product: &Product, mark: &Mark) -> NewIntent {
        NewIntent {
            client_order_id: new_client_order_id(),
            side,
            prod_id: product.id.clone(),
            is_test: false,
            pos_id: None,
            quote_size: None,
            base_size: None,
            prc_est: None,
            strat_type: Some(mark.kind.clone()),
            strat_name: Some(mark.name.clone()),
            strat_freq: Some(mark.interval.clone()),
            bot_guid: self.bot_guid.clone(),
            is_lease_needed: true,
            created: self.now(),
            reason: String::new(),
            limits: None,
        }
    }

    /// Whether the stop file forbids an order of this side; it is there for the time when the database is not.
    fn locally_stopped(&self, side: Side) -> Result<Option<String>, OrderError> {
        let Some(stop) = self.stop.read()? else {
            return Ok(None);
        };
        Ok(stop.level.forbids(side).then(|| {
            format!(
                "the fleet is stopped at level {} by its stop file: {}",
                stop.level.name(),
                stop.reason
            )
        }))
    }

    async fn send(
        &self,
        new: &NewIntent,
        product: &Product,
        kind: OrderKind,
    ) -> Result<Wished, OrderError> {
        let intent_id = match self.database.db_intent_begin(new).await? {
            IntentBegun::Recorded(intent_id) => intent_id,
            refused => return Ok(Wished::Held(why_held(&refused))),
        };
        self.journal.step(Step::Recorded, &new.client_order_id);
        // Recording takes its time, without a database a long one: a stop may have been said meanwhile. From this look on
        // until the venue has answered, a stop waits for this order.
        let sending = self.stop.sending();
        if let Some(why) = self
            .locally_stopped(new.side)
            .unwrap_or_else(|error| Some(chain(&error)))
        {
            let note = format!("not sent: {why}");
            self.database
                .db_intent_refused(intent_id, &note, self.now())
                .await?;
            return Ok(Wished::Held(why));
        }
        let side = match new.side {
            Side::Buy => VenueSide::Buy,
            Side::Sell => VenueSide::Sell,
        };
        let placement = self
            .exchange
            .place(&OrderRequest {
                client_order_id: new.client_order_id.clone(),
                product: new.prod_id.clone(),
                side,
                kind,
            })
            .await;
        drop(sending);
        self.journal.step(Step::Answered, &new.client_order_id);
        self.answered(intent_id, new, product, placement).await
    }

    /// Writes down what the venue answered, or that nothing came.
    async fn answered(
        &self,
        intent_id: i64,
        new: &NewIntent,
        product: &Product,
        placement: Placement,
    ) -> Result<Wished, OrderError> {
        match placement {
            Placement::Accepted { order_id } => {
                self.write_placed(intent_id, new.into(), product, &order_id)
                    .await?;
                self.journal.step(Step::Placed, &new.client_order_id);
                Ok(Wished::Placed { intent_id })
            }
            // It may be there: looking is better than believing.
            Placement::Refused(refusal)
                if matches!(
                    refusal.class,
                    RefusalClass::AlreadyPlaced | RefusalClass::Venue
                ) =>
            {
                let note = format!("{}: {}", refusal.reason, refusal.message);
                self.database.db_intent_unknown(intent_id, &note).await?;
                Ok(Wished::Unclear)
            }
            Placement::Refused(refusal) => {
                let reason = format!("{}: {}", refusal.reason, refusal.message);
                self.database
                    .db_intent_refused(intent_id, &reason, self.now())
                    .await?;
                Ok(Wished::Refused(refusal))
            }
            Placement::Unclear(error) if !error.may_have_acted() => {
                self.database
                    .db_intent_refused(intent_id, &format!("not carried out: {error}"), self.now())
                    .await?;
                Ok(Wished::Held(format!(
                    "the order did not reach the venue: {error}"
                )))
            }
            Placement::Unclear(error) => {
                self.journal.alert(
                    &new.prod_id,
                    format!(
                        "no clear answer to order {}: {error}; it is looked up, not sent again",
                        new.client_order_id
                    ),
                );
                self.database
                    .db_intent_unknown(intent_id, &error.to_string())
                    .await?;
                Ok(Wished::Unclear)
            }
        }
    }

    /// The venue has the order.
    pub(super) async fn write_placed(
        &self,
        intent_id: i64,
        meant: Meant<'_>,
        product: &Product,
        order_id: &str,
    ) -> Result<(), OrderError> {
        match meant.side {
            Side::Buy => {
                let row = rows::placed_buy(&meant, product, order_id);
                self.database
                    .db_intent_placed(intent_id, order_id, OrderRow::Buy(&row))
                    .await?;
            }
            Side::Sell => {
                let row = rows::placed_sale(&meant, product, order_id);
                self.database
                    .db_intent_placed(intent_id, order_id, OrderRow::Sell(&row))
                    .await?;
            }
        }
        Ok(())
    }
}

/// A sale at the market; where the venue takes limit orders only, what can be had at once a little below the price (B-31).
fn selling(wish: &SellWish<'_>) -> Result<OrderKind, OrderError> {
    let base_size = wish.base_size;
    if !wish.product.limit_only {
        return Ok(OrderKind::MarketSell { base_size });
    }
    let limit = wish
        .price_estimate
        .checked_mul(LIMIT_OF_PRICE)
        .ok_or(DecideError::OutOfRange {
            what: "limit price",
        })?;
    Ok(OrderKind::LimitIoc {
        base_size,
        limit_price: wish.product.limit_price(VenueSide::Sell, limit),
    })
}

/// How far below the price a sale may go where only limit orders are taken: 2 %.
const LIMIT_OF_PRICE: Decimal = Decimal::from_units(980_000_000_000);

/// Why an intent was not recorded.
pub(super) fn why_held(begun: &IntentBegun) -> String {
    match begun {
        IntentBegun::Recorded(intent_id) => format!("recorded as intent {intent_id}"),
        IntentBegun::Stopped(stop) => format!(
            "the fleet is stopped at level {}: {}",
            stop.level, stop.reason
        ),
        IntentBegun::NotLeased => "another bot has the pair by now".to_owned(),
        IntentBegun::Blocked(intent) => format!(
            "order {} of {} is not accounted for yet; nothing is bought there before it is",
            intent.client_order_id, intent.prod_id
        ),
        IntentBegun::OverLimit(over) => format!(
            "with what other bots have bought by now, {} would be {}; at most {} is allowed",
            limited(over.limit),
            over.would_be,
            over.max
        ),
        IntentBegun::PositionBusy(busy) => match (&busy.intent, &busy.pos_stat) {
            (Some(intent), _) => format!(
                "order {} of the position is not at its end",
                intent.client_order_id
            ),
            (None, Some(state)) if !busy.is_ignored => format!("the position is {state}"),
            (None, Some(_)) => "the position is to be ignored".to_owned(),
            (None, None) => "the position is gone".to_owned(),
        },
    }
}

/// A limit of [`cbtrade_database::BuyLimits`] in words.
fn limited(limit: &str) -> &str {
    match limit {
        "market_amt_max" => "the cost of all open live positions",
        "kind_amt_max" => "the cost of all open live positions of this kind of strategy",
        "pair_amt_max" => "the cost of the pair's open live positions",
        "pair_kind_amt_max" => {
            "the cost of the pair's open live positions of this kind of strategy"
        }
        "products_cnt_max" => "the number of products with open live positions",
        "pair_cnt_max" => "the number of the pair's open live positions",
        "strategy_cnt_max" => "the number of the strategy's open live positions of the pair",
        other => other,
    }
}
