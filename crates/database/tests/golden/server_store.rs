//! The tables on a server: a session of the harness's own beside the layer's connections.

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_catalog::{mysql_create_table, mysql_triggers};
use cbtrade_database::Database;
use cbtrade_mysql::{Session, SessionOptions, Warnings, mysql_async, quote_identifier};
use cbtrade_testkit::{Flavour, TestServer};

use crate::seed::Seed;
use crate::store::{Cell, Rows, Store, TableChanges, Watched, watched};

/// The moment at which everything happens.
pub(crate) const CLOCK: &str = "SET timestamp=1760000000";
/// Database with the seed's rows as they were, to put them back from.
const PRISTINE: &str = "golden_pristine";

/// A server with the seed.
pub(crate) struct ServerStore {
    session: Session,
    tables: Vec<Watched>,
    sums: BTreeMap<String, u64>,
    /// Tables with the numbers of their next rows.
    next_ids: BTreeMap<String, Option<u64>>,
    triggers: BTreeSet<(String, String)>,
    /// Tables that differ from the seed since the last look.
    changed: BTreeSet<String>,
}

impl ServerStore {
    /// Makes the databases with their tables, which are the layer's own, and their rows.
    pub(crate) async fn new(server: &TestServer, database: &Database, seed: &Seed) -> ServerStore {
        let options = SessionOptions {
            warnings: Warnings::AreIgnored,
            ..SessionOptions::default()
        };
        let mut session = Session::open(&server.root_target(), &options)
            .await
            .expect("a session");
        for name in ["cbtrade", "ohlcv", PRISTINE] {
            let sql =
                format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci");
            session.execute(&sql).await.expect("a database");
        }
        database
            .ensure_database_ready()
            .await
            .expect("the layer's tables");
        session.execute("USE cbtrade").await.expect("the database");
        session.execute(CLOCK).await.expect("the clock");
        if server.flavour() == Flavour::MySql {
            let fresh = "SET SESSION information_schema_stats_expiry = 0";
            session.execute(fresh).await.expect("fresh numbers");
        }
        let mut store = ServerStore {
            session,
            tables: watched(seed),
            sums: BTreeMap::new(),
            next_ids: BTreeMap::new(),
            triggers: BTreeSet::new(),
            changed: BTreeSet::new(),
        };
        store.make_candle_tables().await;
        for statement in &seed.statements {
            store.execute(statement).await;
        }
        store.keep_pristine(seed).await;
        store
    }

