//! What lies where in a fleet's folder.

use std::path::{Path, PathBuf};

use crate::error::FleetError;

/// The folder of one fleet:
///
/// | in it | what |
/// |---|---|
/// | `fleet.toml` | the fleet's configuration |
/// | `settings/` | the bots' settings |
/// | `stop` | the stop that works with the database down; absent while nothing is stopped |
/// | `logs/` | one log per bot, and the supervisor's |
/// | `bots/` | signs of life and seats (locks) of the bots |
/// | `requests/` | what other processes ask of the supervisor |
/// | `supervisor.json`, `supervisor.lock` | what the supervisor does; that there is one only |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetFolder {
    path: PathBuf,
}

impl FleetFolder {
    /// The fleet's folder at this place; it need not exist yet.
    ///
    /// # Errors
    /// A relative path in a working directory that cannot be found out.
    pub fn new(path: &Path) -> Result<FleetFolder, FleetError> {
        let path =
            std::path::absolute(path).map_err(|source| FleetError::file("find", path, source))?;
        Ok(FleetFolder { path })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The fleet's configuration.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.path.join("fleet.toml")
    }

    /// The log of a bot, or of the `supervisor`.
    #[must_use]
    pub fn log_file(&self, name: &str) -> PathBuf {
        self.path.join("logs").join(format!("{name}.log"))
    }

    /// The supervisor's own log.
    #[must_use]
    pub fn supervisor_log(&self) -> PathBuf {
        self.log_file("supervisor")
    }

    pub(crate) fn bots(&self) -> PathBuf {
        self.path.join("bots")
    }

    pub(crate) fn seat_file(&self, name: &str) -> PathBuf {
        self.bots().join(format!("{name}.lock"))
    }

    pub(crate) fn requests(&self) -> PathBuf {
        self.path.join("requests")
    }

    pub(crate) fn supervisor_record(&self) -> PathBuf {
        self.path.join("supervisor.json")
    }

    pub(crate) fn supervisor_seat(&self) -> PathBuf {
        self.path.join("supervisor.lock")
    }

    /// Makes the folder with what the supervisor needs in it.
    ///
    /// # Errors
    /// A folder cannot be made.
    pub fn prepare(&self) -> Result<(), FleetError> {
        let logs = self.path.join("logs");
        for folder in [self.path.clone(), logs, self.bots(), self.requests()] {
            std::fs::create_dir_all(&folder)
                .map_err(|source| FleetError::file("make the folder", &folder, source))?;
        }
        Ok(())
    }

    /// Names of bots that ever sat in this folder.
    pub(crate) fn seats(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.bots()) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| {
                let name = entry.ok()?.file_name();
                Some(name.to_str()?.strip_suffix(".lock")?.to_owned())
            })
            .collect();
        names.sort();
        names
    }
}

/// Writes a file so that a reader finds the old content or the new one. Not forced to the disk: these files say what
/// happens now, and after a power failure nothing of it is true.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), FleetError> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    std::fs::write(&new, bytes)
        .and_then(|()| std::fs::rename(&new, path))
        .map_err(|source| FleetError::file("write", path, source))
}
