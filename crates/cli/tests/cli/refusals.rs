//! What is refused, with which exit code and which way out.

use cbtrade_sqlite::rusqlite::Connection;
use cbtrade_testkit::{Flavour, TestServer};

use crate::harness::{Place, execute, query, said, tables};

#[test]
fn a_target_that_is_not_empty_is_left_as_it_is() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let source = place.small_source("shop.db");
    let target = server.new_database("occupied");
    execute(&target, "CREATE TABLE theirs (id INT PRIMARY KEY)");
    execute(&target, "INSERT INTO theirs VALUES (7)");
    let refused = place
        .run_on(&target, &["migrate", "run", &source])
        .ends(3)
        .tells(&[
            "not empty",
            "theirs",
            "Nothing was changed",
            "empty database",
        ]);
    assert!(refused.out.is_empty(), "{}", refused.out);
    assert_eq!(tables(&target), ["theirs"]);
    let rows: Vec<i32> = query(&target, "SELECT id FROM theirs");
    assert_eq!(rows, [7]);
    let told = place
        .run_on(&target, &["migrate", "run", &source, "--json"])
        .ends(3)
        .json();
    assert_eq!(told["error"]["kind"], "refused");
    assert_eq!(told["exit_code"], 3);
    assert!(!told["error"]["hints"].as_array().unwrap().is_empty());
}

#[test]
fn a_wrong_password_and_a_missing_server_end_with_6_and_a_hint() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let source = place.small_source("shop.db");
    let target = server.new_database("closed").display();
    let mut command = place.command(&["migrate", "run", &source, "--target", &target]);
    command.env("CBTRADE_MYSQL_PASSWORD", "wrong");
    let _ = said(command)
        .ends(6)
        .tells(&["Access denied", "CBTRADE_MYSQL_PASSWORD"]);
    for (url, words) in [
        (
            "mysql://root@localhost/a?socket=/no/such.sock",
            "no such socket",
        ),
        ("mysql://root@127.0.0.1:1/a", "Nothing listens there"),
        ("mysql://root@no-such-host.invalid/a", "host name"),
    ] {
        let _ = place
            .run(&["migrate", "run", &source, "--target", url])
            .ends(6)
            .tells(&[words]);
    }
    assert!(
        place
            .run(&["migrate", "status"])
            .ends(0)
            .out
            .contains("No migration"),
        "a migration that was never begun is remembered"
    );
}

#[test]
fn a_command_line_that_cannot_be_understood_ends_with_2() {
    let place = Place::new();
    let source = place.small_source("shop.db");
    for arguments in [
        &[][..],
        &["frobnicate"],
        &["migrate", "run"],
        &["migrate", "run", &source, "--workers", "0"],
        &["migrate", "run", &source, "--target", "postgres://h/d"],
        &[
            "migrate",
            "run",
            &source,
            "--target",
            "mysql://me:secret@h/d",
        ],
        &["migrate", "cutover"],
        &["sample", "somewhere", "--products", "1000"],
        &["server", "start", "--port", "0"],
    ] {
        let refused = place.run(arguments).ends(2);
        assert!(!refused.err.is_empty(), "{arguments:?}");
        assert!(!refused.err.contains("secret"), "{}", refused.err);
    }
    let told = place.run(&["migrate", "run", "--json"]).ends(2).json();
    assert_eq!(told["error"]["kind"], "usage");
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let target = server.new_database("files");
    let _ = place
        .run_on(&target, &["migrate", "run", "absent.db"])
        .ends(6)
        .tells(&["absent.db", "Check the path"]);
    std::fs::write(place.path("letter.db"), "Dear bots,\n").unwrap();
    let _ = place
        .run_on(&target, &["migrate", "run", "letter.db"])
        .ends(3)
        .tells(&["letter.db", "not an SQLite database"]);
    let _ = place.run(&["doctor", "letter.db"]).ends(3);
    let _ = place.run(&["doctor", "absent.db"]).ends(6);
    assert!(tables(&target).is_empty());
}

