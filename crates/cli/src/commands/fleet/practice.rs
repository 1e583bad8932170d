//! `cbtrade fleet practice`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cbtrade_bot::settings::Settings;
use cbtrade_database::{Database, ErrorKind, Location, Options};
use cbtrade_fleet::practice::{self, PracticeCopy};
use cbtrade_fleet::{
    FleetConfig, FleetError, FleetFolder, Initialised, SupervisorState, supervisor_state,
};
use clap::Args;
use serde_json::json;

use super::{Fleet, operator};
use crate::arguments::EXIT_CODES;
use crate::error::{CommandError, Done, Kind};
use crate::place;
use crate::words::{counted, shell};

/// What the names of practice's databases end in.
const SUFFIX: &str = "_practice";
/// Time for one table: an installation's largest one is copied in it.
const COPY_TIMEOUT: Duration = Duration::from_secs(3600);

/// Make a copy of the database for practice, and a fleet for it
///
/// Practice on the local venue writes positions that nobody has: it belongs on a database of its own. This copies the tables
/// of the fleet's database into `cbtrade_practice` beside it, counts them, and makes the folder DIR with a fleet.toml that
/// names the copy, and with the fleet's settings. The real database is only read. What was cut off goes on when it is run
/// again.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct Arguments {
    /// The folder of the fleet to practise with; it is made
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

fn after_help() -> String {
    format!(
        "Examples:\n  cbtrade fleet practice practice\n  cbtrade fleet practice /srv/practice --fleet /srv/fleet\n\n{EXIT_CODES}"
    )
}

/// What practice is made of.
struct Made {
    location: Location,
    copy: Option<PracticeCopy>,
    files: Initialised,
}

pub(super) async fn run(fleet: &Fleet<'_>, arguments: &Arguments) -> Done {
    let folder = FleetFolder::new(&arguments.folder)?;
    if folder.path() == fleet.folder.path() {
        return Err(CommandError::new(
            Kind::Usage,
            format!("{} is the real fleet's folder", folder.path().display()),
        )
        .hint("Name another folder, which is made: cbtrade fleet practice practice"));
    }
    if let SupervisorState::Runs(holder) = supervisor_state(&fleet.folder)? {
        return Err(CommandError::new(
            Kind::Refused,
            format!(
                "the fleet runs ({}), and would write to the database while it is copied",
                holder.words()
            ),
        )
        .hint(format!("End it first: {}", fleet.command("down"))));
    }
    let config = config_of(fleet)?;
    let real = real_location(fleet, config.as_ref()).await?;
    let location = beside(&real)?;
    let copy = copied(fleet, &real, &location).await?;
    let files = folder_made(&folder, config.as_ref(), &location)?;
    let made = Made {
        location,
        copy,
        files,
    };
    tell(fleet, &folder, &made);
    Ok(())
}

