//! CBTrade's tables, keys and derived columns, as data.
//!
//! This crate is the one place that says what a CBTrade table looks like: its columns and their
//! types, its keys, and which `*_unix` column follows which date. Everything else that needs to know
//! (the migration, the bots' layer, the sample, the documentation) derives it from here.
//!
//! The modules in reading order: [`Column`] and [`Table`] are the model, `tables` holds the fourteen
//! tables of the trading database, `candle` the pattern of the candle tables, `recognise` finds a
//! catalogue table behind a stranger's column list, and `mysql`, `sqlite` and `sqlite_exact` write the same facts as
//! statements. `layer` adds the keys that bots need, and names the tables of their layer. Nothing here reads a file, opens a connection or asks for the time.

mod candle;
mod column;
mod frequency;
mod layer;
mod mysql;
mod recognise;
mod sqlite;
mod sqlite_exact;
mod table;
mod tables;

pub use candle::{candle_table, candle_table_name, product_of_candle_file};
pub use column::{Column, ColumnKind, DefaultValue};
pub use frequency::{FREQUENCIES, Frequency, frequency, frequency_of_table};
pub use layer::{
    BOT_TABLE, FILL_TABLE, INTENT_TABLE, LAYER_RECORDS, LAYER_WORK, OPERATION_TABLE, PROCESS_TABLE,
    SCHEMA_TABLE, STOP_HEAD_TABLE, STOP_TABLE, VENUE_TABLE, layer_indexes,
};
pub use mysql::{mysql_column, mysql_create_table, mysql_triggers};
pub use recognise::{CandleShape, recognise, recognise_candles};
pub use sqlite::{sqlite_create_table, sqlite_indexes, sqlite_triggers};
pub use sqlite_exact::{
    sqlite_exact_index, sqlite_exact_indexes, sqlite_exact_table, sqlite_exact_triggers,
};
pub use table::{Database, Derivation, Key, Table};
pub use tables::{table, tables};

/// Character set of every text column in the target.
pub const TEXT_CHARACTER_SET: &str = "utf8mb4";

/// Collation of every text column in the target: callers rely on `open` matching `OPEN` and on
/// trailing spaces being ignored.
pub const TEXT_COLLATION: &str = "utf8mb4_general_ci";
