//! `cbtrade soak`.

mod losses;
mod text;

use std::path::PathBuf;

use cbtrade_mysql::Target;
use cbtrade_server::Flavour;
use cbtrade_soak::{FaultKind, Plant, Progress, SoakPlace, SoakReport, SoakSettings};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::{CommandError, Done, Kind};
use crate::place;
use crate::ui::Ui;
use crate::words::{counted, shell};

/// Prove under load that nothing is lost, doubled or mixed up: many bots, many faults, an independent checker
///
/// Starts so many bots as processes of their own, has them do what the fleet does all day, makes faults, and then compares
/// what was acknowledged with what is there: money adds up, histories are complete and in order, every acknowledged write
/// is there once, no read saw what never was. Without --target: on a private server that is made for this and removed
/// afterwards.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    /// Bots, each a process, 1 to 256
    #[arg(long, value_name = "N", default_value = "16", value_parser = clap::value_parser!(u32).range(1..=256))]
    bots: u32,
    /// Seconds for which they work
    #[arg(long, value_name = "S", default_value = "60", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Operations that they do at least, even if it takes longer
    #[arg(long, value_name = "N", default_value = "0")]
    operations: usize,
    /// A server's database as mysql://user@host[:port]/database?socket=PATH (without tables, or not there yet), or
    /// sqlite:PATH for a file to be made
    ///
    /// Candles go into a second database, named after the first with `_candles`. The password comes from
    /// CBTRADE_MYSQL_PASSWORD, or is asked for. What soak made is removed if nothing is wrong.
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// The engine, where no target is named [default: the server that is found, MariaDB first]
    #[arg(
        long,
        visible_alias = "flavour",
        value_name = "NAME",
        conflicts_with = "target"
    )]
    engine: Option<Engine>,
    /// Faults: all, none, or names with commas: kill-bot, kill-server, reset, commit-answer, stall, slow, pool,
    /// lock-storm, disk-full, read-only, clock-jump
    #[arg(long, value_name = "LIST", default_value = "all", value_parser = faults)]
    faults: Faults,
    /// Decides everything that is left to chance [default: another one each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// On SQLite: first as the old bots wrote (each for itself, five seconds of busy timeout), then as they write now
    #[arg(long, conflicts_with_all = ["commit_losses", "plant"])]
    old_way: bool,
    /// Instead: lose answers to COMMIT until there are so many, then count what is there
    #[arg(long, value_name = "N", conflicts_with = "plant", value_parser = clap::value_parser!(u64).range(1..))]
    commit_losses: Option<u64>,
    /// Have the bots do something wrong, to see that the checker finds it: lost-update, doubled-write, dirty-read,
    /// stale-read, lost-commit
    #[arg(long, value_name = "NAME")]
    plant: Option<Plant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// MariaDB's mariadbd
    Mariadb,
    /// MySQL's mysqld
    Mysql,
    /// A file
    Sqlite,
}

/// A list that was read; a type of its own, because the parser takes a `Vec` for several arguments.
#[derive(Clone, Debug)]
struct Faults(Vec<FaultKind>);

fn faults(text: &str) -> Result<Faults, String> {
    FaultKind::list(text).map(Faults)
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade soak                                       16 bots, a minute, all faults\n  \
         cbtrade soak --bots 64 --faults none               nothing may fail, everybody gets a share\n  \
         cbtrade soak --engine sqlite --old-way --faults none   the outage and its cure in one table\n  \
         cbtrade soak --commit-losses 100000\n\n{EXIT_CODES}"
    )
}

pub(crate) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let place = soak_place(context.ui, arguments)?;
    let seed = arguments.seed.unwrap_or_else(any_seed);
    if let Some(losses) = arguments.commit_losses {
        return losses::run(context, losses, seed, place).await;
    }
    let settings = SoakSettings {
        bots: arguments.bots,
        seconds: arguments.seconds,
        operations_min: arguments.operations,
        seed,
        place,
        faults: arguments.faults.0.clone(),
        plant: arguments.plant,
        old_way: false,
        program: program()?,
        keep: context.home.join(format!("soak/seed-{seed}")),
    };
    let file = matches!(settings.place, SoakPlace::File(_));
    if file && arguments.plant == Some(Plant::DirtyRead) {
        return Err(CommandError::new(
            Kind::Usage,
            "on a file nobody can read what is not committed: plant dirty-read on a server",
        ));
    }
    let mut reports = Vec::new();
    if arguments.old_way {
        if !file {
            return Err(CommandError::new(
                Kind::Usage,
                "the old way is a file's: add --engine sqlite, or --target sqlite:PATH",
            ));
        }
        let old = SoakSettings {
            old_way: true,
            keep: context.home.join(format!("soak/seed-{seed}-old-way")),
            ..settings.clone()
        };
        reports.push(("the old way", one(context.ui, &old).await?));
        if let SoakPlace::File(Some(path)) = &settings.place {
            remove_file(path)?;
        }
    }
    reports.push(("ours", one(context.ui, &settings).await?));
    tell(context, arguments, &reports)
}

