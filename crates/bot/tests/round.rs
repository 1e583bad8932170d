//! A bot's rounds against a local venue: it selects, decides, buys, sells, and loses nothing.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use std::sync::Arc;

use cbtrade_bot::orders::Patience;
use cbtrade_bot::settings::Settings;
use cbtrade_bot::{Bot, BotOptions, EndSwitch, Mode};
use cbtrade_database::{Changes, Position, columns::poss};

use common::{World, begin, config, decimal};

fn options(world: &World, mode: Mode, rounds: u64) -> BotOptions {
    let folder = world.folder.path().to_owned();
    let settings = folder.join("settings");
    std::fs::create_dir_all(&settings).unwrap();
    Settings::write_example(&settings).unwrap();
    BotOptions {
        name: format!("{}-1", mode.name()),
        mode,
        folder,
        settings,
        speed: 600,
        patience: Patience::at_speed(600),
        rounds_max: rounds,
        may_trade_live: true,
    }
}

#[tokio::test]
async fn rounds_are_gone_through_on_every_engine() {
    for world in World::all(config).await {
        for mode in [Mode::Auto, Mode::Full] {
            let bot = Bot::new(
                options(&world, mode, 3),
                world.database.clone(),
                Arc::clone(&world.exchange),
                world.journal(),
                EndSwitch::default(),
            )
            .await
            .unwrap();
            bot.run().await.unwrap();
        }
        let said = world.said();
        println!("{world}:\n{said}");
        assert!(!said.contains("warning"), "{world}: {said}");
        world.assert_venue_in_order();
    }
}

#[tokio::test]
async fn what_keeps_a_position_is_told_once_and_seen_at_every_look() {
    let world = World::on(None, config()).await;
    let price = world.product("ETH-USDC").await.price.unwrap();
    let paid = price.checked_add(price).unwrap();
    let bought = Changes::<Position>::new()
        .set(poss::bo_uuid, "order-of-a-buy")
        .set(poss::base_symb, "ETH")
        .set(poss::symb, "USDC")
        .set(poss::base_curr_symb, "ETH")
        .set(poss::quote_curr_symb, "USDC")
        .set(poss::prod_id, "ETH-USDC")
        .set(poss::pos_stat, "OPEN")
        .set(poss::test_txn_yn, "Y")
        .set(poss::pos_begin_dttm, begin())
        .set(poss::buy_strat_name, "sha")
        .set(poss::buy_strat_freq, "1h")
        .set(poss::prc_buy, paid)
        .set(poss::buy_cnt, decimal("1"))
        .set(poss::hold_cnt, decimal("1"))
        .set(poss::tot_out_cnt, paid);
    let _ = world.database.db_poss_insupd(&bought).await.unwrap();
    let mut options = options(&world, Mode::Sell, 3);
    options.speed = 1;
    std::fs::write(options.settings.join("bot.json"), "{ \"loop_secs\": 1 }").unwrap();
    let exchange = Arc::clone(&world.exchange);
    let (database, journal) = (world.database.clone(), world.journal());
    let bot = Bot::new(options, database, exchange, journal, EndSwitch::default()).await;
    bot.unwrap().run().await.unwrap();
    let said = world.said();
    let kept = |weight: &str| {
        let lines = said.lines();
        lines
            .filter(|line| {
                line.starts_with(weight) && line.contains("would be sold by hard stop loss")
            })
            .count()
    };
    assert_eq!((kept("note"), kept("detail")), (1, 2), "{said}");
    assert!(said.contains("never_sell_loss.all_yn is Y"), "{said}");
}
