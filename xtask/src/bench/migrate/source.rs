//! The files that are migrated, the same at each run.

use std::path::{Path, PathBuf};

use cbtrade_sample::{SampleOptions, make_sample};
use cbtrade_sqlite::rusqlite::{Connection, params_from_iter, types::Value};

use super::super::Result;
use super::{Options, say};

/// Columns of the wide table of each kind, besides its key.
const WIDE_OF_EACH_KIND: usize = 13;
/// Products in the plain file.
const PRODUCTS: u64 = 40;
/// Rows of the sample's trading tables for each position, roughly.
const SAMPLE_ROWS_PER_POSITION: u64 = 5;
/// Products in the sample.
const SAMPLE_PRODUCTS: u32 = 20;

/// One plain file.
#[derive(Clone, Debug)]
pub(super) struct Plain {
    pub(super) path: PathBuf,
    pub(super) candles: u64,
    pub(super) wide: u64,
}

impl Plain {
    pub(super) fn rows(&self) -> u64 {
        self.candles + self.wide
    }
}

/// A legacy installation of CBTrade.
#[derive(Clone, Debug)]
pub(super) struct Installation {
    pub(super) files: Vec<PathBuf>,
    pub(super) rows: u64,
}

/// All files of a run.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    pub(super) plain: Plain,
    /// A tenth of it, for competitors that would take minutes.
    pub(super) tenth: Plain,
    /// So many times the rows; absent with factor 1.
    pub(super) large: Option<Plain>,
    pub(super) installation: Installation,
}

/// Makes them.
pub(super) fn make(folder: &Path, options: &Options) -> Result<Sources> {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)?;
    say("making the source files");
    let plain = |name: &str, candles: u64, wide: u64| -> Result<Plain> {
        let path = folder.join(name);
        make_plain(&path, candles, wide)?;
        Ok(Plain {
            path,
            candles,
            wide,
        })
    };
    let large = match options.factor {
        1 => None,
        factor => Some(plain(
            "large.db",
            options.candles * factor,
            options.wide * factor,
        )?),
    };
    Ok(Sources {
        plain: plain("plain.db", options.candles, options.wide)?,
        tenth: plain(
            "tenth.db",
            options.candles.div_ceil(10),
            options.wide.div_ceil(10),
        )?,
        large,
        installation: make_installation(&folder.join("legacy"), options)?,
    })
}

fn make_installation(folder: &Path, options: &Options) -> Result<Installation> {
    let report = make_sample(
        folder,
        &SampleOptions {
            positions: u32::try_from(options.wide / SAMPLE_ROWS_PER_POSITION)?.max(1),
            candles_per_product: u32::try_from(options.candles / u64::from(SAMPLE_PRODUCTS))?
                .max(1),
            products: SAMPLE_PRODUCTS,
            ..SampleOptions::default()
        },
    )?;
    let mut files = vec![report.database];
    files.extend(report.candle_files);
    Ok(Installation {
        files,
        rows: report.tables.iter().map(|table| table.rows).sum(),
    })
}

/// Names of the candles' columns.
pub(super) const CANDLE_COLUMNS: [&str; 8] = [
    "product", "ts", "open", "high", "low", "close", "volume", "trades",
];

/// Names of the wide table's columns.
pub(super) fn wide_columns() -> Vec<String> {
    let of = |kind: &str| -> Vec<String> {
        (0..WIDE_OF_EACH_KIND)
            .map(|number| format!("{kind}_{number}"))
            .collect()
    };
    [vec!["id".to_owned()], of("text"), of("real"), of("whole")].concat()
}

fn make_plain(path: &Path, candles: u64, wide: u64) -> Result<()> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    let wide_list: Vec<String> = wide_columns()
        .iter()
        .map(|name| {
            let declared = match name.split('_').next() {
                Some("id") => "INTEGER PRIMARY KEY",
                Some("text") => "VARCHAR(64)",
                Some("real") => "REAL",
                _ => "INTEGER",
            };
            format!("{name} {declared}")
        })
        .collect();
    connection.execute_batch(&format!(
        "CREATE TABLE candles (product VARCHAR(16) NOT NULL, ts INTEGER NOT NULL, open REAL, high REAL, low REAL,
                               close REAL, volume REAL, trades INTEGER, PRIMARY KEY (product, ts));
         CREATE TABLE wide ({});",
        wide_list.join(", ")
    ))?;
    let transaction = connection.transaction()?;
    insert(&transaction, "candles", 8, candle_rows(candles))?;
    insert(
        &transaction,
        "wide",
        wide_list.len(),
        (0..wide).map(wide_row),
    )?;
    transaction.execute_batch("CREATE INDEX wide_whole ON wide (whole_1)")?;
    transaction.commit()?;
    Ok(())
}

fn insert(
    connection: &Connection,
    table: &str,
    columns: usize,
    rows: impl Iterator<Item = Vec<Value>>,
) -> Result<()> {
    let places = vec!["?"; columns].join(",");
    let mut statement = connection.prepare(&format!("INSERT INTO {table} VALUES ({places})"))?;
    for row in rows {
        statement.execute(params_from_iter(row))?;
    }
    Ok(())
}

/// Candles of one minute, product after product, with the noise of binary arithmetic in every price.
fn candle_rows(count: u64) -> impl Iterator<Item = Vec<Value>> {
    let each = count.div_ceil(PRODUCTS);
    let mut price = 1.0;
    (0..count).map(move |number| {
        let (product, minute) = (number / each, number % each);
        if minute == 0 {
            price = 0.01 * 1.3_f64.powi(i32::try_from(product).unwrap_or(0));
        }
        let draw = unit(number);
        let open = price;
        price *= 1.0 + (draw - 0.5) * 0.01;
        vec![
            Value::Text(format!("COIN{product:02}-USDC")),
            Value::Integer(whole(1_500_000_000 + 60 * minute)),
            Value::Real(open),
            Value::Real(open.max(price) * 1.001),
            Value::Real(open.min(price) * 0.999),
            Value::Real(price),
            Value::Real(unit(number ^ 0x5555) * 1000.0),
            Value::Integer(whole(mixed(number) % 500)),
        ]
    })
}

/// Words, prices and counts; a NULL in every eleventh value.
fn wide_row(number: u64) -> Vec<Value> {
    let mut row = vec![Value::Integer(whole(number + 1))];
    let mut push = |at: u64, value: Value| {
        let absent = (number + at).is_multiple_of(11);
        row.push(if absent { Value::Null } else { value });
    };
    for at in 0..WIDE_OF_EACH_KIND as u64 {
        let text = format!(
            "order {} von Straße {at}",
            mixed(number * 100 + at) % 100_000
        );
        push(at, Value::Text(text));
    }
    for at in 0..WIDE_OF_EACH_KIND as u64 {
        push(at, Value::Real(unit(number * 100 + at) * 70_000.0));
    }
    for at in 0..WIDE_OF_EACH_KIND as u64 {
        push(
            at,
            Value::Integer(whole(mixed(number * 100 + at) % 2_000_000_000)),
        );
    }
    row
}

/// SplitMix64's output for a number: the same on every machine.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// A number from 0 to 1 with all 53 bits.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn unit(number: u64) -> f64 {
    (mixed(number) >> 11) as f64 / (1_u64 << 53) as f64
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
