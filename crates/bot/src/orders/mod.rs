//! The life of an order, from the intent to the position.
//!
//! ```text
//! decision ─begin─▶ SENDING ─place─▶ PLACED ─follow─▶ DONE: order row, fills and position in one transaction
//!                      │ no answer      ▲
//!                      ▼                │ found among the venue's orders
//!                   UNKNOWN ────────────┘
//!                      │ not found for [`Patience::absent_after_s`]
//!                      ▼
//!                   ABSENT: the product is free again; should it turn up after all, it is taken on
//! ```
//!
//! How a position is kept from being sold twice by a sale that turns up late stands in `late`.
//!
//! An intent is committed before anything is sent, in the transaction that reads the stop level and the lease; it is sent
//! once. An answer that did not come is looked up by the client id and never sent again. Every arrow is one transaction
//! that can be run twice without effect, so that a bot may die at any instant and another takes over: whoever finds an
//! open intent follows it.

mod by_hand;
mod follow;
mod late;
mod meant;
mod paper;
mod place;
mod rows;
mod settle;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{BuyLimits, Database, Error as DatabaseError, Intent, Operation};
use cbtrade_exchange::{Exchange, ExchangeError, Product, Refusal};

use crate::clock::VenueClock;
use crate::journal::{Journal, Step};
use crate::pulse::Progress;
use crate::stop::{StopFile, StopFileError};

pub use follow::Followed;
pub(crate) use follow::{chain, is_away};
pub(crate) use late::LOOKED_FOR_S;
pub(crate) use rows::{age_minutes, figures_of, holding_of, refreshed};
pub(crate) use settle::BEYOND;

/// An order could not be handled; nothing of it is lost.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The database refused, or is away.
    #[error("the order's state could not be kept")]
    Database(#[from] DatabaseError),
    /// The venue did not answer a question.
    #[error("the venue could not be asked")]
    Venue(#[from] ExchangeError),
    /// The stop file cannot be read, which counts as a stop.
    #[error("no order is made while it is not known whether the fleet is stopped")]
    StopFile(#[from] StopFileError),
    /// A figure of the position cannot be computed.
    #[error("the position's figures cannot be computed")]
    Figures(#[source] crate::decide::DecideError),
    /// An amount is beyond what amounts are kept in.
    #[error(
        "an amount of order {client_order_id} is beyond 26 digits before the point; look at the order at the venue"
    )]
    Amount {
        /// The order.
        client_order_id: String,
    },
}

/// A strategy as columns name it: type, name, candles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mark {
    /// `up` or `dn`; of an exit, what kind.
    pub kind: String,
    /// The strategy's or the exit's name.
    pub name: String,
    /// The candles, such as `1h`; empty where it has none.
    pub interval: String,
}

/// A buy that was decided.
#[derive(Debug, Clone)]
pub struct BuyWish<'a> {
    /// What to buy.
    pub product: &'a Product,
    /// For how much, fee included, in the quote currency.
    pub quote_size: Decimal,
    /// What one is expected to cost.
    pub price_estimate: Decimal,
    /// On paper.
    pub is_test: bool,
    /// Whose signal it is.
    pub mark: Mark,
    /// Why, in words.
    pub reason: String,
    /// What it may not exceed when it is recorded, whatever other bots have bought since it was decided.
    pub limits: Option<BuyLimits>,
}

/// A sale that was decided.
#[derive(Debug, Clone)]
pub struct SellWish<'a> {
    /// What to sell.
    pub product: &'a Product,
    /// Of which position.
    pub pos_id: i64,
    /// How much, in the base currency.
    pub base_size: Decimal,
    /// What one is expected to bring.
    pub price_estimate: Decimal,
    /// Whether the position is on paper.
    pub is_test: bool,
    /// Which exit it is.
    pub mark: Mark,
    /// Why, in words.
    pub reason: String,
}

