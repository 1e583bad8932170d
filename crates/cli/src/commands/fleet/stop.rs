//! `cbtrade fleet stop`.

use std::time::Duration;

use cbtrade_bot::stop::{LocalStop, StopFile, StopLevel};
use cbtrade_core::SystemClock;
use cbtrade_database::Location;
use cbtrade_fleet::stops::{self, Said};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tokio::net::{TcpStream, UnixStream};

use super::{Fleet, operator, table, words_of};
use crate::arguments::EXIT_CODES;
use crate::error::{CommandError, Done, Kind};
use crate::ui::Style;

/// How long a server may take to take a connection.
const KNOCK_WAIT: Duration = Duration::from_millis(300);
/// How long orders are waited for that bots were sending when the stop was said.
const SENT_WAIT: Duration = Duration::from_millis(400);

/// EMERGENCY STOP: from this moment on the bots do less, or nothing
///
/// `halt`: no orders at all; `no-new-buys`: selling only; `liquidate`: everything is sold (asks first). Works with the
/// database down: the stop file comes first, and every bot on this machine reads it before each order. Then the database,
/// which bots on other machines read. The bots go on running and follow the orders that are open. No restart undoes it;
/// `cbtrade fleet arm` does. A stronger stop that holds already is never weakened.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// How much is stopped
    #[arg(value_name = "LEVEL")]
    level: Level,
    /// Why, for whoever looks later
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Do not ask before everything is sold
    #[arg(long, short = 'y')]
    yes: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    /// No orders at all; open orders are followed
    Halt,
    /// Selling only
    NoNewBuys,
    /// Everything is sold, nothing is bought
    Liquidate,
}

impl Level {
    fn level(self) -> StopLevel {
        match self {
            Level::Halt => StopLevel::Halt,
            Level::NoNewBuys => StopLevel::NoNewBuys,
            Level::Liquidate => StopLevel::Liquidate,
        }
    }
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade fleet stop halt\n  cbtrade fleet stop no-new-buys --reason 'prices look wrong'\n\n{EXIT_CODES}"
    )
}

/// What became of the stop in one place.
struct Outcome {
    /// What is in force there now, or why it is not known.
    now: Result<StopLevel, String>,
}

impl Outcome {
    fn holds(&self, wanted: StopLevel) -> bool {
        self.now.as_ref().is_ok_and(|level| *level >= wanted)
    }

    fn document(&self, wanted: StopLevel) -> Value {
        json!({
            "in_force": self.now.as_ref().ok().map(|level| level.name()),
            "holds": self.holds(wanted),
            "problem": self.now.as_ref().err(),
        })
    }
}

pub(super) async fn run(fleet: &Fleet<'_>, arguments: &Arguments) -> Done {
    let level = arguments.level.level();
    if !fleet.folder.path().is_dir() {
        // A stop in the wrong folder stops nothing, and must not look as if it did.
        fleet.config()?;
    }
    if level == StopLevel::Liquidate && !arguments.yes {
        confirm(fleet)?;
    }
    let said = Said {
        reason: arguments.reason.clone(),
        by: operator(),
    };
    let written = stops::stop_in_file(&fleet.folder, level, &said, &SystemClock);
    let file = Outcome {
        now: written.map(|now: LocalStop| now.level).map_err(|error| {
            let cause = std::error::Error::source(&error)
                .map_or_else(String::new, |source| format!(": {source}"));
            format!("{error}{cause}")
        }),
    };
    if !fleet.context.ui.json() {
        say_file(fleet, level, &file);
        if !fleet.folder.config_file().exists() {
            fleet.context.ui.warn(&format!(
                "{} has no fleet.toml: if this is not the folder of the bots, they are not stopped",
                fleet.folder.path().display()
            ));
        }
    }
    let database = Outcome {
        now: in_database(fleet, level, &said).await,
    };
    let sent = StopFile::in_folder(fleet.folder.path());
    let is_sent = tokio::task::spawn_blocking(move || sent.wait_for_sent(SENT_WAIT)).await;
    let places = Places {
        file,
        database,
        is_order_on_its_way: !is_sent.unwrap_or(false),
    };
    finish(fleet, level, &places)
}

/// What became of the stop.
struct Places {
    file: Outcome,
    database: Outcome,
    /// Whether a bot is still waiting for the venue's answer to an order from before the stop.
    is_order_on_its_way: bool,
}

/// Whether a server takes a connection. A call to one that is gone goes on asking for as long as it may, so it is not made:
/// a stop must not take that long. One that is there and slow gets its time.
async fn answers(location: &Location) -> bool {
    let Location::Servers { targets, .. } = location else {
        return true;
    };
    for target in targets {
        let knock = async {
            match &target.socket {
                Some(path) => UnixStream::connect(path).await.is_ok(),
                None => TcpStream::connect((target.host.as_str(), target.port))
                    .await
                    .is_ok(),
            }
        };
        if tokio::time::timeout(KNOCK_WAIT, knock).await == Ok(true) {
            return true;
        }
    }
    false
}

