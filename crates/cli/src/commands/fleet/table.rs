//! The fleet as a table for people.

use std::fmt::Write as _;
use std::time::Duration;

use cbtrade_bot::stop::StopLevel;
use cbtrade_fleet::{BotStatus, FleetStatus, StopInFile};

use crate::ui::Style;
use crate::words::{counted, time};

/// An error that a bot met is told for so long, in seconds; later it is in its log only.
const ERROR_TOLD_SECONDS: i64 = 600;

/// The whole picture.
pub(super) fn text(status: &FleetStatus) -> String {
    let mut text = head(status);
    let _ = writeln!(
        text,
        "\n  {:<9} {:<8} {:>8} {:>11} {:>9} {:<7} {:>6} {:>5} {:>5} {:>6}  does",
        "bot", "state", "process", "up", "heartbeat", "hears", "passes", "buys", "sells", "errors"
    );
    for bot in &status.bots {
        text.push_str(&line(bot));
    }
    text.push_str(&details(status));
    text.push_str(&judgement(status));
    text
}

/// All but the bots.
pub(super) fn head(status: &FleetStatus) -> String {
    let mut text = String::new();
    let supervisor = match (status.supervisor.state, status.supervisor.pid) {
        ("running", Some(pid)) => format!(
            "runs (process {pid}, up {})",
            seconds(status.supervisor.uptime_seconds)
        ),
        ("silent", Some(pid)) => Style::Warning.paint(&format!(
            "process {pid} is there and does nothing: the bots are not looked after"
        )),
        ("gone", _) => Style::Warning.paint("GONE: bots run on without it, nobody restarts them"),
        ("down", _) => "down: no bot runs".to_owned(),
        (state, _) => state.to_owned(),
    };
    let _ = writeln!(text, "  supervisor   {supervisor}");
    let _ = writeln!(text, "  stop level   {}", stop(status));
    let venue = match status.live {
        true => Style::Warning.paint(&status.venue_words),
        false => status.venue_words.clone(),
    };
    let _ = writeln!(text, "  venue        {venue}");
    if let Some(change) = &status.changed {
        let told = format!(
            "was changed since the start, and is not in force: {change}. All bots start anew with it by: cbtrade fleet restart"
        );
        let _ = writeln!(text, "  fleet.toml   {}", Style::Warning.paint(&told));
    }
    let _ = writeln!(text, "  database     {}", database(status));
    text
}

fn stop(status: &FleetStatus) -> String {
    let stop = &status.stop;
    let level = stop.level();
    if level == StopLevel::Run {
        return match status.database.reached {
            true => Style::Good.paint("run"),
            false => "run by the stop file; the database was not asked".to_owned(),
        };
    }
    let place = match stop.where_it_stands {
        "both" => "in the stop file and the database",
        "file" => "in the stop file",
        _ => "in the database",
    };
    let words = format!(
        "{} ({}), {place}",
        level.name().to_uppercase(),
        meaning(level)
    );
    let mut text = Style::Warning.paint(&words);
    let file = stop.file.iter().map(|said| ("file", said));
    let database = stop.database.iter().map(|said| ("database", said));
    for (place, said) in file.chain(database) {
        let _ = write!(text, "\n               {place}: {}", said_words(said));
    }
    text
}

fn said_words(said: &StopInFile) -> String {
    let mut text = said.level.clone();
    if let Some(at) = said.at {
        let _ = write!(text, " since {at} UTC");
    }
    if !said.by.is_empty() {
        let _ = write!(text, " by {}", said.by);
    }
    if !said.reason.is_empty() {
        let _ = write!(text, ": {}", said.reason);
    }
    text
}

/// What a level means for the bots.
pub(super) fn meaning(level: StopLevel) -> &'static str {
    match level {
        StopLevel::Run => "buying and selling",
        StopLevel::NoNewBuys => "selling only, no new buys",
        StopLevel::Liquidate => "bots that sell are to sell everything, nothing is bought",
        StopLevel::Halt => "no orders at all",
    }
}

