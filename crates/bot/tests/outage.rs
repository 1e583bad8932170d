//! The database goes away in the middle of a round.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cbtrade_bot::beat::BeatFile;
use cbtrade_bot::journal::{Event, Journal};
use cbtrade_bot::orders::Patience;
use cbtrade_bot::settings::Settings;
use cbtrade_bot::{Bot, BotOptions, EndSwitch, Mode};
use cbtrade_coinbase::Coinbase;
use cbtrade_coinbase_sim::Venue;
use cbtrade_database::{Database, Location, Options};
use cbtrade_testkit::{Flavour, TestFolder, TestServer};

use common::config;

fn options(folder: &TestFolder) -> BotOptions {
    let settings = folder.path().join("settings");
    std::fs::create_dir_all(&settings).unwrap();
    Settings::write_example(&settings).unwrap();
    BotOptions {
        name: "full-1".to_owned(),
        mode: Mode::Full,
        folder: folder.path().to_owned(),
        settings,
        speed: 600,
        patience: Patience::at_speed(600),
        rounds_max: 1,
        may_trade_live: true,
    }
}

/// A database on a server that is killed when a bot has asked the strategies of its first pair.
async fn killed_in_a_round(flavour: Flavour) -> (Database, Journal) {
    let server = TestServer::with_options(flavour, &[]);
    let location = Location::Servers {
        targets: vec![server.new_database("bot")],
        candles: server.new_database("candles").database.unwrap(),
    };
    // A bot's patience is half a minute for each call.
    let impatient = Options {
        call_timeout: Duration::from_secs(1),
        outcome_timeout: Duration::from_millis(200),
        ..Options::default()
    };
    let made = Database::open(&location, Options::default()).await.unwrap();
    made.ensure_database_ready().await.unwrap();
    let database = Database::open(&location, impatient).await.unwrap();
    let server = Mutex::new(Some(server));
    let journal = Journal::new(move |event| {
        if let Event::Line { text, .. } = event
            && text.starts_with("asked ")
        {
            drop(server.lock().unwrap().take());
        }
    });
    (database, journal)
}

#[tokio::test]
async fn a_round_ends_at_its_first_call_without_a_database() {
    for flavour in TestServer::flavours() {
        let folder = TestFolder::new();
        let (database, journal) = killed_in_a_round(flavour).await;
        let venue = Venue::start(config()).await.unwrap();
        let settings = cbtrade_coinbase::Settings::local(&venue.rest_base, &venue.ws_url);
        let bot = Bot::new(
            options(&folder),
            database,
            Arc::new(Coinbase::new(settings).unwrap()),
            journal,
            EndSwitch::default(),
        )
        .await
        .unwrap();
        bot.run().await.unwrap();
        let beat = BeatFile::of(folder.path(), "full-1").read().unwrap();
        let beat = beat.unwrap();
        // The pairs that were left would each have waited for the database in vain, and each have been an error.
        assert_eq!((beat.passes, beat.errors), (1, 1), "{flavour}: {beat:?}");
        assert!(!beat.database_reached, "{flavour}");
    }
}
