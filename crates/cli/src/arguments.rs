//! What can be typed. `docs/reference/cli.md` is made from this.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    backtest, bot, db, doctor, fleet, key, migrate, recover, sample, server, settings, soak, venue,
};

/// Printed at the end of every command's help that can change something.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0   done (and verified, where it copies)
  2   the command line cannot be understood
  3   refused, nothing changed: findings to decide, target not empty, not confirmed
  4   verification found a difference
  5   stopped, the same command goes on
  6   the server or a file cannot be reached
  7   `fleet status --check`: not all is well
  70  a bug in cbtrade";

const EXAMPLES: &str = "\
Examples:
  cbtrade doctor cbtrade.db              what is wrong with this file, and who holds it
  cbtrade recover cbtrade.db             bring it to a private server, with proof, and cut over
  cbtrade recover /srv/bot/db            the same with all candle files below the folder
  cbtrade fleet up                       start the bots
  cbtrade fleet stop halt                EMERGENCY STOP: no more orders from this moment on
  cbtrade migrate run any.db --target 'mysql://root@localhost/shop?socket=/run/mysqld/mysqld.sock'
                                         copy and prove any SQLite file, without a cut-over

Exit codes:
  0   done (and verified, where it copies)
  2   the command line cannot be understood
  3   refused, nothing changed: findings to decide, target not empty, not confirmed
  4   verification found a difference
  5   stopped, the same command goes on
  6   the server or a file cannot be reached
  70  a bug in cbtrade";

/// Bring a locked-up SQLite file to MySQL or MariaDB, with proof
///
/// CBTrade recovers a trading-bot fleet (or anybody's data) from SQLite files that answer "database is locked". It
/// copies every value, compares every value on both sides, and only then, after your confirmation, makes the server the
/// live side. The old files are never written before that, and the way back stays open. Every command can be stopped at
/// any instant and started again.
#[derive(Debug, Parser)]
#[command(name = "cbtrade", version, after_help = EXAMPLES, arg_required_else_help = true)]
#[command(propagate_version = true, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Home folder: private server, work, archives, credentials [env: CBTRADE_HOME] [default:
    /// ~/.local/state/cbtrade]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,

    /// Write one JSON document to stdout, and everything else to stderr
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Doctor(doctor::Arguments),
    Recover(recover::Arguments),
    Migrate(migrate::Arguments),
    Fleet(fleet::Arguments),
    Key(key::Arguments),
    Settings(settings::Arguments),
    Venue(venue::Arguments),
    Bot(bot::Arguments),
    Db(db::Arguments),
    Server(server::Arguments),
    Sample(sample::Arguments),
    Soak(soak::Arguments),
    Backtest(Box<backtest::Arguments>),
    /// What `soak` starts as one of its bots.
    #[command(hide = true)]
    SoakBot,
    /// What `soak` starts to clean up after it, however it ends.
    #[command(hide = true)]
    SoakWatch,
}

impl Command {
    /// Whether it ends in order when it is asked to, instead of at once.
    pub(crate) fn ends_in_order(&self) -> bool {
        match self {
            Command::Fleet(arguments) => arguments.ends_in_order(),
            Command::Venue(arguments) => arguments.ends_in_order(),
            Command::Bot(_) => true,
            _ => false,
        }
    }

    /// What a stop on the way means for the command, and what to type next.
    pub(crate) fn stopped(&self) -> (&'static str, &'static str) {
        match self {
            Command::Recover(_) | Command::Migrate(_) => (
                "stopped; the same command goes on where it stands",
                "Run the same command again. `cbtrade migrate status` shows what stands where.",
            ),
            Command::Backtest(_) => (
                "stopped; nothing of the replay is kept but the trades that closed until now, where --trades was given",
                "The same command begins anew.",
            ),
            Command::Doctor(_) | Command::Settings(_) => (
                "stopped; nothing was changed",
                "The same command begins anew.",
            ),
            _ => ("stopped on the way", "Run the same command again."),
        }
    }
}

/// Where to.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TargetArguments {
    /// The server, as mysql://user@host:port/database or mysql://user@localhost/database?socket=PATH
    ///
    /// The password comes from CBTRADE_MYSQL_PASSWORD, or is asked for. The database must be empty, or not exist yet
    /// (then it is made). Without a database: `cbtrade`, and `ohlcv` for candle files. Without --target: a private server
    /// of cbtrade's own on this machine, started when needed.
    #[arg(long, value_name = "URL")]
    pub(crate) target: Option<String>,

    /// Database for candle files (the target's own database, where the URL names one)
    #[arg(long, value_name = "NAME")]
    pub(crate) candles_database: Option<String>,

    /// Make one user per role on the server (done without asking on the private server)
    #[arg(long)]
    pub(crate) roles: bool,
}

/// How.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct OptionArguments {
    /// Plan file with decisions on findings
    ///
    /// `migrate plan` and `recover` write it where it does not exist.
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,

    /// Ask nothing (findings without a decision still stop it)
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,

    /// Never round a double into a decimal column: widen the column instead
    #[arg(long)]
    pub(crate) exact: bool,

    /// Go on with what could be salvaged of a damaged file
    #[arg(long)]
    pub(crate) accept_damage: bool,

    /// Do not apply CBTrade's own table definitions: treat the file as any SQLite file
    #[arg(long)]
    pub(crate) no_catalogue: bool,

    /// Parallel readers and writers, 1 to 16
    #[arg(long, value_name = "N", default_value = "2", value_parser = clap::value_parser!(u8).range(1..=16))]
    pub(crate) workers: u8,
}

/// From where; at least one.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RequiredSources {
    /// SQLite files, or folders with them
    ///
    /// A folder means all *.db files in it and in its subfolders `db`, `ohlcvs` and `db/ohlcvs`.
    #[arg(required = true, value_name = "SOURCE")]
    pub(crate) sources: Vec<PathBuf>,
}

/// From where; none for the one migration that was begun.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct OptionalSources {
    /// The same SQLite files or folders as before; may be left out when only one migration was begun
    #[arg(value_name = "SOURCE")]
    pub(crate) sources: Vec<PathBuf>,
}
