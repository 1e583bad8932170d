//! The catalogue against the facts collected about CBTrade's databases, where those are at hand.
#![cfg(test)]

use std::path::Path;

use cbtrade_catalog::{
    Column, ColumnKind, Database, DefaultValue, Derivation, FREQUENCIES, Key, Table, candle_table,
    tables,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Facts {
    table: Vec<TableFacts>,
    table_pattern: Vec<TableFacts>,
}

#[derive(Deserialize)]
struct TableFacts {
    database: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    created_by_required_tables: bool,
    column_count: usize,
    primary_key: Vec<String>,
    unique_keys: Vec<KeyFacts>,
    indexes: Vec<KeyFacts>,
    columns: Vec<ColumnFacts>,
    triggers: TriggerFacts,
    #[serde(default)]
    freq_values: Vec<String>,
    #[serde(default)]
    freq_end_offset_seconds: std::collections::BTreeMap<String, i64>,
}

#[derive(Deserialize)]
struct KeyFacts {
    name: String,
    columns: Vec<String>,
}

#[derive(Deserialize)]
struct ColumnFacts {
    name: String,
    r#type: String,
    nullable: bool,
    default: Option<String>,
    #[serde(default)]
    auto_increment: bool,
    on_update: Option<String>,
}

#[derive(Deserialize)]
struct TriggerFacts {
    #[serde(default)]
    installed_at_startup: bool,
    #[serde(default)]
    insert_derives: Vec<DerivationFacts>,
    #[serde(default)]
    update_derives: Vec<DerivationFacts>,
    #[serde(default)]
    pairs: Vec<PairFacts>,
}

#[derive(Deserialize)]
struct DerivationFacts {
    target: String,
    from: String,
    #[serde(default)]
    only_if_target_not_null: bool,
}

#[derive(Deserialize)]
struct PairFacts {
    unix: String,
    dttm: String,
}

/// The collected facts, or `None` with a word to the reader where this checkout stands alone.
fn facts() -> Option<Facts> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cbtrade/catalog.toml");
    if !path.exists() {
        eprintln!(
            "skipped: the collected facts (shared/cbtrade/catalog.toml) are not beside this checkout"
        );
        return None;
    }
    Some(toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
}

#[test]
fn every_table_is_as_the_facts_say() {
    let Some(facts) = facts() else { return };
    assert_eq!(tables().len(), facts.table.len());
    for fact in &facts.table {
        let table =
            cbtrade_catalog::table(&fact.name).unwrap_or_else(|| panic!("no table {}", fact.name));
        assert_eq!(table.name, fact.name);
        assert_eq!(
            table.required, fact.created_by_required_tables,
            "{}",
            fact.name
        );
        assert!(!table.candle_fill);
        check_shape(table, fact);
        check_derivations(table, &fact.triggers);
    }
}

#[test]
fn the_candle_table_is_as_the_facts_say() {
    let Some(facts) = facts() else { return };
    let [fact] = &facts.table_pattern[..] else {
        panic!("one pattern of candle tables")
    };
    let table = candle_table();
    check_shape(table, fact);
    let pairs: Vec<(&str, &str)> = table
        .candle_pairs()
        .iter()
        .map(|pair| (pair.target, pair.from))
        .collect();
    let wanted: Vec<(&str, &str)> = fact
        .triggers
        .pairs
        .iter()
        .map(|pair| (pair.unix.as_str(), pair.dttm.as_str()))
        .collect();
    assert_eq!(pairs, wanted);
    let names: Vec<&str> = FREQUENCIES.iter().map(|frequency| frequency.name).collect();
    assert_eq!(names, fact.freq_values);
    for frequency in FREQUENCIES {
        assert_eq!(
            fact.freq_end_offset_seconds[frequency.name],
            frequency.seconds - 1
        );
    }
}

fn check_shape(table: &Table, fact: &TableFacts) {
    let name = table.name;
    let database = match table.database {
        Database::Trading => "cbtrade",
        Database::Candles => "ohlcv",
    };
    assert_eq!(database, fact.database, "{name}");
    assert_eq!(table.database.name(), fact.database, "{name}");
    assert_eq!(table.columns.len(), fact.column_count, "{name}");
    assert_eq!(table.primary_key, fact.primary_key, "{name}");
    assert_eq!(
        keys(&table.unique_keys),
        key_facts(&fact.unique_keys),
        "{name}"
    );
    assert_eq!(keys(&table.indexes), key_facts(&fact.indexes), "{name}");
    for (column, fact) in table.columns.iter().zip(&fact.columns) {
        check_column(name, column, fact);
    }
}

fn check_column(table: &str, column: &Column, fact: &ColumnFacts) {
    let place = format!("{table}.{}", fact.name);
    assert_eq!(column.name, fact.name, "{place}");
    assert_eq!(
        declared(column.kind),
        fact.r#type.replace("INT(11)", "INT"),
        "{place}"
    );
    assert_eq!(column.nullable, fact.nullable, "{place}");
    assert_eq!(column.auto_increment, fact.auto_increment, "{place}");
    assert_eq!(column.on_update_now, fact.on_update.is_some(), "{place}");
    match (column.default, fact.default.as_deref()) {
        (None, None) => {}
        (Some(DefaultValue::CurrentTimestamp), Some(text)) => {
            assert_eq!(text, "CURRENT_TIMESTAMP", "{place}")
        }
        (Some(DefaultValue::UnixTimestampNow), Some(text)) => {
            assert_eq!(text, "(UNIX_TIMESTAMP())", "{place}")
        }
        // 0 and 0.0 are the same default of a decimal column.
        (Some(DefaultValue::Literal(literal)), Some(text)) => {
            assert_eq!(literal, text.trim_end_matches(".0"), "{place}");
        }
        (ours, theirs) => panic!("{place}: default {ours:?}, the facts say {theirs:?}"),
    }
}

fn check_derivations(table: &Table, facts: &TriggerFacts) {
    let same = |ours: &[Derivation], theirs: &[DerivationFacts]| {
        let ours: Vec<_> = ours
            .iter()
            .map(|rule| (rule.target, rule.from, rule.only_if_target_not_null))
            .collect();
        let theirs: Vec<_> = theirs
            .iter()
            .map(|rule| {
                (
                    rule.target.as_str(),
                    rule.from.as_str(),
                    rule.only_if_target_not_null,
                )
            })
            .collect();
        assert_eq!(ours, theirs, "{}", table.name);
    };
    same(&table.insert_derives, &facts.insert_derives);
    same(&table.update_derives, &facts.update_derives);
    let in_force = table.derives_in_force && !table.insert_derives.is_empty();
    assert_eq!(in_force, facts.installed_at_startup, "{}", table.name);
}

fn declared(kind: ColumnKind) -> String {
    match kind {
        ColumnKind::TinyInt => "TINYINT".into(),
        ColumnKind::Int => "INT".into(),
        ColumnKind::BigInt => "BIGINT".into(),
        ColumnKind::Decimal { precision, scale } => format!("DECIMAL({precision},{scale})"),
        ColumnKind::Varchar(characters) => format!("VARCHAR({characters})"),
        ColumnKind::Char(characters) => format!("CHAR({characters})"),
        ColumnKind::Text => "TEXT".into(),
        ColumnKind::Timestamp => "TIMESTAMP".into(),
    }
}

fn keys(keys: &[Key]) -> Vec<(&str, Vec<&str>)> {
    keys.iter()
        .map(|key| (key.name, key.columns.clone()))
        .collect()
}

fn key_facts(keys: &[KeyFacts]) -> Vec<(&str, Vec<&str>)> {
    keys.iter()
        .map(|key| {
            (
                key.name.as_str(),
                key.columns.iter().map(String::as_str).collect(),
            )
        })
        .collect()
}
