//! Findings in words.

use serde_json::Value;

use super::Style;
use crate::words::{counted, wrapped};

/// Findings that are shown; the plan file has all.
const FINDINGS_MAX: usize = 20;

/// Findings that need a decision, one paragraph each.
pub(crate) fn findings_text(findings: &Value) -> String {
    let list = findings.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut text = String::new();
    for (number, finding) in list.iter().take(FINDINGS_MAX).enumerate() {
        text.push_str(&finding_text(&format!("{}.", number + 1), finding));
        text.push_str(&format!("     choices: {}\n", choices(finding).join(", ")));
    }
    if list.len() > FINDINGS_MAX {
        text.push_str(&format!(
            "  … and {} more in the plan file\n",
            list.len() - FINDINGS_MAX
        ));
    }
    text
}

/// One finding: place, count, samples, meaning.
pub(crate) fn finding_text(number: &str, finding: &Value) -> String {
    let field = |name: &str| finding[name].as_str().unwrap_or_default();
    let place = match (field("table"), field("column")) {
        ("", _) => field("id").to_owned(),
        (table, "") => format!("table {table}"),
        (table, column) => format!("{table}.{column}"),
    };
    let count = finding["count"].as_u64().unwrap_or(0);
    let mut text = format!(
        "  {number} {}: {}, {}\n     {}\n",
        Style::Heading.paint(&place),
        field("kind"),
        counted(count, "place", "places"),
        wrapped(field("meaning"), 94, "     ")
    );
    for sample in finding["samples"].as_array().into_iter().flatten().take(3) {
        let row = sample["row"].as_i64().unwrap_or(0);
        let value = sample["value"].as_str().unwrap_or_default();
        // Neither damage nor keys that are equal are in one row.
        if field("table").is_empty() || field("kind") == "equal-keys" {
            text.push_str(&format!("       {value}\n"));
        } else {
            text.push_str(&format!("       row {row}: {value}\n"));
        }
    }
    text
}

/// What may be chosen.
pub(crate) fn choices(finding: &Value) -> Vec<&str> {
    finding["choices"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// What a choice does.
pub(crate) fn choice_meaning(choice: &str) -> &'static str {
    match choice {
        "widen" => "make the column wide enough for every value",
        "quarantine" => {
            "keep the exact original beside the row; the column shows the nearest value it can, or NULL"
        }
        "round" => "round as the rule allows",
        "convert" => "take it over in the form of the target's type",
        "rename" => "give it another name",
        "list" => "leave it out of the target and list it with its text",
        "keep" => "take it as it is",
        "stop" => "do not go on",
        _ => "",
    }
}
