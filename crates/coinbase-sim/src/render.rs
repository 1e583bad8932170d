//! What the venue knows, in the venue's JSON: money as text, absent values as empty text.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_exchange::{Book, Candle, Granularity, Level, OrderKind, OrderStatus};
use serde_json::{Value, json};

use crate::clock::{after_ms, at_seconds};
use crate::config::ProductConfig;
use crate::engine::Engine;
use crate::money::{minus, over, plus, times};
use crate::state::{Fill, Order};

/// Products whose USDC id and USD id are one book have an alias.
pub(crate) fn alias_of(product: &ProductConfig) -> String {
    match product.quote.as_str() {
        "USDC" => format!("{}-USD", product.base),
        _ => String::new(),
    }
}

fn percent_of(now: Decimal, before: Decimal) -> String {
    let hundred = Decimal::from_integer(100);
    if before.is_zero() {
        return String::new();
    }
    over(times(minus(now, before), hundred), before)
        .round(8)
        .to_string()
}

/// Figures of 24 hours.
struct Day {
    high: Decimal,
    low: Decimal,
    volume: Decimal,
}

impl Engine {
    /// High, low and volume of the 24 hours that end at this one.
    fn day(&mut self, product: &str, hour: i64, now: Timestamp) -> Day {
        let mut day = Day {
            high: Decimal::ZERO,
            low: Decimal::ZERO,
            volume: Decimal::ZERO,
        };
        let Some(market) = self.markets.get_mut(product) else {
            return day;
        };
        for one in hour - 23..=hour {
            if let Some(candle) = market.candle(Granularity::OneHour, one * 3_600, now) {
                day.high = day.high.max(candle.high);
                day.low = if day.low.is_zero() {
                    candle.low
                } else {
                    day.low.min(candle.low)
                };
                day.volume = plus(day.volume, candle.volume);
            }
        }
        day
    }

    /// A product.
    pub(crate) fn product_json(&mut self, id: &str, now: Timestamp) -> Option<Value> {
        let rules = self.products.get(id)?.clone();
        let hour = now.as_seconds().div_euclid(3_600);
        let (day, before) = (self.day(id, hour, now), self.day(id, hour - 24, now));
        let market = self.markets.get(id)?;
        let price = market.price(now);
        let yesterday = market.price(at_seconds(now.as_seconds() - 86_400));
        let book = self.book(id, now)?;
        let best = |levels: &[Level]| {
            levels
                .first()
                .map_or_else(String::new, |level| level.price.to_string())
        };
        let flag = |name: &str| self.is_set(id, name);
        Some(json!({
            "product_id": id,
            "display_name": id.replace('-', "/"),
            "base_currency_id": rules.base,
            "quote_currency_id": rules.quote,
            "base_name": rules.base_name,
            "quote_name": rules.quote_name,
            "base_display_symbol": rules.base,
            "quote_display_symbol": if rules.quote == "USDC" { "USD" } else { &rules.quote },
            "price": price.to_string(),
            "price_percentage_change_24h": percent_of(price, yesterday),
            "volume_24h": day.volume.to_string(),
            "volume_percentage_change_24h": percent_of(day.volume, before.volume),
            "approximate_quote_24h_volume": times(day.volume, price).round(2).to_string(),
            "high_24h": day.high.to_string(),
            "low_24h": day.low.to_string(),
            "base_increment": rules.base_increment.to_string(),
            "quote_increment": rules.quote_increment.to_string(),
            "price_increment": rules.price_increment.to_string(),
            "base_min_size": rules.base_size_min.to_string(),
            "base_max_size": rules.base_size_max.to_string(),
            "quote_min_size": rules.quote_size_min.to_string(),
            "quote_max_size": rules.quote_size_max.to_string(),
            "status": self.flag(id, "status", "online"),
            "is_disabled": flag("is_disabled"),
            "trading_disabled": flag("trading_disabled"),
            "cancel_only": flag("cancel_only"),
            "limit_only": flag("limit_only"),
            "post_only": flag("post_only"),
            "auction_mode": flag("auction_mode"),
            "view_only": flag("view_only"),
            "new": false,
            "watched": false,
            "product_type": "SPOT",
            "product_venue": "CBE",
            "alias": alias_of(&rules),
            "alias_to": [],
            "mid_market_price": "",
            "best_bid_price": best(&book.bids),
            "best_ask_price": best(&book.asks),
            "fcm_trading_session_details": Value::Null,
            "future_product_details": Value::Null,
        }))
    }

