//! The venue's admin API over HTTP, and venues that play recorded candles.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, a skipped one its name"
)]

mod common;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use cbtrade_coinbase_sim::{Config, ProductConfig, Running, Source, Venue, VenueError};
use cbtrade_core::Decimal;
use cbtrade_exchange::{Candle, Exchange, Granularity, OrderStatus, Side};
use common::{PRODUCT, decimal, limit, market_buy, placed, start, still, venue_and_client};
use serde_json::{Value, json};

async fn ask(venue: &Running, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let address = format!("{}/admin/{path}", venue.admin_base);
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = client.request(method, address);
    if let Some(body) = body {
        request = request.body(body.to_string());
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap())
}

async fn told(venue: &Running, path: &str, body: Value) {
    let (status, answer) = ask(venue, "POST", path, Some(body)).await;
    assert_eq!(status, 200, "{path}: {answer}");
}

#[tokio::test]
async fn everything_can_be_set_from_outside() {
    let (venue, client) = venue_and_client(still()).await;
    told(&venue, "money", json!({ "currency": "ETH", "amount": "2" })).await;
    told(&venue, "fees", json!({ "maker": "0", "taker": "0.01" })).await;
    told(
        &venue,
        &format!("products/{PRODUCT}/price"),
        json!({ "price": "2500" }),
    )
    .await;
    assert_eq!(client.fee_rates().await.unwrap().taker, decimal("0.01"));
    assert_eq!(
        client.product(PRODUCT).await.unwrap().price,
        Some(decimal("2500"))
    );
    let waiting = placed(&client, &limit("w", Side::Sell, "2", "2600")).await;
    told(
        &venue,
        &format!("products/{PRODUCT}/price"),
        json!({ "price": "2700" }),
    )
    .await;
    told(&venue, "clock", json!({ "advance_seconds": 60 })).await;
    let filled = client.order(&waiting.order_id).await.unwrap().unwrap();
    assert_eq!(filled.status, OrderStatus::Filled);
    told(
        &venue,
        &format!("products/{PRODUCT}/flags"),
        json!({ "limit_only": true }),
    )
    .await;
    assert!(!client.product(PRODUCT).await.unwrap().can_buy_at_market());
    told(&venue, "behaviour", json!({ "clock_skew_seconds": 3 })).await;
    assert_eq!(
        client.server_time().await.unwrap(),
        start().plus_seconds(63)
    );
    let outage = json!({ "kind": "html", "status": 503, "acted": false });
    told(&venue, "faults", outage).await;
    assert!(client.accounts().await.is_err());
    assert_eq!(ask(&venue, "DELETE", "faults", None).await.0, 200);
    assert!(client.accounts().await.is_ok());
    let (_, state) = ask(&venue, "GET", "state", None).await;
    assert_eq!(state["balances"]["USDC"]["available"], "15200");
    assert_eq!((&state["orders"], &state["fills"]), (&json!(1), &json!(1)));
    let (_, invariants) = ask(&venue, "GET", "invariants", None).await;
    assert_eq!(invariants, json!({ "violations": [] }));
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let venue = Venue::start(still()).await.unwrap();
    for (path, body) in [
        (
            "money",
            json!({ "currency": "USDC", "amount": "-10000.01" }),
        ),
        ("money", json!({ "currency": "USDC", "amount": 5 })),
        ("products/NO-SUCH/price", json!({ "price": "1" })),
        ("products/ETH-USDC/price", json!({ "price": "0" })),
        ("products/ETH-USDC/flags", json!({ "limit_only": 1 })),
        ("faults", json!({ "kind": "earthquake" })),
        ("behaviour", json!({ "pending_seconds": 1 })),
        ("clock", json!({ "now": "yesterday" })),
    ] {
        let (status, answer) = ask(&venue, "POST", path, Some(body)).await;
        assert_eq!(status, 400, "{path}: {answer}");
    }
    let mut config = still();
    config.address = SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = Venue::start(config).await;
    assert!(matches!(refused.err(), Some(VenueError::NotLoopback(_))));
}

