//! Made-up runs of several bots on a database that does everything right.
//!
//! Each operation takes effect at one instant between its begin and its end; those of different bots overlap. Some are
//! refused (and have no effect), some stay in doubt (and have one or not), some bots die in the middle.

use std::collections::BTreeMap;

use cbtrade_core::{Decimal, Random};
use cbtrade_soak::{
    Answer, AppendedRow, Asked, BuyOrderRow, CANDLE_SETS, CANDLES_OF_SET, COUNTERS, Fate,
    FinalState, Operation, OperationId, PRODUCTS, PositionRow, Product, QUOTES, SeenAccount,
    SeenPosition, SellOrderRow, Side, World, new_currency, start_balance, version_of,
};

/// Bots of a story.
const BOTS: u32 = 4;

/// A run and what it left.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) operations: Vec<Operation>,
    pub(crate) state: FinalState,
}

struct Teller {
    random: Random,
    now_us: u64,
    numbers: [(u32, u64); BOTS as usize],
    free_at_us: [u64; BOTS as usize],
    state: FinalState,
    holders: BTreeMap<(usize, Side), Option<String>>,
    signals_of: Vec<(u32, i64, OperationId, u64)>,
    next_id: i64,
}

impl Story {
    pub(crate) fn random(seed: u64, length: usize) -> Story {
        let mut teller = Teller::new(seed);
        let mut operations: Vec<Operation> = (0..length).map(|_| teller.one()).collect();
        operations.sort_by_key(|one| (one.begun_us, one.id));
        Story {
            operations,
            state: teller.state,
        }
    }
}

impl Teller {
    fn new(seed: u64) -> Teller {
        let balances = QUOTES
            .into_iter()
            .chain(cbtrade_soak::BASES)
            .map(|name| (name.to_owned(), start_balance(name)))
            .collect();
        Teller {
            random: Random::stream(seed, 4_711),
            now_us: 1_000,
            numbers: [(0, 0); BOTS as usize],
            free_at_us: [0; BOTS as usize],
            state: FinalState {
                balances,
                counters: vec![0; COUNTERS],
                notes: vec![[None, None]; 2],
                candles: vec![Vec::new(); CANDLE_SETS],
                ..FinalState::default()
            },
            holders: BTreeMap::new(),
            signals_of: Vec::new(),
            next_id: 1,
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.random.below(bound as u64)).unwrap()
    }

