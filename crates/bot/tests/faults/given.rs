//! What the tests begin with: the operator's defaults, and a product without history.

use std::collections::BTreeMap;

use cbtrade_bot::decide::{
    Budget, BuyInput, BuyOutcome, ByClass, Combination, Performance, ProductFacts, Sizes, Spending,
    Standing, Wallet, decide_buy,
};
use cbtrade_bot::settings::{Fault, Faults, MarketSettings, ProductSettings, Settings};
use cbtrade_core::Decimal;
use cbtrade_indicators::Interval;
use cbtrade_strategy::{Kind, Strategy};

pub(crate) fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

/// The market's settings of a first run.
pub(crate) fn market() -> MarketSettings {
    let [_, (name, text)] = Settings::example();
    MarketSettings::read(name, text).unwrap_or_else(|error| panic!("{error}"))
}

/// The same with a part of the file's text replaced.
pub(crate) fn market_with(old: &str, new: &str) -> MarketSettings {
    let [_, (name, text)] = Settings::example();
    assert!(text.contains(old), "the file does not have {old}");
    MarketSettings::read(name, &text.replacen(old, new, 1))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// A signal about to be judged: everything lets it pass until a test changes something.
pub(crate) struct Given {
    pub(crate) market: MarketSettings,
    pub(crate) product: ProductSettings,
    pub(crate) facts: ProductFacts,
    pub(crate) combination: Combination,
    pub(crate) performance: ByClass<Performance>,
    pub(crate) budget: Budget,
    pub(crate) standing: Standing,
}

/// All products that share the market's amount here.
pub(crate) const PAIRS: [&str; 4] = ["BTC-USDC", "ETH-USDC", "SOL-USDC", "ADA-USDC"];

pub(crate) fn budget(market: &MarketSettings, positions: &[Spending]) -> Budget {
    let wallet = Wallet {
        available_amt: decimal("10250"),
        base_positions_amt: Decimal::ZERO,
        day_of_month: 15,
        gain_amt: Decimal::ZERO,
    };
    Budget::of(market, &wallet, positions, PAIRS).unwrap()
}

pub(crate) fn spending(prod_id: &str, kind: Kind, spent: &str) -> Spending {
    Spending {
        prod_id: prod_id.to_owned(),
        kind,
        spent_amt: decimal(spent),
        is_ignored: false,
    }
}

impl Given {
    pub(crate) fn of(market: MarketSettings, prod_id: &str) -> Self {
        let product = market.resolve(prod_id);
        let proven = Performance {
            total_cnt: 20,
            close_cnt: 20,
            gain_pct_day: decimal("0.05"),
            gain_close_pct_day: decimal("0.05"),
            ..Performance::default()
        };
        Self {
            budget: budget(&market, &[]),
            market,
            product,
            facts: ProductFacts {
                sizes: Sizes {
                    base_step: decimal("0.01"),
                    base_min: decimal("0.01"),
                    quote_step: decimal("0.01"),
                    quote_min: Decimal::ONE,
                    ..Sizes::default()
                },
                is_limit_only: false,
                prc_buy: decimal("100"),
                spread_pct: decimal("0.1"),
                performance: ByClass::default(),
            },
            combination: Combination {
                strategy: Strategy::Sha,
                interval: Interval::OneHour,
            },
            performance: ByClass {
                all: proven,
                ..ByClass::default()
            },
            standing: Standing::of(&ByClass::default(), &BTreeMap::new()),
        }
    }

    pub(crate) fn new(prod_id: &str) -> Self {
        Self::of(market(), prod_id)
    }

    pub(crate) fn decide(&self) -> BuyOutcome {
        self.decided(Faults::NONE)
    }

    /// As the former code decided, as far as this fault goes.
    pub(crate) fn decide_with(&self, fault: Fault) -> BuyOutcome {
        self.decided(Faults::NONE.with(fault))
    }

    fn decided(&self, faults: Faults) -> BuyOutcome {
        let product = ProductSettings {
            faults,
            ..self.product.clone()
        };
        let input = BuyInput {
            market: &self.market,
            product: &product,
            facts: &self.facts,
            combination: self.combination,
            performance: &self.performance,
        };
        decide_buy(&input, &self.budget, &self.standing).unwrap()
    }
}
