//! The page: what was measured, and which numbers hold.

use std::fmt::Write as _;

use super::super::machine::Machine;
use super::super::page::{Held, day};
use super::super::text::{grouped, median};
use super::crowd::CONNECTIONS;
use super::fill::{HISTORY, PRODUCTS_WITH_CANDLES};
use super::fleet::{BOTS, Fleet};
use super::rounds::{Method, Times};
use super::{Figures, Options, python};

/// The numbers to hold.
const CALL_RATIO_MAX: f64 = 1.15;
const FLEET_RATIO_MIN: f64 = 0.9;
/// Methods that are named because they are the slowest beside the driver.
const NAMED: usize = 3;

/// The page's text, and how many numbers were missed.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) text: String,
    pub(super) missed: usize,
}

/// Writes everything down.
pub(super) fn page(machine: &Machine, options: &Options, figures: &[Figures]) -> Page {
    let mut text = String::new();
    let mut missed = 0;
    let _ = writeln!(
        text,
        "Measured on {}: {}. Repeat it with `cargo xtask bench database{}`.\n\n\
         {} products, {} positions with their orders, {} performance rows, {} candles of {} products. Up to {} calls of a \
         method in a round, {} rounds.",
        day(),
        machine.text(),
        options.typed,
        grouped(u64::from(HISTORY.products)),
        grouped(u64::from(HISTORY.positions)),
        grouped(u64::from(HISTORY.products) * 243),
        grouped(u64::from(HISTORY.candles_per_product) * u64::from(PRODUCTS_WITH_CANDLES)),
        PRODUCTS_WITH_CANDLES,
        options.calls,
        options.rounds,
    );
    for figures in figures {
        let _ = writeln!(text, "\n### {}\n", figures.server);
        methods(figures, &mut text);
        token(figures, &mut text);
        if let Some(measured) = &figures.fleet {
            fleet(measured, &mut text);
        }
        missed += held(figures, &mut text);
        let _ = writeln!(
            text,
            "\nOther programs took {} % of the machine during these measurements.",
            figures.others_percent
        );
    }
    Page { text, missed }
}

/// Microseconds, the median and the 99th percentile.
fn shown(times: &Times) -> String {
    format!("{:.0} / {:.0}", times.median(), times.p99())
}

