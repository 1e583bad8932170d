//! What may be spent: wallet, market, pair.

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_core::Decimal;
use cbtrade_strategy::Kind;

use super::amount::{Amount, DecideError};
use super::figures::Spending;
use crate::settings::{Fault, MarketSettings, ProductSettings, ShareMode};

/// What is in the wallet, and the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wallet {
    /// The quote currency's available balance. Zero stops nothing but buying (B-07).
    pub available_amt: Decimal,
    /// The cost of open live positions whose base currency is this quote currency; normally 0.
    pub base_positions_amt: Decimal,
    /// The day of the month, 1 to 31, in UTC: for the additional reserve.
    pub day_of_month: i64,
    /// What the live positions of the quote currency, open and closed, have won (or, below zero, lost) altogether: the sum of
    /// `gain_loss_amt` of the class `L`. `budget.max_tot_loss` is held against it.
    pub gain_amt: Decimal,
}

/// What was spent by kind of strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// By strategies of kind up.
    pub up_amt: Decimal,
    /// By strategies of kind dn.
    pub dn_amt: Decimal,
}

impl Spent {
    fn add(&mut self, kind: Kind, amt: Decimal) -> Result<(), DecideError> {
        let place = match kind {
            Kind::Up => &mut self.up_amt,
            Kind::Down => &mut self.dn_amt,
        };
        *place = (Amount::from(*place) + Amount::from(amt)).get("spent")?;
        Ok(())
    }

    pub(crate) fn of(&self, kind: Kind) -> Decimal {
        match kind {
            Kind::Up => self.up_amt,
            Kind::Down => self.dn_amt,
        }
    }

    pub(crate) fn total(&self) -> Amount {
        Amount::from(self.up_amt) + Amount::from(self.dn_amt)
    }
}

/// The budget of a quote currency's market: computed once per round (B-06), and counted down with every live buy of it, so
/// that each buy is judged after the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// What the wallet has above the reserve; below zero where it has less.
    pub spendable_amt: Decimal,
    /// What is kept unspent.
    pub reserve_amt: Decimal,
    /// The cost of open live positions, without ignored ones.
    pub spent: Spent,
    /// The cost of open live positions by product, ignored ones included.
    pub spent_by_product: BTreeMap<String, Spent>,
    /// The products with open live positions.
    pub open_products: BTreeSet<String>,
    /// The sum of all loop pairs' shares.
    pub share_sum: Decimal,
    /// What all live positions have won or lost.
    pub gain_amt: Decimal,
}

/// What a pair may spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairCaps {
    /// In all.
    pub max_amt: Decimal,
    /// By strategies of kind up.
    pub up_max_amt: Decimal,
    /// By strategies of kind dn.
    pub dn_max_amt: Decimal,
    /// By what the three were multiplied.
    pub multiplier: Decimal,
}

impl PairCaps {
    pub(crate) fn of(&self, kind: Kind) -> Decimal {
        match kind {
            Kind::Up => self.up_max_amt,
            Kind::Down => self.dn_max_amt,
        }
    }
}

/// A pair that gains more than so much a day in closed trades has twice its amount: once, not once per strategy (B-20).
pub const BOOST_PCT_DAY_MIN: Decimal = Decimal::from_units(100_000_000_000);

impl Budget {
    /// The budget of a round. `pairs` are all pairs of the round, which share the market's amount.
    ///
    /// # Errors
    ///
    /// A sum that does not fit.
    pub fn of<'a>(
        settings: &MarketSettings,
        wallet: &Wallet,
        positions: &[Spending],
        pairs: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, DecideError> {
        let own = &settings.budget;
        let daily = Amount::from(own.reserve_daily_amt) * Amount::from(wallet.day_of_month);
        let reserve = Amount::from(own.reserve_amt) + daily;
        let available = Amount::from(wallet.available_amt);
        let spendable = available - reserve - Amount::from(wallet.base_positions_amt);
        let shares = Amount::sum(pairs.into_iter().map(|pair| *own.shares.get(pair)));
        let mut budget = Self {
            spendable_amt: spendable.get("spendable_amt")?,
            reserve_amt: reserve.get("reserve_amt")?,
            spent: Spent::default(),
            spent_by_product: BTreeMap::new(),
            open_products: BTreeSet::new(),
            share_sum: shares.get("share_sum")?,
            gain_amt: wallet.gain_amt,
        };
        for position in positions {
            budget.add(position)?;
        }
        Ok(budget)
    }

    fn add(&mut self, position: &Spending) -> Result<(), DecideError> {
        let Spending {
            prod_id,
            kind,
            spent_amt,
            is_ignored,
        } = position;
        if !is_ignored {
            self.spent.add(*kind, *spent_amt)?;
        }
        let pair = self.spent_by_product.entry(prod_id.clone()).or_default();
        pair.add(*kind, *spent_amt)?;
        self.open_products.insert(prod_id.clone());
        Ok(())
    }

