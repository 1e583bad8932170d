//! A migration as the commands use it: opened from arguments or from memory, guarded, with its next commands.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use cbtrade_migrate::known::{self, Known};
use cbtrade_migrate::{Job, Migration, Options, Proof, Stage, Status};
use cbtrade_mysql::Target;
use cbtrade_server::Status as ServerStatus;
use serde_json::{Map, Value, json};

use crate::arguments::{OptionArguments, TargetArguments};
use crate::error::{CommandError, Kind};
use crate::place::{self, Place};
use crate::sources;
use crate::ui::Ui;
use crate::words::{grouped, shell};

/// Differences that a report lists one by one.
const DIFFERENCES_LISTED_MAX: usize = 100;

/// What a command works on.
pub(crate) struct Opened {
    /// The library's migration, locked for this process.
    pub(crate) migration: Migration,
    /// Where to.
    pub(crate) place: Place,
    /// The files.
    pub(crate) files: Vec<PathBuf>,
    /// What must be typed again to mean the same migration: sources, target, home.
    same: String,
    /// Home folder, where it was named on the command line.
    home_named: Option<PathBuf>,
    job: Job,
    memory: Known,
    /// Whether it was not known before this command.
    new: bool,
    /// Whether the private server is left alone, because it is gone or does not run.
    pub(crate) offline: bool,
}

/// Whether a migration has passed the cut-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The old files are live.
    Before,
    /// A cut-over was confirmed and begun, and did not come to its end.
    CutoverBegun,
    /// The target is live.
    Live,
    /// The old files are fenced, and nothing of the migration is in the target any more.
    TargetGone,
    /// Another migration has moved the old files: they refuse writes, and this one has not cut over.
    MovedElsewhere,
}

/// What a command does with the private server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerUse {
    /// Makes and starts it where needed, but not where an earlier one is gone with the live side.
    Needed,
    /// Starts it where it is stopped, and never makes one.
    Kept,
    /// Asks it only where it runs.
    AsItIs,
}

/// The arguments that say which migration is meant.
pub(crate) struct Which<'a> {
    /// Home folder.
    pub(crate) home: &'a Path,
    /// Whether the home folder was named on the command line.
    pub(crate) home_named: Option<&'a Path>,
    /// Sources as typed.
    pub(crate) sources: &'a [PathBuf],
    /// Target as typed.
    pub(crate) target: &'a TargetArguments,
    /// Options as typed.
    pub(crate) options: &'a OptionArguments,
    /// What is done with the private server.
    pub(crate) server: ServerUse,
}

impl Opened {
    /// Opens the migration that the arguments name, or the one that was begun, where they name none.
    ///
    /// # Errors
    /// Files, server or password that are not to be had; no or several migrations that could be meant.
    pub(crate) async fn open(ui: &Ui, which: &Which<'_>) -> Result<Opened, CommandError> {
        if which.sources.is_empty() {
            let known = only_known(which)?;
            return Opened::open_known(ui, which, &known).await;
        }
        let files = sources::files(which.sources)?;
        if which.target.target.is_none() {
            let known = known_of(which, &files)?;
            if let Some(opened) = Opened::without_server(ui, which, known.as_ref())? {
                return Ok(opened);
            }
        }
        let place = place::resolve(ui, which.home, which.target).await?;
        let named = absolute(which.sources);
        Opened::open_at(ui, which, files, named, place)
    }

    /// Opens a migration that was begun before.
    ///
    /// # Errors
    /// As [`Opened::open`].
    pub(crate) async fn open_known(
        ui: &Ui,
        which: &Which<'_>,
        known: &Known,
    ) -> Result<Opened, CommandError> {
        if known.private_server
            && let Some(opened) = Opened::without_server(ui, which, Some(known))?
        {
            return Ok(opened);
        }
        let arguments = TargetArguments {
            target: (!known.private_server).then(|| known.target.clone()),
            candles_database: known.candles_database.clone(),
            roles: known.roles,
        };
        let place = place::resolve(ui, which.home, &arguments).await?;
        Opened::open_at(ui, which, known.sources.clone(), known.named.clone(), place)
    }

