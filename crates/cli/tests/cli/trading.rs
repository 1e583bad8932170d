//! The fleet trades on what was recovered, as processes against the local venue: days of it, and while everything is killed.
//! At the end the venue's books and the database must agree to the last digit.
//!
//! `CBTRADE_TRADING_DAYS` and `CBTRADE_TRADING_KILLS` make them longer than a test run has time for.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use cbtrade_coinbase::{Coinbase, Settings};
use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{Database, FillRow, IntentFilter, IntentState, Options, TradeFilter};
use cbtrade_exchange::{Exchange as _, Fill, FillQuery, Order, OrderQuery, Side};
use cbtrade_testkit::{Flavour, Random, TestServer, seed_from_env};
use serde_json::Value;

use crate::fleet::{Ended, TestVenue};
use crate::harness::Place;

/// What the account has at first.
const CASH: &str = "10000";

fn number_from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

/// A recovered installation with a fleet on a local venue.
struct Trading {
    place: Place,
    venue: TestVenue,
    speed: String,
}

impl Trading {
    fn begin(flavour: Flavour, speed: u32) -> Trading {
        let place = Place::new();
        let _ = place
            .run(&[
                "server",
                "start",
                "--flavour",
                &flavour.to_string().to_lowercase(),
            ])
            .ends(0);
        let _ = place.run(&["sample", "legacy"]).ends(0);
        let _ = place.run(&["recover", "legacy", "--yes"]).ends(0);
        let _ = place.run(&["db", "upgrade"]).ends(0);
        place.fleet(&["init"], 0);
        let speed = speed.to_string();
        let venue = Trading::venue(&place, &speed, None);
        let trading = Trading {
            place,
            venue,
            speed,
        };
        trading.configure();
        trading.qualify_everything();
        trading
    }

    fn venue(place: &Place, speed: &str, port: Option<u16>) -> TestVenue {
        let journal = place.path("venue.journal").display().to_string();
        let cash = format!("USDC={CASH}");
        let arguments = [
            "--balances-from-positions",
            "--balance",
            &cash,
            "--speed",
            speed,
            "--journal",
            &journal,
        ];
        match port {
            None => TestVenue::start(place, &arguments),
            Some(port) => TestVenue::start_at(place, port, &arguments),
        }
    }

    fn configure(&self) {
        self.place.configure(&format!(
            "[bots]\nauto = 1\nfull = 6\n[venue]\nurl = \"http://127.0.0.1:{0}\"\nwebsocket = \"ws://127.0.0.1:{0}/ws\"\nspeed = {1}\n\
             [limits]\nbrake_exits = 1000\nbackoff_seconds_max = 1\n",
            self.venue.port, self.speed
        ));
    }

