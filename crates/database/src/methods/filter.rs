//! Filters that many methods share.

use crate::conditions::Conditions;

/// Which positions or performance rows are meant. Every part is optional; what is `None` or empty does not restrict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TradeFilter<'a> {
    /// Base currency, such as `BTC`.
    pub base_symb: Option<&'a str>,
    /// Quote currency, such as `USDC`.
    pub quote_symb: Option<&'a str>,
    /// Product, such as `BTC-USDC`.
    pub prod_id: Option<&'a str>,
    /// `up` or `dn`.
    pub buy_strat_type: Option<&'a str>,
    /// Strategy, such as `sha`.
    pub buy_strat_name: Option<&'a str>,
    /// Candle length, such as `15min`.
    pub buy_strat_freq: Option<&'a str>,
    /// `L` for live rows, `T` for paper rows, `A` for all.
    pub lta: Option<&'a str>,
}

impl TradeFilter<'_> {
    /// The conditions but for `lta`, which every table keeps in its own way. `alias` is the table's name in the query with
    /// a point, or empty; `quote` is the column of the quote currency.
    pub(crate) fn conditions(
        &self,
        conditions: Conditions,
        alias: &str,
        quote: &str,
    ) -> Conditions {
        conditions
            .text(&format!("{alias}base_symb"), self.base_symb)
            .text(&format!("{alias}{quote}"), self.quote_symb)
            .text(&format!("{alias}prod_id"), self.prod_id)
            .text(&format!("{alias}buy_strat_type"), self.buy_strat_type)
            .text(&format!("{alias}buy_strat_name"), self.buy_strat_name)
            .text(&format!("{alias}buy_strat_freq"), self.buy_strat_freq)
    }
}
