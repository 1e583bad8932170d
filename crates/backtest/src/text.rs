//! The result as people read it.

use std::fmt::Write as _;

use cbtrade_core::Decimal;

use crate::report::{Report, TallyReport};

/// Strategies, denials and exits shown in a table; JSON and page have all.
const ROWS_SHOWN: usize = 25;

/// A number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount of money: hundredths, or where it is small, six places.
pub(crate) fn money(amount: Decimal) -> String {
    let is_large = amount.units().unsigned_abs() >= Decimal::ONE.units().unsigned_abs();
    fixed(amount, if is_large { 2 } else { 6 })
}

/// Rounded, with all its places but for zero.
pub(crate) fn fixed(number: Decimal, places: usize) -> String {
    let rounded = number.round(u32::try_from(places).unwrap_or(12));
    if rounded.is_zero() {
        return "0".to_owned();
    }
    let text = rounded.to_fixed();
    let end = text
        .find('.')
        .map_or(text.len(), |point| point + 1 + places);
    let text = text.get(..end).unwrap_or(&text);
    text.trim_end_matches('.').to_owned()
}

pub(crate) fn percent(number: Decimal) -> String {
    format!("{} %", fixed(number, 2))
}

pub(crate) fn or_dash<T>(value: Option<T>, shown: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), shown)
}

/// A length of time in minutes.
pub(crate) fn duration(minutes: i64) -> String {
    match minutes {
        ..120 => format!("{minutes} min"),
        120..2_880 => format!("{} h {:02} min", minutes / 60, minutes % 60),
        _ => format!("{} d {} h", minutes / 1_440, minutes % 1_440 / 60),
    }
}

/// A table: the first columns to the left, the rest to the right.
fn table(head: &[&str], lefts: usize, rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(|cell| cell.chars().count()).max();
        let own = head.get(column).map_or(0, |name| name.chars().count());
        widest.unwrap_or(0).max(own)
    };
    let line = |cells: Vec<&str>| {
        let mut text = String::from(" ");
        for (column, cell) in cells.into_iter().enumerate() {
            let width = width(column);
            let _ = if column < lefts {
                write!(text, " {cell:<width$} ")
            } else {
                write!(text, " {cell:>width$} ")
            };
        }
        format!("{}\n", text.trim_end())
    };
    let mut text = line(head.to_vec());
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    text
}

/// The summary: figures, strategies, exits, what was denied and why.
#[must_use]
pub fn summary(report: &Report) -> String {
    let mut text = head(report);
    text.push_str(&figures(report));
    text.push_str(&strategies(report));
    text.push_str(&exits(report));
    text.push_str(&reasons(report));
    if !report.notes.is_empty() {
        text.push('\n');
    }
    for note in &report.notes {
        let _ = writeln!(text, "  Note: {note}");
    }
    text
}

fn head(report: &Report) -> String {
    let terms = &report.terms;
    let qualified = if terms.is_qualified {
        ", all strategies qualified"
    } else {
        ""
    };
    format!(
        "{} from {} to {}: {} candles of {}, {} before them to warm up\n\
         Begins with {}; fee {} %, spread {} %, slippage {} %{qualified}\n\n",
        report.prod_id,
        report.from.to_rfc3339(),
        report.to.to_rfc3339(),
        grouped(report.result.minutes),
        terms.candles,
        grouped(report.result.warm_up_minutes),
        terms.cash,
        terms.fee_pct,
        terms.spread_pct,
        terms.slippage_pct,
    )
}

fn figures(report: &Report) -> String {
    let result = &report.result;
    let hold = &result.buy_and_hold;
    let open = |is_test: bool| {
        let same = report.open.iter().filter(|open| open.is_test == is_test);
        same.count()
    };
    let row = |cells: [String; 4]| cells.to_vec();
    let of_live_and_paper = |name: &str, of: fn(&TallyReport) -> String| {
        row([
            name.to_owned(),
            of(&report.live),
            of(&report.paper),
            String::new(),
        ])
    };
    let nothing = String::new;
    let rows = [
        row([
            "return".to_owned(),
            percent(result.return_pct),
            nothing(),
            percent(hold.return_pct),
        ]),
        row([
            "equity at the end".to_owned(),
            money(result.equity),
            nothing(),
            money(hold.equity),
        ]),
        row([
            "max drawdown".to_owned(),
            percent(result.drawdown_max_pct),
            nothing(),
            percent(hold.drawdown_max_pct),
        ]),
        row([
            "Sharpe ratio (daily, 365)".to_owned(),
            or_dash(result.sharpe, |sharpe| format!("{sharpe:.2}")),
            nothing(),
            nothing(),
        ]),
        of_live_and_paper("trades", |tally| grouped(tally.trades)),
        of_live_and_paper("win rate", |tally| or_dash(tally.win_rate_pct, percent)),
        of_live_and_paper("profit factor", |tally| {
            or_dash(tally.profit_factor, |factor| fixed(factor, 2))
        }),
        of_live_and_paper("gain of closed trades", |tally| money(tally.gain_amt)),
        of_live_and_paper("held on average", |tally| {
            or_dash(tally.minutes_mean, duration)
        }),
        row([
            "fees".to_owned(),
            money(result.fee_amt),
            money(report.paper.fee_amt),
            nothing(),
        ]),
        row([
            "open at the end".to_owned(),
            open(false).to_string(),
            open(true).to_string(),
            nothing(),
        ]),
        row([
            "gain of open positions".to_owned(),
            money(result.open_gain_amt),
            nothing(),
            nothing(),
        ]),
        row([
            "time in the market".to_owned(),
            or_dash(result.in_market_pct, percent),
            nothing(),
            nothing(),
        ]),
        row([
            "invested on average".to_owned(),
            or_dash(result.invested_pct, percent),
            nothing(),
            nothing(),
        ]),
    ];
    table(&["", "live", "paper", "buy and hold"], 1, &rows)
}

