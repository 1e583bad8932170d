//! The WebSocket: market data for everybody, orders for whoever has a token.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cbtrade_core::Decimal;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use crate::engine::Engine;
use crate::faults::{CONNECT, FaultKind};
use crate::render::{alias_of, book_json};
use crate::token;
use crate::venue::Shared;

/// How often heartbeats and tickers come, in real time.
const BEAT: Duration = Duration::from_millis(1_000);

/// So many orders of a snapshot come in one message.
const SNAPSHOT_ORDERS: usize = 50;

/// Takes a connection.
pub(crate) async fn connect(State(shared): State<Shared>, upgrade: WebSocketUpgrade) -> Response {
    if shared.faults().strike(CONNECT) == Some(FaultKind::StreamRefuse) {
        return (StatusCode::SERVICE_UNAVAILABLE, "no streams today").into_response();
    }
    upgrade.on_upgrade(move |socket| serve(shared, socket))
}

/// One connection.
struct Session {
    shared: Shared,
    sequence: u64,
    beats: u64,
    /// Products per channel; for `user`, none means all.
    channels: BTreeMap<String, BTreeSet<String>>,
    silent: bool,
    out: Vec<String>,
    /// A message that comes after the next one.
    late: Option<String>,
    cut: bool,
}

async fn serve(shared: Shared, socket: WebSocket) {
    let mut news = shared.engine().news();
    let (mut sink, mut source) = socket.split();
    let mut session = Session {
        shared,
        sequence: 0,
        beats: 0,
        channels: BTreeMap::new(),
        silent: false,
        out: Vec::new(),
        late: None,
        cut: false,
    };
    let mut beat = tokio::time::interval(BEAT);
    loop {
        tokio::select! {
            message = source.next() => match message {
                Some(Ok(Message::Text(text))) => session.hear(text.as_str()),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            order = news.recv() => match order {
                Ok(order) => session.tell_order(&order),
                // A slow reader has lost something: its number is used up, so that it sees the gap.
                Err(RecvError::Lagged(_)) => session.sequence += 1,
                Err(RecvError::Closed) => return,
            },
            _ = beat.tick() => session.beat(),
        }
        for text in std::mem::take(&mut session.out) {
            if sink.send(Message::Text(text.into())).await.is_err() {
                return;
            }
        }
        if session.cut {
            return;
        }
    }
}

impl Session {
    fn say(&mut self, channel: &str, events: &Value) {
        let sequence = self.sequence;
        self.sequence += 1;
        let fault = self.shared.faults().strike(&format!("STREAM {channel}"));
        match fault {
            Some(FaultKind::StreamGap) => return,
            Some(FaultKind::StreamSilent) => self.silent = true,
            Some(FaultKind::StreamCut) => self.cut = true,
            _ => {}
        }
        if self.silent || self.cut {
            return;
        }
        let time = self.shared.engine().now().to_rfc3339();
        let mut events = events.clone();
        if fault == Some(FaultKind::StreamLie) {
            distort(&mut events);
        }
        let message = json!({
            "channel": channel,
            "timestamp": time,
            "sequence_num": sequence,
            "events": events,
        })
        .to_string();
        if fault == Some(FaultKind::StreamLate) && self.late.is_none() {
            self.late = Some(message);
            return;
        }
        if fault == Some(FaultKind::StreamTwice) {
            self.out.push(message.clone());
        }
        self.out.push(message);
        self.out.extend(self.late.take());
    }

    fn complain(&mut self, message: &str) {
        self.out
            .push(json!({ "type": "error", "message": message }).to_string());
    }

    fn hear(&mut self, text: &str) {
        let Ok(message) = serde_json::from_str::<Value>(text) else {
            self.complain("failed to parse");
            return;
        };
        let field = |name: &str| message.get(name).and_then(Value::as_str);
        let channel = field("channel").unwrap_or_default().to_owned();
        let products: BTreeSet<String> = message
            .get("product_ids")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect();
        match field("type") {
            Some("unsubscribe") => self.leave(&channel, &products),
            Some("subscribe") => {
                if channel == "user" {
                    let now = self.shared.real_seconds();
                    let mode = self.shared.token_check().clone();
                    if let Err(why) = token::check(&mode, field("jwt"), None, now) {
                        self.shared.refused_token("STREAM user", &why);
                        self.complain("authentication failure");
                        return;
                    }
                }
                let known = ["heartbeats", "ticker", "market_trades", "level2", "user"];
                if !known.contains(&channel.as_str()) {
                    self.complain("channel not found");
                    return;
                }
                self.channels
                    .entry(channel.clone())
                    .or_default()
                    .extend(products);
            }
            _ => {
                self.complain("type not supported");
                return;
            }
        }
        let subscribed = json!([{ "subscriptions": self.channels }]);
        self.say("subscriptions", &subscribed);
        if field("type") == Some("subscribe") {
            self.snapshot(&channel);
        }
    }

    /// Tells no more of these products, or of a whole channel.
    fn leave(&mut self, channel: &str, products: &BTreeSet<String>) {
        let Some(heard) = self.channels.get_mut(channel) else {
            return;
        };
        heard.retain(|product| !products.contains(product));
        // For `user` none would mean all.
        if products.is_empty() || heard.is_empty() {
            self.channels.remove(channel);
        }
    }

    fn snapshot(&mut self, channel: &str) {
        match channel {
            "user" => self.snapshot_orders(),
            "ticker" => self.tickers("snapshot"),
            "level2" => self.books(),
            _ => {}
        }
    }

    fn snapshot_orders(&mut self) {
        let orders: Vec<Value> = {
            let engine = self.shared.engine();
            engine
                .state
                .live
                .iter()
                .filter_map(|place| engine.state.orders.get(*place))
                .map(|order| engine.update_json(order))
                .collect()
        };
        let mut batches: Vec<Vec<Value>> = orders
            .chunks(SNAPSHOT_ORDERS)
            .map(<[Value]>::to_vec)
            .collect();
        // The first batch that is not full ends the snapshot.
        if orders.len().is_multiple_of(SNAPSHOT_ORDERS) {
            batches.push(Vec::new());
        }
        for orders in batches {
            self.say("user", &json!([{ "type": "snapshot", "orders": orders }]));
        }
    }

    fn tell_order(&mut self, id: &str) {
        let Some(products) = self.channels.get("user") else {
            return;
        };
        let update = {
            let engine = self.shared.engine();
            let order = engine.state.order(id);
            let wished =
                order.filter(|order| products.is_empty() || products.contains(&order.product));
            wished.map(|order| engine.update_json(order))
        };
        if let Some(update) = update {
            self.say("user", &json!([{ "type": "update", "orders": [update] }]));
        }
    }

    fn beat(&mut self) {
        {
            let mut engine = self.shared.engine();
            let now = engine.now();
            engine.advance(now);
        }
        if self.channels.contains_key("heartbeats") {
            let counter = self.beats;
            self.beats += 1;
            let now = self.shared.engine().now();
            let event = json!([{ "current_time": now.to_string(), "heartbeat_counter": counter }]);
            self.say("heartbeats", &event);
        }
        self.tickers("update");
        self.trades();
        self.books();
    }

    fn products(&self, channel: &str) -> Vec<String> {
        let products = self.channels.get(channel);
        products.into_iter().flatten().cloned().collect()
    }

    fn tickers(&mut self, kind: &str) {
        let tickers: Vec<Value> = {
            let engine = self.shared.engine();
            let now = engine.now();
            let one = |id: &String| {
                let (id, name) = engine.named(id)?;
                let (market, book) = (engine.markets.get(&id)?, engine.book(&id, now)?);
                let (bid, ask) = (book.bids.first()?, book.asks.first()?);
                Some(json!({
                    "type": "ticker",
                    "product_id": name,
                    "price": market.price(now).to_string(),
                    "best_bid": bid.price.to_string(),
                    "best_bid_quantity": bid.size.to_string(),
                    "best_ask": ask.price.to_string(),
                    "best_ask_quantity": ask.size.to_string(),
                }))
            };
            self.products("ticker").iter().filter_map(one).collect()
        };
        if !tickers.is_empty() {
            self.say("ticker", &json!([{ "type": kind, "tickers": tickers }]));
        }
    }

    fn trades(&mut self) {
        let trades: Vec<Value> = {
            let engine = self.shared.engine();
            let now = engine.now();
            let query = crate::request::Query::read("limit=1");
            self.products("market_trades")
                .iter()
                .filter_map(|id| {
                    let (id, name) = engine.named(id)?;
                    let reply = engine.trades(&id, &query, now);
                    let mut body: Value = serde_json::from_str(&reply.body).ok()?;
                    let trade = body.get_mut("trades")?.get_mut(0)?;
                    *trade.get_mut("product_id")? = name.into();
                    Some(trade.take())
                })
                .collect()
        };
        if !trades.is_empty() {
            self.say(
                "market_trades",
                &json!([{ "type": "update", "trades": trades }]),
            );
        }
    }

    fn books(&mut self) {
        for id in self.products("level2") {
            let (name, updates) = {
                let engine = self.shared.engine();
                let now = engine.now();
                let Some((id, name)) = engine.named(&id) else {
                    continue;
                };
                let Some(book) = engine.book(&id, now) else {
                    continue;
                };
                let shown = book_json(&id, &book, 50);
                let side = |name: &str, word: &str| -> Vec<Value> {
                    let levels = shown.get(name).and_then(Value::as_array);
                    levels
                        .into_iter()
                        .flatten()
                        .map(|level| {
                            json!({
                                "side": word,
                                "event_time": now.to_rfc3339(),
                                "price_level": level.get("price"),
                                "new_quantity": level.get("size"),
                            })
                        })
                        .collect()
                };
                let mut updates = side("bids", "bid");
                updates.extend(side("asks", "offer"));
                (name, updates)
            };
            // Every message is whole: the levels of the one before are gone.
            self.say(
                "l2_data",
                &json!([{ "type": "snapshot", "product_id": name, "updates": updates }]),
            );
        }
    }
}

impl Engine {
    /// A product by its own name or by that of its twin in USD, with the name under which prices are told: the twin's, where
    /// there is one.
    fn named(&self, name: &str) -> Option<(String, String)> {
        let (id, alias) = self.products.iter().find_map(|(id, product)| {
            let alias = alias_of(product);
            (id == name || alias == name).then(|| (id.clone(), alias))
        })?;
        let told = if alias.is_empty() { id.clone() } else { alias };
        Some((id, told))
    }
}

/// Makes what a message says untrue.
fn distort(events: &mut Value) {
    match events {
        Value::Array(all) => all.iter_mut().for_each(distort),
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), &value) {
                    ("price" | "best_bid" | "best_ask", Value::String(text)) => {
                        if let Some(price) = Decimal::parse(text).ok().and_then(tenth) {
                            *value = price.to_string().into();
                        }
                    }
                    ("status", _) => *value = "FILLED".into(),
                    _ => distort(value),
                }
            }
        }
        _ => {}
    }
}

fn tenth(price: Decimal) -> Option<Decimal> {
    price.checked_div(Decimal::from_integer(10))
}
