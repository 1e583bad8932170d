//! Candles.

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{
    CANDLES_LIMIT, Candle, CandlePrices, Candles, CandlesSaved, Changes, Database, FromValue as _,
    db_safe_string,
};

use crate::answer::{Answer, Fields, fields, records};
use crate::arguments::{Arguments, Called, Failure, changes_of, unwritable};

pub(super) async fn call(database: &Database, method: &str, arguments: &Arguments) -> Called {
    match method {
        "load_ohlcv_data" => load(&of_note(database, arguments).await?, arguments).await,
        "save_ohlcv_data" => {
            let freq = arguments.needed_text(0, "freq")?;
            let candles = prices(arguments.get(1, "df"))?;
            let handle = of_note(database, arguments).await?;
            Ok(saved(handle.save_ohlcv_data(freq, &candles).await?))
        }
        "get_record_count" => {
            let freq = arguments.needed_text(0, "freq")?;
            let handle = of_note(database, arguments).await?;
            Ok(handle.get_record_count(freq).await?.into())
        }
        "get_latest_timestamp" => {
            let freq = arguments.needed_text(0, "freq")?;
            let handle = of_note(database, arguments).await?;
            Ok(handle.get_latest_timestamp(freq).await?.into())
        }
        "get_timeframe_summary" => {
            let summary = of_note(database, arguments)
                .await?
                .get_timeframe_summary()
                .await?;
            let rows = summary.into_iter().map(|one| {
                let row = fields(vec![
                    ("count", one.count.into()),
                    ("latest_timestamp", one.latest_timestamp.into()),
                    ("table_name", one.table_name.into()),
                ]);
                (one.freq.to_owned(), row)
            });
            Ok(Answer::Row(rows.collect()))
        }
        "db_ohlcv_prod_id_freqs" => match arguments.text(0, "prod_id")? {
            Some(product) => Ok(records(database.db_ohlcv_prod_id_freqs(product).await?)),
            None => {
                let handle = of_note(database, arguments).await?;
                Ok(records(handle.db_ohlcv_prod_id_freqs().await?))
            }
        },
        "OHLCV_DB" => {
            let product = arguments.needed_text(0, "prod_id")?;
            database.ohlcv(product).await?;
            made(database, product).await
        }
        _ => module(database, method, arguments).await,
    }
}

/// The module's functions, which name their product or table.
async fn module(database: &Database, method: &str, arguments: &Arguments) -> Called {
    let product = || arguments.needed_text(0, "prod_id");
    match method {
        "db_ohlcv_freq_get" => {
            let freq = arguments.needed_text(1, "freq")?;
            let most = arguments.count(2, "lmt")?.unwrap_or(CANDLES_LIMIT);
            let rows = database.db_ohlcv_freq_get(product()?, freq, most).await?;
            Ok(records(rows))
        }
        "db_ohlcv_table_names_get" => Ok(database.db_ohlcv_table_names_get().await?.into()),
        "db_check_ohlcv_prod_id_table" => Ok(database
            .db_check_ohlcv_prod_id_table(product()?)
            .await?
            .into()),
        "db_tbl_insupd" => {
            let table = arguments.needed_text(0, "table_name")?;
            let rows = written(arguments.get(1, "in_data"))?;
            database.db_tbl_insupd(table, &rows).await?;
            Ok(().into())
        }
        "db_tbl_del" => {
            let table = arguments.needed_text(0, "table_name")?;
            database.db_tbl_del(table).await?;
            Ok(().into())
        }
        "db_tbl_ohlcv_prod_id_insupd" => {
            let freq = arguments.needed_text(1, "freq")?;
            let candles = prices(arguments.get(2, "df"))?;
            let done = database
                .db_tbl_ohlcv_prod_id_insupd(product()?, freq, &candles)
                .await?;
            Ok(saved(done))
        }
        "db_tbl_ohlcv_prod_id_insupd_many" => {
            let mut lengths = Vec::new();
            for (freq, frame) in arguments.fields(1, "dfs")? {
                lengths.push((freq.as_str(), prices(frame)?));
            }
            let lengths: Vec<(&str, &[CandlePrices])> = lengths
                .iter()
                .map(|(freq, candles)| (*freq, candles.as_slice()))
                .collect();
            let done = database
                .db_tbl_ohlcv_prod_id_insupd_many(product()?, &lengths)
                .await?;
            Ok(saved(done))
        }
        "db_safe_string" => Ok(db_safe_string(arguments.needed_text(0, "text")?).into()),
        // What was printed there are figures here.
        "display_candle_status_with_age" => {
            database.ohlcv(product()?).await?.show_ohlcv_age().await?;
            Ok(().into())
        }
        "display_comprehensive_age_status" => {
            database.show_all_ohlcv_age().await?;
            Ok(().into())
        }
        _ => Err(Failure::NotDispatched),
    }
}

