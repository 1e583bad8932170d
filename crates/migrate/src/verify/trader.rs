//! The comparison in a trader's words: positions by status, open positions, sums per strategy, candles per product.
//!
//! The source's side is added up here from the snapshot's values, as the plan says they must arrive; the target's side
//! is added up by the server. Sums are exact decimals on both sides.

use std::collections::BTreeMap;

use cbtrade_mysql::Session;
use cbtrade_mysql::mysql_async::{Params, Row, Value};
use cbtrade_schema::ddl::{qualified, quote_identifier};
use cbtrade_schema::{ColumnPlan, ColumnType, TablePlan};
use cbtrade_sqlite::{Database, Scan, ScanError, ScanOrder, ValueRef};
use serde::{Deserialize, Serialize};

use super::canonical::{RowBytes, show};
use super::expect::{Rules, decimal_units};
use crate::error::Error;
use crate::plan::Plan;
use crate::source::Source;

/// One figure on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraderFigure {
    /// What it is, in words.
    pub name: String,
    /// The source's figure.
    pub source: String,
    /// The target's figure.
    pub target: String,
}

/// All figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraderFigures {
    /// In order.
    pub figures: Vec<TraderFigure>,
}

impl TraderFigures {
    /// Figures that differ.
    #[must_use]
    pub fn differences(&self) -> u64 {
        self.figures
            .iter()
            .filter(|figure| figure.source != figure.target)
            .count() as u64
    }
}

/// Money columns of positions that are added up per strategy.
const SUMMED: [&str; 4] = ["tot_out_cnt", "tot_in_cnt", "fees_cnt_tot", "gain_loss_amt"];

/// What is shown of each open position.
const OPEN_SHOWN: [&str; 6] = [
    "pos_id",
    "prod_id",
    "hold_cnt",
    "prc_buy",
    "tot_out_cnt",
    "gain_loss_amt_est",
];

/// Figures by name; both sides are put into the same form and set side by side.
type Figures = BTreeMap<String, String>;

/// Adds up both sides.
pub(super) async fn figures(
    session: &mut Session,
    plan: &Plan,
    sources: &[Source],
) -> Result<TraderFigures, Error> {
    let mut source = Figures::new();
    let mut target = Figures::new();
    for table in &plan.tables {
        match table.catalogue.as_deref() {
            Some("poss") => {
                source.extend(source_positions(table, &sources[table.file])?);
                target.extend(target_positions(session, table).await?);
            }
            Some("ohlcv") => {
                source.extend(source_candles(table, &sources[table.file])?);
                target.extend(target_candles(session, table).await?);
            }
            _ => {}
        }
    }
    let names: std::collections::BTreeSet<&String> = source.keys().chain(target.keys()).collect();
    let absent = || "absent".to_owned();
    let figures = names
        .into_iter()
        .map(|name| TraderFigure {
            name: name.clone(),
            source: source.get(name).cloned().unwrap_or_else(absent),
            target: target.get(name).cloned().unwrap_or_else(absent),
        })
        .collect();
    Ok(TraderFigures { figures })
}

/// The planned columns of these names, as far as they come from the source.
fn columns_of<'a>(table: &'a TablePlan, names: &[&str]) -> Vec<&'a ColumnPlan> {
    names
        .iter()
        .filter_map(|name| {
            table
                .columns
                .iter()
                .find(|column| column.name == *name && column.source.is_some())
        })
        .collect()
}

fn has(columns: &[&ColumnPlan], name: &str) -> Option<usize> {
    columns.iter().position(|column| column.name == name)
}

fn scale(column: &ColumnPlan) -> Option<u32> {
    match column.column_type {
        ColumnType::Decimal { scale, .. } => Some(u32::from(scale)),
        _ => None,
    }
}

