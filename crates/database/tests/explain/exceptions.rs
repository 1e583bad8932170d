//! Calls that read many rows by what they mean.

use crate::calls::Listed;

/// A call that may read many rows of a table.
pub(crate) struct Exception {
    /// A method, or a method with what is asked, as the list of calls has it: `db_pair_spent (all)`.
    pub(crate) call: &'static str,
    pub(crate) table: &'static str,
    pub(crate) reason: &'static str,
}

impl Exception {
    pub(crate) fn is_of(&self, listed: &Listed) -> bool {
        self.call == listed.name || self.call == listed.to_string()
    }
}

const fn of(call: &'static str, table: &'static str, reason: &'static str) -> Exception {
    Exception {
        call,
        table,
        reason,
    }
}

pub(crate) const READS_MANY: &[Exception] = &[
    of(
        "db_prod_ids_traded (all)",
        "poss",
        "asks for the products of all positions ever; asked when there are no performance rows at all",
    ),
    of(
        "db_prod_ids_strats_traded (all)",
        "poss",
        "asks for the strategies of all positions ever",
    ),
    of(
        "db_sell_ords_problems_get (all)",
        "sell_ords",
        "looks through all sell orders for positions with several; an operator's check",
    ),
    of(
        "db_closed_overview",
        "poss",
        "sums up all closed positions, which are nearly all",
    ),
    of(
        "db_strats_w_stats_get_all",
        "poss",
        "counts all positions ever, by strategy",
    ),
    of(
        "db_strats_perf_get_all",
        "poss",
        "sums up all positions ever, by product",
    ),
];

/// Why a call may read many rows of a table; `None` if it may not.
pub(crate) fn reason(listed: &Listed, table: &str) -> Option<&'static str> {
    READS_MANY
        .iter()
        .find(|exception| exception.is_of(listed) && exception.table == table)
        .map(|exception| exception.reason)
}
