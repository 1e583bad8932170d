//! Rows of which it shows who wrote them last: notes (one writer each), currencies and sets of candles (many writers).
//!
//! A value may be seen from the instant at which its writer began until another write was over that began after its own
//! was; a set of candles is seen with one version only.

use std::collections::BTreeMap;

use super::{Case, ViolationKind};
use crate::history::{Answer, Asked, Operation, OperationId};
use crate::state::tag;
use crate::world::{CANDLES_OF_SET, id_of_version, new_currency};

/// A place that shows its last writer.
struct Place<'a> {
    name: String,
    /// Its writers, in the order in which they began.
    writes: Vec<&'a Operation>,
    /// Latest begin among the acknowledged writes that were over by then: pairs of (end, latest begin so far), by end.
    over: Vec<(u64, &'a Operation)>,
}

impl<'a> Place<'a> {
    fn new(case: &Case<'a>, name: String, wanted: impl Fn(&Asked) -> bool) -> Place<'a> {
        let writes = case.all(|one| wanted(&one.asked));
        let mut ends: Vec<(u64, &Operation)> = writes
            .iter()
            .filter(|one| one.is_done())
            .filter_map(|one| Some((one.done_us?, *one)))
            .collect();
        ends.sort_by_key(|(done_us, _)| *done_us);
        let mut latest: Option<&Operation> = None;
        let over = ends
            .into_iter()
            .map(|(done_us, write)| {
                let newest = match latest {
                    Some(before) if before.begun_us > write.begun_us => before,
                    _ => write,
                };
                latest = Some(newest);
                (done_us, newest)
            })
            .collect();
        Place { name, writes, over }
    }

    /// The write that began last among those that were acknowledged before an instant.
    fn newest_before(&self, instant_us: u64) -> Option<&'a Operation> {
        let count = self
            .over
            .partition_point(|(done_us, _)| *done_us < instant_us);
        count.checked_sub(1).map(|last| self.over[last].1)
    }