/// What became of a wish.
#[derive(Debug)]
pub enum Wished {
    /// The venue has the order; it is followed from now on.
    Placed {
        /// The intent's number.
        intent_id: i64,
    },
    /// It was filled on paper.
    Filled,
    /// Nothing was sent, and why.
    Held(String),
    /// The venue does not want it.
    Refused(Refusal),
    /// It was sent and nothing came back: it is looked up.
    Unclear,
}

/// How long the venue is given. Seconds of the venue's clock.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// An intent that no listing shows for so long counts as absent.
    pub absent_after_s: i64,
    /// A position whose sale counts as absent is sold again so long after that sale was made, and not before. The venue takes
    /// no order later than its signature holds, two minutes and the difference of the clocks; the rest is for listing it.
    pub sell_again_after_s: i64,
    /// An order that should have ended at once and has not is cancelled after so long.
    pub cancel_after_s: i64,
    /// An intent of another bot is left to it for so long.
    pub others_after_s: i64,
}

impl Patience {
    /// The patience for a venue whose clock runs `speed` times as fast as ours: answers take their time on our clock.
    #[must_use]
    pub fn at_speed(speed: u32) -> Self {
        let speed = i64::from(speed.max(1));
        let usual = Self::default();
        Self {
            absent_after_s: usual.absent_after_s.max(20 * speed),
            sell_again_after_s: usual.sell_again_after_s.max(40 * speed),
            cancel_after_s: usual.cancel_after_s.max(5 * speed),
            others_after_s: usual.others_after_s.max(5 * speed),
        }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            absent_after_s: 600,
            sell_again_after_s: 1_200,
            cancel_after_s: 180,
            others_after_s: 60,
        }
    }
}

/// Makes orders and follows them.
#[derive(Debug)]
pub struct Orders<E> {
    pub(crate) database: Database,
    pub(crate) exchange: Arc<E>,
    pub(crate) clock: Arc<VenueClock>,
    pub(crate) stop: StopFile,
    pub(crate) journal: Journal,
    /// The bot's guid, under which it holds leases.
    pub(crate) bot_guid: String,
    pub(crate) patience: Patience,
    /// Each answer of the venue that is waited for is a step of whoever follows orders.
    pub(crate) progress: Progress,
    /// Positions of which it was told that coins are missing.
    told: Mutex<BTreeSet<i64>>,
}

impl<E: Exchange> Orders<E> {
    /// Orders of the bot `bot_guid`, which must hold a pair's lease before it makes one.
    #[must_use]
    pub fn new(
        database: Database,
        exchange: Arc<E>,
        clock: Arc<VenueClock>,
        stop: StopFile,
        journal: Journal,
        bot_guid: String,
        patience: Patience,
    ) -> Self {
        Self {
            database,
            exchange,
            clock,
            stop,
            journal,
            bot_guid,
            patience,
            progress: Progress::new(),
            told: Mutex::default(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        use cbtrade_core::Clock as _;
        self.clock.now()
    }

    fn step(&self, step: Step, intent: &Intent) {
        self.journal.step(step, &intent.client_order_id);
    }
}

/// When an intent was made, by the venue's clock.
pub(crate) fn created(intent: &Intent) -> Timestamp {
    Timestamp::from_seconds(intent.created_unix).unwrap_or(Timestamp::EPOCH)
}

/// What our client ids begin with, so that our orders are known among those of other programs.
pub const CLIENT_ID_PREFIX: &str = "cbt-";

/// A client id that was never used: 36 letters, digits and dashes.
#[must_use]
pub fn new_client_order_id() -> String {
    format!("{CLIENT_ID_PREFIX}{}", Operation::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_ids_are_what_the_venue_takes() {
        let (one, other) = (new_client_order_id(), new_client_order_id());
        assert_ne!(one, other);
        assert_eq!(one.len(), 36, "{one}");
        assert!(
            one.chars()
                .all(|it| it.is_ascii_alphanumeric() || it == '-')
        );
    }
}
