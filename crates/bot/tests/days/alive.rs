//! Signs of life while nobody answers.

use std::time::Duration;

use cbtrade_bot::beat::BeatFile;
use cbtrade_bot::{Bot, EndSwitch, Mode};
use cbtrade_database::{Database, Location, Options};
use cbtrade_testkit::{FaultProxy, TestServer};

use crate::common::{World, config};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_answer_does_not_look_like_a_bot_that_hangs() {
    for flavour in TestServer::flavours() {
        let world = World::on(Some(flavour), config()).await;
        let Location::Servers { targets, candles } = world.database.location() else {
            panic!("{world}: it is on a server");
        };
        let proxy = FaultProxy::before(&targets[0]).await;
        let location = Location::Servers {
            targets: vec![proxy.target().clone()],
            candles: candles.clone(),
        };
        let database = Database::open(&location, Options::default()).await.unwrap();
        let options = world.options(Mode::Full, 0);
        let file = BeatFile::of(&options.folder, &options.name);
        let count = || file.read().unwrap().map_or(0, |beat| beat.count);
        let answers = || -> u64 {
            let figures = database.figures();
            figures
                .methods
                .values()
                .map(|one| one.calls + one.errors)
                .sum()
        };
        let end = EndSwitch::default();
        let bot = Bot::new(
            options,
            database.clone(),
            std::sync::Arc::clone(&world.exchange),
            world.journal(),
            end.clone(),
        )
        .await
        .unwrap();
        let running = tokio::spawn(async move { bot.run().await });
        while count() == 0 || answers() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        proxy.stall();
        // Three signs of life, and not one answer of the database meanwhile. What was on its way may still arrive.
        let mut is_seen = false;
        for _ in 0..5 {
            let (known, before) = (answers(), count());
            while count() < before + 3 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            if answers() == known {
                is_seen = true;
                break;
            }
        }
        proxy.resume();
        end.ask();
        running.await.unwrap().unwrap();
        assert!(is_seen, "{world}: {}", world.said());
    }
}
