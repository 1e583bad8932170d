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

impl Book {
    /// The average price at which so much of the base currency can be sold now; `None` if the book does not reach.
    #[must_use]
    pub fn selling_price(&self, base_size: Decimal) -> Option<Decimal> {
        let mut left = base_size;
        let mut value = Decimal::ZERO;
        for level in &self.bids {
            let part = left.min(level.size);
            value = value.checked_add(part.checked_mul(level.price)?)?;
            left = left.checked_sub(part)?;
            if left.is_zero() {
                return value.checked_div(base_size);
            }
        }
        None
    }

    /// The average price at which so much of the quote currency can be spent now; `None` if the book does not reach.
    #[must_use]
    pub fn buying_price(&self, quote_size: Decimal) -> Option<Decimal> {
        let mut left = quote_size;
        let mut bought = Decimal::ZERO;
        for level in &self.asks {
            let worth = level.price.checked_mul(level.size)?;
            if worth >= left {
                bought = bought.checked_add(left.checked_div(level.price)?)?;
                return quote_size.checked_div(bought);
            }
            bought = bought.checked_add(level.size)?;
            left = left.checked_sub(worth)?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    fn level(price: &str, size: &str) -> Level {
        Level {
            price: decimal(price),
            size: decimal(size),
        }
    }

    #[test]
    fn prices_of_depth_compare_like_with_like() {
        let book = Book {
            bids: vec![level("99", "1"), level("98", "3")],
            asks: vec![level("100", "1"), level("110", "2")],
            time: Timestamp::EPOCH,
        };
        assert_eq!(book.selling_price(decimal("1")), Some(decimal("99")));
        assert_eq!(book.selling_price(decimal("2")), Some(decimal("98.5")));
        assert_eq!(book.selling_price(decimal("5")), None);
        assert_eq!(book.buying_price(decimal("50")), Some(decimal("100")));
        // 100 buys 1, another 110 buys 1 more.
        assert_eq!(book.buying_price(decimal("210")), Some(decimal("105")));
        assert_eq!(book.buying_price(decimal("1000")), None);
    }
}
