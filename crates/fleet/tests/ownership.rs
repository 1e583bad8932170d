//! Whose a database is, in every combination of what it says, what it holds, and where the fleet's orders go.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

use cbtrade_database::{Database, Options, Value, VenueKind};
use cbtrade_fleet::ownership::{Owned, check, claim};
use cbtrade_fleet::{FleetError, VenueConfig};
use cbtrade_testkit::TestFolder;

fn coinbase(live: bool) -> VenueConfig {
    VenueConfig::Coinbase {
        key_file: "key.json".into(),
        live,
    }
}

async fn database(folder: &TestFolder, mark: Option<VenueKind>, live: bool) -> Database {
    let name = format!("{mark:?}-{live}").replace(['(', ')'], "");
    let path = folder.path().join(name).join("cbtrade.db");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    for name in ["cbtrade.db", "ohlcv.db"] {
        let _ = std::fs::remove_file(path.with_file_name(name));
    }
    let database = Database::create_file(&path, Options::default())
        .await
        .unwrap();
    database.ensure_database_ready().await.unwrap();
    let class = if live { "N" } else { "Y" };
    database
        .ins_one(
            "INSERT INTO poss (prod_id, test_txn_yn, pos_stat) VALUES ('BTC-USDC', ?, 'CLOSE')",
            &[Value::from(class)],
        )
        .await
        .unwrap();
    if let Some(mark) = mark {
        database.db_venue_set(mark, "the owner").await.unwrap();
    }
    database
}

/// What is to be expected, in a letter: may be used as before, from now on, by nobody; refused; to be asked.
fn letter(done: &Result<Owned, FleetError>) -> char {
    match done {
        Ok(Owned::Before) => 'b',
        Ok(Owned::FromNow) => 'n',
        Ok(Owned::Nobody) => '-',
        Err(FleetError::OtherVenue { .. }) => 'x',
        Err(FleetError::LiveTrades { .. }) => '?',
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn practice_and_real_money_never_meet() {
    let folder = TestFolder::new();
    let local = VenueConfig::practice();
    let fleets = [
        (&local, false),
        (&local, true),
        (&coinbase(true), false),
        (&coinbase(false), false),
    ];
    // A letter for each of these fleets, on a database of its own.
    for (mark, live, expected) in [
        (None, false, "nnn-"),
        (None, true, "?nn-"),
        (Some(VenueKind::Local), false, "bbxx"),
        (Some(VenueKind::Local), true, "bbxx"),
        (Some(VenueKind::Coinbase), false, "xxbb"),
        (Some(VenueKind::Coinbase), true, "xxbb"),
    ] {
        for ((venue, may_practise), expected) in fleets.into_iter().zip(expected.chars()) {
            let database = database(&folder, mark, live).await;
            let case = format!("{mark:?}, live {live}, {venue:?}, {may_practise}");
            let done = claim(&database, venue, may_practise, "a test").await;
            assert_eq!(letter(&done), expected, "{case}: {done:?}");
            let says = database.db_venue_get().await.unwrap();
            let after = match expected {
                'n' => Some(venue.owner()),
                _ => mark,
            };
            assert_eq!(says.map(|mark| mark.venue), after, "{case}");
            // Whoever was let in is let in again, and is not asked again.
            let again = claim(&database, venue, false, "a test").await;
            let expected = if expected == 'n' { 'b' } else { expected };
            assert_eq!(letter(&again), expected, "{case}: again");
            let looked = check(&database, venue).await;
            let expected = if expected == '?' { '-' } else { expected };
            assert_eq!(letter(&looked), expected, "{case}: a look");
        }
    }
}
