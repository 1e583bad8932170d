//! Holds size, budget and denials of buys against 400 recorded ones of the bots' former code.
//!
//! With its faults switched on, every row agrees, step by step. Without them, each row that differs is the work of named
//! faults: the smallest set of them that must be switched on again to get the recorded row.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, and counts are what it is for"
)]

use std::collections::{BTreeMap, BTreeSet};

use cbtrade_bot::decide::{
    Budget, BuyAction, BuyInput, BuyOutcome, ByClass, Combination, Effect, OpenCounts, Performance,
    ProductFacts, Sizes, Spent, Standing, decide_buy,
};
use cbtrade_bot::settings::{Fault, Faults, MarketSettings, ProductSettings, ShareMode};
use cbtrade_core::Decimal;
use cbtrade_indicators::Interval;
use cbtrade_strategy::Strategy;

#[path = "../../indicators/tests/recorded/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod recorded;
mod support;
use recorded::{Table, folder};
use support::{decimal, smallest_sets};

struct Row<'a> {
    table: &'a Table,
    row: &'a [String],
}

impl Row<'_> {
    fn cell(&self, column: &str) -> &str {
        self.table.cell(self.row, column)
    }

    fn decimal(&self, column: &str) -> Decimal {
        decimal(self.cell(column))
    }

    fn integer(&self, column: &str) -> i64 {
        self.table.integer(self.row, column)
    }

    fn combination(&self) -> Combination {
        Combination {
            strategy: Strategy::of_name(self.cell("strat")).unwrap(),
            interval: Interval::of_name(self.cell("freq")).unwrap(),
        }
    }

    fn performance(&self) -> ByClass<Performance> {
        ByClass {
            all: Performance {
                total_cnt: self.integer("A_tot_cnt"),
                close_cnt: self.integer("A_tot_close_cnt"),
                gain_pct_day: self.decimal("A_gain_loss_pct_day"),
                gain_close_pct_day: self.decimal("A_gain_loss_close_pct_day"),
                ..Performance::default()
            },
            live: Performance {
                gain_pct_day: self.decimal("L_gain_loss_pct_day"),
                minutes_since_buy: Some(self.integer("strat_last_elapsed_live")),
                ..Performance::default()
            },
            test: Performance {
                minutes_since_buy: Some(self.integer("strat_last_elapsed_test")),
                ..Performance::default()
            },
        }
    }

    fn facts(&self) -> ProductFacts {
        let since = |column| Performance {
            minutes_since_buy: Some(self.integer(column)),
            ..Performance::default()
        };
        ProductFacts {
            sizes: Sizes {
                quote_min: self.decimal("quote_size_min"),
                ..Sizes::default()
            },
            is_limit_only: false,
            prc_buy: Decimal::ONE,
            spread_pct: self.decimal("prc_range_pct"),
            performance: ByClass {
                live: since("prod_last_elapsed_live"),
                test: since("prod_last_elapsed_test"),
                all: Performance {
                    gain_close_pct_day: self.decimal("prod_A_gain_loss_close_pct_day"),
                    ..Performance::default()
                },
            },
        }
    }

    fn budget(&self) -> Budget {
        let spent = |up, dn| Spent {
            up_amt: self.decimal(up),
            dn_amt: self.decimal(dn),
        };
        let pair = spent("pair_spent_up", "pair_spent_dn");
        let others = self.integer("mkts_open_cnt");
        let shares = self.decimal("o_tot_shares");
        Budget {
            spendable_amt: self.decimal("spendable"),
            reserve_amt: Decimal::ZERO,
            spent: spent("spent_up", "spent_dn"),
            spent_by_product: BTreeMap::from([(self.cell("prod_id").to_owned(), pair)]),
            // The former code compared the number of all products; it is given here as the number of open ones.
            open_products: (0..others)
                .map(|number| format!("X{number}-USDC"))
                .collect(),
            share_sum: shares,
            gain_amt: Decimal::ZERO,
        }
    }

    fn standing(&self) -> Standing {
        let open = OpenCounts {
            live: self.integer("strat_open_live"),
            test: self.integer("strat_open_test"),
        };
        Standing {
            open: OpenCounts {
                live: self.integer("prod_open_live"),
                test: 0,
            },
            strategies: BTreeMap::from([(self.combination(), open)]),
            bought: BTreeSet::new(),
        }
    }
}

/// The settings of a row: the operator's, with the variation that it names.
fn settings(row: &Row<'_>, operator: &MarketSettings) -> (MarketSettings, ProductSettings) {
    let mut market = operator.clone();
    let designated = ["BTC-USDC", "ETH-USDC", "SOL-USDC", "ADA-USDC"];
    market.pairs.traded = designated.map(str::to_owned).into();
    let mut product = operator.resolve(row.cell("prod_id"));
    match row.cell("settings") {
        "operator" => {}
        "tests_off" => product.tests.are_on = false,
        "buying_off" => product.buy.is_on = false,
        "paper" => product.paper_only = true,
        "percent_mode" => market.budget.share_mode = ShareMode::Percent,
        other => panic!("unknown variation {other}"),
    }
    (market, product)
}

/// What was decided, in the columns of the table.
#[derive(Debug, PartialEq)]
struct Decided {
    size: Decimal,
    is_test: bool,
    is_denied: bool,
    action: &'static str,
    limits: [i64; 3],
    trail: String,
}

