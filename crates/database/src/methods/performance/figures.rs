//! The figures of a performance row: which sums, and what follows from them.

use cbtrade_core::{Decimal, Timestamp};

use super::Performance;
use crate::change::Changes;
use crate::dialect::Dialect;
use crate::error::{Call, Error};
use crate::methods::poss::OPEN_STATES;
use crate::methods::select::percent;
use crate::options::PerformanceFormula;
use crate::row::{CellError, Row};
use crate::value::{FromValue, Value};

/// Which of the three columns of a figure.
const VARIANTS: [&str; 3] = ["", "open_", "close_"];
/// Minutes of a day, as a factor.
const MINUTES_OF_DAY: i64 = 1_440;
/// What the sums of cost times minutes are called in the query.
const HELD: [&str; 3] = ["held", "held_open", "held_close"];

/// A figure in three columns: over all positions, the open ones, the closed ones. The columns' names are what stands before
/// and after the variant.
struct Figure {
    before: &'static str,
    after: &'static str,
    sum: Sum,
}

/// What is summed up.
#[derive(Clone, Copy)]
enum Sum {
    /// The positions themselves, of an outcome.
    Count(Outcome),
    /// A whole-number column.
    Integer(&'static str),
    /// A decimal column.
    Decimal(&'static str),
    /// What was won or lost.
    Amount(Outcome),
}

/// How a position stands: what it brought in and is still worth, against what it cost.
#[derive(Clone, Copy)]
enum Outcome {
    Any,
    Win,
    Lose,
}

const fn figure(before: &'static str, after: &'static str, sum: Sum) -> Figure {
    Figure { before, after, sum }
}

const FIGURES: &[Figure] = &[
    figure("tot_", "cnt", Sum::Count(Outcome::Any)),
    figure("win_", "cnt", Sum::Count(Outcome::Win)),
    figure("lose_", "cnt", Sum::Count(Outcome::Lose)),
    figure("tot_out_", "cnt", Sum::Decimal("tot_out_cnt")),
    figure("tot_in_", "cnt", Sum::Decimal("tot_in_cnt")),
    figure("buy_fees_", "cnt", Sum::Decimal("buy_fees_cnt")),
    figure("sell_fees_", "cnt_tot", Sum::Decimal("sell_fees_cnt_tot")),
    figure("fees_", "cnt_tot", Sum::Decimal("fees_cnt_tot")),
    figure("buy_", "cnt", Sum::Decimal("buy_cnt")),
    figure("sell_", "cnt_tot", Sum::Decimal("sell_cnt_tot")),
    figure("hold_", "cnt", Sum::Decimal("hold_cnt")),
    figure("pocket_", "cnt", Sum::Decimal("pocket_cnt")),
    figure("clip_", "cnt", Sum::Decimal("clip_cnt")),
    figure("sell_order_", "cnt", Sum::Integer("sell_order_cnt")),
    figure(
        "sell_order_attempt_",
        "cnt",
        Sum::Integer("sell_order_attempt_cnt"),
    ),
    figure("val_", "curr", Sum::Decimal("val_curr")),
    figure("val_", "tot", Sum::Decimal("val_tot")),
    figure("win_", "amt", Sum::Amount(Outcome::Win)),
    figure("lose_", "amt", Sum::Amount(Outcome::Lose)),
    figure("gain_loss_", "amt", Sum::Decimal("gain_loss_amt")),
    figure("gain_loss_", "amt_net", Sum::Decimal("gain_loss_amt_net")),
];

/// The expressions of the query over `poss`, each with its column's name.
pub(super) fn sums(dialect: Dialect, formula: PerformanceFormula) -> Vec<(String, String)> {
    let variants = [
        None,
        Some(dialect.text_in("pos_stat", OPEN_STATES)),
        Some(dialect.text_in("pos_stat", &["CLOSE"])),
    ];
    let value = dialect.compare(&dialect.add("tot_in_cnt", "val_tot"), "tot_out_cnt");
    let condition = |outcome: Outcome| match outcome {
        Outcome::Any => None,
        Outcome::Win => Some(format!("{value} > 0")),
        Outcome::Lose => Some(format!("{value} < 0")),
    };
    let of = |variant: &Option<String>, outcome: Outcome, summand: &str| {
        let conditions: Vec<String> = [variant.clone(), condition(outcome)]
            .into_iter()
            .flatten()
            .collect();
        match conditions.is_empty() {
            true => summand.to_owned(),
            false => format!(
                "CASE WHEN {} THEN {summand} ELSE 0 END",
                conditions.join(" AND ")
            ),
        }
    };
    let mut all = vec![("SUM(age_mins)".to_owned(), "age_mins".to_owned())];
    for figure in FIGURES {
        for (variant, name) in variants.iter().zip(VARIANTS) {
            let sum = match figure.sum {
                Sum::Count(outcome) => format!("SUM({})", of(variant, outcome, "1")),
                Sum::Integer(column) => format!("SUM({})", of(variant, Outcome::Any, column)),
                Sum::Decimal(column) => dialect.sum(&of(variant, Outcome::Any, column)),
                Sum::Amount(outcome) => dialect.sum(&of(variant, outcome, amount_column(formula))),
            };
            all.push((sum, format!("{}{name}{}", figure.before, figure.after)));
        }
    }
    if formula == PerformanceFormula::HoldingTime {
        // Exact: the product of a decimal and a whole number has no more places than the decimal.
        let held = match dialect {
            Dialect::MySql => "tot_out_cnt * age_mins".to_owned(),
            Dialect::Sqlite => dialect.multiply("tot_out_cnt", "age_mins"),
        };
        for (variant, name) in variants.iter().zip(HELD) {
            let sum = dialect.sum(&of(variant, Outcome::Any, &held));
            all.push((sum, name.to_owned()));
        }
    }
    all
}

/// What `win_amt` and `lose_amt` sum up.
fn amount_column(formula: PerformanceFormula) -> &'static str {
    match formula {
        PerformanceFormula::HoldingTime => "gain_loss_amt",
        PerformanceFormula::Original => "val_tot",
    }
}

/// The one row of the query, read by name.
struct Sums<'a> {
    call: Call,
    row: &'a Row,
}

