//! Recalculation of performance rows, each in a transaction of its own.

use super::{Performance, figures};
use crate::conditions::Conditions;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::engine::Transaction;
use crate::error::{Call, Error, ErrorKind};
use crate::methods::filter::{Class, TradeFilter};
use crate::options::PerformanceFormula;
use crate::record::{With, record, select_list};
use crate::row::Row;
use crate::transact;
use crate::value::Value;
use crate::write::{Computed, shown};

/// Age at which figures are computed anew, because open positions' values move by themselves.
const STALE_AFTER_S: i64 = 24 * 60 * 60;

record! {
    /// Whether a performance row must be computed anew before it is used.
    Staleness of "" {
        is_stale: i64,
    }
}

/// Whose figures a performance row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) prod_id: String,
    pub(crate) class: Class,
    /// Type, name and candle length of the strategy; none for the product's row.
    pub(crate) strategy: Option<[String; 3]>,
}

impl Subject {
    /// The subject of a stored row; none if its letter is none of ours.
    pub(super) fn of_letter(
        prod_id: &str,
        lta: &str,
        strategy: Option<[String; 3]>,
    ) -> Option<Subject> {
        const CALL: Call = Call {
            method: "",
            table: "",
        };
        Class::required(CALL, lta).ok().map(|class| Subject {
            prod_id: prod_id.to_owned(),
            class,
            strategy,
        })
    }

    /// The row's key.
    pub(crate) fn key(&self) -> Vec<(&'static str, Value)> {
        let mut key = vec![
            ("prod_id", Value::from(self.prod_id.as_str())),
            ("lta", Value::from(self.class.letter())),
        ];
        key.extend(self.strategy_key());
        key
    }

    fn strategy_key(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let columns = ["buy_strat_type", "buy_strat_name", "buy_strat_freq"];
        let values = self.strategy.iter().flatten();
        columns
            .into_iter()
            .zip(values.map(|text| Value::from(text.as_str())))
    }

    /// A new row: its key, and the two currencies of the product.
    fn new_row(&self) -> Vec<(&'static str, Value)> {
        let mut parts = self.prod_id.split('-');
        let base = parts.next().unwrap_or_default();
        let quote = parts.next_back().unwrap_or_default();
        let mut row = vec![
            ("base_symb", Value::from(base)),
            ("quote_symb", Value::from(quote)),
        ];
        row.extend(self.key());
        row
    }

    /// The conditions on positions or orders.
    fn conditions(&self, dialect: Dialect) -> Conditions {
        let mut conditions = Conditions::new(dialect).with(
            dialect.text_is("prod_id"),
            [Value::from(self.prod_id.as_str())],
        );
        for (column, value) in self.strategy_key() {
            conditions = conditions.with(dialect.text_is(column), [value]);
        }
        Class::positions(Some(self.class), conditions, "")
    }
}

impl Database {
    /// Sums up the positions of a subject and writes its row, all in one transaction; gives the row.
    ///
    /// The row is locked first. A bot marks it after writing a position, so it either marks it before, and the position is
    /// in the sums, or waits and marks it again afterwards.
    pub(crate) async fn recalculate<R: Performance>(
        &self,
        call: Call,
        subject: &Subject,
    ) -> Result<R, Error> {
        let formula = self.options().performance_formula;
        let key = subject.key();
        transact!(self, call, |transaction| {
            if !transaction.is_there::<R>(&key).await? {
                new_row::<R>(transaction, subject).await?;
            }
            let dialect = transaction.dialect();
            let sums = sums(transaction, subject, formula).await?;
            let mut changes = figures::figures::<R>(call, &sums, formula)?;
            let (order, position) = latest_buy(transaction, subject, formula).await?;
            figures::latest_buy(call, &mut changes, order, position)?;
            changes.set_named(call, "needs_recalc_yn", Value::from("N"))?;
            let computed = [
                Computed::new("last_upd_dttm", dialect.now(), Vec::new()),
                Computed::new("last_upd_unix", dialect.now_seconds(), Vec::new()),
            ];
            transaction.update_and(&key, &changes, &computed).await?;
            Ok(())
        })?;
        self.performance_row(call, subject).await
    }

    async fn performance_row<R: Performance>(
        &self,
        call: Call,
        subject: &Subject,
    ) -> Result<R, Error> {
        let dialect = self.dialect();
        let key = subject.key();
        let conditions = key
            .iter()
            .fold(Conditions::new(dialect), |conditions, (column, value)| {
                conditions.with(dialect.text_is(column), [value.clone()])
            });
        let (clause, values) = conditions.finish();
        let sql = format!(
            "SELECT {} FROM {}{clause}",
            select_list::<R>(dialect, ""),
            R::TABLE
        );
        let rows: Vec<R> = self.records(call, &sql, values).await?;
        rows.into_iter().next().ok_or_else(|| {
            Error::new(call, ErrorKind::NotFound)
                .key(shown(&key))
                .detail("the row was deleted while it was computed")
        })
    }

