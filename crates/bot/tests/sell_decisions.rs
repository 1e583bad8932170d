//! Holds the sell decision against 400 recorded ones of the bots' former code.
//!
//! With its faults switched on, every row agrees. Without them, each row that differs is the work of named faults: the smallest
//! set of them that must be switched on again to get the recorded row.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, and counts are what it is for"
)]

use std::collections::BTreeMap;

use cbtrade_bot::decide::{
    ExitName, Figures, Holding, Position, SellAction, SellInput, SellOutcome, StrategyExit, View,
    decide_sell,
};
use cbtrade_bot::settings::{Fault, Faults, LimitSettings, MarketSettings, ProductSettings};
use cbtrade_core::Decimal;
use cbtrade_indicators::Interval;
use cbtrade_strategy::{ExitVerdict, Strategy};

#[path = "../../indicators/tests/recorded/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod recorded;
mod support;
use recorded::{Table, folder};
use support::{decimal, smallest_sets};

/// A recorded position with what was seen of the frames.
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

    fn is(&self, column: &str) -> bool {
        matches!(self.cell(column), "1" | "Y" | "green")
    }

    fn high(&self) -> Decimal {
        let price = self.table.number(self.row, "prc_buy");
        let gain = self.table.number(self.row, "prc_curr") / price - 1.0;
        Decimal::from_double(price * (1.0 + gain.max(0.0) + 0.01)).unwrap()
    }
}

impl View for Row<'_> {
    fn is_heikin_ashi_green(&self, interval: Interval) -> Option<bool> {
        Some(self.is(&format!("ha_{}", interval.name())))
    }

    fn is_nwe_green(&self, interval: Interval, ago: usize) -> Option<bool> {
        let before = if ago == 0 { "" } else { "prev_" };
        Some(self.is(&format!("nwe_{before}{}", interval.name())))
    }

    fn high(&self, _: Interval) -> Option<Decimal> {
        Some(self.high())
    }

    fn range(&self, _: Interval) -> Option<Decimal> {
        None
    }

    fn exit(
        &self,
        settings: &ProductSettings,
        strategy: Strategy,
        _: Interval,
        gain_pct: Decimal,
    ) -> Option<StrategyExit> {
        let filter = settings.strategies.common(strategy).exit;
        let verdict = if strategy.is_exit_filtered() {
            filter.verdict(gain_pct)
        } else {
            ExitVerdict::Unfiltered
        };
        Some(StrategyExit {
            verdict: self.is("strat_signal").then_some(verdict),
            decision: None,
        })
    }
}

/// The settings of a row: the operator's, with the variation that it names.
fn settings(row: &Row<'_>, operator: &BTreeMap<String, ProductSettings>) -> ProductSettings {
    let mut settings = operator[row.cell("prod_id")].clone();
    let sell = &mut settings.sell;
    let stops_live = |sell: &mut cbtrade_bot::settings::SellSettings| {
        sell.never_loss.all = false;
        sell.never_loss.live_all = false;
        sell.never_loss.live_prod_ids.clear();
        sell.never_loss.live_loss_amt_max = Decimal::ZERO;
    };
    let on = |limit: &mut LimitSettings, is_on| limit.is_on = is_on;
    match row.cell("settings") {
        "operator" => {}
        "stops_live" => stops_live(sell),
        "stops_max_loss" => {
            stops_live(sell);
            sell.never_loss.live_loss_amt_max = decimal("-2");
        }
        "no_vetoes_stops_live" => {
            stops_live(sell);
            sell.heikin_ashi_green.is_on = false;
            sell.nwe_green.is_on = false;
        }
        "nwe_exit" => {
            stops_live(sell);
            on(&mut sell.stop_loss.nwe, true);
            sell.stop_loss.nwe.strategies_skipped.clear();
        }
        "force_all" => sell.force.all = true,
        "force_live" => sell.force.live_all = true,
        "never_sell" => sell.never.all = true,
        "selling_off" => sell.is_on = false,
        "hard_profit_on" => on(&mut sell.take_profit.hard, true),
        "atr_stop_on" => {
            on(&mut sell.stop_loss.atr, true);
            on(&mut sell.stop_loss.hard, false);
            on(&mut sell.stop_loss.trailing, false);
        }
        other => panic!("unknown variation {other}"),
    }
    settings
}

