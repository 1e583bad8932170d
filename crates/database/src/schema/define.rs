//! Definitions that several processes may want to make at once, each made once and whole.

use cbtrade_catalog::{
    Table, candle_table, candle_table_name, mysql_create_table, mysql_triggers, sqlite_exact_index,
    sqlite_exact_indexes, sqlite_exact_table, sqlite_exact_triggers,
};
use cbtrade_core::quote_identifier;

use crate::database::Database;
use crate::dialect::Dialect;
use crate::engine::Engine;
use crate::error::{Call, Error, ErrorKind};
use crate::transact;
use crate::value::Value;

/// A query that gives rows once the definition is there.
pub(super) struct Guard {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Guard {
    pub(super) fn query(sql: String, values: Vec<Value>) -> Guard {
        Guard { sql, values }
    }

    /// A table of the trading database.
    pub(super) fn table(database: &Database, name: &str) -> Guard {
        let sql = match database.dialect() {
            Dialect::MySql => {
                "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?"
            }
            Dialect::Sqlite => {
                "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE"
            }
        };
        Guard::query(sql.to_owned(), vec![Value::from(name)])
    }

    /// A table of the candle database.
    fn candle_table(database: &Database, name: &str) -> Guard {
        match database.dialect() {
            Dialect::MySql => Guard::query(
                "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?".to_owned(),
                vec![Value::from(database.candles_database()), Value::from(name)],
            ),
            Dialect::Sqlite => Guard::query(
                "SELECT 1 FROM ohlcv.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE".to_owned(),
                vec![Value::from(name)],
            ),
        }
    }

    pub(super) fn index(database: &Database, table: &str, name: &str) -> Guard {
        match database.dialect() {
            Dialect::MySql => Guard::query(
                "SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? \
                 AND index_name = ?"
                    .to_owned(),
                vec![Value::from(table), Value::from(name)],
            ),
            Dialect::Sqlite => Guard::query(
                "SELECT 1 FROM main.sqlite_schema WHERE type = 'index' AND name = ?".to_owned(),
                vec![Value::from(name)],
            ),
        }
    }

