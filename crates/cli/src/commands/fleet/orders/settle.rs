//! `cbtrade fleet orders settle`.

use std::sync::Arc;
use std::time::Duration;

use cbtrade_bot::VenueClock;
use cbtrade_bot::journal::{Event, Journal};
use cbtrade_bot::orders::{OrderError, Orders, Patience};
use cbtrade_bot::stop::StopFile;
use cbtrade_database::{Database, Intent, IntentFilter, IntentState, Side, TradeFilter};
use cbtrade_exchange::{Exchange, ExchangeError};
use cbtrade_fleet::{FleetConfig, VenueConfig, open_venue, ownership};
use clap::Args;
use serde_json::json;

use super::super::{Fleet, operator};
use crate::arguments::EXIT_CODES;
use crate::error::{CommandError, Done, Kind};
use crate::passphrase::{self, PassphraseArguments};
use crate::words::{shell, time};

/// Who asks, where bots have a guid.
const BY_HAND: &str = "by-hand";

/// Ask the venue about an order to which no clear answer came, and write down what it is
///
/// Sends no order. One that the venue has is taken on, as the bots do it. One that it does not have can be declared absent,
/// after a question: a position that was to be sold can be sold again then. Should the order turn up later, bots take it on
/// all the same. Orders whose state is clear are refused.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// The order's client id, as `fleet orders` shows it
    #[arg(value_name = "CLIENT_ID")]
    client_order_id: String,
    /// Do not ask before an order that the venue does not have is declared absent
    #[arg(long, short = 'y')]
    yes: bool,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade fleet orders settle cbt-0123456789abcdef0123456789abcdef\n\n{EXIT_CODES}"
    )
}

/// What came of it.
struct Outcome {
    found: bool,
    /// Whether the order was changed.
    changed: bool,
}

pub(super) async fn run(fleet: &Fleet<'_>, arguments: &Arguments) -> Done {
    let config = fleet.config()?;
    let database = fleet.database(&config).await?;
    // The other venue knows nothing of the order, and would say so.
    ownership::check(&database, &config.venue).await?;
    let before = intent_of(fleet, &database, &arguments.client_order_id).await?;
    refuse_clear(fleet, &before)?;
    let passphrase = passphrase::of_venue(fleet.context.ui, &arguments.passphrase, &config.venue)?;
    let venue = open_venue(&config.venue, passphrase.as_ref(), &fleet.context.limits())?;
    let unreached = |source: &ExchangeError| venue_unreached(&config, source);
    let now = venue.server_time().await.map_err(|it| unreached(&it))?;
    let speed = match config.venue {
        VenueConfig::Local { speed, .. } => speed,
        VenueConfig::Coinbase { .. } => 1,
    };
    let patience = Patience::at_speed(speed);
    let orders = Orders::new(
        database.clone(),
        Arc::new(venue),
        Arc::new(VenueClock::new(now, speed)),
        StopFile::in_folder(fleet.folder.path()),
        journal(fleet),
        BY_HAND.to_owned(),
        patience,
    );
    let age_s = now.as_seconds() - before.created_unix;
    if before.state == IntentState::Sending && age_s < patience.others_after_s {
        return Err(CommandError::new(
            Kind::Refused,
            format!(
                "the order was written down {} ago by the venue's clock, and its bot may be sending it at this moment",
                age(age_s)
            ),
        )
        .hint("Run the same command again in a minute."));
    }
    let outcome = match orders
        .ask_about(&before)
        .await
        .map_err(|it| failed(&config, it))?
    {
        Some(_) => Outcome {
            found: true,
            changed: true,
        },
        None if before.state == IntentState::Absent => Outcome {
            found: false,
            changed: false,
        },
        None => {
            if !arguments.yes {
                confirm(fleet, &before, age_s)?;
            }
            let note = format!(
                "declared absent by {}: the venue did not show it after {age_s} s",
                operator()
            );
            let declared = orders.declare_absent(&before, &note).await;
            Outcome {
                found: false,
                changed: declared.map_err(|it| failed(&config, it))?,
            }
        }
    };
    let after = intent_of(fleet, &database, &arguments.client_order_id).await?;
    tell(fleet, &database, &before, &after, &outcome).await
}

async fn intent_of(
    fleet: &Fleet<'_>,
    database: &Database,
    client_order_id: &str,
) -> Result<Intent, CommandError> {
    let filter = IntentFilter {
        client_order_ids: &[client_order_id],
        ..IntentFilter::default()
    };
    let found = database.db_intents_get(&filter).await?;
    found.into_iter().next().ok_or_else(|| {
        CommandError::new(
            Kind::Usage,
            format!("no order has the client id {client_order_id}"),
        )
        .hint(format!(
            "Those that are open are listed by: {}",
            fleet.command("orders")
        ))
    })
}

