//! Performance rows: sums over the positions of a product, or of a strategy on a product, in three classes.
//!
//! CBTrade computes them in stored procedures; here they are queries of the layer, the same on both engines.

mod figures;
mod recalculate;

pub(crate) use recalculate::Subject;

use cbtrade_core::Decimal;

use crate::change::Changes;
use crate::conditions::Conditions;
use crate::database::Database;
use crate::engine::Outcome;
use crate::error::{Call, Error, ErrorKind};
use crate::methods::select::limit;
use crate::record::Record;
use crate::records::{StrategyPerformance, TradePerformance};
use crate::transact;
use crate::value::Value;
use crate::write::Computed;

/// The columns that identify a performance row of a product.
pub(crate) const PRODUCT_KEY: &[&str] = &["prod_id", "lta"];
/// The columns that identify a performance row of a strategy on a product.
pub(crate) const STRATEGY_KEY: &[&str] = &[
    "prod_id",
    "lta",
    "buy_strat_type",
    "buy_strat_name",
    "buy_strat_freq",
];

/// A row of one of the two tables.
pub(crate) trait Performance: Record {
    /// What the columns of the latest buy begin with.
    const LAST_BUY: &'static str;
    /// The columns that identify a row.
    const KEY: &'static [&'static str];
    /// Whether a row without positions counts as never computed.
    const EMPTY_IS_STALE: bool;

    /// Whose figures these are.
    fn subject(&self) -> Option<Subject>;
}

impl Performance for TradePerformance {
    const LAST_BUY: &'static str = "last_buy";
    const KEY: &'static [&'static str] = PRODUCT_KEY;
    const EMPTY_IS_STALE: bool = true;

    fn subject(&self) -> Option<Subject> {
        Subject::of_letter(&self.prod_id, &self.lta, None)
    }
}

impl Performance for StrategyPerformance {
    const LAST_BUY: &'static str = "last_buy_strat";
    const KEY: &'static [&'static str] = STRATEGY_KEY;
    const EMPTY_IS_STALE: bool = false;

    fn subject(&self) -> Option<Subject> {
        let strategy = [
            &self.buy_strat_type,
            &self.buy_strat_name,
            &self.buy_strat_freq,
        ];
        Subject::of_letter(&self.prod_id, &self.lta, Some(strategy.map(Clone::clone)))
    }
}

impl Database {
    /// Updates a performance row by its key, or inserts it. On update the key's columns are written as the caller spells
    /// them, and the stamp of the last change is the present moment.
    pub(crate) async fn performance_insupd<R: Performance>(
        &self,
        call: Call,
        changes: &Changes<R>,
    ) -> Result<Outcome, Error> {
        let mut key: Vec<(&'static str, Value)> = Vec::new();
        for column in R::KEY {
            match changes.named(column) {
                Some(value) if !value.is_null() && *value != Value::from("") => {
                    key.push((column, value.clone()));
                }
                _ => return Err(Error::new(call, ErrorKind::MissingKey).column(*column)),
            }
        }
        transact!(self, call, |transaction| {
            transaction.upsert(&key, changes).await
        })
    }

    /// Marks the rows of a key for recalculation. Returns the rows changed.
    pub(crate) async fn performance_flag<R: Performance>(
        &self,
        call: Call,
        key: &[(&'static str, Value)],
    ) -> Result<u64, Error> {
        let mut changes = Changes::<R>::new();
        changes.set_named(call, "needs_recalc_yn", Value::from("Y"))?;
        let touched = Computed::touched(self.dialect());
        transact!(self, call, |transaction| {
            let outcome = transaction.update_and(key, &changes, &touched).await?;
            Ok(outcome.rows_changed)
        })
    }

    /// Products whose figure over all classes is above a limit, the largest first.
    pub(crate) async fn top_products(
        &self,
        call: Call,
        figure: &'static str,
        above: Decimal,
        quote_curr_symb: Option<&str>,
        lmt: Option<u32>,
    ) -> Result<Vec<String>, Error> {
        let dialect = self.dialect();
        let (clause, mut values) = Conditions::new(dialect)
            .text("lta", Some("A"))
            .decimal(figure, ">", Some(above))
            .text("quote_symb", quote_curr_symb)
            .finish();
        let limit = limit(lmt, &mut values);
        let sql = format!(
            "SELECT prod_id FROM trade_perfs{clause} ORDER BY {} DESC, prod_id{limit}",
            dialect.decimal(figure)
        );
        let rows = self.rows(call, &sql, values).await?;
        rows.into_iter()
            .map(|mut row| row.take(0).map_err(|source| Error::answer(call, source)))
            .collect()
    }
}
