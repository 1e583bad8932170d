//! Candles from the store and from the venue, kept in memory per product, and the frames made of them.

use std::collections::BTreeMap;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{CandlePrices, Database, Error as DatabaseError, ErrorKind};
use cbtrade_exchange::{Candle as VenueCandle, Exchange, ExchangeError, Granularity};
use cbtrade_indicators::{Candle, Interval};
use cbtrade_strategy::Settings as StrategySettings;
use tokio::sync::Mutex;

use crate::frames::{FrameSet, FramesError, History};
use crate::journal::Journal;
use crate::pulse::Progress;

/// Frames could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CandlesError {
    /// The store cannot be read or written.
    #[error("candles cannot be read from the store, or kept there")]
    Store(#[from] DatabaseError),
    /// The venue gave none.
    #[error("candles cannot be had from the venue")]
    Venue(#[from] ExchangeError),
    /// They do not fit together.
    #[error("frames cannot be made of the candles")]
    Frames(#[from] FramesError),
}

/// Rows of a frame that are asked for: enough for every indicator to have forgotten where it began.
const ROWS_WANTED: i64 = 350;
/// A gap of more minutes than this is filled from longer candles, too.
const MINUTES_AT_ONCE: i64 = 300;
/// Candles that are read again, because they may have been revised.
const OVERLAP_ROWS: i64 = 2;

/// What is fetched of each length, and how far back. Four hours are made of hours: not every account is offered them.
const FETCHED: [(Interval, Granularity, i64); 6] = [
    (Interval::OneMinute, Granularity::OneMinute, MINUTES_AT_ONCE),
    (Interval::FiveMinutes, Granularity::FiveMinutes, ROWS_WANTED),
    (
        Interval::FifteenMinutes,
        Granularity::FifteenMinutes,
        ROWS_WANTED,
    ),
    (
        Interval::ThirtyMinutes,
        Granularity::ThirtyMinutes,
        ROWS_WANTED,
    ),
    (Interval::OneHour, Granularity::OneHour, 4 * ROWS_WANTED),
    (Interval::OneDay, Granularity::OneDay, ROWS_WANTED),
];

/// What a bot knows of a product's candles.
#[derive(Debug, Default)]
struct Known {
    history: History,
    /// The venue was asked up to here.
    fetched_unix_s: Option<i64>,
    /// Candles that end here or earlier are in the store.
    stored_unix_s: i64,
}

/// The candles of all products that a bot has looked at.
#[derive(Debug)]
pub(crate) struct CandleCache {
    products: Mutex<BTreeMap<String, Known>>,
    /// Each length of candles that is fetched is a step.
    progress: Progress,
}

impl CandleCache {
    pub(crate) fn new(progress: Progress) -> Self {
        Self {
            products: Mutex::default(),
            progress,
        }
    }

    /// The six frames of a product as of now: what is new is fetched from the venue, and what has closed is kept in the store.
    pub(crate) async fn frames<E: Exchange>(
        &self,
        database: &Database,
        exchange: &E,
        journal: &Journal,
        (product, settings): (&str, &StrategySettings),
        now: Timestamp,
    ) -> Result<FrameSet, CandlesError> {
        let mut known = self.take(database, product).await?;
        let refreshed = refresh(
            &mut known,
            exchange,
            journal,
            &self.progress,
            (product, now),
        )
        .await;
        let frames = match refreshed {
            Ok(()) => store(&mut known, database, product, now).await,
            Err(error) => Err(error),
        };
        let made = frames.and_then(|()| Ok(known.history.frames(settings, now.as_seconds())?));
        known.history.forget(now.as_seconds());
        self.products.lock().await.insert(product.to_owned(), known);
        made
    }

    async fn take(&self, database: &Database, product: &str) -> Result<Known, CandlesError> {
        match self.products.lock().await.remove(product) {
            Some(known) => Ok(known),
            None => Ok(Known {
                history: stored(database, product).await?,
                ..Known::default()
            }),
        }
    }
}

/// What the store has. Of each length all but the newest candle are closed: a later one is there.
async fn stored(database: &Database, product: &str) -> Result<History, CandlesError> {
    let mut history = History::new();
    for (interval, _, rows) in FETCHED {
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        let newest_first = match database
            .db_ohlcv_freq_get(product, interval.name(), rows)
            .await
        {
            Ok(rows) => rows,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(history),
            Err(error) => return Err(error.into()),
        };
        for row in newest_first.iter().skip(1) {
            let candle = Candle {
                start_unix_s: row.timestamp.as_seconds(),
                open: double(row.open),
                high: double(row.high),
                low: double(row.low),
                close: double(row.close),
                volume: double(row.volume),
            };
            // One that cannot be is left out; the venue's takes its place.
            let _ = history.add(interval, &candle, candle.start_unix_s + interval.seconds());
        }
    }
    Ok(history)
}

async fn refresh<E: Exchange>(
    known: &mut Known,
    exchange: &E,
    journal: &Journal,
    progress: &Progress,
    (product, now): (&str, Timestamp),
) -> Result<(), CandlesError> {
    let now_s = now.as_seconds();
    let is_near = known
        .fetched_unix_s
        .is_some_and(|fetched| now_s - fetched < (MINUTES_AT_ONCE - OVERLAP_ROWS) * 60);
    for (interval, granularity, rows) in FETCHED {
        // Longer candles are made of minutes as long as those follow each other.
        if is_near && interval != Interval::OneMinute {
            break;
        }
        let since = match known.fetched_unix_s {
            Some(fetched) if is_near => fetched - OVERLAP_ROWS * interval.seconds(),
            _ => now_s - rows * interval.seconds(),
        };
        let start = seconds(interval.start_unix_s(since));
        progress.came_on();
        let candles = exchange
            .candles(product, granularity, start, now.plus_seconds(1))
            .await?;
        let mut refused = 0;
        for candle in &candles {
            let candle = of_venue(candle);
            let as_of = now_s.min(candle.start_unix_s + interval.seconds());
            if matches!(
                known.history.add(interval, &candle, as_of),
                crate::frames::Added::Refused(_)
            ) {
                refused += 1;
            }
        }
        if refused > 0 {
            journal.warn(
                product,
                format!(
                    "{refused} candles of {} cannot be and were left out",
                    interval.name()
                ),
            );
        }
    }
    known.fetched_unix_s = Some(now_s);
    Ok(())
}

/// Keeps what has closed since the last time.
async fn store(
    known: &mut Known,
    database: &Database,
    product: &str,
    now: Timestamp,
) -> Result<(), CandlesError> {
    let now_s = now.as_seconds();
    let mut batches = Vec::new();
    for interval in Interval::ALL {
        let closed: Vec<CandlePrices> = known
            .history
            .candles(interval, now_s)
            .iter()
            .filter(|candle| {
                let end = candle.start_unix_s + interval.seconds();
                end <= now_s && end > known.stored_unix_s
            })
            .map(to_store)
            .collect();
        if !closed.is_empty() {
            batches.push((interval.name(), closed));
        }
    }
    let borrowed: Vec<(&str, &[CandlePrices])> = batches
        .iter()
        .map(|(name, candles)| (*name, candles.as_slice()))
        .collect();
    if !borrowed.is_empty() {
        database
            .db_tbl_ohlcv_prod_id_insupd_many(product, &borrowed)
            .await?;
    }
    known.stored_unix_s = now_s;
    Ok(())
}

fn seconds(unix_s: i64) -> Timestamp {
    Timestamp::from_seconds(unix_s).unwrap_or(Timestamp::EPOCH)
}

fn double(value: Option<Decimal>) -> f64 {
    value.map_or(f64::NAN, Decimal::to_double)
}

fn of_venue(candle: &VenueCandle) -> Candle {
    Candle {
        start_unix_s: candle.start.as_seconds(),
        open: candle.open.to_double(),
        high: candle.high.to_double(),
        low: candle.low.to_double(),
        close: candle.close.to_double(),
        volume: candle.volume.to_double(),
    }
}

fn to_store(candle: &Candle) -> CandlePrices {
    CandlePrices {
        timestamp: seconds(candle.start_unix_s),
        open: Decimal::from_double(candle.open),
        high: Decimal::from_double(candle.high),
        low: Decimal::from_double(candle.low),
        close: Decimal::from_double(candle.close),
        volume: Decimal::from_double(candle.volume),
    }
}
