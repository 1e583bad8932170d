//! The history that the calls work on, the same at each run but for the time.

use cbtrade_testkit::{TradingHistory, Words};

use super::super::Result;
use super::super::server::Server;
use super::{CANDLES, Place, TRADING};

/// What there is of everything.
pub(super) const HISTORY: TradingHistory = TradingHistory {
    products: 300,
    positions: 20_000,
    candles_per_product: 8_000,
};
/// Products that have candles.
pub(super) const PRODUCTS_WITH_CANDLES: u32 = 20;

/// Makes the tables as a bot's first start does, and fills them.
pub(super) async fn fill(server: &Server, place: &Place) -> Result<()> {
    server
        .sql(&[
            &format!("CREATE DATABASE {TRADING} CHARACTER SET utf8mb4"),
            &format!("CREATE DATABASE {CANDLES} CHARACTER SET utf8mb4"),
        ])
        .await?;
    let database = place.database(2, None).await?;
    database.ensure_database_ready().await?;
    let mut tables = Vec::new();
    for number in 0..PRODUCTS_WITH_CANDLES {
        let candles = database.ohlcv(&HISTORY.product(number)).await?;
        tables.push(format!("{CANDLES}.{}", candles.table_name()));
    }
    let mut statements = HISTORY.begin();
    statements.extend(HISTORY.tables(Words::Server));
    statements.extend(
        tables
            .iter()
            .map(|table| HISTORY.candles(Words::Server, table)),
    );
    statements.push(HISTORY.end());
    let trading = [
        "poss",
        "buy_ords",
        "sell_ords",
        "ords",
        "mkts",
        "trade_perfs",
        "trade_strat_perfs",
    ];
    let analysed = trading.map(str::to_owned).into_iter().chain(tables);
    let analysed: Vec<String> = analysed.collect();
    statements.push(format!("ANALYZE TABLE {}", analysed.join(", ")));
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    place.prepare(&statements).await
}
