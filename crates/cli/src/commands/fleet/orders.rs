//! `cbtrade fleet orders`.

mod settle;

use std::fmt::Write as _;
use std::time::Duration;

use cbtrade_core::{Clock as _, SystemClock};
use cbtrade_database::{Intent, IntentFilter, IntentState};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Fleet;
use crate::arguments::EXIT_CODES;
use crate::error::Done;
use crate::words::{shell, time};

/// List orders that are open, and what each waits for
///
/// Changes nothing. An order is written down before it is sent, so one whose bot died in between is here too.
#[derive(Debug, Args)]
#[command(after_help = after_help(), subcommand_help_heading = "Commands")]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    Settle(settle::Arguments),
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade fleet orders\n  cbtrade fleet orders --json\n  cbtrade fleet orders settle CLIENT_ID\n\n{EXIT_CODES}"
    )
}

pub(super) async fn run(fleet: &Fleet<'_>, arguments: &Arguments) -> Done {
    if let Some(Action::Settle(arguments)) = &arguments.action {
        return settle::run(fleet, arguments).await;
    }
    let ui = fleet.context.ui;
    let config = fleet.config()?;
    let database = fleet.database(&config).await?;
    let filter = IntentFilter {
        states: &IntentState::OPEN,
        ..IntentFilter::default()
    };
    let open = database.db_intents_get(&filter).await?;
    let now = SystemClock.now().as_seconds();
    if ui.json() {
        let orders: Vec<Value> = open.iter().map(|order| document(order, now)).collect();
        ui.document(&json!({
            "command": "fleet orders",
            "exit_code": 0,
            "orders": orders,
        }));
        return Ok(());
    }
    if open.is_empty() {
        ui.out("No order is open.");
        return Ok(());
    }
    let mut text = format!(
        "  {:<12} {:<5} {:<6} {:>16} {:>14}  {}\n",
        "product", "side", "money", "size", "age", "waits for"
    );
    for order in &open {
        let size = match (&order.quote_size, &order.base_size) {
            (Some(quote), _) => format!("{quote} quote"),
            (None, Some(base)) => format!("{base} base"),
            (None, None) => "-".to_owned(),
        };
        let _ = writeln!(
            text,
            "  {:<12} {:<5} {:<6} {size:>16} {:>14}  {}",
            order.prod_id,
            order.side.name(),
            if order.is_test() { "paper" } else { "live" },
            time(age(order, now)),
            waits_for(order.state)
        );
    }
    ui.out(&text);
    let unclear: Vec<String> = open
        .iter()
        .filter(|order| is_unclear(order))
        .map(|order| {
            let words = format!("orders settle {}", shell(&order.client_order_id));
            format!(
                "ask the venue about the {} of {}:   {}",
                order.side.name().to_lowercase(),
                order.prod_id,
                fleet.command(&words)
            )
        })
        .collect();
    ui.next(&unclear);
    Ok(())
}

/// Whether an operator may look into it; the bots do so by themselves.
fn is_unclear(order: &Intent) -> bool {
    !order.is_test() && matches!(order.state, IntentState::Sending | IntentState::Unknown)
}

fn age(order: &Intent, now: i64) -> Duration {
    Duration::from_secs(u64::try_from(now - order.created_unix).unwrap_or(0))
}

fn document(order: &Intent, now: i64) -> Value {
    json!({
        "client_order_id": order.client_order_id,
        "order_id": order.order_uuid,
        "product": order.prod_id,
        "side": order.side.name(),
        "paper": order.is_test(),
        "state": order.state.name(),
        "waits_for": waits_for(order.state),
        "quote_size": order.quote_size.as_ref().map(ToString::to_string),
        "base_size": order.base_size.as_ref().map(ToString::to_string),
        "position": order.pos_id,
        "age_seconds": age(order, now).as_secs(),
        "reason": order.reason,
        "note": order.note,
    })
}

fn waits_for(state: IntentState) -> &'static str {
    match state {
        IntentState::Sending => {
            "being sent; if its bot died meanwhile, it is looked up at the venue"
        }
        IntentState::Unknown => {
            "no clear answer came: it is looked up at the venue, never sent again"
        }
        IntentState::Placed => "the venue has it: waits for fills or its end",
        IntentState::Done | IntentState::Refused | IntentState::Absent => "nothing",
    }
}
