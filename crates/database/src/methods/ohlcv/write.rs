//! Saving candles: many rows in a statement, in the order of their key, so that bots that save the same candles wait for
//! each other and do not deadlock.

use cbtrade_catalog::{Frequency, candle_table};
use cbtrade_core::{Decimal, Timestamp};

use super::{Candles, call, length};
use crate::change::{Changes, checked};
use crate::dialect::Dialect;
use crate::engine::{NewRow, Transaction};
use crate::error::{Call, Error, ErrorKind};
use crate::records::{Candle, columns};
use crate::transact;
use crate::value::Value;

/// Candles that one call saves of a length at most: the last ones are taken.
pub const CANDLES_SAVED_MAX: usize = 500;

/// Rows of one statement: enough that the round trip does not count, few enough for a small packet.
const ROWS_PER_STATEMENT: usize = 250;
/// Rows deleted in one transaction.
const DELETE_BATCH: u32 = 5_000;
/// 2017-01-01 00:00:00. What is older is a mistake of the exchange, which has no such candles.
const OLDEST_S: i64 = 1_483_228_800;

/// The prices of one candle. What is `None` is not known: a new candle has NULL there, an older one keeps what it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandlePrices {
    /// The candle's begin.
    pub timestamp: Timestamp,
    /// First price.
    pub open: Option<Decimal>,
    /// Highest price.
    pub high: Option<Decimal>,
    /// Lowest price.
    pub low: Option<Decimal>,
    /// Last price.
    pub close: Option<Decimal>,
    /// Traded amount of the base currency.
    pub volume: Option<Decimal>,
}

/// What a call saved, counted as the original layer counts: every candle is one inserted, none updated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CandlesSaved {
    /// Candles written, new or not.
    pub inserted: u64,
    /// 0.
    pub updated: u64,
    /// Candles written.
    pub total_processed: u64,
}

/// Rows of the same columns.
struct Batch {
    columns: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
    /// Whether NULL means "not known" in an update.
    keeps_unknown: bool,
}

/// What [`CandlePrices`] are written to.
const SAVED: [&str; 9] = [
    "freq",
    "timestamp",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "start_dttm",
    "end_dttm",
];

impl Candles {
    /// Saves candles of one length in one transaction: new ones are inserted, known ones updated. Candles before 2017 are
    /// left out, and of more than [`CANDLES_SAVED_MAX`] only the last ones are saved; of two with the same begin the later
    /// one counts.
    ///
    /// # Errors
    /// [`ErrorKind::ValueRejected`] for an unknown length or a price beyond 24 digits; [`ErrorKind::NotFound`].
    pub async fn save_ohlcv_data(
        &self,
        freq: &str,
        candles: &[CandlePrices],
    ) -> Result<CandlesSaved, Error> {
        self.save(
            call("save_ohlcv_data"),
            &[(freq, candles)],
            CANDLES_SAVED_MAX,
        )
        .await
    }

    /// Saves all of a longer history in one transaction, as [`Candles::save_ohlcv_data`] but without its limit of rows.
    ///
    /// # Errors
    /// As [`Candles::save_ohlcv_data`].
    pub async fn save_history(
        &self,
        freq: &str,
        candles: &[CandlePrices],
    ) -> Result<CandlesSaved, Error> {
        self.save(call("save_history"), &[(freq, candles)], usize::MAX)
            .await
    }

    pub(super) async fn save_many(
        &self,
        candles: &[(&str, &[CandlePrices])],
    ) -> Result<CandlesSaved, Error> {
        let call = call("db_tbl_ohlcv_prod_id_insupd_many");
        self.save(call, candles, CANDLES_SAVED_MAX).await
    }