    /// Strategies need no record to trade live, and losses are sold: in a few days everything must happen.
    fn qualify_everything(&self) {
        let path = self.place.path("home/fleet/settings/market_usdc.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut market: Value = serde_json::from_str(&text).unwrap();
        let everything = |value: Value| serde_json::json!({ "***": value });
        market["buy_test_txns"]["test_txns_min"] = everything(0.into());
        market["buy_test_txns"]["test_txns_max"] = everything(0.into());
        market["buy_test_txns"]["profitability_threshold_pct_day"] =
            everything((-1_000_000).into());
        market["budget"]["max_tot_loss"] = 0.into();
        market["sell"]["never_sell_loss"]["all_yn"] = "N".into();
        market["sell"]["never_sell_loss"]["live_all_yn"] = "N".into();
        market["sell"]["never_sell_loss"]["live_prod_ids"] = serde_json::json!([]);
        market["sell"]["never_sell_loss"]["live_max_loss_usd_acceptable"] = 0.into();
        market["sell"]["profit_saver"]["ha_green"]["use_yn"] = "N".into();
        market["sell"]["profit_saver"]["nwe_green"]["use_yn"] = "N".into();
        std::fs::write(&path, serde_json::to_string_pretty(&market).unwrap()).unwrap();
        let _ = self.place.run(&["settings", "check"]).ends(0);
    }

    fn up(&self) {
        let _ = self
            .place
            .run(&["fleet", "up", "--practice", "--wait", "180"])
            .ends(0);
    }

    fn exchange(&self) -> Coinbase {
        let port = self.venue.port;
        let rest = format!("http://127.0.0.1:{port}");
        Coinbase::new(Settings::local(&rest, &format!("ws://127.0.0.1:{port}/ws"))).unwrap()
    }

    async fn venue_now(&self) -> Timestamp {
        self.exchange().server_time().await.unwrap()
    }

    async fn database(&self) -> Database {
        let home = cbtrade_server::ServerHome::new(self.place.path("home/server")).unwrap();
        let location = cbtrade_database::Location::Servers {
            targets: vec![home.root_target().unwrap().with_database("cbtrade")],
            candles: "ohlcv".to_owned(),
        };
        Database::open(&location, Options::default()).await.unwrap()
    }

    /// Halts the fleet and waits until every order is at its end; then compares everything.
    async fn end_and_compare(&self) -> Compared {
        self.place
            .fleet(&["stop", "halt", "--reason", "the test is over"], 0);
        self.place.eventually("no open orders", |status| {
            status["database"]["open_orders"].as_u64() == Some(0)
        });
        self.place.fleet(&["down"], 0);
        let compared = compare(&self.exchange(), &self.database().await).await;
        let answer = self.asked("/admin/invariants");
        let told: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert_eq!(told["violations"], serde_json::json!([]), "{answer}");
        compared
    }

    /// An answer of the venue's administration, whose port is the one after the venue's.
    fn asked(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.venue.port + 1)).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Everything that the bots have written.
    fn logs(&self) -> String {
        let folder = std::fs::read_dir(self.place.path("home/fleet/logs")).unwrap();
        folder
            .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default())
            .collect()
    }
}

/// How much was compared.
#[derive(Debug, Default)]
struct Compared {
    orders: usize,
    fills: usize,
    buys: usize,
    sales: usize,
}

fn sum(numbers: impl IntoIterator<Item = Decimal>) -> Decimal {
    numbers.into_iter().fold(Decimal::ZERO, |sum, number| {
        sum.checked_add(number).unwrap()
    })
}

async fn compare(exchange: &Coinbase, database: &Database) -> Compared {
    let orders = exchange.orders(&OrderQuery::default()).await.unwrap();
    let fills = exchange.fills(&FillQuery::default()).await.unwrap();
    let intents = database
        .db_intents_get(&IntentFilter::default())
        .await
        .unwrap();
    let mut compared = Compared {
        orders: orders.len(),
        fills: fills.len(),
        ..Compared::default()
    };

    // Every order has its intent, and every intent that is done its order: none twice, none lost.
    let at_venue: BTreeMap<&str, &Order> = orders
        .iter()
        .map(|order| (order.client_order_id.as_str(), order))
        .collect();
    assert_eq!(
        at_venue.len(),
        orders.len(),
        "a client id twice at the venue"
    );
    let live: Vec<_> = intents.iter().filter(|intent| !intent.is_test()).collect();
    for intent in &live {
        let order = at_venue.get(intent.client_order_id.as_str());
        match intent.state {
            IntentState::Done => {
                let order =
                    order.unwrap_or_else(|| panic!("the venue has no order for {intent:?}"));
                assert_eq!(intent.order_uuid.as_deref(), Some(order.order_id.as_str()));
            }
            IntentState::Refused | IntentState::Absent => {
                assert!(order.is_none(), "the venue has an order for {intent:?}");
            }
            IntentState::Sending | IntentState::Unknown | IntentState::Placed => {
                panic!("not at its end: {intent:?}");
            }
        }
    }
    let known: BTreeSet<&str> = live
        .iter()
        .map(|intent| intent.client_order_id.as_str())
        .collect();
    for order in &orders {
        assert!(
            known.contains(order.client_order_id.as_str()),
            "an order without intent: {order:?}"
        );
    }

    // Every fill is kept, digit by digit.
    let kept: BTreeMap<String, FillRow> = database
        .db_fills_get(None, None)
        .await
        .unwrap()
        .into_iter()
        .map(|fill| (fill.entry_id.clone(), fill))
        .collect();
    assert_eq!(kept.len(), fills.len(), "fills kept and fills at the venue");
    for fill in &fills {
        let row = &kept[&fill.entry_id];
        let digits = (row.price, row.size, row.commission.unwrap());
        assert_eq!(
            digits,
            (fill.price, fill.base_size().unwrap(), fill.commission),
            "{fill:?}"
        );
    }
    compare_balances(exchange, database, &fills, &mut compared).await;
    compare_positions(database, &orders, &fills).await;
    compared
}

