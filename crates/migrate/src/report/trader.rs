//! The report's part in a trader's words: positions, money by strategy, every open position; candles in one line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{LINES_MAX, more};
use crate::verify::{TraderFigure, TraderFigures};

/// How many strategies the page shows.
const STRATEGIES_MAX: usize = 100;

/// How many open positions the page shows: more than any fleet has.
const OPEN_MAX: usize = 1_000;

/// Sums of a strategy: what the figure is called, and in words.
const SUMS: [(&str, &str); 4] = [
    ("tot_out_cnt", "money out"),
    ("tot_in_cnt", "money in"),
    ("fees_cnt_tot", "fees"),
    ("gain_loss_amt", "gain or loss"),
];

/// What a figure is about.
enum About<'a> {
    /// How many positions have this status.
    Status(&'a str),
    /// The sum of a column over a strategy's positions.
    Sum { column: &'a str, strategy: &'a str },
    /// An open position.
    Open(&'a str),
    /// Candles, and whatever else there is.
    Other,
}

impl<'a> About<'a> {
    fn of(name: &'a str) -> Self {
        if let Some(status) = name.strip_prefix("positions with status ") {
            return Self::Status(status);
        }
        if let Some(id) = name.strip_prefix("open position ") {
            return Self::Open(id);
        }
        let sum = name.strip_prefix("sum of ");
        match sum.and_then(|rest| rest.split_once(" of strategy ")) {
            Some((column, strategy)) => Self::Sum { column, strategy },
            None => Self::Other,
        }
    }
}

/// Writes it.
pub(super) fn page(trader: &TraderFigures, page: &mut String) {
    let figures = &trader.figures;
    if figures.is_empty() {
        return;
    }
    let equal = figures.len() as u64 - trader.differences();
    let _ = writeln!(
        page,
        "In a trader's words: {equal} of {} figures are the same on both sides",
        figures.len()
    );
    let (same, differing): (Vec<&TraderFigure>, Vec<_>) = figures
        .iter()
        .partition(|figure| figure.source == figure.target);
    for figure in differing.iter().take(LINES_MAX) {
        let _ = writeln!(
            page,
            "  DIFFERS  {}: source {} / target {}",
            figure.name, figure.source, figure.target
        );
    }
    more(differing.len(), LINES_MAX, page);
    let mut statuses = Vec::new();
    let mut strategies: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    let mut open = Vec::new();
    let mut candles = 0_usize;
    for figure in same {
        match About::of(&figure.name) {
            About::Status(status) => statuses.push(format!("{} {status}", figure.source)),
            About::Sum { column, strategy } => {
                let sums = strategies.entry(strategy).or_default();
                sums.insert(column, &figure.source);
            }
            About::Open(id) => open.push((id, &figure.source)),
            About::Other => candles += 1,
        }
    }
    if !statuses.is_empty() {
        let _ = writeln!(page, "  positions by state: {}", statuses.join(", "));
    }
    money(&strategies, page);
    open_positions(&open, page);
    if candles > 0 {
        let _ = writeln!(
            page,
            "  candles: {candles} series have the same number, first and last candle (each in the proof file)"
        );
    }
    let _ = writeln!(page);
}

/// Money by strategy, in columns.
fn money(strategies: &BTreeMap<&str, BTreeMap<&str, &str>>, page: &mut String) {
    if strategies.is_empty() {
        return;
    }
    let mut rows = vec![vec!["strategy".to_owned()]];
    if let Some(head) = rows.first_mut() {
        head.extend(SUMS.map(|(_, words)| words.to_owned()));
    }
    for (strategy, sums) in strategies.iter().take(STRATEGIES_MAX) {
        let mut row = vec![(*strategy).to_owned()];
        row.extend(SUMS.map(|(column, _)| (*sums.get(column).unwrap_or(&"-")).to_owned()));
        rows.push(row);
    }
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..=SUMS.len()).map(width).collect();
    for row in &rows {
        let mut line = String::from(" ");
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = match at {
                0 => write!(line, " {cell:<width$}"),
                _ => write!(line, "  {cell:>width$}"),
            };
        }
        let _ = writeln!(page, "{}", line.trim_end());
    }
    more(strategies.len(), STRATEGIES_MAX, page);
}

fn open_positions(open: &[(&str, &String)], page: &mut String) {
    if open.is_empty() {
        return;
    }
    let _ = writeln!(
        page,
        "  open positions, compared one by one: {}\n  {:>10}  product | amount held | price of the buy | money out | gain or loss (estimate)",
        open.len(),
        "number"
    );
    for (id, figures) in open.iter().take(OPEN_MAX) {
        let _ = writeln!(page, "  {id:>10}  {figures}");
    }
    more(open.len(), OPEN_MAX, page);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(name: &str, value: &str) -> TraderFigure {
        TraderFigure {
            name: name.to_owned(),
            source: value.to_owned(),
            target: value.to_owned(),
        }
    }

    #[test]
    fn every_open_position_is_shown_whatever_candles_there_are() {
        let candles = (0..300).map(|number| figure(&format!("candles c{number} 1min"), "9 from"));
        let open = (0..40).map(|number| {
            figure(
                &format!("open position {number:>10}"),
                &format!("P{number}-USDC | 1.5"),
            )
        });
        let others = [
            figure("positions with status OPEN", "40"),
            figure("positions with status CLOSE", "7"),
            figure("sum of tot_out_cnt of strategy sha", "1234.50"),
            figure("sum of gain_loss_amt of strategy sha", "-3.25"),
        ];
        let mut trader = TraderFigures {
            figures: candles.chain(open).chain(others).collect(),
        };
        let mut text = String::new();
        page(&trader, &mut text);
        for number in 0..40 {
            assert!(text.contains(&format!("P{number}-USDC | 1.5")), "{text}");
        }
        assert!(
            text.contains("positions by state: 40 OPEN, 7 CLOSE"),
            "{text}"
        );
        let sha = text.lines().find(|line| line.contains("sha")).unwrap();
        let cells: Vec<&str> = sha.split_whitespace().collect();
        assert_eq!(cells, ["sha", "1234.50", "-", "-", "-3.25"]);
        assert!(text.contains("candles: 300 series"), "{text}");
        assert!(text.lines().count() < 60, "{text}");

        trader.figures[300].target = "gone".to_owned();
        let mut text = String::new();
        page(&trader, &mut text);
        assert!(text.lines().nth(1).unwrap().contains("DIFFERS"), "{text}");
        assert!(text.contains("/ target gone"), "{text}");
    }
}
