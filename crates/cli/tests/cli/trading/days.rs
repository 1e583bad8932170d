//! Days of trading with everything up.

use std::time::{Duration, Instant};

use super::{Flow, Trading, number_from_env, on_each_server};

#[test]
fn a_fleet_of_seven_trades_for_days_and_the_books_agree() {
    const SPEED: u32 = 2_400;
    let days = number_from_env("CBTRADE_TRADING_DAYS", 1);
    on_each_server(async |flavour| {
        let begun = Instant::now();
        let trading = Trading::begin(flavour, SPEED, Flow::Usual);
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
        let took_s = begun.elapsed().as_secs();
        println!("{flavour}: {days} simulated days: {compared:?} in {took_s} s");
        assert!(
            compared.fills > 0 && compared.buys > 0 && compared.sales > 0,
            "nothing was traded: {compared:?}"
        );
    });
}
