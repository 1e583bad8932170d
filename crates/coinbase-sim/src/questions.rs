//! The questions that change nothing.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_exchange::Granularity;
use serde_json::{Value, json};

use crate::clock::at_seconds;
use crate::engine::Engine;
use crate::market::STEP_SECONDS;
use crate::money::over;
use crate::render::{book_json, candle_json, fill_json};
use crate::reply::Reply;
use crate::request::Query;

/// Candles of one answer.
const CANDLES_MAX: i64 = 350;

/// A page out of many: what is on it, whether more follow, and the cursor for them.
fn page<T>(all: Vec<T>, query: &Query, usual: usize, most: usize) -> (Vec<T>, bool, String) {
    let limit = query
        .number("limit")
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(usual)
        .clamp(1, most);
    let from = query
        .number("cursor")
        .and_then(|cursor| usize::try_from(cursor).ok())
        .unwrap_or_default();
    let has_next = from.saturating_add(limit) < all.len();
    let cursor = if has_next {
        (from + limit).to_string()
    } else {
        String::new()
    };
    (
        all.into_iter().skip(from).take(limit).collect(),
        has_next,
        cursor,
    )
}

impl Engine {
    /// GET /time.
    pub(crate) fn time(&self, now: Timestamp) -> Reply {
        let seconds = now.as_seconds() + self.behaviour.clock_skew_seconds;
        let shown = at_seconds(seconds);
        Reply::json(&json!({
            "iso": shown.to_rfc3339(),
            "epochSeconds": seconds.to_string(),
            "epochMillis": (shown.as_micros() / 1_000).to_string(),
        }))
    }

    /// GET /key_permissions.
    pub(crate) fn permissions(&self) -> Reply {
        Reply::json(&json!({
            "can_view": true,
            "can_trade": true,
            "can_transfer": self.config.can_transfer,
            "portfolio_uuid": self.account_id("portfolio"),
            "portfolio_type": "DEFAULT",
        }))
    }

    /// GET /accounts.
    pub(crate) fn accounts(&self, query: &Query) -> Reply {
        let mut currencies: Vec<String> = self
            .products
            .values()
            .flat_map(|product| [product.base.clone(), product.quote.clone()])
            .chain(self.state.balances.keys().cloned())
            .collect();
        currencies.sort();
        currencies.dedup();
        // Those without money stand between the others, so that no page is free of either.
        let empty = (0..self.config.empty_accounts).map(|number| format!("E{number:04}"));
        currencies.extend(empty);
        currencies.sort_by_key(|currency| self.account_id(currency));
        let (shown, has_next, cursor) = page(currencies, query, 49, 250);
        let accounts: Vec<Value> = shown
            .iter()
            .map(|currency| self.account_json(currency))
            .collect();
        Reply::json(&json!({
            "size": accounts.len(),
            "accounts": accounts,
            "has_next": has_next,
            "cursor": cursor,
        }))
    }

    /// GET /accounts/{id}.
    pub(crate) fn account(&self, id: &str) -> Reply {
        let found = self
            .state
            .balances
            .keys()
            .find(|currency| self.account_id(currency) == id);
        match found {
            Some(currency) => Reply::json(&json!({ "account": self.account_json(currency) })),
            None => Reply::missing("account not found"),
        }
    }

    /// GET /products.
    pub(crate) fn products(&mut self, query: &Query, now: Timestamp) -> Reply {
        let wished: Vec<String> = query.all("product_ids").map(str::to_owned).collect();
        let ids: Vec<String> = self
            .products
            .keys()
            .filter(|id| wished.is_empty() || wished.contains(id))
            .filter(|id| self.is_listed(id))
            .cloned()
            .collect();
        let count = ids.len();
        let offset = query
            .number("offset")
            .and_then(|offset| usize::try_from(offset).ok());
        let limit = query
            .number("limit")
            .and_then(|limit| usize::try_from(limit).ok());
        let products: Vec<Value> = ids
            .iter()
            .skip(offset.unwrap_or_default())
            .take(limit.unwrap_or(count))
            .filter_map(|id| self.product_json(id, now))
            .collect();
        Reply::json(&json!({
            "products": products,
            "num_products": count,
            "pagination": Value::Null,
        }))
    }

