//! A whole soak: place, rows, bots, faults, end, check.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cbtrade_faults::{FaultProxy, Happened};
use tokio::sync::Mutex as AsyncMutex;

use crate::bot::{BotPlace, BotSettings, Patience, Plant};
use crate::candles;
use crate::check::check;
use crate::children::Children;
use crate::error::SoakError;
use crate::history::{self, Fate, Operation};
use crate::inject::{Done, Injector};
use crate::plan::{FaultKind, Lane};
use crate::report::{Failure, FailureKind, SoakReport, figures_by_kind, refusals, shares, sums};
use crate::stage::{SoakPlace, Stage, StageKind};
use crate::state::FinalState;
use crate::world::World;

/// Seconds of a run without faults from which on shares are judged: in a shorter one chance is too large.
const SHARES_AFTER_S: u64 = 20;
/// Operations that a failure without a fault shows at most.
const FAILURES_SHOWN: usize = 20;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct SoakSettings {
    /// How many bots, each a process.
    pub bots: u32,
    /// For how long they work.
    pub seconds: u64,
    /// Operations that they do at least, even if it takes longer.
    pub operations_min: usize,
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// Where.
    pub place: SoakPlace,
    /// What goes wrong.
    pub faults: Vec<FaultKind>,
    /// What bots do wrong on purpose.
    pub plant: Option<Plant>,
    /// Whether bots write to a file as they did before.
    pub old_way: bool,
    /// The program that is a bot with [`crate::BOT_COMMAND`] as its argument, and a watch with [`crate::WATCH_COMMAND`].
    pub program: PathBuf,
    /// A folder that is made for the histories if something is wrong.
    pub keep: PathBuf,
}

/// What a soak tells on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The place is being made.
    Making,
    /// The bots work on this, for so many seconds.
    Working {
        /// What the database is.
        engine: String,
    },
    /// The bots are to end.
    Stopping,
    /// So many operations are checked.
    Checking {
        /// How many.
        operations: usize,
    },
}

/// Runs a soak. What it finds is in the report; an error means that it could not take place.
///
/// # Errors
/// A server or file that cannot be had or reached.
pub async fn soak(
    settings: &SoakSettings,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<SoakReport, SoakError> {
    progress(Progress::Making);
    let small_disk = settings.faults.contains(&FaultKind::DiskFull);
    let stage = Stage::set(
        &settings.place,
        &settings.program,
        settings.seed,
        small_disk,
    )
    .await?;
    let mut done = Run::on(&stage, settings, progress).await;
    match &mut done {
        Ok(report) if report.is_clean() => stage.remove_databases().await?,
        Ok(report) => keep(report, &stage.folder.join("histories"), &settings.keep)?,
        Err(_) => {}
    }
    stage.clear();
    done
}

/// Puts the histories, and all that is wrong in words, where they stay.
fn keep(report: &mut SoakReport, histories: &Path, at: &Path) -> Result<(), SoakError> {
    let failed = |source| SoakError::file(at, source);
    std::fs::create_dir_all(at).map_err(failed)?;
    for entry in std::fs::read_dir(histories).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        std::fs::copy(entry.path(), at.join(entry.file_name())).map_err(failed)?;
    }
    let violations = report.violations.iter().map(ToString::to_string);
    let failures = report.failures.iter().map(ToString::to_string);
    let words: Vec<String> = violations.chain(failures).collect();
    std::fs::write(at.join("wrong.txt"), words.join("\n") + "\n").map_err(failed)?;
    report.histories = Some(at.to_owned());
    Ok(())
}

struct Run<'a> {
    stage: &'a Stage,
    settings: &'a SoakSettings,
    faults: Vec<FaultKind>,
    not_injected: Vec<(FaultKind, String)>,
}

