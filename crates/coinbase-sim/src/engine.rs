//! The venue itself: the one place where events are decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use cbtrade_core::{Clock, Decimal, Random, Timestamp};
use tokio::sync::broadcast;

use crate::behaviour::Behaviour;
use crate::clock::VirtualClock;
use crate::config::{Config, ProductConfig, Source};
use crate::error::VenueError;
use crate::journal::Journal;
use crate::market::Market;
use crate::state::{Event, State};

/// So many news of orders wait for a stream that is slow; after that it has a gap.
const NEWS_MAX: usize = 1_024;

/// Streams of the seed.
const ORDER_IDS: u64 = 1 << 60;
const FILL_IDS: u64 = 1 << 61;
const ACCOUNT_IDS: u64 = 1 << 62;

/// The venue.
pub(crate) struct Engine {
    pub(crate) config: Config,
    pub(crate) products: BTreeMap<String, ProductConfig>,
    pub(crate) markets: BTreeMap<String, Market>,
    pub(crate) state: State,
    pub(crate) behaviour: Behaviour,
    clock: Arc<dyn Clock>,
    journal: Option<Journal>,
    /// The journal could not be written: nothing is answered any more.
    broken: Option<String>,
    news: broadcast::Sender<String>,
}

/// A UUID of version 4 from a stream of the seed.
fn uuid(seed: u64, stream: u64) -> String {
    let mut random = Random::stream(seed, stream);
    let (high, low) = (random.next_u64(), random.next_u64());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

/// What a journal must agree with: all that its events do not say.
fn marks(config: &Config) -> String {
    let products: Vec<String> = config
        .products
        .iter()
        .map(|product| match &product.source {
            Source::Seeded { price, .. } => format!("{} about {price}", product.id()),
            Source::Candles { path, .. } => format!("{} from {}", product.id(), path.display()),
        })
        .collect();
    format!("seed {}; {}", config.seed, products.join(", "))
}

impl Engine {
    /// A new venue, or the one of the journal.
    pub(crate) fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Self, VenueError> {
        let (mut markets, mut products) = (BTreeMap::new(), BTreeMap::new());
        for product in &config.products {
            markets.insert(product.id(), Market::new(product, config.seed)?);
            products.insert(product.id(), product.clone());
        }
        let (journal, events) = match &config.journal {
            Some(path) => {
                let (journal, events) = Journal::open(path, &marks(&config))?;
                (Some(journal), events)
            }
            None => (None, Vec::new()),
        };
        let mut engine = Self {
            state: State::new(config.fees),
            behaviour: Behaviour::default(),
            news: broadcast::channel(NEWS_MAX).0,
            broken: None,
            config,
            products,
            markets,
            clock,
            journal,
        };
        let is_new = events.is_empty();
        for event in &events {
            engine.change(event);
        }
        if is_new {
            engine.begin();
        }
        Ok(engine)
    }

    /// Answers and writes nothing any more, and lets go of the journal: another venue may go on with it.
    pub(crate) fn close(&mut self) {
        self.broken = Some("the venue has ended".to_owned());
        self.journal = None;
    }

    fn begin(&mut self) {
        let real = self.clock.now();
        self.commit(Event::Clock {
            real,
            simulated: self.config.start.unwrap_or(real),
            speed: self.config.speed,
        });
        for (currency, amount) in self.config.balances.clone() {
            self.commit(Event::Money { currency, amount });
        }
    }

    fn change(&mut self, event: &Event) {
        if let Event::Factor {
            product,
            from,
            factor,
        } = event
            && let Some(market) = self.markets.get_mut(product)
        {
            market.add_factor(*from, *factor);
        }
        self.state.apply(event);
    }

    /// Writes an event down, applies it and tells the streams.
    pub(crate) fn commit(&mut self, event: Event) {
        if self.broken.is_some() {
            return;
        }
        if let Some(journal) = &mut self.journal
            && let Err(error) = journal.write(&event)
        {
            self.broken = Some(error.to_string());
            return;
        }
        self.change(&event);
        let order = match event {
            Event::Taken(taken) => taken.order,
            Event::Filled(filled) => filled.order,
            Event::Opened { order }
            | Event::Woken { order, .. }
            | Event::CancelAsked { order, .. }
            | Event::Ended { order, .. } => order,
            Event::Clock { .. }
            | Event::Money { .. }
            | Event::Fees { .. }
            | Event::Flag { .. }
            | Event::Factor { .. } => return,
        };
        // Nobody listening is no failure.
        let _ = self.news.send(order);
    }

    /// Why the venue cannot go on, if it cannot.
    pub(crate) fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Ids of orders as they change.
    pub(crate) fn news(&self) -> broadcast::Receiver<String> {
        self.news.subscribe()
    }

    fn virtual_clock(&self) -> VirtualClock {
        let real = self.clock.now();
        let (real, simulated, speed) = self.state.clock.unwrap_or((real, real, 1));
        VirtualClock {
            real,
            simulated,
            speed,
        }
    }

    /// The simulated moment.
    pub(crate) fn now(&self) -> Timestamp {
        self.virtual_clock().at(self.clock.now())
    }

    /// Sets the clock to run from a moment at a speed. It never goes back.
    pub(crate) fn set_clock(&mut self, simulated: Option<Timestamp>, speed: Option<u32>) {
        let now = self.now();
        let simulated = simulated.unwrap_or(now).max(now);
        self.commit(Event::Clock {
            real: self.clock.now(),
            simulated,
            speed: speed.unwrap_or(self.virtual_clock().speed),
        });
    }

    /// Moves the price of a product to `price` from now on.
    pub(crate) fn set_price(&mut self, product: &str, price: Decimal) -> bool {
        let now = self.now();
        let Some(market) = self.markets.get(product) else {
            return false;
        };
        let factor = market.factor_for(price, now);
        self.commit(Event::Factor {
            product: product.to_owned(),
            from: now,
            factor,
        });
        true
    }

    /// A product's flag: what the admin API set, else `default`.
    pub(crate) fn flag<'engine>(
        &'engine self,
        product: &str,
        flag: &str,
        default: &'engine str,
    ) -> &'engine str {
        self.state
            .flags
            .get(product)
            .and_then(|flags| flags.get(flag))
            .map_or(default, String::as_str)
    }

    /// Whether a product's flag is set.
    pub(crate) fn is_set(&self, product: &str, flag: &str) -> bool {
        self.flag(product, flag, "false") == "true"
    }

    pub(crate) fn next_order_id(&self) -> String {
        let count = u64::try_from(self.state.orders.len()).unwrap_or_default();
        uuid(self.config.seed, ORDER_IDS + count)
    }

    pub(crate) fn next_fill_ids(&self) -> (String, String) {
        let count = u64::try_from(self.state.fills.len()).unwrap_or_default();
        let entry = uuid(self.config.seed, FILL_IDS + 2 * count);
        (entry, uuid(self.config.seed, FILL_IDS + 2 * count + 1))
    }

    pub(crate) fn account_id(&self, currency: &str) -> String {
        let stream = currency.bytes().fold(0_u64, |all, byte| {
            (all << 5) ^ (all >> 55) ^ u64::from(byte)
        });
        uuid(self.config.seed, ACCOUNT_IDS + (stream >> 4))
    }
}
