//! What the wallet holds.

use crate::column::{FLAG, ID, MOMENT, MOMENT_ADDED, MOMENT_TOUCHED, MONEY, NAME, NOTE, UNIX};
use crate::table::Table;

pub(super) fn currs() -> Table {
    Table::new(
        "currs",
        "A currency the wallet knows, with its last price in dollars.",
    )
    .columns(ID, &["curr_id"])
    .columns(NAME, &["symb", "name", "curr_uuid"])
    .columns(MONEY, &["prc_usd"])
    .columns(MOMENT, &["create_dttm", "update_dttm", "delete_dttm"])
    .columns(FLAG, &["ignore_tf"])
    .columns(NOTE, &["note1", "note2", "note3"])
    .columns(UNIX, &["create_unix", "update_unix", "delete_unix"])
    .columns(MOMENT_ADDED, &["add_dttm"])
    .columns(UNIX, &["add_unix"])
    .columns(MOMENT_TOUCHED, &["dlm"])
    .columns(UNIX, &["dlm_unix"])
    .primary_key(&["curr_id"])
    .unique_key("curr_uuid", &["curr_uuid"])
    .follows("create_unix", "create_dttm")
    .follows("update_unix", "update_dttm")
    .follows("delete_unix", "delete_dttm")
    .starts_as("add_unix", "add_dttm")
    .follows("dlm_unix", "dlm")
}

pub(super) fn bals() -> Table {
    Table::new(
        "bals",
        "What the exchange holds of one currency, with its value in dollars.",
    )
    .columns(ID, &["bal_id"])
    .columns(NAME, &["curr_uuid", "symb", "name"])
    .columns(MONEY, &["bal_avail", "bal_hold", "bal_tot"])
    .columns(NAME, &["rp_id"])
    .columns(FLAG, &["default_tf", "active_tf", "ready_tf"])
    .columns(MOMENT, &["create_dttm", "update_dttm", "delete_dttm"])
    .columns(MONEY, &["curr_prc_usd", "curr_val_usd"])
    .columns(FLAG, &["ignore_tf"])
    .columns(NOTE, &["note1", "note2", "note3"])
    .columns(UNIX, &["create_unix", "update_unix", "delete_unix"])
    .columns(MOMENT_ADDED, &["add_dttm"])
    .columns(UNIX, &["add_unix"])
    .columns(MOMENT_TOUCHED, &["dlm"])
    .columns(UNIX, &["dlm_unix"])
    .primary_key(&["bal_id"])
    .unique_key("curr_uuid", &["curr_uuid"])
    .unique_key("symb", &["symb", "rp_id"])
    .follows("create_unix", "create_dttm")
    .follows("update_unix", "update_dttm")
    .follows("delete_unix", "delete_dttm")
    .follows("add_unix", "add_dttm")
    .follows("dlm_unix", "dlm")
}
