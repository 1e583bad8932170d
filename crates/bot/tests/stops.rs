//! A stop that is said while an order is on its way from the decision to the venue.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use cbtrade_bot::VenueClock;
use cbtrade_bot::journal::{Event, Journal, Step};
use cbtrade_bot::orders::{BuyWish, Orders, Patience, SellWish, Wished};
use cbtrade_bot::stop::{LocalStop, StopFile, StopLevel};
use cbtrade_coinbase::Coinbase;
use cbtrade_database::{IntentFilter, IntentState, Position};
use cbtrade_exchange::{Exchange as _, Product};

use common::{World, begin, config, decimal, mark};

const PRODUCT: &str = "ETH-USDC";

async fn buy(orders: &Orders<Coinbase>, product: &Product) -> Wished {
    let wish = BuyWish {
        product,
        quote_size: decimal("10"),
        price_estimate: product.price.unwrap(),
        is_test: false,
        mark: mark("sha"),
        reason: "a test".to_owned(),
        limits: None,
    };
    orders.buy(&wish).await.unwrap()
}

async fn sell(orders: &Orders<Coinbase>, product: &Product, position: &Position) -> Wished {
    let wish = SellWish {
        product,
        pos_id: position.pos_id,
        base_size: position.hold_cnt.unwrap(),
        price_estimate: product.price.unwrap(),
        is_test: false,
        mark: mark("trail_profit"),
        reason: "a test".to_owned(),
    };
    orders.sell(&wish).await.unwrap()
}

async fn last_state(world: &World) -> IntentState {
    let any = IntentFilter::default();
    let all = world.database.db_intents_get(&any).await.unwrap();
    all.last().unwrap().state
}

/// Says halt at the moment at which an intent is committed, and sees that this stop would return at once.
fn stops_at_recorded(file: &StopFile) -> Journal {
    let file = file.clone();
    Journal::new(move |event| {
        let Event::Step {
            step: Step::Recorded,
            ..
        } = event
        else {
            return;
        };
        let stop = LocalStop {
            level: StopLevel::Halt,
            reason: "a test".to_owned(),
            by: "test".to_owned(),
            at: begin(),
        };
        file.write(&stop).unwrap();
        assert!(file.wait_for_sent(Duration::ZERO), "nobody is sending yet");
    })
}

#[tokio::test]
async fn an_order_that_was_recorded_before_a_stop_is_not_sent_after_it() {
    for world in World::all(config).await {
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        buy(&orders, &product).await;
        orders.follow(None).await.unwrap();
        let position = world.positions().await.remove(0);
        let file = StopFile::in_folder(world.folder.path());
        let now = world.exchange.server_time().await.unwrap();
        let stopped = Orders::new(
            world.database.clone(),
            Arc::clone(&world.exchange),
            Arc::new(VenueClock::new(now, 1)),
            file.clone(),
            stops_at_recorded(&file),
            "bot-1".to_owned(),
            Patience::default(),
        );
        for is_buy in [true, false] {
            let wished = match is_buy {
                true => buy(&stopped, &product).await,
                false => sell(&stopped, &product, &position).await,
            };
            assert!(matches!(wished, Wished::Held(_)), "{world}: {wished:?}");
            assert_eq!(world.venue.order_count(), 1, "{world}");
            assert_eq!(last_state(&world).await, IntentState::Refused, "{world}");
            file.clear().unwrap();
        }
        // What was to be sold is held as before, and can be sold again.
        let wished = sell(&orders, &product, &position).await;
        assert!(
            matches!(wished, Wished::Placed { .. }),
            "{world}: {wished:?}"
        );
        assert!(file.wait_for_sent(Duration::ZERO), "{world}");
    }
}
