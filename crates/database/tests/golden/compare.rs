//! Whether what the layer gives is what the original gave: the value rules of the golden cases' README.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use cbtrade_core::Decimal;
use cbtrade_database::ErrorKind;

use crate::answer::{Answer, Fields, Part};
use crate::arguments::{Called, Failure};
use crate::case::{Expected, ExpectedError, Order, Spent, TableExpected};
use crate::scalar::{rank, scalars_agree};
use crate::store::TableChanges;

/// One thing that differs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    /// The column in which it does, where it is one.
    pub(crate) column: Option<String>,
    pub(crate) text: String,
}

/// The differences of a case, collected.
#[derive(Default)]
struct Found(Vec<Difference>);

impl Found {
    fn note(&mut self, text: String) {
        self.0.push(Difference { column: None, text });
    }

    fn in_column(&mut self, column: &str, text: String) {
        self.0.push(Difference {
            column: Some(column.to_owned()),
            text,
        });
    }
}

/// All that differs between a case's record and what happened.
pub(crate) fn compare(
    expected: &Expected,
    order: &Order,
    called: &Called,
    changes: &BTreeMap<String, TableChanges>,
) -> Vec<Difference> {
    let mut found = Found::default();
    match (&expected.error, called) {
        (Some(expected), Err(failure)) => compare_errors(expected, failure, &mut found),
        (Some(expected), Ok(answer)) => found.note(format!(
            "the original failed ({}), ours gives {}",
            expected.meaning,
            answer.shown()
        )),
        (None, Err(failure)) => {
            let original = expected
                .result
                .as_ref()
                .map_or("nothing".to_owned(), Answer::shown);
            found.note(format!(
                "ours fails: {}; the original gave {original}",
                shown(failure)
            ));
        }
        (None, Ok(answer)) => {
            if let Some(result) = &expected.result {
                compare_results(result, answer, order, &mut found);
            }
        }
    }
    compare_changes(&expected.changes, changes, &mut found);
    found.0
}

/// All that differs between two answers.
pub(crate) fn compare_answers(expected: &Answer, ours: &Answer, order: &Order) -> Vec<Difference> {
    let mut found = Found::default();
    compare_results(expected, ours, order, &mut found);
    found.0
}

/// A failure with all its causes.
pub(crate) fn shown(failure: &Failure) -> String {
    match failure {
        Failure::Refused(error) => {
            let mut text = format!("{:?}: {error}", error.kind);
            let mut cause = std::error::Error::source(error);
            while let Some(inner) = cause {
                text.push_str(": ");
                text.push_str(&inner.to_string());
                cause = inner.source();
            }
            text
        }
        Failure::Unwritable(reason) => format!("the types do not let it be written: {reason}"),
        Failure::Panicked(text) => format!("PANIC: {text}"),
        Failure::NotDispatched => "not dispatched".to_owned(),
    }
}

/// The kind that the list of differences names a failure by.
pub(crate) fn kind_of(failure: &Failure) -> String {
    match failure {
        Failure::Refused(error) => format!("{:?}", error.kind),
        Failure::Unwritable(_) => "Unwritable".to_owned(),
        Failure::Panicked(_) => "Panicked".to_owned(),
        Failure::NotDispatched => "NotDispatched".to_owned(),
    }
}

fn compare_errors(expected: &ExpectedError, failure: &Failure, found: &mut Found) {
    use ErrorKind as K;
    let kinds: &[ErrorKind] = match expected.errno {
        Some(1062) => &[K::Duplicate, K::WrongKey],
        Some(1264 | 1292 | 1406 | 1366) => &[K::ValueRejected],
        Some(1048) => &[K::ValueRejected, K::MissingKey],
        Some(1054) => &[K::UnknownColumn, K::Statement],
        Some(1146) => &[K::NotFound],
        Some(1064 | 1241) => &[K::Statement],
        Some(1359) => &[K::Statement, K::Other],
        Some(_) => &[],
        None => match expected.meaning.as_str() {
            "expected field is missing" => &[K::MissingKey],
            "not-a-number cannot be sent" | "value not acceptable" | "value of the wrong type" => {
                &[K::ValueRejected, K::MissingKey]
            }
            "placeholders and values do not match" => &[K::Statement],
            "procedure wrote no row" => &[K::NotFound, K::ValueRejected, K::MissingKey],
            "unknown key" => &[K::UnknownColumn, K::MissingKey, K::ValueRejected],
            _ => &[],
        },
    };
    let fits = match failure {
        Failure::Refused(error) => kinds.contains(&error.kind),
        // What cannot be written is the plainest refusal of a wrong value.
        Failure::Unwritable(_) => {
            kinds.contains(&K::ValueRejected) || kinds.contains(&K::MissingKey)
        }
        Failure::Panicked(_) | Failure::NotDispatched => false,
    };
    if !fits {
        let errno = expected
            .errno
            .map_or(String::new(), |errno| format!(", {errno}"));
        found.note(format!(
            "the original failed ({}{errno}), ours differently: {}",
            expected.meaning,
            shown(failure)
        ));
    }
}