fn position(row: &Row<'_>) -> Position {
    let prc_buy = row.decimal("prc_buy");
    let peak = row.table.number(row.row, "peak_before");
    let price = row.table.number(row.row, "prc_buy");
    Position {
        pos_id: 1,
        is_test: row.is("test_txn_yn"),
        strategy: Strategy::of_name(row.cell("strat")),
        interval: Interval::of_name(row.cell("freq")),
        is_forced: row.is("force_sell_tf"),
        holding: Holding {
            prc_buy,
            hold_cnt: row.decimal("hold_cnt"),
            spent_amt: row.decimal("tot_out_cnt"),
            ..Holding::default()
        },
        figures: Figures {
            prc_high: Decimal::from_double(price * (1.0 + peak / 100.0)).unwrap(),
            prc_low: prc_buy,
            gain_pct_high: row.decimal("peak_before"),
            ..Figures::default()
        },
    }
}

/// What was decided, in the columns of the table.
#[derive(Debug, PartialEq)]
struct Decided {
    action: String,
    is_blocked: bool,
    is_forced: bool,
    exit: String,
    is_strategy_asked: bool,
    reasons: usize,
}

fn decided(outcome: &SellOutcome, row: &Row<'_>) -> Decided {
    let is_test = row.is("test_txn_yn");
    let action = match outcome.action {
        SellAction::Hold => "",
        SellAction::Sell if is_test => "sell_test",
        SellAction::Sell => "sell_live",
    };
    let exit = outcome.exit.map(|exit| {
        let ExitName {
            kind,
            name,
            interval,
        } = exit;
        match interval {
            // The records have one type for all strategies' exits.
            Some(interval) => format!("strat {name} {}", interval.name()),
            None => format!("{kind} {name} "),
        }
    });
    // A signal that the exit filter cancelled left its name in the row all the same; here the row takes a name only with a sale.
    let left = outcome.is_strategy_asked && row.is("strat_signal");
    let exit =
        exit.or_else(|| left.then(|| format!("strat {} {}", row.cell("strat"), row.cell("freq"))));
    Decided {
        action: action.to_owned(),
        is_blocked: outcome.is_blocked(),
        is_forced: !outcome.forces.is_empty(),
        exit: exit.unwrap_or_else(|| "  ".to_owned()),
        is_strategy_asked: outcome.is_strategy_asked,
        // The former code stopped at the first block, not at the first veto.
        reasons: outcome.blocks.len().min(1) + outcome.vetoes.len(),
    }
}

fn recorded(row: &Row<'_>) -> Decided {
    let freq = match row.cell("o_sell_freq") {
        "" if row.cell("o_sell_type") == "strat" => row.cell("freq"),
        freq => freq,
    };
    Decided {
        action: row.cell("o_action").to_owned(),
        is_blocked: row.is("o_block_yn"),
        is_forced: row.is("o_force_yn"),
        exit: format!(
            "{} {} {freq}",
            row.cell("o_sell_type"),
            row.cell("o_sell_name")
        ),
        is_strategy_asked: row.is("o_strat_asked"),
        reasons: row.cell("o_blocks").parse().unwrap(),
    }
}

/// Figures do not depend on any fault.
fn figures_agree(row: &Row<'_>, figures: &Figures) {
    let near = |column: &str, ours: Decimal, tolerance: f64| {
        let theirs = row.table.number(row.row, column);
        let apart = (theirs - ours.to_double()).abs();
        assert!(
            apart <= tolerance * theirs.abs().max(1.0),
            "case {}: {column} {theirs}, here {ours}",
            row.cell("case")
        );
    };
    // Recorded coin amounts have more than twelve places; what is rounded away counts as often as the price says.
    let amount = 1.01e-8 + 1e-12 * figures.prc_curr.to_double();
    near("o_gain_pct", figures.gain_pct, 0.0);
    near("o_peak_pct", figures.gain_pct_high, 0.0);
    near("o_drop_pct", figures.gain_pct_drop, 1e-9);
    near("o_gain_amt", figures.gain_amt, amount);
    near("o_gain_loss_pct", figures.result_pct, 0.0);
    near("o_val_curr", figures.held_amt, amount);
    near("o_prc_high", figures.prc_high, 1e-9);
}

/// Whether the former code asked for a key or a column that does not exist (B-17).
fn is_b17(row: &Row<'_>, settings: &ProductSettings, outcome: &SellOutcome) -> bool {
    let gain = outcome.figures.gain_pct;
    let is_hard_profit = settings.sell.take_profit.hard.is_on && gain > Decimal::ZERO;
    let is_stop = settings.sell.stop_loss.atr.is_on && gain < Decimal::ZERO;
    let is_tested = outcome.forces.is_empty();
    is_tested && (is_hard_profit || is_stop) && row.cell("settings").ends_with("_on")
}

