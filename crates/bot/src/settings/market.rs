//! The settings of one quote currency's market: `market_<quote>.json`.

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_core::Decimal;

use super::product::ProductSettings;
use super::values::ByProduct;

/// `market_<quote>.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketSettings {
    /// `stable_coins`: base currencies that are never traded.
    pub stable_coins: BTreeSet<String>,
    /// `show_timings_yn`.
    pub shows_timings: bool,
    /// `show_upcoming_yn`.
    pub shows_upcoming: bool,
    /// `speak_yn`: buys and sales are spoken.
    pub speaks: bool,
    /// `budget.…`, the market's part.
    pub budget: MarketBudgetSettings,
    /// `pairs.…`.
    pub pairs: PairSettings,
    /// `buy.mkts_open_max`: so many products may have open live positions (B-16).
    pub open_products_max: i64,
    /// What was noticed in reading: keys without effect, missing ones, odd spellings.
    pub notes: Vec<Note>,
    pub(crate) products: BTreeMap<String, ProductSettings>,
    pub(crate) others: ProductSettings,
}

/// Something about a file's key that the operator should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// What it is.
    pub kind: NoteKind,
    /// The key with its path, such as `buy.show_tests_min`.
    pub key: String,
}

/// What is to be said of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// The key is known, and nothing ever depended on it.
    WithoutEffect,
    /// The key is not in the file: its default holds.
    Missing,
    /// The key is read under a spelling that the former code could not find (B-17).
    OddSpelling,
}

/// `budget`: what holds for all products of the quote currency together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketBudgetSettings {
    /// `max_tot_loss`: once all live positions together have lost so much, nothing is bought live. A loss, whatever its sign;
    /// 0 is off.
    pub loss_amt_max: Decimal,
    /// `spend_max_amt`: at most so much in open live positions.
    pub spend_max_amt: Decimal,
    /// `spend_up_max_pct`: of that, for strategies of kind up.
    pub spend_up_max_pct: Decimal,
    /// `spend_dn_max_pct`: of that, for strategies of kind dn (B-15).
    pub spend_dn_max_pct: Decimal,
    /// `mkt_shares.shares_or_pcts`: how `shares` are meant.
    pub share_mode: ShareMode,
    /// `mkt_shares.…`.
    pub shares: ByProduct<Decimal>,
    /// `reserve_amt`: so much is left unspent.
    pub reserve_amt: Decimal,
    /// `reserve_addtl_daily_amt`: so much more for each day of the month.
    pub reserve_daily_amt: Decimal,
    /// `undesignated_max_pct`: of `spend_max_amt`, for all products together that are not in `pairs.trade_pairs`.
    pub undesignated_max_pct: Decimal,
    /// `undesignated_pair_max_pct`: of that amount, for one of them.
    pub undesignated_pair_max_pct: Decimal,
}

/// How `mkt_shares` are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareMode {
    /// Shares of the sum of all pairs' shares.
    Shares,
    /// Percent of `spend_max_amt`.
    Percent,
}

/// `pairs`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PairSettings {
    /// `trade_pairs`: the designated ones.
    pub traded: BTreeSet<String>,
    /// `stable_pairs`: never bought.
    pub stable: BTreeSet<String>,
    /// `ban_pairs`: never bought.
    pub banned: BTreeSet<String>,
    /// `err_pairs`: never bought.
    pub erroneous: BTreeSet<String>,
    /// `extra_pairs.top_bot_perf`: by gain in percent, from `pct_min` on.
    pub top_performance: ExtraPairs,
    /// `extra_pairs.top_bot_gains`: by gain in money, from `gain_min` on.
    pub top_gains: ExtraPairs,
    /// `extra_pairs.prc_pct_chg_24h`: by the price's change in a day, above `pct_min`.
    pub price_change: ExtraPairs,
    /// `extra_pairs.vol_pct_chg_24h`: by the volume's change in a day.
    pub volume_change: ExtraPairs,
    /// `extra_pairs.watched`: the exchange's favourites.
    pub watched: ExtraPairs,
    /// `extra_pairs.vol_quote_24h.min_volume`: the volume in a day that `price_change` and `volume_change` ask for.
    pub volume_min: Decimal,
}

/// A list of products that are bought beside the designated ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExtraPairs {
    /// `use_yn`.
    pub is_on: bool,
    /// `cnt`: at most so many.
    pub count_max: usize,
    /// `pct_min`, `gain_min`: what a product needs at least.
    pub least: Decimal,
}

impl MarketSettings {
    /// The product's settings: each value is the product's own where it has one, else that of `***`.
    #[must_use]
    pub fn resolve(&self, prod_id: &str) -> ProductSettings {
        let found = self.products.get(prod_id).unwrap_or(&self.others);
        ProductSettings {
            prod_id: prod_id.to_owned(),
            ..found.clone()
        }
    }

    /// Whether the product is one of `pairs.trade_pairs`. A buy of any other is undesignated and has a budget of its own.
    #[must_use]
    pub fn is_designated(&self, prod_id: &str) -> bool {
        self.pairs.traded.contains(prod_id)
    }

    /// The products that have some value of their own.
    pub fn products(&self) -> impl Iterator<Item = &str> {
        self.products.keys().map(String::as_str)
    }
}
