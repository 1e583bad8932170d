//! Leases: from one bot to another only over a lease that had run out.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, ViolationKind};
use crate::history::{Answer, Asked, Operation, Side};
use crate::world::Product;

/// Claims looked at together.
const WINDOW: usize = 8;

#[derive(Default)]
struct Lease<'a> {
    /// Claims that were granted.
    granted: Vec<(&'a Operation, &'a str)>,
    /// What may have made the lease run out.
    ended: Vec<&'a Operation>,
}

pub(super) fn check(case: &mut Case<'_>) {
    let mut leases: BTreeMap<(usize, Side), Lease<'_>> = BTreeMap::new();
    for operation in case.operations {
        match (&operation.asked, operation.answer()) {
            (
                Asked::Claim {
                    product,
                    side,
                    guid,
                },
                Some(Answer::Claimed { got: true }),
            ) => {
                let lease = leases.entry((*product, *side)).or_default();
                lease.granted.push((operation, guid));
            }
            (Asked::Expire { product, side }, _) if operation.may_be_done() => {
                let lease = leases.entry((*product, *side)).or_default();
                lease.ended.push(operation);
            }
            _ => {}
        }
    }
    for ((product, side), lease) in &leases {
        one_lease(case, *product, *side, lease);
    }
}

/// So many bots after each other need one end of the lease less. Claims are in the order in which they began; where some
/// overlap, the end may lie anywhere between the first begin and the last answer of those looked at.
fn one_lease(case: &mut Case<'_>, product: usize, side: Side, lease: &Lease<'_>) {
    for first in 0..lease.granted.len() {
        let mut holders: BTreeSet<&str> = BTreeSet::new();
        let mut shown: Vec<&Operation> = Vec::new();
        let mut last_us = 0;
        let begun_us = lease.granted[first].0.begun_us;
        for (claim, guid) in lease.granted[first..].iter().take(WINDOW) {
            last_us = last_us.max(claim.done_us.unwrap_or(u64::MAX));
            if holders.insert(guid) {
                shown.push(claim);
            }
            if holders.len() == 1 {
                continue;
            }
            let ends = lease
                .ended
                .iter()
                .filter(|end| {
                    end.begun_us < last_us && end.done_us.is_none_or(|done| done > begun_us)
                })
                .count();
            if holders.len() > ends + 1 {
                let words = format!(
                    "{} bots had the {side:?} lease of {} after each other, and it ran out {ends} times",
                    holders.len(),
                    Product::of(product).id()
                );
                case.violation(ViolationKind::SharedLease, words, &shown);
                return;
            }
        }
    }
}