impl Sums<'_> {
    /// A sum; 0 over no positions.
    fn get<T: FromValue + Default>(&self, column: &str) -> Result<T, Error> {
        let value = self.row.get(column).cloned().unwrap_or(Value::Null);
        let found = value.kind();
        let sum = Option::<T>::from_value(value).ok_or_else(|| {
            let error = CellError::Type {
                column: column.to_owned(),
                found,
                expected: T::EXPECTED,
            };
            Error::answer(self.call, error)
        })?;
        Ok(sum.unwrap_or_default())
    }

    fn count(&self, column: &str) -> Result<Decimal, Error> {
        self.get(column).map(Decimal::from_integer)
    }
}

/// All figures of a performance row but for the latest buy.
///
/// # Errors
/// A sum that is no number.
pub(super) fn figures<R: Performance>(
    call: Call,
    row: &Row,
    formula: PerformanceFormula,
) -> Result<Changes<R>, Error> {
    let sums = Sums { call, row };
    let mut changes = Changes::new();
    for figure in FIGURES {
        for variant in VARIANTS {
            let column = format!("{}{variant}{}", figure.before, figure.after);
            let sum = match figure.sum {
                Sum::Count(_) | Sum::Integer(_) => Value::from(sums.get::<i64>(&column)?),
                Sum::Decimal(_) | Sum::Amount(_) => Value::from(sums.get::<Decimal>(&column)?),
            };
            changes.set_named(call, &column, sum)?;
        }
    }
    let age = sums.count("age_mins")?;
    let hours = quotient(age, 1, Decimal::from_integer(60));
    changes.set_named(call, "age_mins", Value::from(age))?;
    changes.set_named(call, "age_hours", Value::from(hours.round(2)))?;
    for (variant, held) in VARIANTS.into_iter().zip(HELD) {
        let all = sums.count(&format!("tot_{variant}cnt"))?;
        for outcome in ["win", "lose"] {
            let some = sums.count(&format!("{outcome}_{variant}cnt"))?;
            let part = percent(Some(some), Some(all)).unwrap_or_default();
            changes.set_named(call, &format!("{outcome}_{variant}pct"), Value::from(part))?;
        }
        let gain: Decimal = sums.get(&format!("gain_loss_{variant}amt"))?;
        let cost: Decimal = sums.get(&format!("tot_out_{variant}cnt"))?;
        let gained = quotient(gain, 100, cost);
        let column = |after: &str| format!("gain_loss_{variant}{after}");
        changes.set_named(call, &column("pct"), Value::from(gained.round(2)))?;
        for (after, minutes) in [("pct_hr", 60), ("pct_day", MINUTES_OF_DAY)] {
            let rate = match formula {
                PerformanceFormula::Original => quotient(gained, minutes, age),
                PerformanceFormula::HoldingTime => by_held(gain, 100 * minutes, row.get(held)),
            };
            changes.set_named(call, &column(after), Value::from(rate))?;
        }
    }
    Ok(changes)
}

