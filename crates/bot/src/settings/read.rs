//! Reads a market's file.

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_core::Decimal;

use super::error::SettingsError;
use super::faults::Faults;
use super::market::{
    ExtraPairs, MarketBudgetSettings, MarketSettings, Note, PairSettings, ShareMode,
};
use super::node::{self, Node, Value};
use super::product::{PairBudgetSettings, ProductSettings, TestSettings};
use super::section::{REST, Range, Reading, Section, is_product};
use super::values::ByProduct;
use super::{read_buy, read_sell, read_strategies};

/// A whole number as a decimal.
pub(super) const fn whole(number: i64) -> Decimal {
    Decimal::from_integer(number)
}

/// So many thousandths.
pub(super) const fn milli(number: i128) -> Decimal {
    Decimal::from_units(number * 1_000_000_000)
}

/// Keys for people.
const REMARKS: [&str; 2] = ["edited_yn", "upd_msg"];

impl MarketSettings {
    /// Reads the text of a market's file. `file` names it in errors.
    ///
    /// # Errors
    ///
    /// What is wrong, with line and key; nothing of a file with an error is used.
    pub fn read(file: &str, text: &str) -> Result<Self, SettingsError> {
        let node = node::read(text).map_err(|source| SettingsError::NotJson {
            file: file.to_owned(),
            source,
        })?;
        read_all(file, &node)
    }

    /// Everything that is wrong with the text of a market's file, in the order in which it is found; nothing where it can
    /// be used.
    #[must_use]
    pub fn faults(file: &str, text: &str) -> Vec<SettingsError> {
        match node::read(text) {
            Ok(mut node) => all_faults(&mut node, |node| read_all(file, node).map(drop)),
            Err(source) => vec![SettingsError::NotJson {
                file: file.to_owned(),
                source,
            }],
        }
    }

    /// Every key that a market's file can have, with its path.
    ///
    /// # Errors
    ///
    /// None in practice: an empty file is read.
    pub fn keys() -> Result<BTreeSet<String>, SettingsError> {
        let node = Node {
            line: 1,
            value: Value::Map(Vec::new()),
        };
        let reading = Reading::new("", None);
        read_section(&reading, &node)?;
        Ok(reading.asked.into_inner())
    }
}

/// More errors than this are of no use to anybody.
const FAULTS_MAX: usize = 100;

/// Reads again and again, each time without what was wrong before.
pub(super) fn all_faults(
    node: &mut Node,
    read: impl Fn(&Node) -> Result<(), SettingsError>,
) -> Vec<SettingsError> {
    let mut faults = Vec::new();
    while let Err(error) = read(node) {
        let is_gone = error
            .place()
            .is_some_and(|(line, key)| node.take_away(line, key));
        faults.push(error);
        if !is_gone || faults.len() >= FAULTS_MAX {
            break;
        }
    }
    faults
}

fn read_all(file: &str, node: &Node) -> Result<MarketSettings, SettingsError> {
    let mut mentioned = BTreeSet::new();
    mention(node, &mut mentioned);
    let mut notes = BTreeSet::new();
    let mut settings = read_for(file, node, None, &mut notes)?;
    for prod_id in mentioned {
        let own = read_for(file, node, Some(&prod_id), &mut notes)?.others;
        settings.products.insert(prod_id, own);
    }
    settings.notes = notes.into_iter().collect();
    Ok(settings)
}

/// All products that have a value of their own somewhere.
fn mention(node: &Node, mentioned: &mut BTreeSet<String>) {
    if let Value::Map(map) = &node.value {
        for (key, node) in map {
            if is_product(key) {
                mentioned.insert(key.clone());
            }
            mention(node, mentioned);
        }
    }
}

fn read_for(
    file: &str,
    node: &Node,
    product: Option<&str>,
    notes: &mut BTreeSet<Note>,
) -> Result<MarketSettings, SettingsError> {
    let reading = Reading::new(file, product);
    let settings = read_section(&reading, node)?;
    let own = &settings.others;
    for interval in crate::frames::INTERVALS {
        let indicators = own.strategies.indicators(interval);
        indicators.map_err(|source| SettingsError::Strategies {
            file: file.to_owned(),
            prod_id: product.unwrap_or("all other products").to_owned(),
            source,
        })?;
    }
    notes.extend(reading.notes.into_inner());
    Ok(settings)
}

