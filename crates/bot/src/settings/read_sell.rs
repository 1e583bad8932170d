//! Reads `sell`.

use std::collections::BTreeSet;

use cbtrade_core::Decimal;
use cbtrade_indicators::Interval;
use cbtrade_strategy::Strategy;

use super::defaults;
use super::error::SettingsError;
use super::product::{
    ForceSettings, GiveBack, LimitSettings, NeverLossSettings, NeverSettings, SaverSettings,
    SellSettings, ShowSettings, StopLossSettings, TakeProfitSettings,
};
use super::read::{milli, whole};
use super::section::{Range, Section};

/// The exits that are no strategy's.
const EXITS: [&str; 9] = [
    "trail_profit",
    "hard_profit",
    "hard_stop_loss",
    "trail_stop",
    "atr_stop",
    "trail_atr_stop",
    "nwe_exit",
    "forced sell",
    "forced sell L",
];

/// `sell.…`.
pub(super) fn sell(sell: &Section<'_>) -> Result<SellSettings, SettingsError> {
    sell.without_effect(&["save_files_yn"]);
    let profit = sell.section("take_profit")?;
    let take_profit = take_profit(&profit)?;
    profit.finish()?;
    let stop = sell.section("stop_loss")?;
    let stop_loss = stop_loss(&stop)?;
    stop.finish()?;
    let (force, never, never_loss) = operator_lists(sell)?;
    let savers = sell.section("profit_saver")?;
    let heikin_ashi_green = saver(&savers, "ha_green")?;
    let nwe_green = saver(&savers, "nwe_green")?;
    savers.finish()?;
    let rainy = sell.section("rainy_day")?;
    let pocket_pct = rainy.decimal("pocket_pct", Decimal::ZERO, Range::Percent)?;
    let clip_pct = rainy.decimal("clip_pct", Decimal::ZERO, Range::Percent)?;
    rainy.finish()?;
    Ok(SellSettings {
        is_on: sell.flag("selling_on_yn", true)?,
        is_limit: sell.flag("sell_limit_yn", false)?,
        take_profit,
        stop_loss,
        force,
        never,
        never_loss,
        heikin_ashi_green,
        nwe_green,
        pocket_pct,
        clip_pct,
        shows: ShowSettings {
            tests: sell.flag("show_tests_yn", false)?,
            boosts: false,
            blocks: sell.flag("show_blocks_yn", false)?,
            forces: sell.flag("show_forces_yn", false)?,
        },
    })
}

/// Strategies that a limit does not hold for; `default` where the file does not say.
fn skipped(
    section: &Section<'_>,
    key: &'static str,
    default: &[Strategy],
) -> Result<BTreeSet<Strategy>, SettingsError> {
    let found = section.strategies(key)?;
    Ok(found.unwrap_or_else(|| default.iter().copied().collect()))
}

fn take_profit(section: &Section<'_>) -> Result<TakeProfitSettings, SettingsError> {
    use Strategy::{BbBo, Nwe3Row, NweEnv, NweRev};
    let levels = section.levels("trailing_profit_levels")?;
    let levels = levels.unwrap_or_else(|| {
        let of = |(peak, drop)| (milli(peak), milli(drop));
        defaults::GIVE_BACKS.map(of).to_vec()
    });
    // B-17: the file's names; what the former code asked for is understood too.
    let pct_key = section.spelling("hard_take_profit_pct", "hard_profit_pct");
    let skip_key = section.spelling("hard_take_profit_strats_skip", "hard_profit_strats_skip");
    Ok(TakeProfitSettings {
        hard: LimitSettings {
            is_on: section.flag("hard_take_profit_yn", false)?,
            pct: section.decimal(pct_key, whole(33), Range::Positive)?,
            strategies_skipped: skipped(section, skip_key, &[Nwe3Row, NweEnv, NweRev, BbBo])?,
        },
        trailing: LimitSettings {
            is_on: section.flag("trailing_profit_yn", true)?,
            pct: section.decimal("trailing_profit_trigger_pct", whole(6), Range::FromZero)?,
            strategies_skipped: skipped(section, "trailing_profit_strats_skip", &[])?,
        },
        levels: levels
            .into_iter()
            .map(|(peak_pct_min, drop_pct_max)| GiveBack {
                peak_pct_min,
                drop_pct_max,
            })
            .collect(),
    })
}

