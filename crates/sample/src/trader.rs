//! The bots: they open and close positions as time goes by.

use cbtrade_core::Random;

use crate::Error;
use crate::candle::{Calendar, PASS_SECONDS};
use crate::decision::{DecisionLog, KEPT_SECONDS, Outcome};
use crate::ledger::write_position;
use crate::market::Market;
use crate::order::{
    Order, Report, buy, sell, write_buy_order, write_exchange_order, write_sell_order,
};
use crate::performance::Performance;
use crate::position::{Exit, Origin, Position, State};
use crate::store::Store;
use crate::strategy::{Strategy, strategies};

/// The newest number given out in each table of orders.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Numbers {
    pub(crate) position: i64,
    pub(crate) buy_order: i64,
    pub(crate) sell_order: i64,
    pub(crate) exchange_order: i64,
}

/// The bots and what they remember.
pub(crate) struct Trader {
    pub(crate) strategies: Vec<Strategy>,
    pub(crate) numbers: Numbers,
    pub(crate) decisions: DecisionLog,
    /// Coins held per market, by all live positions together.
    pub(crate) held: Vec<f64>,
    /// Dollars in the wallet.
    pub(crate) cash: f64,
    positions_wanted: i64,
    opened: i64,
    open: Vec<Position>,
    finished: Performance,
    chance: Random,
}

impl Trader {
    pub(crate) fn new(seed: u64, positions: u32, markets: usize) -> Self {
        Self {
            strategies: strategies(),
            numbers: Numbers::default(),
            decisions: DecisionLog::default(),
            held: vec![0.0; markets],
            cash: 25_000.0,
            positions_wanted: i64::from(positions),
            opened: 0,
            open: Vec::new(),
            finished: Performance::default(),
            chance: Random::stream(seed, 1),
        }
    }

    /// One pass over all products at this time: sells what is to be sold, buys what is due.
    pub(crate) fn pass(
        &mut self,
        store: &Store,
        markets: &[Market],
        calendar: &Calendar,
        now: i64,
    ) -> Result<(), Error> {
        self.look_after_positions(store, markets, now)?;
        let due = self.positions_wanted * (now - calendar.start) / (calendar.end - calendar.start);
        // The orders of a pass lie behind those of the last pass and before the present moment.
        let gap = (PASS_SECONDS / (due - self.opened + 1)).clamp(1, 20);
        let mut begin = now - PASS_SECONDS;
        while self.opened < due {
            begin = (begin + self.chance.between(1, gap)).min(now - 10);
            let is_kept = begin > calendar.end - KEPT_SECONDS;
            let (market, strategy) = self.pick(markets.len());
            while self.chance.chance(0.4) {
                let (market, strategy) = self.pick(markets.len());
                let denied = (begin, Outcome::Denied, is_kept);
                let (market, strategy) = (&markets[market], &self.strategies[strategy]);
                self.decisions
                    .add(store, market, strategy, denied, &mut self.chance)?;
            }
            self.open_position(store, markets, (market, strategy), begin, is_kept)?;
        }
        Ok(())
    }

    fn pick(&mut self, markets: usize) -> (usize, usize) {
        let mut below = |bound: usize| {
            let bound = u64::try_from(bound).unwrap_or_default();
            usize::try_from(self.chance.below(bound)).unwrap_or_default()
        };
        (below(markets), below(self.strategies.len()))
    }

