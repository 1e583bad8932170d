//! The counts, and the cases that are not in order.

use std::collections::BTreeMap;

use crate::differences::Engine;
use crate::run::{Ending, Ran};

/// Differences of a case that are printed at most.
const SHOWN_MAX: usize = 12;

#[derive(Default)]
struct Counts {
    agree: usize,
    /// Of the cases that are marked as defects of the original.
    listed_defects: usize,
    listed_others: usize,
    refused: usize,
    /// Recorded as defects, and in cases that the list was not made for.
    unlisted_defects: usize,
    unexplained: usize,
    stale: usize,
    not_dispatched: usize,
}

impl Counts {
    fn count(&mut self, ran: &Ran<'_>, list_is_made_for_them: bool) {
        match &ran.ending {
            Ending::Agrees => self.agree += 1,
            Ending::Listed if ran.case.is_defect => self.listed_defects += 1,
            Ending::Listed => self.listed_others += 1,
            Ending::Refused(_) => self.refused += 1,
            Ending::Unexplained(_) if ran.case.is_defect && !list_is_made_for_them => {
                self.unlisted_defects += 1;
            }
            Ending::Unexplained(_) => self.unexplained += 1,
            Ending::Stale => self.stale += 1,
            Ending::NotDispatched => self.not_dispatched += 1,
        }
    }

    fn line(&self, of: &str) -> String {
        format!(
            "{of}: {} agree; {} differ as listed ({} recorded as defects of the original, {} refusals of what it passes \
             over in silence, {} others); {} differ and are recorded as defects; {} unexplained; \
             {} listed but in agreement; {} not dispatched",
            self.agree,
            self.listed_defects + self.listed_others + self.refused,
            self.listed_defects,
            self.refused,
            self.listed_others,
            self.unlisted_defects,
            self.unexplained,
            self.stale,
            self.not_dispatched
        )
    }
}

/// Prints the counts and fails where a case is not in order. With cases that the list was not made for, a difference that
/// is recorded as a defect of the original is in order.
pub(crate) fn report(engine: Engine, ran: &[Ran<'_>], rules: usize, set: Cases) {
    let made_for = set != Cases::Others;
    let mut all = Counts::default();
    let mut by_module: BTreeMap<&str, Counts> = BTreeMap::new();
    for one in ran {
        all.count(one, made_for);
        let counts = by_module.entry(&one.case.module).or_default();
        counts.count(one, made_for);
    }
    if std::env::var_os("CBTRADE_GOLDEN_TABLE").is_some() {
        for (module, counts) in &by_module {
            println!("{}", counts.line(&format!("  {module}")));
        }
    }
    println!(
        "{}",
        all.line(&format!("golden database cases on {engine:?}"))
    );
    show(engine, ran, made_for);
    let wrong = all.unexplained + all.stale + all.not_dispatched;
    assert_eq!(
        wrong,
        0,
        "of {} golden cases are not in order on {engine:?}",
        ran.len()
    );
    if set == Cases::All {
        let unused: Vec<usize> = (0..rules)
            .filter(|rule| !ran.iter().any(|one| one.ending == Ending::Refused(*rule)))
            .collect();
        assert!(
            unused.is_empty(),
            "rules of the list that no case needs, counted from 0: {unused:?}"
        );
    }
}

/// Prints the cases that are not in order with what differs.
fn show(engine: Engine, ran: &[Ran<'_>], made_for: bool) {
    let shown: usize = std::env::var("CBTRADE_GOLDEN_SHOW")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(5);
    let wrong = ran.iter().filter(|one| match &one.ending {
        Ending::Unexplained(_) => made_for || !one.case.is_defect,
        Ending::Stale => true,
        Ending::Agrees | Ending::Listed | Ending::Refused(_) | Ending::NotDispatched => false,
    });
    for one in wrong.take(shown) {
        println!("{engine:?} {}:", one.case.id);
        match &one.ending {
            Ending::Unexplained(differences) => {
                for difference in differences.iter().take(SHOWN_MAX) {
                    println!("    {difference}");
                }
                if differences.len() > SHOWN_MAX {
                    println!("    … {} in all", differences.len());
                }
            }
            _ => println!("    is listed as different, but agrees"),
        }
    }
}

/// Which cases were run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cases {
    /// All that the list was made for.
    All,
    /// Some of these.
    Some,
    /// Cases of another folder.
    Others,
}
