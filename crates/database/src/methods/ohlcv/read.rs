//! Loading candles.

use cbtrade_core::Timestamp;

use super::{Candles, call, length};
use crate::conditions::Conditions;
use crate::error::{Call, Error};
use crate::record::select_list;
use crate::records::Candle;
use crate::value::Value;

/// Candles that the original layer loads where a caller names no number.
pub const CANDLES_LIMIT: u32 = 500;

impl Candles {
    /// Candles of one length from `start_date` to `end_date`, both included, newest first. `limit` is the largest number of
    /// them, `None` for all ([`CANDLES_LIMIT`] is the original's default).
    ///
    /// # Errors
    /// [`crate::ErrorKind::ValueRejected`] for an unknown length; [`crate::ErrorKind::NotFound`] for a product without
    /// candles.
    pub async fn load_ohlcv_data(
        &self,
        timeframe: &str,
        limit: Option<u32>,
        start_date: Option<Timestamp>,
        end_date: Option<Timestamp>,
    ) -> Result<Vec<Candle>, Error> {
        const CALL: Call = call("load_ohlcv_data");
        let length = length(CALL, timeframe).map_err(|error| self.named(error))?;
        let dialect = self.database.dialect();
        let timestamp = dialect.name("timestamp");
        let mut conditions = Conditions::new(dialect).with("freq = ?", [Value::from(length.name)]);
        for (operator, date) in [(">=", start_date), ("<=", end_date)] {
            if let Some(date) = date {
                conditions =
                    conditions.with(format!("{timestamp} {operator} ?"), [Value::from(date)]);
            }
        }
        let (conditions, mut values) = conditions.finish();
        let mut sql = format!(
            "SELECT {} FROM {}{conditions} ORDER BY {timestamp} DESC",
            select_list::<Candle>(dialect, ""),
            self.table()
        );
        if let Some(limit) = limit {
            sql.push_str(" LIMIT ?");
            values.push(Value::from(i64::from(limit)));
        }
        self.database
            .records(CALL, &sql, values)
            .await
            .map_err(|error| self.named(error))
    }
}
