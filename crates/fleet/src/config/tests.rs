#![allow(clippy::unwrap_used, reason = "a failed test says where")]

use super::*;

fn parsed(text: &str) -> Result<FleetConfig, String> {
    FleetConfig::parse(text, Path::new("/srv/fleet/fleet.toml")).map_err(|error| {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            text.push_str(&format!(": {error}"));
            source = error.source();
        }
        text
    })
}

#[test]
fn nothing_said_is_one_auto_bot_and_six_full_bots_on_the_local_venue() {
    let config = parsed("").unwrap();
    let names: Vec<&str> = config.bots.iter().map(|bot| bot.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "auto-1", "full-1", "full-2", "full-3", "full-4", "full-5", "full-6"
        ]
    );
    assert_eq!(config.settings, Path::new("/srv/fleet/settings"));
    assert_eq!(config.venue.kind(), "local");
    assert_eq!(config.database, None);
    assert_eq!(parsed(example::FLEET_TOML).unwrap(), config);
}

#[test]
fn what_cannot_be_is_refused_by_its_name() {
    let refusals = [
        ("[bots]\nfulll = 6", "fulll"),
        ("speed = 1", "speed"),
        ("[limits]\nheartbeat = 1", "heartbeat"),
        ("[bots]\nauto = 0\nfull = 0", "no bot at all"),
        ("[bots]\nfull = 1000", "bots.full is 1000"),
        ("[bots]\nfull = -1", "full"),
        ("[venue]\nkind = \"binance\"", "venue.kind"),
        ("[venue]\nlive = true", "venue.live does not belong"),
        (
            "[venue]\nkind = \"coinbase\"\nurl = \"x\"",
            "venue.url does not belong",
        ),
        (
            "[venue]\nkind = \"coinbase\"\nlive = true",
            "venue.key_file is missing",
        ),
        ("[venue]\nspeed = 0", "venue.speed is 0"),
        (
            "[limits]\nstop_seconds_max = 0",
            "limits.stop_seconds_max is 0",
        ),
        (
            "[limits]\nbackoff_seconds_min = 100\nbackoff_seconds_max = 60",
            "backoff_seconds_max is 60; it can be 100",
        ),
    ];
    for (text, word) in refusals {
        let told = parsed(text).unwrap_err();
        assert!(told.contains(word), "{text}: {told}");
    }
}

#[test]
fn money_is_only_moved_when_it_is_said() {
    let paper = parsed("[venue]\nkind = \"coinbase\"\nkey_file = \"key.json\"")
        .unwrap()
        .venue;
    assert!(matches!(paper, VenueConfig::Coinbase { live: false, .. }));
    let live = parsed("[venue]\nkind = \"coinbase\"\nkey_file = \"key.json\"\nlive = true")
        .unwrap()
        .venue;
    assert_eq!(
        live,
        VenueConfig::Coinbase {
            key_file: "/srv/fleet/key.json".into(),
            live: true
        }
    );
    assert!(live.words().contains("real money"));
}

#[test]
fn a_local_venue_may_have_a_key_and_coinbase_must() {
    let venue = |text: &str| parsed(text).unwrap().venue;
    assert_eq!(venue("").key_file(), None);
    let local = venue("[venue]\nkey_file = \"key.sealed\"");
    assert_eq!(local.key_file(), Some(Path::new("/srv/fleet/key.sealed")));
    assert!(!local.is_live());
    let coinbase = venue("[venue]\nkind = \"coinbase\"\nkey_file = \"/etc/key.sealed\"");
    assert_eq!(coinbase.key_file(), Some(Path::new("/etc/key.sealed")));
}

/// Whoever wants to stop a fleet or look at it needs no key.
#[test]
fn the_configuration_is_read_without_its_key() {
    let place = cbtrade_testkit::TestFolder::new();
    let folder = FleetFolder::new(place.path()).unwrap();
    let missing = FleetConfig::read(&folder).unwrap_err();
    assert!(matches!(missing, FleetError::NoConfig { .. }));
    let text = "[venue]\nkind = \"coinbase\"\nkey_file = \"key.sealed\"\nlive = true";
    std::fs::write(folder.config_file(), text).unwrap();
    assert!(FleetConfig::read(&folder).unwrap().venue.is_live());
}

#[test]
fn a_new_folder_is_filled_and_an_old_one_stays_as_it_is() {
    let place = cbtrade_testkit::TestFolder::new();
    let folder = FleetFolder::new(&place.path().join("fleet")).unwrap();
    let files = [("bot.json", "{}"), ("market_usdc.json", "{}")];
    let first = FleetConfig::initialise(&folder, &files).unwrap();
    assert_eq!((first.made.len(), first.kept.len()), (3, 0));
    let own = folder.path().join("settings/bot.json");
    std::fs::write(&own, "mine").unwrap();
    let second = FleetConfig::initialise(&folder, &files).unwrap();
    assert_eq!((second.made.len(), second.kept.len()), (0, 3));
    assert_eq!(std::fs::read_to_string(own).unwrap(), "mine");
    assert_eq!(FleetConfig::read(&folder).unwrap().bots.len(), 7);
}
