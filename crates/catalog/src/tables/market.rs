//! Where and in what steps is traded.

use crate::column::{
    COUNT, FLAG, ID, INT, LONG_TEXT, MOMENT_ADDED, MOMENT_TOUCHED, MONEY_OR_NULL, NAME, UNIX,
};
use crate::table::Table;

pub(super) fn freqs() -> Table {
    let table = Table::new("freqs", "A candle length and its minutes.")
        .columns(ID, &["f_id"])
        .columns(NAME, &["freq", "freq_desc"])
        .columns(INT, &["minutes"])
        .columns(FLAG, &["ignore_tf"])
        .columns(MOMENT_ADDED, &["add_dttm"])
        .columns(MOMENT_TOUCHED, &["upd_dttm", "dlm"])
        .primary_key(&["f_id"]);
    Table {
        required: false,
        ..table
    }
}

pub(super) fn mkts() -> Table {
    Table::new(
        "mkts",
        "A product that can be traded: size limits, state, prices and volumes.",
    )
    .columns(ID, &["mkt_id"])
    .columns(
        NAME,
        &[
            "mkt_name",
            "prod_id",
            "mkt_venue",
            "base_curr_symb",
            "base_curr_name",
        ],
    )
    .columns(
        MONEY_OR_NULL,
        &["base_size_incr", "base_size_min", "base_size_max"],
    )
    .columns(NAME, &["quote_curr_symb", "quote_curr_name"])
    .columns(
        MONEY_OR_NULL,
        &["quote_size_incr", "quote_size_min", "quote_size_max"],
    )
    // A word such as `online`, whatever the ending of the name says.
    .columns(NAME, &["mkt_status_tf"])
    .columns(
        FLAG,
        &["mkt_view_only_tf", "mkt_watched_tf", "mkt_is_disabled_tf"],
    )
    .columns(
        FLAG,
        &["mkt_new_tf", "mkt_cancel_only_tf", "mkt_limit_only_tf"],
    )
    .columns(
        FLAG,
        &[
            "mkt_post_only_tf",
            "mkt_trading_disabled_tf",
            "mkt_auction_mode_tf",
        ],
    )
    .columns(
        MONEY_OR_NULL,
        &["prc", "prc_ask", "prc_buy", "prc_bid", "prc_sell"],
    )
    .columns(MONEY_OR_NULL, &["prc_mid_mkt", "prc_pct_chg_24h"])
    .columns(
        MONEY_OR_NULL,
        &[
            "vol_24h",
            "vol_base_24h",
            "vol_quote_24h",
            "vol_pct_chg_24h",
        ],
    )
    .columns(FLAG, &["ignore_tf"])
    .columns(LONG_TEXT, &["note1", "note2", "note3"])
    .columns(MOMENT_ADDED, &["add_dttm"])
    .columns(UNIX, &["add_unix"])
    .columns(MOMENT_TOUCHED, &["dlm"])
    .columns(UNIX, &["dlm_unix"])
    .primary_key(&["mkt_id"])
    .unique_key("mkts_uk1", &["prod_id"])
    .follows("add_unix", "add_dttm")
    .follows("dlm_unix", "dlm")
}

pub(super) fn mkt_checks() -> Table {
    Table::new(
        "mkt_checks",
        "Which bot looked at a product last and when; also the lease on it.",
    )
    .columns(NAME, &["prod_id"])
    .columns(MOMENT_ADDED, &["buy_check_dttm"])
    .columns(UNIX, &["buy_check_unix"])
    .columns(NAME, &["buy_check_guid"])
    .columns(COUNT, &["buy_check_elapsed_minutes"])
    .columns(MOMENT_ADDED, &["sell_check_dttm"])
    .columns(UNIX, &["sell_check_unix"])
    .columns(NAME, &["sell_check_guid"])
    .columns(COUNT, &["sell_check_elapsed_minutes"])
    .columns(MOMENT_ADDED, &["refresh_check_dttm"])
    .columns(UNIX, &["refresh_check_unix"])
    .columns(NAME, &["refresh_check_guid"])
    .columns(COUNT, &["refresh_check_elapsed_minutes"])
    .columns(MOMENT_TOUCHED, &["dlm"])
    .columns(UNIX, &["dlm_unix"])
    .unique_key("prod_id", &["prod_id"])
    .follows("buy_check_unix", "buy_check_dttm")
    .follows("sell_check_unix", "sell_check_dttm")
    .follows("refresh_check_unix", "refresh_check_dttm")
    .follows("dlm_unix", "dlm")
}
