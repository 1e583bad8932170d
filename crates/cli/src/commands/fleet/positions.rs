//! `cbtrade fleet positions`.

use std::fmt::Write as _;
use std::time::Duration;

use cbtrade_core::{Clock as _, Decimal, SystemClock};
use cbtrade_database::{Position, ProductFilter, TradeFilter};
use clap::Args;
use serde_json::{Value, json};

use super::Fleet;
use crate::arguments::EXIT_CODES;
use crate::error::Done;
use crate::words::{counted, time};

/// Closed positions that are looked through for those of today.
const CLOSED_MAX: u32 = 5_000;
const DAY_S: i64 = 24 * 60 * 60;

/// Show what is held, what it is worth, and what was earned today
///
/// Changes nothing. Worth and gain are as of the last look of a bot at the position. Today begins at midnight UTC.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// Of one product only, such as BTC-USDC
    #[arg(long, value_name = "PRODUCT")]
    product: Option<String>,
    /// The paper positions instead of the live ones
    #[arg(long)]
    paper: bool,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade fleet positions\n  cbtrade fleet positions --product BTC-USDC --paper\n\n{EXIT_CODES}"
    )
}

/// What positions come to. An amount that is too large to add is left out, and there is none.
#[derive(Debug, Default)]
struct Sums {
    count: u64,
    cost: Decimal,
    gain: Decimal,
}

impl Sums {
    fn of<'a>(positions: impl IntoIterator<Item = &'a Position>) -> Sums {
        let mut sums = Sums::default();
        let add = |sum: Decimal, amount: Option<Decimal>| {
            sum.checked_add(amount.unwrap_or_default()).unwrap_or(sum)
        };
        for position in positions {
            sums.count += 1;
            sums.cost = add(sums.cost, position.tot_out_cnt);
            sums.gain = add(sums.gain, position.gain_loss_amt);
        }
        sums
    }

    fn document(&self) -> Value {
        json!({
            "positions": self.count,
            "cost": self.cost.to_string(),
            "gain": self.gain.to_string(),
        })
    }

    fn words(&self, what: &str) -> String {
        format!(
            "{} {what}: cost {}, gain {}",
            counted(self.count, "position", "positions"),
            self.cost.round(2),
            self.gain.round(2)
        )
    }
}

pub(super) async fn run(fleet: &Fleet<'_>, arguments: &Arguments) -> Done {
    let ui = fleet.context.ui;
    let config = fleet.config()?;
    let database = fleet.database(&config).await?;
    let product = arguments.product.as_deref();
    let of_product = ProductFilter {
        prod_id: product,
        ..ProductFilter::default()
    };
    let open = database
        .db_poss_open_get(of_product, arguments.paper, !arguments.paper)
        .await?;
    let closed = TradeFilter {
        prod_id: product,
        lta: Some(if arguments.paper { "T" } else { "L" }),
        ..TradeFilter::default()
    };
    let closed = database
        .db_poss_closed_recent_get(closed, Some(CLOSED_MAX))
        .await?;
    let now = SystemClock.now().as_seconds();
    let midnight = now - now.rem_euclid(DAY_S);
    let is_of_today =
        |position: &&Position| position.pos_end_unix.is_some_and(|end| end >= midnight);
    let today = Sums::of(closed.iter().filter(is_of_today));
    if closed.len() >= CLOSED_MAX as usize && closed.last().is_some_and(|last| is_of_today(&last)) {
        ui.warn(&format!(
            "more than {CLOSED_MAX} positions were closed today; only the last {CLOSED_MAX} are added up. Ask by product: {}",
            fleet.command("positions --product PRODUCT")
        ));
    }
    let held = Sums::of(&open);
    if ui.json() {
        let positions: Vec<Value> = open
            .iter()
            .map(|position| document(position, now))
            .collect();
        ui.document(&json!({
            "command": "fleet positions",
            "exit_code": 0,
            "paper": arguments.paper,
            "open": held.document(),
            "closed_today": today.document(),
            "positions": positions,
        }));
        return Ok(());
    }
    let mut text = if open.is_empty() {
        String::new()
    } else {
        table(&open, now)
    };
    let _ = writeln!(text, "  open:         {}", held.words("held"));
    let _ = writeln!(text, "  since 0:00 UTC: {}", today.words("closed"));
    ui.out(&text);
    ui.next(&[
        format!("orders that are out:   {}", fleet.command("orders")),
        format!("is all well:           {}", fleet.command("status")),
    ]);
    Ok(())
}

fn table(open: &[Position], now: i64) -> String {
    let mut text = format!(
        "  {:>6}  {:<12} {:<18} {:>10} {:>12} {:>12} {:>9}  {}\n",
        "number", "product", "bought by", "age", "cost", "worth", "gain", "state"
    );
    let amount = |amount: Option<Decimal>| amount.unwrap_or_default().round(2).to_string();
    for position in open {
        let _ = writeln!(
            text,
            "  {:>6}  {:<12} {:<18} {:>10} {:>12} {:>12} {:>7} %  {}",
            position.pos_id,
            text_of(&position.prod_id),
            bought_by(position),
            time(age(position, now)),
            amount(position.tot_out_cnt),
            amount(position.val_curr),
            amount(position.gain_loss_pct),
            state(position)
        );
    }
    text
}

fn text_of(column: &Option<String>) -> &str {
    column.as_deref().unwrap_or_default().trim_end()
}

fn bought_by(position: &Position) -> String {
    format!(
        "{} {}",
        text_of(&position.buy_strat_name),
        text_of(&position.buy_strat_freq)
    )
}

fn age(position: &Position, now: i64) -> Duration {
    let begun = position.pos_begin_unix.unwrap_or(now);
    Duration::from_secs(u64::try_from(now - begun).unwrap_or(0))
}

/// What becomes of it at the moment.
fn state(position: &Position) -> &'static str {
    match text_of(&position.pos_stat) {
        "SELL" => "a sale is out",
        _ => "held",
    }
}

fn document(position: &Position, now: i64) -> Value {
    let amount = |amount: &Option<Decimal>| amount.as_ref().map(ToString::to_string);
    json!({
        "number": position.pos_id,
        "product": text_of(&position.prod_id),
        "strategy": text_of(&position.buy_strat_name),
        "candles": text_of(&position.buy_strat_freq),
        "age_seconds": age(position, now).as_secs(),
        "held": amount(&position.hold_cnt),
        "cost": amount(&position.tot_out_cnt),
        "worth": amount(&position.val_curr),
        "gain": amount(&position.gain_loss_amt),
        "gain_pct": amount(&position.gain_loss_pct),
        "state": state(position),
    })
}
