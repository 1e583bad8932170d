//! The candle tables: one shape, one table per product.

use std::sync::LazyLock;

use crate::column::{MOMENT, MOMENT_TOUCHED, MONEY_OR_NULL, NAME, UNIX};
use crate::table::{Database, Table};

/// Common beginning of all candle tables' names.
const PREFIX: &str = "ohlcv_";

/// Longest product id. A trigger is named after its table, and MySQL allows names of 64 characters:
/// `before_insert_ohlcv_` takes 20 of them.
const PRODUCT_CHARACTERS_MAX: usize = 44;

/// The shape of every candle table. Its name is only their common beginning; a product's table is
/// named by [`candle_table_name`].
pub fn candle_table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        let purpose = "A candle of a product; candles of all lengths share the table.";
        let table = Table::new("ohlcv", purpose)
            .columns(MOMENT.required(), &["timestamp"])
            .columns(NAME.required(), &["freq"])
            .columns(MONEY_OR_NULL, &["open", "high", "low", "close", "volume"])
            .columns(MOMENT, &["start_dttm", "end_dttm"])
            .columns(MOMENT_TOUCHED, &["upd_dttm", "dlm"])
            .columns(UNIX, &["start_unix", "end_unix", "upd_unix", "dlm_unix"])
            .primary_key(&["freq", "timestamp"]);
        Table {
            database: Database::Candles,
            candle_fill: true,
            required: false,
            ..table
        }
    });
    &TABLE
}

/// Name of a product's candle table: `BTC-USDC` gives `ohlcv_BTC_USDC`.
///
/// `None` if `product_id` is not two or more runs of ASCII letters and digits joined by dashes, or
/// is longer than 44 characters.
pub fn candle_table_name(product_id: &str) -> Option<String> {
    is_product(product_id).then(|| format!("{PREFIX}{}", product_id.replace('-', "_")))
}

/// The product a candle file or table is named after, in capitals: `BTC-USDC`, `btc_usdc` and
/// `ohlcv_BTC_USDC` all give `BTC-USDC`. `stem` is the file's name without its ending.
pub fn product_of_candle_file(stem: &str) -> Option<String> {
    let product = stem.to_ascii_uppercase().replace('_', "-");
    let product = product.strip_prefix("OHLCV-").unwrap_or(&product);
    is_product(product).then(|| product.to_owned())
}

fn is_product(text: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.len() <= PRODUCT_CHARACTERS_MAX && text.contains('-') && text.split('-').all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_names_its_table() {
        assert_eq!(
            candle_table_name("BTC-USDC").as_deref(),
            Some("ohlcv_BTC_USDC")
        );
        assert_eq!(
            candle_table_name("1INCH-USDC").as_deref(),
            Some("ohlcv_1INCH_USDC")
        );
        for wrong in [
            "",
            "BTC",
            "BTC_USDC",
            "-USDC",
            "BTC-",
            "BTC-US`C",
            "BTC-US C",
            "ÉTH-USDC",
        ] {
            assert_eq!(candle_table_name(wrong), None, "{wrong:?}");
        }
        assert_eq!(candle_table_name(&format!("{}-USDC", "X".repeat(40))), None);
    }

    #[test]
    fn a_file_name_gives_back_its_product() {
        for stem in [
            "BTC-USDC",
            "btc-usdc",
            "BTC_USDC",
            "btc_usdc",
            "ohlcv_BTC_USDC",
            "OHLCV_btc_usdc",
        ] {
            assert_eq!(
                product_of_candle_file(stem).as_deref(),
                Some("BTC-USDC"),
                "{stem}"
            );
        }
        for wrong in ["cbtrade", "ohlcv", "", "ohlcv_", "BTC--USDC", "BTC USDC"] {
            assert_eq!(product_of_candle_file(wrong), None, "{wrong:?}");
        }
    }
}
