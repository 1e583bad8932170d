//! Calls that read many rows by what they mean.

use crate::calls::Listed;

/// A call that may read many rows of a table.
pub(crate) struct Exception {
    /// A method, or a method with what is asked, as the list of calls has it: `db_pair_spent (all)`.
    pub(crate) call: &'static str,
    /// Its table; `ohlcv` for those of all products.
    pub(crate) table: &'static str,
    /// The only database where it may; none for all.
    on: Option<&'static str>,
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
        on: None,
        reason,
    }
}

const fn of_file(call: &'static str, table: &'static str, reason: &'static str) -> Exception {
    Exception {
        on: Some("SQLite"),
        ..of(call, table, reason)
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
    of(
        "show_all_ohlcv_age",
        "ohlcv",
        "counts all candles, by product and length",
    ),
    of("db_tbl_del", "ohlcv", "deletes all of a product's candles"),
    of(
        "Candles::show_ohlcv_age",
        "ohlcv",
        "counts a product's candles, by length",
    ),
    of(
        "Candles::get_timeframe_summary",
        "ohlcv",
        "counts a product's candles, by length",
    ),
    of_file(
        "db_ohlcv_prod_id_freqs",
        "ohlcv",
        "SQLite reads the whole index, and the index only, for the newest candle of each length",
    ),
    of_file(
        "Candles::db_ohlcv_prod_id_freqs",
        "ohlcv",
        "SQLite reads the whole index, and the index only, for the newest candle of each length",
    ),
    Exception {
        on: Some("MySQL"),
        ..of(
            "cols",
            "poss",
            "plans a join that never holds; nothing is read, and the call takes a millisecond",
        )
    },
];

/// Why a call may read many rows of a table; `None` if it may not.
pub(crate) fn reason(world: &str, listed: &Listed, table: &str) -> Option<&'static str> {
    let bare = table.rsplit('.').next().unwrap_or(table);
    let named = if bare.starts_with("ohlcv_") {
        "ohlcv"
    } else {
        bare
    };
    READS_MANY
        .iter()
        .find(|exception| {
            exception.is_of(listed)
                && exception.table == named
                && exception.on.is_none_or(|name| name == world)
        })
        .map(|exception| exception.reason)
}