fn strategies(report: &Report) -> String {
    if report.strategies.is_empty() {
        return format!(
            "\n  No strategy signalled; {} of {} questions came with too few candles.\n",
            grouped(report.result.asked_too_short),
            grouped(report.result.asked)
        );
    }
    let mut sorted: Vec<_> = report.strategies.iter().collect();
    sorted.sort_by_key(|own| std::cmp::Reverse((own.live.gain_amt, own.paper.gain_amt)));
    let tally = |tally: &TallyReport, buys: u64| {
        [
            grouped(buys),
            grouped(tally.trades),
            or_dash(tally.win_rate_pct, |pct| fixed(pct, 0)),
            money(tally.gain_amt),
        ]
    };
    let rows: Vec<Vec<String>> = sorted
        .iter()
        .take(ROWS_SHOWN)
        .map(|own| {
            let mut row = vec![
                own.strategy.to_owned(),
                own.interval.to_owned(),
                grouped(own.signals),
            ];
            row.extend(tally(&own.live, own.live_buys));
            row.extend(tally(&own.paper, own.paper_buys));
            row
        })
        .collect();
    let head = [
        "strategy",
        "candles",
        "signals",
        "live buys",
        "sold",
        "win %",
        "gain",
        "paper buys",
        "sold",
        "win %",
        "gain",
    ];
    let left_out = sorted.len().saturating_sub(ROWS_SHOWN);
    format!("\n{}{}", table(&head, 2, &rows), more(left_out))
}

fn more(left_out: usize) -> String {
    match left_out {
        0 => String::new(),
        count => format!("  … and {count} more (--json and --html show all)\n"),
    }
}

fn exits(report: &Report) -> String {
    if report.exits.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = report
        .exits
        .iter()
        .map(|exit| {
            vec![
                exit.exit.to_owned(),
                grouped(exit.live.trades),
                money(exit.live.gain_amt),
                grouped(exit.paper.trades),
                money(exit.paper.gain_amt),
            ]
        })
        .collect();
    let head = ["sold by", "live", "gain", "paper", "gain"];
    format!("\n{}", table(&head, 1, &rows))
}

fn reasons(report: &Report) -> String {
    let mut text = String::new();
    let denied: Vec<Vec<String>> = report
        .denials
        .iter()
        .take(ROWS_SHOWN)
        .map(|denial| {
            vec![
                denial.test.to_owned(),
                denial.words.to_owned(),
                denial.effect.to_owned(),
                grouped(denial.count),
            ]
        })
        .collect();
    if !denied.is_empty() {
        let head = ["signals not bought live", "because", "instead", "times"];
        text.push('\n');
        text.push_str(&table(&head, 3, &denied));
    }
    let counted = report
        .held
        .iter()
        .chain(&report.not_placed)
        .map(|count| vec![count.what.clone(), grouped(count.count)]);
    let counted: Vec<Vec<String>> = counted.collect();
    if !counted.is_empty() {
        text.push('\n');
        text.push_str(&table(
            &["not sold though an exit fired, or not placed", "times"],
            1,
            &counted,
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let decimal = |text: &str| Decimal::parse(text).unwrap();
        assert_eq!(money(decimal("1234.567")), "1234.57");
        assert_eq!(money(decimal("-0.00012345")), "-0.000123");
        assert_eq!(money(Decimal::ZERO), "0");
        assert_eq!(fixed(decimal("12"), 2), "12.00");
        assert_eq!(fixed(decimal("66.67"), 0), "67");
    }
}
