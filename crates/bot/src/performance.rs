//! How products and strategies have traded, from the rows that the database keeps, as decisions read it.

use std::collections::BTreeMap;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{
    Database, Error, ProductFilter, StrategyPerformance, TradeFilter, TradePerformance,
};
use cbtrade_indicators::Interval;
use cbtrade_strategy::Strategy;

use crate::decide::{ByClass, Combination, Performance, StrategyPerformances};

/// The classes of performance rows.
const CLASSES: [&str; 3] = ["L", "T", "A"];

/// Takes the fields that rows of both tables share.
macro_rules! performance {
    ($row:expr, $last_buy:ident, $now:expr) => {
        Performance {
            total_cnt: $row.tot_cnt.unwrap_or_default(),
            open_cnt: $row.tot_open_cnt.unwrap_or_default(),
            close_cnt: $row.tot_close_cnt.unwrap_or_default(),
            gain_amt: number($row.gain_loss_amt),
            gain_pct: number($row.gain_loss_pct),
            gain_pct_hour: number($row.gain_loss_pct_hr),
            gain_pct_day: number($row.gain_loss_pct_day),
            gain_close_pct_day: number($row.gain_loss_close_pct_day),
            minutes_since_buy: minutes_since($row.$last_buy, $now),
        }
    };
}

/// How a product and its strategies have traded.
///
/// # Errors
/// The database cannot be reached.
pub(crate) async fn of_product(
    database: &Database,
    prod_id: &str,
    now: Timestamp,
) -> Result<(ByClass<Performance>, StrategyPerformances), Error> {
    let mut product = ByClass::default();
    let mut strategies: StrategyPerformances = BTreeMap::new();
    for class in CLASSES {
        let filter = ProductFilter {
            prod_id: Some(prod_id),
            lta: Some(class),
            ..ProductFilter::default()
        };
        for row in database.db_trade_perfs_get(filter, 0).await? {
            put(&mut product, class, of_row(&row, now));
        }
        let filter = TradeFilter {
            prod_id: Some(prod_id),
            lta: Some(class),
            ..TradeFilter::default()
        };
        for row in database.db_trade_strat_perfs_get(filter, 0).await? {
            if let Some(combination) = combination(&row) {
                put(
                    strategies.entry(combination).or_default(),
                    class,
                    performance!(row, last_buy_strat_unix, now),
                );
            }
        }
    }
    Ok((product, strategies))
}

/// A product's row.
pub(crate) fn of_row(row: &TradePerformance, now: Timestamp) -> Performance {
    performance!(row, last_buy_unix, now)
}

/// The strategy and candles of a row; none for one that is not known, such as one of an operator's own.
fn combination(row: &StrategyPerformance) -> Option<Combination> {
    Some(Combination {
        strategy: Strategy::of_name(row.buy_strat_name.trim_end())?,
        interval: Interval::of_name(row.buy_strat_freq.trim_end())?,
    })
}

fn put(of: &mut ByClass<Performance>, class: &str, performance: Performance) {
    match class {
        "L" => of.live = performance,
        "T" => of.test = performance,
        _ => of.all = performance,
    }
}

fn number(value: Option<Decimal>) -> Decimal {
    value.unwrap_or_default()
}

/// Minutes between a buy and now, both by the venue's clock; none where there was no buy.
fn minutes_since(last_buy_unix: Option<i64>, now: Timestamp) -> Option<i64> {
    let last = last_buy_unix.filter(|last| *last > 0)?;
    Some((now.as_seconds() - last).max(0) / 60)
}
