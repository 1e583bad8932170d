//! The fleet as a table for people.

use std::fmt::Write as _;
use std::time::Duration;

use cbtrade_bot::stop::StopLevel;
use cbtrade_fleet::{BotStatus, FleetStatus, StopInFile};

use crate::ui::Style;
use crate::words::{counted, time};

/// Characters of what a bot does that are shown.
const DOING_WIDTH: usize = 28;

/// The whole picture.
pub(super) fn text(status: &FleetStatus) -> String {
    let mut text = head(status);
    let _ = writeln!(
        text,
        "\n  {:<9} {:<9} {:>8} {:>11} {:>10} {:<7}  {:<DOING_WIDTH$} {:>6} {:>5} {:>5} {:>6}",
        "bot",
        "state",
        "process",
        "up",
        "heartbeat",
        "hears",
        "does",
        "passes",
        "buys",
        "sells",
        "errors"
    );
    for bot in &status.bots {
        text.push_str(&line(bot));
    }
    let troubles = troubles(status);
    if !troubles.is_empty() {
        text.push('\n');
        text.push_str(&troubles);
    }
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
        let _ = write!(text, " since {at}");
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
        StopLevel::Liquidate => "everything is sold, nothing is bought",
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
    text
}

fn line(bot: &BotStatus) -> String {
    let pid = bot
        .pid
        .map_or_else(|| "-".to_owned(), |pid| pid.to_string());
    let up = seconds(bot.uptime_seconds);
    let heartbeat = match bot.heartbeat_seconds {
        Some(age) => format!("{age} s ago"),
        None => "-".to_owned(),
    };
    let hears = bot.hears.as_deref().unwrap_or("-");
    let mut doing = bot.doing.clone().unwrap_or_else(|| "-".to_owned());
    if let Some(pair) = &bot.pair {
        doing = format!("{pair}: {doing}");
    }
    let doing: String = doing.chars().take(DOING_WIDTH).collect();
    let state = format!("{:<9}", bot.state);
    let state = match bot.state.as_str() {
        "running" => Style::Good.paint(&state),
        "starting" | "ending" | "down" => state,
        _ => Style::Warning.paint(&state),
    };
    format!(
        "  {:<9} {state} {pid:>8} {up:>11} {heartbeat:>10} {hears:<7}  {doing:<DOING_WIDTH$} {:>6} {:>5} {:>5} {:>6}\n",
        bot.name, bot.passes, bot.buys, bot.sells, bot.errors
    )
}

/// What somebody should look at, a line each.
fn troubles(status: &FleetStatus) -> String {
    let mut text = String::new();
    if let Some(problem) = &status.supervisor.problem {
        let _ = writeln!(text, "  supervisor: {problem}");
    }
    for bot in &status.bots {
        if bot.state != "running"
            && let Some(end) = &bot.last_end
        {
            let again = match (bot.state.as_str(), bot.next_start_seconds) {
                ("held", _) => format!(
                    "; HELD after {}, start it with: cbtrade fleet restart {}",
                    counted(bot.starts, "start", "starts"),
                    bot.name
                ),
                (_, Some(seconds)) => format!("; starts again in {seconds} s"),
                _ => String::new(),
            };
            let _ = writeln!(text, "  {}: {end}{again}", bot.name);
        }
        if let Some(error) = &bot.last_error {
            let _ = writeln!(text, "  {}: last error: {error}", bot.name);
        }
    }
    text
}

fn seconds(seconds: Option<i64>) -> String {
    match seconds {
        Some(seconds) => time(Duration::from_secs(u64::try_from(seconds).unwrap_or(0))),
        None => "-".to_owned(),
    }
}
