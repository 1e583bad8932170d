//! The fourteen tables of the trading database.

mod market;
mod order;
mod performance;
mod position;
mod signal;
mod wallet;

use std::sync::LazyLock;

use crate::table::Table;

/// The tables of the trading database, each after the tables its rows refer to.
///
/// There are no foreign keys between them; the order is for people and for sums that are checked
/// while copying.
pub fn tables() -> &'static [Table] {
    static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
        vec![
            market::freqs(),
            wallet::currs(),
            market::mkts(),
            market::mkt_checks(),
            wallet::bals(),
            signal::buy_strats(),
            signal::buy_signals(),
            signal::buy_decisions(),
            order::buy_ords(),
            position::poss(),
            order::sell_ords(),
            order::ords(),
            performance::trade_perfs(),
            performance::trade_strat_perfs(),
        ]
    });
    &TABLES
}

/// The table of this name, upper and lower case alike.
pub fn table(name: &str) -> Option<&'static Table> {
    tables()
        .iter()
        .find(|table| table.name.eq_ignore_ascii_case(name))
}