#[test]
fn a_sample_in_the_place_of_a_file_does_not_advise_to_remove_it() {
    let place = Place::new();
    let source = place.small_source("shop.db");
    let before = std::fs::read(&source).unwrap();
    let refused = place
        .run(&["sample", &source])
        .ends(3)
        .tells(&["is a file", "left as it is"]);
    assert!(!refused.err.contains("Remove"), "{}", refused.err);
    assert_eq!(std::fs::read(&source).unwrap(), before);
}

#[test]
fn a_user_without_rights_is_told_which() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let source = place.small_source("shop.db");
    let target = server.new_database("rights");
    let database = target.database.clone().unwrap();
    server.run_sql(&[
        "CREATE USER reader@localhost IDENTIFIED BY 'reads'",
        &format!("GRANT SELECT ON `{database}`.* TO reader@localhost"),
    ]);
    let reader = target.with_user(
        "reader",
        Some(cbtrade_mysql::Secret::new("reads".to_owned())),
    );
    let _ = place
        .run_on(&reader, &["migrate", "run", &source])
        .ends(3)
        .tells(&["denied", "GRANT"]);
    assert!(tables(&target).is_empty());
    let looked = place
        .run_on(&reader, &["doctor", &source, "--json"])
        .ends(0)
        .json();
    let missing = looked["server"]["rights_missing"][0].as_str().unwrap();
    assert!(
        missing.contains("CREATE") && !missing.contains("SELECT"),
        "{missing}"
    );
    let looked = place.run_on(&target, &["doctor", "--json"]).ends(0).json();
    assert_eq!(
        looked["server"]["rights_missing"].as_array().unwrap().len(),
        0
    );
}

#[test]
fn a_cutover_needs_the_right_digest() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let source = place.small_source("shop.db");
    let target = server.new_database("confirm");
    let done = place
        .run_on(&target, &["migrate", "run", &source, "--json"])
        .ends(0)
        .json();
    let digest = done["digest"].as_str().unwrap();
    let cutover =
        |extra: &[&str]| place.run_on(&target, &[&["migrate", "cutover", &source], extra].concat());
    let begin = &digest[..8];
    let _ = cutover(&[]).ends(3).tells(&["not confirmed", begin]);
    let _ = cutover(&["--confirm", "00000000"]).ends(3).tells(&[
        "not the beginning of the digest",
        "report.txt",
        &format!("--confirm {begin}"),
    ]);
    let told = cutover(&["--confirm", "00000000", "--json"]).ends(3).json();
    assert_eq!(told["error"]["kind"], "not-confirmed");
    let _ = cutover(&["--confirm", &digest[..7]]).ends(3);
    assert!(writes(&source), "a refused cut-over left a fence");
    let done = cutover(&["--confirm", begin, "--json"]).ends(3);
    // The write above came after the proof.
    assert_eq!(done.json()["error"]["kind"], "refused");
    let done = place
        .run_on(&target, &["migrate", "run", &source, "--json"])
        .ends(0)
        .json();
    let begin = &done["digest"].as_str().unwrap()[..8];
    let done = cutover(&["--confirm", begin, "--json"]).ends(0).json();
    assert_eq!(done["live"], "target");
    assert!(
        !writes(&source),
        "the old file takes writes after the cut-over"
    );
    let _ = place
        .run_on(&target, &["migrate", "run", &source])
        .ends(3)
        .tells(&["rollback"]);
    let _ = cutover(&["--confirm", begin]).ends(0);
}

fn writes(source: &str) -> bool {
    Connection::open(source)
        .unwrap()
        .execute("INSERT INTO plain (name) VALUES ('later')", [])
        .is_ok()
}

