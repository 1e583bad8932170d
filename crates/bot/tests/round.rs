//! A bot's rounds against a local venue: it selects, decides, buys, sells, and loses nothing.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use cbtrade_bot::Mode;

use common::{World, config};

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
