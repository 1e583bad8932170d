//! What a bot is told at its start.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use cbtrade_core::{Clock, SystemClock, Timestamp};
use cbtrade_database::{Error, FileWrites, Location, Options};
use cbtrade_mysql::{Secret, Target};
use serde::{Deserialize, Serialize};

use crate::world::World;

/// Where the database is, as it travels to a bot.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub(crate) enum BotPlace {
    /// A server, or the proxy before it.
    Server {
        /// The target's URL, without a password.
        url: String,
        /// The password.
        password: Option<String>,
        /// The database with the candles.
        candles: String,
    },
    /// A file.
    File {
        /// The trading database.
        path: PathBuf,
        /// The candles.
        candles: PathBuf,
    },
}

impl fmt::Debug for BotPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BotPlace::Server { url, .. } => formatter.write_str(url),
            BotPlace::File { path, .. } => path.fmt(formatter),
        }
    }
}

impl BotPlace {
    /// A server's place.
    #[must_use]
    pub(crate) fn server(target: &Target, candles: &str) -> BotPlace {
        BotPlace::Server {
            url: target.display(),
            password: target
                .password
                .as_ref()
                .map(|password| password.expose().to_owned()),
            candles: candles.to_owned(),
        }
    }

    /// The place as the layer takes it.
    ///
    /// # Errors
    /// A URL that cannot be read.
    pub(crate) fn location(&self) -> Result<Location, Error> {
        match self {
            BotPlace::Server {
                url,
                password,
                candles,
            } => {
                let password = password.clone().map(Secret::new);
                match Location::parse(url, password.as_ref())? {
                    Location::Servers { targets, .. } => Ok(Location::Servers {
                        targets,
                        candles: candles.clone(),
                    }),
                    file @ Location::File { .. } => Ok(file),
                }
            }
            BotPlace::File { path, candles } => Ok(Location::File {
                path: path.clone(),
                candles: candles.clone(),
            }),
        }
    }
}

/// How long a bot's calls wait, in milliseconds, and how many connections it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Patience {
    /// Connections at most.
    pub connections_max: usize,
    /// For a free connection.
    pub acquire_ms: u64,
    /// For a call in all.
    pub call_ms: u64,
    /// Beyond it, for the outcome of a commit.
    pub outcome_ms: u64,
    /// For a lock.
    pub lock_ms: u64,
}

impl Patience {
    /// As bots have it.
    #[must_use]
    pub(crate) fn usual() -> Patience {
        let options = Options::default();
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Patience {
            connections_max: options.connections_max,
            acquire_ms: milliseconds(options.acquire_timeout),
            call_ms: milliseconds(options.call_timeout),
            outcome_ms: milliseconds(options.outcome_timeout),
            lock_ms: milliseconds(options.lock_wait),
        }
    }

    /// Short, so that every limit is met within a minute of faults.
    #[must_use]
    pub(crate) fn short() -> Patience {
        Patience {
            connections_max: 3,
            acquire_ms: 700,
            call_ms: 5_000,
            outcome_ms: 20_000,
            lock_ms: 1_000,
        }
    }
}

/// Something that bots do wrong on purpose, to see that the checker finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plant {
    /// Counters are read without a lock, then written.
    LostUpdate,
    /// Some writes are sent twice.
    DoubledWrite,
    /// Sessions read what others have not committed.
    DirtyRead,
    /// Some reads are answered from what was read before.
    StaleRead,
    /// Some writes are rolled back and told as done.
    LostCommit,
}

impl Plant {
    /// All of them.
    pub const ALL: [Plant; 5] = [
        Plant::LostUpdate,
        Plant::DoubledWrite,
        Plant::DirtyRead,
        Plant::StaleRead,
        Plant::LostCommit,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Plant::LostUpdate => "lost-update",
            Plant::DoubledWrite => "doubled-write",
            Plant::DirtyRead => "dirty-read",
            Plant::StaleRead => "stale-read",
            Plant::LostCommit => "lost-commit",
        }
    }
}

impl FromStr for Plant {
    type Err = String;

    fn from_str(text: &str) -> Result<Plant, String> {
        Plant::ALL
            .into_iter()
            .find(|plant| plant.name() == text)
            .ok_or_else(|| {
                let names: Vec<&str> = Plant::ALL.iter().map(|plant| plant.name()).collect();
                format!("one of {}", names.join(", "))
            })
    }
}

