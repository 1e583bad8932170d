//! Odd answers to orders, and odd positions.

use std::sync::Arc;
use std::time::Duration;

use cbtrade_bot::orders::{Followed, Wished};
use cbtrade_bot::{BotError, Mode};
use cbtrade_coinbase_sim::{Behaviour, Config, FaultKind};
use cbtrade_core::{Clock as _, Decimal, SystemClock};
use cbtrade_database::{Changes, IntentState, Position, Value, columns};

use crate::common::{World, buy, config, decimal, follow, sell};

const PRODUCT: &str = "ETH-USDC";

/// A live position that somebody wrote by hand.
fn by_hand(product: &str, hold: &str, cost: &str) -> Changes<Position> {
    use columns::poss as column;
    let (base, quote) = product.split_once('-').unwrap();
    let (hold, cost) = (decimal(hold), decimal(cost));
    Changes::new()
        .set(column::bo_uuid, "by hand")
        .set(column::prod_id, product)
        .set(column::base_symb, base)
        .set(column::symb, quote)
        .set(column::test_txn_yn, "N")
        .set(column::pos_stat, "OPEN")
        .set(column::pos_begin_dttm, crate::common::begin())
        .set(column::buy_strat_type, "up")
        .set(column::buy_strat_name, "sha")
        .set(column::buy_strat_freq, "1h")
        .set(column::buy_cnt, hold)
        .set(column::hold_cnt, hold)
        .set(column::tot_out_cnt, cost)
        .set(column::prc_buy, cost.checked_div(hold).unwrap())
        .set(column::force_sell_tf, 1)
}

fn with_coins(coins: &str) -> Config {
    let mut config = config();
    config.balances.push(("ETH".to_owned(), decimal(coins)));
    config
}

#[tokio::test]
async fn dust_is_told_and_kept() {
    let world = World::on(None, with_coins("0.0000000002")).await;
    world
        .database
        .db_poss_insupd(&by_hand(PRODUCT, "0.0000000002", "0.0000006"))
        .await
        .unwrap();
    world.run(Mode::Full, 2).await;
    let said = world.said();
    assert!(said.contains("cannot be sold, the least is"), "{said}");
    let kept = world.positions().await.remove(0);
    assert_eq!(kept.pos_stat.as_deref(), Some("OPEN"), "{said}");
    assert_eq!(kept.hold_cnt, Some(decimal("0.0000000002")), "{said}");
    assert_eq!(world.venue.order_count(), 0, "{said}");
}

#[tokio::test]
async fn a_wallet_with_less_than_the_positions_is_told_and_nothing_is_sold() {
    let world = World::on(None, with_coins("0.4")).await;
    world
        .database
        .db_poss_insupd(&by_hand(PRODUCT, "1", "3000"))
        .await
        .unwrap();
    world.run(Mode::Full, 2).await;
    let said = world.said();
    assert!(
        said.contains("ETH: the wallet holds 0.4, the positions 1;"),
        "{said}"
    );
    assert!(said.contains("but only 0.4 ETH can be sold"), "{said}");
    assert_eq!(world.venue.order_count(), 0, "{said}");
    let kept = world.positions().await.remove(0);
    assert_eq!(kept.pos_stat.as_deref(), Some("OPEN"), "{said}");
}

#[tokio::test]
async fn increments_that_became_coarser_leave_a_rest_and_no_refused_sale() {
    let mut config = with_coins("1.2345678");
    for product in &mut config.products {
        if product.id() == PRODUCT {
            product.base_increment = decimal("0.01");
            product.base_size_min = decimal("0.01");
        }
    }
    let world = World::on(None, config).await;
    world
        .database
        .db_poss_insupd(&by_hand(PRODUCT, "1.2345678", "5207"))
        .await
        .unwrap();
    world.run(Mode::Full, 2).await;
    let said = world.said();
    assert!(!said.contains("refused"), "{said}");
    let closed = world.positions().await.remove(0);
    assert_eq!(closed.pos_stat.as_deref(), Some("CLOSE"), "{said}");
    assert_eq!(closed.sell_cnt_tot, Some(decimal("1.23")), "{said}");
    assert_eq!(closed.hold_cnt, Some(decimal("0.0045678")), "{said}");
    assert_eq!(world.venue.balance("ETH").0, decimal("0.0045678"), "{said}");
    world.assert_venue_in_order();
}

#[tokio::test]
async fn an_answer_that_comes_after_the_bot_was_killed_is_looked_up_by_its_next_start() {
    for world in World::all(config).await {
        let world = Arc::new(world);
        world.plant("POST /orders", FaultKind::DelayReply { ms: 2_000 });
        let dying = Arc::clone(&world);
        let killed = tokio::spawn(async move {
            let orders = dying.orders("bot-1", PRODUCT).await;
            let product = dying.product(PRODUCT).await;
            buy(&orders, &product, "10", false).await
        });
        // The venue has the order; its answer is on the way when the bot dies.
        while world.venue.order_count() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        killed.abort();
        assert!(killed.await.unwrap_err().is_cancelled(), "{world}");
        assert_eq!(world.states().await, [IntentState::Sending], "{world}");
        let next = world.orders_of("bot-1").await;
        let found = next.reconcile(&["USDC".to_owned()]).await.unwrap();
        assert_eq!(found.taken_on, 1, "{world}: {}", world.said());
        assert_eq!(world.states().await, [IntentState::Done], "{world}");
        assert_eq!(world.positions().await.len(), 1, "{world}");
        assert_eq!(world.venue.order_count(), 1, "{world}");
        let said = world.said();
        assert!(
            said.contains("was found at the venue as"),
            "{world}: {said}"
        );
        world.assert_books_agree("ETH").await;
    }
}

