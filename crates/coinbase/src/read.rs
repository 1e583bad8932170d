//! The venue's JSON as our types.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_exchange::{
    Account, Book, Candle, ExchangeError, Fill, FillKind, Level, Liquidity, Order, OrderKind,
    OrderRequest, OrderStatus, Placement, Product, ProductStatus, Refusal, Side, StopDirection,
};
use serde_json::{Value, json};

use crate::fields::Fields;

type Read<T> = Result<T, ExchangeError>;

pub(crate) fn account(fields: Fields<'_>) -> Read<Account> {
    Ok(Account {
        id: fields.needed_text("uuid")?,
        currency: fields.needed_text("currency")?,
        available: fields.inside("available_balance").needed_decimal("value")?,
        hold: fields.inside("hold").decimal_or_zero("value")?,
        usable: fields.is("active") && fields.is("ready"),
    })
}

pub(crate) fn product(fields: Fields<'_>) -> Read<Product> {
    let text = |name: &str| fields.text(name).unwrap_or_default();
    let quote_increment = fields.needed_decimal("quote_increment")?;
    Ok(Product {
        id: fields.needed_text("product_id")?,
        base_currency: text("base_currency_id"),
        quote_currency: text("quote_currency_id"),
        base_name: text("base_name"),
        quote_name: text("quote_name"),
        alias: fields.text("alias"),
        venue: text("product_venue"),
        base_increment: fields.needed_decimal("base_increment")?,
        quote_increment,
        // Older answers have one step for both.
        price_increment: fields
            .decimal("price_increment")?
            .unwrap_or(quote_increment),
        base_size_min: fields.needed_decimal("base_min_size")?,
        base_size_max: fields.decimal("base_max_size")?,
        quote_size_min: fields.needed_decimal("quote_min_size")?,
        quote_size_max: fields.decimal("quote_max_size")?,
        status: ProductStatus::from(text("status").as_str()),
        is_disabled: fields.is("is_disabled"),
        trading_disabled: fields.is("trading_disabled"),
        cancel_only: fields.is("cancel_only"),
        limit_only: fields.is("limit_only"),
        post_only: fields.is("post_only"),
        auction_mode: fields.is("auction_mode"),
        view_only: fields.is("view_only"),
        price: fields.decimal("price")?,
        best_bid: fields.decimal("best_bid_price")?,
        best_ask: fields.decimal("best_ask_price")?,
        price_change_24h_percent: fields.decimal("price_percentage_change_24h")?,
        volume_24h: fields.decimal("volume_24h")?,
        volume_change_24h_percent: fields.decimal("volume_percentage_change_24h")?,
        quote_volume_24h: fields.decimal("approximate_quote_24h_volume")?,
        high_24h: fields.decimal("high_24h")?,
        low_24h: fields.decimal("low_24h")?,
    })
}

pub(crate) fn candle(fields: Fields<'_>) -> Read<Candle> {
    let start = fields
        .needed_text("start")?
        .parse()
        .ok()
        .and_then(Timestamp::from_seconds);
    Ok(Candle {
        start: start.ok_or_else(|| fields.wrong("start", "is no moment"))?,
        open: fields.needed_decimal("open")?,
        high: fields.needed_decimal("high")?,
        low: fields.needed_decimal("low")?,
        close: fields.needed_decimal("close")?,
        volume: fields.needed_decimal("volume")?,
    })
}

pub(crate) fn book(fields: Fields<'_>) -> Read<Book> {
    let book = fields.inside("pricebook");
    let side = |name: &str| -> Read<Vec<Level>> {
        book.needed_list(name)?
            .map(|level| {
                Ok(Level {
                    price: level.needed_decimal("price")?,
                    size: level.needed_decimal("size")?,
                })
            })
            .collect()
    };
    Ok(Book {
        bids: side("bids")?,
        asks: side("asks")?,
        time: book.needed_moment("time")?,
    })
}

fn side(fields: Fields<'_>) -> Read<Side> {
    let text = fields.needed_text("side")?;
    Side::parse(&text).ok_or_else(|| fields.wrong("side", "is neither BUY nor SELL"))
}

