//! `cbtrade fleet up`.

mod background;
mod foreground;
mod ownership;

use std::time::{Duration, Instant};

use cbtrade_bot::stop::StopLevel;
use cbtrade_core::{Clock as _, SystemClock};
use cbtrade_database::{SCHEMA_VERSION, VenueKind};
use cbtrade_fleet::{
    FleetConfig, FleetStatus, SupervisorState, last_lines, look_at_key, open_key, supervisor_state,
};
use clap::Args;

use super::{Fleet, status, table};
use crate::arguments::EXIT_CODES;
use crate::commands::settings;
use crate::error::{CommandError, Done, Kind};
use crate::passphrase::{self, PassphraseArguments};
use crate::place;

/// Lines of a log that are shown of a bot that does not come up.
const LOG_LINES: usize = 5;
/// How often it is looked whether the bots live.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Start the supervisor and all bots
///
/// In the background: returns when every bot has given a sign of life, or says which has not and why. Bots that a killed
/// supervisor has left are ended first; there are never two bots of one name. A stop level that is in force stays. The
/// passphrase of the venue's key is asked for once; the supervisor keeps it in memory, so that bots start again without it.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// Stay: the supervisor is this process, and speaks here (for systemd, as Type=notify)
    #[arg(long)]
    foreground: bool,
    /// Seconds to wait for the bots' first signs of life
    #[arg(
        long,
        value_name = "S",
        default_value = "60",
        conflicts_with = "foreground"
    )]
    wait: u64,
    /// Do not ask before bots that trade with real money start
    #[arg(long, short = 'y')]
    yes: bool,
    /// On the local venue: take a database that holds live trades for practice; real money cannot be traded with it then
    #[arg(long)]
    practice: bool,
    #[command(flatten)]
    passphrase: PassphraseArguments,
    /// What `up` starts as the supervisor: in a session of its own, everything having been looked at.
    #[arg(long, hide = true, requires = "foreground")]
    detached: bool,
}

impl Arguments {
    pub(super) fn is_foreground(&self) -> bool {
        self.foreground
    }
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade fleet up\n  cbtrade fleet up --foreground\n  cbtrade fleet up --fleet /srv/fleet --yes\n\n{EXIT_CODES}"
    )
}

pub(super) async fn run(fleet: &Fleet<'_>, arguments: &Arguments) -> Done {
    let config = fleet.config()?;
    let ui = fleet.context.ui;
    if arguments.detached {
        let passphrase = passphrase::of_venue(ui, &arguments.passphrase, &config.venue)?;
        return foreground::run(fleet, config, arguments.practice, passphrase, true);
    }
    settings::check_folder(&config.settings)?;
    if let SupervisorState::Runs(holder) = supervisor_state(&fleet.folder)? {
        return runs_already(fleet, &config, arguments, &holder.words()).await;
    }
    look_at_key(&config.venue)?;
    // A service has no terminal: whoever wrote `live = true` and the unit has said it.
    if config.venue.is_live() && !arguments.yes && !arguments.foreground {
        confirm_live(fleet)?;
    }
    if arguments.practice && config.venue.owner() != VenueKind::Local {
        return Err(CommandError::new(
            Kind::Usage,
            "--practice is for the local venue, and fleet.toml says another one",
        ));
    }
    let passphrase = passphrase::of_venue(ui, &arguments.passphrase, &config.venue)?;
    if let (Some(passphrase), Some(path)) = (&passphrase, config.venue.key_file()) {
        // Before anything is started.
        open_key(path, passphrase)?;
    }
    let looked = match look_at_database(fleet, &config).await {
        Ok(()) => ownership::claim(fleet, &config, arguments.practice).await,
        Err(error) => Err(error),
    };
    if arguments.foreground {
        match looked {
            // At a machine's start the server may come later; the bots wait for it, and look whose it is.
            Err(error) if error.kind == Kind::Unreachable || error.kind == Kind::Stopped => {
                fleet.context.ui.warn(&super::words_of(&error));
            }
            looked => looked?,
        }
        return foreground::run(fleet, config, arguments.practice, passphrase, false);
    }
    looked?;
    let limit = Duration::from_secs(arguments.wait);
    background::run(fleet, &config, passphrase.as_ref(), limit).await
}

async fn runs_already(
    fleet: &Fleet<'_>,
    config: &FleetConfig,
    arguments: &Arguments,
    who: &str,
) -> Done {
    if arguments.foreground {
        return Err(CommandError::new(
            Kind::Refused,
            format!("a supervisor of this fleet runs already ({who})"),
        )
        .hint(format!("Look at it: {}", fleet.command("status")))
        .hint(format!("Or end it first: {}", fleet.command("down"))));
    }
    let ui = fleet.context.ui;
    let status = fleet.status(config).await?;
    if ui.json() {
        ui.document(&status::document("fleet up", &status));
        return Ok(());
    }
    ui.out(&format!(
        "The fleet runs already ({who}); nothing was changed.\n\n{}",
        table::text(&status)
    ));
    ui.next(&[
        format!("start all bots anew:   {}", fleet.command("restart")),
        format!("end them:              {}", fleet.command("down")),
    ]);
    Ok(())
}

