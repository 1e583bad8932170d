//! The venue's stream as a hint: it makes a bot quicker and nothing else, whatever becomes of it.
//!
//! The venue is the local one, over real connections, and time runs 60 times as fast. Waits have bounds that only a bot that
//! hangs reaches.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use cbtrade_bot::beat::{Beat, BeatFile};
use cbtrade_bot::orders::{BuyWish, Orders, Patience, Wished};
use cbtrade_bot::settings::Settings as BotSettings;
use cbtrade_bot::{Bot, BotOptions, EndSwitch, Mode};
use cbtrade_coinbase::{Coinbase, Settings};
use cbtrade_coinbase_sim::{Behaviour, Config, Fault, FaultKind, Source};
use cbtrade_core::Decimal;
use serde_json::{Value, json};

use common::{World, begin, config, decimal, mark};

const PRODUCT: &str = "ETH-USDC";
const NAME: &str = "full-1";
const SPEED: u32 = 60;
/// Between two rounds no hint would be needed where they are so short, in the venue's seconds: half a second here.
const SHORT_S: i64 = 30;
/// And where they are so long, no test waits for the next one: an hour here.
const LONG_S: i64 = 216_000;

/// A venue whose time runs and whose prices stand until a test sets them.
fn standing() -> Config {
    let mut config = Config {
        speed: SPEED,
        start: Some(begin()),
        ..config()
    };
    for product in &mut config.products {
        if let Source::Seeded { daily_move, .. } = &mut product.source {
            *daily_move = 0.0;
        }
    }
    config
}

/// One product, no buys, and one exit: the hard stop at a loss of 7 %.
fn settings(world: &World, loop_s: i64) -> std::path::PathBuf {
    let folder = world.folder.path().join("settings");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in BotSettings::example() {
        let mut value: Value = serde_json::from_str(text).unwrap();
        if name == "bot.json" {
            value["loop_secs"] = json!(loop_s);
        } else {
            value["buy"]["buying_on_yn"] = json!("N");
            value["pairs"]["trade_pairs"] = json!([PRODUCT]);
            for extra in ["top_bot_perf", "top_bot_gains", "prc_pct_chg_24h"] {
                value["pairs"]["extra_pairs"][extra]["use_yn"] = json!("N");
            }
            let sell = &mut value["sell"];
            sell["take_profit"]["trailing_profit_yn"] = json!("N");
            sell["stop_loss"]["trailing_stop_loss_yn"] = json!("N");
            let never = &mut sell["never_sell_loss"];
            (never["all_yn"], never["live_all_yn"]) = (json!("N"), json!("N"));
            never["live_max_loss_usd_acceptable"] = json!(0);
            never["live_prod_ids"] = json!([]);
            for saver in ["ha_green", "nwe_green"] {
                sell["profit_saver"][saver]["use_yn"] = json!("N");
            }
            sell["rainy_day"] = json!({ "pocket_pct": 0, "clip_pct": 0 });
        }
        std::fs::write(folder.join(name), value.to_string()).unwrap();
    }
    folder
}

fn options(world: &World, loop_s: i64) -> BotOptions {
    BotOptions {
        name: NAME.to_owned(),
        mode: Mode::Full,
        folder: world.folder.path().to_owned(),
        settings: settings(world, loop_s),
        speed: SPEED,
        // However slow this machine is: nothing is given up.
        patience: Patience {
            absent_after_s: 10_000_000,
            sell_again_after_s: 10_000_000,
            cancel_after_s: 10_000_000,
            others_after_s: 60,
        },
        rounds_max: 0,
        may_trade_live: true,
    }
}

async fn world() -> World {
    let mut world = World::on(None, standing()).await;
    let mut settings = Settings::local(&world.venue.rest_base, &world.venue.ws_url);
    settings.silence = Duration::from_secs(3);
    world.exchange = Arc::new(Coinbase::new(settings).unwrap());
    world
}

/// Buys as another bot, which has gone since.
async fn buy(world: &World) -> Orders<Coinbase> {
    let orders = world.orders("bot-1", PRODUCT).await;
    let product = world.product(PRODUCT).await;
    let wish = BuyWish {
        product: &product,
        quote_size: decimal("25"),
        price_estimate: product.price.unwrap(),
        is_test: false,
        // No strategy that is known: nothing sells the position but the stop.
        mark: mark("by_hand"),
        reason: "a test".to_owned(),
        limits: None,
    };
    let wished = orders.buy(&wish).await.unwrap();
    assert!(matches!(wished, Wished::Placed { .. }), "{wished:?}");
    assert!(
        world
            .database
            .db_mkt_checks_release(PRODUCT, "bot-1")
            .await
            .unwrap()
    );
    orders
}

