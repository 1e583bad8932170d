//! The checker: what was asked, what was answered, and what stands in the database in the end must fit together.
//!
//! It knows nothing of how the layer works. Its rules: what was acknowledged is there, once, and whole; what was refused
//! is not; what is in doubt is there whole or not at all; nothing is there that nobody wrote; money is neither made nor
//! lost; every answer to a reading call is one that could be given at some instant between call and answer.
//!
//! One module for each kind of truth: `money` and `trades` (orders, positions, balances), `appended`, `counters`,
//! `versions` (rows of which the last writer shows), `leases`.

mod appended;
mod counters;
mod leases;
mod money;
mod trades;
mod versions;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::history::{Operation, OperationId};
use crate::state::FinalState;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViolationKind {
    /// Acknowledged, and not there.
    LostWrite,
    /// There more than once.
    DoubledWrite,
    /// One part of a transaction is there and another is not.
    HalfWrite,
    /// Said to be not written, and there.
    RefusedButWritten,
    /// There, and written by nobody.
    NobodyWrote,
    /// There with other values than were written.
    ChangedValue,
    /// The number that was given is not the row's.
    WrongNumber,
    /// Balances, orders and positions do not add up.
    Money,
    /// An increment was overwritten.
    LostUpdate,
    /// A change of one's own column was undone by another's change of another column, or an older write came last.
    Overwritten,
    /// A position was sold twice.
    SoldTwice,
    /// Two bots had a lease at the same time.
    SharedLease,
    /// A read saw what never was.
    ImpossibleRead,
    /// A read saw what was over when it began.
    StaleRead,
    /// Numbers of an append-only table that go back.
    OutOfOrder,
}

impl ViolationKind {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ViolationKind::LostWrite => "lost-write",
            ViolationKind::DoubledWrite => "doubled-write",
            ViolationKind::HalfWrite => "half-write",
            ViolationKind::RefusedButWritten => "refused-but-written",
            ViolationKind::NobodyWrote => "nobody-wrote",
            ViolationKind::ChangedValue => "changed-value",
            ViolationKind::WrongNumber => "wrong-number",
            ViolationKind::Money => "money",
            ViolationKind::LostUpdate => "lost-update",
            ViolationKind::Overwritten => "overwritten",
            ViolationKind::SoldTwice => "sold-twice",
            ViolationKind::SharedLease => "shared-lease",
            ViolationKind::ImpossibleRead => "impossible-read",
            ViolationKind::StaleRead => "stale-read",
            ViolationKind::OutOfOrder => "out-of-order",
        }
    }
}

/// One thing that is wrong, with the operations that show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// What kind.
    pub kind: ViolationKind,
    /// What is wrong, and where.
    pub words: String,
    /// The operations that show it, in the order in which they began.
    pub operations: Vec<Operation>,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind.name(), self.words)?;
        for operation in &self.operations {
            write!(formatter, "\n    {operation}")?;
        }
        Ok(())
    }
}

/// What the checks look at, and what they have found.
struct Case<'a> {
    operations: &'a [Operation],
    by_id: BTreeMap<OperationId, &'a Operation>,
    state: &'a FinalState,
    found: Vec<Violation>,
}

impl<'a> Case<'a> {
    fn violation(&mut self, kind: ViolationKind, words: String, shown: &[&Operation]) {
        let mut operations: Vec<Operation> = shown.iter().map(|one| (*one).clone()).collect();
        operations.sort_by_key(|operation| operation.begun_us);
        operations.dedup();
        self.found.push(Violation {
            kind,
            words,
            operations,
        });
    }

    /// The operation that a row's tag names; a violation where nobody wrote the row.
    fn writer(&mut self, table: &str, tag: &str) -> Option<&'a Operation> {
        let operation = crate::state::tag(tag)
            .ok()
            .and_then(|id| self.by_id.get(&id).copied());
        if operation.is_none() {
            let words = format!("a row of {table} says that {tag:?} wrote it");
            self.violation(ViolationKind::NobodyWrote, words, &[]);
        }
        operation
    }

    fn all(&self, wanted: impl Fn(&Operation) -> bool) -> Vec<&'a Operation> {
        self.operations
            .iter()
            .filter(|operation| wanted(operation))
            .collect()
    }
}

/// Checks a whole run. Operations are in the order in which they began.
#[must_use]
pub fn check(operations: &[Operation], state: &FinalState) -> Vec<Violation> {
    let mut case = Case {
        operations,
        by_id: operations.iter().map(|one| (one.id, one)).collect(),
        state,
        found: Vec::new(),
    };
    for key in &state.doubled {
        case.violation(
            ViolationKind::DoubledWrite,
            format!("{key} stands there twice"),
            &[],
        );
    }
    trades::check(&mut case);
    money::check(&mut case);
    appended::check(&mut case);
    counters::check(&mut case);
    versions::check(&mut case);
    leases::check(&mut case);
    case.found
}
