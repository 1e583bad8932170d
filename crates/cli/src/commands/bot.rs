//! `cbtrade bot`: one bot.

use std::path::PathBuf;

use cbtrade_bot::journal::{Event, Journal, Step, Weight};
use cbtrade_bot::{EndSwitch, Mode};
use cbtrade_core::{Clock as _, SystemClock};
use cbtrade_database::{Database, Options};
use cbtrade_fleet::{BotName, BotProcess, check_ground, follow_log};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::Context;
use super::fleet::{Fleet, live};
use crate::arguments::EXIT_CODES;
use crate::environment;
use crate::error::{CommandError, Done, Kind};
use crate::passphrase::{self, PassphraseArguments};
use crate::ui::Ui;

/// Letters of a bot's name.
const NAME_LENGTH_MAX: usize = 40;
/// Connections of one bot: it works on one pair at a time.
const CONNECTIONS_MAX: usize = 4;
/// How long a bot that died keeps its pairs from the others, in seconds. One that lives renews its lease in each pass, and
/// an order is only recorded under a lease that is held.
const LEASE_S: i64 = 120;

/// Run one bot
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Run(RunArguments),
}

/// Run one bot here, until Ctrl-C or SIGTERM
///
/// What `cbtrade fleet up` starts for each bot; by hand it is for looking closely at one. It trades with the settings, venue
/// and database of the fleet's folder, keeps to the stop levels, and ends after the order it is at; a second Ctrl-C ends it
/// at once. There is one bot of a name at a time.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
struct RunArguments {
    /// What the bot does
    #[arg(long, value_name = "MODE")]
    mode: BotMode,
    /// Its name; a fleet's supervisor ends a bot that has the name of one of its own
    #[arg(long, value_name = "NAME", default_value = "by-hand", value_parser = bot_name)]
    name: String,
    /// The fleet's folder [default: `fleet` in the home folder]
    #[arg(long, value_name = "DIR")]
    fleet: Option<PathBuf>,
    /// End after so many rounds over all pairs; 0 goes on
    #[arg(long, value_name = "N", default_value = "0")]
    rounds: u64,
    /// On the local venue: take a database that holds live trades for practice; real money cannot be traded with it then
    #[arg(long)]
    practice: bool,
    /// Do not ask before it trades with real money
    #[arg(long, short = 'y')]
    yes: bool,
    /// Say what was seen of every pair, too
    #[arg(long, short = 'v')]
    verbose: bool,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum BotMode {
    /// Refreshes markets, balances and figures for the others; does not trade
    Auto,
    /// Buys and sells
    Full,
    /// Buys only
    Buy,
    /// Sells only
    Sell,
}

impl BotMode {
    fn mode(self) -> Mode {
        match self {
            BotMode::Auto => Mode::Auto,
            BotMode::Full => Mode::Full,
            BotMode::Buy => Mode::Buy,
            BotMode::Sell => Mode::Sell,
        }
    }
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade bot run --mode sell --rounds 1 --verbose\n  cbtrade bot run --mode full --name full-9\n\n{EXIT_CODES}"
    )
}

/// It is part of file names.
fn bot_name(text: &str) -> Result<String, String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    if text.is_empty() || text.len() > NAME_LENGTH_MAX || !text.chars().all(plain) {
        return Err(format!(
            "a name has 1 to {NAME_LENGTH_MAX} letters, digits, - and _"
        ));
    }
    Ok(text.to_owned())
}

/// Runs it.
pub(crate) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    match &arguments.action {
        Action::Run(arguments) => run_bot(context, arguments).await,
    }
}

async fn run_bot(context: &Context<'_>, arguments: &RunArguments) -> Done {
    let fleet = Fleet::of(context, arguments.fleet.as_deref())?;
    let config = fleet.config()?;
    check_ground(&fleet.folder, &config)?;
    let sure = fleet.full_command(&format!(
        "bot run --mode {} --name {} --yes",
        arguments.mode.mode().name(),
        arguments.name
    ));
    live::confirm(&fleet, &config, arguments.yes, &sure)?;
    follow_log(fleet.folder.log_file(&arguments.name));
    let passphrase = passphrase::of_venue(context.ui, &arguments.passphrase, &config.venue)?;
    let options = Options {
        program: format!("cbtrade bot {}", arguments.name),
        connections_max: CONNECTIONS_MAX,
        lease_s: LEASE_S,
        ..Options::default()
    };
    let database = Database::open(&fleet.location(&config)?, options).await?;
    let end = EndSwitch::default();
    end_on_signals(&end)?;
    let bot = BotProcess {
        folder: fleet.folder.clone(),
        bot: BotName {
            name: arguments.name.clone(),
            mode: arguments.mode.mode(),
        },
        database,
        passphrase,
        limits: context.limits(),
        may_practise: arguments.practice,
        rounds_max: arguments.rounds,
        journal: journal(context.ui, arguments.verbose),
        end,
        config,
    };
    bot.run().await?;
    if context.ui.json() {
        context.ui.document(&json!({
            "command": "bot run",
            "exit_code": 0,
            "bot": arguments.name,
            "mode": arguments.mode.mode().name(),
        }));
    }
    Ok(())
}

/// The first signal asks for the end, the second one is obeyed at once.
fn end_on_signals(end: &EndSwitch) -> Done {
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        let end = end.clone();
        let mut signals = signal(kind).map_err(|source| {
            CommandError::new(Kind::Unreachable, "signals cannot be received").because(&source)
        })?;
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                if end.is_asked() {
                    // Whatever it was at is written down: an order is recorded before it is sent.
                    std::process::exit(i32::from(Kind::Stopped.exit_code()));
                }
                end.ask();
            }
        });
    }
    Ok(())
}

/// For tests: at the steps that are named, one time in three, the process dies as if by kill -9. It says so before, so that
/// it can be counted at which steps bots have died.
fn die_at(ui: &Ui, step: Step, client_order_id: &str, names: &str) {
    let is_named = names.split(',').any(|name| name == step.name());
    if is_named && SystemClock.now().as_micros() % 3 == 0 {
        ui.say(&format!(
            "{} dies at step {} of order {client_order_id}, as {} asks",
            SystemClock.now(),
            step.name(),
            environment::DIE_AT.name
        ));
        let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
    }
}

fn journal(ui: &Ui, is_verbose: bool) -> Journal {
    let ui = ui.clone();
    let dies = environment::DIE_AT
        .value()
        .map(|steps| steps.to_string_lossy().into_owned());
    Journal::new(move |event| {
        let Event::Line {
            weight,
            product,
            text,
        } = event
        else {
            if let (
                Event::Step {
                    step,
                    client_order_id,
                },
                Some(dies),
            ) = (event, &dies)
            {
                die_at(&ui, *step, client_order_id, dies);
            }
            return;
        };
        if *weight == Weight::Detail && !is_verbose {
            return;
        }
        let product = product.as_deref().unwrap_or("-");
        ui.say(&format!(
            "{} {:<7} {product:<12} {text}",
            SystemClock.now(),
            weight.word()
        ));
    })
}
