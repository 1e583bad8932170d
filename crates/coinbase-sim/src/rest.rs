//! REST: faults, tokens, and the way to the engine.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Response, StatusCode};

use crate::faults::FaultKind;
use crate::net::Scissors;
use crate::reply::Reply;
use crate::request::Query;
use crate::token;
use crate::venue::Shared;

/// What every path begins with.
pub(crate) const PREFIX: &str = "/api/v3/brokerage";

/// Largest body of a question.
const BODY_BYTES_MAX: usize = 1 << 20;

/// Answers any question.
pub(crate) async fn answer(
    State(shared): State<Shared>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let (method, full) = (head.method.as_str().to_owned(), head.uri.path().to_owned());
    let query = head.uri.query().unwrap_or_default().to_owned();
    let Some(path) = full.strip_prefix(PREFIX) else {
        return response(Reply::missing("no such path"));
    };
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return response(Reply::wrong("the body is too long or broken"));
    };
    let body = String::from_utf8_lossy(&body).into_owned();
    let place = format!("{method} {path}");
    let fault = shared.faults().strike(&place);
    if let Some(reply) = before(fault.as_ref(), &scissors).await {
        return response(reply);
    }
    if is_private(path)
        && let Err(why) = authorize(&shared, &head.headers, &method, &full)
    {
        shared.refused_token(&place, &why);
        return response(Reply::unauthorized());
    }
    let mut reply = match &fault {
        Some(FaultKind::Refuse { reason }) if method == "POST" => {
            Reply::json(&crate::orders::refusal(reason, &serde_json::Value::Null))
        }
        _ => route(&shared, &method, path, &Query::read(&query), &body),
    };
    after(fault.as_ref(), &scissors, &query, &mut reply).await;
    response(reply)
}

/// Failures before the venue acts.
async fn before(fault: Option<&FaultKind>, scissors: &Scissors) -> Option<Reply> {
    match fault? {
        FaultKind::Delay { ms } => {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
            None
        }
        FaultKind::DropRequest => {
            scissors.cut();
            Some(Reply::failed(500, "cut"))
        }
        FaultKind::Html {
            status,
            acted: false,
        } => Some(html(*status)),
        FaultKind::Throttle { retry_after } => {
            let body = r#"{"errors":[{"id":"rate_limit_exceeded","message":"Too many requests"}]}"#;
            let mut reply = Reply::of(429, "application/json", body.to_owned());
            reply.retry_after = *retry_after;
            Some(reply)
        }
        FaultKind::ResourceExhausted => {
            let body = r#"{"error":"RESOURCE_EXHAUSTED","error_details":"","message":"Too many"}"#;
            Some(Reply::of(429, "application/json", body.to_owned()))
        }
        FaultKind::Unauthorized => Some(Reply::unauthorized()),
        _ => None,
    }
}

/// Failures after the venue has acted.
async fn after(fault: Option<&FaultKind>, scissors: &Scissors, query: &str, reply: &mut Reply) {
    match fault {
        Some(FaultKind::DelayReply { ms }) => {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
        }
        Some(FaultKind::DropReply) => scissors.cut(),
        Some(FaultKind::Html {
            status,
            acted: true,
        }) => *reply = html(*status),
        Some(FaultKind::Truncate) => {
            let half = reply.body.chars().count() / 2;
            reply.body = reply.body.chars().take(half).collect();
        }
        Some(FaultKind::RepeatCursor) => {
            let cursor = Query::read(query);
            let cursor = cursor.first("cursor").unwrap_or("0").to_owned();
            if let Ok(serde_json::Value::Object(mut fields)) = serde_json::from_str(&reply.body) {
                fields.insert("cursor".to_owned(), cursor.into());
                fields.insert("has_next".to_owned(), true.into());
                reply.body = serde_json::Value::Object(fields).to_string();
            }
        }
        _ => {}
    }
}

fn html(status: u16) -> Reply {
    let body = "<html><head><title>Bad gateway</title></head><body>Sorry</body></html>";
    Reply::of(status, "text/html", body.to_owned())
}

fn is_private(path: &str) -> bool {
    path != "/time" && !path.starts_with("/market/")
}

fn authorize(shared: &Shared, headers: &HeaderMap, method: &str, path: &str) -> Result<(), String> {
    let token = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let address = format!("{method} {}{path}", shared.token_host());
    token::check(
        shared.token_check(),
        token,
        Some(&address),
        shared.real_seconds(),
    )
}

fn route(shared: &Shared, method: &str, path: &str, query: &Query, body: &str) -> Reply {
    let mut engine = shared.engine();
    let now = engine.now();
    engine.advance(now);
    let path = path.strip_prefix("/market").unwrap_or(path);
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let reply = match (method, parts.as_slice()) {
        ("GET", ["time"]) => engine.time(now),
        ("GET", ["key_permissions"]) => engine.permissions(),
        ("GET", ["accounts"]) => engine.accounts(query),
        ("GET", ["accounts", id]) => engine.account(id),
        ("GET", ["products"]) => engine.products(query, now),
        ("GET", ["products", id]) => engine.product(id, now),
        ("GET", ["products", id, "candles"]) => engine.candles(id, query, now),
        ("GET", ["products", id, "ticker"]) => engine.trades(id, query, now),
        ("GET", ["product_book"]) => engine.product_book(query, now),
        ("GET", ["best_bid_ask"]) => engine.best_bid_ask(query, now),
        ("GET", ["transaction_summary"]) => engine.summary(),
        ("POST", ["orders"]) => engine.create(body, now),
        ("POST", ["orders", "preview"]) => engine.preview(body, now),
        ("POST", ["orders", "batch_cancel"]) => engine.cancel(body, now),
        ("GET", ["orders", "historical", "batch"]) => engine.list_orders(query, now),
        ("GET", ["orders", "historical", "fills"]) => engine.list_fills(query, now),
        ("GET", ["orders", "historical", id]) => engine.one_order(id, now),
        _ => Reply::missing("no such path"),
    };
    match engine.broken() {
        Some(why) => Reply::failed(500, why),
        None => reply,
    }
}

/// The answer as HTTP.
pub(crate) fn response(reply: Reply) -> Response<Body> {
    let mut builder = Response::builder()
        .status(reply.status)
        .header("content-type", reply.content_type);
    if let Some(seconds) = reply.retry_after {
        builder = builder.header("retry-after", seconds.to_string());
    }
    builder.body(Body::from(reply.body)).unwrap_or_else(|_| {
        let mut failed = Response::new(Body::empty());
        *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        failed
    })
}
