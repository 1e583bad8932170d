//! Practice must not spoil the real database: whose a database is, who is refused, and the copy that is made for practice.

use cbtrade_core::Decimal;

use crate::fleet::{Ended, TestVenue};
use crate::harness::Place;
use crate::json::holds;
use crate::terminal::Conversation;

/// A recovered installation, with live positions and its own fleet on the local venue at a port where nothing listens.
fn recovered() -> Place {
    let place = Place::new();
    let _ = place.run(&["sample", "legacy"]).ends(0);
    let _ = place.run(&["recover", "legacy", "--yes"]).ends(0);
    let _ = place.run(&["db", "upgrade"]).ends(0);
    place.fleet(&["init"], 0);
    place.configure(
        "[bots]\nauto = 0\nfull = 1\n[venue]\nurl = \"http://127.0.0.1:9\"\nwebsocket = \"ws://127.0.0.1:9/ws\"\n",
    );
    place
}

/// A fleet whose venue is Coinbase, with a key that no request is signed with.
fn coinbase(place: &Place, live: &str) {
    let sealed = place.path("home/fleet/key.sealed");
    if !sealed.exists() {
        let seed = format!("{}=", "A".repeat(43));
        let key = private(
            place,
            "key.json",
            &format!("{{\"id\": \"of-nobody\", \"privateKey\": \"{seed}\"}}"),
        );
        let words = private(place, WORDS, "the words of nobody at all\n");
        let into = sealed.display().to_string();
        let seal = ["key", "seal", &key, "--into", &into, "--remove-plain"];
        let _ = place
            .run(&[&seal[..], &["--passphrase-file", &words]].concat())
            .ends(0);
    }
    place.configure(&format!(
        "[bots]\nauto = 0\nfull = 1\n[venue]\nkind = \"coinbase\"\nkey_file = \"key.sealed\"\n{live}"
    ));
}

/// The file with the passphrase of the key.
const WORDS: &str = "words";

