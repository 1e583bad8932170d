//! How product and strategies have traded so far: what a live bot reads from the performance tables.
//!
//! The figures are those of the database layer's formula by holding time, from sums that are kept as positions close. As in the
//! database, a row is computed anew when it was marked by a trade, or when it is older than a day; in between it stands still.

use std::collections::BTreeMap;

use cbtrade_bot::decide::{ByClass, Combination, Performance, StrategyPerformances};
use cbtrade_core::Decimal;

use crate::costs::sum;
use crate::error::BacktestError;

/// Age at which a row is computed anew, because open positions' values move by themselves.
const STALE_AFTER_S: i64 = 24 * 60 * 60;
/// Minutes of an hour and of a day, times 100 for percent.
const HOUR: i64 = 100 * 60;
const DAY: i64 = 100 * 24 * 60;

/// What a position adds to the sums.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) combination: Combination,
    pub(crate) is_test: bool,
    pub(crate) spent_amt: Decimal,
    pub(crate) gain_amt: Decimal,
    /// Minutes for which it was held, as its row says.
    pub(crate) age_minutes: i64,
}

/// Sums over positions.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    count: i64,
    spent_amt: Decimal,
    gain_amt: Decimal,
    /// Cost times minutes.
    held: Decimal,
}

impl Sums {
    fn add(&mut self, position: &Held) -> Result<(), BacktestError> {
        let what = "performance";
        let units = position.spent_amt.units();
        let held = units.checked_mul(i128::from(position.age_minutes));
        let held = held.ok_or(BacktestError::OutOfRange { what })?;
        self.count += 1;
        self.spent_amt = sum(self.spent_amt, position.spent_amt, what)?;
        self.gain_amt = sum(self.gain_amt, position.gain_amt, what)?;
        self.held = sum(self.held, Decimal::from_units(held), what)?;
        Ok(())
    }

    fn with(&self, other: &Self) -> Result<Self, BacktestError> {
        let what = "performance";
        Ok(Self {
            count: self.count + other.count,
            spent_amt: sum(self.spent_amt, other.spent_amt, what)?,
            gain_amt: sum(self.gain_amt, other.gain_amt, what)?,
            held: sum(self.held, other.held, what)?,
        })
    }
}

/// A row of a performance table.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    is_marked: bool,
    computed_unix_s: i64,
    last_buy_unix_s: Option<i64>,
}

impl Row {
    fn is_due(&self, now_unix_s: i64) -> bool {
        self.is_marked || now_unix_s - self.computed_unix_s > STALE_AFTER_S
    }
}

/// The rows of a product, or of a strategy on candles of one length.
#[derive(Debug, Clone, Copy, Default)]
struct Subject {
    closed_live: Sums,
    closed_test: Sums,
    rows: ByClass<Row>,
}

impl Subject {
    /// Marks the rows of a trade: the class it belongs to, and all.
    fn mark(&mut self, is_test: bool, bought_unix_s: Option<i64>) {
        let own = if is_test {
            &mut self.rows.test
        } else {
            &mut self.rows.live
        };
        for row in [own, &mut self.rows.all] {
            row.is_marked = true;
            row.last_buy_unix_s = row.last_buy_unix_s.max(bought_unix_s);
        }
    }

    fn close(&mut self, position: &Held) -> Result<(), BacktestError> {
        let sums = if position.is_test {
            &mut self.closed_test
        } else {
            &mut self.closed_live
        };
        sums.add(position)?;
        self.mark(position.is_test, None);
        Ok(())
    }

    /// Computes the rows that are due from what is open and what is closed.
    fn refresh<'a>(
        &mut self,
        figures: &mut ByClass<Performance>,
        open: impl Iterator<Item = &'a Held>,
        now_unix_s: i64,
    ) -> Result<(), BacktestError> {
        let (mut live, mut test) = (Sums::default(), Sums::default());
        for position in open {
            let sums = if position.is_test {
                &mut test
            } else {
                &mut live
            };
            sums.add(position)?;
        }
        let all = (live.with(&test)?, self.closed_live.with(&self.closed_test)?);
        let classes = [
            (
                &mut self.rows.live,
                &mut figures.live,
                (live, self.closed_live),
            ),
            (
                &mut self.rows.test,
                &mut figures.test,
                (test, self.closed_test),
            ),
            (&mut self.rows.all, &mut figures.all, all),
        ];
        for (row, figures, (open, closed)) in classes {
            if row.is_due(now_unix_s) {
                *figures = performance(&open, &closed)?;
                row.is_marked = false;
                row.computed_unix_s = now_unix_s;
            }
        }
        Ok(())
    }

    fn look(&self, figures: &mut ByClass<Performance>, now_unix_s: i64) {
        let minutes = |row: &Row| {
            let last = row.last_buy_unix_s?;
            Some((now_unix_s - last).max(0) / 60)
        };
        figures.live.minutes_since_buy = minutes(&self.rows.live);
        figures.test.minutes_since_buy = minutes(&self.rows.test);
        figures.all.minutes_since_buy = minutes(&self.rows.all);
    }

    fn oldest_unix_s(&self) -> i64 {
        let ByClass { live, test, all } = &self.rows;
        let computed = [live, test, all].map(|row| row.computed_unix_s);
        computed.into_iter().min().unwrap_or_default()
    }
}

/// A number times a factor by another; 0 where that is no number, as the tables have it.
fn rate(number: Decimal, factor: i64, divisor: Decimal) -> Decimal {
    number.checked_mul_div(factor, divisor).unwrap_or_default()
}

