//! Reads `strats`.

use cbtrade_core::Decimal;
use cbtrade_indicators::{BandSettings, Interval};
use cbtrade_strategy::{NweSettings, Settings as StrategySettings, Strategy};

use super::defaults;
use super::error::SettingsError;
use super::product::StrategyBuySettings;
use super::section::{Range, Section};

/// `strats.…`: what the rules are run with, and what each may buy.
pub(super) fn strategies(
    section: &Section<'_>,
) -> Result<(StrategySettings, [StrategyBuySettings; 16]), SettingsError> {
    let mut settings = StrategySettings::default();
    let mut buys = Vec::with_capacity(Strategy::ALL.len());
    for strategy in Strategy::ALL {
        let own = section.section(strategy.name())?;
        common(&own, strategy, &mut settings)?;
        parameters(&own, strategy, &mut settings)?;
        let buy = own.section("buy")?;
        buys.push(buy_settings(&buy, strategy)?);
        if strategy == Strategy::RsiDivMacd {
            buy.without_effect(&["volume_multiplier", "max_volatility_pct"]);
        }
        buy.finish()?;
        own.finish()?;
    }
    let buys = buys.try_into().unwrap_or_else(|_| unreachable_buys());
    Ok((settings, buys))
}

/// There are as many strategies as there are places; the compiler cannot know.
fn unreachable_buys() -> [StrategyBuySettings; 16] {
    std::array::from_fn(|_| StrategyBuySettings {
        prod_ids: [String::new()].into(),
        skip_prod_ids: std::collections::BTreeSet::default(),
        tests_min: defaults::tests_min(),
        boost_tests_min: defaults::boost_tests_min(),
        open_live_cnt_max: 0,
        open_test_cnt_max: 0,
        shows_tests: false,
    })
}

/// What all strategies have.
fn common(
    section: &Section<'_>,
    strategy: Strategy,
    settings: &mut StrategySettings,
) -> Result<(), SettingsError> {
    let sell = section.section("sell")?;
    sell.without_effect(&["show_tests_yn"]);
    let default = settings.common(strategy).clone();
    let wants_profit = sell.flag("exit_if_profit_yn", default.exit.profit_pct_min.is_some())?;
    let wants_loss = sell.flag("exit_if_loss_yn", default.exit.loss_pct_max.is_some())?;
    let profit = default.exit.profit_pct_min.unwrap_or(Decimal::ONE);
    let loss = default
        .exit
        .loss_pct_max
        .unwrap_or(Decimal::from_integer(4));
    let profit = sell.decimal("exit_if_profit_pct_min", profit, Range::FromZero)?;
    let loss = sell.decimal("exit_if_loss_pct_max", loss, Range::FromZero)?;
    sell.finish()?;
    let is_on = section.flag("use_yn", default.is_on)?;
    let wanted = "a list of this strategy's candles: 15min, 30min, 1h, 4h, 1d";
    let interval = |text: &str| {
        let found = Interval::of_name(text)?;
        strategy.intervals().contains(&found).then_some(found)
    };
    let mut intervals = section
        .texts("freqs", wanted, interval)?
        .unwrap_or(default.intervals);
    intervals.sort_unstable();
    intervals.dedup();
    if let Some(common) = settings.common_mut(strategy) {
        common.is_on = is_on;
        common.intervals = intervals;
        common.exit.profit_pct_min = wants_profit.then_some(profit);
        common.exit.loss_pct_max = wants_loss.then_some(loss);
    }
    Ok(())
}

