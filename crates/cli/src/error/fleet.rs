//! What an error of the fleet means and what to type next.

use cbtrade_bot::BotError;
use cbtrade_bot::settings::SettingsError;
use cbtrade_fleet::FleetError;

use super::hints::{of_work, work_kind};
use super::{Kind, vault};
use crate::words::shell;

/// The kind of an error of the fleet.
pub(super) fn kind(error: &FleetError) -> Kind {
    match error {
        FleetError::NoConfig { .. } | FleetError::NotSupervised { .. } => Kind::Unreachable,
        FleetError::NoSuchBot { .. } => Kind::Usage,
        FleetError::Config { .. }
        | FleetError::Value { .. }
        | FleetError::NoPassphrase { .. }
        | FleetError::Supervised { .. }
        | FleetError::SeatTaken { .. }
        | FleetError::OtherVenue { .. }
        | FleetError::LiveTrades { .. }
        | FleetError::Venue(_) => Kind::Refused,
        FleetError::Key(source) => vault::kind(source),
        FleetError::Bot { source, .. } => bot_kind(source),
        FleetError::File { source, .. } => work_kind(source),
        _ => Kind::Stopped,
    }
}

fn bot_kind(error: &BotError) -> Kind {
    match error {
        BotError::Settings(source) => settings_kind(source),
        BotError::KeyTooStrong | BotError::KeyTooWeak | BotError::ClockSkew { .. } => Kind::Refused,
        _ => Kind::Stopped,
    }
}

/// What to do where practice and real money would meet in one database.
const OF_PRACTICE: [&str; 2] = [
    "Practice on a copy, with a fleet of its own (nothing of the real one is touched): cbtrade fleet practice DIR",
    "Or name another database in [database] of fleet.toml.",
];
const OF_REAL_MONEY: &str = "Made-up positions and prices are in it. Name the database with the real positions in [database] of fleet.toml (left out, it is the private server's), or set kind = \"local\" in [venue] to go on with practice.";

/// Hints for an error of the fleet.
pub(super) fn hints(error: &FleetError) -> Vec<String> {
    let hint = match error {
        FleetError::OtherVenue { is_practice: false, .. } => return OF_PRACTICE.map(str::to_owned).into(),
        FleetError::OtherVenue { .. } => OF_REAL_MONEY.to_owned(),
        FleetError::LiveTrades { .. } => {
            return vec![
                OF_PRACTICE[0].to_owned(),
                "If this database is not to be used with real money from now on, say --practice.".to_owned(),
            ];
        }
        FleetError::NoConfig { folder } => format!(
            "Make one: cbtrade fleet init --fleet {}",
            shell(&folder.display().to_string())
        ),
        FleetError::Config { .. } | FleetError::Value { .. } => {
            "Correct it and run the same command again. `cbtrade fleet init` in an empty folder shows every key.".to_owned()
        }
        FleetError::Key(source) => return vault::hints(source),
        FleetError::NoPassphrase { .. } => return vault::of_no_passphrase(),
        FleetError::NoSuchBot { .. } => "`cbtrade fleet status` lists the bots.".to_owned(),
        FleetError::Supervised { .. } => {
            "Look at it with `cbtrade fleet status`, or end it with `cbtrade fleet down`.".to_owned()
        }
        FleetError::NotSupervised { .. } => "Start it: cbtrade fleet up".to_owned(),
        FleetError::SeatTaken { .. } => {
            "End that one first, or give this one another name with --name.".to_owned()
        }
        FleetError::NoAnswer { .. } => {
            "The supervisor hangs. End it and start anew: cbtrade fleet down, then cbtrade fleet up".to_owned()
        }
        FleetError::Venue(_) => "Correct [venue] in fleet.toml.".to_owned(),
        FleetError::Bot { source, .. } => match &**source {
            BotError::Settings(source) => return of_settings(source),
            BotError::KeyTooStrong => "At Coinbase, make a key with the rights View and Trade, and without Transfer.".to_owned(),
            BotError::KeyTooWeak => "At Coinbase, give the key the right Trade, or take `live = true` out of fleet.toml.".to_owned(),
            _ => "The bot's log says more; `cbtrade fleet status` shows the fleet.".to_owned(),
        },
        FleetError::File { path, source, .. } => return of_work(path, source),
        _ => "`cbtrade fleet status` shows the fleet.".to_owned(),
    };
    vec![hint]
}

/// The kind of an error of the settings.
pub(super) fn settings_kind(error: &SettingsError) -> Kind {
    match error {
        SettingsError::Unreadable { source, .. } | SettingsError::Unwritable { source, .. } => {
            work_kind(source)
        }
        _ => Kind::Refused,
    }
}

/// Hints for an error of the settings.
pub(super) fn of_settings(error: &SettingsError) -> Vec<String> {
    match error {
        SettingsError::Unreadable { path, source } | SettingsError::Unwritable { path, source } => {
            let mut hints = of_work(path, source);
            hints.push("`cbtrade settings example FOLDER` writes examples.".to_owned());
            hints
        }
        _ => vec![
            "Correct it and look again: cbtrade settings check. Bots that run go on with the last good settings.".to_owned(),
        ],
    }
}