/// The kind of an order of ours or of somebody else's; `None` where it is one that is not known here.
fn kind(fields: Fields<'_>, side: Side) -> Read<Option<OrderKind>> {
    let Some((name, inner)) = fields
        .value
        .as_object()
        .and_then(|variants| variants.iter().find(|(_, value)| !value.is_null()))
    else {
        return Ok(None);
    };
    let inner = Fields::of(inner, "an order's configuration");
    let base = inner.decimal("base_size")?;
    let limit = inner.decimal("limit_price")?;
    let post_only = inner.is("post_only");
    Ok(match (name.as_str(), base, limit) {
        ("market_market_ioc", None, _) => inner
            .decimal("quote_size")?
            .map(|quote_size| OrderKind::MarketBuy { quote_size }),
        ("market_market_ioc", Some(base_size), _) => Some(match side {
            Side::Buy => OrderKind::MarketBuyBase { base_size },
            Side::Sell => OrderKind::MarketSell { base_size },
        }),
        ("sor_limit_ioc", Some(base_size), Some(limit_price)) => Some(OrderKind::LimitIoc {
            base_size,
            limit_price,
        }),
        ("limit_limit_fok", Some(base_size), Some(limit_price)) => Some(OrderKind::LimitFok {
            base_size,
            limit_price,
        }),
        ("limit_limit_gtc", Some(base_size), Some(limit_price)) => Some(OrderKind::LimitGtc {
            base_size,
            limit_price,
            post_only,
        }),
        ("limit_limit_gtd", Some(base_size), Some(limit_price)) => {
            inner
                .moment("end_time")
                .map(|end_time| OrderKind::LimitGtd {
                    base_size,
                    limit_price,
                    post_only,
                    end_time,
                })
        }
        ("stop_limit_stop_limit_gtc", Some(base_size), Some(limit_price)) => {
            let direction = match inner.text("stop_direction").as_deref() {
                Some("STOP_DIRECTION_STOP_UP") => Some(StopDirection::Up),
                Some("STOP_DIRECTION_STOP_DOWN") => Some(StopDirection::Down),
                _ => None,
            };
            inner
                .decimal("stop_price")?
                .zip(direction)
                .map(|(stop_price, stop_direction)| OrderKind::StopLimitGtc {
                    base_size,
                    limit_price,
                    stop_price,
                    stop_direction,
                })
        }
        _ => None,
    })
}

pub(crate) fn order(fields: Fields<'_>) -> Read<Order> {
    let side = side(fields)?;
    let reject_reason = fields.text("reject_reason").unwrap_or_default();
    let average = fields.decimal("average_filled_price")?;
    Ok(Order {
        order_id: fields.needed_text("order_id")?,
        client_order_id: fields.text("client_order_id").unwrap_or_default(),
        product: fields.needed_text("product_id")?,
        side,
        kind: kind(fields.inside("order_configuration"), side)?,
        status: OrderStatus::from(fields.needed_text("status")?.as_str()),
        created: fields.needed_moment("created_time")?,
        last_fill_time: fields.moment("last_fill_time"),
        completion_percent: fields.decimal("completion_percentage")?,
        filled_size: fields.decimal_or_zero("filled_size")?,
        filled_value: fields.decimal_or_zero("filled_value")?,
        average_filled_price: average.filter(|average| !average.is_zero()),
        fills_count: fields.count("number_of_fills").unwrap_or_default(),
        total_fees: fields.decimal_or_zero("total_fees")?,
        total_value_after_fees: fields.decimal_or_zero("total_value_after_fees")?,
        hold: fields.decimal("outstanding_hold_amount")?,
        settled: fields.is("settled"),
        pending_cancel: fields.is("pending_cancel"),
        reject_reason: if reject_reason == "REJECT_REASON_UNSPECIFIED" {
            String::new()
        } else {
            reject_reason
        },
        reject_message: fields.text("reject_message").unwrap_or_default(),
        cancel_message: fields.text("cancel_message").unwrap_or_default(),
    })
}

pub(crate) fn fill(fields: Fields<'_>) -> Read<Fill> {
    let time = fields.needed_moment("trade_time")?;
    Ok(Fill {
        entry_id: fields.needed_text("entry_id")?,
        trade_id: fields.text("trade_id").unwrap_or_default(),
        order_id: fields.needed_text("order_id")?,
        time,
        sequence_time: fields.moment("sequence_timestamp").unwrap_or(time),
        kind: FillKind::from(fields.text("trade_type").unwrap_or_default().as_str()),
        price: fields.needed_decimal("price")?,
        size: fields.needed_decimal("size")?,
        size_in_quote: fields.is("size_in_quote"),
        commission: fields.decimal_or_zero("commission")?,
        product: fields.needed_text("product_id")?,
        side: side(fields)?,
        liquidity: Liquidity::from(
            fields
                .text("liquidity_indicator")
                .unwrap_or_default()
                .as_str(),
        ),
    })
}

