//! The catalogue as MySQL and MariaDB statements.

use cbtrade_core::quote_identifier;

use crate::column::{Column, ColumnKind, DefaultValue};
use crate::table::{Derivation, Key, Table};
use crate::{TEXT_CHARACTER_SET, TEXT_COLLATION};

/// The statement that creates `table` under `name`, with all keys and without triggers.
///
/// It states what the server would otherwise take from its settings: engine, character set, and
/// NULL and defaults of every date. One thing cannot be stated: that the candle tables' `timestamp`
/// has no default. The session must have `explicit_defaults_for_timestamp` on, as all supported
/// servers have by default, or updates would move that date.
pub fn mysql_create_table(table: &Table, name: &str) -> String {
    let mut lines: Vec<String> = table.columns.iter().map(mysql_column).collect();
    if !table.primary_key.is_empty() {
        lines.push(format!("PRIMARY KEY ({})", quote_all(&table.primary_key)));
    }
    lines.extend(
        table
            .unique_keys
            .iter()
            .map(|key| format!("UNIQUE {}", key_clause(key))),
    );
    lines.extend(table.indexes.iter().map(key_clause));
    format!(
        "CREATE TABLE {} (\n  {}\n) ENGINE=InnoDB DEFAULT CHARACTER SET={TEXT_CHARACTER_SET} COLLATE={TEXT_COLLATION}",
        quote_identifier(name),
        lines.join(",\n  ")
    )
}

/// One column as it stands in a `CREATE TABLE` or `ALTER TABLE` statement.
pub fn mysql_column(column: &Column) -> String {
    let mut clause = format!(
        "{} {}",
        quote_identifier(column.name),
        kind_name(column.kind)
    );
    clause.push_str(if column.nullable {
        " NULL"
    } else {
        " NOT NULL"
    });
    if column.auto_increment {
        clause.push_str(" AUTO_INCREMENT");
    }
    match column.default {
        Some(DefaultValue::Literal(literal)) => {
            clause.push_str(&format!(" DEFAULT '{}'", literal.replace('\'', "''")));
        }
        Some(DefaultValue::CurrentTimestamp) => clause.push_str(" DEFAULT CURRENT_TIMESTAMP"),
        Some(DefaultValue::UnixTimestampNow) => clause.push_str(" DEFAULT (UNIX_TIMESTAMP())"),
        None if column.nullable => clause.push_str(" DEFAULT NULL"),
        None => {}
    }
    if column.on_update_now {
        clause.push_str(" ON UPDATE CURRENT_TIMESTAMP");
    }
    clause
}

/// The triggers of `table` under `name`: pairs of trigger name and statement, for insert and update.
/// Empty if the table has no rule in force.
///
/// Each statement is complete in itself and is sent as one. Both servers apply defaults and
/// `ON UPDATE CURRENT_TIMESTAMP` before a `BEFORE` trigger runs, so the triggers see the `dlm` that
/// will be stored, given or not, and the seconds follow it.
pub fn mysql_triggers(table: &Table, name: &str) -> Vec<(String, String)> {
    if !table.derives_in_force {
        return Vec::new();
    }
    [
        ("insert", &table.insert_derives),
        ("update", &table.update_derives),
    ]
    .into_iter()
    .filter_map(|(event, derivations)| {
        let trigger = format!("before_{event}_{name}");
        let statement = format!(
            "CREATE TRIGGER {} BEFORE {} ON {} FOR EACH ROW\n{}",
            quote_identifier(&trigger),
            event.to_uppercase(),
            quote_identifier(name),
            trigger_body(table, derivations)?
        );
        Some((trigger, statement))
    })
    .collect()
}

fn trigger_body(table: &Table, derivations: &[Derivation]) -> Option<String> {
    if table.candle_fill {
        let fills: Vec<String> = table.candle_pairs().iter().map(fill).collect();
        return Some(format!("BEGIN\n  {};\nEND", fills.join(";\n  ")));
    }
    let assignments: Vec<String> = derivations.iter().map(assignment).collect();
    (!assignments.is_empty()).then(|| format!("SET {}", assignments.join(",\n    ")))
}

/// The date wins: whatever was given for the seconds is replaced, and no date gives 0.
fn assignment(derivation: &Derivation) -> String {
    let target = quote_identifier(derivation.target);
    let seconds = format!("COALESCE({}, 0)", seconds_of(derivation.from));
    if derivation.only_if_target_not_null {
        format!("NEW.{target} = IF(NEW.{target} IS NULL, NULL, {seconds})")
    } else {
        format!("NEW.{target} = {seconds}")
    }
}

/// Only a blank is filled, in either direction; a column that is not blank is not assigned at all.
fn fill(pair: &Derivation) -> String {
    let (unix, date) = (quote_identifier(pair.target), quote_identifier(pair.from));
    format!(
        "IF NEW.{unix} = 0 AND NEW.{date} IS NOT NULL THEN SET NEW.{unix} = {};\n  \
         ELSEIF NEW.{unix} > 0 AND NEW.{date} IS NULL THEN SET NEW.{date} = FROM_UNIXTIME(NEW.{unix});\n  \
         END IF",
        seconds_of(pair.from)
    )
}

/// Whole seconds of a date. A column widened for fractions of a second would otherwise round up.
fn seconds_of(date: &str) -> String {
    format!("FLOOR(UNIX_TIMESTAMP(NEW.{}))", quote_identifier(date))
}

fn kind_name(kind: ColumnKind) -> String {
    match kind {
        ColumnKind::TinyInt => "TINYINT".to_owned(),
        ColumnKind::Int => "INT".to_owned(),
        ColumnKind::BigInt => "BIGINT".to_owned(),
        ColumnKind::Decimal { precision, scale } => format!("DECIMAL({precision},{scale})"),
        ColumnKind::Varchar(characters) => format!("VARCHAR({characters})"),
        ColumnKind::Char(characters) => format!("CHAR({characters})"),
        ColumnKind::Text => "TEXT".to_owned(),
        ColumnKind::Timestamp => "TIMESTAMP".to_owned(),
    }
}

fn key_clause(key: &Key) -> String {
    format!(
        "KEY {} ({})",
        quote_identifier(key.name),
        quote_all(&key.columns)
    )
}

fn quote_all(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| quote_identifier(name))
        .collect::<Vec<_>>()
        .join(", ")
}