    async fn save(
        &self,
        call: Call,
        candles: &[(&str, &[CandlePrices])],
        most: usize,
    ) -> Result<CandlesSaved, Error> {
        let mut rows = Vec::new();
        for (freq, candles) in candles {
            let length = length(call, freq).map_err(|error| self.named(error))?;
            let young: Vec<&CandlePrices> = candles
                .iter()
                .filter(|candle| candle.timestamp.as_seconds() >= OLDEST_S)
                .collect();
            let last = young
                .get(young.len().saturating_sub(most)..)
                .unwrap_or_default();
            for candle in last {
                rows.push(row_of(call, length, candle).map_err(|error| self.named(error))?);
            }
        }
        let batch = Batch {
            columns: SAVED.to_vec(),
            rows,
            keeps_unknown: true,
        };
        let written = self.write(call, vec![batch]).await?;
        Ok(CandlesSaved {
            inserted: written,
            updated: 0,
            total_processed: written,
        })
    }

    /// Writes candles column by column in one transaction; gives how many. Each must have `freq` and `timestamp`; only the
    /// columns named are written, NULL too; `dlm` is the table's own.
    ///
    /// # Errors
    /// [`ErrorKind::MissingKey`]; [`ErrorKind::ValueRejected`]; [`ErrorKind::NotFound`].
    pub async fn db_tbl_insupd(&self, rows: &[Changes<Candle>]) -> Result<u64, Error> {
        const CALL: Call = call("db_tbl_insupd");
        let mut batches: Vec<Batch> = Vec::new();
        for row in rows {
            let (columns, values) = entries(CALL, row).map_err(|error| self.named(error))?;
            match batches.iter_mut().find(|batch| batch.columns == columns) {
                Some(batch) => batch.rows.push(values),
                None => batches.push(Batch {
                    columns,
                    rows: vec![values],
                    keeps_unknown: false,
                }),
            }
        }
        self.write(CALL, batches).await
    }

    async fn write(&self, call: Call, mut batches: Vec<Batch>) -> Result<u64, Error> {
        for batch in &mut batches {
            // Stable, so that of two rows with the same key the later one is written last.
            batch
                .rows
                .sort_by(|one, other| key_of(one).cmp(&key_of(other)));
        }
        batches.retain(|batch| !batch.rows.is_empty());
        if batches.is_empty() {
            return Ok(0);
        }
        let table = self.table();
        let written = transact!(&self.database, call, |transaction| {
            let mut written = 0;
            for batch in &batches {
                written += write_batch(transaction, &table, batch).await?;
            }
            Ok(written)
        });
        written.map_err(|error| self.named(error))
    }

    /// Deletes all candles; gives how many there were.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    pub async fn db_tbl_del(&self) -> Result<u64, Error> {
        let dialect = self.database.dialect();
        let order = format!("freq, {}", dialect.name("timestamp"));
        let sql = dialect.delete_some(&self.table(), "1 = 1", &order, DELETE_BATCH);
        let mut deleted = 0;
        loop {
            let batch = self
                .database
                .run(call("db_tbl_del"), &sql, Vec::new())
                .await
                .map_err(|error| self.named(error))?
                .rows_changed;
            deleted += batch;
            if batch < u64::from(DELETE_BATCH) {
                return Ok(deleted);
            }
        }
    }
}

