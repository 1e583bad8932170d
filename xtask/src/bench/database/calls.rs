//! What is called: the fleet's calls of every round, and every report.

use std::pin::Pin;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::{
    CandlePrices, Changes, Database, Error, OrderFilter, PairsMode, ProductFilter, TradeFilter,
    columns,
};

use super::recorded::Mark;

type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// A typical call of a method.
pub(super) struct Typical {
    /// The method, with what is asked where there are several calls of it.
    pub(super) name: &'static str,
    /// Statements before each batch of calls, off the clock, so that each batch finds the same.
    pub(super) before: &'static [&'static str],
    pub(super) call: for<'a> fn(&'a Database, Mark) -> Running<'a>,
}

/// Lists calls: `name (before), |database, mark| call`.
macro_rules! calls {
    ($($name:literal $([$($before:expr),*])?, |$database:ident, $mark:ident| $call:expr;)*) => {
        vec![$(
            Typical {
                name: $name,
                before: &[$($($before),*)?],
                call: |$database, $mark| Box::pin(async move { $call.await.map(|_| ()) }),
            }
        ),*]
    };
}

/// Performance rows that nobody has marked for recalculation.
const PERFORMANCES_FRESH: [&str; 2] = [
    "UPDATE trade_perfs SET needs_recalc_yn = 'N' WHERE needs_recalc_yn <> 'N'",
    "UPDATE trade_strat_perfs SET needs_recalc_yn = 'N' WHERE needs_recalc_yn <> 'N'",
];
/// Leases that nobody has.
const LEASES_FREE: &str = "UPDATE mkt_checks SET buy_check_guid = NULL, buy_check_dttm = '2025-01-01', sell_check_dttm = '2025-01-01'";
/// Positions that nobody has looked at today.
const CHECKED_LONG_AGO: &str =
    "UPDATE poss SET check_last_dttm = '2025-01-01' WHERE check_last_dttm > '2025-01-01'";

const QUOTE: Option<&str> = Some("USDC");

fn of_product(prod_id: &str) -> TradeFilter<'_> {
    TradeFilter {
        prod_id: Some(prod_id),
        ..TradeFilter::default()
    }
}

fn product(prod_id: &str) -> ProductFilter<'_> {
    ProductFilter {
        prod_id: Some(prod_id),
        ..ProductFilter::default()
    }
}

fn open_orders(prod_id: &str) -> OrderFilter<'_> {
    OrderFilter {
        prod_id: Some(prod_id),
        ord_stat: Some("OPEN"),
        ..OrderFilter::default()
    }
}

/// All calls, reads first, so that what the writes add does not slow them down.
pub(super) fn calls() -> Vec<Typical> {
    let mut list = reads();
    list.extend(reports());
    list.extend(writes());
    list
}

