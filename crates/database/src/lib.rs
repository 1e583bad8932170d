//! The bots' conversation with their database, the same on MySQL, MariaDB and SQLite.
//!
//! [`Database`] is opened once per process from a [`Location`] and [`Options`]; its methods are those of the original
//! layer, one module per table or report in `methods`. Rows are structs ([`Position`], …), partial writes are typed
//! [`Changes`]. Below, reading downwards: `database` counts and times every call; `write` makes the few statements that
//! writing methods need; `engine` runs transactions (again, when another writer was in the way; never twice) on a pool
//! of sessions or on a file's one writer; `dialect` holds what the two engines write differently.

mod change;
mod conditions;
mod database;
mod dialect;
mod engine;
mod error;
mod figures;
mod methods;
mod options;
mod process;
mod record;
mod records;
mod row;
mod schema;
mod value;
mod waits;
mod write;

pub use change::{Assign, Changes};
pub use database::Database;
pub use dialect::Dialect;
pub use engine::operation::{Operation, Recorded};
#[doc(hidden)]
pub use engine::{Attempts, Begun, Ended};
pub use engine::{Outcome, Transaction};
pub use error::{Call, Error, ErrorKind};
pub use figures::{FiguresSnapshot, MethodFigures};
pub use methods::*;
pub use options::{FileWrites, Location, Observer, Options, PerformanceFormula, Statement};
pub use process::ProcessFigures;
pub use record::{Column, Record, With};
pub use records::*;
pub use row::{CellError, Row};
pub use schema::{CopiedTable, SCHEMA_VERSION, SchemaDifference};
pub use value::{FromValue, Value};
