#![allow(clippy::unwrap_used, reason = "a failed test says where")]

use super::*;

#[tokio::test]
async fn without_live_no_order_reaches_the_venue() {
    use cbtrade_core::Decimal;
    use cbtrade_exchange::{Exchange as _, OrderKind, OrderQuery, OrderRequest, Placement, Side};
    let venue = cbtrade_coinbase_sim::Venue::start(cbtrade_coinbase_sim::Config::seeded(1))
        .await
        .unwrap();
    let own = || Coinbase::new(Settings::local(&venue.rest_base, &venue.ws_url)).unwrap();
    let request = OrderRequest {
        client_order_id: "a-test".to_owned(),
        product: "BTC-USDC".to_owned(),
        side: Side::Buy,
        kind: OrderKind::MarketBuy {
            quote_size: Decimal::from_integer(100),
        },
    };
    let guarded = Guarded::new(own(), false);
    let refused = guarded.place(&request).await;
    assert!(matches!(&refused, Placement::Refused(_)), "{refused:?}");
    let cancelled = guarded.cancel(&["x".to_owned()]).await.unwrap();
    assert!(!cancelled[0].accepted);
    // To listen is no order.
    assert!(guarded.listen().is_some());
    assert!(
        guarded
            .orders(&OrderQuery::default())
            .await
            .unwrap()
            .is_empty()
    );
    let open = Guarded::new(own(), true);
    let placed = open.place(&request).await;
    assert!(matches!(&placed, Placement::Accepted { .. }), "{placed:?}");
    assert_eq!(
        guarded.orders(&OrderQuery::default()).await.unwrap().len(),
        1
    );
}

#[test]
fn streams_of_a_fast_venue_are_given_time_on_our_clock() {
    let usual = Duration::from_secs(10);
    assert_eq!(silence(usual, 1), usual);
    assert_eq!(silence(usual, 2), Duration::from_secs(5));
    assert_eq!(silence(usual, 600), SILENCE_MIN);
    assert_eq!(silence(usual, 0), usual);
}
