//! Candles.

use cbtrade_database::Database;

use crate::arguments::{Arguments, Called, Failure};

pub(super) async fn call(_database: &Database, method: &str, _arguments: &Arguments) -> Called {
    match method {
        _ => Err(Failure::NotDispatched),
    }
}
