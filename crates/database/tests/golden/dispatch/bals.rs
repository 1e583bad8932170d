//! Balances.

use cbtrade_database::{Balance, Database};

use crate::answer::records;
use crate::arguments::{Arguments, Called, Failure};

pub(super) async fn call(database: &Database, method: &str, arguments: &Arguments) -> Called {
    match method {
        "db_bals_get" => {
            let symb = arguments.text(0, "symb")?;
            Ok(records(database.db_bals_get(symb).await?))
        }
        "db_bals_insupd" => {
            let changes = arguments.changes::<Balance>(0, "in_data")?;
            database.db_bals_insupd(&changes).await?;
            Ok(().into())
        }
        "db_bals_prc_mkt_upd" => Ok(database.db_bals_prc_mkt_upd().await?.into()),
        _ => Err(Failure::NotDispatched),
    }
}
