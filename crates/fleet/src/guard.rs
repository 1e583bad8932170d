//! A venue that takes no orders: the last of several reasons why nothing is sent while `live = true` is not said.

use std::sync::Arc;

use cbtrade_core::Timestamp;
use cbtrade_exchange::{
    Account, Book, CancelAnswer, Candle, EventStream, Exchange, ExchangeError, FeeRates, Fill,
    FillQuery, Granularity, Order, OrderQuery, OrderRequest, Permissions, Placement, Product,
    Refusal,
};

/// Why an order is refused.
const REFUSED: &str = "fleet.toml does not say live = true, so no order is sent";

/// Passes every question on; orders and cancellations only where they may be sent.
#[derive(Debug)]
pub(crate) struct Guarded<E> {
    venue: Arc<E>,
    may_order: bool,
}

impl<E> Guarded<E> {
    pub(crate) fn new(venue: E, may_order: bool) -> Guarded<E> {
        Guarded {
            venue: Arc::new(venue),
            may_order,
        }
    }
}

impl<E: Exchange> Exchange for Guarded<E> {
    async fn server_time(&self) -> Result<Timestamp, ExchangeError> {
        self.venue.server_time().await
    }

    async fn permissions(&self) -> Result<Permissions, ExchangeError> {
        self.venue.permissions().await
    }

    async fn products(&self) -> Result<Vec<Product>, ExchangeError> {
        self.venue.products().await
    }

    async fn product(&self, product: &str) -> Result<Product, ExchangeError> {
        self.venue.product(product).await
    }

    async fn candles(
        &self,
        product: &str,
        granularity: Granularity,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Vec<Candle>, ExchangeError> {
        self.venue.candles(product, granularity, start, end).await
    }

    async fn book(&self, product: &str, levels: usize) -> Result<Book, ExchangeError> {
        self.venue.book(product, levels).await
    }

    async fn accounts(&self) -> Result<Vec<Account>, ExchangeError> {
        self.venue.accounts().await
    }

    async fn fee_rates(&self) -> Result<FeeRates, ExchangeError> {
        self.venue.fee_rates().await
    }

    async fn place(&self, request: &OrderRequest) -> Placement {
        match self.may_order {
            true => self.venue.place(request).await,
            false => Placement::Refused(Refusal::new("LIVE_TRADING_OFF", REFUSED)),
        }
    }

    async fn order(&self, order_id: &str) -> Result<Option<Order>, ExchangeError> {
        self.venue.order(order_id).await
    }

    async fn find_order(
        &self,
        client_order_id: &str,
        product: &str,
        since: Timestamp,
    ) -> Result<Option<Order>, ExchangeError> {
        self.venue.find_order(client_order_id, product, since).await
    }

    async fn orders(&self, query: &OrderQuery) -> Result<Vec<Order>, ExchangeError> {
        self.venue.orders(query).await
    }

    async fn fills(&self, query: &FillQuery) -> Result<Vec<Fill>, ExchangeError> {
        self.venue.fills(query).await
    }

    async fn cancel(&self, order_ids: &[String]) -> Result<Vec<CancelAnswer>, ExchangeError> {
        if self.may_order {
            return self.venue.cancel(order_ids).await;
        }
        let refused = order_ids.iter().map(|order_id| CancelAnswer {
            order_id: order_id.clone(),
            accepted: false,
            reason: REFUSED.to_owned(),
        });
        Ok(refused.collect())
    }

    fn listen(&self) -> Option<Box<dyn EventStream>> {
        self.venue.listen()
    }
}
