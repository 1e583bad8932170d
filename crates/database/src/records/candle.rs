//! Candles.

use cbtrade_core::{Decimal, Timestamp};

use crate::record::table_record;

table_record! {
    /// A candle of a product.
    Candle of ohlcv = "ohlcv" {
        timestamp: Timestamp,
        freq: String,
        open: Option<Decimal>,
        high: Option<Decimal>,
        low: Option<Decimal>,
        close: Option<Decimal>,
        volume: Option<Decimal>,
        start_dttm: Option<Timestamp>,
        end_dttm: Option<Timestamp>,
        upd_dttm: Option<Timestamp>,
        dlm: Option<Timestamp>,
        start_unix: Option<i64>,
        end_unix: Option<i64>,
        upd_unix: Option<i64>,
        dlm_unix: Option<i64>,
    }
}