/// Only what is unclear can be settled by hand.
fn refuse_clear(fleet: &Fleet<'_>, intent: &Intent) -> Done {
    let why = match intent.state {
        _ if intent.is_test() => "is on paper, and the bots end it by themselves".to_owned(),
        IntentState::Placed => format!(
            "is clear: the venue took it as {}, and the bots follow it to its end",
            intent.order_uuid.as_deref().unwrap_or("-")
        ),
        IntentState::Done => "is clear: it has ended, and what it did is written down".to_owned(),
        IntentState::Refused => format!(
            "is clear: the venue refused it ({})",
            intent.note.as_deref().unwrap_or("without a reason")
        ),
        IntentState::Sending | IntentState::Unknown | IntentState::Absent => return Ok(()),
    };
    Err(CommandError::new(
        Kind::Refused,
        format!("order {} {why}", intent.client_order_id),
    )
    .hint(format!(
        "Nothing was changed. What is open: {}",
        fleet.command("orders")
    )))
}

fn confirm(fleet: &Fleet<'_>, intent: &Intent, age_s: i64) -> Done {
    let ui = fleet.context.ui;
    let refused = || {
        CommandError::new(
            Kind::NotConfirmed,
            format!(
                "the venue does not show order {} ({} after it was written down), and it was not declared absent",
                intent.client_order_id,
                age(age_s)
            ),
        )
        .hint("Nothing was changed. Bots go on asking for it, and declare it absent by themselves after a while.")
        .hint(format!(
            "If you have looked at the venue and it is not there: {}",
            fleet.command(&format!(
                "orders settle {} --yes",
                shell(&intent.client_order_id)
            ))
        ))
    };
    if !ui.can_ask() {
        return Err(refused());
    }
    ui.warn(&format!(
        "the venue does not show the {} of {} with client id {}, {} after it was written down. {}",
        intent.side.name().to_lowercase(),
        intent.prod_id,
        intent.client_order_id,
        age(age_s),
        match intent.side {
            Side::Buy => "Declared absent, the product can be bought again.",
            Side::Sell => "Declared absent, its position can be sold again.",
        }
    ));
    match ui.ask("Type absent to declare it absent:")?.as_str() {
        "absent" => Ok(()),
        _ => Err(refused()),
    }
}

fn age(age_s: i64) -> String {
    time(Duration::from_secs(u64::try_from(age_s).unwrap_or(0)))
}

/// What is said on the way, on the terminal.
fn journal(fleet: &Fleet<'_>) -> Journal {
    let ui = fleet.context.ui.clone();
    Journal::new(move |event| {
        if let Event::Line { text, .. } = event {
            ui.say(&format!("  {text}"));
        }
    })
}

fn venue_unreached(config: &FleetConfig, source: &ExchangeError) -> CommandError {
    CommandError::new(
        Kind::Unreachable,
        format!(
            "the venue ({}) does not answer, so nothing is known of the order",
            config.venue.words()
        ),
    )
    .because(source)
    .hint("Nothing was changed. Run the same command again when it answers: cbtrade venue status")
}

fn failed(config: &FleetConfig, error: OrderError) -> CommandError {
    match error {
        OrderError::Database(source) => source.into(),
        OrderError::Venue(source) => venue_unreached(config, &source),
        error => CommandError::new(Kind::Stopped, "the order could not be settled")
            .because(&error)
            .hint("The same command goes on; so do the bots, by themselves."),
    }
}

async fn tell(
    fleet: &Fleet<'_>,
    database: &Database,
    before: &Intent,
    after: &Intent,
    outcome: &Outcome,
) -> Done {
    let position = match after.pos_id {
        Some(pos_id) => {
            let found = database
                .db_poss_get(TradeFilter::default(), Some(pos_id), None)
                .await?;
            found.into_iter().next().and_then(|aged| aged.row.pos_stat)
        }
        None => None,
    };
    let ui = fleet.context.ui;
    if ui.json() {
        ui.document(&json!({
            "command": "fleet orders settle",
            "exit_code": 0,
            "client_order_id": after.client_order_id,
            "found": outcome.found,
            "changed": outcome.changed,
            "before": before.state.name(),
            "state": after.state.name(),
            "order_id": after.order_uuid,
            "position": after.pos_id,
            "position_state": position,
        }));
        return Ok(());
    }
    let said = match (outcome.found, outcome.changed) {
        (true, _) => format!(
            "The venue has the order as {}; it is {} now.",
            after.order_uuid.as_deref().unwrap_or("-"),
            after.state
        ),
        (false, true) => "The order is declared absent. Should it turn up at the venue, the bots take it on.".to_owned(),
        (false, false) if before.state == IntentState::Absent => {
            "The venue does not show the order, and it counts as absent already. Nothing was changed.".to_owned()
        }
        (false, false) => format!("Meanwhile a bot has settled the order: it is {} now.", after.state),
    };
    let position = match (after.pos_id, position) {
        (Some(pos_id), Some(state)) => format!("\nIts position {pos_id} is {state}."),
        _ => String::new(),
    };
    ui.out(&format!("{said}{position}"));
    ui.next(&[format!("what is open:   {}", fleet.command("orders"))]);
    Ok(())
}