#[test]
fn findings_without_a_decision_stop_it_and_the_plan_file_goes_on() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let legacy = place.path("legacy").display().to_string();
    let _ = place
        .run(&[
            "sample",
            &legacy,
            "--positions",
            "60",
            "--candles",
            "40",
            "--products",
            "2",
            "--nasty",
        ])
        .ends(0);
    let target = server.new_database("findings");
    let plan = place.path("plan.toml").display().to_string();
    let told = place
        .run_on(
            &target,
            &["recover", &legacy, "--yes", "--plan", &plan, "--json"],
        )
        .ends(3)
        .json();
    assert_eq!(told["error"]["kind"], "findings");
    assert_eq!(told["plan_file"], plan);
    let findings = told["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    for finding in findings {
        assert!(
            !finding["choices"].as_array().unwrap().is_empty(),
            "{finding}"
        );
    }
    assert!(tables(&target).is_empty());
    let text = std::fs::read_to_string(&plan).unwrap();
    assert!(text.contains("decision = \"stop\""));
    std::fs::write(
        &plan,
        text.replace("decision = \"stop\"", "decision = \"quarantine\""),
    )
    .unwrap();
    let done = place
        .run_on(
            &target,
            &["recover", &legacy, "--yes", "--plan", &plan, "--json"],
        )
        .ends(0)
        .json();
    assert_eq!(done["live"], "target");
    assert!(done["originals"].as_u64().unwrap() >= findings.len() as u64);
}

#[test]
fn a_decision_alone_is_enough_and_other_edits_are_refused_by_name() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let source = place.path("mixed.db");
    Connection::open(&source)
        .unwrap()
        .execute_batch(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, m REAL);
             INSERT INTO t VALUES (1,5,1),(2,'five',2.5),(3,7,'half');
             CREATE TABLE u(a); INSERT INTO u VALUES (5),(1.5),(2.0),('five');",
        )
        .unwrap();
    let source = source.display().to_string();
    let target = server.new_database("decided");
    let plan = place.path("m.toml");
    let named = plan.display().to_string();
    let run = || place.run_on(&target, &["migrate", "run", &source, "--plan", &named]);
    let _ = place
        .run_on(&target, &["migrate", "plan", &source, "--plan", &named])
        .ends(0);
    let written = std::fs::read_to_string(&plan).unwrap();
    let quarantined = written.replace("decision = \"widen\"", "decision = \"quarantine\"");
    assert_ne!(written, quarantined);
    for (from, to, words) in [
        (
            "decision = \"widen\"",
            "decision = \"round\"",
            "decision `round` is not possible",
        ),
        ("count = 1\n", "count = 9\n", "besides `decision`"),
        ("rows = 3\n", "rows = 4\n", "`rows` was changed"),
        (
            "nullable = true\n",
            "nullable = false\n",
            "`nullable` was changed",
        ),
    ] {
        let edited = written.replacen(from, to, 1);
        assert_ne!(edited, written, "{from}");
        std::fs::write(&plan, edited).unwrap();
        let _ = run().ends(3).tells(&[words, "migrate plan", "--plan"]);
        assert!(tables(&target).is_empty());
    }
    std::fs::write(&plan, &quarantined).unwrap();
    let _ = run().ends(0);
    let numbers: Vec<Option<i64>> = query(&target, "SELECT n FROM t ORDER BY id");
    assert_eq!(numbers, [Some(5), None, Some(7)]);
    // The plan that was followed names every finding once, and is taken again.
    let kept = place
        .run_on(&target, &["migrate", "plan", &source, "--json"])
        .ends(0)
        .json();
    let mut ids: Vec<String> = kept["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "{ids:?}");
    let _ = run().ends(0);
    let followed = std::fs::read_to_string(kept["plan_file"].as_str().unwrap()).unwrap();
    std::fs::write(
        &plan,
        followed.replace("decision = \"quarantine\"", "decision = \"widen\""),
    )
    .unwrap();
    let _ = run().ends(0);
    let texts: Vec<String> = query(&target, "SELECT n FROM t ORDER BY id");
    assert_eq!(texts, ["5", "five", "7"]);
}