    /// The migration as far as the home folder knows it, where the private server is to be left alone; `None` where it is
    /// to be used.
    fn without_server(
        ui: &Ui,
        which: &Which<'_>,
        known: Option<&Known>,
    ) -> Result<Option<Opened>, CommandError> {
        let status = place::private_server(which.home)?.status()?;
        let alone = match which.server {
            ServerUse::AsItIs => !matches!(status, ServerStatus::Running(_)),
            ServerUse::Kept | ServerUse::Needed => status == ServerStatus::Absent,
        };
        match known {
            _ if !alone => Ok(None),
            None if which.server == ServerUse::Needed => Ok(None),
            None => {
                not_moved(which, &sources::files(which.sources)?)?;
                Err(none_begun(which.home))
            }
            Some(known) => {
                let place = Place {
                    target: Target::from_str(&known.target)?,
                    candles_database: known.candles_database.clone(),
                    roles: known.roles,
                    private_server: true,
                };
                let (files, named) = (known.sources.clone(), known.named.clone());
                let mut opened = Opened::open_at(ui, which, files, named, place)?;
                opened.offline = true;
                if which.server != ServerUse::Needed {
                    return Ok(Some(opened));
                }
                // A new, empty server in the place of the one that took the bots' rows would hide what happened.
                if !opened.migration.fenced()?.is_empty() {
                    return Err(opened.target_gone());
                }
                Ok(None)
            }
        }
    }

    fn open_at(
        ui: &Ui,
        which: &Which<'_>,
        files: Vec<PathBuf>,
        named: Vec<PathBuf>,
        place: Place,
    ) -> Result<Opened, CommandError> {
        let options = Options {
            exact: which.options.exact,
            accept_damage: which.options.accept_damage,
            catalogue: !which.options.no_catalogue,
            plan: which.options.plan.clone().filter(|path| path.exists()),
            workers: usize::from(which.options.workers.max(1)),
            listed_max: DIFFERENCES_LISTED_MAX,
            roles: place.roles,
        };
        let job = Job {
            sources: files.clone(),
            target: place.target.clone(),
            candles_database: place.candles_database.clone(),
            home: which.home.to_owned(),
        };
        let migration = Migration::open(job.clone(), options, ui.progress())?;
        let same = same_arguments(which, &named, &place);
        let memory = Known {
            id: migration.id().to_owned(),
            sources: files.clone(),
            named,
            target: place.target.display(),
            candles_database: place.candles_database.clone(),
            private_server: place.private_server,
            roles: place.roles,
        };
        Ok(Opened {
            migration,
            place,
            files,
            same,
            home_named: which.home_named.map(Path::to_owned),
            job,
            memory,
            new: false,
            offline: false,
        })
    }

    /// Remembers the migration, so that commands without arguments find it. Called when its server has answered.
    ///
    /// # Errors
    /// The home folder cannot be written.
    pub(crate) fn remember(&mut self) -> Result<(), CommandError> {
        self.new = !known::list(&self.job.home)?
            .iter()
            .any(|known| known.id == self.memory.id);
        Ok(known::remember(&self.job, &self.memory)?)
    }

    /// A command line for the same migration.
    pub(crate) fn command(&self, words: &str) -> String {
        format!("cbtrade {words} {}", self.same)
    }

    /// A command line for the same home folder.
    pub(crate) fn command_at_home(&self, words: &str) -> String {
        match &self.home_named {
            Some(home) => format!(
                "cbtrade --home {} {words}",
                shell(&home.display().to_string())
            ),
            None => format!("cbtrade {words}"),
        }
    }

