//! Values that differ by product or by length of candles.

use std::collections::BTreeMap;

use cbtrade_indicators::Interval;

/// A value for all products, and others for some: `{"***": 5, "BTC-USDC": 25}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByProduct<T> {
    rest: T,
    own: BTreeMap<String, T>,
}

impl<T> ByProduct<T> {
    /// The same for all products.
    pub fn all(rest: T) -> Self {
        Self {
            rest,
            own: BTreeMap::new(),
        }
    }

    /// With a value of its own for this product.
    #[must_use]
    pub fn with(mut self, prod_id: &str, value: T) -> Self {
        self.own.insert(prod_id.to_owned(), value);
        self
    }

    /// The product's value.
    pub fn get(&self, prod_id: &str) -> &T {
        self.own.get(prod_id).unwrap_or(&self.rest)
    }

    /// The value of all products that have none of their own.
    pub fn rest(&self) -> &T {
        &self.rest
    }

    /// The products with a value of their own.
    pub fn own(&self) -> impl Iterator<Item = (&str, &T)> {
        self.own
            .iter()
            .map(|(prod_id, value)| (prod_id.as_str(), value))
    }
}

/// A value for candles of every length, and others for some: `{"***": 30, "15min": 5}`. The former code took the value of
/// `***` for all of them (B-13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByInterval<T> {
    rest: T,
    own: BTreeMap<Interval, T>,
}

impl<T> ByInterval<T> {
    /// The same for every length.
    pub fn all(rest: T) -> Self {
        Self {
            rest,
            own: BTreeMap::new(),
        }
    }

    /// With a value of its own for this length.
    #[must_use]
    pub fn with(mut self, interval: Interval, value: T) -> Self {
        self.own.insert(interval, value);
        self
    }

    /// The value for candles of this length.
    pub fn get(&self, interval: Interval) -> &T {
        self.own.get(&interval).unwrap_or(&self.rest)
    }

    /// The value of all lengths that have none of their own.
    pub fn rest(&self) -> &T {
        &self.rest
    }

    /// The lengths with a value of their own.
    pub fn own(&self) -> impl Iterator<Item = (Interval, &T)> {
        self.own.iter().map(|(interval, value)| (*interval, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_value_of_its_own_has_that_of_all() {
        let size = ByProduct::all(5).with("BTC-USDC", 25);
        assert_eq!((size.get("BTC-USDC"), size.get("ADA-USDC")), (&25, &5));
        let delay = ByInterval::all(30).with(Interval::OneDay, 240);
        assert_eq!(delay.get(Interval::OneDay), &240);
        assert_eq!(delay.get(Interval::OneHour), &30);
    }
}
