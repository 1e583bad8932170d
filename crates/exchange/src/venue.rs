//! What a bot may ask of an exchange.

use std::future::Future;
use std::sync::Arc;

use cbtrade_core::Timestamp;

use crate::{
    Account, Book, CancelAnswer, Candle, EventStream, ExchangeError, FeeRates, Fill, FillQuery,
    Granularity, Order, OrderQuery, OrderRequest, Permissions, Placement, Product,
};

/// A venue for spot trading. Paper and live trading differ below this trait only.
///
/// Every call that only reads may be repeated by whoever implements it; [`Exchange::place`] sends exactly once.
pub trait Exchange: Send + Sync + 'static {
    /// The venue's clock.
    fn server_time(&self) -> impl Future<Output = Result<Timestamp, ExchangeError>> + Send;

    /// What the key may do.
    fn permissions(&self) -> impl Future<Output = Result<Permissions, ExchangeError>> + Send;

    /// Every spot product.
    fn products(&self) -> impl Future<Output = Result<Vec<Product>, ExchangeError>> + Send;

    /// One product; [`ExchangeError::NotFound`] where there is none.
    fn product(&self, product: &str)
    -> impl Future<Output = Result<Product, ExchangeError>> + Send;

    /// The candles that start from `start` up to, not including, `end`: the oldest first, each once, the forming one
    /// too. A stretch without trades has no candle.
    fn candles(
        &self,
        product: &str,
        granularity: Granularity,
        start: Timestamp,
        end: Timestamp,
    ) -> impl Future<Output = Result<Vec<Candle>, ExchangeError>> + Send;

    /// So many levels of each side of the book.
    fn book(
        &self,
        product: &str,
        levels: usize,
    ) -> impl Future<Output = Result<Book, ExchangeError>> + Send;

    /// Every currency of the account, all pages of them.
    fn accounts(&self) -> impl Future<Output = Result<Vec<Account>, ExchangeError>> + Send;

    /// What is paid now.
    fn fee_rates(&self) -> impl Future<Output = Result<FeeRates, ExchangeError>> + Send;

    /// Sends an order once. Never an error: an answer that is not one is [`Placement::Unclear`].
    fn place(&self, request: &OrderRequest) -> impl Future<Output = Placement> + Send;

    /// An order by the venue's id; `None` where the venue says that it never heard of it.
    fn order(
        &self,
        order_id: &str,
    ) -> impl Future<Output = Result<Option<Order>, ExchangeError>> + Send;

    /// An order by our id among those of a product since a moment. `None` means that it is not in the list now, which a
    /// venue that lists late says of orders that it has: it is no proof that there is none.
    fn find_order(
        &self,
        client_order_id: &str,
        product: &str,
        since: Timestamp,
    ) -> impl Future<Output = Result<Option<Order>, ExchangeError>> + Send;

    /// Orders, the newest first, all pages of them.
    fn orders(
        &self,
        query: &OrderQuery,
    ) -> impl Future<Output = Result<Vec<Order>, ExchangeError>> + Send;

    /// Fills, the newest first, all pages of them.
    fn fills(
        &self,
        query: &FillQuery,
    ) -> impl Future<Output = Result<Vec<Fill>, ExchangeError>> + Send;

    /// Asks for the end of orders; one answer per order.
    fn cancel(
        &self,
        order_ids: &[String],
    ) -> impl Future<Output = Result<Vec<CancelAnswer>, ExchangeError>> + Send;

    /// What the venue says without being asked; `None` where it says nothing. Whoever listens must do as well without.
    /// It must be called from within a runtime.
    fn listen(&self) -> Option<Box<dyn EventStream>> {
        None
    }
}

impl<E: Exchange> Exchange for Arc<E> {
    async fn server_time(&self) -> Result<Timestamp, ExchangeError> {
        E::server_time(self).await
    }

    async fn permissions(&self) -> Result<Permissions, ExchangeError> {
        E::permissions(self).await
    }

    async fn products(&self) -> Result<Vec<Product>, ExchangeError> {
        E::products(self).await
    }

    async fn product(&self, product: &str) -> Result<Product, ExchangeError> {
        E::product(self, product).await
    }

    async fn candles(
        &self,
        product: &str,
        granularity: Granularity,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Vec<Candle>, ExchangeError> {
        E::candles(self, product, granularity, start, end).await
    }

    async fn book(&self, product: &str, levels: usize) -> Result<Book, ExchangeError> {
        E::book(self, product, levels).await
    }

    async fn accounts(&self) -> Result<Vec<Account>, ExchangeError> {
        E::accounts(self).await
    }

    async fn fee_rates(&self) -> Result<FeeRates, ExchangeError> {
        E::fee_rates(self).await
    }

    async fn place(&self, request: &OrderRequest) -> Placement {
        E::place(self, request).await
    }

    async fn order(&self, order_id: &str) -> Result<Option<Order>, ExchangeError> {
        E::order(self, order_id).await
    }

    async fn find_order(
        &self,
        client_order_id: &str,
        product: &str,
        since: Timestamp,
    ) -> Result<Option<Order>, ExchangeError> {
        E::find_order(self, client_order_id, product, since).await
    }

    async fn orders(&self, query: &OrderQuery) -> Result<Vec<Order>, ExchangeError> {
        E::orders(self, query).await
    }

    async fn fills(&self, query: &FillQuery) -> Result<Vec<Fill>, ExchangeError> {
        E::fills(self, query).await
    }

    async fn cancel(&self, order_ids: &[String]) -> Result<Vec<CancelAnswer>, ExchangeError> {
        E::cancel(self, order_ids).await
    }

    fn listen(&self) -> Option<Box<dyn EventStream>> {
        E::listen(self)
    }
}