/// The old way's file makes room for ours.
fn remove_file(path: &std::path::Path) -> Done {
    for path in [path.to_owned(), path.with_file_name("ohlcv.db")] {
        for ending in ["", "-wal", "-shm", "-journal"] {
            let mut name = path.clone().into_os_string();
            name.push(ending);
            match std::fs::remove_file(&name) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    let words = format!("{} cannot be removed", PathBuf::from(name).display());
                    return Err(CommandError::new(Kind::Unreachable, words).because(&error));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

async fn one(ui: &Ui, settings: &SoakSettings) -> Result<SoakReport, CommandError> {
    let (bots, seconds) = (settings.bots, settings.seconds);
    let way = if settings.old_way {
        " in the old way"
    } else {
        ""
    };
    let say = ui.clone();
    let progress = move |progress: Progress| match progress {
        Progress::Making => say.say("  making the place"),
        Progress::Working { engine } => say.say(&format!(
            "  {} work on {engine}{way} for {seconds} s",
            counted(u64::from(bots), "bot", "bots")
        )),
        Progress::Stopping => say.say("  the bots end what they do"),
        Progress::Checking { operations } => say.say(&format!(
            "  checking {}",
            counted(
                u64::try_from(operations).unwrap_or(u64::MAX),
                "operation",
                "operations"
            )
        )),
    };
    ui.say(&format!("  seed {}", settings.seed));
    Ok(cbtrade_soak::soak(settings, &progress).await?)
}

fn tell(context: &Context<'_>, arguments: &Arguments, reports: &[(&str, SoakReport)]) -> Done {
    let ui = context.ui;
    let clean = reports.iter().all(|(_, report)| report.is_clean());
    let repeat = repeat(
        arguments,
        reports.first().map_or(0, |(_, report)| report.seed),
    );
    if clean {
        if ui.json() {
            ui.document(&json!({
                "command": "soak",
                "exit_code": 0,
                "repeat": repeat,
                "runs": documents(reports),
            }));
            return Ok(());
        }
        ui.out(&text::runs(reports));
        return Ok(());
    }
    let count: usize = reports
        .iter()
        .map(|(_, report)| report.violations.len() + report.failures.len())
        .sum();
    if !ui.json() {
        ui.out(&text::runs(reports));
    }
    let words = format!(
        "{} found",
        counted(
            u64::try_from(count).unwrap_or(u64::MAX),
            "thing is wrong, as the checker",
            "things are wrong, as the checker"
        )
    );
    let mut error = CommandError::new(Kind::Different, words)
        .detail("runs", Value::Array(documents(reports)))
        .detail("repeat", json!(repeat))
        .hint(format!("Run it again with the same chances: {repeat}"));
    for (_, report) in reports {
        if let Some(histories) = &report.histories {
            error = error.hint(format!(
                "All that is wrong, and every bot's history, is in {}",
                histories.display()
            ));
        }
    }
    error.listing = Some(text::wrong(reports));
    Err(error)
}

/// The command that makes the same chances again.
fn repeat(arguments: &Arguments, seed: u64) -> String {
    let mut command = format!(
        "cbtrade soak --seed {seed} --bots {} --seconds {}",
        arguments.bots, arguments.seconds
    );
    let faults: Vec<&str> = arguments.faults.0.iter().map(|kind| kind.name()).collect();
    let faults = match faults.len() {
        0 => "none".to_owned(),
        count if count == FaultKind::ALL.len() => "all".to_owned(),
        _ => faults.join(","),
    };
    command.push_str(&format!(" --faults {faults}"));
    if let Some(target) = &arguments.target {
        command.push_str(&format!(" --target {}", shell(target)));
    }
    if let Some(engine) = arguments
        .engine
        .and_then(|engine| engine.to_possible_value())
    {
        command.push_str(&format!(" --engine {}", engine.get_name()));
    }
    if arguments.operations > 0 {
        command.push_str(&format!(" --operations {}", arguments.operations));
    }
    if arguments.old_way {
        command.push_str(" --old-way");
    }
    if let Some(plant) = arguments.plant {
        command.push_str(&format!(" --plant {}", plant.name()));
    }
    command
}

fn documents(reports: &[(&str, SoakReport)]) -> Vec<Value> {
    reports
        .iter()
        .map(|(way, report)| text::document(way, report))
        .collect()
}

fn soak_place(ui: &Ui, arguments: &Arguments) -> Result<SoakPlace, CommandError> {
    if let Some(target) = &arguments.target {
        if let Some(path) = target.strip_prefix("sqlite:") {
            return Ok(SoakPlace::File(Some(PathBuf::from(path))));
        }
        let target: Target = target.parse()?;
        let password = place::password(ui, &target)?;
        return Ok(SoakPlace::Server(target.with_password(password)));
    }
    let flavour = match arguments.engine {
        Some(Engine::Sqlite) => return Ok(SoakPlace::File(None)),
        Some(Engine::Mariadb) => Some(Flavour::MariaDb),
        Some(Engine::Mysql) => Some(Flavour::MySql),
        None => None,
    };
    Ok(SoakPlace::Private {
        flavour,
        program_homes: Vec::new(),
    })
}

/// This program, which is its own bot and watch.
fn program() -> Result<PathBuf, CommandError> {
    std::env::current_exe().map_err(|source| {
        CommandError::new(Kind::Unreachable, "the program's own file cannot be found")
            .because(&source)
    })
}

/// A seed that a person can type.
fn any_seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one("soak") % 1_000_000
}

/// A bot's process.
pub(crate) async fn run_bot() -> Done {
    cbtrade_soak::run_bot().await.map_err(|error| {
        CommandError::new(Kind::Unreachable, "the bot cannot go on").because(&error)
    })
}

/// The watch's process.
pub(crate) fn run_watch(ui: &Ui) -> Done {
    cbtrade_soak::run_watch(|word| ui.out(word)).map_err(|error| {
        CommandError::new(Kind::Unreachable, "the watch cannot be set").because(&error)
    })
}
