//! `cbtrade fleet`: all bots, their supervisor, the stop levels.

mod arm;
mod down;
mod init;
mod liquidation;
pub(crate) mod live;
mod orders;
mod positions;
mod practice;
mod restart;
mod status;
mod stop;
mod table;
mod up;
mod waits;

use std::path::{Path, PathBuf};
use std::time::Duration;

use cbtrade_core::{Clock as _, SystemClock};
use cbtrade_database::{Database, Location, Options};
use cbtrade_fleet::{FleetConfig, FleetFolder, FleetStatus};
use clap::{Args, Subcommand};

use super::Context;
use crate::error::{CommandError, Done};
use crate::place;
use crate::words::shell;

/// The folder of the fleet in the home folder.
const FOLDER: &str = "fleet";
/// How long a look into the database may take: a status must come when the database does not.
const LOOK_WAIT: Duration = Duration::from_secs(3);

/// Run the bots: start, look, stop
///
/// A fleet is a folder with `fleet.toml`, the bots' settings and their logs. One supervisor starts a process for each bot,
/// starts it again when it ends or hangs, and ends it when told to. First steps: `fleet init`, `settings check`,
/// `fleet practice`, and `fleet up`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// The fleet's folder [default: `fleet` in the home folder]
    #[arg(long, global = true, value_name = "DIR")]
    fleet: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Init(init::Arguments),
    Practice(practice::Arguments),
    Up(up::Arguments),
    Status(status::Arguments),
    Stop(stop::Arguments),
    Arm(arm::Arguments),
    Restart(restart::Arguments),
    Positions(positions::Arguments),
    Orders(orders::Arguments),
    Down(down::Arguments),
}

/// A fleet's folder, as it was named.
pub(crate) struct Fleet<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) folder: FleetFolder,
    named: Option<&'a Path>,
}

impl Arguments {
    /// Whether the command ends in order when it is asked to, instead of at once.
    pub(crate) fn ends_in_order(&self) -> bool {
        match &self.action {
            Action::Up(arguments) => arguments.is_foreground(),
            Action::Status(arguments) => arguments.is_watching(),
            _ => false,
        }
    }
}

/// Runs it.
pub(crate) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let fleet = Fleet::of(context, arguments.fleet.as_deref())?;
    match &arguments.action {
        Action::Init(arguments) => init::run(&fleet, arguments),
        Action::Practice(arguments) => practice::run(&fleet, arguments).await,
        Action::Up(arguments) => up::run(&fleet, arguments).await,
        Action::Status(arguments) => status::run(&fleet, arguments).await,
        Action::Stop(arguments) => stop::run(&fleet, arguments).await,
        Action::Arm(arguments) => arm::run(&fleet, arguments).await,
        Action::Restart(arguments) => restart::run(&fleet, arguments).await,
        Action::Positions(arguments) => positions::run(&fleet, arguments)
            .await
            .map_err(|error| fleet.with_advice(error)),
        Action::Orders(arguments) => orders::run(&fleet, arguments)
            .await
            .map_err(|error| fleet.with_advice(error)),
        Action::Down(arguments) => down::run(&fleet, arguments).await,
    }
}