    /// Counts a live buy, so that the next is judged after it.
    ///
    /// # Errors
    ///
    /// A sum that does not fit.
    pub fn count(&mut self, prod_id: &str, kind: Kind, amt: Decimal) -> Result<(), DecideError> {
        let left = Amount::from(self.spendable_amt) - Amount::from(amt);
        self.spendable_amt = left.get("spendable_amt")?;
        self.add(&Spending {
            prod_id: prod_id.to_owned(),
            kind,
            spent_amt: amt,
            is_ignored: false,
        })
    }

    /// What the open live positions of a product have cost.
    #[must_use]
    pub fn pair_spent(&self, prod_id: &str) -> Spent {
        self.spent_by_product
            .get(prod_id)
            .copied()
            .unwrap_or_default()
    }

    /// At most so much in open live positions of strategies of this kind.
    ///
    /// # Errors
    ///
    /// A number that does not fit.
    pub fn kind_max_amt(
        &self,
        market: &MarketSettings,
        product: &ProductSettings,
        kind: Kind,
    ) -> Result<Decimal, DecideError> {
        let own = &market.budget;
        // B-15: kind dn has its own share.
        let pct = match kind {
            Kind::Down if !product.faults.has(Fault::B15) => own.spend_dn_max_pct,
            _ => own.spend_up_max_pct,
        };
        Amount::from(own.spend_max_amt)
            .percent(pct)
            .get("kind_max_amt")
    }

    /// What the pair may spend. `gain_close_pct_day` is the product's, of live and paper trades together.
    ///
    /// # Errors
    ///
    /// A number that does not fit, or no shares at all.
    pub fn pair_caps(
        &self,
        market: &MarketSettings,
        product: &ProductSettings,
        gain_close_pct_day: Decimal,
    ) -> Result<PairCaps, DecideError> {
        let own = &market.budget;
        let pair = &product.budget;
        let all = Amount::from(own.spend_max_amt);
        let share = Amount::from(pair.share);
        let (max, divisor) = match own.share_mode {
            ShareMode::Percent => (all.percent(pair.share), Amount::from(100)),
            ShareMode::Shares => {
                // A pair beside the round's would have no share; its own is the least there can be.
                let sum = Amount::from(self.share_sum).max(share);
                // B-18: percentages are divided by 100, whatever the sum of shares is.
                let divisor = if product.faults.has(Fault::B18) {
                    sum
                } else {
                    Amount::from(100)
                };
                let max = if pair.share.is_zero() {
                    Amount::ZERO
                } else {
                    all * share / sum
                };
                (max, divisor)
            }
        };
        let part = |pct: Decimal| max * Amount::from(pct) / divisor;
        let (up_pct, dn_pct) = kind_pcts(market, product);
        let multiplier = if gain_close_pct_day > BOOST_PCT_DAY_MIN {
            Amount::from(2)
        } else {
            Amount::from(1)
        };
        // B-14: no boost lifts a pair above its own limit.
        let limited = |amount: Amount| {
            let is_limited = !pair.spend_max_amt.is_zero() && !product.faults.has(Fault::B14);
            if is_limited {
                amount.min(Amount::from(pair.spend_max_amt))
            } else {
                amount
            }
        };
        Ok(PairCaps {
            max_amt: limited(max * multiplier).get("pair_spend_max")?,
            up_max_amt: limited(part(up_pct) * multiplier).get("pair_spend_up_max")?,
            dn_max_amt: limited(part(dn_pct) * multiplier).get("pair_spend_dn_max")?,
            multiplier: multiplier.get("pair_budget_multiplier")?,
        })
    }

    /// The cost of open live positions of products that are not designated (B-19: their cost, not their cost times a price).
    ///
    /// # Errors
    ///
    /// A sum that does not fit.
    pub fn undesignated_spent_amt(&self, market: &MarketSettings) -> Result<Decimal, DecideError> {
        let others = self
            .spent_by_product
            .iter()
            .filter(|(prod_id, _)| !market.is_designated(prod_id));
        others
            .fold(Amount::ZERO, |sum, (_, spent)| sum + spent.total())
            .get("undesignated_spent_amt")
    }
}

/// The shares of both kinds of strategies in a pair's amount.
fn kind_pcts(market: &MarketSettings, product: &ProductSettings) -> (Decimal, Decimal) {
    let faults = product.faults;
    let (up_pct, dn_pct) = if faults.has(Fault::B14) {
        // The product's own split was never read.
        let own = &market.budget;
        (own.spend_up_max_pct, own.spend_dn_max_pct)
    } else {
        let own = &product.budget;
        (own.spend_up_max_pct, own.spend_dn_max_pct)
    };
    // B-15.
    (
        up_pct,
        if faults.has(Fault::B15) {
            up_pct
        } else {
            dn_pct
        },
    )
}
