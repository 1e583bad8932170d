//! Faults of the former bots (docs/reference/faults.md) that only a bot at work can show, each held by a test of its name.

use std::sync::Arc;

use cbtrade_bot::Mode;
use cbtrade_bot::market::write_products;
use cbtrade_bot::orders::Wished;
use cbtrade_coinbase_sim::{Behaviour, Config, FaultKind};
use cbtrade_core::{Clock as _, Decimal, SystemClock};
use cbtrade_database::{Market, Options, OrderFilter, TradeFilter};
use cbtrade_exchange::Exchange as _;
use cbtrade_testkit::TestServer;

use crate::common::{World, buy, config, decimal, follow, sell};

const PRODUCT: &str = "ETH-USDC";

/// How many lines have both.
fn lines(said: &str, product: &str, words: &str) -> usize {
    said.lines()
        .filter(|line| line.contains(product) && line.contains(words))
        .count()
}

#[tokio::test]
async fn b01_a_bot_that_only_buys_or_only_sells_goes_round_and_round() {
    for world in [World::on(None, config()).await] {
        world.run(Mode::Auto, 1).await;
        let position = world.bought(PRODUCT, "10").await;
        world.run(Mode::Buy, 3).await;
        let said = world.said();
        assert_eq!(lines(&said, PRODUCT, "strategies at"), 3, "{world}: {said}");
        assert!(!said.contains("warning"), "{world}: {said}");
        let held = world.position(position.pos_id).await;
        assert_eq!(
            held.check_last_dttm, position.check_last_dttm,
            "{world}: it only buys"
        );
        world.run(Mode::Sell, 3).await;
        let said = world.said();
        assert_eq!(lines(&said, PRODUCT, "strategies at"), 3, "{world}: {said}");
        let held = world.position(position.pos_id).await;
        assert_ne!(
            held.check_last_dttm, position.check_last_dttm,
            "{world}: {said}"
        );
        world.assert_venue_in_order();
    }
}

#[tokio::test]
async fn b03_a_bot_has_one_pool_of_connections_with_a_bound() {
    for flavour in TestServer::flavours() {
        let options = Options {
            connections_max: 2,
            ..Options::default()
        };
        let world = World::with(Some(flavour), config(), options).await;
        world.bought(PRODUCT, "10").await;
        for mode in [Mode::Auto, Mode::Full, Mode::Buy] {
            world.run(mode, 2).await;
        }
        let connects = world.database.figures().connects;
        assert!((1..=2).contains(&connects), "{world}: {connects}");
        // What the server says: nobody else has a connection to this database.
        let rows = world
            .database
            .seld(
                "SELECT COUNT(*) AS connections FROM information_schema.processlist WHERE db = DATABASE()",
                &[],
            )
            .await
            .unwrap();
        let open = rows[0].get("connections").unwrap().to_string();
        assert!(["1", "2"].contains(&open.as_str()), "{world}: {open}");
    }
}

