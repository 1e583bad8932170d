//! The fleet trades on what was recovered, as processes against the local venue: days of it, and while everything is killed.
//! At the end the venue's books and the database must agree to the last digit.
//!
//! `CBTRADE_TRADING_DAYS`, `CBTRADE_TRADING_KILLS`, `CBTRADE_TRADING_OUTAGE_SECONDS` and `CBTRADE_TRADING_STOPS` make them
//! longer than a test run has time for; `CBTRADE_TRADING_SERVER` (`mariadb` or `mysql`) has them run on that one alone.

mod compare;
mod days;
mod kills;
mod outage;
mod stops;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use cbtrade_bot::beat::{Beat, BeatFile};
use cbtrade_coinbase::Coinbase;
use cbtrade_core::Timestamp;
use cbtrade_exchange::{Exchange as _, OrderQuery};
use cbtrade_testkit::{Flavour, TestServer};
use serde_json::{Value, json};

use crate::fleet::TestVenue;
use crate::harness::Place;
use compare::{Compared, compare};

/// What the account has at first.
const CASH: &str = "10000";

fn number_from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Only a fault of ours takes so long.
const PATIENCE: Duration = Duration::from_secs(180);

/// How many of the venue's seconds pass in a second where orders flow all the time.
const BUSY_SPEED: u32 = 60;

/// How much is traded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// As the settings say, but for the records that live trading needs, and for losses, which are sold too.
    Usual,
    /// Of six pairs whatever a strategy says is bought at once and again, and whatever is held is sold at once: an order
    /// every moment, as long as a signal lasts.
    Busy,
}

/// A recovered installation with a fleet on a local venue.
struct Trading {
    place: Place,
    venue: TestVenue,
    speed: String,
}

impl Trading {
    fn begin(flavour: Flavour, speed: u32, flow: Flow) -> Trading {
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
        trading.settle_settings(flow);
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
    fn settle_settings(&self, flow: Flow) {
        let path = self.place.path("home/fleet/settings/market_usdc.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut market: Value = serde_json::from_str(&text).unwrap();
        let everything = |value: Value| json!({ "***": value });
        market["buy_test_txns"]["test_txns_min"] = everything(0.into());
        market["buy_test_txns"]["test_txns_max"] = everything(0.into());
        market["buy_test_txns"]["profitability_threshold_pct_day"] =
            everything((-1_000_000).into());
        market["budget"]["max_tot_loss"] = 0.into();
        let sell = &mut market["sell"];
        sell["never_sell_loss"]["all_yn"] = "N".into();
        sell["never_sell_loss"]["live_all_yn"] = "N".into();
        sell["never_sell_loss"]["live_prod_ids"] = json!([]);
        sell["never_sell_loss"]["live_max_loss_usd_acceptable"] = 0.into();
        sell["profit_saver"]["ha_green"]["use_yn"] = "N".into();
        sell["profit_saver"]["nwe_green"]["use_yn"] = "N".into();
        if flow == Flow::Busy {
            sell["force_sell"]["live_all_yn"] = "Y".into();
            let pairs = ["BTC", "ETH", "SOL", "ADA", "XRP", "DOGE"];
            market["pairs"]["trade_pairs"] = json!(pairs.map(|base| format!("{base}-USDC")));
            for extra in market["pairs"]["extra_pairs"]
                .as_object_mut()
                .unwrap()
                .values_mut()
            {
                if extra.get("use_yn").is_some() {
                    extra["use_yn"] = "N".into();
                }
            }
            for delay in ["buy_delay_minutes", "buy_strat_delay_minutes"] {
                market["buy"][delay] = everything(0.into());
            }
            for most in ["open_poss_cnt_max", "strat_open_cnt_max"] {
                market["buy"][most] = everything(1_000.into());
            }
            for strategy in market["strats"].as_object_mut().unwrap().values_mut() {
                strategy["buy"]["max_open_poss_cnt_live"] = everything(1_000.into());
            }
        }
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
        self.venue.exchange()
    }

    async fn venue_now(&self) -> Timestamp {
        self.exchange().server_time().await.unwrap()
    }

    /// Halts the fleet and waits until every order is at its end; then compares everything.
    async fn end_and_compare(&self) -> Compared {
        self.place
            .fleet(&["stop", "halt", "--reason", "the test is over"], 0);
        self.place.eventually("no open orders", |status| {
            status["database"]["open_orders"].as_u64() == Some(0)
        });
        self.place.fleet(&["down"], 0);
        let compared = compare(&self.exchange(), &self.place.database().await).await;
        let told = self.asked("/admin/invariants");
        assert_eq!(told["violations"], json!([]), "{told}");
        compared
    }

    /// An answer of the venue's administration, whose port is the one after the venue's.
    fn asked(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.venue.port + 1)).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap()
    }

    /// How many orders the venue has got.
    fn orders_at_venue(&self) -> u64 {
        self.asked("/admin/state")["orders"].as_u64().unwrap()
    }

    /// The client ids of all orders that the venue has got.
    async fn client_ids(&self) -> BTreeSet<String> {
        let orders = self.exchange().orders(&OrderQuery::default()).await;
        let ids = orders.unwrap().into_iter();
        ids.map(|order| order.client_order_id).collect()
    }

    /// Waits until the venue has got so many orders more.
    #[track_caller]
    fn trade_further(&self, orders: u64) {
        let wanted = self.orders_at_venue() + orders;
        self.until("further orders", || self.orders_at_venue() >= wanted);
    }

    #[track_caller]
    fn until(&self, what: &str, mut is_it: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !is_it() {
            assert!(
                begun.elapsed() < PATIENCE,
                "never: {what}\n{:#}",
                self.place.fleet(&["status"], 0)
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The last signs of life of these bots.
    fn beats(&self, bots: &[String]) -> Vec<Beat> {
        let folder = self.place.path("home/fleet");
        let beats = bots
            .iter()
            .map(|name| BeatFile::of(&folder, name).read().unwrap().unwrap());
        beats.collect()
    }

    fn kill_server(&self) {
        let told = self.place.run(&["server", "status", "--json"]).json();
        if let Some(pid) = told["pid"].as_u64() {
            kill(pid);
            // Until it is gone, it holds its files.
            while std::path::Path::new(&format!("/proc/{pid}")).exists() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    fn start_server(&self) {
        let _ = self.place.run(&["server", "start"]).ends(0);
    }

    /// Everything that the bots have written.
    fn logs(&self) -> String {
        let folder = std::fs::read_dir(self.place.path("home/fleet/logs")).unwrap();
        folder
            .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default())
            .collect()
    }
}

fn kill(pid: u64) {
    let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
}

/// The processes of the bots, by name.
fn bots_of(status: &Value) -> Vec<(String, u64)> {
    let bots = status["bots"].as_array().cloned().unwrap_or_default();
    bots.iter()
        .filter_map(|bot| Some((bot["name"].as_str()?.to_owned(), bot["pid"].as_u64()?)))
        .collect()
}

/// The servers that are there, one after the other.
fn on_each_server(test: impl AsyncFn(Flavour)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let only = std::env::var("CBTRADE_TRADING_SERVER").ok();
    for flavour in TestServer::flavours() {
        let name = flavour.to_string().to_lowercase();
        if only.as_ref().is_none_or(|only| *only == name) {
            runtime.block_on(test(flavour));
        }
    }
}
