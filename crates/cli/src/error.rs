//! Every error as people and programs meet it: kind, message, causes, hints, exit code. The one place where errors of
//! the libraries become words.

mod fleet;
mod hints;
mod vault;

use std::error::Error as StdError;

use cbtrade_migrate::ErrorKind;
use serde_json::{Map, Value};

/// What kind of end it is. Each has one exit code and one name in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The command line cannot be understood.
    Usage,
    /// Refused; nothing was changed.
    Refused,
    /// Findings need a decision; nothing was changed.
    Findings,
    /// What was asked about was not confirmed; it was not done.
    NotConfirmed,
    /// Verification found a difference.
    Different,
    /// Stopped on the way; the same command goes on.
    Stopped,
    /// The server or a file cannot be reached.
    Unreachable,
    /// A fleet that was looked at is not as it should be.
    NotWell,
    /// A fault of ours.
    Bug,
}

impl Kind {
    /// All kinds, in the order of their codes.
    #[cfg(test)]
    pub(crate) const ALL: [Kind; 9] = [
        Kind::Usage,
        Kind::Refused,
        Kind::Findings,
        Kind::NotConfirmed,
        Kind::Different,
        Kind::Stopped,
        Kind::Unreachable,
        Kind::NotWell,
        Kind::Bug,
    ];

    /// The exit code.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Kind::Usage => 2,
            Kind::Refused | Kind::Findings | Kind::NotConfirmed => 3,
            Kind::Different => 4,
            Kind::Stopped => 5,
            Kind::Unreachable => 6,
            Kind::NotWell => 7,
            Kind::Bug => 70,
        }
    }

    /// The name in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Usage => "usage",
            Kind::Refused => "refused",
            Kind::Findings => "findings",
            Kind::NotConfirmed => "not-confirmed",
            Kind::Different => "different",
            Kind::Stopped => "stopped",
            Kind::Unreachable => "unreachable",
            Kind::NotWell => "not-well",
            Kind::Bug => "bug",
        }
    }

    /// What it means, for the page of exit codes.
    #[cfg(test)]
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Kind::Usage => "The command line cannot be understood. Nothing was done.",
            Kind::Refused => {
                "Refused for a reason that is named, such as a passphrase that does not open the key. Nothing was changed (what was begun was taken back)."
            }
            Kind::Findings => {
                "Findings need a decision first. Nothing was changed; the plan file waits for the decisions."
            }
            Kind::NotConfirmed => {
                "A question was not answered as it must be to go on; nothing was changed after it. At a cut-over: the copy stands and is proved; the old files are as they were and live."
            }
            Kind::Different => {
                "Verification found a difference. Do not cut over; the report names row, column and both values."
            }
            Kind::Stopped => {
                "Stopped on the way (Ctrl-C, a lost server, a full disk, another cbtrade at work). The same command goes on."
            }
            Kind::Unreachable => {
                "The server or a file cannot be reached: absent, refused, or no right to use it."
            }
            Kind::NotWell => {
                "`cbtrade fleet status --check` was asked, and not all is well with the fleet. Nothing was changed."
            }
            Kind::Bug => "A fault of cbtrade's own. Please report it with the message.",
        }
    }
}

/// The end of a command that did not do what was asked.
#[derive(Clone, Debug)]
pub(crate) struct CommandError {
    /// What kind of end.
    pub(crate) kind: Kind,
    /// What happened, and where.
    pub(crate) message: String,
    /// Why, from the nearest cause to the first one.
    pub(crate) causes: Vec<String>,
    /// What it means and what to type next.
    pub(crate) hints: Vec<String>,
    /// Text for people between message and hints.
    pub(crate) listing: Option<String>,
    /// More for the JSON document.
    pub(crate) detail: Box<Map<String, Value>>,
}

/// What commands return.
pub(crate) type Done = Result<(), CommandError>;

impl CommandError {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> CommandError {
        CommandError {
            kind,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            listing: None,
            detail: Box::default(),
        }
    }

