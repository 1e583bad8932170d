//! Taking and cancelling orders.

use cbtrade_core::Timestamp;
use cbtrade_exchange::{OrderStatus, Side};
use serde_json::{Value, json};

use crate::clock::after_ms;
use crate::config::RepeatedIds;
use crate::engine::Engine;
use crate::reply::Reply;
use crate::request::read_kind;
use crate::state::{Event, Order, Taken};

/// Longest client id.
const CLIENT_ID_LETTERS_MAX: usize = 128;

/// Most orders of one cancellation.
const CANCEL_MAX: usize = 100;

fn text<'body>(body: &'body Value, field: &str) -> &'body str {
    body.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The answer of a refused order. Reasons of the preview come in a field of their own.
pub(crate) fn refusal(reason: &str, configuration: &Value) -> Value {
    let is_preview = reason.starts_with("PREVIEW_");
    let unknown = "UNKNOWN_FAILURE_REASON";
    let (new_order, preview) = match reason {
        _ if is_preview => (unknown, reason.to_owned()),
        "INSUFFICIENT_FUND" => (unknown, "PREVIEW_INSUFFICIENT_FUND".to_owned()),
        _ => (reason, "UNKNOWN_PREVIEW_FAILURE_REASON".to_owned()),
    };
    let error = if is_preview { unknown } else { reason };
    json!({
        "success": false,
        "error_response": {
            "error": error,
            "message": format!("The order is refused: {reason}"),
            "error_details": "",
            "preview_failure_reason": preview,
            "new_order_failure_reason": new_order,
        },
        "order_configuration": configuration,
    })
}

fn accepted(order: &Order) -> Value {
    json!({
        "success": true,
        "failure_reason": "UNKNOWN_FAILURE_REASON",
        "order_id": order.id,
        "success_response": {
            "order_id": order.id,
            "product_id": order.product,
            "side": order.side.as_str(),
            "client_order_id": order.client_order_id,
        },
        "order_configuration": order.configuration,
    })
}

impl Engine {
    /// POST /orders.
    pub(crate) fn create(&mut self, body: &str, now: Timestamp) -> Reply {
        let Ok(body) = serde_json::from_str::<Value>(body) else {
            return Reply::wrong("the body is no JSON");
        };
        let client_order_id = text(&body, "client_order_id");
        let letters = client_order_id.chars().count();
        if letters == 0 || letters > CLIENT_ID_LETTERS_MAX {
            return Reply::wrong("client_order_id must have 1 to 128 letters");
        }
        let configuration = body.get("order_configuration").unwrap_or(&Value::Null);
        let (product, side) = (text(&body, "product_id"), text(&body, "side"));
        if let Some(reply) = self.repeated(client_order_id, product, side, configuration) {
            return reply;
        }
        let taken = Side::parse(side)
            .ok_or("INVALID_SIDE")
            .and_then(|side| self.check(product, side, configuration, now));
        let (hold_currency, hold) = match taken {
            Ok(hold) => hold,
            Err(reason) => return Reply::json(&refusal(reason, configuration)),
        };
        let id = self.next_order_id();
        let cut = self.behaviour.next_cut().map(|cut| cut.to_string());
        self.commit(Event::Taken(Box::new(Taken {
            order: id.clone(),
            client_order_id: client_order_id.to_owned(),
            product: product.to_owned(),
            side: side.to_owned(),
            configuration: configuration.clone(),
            created: now,
            opens: after_ms(now, self.behaviour.pending_ms),
            listed: after_ms(now, self.behaviour.late_order_ms),
            hold_currency,
            hold,
            cut,
        })));
        self.advance(now);
        match self.state.order(&id) {
            Some(order) => Reply::json(&accepted(order)),
            None => Reply::failed(500, "the journal cannot be written"),
        }
    }

