//! The admin API: clock, money, products, faults, and whether the books are right.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use cbtrade_core::{Decimal, Timestamp};
use serde_json::{Value, json};

use crate::behaviour::Behaviour;
use crate::clock::at_seconds;
use crate::faults::Fault;
use crate::reply::Reply;
use crate::rest::response;
use crate::state::Event;
use crate::venue::Shared;

/// Answers any question of the admin API.
pub(crate) async fn answer(State(shared): State<Shared>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, 1 << 20).await else {
        return response(Reply::wrong("the body is too long or broken"));
    };
    let path = head.uri.path().trim_start_matches("/admin/").to_owned();
    let parts: Vec<&str> = path.split('/').collect();
    let body: Value = if bytes.is_empty() {
        Value::Null
    } else {
        match serde_json::from_slice(&bytes) {
            Ok(body) => body,
            Err(error) => return response(Reply::wrong(&error.to_string())),
        }
    };
    let done = match (head.method.as_str(), parts.as_slice()) {
        ("GET", ["invariants"]) => Ok(json!({ "violations": shared.audit() })),
        ("GET", ["state"]) => Ok(overview(&shared)),
        ("POST", ["clock"]) => set_clock(&shared, &body),
        ("POST", ["money"]) => pay(&shared, &body),
        ("POST", ["fees"]) => set_fees(&shared, &body),
        ("POST", ["products", id, "price"]) => set_price(&shared, id, &body),
        ("POST", ["products", id, "flags"]) => set_flags(&shared, id, &body),
        ("POST", ["faults"]) => plant(&shared, body),
        ("DELETE", ["faults"]) => {
            shared.faults().clear();
            Ok(json!({}))
        }
        ("POST", ["behaviour"]) => behave(&shared, body),
        _ => return response(Reply::missing("no such path")),
    };
    response(match done {
        Ok(body) => Reply::json(&body),
        Err(why) => Reply::wrong(&why),
    })
}

fn overview(shared: &Shared) -> Value {
    let happened = shared.faults().happened();
    let refused = shared.refused_tokens();
    let mut engine = shared.engine();
    let now = engine.now();
    engine.advance(now);
    let balances: serde_json::Map<String, Value> = engine
        .state
        .balances
        .iter()
        .map(|(currency, balance)| {
            let shown = json!({
                "available": balance.available.to_string(),
                "hold": balance.hold.to_string(),
            });
            (currency.clone(), shown)
        })
        .collect();
    json!({
        "now": now.to_rfc3339(),
        "balances": balances,
        "orders": engine.state.orders.len(),
        "live_orders": engine.state.live.len(),
        "fills": engine.state.fills.len(),
        "faults_happened": happened,
        "refused_tokens": refused,
    })
}

fn decimal(body: &Value, field: &str) -> Result<Decimal, String> {
    let text = body
        .get(field)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("`{field}` must be a number in text"))?;
    Decimal::parse(text).map_err(|error| error.to_string())
}

fn text<'body>(body: &'body Value, field: &str) -> Result<&'body str, String> {
    body.get(field)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("`{field}` must be text"))
}

fn set_clock(shared: &Shared, body: &Value) -> Result<Value, String> {
    let mut engine = shared.engine();
    let speed = match body.get("speed") {
        None => None,
        Some(speed) => Some(
            speed
                .as_u64()
                .and_then(|speed| u32::try_from(speed).ok())
                .ok_or("`speed` must be a whole number")?,
        ),
    };
    let mut moment = match body.get("now").and_then(Value::as_str) {
        Some(now) => Some(Timestamp::parse(now).map_err(|error| error.to_string())?),
        None => None,
    };
    if let Some(seconds) = body.get("advance_seconds") {
        let seconds = seconds
            .as_i64()
            .ok_or("`advance_seconds` must be a number")?;
        moment = Some(at_seconds(0).plus_seconds(engine.now().as_seconds() + seconds));
    }
    engine.set_clock(moment, speed);
    let now = engine.now();
    engine.advance(now);
    Ok(json!({ "now": now.to_rfc3339() }))
}

fn pay(shared: &Shared, body: &Value) -> Result<Value, String> {
    let (currency, amount) = (text(body, "currency")?.to_owned(), decimal(body, "amount")?);
    let mut engine = shared.engine();
    let available = engine.state.balance(&currency).available;
    if available
        .checked_add(amount)
        .is_none_or(|left| left < Decimal::ZERO)
    {
        return Err(format!("only {available} {currency} are available"));
    }
    engine.commit(Event::Money { currency, amount });
    Ok(json!({}))
}

fn set_fees(shared: &Shared, body: &Value) -> Result<Value, String> {
    let event = Event::Fees {
        maker: decimal(body, "maker")?,
        taker: decimal(body, "taker")?,
    };
    shared.engine().commit(event);
    Ok(json!({}))
}

fn set_price(shared: &Shared, id: &str, body: &Value) -> Result<Value, String> {
    let price = decimal(body, "price")?;
    if price <= Decimal::ZERO {
        return Err("`price` must be above zero".to_owned());
    }
    if shared.engine().set_price(id, price) {
        Ok(json!({}))
    } else {
        Err(format!("there is no product {id}"))
    }
}

fn set_flags(shared: &Shared, id: &str, body: &Value) -> Result<Value, String> {
    let fields = body
        .as_object()
        .ok_or("flags with their values are needed")?;
    let mut engine = shared.engine();
    if !engine.products.contains_key(id) {
        return Err(format!("there is no product {id}"));
    }
    for (flag, value) in fields {
        let value = match value {
            Value::Bool(set) => set.to_string(),
            Value::String(text) => text.clone(),
            _ => return Err(format!("`{flag}` must be true, false or text")),
        };
        engine.commit(Event::Flag {
            product: id.to_owned(),
            flag: flag.clone(),
            value,
        });
    }
    Ok(json!({}))
}

fn plant(shared: &Shared, body: Value) -> Result<Value, String> {
    let fault: Fault = serde_json::from_value(body).map_err(|error| error.to_string())?;
    shared.faults().plant(fault);
    Ok(json!({}))
}

fn behave(shared: &Shared, body: Value) -> Result<Value, String> {
    let behaviour: Behaviour = serde_json::from_value(body).map_err(|error| error.to_string())?;
    shared.engine().behaviour = behaviour;
    Ok(json!({}))
}