#[tokio::test]
async fn b04_settings_that_change_between_rounds_count_for_the_auto_bot() {
    for world in [World::on(None, config()).await] {
        let options = world.options(Mode::Auto, 3);
        let file = options.settings.join("bot.json");
        let journal = world.journal_and(move |line| {
            // After its first round the operator adds a market.
            if line.contains("USDC: 7 products") {
                let text = std::fs::read_to_string(&file).unwrap();
                let more = r#""trade_markets": { "BTC": { "settings_fpath": "market_usdc.json" },"#;
                if !text.contains(more) {
                    let text = text.replacen(r#""trade_markets": {"#, more, 1);
                    std::fs::write(&file, text).unwrap();
                }
            }
        });
        world.bot(options, journal).await.run().await.unwrap();
        let said = world.said();
        assert!(said.contains("changed and are in force"), "{world}: {said}");
        assert_eq!(lines(&said, "USDC: 7 products", ""), 3, "{world}: {said}");
        assert_eq!(lines(&said, "BTC: 2 products", ""), 2, "{world}: {said}");
        let rows = world.database.db_mkts_get(None, Some("BTC"), None).await;
        assert_eq!(rows.unwrap().len(), 2, "{world}");
    }
}

#[tokio::test]
async fn b06_the_wallet_is_asked_for_once_a_round() {
    let world = World::on(None, config()).await;
    world.run(Mode::Auto, 1).await;
    let asked = |rounds| {
        let before = world.asked("GET /accounts");
        let world = &world;
        async move {
            world.run(Mode::Full, rounds).await;
            world.asked("GET /accounts") - before
        }
    };
    let (one, four) = (asked(1).await, asked(4).await);
    assert_eq!(four - one, 3, "{}", world.said());
}

#[tokio::test]
async fn b08_no_pass_writes_older_prices_over_newer_ones() {
    let world = Arc::new(World::on(None, config()).await);
    world.run(Mode::Auto, 1).await;
    let price = |price: Option<Decimal>| price.unwrap();
    let before = world.product("SOL-USDC").await;
    // While the first pair of the round is gone through, the last one's price moves.
    let venue = Arc::clone(&world);
    let journal = world.journal_and(move |line| {
        if line.contains("BTC-USDC asked") {
            assert!(venue.venue.set_price("SOL-USDC", decimal("200")));
        }
    });
    let bot = world.bot(world.options(Mode::Full, 1), journal).await;
    bot.run().await.unwrap();
    let said = world.said();
    let at = |pair: &str| said.find(&format!("{pair} asked")).unwrap();
    assert!(at("BTC-USDC") < at("SOL-USDC"), "{said}");
    let newest = price(world.product("SOL-USDC").await.price);
    assert!(newest > price(before.price), "{said}");
    let rows = world.database.db_mkts_get(None, Some("USDC"), None).await;
    let rows = rows.unwrap();
    let row = rows
        .iter()
        .find(|row| row.prod_id.as_deref() == Some("SOL-USDC"))
        .unwrap();
    assert_eq!(row.prc, Some(newest), "{said}");
}

#[tokio::test]
async fn b25_ordinary_conditions_end_no_bot() {
    for world in World::all(config).await {
        let position = world.bought(PRODUCT, "10").await;
        world.force_sale(position.pos_id).await;
        // The sale is refused; the venue's answers are empty, cut off and no JSON at all.
        world.plant(
            "POST /orders",
            FaultKind::Refuse {
                reason: "INSUFFICIENT_FUND".to_owned(),
            },
        );
        world.venue.set_flag("SOL-USDC", "book", "empty");
        for place in ["GET /products/BTC-USDC/candles", "GET /accounts"] {
            for _ in 0..4 {
                world.plant(place, FaultKind::Truncate);
            }
        }
        world.run(Mode::Full, 1).await;
        let said = world.said();
        assert_eq!(
            lines(
                &said,
                PRODUCT,
                "the venue refused to sell: INSUFFICIENT_FUND"
            ),
            1,
            "{world}: {said}"
        );
        // The next sale is found OPEN whenever it is looked at, until it ends.
        world.venue.behave(Behaviour {
            pending_ms: 600_000,
            ..Behaviour::default()
        });
        world.force_sale(position.pos_id).await;
        world.run(Mode::Full, 3).await;
        let working = world.position(position.pos_id).await;
        assert_eq!(
            working.pos_stat.as_deref(),
            Some("SELL"),
            "{world}: {}",
            world.said()
        );
        world.venue.advance_seconds(900);
        world.run(Mode::Full, 2).await;
        let closed = world.position(position.pos_id).await;
        assert_eq!(
            closed.pos_stat.as_deref(),
            Some("CLOSE"),
            "{world}: {}",
            world.said()
        );
        // One buy, one sale: the refused one is no order.
        assert_eq!(world.venue.order_count(), 2, "{world}");
        world.assert_books_agree("ETH").await;
    }
}

#[tokio::test]
async fn b31_a_market_that_takes_limit_orders_only_is_sold_to_by_one_that_fills_at_once() {
    for world in [World::on(None, config()).await] {
        let position = world.bought(PRODUCT, "25").await;
        world.venue.set_flag(PRODUCT, "limit_only", "true");
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        assert!(product.limit_only);
        let wished = sell(&orders, &product, &position).await;
        assert!(
            matches!(wished, Wished::Placed { .. }),
            "{world}: {wished:?}"
        );
        follow(&orders).await;
        let closed = world.position(position.pos_id).await;
        assert_eq!(closed.pos_stat.as_deref(), Some("CLOSE"), "{world}");
        let uuid = order_uuid(&world, position.pos_id).await;
        let order = world.exchange.order(&uuid).await.unwrap().unwrap();
        assert_eq!(order.filled_size, position.hold_cnt.unwrap(), "{world}");
        // The venue itself refuses what the former bots sent.
        let market = cbtrade_exchange::OrderRequest {
            client_order_id: "by-hand".to_owned(),
            product: PRODUCT.to_owned(),
            side: cbtrade_exchange::Side::Buy,
            kind: cbtrade_exchange::OrderKind::MarketBuy {
                quote_size: decimal("5"),
            },
        };
        let answer = world.exchange.place(&market).await;
        assert!(
            matches!(answer, cbtrade_exchange::Placement::Refused(_)),
            "{world}: {answer:?}"
        );
        world.assert_books_agree("ETH").await;
    }
}

async fn order_uuid(world: &World, pos_id: i64) -> String {
    let orders = world
        .database
        .db_sell_ords_get(OrderFilter::default())
        .await
        .unwrap();
    let order = orders
        .into_iter()
        .find(|order| order.row.pos_id == Some(pos_id))
        .unwrap();
    order.row.sell_order_uuid.unwrap()
}

#[tokio::test]
async fn b45_columns_of_currencies_hold_ids() {
    for world in World::all(config).await {
        let products = world.exchange.products().await.unwrap();
        write_products(&world.database, &products, "USDC")
            .await
            .unwrap();
        let rows: Vec<Market> = world
            .database
            .db_mkts_get(None, Some("USDC"), None)
            .await
            .unwrap();
        assert_eq!(rows.len(), 7, "{world}");
        for row in &rows {
            let id = row.prod_id.as_deref().unwrap();
            let (base, quote) = id.split_once('-').unwrap();
            assert_eq!(row.base_curr_symb.as_deref(), Some(base), "{world}");
            assert_eq!(row.quote_curr_symb.as_deref(), Some(quote), "{world}");
        }
        let eth = rows
            .iter()
            .find(|row| row.prod_id.as_deref() == Some(PRODUCT))
            .unwrap();
        // Names are another thing, or the test would not see them mixed up.
        assert_eq!(eth.base_curr_name.as_deref(), Some("Ethereum"), "{world}");
        let position = world.bought(PRODUCT, "10").await;
        for (column, id) in [
            (&position.base_symb, "ETH"),
            (&position.symb, "USDC"),
            (&position.buy_curr_symb, "ETH"),
            (&position.sell_curr_symb, "ETH"),
            (&position.spend_curr_symb, "USDC"),
            (&position.recv_curr_symb, "USDC"),
            (&position.fees_curr_symb, "USDC"),
            (&position.base_curr_symb, "ETH"),
            (&position.quote_curr_symb, "USDC"),
        ] {
            assert_eq!(column.as_deref(), Some(id), "{world}");
        }
    }
}

#[tokio::test]
async fn b48_reports_keep_live_and_paper_apart_and_say_which_they_show() {
    // The reports of the last days go by the database's clock.
    let now = || Config {
        start: Some(SystemClock.now()),
        ..config()
    };
    for world in World::all(now).await {
        let orders = world.orders("bot-1", PRODUCT).await;
        let product = world.product(PRODUCT).await;
        for (size, is_test) in [("10", false), ("20", true), ("30", true)] {
            buy(&orders, &product, size, is_test).await;
            follow(&orders).await;
        }
        let all = TradeFilter::default();
        let open = world.database.db_open_overview(all, None).await.unwrap();
        let shown: Vec<_> = open
            .iter()
            .map(|row| (row.test_txn_yn.as_deref().unwrap(), row.open))
            .collect();
        assert_eq!(shown, [("N", 1), ("Y", 2)], "{world}");
        for position in world.positions().await {
            sell(&orders, &product, &position).await;
            follow(&orders).await;
        }
        let live = world
            .database
            .db_closed_overview_recent_live(all, None)
            .await
            .unwrap();
        let paper = world
            .database
            .db_closed_overview_recent_test(all, None)
            .await
            .unwrap();
        for (rows, letter, closed) in [(&live, "N", 1), (&paper, "Y", 2)] {
            let counted: i64 = rows.iter().map(|day| day.closed).sum();
            assert_eq!(counted, closed, "{world}: {rows:?}");
            assert!(
                rows.iter()
                    .all(|day| day.test_txn_yn.as_deref() == Some(letter)),
                "{world}: {rows:?}"
            );
        }
        // The journal says of each which it was.
        let said = world.said();
        assert_eq!(lines(&said, PRODUCT, "bought on paper"), 2, "{said}");
        assert_eq!(lines(&said, PRODUCT, "sold on paper"), 2, "{said}");
    }
}