fn read_section(reading: &Reading<'_>, node: &Node) -> Result<MarketSettings, SettingsError> {
    let root = Section::whole(reading, node)?;
    root.remark(&REMARKS);
    root.without_effect(&["speak_pairs", "loop_secs"]);
    let trades = root.flag("trade_yn", true)?;
    let trades_live = root.flag("trade_live_yn", true)?;
    // A file that does not say whether paper is meant means paper.
    let paper_only = root.flag("paper_trades_only_yn", true)?;
    let stable_coins = root.texts("stable_coins", "a list of currencies", |text| {
        Some(text.to_owned())
    })?;
    let budget = root.section("budget")?;
    let (market_budget, pair_budget) = read_budget(&budget, reading.product)?;
    budget.finish()?;
    let buy = root.section("buy")?;
    let (own_buy, open_products_max) = read_buy::buy(&buy)?;
    buy.finish()?;
    let tests = root.section("buy_test_txns")?;
    let own_tests = read_tests(&tests)?;
    tests.finish()?;
    let sell = root.section("sell")?;
    let own_sell = read_sell::sell(&sell)?;
    sell.finish()?;
    let strategies = root.section("strats")?;
    let (own_strategies, strategy_buys) = read_strategies::strategies(&strategies)?;
    strategies.finish()?;
    let settings = MarketSettings {
        stable_coins: match stable_coins {
            Some(found) => found.into_iter().collect(),
            None => super::defaults::STABLE_COINS.map(str::to_owned).into(),
        },
        shows_timings: root.flag("show_timings_yn", false)?,
        shows_upcoming: root.flag("show_upcoming_yn", true)?,
        speaks: root.flag("speak_yn", false)?,
        budget: market_budget,
        pairs: read_pairs(&root)?,
        open_products_max,
        notes: Vec::new(),
        products: BTreeMap::new(),
        others: ProductSettings {
            prod_id: reading.product.unwrap_or(REST).to_owned(),
            faults: Faults::NONE,
            trades,
            trades_live,
            paper_only,
            budget: pair_budget,
            tests: own_tests,
            buy: own_buy,
            sell: own_sell,
            strategies: own_strategies,
            strategy_buys,
        },
    };
    root.finish()?;
    Ok(settings)
}

fn read_budget(
    budget: &Section<'_>,
    product: Option<&str>,
) -> Result<(MarketBudgetSettings, PairBudgetSettings), SettingsError> {
    let up = budget.decimal("spend_up_max_pct", whole(50), Range::Percent)?;
    let dn = budget.decimal("spend_dn_max_pct", whole(50), Range::Percent)?;
    let split = budget.section("spend_max_pcts")?;
    let pair_up = split.decimal("spend_up_max_pct", up, Range::Percent)?;
    let pair_dn = split.decimal("spend_dn_max_pct", dn, Range::Percent)?;
    split.finish()?;
    let (share_mode, shares) = read_shares(budget)?;
    let undesignated_max = budget.decimal("undesignated_max_pct", whole(10), Range::Percent)?;
    let undesignated_pair =
        budget.decimal("undesignated_pair_max_pct", whole(10), Range::Percent)?;
    let share = *shares.get(product.unwrap_or_default());
    let market = MarketBudgetSettings {
        loss_amt_max: budget.decimal("max_tot_loss", whole(-250), Range::Any)?,
        spend_max_amt: budget.decimal("spend_max_amt", whole(14_000), Range::FromZero)?,
        spend_up_max_pct: up,
        spend_dn_max_pct: dn,
        share_mode,
        shares,
        reserve_amt: budget.decimal("reserve_amt", whole(250), Range::FromZero)?,
        reserve_daily_amt: budget.decimal(
            "reserve_addtl_daily_amt",
            Decimal::ZERO,
            Range::FromZero,
        )?,
        undesignated_max_pct: undesignated_max,
        undesignated_pair_max_pct: undesignated_pair,
    };
    let pair = PairBudgetSettings {
        spend_max_amt: budget.decimal("spend_pair_max", whole(100), Range::FromZero)?,
        spend_up_max_pct: pair_up,
        spend_dn_max_pct: pair_dn,
        share,
    };
    Ok((market, pair))
}

