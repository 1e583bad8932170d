//! One bot as a process of the fleet: its seat, its venue, its database, its life.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cbtrade_bot::beat::{Beat, BeatFile};
use cbtrade_bot::journal::Journal;
use cbtrade_bot::orders::Patience;
use cbtrade_bot::{Bot, BotError, BotOptions, EndSwitch, Pulse};
use cbtrade_coinbase::{Coinbase, Key, LimiterSettings, Settings};
use cbtrade_core::{Clock as _, SystemClock};
use cbtrade_database::{Database, ErrorKind};
use cbtrade_exchange::Exchange;
use cbtrade_vault::Passphrase;
use tokio::time::{Instant, sleep_until};

use crate::config::{BotName, FleetConfig, VenueConfig};
use crate::error::FleetError;
use crate::folder::FleetFolder;
use crate::guard::Guarded;
use crate::key;
use crate::ownership;
use crate::seat::Seat;

/// Between two tries to reach a venue that does not answer, at first and at most.
const VENUE_WAIT_MIN: Duration = Duration::from_millis(500);
const VENUE_WAIT_MAX: Duration = Duration::from_secs(30);
/// However fast a venue's time runs, its streams may be silent for so long.
const SILENCE_MIN: Duration = Duration::from_secs(4);
/// How often it is looked meanwhile whether the bot is asked to end.
const END_POLL: Duration = Duration::from_millis(100);

/// What a bot's process is made of.
#[derive(Debug)]
pub struct BotProcess {
    /// The fleet's folder.
    pub folder: FleetFolder,
    /// The fleet's configuration.
    pub config: FleetConfig,
    /// The bot.
    pub bot: BotName,
    /// The database.
    pub database: Database,
    /// What opens the venue's key, where the venue has one.
    pub passphrase: Option<Passphrase>,
    /// A folder that every process on this machine shares, for the limit of requests to the venue.
    pub limits: PathBuf,
    /// Whether practice may have a database that holds live trades.
    pub may_practise: bool,
    /// Ends after so many rounds; 0 goes on until it is asked to end.
    pub rounds_max: u64,
    /// Where its words go.
    pub journal: Journal,
    /// Asks it to end.
    pub end: EndSwitch,
}

impl BotProcess {
    /// Takes the bot's seat and trades until it is asked to end. A venue that does not answer is waited for.
    ///
    /// # Errors
    /// The seat is taken; key, settings or clock cannot be used.
    pub async fn run(self) -> Result<(), FleetError> {
        let _seat = Seat::of_bot(&self.folder, &self.bot.name)?;
        let key = key::open_of(&self.config.venue, self.passphrase.as_ref())?;
        let client = client(&self.config.venue, key, &self.limits)?;
        let may_order = self.config.venue.takes_orders();
        let venue = Arc::new(Guarded::new(client, may_order));
        let Some(bot) = self.begin(&venue).await? else {
            return Ok(());
        };
        bot.run().await.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: BotError) -> FleetError {
        FleetError::Bot {
            name: self.bot.name.clone(),
            source: Box::new(source),
        }
    }

    fn options(&self) -> BotOptions {
        let speed = match self.config.venue {
            VenueConfig::Local { speed, .. } => speed,
            VenueConfig::Coinbase { .. } => 1,
        };
        BotOptions {
            name: self.bot.name.clone(),
            mode: self.bot.mode,
            folder: self.folder.path().to_owned(),
            settings: self.config.settings.clone(),
            speed,
            patience: Patience::at_speed(speed),
            rounds_max: self.rounds_max,
            may_trade_live: self.config.venue.takes_orders(),
        }
    }

    async fn made(
        &self,
        venue: &Arc<Guarded<Coinbase>>,
    ) -> Result<Bot<Guarded<Coinbase>>, BotError> {
        Bot::new(
            self.options(),
            self.database.clone(),
            Arc::clone(venue),
            self.journal.clone(),
            self.end.clone(),
        )
        .await
    }

