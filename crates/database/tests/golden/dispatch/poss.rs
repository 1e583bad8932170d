//! Positions.

use cbtrade_database::{Database, Position, ProductFilter, TradeFilter};

use crate::answer::{Answer, fields, record, records};
use crate::arguments::{Arguments, Called, Failure};

pub(super) async fn call(database: &Database, method: &str, arguments: &Arguments) -> Called {
    let read = read(database, method, arguments).await;
    match read {
        Err(Failure::NotDispatched) => {}
        read => return read,
    }
    match method {
        "db_open_overview" => {
            let (filter, cnt) = (arguments.filter(0)?, count(arguments, 7, 15)?);
            Ok(records(database.db_open_overview(filter, cnt).await?))
        }
        "db_closed_overview" => {
            let (filter, cnt) = (arguments.filter(0)?, count(arguments, 7, 15)?);
            Ok(records(database.db_closed_overview(filter, cnt).await?))
        }
        "db_pair_strat_freq_spent" => {
            let spent = database.db_pair_strat_freq_spent(
                arguments.text(0, "prod_id")?,
                arguments.text(1, "buy_strat_type")?,
                arguments.text(2, "buy_strat_name")?,
                arguments.text(3, "buy_strat_freq")?,
            );
            Ok(spent.await?.map_or_else(|| fields(Vec::new()), record))
        }
        "db_pair_strat_spent" => {
            let spent = database.db_pair_strat_spent(
                arguments.text(0, "prod_id")?,
                arguments.text(1, "buy_strat_type")?,
                arguments.text(2, "buy_strat_name")?,
            );
            Ok(spent.await?.map_or_else(|| fields(Vec::new()), record))
        }
        "db_bot_spent" => {
            let quote = arguments.text(0, "quote_curr_symb")?;
            Ok(records(database.db_bot_spent(quote).await?))
        }
        // The original gives an empty mapping for an empty list.
        "db_pair_spent" => {
            let spent = database
                .db_pair_spent(arguments.text(0, "prod_id")?)
                .await?;
            match spent.is_empty() {
                true => Ok(fields(Vec::new())),
                false => Ok(records(spent)),
            }
        }
        "db_open_trade_amts_get" => Ok(records(database.db_open_trade_amts_get().await?)),
        _ => write(database, method, arguments).await,
    }
}

/// A limit that the original has a default for.
fn count(arguments: &Arguments, place: usize, default: u32) -> Result<Option<u32>, Failure> {
    match arguments.is_given(place, "cnt") {
        true => arguments.count(place, "cnt"),
        false => Ok(Some(default)),
    }
}

/// Also takes the digits that some callers pass.
fn limit(arguments: &Arguments, place: usize) -> Result<Option<u32>, Failure> {
    match arguments.get(place, "lmt") {
        Answer::Text(text) => Ok(text.parse().ok()),
        _ => arguments.count(place, "lmt"),
    }
}

/// Also takes the digits that some callers pass.
fn pos_id(arguments: &Arguments, place: usize) -> Result<i64, Failure> {
    match arguments.get(place, "pos_id") {
        Answer::Text(text) => text
            .parse()
            .map_err(|_| Failure::Unwritable(format!("pos_id is a whole number, not {text:?}"))),
        _ => arguments.needed_integer(place, "pos_id"),
    }
}

