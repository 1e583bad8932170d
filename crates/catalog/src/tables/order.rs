//! Orders: the bots' own books, and the exchange's answers word for word.

use crate::column::{
    COUNT, FLAG, ID, INT, MOMENT, MOMENT_ADDED, MOMENT_TOUCHED, MONEY, NAME, NOTE, UNIX, YES_NO,
    text,
};
use crate::table::Table;

pub(super) fn buy_ords() -> Table {
    Table::new(
        "buy_ords",
        "A buy order, real or on paper: what was expected and what came of it.",
    )
    .columns(ID, &["bo_id"])
    .columns(YES_NO.or_literal("N"), &["test_txn_yn"])
    .columns(
        NAME,
        &["base_symb", "symb", "prod_id", "mkt_name", "mkt_venue"],
    )
    .columns(
        NAME,
        &[
            "buy_order_uuid",
            "buy_client_order_id",
            "pos_type",
            "ord_stat",
        ],
    )
    .columns(
        NAME,
        &[
            "buy_strat_type",
            "buy_strat_name",
            "buy_strat_freq",
            "buy_asset_type",
        ],
    )
    .columns(
        NAME,
        &["buy_curr_symb", "spend_curr_symb", "fees_curr_symb"],
    )
    .columns(
        MONEY,
        &["buy_cnt_est", "buy_cnt_act", "fees_cnt_act", "tot_out_cnt"],
    )
    .columns(
        MONEY,
        &[
            "prc_buy_est",
            "prc_buy_act",
            "tot_prc_buy",
            "prc_buy_slip_pct",
        ],
    )
    .columns(FLAG, &["ignore_tf"])
    .columns(NOTE, &["reason", "note1", "note2", "note3"])
    .columns(MOMENT_ADDED, &["buy_begin_dttm"])
    .columns(UNIX, &["buy_begin_unix"])
    .columns(MOMENT_ADDED, &["buy_end_dttm"])
    .columns(UNIX, &["buy_end_unix"])
    .columns(COUNT, &["elapsed_mins"])
    .columns(MOMENT_ADDED, &["add_dttm"])
    .columns(UNIX, &["add_unix"])
    .columns(MOMENT_TOUCHED, &["dlm"])
    .columns(UNIX, &["dlm_unix"])
    .primary_key(&["bo_id"])
    .unique_key("buy_order_uuid", &["buy_order_uuid"])
    .index(
        "idx_buyords_prod_keys_time",
        &[
            "prod_id",
            "buy_strat_type",
            "buy_strat_name",
            "buy_strat_freq",
            "test_txn_yn",
            "buy_begin_unix",
        ],
    )
    .follows("buy_begin_unix", "buy_begin_dttm")
    .follows("buy_end_unix", "buy_end_dttm")
    .starts_as("add_unix", "add_dttm")
    .follows("dlm_unix", "dlm")
}

pub(super) fn sell_ords() -> Table {
    Table::new(
        "sell_ords",
        "A sell order of a position, real or on paper: expected and actual.",
    )
    .columns(ID, &["so_id"])
    .columns(YES_NO.or_literal("N"), &["test_txn_yn"])
    .columns(
        NAME,
        &["base_symb", "symb", "prod_id", "mkt_name", "mkt_venue"],
    )
    .columns(INT, &["pos_id", "sell_seq_nbr"])
    .columns(
        NAME,
        &[
            "sell_order_uuid",
            "sell_client_order_id",
            "pos_type",
            "ord_stat",
        ],
    )
    .columns(
        NAME,
        &["sell_strat_type", "sell_strat_name", "sell_strat_freq"],
    )
    .columns(
        NAME,
        &[
            "sell_asset_type",
            "sell_curr_symb",
            "recv_curr_symb",
            "fees_curr_symb",
        ],
    )
    .columns(
        MONEY,
        &["sell_cnt_est", "sell_cnt_act", "fees_cnt_act", "tot_in_cnt"],
    )
    .columns(
        MONEY,
        &[
            "prc_sell_est",
            "prc_sell_act",
            "prc_sell_tot",
            "prc_sell_slip_pct",
        ],
    )
    .columns(FLAG, &["ignore_tf"])
    .columns(NOTE, &["reason", "note1", "note2", "note3"])
    .columns(MOMENT_TOUCHED, &["upd_dttm"])
    .columns(MOMENT, &["sell_begin_dttm"])
    .columns(UNIX, &["sell_begin_unix"])
    .columns(MOMENT, &["sell_end_dttm"])
    .columns(UNIX, &["sell_end_unix"])
    .columns(COUNT, &["elapsed_mins"])
    .columns(MOMENT_ADDED, &["add_dttm"])
    .columns(UNIX, &["add_unix"])
    .columns(MOMENT_TOUCHED, &["dlm"])
    .columns(UNIX, &["dlm_unix"])
    .primary_key(&["so_id"])
    .unique_key("sell_order_uuid", &["sell_order_uuid"])
    .follows("sell_begin_unix", "sell_begin_dttm")
    .follows("sell_end_unix", "sell_end_dttm")
    .starts_as("add_unix", "add_dttm")
    .follows("dlm_unix", "dlm")
}

