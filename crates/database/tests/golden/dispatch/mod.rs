//! From a golden case's method and arguments to a call of the layer.
//!
//! A method is dispatched by an arm in the file of its module: take the arguments by place and name from [`Arguments`],
//! call, and give the answer as the original gave it (`records(rows)`, `record(row)`, a number, a tuple). A method that
//! gives more than the original did (an id instead of nothing) is cut down to the original's answer here.

mod bals;
mod currs;
mod mkts;
mod ohlcv;
mod orders;
mod perfs;
mod poss;
mod raw;
mod reports;
mod signals;

use cbtrade_database::Database;

use crate::arguments::{Called, Failure};
use crate::case::Case;

/// Calls the method of a case.
pub(crate) async fn call(database: &Database, case: &Case) -> Called {
    let (method, arguments) = (case.method.as_str(), &case.arguments);
    match case.module.as_str() {
        "tbl_poss" => poss::call(database, method, arguments).await,
        "tbl_trade_perfs" | "tbl_trade_strat_perfs" => {
            perfs::call(database, method, arguments).await
        }
        "db_read" | "db_reports" => reports::call(database, method, arguments).await,
        "tbl_bals" => bals::call(database, method, arguments).await,
        "tbl_currs" => currs::call(database, method, arguments).await,
        "tbl_mkts" | "tbl_mkt_checks" => mkts::call(database, method, arguments).await,
        "tbl_buy_ords" | "tbl_sell_ords" | "tbl_ords" => {
            orders::call(database, method, arguments).await
        }
        "tbl_buy_signals" | "tbl_buy_decisions" | "tbl_buy_strats" => {
            signals::call(database, method, arguments).await
        }
        "ohlcv" => ohlcv::call(database, method, arguments).await,
        "mysql_handler" | "db_common" | "db_main" => raw::call(database, method, arguments).await,
        _ => Err(Failure::NotDispatched),
    }
}