/// `mkt_shares`: one number, or a group by product with its own switch inside.
fn read_shares(budget: &Section<'_>) -> Result<(ShareMode, ByProduct<Decimal>), SettingsError> {
    if budget.is_number("mkt_shares") {
        let share = budget.decimal("mkt_shares", whole(1), Range::FromZero)?;
        return Ok((ShareMode::Shares, ByProduct::all(share)));
    }
    let section = budget.whole_section("mkt_shares")?;
    let mode = section.text("shares_or_pcts", "shares")?;
    let mut rest = whole(1);
    let mut own = Vec::new();
    for (name, share) in section.numbers_by_product(&["shares_or_pcts"])? {
        if name == REST {
            rest = share;
        } else {
            own.push((name, share));
        }
    }
    let shares = own
        .into_iter()
        .fold(ByProduct::all(rest), |shares, (name, share)| {
            shares.with(&name, share)
        });
    // Any other word always meant percent.
    let mode = if mode == "shares" {
        ShareMode::Shares
    } else {
        ShareMode::Percent
    };
    Ok((mode, shares))
}

fn read_tests(tests: &Section<'_>) -> Result<TestSettings, SettingsError> {
    Ok(TestSettings {
        are_on: tests.flag("test_txns_on_yn", true)?,
        close_cnt_min: tests.count("test_txns_min", 2)?,
        close_cnt_max: tests.count("test_txns_max", 5)?,
        gain_pct_day_min: tests.decimal(
            "profitability_threshold_pct_day",
            milli(25),
            Range::Any,
        )?,
    })
}

fn read_pairs(root: &Section<'_>) -> Result<PairSettings, SettingsError> {
    let pairs = root.section("pairs")?;
    pairs.without_effect(&[
        "trade_pairs_bk1",
        "trade_pairs_bk2",
        "trade_pairs_bk3",
        "trade_pairs_bk4",
    ]);
    let extra = pairs.section("extra_pairs")?;
    let list = |key, is_on, count, least_key: Option<&'static str>, least| {
        let section = extra.section(key)?;
        let found = ExtraPairs {
            is_on: section.flag("use_yn", is_on)?,
            count_max: usize::try_from(section.count("cnt", count)?).unwrap_or(usize::MAX),
            least: match least_key {
                Some(key) => section.decimal(key, least, Range::Any)?,
                None => least,
            },
        };
        section.finish()?;
        Ok::<_, SettingsError>(found)
    };
    let watched = extra.section("watched")?;
    watched.without_effect(&["cnt"]);
    let is_watched = watched.flag("use_yn", false)?;
    watched.finish()?;
    let volume = extra.section("vol_quote_24h")?;
    volume.without_effect(&["use_yn", "cnt"]);
    let volume_min = volume.decimal("min_volume", whole(5_000_000), Range::FromZero)?;
    volume.finish()?;
    let found = PairSettings {
        traded: pairs.products("trade_pairs", &[])?,
        stable: pairs.products("stable_pairs", &[])?,
        banned: pairs.products("ban_pairs", &[])?,
        erroneous: pairs.products("err_pairs", &[])?,
        top_performance: list("top_bot_perf", true, 7, Some("pct_min"), milli(50))?,
        top_gains: list("top_bot_gains", true, 4, Some("gain_min"), whole(20))?,
        price_change: list("prc_pct_chg_24h", true, 4, Some("pct_min"), whole(5))?,
        volume_change: list("vol_pct_chg_24h", false, 4, None, Decimal::ZERO)?,
        watched: ExtraPairs {
            is_on: is_watched,
            count_max: usize::MAX,
            least: Decimal::ZERO,
        },
        volume_min,
    };
    extra.finish()?;
    pairs.finish()?;
    Ok(found)
}