fn compare_results(expected: &Answer, ours: &Answer, order: &Order, found: &mut Found) {
    match (expected, ours) {
        (Answer::Tuple(expected), Answer::Tuple(ours) | Answer::List(ours)) => {
            if expected.len() != ours.len() {
                found.note(format!(
                    "{} parts instead of {}",
                    ours.len(),
                    expected.len()
                ));
                return;
            }
            for (expected, ours) in expected.iter().zip(ours) {
                compare_results(expected, ours, order, found);
            }
        }
        (Answer::List(expected), Answer::List(ours) | Answer::Tuple(ours)) => match order {
            Order::Exact => compare_lists(expected, ours, found),
            Order::By(columns) => {
                compare_bags(expected, ours, found);
                check_sorted(ours, columns, found);
            }
            Order::BySpent(spent) => {
                compare_bags(expected, ours, found);
                check_sorted_by_spent(ours, spent, found);
            }
        },
        (Answer::Part(part), Answer::List(ours)) => {
            compare_part(part, ours, order, found);
            if let Order::By(columns) = order {
                check_sorted(ours, columns, found);
            }
        }
        _ => compare_values(expected, ours, "", found),
    }
}

fn compare_lists(expected: &[Answer], ours: &[Answer], found: &mut Found) {
    if expected.len() != ours.len() {
        found.note(format!(
            "{} rows instead of {}; ours {}, the original's {}",
            ours.len(),
            expected.len(),
            Answer::List(ours.to_vec()).shown(),
            Answer::List(expected.to_vec()).shown()
        ));
        return;
    }
    for (place, (expected, ours)) in expected.iter().zip(ours).enumerate() {
        compare_values(expected, ours, &format!("row {place}"), found);
    }
}

fn differences_of(expected: &Answer, ours: &Answer, place: &str) -> Vec<Difference> {
    let mut found = Found::default();
    compare_values(expected, ours, place, &mut found);
    found.0
}

/// The same rows in any order. What has no equal is set beside what is most like it.
fn compare_bags(expected: &[Answer], ours: &[Answer], found: &mut Found) {
    let mut left: Vec<&Answer> = ours.iter().collect();
    let mut without: Vec<&Answer> = Vec::new();
    for one in expected {
        match left
            .iter()
            .position(|ours| differences_of(one, ours, "").is_empty())
        {
            Some(place) => {
                left.swap_remove(place);
            }
            None => without.push(one),
        }
    }
    for one in without {
        let distances = left.iter().map(|ours| differences_of(one, ours, "a row"));
        match distances
            .enumerate()
            .min_by_key(|(_, differences)| differences.len())
        {
            Some((place, differences)) => {
                left.swap_remove(place);
                found.0.extend(differences);
            }
            None => found.note(format!("a row is missing: {}", one.shown())),
        }
    }
    for one in left {
        found.note(format!("a row too many: {}", one.shown()));
    }
}

fn compare_part(part: &Part, ours: &[Answer], order: &Order, found: &mut Found) {
    let key_of = |row: &Answer| -> Answer {
        let values: Vec<Answer> = part
            .key
            .iter()
            .map(|name| field(row, name).cloned().unwrap_or(Answer::Nothing))
            .collect();
        match <[Answer; 1]>::try_from(values) {
            Ok([single]) => single,
            Err(several) => Answer::List(several),
        }
    };
    let keys: Vec<Answer> = ours.iter().map(key_of).collect();
    match order {
        Order::Exact => compare_lists(&part.keys, &keys, found),
        Order::By(_) | Order::BySpent(_) => compare_bags(&part.keys, &keys, found),
    }
    for (place, fields) in &part.rows {
        let key = &part.keys[*place];
        let at = keys
            .iter()
            .position(|ours| differences_of(key, ours, "").is_empty());
        if let Some(at) = at {
            let expected = Answer::Row(fields.clone());
            compare_values(
                &expected,
                &ours[at],
                &format!("row of key {}", key.shown()),
                found,
            );
        }
    }
}

