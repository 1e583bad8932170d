//! What the bots' layer adds to the catalogue: keys for what bots ask every minute, and tables of its own.
//!
//! They are kept apart from the tables, because a migration brings over what was there, and the layer adds these
//! afterwards as a step of its own schema's history.

use crate::table::Key;

/// Table of the steps of the layer's schema that were run.
pub const SCHEMA_TABLE: &str = "_cbtrade_schema";
/// Table of the tokens by which a write is known to have been committed.
pub const OPERATION_TABLE: &str = "_cbtrade_operation";
/// Table of the processes' figures about themselves.
pub const PROCESS_TABLE: &str = "_cbtrade_process";
/// Table of what bots meant to do at the exchange, from before an order was sent until it was settled.
pub const INTENT_TABLE: &str = "_cbtrade_intent";
/// Table of the exchange's fills.
pub const FILL_TABLE: &str = "_cbtrade_fill";
/// Table of the stop levels that were set; the newest counts.
pub const STOP_TABLE: &str = "_cbtrade_stop";
/// Table of one row, which is locked by whoever reads the stop level to act on it, and written by whoever sets it.
pub const STOP_HEAD_TABLE: &str = "_cbtrade_stop_head";
/// Table of one row: the venue that the live orders of this database belong to.
pub const VENUE_TABLE: &str = "_cbtrade_venue";
/// Table of the bots at work.
pub const BOT_TABLE: &str = "_cbtrade_bot";

/// Tables of the layer whose rows stand nowhere else: what was ordered, what was paid, what was stopped and why.
pub const LAYER_RECORDS: [&str; 3] = [INTENT_TABLE, FILL_TABLE, STOP_TABLE];

/// Tables of the layer that only serve the work of the moment, and are made again with nothing lost. The one that says
/// that the layer is there comes last.
pub const LAYER_WORK: [&str; 6] = [
    // Without orders it says nothing of anybody.
    VENUE_TABLE,
    OPERATION_TABLE,
    PROCESS_TABLE,
    BOT_TABLE,
    STOP_HEAD_TABLE,
    SCHEMA_TABLE,
];

/// Keys that the layer adds, by table. All only make reading faster.
#[must_use]
pub fn layer_indexes() -> Vec<(&'static str, Key)> {
    let key = |name, columns: &[&'static str]| Key {
        name,
        columns: columns.to_vec(),
    };
    vec![
        (
            "poss",
            key(
                "idx_poss_stat_begin",
                &["pos_stat", "test_txn_yn", "pos_begin_dttm"],
            ),
        ),
        (
            "poss",
            key(
                "idx_poss_stat_end",
                &["pos_stat", "test_txn_yn", "pos_end_dttm"],
            ),
        ),
        (
            "poss",
            key("idx_poss_stat_end_all", &["pos_stat", "pos_end_dttm"]),
        ),
        (
            "buy_ords",
            key("idx_buyords_stat", &["ord_stat", "prod_id"]),
        ),
        (
            "buy_ords",
            key("idx_buyords_client", &["buy_client_order_id"]),
        ),
        (
            "sell_ords",
            key("idx_sellords_pos", &["pos_id", "ord_stat"]),
        ),
        (
            "sell_ords",
            key("idx_sellords_stat", &["ord_stat", "prod_id"]),
        ),
        (
            "sell_ords",
            key("idx_sellords_prod", &["prod_id", "ord_stat"]),
        ),
        (
            "sell_ords",
            key("idx_sellords_client", &["sell_client_order_id"]),
        ),
        ("ords", key("idx_ords_prod", &["prod_id"])),
        ("ords", key("idx_ords_client", &["ord_client_order_id"])),
        ("currs", key("idx_currs_symb", &["symb"])),
        (
            "mkts",
            key("idx_mkts_quote", &["quote_curr_symb", "ignore_tf"]),
        ),
        (
            "trade_perfs",
            key("idx_tp_lta_pct", &["lta", "gain_loss_pct"]),
        ),
        (
            "trade_perfs",
            key("idx_tp_lta_amt", &["lta", "gain_loss_amt"]),
        ),
    ]
}
