//! The stages on a named server.

use cbtrade_testkit::{Flavour, TestServer};

use crate::harness::{Place, execute, query, tables};

#[test]
fn run_copies_and_proves_and_does_not_cut_over() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let place = Place::new();
        let source = place.small_source("shop.db");
        let before = std::fs::read(&source).unwrap();
        let target = server.new_database("run");
        let done = place
            .run_on(&target, &["migrate", "run", &source, "--json"])
            .ends(0)
            .json();
        assert_eq!(done["command"], "migrate run");
        assert_eq!(done["exit_code"], 0);
        assert_eq!(done["equal"], true);
        assert_eq!(done["rows"], 6);
        assert_eq!(done["differences"], 0);
        assert_eq!(done["digest"].as_str().unwrap().len(), 64);
        assert_eq!(done["proof"]["rows"], 6);
        for file in ["proof_file", "report_file", "plan_file"] {
            let path = done[file].as_str().unwrap();
            assert!(std::path::Path::new(path).is_file(), "{file}: {path}");
        }
        assert_eq!(
            std::fs::read(&source).unwrap(),
            before,
            "the source was written"
        );
        let names: Vec<String> = query(&target, "SELECT name FROM plain ORDER BY id");
        assert_eq!(names, ["🚀", "zero", "one"]);

        let status = place.run(&["migrate", "status", "--json"]);
        // Without the password the server cannot be asked, and that is said, not hidden.
        let status = status.ends(0).json();
        assert_eq!(status["migrations"][0]["error"]["kind"], "unreachable");
        let status = place
            .run_on(&target, &["migrate", "status", &source, "--json"])
            .ends(0)
            .json();
        let status = &status["migrations"][0];
        assert_eq!(status["stage"], "verify");
        assert_eq!(status["live"], "sqlite");
        assert_eq!(status["differences"], 0);
        assert_eq!(status["source_unchanged"], true);
    }
}

#[test]
fn a_database_that_does_not_exist_is_made() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let source = place.small_source("shop.db");
    let target = server.target("made_by_run");
    let said = place
        .run_on(&target, &["migrate", "run", &source, "--yes"])
        .ends(0);
    assert!(said.out.contains("EQUAL"), "{}", said.out);
    assert!(
        said.err.contains("migrate cutover"),
        "no next command: {}",
        said.err
    );
    assert!(tables(&target).contains(&"plain".to_owned()));
    let _ = place
        .run_on(&target, &["migrate", "rollback", &source])
        .ends(3)
        .tells(&["not confirmed", "Nothing was changed", "--yes"]);
    execute(&target, "INSERT INTO plain VALUES (7,'theirs',1,NULL)");
    let _ = place
        .run_on(&target, &["migrate", "rollback", &source, "--yes"])
        .ends(3)
        .tells(&["1 row(s)", "did not bring", "plain", "--drop-other-rows"]);
    // Nor are they dropped where the copy is made anew.
    cbtrade_sqlite::rusqlite::Connection::open(&source)
        .unwrap()
        .execute("INSERT INTO plain (name) VALUES ('later')", [])
        .unwrap();
    let _ = place
        .run_on(&target, &["migrate", "run", &source, "--yes"])
        .ends(3)
        .tells(&["did not bring"]);
    let names: Vec<String> = query(&target, "SELECT name FROM plain WHERE id = 7");
    assert_eq!(names, ["theirs"]);
    execute(&target, "DELETE FROM plain WHERE id = 7");
    let removed = place
        .run_on(
            &target,
            &["migrate", "rollback", &source, "--yes", "--json"],
        )
        .ends(0)
        .json();
    assert_eq!(removed["live"], "sqlite");
    assert!(
        query::<String>(
            &target.without_database(),
            "SHOW DATABASES LIKE 'made_by_run'"
        )
        .is_empty()
    );
}

#[test]
fn the_stages_can_be_run_one_by_one() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let source = place.small_source("shop.db");
    let target = server.new_database("stages");
    let inspected = place
        .run_on(&target, &["migrate", "inspect", &source, "--json"])
        .ends(0)
        .json();
    assert_eq!(inspected["tables"].as_array().unwrap().len(), 2);
    assert_eq!(inspected["undecided"], 0);
    assert!(tables(&target).is_empty(), "inspect made something");
    let plan = place.path("plan.toml").display().to_string();
    let planned = place
        .run_on(
            &target,
            &["migrate", "plan", &source, "--plan", &plan, "--json"],
        )
        .ends(0)
        .json();
    assert_eq!(planned["plan_file"], plan);
    assert!(tables(&target).is_empty(), "plan made something");
    for stage in ["provision", "copy"] {
        let done = place
            .run_on(
                &target,
                &["migrate", stage, &source, "--plan", &plan, "--json"],
            )
            .ends(0)
            .json();
        assert_eq!(done["command"], format!("migrate {stage}"));
        assert_eq!(done["tables"], 2);
    }
    let proved = place
        .run_on(
            &target,
            &["migrate", "verify", &source, "--plan", &plan, "--json"],
        )
        .ends(0)
        .json();
    assert_eq!(proved["equal"], true);
}

