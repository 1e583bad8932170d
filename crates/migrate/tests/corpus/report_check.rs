//! Whatever of the source has no equal in the target must have its line in the report.

use cbtrade_migrate::{Plan, Proof};
use cbtrade_schema::{RowKey, TablePlan};

use crate::source::{Kind, Source};

/// Lines that are missing, in words.
pub(crate) fn missing_lines(source: &Source, plan: &Plan, proof: &Proof) -> Vec<String> {
    let listed = |kind: &str, name: &str| {
        proof
            .objects
            .iter()
            .any(|object| object.kind == kind && object.name.eq_ignore_ascii_case(name))
    };
    let mut missing = Vec::new();
    let mut want = |kind: &str, name: &str| {
        if !listed(kind, name) {
            missing.push(format!("the report has no line for the {kind} `{name}`"));
        }
    };
    for view in &source.views {
        want("view", view);
    }
    for trigger in &source.triggers {
        want("trigger", trigger);
    }
    for table in &source.tables {
        if table.kind == Kind::Virtual {
            want("virtual table", &table.name);
        }
        for column in &table.generated {
            want("generated column", column);
        }
        let planned = plan.tables.iter().find(|plan| plan.source == table.name);
        for (name, columns) in &table.indexes {
            let made = planned
                .zip(columns.as_ref())
                .is_some_and(|(plan, columns)| has_index(plan, columns));
            if !made {
                want("index", name);
            }
        }
    }
    for table in &source.tables {
        let keys = usize::try_from(table.foreign_keys).unwrap_or(usize::MAX);
        for (kind, has) in [("foreign key", keys), ("check", table.checks)] {
            let objects = proof.objects.iter();
            let told = objects
                .filter(|object| object.kind == kind && object.table == table.name)
                .count();
            if told < has {
                missing.push(format!(
                    "the report tells of {told} {kind}(s) of `{}`, which has {has}",
                    table.name
                ));
            }
        }
    }
    missing
}

/// Whether the plan has an index over the same columns, in the same order.
fn has_index(plan: &TablePlan, columns: &[String]) -> bool {
    let names: Vec<&str> = columns
        .iter()
        .filter_map(|column| {
            plan.columns
                .iter()
                .find(|own| own.source.as_ref() == Some(column))
                .map(|own| own.name.as_str())
        })
        .collect();
    if names.len() != columns.len() {
        return false;
    }
    let key = match &plan.key {
        RowKey::Columns(key) => key.iter().map(String::as_str).eq(names.iter().copied()),
        RowKey::Added(_) => false,
    };
    key || plan.indexes.iter().any(|index| {
        index
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .eq(names.iter().copied())
    })
}
