//! Balances and currencies.

use cbtrade_core::{Decimal, Timestamp};

use crate::record::table_record;

table_record! {
    /// A wallet balance.
    Balance of bals = "bals" {
        bal_id: i64,
        curr_uuid: Option<String>,
        symb: Option<String>,
        name: Option<String>,
        bal_avail: Option<Decimal>,
        bal_hold: Option<Decimal>,
        bal_tot: Option<Decimal>,
        rp_id: Option<String>,
        default_tf: Option<i64>,
        active_tf: Option<i64>,
        ready_tf: Option<i64>,
        create_dttm: Option<Timestamp>,
        update_dttm: Option<Timestamp>,
        delete_dttm: Option<Timestamp>,
        curr_prc_usd: Option<Decimal>,
        curr_val_usd: Option<Decimal>,
        ignore_tf: Option<i64>,
        note1: Option<String>,
        note2: Option<String>,
        note3: Option<String>,
        create_unix: Option<i64>,
        update_unix: Option<i64>,
        delete_unix: Option<i64>,
        add_dttm: Option<Timestamp>,
        add_unix: Option<i64>,
        dlm: Option<Timestamp>,
        dlm_unix: Option<i64>,
    }
}

table_record! {
    /// A currency.
    Currency of currs = "currs" {
        curr_id: i64,
        symb: Option<String>,
        name: Option<String>,
        curr_uuid: Option<String>,
        prc_usd: Option<Decimal>,
        create_dttm: Option<Timestamp>,
        update_dttm: Option<Timestamp>,
        delete_dttm: Option<Timestamp>,
        ignore_tf: Option<i64>,
        note1: Option<String>,
        note2: Option<String>,
        note3: Option<String>,
        create_unix: Option<i64>,
        update_unix: Option<i64>,
        delete_unix: Option<i64>,
        add_dttm: Option<Timestamp>,
        add_unix: Option<i64>,
        dlm: Option<Timestamp>,
        dlm_unix: Option<i64>,
    }
}
