//! The local venue as it is started: on recorded candles, and with the coins of the database's positions.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cbtrade_core::Decimal;
use cbtrade_database::TradeFilter;
use cbtrade_exchange::{Exchange as _, Granularity};

use crate::fleet::TestVenue;
use crate::harness::Place;

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

/// Ten minutes of a price that no walk of ours has.
fn candles() -> String {
    let mut text = "start_unix,open,high,low,close,volume\n".to_owned();
    for minute in 0..10 {
        let (start, price) = (1_700_000_000 / 60 * 60 + minute * 60, 7_000 + minute);
        writeln!(text, "{start},{price}.1,{price}.9,{price}.0,{price}.5,3.25").unwrap();
    }
    text
}

fn by_currency(venue: Vec<cbtrade_exchange::Account>) -> BTreeMap<String, Decimal> {
    venue
        .into_iter()
        .filter(|account| account.available > Decimal::ZERO)
        .map(|account| (account.currency, account.available))
        .collect()
}

#[tokio::test]
async fn a_venue_plays_recorded_candles() {
    let place = Place::new();
    std::fs::create_dir(place.path("candles")).unwrap();
    std::fs::write(place.path("candles/new-usdc-2023.csv"), candles()).unwrap();
    let venue = TestVenue::start(&place, &["--candles", "candles", "--speed", "60"]);
    let exchange = venue.exchange();
    // It is offered beside the venue's own products, at a price of the file.
    let products = exchange.products().await.unwrap();
    assert!(products.iter().any(|product| product.id == "BTC-USDC"));
    let product = exchange.product("NEW-USDC").await.unwrap();
    let range = decimal("7000")..=decimal("7009.9");
    assert!(range.contains(&product.price.unwrap()), "{product:?}");
    // What is asked of the past is the file, played there and back: whole candles of it, and no other.
    let now = exchange.server_time().await.unwrap();
    let from = now.plus_seconds(-3_600);
    let played = exchange
        .candles(
            "NEW-USDC",
            Granularity::OneMinute,
            from,
            now.plus_seconds(-120),
        )
        .await
        .unwrap();
    assert!(played.len() > 30, "{}", played.len());
    for candle in &played {
        assert!(
            range.contains(&candle.low) && range.contains(&candle.high),
            "{candle:?}"
        );
        let minute = candle.high.checked_sub(decimal("0.9")).unwrap();
        assert_eq!(candle.low, minute, "{candle:?}");
    }
    let lowest = played.iter().map(|candle| candle.low).min().unwrap();
    let highest = played.iter().map(|candle| candle.high).max().unwrap();
    assert_eq!((lowest, highest), (*range.start(), *range.end()));
}

#[test]
fn candles_that_cannot_be_played_are_refused_by_their_file() {
    let place = Place::new();
    let port = TestVenue::free_port().to_string();
    let run = |folder: &str| place.run(&["venue", "run", "--port", &port, "--candles", folder]);
    let _ = run("absent").ends(6).tells(&["candles", "absent"]);
    for (folder, file, text, code, words) in [
        ("empty", "BTC-USDC.txt", candles(), 2, "BTC-USDC.csv"),
        ("nameless", "bitcoin.csv", candles(), 2, "bitcoin.csv"),
        (
            "bare",
            "BTC-USDC.csv",
            "start_unix,open\n".to_owned(),
            3,
            "no candle in its second line",
        ),
    ] {
        std::fs::create_dir(place.path(folder)).unwrap();
        std::fs::write(place.path(folder).join(file), text).unwrap();
        let _ = run(folder).ends(code).tells(&[words]);
    }
    std::fs::create_dir(place.path("broken")).unwrap();
    let text = format!("{}1700000600,7000,oops,7000,7000,1\n", candles());
    std::fs::write(place.path("broken/BTC-USDC.csv"), text).unwrap();
    let said = run("broken").tells(&["BTC-USDC.csv", "12"]);
    assert!(said.code.is_some_and(|code| code != 0), "{said:?}");
}

#[tokio::test]
async fn a_venue_holds_the_coins_of_the_databases_positions_and_offers_their_products() {
    let place = Place::new();
    place.fleet(&["init"], 0);
    // Without a database there is nothing to take, and no venue with other coins.
    let port = TestVenue::free_port().to_string();
    let arguments = ["venue", "run", "--port", &port, "--balances-from-positions"];
    let _ = place
        .run(&arguments)
        .ends(6)
        .tells(&["cbtrade server start"]);
    let _ = place.run(&["server", "start"]).ends(0);
    let _ = place.run(&["sample", "legacy"]).ends(0);
    let _ = place.run(&["recover", "legacy", "--yes"]).ends(0);
    let _ = place.run(&["db", "upgrade"]).ends(0);

    let database = place.database().await;
    let rows = database
        .db_poss_get(TradeFilter::default(), None, None)
        .await
        .unwrap();
    let mut held: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut open = Vec::new();
    for row in rows.into_iter().map(|position| position.row) {
        if row.test_txn_yn.as_deref() == Some("N") {
            let sum = held.entry(row.base_symb.unwrap()).or_default();
            *sum = sum.checked_add(row.hold_cnt.unwrap()).unwrap();
        }
        if row.pos_stat.as_deref() == Some("OPEN") {
            open.push(row.prod_id.unwrap());
        }
    }
    held.retain(|_, count| *count > Decimal::ZERO);
    assert!(!held.is_empty() && !open.is_empty(), "nothing to try it on");
    // Of a currency that is named, so much; of all others, what the positions hold.
    held.insert("USDC".to_owned(), decimal("77.5"));
    let journal = place.path("venue.journal").display().to_string();
    let arguments = [
        "--balances-from-positions",
        "--balance",
        "usdc=77.5",
        "--journal",
        &journal,
    ];
    let venue = TestVenue::start(&place, &arguments);
    let at_venue = by_currency(venue.exchange().accounts().await.unwrap());
    for (currency, count) in &held {
        assert_eq!(at_venue.get(currency), Some(count), "{currency}");
    }
    let products = venue.exchange().products().await.unwrap();
    for prod_id in &open {
        assert!(
            products.iter().any(|product| product.id == *prod_id),
            "{prod_id}"
        );
    }

    // Its journal goes on with the same products and coins, whatever became of the positions and of the database.
    drop(venue);
    let _ = place.run(&["server", "stop"]).ends(0);
    let venue = TestVenue::start(&place, &arguments);
    assert_eq!(
        by_currency(venue.exchange().accounts().await.unwrap()),
        at_venue
    );
    let again = venue.exchange().products().await.unwrap();
    let ids = |products: &[cbtrade_exchange::Product]| -> Vec<String> {
        products.iter().map(|product| product.id.clone()).collect()
    };
    assert_eq!(ids(&again), ids(&products));
}
