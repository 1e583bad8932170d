//! Reading what is asked of the venue.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_exchange::{OrderKind, Side, StopDirection};
use serde_json::Value;

/// The query of an address, decoded.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn read(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key), decoded(value))
        });
        Self(pairs.collect())
    }

    /// The first value of a key that is not empty.
    pub(crate) fn first(&self, key: &str) -> Option<&str> {
        self.all(key).next()
    }

    /// Every value of a key; lists repeat their key.
    pub(crate) fn all<'query>(&'query self, key: &str) -> impl Iterator<Item = &'query str> {
        self.0
            .iter()
            .filter(move |(own, value)| own == key && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// A number.
    pub(crate) fn number(&self, key: &str) -> Option<i64> {
        self.first(key)?.parse().ok()
    }

    /// A moment as RFC 3339.
    pub(crate) fn moment(&self, key: &str) -> Option<Timestamp> {
        Timestamp::parse(self.first(key)?).ok()
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = String::from_utf8_lossy(&digits).into_owned();
                match u8::from_str_radix(&digits, 16) {
                    Ok(decoded) => bytes.push(decoded),
                    Err(_) => bytes.extend(format!("%{digits}").into_bytes()),
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A decimal that must be text, as the venue wants it.
fn decimal(value: &Value, field: &str) -> Result<Option<Decimal>, &'static str> {
    match value.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => match Decimal::parse(text) {
            Ok(number) if number > Decimal::ZERO => Ok(Some(number)),
            Ok(_) | Err(_) => Err(wrong_number(field)),
        },
        Some(_) => Err("INVALID_REQUEST"),
    }
}

fn wrong_number(field: &str) -> &'static str {
    if field.ends_with("price") {
        "INVALID_LIMIT_PRICE"
    } else {
        "INVALID_SIZE_PRECISION"
    }
}

fn needed(value: &Value, field: &str) -> Result<Decimal, &'static str> {
    decimal(value, field)?.ok_or("INVALID_REQUEST")
}

/// The kind of order that a configuration asks for, or the reason why it is none.
pub(crate) fn read_kind(side: Side, configuration: &Value) -> Result<OrderKind, &'static str> {
    let unsupported = "UNSUPPORTED_ORDER_CONFIGURATION";
    let fields = configuration.as_object().ok_or("INVALID_REQUEST")?;
    let mut variants = fields.iter().filter(|(_, value)| !value.is_null());
    let (Some((name, inner)), None) = (variants.next(), variants.next()) else {
        return Err("INVALID_REQUEST");
    };
    let post_only = inner.get("post_only").and_then(Value::as_bool) == Some(true);
    match name.as_str() {
        "market_market_ioc" => {
            let (quote, base) = (decimal(inner, "quote_size")?, decimal(inner, "base_size")?);
            match (side, quote, base) {
                (Side::Buy, Some(quote_size), None) => Ok(OrderKind::MarketBuy { quote_size }),
                (Side::Buy, None, Some(base_size)) => Ok(OrderKind::MarketBuyBase { base_size }),
                (Side::Sell, None, Some(base_size)) => Ok(OrderKind::MarketSell { base_size }),
                _ => Err(unsupported),
            }
        }
        "sor_limit_ioc" => Ok(OrderKind::LimitIoc {
            base_size: needed(inner, "base_size")?,
            limit_price: needed(inner, "limit_price")?,
        }),
        "limit_limit_fok" if post_only => Err("POST_ONLY_NOT_ALLOWED_WITH_FOK"),
        "limit_limit_fok" => Ok(OrderKind::LimitFok {
            base_size: needed(inner, "base_size")?,
            limit_price: needed(inner, "limit_price")?,
        }),
        "limit_limit_gtc" => Ok(OrderKind::LimitGtc {
            base_size: needed(inner, "base_size")?,
            limit_price: needed(inner, "limit_price")?,
            post_only,
        }),
        "limit_limit_gtd" => {
            let end = inner.get("end_time").and_then(Value::as_str);
            let end_time = end
                .and_then(|end| Timestamp::parse(end).ok())
                .ok_or("GTD_ORDERS_MUST_HAVE_END_TIME")?;
            Ok(OrderKind::LimitGtd {
                base_size: needed(inner, "base_size")?,
                limit_price: needed(inner, "limit_price")?,
                post_only,
                end_time,
            })
        }
        "stop_limit_stop_limit_gtc" => Ok(OrderKind::StopLimitGtc {
            base_size: needed(inner, "base_size")?,
            limit_price: needed(inner, "limit_price")?,
            stop_price: needed(inner, "stop_price")?,
            stop_direction: match inner.get("stop_direction").and_then(Value::as_str) {
                Some("STOP_DIRECTION_STOP_UP") => StopDirection::Up,
                Some("STOP_DIRECTION_STOP_DOWN") => StopDirection::Down,
                _ => return Err("INVALID_REQUEST"),
            },
        }),
        _ => Err(unsupported),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn queries_repeat_keys_and_encode_letters() {
        let query =
            Query::read("product_ids=A-B&product_ids=C%2DD&x=&start=2026-01-01T00%3A00%3A00Z");
        assert_eq!(query.all("product_ids").collect::<Vec<_>>(), ["A-B", "C-D"]);
        assert_eq!(query.first("x"), None);
        assert!(query.moment("start").is_some());
    }

    #[test]
    fn a_configuration_is_exactly_one_variant() {
        let market = json!({"market_market_ioc": {"quote_size": "10"}});
        assert!(matches!(
            read_kind(Side::Buy, &market),
            Ok(OrderKind::MarketBuy { .. })
        ));
        assert_eq!(
            read_kind(Side::Sell, &market),
            Err("UNSUPPORTED_ORDER_CONFIGURATION")
        );
        let number = json!({"market_market_ioc": {"quote_size": 10}});
        assert_eq!(read_kind(Side::Buy, &number), Err("INVALID_REQUEST"));
        assert_eq!(read_kind(Side::Buy, &json!({})), Err("INVALID_REQUEST"));
        let two = json!({"market_market_ioc": {}, "sor_limit_ioc": {}});
        assert_eq!(read_kind(Side::Buy, &two), Err("INVALID_REQUEST"));
    }
}
