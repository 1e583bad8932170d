//! Holds every strategy against the recorded decisions of the bots' former code, bar by bar.
//!
//! In its original form each rule must decide exactly as recorded. In the form that trades, differences are counted: they
//! are what the repairs are worth.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test says where, and tables are what some of them are for"
)]

use cbtrade_core::Decimal;
use cbtrade_indicators::Frame;
use cbtrade_strategy::{Settings, Strategy};

#[path = "../../indicators/tests/recorded/mod.rs"]
mod recorded;
use recorded::{SETS, Set, Source, Table, folder};

/// How one strategy's decisions compare.
#[derive(Default)]
struct Count {
    recorded: usize,
    original: usize,
    repaired: usize,
    /// Bars on which the original form differs.
    original_differs: usize,
    /// Bars on which the repaired form differs.
    repaired_differs: usize,
}

impl Count {
    fn take(&mut self, recorded: bool, original: bool, repaired: bool) {
        self.recorded += usize::from(recorded);
        self.original += usize::from(original);
        self.repaired += usize::from(repaired);
        self.original_differs += usize::from(original != recorded);
        self.repaired_differs += usize::from(repaired != recorded);
    }
}

fn settings(set: &Set, mut settings: Settings) -> Settings {
    // The operator's file asks for less of a dip for these.
    if ["BTC-USDC", "ETH-USDC", "SOL-USDC"].contains(&set.product) {
        settings.drop.drop_pct = 6.0;
    }
    settings
}

#[derive(Default)]
struct Found {
    bars: usize,
    buys: [Count; 16],
    sells: [Count; 16],
    /// Sales at a gain of 10 %, after the exit filter.
    sales_differ: [usize; 16],
    /// Recorded exit reasons that are the same here.
    reasons: usize,
    examples: Vec<String>,
}

fn judge(table: &Table, row: &[String], set: &Set, frame: &Frame, found: &mut Found) {
    let original = settings(set, Settings::original());
    let repaired = settings(set, Settings::default());
    found.bars += 1;
    for (place, strategy) in Strategy::ALL.into_iter().enumerate() {
        let name = strategy.name();
        let is_set = |column: &str| {
            table.number(row, &format!("{name}.{column}")).to_bits() == 1.0_f64.to_bits()
        };
        // The former code evaluated the strategy on candles that it does not trade on too.
        let buys = (
            strategy.buy(frame, &original),
            strategy.buy(frame, &repaired),
        );
        let is_bought = is_set("buy_yn");
        found.buys[place].take(is_bought, buys.0.is_signal(), buys.1.is_signal());
        let sells = (
            strategy.sell(frame, &original),
            strategy.sell(frame, &repaired),
        );
        let is_sold = is_set("sell_signal");
        found.sells[place].take(is_sold, sells.0.is_signal(), sells.1.is_signal());
        for (what, recorded, ours) in [("buy", is_bought, buys.0), ("sell", is_sold, sells.0)] {
            if recorded != ours.is_signal() {
                let now = table.cell(row, "now_unix");
                found.examples.push(format!(
                    "{} {now} {name} {what}: recorded {recorded}, {ours}",
                    set.name
                ));
            }
        }
        // Name, type and candles, where the former code wrote them down completely.
        let reason = table.cell(row, &format!("{name}.sell_reason"));
        if let [was, kind, interval] = reason.split('|').collect::<Vec<_>>()[..]
            && !was.is_empty()
            && !kind.is_empty()
        {
            let ours = [name, strategy.exit_type(), set.interval.name()];
            assert_eq!([was, kind, interval], ours);
            found.reasons += 1;
        }
        let exit = strategy.exit(frame, &original, Decimal::from_integer(10));
        found.sales_differ[place] += usize::from(exit.is_sale() != is_set("sell_yn_at_gain_10"));
    }
}

fn print(found: &Found) {
    println!("{} bars, {} exit reasons", found.bars, found.reasons);
    println!(
        "| strategy | buys recorded | original form | differ | repaired form | differ | sells recorded | original form | differ | repaired form | differ | sales differ |"
    );
    for (place, strategy) in Strategy::ALL.into_iter().enumerate() {
        let part = |count: &Count| {
            let Count {
                recorded,
                original,
                repaired,
                original_differs,
                repaired_differs,
            } = count;
            format!(
                "{recorded} | {original} | {original_differs} | {repaired} | {repaired_differs}"
            )
        };
        println!(
            "| {} | {} | {} | {} |",
            strategy.name(),
            part(&found.buys[place]),
            part(&found.sells[place]),
            found.sales_differ[place]
        );
    }
}

#[test]
fn every_strategy_decides_as_recorded() {
    let Some(folder) = folder("every_strategy_decides_as_recorded") else {
        return;
    };
    let mut found = Found::default();
    for set in &SETS {
        let source = Source::read(&folder, set);
        let table = Table::read(&folder.join(format!("signals/{}.csv.gz", set.name)));
        let indicators = Settings::default().indicators(set.interval).unwrap();
        for row in &table.rows {
            let window = source.window(table.integer(row, "now_unix"));
            let frame = Frame::of(set.interval, &indicators, &window).unwrap();
            judge(&table, row, set, &frame, &mut found);
        }
    }
    print(&found);
    assert!(
        found.examples.is_empty(),
        "{} differ: {:#?}",
        found.examples.len(),
        &found.examples[..found.examples.len().min(40)]
    );
    assert_eq!(found.sales_differ, [0; 16]);
}

#[test]
fn the_exit_filter_decides_as_recorded() {
    let Some(folder) = folder("the_exit_filter_decides_as_recorded") else {
        return;
    };
    let settings = Settings::default();
    let table = Table::read(&folder.join("decisions/exit_filter.csv.gz"));
    let mut differing = Vec::new();
    for row in &table.rows {
        let strategy = Strategy::of_name(table.cell(row, "strat")).unwrap();
        let text = table.cell(row, "prc_chg_pct");
        let gain_pct = Decimal::parse(text).unwrap();
        let verdict = settings.common(strategy).exit.verdict(gain_pct);
        let is_sold = table.cell(row, "o_sell_yn") == "Y";
        if verdict.is_sale() != is_sold {
            differing.push(format!("{} at {text}: recorded {is_sold}", strategy.name()));
        }
    }
    println!("{} gains, {} differ", table.rows.len(), differing.len());
    assert!(differing.is_empty(), "{differing:#?}");
}
