//! What a bot may ask of an exchange, as one trait with its types; no I/O.
//!
//! Read it in this order: [`Exchange`], [`OrderRequest`] and [`Placement`], then [`Order`] and [`Fill`]. Two rules run
//! through all of it: money is [`Decimal`](cbtrade_core::Decimal), and a word of the venue that nobody here knows keeps
//! its text instead of becoming an error or something that it is not.

mod account;
mod candle;
mod error;
mod market;
mod order;
mod placement;
mod product;
mod refusal;
mod stream;
mod text;
mod venue;

pub use account::{Account, FeeRates, Permissions};
pub use candle::{Candle, Granularity};
pub use error::ExchangeError;
pub use market::{Book, Level};
pub use order::{
    Fill, FillKind, FillQuery, Liquidity, Order, OrderKind, OrderQuery, OrderRequest, OrderState,
    OrderStatus, Side, StopDirection,
};
pub use placement::{CancelAnswer, Placement};
pub use product::{Product, ProductStatus};
pub use refusal::{Refusal, RefusalClass, RefusalReason};
pub use stream::{
    EventStream, Gap, Heartbeat, Line, NextEvent, OrderUpdate, StreamEvent, Ticker, Trade,
};
pub use venue::Exchange;
