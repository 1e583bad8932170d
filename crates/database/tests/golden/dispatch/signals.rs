//! Signals, decisions, and the strategies that are traded.

use cbtrade_database::{BuyDecision, BuySignal, BuyStrategy, Database};

use crate::answer::{Answer, records};
use crate::arguments::{Arguments, Called, Failure, unwritable};

/// Days of keeping where a caller names none.
const DAYS: i64 = 90;

pub(super) async fn call(database: &Database, method: &str, arguments: &Arguments) -> Called {
    let days = || {
        let days = arguments.integer(0, "days_to_keep")?;
        Ok::<i64, Failure>(days.unwrap_or(DAYS))
    };
    match method {
        "db_buy_signals_ins" => {
            let changes = arguments.changes::<BuySignal>(0, "in_data")?;
            Ok(database.db_buy_signals_ins(&changes).await?.into())
        }
        "db_buy_decisions_ins" => {
            let changes = arguments.changes::<BuyDecision>(0, "in_data")?;
            database.db_buy_decisions_ins(&changes).await?;
            Ok(().into())
        }
        "db_buy_signals_cleanup_old" => {
            Ok(database.db_buy_signals_cleanup_old(days()?).await?.into())
        }
        "db_buy_decisions_cleanup_old" => {
            Ok(database.db_buy_decisions_cleanup_old(days()?).await?.into())
        }
        "db_buy_strats_get" => Ok(records(database.db_buy_strats_get().await?)),
        "db_buy_strats_insupd" => {
            // This writer was passed nested fields too, which no column holds.
            for (name, value) in arguments.fields(0, "in_data")? {
                if matches!(value, Answer::List(_) | Answer::Tuple(_) | Answer::Row(_)) {
                    return Err(unwritable(name, "a plain value", value));
                }
            }
            let changes = arguments.changes::<BuyStrategy>(0, "in_data")?;
            database.db_buy_strats_insupd(&changes).await?;
            Ok(().into())
        }
        _ => Err(Failure::NotDispatched),
    }
}
