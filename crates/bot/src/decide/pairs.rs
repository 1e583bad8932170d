//! Which pairs are looked at in a round.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cbtrade_core::Decimal;

use super::figures::{Performance, Product};
use crate::settings::{ExtraPairs, MarketSettings};

/// What pairs are chosen from.
#[derive(Debug, Clone, Copy)]
pub struct PairsInput<'a> {
    /// The market's settings.
    pub settings: &'a MarketSettings,
    /// All products of the quote currency.
    pub products: &'a [Product],
    /// How products have traded, live and on paper together.
    pub performance: &'a BTreeMap<String, Performance>,
    /// Products with positions that are not closed: live or on paper.
    pub with_positions: &'a BTreeSet<String>,
    /// Products with open orders to buy or to sell.
    pub with_orders: &'a BTreeSet<String>,
}

/// Why a product is bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// `pairs.trade_pairs`.
    Designated,
    /// `pairs.extra_pairs.top_bot_perf`.
    TopPerformance,
    /// `pairs.extra_pairs.top_bot_gains`.
    TopGains,
    /// `pairs.extra_pairs.prc_pct_chg_24h`.
    PriceChange,
    /// `pairs.extra_pairs.vol_pct_chg_24h`.
    VolumeChange,
    /// `pairs.extra_pairs.watched`.
    Watched,
}

/// Why a product is not bought though it was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hindrance {
    /// The exchange does not list it.
    Unknown,
    /// It is ignored by the operator (`mkts.ignore_tf`).
    Ignored,
    /// It is in `pairs.ban_pairs`.
    Banned,
    /// It is in `pairs.err_pairs`.
    Erroneous,
    /// It is in `pairs.stable_pairs`, or its base currency in `stable_coins`.
    Stable,
    /// The exchange does not trade it in the ordinary way at present.
    NotTraded,
}

impl fmt::Display for Hindrance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Unknown => "the exchange does not list it",
            Self::Ignored => "its market's ignore_tf is set",
            Self::Banned => "it is in pairs.ban_pairs",
            Self::Erroneous => "it is in pairs.err_pairs",
            Self::Stable => "its base currency is a stable coin",
            Self::NotTraded => "the exchange does not trade it in the ordinary way at present",
        })
    }
}

/// A pair of the round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The product.
    pub prod_id: String,
    /// Whether its strategies are asked to buy.
    pub buys: bool,
    /// Whether it has positions or orders: these are followed, whatever became of the product (B-11).
    pub is_managed: bool,
    /// Why it was chosen to be bought.
    pub sources: BTreeSet<Source>,
    /// Why it is not bought though it was chosen.
    pub hindrance: Option<Hindrance>,
    /// Its gain in percent an hour, by which the round is ordered.
    pub gain_pct_hour: Decimal,
}

/// The pairs of a round: best first. A pair that was chosen and is not bought is among them only if it has positions or orders;
/// otherwise it is in the second list, with the reason.
#[must_use]
pub fn select_pairs(input: &PairsInput<'_>) -> (Vec<Pair>, Vec<(String, Hindrance)>) {
    let listed: BTreeMap<&str, &Product> = input
        .products
        .iter()
        .map(|product| (product.prod_id.as_str(), product))
        .collect();
    let chosen = sources(input);
    let managed = input.with_positions.union(input.with_orders);
    let all: BTreeSet<&str> = chosen
        .keys()
        .copied()
        .chain(managed.map(String::as_str))
        .collect();
    let (mut pairs, mut left_out) = (Vec::new(), Vec::new());
    for prod_id in all {
        let sources = chosen.get(prod_id).cloned().unwrap_or_default();
        let hindrance = hindrance(input.settings, listed.get(prod_id).copied(), prod_id);
        let is_managed =
            input.with_positions.contains(prod_id) || input.with_orders.contains(prod_id);
        let buys = !sources.is_empty() && hindrance.is_none();
        if let (Some(hindrance), false) = (hindrance, is_managed) {
            left_out.push((prod_id.to_owned(), hindrance));
            continue;
        }
        let performance = input.performance.get(prod_id);
        pairs.push(Pair {
            prod_id: prod_id.to_owned(),
            buys,
            is_managed,
            hindrance: hindrance.filter(|_| !sources.is_empty()),
            sources,
            gain_pct_hour: performance.map_or(Decimal::ZERO, |found| found.gain_pct_hour),
        });
    }
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.gain_pct_hour));
    (pairs, left_out)
}

