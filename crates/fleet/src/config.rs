//! `fleet.toml`: which bots, on which venue, with which database, within which bounds.

mod example;

use std::path::{Path, PathBuf};
use std::time::Duration;

use cbtrade_bot::Mode;
use serde::Deserialize;

use crate::error::FleetError;
use crate::folder::FleetFolder;
use crate::policy::RestartPolicy;

pub use example::Initialised;

/// Bots of one mode; each is a process, and a typing error should not start thousands.
const BOTS_OF_MODE_MAX: u32 = 64;
/// A venue whose time runs faster than this cannot be followed.
const SPEED_MAX: u32 = 10_000;

/// One bot of the fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotName {
    /// Its name, such as `full-1`.
    pub name: String,
    /// What it does.
    pub mode: Mode,
}

/// Where orders go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VenueConfig {
    /// The venue on this machine, for practice: no money is moved.
    Local {
        /// Its REST address.
        url: String,
        /// Its WebSocket address.
        websocket: String,
        /// How many of its seconds pass in a second.
        speed: u32,
        /// The sealed file of a key, for a venue that wants one.
        key_file: Option<PathBuf>,
    },
    /// Coinbase.
    Coinbase {
        /// The sealed file of the API key.
        key_file: PathBuf,
        /// Whether orders are sent. Without it every buy is paper.
        live: bool,
    },
}

impl VenueConfig {
    /// Its name in `fleet.toml`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            VenueConfig::Local { .. } => "local",
            VenueConfig::Coinbase { .. } => "coinbase",
        }
    }

    /// The local venue where it is unless told otherwise.
    #[must_use]
    pub fn practice() -> VenueConfig {
        VenueConfig::Local {
            url: example::LOCAL_URL.to_owned(),
            websocket: example::LOCAL_WEBSOCKET.to_owned(),
            speed: 1,
            key_file: None,
        }
    }

    /// The sealed file of its key, where it has one.
    #[must_use]
    pub fn key_file(&self) -> Option<&Path> {
        match self {
            VenueConfig::Local { key_file, .. } => key_file.as_deref(),
            VenueConfig::Coinbase { key_file, .. } => Some(key_file),
        }
    }

    /// Whether orders are sent to it.
    #[must_use]
    pub fn takes_orders(&self) -> bool {
        match self {
            VenueConfig::Local { .. } => true,
            VenueConfig::Coinbase { live, .. } => *live,
        }
    }

    /// Whether real money is moved.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self, VenueConfig::Coinbase { live: true, .. })
    }

    /// What it means for the operator's money.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            VenueConfig::Local { url, .. } => format!("local at {url} (practice, no money)"),
            VenueConfig::Coinbase { live: true, .. } => "coinbase, LIVE: real money".to_owned(),
            VenueConfig::Coinbase { live: false, .. } => {
                "coinbase, market data only: every buy is paper".to_owned()
            }
        }
    }
}

/// The bounds that the supervisor keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// A bot that gives no sign of life for so many seconds is killed and started again.
    pub heartbeat_seconds_max: u64,
    /// A bot that was asked to end and has not after so many seconds is killed.
    pub stop_seconds_max: u64,
    /// The first wait before a bot that ended starts again, in seconds; it doubles from end to end.
    pub backoff_seconds_min: u64,
    /// The longest such wait, in seconds.
    pub backoff_seconds_max: u64,
    /// A bot that ends so often within `brake_minutes` is held.
    pub brake_exits: u32,
    /// The time over which ends are counted, in minutes.
    pub brake_minutes: u64,
    /// Size from which a log is put aside, in MiB.
    pub log_mib_max: u64,
    /// Logs put aside that are kept, per bot.
    pub logs_kept: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            heartbeat_seconds_max: 120,
            stop_seconds_max: 20,
            backoff_seconds_min: 1,
            backoff_seconds_max: 60,
            brake_exits: 5,
            brake_minutes: 10,
            log_mib_max: 10,
            logs_kept: 5,
        }
    }
}

