//! The schema of the layer: made, checked, and brought up to date step by step.
//!
//! Every step can be run again at any time and changes nothing the second time, so a step that was cut off is simply run
//! again; when it is done, its line is written into `_cbtrade_schema`. A database without that table is one that a
//! migration made, or an old SQLite file, or an empty one: step 1 makes whatever tables are missing and leaves the others.

mod bots;
mod check;
mod copy;
mod define;
mod step;

pub(crate) use cbtrade_catalog::{
    BOT_TABLE, FILL_TABLE, INTENT_TABLE, PROCESS_TABLE, SCHEMA_TABLE, STOP_HEAD_TABLE, STOP_TABLE,
    VENUE_TABLE,
};
pub use check::SchemaDifference;
pub use copy::CopiedTable;
pub use step::SCHEMA_VERSION;

pub(crate) use define::create_candle_table;

use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Call, Error, ErrorKind};
use crate::value::{FromValue as _, Value};
use define::{Guard, guarded};
use step::{STEPS, Step};

const CALL: Call = Call {
    method: "ensure_database_ready",
    table: SCHEMA_TABLE,
};

impl Database {
    /// Makes the tables, keys and triggers that are missing, and brings an older schema up to this program's version.
    /// Does nothing where all is there; several processes may call it at once. Returns whether anything was done.
    ///
    /// # Errors
    /// [`ErrorKind::SchemaNewer`] for a schema of a newer program; a right that is missing.
    pub async fn ensure_database_ready(&self) -> Result<bool, Error> {
        self.upgrade_to(SCHEMA_VERSION).await
    }

    /// Makes whatever tables, keys and triggers are missing, also where the schema has this program's version already:
    /// somebody may have removed some since. Columns that are missing or of another type are left as they are.
    ///
    /// # Errors
    /// As [`Database::ensure_database_ready`].
    pub async fn complete_schema(&self) -> Result<(), Error> {
        self.ensure_database_ready().await?;
        for step in STEPS {
            (step.run)(self).await?;
        }
        Ok(())
    }

    /// Brings the schema to an earlier version than the newest, for tests of the steps between.
    #[doc(hidden)]
    pub async fn upgrade_to(&self, last: i64) -> Result<bool, Error> {
        let version = self.db_schema_version().await?;
        if version > SCHEMA_VERSION {
            return Err(newer(CALL, version));
        }
        let missing = STEPS
            .iter()
            .filter(|step| step.version > version && step.version <= last);
        let mut done = false;
        for step in missing {
            self.run_step(step).await?;
            done = true;
        }
        Ok(done)
    }

    /// The version of the schema: 0 where no step was run yet.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn db_schema_version(&self) -> Result<i64, Error> {
        const CALL: Call = Call {
            method: "db_schema_version",
            table: SCHEMA_TABLE,
        };
        if !self.table_is_there(CALL, SCHEMA_TABLE).await? {
            return Ok(0);
        }
        let sql = format!("SELECT MAX(version) AS version FROM {SCHEMA_TABLE}");
        let rows = self.rows(CALL, &sql, Vec::new()).await?;
        let version = rows.first().and_then(|row| row.get("version")).cloned();
        Ok(version.and_then(i64::from_value).unwrap_or(0))
    }

    /// Refuses to go on with a schema that is older or newer than this program's, or whose tables are not as they should
    /// be. What a bot calls before it trades.
    ///
    /// # Errors
    /// [`ErrorKind::SchemaOlder`], [`ErrorKind::SchemaNewer`], [`ErrorKind::SchemaDiffers`] with the first difference.
    pub async fn require_schema(&self) -> Result<(), Error> {
        const CALL: Call = Call {
            method: "require_schema",
            table: SCHEMA_TABLE,
        };
        let version = self.db_schema_version().await?;
        if version > SCHEMA_VERSION {
            return Err(newer(CALL, version));
        }
        if version < SCHEMA_VERSION {
            let versions =
                format!("the database has version {version}, this program needs {SCHEMA_VERSION}");
            return Err(Error::new(CALL, ErrorKind::SchemaOlder).detail(versions));
        }
        match self.db_schema_check().await?.into_iter().next() {
            None => Ok(()),
            Some(difference) => Err(Error::new(CALL, ErrorKind::SchemaDiffers)
                .on_table(difference.table.clone())
                .detail(difference.to_string())),
        }
    }

    /// Makes the triggers that are missing, and leaves those that are there: there is no window in which rows go underived.
    ///
    /// # Errors
    /// A right that is missing.
    pub async fn install_core_triggers(&self) -> Result<(), Error> {
        const CALL: Call = Call {
            method: "install_core_triggers",
            table: "",
        };
        for table in cbtrade_catalog::tables() {
            if self.table_is_there(CALL, table.name).await? {
                self.make_triggers(CALL, table).await?;
            }
        }
        Ok(())
    }

    /// The tables that a bot needs, with their definitions.
    #[must_use]
    pub fn get_required_tables(&self) -> Vec<(&'static str, String)> {
        cbtrade_catalog::tables()
            .iter()
            .filter(|table| table.required)
            .map(|table| (table.name, self.table_definition(table)))
            .collect()
    }

    /// The keys that the layer adds to the tables for what bots ask, as table and statement.
    #[must_use]
    pub fn get_required_indexes(&self) -> Vec<(&'static str, String)> {
        define::layer_indexes(self.dialect())
            .into_iter()
            .map(|index| (index.table, index.statement))
            .collect()
    }

    /// The column names of a table, in the database's order; empty for a table that is not there. The trading database's name
    /// may stand before the table's.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn table_cols(&self, table: &str) -> Result<Vec<String>, Error> {
        const CALL: Call = Call {
            method: "table_cols",
            table: "",
        };
        let table = match table.split_once('.') {
            Some((database, table))
                if database.eq_ignore_ascii_case(self.trading_database())
                    || database.eq_ignore_ascii_case("cbtrade") =>
            {
                table
            }
            _ => table,
        };
        let columns = self.columns_of(CALL, table).await?;
        Ok(columns.into_iter().map(|column| column.name).collect())
    }

    async fn run_step(&self, step: &Step) -> Result<(), Error> {
        (step.run)(self).await?;
        let line = match self.dialect() {
            Dialect::MySql => format!(
                "INSERT INTO {SCHEMA_TABLE} (version, name) SELECT {0}, '{1}' FROM DUAL \
                 WHERE NOT EXISTS (SELECT 1 FROM {SCHEMA_TABLE} WHERE version = {0})",
                step.version, step.name
            ),
            Dialect::Sqlite => format!(
                "INSERT INTO {SCHEMA_TABLE} (version, name) SELECT {0}, '{1}' \
                 WHERE NOT EXISTS (SELECT 1 FROM {SCHEMA_TABLE} WHERE version = {0})",
                step.version, step.name
            ),
        };
        let guard = Guard::query(
            format!("SELECT 1 FROM {SCHEMA_TABLE} WHERE version = ?"),
            vec![Value::from(step.version)],
        );
        guarded(self, CALL, &guard, vec![line]).await
    }
}

fn newer(call: Call, version: i64) -> Error {
    Error::new(call, ErrorKind::SchemaNewer).detail(format!(
        "the database has version {version}, this program knows {SCHEMA_VERSION}"
    ))
}
