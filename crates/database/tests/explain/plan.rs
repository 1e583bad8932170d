//! What a database says of how it carries out a statement.

use std::fmt;

use cbtrade_database::{Dialect, Row, Statement, Value};

use crate::world::World;

/// Rows of a table that may be read whole at no cost.
const SCANNED_MAX: u64 = 1_000;
/// Rows that may be read by a key: a product's share of the history, with a margin for the database's reckoning.
const BY_KEY_MAX: u64 = 10_000;

/// How a statement comes to the rows of a table.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// The table's own name; what the database calls it where that is not known.
    pub(crate) table: String,
    /// In the database's words.
    how: String,
    key: Option<String>,
    /// Whether all rows of the table, or of a key, are read.
    whole: bool,
    /// Whether reading ends at the statement's LIMIT, because the key gives the rows in the order that is asked for.
    ends_early: bool,
    /// Rows that are read, as the database reckons; where it does not, those of the table if it is read whole.
    rows: u64,
}

impl fmt::Display for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_deref().unwrap_or("no key");
        write!(
            formatter,
            "{}: {} by {key}, {} rows",
            self.table, self.how, self.rows
        )?;
        match self.ends_early {
            true => formatter.write_str(", ends at the limit"),
            false => Ok(()),
        }
    }
}

impl Access {
    pub(crate) fn reads_too_many(&self) -> bool {
        let most = match self.whole {
            true => SCANNED_MAX,
            false => BY_KEY_MAX,
        };
        self.rows > most && !self.ends_early
    }
}

/// What databases say when they read everything before they give the first row.
const SORTING: [&str; 3] = ["Using filesort", "Using temporary", "USE TEMP B-TREE"];

/// The plan of a statement; `None` for one that looks for nothing.
pub(crate) async fn of(world: &World, statement: &Statement) -> Option<Vec<Access>> {
    let word = statement.sql.split_whitespace().next()?.to_uppercase();
    if !["SELECT", "WITH", "UPDATE", "DELETE"].contains(&word.as_str())
        || statement.sql.contains("information_schema")
        || statement.sql.contains("pragma_")
        || statement.sql.contains("sqlite_schema")
    {
        return None;
    }
    let sql = format!("{} {}", world.explain(), statement.sql);
    let rows = world.rows(&sql, statement.values.clone()).await;
    let told = match world.dialect() {
        Dialect::MySql => "table",
        Dialect::Sqlite => "detail",
    };
    assert!(
        rows.iter().all(|row| row.get(told).is_some()),
        "{world}: the plan cannot be read: {rows:?}"
    );
    let names = Names::of(&statement.sql);
    let sorts = |row: &Row| {
        let said = text(row, "Extra").or_else(|| text(row, "detail"));
        said.is_some_and(|said| SORTING.iter().any(|word| said.contains(word)))
    };
    let ends_early = statement.sql.contains(" LIMIT ") && !rows.iter().any(sorts);
    let accesses: Vec<Access> = match world.dialect() {
        Dialect::MySql => rows
            .iter()
            .filter_map(|row| of_server(&names, row))
            .collect(),
        Dialect::Sqlite => rows
            .iter()
            .filter_map(|row| of_file(world, &names, row))
            .collect(),
    };
    let alone = accesses.len() == 1;
    let told = |access| Access {
        ends_early: ends_early && alone,
        ..access
    };
    Some(accesses.into_iter().map(told).collect())
}

fn text(row: &Row, column: &str) -> Option<String> {
    match row.get(column)? {
        Value::Null => None,
        value => Some(value.to_string()),
    }
}

/// A line of a server's EXPLAIN; `None` for one without a table.
fn of_server(names: &Names, row: &Row) -> Option<Access> {
    let table = text(row, "table")?;
    // Derived tables are made from what the other lines read.
    if table.starts_with('<') {
        return None;
    }
    let how = text(row, "type").unwrap_or_default();
    Some(Access {
        table: names.table(&table),
        whole: how == "ALL" || how == "index",
        ends_early: false,
        how,
        key: text(row, "key"),
        rows: text(row, "rows")
            .and_then(|rows| rows.parse().ok())
            .unwrap_or(0),
    })
}

/// A line of EXPLAIN QUERY PLAN: `SCAN poss`, `SEARCH p USING INDEX poss_bo_uuid (<expr>=?)`, …
fn of_file(world: &World, names: &Names, row: &Row) -> Option<Access> {
    let detail = text(row, "detail")?;
    let (how, rest) = detail.split_once(' ')?;
    if how != "SCAN" && how != "SEARCH" {
        return None;
    }
    let called = rest.split(' ').next().unwrap_or_default();
    let table = names.table(called);
    // Subqueries and lists of constants are no tables.
    let rows = world.rows_of(&table)?;
    let key = rest.split_once("USING ").map(|(_, key)| key.to_owned());
    Some(Access {
        table,
        how: how.to_owned(),
        key,
        whole: how == "SCAN",
        ends_early: false,
        rows: if how == "SCAN" { rows } else { 0 },
    })
}

/// The tables of a statement with what it calls them.
struct Names(Vec<(String, String)>);

impl Names {
    fn of(sql: &str) -> Names {
        let plain = sql.replace(['`', '"'], "").replace(['(', ')', ','], " ");
        let words: Vec<&str> = plain.split_whitespace().collect();
        let mut list = Vec::new();
        for (place, word) in words.iter().enumerate() {
            if !["FROM", "JOIN", "UPDATE"].contains(word) {
                continue;
            }
            let Some(table) = words.get(place + 1) else {
                continue;
            };
            let alias = words.get(place + 2).copied().unwrap_or_default();
            let bare = table.rsplit('.').next().unwrap_or(table);
            list.push((bare.to_owned(), (*table).to_owned()));
            list.push((alias.to_owned(), (*table).to_owned()));
        }
        Names(list)
    }

    fn table(&self, called: &str) -> String {
        let found = self.0.iter().find(|(name, _)| name == called);
        found.map_or_else(|| called.to_owned(), |(_, table)| table.clone())
    }
}
