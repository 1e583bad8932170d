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
        let prices = format!(
            "UPDATE bals SET curr_prc_usd = COALESCE({}, 0), dlm = {}{}",
            market_price(dialect, "bals.symb", "USDC"),
            dialect.now(),
            dialect.in_order("bal_id")
        );
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

/// The price of a currency in another, from its market. Of several, the product that is named after both is taken; a price
/// that is not positive is how the exchange says that there is none.
pub(super) fn market_price(dialect: Dialect, symbol: &str, quote: &'static str) -> String {
    format!(
        "(SELECT m.prc FROM mkts m WHERE {} = {} AND {} AND {} > 0 \
         ORDER BY CASE WHEN {} = {} THEN 0 ELSE 1 END, m.prod_id LIMIT 1)",
        dialect.text("m.base_curr_symb"),
        dialect.text(symbol),
        quoted_in(dialect, "m.quote_curr_symb", quote),
        dialect.compare("m.prc", "0"),
        dialect.text("m.prod_id"),
        dialect.followed_by(symbol, &format!("-{quote}")),
    )
}
