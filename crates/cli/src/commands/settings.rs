//! `cbtrade settings`: the bots' settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cbtrade_bot::settings::{
    BOT_FILE, BotSettings, Finding, FindingKind, MarketSettings, Settings, SettingsError,
    SettingsStore,
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use super::fleet::Fleet;
use crate::arguments::EXIT_CODES;
use crate::error::{CommandError, Done, Kind};
use crate::words::wrapped;

/// Characters of a line.
const LINE_WIDTH: usize = 100;

/// Look at the bots' settings, or make examples
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Check(CheckArguments),
    Example(ExampleArguments),
}

/// Say whether the settings can be used, and what they do that one might not expect
///
/// Changes nothing. Reads `bot.json` and the markets' files that it names. Names every unknown key and wrong value with file
/// and line; lists limits that the former bots ignored and these keep to, and keys that do nothing.
#[derive(Debug, Args)]
#[command(after_help = check_help())]
struct CheckArguments {
    /// A folder of settings, or one file [default: the settings of the fleet]
    #[arg(value_name = "FOLDER|FILE")]
    path: Option<PathBuf>,
    /// The fleet's folder, where no path is named [default: `fleet` in the home folder]
    #[arg(long, value_name = "DIR", conflicts_with = "path")]
    fleet: Option<PathBuf>,
}

/// Write example settings into a folder; what is there stays as it is
#[derive(Debug, Args)]
#[command(after_help = example_help())]
struct ExampleArguments {
    /// The folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

fn check_help() -> String {
    format!(
        "Examples:\n  cbtrade settings check\n  cbtrade settings check /srv/bot/settings\n  cbtrade settings check market_usdc.json\n\n{EXIT_CODES}"
    )
}

fn example_help() -> String {
    format!("Examples:\n  cbtrade settings example settings\n\n{EXIT_CODES}")
}

/// Runs it.
pub(crate) fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    match &arguments.action {
        Action::Check(arguments) => check(context, arguments),
        Action::Example(arguments) => example(context, arguments),
    }
}

/// The settings of a folder, if they can be used.
///
/// # Errors
/// They cannot; the message says where and why.
pub(crate) fn check_folder(folder: &Path) -> Result<Settings, CommandError> {
    let store = SettingsStore::open(folder)?;
    Ok(store.current().as_ref().clone())
}

fn check(context: &Context<'_>, arguments: &CheckArguments) -> Done {
    let path = match &arguments.path {
        Some(path) => path.clone(),
        None => {
            Fleet::of(context, arguments.fleet.as_deref())?
                .config()?
                .settings
        }
    };
    if !path.exists() {
        return Err(not_there(&path));
    }
    let faults = match path.is_file() {
        true => faults_of_file(&path)?,
        false => Settings::faults(&path),
    };
    if faults.len() > 1 {
        return Err(many_faults(&path, &faults));
    }
    // One error alone is told as it is everywhere else.
    let settings = match path.is_file() {
        true => one_file(&path)?,
        false => check_folder(&path)?,
    };
    let findings = settings.check();
    let ui = context.ui;
    if ui.json() {
        let findings: Vec<Value> = findings.iter().map(document).collect();
        ui.document(&json!({
            "command": "settings check",
            "exit_code": 0,
            "path": path,
            "markets": settings.markets.keys().collect::<Vec<_>>(),
            "findings": findings,
        }));
        return Ok(());
    }
    ui.out(&text(&path, &settings, &findings));
    Ok(())
}

fn not_there(path: &Path) -> CommandError {
    CommandError::new(
        Kind::Unreachable,
        format!("there is no file or folder {}", path.display()),
    )
    .hint("Check the path. A relative path counts from the directory that you are in.")
    .hint("`cbtrade settings example FOLDER` writes examples.")
}