    /// Judges that this writer's value was seen by a read (or, without one, in the end).
    fn seen(&self, case: &mut Case<'a>, by: Option<OperationId>, read: Option<&'a Operation>) {
        let (from_us, to_us) = read.map_or((u64::MAX, u64::MAX), |read| {
            (read.begun_us, read.done_us.unwrap_or(u64::MAX))
        });
        let shown = |more: &[&'a Operation]| -> Vec<&'a Operation> {
            more.iter().copied().chain(read).collect()
        };
        let newest = self.newest_before(from_us);
        let Some(id) = by else {
            if let Some(newest) = newest {
                let kind = self.kind_of_loss(read);
                let words = format!("{}: nothing was seen after it had been written", self.name);
                case.violation(kind, words, &shown(&[newest]));
            }
            return;
        };
        let Some(write) = self.writes.iter().copied().find(|write| write.id == id) else {
            let words = format!("{}: {id} is seen, which did not write there", self.name);
            case.violation(ViolationKind::NobodyWrote, words, &shown(&[]));
            return;
        };
        if !write.may_be_done() {
            let words = format!("{}: a value is seen whose write was refused", self.name);
            case.violation(ViolationKind::RefusedButWritten, words, &shown(&[write]));
        }
        if write.begun_us >= to_us {
            let words = format!("{}: a value is seen before its write began", self.name);
            case.violation(ViolationKind::ImpossibleRead, words, &shown(&[write]));
        }
        if let (Some(newest), Some(done_us)) = (newest, write.done_us)
            && done_us < newest.begun_us
        {
            let words = format!("{}: a value is seen that had been written over", self.name);
            case.violation(self.kind_of_loss(read), words, &shown(&[write, newest]));
        }
    }

    fn kind_of_loss(&self, read: Option<&Operation>) -> ViolationKind {
        match read {
            Some(_) => ViolationKind::StaleRead,
            None => ViolationKind::Overwritten,
        }
    }
}

pub(super) fn check(case: &mut Case<'_>) {
    notes(case);
    candles(case);
    currencies(case);
}

fn notes(case: &mut Case<'_>) {
    for (row, columns) in case.state.notes.iter().enumerate() {
        for (second, found) in [false, true].into_iter().zip(columns) {
            let is_it = |asked: &Asked| matches!(asked, Asked::Note { row: of, second: which } if *of == row && *which == second);
            let name = format!("note {} of row {row}", if second { 2 } else { 1 });
            let place = Place::new(case, name, is_it);
            let reads = case.all(|one| {
                matches!(one.asked, Asked::ReadNote { row: of, second: which } if of == row && which == second)
            });
            for read in reads {
                if let Some(Answer::Noted { by }) = read.answer() {
                    place.seen(case, *by, Some(read));
                }
            }
            let text = found.as_deref().filter(|text| !text.is_empty());
            match text.map(tag) {
                None => place.seen(case, None, None),
                Some(Ok(id)) => place.seen(case, Some(id), None),
                Some(Err(words)) => {
                    case.violation(
                        ViolationKind::NobodyWrote,
                        format!("{}: {words}", place.name),
                        &[],
                    );
                }
            }
        }
    }
}

fn candles(case: &mut Case<'_>) {
    for (set, found) in case.state.candles.iter().enumerate() {
        let name = format!("candle set {set}");
        let place = Place::new(
            case,
            name,
            |asked| matches!(asked, Asked::Candles { set: of } if *of == set),
        );
        for read in case.all(|one| matches!(one.asked, Asked::ReadCandles { set: of } if of == set))
        {
            if let Some(Answer::Versions { of }) = read.answer() {
                let versions: Vec<Option<OperationId>> = of.iter().copied().map(Some).collect();
                one_set(case, &place, &versions, Some(read));
            }
        }
        let versions: Vec<Option<OperationId>> = found
            .iter()
            .map(|version| id_of_version(*version))
            .collect();
        one_set(case, &place, &versions, None);
    }
}

/// All candles of a set, or none, and all of one version.
fn one_set<'a>(
    case: &mut Case<'a>,
    place: &Place<'a>,
    versions: &[Option<OperationId>],
    read: Option<&'a Operation>,
) {
    let mut counts: BTreeMap<Option<OperationId>, usize> = BTreeMap::new();
    for version in versions {
        *counts.entry(*version).or_default() += 1;
    }
    let whole = versions.is_empty() || counts.len() == 1 && versions.len() == CANDLES_OF_SET;
    if !whole {
        let parts: Vec<String> = counts
            .iter()
            .map(|(version, count)| match version {
                Some(id) => format!("{count} of {id}"),
                None => format!("{count} of nobody"),
            })
            .collect();
        let words = format!("{} is torn: {}", place.name, parts.join(", "));
        let kind = match read {
            Some(_) => ViolationKind::ImpossibleRead,
            None => ViolationKind::HalfWrite,
        };
        let shown: Vec<&Operation> = counts
            .keys()
            .filter_map(|version| case.by_id.get(version.as_ref()?).copied())
            .chain(read)
            .collect();
        case.violation(kind, words, &shown);
    }
    match counts.keys().next() {
        None => place.seen(case, None, read),
        Some(version) if whole => place.seen(case, *version, read),
        Some(_) => {}
    }
}

fn currencies(case: &mut Case<'_>) {
    let mut numbers: Vec<u64> = case
        .operations
        .iter()
        .filter_map(|one| match one.asked {
            Asked::Currency { number } => Some(number),
            _ => None,
        })
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut left = case.state.currencies.clone();
    for number in numbers {
        let name = new_currency(number);
        let found = left.remove(&name);
        let place = Place::new(
            case,
            format!("currency {name}"),
            |asked| matches!(asked, Asked::Currency { number: of } if *of == number),
        );
        match found.as_deref().map(tag) {
            None => place.seen(case, None, None),
            Some(Ok(id)) => place.seen(case, Some(id), None),
            Some(Err(words)) => {
                case.violation(
                    ViolationKind::NobodyWrote,
                    format!("{}: {words}", place.name),
                    &[],
                );
            }
        }
    }
    for name in left.keys() {
        let words = format!("currency {name} is there, and nobody wrote it");
        case.violation(ViolationKind::NobodyWrote, words, &[]);
    }
}
