//! Both lines of the venue as one: prices of some products, and our orders of all.
//!
//! | | prices | our orders |
//! |---|---|---|
//! | address | `ws_market_url` | `ws_user_url` |
//! | begins | with the first product that is wished for | at once |
//! | products | change while the connection stands | all, always |
//! | how many | one per process | one per machine: the venue wants no second one of an account |
//!
//! The venue knows a product in USDC by the name of its twin in USD where it tells prices. [`Aliases`] are learned from
//! what it says of products, and taken back here: whoever listens hears the names that it asked for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use cbtrade_exchange::{EventStream, Line, NextEvent, Product, StreamEvent, Ticker};

use crate::limiter::Limiter;
use crate::settings::Settings;
use crate::stream::{Channel, Opening, Stream};

/// The file that is locked by the one process of the machine that listens to our orders.
const SEAT: &str = "coinbase-orders.seat";

/// The names of products where prices are told, by their own names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Aliases(Arc<Mutex<BTreeMap<String, String>>>);

impl Aliases {
    pub(crate) fn learn(&self, product: &Product) {
        let Some(alias) = product.alias.clone() else {
            return;
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(product.id.clone(), alias);
    }

    fn of(&self, product: &str) -> String {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let alias = known.get(product).map(String::as_str);
        alias.unwrap_or(product).to_owned()
    }
}

/// The venue's two lines.
pub(crate) struct Feed {
    settings: Settings,
    limiter: Option<Arc<Limiter>>,
    aliases: Aliases,
    market: Option<Stream>,
    orders: Option<Stream>,
    /// Our names of products by the venue's.
    names: BTreeMap<String, BTreeSet<String>>,
    /// What one message told several of our products.
    waiting: VecDeque<StreamEvent>,
}

impl Feed {
    /// With settings that were checked.
    pub(crate) fn begin(
        settings: &Settings,
        limiter: Option<Arc<Limiter>>,
        aliases: Aliases,
    ) -> Self {
        let seat = settings.limiter.as_ref();
        let orders = Stream::begin(Opening {
            settings,
            channels: &[Channel::User],
            products: BTreeSet::new(),
            number: 1,
            limiter: limiter.clone(),
            seat: seat.map(|limiter| limiter.folder.join(SEAT)),
        });
        Self {
            settings: settings.clone(),
            limiter,
            aliases,
            market: None,
            orders: Some(orders),
            names: BTreeMap::new(),
            waiting: VecDeque::new(),
        }
    }

    fn hear_price(&mut self, ticker: &Ticker) {
        // Of a name that is not known nobody wants to hear.
        for product in self.names.get(&ticker.product).into_iter().flatten() {
            self.waiting.push_back(StreamEvent::Ticker(Ticker {
                product: product.clone(),
                ..ticker.clone()
            }));
        }
    }

    async fn event(&mut self) -> Option<(Line, StreamEvent)> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some((Line::Market, event));
            }
            if self.market.is_none() && self.orders.is_none() {
                return None;
            }
            tokio::select! {
                event = of_line(&mut self.orders) => match event {
                    Some(event) => return Some((Line::Orders, event)),
                    None => self.orders = None,
                },
                event = of_line(&mut self.market) => match event {
                    Some(StreamEvent::Ticker(ticker)) => self.hear_price(&ticker),
                    Some(event) => return Some((Line::Market, event)),
                    None => self.market = None,
                },
            }
        }
    }
}

/// The next event of a line; never, where there is none.
async fn of_line(stream: &mut Option<Stream>) -> Option<StreamEvent> {
    match stream {
        Some(stream) => stream.next().await,
        None => std::future::pending().await,
    }
}

impl EventStream for Feed {
    fn listen_to(&mut self, products: &BTreeSet<String>) {
        self.names.clear();
        for product in products {
            let name = self.aliases.of(product);
            self.names.entry(name).or_default().insert(product.clone());
        }
        let names: BTreeSet<String> = self.names.keys().cloned().collect();
        match &self.market {
            Some(market) => market.listen_to(names),
            None if names.is_empty() => {}
            None => {
                self.market = Some(Stream::begin(Opening {
                    settings: &self.settings,
                    channels: &[Channel::Ticker],
                    products: names,
                    number: 2,
                    limiter: self.limiter.clone(),
                    seat: None,
                }));
            }
        }
    }

    fn next(&mut self) -> NextEvent<'_> {
        Box::pin(self.event())
    }
}
