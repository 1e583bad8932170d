//! Orders.

use cbtrade_database::{BuyOrder, Database, Order, OrderFilter, SellOrder};

use crate::answer::{Answer, fields, records};
use crate::arguments::{Arguments, Called, Failure};

pub(super) async fn call(database: &Database, method: &str, arguments: &Arguments) -> Called {
    match method {
        "db_buy_check_get" => {
            let rows = database
                .db_buy_check_get(arguments.text(0, "prod_id")?)
                .await?;
            Ok(list(records(rows)))
        }
        "db_sell_check_get" => {
            let rows = database
                .db_sell_check_get(arguments.text(0, "prod_id")?)
                .await?;
            Ok(list(records(rows)))
        }
        "db_buy_ords_get" => {
            let filter = OrderFilter {
                client_order_id: arguments.text(0, "client_order_id")?,
                uuid: arguments.text(1, "uuid")?,
                pos_id: None,
                prod_id: arguments.text(2, "prod_id")?,
                ord_stat: arguments.text(3, "ord_stat")?,
            };
            Ok(records(database.db_buy_ords_get(filter).await?))
        }
        "db_sell_ords_get" => {
            let filter = OrderFilter {
                client_order_id: arguments.text(0, "client_order_id")?,
                uuid: arguments.text(1, "uuid")?,
                pos_id: number(arguments, 2, "pos_id")?,
                prod_id: arguments.text(3, "prod_id")?,
                ord_stat: arguments.text(4, "ord_stat")?,
            };
            Ok(records(database.db_sell_ords_get(filter).await?))
        }
        "db_buy_ords_open_get" => {
            let products = database.db_buy_ords_open_get().await?;
            let rows = products.into_iter();
            Ok(Answer::List(
                rows.map(|product| fields(vec![("prod_id", product.into())]))
                    .collect(),
            ))
        }
        "db_mkt_sizing_data_get_by_uuid" => {
            // Nothing is the identifier of no order, as the empty text is.
            let uuid = arguments.text(0, "buy_order_uuid")?.unwrap_or_default();
            Ok(records(
                database.db_mkt_sizing_data_get_by_uuid(uuid).await?,
            ))
        }
        "db_ords_get" => {
            let product = arguments.text(0, "prod_id")?;
            let client = arguments.text(1, "client_order_id")?;
            let uuid = arguments.text(2, "ord_uuid")?;
            Ok(records(database.db_ords_get(product, client, uuid).await?))
        }
        _ => write(database, method, arguments).await,
    }
}

async fn write(database: &Database, method: &str, arguments: &Arguments) -> Called {
    match method {
        "db_buy_ords_insupd" => {
            let changes = arguments.changes::<BuyOrder>(0, "in_data")?;
            database.db_buy_ords_insupd(&changes).await?;
        }
        "db_buy_ords_stat_upd" => {
            let number = number(arguments, 0, "bo_id")?;
            let number = match number {
                Some(number) => number,
                None => arguments.needed_integer(0, "bo_id")?,
            };
            let state = arguments.needed_text(1, "ord_stat")?;
            database.db_buy_ords_stat_upd(number, state).await?;
        }
        "db_sell_ords_insupd" => {
            let changes = arguments.changes::<SellOrder>(0, "in_data")?;
            database.db_sell_ords_insupd(&changes).await?;
        }
        "db_ords_insupd" => {
            let changes = arguments.changes::<Order>(0, "in_data")?;
            database.db_ords_insupd(&changes).await?;
        }
        _ => return Err(Failure::NotDispatched),
    }
    Ok(().into())
}

/// A number that a script may write as a text.
fn number(arguments: &Arguments, place: usize, name: &str) -> Result<Option<i64>, Failure> {
    match arguments.get(place, name) {
        Answer::Text(text) if text.parse::<i64>().is_ok() => Ok(text.parse().ok()),
        _ => arguments.integer(place, name),
    }
}

/// The original gives an empty mapping for no rows.
fn list(rows: Answer) -> Answer {
    match rows {
        Answer::List(rows) if rows.is_empty() => Answer::Row(Vec::new()),
        rows => rows,
    }
}
