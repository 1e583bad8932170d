//! Every method, called with what bots typically ask.

use std::pin::Pin;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{
    Candle, CandlePrices, Changes, Database, Error, Operation, OrderFilter, PairsMode, Position,
    ProductFilter, StrategyEntry, StrategyPerformance, TradeFilter, TradePerformance, Value,
    columns,
};

pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// A call of a method.
pub(crate) struct Listed {
    /// The method.
    pub(crate) name: &'static str,
    /// What is asked, where there are several calls of a method.
    pub(crate) asked: &'static str,
    pub(crate) call: for<'a> fn(&'a Database) -> Running<'a>,
}

macro_rules! calls {
    ($($(#[doc = $asked:literal])? $name:ident ($($argument:expr),* $(,)?);)*) => {
        vec![$(
            Listed {
                name: stringify!($name),
                asked: concat!($($asked)?),
                call: |database| Box::pin(async move {
                    database.$name($($argument),*).await.map(|_| ())
                }),
            }
        ),*]
    };
}

/// The same of a product's candles.
macro_rules! calls_of_candles {
    ($($(#[doc = $asked:literal])? $name:ident ($($argument:expr),* $(,)?);)*) => {
        vec![$(
            Listed {
                name: concat!("Candles::", stringify!($name)),
                asked: concat!($($asked)?),
                call: |database| Box::pin(async move {
                    let candles = database.ohlcv(PRODUCT).await?;
                    candles.$name($($argument),*).await.map(|_| ())
                }),
            }
        ),*]
    };
}

pub(crate) const PRODUCT: &str = "COIN007-USDC";
const QUOTE: Option<&str> = Some("USDC");
/// A position of the history, held since long.
const POSITION: i64 = 123_456;

fn of_product() -> TradeFilter<'static> {
    TradeFilter {
        prod_id: Some(PRODUCT),
        ..TradeFilter::default()
    }
}

fn of_strategy() -> TradeFilter<'static> {
    TradeFilter {
        buy_strat_type: Some("up"),
        buy_strat_name: Some("sha"),
        buy_strat_freq: Some("15min"),
        ..of_product()
    }
}

fn live() -> TradeFilter<'static> {
    TradeFilter {
        lta: Some("L"),
        ..TradeFilter::default()
    }
}

fn product() -> ProductFilter<'static> {
    ProductFilter {
        prod_id: Some(PRODUCT),
        ..ProductFilter::default()
    }
}

fn position() -> Changes<Position> {
    Changes::new()
        .set(columns::poss::pos_id, POSITION)
        .set(columns::poss::note1, "seen")
}

/// All calls.
pub(crate) fn calls() -> Vec<Listed> {
    let mut list = positions();
    list.extend(reports());
    list.extend(performances());
    list.extend(wallet());
    list.extend(orders());
    list.extend(markets());
    list.extend(strategies());
    list.extend(candles());
    list.extend(raw());
    list.extend(own());
    list.extend(super::intents::intents());
    list
}

fn positions() -> Vec<Listed> {
    calls! {
        /// by number
        db_poss_get(TradeFilter::default(), Some(POSITION), None);
        /// by product
        db_poss_get(of_product(), None, None);
        /// by product and state
        db_poss_get(of_product(), None, Some("OPEN"));
        /// by strategy
        db_poss_get(of_strategy(), None, None);
        /// by state
        db_poss_get(TradeFilter::default(), None, Some("OPEN"));
        db_poss_open_recent_get(live(), Some(15));
        /// live
        db_poss_close_recent_get(Some(15), Some("N"));
        /// all
        db_poss_close_recent_get(Some(15), None);
        db_poss_open_get_by_prod_id(PRODUCT);
        db_poss_open_max_trade_size_get(PRODUCT);
        db_poss_check_last_dttm_get(POSITION);
        db_poss_check_last_dttm_upd(POSITION);
        db_mkt_strat_elapsed_get(PRODUCT, "up", "sha", "15min", Some("N"));
        db_pairs_loop_poss_open_prod_ids_get(QUOTE);
        /// all
        db_prod_ids_traded(ProductFilter::default());
        /// of a product
        db_prod_ids_traded(product());
        /// all
        db_prod_ids_strats_traded(TradeFilter::default());
        /// of a product
        db_prod_ids_strats_traded(of_product());
        db_pair_strat_freq_spent(Some(PRODUCT), Some("up"), Some("sha"), Some("15min"));
        db_pair_strat_spent(Some(PRODUCT), Some("up"), Some("sha"));
        db_bot_spent(QUOTE);
        /// of a product
        db_pair_spent(Some(PRODUCT));
        /// all
        db_pair_spent(None);
        db_open_trade_amts_get();
        db_sell_double_check(POSITION);
        db_sell_double_check_optimized(POSITION);
        db_poss_sell_order_problems_get();
        /// all
        db_sell_ords_problems_get(None);
        /// of a product
        db_sell_ords_problems_get(Some(PRODUCT));
        /// by number
        db_poss_insupd(&position());
        /// by its order
        db_poss_insupd(&Changes::new().set(columns::poss::bo_uuid, "seed-buy-77").set(columns::poss::note1, "seen"));
        db_poss_err_upd(POSITION, "ERR");
        db_poss_upd(&position());
        db_poss_upd_sell(&position());
        db_poss_upd_close(&position());
    }
}