/// All methods, one a line.
fn methods(figures: &Figures, text: &mut String) {
    let version = match figures.python {
        Some(_) => python::version(),
        None => "PyMySQL (not here)".to_owned(),
    };
    let _ = writeln!(
        text,
        "Times of a call in microseconds, median / 99th percentile, over one connection; `{CONNECTIONS}` is over so many \
         at once.\n\n\
         | method | statements | the layer | bare driver | times the driver's | {version}, a connection a call | times as \
         fast | {CONNECTIONS}: calls/s | {CONNECTIONS}: by the driver's |\n|---|---|---|---|---|---|---|---|---|"
    );
    for method in &figures.methods {
        let python = figures
            .python
            .as_ref()
            .and_then(|times| times.of(method.name));
        let (python, times) = match python {
            Some(times) => (
                shown(times),
                format!("{:.1}", times.median() / method.ours.median()),
            ),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let crowd = figures.crowd.iter().find(|crowd| crowd.name == method.name);
        let (rate, by) = match crowd {
            Some(crowd) => (
                format!("{:.0}", crowd.ours()),
                format!("{:.2}", crowd.ratio()),
            ),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {:.2} | {python} | {times} | {rate} | {by} |",
            method.name,
            method.statements,
            shown(&method.ours),
            shown(&method.bare),
            method.ratio(),
        );
    }
    let refused: usize = figures.crowd.iter().map(|crowd| crowd.bare_failed).sum();
    if refused > 0 {
        let _ = writeln!(
            text,
            "\nOver {CONNECTIONS} connections the server refused {refused} of the driver's transactions because of others; \
             the layer runs such ones again, and none of its calls failed."
        );
    }
}

/// What the operation token costs.
fn token(figures: &Figures, text: &mut String) {
    let writes: Vec<&Method> = figures
        .methods
        .iter()
        .filter(|method| method.writes)
        .collect();
    if writes.is_empty() {
        return;
    }
    let of = |value: &dyn Fn(&Method) -> f64| {
        median(
            &writes
                .iter()
                .map(|method| value(method))
                .collect::<Vec<f64>>(),
        )
    };
    let _ = writeln!(
        text,
        "\nEvery write of the layer leaves an operation token in its own transaction, by which a lost answer to COMMIT is \
         looked up. The driver's times above are without it. With it the driver takes {:.0} µs more for a write, {:.2} \
         times as long; the layer's writes take {:.2} times the driver's without and {:.2} times with it (medians over {} \
         writes).",
        of(&|method| method.with_token.median() - method.bare.median()),
        of(&|method| method.with_token.median() / method.bare.median()),
        of(&Method::ratio),
        of(&Method::ratio_with_token),
        writes.len(),
    );
}

/// What 64 bots came to.
fn fleet(fleet: &Fleet, text: &mut String) {
    let ((failed, bare_failed), (slowest, bare_slowest)) = (fleet.failed(), fleet.slowest_share());
    let [ours, bare] = fleet.times();
    let _ = writeln!(
        text,
        "\n| {BOTS} bots writing | the layer | bare driver |\n|---|---|---|\n\
         | calls per second | {:.0} | {:.0} |\n\
         | time of a call, µs | {} | {} |\n\
         | calls that failed, of {} each | {failed} | {bare_failed} |\n\
         | slowest bot's pace by the middle one's | {slowest:.2} | {bare_slowest:.2} |",
        fleet.rate(),
        fleet.bare_rate(),
        shown(&ours),
        shown(&bare),
        grouped(u64::try_from(fleet.calls()).unwrap_or(0)),
    );
    let causes: Vec<String> = fleet
        .retries
        .iter()
        .map(|(cause, count)| format!("{cause}: {count}"))
        .collect();
    let _ = writeln!(
        text,
        "\nRun again by the layer, by cause: {}.",
        match causes.is_empty() {
            true => "nothing".to_owned(),
            false => causes.join(", "),
        }
    );
}

/// The numbers to hold; returns how many are missed.
fn held(figures: &Figures, text: &mut String) -> usize {
    let mut methods: Vec<&Method> = figures.methods.iter().collect();
    methods.sort_by(|one, other| other.ratio().total_cmp(&one.ratio()));
    let ratios: Vec<f64> = methods.iter().map(|method| method.ratio()).collect();
    let within = ratios
        .iter()
        .filter(|ratio| **ratio <= CALL_RATIO_MAX)
        .count();
    let worst: Vec<String> = methods
        .iter()
        .take(NAMED)
        .map(|method| format!("{} {:.2}", method.name, method.ratio()))
        .collect();
    let middle = median(&ratios);
    let mut list = vec![Held {
        what: format!(
            "a call at most {CALL_RATIO_MAX} times the bare driver's time for the same statements (median over methods)"
        ),
        measured: format!(
            "{middle:.2} times; {within} of {} methods within it; largest: {}",
            methods.len(),
            worst.join(", ")
        ),
        holds: middle <= CALL_RATIO_MAX,
    }];
    if let Some(fleet) = &figures.fleet {
        list.extend(held_by_fleet(fleet));
    }
    let (table, missed) = Held::table(&list);
    text.push_str(&table);
    missed
}

fn held_by_fleet(fleet: &Fleet) -> [Held; 3] {
    let ratio = fleet.rate() / fleet.bare_rate();
    let (failed, _) = fleet.failed();
    [
        Held {
            what: format!("{BOTS} bots writing: no failed transaction"),
            measured: format!("{failed} failed"),
            holds: failed == 0,
        },
        Held {
            what: format!(
                "{BOTS} bots writing: throughput at least {FLEET_RATIO_MIN} of bare statements in the same mix"
            ),
            measured: format!("{ratio:.2} times"),
            holds: ratio >= FLEET_RATIO_MIN,
        },
        Held {
            what: format!("{BOTS} bots writing: no deadlock of the layer's own statements"),
            measured: format!("{} deadlocks", fleet.deadlocks()),
            holds: fleet.deadlocks() == 0,
        },
    ]
}
