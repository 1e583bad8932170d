//! What was heard, and what is to be done about it: a state machine.

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_exchange::{Line, OrderState, OrderUpdate, StreamEvent, Ticker};

use super::exits::Exits;
use super::health::{Health, News};
use super::pauses::Pauses;
use crate::journal::Weight;

/// A price that has moved by more than so much since the last look, in thousandths, is worth another one.
const MOVE_PER_MILLE_MIN: i64 = 3;

/// So many products are remembered: a venue that makes names up must not fill the memory.
const PRODUCTS_MAX: usize = 2_000;

/// So often an order that is not at its end yet is followed again because of one hint.
const TRIES_MAX: u32 = 3;

/// Something for the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// How much it matters.
    pub(crate) weight: Weight,
    /// In words.
    pub(crate) text: String,
}

/// What is to be done now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Work {
    /// Follow all open orders.
    pub(crate) follows_all: bool,
    /// Follow the orders of these products.
    pub(crate) follow: BTreeSet<String>,
}

/// A product as it was heard of.
#[derive(Debug, Default)]
struct Known {
    /// An order of it is said to have ended.
    is_to_follow: bool,
    followed_at: Option<Timestamp>,
    tries: u32,
    /// Its price is said to have moved.
    is_to_look: bool,
    looked_at: Option<Timestamp>,
    /// Whether it has positions that the bot may sell.
    is_watched: bool,
    /// The price that was heard last.
    price: Option<Decimal>,
    /// The price that was heard last when the last look began.
    price_looked: Option<Decimal>,
    exits: Exits,
}

/// Everything that was heard and not yet done.
#[derive(Debug)]
pub(crate) struct Board {
    pauses: Pauses,
    /// Whether the venue says anything at all.
    is_there: bool,
    lines: BTreeMap<Line, Health>,
    products: BTreeMap<String, Known>,
    /// Something is missing: all open orders are to be followed.
    is_to_follow_all: bool,
    followed_all_at: Option<Timestamp>,
}

impl Board {
    pub(crate) fn new(pauses: Pauses) -> Self {
        Self {
            pauses,
            is_there: false,
            lines: BTreeMap::from([
                (Line::Market, Health::default()),
                (Line::Orders, Health::default()),
            ]),
            products: BTreeMap::new(),
            is_to_follow_all: false,
            followed_all_at: None,
        }
    }

    /// From now on it is listened; to our orders at once.
    pub(crate) fn begin(&mut self, now: Timestamp) {
        self.is_there = true;
        self.want(Line::Orders, true, now);
    }

    /// Nothing will ever come again.
    pub(crate) fn end(&mut self) {
        self.is_there = false;
    }

    /// Whether there is a product whose prices are listened to.
    pub(crate) fn want_market(&mut self, is_wanted: bool, now: Timestamp) {
        // Once begun, the line stands, with no products too: heartbeats come over it all the same.
        if is_wanted {
            self.want(Line::Market, true, now);
        }
    }

    fn want(&mut self, line: Line, is_wanted: bool, now: Timestamp) {
        if let Some(health) = self.lines.get_mut(&line) {
            health.want(is_wanted, now);
        }
    }

    /// Something came over a line.
    pub(crate) fn hear(&mut self, line: Line, event: &StreamEvent, now: Timestamp) -> Vec<Said> {
        match event {
            StreamEvent::Elsewhere => {
                self.want(line, false, now);
                return Vec::new();
            }
            StreamEvent::Gap(gap) => return self.gap(line, &gap.why, now),
            StreamEvent::Connected | StreamEvent::Heartbeat(_) | StreamEvent::Trade(_) => {}
            StreamEvent::Ticker(ticker) => self.price(ticker),
            StreamEvent::Order(update) => self.order(update),
        }
        self.want(line, true, now);
        let health = self.lines.get_mut(&line);
        let news = health.and_then(|health| health.hear(now, self.pauses.silence_s));
        news.map(|news| said(line, news)).into_iter().collect()
    }