fn reports() -> Vec<Listed> {
    calls! {
        db_closed_overview_recent_test(TradeFilter::default(), Some(15));
        db_closed_overview_recent_live(TradeFilter::default(), Some(15));
        db_open_overview(TradeFilter::default(), Some(15));
        db_closed_overview(TradeFilter::default(), Some(15));
        db_strats_w_stats_get_all();
        db_strats_perf_get_all(None, None, None);
        /// live
        db_poss_closed_recent_get(live(), Some(15));
        /// all
        db_poss_closed_recent_get(TradeFilter::default(), Some(15));
        /// all
        db_poss_open_get(ProductFilter::default(), false, false);
        /// of a product
        db_poss_open_get(product(), false, true);
    }
}

fn performances() -> Vec<Listed> {
    calls! {
        /// of a product
        db_trade_perfs_get(product(), 0);
        /// all
        db_trade_perfs_get(ProductFilter::default(), 5);
        db_trade_perfs_recalc_single(PRODUCT, "A");
        db_trade_perfs_recalc(PRODUCT, None);
        sp_trade_perfs_recalc(Some(PRODUCT), None);
        db_trade_perfs_insupd(
            &Changes::<TradePerformance>::new()
                .set(columns::trade_perfs::prod_id, PRODUCT)
                .set(columns::trade_perfs::lta, "A")
                .set(columns::trade_perfs::needs_recalc_yn, "Y")
        );
        trade_perfs_flag_upd(PRODUCT, None);
        db_pairs_loop_top_perfs_prod_ids_get(Some(7), Decimal::ZERO, QUOTE);
        db_pairs_loop_top_gains_prod_ids_get(Some(4), Decimal::ZERO, QUOTE);
        /// of a product
        db_trade_strat_perfs_get(of_product(), 0);
        /// of a strategy
        db_trade_strat_perfs_get(of_strategy(), 0);
        db_trade_strat_perfs_recalc_single(PRODUCT, "up", "sha", "15min", "A");
        db_trade_strat_perfs_recalc(PRODUCT, "up", "sha", "15min", None);
        sp_trade_strat_perfs_recalc(of_strategy());
        db_trade_strat_perfs_insupd(
            &Changes::<StrategyPerformance>::new()
                .set(columns::trade_strat_perfs::prod_id, PRODUCT)
                .set(columns::trade_strat_perfs::buy_strat_type, "up")
                .set(columns::trade_strat_perfs::buy_strat_name, "sha")
                .set(columns::trade_strat_perfs::buy_strat_freq, "15min")
                .set(columns::trade_strat_perfs::lta, "A")
                .set(columns::trade_strat_perfs::needs_recalc_yn, "Y")
        );
        trade_strat_perfs_flag_upd(PRODUCT, "up", "sha", "15min", None);
    }
}

fn wallet() -> Vec<Listed> {
    calls! {
        /// all
        db_bals_get(None);
        /// one
        db_bals_get(Some("COIN007"));
        db_bals_insupd(
            &Changes::new()
                .set(columns::bals::symb, "COIN007")
                .set(columns::bals::curr_uuid, "seed-currency-7")
                .set(columns::bals::rp_id, "seed-portfolio")
                .set(columns::bals::bal_avail, Decimal::ONE)
        );
        db_bals_prc_mkt_upd();
        /// all
        db_currs_get(None);
        /// one
        db_currs_get(Some("COIN007"));
        db_currs_insupd(
            &Changes::new()
                .set(columns::currs::symb, "COIN007")
                .set(columns::currs::curr_uuid, "seed-currency-7")
                .set(columns::currs::note1, "seen")
        );
        db_currs_prc_upd("COIN007", Decimal::ONE);
        db_currs_prc_stable_upd(None);
        db_currs_prc_mkt_upd();
    }
}

