//! The database's server is gone while bots trade.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::{BUSY_SPEED, Flow, Trading, bots_of, number_from_env, on_each_server};

/// Bots that may each be in the middle of one order.
const TRADING_BOTS: usize = 6;

#[test]
fn bots_wait_for_a_database_that_is_gone_and_go_on_by_themselves() {
    let outage = Duration::from_secs(number_from_env("CBTRADE_TRADING_OUTAGE_SECONDS", 8));
    on_each_server(async |flavour| {
        let trading = Trading::begin(flavour, BUSY_SPEED, Flow::Busy);
        trading.up();
        trading.trade_further(10);
        let before = bots_of(&trading.place.fleet(&["status"], 0));
        let names: Vec<String> = before.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(names.len(), TRADING_BOTS + 1);

        trading.kill_server();
        let begun = Instant::now();
        let known = trading.client_ids().await;
        // From the moment at which every bot has said that it does not reach the database, none is in the middle of an order.
        let mut known_when_all_knew: Option<BTreeSet<String>> = None;
        while begun.elapsed() < outage {
            tokio::time::sleep(Duration::from_millis(250)).await;
            if known_when_all_knew.is_none()
                && trading
                    .beats(&names)
                    .iter()
                    .all(|beat| !beat.database_reached)
            {
                known_when_all_knew = Some(trading.client_ids().await);
            }
        }
        let at_the_end = trading.client_ids().await;
        // Nothing can be recorded, and what is not recorded is not sent: that every order here has its intent is seen below.
        let late = at_the_end.difference(&known).count();
        assert!(late <= TRADING_BOTS, "{late} orders without a database");
        if let Some(known) = &known_when_all_knew {
            assert_eq!(known, &at_the_end, "an order of a bot without a database");
        }

        trading.start_server();
        trading.trade_further(10);
        let after = bots_of(&trading.place.fleet(&["status"], 0));
        assert_eq!(before, after, "a bot has ended");
        let compared = trading.end_and_compare().await;
        println!(
            "{flavour}: {} s without a database: {late} orders that were recorded before came after its end; all bots knew: {}; \
             afterwards {compared:?}",
            outage.as_secs(),
            known_when_all_knew.is_some(),
        );
    });
}
