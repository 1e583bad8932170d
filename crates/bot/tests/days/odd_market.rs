//! Odd markets, candles and settings.

use cbtrade_bot::Mode;
use cbtrade_bot::orders::{Followed, Wished};
use cbtrade_coinbase_sim::{Config, ProductConfig, Source};
use cbtrade_exchange::Exchange as _;

use crate::common::{World, begin, buy, config, decimal, follow, sell};

const PRODUCT: &str = "ETH-USDC";

fn lines(said: &str, words: &[&str]) -> usize {
    said.lines()
        .filter(|line| words.iter().all(|word| line.contains(word)))
        .count()
}

#[tokio::test]
async fn settings_that_break_in_mid_run_leave_the_last_good_ones_in_force() {
    let world = World::on(None, config()).await;
    world.run(Mode::Auto, 1).await;
    let options = world.options(Mode::Full, 4);
    let file = options.settings.join("market_usdc.json");
    let good = std::fs::read_to_string(&file).unwrap();
    let (path, text) = (file.clone(), good.clone());
    let rounds = std::sync::atomic::AtomicU64::new(0);
    let journal = world.journal_and(move |line| {
        if line.contains("BTC-USDC asked") {
            match rounds.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                0 => std::fs::write(&path, &text[..text.len() / 2]).unwrap(),
                2 => std::fs::write(&path, &text).unwrap(),
                _ => {}
            }
        }
    });
    world.bot(options, journal).await.run().await.unwrap();
    let said = world.said();
    assert_eq!(lines(&said, &["BTC-USDC", "asked"]), 4, "{said}");
    let kept = "cannot be used, the last good ones stay in force";
    assert_eq!(lines(&said, &["ALERT", kept]), 1, "{said}");
    assert_eq!(lines(&said, &["changed and are in force"]), 1, "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), good);
}

#[tokio::test]
async fn a_product_that_is_gone_keeps_its_position_and_nobody_ends() {
    let world = World::on(None, config()).await;
    let position = world.bought(PRODUCT, "10").await;
    world.force_sale(position.pos_id).await;
    world.run(Mode::Auto, 1).await;
    world.venue.set_flag(PRODUCT, "listed", "false");
    world.run(Mode::Auto, 1).await;
    let rows = world.database.db_mkts_get(None, Some("USDC"), None).await;
    let row = rows
        .unwrap()
        .into_iter()
        .find(|row| row.prod_id.as_deref() == Some(PRODUCT))
        .unwrap();
    assert_eq!(row.mkt_status_tf.as_deref(), Some("delisted"));
    world.run(Mode::Full, 3).await;
    let said = world.said();
    // The others are gone through as ever; of this one it is said once why not.
    assert_eq!(lines(&said, &["SOL-USDC", "asked"]), 3, "{said}");
    assert_eq!(
        lines(&said, &["warning", PRODUCT, "not supported"]),
        1,
        "{said}"
    );
    let kept = world.position(position.pos_id).await;
    assert_eq!(kept.pos_stat.as_deref(), Some("OPEN"), "{said}");
    assert_eq!(world.venue.order_count(), 1, "{said}");
    // Listed again, it is sold.
    world.venue.set_flag(PRODUCT, "listed", "true");
    world.run(Mode::Full, 2).await;
    let closed = world.position(position.pos_id).await;
    assert_eq!(
        closed.pos_stat.as_deref(),
        Some("CLOSE"),
        "{}",
        world.said()
    );
    world.assert_books_agree("ETH").await;
}

#[tokio::test]
async fn what_was_traded_of_a_product_that_is_gone_by_then_is_booked() {
    for world in World::all(config).await {
        let position = world.bought(PRODUCT, "10").await;
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        sell(&orders, &product, &position).await;
        world.venue.set_flag(PRODUCT, "listed", "false");
        assert_eq!(
            follow(&orders).await,
            [Followed::Settled],
            "{world}: {}",
            world.said()
        );
        let closed = world.position(position.pos_id).await;
        assert_eq!(closed.pos_stat.as_deref(), Some("CLOSE"), "{world}");
        world.assert_books_agree("ETH").await;
    }
}

#[tokio::test]
async fn a_market_that_is_closed_or_takes_limits_only_is_held_or_sold_to() {
    let world = World::on(None, config()).await;
    let position = world.bought(PRODUCT, "10").await;
    world.force_sale(position.pos_id).await;
    world.venue.set_flag(PRODUCT, "trading_disabled", "true");
    world.run(Mode::Full, 1).await;
    let said = world.said();
    assert_eq!(
        lines(&said, &[PRODUCT, "no sell:", "the position is kept"]),
        1,
        "{said}"
    );
    assert_eq!(world.venue.order_count(), 1, "{said}");
    world.venue.set_flag(PRODUCT, "trading_disabled", "false");
    world.venue.set_flag(PRODUCT, "limit_only", "true");
    world.run(Mode::Full, 1).await;
    let closed = world.position(position.pos_id).await;
    assert_eq!(
        closed.pos_stat.as_deref(),
        Some("CLOSE"),
        "{}",
        world.said()
    );
    world.assert_books_agree("ETH").await;
}

