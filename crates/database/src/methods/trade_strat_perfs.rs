//! How strategies have traded products.

use super::filter::{Class, TradeFilter};
use super::performance::Subject;
use super::trade_perfs::{asked, classes};
use crate::change::Changes;
use crate::database::Database;
use crate::error::{Call, Error};
use crate::records::StrategyPerformance;
use crate::value::Value;

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "trade_strat_perfs",
    }
}

fn subject(prod_id: &str, strategy: [&str; 3], class: Class) -> Subject {
    Subject {
        prod_id: prod_id.to_owned(),
        class,
        strategy: Some(strategy.map(str::to_owned)),
    }
}

impl Database {
    /// Performance rows with at least `min_trades` trades, those that are marked or older than a day computed anew; by
    /// product, class and strategy. An empty `lta` means class `A`. Missing rows are not made.
    ///
    /// # Errors
    /// The database cannot be reached; an unknown letter in `lta`.
    pub async fn db_trade_strat_perfs_get(
        &self,
        filter: TradeFilter<'_>,
        min_trades: i64,
    ) -> Result<Vec<StrategyPerformance>, Error> {
        const CALL: Call = call("db_trade_strat_perfs_get");
        let class = asked(CALL, filter.lta)?;
        self.performances(CALL, &filter, class, min_trades).await
    }

    /// Computes the row of a strategy on a product and a class from its positions and gives it.
    ///
    /// # Errors
    /// The database cannot be reached; no letter in `lta`, or an unknown one.
    pub async fn db_trade_strat_perfs_recalc_single(
        &self,
        prod_id: &str,
        buy_strat_type: &str,
        buy_strat_name: &str,
        buy_strat_freq: &str,
        lta: &str,
    ) -> Result<StrategyPerformance, Error> {
        const CALL: Call = call("db_trade_strat_perfs_recalc_single");
        let class = Class::required(CALL, lta)?;
        let strategy = [buy_strat_type, buy_strat_name, buy_strat_freq];
        self.recalculate(CALL, &subject(prod_id, strategy, class))
            .await
    }

    /// Computes the row of a strategy on a product and a class, or of all three classes without one, and gives that of the
    /// class, or of all positions.
    ///
    /// # Errors
    /// As [`Database::db_trade_strat_perfs_recalc_single`].
    pub async fn db_trade_strat_perfs_recalc(
        &self,
        prod_id: &str,
        buy_strat_type: &str,
        buy_strat_name: &str,
        buy_strat_freq: &str,
        lta: Option<&str>,
    ) -> Result<StrategyPerformance, Error> {
        const CALL: Call = call("db_trade_strat_perfs_recalc");
        let strategy = [buy_strat_type, buy_strat_name, buy_strat_freq];
        let class = Class::read(CALL, "lta", lta)?;
        if class.is_none() {
            for class in [Class::Live, Class::Test] {
                let subject = subject(prod_id, strategy, class);
                self.recalculate::<StrategyPerformance>(CALL, &subject)
                    .await?;
            }
        }
        let class = class.unwrap_or(Class::All);
        self.recalculate(CALL, &subject(prod_id, strategy, class))
            .await
    }

    /// Computes the rows of all strategies that traded within the filter, in a class, or in all three: what CBTrade's
    /// procedure of this name does. With product and strategy given whole, that row is made even without positions;
    /// positions without a strategy have no row. Returns the number of rows.
    ///
    /// # Errors
    /// The database cannot be reached; an unknown letter in `lta`.
    pub async fn sp_trade_strat_perfs_recalc(&self, filter: TradeFilter<'_>) -> Result<u64, Error> {
        const CALL: Call = call("sp_trade_strat_perfs_recalc");
        let class = Class::read(CALL, "lta", filter.lta)?;
        let subjects: Vec<(String, [String; 3])> = match (
            filter.prod_id,
            filter.buy_strat_type,
            filter.buy_strat_name,
            filter.buy_strat_freq,
        ) {
            (Some(prod_id), Some(kind), Some(name), Some(freq)) => {
                vec![(prod_id.to_owned(), [kind, name, freq].map(str::to_owned))]
            }
            _ => {
                let everyone = TradeFilter {
                    lta: None,
                    ..filter
                };
                let traded = self.db_prod_ids_strats_traded(everyone).await?;
                let whole = traded.into_iter().filter_map(|traded| {
                    let strategy = [
                        traded.buy_strat_type?,
                        traded.buy_strat_name?,
                        traded.buy_strat_freq?,
                    ];
                    Some((traded.prod_id?, strategy))
                });
                whole.collect()
            }
        };
        let mut rows = 0;
        for (prod_id, strategy) in subjects {
            for class in classes(class) {
                let subject = Subject {
                    prod_id: prod_id.clone(),
                    class,
                    strategy: Some(strategy.clone()),
                };
                self.recalculate::<StrategyPerformance>(CALL, &subject)
                    .await?;
                rows += 1;
            }
        }
        Ok(rows)
    }

    /// Updates the row of `prod_id`, the three strategy columns and `lta`, or inserts it. Only the columns that are named
    /// are written.
    ///
    /// # Errors
    /// [`crate::ErrorKind::MissingKey`] without one of the five; [`crate::ErrorKind::ValueRejected`].
    pub async fn db_trade_strat_perfs_insupd(
        &self,
        trade_strat_perf: &Changes<StrategyPerformance>,
    ) -> Result<(), Error> {
        const CALL: Call = call("db_trade_strat_perfs_insupd");
        self.performance_insupd(CALL, trade_strat_perf)
            .await
            .map(|_| ())
    }

    /// Marks the rows of a strategy on a product for recalculation: that of a class, or all three. Returns the rows
    /// changed.
    ///
    /// # Errors
    /// The database cannot be reached; an unknown letter in `lta`.
    pub async fn trade_strat_perfs_flag_upd(
        &self,
        prod_id: &str,
        buy_strat_type: &str,
        buy_strat_name: &str,
        buy_strat_freq: &str,
        lta: Option<&str>,
    ) -> Result<u64, Error> {
        const CALL: Call = call("trade_strat_perfs_flag_upd");
        let mut key = vec![
            ("prod_id", Value::from(prod_id)),
            ("buy_strat_type", Value::from(buy_strat_type)),
            ("buy_strat_name", Value::from(buy_strat_name)),
            ("buy_strat_freq", Value::from(buy_strat_freq)),
        ];
        if let Some(class) = Class::read(CALL, "lta", lta)? {
            key.push(("lta", Value::from(class.letter())));
        }
        self.performance_flag::<StrategyPerformance>(CALL, &key)
            .await
    }
}