    /// An account of a currency.
    pub(crate) fn account_json(&self, currency: &str) -> Value {
        let balance = self.state.balance(currency);
        let amount = |value: Decimal| json!({ "value": value.to_string(), "currency": currency });
        let is_fiat = ["USD", "EUR", "GBP"].contains(&currency);
        json!({
            "uuid": self.account_id(currency),
            "name": format!("{currency} Wallet"),
            "currency": currency,
            "available_balance": amount(balance.available),
            "hold": amount(balance.hold),
            "default": true,
            "active": true,
            "ready": true,
            "type": if is_fiat { "ACCOUNT_TYPE_FIAT" } else { "ACCOUNT_TYPE_CRYPTO" },
            "platform": "ACCOUNT_PLATFORM_CONSUMER",
            "created_at": "2024-01-01T00:00:00Z",
            "updated_at": "2024-01-01T00:00:00Z",
            "deleted_at": Value::Null,
        })
    }

    /// An order.
    pub(crate) fn order_json(&self, order: &Order, now: Timestamp) -> Value {
        let (kind, force) = match order.kind {
            OrderKind::MarketBuy { .. }
            | OrderKind::MarketBuyBase { .. }
            | OrderKind::MarketSell { .. } => ("MARKET", "IMMEDIATE_OR_CANCEL"),
            OrderKind::LimitIoc { .. } => ("LIMIT", "IMMEDIATE_OR_CANCEL"),
            OrderKind::LimitFok { .. } => ("LIMIT", "FILL_OR_KILL"),
            OrderKind::LimitGtc { .. } => ("LIMIT", "GOOD_UNTIL_CANCELLED"),
            OrderKind::LimitGtd { .. } => ("LIMIT", "GOOD_UNTIL_DATE_TIME"),
            OrderKind::StopLimitGtc { .. } => ("STOP_LIMIT", "GOOD_UNTIL_CANCELLED"),
        };
        let trigger = match (&order.kind, order.is_awake) {
            (OrderKind::StopLimitGtc { .. }, true) => "STOP_TRIGGERED",
            (OrderKind::StopLimitGtc { .. }, false) => "STOP_PENDING",
            _ => "INVALID_ORDER_TYPE",
        };
        let after_fees = match order.side {
            cbtrade_exchange::Side::Buy => plus(order.filled_value, order.fees),
            cbtrade_exchange::Side::Sell => minus(order.filled_value, order.fees),
        };
        let settles = after_ms(order.updated, self.behaviour.settle_ms);
        let settled = order.status.is_terminal() && settles <= now;
        let is_quote = matches!(order.kind, OrderKind::MarketBuy { .. });
        json!({
            "order_id": order.id,
            "client_order_id": order.client_order_id,
            "product_id": order.product,
            "user_id": "local",
            "product_type": "SPOT",
            "side": order.side.as_str(),
            "order_configuration": order.configuration,
            "order_type": kind,
            "time_in_force": force,
            "status": order.status.as_str(),
            "created_time": order.created.to_rfc3339(),
            "last_update_time": order.updated.to_rfc3339(),
            "last_fill_time": order.last_fill.map(Timestamp::to_rfc3339),
            "completion_percentage": completion(order).to_string(),
            "filled_size": order.filled_size.to_string(),
            "filled_value": order.filled_value.to_string(),
            "average_filled_price": average(order).to_string(),
            "number_of_fills": order.fills.to_string(),
            "fee": "",
            "total_fees": order.fees.to_string(),
            "total_value_after_fees": after_fees.to_string(),
            "size_in_quote": is_quote,
            "size_inclusive_of_fees": is_quote,
            "pending_cancel": order.status == OrderStatus::CancelQueued,
            "outstanding_hold_amount": order.hold.to_string(),
            "settled": settled,
            "trigger_status": trigger,
            "reject_reason": "REJECT_REASON_UNSPECIFIED",
            "reject_message": "",
            "cancel_message": order.message,
            "order_placement_source": "RETAIL_ADVANCED",
            "is_liquidation": false,
            "edit_history": [],
        })
    }

