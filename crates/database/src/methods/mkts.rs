//! Table `mkts`: the exchange's products.

use cbtrade_core::Decimal;

use crate::change::Changes;
use crate::conditions::Conditions;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::engine::Outcome;
use crate::error::{Call, Error};
use crate::record::select_list;
use crate::records::{Market, columns};
use crate::transact;
use crate::value::Value;

/// States of a product in which it cannot be bought and sold freely.
const FLAGS: [&str; 7] = [
    "mkt_view_only_tf",
    "mkt_is_disabled_tf",
    "mkt_cancel_only_tf",
    "mkt_limit_only_tf",
    "mkt_post_only_tf",
    "mkt_trading_disabled_tf",
    "mkt_auction_mode_tf",
];

const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "mkts",
    }
}

impl Database {
    /// Products that are not ignored, by product id.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_mkts_get(
        &self,
        base_symb: Option<&str>,
        quote_symb: Option<&str>,
        prod_id: Option<&str>,
    ) -> Result<Vec<Market>, Error> {
        let dialect = self.dialect();
        let (conditions, values) = Conditions::new(dialect)
            .fixed("ignore_tf = 0")
            .text("base_curr_symb", base_symb)
            .text("quote_curr_symb", quote_symb)
            .text("prod_id", prod_id)
            .finish();
        let sql = format!(
            "SELECT {} FROM mkts{conditions} ORDER BY {}",
            select_list::<Market>(dialect, ""),
            dialect.text("prod_id")
        );
        self.records(call("db_mkts_get"), &sql, values).await
    }

    /// How many products that are not ignored can be traded freely. `mkt` and `quote_symb` are both the quote currency.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_mkts_open_cnt_get(
        &self,
        mkt: Option<&str>,
        quote_symb: Option<&str>,
        prod_id: Option<&str>,
    ) -> Result<i64, Error> {
        const CALL: Call = call("db_mkts_open_cnt_get");
        let dialect = self.dialect();
        let (conditions, values) = tradable(Conditions::new(dialect), dialect, "")
            .fixed("ignore_tf = 0")
            .text("quote_curr_symb", mkt)
            .text("quote_curr_symb", quote_symb)
            .text("prod_id", prod_id)
            .finish();
        let sql = format!("SELECT COUNT(*) FROM mkts{conditions}");
        self.one(CALL, &sql, values)
            .await
            .map(Option::unwrap_or_default)
    }

    /// The last price of a product; `None` for an unknown one, or one without a price.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_mkt_prc_get(&self, prod_id: &str) -> Result<Option<Decimal>, Error> {
        let sql = format!(
            "SELECT prc FROM mkts WHERE {}",
            self.dialect().text_is("prod_id")
        );
        let values = vec![Value::from(prod_id)];
        let price: Option<Option<Decimal>> = self.one(call("db_mkt_prc_get"), &sql, values).await?;
        Ok(price.flatten())
    }

    /// Writes a product; only the columns named in the change are written. The row is the one of `prod_id`, which must be
    /// given.
    ///
    /// # Errors
    /// [`crate::ErrorKind::MissingKey`]; [`crate::ErrorKind::WrongKey`] for a `mkt_id` of another product.
    pub async fn db_mkts_insupd(&self, changes: &Changes<Market>) -> Result<Outcome, Error> {
        const CALL: Call = call("db_mkts_insupd");
        let key = [changes.required(CALL, columns::mkts::prod_id)?];
        transact!(self, CALL, |transaction| {
            transaction.upsert(&key, changes).await
        })
    }
}

/// Products that can be bought and sold freely. `alias` is the table's name in the query with a point, or empty.
pub(super) fn tradable(conditions: Conditions, dialect: Dialect, alias: &str) -> Conditions {
    let online = dialect.text_in(&format!("{alias}mkt_status_tf"), &["online"]);
    FLAGS
        .iter()
        .fold(conditions.fixed(online), |conditions, flag| {
            conditions.fixed(format!("{alias}{flag} = 0"))
        })
}

/// The names under which the exchange has told a quote currency: its symbol, or its long name in one of its spellings.
pub(super) fn quote_names(quote: &str) -> &'static [&'static str] {
    const NAMES: [&[&str]; 4] = [
        &["BTC", "Bitcoin"],
        &["ETH", "Ethereum"],
        &["USD", "US Dollar"],
        &["USDC", "USD Coin", "USDCoin"],
    ];
    NAMES
        .into_iter()
        .find(|names| {
            names
                .first()
                .is_some_and(|name| name.eq_ignore_ascii_case(quote.trim_end()))
        })
        .unwrap_or_default()
}

/// Whether a column names this quote currency, in any of its names. For fixed currencies; a caller's is a parameter.
pub(super) fn quoted_in(dialect: Dialect, column: &str, quote: &'static str) -> String {
    dialect.text_in(column, quote_names(quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_has_several_names() {
        assert_eq!(quote_names("usdc "), ["USDC", "USD Coin", "USDCoin"]);
        assert_eq!(quote_names("Bitcoin"), <[&str; 0]>::default());
        assert_eq!(
            quoted_in(Dialect::MySql, "q", "USD"),
            "q IN ('USD','US Dollar')"
        );
    }
}
