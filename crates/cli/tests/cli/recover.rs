//! The whole way on a private server, and back.

use std::path::PathBuf;

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

    let told = place.run(&["recover", "legacy"]).ends(0);
    for words in [
        "cbtrade db upgrade",
        "cbtrade fleet init",
        "docs/guides/fleet.md",
        "cbtrade_bots",
        "credentials.json",
        "server.sock",
        "server start",
    ] {
        assert!(told.out.contains(words), "no {words} in {}", told.out);
    }

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

/// An old installation with open positions and candles, in the folder `legacy`. Gives its trading database.
fn legacy(place: &Place) -> PathBuf {
    let sample = ["sample", "legacy", "--positions", "30", "--candles", "20"];
    let options = ["--products", "3", "--json"];
    let made = place.run(&[&sample[..], &options].concat()).ends(0).json();
    place.path(made["database"].as_str().unwrap())
}

#[test]
fn what_the_bots_layer_added_goes_with_a_rollback_and_a_new_run_is_taken() {
    let place = Place::new();
    let database = legacy(&place);
    let proved = place.run(&["recover", "legacy", "--yes"]).ends(0);
    let report = proved.out;
    let (positions, compared) = (
        report.find("open positions, compared one by one").unwrap(),
        report.find("rows compared").unwrap(),
    );
    assert!(positions < compared, "{report}");
    let open: Vec<i64> = Connection::open(&database)
        .unwrap()
        .prepare("SELECT pos_id FROM poss WHERE pos_stat = 'OPEN'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(!open.is_empty());
    for id in open {
        let begins = format!("{id:>12}  ");
        assert!(
            report.lines().any(|line| line.starts_with(&begins)),
            "{id}: {report}"
        );
    }
    let _ = place.run(&["db", "upgrade"]).ends(0);
    let back = place
        .run(&["migrate", "rollback", "--yes", "--json"])
        .ends(0)
        .json();
    assert_eq!(back["left"].as_array().unwrap().len(), 0, "{back}");
    assert_eq!(back["in_the_way"], false);
    let _ = place.run(&["recover", "legacy", "--yes"]).ends(0);

    // A fill stands nowhere else: it stays, and the rollback says so.
    let _ = place.run(&["db", "upgrade"]).ends(0);
    let fill = "INSERT INTO _cbtrade_fill (entry_id, order_uuid, prod_id, side, price, size) VALUES ('e', 'o', 'BTC-USDC', 'BUY', 1, 1)";
    let _ = place
        .run(&["server", "shell", "cbtrade", "-e", fill])
        .ends(0);
    let back = place
        .run(&["migrate", "rollback", "--yes"])
        .ends(0)
        .tells(&["look at what was left there"]);
    assert!(back.out.contains("_cbtrade_fill (1 row)"), "{}", back.out);
    let _ = place
        .run(&["recover", "legacy", "--yes"])
        .ends(3)
        .tells(&["not empty"]);
    let _ = place.run(&["server", "destroy", "--yes"]).ends(0);
}

#[test]
fn files_that_another_home_folder_moved_are_not_called_live() {
    let place = Place::new();
    let source = place.small_source("shop.db");
    // Begun in another home folder before the files are moved in the usual one.
    let other = place.path("other").display().to_string();
    let _ = place.run(&["recover", &source, "--home", &other]).ends(3);
    let done = place
        .run(&["recover", &source, "--yes", "--json"])
        .ends(0)
        .json();
    let mover = done["migration"].as_str().unwrap();
    let way_back = [
        "has moved it to a server",
        mover,
        "cbtrade --home THAT_FOLDER migrate rollback",
    ];

    let again = ["recover", &source, "--home", &other];
    let _ = place.run(&again).ends(3).tells(&way_back);
    let status = place.run(&["migrate", "status", "--home", &other]).ends(0);
    assert!(
        !status.out.contains("live     the old files"),
        "{}",
        status.out
    );
    for words in way_back {
        assert!(status.out.contains(words), "no {words} in {}", status.out);
    }
    let status = place
        .run(&["migrate", "status", "--json", "--home", &other])
        .ends(0)
        .json();
    assert_eq!(status["migrations"][0]["moved_by"], mover);
    assert_eq!(status["migrations"][0]["live"], "neither");
    let _ = place
        .run(&["migrate", "cutover", "--yes", "--home", &other])
        .ends(3)
        .tells(&way_back);
    let removed = place
        .run(&["migrate", "rollback", "--yes", "--home", &other])
        .ends(0)
        .tells(&["has moved it to a server"]);
    assert!(
        removed.out.contains("refuse writes as before"),
        "{}",
        removed.out
    );
    assert!(!takes_writes(&source));

    // A third home folder, which never saw the files, makes no server for them.
    let third = place.path("third").display().to_string();
    for command in [
        &["recover"][..],
        &["migrate", "rollback"],
        &["migrate", "status"],
    ] {
        let arguments = [command, &[source.as_str(), "--home", third.as_str()]].concat();
        let _ = place.run(&arguments).ends(3).tells(&way_back);
    }
    assert!(!place.path("third/server").exists());
    let _ = place
        .run(&["server", "destroy", "--yes", "--home", &other])
        .ends(0);
    let _ = place.run(&["migrate", "rollback", "--yes"]).ends(0);
    assert!(takes_writes(&source));
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
        .tells(&[
            "written to the target since the cut-over",
            "cbtrade.plain, row",
            "undo the writes",
        ]);
    let status = place.run(&["migrate", "status", "--json"]).ends(0).json();
    assert_eq!(status["migrations"][0]["live"], "target");
    let _ = place
        .run(&["server", "destroy", "--yes", "--live-side-too"])
        .ends(0);
}

/// Whether a bot can write to the old file.
fn takes_writes(source: &str) -> bool {
    Connection::open(source)
        .unwrap()
        .execute("INSERT INTO plain (name) VALUES ('later')", [])
        .is_ok()
}

#[test]
fn the_live_side_is_not_destroyed_unasked_and_the_old_files_come_back_without_it() {
    let place = Place::new();
    let source = place.small_source("shop.db");
    let done = place
        .run(&["recover", &source, "--yes", "--json"])
        .ends(0)
        .json();
    let archive = done["archive"]["files"][0][0].as_str().unwrap();

    let _ = place.run(&["server", "destroy", "--yes"]).ends(3).tells(&[
        "holds the live side of migration",
        &format!("cbtrade migrate rollback {source}"),
        "--live-side-too",
        archive,
    ]);
    let running = place.run(&["server", "status", "--json"]).ends(0).json();
    assert_eq!(running["state"], "running");
    let _ = place
        .run(&["server", "destroy", "--yes", "--live-side-too"])
        .ends(0)
        .tells(&["still refuse writes", "migrate rollback", "--target-lost"]);

    let status = place
        .run(&["migrate", "status", &source, "--json"])
        .ends(0)
        .json();
    let status = &status["migrations"][0];
    assert_eq!(status["live"], "neither");
    assert_eq!(status["server"], "absent");
    assert_eq!(status["fenced"][0], source.as_str());
    assert!(
        status["next"][0]
            .as_str()
            .unwrap()
            .ends_with("--target-lost"),
        "{status}"
    );
    let told = place.run(&["migrate", "status", &source]).ends(0);
    assert!(told.out.contains("neither side"), "{}", told.out);
    // No command points in a circle, and none makes a new, empty server.
    for command in [
        &["recover", source.as_str()][..],
        &["migrate", "run", &source],
        &["migrate", "verify", &source],
        &["migrate", "cutover", &source, "--yes"],
        &["migrate", "rollback", &source, "--yes"],
    ] {
        let _ = place.run(command).ends(3).tells(&[
            "holds nothing of this migration any more",
            "lost with it",
            "--target-lost",
            archive,
        ]);
    }
    let absent = place.run(&["server", "status", "--json"]).ends(0).json();
    assert_eq!(absent["state"], "absent");
    assert!(!takes_writes(&source));

    let back = place
        .run(&["migrate", "rollback", &source, "--target-lost"])
        .ends(0);
    assert!(back.out.contains("takes writes again"), "{}", back.out);
    assert!(takes_writes(&source));
    assert!(std::path::Path::new(archive).exists());
}

#[test]
fn a_dropped_database_leaves_neither_side_live_until_the_loss_is_confirmed() {
    let place = Place::new();
    let source = place.small_source("shop.db");
    let _ = place.run(&["recover", &source, "--yes"]).ends(0);
    let _ = place
        .run(&["server", "shell", "-e", "DROP DATABASE cbtrade"])
        .ends(0);
    let status = place.run(&["migrate", "status", "--json"]).ends(0).json();
    assert_eq!(status["migrations"][0]["live"], "neither");
    for command in [
        &["recover", source.as_str(), "--yes"][..],
        &["migrate", "run", &source],
        &["migrate", "cutover", &source, "--yes"],
        &["migrate", "rollback", &source, "--yes"],
    ] {
        let _ = place.run(command).ends(3).tells(&["--target-lost"]);
    }
    assert!(!takes_writes(&source));
    let _ = place
        .run(&["migrate", "rollback", "--yes", "--target-lost"])
        .ends(0);
    assert!(takes_writes(&source));
    let _ = place.run(&["server", "destroy", "--yes"]).ends(0);
}

#[test]
fn status_starts_no_server_and_says_what_the_home_knows() {
    let place = Place::new();
    let source = place.small_source("shop.db");
    let _ = place.run(&["recover", &source]).ends(3);
    let status = |stage: &str, live: serde_json::Value| {
        for sources in [&[][..], &[source.as_str()]] {
            let arguments = [&["migrate", "status", "--json"], sources].concat();
            let told = place.run(&arguments).ends(0).json();
            let told = &told["migrations"][0];
            assert_eq!(told["server"], "stopped", "{told}");
            assert_eq!(told["stage"], stage, "{told}");
            assert_eq!(told["live"], live, "{told}");
        }
        let state = place.run(&["server", "status", "--json"]).ends(0).json();
        assert_eq!(state["state"], "stopped");
    };
    let _ = place.run(&["server", "stop"]).ends(0);
    status("verify", "sqlite".into());
    let _ = place.run(&["recover", &source, "--yes"]).ends(0);
    let _ = place.run(&["server", "stop"]).ends(0);
    // Only the server knows whether it is the live side.
    status("cutover", serde_json::Value::Null);
    let other = place.small_source("other.db");
    let _ = place
        .run(&["migrate", "status", &other])
        .ends(3)
        .tells(&["no migration of these files"]);
    let _ = place.run(&["migrate", "rollback", "--yes"]).ends(0);
    let _ = place.run(&["server", "destroy", "--yes"]).ends(0);
}

#[test]
fn a_taken_server_is_told_before_the_files_are_read() {
    let place = Place::new();
    let first = place.small_source("first.db");
    let second = place.small_source("second.db");
    let _ = place.run(&["recover", &first]).ends(3);
    for command in [
        &["recover", second.as_str()][..],
        &["migrate", "run", &second],
    ] {
        let refused = place.run(command).ends(3).tells(&[
            "holds another migration",
            &format!("cbtrade migrate rollback {first}"),
        ]);
        assert!(!refused.err.contains("snapshot"), "{}", refused.err);
    }
    let back = place.run(&["migrate", "rollback", &first, "--yes"]).ends(0);
    assert!(back.out.contains("Removed from the target"), "{}", back.out);
    let _ = place
        .run(&[
            "server",
            "shell",
            "-e",
            "CREATE DATABASE cbtrade; CREATE TABLE cbtrade.theirs(id INT PRIMARY KEY)",
        ])
        .ends(0);
    let _ = place.run(&["recover", &second]).ends(3).tells(&[
        "not empty",
        "cbtrade.theirs",
        "--home OTHER_DIR",
    ]);
    let _ = place.run(&["server", "destroy", "--yes"]).ends(0);
}
