//! Products and who looks after them.

use cbtrade_core::{Decimal, Timestamp};

use crate::record::table_record;

table_record! {
    /// A product of the exchange.
    Market of mkts = "mkts" {
        mkt_id: i64,
        mkt_name: Option<String>,
        prod_id: Option<String>,
        mkt_venue: Option<String>,
        base_curr_symb: Option<String>,
        base_curr_name: Option<String>,
        base_size_incr: Option<Decimal>,
        base_size_min: Option<Decimal>,
        base_size_max: Option<Decimal>,
        quote_curr_symb: Option<String>,
        quote_curr_name: Option<String>,
        quote_size_incr: Option<Decimal>,
        quote_size_min: Option<Decimal>,
        quote_size_max: Option<Decimal>,
        mkt_status_tf: Option<String>,
        mkt_view_only_tf: Option<i64>,
        mkt_watched_tf: Option<i64>,
        mkt_is_disabled_tf: Option<i64>,
        mkt_new_tf: Option<i64>,
        mkt_cancel_only_tf: Option<i64>,
        mkt_limit_only_tf: Option<i64>,
        mkt_post_only_tf: Option<i64>,
        mkt_trading_disabled_tf: Option<i64>,
        mkt_auction_mode_tf: Option<i64>,
        prc: Option<Decimal>,
        prc_ask: Option<Decimal>,
        prc_buy: Option<Decimal>,
        prc_bid: Option<Decimal>,
        prc_sell: Option<Decimal>,
        prc_mid_mkt: Option<Decimal>,
        prc_pct_chg_24h: Option<Decimal>,
        vol_24h: Option<Decimal>,
        vol_base_24h: Option<Decimal>,
        vol_quote_24h: Option<Decimal>,
        vol_pct_chg_24h: Option<Decimal>,
        ignore_tf: Option<i64>,
        note1: Option<String>,
        note2: Option<String>,
        note3: Option<String>,
        add_dttm: Option<Timestamp>,
        add_unix: Option<i64>,
        dlm: Option<Timestamp>,
        dlm_unix: Option<i64>,
    }
}

table_record! {
    /// Which bot looks after a product, and since when.
    MarketCheck of mkt_checks = "mkt_checks" {
        prod_id: Option<String>,
        buy_check_dttm: Option<Timestamp>,
        buy_check_unix: Option<i64>,
        buy_check_guid: Option<String>,
        buy_check_elapsed_minutes: Option<i64>,
        sell_check_dttm: Option<Timestamp>,
        sell_check_unix: Option<i64>,
        sell_check_guid: Option<String>,
        sell_check_elapsed_minutes: Option<i64>,
        refresh_check_dttm: Option<Timestamp>,
        refresh_check_unix: Option<i64>,
        refresh_check_guid: Option<String>,
        refresh_check_elapsed_minutes: Option<i64>,
        dlm: Option<Timestamp>,
        dlm_unix: Option<i64>,
    }
}
