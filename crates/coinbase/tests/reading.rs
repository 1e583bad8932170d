//! Reading from the client's side of the line: windows, pages, throttling, damaged answers, tokens.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbtrade_coinbase::{ClockVerdict, Coinbase, Key, LimiterSettings, Settings};
use cbtrade_coinbase_sim::{Behaviour, FaultKind, PublicKey, Running, Source, TokenCheck, Venue};
use cbtrade_exchange::{Exchange, ExchangeError, Granularity, OrderQuery, Placement};
use common::{
    Calls, PRODUCT, decimal, fault, market_buy, placed, settings, start, still, venue_and_client,
};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use secrecy::SecretString;

/// A client whose calls are heard.
async fn heard(venue: &Running, change: impl FnOnce(&mut Settings)) -> (Coinbase, Calls) {
    let calls = Calls::default();
    let mut settings = settings(venue);
    calls.listen(&mut settings);
    change(&mut settings);
    (Coinbase::new(settings).unwrap(), calls)
}

#[tokio::test]
async fn windows_of_any_length_are_walked_without_holes_or_doubles() {
    let mut config = still();
    if let Source::Seeded { daily_move, .. } = &mut config.products[1].source {
        *daily_move = 0.03;
    }
    let venue = Venue::start(config).await.unwrap();
    let (client, calls) = heard(&venue, |_| {}).await;
    for (count, requests) in [(1, 1), (300, 1), (301, 2), (350, 2), (351, 2), (901, 4)] {
        let before = calls.count("GET /market/products");
        let from = start().plus_seconds(-60 * count);
        let candles = client
            .candles(PRODUCT, Granularity::OneMinute, from, start())
            .await
            .unwrap();
        assert_eq!(candles.len(), usize::try_from(count).unwrap());
        for (index, candle) in candles.iter().enumerate() {
            let expected = from.plus_seconds(60 * i64::try_from(index).unwrap());
            assert_eq!(candle.start, expected);
            assert!(candle.low <= candle.open && candle.open <= candle.high);
            assert!(candle.low <= candle.close && candle.close <= candle.high);
        }
        assert_eq!(calls.count("GET /market/products") - before, requests);
    }
    // What is over stays as it was, and days agree with their minutes.
    let day = client
        .candles(
            PRODUCT,
            Granularity::OneDay,
            start().plus_seconds(-400 * 86_400),
            start(),
        )
        .await
        .unwrap();
    assert_eq!(day.len(), 400);
    let whole = day[398];
    let minutes = client
        .candles(
            PRODUCT,
            Granularity::OneMinute,
            whole.start,
            whole.start.plus_seconds(86_400),
        )
        .await
        .unwrap();
    assert_eq!(minutes.len(), 1_440);
    assert_eq!(whole.open, minutes[0].open);
    assert_eq!(Some(whole.high), minutes.iter().map(|one| one.high).max());
    assert_eq!(Some(whole.low), minutes.iter().map(|one| one.low).min());
}

#[tokio::test]
async fn the_venue_itself_takes_350_candles_and_not_351() {
    let venue = Venue::start(still()).await.unwrap();
    let ask = async |count: i64| {
        let end = start().as_seconds() - 60;
        let from = end - (count - 1) * 60;
        let address = format!(
            "{}/api/v3/brokerage/market/products/{PRODUCT}/candles?start={from}&end={end}&granularity=ONE_MINUTE",
            venue.rest_base
        );
        reqwest::get(address).await.unwrap()
    };
    let taken = ask(350).await;
    assert_eq!(taken.status().as_u16(), 200);
    assert_eq!(
        taken.text().await.unwrap().matches("\"start\"").count(),
        350
    );
    let refused = ask(351).await;
    assert_eq!(refused.status().as_u16(), 400);
    assert!(refused.text().await.unwrap().contains("INVALID_ARGUMENT"));
}

