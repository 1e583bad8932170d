//! Table `bals`: what the wallet holds.

use cbtrade_core::Decimal;

use crate::change::Changes;
use crate::conditions::Conditions;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::engine::Outcome;
use crate::error::{Call, Error};
use crate::methods::mkts::quoted_in;
use crate::record::{record, select_list};
use crate::records::{Balance, columns};
use crate::transact;

record! {
    /// What is available of a currency.
    BalanceAvailable of "" {
        symb: Option<String>,
        bal_avail: Option<Decimal>,
    }
}

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "bals",
    }
}

impl Database {
    /// What is available of every currency, or of one.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_bals_get(&self, symb: Option<&str>) -> Result<Vec<BalanceAvailable>, Error> {
        let dialect = self.dialect();
        let (conditions, values) = Conditions::new(dialect).text("symb", symb).finish();
        let sql = format!(
            "SELECT {} FROM bals{conditions} ORDER BY bal_id",
            select_list::<BalanceAvailable>(dialect, "")
        );
        self.records(call("db_bals_get"), &sql, values).await
    }

    /// Writes a balance as the exchange tells it. The row is the one of `symb`, `curr_uuid` and `rp_id`, all of which must
    /// be given with `bal_avail`; where the exchange has given a wallet a new identifier or portfolio, it is the row that
    /// the table's other keys name.
    ///
    /// # Errors
    /// [`crate::ErrorKind::MissingKey`]; [`crate::ErrorKind::WrongKey`] where the keys name two rows.
    pub async fn db_bals_insupd(&self, changes: &Changes<Balance>) -> Result<Outcome, Error> {
        const CALL: Call = call("db_bals_insupd");
        let key = [
            changes.required(CALL, columns::bals::symb)?,
            changes.required(CALL, columns::bals::curr_uuid)?,
            changes.required(CALL, columns::bals::rp_id)?,
        ];
        changes.required(CALL, columns::bals::bal_avail)?;
        transact!(self, CALL, |transaction| {
            transaction.upsert(&key, changes).await
        })
    }

    /// Sets price and value of every balance from the markets in USDC; what has no such market gets 0.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ValueRejected`] for a value beyond 24 digits.
    pub async fn db_bals_prc_mkt_upd(&self) -> Result<(), Error> {
        let dialect = self.dialect();
        let prices = reprice(dialect, &PRICES);
        // In a statement of its own, because servers would use the new price here and SQLite the old one.
        let values = format!(
            "UPDATE bals SET curr_val_usd = {}{}",
            dialect.multiply("bal_tot", "curr_prc_usd"),
            dialect.in_order("bal_id")
        );
        transact!(self, call("db_bals_prc_mkt_upd"), |transaction| {
            transaction.run(&prices, Vec::new()).await?;
            transaction.run(&values, Vec::new()).await?;
            Ok(())
        })
    }
}

const PRICES: Reprice = Reprice {
    table: "bals",
    number: "bal_id",
    price: "curr_prc_usd",
    quote: "USDC",
    zero_if_none: true,
};

/// Where prices of markets are written to.
pub(super) struct Reprice {
    pub(super) table: &'static str,
    /// The column that numbers its rows.
    pub(super) number: &'static str,
    /// The column of the price.
    pub(super) price: &'static str,
    /// The currency of the price.
    pub(super) quote: &'static str,
    /// Whether a currency without a market gets 0; else it keeps its price.
    pub(super) zero_if_none: bool,
}

/// Writes the price of every currency, from its market. Of several markets, the product that is named after both
/// currencies is taken; a price that is not positive is how the exchange says that there is none.
///
/// The rows are read, and so locked, in the order of their number: the table is first in the join.
pub(super) fn reprice(dialect: Dialect, of: &Reprice) -> String {
    let Reprice { table, number, .. } = of;
    let symbol = dialect.text("base_curr_symb");
    let prices = format!(
        "SELECT symb, prc FROM (SELECT base_curr_symb AS symb, prc, ROW_NUMBER() OVER (PARTITION BY {symbol} \
         ORDER BY CASE WHEN {} = {} THEN 0 ELSE 1 END, prod_id) AS place FROM mkts WHERE {} AND {} > 0) AS ranked \
         WHERE place = 1",
        dialect.text("prod_id"),
        dialect.followed_by("base_curr_symb", &format!("-{}", of.quote)),
        quoted_in(dialect, "quote_curr_symb", of.quote),
        dialect.compare("prc", "0"),
    );
    let same = |table: &str| {
        let (one, other) = (
            dialect.text("m.symb"),
            dialect.text(&format!("{table}.symb")),
        );
        format!("{one} = {other}")
    };
    let set = match of.zero_if_none {
        true => format!("{} = COALESCE(m.prc, 0), dlm = {}", of.price, dialect.now()),
        false => format!("{} = m.prc, dlm = {}", of.price, dialect.now()),
    };
    let condition = if of.zero_if_none {
        ""
    } else {
        " AND m.prc IS NOT NULL"
    };
    match dialect {
        Dialect::MySql => {
            let join = if of.zero_if_none {
                "LEFT JOIN"
            } else {
                "STRAIGHT_JOIN"
            };
            format!(
                "UPDATE {table} {join} ({prices}) AS m ON {} SET {set}",
                same(table)
            )
        }
        Dialect::Sqlite => format!(
            "UPDATE {table} SET {set} FROM (SELECT t.{number} AS number, m.prc AS prc FROM {table} t \
             LEFT JOIN ({prices}) AS m ON {}) AS m WHERE {table}.{number} = m.number{condition}",
            same("t")
        ),
    }
}
