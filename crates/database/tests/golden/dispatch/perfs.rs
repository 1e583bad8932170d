//! Performance rows.

use cbtrade_core::Decimal;
use cbtrade_database::{
    Database, ProductFilter, StrategyPerformance, TradeFilter, TradePerformance,
};

use crate::answer::{Answer, record, records};
use crate::arguments::{Arguments, Called, Failure};

pub(super) async fn call(database: &Database, method: &str, arguments: &Arguments) -> Called {
    match method {
        "db_pairs_loop_top_perfs_prod_ids_get" | "db_pairs_loop_top_gains_prod_ids_get" => {
            top(database, method, arguments).await
        }
        "db_trade_perfs_get" => {
            let filter = ProductFilter {
                base_symb: arguments.text(0, "base_symb")?,
                quote_symb: arguments.text(1, "quote_symb")?,
                prod_id: arguments.text(2, "prod_id")?,
                lta: arguments.text(3, "lta")?,
            };
            let trades = arguments.integer(4, "min_trades")?.unwrap_or(0);
            Ok(records(database.db_trade_perfs_get(filter, trades).await?))
        }
        "db_trade_perfs_recalc_single" => {
            let prod_id = arguments.needed_text(0, "prod_id")?;
            let lta = arguments.needed_text(1, "lta")?;
            let row = database.db_trade_perfs_recalc_single(prod_id, lta);
            Ok(record(row.await?))
        }
        "db_trade_perfs_recalc" => {
            let prod_id = arguments.needed_text(0, "prod_id")?;
            let row = database.db_trade_perfs_recalc(prod_id, arguments.text(1, "lta")?);
            Ok(record(row.await?))
        }
        "db_trade_perfs_insupd" => {
            let changes = arguments.changes::<TradePerformance>(0, "in_data")?;
            Ok(database.db_trade_perfs_insupd(&changes).await?.into())
        }
        "execute" => procedure(database, arguments.needed_text(0, "sql")?).await,
        _ => strategies(database, method, arguments).await,
    }
}

async fn top(database: &Database, method: &str, arguments: &Arguments) -> Called {
    let lmt = arguments.count(0, "lmt")?;
    let quote = arguments.text(2, "quote_curr_symb")?;
    let least = |name| arguments.decimal(1, name).map(Option::unwrap_or_default);
    let products = if method == "db_pairs_loop_top_perfs_prod_ids_get" {
        let least: Decimal = least("pct_min")?;
        database
            .db_pairs_loop_top_perfs_prod_ids_get(lmt, least, quote)
            .await?
    } else {
        let least: Decimal = least("gain_min")?;
        database
            .db_pairs_loop_top_gains_prod_ids_get(lmt, least, quote)
            .await?
    };
    Ok(products.into())
}

async fn strategies(database: &Database, method: &str, arguments: &Arguments) -> Called {
    let strategy = || -> Result<[&str; 4], Failure> {
        Ok([
            arguments.needed_text(0, "prod_id")?,
            arguments.needed_text(1, "buy_strat_type")?,
            arguments.needed_text(2, "buy_strat_name")?,
            arguments.needed_text(3, "buy_strat_freq")?,
        ])
    };
    match method {
        "db_trade_strat_perfs_get" => {
            let trades = arguments.integer(7, "min_trades")?.unwrap_or(0);
            let rows = database.db_trade_strat_perfs_get(arguments.filter(0)?, trades);
            Ok(records(rows.await?))
        }
        "db_trade_strat_perfs_recalc_single" => {
            let [prod_id, kind, name, freq] = strategy()?;
            let lta = arguments.needed_text(4, "lta")?;
            let row = database.db_trade_strat_perfs_recalc_single(prod_id, kind, name, freq, lta);
            Ok(record(row.await?))
        }
        // The original gives nothing.
        "db_trade_strat_perfs_recalc" => {
            let [prod_id, kind, name, freq] = strategy()?;
            let lta = arguments.text(4, "lta")?;
            let row = database.db_trade_strat_perfs_recalc(prod_id, kind, name, freq, lta);
            row.await?;
            Ok(Answer::Nothing)
        }
        "db_trade_strat_perfs_insupd" => {
            let changes = arguments.changes::<StrategyPerformance>(0, "in_data")?;
            Ok(database.db_trade_strat_perfs_insupd(&changes).await?.into())
        }
        // The original gives nothing.
        "trade_strat_perfs_flag_upd" => {
            let [prod_id, kind, name, freq] = strategy()?;
            let lta = arguments.text(4, "lta")?;
            let flagged = database.trade_strat_perfs_flag_upd(prod_id, kind, name, freq, lta);
            flagged.await?;
            Ok(Answer::Nothing)
        }
        _ => Err(Failure::NotDispatched),
    }
}

/// Calls of the original's two procedures, which are methods here.
async fn procedure(database: &Database, sql: &str) -> Called {
    let Some((name, arguments)) = sql
        .strip_prefix("CALL ")
        .and_then(|call| call.strip_suffix(')'))
        .and_then(|call| call.split_once('('))
    else {
        return Err(Failure::NotDispatched);
    };
    let given: Vec<Option<&str>> = arguments
        .split(',')
        .map(|argument| (argument != "NULL").then(|| argument.trim_matches('\'')))
        .collect();
    match (name, given.as_slice()) {
        ("sp_trade_perfs_recalc", [prod_id, lta]) => {
            database.sp_trade_perfs_recalc(*prod_id, *lta).await?;
        }
        ("sp_trade_strat_perfs_recalc", [prod_id, kind, name, freq, lta]) => {
            let filter = TradeFilter {
                prod_id: *prod_id,
                buy_strat_type: *kind,
                buy_strat_name: *name,
                buy_strat_freq: *freq,
                lta: *lta,
                ..TradeFilter::default()
            };
            database.sp_trade_strat_perfs_recalc(filter).await?;
        }
        _ => return Err(Failure::NotDispatched),
    }
    Ok(0_i64.into())
}
