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
    unexplained: usize,
    stale: usize,
    not_dispatched: usize,
}

impl Counts {
    fn count(&mut self, ran: &Ran<'_>) {
        match &ran.ending {
            Ending::Agrees => self.agree += 1,
            Ending::Listed if ran.case.is_defect => self.listed_defects += 1,
            Ending::Listed => self.listed_others += 1,
            Ending::Unexplained(_) => self.unexplained += 1,
            Ending::Stale => self.stale += 1,
            Ending::NotDispatched => self.not_dispatched += 1,
        }
    }

    fn line(&self, of: &str) -> String {
        format!(
            "{of}: {} agree; {} differ as listed ({} recorded as defects of the original, {} not); {} unexplained; \
             {} listed but in agreement; {} not dispatched",
            self.agree,
            self.listed_defects + self.listed_others,
            self.listed_defects,
            self.listed_others,
            self.unexplained,
            self.stale,
            self.not_dispatched
        )
    }
}

/// Prints the counts and fails where a case is not in order.
pub(crate) fn report(engine: Engine, ran: &[Ran<'_>]) {
    let mut all = Counts::default();
    let mut by_module: BTreeMap<&str, Counts> = BTreeMap::new();
    for one in ran {
        all.count(one);
        by_module.entry(&one.case.module).or_default().count(one);
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
    let shown: usize = std::env::var("CBTRADE_GOLDEN_SHOW")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(5);
    let wrong: Vec<&Ran<'_>> = ran
        .iter()
        .filter(|one| !matches!(one.ending, Ending::Agrees | Ending::Listed))
        .collect();
    for one in wrong
        .iter()
        .filter(|one| one.ending != Ending::NotDispatched)
        .take(shown)
    {
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
    assert!(
        wrong.is_empty(),
        "{} of {} golden cases are not in order on {engine:?}",
        wrong.len(),
        ran.len()
    );
}
