//! The emergency stop while orders flow, with the database up and with the database down.
//!
//! It prints how long the command took, from its start to its end; `CBTRADE_TRADING_STOPS=20` has it stop so often.

use std::time::{Duration, Instant};

use cbtrade_bot::stop::StopFile;
use serde_json::Value;

use super::{BUSY_SPEED, Flow, PATIENCE, Trading, bots_of, kill, number_from_env, on_each_server};

/// Orders that flow before each stop.
const ORDERS_BEFORE: u64 = 3;

#[test]
fn no_order_is_made_after_an_emergency_stop_has_returned_and_no_restart_undoes_it() {
    let tries = number_from_env("CBTRADE_TRADING_STOPS", 2);
    on_each_server(async |flavour| {
        let trading = Trading::begin(flavour, BUSY_SPEED, Flow::Busy);
        trading.up();
        let (mut up, mut down) = (Vec::new(), Vec::new());
        for number in 0..tries {
            // Restarts take their time: once is enough.
            let is_last = number + 1 == tries;
            up.push(trading.stop_with_database(is_last).await);
            trading.arm();
            down.push(trading.stop_without_database(is_last).await);
            trading.arm();
        }
        let compared = trading.end_and_compare().await;
        println!("{flavour}: stop with the database up:   {}", spread(up));
        println!("{flavour}: stop with the database down: {}", spread(down));
        println!("{flavour}: {compared:?}");
    });
}

/// The smallest, the middle and the largest of some times.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let ms = |time: Option<&Duration>| time.map_or(0, Duration::as_millis);
    format!(
        "{} tries, {} to {} ms, half of them within {} ms",
        times.len(),
        ms(times.first()),
        ms(times.last()),
        ms(times.get(times.len() / 2))
    )
}

impl Trading {
    #[expect(clippy::print_stdout, reason = "what was seen")]
    fn halt(&self) -> (Value, Duration) {
        let begun = Instant::now();
        let said = self.place.run(&["fleet", "stop", "halt", "--json"]);
        let took = begun.elapsed();
        let said = said.ends(0).json();
        if said["order_on_its_way"] == true {
            // The command does not wait longer for a busy machine, and says so. Nothing is said of that order but that it is one.
            println!("an order was still on its way when the stop returned");
            let file = StopFile::in_folder(&self.place.path("home/fleet"));
            assert!(file.wait_for_sent(PATIENCE), "an order without an answer");
        }
        (said, took)
    }

    fn arm(&self) {
        self.place.fleet(&["arm", "--yes"], 0);
    }

    async fn stop_with_database(&self, with_restarts: bool) -> Duration {
        self.trade_further(ORDERS_BEFORE);
        let (stopped, took) = self.halt();
        let intents = self.place.number("SELECT count(*) FROM _cbtrade_intent");
        let known = self.client_ids().await;
        assert_eq!(stopped["file"]["holds"], true, "{stopped}");
        assert_eq!(stopped["database"]["holds"], true, "{stopped}");
        self.every_bot_goes_round();
        if with_restarts {
            self.restart_everything();
        }
        assert_eq!(known, self.client_ids().await, "an order after the stop");
        assert_eq!(
            intents,
            self.place.number("SELECT count(*) FROM _cbtrade_intent"),
            "an intent after the stop"
        );
        took
    }

    async fn stop_without_database(&self, with_restarts: bool) -> Duration {
        self.trade_further(ORDERS_BEFORE);
        self.kill_server();
        let (stopped, took) = self.halt();
        let known = self.client_ids().await;
        assert_eq!(stopped["file"]["holds"], true, "{stopped}");
        assert_eq!(stopped["database"]["holds"], false, "{stopped}");
        // In the database the fleet may trade; what bots were about to record, they may record now, and must not send.
        self.start_server();
        self.every_bot_goes_round();
        if with_restarts {
            self.restart_everything();
        }
        assert_eq!(known, self.client_ids().await, "an order after the stop");
        took
    }

    /// Waits until every bot has begun and ended whatever it was at when this was called.
    fn every_bot_goes_round(&self) {
        let bots = bots_of(&self.place.fleet(&["status"], 0));
        let names: Vec<String> = bots.into_iter().map(|(name, _)| name).collect();
        let counts = |trading: &Trading| -> Vec<u64> {
            let beats = trading.beats(&names);
            beats.iter().map(|beat| beat.count).collect()
        };
        let before = counts(self);
        self.until("signs of life of every bot", || {
            let now = counts(self);
            now.iter()
                .zip(&before)
                .all(|(now, before)| *now >= before + 3)
        });
    }

    /// The supervisor is killed and started, which ends the bots that it left; then all bots are restarted.
    fn restart_everything(&self) {
        let status = self.place.fleet(&["status"], 0);
        kill(status["supervisor"]["pid"].as_u64().unwrap());
        self.up();
        self.place.fleet(&["restart", "--wait", "180"], 0);
        let status = self
            .place
            .eventually("bots that know of the stop", |status| {
                let bots = status["bots"].as_array().unwrap();
                bots.iter().all(|bot| bot["stop"] == "halt")
            });
        assert_eq!(status["stop"]["in_force"], "halt");
        self.every_bot_goes_round();
    }
}
