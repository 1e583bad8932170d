//! A bot's world for tests: a local venue over HTTP, a database on each engine, and the bot's folder.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use cbtrade_bot::VenueClock;
use cbtrade_bot::journal::{Event, Journal};
use cbtrade_bot::orders::{Mark, Orders, Patience};
use cbtrade_bot::stop::StopFile;
use cbtrade_coinbase::{Coinbase, Settings};
use cbtrade_coinbase_sim::{Config, Fault, FaultKind, Running, Venue};
use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{Database, Location, Options, Position, TradeFilter};
use cbtrade_exchange::{Exchange as _, Product};
use cbtrade_testkit::{Flavour, TestFolder, TestServer};

/// What a test has all to itself.
pub(crate) struct World {
    pub(crate) venue: Running,
    pub(crate) exchange: Arc<Coinbase>,
    pub(crate) database: Database,
    pub(crate) folder: TestFolder,
    pub(crate) lines: Arc<Mutex<Vec<String>>>,
    flavour: Option<Flavour>,
}

impl fmt::Display for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.flavour {
            Some(flavour) => flavour.fmt(formatter),
            None => formatter.write_str("SQLite"),
        }
    }
}

pub(crate) fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

/// The venue's time at its beginning.
pub(crate) fn begin() -> Timestamp {
    Timestamp::parse("2026-11-02 10:00:00").unwrap()
}

/// A venue whose clock stands still until a test moves it.
pub(crate) fn config() -> Config {
    Config {
        speed: 0,
        start: Some(begin()),
        ..Config::seeded(7)
    }
}

impl World {
    /// One on every engine that is there.
    pub(crate) async fn all(config: impl Fn() -> Config) -> Vec<World> {
        let mut worlds = vec![World::on(None, config()).await];
        for flavour in TestServer::flavours() {
            worlds.push(World::on(Some(flavour), config()).await);
        }
        worlds
    }

    pub(crate) async fn on(flavour: Option<Flavour>, config: Config) -> World {
        let folder = TestFolder::new();
        let database = database(flavour, folder.path()).await;
        database.ensure_database_ready().await.unwrap();
        let venue = Venue::start(config).await.unwrap();
        let exchange = Coinbase::new(Settings::local(&venue.rest_base, &venue.ws_url)).unwrap();
        World {
            venue,
            exchange: Arc::new(exchange),
            database,
            folder,
            lines: Arc::default(),
            flavour,
        }
    }

    pub(crate) fn journal(&self) -> Journal {
        let lines = Arc::clone(&self.lines);
        Journal::new(move |event| {
            if let Event::Line {
                weight,
                product,
                text,
            } = event
            {
                let product = product.as_deref().unwrap_or("-");
                let line = format!("{} {product} {text}", weight.word());
                lines.lock().unwrap().push(line);
            }
        })
    }

    /// Everything that was said.
    pub(crate) fn said(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// Orders of a bot that holds the pair's leases.
    pub(crate) async fn orders(&self, bot: &str, product: &str) -> Orders<Coinbase> {
        assert!(
            self.database
                .db_mkt_checks_buy_upd(product, bot)
                .await
                .unwrap()
        );
        assert!(
            self.database
                .db_mkt_checks_sell_upd(product, bot)
                .await
                .unwrap()
        );
        self.orders_of(bot).await
    }

    pub(crate) async fn orders_of(&self, bot: &str) -> Orders<Coinbase> {
        let now = self.exchange.server_time().await.unwrap();
        Orders::new(
            self.database.clone(),
            Arc::clone(&self.exchange),
            Arc::new(VenueClock::new(now, 1)),
            StopFile::in_folder(self.folder.path()),
            self.journal(),
            bot.to_owned(),
            Patience::default(),
        )
    }

    pub(crate) async fn product(&self, id: &str) -> Product {
        self.exchange.product(id).await.unwrap()
    }

    pub(crate) async fn positions(&self) -> Vec<Position> {
        let all = TradeFilter::default();
        let rows = self.database.db_poss_get(all, None, None).await.unwrap();
        rows.into_iter().map(|aged| aged.row).collect()
    }

    /// A failure that happens once, at the next call of this kind.
    pub(crate) fn plant(&self, place: &str, kind: FaultKind) {
        self.venue.plant(Fault {
            place: place.to_owned(),
            kind,
            after: 0,
            times: Some(1),
            per_mille: 1_000,
        });
    }

    /// The venue's own books are in order, whatever was done to it.
    pub(crate) fn assert_venue_in_order(&self) {
        assert_eq!(self.venue.violations(), Vec::<String>::new(), "{self}");
    }
}

async fn database(flavour: Option<Flavour>, folder: &Path) -> Database {
    let options = Options::default();
    let Some(flavour) = flavour else {
        return Database::create_file(&folder.join("cbtrade.db"), options)
            .await
            .unwrap();
    };
    let server = TestServer::shared(flavour);
    let location = Location::Servers {
        targets: vec![server.new_database("bot")],
        candles: server.new_database("candles").database.unwrap(),
    };
    Database::open(&location, options).await.unwrap()
}

pub(crate) fn mark(name: &str) -> Mark {
    Mark {
        kind: "up".to_owned(),
        name: name.to_owned(),
        interval: "1h".to_owned(),
    }
}
