//! One day of a bot, told with every method of the layer, the same on SQLite, MariaDB and MySQL.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;
#[path = "story/order_life.rs"]
mod order_life;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::columns::{
    bals, buy_decisions, buy_ords, buy_signals, buy_strats, currs, mkt_checks, mkts, ohlcv, ords,
    poss, sell_ords, trade_perfs, trade_strat_perfs,
};
use cbtrade_database::{
    CandlePrices, Changes, Database, Observer, Options, OrderFilter, PairsMode, ProductFilter,
    StrategyEntry, TradeFilter, Value,
};
use common::Store;

const PRODUCT: &str = "BTC-USDC";

/// Methods that hand on to another one, whose name their statements carry; all are called below.
const DELEGATES: [&str; 5] = [
    "db_check_ohlcv_prod_id_table",
    "db_ohlcv_freq_get",
    "db_tbl_ohlcv_prod_id_insupd",
    "ohlcv",
    "show_all_ohlcv_age",
];

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_a_bot_goes_the_same_on_every_engine() {
    let seen: Arc<Mutex<BTreeSet<&'static str>>> = Arc::default();
    let options = || {
        let seen = Arc::clone(&seen);
        let observer = Observer::new(move |statement| {
            seen.lock().unwrap().insert(statement.method);
        });
        Options {
            observer: Some(observer),
            ..Options::default()
        }
    };
    for store in Store::all_with(options).await {
        let database = &store.database;
        database.ensure_database_ready().await.unwrap();
        database.require_schema().await.unwrap();
        assert!(database.test_connection().await, "{store}");
        markets_and_wallet(database).await;
        strategies_and_signals(database).await;
        leases(database).await;
        let pos_id = buy(database).await;
        hold(database, pos_id).await;
        sell(database, pos_id).await;
        performance(database).await;
        reports(database).await;
        candles(database).await;
        own_statements(database).await;
        order_life::order_life(database).await;
        cleanup(database).await;
    }
    let seen = seen.lock().unwrap();
    let missing: Vec<String> = public_methods()
        .into_iter()
        .filter(|method| !seen.contains(method.as_str()) && !DELEGATES.contains(&method.as_str()))
        .collect();
    assert_eq!(
        missing,
        Vec::<String>::new(),
        "these methods are not part of the story"
    );
}

/// The names of all methods, from their source: a new one must become part of the story.
fn public_methods() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/methods")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            let methods = text
                .lines()
                .filter_map(|line| line.trim().strip_prefix("pub async fn "));
            names.extend(
                methods
                    .filter_map(|rest| rest.split(['(', '<']).next())
                    .map(str::to_owned),
            );
        }
    }
    assert!(names.len() > 90, "the methods are found");
    names
}

