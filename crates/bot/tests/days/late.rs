//! A sale that counts as absent and turns up after all: a position is not sold twice, and where it was, it is said.

use cbtrade_bot::orders::{Followed, Wished};
use cbtrade_coinbase_sim::{Behaviour, Config, FaultKind};
use cbtrade_core::Decimal;
use cbtrade_database::{Changes, IntentState, OrderFilter, Position, columns};

use crate::common::{World, config, decimal, follow, sell};

const PRODUCT: &str = "ETH-USDC";

/// Beside what bots buy there are coins of somebody else in the wallet: it does not show what is missing.
fn with_other_coins() -> Config {
    let mut config = config();
    config.balances.push(("ETH".to_owned(), Decimal::ONE));
    config
}

fn listed_late(seconds: u64) -> Behaviour {
    Behaviour {
        late_order_ms: seconds * 1_000,
        ..Behaviour::default()
    }
}

/// Lists do not show the order for so long; it works until it is ended.
fn never_filled(listed_after_s: u64) -> Behaviour {
    Behaviour {
        pending_ms: 1_000_000_000,
        ..listed_late(listed_after_s)
    }
}

/// Sells, and nothing comes back.
async fn sell_unanswered(world: &World, kind: FaultKind) -> Position {
    let position = world.positions().await.remove(0);
    let orders = world.orders("bot-1", PRODUCT).await;
    let product = world.product(PRODUCT).await;
    world.plant("POST /orders", kind);
    let wished = sell(&orders, &product, &position).await;
    assert!(matches!(wished, Wished::Unclear), "{world}: {wished:?}");
    assert_eq!(follow(&orders).await, [Followed::Unknown], "{world}");
    position
}

/// What is said of a wish to sell the position again, so many seconds later.
async fn sell_again(world: &World, seconds: i64) -> Wished {
    world.venue.advance_seconds(seconds);
    let orders = world.orders_of("bot-1").await;
    follow(&orders).await;
    let position = world.positions().await.remove(0);
    let product = world.product(PRODUCT).await;
    sell(&orders, &product, &position).await
}

fn held(wished: &Wished) -> &str {
    match wished {
        Wished::Held(why) => why,
        other => panic!("{other:?}"),
    }
}

async fn follow_later(world: &World, seconds: i64) -> Vec<Followed> {
    world.venue.advance_seconds(seconds);
    let orders = world.orders_of("bot-1").await;
    orders.reconcile(&["USDC".to_owned()]).await.unwrap();
    follow(&orders).await
}

#[tokio::test]
async fn a_position_is_not_sold_again_while_its_former_sale_may_turn_up() {
    for world in World::all(config).await {
        world.bought(PRODUCT, "25").await;
        world.venue.behave(listed_late(900));
        sell_unanswered(&world, FaultKind::DropReply).await;
        let wished = sell_again(&world, 700).await;
        assert!(held(&wished).contains("may still turn up"), "{wished:?}");
        let absent = world.positions().await.remove(0);
        assert_eq!(absent.pos_stat.as_deref(), Some("OPEN"), "{world}");
        // It turns up in the very look before the next sale.
        let wished = sell_again(&world, 600).await;
        assert!(held(&wished).contains("has turned up"), "{wished:?}");
        let closed = world.positions().await.remove(0);
        assert_eq!(closed.pos_stat.as_deref(), Some("CLOSE"), "{world}");
        assert_eq!(world.venue.order_count(), 2, "{world}");
        world.assert_books_agree("ETH").await;
    }
}

#[tokio::test]
async fn a_sale_that_never_arrived_is_made_again_once_it_cannot_turn_up() {
    for world in World::all(config).await {
        world.bought(PRODUCT, "25").await;
        sell_unanswered(&world, FaultKind::DropRequest).await;
        let wished = sell_again(&world, 1_100).await;
        assert!(held(&wished).contains("at the earliest"), "{wished:?}");
        let wished = sell_again(&world, 200).await;
        assert!(
            matches!(wished, Wished::Placed { .. }),
            "{world}: {wished:?}"
        );
        follow_later(&world, 1).await;
        assert_eq!(world.venue.order_count(), 2, "{world}");
        let closed = world.positions().await.remove(0);
        assert_eq!(closed.pos_stat.as_deref(), Some("CLOSE"), "{world}");
        world.assert_books_agree("ETH").await;
    }
}

#[tokio::test]
async fn coins_that_are_missing_tell_of_a_sale_that_no_list_shows() {
    for world in World::all(config).await {
        world.bought(PRODUCT, "25").await;
        world.venue.behave(listed_late(10_000));
        sell_unanswered(&world, FaultKind::DropReply).await;
        let wished = sell_again(&world, 1_300).await;
        assert!(
            held(&wished).contains("it was probably filled"),
            "{wished:?}"
        );
        assert!(world.said().contains("ALERT ETH-USDC a former sale"));
        assert_eq!(world.venue.order_count(), 2, "{world}");
        follow_later(&world, 10_000).await;
        let closed = world.positions().await.remove(0);
        assert_eq!(closed.pos_stat.as_deref(), Some("CLOSE"), "{world}");
        world.assert_books_agree("ETH").await;
    }
}