    fn gap(&mut self, line: Line, why: &str, now: Timestamp) -> Vec<Said> {
        if let Some(health) = self.lines.get_mut(&line) {
            health.gap(now);
        }
        self.is_to_follow_all |= line == Line::Orders;
        vec![Said {
            weight: Weight::Detail,
            text: format!("the stream of {} has a gap: {why}", words(line)),
        }]
    }

    fn order(&mut self, update: &OrderUpdate) {
        // While it works there is nothing to settle; that it fills in parts is no news either.
        if update.status.state() == OrderState::Working {
            return;
        }
        if let Some(known) = self.known(&update.product) {
            known.is_to_follow = true;
            known.tries = 0;
        }
    }

    fn price(&mut self, ticker: &Ticker) {
        let Some(known) = self.products.get_mut(&ticker.product) else {
            return;
        };
        if !known.is_watched {
            return;
        }
        let price = ticker.best_bid.unwrap_or(ticker.price);
        let before = *known.price_looked.get_or_insert(price);
        known.price = Some(price);
        known.is_to_look |= has_moved(before, price) || known.exits.are_reached(price);
    }

    fn known(&mut self, product: &str) -> Option<&mut Known> {
        if self.products.len() >= PRODUCTS_MAX && !self.products.contains_key(product) {
            self.products
                .retain(|_, known| known.is_watched || known.is_to_follow);
            if self.products.len() >= PRODUCTS_MAX {
                return None;
            }
        }
        Some(self.products.entry(product.to_owned()).or_default())
    }

    /// Time has passed.
    pub(crate) fn look(&mut self, now: Timestamp) -> Vec<Said> {
        let silence_s = self.pauses.silence_s;
        let lines = self.lines.iter_mut();
        lines
            .filter_map(|(line, health)| Some(said(*line, health.look(now, silence_s)?)))
            .collect()
    }

    /// A look at a product begins: it is what all hints until now asked for.
    pub(crate) fn began(&mut self, product: &str, is_watched: bool, now: Timestamp) {
        let Some(known) = self.known(product) else {
            return;
        };
        *known = Known {
            is_watched,
            looked_at: Some(now),
            followed_at: Some(now),
            price: known.price.filter(|_| is_watched),
            price_looked: known.price.filter(|_| is_watched),
            ..Known::default()
        };
    }

    /// At these prices a position of the product may have to be sold.
    pub(crate) fn expect(&mut self, product: &str, exits: Exits) {
        if let Some(known) = self.products.get_mut(product) {
            known.exits.join(exits);
        }
    }

    /// The product is another bot's, or has nothing to sell.
    pub(crate) fn leave(&mut self, product: &str) {
        if let Some(known) = self.products.get_mut(product) {
            known.is_watched = false;
            known.is_to_look = false;
            known.price = None;
        }
    }

    /// Of a quote currency no others than these are looked at.
    pub(crate) fn keep(&mut self, quote: &str, products: &BTreeSet<&str>) {
        let is_quote = |product: &str| product.rsplit('-').next() == Some(quote);
        let left: Vec<String> = self
            .products
            .iter()
            .filter(|(_, known)| known.is_watched)
            .map(|(product, _)| product.clone())
            .filter(|product| is_quote(product) && !products.contains(product.as_str()))
            .collect();
        for product in left {
            self.leave(&product);
        }
    }

    /// The products whose prices are listened to.
    pub(crate) fn watched(&self) -> BTreeSet<String> {
        let products = self.products.iter();
        products
            .filter(|(_, known)| known.is_watched)
            .map(|(product, _)| product.clone())
            .collect()
    }

    /// Takes the orders that are to be followed now.
    pub(crate) fn take_work(&mut self, now: Timestamp) -> Work {
        let order_s = self.pauses.order_s;
        let mut work = Work::default();
        if self.is_to_follow_all && is_past(self.followed_all_at, order_s, now) {
            self.is_to_follow_all = false;
            self.followed_all_at = Some(now);
            work.follows_all = true;
        }
        for (product, known) in &mut self.products {
            if known.is_to_follow && is_past(known.followed_at, order_s, now) {
                known.is_to_follow = false;
                known.followed_at = Some(now);
                work.follow.insert(product.clone());
            }
        }
        work
    }

