//! The result as one page: it needs no network and nothing beside itself.

use std::fmt::Write as _;

use cbtrade_core::Decimal;

use crate::curve::Point;
use crate::report::{Report, TallyReport};
use crate::svg::{Band, Chart, Line, Mark, escaped, svg};
use crate::text::{duration, fixed, grouped, money, or_dash, percent};

/// Marks drawn into the price, the newest; more would hide it.
const MARKS_MAX: usize = 3_000;
/// Trades in the table, the newest.
const TRADES_SHOWN: usize = 500;

const STYLE: &str = "
:root{color-scheme:light dark;--text:#1b2733;--soft:#5b6b7b;--ground:#fff;--panel:#f5f7f9;--line:#dde3e9;--price:#52606d;--equity:#0b69c7;--hold:#b9770e;--up:#18814a;--down:#c0392b}
@media (prefers-color-scheme:dark){:root{--text:#e4e9ee;--soft:#98a6b3;--ground:#14191f;--panel:#1c232b;--line:#303a45;--price:#9fb0c0;--equity:#5aa9f5;--hold:#e3a94a;--up:#4fbf82;--down:#f0796c}}
body{margin:0 auto;max-width:1080px;padding:20px 16px 60px;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,sans-serif}
h1{font-size:24px;margin:0 0 2px}h2{font-size:17px;margin:30px 0 8px}p{margin:4px 0}.soft{color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:18px 0}
.tile{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:10px 12px}
.tile b{display:block;font-size:20px;font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:13px}
svg{display:block;width:100%;height:auto;background:var(--panel);border:1px solid var(--line);border-radius:8px}
svg text{fill:var(--soft);font:11px system-ui,sans-serif}.grid{stroke:var(--line);stroke-width:1}
.line{fill:none;stroke-width:1.4;vector-effect:non-scaling-stroke}
.price.line{stroke:var(--price)}.range{fill:var(--price);opacity:.2}
.equity.line{stroke:var(--equity)}.spread{fill:var(--equity);opacity:.2}.hold.line{stroke:var(--hold)}
.down.line{stroke:var(--down)}.down.area{fill:var(--down);opacity:.25;stroke:none}
.buy{fill:var(--up)}.sale{fill:var(--down)}.paper{opacity:.4}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:4px 8px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th{color:var(--soft);font-weight:600}.left{text-align:left}.wide{white-space:normal}.plus{color:var(--up)}.minus{color:var(--down)}
.key i{display:inline-block;width:14px;height:3px;margin:0 5px 3px 14px;vertical-align:middle}
";

/// The page.
#[must_use]
pub fn page(report: &Report) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Backtest of {0}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        escaped(&report.prod_id)
    );
    head(report, &mut out);
    tiles(report, &mut out);
    charts(report, &mut out);
    summary_table(report, &mut out);
    strategies(report, &mut out);
    exits(report, &mut out);
    reasons(report, &mut out);
    trades(report, &mut out);
    open(report, &mut out);
    out.push_str("</body>\n</html>\n");
    out
}

fn head(report: &Report, out: &mut String) {
    let terms = &report.terms;
    let _ = write!(
        out,
        "<h1>Backtest of {}</h1>\n<p class=\"soft\">{} to {} · {} candles of {} after {} to warm up · begins with {} · \
         fee {} %, spread {} %, slippage {} %{}</p>\n<p class=\"soft\">Strategies: {} on {}</p>\n",
        escaped(&report.prod_id),
        report.from.to_rfc3339(),
        report.to.to_rfc3339(),
        grouped(report.result.minutes),
        terms.candles,
        grouped(report.result.warm_up_minutes),
        terms.cash,
        terms.fee_pct,
        terms.spread_pct,
        terms.slippage_pct,
        if terms.is_qualified {
            " · all strategies qualified from the beginning"
        } else {
            ""
        },
        terms.strategies.join(", "),
        terms.intervals.join(", "),
    );
    for note in &report.notes {
        let _ = writeln!(out, "<p>Note: {}</p>", escaped(note));
    }
}

fn tiles(report: &Report, out: &mut String) {
    let result = &report.result;
    let tiles = [
        ("return", percent(result.return_pct)),
        ("buy and hold", percent(result.buy_and_hold.return_pct)),
        ("max drawdown", percent(result.drawdown_max_pct)),
        (
            "Sharpe ratio",
            or_dash(result.sharpe, |sharpe| format!("{sharpe:.2}")),
        ),
        (
            "profit factor",
            or_dash(report.live.profit_factor, |factor| fixed(factor, 2)),
        ),
        ("win rate", or_dash(report.live.win_rate_pct, percent)),
        ("live trades", grouped(report.live.trades)),
        ("fees", money(result.fee_amt)),
    ];
    out.push_str("<div class=\"tiles\">\n");
    for (name, value) in tiles {
        let _ = writeln!(
            out,
            "<div class=\"tile\"><b>{value}</b><span>{name}</span></div>"
        );
    }
    out.push_str("</div>\n");
}

fn line(points: &[Point], class: &'static str, of: fn(&Point) -> Decimal) -> Line {
    let points = points.iter();
    Line {
        class,
        points: points
            .map(|point| (point.at, of(point).to_double()))
            .collect(),
        is_area: false,
    }
}

fn band(points: &[Point], class: &'static str, of: fn(&Point) -> (Decimal, Decimal)) -> Band {
    let points = points.iter();
    let ends = |point: &Point| {
        let (low, high) = of(point);
        (point.at, low.to_double(), high.to_double())
    };
    Band {
        class,
        points: points.map(ends).collect(),
    }
}

fn charts(report: &Report, out: &mut String) {
    let points = &report.curve;
    let key = |entries: &[(&str, &str)]| {
        let entries = entries
            .iter()
            .map(|(colour, name)| format!("<i style=\"background:var(--{colour})\"></i>{name}"));
        format!(
            "<span class=\"soft key\">{}</span>",
            entries.collect::<String>()
        )
    };
    let price = Chart {
        title: "Price with buys and sales",
        height: 320.0,
        unit: "",
        bands: vec![band(points, "range", |point| {
            (point.price_low, point.price_high)
        })],
        lines: vec![line(points, "price", |point| point.price)],
        marks: marks(report),
    };
    let equity = Chart {
        title: "Equity",
        height: 260.0,
        unit: "",
        bands: vec![band(points, "spread", |point| {
            (point.equity_low, point.equity_high)
        })],
        lines: vec![
            line(points, "hold", |point| point.held_equity),
            line(points, "equity", |point| point.equity),
        ],
        marks: Vec::new(),
    };
    let below = |point: &Point| crate::costs::negative(point.drawdown_pct);
    let drawdown = Chart {
        title: "Drawdown",
        height: 160.0,
        unit: " %",
        bands: Vec::new(),
        lines: vec![Line {
            is_area: true,
            ..line(points, "down", below)
        }],
        marks: Vec::new(),
    };
    let of_price = key(&[
        ("price", "price"),
        ("up", "buys"),
        ("down", "sales; on paper: pale"),
    ]);
    let of_equity = key(&[("equity", "equity"), ("hold", "buy and hold")]);
    for (chart, key) in [
        (price, of_price),
        (equity, of_equity),
        (drawdown, String::new()),
    ] {
        let _ = write!(out, "<h2>{} {key}</h2>\n{}", chart.title, svg(&chart));
    }
}

/// Buys and sales of the trades that are kept, and buys of open positions; live ones are drawn last.
fn marks(report: &Report) -> Vec<Mark> {
    let mut marks = Vec::new();
    let class = |is_up: bool, is_test: bool| match (is_up, is_test) {
        (true, false) => "buy",
        (true, true) => "buy paper",
        (false, false) => "sale",
        (false, true) => "sale paper",
    };
    for trade in &report.trades {
        let what = format!("{} {}", trade.strategy, trade.interval);
        marks.push((
            trade.is_test,
            Mark {
                class: class(true, trade.is_test),
                at: trade.begun,
                value: trade.prc_buy.to_double(),
                is_up: true,
                title: format!(
                    "{}: {what} buys {} at {}",
                    trade.begun.to_rfc3339(),
                    trade.base_cnt,
                    trade.prc_buy
                ),
            },
        ));
        marks.push((
            trade.is_test,
            Mark {
                class: class(false, trade.is_test),
                at: trade.ended,
                value: trade.prc_sell.to_double(),
                is_up: false,
                title: format!(
                    "{}: {what} sold by {} at {}, gain {} ({} %)",
                    trade.ended.to_rfc3339(),
                    trade.exit,
                    trade.prc_sell,
                    money(trade.gain_amt),
                    fixed(trade.gain_pct, 2)
                ),
            },
        ));
    }
    for open in &report.open {
        marks.push((
            open.is_test,
            Mark {
                class: class(true, open.is_test),
                at: open.begun,
                value: open.prc_buy.to_double(),
                is_up: true,
                title: format!(
                    "{}: {} {} buys {} at {}, still open",
                    open.begun.to_rfc3339(),
                    open.strategy,
                    open.interval,
                    open.base_cnt,
                    open.prc_buy
                ),
            },
        ));
    }
    let left_out = marks.len().saturating_sub(MARKS_MAX);
    let mut marks = marks.split_off(left_out);
    marks.sort_by_key(|(is_test, _)| !is_test);
    marks.into_iter().map(|(_, mark)| mark).collect()
}

/// A table; the first columns stand to the left.
fn table(head: &[&str], lefts: usize, rows: impl Iterator<Item = Vec<String>>, out: &mut String) {
    let cell = |tag: &str, column: usize, text: &str| {
        let sign = if column >= lefts && text.starts_with('-') && text.len() > 1 {
            " minus"
        } else {
            ""
        };
        let side = if column < lefts { "left wide" } else { "" };
        format!("<{tag} class=\"{side}{sign}\">{}</{tag}>", escaped(text))
    };
    out.push_str("<div class=\"scroll\"><table>\n<tr>");
    for (column, name) in head.iter().enumerate() {
        out.push_str(&cell("th", column, name));
    }
    out.push_str("</tr>\n");
    for row in rows {
        out.push_str("<tr>");
        for (column, text) in row.iter().enumerate() {
            out.push_str(&cell("td", column, text));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table></div>\n");
}

fn summary_table(report: &Report, out: &mut String) {
    let result = &report.result;
    let hold = &result.buy_and_hold;
    let both = |name: &str, of: fn(&TallyReport) -> String| {
        vec![
            name.to_owned(),
            of(&report.live),
            of(&report.paper),
            String::new(),
        ]
    };
    let one =
        |name: &str, live: String, hold: String| vec![name.to_owned(), live, String::new(), hold];
    let rows = [
        one(
            "equity at the end",
            money(result.equity),
            money(hold.equity),
        ),
        one("cash at the end", money(result.cash), String::new()),
        one(
            "return",
            percent(result.return_pct),
            percent(hold.return_pct),
        ),
        one(
            "max drawdown",
            percent(result.drawdown_max_pct),
            percent(hold.drawdown_max_pct),
        ),
        both("trades", |tally| grouped(tally.trades)),
        both("wins", |tally| grouped(tally.wins)),
        both("losses", |tally| grouped(tally.losses)),
        both("win rate", |tally| or_dash(tally.win_rate_pct, percent)),
        both("won", |tally| money(tally.won_amt)),
        both("lost", |tally| money(tally.lost_amt)),
        both("profit factor", |tally| {
            or_dash(tally.profit_factor, |factor| fixed(factor, 2))
        }),
        both("gain of closed trades", |tally| money(tally.gain_amt)),
        both("held on average", |tally| {
            or_dash(tally.minutes_mean, duration)
        }),
        one(
            "gain of open positions",
            money(result.open_gain_amt),
            String::new(),
        ),
        one("fees", money(result.fee_amt), String::new()),
        one(
            "time in the market",
            or_dash(result.in_market_pct, percent),
            String::new(),
        ),
        one(
            "invested on average",
            or_dash(result.invested_pct, percent),
            String::new(),
        ),
    ];
    out.push_str("<h2>Figures</h2>\n");
    let head = ["", "live", "paper", "buy and hold"];
    table(&head, 1, rows.into_iter(), out);
}

fn tally_cells(tally: &TallyReport, buys: u64) -> [String; 5] {
    [
        grouped(buys),
        grouped(tally.trades),
        or_dash(tally.win_rate_pct, percent),
        money(tally.gain_amt),
        or_dash(tally.profit_factor, |factor| fixed(factor, 2)),
    ]
}

fn strategies(report: &Report, out: &mut String) {
    out.push_str("<h2>Strategies</h2>\n");
    let head = [
        "strategy",
        "candles",
        "signals",
        "live buys",
        "sold",
        "win rate",
        "gain",
        "factor",
        "paper buys",
        "sold",
        "win rate",
        "gain",
        "factor",
    ];
    let rows = report.strategies.iter().map(|own| {
        let mut row = vec![
            own.strategy.to_owned(),
            own.interval.to_owned(),
            grouped(own.signals),
        ];
        row.extend(tally_cells(&own.live, own.live_buys));
        row.extend(tally_cells(&own.paper, own.paper_buys));
        row
    });
    table(&head, 2, rows, out);
}

fn exits(report: &Report, out: &mut String) {
    out.push_str("<h2>Sold by</h2>\n");
    let head = [
        "exit", "live", "win rate", "gain", "paper", "win rate", "gain",
    ];
    let rows = report.exits.iter().map(|exit| {
        let cells = |tally: &TallyReport| {
            [
                grouped(tally.trades),
                or_dash(tally.win_rate_pct, percent),
                money(tally.gain_amt),
            ]
        };
        let mut row = vec![exit.exit.to_owned()];
        row.extend(cells(&exit.live));
        row.extend(cells(&exit.paper));
        row
    });
    table(&head, 1, rows, out);
}

fn reasons(report: &Report, out: &mut String) {
    out.push_str("<h2>Signals that were not bought live, and why</h2>\n");
    let rows = report.denials.iter().map(|denial| {
        vec![
            denial.test.to_owned(),
            denial.words.to_owned(),
            denial.effect.to_owned(),
            grouped(denial.count),
        ]
    });
    table(&["test", "because", "instead", "times"], 3, rows, out);
    let counts = report.held.iter().chain(&report.not_placed);
    let rows: Vec<Vec<String>> = counts
        .map(|count| vec![count.what.clone(), grouped(count.count)])
        .collect();
    if !rows.is_empty() {
        out.push_str("<h2>Positions held though an exit fired, and orders not placed</h2>\n");
        table(&["because of", "times"], 1, rows.into_iter(), out);
    }
}

fn trades(report: &Report, out: &mut String) {
    let shown = report.trades.len().min(TRADES_SHOWN);
    let all = report.live.trades + report.paper.trades;
    let _ = writeln!(
        out,
        "<h2>Trades <span class=\"soft\">the newest {shown} of {}</span></h2>",
        grouped(all)
    );
    let head = [
        "position",
        "",
        "strategy",
        "candles",
        "bought",
        "sold",
        "sold by",
        "buy price",
        "sell price",
        "spent",
        "gain",
        "gain %",
    ];
    let rows = report.trades.iter().rev().take(shown).map(|trade| {
        vec![
            trade.pos_id.to_string(),
            if trade.is_test { "paper" } else { "live" }.to_owned(),
            trade.strategy.to_owned(),
            trade.interval.to_owned(),
            trade.begun.to_rfc3339(),
            trade.ended.to_rfc3339(),
            trade.exit.to_owned(),
            trade.prc_buy.to_string(),
            trade.prc_sell.to_string(),
            money(trade.spent_amt),
            money(trade.gain_amt),
            fixed(trade.gain_pct, 2),
        ]
    });
    table(&head, 7, rows, out);
}

fn open(report: &Report, out: &mut String) {
    if report.open.is_empty() {
        return;
    }
    out.push_str("<h2>Open at the end</h2>\n");
    let head = [
        "position",
        "",
        "strategy",
        "candles",
        "bought",
        "buy price",
        "coins",
        "spent",
        "gain",
        "gain %",
    ];
    let rows = report.open.iter().map(|open| {
        vec![
            open.pos_id.to_string(),
            if open.is_test { "paper" } else { "live" }.to_owned(),
            open.strategy.to_owned(),
            open.interval.to_owned(),
            open.begun.to_rfc3339(),
            open.prc_buy.to_string(),
            open.base_cnt.to_string(),
            money(open.spent_amt),
            money(open.gain_amt),
            fixed(open.gain_pct, 2),
        ]
    });
    table(&head, 5, rows, out);
}
