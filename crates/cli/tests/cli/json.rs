//! The contract of `docs/reference/json.md`: what it names is there, and what is there is named.

use cbtrade_testkit::{Flavour, TestServer};
use serde_json::Value;

use crate::harness::Place;

const PAGE: &str = include_str!("../../../../docs/reference/json.md");

const MIGRATION: &[&str] = &[
    "command",
    "exit_code",
    "migration",
    "sources",
    "target",
    "candles_database",
    "plan_file",
];
const PROOF: &[&str] = &[
    "equal",
    "complete",
    "rows",
    "values",
    "originals",
    "differences",
    "digest",
    "proof_file",
    "report_file",
    "proof",
];

/// Every field of the document is on the page, and every field that must be there is.
#[track_caller]
pub(crate) fn holds(document: &Value, wanted: &[&[&str]]) {
    let fields = document.as_object().unwrap();
    for name in fields.keys() {
        assert!(
            PAGE.contains(&format!("`{name}`")),
            "json.md does not name {name:?}"
        );
    }
    for name in wanted.iter().copied().flatten() {
        assert!(fields.contains_key(*name), "no {name:?} in {document:#}");
    }
}

#[test]
fn documents_of_a_migration_have_the_named_fields() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let source = place.small_source("shop.db");
    let target = server.new_database("json");
    let document = |arguments: &[&str], code: i32| {
        let arguments = [arguments, &[source.as_str(), "--json"]].concat();
        place.run_on(&target, &arguments).ends(code).json()
    };
    let planned: &[&str] = &["tables", "findings", "undecided", "next"];
    holds(&document(&["migrate", "inspect"], 0), &[MIGRATION, planned]);
    holds(&document(&["migrate", "plan"], 0), &[MIGRATION, planned]);
    let made: &[&str] = &["tables", "rows", "next"];
    holds(&document(&["migrate", "provision"], 0), &[MIGRATION, made]);
    holds(&document(&["migrate", "copy"], 0), &[MIGRATION, made]);
    holds(&document(&["migrate", "verify"], 0), &[MIGRATION, PROOF]);
    holds(&document(&["migrate", "run"], 0), &[MIGRATION, PROOF]);
    holds(
        &document(&["recover"], 3),
        &[&["error", "exit_code"], PROOF],
    );
    let status = document(&["migrate", "status"], 0);
    holds(&status, &[&["migrations"]]);
    holds(
        &status["migrations"][0],
        &[&[
            "migration",
            "sources",
            "target",
            "stage",
            "live",
            "chunks_arrived",
            "chunks",
            "differences",
            "source_unchanged",
            "next",
        ]],
    );
    holds(
        &document(&["migrate", "cutover", "--yes"], 0),
        &[MIGRATION, PROOF, &["live", "archive", "next"]],
    );
    holds(
        &document(&["migrate", "rollback", "--yes"], 0),
        &[MIGRATION, &["live", "removed"]],
    );
    let doctor = document(&["doctor"], 0);
    holds(&doctor, &[&["problems", "files", "server"]]);
    holds(
        &doctor["files"][0],
        &[&["outside", "inside", "error", "problems"]],
    );
    for part in [
        &doctor["files"][0]["outside"],
        &doctor["files"][0]["inside"],
        &doctor["server"],
    ] {
        holds(part, &[]);
    }
}

#[test]
fn documents_of_the_server_and_the_sample_have_the_named_fields() {
    let place = Place::new();
    let document = |arguments: &[&str], code: i32| {
        let arguments = [arguments, &["--json"]].concat();
        place.run(&arguments).ends(code).json()
    };
    let running: &[&str] = &["folder", "flavour", "version", "pid", "socket", "port"];
    holds(
        &document(&["server", "start"], 0),
        &[running, &["started_now"]],
    );
    holds(
        &document(&["server", "status"], 0),
        &[running, &["log", "state"]],
    );
    holds(&document(&["server", "stop"], 0), &[&["stopped", "folder"]]);
    holds(
        &document(&["server", "destroy", "--yes"], 0),
        &[&["existed", "left", "folder"]],
    );
    let sample = &["sample", "legacy", "--positions", "10", "--candles", "10"];
    let sample = document(sample, 0);
    holds(
        &sample,
        &[&["database", "candle_files", "tables", "faults"]],
    );
    holds(
        &sample["tables"][0],
        &[&["file", "table", "rows", "wal_rows"]],
    );
    holds(
        &sample["faults"][0],
        &[&["kind", "table", "column", "row", "value", "what"]],
    );
    let error = document(&["doctor", "absent.db"], 6);
    holds(&error, &[&["error", "exit_code"]]);
    holds(&error["error"], &[&["kind", "message", "causes", "hints"]]);
}

#[test]
fn documents_of_the_fleet_have_the_named_fields() {
    let place = Place::new();
    let document = |arguments: &[&str], code: i32| {
        let arguments = [arguments, &["--json"]].concat();
        place.run(&arguments).ends(code).json()
    };
    let init = document(&["fleet", "init"], 0);
    holds(&init, &[&["folder", "made", "kept", "next"]]);
    let status = document(&["fleet", "status"], 0);
    let picture: &[&str] = &["folder", "at", "supervisor", "bots", "stop", "database"];
    holds(&status, &[picture, &["venue", "venue_words", "live"]]);
    for part in [
        &status["supervisor"],
        &status["bots"][0],
        &status["stop"],
        &status["database"],
    ] {
        holds(part, &[]);
    }
    let stop = document(&["fleet", "stop", "halt"], 0);
    holds(&stop, &[&["level", "file", "database", "next"]]);
    holds(&stop["file"], &[&["in_force", "holds", "problem"]]);
    let stopped = document(&["fleet", "status"], 0);
    holds(
        &stopped["stop"]["file"],
        &[&["level", "reason", "by", "at"]],
    );
    let down: &[&str] = &["supervisor", "supervisor_killed", "ended", "killed"];
    holds(&document(&["fleet", "down"], 0), &[down]);
    let checked = document(&["settings", "check"], 0);
    holds(&checked, &[&["path", "markets", "findings"]]);
    let finding: &[&str] = &["kind", "quote", "key", "value", "message"];
    holds(&checked["findings"][0], &[finding]);
    let example = document(&["settings", "example", "examples"], 0);
    holds(&example, &[&["folder", "made"]]);
    let file = place.path("bots.db").display().to_string();
    let at = |words: &[&str]| document(&[words, &["--target", file.as_str()]].concat(), 0);
    let made: &[&str] = &[
        "database",
        "database_made",
        "version_before",
        "version",
        "completed",
    ];
    holds(&at(&["db", "upgrade"]), &[made]);
    holds(
        &at(&["db", "check"]),
        &[&["database", "version", "differences"]],
    );
    holds(&at(&["db", "stats"]), &[&["database", "processes"]]);
    // Several things at once, each of them named.
    std::fs::write(
        place.path("market_usdc.json"),
        "{ \"colour\": 1, \"taste\": 2 }",
    )
    .unwrap();
    let wrong = document(&["settings", "check", "market_usdc.json"], 3);
    holds(&wrong, &[&["error", "errors"]]);
    assert_eq!(wrong["errors"].as_array().unwrap().len(), 2, "{wrong}");
    let absent = place.run(&["settings", "check", "nope.json"]).ends(6);
    assert!(!absent.err.contains("nope.json/bot.json"), "{}", absent.err);
}
