//! `cbtrade doctor`.

use std::path::{Path, PathBuf};

use cbtrade_migrate::doctor::{self, FileInside, FileOutside, Lock, Process, ServerDiagnosis};
use clap::Args;
use serde_json::{Value, json};

use super::Context;
use crate::arguments::{EXIT_CODES, TargetArguments};
use crate::error::{CommandError, Done, Kind};
use crate::place;
use crate::sources;
use crate::ui::{Style, Ui};
use crate::words::{counted, grouped, name_of, shell, size, wrapped};

/// Say what is wrong with files and a server, without changing anything
///
/// Of each file: size, journal, who has it open and holds locks, damage, broken foreign keys, tables and rows, and why
/// it may answer "database is locked". Of the server (with --target): version, unsafe settings, missing rights, and what
/// its databases hold. Exit code 0 when everything could be looked at, however bad it looks: `problems` in the JSON
/// counts what was found.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    /// SQLite files, or folders with them
    #[arg(value_name = "FILE", required_unless_present = "target")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetArguments,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade doctor cbtrade.db\n  cbtrade doctor /srv/bot/db --json\n  \
         cbtrade doctor cbtrade.db --target mysql://root@127.0.0.1:3306/cbtrade\n\n{EXIT_CODES}"
    )
}

/// A diagnosed file.
struct Diagnosed {
    outside: FileOutside,
    inside: Result<FileInside, CommandError>,
}

pub(crate) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let ui = context.ui;
    let files = sources::files(&arguments.files)?;
    let mut diagnosed = Vec::with_capacity(files.len());
    for file in &files {
        let outside = doctor::file_outside(file)?;
        let inside =
            doctor::file_inside(file, &context.home.join("doctor")).map_err(CommandError::from);
        diagnosed.push(Diagnosed { outside, inside });
    }
    let server = match &arguments.target.target {
        Some(url) => {
            let place = place::named(ui, url, &arguments.target)?;
            Some(doctor::server(&place.target, &place.databases()).await?)
        }
        None => None,
    };
    let next = next(arguments, &diagnosed);
    if ui.json() {
        document(ui, &diagnosed, server.as_ref(), &next);
    } else {
        if unreadable(&diagnosed).is_ok() {
            for file in &diagnosed {
                ui.out(&file_text(file));
            }
        }
        let advice = advice(&diagnosed);
        if !advice.is_empty() {
            ui.out(&advice);
        }
        if let Some(server) = &server {
            ui.out(&server_text(server));
        }
        ui.next(&next);
    }
    unreadable(&diagnosed)
}

