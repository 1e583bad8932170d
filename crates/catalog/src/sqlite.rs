//! The catalogue as SQLite statements, in the manner of CBTrade's SQLite era: numbers that are
//! money in REAL, dates as text, row numbers that are never given out twice.

use crate::column::{Column, ColumnKind, DefaultValue};
use crate::table::Table;

/// The statement that creates `table` under `name`, with its primary and unique keys.
pub fn sqlite_create_table(table: &Table, name: &str) -> String {
    let numbered = table.auto_increment_column();
    let mut lines: Vec<String> = table.columns.iter().map(column_clause).collect();
    if numbered.is_none() && !table.primary_key.is_empty() {
        lines.push(format!("PRIMARY KEY ({})", quote_all(&table.primary_key)));
    }
    lines.extend(
        table
            .unique_keys
            .iter()
            .map(|key| format!("UNIQUE ({})", quote_all(&key.columns))),
    );
    format!(
        "CREATE TABLE {} (\n  {}\n)",
        quote(name),
        lines.join(",\n  ")
    )
}

/// The statements that create the indexes of `table` under `name`. SQLite keeps the names of all
/// indexes of a file together, so the table's name is put before each.
pub fn sqlite_indexes(table: &Table, name: &str) -> Vec<String> {
    table
        .indexes
        .iter()
        .map(|key| {
            let index = format!("{name}_{}", key.name);
            format!(
                "CREATE INDEX {} ON {} ({})",
                quote(&index),
                quote(name),
                quote_all(&key.columns)
            )
        })
        .collect()
}

/// The triggers of `table` under `name`: pairs of trigger name and statement.
///
/// SQLite has no `ON UPDATE` rule, so an update that leaves `dlm` (or `upd_dttm`) as it was is
/// followed by a second one that sets it and its seconds to the current time. It is one trigger for
/// all such columns: two would fire each other and overwrite a `dlm` that the caller gave.
pub fn sqlite_triggers(table: &Table, name: &str) -> Vec<(String, String)> {
    let touched: Vec<&Column> = table
        .columns
        .iter()
        .filter(|column| column.on_update_now)
        .collect();
    if touched.is_empty() {
        return Vec::new();
    }
    let as_before: Vec<String> = touched
        .iter()
        .map(|column| unchanged(column.name))
        .collect();
    let assignments: Vec<String> = touched
        .iter()
        .flat_map(|column| touches(table, column.name))
        .collect();
    let trigger = format!("{name}_touch");
    let statement = format!(
        "CREATE TRIGGER {} AFTER UPDATE ON {table} FOR EACH ROW WHEN {}\n\
         BEGIN\n  UPDATE {table} SET {} WHERE rowid = NEW.rowid;\nEND",
        quote(&trigger),
        as_before.join(" OR "),
        assignments.join(",\n    "),
        table = quote(name),
    );
    vec![(trigger, statement)]
}

/// Sets a date that the update left alone, and the seconds beside it, to the current time.
fn touches(table: &Table, date: &str) -> Vec<String> {
    let touch = |column: &str, now: &str| {
        let (column, when) = (quote(column), unchanged(date));
        format!("{column} = CASE WHEN {when} THEN {now} ELSE NEW.{column} END")
    };
    let seconds = seconds_column(table, date).map(|seconds| touch(seconds, SECONDS_NOW));
    [touch(date, "CURRENT_TIMESTAMP")]
        .into_iter()
        .chain(seconds)
        .collect()
}

fn unchanged(date: &str) -> String {
    format!("NEW.{date} IS OLD.{date}", date = quote(date))
}

const SECONDS_NOW: &str = "CAST(strftime('%s', 'now') AS INTEGER)";

/// The column of seconds beside a date that the server keeps: `dlm_unix` beside `dlm`.
fn seconds_column(table: &Table, date: &str) -> Option<&'static str> {
    let name = format!("{}_unix", date.strip_suffix("_dttm").unwrap_or(date));
    table.column(&name).map(|column| column.name)
}

fn column_clause(column: &Column) -> String {
    if column.auto_increment {
        return format!("{} INTEGER PRIMARY KEY AUTOINCREMENT", quote(column.name));
    }
    let mut clause = format!("{} {}", quote(column.name), kind_name(column.kind));
    if !column.nullable {
        clause.push_str(" NOT NULL");
    }
    match column.default {
        Some(DefaultValue::Literal(literal)) if column.kind.is_text() => {
            clause.push_str(&format!(" DEFAULT '{}'", literal.replace('\'', "''")));
        }
        Some(DefaultValue::Literal(literal)) => clause.push_str(&format!(" DEFAULT {literal}")),
        Some(DefaultValue::CurrentTimestamp) => clause.push_str(" DEFAULT CURRENT_TIMESTAMP"),
        Some(DefaultValue::UnixTimestampNow) => {
            clause.push_str(&format!(" DEFAULT ({SECONDS_NOW})"))
        }
        None => {}
    }
    clause
}

pub(crate) fn kind_name(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::TinyInt | ColumnKind::Int | ColumnKind::BigInt => "INTEGER",
        ColumnKind::Decimal { .. } => "REAL",
        ColumnKind::Varchar(_) | ColumnKind::Char(_) | ColumnKind::Text | ColumnKind::Timestamp => {
            "TEXT"
        }
    }
}

pub(crate) fn quote_all(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| quote(name))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The one place where a name becomes part of a statement for SQLite.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
