//! What the venue says without being asked, as a hint where to look sooner.
//!
//! **The rule: a stream is a hint, never a truth.** Everything that is written to the database and every decision comes from
//! what the venue answers to a question, with a stream as without one. All that leaves this module is the name of a product
//! to look at now instead of later, and words for people. So a stream that is silent, repeats itself, leaves something out,
//! comes in the wrong order or lies costs promptness, and nothing else.
//!
//! ```text
//! venue ──EventStream──▶ listen (a task) ──hear──▶ Board ──take──▶ work (the bot's own loop) ──▶ follow, pass: REST as ever
//!                          ▲                         │
//!                          └── products to listen to ┘
//! ```
//!
//! [`Board`] is a state machine without clock, line or database:
//!
//! - An order that is said to have ended makes its product one to *follow*: at once between two pairs and in the pause between
//!   rounds, instead of at the round's end. Whose order it is does not matter: whoever hears of it follows it.
//! - A price that moved by more than [`board::MOVE_PER_MILLE_MIN`] since the bot last looked, or that went past the nearest exit of
//!   a position, makes its product one to *look* at: it comes next in a round, and in the pause between rounds it alone is
//!   gone through. Only products with positions whose lease the bot had at its last look are listened to: the other bots of
//!   the fleet would be turned away.
//! - A gap makes the bot follow all open orders once. Prices need nothing: the next one tells as much as the one that is lost.
//!
//! However many hints there are, a product is followed and looked at no more often than [`Pauses`] says, in the venue's
//! seconds; what comes meanwhile comes together. A look that began counts for everything that was heard before.
//!
//! A line over which nothing came for [`Pauses::silence_s`], or that does not stand for so long in a row, is *silent*: that is
//! told once, and once more when it is back. The bot polls as ever, with and without.

mod board;
mod exits;
mod health;
mod listen;
mod pauses;
mod work;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cbtrade_core::Timestamp;
use tokio::sync::{Notify, watch};

use board::{Board, Said};
pub(crate) use exits::Exits;
pub(crate) use pauses::Pauses;

/// What a bot's loop and the task that listens share.
#[derive(Debug, Clone)]
pub(crate) struct Hints(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    board: Mutex<Board>,
    /// Rings when there is something to do.
    bell: Notify,
    /// Whose prices are listened to.
    products: watch::Sender<BTreeSet<String>>,
}

impl Hints {
    pub(crate) fn new(pauses: Pauses) -> Self {
        Self(Arc::new(Shared {
            board: Mutex::new(Board::new(pauses)),
            bell: Notify::new(),
            products: watch::Sender::new(BTreeSet::new()),
        }))
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One word: whether the bot hears what it listens to.
    pub(crate) fn word(&self) -> &'static str {
        self.board().word()
    }

    /// A look at a product begins. `is_watched` says whether positions are there that the bot may sell.
    pub(crate) fn began(&self, product: &str, is_watched: bool, now: Timestamp) {
        self.change(|board| board.began(product, is_watched, now), now);
    }

    /// Another bot has the product.
    pub(crate) fn leave(&self, product: &str, now: Timestamp) {
        self.change(|board| board.leave(product), now);
    }

    /// Of this quote currency no other products than these are looked at any more.
    pub(crate) fn keep(&self, quote: &str, products: &BTreeSet<&str>, now: Timestamp) {
        self.change(|board| board.keep(quote, products), now);
    }

    /// At these prices a position may have to be sold.
    pub(crate) fn expect(&self, product: &str, exits: Exits) {
        self.board().expect(product, exits);
    }

    /// The place in a list of the pair to go through next: the first that a hint is about, else the first.
    pub(crate) fn next_of(&self, products: &[(String, bool)], now: Timestamp) -> usize {
        let board = self.board();
        let hinted = |(product, _): &(String, bool)| board.is_to_look(product, now);
        products.iter().position(hinted).unwrap_or_default()
    }

    /// Changes which products are watched, and listens to them.
    fn change(&self, change: impl FnOnce(&mut Board), now: Timestamp) {
        let mut board = self.board();
        change(&mut board);
        let watched = board.watched();
        board.want_market(!watched.is_empty(), now);
        drop(board);
        self.0.products.send_if_modified(|products| {
            let is_new = *products != watched;
            *products = watched;
            is_new
        });
    }
}

#[cfg(test)]
mod tests {
    use cbtrade_core::Decimal;
    use cbtrade_exchange::{Line, StreamEvent, Ticker};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
    }

    fn price(product: &str, price: i64) -> StreamEvent {
        StreamEvent::Ticker(Ticker {
            product: product.to_owned(),
            price: Decimal::from_integer(price),
            best_bid: None,
            best_ask: None,
            volume_24h: None,
            time: at(0),
        })
    }

    #[test]
    fn a_pair_whose_price_moved_comes_first_and_only_once() {
        let hints = Hints::new(Pauses::at_speed(1));
        let pairs = ["ADA-USDC", "ETH-USDC", "SOL-USDC"].map(|pair| (pair.to_owned(), true));
        assert_eq!(hints.next_of(&pairs, at(0)), 0);
        hints.began("SOL-USDC", true, at(0));
        for of in [100, 101] {
            hints
                .board()
                .hear(Line::Market, &price("SOL-USDC", of), at(5));
        }
        // A look was a moment ago.
        assert_eq!(hints.next_of(&pairs, at(5)), 0);
        assert_eq!(hints.next_of(&pairs, at(10)), 2);
        hints.began("SOL-USDC", true, at(10));
        assert_eq!(hints.next_of(&pairs, at(30)), 0);
    }

    #[test]
    fn products_are_listened_to_while_they_are_watched() {
        let hints = Hints::new(Pauses::at_speed(1));
        let mut products = hints.0.products.subscribe();
        hints.began("SOL-USDC", false, at(0));
        assert!(!products.has_changed().unwrap());
        hints.began("SOL-USDC", true, at(1));
        assert!(products.borrow_and_update().contains("SOL-USDC"));
        hints.began("SOL-USDC", true, at(2));
        assert!(!products.has_changed().unwrap());
        hints.leave("SOL-USDC", at(3));
        assert!(products.borrow_and_update().is_empty());
    }
}