/// The product that a case's note names.
async fn of_note(database: &Database, arguments: &Arguments) -> Result<Candles, Failure> {
    let words = arguments.note.split([' ', ';', ',']);
    let product = words.skip_while(|word| *word != "on").nth(1);
    let product = product
        .filter(|word| word.contains('-'))
        .unwrap_or("BTC-USDC");
    Ok(database.ohlcv(product).await?)
}

async fn load(handle: &Candles, arguments: &Arguments) -> Called {
    let limit = match arguments.is_given(1, "limit") {
        true => arguments.count(1, "limit")?,
        false => Some(CANDLES_LIMIT),
    };
    let rows = handle
        .load_ohlcv_data(
            arguments.needed_text(0, "timeframe")?,
            limit,
            date(arguments, 2, "start_date")?,
            date(arguments, 3, "end_date")?,
        )
        .await?;
    if !arguments.note.contains("summary") {
        return Ok(records(rows));
    }
    let unknown = |row: &Candle| {
        let prices = [row.open, row.high, row.low, row.close, row.volume];
        prices.iter().filter(|price| price.is_none()).count()
    };
    let moment = |candle: Option<&Candle>| {
        candle.map_or(Answer::Nothing, |candle| {
            candle.timestamp.to_string().into()
        })
    };
    Ok(fields(vec![
        ("len", rows.len().into()),
        ("first", moment(rows.first())),
        ("last", moment(rows.last())),
        ("dtype_close", "float64".into()),
        // Whatever its name says, it was counted over all prices.
        (
            "sum_close_nan",
            rows.iter().map(unknown).sum::<usize>().into(),
        ),
    ]))
}

/// A moment, or a day as its first moment.
fn date(arguments: &Arguments, place: usize, name: &str) -> Result<Option<Timestamp>, Failure> {
    match arguments.get(place, name) {
        Answer::Text(day) if day.len() == 10 => {
            Ok(Timestamp::parse(&format!("{day} 00:00:00")).ok())
        }
        _ => arguments.moment(place, name),
    }
}

fn saved(saved: CandlesSaved) -> Answer {
    fields(vec![
        ("inserted", saved.inserted.into()),
        ("updated", saved.updated.into()),
        ("total_processed", saved.total_processed.into()),
    ])
}

/// The rows of a frame. What is not a number is not known.
fn prices(frame: &Answer) -> Result<Vec<CandlePrices>, Failure> {
    let Answer::List(rows) = frame else {
        return Err(unwritable("df", "candles", frame));
    };
    rows.iter()
        .map(|row| {
            let Answer::Row(row) = row else {
                return Err(unwritable("df", "candles", row));
            };
            let price = |name: &str| {
                cell(row, name)
                    .and_then(Answer::value)
                    .and_then(Decimal::from_value)
            };
            let timestamp = match cell(row, "timestamp") {
                Some(Answer::Moment(moment)) => *moment,
                other => {
                    let other = other.unwrap_or(&Answer::Nothing);
                    return Err(unwritable("timestamp", "a date", other));
                }
            };
            Ok(CandlePrices {
                timestamp,
                open: price("open"),
                high: price("high"),
                low: price("low"),
                close: price("close"),
                volume: price("volume"),
            })
        })
        .collect()
}

fn cell<'a>(row: &'a Fields, name: &str) -> Option<&'a Answer> {
    row.iter()
        .find(|(column, _)| column == name)
        .map(|(_, value)| value)
}

/// One row or several, without the column that the original takes out.
fn written(data: &Answer) -> Result<Vec<Changes<Candle>>, Failure> {
    let row = |fields: &Fields| -> Changes<Candle> {
        let known: Fields = fields
            .iter()
            .filter(|(name, _)| name != "add_dttm")
            .cloned()
            .collect();
        changes_of(&known)
    };
    match data {
        Answer::Row(fields) if fields.is_empty() => Ok(Vec::new()),
        Answer::Row(fields) => Ok(vec![row(fields)]),
        Answer::List(rows) => rows
            .iter()
            .map(|one| match one {
                Answer::Row(fields) => Ok(row(fields)),
                other => Err(unwritable("in_data", "rows", other)),
            })
            .collect(),
        other => Err(unwritable("in_data", "rows", other)),
    }
}

/// The candle tables that there are, and the triggers of a product's.
async fn made(database: &Database, product: &str) -> Called {
    let table = format!("ohlcv_{}", product.replace('-', "_"));
    let tables = database.db_ohlcv_table_names_get().await?;
    let triggers =
        ["insert", "update"].map(|event| Answer::from(format!("before_{event}_{table}")));
    Ok(fields(vec![
        ("tables", tables.into()),
        ("triggers", Answer::List(triggers.to_vec())),
    ]))
}
