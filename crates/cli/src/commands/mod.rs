//! The commands, one file each.

pub(crate) mod backtest;
pub(crate) mod bot;
pub(crate) mod db;
pub(crate) mod doctor;
pub(crate) mod fleet;
pub(crate) mod key;
pub(crate) mod migrate;
pub(crate) mod recover;
pub(crate) mod sample;
pub(crate) mod server;
pub(crate) mod settings;
pub(crate) mod soak;
pub(crate) mod venue;

use std::path::{Path, PathBuf};

use crate::arguments::{Arguments, Command};
use crate::error::Done;
use crate::place;
use crate::ui::Ui;

/// What every command is given.
pub(crate) struct Context<'a> {
    /// Words.
    pub(crate) ui: &'a Ui,
    /// The home folder.
    pub(crate) home: PathBuf,
    /// The home folder as it was named on the command line.
    pub(crate) home_named: Option<PathBuf>,
}

impl Context<'_> {
    /// The home folder to repeat in command lines, where it was named.
    pub(crate) fn home_named(&self) -> Option<&Path> {
        self.home_named.as_deref()
    }

    /// The folder by which all processes of this machine keep one limit of requests to a venue.
    pub(crate) fn limits(&self) -> PathBuf {
        self.home.join("limits")
    }
}

/// Runs the command.
pub(crate) async fn run(ui: &Ui, arguments: Arguments) -> Done {
    // The soak's own processes need no home.
    match arguments.command {
        Command::SoakBot => return soak::run_bot().await,
        Command::SoakWatch => return soak::run_watch(ui),
        _ => {}
    }
    let home_named = arguments.home.clone();
    let context = Context {
        ui,
        home: place::home(arguments.home)?,
        home_named,
    };
    match arguments.command {
        Command::Doctor(arguments) => doctor::run(&context, &arguments).await,
        Command::Recover(arguments) => recover::run(&context, &arguments).await,
        Command::Migrate(arguments) => migrate::run(&context, &arguments).await,
        Command::Fleet(arguments) => fleet::run(&context, &arguments).await,
        Command::Key(arguments) => key::run(&context, &arguments).await,
        Command::Bot(arguments) => bot::run(&context, &arguments).await,
        Command::Settings(arguments) => settings::run(&context, &arguments),
        Command::Venue(arguments) => venue::run(&context, &arguments).await,
        Command::Db(arguments) => db::run(&context, &arguments).await,
        Command::Server(arguments) => server::run(&context, &arguments).await,
        Command::Sample(arguments) => sample::run(&context, &arguments),
        Command::Soak(arguments) => soak::run(&context, &arguments).await,
        Command::Backtest(arguments) => backtest::run(&context, &arguments).await,
        Command::SoakBot | Command::SoakWatch => Ok(()),
    }
}