async fn compare_balances(
    exchange: &Coinbase,
    database: &Database,
    fills: &[Fill],
    compared: &mut Compared,
) {
    let value = |fill: &Fill| fill.base_size().unwrap().checked_mul(fill.price).unwrap();
    let mut cash = decimal(CASH);
    for fill in fills {
        cash = match fill.side {
            Side::Buy => {
                compared.buys += 1;
                let paid = value(fill).checked_add(fill.commission).unwrap();
                cash.checked_sub(paid).unwrap()
            }
            Side::Sell => {
                compared.sales += 1;
                let got = value(fill).checked_sub(fill.commission).unwrap();
                cash.checked_add(got).unwrap()
            }
        };
    }
    let live = TradeFilter {
        lta: Some("L"),
        ..TradeFilter::default()
    };
    let mut held: BTreeMap<String, Decimal> = BTreeMap::new();
    for position in database.db_poss_get(live, None, None).await.unwrap() {
        let row = position.row;
        assert_ne!(
            row.pos_stat.as_deref(),
            Some("SELL"),
            "an orphaned position: {row:?}"
        );
        let coins = held.entry(row.base_symb.unwrap()).or_default();
        *coins = coins.checked_add(row.hold_cnt.unwrap()).unwrap();
    }
    for account in exchange.accounts().await.unwrap() {
        assert_eq!(account.hold, Decimal::ZERO, "{account:?}");
        let expected = match account.currency.as_str() {
            "USDC" => cash,
            currency => held.get(currency).copied().unwrap_or_default(),
        };
        assert_eq!(account.available, expected, "{}", account.currency);
    }
}

/// What a position that the fleet opened has cost and brought is what its orders' fills say.
async fn compare_positions(database: &Database, orders: &[Order], fills: &[Fill]) {
    let live = TradeFilter {
        lta: Some("L"),
        ..TradeFilter::default()
    };
    let mut of_order: BTreeMap<&str, Vec<&Fill>> = BTreeMap::new();
    for fill in fills {
        of_order.entry(&fill.order_id).or_default().push(fill);
    }
    let positions = database.db_poss_get(live, None, None).await.unwrap();
    let mut opened: BTreeSet<String> = BTreeSet::new();
    for position in positions {
        let Some(uuid) = position.row.bo_uuid.clone() else {
            continue;
        };
        let Some(fills) = of_order.get(uuid.as_str()) else {
            continue;
        };
        let cost = sum(fills.iter().map(|fill| {
            let value = fill.size.checked_mul(fill.price).unwrap();
            value.checked_add(fill.commission).unwrap()
        }));
        assert_eq!(position.row.tot_out_cnt, Some(cost), "{uuid}");
        assert_eq!(
            position.row.buy_cnt,
            Some(sum(fills.iter().map(|fill| fill.size))),
            "{uuid}"
        );
        assert!(opened.insert(uuid), "a position twice");
    }
    let bought = orders
        .iter()
        .filter(|order| order.side == Side::Buy && order.filled_size > Decimal::ZERO);
    assert_eq!(
        bought.count(),
        opened.len(),
        "buys that were filled, and positions"
    );
}

/// The servers that are there, one after the other.
fn on_each_server(test: impl AsyncFn(Flavour)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for flavour in TestServer::flavours() {
        runtime.block_on(test(flavour));
    }
}