async fn markets_and_wallet(database: &Database) {
    for (product, base, price, change, volume) in [
        (PRODUCT, "BTC", "60000", "7.5", "9000000"),
        ("ETH-USDC", "ETH", "2500", "3", "8000000"),
        ("PEPE-USDC", "PEPE", "0.000000012345", "12", "100"),
    ] {
        let market = Changes::new()
            .set(mkts::prod_id, product)
            .set(mkts::base_curr_symb, base)
            .set(mkts::quote_curr_symb, "USDC")
            .set(mkts::mkt_status_tf, "online")
            .set(mkts::prc, decimal(price))
            .set(mkts::prc_pct_chg_24h, decimal(change))
            .set(mkts::vol_pct_chg_24h, decimal(change))
            .set(mkts::vol_quote_24h, decimal(volume))
            .set(mkts::vol_24h, decimal(volume))
            .set(mkts::quote_size_min, decimal("1"));
        database.db_mkts_insupd(&market).await.unwrap();
    }
    let watched = Changes::new()
        .set(mkts::prod_id, "ETH-USDC")
        .set(mkts::mkt_watched_tf, 1);
    database.db_mkts_insupd(&watched).await.unwrap();
    let markets = database
        .db_mkts_get(None, Some("USDC"), None)
        .await
        .unwrap();
    assert_eq!(markets.len(), 3);
    assert_eq!(
        markets[2].prc,
        Some(decimal("0.000000012345")),
        "no digit is lost"
    );
    assert_eq!(
        database
            .db_mkts_open_cnt_get(None, Some("usdc"), None)
            .await
            .unwrap(),
        3,
        "letter case does not count"
    );
    assert_eq!(
        database.db_mkt_prc_get(PRODUCT).await.unwrap(),
        Some(decimal("60000"))
    );
    let volume = Some(decimal("5000000"));
    let rising = database
        .db_pairs_loop_top_prc_chg_prod_ids_get(Some(5), decimal("5"), Some("USDC"), volume)
        .await;
    assert_eq!(rising.unwrap(), [PRODUCT]);
    let busy = database
        .db_pairs_loop_top_vol_chg_prod_ids_get(None, decimal("5"), Some("USDC"), None)
        .await
        .unwrap();
    assert_eq!(busy, ["PEPE-USDC", PRODUCT]);
    let busiest = database
        .db_pairs_loop_top_vol_chg_pct_prod_ids_get(Some(1), Some("USDC"), None)
        .await
        .unwrap();
    assert_eq!(busiest, ["PEPE-USDC"]);
    assert_eq!(
        database
            .db_pairs_loop_watched_prod_ids_get(Some("USDC"), None)
            .await
            .unwrap(),
        ["ETH-USDC"]
    );

    for (symb, uuid) in [("BTC", "c-btc"), ("USDC", "c-usdc")] {
        let currency = Changes::new()
            .set(currs::symb, symb)
            .set(currs::curr_uuid, uuid);
        database.db_currs_insupd(&currency).await.unwrap();
        let balance = Changes::new()
            .set(bals::symb, symb)
            .set(bals::curr_uuid, uuid)
            .set(bals::rp_id, "portfolio")
            .set(bals::bal_avail, decimal("1000.000000000001"))
            .set(bals::bal_tot, decimal("2"));
        database.db_bals_insupd(&balance).await.unwrap();
    }
    database
        .db_currs_prc_upd("BTC", decimal("59999.5"))
        .await
        .unwrap();
    database.db_currs_prc_stable_upd(None).await.unwrap();
    database.db_currs_prc_mkt_upd().await.unwrap();
    assert_eq!(
        database.db_currs_get(Some("USDC")).await.unwrap()[0].prc_usd,
        Some(Decimal::ONE)
    );
    database.db_bals_prc_mkt_upd().await.unwrap();
    let balance = database.db_bals_get(Some("btc")).await.unwrap();
    assert_eq!(balance[0].bal_avail, Some(decimal("1000.000000000001")));
}

async fn strategies_and_signals(database: &Database) {
    let entry = |name, freq| StrategyEntry {
        buy_strat_type: "up",
        buy_strat_name: name,
        buy_strat_freq: freq,
    };
    assert!(
        database
            .db_buy_strats_replace(&[entry("sha", "1h"), entry("sha", "4h")])
            .await
            .unwrap()
    );
    let one = Changes::new()
        .set(buy_strats::buy_strat_name, "tpo")
        .set(buy_strats::buy_strat_freq, "1d");
    database.db_buy_strats_insupd(&one).await.unwrap();
    assert_eq!(database.db_buy_strats_get().await.unwrap().len(), 3);
    let signal = Changes::new()
        .set(buy_signals::prod_id, PRODUCT)
        .set(buy_signals::buy_strat_name, "sha")
        .set(buy_signals::test_txn_yn, "N");
    let first = database.db_buy_signals_ins(&signal).await.unwrap();
    let second = database.db_buy_signals_ins(&signal).await.unwrap();
    assert!(second > first);
    let decision = Changes::new()
        .set(buy_decisions::signal_id, second)
        .set(buy_decisions::buy_yn, "Y")
        .set(
            buy_decisions::message,
            "why? it's 100% \u{1F680} `quoted` \"text\"",
        );
    assert!(database.db_buy_decisions_ins(&decision).await.unwrap() > 0);
}

