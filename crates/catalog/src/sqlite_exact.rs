//! The catalogue as the layer's own SQLite tables: what a server does by types, collations and triggers, in SQLite's words.
//!
//! Decimals are TEXT, so that no digit is lost. Text keys are over `rtrim(column) COLLATE NOCASE`, because bots rely on
//! letter case and trailing spaces not counting. Derived columns are kept by triggers, for every program that writes.

use crate::column::{Column, ColumnKind, DefaultValue};
use crate::sqlite::{kind_name, quote, quote_all};
use crate::table::{Derivation, Key, Table};

/// The statement that creates `table` under `name`. Its unique keys are [`sqlite_exact_indexes`].
#[must_use]
pub fn sqlite_exact_table(table: &Table, name: &str) -> String {
    let mut lines: Vec<String> = table.columns.iter().map(column_clause).collect();
    if table.candle_fill {
        lines.push(format!("PRIMARY KEY ({})", quote_all(&table.primary_key)));
    }
    format!(
        "CREATE TABLE {} (\n  {}\n)",
        quoted(name),
        lines.join(",\n  ")
    )
}

/// The statements that create the unique keys and indexes of `table` under `name`, each with its index's name.
#[must_use]
pub fn sqlite_exact_indexes(table: &Table, name: &str) -> Vec<(String, String)> {
    let mut indexes = Vec::new();
    let numbered = table.auto_increment_column().is_some();
    if !numbered && !table.candle_fill && !table.primary_key.is_empty() {
        let key = Key {
            name: "primary",
            columns: table.primary_key.clone(),
        };
        indexes.push(sqlite_exact_index(table, name, &key, true));
    }
    indexes.extend(
        table
            .unique_keys
            .iter()
            .map(|key| sqlite_exact_index(table, name, key, true)),
    );
    indexes.extend(
        table
            .indexes
            .iter()
            .map(|key| sqlite_exact_index(table, name, key, false)),
    );
    indexes
}

/// The statement that creates one key of `table` under `name`, with the index's name, which is unique in a file.
#[must_use]
pub fn sqlite_exact_index(table: &Table, name: &str, key: &Key, unique: bool) -> (String, String) {
    let index = format!("{name}_{}", key.name);
    let columns: Vec<String> = key
        .columns
        .iter()
        .map(|column| match table.column(column) {
            Some(found) if found.kind.is_text() => {
                format!("rtrim({}) COLLATE NOCASE", quote(column))
            }
            _ => quote(column),
        })
        .collect();
    let statement = format!(
        "CREATE {}INDEX {} ON {} ({})",
        if unique { "UNIQUE " } else { "" },
        quote(&index),
        quote(name),
        columns.join(", ")
    );
    (index, statement)
}

/// The triggers of `table` under `name`: pairs of trigger name and statement.
///
/// SQLite's triggers cannot change the row on its way, so each is followed by an update of the same row. `schema` is the
/// attached file's name for a table that is not in the main one, else empty.
#[must_use]
pub fn sqlite_exact_triggers(table: &Table, name: &str, schema: &str) -> Vec<(String, String)> {
    let triggers = [
        ("insert", derived(table, &table.insert_derives, false)),
        ("update", derived(table, &table.update_derives, true)),
    ];
    triggers
        .into_iter()
        .filter(|(_, assignments)| !assignments.is_empty())
        .map(|(event, assignments)| {
            let trigger = format!("after_{event}_{name}");
            let place = if schema.is_empty() { String::new() } else { format!("{}.", quote(schema)) };
            let statement = format!(
                "CREATE TRIGGER {place}{} AFTER {} ON {table} FOR EACH ROW{}\nBEGIN\n  UPDATE {table} SET {} WHERE rowid = NEW.rowid;\nEND",
                quote(&trigger),
                event.to_uppercase(),
                when(table, event),
                assignments.join(",\n    "),
                table = quote(name),
            );
            (trigger, statement)
        })
        .collect()
}

/// When a trigger is to act.
///
/// The insert trigger's own update would set off the update trigger, which would take it for somebody's change and replace
/// the dates that the insert gave. So the insert trigger acts only on a row that is not derived yet, and the update trigger
/// passes over an update that does no more than derive such a row.
fn when(table: &Table, event: &str) -> String {
    let Some((derived, columns)) = is_derived(table) else {
        return String::new();
    };
    let is_derived = |row: &str| derived.replace("ROW.", row);
    if event == "insert" {
        return format!("\nWHEN NOT ({})", is_derived("NEW."));
    }
    let changed: Vec<String> = table
        .columns
        .iter()
        .filter(|column| !columns.contains(&column.name))
        .map(|column| format!("NEW.{0} IS NOT OLD.{0}", quote(column.name)))
        .collect();
    format!(
        "\nWHEN ({})\n    OR {}",
        is_derived("OLD."),
        changed.join(" OR ")
    )
}

