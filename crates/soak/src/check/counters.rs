//! Counters: every increment counts once, and nobody is given a number that another got.

use std::collections::BTreeMap;

use super::{Case, ViolationKind};
use crate::history::{Answer, Asked, Operation};

pub(super) fn check(case: &mut Case<'_>) {
    for (row, found) in case.state.counters.iter().enumerate() {
        let increments = case.all(|one| matches!(one.asked, Asked::Count { row: of } if of == row));
        let reads = case.all(|one| matches!(one.asked, Asked::ReadCount { row: of } if of == row));
        totals(case, row, *found, &increments);
        given_once(case, row, &increments);
        in_time(case, row, &increments, &reads);
    }
}

fn number(operation: &Operation) -> Option<i64> {
    match operation.answer() {
        Some(Answer::Number { number }) => Some(*number),
        _ => None,
    }
}

fn totals(case: &mut Case<'_>, row: usize, found: i64, increments: &[&Operation]) {
    let count = |wanted: &dyn Fn(&Operation) -> bool| {
        let count = increments.iter().filter(|one| wanted(one)).count();
        i64::try_from(count).unwrap_or(i64::MAX)
    };
    let (done, most) = (count(&Operation::is_done), count(&Operation::may_be_done));
    if found < done {
        let words = format!("counter {row} stands at {found}; {done} increments were acknowledged");
        case.violation(ViolationKind::LostUpdate, words, &[]);
    }
    if found > most {
        let words = format!(
            "counter {row} stands at {found}; only {done} increments were acknowledged and {} are in doubt",
            most - done
        );
        case.violation(ViolationKind::DoubledWrite, words, &[]);
    }
}

fn given_once(case: &mut Case<'_>, row: usize, increments: &[&Operation]) {
    let mut given: BTreeMap<i64, &Operation> = BTreeMap::new();
    for increment in increments {
        let Some(number) = number(increment) else {
            continue;
        };
        if let Some(other) = given.insert(number, increment) {
            let words = format!("counter {row}: two increments were given {number}");
            case.violation(ViolationKind::LostUpdate, words, &[other, increment]);
        }
    }
}

/// Whoever begins after a number was told is told a larger one (or, reading, none smaller), and nobody is told more than
/// was begun.
fn in_time(case: &mut Case<'_>, row: usize, increments: &[&Operation], reads: &[&Operation]) {
    let mut told: Vec<(u64, i64, &Operation)> = increments
        .iter()
        .chain(reads)
        .filter_map(|one| Some((one.done_us?, number(one)?, *one)))
        .collect();
    told.sort_by_key(|(done_us, number, _)| (*done_us, *number));
    let mut begun: Vec<u64> = increments
        .iter()
        .filter(|one| one.may_be_done())
        .map(|one| one.begun_us)
        .collect();
    begun.sort_unstable();
    let mut asking: Vec<&(u64, i64, &Operation)> = told.iter().collect();
    asking.sort_by_key(|(_, _, one)| one.begun_us);
    let mut past = told.iter().peekable();
    let mut highest: Option<(i64, &Operation)> = None;
    for (done_us, number, one) in asking {
        while let Some((_, known, by)) = past.next_if(|(done, _, _)| *done < one.begun_us) {
            if highest.is_none_or(|(most, _)| *known > most) {
                highest = Some((*known, by));
            }
        }
        let reading = !one.asked.writes();
        if let Some((most, by)) = highest
            && (*number < most || *number == most && !reading)
        {
            let kind = match reading {
                true => ViolationKind::StaleRead,
                false => ViolationKind::LostUpdate,
            };
            let words = format!("counter {row}: {number} was given after {most} had been");
            case.violation(kind, words, &[by, one]);
        }
        let limit = begun.partition_point(|time| *time < *done_us);
        if usize::try_from(*number).is_ok_and(|number| number > limit) {
            let words =
                format!("counter {row}: {number} was given when {limit} increments had begun");
            case.violation(ViolationKind::ImpossibleRead, words, &[one]);
        }
    }
}
