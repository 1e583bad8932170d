//! Append-only tables: complete, in order, each row once and as it was written.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, ViolationKind};
use crate::history::{Answer, Asked, Operation, OperationId};
use crate::state::AppendedRow;
use crate::world::Product;

pub(super) fn check(case: &mut Case<'_>) {
    let state = case.state;
    table(case, "buy_signals", &state.signals, |asked| match asked {
        Asked::Signal { product } => Some((*product, None)),
        _ => None,
    });
    table(
        case,
        "buy_decisions",
        &state.decisions,
        |asked| match asked {
            Asked::Decide { product, signal_id } => Some((*product, Some(*signal_id))),
            _ => None,
        },
    );
    decisions_have_signals(case);
    signals_read(case);
}

/// One table. `wanted` gives the product and the signal of an operation that appends to it.
fn table<'a>(
    case: &mut Case<'a>,
    name: &str,
    rows: &'a [AppendedRow],
    wanted: impl Fn(&Asked) -> Option<(usize, Option<i64>)>,
) {
    let mut found: BTreeMap<OperationId, Vec<&AppendedRow>> = BTreeMap::new();
    for row in rows {
        let Some(operation) = case.writer(name, &row.tag) else {
            continue;
        };
        if wanted(&operation.asked).is_none() {
            let words = format!("row {} of {name} was not asked for", row.id);
            case.violation(ViolationKind::NobodyWrote, words, &[operation]);
        }
        found.entry(operation.id).or_default().push(row);
    }
    let appends = case.all(|one| wanted(&one.asked).is_some());
    for append in &appends {
        let none = Vec::new();
        let own = found.get(&append.id).unwrap_or(&none);
        match own.as_slice() {
            [] if append.is_done() => {
                let words = format!("a row of {name} was acknowledged and is not there");
                case.violation(ViolationKind::LostWrite, words, &[append]);
            }
            [] => {}
            [row] => one_row(case, name, append, row, wanted(&append.asked)),
            rows => {
                let numbers: Vec<i64> = rows.iter().map(|row| row.id).collect();
                let words = format!("a row of {name} stands there as {numbers:?}");
                case.violation(ViolationKind::DoubledWrite, words, &[append]);
            }
        }
    }
    in_order(case, name, &appends);
}

fn one_row(
    case: &mut Case<'_>,
    name: &str,
    append: &Operation,
    row: &AppendedRow,
    wanted: Option<(usize, Option<i64>)>,
) {
    if !append.may_be_done() {
        let words = format!("row {} of {name} was refused and is there", row.id);
        case.violation(ViolationKind::RefusedButWritten, words, &[append]);
    }
    if let Some(Answer::Appended { id }) = append.answer()
        && *id != row.id
    {
        let words = format!("a row of {name} was given number {id} and has {}", row.id);
        case.violation(ViolationKind::WrongNumber, words, &[append]);
    }
    if let Some((product, signal_id)) = wanted
        && (row.product != Product::of(product).id() || row.signal_id != signal_id)
    {
        let words = format!(
            "row {} of {name} stands there with other values: {row:?}",
            row.id
        );
        case.violation(ViolationKind::ChangedValue, words, &[append]);
    }
}

/// One bot's rows get rising numbers, also over its lives.
fn in_order(case: &mut Case<'_>, name: &str, appends: &[&Operation]) {
    let mut last: BTreeMap<u32, (i64, &Operation)> = BTreeMap::new();
    for append in appends {
        let Some(Answer::Appended { id }) = append.answer() else {
            continue;
        };
        if let Some((before, earlier)) = last.insert(append.id.bot, (*id, append))
            && before >= *id
        {
            let words = format!("a bot's rows of {name} got the numbers {before} and then {id}");
            case.violation(ViolationKind::OutOfOrder, words, &[earlier, append]);
        }
    }
}

fn decisions_have_signals(case: &mut Case<'_>) {
    let signals: BTreeSet<i64> = case.state.signals.iter().map(|row| row.id).collect();
    let lonely = case
        .state
        .decisions
        .iter()
        .find(|row| row.signal_id.is_none_or(|id| !signals.contains(&id)));
    if let Some(row) = lonely {
        let words = format!(
            "decision {} is about signal {:?}, which is not there",
            row.id, row.signal_id
        );
        case.violation(ViolationKind::LostWrite, words, &[]);
    }
}

/// A bot reads back a signal that was acknowledged to it.
fn signals_read(case: &mut Case<'_>) {
    let given: BTreeMap<i64, &Operation> = case
        .operations
        .iter()
        .filter_map(|one| match (&one.asked, one.answer()) {
            (Asked::Signal { .. }, Some(Answer::Appended { id })) => Some((*id, one)),
            _ => None,
        })
        .collect();
    for read in case.all(|one| matches!(one.asked, Asked::ReadSignal { .. })) {
        let (Asked::ReadSignal { signal_id }, Some(Answer::Signal { by })) =
            (&read.asked, read.answer())
        else {
            continue;
        };
        let Some(signal) = given.get(signal_id) else {
            continue;
        };
        if *by != Some(signal.id) && signal.done_us < Some(read.begun_us) {
            let words = match by {
                None => format!("signal {signal_id} was acknowledged, and a read did not find it"),
                Some(other) => format!("signal {signal_id} was read as one of {other}"),
            };
            case.violation(ViolationKind::StaleRead, words, &[signal, read]);
        }
    }
}