/// The body of an order that is to be placed.
pub(crate) fn order_body(request: &OrderRequest) -> Value {
    let text = |number: Decimal| Value::String(number.to_string());
    let configuration = match request.kind {
        OrderKind::MarketBuy { quote_size } => {
            json!({ "market_market_ioc": { "quote_size": text(quote_size) } })
        }
        OrderKind::MarketBuyBase { base_size } | OrderKind::MarketSell { base_size } => {
            json!({ "market_market_ioc": { "base_size": text(base_size) } })
        }
        OrderKind::LimitIoc {
            base_size,
            limit_price,
        } => json!({ "sor_limit_ioc": {
            "base_size": text(base_size),
            "limit_price": text(limit_price),
        } }),
        OrderKind::LimitFok {
            base_size,
            limit_price,
        } => json!({ "limit_limit_fok": {
            "base_size": text(base_size),
            "limit_price": text(limit_price),
        } }),
        OrderKind::LimitGtc {
            base_size,
            limit_price,
            post_only,
        } => json!({ "limit_limit_gtc": {
            "base_size": text(base_size),
            "limit_price": text(limit_price),
            "post_only": post_only,
        } }),
        OrderKind::LimitGtd {
            base_size,
            limit_price,
            post_only,
            end_time,
        } => json!({ "limit_limit_gtd": {
            "base_size": text(base_size),
            "limit_price": text(limit_price),
            "post_only": post_only,
            "end_time": end_time.to_rfc3339(),
        } }),
        OrderKind::StopLimitGtc {
            base_size,
            limit_price,
            stop_price,
            stop_direction,
        } => json!({ "stop_limit_stop_limit_gtc": {
            "base_size": text(base_size),
            "limit_price": text(limit_price),
            "stop_price": text(stop_price),
            "stop_direction": match stop_direction {
                StopDirection::Up => "STOP_DIRECTION_STOP_UP",
                StopDirection::Down => "STOP_DIRECTION_STOP_DOWN",
            },
        } }),
    };
    json!({
        "client_order_id": request.client_order_id,
        "product_id": request.product,
        "side": request.side.as_str(),
        "order_configuration": configuration,
    })
}

/// What an answer to an order says.
pub(crate) fn placement(fields: Fields<'_>) -> Placement {
    if fields.is("success") {
        // Older servers name the id at the top only, newer ones inside only. A reason beside a success means nothing.
        let inside = fields.inside("success_response").text("order_id");
        return match inside.or_else(|| fields.text("order_id")) {
            Some(order_id) => Placement::Accepted { order_id },
            None => Placement::Unclear(fields.wrong("order_id", "is missing")),
        };
    }
    if fields.text("success").as_deref() != Some("false") {
        return Placement::Unclear(fields.wrong("success", "is missing"));
    }
    let error = fields.inside("error_response");
    let reason = [
        "new_order_failure_reason",
        "error",
        "preview_failure_reason",
    ]
    .into_iter()
    .filter_map(|name| error.text(name))
    .find(|reason| !reason.starts_with("UNKNOWN_"))
    .or_else(|| fields.text("failure_reason"))
    .unwrap_or_else(|| "UNKNOWN_FAILURE_REASON".to_owned());
    let said = [error.text("message"), error.text("error_details")];
    let message: Vec<String> = said.into_iter().flatten().collect();
    Placement::Refused(Refusal::new(&reason, message.join("; ")))
}

#[cfg(test)]
mod tests {
    use cbtrade_exchange::RefusalClass;

    use super::*;

    fn placed(value: &Value) -> Placement {
        placement(Fields::of(value, "POST /orders"))
    }

    #[test]
    fn a_success_is_read_wherever_the_id_stands() {
        let old =
            json!({ "success": true, "failure_reason": "UNKNOWN_FAILURE_REASON", "order_id": "o" });
        let new = json!({ "success": true, "success_response": { "order_id": "o" } });
        for value in [old, new] {
            let accepted = Placement::Accepted {
                order_id: "o".to_owned(),
            };
            assert_eq!(placed(&value), accepted);
        }
        assert!(matches!(
            placed(&json!({ "success": true })),
            Placement::Unclear(_)
        ));
        assert!(matches!(placed(&json!({})), Placement::Unclear(_)));
    }

    #[test]
    fn a_reason_is_taken_where_it_is_one() {
        let value = json!({ "success": false, "error_response": {
            "error": "UNKNOWN_FAILURE_REASON",
            "new_order_failure_reason": "UNKNOWN_FAILURE_REASON",
            "preview_failure_reason": "PREVIEW_INSUFFICIENT_FUND",
            "message": "no", "error_details": "really",
        } });
        let Placement::Refused(refusal) = placed(&value) else {
            panic!("not refused");
        };
        assert_eq!(refusal.class, RefusalClass::Funds);
        assert_eq!(refusal.message, "no; really");
    }

    #[test]
    fn an_unknown_kind_of_order_is_read_without_it() {
        let value = json!({
            "order_id": "o", "client_order_id": "c", "product_id": "A-B", "side": "BUY",
            "status": "DREAMING", "created_time": "2026-01-01T00:00:00.123456789Z",
            "order_configuration": { "twap_limit_gtd": { "base_size": "1" } },
            "fee": "", "filled_size": 0.5, "reject_reason": "REJECT_REASON_UNSPECIFIED",
            "something_new": { "a": 1 },
        });
        let order = order(Fields::of(&value, "GET /x")).unwrap();
        assert_eq!(order.kind, None);
        assert_eq!(order.status, OrderStatus::Unknown("DREAMING".to_owned()));
        assert_eq!(order.filled_size.to_string(), "0.5");
        assert_eq!(order.reject_reason, "");
    }
}
