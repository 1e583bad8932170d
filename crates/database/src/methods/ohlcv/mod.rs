//! Candles: one table per product in the candle database.
//!
//! [`Candles`] is a product's handle; `write` saves candles in batches, `read` loads them, `status` tells what is there and
//! what is missing. The methods of [`Database`] here are the original module's functions, which name their product.

mod read;
mod status;
mod write;

use cbtrade_catalog::{Frequency, candle_table_name, frequency};

use crate::change::Changes;
use crate::database::Database;
use crate::error::{Call, Error, ErrorKind};
use crate::records::Candle;
use crate::schema::create_candle_table;
use crate::value::Value;

pub use read::CANDLES_LIMIT;
pub use status::{CandleAge, CandleGap, CandleGaps, FrequencyStart, TimeframeSummary};
pub use write::{CANDLES_SAVED_MAX, CandlePrices, CandlesSaved};

pub(super) const fn call(method: &'static str) -> Call {
    Call {
        method,
        table: "ohlcv",
    }
}

/// The candles of a product.
#[derive(Clone, Debug)]
pub struct Candles {
    database: Database,
    name: String,
}

impl Candles {
    /// The table's name, such as `ohlcv_BTC_USDC`.
    #[must_use]
    pub fn table_name(&self) -> &str {
        &self.name
    }

    /// The table as it stands in a statement.
    fn table(&self) -> String {
        let dialect = self.database.dialect();
        format!(
            "{}.{}",
            dialect.name(self.database.candles_database()),
            dialect.name(&self.name)
        )
    }

    /// Adds to an error whose candles it is about.
    fn named(&self, error: Error) -> Error {
        error.on_table(self.name.clone())
    }
}

/// The candle length of a name, letter case and spaces at the end aside, as the database compares.
fn length(call: Call, name: &str) -> Result<&'static Frequency, Error> {
    frequency(name.trim_end()).ok_or_else(|| {
        Error::new(call, ErrorKind::ValueRejected)
            .column("freq")
            .detail(format!(
                "{name:?} is not a candle length such as 15min or 1h"
            ))
    })
}

impl Database {
    /// The candles of a product; its table is made where it is missing.
    ///
    /// # Errors
    /// [`ErrorKind::NotAProduct`] for a text that is no product id; a right that is missing.
    pub async fn ohlcv(&self, prod_id: &str) -> Result<Candles, Error> {
        const CALL: Call = call("OHLCV_DB");
        let candles = self.candles(CALL, prod_id)?;
        create_candle_table(self, CALL, prod_id).await?;
        Ok(candles)
    }

    /// The candles of a product whose table is taken to be there.
    fn candles(&self, call: Call, prod_id: &str) -> Result<Candles, Error> {
        match candle_table_name(prod_id) {
            Some(name) => Ok(Candles {
                database: self.clone(),
                name,
            }),
            None => Err(not_a_product(call, prod_id)),
        }
    }

    /// Makes a product's candle table where it is missing. `true` in any case that is no error, as in the original layer.
    ///
    /// # Errors
    /// As [`Database::ohlcv`].
    pub async fn db_check_ohlcv_prod_id_table(&self, prod_id: &str) -> Result<bool, Error> {
        self.ohlcv(prod_id).await.map(|_| true)
    }

    /// Candles of one length, newest first, at most so many.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for a product without candles; [`ErrorKind::ValueRejected`] for an unknown length.
    pub async fn db_ohlcv_freq_get(
        &self,
        prod_id: &str,
        freq: &str,
        lmt: u32,
    ) -> Result<Vec<Candle>, Error> {
        self.candles(call("db_ohlcv_freq_get"), prod_id)?
            .load_ohlcv_data(freq, Some(lmt), None, None)
            .await
    }

    /// The newest candle of each length.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for a product without candles.
    pub async fn db_ohlcv_prod_id_freqs(
        &self,
        prod_id: &str,
    ) -> Result<Vec<FrequencyStart>, Error> {
        self.candles(call("db_ohlcv_prod_id_freqs"), prod_id)?
            .db_ohlcv_prod_id_freqs()
            .await
    }

    /// Saves candles of one length, as [`Candles::save_ohlcv_data`].
    ///
    /// # Errors
    /// As [`Database::ohlcv`] and [`Candles::save_ohlcv_data`].
    pub async fn db_tbl_ohlcv_prod_id_insupd(
        &self,
        prod_id: &str,
        freq: &str,
        candles: &[CandlePrices],
    ) -> Result<CandlesSaved, Error> {
        let handle = self.ohlcv(prod_id).await?;
        handle.save_ohlcv_data(freq, candles).await
    }

