//! What the venue holds an order against before it takes it; the first failure is the answer.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_exchange::{OrderKind, Side};

use crate::config::ProductConfig;
use crate::engine::Engine;
use crate::money::{minus, plus, times};
use crate::state::currencies;

/// A limit further than this fraction from the market is outside the band.
const BAND: Decimal = Decimal::from_units(500_000_000_000);

/// An end further away than this is too far.
const END_SECONDS_MAX: i64 = 400 * 86_400;

/// A refusal's word.
pub(crate) type Reason = &'static str;

/// What an accepted order will hold back.
pub(crate) struct Hold {
    pub(crate) currency: String,
    pub(crate) amount: Decimal,
}

/// Sizes and prices of a kind of order.
#[derive(Clone, Copy)]
struct Terms {
    base: Option<Decimal>,
    quote: Option<Decimal>,
    limit: Option<Decimal>,
    stop: Option<Decimal>,
    post_only: bool,
    end: Option<Timestamp>,
}

fn terms(kind: &OrderKind) -> Terms {
    let none = Terms {
        base: None,
        quote: None,
        limit: None,
        stop: None,
        post_only: false,
        end: None,
    };
    match *kind {
        OrderKind::MarketBuy { quote_size } => Terms {
            quote: Some(quote_size),
            ..none
        },
        OrderKind::MarketBuyBase { base_size } | OrderKind::MarketSell { base_size } => Terms {
            base: Some(base_size),
            ..none
        },
        OrderKind::LimitIoc {
            base_size,
            limit_price,
        }
        | OrderKind::LimitFok {
            base_size,
            limit_price,
        } => Terms {
            base: Some(base_size),
            limit: Some(limit_price),
            ..none
        },
        OrderKind::LimitGtc {
            base_size,
            limit_price,
            post_only,
        } => Terms {
            base: Some(base_size),
            limit: Some(limit_price),
            post_only,
            ..none
        },
        OrderKind::LimitGtd {
            base_size,
            limit_price,
            post_only,
            end_time,
        } => Terms {
            base: Some(base_size),
            limit: Some(limit_price),
            post_only,
            end: Some(end_time),
            ..none
        },
        OrderKind::StopLimitGtc {
            base_size,
            limit_price,
            stop_price,
            ..
        } => Terms {
            base: Some(base_size),
            limit: Some(limit_price),
            stop: Some(stop_price),
            ..none
        },
    }
}

impl Engine {
    /// Holds an order against the product, the market and the account.
    pub(crate) fn validate(
        &self,
        product: &str,
        side: Side,
        kind: &OrderKind,
        now: Timestamp,
    ) -> Result<Hold, Reason> {
        let rules = self.products.get(product).ok_or("INVALID_PRODUCT_ID")?;
        let terms = terms(kind);
        self.check_flags(product, &terms)?;
        check_grid(rules, &terms)?;
        let price = self.check_market(product, side, &terms, now)?;
        check_sizes(rules, &terms, price)?;
        let hold = self.hold(product, side, kind, price);
        if self.state.balance(&hold.currency).available < hold.amount {
            return Err("INSUFFICIENT_FUND");
        }
        Ok(hold)
    }

    fn check_flags(&self, product: &str, terms: &Terms) -> Result<(), Reason> {
        let closed = [
            ("trading_disabled", "TRADING_DISABLED"),
            ("is_disabled", "ORDER_ENTRY_DISABLED"),
        ];
        for (flag, reason) in closed {
            if self.is_set(product, flag) {
                return Err(reason);
            }
        }
        if self.flag(product, "listed", "true") != "true" {
            return Err("INVALID_PRODUCT_ID");
        }
        if self.flag(product, "status", "online") != "online" {
            return Err("UNTRADABLE_PRODUCT");
        }
        let is_market = terms.limit.is_none();
        let closed = [
            ("view_only", true, "INELIGIBLE_PAIR"),
            ("cancel_only", true, "ORDER_ENTRY_DISABLED"),
            ("limit_only", is_market, "UNSUPPORTED_ORDER_CONFIGURATION"),
            (
                "post_only",
                !terms.post_only,
                "UNSUPPORTED_ORDER_CONFIGURATION",
            ),
            ("auction_mode", true, "PRODUCT_TRADING_HALTED"),
        ];
        let set = closed
            .into_iter()
            .find(|(flag, concerns, _)| *concerns && self.is_set(product, flag));
        set.map_or(Ok(()), |(_, _, reason)| Err(reason))
    }