impl Run<'_> {
    async fn on(
        stage: &Stage,
        settings: &SoakSettings,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<SoakReport, SoakError> {
        let mut run = Run {
            stage,
            settings,
            faults: Vec::new(),
            not_injected: Vec::new(),
        };
        for kind in &settings.faults {
            match impossible(*kind, stage) {
                None => run.faults.push(*kind),
                Some(reason) => run.not_injected.push((*kind, reason)),
            }
        }
        run.whole(progress).await
    }

    async fn whole(
        self,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<SoakReport, SoakError> {
        self.stage.make_files().await?;
        let direct = self.stage.database().await?;
        direct.ensure_database_ready().await?;
        for set in 0..crate::world::CANDLE_SETS {
            candles::make(&direct, set).await?;
        }
        let world = World::make(&direct, self.settings.bots).await?;
        progress(Progress::Working {
            engine: self.stage.engine.clone(),
        });
        let worked = self.work(&direct, &world).await?;
        progress(Progress::Stopping);
        // Its sessions may be the bots' user's, too, and these are waited for.
        drop(direct);
        let worked = worked.end(self.stage).await?;
        let direct = self.stage.database().await?;
        let mut lines = Vec::new();
        for path in worked.children.histories() {
            match history::read(path) {
                Ok(read) => lines.extend(read),
                // Killed before its first line.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(SoakError::History(error)),
            }
        }
        let (operations, figures) = history::operations(lines);
        progress(Progress::Checking {
            operations: operations.len(),
        });
        let state = FinalState::read(&direct, &world).await?;
        Ok(self.report(worked, &operations, &figures, &state))
    }

    async fn work(
        &self,
        direct: &cbtrade_database::Database,
        world: &World,
    ) -> Result<Worked, SoakError> {
        let proxy = self.proxy().await?;
        let patience = match self.faults.is_empty() {
            true => Patience::usual(),
            false => Patience::short(),
        };
        let place = match (&proxy, self.stage.bots_target(), &self.stage.kind) {
            (Some(proxy), Some((_, candles)), _) => BotPlace::server(proxy.target(), candles),
            (None, Some((target, candles)), _) => BotPlace::server(target, candles),
            (_, None, StageKind::File(path)) => file_place(path),
            (_, None, _) => file_place(&self.stage.folder),
        };
        let template = BotSettings {
            bot: 0,
            life: 0,
            bots: self.settings.bots,
            seed: self.settings.seed,
            place,
            history: PathBuf::new(),
            world: world.clone(),
            patience,
            plant: self.settings.plant,
            old_way: self.settings.old_way,
            // A reader that holds rows would wait for what it is to read dirty.
            reads_held: self.stage.engine.starts_with("MariaDB")
                && self.settings.plant != Some(Plant::DirtyRead),
        };
        let histories = self.stage.folder.join("histories");
        std::fs::create_dir(&histories).map_err(|source| SoakError::file(&histories, source))?;
        let children = Children::start(&self.settings.program, &histories, template)
            .await
            .map(AsyncMutex::new)?;
        let begun = Instant::now();
        let injector = Injector {
            stage: self.stage,
            proxy: proxy.as_ref(),
            children: &children,
            direct,
            world,
            patience,
            until: begun + Duration::from_secs(self.settings.seconds),
            done: std::sync::Mutex::default(),
        };
        let (seed, seconds) = (self.settings.seed, self.settings.seconds);
        let (bots, network, server, looked) = tokio::join!(
            injector.lane(Lane::Bots, seed, &self.faults, seconds),
            injector.lane(Lane::Network, seed, &self.faults, seconds),
            injector.lane(Lane::Server, seed, &self.faults, seconds),
            injector.look_after_bots(),
        );
        for ended in [bots, network, server, looked] {
            ended?;
        }
        while operations_begun(children.lock().await.histories()) < self.settings.operations_min {
            tokio::time::sleep(Duration::from_millis(200)).await;
            injector.bots_that_died().await?;
        }
        let done = injector
            .done
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(Worked {
            proxy,
            children: children.into_inner(),
            patience,
            done,
            begun,
            worked_ms: 0,
            hung: Vec::new(),
            spots: Vec::new(),
        })
    }

    /// A proxy only where it is needed: without faults nothing is to be slower than it is.
    async fn proxy(&self) -> Result<Option<FaultProxy>, SoakError> {
        let Some((target, _)) = self.stage.bots_target() else {
            return Ok(None);
        };
        if !self.faults.iter().any(|kind| kind.lane() == Lane::Network) {
            return Ok(None);
        }
        let folder = &self.stage.folder;
        let proxy = FaultProxy::listen(target, folder, self.settings.seed)
            .await
            .map_err(|source| SoakError::file(folder, source))?;
        Ok(Some(proxy))
    }

    fn report(
        self,
        worked: Worked,
        operations: &[Operation],
        figures: &[cbtrade_database::FiguresSnapshot],
        state: &FinalState,
    ) -> SoakReport {
        let (connects, outcomes_found_out) = sums(figures);
        let mut report = SoakReport {
            seed: self.settings.seed,
            engine: self.stage.engine.clone(),
            bots: self.settings.bots,
            lives: u32::try_from(worked.children.histories().len()).unwrap_or(u32::MAX),
            worked_ms: worked.worked_ms,
            injected: worked.done.injected,
            spots: worked.spots,
            not_injected: self.not_injected,
            server_starts: worked.done.server_starts,
            kinds: figures_by_kind(operations),
            refusals: refusals(operations),
            outcomes_found_out,
            connects,
            shares: shares(operations, self.settings.bots),
            notes: worked.done.notes,
            violations: check(operations, state),
            failures: Vec::new(),
            histories: None,
        };
        for died in worked.done.died {
            report.failures.push(Failure {
                kind: FailureKind::BotDied,
                words: died.words,
                operation: None,
            });
        }
        for bot in worked.hung {
            report.failures.push(hung(bot, operations));
        }
        if self.settings.faults.is_empty() && !self.settings.old_way {
            without_faults(&mut report, self.settings, operations);
        }
        report
    }
}

fn file_place(path: &Path) -> BotPlace {
    BotPlace::File {
        path: path.to_owned(),
        candles: path.with_file_name("ohlcv.db"),
    }
}

/// Operations that stand in histories which are still being written: two lines each.
fn operations_begun(histories: &[PathBuf]) -> usize {
    let lines = |path: &PathBuf| {
        let text = std::fs::read(path).unwrap_or_default();
        text.iter().filter(|byte| **byte == b'\n').count()
    };
    histories.iter().map(lines).sum::<usize>() / 2
}

/// Why a fault cannot be had at a place.
fn impossible(kind: FaultKind, stage: &Stage) -> Option<String> {
    let foreign = || "the server is not ours".to_owned();
    let file = || "a file has no server and no connection".to_owned();
    match (kind, &stage.kind) {
        (FaultKind::DiskFull, _) => match stage.small_disk() {
            Some(_) => None,
            None => Some(stage.no_small_disk.clone().unwrap_or_else(foreign)),
        },
        (FaultKind::KillServer | FaultKind::ReadOnly, StageKind::Server { .. }) => Some(foreign()),
        (FaultKind::KillServer | FaultKind::ReadOnly, StageKind::File(_)) => Some(file()),
        (FaultKind::ClockJump, StageKind::File(_)) => {
            Some("a file has no clock: its bots go by the machine's, all alike".to_owned())
        }
        (kind, StageKind::File(_)) if kind.lane() == Lane::Network => Some(file()),
        _ => None,
    }
}

/// A run whose time is over.
struct Worked {
    proxy: Option<FaultProxy>,
    children: Children,
    patience: Patience,
    done: Done,
    begun: Instant,
    worked_ms: u64,
    hung: Vec<u32>,
    spots: Vec<(String, u64)>,
}

impl Worked {
    /// Ends the bots, then everything between them and the database, and waits until all is quiet.
    async fn end(mut self, stage: &Stage) -> Result<Worked, SoakError> {
        self.worked_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let longest = self.patience.call_ms + self.patience.outcome_ms;
        // A call that runs, and asking for its outcome afterwards.
        let patience = Duration::from_millis(2 * longest + 10_000);
        let (died, hung) = self.children.stop(patience).await;
        self.done.died.extend(died);
        self.hung = hung;
        if let Some(proxy) = self.proxy.take() {
            self.spots = proxy
                .happened()
                .into_iter()
                .map(|((happened, spot), count)| {
                    let what = match happened {
                        Happened::Cut => "cut at",
                        Happened::CutAnswer => "arrived, answer lost:",
                        Happened::Held => "held at",
                    };
                    (format!("{what} {spot}"), count)
                })
                .collect();
            drop(proxy);
        }
        if let StageKind::Private(server) = &stage.kind
            && server.ensure_running().await?
        {
            self.done.server_starts += 1;
            self.done
                .notes
                .push("the server ended by itself and was started for the check".to_owned());
        }
        stage.wait_for_quiet().await?;
        Ok(self)
    }
}

fn hung(bot: u32, operations: &[Operation]) -> Failure {
    let open = operations
        .iter()
        .rev()
        .find(|operation| operation.id.bot == bot && operation.done_us.is_none());
    Failure {
        kind: FailureKind::BotHung,
        words: format!("bot {bot} did not end in time"),
        operation: open.cloned(),
    }
}

/// Where nothing goes wrong, nothing may fail, nobody may wait in a circle, and everybody gets a share.
fn without_faults(report: &mut SoakReport, settings: &SoakSettings, operations: &[Operation]) {
    let failed = operations
        .iter()
        .filter(|operation| matches!(operation.fate, Fate::Refused(_) | Fate::InDoubt(_)));
    for operation in failed.take(FAILURES_SHOWN) {
        report.failures.push(Failure {
            kind: FailureKind::FailedWithoutFault,
            words: "an operation failed, and no fault was made".to_owned(),
            operation: Some(operation.clone()),
        });
    }
    let deadlocked = operations
        .iter()
        .filter(|operation| operation.retries.contains_key("1213"));
    for operation in deadlocked.take(FAILURES_SHOWN) {
        report.failures.push(Failure {
            kind: FailureKind::Deadlock,
            words: "an operation had to be run again after a deadlock".to_owned(),
            operation: Some(operation.clone()),
        });
    }
    if settings.seconds >= SHARES_AFTER_S && settings.plant.is_none() && !report.shares.are_fair() {
        let shares = report.shares;
        report.failures.push(Failure {
            kind: FailureKind::UnfairShare,
            words: format!(
                "the slowest bot has {} acknowledged writes, the one in the middle {}",
                shares.least, shares.median
            ),
            operation: None,
        });
    }
}