    /// GET /products/{id}.
    pub(crate) fn product(&mut self, id: &str, now: Timestamp) -> Reply {
        match self.product_json(id, now) {
            Some(product) if self.is_listed(id) => Reply::json(&product),
            _ => Reply::missing(&format!("Product {id} not supported")),
        }
    }

    fn is_listed(&self, id: &str) -> bool {
        self.flag(id, "listed", "true") == "true"
    }

    /// GET /products/{id}/candles.
    pub(crate) fn candles(&mut self, id: &str, query: &Query, now: Timestamp) -> Reply {
        let Some(granularity) = query.first("granularity").and_then(Granularity::parse) else {
            return Reply::wrong("granularity is unknown");
        };
        let (Some(start), Some(end)) = (query.number("start"), query.number("end")) else {
            return Reply::wrong("start and end are needed");
        };
        let length = granularity.seconds();
        let begun: i64 = self
            .flag(id, "first_candle", "")
            .parse()
            .unwrap_or(i64::MIN);
        let first = start
            .max(begun)
            .saturating_add(length - 1)
            .div_euclid(length);
        let last = end.div_euclid(length);
        if last.saturating_sub(first) >= CANDLES_MAX {
            return Reply::wrong("number of candles requested should be less than 350");
        }
        let limit = query
            .number("limit")
            .unwrap_or(CANDLES_MAX)
            .min(CANDLES_MAX);
        let Some(market) = self.markets.get_mut(id) else {
            return Reply::missing(&format!("Product {id} not supported"));
        };
        let candles: Vec<Value> = (first..=last)
            .rev()
            .filter_map(|bucket| market.candle(granularity, bucket.saturating_mul(length), now))
            .take(usize::try_from(limit).unwrap_or_default())
            .map(|candle| candle_json(&candle))
            .collect();
        Reply::json(&json!({ "candles": candles }))
    }

    /// GET /products/{id}/ticker.
    pub(crate) fn trades(&self, id: &str, query: &Query, now: Timestamp) -> Reply {
        let (Some(market), Some(book)) = (self.markets.get(id), self.book(id, now)) else {
            return Reply::missing(&format!("Product {id} not supported"));
        };
        let limit = query.number("limit").unwrap_or(100).clamp(1, 100);
        let step = now.as_seconds().div_euclid(STEP_SECONDS);
        let trades: Vec<Value> = (0..limit)
            .map(|back| {
                let number = step - back;
                let moment = at_seconds(number * STEP_SECONDS);
                let quarter = over(market.minute_volume(moment), Decimal::from_integer(4));
                json!({
                    "trade_id": number.to_string(),
                    "product_id": id,
                    "price": market.price(moment).to_string(),
                    "size": quarter.to_string(),
                    "time": moment.to_rfc3339(),
                    "side": if number % 2 == 0 { "BUY" } else { "SELL" },
                    "bid": "",
                    "ask": "",
                    "exchange": "",
                })
            })
            .collect();
        let best = |levels: &[cbtrade_exchange::Level]| {
            levels
                .first()
                .map_or_else(String::new, |level| level.price.to_string())
        };
        Reply::json(&json!({
            "trades": trades,
            "best_bid": best(&book.bids),
            "best_ask": best(&book.asks),
        }))
    }

    /// GET /product_book.
    pub(crate) fn product_book(&self, query: &Query, now: Timestamp) -> Reply {
        let id = query.first("product_id").unwrap_or_default();
        let Some(book) = self.book(id, now) else {
            return Reply::missing(&format!("Product {id} not supported"));
        };
        let levels = query
            .number("limit")
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(1_000);
        let last = self.markets.get(id).map(|market| market.price(now));
        Reply::json(&json!({
            "pricebook": book_json(id, &book, levels),
            "last": last.unwrap_or_default().to_string(),
            "mid_market": last.unwrap_or_default().to_string(),
        }))
    }