    /// Adds an error and everything behind it as causes.
    pub(crate) fn because(mut self, error: &(dyn StdError + 'static)) -> CommandError {
        let mut cause = Some(error);
        while let Some(error) = cause {
            let text = without_repetition(&error.to_string());
            // Some libraries repeat the inner text in the outer one.
            let said = self
                .causes
                .last()
                .is_some_and(|before| before.contains(&text))
                || self.message.contains(&text);
            if !said && !text.is_empty() {
                self.causes.push(text);
            }
            cause = error.source();
        }
        self
    }

    /// Adds a hint.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> CommandError {
        let hint = hint.into();
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
        self
    }

    /// Adds hints.
    pub(crate) fn hints(mut self, hints: impl IntoIterator<Item = String>) -> CommandError {
        for hint in hints {
            self = self.hint(hint);
        }
        self
    }

    /// Adds a value to the JSON document.
    pub(crate) fn detail(mut self, name: &str, value: Value) -> CommandError {
        self.detail.insert(name.to_owned(), value);
        self
    }

    /// An error of a library with all its causes.
    fn of(kind: Kind, error: &(dyn StdError + 'static)) -> CommandError {
        let told = CommandError::new(kind, error.to_string());
        match error.source() {
            Some(source) => told.because(source),
            None => told,
        }
    }
}

/// `a: a: b` as `a: b`: the driver says so what it was told by the operating system.
fn without_repetition(text: &str) -> String {
    let mut parts: Vec<&str> = text.split(": ").collect();
    parts.dedup();
    if parts.len() > 1 && parts[0] == "Input/output error" {
        parts.remove(0);
    }
    parts.join(": ")
}

impl From<cbtrade_migrate::Error> for CommandError {
    fn from(error: cbtrade_migrate::Error) -> CommandError {
        use cbtrade_migrate::Error;
        let kind = match error.kind() {
            ErrorKind::Refused => Kind::Refused,
            ErrorKind::Different => Kind::Different,
            ErrorKind::Resumable => Kind::Stopped,
            ErrorKind::Unreachable => Kind::Unreachable,
            ErrorKind::Bug => Kind::Bug,
        };
        match &error {
            Error::Undecided { findings, plan } => findings_error(&error, findings, plan),
            Error::TargetGone { .. } => CommandError::of(kind, &error)
                .hint("`cbtrade migrate status` shows what stands where."),
            Error::Taken { .. } => CommandError::of(kind, &error).hint(
                "Nothing was changed. Run `cbtrade migrate rollback` with that migration's sources first, or name another database.",
            ),
            Error::NotEmpty { .. } => CommandError::of(kind, &error).hint(
                "Nothing was changed. Name an empty database, or one that does not exist yet (it is made): --target 'mysql://user@host:port/DATABASE'",
            ),
            Error::OtherRows { .. } => CommandError::of(kind, &error).hint(
                "Somebody else put them there. Nothing was changed. Move them elsewhere, or let them go: `cbtrade migrate rollback` with --drop-other-rows.",
            ),
            Error::Refused { next, .. } => CommandError::of(kind, &error).hint(next.clone()),
            Error::Different { proof, .. } => CommandError::of(kind, &error)
                .hint("Do not cut over: the two sides are not equal. The old files are as they were and stay live.")
                .hint(format!(
                    "Everything that is known about the differences is in {}.",
                    proof.display()
                ))
                .hint("Something else may have written to the target since the copy. Take it back with `cbtrade migrate rollback` and run again; if it differs again, it is a bug of ours.")
                .detail("proof_file", Value::from(proof.display().to_string())),
            Error::Server { source, .. } => {
                let kind = match hints::cannot_log_in(source) {
                    true => Kind::Unreachable,
                    false => kind,
                };
                CommandError::of(kind, &error).hints(hints::of_server(source))
            }
            Error::Source { path, source } => {
                CommandError::of(kind, &error).hints(hints::of_source(path, source))
            }
            Error::Table { source, .. } => {
                CommandError::of(kind, &error).hints(hints::of_file(source))
            }
            Error::Work { path, source, .. } => {
                CommandError::of(hints::work_kind(source), &error)
                    .hints(hints::of_work(path, source))
            }
            Error::File { path, .. }
                if path.extension().is_some_and(|extension| extension == "toml") =>
            {
                CommandError::of(kind, &error).hint(format!(
                    "Correct {0}, or move it away and write it anew: `cbtrade migrate plan` with the same sources and target, and --plan {0}",
                    path.display()
                ))
            }
            Error::File { path, .. } => CommandError::of(kind, &error).hint(format!(
                "Correct {}, or move it away and run the same command again: it is made anew.",
                path.display()
            )),
            Error::Busy { .. } => CommandError::of(kind, &error).hint(
                "Wait until it has ended (or end it: it can be stopped at any instant), then run the same command again.",
            ),
            Error::Bug(_) => CommandError::of(kind, &error)
                .hint("This is a bug in cbtrade. The old files are as they were; `cbtrade migrate status` shows the target."),
        }
    }
}

fn findings_error(
    error: &cbtrade_migrate::Error,
    findings: &[impl serde::Serialize],
    plan: &std::path::Path,
) -> CommandError {
    let values = serde_json::to_value(findings).unwrap_or_default();
    let mut told = CommandError::of(Kind::Findings, error)
        .detail("plan_file", Value::from(plan.display().to_string()))
        .detail("findings", values.clone());
    told.listing = Some(crate::ui::findings_text(&values));
    told.hint(format!(
        "Open {} and change `decision = \"stop\"` of each of them to one of its `choices`. Nothing was changed so far.",
        plan.display()
    ))
}

impl From<cbtrade_sqlite::Error> for CommandError {
    fn from(error: cbtrade_sqlite::Error) -> CommandError {
        CommandError::of(hints::file_kind(&error), &error).hints(hints::of_file(&error))
    }
}

impl From<cbtrade_mysql::Error> for CommandError {
    fn from(error: cbtrade_mysql::Error) -> CommandError {
        use cbtrade_mysql::Error;
        let kind = match &error {
            Error::UrlInvalid { .. } | Error::UrlKey { .. } | Error::PasswordInUrl => Kind::Usage,
            Error::TooOld { .. } | Error::Contract { .. } => Kind::Refused,
            _ => Kind::Unreachable,
        };
        CommandError::of(kind, &error).hints(hints::of_server(&error))
    }
}

impl From<cbtrade_database::Error> for CommandError {
    fn from(error: cbtrade_database::Error) -> CommandError {
        use cbtrade_database::ErrorKind as Database;
        let kind = match error.kind {
            Database::Location => Kind::Usage,
            Database::Unreachable | Database::AccessDenied | Database::NotFound => {
                Kind::Unreachable
            }
            Database::Deadline
            | Database::OutcomeUnknown
            | Database::Conflict
            | Database::PoolExhausted
            | Database::DiskFull => Kind::Stopped,
            _ => Kind::Refused,
        };
        // What a server said has its own way out; what is missing here is made by the layer.
        let hints = match (error.kind, server_error(&error)) {
            (Database::NotFound, _) | (_, None) => Vec::new(),
            (_, Some(server)) => hints::of_server(server),
        };
        CommandError::of(kind, &error).hints(hints)
    }
}

/// The server's error among an error's causes.
fn server_error<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a cbtrade_mysql::Error> {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(server) = inner.downcast_ref() {
            return Some(server);
        }
        cause = inner.source();
    }
    None
}