    /// Where the migration stands with regard to the cut-over.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub(crate) async fn standing(&mut self) -> Result<(Standing, Status), CommandError> {
        let status = self.status().await?;
        let standing = match (status.live.as_str(), status.stage) {
            ("target", _) => Standing::Live,
            _ if status.moved.is_some() => Standing::MovedElsewhere,
            _ if status.fenced.is_empty() => Standing::Before,
            _ if self.offline => Standing::TargetGone,
            (_, Stage::Planned) => Standing::TargetGone,
            _ => Standing::CutoverBegun,
        };
        Ok((standing, status))
    }

    /// Where the migration stands; as far as the home folder knows, where the private server is left alone.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub(crate) async fn status(&mut self) -> Result<Status, CommandError> {
        if self.offline {
            return Ok(self.migration.status_at_home()?);
        }
        Ok(self.migration.status().await?)
    }

    /// The archives of the old files that the last cut-over made.
    pub(crate) fn archives(&self) -> Vec<String> {
        let proof = self.migration.proof().ok().flatten();
        let archive = proof.and_then(|proof| proof.archive);
        let files = archive.map(|archive| archive.files).unwrap_or_default();
        files.into_iter().map(|(file, _)| file).collect()
    }

    /// That the old files are fenced for a target that is gone, and the way out.
    pub(crate) fn target_gone(&self) -> CommandError {
        let mut error = CommandError::new(
            Kind::Refused,
            format!(
                "the old files are fenced since the cut-over, and {} holds nothing of this migration any more",
                self.place.target.display()
            ),
        )
        .hint("No side takes writes. What was written to the target since the cut-over is lost with it, unless you have a backup of it: put that back first.");
        for archive in self.archives() {
            error = error.hint(format!("An archive of the old files: {archive}"));
        }
        error.hint(format!(
            "To go on from the old files, as they were at the cut-over: {} --target-lost",
            self.command("migrate rollback")
        ))
    }

    /// That another migration has moved the old files, and the way to it.
    pub(crate) fn moved_elsewhere(&self) -> CommandError {
        match known::moved_by_another(&self.files, self.migration.id()) {
            Some(moved) => moved_error(&self.job.home, &moved, |words| self.command_at_home(words)),
            None => CommandError::new(
                Kind::Refused,
                "the old files were moved and taken back just now",
            )
            .hint("Run the same command again."),
        }
    }

    /// Refuses work on a migration whose old files may be fenced already: they would be read anew, with the fence.
    ///
    /// # Errors
    /// The target is live, or a cut-over was begun.
    pub(crate) async fn must_be_before_cutover(&mut self) -> Result<(), CommandError> {
        let (standing, _) = self.standing().await?;
        let error = match standing {
            Standing::Before => return Ok(()),
            Standing::TargetGone => return Err(self.target_gone()),
            Standing::MovedElsewhere => return Err(self.moved_elsewhere()),
            Standing::CutoverBegun => CommandError::new(
                Kind::Refused,
                "a cut-over of this migration was begun and did not come to its end",
            )
            .hint(format!(
                "Finish it: {}",
                self.command("migrate cutover --yes")
            )),
            Standing::Live => CommandError::new(
                Kind::Refused,
                "this migration is done: the target has been the live side since the cut-over",
            )
            .hint(format!("See it: {}", self.command("migrate status"))),
        };
        Err(error.hint(format!(
            "Or take it back: {}",
            self.command("migrate rollback")
        )))
    }

    /// The file with the passwords of the users that were made.
    pub(crate) fn credentials(&self) -> PathBuf {
        self.job.home.join("credentials.json")
    }

    /// The private server of the home folder.
    ///
    /// # Errors
    /// A path that cannot be resolved.
    pub(crate) fn private_server(&self) -> Result<cbtrade_server::ServerHome, CommandError> {
        place::private_server(&self.job.home)
    }

    /// The JSON fields that every document about a migration has.
    pub(crate) fn document(&self, command: &str) -> Map<String, Value> {
        let mut document = Map::new();
        document.insert("command".into(), json!(command));
        document.insert("exit_code".into(), json!(0));
        document.insert("migration".into(), json!(self.migration.id()));
        document.insert("sources".into(), json!(self.files));
        document.insert("target".into(), json!(self.place.target.display()));
        document.insert(
            "candles_database".into(),
            json!(self.place.candles_database),
        );
        document.insert("plan_file".into(), json!(self.migration.plan_path()));
        document
    }

    /// The JSON fields of a proof.
    pub(crate) fn proof_fields(&self, proof: &Proof, document: &mut Map<String, Value>) {
        document.insert("equal".into(), json!(proof.equal()));
        document.insert("complete".into(), json!(proof.damage.is_empty()));
        document.insert("rows".into(), json!(proof.rows));
        document.insert("values".into(), json!(proof.values));
        document.insert("originals".into(), json!(proof.originals));
        document.insert("differences".into(), json!(proof.differences));
        document.insert("digest".into(), json!(proof.digest()));
        document.insert("proof_file".into(), json!(self.migration.proof_path()));
        document.insert("report_file".into(), json!(self.migration.report_path()));
        document.insert("proof".into(), json!(proof));
    }

    /// The command that takes another migration of this home folder back.
    fn rollback_of(&self, id: &str) -> Option<String> {
        let known = known::list(&self.job.home).ok()?;
        let other = known.into_iter().find(|known| known.id == id)?;
        Some(format!(
            "Take that one back: {} {}",
            self.command_at_home("migrate rollback"),
            names(&other)
        ))
    }

    /// An error with what this migration knows: the exact commands that go on, and after a difference the proof.
    pub(crate) fn explain(&self, error: cbtrade_migrate::Error, again: &str) -> CommandError {
        if matches!(error, cbtrade_migrate::Error::TargetGone { .. }) {
            return self.target_gone();
        }
        let taken_by = match &error {
            cbtrade_migrate::Error::Taken { id, .. } => Some(id.clone()),
            _ => None,
        };
        let not_empty = matches!(error, cbtrade_migrate::Error::NotEmpty { .. });
        let mut told = CommandError::from(error);
        if let Some(id) = taken_by {
            told = told.hints(self.rollback_of(&id));
        }
        if not_empty && self.place.private_server {
            told = told.hint(format!(
                "On the private server: look at what is there ({}), or use another private server: --home OTHER_DIR",
                self.command_at_home("server shell")
            ));
        }
        if told.kind == Kind::Refused && self.new {
            // Nothing of it is anywhere: it must not come up where a command asks which one is meant.
            let _ = known::forget(&self.job.home, &self.memory.id);
        }
        match told.kind {
            Kind::Findings => {
                told = told.hint(format!(
                    "Then run: {} --plan {}",
                    self.command(again),
                    shell(&self.migration.plan_path().display().to_string())
                ));
            }
            Kind::Stopped => told = told.hint(format!("Go on: {}", self.command(again))),
            Kind::Different => {
                if let Ok(Some(proof)) = self.migration.proof() {
                    told.listing = Some(cbtrade_migrate::report_text(&proof));
                    let mut fields = Map::new();
                    self.proof_fields(&proof, &mut fields);
                    told.detail.extend(fields);
                }
                told = told.hint(format!(
                    "Take it back: {}",
                    self.command("migrate rollback")
                ));
            }
            _ => {}
        }
        told
    }
}