/// Waits until something is there.
async fn eventually<T>(world: &World, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        let said = world.said();
        assert!(
            begun.elapsed() < Duration::from_secs(180),
            "never: {what}\n{said}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn said(world: &World, words: &str) {
    eventually(world, words, async || {
        world.said().contains(words).then_some(())
    })
    .await;
}

async fn beat(world: &World, what: &str, is_it: impl Fn(&Beat) -> bool) -> Beat {
    let file = BeatFile::of(world.folder.path(), NAME);
    eventually(world, what, async || {
        file.read().ok().flatten().filter(|beat| is_it(beat))
    })
    .await
}

/// How often something was said.
fn times(world: &World, words: &str) -> usize {
    world.said().matches(words).count()
}

async fn position_is(world: &World, state: &str) {
    eventually(world, state, async || {
        let positions = world.positions().await;
        let is = |position: &cbtrade_database::Position| {
            position.pos_stat.as_deref().map(str::trim_end) == Some(state)
        };
        positions.iter().any(is).then_some(())
    })
    .await;
}

/// Lets a bot work while a test does its part, and ends it then.
async fn with_bot(world: &World, loop_s: i64, part: impl AsyncFnOnce()) {
    let end = EndSwitch::default();
    let bot = Bot::new(
        options(world, loop_s),
        world.database.clone(),
        Arc::clone(&world.exchange),
        world.journal(),
        end.clone(),
    )
    .await
    .unwrap();
    let working = async {
        bot.run().await.unwrap();
    };
    let watching = async {
        part().await;
        end.ask();
    };
    tokio::join!(Box::pin(working), watching);
}

/// After everything: one buy, one sale of all of it, and nothing else that is worth a warning.
async fn assert_sold_once(world: &World) {
    assert_eq!(world.venue.order_count(), 2, "{}", world.said());
    let positions = world.positions().await;
    assert_eq!(positions.len(), 1, "{}", world.said());
    assert_eq!(world.venue.balance("ETH").0, Decimal::ZERO);
    let said = world.said();
    let mut odd = said
        .lines()
        .filter(|line| line.starts_with("warning") || line.starts_with("ALERT"))
        .filter(|line| !line.contains("the stream of"));
    assert_eq!(odd.next(), None, "{said}");
    world.assert_venue_in_order();
}

async fn crash(world: &World) {
    assert!(world.venue.set_price(PRODUCT, decimal("1600")));
    position_is(world, "CLOSE").await;
}

fn fault(place: &str, kind: FaultKind, per_mille: u32) -> Fault {
    Fault {
        place: place.to_owned(),
        kind,
        after: 0,
        times: None,
        per_mille,
    }
}

#[tokio::test]
async fn an_order_that_fills_late_is_followed_within_the_round() {
    let world = world().await;
    world.venue.behave(Behaviour {
        pending_ms: 86_400_000,
        ..Behaviour::default()
    });
    buy(&world).await;
    with_bot(&world, LONG_S, async || {
        let waits = |beat: &Beat| beat.doing == "waiting" && beat.hears == "stream";
        beat(&world, "the pause with a stream", waits).await;
        assert!(world.positions().await.is_empty());
        world.venue.advance_seconds(100_000);
        position_is(&world, "OPEN").await;
        said(&world, "an order is said to have ended").await;
    })
    .await;
    // It was not another round that found it.
    assert_eq!(times(&world, "asked "), 1, "{}", world.said());
    assert_eq!(world.venue.order_count(), 1);
    world.assert_venue_in_order();
}

#[tokio::test]
async fn a_price_that_falls_below_a_stop_is_acted_on_within_the_round() {
    let world = world().await;
    let orders = buy(&world).await;
    orders.follow(None).await.unwrap();
    position_is(&world, "OPEN").await;
    with_bot(&world, LONG_S, async || {
        let waits = |beat: &Beat| beat.doing == "waiting" && beat.hears == "stream";
        beat(&world, "the pause with a stream", waits).await;
        crash(&world).await;
        said(&world, "prices are said to have moved").await;
    })
    .await;
    assert_sold_once(&world).await;
}

#[tokio::test]
async fn a_stream_that_lies_sells_nothing() {
    let world = world().await;
    let orders = buy(&world).await;
    orders.follow(None).await.unwrap();
    // Prices are said to be a tenth of what they are: whoever believed it would sell at once.
    let lie = fault("STREAM", FaultKind::StreamLie, 500);
    world.venue.plant(lie);
    with_bot(&world, LONG_S, async || {
        eventually(&world, "three looks because of lies", async || {
            (times(&world, "prices are said to have moved") >= 3).then_some(())
        })
        .await;
        position_is(&world, "OPEN").await;
        assert_eq!(world.venue.order_count(), 1, "{}", world.said());
        let position = world.positions().await.remove(0);
        assert!(position.prc_low > Some(decimal("3000")), "{position:?}");
        crash(&world).await;
    })
    .await;
    assert_sold_once(&world).await;
}

/// A bot with short rounds trades on, and says what it should.
async fn trades_on(faults: Vec<Fault>, words: &str) -> World {
    let world = world().await;
    let orders = buy(&world).await;
    orders.follow(None).await.unwrap();
    for fault in faults {
        world.venue.plant(fault);
    }
    with_bot(&world, SHORT_S, async || {
        said(&world, words).await;
        let before = beat(&world, "a sign of life", |_| true).await.passes;
        beat(&world, "more rounds", |beat| beat.passes > before + 2).await;
        crash(&world).await;
    })
    .await;
    assert_sold_once(&world).await;
    world
}

#[tokio::test]
async fn without_a_connection_a_bot_polls_and_says_so_once() {
    let refused = fault("STREAM connect", FaultKind::StreamRefuse, 1_000);
    let world = trades_on(vec![refused], "the stream of prices is silent").await;
    assert_eq!(times(&world, "the stream of prices is silent"), 1);
    assert!(times(&world, "the stream of our orders is silent") <= 1);
}

#[tokio::test]
async fn a_stream_that_falls_silent_is_told_once_and_once_when_it_is_back() {
    let world = world().await;
    let orders = buy(&world).await;
    orders.follow(None).await.unwrap();
    with_bot(&world, SHORT_S, async || {
        beat(&world, "a stream", |beat| beat.hears == "stream").await;
        world
            .venue
            .plant(fault("STREAM", FaultKind::StreamSilent, 1_000));
        for line in ["prices", "our orders"] {
            said(&world, &format!("the stream of {line} is silent")).await;
        }
        beat(&world, "polling", |beat| beat.hears == "polling").await;
        crash(&world).await;
        world.venue.clear_faults();
        said(&world, "the stream of our orders is back").await;
        beat(&world, "a stream", |beat| beat.hears == "stream").await;
    })
    .await;
    assert_sold_once(&world).await;
    assert_eq!(times(&world, "the stream of prices is silent"), 1);
    assert_eq!(times(&world, "the stream of our orders is silent"), 1);
    assert_eq!(times(&world, "the stream of our orders is back"), 1);
}

#[tokio::test]
async fn connections_that_end_again_and_again_cost_nothing_but_promptness() {
    let cut = fault("STREAM heartbeats", FaultKind::StreamCut, 1_000);
    let world = trades_on(vec![cut], "the stream of our orders is silent").await;
    assert_eq!(times(&world, "the stream of our orders is silent"), 1);
    assert!(times(&world, "the stream of our orders has a gap") > 1);
}

#[tokio::test]
async fn messages_that_are_missing_make_a_bot_ask() {
    let gap = fault("STREAM", FaultKind::StreamGap, 200);
    trades_on(vec![gap], "has a gap: message").await;
}

#[tokio::test]
async fn messages_in_the_wrong_order_are_gaps() {
    let late = fault("STREAM", FaultKind::StreamLate, 200);
    trades_on(vec![late], "has a gap: message").await;
}

#[tokio::test]
async fn messages_that_repeat_are_dropped() {
    let twice = fault("STREAM", FaultKind::StreamTwice, 1_000);
    let world = trades_on(vec![twice], "position 1: ").await;
    assert_eq!(times(&world, "has a gap"), 0, "{}", world.said());
}