impl<'a> Fleet<'a> {
    /// The folder that is named, or the home folder's.
    pub(crate) fn of(
        context: &'a Context<'a>,
        named: Option<&'a Path>,
    ) -> Result<Fleet<'a>, CommandError> {
        let usual = context.home.join(FOLDER);
        Ok(Fleet {
            context,
            folder: FleetFolder::new(named.unwrap_or(&usual))?,
            named,
        })
    }

    pub(crate) fn config(&self) -> Result<FleetConfig, CommandError> {
        Ok(FleetConfig::read(&self.folder)?)
    }

    /// A command about this fleet, as it must be typed.
    fn command(&self, words: &str) -> String {
        self.full_command(&format!("fleet {words}"))
    }

    /// A command of any kind about this fleet, as it must be typed.
    pub(crate) fn full_command(&self, words: &str) -> String {
        match self.named {
            Some(folder) => {
                let folder = shell(&folder.display().to_string());
                self.command_of_home(&format!("{words} --fleet {folder}"))
            }
            None => self.command_of_home(words),
        }
    }

    /// A command that knows no fleet, as it must be typed for this home folder.
    fn command_of_home(&self, words: &str) -> String {
        let mut command = format!("cbtrade {words}");
        if let Some(home) = self.context.home_named() {
            command.push_str(&format!(" --home {}", shell(&home.display().to_string())));
        }
        command
    }

    /// Where the fleet's database is, with its password. Starts nothing.
    pub(crate) fn location(&self, config: &FleetConfig) -> Result<Location, CommandError> {
        match &config.database {
            Some(text) => place::location(self.context.ui, &self.context.home, text),
            None => place::private_location(&self.context.home),
        }
    }

    /// Whether the fleet's database is one of the private server.
    fn is_on_private_server(&self, config: &FleetConfig) -> Result<bool, CommandError> {
        let Some(text) = &config.database else {
            return Ok(true);
        };
        let location = Location::parse(text, None)?;
        Ok(place::on_private_server(&self.context.home, &location).is_some())
    }

    /// The fleet's database, for a short look.
    pub(crate) async fn database(&self, config: &FleetConfig) -> Result<Database, CommandError> {
        Ok(Database::open(&self.location(config)?, look()).await?)
    }

    /// The fleet's database for an emergency: where `fleet.toml` is missing or broken just now, the private server's.
    async fn database_of_any_config(&self) -> Result<Database, CommandError> {
        match self.config() {
            Ok(config) => self.database(&config).await,
            Err(error) => match place::private_location(&self.context.home) {
                Ok(location) => Ok(Database::open(&location, look()).await?),
                Err(_) => Err(error),
            },
        }
    }

    /// An error of the fleet's database, with the advice that belongs to it.
    fn with_advice(&self, error: CommandError) -> CommandError {
        match self
            .config()
            .and_then(|config| self.is_on_private_server(&config))
        {
            Ok(true) => place::on_the_private_server(error, self.context.home_named()),
            _ => error,
        }
    }

    /// The fleet as it is, also where `fleet.toml` cannot be used just now: what runs must be seen then too.
    async fn status_of_any_config(&self) -> Result<FleetStatus, CommandError> {
        let error = match self.config() {
            Ok(config) => return self.status(&config).await,
            Err(error) if !self.folder.config_file().exists() => return Err(error),
            Err(error) => error,
        };
        let problem = words_of(&error);
        let mut status = FleetStatus::without_config(&self.folder, problem, SystemClock.now())?;
        status.without_database(
            "not known",
            "fleet.toml says where it is, and cannot be used".to_owned(),
        );
        Ok(status)
    }

    /// The fleet as it is, with what the database knows where it can be had.
    async fn status(&self, config: &FleetConfig) -> Result<FleetStatus, CommandError> {
        let mut status = FleetStatus::of_folder(&self.folder, config, SystemClock.now())?;
        let location = match &config.database {
            Some(text) => text.clone(),
            None => "the private server".to_owned(),
        };
        match self.database(config).await {
            Ok(database) => {
                if let Err(error) = status.add_database(&database).await {
                    status
                        .without_database(&database.location().display(), words_of(&error.into()));
                }
            }
            Err(error) => status.without_database(&location, words_of(&error)),
        }
        Ok(status)
    }
}

/// For a short look.
fn look() -> Options {
    Options {
        program: "cbtrade fleet".to_owned(),
        connections_max: 2,
        call_timeout: LOOK_WAIT,
        acquire_timeout: LOOK_WAIT,
        // A tool that looks is no process to look at.
        figures_every: Duration::ZERO,
        ..Options::default()
    }
}

/// An error with its causes in one line.
pub(crate) fn words_of(error: &CommandError) -> String {
    let mut words = error.message.clone();
    for cause in &error.causes {
        words.push_str(": ");
        words.push_str(cause);
    }
    words
}

/// Who types this.
fn operator() -> String {
    let name = nix::unistd::User::from_uid(nix::unistd::Uid::current())
        .ok()
        .flatten()
        .map_or_else(|| "somebody".to_owned(), |user| user.name);
    let host = nix::unistd::gethostname()
        .ok()
        .and_then(|host| host.into_string().ok());
    match host {
        Some(host) => format!("{name}@{host}"),
        None => name,
    }
}
