//! What was edited in a plan file: decisions and column types are the operator's; everything else must be as it is derived,
//! or the edit would be ignored without a word.

use std::collections::BTreeMap;

use cbtrade_schema::decide::Choices;
use cbtrade_schema::{ColumnType, Decision, Finding};
use serde_json::Value;

use super::Plan;

/// The decisions that a plan can be derived with, so that what an earlier decision gave is told from an edit.
pub(crate) fn alternatives(base: &Plan) -> Vec<Choices> {
    let mut decisions: Vec<Decision> = Vec::new();
    for choice in base.findings.iter().flat_map(|finding| &finding.choices) {
        if !decisions.contains(choice) {
            decisions.push(*choice);
        }
    }
    decisions
        .into_iter()
        .map(|decision| Choices {
            decisions: base
                .findings
                .iter()
                .filter(|finding| finding.choices.contains(&decision))
                .map(|finding| (finding.id.clone(), decision))
                .collect(),
            types: BTreeMap::new(),
        })
        .collect()
}

/// Types in a plan file that are the operator's own: not those that one decision or another about the column gives.
pub(crate) fn own_types(
    given: &BTreeMap<String, ColumnType>,
    derived: &[Plan],
) -> BTreeMap<String, ColumnType> {
    let derived: Vec<BTreeMap<String, ColumnType>> =
        derived.iter().map(|plan| plan.choices().types).collect();
    given
        .iter()
        .filter(|(place, wanted)| {
            !derived
                .iter()
                .any(|types| types.get(*place) == Some(*wanted))
        })
        .map(|(place, wanted)| (place.clone(), *wanted))
        .collect()
}

/// Every edit that has no effect on the plan that was made, by name. `derived` are plans from the same source, the one that
/// was made among them.
pub(crate) fn without_effect(
    given: &Plan,
    made: &Plan,
    decisions: &BTreeMap<String, Decision>,
    derived: &[Plan],
) -> Vec<String> {
    let mut edits = Vec::new();
    for finding in &given.findings {
        edits.extend(finding_edits(finding, made, decisions, derived));
    }
    for finding in made.findings.iter().filter(|finding| finding.stops()) {
        if !given.findings.iter().any(|other| other.id == finding.id) {
            edits.push(format!("finding `{}` is not in the file", finding.id));
        }
    }
    for table in &given.tables {
        let place = format!("{}.{}", table.database, table.source);
        let others: Vec<Value> = derived
            .iter()
            .flat_map(|plan| &plan.tables)
            .filter(|other| other.file == table.file && other.source == table.source)
            .filter_map(|other| serde_json::to_value(other).ok())
            .collect();
        if others.is_empty() {
            edits.push(format!("table `{place}` is not in the source"));
            continue;
        }
        let Ok(mine) = serde_json::to_value(table) else {
            continue;
        };
        table_edits(
            &place,
            &mine,
            table.catalogue.is_none(),
            &others,
            &mut edits,
        );
    }
    edits
}

fn finding_edits(
    finding: &Finding,
    made: &Plan,
    decisions: &BTreeMap<String, Decision>,
    derived: &[Plan],
) -> Vec<String> {
    let id = &finding.id;
    let others: Vec<&Finding> = derived
        .iter()
        .flat_map(|plan| &plan.findings)
        .filter(|other| other.id == *id)
        .collect();
    if others.is_empty() {
        return vec![format!("finding `{id}` is none that the source gives")];
    }
    let mut edits = Vec::new();
    let in_force = made.findings.iter().find(|other| other.id == *id);
    if let (Some(in_force), Some(wanted)) = (in_force, decisions.get(id))
        && in_force.decision != *wanted
    {
        let mut choices = vec![word(in_force.decision)];
        choices.extend(in_force.choices.iter().copied().map(word));
        choices.dedup();
        edits.push(format!(
            "finding `{id}`: the decision `{}` is not possible, only {}",
            word(*wanted),
            choices.join(", ")
        ));
    }
    let same = |other: &&Finding| {
        other.kind == finding.kind
            && other.table == finding.table
            && other.column == finding.column
            && other.count == finding.count
            && other.samples == finding.samples
            && other.choices == finding.choices
    };
    if !others.iter().any(same) {
        edits.push(format!(
            "finding `{id}`: something besides `decision` was changed (kind, table, column, count, samples or choices)"
        ));
    }
    edits
}

fn word(decision: Decision) -> String {
    format!("{decision:?}").to_lowercase()
}

/// Fields of a table, and of its columns, that no derivation gives. Reasons are prose, and types of tables that are not of
/// the catalogue are the operator's (and were checked as such).
fn table_edits(
    place: &str,
    mine: &Value,
    own_types: bool,
    others: &[Value],
    edits: &mut Vec<String>,
) {
    for (field, value) in mine.as_object().into_iter().flatten() {
        if field == "columns" {
            continue;
        }
        if !others.iter().any(|other| other.get(field) == Some(value)) {
            edits.push(format!("table `{place}`: `{field}` was changed"));
        }
    }
    for column in columns(mine) {
        let name = &column["source"];
        let same: Vec<&Value> = others
            .iter()
            .flat_map(columns)
            .filter(|other| other["source"] == *name && other["name"] == column["name"])
            .collect();
        for (field, value) in column.as_object().into_iter().flatten() {
            let free = field == "reason"
                || own_types && ["type", "collation", "default"].contains(&field.as_str());
            if !free && !same.iter().any(|other| other.get(field) == Some(value)) {
                edits.push(format!(
                    "table `{place}`, column {name}: `{field}` was changed"
                ));
            }
        }
    }
    if columns(mine).count() != others.first().map_or(0, |other| columns(other).count()) {
        edits.push(format!("table `{place}`: columns were added or removed"));
    }
}

fn columns(table: &Value) -> impl Iterator<Item = &Value> {
    table["columns"].as_array().into_iter().flatten()
}
