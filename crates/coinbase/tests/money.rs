//! Random orders, prices, faults and restarts of the venue: money is never made, lost or held by nobody, and what the
//! client was told is what the venue has.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_coinbase::Coinbase;
use cbtrade_coinbase_sim::{Behaviour, Config, Fault, FaultKind, FeeRounding, Running, Venue};
use cbtrade_core::{Decimal, Random};
use cbtrade_exchange::{
    Exchange, FillQuery, OrderKind, OrderQuery, OrderRequest, OrderStatus, Placement, Side,
};
use common::{PRODUCT, decimal, request, settings, start, still};

const STEPS: u64 = 60;

fn config(random: &mut Random, journal: &std::path::Path) -> Config {
    let mut config = still();
    config.seed = 5;
    config.journal = Some(journal.to_owned());
    config.balances.push(("ETH".to_owned(), decimal("3")));
    let roundings = [
        FeeRounding::Exact,
        FeeRounding::UpTo8,
        FeeRounding::UpToCent,
    ];
    config.fee_rounding = *random.choose(&roundings).unwrap();
    config.touch_fills = random.chance(0.5);
    for product in &mut config.products {
        product.participation = decimal(random.choose(&["1", "0.05", "0.001"]).unwrap());
        product.level_value = decimal(random.choose(&["50", "5000"]).unwrap());
    }
    config
}

fn some_request(random: &mut Random, number: u64) -> OrderRequest {
    let side = if random.chance(0.5) {
        Side::Buy
    } else {
        Side::Sell
    };
    let units = |low: i64, high: i64, random: &mut Random, step: &str| {
        decimal(step)
            .checked_mul(Decimal::from_integer(random.between(low, high)))
            .unwrap()
    };
    let base_size = units(1, 200_000_000, random, "0.00000001");
    let limit_price = units(250_000, 400_000, random, "0.01");
    let kind = match (random.below(7), side) {
        (0 | 1, Side::Buy) => OrderKind::MarketBuy {
            quote_size: units(1, 400_000, random, "0.01"),
        },
        (0 | 1, Side::Sell) => OrderKind::MarketSell { base_size },
        (2, Side::Buy) => OrderKind::MarketBuyBase { base_size },
        (3, _) => OrderKind::LimitIoc {
            base_size,
            limit_price,
        },
        (4, _) => OrderKind::LimitFok {
            base_size,
            limit_price,
        },
        (5, _) => OrderKind::LimitGtd {
            base_size,
            limit_price,
            post_only: random.chance(0.5),
            end_time: start().plus_seconds(random.between(60, 20_000)),
        },
        _ => OrderKind::LimitGtc {
            base_size,
            limit_price,
            post_only: random.chance(0.3),
        },
    };
    request(&format!("order-{number}"), side, kind)
}

fn some_fault(random: &mut Random) -> Fault {
    let kinds = [
        FaultKind::DropReply,
        FaultKind::DropRequest,
        FaultKind::Truncate,
        FaultKind::Html {
            status: 500,
            acted: true,
        },
        FaultKind::Html {
            status: 502,
            acted: false,
        },
        FaultKind::Throttle { retry_after: None },
    ];
    Fault {
        place: "POST /orders".to_owned(),
        kind: random.choose(&kinds).unwrap().clone(),
        after: 0,
        times: None,
        per_mille: 150,
    }
}

async fn check(venue: &Running, client: &Coinbase, seed: u64) {
    assert_eq!(venue.violations(), Vec::<String>::new(), "seed {seed}");
    let orders = client.orders(&OrderQuery::default()).await.unwrap();
    let fills = client.fills(&FillQuery::default()).await.unwrap();
    for order in &orders {
        let own = fills.iter().filter(|fill| fill.order_id == order.order_id);
        let (mut size, mut fees) = (Decimal::ZERO, Decimal::ZERO);
        for fill in own {
            size = size.checked_add(fill.base_size().unwrap()).unwrap();
            fees = fees.checked_add(fill.commission).unwrap();
        }
        assert_eq!(
            (size, fees),
            (order.filled_size, order.total_fees),
            "seed {seed}: {order:?}"
        );
        if order.status == OrderStatus::Filled {
            assert!(size > Decimal::ZERO, "seed {seed}: {order:?}");
        }
    }
    assert_eq!(orders.len(), venue.order_count(), "seed {seed}");
}

async fn story(seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new(seed);
    let config = config(&mut random, &folder.path().join("journal"));
    let mut venue = Venue::start(config.clone()).await.unwrap();
    let mut client = Coinbase::new(settings(&venue)).unwrap();
    let fault = some_fault(&mut random);
    venue.plant(fault.clone());
    let (mut taken, mut unclear) = (0, 0);
    for number in 0..STEPS {
        match random.below(10) {
            0 => {
                let price = random.between(2_600, 3_900);
                assert!(venue.set_price(PRODUCT, Decimal::from_integer(price)));
            }
            1 => venue.advance_seconds(random.between(1, 600)),
            2 => {
                let live = OrderQuery {
                    statuses: OrderStatus::LIVE.to_vec(),
                    ..OrderQuery::default()
                };
                let live = client.orders(&live).await.unwrap();
                let ids: Vec<String> = live.into_iter().take(2).map(|one| one.order_id).collect();
                client.cancel(&ids).await.unwrap();
            }
            3 => venue.behave(Behaviour {
                pending_ms: random.below(30_000),
                cancel_ms: random.below(30_000),
                partial_then_cancel_times: u32::from(random.chance(0.3)),
                cancel_race: random.chance(0.2),
                ..Behaviour::default()
            }),
            4 if number % 3 == 0 => {
                venue.stop().await;
                venue = Venue::start(config.clone()).await.unwrap();
                venue.plant(fault.clone());
                client = Coinbase::new(settings(&venue)).unwrap();
            }
            _ => match client.place(&some_request(&mut random, number)).await {
                Placement::Accepted { .. } => taken += 1,
                Placement::Refused(_) => {}
                Placement::Unclear(_) => unclear += 1,
            },
        }
        assert_eq!(
            venue.violations(),
            Vec::<String>::new(),
            "seed {seed}, step {number}"
        );
    }
    venue.clear_faults();
    check(&venue, &client, seed).await;
    assert!(taken <= venue.order_count(), "seed {seed}");
    assert!(venue.order_count() <= taken + unclear, "seed {seed}");
}

#[tokio::test]
async fn money_is_neither_made_nor_lost_whatever_happens() {
    let seeds: Vec<u64> = match std::env::var("CBTRADE_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (1..=12).collect(),
    };
    for seed in seeds {
        println!("seed {seed}");
        story(seed).await;
    }
}