    /// The price that the order is valued at.
    fn check_market(
        &self,
        product: &str,
        side: Side,
        terms: &Terms,
        now: Timestamp,
    ) -> Result<Decimal, Reason> {
        if let Some(end) = terms.end {
            if end <= now {
                return Err("END_TIME_IS_IN_THE_PAST");
            }
            if end.seconds_since(now) > END_SECONDS_MAX {
                return Err("END_TIME_TOO_FAR_IN_FUTURE");
            }
        }
        let book = self.book(product, now).ok_or("INVALID_PRODUCT_ID")?;
        let facing = match side {
            Side::Buy => book.asks.first(),
            Side::Sell => book.bids.first(),
        };
        let best = facing.ok_or("INVALID_NO_LIQUIDITY")?.price;
        let Some(limit) = terms.limit else {
            return Ok(best);
        };
        let (high, low) = (
            times(best, plus(Decimal::ONE, BAND)),
            times(best, minus(Decimal::ONE, BAND)),
        );
        match side {
            Side::Buy if limit > high => {
                return Err("LIMIT_ORDER_PRICE_EXCEEDS_PRICE_BAND_ON_BUY");
            }
            Side::Sell if limit < low => {
                return Err("LIMIT_ORDER_PRICE_EXCEEDS_PRICE_BAND_ON_SELL");
            }
            Side::Buy | Side::Sell => {}
        }
        let crosses = match side {
            Side::Buy => limit >= best,
            Side::Sell => limit <= best,
        };
        if terms.post_only && crosses {
            return Err("INVALID_LIMIT_PRICE_POST_ONLY");
        }
        Ok(limit)
    }

    /// What an order holds back while `size` of it is open, or all of it.
    pub(crate) fn hold(&self, product: &str, side: Side, kind: &OrderKind, price: Decimal) -> Hold {
        let (base, quote) = currencies(product);
        let terms = terms(kind);
        let size = terms.base.unwrap_or_default();
        match side {
            Side::Sell => Hold {
                currency: base,
                amount: size,
            },
            Side::Buy => {
                let worst = match terms.limit {
                    Some(limit) => limit,
                    None => times(price, plus(Decimal::ONE, self.config.price_protection)),
                };
                Hold {
                    currency: quote,
                    amount: terms.quote.unwrap_or_else(|| self.cost(size, worst)),
                }
            }
        }
    }

    /// The most that a buy of this size at this price can cost, its fee included; rounded up.
    pub(crate) fn cost(&self, size: Decimal, price: Decimal) -> Decimal {
        let value = times(size, price);
        plus(
            value,
            self.fee(value, self.state.fees.taker.max(self.state.fees.maker)),
        )
    }
}

fn check_grid(rules: &ProductConfig, terms: &Terms) -> Result<(), Reason> {
    let off = |number: Option<Decimal>, step: Decimal| {
        number.is_some_and(|number| number.floor_to(step) != number)
    };
    if off(terms.base, rules.base_increment) {
        return Err("INVALID_SIZE_PRECISION");
    }
    if off(terms.quote, rules.quote_increment) {
        return Err("PREVIEW_INVALID_QUOTE_SIZE_PRECISION");
    }
    if off(terms.limit, rules.price_increment) || off(terms.stop, rules.price_increment) {
        return Err("INVALID_PRICE_PRECISION");
    }
    // Before anything is multiplied with them.
    if terms.base.is_some_and(|size| size > rules.base_size_max) {
        return Err("PREVIEW_INVALID_BASE_SIZE_TOO_LARGE");
    }
    if terms.quote.is_some_and(|size| size > rules.quote_size_max) {
        return Err("PREVIEW_INVALID_QUOTE_SIZE_TOO_LARGE");
    }
    Ok(())
}

fn check_sizes(rules: &ProductConfig, terms: &Terms, price: Decimal) -> Result<(), Reason> {
    if terms.base.is_some_and(|size| size < rules.base_size_min) {
        return Err("PREVIEW_INVALID_BASE_SIZE_TOO_SMALL");
    }
    let worth = match (terms.quote, terms.base) {
        (Some(quote), _) => quote,
        (None, Some(base)) => times(base, price),
        (None, None) => return Err("INVALID_REQUEST"),
    };
    if worth < rules.quote_size_min {
        return Err("PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL");
    }
    if worth > rules.quote_size_max {
        return Err("PREVIEW_INVALID_QUOTE_SIZE_TOO_LARGE");
    }
    Ok(())
}