impl From<cbtrade_fleet::FleetError> for CommandError {
    fn from(error: cbtrade_fleet::FleetError) -> CommandError {
        match error {
            cbtrade_fleet::FleetError::Database(source) => CommandError::from(*source),
            error => CommandError::of(fleet::kind(&error), &error).hints(fleet::hints(&error)),
        }
    }
}

impl From<cbtrade_vault::VaultError> for CommandError {
    fn from(error: cbtrade_vault::VaultError) -> CommandError {
        CommandError::of(vault::kind(&error), &error).hints(vault::hints(&error))
    }
}

impl From<cbtrade_fleet::stops::StopError> for CommandError {
    fn from(error: cbtrade_fleet::stops::StopError) -> CommandError {
        CommandError::of(Kind::Unreachable, &error).hint(
            "`cbtrade fleet status` says what is in force. Run the same command again when the cause is gone.",
        )
    }
}

impl From<cbtrade_bot::settings::SettingsError> for CommandError {
    fn from(error: cbtrade_bot::settings::SettingsError) -> CommandError {
        CommandError::of(fleet::settings_kind(&error), &error).hints(fleet::of_settings(&error))
    }
}

impl From<cbtrade_coinbase_sim::VenueError> for CommandError {
    fn from(error: cbtrade_coinbase_sim::VenueError) -> CommandError {
        use cbtrade_coinbase_sim::VenueError;
        let told = CommandError::of(Kind::Refused, &error);
        match error {
            VenueError::JournalInUse { .. } => told.hint(
                "End that venue first (`cbtrade venue status` finds it), or name another file with --journal.",
            ),
            VenueError::Listen { .. } => told.hint(
                "Name another port with --port, and say it in fleet.toml too. Port and the next one are needed.",
            ),
            _ => told,
        }
    }
}

