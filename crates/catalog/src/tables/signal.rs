//! What the strategies saw and what became of it.

use crate::column::{ID, INT, LONG_TEXT, MOMENT_ADDED, MOMENT_TOUCHED, NAME, YES_NO, text};
use crate::table::Table;

pub(super) fn buy_strats() -> Table {
    let table = Table::new(
        "buy_strats",
        "A strategy and candle length in use; refilled at every start.",
    )
    .columns(ID, &["buy_strat_id"])
    .columns(
        text(255),
        &["buy_strat_type", "buy_strat_name", "buy_strat_freq"],
    )
    .primary_key(&["buy_strat_id"]);
    Table {
        required: false,
        ..table
    }
}

pub(super) fn buy_signals() -> Table {
    Table::new(
        "buy_signals",
        "A strategy's wish to buy. Rows are added, never changed.",
    )
    .columns(ID, &["signal_id"])
    .columns(
        NAME,
        &[
            "prod_id",
            "buy_strat_type",
            "buy_strat_name",
            "buy_strat_freq",
        ],
    )
    .columns(MOMENT_ADDED, &["event_dttm"])
    .columns(YES_NO, &["test_txn_yn"])
    .columns(MOMENT_TOUCHED, &["dlm"])
    .primary_key(&["signal_id"])
    .index(
        "idx_prod_strat",
        &["prod_id", "buy_strat_name", "buy_strat_freq"],
    )
    .index("idx_event_dttm", &["event_dttm"])
    .index("idx_dlm_cleanup", &["dlm"])
}

pub(super) fn buy_decisions() -> Table {
    Table::new(
        "buy_decisions",
        "Why a wish to buy was granted, made a test or denied.",
    )
    .columns(ID, &["buy_dec_id"])
    .columns(INT, &["signal_id"])
    .columns(MOMENT_ADDED, &["actv_dttm"])
    .columns(NAME, &["prod_id", "symb"])
    .columns(text(1), &["buy_yn", "test_txn_yn", "buy_deny_yn"])
    .columns(
        NAME,
        &["buy_strat_type", "buy_strat_name", "buy_strat_freq"],
    )
    .columns(
        NAME,
        &[
            "setting_name",
            "setting_value",
            "buy_stat_name",
            "buy_stat_value",
        ],
    )
    .columns(
        NAME,
        &[
            "setting_name2",
            "setting_value2",
            "buy_stat_name2",
            "buy_stat_value2",
        ],
    )
    .columns(
        NAME,
        &[
            "setting_name3",
            "setting_value3",
            "buy_stat_name3",
            "buy_stat_value3",
        ],
    )
    .columns(NAME, &["test_fnc_name"])
    .columns(LONG_TEXT, &["message"])
    // Rows older than 90 days by this column are cleared away, so no update may renew it.
    .columns(MOMENT_ADDED, &["dlm"])
    .primary_key(&["buy_dec_id"])
    .index("idx_signal_id", &["signal_id"])
    .index(
        "idx_prod_strat",
        &["prod_id", "buy_strat_name", "buy_strat_freq"],
    )
    .index("idx_test_deny", &["test_txn_yn", "buy_deny_yn"])
    .index("idx_dlm_cleanup", &["dlm"])
}