    /// An order of the product is not at its end yet, though it was said to be.
    pub(crate) fn again(&mut self, product: &str) {
        if let Some(known) = self.products.get_mut(product)
            && known.tries < TRIES_MAX
        {
            known.tries += 1;
            known.is_to_follow = true;
        }
    }

    /// Takes the products that are to be looked at now.
    pub(crate) fn take_looks(&mut self, now: Timestamp) -> BTreeSet<String> {
        let price_s = self.pauses.price_s;
        let mut looks = BTreeSet::new();
        for (product, known) in &mut self.products {
            if known.is_to_look && is_past(known.looked_at, price_s, now) {
                known.is_to_look = false;
                known.looked_at = Some(now);
                looks.insert(product.clone());
            }
        }
        looks
    }

    /// Whether a product is to be looked at before others.
    pub(crate) fn is_to_look(&self, product: &str, now: Timestamp) -> bool {
        self.products.get(product).is_some_and(|known| {
            known.is_to_look && is_past(known.looked_at, self.pauses.price_s, now)
        })
    }

    /// In so many seconds the next thing may be done; `None` where there is nothing to do.
    pub(crate) fn next_in_s(&self, now: Timestamp) -> Option<i64> {
        let Pauses {
            order_s, price_s, ..
        } = self.pauses;
        let all = self
            .is_to_follow_all
            .then(|| left_s(self.followed_all_at, order_s, now));
        let of_products = self.products.values().flat_map(|known| {
            let follow = known
                .is_to_follow
                .then(|| left_s(known.followed_at, order_s, now));
            let look = known
                .is_to_look
                .then(|| left_s(known.looked_at, price_s, now));
            [follow, look].into_iter().flatten()
        });
        of_products.chain(all).min()
    }

    /// `stream` where everything that is listened to is heard, `polling` where not.
    pub(crate) fn word(&self) -> &'static str {
        match self.is_there && self.lines.values().all(Health::is_well) {
            true => "stream",
            false => "polling",
        }
    }
}

fn words(line: Line) -> &'static str {
    match line {
        Line::Market => "prices",
        Line::Orders => "our orders",
    }
}

fn said(line: Line, news: News) -> Said {
    let line = words(line);
    match news {
        News::Silent => Said {
            weight: Weight::Warning,
            text: format!("the stream of {line} is silent; the bot goes on by asking as ever"),
        },
        News::Back => Said {
            weight: Weight::Note,
            text: format!("the stream of {line} is back"),
        },
    }
}

/// Seconds that are left of a pause; none where the clock was set back behind its beginning.
fn left_s(begun: Option<Timestamp>, pause_s: i64, now: Timestamp) -> i64 {
    begun
        .map(|begun| now.seconds_since(begun))
        .filter(|passed_s| *passed_s >= 0)
        .map_or(0, |passed_s| (pause_s - passed_s).max(0))
}

fn is_past(begun: Option<Timestamp>, pause_s: i64, now: Timestamp) -> bool {
    left_s(begun, pause_s, now) == 0
}

/// Whether a price has moved far enough.
fn has_moved(before: Decimal, now: Decimal) -> bool {
    let thousandth = Decimal::from_integer(1_000);
    let moved = now.checked_sub(before).and_then(Decimal::checked_abs);
    let moved = moved.and_then(|moved| moved.checked_mul(thousandth));
    let allowed = before.checked_mul(Decimal::from_integer(MOVE_PER_MILLE_MIN));
    match (moved, allowed) {
        (Some(moved), Some(allowed)) => moved > allowed,
        // A price that does not fit is worth a look.
        _ => true,
    }
}

#[cfg(test)]
mod tests;
