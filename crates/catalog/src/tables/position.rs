//! Positions.

use crate::column::{
    COUNT, FLAG, ID, INT, MOMENT, MOMENT_ADDED, MOMENT_TOUCHED, MONEY, MONEY_OR_NULL, NAME, NOTE,
    UNIX, YES_NO,
};
use crate::table::Table;

pub(super) fn poss() -> Table {
    columns()
        .primary_key(&["pos_id"])
        .unique_key("bo_uuid", &["bo_uuid"])
        .index(
            "idx_poss_prod_allkeys",
            &[
                "prod_id",
                "buy_strat_type",
                "buy_strat_name",
                "buy_strat_freq",
                "pos_stat",
                "test_txn_yn",
            ],
        )
        .index("idx_poss_prod_pos", &["prod_id", "pos_stat"])
        .index("idx_poss_prod_test", &["prod_id", "test_txn_yn"])
        .follows("pos_begin_unix", "pos_begin_dttm")
        .follows("pos_end_unix", "pos_end_dttm")
        .starts_as("add_unix", "add_dttm")
        .follows("dlm_unix", "dlm")
}

fn columns() -> Table {
    Table::new(
        "poss",
        "A position: one buy, what is still held of it, and what it won or lost.",
    )
    .columns(ID, &["pos_id"])
    .columns(YES_NO.or_literal("N"), &["test_txn_yn"])
    .columns(NAME, &["base_symb", "symb", "prod_id", "pos_stat"])
    .columns(MONEY, &["tot_out_cnt", "tot_in_cnt"])
    .columns(
        MONEY,
        &["buy_fees_cnt", "sell_fees_cnt_tot", "fees_cnt_tot"],
    )
    .columns(MONEY, &["buy_cnt", "sell_cnt_tot", "hold_cnt"])
    .columns(MONEY, &["pocket_cnt", "clip_cnt", "pocket_pct", "clip_pct"])
    .columns(COUNT, &["sell_order_cnt", "sell_order_attempt_cnt"])
    .columns(MONEY, &["prc_buy", "prc_curr", "prc_high", "prc_low"])
    .columns(
        MONEY,
        &["prc_chg_pct", "prc_chg_pct_high", "prc_chg_pct_low"],
    )
    .columns(
        MONEY,
        &["prc_chg_pct_drop", "prc_sell_avg", "val_curr", "val_tot"],
    )
    .columns(
        MONEY,
        &[
            "gain_loss_amt_est",
            "gain_loss_amt_est_high",
            "gain_loss_amt_est_low",
        ],
    )
    .columns(MONEY, &["gain_loss_amt", "gain_loss_amt_net"])
    .columns(
        MONEY,
        &[
            "gain_loss_pct_est",
            "gain_loss_pct_est_high",
            "gain_loss_pct_est_low",
        ],
    )
    .columns(MONEY, &["gain_loss_pct"])
    .columns(
        NAME,
        &["buy_strat_type", "buy_strat_name", "buy_strat_freq"],
    )
    .columns(
        NAME,
        &["sell_strat_type", "sell_strat_name", "sell_strat_freq"],
    )
    .columns(INT, &["bo_id"])
    .columns(NAME, &["bo_uuid", "buy_curr_symb", "spend_curr_symb"])
    .columns(
        NAME,
        &[
            "sell_curr_symb",
            "recv_curr_symb",
            "fees_curr_symb",
            "base_curr_symb",
        ],
    )
    .columns(
        MONEY_OR_NULL,
        &["base_size_incr", "base_size_min", "base_size_max"],
    )
    .columns(NAME, &["quote_curr_symb"])
    .columns(
        MONEY_OR_NULL,
        &["quote_size_incr", "quote_size_min", "quote_size_max"],
    )
    .columns(YES_NO, &["sell_yn", "hodl_yn"])
    .columns(YES_NO.or_literal("N"), &["sell_block_yn", "sell_force_yn"])
    .columns(FLAG, &["force_sell_tf", "ignore_tf", "error_tf"])
    .columns(NOTE, &["reason", "note1", "note2", "note3"])
    .columns(
        NAME,
        &["mkt_name", "mkt_venue", "pos_type", "buy_asset_type"],
    )
    .columns(MOMENT, &["pos_begin_dttm", "pos_end_dttm"])
    .columns(UNIX, &["pos_begin_unix", "pos_end_unix"])
    .columns(COUNT, &["age_mins"])
    // The seconds of the two checks are the writers' business; nothing derives them.
    .columns(MOMENT_ADDED, &["check_mkt_dttm"])
    .columns(UNIX, &["check_mkt_unix"])
    .columns(MOMENT_ADDED, &["check_last_dttm"])
    .columns(UNIX, &["check_last_unix"])
    .columns(MOMENT_ADDED, &["add_dttm"])
    .columns(UNIX, &["add_unix"])
    .columns(MOMENT_TOUCHED, &["dlm"])
    .columns(UNIX, &["dlm_unix"])
}