async fn leases(database: &Database) {
    assert!(
        database
            .db_mkt_checks_buy_upd(PRODUCT, "one")
            .await
            .unwrap(),
        "free"
    );
    assert!(
        database
            .db_mkt_checks_buy_upd(PRODUCT, "one")
            .await
            .unwrap(),
        "mine already"
    );
    assert!(
        !database
            .db_mkt_checks_buy_upd(PRODUCT, "two")
            .await
            .unwrap(),
        "taken"
    );
    assert!(
        database
            .db_mkt_checks_sell_upd(PRODUCT, "two")
            .await
            .unwrap(),
        "the other side is free"
    );
    assert_eq!(
        database.db_buy_check_get(Some(PRODUCT)).await.unwrap()[0]
            .buy_check_guid
            .as_deref(),
        Some("one")
    );
    assert_eq!(
        database.db_sell_check_get(Some(PRODUCT)).await.unwrap()[0]
            .sell_check_guid
            .as_deref(),
        Some("two")
    );
    assert!(
        database
            .db_mkt_checks_release(PRODUCT, "one")
            .await
            .unwrap()
    );
    assert!(
        database
            .db_mkt_checks_buy_upd(PRODUCT, "two")
            .await
            .unwrap(),
        "given back"
    );
    let both = Changes::new()
        .set(mkt_checks::prod_id, "ETH-USDC")
        .set(mkt_checks::buy_check_guid, "three");
    database.db_mkt_checks_insupd(&both).await.unwrap();
    assert_eq!(database.db_mkt_checks_get(None).await.unwrap().len(), 2);
}

async fn buy(database: &Database) -> i64 {
    let order = Changes::new()
        .set(buy_ords::buy_order_uuid, "buy-1")
        .set(buy_ords::buy_client_order_id, "client-1")
        .set(buy_ords::prod_id, PRODUCT)
        .set(buy_ords::ord_stat, "OPEN")
        .set(buy_ords::test_txn_yn, "N")
        .set(buy_ords::buy_strat_type, "up")
        .set(buy_ords::buy_strat_name, "sha")
        .set(buy_ords::buy_strat_freq, "1h")
        .set(buy_ords::tot_out_cnt, decimal("100.5"));
    database.db_buy_ords_insupd(&order).await.unwrap();
    assert_eq!(database.db_buy_ords_open_get().await.unwrap(), [PRODUCT]);
    let filter = OrderFilter {
        uuid: Some("buy-1"),
        ord_stat: Some("open"),
        ..OrderFilter::default()
    };
    let bo_id = database.db_buy_ords_get(filter).await.unwrap()[0].row.bo_id;
    let sizes = database
        .db_mkt_sizing_data_get_by_uuid("buy-1")
        .await
        .unwrap();
    assert_eq!(sizes[0].extra.quote_size_min, Some(Decimal::ONE));
    database.db_buy_ords_stat_upd(bo_id, "FILL").await.unwrap();
    let mirror = Changes::new()
        .set(ords::ord_uuid, "buy-1")
        .set(ords::prod_id, PRODUCT);
    database.db_ords_insupd(&mirror).await.unwrap();
    assert_eq!(
        database
            .db_ords_get(Some(PRODUCT), None, Some("buy-1"))
            .await
            .unwrap()
            .len(),
        1
    );
    let position = Changes::new()
        .set(poss::bo_uuid, "buy-1")
        .set(poss::bo_id, bo_id)
        .set(poss::prod_id, PRODUCT)
        .set(poss::base_symb, "BTC")
        .set(poss::base_curr_symb, "BTC")
        .set(poss::symb, "USDC")
        .set(poss::quote_curr_symb, "USDC")
        .set(poss::test_txn_yn, "N")
        .set(poss::pos_stat, "OPEN")
        .set(poss::buy_strat_type, "up")
        .set(poss::buy_strat_name, "sha")
        .set(poss::buy_strat_freq, "1h")
        .set(poss::tot_out_cnt, decimal("100.5"))
        .set(poss::hold_cnt, decimal("0.001675"))
        .set(poss::val_tot, decimal("101"))
        .set(poss::pos_begin_dttm, moment("2025-10-01 10:00:00"));
    let pos_id = database.db_poss_insupd(&position).await.unwrap();
    assert_eq!(
        database.db_poss_insupd(&position).await.unwrap(),
        pos_id,
        "the same order is the same position"
    );
    pos_id
}

