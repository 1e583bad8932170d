//! The tables in SQLite files: a connection of the harness's own beside the layer's.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use cbtrade_catalog::{
    Column, ColumnKind, candle_table, sqlite_exact_indexes, sqlite_exact_table,
    sqlite_exact_triggers,
};
use cbtrade_core::Decimal;
use cbtrade_sqlite::rusqlite::backup::Backup;
use cbtrade_sqlite::rusqlite::types::{Value, ValueRef};
use cbtrade_sqlite::rusqlite::{Connection, params_from_iter};

use crate::seed::{Literal, Seed};
use crate::store::{Cell, Rows, Store, TableChanges, Watched, canonical, watched};

/// The two databases of a connection.
const DATABASES: [&str; 2] = ["main", "ohlcv"];

/// Files with the seed.
pub(crate) struct FileStore {
    connection: Connection,
    tables: Vec<Watched>,
    /// The files as they were, to put them back from.
    pristine: Vec<Connection>,
    /// By database, the number that changes when another connection has written.
    versions: Vec<i64>,
    /// By database, whether anybody has written since the seed was put back.
    is_written: Vec<bool>,
}

impl FileStore {
    /// Fills the layer's own tables in a file, and the candle tables in the file beside it.
    pub(crate) fn new(path: &Path, seed: &Seed) -> FileStore {
        let connection = Connection::open(path).expect("the file");
        connection
            .busy_timeout(Duration::from_secs(10))
            .expect("patience");
        let candles = path.with_file_name("ohlcv.db");
        connection
            .execute("ATTACH ? AS ohlcv", [candles.to_str().expect("a path")])
            .expect("the candles");
        let mut store = FileStore {
            connection,
            tables: watched(seed),
            pristine: Vec::new(),
            versions: Vec::new(),
            is_written: vec![false; DATABASES.len()],
        };
        store.make_candle_tables();
        store.fill(seed);
        for place in 0..store.tables.len() {
            let rows = store.rows(place);
            store.tables[place].base = rows;
            store.tables[place].check_base(seed);
        }
        store.pristine = DATABASES.iter().map(|name| store.copy(name)).collect();
        store.versions = store.versions_now();
        store
    }

    fn make_candle_tables(&self) {
        let names = self.tables.iter().filter(|table| table.table.candle_fill);
        for Watched { name, .. } in names {
            let whole = format!("ohlcv.{name}");
            let mut statements = vec![sqlite_exact_table(candle_table(), &whole)];
            let more = sqlite_exact_indexes(candle_table(), name);
            let triggers = sqlite_exact_triggers(candle_table(), name, "ohlcv");
            statements.extend(
                more.into_iter()
                    .chain(triggers)
                    .map(|(_, statement)| statement),
            );
            for statement in statements {
                self.connection
                    .execute_batch(&statement)
                    .expect("a candle table");
            }
        }
    }

    fn fill(&self, seed: &Seed) {
        self.connection
            .execute_batch("BEGIN")
            .expect("a transaction");
        for insert in &seed.inserts {
            let table = self
                .tables
                .iter()
                .find(|table| table.name == insert.table)
                .expect("a table");
            let columns: Vec<&Column> = insert
                .columns
                .iter()
                .map(|name| table.table.column(name).expect("a column"))
                .collect();
            let sql = format!(
                "INSERT INTO {} ({}) VALUES ({})",
                insert.table,
                insert.columns.join(","),
                vec!["?"; columns.len()].join(",")
            );
            let mut statement = self.connection.prepare(&sql).expect("an insert");
            for row in &insert.rows {
                let values = columns
                    .iter()
                    .zip(row)
                    .map(|(column, literal)| value(column.kind, literal));
                statement
                    .execute(params_from_iter(values))
                    .expect("a row of the seed");
            }
        }
        self.connection.execute_batch("COMMIT").expect("the seed");
    }

    /// A copy in memory.
    fn copy(&self, database: &str) -> Connection {
        let mut copy = Connection::open_in_memory().expect("memory");
        let backup = Backup::new_with_names(&self.connection, database, &mut copy, "main");
        backup
            .and_then(|backup| backup.run_to_completion(10_000, Duration::ZERO, None))
            .expect("a copy");
        copy
    }

    fn rows(&self, place: usize) -> Rows {
        let table = &self.tables[place];
        let kinds: Vec<ColumnKind> = table
            .table
            .columns
            .iter()
            .map(|column| column.kind)
            .collect();
        let sql = format!("SELECT {} FROM {}", table.columns(), table.name);
        let mut statement = self.connection.prepare_cached(&sql).expect("a query");
        let mut rows = statement.query([]).expect("rows");
        let mut all = Rows::new();
        while let Some(row) = rows.next().expect("a row") {
            let cells: Vec<Cell> = kinds
                .iter()
                .enumerate()
                .map(|(at, kind)| cell(*kind, row.get_ref(at).expect("a cell")))
                .collect();
            all.insert(table.key(&cells), cells);
        }
        all
    }

    fn versions_now(&self) -> Vec<i64> {
        let version = |name: &&str| {
            self.connection
                .query_row(&format!("PRAGMA {name}.data_version"), [], |row| row.get(0))
                .expect("the data's version")
        };
        DATABASES.iter().map(version).collect()
    }
}

/// A literal as the layer keeps it in a file: decimals as text, so that no digit is lost.
fn value(kind: ColumnKind, literal: &Literal) -> Value {
    match (kind, literal) {
        (_, Literal::Null) => Value::Null,
        (ColumnKind::Decimal { .. }, Literal::Number(text)) => {
            Value::Text(Decimal::parse(text).expect("a decimal").to_string())
        }
        (_, Literal::Number(text)) => Value::Integer(text.parse().expect("a whole number")),
        (_, Literal::Text(text)) => Value::Text(text.clone()),
    }
}

fn cell(kind: ColumnKind, value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(canonical(kind, &number.to_string())),
        ValueRef::Real(number) => Some(format!("a double in a file: {number:?}")),
        ValueRef::Text(text) => Some(canonical(kind, &String::from_utf8_lossy(text))),
        ValueRef::Blob(bytes) => Some(format!("bytes in a file: {bytes:02x?}")),
    }
}

impl Store for FileStore {
    async fn run(&mut self, statements: &[String]) {
        for statement in statements {
            self.connection
                .execute_batch(statement)
                .expect("a statement before the call");
            self.is_written = vec![true; DATABASES.len()];
        }
    }

    async fn changes(&mut self) -> BTreeMap<String, TableChanges> {
        let versions = self.versions_now();
        for (place, version) in versions.iter().enumerate() {
            self.is_written[place] |= *version != self.versions[place];
        }
        self.versions = versions;
        let mut changes = BTreeMap::new();
        for (place, table) in self.tables.iter().enumerate() {
            if !self.is_written[usize::from(table.table.candle_fill)] {
                continue;
            }
            let rows = self.rows(place);
            if rows != table.base {
                changes.insert(table.name.clone(), table.changes_to(&rows));
            }
        }
        changes
    }

    async fn restore(&mut self) {
        for (place, name) in DATABASES.iter().enumerate() {
            if !self.is_written[place] {
                continue;
            }
            let pristine = &self.pristine[place];
            let backup = Backup::new_with_names(pristine, "main", &mut self.connection, *name);
            backup
                .and_then(|backup| backup.run_to_completion(10_000, Duration::ZERO, None))
                .expect("the seed is not back");
        }
        self.versions = self.versions_now();
        self.is_written = vec![false; DATABASES.len()];
    }
}
