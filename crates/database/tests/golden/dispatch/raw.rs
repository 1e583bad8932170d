//! Statements and tables by name, as scripts use them.

use cbtrade_database::Database;

use crate::answer::records;
use crate::arguments::{Arguments, Called, Failure};

pub(super) async fn call(database: &Database, method: &str, arguments: &Arguments) -> Called {
    match method {
        "table_cols" => {
            let table = arguments.needed_text(0, "table")?;
            Ok(database.table_cols(table).await?.into())
        }
        "install_core_triggers" => Ok(database.install_core_triggers().await?.into()),
        "get_required_tables" => {
            let mut names: Vec<&str> = database
                .get_required_tables()
                .into_iter()
                .map(|(name, _)| name)
                .collect();
            names.sort_unstable();
            Ok(names.into())
        }
        // The original always says yes; ours, whether there was anything to do.
        "ensure_database_ready" => {
            database.ensure_database_ready().await?;
            Ok(true.into())
        }
        "db_poss_sell_order_problems_get" => {
            Ok(records(database.db_poss_sell_order_problems_get().await?))
        }
        _ => Err(Failure::NotDispatched),
    }
}