async fn hold(database: &Database, pos_id: i64) {
    let open = database.db_poss_open_get_by_prod_id(PRODUCT).await.unwrap();
    assert_eq!(
        (open.live.len(), open.test.len(), open.all.len()),
        (1, 0, 1)
    );
    assert_eq!(open.live[0].row.pos_begin_unix, Some(1_759_312_800));
    assert_eq!(
        database
            .db_poss_open_max_trade_size_get(PRODUCT)
            .await
            .unwrap(),
        decimal("100.5")
    );
    assert_eq!(
        database
            .db_pairs_loop_poss_open_prod_ids_get(Some("USDC"))
            .await
            .unwrap(),
        [PRODUCT]
    );
    assert_eq!(
        database.db_poss_check_last_dttm_upd(pos_id).await.unwrap(),
        1
    );
    assert_eq!(
        database
            .db_poss_check_last_dttm_get(pos_id)
            .await
            .unwrap()
            .len(),
        1
    );
    let seen = Changes::new()
        .set(poss::pos_id, pos_id)
        .set(poss::prc_curr, decimal("60100"));
    assert_eq!(database.db_poss_upd(&seen).await.unwrap(), 1);
    let spent = database.db_bot_spent(Some("USDC")).await.unwrap();
    assert_eq!(spent[0].extra.spent_amt, Some(decimal("100.5")));
    assert_eq!(
        database.db_pair_spent(Some(PRODUCT)).await.unwrap().len(),
        1
    );
    assert!(
        database
            .db_pair_strat_spent(Some(PRODUCT), Some("up"), Some("sha"))
            .await
            .unwrap()
            .is_some()
    );
    let by_freq = database
        .db_pair_strat_freq_spent(Some(PRODUCT), Some("up"), Some("sha"), Some("1h"))
        .await;
    assert!(by_freq.unwrap().is_some());
    assert_eq!(database.db_open_trade_amts_get().await.unwrap().len(), 1);
    let elapsed = database
        .db_mkt_strat_elapsed_get(PRODUCT, "up", "sha", "1h", None)
        .await
        .unwrap();
    assert!(elapsed.buy_mins < decimal("60"), "{elapsed:?}");
    assert_eq!(
        database
            .db_poss_open_get(ProductFilter::default(), false, true)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        database
            .db_open_overview(TradeFilter::default(), None)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        database
            .db_poss_open_recent_get(TradeFilter::default(), Some(5))
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        database
            .db_poss_sell_order_problems_get()
            .await
            .unwrap()
            .len(),
        0
    );
}

