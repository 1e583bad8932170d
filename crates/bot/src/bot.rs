//! A bot: what it is given, and what it is made of.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cbtrade_core::{Clock as _, Timestamp};
use cbtrade_database::{Database, Error as DatabaseError, Operation};
use cbtrade_exchange::{Exchange, ExchangeError};

use crate::beat::{Beat, BeatFile};
use crate::candles::CandleCache;
use crate::clock::VenueClock;
use crate::hints::{Hints, Pauses};
use crate::journal::{Journal, Weight};
use crate::orders::{OrderError, Orders, Patience};
use crate::pulse::Pulse;
use crate::settings::{Settings, SettingsError, SettingsStore};
use crate::stop::StopFile;

/// What a bot does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Refreshes products, balances and performance for all; does not trade.
    Auto,
    /// Buys and sells.
    Full,
    /// Buys only.
    Buy,
    /// Sells only.
    Sell,
}

impl Mode {
    /// All.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Full, Self::Buy, Self::Sell];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Full => "full",
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }

    /// The mode of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    pub(crate) const fn buys(self) -> bool {
        matches!(self, Self::Full | Self::Buy)
    }

    pub(crate) const fn sells(self) -> bool {
        matches!(self, Self::Full | Self::Sell)
    }
}

/// What a bot is started with.
#[derive(Debug, Clone)]
pub struct BotOptions {
    /// Its name in the fleet, such as `full-3`.
    pub name: String,
    /// What it does.
    pub mode: Mode,
    /// The fleet's folder: stop file, signs of life.
    pub folder: PathBuf,
    /// Folder of `bot.json` and the markets' files.
    pub settings: PathBuf,
    /// How many of the venue's seconds pass in a second: 1, but for a local venue whose time runs faster.
    pub speed: u32,
    /// How long the venue is given.
    pub patience: Patience,
    /// Ends after so many rounds; 0 goes on until it is told to end.
    pub rounds_max: u64,
    /// Whether live orders may be sent at all. Without it every buy is on paper and live positions are only watched.
    pub may_trade_live: bool,
}

/// A bot cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum BotError {
    /// The operator's settings cannot be used, and there are none from before.
    #[error("the settings cannot be used; `cbtrade settings check` says what is wrong with them")]
    Settings(#[from] SettingsError),
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Database(#[from] DatabaseError),
    /// The venue cannot be used.
    #[error("the venue cannot be used")]
    Venue(#[from] ExchangeError),
    /// Orders cannot be followed.
    #[error("orders cannot be followed")]
    Orders(#[from] OrderError),
    /// A key that may do more than a bot needs.
    #[error("the key may move money away; make one for bots that may only view and trade")]
    KeyTooStrong,
    /// A key that may not trade, where live trading is asked for.
    #[error("live trading is switched on, but the key may not trade")]
    KeyTooWeak,
    /// The clocks differ too much for signed requests.
    #[error(
        "this machine's clock differs by {seconds} s from the venue's; set it (for example with chrony), then start again"
    )]
    ClockSkew {
        /// By so much.
        seconds: i64,
    },
}

/// What stays as it is, is said again after so many of the venue's seconds.
const SAID_AGAIN_AFTER_S: i64 = 3_600;

/// Counters of a bot's life.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) rounds: AtomicU64,
    pub(crate) passes: AtomicU64,
    pub(crate) buys: AtomicU64,
    pub(crate) sells: AtomicU64,
    pub(crate) errors: AtomicU64,
}

/// Adds one to a counter.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Asks a bot to end. It ends after the order it is at.
#[derive(Debug, Clone, Default)]
pub struct EndSwitch(Arc<(AtomicBool, tokio::sync::Notify)>);

impl EndSwitch {
    /// Asks.
    pub fn ask(&self) {
        self.0.0.store(true, Ordering::SeqCst);
        self.0.1.notify_waiters();
    }

    /// Whether it was asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    /// Waits so long, or until the bot is asked to end.
    pub(crate) async fn wait(&self, time: Duration) {
        let asked = self.0.1.notified();
        if self.is_asked() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = asked => {}
        }
    }
}

/// A bot at work.
#[derive(Debug)]
pub struct Bot<E> {
    pub(crate) options: BotOptions,
    pub(crate) orders: Orders<E>,
    settings: Mutex<SettingsStore>,
    pub(crate) candles: CandleCache,
    /// What the venue says without being asked.
    pub(crate) hints: Hints,
    pub(crate) counters: Counters,
    pub(crate) end: EndSwitch,
    pub(crate) host: String,
    pub(crate) pulse: Pulse,
    /// What went wrong last, until the next sign of life has told it.
    pub(crate) last_error: Mutex<Option<String>>,
    /// What was said last of each thing, and when: what stays as it is, is not said in every round.
    said: Mutex<BTreeMap<String, (String, Timestamp)>>,
}