    fn id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id
    }

    fn amount(&mut self) -> Decimal {
        Decimal::from_units(i128::from(self.random.between(1, 99_999_999_999_999)))
    }

    /// One operation, which takes effect now.
    fn one(&mut self) -> Operation {
        self.now_us += 10 + self.random.below(50);
        let bot = self.below(BOTS as usize);
        // Its begin lies before now, but not before the end of its bot's last one; its end lies after now.
        let begun_us = self.free_at_us[bot].max(self.now_us - self.random.below(9).min(8));
        self.now_us = self.now_us.max(begun_us + 1);
        let done_us = self.now_us + 1 + self.random.below(60);
        self.free_at_us[bot] = done_us + 1;
        let (life, number) = &mut self.numbers[bot];
        *number += 1;
        let id = OperationId {
            bot: u32::try_from(bot).unwrap(),
            life: *life,
            number: *number,
        };
        let asked = self.asked(id.bot);
        let doubt = asked.writes() && self.random.below(25) == 0;
        let refused = self.random.below(25) == 0;
        let fate = if refused {
            Fate::Refused("Conflict: nothing was written".to_owned())
        } else if doubt && self.random.below(2) == 0 {
            Fate::InDoubt("the bot was killed".to_owned())
        } else {
            let answer = self.effect(id, &asked, begun_us);
            match doubt {
                true => Fate::InDoubt("the bot was killed".to_owned()),
                false => Fate::Acknowledged(answer),
            }
        };
        if let (Fate::Acknowledged(Answer::Appended { id: row }), Asked::Signal { .. }) =
            (&fate, &asked)
        {
            self.signals_of.push((id.bot, *row, id, done_us));
        }
        if doubt {
            let (life, number) = &mut self.numbers[bot];
            (*life, *number) = (*life + 1, 0);
        }
        let done_us = (!matches!(fate, Fate::InDoubt(_))).then_some(done_us);
        Operation {
            id,
            asked,
            begun_us,
            done_us,
            fate,
            retries: BTreeMap::new(),
        }
    }

    fn asked(&mut self, bot: u32) -> Asked {
        let product = self.below(PRODUCTS);
        let (row, second) = World::note_of(bot);
        let own_signal = self
            .signals_of
            .iter()
            .rev()
            .find(|(of, ..)| *of == bot)
            .map(|(_, id, ..)| *id);
        let side = [Side::Buy, Side::Sell][self.below(2)];
        match self.below(20) {
            0..3 => self.buy(product),
            3..5 => self.sell(),
            5 => Asked::Count {
                row: self.below(COUNTERS),
            },
            6 => Asked::Note { row, second },
            7 | 8 => Asked::Signal { product },
            9 => match own_signal {
                Some(signal_id) => Asked::Decide { product, signal_id },
                None => Asked::Signal { product },
            },
            10 => Asked::Candles {
                set: self.below(CANDLE_SETS),
            },
            11 => Asked::Currency {
                number: self.now_us / 5_000,
            },
            12 => Asked::Claim {
                product: self.below(3),
                side,
                guid: format!("bot-{bot}"),
            },
            13 => match self.below(2) {
                0 => Asked::Expire {
                    product: self.below(3),
                    side,
                },
                _ => Asked::Flag { product },
            },
            14 => Asked::ReadAccount {
                quote: self.below(2),
            },
            15 => self.any_position(),
            16 => Asked::ReadOpen { product },
            17 => Asked::ReadCandles {
                set: self.below(CANDLE_SETS),
            },
            18 => match self.below(2) {
                0 => Asked::ReadCount {
                    row: self.below(COUNTERS),
                },
                _ => Asked::ReadNote {
                    row: self.below(2),
                    second: self.below(2) == 1,
                },
            },
            _ => match own_signal {
                Some(signal_id) => Asked::ReadSignal { signal_id },
                None => Asked::Signal { product },
            },
        }
    }

    fn buy(&mut self, product: usize) -> Asked {
        Asked::Buy {
            product,
            spent: self.amount(),
            size: self.amount(),
        }
    }

    /// Mostly an open position, sometimes one that is closed.
    fn sell(&mut self) -> Asked {
        let closed_too = self.below(6) == 0;
        let choice: Vec<(i64, String)> = self
            .state
            .positions
            .iter()
            .filter(|row| closed_too || row.state == "OPEN")
            .map(|row| (row.pos_id, row.product.clone()))
            .collect();
        if choice.is_empty() {
            return self.buy(0);
        }
        let (pos_id, product) = choice[self.below(choice.len())].clone();
        let product = (0..PRODUCTS)
            .find(|index| Product::of(*index).id() == product)
            .unwrap();
        Asked::Sell {
            pos_id,
            product,
            received: self.amount(),
        }
    }

    fn any_position(&mut self) -> Asked {
        match self.state.positions.len() {
            0 => self.buy(0),
            count => {
                let place = self.below(count);
                Asked::ReadPosition {
                    pos_id: self.state.positions[place].pos_id,
                }
            }
        }
    }

    fn change(&mut self, currency: &str, by: Decimal) {
        let balance = self.state.balances.get_mut(currency).unwrap();
        *balance = balance.checked_add(by).unwrap();
    }

    fn effect(&mut self, id: OperationId, asked: &Asked, begun_us: u64) -> Answer {
        match asked {
            Asked::Buy {
                product,
                spent,
                size,
            } => self.bought(id, *product, *spent, *size),
            Asked::Sell {
                pos_id, received, ..
            } => self.sold(id, *pos_id, *received),
            Asked::Count { row } => {
                self.state.counters[*row] += 1;
                Answer::Number {
                    number: self.state.counters[*row],
                }
            }
            Asked::Note { row, second } => {
                self.state.notes[*row][usize::from(*second)] = Some(id.to_string());
                Answer::Done
            }
            Asked::Signal { product } => {
                let row = self.appended(id, *product, None);
                let number = row.id;
                self.state.signals.push(row);
                Answer::Appended { id: number }
            }
            Asked::Decide { product, signal_id } => {
                let row = self.appended(id, *product, Some(*signal_id));
                let number = row.id;
                self.state.decisions.push(row);
                Answer::Appended { id: number }
            }
            Asked::Candles { set } => {
                self.state.candles[*set] = vec![version_of(id); CANDLES_OF_SET];
                Answer::Done
            }
            Asked::Currency { number } => {
                let name = new_currency(*number);
                self.state.currencies.insert(name, id.to_string());
                Answer::Done
            }
            Asked::Claim {
                product,
                side,
                guid,
            } => {
                let holder = self.holders.entry((*product, *side)).or_default();
                let got = holder.as_ref().is_none_or(|holder| holder == guid);
                if got {
                    *holder = Some(guid.clone());
                }
                Answer::Claimed { got }
            }
            Asked::Expire { product, side } => {
                self.holders.insert((*product, *side), None);
                Answer::Done
            }
            Asked::Flag { product } => {
                let name = Product::of(*product).id();
                if !self.state.flagged.contains(&name) {
                    self.state.flagged.push(name);
                }
                Answer::Done
            }
            _ => self.read(asked, begun_us),
        }
    }

    fn appended(&mut self, id: OperationId, product: usize, signal_id: Option<i64>) -> AppendedRow {
        AppendedRow {
            id: self.id(),
            tag: id.to_string(),
            product: Product::of(product).id(),
            signal_id,
        }
    }

    fn bought(&mut self, id: OperationId, product: usize, spent: Decimal, size: Decimal) -> Answer {
        let (bo_id, pos_id, product) = (self.id(), self.id(), Product::of(product));
        self.change(product.base, size);
        self.change(product.quote, Decimal::from_units(-spent.units()));
        self.state.buy_orders.push(BuyOrderRow {
            bo_id,
            tag: id.to_string(),
            product: product.id(),
            spent,
            size,
        });
        self.state.positions.push(PositionRow {
            pos_id,
            tag: id.to_string(),
            bo_id: Some(bo_id),
            state: "OPEN".to_owned(),
            product: product.id(),
            spent,
            received: Decimal::ZERO,
            bought: size,
            held: size,
            gain: Decimal::ZERO,
        });
        Answer::Bought { pos_id }
    }

    fn sold(&mut self, id: OperationId, pos_id: i64, received: Decimal) -> Answer {
        let place = self
            .state
            .positions
            .iter()
            .position(|row| row.pos_id == pos_id)
            .unwrap();
        let so_id = self.id();
        let row = &mut self.state.positions[place];
        if row.state != "OPEN" {
            return Answer::Sold { sold: false };
        }
        let sold = row.held;
        row.state = "CLOSE".to_owned();
        row.received = received;
        row.held = Decimal::ZERO;
        row.gain = received.checked_sub(row.spent).unwrap();
        let (base, quote) = row
            .product
            .clone()
            .split_once('-')
            .map(|(base, quote)| (base.to_owned(), quote.to_owned()))
            .unwrap();
        self.state.sell_orders.push(SellOrderRow {
            so_id,
            tag: id.to_string(),
            pos_id: Some(pos_id),
            received,
            sold,
        });
        self.change(&base, Decimal::from_units(-sold.units()));
        self.change(&quote, received);
        Answer::Sold { sold: true }
    }

    fn read(&mut self, asked: &Asked, begun_us: u64) -> Answer {
        match asked {
            Asked::ReadAccount { quote } => self.account(QUOTES[*quote]),
            Asked::ReadPosition { pos_id } => self.position(*pos_id),
            Asked::ReadOpen { product } => {
                let name = Product::of(*product).id();
                let open = self
                    .state
                    .positions
                    .iter()
                    .filter(|row| row.product == name && row.state == "OPEN");
                Answer::Positions {
                    ids: open.map(|row| row.pos_id).collect(),
                }
            }
            Asked::ReadCandles { set } => Answer::Versions {
                of: self.state.candles[*set]
                    .iter()
                    .map(|version| {
                        let number = i64::try_from(version.units() / Decimal::ONE.units()).unwrap();
                        OperationId {
                            bot: u32::try_from(number / 1_000_000_000_000).unwrap(),
                            life: u32::try_from(number / 1_000_000_000 % 1_000).unwrap(),
                            number: u64::try_from(number % 1_000_000_000).unwrap(),
                        }
                    })
                    .collect(),
            },
            Asked::ReadCount { row } => Answer::Number {
                number: self.state.counters[*row],
            },
            Asked::ReadNote { row, second } => Answer::Noted {
                by: self.state.notes[*row][usize::from(*second)]
                    .as_ref()
                    .map(|tag| tag.parse().unwrap()),
            },
            Asked::ReadSignal { signal_id } => {
                let known = self
                    .signals_of
                    .iter()
                    .find(|(_, id, _, done_us)| id == signal_id && *done_us < begun_us + 1_000_000);
                Answer::Signal {
                    by: known.map(|(_, _, by, _)| *by),
                }
            }
            _ => Answer::Rows { count: 1 },
        }
    }

    fn account(&self, quote: &str) -> Answer {
        let rows = self
            .state
            .positions
            .iter()
            .filter(|row| row.product.ends_with(quote));
        let mut seen = SeenAccount {
            balance: self.state.balances[quote],
            positions: 0,
            spent: Decimal::ZERO,
            received: Decimal::ZERO,
        };
        for row in rows {
            seen.positions += 1;
            seen.spent = seen.spent.checked_add(row.spent).unwrap();
            seen.received = seen.received.checked_add(row.received).unwrap();
        }
        Answer::Account { seen }
    }

    fn position(&self, pos_id: i64) -> Answer {
        let row = self.state.positions.iter().find(|row| row.pos_id == pos_id);
        let row = row.unwrap();
        let order = self
            .state
            .sell_orders
            .iter()
            .find(|order| order.pos_id == Some(pos_id));
        Answer::Position {
            seen: Some(SeenPosition {
                state: row.state.clone(),
                spent: row.spent,
                received: row.received,
                bought: row.bought,
                held: row.held,
                buy_orders: 1,
                order_spent: row.spent,
                sell_orders: i64::from(order.is_some()),
                order_received: order.map_or(Decimal::ZERO, |order| order.received),
            }),
        }
    }
}
