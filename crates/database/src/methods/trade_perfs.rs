//! How products have traded.

use cbtrade_core::Decimal;

use super::filter::{Class, ProductFilter, TradeFilter};
use super::performance::Subject;
use crate::change::Changes;
use crate::database::Database;
use crate::error::{Call, Error};
use crate::records::TradePerformance;
use crate::value::Value;

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "trade_perfs",
    }
}

fn subject(prod_id: &str, class: Class) -> Subject {
    Subject {
        prod_id: prod_id.to_owned(),
        class,
        strategy: None,
    }
}

impl Database {
    /// Products by gain in percent over all their positions, those above `pct_min`, the largest first.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_pairs_loop_top_perfs_prod_ids_get(
        &self,
        lmt: Option<u32>,
        pct_min: Decimal,
        quote_curr_symb: Option<&str>,
    ) -> Result<Vec<String>, Error> {
        const CALL: Call = call("db_pairs_loop_top_perfs_prod_ids_get");
        self.top_products(CALL, "gain_loss_pct", pct_min, quote_curr_symb, lmt)
            .await
    }

    /// Products by gain over all their positions, those above `gain_min`, the largest first.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_pairs_loop_top_gains_prod_ids_get(
        &self,
        lmt: Option<u32>,
        gain_min: Decimal,
        quote_curr_symb: Option<&str>,
    ) -> Result<Vec<String>, Error> {
        const CALL: Call = call("db_pairs_loop_top_gains_prod_ids_get");
        self.top_products(CALL, "gain_loss_amt", gain_min, quote_curr_symb, lmt)
            .await
    }

    /// Performance rows with at least `min_trades` trades, those that are marked, empty or older than a day computed anew;
    /// by product and class. Where the filter finds no row at all, the rows of its traded products are made. An empty
    /// `lta` means class `A`.
    ///
    /// # Errors
    /// The database cannot be reached; an unknown letter in `lta`.
    pub async fn db_trade_perfs_get(
        &self,
        filter: ProductFilter<'_>,
        min_trades: i64,
    ) -> Result<Vec<TradePerformance>, Error> {
        const CALL: Call = call("db_trade_perfs_get");
        let class = asked(CALL, filter.lta)?;
        let all = TradeFilter::from(filter);
        let rows = self.performances(CALL, &all, class, min_trades).await?;
        if !rows.is_empty() {
            return Ok(rows);
        }
        let mut made = false;
        for product in self.db_prod_ids_traded(filter).await? {
            let Some(prod_id) = product.prod_id else {
                continue;
            };
            for class in classes(class) {
                let subject = subject(&prod_id, class);
                self.recalculate::<TradePerformance>(CALL, &subject).await?;
                made = true;
            }
        }
        match made {
            true => self.performances(CALL, &all, class, min_trades).await,
            false => Ok(rows),
        }
    }

    /// Computes the row of a product and class from its positions and gives it.
    ///
    /// # Errors
    /// The database cannot be reached; no letter in `lta`, or an unknown one.
    pub async fn db_trade_perfs_recalc_single(
        &self,
        prod_id: &str,
        lta: &str,
    ) -> Result<TradePerformance, Error> {
        const CALL: Call = call("db_trade_perfs_recalc_single");
        let class = Class::required(CALL, lta)?;
        self.recalculate(CALL, &subject(prod_id, class)).await
    }

    /// Computes the row of a product and class, or of all three classes without one, and gives that of the class, or of
    /// all positions.
    ///
    /// # Errors
    /// As [`Database::db_trade_perfs_recalc_single`].
    pub async fn db_trade_perfs_recalc(
        &self,
        prod_id: &str,
        lta: Option<&str>,
    ) -> Result<TradePerformance, Error> {
        const CALL: Call = call("db_trade_perfs_recalc");
        let class = Class::read(CALL, "lta", lta)?;
        if class.is_none() {
            for class in [Class::Live, Class::Test] {
                self.recalculate::<TradePerformance>(CALL, &subject(prod_id, class))
                    .await?;
            }
        }
        let class = class.unwrap_or(Class::All);
        self.recalculate(CALL, &subject(prod_id, class)).await
    }

    /// Computes the rows of a product, or of all that were traded, in a class, or in all three: what CBTrade's procedure of
    /// this name does. Returns the number of rows.
    ///
    /// # Errors
    /// The database cannot be reached; an unknown letter in `lta`.
    pub async fn sp_trade_perfs_recalc(
        &self,
        prod_id: Option<&str>,
        lta: Option<&str>,
    ) -> Result<u64, Error> {
        const CALL: Call = call("sp_trade_perfs_recalc");
        let class = Class::read(CALL, "lta", lta)?;
        let products = match prod_id {
            Some(prod_id) => vec![prod_id.to_owned()],
            None => {
                let traded = self.db_prod_ids_traded(ProductFilter::default()).await?;
                traded
                    .into_iter()
                    .filter_map(|product| product.prod_id)
                    .collect()
            }
        };
        let mut rows = 0;
        for prod_id in &products {
            for class in classes(class) {
                self.recalculate::<TradePerformance>(CALL, &subject(prod_id, class))
                    .await?;
                rows += 1;
            }
        }
        Ok(rows)
    }

    /// Updates the row of `prod_id` and `lta`, or inserts it. Only the columns that are named are written.
    ///
    /// # Errors
    /// [`crate::ErrorKind::MissingKey`] without one of both; [`crate::ErrorKind::ValueRejected`].
    pub async fn db_trade_perfs_insupd(
        &self,
        trade_perf: &Changes<TradePerformance>,
    ) -> Result<(), Error> {
        const CALL: Call = call("db_trade_perfs_insupd");
        self.performance_insupd(CALL, trade_perf).await.map(|_| ())
    }

    /// Marks the rows of a product for recalculation: that of a class, or all three. Returns the rows changed.
    ///
    /// # Errors
    /// The database cannot be reached; an unknown letter in `lta`.
    pub async fn trade_perfs_flag_upd(
        &self,
        prod_id: &str,
        lta: Option<&str>,
    ) -> Result<u64, Error> {
        const CALL: Call = call("trade_perfs_flag_upd");
        let mut key = vec![("prod_id", Value::from(prod_id))];
        if let Some(class) = Class::read(CALL, "lta", lta)? {
            key.push(("lta", Value::from(class.letter())));
        }
        self.performance_flag::<TradePerformance>(CALL, &key).await
    }
}

/// The class that a reading method is asked for. An empty letter means `A` there, as the callers are used to.
pub(super) fn asked(call: Call, lta: Option<&str>) -> Result<Option<Class>, Error> {
    match lta {
        Some("") => Ok(Some(Class::All)),
        lta => Class::read(call, "lta", lta),
    }
}

/// A class, or all three, in the order of their rows' keys.
pub(super) fn classes(class: Option<Class>) -> Vec<Class> {
    class.map_or_else(|| Class::EACH.to_vec(), |class| vec![class])
}