pub(super) fn ords() -> Table {
    Table::new(
        "ords",
        "An order as the exchange reported it, by the exchange's own identifier.",
    )
    .columns(ID, &["ord_id"])
    .columns(text(256), &["ord_uuid"])
    .columns(INT, &["mkt_id", "pos_id", "buy_order_id", "sell_order_id"])
    .columns(NAME, &["prod_id", "ord_bs"])
    .columns(NOTE, &["ord_cfg"])
    .columns(MONEY, &["ord_base_size", "ord_limit_prc"])
    .columns(FLAG, &["ord_post_only"])
    .columns(MONEY, &["ord_quote_size"])
    .columns(NAME, &["ord_stop_dir"])
    .columns(MONEY, &["ord_stop_prc", "ord_stop_trigger_prc"])
    .columns(
        NAME,
        &["ord_type", "order_id", "ord_product_id", "ord_user_id"],
    )
    .columns(NOTE, &["ord_order_configuration"])
    .columns(
        NAME,
        &[
            "ord_side",
            "ord_client_order_id",
            "ord_status",
            "ord_time_in_force",
        ],
    )
    .columns(MOMENT, &["ord_created_time"])
    .columns(MONEY, &["ord_completion_percentage", "ord_filled_size"])
    .columns(MONEY, &["ord_average_filled_price", "ord_fee"])
    .columns(INT, &["ord_number_of_fills"])
    .columns(MONEY, &["ord_filled_value"])
    .columns(FLAG, &["ord_pending_cancel", "ord_size_in_quote"])
    .columns(MONEY, &["ord_total_fees"])
    .columns(FLAG, &["ord_size_inclusive_of_fees"])
    .columns(MONEY, &["ord_total_value_after_fees"])
    .columns(
        NAME,
        &["ord_trigger_status", "ord_order_type", "ord_reject_reason"],
    )
    .columns(FLAG, &["ord_settled"])
    .columns(NAME, &["ord_product_type"])
    .columns(NOTE, &["ord_reject_message", "ord_cancel_message"])
    .columns(NAME, &["ord_order_placement_source"])
    .columns(MONEY, &["ord_outstanding_hold_amount"])
    .columns(FLAG, &["ord_is_liquidation"])
    .columns(MOMENT, &["ord_last_fill_time"])
    .columns(NOTE, &["ord_edit_history"])
    .columns(MONEY, &["ord_leverage"])
    .columns(NAME, &["ord_margin_type", "ord_retail_portfolio_id"])
    .columns(FLAG, &["ignore_tf"])
    .columns(NOTE, &["note1", "note2", "note3"])
    // The seconds of begin and end are the writers' business here; nothing derives them.
    .columns(MOMENT, &["ord_begin_time"])
    .columns(UNIX, &["ord_begin_unix"])
    .columns(MOMENT, &["ord_end_time"])
    .columns(UNIX, &["ord_end_unix"])
    .columns(COUNT, &["elapsed_mins"])
    .columns(MOMENT_ADDED, &["add_dttm"])
    .columns(UNIX, &["add_unix"])
    .columns(MOMENT_TOUCHED, &["dlm"])
    .columns(UNIX, &["dlm_unix"])
    .primary_key(&["ord_id"])
    .unique_key("ord_uuid", &["ord_uuid"])
    .follows("add_unix", "add_dttm")
    .follows_unless_null("dlm_unix", "dlm")
}