fn decided(outcome: &BuyOutcome, row: &Row<'_>) -> Decided {
    let trail = outcome.steps.iter().map(|step| {
        let effect = match step.effect {
            Effect::ToTest => "T",
            Effect::Deny => "D",
        };
        format!("{effect}:{}", step.test.name())
    });
    let fitting = outcome.fit.map_or(Decimal::ZERO, |fit| fit.size);
    Decided {
        // Where nothing fits, the records have the target (on paper) or the size that did not grow (denied).
        size: match (fitting.is_zero(), outcome.is_denied && !outcome.is_test) {
            (true, true) => row.decimal("quote_size_min"),
            (true, false) => outcome.target.size,
            (false, _) => fitting,
        },
        is_test: outcome.is_test,
        is_denied: outcome.is_denied,
        action: match outcome.action {
            BuyAction::None => "none",
            BuyAction::Test => "test",
            BuyAction::Live => "live",
        },
        limits: [
            outcome.limits.strategy_live_max,
            outcome.limits.strategy_test_max,
            outcome.limits.product_live_max,
        ],
        trail: trail.collect::<Vec<_>>().join(" "),
    }
}

fn recorded(row: &Row<'_>) -> Decided {
    Decided {
        size: row.decimal("o_size_after_budget"),
        is_test: row.cell("o_test_txn_yn") == "Y",
        is_denied: row.cell("o_buy_deny_yn") == "Y",
        action: match row.cell("o_action") {
            "none" => "none",
            "test" => "test",
            "live" => "live",
            other => panic!("unknown action {other}"),
        },
        limits: [
            row.integer("o_strat_live_max"),
            row.integer("o_strat_test_max"),
            row.integer("o_prod_open_max"),
        ],
        trail: row.cell("o_trail").to_owned(),
    }
}

fn caps_agree(row: &Row<'_>, outcome: &BuyOutcome) -> bool {
    let near = |column: &str, ours: Decimal| {
        let theirs = row.table.number(row.row, column);
        (theirs - ours.to_double()).abs() <= 1e-8 * theirs.abs()
    };
    near("o_budget_multiplier", outcome.caps.multiplier)
        && near("o_pair_spend_max", outcome.caps.max_amt)
        && near("o_pair_spend_up_max", outcome.caps.up_max_amt)
        && near("o_pair_spend_dn_max", outcome.caps.dn_max_amt)
}

#[test]
fn every_recorded_buy_is_decided_alike_or_differs_by_a_named_fault() {
    let test = "every_recorded_buy_is_decided_alike_or_differs_by_a_named_fault";
    let Some(folder) = folder(test) else { return };
    let table = Table::read(&folder.join("decisions/buy_sizing_decisions.csv.gz"));
    let products = ["ADA-USDC", "BTC-USDC", "ETH-USDC", "LTC-USDC", "TRUMP-USDC"];
    let operator: BTreeMap<_, _> = products
        .map(|prod_id| (prod_id, support::market(&folder, prod_id)))
        .into();
    let (mut original, mut repaired, mut actions_differ) = (0, 0, 0);
    let (mut by_trail, mut by_action) = (BTreeMap::new(), BTreeMap::new());
    for row in &table.rows {
        let row = Row { table: &table, row };
        let (market, product) = settings(&row, &operator[row.cell("prod_id")]);
        let decide = |faults: Faults| {
            let product = ProductSettings {
                faults,
                ..product.clone()
            };
            let input = BuyInput {
                market: &market,
                product: &product,
                facts: &row.facts(),
                combination: row.combination(),
                performance: &row.performance(),
            };
            decide_buy(&input, &row.budget(), &row.standing()).unwrap()
        };
        let theirs = recorded(&row);
        let outcome = decide(Faults::all());
        assert_eq!(
            decided(&outcome, &row),
            theirs,
            "case {}, {}: {outcome}",
            row.cell("case"),
            row.cell("settings")
        );
        assert!(
            caps_agree(&row, &outcome),
            "case {}: {:?}",
            row.cell("case"),
            outcome.caps
        );
        assert_eq!(
            outcome.target.size,
            row.decimal("o_target_size"),
            "case {}",
            row.cell("case")
        );
        original += 1;
        let agrees = |faults: Faults| decided(&decide(faults), &row) == theirs;
        if agrees(Faults::NONE) {
            repaired += 1;
            continue;
        }
        let set = smallest_sets(&Fault::ALL, agrees).expect("all faults together agree");
        *by_trail.entry(set).or_insert(0_usize) += 1;
        let (was, is) = (theirs.action, decided(&decide(Faults::NONE), &row).action);
        if was != is {
            actions_differ += 1;
            let acts = |faults: Faults| decided(&decide(faults), &row).action == was;
            let set = smallest_sets(&Fault::ALL, acts).unwrap();
            *by_action.entry((set, was, is)).or_insert(0_usize) += 1;
        }
    }
    println!("{original} rows agree with the faults; {repaired} without, in every step");
    println!("rows with another step, size or limit, by fault: {by_trail:#?}");
    println!("{actions_differ} rows end otherwise, by fault: {by_action:#?}");
    assert_eq!((original, table.rows.len()), (400, 400));
}