    /// The layer makes its candle tables at their first use; the seed has two.
    async fn make_candle_tables(&mut self) {
        let candles: Vec<(String, &'static cbtrade_catalog::Table)> = self
            .tables
            .iter()
            .filter(|table| table.table.candle_fill)
            .map(|table| (table.name.clone(), table.table))
            .collect();
        self.execute("USE ohlcv").await;
        for (name, table) in candles {
            self.execute(&mysql_create_table(table, &name)).await;
            for (_, sql) in mysql_triggers(table, &name) {
                self.execute(&sql).await;
            }
        }
        self.execute("USE cbtrade").await;
    }

    async fn keep_pristine(&mut self, seed: &Seed) {
        for place in 0..self.tables.len() {
            let (name, whole) = self.names(place);
            let copy = format!("{PRISTINE}.{}", quote_identifier(&name));
            self.execute(&format!("CREATE TABLE {copy} LIKE {whole}"))
                .await;
            self.execute(&format!("INSERT INTO {copy} SELECT * FROM {whole}"))
                .await;
            let rows = self.rows(place).await;
            self.tables[place].base = rows;
            self.tables[place].check_base(seed);
        }
        self.sums = self.sums_now().await;
        self.next_ids = self.next_ids_now().await;
        self.triggers = self.triggers_now().await;
    }

    async fn execute(&mut self, sql: &str) {
        if let Err(error) = self.session.execute(sql).await {
            panic!(
                "{error}: {:?}",
                std::error::Error::source(&error).map(ToString::to_string)
            );
        }
    }

    /// A table's name, and the same with its database.
    fn names(&self, place: usize) -> (String, String) {
        let table = &self.tables[place];
        let whole = format!(
            "{}.{}",
            table.table.database.name(),
            quote_identifier(&table.name)
        );
        (table.name.clone(), whole)
    }

    async fn rows(&mut self, place: usize) -> Rows {
        let (_, whole) = self.names(place);
        let sql = format!("SELECT {} FROM {whole}", self.tables[place].columns());
        let rows: Vec<mysql_async::Row> = self.session.query(&sql).await.expect("rows");
        let table = &self.tables[place];
        rows.into_iter()
            .map(|row| {
                let cells: Vec<Cell> = row.unwrap().into_iter().map(cell).collect();
                (table.key(&cells), cells)
            })
            .collect()
    }

    async fn sums_now(&mut self) -> BTreeMap<String, u64> {
        let names: Vec<String> = (0..self.tables.len())
            .map(|place| self.names(place).1)
            .collect();
        let sql = format!("CHECKSUM TABLE {}", names.join(","));
        let sums: Vec<(String, Option<u64>)> = self.session.query(&sql).await.expect("checksums");
        let bare = |name: &str| {
            name.rsplit_once('.')
                .map_or(name, |(_, table)| table)
                .to_owned()
        };
        sums.into_iter()
            .map(|(name, sum)| (bare(&name), sum.unwrap_or(0)))
            .collect()
    }

    async fn next_ids_now(&mut self) -> BTreeMap<String, Option<u64>> {
        let sql = "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME), AUTO_INCREMENT FROM information_schema.TABLES \
                   WHERE TABLE_SCHEMA IN ('cbtrade', 'ohlcv')";
        let rows: Vec<(String, Option<u64>)> = self.session.query(sql).await.expect("numbers");
        rows.into_iter().collect()
    }

    async fn triggers_now(&mut self) -> BTreeSet<(String, String)> {
        let sql = "SELECT TRIGGER_SCHEMA, TRIGGER_NAME FROM information_schema.TRIGGERS \
                   WHERE TRIGGER_SCHEMA IN ('cbtrade', 'ohlcv')";
        let rows: Vec<(String, String)> = self.session.query(sql).await.expect("triggers");
        rows.into_iter().collect()
    }

    async fn find_changed(&mut self) {
        let sums = self.sums_now().await;
        let differs = |name: &&String| sums.get(*name) != self.sums.get(*name);
        self.changed = self.sums.keys().filter(differs).cloned().collect();
    }
}

/// A value of the text protocol.
fn cell(value: mysql_async::Value) -> Cell {
    match value {
        mysql_async::Value::NULL => None,
        mysql_async::Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        other => panic!("the text protocol gave {other:?}"),
    }
}

impl Store for ServerStore {
    async fn run(&mut self, statements: &[String]) {
        for statement in statements {
            self.execute(statement).await;
        }
    }

    async fn changes(&mut self) -> BTreeMap<String, TableChanges> {
        self.find_changed().await;
        let mut changes = BTreeMap::new();
        for place in 0..self.tables.len() {
            let name = self.tables[place].name.clone();
            if self.changed.contains(&name) {
                let rows = self.rows(place).await;
                changes.insert(name, self.tables[place].changes_to(&rows));
            }
        }
        changes
    }

    /// The copy's rows go through the insert trigger again. That changes nothing, because the seed's derived columns are
    /// consistent; the checksums tell if it ever did.
    async fn restore(&mut self) {
        for place in 0..self.tables.len() {
            let (name, whole) = self.names(place);
            if self.changed.contains(&name) {
                let copy = format!("{PRISTINE}.{}", quote_identifier(&name));
                self.execute(&format!("DELETE FROM {whole}")).await;
                self.execute(&format!("INSERT INTO {whole} SELECT * FROM {copy}"))
                    .await;
            }
        }
        let triggers = self.triggers_now().await;
        assert!(
            self.triggers.is_subset(&triggers),
            "a case dropped a trigger"
        );
        let next_ids = self.next_ids_now().await;
        for (schema, trigger) in triggers.difference(&self.triggers) {
            let trigger = quote_identifier(trigger);
            let sql = format!("DROP TRIGGER {schema}.{trigger}");
            self.session.execute(&sql).await.expect("a trigger less");
        }
        for (table, next) in next_ids {
            match self.next_ids.get(&table).copied() {
                None => self.execute(&format!("DROP TABLE {table}")).await,
                Some(before) if before != next => {
                    let first = before.expect("a numbered table");
                    self.execute(&format!("ALTER TABLE {table} AUTO_INCREMENT = {first}"))
                        .await;
                }
                Some(_) => {}
            }
        }
        if !self.changed.is_empty() {
            assert_eq!(self.sums_now().await, self.sums, "the seed is not back");
        }
        self.changed.clear();
    }
}
