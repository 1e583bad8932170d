//! Reads `buy`.

use super::defaults;
use super::error::SettingsError;
use super::product::{BuySettings, ShowSettings};
use super::read::{milli, whole};
use super::section::{Range, Section};

/// `buy.…`, and `buy.mkts_open_max`, which holds for the whole market.
pub(super) fn buy(buy: &Section<'_>) -> Result<(BuySettings, i64), SettingsError> {
    buy.without_effect(&[
        "show_tests_min",
        "save_files_yn",
        "trade_strat_perf_recent_cnt",
        "special_prod_ids",
    ]);
    let thresholds = buy.decimals("trade_size_boost_thresholds_pct_day")?;
    let settings = BuySettings {
        is_on: buy.flag("buying_on_yn", true)?,
        is_limit: buy.flag("buy_limit_yn", false)?,
        delay_minutes: buy.count("buy_delay_minutes", 5)?,
        strategy_delay_minutes: buy.by_interval(
            "buy_strat_delay_minutes",
            defaults::strategy_delay_minutes(),
        )?,
        open_live_cnt_max: buy.count("open_poss_cnt_max", 15)?,
        open_test_cnt_max: buy.count("open_test_poss_cnt_max", 30)?,
        strategy_open_live_cnt_max: buy.count("strat_open_cnt_max", 2)?,
        strategy_open_test_cnt_max: buy.count("strat_open_test_cnt_max", 2)?,
        trade_size: buy.decimal("trade_size", whole(5), Range::Positive)?,
        trade_size_min_multiplier: buy.decimal("trade_size_min_mult", whole(2), Range::Positive)?,
        trade_size_max: buy.decimal("trade_size_max", whole(25), Range::Positive)?,
        boost_thresholds_pct_day: thresholds
            .unwrap_or_else(|| defaults::BOOST_THRESHOLDS.map(milli).to_vec()),
        shows: ShowSettings {
            tests: buy.flag("show_tests_yn", true)?,
            boosts: buy.flag("show_boosts_yn", false)?,
            ..ShowSettings::default()
        },
    };
    Ok((settings, buy.count("mkts_open_max", 1_000)?))
}
