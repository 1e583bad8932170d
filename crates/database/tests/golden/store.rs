//! The tables behind the layer, looked at from outside: what changed, and back to the seed.

use std::collections::BTreeMap;

use cbtrade_catalog::{ColumnKind, Table, candle_table};
use cbtrade_core::{Decimal, Timestamp};

use crate::answer::{Answer, Fields};
use crate::seed::{Literal, Seed};

/// What the harness does with an engine's tables. It panics where it cannot.
pub(crate) trait Store {
    /// Runs statements of a case before its call.
    async fn run(&mut self, statements: &[String]);
    /// What differs from the seed, by table; absent tables are as they were.
    async fn changes(&mut self) -> BTreeMap<String, TableChanges>;
    /// Puts the seed back, numbers of next rows included.
    async fn restore(&mut self);
}

/// Rows of a table by key. A cell is the server's text for it, on SQLite too.
pub(crate) type Rows = BTreeMap<Vec<Cell>, Vec<Cell>>;
/// A cell's text.
pub(crate) type Cell = Option<String>;

/// What changed in a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct TableChanges {
    pub(crate) inserted: Vec<Fields>,
    pub(crate) updated: Vec<(Fields, Fields)>,
    pub(crate) deleted: Vec<Vec<Answer>>,
}

/// A table that is watched.
pub(crate) struct Watched {
    pub(crate) name: String,
    pub(crate) table: &'static Table,
    /// Its rows in the seed.
    pub(crate) base: Rows,
}

impl Watched {
    fn new(name: &str, table: &'static Table) -> Watched {
        Watched {
            name: name.to_owned(),
            table,
            base: Rows::new(),
        }
    }

    /// Its columns, quoted the way both engines take.
    pub(crate) fn columns(&self) -> String {
        let names = self
            .table
            .columns
            .iter()
            .map(|column| format!("`{}`", column.name));
        names.collect::<Vec<_>>().join(",")
    }

    /// The key of a row of cells in the table's order.
    pub(crate) fn key(&self, row: &[Cell]) -> Vec<Cell> {
        let place = |name: &&str| {
            self.table
                .columns
                .iter()
                .position(|column| column.name == *name)
                .expect("a key's column")
        };
        self.table
            .row_key()
            .iter()
            .map(|name| row[place(name)].clone())
            .collect()
    }

    fn answer(&self, name: &str, cell: &Cell) -> Answer {
        let kind = self.table.column(name).expect("a column").kind;
        answer_of(kind, cell)
    }

    /// What changed from the seed to these rows.
    pub(crate) fn changes_to(&self, now: &Rows) -> TableChanges {
        let names: Vec<&str> = self
            .table
            .columns
            .iter()
            .map(|column| column.name)
            .collect();
        let key_names = self.table.row_key();
        let fields = |names: &[&str], cells: &[Cell]| -> Fields {
            let both = names.iter().zip(cells);
            both.map(|(name, cell)| ((*name).to_owned(), self.answer(name, cell)))
                .collect()
        };
        let mut changes = TableChanges::default();
        for (key, row) in now {
            match self.base.get(key) {
                None => changes.inserted.push(fields(&names, row)),
                Some(before) if before != row => {
                    let places = (0..names.len()).filter(|place| before[*place] != row[*place]);
                    let set = places.map(|place| {
                        (
                            names[place].to_owned(),
                            self.answer(names[place], &row[place]),
                        )
                    });
                    changes
                        .updated
                        .push((fields(key_names, key), set.collect()));
                }
                Some(_) => {}
            }
        }
        for key in self.base.keys().filter(|key| !now.contains_key(*key)) {
            let values = fields(key_names, key).into_iter().map(|(_, value)| value);
            changes.deleted.push(values.collect());
        }
        changes
    }

    /// Holds the rows that were read against the seed's own text.
    pub(crate) fn check_base(&self, seed: &Seed) {
        let mut expected = Rows::new();
        for insert in seed
            .inserts
            .iter()
            .filter(|insert| insert.table == self.name)
        {
            for values in &insert.rows {
                let cell = |column: &cbtrade_catalog::Column| {
                    let place = insert.columns.iter().position(|name| name == column.name);
                    match &values[place.expect("the seed names every column")] {
                        Literal::Null => None,
                        Literal::Number(text) | Literal::Text(text) => {
                            Some(canonical(column.kind, text))
                        }
                    }
                };
                let row: Vec<Cell> = self.table.columns.iter().map(cell).collect();
                expected.insert(self.key(&row), row);
            }
        }
        assert_eq!(expected.len(), self.base.len(), "rows of `{}`", self.name);
        for (key, row) in &expected {
            assert_eq!(
                Some(row),
                self.base.get(key),
                "row {key:?} of `{}`",
                self.name
            );
        }
    }
}

/// The tables of the seed, in its order.
pub(crate) fn watched(seed: &Seed) -> Vec<Watched> {
    let mut tables: Vec<Watched> = Vec::new();
    for insert in &seed.inserts {
        if tables.iter().any(|table| table.name == insert.table) {
            continue;
        }
        let table = match insert.table.starts_with("ohlcv_") {
            true => candle_table(),
            false => cbtrade_catalog::table(&insert.table).expect("a table of the catalogue"),
        };
        tables.push(Watched::new(&insert.table, table));
    }
    tables
}

/// A cell's text as the servers write it.
pub(crate) fn canonical(kind: ColumnKind, text: &str) -> String {
    match kind {
        ColumnKind::Decimal { .. } => {
            Decimal::parse_rounded(text).map_or_else(|_| text.to_owned(), Decimal::to_fixed)
        }
        _ => text.to_owned(),
    }
}

fn answer_of(kind: ColumnKind, cell: &Cell) -> Answer {
    let Some(text) = cell else {
        return Answer::Nothing;
    };
    let otherwise = || Answer::Text(text.clone());
    match kind {
        ColumnKind::TinyInt | ColumnKind::Int | ColumnKind::BigInt => {
            text.parse().map_or_else(|_| otherwise(), Answer::Integer)
        }
        ColumnKind::Decimal { .. } => {
            Decimal::parse(text).map_or_else(|_| otherwise(), Answer::Decimal)
        }
        ColumnKind::Timestamp => {
            Timestamp::parse(text).map_or_else(|_| otherwise(), Answer::Moment)
        }
        ColumnKind::Varchar(_) | ColumnKind::Char(_) | ColumnKind::Text => otherwise(),
    }
}