async fn sell(database: &Database, pos_id: i64) {
    assert_eq!(
        database.db_sell_double_check(pos_id).await.unwrap()[0].so_id,
        None
    );
    let order = Changes::new()
        .set(sell_ords::sell_order_uuid, "sell-1")
        .set(sell_ords::pos_id, pos_id)
        .set(sell_ords::prod_id, PRODUCT)
        .set(sell_ords::ord_stat, "OPEN");
    database.db_sell_ords_insupd(&order).await.unwrap();
    let filter = OrderFilter {
        pos_id: Some(pos_id),
        ..OrderFilter::default()
    };
    assert_eq!(database.db_sell_ords_get(filter).await.unwrap().len(), 1);
    assert!(
        database
            .db_sell_double_check_optimized(pos_id)
            .await
            .unwrap()[0]
            .so_id
            .is_some()
    );
    assert_eq!(
        database
            .db_poss_sell_order_problems_get()
            .await
            .unwrap()
            .len(),
        1,
        "open with an open sell order"
    );
    database
        .db_sell_ords_problems_get(Some(PRODUCT))
        .await
        .unwrap();
    let selling = Changes::new()
        .set(poss::pos_id, pos_id)
        .set(poss::pos_stat, "SELL");
    assert_eq!(database.db_poss_upd_sell(&selling).await.unwrap(), 1);
    let filled = Changes::new()
        .set(sell_ords::sell_order_uuid, "sell-1")
        .set(sell_ords::ord_stat, "FILL");
    database.db_sell_ords_insupd(&filled).await.unwrap();
    let closed = Changes::new()
        .set(poss::pos_id, pos_id)
        .set(poss::pos_stat, "CLOSE")
        .set(poss::tot_in_cnt, decimal("110.55"))
        .set(poss::val_tot, Decimal::ZERO)
        .set(poss::hold_cnt, Decimal::ZERO)
        .set(poss::gain_loss_amt, decimal("10.05"))
        .set(poss::pos_end_dttm, moment("2025-10-02 10:00:00"));
    assert_eq!(database.db_poss_upd_close(&closed).await.unwrap(), 1);
    let row = database
        .db_poss_get(TradeFilter::default(), Some(pos_id), Some("close"))
        .await
        .unwrap()
        .remove(0)
        .row;
    assert_eq!(
        (row.gain_loss_amt, row.pos_end_unix),
        (Some(decimal("10.05")), Some(1_759_399_200))
    );
    assert_eq!(
        database.db_poss_err_upd(999_999, "ERR").await.unwrap(),
        0,
        "no such position"
    );
}

async fn performance(database: &Database) {
    let filter = ProductFilter {
        prod_id: Some(PRODUCT),
        lta: Some("A"),
        ..ProductFilter::default()
    };
    let perfs = database.db_trade_perfs_get(filter, 0).await.unwrap();
    assert_eq!((perfs[0].tot_cnt, perfs[0].win_cnt), (Some(1), Some(1)));
    assert_eq!(perfs[0].gain_loss_pct, Some(decimal("10")));
    assert_eq!(
        database
            .db_trade_perfs_recalc(PRODUCT, None)
            .await
            .unwrap()
            .lta,
        "A"
    );
    assert_eq!(
        database
            .db_trade_perfs_recalc_single(PRODUCT, "L")
            .await
            .unwrap()
            .tot_close_cnt,
        Some(1)
    );
    assert!(database.sp_trade_perfs_recalc(None, None).await.unwrap() > 0);
    assert!(database.trade_perfs_flag_upd(PRODUCT, None).await.unwrap() > 0);
    let note = Changes::new()
        .set(trade_perfs::prod_id, PRODUCT)
        .set(trade_perfs::lta, "A")
        .set(trade_perfs::needs_recalc_yn, "N");
    database.db_trade_perfs_insupd(&note).await.unwrap();
    let recalculated = database
        .db_trade_strat_perfs_recalc_single(PRODUCT, "up", "sha", "1h", "A")
        .await
        .unwrap();
    assert_eq!(recalculated.tot_cnt, Some(1));
    database
        .db_trade_strat_perfs_recalc(PRODUCT, "up", "sha", "1h", None)
        .await
        .unwrap();
    assert!(
        database
            .trade_strat_perfs_flag_upd(PRODUCT, "up", "sha", "1h", None)
            .await
            .unwrap()
            > 0
    );
    let strategies = TradeFilter {
        prod_id: Some(PRODUCT),
        lta: Some("A"),
        ..TradeFilter::default()
    };
    assert_eq!(
        database
            .db_trade_strat_perfs_get(strategies, 0)
            .await
            .unwrap()
            .len(),
        1
    );
    database
        .sp_trade_strat_perfs_recalc(TradeFilter::default())
        .await
        .unwrap();
    let note = Changes::new()
        .set(trade_strat_perfs::prod_id, PRODUCT)
        .set(trade_strat_perfs::lta, "A")
        .set(trade_strat_perfs::buy_strat_type, "up")
        .set(trade_strat_perfs::buy_strat_name, "sha")
        .set(trade_strat_perfs::buy_strat_freq, "1h")
        .set(trade_strat_perfs::needs_recalc_yn, "N");
    database.db_trade_strat_perfs_insupd(&note).await.unwrap();
    let best = database
        .db_pairs_loop_top_perfs_prod_ids_get(Some(3), decimal("0.05"), Some("USDC"))
        .await
        .unwrap();
    assert_eq!(best, [PRODUCT]);
    assert_eq!(
        database
            .db_pairs_loop_top_gains_prod_ids_get(Some(3), decimal("5"), Some("USDC"))
            .await
            .unwrap(),
        [PRODUCT]
    );
    let pairs = database
        .db_pairs_loop_get(
            PairsMode::Full,
            &[PRODUCT, "ETH-USDC"],
            &[],
            &["ETH-USDC"],
            Some("USDC"),
        )
        .await;
    assert_eq!(pairs.unwrap().len(), 1);
}