#[tokio::test]
async fn a_coin_with_forty_candles_is_looked_at_and_not_judged_by_what_it_lacks() {
    let world = World::on(None, config()).await;
    let forty_minutes_ago = begin().as_seconds() - 40 * 60;
    world
        .venue
        .set_flag("SOL-USDC", "first_candle", &forty_minutes_ago.to_string());
    world.run(Mode::Full, 2).await;
    let said = world.said();
    let asked = said
        .lines()
        .find(|line| line.contains("SOL-USDC asked"))
        .unwrap_or_else(|| panic!("{said}"));
    let words: Vec<&str> = asked.split_whitespace().collect();
    let number_before = |word: &str| -> usize {
        let at = words.iter().position(|one| one.starts_with(word)).unwrap();
        words[at - 1].parse().unwrap()
    };
    let (all, short) = (number_before("strategies"), number_before("frames"));
    assert_eq!(all, short, "40 minutes are enough for no strategy: {asked}");
    assert_eq!(number_before("signals"), 0, "{asked}");
    assert!(!said.contains("warning"), "{said}");
}

#[tokio::test]
async fn minutes_without_a_trade_and_a_gap_of_hours_are_no_trouble() {
    let mut config = config();
    for product in &mut config.products {
        if let Source::Seeded {
            quiet_per_mille, ..
        } = &mut product.source
        {
            *quiet_per_mille = 700;
        }
    }
    let world = World::on(None, config).await;
    world.run(Mode::Full, 1).await;
    // Hours pass in which nobody looks; then the same minutes are asked for again and again.
    world.venue.advance_seconds(7 * 3_600);
    world.run(Mode::Full, 2).await;
    let said = world.said();
    assert!(!said.contains("warning"), "{said}");
    assert_eq!(lines(&said, &["ETH-USDC", "asked"]), 3, "{said}");
    // Each candle is in the store once, in the order of time.
    let rows = world
        .database
        .db_ohlcv_freq_get(PRODUCT, "1h", 400)
        .await
        .unwrap();
    assert!(rows.len() > 100, "{}", rows.len());
    assert!(
        rows.windows(2)
            .all(|pair| pair[0].timestamp > pair[1].timestamp)
    );
}

fn extreme() -> Config {
    let mut config = config();
    for (base, price) in [("TINY", "0.0000000001"), ("HUGE", "1000000")] {
        config
            .products
            .push(ProductConfig::seeded(base, "USDC", decimal(price)));
    }
    for product in &mut config.products {
        // A step of a tiny price is a large part of it.
        product.base_size_max = decimal("100000000000000");
    }
    config
}

#[tokio::test]
async fn the_smallest_and_the_largest_prices_are_booked_exactly() {
    for world in World::all(extreme).await {
        for (coin, id) in [("TINY", "TINY-USDC"), ("HUGE", "HUGE-USDC")] {
            let position = world.bought(id, "10").await;
            assert_eq!(position.prod_id.as_deref(), Some(id), "{world}");
            let (held, _) = world.venue.balance(coin);
            assert_eq!(position.hold_cnt, Some(held), "{world} {id}");
            let spent = position.tot_out_cnt.unwrap();
            assert!(spent <= decimal("10") && spent > decimal("9"), "{id}");
            let price = world.product(id).await.price.unwrap();
            // Price and fee and half a spread: near the price, never 0.
            let cost = position.prc_buy.unwrap();
            assert!(
                cost > price && cost < price.checked_mul(decimal("1.1")).unwrap(),
                "{world} {id}: {cost} at {price}"
            );
            let orders = world.orders("bot-1", id).await;
            let product = world.product(id).await;
            let wished = sell(&orders, &product, &position).await;
            assert!(
                matches!(wished, Wished::Placed { .. }),
                "{world} {id}: {wished:?}"
            );
            follow(&orders).await;
            let closed = world.position(position.pos_id).await;
            assert_eq!(
                closed.pos_stat.as_deref(),
                Some("CLOSE"),
                "{world} {id}: {}",
                world.said()
            );
            world.assert_books_agree(coin).await;
        }
    }
}

#[tokio::test]
async fn rounds_over_extreme_prices_end_nobody() {
    let world = World::on(None, extreme()).await;
    for id in ["TINY-USDC", "HUGE-USDC"] {
        let position = world.bought(id, "10").await;
        world.force_sale(position.pos_id).await;
    }
    world.run(Mode::Auto, 1).await;
    world.run(Mode::Full, 2).await;
    let said = world.said();
    assert!(!said.contains("warning"), "{said}");
    for position in world.positions().await {
        if position.test_txn_yn.as_deref() == Some("Y") {
            continue;
        }
        assert_eq!(position.pos_stat.as_deref(), Some("CLOSE"), "{said}");
    }
}

#[tokio::test]
async fn a_book_that_is_empty_is_no_price_of_nought() {
    let world = World::on(None, config()).await;
    let position = world.bought(PRODUCT, "10").await;
    world.venue.set_flag(PRODUCT, "book", "empty");
    world.run(Mode::Full, 2).await;
    let said = world.said();
    let looked = world.position(position.pos_id).await;
    assert_eq!(looked.pos_stat.as_deref(), Some("OPEN"), "{said}");
    let price = world.exchange.product(PRODUCT).await.unwrap().price;
    assert_eq!(looked.prc_curr, price, "{said}");
    let orders = world.orders("bot-1", PRODUCT).await;
    let product = world.product(PRODUCT).await;
    let wished = buy(&orders, &product, "10", false).await;
    assert!(matches!(wished, Wished::Refused(_)), "{wished:?}");
    assert_eq!(follow(&orders).await, [], "{said}");
}