    fn open_position(
        &mut self,
        store: &Store,
        markets: &[Market],
        (market_index, strategy_index): (usize, usize),
        begin: i64,
        is_kept: bool,
    ) -> Result<(), Error> {
        let (market, strategy) = (&markets[market_index], self.strategies[strategy_index]);
        let test = self.chance.chance(0.55);
        let size = [2.0, 5.0, 10.0, 20.0, 25.1, 40.2]
            [usize::try_from(self.chance.below(6)).unwrap_or_default()];
        let outcome = if test {
            Outcome::BoughtOnPaper
        } else {
            Outcome::Bought
        };
        let log = (begin, outcome, is_kept);
        self.decisions
            .add(store, market, &strategy, log, &mut self.chance)?;
        if !test && self.chance.chance(0.01) {
            let failed =
                self.buy_order(market, test, begin, (size * 0.996 / market.ask(), 0.0, 0.0));
            write_buy_order(store, market, &strategy, &failed, None)?;
        }
        let (bought, slip) = buy(market, &mut self.chance, size, test, begin);
        let order = self.buy_order(
            market,
            test,
            begin,
            (size * 0.996 / market.ask(), bought.prc_fill, slip),
        );
        write_buy_order(store, market, &strategy, &order, Some(&bought))?;
        self.opened += 1;
        self.numbers.position += 1;
        let pos_id = self.numbers.position;
        if !test {
            self.numbers.exchange_order += 1;
            let report = Report {
                ord_id: self.numbers.exchange_order,
                market: market_index,
                pos_id,
                is_buy: true,
                size,
                filled: bought.cnt,
                fees: bought.fees,
                total: bought.tot_out,
            };
            write_exchange_order(store, market, &order, &report)?;
            self.held[market_index] += bought.cnt;
            self.cash -= bought.tot_out;
        }
        self.finished
            .ordered(market_index, strategy_index, test, begin);
        let origin = Origin {
            pos_id,
            bo_id: order.id,
            bo_uuid: order.uuid,
            market: market_index,
            strategy: strategy_index,
            test,
            begin: order.end,
        };
        self.open.push(Position::open(origin, &bought));
        Ok(())
    }

    fn buy_order(
        &mut self,
        market: &Market,
        test: bool,
        begin: i64,
        (cnt_est, prc_fill, slip): (f64, f64, f64),
    ) -> Order {
        self.numbers.buy_order += 1;
        Order {
            id: self.numbers.buy_order,
            uuid: uuid(&mut self.chance),
            client_uuid: uuid(&mut self.chance),
            test,
            begin,
            end: if test {
                begin
            } else {
                begin + self.chance.between(1, 3)
            },
            cnt_est,
            prc_est: market.ask(),
            prc_fill,
            slip,
        }
    }

    fn look_after_positions(
        &mut self,
        store: &Store,
        markets: &[Market],
        now: i64,
    ) -> Result<(), Error> {
        let mut open = std::mem::take(&mut self.open);
        for position in &mut open {
            let market = &markets[position.market];
            position.refresh(now, market.bid());
            let strategy = self.strategies[position.strategy];
            let Some(exit) = exit(position, &strategy, &mut self.chance) else {
                continue;
            };
            if !position.test && self.chance.chance(0.002) {
                position.give_up();
            } else {
                self.sell_position(store, market, position, exit, now)?;
            }
            self.finished.add(position);
            write_position(store, market, &strategy, position)?;
        }
        open.retain(|position| position.state == State::Open);
        self.open = open;
        Ok(())
    }

    fn sell_position(
        &mut self,
        store: &Store,
        market: &Market,
        position: &mut Position,
        exit: Exit,
        now: i64,
    ) -> Result<(), Error> {
        let (cnt_est, prc_est, sold, prc_fill, slip) =
            sell(market, &mut self.chance, position, now);
        self.numbers.sell_order += 1;
        let order = Order {
            id: self.numbers.sell_order,
            uuid: uuid(&mut self.chance),
            client_uuid: uuid(&mut self.chance),
            test: position.test,
            begin: now - 5,
            end: if position.test {
                now - 5
            } else {
                now - 5 + self.chance.between(1, 3)
            },
            cnt_est,
            prc_est,
            prc_fill,
            slip,
        };
        write_sell_order(store, market, position, &exit, &order, &sold)?;
        if !position.test {
            self.numbers.exchange_order += 1;
            let report = Report {
                ord_id: self.numbers.exchange_order,
                market: position.market,
                pos_id: position.pos_id,
                is_buy: false,
                size: sold.cnt,
                filled: sold.cnt,
                fees: sold.fees,
                total: sold.tot_in,
            };
            write_exchange_order(store, market, &order, &report)?;
            self.held[position.market] -= sold.cnt;
            self.cash += sold.tot_in;
        }
        position.exit = Some(exit);
        position.close(order.end, &sold);
        Ok(())
    }

