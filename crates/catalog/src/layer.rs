//! What the bots' layer adds to the catalogue: keys for what bots ask every minute.
//!
//! They are kept apart from the tables, because a migration brings over what was there, and the layer adds these
//! afterwards as a step of its own schema's history.

use crate::table::Key;

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