/// What the name and the text of a single file are.
fn name_and_text(path: &Path) -> Result<(String, String), SettingsError> {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let text = std::fs::read_to_string(path).map_err(|source| SettingsError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    Ok((name, text))
}

fn faults_of_file(path: &Path) -> Result<Vec<SettingsError>, CommandError> {
    let (name, text) = name_and_text(path)?;
    Ok(match name == BOT_FILE {
        true => BotSettings::faults(&text).0,
        false => MarketSettings::faults(&name, &text),
    })
}

/// Everything that is wrong, so that it can be mended at once.
fn many_faults(path: &Path, faults: &[SettingsError]) -> CommandError {
    let texts: Vec<String> = faults
        .iter()
        .map(|fault| {
            let mut text = fault.to_string();
            let mut source = std::error::Error::source(fault);
            while let Some(cause) = source {
                text.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            text
        })
        .collect();
    let lines = texts.iter().map(|text| {
        let line = wrapped(text, LINE_WIDTH, "      ");
        format!("  - {line}\n")
    });
    let mut error = CommandError::new(
        Kind::Refused,
        format!(
            "{} things are wrong in the settings in {}",
            texts.len(),
            path.display()
        ),
    )
    .hint("Mend them, and run the same command again. Bots that run keep the last good settings meanwhile.");
    error.listing = Some(lines.collect());
    error.detail("errors", json!(texts))
}

/// One file alone, with what else there must be as it is when nothing is said.
fn one_file(path: &Path) -> Result<Settings, CommandError> {
    let (name, text) = name_and_text(path)?;
    let nothing = || BotSettings::read("{}");
    if name == BOT_FILE {
        return Ok(Settings {
            bot: BotSettings::read(&text)?,
            markets: BTreeMap::new(),
        });
    }
    let quote = name
        .strip_prefix("market_")
        .and_then(|rest| rest.strip_suffix(".json"))
        .unwrap_or("usdc")
        .to_ascii_uppercase();
    let market = MarketSettings::read(&name, &text)?;
    Ok(Settings {
        bot: nothing()?,
        markets: BTreeMap::from([(quote, market)]),
    })
}

fn kind_name(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Enforced => "enforced",
        FindingKind::Caution => "caution",
        FindingKind::OddSpelling => "odd-spelling",
        FindingKind::Missing => "missing",
        FindingKind::WithoutEffect => "without-effect",
    }
}

fn kind_heading(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Enforced => "These hold now; the former bots did not keep to them",
        FindingKind::Caution => "These may not do what their names suggest",
        FindingKind::OddSpelling => "These are read under an odd spelling",
        FindingKind::Missing => "These are not in the files; their defaults hold",
        FindingKind::WithoutEffect => "These do nothing",
    }
}

fn document(finding: &Finding) -> Value {
    json!({
        "kind": kind_name(finding.kind),
        "quote": finding.quote,
        "key": finding.key,
        "value": finding.value,
        "message": finding.message,
    })
}

fn text(path: &Path, settings: &Settings, findings: &[Finding]) -> String {
    let quotes: Vec<&str> = settings.markets.keys().map(String::as_str).collect();
    let mut text = format!("The settings in {} can be used", path.display());
    if quotes.is_empty() {
        text.push_str(".\n");
    } else {
        text.push_str(&format!(" (markets: {}).\n", quotes.join(", ")));
    }
    let mut kind = None;
    for finding in findings {
        if kind != Some(finding.kind) {
            kind = Some(finding.kind);
            text.push_str(&format!("\n{}:\n", kind_heading(finding.kind)));
        }
        let line = wrapped(&finding.to_string(), LINE_WIDTH, "      ");
        text.push_str(&format!("  - {line}\n"));
    }
    text
}

fn example(context: &Context<'_>, arguments: &ExampleArguments) -> Done {
    let ui = context.ui;
    let folder = &arguments.folder;
    std::fs::create_dir_all(folder).map_err(|source| {
        CommandError::new(
            Kind::Unreachable,
            format!("the folder {} cannot be made", folder.display()),
        )
        .because(&source)
    })?;
    let written = Settings::write_example(folder)?;
    if ui.json() {
        ui.document(&json!({
            "command": "settings example",
            "exit_code": 0,
            "folder": folder,
            "made": written,
        }));
        return Ok(());
    }
    let mut text = String::new();
    for (name, _) in Settings::example() {
        let path = folder.join(name);
        let word = match written.contains(&path) {
            true => "made",
            false => "kept (it was there)",
        };
        text.push_str(&format!("  {word}   {}\n", path.display()));
    }
    ui.out(&text);
    ui.next(&[format!(
        "look at them:   cbtrade settings check {}",
        crate::words::shell(&folder.display().to_string())
    )]);
    Ok(())
}
