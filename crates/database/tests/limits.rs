//! What buys may not exceed holds whoever buys, and however many at once. On every engine.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use std::sync::Arc;

use cbtrade_database::{
    BuyLimits, Database, IntentBegun, NewIntent, Options, OverLimit, TradeFilter,
};
use common::Store;
use common::intents::{begin, bought, decimal, to_buy};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Limits that nothing here reaches.
fn wide() -> BuyLimits {
    BuyLimits {
        market_amt_max: decimal("1000000"),
        kind_amt_max: decimal("1000000"),
        pair_amt_max: decimal("1000000"),
        pair_kind_amt_max: decimal("1000000"),
        products_cnt_max: 1_000,
        pair_cnt_max: 1_000,
        strategy_cnt_max: 1_000,
    }
}

/// A buy of 25 USDC.
fn buy(id: &str, prod_id: &str, limits: BuyLimits) -> NewIntent {
    NewIntent {
        prod_id: prod_id.to_owned(),
        limits: Some(limits),
        ..to_buy(id)
    }
}

async fn stores() -> Vec<Store> {
    let stores = Store::all().await;
    for store in &stores {
        store.database.ensure_database_ready().await.unwrap();
    }
    stores
}

async fn over(database: &Database, intent: &NewIntent) -> OverLimit {
    match database.db_intent_begin(intent).await.unwrap() {
        IntentBegun::OverLimit(over) => over,
        other => panic!("not over a limit: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bots_that_buy_at_once_keep_a_limit_together() {
    const BOTS: usize = 16;
    for store in stores().await {
        let barrier = Arc::new(Barrier::new(BOTS));
        let mut work = JoinSet::new();
        for bot in 0..BOTS {
            let location = store.database.location();
            let database = Database::open(location, Options::default()).await.unwrap();
            let barrier = Arc::clone(&barrier);
            work.spawn(async move {
                // Each of another product, as bots with a pair each have it; 25 of 100 each.
                let limits = BuyLimits {
                    market_amt_max: decimal("100"),
                    ..wide()
                };
                let intent = buy(&format!("at-once-{bot}"), &format!("C{bot}-USDC"), limits);
                barrier.wait().await;
                database.db_intent_begin(&intent).await.unwrap()
            });
        }
        let all = work.join_all().await;
        let is_recorded = |begun: &&IntentBegun| matches!(begun, IntentBegun::Recorded(_));
        let begun = all.iter().filter(is_recorded);
        assert_eq!(begun.count(), 4, "{store}: {all:?}");
        for other in all.iter().filter(|begun| !is_recorded(begun)) {
            let IntentBegun::OverLimit(over) = other else {
                panic!("{store}: {other:?}");
            };
            assert_eq!(over.limit, "market_amt_max");
            assert_eq!(over.would_be, decimal("125"), "{store}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_limit_counts_positions_and_orders_that_are_out() {
    for store in stores().await {
        let database = &store.database;
        // A position of SOL-USDC by sha on 1h for 25, and an order that is out for XRP-USDC by a strategy of the other type.
        bought(database, "held").await;
        let other = NewIntent {
            strat_type: Some("dn".to_owned()),
            strat_name: Some("drop".to_owned()),
            ..buy("out", "XRP-USDC", wide())
        };
        begin(database, &other).await;
        let cases = [
            (
                "market_amt_max",
                "75",
                "ADA-USDC",
                BuyLimits {
                    market_amt_max: decimal("74.99"),
                    ..wide()
                },
            ),
            (
                "kind_amt_max",
                "50",
                "ADA-USDC",
                BuyLimits {
                    kind_amt_max: decimal("49.99"),
                    ..wide()
                },
            ),
            (
                "pair_amt_max",
                "50",
                "SOL-USDC",
                BuyLimits {
                    pair_amt_max: decimal("49.99"),
                    ..wide()
                },
            ),
            (
                "pair_kind_amt_max",
                "50",
                "SOL-USDC",
                BuyLimits {
                    pair_kind_amt_max: decimal("49.99"),
                    ..wide()
                },
            ),
            (
                "products_cnt_max",
                "3",
                "ADA-USDC",
                BuyLimits {
                    products_cnt_max: 2,
                    ..wide()
                },
            ),
            (
                "pair_cnt_max",
                "2",
                "SOL-USDC",
                BuyLimits {
                    pair_cnt_max: 1,
                    ..wide()
                },
            ),
            (
                "strategy_cnt_max",
                "2",
                "SOL-USDC",
                BuyLimits {
                    strategy_cnt_max: 1,
                    ..wide()
                },
            ),
        ];
        for (limit, would_be, product, limits) in cases {
            let broken = over(database, &buy(limit, product, limits)).await;
            assert_eq!(broken.limit, limit, "{store}");
            assert_eq!(broken.would_be, decimal(would_be), "{store}: {limit}");
        }
        // Exactly at every limit is allowed; a product that is open already is no new one.
        let exact = BuyLimits {
            market_amt_max: decimal("75"),
            kind_amt_max: decimal("50"),
            pair_amt_max: decimal("50"),
            pair_kind_amt_max: decimal("50"),
            products_cnt_max: 0,
            pair_cnt_max: 2,
            strategy_cnt_max: 2,
        };
        begin(database, &buy("exactly", "SOL-USDC", exact)).await;
        // Another quote currency's money is another budget's.
        let foreign = BuyLimits {
            market_amt_max: decimal("25"),
            ..wide()
        };
        begin(database, &buy("foreign", "SOL-EUR", foreign)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_trade_of_a_strategy_makes_its_performance_rows() {
    for store in stores().await {
        let database = &store.database;
        let filter = TradeFilter {
            prod_id: Some("SOL-USDC"),
            buy_strat_name: Some("sha"),
            ..TradeFilter::default()
        };
        let rows = database.db_trade_strat_perfs_get(filter, 0).await.unwrap();
        assert_eq!(rows.len(), 0, "{store}");
        bought(database, "first").await;
        for class in ["L", "A"] {
            let filter = TradeFilter {
                lta: Some(class),
                ..filter
            };
            let rows = database.db_trade_strat_perfs_get(filter, 0).await.unwrap();
            let [row] = rows.as_slice() else {
                panic!("{store}: {rows:?}");
            };
            assert_eq!(row.tot_open_cnt, Some(1), "{store} {class}");
            assert_eq!(row.buy_strat_freq, "1h", "{store}");
        }
    }
}