fn buy_settings(
    buy: &Section<'_>,
    strategy: Strategy,
) -> Result<StrategyBuySettings, SettingsError> {
    let live_max = if strategy == Strategy::Drop { 2 } else { 1 };
    Ok(StrategyBuySettings {
        prod_ids: buy.products("prod_ids", &[])?,
        skip_prod_ids: buy.products("skip_prod_ids", &[])?,
        tests_min: buy.by_interval("tests_min", defaults::tests_min())?,
        boost_tests_min: buy.by_interval("boost_tests_min", defaults::boost_tests_min())?,
        open_live_cnt_max: buy.count("max_open_poss_cnt_live", live_max)?,
        open_test_cnt_max: buy.count("max_open_poss_cnt_test", 3)?,
        shows_tests: buy.flag("show_tests_yn", true)?,
    })
}

fn band(
    section: &Section<'_>,
    length_key: &'static str,
    multiplier_key: &'static str,
    band: &mut BandSettings,
) -> Result<(), SettingsError> {
    band.length = section.length(length_key, band.length)?;
    band.multiplier = section.double(multiplier_key, band.multiplier)?;
    Ok(())
}

fn nwe(
    section: &Section<'_>,
    settings: &mut NweSettings,
    has_envelope: bool,
) -> Result<(), SettingsError> {
    settings.bandwidth = section.double("bandwidth", settings.bandwidth)?;
    if has_envelope {
        settings.multiplier = section.double("mult", settings.multiplier)?;
    } else {
        section.without_effect(&["mult"]);
    }
    Ok(())
}

/// What a rule is run with. `src` always was the close.
fn parameters(
    section: &Section<'_>,
    strategy: Strategy,
    all: &mut StrategySettings,
) -> Result<(), SettingsError> {
    section.without_effect(&["src"]);
    match strategy {
        Strategy::Nwe3Row => nwe(section, &mut all.nwe_3row, false),
        Strategy::NweRev => nwe(section, &mut all.nwe_rev, false),
        Strategy::NweEnv => nwe(section, &mut all.nwe_env, true),
        Strategy::Sha => sha(section, all),
        Strategy::ImpMacd => imp_macd(section, all),
        Strategy::BbBo => band(section, "per", "sd", &mut all.bb_bo),
        Strategy::Bb => {
            band(section, "inner_per", "inner_sd", &mut all.bb.inner)?;
            band(section, "outer_per", "outer_sd", &mut all.bb.outer)
        }
        Strategy::Tpo => tpo(section, all),
        Strategy::Vidya => vidya(section, all),
        Strategy::Drop => {
            all.drop.drop_pct = section.double("drop_pct", all.drop.drop_pct)?;
            Ok(())
        }
        Strategy::Ht => ht(section, all),
        Strategy::Msb => msb(section, all),
        Strategy::RsiDivMacd => rsi_div_macd(section, all),
        Strategy::StAtr => st_atr(section, all),
        Strategy::Vwmacd => vwmacd(section, all),
        Strategy::Vwtm => vwtm(section, all),
    }
}

fn sha(section: &Section<'_>, all: &mut StrategySettings) -> Result<(), SettingsError> {
    section.without_effect(&[
        "volatility_window",
        "rsi_length",
        "rsi_threshold",
        "bull_strength_threshold",
        "bear_strength_threshold",
    ]);
    let own = &mut all.sha;
    let (first, second) = own.fast_lengths;
    own.fast_lengths = (
        section.length("fast_sha_len1", first)?,
        section.length("fast_sha_len2", second)?,
    );
    let (first, second) = own.slow_lengths;
    own.slow_lengths = (
        section.length("slow_sha_len1", first)?,
        section.length("slow_sha_len2", second)?,
    );
    Ok(())
}

fn imp_macd(section: &Section<'_>, all: &mut StrategySettings) -> Result<(), SettingsError> {
    let own = &mut all.imp_macd;
    own.length = section.length("per_ma", own.length)?;
    own.signal_length = section.length("per_sign", own.signal_length)?;
    own.is_filtered = section.flag("filter_strength", own.is_filtered)?;
    own.filter_length = section.length("filter_period", own.filter_length)?;
    own.strength_min = section.double("threshold", own.strength_min)?;
    Ok(())
}