#[tokio::test]
async fn throttling_in_all_its_shapes_is_waited_for() {
    let world = World::on(None, config()).await;
    let position = world.bought(PRODUCT, "10").await;
    world.force_sale(position.pos_id).await;
    for place in [
        "GET /products",
        "GET /accounts",
        "GET /product_book",
        "GET /orders",
        "POST /orders",
    ] {
        world.plant(place, FaultKind::Throttle { retry_after: None });
        world.plant(place, FaultKind::Unauthorized);
        world.plant(place, FaultKind::ResourceExhausted);
    }
    world.run(Mode::Full, 6).await;
    let said = world.said();
    let closed = world.position(position.pos_id).await;
    assert_eq!(closed.pos_stat.as_deref(), Some("CLOSE"), "{said}");
    assert_eq!(world.venue.order_count(), 2, "{said}");
    world.assert_books_agree("ETH").await;
}

#[tokio::test]
async fn a_clock_that_runs_away_stops_trading_and_not_the_bot() {
    let now = Config {
        start: Some(SystemClock.now()),
        speed: 1,
        ..config()
    };
    let world = Arc::new(World::on(None, now).await);
    let differs = |seconds| Behaviour {
        clock_skew_seconds: seconds,
        ..Behaviour::default()
    };
    world.venue.behave(differs(10));
    let mut options = world.options(Mode::Full, 3);
    options.speed = 1;
    world.change_settings("bot.json", r#""loop_secs": 15"#, r#""loop_secs": 1"#);
    // It starts with a warning; after the first round the clocks differ by more than signatures bear.
    let seen = Arc::clone(&world);
    let journal = world.journal_and(move |line| {
        if line.contains("BTC-USDC asked") {
            seen.venue.behave(differs(45));
        }
    });
    world
        .bot(options.clone(), journal)
        .await
        .run()
        .await
        .unwrap();
    let said = world.said();
    assert!(said.contains("this machine's clock differs by"), "{said}");
    assert!(said.contains("set it (for example with chrony)"), "{said}");
    // A start with such a clock is refused, and says what to do.
    let error = world
        .bot(options, world.journal())
        .await
        .run()
        .await
        .unwrap_err();
    assert!(matches!(error, BotError::ClockSkew { .. }), "{error}");
}

#[tokio::test]
async fn a_position_that_is_removed_while_its_sale_is_out_loses_no_fill() {
    for world in World::all(config).await {
        let position = world.bought(PRODUCT, "10").await;
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        sell(&orders, &product, &position).await;
        let gone = world
            .database
            .delete(
                "DELETE FROM poss WHERE pos_id = ?",
                &[Value::from(position.pos_id)],
            )
            .await;
        assert_eq!(gone.unwrap(), 1, "{world}");
        assert_eq!(
            follow(&orders).await,
            [Followed::Settled],
            "{world}: {}",
            world.said()
        );
        assert_eq!(
            world.states().await,
            [IntentState::Done; 2],
            "{world}: {}",
            world.said()
        );
        let fills = world.database.db_fills_get(None, None).await.unwrap();
        assert!(fills.len() >= 2, "{world}");
        assert!(
            world.said().contains("sold beyond its position"),
            "{world}: {}",
            world.said()
        );
    }
}

#[tokio::test]
async fn a_position_that_is_closed_by_hand_stays_closed_when_its_sale_sells_nothing() {
    for world in World::all(config).await {
        let position = world.bought(PRODUCT, "10").await;
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        world.venue.behave(Behaviour {
            pending_ms: 1_000_000_000,
            ..Behaviour::default()
        });
        let wished = sell(&orders, &product, &position).await;
        assert!(matches!(wished, Wished::Placed { .. }), "{wished:?}");
        let closed = Changes::<Position>::new()
            .set(columns::poss::pos_stat, "CLOSE")
            .set(columns::poss::hold_cnt, Decimal::ZERO)
            .set(columns::poss::note1, "moved to another wallet");
        world.edit(closed, position.pos_id).await;
        follow(&orders).await;
        world.venue.advance_seconds(5);
        let orders = world.orders_of("bot-1").await;
        assert_eq!(follow(&orders).await, [Followed::Settled], "{world}");
        let said = world.said();
        assert!(said.contains("its end is asked for"), "{world}: {said}");
        let after = world.position(position.pos_id).await;
        assert_eq!(after.pos_stat.as_deref(), Some("CLOSE"), "{world}: {said}");
        assert_eq!(after.hold_cnt, Some(Decimal::ZERO), "{world}");
    }
}

#[tokio::test]
async fn what_an_operator_changes_of_a_position_counts_from_the_next_look() {
    let world = World::on(None, config()).await;
    let position = world.bought(PRODUCT, "10").await;
    let edit = Changes::<Position>::new()
        .set(columns::poss::ignore_tf, 1)
        .set(columns::poss::force_sell_tf, 1);
    world.edit(edit, position.pos_id).await;
    world.run(Mode::Full, 1).await;
    assert_eq!(world.venue.order_count(), 1, "{}", world.said());
    let edit = Changes::<Position>::new().set(columns::poss::ignore_tf, 0);
    world.edit(edit, position.pos_id).await;
    world.run(Mode::Full, 1).await;
    let closed = world.position(position.pos_id).await;
    let said = world.said();
    assert_eq!(closed.pos_stat.as_deref(), Some("CLOSE"), "{said}");
    assert!(
        said.contains(&format!("position {}:", position.pos_id)),
        "{said}"
    );
    world.assert_books_agree("ETH").await;
}
