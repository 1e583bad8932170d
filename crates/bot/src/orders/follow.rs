//! From the venue's answer, or from none, to the end.

use cbtrade_core::Decimal;
use cbtrade_database::{ErrorKind, Intent, IntentFilter, IntentState, Side};
use cbtrade_exchange::{
    Exchange, ExchangeError, Fill, FillQuery, Order, OrderState, Product, ProductStatus,
};

use super::settle::Executed;
use super::{OrderError, Orders, created};
use crate::journal::Step;

/// What following an intent came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// It is at its end, and everything is written down.
    Settled,
    /// The venue has it, and it is not at its end.
    Working,
    /// The venue has ended it, but does not show all of its fills yet.
    FillsMissing,
    /// It is not known whether the venue has it.
    Unknown,
    /// No listing showed it for long enough: it counts as never taken.
    Absent,
    /// It is left to the bot that made it, which is still at work on it.
    LeftAlone,
}

/// Before its creation, as our clock has it, an order is looked for this far back: the clocks may differ.
const LOOK_BACK_S: i64 = 60;

impl<E: Exchange> Orders<E> {
    /// Follows the open intents of a product, or all. One that fails does not keep the others from being followed.
    ///
    /// # Errors
    /// The open intents cannot be read, or the database is away. What else goes wrong with one of them is told to the
    /// journal.
    pub async fn follow(
        &self,
        product: Option<&str>,
    ) -> Result<Vec<(Intent, Followed)>, OrderError> {
        let filter = IntentFilter {
            prod_id: product,
            states: &IntentState::OPEN,
            ..IntentFilter::default()
        };
        let mut done = Vec::new();
        for intent in self.database.db_intents_get(&filter).await? {
            self.progress.came_on();
            match self.follow_one(&intent).await {
                Ok(followed) => done.push((intent, followed)),
                // The others would wait for the database in vain.
                Err(OrderError::Database(error)) if is_away(&error) => return Err(error.into()),
                Err(error) => self.journal.warn(
                    &intent.prod_id,
                    format!(
                        "order {} could not be followed, it is tried again: {}",
                        intent.client_order_id,
                        chain(&error)
                    ),
                ),
            }
        }
        Ok(done)
    }

    async fn follow_one(&self, intent: &Intent) -> Result<Followed, OrderError> {
        let age_s = self.now().seconds_since(created(intent));
        let mine = intent.bot_guid == self.bot_guid;
        match intent.state {
            IntentState::Placed => self.follow_placed(intent, age_s).await,
            // Its bot has sent it and waits for the answer.
            IntentState::Sending if !mine && age_s < self.patience.others_after_s => {
                Ok(Followed::LeftAlone)
            }
            IntentState::Sending | IntentState::Unknown | IntentState::Absent => {
                self.look_up(intent, age_s).await
            }
            IntentState::Done | IntentState::Refused => Ok(Followed::Settled),
        }
    }

    /// What the venue has under the client id of an intent.
    pub(super) async fn found(&self, intent: &Intent) -> Result<Option<Order>, OrderError> {
        let since = created(intent).plus_seconds(-LOOK_BACK_S);
        let found = self
            .exchange
            .find_order(&intent.client_order_id, &intent.prod_id, since)
            .await?;
        Ok(found)
    }

    /// Looks an intent up among the venue's orders.
    pub(crate) async fn look_up(
        &self,
        intent: &Intent,
        age_s: i64,
    ) -> Result<Followed, OrderError> {
        if intent.is_test() {
            // A paper order is recorded and filled in one transaction: one that is only recorded was never filled.
            self.database
                .db_intent_absent(intent.intent_id, "on paper, never filled", self.now())
                .await?;
            return Ok(Followed::Absent);
        }
        match self.found(intent).await? {
            Some(order) => self.take_on(intent, &order).await,
            None if age_s >= self.patience.absent_after_s => {
                let note = format!("no listing of the venue showed it for {age_s} s");
                if self
                    .database
                    .db_intent_absent(intent.intent_id, &note, self.now())
                    .await?
                {
                    self.journal.alert(
                        &intent.prod_id,
                        format!(
                            "order {}: {note}; it counts as never taken and is still looked for",
                            intent.client_order_id
                        ),
                    );
                }
                Ok(Followed::Absent)
            }
            None => {
                if intent.state == IntentState::Sending {
                    self.database
                        .db_intent_unknown(intent.intent_id, "no listing of the venue shows it yet")
                        .await?;
                }
                Ok(Followed::Unknown)
            }
        }
    }

    /// The venue has an order of ours that was not known to be there.
    pub(crate) async fn take_on(
        &self,
        intent: &Intent,
        order: &Order,
    ) -> Result<Followed, OrderError> {
        let product = self.product_of(intent).await?;
        self.write_placed(intent.intent_id, intent.into(), &product, &order.order_id)
            .await?;
        self.step(Step::Placed, intent);
        self.journal.note(
            &intent.prod_id,
            format!(
                "order {} was found at the venue as {} and is followed",
                intent.client_order_id, order.order_id
            ),
        );
        self.settle_or_wait(intent, order, &product).await
    }

