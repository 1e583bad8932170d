//! The whole way on a private server, and back.

use cbtrade_sqlite::rusqlite::Connection;

use crate::harness::Place;

#[test]
fn a_sample_is_recovered_and_taken_back() {
    let place = Place::new();
    let sample = place
        .run(&[
            "sample",
            "legacy",
            "--positions",
            "120",
            "--candles",
            "80",
            "--products",
            "3",
            "--json",
        ])
        .ends(0)
        .json();
    let database = place.path(sample["database"].as_str().unwrap());
    let looked = place.run(&["doctor", "legacy", "--json"]).ends(0).json();
    assert_eq!(looked["files"].as_array().unwrap().len(), 4);
    assert_eq!(looked["files"][0]["inside"]["role"], "trading");

    let asked = place.run(&["recover", "legacy"]).ends(3).tells(&[
        "not confirmed",
        "migrate cutover",
        "--confirm",
    ]);
    assert!(asked.out.contains("EQUAL"), "{}", asked.out);
    let _ = place.run(&["migrate", "status"]).ends(0);

    let done = place
        .run(&["recover", "legacy", "--yes", "--json"])
        .ends(0)
        .json();
    assert_eq!(done["live"], "target");
    assert_eq!(done["equal"], true);
    assert_eq!(done["candles_database"], "ohlcv");
    assert_eq!(done["archive"]["files"].as_array().unwrap().len(), 4);
    let wanted: u64 = sample["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|table| table["rows"].as_u64().unwrap())
        .sum();
    assert_eq!(done["rows"], wanted);

    let refused = Connection::open(&database)
        .unwrap()
        .execute("UPDATE poss SET note1 = 'x'", [])
        .unwrap_err();
    assert!(refused.to_string().contains("moved to MySQL"), "{refused}");
    let counted = place
        .run(&[
            "server",
            "shell",
            "cbtrade",
            "-N",
            "-e",
            "SELECT COUNT(*) FROM poss",
        ])
        .ends(0);
    assert_eq!(counted.out.trim(), "120");

    let again = place
        .run(&["recover", "legacy", "--json"])
        .ends(0)
        .tells(&["done already"])
        .json();
    assert_eq!(again["digest"], done["digest"]);

    let _ = place
        .run(&["migrate", "rollback"])
        .ends(3)
        .tells(&["not confirmed", "--yes"]);
    let back = place
        .run(&["migrate", "rollback", "--yes", "--json"])
        .ends(0)
        .json();
    assert_eq!(back["live"], "sqlite");
    Connection::open(&database)
        .unwrap()
        .execute("UPDATE poss SET note1 = 'x'", [])
        .unwrap();
    let none = place.run(&["migrate", "status", "--json"]).ends(0).json();
    assert_eq!(none["migrations"].as_array().unwrap().len(), 0);
    let _ = place.run(&["server", "destroy", "--yes"]).ends(0);
}

#[test]
fn rows_written_after_the_cutover_are_not_thrown_away() {
    let place = Place::new();
    let source = place.small_source("shop.db");
    let _ = place.run(&["recover", &source, "--yes"]).ends(0);
    let _ = place
        .run(&[
            "server",
            "shell",
            "cbtrade",
            "-e",
            "INSERT INTO plain VALUES (2,'two',2,NULL)",
        ])
        .ends(0);
    let _ = place
        .run(&["migrate", "rollback", "--yes"])
        .ends(3)
        .tells(&["written to the target since the cut-over", "plain"]);
    let status = place.run(&["migrate", "status", "--json"]).ends(0).json();
    assert_eq!(status["migrations"][0]["live"], "target");
    let _ = place.run(&["server", "destroy", "--yes"]).ends(0);
}