/// All that a bot is told; one line of JSON on its standard input, because it holds the password.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BotSettings {
    /// Which bot.
    pub bot: u32,
    /// Which of its lives.
    pub life: u32,
    /// How many bots there are.
    pub bots: u32,
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// Where the database is.
    pub place: BotPlace,
    /// The history to be written.
    pub history: PathBuf,
    /// The rows known by number.
    pub world: World,
    /// How long calls wait.
    pub patience: Patience,
    /// What to do wrong.
    pub plant: Option<Plant>,
    /// Write to a file as the old bots did.
    pub old_way: bool,
    /// Hold the row that writers share while the others are read: the server's snapshots alone are not enough.
    pub reads_held: bool,
}

impl BotSettings {
    /// The layer's options.
    #[must_use]
    pub(crate) fn options(&self, clock: Arc<dyn Clock>) -> Options {
        let patience = self.patience;
        let mut options = Options {
            connections_max: patience.connections_max,
            acquire_timeout: Duration::from_millis(patience.acquire_ms),
            call_timeout: Duration::from_millis(patience.call_ms),
            outcome_timeout: Duration::from_millis(patience.outcome_ms),
            lock_wait: Duration::from_millis(patience.lock_ms),
            program: format!("soak-bot-{}", self.bot),
            clock,
            ..Options::default()
        };
        if self.old_way {
            options.file_writes = FileWrites::EachForItself;
        }
        if self.plant == Some(Plant::DirtyRead) {
            options
                .at_connect
                .push("SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED".to_owned());
        }
        options
    }

    /// What the bot calls itself in leases.
    #[must_use]
    pub(crate) fn guid(&self) -> String {
        format!("soak-bot-{}.{}", self.bot, self.life)
    }
}

/// The machine's clock, put forward or back.
#[derive(Debug, Default)]
pub(crate) struct JumpingClock {
    seconds: AtomicI64,
}

impl JumpingClock {
    /// Puts it forward (or back) by so many seconds from the machine's time.
    pub(crate) fn jump(&self, seconds: i64) {
        self.seconds.store(seconds, Ordering::Relaxed);
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now();
        let by = self.seconds.load(Ordering::Relaxed);
        Timestamp::from_seconds(now.as_seconds().saturating_add(by)).unwrap_or(now)
    }
}

/// What a bot is told while it runs; one word a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// End what is under way, write the figures, and go.
    Stop,
    /// For so many milliseconds do nothing but count in one and the same row.
    Storm(u64),
    /// For so many milliseconds keep all connections in use.
    Crowd(u64),
    /// Put the clock forward (or back) by so many seconds.
    Jump(i64),
}

impl fmt::Display for Order {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Order::Stop => formatter.write_str("stop"),
            Order::Storm(milliseconds) => write!(formatter, "storm {milliseconds}"),
            Order::Crowd(milliseconds) => write!(formatter, "crowd {milliseconds}"),
            Order::Jump(seconds) => write!(formatter, "jump {seconds}"),
        }
    }
}

impl FromStr for Order {
    type Err = String;

    fn from_str(text: &str) -> Result<Order, String> {
        let wrong = || format!("{text:?} is no order");
        let (word, number) = text.split_once(' ').unwrap_or((text, "0"));
        let number = || number.parse().map_err(|_| wrong());
        match word {
            "stop" => Ok(Order::Stop),
            "storm" => Ok(Order::Storm(u64::try_from(number()?).map_err(|_| wrong())?)),
            "crowd" => Ok(Order::Crowd(u64::try_from(number()?).map_err(|_| wrong())?)),
            "jump" => Ok(Order::Jump(number()?)),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_read_back() {
        for order in [
            Order::Stop,
            Order::Storm(3),
            Order::Crowd(4),
            Order::Jump(-5),
        ] {
            assert_eq!(order.to_string().parse(), Ok(order));
        }
        assert!("dance".parse::<Order>().is_err() && "storm x".parse::<Order>().is_err());
    }

    #[test]
    fn a_place_does_not_show_its_password() {
        let place = BotPlace::Server {
            url: "mysql://bot@localhost/cbtrade".to_owned(),
            password: Some("hidden".to_owned()),
            candles: "ohlcv".to_owned(),
        };
        assert!(!format!("{place:?}").contains("hidden"));
    }
}
