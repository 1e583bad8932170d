//! The golden cases as they are recorded.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use cbtrade_core::Decimal;
use serde_json::Value as Json;

use crate::answer::{Answer, Fields};
use crate::arguments::Arguments;

/// One call of the original layer and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) module: String,
    pub(crate) method: String,
    pub(crate) arguments: Arguments,
    /// Statements run before the call.
    pub(crate) pre: Vec<String>,
    pub(crate) order: Order,
    /// Whether the case shows a defect of the original.
    pub(crate) is_defect: bool,
    /// On MariaDB.
    pub(crate) expected: Expected,
    /// On MySQL, where it is another one.
    pub(crate) expected_mysql: Option<Expected>,
}

/// What came of a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    pub(crate) result: Option<Answer>,
    pub(crate) error: Option<ExpectedError>,
    /// By table.
    pub(crate) changes: BTreeMap<String, TableExpected>,
}

/// How the original ended without a result.
#[derive(Clone, Debug)]
pub(crate) struct ExpectedError {
    pub(crate) errno: Option<u64>,
    pub(crate) meaning: String,
}

/// What a call changed in a table. Long lists are recorded in part, with their number.
#[derive(Clone, Debug, Default)]
pub(crate) struct TableExpected {
    pub(crate) inserted: Vec<Fields>,
    pub(crate) inserted_count: usize,
    /// Key, and the columns with their new values.
    pub(crate) updated: Vec<(Fields, Fields)>,
    pub(crate) updated_count: usize,
    /// The key's values, in the order of the key.
    pub(crate) deleted: Vec<Vec<Answer>>,
    pub(crate) deleted_count: usize,
}

/// In which order the rows of a result are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// As recorded.
    Exact,
    /// Sorted by these columns, `true` for falling; rows with equal ones in any order. None: in any order at all.
    By(Vec<(String, bool)>),
    /// By what is spent on the product's open positions, falling; products without any in any order.
    BySpent(Spent),
}

/// By product, what is spent on open positions in the seed.
pub(crate) type Spent = Arc<BTreeMap<String, Decimal>>;

/// All cases of a file.
pub(crate) fn read_cases(file: &Path, spent: &Spent) -> Vec<Case> {
    let text = std::fs::read_to_string(file).expect("the golden cases");
    text.lines()
        .map(|line| read_case(&serde_json::from_str(line).expect("a golden case"), spent))
        .collect()
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn read_case(json: &Json, spent: &Spent) -> Case {
    let Answer::List(places) = Answer::read(&json["args"]) else {
        panic!("arguments of {}", json["id"]);
    };
    let names = json["kwargs"].as_object().expect("named arguments");
    let expected = read_expected(json, &Expected::default());
    let expected_mysql = json
        .get("mysql")
        .map(|other| read_expected(other, &expected));
    Case {
        id: text(&json["id"]),
        module: text(&json["module"]),
        method: text(&json["method"]),
        arguments: Arguments {
            places,
            names: names
                .iter()
                .map(|(name, value)| (name.clone(), Answer::read(value)))
                .collect(),
            note: text(&json["note"]),
        },
        pre: json["pre"]
            .as_array()
            .map(|statements| statements.iter().map(text).collect())
            .unwrap_or_default(),
        order: read_order(json.get("order"), spent),
        is_defect: json.get("defect").is_some(),
        expected,
        expected_mysql,
    }
}

fn read_order(json: Option<&Json>, spent: &Spent) -> Order {
    let Some(Json::Array(columns)) = json else {
        return Order::Exact;
    };
    let columns: Vec<String> = columns.iter().map(text).collect();
    if columns == ["~open_spend_desc"] {
        return Order::BySpent(spent.clone());
    }
    Order::By(
        columns
            .into_iter()
            .map(|column| match column.strip_prefix('-') {
                Some(falling) => (falling.to_owned(), true),
                None => (column, false),
            })
            .collect(),
    )
}

/// Reads what came of a call; what is not named is as in `otherwise`.
fn read_expected(json: &Json, otherwise: &Expected) -> Expected {
    let mut expected = otherwise.clone();
    if let Some(result) = json.get("result") {
        expected.result = Some(Answer::read(result));
    }
    match json.get("error") {
        None => {}
        Some(Json::Null) => expected.error = None,
        Some(error) => {
            expected.result = None;
            expected.error = Some(ExpectedError {
                errno: error["errno"].as_u64(),
                meaning: text(&error["meaning"]),
            });
        }
    }
    match json.get("changes") {
        None => {}
        Some(Json::Object(tables)) => {
            expected.changes = tables
                .iter()
                .map(|(name, json)| (name.clone(), read_table(json)))
                .collect();
        }
        Some(_) => expected.changes = BTreeMap::new(),
    }
    expected
}

fn read_table(json: &Json) -> TableExpected {
    let list = |name: &str| json[name].as_array().cloned().unwrap_or_default();
    let count = |name: &str, listed: usize| {
        json[name]
            .as_u64()
            .and_then(|count| usize::try_from(count).ok())
            .unwrap_or(listed)
    };
    let fields = |json: &Json| match Answer::read(json) {
        Answer::Row(fields) => fields,
        other => panic!("a row in the golden cases is {}", other.shown()),
    };
    let inserted: Vec<Fields> = list("ins").iter().map(fields).collect();
    let updated: Vec<(Fields, Fields)> = list("upd")
        .iter()
        .map(|json| (fields(&json["key"]), fields(&json["set"])))
        .collect();
    let deleted: Vec<Vec<Answer>> = list("del")
        .iter()
        .map(|json| match Answer::read(json) {
            Answer::List(parts) | Answer::Tuple(parts) => parts,
            single => vec![single],
        })
        .collect();
    TableExpected {
        inserted_count: count("ins_count", inserted.len()),
        updated_count: count("upd_count", updated.len()),
        deleted_count: count("del_count", deleted.len()),
        inserted,
        updated,
        deleted,
    }
}
