//! A fleet whose `fleet.toml`, settings or venue change under it, and what an operator is told then. On a SQLite file, which
//! needs no server.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::fleet::{Ended, TestVenue};
use crate::harness::{Place, Said};

/// Nothing listens there.
const NO_VENUE: &str = "[venue]\nurl = \"http://127.0.0.1:9\"\n";

/// A fleet of one bot, with a database of its own in a file.
fn fleet_of_one() -> Place {
    let place = Place::new();
    place.fleet(&["init"], 0);
    let _ = place
        .run(&["db", "upgrade", "--target", &file(&place)])
        .ends(0);
    place
}

fn file(place: &Place) -> String {
    place.path("bots.db").display().to_string()
}

fn configure(place: &Place, more: &str) {
    place.configure(&format!(
        "[bots]\nauto = 0\nfull = 1\n[database]\ntarget = \"{}\"\n{more}",
        file(place)
    ));
}

/// With a key file, which nobody opens in these tests.
fn live(place: &Place) -> &'static str {
    let key = place.path("home/fleet/key.json");
    std::fs::write(&key, "{}").unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    "[venue]\nkind = \"coinbase\"\nkey_file = \"key.json\"\nlive = true\n"
}

fn up(place: &Place) -> Said {
    place.run(&["fleet", "up", "--wait", "180"]).ends(0)
}

fn pid(place: &Place) -> u64 {
    place.fleet(&["status"], 0)["bots"][0]["pid"]
        .as_u64()
        .unwrap()
}

#[test]
fn no_command_starts_to_trade_with_real_money_without_a_question() {
    let place = fleet_of_one();
    let _ended = Ended(&place);
    configure(&place, NO_VENUE);
    let said = up(&place);
    assert!(
        said.out
            .contains("cannot work yet: full-1 is waiting for the venue"),
        "{}",
        said.out
    );
    let _ = said.tells(&["cbtrade venue run --port 9 --speed 1"]);
    let before = pid(&place);
    configure(&place, live(&place));
    let _ = place
        .run(&["fleet", "restart"])
        .ends(3)
        .tells(&["not confirmed", "cbtrade fleet restart --yes"]);
    let _ = place
        .run(&["fleet", "restart", "full-1"])
        .ends(3)
        .tells(&["was changed since the fleet was started", "real money"]);
    let _ = place
        .run(&["bot", "run", "--mode", "sell"])
        .ends(3)
        .tells(&["was changed since the fleet was started"]);
    assert_eq!(pid(&place), before, "nothing was started");
    let status = place.fleet(&["status"], 0);
    assert_eq!(status["live"], false, "what runs is shown");
    assert_eq!(status["well"], false);
    let _ = place.run(&["fleet", "status", "--check"]).ends(7);
    place.fleet(&["down"], 0);
    let _ = place
        .run(&["bot", "run", "--mode", "sell"])
        .ends(3)
        .tells(&["not confirmed", "cbtrade bot run --mode sell"]);
}

#[test]
fn a_bot_that_starts_again_does_not_go_to_another_venue_than_the_others() {
    let place = fleet_of_one();
    let _ended = Ended(&place);
    configure(&place, NO_VENUE);
    let _ = up(&place);
    let before = pid(&place);
    configure(&place, "[venue]\nurl = \"http://127.0.0.1:11\"\n");
    let killed = Command::new("kill")
        .args(["-KILL", &before.to_string()])
        .status();
    assert!(killed.unwrap().success());
    let status = place.eventually("a bot that refuses", |status| {
        status["bots"][0]["state"] == "refused"
    });
    let end = status["bots"][0]["last_end"].as_str().unwrap();
    assert!(end.contains("was changed since"), "{end}");
    assert!(
        status["venue_words"].as_str().unwrap().contains(":9"),
        "{status}"
    );
    assert!(
        status["changed"].as_str().unwrap().contains(":11"),
        "{status}"
    );
    let told = place
        .run(&["fleet", "status"])
        .ends(0)
        .tells(&["cbtrade fleet restart"]);
    assert!(told.out.contains("NOT WELL"), "{}", told.out);
    // All of them go there together, and what was known of the refusal before counts no more.
    place.fleet(&["restart", "--wait", "180"], 0);
    let status = place.fleet(&["status"], 0);
    assert_eq!(status["changed"], Value::Null);
}

#[test]
fn a_bot_whose_mistake_is_mended_starts_with_one_command() {
    let place = fleet_of_one();
    let _ended = Ended(&place);
    configure(&place, NO_VENUE);
    let _ = up(&place);
    let market = place.path("home/fleet/settings/market_usdc.json");
    let good = std::fs::read(&market).unwrap();
    std::fs::write(&market, "{ \"nonsense\": 1 }").unwrap();
    let _ = place
        .run(&["fleet", "restart", "full-1", "--wait", "180"])
        .ends(5)
        .tells(&["no sign of life: full-1", "nonsense"]);
    std::fs::write(&market, good).unwrap();
    let again = place.fleet(&["restart", "full-1", "--wait", "180"], 0);
    assert_eq!(again["bots"][0]["state"], "running");
}

