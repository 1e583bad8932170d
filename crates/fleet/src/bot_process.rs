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
use cbtrade_database::Database;
use cbtrade_exchange::Exchange;
use secrecy::SecretString;
use tokio::time::{Instant, sleep_until};

use crate::config::{BotName, FleetConfig, VenueConfig};
use crate::error::FleetError;
use crate::folder::FleetFolder;
use crate::guard::Guarded;
use crate::seat::Seat;

/// Between two tries to reach a venue that does not answer, at first and at most.
const VENUE_WAIT_MIN: Duration = Duration::from_millis(500);
const VENUE_WAIT_MAX: Duration = Duration::from_secs(30);
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
    /// A folder that every process on this machine shares, for the limit of requests to the venue.
    pub limits: PathBuf,
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
        let client = client(&self.config.venue, &self.limits)?;
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

    /// A bot, once the venue answers; `None` when it was asked to end before.
    async fn begin(
        &self,
        venue: &Arc<Guarded<Coinbase>>,
    ) -> Result<Option<Bot<Guarded<Coinbase>>>, FleetError> {
        let file = BeatFile::of(self.folder.path(), &self.bot.name);
        let first = Beat::first(&self.bot.name, self.bot.mode.name(), SystemClock.now());
        let pulse = Pulse::new(file, first);
        let mut wait = VENUE_WAIT_MIN;
        loop {
            let made = Bot::new(
                self.options(),
                self.database.clone(),
                Arc::clone(venue),
                self.journal.clone(),
                self.end.clone(),
            );
            // One question with all its tries may take longer than a supervisor waits for a sign of life.
            match pulse.beside(made, || 0).await {
                Ok(bot) => return Ok(Some(bot)),
                Err(BotError::Venue(source)) => pulse.tell(|beat| {
                    beat.doing = "waiting for the venue".to_owned();
                    beat.errors += 1;
                    beat.last_error = Some(source.to_string());
                }),
                Err(source) => return Err(self.failed(source)),
            }
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

/// The configured venue for questions; orders are refused. Nothing is sent yet. `limits` is the folder by which all
/// processes of this machine keep one limit of requests.
///
/// # Errors
/// Key or addresses that cannot be used.
pub fn open_venue(
    config: &VenueConfig,
    limits: &Path,
) -> Result<impl Exchange + use<>, FleetError> {
    Ok(Guarded::new(client(config, limits)?, false))
}

/// The client of the configured venue. Nothing is sent.
fn client(config: &VenueConfig, limits: &Path) -> Result<Coinbase, FleetError> {
    let settings = match config {
        VenueConfig::Local { url, websocket, .. } => Settings::local(url, websocket),
        VenueConfig::Coinbase { key_file, .. } => {
            let key = read_key(key_file)?;
            // That another machine is spoken to at all; orders are another matter, see `Guarded`.
            let mut settings = Settings::live(Arc::new(key));
            settings.limiter = Some(LimiterSettings::usual(limits.to_owned()));
            settings
        }
    };
    let settings = Settings {
        // Pauses of bots that lost the same venue must differ.
        seed: u64::from(std::process::id()),
        ..settings
    };
    Coinbase::new(settings).map_err(|source| FleetError::Venue(Box::new(source)))
}

fn read_key(path: &Path) -> Result<Key, FleetError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| FleetError::file("read the key file", path, source))?;
    Key::from_json(&SecretString::from(text)).map_err(|source| FleetError::Venue(Box::new(source)))
}

#[cfg(test)]
mod tests;
