//! `cbtrade key check`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cbtrade_exchange::{Exchange as _, ExchangeError, Permissions};
use cbtrade_fleet::{VenueConfig, VenueKey, open_key, open_venue};
use clap::Args;
use serde_json::{Value, json};

use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::commands::fleet::Fleet;
use crate::error::{CommandError, Done, Kind};
use crate::passphrase::{self, PassphraseArguments};
use crate::ui::Style;

/// How long the venue may take.
const VENUE_WAIT: Duration = Duration::from_secs(20);

/// Open a sealed key, say which one it is, and ask the venue what it may do
///
/// Without FILE the key of the fleet, at the fleet's venue; another FILE is asked about at Coinbase. One question is sent, and
/// never an order.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// The sealed file [default: `key_file` of fleet.toml]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The fleet's folder [default: `fleet` in the home folder]
    #[arg(long, value_name = "DIR")]
    fleet: Option<PathBuf>,
    /// Do not ask the venue
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade key check\n  cbtrade key check coinbase-key.sealed --offline\n\n{EXIT_CODES}"
    )
}

/// What the venue said.
enum Answer {
    NotAsked,
    Rights(Permissions),
    /// It did not answer.
    Silent(String),
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let fleet = Fleet::of(context, arguments.fleet.as_deref())?;
    let venue = match &arguments.file {
        None => fleet.config()?.venue,
        Some(file) => venue_of(&fleet, file),
    };
    let Some(file) = venue.key_file() else {
        return Err(CommandError::new(
            Kind::Usage,
            "fleet.toml names no key_file, because its venue needs no key",
        )
        .hint("Name the sealed file: cbtrade key check FILE"));
    };
    let passphrase = passphrase::of_key(ui, &arguments.passphrase, file)?;
    let which = open_key(file, &passphrase)?;
    let answer = match arguments.offline {
        true => Answer::NotAsked,
        false => {
            let client = open_venue(&venue, Some(&passphrase), &context.limits())?;
            let asked = tokio::time::timeout(VENUE_WAIT, client.permissions()).await;
            answer_of(&venue, &which, asked)?
        }
    };
    if ui.json() {
        ui.document(&document(file, &venue, &which, &answer));
        return Ok(());
    }
    ui.out(&format!(
        "  file    {}\n  key     {} ({})\n  venue   {}\n  rights  {}",
        file.display(),
        which.name,
        which.kind,
        place(&venue),
        words(&answer)
    ));
    match answer {
        Answer::Rights(rights) if rights.can_transfer => ui.warn(
            "this key may move money away; bots do not start with it. Make one with View and Trade only.",
        ),
        Answer::Rights(rights) if !rights.can_trade => {
            ui.warn("this key may not trade; bots with `live = true` do not start with it");
        }
        Answer::Silent(why) => ui.warn(&format!("the venue did not answer: {why}")),
        _ => {}
    }
    Ok(())
}

/// The fleet's venue where the file is the fleet's; else Coinbase.
fn venue_of(fleet: &Fleet<'_>, file: &Path) -> VenueConfig {
    let resolved = |path: &Path| std::fs::canonicalize(path).ok();
    let own = fleet.config().ok().map(|config| config.venue);
    let is_own = |venue: &VenueConfig| {
        let named = venue.key_file().and_then(resolved);
        named.is_some() && named == resolved(file)
    };
    own.filter(is_own).unwrap_or_else(|| VenueConfig::Coinbase {
        key_file: file.to_owned(),
        live: false,
    })
}

fn answer_of(
    venue: &VenueConfig,
    which: &VenueKey,
    asked: Result<Result<Permissions, ExchangeError>, tokio::time::error::Elapsed>,
) -> Result<Answer, CommandError> {
    match asked {
        Ok(Ok(rights)) => Ok(Answer::Rights(rights)),
        Ok(Err(
            error @ (ExchangeError::Unauthorized { .. } | ExchangeError::Forbidden { .. }),
        )) => Err(CommandError::new(
            Kind::Refused,
            format!("{} does not take the key {}", place(venue), which.name),
        )
        .because(&error)
        .hint("It was deleted there, belongs to another address of this machine, or this machine's clock is wrong.")),
        Ok(Err(error)) => Ok(Answer::Silent(error.to_string())),
        Err(_) => Ok(Answer::Silent(format!(
            "no answer within {} s",
            VENUE_WAIT.as_secs()
        ))),
    }
}

fn place(venue: &VenueConfig) -> String {
    match venue {
        VenueConfig::Local { url, .. } => format!("local at {url} (practice)"),
        VenueConfig::Coinbase { .. } => "coinbase".to_owned(),
    }
}

fn words(answer: &Answer) -> String {
    match answer {
        Answer::NotAsked => "not asked".to_owned(),
        Answer::Silent(_) => Style::Warning.paint("not known"),
        Answer::Rights(rights) => {
            let right = |name: &str, has: bool| match has {
                true => format!("{name}: yes"),
                false => format!("{name}: no"),
            };
            [
                right("view", rights.can_view),
                right("trade", rights.can_trade),
                right("transfer", rights.can_transfer),
            ]
            .join(", ")
        }
    }
}

fn document(file: &Path, venue: &VenueConfig, which: &VenueKey, answer: &Answer) -> Value {
    let rights = match answer {
        Answer::Rights(rights) => json!({
            "view": rights.can_view,
            "trade": rights.can_trade,
            "transfer": rights.can_transfer,
        }),
        _ => Value::Null,
    };
    let problem = match answer {
        Answer::Silent(why) => Value::from(why.as_str()),
        _ => Value::Null,
    };
    json!({
        "command": "key check",
        "exit_code": 0,
        "file": file.display().to_string(),
        "key": which.name,
        "kind": which.kind,
        "venue": venue.kind(),
        "rights": rights,
        "problem": problem,
    })
}