/// The real fleet's configuration; none where there is none yet, which then has the private server's database.
fn config_of(fleet: &Fleet<'_>) -> Result<Option<FleetConfig>, CommandError> {
    match FleetConfig::read(&fleet.folder) {
        Ok(config) => Ok(Some(config)),
        Err(FleetError::NoConfig { .. }) if fleet.named.is_none() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Where the real database is; the private server is started where it is one of its.
async fn real_location(
    fleet: &Fleet<'_>,
    config: Option<&FleetConfig>,
) -> Result<Location, CommandError> {
    let context = fleet.context;
    let Some(config) = config else {
        if !place::private_server(&context.home)?.is_ours() {
            return Err(CommandError::new(
                Kind::Unreachable,
                "there is no fleet yet, and no private server with a database to copy",
            )
            .hint("Bring the old database back first: cbtrade recover LEGACY.db")
            .hint("Or make a fleet, and name its database in fleet.toml: cbtrade fleet init"));
        }
        place::start_private(context.ui, &context.home).await?;
        return place::private_location(&context.home);
    };
    if fleet.is_on_private_server(config)? {
        place::start_private(context.ui, &context.home).await?;
    }
    fleet.location(config)
}

/// The databases of practice, on the same server.
fn beside(real: &Location) -> Result<Location, CommandError> {
    let Location::Servers { targets, candles } = real else {
        return Err(CommandError::new(
            Kind::Refused,
            format!("{} is a SQLite file, which is copied as a file", real.display()),
        )
        .hint("With no bot running, copy the file with its -wal file, if there is one, into a new folder.")
        .hint("Then make a fleet that names the copy as target in [database] of its fleet.toml: cbtrade fleet init --fleet DIR"));
    };
    let name = database_of(real);
    if name.ends_with(SUFFIX) {
        return Err(CommandError::new(
            Kind::Refused,
            format!("{name} is practice's already, by its name"),
        )
        .hint("Name the real fleet with --fleet."));
    }
    let practice = format!("{name}{SUFFIX}");
    Ok(Location::Servers {
        targets: targets
            .iter()
            .map(|target| target.with_database(&practice))
            .collect(),
        candles: format!("{candles}{SUFFIX}"),
    })
}

fn database_of(location: &Location) -> String {
    let named = match location {
        Location::Servers { targets, .. } => targets.first().and_then(|it| it.database.clone()),
        Location::File { .. } => None,
    };
    named.unwrap_or_else(|| place::MAIN_DATABASE.to_owned())
}

async fn copied(
    fleet: &Fleet<'_>,
    real: &Location,
    location: &Location,
) -> Result<Option<PracticeCopy>, CommandError> {
    let ui = fleet.context.ui;
    Database::make_place(location).await?;
    let options = Options {
        program: "cbtrade fleet practice".to_owned(),
        connections_max: 2,
        call_timeout: COPY_TIMEOUT,
        figures_every: Duration::ZERO,
        ..Options::default()
    };
    let database = Database::open(location, options).await?;
    ui.say("  copying the tables …");
    let made = practice::make(&database, &database_of(real), &operator()).await;
    made.map_err(|error| {
        let is_taken = matches!(&error, FleetError::Database(source) if source.kind == ErrorKind::Conflict);
        let told = CommandError::from(error);
        match is_taken {
            true => told.hint("End whatever writes to the real database. What was copied is not used: remove it, then run the same command again.")
                .hint(format!("Remove it: {}", drop_command(fleet, location))),
            false => told,
        }
    })
}

/// How practice's databases are removed.
fn drop_command(fleet: &Fleet<'_>, location: &Location) -> String {
    let candles = match location {
        Location::Servers { candles, .. } => candles.as_str(),
        Location::File { .. } => "",
    };
    let sql = format!(
        "DROP DATABASE {}; DROP DATABASE {candles}",
        database_of(location)
    );
    match place::on_private_server(&fleet.context.home, location) {
        Some(_) => format!("cbtrade server shell -e '{sql}'"),
        None => format!("{sql}   (on their server)"),
    }
}

/// The folder with the settings of the real fleet, or the examples where it has none.
fn folder_made(
    folder: &FleetFolder,
    config: Option<&FleetConfig>,
    location: &Location,
) -> Result<Initialised, CommandError> {
    let own = match config {
        Some(config) => settings_in(&config.settings)?,
        None => Vec::new(),
    };
    let mut settings: Vec<(&str, &str)> = own
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    if settings.is_empty() {
        settings = Settings::example().to_vec();
    }
    let done = FleetConfig::initialise_practice(folder, &url_of(location), &settings)?;
    // A folder that was there before may name another database.
    let named = FleetConfig::read(folder)?.database;
    let is_same = match &named {
        Some(text) => url_of(&Location::parse(text, None)?) == url_of(location),
        None => false,
    };
    if is_same {
        return Ok(done);
    }
    Err(CommandError::new(
        Kind::Refused,
        format!(
            "{} was there already and does not name practice's database",
            folder.config_file().display()
        ),
    )
    .hint(format!(
        "It is left as it is. Name a folder that is not there yet, or write into its [database]: target = \"{}\"",
        url_of(location)
    )))
}

/// The texts of the settings' files, by name.
fn settings_in(folder: &Path) -> Result<Vec<(String, String)>, CommandError> {
    let failed = |source: std::io::Error| {
        CommandError::new(
            Kind::Unreachable,
            format!("the settings in {} cannot be read", folder.display()),
        )
        .because(&source)
    };
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if let (Some(name), true) = (name, path.extension().is_some_and(|it| it == "json")) {
            let text = std::fs::read_to_string(&path).map_err(failed)?;
            texts.push((name.to_owned(), text));
        }
    }
    texts.sort();
    Ok(texts)
}

/// The location as fleet.toml names it.
fn url_of(location: &Location) -> String {
    let (url, candles) = match location {
        Location::Servers { targets, candles } => {
            let hosts: Vec<String> = targets.iter().map(cbtrade_mysql::Target::display).collect();
            (several(&hosts), candles)
        }
        Location::File { path, .. } => return path.display().to_string(),
    };
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}candles={candles}")
}

