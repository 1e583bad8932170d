//! The fleet: first steps, the emergency stop without a database, and a whole life on the local venue.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use cbtrade_coinbase::{Coinbase, Settings};
use cbtrade_database::{Database, Options};
use serde_json::Value;

use crate::harness::Place;

/// Only a fault of ours takes so long; no test's outcome depends on it otherwise.
const PATIENCE: Duration = Duration::from_secs(180);

impl Place {
    pub(crate) fn fleet(&self, arguments: &[&str], code: i32) -> Value {
        let arguments = [&["fleet"], arguments, &["--json"]].concat();
        self.run(&arguments).ends(code).json()
    }

    pub(crate) fn configure(&self, text: &str) {
        std::fs::write(self.path("home/fleet/fleet.toml"), text).unwrap();
    }

    #[track_caller]
    pub(crate) fn eventually(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let status = self.fleet(&["status"], 0);
            if is_it(&status) {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "never: {what}\n{status:#}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// The database on the private server.
    pub(crate) async fn database(&self) -> Database {
        let home = cbtrade_server::ServerHome::new(self.path("home/server")).unwrap();
        let location = cbtrade_database::Location::Servers {
            targets: vec![home.root_target().unwrap().with_database("cbtrade")],
            candles: "ohlcv".to_owned(),
        };
        Database::open(&location, Options::default()).await.unwrap()
    }

    /// One number from the private server.
    pub(crate) fn number(&self, sql: &str) -> u64 {
        let said = self
            .run(&["server", "shell", "-N", "-D", "cbtrade", "-e", sql])
            .ends(0);
        said.out.trim().parse().unwrap()
    }
}

/// A local venue of a test's own.
pub(crate) struct TestVenue {
    pub(crate) process: Child,
    pub(crate) port: u16,
}

impl TestVenue {
    pub(crate) fn start(place: &Place, arguments: &[&str]) -> TestVenue {
        // Another process may take a port in between, so it is tried again.
        for _ in 0..200 {
            if let Some(venue) = TestVenue::try_start(place, TestVenue::free_port(), arguments) {
                return venue;
            }
        }
        panic!("no venue starts");
    }

    /// The first of two free ports in a row. They lie below those that the system gives to connections: a bot that calls a
    /// dead venue must not be given its port.
    pub(crate) fn free_port() -> u16 {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        for _ in 0..6_000 {
            let begin = std::process::id() % 4_000 * 3;
            let step = u32::from(NEXT.fetch_add(2, Ordering::Relaxed));
            let port = u16::try_from(20_000 + (begin + step) % 12_000).unwrap();
            let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
            if is_free(port) && is_free(port + 1) {
                return port;
            }
        }
        panic!("no two free ports in a row");
    }

    /// The venue again at the port that it had.
    pub(crate) fn start_at(place: &Place, port: u16, arguments: &[&str]) -> TestVenue {
        for _ in 0..100 {
            if let Some(venue) = TestVenue::try_start(place, port, arguments) {
                return venue;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("port {port} does not become free");
    }

    /// A client of it.
    pub(crate) fn exchange(&self) -> Coinbase {
        let (rest, websocket) = (
            format!("http://127.0.0.1:{}", self.port),
            format!("ws://127.0.0.1:{}/ws", self.port),
        );
        Coinbase::new(Settings::local(&rest, &websocket)).unwrap()
    }

    fn try_start(place: &Place, port: u16, arguments: &[&str]) -> Option<TestVenue> {
        let text = port.to_string();
        let arguments = [&["venue", "run", "--port", &text], arguments].concat();
        let mut process = place
            .command(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let venue = TestVenue { process, port };
        line.contains("runs").then_some(venue)
    }
}

impl Drop for TestVenue {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Ends whatever a failed test has left.
pub(crate) struct Ended<'a>(pub(crate) &'a Place);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        let _ = self.0.run(&["fleet", "down"]);
    }
}

#[test]
fn first_steps_tell_what_comes_next_and_write_nothing_over() {
    let place = Place::new();
    let _ = place
        .run(&["fleet", "status"])
        .ends(6)
        .tells(&["no fleet in", "cbtrade fleet init"]);
    let made = place.fleet(&["init"], 0);
    assert_eq!(made["made"].as_array().unwrap().len(), 3);
    let _ = place
        .run(&["fleet", "init"])
        .ends(0)
        .tells(&["cbtrade settings check", "cbtrade fleet up"]);
    assert_eq!(
        place.fleet(&["init"], 0)["kept"].as_array().unwrap().len(),
        3
    );
    let checked = place.run(&["settings", "check"]).ends(0);
    assert!(
        checked.out.contains("can be used (markets: USDC)"),
        "{}",
        checked.out
    );
    assert!(
        checked.out.contains("budget.max_tot_loss"),
        "{}",
        checked.out
    );
    let status = place.fleet(&["status"], 0);
    assert_eq!(status["supervisor"]["state"], "down");
    assert_eq!(status["bots"].as_array().unwrap().len(), 7);
    assert_eq!(status["database"]["reached"], false);
    let _ = place
        .run(&["fleet", "restart", "full-1"])
        .ends(6)
        .tells(&["no supervisor", "cbtrade fleet up"]);
    let _ = place
        .run(&["fleet", "restart", "full-9"])
        .ends(2)
        .tells(&["no bot `full-9`", "auto-1, full-1"]);
    let _ = place.run(&["fleet", "down"]).ends(0);
}

#[test]
fn an_emergency_stop_works_without_a_database_and_is_not_weakened() {
    let place = Place::new();
    let _ = place
        .run(&["fleet", "stop", "halt"])
        .ends(6)
        .tells(&["no fleet in"]);
    place.fleet(&["init"], 0);
    let stopped = place
        .run(&["fleet", "stop", "halt", "--reason", "prices look wrong"])
        .ends(0)
        .tells(&["not in the database", "cbtrade fleet arm"]);
    assert!(stopped.out.contains("halt"), "{}", stopped.out);
    let weaker = place.fleet(&["stop", "no-new-buys"], 0);
    assert_eq!(weaker["file"]["in_force"], "halt");
    assert_eq!(
        (&weaker["file"]["holds"], &weaker["database"]["holds"]),
        (&Value::from(true), &Value::from(false))
    );
    let status = place.fleet(&["status"], 0);
    assert_eq!(status["stop"]["in_force"], "halt");
    assert_eq!(status["stop"]["file"]["reason"], "prices look wrong");
    let _ = place.run(&["fleet", "arm", "--yes"]).ends(6).tells(&[
        "nothing is armed",
        "halt stays in force",
        "cbtrade server start",
    ]);
    let _ = place
        .run(&["fleet", "stop", "liquidate"])
        .ends(3)
        .tells(&["not confirmed", "--yes"]);
    let _ = place.run(&["fleet", "stop", "run"]).ends(2);

    std::fs::write(place.path("home/fleet/stop"), "no-new-byus\n").unwrap();
    let status = place.fleet(&["status"], 0);
    assert_eq!(
        status["stop"]["in_force"], "halt",
        "a typing error stops everything"
    );
}

#[test]
fn a_configuration_that_cannot_be_used_is_refused_by_its_place() {
    let place = Place::new();
    place.fleet(&["init"], 0);
    place.configure("[bots]\nfulll = 6\n");
    let _ = place
        .run(&["fleet", "up"])
        .ends(3)
        .tells(&["fleet.toml", "fulll", "line 2"]);
    place.configure("[venue]\nkind = \"coinbase\"\nlive = true\n");
    let _ = place
        .run(&["fleet", "up"])
        .ends(3)
        .tells(&["venue.key_file", "is missing"]);
    place.configure("[venue]\nurl = \"http://127.0.0.1:1\"\nlive = true\n");
    let _ = place
        .run(&["fleet", "up"])
        .ends(3)
        .tells(&["venue.live", "does not belong"]);
    place.configure("");
    let market = place.path("home/fleet/settings/market_usdc.json");
    std::fs::write(&market, "{\n\t\"trade_ny\": \"Y\"\n}\n").unwrap();
    for arguments in [&["fleet", "up"], &["settings", "check"]] {
        let _ = place.run(arguments).ends(3).tells(&[
            "market_usdc.json, line 2",
            "trade_ny",
            "trade_yn",
        ]);
    }
    let market = market.display().to_string();
    let _ = place.run(&["settings", "check", &market]).ends(3);
    let _ = place
        .run(&["settings", "check", "absent"])
        .ends(6)
        .tells(&["cbtrade settings example"]);
    let _ = place.run(&["settings", "example", "new"]).ends(0);
    let checked = place
        .run(&["settings", "check", "new/market_usdc.json"])
        .ends(0);
    assert!(checked.out.contains("can be used"));
    let _ = place
        .run(&["venue", "run", "--balance", "10000"])
        .ends(2)
        .tells(&["CURRENCY=AMOUNT"]);
    let _ = place
        .run(&["bot", "run", "--mode", "full", "--name", "../x"])
        .ends(2)
        .tells(&["a name has"]);
}

#[test]
fn a_fleet_on_the_local_venue_lives_is_stopped_armed_killed_and_taken_over() {
    let place = Place::new();
    let _ended = Ended(&place);
    place.fleet(&["init"], 0);
    let _ = place.run(&["server", "start"]).ends(0);
    let _ = place
        .run(&["fleet", "up"])
        .ends(3)
        .tells(&["schema has version 0", "cbtrade db upgrade"]);
    let _ = place.run(&["db", "upgrade"]).ends(0);
    let venue = TestVenue::start(&place, &["--speed", "60", "--balance", "BTC=0.5"]);
    place.configure(&format!(
        "[bots]\nauto = 1\nfull = 2\n[venue]\nurl = \"http://127.0.0.1:{0}\"\nwebsocket = \"ws://127.0.0.1:{0}/ws\"\nspeed = 60\n",
        venue.port
    ));
    let asked = place.run(&["venue", "status", "--json"]).ends(0).json();
    assert_eq!(asked["live"], false);
    assert!(asked["balances"].to_string().contains("0.5"), "{asked}");

    let up = place
        .run(&["fleet", "up", "--json", "--wait", "180"])
        .ends(0)
        .json();
    assert_eq!(up["supervisor"]["state"], "running");
    let again = place.run(&["fleet", "up"]).ends(0);
    assert!(again.out.contains("runs already"), "{}", again.out);
    let _ = place
        .run(&["fleet", "up", "--foreground"])
        .ends(3)
        .tells(&["runs already"]);
    let _ = place
        .run(&["bot", "run", "--mode", "full", "--name", "full-1"])
        .ends(3)
        .tells(&["full-1", "runs already"]);
    let lives = place.eventually("passes and signs of life in the database", |status| {
        status["bots"]
            .as_array()
            .unwrap()
            .iter()
            .all(|bot| bot["state"] == "running" && bot["database_heartbeat_seconds"].is_u64())
            && status["bots"][0]["passes"].as_u64() > Some(0)
    });
    assert_eq!(lives["database"]["reached"], true);
    place.eventually("bots that hear the venue's stream", |status| {
        let bots = status["bots"].as_array().unwrap();
        bots.iter().all(|bot| bot["hears"] == "stream")
    });

    stop_holds(&place);
    taken_over(&place);
    let down = place.fleet(&["down"], 0);
    assert_eq!(down["supervisor_killed"], false);
    assert_eq!(place.fleet(&["status"], 0)["supervisor"]["state"], "down");
}

/// From the moment at which the command has ended no intent is made, and no restart undoes it.
fn stop_holds(place: &Place) {
    let stopped = place.fleet(&["stop", "halt", "--reason", "drill"], 0);
    assert_eq!(
        (&stopped["file"]["holds"], &stopped["database"]["holds"]),
        (&Value::from(true), &Value::from(true))
    );
    let intents = "SELECT count(*) FROM _cbtrade_intent";
    let before = place.number(intents);
    place.fleet(&["restart", "full-1", "--wait", "180"], 0);
    let status = place.eventually("bots that know of the stop", |status| {
        let bots = status["bots"].as_array().unwrap();
        bots.iter().all(|bot| bot["stop"] == "halt")
    });
    assert_eq!(status["stop"]["where_it_stands"], "both");
    assert_eq!(place.number(intents), before, "an intent after the stop");
    let armed = place.fleet(&["arm", "--level", "no-new-buys", "--yes"], 0);
    assert_eq!(
        (&armed["before"], &armed["level"]),
        (&Value::from("halt"), &Value::from("no-new-buys"))
    );
    assert_eq!(
        place.fleet(&["status"], 0)["stop"]["in_force"],
        "no-new-buys"
    );
    let _ = place.run(&["fleet", "arm"]).ends(3).tells(&[
        "not confirmed",
        "no-new-buys stays in force",
        "--yes",
    ]);
    place.fleet(&["arm", "--yes"], 0);
    let status = place.fleet(&["status"], 0);
    assert_eq!(status["stop"]["in_force"], "run");
    assert!(!place.path("home/fleet/stop").exists());
    assert!(place.fleet(&["orders"], 0)["orders"].is_array());
}

/// A killed supervisor's bots are seen, and the next one takes their place.
fn taken_over(place: &Place) {
    let pids = |status: &Value| -> Vec<u64> {
        let bots = status["bots"].as_array().unwrap();
        bots.iter().filter_map(|bot| bot["pid"].as_u64()).collect()
    };
    let before = place.fleet(&["status"], 0);
    let supervisor = before["supervisor"]["pid"].as_u64().unwrap().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-KILL", &supervisor])
        .status();
    assert!(killed.unwrap().success());
    let gone = place.eventually("a supervisor that is gone", |status| {
        status["supervisor"]["state"] == "gone"
    });
    assert_eq!(pids(&gone), pids(&before));
    let told = place
        .run(&["fleet", "status"])
        .ends(0)
        .tells(&["take the bots over"]);
    assert!(told.out.contains("GONE"), "{}", told.out);
    let after = place
        .run(&["fleet", "up", "--json", "--wait", "180"])
        .ends(0)
        .json();
    assert!(pids(&after).iter().all(|pid| !pids(&before).contains(pid)));
    assert_eq!(pids(&after).len(), 3);
}

#[test]
fn a_bot_that_does_not_come_up_is_named_with_its_last_words() {
    let place = Place::new();
    let _ended = Ended(&place);
    place.fleet(&["init"], 0);
    let _ = place.run(&["server", "start"]).ends(0);
    let _ = place.run(&["db", "upgrade"]).ends(0);
    place.configure("[bots]\nauto = 0\nfull = 1\n[venue]\nurl = \"http://127.0.0.1:9\"\n");
    // A venue that does not answer is waited for: the bot lives and says so.
    let up = place
        .run(&["fleet", "up", "--json", "--wait", "180"])
        .ends(0)
        .json();
    assert_eq!(up["bots"][0]["state"], "running");
    let waits = place.eventually("a bot that waits", |status| {
        status["bots"][0]["doing"] == "waiting for the venue"
    });
    assert!(waits["bots"][0]["last_error"].is_string());
    // Settings that went bad meanwhile: what runs goes on, what starts anew refuses.
    let market = place.path("home/fleet/settings/market_usdc.json");
    std::fs::write(market, "{ \"nonsense\": 1 }").unwrap();
    let _ = place
        .run(&["fleet", "restart", "full-1", "--wait", "180"])
        .ends(5)
        .tells(&[
            "no sign of life: full-1",
            "nonsense",
            "cbtrade fleet restart",
        ]);
    assert_eq!(place.fleet(&["status"], 0)["bots"][0]["state"], "refused");
    place.fleet(&["down"], 0);
}