#[tokio::test]
async fn minutes_without_trades_have_no_candle() {
    let mut config = still();
    if let Source::Seeded {
        quiet_per_mille, ..
    } = &mut config.products[1].source
    {
        *quiet_per_mille = 300;
    }
    let (_venue, client) = venue_and_client(config).await;
    let candles = client
        .candles(
            PRODUCT,
            Granularity::OneMinute,
            start().plus_seconds(-60_000),
            start(),
        )
        .await
        .unwrap();
    assert!((500..900).contains(&candles.len()), "{}", candles.len());
    assert!(candles.windows(2).all(|pair| pair[0].start < pair[1].start));
}

#[tokio::test]
async fn every_page_of_accounts_is_read() {
    let mut config = still();
    config.empty_accounts = 600;
    let venue = Venue::start(config).await.unwrap();
    let (client, calls) = heard(&venue, |_| {}).await;
    let accounts = client.accounts().await.unwrap();
    assert!(accounts.len() > 600);
    assert_eq!(calls.count("GET /accounts"), 3);
    let usdc: Vec<_> = accounts
        .iter()
        .filter(|account| account.currency == "USDC")
        .collect();
    assert_eq!(usdc.len(), 1);
    assert_eq!(usdc[0].available, decimal("10000"));
}

#[tokio::test]
async fn pages_that_go_round_in_a_circle_are_left() {
    let mut config = still();
    config.empty_accounts = 600;
    let (venue, client) = venue_and_client(config).await;
    venue.plant(fault("GET /accounts", FaultKind::RepeatCursor, 1_000));
    let error = client.accounts().await.unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
    assert!(venue.faults_happened() < 5);
}

#[tokio::test]
async fn orders_over_many_pages_come_once_and_the_newest_first() {
    let mut config = still();
    config.balances = vec![("USDC".to_owned(), decimal("1000000"))];
    let (venue, client) = venue_and_client(config).await;
    for number in 0..260 {
        let id = format!("many-{number}");
        let answer = client.place(&market_buy(&id, "10")).await;
        assert!(matches!(answer, Placement::Accepted { .. }));
        venue.advance_seconds(1);
    }
    let orders = client.orders(&OrderQuery::default()).await.unwrap();
    assert_eq!(orders.len(), 260);
    assert_eq!(orders[0].client_order_id, "many-259");
    let since = OrderQuery {
        since: Some(start().plus_seconds(250)),
        ..OrderQuery::default()
    };
    assert_eq!(client.orders(&since).await.unwrap().len(), 10);
    let fills = client
        .fills(&cbtrade_exchange::FillQuery::default())
        .await
        .unwrap();
    assert_eq!(fills.len(), 260);
    let first = client.find_order("many-0", PRODUCT, start()).await.unwrap();
    assert!(first.is_some());
}

#[tokio::test]
async fn questions_are_asked_again_until_they_are_answered() {
    for kind in [
        FaultKind::DropRequest,
        FaultKind::DropReply,
        FaultKind::Truncate,
        FaultKind::Html {
            status: 500,
            acted: false,
        },
        FaultKind::Html {
            status: 502,
            acted: true,
        },
        FaultKind::Throttle {
            retry_after: Some(0),
        },
        FaultKind::Throttle { retry_after: None },
        FaultKind::ResourceExhausted,
    ] {
        let venue = Venue::start(still()).await.unwrap();
        let (client, calls) = heard(&venue, |_| {}).await;
        venue.plant(fault("GET /market/products/", kind.clone(), 3));
        let product = client.product(PRODUCT).await;
        assert!(product.is_ok(), "{kind:?}: {product:?}");
        assert_eq!(calls.all().len(), 4, "{kind:?}: {:?}", calls.all());
        venue.plant(fault("GET /market/products/", kind.clone(), 4));
        let error = client.product(PRODUCT).await.unwrap_err();
        assert!(error.is_transient(), "{kind:?}: {error}");
    }
}

