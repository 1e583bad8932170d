//! Lost answers to COMMIT by the hundred thousand: nothing may be lost by them, and nothing doubled.
//!
//! Several writers, each with a connection of its own through one proxy that keeps back most COMMITs or their answers.
//! Every write appends a row and counts in a balance; the row's number comes back from the write, often by way of its
//! token only.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cbtrade_core::Decimal;
use cbtrade_database::{
    Call, Database, Error, FiguresSnapshot, Location, Options, Value, transact,
};
use cbtrade_faults::{Direction, FaultProxy, Happened, Spot, Stage as SpotStage, Weather};
use tokio::task::JoinSet;

use crate::error::SoakError;
use crate::sql::{change_balance, first, insert};
use crate::stage::{SoakPlace, Stage};
use crate::world::WALLET;

/// Writers at once.
const WRITERS: u32 = 48;
/// Of a million COMMITs so many are kept back.
const CUT_IN_MILLION: u32 = 400_000;
/// And of the rest so many arrive and their answers are kept back.
const CUT_ANSWER_IN_MILLION: u32 = 650_000;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct LossSettings {
    /// Answers to be lost, at least.
    pub losses: u64,
    /// Decides which.
    pub seed: u64,
    /// Where.
    pub place: SoakPlace,
    /// The program that is a watch with [`crate::WATCH_COMMAND`] as its argument.
    pub program: PathBuf,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LossReport {
    /// Decides what was left to chance.
    pub seed: u64,
    /// What the database was.
    pub engine: String,
    /// Time of the work, in milliseconds.
    pub worked_ms: u64,
    /// COMMITs that did not arrive.
    pub commits_cut: u64,
    /// COMMITs that arrived, and whose answers did not.
    pub answers_cut: u64,
    /// Writes that were acknowledged.
    pub acknowledged: u64,
    /// Writes whose outcome the layer asked for because the answer was lost.
    pub outcomes_unknown: u64,
    /// Connections opened.
    pub connects: u64,
    /// Acknowledged writes that are not there.
    pub lost: Vec<String>,
    /// Writes that are there more than once, or without having been acknowledged.
    pub doubled: Vec<String>,
    /// Writes whose row has another number than was given.
    pub misnumbered: Vec<String>,
    /// Writes that ended with an error.
    pub failed: Vec<String>,
    /// The balance minus what it has to be.
    pub difference: Decimal,
}

impl LossReport {
    /// Answers lost in all.
    #[must_use]
    pub fn losses(&self) -> u64 {
        self.commits_cut + self.answers_cut
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty()
            && self.doubled.is_empty()
            && self.misnumbered.is_empty()
            && self.failed.is_empty()
            && self.difference.is_zero()
    }
}

/// Loses answers until there are enough of them, then counts. `progress` is told how many there are, now and then.
///
/// # Errors
/// A server that cannot be had or reached. A place that is a file has no answers to lose.
pub async fn lose_commits(
    settings: &LossSettings,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<LossReport, SoakError> {
    let stage = Stage::set(&settings.place, &settings.program, settings.seed, false).await?;
    let done = on(&stage, settings, progress).await;
    if let Ok(report) = &done
        && report.is_clean()
    {
        stage.remove_databases().await?;
    }
    stage.clear();
    done
}

/// What one writer was told.
#[derive(Debug, Default)]
struct Told {
    /// Numbers of the rows, by the row's text.
    given: BTreeMap<String, i64>,
    failed: Vec<String>,
    figures: FiguresSnapshot,
}

async fn on(
    stage: &Stage,
    settings: &LossSettings,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<LossReport, SoakError> {
    let Some((target, candles)) = stage.bots_target() else {
        return Err(SoakError::NoServer);
    };
    let direct = stage.database().await?;
    direct.ensure_database_ready().await?;
    make_balances(&direct).await?;
    let proxy = FaultProxy::listen(target, &stage.folder, settings.seed)
        .await
        .map_err(|source| SoakError::file(&stage.folder, source))?;
    let location = Location::Servers {
        targets: vec![proxy.target().clone()],
        candles: candles.to_owned(),
    };
    proxy.set_weather(Weather {
        cut_commit_in_million: CUT_IN_MILLION,
        cut_commit_answer_in_million: CUT_ANSWER_IN_MILLION,
        ..Weather::default()
    });
    let begun = Instant::now();
    // Each writer is a task of its own: one that is woken does not have all the others looked at.
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        writers.spawn(write_on(location.clone(), number, Arc::clone(&stop)));
    }
    let mut told_at = Instant::now();
    while losses(&proxy) < settings.losses {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if told_at.elapsed() > Duration::from_secs(1) {
            told_at = Instant::now();
            progress(losses(&proxy));
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut told = Vec::new();
    while let Some(ended) = writers.join_next().await {
        told.push(ended.map_err(|_| SoakError::WriterEnded)??);
    }
    let worked_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (commits_cut, answers_cut) = (
        happened(&proxy, Happened::Cut),
        happened(&proxy, Happened::CutAnswer),
    );
    drop(proxy);
    drop(direct);
    stage.wait_for_quiet().await?;
    let direct = stage.database().await?;
    let mut report = LossReport {
        seed: settings.seed,
        engine: stage.engine.clone(),
        worked_ms,
        commits_cut,
        answers_cut,
        acknowledged: 0,
        outcomes_unknown: told.iter().map(|one| one.figures.outcomes_unknown).sum(),
        connects: told.iter().map(|one| one.figures.connects).sum(),
        lost: Vec::new(),
        doubled: Vec::new(),
        misnumbered: Vec::new(),
        failed: Vec::new(),
        difference: Decimal::ZERO,
    };
    compare(&direct, told, &mut report).await?;
    Ok(report)
}

fn happened(proxy: &FaultProxy, what: Happened) -> u64 {
    let spot = Spot {
        stage: SpotStage::Commit,
        direction: Direction::ToServer,
    };
    proxy.happened().get(&(what, spot)).copied().unwrap_or(0)
}

fn losses(proxy: &FaultProxy) -> u64 {
    happened(proxy, Happened::Cut) + happened(proxy, Happened::CutAnswer)
}

async fn write_on(
    location: Location,
    writer: u32,
    stop: Arc<AtomicBool>,
) -> Result<Told, SoakError> {
    let options = Options {
        connections_max: 1,
        call_timeout: Duration::from_secs(60),
        figures_every: Duration::ZERO,
        program: "soak-losses".to_owned(),
        ..Options::default()
    };
    let database = Database::open(&location, options).await?;
    let mut told = Told::default();
    let mut number = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let text = format!("w{writer}.{number}");
        match one(&database, &text, writer).await {
            Ok(id) => {
                told.given.insert(text, id);
            }
            Err(error) => told.failed.push(format!("{text}: {error}")),
        }
    }
    told.figures = database.figures();
    Ok(told)
}

/// A balance for each writer, so that none waits for another's lock.
fn balance_of(writer: u32) -> String {
    format!("W{writer}")
}

async fn make_balances(database: &Database) -> Result<(), Error> {
    const CALL: Call = Call {
        method: "soak_make",
        table: "bals",
    };
    transact!(database, CALL, |transaction| {
        for writer in 0..WRITERS {
            let name = balance_of(writer);
            let row = [
                ("curr_uuid", Value::from(format!("soak-{name}"))),
                ("symb", Value::from(name)),
                ("rp_id", Value::from(WALLET)),
                ("bal_avail", Value::from(Decimal::ZERO)),
            ];
            insert(transaction, "bals", &row).await?;
        }
        Ok(())
    })
}

/// Appends a row and adds one to a balance.
async fn one(database: &Database, text: &str, writer: u32) -> Result<i64, Error> {
    const CALL: Call = Call {
        method: "soak_loss",
        table: "buy_signals",
    };
    let balance = balance_of(writer);
    transact!(database, CALL, |transaction| {
        let row = [
            ("prod_id", Value::from("BTC-USDC")),
            ("buy_strat_name", Value::from(text)),
        ];
        let id = insert(transaction, "buy_signals", &row).await?;
        change_balance(transaction, &balance, Decimal::ONE, false).await?;
        Ok(id)
    })
}

async fn compare(
    direct: &Database,
    told: Vec<Told>,
    report: &mut LossReport,
) -> Result<(), SoakError> {
    let mut found: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let rows = direct
        .seld("SELECT buy_strat_name, signal_id FROM buy_signals", &[])
        .await?;
    for mut row in rows {
        let read = row
            .take::<String>(0)
            .and_then(|text| Ok((text, row.take(1)?)));
        let (text, id) = read.map_err(|source| crate::sql::unreadable(&source))?;
        found.entry(text).or_default().push(id);
    }
    for one in told {
        report.failed.extend(one.failed);
        for (text, id) in one.given {
            report.acknowledged += 1;
            match found.remove(&text).as_deref() {
                None => report.lost.push(text),
                Some([there]) if *there == id => {}
                Some([there]) => report
                    .misnumbered
                    .push(format!("{text}: given {id}, is {there}")),
                Some(numbers) => report.doubled.push(format!("{text}: {numbers:?}")),
            }
        }
    }
    // What is left was not acknowledged: there may be nothing, because every write was.
    report
        .doubled
        .extend(found.keys().map(|text| format!("{text}: not acknowledged")));
    let sum = direct.dialect().sum("bal_avail");
    let found: Decimal = first(direct.seld(&format!("SELECT {sum} FROM bals"), &[]).await?)?;
    let wanted = Decimal::from_integer(i64::try_from(report.acknowledged).unwrap_or(i64::MAX));
    report.difference = found.checked_sub(wanted).unwrap_or(Decimal::ONE);
    Ok(())
}
