//! One bot: a process that works on the database, writes down what it asks and what it gets, and does what it is told
//! over its standard input.

mod choose;
mod deeds;
mod reads;
mod settings;

use std::collections::BTreeMap;
use std::io::{self, BufRead as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use cbtrade_core::Random;
use cbtrade_database::{
    Call, Database, Dialect, Error, ErrorKind, FiguresSnapshot, Operation as Token, transact,
};

pub use settings::Plant;
pub(crate) use settings::{BotPlace, BotSettings, JumpingClock, Order, Patience};

use crate::history::{Answer, Asked, End, Line, OperationId, Writer, now_us};
use choose::{Chooser, Memory};

/// Rest after a refusal: a bot that is refused at once would do nothing else.
const REST_AFTER_REFUSAL: Duration = Duration::from_millis(20);
/// Out of how many one is done wrong by a careless bot.
const CARELESS_ONE_OF: u64 = 12;

/// Why a bot cannot go on. A refusal of the database is no reason.
#[derive(Debug, thiserror::Error)]
pub enum BotError {
    /// What it is told makes no sense.
    #[error("the settings of the bot cannot be read")]
    Settings(#[source] serde_json::Error),
    /// Its input cannot be read.
    #[error("the bot's standard input cannot be read")]
    Input(#[source] io::Error),
    /// The history cannot be written.
    #[error("the history of the bot cannot be written")]
    History(#[from] io::Error),
    /// The database cannot be opened.
    #[error("the bot cannot open the database")]
    Open(#[source] Error),
}

/// What the bot was told and has not done yet.
#[derive(Debug, Default)]
struct Told {
    stop: AtomicBool,
    storm_until_us: AtomicU64,
    crowd_ms: AtomicU64,
    clock: Arc<JumpingClock>,
}

impl Told {
    fn take(&self, order: Order) {
        match order {
            Order::Stop => self.stop.store(true, Ordering::Relaxed),
            Order::Storm(milliseconds) => self
                .storm_until_us
                .store(now_us() + milliseconds * 1_000, Ordering::Relaxed),
            Order::Crowd(milliseconds) => self.crowd_ms.store(milliseconds, Ordering::Relaxed),
            Order::Jump(seconds) => self.clock.jump(seconds),
        }
    }
}

/// The whole life of a bot's process: reads its settings from the first line of standard input, then works until it is
/// told to stop. Ends the process when the input ends, because then whoever started it is gone.
///
/// # Errors
/// Anything but what the database refuses.
pub async fn run_bot() -> Result<(), BotError> {
    let mut first = String::new();
    io::stdin()
        .lock()
        .read_line(&mut first)
        .map_err(BotError::Input)?;
    let settings: BotSettings = serde_json::from_str(&first).map_err(BotError::Settings)?;
    let told = Arc::new(Told::default());
    listen(Arc::clone(&told));
    let mut bot = Bot::open(settings, told).await?;
    bot.work().await
}

/// Takes orders on a thread of its own: reading standard input cannot be given up half-way.
fn listen(told: Arc<Told>) {
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if let Ok(order) = line.parse() {
                told.take(order);
            }
        }
        if !told.stop.load(Ordering::Relaxed) {
            std::process::exit(0);
        }
    });
}

struct Bot {
    settings: BotSettings,
    told: Arc<Told>,
    database: Database,
    history: Writer,
    chooser: Chooser,
    memory: Memory,
    number: u64,
    /// Earlier answers, for a bot that gives stale ones.
    stale: BTreeMap<String, Answer>,
}

impl Bot {
    async fn open(settings: BotSettings, told: Arc<Told>) -> Result<Bot, BotError> {
        let location = settings.place.location().map_err(BotError::Open)?;
        let options = settings.options(Arc::clone(&told.clock) as Arc<_>);
        let database = Database::open(&location, options)
            .await
            .map_err(BotError::Open)?;
        let history = Writer::create(&settings.history)?;
        let stream = u64::from(settings.bot) * 1_000 + u64::from(settings.life);
        let random = Random::stream(settings.seed, stream);
        let chooser = Chooser::new(random, settings.bot, &settings.world, settings.guid());
        Ok(Bot {
            settings,
            told,
            database,
            history,
            chooser,
            memory: Memory::default(),
            number: 0,
            stale: BTreeMap::new(),
        })
    }

    async fn work(&mut self) -> Result<(), BotError> {
        while !self.told.stop.load(Ordering::Relaxed) {
            let crowd_ms = self.told.crowd_ms.swap(0, Ordering::Relaxed);
            if crowd_ms > 0 {
                self.crowd(Duration::from_millis(crowd_ms));
            }
            let storm = now_us() < self.told.storm_until_us.load(Ordering::Relaxed);
            let asked = match storm {
                true => self.chooser.in_storm(),
                false => self.chooser.next(&mut self.memory, now_us()),
            };
            self.one(asked).await?;
        }
        self.history.write(&Line::Figures {
            at_us: now_us(),
            figures: self.database.figures(),
        })?;
        Ok(())
    }

    /// Keeps all connections in use for a while, by transactions that do nothing.
    fn crowd(&self, time: Duration) {
        const CALL: Call = Call {
            method: "soak_crowd",
            table: "",
        };
        // A file has one writer for all processes: one transaction keeps it in use.
        let holders = match self.database.dialect() {
            Dialect::MySql => self.settings.patience.connections_max,
            Dialect::Sqlite => 1,
        };
        for _ in 0..holders {
            let database = self.database.clone();
            tokio::spawn(async move {
                let _: Result<(), Error> = transact!(&database, CALL, |transaction| {
                    transaction.rows("SELECT 1", Vec::new()).await?;
                    tokio::time::sleep(time).await;
                    Ok(())
                });
            });
        }
    }

    async fn one(&mut self, asked: Asked) -> Result<(), BotError> {
        self.number += 1;
        let id = OperationId {
            bot: self.settings.bot,
            life: self.settings.life,
            number: self.number,
        };
        let before = self.database.figures();
        self.history.write(&Line::Begun {
            id,
            at_us: now_us(),
            asked: asked.clone(),
        })?;
        let done = self.ask(id, &asked).await;
        let end = match done {
            Ok(answer) => {
                self.learn(&asked, &answer);
                End::Acknowledged { answer }
            }
            Err(error) => ended(&error),
        };
        self.history.write(&Line::Done {
            id,
            at_us: now_us(),
            end: end.clone(),
            retries: retries_since(&before, &self.database.figures()),
        })?;
        match end {
            End::Acknowledged { .. } => Ok(()),
            End::Refused { .. } => {
                tokio::time::sleep(REST_AFTER_REFUSAL).await;
                Ok(())
            }
            End::Unknown { token, .. } => self.settle(id, &token).await,
        }
    }

    /// Asks what became of a write whose outcome the layer could not find out in time; once is enough.
    async fn settle(&mut self, id: OperationId, token: &str) -> Result<(), BotError> {
        let Some(token) = Token::parse(token) else {
            return Ok(());
        };
        if let Ok(written) = self.database.db_operation_outcome(token).await {
            self.history.write(&Line::Settled {
                id,
                at_us: now_us(),
                written,
            })?;
        }
        Ok(())
    }

    fn learn(&mut self, asked: &Asked, answer: &Answer) {
        match (asked, answer) {
            (Asked::Buy { product, .. }, Answer::Bought { pos_id }) => {
                self.memory.remember(*pos_id, *product);
            }
            // What others bought may be sold by this bot, too.
            (Asked::ReadOpen { product }, Answer::Positions { ids }) => {
                if let Some(pos_id) = self.chooser.random().choose(ids) {
                    self.memory.remember(*pos_id, *product);
                }
            }
            (Asked::Signal { product }, Answer::Appended { id }) => {
                self.memory.signal = Some((*id, *product));
            }
            _ => {}
        }
    }

    /// Whether this bot does something wrong now.
    fn careless(&mut self, plant: Plant) -> bool {
        self.settings.plant == Some(plant) && self.chooser.random().below(CARELESS_ONE_OF) == 0
    }

    async fn ask(&mut self, id: OperationId, asked: &Asked) -> Result<Answer, Error> {
        if asked.writes() {
            if self.careless(Plant::DoubledWrite) {
                self.write(id, asked).await?;
            }
            return self.write(id, asked).await;
        }
        let key = serde_json::to_string(asked).unwrap_or_default();
        if self.careless(Plant::StaleRead)
            && let Some(answer) = self.stale.get(&key)
        {
            return Ok(answer.clone());
        }
        let answer = self.read(asked).await?;
        if self.settings.plant == Some(Plant::StaleRead) {
            self.stale.entry(key).or_insert_with(|| answer.clone());
        }
        Ok(answer)
    }

    async fn write(&mut self, id: OperationId, asked: &Asked) -> Result<Answer, Error> {
        let database = self.database.clone();
        let row = |ids: &[i64], place: usize| ids.get(place).copied().unwrap_or(0);
        let world = self.settings.world.clone();
        match *asked {
            Asked::Buy {
                product,
                spent,
                size,
            } => {
                let linger = self.settings.plant == Some(Plant::DirtyRead);
                deeds::buy(&database, id, product, (spent, size), linger).await
            }
            Asked::Sell {
                pos_id,
                product,
                received,
            } => deeds::sell(&database, id, pos_id, product, received).await,
            Asked::Count { row: place } => {
                let careless = self.settings.plant == Some(Plant::LostUpdate);
                deeds::count(&database, row(&world.counters, place), careless).await
            }
            Asked::Note { row: place, second } => {
                deeds::note(&database, id, row(&world.shared, place), second).await
            }
            Asked::Signal { product } => {
                if self.careless(Plant::LostCommit) {
                    deeds::lost_signal(&database, id, product).await
                } else {
                    deeds::signal(&database, id, product).await
                }
            }
            Asked::Decide { product, signal_id } => {
                deeds::decide(&database, id, product, signal_id).await
            }
            Asked::Candles { set } => {
                deeds::candles(&database, id, set, self.chooser.random()).await
            }
            Asked::Currency { number } => deeds::currency(&database, id, number).await,
            Asked::Claim {
                product,
                side,
                ref guid,
            } => deeds::claim(&database, product, side, guid).await,
            Asked::Expire { product, side } => deeds::expire(&database, product, side).await,
            Asked::Flag { product } => deeds::flag(&database, product).await,
            Asked::Checked { pos_id } => deeds::checked(&database, pos_id).await,
            _ => Ok(Answer::Done),
        }
    }

    async fn read(&self, asked: &Asked) -> Result<Answer, Error> {
        let database = &self.database;
        let row = |ids: &[i64], place: usize| ids.get(place).copied().unwrap_or(0);
        let world = &self.settings.world;
        match *asked {
            Asked::ReadAccount { quote } => {
                reads::read_account(database, quote, self.settings.reads_held).await
            }
            Asked::ReadPosition { pos_id } => {
                reads::read_position(database, pos_id, self.settings.reads_held).await
            }
            Asked::ReadOpen { product } => reads::read_open(database, product).await,
            Asked::ReadCandles { set } => reads::read_candles(database, set).await,
            Asked::ReadCount { row: place } => {
                reads::read_count(database, row(&world.counters, place)).await
            }
            Asked::ReadNote { row: place, second } => {
                reads::read_note(database, row(&world.shared, place), second).await
            }
            Asked::ReadSignal { signal_id } => reads::read_signal(database, signal_id).await,
            Asked::ReadMarkets { product } => reads::read_markets(database, product).await,
            _ => Ok(Answer::Done),
        }
    }
}

/// What an error of the layer promises.
fn ended(error: &Error) -> End {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        words.push_str(": ");
        words.push_str(&inner.to_string());
        cause = inner.source();
    }
    match error.kind {
        ErrorKind::OutcomeUnknown => End::Unknown {
            token: error.key.as_deref().unwrap_or_default().to_owned(),
            words,
        },
        kind => End::Refused {
            kind: format!("{kind:?}"),
            words,
        },
    }
}

fn retries_since(before: &FiguresSnapshot, after: &FiguresSnapshot) -> BTreeMap<String, u64> {
    after
        .retries
        .iter()
        .map(|(cause, count)| {
            let earlier = before.retries.get(cause).copied().unwrap_or(0);
            (cause.clone(), count.saturating_sub(earlier))
        })
        .filter(|(_, count)| *count > 0)
        .collect()
}
