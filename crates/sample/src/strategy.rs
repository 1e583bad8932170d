//! The strategies that buy.

/// A strategy at work on one candle length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Strategy {
    /// `up` or `dn`: which half of the budget it spends.
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
    pub(crate) frequency: &'static str,
}

const UP: [&str; 6] = ["nwe_3row", "sha", "imp_macd", "bb_bo", "tpo", "vidya"];
const DOWN: [&str; 10] = [
    "nwe_env",
    "nwe_rev",
    "bb",
    "drop",
    "ht",
    "msb",
    "rsi_div_macd",
    "st_atr",
    "vwmacd",
    "vwtm",
];
const FREQUENCIES: [&str; 5] = ["15min", "30min", "1h", "4h", "1d"];

/// Every strategy on every candle length it works on.
pub(crate) fn strategies() -> Vec<Strategy> {
    let kinds = UP
        .into_iter()
        .map(|name| ("up", name))
        .chain(DOWN.into_iter().map(|name| ("dn", name)));
    kinds
        .flat_map(|(kind, name)| {
            FREQUENCIES.into_iter().map(move |frequency| Strategy {
                kind,
                name,
                frequency,
            })
        })
        .filter(|strategy| strategy.name != "vwtm" || !strategy.frequency.ends_with("min"))
        .collect()
}
