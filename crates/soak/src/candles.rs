//! Sets of candles that are always written as a whole, so that a half-written one shows.

use cbtrade_core::Decimal;
use cbtrade_database::{Database, Error};

use crate::sql::wrong;
use crate::world::{CANDLES_OF_SET, FREQUENCY, Product};

/// The product whose candles a set is.
#[must_use]
pub(crate) fn product_of(set: usize) -> String {
    Product::of(set).id()
}

/// Makes the table of a set.
///
/// # Errors
/// As any definition.
pub(crate) async fn make(database: &Database, set: usize) -> Result<(), Error> {
    database
        .db_check_ohlcv_prod_id_table(&product_of(set))
        .await
        .map(drop)
}

/// The version of every candle of a set, as one statement sees them.
///
/// # Errors
/// As any read.
pub(crate) async fn versions(database: &Database, set: usize) -> Result<Vec<Decimal>, Error> {
    // One more than there may be, so that a doubled one shows.
    let most = u32::try_from(CANDLES_OF_SET + 1).unwrap_or(u32::MAX);
    let candles = database
        .db_ohlcv_freq_get(&product_of(set), FREQUENCY, most)
        .await?;
    candles
        .into_iter()
        .map(|candle| {
            candle
                .volume
                .ok_or_else(|| wrong("a candle without a version"))
        })
        .collect()
}