/// A single file that cannot be looked into is an error; its kind decides the exit code.
fn unreadable(diagnosed: &[Diagnosed]) -> Done {
    match diagnosed {
        [only] => match &only.inside {
            Err(error) if error.kind != Kind::Bug && only.outside.journal_mode == "none" => {
                Err(error.clone())
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

fn next(arguments: &Arguments, diagnosed: &[Diagnosed]) -> Vec<String> {
    let typed: Vec<String> = arguments
        .files
        .iter()
        .map(|file| shell(&file.display().to_string()))
        .collect();
    let mut target = String::new();
    if let Some(url) = &arguments.target.target {
        target = format!(" --target {}", shell(url));
    }
    if typed.is_empty() {
        return vec![format!("cbtrade recover LEGACY.db{target}")];
    }
    let sound = |file: &Diagnosed| {
        file.inside
            .as_ref()
            .is_ok_and(|inside| inside.problems.is_empty())
    };
    if diagnosed.iter().any(is_fenced) {
        return vec![
            "cbtrade migrate status   (where the files went)".to_owned(),
            "cbtrade migrate rollback   (the way back)".to_owned(),
        ];
    }
    let readable = diagnosed.iter().any(|file| file.inside.is_ok());
    if !readable {
        return Vec::new();
    }
    let damage = if diagnosed.iter().all(sound) {
        ""
    } else {
        "   (it asks about the damage)"
    };
    vec![format!(
        "cbtrade recover {}{target}{damage}",
        typed.join(" ")
    )]
}

fn is_fenced(file: &Diagnosed) -> bool {
    file.inside
        .as_ref()
        .is_ok_and(|inside| inside.fence.is_some())
}

fn problems(file: &Diagnosed) -> u64 {
    match &file.inside {
        Ok(inside) => inside.problems.len() as u64 + inside.foreign_key_violations_total,
        Err(_) => 1,
    }
}

fn document(ui: &Ui, diagnosed: &[Diagnosed], server: Option<&ServerDiagnosis>, next: &[String]) {
    // An unreadable file ends the command with an error document of its own.
    if unreadable(diagnosed).is_err() {
        return;
    }
    let files: Vec<Value> = diagnosed
        .iter()
        .map(|file| {
            json!({
                "outside": file.outside,
                "inside": file.inside.as_ref().ok(),
                "error": file.inside.as_ref().err().map(|error| json!({
                    "kind": error.kind.name(),
                    "message": error.message,
                    "causes": error.causes,
                    "hints": error.hints,
                })),
                "problems": problems(file),
            })
        })
        .collect();
    let of_server = server.map_or(0, |server| {
        server.unsafe_settings.len() as u64
            + server.rights_missing.len() as u64
            + u64::from(server.read_only)
    });
    ui.document(&json!({
        "command": "doctor",
        "exit_code": 0,
        "files": files,
        "server": server,
        "problems": diagnosed.iter().map(problems).sum::<u64>() + of_server,
        "next": next,
    }));
}

fn processes(list: &[Process]) -> String {
    list.iter()
        .map(|process| format!("{} (process {})", process.program, process.pid))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What a file shows from outside, in one line.
pub(crate) fn short_text(outside: &FileOutside) -> String {
    let mut text = size(outside.bytes);
    if let Some(bytes) = outside.wal_bytes.filter(|bytes| *bytes > 0) {
        text.push_str(&format!(" and {} in its -wal file", size(bytes)));
    }
    if let Some(bytes) = outside.journal_bytes.filter(|bytes| *bytes > 0) {
        text.push_str(&format!(" and {} in its -journal file", size(bytes)));
    }
    if !outside.open_in.is_empty() {
        text.push_str(&format!(", open in {}", processes(&outside.open_in)));
    }
    if let Some(lock) = outside.locks.iter().find(|lock| lock.purpose == "writing") {
        text.push_str(&format!(
            ", locked for writing by process {}",
            lock.process.pid
        ));
    }
    text
}

/// What a file shows from outside, for people.
fn outside_text(outside: &FileOutside) -> String {
    let mut text = format!("  size           {}", size(outside.bytes));
    if let Some(bytes) = outside.wal_bytes {
        text.push_str(&format!(", and {} in its -wal file", size(bytes)));
    }
    if let Some(bytes) = outside.journal_bytes {
        text.push_str(&format!(
            ", and {} in its -journal file (a transaction that never ended)",
            size(bytes)
        ));
    }
    text.push('\n');
    let journal = match outside.journal_mode {
        "wal" => "write-ahead log (one writer at a time, readers beside it)",
        "rollback" => "rollback journal (one writer at a time, and nobody reads while it commits)",
        _ => "none: there is no SQLite header",
    };
    text.push_str(&format!("  journal        {journal}\n"));
    let open = if outside.open_in.is_empty() {
        "in no process that this user can see".to_owned()
    } else {
        processes(&outside.open_in)
    };
    text.push_str(&format!("  open           {open}\n"));
    text.push_str(&format!(
        "  locks          {}\n",
        locks_text(&outside.locks)
    ));
    text
}

fn locks_text(locks: &[Lock]) -> String {
    if locks.is_empty() {
        return "none".to_owned();
    }
    locks
        .iter()
        .map(|lock| {
            let purpose = match lock.purpose {
                "writing" => "holds the write lock",
                "waiting-to-write" => "waits to write, and keeps new readers out",
                "checkpoint" => "moves the -wal file into the database",
                "recovery" => "repairs the -wal file's index",
                "connected" => "is connected",
                _ => "is reading",
            };
            format!("{} {}: {purpose}", lock.process.program, lock.process.pid)
        })
        .collect::<Vec<_>>()
        .join("; ")
}

fn file_text(file: &Diagnosed) -> String {
    let mut text = format!(
        "{}\n{}",
        Style::Heading.paint(&file.outside.path.display().to_string()),
        outside_text(&file.outside)
    );
    match &file.inside {
        Ok(inside) => text.push_str(&inside_text(inside)),
        Err(error) => {
            text.push_str(&format!("  inside         {}\n", error.message));
            for line in error.causes.iter().chain(&error.hints) {
                text.push_str(&format!(
                    "                 {}\n",
                    wrapped(line, 80, "                 ")
                ));
            }
        }
    }
    text.push_str(&locked_now(&file.outside).unwrap_or_default());
    text
}

fn inside_text(inside: &FileInside) -> String {
    let rows: u64 = inside.tables.iter().filter_map(|table| table.rows).sum();
    let known = inside.tables.iter().filter(|table| table.known).count();
    let role = match name_of(inside.role).as_str() {
        "trading" => "CBTrade's trading database",
        "candles" => "a candle file of CBTrade",
        _ => "an SQLite database of something else (it can be brought over all the same)",
    };
    let mut text = format!(
        "  what           {role}\n  format         pages of {}, {}\n  tables         {} with {} ({known} of them CBTrade's)\n",
        size(u64::from(inside.page_bytes)),
        inside.encoding,
        counted(inside.tables.len() as u64, "table", "tables"),
        counted(rows, "row", "rows"),
    );
    for table in &inside.tables {
        let rows = table.rows.map_or_else(
            || "cannot be read".to_owned(),
            |rows| counted(rows, "row", "rows"),
        );
        text.push_str(&format!("                 {}: {rows}\n", table.name));
    }
    if inside.problems.is_empty() {
        text.push_str(&format!(
            "  integrity      {}\n",
            Style::Good.paint("sound")
        ));
    } else {
        text.push_str(&format!(
            "  integrity      {}\n",
            Style::Error.paint(&counted(
                inside.problems.len() as u64,
                "problem",
                "problems"
            ))
        ));
        for problem in &inside.problems {
            text.push_str(&format!(
                "                 {}: {}\n",
                name_of(problem.kind),
                problem.text
            ));
        }
    }
    if inside.foreign_key_violations_total > 0 {
        let tables: Vec<&str> = inside
            .foreign_key_violations
            .keys()
            .map(String::as_str)
            .collect();
        text.push_str(&format!(
            "  foreign keys   {} that point to no row, in {}\n",
            counted(inside.foreign_key_violations_total, "row", "rows"),
            tables.join(", ")
        ));
    } else {
        text.push_str("  foreign keys   no broken one\n");
    }
    if let Some(fence) = &inside.fence {
        text.push_str(&format!(
            "  fence          the file refuses writes since {}, because of migration {}: \"{}\"\n",
            fence.at, fence.migration, fence.message
        ));
    }
    text
}

/// Who keeps others from writing at this moment.
fn locked_now(outside: &FileOutside) -> Option<String> {
    let writer = outside
        .locks
        .iter()
        .find(|lock| matches!(lock.purpose, "writing" | "waiting-to-write" | "checkpoint"))?;
    Some(format!(
        "  locked now     by {} (process {}): every other writer waits, and after its timeout gets \"database is locked\"\n",
        writer.process.program, writer.process.pid
    ))
}

/// Why "database is locked" happens, once for all files.
fn advice(diagnosed: &[Diagnosed]) -> String {
    if diagnosed.iter().all(is_fenced) {
        return String::new();
    }
    let mut advice = Vec::new();
    let any = |mode: &str| {
        diagnosed
            .iter()
            .any(|file| file.outside.journal_mode == mode)
    };
    if any("wal") {
        advice.push("With a write-ahead log, SQLite lets one process write at a time. A bot that holds a transaction open (or hangs in one) makes all others fail, and a reader that never ends lets the -wal file grow without end.");
    }
    if any("rollback") {
        advice.push("With a rollback journal, SQLite lets one process write at a time, and a commit also waits for every reader to end. Several bots on one file get \"database is locked\" as soon as one of them takes longer than the others' timeout.");
    }
    if advice.is_empty() {
        return String::new();
    }
    advice.push("A server (MySQL or MariaDB) locks rows instead of the file. That is what `cbtrade recover` brings it to.");
    if diagnosed
        .iter()
        .any(|file| file.outside.wal_bytes.is_some_and(|bytes| bytes > 0))
    {
        advice.push("Never copy or move a file without its -wal file: what was committed last is only there.");
    }
    let mut text = format!(
        "{}\n",
        Style::Heading.paint("Why \"database is locked\" happens")
    );
    for line in advice {
        text.push_str(&format!("  {}\n", wrapped(line, 94, "  ")));
    }
    text
}

fn server_text(server: &ServerDiagnosis) -> String {
    let mut text = format!(
        "{}\n  version        {}\n  account        {}\n  packets        up to {}\n",
        Style::Heading.paint(&server.target),
        server.version,
        server.account,
        size(server.packet_bytes_max)
    );
    if server.read_only {
        text.push_str("  writes         refused: the server is read-only\n");
    }
    for database in &server.databases {
        let state = match database.state {
            "absent" => "does not exist yet (it is made)".to_owned(),
            "empty" => "exists and is empty".to_owned(),
            "migration" => format!("holds migration {} of cbtrade", database.holds.join(", ")),
            _ => format!(
                "is in use ({}): a migration would refuse it",
                database.holds.join(", ")
            ),
        };
        text.push_str(&format!("  database       {} {state}\n", database.name));
    }
    if server.rights_missing.is_empty() {
        text.push_str("  rights         all that a migration needs\n");
    }
    for missing in &server.rights_missing {
        text.push_str(&format!(
            "  rights         {} {missing} (unless a role holds them)\n",
            Style::Warning.paint("missing:")
        ));
    }
    if server.triggers_doubtful {
        text.push_str("  triggers       may be refused: the binary log is on and log_bin_trust_function_creators is off\n");
    }
    if server.unsafe_settings.is_empty() {
        text.push_str("  settings       no unsafe one\n");
    }
    for setting in &server.unsafe_settings {
        text.push_str(&format!(
            "  {} {} = {}, safe is {}\n                 {}\n",
            Style::Warning.paint("unsafe:       "),
            setting.name,
            grouped_if_number(&setting.value),
            setting.wanted,
            wrapped(&setting.why, 80, "                 ")
        ));
    }
    text
}

fn grouped_if_number(text: &str) -> String {
    match text.parse::<u64>() {
        Ok(number) if number >= 10_000 => grouped(number),
        _ => text.to_owned(),
    }
}

/// Who still has a file open, for `recover`.
pub(crate) fn open_elsewhere(path: &Path) -> Vec<Process> {
    doctor::file_outside(path)
        .map(|outside| outside.open_in)
        .unwrap_or_default()
}