/// Positions of a snapshot: how many of each status, each open one, and sums per strategy.
fn source_positions(table: &TablePlan, source: &Source) -> Result<Figures, Error> {
    let names: Vec<&str> = ["pos_stat", "buy_strat_name"]
        .into_iter()
        .chain(SUMMED)
        .chain(OPEN_SHOWN)
        .collect();
    let columns = columns_of(table, &names);
    let (status, strategy) = (has(&columns, "pos_stat"), has(&columns, "buy_strat_name"));
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    // `None` once a sum is beyond 128 bits; such a figure is left out on both sides.
    let mut sums: BTreeMap<(String, usize), Option<i128>> = BTreeMap::new();
    let mut figures = Figures::new();
    scan(table, source, &columns, |values| {
        let text =
            |at: Option<usize>| at.map_or_else(|| "NULL".to_owned(), |at| unquoted(&values[at], 0));
        let (status, strategy) = (text(status), text(strategy));
        *counts.entry(status.clone()).or_default() += 1;
        for (at, column) in columns.iter().enumerate() {
            if SUMMED.contains(&column.name.as_str())
                && let Some(scale) = scale(column)
            {
                let shown = show(&values[at], scale);
                let units = if shown == "NULL" {
                    Some(0)
                } else {
                    decimal_units(shown.as_bytes(), scale)
                };
                let sum = sums.entry((strategy.clone(), at)).or_insert(Some(0));
                *sum = sum
                    .zip(units)
                    .and_then(|(sum, units)| sum.checked_add(units));
            }
        }
        if status.eq_ignore_ascii_case("open") {
            let shown: Vec<String> = OPEN_SHOWN
                .iter()
                .skip(1)
                .filter_map(|name| has(&columns, name))
                .map(|at| unquoted(&values[at], scale(columns[at]).unwrap_or(0)))
                .collect();
            let id =
                has(&columns, "pos_id").map_or_else(String::new, |at| unquoted(&values[at], 0));
            figures.insert(format!("open position {id:>10}"), shown.join(" | "));
        }
    })?;
    for (status, count) in counts {
        figures.insert(format!("positions with status {status}"), count.to_string());
    }
    for ((strategy, at), units) in sums {
        let Some(units) = units else { continue };
        let name = format!("sum of {} of strategy {strategy}", columns[at].name);
        figures.insert(name, shown_units(units, scale(columns[at]).unwrap_or(0)));
    }
    Ok(figures)
}

/// A sum in units of the last digit, as text.
fn shown_units(units: i128, scale: u32) -> String {
    let mut bytes = RowBytes::default();
    bytes.decimal(units);
    show(&bytes.bytes, scale)
}

/// A value as plain text, whole and without quotes.
fn unquoted(value: &[u8], scale: u32) -> String {
    super::canonical::text_of(value).unwrap_or_else(|| show(value, scale))
}

/// Goes through a source table and gives the canonical values of some columns.
fn scan(
    table: &TablePlan,
    source: &Source,
    columns: &[&ColumnPlan],
    mut visit: impl FnMut(&[Vec<u8>]),
) -> Result<(), Error> {
    let failed = |source| Error::table(&table.source, source);
    let database = Database::open_snapshot(&source.database).map_err(failed)?;
    let rules: Vec<Rules> = columns.iter().map(|column| Rules::of(column)).collect();
    let scan = Scan {
        table: table.source.clone(),
        columns: columns
            .iter()
            .filter_map(|column| column.source.clone())
            .collect(),
        order: ScanOrder::Natural,
        first: None,
        last: None,
    };
    let mut values: Vec<Vec<u8>> = vec![Vec::new(); columns.len()];
    database
        .scan(&scan, |_, row| -> Result<(), String> {
            for (at, rule) in rules.iter().enumerate() {
                let value: ValueRef<'_> = row.get_ref(at + 1).map_err(|error| error.to_string())?;
                let mut bytes = RowBytes {
                    bytes: std::mem::take(&mut values[at]),
                };
                bytes.bytes.clear();
                rule.expect(value, &mut bytes);
                values[at] = bytes.bytes;
            }
            visit(&values);
            Ok(())
        })
        .map(drop)
        .map_err(|error| match error {
            ScanError::Database(source) => failed(source),
            ScanError::Visit(why) => Error::Bug(format!(
                "a value of table {} could not be fetched: {why}",
                table.source
            )),
        })
}

