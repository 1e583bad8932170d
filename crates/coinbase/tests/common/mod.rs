//! A venue that stands still, and a client of it.
#![allow(dead_code, reason = "every test file uses its own part")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cbtrade_coinbase::{Coinbase, Settings};
use cbtrade_coinbase_sim::{Config, Fault, FaultKind, Running, Source, Venue};
use cbtrade_core::{Decimal, Timestamp};
use cbtrade_exchange::{Exchange, Order, OrderKind, OrderRequest, Placement, Side};

/// The product that most tests trade.
pub(crate) const PRODUCT: &str = "ETH-USDC";

/// The moment at which a test's venue stands.
pub(crate) fn start() -> Timestamp {
    Timestamp::parse("2026-03-01 12:00:00").unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

/// A venue whose clock only the test moves and whose prices stand until the test sets them.
pub(crate) fn still() -> Config {
    let mut config = Config::seeded(11);
    config.start = Some(start());
    config.speed = 0;
    for product in &mut config.products {
        if let Source::Seeded { daily_move, .. } = &mut product.source {
            *daily_move = 0.0;
        }
    }
    config
}

/// Settings that do not make tests wait.
pub(crate) fn settings(venue: &Running) -> Settings {
    let mut settings = Settings::local(&venue.rest_base, &venue.ws_url);
    settings.backoff = Duration::from_millis(2);
    settings.reconnect = Duration::from_millis(5);
    settings
}

pub(crate) async fn venue_and_client(config: Config) -> (Running, Coinbase) {
    let venue = Venue::start(config).await.unwrap();
    let client = Coinbase::new(settings(&venue)).unwrap();
    (venue, client)
}

/// The calls that a client makes, as `method path status`.
#[derive(Clone, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    pub(crate) fn listen(&self, settings: &mut Settings) {
        let calls = self.clone();
        settings.observer = Some(Arc::new(move |call| {
            let status = call
                .status
                .map_or_else(|| "-".to_owned(), |status| status.to_string());
            let line = format!("{} {status} {}", call.call, call.excerpt);
            calls.0.lock().unwrap().push(line);
        }));
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, beginning: &str) -> usize {
        self.all()
            .iter()
            .filter(|call| call.starts_with(beginning))
            .count()
    }
}

pub(crate) fn fault(place: &str, kind: FaultKind, times: u32) -> Fault {
    Fault {
        place: place.to_owned(),
        kind,
        after: 0,
        times: Some(times),
        per_mille: 1_000,
    }
}

pub(crate) fn request(id: &str, side: Side, kind: OrderKind) -> OrderRequest {
    OrderRequest {
        client_order_id: id.to_owned(),
        product: PRODUCT.to_owned(),
        side,
        kind,
    }
}

pub(crate) fn market_buy(id: &str, quote_size: &str) -> OrderRequest {
    let quote_size = decimal(quote_size);
    request(id, Side::Buy, OrderKind::MarketBuy { quote_size })
}

pub(crate) fn market_sell(id: &str, base_size: Decimal) -> OrderRequest {
    request(id, Side::Sell, OrderKind::MarketSell { base_size })
}

pub(crate) fn limit(id: &str, side: Side, base_size: &str, limit_price: &str) -> OrderRequest {
    let kind = OrderKind::LimitGtc {
        base_size: decimal(base_size),
        limit_price: decimal(limit_price),
        post_only: false,
    };
    request(id, side, kind)
}

/// Places an order that must be taken, and reads it.
pub(crate) async fn placed(client: &Coinbase, request: &OrderRequest) -> Order {
    match client.place(request).await {
        Placement::Accepted { order_id } => client.order(&order_id).await.unwrap().unwrap(),
        other => panic!("{request:?} is not taken: {other:?}"),
    }
}