fn orders() -> Vec<Listed> {
    calls! {
        /// by the exchange's identifier
        db_buy_ords_get(OrderFilter { uuid: Some("seed-buy-77"), ..OrderFilter::default() });
        /// by the bot's identifier
        db_buy_ords_get(OrderFilter { client_order_id: Some("seed-bot-buy-77"), ..OrderFilter::default() });
        /// by product and state
        db_buy_ords_get(open_orders(Some(PRODUCT)));
        /// by state
        db_buy_ords_get(open_orders(None));
        db_buy_ords_open_get();
        db_mkt_sizing_data_get_by_uuid("seed-buy-77");
        /// by number
        db_buy_ords_insupd(
            &Changes::new().set(columns::buy_ords::bo_id, 77).set(columns::buy_ords::note1, "seen")
        );
        /// by the exchange's identifier
        db_buy_ords_insupd(
            &Changes::new()
                .set(columns::buy_ords::buy_order_uuid, "seed-buy-78")
                .set(columns::buy_ords::note1, "seen")
        );
        db_buy_ords_stat_upd(77, "FILL");
        /// by the exchange's identifier
        db_sell_ords_get(OrderFilter { uuid: Some("seed-sell-77"), ..OrderFilter::default() });
        /// by the bot's identifier
        db_sell_ords_get(OrderFilter { client_order_id: Some("seed-bot-sell-77"), ..OrderFilter::default() });
        /// by position
        db_sell_ords_get(OrderFilter { pos_id: Some(POSITION), ..OrderFilter::default() });
        /// by product and state
        db_sell_ords_get(open_orders(Some(PRODUCT)));
        /// by state
        db_sell_ords_get(open_orders(None));
        /// by the exchange's identifier
        db_sell_ords_insupd(
            &Changes::new()
                .set(columns::sell_ords::sell_order_uuid, "seed-sell-78")
                .set(columns::sell_ords::note1, "seen")
        );
        /// by the exchange's identifier
        db_ords_get(None, None, Some("seed-buy-77"));
        /// by the bot's identifier
        db_ords_get(None, Some("seed-bot-buy-77"), None);
        /// by product
        db_ords_get(Some(PRODUCT), None, None);
        db_ords_insupd(
            &Changes::new()
                .set(columns::ords::ord_uuid, "seed-buy-77")
                .set(columns::ords::note1, "seen")
        );
    }
}

