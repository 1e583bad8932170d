//! The home folder, the private server, and the target with its password.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use cbtrade_database::Location;
use cbtrade_mysql::{Secret, Target};
use cbtrade_server::{ServerHome, ServerOptions};

use crate::arguments::TargetArguments;
use crate::environment;
use crate::error::{CommandError, Kind};
use crate::ui::Ui;

/// Database for everything but candles, where none is named.
pub(crate) const MAIN_DATABASE: &str = "cbtrade";
/// Database for candle files, where none is named.
pub(crate) const CANDLES_DATABASE: &str = "ohlcv";

/// A target with what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Server, user, password, database.
    pub(crate) target: Target,
    /// Database for candle files; the target's where absent.
    pub(crate) candles_database: Option<String>,
    /// Make one user per role.
    pub(crate) roles: bool,
    /// Whether it is the private server.
    pub(crate) private_server: bool,
}

impl Place {
    /// The databases that a migration uses.
    pub(crate) fn databases(&self) -> Vec<String> {
        self.target
            .database
            .iter()
            .chain(&self.candles_database)
            .cloned()
            .collect()
    }
}

/// The home folder: `--home`, `CBTRADE_HOME`, then the usual places.
///
/// # Errors
/// None of them is named.
pub(crate) fn home(named: Option<PathBuf>) -> Result<PathBuf, CommandError> {
    let path = named
        .filter(|path| !path.as_os_str().is_empty())
        .or_else(|| environment::HOME_FOLDER.value().map(PathBuf::from))
        .or_else(|| {
            environment::STATE_HOME
                .value()
                .map(|state| Path::new(&state).join("cbtrade"))
        })
        .or_else(|| {
            environment::USER_HOME
                .value()
                .map(|user| Path::new(&user).join(".local/state/cbtrade"))
        })
        .ok_or_else(|| {
            CommandError::new(Kind::Usage, "there is no home folder for cbtrade")
                .hint("Name one: --home DIR, or export CBTRADE_HOME=DIR")
        })?;
    std::path::absolute(&path).map_err(|source| {
        CommandError::new(
            Kind::Unreachable,
            format!("the home folder {} cannot be found", path.display()),
        )
        .because(&source)
    })
}

/// The private server's folder in a home folder.
///
/// # Errors
/// A path that cannot be resolved.
pub(crate) fn private_server(home: &Path) -> Result<ServerHome, CommandError> {
    Ok(ServerHome::new(home.join("server"))?)
}

/// The target that the arguments name, with its password; the private server, started, where they name none.
///
/// # Errors
/// A URL that cannot be read, a private server that does not start.
pub(crate) async fn resolve(
    ui: &Ui,
    home: &Path,
    arguments: &TargetArguments,
) -> Result<Place, CommandError> {
    match &arguments.target {
        Some(url) => named(ui, url, arguments),
        None => private(ui, home, arguments).await,
    }
}

/// A target that is named by its URL. Without a database in it the usual two are used.
///
/// # Errors
/// A URL that cannot be read.
pub(crate) fn named(
    ui: &Ui,
    url: &str,
    arguments: &TargetArguments,
) -> Result<Place, CommandError> {
    let mut target = Target::from_str(url)?;
    let mut candles_database = arguments.candles_database.clone();
    if target.database.is_none() {
        target = target.with_database(MAIN_DATABASE);
        candles_database = candles_database.or_else(|| Some(CANDLES_DATABASE.to_owned()));
    }
    let password = password(ui, &target)?;
    Ok(Place {
        target: target.with_password(password),
        candles_database,
        roles: arguments.roles,
        private_server: false,
    })
}

async fn private(ui: &Ui, home: &Path, arguments: &TargetArguments) -> Result<Place, CommandError> {
    let server = private_server(home)?;
    let running = server.start(&ServerOptions::default()).await?;
    if running.started_now {
        ui.say(&format!(
            "  private server: {} {}, started (process {}, socket {})",
            running.flavour,
            running.version,
            running.process.pid,
            running.socket.display()
        ));
    }
    Ok(Place {
        target: server.root_target()?.with_database(MAIN_DATABASE),
        candles_database: arguments
            .candles_database
            .clone()
            .or_else(|| Some(CANDLES_DATABASE.to_owned())),
        roles: true,
        private_server: true,
    })
}

/// Starts the private server, if it does not run.
///
/// # Errors
/// It does not start.
pub(crate) async fn start_private(ui: &Ui, home: &Path) -> Result<(), CommandError> {
    private(ui, home, &TargetArguments::default())
        .await
        .map(|_| ())
}

/// The bots' database on the private server. Nothing is started.
///
/// # Errors
/// There is no private server.
pub(crate) fn private_location(home: &Path) -> Result<Location, CommandError> {
    let target = private_server(home)?
        .root_target()?
        .with_database(MAIN_DATABASE);
    Ok(Location::Servers {
        targets: vec![target],
        candles: CANDLES_DATABASE.to_owned(),
    })
}

/// The password of a location that was named, to be handed on to a process of ours.
pub(crate) fn password_of(location: &Location) -> Option<Secret> {
    match location {
        Location::Servers { targets, .. } => targets.first()?.password.clone(),
        Location::File { .. } => None,
    }
}

/// The private server's target, where a location that was named is a database of it. Nothing is started.
pub(crate) fn on_private_server(home: &Path, location: &Location) -> Option<Target> {
    let Location::Servers { targets, .. } = location else {
        return None;
    };
    let root = private_server(home).ok()?.root_target().ok()?;
    let is_of_root = |target: &Target| target.socket == root.socket && target.user == root.user;
    (!targets.is_empty() && targets.iter().all(is_of_root)).then_some(root)
}

/// Where the bots' database is, with its password. That of the private server is known.
///
/// # Errors
/// A location that cannot be read.
pub(crate) fn location(ui: &Ui, home: &Path, text: &str) -> Result<Location, CommandError> {
    let location = Location::parse(text, None)?;
    let private = on_private_server(home, &location);
    let Location::Servers { targets, candles } = location else {
        return Ok(location);
    };
    let password = match targets.first() {
        _ if private.is_some() => private.and_then(|root| root.password),
        Some(target) => password(ui, target)?,
        None => None,
    };
    let targets = targets
        .into_iter()
        .map(|target| target.with_password(password.clone()))
        .collect();
    Ok(Location::Servers { targets, candles })
}

/// The password from the environment; else from the terminal, where there is one; else none.
pub(crate) fn password(ui: &Ui, target: &Target) -> Result<Option<Secret>, CommandError> {
    if environment::PASSWORD.value().is_some() {
        return match Secret::from_env(environment::PASSWORD.name) {
            Some(secret) => Ok(Some(secret)),
            None => Err(CommandError::new(
                Kind::Usage,
                format!("{} is not UTF-8 text", environment::PASSWORD.name),
            )),
        };
    }
    if !ui.can_ask() {
        return Ok(None);
    }
    let secret = ui.ask_password(&format!(
        "Password of {} (empty for none):",
        target.without_database().display()
    ))?;
    Ok(Some(secret).filter(|secret| !secret.expose().is_empty()))
}