#[test]
fn every_recorded_sale_is_decided_alike_or_differs_by_a_named_fault() {
    let test = "every_recorded_sale_is_decided_alike_or_differs_by_a_named_fault";
    let Some(folder) = folder(test) else { return };
    let table = Table::read(&folder.join("decisions/sell_decisions.csv.gz"));
    let operator = support::resolved(&folder);
    let (mut original, mut repaired, mut crashed) = (0, 0, 0);
    let mut faults: BTreeMap<String, usize> = BTreeMap::new();
    for row in &table.rows {
        let row = Row { table: &table, row };
        let decide = |faults: Faults| {
            let settings = ProductSettings {
                faults,
                ..settings(&row, &operator)
            };
            let input = SellInput {
                settings: &settings,
                position: &position(&row),
                prc_sell: row.decimal("prc_curr"),
                spread_pct: row.decimal("prc_range_pct"),
                age_minutes: row.cell("age_mins").parse().unwrap(),
                view: &row,
            };
            (decide_sell(&input).unwrap(), settings)
        };
        let (outcome, own) = decide(Faults::all());
        if !row.cell("o_error").is_empty() {
            assert!(is_b17(&row, &own, &outcome), "case {}", row.cell("case"));
            crashed += 1;
            *faults.entry("B-17".to_owned()).or_default() += 1;
            continue;
        }
        figures_agree(&row, &outcome.figures);
        let theirs = recorded(&row);
        assert_eq!(
            decided(&outcome, &row),
            theirs,
            "case {}, {}: {outcome}",
            row.cell("case"),
            row.cell("settings")
        );
        original += 1;
        let agrees = |faults: Faults| decided(&decide(faults).0, &row) == theirs;
        if agrees(Faults::NONE) {
            repaired += 1;
            continue;
        }
        let set = smallest_sets(&Fault::ALL, agrees).expect("all faults together agree");
        let (outcome, _) = decide(Faults::NONE);
        println!("case {}: {set}: {outcome}", row.cell("case"));
        *faults.entry(set).or_default() += 1;
    }
    println!(
        "{original} rows agree with the faults, {repaired} without; {crashed} crashed; {faults:?}"
    );
    assert_eq!(original + crashed, table.rows.len());
    assert_eq!(table.rows.len(), 400);
    let known = ["B-17", "B-32"];
    assert!(
        faults.keys().all(|fault| known.contains(&fault.as_str())),
        "{faults:?}"
    );
}

#[test]
fn the_exit_filter_agrees_at_every_recorded_gain() {
    let Some(folder) = folder("the_exit_filter_agrees_at_every_recorded_gain") else {
        return;
    };
    let table = Table::read(&folder.join("decisions/exit_filter.csv.gz"));
    let operator = support::resolved(&folder);
    let settings = &operator["ADA-USDC"];
    for row in &table.rows {
        let strategy = Strategy::of_name(table.cell(row, "strat")).unwrap();
        let gain = decimal(table.cell(row, "prc_chg_pct"));
        let sells = settings
            .strategies
            .common(strategy)
            .exit
            .verdict(gain)
            .is_sale();
        assert_eq!(
            sells,
            table.cell(row, "o_sell_yn") == "Y",
            "{} {gain}",
            strategy.name()
        );
    }
    println!("{} rows agree", table.rows.len());
    assert_eq!(table.rows.len(), 224);
}

#[test]
fn the_recorded_settings_are_read_as_the_former_code_resolved_them() {
    let Some(folder) = folder("the_recorded_settings_are_read_as_the_former_code_resolved_them")
    else {
        return;
    };
    let operator = support::resolved(&folder);
    assert_eq!(operator.len(), 8);
    let (ada, btc) = (&operator["ADA-USDC"], &operator["BTC-USDC"]);
    assert_eq!(
        (ada.buy.trade_size, btc.buy.trade_size),
        (decimal("5"), decimal("25"))
    );
    assert_eq!(btc.sell.pocket_pct, decimal("50"));
    assert_eq!(ada.strategies.drop.drop_pct.to_string(), "10");
    assert_eq!(btc.strategies.drop.drop_pct.to_string(), "6");
    let _: &MarketSettings = &support::market(&folder, "ADA-USDC");
}
