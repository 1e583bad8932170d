//! The WebSocket from the client's side: market data, our orders, gaps, repetitions, silence, a venue that goes away.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use cbtrade_coinbase::{Channel, Coinbase, Settings, Stream};
use cbtrade_coinbase_sim::{FaultKind, Running, TokenCheck, Venue};
use cbtrade_exchange::{Exchange, OrderStatus, Side, StreamEvent};
use common::{PRODUCT, decimal, fault, limit, market_buy, placed, settings, still};

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
        (PRODUCT, decimal("3200"))
    );
    assert!(ticker.best_bid < Some(ticker.price) && ticker.best_ask > Some(ticker.price));
    assert!(venue.set_price(PRODUCT, decimal("3100")));
    wait(&mut stream, "the new price", |event| match event {
        StreamEvent::Ticker(ticker) => (ticker.price == decimal("3100")).then_some(()),
        _ => None,
    })
    .await;
    wait(&mut stream, "a trade", |event| match event {
        StreamEvent::Trade(trade) => (trade.product == PRODUCT).then_some(()),
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
