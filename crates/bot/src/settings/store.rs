//! The settings files, read again while bots run.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::orders::chain;

use super::bot::{BOT_FILE, BotSettings};
use super::check::{Finding, check};
use super::error::SettingsError;
use super::market::MarketSettings;

/// All settings of a process.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// `bot.json`.
    pub bot: BotSettings,
    /// The markets by quote currency.
    pub markets: BTreeMap<String, MarketSettings>,
}

/// The files of a first run.
const EXAMPLE: [(&str, &str); 2] = [
    (BOT_FILE, include_str!("example/bot.json")),
    ("market_usdc.json", include_str!("example/market_usdc.json")),
];

impl Settings {
    /// The files of a first run, by name: the operator's defaults.
    #[must_use]
    pub const fn example() -> [(&'static str, &'static str); 2] {
        EXAMPLE
    }

    /// Writes the files of a first run into a folder. A file that is there is left as it is: settings are never written over
    /// (B-12).
    ///
    /// # Errors
    ///
    /// A folder or file that cannot be written.
    pub fn write_example(folder: &Path) -> Result<Vec<PathBuf>, SettingsError> {
        let mut written = Vec::new();
        for (name, text) in EXAMPLE {
            let path = folder.join(name);
            let unwritable = |source| SettingsError::Unwritable {
                path: path.clone(),
                source,
            };
            let file = match File::create_new(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                created => created.map_err(unwritable)?,
            };
            (&file).write_all(text.as_bytes()).map_err(unwritable)?;
            written.push(path);
        }
        Ok(written)
    }

    /// Everything that is wrong with the files of a folder; nothing where they can be used.
    #[must_use]
    pub fn faults(folder: &Path) -> Vec<SettingsError> {
        let text_of = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(|source| SettingsError::Unreadable { path, source })
        };
        let (mut faults, bot) = match text_of(BOT_FILE) {
            Ok(text) => BotSettings::faults(&text),
            Err(error) => (vec![error], None),
        };
        for file in bot.iter().flat_map(|bot| bot.markets.values()) {
            match text_of(file) {
                Ok(text) => faults.extend(MarketSettings::faults(file, &text)),
                Err(error) => faults.push(error),
            }
        }
        faults
    }

    /// What the operator should know of these settings, once.
    #[must_use]
    pub fn check(&self) -> Vec<Finding> {
        check(self)
    }
}

/// What came of looking at the files again.
#[derive(Debug)]
pub enum Reload {
    /// They are as they were.
    Unchanged,
    /// They changed and are in force, with what was not known of the former ones.
    Changed {
        /// New findings.
        findings: Vec<Finding>,
    },
    /// They changed and cannot be used: the last good settings stay in force. To be told; the next looks say
    /// [`StillKept`](Reload::StillKept) until the files change again.
    Kept {
        /// What is wrong.
        error: SettingsError,
    },
    /// They are as wrong as they were.
    StillKept,
}

/// The settings files of a folder. They are read, never written.
#[derive(Debug)]
pub struct SettingsStore {
    folder: PathBuf,
    current: Arc<Settings>,
    /// What was in the files at the last look; none where a file could not be read.
    seen: BTreeMap<String, Option<String>>,
    /// Why the files that were seen last are not in force.
    problem: Option<String>,
}

/// The texts of `bot.json` and of every market that it names.
struct Look {
    texts: BTreeMap<String, Option<String>>,
    settings: Result<Settings, SettingsError>,
}

fn look(folder: &Path) -> Look {
    let mut texts = BTreeMap::new();
    let settings = read(folder, &mut texts);
    Look { texts, settings }
}

fn read(
    folder: &Path,
    texts: &mut BTreeMap<String, Option<String>>,
) -> Result<Settings, SettingsError> {
    let mut text_of = |name: &str| {
        let path = folder.join(name);
        let text = fs::read_to_string(&path);
        texts.insert(name.to_owned(), text.as_ref().ok().cloned());
        text.map_err(|source| SettingsError::Unreadable { path, source })
    };
    let bot = BotSettings::read(&text_of(BOT_FILE)?)?;
    let mut markets = BTreeMap::new();
    for (quote, file) in &bot.markets {
        let text = text_of(file)?;
        markets.insert(quote.clone(), MarketSettings::read(file, &text)?);
    }
    Ok(Settings { bot, markets })
}

impl SettingsStore {
    /// Reads the files for the first time.
    ///
    /// # Errors
    ///
    /// A file that is missing or wrong: there are no last good settings yet, and none are made up.
    pub fn open(folder: &Path) -> Result<Self, SettingsError> {
        let Look { texts, settings } = look(folder);
        Ok(Self {
            folder: folder.to_owned(),
            current: Arc::new(settings?),
            seen: texts,
            problem: None,
        })
    }

    /// The last good settings.
    #[must_use]
    pub fn current(&self) -> &Arc<Settings> {
        &self.current
    }

    /// Why the files as they are now are not in force, where they are not.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Looks at the files again. Call it at the beginning of every round.
    pub fn reload(&mut self) -> Reload {
        let Look { texts, settings } = look(&self.folder);
        if texts == self.seen {
            return match self.problem {
                None => Reload::Unchanged,
                Some(_) => Reload::StillKept,
            };
        }
        self.seen = texts;
        match settings {
            Ok(settings) => {
                self.problem = None;
                let known = self.current.check();
                let mut findings = settings.check();
                findings.retain(|finding| !known.contains(finding));
                self.current = Arc::new(settings);
                Reload::Changed { findings }
            }
            Err(error) => {
                self.problem = Some(chain(&error));
                Reload::Kept { error }
            }
        }
    }
}