fn confirm_live(fleet: &Fleet<'_>) -> Done {
    let ui = fleet.context.ui;
    let refused = || {
        CommandError::new(
            Kind::NotConfirmed,
            "trading with real money was not confirmed",
        )
        .hint("Nothing was started. fleet.toml says live = true; take it out to trade on paper.")
        .hint(format!("If you are sure: {}", fleet.command("up --yes")))
    };
    if !ui.can_ask() {
        return Err(refused());
    }
    ui.warn("fleet.toml says live = true: these bots buy and sell with real money on Coinbase");
    match ui.ask("Type live to go on:")?.as_str() {
        "live" => Ok(()),
        _ => Err(refused()),
    }
}

/// Starts the private server where it is meant, and looks whether the tables are those that bots need.
async fn look_at_database(fleet: &Fleet<'_>, config: &FleetConfig) -> Done {
    if fleet.is_on_private_server(config)? {
        place::start_private(fleet.context.ui, &fleet.context.home).await?;
    }
    let database = fleet.database(config).await?;
    let version = match database.db_schema_version().await {
        Ok(version) => version,
        // A database that is not there yet has no schema either.
        Err(error) if error.kind == cbtrade_database::ErrorKind::NotFound => 0,
        Err(error) => return Err(error.into()),
    };
    if version == SCHEMA_VERSION {
        return Ok(());
    }
    let target = config.database.as_ref().map_or_else(String::new, |target| {
        format!(" --target {}", crate::words::shell(target))
    });
    let error = CommandError::new(
        Kind::Refused,
        format!(
            "the database's schema has version {version}, and bots of this program need {SCHEMA_VERSION}"
        ),
    );
    Err(match version > SCHEMA_VERSION {
        true => error.hint("Use the newer cbtrade that made this schema."),
        false => error.hint(format!(
            "Make what is missing (rows are not touched): cbtrade db upgrade{target}"
        )),
    })
}

/// Which bots are waited for.
pub(super) struct Wait {
    pub(super) names: Vec<String>,
    /// Processes that were there before: their signs of life do not count.
    pub(super) not_pids: Vec<i32>,
    pub(super) limit: Duration,
}

/// Waits until bots have given their first sign of life.
///
/// # Errors
/// Some have not in time; each is named with what it said last.
pub(super) async fn wait_until_alive(
    fleet: &Fleet<'_>,
    config: &FleetConfig,
    wait: &Wait,
) -> Result<FleetStatus, CommandError> {
    let begun = Instant::now();
    loop {
        let status = FleetStatus::of_folder(&fleet.folder, config, SystemClock.now())?;
        let lives = |name: &String| {
            status.bots.iter().any(|bot| {
                bot.name == *name
                    && bot.state == "running"
                    && bot.pid.is_some_and(|pid| !wait.not_pids.contains(&pid))
            })
        };
        let missing: Vec<String> = wait
            .names
            .iter()
            .filter(|name| !lives(name))
            .cloned()
            .collect();
        let is_hopeless = status.bots.iter().any(|bot| {
            missing.contains(&bot.name) && matches!(bot.state.as_str(), "held" | "refused")
        }) && missing.iter().all(|name| has_ended(&status, name));
        if missing.is_empty() {
            return fleet.status(config).await;
        }
        if is_hopeless || begun.elapsed() > wait.limit || status.supervisor.state != "running" {
            return Err(not_alive(fleet, config, &missing).await?);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether waiting for a bot is in vain: it ended and does not start again soon.
fn has_ended(status: &FleetStatus, name: &str) -> bool {
    status
        .bots
        .iter()
        .any(|bot| bot.name == name && matches!(bot.state.as_str(), "held" | "refused"))
}

async fn not_alive(
    fleet: &Fleet<'_>,
    config: &FleetConfig,
    missing: &[String],
) -> Result<CommandError, CommandError> {
    let status = fleet.status(config).await?;
    let mut listing = table::text(&status);
    for name in missing {
        let log = fleet.folder.log_file(name);
        listing.push_str(&format!("\n  {name}, the end of {}:\n", log.display()));
        for line in last_lines(&log, LOG_LINES) {
            listing.push_str(&format!("    {line}\n"));
        }
    }
    let mut error = CommandError::new(
        Kind::Stopped,
        format!(
            "{} of {} bots have given no sign of life: {}",
            missing.len(),
            status.bots.len(),
            missing.join(", ")
        ),
    )
    .detail("status", serde_json::to_value(&status).unwrap_or_default());
    error.listing = Some(listing);
    Ok(error
        .hint(
            "The others run, and the supervisor goes on trying. The lines above are the bots' own.",
        )
        .hint(format!("Look again: {}", fleet.command("status")))
        .hint(format!(
            "When the reason is mended: {}",
            fleet.command("restart")
        )))
}

/// Says that bots start under a stop.
fn warn_of_stop(fleet: &Fleet<'_>, status: &FleetStatus) {
    let level = status.stop.level();
    if level != StopLevel::Run {
        fleet.context.ui.warn(&format!(
            "{} is in force ({}); a start does not undo it. Let the bots trade: {}",
            level.name(),
            table::meaning(level),
            fleet.command("arm")
        ));
    }
}
