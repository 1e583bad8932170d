//! Orders from the client's side of the line: what is taken, filled, refused, cancelled, lost and found.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_coinbase::{Coinbase, Settings};
use cbtrade_coinbase_sim::{Behaviour, FaultKind, RepeatedIds, Venue};
use cbtrade_core::Decimal;
use cbtrade_exchange::{
    Exchange, ExchangeError, FillQuery, Liquidity, OrderKind, OrderQuery, OrderState, OrderStatus,
    Placement, RefusalClass, RefusalReason, Side,
};
use common::{
    Calls, PRODUCT, decimal, fault, limit, market_buy, market_sell, placed, request, settings,
    start, still, venue_and_client,
};

#[tokio::test]
async fn a_purchase_and_a_sale_agree_with_balances_to_the_last_decimal() {
    let (venue, client) = venue_and_client(still()).await;
    let before = client.accounts().await.unwrap();
    let bought = placed(&client, &market_buy("buy-1", "500")).await;
    assert_eq!(bought.status, OrderStatus::Filled);
    assert!(bought.settled && bought.total_value_after_fees <= decimal("500"));
    assert!(bought.total_value_after_fees > decimal("499.99"));
    let sold = placed(&client, &market_sell("sell-1", bought.filled_size)).await;
    assert_eq!(sold.status, OrderStatus::Filled);
    assert_eq!(sold.filled_size, bought.filled_size);

    let fills = client.fills(&FillQuery::default()).await.unwrap();
    let (mut usdc, mut eth) = (decimal("10000"), Decimal::ZERO);
    for fill in &fills {
        let value = fill.price.checked_mul(fill.size).unwrap();
        let fee = value.checked_mul(decimal("0.012")).unwrap();
        assert_eq!(fill.commission, fee);
        assert_eq!(fill.liquidity, Liquidity::Taker);
        match fill.side {
            Side::Buy => {
                usdc = usdc.checked_sub(value.checked_add(fee).unwrap()).unwrap();
                eth = eth.checked_add(fill.size).unwrap();
            }
            Side::Sell => {
                usdc = usdc.checked_add(value.checked_sub(fee).unwrap()).unwrap();
                eth = eth.checked_sub(fill.size).unwrap();
            }
        }
    }
    let after = client.accounts().await.unwrap();
    let available = |currency: &str| {
        let account = after.iter().find(|account| account.currency == currency);
        account.unwrap().available
    };
    assert_eq!((available("USDC"), available("ETH")), (usdc, eth));
    assert_eq!(eth, Decimal::ZERO);
    assert_eq!(before.len(), after.len());
    assert_eq!(venue.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_limit_order_waits_holds_and_is_filled_as_maker() {
    let (venue, client) = venue_and_client(still()).await;
    let order = placed(&client, &limit("wait", Side::Buy, "0.5", "3000")).await;
    assert_eq!(order.status, OrderStatus::Open);
    assert_eq!(order.hold, Some(decimal("1518")));
    assert_eq!(venue.balance("USDC"), (decimal("8482"), decimal("1518")));
    // Touched is not filled, gone through is.
    assert!(venue.set_price(PRODUCT, decimal("3000")));
    venue.advance_seconds(30);
    let touched = client.order(&order.order_id).await.unwrap().unwrap();
    assert_eq!(touched.status, OrderStatus::Open);
    assert!(venue.set_price(PRODUCT, decimal("2999")));
    venue.advance_seconds(30);
    let filled = client.order(&order.order_id).await.unwrap().unwrap();
    assert_eq!(filled.status, OrderStatus::Filled);
    assert_eq!(filled.average_filled_price, Some(decimal("3000")));
    assert_eq!(filled.total_fees, decimal("9"));
    assert_eq!(venue.balance("USDC"), (decimal("8491"), Decimal::ZERO));
    assert_eq!(venue.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_stop_wakes_and_an_end_time_expires() {
    let mut config = still();
    config.balances.push(("ETH".to_owned(), decimal("2")));
    let (venue, client) = venue_and_client(config).await;
    let stop = OrderKind::StopLimitGtc {
        base_size: decimal("1"),
        limit_price: decimal("2500"),
        stop_price: decimal("2900"),
        stop_direction: cbtrade_exchange::StopDirection::Down,
    };
    let stop = placed(&client, &request("stop", Side::Sell, stop)).await;
    let until = OrderKind::LimitGtd {
        base_size: decimal("1"),
        limit_price: decimal("4000"),
        post_only: true,
        end_time: start().plus_seconds(3_600),
    };
    let until = placed(&client, &request("until", Side::Sell, until)).await;
    venue.advance_seconds(60);
    assert_eq!(
        client.order(&stop.order_id).await.unwrap().unwrap().status,
        OrderStatus::Open
    );
    assert!(venue.set_price(PRODUCT, decimal("2890")));
    venue.advance_seconds(60);
    let woken = client.order(&stop.order_id).await.unwrap().unwrap();
    assert_eq!(woken.status, OrderStatus::Filled);
    assert!(woken.average_filled_price.unwrap() > decimal("2500"));
    venue.advance_seconds(3_600);
    let expired = client.order(&until.order_id).await.unwrap().unwrap();
    assert_eq!(expired.status, OrderStatus::Expired);
    assert_eq!(venue.balance("ETH"), (decimal("1"), Decimal::ZERO));
    assert_eq!(venue.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_lost_answer_leaves_exactly_one_order_that_can_be_found() {
    for kind in [
        FaultKind::DropReply,
        FaultKind::Truncate,
        FaultKind::Html {
            status: 502,
            acted: true,
        },
    ] {
        let venue = Venue::start(still()).await.unwrap();
        let calls = Calls::default();
        let mut settings = settings(&venue);
        calls.listen(&mut settings);
        let client = Coinbase::new(settings).unwrap();
        venue.plant(fault("POST /orders", kind.clone(), 1));
        let since = client.server_time().await.unwrap();
        let lost = client.place(&market_buy("lost", "100")).await;
        let Placement::Unclear(error) = lost else {
            panic!("{kind:?}: {lost:?}");
        };
        assert!(error.may_have_acted(), "{kind:?}: {error}");
        assert_eq!(
            calls.count("POST /orders"),
            1,
            "{kind:?}: {:?}",
            calls.all()
        );
        let found = client.find_order("lost", PRODUCT, since).await.unwrap();
        assert_eq!(found.unwrap().status, OrderStatus::Filled);
        assert_eq!(
            client.find_order("other", PRODUCT, since).await.unwrap(),
            None
        );
        assert_eq!(venue.order_count(), 1);
    }
}

#[tokio::test]
async fn a_request_that_never_arrived_leaves_none_and_may_be_sent_again() {
    let (venue, client) = venue_and_client(still()).await;
    venue.plant(fault("POST /orders", FaultKind::DropRequest, 1));
    let first = client.place(&market_buy("again", "100")).await;
    assert!(matches!(first, Placement::Unclear(_)), "{first:?}");
    assert_eq!(venue.order_count(), 0);
    assert_eq!(
        client.find_order("again", PRODUCT, start()).await.unwrap(),
        None
    );
    let order = placed(&client, &market_buy("again", "100")).await;
    // The same id and body is the same order at this venue.
    let same = placed(&client, &market_buy("again", "100")).await;
    assert_eq!(order.order_id, same.order_id);
    let other = client.place(&market_buy("again", "101")).await;
    let Placement::Refused(refusal) = other else {
        panic!("{other:?}");
    };
    assert_eq!(refusal.class, RefusalClass::AlreadyPlaced);
    assert_eq!(venue.order_count(), 1);
}

#[tokio::test]
async fn other_venues_treat_a_repeated_id_otherwise() {
    for (mode, count) in [(RepeatedIds::Refused, 1), (RepeatedIds::Accepted, 2)] {
        let mut config = still();
        config.repeated_ids = mode;
        let (venue, client) = venue_and_client(config).await;
        placed(&client, &market_buy("twice", "10")).await;
        let second = client.place(&market_buy("twice", "10")).await;
        assert_eq!(matches!(second, Placement::Accepted { .. }), count == 2);
        assert_eq!(venue.order_count(), count);
    }
}

#[tokio::test]
async fn a_throttled_or_unauthorized_order_is_not_repeated_and_not_placed() {
    for kind in [
        FaultKind::Throttle { retry_after: None },
        FaultKind::ResourceExhausted,
        FaultKind::Unauthorized,
    ] {
        let (venue, client) = venue_and_client(still()).await;
        venue.plant(fault("POST /orders", kind.clone(), 1));
        let answer = client.place(&market_buy("slow", "100")).await;
        let Placement::Unclear(error) = answer else {
            panic!("{kind:?}: {answer:?}");
        };
        assert!(!error.may_have_acted(), "{kind:?}: {error}");
        assert_eq!((venue.order_count(), venue.faults_happened()), (0, 1));
    }
}

#[tokio::test]
async fn every_reason_of_the_venue_has_a_class() {
    let (venue, client) = venue_and_client(still()).await;
    for (number, reason) in RefusalReason::KNOWN.iter().enumerate() {
        let kind = FaultKind::Refuse {
            reason: (*reason).to_owned(),
        };
        venue.plant(fault("POST /orders", kind, 1));
        let answer = client.place(&market_buy(&format!("r{number}"), "10")).await;
        let Placement::Refused(refusal) = answer else {
            panic!("{reason}: {answer:?}");
        };
        assert_eq!(refusal.reason.as_str(), *reason);
        assert_ne!(refusal.class, RefusalClass::Unknown, "{reason}");
    }
    assert_eq!(venue.order_count(), 0);
}

#[tokio::test]
async fn the_venue_refuses_in_its_own_order() {
    let (venue, client) = venue_and_client(still()).await;
    let reason = async |request| match client.place(&request).await {
        Placement::Refused(refusal) => refusal.reason.as_str().to_owned(),
        other => panic!("{request:?}: {other:?}"),
    };
    let sell = |size: &str| market_sell("s", decimal(size));
    let post = |price: &str| {
        let kind = OrderKind::LimitGtc {
            base_size: decimal("0.1"),
            limit_price: decimal(price),
            post_only: true,
        };
        request("p", Side::Buy, kind)
    };
    let mut unknown = market_buy("u", "10");
    unknown.product = "NO-SUCH".to_owned();
    for (request, wished) in [
        (unknown, "INVALID_PRODUCT_ID"),
        (sell("0.123456789"), "INVALID_SIZE_PRECISION"),
        (sell("0.0001"), "INVALID_QUOTE_SIZE_TOO_SMALL"),
        (sell("5"), "INSUFFICIENT_FUND"),
        (market_buy("a", "0.5"), "INVALID_QUOTE_SIZE_TOO_SMALL"),
        (market_buy("b", "10.001"), "INVALID_QUOTE_SIZE_PRECISION"),
        (market_buy("c", "10000.01"), "INSUFFICIENT_FUND"),
        (market_buy("d", "150000001"), "INVALID_QUOTE_SIZE_TOO_LARGE"),
        (
            limit("e", Side::Buy, "0.1", "3000.001"),
            "INVALID_PRICE_PRECISION",
        ),
        (
            limit("f", Side::Buy, "0.1", "9000"),
            "LIMIT_ORDER_PRICE_EXCEEDS_PRICE_BAND_ON_BUY",
        ),
        (
            limit("g", Side::Sell, "1", "100"),
            "LIMIT_ORDER_PRICE_EXCEEDS_PRICE_BAND_ON_SELL",
        ),
        (post("3300"), "INVALID_LIMIT_PRICE_POST_ONLY"),
    ] {
        assert_eq!(reason(request).await, wished);
    }
    for (flag, value, wished) in [
        ("book", "empty", "INVALID_NO_LIQUIDITY"),
        ("auction_mode", "true", "PRODUCT_TRADING_HALTED"),
        ("limit_only", "true", "UNSUPPORTED_ORDER_CONFIGURATION"),
        ("cancel_only", "true", "ORDER_ENTRY_DISABLED"),
        ("view_only", "true", "INELIGIBLE_PAIR"),
        ("status", "offline", "UNTRADABLE_PRODUCT"),
        ("is_disabled", "true", "ORDER_ENTRY_DISABLED"),
        ("trading_disabled", "true", "TRADING_DISABLED"),
    ] {
        venue.set_flag(PRODUCT, flag, value);
        assert_eq!(reason(market_buy("flag", "10")).await, wished, "{flag}");
    }
    let product = client.product(PRODUCT).await.unwrap();
    assert!(!product.can_buy_at_market() && product.why_not_tradable().is_some());
    assert_eq!(venue.order_count(), 0);
}

#[tokio::test]
async fn a_part_of_an_order_is_a_part_of_the_money() {
    let (venue, client) = venue_and_client(still()).await;
    venue.behave(Behaviour {
        partial_then_cancel_times: 1,
        partial_fraction: Some("0.25".to_owned()),
        ..Behaviour::default()
    });
    let cut = placed(&client, &market_buy("cut", "400")).await;
    assert_eq!(cut.status, OrderStatus::Cancelled);
    assert!(cut.is_partly_filled());
    assert!(cut.total_value_after_fees <= decimal("100"));
    // A purchase that is larger than the book within the protection is filled as far as that goes.
    assert!(venue.balance("USDC").0 > decimal("9899"));
    assert_eq!(venue.balance("USDC").1, Decimal::ZERO);
    let whole = placed(&client, &market_buy("whole", "400")).await;
    assert_eq!(whole.status, OrderStatus::Filled);
    assert_eq!(venue.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn protection_and_a_thin_book_end_a_market_order_early() {
    let mut config = still();
    config.balances = vec![("USDC".to_owned(), decimal("1000000"))];
    for product in &mut config.products {
        product.spread = decimal("0.02");
    }
    let (venue, client) = venue_and_client(config).await;
    let order = placed(&client, &market_buy("big", "900000")).await;
    assert_eq!(order.status, OrderStatus::Cancelled);
    // Levels 1 % apart and a protection of 3 %: the best one and three more.
    assert_eq!(order.fills_count, 4);
    assert_eq!(venue.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn orders_that_are_slow_are_seen_on_every_step() {
    let (venue, client) = venue_and_client(still()).await;
    venue.behave(Behaviour {
        pending_ms: 10_000,
        late_order_ms: 20_000,
        late_fills_ms: 30_000,
        settle_ms: 40_000,
        cancel_ms: 5_000,
        ..Behaviour::default()
    });
    let order = placed(&client, &market_buy("slow", "100")).await;
    assert_eq!(order.status.state(), OrderState::Working);
    assert_eq!(order.status, OrderStatus::Pending);
    assert_eq!(
        client.find_order("slow", PRODUCT, start()).await.unwrap(),
        None
    );
    venue.advance_seconds(15);
    let filled = client.order(&order.order_id).await.unwrap().unwrap();
    assert_eq!(filled.status, OrderStatus::Filled);
    assert!(!filled.settled);
    let query = FillQuery {
        order_id: Some(order.order_id.clone()),
        ..FillQuery::default()
    };
    assert!(client.fills(&query).await.unwrap().is_empty());
    venue.advance_seconds(10);
    assert!(
        client
            .find_order("slow", PRODUCT, start())
            .await
            .unwrap()
            .is_some()
    );
    venue.advance_seconds(40);
    let fills = client.fills(&query).await.unwrap();
    let sum = fills.iter().fold(Decimal::ZERO, |all, fill| {
        all.checked_add(fill.base_size().unwrap()).unwrap()
    });
    assert_eq!(sum, filled.filled_size);
    assert!(
        client
            .order(&order.order_id)
            .await
            .unwrap()
            .unwrap()
            .settled
    );
}

#[tokio::test]
async fn a_kill_switch_finds_and_ends_every_live_order() {
    let (venue, client) = venue_and_client(still()).await;
    placed(&client, &limit("open", Side::Buy, "0.1", "3000")).await;
    venue.behave(Behaviour {
        pending_ms: 1_000_000,
        cancel_ms: 5_000,
        ..Behaviour::default()
    });
    placed(&client, &limit("pending", Side::Buy, "0.1", "3000")).await;
    let open = OrderQuery {
        statuses: vec![OrderStatus::Open],
        ..OrderQuery::default()
    };
    assert_eq!(client.orders(&open).await.unwrap().len(), 1);
    let live = OrderQuery {
        statuses: OrderStatus::LIVE.to_vec(),
        ..OrderQuery::default()
    };
    let mut ids: Vec<String> = client
        .orders(&live)
        .await
        .unwrap()
        .into_iter()
        .map(|order| order.order_id)
        .collect();
    assert_eq!(ids.len(), 2);
    ids.push("never-heard-of".to_owned());
    let answers = client.cancel(&ids).await.unwrap();
    let accepted: Vec<bool> = answers.iter().map(|answer| answer.accepted).collect();
    assert_eq!(accepted, [true, true, false]);
    assert_eq!(answers[2].reason, "UNKNOWN_CANCEL_ORDER");
    let queued = client.order(&ids[0]).await.unwrap().unwrap();
    assert_eq!(queued.status, OrderStatus::CancelQueued);
    assert!(queued.pending_cancel);
    venue.advance_seconds(6);
    assert!(client.orders(&live).await.unwrap().is_empty());
    assert_eq!(venue.balance("USDC"), (decimal("10000"), Decimal::ZERO));
    assert_eq!(client.order("never-heard-of").await.unwrap(), None);
}

#[tokio::test]
async fn a_cancellation_can_come_too_late_and_is_repeated_safely() {
    let (venue, client) = venue_and_client(still()).await;
    venue.behave(Behaviour {
        cancel_race: true,
        ..Behaviour::default()
    });
    let order = placed(&client, &limit("race", Side::Buy, "0.1", "3000")).await;
    venue.plant(fault("POST /orders/batch_cancel", FaultKind::DropReply, 1));
    let answers = client
        .cancel(std::slice::from_ref(&order.order_id))
        .await
        .unwrap();
    assert_eq!(answers[0].reason, "ORDER_IS_FULLY_FILLED");
    let order = client.order(&order.order_id).await.unwrap().unwrap();
    assert_eq!(order.status, OrderStatus::Filled);
    assert_eq!(venue.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_no_client_id_is_not_sent() {
    let venue = Venue::start(still()).await.unwrap();
    let calls = Calls::default();
    let mut settings: Settings = settings(&venue);
    calls.listen(&mut settings);
    let client = Coinbase::new(settings).unwrap();
    for id in [
        "",
        "with blank",
        "0123456789-0123456789-0123456789-0123456789",
    ] {
        let answer = client.place(&market_buy(id, "10")).await;
        assert!(
            matches!(answer, Placement::Unclear(ExchangeError::Refused { .. })),
            "{answer:?}"
        );
    }
    assert!(client.order("../accounts").await.is_err());
    assert!(calls.all().is_empty());
}
