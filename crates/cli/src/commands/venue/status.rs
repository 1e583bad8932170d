//! `cbtrade venue status`.

use std::fmt::Write as _;
use std::path::PathBuf;

use cbtrade_core::{Clock as _, SystemClock};
use cbtrade_exchange::{Exchange as _, OrderQuery, OrderStatus};
use cbtrade_fleet::open_venue;
use clap::Args;
use serde_json::json;

use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::commands::fleet::Fleet;
use crate::error::{CommandError, Done, Kind};
use crate::passphrase::{self, PassphraseArguments};

/// Ask the fleet's venue how it is: its clock, products, balances, open orders
///
/// Changes nothing and sends no order, whatever fleet.toml says.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// The fleet's folder [default: `fleet` in the home folder]
    #[arg(long, value_name = "DIR")]
    fleet: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

fn after_help() -> String {
    format!("Examples:\n  cbtrade venue status\n  cbtrade venue status --json\n\n{EXIT_CODES}")
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let fleet = Fleet::of(context, arguments.fleet.as_deref())?;
    let config = fleet.config()?;
    let passphrase = passphrase::of_venue(ui, &arguments.passphrase, &config.venue)?;
    let venue = open_venue(&config.venue, passphrase.as_ref(), &context.limits())?;
    let unreached = |source: cbtrade_exchange::ExchangeError| {
        let error = CommandError::new(
            Kind::Unreachable,
            format!("the venue ({}) does not answer", config.venue.words()),
        )
        .because(&source);
        match config.venue.kind() {
            "local" => error.hint("Start it in another terminal: cbtrade venue run"),
            _ => error
                .hint("The bots wait for it by themselves. Is the network up, and the key good?"),
        }
    };
    let time = venue.server_time().await.map_err(unreached)?;
    let products = venue.products().await.map_err(unreached)?;
    let accounts = venue.accounts().await.map_err(unreached)?;
    let query = OrderQuery {
        statuses: OrderStatus::LIVE.to_vec(),
        ..OrderQuery::default()
    };
    let orders = venue.orders(&query).await.map_err(unreached)?;
    let ahead_seconds = time.seconds_since(SystemClock.now());
    let held: Vec<_> = accounts
        .iter()
        .filter(|account| !account.available.is_zero() || !account.hold.is_zero())
        .collect();
    if ui.json() {
        let balances: Vec<_> = held
            .iter()
            .map(|account| {
                json!({
                    "currency": account.currency,
                    "available": account.available.to_string(),
                    "hold": account.hold.to_string(),
                })
            })
            .collect();
        ui.document(&json!({
            "command": "venue status",
            "exit_code": 0,
            "venue": config.venue.kind(),
            "live": config.venue.is_live(),
            "time": time.to_rfc3339(),
            "ahead_seconds": ahead_seconds,
            "products": products.len(),
            "balances": balances,
            "open_orders": orders.len(),
        }));
        return Ok(());
    }
    let mut text = format!(
        "  venue        {}\n  its clock    {time} UTC ({})\n  products     {}\n  open orders  {}\n\n  {:<10} {:>24} {:>24}\n",
        config.venue.words(),
        beside_ours(ahead_seconds),
        products.len(),
        orders.len(),
        "currency",
        "available",
        "held by orders"
    );
    for account in held {
        let _ = writeln!(
            text,
            "  {:<10} {:>24} {:>24}",
            account.currency,
            account.available.to_string(),
            account.hold.to_string()
        );
    }
    ui.out(&text);
    Ok(())
}

/// How the venue's clock stands to this machine's.
fn beside_ours(ahead_seconds: i64) -> String {
    match ahead_seconds {
        -1..=1 => "as this machine's".to_owned(),
        2.. => format!("{ahead_seconds} s ahead of this machine's"),
        _ => format!("{} s behind this machine's", ahead_seconds.unsigned_abs()),
    }
}