#[test]
fn settings_that_cannot_be_used_are_seen_and_all_is_well_when_they_are_mended() {
    let place = fleet_of_one();
    let _ended = Ended(&place);
    let venue = TestVenue::start(&place, &["--speed", "60"]);
    configure(
        &place,
        &format!(
            "[venue]\nurl = \"http://127.0.0.1:{0}\"\nwebsocket = \"ws://127.0.0.1:{0}/ws\"\nspeed = 60\n",
            venue.port
        ),
    );
    let _ = up(&place);
    let works = |status: &Value| status["well"] == true;
    place.eventually("a fleet with which all is well", works);
    let said = place.run(&["fleet", "status", "--check"]).ends(0);
    assert!(said.out.contains("All is well."), "{}", said.out);
    // What bots do stands last, and is as long as it is.
    let mut lines = said.out.lines();
    let head = lines.find(|line| line.contains("heartbeat")).unwrap();
    assert!(head.chars().count() <= 95, "too wide: {head}");
    let market = place.path("home/fleet/settings/market_usdc.json");
    let good = std::fs::read(&market).unwrap();
    std::fs::write(&market, "{ \"nonsense\": 1 }").unwrap();
    let status = place.eventually("a bot that tells of its settings", |status| {
        status["bots"][0]["settings_problem"].is_string()
    });
    assert!(
        status["troubles"].to_string().contains("settings"),
        "{status:#}"
    );
    std::fs::write(&market, good).unwrap();
    place.eventually("mended settings", works);
}

#[test]
fn a_broken_configuration_hides_nothing_that_runs() {
    let place = fleet_of_one();
    let _ended = Ended(&place);
    configure(&place, NO_VENUE);
    let _ = up(&place);
    let before = pid(&place);
    place.fleet(&["stop", "halt"], 0);
    place.configure("[bots]\nfulll = 1\n");
    let status = place.fleet(&["status"], 0);
    assert_eq!(status["bots"][0]["pid"], before);
    assert_eq!(status["stop"]["in_force"], "halt");
    assert!(status["config_problem"].as_str().unwrap().contains("fulll"));
    std::fs::write(place.path("home/fleet/fleet.toml"), b"# caf\xe9").unwrap();
    let status = place.fleet(&["status"], 0);
    assert_eq!(status["bots"][0]["pid"], before);
    let refused = place
        .run(&["fleet", "up"])
        .ends(3)
        .tells(&["is not UTF-8 text"]);
    assert!(!refused.err.contains("dmesg"), "{}", refused.err);
}

#[test]
fn liquidate_says_what_will_truly_happen() {
    let place = fleet_of_one();
    configure(&place, NO_VENUE);
    let said = place
        .run(&["fleet", "stop", "liquidate", "--yes"])
        .ends(0)
        .tells(&[
            "no bot that sells is running now",
            "cbtrade fleet up",
            "no live position is open",
        ]);
    assert!(
        said.out.contains("every bot that uses this file"),
        "{}",
        said.out
    );
    assert!(!said.out.contains("everything is sold"), "{}", said.out);
    let status = place.fleet(&["status"], 0);
    assert_eq!(status["database"]["held_positions"], 0);
    assert_eq!(status["database"]["failed_positions"], 0);
    let paper = live(&place).replace("live = true", "live = false");
    configure(&place, &paper);
    let again = place.fleet(&["stop", "liquidate", "--yes"], 0);
    let told = again["hindrances"].to_string();
    assert!(told.contains("no live position is sold"), "{told}");
}

#[test]
fn whoever_stops_waiting_is_told_that_the_fleet_goes_on() {
    let place = fleet_of_one();
    let _ended = Ended(&place);
    configure(&place, &format!("{NO_VENUE}[limits]\nbrake_exits = 1000\n"));
    // No sign of life can be written, so none is seen.
    std::fs::create_dir_all(place.path("home/fleet/bots/full-1.beat/x")).unwrap();
    let waiting = place
        .command(&["fleet", "up", "--wait", "600"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    place.eventually("a supervisor", |status| {
        status["supervisor"]["state"] == "running" && status["bots"][0]["starts"] != 0
    });
    let interrupted = Command::new("kill")
        .args(["-INT", &waiting.id().to_string()])
        .status();
    assert!(interrupted.unwrap().success());
    let output = waiting.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(told.contains("go on in the background"), "{told}");
    assert_eq!(
        place.fleet(&["status"], 0)["supervisor"]["state"],
        "running"
    );
}

#[test]
fn a_private_server_that_is_down_is_not_looked_for_among_ports() {
    let place = Place::new();
    place.fleet(&["init"], 0);
    let _ = place.run(&["server", "start"]).ends(0);
    let _ = place.run(&["server", "stop"]).ends(0);
    for command in [&["fleet", "orders"], &["db", "check"]] {
        let said = place.run(command).ends(6).tells(&["cbtrade server start"]);
        assert!(!said.err.contains("--target"), "{}", said.err);
        assert!(!said.err.contains("`ss "), "{}", said.err);
    }
    let said = place
        .run(&["fleet", "init", "--fleet", "other"])
        .ends(0)
        .tells(&["cbtrade settings check"]);
    assert!(said.err.contains("other/settings"), "{}", said.err);
}
