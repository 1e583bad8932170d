//! What each bot writes down of its own doing: one line before a call, one after it.
//!
//! A bot is killed without a word, so a line is handed to the operating system in one piece before the call begins; a
//! call without a second line is one whose outcome is open.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::str::FromStr;

use cbtrade_core::Decimal;
use cbtrade_database::FiguresSnapshot;
use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// Names one operation among all of a run; also written into the rows it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId {
    /// Which bot.
    pub bot: u32,
    /// Which of its lives: it goes up each time the bot is started again after a kill.
    pub life: u32,
    /// Number within that life.
    pub number: u64,
}

impl fmt::Display for OperationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "b{}.{}.{}", self.bot, self.life, self.number)
    }
}

impl FromStr for OperationId {
    type Err = String;

    fn from_str(text: &str) -> Result<OperationId, String> {
        let parse = || {
            let mut parts = text.strip_prefix('b')?.split('.');
            let id = OperationId {
                bot: parts.next()?.parse().ok()?,
                life: parts.next()?.parse().ok()?,
                number: parts.next()?.parse().ok()?,
            };
            parts.next().is_none().then_some(id)
        };
        parse().ok_or_else(|| format!("{text:?} names no operation"))
    }
}

impl Serialize for OperationId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OperationId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Decimals as text, so that no digit is lost on the way.
pub(crate) mod decimal {
    use super::{Decimal, Deserialize};

    pub(crate) fn serialize<S: serde::Serializer>(
        number: &Decimal,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(crate) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Decimal, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Which lease of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// To look for buys.
    Buy,
    /// To look after open positions.
    Sell,
}

/// What a bot asks of the database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Asked {
    /// One transaction: order, position, both balances.
    Buy {
        /// Index of the product.
        product: usize,
        /// What it costs, fees included.
        #[serde(with = "decimal")]
        spent: Decimal,
        /// What is bought.
        #[serde(with = "decimal")]
        size: Decimal,
    },
    /// One transaction: order, position closed, both balances; nothing if the position is not open any more.
    Sell {
        /// The position.
        pos_id: i64,
        /// Index of the product.
        product: usize,
        /// What comes in, fees taken off.
        #[serde(with = "decimal")]
        received: Decimal,
    },
    /// Read a number, add one, write it.
    Count {
        /// Index of the row.
        row: usize,
    },
    /// Change the bot's own column of a row that it shares with another bot.
    Note {
        /// Index of the row.
        row: usize,
        /// Whether it is the second bot's column.
        second: bool,
    },
    /// Append a signal.
    Signal {
        /// Index of the product.
        product: usize,
    },
    /// Append a decision about a signal.
    Decide {
        /// Index of the product.
        product: usize,
        /// The signal.
        signal_id: i64,
    },
    /// Write all candles of a set, in a shuffled order, with the operation as their version.
    Candles {
        /// Index of the set.
        set: usize,
    },
    /// Write a currency that may or may not be there yet, as other bots do at the same time.
    Currency {
        /// Number of the currency.
        number: u64,
    },
    /// Ask for a lease.
    Claim {
        /// Index of the product.
        product: usize,
        /// Which lease.
        side: Side,
        /// Who asks.
        guid: String,
    },
    /// Let time pass for a lease: move it so far into the past that it has run out.
    Expire {
        /// Index of the product.
        product: usize,
        /// Which lease.
        side: Side,
    },
    /// Mark a product's figures as to be computed anew.
    Flag {
        /// Index of the product.
        product: usize,
    },
    /// Set a position's time of the last check.
    Checked {
        /// The position.
        pos_id: i64,
    },
    /// Balances, and what the positions say they must be, in one statement.
    ReadAccount {
        /// Index of the quote currency.
        quote: usize,
    },
    /// A position with its orders, in one statement.
    ReadPosition {
        /// The position.
        pos_id: i64,
    },
    /// The open positions of a product.
    ReadOpen {
        /// Index of the product.
        product: usize,
    },
    /// All candles of a set.
    ReadCandles {
        /// Index of the set.
        set: usize,
    },
    /// A counter.
    ReadCount {
        /// Index of the row.
        row: usize,
    },
    /// One bot's column of a shared row.
    ReadNote {
        /// Index of the row.
        row: usize,
        /// Whether it is the second bot's column.
        second: bool,
    },
    /// A signal of one's own that was acknowledged.
    ReadSignal {
        /// The signal.
        signal_id: i64,
    },
    /// Products, pairs to trade, orders: what bots read all day, of which nothing is checked but that it comes.
    ReadMarkets {
        /// Index of the product.
        product: usize,
    },
}

