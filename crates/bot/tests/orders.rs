//! The life of an order against a venue that fails, on every engine.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_bot::orders::{Followed, Wished};
use cbtrade_bot::stop::{LocalStop, StopFile, StopLevel};
use cbtrade_coinbase_sim::{Behaviour, FaultKind};
use cbtrade_core::Decimal;
use cbtrade_database::{Changes, IntentState, Position, columns};

use common::{World, begin, buy, config, decimal, follow, sell};

const PRODUCT: &str = "ETH-USDC";

#[tokio::test]
async fn a_buy_becomes_a_position_and_its_sale_closes_it() {
    for world in World::all(config).await {
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        let wished = buy(&orders, &product, "25", false).await;
        assert!(
            matches!(wished, Wished::Placed { .. }),
            "{world}: {wished:?}"
        );
        assert_eq!(
            follow(&orders).await,
            [Followed::Settled],
            "{world}: {}",
            world.said()
        );
        // Followed again, there is nothing left to do: the position is not opened a second time (B-27).
        assert_eq!(follow(&orders).await, [], "{world}");
        world.assert_books_agree("ETH").await;
        let positions = world.positions().await;
        let [position] = positions.as_slice() else {
            panic!("{world}: {positions:?}");
        };
        assert_eq!(position.pos_stat.as_deref(), Some("OPEN"));
        assert_eq!(position.buy_strat_name.as_deref(), Some("sha"));
        let wished = sell(&orders, &product, position).await;
        assert!(
            matches!(wished, Wished::Placed { .. }),
            "{world}: {wished:?}"
        );
        assert_eq!(
            follow(&orders).await,
            [Followed::Settled],
            "{world}: {}",
            world.said()
        );
        let closed = world.positions().await.remove(0);
        assert_eq!(closed.pos_stat.as_deref(), Some("CLOSE"), "{world}");
        assert_eq!(closed.sell_strat_name.as_deref(), Some("trail_profit"));
        world.assert_books_agree("ETH").await;
        assert_eq!(world.venue.order_count(), 2);
        let fills = world.database.db_fills_get(None, None).await.unwrap();
        assert!(fills.len() >= 2, "{world}");
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_up_and_the_order_is_there_once() {
    for world in World::all(config).await {
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        for kind in [
            FaultKind::DropReply,
            FaultKind::Truncate,
            FaultKind::Html {
                status: 502,
                acted: true,
            },
        ] {
            world.plant("POST /orders", kind);
            let wished = buy(&orders, &product, "10", false).await;
            assert!(matches!(wished, Wished::Unclear), "{world}: {wished:?}");
            // While it is not known what was spent, nothing more is bought there.
            let second = buy(&orders, &product, "10", false).await;
            assert!(matches!(second, Wished::Held(_)), "{world}: {second:?}");
            assert_eq!(
                follow(&orders).await,
                [Followed::Settled],
                "{world}: {}",
                world.said()
            );
        }
        assert_eq!(world.venue.order_count(), 3, "{world}");
        assert_eq!(world.positions().await.len(), 3, "{world}");
        world.assert_books_agree("ETH").await;
    }
}

#[tokio::test]
async fn an_order_that_never_arrived_counts_as_absent_after_a_while_and_not_before() {
    for world in World::all(config).await {
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        world.plant("POST /orders", FaultKind::DropRequest);
        let wished = buy(&orders, &product, "10", false).await;
        assert!(matches!(wished, Wished::Unclear), "{world}: {wished:?}");
        assert_eq!(follow(&orders).await, [Followed::Unknown], "{world}");
        world.venue.advance_seconds(700);
        let later = world.orders_of("bot-2").await;
        assert_eq!(follow(&later).await, [Followed::Absent], "{world}");
        assert_eq!(world.states().await, [IntentState::Absent], "{world}");
        assert_eq!(
            world.venue.order_count(),
            0,
            "nothing is ever sent a second time"
        );
        // The product is free again.
        let wished = buy(&orders, &product, "10", false).await;
        assert!(
            matches!(wished, Wished::Placed { .. }),
            "{world}: {wished:?}"
        );
    }
}

#[tokio::test]
async fn an_order_that_is_listed_late_is_taken_on_even_after_it_counted_as_absent() {
    for world in World::all(config).await {
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        world.venue.behave(Behaviour {
            late_order_ms: 900_000,
            ..Behaviour::default()
        });
        world.plant("POST /orders", FaultKind::DropReply);
        let wished = buy(&orders, &product, "10", false).await;
        assert!(matches!(wished, Wished::Unclear), "{world}: {wished:?}");
        assert_eq!(follow(&orders).await, [Followed::Unknown], "{world}");
        world.venue.advance_seconds(700);
        let later = world.orders_of("bot-1").await;
        assert_eq!(follow(&later).await, [Followed::Absent], "{world}");
        world.venue.advance_seconds(300);
        let later = world.orders_of("bot-1").await;
        let found = later.reconcile(&["USDC".to_owned()]).await.unwrap();
        assert_eq!(found.taken_on, 1, "{world}: {}", world.said());
        assert_eq!(world.states().await, [IntentState::Done], "{world}");
        assert_eq!(world.positions().await.len(), 1, "{world}");
        world.assert_books_agree("ETH").await;
    }
}

#[tokio::test]
async fn a_refused_sale_leaves_the_position_to_be_sold_again() {
    for world in World::all(config).await {
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        buy(&orders, &product, "10", false).await;
        follow(&orders).await;
        let position = world.positions().await.remove(0);
        world.plant(
            "POST /orders",
            FaultKind::Refuse {
                reason: "PRODUCT_TRADING_HALTED".to_owned(),
            },
        );
        let wished = sell(&orders, &product, &position).await;
        assert!(matches!(wished, Wished::Refused(_)), "{world}: {wished:?}");
        let position = world.positions().await.remove(0);
        assert_eq!(position.pos_stat.as_deref(), Some("OPEN"), "{world}");
        let wished = sell(&orders, &product, &position).await;
        assert!(
            matches!(wished, Wished::Placed { .. }),
            "{world}: {wished:?}"
        );
        follow(&orders).await;
        world.assert_books_agree("ETH").await;
    }
}

#[tokio::test]
async fn what_was_filled_of_a_cancelled_order_is_kept() {
    for world in World::all(config).await {
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        let cut = || Behaviour {
            partial_then_cancel_times: 1,
            partial_fraction: Some("0.4".to_owned()),
            ..Behaviour::default()
        };
        // A buy: its coins are a position (B-28).
        world.venue.behave(cut());
        buy(&orders, &product, "10", false).await;
        assert_eq!(follow(&orders).await, [Followed::Settled], "{world}");
        let position = world.positions().await.remove(0);
        assert!(position.tot_out_cnt.unwrap() < decimal("5"), "{world}");
        world.assert_books_agree("ETH").await;
        // A sale: the rest is still held, and sold by the next one.
        world.venue.behave(cut());
        sell(&orders, &product, &position).await;
        assert_eq!(follow(&orders).await, [Followed::Settled], "{world}");
        let rest = world.positions().await.remove(0);
        assert_eq!(rest.pos_stat.as_deref(), Some("OPEN"), "{world}");
        assert!(
            rest.hold_cnt.unwrap() < position.hold_cnt.unwrap(),
            "{world}"
        );
        world.assert_books_agree("ETH").await;
        sell(&orders, &product, &rest).await;
        follow(&orders).await;
        let closed = world.positions().await.remove(0);
        assert_eq!(closed.pos_stat.as_deref(), Some("CLOSE"), "{world}");
        assert_eq!(closed.hold_cnt, Some(Decimal::ZERO), "{world}");
        world.assert_books_agree("ETH").await;
    }
}

#[tokio::test]
async fn fills_that_are_listed_late_are_waited_for() {
    for world in World::all(config).await {
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        world.venue.behave(Behaviour {
            late_fills_ms: 30_000,
            ..Behaviour::default()
        });
        buy(&orders, &product, "10", false).await;
        assert_eq!(follow(&orders).await, [Followed::FillsMissing], "{world}");
        assert!(world.positions().await.is_empty(), "{world}");
        world.venue.advance_seconds(60);
        assert_eq!(follow(&orders).await, [Followed::Settled], "{world}");
        world.assert_books_agree("ETH").await;
    }
}

#[tokio::test]
async fn nothing_is_made_while_the_fleet_is_stopped() {
    use cbtrade_database::StopLevel as Kept;
    for world in World::all(config).await {
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        buy(&orders, &product, "10", false).await;
        follow(&orders).await;
        let position = world.positions().await.remove(0);
        world
            .database
            .db_stop_level_set(Kept::NoNewBuys, "a test", "test")
            .await
            .unwrap();
        for is_test in [false, true] {
            let wished = buy(&orders, &product, "10", is_test).await;
            assert!(matches!(wished, Wished::Held(_)), "{world}: {wished:?}");
        }
        world
            .database
            .db_stop_level_set(Kept::Halt, "a test", "test")
            .await
            .unwrap();
        let wished = sell(&orders, &product, &position).await;
        assert!(matches!(wished, Wished::Held(_)), "{world}: {wished:?}");
        world
            .database
            .db_stop_rearm("a test", "test")
            .await
            .unwrap();
        // The file stops by itself, for the time when the database does not answer.
        let file = StopFile::in_folder(world.folder.path());
        let stop = LocalStop {
            level: StopLevel::Halt,
            reason: "a test".to_owned(),
            by: "test".to_owned(),
            at: begin(),
        };
        file.write(&stop).unwrap();
        let wished = sell(&orders, &product, &position).await;
        assert!(matches!(wished, Wished::Held(_)), "{world}: {wished:?}");
        file.clear().unwrap();
        assert_eq!(world.venue.order_count(), 1, "{world}");
        let wished = sell(&orders, &product, &position).await;
        assert!(
            matches!(wished, Wished::Placed { .. }),
            "{world}: {wished:?}"
        );
    }
}

#[tokio::test]
async fn paper_is_booked_as_live_and_never_reaches_the_venue() {
    for world in World::all(config).await {
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        let wished = buy(&orders, &product, "25", true).await;
        assert!(matches!(wished, Wished::Filled), "{world}: {wished:?}");
        let position = world.positions().await.remove(0);
        assert_eq!(position.test_txn_yn.as_deref(), Some("Y"), "{world}");
        assert_eq!(position.tot_out_cnt, Some(decimal("25")), "{world}");
        // 0.4 % in the quote currency (B-26).
        assert_eq!(position.buy_fees_cnt, Some(decimal("0.1")), "{world}");
        let wished = sell(&orders, &product, &position).await;
        assert!(matches!(wished, Wished::Filled), "{world}: {wished:?}");
        let closed = world.positions().await.remove(0);
        assert_eq!(closed.pos_stat.as_deref(), Some("CLOSE"), "{world}");
        // Bought and sold at one price, it has lost the fees of both ways.
        assert!(closed.gain_loss_amt.unwrap() < Decimal::ZERO, "{world}");
        assert_eq!(world.venue.order_count(), 0, "{world}");
    }
}

#[tokio::test]
async fn an_operators_edit_between_order_and_fill_stays() {
    for world in World::all(config).await {
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        buy(&orders, &product, "10", false).await;
        follow(&orders).await;
        let position = world.positions().await.remove(0);
        sell(&orders, &product, &position).await;
        let edit = Changes::<Position>::new()
            .set(columns::poss::pos_id, position.pos_id)
            .set(columns::poss::note1, "looked at by hand")
            .set(columns::poss::force_sell_tf, 1);
        world.database.db_poss_insupd(&edit).await.unwrap();
        follow(&orders).await;
        let closed = world.positions().await.remove(0);
        assert_eq!(
            closed.note1.as_deref(),
            Some("looked at by hand"),
            "{world}"
        );
        assert_eq!(closed.force_sell_tf, Some(1), "{world}");
        assert_eq!(closed.pos_stat.as_deref(), Some("CLOSE"), "{world}");
    }
}

#[tokio::test]
async fn two_bots_never_sell_one_position_twice() {
    for world in World::all(config).await {
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        buy(&orders, &product, "10", false).await;
        follow(&orders).await;
        let position = world.positions().await.remove(0);
        // The other has no lease; and even one bot twice at once sells once.
        let other = world.orders_of("bot-2").await;
        let wished = sell(&other, &product, &position).await;
        assert!(matches!(wished, Wished::Held(_)), "{world}: {wished:?}");
        let (one, two) = tokio::join!(
            sell(&orders, &product, &position),
            sell(&orders, &product, &position)
        );
        let placed = [&one, &two]
            .into_iter()
            .filter(|wished| matches!(wished, Wished::Placed { .. }))
            .count();
        assert_eq!(placed, 1, "{world}: {one:?} {two:?}");
        follow(&orders).await;
        assert_eq!(world.venue.order_count(), 2, "{world}");
        world.assert_books_agree("ETH").await;
    }
}