    /// Makes sure that the database is this venue's; gives what is in the way where it must be waited for.
    async fn claim(&self) -> Result<Option<cbtrade_database::Error>, FleetError> {
        let by = format!("bot {}", self.bot.name);
        let venue = &self.config.venue;
        match ownership::claim(&self.database, venue, self.may_practise, &by).await {
            Ok(_) => Ok(None),
            Err(FleetError::Database(source)) if source.kind != ErrorKind::Answer => {
                Ok(Some(*source))
            }
            Err(error) => Err(error),
        }
    }

    /// A bot, once venue and database answer; `None` when it was asked to end before.
    async fn begin(
        &self,
        venue: &Arc<Guarded<Coinbase>>,
    ) -> Result<Option<Bot<Guarded<Coinbase>>>, FleetError> {
        let file = BeatFile::of(self.folder.path(), &self.bot.name);
        let first = Beat::first(&self.bot.name, self.bot.mode.name(), SystemClock.now());
        let pulse = Pulse::new(file, first);
        let mut wait = VENUE_WAIT_MIN;
        loop {
            // One question with all its tries may take longer than a supervisor waits for a sign of life.
            let (doing, error) = match pulse.beside(self.claim(), || 0).await? {
                Some(source) => ("waiting for the database", source.to_string()),
                None => match pulse.beside(self.made(venue), || 0).await {
                    Ok(bot) => return Ok(Some(bot)),
                    Err(BotError::Venue(source)) => ("waiting for the venue", source.to_string()),
                    Err(source) => return Err(self.failed(source)),
                },
            };
            pulse
                .tell(|beat| {
                    beat.doing = doing.to_owned();
                    beat.errors += 1;
                    beat.last_error = Some(error);
                })
                .map_err(|source| FleetError::Beat(Box::new(source)))?;
            let until = Instant::now() + wait;
            while Instant::now() < until && !self.end.is_asked() {
                sleep_until(until.min(Instant::now() + END_POLL)).await;
            }
            if self.end.is_asked() {
                return Ok(None);
            }
            wait = VENUE_WAIT_MAX.min(wait * 2);
        }
    }
}

/// The configured venue for questions; orders are refused. Nothing is sent yet. `passphrase` opens its key, where it has
/// one; `limits` is the folder by which all processes of this machine keep one limit of requests.
///
/// # Errors
/// Key or addresses that cannot be used.
pub fn open_venue(
    config: &VenueConfig,
    passphrase: Option<&Passphrase>,
    limits: &Path,
) -> Result<impl Exchange + use<>, FleetError> {
    let key = key::open_of(config, passphrase)?;
    Ok(Guarded::new(client(config, key, limits)?, false))
}

/// The client of the configured venue. Nothing is sent.
fn client(config: &VenueConfig, key: Option<Key>, limits: &Path) -> Result<Coinbase, FleetError> {
    let key = key.map(Arc::new);
    let settings = match (config, key) {
        (
            VenueConfig::Local {
                url,
                websocket,
                speed,
                ..
            },
            key,
        ) => {
            let usual = Settings::local(url, websocket);
            Settings {
                key,
                silence: silence(usual.silence, *speed),
                ..usual
            }
        }
        (VenueConfig::Coinbase { .. }, Some(key)) => Settings {
            limiter: Some(LimiterSettings::usual(limits.to_owned())),
            // That another machine is spoken to at all; orders are another matter, see `Guarded`.
            ..Settings::live(key)
        },
        (VenueConfig::Coinbase { key_file, .. }, None) => {
            return Err(FleetError::NoPassphrase {
                path: key_file.clone(),
            });
        }
    };
    let settings = Settings {
        // Pauses of bots that lost the same venue must differ.
        seed: u64::from(std::process::id()),
        ..settings
    };
    Coinbase::new(settings).map_err(|source| FleetError::Venue(Box::new(source)))
}

/// How long a stream of a venue may be silent whose time runs `speed` times as fast: its beats take their time on our clock.
fn silence(usual: Duration, speed: u32) -> Duration {
    (usual / speed.max(1)).max(SILENCE_MIN)
}

#[cfg(test)]
mod tests;