async fn target_positions(session: &mut Session, table: &TablePlan) -> Result<Figures, Error> {
    let names: Vec<&str> = ["pos_stat", "buy_strat_name"]
        .into_iter()
        .chain(SUMMED)
        .chain(OPEN_SHOWN)
        .collect();
    let columns = columns_of(table, &names);
    let mut figures = target_statuses(session, table, &columns).await?;
    figures.extend(target_sums(session, table, &columns).await?);
    figures.extend(target_open(session, table, &columns).await?);
    Ok(figures)
}

const POSITIONS: &str = "the positions in the target could not be added up";

/// A text column for grouping: as bytes, because its collation would put texts together that differ in case.
fn grouping(columns: &[&ColumnPlan], name: &str) -> String {
    if has(columns, name).is_some() {
        format!(
            "CAST(COALESCE({}, 'NULL') AS BINARY)",
            quote_identifier(name)
        )
    } else {
        "CAST('NULL' AS BINARY)".to_owned()
    }
}

async fn target_statuses(
    session: &mut Session,
    table: &TablePlan,
    columns: &[&ColumnPlan],
) -> Result<Figures, Error> {
    let sql = format!(
        "SELECT {} AS s, COUNT(*) FROM {} GROUP BY s",
        grouping(columns, "pos_stat"),
        qualified(&table.database, &table.name)
    );
    let rows: Vec<(Vec<u8>, u64)> = session
        .query(&sql)
        .await
        .map_err(Error::server(POSITIONS))?;
    Ok(rows
        .into_iter()
        .map(|(status, count)| {
            (
                format!("positions with status {}", String::from_utf8_lossy(&status)),
                count.to_string(),
            )
        })
        .collect())
}

async fn target_sums(
    session: &mut Session,
    table: &TablePlan,
    columns: &[&ColumnPlan],
) -> Result<Figures, Error> {
    let mut figures = Figures::new();
    for column in columns
        .iter()
        .filter(|column| SUMMED.contains(&column.name.as_str()))
    {
        let Some(scale) = scale(column) else { continue };
        let sql = format!(
            "SELECT {} AS s, CAST(COALESCE(SUM({}), 0) AS CHAR) FROM {} GROUP BY s",
            grouping(columns, "buy_strat_name"),
            quote_identifier(&column.name),
            qualified(&table.database, &table.name)
        );
        for (strategy, sum) in session
            .query::<(Vec<u8>, Vec<u8>)>(&sql)
            .await
            .map_err(Error::server(POSITIONS))?
        {
            let Some(units) = decimal_units(&sum, scale) else {
                continue;
            };
            let sum = shown_units(units, scale);
            figures.insert(
                format!(
                    "sum of {} of strategy {}",
                    column.name,
                    String::from_utf8_lossy(&strategy)
                ),
                sum,
            );
        }
    }
    Ok(figures)
}