/// `number` times `factor` by `divisor`; 0 where that is no number.
fn quotient(number: Decimal, factor: i64, divisor: Decimal) -> Decimal {
    number.checked_mul_div(factor, divisor).unwrap_or_default()
}

/// As [`quotient`] by a sum of cost times minutes, which may be larger than a [`Decimal`].
fn by_held(number: Decimal, factor: i64, held: Option<&Value>) -> Decimal {
    const CUT: usize = 12;
    let held = held.cloned().unwrap_or(Value::Null);
    if let Value::Text(text) = &held
        && Decimal::parse_rounded(text).is_err()
    {
        // Both sides by 10^12.
        let whole = text.split('.').next().unwrap_or_default();
        let cut = whole
            .len()
            .checked_sub(CUT)
            .and_then(|end| whole.get(..end));
        let held = cut.and_then(|digits| Decimal::parse(digits).ok());
        let number = Decimal::from_units(number.units() / Decimal::ONE.units());
        return quotient(number, factor, held.unwrap_or_default());
    }
    quotient(
        number,
        factor,
        Decimal::from_value(held).unwrap_or_default(),
    )
}

/// The columns of the latest buy: of the orders, of the positions, and the later one, each as date and seconds.
pub(super) fn latest_buy<R: Performance>(
    call: Call,
    changes: &mut Changes<R>,
    order: Option<i64>,
    position: Option<i64>,
) -> Result<(), Error> {
    for (part, seconds) in [
        ("_bo", order),
        ("_pos", position),
        ("", order.max(position)),
    ] {
        let name = |after: &str| format!("{}{part}_{after}", R::LAST_BUY);
        let seconds = seconds.unwrap_or(0);
        let moment = match seconds {
            // Unknown, as the tables write it.
            0 => None,
            seconds => Timestamp::from_seconds(seconds),
        };
        changes.set_named(call, &name("dttm"), Value::from(moment))?;
        changes.set_named(call, &name("unix"), Value::from(seconds))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::record::Record as _;
    use crate::records::{StrategyPerformance, TradePerformance};

    const CALL: Call = Call {
        method: "test",
        table: "trade_perfs",
    };

    fn computed<R: Performance>(formula: PerformanceFormula) -> BTreeSet<&'static str> {
        let row = Row::new(Vec::new().into(), Vec::new());
        let mut changes = figures::<R>(CALL, &row, formula).unwrap();
        latest_buy(CALL, &mut changes, Some(1), None).unwrap();
        changes.names().into_iter().collect()
    }

    #[test]
    fn every_figure_of_both_tables_is_computed() {
        let others = [
            "base_symb",
            "quote_symb",
            "prod_id",
            "lta",
            "buy_strat_type",
            "buy_strat_name",
            "buy_strat_freq",
            "needs_recalc_yn",
            "last_upd_dttm",
            "last_upd_unix",
            "add_dttm",
            "add_unix",
            "dlm",
            "dlm_unix",
        ];
        let expected = |columns: &'static [&'static str]| -> BTreeSet<&'static str> {
            let of_table = columns.iter().copied();
            of_table.filter(|name| !others.contains(name)).collect()
        };
        let formula = PerformanceFormula::HoldingTime;
        assert_eq!(
            computed::<TradePerformance>(formula),
            expected(TradePerformance::COLUMNS)
        );
        assert_eq!(
            computed::<StrategyPerformance>(formula),
            expected(StrategyPerformance::COLUMNS)
        );
    }

    #[test]
    fn a_rate_is_gain_by_cost_and_time() {
        // 10 won with 100 held for two hours: 5 % per hour.
        let held = Value::Decimal(Decimal::from_integer(100 * 120));
        let gain = Decimal::from_integer(10);
        assert_eq!(by_held(gain, 6_000, Some(&held)).to_string(), "5");
        assert_eq!(by_held(gain, 6_000, None), Decimal::ZERO);
        // The same with numbers that leave a Decimal's range.
        let held = Value::from(format!("12{}.000000000000", "0".repeat(25)));
        let gain: Decimal = format!("10{}", "0".repeat(22)).parse().unwrap();
        assert_eq!(by_held(gain, 6_000, Some(&held)).to_string(), "5");
    }
}
