//! Minutes from the candle tables, page by page.

use std::collections::VecDeque;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{Candle as Row, Candles, Database, ErrorKind};
use cbtrade_exchange::Product;
use cbtrade_indicators::Candle;

use crate::error::BacktestError;
use crate::feed::{Length, Minute, Place};
use crate::settings::plain_product;

/// Candles in a page: a week of minutes.
const PAGE_ROWS: i64 = 7 * 1_440;

/// A product's stored minutes from a moment to another, oldest first. A page of them is held at a time.
#[derive(Debug)]
pub struct StoredMinutes {
    candles: Candles,
    length: Length,
    next: Timestamp,
    to: Timestamp,
    page: VecDeque<Minute>,
}

impl StoredMinutes {
    /// The product's minutes that begin in this period.
    ///
    /// # Errors
    ///
    /// A product that is none, or without candles; a database that cannot be reached.
    pub async fn open(
        database: &Database,
        prod_id: &str,
        length: Length,
        period: (Timestamp, Timestamp),
    ) -> Result<Self, BacktestError> {
        // Of a product without candles no table is made.
        let name = length.interval().name();
        match database.db_ohlcv_freq_get(prod_id, name, 1).await {
            Ok(_) => {}
            Err(error) if error.kind == ErrorKind::NotFound => {
                return Err(BacktestError::NoCandle {
                    place: format!("the database: it has no candles of {prod_id}"),
                });
            }
            Err(error) => return Err(Box::new(error).into()),
        }
        let candles = database.ohlcv(prod_id).await.map_err(Box::new)?;
        Ok(Self {
            candles,
            length,
            next: period.0,
            to: period.1,
            page: VecDeque::new(),
        })
    }

    /// Where the minutes stand.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::Row {
            table: self.candles.table_name().to_owned(),
        }
    }

    /// The next minute; none at the end.
    ///
    /// # Errors
    ///
    /// A database that cannot be reached; a row without prices.
    pub async fn next_minute(&mut self) -> Result<Option<Minute>, BacktestError> {
        while self.page.is_empty() {
            if self.next >= self.to {
                return Ok(None);
            }
            self.turn().await?;
        }
        Ok(self.page.pop_front())
    }

    async fn turn(&mut self) -> Result<(), BacktestError> {
        let end = self.next.plus_seconds(PAGE_ROWS * self.length.seconds());
        let end = end.min(self.to);
        // Both ends are included, and candles begin at whole seconds.
        let last = end.plus_seconds(-1);
        let name = self.length.interval().name();
        let rows = self
            .candles
            .load_ohlcv_data(name, None, Some(self.next), Some(last))
            .await
            .map_err(Box::new)?;
        self.next = end;
        for row in rows.iter().rev() {
            let minute = minute(row).ok_or_else(|| BacktestError::BadMinute {
                place: self.place(),
                start: row.timestamp.to_rfc3339(),
                fault: "a price or the volume is missing",
            })?;
            self.page.push_back(minute);
        }
        Ok(())
    }
}

fn minute(row: &Row) -> Option<Minute> {
    let double = |value: Option<Decimal>| value.map(Decimal::to_double);
    Some(Minute {
        candle: Candle {
            start_unix_s: row.timestamp.as_seconds(),
            open: double(row.open)?,
            high: double(row.high)?,
            low: double(row.low)?,
            close: double(row.close)?,
            volume: double(row.volume)?,
        },
        open: row.open?,
        close: row.close?,
    })
}

/// The product with the sizes that the exchange last said; none where the database does not know it.
///
/// # Errors
///
/// A product that is none; a database that cannot be reached.
pub async fn stored_product(
    database: &Database,
    prod_id: &str,
) -> Result<Option<Product>, BacktestError> {
    let usual = plain_product(prod_id)?;
    let rows = database.db_mkts_get(None, None, Some(prod_id)).await;
    let rows = rows.map_err(Box::new)?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let or = |size: Option<Decimal>, usual: Decimal| match size {
        Some(size) if size > Decimal::ZERO => size,
        _ => usual,
    };
    let limit = |size: Option<Decimal>| size.filter(|size| *size > Decimal::ZERO);
    Ok(Some(Product {
        base_increment: or(row.base_size_incr, usual.base_increment),
        base_size_min: or(row.base_size_min, usual.base_size_min),
        base_size_max: limit(row.base_size_max),
        quote_increment: or(row.quote_size_incr, usual.quote_increment),
        quote_size_min: or(row.quote_size_min, usual.quote_size_min),
        quote_size_max: limit(row.quote_size_max),
        ..usual
    }))
}