/// Candle length and begin as they are sorted; both are always texts and dates here.
fn key_of(row: &[Value]) -> (Option<&str>, Option<Timestamp>) {
    let text = match row.first() {
        Some(Value::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let moment = match row.get(1) {
        Some(Value::Moment(moment)) => Some(*moment),
        _ => None,
    };
    (text, moment)
}

fn cell(call: Call, column: &'static str, value: impl Into<Value>) -> Result<Value, Error> {
    checked(call, Some(candle_table()), column, &value.into())
}

fn row_of(call: Call, length: &Frequency, candle: &CandlePrices) -> Result<Vec<Value>, Error> {
    let end = candle.timestamp.plus_seconds(length.seconds - 1);
    let row = [
        Value::from(length.name),
        Value::from(candle.timestamp),
        Value::from(candle.open),
        Value::from(candle.high),
        Value::from(candle.low),
        Value::from(candle.close),
        Value::from(candle.volume),
        Value::from(candle.timestamp),
        Value::from(end),
    ];
    SAVED
        .into_iter()
        .zip(row)
        .map(|(column, value)| cell(call, column, value))
        .collect::<Result<Vec<Value>, Error>>()
        .map_err(|error| error.key(candle.timestamp))
}

/// Columns and values of a change, the key first and the rest by name, so that like changes share a statement.
fn entries(call: Call, row: &Changes<Candle>) -> Result<(Vec<&'static str>, Vec<Value>), Error> {
    let (_, freq) = row.required(call, columns::ohlcv::freq)?;
    let (_, timestamp) = row.required(call, columns::ohlcv::timestamp)?;
    let length = length(call, &freq.to_string())?;
    let mut rest: Vec<(&'static str, Value)> = row
        .checked(call)
        .map_err(|error| error.key(&timestamp))?
        .into_iter()
        .filter(|(column, _)| !["freq", "timestamp", "dlm"].contains(column))
        .collect();
    rest.sort_by_key(|(column, _)| *column);
    let (mut columns, mut values) = (
        vec!["freq", "timestamp"],
        vec![Value::from(length.name), timestamp],
    );
    for (column, value) in rest {
        columns.push(column);
        values.push(value);
    }
    if columns.len() == 2 {
        return Err(Error::new(call, ErrorKind::EmptyChange));
    }
    Ok((columns, values))
}

async fn write_batch(
    transaction: &mut Transaction,
    table: &str,
    batch: &Batch,
) -> Result<u64, Error> {
    let (dialect, new_row) = (transaction.dialect(), transaction.new_row());
    let mut written = 0;
    for rows in batch.rows.chunks(ROWS_PER_STATEMENT) {
        let sql = statement(dialect, new_row, table, batch, rows.len());
        transaction.run(&sql, rows.concat()).await?;
        written += u64::try_from(rows.len()).unwrap_or(u64::MAX);
    }
    Ok(written)
}

/// Inserts so many rows; of those that are there the columns are updated.
fn statement(dialect: Dialect, new_row: NewRow, table: &str, batch: &Batch, rows: usize) -> String {
    let names: Vec<String> = batch
        .columns
        .iter()
        .map(|name| dialect.name(name))
        .collect();
    let row = format!("({})", vec!["?"; names.len()].join(","));
    let updates: Vec<String> = names
        .iter()
        .enumerate()
        .skip(2)
        .map(|(place, name)| {
            let new = new_row.value(place, name);
            match batch.keeps_unknown {
                true => format!("{name} = COALESCE({new}, {name})"),
                false => format!("{name} = {new}"),
            }
        })
        .collect();
    format!(
        "INSERT INTO {table} ({}) VALUES {}{} {}",
        names.join(","),
        vec![row.as_str(); rows].join(","),
        new_row.on_conflict(names.len(), "freq, \"timestamp\""),
        updates.join(",")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        Batch {
            columns: vec!["freq", "timestamp", "close"],
            rows: Vec::new(),
            keeps_unknown: true,
        }
    }

    #[test]
    fn each_engine_has_its_upsert() {
        assert_eq!(
            statement(Dialect::MySql, NewRow::Alias, "`o`.`t`", &batch(), 2),
            "INSERT INTO `o`.`t` (`freq`,`timestamp`,`close`) VALUES (?,?,?),(?,?,?) AS new_row(c0,c1,c2) \
             ON DUPLICATE KEY UPDATE `close` = COALESCE(c2, `close`)"
        );
        assert_eq!(
            statement(Dialect::MySql, NewRow::Function, "t", &batch(), 1),
            "INSERT INTO t (`freq`,`timestamp`,`close`) VALUES (?,?,?) \
             ON DUPLICATE KEY UPDATE `close` = COALESCE(VALUES(`close`), `close`)"
        );
        assert_eq!(
            statement(Dialect::Sqlite, NewRow::Excluded, "t", &batch(), 1),
            "INSERT INTO t (\"freq\",\"timestamp\",\"close\") VALUES (?,?,?) \
             ON CONFLICT (freq, \"timestamp\") DO UPDATE SET \"close\" = COALESCE(excluded.\"close\", \"close\")"
        );
    }
}