impl<E: Exchange> Bot<E> {
    /// A bot that has not begun yet.
    ///
    /// # Errors
    /// Settings that cannot be used; a venue that does not answer.
    pub async fn new(
        options: BotOptions,
        database: Database,
        exchange: Arc<E>,
        journal: Journal,
        end: EndSwitch,
    ) -> Result<Self, BotError> {
        let settings = SettingsStore::open(&options.settings)?;
        let now = exchange.server_time().await?;
        let clock = Arc::new(VenueClock::new(now, options.speed));
        let beat = Beat::first(&options.name, options.mode.name(), wall_clock());
        let file = BeatFile::of(&options.folder, &options.name);
        let orders = Orders::new(
            database,
            exchange,
            clock,
            StopFile::in_folder(&options.folder),
            journal,
            kept_guid(&options),
            options.patience,
        );
        Ok(Self {
            pulse: Pulse::of(file, beat, orders.progress.clone()),
            candles: CandleCache::new(orders.progress.clone()),
            orders,
            settings: Mutex::new(settings),
            hints: Hints::new(Pauses::at_speed(options.speed)),
            counters: Counters::default(),
            end,
            host: host(),
            last_error: Mutex::new(None),
            said: Mutex::default(),
            options,
        })
    }

    pub(crate) fn database(&self) -> &Database {
        &self.orders.database
    }

    pub(crate) fn exchange(&self) -> &E {
        &self.orders.exchange
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, SettingsStore> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The settings in force.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(self.store().current())
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.orders.journal
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.orders.now()
    }

    /// Whether `text` is news about a thing: it is other than what was said last, or that was long ago.
    pub(crate) fn is_news(&self, thing: &str, text: &str) -> bool {
        let now = self.now();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = said
            .get(thing)
            .is_some_and(|(last, at)| last == text && now.seconds_since(*at) < SAID_AGAIN_AFTER_S);
        if !is_known {
            said.insert(thing.to_owned(), (text.to_owned(), now));
        }
        !is_known
    }

    /// Something went wrong and the bot goes on.
    pub(crate) fn went_wrong(&self, product: Option<&str>, error: &dyn std::error::Error) {
        count(&self.counters.errors);
        let text = crate::orders::chain(error);
        let thing = format!("error {}", product.unwrap_or_default());
        if self.is_news(&thing, &text) {
            self.journal().say(Weight::Warning, product, text.clone());
        }
        if let Ok(mut last) = self.last_error.lock() {
            *last = Some(text);
        }
    }

    /// What the database has answered so far.
    pub(crate) fn answers(&self) -> u64 {
        let figures = self.database().figures();
        let methods = figures.methods.values();
        methods.map(|method| method.calls + method.errors).sum()
    }

    /// Says what the bot does: in the fleet's folder first, which needs nobody, then in the database.
    pub(crate) async fn sign_of_life(&self, doing: &str, product: Option<&str>) {
        let last_error = self.last_error.lock().ok().and_then(|last| last.clone());
        let stop = match self.orders.stop.read() {
            Ok(None) => "run".to_owned(),
            Ok(Some(stop)) => stop.level.name().to_owned(),
            Err(_) => "halt".to_owned(),
        };
        self.tell_pulse(|beat| {
            beat.doing = doing.to_owned();
            beat.pair = product.map(str::to_owned);
            beat.passes = number(&self.counters.passes);
            beat.buys = number(&self.counters.buys);
            beat.sells = number(&self.counters.sells);
            beat.errors = number(&self.counters.errors);
            beat.last_error.clone_from(&last_error);
            beat.hears = self.hints.word().to_owned();
            beat.stop = stop;
        });
        let row = cbtrade_database::Beat {
            bot: self.options.name.clone(),
            guid: self.orders.bot_guid.clone(),
            mode: self.options.mode.name().to_owned(),
            host: self.host.clone(),
            pid: i64::from(std::process::id()),
            state: doing.to_owned(),
            prod_id: product.map(str::to_owned),
            passes: signed(number(&self.counters.passes)),
            buys: signed(number(&self.counters.buys)),
            sells: signed(number(&self.counters.sells)),
            errors: signed(number(&self.counters.errors)),
            last_error,
            figures: String::new(),
        };
        let reached = self.database().db_bot_heartbeat(&row).await.is_ok();
        self.tell_pulse(|beat| beat.database_reached = reached);
    }

    fn tell_pulse(&self, change: impl FnOnce(&mut Beat)) {
        if let Err(error) = self.pulse.tell(change) {
            self.journal()
                .say(Weight::Warning, None, crate::orders::chain(&error));
        }
    }

    /// Waits so long, or until the bot is asked to end. A long wait is many steps.
    pub(crate) async fn wait(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.end.is_asked() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            self.orders.progress.came_on();
            self.end.wait(left.min(STRETCH)).await;
        }
    }
}

fn number(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// The longest stretch of waiting that is one step.
pub(crate) const STRETCH: Duration = Duration::from_secs(60);

/// The guid under which a bot of this name holds leases, kept in the fleet's folder: a bot that is started again has its
/// pairs at once, and not only when its leases have run out (B-09). The fleet lets only one bot of a name run.
fn kept_guid(options: &BotOptions) -> String {
    let path = options
        .folder
        .join("bots")
        .join(format!("{}.guid", options.name));
    if let Ok(kept) = std::fs::read_to_string(&path) {
        let kept = kept.trim();
        if kept.len() == 32 && kept.chars().all(|letter| letter.is_ascii_hexdigit()) {
            return kept.to_owned();
        }
    }
    let new = Operation::new().to_string();
    // Without the file the bot works as well; only its leases are lost when it ends.
    let _ = std::fs::write(&path, &new);
    new
}

/// This machine's time: signs of life are judged by the supervisor on the same machine.
fn wall_clock() -> Timestamp {
    cbtrade_core::SystemClock.now()
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn host() -> String {
    nix::unistd::gethostname()
        .ok()
        .and_then(|name| name.into_string().ok())
        .unwrap_or_else(|| "localhost".to_owned())
}