fn performance(open: &Sums, closed: &Sums) -> Result<Performance, BacktestError> {
    let all = open.with(closed)?;
    Ok(Performance {
        total_cnt: all.count,
        open_cnt: open.count,
        close_cnt: closed.count,
        gain_amt: all.gain_amt,
        gain_pct: rate(all.gain_amt, 100, all.spent_amt).round(2),
        gain_pct_hour: rate(all.gain_amt, HOUR, all.held),
        gain_pct_day: rate(all.gain_amt, DAY, all.held),
        gain_close_pct_day: rate(closed.gain_amt, DAY, closed.held),
        minutes_since_buy: None,
    })
}

/// The performance tables of one product.
#[derive(Debug, Clone, Default)]
pub struct Book {
    product: Subject,
    strategies: BTreeMap<Combination, Subject>,
    product_figures: ByClass<Performance>,
    figures: StrategyPerformances,
    has_marks: bool,
    /// The oldest row was computed then.
    oldest_unix_s: i64,
}

impl Book {
    /// How the product has traded.
    #[must_use]
    pub fn product(&self) -> &ByClass<Performance> {
        &self.product_figures
    }

    /// How its strategies have traded it.
    #[must_use]
    pub fn strategies(&self) -> &StrategyPerformances {
        &self.figures
    }

    pub(crate) fn bought(&mut self, combination: Combination, is_test: bool, at_unix_s: i64) {
        self.has_marks = true;
        self.product.mark(is_test, Some(at_unix_s));
        let own = self.strategies.entry(combination).or_default();
        own.mark(is_test, Some(at_unix_s));
    }

    pub(crate) fn closed(&mut self, position: &Held) -> Result<(), BacktestError> {
        self.has_marks = true;
        self.product.close(position)?;
        let own = self.strategies.entry(position.combination).or_default();
        own.close(position)
    }

    /// Brings the rows up to date, as a bot does when it loads them.
    pub(crate) fn refresh(
        &mut self,
        open: impl Fn() -> Vec<Held>,
        now_unix_s: i64,
    ) -> Result<(), BacktestError> {
        if self.has_marks || now_unix_s - self.oldest_unix_s > STALE_AFTER_S {
            let open = open();
            self.product
                .refresh(&mut self.product_figures, open.iter(), now_unix_s)?;
            self.oldest_unix_s = self.product.oldest_unix_s();
            for (combination, subject) in &mut self.strategies {
                let figures = self.figures.entry(*combination).or_default();
                let own = open.iter().filter(|held| held.combination == *combination);
                subject.refresh(figures, own, now_unix_s)?;
                self.oldest_unix_s = self.oldest_unix_s.min(subject.oldest_unix_s());
            }
            self.has_marks = false;
        }
        self.product.look(&mut self.product_figures, now_unix_s);
        // Both maps have the same keys in the same order.
        for (subject, figures) in self.strategies.values().zip(self.figures.values_mut()) {
            subject.look(figures, now_unix_s);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cbtrade_indicators::Interval;
    use cbtrade_strategy::Strategy;

    use super::*;

    fn held(gain: i64, age_minutes: i64, is_test: bool) -> Held {
        Held {
            combination: Combination {
                strategy: Strategy::Sha,
                interval: Interval::OneHour,
            },
            is_test,
            spent_amt: Decimal::from_integer(100),
            gain_amt: Decimal::from_integer(gain),
            age_minutes,
        }
    }

    #[test]
    fn rates_are_gain_by_cost_and_time_in_each_class() {
        let mut book = Book::default();
        let first = held(0, 0, true).combination;
        book.bought(first, true, 0);
        book.closed(&held(10, 120, true)).unwrap();
        book.bought(first, false, 7_200);
        let open = || vec![held(-4, 60, false)];
        book.refresh(open, 10_800).unwrap();
        let own = book.strategies().get(&first).unwrap();
        // 10 won with 100 held for two hours; 4 lost with 100 held for one.
        assert_eq!(own.test.gain_close_pct_day.to_string(), "120");
        assert_eq!(own.test.gain_pct_hour.to_string(), "5");
        assert_eq!(own.live.gain_pct_day.to_string(), "-96");
        assert_eq!(own.live.gain_close_pct_day, Decimal::ZERO);
        assert_eq!(own.all.gain_pct_day.to_string(), "48");
        assert_eq!(own.all.gain_pct.to_string(), "3");
        assert_eq!(
            (own.all.total_cnt, own.all.open_cnt, own.all.close_cnt),
            (2, 1, 1)
        );
        let minutes = (own.live.minutes_since_buy, own.test.minutes_since_buy);
        assert_eq!(minutes, (Some(60), Some(180)));
        assert_eq!(book.product().all, own.all);
    }

    #[test]
    fn rows_stand_still_until_they_are_marked_or_a_day_old() {
        let mut book = Book::default();
        let first = held(0, 0, true).combination;
        book.bought(first, true, 0);
        let gain = |book: &Book| book.product().all.gain_amt.to_string();
        book.refresh(|| vec![held(1, 1, true)], 60).unwrap();
        assert_eq!(gain(&book), "1");
        book.refresh(|| vec![held(2, 2, true)], 120).unwrap();
        assert_eq!(gain(&book), "1");
        book.refresh(|| vec![held(3, 3, true)], 60 + STALE_AFTER_S)
            .unwrap();
        assert_eq!(gain(&book), "1");
        book.refresh(|| vec![held(4, 4, true)], 61 + STALE_AFTER_S)
            .unwrap();
        assert_eq!(gain(&book), "4");
        book.closed(&held(5, 5, true)).unwrap();
        book.refresh(Vec::new, 62 + STALE_AFTER_S).unwrap();
        assert_eq!(gain(&book), "5");
    }
}
