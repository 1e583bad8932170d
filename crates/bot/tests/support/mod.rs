//! What the tests against recorded decisions share.

#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part")]

use std::collections::BTreeMap;
use std::path::Path;

use cbtrade_bot::settings::{Fault, Faults, MarketSettings, ProductSettings};
use cbtrade_core::Decimal;

/// A number of a table. Doubles with more than twelve places are rounded to them.
pub(crate) fn decimal(text: &str) -> Decimal {
    Decimal::parse_rounded(text).unwrap()
}

/// The recorded settings of one product, read as a market's file.
pub(crate) fn market(folder: &Path, prod_id: &str) -> MarketSettings {
    let path = folder.join(format!("settings/resolved-{prod_id}.json"));
    let text = std::fs::read_to_string(&path).unwrap();
    MarketSettings::read(prod_id, &text).unwrap_or_else(|error| panic!("{error}"))
}

/// The recorded settings of all products.
pub(crate) fn resolved(folder: &Path) -> BTreeMap<String, ProductSettings> {
    let products = [
        "ADA-USDC",
        "BTC-USDC",
        "ETH-USDC",
        "LTC-USDC",
        "SOL-USDC",
        "TRUMP-USDC",
        "XLM-USDC",
        "XRP-USDC",
    ];
    products
        .into_iter()
        .map(|prod_id| (prod_id.to_owned(), market(folder, prod_id).resolve(prod_id)))
        .collect()
}

/// The smallest set of faults with which a decision agrees, as a text such as `B-21 + B-55`; of several of one size the first.
pub(crate) fn smallest_sets(all: &[Fault], agrees: impl Fn(Faults) -> bool) -> Option<String> {
    let count = u32::try_from(all.len()).unwrap();
    let mut masks: Vec<u32> = (1..1 << count).collect();
    masks.sort_by_key(|mask| mask.count_ones());
    let of = |mask: u32| {
        let chosen = all
            .iter()
            .zip(0..)
            .filter(move |(_, bit)| mask >> bit & 1 == 1);
        chosen.map(|(fault, _)| *fault)
    };
    let found = masks
        .into_iter()
        .find(|mask| agrees(of(*mask).fold(Faults::NONE, Faults::with)))?;
    let names: Vec<String> = of(found).map(Fault::name).collect();
    Some(names.join(" + "))
}