fn reads() -> Vec<Typical> {
    calls! {
        "db_poss_get (by number)", |database, mark|
            database.db_poss_get(TradeFilter::default(), Some(mark.position()), None);
        "db_poss_get (by product and state)", |database, mark|
            database.db_poss_get(of_product(&mark.product()), None, Some("OPEN"));
        "db_poss_open_get_by_prod_id", |database, mark| database.db_poss_open_get_by_prod_id(&mark.product());
        "db_poss_open_max_trade_size_get", |database, mark|
            database.db_poss_open_max_trade_size_get(&mark.product());
        "db_poss_check_last_dttm_get", |database, mark| database.db_poss_check_last_dttm_get(mark.position());
        "db_mkt_strat_elapsed_get", |database, mark|
            database.db_mkt_strat_elapsed_get(&mark.product(), "up", "sha", "15min", Some("N"));
        "db_pairs_loop_poss_open_prod_ids_get", |database, _mark|
            database.db_pairs_loop_poss_open_prod_ids_get(QUOTE);
        "db_pair_spent", |database, mark| database.db_pair_spent(Some(&mark.product()));
        "db_pair_strat_freq_spent", |database, mark|
            database.db_pair_strat_freq_spent(Some(&mark.product()), Some("up"), Some("sha"), Some("15min"));
        "db_bot_spent", |database, _mark| database.db_bot_spent(QUOTE);
        "db_sell_double_check_optimized", |database, mark|
            database.db_sell_double_check_optimized(mark.position());
        "db_buy_ords_get (open of a product)", |database, mark|
            database.db_buy_ords_get(open_orders(&mark.product()));
        "db_sell_ords_get (open of a product)", |database, mark|
            database.db_sell_ords_get(open_orders(&mark.product()));
        "db_mkt_sizing_data_get_by_uuid", |database, mark|
            database.db_mkt_sizing_data_get_by_uuid(&format!("seed-buy-{}", mark.position()));
        "db_mkts_get (a product)", |database, mark| database.db_mkts_get(None, None, Some(&mark.product()));
        "db_mkts_open_cnt_get", |database, mark|
            database.db_mkts_open_cnt_get(None, QUOTE, Some(&mark.product()));
        "db_mkt_checks_get (a product)", |database, mark| database.db_mkt_checks_get(Some(&mark.product()));
        "db_pairs_loop_get (all)", |database, _mark|
            database.db_pairs_loop_get(PairsMode::Full, &[], &["DAI-USDC"], &[], QUOTE);
        "db_pairs_loop_top_prc_chg_prod_ids_get", |database, _mark|
            database.db_pairs_loop_top_prc_chg_prod_ids_get(Some(4), Decimal::ONE, QUOTE, Some(Decimal::ONE));
        "db_pairs_loop_top_perfs_prod_ids_get", |database, _mark|
            database.db_pairs_loop_top_perfs_prod_ids_get(Some(7), Decimal::ONE, QUOTE);
        "db_bals_get (all)", |database, _mark| database.db_bals_get(None);
        "db_trade_perfs_get (a product)" [PERFORMANCES_FRESH[0]], |database, mark|
            database.db_trade_perfs_get(product(&mark.product()), 0);
        "db_trade_strat_perfs_get (a product)" [PERFORMANCES_FRESH[1]], |database, mark|
            database.db_trade_strat_perfs_get(of_product(&mark.product()), 0);
        "db_ohlcv_freq_get (500 candles)", |database, mark|
            database.db_ohlcv_freq_get(&mark.product_with_candles(), "15min", 500);
        "db_ohlcv_prod_id_freqs", |database, mark| database.db_ohlcv_prod_id_freqs(&mark.product_with_candles());
    }
}

fn reports() -> Vec<Typical> {
    calls! {
        "db_poss_open_recent_get", |database, _mark|
            database.db_poss_open_recent_get(TradeFilter::default(), Some(15));
        "db_poss_close_recent_get", |database, _mark| database.db_poss_close_recent_get(Some(15), Some("N"));
        "db_poss_closed_recent_get", |database, _mark|
            database.db_poss_closed_recent_get(TradeFilter::default(), Some(15));
        "db_poss_open_get", |database, _mark| database.db_poss_open_get(ProductFilter::default(), false, true);
        "db_open_overview", |database, _mark| database.db_open_overview(TradeFilter::default(), Some(15));
        "db_closed_overview", |database, _mark| database.db_closed_overview(TradeFilter::default(), Some(15));
        "db_closed_overview_recent_live", |database, _mark|
            database.db_closed_overview_recent_live(TradeFilter::default(), Some(15));
        "db_closed_overview_recent_test", |database, _mark|
            database.db_closed_overview_recent_test(TradeFilter::default(), Some(15));
        "db_open_trade_amts_get", |database, _mark| database.db_open_trade_amts_get();
        "db_strats_w_stats_get_all", |database, _mark| database.db_strats_w_stats_get_all();
        "db_strats_perf_get_all", |database, _mark| database.db_strats_perf_get_all(None, None, None);
        "db_poss_sell_order_problems_get", |database, _mark| database.db_poss_sell_order_problems_get();
    }
}