    /// What the user channel says of an order.
    pub(crate) fn update_json(&self, order: &Order) -> Value {
        let left = order
            .base_size()
            .map_or(Decimal::ZERO, |size| minus(size, order.filled_size));
        let is_over = order.status.is_terminal();
        json!({
            "order_id": order.id,
            "client_order_id": order.client_order_id,
            "product_id": order.product,
            "product_type": "SPOT",
            "order_side": order.side.as_str(),
            "order_type": if order.limit_price().is_some() { "Limit" } else { "Market" },
            "status": order.status.as_str(),
            "creation_time": order.created.to_rfc3339(),
            "cumulative_quantity": order.filled_size.to_string(),
            "leaves_quantity": if is_over { "0".to_owned() } else { left.to_string() },
            "avg_price": average(order).to_string(),
            "total_fees": order.fees.to_string(),
            "filled_value": order.filled_value.to_string(),
            "number_of_fills": order.fills.to_string(),
            "completion_percentage": completion(order).to_string(),
            "outstanding_hold_amount": order.hold.to_string(),
            "limit_price": order.limit_price().unwrap_or_default().to_string(),
            "stop_price": "0",
            "post_only": "false",
            "cancel_reason": order.message,
            "reject_reason": "",
        })
    }
}

fn average(order: &Order) -> Decimal {
    over(order.filled_value, order.filled_size)
}

fn completion(order: &Order) -> Decimal {
    let hundred = Decimal::from_integer(100);
    let share = match order.base_size() {
        Some(size) => over(times(order.filled_size, hundred), size),
        None if order.status == OrderStatus::Filled => hundred,
        None => match order.kind {
            OrderKind::MarketBuy { quote_size } => over(
                times(plus(order.filled_value, order.fees), hundred),
                quote_size,
            ),
            _ => Decimal::ZERO,
        },
    };
    share.round(2)
}

/// A fill.
pub(crate) fn fill_json(fill: &Fill) -> Value {
    json!({
        "entry_id": fill.filled.entry,
        "trade_id": fill.filled.trade,
        "order_id": fill.filled.order,
        "trade_time": fill.filled.time.to_rfc3339(),
        "trade_type": "FILL",
        "price": fill.filled.price.to_string(),
        "size": fill.filled.size.to_string(),
        "commission": fill.filled.fee.to_string(),
        "product_id": fill.product,
        "sequence_timestamp": fill.filled.listed.to_rfc3339(),
        "liquidity_indicator": if fill.filled.maker { "MAKER" } else { "TAKER" },
        "size_in_quote": false,
        "user_id": "local",
        "side": fill.side.as_str(),
    })
}

/// A candle.
pub(crate) fn candle_json(candle: &Candle) -> Value {
    json!({
        "start": candle.start.as_seconds().to_string(),
        "low": candle.low.to_string(),
        "high": candle.high.to_string(),
        "open": candle.open.to_string(),
        "close": candle.close.to_string(),
        "volume": candle.volume.to_string(),
    })
}

/// A book of so many levels.
pub(crate) fn book_json(product: &str, book: &Book, levels: usize) -> Value {
    let side = |all: &[Level]| -> Vec<Value> {
        all.iter()
            .take(levels)
            .map(
                |level| json!({ "price": level.price.to_string(), "size": level.size.to_string() }),
            )
            .collect()
    };
    json!({
        "product_id": product,
        "bids": side(&book.bids),
        "asks": side(&book.asks),
        "time": book.time.to_rfc3339(),
    })
}