async fn read(database: &Database, method: &str, arguments: &Arguments) -> Called {
    match method {
        "db_poss_get" => {
            let number = match arguments.get(7, "pos_id") {
                Answer::Nothing => None,
                _ => Some(pos_id(arguments, 7)?),
            };
            let state = arguments.text(8, "pos_stat")?;
            let rows = database.db_poss_get(arguments.filter(0)?, number, state);
            Ok(records(rows.await?))
        }
        "db_poss_open_recent_get" => {
            let (filter, lmt) = (arguments.filter(0)?, limit(arguments, 7)?);
            Ok(records(
                database.db_poss_open_recent_get(filter, lmt).await?,
            ))
        }
        "db_poss_close_recent_get" => {
            let test = match arguments.is_given(1, "test_yn") {
                true => arguments.text(1, "test_yn")?,
                false => Some("N"),
            };
            let rows = database.db_poss_close_recent_get(limit(arguments, 0)?, test);
            Ok(records(rows.await?))
        }
        "db_poss_open_get_by_prod_id" => {
            let prod_id = arguments.needed_text(0, "prod_id")?;
            let open = database.db_poss_open_get_by_prod_id(prod_id).await?;
            let parts = [open.live, open.test, open.all];
            Ok(Answer::Tuple(parts.map(records).to_vec()))
        }
        "db_poss_open_max_trade_size_get" => {
            let prod_id = arguments.needed_text(0, "prod_id")?;
            let size = database.db_poss_open_max_trade_size_get(prod_id).await?;
            Ok(size.into())
        }
        "db_poss_check_last_dttm_get" => {
            let pos_id = pos_id(arguments, 0)?;
            Ok(records(database.db_poss_check_last_dttm_get(pos_id).await?))
        }
        "db_mkt_strat_elapsed_get" => {
            let test = match arguments.is_given(4, "test_txn_yn") {
                true => arguments.text(4, "test_txn_yn")?,
                false => Some("N"),
            };
            let elapsed = database.db_mkt_strat_elapsed_get(
                arguments.needed_text(0, "prod_id")?,
                arguments.needed_text(1, "buy_strat_type")?,
                arguments.needed_text(2, "buy_strat_name")?,
                arguments.needed_text(3, "buy_strat_freq")?,
                test,
            );
            let elapsed = elapsed.await?;
            Ok((elapsed.buy_mins, elapsed.pos_mins, elapsed.elapsed_mins).into())
        }
        "db_pairs_loop_poss_open_prod_ids_get" => {
            let quote = arguments.text(0, "quote_curr_symb")?;
            let products = database.db_pairs_loop_poss_open_prod_ids_get(quote).await?;
            Ok(products.into())
        }
        "db_prod_ids_traded" => {
            let filter = ProductFilter {
                base_symb: arguments.text(0, "base_symb")?,
                quote_symb: arguments.text(1, "quote_symb")?,
                prod_id: arguments.text(2, "prod_id")?,
                lta: arguments.text(3, "lta")?,
            };
            Ok(records(database.db_prod_ids_traded(filter).await?))
        }
        "db_prod_ids_strats_traded" => {
            let filter: TradeFilter<'_> = arguments.filter(0)?;
            Ok(records(database.db_prod_ids_strats_traded(filter).await?))
        }
        // The original gives nothing for an empty list.
        "db_sell_double_check_optimized" => {
            let pos_id = pos_id(arguments, 0)?;
            let checks = database.db_sell_double_check_optimized(pos_id).await?;
            Ok(match checks.is_empty() {
                true => Answer::Nothing,
                false => records(checks),
            })
        }
        _ => Err(Failure::NotDispatched),
    }
}

async fn write(database: &Database, method: &str, arguments: &Arguments) -> Called {
    let changes = || arguments.changes::<Position>(0, "in_data");
    match method {
        "db_poss_insupd" => {
            let changes = changes()?;
            database.db_poss_insupd(&changes).await?;
            Ok(().into())
        }
        "db_poss_upd" => Ok(database.db_poss_upd(&changes()?).await?.into()),
        "db_poss_upd_sell" => {
            let changes = changes()?;
            Ok(database.db_poss_upd_sell(&changes).await?.into())
        }
        "db_poss_upd_close" => {
            let changes = changes()?;
            Ok(database.db_poss_upd_close(&changes).await?.into())
        }
        "db_poss_err_upd" => {
            let pos_id = pos_id(arguments, 0)?;
            let state = arguments.needed_text(1, "pos_stat")?;
            database.db_poss_err_upd(pos_id, state).await?;
            Ok(().into())
        }
        "db_poss_check_last_dttm_upd" => {
            let pos_id = pos_id(arguments, 0)?;
            database.db_poss_check_last_dttm_upd(pos_id).await?;
            Ok(().into())
        }
        _ => Err(Failure::NotDispatched),
    }
}
