//! Markets, the loops over them, and their leases.

use cbtrade_core::Decimal;
use cbtrade_database::{Database, Market, MarketCheck, PairsMode};

use crate::answer::{Answer, record, records};
use crate::arguments::{Arguments, Called, Failure};

pub(super) async fn call(database: &Database, method: &str, arguments: &Arguments) -> Called {
    match method {
        "db_mkts_get" => {
            let base = arguments.text(0, "base_symb")?;
            let quote = arguments.text(1, "quote_symb")?;
            let product = arguments.text(2, "prod_id")?;
            Ok(records(database.db_mkts_get(base, quote, product).await?))
        }
        "db_mkts_open_cnt_get" => {
            let market = arguments.text(0, "mkt")?;
            let quote = arguments.text(1, "quote_symb")?;
            let product = arguments.text(2, "prod_id")?;
            let count = database
                .db_mkts_open_cnt_get(market, quote, product)
                .await?;
            Ok(count.into())
        }
        "db_mkt_prc_get" => {
            let product = arguments.needed_text(0, "prod_id")?;
            Ok(database.db_mkt_prc_get(product).await?.into())
        }
        "db_mkts_insupd" => {
            let changes = arguments.changes::<Market>(0, "in_data")?;
            database.db_mkts_insupd(&changes).await?;
            Ok(().into())
        }
        method if method.starts_with("db_pairs_loop") => loops(database, method, arguments).await,
        _ => checks(database, method, arguments).await,
    }
}

async fn loops(database: &Database, method: &str, arguments: &Arguments) -> Called {
    let most = arguments.count(0, "lmt")?;
    let least = arguments.decimal(1, "pct_min")?.unwrap_or(Decimal::ZERO);
    let quote = arguments.text(2, "quote_curr_symb")?;
    let volume = arguments.decimal(3, "min_volume")?;
    match method {
        "db_pairs_loop_top_prc_chg_prod_ids_get" => Ok(database
            .db_pairs_loop_top_prc_chg_prod_ids_get(most, least, quote, volume)
            .await?
            .into()),
        "db_pairs_loop_top_vol_chg_prod_ids_get" => Ok(database
            .db_pairs_loop_top_vol_chg_prod_ids_get(most, least, quote, volume)
            .await?
            .into()),
        "db_pairs_loop_top_vol_chg_pct_prod_ids_get" => Ok(database
            .db_pairs_loop_top_vol_chg_pct_prod_ids_get(most, quote, volume)
            .await?
            .into()),
        "db_pairs_loop_watched_prod_ids_get" => Ok(database
            .db_pairs_loop_watched_prod_ids_get(quote, volume)
            .await?
            .into()),
        "db_pairs_loop_get" => {
            let mode = PairsMode::named(arguments.text(0, "mode")?.unwrap_or("full"));
            let pairs = database
                .db_pairs_loop_get(
                    mode,
                    &arguments.texts(1, "loop_pairs")?,
                    &arguments.texts(2, "stable_pairs")?,
                    &arguments.texts(3, "err_pairs")?,
                    arguments.text(4, "quote_curr_symb")?,
                )
                .await?;
            Ok(records(pairs))
        }
        _ => Err(Failure::NotDispatched),
    }
}

async fn checks(database: &Database, method: &str, arguments: &Arguments) -> Called {
    match method {
        "db_mkt_checks_get" => {
            let product = arguments.text(0, "prod_id")?;
            let mut rows = database.db_mkt_checks_get(product).await?;
            // The original gives a single row where a product is named.
            Ok(match product {
                Some(_) => rows.pop().map_or(Answer::Nothing, record),
                None => records(rows),
            })
        }
        "db_mkt_checks_insupd" => {
            let changes = arguments.changes::<MarketCheck>(0, "d")?;
            Ok(database
                .db_mkt_checks_insupd(&changes)
                .await?
                .last_id
                .into())
        }
        "db_mkt_checks_buy_upd" => {
            let (product, guid) = lease(arguments)?;
            Ok(took(database.db_mkt_checks_buy_upd(product, guid).await?))
        }
        "db_mkt_checks_sell_upd" => {
            let (product, guid) = lease(arguments)?;
            Ok(took(database.db_mkt_checks_sell_upd(product, guid).await?))
        }
        _ => Err(Failure::NotDispatched),
    }
}

fn lease(arguments: &Arguments) -> Result<(&str, &str), Failure> {
    let product = arguments.needed_text(0, "prod_id")?;
    Ok((product, arguments.text(1, "guid")?.unwrap_or_default()))
}

/// The original says nothing about a lease, because nobody is ever refused one.
fn took(took: bool) -> Answer {
    match took {
        true => Answer::Nothing,
        false => Answer::Truth(false),
    }
}