fn tpo(section: &Section<'_>, all: &mut StrategySettings) -> Result<(), SettingsError> {
    section.without_effect(&["disp_lvl"]);
    let own = &mut all.tpo;
    own.mean_length = section.length("sma_length", own.mean_length)?;
    own.smooth_length = section.length("osc_length", own.smooth_length)?;
    own.delay_rows = section.length("shift", own.delay_rows)?;
    Ok(())
}

fn vidya(section: &Section<'_>, all: &mut StrategySettings) -> Result<(), SettingsError> {
    section.without_effect(&[
        "source",
        "pivot_left_bars",
        "pivot_right_bars",
        "shadow",
        "up_trend_color",
        "down_trend_color",
    ]);
    let own = &mut all.vidya;
    own.length = section.length("vidya_length", own.length)?;
    own.momentum_length = section.length("vidya_momentum", own.momentum_length)?;
    own.band_multiplier = section.double("band_distance", own.band_multiplier)?;
    Ok(())
}

fn ht(section: &Section<'_>, all: &mut StrategySettings) -> Result<(), SettingsError> {
    let own = &mut all.ht;
    own.length = section.length("hull_period", own.length)?;
    own.band_multiplier = section.double("atr_multiplier", own.band_multiplier)?;
    own.momentum_length = section.length("momentum_window", own.momentum_length)?;
    own.fractal_length = section.length("fractal_length", own.fractal_length)?;
    Ok(())
}

fn msb(section: &Section<'_>, all: &mut StrategySettings) -> Result<(), SettingsError> {
    let own = &mut all.msb;
    own.window_length = section.length("liquidity_window", own.window_length)?;
    own.volatility_min = section.double("volatility_threshold", own.volatility_min)?;
    own.volume_factor_buy = section.double("volume_confirmation", own.volume_factor_buy)?;
    Ok(())
}

fn rsi_div_macd(section: &Section<'_>, all: &mut StrategySettings) -> Result<(), SettingsError> {
    section.without_effect(&["max_volatility_pct"]);
    let own = &mut all.rsi_div_macd;
    own.rsi_length = section.length("rsi_period", own.rsi_length)?;
    own.macd_fast_length = section.length("macd_fast", own.macd_fast_length)?;
    own.macd_slow_length = section.length("macd_slow", own.macd_slow_length)?;
    own.side_length = section.length("divergence_window", own.side_length)?;
    own.volume_factor_buy = section.double("volume_multiplier", own.volume_factor_buy)?;
    Ok(())
}

fn st_atr(section: &Section<'_>, all: &mut StrategySettings) -> Result<(), SettingsError> {
    section.without_effect(&["atr_period"]);
    let own = &mut all.st_atr;
    own.multiplier = section.double("supertrend_mult", own.multiplier)?;
    own.volatility_min = section.double("volatility_threshold", own.volatility_min)?;
    Ok(())
}

fn vwmacd(section: &Section<'_>, all: &mut StrategySettings) -> Result<(), SettingsError> {
    let own = &mut all.vwmacd;
    own.macd_fast_length = section.length("macd_fast", own.macd_fast_length)?;
    own.macd_slow_length = section.length("macd_slow", own.macd_slow_length)?;
    own.volume_length = section.length("volume_ma_window", own.volume_length)?;
    own.volume_factor_buy = section.double("volume_threshold", own.volume_factor_buy)?;
    Ok(())
}

fn vwtm(section: &Section<'_>, all: &mut StrategySettings) -> Result<(), SettingsError> {
    let own = &mut all.vwtm;
    own.power_length = section.length("ema_period", own.power_length)?;
    own.vortex_length = section.length("vortex_period", own.vortex_length)?;
    own.volume_length = section.length("volume_ma_window", own.volume_length)?;
    own.power_min = section.double("bull_power_threshold", own.power_min)?;
    own.volume_factor_buy = section.double("volume_multiplier", own.volume_factor_buy)?;
    Ok(())
}