fn open_orders(prod_id: Option<&'static str>) -> OrderFilter<'static> {
    OrderFilter {
        prod_id,
        ord_stat: Some("open"),
        ..OrderFilter::default()
    }
}

fn markets() -> Vec<Listed> {
    calls! {
        /// one
        db_mkts_get(None, None, Some(PRODUCT));
        /// of a quote currency
        db_mkts_get(None, QUOTE, None);
        db_mkts_open_cnt_get(None, QUOTE, Some(PRODUCT));
        db_mkt_prc_get(PRODUCT);
        db_mkts_insupd(
            &Changes::new()
                .set(columns::mkts::prod_id, PRODUCT)
                .set(columns::mkts::prc, Decimal::ONE)
        );
        /// full
        db_pairs_loop_get(PairsMode::Full, &[PRODUCT, "COIN008-USDC"], &["DAI-USDC"], &[], QUOTE);
        /// all
        db_pairs_loop_get(PairsMode::Full, &[], &[], &[], QUOTE);
        /// to sell
        db_pairs_loop_get(PairsMode::Sell, &[], &[], &[], QUOTE);
        db_pairs_loop_top_prc_chg_prod_ids_get(Some(4), Decimal::ONE, QUOTE, Some(Decimal::ONE));
        db_pairs_loop_top_vol_chg_prod_ids_get(Some(4), Decimal::ONE, QUOTE, Some(Decimal::ONE));
        db_pairs_loop_top_vol_chg_pct_prod_ids_get(Some(4), QUOTE, Some(Decimal::ONE));
        db_pairs_loop_watched_prod_ids_get(QUOTE, None);
        db_mkt_checks_get(Some(PRODUCT));
        db_buy_check_get(Some(PRODUCT));
        db_sell_check_get(Some(PRODUCT));
        db_mkt_checks_insupd(&Changes::new().set(columns::mkt_checks::prod_id, PRODUCT));
        db_mkt_checks_buy_upd(PRODUCT, "bot");
        db_mkt_checks_sell_upd(PRODUCT, "bot");
        db_mkt_checks_release(PRODUCT, "bot");
    }
}

fn strategies() -> Vec<Listed> {
    calls! {
        db_buy_signals_ins(&Changes::new().set(columns::buy_signals::prod_id, PRODUCT));
        db_buy_signals_cleanup_old(90);
        db_buy_decisions_ins(&Changes::new().set(columns::buy_decisions::prod_id, PRODUCT));
        db_buy_decisions_cleanup_old(90);
        db_buy_strats_get();
        db_buy_strats_insupd(
            &Changes::new()
                .set(columns::buy_strats::buy_strat_id, 7)
                .set(columns::buy_strats::buy_strat_name, "sha")
        );
        db_buy_strats_replace(&[StrategyEntry {
            buy_strat_type: "up",
            buy_strat_name: "sha",
            buy_strat_freq: "15min",
        }]);
    }
}

fn noon(day: i64) -> Timestamp {
    Timestamp::from_seconds(1_760_000_000 + day * 86_400).expect("within the calendar")
}

fn candle() -> [CandlePrices; 1] {
    [CandlePrices {
        timestamp: noon(0),
        open: Some(Decimal::ONE),
        high: Some(Decimal::ONE),
        low: Some(Decimal::ONE),
        close: Some(Decimal::ONE),
        volume: None,
    }]
}

fn candle_changes() -> [Changes<Candle>; 1] {
    [Changes::new()
        .set(columns::ohlcv::freq, "1h")
        .set(columns::ohlcv::timestamp, noon(1))
        .set(columns::ohlcv::close, Decimal::ONE)]
}

fn candles() -> Vec<Listed> {
    let mut list = calls! {
        ohlcv(PRODUCT);
        db_check_ohlcv_prod_id_table(PRODUCT);
        db_ohlcv_freq_get(PRODUCT, "15min", 500);
        db_ohlcv_prod_id_freqs(PRODUCT);
        db_tbl_ohlcv_prod_id_insupd(PRODUCT, "1h", &candle());
        db_tbl_ohlcv_prod_id_insupd_many(PRODUCT, &[("1h", &candle()), ("4h", &candle())]);
        db_tbl_insupd("ohlcv_COIN007_USDC", &candle_changes());
        db_ohlcv_table_names_get();
        show_all_ohlcv_age();
        db_tbl_del("ohlcv_COIN058_USDC");
    };
    list.extend(calls_of_candles! {
        load_ohlcv_data("15min", Some(500), None, None);
        save_ohlcv_data("1h", &candle());
        save_history("1h", &candle());
        db_tbl_insupd(&candle_changes());
        db_ohlcv_prod_id_freqs();
        get_latest_timestamp("1h");
        get_record_count("1h");
        get_timeframe_summary();
        show_ohlcv_age();
        gaps("1h", noon(0), noon(7));
    });
    list
}

/// The rest of the surface: callers' own SQL, which they answer for.
fn raw() -> Vec<Listed> {
    calls! {
        seld("SELECT pos_stat FROM poss WHERE pos_id = ?", &[Value::from(POSITION)]);
        sel("SELECT pos_stat FROM poss WHERE pos_id = ?", &[Value::from(POSITION)]);
        execute_query("SELECT pos_stat FROM poss WHERE pos_id = ?", &[Value::from(POSITION)]);
        curs("SELECT pos_stat FROM poss WHERE pos_id = ?", &[Value::from(POSITION)]);
        cols("SELECT pos_stat FROM poss WHERE pos_id = ?", &[Value::from(POSITION)]);
        execute("UPDATE poss SET note1 = ? WHERE pos_id = ?", &[Value::from("seen"), Value::from(POSITION)]);
        execute_update("UPDATE poss SET note1 = ? WHERE pos_id = ?", &[Value::from("seen"), Value::from(POSITION)]);
        upd("UPDATE poss SET note1 = ? WHERE pos_id = ?", &[Value::from("seen"), Value::from(POSITION)]);
        delete("DELETE FROM buy_signals WHERE signal_id = ?", &[Value::from(7)]);
        ins_one("INSERT INTO buy_signals (prod_id) VALUES (?)", &[Value::from(PRODUCT)]);
        ins_many("INSERT INTO buy_signals (prod_id) VALUES (?)", &[vec![Value::from(PRODUCT)]]);
        seld_ez("cbtrade", "poss", &["pos_stat"], &[("pos_id", Value::from(POSITION))]);
        ins_ez("cbtrade", "buy_signals", &[("prod_id", Value::from(PRODUCT))]);
        upd_ez("cbtrade", "poss", &[("note1", Value::from("seen"))], &[("pos_id", Value::from(POSITION))]);
        del_ez("cbtrade", "buy_signals", &[("signal_id", Value::from(8))]);
        insupd_ez("cbtrade", "poss", &[("pos_id", Value::from(POSITION)), ("note1", Value::from("seen"))]);
    }
}

/// What the layer asks for itself.
fn own() -> Vec<Listed> {
    calls! {
        db_process_figures_write();
        db_process_figures_get();
        db_operations_cleanup();
        db_operation_outcome(Operation::new());
        db_schema_version();
        db_schema_check();
        require_schema();
        table_cols("poss");
    }
}