impl Limits {
    pub(crate) fn heartbeat_max(&self) -> Duration {
        Duration::from_secs(self.heartbeat_seconds_max)
    }

    /// How long a bot that was asked to end may take.
    #[must_use]
    pub fn stop_max(&self) -> Duration {
        Duration::from_secs(self.stop_seconds_max)
    }

    pub(crate) fn log_bytes_max(&self) -> u64 {
        self.log_mib_max.saturating_mul(1024 * 1024)
    }

    pub(crate) fn policy(&self) -> RestartPolicy {
        RestartPolicy {
            backoff_min: Duration::from_secs(self.backoff_seconds_min),
            backoff_max: Duration::from_secs(self.backoff_seconds_max),
            brake_exits: usize::try_from(self.brake_exits).unwrap_or(usize::MAX),
            brake_window: Duration::from_secs(self.brake_minutes.saturating_mul(60)),
        }
    }
}

/// A fleet as `fleet.toml` says it, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetConfig {
    /// The bots, in the order in which they are started.
    pub bots: Vec<BotName>,
    /// The folder of the bots' settings.
    pub settings: PathBuf,
    /// Where orders go.
    pub venue: VenueConfig,
    /// Where the database is; absent for the private server of the home folder.
    pub database: Option<String>,
    /// The bounds.
    pub limits: Limits,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    settings: PathBuf,
    bots: Bots,
    venue: Venue,
    database: DatabaseTable,
    limits: Limits,
}