async fn target_open(
    session: &mut Session,
    table: &TablePlan,
    columns: &[&ColumnPlan],
) -> Result<Figures, Error> {
    let shown: Vec<&ColumnPlan> = OPEN_SHOWN
        .iter()
        .filter_map(|name| has(columns, name))
        .map(|at| columns[at])
        .collect();
    if has(columns, "pos_id").is_none() || has(columns, "pos_stat").is_none() {
        return Ok(Figures::new());
    }
    let names: Vec<String> = shown
        .iter()
        .map(|column| quote_identifier(&column.name))
        .collect();
    let sql = format!(
        "SELECT {} FROM {} WHERE LOWER(pos_stat) = 'open' AND CHAR_LENGTH(pos_stat) = 4",
        names.join(", "),
        qualified(&table.database, &table.name)
    );
    let rows: Vec<Row> = session
        .query_with(&sql, Params::Empty)
        .await
        .map_err(Error::server(POSITIONS))?;
    let mut figures = Figures::new();
    for row in rows {
        let texts: Vec<String> = shown
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let mut bytes = RowBytes::default();
                super::actual::write(
                    row.as_ref(at).unwrap_or(&Value::NULL),
                    column.column_type,
                    &mut bytes,
                );
                unquoted(&bytes.bytes, scale(column).unwrap_or(0))
            })
            .collect();
        figures.insert(
            format!("open position {:>10}", texts[0]),
            texts[1..].join(" | "),
        );
    }
    Ok(figures)
}

/// The timeframe column's constant, where the table has one.
fn constant_frequency(table: &TablePlan) -> Option<&str> {
    table
        .columns
        .iter()
        .find(|column| column.name == "freq")
        .and_then(|column| column.constant.as_deref())
}

fn source_candles(table: &TablePlan, source: &Source) -> Result<Figures, Error> {
    let columns = columns_of(table, &["timestamp", "freq"]);
    let frequency_at = has(&columns, "freq");
    let mut groups: BTreeMap<String, (u64, String, String)> = BTreeMap::new();
    scan(table, source, &columns, |values| {
        let frequency = frequency_at.map_or_else(
            || constant_frequency(table).unwrap_or("NULL").to_owned(),
            |at| unquoted(&values[at], 0),
        );
        let at = show(&values[0], 0);
        let group = groups
            .entry(frequency)
            .or_insert_with(|| (0, at.clone(), at.clone()));
        group.0 += 1;
        if at < group.1 {
            group.1.clone_from(&at);
        }
        if at > group.2 {
            group.2 = at;
        }
    })?;
    Ok(candle_figures(
        table,
        groups
            .into_iter()
            .map(|(frequency, (count, first, last))| (frequency, count, first, last)),
    ))
}

fn candle_figures(
    table: &TablePlan,
    groups: impl Iterator<Item = (String, u64, String, String)>,
) -> Figures {
    groups
        .map(|(frequency, count, first, last)| {
            (
                format!("candles {} {frequency}", table.name),
                format!("{count} from {first} to {last}"),
            )
        })
        .collect()
}

async fn target_candles(session: &mut Session, table: &TablePlan) -> Result<Figures, Error> {
    let name = qualified(&table.database, &table.name);
    let condition = if constant_frequency(table).is_some() {
        "WHERE freq = ?"
    } else {
        ""
    };
    let sql = format!(
        "SELECT CAST(COALESCE(freq, 'NULL') AS BINARY) AS f, COUNT(*), MIN(timestamp), MAX(timestamp) FROM {name} {condition} GROUP BY f"
    );
    let parameters: Vec<Value> = constant_frequency(table)
        .map(Into::into)
        .into_iter()
        .collect();
    let parameters = if parameters.is_empty() {
        Params::Empty
    } else {
        Params::Positional(parameters)
    };
    let rows: Vec<(Vec<u8>, u64, Value, Value)> = session
        .query_with(&sql, parameters)
        .await
        .map_err(Error::server(
            "the candles in the target could not be counted",
        ))?;
    let timestamp_type = table
        .columns
        .iter()
        .find(|column| column.name == "timestamp")
        .map_or(ColumnType::BigInt, |column| column.column_type);
    let text = |value: &Value| {
        let mut bytes = RowBytes::default();
        super::actual::write(value, timestamp_type, &mut bytes);
        show(&bytes.bytes, 0)
    };
    Ok(candle_figures(
        table,
        rows.iter().map(|(frequency, count, first, last)| {
            (
                String::from_utf8_lossy(frequency).into_owned(),
                *count,
                text(first),
                text(last),
            )
        }),
    ))
}
