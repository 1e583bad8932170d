//! `cbtrade db`: what is not there is made, what was removed is made again, and what cannot be reached is told at once.

use cbtrade_testkit::{Flavour, TestServer};

use crate::harness::{Place, execute};

#[test]
fn upgrade_makes_what_check_misses() {
    let server = TestServer::shared(Flavour::MariaDb);
    let place = Place::new();
    let there = server.new_database("bots");
    let name = format!("{}_new", there.database.clone().unwrap());
    let target = there.with_database(&name);
    let check = || place.run_on(&target, &["db", "check"]);
    let upgrade = || place.run_on(&target, &["db", "upgrade"]);
    let _ = check().ends(6).tells(&["cbtrade db upgrade"]);
    let made = upgrade().ends(0);
    assert!(
        made.out.contains("was not there and is made"),
        "{}",
        made.out
    );
    let _ = check().ends(0);
    execute(&target, "DROP TABLE freqs");
    execute(&target, "DROP TRIGGER before_update_mkts");
    let _ = check()
        .ends(4)
        .tells(&["freqs", "before_update_mkts", "cbtrade db upgrade"]);
    let made = upgrade().ends(0);
    assert!(
        made.out.contains("what was missing is made"),
        "{}",
        made.out
    );
    let _ = check().ends(0);
    execute(&target, "ALTER TABLE poss DROP COLUMN note3");
    let _ = upgrade().ends(4).tells(&["note3", "ALTER TABLE"]);
    execute(&target, &format!("DROP DATABASE {name}"));
}

#[test]
fn a_file_that_is_not_there_is_made_by_upgrade_only() {
    let place = Place::new();
    let file = place.path("cbtrade.db").display().to_string();
    for command in ["check", "stats"] {
        let said = place.run(&["db", command, "--target", &file]).ends(6);
        let _ = said.tells(&["there is no file", "cbtrade db upgrade"]);
        assert!(!place.path("cbtrade.db").exists());
    }
    let _ = place.run(&["db", "upgrade", "--target", &file]).ends(0);
    let _ = place.run(&["db", "check", "--target", &file]).ends(0);
    let _ = place.run(&["db", "stats", "--target", &file]).ends(0);
}

#[test]
fn what_cannot_be_reached_is_told_with_the_way_out() {
    let place = Place::new();
    for (command, target, words) in [
        (
            "check",
            "mysql://root@127.0.0.1:1/a",
            "Nothing listens there",
        ),
        (
            "upgrade",
            "mysql://root@localhost/a?socket=/no/such.sock",
            "no such socket",
        ),
    ] {
        let _ = place
            .run(&["db", command, "--target", target])
            .ends(6)
            .tells(&[words]);
    }
}
