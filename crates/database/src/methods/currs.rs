//! Table `currs`: currencies and their prices.

use cbtrade_core::Decimal;

use crate::change::Changes;
use crate::conditions::Conditions;
use crate::database::Database;
use crate::engine::Outcome;
use crate::error::{Call, Error};
use crate::methods::bals::{Reprice, reprice};
use crate::record::select_list;
use crate::records::{Currency, columns};
use crate::row::Row;
use crate::transact;
use crate::value::Value;

/// Currencies that are worth a dollar, where a caller names none.
pub const STABLE_SYMBOLS: [&str; 10] = [
    "BUSD", "DAI", "GUSD", "PAX", "PYUSD", "TUSD", "USD", "USDC", "USDP", "USDT",
];

const PRICES: Reprice = Reprice {
    table: "currs",
    number: "curr_id",
    price: "prc_usd",
    quote: "USD",
    zero_if_none: false,
};

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "currs",
    }
}

impl Database {
    /// All currencies, or one.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_currs_get(&self, symb: Option<&str>) -> Result<Vec<Currency>, Error> {
        let dialect = self.dialect();
        let (conditions, values) = Conditions::new(dialect).text("symb", symb).finish();
        let sql = format!(
            "SELECT {} FROM currs{conditions} ORDER BY curr_id",
            select_list::<Currency>(dialect, "")
        );
        self.records(call("db_currs_get"), &sql, values).await
    }

    /// Writes a currency as the exchange tells it. The row is the one of `symb` and `curr_uuid`, which must both be given;
    /// where the exchange has renamed a currency, it is the row of `curr_uuid`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::MissingKey`]; [`crate::ErrorKind::WrongKey`] for a `curr_id` of another row.
    pub async fn db_currs_insupd(&self, changes: &Changes<Currency>) -> Result<Outcome, Error> {
        const CALL: Call = call("db_currs_insupd");
        let key = [
            changes.required(CALL, columns::currs::symb)?,
            changes.required(CALL, columns::currs::curr_uuid)?,
        ];
        transact!(self, CALL, |transaction| {
            transaction.upsert(&key, changes).await
        })
    }

    /// Sets the price of a currency.
    ///
    /// # Errors
    /// The database cannot be reached or takes no writes.
    pub async fn db_currs_prc_upd(&self, symb: &str, prc_usd: Decimal) -> Result<(), Error> {
        self.set_prices(call("db_currs_prc_upd"), &[symb], prc_usd)
            .await
    }

    /// Sets the price of stablecoins to 1: of those named, or of [`STABLE_SYMBOLS`].
    ///
    /// # Errors
    /// The database cannot be reached or takes no writes.
    pub async fn db_currs_prc_stable_upd(
        &self,
        stable_symbs: Option<&[&str]>,
    ) -> Result<(), Error> {
        let symbols = stable_symbs.unwrap_or(&STABLE_SYMBOLS);
        self.set_prices(call("db_currs_prc_stable_upd"), symbols, Decimal::ONE)
            .await
    }

    /// Sets prices from the markets in US dollars. A currency without such a market keeps its price.
    ///
    /// # Errors
    /// The database cannot be reached or takes no writes.
    pub async fn db_currs_prc_mkt_upd(&self) -> Result<(), Error> {
        let sql = reprice(self.dialect(), &PRICES);
        self.run(call("db_currs_prc_mkt_upd"), &sql, Vec::new())
            .await?;
        Ok(())
    }

    /// Rows are found first and then written by their number, so that they are locked in its order.
    async fn set_prices(&self, call: Call, symbols: &[&str], price: Decimal) -> Result<(), Error> {
        if symbols.is_empty() {
            return Ok(());
        }
        let dialect = self.dialect();
        let (conditions, values) = Conditions::new(dialect)
            .text_list("symb", "IN", symbols)
            .finish();
        let find = format!("SELECT curr_id FROM currs{conditions} ORDER BY curr_id");
        let change = Changes::<Currency>::new().set(columns::currs::prc_usd, price);
        let checked = change.checked(call)?;
        let price: Vec<Value> = checked.into_iter().map(|(_, value)| value).collect();
        transact!(self, call, |transaction| {
            let rows = transaction.rows(&find, values.clone()).await?;
            let numbers = rows
                .into_iter()
                .map(|mut row: Row| row.take::<i64>(0))
                .collect::<Result<Vec<i64>, _>>()
                .map_err(|source| Error::answer(call, source))?;
            if numbers.is_empty() {
                return Ok(());
            }
            let (conditions, ids) = Conditions::new(dialect)
                .integers("curr_id", &numbers)
                .finish();
            let sql = format!(
                "UPDATE currs SET prc_usd = ?, dlm = {}{conditions}",
                dialect.now()
            );
            let mut values = price.clone();
            values.extend(ids);
            transaction.run(&sql, values).await?;
            Ok(())
        })
    }
}
