//! The users that `recover` makes: bots can do what the layer needs, and nothing more.

use std::collections::BTreeMap;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{CandlePrices, Database, ErrorKind, Location, Options};
use cbtrade_mysql::Secret;
use cbtrade_testkit::TestServer;

use crate::harness::Place;

fn candle() -> [CandlePrices; 1] {
    [CandlePrices {
        timestamp: Timestamp::parse("2026-01-02 03:00:00").unwrap(),
        open: Some(Decimal::ONE),
        high: Some(Decimal::ONE),
        low: Some(Decimal::ONE),
        close: Some(Decimal::ONE),
        volume: Some(Decimal::ONE),
    }]
}

/// The database as the bots' user, with the password that is kept for it.
async fn as_bots(place: &Place) -> Database {
    let text = std::fs::read_to_string(place.path("home/credentials.json")).unwrap();
    let passwords: BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
    let home = cbtrade_server::ServerHome::new(place.path("home/server")).unwrap();
    let password = Secret::new(passwords["cbtrade_bots"].clone());
    let target = home
        .root_target()
        .unwrap()
        .with_user("cbtrade_bots", Some(password))
        .with_database("cbtrade");
    let location = Location::Servers {
        targets: vec![target],
        candles: "ohlcv".to_owned(),
    };
    Database::open(&location, Options::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn bots_make_the_candle_table_of_a_new_product_and_no_other_table() {
    for flavour in TestServer::flavours() {
        let place = Place::new();
        let flavour_name = flavour.to_string().to_lowercase();
        let _ = place
            .run(&["server", "start", "--flavour", &flavour_name])
            .ends(0);
        let _ = place.run(&["sample", "legacy"]).ends(0);
        let _ = place.run(&["recover", "legacy", "--yes"]).ends(0);
        let _ = place.run(&["db", "upgrade"]).ends(0);
        let bots = as_bots(&place).await;
        bots.require_schema().await.unwrap();
        for _ in 0..2 {
            bots.db_tbl_ohlcv_prod_id_insupd_many("NEWCOIN-USDC", &[("1h", &candle())])
                .await
                .unwrap_or_else(|error| panic!("{flavour}: {error:?}"));
        }
        let kept = bots
            .db_ohlcv_freq_get("NEWCOIN-USDC", "1h", 10)
            .await
            .unwrap();
        assert_eq!(kept.len(), 1, "{flavour}");
        let said = place
            .run(&[
                "server",
                "shell",
                "-N",
                "-D",
                "ohlcv",
                "-e",
                "SHOW TRIGGERS LIKE 'ohlcv_NEWCOIN_USDC'",
            ])
            .ends(0);
        assert!(
            said.out.contains("ohlcv_NEWCOIN_USDC"),
            "{flavour}: with its triggers"
        );
        // No other database, and of the trading one no table.
        for sql in [
            "CREATE TABLE mine (a INT)",
            "DROP TABLE freqs",
            "ALTER TABLE freqs ADD COLUMN a INT",
            "CREATE DATABASE mine",
            "DROP DATABASE cbtrade",
            "SELECT user FROM mysql.user",
        ] {
            let error = match sql.starts_with("SELECT") {
                true => bots.seld(sql, &[]).await.map(drop).unwrap_err(),
                false => bots.execute(sql, &[]).await.map(drop).unwrap_err(),
            };
            assert_eq!(
                error.kind,
                ErrorKind::AccessDenied,
                "{flavour}: {sql}: {error}"
            );
        }
        let _ = place.run(&["server", "destroy", "--yes", "--live-side-too"]);
    }
}
