//! Strategies, their signals and what became of them.

use cbtrade_core::Timestamp;

use crate::record::table_record;

table_record! {
    /// A signal of a strategy.
    BuySignal of buy_signals = "buy_signals" {
        signal_id: i64,
        prod_id: Option<String>,
        buy_strat_type: Option<String>,
        buy_strat_name: Option<String>,
        buy_strat_freq: Option<String>,
        event_dttm: Option<Timestamp>,
        test_txn_yn: Option<String>,
        dlm: Option<Timestamp>,
    }
}

table_record! {
    /// Why a buy was made, moved to paper or denied.
    BuyDecision of buy_decisions = "buy_decisions" {
        buy_dec_id: i64,
        signal_id: Option<i64>,
        actv_dttm: Option<Timestamp>,
        prod_id: Option<String>,
        symb: Option<String>,
        buy_yn: Option<String>,
        test_txn_yn: Option<String>,
        buy_deny_yn: Option<String>,
        buy_strat_type: Option<String>,
        buy_strat_name: Option<String>,
        buy_strat_freq: Option<String>,
        setting_name: Option<String>,
        setting_value: Option<String>,
        buy_stat_name: Option<String>,
        buy_stat_value: Option<String>,
        setting_name2: Option<String>,
        setting_value2: Option<String>,
        buy_stat_name2: Option<String>,
        buy_stat_value2: Option<String>,
        setting_name3: Option<String>,
        setting_value3: Option<String>,
        buy_stat_name3: Option<String>,
        buy_stat_value3: Option<String>,
        test_fnc_name: Option<String>,
        message: Option<String>,
        dlm: Option<Timestamp>,
    }
}

table_record! {
    /// A strategy and candle length that bots trade.
    BuyStrategy of buy_strats = "buy_strats" {
        buy_strat_id: i64,
        buy_strat_type: Option<String>,
        buy_strat_name: Option<String>,
        buy_strat_freq: Option<String>,
    }
}
