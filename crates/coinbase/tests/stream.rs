//! The WebSocket from the client's side: market data, our orders, gaps, repetitions, silence, a venue that goes away.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use cbtrade_coinbase::{Channel, Coinbase, LimiterSettings, Settings, Stream};
use cbtrade_coinbase_sim::{FaultKind, Running, TokenCheck, Venue};
use cbtrade_exchange::{EventStream, Exchange, Line, OrderStatus, Side, StreamEvent};
use common::{PRODUCT, decimal, fault, limit, market_buy, placed, settings, still};

/// By this name the venue tells prices of [`PRODUCT`].
const TWIN: &str = "ETH-USD";

/// Reads on until an event is what is waited for. Only a stream that hangs ends by time.
async fn wait<T>(
    stream: &mut Stream,
    what: &str,
    mut fits: impl FnMut(&StreamEvent) -> Option<T>,
) -> T {
    let reading = async {
        loop {
            let event = stream.next().await.unwrap();
            if let Some(found) = fits(&event) {
                return found;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reading)
        .await
        .unwrap_or_else(|_| panic!("{what} does not come"))
}

async fn connected(stream: &mut Stream) {
    wait(stream, "the connection", |event| {
        (*event == StreamEvent::Connected).then_some(())
    })
    .await;
}

async fn gap(stream: &mut Stream) -> String {
    wait(stream, "the gap", |event| match event {
        StreamEvent::Gap(gap) => Some(gap.why.clone()),
        _ => None,
    })
    .await
}

async fn open(
    channels: &[Channel],
    change: impl FnOnce(&mut Settings),
) -> (Running, Stream, Coinbase) {
    let venue = Venue::start(still()).await.unwrap();
    let mut settings = settings(&venue);
    change(&mut settings);
    let stream = Stream::open(&settings, channels, &[PRODUCT.to_owned()]).unwrap();
    (venue, stream, Coinbase::new(settings).unwrap())
}

#[tokio::test]
async fn prices_trades_and_signs_of_life_come() {
    let (venue, mut stream, _client) = open(&[Channel::Ticker, Channel::Trades], |_| {}).await;
    connected(&mut stream).await;
    let ticker = wait(&mut stream, "a price", |event| match event {
        StreamEvent::Ticker(ticker) => Some(ticker.clone()),
        _ => None,
    })
    .await;
    assert_eq!(
        (ticker.product.as_str(), ticker.price),
        (TWIN, decimal("3200"))
    );
    assert!(ticker.best_bid < Some(ticker.price) && ticker.best_ask > Some(ticker.price));
    assert!(venue.set_price(PRODUCT, decimal("3100")));
    wait(&mut stream, "the new price", |event| match event {
        StreamEvent::Ticker(ticker) => (ticker.price == decimal("3100")).then_some(()),
        _ => None,
    })
    .await;
    wait(&mut stream, "a trade", |event| match event {
        StreamEvent::Trade(trade) => (trade.product == TWIN).then_some(()),
        _ => None,
    })
    .await;
    wait(&mut stream, "a heartbeat", |event| {
        matches!(event, StreamEvent::Heartbeat(_)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn orders_are_told_of_and_live_ones_stand_in_the_snapshot() {
    let venue = Venue::start(still()).await.unwrap();
    let settings = settings(&venue);
    let client = Coinbase::new(settings.clone()).unwrap();
    let waiting = placed(&client, &limit("before", Side::Buy, "0.1", "3000")).await;
    let mut stream = Stream::open(&settings, &[Channel::User], &[]).unwrap();
    let snapshot = wait(&mut stream, "the snapshot", order_of).await;
    assert_eq!(snapshot.order_id, waiting.order_id);
    assert_eq!(snapshot.status, OrderStatus::Open);
    placed(&client, &market_buy("after", "100")).await;
    let update = wait(&mut stream, "the fill", |event| {
        order_of(event).filter(|update| update.status == OrderStatus::Filled)
    })
    .await;
    assert_eq!(update.client_order_id, "after");
    assert!(update.filled_size > decimal("0"));
}

fn order_of(event: &StreamEvent) -> Option<cbtrade_exchange::OrderUpdate> {
    match event {
        StreamEvent::Order(update) => Some(update.clone()),
        _ => None,
    }
}

#[tokio::test]
async fn a_message_that_is_missing_is_a_gap_and_a_new_snapshot_follows() {
    let venue = Venue::start(still()).await.unwrap();
    let settings = settings(&venue);
    let client = Coinbase::new(settings.clone()).unwrap();
    placed(&client, &limit("before", Side::Buy, "0.1", "3000")).await;
    let mut stream = Stream::open(&settings, &[Channel::User], &[]).unwrap();
    wait(&mut stream, "the snapshot", order_of).await;
    // Both updates of the next order are lost; the heartbeat after them shows the hole.
    venue.plant(fault("STREAM user", FaultKind::StreamGap, 2));
    let order = placed(&client, &limit("hole", Side::Buy, "0.1", "3000")).await;
    let why = gap(&mut stream).await;
    assert!(why.contains("came after"), "{why}");
    connected(&mut stream).await;
    let seen = wait(&mut stream, "the order", order_of).await;
    assert_eq!(seen.order_id, order.order_id);
}

#[tokio::test]
async fn a_message_that_comes_twice_is_heard_once() {
    let (venue, mut stream, client) = open(&[Channel::User], |_| {}).await;
    venue.plant(fault("STREAM", FaultKind::StreamTwice, 1_000));
    connected(&mut stream).await;
    placed(&client, &limit("twice", Side::Buy, "0.1", "3000")).await;
    let mut statuses = Vec::new();
    let mut beats = Vec::new();
    wait(&mut stream, "two heartbeats", |event| {
        match event {
            StreamEvent::Order(update) => statuses.push(update.status.clone()),
            StreamEvent::Heartbeat(beat) => beats.push(beat.counter),
            StreamEvent::Gap(gap) => panic!("{gap:?}"),
            _ => {}
        }
        (beats.len() > 1 && statuses.contains(&OrderStatus::Open)).then_some(())
    })
    .await;
    let mut once = statuses.clone();
    once.dedup();
    assert_eq!(once, statuses);
    assert!(
        beats.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "{beats:?}"
    );
    assert!(venue.faults_happened() > 3);
}

#[tokio::test]
async fn silence_and_cuts_are_gaps_and_connect_anew() {
    let (venue, mut stream, _client) = open(&[Channel::Ticker], |settings| {
        settings.silence = Duration::from_secs(3);
    })
    .await;
    connected(&mut stream).await;
    venue.plant(fault("STREAM heartbeats", FaultKind::StreamSilent, 1));
    assert!(gap(&mut stream).await.contains("silent"));
    connected(&mut stream).await;
    venue.plant(fault("STREAM heartbeats", FaultKind::StreamCut, 1));
    gap(&mut stream).await;
    connected(&mut stream).await;
}

#[tokio::test]
async fn a_stream_without_a_token_is_refused_and_says_so() {
    let mut config = still();
    config.tokens = TokenCheck::Shape;
    let venue = Venue::start(config).await.unwrap();
    let settings = settings(&venue);
    let mut stream = Stream::open(&settings, &[Channel::User], &[]).unwrap();
    let why = wait(&mut stream, "the refusal", |event| match event {
        StreamEvent::Gap(gap) => gap.why.contains("authentication").then(|| gap.why.clone()),
        _ => None,
    })
    .await;
    assert!(why.contains("authentication failure"));
    let key = cbtrade_coinbase::Key::new(
        "k",
        &secrecy::SecretString::from("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="),
    )
    .unwrap();
    let mut settings = settings;
    settings.key = Some(Arc::new(key));
    let mut stream = Stream::open(&settings, &[Channel::User], &[]).unwrap();
    connected(&mut stream).await;
    Coinbase::new(settings).unwrap().accounts().await.unwrap();
}

/// As [`wait`], of both lines.
async fn wait_line<T>(
    stream: &mut dyn EventStream,
    what: &str,
    mut fits: impl FnMut(Line, &StreamEvent) -> Option<T>,
) -> T {
    let reading = async {
        loop {
            let (line, event) = stream.next().await.unwrap();
            if let Some(found) = fits(line, &event) {
                return found;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reading)
        .await
        .unwrap_or_else(|_| panic!("{what} does not come"))
}

async fn price_of(stream: &mut dyn EventStream, product: &str) {
    wait_line(stream, product, |line, event| match event {
        StreamEvent::Ticker(ticker) if ticker.product == product => {
            assert_eq!(line, Line::Market);
            Some(())
        }
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn both_lines_are_one_stream_by_our_names_and_products_come_and_go() {
    let venue = Venue::start(still()).await.unwrap();
    let client = Coinbase::new(settings(&venue)).unwrap();
    // The venue's name for it is learned when it is asked about.
    client.product(PRODUCT).await.unwrap();
    let mut stream = client.listen().unwrap();
    let products = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    stream.listen_to(&products(&[PRODUCT]));
    price_of(stream.as_mut(), PRODUCT).await;
    placed(&client, &market_buy("heard", "100")).await;
    let product = wait_line(stream.as_mut(), "our order", |line, event| {
        assert!(line == Line::Orders || order_of(event).is_none());
        order_of(event).filter(|update| update.status == OrderStatus::Filled)
    })
    .await
    .product;
    // Orders keep their own name.
    assert_eq!(product, PRODUCT);
    stream.listen_to(&products(&[PRODUCT, "SOL-BTC"]));
    price_of(stream.as_mut(), "SOL-BTC").await;
    price_of(stream.as_mut(), PRODUCT).await;
    stream.listen_to(&products(&[]));
    stream.listen_to(&products(&["SOL-BTC"]));
    price_of(stream.as_mut(), "SOL-BTC").await;
}

#[tokio::test]
async fn products_are_changed_on_a_standing_connection() {
    let (_venue, mut stream, _client) = open(&[Channel::Ticker], |_| {}).await;
    let mut take = |event: &StreamEvent| match event {
        StreamEvent::Ticker(ticker) => Some(ticker.product.clone()),
        StreamEvent::Gap(gap) => panic!("{gap:?}"),
        _ => None,
    };
    assert_eq!(wait(&mut stream, "a price", &mut take).await, TWIN);
    stream.listen_to(["SOL-BTC".to_owned()].into());
    // While both are told, they come by turns.
    let mut in_a_row = 0;
    while in_a_row < 3 {
        let product = wait(&mut stream, "the new one alone", &mut take).await;
        in_a_row = if product == "SOL-BTC" {
            in_a_row + 1
        } else {
            0
        };
    }
}

#[tokio::test]
async fn one_process_of_a_machine_listens_to_our_orders() {
    let venue = Venue::start(still()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(&venue);
    settings.limiter = Some(LimiterSettings::usual(folder.path().to_owned()));
    settings.silence = Duration::from_secs(2);
    let client = || Coinbase::new(settings.clone()).unwrap();
    let mut first = client().listen().unwrap();
    let connected = |line: Line, event: &StreamEvent| {
        (line == Line::Orders && *event == StreamEvent::Connected).then_some(())
    };
    wait_line(first.as_mut(), "the connection", connected).await;
    let mut second = client().listen().unwrap();
    wait_line(second.as_mut(), "that it is elsewhere", |_, event| {
        assert_ne!(*event, StreamEvent::Connected);
        (*event == StreamEvent::Elsewhere).then_some(())
    })
    .await;
    // The first one ends, however it does.
    drop(first);
    wait_line(second.as_mut(), "its turn", connected).await;
}

#[tokio::test]
async fn a_refused_connection_is_a_gap_and_tried_again() {
    let venue = Venue::start(still()).await.unwrap();
    venue.plant(fault("STREAM connect", FaultKind::StreamRefuse, 2));
    let mut stream = Stream::open(&settings(&venue), &[Channel::User], &[]).unwrap();
    gap(&mut stream).await;
    gap(&mut stream).await;
    connected(&mut stream).await;
    assert_eq!(venue.faults_happened(), 2);
}

#[tokio::test]
async fn a_message_that_comes_late_is_a_gap() {
    let (venue, mut stream, _client) = open(&[Channel::Ticker], |_| {}).await;
    connected(&mut stream).await;
    venue.plant(fault("STREAM heartbeats", FaultKind::StreamLate, 1));
    let why = gap(&mut stream).await;
    assert!(why.contains("came after"), "{why}");
    connected(&mut stream).await;
}
