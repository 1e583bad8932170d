//! A fleet's folder as it is made at first.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::FleetConfig;
use crate::error::FleetError;
use crate::folder::FleetFolder;

/// Where the local venue is, unless told otherwise.
pub(super) const LOCAL_URL: &str = "http://127.0.0.1:8710";
/// Where its WebSocket is.
pub(super) const LOCAL_WEBSOCKET: &str = "ws://127.0.0.1:8710/ws";

/// The text of a new `fleet.toml`: everything that there is, with what it is when it is left out.
pub(super) const FLEET_TOML: &str = r#"# The fleet. Unknown keys are refused. After a change: cbtrade fleet restart

# The bots' settings, from this folder. Check them: cbtrade settings check
settings = "settings"

[bots]
# Refreshes markets and figures for all others; it does not trade.
auto = 1
# Buy and sell.
full = 6
# Only buy, or only sell.
buy = 0
sell = 0

[venue]
# "local": a venue on this machine, for practice; no money is moved. Start it: cbtrade venue run
# "coinbase": the real one.
kind = "local"
url = "http://127.0.0.1:8710"
websocket = "ws://127.0.0.1:8710/ws"
# Seconds of the local venue in a second: as it was started with.
speed = 1
# With kind = "coinbase" instead of these three:
# key_file = "coinbase-key.sealed"   # the API key, sealed with a passphrase: cbtrade key seal coinbase-key.json
# live = true                        # REAL MONEY. Without it market data only, and every buy is paper.

[database]
# Left out: the private server of this home folder. The password comes from CBTRADE_MYSQL_PASSWORD.
# Practice needs a database of its own: cbtrade fleet practice DIR makes one, and a fleet for it.
# target = "mysql://cbtrade@127.0.0.1:3306/cbtrade"

[limits]
# A bot without a sign of life for so long is killed and started again.
heartbeat_seconds_max = 120
# A bot that was asked to end has so long before it is killed.
stop_seconds_max = 20
# A bot that ended starts again after the first wait; it doubles from end to end up to the second.
backoff_seconds_min = 1
backoff_seconds_max = 60
# A bot that ends so often in so many minutes is held until: cbtrade fleet restart NAME
brake_exits = 5
brake_minutes = 10
# A log larger than this is put aside; so many of them are kept for each bot.
log_mib_max = 10
logs_kept = 5
"#;

/// What [`FleetConfig::initialise`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Initialised {
    /// Files that were made.
    pub made: Vec<PathBuf>,
    /// Files that were there and stay as they are.
    pub kept: Vec<PathBuf>,
}

impl FleetConfig {
    /// Makes a fleet's folder with `fleet.toml` and these files of settings, each a name and a text. What is there stays as
    /// it is.
    ///
    /// # Errors
    /// A file or folder cannot be made.
    pub fn initialise(
        folder: &FleetFolder,
        settings: &[(&str, &str)],
    ) -> Result<Initialised, FleetError> {
        FleetConfig::make_folder(folder, FLEET_TOML, settings)
    }

    /// The same for practice on the database at `target`, with the local venue.
    ///
    /// # Errors
    /// As [`FleetConfig::initialise`].
    pub fn initialise_practice(
        folder: &FleetFolder,
        target: &str,
        settings: &[(&str, &str)],
    ) -> Result<Initialised, FleetError> {
        let target = toml::Value::from(target);
        let database = format!("[database]\n# A copy, for practice.\ntarget = {target}\n");
        let (before, rest) = FLEET_TOML
            .split_once("[database]\n")
            .unwrap_or((FLEET_TOML, ""));
        let after = rest
            .find("\n[")
            .map_or("", |at| rest.get(at..).unwrap_or(""));
        FleetConfig::make_folder(folder, &format!("{before}{database}{after}"), settings)
    }

    fn make_folder(
        folder: &FleetFolder,
        config: &str,
        settings: &[(&str, &str)],
    ) -> Result<Initialised, FleetError> {
        folder.prepare()?;
        let settings_folder = folder.path().join("settings");
        std::fs::create_dir_all(&settings_folder)
            .map_err(|source| FleetError::file("make the folder", &settings_folder, source))?;
        let mut done = Initialised::default();
        done.make(folder.config_file(), config)?;
        for (name, text) in settings {
            done.make(settings_folder.join(name), text)?;
        }
        Ok(done)
    }
}

impl Initialised {
    fn make(&mut self, path: PathBuf, text: &str) -> Result<(), FleetError> {
        match write_new(&path, text) {
            Ok(()) => self.made.push(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => self.kept.push(path),
            Err(source) => return Err(FleetError::file("write", &path, source)),
        }
        Ok(())
    }
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
