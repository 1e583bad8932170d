//! From the decision to the venue's answer.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{Changes, Intent, IntentBegun, NewIntent, OrderRow, Side, columns};
use cbtrade_exchange::{
    Exchange, OrderKind, OrderRequest, Placement, Product, RefusalClass, Side as VenueSide,
};

use super::{BuyWish, Mark, OrderError, Orders, SellWish, Wished, created, new_client_order_id};
use crate::decide::{DecideError, paper_buy};
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
        self.journal.step(Step::Answered, &new.client_order_id);
        match placement {
            Placement::Accepted { order_id } => {
                self.write_placed(intent_id, new, product, &order_id)
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

    async fn write_placed(
        &self,
        intent_id: i64,
        new: &NewIntent,
        product: &Product,
        order_id: &str,
    ) -> Result<(), OrderError> {
        let placed = placed(new);
        match new.side {
            Side::Buy => {
                let row = placed.buy_row(product, order_id);
                self.database
                    .db_intent_placed(intent_id, order_id, OrderRow::Buy(&row))
                    .await?;
            }
            Side::Sell => {
                let row = placed.sell_row(product, order_id);
                self.database
                    .db_intent_placed(intent_id, order_id, OrderRow::Sell(&row))
                    .await?;
            }
        }
        Ok(())
    }

    /// An intent whose order was found among the venue's.
    pub(super) async fn write_found(
        &self,
        intent: &Intent,
        product: &Product,
        order_id: &str,
    ) -> Result<(), OrderError> {
        let new = NewIntent {
            client_order_id: intent.client_order_id.clone(),
            side: intent.side,
            prod_id: intent.prod_id.clone(),
            is_test: intent.is_test(),
            pos_id: intent.pos_id,
            quote_size: intent.quote_size,
            base_size: intent.base_size,
            prc_est: intent.prc_est,
            strat_type: intent.strat_type.clone(),
            strat_name: intent.strat_name.clone(),
            strat_freq: intent.strat_freq.clone(),
            bot_guid: intent.bot_guid.clone(),
            is_lease_needed: false,
            created: created(intent),
            reason: String::new(),
            limits: None,
        };
        self.write_placed(intent.intent_id, &new, product, order_id)
            .await
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

/// An intent as the order that it becomes.
pub(super) fn placed(new: &NewIntent) -> PlacedOrder<'_> {
    PlacedOrder {
        client_order_id: &new.client_order_id,
        prod_id: &new.prod_id,
        is_test: new.is_test,
        pos_id: new.pos_id,
        quote_size: new.quote_size,
        base_size: new.base_size,
        price_estimate: new.prc_est.unwrap_or_default(),
        mark: [&new.strat_type, &new.strat_name, &new.strat_freq]
            .map(|text| text.as_deref().unwrap_or_default()),
        begin: new.created,
    }
}

/// What is known of an order when the venue has taken it.
pub(super) struct PlacedOrder<'a> {
    client_order_id: &'a str,
    prod_id: &'a str,
    is_test: bool,
    pos_id: Option<i64>,
    quote_size: Option<Decimal>,
    base_size: Option<Decimal>,
    price_estimate: Decimal,
    mark: [&'a str; 3],
    begin: Timestamp,
}

impl PlacedOrder<'_> {
    pub(super) fn buy_row(
        &self,
        product: &Product,
        order_id: &str,
    ) -> Changes<cbtrade_database::BuyOrder> {
        use columns::buy_ords as column;
        // The fee is not known before the fills; the estimate assumes what estimates always did.
        let count = paper_buy(self.quote_size.unwrap_or_default(), self.price_estimate)
            .map_or(Decimal::ZERO, |fill| fill.base_cnt);
        let [kind, name, interval] = self.mark;
        Changes::new()
            .set(column::test_txn_yn, yes_no(self.is_test))
            .set(column::base_symb, product.base_currency.as_str())
            .set(column::symb, product.quote_currency.as_str())
            .set(column::prod_id, self.prod_id)
            .set(column::mkt_name, self.prod_id)
            .set(column::mkt_venue, product.venue.as_str())
            .set(column::buy_order_uuid, order_id)
            .set(column::buy_client_order_id, self.client_order_id)
            .set(column::pos_type, "SPOT")
            .set(column::ord_stat, "OPEN")
            .set(column::buy_strat_type, kind)
            .set(column::buy_strat_name, name)
            .set(column::buy_strat_freq, interval)
            .set(column::buy_curr_symb, product.base_currency.as_str())
            .set(column::spend_curr_symb, product.quote_currency.as_str())
            .set(column::fees_curr_symb, product.quote_currency.as_str())
            .set(column::buy_cnt_est, count)
            .set(column::prc_buy_est, self.price_estimate)
            .set(column::buy_begin_dttm, self.begin)
    }

    pub(super) fn sell_row(
        &self,
        product: &Product,
        order_id: &str,
    ) -> Changes<cbtrade_database::SellOrder> {
        use columns::sell_ords as column;
        let [kind, name, interval] = self.mark;
        Changes::new()
            .set(column::test_txn_yn, yes_no(self.is_test))
            .set(column::base_symb, product.base_currency.as_str())
            .set(column::symb, product.quote_currency.as_str())
            .set(column::prod_id, self.prod_id)
            .set(column::mkt_name, self.prod_id)
            .set(column::mkt_venue, product.venue.as_str())
            .set(column::pos_id, self.pos_id)
            .set(column::sell_order_uuid, order_id)
            .set(column::sell_client_order_id, self.client_order_id)
            .set(column::pos_type, "SPOT")
            .set(column::ord_stat, "OPEN")
            .set(column::sell_strat_type, kind)
            .set(column::sell_strat_name, name)
            .set(column::sell_strat_freq, interval)
            .set(column::sell_curr_symb, product.base_currency.as_str())
            .set(column::recv_curr_symb, product.quote_currency.as_str())
            .set(column::fees_curr_symb, product.quote_currency.as_str())
            .set(column::sell_cnt_est, self.base_size)
            .set(column::prc_sell_est, self.price_estimate)
            .set(column::sell_begin_dttm, self.begin)
    }
}

pub(super) fn yes_no(yes: bool) -> &'static str {
    if yes { "Y" } else { "N" }
}