/// One URL for servers that hold the same data.
fn several(urls: &[String]) -> String {
    let Some((first, others)) = urls.split_first() else {
        return String::new();
    };
    let host = |url: &str| {
        let rest = url.split_once('@').map_or("", |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or("").to_owned()
    };
    let own = host(first);
    let hosts: Vec<String> = std::iter::once(own.clone())
        .chain(others.iter().map(|url| host(url)))
        .collect();
    first.replacen(&format!("@{own}"), &format!("@{}", hosts.join(",")), 1)
}

fn tell(fleet: &Fleet<'_>, folder: &FleetFolder, made: &Made) {
    let ui = fleet.context.ui;
    let path = folder.path().display().to_string();
    let home = match fleet.context.home_named() {
        Some(home) => format!(" --home {}", shell(&home.display().to_string())),
        None => String::new(),
    };
    let command = |words: &str| format!("cbtrade {words} --fleet {}{home}", shell(&path));
    let tables = made.copy.as_ref().map_or(0, |copy| copy.tables.len());
    let rows: u64 = made
        .copy
        .iter()
        .flat_map(|copy| &copy.tables)
        .map(|table| table.rows)
        .sum();
    let cancelled = made.copy.as_ref().map_or(0, |copy| copy.orders_cancelled);
    let next = [
        format!(
            "in another terminal:   {}",
            command("venue run --balances-from-positions --balance USDC=10000")
        ),
        format!("start the bots:        {}", command("fleet up")),
        format!("look at them:          {}", command("fleet status")),
        format!(
            "when it is over:       {}",
            drop_command(fleet, &made.location)
        ),
    ];
    if ui.json() {
        ui.document(&json!({
            "command": "fleet practice",
            "exit_code": 0,
            "folder": path,
            "database": made.location.display(),
            "copied": made.copy.is_some(),
            "tables": tables,
            "rows": rows,
            "orders_cancelled": cancelled,
            "made": made.files.made,
            "kept": made.files.kept,
        }));
        return;
    }
    let mut text = match &made.copy {
        Some(_) => format!(
            "{}: {} in {} copied, and as many on both sides.\n",
            made.location.display(),
            counted(rows, "row", "rows"),
            counted(u64::try_from(tables).unwrap_or(u64::MAX), "table", "tables"),
        ),
        None => format!(
            "{} is practice's already and is kept as it is.\n",
            made.location.display()
        ),
    };
    if cancelled > 0 {
        text.push_str(&format!(
            "  {cancelled} orders that are open at Coinbase are cancelled in the copy; the practice venue does not have them\n"
        ));
    }
    text.push_str(&format!("The fleet to practise with is in {path}.\n"));
    ui.out(&text);
    ui.next(&next);
}
