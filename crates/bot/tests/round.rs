//! A bot's rounds against a local venue: it selects, decides, buys, sells, and loses nothing.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_bot::Mode;
use cbtrade_coinbase_sim::Config;
use cbtrade_core::{Clock as _, SystemClock};
use cbtrade_database::{Changes, Position, columns::poss};

use common::{World, begin, config, decimal};

#[tokio::test]
async fn rounds_are_gone_through_on_every_engine() {
    for world in World::all(config).await {
        for mode in [Mode::Auto, Mode::Full] {
            world.run(mode, 3).await;
        }
        let said = world.said();
        println!("{world}:\n{said}");
        assert!(!said.contains("warning"), "{world}: {said}");
        world.assert_venue_in_order();
    }
}

#[tokio::test]
async fn what_keeps_a_position_is_told_once_and_seen_at_every_look() {
    // At our own pace, so that the rounds lie within the time in which a thing is told once.
    let now = Config {
        start: Some(SystemClock.now()),
        speed: 1,
        ..config()
    };
    let world = World::on(None, now).await;
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
    let mut options = world.options(Mode::Sell, 3);
    options.speed = 1;
    std::fs::write(options.settings.join("bot.json"), "{ \"loop_secs\": 1 }").unwrap();
    let bot = world.bot(options, world.journal()).await;
    bot.run().await.unwrap();
    let said = world.said();
    let kept = |weight: &str| {
        let lines = said.lines();
        lines
            .filter(|line| {
                line.starts_with(weight) && line.contains("would be sold by hard stop loss")
            })
            .count()
    };
    assert_eq!(kept("note"), 1, "{said}");
    assert!(kept("detail") >= 2, "{said}");
    assert!(said.contains("never_sell_loss.all_yn is Y"), "{said}");
}
