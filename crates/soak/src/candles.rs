//! Sets of candles that are always written as a whole, so that a half-written one shows.

use cbtrade_core::Decimal;
use cbtrade_database::{Call, Database, Error, Location};

use crate::sql::unreadable;
use crate::world::{FREQUENCY, Product};

const CALL: Call = Call {
    method: "soak_candles",
    table: "ohlcv",
};

/// The product whose candles a set is.
#[must_use]
pub(crate) fn product_of(set: usize) -> String {
    Product::of(set).id()
}

/// The version of every candle of a set, in the order of their times, as one statement sees them.
///
/// # Errors
/// As any read.
pub(crate) async fn versions(database: &Database, set: usize) -> Result<Vec<Decimal>, Error> {
    let schema = match database.location() {
        Location::Servers { candles, .. } => candles.clone(),
        Location::File { .. } => "ohlcv".to_owned(),
    };
    let dialect = database.dialect();
    let sql = format!(
        "SELECT volume FROM {}.{} WHERE freq = '{FREQUENCY}' ORDER BY timestamp",
        dialect.name(&schema),
        dialect.name(&format!("ohlcv_{}", product_of(set).replace('-', "_")))
    );
    let rows = database.rows(CALL, &sql, Vec::new()).await?;
    rows.into_iter()
        .map(|mut row| row.take(0).map_err(|source| unreadable(&source)))
        .collect()
}
