//! A bot's world for tests: a local venue over HTTP, a database on each engine, and the bot's folder.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use cbtrade_bot::journal::{Event, Journal};
use cbtrade_bot::orders::{BuyWish, Followed, Mark, Orders, Patience, SellWish, Wished};
use cbtrade_bot::settings::Settings as BotSettings;
use cbtrade_bot::stop::StopFile;
use cbtrade_bot::{Bot, BotOptions, EndSwitch, Mode, VenueClock};
use cbtrade_coinbase::{Coinbase, Settings};
use cbtrade_coinbase_sim::{Config, Fault, FaultKind, Running, Venue};
use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{
    Changes, Database, IntentFilter, IntentState, Location, Options, Position, TradeFilter, columns,
};
use cbtrade_exchange::{Exchange as _, Product};
use cbtrade_testkit::{Flavour, TestFolder, TestServer};

/// What a test has all to itself.
pub(crate) struct World {
    pub(crate) venue: Running,
    pub(crate) exchange: Arc<Coinbase>,
    pub(crate) database: Database,
    pub(crate) folder: TestFolder,
    pub(crate) lines: Arc<Mutex<Vec<String>>>,
    /// What was asked of the venue, and how often.
    pub(crate) calls: Arc<Mutex<BTreeMap<String, usize>>>,
    pub(crate) flavour: Option<Flavour>,
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
        World::with(flavour, config, Options::default()).await
    }

    pub(crate) async fn with(flavour: Option<Flavour>, config: Config, options: Options) -> World {
        let folder = TestFolder::new();
        let database = database(flavour, folder.path(), options).await;
        database.ensure_database_ready().await.unwrap();
        let venue = Venue::start(config).await.unwrap();
        let calls: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
        let counted = Arc::clone(&calls);
        let settings = Settings {
            // A test's venue is near: what failed is tried again at once.
            backoff: std::time::Duration::from_millis(5),
            observer: Some(Arc::new(move |call| {
                *counted
                    .lock()
                    .unwrap()
                    .entry(call.call.to_owned())
                    .or_default() += 1;
            })),
            ..Settings::local(&venue.rest_base, &venue.ws_url)
        };
        World {
            exchange: Arc::new(Coinbase::new(settings).unwrap()),
            venue,
            database,
            folder,
            lines: Arc::default(),
            calls,
            flavour,
        }
    }

    pub(crate) fn journal(&self) -> Journal {
        self.journal_and(|_| {})
    }

    /// A journal that also lets a test act on what is said.
    pub(crate) fn journal_and(&self, hear: impl Fn(&str) + Send + Sync + 'static) -> Journal {
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
                hear(&line);
                lines.lock().unwrap().push(line);
            }
        })
    }

    /// How often the venue was asked this, such as `GET /accounts`.
    pub(crate) fn asked(&self, call: &str) -> usize {
        self.calls.lock().unwrap().get(call).copied().unwrap_or(0)
    }

    /// How a bot of this mode is started; the settings are the operator's defaults until a test changes them.
    pub(crate) fn options(&self, mode: Mode, rounds: u64) -> BotOptions {
        let folder = self.folder.path().to_owned();
        let settings = folder.join("settings");
        std::fs::create_dir_all(&settings).unwrap();
        std::fs::create_dir_all(folder.join("bots")).unwrap();
        BotSettings::write_example(&settings).unwrap();
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

    pub(crate) async fn bot(&self, options: BotOptions, journal: Journal) -> Bot<Coinbase> {
        Bot::new(
            options,
            self.database.clone(),
            Arc::clone(&self.exchange),
            journal,
            EndSwitch::default(),
        )
        .await
        .unwrap()
    }

    /// Lets a bot go so many rounds. That it ends in order is what a test counts on: nothing of a bad day ends a bot.
    pub(crate) async fn run(&self, mode: Mode, rounds: u64) {
        let bot = self.bot(self.options(mode, rounds), self.journal()).await;
        bot.run()
            .await
            .unwrap_or_else(|error| panic!("{self}: {error}"));
    }

    /// Puts a part of a settings file's text in the place of another.
    pub(crate) fn change_settings(&self, file: &str, old: &str, new: &str) {
        let path = self.folder.path().join("settings").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{file} does not have {old}");
        std::fs::write(&path, text.replacen(old, new, 1)).unwrap();
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

    /// Changes of a position by hand.
    pub(crate) async fn edit(&self, changes: Changes<Position>, pos_id: i64) {
        let changes = changes.set(columns::poss::pos_id, pos_id);
        self.database.db_poss_insupd(&changes).await.unwrap();
    }

    /// The position is to be sold by the next bot that looks at it.
    pub(crate) async fn force_sale(&self, pos_id: i64) {
        let forced = Changes::<Position>::new().set(columns::poss::force_sell_tf, 1);
        self.edit(forced, pos_id).await;
    }

    /// A live position, bought by a bot that has gone since.
    pub(crate) async fn bought(&self, product: &str, size: &str) -> Position {
        let orders = self.orders("seed", product).await;
        let wished = buy(&orders, &self.product(product).await, size, false).await;
        assert!(
            matches!(wished, Wished::Placed { .. }),
            "{self}: {wished:?}"
        );
        assert_eq!(follow(&orders).await, [Followed::Settled], "{self}");
        self.let_go("seed", product).await;
        self.positions().await.pop().unwrap()
    }

    /// A bot gives back what it holds.
    pub(crate) async fn let_go(&self, bot: &str, product: &str) {
        self.database
            .db_mkt_checks_release(product, bot)
            .await
            .unwrap();
    }

    pub(crate) async fn position(&self, pos_id: i64) -> Position {
        let all = self.positions().await;
        all.into_iter().find(|one| one.pos_id == pos_id).unwrap()
    }

    /// The states of all intents, in the order in which they were made.
    pub(crate) async fn states(&self) -> Vec<IntentState> {
        let any = IntentFilter::default();
        let all = self.database.db_intents_get(&any).await.unwrap();
        all.iter().map(|intent| intent.state).collect()
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

    /// What positions say of coins and money must be what the venue has, and its own books must be in order.
    pub(crate) async fn assert_books_agree(&self, coin: &str) {
        let held = |positions: &[Position], of: fn(&Position) -> Option<Decimal>| {
            positions.iter().fold(Decimal::ZERO, |sum, position| {
                sum.checked_add(of(position).unwrap_or_default()).unwrap()
            })
        };
        let positions: Vec<Position> = self
            .positions()
            .await
            .into_iter()
            .filter(|position| position.test_txn_yn.as_deref() == Some("N"))
            .collect();
        let (coins, hold) = self.venue.balance(coin);
        assert_eq!(hold, Decimal::ZERO, "{self}");
        assert_eq!(
            held(&positions, |position| position.hold_cnt),
            coins,
            "{self}"
        );
        let spent = held(&positions, |position| position.tot_out_cnt);
        let received = held(&positions, |position| position.tot_in_cnt);
        let (money, _) = self.venue.balance("USDC");
        let expected = decimal("10000").checked_sub(spent).unwrap();
        assert_eq!(expected.checked_add(received).unwrap(), money, "{self}");
        self.assert_venue_in_order();
    }

    /// The venue's own books are in order, whatever was done to it.
    pub(crate) fn assert_venue_in_order(&self) {
        assert_eq!(self.venue.violations(), Vec::<String>::new(), "{self}");
    }
}

async fn database(flavour: Option<Flavour>, folder: &Path, options: Options) -> Database {
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

pub(crate) async fn buy(
    orders: &Orders<Coinbase>,
    product: &Product,
    size: &str,
    is_test: bool,
) -> Wished {
    let wish = BuyWish {
        product,
        quote_size: decimal(size),
        price_estimate: product.price.unwrap(),
        is_test,
        mark: mark("sha"),
        reason: "a test".to_owned(),
        limits: None,
    };
    orders.buy(&wish).await.unwrap()
}

pub(crate) async fn sell(
    orders: &Orders<Coinbase>,
    product: &Product,
    position: &Position,
) -> Wished {
    let wish = SellWish {
        product,
        pos_id: position.pos_id,
        base_size: position.hold_cnt.unwrap(),
        price_estimate: product.price.unwrap(),
        is_test: position.test_txn_yn.as_deref() == Some("Y"),
        mark: mark("trail_profit"),
        reason: "a test".to_owned(),
    };
    orders.sell(&wish).await.unwrap()
}

pub(crate) async fn follow(orders: &Orders<Coinbase>) -> Vec<Followed> {
    let followed = orders.follow(None).await.unwrap();
    followed.into_iter().map(|(_, followed)| followed).collect()
}