    /// The rows of a filter with at least so many trades, those that are marked, too old or empty computed anew.
    pub(crate) async fn performances<R: Performance>(
        &self,
        call: Call,
        filter: &TradeFilter<'_>,
        class: Option<Class>,
        trades_min: i64,
    ) -> Result<Vec<R>, Error> {
        let dialect = self.dialect();
        let mut conditions = filter
            .conditions(Conditions::new(dialect), "", "quote_symb")
            .text("lta", class.map(Class::letter));
        if trades_min > 0 {
            conditions = conditions.with("tot_cnt >= ?", [Value::from(trades_min)]);
        }
        let (clause, mut values) = conditions.finish();
        let mut stale = format!(
            "{} OR {} - COALESCE(last_upd_unix, 0) > ?",
            dialect.text_in("needs_recalc_yn", &["Y"]),
            dialect.now_seconds()
        );
        values.insert(0, Value::from(STALE_AFTER_S));
        if R::EMPTY_IS_STALE {
            stale += " OR COALESCE(tot_cnt, 0) = 0";
        }
        let order: Vec<String> = R::KEY.iter().map(|column| dialect.text(column)).collect();
        let sql = format!(
            "SELECT {}, CASE WHEN {stale} THEN 1 ELSE 0 END FROM {}{clause} ORDER BY {}",
            select_list::<R>(dialect, ""),
            R::TABLE,
            order.join(", ")
        );
        let stored: Vec<With<R, Staleness>> = self.records(call, &sql, values).await?;
        let mut rows = Vec::with_capacity(stored.len());
        for With { row, extra } in stored {
            rows.push(match row.subject() {
                Some(subject) if extra.is_stale != 0 => self.recalculate(call, &subject).await?,
                _ => row,
            });
        }
        Ok(rows)
    }
}

impl Transaction {
    /// Marks a performance row for recalculation. The first trade of its kind makes the row.
    pub(crate) async fn mark_performance<R: Performance>(
        &mut self,
        subject: &Subject,
    ) -> Result<(), Error> {
        let key = subject.key();
        let mut changes = crate::change::Changes::<R>::new();
        changes.set_named(self.call, "needs_recalc_yn", Value::from("Y"))?;
        let touched = Computed::touched(self.dialect());
        let outcome = self.update_and(&key, &changes, &touched).await?;
        // A row that was marked within this second is not changed either.
        if outcome.rows_changed == 0 && !self.is_there::<R>(&key).await? {
            new_row::<R>(self, subject).await?;
            self.update_and(&key, &changes, &touched).await?;
        }
        Ok(())
    }
}

async fn new_row<R: Performance>(
    transaction: &mut Transaction,
    subject: &Subject,
) -> Result<(), Error> {
    let row = crate::change::Changes::<R>::new().for_insert(&subject.new_row());
    match transaction.insert(&row).await {
        // Another bot made it since it was looked for: run again, with its row locked.
        Err(error) if error.kind == ErrorKind::Duplicate => {
            Err(Error::new(transaction.call, ErrorKind::Conflict).because(error))
        }
        done => done.map(|_| ()),
    }
}

async fn sums(
    transaction: &mut Transaction,
    subject: &Subject,
    formula: PerformanceFormula,
) -> Result<Row, Error> {
    let dialect = transaction.dialect();
    let (clause, values) = subject.conditions(dialect).fixed("ignore_tf = 0").finish();
    let columns: Vec<String> = figures::sums(dialect, formula)
        .into_iter()
        .map(|(sum, name)| format!("{sum} AS {}", dialect.name(&name)))
        .collect();
    let sql = format!("SELECT {} FROM poss{clause}", columns.join(", "));
    let rows = transaction.rows(&sql, values).await?;
    rows.into_iter()
        .next()
        .ok_or_else(|| Error::new(transaction.call, ErrorKind::Answer).on_table("poss"))
}

/// Seconds of the newest buy order and of the newest position.
async fn latest_buy(
    transaction: &mut Transaction,
    subject: &Subject,
    formula: PerformanceFormula,
) -> Result<(Option<i64>, Option<i64>), Error> {
    let dialect = transaction.dialect();
    let regarded = |conditions: Conditions| match formula {
        PerformanceFormula::HoldingTime => conditions.fixed("ignore_tf = 0"),
        PerformanceFormula::Original => conditions,
    };
    let (clause, values) = regarded(subject.conditions(dialect)).finish();
    let sql = format!(
        "SELECT (SELECT MAX(buy_begin_unix) FROM buy_ords{clause}), (SELECT MAX(pos_begin_unix) FROM poss{clause})"
    );
    let values = [values.clone(), values].concat();
    let Some(mut row) = transaction.rows(&sql, values).await?.into_iter().next() else {
        return Ok((None, None));
    };
    let mut take = |place| {
        row.take(place)
            .map_err(|source| Error::answer(transaction.call, source))
    };
    Ok((take(0)?, take(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_row_knows_its_currencies() {
        let subject = Subject::of_letter("BTC-USDC", "l", None).unwrap();
        let row = shown(&subject.new_row());
        assert_eq!(
            row,
            "base_symb = BTC, quote_symb = USDC, prod_id = BTC-USDC, lta = L"
        );
        assert_eq!(Subject::of_letter("BTC-USDC", "?", None), None);
    }
}