#[tokio::test]
async fn a_401_to_a_key_that_was_accepted_before_is_throttling() {
    let venue = Venue::start(still()).await.unwrap();
    let (client, calls) = heard(&venue, |_| {}).await;
    venue.plant(fault("GET /accounts", FaultKind::Unauthorized, 9));
    let error = client.accounts().await.unwrap_err();
    assert!(
        matches!(error, ExchangeError::Unauthorized { .. }),
        "{error}"
    );
    assert_eq!(calls.count("GET /accounts"), 2, "{:?}", calls.all());
    venue.clear_faults();
    client.accounts().await.unwrap();
    venue.plant(fault("GET /accounts", FaultKind::Unauthorized, 3));
    client.accounts().await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_or_missing_is_not_asked_again() {
    let venue = Venue::start(still()).await.unwrap();
    let (client, calls) = heard(&venue, |_| {}).await;
    let error = client.product("NO-SUCH").await.unwrap_err();
    assert!(matches!(error, ExchangeError::NotFound { .. }), "{error}");
    assert_eq!(client.order("unknown").await.unwrap(), None);
    assert_eq!(calls.all().len(), 2);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_waited_for_in_vain_but_not_for_ever() {
    let venue = Venue::start(still()).await.unwrap();
    let (client, _) = heard(&venue, |settings| {
        settings.timeout = Duration::from_millis(200);
        settings.attempts_max = 1;
    })
    .await;
    venue.plant(fault(
        "GET /market/product_book",
        FaultKind::Delay { ms: 60_000 },
        1,
    ));
    let error = client.book(PRODUCT, 5).await.unwrap_err();
    assert!(matches!(error, ExchangeError::TimedOut { .. }), "{error}");
    venue.plant(fault(
        "POST /orders",
        FaultKind::DelayReply { ms: 60_000 },
        1,
    ));
    let answer = client.place(&market_buy("late", "10")).await;
    assert!(
        matches!(answer, Placement::Unclear(ExchangeError::TimedOut { .. })),
        "{answer:?}"
    );
    let found = client.find_order("late", PRODUCT, start()).await.unwrap();
    assert!(found.is_some());
}

#[tokio::test]
async fn products_books_fees_and_permissions_are_read() {
    let mut config = still();
    config.can_transfer = true;
    let (venue, client) = venue_and_client(config).await;
    let products = client.products().await.unwrap();
    assert_eq!(products.len(), 9);
    let product = client.product(PRODUCT).await.unwrap();
    assert!(products.contains(&product) && product.can_buy_at_market());
    assert_eq!(product.price, Some(decimal("3200")));
    let book = client.book(PRODUCT, 7).await.unwrap();
    assert_eq!((book.bids.len(), book.asks.len()), (7, 7));
    assert!(
        book.bids
            .windows(2)
            .all(|pair| pair[0].price > pair[1].price)
    );
    assert!(
        book.asks
            .windows(2)
            .all(|pair| pair[0].price < pair[1].price)
    );
    assert!(book.bids[0].price < decimal("3200") && book.asks[0].price > decimal("3200"));
    assert_eq!(product.best_ask, Some(book.asks[0].price));
    assert_eq!(client.fee_rates().await.unwrap().taker, decimal("0.012"));
    let permissions = client.permissions().await.unwrap();
    assert!(permissions.can_trade && permissions.can_transfer);
    assert_eq!(client.server_time().await.unwrap(), start());
    venue.behave(Behaviour {
        clock_skew_seconds: 7,
        ..Behaviour::default()
    });
    assert_eq!(client.server_time().await.unwrap(), start().plus_seconds(7));
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_of_or_refused() {
    let mut config = still();
    config.start = None;
    config.speed = 1;
    let (venue, client) = venue_and_client(config).await;
    for (skew, wished) in [(0, 0), (15, 1), (-15, 1), (3_600, 2), (-3_600, 2)] {
        venue.behave(Behaviour {
            clock_skew_seconds: skew,
            ..Behaviour::default()
        });
        let verdict = client.clock_verdict().await.unwrap();
        let found = match verdict {
            ClockVerdict::Good(_) => 0,
            ClockVerdict::Off(_) => 1,
            ClockVerdict::Refuse(_) => 2,
        };
        assert_eq!(found, wished, "{verdict:?}");
    }
}

fn pem(bytes: &[u8]) -> SecretString {
    let body = STANDARD.encode(bytes);
    SecretString::from(format!(
        "-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
    ))
}

#[tokio::test]
async fn signed_requests_pass_the_full_check_and_others_do_not() {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let ecdsa = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, ecdsa.as_ref(), &random).unwrap();
    let edwards = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let edwards_pair = Ed25519KeyPair::from_pkcs8(edwards.as_ref()).unwrap();
    let keys = [
        (
            pem(ecdsa.as_ref()),
            PublicKey::Ecdsa(pair.public_key().as_ref().to_vec()),
        ),
        (
            pem(edwards.as_ref()),
            PublicKey::Ed25519(edwards_pair.public_key().as_ref().to_vec()),
        ),
    ];
    let stranger = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    for (secret, public) in keys {
        let mut config = still();
        config.tokens = TokenCheck::Full(public);
        let venue = Venue::start(config).await.unwrap();
        let key = Arc::new(Key::new("organizations/a/apiKeys/b", &secret).unwrap());
        let (client, calls) = heard(&venue, |settings| settings.key = Some(key)).await;
        // Balances have a query, a product has none, an order has a body.
        client.accounts().await.unwrap();
        client.product(PRODUCT).await.unwrap();
        placed(&client, &market_buy("signed", "10")).await;
        assert_eq!(venue.refused_tokens(), Vec::<String>::new());
        assert!(calls.all().iter().all(|call| !call.contains("eyJ")));

        let other =
            Arc::new(Key::new("organizations/a/apiKeys/b", &pem(stranger.as_ref())).unwrap());
        let (client, _) = heard(&venue, |settings| settings.key = Some(other)).await;
        let error = client.accounts().await.unwrap_err();
        assert!(
            matches!(error, ExchangeError::Unauthorized { .. }),
            "{error}"
        );
        let (client, _) = heard(&venue, |_| {}).await;
        assert!(client.accounts().await.is_err());
        assert!(client.products().await.is_ok());
    }
}

#[tokio::test]
async fn a_token_for_another_host_is_refused_by_its_shape() {
    let mut config = still();
    config.tokens = TokenCheck::Shape;
    let venue = Venue::start(config).await.unwrap();
    let secret = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let key = Arc::new(Key::new("k", &pem(secret.as_ref())).unwrap());
    let (client, _) = heard(&venue, |settings| settings.key = Some(Arc::clone(&key))).await;
    client.accounts().await.unwrap();
    let (client, _) = heard(&venue, |settings| {
        settings.key = Some(key);
        settings.jwt_host = Some("example.com".to_owned());
    })
    .await;
    assert!(client.accounts().await.is_err());
    assert!(venue.refused_tokens()[0].contains("uri"));
}

#[tokio::test]
async fn throttling_of_one_holds_all_clients_of_the_folder_back() {
    let folder = tempfile::tempdir().unwrap();
    let venue = Venue::start(still()).await.unwrap();
    let limited = |settings: &mut Settings| {
        settings.limiter = Some(LimiterSettings {
            folder: folder.path().to_owned(),
            per_second: 1_000,
            burst: 1_000,
        });
        settings.attempts_max = 1;
    };
    let (one, _) = heard(&venue, limited).await;
    let (other, _) = heard(&venue, limited).await;
    venue.plant(fault(
        "GET /time",
        FaultKind::Throttle {
            retry_after: Some(1),
        },
        1,
    ));
    let before = std::time::Instant::now();
    assert!(one.server_time().await.is_err());
    other.server_time().await.unwrap();
    // Never less, however slow the machine: the pause is in the file.
    assert!(before.elapsed() >= Duration::from_millis(900));
}
