//! A product and its rules.

use cbtrade_core::Decimal;

use crate::Side;
use crate::text::words;

words! {
    /// Whether the venue runs a product.
    ProductStatus {
        /// It can be traded, unless a flag says no.
        Online = "online",
        /// Not now.
        Offline = "offline",
        /// Never again.
        Delisted = "delisted",
        /// For the venue's own use.
        Internal = "internal",
    }
}

/// A pair of currencies with its rules and its prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Such as `BTC-USDC`.
    pub id: String,
    /// The base currency's id, such as `BTC`.
    pub base_currency: String,
    /// The quote currency's id, such as `USDC`.
    pub quote_currency: String,
    /// The base currency's name, such as `Bitcoin`.
    pub base_name: String,
    /// The quote currency's name.
    pub quote_name: String,
    /// The other id with the same book, where there is one.
    pub alias: Option<String>,
    /// Which of the venue's markets, such as `CBE`.
    pub venue: String,

    /// Step of sizes in the base currency.
    pub base_increment: Decimal,
    /// Step of sizes in the quote currency.
    pub quote_increment: Decimal,
    /// Step of limit prices.
    pub price_increment: Decimal,
    /// Smallest size, in the base currency.
    pub base_size_min: Decimal,
    /// Largest size, in the base currency.
    pub base_size_max: Option<Decimal>,
    /// Smallest value, in the quote currency.
    pub quote_size_min: Decimal,
    /// Largest value, in the quote currency.
    pub quote_size_max: Option<Decimal>,

    /// Whether the venue runs it.
    pub status: ProductStatus,
    /// No new orders.
    pub is_disabled: bool,
    /// No new orders.
    pub trading_disabled: bool,
    /// No new orders, but cancellations.
    pub cancel_only: bool,
    /// No market orders.
    pub limit_only: bool,
    /// Only limit orders that wait.
    pub post_only: bool,
    /// Orders are collected, not matched.
    pub auction_mode: bool,
    /// Not for this account.
    pub view_only: bool,

    /// The last price, where there is one.
    pub price: Option<Decimal>,
    /// The highest price that somebody pays, where the venue says it.
    pub best_bid: Option<Decimal>,
    /// The lowest price that somebody asks, where the venue says it.
    pub best_ask: Option<Decimal>,
    /// Change of the price in 24 hours, in percent.
    pub price_change_24h_percent: Option<Decimal>,
    /// Traded size of 24 hours, in the base currency.
    pub volume_24h: Option<Decimal>,
    /// Change of that size against the day before, in percent.
    pub volume_change_24h_percent: Option<Decimal>,
    /// About the value of that, in the quote currency.
    pub quote_volume_24h: Option<Decimal>,
    /// Highest price of 24 hours.
    pub high_24h: Option<Decimal>,
    /// Lowest price of 24 hours.
    pub low_24h: Option<Decimal>,
}

impl Product {
    /// Why no new order of any kind is taken, for people; `None` where some kind is.
    #[must_use]
    pub fn why_not_tradable(&self) -> Option<String> {
        let status = match &self.status {
            ProductStatus::Online => None,
            other => Some(format!("its status is `{other}`")),
        };
        let flags = [
            (self.trading_disabled, "trading is disabled"),
            (self.is_disabled, "it is disabled"),
            (self.view_only, "this account may only look at it"),
            (self.cancel_only, "it takes cancellations only"),
            (self.auction_mode, "it is in an auction"),
        ];
        let flag = flags
            .into_iter()
            .find_map(|(set, why)| set.then(|| why.to_owned()));
        status.or(flag)
    }

    /// Whether a market order is taken, a buy as well as a sell.
    #[must_use]
    pub fn can_trade_at_market(&self) -> bool {
        self.why_not_tradable().is_none() && !self.limit_only && !self.post_only
    }

    /// Whether a market order to buy is taken.
    #[must_use]
    pub fn can_buy_at_market(&self) -> bool {
        self.can_trade_at_market()
    }

    /// A size in the base currency, rounded down to the step and cut to the largest; `None` where that is below the
    /// smallest.
    #[must_use]
    pub fn floor_base_size(&self, size: Decimal) -> Option<Decimal> {
        let cut = self.base_size_max.map_or(size, |most| size.min(most));
        let floored = cut.floor_to(self.base_increment);
        (floored >= self.base_size_min && floored > Decimal::ZERO).then_some(floored)
    }