#[tokio::test]
async fn a_late_sale_that_still_works_is_ended_when_another_has_sold_the_position() {
    for world in World::all(with_other_coins).await {
        world.bought(PRODUCT, "25").await;
        world.venue.behave(never_filled(2_000));
        sell_unanswered(&world, FaultKind::DropReply).await;
        world.venue.behave(Behaviour::default());
        let wished = sell_again(&world, 1_300).await;
        assert!(
            matches!(wished, Wished::Placed { .. }),
            "{world}: {wished:?}"
        );
        follow_later(&world, 1).await;
        let closed = world.positions().await.remove(0);
        assert_eq!(closed.pos_stat.as_deref(), Some("CLOSE"), "{world}");
        follow_later(&world, 1_000).await;
        let said = world.said();
        assert!(said.contains("its end is asked for"), "{world}: {said}");
        assert_eq!(
            world.states().await,
            [IntentState::Done; 3],
            "{world}: {said}"
        );
        // What was closed stays closed, and the coins of others are all there.
        let after = world.positions().await.remove(0);
        assert_eq!(after.pos_stat.as_deref(), Some("CLOSE"), "{world}");
        assert_eq!(after.tot_in_cnt, closed.tot_in_cnt, "{world}");
        assert_eq!(
            world.venue.balance("ETH"),
            (Decimal::ONE, Decimal::ZERO),
            "{world}"
        );
        world.assert_venue_in_order();
    }
}

#[tokio::test]
async fn a_late_sale_that_was_filled_ends_the_one_that_still_works() {
    for world in World::all(with_other_coins).await {
        world.bought(PRODUCT, "25").await;
        world.venue.behave(listed_late(2_000));
        sell_unanswered(&world, FaultKind::DropReply).await;
        world.venue.behave(never_filled(0));
        let wished = sell_again(&world, 1_300).await;
        assert!(
            matches!(wished, Wished::Placed { .. }),
            "{world}: {wished:?}"
        );
        follow_later(&world, 800).await;
        let closed = world.positions().await.remove(0);
        assert_eq!(
            closed.pos_stat.as_deref(),
            Some("CLOSE"),
            "{world}: {}",
            world.said()
        );
        follow_later(&world, 10).await;
        assert_eq!(
            world.states().await,
            [IntentState::Done; 3],
            "{world}: {}",
            world.said()
        );
        let after = world.positions().await.remove(0);
        assert_eq!(after.pos_stat.as_deref(), Some("CLOSE"), "{world}");
        assert_eq!(after.sell_order_cnt, Some(1), "{world}");
        assert_eq!(
            world.venue.balance("ETH"),
            (Decimal::ONE, Decimal::ZERO),
            "{world}"
        );
        world.assert_venue_in_order();
    }
}

#[tokio::test]
async fn what_was_sold_twice_is_told_and_booked_where_wallet_and_positions_are_compared() {
    for world in World::all(with_other_coins).await {
        let position = world.bought(PRODUCT, "25").await;
        world.venue.behave(listed_late(2_000));
        sell_unanswered(&world, FaultKind::DropReply).await;
        world.venue.behave(Behaviour::default());
        let wished = sell_again(&world, 1_300).await;
        assert!(
            matches!(wished, Wished::Placed { .. }),
            "{world}: {wished:?}"
        );
        follow_later(&world, 1).await;
        let closed = world.positions().await.remove(0);
        follow_later(&world, 1_000).await;
        // The position has what was its own, once.
        let after = world.positions().await.remove(0);
        assert_eq!(after.pos_stat.as_deref(), Some("CLOSE"), "{world}");
        assert_eq!(after.hold_cnt, Some(Decimal::ZERO), "{world}");
        assert_eq!(after.sell_cnt_tot, position.hold_cnt, "{world}");
        assert_eq!(after.tot_in_cnt, closed.tot_in_cnt, "{world}");
        // Both orders have what they sold, and all fills are kept.
        let orders = world
            .database
            .db_sell_ords_get(OrderFilter::default())
            .await
            .unwrap();
        assert_eq!(orders.len(), 2, "{world}");
        let mut beyond = 0;
        for order in &orders {
            assert_eq!(order.row.sell_cnt_act, position.hold_cnt, "{world}");
            let reason = order.row.reason.as_deref().unwrap_or_default();
            beyond += usize::from(reason.starts_with("sold beyond its position"));
        }
        assert_eq!(beyond, 1, "{world}");
        let said = world.said();
        assert!(
            said.lines()
                .any(|line| line.starts_with("ALERT") && line.contains("sold beyond its position")),
            "{world}: {said}"
        );
        assert_compared(&world, position.hold_cnt.unwrap()).await;
        world.assert_venue_in_order();
    }
}

/// It is there whenever the wallet is compared, once it has come to rest. Here the other coins are somebody's position, so
/// the wallet is short by what was sold twice.
async fn assert_compared(world: &World, twice: Decimal) {
    let other = Changes::<Position>::new()
        .set(columns::poss::bo_uuid, "by hand")
        .set(columns::poss::prod_id, PRODUCT)
        .set(columns::poss::base_symb, "ETH")
        .set(columns::poss::symb, "USDC")
        .set(columns::poss::test_txn_yn, "N")
        .set(columns::poss::pos_stat, "OPEN")
        .set(columns::poss::hold_cnt, decimal("1"));
    world.database.db_poss_insupd(&other).await.unwrap();
    world.venue.advance_seconds(700);
    let orders = world.orders_of("bot-1").await;
    let found = orders.reconcile(&["USDC".to_owned()]).await.unwrap();
    let [difference] = found.differences.as_slice() else {
        panic!("{world}: {found:?}");
    };
    assert_eq!(difference.currency, "ETH", "{world}");
    let missing = difference.positions.checked_sub(difference.wallet);
    assert_eq!(missing, Some(twice), "{world}");
    assert_eq!(difference.oversold.len(), 1, "{world}");
}