impl Asked {
    /// The kind, as reports name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Asked::Buy { .. } => "buy",
            Asked::Sell { .. } => "sell",
            Asked::Count { .. } => "count",
            Asked::Note { .. } => "note",
            Asked::Signal { .. } => "signal",
            Asked::Decide { .. } => "decide",
            Asked::Candles { .. } => "candles",
            Asked::Currency { .. } => "currency",
            Asked::Claim { .. } => "claim",
            Asked::Expire { .. } => "expire",
            Asked::Flag { .. } => "flag",
            Asked::Checked { .. } => "checked",
            Asked::ReadAccount { .. } => "read account",
            Asked::ReadPosition { .. } => "read position",
            Asked::ReadOpen { .. } => "read open",
            Asked::ReadCandles { .. } => "read candles",
            Asked::ReadCount { .. } => "read count",
            Asked::ReadNote { .. } => "read note",
            Asked::ReadSignal { .. } => "read signal",
            Asked::ReadMarkets { .. } => "read markets",
        }
    }

    /// Whether it changes anything.
    #[must_use]
    pub fn writes(&self) -> bool {
        !self.kind().starts_with("read ")
    }
}

/// A position as one statement sees it, with its orders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenPosition {
    /// `OPEN` or `CLOSE`.
    pub state: String,
    /// What was spent on it.
    #[serde(with = "decimal")]
    pub spent: Decimal,
    /// What came in.
    #[serde(with = "decimal")]
    pub received: Decimal,
    /// What was bought.
    #[serde(with = "decimal")]
    pub bought: Decimal,
    /// What is still held.
    #[serde(with = "decimal")]
    pub held: Decimal,
    /// Buy orders of it, and what they say was spent.
    pub buy_orders: i64,
    /// What its buy order says was spent.
    #[serde(with = "decimal")]
    pub order_spent: Decimal,
    /// Sell orders of it.
    pub sell_orders: i64,
    /// What its sell order says came in.
    #[serde(with = "decimal")]
    pub order_received: Decimal,
}

/// An account as one statement sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenAccount {
    /// The balance.
    #[serde(with = "decimal")]
    pub balance: Decimal,
    /// Positions ever opened in this currency.
    pub positions: i64,
    /// What all of them cost.
    #[serde(with = "decimal")]
    pub spent: Decimal,
    /// What came back from all of them.
    #[serde(with = "decimal")]
    pub received: Decimal,
}

/// What the database answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Answer {
    /// Nothing more than that it is done.
    Done,
    /// The position of a buy.
    Bought {
        /// Its number.
        pos_id: i64,
    },
    /// Whether the position was still open, and so was sold.
    Sold {
        /// Whether.
        sold: bool,
    },
    /// The new number of a counter, or the one that was read.
    Number {
        /// The number.
        number: i64,
    },
    /// The number of an appended row.
    Appended {
        /// The number.
        id: i64,
    },
    /// Whether the lease was got.
    Claimed {
        /// Whether.
        got: bool,
    },
    /// An account.
    Account {
        /// What was seen.
        seen: SeenAccount,
    },
    /// A position, if it is there.
    Position {
        /// What was seen.
        seen: Option<SeenPosition>,
    },
    /// Numbers of positions.
    Positions {
        /// The numbers.
        ids: Vec<i64>,
    },
    /// The version of each candle that is there: the operation that wrote it.
    Versions {
        /// The operations.
        of: Vec<OperationId>,
    },
    /// The operation whose note stands in a column.
    Noted {
        /// The operation.
        by: Option<OperationId>,
    },
    /// The operation that wrote a signal, if it is there.
    Signal {
        /// The operation.
        by: Option<OperationId>,
    },
    /// So many rows.
    Rows {
        /// How many.
        count: usize,
    },
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "kebab-case")]
pub enum End {
    /// The layer says that it is done.
    Acknowledged {
        /// What it gave.
        answer: Answer,
    },
    /// The layer says that nothing was written.
    Refused {
        /// The error's kind.
        kind: String,
        /// The error.
        words: String,
    },
    /// The layer says that it does not know.
    Unknown {
        /// The operation's token.
        token: String,
        /// The error.
        words: String,
    },
}