fn absolute(paths: &[PathBuf]) -> Vec<PathBuf> {
    paths
        .iter()
        .map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone()))
        .collect()
}

/// The sources as they were named (a folder stays a folder), the target where it is not the private server, the home
/// where it was named. Full paths, so that the line works from any folder.
fn same_arguments(which: &Which<'_>, named: &[PathBuf], place: &Place) -> String {
    let mut words: Vec<String> = named
        .iter()
        .map(|path| shell(&path.display().to_string()))
        .collect();
    if !place.private_server {
        words.push("--target".into());
        words.push(shell(&place.target.display()));
        if let Some(candles) = &place.candles_database {
            words.push(format!("--candles-database {}", shell(candles)));
        }
    } else if let Some(candles) = &which.target.candles_database {
        words.push(format!("--candles-database {}", shell(candles)));
    }
    if let Some(home) = which.home_named {
        words.push(format!("--home {}", shell(&home.display().to_string())));
    }
    words.join(" ")
}

fn none_begun(home: &Path) -> CommandError {
    CommandError::new(
        Kind::Refused,
        format!(
            "no migration of these files to the private server was begun from {}",
            home.display()
        ),
    )
    .hint("`cbtrade migrate status` lists the migrations that were. For one to another server name it: --target URL")
}

/// What must be typed to mean a migration of the home folder.
fn names(known: &Known) -> String {
    let mut words: Vec<String> = known
        .named
        .iter()
        .map(|path| shell(&path.display().to_string()))
        .collect();
    if !known.private_server {
        words.push(format!("--target {}", shell(&known.target)));
    }
    if let Some(candles) = &known.candles_database {
        words.push(format!("--candles-database {}", shell(candles)));
    }
    words.join(" ")
}

