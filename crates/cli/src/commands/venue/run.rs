//! `cbtrade venue run`.

use std::path::PathBuf;

use cbtrade_coinbase_sim::{Running, Venue};
use cbtrade_core::Decimal;
use clap::Args;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::config;
use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::{CommandError, Done, Kind};

/// Run the local venue here, until Ctrl-C or SIGTERM
///
/// It serves this machine only, needs no key and moves no money. Prices are a walk made from the seed, or recorded candles
/// played there and back. With a journal, orders, fills and balances outlive it.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// Port of REST and WebSocket on 127.0.0.1; the next one is for its own administration
    #[arg(long, value_name = "PORT", default_value = "8710", value_parser = clap::value_parser!(u16).range(1..65535))]
    pub(super) port: u16,
    /// Decides prices, books and ids
    #[arg(long, value_name = "N", default_value = "1")]
    pub(super) seed: u64,
    /// A folder of candles of 1 or 5 minutes, a file per product: BASE-QUOTE….csv with
    /// start_unix,open,high,low,close,volume
    #[arg(long, value_name = "DIR")]
    pub(super) candles: Option<PathBuf>,
    /// Seconds of the venue that pass in a second; fleet.toml must say the same
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) speed: u32,
    /// A file that keeps orders, fills and balances (made if absent) [default: they are gone when it ends]
    #[arg(long, value_name = "FILE")]
    pub(super) journal: Option<PathBuf>,
    /// What the account holds at first, such as USDC=10000; may be given several times
    #[arg(long = "balance", value_name = "CURRENCY=AMOUNT", value_parser = balance)]
    pub(super) balances: Vec<(String, Decimal)>,
    /// Give the account the coins of the database's live positions, and offer their products
    #[arg(long)]
    pub(super) balances_from_positions: bool,
    /// The fleet whose database is meant [default: `fleet` in the home folder]
    #[arg(long, value_name = "DIR")]
    pub(super) fleet: Option<PathBuf>,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade venue run\n  cbtrade venue run --balance USDC=5000 --balance BTC=0.1 --journal venue.journal\n  \
         cbtrade venue run --balances-from-positions\n  cbtrade venue run --candles candles --speed 60\n\n{EXIT_CODES}"
    )
}

fn balance(text: &str) -> Result<(String, Decimal), String> {
    let wrong = || format!("`{text}` is not CURRENCY=AMOUNT, such as USDC=10000");
    let (currency, amount) = text.split_once('=').ok_or_else(wrong)?;
    let amount = Decimal::parse(amount.trim()).map_err(|_| wrong())?;
    let currency = currency.trim().to_ascii_uppercase();
    if currency.is_empty() || amount < Decimal::ZERO {
        return Err(wrong());
    }
    Ok((currency, amount))
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let config = config::of(context, arguments).await?;
    let products = config.products.len();
    let goes_on = config
        .journal
        .as_ref()
        .is_some_and(|path| std::fs::metadata(path).is_ok_and(|journal| journal.len() > 0));
    let mut ends = Ends::new()?;
    let venue = Venue::start(config).await?;
    if ui.json() {
        ui.document(&json!({
            "command": "venue run",
            "exit_code": 0,
            "url": venue.rest_base,
            "websocket": venue.ws_url,
            "admin": venue.admin_base,
            "products": products,
        }));
    } else {
        say_started(context, &venue, products);
    }
    if goes_on && !arguments.balances.is_empty() {
        ui.warn("the journal goes on with the balances in it; --balance is what an account holds at first, and changes nothing now");
    }
    ends.wait().await;
    let violations = venue.violations();
    venue.stop().await;
    if violations.is_empty() {
        ui.say("the venue has ended; its books are in order");
        return Ok(());
    }
    let mut error = CommandError::new(Kind::Bug, "the venue's books are not in order");
    error.causes = violations;
    Err(error)
}

fn say_started(context: &Context<'_>, venue: &Running, products: usize) {
    let ui = context.ui;
    let balances = venue.balances().into_iter();
    let balances: Vec<String> = balances
        .map(|(currency, amount)| format!("{amount} {currency}"))
        .collect();
    ui.out(&format!(
        "The local venue runs (practice: no money is moved).\n  url         {}\n  websocket   {}\n  products    {products}\n  balances    {}",
        venue.rest_base,
        venue.ws_url,
        balances.join(", ")
    ));
    ui.next(&[
        "in another terminal:   cbtrade fleet up".to_owned(),
        "end it:                Ctrl-C".to_owned(),
    ]);
}

/// The ways in which it is asked to end; listened to from before the start.
struct Ends {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Ends {
    fn new() -> Result<Ends, CommandError> {
        let listen = |kind| {
            signal(kind).map_err(|source| {
                CommandError::new(Kind::Unreachable, "signals cannot be received").because(&source)
            })
        };
        Ok(Ends {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