    /// Saves candles of several lengths in one transaction.
    ///
    /// # Errors
    /// As [`Database::ohlcv`] and [`Candles::save_ohlcv_data`].
    pub async fn db_tbl_ohlcv_prod_id_insupd_many(
        &self,
        prod_id: &str,
        candles: &[(&str, &[CandlePrices])],
    ) -> Result<CandlesSaved, Error> {
        let handle = self.ohlcv(prod_id).await?;
        handle.save_many(candles).await
    }

    /// Writes candles column by column, into the table of this name, such as `ohlcv_BTC_USDC`. As
    /// [`Candles::db_tbl_insupd`].
    ///
    /// # Errors
    /// [`ErrorKind::NotAProduct`] for a name of no product; [`ErrorKind::NotFound`] for a table that is not there.
    pub async fn db_tbl_insupd(
        &self,
        table_name: &str,
        rows: &[Changes<Candle>],
    ) -> Result<u64, Error> {
        let prod_id = product_of(call("db_tbl_insupd"), table_name)?;
        self.candles(call("db_tbl_insupd"), &prod_id)?
            .db_tbl_insupd(rows)
            .await
    }

    /// Deletes all candles of the table of this name; gives how many there were.
    ///
    /// # Errors
    /// As [`Database::db_tbl_insupd`].
    pub async fn db_tbl_del(&self, table_name: &str) -> Result<u64, Error> {
        let prod_id = product_of(call("db_tbl_del"), table_name)?;
        self.candles(call("db_tbl_del"), &prod_id)?
            .db_tbl_del()
            .await
    }

    /// The names of all candle tables.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_ohlcv_table_names_get(&self) -> Result<Vec<String>, Error> {
        let (sql, values) = match self.dialect() {
            crate::Dialect::MySql => (
                "SELECT table_name FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name",
                vec![Value::from(self.candles_database())],
            ),
            crate::Dialect::Sqlite => (
                "SELECT name FROM ohlcv.sqlite_schema WHERE type = 'table' ORDER BY name",
                Vec::new(),
            ),
        };
        let names: Vec<String> = self
            .column(call("db_ohlcv_table_names_get"), sql, values)
            .await?;
        Ok(names
            .into_iter()
            .filter(|name| product_of_table(name).is_some())
            .collect())
    }

    /// The newest candles of all products and how old they are: by product's table, then by candle length.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn show_all_ohlcv_age(&self) -> Result<Vec<(String, Vec<CandleAge>)>, Error> {
        let mut all = Vec::new();
        for name in self.db_ohlcv_table_names_get().await? {
            let candles = Candles {
                database: self.clone(),
                name,
            };
            let ages = candles.show_ohlcv_age().await?;
            all.push((candles.name, ages));
        }
        Ok(all)
    }
}

fn not_a_product(call: Call, text: &str) -> Error {
    let shown: String = text.chars().take(60).collect();
    Error::new(call, ErrorKind::NotAProduct).key(format!("{shown:?}"))
}

/// The product of a candle table's name, in the name's letter case.
fn product_of_table(table_name: &str) -> Option<String> {
    let prod_id = table_name.strip_prefix("ohlcv_")?.replace('_', "-");
    (candle_table_name(&prod_id).as_deref() == Some(table_name)).then_some(prod_id)
}

fn product_of(call: Call, table_name: &str) -> Result<String, Error> {
    product_of_table(table_name).ok_or_else(|| not_a_product(call, table_name))
}

/// A text as the original layer prints it on consoles that know ASCII only.
#[must_use]
pub fn db_safe_string(text: &str) -> String {
    text.chars()
        .filter(|character| character.is_ascii() && !matches!(character, '|' | '`' | '~'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_those_of_products() {
        assert_eq!(
            product_of_table("ohlcv_BTC_USDC").as_deref(),
            Some("BTC-USDC")
        );
        for wrong in [
            "ohlcv_",
            "ohlcv_BTC",
            "BTC_USDC",
            "ohlcv_BTC-USDC",
            "ohlcv_B C_D",
            "poss",
        ] {
            assert_eq!(product_of_table(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn lengths_are_known_in_any_letter_case() {
        let call = call("test");
        assert_eq!(length(call, "1H ").map(|found| found.name).ok(), Some("1h"));
        let error = length(call, "2h").unwrap_err();
        assert_eq!(
            (error.kind, error.column.as_deref()),
            (ErrorKind::ValueRejected, Some("freq"))
        );
    }

    #[test]
    fn safe_texts_are_ascii() {
        for (text, safe) in [
            ("plain", "plain"),
            ("Zürich 🚀", "Zrich "),
            ("a|b`c~", "abc"),
            ("tab\tnl\n", "tab\tnl\n"),
        ] {
            assert_eq!(db_safe_string(text), safe);
        }
    }
}
