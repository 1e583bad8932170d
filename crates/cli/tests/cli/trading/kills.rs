//! Everything is killed, again and again, and every step of an order's life is one at which bots have died.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cbtrade_testkit::{Random, seed_from_env};

use super::{BUSY_SPEED, Flow, Trading, bots_of, kill, number_from_env, on_each_server};

/// What bots die at, one time in three.
const STEPS: [&str; 5] = ["recorded", "answered", "placed", "read", "settled"];
/// So many kills more than were asked for, until bots have died at every step.
const FURTHER_KILLS_MAX: u64 = 300;
/// Between two kills the venue is to get an order, if it does so in this time.
const PEACE_MAX: Duration = Duration::from_secs(3);

#[test]
fn nothing_is_lost_or_doubled_while_bots_supervisor_venue_and_server_are_killed() {
    let kills = number_from_env("CBTRADE_TRADING_KILLS", 12);
    let seed = seed_from_env("CBTRADE_TEST_SEED");
    println!("seed: CBTRADE_TEST_SEED={seed}");
    on_each_server(async |flavour| {
        let begun = Instant::now();
        let mut trading = Trading::begin(flavour, BUSY_SPEED, Flow::Busy);
        let mut random = Random::new(seed);
        trading.up_dying();
        let mut killed: BTreeMap<&str, u64> = BTreeMap::new();
        let mut count = 0;
        while count < kills || !STEPS.iter().all(|step| trading.deaths().contains_key(step)) {
            assert!(
                count < kills + FURTHER_KILLS_MAX,
                "after {count} kills bots have died at no other steps than {:?}",
                trading.deaths()
            );
            trading.trade_a_moment(&mut random);
            let what =
                ["bot", "bot", "bot", "bot", "supervisor", "venue", "server"][random.index(7)];
            if trading.kill(what, &mut random) {
                *killed.entry(what).or_default() += 1;
                count += 1;
            }
        }
        let deaths = trading.deaths();
        // The last bots die no more, so that all orders come to their end.
        trading.place.fleet(&["down"], 0);
        trading.up();
        let compared = trading.end_and_compare().await;
        let took_s = begun.elapsed().as_secs();
        println!(
            "{flavour}: {count} killed {killed:?}; bots died by themselves at {deaths:?}: {compared:?} in {took_s} s"
        );
        // Every one of them was an instant at which an order could be lost or doubled.
        assert!(
            compared.orders >= STEPS.len() && compared.buys > 0 && compared.sales > 0,
            "too little was traded: {compared:?}"
        );
    });
}

impl Trading {
    /// Bots that die at the steps of their orders. That some die before they have said that they live is no fault.
    fn up_dying(&self) {
        let _ = self
            .place
            .command(&["fleet", "up", "--practice", "--wait", "180"])
            .env("CBTRADE_DIE_AT", STEPS.join(","))
            .output()
            .unwrap();
    }

    /// At which steps of their orders bots have died, and how often.
    fn deaths(&self) -> BTreeMap<&'static str, usize> {
        let logs = self.logs();
        let count = |step| logs.matches(&format!(" dies at step {step} ")).count();
        let counts = STEPS.map(|step| (step, count(step)));
        counts.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// Lets the fleet trade until the venue has got another order, and a moment longer.
    fn trade_a_moment(&self, random: &mut Random) {
        let (begun, before) = (Instant::now(), self.orders_at_venue());
        while self.orders_at_venue() == before && begun.elapsed() < PEACE_MAX {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(random.below(500)));
    }

    /// Kills one of those, if one is there to be killed, and starts again what nobody else does.
    fn kill(&mut self, what: &str, random: &mut Random) -> bool {
        match what {
            "venue" => {
                let port = self.venue.port;
                let _ = self.venue.process.kill();
                let _ = self.venue.process.wait();
                self.venue = Trading::venue(&self.place, &self.speed, Some(port));
                return true;
            }
            "server" => {
                self.kill_server();
                self.start_server();
                return true;
            }
            _ => {}
        }
        let status = self.place.run(&["fleet", "status", "--json"]).json();
        if what == "supervisor" {
            let pid = status["supervisor"]["pid"].as_u64();
            pid.into_iter().for_each(kill);
            self.up_dying();
            return pid.is_some();
        }
        let bots = bots_of(&status);
        if bots.is_empty() {
            return false;
        }
        kill(bots[random.index(bots.len())].1);
        true
    }
}