fn database(status: &FleetStatus) -> String {
    let database = &status.database;
    if !database.reached {
        let problem = database.problem.as_deref().unwrap_or("was not asked");
        return Style::Warning.paint(&format!("{}: {problem}", database.location));
    }
    let open = u64::try_from(database.open_orders.unwrap_or(0)).unwrap_or(u64::MAX);
    let mut text = format!(
        "{}, {}",
        database.location,
        counted(open, "open order", "open orders")
    );
    if let Some(unclear @ 1..) = database.unclear_orders {
        let _ = write!(text, ", {unclear} of them being looked up");
    }
    if let (Some(held), Some(failed)) = (database.held_positions, database.failed_positions) {
        let _ = write!(text, "\n  to be sold   {}", held_words(held, failed));
    }
    text
}

/// What is still held under liquidate.
pub(super) fn held_words(held: usize, failed: usize) -> String {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let mut text = match held {
        0 => "no live position is open any more".to_owned(),
        _ => format!(
            "{} still open",
            counted(number(held), "live position is", "live positions are")
        ),
    };
    if failed > 0 {
        let _ = write!(
            text,
            "; {} in the state ERR, which no bot sells: look at the venue what of them you hold",
            counted(number(failed), "live position is", "live positions are")
        );
    }
    text
}

fn line(bot: &BotStatus) -> String {
    let pid = bot
        .pid
        .map_or_else(|| "-".to_owned(), |pid| pid.to_string());
    let up = seconds(bot.uptime_seconds);
    let heartbeat = match bot.heartbeat_seconds {
        Some(age) => format!("{age} s"),
        None => "-".to_owned(),
    };
    let hears = bot.hears.as_deref().unwrap_or("-");
    let mut doing = bot.doing.clone().unwrap_or_else(|| "-".to_owned());
    if let Some(pair) = &bot.pair {
        doing = format!("{pair}: {doing}");
    }
    let state = format!("{:<8}", bot.state);
    let state = match bot.state.as_str() {
        "running" => Style::Good.paint(&state),
        "starting" | "ending" | "down" => state,
        _ => Style::Warning.paint(&state),
    };
    format!(
        "  {:<9} {state} {pid:>8} {up:>11} {heartbeat:>9} {hears:<7} {:>6} {:>5} {:>5} {:>6}  {doing}\n",
        bot.name, bot.passes, bot.buys, bot.sells, bot.errors
    )
}

/// Whether all is well, in one line, and what is not.
fn judgement(status: &FleetStatus) -> String {
    let troubles = status.troubles();
    if troubles.is_empty() {
        return format!("\n  {}\n", Style::Good.paint("All is well."));
    }
    let count = u64::try_from(troubles.len()).unwrap_or(u64::MAX);
    let words = format!("NOT WELL: {}", counted(count, "trouble", "troubles"));
    let mut text = format!("\n  {}\n", Style::Warning.paint(&words));
    for trouble in troubles {
        let _ = writeln!(text, "    {trouble}");
    }
    text
}

/// What bots have said that somebody should look at, a line each.
fn details(status: &FleetStatus) -> String {
    let mut text = String::new();
    for bot in &status.bots {
        let name = &bot.name;
        if bot.state != "running"
            && let Some(end) = &bot.last_end
        {
            let again = match (bot.state.as_str(), bot.next_start_seconds) {
                ("held", _) => format!(
                    "; HELD after {}, start it with: cbtrade fleet restart {name}",
                    counted(bot.starts, "start", "starts"),
                ),
                (_, Some(seconds)) => format!("; starts again in {seconds} s"),
                _ => String::new(),
            };
            let _ = writeln!(text, "  {name}: {end}{again}");
        }
        if let Some(problem) = &bot.settings_problem {
            let _ = writeln!(
                text,
                "  {name}: the last good settings are in force: {problem}"
            );
        }
        if let (Some(error), Some(age @ ..ERROR_TOLD_SECONDS)) =
            (&bot.last_error, bot.last_error_seconds)
        {
            let age = seconds(Some(age));
            let _ = writeln!(text, "  {name}: last error, {age} ago: {error}");
        }
    }
    match text.is_empty() {
        true => text,
        false => format!("\n{text}"),
    }
}

fn seconds(seconds: Option<i64>) -> String {
    match seconds {
        Some(seconds) => time(Duration::from_secs(u64::try_from(seconds).unwrap_or(0))),
        None => "-".to_owned(),
    }
}