async fn in_database(
    fleet: &Fleet<'_>,
    level: StopLevel,
    said: &Said,
) -> Result<StopLevel, String> {
    let in_time = async {
        let database = fleet.database_of_any_config().await?;
        if !answers(database.location()).await {
            let gone = format!("{} takes no connection", database.location().display());
            return Err(CommandError::new(Kind::Unreachable, gone));
        }
        let standing = stops::stop_in_database(&database, level, said).await?;
        Ok::<_, CommandError>(standing.level)
    };
    in_time.await.map_err(|error| words_of(&error))
}

fn say_file(fleet: &Fleet<'_>, level: StopLevel, file: &Outcome) {
    let ui = fleet.context.ui;
    match &file.now {
        Ok(now) => ui.out(&format!(
            "  stop file   {}: {}. Every bot on this machine keeps to it from now on.",
            Style::Good.paint(now.name()),
            table::meaning(*now)
        )),
        Err(problem) => ui.warn(&format!(
            "{} is NOT in the stop file: {problem}",
            level.name()
        )),
    }
}

fn finish(fleet: &Fleet<'_>, level: StopLevel, places: &Places) -> Done {
    let ui = fleet.context.ui;
    let Places { file, database, .. } = places;
    if !file.holds(level) && !database.holds(level) {
        return Err(nothing_holds(fleet, level, file, database));
    }
    if ui.json() {
        ui.document(&json!({
            "command": "fleet stop",
            "exit_code": 0,
            "level": level.name(),
            "file": file.document(level),
            "database": database.document(level),
            "order_on_its_way": places.is_order_on_its_way,
            "next": [fleet.command("status"), fleet.command("arm")],
        }));
        return Ok(());
    }
    say_rest(fleet, level, places);
    ui.next(&[
        format!("see what the bots do:       {}", fleet.command("status")),
        format!("see orders that are open:   {}", fleet.command("orders")),
        format!("let them trade again:       {}", fleet.command("arm")),
    ]);
    Ok(())
}

/// What there is to say after the file.
fn say_rest(fleet: &Fleet<'_>, level: StopLevel, places: &Places) {
    let ui = fleet.context.ui;
    let Places { file, database, .. } = places;
    match &database.now {
        Ok(now) => ui.out(&format!(
            "  database    {}: {}. It holds for bots on other machines too.",
            Style::Good.paint(now.name()),
            table::meaning(*now)
        )),
        Err(problem) => ui.warn(&format!(
            "it is not in the database ({problem}). The stop file holds for every bot of this folder; bots elsewhere are not reached. Run the same command again when that is mended."
        )),
    }
    let standing = file.now.iter().chain(&database.now).max();
    if let Some(standing) = standing.filter(|standing| **standing > level) {
        ui.warn(&format!(
            "{} was in force already and is stronger than {}: it stays. To go down to it: {}",
            standing.name(),
            level.name(),
            fleet.command(&format!("arm --level {}", level.name()))
        ));
    }
    if places.is_order_on_its_way {
        ui.warn(&format!(
            "an order that a bot was sending when the stop came has no answer from the venue yet; it is followed. See it: {}",
            fleet.command("orders")
        ));
    }
}

fn nothing_holds(
    fleet: &Fleet<'_>,
    level: StopLevel,
    file: &Outcome,
    database: &Outcome,
) -> CommandError {
    let mut error = CommandError::new(
        Kind::Unreachable,
        format!(
            "{} is NOT in force: neither file nor database took it",
            level.name()
        ),
    );
    for (place, outcome) in [("stop file", file), ("database", database)] {
        if let Err(problem) = &outcome.now {
            error.causes.push(format!("{place}: {problem}"));
        }
    }
    error
        .hint(format!("End the bots at once: {}", fleet.command("down")))
        .hint(format!(
            "Or write the file by hand: echo {} > {}",
            level.name(),
            fleet.folder.path().join("stop").display()
        ))
}

fn confirm(fleet: &Fleet<'_>) -> Done {
    let ui = fleet.context.ui;
    let refused = || {
        CommandError::new(Kind::NotConfirmed, "liquidating was not confirmed")
            .hint(format!(
                "Nothing was changed. To stop without selling: {}",
                fleet.command("stop halt")
            ))
            .hint(format!(
                "To sell everything without a question: {}",
                fleet.command("stop liquidate --yes")
            ))
    };
    if !ui.can_ask() {
        return Err(refused());
    }
    ui.say("With liquidate the bots sell every open position at the market's price, losses too.");
    match ui.ask("Type liquidate to go on:")?.as_str() {
        "liquidate" => Ok(()),
        _ => Err(refused()),
    }
}