impl Default for File {
    fn default() -> File {
        File {
            settings: PathBuf::from("settings"),
            bots: Bots::default(),
            venue: Venue::default(),
            database: DatabaseTable::default(),
            limits: Limits::default(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Bots {
    auto: u32,
    full: u32,
    buy: u32,
    sell: u32,
}

impl Default for Bots {
    fn default() -> Bots {
        Bots {
            auto: 1,
            full: 6,
            buy: 0,
            sell: 0,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Venue {
    kind: Option<String>,
    url: Option<String>,
    websocket: Option<String>,
    key_file: Option<PathBuf>,
    live: Option<bool>,
    speed: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DatabaseTable {
    target: Option<String>,
}

impl FleetConfig {
    /// Reads the configuration of a fleet.
    ///
    /// # Errors
    /// There is none; it has an unknown key or a value that cannot be, each named.
    pub fn read(folder: &FleetFolder) -> Result<FleetConfig, FleetError> {
        let path = folder.config_file();
        let text = std::fs::read_to_string(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => FleetError::NoConfig {
                folder: folder.path().to_owned(),
            },
            _ => FleetError::file("read", &path, source),
        })?;
        FleetConfig::parse(&text, &path)
    }

    /// Reads the configuration from a text; relative paths in it count from the folder of `path`.
    ///
    /// # Errors
    /// As [`FleetConfig::read`].
    pub(crate) fn parse(text: &str, path: &Path) -> Result<FleetConfig, FleetError> {
        let file: File = toml::from_str(text).map_err(|source| FleetError::Config {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        let check = Check { path };
        let folder = path.parent().unwrap_or(Path::new(""));
        check.limits(&file.limits)?;
        Ok(FleetConfig {
            bots: check.bots(&file.bots)?,
            settings: folder.join(file.settings),
            venue: check.venue(file.venue, folder)?,
            database: file.database.target.filter(|target| !target.is_empty()),
            limits: file.limits,
        })
    }

    /// The bot of this name.
    ///
    /// # Errors
    /// The fleet has none.
    pub fn bot(&self, name: &str) -> Result<&BotName, FleetError> {
        self.bots
            .iter()
            .find(|bot| bot.name == name)
            .ok_or_else(|| FleetError::NoSuchBot {
                name: name.to_owned(),
                known: self
                    .bots
                    .iter()
                    .map(|bot| bot.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }
}

struct Check<'a> {
    path: &'a Path,
}

impl Check<'_> {
    fn refused(&self, key: &str, why: impl Into<String>) -> FleetError {
        FleetError::Value {
            path: self.path.to_owned(),
            key: key.to_owned(),
            why: why.into(),
        }
    }

    fn bots(&self, bots: &Bots) -> Result<Vec<BotName>, FleetError> {
        let counts = [bots.auto, bots.full, bots.buy, bots.sell];
        let mut names = Vec::new();
        for (mode, count) in Mode::ALL.into_iter().zip(counts) {
            if count > BOTS_OF_MODE_MAX {
                return Err(self.refused(
                    &format!("bots.{}", mode.name()),
                    format!(
                        "is {count}; more than {BOTS_OF_MODE_MAX} bots of one mode are not started"
                    ),
                ));
            }
            names.extend((1..=count).map(|number| BotName {
                name: format!("{}-{number}", mode.name()),
                mode,
            }));
        }
        if names.is_empty() {
            return Err(self.refused("bots", "has no bot at all"));
        }
        Ok(names)
    }

    fn venue(&self, venue: Venue, folder: &Path) -> Result<VenueConfig, FleetError> {
        match venue.kind.as_deref().unwrap_or("local") {
            "local" => {
                self.none_of(&[("venue.live", venue.live.is_some())], "local")?;
                Ok(VenueConfig::Local {
                    url: venue.url.unwrap_or_else(|| example::LOCAL_URL.to_owned()),
                    websocket: venue
                        .websocket
                        .unwrap_or_else(|| example::LOCAL_WEBSOCKET.to_owned()),
                    speed: self.speed(venue.speed)?,
                    key_file: venue.key_file.map(|file| folder.join(file)),
                })
            }
            "coinbase" => {
                let strange = [
                    ("venue.url", venue.url.is_some()),
                    ("venue.websocket", venue.websocket.is_some()),
                    ("venue.speed", venue.speed.is_some()),
                ];
                self.none_of(&strange, "coinbase")?;
                let Some(key_file) = venue.key_file else {
                    return Err(self.refused(
                        "venue.key_file",
                        "is missing: Coinbase answers questions about balances and orders only with an API key",
                    ));
                };
                Ok(VenueConfig::Coinbase {
                    key_file: folder.join(key_file),
                    live: venue.live.unwrap_or(false),
                })
            }
            other => Err(self.refused(
                "venue.kind",
                format!("is {other:?}; it can be \"local\" or \"coinbase\""),
            )),
        }
    }

    fn speed(&self, speed: Option<u32>) -> Result<u32, FleetError> {
        let speed = speed.unwrap_or(1);
        if !(1..=SPEED_MAX).contains(&speed) {
            return Err(self.refused(
                "venue.speed",
                format!("is {speed}; it can be 1 to {SPEED_MAX}"),
            ));
        }
        Ok(speed)
    }

    fn none_of(&self, keys: &[(&str, bool)], kind: &str) -> Result<(), FleetError> {
        match keys.iter().find(|(_, is_set)| *is_set) {
            Some((key, _)) => Err(self.refused(
                key,
                format!("does not belong to a venue of kind \"{kind}\""),
            )),
            None => Ok(()),
        }
    }

    fn limits(&self, limits: &Limits) -> Result<(), FleetError> {
        let ranges = [
            (
                "heartbeat_seconds_max",
                limits.heartbeat_seconds_max,
                5,
                86_400,
            ),
            ("stop_seconds_max", limits.stop_seconds_max, 1, 600),
            ("backoff_seconds_min", limits.backoff_seconds_min, 1, 3_600),
            (
                "backoff_seconds_max",
                limits.backoff_seconds_max,
                limits.backoff_seconds_min,
                3_600,
            ),
            ("brake_exits", limits.brake_exits.into(), 2, 1_000),
            ("brake_minutes", limits.brake_minutes, 1, 1_440),
            ("log_mib_max", limits.log_mib_max, 1, 10_240),
            ("logs_kept", limits.logs_kept.into(), 0, 100),
        ];
        for (key, value, lowest, highest) in ranges {
            if !(lowest..=highest).contains(&value) {
                return Err(self.refused(
                    &format!("limits.{key}"),
                    format!("is {value}; it can be {lowest} to {highest}"),
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