fn writes() -> Vec<Typical> {
    let mut list = trades();
    list.extend(others());
    list
}

fn trades() -> Vec<Typical> {
    calls! {
        "db_poss_insupd (new)", |database, mark| async move {
            let product = mark.product();
            let position = Changes::new()
                .set(columns::poss::bo_uuid, mark.text())
                .set(columns::poss::prod_id, product.as_str())
                .set(columns::poss::base_symb, mark.coin())
                .set(columns::poss::symb, "USDC")
                .set(columns::poss::pos_stat, "OPEN")
                .set(columns::poss::test_txn_yn, "Y")
                .set(columns::poss::buy_strat_type, "up")
                .set(columns::poss::buy_strat_name, "sha")
                .set(columns::poss::buy_strat_freq, "15min")
                .set(columns::poss::tot_out_cnt, mark.amount());
            database.db_poss_insupd(&position).await
        };
        "db_poss_insupd (known)", |database, mark| async move {
            let position = Changes::new()
                .set(columns::poss::pos_id, mark.position())
                .set(columns::poss::prc_curr, mark.amount())
                .set(columns::poss::note1, mark.text());
            database.db_poss_insupd(&position).await
        };
        "db_poss_upd", |database, mark| async move {
            let position = Changes::new()
                .set(columns::poss::pos_id, mark.position())
                .set(columns::poss::prc_curr, mark.amount())
                .set(columns::poss::val_curr, mark.amount())
                .set(columns::poss::val_tot, mark.amount())
                .set(columns::poss::reason, mark.text());
            database.db_poss_upd(&position).await
        };
        "db_poss_check_last_dttm_upd" [CHECKED_LONG_AGO], |database, mark|
            database.db_poss_check_last_dttm_upd(mark.position());
        "db_buy_ords_insupd (new)", |database, mark| async move {
            let product = mark.product();
            let order = Changes::new()
                .set(columns::buy_ords::buy_order_uuid, mark.text())
                .set(columns::buy_ords::buy_client_order_id, mark.text())
                .set(columns::buy_ords::prod_id, product.as_str())
                .set(columns::buy_ords::ord_stat, "FILL")
                .set(columns::buy_ords::test_txn_yn, "Y")
                .set(columns::buy_ords::tot_out_cnt, mark.amount());
            database.db_buy_ords_insupd(&order).await
        };
        "db_buy_ords_insupd (known)", |database, mark| async move {
            let order = Changes::new()
                .set(columns::buy_ords::buy_order_uuid, format!("seed-buy-{}", mark.position()))
                .set(columns::buy_ords::note1, mark.text());
            database.db_buy_ords_insupd(&order).await
        };
        "db_sell_ords_insupd (new)", |database, mark| async move {
            let product = mark.product();
            let order = Changes::new()
                .set(columns::sell_ords::sell_order_uuid, mark.text())
                .set(columns::sell_ords::sell_client_order_id, mark.text())
                .set(columns::sell_ords::pos_id, mark.position())
                .set(columns::sell_ords::prod_id, product.as_str())
                .set(columns::sell_ords::ord_stat, "FILL")
                .set(columns::sell_ords::test_txn_yn, "Y")
                .set(columns::sell_ords::tot_in_cnt, mark.amount());
            database.db_sell_ords_insupd(&order).await
        };
        "db_ords_insupd (new)", |database, mark| async move {
            let product = mark.product();
            let order = Changes::new()
                .set(columns::ords::ord_uuid, mark.text())
                .set(columns::ords::ord_client_order_id, mark.text())
                .set(columns::ords::prod_id, product.as_str())
                .set(columns::ords::ord_status, "FILLED")
                .set(columns::ords::ord_filled_size, mark.amount());
            database.db_ords_insupd(&order).await
        };
    }
}