fn stop_loss(section: &Section<'_>) -> Result<StopLossSettings, SettingsError> {
    use Strategy::{Bb, BbBo, Drop, ImpMacd, Nwe3Row, NweEnv, NweRev, Sha};
    let lines = [Nwe3Row, NweEnv, NweRev];
    let most = [Bb, Drop, BbBo, Sha, ImpMacd, Nwe3Row, NweEnv, NweRev];
    // The key of the operator's file is misspelt; both spellings are understood.
    let atr_key = section.spelling("atr_stop_loss_strats_skip", "atr_stol_loss_strats_skip");
    let pct = |key, default| section.decimal(key, whole(default), Range::Positive);
    Ok(StopLossSettings {
        hard: LimitSettings {
            is_on: section.flag("hard_stop_loss_yn", true)?,
            pct: pct("hard_stop_loss_pct", 7)?,
            strategies_skipped: skipped(section, "hard_stop_loss_strats_skip", &[])?,
        },
        trailing: LimitSettings {
            is_on: section.flag("trailing_stop_loss_yn", true)?,
            pct: pct("trailing_stop_loss_pct", 8)?,
            strategies_skipped: skipped(section, "trailing_stop_loss_strats_skip", &[])?,
        },
        nwe: LimitSettings {
            is_on: section.flag("nwe_exit_yn", false)?,
            pct: Decimal::ZERO,
            strategies_skipped: skipped(section, "nwe_exit_strats_skip", &most)?,
        },
        atr: LimitSettings {
            is_on: section.flag("atr_stop_loss_yn", false)?,
            pct: whole(100),
            strategies_skipped: skipped(section, atr_key, &lines)?,
        },
        atr_interval: section.interval("atr_stop_loss_rfreq", Interval::OneDay)?,
        trailing_atr: LimitSettings {
            is_on: section.flag("trailing_atr_stop_loss_yn", false)?,
            pct: pct("trailing_atr_stop_loss_pct", 70)?,
            strategies_skipped: skipped(section, "trailing_atr_stop_loss_strats_skip", &lines)?,
        },
        trailing_atr_interval: section
            .interval("trailing_atr_stop_loss_rfreq", Interval::OneDay)?,
    })
}

fn operator_lists(
    sell: &Section<'_>,
) -> Result<(ForceSettings, NeverSettings, NeverLossSettings), SettingsError> {
    let section = sell.section("force_sell")?;
    let force = ForceSettings {
        all: section.flag("all_yn", false)?,
        live_all: section.flag("live_all_yn", false)?,
        prod_ids: section.products("prod_ids", &[])?,
        pos_ids: section.positions("pos_ids")?,
    };
    section.finish()?;
    let section = sell.section("never_sell")?;
    let never = NeverSettings {
        all: section.flag("all_yn", false)?,
        prod_ids: section.products("prod_ids", &[])?,
        pos_ids: section.positions("pos_ids")?,
    };
    section.finish()?;
    let section = sell.section("never_sell_loss")?;
    let never_loss = NeverLossSettings {
        all: section.flag("all_yn", true)?,
        live_all: section.flag("live_all_yn", true)?,
        live_loss_amt_max: section.decimal(
            "live_max_loss_usd_acceptable",
            whole(-2),
            Range::Any,
        )?,
        live_prod_ids: section.products("live_prod_ids", &["BTC-USDC", "ETH-USDC", "SOL-USDC"])?,
        prod_ids: section.products("prod_ids", &[])?,
        pos_ids: section.positions("pos_ids")?,
    };
    section.finish()?;
    Ok((force, never, never_loss))
}

fn saver(savers: &Section<'_>, key: &'static str) -> Result<SaverSettings, SettingsError> {
    let section = savers.section(key)?;
    let exit = |text: &str| {
        let is_known = EXITS.contains(&text) || Strategy::of_name(text).is_some();
        is_known.then(|| text.to_owned())
    };
    let wanted = "a list of exits such as \"trail_profit\" or \"sha\"";
    let exits = |key, default: &[&str]| {
        let found = section.texts(key, wanted, exit)?;
        let default = || default.iter().map(|one| (*one).to_owned()).collect();
        Ok::<_, SettingsError>(found.map_or_else(default, |found| found.into_iter().collect()))
    };
    let settings = SaverSettings {
        is_on: section.flag("use_yn", true)?,
        prod_ids: section.products("prod_ids", &[])?,
        skip_prod_ids: section.products("skip_prod_ids", &[])?,
        exits: exits("sell_strats", &[])?,
        skip_exits: exits("skip_sell_strats", &["trail_profit"])?,
    };
    section.finish()?;
    Ok(settings)
}
