//! Cash, coins and positions: exact, in memory.

use cbtrade_bot::decide::{
    BuyFill, Combination, DecideError, ExitName, Figures, Position, SellFill, Spending,
    close_position, open_position,
};
use cbtrade_bot::settings::ProductSettings;
use cbtrade_core::{Decimal, Timestamp};
use serde::Serialize;

use crate::book::{Book, Held};
use crate::costs::{difference, product, sum};
use crate::error::BacktestError;
use crate::report::{amount, moment_text};

/// An open position.
#[derive(Debug, Clone)]
pub struct Open {
    /// What decisions read of it.
    pub position: Position,
    /// What bought it.
    pub combination: Combination,
    /// When it was decided to buy.
    pub decided: Timestamp,
    /// When it was filled.
    pub begun: Timestamp,
    /// The price it was filled at, without fees.
    pub prc_fill: Decimal,
    /// Minutes since it began, as of the last look.
    age_minutes: i64,
}

impl Open {
    fn held(&self) -> Held {
        Held {
            combination: self.combination,
            is_test: self.position.is_test,
            spent_amt: self.position.holding.spent_amt,
            gain_amt: self.position.figures.gain_amt,
            age_minutes: self.age_minutes,
        }
    }
}

/// A closed position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trade {
    /// Its number, in the order in which positions were opened.
    pub pos_id: i64,
    /// Whether it was on paper.
    pub is_test: bool,
    /// The strategy that bought it.
    pub strategy: &'static str,
    /// On candles of this length.
    pub interval: &'static str,
    /// When it was decided to buy.
    #[serde(serialize_with = "moment_text")]
    pub decided: Timestamp,
    /// When it was filled.
    #[serde(serialize_with = "moment_text")]
    pub begun: Timestamp,
    /// When it was decided to sell.
    #[serde(serialize_with = "moment_text")]
    pub sale_decided: Timestamp,
    /// When it was sold.
    #[serde(serialize_with = "moment_text")]
    pub ended: Timestamp,
    /// What sold it.
    pub exit: &'static str,
    /// The kind of it: `profit`, `stop_loss`, …
    pub exit_kind: &'static str,
    /// The price bought at, without fees.
    #[serde(serialize_with = "amount")]
    pub prc_buy: Decimal,
    /// The price sold at, without fees.
    #[serde(serialize_with = "amount")]
    pub prc_sell: Decimal,
    /// Coins bought.
    #[serde(serialize_with = "amount")]
    pub base_cnt: Decimal,
    /// Coins kept of them, as pocket or clip.
    #[serde(serialize_with = "amount")]
    pub kept_cnt: Decimal,
    /// What was spent, fees included.
    #[serde(serialize_with = "amount")]
    pub spent_amt: Decimal,
    /// What was received, less fees.
    #[serde(serialize_with = "amount")]
    pub received_amt: Decimal,
    /// Fees of both sides.
    #[serde(serialize_with = "amount")]
    pub fee_amt: Decimal,
    /// Received and kept less spent.
    #[serde(serialize_with = "amount")]
    pub gain_amt: Decimal,
    /// The same in percent of what was spent.
    #[serde(serialize_with = "amount")]
    pub gain_pct: Decimal,
}

impl Trade {
    /// The first line of a file of trades.
    pub const CSV_HEADER: &'static str = "pos_id,is_test,strategy,interval,decided,begun,sale_decided,ended,exit,exit_kind,prc_buy,prc_sell,base_cnt,kept_cnt,spent_amt,received_amt,fee_amt,gain_amt,gain_pct\n";

    /// Its line in such a file. No name in it needs quotes.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let times = [self.decided, self.begun, self.sale_decided, self.ended];
        let times = times.map(Timestamp::to_rfc3339).join(",");
        let amounts = [
            self.prc_buy,
            self.prc_sell,
            self.base_cnt,
            self.kept_cnt,
            self.spent_amt,
            self.received_amt,
            self.fee_amt,
            self.gain_amt,
            self.gain_pct,
        ];
        format!(
            "{},{},{},{},{times},{},{},{}\n",
            self.pos_id,
            self.is_test,
            self.strategy,
            self.interval,
            self.exit,
            self.exit_kind,
            amounts.map(|amount| amount.to_string()).join(",")
        )
    }

    /// Minutes from buy to sale.
    #[must_use]
    pub fn minutes(&self) -> i64 {
        self.ended.seconds_since(self.begun).max(0) / 60
    }
}

/// A sale that was carried out.
pub(crate) struct Sale<'a> {
    pub(crate) fill: &'a SellFill,
    pub(crate) exit: ExitName,
    pub(crate) decided: Timestamp,
    pub(crate) ended: Timestamp,
}

/// The books of a replay. Money moves by fills of live positions only; paper positions have figures and no money.
#[derive(Debug, Clone)]
pub struct Ledger {
    cash: Decimal,
    coins: Decimal,
    fee_amt: Decimal,
    open: Vec<Open>,
    next_pos_id: i64,
    pub(crate) book: Book,
}

impl Ledger {
    /// Books that begin with so much cash.
    #[must_use]
    pub fn new(cash: Decimal) -> Self {
        Self {
            cash,
            coins: Decimal::ZERO,
            fee_amt: Decimal::ZERO,
            open: Vec::new(),
            next_pos_id: 1,
            book: Book::default(),
        }
    }