#[tokio::test]
async fn a_running_clock_is_compressed() {
    let mut config = still();
    config.speed = 600;
    let (venue, client) = venue_and_client(config).await;
    let began = std::time::Instant::now();
    let first = client.server_time().await.unwrap();
    while client.server_time().await.unwrap().seconds_since(first) < 120 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    // Two simulated minutes need at least a fifth of a real second.
    assert!(began.elapsed().as_millis() >= 190);
    assert!(venue.now() > start());
}

fn config_of(path: PathBuf) -> Config {
    let mut config = still();
    let mut product = ProductConfig::seeded("ETH", "BTC", Decimal::ONE);
    product.price_increment = decimal("0.000000000001");
    product.source = Source::Candles {
        path,
        price_factor: Decimal::ONE,
        volume_factor: Decimal::ONE,
    };
    config.products = vec![product];
    config.balances = vec![("BTC".to_owned(), decimal("10"))];
    config
}

/// The rows of a file of candles, without their moments.
fn rows(path: &Path) -> Vec<[Decimal; 5]> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<Decimal> = line
                .split(',')
                .skip(1)
                .map(|field| Decimal::parse_rounded(field).unwrap())
                .collect();
            fields.try_into().unwrap()
        })
        .collect()
}

fn shown(candle: &Candle) -> [Decimal; 5] {
    [
        candle.open,
        candle.high,
        candle.low,
        candle.close,
        candle.volume,
    ]
}

async fn played(path: PathBuf, granularity: Granularity) {
    let rows = rows(&path);
    let (_venue, client) = venue_and_client(config_of(path)).await;
    let from = start().plus_seconds(-600 * granularity.seconds());
    let candles = client
        .candles("ETH-BTC", granularity, from, start())
        .await
        .unwrap();
    assert!(candles.len() > 300, "{}", candles.len());
    // Where a candle stands in the file follows from its moment: forwards, then backwards.
    let count = i64::try_from(rows.len()).unwrap();
    for candle in &candles {
        let turn = (candle.start.as_seconds() / granularity.seconds()).rem_euclid(2 * count);
        let is_back = turn >= count;
        let place = if is_back { 2 * count - 1 - turn } else { turn };
        let mut row = rows[usize::try_from(place).unwrap()];
        if is_back {
            row.swap(0, 3);
        }
        assert_eq!(shown(candle), row);
    }
    let mut request = market_buy("recorded", "1");
    request.product = "ETH-BTC".to_owned();
    let order = placed(&client, &request).await;
    assert!(order.filled_size > Decimal::ZERO);
}

fn file(test: &str, name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("../shared/data/candles").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("SKIPPED: {test}: there are no recorded candles at ../shared/data/candles");
    None
}

#[tokio::test]
async fn recorded_five_minutes_are_played_as_they_are() {
    let test = "recorded_five_minutes_are_played_as_they_are";
    if let Some(path) = file(test, "eth-btc-5m-2018-01.csv") {
        played(path, Granularity::FiveMinutes).await;
    }
}

#[tokio::test]
async fn recorded_minutes_are_played_as_they_are() {
    let test = "recorded_minutes_are_played_as_they_are";
    if let Some(path) = file(test, "unit-btc-1m-2017-11.csv") {
        played(path, Granularity::OneMinute).await;
    }
}

#[tokio::test]
async fn a_file_of_our_own_is_played_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candles.csv");
    let mut text = "start_unix,open,high,low,close,volume\n".to_owned();
    for row in 0..1_000 {
        let open = 100 + row % 37;
        let line = format!(
            "{},{open},{}.5,{}.25,{},3.5\n",
            row * 300,
            open + 2,
            open - 2,
            open + 1
        );
        text.push_str(&line);
    }
    std::fs::write(&path, text).unwrap();
    played(path, Granularity::FiveMinutes).await;
}