/// Whether a row is as the insert trigger leaves it, with `ROW.` before each column, and the columns that the trigger may
/// set; `None` for a table without one.
fn is_derived(table: &Table) -> Option<(String, Vec<&'static str>)> {
    let mut conditions = Vec::new();
    let mut columns = Vec::new();
    for pair in table.candle_pairs() {
        let (unix, from) = (quote(pair.target), quote(pair.from));
        conditions.push(format!(
            "NOT (ROW.{unix} = 0 AND ROW.{from} IS NOT NULL OR ROW.{unix} > 0 AND ROW.{from} IS NULL)"
        ));
        columns.extend([pair.target, pair.from]);
    }
    if table.derives_in_force && !table.candle_fill {
        for derivation in &table.insert_derives {
            let (unix, from) = (quote(derivation.target), quote(derivation.from));
            let seconds = format!("COALESCE({}, 0)", seconds_of(&format!("ROW.{from}")));
            conditions.push(match derivation.only_if_target_not_null {
                true => format!("(ROW.{unix} IS NULL OR ROW.{unix} IS {seconds})"),
                false => format!("ROW.{unix} IS {seconds}"),
            });
            columns.push(derivation.target);
        }
    }
    (!conditions.is_empty()).then(|| (conditions.join(" AND "), columns))
}

/// What is assigned after an insert or update.
fn derived(table: &Table, derivations: &[Derivation], update: bool) -> Vec<String> {
    let touched: Vec<&str> = table
        .columns
        .iter()
        .filter(|column| update && column.on_update_now)
        .map(|column| column.name)
        .collect();
    let mut assignments: Vec<String> = touched
        .iter()
        .map(|column| format!("{} = {}", quote(column), touched_date(column)))
        .collect();
    let date = |column: &str| match touched.contains(&column) {
        true => touched_date(column),
        false => format!("NEW.{}", quote(column)),
    };
    if table.candle_fill {
        for pair in table.candle_pairs() {
            let (unix, from) = (format!("NEW.{}", quote(pair.target)), date(pair.from));
            assignments.push(format!(
                "{} = CASE WHEN {unix} = 0 AND {from} IS NOT NULL THEN {} ELSE {unix} END",
                quote(pair.target),
                seconds_of(&from)
            ));
            if !touched.contains(&pair.from) {
                assignments.push(format!(
                    "{} = CASE WHEN {unix} > 0 AND {from} IS NULL THEN datetime({unix}, 'unixepoch') ELSE {from} END",
                    quote(pair.from)
                ));
            }
        }
    } else if table.derives_in_force {
        for derivation in derivations {
            let seconds = format!("COALESCE({}, 0)", seconds_of(&date(derivation.from)));
            let value = match derivation.only_if_target_not_null {
                true => format!(
                    "CASE WHEN NEW.{0} IS NULL THEN NULL ELSE {seconds} END",
                    quote(derivation.target)
                ),
                false => seconds,
            };
            assignments.push(format!("{} = {value}", quote(derivation.target)));
        }
    }
    assignments
}

/// The present moment, unless the update gave the date another value.
fn touched_date(column: &str) -> String {
    format!(
        "CASE WHEN NEW.{0} IS OLD.{0} THEN CURRENT_TIMESTAMP ELSE NEW.{0} END",
        quote(column)
    )
}

fn seconds_of(date: &str) -> String {
    format!("CAST(strftime('%s', {date}) AS INTEGER)")
}

fn column_clause(column: &Column) -> String {
    if column.auto_increment {
        return format!("{} INTEGER PRIMARY KEY AUTOINCREMENT", quote(column.name));
    }
    let kind = match column.kind {
        ColumnKind::Decimal { .. } => "TEXT",
        kind => kind_name(kind),
    };
    let mut clause = format!("{} {kind}", quote(column.name));
    if !column.nullable {
        clause.push_str(" NOT NULL");
    }
    match column.default {
        Some(DefaultValue::Literal(literal)) => match column.kind {
            ColumnKind::Decimal { .. } => clause.push_str(&format!(" DEFAULT '{literal}'")),
            kind if kind.is_text() => {
                clause.push_str(&format!(" DEFAULT '{}'", literal.replace('\'', "''")))
            }
            _ => clause.push_str(&format!(" DEFAULT {literal}")),
        },
        Some(DefaultValue::CurrentTimestamp) => clause.push_str(" DEFAULT CURRENT_TIMESTAMP"),
        Some(DefaultValue::UnixTimestampNow) => {
            clause.push_str(&format!(" DEFAULT ({})", seconds_of("CURRENT_TIMESTAMP")));
        }
        None => {}
    }
    clause
}

/// A name that may have an attached file's name before it, as `ohlcv.ohlcv_BTC_USDC`.
fn quoted(name: &str) -> String {
    name.split('.').map(quote).collect::<Vec<_>>().join(".")
}