    /// A size in the quote currency, rounded down to the step and cut to the largest; `None` where that is below the
    /// smallest.
    #[must_use]
    pub fn floor_quote_size(&self, size: Decimal) -> Option<Decimal> {
        let cut = self.quote_size_max.map_or(size, |most| size.min(most));
        let floored = cut.floor_to(self.quote_increment);
        (floored >= self.quote_size_min && floored > Decimal::ZERO).then_some(floored)
    }

    /// Whether so much at this price is worth enough to be sold.
    #[must_use]
    pub fn is_worth_selling(&self, base_size: Decimal, price: Decimal) -> bool {
        self.floor_base_size(base_size)
            .and_then(|size| size.checked_mul(price))
            .is_some_and(|value| value >= self.quote_size_min)
    }

    /// What is paid or got now, as far as the product itself says: the other side's best price, else the last one.
    #[must_use]
    pub fn price_for(&self, side: Side) -> Option<Decimal> {
        match side {
            Side::Buy => self.best_ask,
            Side::Sell => self.best_bid,
        }
        .or(self.price)
    }

    /// A limit price on the product's grid: down for a buy, up for a sell, so that it is never worse than wished.
    #[must_use]
    pub fn limit_price(&self, side: Side, price: Decimal) -> Decimal {
        let floored = price.floor_to(self.price_increment);
        match side {
            Side::Sell if floored < price => {
                floored.checked_add(self.price_increment).unwrap_or(floored)
            }
            Side::Buy | Side::Sell => floored,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    fn product() -> Product {
        Product {
            id: "BTC-USDC".to_owned(),
            base_currency: "BTC".to_owned(),
            quote_currency: "USDC".to_owned(),
            base_name: "Bitcoin".to_owned(),
            quote_name: "USDC".to_owned(),
            alias: None,
            venue: "CBE".to_owned(),
            base_increment: decimal("0.00000001"),
            quote_increment: decimal("0.01"),
            price_increment: decimal("0.01"),
            base_size_min: decimal("0.0001"),
            base_size_max: Some(decimal("10")),
            quote_size_min: decimal("1"),
            quote_size_max: None,
            status: ProductStatus::Online,
            is_disabled: false,
            trading_disabled: false,
            cancel_only: false,
            limit_only: false,
            post_only: false,
            auction_mode: false,
            view_only: false,
            price: Some(decimal("100")),
            best_bid: Some(decimal("99")),
            best_ask: None,
            price_change_24h_percent: None,
            volume_24h: None,
            volume_change_24h_percent: None,
            quote_volume_24h: None,
            high_24h: None,
            low_24h: None,
        }
    }

    #[test]
    fn sizes_and_prices_land_on_the_grid() {
        let product = product();
        assert_eq!(
            product.floor_base_size(decimal("1.234567891")),
            Some(decimal("1.23456789"))
        );
        assert_eq!(product.floor_base_size(decimal("0.00009")), None);
        assert_eq!(product.floor_base_size(decimal("11")), Some(decimal("10")));
        assert_eq!(product.floor_quote_size(decimal("0.999")), None);
        assert_eq!(
            product.floor_quote_size(decimal("5.559")),
            Some(decimal("5.55"))
        );
        let price = decimal("10.001");
        assert_eq!(product.limit_price(Side::Buy, price), decimal("10"));
        assert_eq!(product.limit_price(Side::Sell, price), decimal("10.01"));
        assert_eq!(
            product.limit_price(Side::Sell, decimal("10")),
            decimal("10")
        );
        assert_eq!(product.price_for(Side::Buy), Some(decimal("100")));
        assert_eq!(product.price_for(Side::Sell), Some(decimal("99")));
        assert!(!product.is_worth_selling(decimal("0.009"), decimal("100")));
        assert!(product.is_worth_selling(decimal("0.01"), decimal("100")));
    }

    #[test]
    fn flags_close_a_product() {
        assert!(product().can_buy_at_market());
        let limit_only = Product {
            limit_only: true,
            ..product()
        };
        assert!(!limit_only.can_buy_at_market() && limit_only.why_not_tradable().is_none());
        let odd = Product {
            status: ProductStatus::from("resting"),
            ..product()
        };
        assert_eq!(
            odd.why_not_tradable().as_deref(),
            Some("its status is `resting`")
        );
        let halted = Product {
            cancel_only: true,
            ..product()
        };
        assert!(!halted.can_buy_at_market());
    }
}