/// One line of a history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "kebab-case")]
pub enum Line {
    /// A call begins.
    Begun {
        /// Which.
        id: OperationId,
        /// When, in microseconds of the machine's monotonic clock.
        at_us: u64,
        /// What is asked.
        asked: Asked,
    },
    /// A call has ended.
    Done {
        /// Which.
        id: OperationId,
        /// When.
        at_us: u64,
        /// How.
        end: End,
        /// Attempts made again, by cause.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        retries: BTreeMap<String, u64>,
    },
    /// The layer was asked later what became of an unknown outcome.
    Settled {
        /// Which.
        id: OperationId,
        /// When the answer came.
        at_us: u64,
        /// Whether it was written.
        written: bool,
    },
    /// The bot's figures at its end.
    Figures {
        /// When.
        at_us: u64,
        /// What it counted.
        figures: FiguresSnapshot,
    },
}

/// Microseconds of the machine's monotonic clock, the same for all processes.
#[must_use]
pub(crate) fn now_us() -> u64 {
    // The clock is always there on Linux; without it every time would be the same, and the checks by time would see less.
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |time| {
        let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
        seconds * 1_000_000 + u64::try_from(time.tv_nsec()).unwrap_or(0) / 1_000
    })
}

/// A history that is being written.
#[derive(Debug)]
pub(crate) struct Writer {
    file: File,
}

impl Writer {
    /// A new history.
    ///
    /// # Errors
    /// The file is there already or cannot be made.
    pub(crate) fn create(path: &Path) -> io::Result<Writer> {
        let file = File::options().write(true).create_new(true).open(path)?;
        Ok(Writer { file })
    }

    /// Writes a line in one piece.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)
    }
}

/// Reads a history. A last line that was cut off by a kill is left out.
///
/// # Errors
/// The file cannot be read, or another line is none of ours.
pub(crate) fn read(path: &Path) -> io::Result<Vec<Line>> {
    let mut lines = Vec::new();
    let mut reader = BufReader::new(File::open(path)?);
    let mut text = Vec::new();
    loop {
        text.clear();
        if reader.read_until(b'\n', &mut text)? == 0 {
            return Ok(lines);
        }
        match serde_json::from_slice(&text) {
            Ok(line) => lines.push(line),
            Err(_) if text.last() != Some(&b'\n') => return Ok(lines),
            Err(source) => {
                let place = format!("{}, line {}", path.display(), lines.len() + 1);
                return Err(io::Error::other(format!("{place}: {source}")));
            }
        }
    }
}

/// What is known of an operation in the end.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// It is done, and this is what it gave.
    Acknowledged(Answer),
    /// It is done; the answer was lost and only that much was found out.
    Settled,
    /// Nothing was written.
    Refused(String),
    /// It may be done or not.
    InDoubt(String),
}

/// An operation with its outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Which.
    pub id: OperationId,
    /// What was asked.
    pub asked: Asked,
    /// When it began, in microseconds.
    pub begun_us: u64,
    /// When its outcome was told; `None` if it never was.
    pub done_us: Option<u64>,
    /// Its outcome.
    pub fate: Fate,
    /// Attempts made again, by cause.
    pub retries: BTreeMap<String, u64>,
}

impl Operation {
    /// Whether it is known to be done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.fate, Fate::Acknowledged(_) | Fate::Settled)
    }

    /// Whether it may have an effect.
    #[must_use]
    pub fn may_be_done(&self) -> bool {
        !matches!(self.fate, Fate::Refused(_))
    }

    /// What it gave, where that is known.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        match &self.fate {
            Fate::Acknowledged(answer) => Some(answer),
            _ => None,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = serde_json::to_string(&self.asked).unwrap_or_default();
        let milliseconds = |us: u64| format!("{}.{:03}", us / 1_000, us % 1_000);
        write!(
            formatter,
            "{} at {} ms",
            self.id,
            milliseconds(self.begun_us)
        )?;
        if let Some(done) = self.done_us {
            write!(formatter, " to {}", milliseconds(done))?;
        }
        write!(formatter, ": {asked} -> ")?;
        match &self.fate {
            Fate::Acknowledged(answer) => {
                formatter.write_str(&serde_json::to_string(answer).unwrap_or_default())
            }
            Fate::Settled => formatter.write_str("written (found out afterwards)"),
            Fate::Refused(words) => write!(formatter, "refused: {words}"),
            Fate::InDoubt(words) => write!(formatter, "in doubt: {words}"),
        }
    }
}