impl From<cbtrade_server::Error> for CommandError {
    fn from(error: cbtrade_server::Error) -> CommandError {
        use cbtrade_server::Error;
        let kind = match &error {
            Error::NotOurs { .. }
            | Error::OtherFlavour { .. }
            | Error::PortTaken { .. }
            | Error::NotPrivate { .. } => Kind::Refused,
            Error::Locked { .. } | Error::DiskFull { .. } => Kind::Stopped,
            Error::File { source, .. } => hints::work_kind(source),
            _ => Kind::Unreachable,
        };
        CommandError::of(kind, &error).hints(hints::of_private_server(&error))
    }
}

impl From<cbtrade_soak::SoakError> for CommandError {
    fn from(error: cbtrade_soak::SoakError) -> CommandError {
        use cbtrade_soak::SoakError;
        match error {
            SoakError::PrivateServer(inner) => CommandError::from(*inner),
            SoakError::Server(inner) => CommandError::from(*inner),
            SoakError::Database(inner) => CommandError::from(*inner),
            SoakError::NotEmpty(_) | SoakError::NoServer => CommandError::of(Kind::Refused, &error),
            _ => CommandError::of(Kind::Unreachable, &error),
        }
    }
}

impl From<cbtrade_backtest::BacktestError> for CommandError {
    fn from(error: cbtrade_backtest::BacktestError) -> CommandError {
        use cbtrade_backtest::BacktestError;
        match error {
            BacktestError::Database(inner) => CommandError::from(*inner),
            BacktestError::Unreadable { .. } => CommandError::of(Kind::Unreachable, &error),
            BacktestError::Product(_) | BacktestError::Cost { .. } => {
                CommandError::of(Kind::Usage, &error)
            }
            BacktestError::Json(_) => CommandError::of(Kind::Bug, &error),
            BacktestError::NoCandle { .. } => CommandError::of(Kind::Refused, &error).hint(
                "Check --product and the period, or name a file with --candles. docs/guides/backtest.md says where candles come from.",
            ),
            BacktestError::Header { .. } | BacktestError::Length { .. } => {
                CommandError::of(Kind::Refused, &error)
                    .hint("docs/guides/backtest.md says how a candle file looks.")
            }
            _ => CommandError::of(Kind::Refused, &error),
        }
    }
}

impl From<cbtrade_sample::Error> for CommandError {
    fn from(error: cbtrade_sample::Error) -> CommandError {
        use cbtrade_sample::Error;
        let (kind, hint) = match &error {
            Error::Option { .. } | Error::TooManyCandles { .. } => {
                (Kind::Usage, "`cbtrade sample --help` lists the options.")
            }
            Error::NotEmpty { .. } => (Kind::Refused, "Name a directory that does not exist yet."),
            // Nothing was made yet: what is there is somebody else's.
            Error::Directory { directory, .. } if directory.is_file() => (
                Kind::Refused,
                "That is a file, and was left as it is. Name a directory that does not exist yet.",
            ),
            Error::Directory { .. } => (
                Kind::Unreachable,
                "Name a directory that this user may make.",
            ),
            _ => (
                Kind::Unreachable,
                "Remove the unfinished directory and run the same command again.",
            ),
        };
        CommandError::of(kind, &error).hint(hint)
    }
}
