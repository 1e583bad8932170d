//! A bot's rounds against a local venue: it selects, decides, buys, sells, and loses nothing.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use std::sync::Arc;

use cbtrade_bot::orders::Patience;
use cbtrade_bot::settings::Settings;
use cbtrade_bot::{Bot, BotOptions, EndSwitch, Mode};

use common::{World, config};

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
