//! What all bots of a running fleet stand on alike: venue, database and settings, as the supervisor has read them.
//!
//! A bot reads `fleet.toml` when it starts. Were the file changed meanwhile, one bot that starts again would trade at
//! another venue than its fellows, with one database for both. So the supervisor writes down what it has read, and a bot
//! whose file says something else does not start.

use std::path::PathBuf;

use cbtrade_database::Location;
use serde::{Deserialize, Serialize};

use crate::config::{FleetConfig, VenueConfig};
use crate::control::{SupervisorState, supervisor_state};
use crate::error::FleetError;
use crate::folder::FleetFolder;
use crate::record::SupervisorRecord;

/// What a fleet stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// The kind of venue.
    pub kind: String,
    /// What the venue means for the operator's money.
    pub words: String,
    /// Whether real money is moved.
    pub live: bool,
    /// The venue with everything that tells it from others.
    venue: String,
    /// The database, without a password.
    database: String,
    /// The folder of the settings.
    settings: PathBuf,
}

impl Ground {
    /// What a fleet of this configuration stands on.
    #[must_use]
    pub fn of(config: &FleetConfig) -> Ground {
        let venue = match &config.venue {
            VenueConfig::Local {
                url,
                websocket,
                speed,
                ..
            } => format!("{url}, {websocket}, speed {speed}"),
            VenueConfig::Coinbase { key_file, live } => {
                format!("key file {}, live = {live}", key_file.display())
            }
        };
        let database = match &config.database {
            None => "the private server".to_owned(),
            Some(text) => Location::parse(text, None).map_or_else(
                // No bot can open it; what cannot be read may have a password in it.
                |_| "a place that cannot be understood".to_owned(),
                |location| location.display(),
            ),
        };
        Ground {
            kind: config.venue.kind().to_owned(),
            words: config.venue.words(),
            live: config.venue.is_live(),
            venue,
            database,
            settings: config.settings.clone(),
        }
    }

    /// How another ground differs from this one, in words; `None` when it does not.
    #[must_use]
    pub fn change_to(&self, other: &Ground) -> Option<String> {
        let settings = |ground: &Ground| ground.settings.display().to_string();
        let pairs = [
            (
                "venue",
                format!("{} ({})", self.words, self.venue),
                format!("{} ({})", other.words, other.venue),
            ),
            ("database", self.database.clone(), other.database.clone()),
            ("settings", settings(self), settings(other)),
        ];
        let changes: Vec<String> = pairs
            .into_iter()
            .filter(|(_, now, new)| now != new)
            .map(|(what, now, new)| {
                format!("the fleet runs with {what} {now}; the file says {new}")
            })
            .collect();
        (!changes.is_empty()).then(|| changes.join("; "))
    }
}

/// What the fleet that runs now stands on; `None` when none runs, or an earlier version of this program looks after it.
///
/// # Errors
/// The folder's files cannot be read.
pub fn running_ground(folder: &FleetFolder) -> Result<Option<Ground>, FleetError> {
    let SupervisorState::Runs(holder) = supervisor_state(folder)? else {
        return Ok(None);
    };
    let record = SupervisorRecord::read(folder)?;
    Ok(record
        .filter(|record| holder.process.as_ref() == Some(&record.process))
        .and_then(|record| record.ground))
}

/// Looks whether a bot with this configuration would trade where its running fellows do.
///
/// # Errors
/// It would not.
pub fn check_ground(folder: &FleetFolder, config: &FleetConfig) -> Result<(), FleetError> {
    let change = running_ground(folder)?.and_then(|ground| ground.change_to(&Ground::of(config)));
    match change {
        Some(how) => Err(FleetError::Changed {
            path: folder.config_file(),
            how,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use std::path::Path;

    use super::*;

    fn ground(text: &str) -> Ground {
        Ground::of(&FleetConfig::parse(text, Path::new("/srv/fleet/fleet.toml")).unwrap())
    }

    #[test]
    fn what_bots_must_have_alike_is_told_apart_and_the_rest_is_not() {
        let before = ground("");
        for same in ["[bots]\nfull = 2", "[limits]\nlogs_kept = 1"] {
            assert_eq!(before.change_to(&ground(same)), None, "{same}");
        }
        let others = [
            ("[venue]\nurl = \"http://127.0.0.1:1\"", "127.0.0.1:1"),
            ("[venue]\nspeed = 2", "speed 2"),
            ("settings = \"other\"", "/srv/fleet/other"),
            ("[database]\ntarget = \"mysql://u@h/x\"", "mysql://u@h"),
            (
                "[venue]\nkind = \"coinbase\"\nkey_file = \"k\"\nlive = true",
                "real money",
            ),
        ];
        for (text, word) in others {
            let told = before.change_to(&ground(text)).unwrap();
            assert!(told.contains(word), "{told}");
        }
    }

    #[test]
    fn no_password_is_written_down() {
        let text =
            serde_json::to_string(&ground("[database]\ntarget = \"mysql://u:verysecret@h/x\""));
        assert!(!text.unwrap().contains("verysecret"));
    }
}