fn others() -> Vec<Typical> {
    calls! {
        "db_mkt_checks_buy_upd" [LEASES_FREE], |database, mark| async move {
            database.db_mkt_checks_buy_upd(&mark.product(), &mark.bot()).await
        };
        "db_mkts_insupd (known)", |database, mark| async move {
            let product = mark.product();
            let market = Changes::new()
                .set(columns::mkts::prod_id, product.as_str())
                .set(columns::mkts::prc, mark.amount())
                .set(columns::mkts::prc_buy, mark.amount())
                .set(columns::mkts::prc_sell, mark.amount())
                .set(columns::mkts::note1, mark.text());
            database.db_mkts_insupd(&market).await
        };
        "db_bals_insupd (known)", |database, mark| async move {
            let balance = Changes::new()
                .set(columns::bals::symb, mark.coin())
                .set(columns::bals::curr_uuid, mark.currency())
                .set(columns::bals::rp_id, "seed-portfolio")
                .set(columns::bals::bal_avail, mark.amount())
                .set(columns::bals::bal_tot, mark.amount());
            database.db_bals_insupd(&balance).await
        };
        "db_currs_insupd (known)", |database, mark| async move {
            let currency = Changes::new()
                .set(columns::currs::symb, mark.coin())
                .set(columns::currs::curr_uuid, mark.currency())
                .set(columns::currs::prc_usd, mark.amount());
            database.db_currs_insupd(&currency).await
        };
        "db_buy_signals_ins", |database, mark| async move {
            let product = mark.product();
            let signal = Changes::new()
                .set(columns::buy_signals::prod_id, product.as_str())
                .set(columns::buy_signals::buy_strat_type, "up")
                .set(columns::buy_signals::buy_strat_name, "sha")
                .set(columns::buy_signals::buy_strat_freq, "15min")
                .set(columns::buy_signals::test_txn_yn, "Y");
            database.db_buy_signals_ins(&signal).await
        };
        "db_buy_decisions_ins", |database, mark| async move {
            let product = mark.product();
            let decision = Changes::new()
                .set(columns::buy_decisions::prod_id, product.as_str())
                .set(columns::buy_decisions::symb, "USDC")
                .set(columns::buy_decisions::buy_yn, "N")
                .set(columns::buy_decisions::setting_name, "trade_size")
                .set(columns::buy_decisions::message, mark.text());
            database.db_buy_decisions_ins(&decision).await
        };
        "trade_strat_perfs_flag_upd" [PERFORMANCES_FRESH[1]], |database, mark| async move {
            database
                .trade_strat_perfs_flag_upd(&mark.product(), "up", "sha", "15min", None)
                .await
        };
        "db_trade_perfs_recalc_single", |database, mark| async move {
            database.db_trade_perfs_recalc_single(&mark.product(), "A").await
        };
        "db_tbl_ohlcv_prod_id_insupd (300 candles)", |database, mark| async move {
            let product = mark.product_with_candles();
            database
                .db_tbl_ohlcv_prod_id_insupd(&product, "5min", &candles(mark))
                .await
        };
    }
}

/// The candles of a day, as they come anew in every round: the last ones have other volumes.
fn candles(mark: Mark) -> Vec<CandlePrices> {
    const COUNT: i64 = 300;
    // Of the year 2024, of which the history has none.
    let begin = 1_704_067_200 + i64::from(mark.number / 20) * COUNT * 300;
    let price = |number: i64| Some(Decimal::from_integer(100 + number % 7));
    (0..COUNT)
        .filter_map(|number| {
            Some(CandlePrices {
                timestamp: Timestamp::from_seconds(begin + number * 300)?,
                open: price(number),
                high: price(number + 1),
                low: price(number + 2),
                close: price(number + 3),
                volume: Some(mark.amount()),
            })
        })
        .collect()
}