    /// Leaves the automatic numbers ahead of the rows: the bots have deleted their newest ones, and
    /// of signals and decisions all the old ones.
    pub(crate) fn skip_numbers(&self, store: &Store) -> Result<(), Error> {
        for (table, key, newest) in [
            ("poss", "pos_id", self.numbers.position),
            ("buy_ords", "bo_id", self.numbers.buy_order),
            ("sell_ords", "so_id", self.numbers.sell_order),
            ("ords", "ord_id", self.numbers.exchange_order),
            ("buy_signals", "signal_id", self.decisions.signal_id),
            ("buy_decisions", "buy_dec_id", self.decisions.decision_id),
        ] {
            let number = newest + 7;
            store.write(
                table,
                &format!("INSERT INTO {table} ({key}) VALUES (?)"),
                [number],
            )?;
            store.write(
                table,
                &format!("DELETE FROM {table} WHERE {key} = ?"),
                [number],
            )?;
        }
        Ok(())
    }

    /// Writes the open positions as they stand, and the sums over all positions.
    pub(crate) fn write_standing(
        &self,
        store: &Store,
        markets: &[Market],
        now: i64,
    ) -> Result<(), Error> {
        let mut performance = self.finished.clone();
        for position in &self.open {
            write_position(
                store,
                &markets[position.market],
                &self.strategies[position.strategy],
                position,
            )?;
            performance.add(position);
        }
        performance.write(store, markets, &self.strategies, now)
    }
}

/// Whether and why a position is sold now.
fn exit(position: &Position, strategy: &Strategy, chance: &mut Random) -> Option<Exit> {
    let (gain, peak) = (position.prc_chg_pct, position.prc_chg_pct_high);
    let give_back = [(8.0, 2.0), (5.0, 1.0), (3.0, 0.6), (2.0, 0.4)]
        .into_iter()
        .find(|(reached, _)| peak >= *reached)
        .map(|(_, back)| back);
    let by_rule = |kind, name| {
        Some(Exit {
            kind: Some(kind),
            name: Some(name),
            frequency: None,
        })
    };
    if gain > 0.5 && give_back.is_some_and(|back| position.prc_chg_pct_drop <= -back) {
        return by_rule("profit", "trail_profit");
    }
    if gain <= -12.0 {
        return by_rule("stop_loss", "hard_stop_loss");
    }
    if gain < peak - 9.0 {
        return by_rule("stop_loss", "trail_stop");
    }
    match chance.below(20_000) {
        0 => by_rule("force", "forced sell"),
        1..50 => Some(strategy_exit(strategy)),
        _ => None,
    }
}

/// What a strategy leaves behind when it sells: five leave nothing, one its name only.
fn strategy_exit(strategy: &Strategy) -> Exit {
    match strategy.name {
        "ht" | "msb" | "rsi_div_macd" | "vwmacd" | "vwtm" => Exit {
            kind: None,
            name: None,
            frequency: None,
        },
        "st_atr" => Exit {
            kind: None,
            name: Some(strategy.name),
            frequency: None,
        },
        _ => {
            let kind = if strategy.name.starts_with("nwe") {
                "strat"
            } else {
                strategy.kind
            };
            Exit {
                kind: Some(kind),
                name: Some(strategy.name),
                frequency: Some(strategy.frequency),
            }
        }
    }
}

/// A random identifier as Python's uuid4 makes them.
fn uuid(chance: &mut Random) -> String {
    let (high, low) = (chance.next_u64(), chance.next_u64());
    let high = high & !0xf000 | 0x4000;
    let low = low & !(0b11 << 62) | 1 << 63;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}
