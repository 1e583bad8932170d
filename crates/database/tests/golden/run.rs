//! Runs the cases on one engine and holds what happens against the record and the list of differences.

use std::collections::BTreeMap;
use std::time::Duration;

use cbtrade_database::Database;
use tokio::task::LocalSet;

use crate::answer::Answer;
use crate::arguments::{Called, Failure};
use crate::case::{Case, Expected, Order};
use crate::compare::{self, Difference};
use crate::differences::{Differences, Engine, Listed};
use crate::dispatch;
use crate::store::{Store, TableChanges};

/// Time for one call; the layer's own limits are well below.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// How a case ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ending {
    /// As the original.
    Agrees,
    /// Otherwise, as the list says.
    Listed,
    /// Otherwise: a refusal of what the original passes over in silence, by this rule of the list.
    Refused(usize),
    /// Otherwise, and the list does not say so.
    Unexplained(Vec<String>),
    /// The list says otherwise, but it does not.
    Stale,
    /// No dispatcher knows the method.
    NotDispatched,
}

/// A case with its ending.
pub(crate) struct Ran<'a> {
    pub(crate) case: &'a Case,
    pub(crate) ending: Ending,
}

/// Runs cases one after another.
pub(crate) async fn run<'a>(
    store: &mut impl Store,
    database: &Database,
    engine: Engine,
    differences: &Differences,
    cases: &'a [Case],
) -> Vec<Ran<'a>> {
    let mut ran = Vec::new();
    for case in cases {
        store.run(&case.pre).await;
        let called = call(database, case).await;
        let changes = store.changes().await;
        store.restore().await;
        let ending = end(engine, case, &called, &changes, differences);
        ran.push(Ran { case, ending });
    }
    ran
}

/// Calls the method. A panic in it is a failure of this case, not the end of the run.
async fn call(database: &Database, case: &Case) -> Called {
    let (database, case) = (database.clone(), case.clone());
    let local = LocalSet::new();
    let work = local.run_until(async move {
        tokio::task::spawn_local(async move {
            tokio::time::timeout(CALL_TIMEOUT, dispatch::call(&database, &case)).await
        })
        .await
    });
    match work.await {
        Ok(Ok(called)) => called,
        Ok(Err(_)) => Err(Failure::Panicked("no end after a minute".to_owned())),
        Err(error) => {
            let panic = error.into_panic();
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(Failure::Panicked(text.unwrap_or_default()))
        }
    }
}

fn end(
    engine: Engine,
    case: &Case,
    called: &Called,
    changes: &BTreeMap<String, TableChanges>,
    list: &Differences,
) -> Ending {
    if matches!(called, Err(Failure::NotDispatched)) {
        return Ending::NotDispatched;
    }
    let listed = list.of(&case.id);
    let differences = nearest(engine, case, called, changes);
    match (differences.is_empty(), listed.is_empty()) {
        (true, true) => Ending::Agrees,
        (true, false) => Ending::Stale,
        (false, true) => match refused(case, called, changes, list) {
            Some(rule) => Ending::Refused(rule),
            None => Ending::Unexplained(texts(&differences)),
        },
        (false, false) => {
            let unexplained = unexplained(called, &differences, &listed);
            match unexplained.is_empty() {
                true => Ending::Listed,
                false => Ending::Unexplained(unexplained),
            }
        }
    }
}

/// The rule for a refusal where the original gave nothing and wrote nothing.
fn refused(
    case: &Case,
    called: &Called,
    changes: &BTreeMap<String, TableChanges>,
    list: &Differences,
) -> Option<usize> {
    let Err(failure) = called else {
        return None;
    };
    let passed_over = case.expected.error.is_none()
        && case.expected.result == Some(Answer::Nothing)
        && case.expected.changes.is_empty();
    if !passed_over || !changes.is_empty() {
        return None;
    }
    let kind = compare::kind_of(failure);
    list.rules
        .iter()
        .position(|rule| rule.covers(&case.method, &kind))
}

/// The differences from what the original did on this engine. It knew no SQLite any more: there, what it did on either
/// server is right.
fn nearest(
    engine: Engine,
    case: &Case,
    called: &Called,
    changes: &BTreeMap<String, TableChanges>,
) -> Vec<Difference> {
    let against = |expected: &Expected| compare::compare(expected, &case.order, called, changes);
    let (maria, mysql) = (
        &case.expected,
        case.expected_mysql.as_ref().unwrap_or(&case.expected),
    );
    match engine {
        Engine::MariaDb => against(maria),
        Engine::MySql => against(mysql),
        Engine::Sqlite => {
            let (first, second) = (against(maria), against(mysql));
            if second.len() < first.len() {
                second
            } else {
                first
            }
        }
    }
}

fn texts(differences: &[Difference]) -> Vec<String> {
    differences
        .iter()
        .map(|difference| difference.text.clone())
        .collect()
}

/// What the list's entries for a case do not cover.
fn unexplained(called: &Called, differences: &[Difference], listed: &[&Listed]) -> Vec<String> {
    let covered = |difference: &&Difference| {
        listed
            .iter()
            .any(|one| one.covers(difference.column.as_deref()))
    };
    let mut left: Vec<String> = differences
        .iter()
        .filter(|difference| !covered(difference))
        .map(|difference| difference.text.clone())
        .collect();
    let error = listed.iter().find_map(|one| one.error.as_deref());
    match (error, called) {
        (Some(kind), Err(failure)) if compare::kind_of(failure) == kind => {}
        (Some(kind), Err(failure)) => {
            left.push(format!(
                "listed as {kind}, but it is {}",
                compare::shown(failure)
            ));
        }
        (Some(kind), Ok(answer)) => {
            left.push(format!(
                "listed as {kind}, but there is an answer: {}",
                answer.shown()
            ));
        }
        (None, Err(failure)) => {
            left.push(format!(
                "listed with an answer, but: {}",
                compare::shown(failure)
            ));
        }
        (None, Ok(_)) => {}
    }
    for result in listed.iter().filter_map(|one| one.result.as_deref()) {
        let json = serde_json::from_str(result).expect("a result of the list");
        let result = Answer::read(&json);
        if let Ok(answer) = called {
            let order = match case_order(&result) {
                true => Order::By(Vec::new()),
                false => Order::Exact,
            };
            left.extend(texts(&compare::compare_answers(&result, answer, &order)));
        }
    }
    left
}

/// A listed result may be a bag of rows.
fn case_order(result: &Answer) -> bool {
    matches!(result, Answer::List(_))
}