    fn check(
        &self,
        product: &str,
        side: Side,
        configuration: &Value,
        now: Timestamp,
    ) -> Result<(String, cbtrade_core::Decimal), &'static str> {
        if !self.products.contains_key(product) {
            return Err("INVALID_PRODUCT_ID");
        }
        let kind = read_kind(side, configuration)?;
        let hold = self.validate(product, side, &kind, now)?;
        Ok((hold.currency, hold.amount))
    }

    /// The answer to a client id that was there before, where there is one.
    fn repeated(
        &self,
        client_order_id: &str,
        product: &str,
        side: &str,
        configuration: &Value,
    ) -> Option<Reply> {
        let places = self.state.by_client_id.get(client_order_id)?;
        let first = places
            .first()
            .and_then(|place| self.state.orders.get(*place))?;
        let is_same = first.product == product
            && first.side.as_str() == side
            && first.configuration == *configuration;
        match self.config.repeated_ids {
            RepeatedIds::Accepted => None,
            RepeatedIds::Original if is_same => Some(Reply::json(&accepted(first))),
            RepeatedIds::Original | RepeatedIds::Refused => Some(Reply::json(&refusal(
                "DUPLICATE_CLIENT_ORDER_ID",
                configuration,
            ))),
        }
    }

    /// POST /orders/preview.
    pub(crate) fn preview(&self, body: &str, now: Timestamp) -> Reply {
        let Ok(body) = serde_json::from_str::<Value>(body) else {
            return Reply::wrong("the body is no JSON");
        };
        let configuration = body.get("order_configuration").unwrap_or(&Value::Null);
        let product = text(&body, "product_id");
        let checked = Side::parse(text(&body, "side"))
            .ok_or("INVALID_SIDE")
            .and_then(|side| self.check(product, side, configuration, now));
        let (errors, total) = match checked {
            Ok((_, hold)) => (Vec::new(), hold.to_string()),
            Err(reason) => {
                let reason = reason.strip_prefix("PREVIEW_").unwrap_or(reason);
                (vec![format!("PREVIEW_{reason}")], "0".to_owned())
            }
        };
        let book = self.book(product, now);
        let best = |levels: Option<&Vec<cbtrade_exchange::Level>>| {
            levels
                .and_then(|levels| levels.first())
                .map_or_else(String::new, |level| level.price.to_string())
        };
        Reply::json(&json!({
            "order_total": total,
            "commission_total": "",
            "errs": errors,
            "warning": [],
            "best_bid": best(book.as_ref().map(|book| &book.bids)),
            "best_ask": best(book.as_ref().map(|book| &book.asks)),
            "is_max": false,
            "preview_id": self.next_order_id(),
        }))
    }

    /// POST /orders/batch_cancel.
    pub(crate) fn cancel(&mut self, body: &str, now: Timestamp) -> Reply {
        let Ok(body) = serde_json::from_str::<Value>(body) else {
            return Reply::wrong("the body is no JSON");
        };
        let ids: Vec<String> = body
            .get("order_ids")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect();
        if ids.is_empty() || ids.len() > CANCEL_MAX {
            return Reply::wrong("order_ids must have 1 to 100 ids");
        }
        let results: Vec<Value> = ids
            .iter()
            .map(|id| {
                let reason = self.cancel_one(id, now);
                json!({
                    "success": reason.is_none(),
                    "failure_reason": reason.unwrap_or("UNKNOWN_CANCEL_FAILURE_REASON"),
                    "order_id": id,
                })
            })
            .collect();
        self.advance(now);
        Reply::json(&json!({ "results": results }))
    }

    fn cancel_one(&mut self, id: &str, now: Timestamp) -> Option<&'static str> {
        let Some(order) = self.state.order(id).cloned() else {
            return Some("UNKNOWN_CANCEL_ORDER");
        };
        match order.status {
            OrderStatus::Filled => return Some("ORDER_IS_FULLY_FILLED"),
            OrderStatus::CancelQueued => return Some("DUPLICATE_CANCEL_REQUEST"),
            ref status if status.is_terminal() => return Some("INVALID_CANCEL_REQUEST"),
            _ => {}
        }
        if self.behaviour.cancel_race
            && let (Some(limit), Some(size)) = (order.limit_price(), order.base_size())
        {
            let left = cbtrade_core::Decimal::checked_sub(size, order.filled_size);
            self.fill(&order, limit, left.unwrap_or_default(), true, now);
            self.end(id, "FILLED", "", now);
            return None;
        }
        self.commit(Event::CancelAsked {
            order: id.to_owned(),
            effective: after_ms(now, self.behaviour.cancel_ms),
        });
        None
    }
}