/// A field by its name, letter case aside.
fn field<'a>(row: &'a Answer, name: &str) -> Option<&'a Answer> {
    let Answer::Row(fields) = row else {
        return None;
    };
    let found = fields
        .iter()
        .find(|(field, _)| field.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

fn check_sorted(rows: &[Answer], columns: &[(String, bool)], found: &mut Found) {
    for pair in rows.windows(2) {
        for (column, is_falling) in columns {
            let (Some(first), Some(second)) = (field(&pair[0], column), field(&pair[1], column))
            else {
                found.note(format!("no column `{column}` to sort by"));
                return;
            };
            let order = match is_falling {
                false => rank(first, second),
                true => rank(second, first),
            };
            match order {
                Ordering::Less => break,
                Ordering::Equal => {}
                Ordering::Greater => {
                    found.in_column(
                        column,
                        format!(
                            "`{column}` is out of order: {} before {}",
                            first.shown(),
                            second.shown()
                        ),
                    );
                    return;
                }
            }
        }
    }
}

fn check_sorted_by_spent(rows: &[Answer], spent: &Spent, found: &mut Found) {
    let spent = |row: &Answer| match field(row, "prod_id") {
        Some(Answer::Text(product)) => spent.get(product).copied().unwrap_or_default(),
        _ => Decimal::ZERO,
    };
    if rows
        .windows(2)
        .any(|pair| spent(&pair[0]) < spent(&pair[1]))
    {
        found.note("the products are not in the order of what is spent".to_owned());
    }
}

fn compare_values(expected: &Answer, ours: &Answer, place: &str, found: &mut Found) {
    match (expected, ours) {
        (Answer::Row(expected), Answer::Row(ours)) => compare_rows(expected, ours, place, found),
        (
            Answer::List(expected) | Answer::Tuple(expected),
            Answer::List(ours) | Answer::Tuple(ours),
        ) => {
            compare_lists(expected, ours, found);
        }
        _ if scalars_agree(expected, ours, "") => {}
        _ => found.note(format!(
            "{place}: ours {}, the original's {}",
            ours.shown(),
            expected.shown()
        )),
    }
}

fn compare_rows(expected: &Fields, ours: &Fields, place: &str, found: &mut Found) {
    let row = Answer::Row(ours.clone());
    for (name, expected) in expected {
        match field(&row, name) {
            None => found.in_column(name, format!("{place}: no column `{name}`")),
            Some(ours) if scalars_agree(expected, ours, name) => {}
            Some(ours) => match (expected, ours) {
                (Answer::Row(_) | Answer::List(_), Answer::Row(_) | Answer::List(_)) => {
                    compare_values(expected, ours, &format!("{place}, `{name}`"), found);
                }
                _ => found.in_column(
                    name,
                    format!(
                        "{place}, `{name}`: ours {}, the original's {}",
                        ours.shown(),
                        expected.shown()
                    ),
                ),
            },
        }
    }
    let row = Answer::Row(expected.clone());
    for (name, value) in ours.iter().filter(|(name, _)| field(&row, name).is_none()) {
        found.in_column(
            name,
            format!("{place}: a column too many, `{name}`: {}", value.shown()),
        );
    }
}

fn compare_changes(
    expected: &BTreeMap<String, TableExpected>,
    ours: &BTreeMap<String, TableChanges>,
    found: &mut Found,
) {
    for (table, expected) in expected {
        match ours.get(table) {
            None => found.note(format!(
                "`{table}` is unchanged; the original {}",
                counts(expected)
            )),
            Some(ours) => compare_table(table, expected, ours, found),
        }
    }
    for (table, ours) in ours
        .iter()
        .filter(|(table, _)| !expected.contains_key(*table))
    {
        found.note(format!(
            "`{table}` is changed, as it was not by the original: {} inserted, {} updated, {} deleted; {}",
            ours.inserted.len(),
            ours.updated.len(),
            ours.deleted.len(),
            first_change(ours)
        ));
    }
}

fn first_change(ours: &TableChanges) -> String {
    match (ours.inserted.first(), ours.updated.first()) {
        (Some(row), _) => Answer::Row(row.clone()).shown(),
        (None, Some((key, set))) => {
            format!(
                "{} now {}",
                Answer::Row(key.clone()).shown(),
                Answer::Row(set.clone()).shown()
            )
        }
        (None, None) => format!("{:?}", ours.deleted.first()),
    }
}

fn counts(expected: &TableExpected) -> String {
    format!(
        "inserted {}, updated {}, deleted {}",
        expected.inserted_count, expected.updated_count, expected.deleted_count
    )
}

fn compare_table(table: &str, expected: &TableExpected, ours: &TableChanges, found: &mut Found) {
    let bag = |rows: &[Fields]| -> Vec<Answer> { rows.iter().cloned().map(Answer::Row).collect() };
    let pairs = |rows: &[(Fields, Fields)]| -> Vec<Answer> {
        // One row of key and new values: each column is then compared by its name.
        let whole = rows.iter().map(|(key, set)| {
            let key = key
                .iter()
                .map(|(name, value)| (format!("key {name}"), value.clone()));
            Answer::Row(key.chain(set.iter().cloned()).collect())
        });
        whole.collect()
    };
    let keys =
        |rows: &[Vec<Answer>]| -> Vec<Answer> { rows.iter().cloned().map(Answer::List).collect() };
    let mut inner = Found::default();
    compare_some(
        &bag(&expected.inserted),
        expected.inserted_count,
        &bag(&ours.inserted),
        "inserted",
        &mut inner,
    );
    compare_some(
        &pairs(&expected.updated),
        expected.updated_count,
        &pairs(&ours.updated),
        "updated",
        &mut inner,
    );
    compare_some(
        &keys(&expected.deleted),
        expected.deleted_count,
        &keys(&ours.deleted),
        "deleted",
        &mut inner,
    );
    found
        .0
        .extend(inner.0.into_iter().map(|difference| Difference {
            text: format!("`{table}`: {}", difference.text),
            ..difference
        }));
}

/// The rows of a change; where only some of many are recorded, these must be there.
fn compare_some(expected: &[Answer], count: usize, ours: &[Answer], what: &str, found: &mut Found) {
    if count != ours.len() {
        let (kept, gone) = (Answer::List(ours.to_vec()), Answer::List(expected.to_vec()));
        found.note(format!(
            "{} {what} instead of {count}: {} instead of {}",
            ours.len(),
            kept.shown(),
            gone.shown()
        ));
        return;
    }
    if count == expected.len() {
        compare_bags(expected, ours, found);
        return;
    }
    for one in expected {
        if !ours
            .iter()
            .any(|ours| differences_of(one, ours, "").is_empty())
        {
            found.note(format!("not {what}: {}", one.shown()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Answer {
        Answer::read(&serde_json::from_str(json).expect("the notation"))
    }

    fn row(name: &str, value: Answer) -> Answer {
        Answer::Row(vec![(name.to_owned(), value)])
    }

    #[test]
    fn order_is_held_to_as_far_as_it_is_promised() {
        let expected = read(r#"{"$rows":{"cols":["x","y"],"rows":[[1,1],[1,2],[null,3]]}}"#);
        let ours = read(r#"{"$rows":{"cols":["x","y"],"rows":[[1,2],[1,1],[null,3]]}}"#);
        let wrong = read(r#"{"$rows":{"cols":["x","y"],"rows":[[null,3],[1,1],[1,2]]}}"#);
        let falling = Order::By(vec![("x".to_owned(), true)]);
        assert_eq!(compare_answers(&expected, &ours, &falling), []);
        assert_eq!(compare_answers(&expected, &wrong, &falling).len(), 1);
        assert_eq!(
            compare_answers(&expected, &wrong, &Order::By(Vec::new())),
            []
        );
        assert!(!compare_answers(&expected, &ours, &Order::Exact).is_empty());
    }

    #[test]
    fn rows_are_counted_and_their_columns_named() {
        let expected = Answer::List(vec![
            row("a", Answer::Integer(1)),
            row("a", Answer::Integer(1)),
        ]);
        let one = Answer::List(vec![row("a", Answer::Integer(1))]);
        let other = Answer::List(vec![
            row("a", Answer::Integer(1)),
            row("b", Answer::Integer(1)),
        ]);
        let any = Order::By(Vec::new());
        assert_eq!(compare_answers(&expected, &one, &any).len(), 1);
        let columns: Vec<Option<String>> = compare_answers(&expected, &other, &any)
            .into_iter()
            .map(|one| one.column)
            .collect();
        assert_eq!(columns, [Some("a".to_owned()), Some("b".to_owned())]);
    }

    #[test]
    fn changes_are_held_against_each_other_both_ways() {
        let fields = |json: &str| match read(json) {
            Answer::Row(fields) => fields,
            _ => Fields::new(),
        };
        let update = (fields(r#"{"mkt_id":1}"#), fields(r#"{"note3":"z"}"#));
        let expected = TableExpected {
            updated: vec![update.clone()],
            updated_count: 1,
            ..TableExpected::default()
        };
        let ours = TableChanges {
            updated: vec![update],
            ..TableChanges::default()
        };
        let expected = BTreeMap::from([("mkts".to_owned(), expected)]);
        let differing = |ours: &BTreeMap<String, TableChanges>| {
            let mut found = Found::default();
            compare_changes(&expected, ours, &mut found);
            found.0.len()
        };
        let ours = BTreeMap::from([("mkts".to_owned(), ours)]);
        assert_eq!(differing(&ours), 0);
        assert_eq!(differing(&BTreeMap::new()), 1);
        let more = BTreeMap::from([
            ("mkts".to_owned(), ours["mkts"].clone()),
            ("bals".to_owned(), TableChanges::default()),
        ]);
        assert_eq!(differing(&more), 1);
        let mut other = ours;
        other.get_mut("mkts").expect("the table").updated[0].1[0].1 = Answer::from("y");
        assert_eq!(differing(&other), 1);
    }
}