#[test]
fn a_changed_value_in_the_target_ends_with_4_and_is_shown() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let source = place.small_source("shop.db");
    let target = server.new_database("differs");
    let _ = place.run_on(&target, &["migrate", "run", &source]).ends(0);
    execute(&target, "UPDATE plain SET name = 'One' WHERE id = 1");
    let said = place
        .run_on(&target, &["migrate", "verify", &source])
        .ends(4)
        .tells(&["Do not cut over", "plain", "name", "'One'", "'one'"]);
    assert!(!said.out.contains("EQUAL"), "{}", said.out);
    let report = [said.out.as_str(), said.err.as_str()].concat();
    assert!(!report.contains("is confirmed with this"), "{report}");
    let status = place
        .run_on(&target, &["migrate", "status", &source])
        .ends(0);
    assert!(
        status.out.contains("do not cut over") && !status.out.contains("migrate cutover"),
        "{}",
        status.out
    );
    let refused = place
        .run_on(&target, &["migrate", "cutover", &source, "--yes"])
        .ends(3);
    assert!(refused.err.contains("no proof"), "{}", refused.err);
    let told = place
        .run_on(&target, &["migrate", "verify", &source, "--json"])
        .ends(4)
        .json();
    assert_eq!(told["error"]["kind"], "different");
    assert_eq!(told["exit_code"], 4);
    assert_eq!(told["equal"], false);
    assert!(told["differences"].as_u64().unwrap() >= 1);
}

#[test]
fn a_changed_source_is_not_taken_for_the_one_that_was_copied() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let source = place.small_source("shop.db");
    let target = server.new_database("changed");
    let _ = place.run_on(&target, &["migrate", "run", &source]).ends(0);
    cbtrade_sqlite::rusqlite::Connection::open(&source)
        .unwrap()
        .execute("INSERT INTO plain (name) VALUES ('later')", [])
        .unwrap();
    let status = || {
        let told = place
            .run_on(&target, &["migrate", "status", &source, "--json"])
            .ends(0)
            .json();
        let told = &told["migrations"][0];
        assert_eq!(told["source_unchanged"], false, "{told}");
        let next = told["next"][0].as_str().unwrap();
        assert!(next.contains("migrate run"), "{told}");
    };
    status();
    let _ = place
        .run_on(&target, &["migrate", "verify", &source])
        .ends(3)
        .tells(&["since it was copied", &source, "migrate run"]);
    status();
    // The plan is made from the new content; the target still holds the old one.
    let _ = place.run_on(&target, &["migrate", "plan", &source]).ends(0);
    status();
    let _ = place.run_on(&target, &["migrate", "run", &source]).ends(0);
    let told = place
        .run_on(&target, &["migrate", "status", &source, "--json"])
        .ends(0)
        .json();
    assert_eq!(told["migrations"][0]["source_unchanged"], true);
}

#[test]
fn the_report_names_views_and_what_a_full_text_table_loses() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let source = place.small_source("shop.db");
    cbtrade_sqlite::rusqlite::Connection::open(&source)
        .unwrap()
        .execute_batch(
            "CREATE VIEW v AS SELECT id FROM plain; CREATE VIRTUAL TABLE notes USING fts5(body);",
        )
        .unwrap();
    let target = server.new_database("listed");
    let said = place.run_on(&target, &["migrate", "run", &source]).ends(0);
    let (_, listed) = said.out.split_once("Not carried over").unwrap();
    assert!(listed.contains("view v: "), "{listed}");
    assert!(listed.contains("virtual table notes: "), "{listed}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let place = Place::new();
    let source = place.small_source("shop.db");
    let mut command = place.command(&["doctor", &source]);
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn help_says_what_a_command_does_and_its_exit_codes() {
    let place = Place::new();
    for command in [
        &["recover"][..],
        &["doctor"],
        &["sample"],
        &["migrate", "run"],
        &["migrate", "inspect"],
        &["migrate", "plan"],
        &["migrate", "provision"],
        &["migrate", "copy"],
        &["migrate", "verify"],
        &["migrate", "cutover"],
        &["migrate", "rollback"],
        &["migrate", "status"],
        &["server", "start"],
        &["server", "stop"],
        &["server", "status"],
        &["server", "shell"],
        &["server", "destroy"],
    ] {
        let help = place.run(&[command, &["--help"]].concat()).ends(0);
        assert!(help.out.contains("Examples:"), "{command:?}: {}", help.out);
        assert!(
            help.out.contains("Exit codes:"),
            "{command:?}: {}",
            help.out
        );
        let first = help.out.lines().next().unwrap();
        assert!(
            first.len() <= 90 && !first.ends_with('.'),
            "{command:?}: {first}"
        );
    }
    let version = place.run(&["--version"]).ends(0);
    assert_eq!(
        version.out.trim(),
        concat!("cbtrade ", env!("CARGO_PKG_VERSION"))
    );
}
