//! The price of a product over time.

use cbtrade_core::Random;

use crate::coin::Coin;

/// What happened to a price in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bar {
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    /// Coins traded.
    pub(crate) volume: f64,
}

/// A product and its price as it stands.
pub(crate) struct Market {
    pub(crate) coin: Coin,
    pub(crate) product_id: String,
    /// The last price anybody paid.
    pub(crate) price: f64,
    chance: Random,
    /// The walk itself, between the venue's price steps.
    walk: f64,
}

impl Market {
    pub(crate) fn new(coin: Coin, seed: u64, stream: u64) -> Self {
        let price = coin.price_at_step(coin.price);
        let product_id = coin.product_id();
        Self {
            walk: coin.price,
            price,
            product_id,
            coin,
            chance: Random::stream(seed, stream),
        }
    }

    /// Lets the price walk for this many minutes.
    pub(crate) fn advance(&mut self, minutes: f64) -> Bar {
        let deviation = self.coin.volatility * minutes.sqrt();
        let pull = 2e-6 * minutes * (self.coin.price / self.walk - 1.0);
        self.walk *= 1.0 + deviation * self.chance.normal() + pull;
        let open = self.price;
        let close = self.coin.price_at_step(self.walk);
        let mut wick = || deviation * 0.4 * self.chance.unit();
        let high = self.coin.price_at_step(open.max(close) * (1.0 + wick()));
        let low = self.coin.price_at_step(open.min(close) * (1.0 - wick()));
        let traded = minutes * (0.1 + self.chance.unit()) * 9_000.0 / close;
        self.price = close;
        Bar {
            open,
            high: high.max(open).max(close),
            low: low.min(open).min(close),
            close,
            volume: traded,
        }
    }

    /// What a buyer pays.
    pub(crate) fn ask(&self) -> f64 {
        self.coin.price_at_step(self.price * 1.0004)
    }

    /// What a seller gets.
    pub(crate) fn bid(&self) -> f64 {
        self.coin.price_at_step(self.price * 0.9996)
    }
}