/// Puts the two lines of each operation together, in the order in which they began. The second part are the figures.
#[must_use]
pub fn operations(lines: impl IntoIterator<Item = Line>) -> (Vec<Operation>, Vec<FiguresSnapshot>) {
    let mut found: BTreeMap<OperationId, Operation> = BTreeMap::new();
    let mut all_figures = Vec::new();
    for line in lines {
        match line {
            Line::Begun { id, at_us, asked } => {
                let operation = Operation {
                    id,
                    asked,
                    begun_us: at_us,
                    done_us: None,
                    fate: Fate::InDoubt("the bot was killed".to_owned()),
                    retries: BTreeMap::new(),
                };
                found.insert(id, operation);
            }
            Line::Done {
                id,
                at_us,
                end,
                retries,
            } => {
                if let Some(operation) = found.get_mut(&id) {
                    operation.retries = retries;
                    operation.fate = match end {
                        End::Acknowledged { answer } => Fate::Acknowledged(answer),
                        End::Refused { kind, words } => Fate::Refused(format!("{kind}: {words}")),
                        End::Unknown { words, .. } => Fate::InDoubt(words),
                    };
                    operation.done_us =
                        (!matches!(operation.fate, Fate::InDoubt(_))).then_some(at_us);
                }
            }
            Line::Settled { id, at_us, written } => {
                if let Some(operation) = found.get_mut(&id) {
                    operation.done_us = Some(at_us);
                    operation.fate = match written {
                        true => Fate::Settled,
                        false => Fate::Refused("settled: nothing was written".to_owned()),
                    };
                }
            }
            Line::Figures { figures, .. } => all_figures.push(figures),
        }
    }
    let mut operations: Vec<Operation> = found.into_values().collect();
    operations.sort_by_key(|operation| (operation.begun_us, operation.id));
    (operations, all_figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> OperationId {
        OperationId {
            bot: 3,
            life: 1,
            number,
        }
    }

    #[test]
    fn names_read_back() {
        assert_eq!(id(42).to_string(), "b3.1.42");
        assert_eq!("b3.1.42".parse(), Ok(id(42)));
        for wrong in ["", "b", "3.1.42", "b3.1", "b3.1.42.5", "b3.1.x"] {
            assert!(wrong.parse::<OperationId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_history_survives_a_kill_in_the_middle_of_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bot");
        let asked = Asked::Buy {
            product: 1,
            spent: "12.000000000001".parse().unwrap(),
            size: "0.5".parse().unwrap(),
        };
        let mut writer = Writer::create(&path).unwrap();
        let begun = |number| Line::Begun {
            id: id(number),
            at_us: number,
            asked: asked.clone(),
        };
        let done = Line::Done {
            id: id(1),
            at_us: 9,
            end: End::Acknowledged {
                answer: Answer::Bought { pos_id: 7 },
            },
            retries: BTreeMap::new(),
        };
        for line in [begun(1), done.clone(), begun(2)] {
            writer.write(&line).unwrap();
        }
        writer.file.write_all(b"{\"line\":\"do").unwrap();
        let lines = read(&path).unwrap();
        assert_eq!(lines, [begun(1), done, begun(2)]);
        let (operations, _) = operations(lines);
        assert_eq!(operations[0].done_us, Some(9));
        assert_eq!(operations[0].answer(), Some(&Answer::Bought { pos_id: 7 }));
        assert!(matches!(operations[1].fate, Fate::InDoubt(_)));
        writer.file.write_all(b"\n").unwrap();
        assert!(read(&path).is_err(), "a whole line that is none of ours");
    }

    #[test]
    fn the_clock_goes_on() {
        let first = now_us();
        assert!(first > 0 && now_us() >= first);
    }
}
