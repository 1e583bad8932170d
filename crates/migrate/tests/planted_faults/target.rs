//! The target as it is changed: every table has an untouched copy in another database, from which it is restored.

use std::collections::HashMap;

use cbtrade_migrate::ledger::ORIGINAL_TABLE;
use cbtrade_mysql::mysql_async::{Params, Value};
use cbtrade_mysql::{Session, SessionOptions, Target, quote_identifier};

use crate::source::{TABLES, Table};

/// The originals kept beside rows, as a table like the others.
pub(crate) const ORIGINALS: &str = ORIGINAL_TABLE;

pub(crate) struct Side {
    pub(crate) session: Session,
    database: String,
    kept: String,
    /// Columns per table, the invisible ones too.
    columns: HashMap<String, Vec<String>>,
    /// Columns that an update sets to now unless it assigns them.
    touched: HashMap<String, Vec<String>>,
}

impl Side {
    /// Copies all tables into a database of its own, and drops the triggers, which would change more than was planted.
    pub(crate) async fn open(target: &Target, kept: &str) -> Side {
        let database = target.database.clone().unwrap();
        let session = Session::open(target, &SessionOptions::default())
            .await
            .unwrap();
        let mut side = Side {
            session,
            database,
            kept: kept.to_owned(),
            columns: HashMap::new(),
            touched: HashMap::new(),
        };
        let sql = "SELECT TABLE_NAME, COLUMN_NAME, EXTRA FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? ORDER BY ORDINAL_POSITION";
        let columns: Vec<(String, String, String)> = side
            .session
            .query_with(sql, (side.database.clone(),))
            .await
            .unwrap();
        for (table, column, extra) in columns {
            if extra.to_lowercase().contains("on update") {
                side.touched
                    .entry(table.clone())
                    .or_default()
                    .push(column.clone());
            }
            side.columns.entry(table).or_default().push(column);
        }
        let sql = "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ?";
        let triggers: Vec<String> = side
            .session
            .query_with(sql, (side.database.clone(),))
            .await
            .unwrap();
        for trigger in triggers {
            side.run(&format!("DROP TRIGGER {}", quote_identifier(&trigger)))
                .await;
        }
        for table in tables() {
            side.run(&format!(
                "CREATE TABLE {} LIKE {}",
                side.kept(table),
                quote_identifier(table)
            ))
            .await;
            side.copy(&quote_identifier(table), &side.kept(table), table)
                .await;
        }
        side
    }

    fn kept(&self, table: &str) -> String {
        format!(
            "{}.{}",
            quote_identifier(&self.kept),
            quote_identifier(table)
        )
    }

    async fn copy(&mut self, from: &str, to: &str, table: &str) {
        let columns = self.column_list(table, |_| true);
        self.run(&format!(
            "INSERT INTO {to} ({columns}) SELECT {columns} FROM {from}"
        ))
        .await;
    }

    fn column_list(&self, table: &str, wanted: impl Fn(&str) -> bool) -> String {
        let quoted: Vec<String> = self.columns[table]
            .iter()
            .filter(|column| wanted(column))
            .map(|column| quote_identifier(column))
            .collect();
        quoted.join(", ")
    }

    /// Puts a table back as it was migrated.
    pub(crate) async fn restore(&mut self, table: &str) {
        let own = quote_identifier(table);
        self.run("START TRANSACTION").await;
        self.run(&format!("DELETE FROM {own}")).await;
        self.copy(&self.kept(table), &own, table).await;
        self.run("COMMIT").await;
    }

    pub(crate) async fn run(&mut self, sql: &str) -> u64 {
        self.session
            .execute(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    pub(crate) async fn run_with(&mut self, sql: &str, parameters: Vec<Value>) -> u64 {
        let ran = self
            .session
            .execute_with(sql, Params::Positional(parameters))
            .await;
        ran.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    /// A column's values with the addresses of their rows.
    pub(crate) async fn values(&mut self, table: Table, column: &str) -> Vec<(i64, Value)> {
        let sql = format!(
            "SELECT {}, {} FROM {} ORDER BY 1",
            table.address,
            quote_identifier(column),
            quote_identifier(table.name)
        );
        self.session.query_with(&sql, ()).await.unwrap()
    }

    /// Sets one value; the server must find that it changed exactly one row.
    pub(crate) async fn set(&mut self, table: Table, address: i64, column: &str, value: Value) {
        let as_before: String = self
            .touched
            .get(table.name)
            .into_iter()
            .flatten()
            .filter(|touched| *touched != column)
            .map(|touched| format!(", {0} = {0}", quote_identifier(touched)))
            .collect();
        let sql = format!(
            "UPDATE {} SET {} = ?{as_before} WHERE {} = ?",
            quote_identifier(table.name),
            quote_identifier(column),
            table.address
        );
        let shown = format!("{value:?}");
        let changed = self.run_with(&sql, vec![value, Value::from(address)]).await;
        assert_eq!(
            changed, 1,
            "{}.{column} of row {address} to {shown}",
            table.name
        );
    }

    /// The checksum of each row as people put them into one number: CRC32(CONCAT_WS(...)), to be added up by XOR.
    pub(crate) async fn checksums(&mut self, table: Table, kept: bool) -> HashMap<i64, u32> {
        let columns = self.column_list(table.name, |column| column != "_cbtrade_row");
        let name = if kept {
            self.kept(table.name)
        } else {
            quote_identifier(table.name)
        };
        let sql = format!(
            "SELECT {}, CRC32(CONCAT_WS('#', {columns})) FROM {name}",
            table.address
        );
        let rows: Vec<(i64, u32)> = self.session.query_with(&sql, ()).await.unwrap();
        rows.into_iter().collect()
    }
}

fn tables() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|table| table.name).chain([ORIGINALS])
}