async fn reports(database: &Database) {
    let all = TradeFilter::default();
    assert_eq!(
        database.db_closed_overview(all, None).await.unwrap().len(),
        1
    );
    assert_eq!(
        database
            .db_closed_overview_recent_live(all, None)
            .await
            .unwrap()
            .len(),
        0,
        "closed long ago"
    );
    assert_eq!(
        database
            .db_closed_overview_recent_test(all, None)
            .await
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        database
            .db_poss_close_recent_get(Some(5), None)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        database
            .db_poss_closed_recent_get(all, Some(5))
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        database.db_strats_w_stats_get_all().await.unwrap()[0].cnt,
        1
    );
    assert_eq!(
        database
            .db_strats_perf_get_all(Some("up"), None, None)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        database
            .db_prod_ids_traded(ProductFilter::default())
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        database.db_prod_ids_strats_traded(all).await.unwrap().len(),
        1
    );
}

async fn candles(database: &Database) {
    let begin = moment("2025-10-01 00:00:00");
    let prices = |hour: i64| CandlePrices {
        timestamp: begin.plus_seconds(hour * 3600),
        open: Some(decimal("1.000000000001")),
        high: Some(decimal("2")),
        low: Some(decimal("0.5")),
        close: Some(decimal("1.5")),
        volume: Some(decimal("10")),
    };
    let all: Vec<CandlePrices> = [5, 0, 1, 2].into_iter().map(prices).collect();
    let candles = database.ohlcv(PRODUCT).await.unwrap();
    assert!(
        database
            .db_check_ohlcv_prod_id_table(PRODUCT)
            .await
            .unwrap()
    );
    assert_eq!(
        candles
            .save_ohlcv_data("1h", &all)
            .await
            .unwrap()
            .total_processed,
        4
    );
    assert_eq!(
        candles
            .save_history("1h", &all)
            .await
            .unwrap()
            .total_processed,
        4,
        "written again"
    );
    assert_eq!(candles.get_record_count("1h").await.unwrap(), 4);
    assert_eq!(
        candles.get_latest_timestamp("1h").await.unwrap(),
        Some(begin.plus_seconds(5 * 3600))
    );
    let newest = candles
        .load_ohlcv_data("1h", Some(2), None, None)
        .await
        .unwrap();
    assert_eq!(newest[0].open, Some(decimal("1.000000000001")));
    assert_eq!(
        newest[0].end_unix,
        Some(begin.plus_seconds(6 * 3600 - 1).as_seconds())
    );
    let gaps = candles
        .gaps("1h", begin, begin.plus_seconds(5 * 3600))
        .await
        .unwrap();
    assert_eq!(gaps.missing(), 2);
    assert_eq!(candles.get_timeframe_summary().await.unwrap().len(), 8);
    candles.show_ohlcv_age().await.unwrap();
    candles.db_ohlcv_prod_id_freqs().await.unwrap();
    assert_eq!(
        database
            .db_ohlcv_prod_id_freqs(PRODUCT)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        database
            .db_ohlcv_freq_get(PRODUCT, "1h", 3)
            .await
            .unwrap()
            .len(),
        3
    );
    database
        .db_tbl_ohlcv_prod_id_insupd("ETH-USDC", "1h", &all)
        .await
        .unwrap();
    database
        .db_tbl_ohlcv_prod_id_insupd_many("ETH-USDC", &[("4h", &all[1..2]), ("1d", &all[1..2])])
        .await
        .unwrap();
    assert_eq!(
        database.db_ohlcv_table_names_get().await.unwrap(),
        ["ohlcv_BTC_USDC", "ohlcv_ETH_USDC"]
    );
    assert_eq!(database.show_all_ohlcv_age().await.unwrap().len(), 2);
    let row = Changes::new()
        .set(ohlcv::timestamp, begin)
        .set(ohlcv::freq, "1h")
        .set(ohlcv::close, decimal("3"));
    database
        .db_tbl_insupd("ohlcv_ETH_USDC", std::slice::from_ref(&row))
        .await
        .unwrap();
    candles.db_tbl_insupd(&[row]).await.unwrap();
    assert_eq!(database.db_tbl_del("ohlcv_ETH_USDC").await.unwrap(), 6);
    assert_eq!(candles.db_tbl_del().await.unwrap(), 4);
}