/// What hinders a product from being bought.
fn hindrance(
    settings: &MarketSettings,
    product: Option<&Product>,
    prod_id: &str,
) -> Option<Hindrance> {
    let pairs = &settings.pairs;
    if pairs.banned.contains(prod_id) {
        return Some(Hindrance::Banned);
    }
    if pairs.erroneous.contains(prod_id) {
        return Some(Hindrance::Erroneous);
    }
    let Some(product) = product else {
        return Some(Hindrance::Unknown);
    };
    if pairs.stable.contains(prod_id) || settings.stable_coins.contains(&product.base) {
        return Some(Hindrance::Stable);
    }
    if product.is_ignored {
        return Some(Hindrance::Ignored);
    }
    (!is_traded(product)).then_some(Hindrance::NotTraded)
}

/// Whether the exchange trades the product in the ordinary way.
fn is_traded(product: &Product) -> bool {
    let Product {
        is_online,
        is_view_only,
        is_disabled,
        is_cancel_only,
        is_limit_only,
        is_post_only,
        is_trading_disabled,
        is_auction,
        ..
    } = *product;
    let is_restricted = is_view_only
        || is_disabled
        || is_cancel_only
        || is_limit_only
        || is_post_only
        || is_trading_disabled
        || is_auction;
    is_online && !is_restricted
}

/// Every product that is to be bought, with the lists that name it.
fn sources<'a>(input: &PairsInput<'a>) -> BTreeMap<&'a str, BTreeSet<Source>> {
    let pairs = &input.settings.pairs;
    let mut found: BTreeMap<&str, BTreeSet<Source>> = BTreeMap::new();
    for prod_id in &pairs.traded {
        found.entry(prod_id).or_default().insert(Source::Designated);
    }
    let traded = |select: fn(&Performance) -> Decimal| {
        let known = input.products.iter().filter_map(move |product| {
            let performance = input.performance.get(&product.prod_id)?;
            Some((product.prod_id.as_str(), select(performance)))
        });
        known.collect::<Vec<_>>()
    };
    let moving = |select: fn(&Product) -> Option<Decimal>| {
        let known = input.products.iter().filter_map(move |product| {
            let is_large = product.volume_quote.unwrap_or_default() >= pairs.volume_min;
            let value = select(product)?;
            (is_large && is_traded(product)).then_some((product.prod_id.as_str(), value))
        });
        known.collect::<Vec<_>>()
    };
    let above = |list: &ExtraPairs, value: Decimal| value > list.least;
    let from = |list: &ExtraPairs, value: Decimal| value >= list.least;
    let rising = |list: &ExtraPairs, value: Decimal| value > list.least.max(Decimal::ZERO);
    let any = |_: &ExtraPairs, _: Decimal| true;
    let mut take =
        |source, list: &ExtraPairs, candidates, wanted: &dyn Fn(&ExtraPairs, Decimal) -> bool| {
            for prod_id in best(list, candidates, wanted) {
                found.entry(prod_id).or_default().insert(source);
            }
        };
    let gain_pct = traded(|performance| performance.gain_pct);
    take(
        Source::TopPerformance,
        &pairs.top_performance,
        gain_pct,
        &above,
    );
    let gain_amt = traded(|performance| performance.gain_amt);
    take(Source::TopGains, &pairs.top_gains, gain_amt, &from);
    let price = moving(|product| product.price_change_pct);
    take(Source::PriceChange, &pairs.price_change, price, &rising);
    let volume = moving(|product| product.volume_change_pct);
    take(Source::VolumeChange, &pairs.volume_change, volume, &any);
    if pairs.watched.is_on {
        for product in input.products.iter().filter(|product| product.is_watched) {
            found
                .entry(&product.prod_id)
                .or_default()
                .insert(Source::Watched);
        }
    }
    found
}

/// The best of a list that is switched on.
fn best<'a>(
    list: &ExtraPairs,
    mut candidates: Vec<(&'a str, Decimal)>,
    wanted: &dyn Fn(&ExtraPairs, Decimal) -> bool,
) -> Vec<&'a str> {
    if !list.is_on {
        return Vec::new();
    }
    candidates.retain(|(_, value)| wanted(list, *value));
    candidates.sort_by_key(|(prod_id, value)| (std::cmp::Reverse(*value), *prod_id));
    candidates.truncate(list.count_max);
    candidates.into_iter().map(|(prod_id, _)| prod_id).collect()
}