    /// GET /best_bid_ask.
    pub(crate) fn best_bid_ask(&self, query: &Query, now: Timestamp) -> Reply {
        let wished: Vec<&str> = query.all("product_ids").collect();
        let books: Vec<Value> = self
            .products
            .keys()
            .filter(|id| wished.is_empty() || wished.contains(&id.as_str()))
            .filter_map(|id| Some(book_json(id, &self.book(id, now)?, 1)))
            .collect();
        Reply::json(&json!({ "pricebooks": books }))
    }

    /// GET /transaction_summary.
    pub(crate) fn summary(&self) -> Reply {
        Reply::json(&json!({
            "total_fees": 0,
            "fee_tier": {
                "pricing_tier": "Local",
                "taker_fee_rate": self.state.fees.taker.to_string(),
                "maker_fee_rate": self.state.fees.maker.to_string(),
                "aop_from": "",
                "aop_to": "",
            },
            "total_balance": "",
            "has_promo_fee": false,
        }))
    }

    /// GET /orders/historical/{id}.
    pub(crate) fn one_order(&self, id: &str, now: Timestamp) -> Reply {
        match self.state.order(id) {
            Some(order) => Reply::json(&json!({ "order": self.order_json(order, now) })),
            None => Reply::missing("order not found"),
        }
    }

    /// GET /orders/historical/batch.
    pub(crate) fn list_orders(&self, query: &Query, now: Timestamp) -> Reply {
        let statuses: Vec<&str> = query.all("order_status").collect();
        if statuses.len() > 1 && statuses.contains(&"OPEN") {
            return Reply::wrong("OPEN cannot be asked for with other statuses");
        }
        let products: Vec<&str> = query.all("product_ids").collect();
        let ids: Vec<&str> = query.all("order_ids").collect();
        let (since, until) = (query.moment("start_date"), query.moment("end_date"));
        let side = query.first("order_side");
        let found = self.state.orders.iter().rev().filter(|order| {
            order.listed <= now
                && (products.is_empty() || products.contains(&order.product.as_str()))
                && (ids.is_empty() || ids.contains(&order.id.as_str()))
                && (statuses.is_empty() || statuses.contains(&order.status.as_str()))
                && side.is_none_or(|side| side == order.side.as_str())
                && since.is_none_or(|since| order.created >= since)
                && until.is_none_or(|until| order.created < until)
        });
        let (shown, has_next, cursor) = page(found.collect(), query, 100, 1_000);
        let orders: Vec<Value> = shown
            .into_iter()
            .map(|order| self.order_json(order, now))
            .collect();
        Reply::json(&json!({
            "orders": orders,
            "sequence": "0",
            "has_next": has_next,
            "cursor": cursor,
        }))
    }

    /// GET /orders/historical/fills.
    pub(crate) fn list_fills(&self, query: &Query, now: Timestamp) -> Reply {
        let products: Vec<&str> = query.all("product_ids").collect();
        let orders: Vec<&str> = query.all("order_ids").collect();
        let trades: Vec<&str> = query.all("trade_ids").collect();
        let since = query.moment("start_sequence_timestamp");
        let until = query.moment("end_sequence_timestamp");
        let found = self.state.fills.iter().rev().filter(|fill| {
            let row = &fill.filled;
            row.listed <= now
                && (products.is_empty() || products.contains(&fill.product.as_str()))
                && (orders.is_empty() || orders.contains(&row.order.as_str()))
                && (trades.is_empty() || trades.contains(&row.trade.as_str()))
                && since.is_none_or(|since| row.listed >= since)
                && until.is_none_or(|until| row.listed < until)
        });
        let (shown, _, cursor) = page(found.collect(), query, 100, 1_000);
        let fills: Vec<Value> = shown.into_iter().map(fill_json).collect();
        Reply::json(&json!({ "fills": fills, "cursor": cursor }))
    }
}
