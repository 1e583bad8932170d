//! What a bot does next: the fleet's mix of methods, drawn from the seed.

use cbtrade_core::{Decimal, Random};

use crate::history::{Asked, Side};
use crate::world::{CANDLE_SETS, COUNTERS, PRODUCTS, QUOTES, World};

/// Positions that a bot remembers as its own.
const REMEMBERED_MAX: usize = 40;
/// Microseconds for which the same new currency is met by all bots.
const CURRENCY_US: u64 = 250_000;

/// Kinds of work with their share among all. Reads make up somewhat less than half, as with bots that follow positions.
const MIX: [(Kind, u64); 20] = [
    (Kind::ReadMarkets, 8),
    (Kind::ReadOpen, 6),
    (Kind::ReadPosition, 9),
    (Kind::ReadAccount, 3),
    (Kind::ReadCandles, 3),
    (Kind::ReadCount, 4),
    (Kind::ReadNote, 5),
    (Kind::ReadSignal, 3),
    (Kind::Buy, 9),
    (Kind::Sell, 9),
    (Kind::Count, 7),
    (Kind::Note, 8),
    (Kind::Checked, 4),
    (Kind::Signal, 7),
    (Kind::Decide, 4),
    (Kind::Candles, 2),
    (Kind::Currency, 3),
    (Kind::Claim, 5),
    (Kind::Expire, 1),
    (Kind::Flag, 1),
];

#[derive(Clone, Copy)]
enum Kind {
    Buy,
    Sell,
    Count,
    Note,
    Checked,
    Signal,
    Decide,
    Candles,
    Currency,
    Claim,
    Expire,
    Flag,
    ReadMarkets,
    ReadOpen,
    ReadPosition,
    ReadAccount,
    ReadCandles,
    ReadCount,
    ReadNote,
    ReadSignal,
}

/// What a bot remembers between calls.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Positions that it bought or saw open, with their products.
    pub(super) positions: Vec<(i64, usize)>,
    /// Its last acknowledged signal, with the product.
    pub(super) signal: Option<(i64, usize)>,
}

impl Memory {
    pub(super) fn remember(&mut self, pos_id: i64, product: usize) {
        if self.positions.len() >= REMEMBERED_MAX {
            self.positions.remove(0);
        }
        self.positions.push((pos_id, product));
    }
}

/// Draws what a bot does next.
pub(super) struct Chooser {
    random: Random,
    bot: u32,
    shared: usize,
    guid: String,
}

impl Chooser {
    pub(super) fn new(random: Random, bot: u32, world: &World, guid: String) -> Chooser {
        Chooser {
            random,
            bot,
            shared: world.shared.len(),
            guid,
        }
    }

    /// In a storm everybody counts in the same row, and some buy.
    pub(super) fn in_storm(&mut self) -> Asked {
        match self.random.below(5) {
            0 => self.buy(),
            _ => Asked::Count { row: 0 },
        }
    }

    pub(super) fn next(&mut self, memory: &mut Memory, now_us: u64) -> Asked {
        let all: u64 = MIX.iter().map(|(_, share)| share).sum();
        let mut drawn = self.random.below(all);
        let mut kind = Kind::ReadMarkets;
        for (one, share) in MIX {
            kind = one;
            match drawn.checked_sub(share) {
                Some(rest) => drawn = rest,
                None => break,
            }
        }
        self.of_kind(kind, memory, now_us)
    }

    fn of_kind(&mut self, kind: Kind, memory: &mut Memory, now_us: u64) -> Asked {
        let product = self.below(PRODUCTS);
        match kind {
            Kind::Buy => self.buy(),
            Kind::Sell => match self.any_position(memory, true) {
                Some((pos_id, product)) => Asked::Sell {
                    pos_id,
                    product,
                    received: self.amount(),
                },
                None => self.buy(),
            },
            Kind::Checked => match self.any_position(memory, false) {
                Some((pos_id, _)) => Asked::Checked { pos_id },
                None => self.buy(),
            },
            Kind::ReadPosition => match self.any_position(memory, false) {
                Some((pos_id, _)) => Asked::ReadPosition { pos_id },
                None => self.buy(),
            },
            Kind::Count => Asked::Count {
                row: self.below(COUNTERS),
            },
            Kind::Note => {
                let (row, second) = World::note_of(self.bot);
                Asked::Note { row, second }
            }
            Kind::Signal => Asked::Signal { product },
            Kind::Decide => match memory.signal {
                Some((signal_id, product)) => Asked::Decide { product, signal_id },
                None => Asked::Signal { product },
            },
            Kind::ReadSignal => match memory.signal {
                Some((signal_id, _)) => Asked::ReadSignal { signal_id },
                None => Asked::Signal { product },
            },
            Kind::Candles => Asked::Candles {
                set: self.below(CANDLE_SETS),
            },
            Kind::Currency => Asked::Currency {
                number: now_us / CURRENCY_US,
            },
            Kind::Claim => Asked::Claim {
                product,
                side: self.side(),
                guid: self.guid.clone(),
            },
            Kind::Expire => Asked::Expire {
                product,
                side: self.side(),
            },
            Kind::Flag => Asked::Flag { product },
            Kind::ReadMarkets => Asked::ReadMarkets { product },
            Kind::ReadOpen => Asked::ReadOpen { product },
            Kind::ReadAccount => Asked::ReadAccount {
                quote: self.below(QUOTES.len()),
            },
            Kind::ReadCandles => Asked::ReadCandles {
                set: self.below(CANDLE_SETS),
            },
            Kind::ReadCount => Asked::ReadCount {
                row: self.below(COUNTERS),
            },
            Kind::ReadNote => {
                let row = self.below(self.shared);
                let (own, second) = World::note_of(self.bot);
                match self.random.below(2) {
                    0 => Asked::ReadNote { row: own, second },
                    _ => Asked::ReadNote {
                        row,
                        second: self.random.below(2) == 1,
                    },
                }
            }
        }
    }

    fn buy(&mut self) -> Asked {
        Asked::Buy {
            product: self.below(PRODUCTS),
            spent: self.amount(),
            size: self.amount(),
        }
    }

    /// An amount with all twelve places, so that no rounding anywhere stays unseen.
    fn amount(&mut self) -> Decimal {
        Decimal::from_units(i128::from(self.random.between(1, 99_999_999_999_999)))
    }

    /// A position that the bot remembers; forgotten if it is about to be sold.
    fn any_position(&mut self, memory: &mut Memory, take: bool) -> Option<(i64, usize)> {
        if memory.positions.is_empty() {
            return None;
        }
        let place = self.below(memory.positions.len());
        match take {
            // Now and then it is kept, and sold again: that must be refused.
            true if self.random.below(8) > 0 => Some(memory.positions.swap_remove(place)),
            _ => memory.positions.get(place).copied(),
        }
    }

    fn side(&mut self) -> Side {
        match self.random.below(2) {
            0 => Side::Buy,
            _ => Side::Sell,
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.random.below(bound)).unwrap_or(0)
    }

    /// A number for a shuffle.
    pub(super) fn random(&mut self) -> &mut Random {
        &mut self.random
    }
}