#[test]
fn a_fleet_of_seven_trades_for_days_and_the_books_agree() {
    const SPEED: u32 = 2_400;
    let days = number_from_env("CBTRADE_TRADING_DAYS", 1);
    on_each_server(async |flavour| {
        let trading = Trading::begin(flavour, SPEED);
        let _ended = Ended(&trading.place);
        trading.up();
        let end = trading
            .venue_now()
            .await
            .plus_seconds(i64::try_from(days * 86_400).unwrap());
        while trading.venue_now().await < end {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let compared = trading.end_and_compare().await;
        let logs = trading.logs();
        for word in ["deadlock", "lock wait", "database is locked"] {
            assert!(!logs.to_lowercase().contains(word), "{word} in the logs");
        }
        println!("{flavour}: {days} simulated days: {compared:?}");
        assert!(
            compared.fills > 0 && compared.buys > 0 && compared.sales > 0,
            "nothing was traded: {compared:?}"
        );
    });
}

#[test]
fn nothing_is_lost_or_doubled_while_bots_supervisor_venue_and_server_are_killed() {
    const SPEED: u32 = 600;
    let kills = number_from_env("CBTRADE_TRADING_KILLS", 24);
    let seed = seed_from_env("CBTRADE_TEST_SEED");
    println!("seed: CBTRADE_TEST_SEED={seed}");
    on_each_server(async |flavour| {
        let mut trading = Trading::begin(flavour, SPEED);
        let home = trading.place.path("home");
        let mut random = Random::new(seed);
        let _ = trading
            .place
            .command(&["fleet", "up", "--practice", "--wait", "180"])
            .env("CBTRADE_DIE_AT", "recorded,answered,placed,read,settled")
            .output()
            .unwrap();
        let mut killed: BTreeMap<&str, u64> = BTreeMap::new();
        for _ in 0..kills {
            std::thread::sleep(Duration::from_millis(300 + random.below(900)));
            let what =
                ["bot", "bot", "bot", "bot", "supervisor", "venue", "server"][random.index(7)];
            *killed.entry(what).or_default() += 1;
            trading.kill(what, &mut random);
        }
        // The last bots die no more, so that all orders come to their end.
        trading.place.fleet(&["down"], 0);
        trading.up();
        std::thread::sleep(Duration::from_secs(5));
        let compared = trading.end_and_compare().await;
        println!(
            "{flavour}: killed {killed:?}: {compared:?} in {}",
            home.display()
        );
        assert!(compared.orders > 0, "nothing was traded");
    });
}

impl Trading {
    fn kill(&mut self, what: &str, random: &mut Random) {
        let signal = |pid: u64| {
            let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        };
        match what {
            "venue" => {
                let port = self.venue.port;
                let _ = self.venue.process.kill();
                let _ = self.venue.process.wait();
                self.venue = Trading::venue(&self.place, &self.speed, Some(port));
            }
            "server" => {
                let told = self.place.run(&["server", "status", "--json"]).json();
                if let Some(pid) = told["pid"].as_u64() {
                    signal(pid);
                    // Until it is gone, it holds its files.
                    while std::path::Path::new(&format!("/proc/{pid}")).exists() {
                        std::thread::sleep(Duration::from_millis(20));
                    }
                }
                let _ = self.place.run(&["server", "start"]).ends(0);
            }
            _ => {
                let status = self.place.run(&["fleet", "status", "--json"]).json();
                if what == "supervisor" {
                    if let Some(pid) = status["supervisor"]["pid"].as_u64() {
                        signal(pid);
                    }
                    let _ = self
                        .place
                        .command(&["fleet", "up", "--practice", "--wait", "180"])
                        .env("CBTRADE_DIE_AT", "recorded,answered,placed,read,settled")
                        .output()
                        .unwrap();
                    return;
                }
                let bots = status["bots"].as_array().cloned().unwrap_or_default();
                let pids: Vec<u64> = bots.iter().filter_map(|bot| bot["pid"].as_u64()).collect();
                if !pids.is_empty() {
                    signal(pids[random.index(pids.len())]);
                }
            }
        }
    }
}
