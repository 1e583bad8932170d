//! What a venue says without being asked.

use std::collections::BTreeSet;
use std::pin::Pin;

use cbtrade_core::{Decimal, Timestamp};

use crate::{OrderStatus, Side};

/// The last price of a product, and the best of the book where the venue says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticker {
    /// The product's id.
    pub product: String,
    /// The last price.
    pub price: Decimal,
    /// The highest price that somebody pays.
    pub best_bid: Option<Decimal>,
    /// The lowest price that somebody asks.
    pub best_ask: Option<Decimal>,
    /// Traded size of 24 hours, in the base currency.
    pub volume_24h: Option<Decimal>,
    /// When the venue said it.
    pub time: Timestamp,
}

/// A trade of anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trade {
    /// The venue's id.
    pub trade_id: String,
    /// The product's id.
    pub product: String,
    /// In the quote currency.
    pub price: Decimal,
    /// In the base currency.
    pub size: Decimal,
    /// The side of the order that had waited.
    pub maker_side: Side,
    /// When it was.
    pub time: Timestamp,
}

/// A sign of life, once a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// Counts up by one.
    pub counter: u64,
    /// When the venue said it.
    pub time: Timestamp,
}

/// How far one of our orders is. The sizes count up over the order's life. It is a reason to read the order and its
/// fills, no record of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderUpdate {
    /// The venue's id.
    pub order_id: String,
    /// Our id.
    pub client_order_id: String,
    /// The product's id.
    pub product: String,
    /// Which way.
    pub side: Side,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// Filled so far, in the base currency.
    pub filled_size: Decimal,
    /// Average price of what is filled.
    pub average_price: Option<Decimal>,
    /// Fees so far, in the quote currency.
    pub total_fees: Option<Decimal>,
    /// When the venue said it.
    pub time: Timestamp,
}

/// Something may be missing before this point: what is known is stale until it is read anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// What was seen, for people: a number left out, silence, a broken connection.
    pub why: String,
}

/// One thing that the venue said, or that happened to the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamEvent {
    /// The connection stands and everything is subscribed.
    Connected,
    /// A last price.
    Ticker(Ticker),
    /// A trade of anybody.
    Trade(Trade),
    /// A sign of life.
    Heartbeat(Heartbeat),
    /// One of our orders.
    Order(OrderUpdate),
    /// Something may be missing: read again what matters.
    Gap(Gap),
    /// Another process of this machine listens on this line, and nothing comes here until that one ends.
    Elsewhere,
}

/// Which of a venue's two lines something came over. They break and fall silent on their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// Prices.
    Market,
    /// Our orders.
    Orders,
}

/// An event that may come, and over which line.
pub type NextEvent<'a> = Pin<Box<dyn Future<Output = Option<(Line, StreamEvent)>> + Send + 'a>>;

/// Everything that is heard of a venue without asking. It is a hint where to ask, never a truth: it may be silent, say
/// things twice, late, never, or wrong.
///
/// It connects by itself again and again, and it ends when it is dropped.
pub trait EventStream: Send {
    /// From now on the prices of these products are listened to, and of no others. Our orders are listened to from the
    /// beginning, those of all products.
    fn listen_to(&mut self, products: &BTreeSet<String>);

    /// The next event and where it came from; `None` when nothing will ever come again. Nothing is lost where it is
    /// dropped before it is done.
    fn next(&mut self) -> NextEvent<'_>;
}