async fn own_statements(database: &Database) {
    let quoted = Value::from("it's 100% `x` ? \u{1F680}");
    let insert = "INSERT INTO freqs (freq, minutes) VALUES (?, ?)";
    let first = database
        .ins_one(insert, &[quoted.clone(), Value::from(1)])
        .await
        .unwrap();
    let more = [
        vec![Value::from("b"), Value::from(2)],
        vec![Value::from("c"), Value::from(3)],
    ];
    assert_eq!(database.ins_many(insert, &more).await.unwrap(), 2);
    let select = "SELECT freq FROM freqs WHERE f_id = ?";
    for rows in [
        database.seld(select, &[Value::from(first)]).await.unwrap(),
        database.sel(select, &[Value::from(first)]).await.unwrap(),
        database
            .execute_query(select, &[Value::from(first)])
            .await
            .unwrap(),
        database
            .curs(select, &[Value::from(first)])
            .await
            .unwrap()
            .0,
        database
            .seld_ez(
                "cbtrade",
                "freqs",
                &["freq"],
                &[("f_id", Value::from(first))],
            )
            .await
            .unwrap(),
    ] {
        assert_eq!(rows[0].get("freq"), Some(&quoted));
    }
    assert_eq!(
        database.cols(select, &[Value::from(first)]).await.unwrap(),
        ["freq"]
    );
    let update = "UPDATE freqs SET minutes = minutes + ? WHERE f_id = ?";
    let values = [Value::from(1), Value::from(first)];
    assert_eq!(database.upd(update, &values).await.unwrap(), 1);
    assert_eq!(database.execute_update(update, &values).await.unwrap(), 1);
    database.execute(update, &values).await.unwrap();
    let row = [("freq", Value::from("ez"))];
    database.ins_ez("cbtrade", "freqs", &row).await.unwrap();
    database
        .insupd_ez(
            "cbtrade",
            "freqs",
            &[("f_id", Value::from(first)), ("freq", Value::from("z"))],
        )
        .await
        .unwrap();
    let changed = database
        .upd_ez("cbtrade", "freqs", &[("minutes", Value::from(9))], &row)
        .await
        .unwrap();
    assert_eq!(changed, 1);
    assert!(
        database
            .upd_ez("cbtrade", "freqs", &row, &[])
            .await
            .is_err(),
        "never a whole table"
    );
    assert_eq!(database.del_ez("cbtrade", "freqs", &row).await.unwrap(), 1);
    assert_eq!(
        database
            .delete("DELETE FROM freqs WHERE f_id > ?", &[Value::from(0)])
            .await
            .unwrap(),
        3
    );
}

async fn cleanup(database: &Database) {
    assert_eq!(database.db_buy_signals_cleanup_old(90).await.unwrap(), 0);
    assert_eq!(database.db_buy_decisions_cleanup_old(90).await.unwrap(), 0);
}
