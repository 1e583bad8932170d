//! Currencies.

use cbtrade_database::{Currency, Database};

use crate::answer::{Answer, records};
use crate::arguments::{Arguments, Called, Failure, unwritable};

pub(super) async fn call(database: &Database, method: &str, arguments: &Arguments) -> Called {
    match method {
        "db_currs_get" => {
            let symb = arguments.text(0, "symb")?;
            Ok(records(database.db_currs_get(symb).await?))
        }
        "db_currs_insupd" => {
            let changes = arguments.changes::<Currency>(0, "in_data")?;
            database.db_currs_insupd(&changes).await?;
            Ok(().into())
        }
        "db_currs_prc_upd" => {
            let symb = arguments.needed_text(0, "symb")?;
            let price = arguments
                .decimal(1, "prc_usd")?
                .ok_or_else(|| unwritable("prc_usd", "a price", &Answer::Nothing))?;
            Ok(database.db_currs_prc_upd(symb, price).await?.into())
        }
        "db_currs_prc_stable_upd" => {
            let symbols = arguments.texts(0, "stable_symbs")?;
            let symbols = arguments
                .is_given(0, "stable_symbs")
                .then_some(symbols.as_slice());
            Ok(database.db_currs_prc_stable_upd(symbols).await?.into())
        }
        "db_currs_prc_mkt_upd" => Ok(database.db_currs_prc_mkt_upd().await?.into()),
        _ => Err(Failure::NotDispatched),
    }
}