    fn trigger(database: &Database, name: &str) -> Guard {
        let sql = match database.dialect() {
            Dialect::MySql => {
                "SELECT 1 FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND trigger_name = ?"
            }
            Dialect::Sqlite => {
                "SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger' AND name = ?"
            }
        };
        Guard::query(sql.to_owned(), vec![Value::from(name)])
    }
}

/// Runs the statements unless the guard finds their work done, while no other process does the same: on a server under a
/// named lock, on a file in one transaction.
pub(super) async fn guarded(
    database: &Database,
    call: Call,
    guard: &Guard,
    statements: Vec<String>,
) -> Result<(), Error> {
    if !database
        .rows(call, &guard.sql, guard.values.clone())
        .await?
        .is_empty()
    {
        return Ok(());
    }
    match database.engine() {
        Engine::MySql(pool) => {
            pool.define_guarded(
                call,
                &guard.sql,
                guard.values.clone(),
                &statements,
                database.deadline(),
            )
            .await
        }
        Engine::Sqlite(_) => {
            transact!(database, call, |transaction| {
                if transaction
                    .rows(&guard.sql, guard.values.clone())
                    .await?
                    .is_empty()
                {
                    for statement in &statements {
                        transaction.run(statement, Vec::new()).await?;
                    }
                }
                Ok(())
            })
        }
    }
}

/// A key of the layer in an engine's words.
pub(super) struct LayerIndex {
    pub(super) table: &'static str,
    pub(super) name: String,
    pub(super) statement: String,
}

pub(super) fn layer_indexes(dialect: Dialect) -> Vec<LayerIndex> {
    cbtrade_catalog::layer_indexes()
        .into_iter()
        .filter_map(|(name, key)| {
            let table = cbtrade_catalog::table(name)?;
            let (index, statement) = match dialect {
                Dialect::MySql => {
                    let columns: Vec<String> = key
                        .columns
                        .iter()
                        .map(|column| quote_identifier(column))
                        .collect();
                    let statement = format!(
                        "CREATE INDEX {} ON {} ({})",
                        quote_identifier(key.name),
                        quote_identifier(name),
                        columns.join(", ")
                    );
                    (key.name.to_owned(), statement)
                }
                Dialect::Sqlite => sqlite_exact_index(table, name, &key, false),
            };
            Some(LayerIndex {
                table: table.name,
                name: index,
                statement,
            })
        })
        .collect()
}

/// A table is made under another name and takes its own when its triggers are there: no row can go underived.
fn mysql_table(table: &Table, name: &str, schema: &str) -> Vec<String> {
    let place = |name: &str| match schema.is_empty() {
        true => quote_identifier(name),
        false => format!("{}.{}", quote_identifier(schema), quote_identifier(name)),
    };
    let new = format!("{name}__new");
    let (own, made) = (place(name), place(&new));
    let create = mysql_create_table(table, &new).replacen(&quote_identifier(&new), &made, 1);
    let mut statements = vec![format!("DROP TABLE IF EXISTS {made}"), create];
    for (trigger, statement) in mysql_triggers(table, name) {
        statements.push(
            statement
                .replacen(&quote_identifier(name), &made, 1)
                .replacen(&quote_identifier(&trigger), &place(&trigger), 1),
        );
    }
    statements.push(format!("RENAME TABLE {made} TO {own}"));
    statements
}

fn sqlite_table(table: &Table, name: &str, schema: &str) -> Vec<String> {
    let own = match schema.is_empty() {
        true => name.to_owned(),
        false => format!("{schema}.{name}"),
    };
    let mut statements = vec![sqlite_exact_table(table, &own)];
    statements.extend(
        sqlite_exact_indexes(table, name)
            .into_iter()
            .map(|(_, statement)| statement),
    );
    statements.extend(
        sqlite_exact_triggers(table, name, schema)
            .into_iter()
            .map(|(_, statement)| statement),
    );
    statements
}

/// Makes a product's candle table and its triggers where they are missing.
///
/// # Errors
/// [`ErrorKind::NotAProduct`]; a right that is missing.
pub(crate) async fn create_candle_table(
    database: &Database,
    call: Call,
    prod_id: &str,
) -> Result<(), Error> {
    let Some(name) = candle_table_name(prod_id) else {
        return Err(
            Error::new(call, ErrorKind::NotAProduct).key(format!("{:?}", shortened(prod_id)))
        );
    };
    let schema = database.candles_database();
    let statements = match database.dialect() {
        Dialect::MySql => mysql_table(candle_table(), &name, schema),
        Dialect::Sqlite => sqlite_table(candle_table(), &name, schema),
    };
    guarded(
        database,
        call,
        &Guard::candle_table(database, &name),
        statements,
    )
    .await
    .map_err(|error| error.on_table(name))
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

impl Database {
    pub(super) fn table_definition(&self, table: &Table) -> String {
        match self.dialect() {
            Dialect::MySql => mysql_create_table(table, table.name),
            Dialect::Sqlite => sqlite_exact_table(table, table.name),
        }
    }

    pub(super) fn trigger_definitions(&self, table: &Table) -> Vec<(String, String)> {
        match self.dialect() {
            Dialect::MySql => mysql_triggers(table, table.name),
            Dialect::Sqlite => sqlite_exact_triggers(table, table.name, ""),
        }
    }

    pub(super) async fn make_table(&self, call: Call, table: &Table) -> Result<(), Error> {
        let statements = match self.dialect() {
            Dialect::MySql => mysql_table(table, table.name, ""),
            Dialect::Sqlite => sqlite_table(table, table.name, ""),
        };
        guarded(self, call, &Guard::table(self, table.name), statements)
            .await
            .map_err(|error| error.on_table(table.name))
    }

    /// For a table that was there before: a migration's, or an old file's.
    pub(super) async fn make_triggers(&self, call: Call, table: &Table) -> Result<(), Error> {
        for (trigger, statement) in self.trigger_definitions(table) {
            guarded(self, call, &Guard::trigger(self, &trigger), vec![statement])
                .await
                .map_err(|error| error.on_table(table.name))?;
        }
        Ok(())
    }

    pub(crate) async fn table_is_there(&self, call: Call, name: &str) -> Result<bool, Error> {
        let guard = Guard::table(self, name);
        Ok(!self.rows(call, &guard.sql, guard.values).await?.is_empty())
    }

    pub(super) async fn trigger_is_there(&self, call: Call, name: &str) -> Result<bool, Error> {
        let guard = Guard::trigger(self, name);
        Ok(!self.rows(call, &guard.sql, guard.values).await?.is_empty())
    }

    pub(super) async fn index_is_there(
        &self,
        call: Call,
        table: &str,
        name: &str,
    ) -> Result<bool, Error> {
        let guard = Guard::index(self, table, name);
        Ok(!self.rows(call, &guard.sql, guard.values).await?.is_empty())
    }
}