    /// What there is of the quote currency.
    #[must_use]
    pub fn cash(&self) -> Decimal {
        self.cash
    }

    /// What there is of the base currency: what live positions hold, and what was kept of closed ones.
    #[must_use]
    pub fn coins(&self) -> Decimal {
        self.coins
    }

    /// Fees of all live fills.
    #[must_use]
    pub fn fee_amt(&self) -> Decimal {
        self.fee_amt
    }

    /// Open positions, live and on paper, oldest first.
    #[must_use]
    pub fn open(&self) -> &[Open] {
        &self.open
    }

    /// How product and strategies have traded.
    #[must_use]
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// How many live positions are open.
    #[must_use]
    pub fn open_live(&self) -> usize {
        let live = |open: &&Open| !open.position.is_test;
        self.open.iter().filter(live).count()
    }

    /// Cash and coins at this price.
    ///
    /// # Errors
    ///
    /// A number that is too large.
    pub fn equity(&self, price: Decimal) -> Result<Decimal, BacktestError> {
        sum(self.cash, product(self.coins, price, "equity")?, "equity")
    }

    /// What open live positions have cost.
    pub(crate) fn spendings(&self, prod_id: &str) -> Vec<Spending> {
        let live = self.open.iter().filter(|open| !open.position.is_test);
        live.map(|open| Spending {
            prod_id: prod_id.to_owned(),
            kind: open.combination.strategy.kind(),
            spent_amt: open.position.holding.spent_amt,
            is_ignored: false,
        })
        .collect()
    }

    pub(crate) fn refresh_book(&mut self, now_unix_s: i64) -> Result<(), BacktestError> {
        let open = &self.open;
        let held = || open.iter().map(Open::held).collect();
        self.book.refresh(held, now_unix_s)
    }

    /// Takes down a look at a position.
    pub(crate) fn looked_at(&mut self, index: usize, figures: Figures, age_minutes: i64) {
        if let Some(open) = self.open.get_mut(index) {
            open.position.figures = figures;
            open.age_minutes = age_minutes;
        }
    }

    /// A buy that was filled.
    pub(crate) fn bought(
        &mut self,
        combination: Combination,
        is_test: bool,
        fill: &BuyFill,
        (decided, begun): (Timestamp, Timestamp),
    ) -> Result<i64, BacktestError> {
        let failed = |source: DecideError| BacktestError::Decision {
            at: begun.to_rfc3339(),
            source,
        };
        let (holding, figures) = open_position(fill).map_err(failed)?;
        if !is_test {
            self.cash = difference(self.cash, fill.spent_amt, "cash")?;
            self.coins = sum(self.coins, fill.base_cnt, "coins")?;
            self.fee_amt = sum(self.fee_amt, fill.fee_amt, "fees")?;
        }
        let pos_id = self.next_pos_id;
        self.next_pos_id += 1;
        self.open.push(Open {
            position: Position {
                pos_id,
                is_test,
                strategy: Some(combination.strategy),
                interval: Some(combination.interval),
                is_forced: false,
                holding,
                figures,
            },
            combination,
            decided,
            begun,
            prc_fill: fill.prc_fill,
            age_minutes: 0,
        });
        self.book.bought(combination, is_test, begun.as_seconds());
        Ok(pos_id)
    }

    /// A sale that was filled; none where there is no such position.
    pub(crate) fn sold(
        &mut self,
        pos_id: i64,
        sale: &Sale<'_>,
        settings: &ProductSettings,
    ) -> Result<Option<Trade>, BacktestError> {
        let found = |open: &Open| open.position.pos_id == pos_id;
        let Some(index) = self.open.iter().position(found) else {
            return Ok(None);
        };
        let open = self.open.remove(index);
        let Position {
            is_test,
            holding,
            figures,
            ..
        } = &open.position;
        let (pocket, clip) = (settings.sell.pocket_pct, settings.sell.clip_pct);
        let closing = close_position(holding, figures, sale.fill, pocket, clip);
        let closing = closing.map_err(|source| BacktestError::Decision {
            at: sale.ended.to_rfc3339(),
            source,
        })?;
        if !is_test {
            self.cash = sum(self.cash, sale.fill.received_amt, "cash")?;
            self.coins = difference(self.coins, sale.fill.base_cnt, "coins")?;
            self.fee_amt = sum(self.fee_amt, sale.fill.fee_amt, "fees")?;
        }
        let trade = Trade {
            pos_id,
            is_test: *is_test,
            strategy: open.combination.strategy.name(),
            interval: open.combination.interval.name(),
            decided: open.decided,
            begun: open.begun,
            sale_decided: sale.decided,
            ended: sale.ended,
            exit: sale.exit.name,
            exit_kind: sale.exit.kind,
            prc_buy: open.prc_fill,
            prc_sell: sale.fill.prc_fill,
            base_cnt: holding.buy_cnt,
            kept_cnt: closing.holding.hold_cnt,
            spent_amt: closing.holding.spent_amt,
            received_amt: closing.holding.received_amt,
            fee_amt: closing.holding.fee_amt,
            gain_amt: closing.figures.gain_amt,
            gain_pct: closing.figures.result_pct,
        };
        self.book.closed(&Held {
            gain_amt: trade.gain_amt,
            age_minutes: trade.minutes(),
            ..open.held()
        })?;
        Ok(Some(trade))
    }
}