/// Refuses files that a migration which this home folder does not know has moved, before anything is made for them. A
/// file with a log of its own is looked at later: it would have to be copied for it.
///
/// # Errors
/// One of the files was moved.
pub(crate) fn not_moved(which: &Which<'_>, files: &[PathBuf]) -> Result<(), CommandError> {
    let is_plain = |path: &&PathBuf| {
        cbtrade_migrate::doctor::file_outside(path).is_ok_and(|outside| {
            outside.wal_bytes.unwrap_or(0) == 0 && outside.journal_bytes.unwrap_or(0) == 0
        })
    };
    let plain: Vec<PathBuf> = files.iter().filter(is_plain).cloned().collect();
    let Some(moved) = known::moved_by_another(&plain, "") else {
        return Ok(());
    };
    if known::list(which.home)?
        .iter()
        .any(|known| known.id == moved.migration)
    {
        return Ok(());
    }
    Err(moved_error(which.home, &moved, |words| {
        format!("cbtrade {words}")
    }))
}

/// That a file was moved by another migration, and the way to that one.
fn moved_error(
    home: &Path,
    moved: &known::Moved,
    at_home: impl Fn(&str) -> String,
) -> CommandError {
    let error = CommandError::new(
        Kind::Refused,
        format!(
            "{} is not live any more: migration {} has moved it to a server ({}), and it refuses writes since",
            moved.path.display(),
            moved.migration,
            moved.at
        ),
    )
    .detail("moved_by", json!(moved.migration));
    let known = known::list(home).unwrap_or_default();
    match known.iter().find(|known| known.id == moved.migration) {
        Some(other) => error
            .hint(format!("Its bots' data are in {}.", other.target))
            .hint(format!(
                "To make the old files live again: {} {}",
                at_home("migrate rollback"),
                names(other)
            )),
        None => error
            .hint(format!(
                "That migration is not one of {}: it was made with another home folder, which has a folder migrations/{} in it.",
                home.display(),
                moved.migration
            ))
            .hint("See it: cbtrade --home THAT_FOLDER migrate status")
            .hint("To make the old files live again: cbtrade --home THAT_FOLDER migrate rollback"),
    }
}

/// The migration of these files to the private server, where it was begun before.
fn known_of(which: &Which<'_>, files: &[PathBuf]) -> Result<Option<Known>, CommandError> {
    let candles = which.target.candles_database.as_deref();
    let candles = candles.unwrap_or(place::CANDLES_DATABASE);
    Ok(known::list(which.home)?.into_iter().find(|known| {
        known.private_server
            && known.sources == files
            && known.candles_database.as_deref() == Some(candles)
    }))
}

/// The one migration that was begun from this home folder.
fn only_known(which: &Which<'_>) -> Result<Known, CommandError> {
    let mut known = known::list(which.home)?;
    match (known.pop(), known.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(CommandError::new(
            Kind::Usage,
            format!(
                "no SOURCE is named, and no migration was begun from {}",
                which.home.display()
            ),
        )
        .hint("Begin one: cbtrade recover LEGACY.db")),
        (Some(last), false) => {
            known.push(last);
            let mut error = CommandError::new(
                Kind::Usage,
                format!(
                    "no SOURCE is named, and {} migrations were begun",
                    grouped(known.len() as u64)
                ),
            );
            error = error.hint("Name the sources and the target of the one that you mean. `cbtrade migrate status` lists them.");
            Err(error)
        }
    }
}
