//! The book of a product.

use cbtrade_core::{Decimal, Timestamp};

/// A price and the size that waits there, in the base currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// In the quote currency.
    pub price: Decimal,
    /// In the base currency.
    pub size: Decimal,
}

/// The waiting orders of a product, the best price of each side first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// Who buys, the highest price first.
    pub bids: Vec<Level>,
    /// Who sells, the lowest price first.
    pub asks: Vec<Level>,
    /// When the venue took it.
    pub time: Timestamp,
}