    async fn follow_placed(&self, intent: &Intent, age_s: i64) -> Result<Followed, OrderError> {
        let Some(order_id) = intent.order_uuid.as_deref() else {
            return Ok(Followed::Unknown);
        };
        let Some(order) = self.exchange.order(order_id).await? else {
            if age_s >= self.patience.absent_after_s {
                self.journal.alert(
                    &intent.prod_id,
                    format!("the venue does not know order {order_id}, which it had accepted; nothing is concluded from that"),
                );
            }
            return Ok(Followed::Unknown);
        };
        let product = self.product_of(intent).await?;
        self.settle_or_wait(intent, &order, &product).await
    }

    /// The product of an intent. One that was delisted meanwhile must not keep what was traded from being booked.
    async fn product_of(&self, intent: &Intent) -> Result<Product, OrderError> {
        match self.exchange.product(&intent.prod_id).await {
            Ok(product) => Ok(product),
            Err(ExchangeError::NotFound { .. }) => Ok(delisted(&intent.prod_id)),
            Err(error) => Err(error.into()),
        }
    }

    /// An order that should have ended at once has not: what it has is kept, the rest is given up.
    async fn cancel(&self, intent: &Intent, order_id: &str) -> Result<(), OrderError> {
        for answer in self.exchange.cancel(&[order_id.to_owned()]).await? {
            let said = match answer.accepted {
                true => "its end is asked for".to_owned(),
                false => format!("the venue will not end it: {}", answer.reason),
            };
            self.journal.warn(
                &intent.prod_id,
                format!("order {order_id} is still working; {said}"),
            );
        }
        Ok(())
    }

    async fn settle_or_wait(
        &self,
        intent: &Intent,
        order: &Order,
        product: &Product,
    ) -> Result<Followed, OrderError> {
        let order_id = order.order_id.as_str();
        match order.status.state() {
            OrderState::Working => {
                let age_s = self.now().seconds_since(created(intent));
                if age_s >= self.patience.cancel_after_s || self.is_one_too_many(intent).await? {
                    self.cancel(intent, order_id).await?;
                }
                return Ok(Followed::Working);
            }
            OrderState::Unknown => {
                self.journal.alert(
                    &intent.prod_id,
                    format!(
                        "order {order_id} has a status that is not known here: {}",
                        order.status
                    ),
                );
                return Ok(Followed::Working);
            }
            OrderState::Filled | OrderState::Ended => {}
        }
        let query = FillQuery {
            order_id: Some(order_id.to_owned()),
            ..FillQuery::default()
        };
        let fills: Vec<Fill> = self.exchange.fills(&query).await?;
        let executed = Executed::of(&fills).ok_or_else(|| OrderError::Amount {
            client_order_id: intent.client_order_id.clone(),
        })?;
        // Fills may be listed later than the order's end. They are what is booked, so all of them are waited for.
        if executed.size != order.filled_size {
            return Ok(Followed::FillsMissing);
        }
        self.step(Step::Read, intent);
        match intent.side {
            Side::Buy => {
                self.settle_buy(intent, order, &fills, &executed, product)
                    .await?;
            }
            Side::Sell => self.settle_sell(intent, order, &fills, &executed).await?,
        }
        self.step(Step::Settled, intent);
        Ok(Followed::Settled)
    }
}

/// What can be said of a product that the venue does not list any more.
fn delisted(prod_id: &str) -> Product {
    let (base, quote) = prod_id.split_once('-').unwrap_or((prod_id, ""));
    Product {
        id: prod_id.to_owned(),
        base_currency: base.to_owned(),
        quote_currency: quote.to_owned(),
        base_name: base.to_owned(),
        quote_name: quote.to_owned(),
        alias: None,
        venue: String::new(),
        base_increment: Decimal::ZERO,
        quote_increment: Decimal::ZERO,
        price_increment: Decimal::ZERO,
        base_size_min: Decimal::ZERO,
        base_size_max: None,
        quote_size_min: Decimal::ZERO,
        quote_size_max: None,
        status: ProductStatus::from("delisted"),
        is_disabled: true,
        trading_disabled: true,
        cancel_only: false,
        limit_only: false,
        post_only: false,
        auction_mode: false,
        view_only: true,
        price: None,
        best_bid: None,
        best_ask: None,
        price_change_24h_percent: None,
        volume_24h: None,
        volume_change_24h_percent: None,
        quote_volume_24h: None,
        high_24h: None,
        low_24h: None,
    }
}

/// Whether it is not this call that failed: the database is not there.
pub(crate) fn is_away(error: &cbtrade_database::Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::Unreachable | ErrorKind::Deadline | ErrorKind::OutcomeUnknown
    )
}

/// An error with everything that caused it, for one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