fn private(place: &Place, name: &str, text: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let path = place.path(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

fn mark(place: &Place) -> String {
    let said = place
        .run(&[
            "server",
            "shell",
            "-N",
            "-D",
            "cbtrade",
            "-e",
            "SELECT venue FROM _cbtrade_venue",
        ])
        .ends(0);
    said.out.trim().to_owned()
}

#[test]
fn practice_does_not_take_a_database_with_live_trades_in_silence() {
    let place = recovered();
    let _ended = Ended(&place);
    let one_round = ["bot", "run", "--mode", "full", "--rounds", "1"];
    for arguments in [
        &["fleet", "up"] as &[&str],
        &["fleet", "up", "--foreground"],
        &one_round,
    ] {
        let _ = place.run(arguments).ends(3).tells(&[
            "holds live positions or orders",
            "cbtrade fleet practice DIR",
            "--practice",
        ]);
    }
    assert_eq!(mark(&place), "", "a refusal says nothing in the database");
    assert_eq!(place.fleet(&["status"], 0)["supervisor"]["state"], "down");

    let up = ["fleet", "up", "--wait", "180"];
    let mut talk = Conversation::begin(&place, &up, false);
    let said = talk.until("Type practice to give this database up");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "real money cannot be traded with it",
        "cbtrade fleet practice DIR",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    talk.answer("yes");
    let (code, said) = talk.end();
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("was not confirmed"), "{said}");
    assert_eq!(mark(&place), "");

    // Who says so practises on it, and real money is refused from then on, with and without `live`.
    let mut talk = Conversation::begin(&place, &up, false);
    talk.until("Type practice to give this database up");
    talk.answer("practice");
    talk.until("this database is practice's from now on");
    talk.until("All bots live, and 1 of 1 cannot work yet");
    assert_eq!(talk.end().0, Some(0));
    assert_eq!(mark(&place), "local");
    place.fleet(&["down"], 0);
    place.fleet(&["up", "--wait", "180"], 0);
    place.fleet(&["down"], 0);
    for live in ["live = true\n", ""] {
        coinbase(&place, live);
        for arguments in [&["fleet", "up"] as &[&str], &one_round] {
            let mut command = place.command(&[arguments, &["--yes"]].concat());
            command.env("CBTRADE_KEY_PASSPHRASE_FILE", place.path(WORDS));
            let _ = crate::harness::said(command)
                .ends(3)
                .tells(&["practice's (a local venue) since", "kind = \"local\""]);
        }
    }
    assert_eq!(mark(&place), "local");
}

#[test]
fn the_database_of_real_money_is_never_practised_on() {
    let place = recovered();
    let _ended = Ended(&place);
    let _ = place
        .run(&[
            "server",
            "shell",
            "-D",
            "cbtrade",
            "-e",
            "INSERT INTO _cbtrade_venue (head, venue, set_by) VALUES (1, 'coinbase', 'the owner')",
        ])
        .ends(0);
    for arguments in [
        &["fleet", "up"] as &[&str],
        &["fleet", "up", "--practice"],
        &["fleet", "up", "--foreground", "--practice"],
        &[
            "bot",
            "run",
            "--mode",
            "full",
            "--rounds",
            "1",
            "--practice",
        ],
    ] {
        let _ = place.run(arguments).ends(3).tells(&[
            "Coinbase's (real money) since",
            "(the owner)",
            "cbtrade fleet practice DIR",
        ]);
    }
    let refused = place.fleet(&["up"], 3);
    assert_eq!(refused["error"]["kind"], "refused");
    assert_eq!(place.fleet(&["status"], 0)["supervisor"]["state"], "down");
    assert_eq!(place.number("SELECT COUNT(*) FROM _cbtrade_bot"), 0);
    coinbase(&place, "live = true\n");
    let _ = place
        .run(&["fleet", "up", "--practice", "--yes"])
        .ends(2)
        .tells(&["--practice is for the local venue"]);
}

#[test]
fn practice_goes_on_a_copy_and_leaves_the_real_database_as_it_is() {
    let place = recovered();
    let practice = place.path("practice").display().to_string();
    let market = place.path("home/fleet/settings/market_usdc.json");
    let own = std::fs::read_to_string(&market)
        .unwrap()
        .replacen('{', "{ ", 1);
    std::fs::write(&market, &own).unwrap();
    let positions = "SELECT COUNT(*) FROM poss";
    let sums = "SELECT CAST(SUM(CRC32(CONCAT_WS('|', pos_id, pos_stat, hold_cnt, dlm, note1))) AS UNSIGNED) FROM poss";
    let before = (place.number(positions), place.number(sums));

    let made = place.fleet(&["practice", &practice], 0);
    assert_eq!(made["copied"], true);
    let named: &[&str] = &["folder", "database", "copied", "tables", "rows"];
    holds(&made, &[named, &["orders_cancelled", "made", "kept"]]);
    assert!(made["rows"].as_u64().unwrap() > before.0, "{made}");
    assert_eq!(
        std::fs::read_to_string(place.path("practice/settings/market_usdc.json")).unwrap(),
        own,
        "practice has the owner's own settings"
    );
    let again = place.fleet(&["practice", &practice], 0);
    assert_eq!(again["copied"], false);
    let of = |database: &str, sql: &str| {
        let said = place
            .run(&["server", "shell", "-N", "-D", database, "-e", sql])
            .ends(0);
        said.out.trim().to_owned()
    };
    assert_eq!(of("cbtrade_practice", positions), before.0.to_string());
    let mark = "SELECT venue FROM _cbtrade_venue";
    assert_eq!(of("cbtrade_practice", mark), "local");

    // The folder as it was made, but for the port: bots trade there, with the coins of the positions.
    let venue = TestVenue::start(
        &place,
        &[
            "--speed",
            "600",
            "--balances-from-positions",
            "--balance",
            "USDC=10000",
            "--fleet",
            &practice,
        ],
    );
    let path = place.path("practice/fleet.toml");
    let text = std::fs::read_to_string(&path)
        .unwrap()
        .replace(":8710", &format!(":{}", venue.port))
        .replace("speed = 1\n", "speed = 600\n")
        .replace("full = 6", "full = 1");
    std::fs::write(&path, text).unwrap();
    let status = |arguments: &[&str]| {
        let arguments = [&["fleet"], arguments, &["--fleet", &practice, "--json"]].concat();
        place.run(&arguments).ends(0).json()
    };
    status(&["up", "--wait", "180"]);
    let begun = std::time::Instant::now();
    loop {
        let bots = status(&["status"])["bots"].clone();
        let passes = |number: usize| bots[number]["passes"].as_u64().unwrap_or(0);
        if passes(0) > 0 && passes(1) > 0 {
            break;
        }
        assert!(begun.elapsed().as_secs() < 180, "{bots:#}");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    status(&["down"]);
    assert_ne!(of("ohlcv_practice", "SHOW TABLES"), "", "made-up candles");

    // Of all this the real database knows nothing, nor do its candles.
    assert_eq!((place.number(positions), place.number(sums)), before);
    assert_eq!(place.number("SELECT COUNT(*) FROM _cbtrade_bot"), 0);
    assert_eq!(of("cbtrade", mark), "");
    let _ = place
        .run(&["fleet", "up"])
        .ends(3)
        .tells(&["holds live positions"]);
    let _ = place
        .run(&["db", "check", "--target", &target_of(&practice)])
        .ends(0);
}

/// The database that a fleet's folder names.
fn target_of(folder: &str) -> String {
    let text = std::fs::read_to_string(std::path::Path::new(folder).join("fleet.toml")).unwrap();
    let line = text.lines().find(|line| line.starts_with("target = "));
    line.unwrap()
        .trim_start_matches("target = ")
        .trim_matches('"')
        .to_owned()
}

#[test]
fn a_copy_for_practice_is_refused_where_it_would_not_be_one() {
    let place = Place::new();
    let _ = place
        .run(&["fleet", "practice", "practice"])
        .ends(6)
        .tells(&["no fleet yet", "cbtrade recover", "cbtrade fleet init"]);
    place.fleet(&["init"], 0);
    let folder = place.path("home/fleet").display().to_string();
    let _ = place
        .run(&["fleet", "practice", &folder])
        .ends(2)
        .tells(&["is the real fleet's folder"]);
    let file = place.path("cbtrade.db").display().to_string();
    let _ = place.run(&["db", "upgrade", "--target", &file]).ends(0);
    place.configure(&format!("[database]\ntarget = \"{file}\"\n"));
    let _ = place
        .run(&["fleet", "practice", "practice"])
        .ends(3)
        .tells(&["is a SQLite file", "copy the file"]);
    assert!(!place.path("practice").exists());
}

#[test]
fn positions_are_told_as_the_database_has_them() {
    let place = recovered();
    for (paper, flag) in [("N", None), ("Y", Some("--paper"))] {
        let arguments: Vec<&str> = ["positions"].into_iter().chain(flag).collect();
        let told = place.fleet(&arguments, 0);
        let open = format!(
            "FROM poss WHERE pos_stat IN ('OPEN', 'SELL') AND ignore_tf = 0 AND test_txn_yn = '{paper}'"
        );
        let count = place.number(&format!("SELECT COUNT(*) {open}"));
        assert!(count > 0 || paper == "Y", "nothing is compared");
        assert_eq!(told["open"]["positions"].as_u64(), Some(count));
        assert_eq!(
            told["positions"].as_array().unwrap().len(),
            usize::try_from(count).unwrap()
        );
        let cost = Decimal::parse(told["open"]["cost"].as_str().unwrap()).unwrap();
        let kept = place.number(&format!(
            "SELECT CAST(ROUND(COALESCE(SUM(tot_out_cnt), 0)) AS SIGNED) {open}"
        ));
        assert_eq!(cost.round(0).to_string(), kept.to_string());
    }
    let none = place.fleet(&["positions", "--product", "NONE-USDC"], 0);
    assert_eq!(none["open"]["positions"], 0);
    let said = place.run(&["fleet", "positions"]).ends(0);
    for words in ["bought by", "held: cost", "since 0:00 UTC"] {
        assert!(said.out.contains(words), "no {words} in\n{}", said.out);
    }
}
