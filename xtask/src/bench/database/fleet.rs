//! 64 bots that write, each over its own connection: throughput, and what other bots' writes cost.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use cbtrade_database::Database;
use tokio::task::JoinSet;

use super::super::Result;
use super::super::text::median;
use super::bare::{Call, Token};
use super::calls::{Typical, calls};
use super::recorded::{Mark, Recorded, Recorder};
use super::rounds::next_pass;
use super::{Options, Place, say};

/// Bots, each a database of its own as if it were a process of its own.
pub(super) const BOTS: usize = 64;
/// Writes of each bot in a round.
const WRITES: usize = 60;
/// Rounds at most.
const ROUNDS_MAX: usize = 3;
/// Connections of a bot: one for its calls, one for its figures.
const CONNECTIONS: usize = 2;

/// How often the fleet makes which write, out of a hundred: most of them keep held positions and markets up to date.
const MIX: [(&str, usize); 14] = [
    ("db_poss_upd", 26),
    ("db_poss_check_last_dttm_upd", 10),
    ("db_mkts_insupd (known)", 12),
    ("db_mkt_checks_buy_upd", 14),
    ("db_bals_insupd (known)", 8),
    ("db_currs_insupd (known)", 4),
    ("db_tbl_ohlcv_prod_id_insupd (300 candles)", 4),
    ("db_buy_signals_ins", 5),
    ("db_buy_decisions_ins", 5),
    ("db_buy_ords_insupd (new)", 3),
    ("db_buy_ords_insupd (known)", 3),
    ("db_poss_insupd (new)", 2),
    ("db_sell_ords_insupd (new)", 2),
    ("trade_strat_perfs_flag_upd", 2),
];

/// One round of one way.
#[derive(Clone, Debug)]
struct Round {
    calls_per_second: f64,
    /// The time of the bot in the middle by that of the slowest one.
    slowest_share: f64,
    failed: usize,
    /// Times of all calls, in microseconds.
    times: Vec<f64>,
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub(super) struct Fleet {
    ours: Vec<Round>,
    bare: Vec<Round>,
    /// What the layer did again, by cause.
    pub(super) retries: BTreeMap<String, u64>,
}

impl Fleet {
    fn of(rounds: &[Round], value: impl Fn(&Round) -> f64) -> f64 {
        median(&rounds.iter().map(value).collect::<Vec<f64>>())
    }

    /// Calls per second.
    pub(super) fn rate(&self) -> f64 {
        Fleet::of(&self.ours, |round| round.calls_per_second)
    }

    /// The driver's.
    pub(super) fn bare_rate(&self) -> f64 {
        Fleet::of(&self.bare, |round| round.calls_per_second)
    }

    /// Of the layer and of the driver.
    pub(super) fn slowest_share(&self) -> (f64, f64) {
        let of = |rounds| Fleet::of(rounds, |round| round.slowest_share);
        (of(&self.ours), of(&self.bare))
    }

    /// Calls that ended with an error, of the layer and of the driver.
    pub(super) fn failed(&self) -> (usize, usize) {
        let of = |rounds: &[Round]| rounds.iter().map(|round| round.failed).sum();
        (of(&self.ours), of(&self.bare))
    }

    /// Deadlocks that the layer met.
    pub(super) fn deadlocks(&self) -> u64 {
        self.retries.get("1213").copied().unwrap_or(0)
    }

    /// Calls of the layer in all rounds.
    pub(super) fn calls(&self) -> usize {
        self.ours.iter().map(|round| round.times.len()).sum()
    }

    /// Times of the layer and of the driver.
    pub(super) fn times(&self) -> [super::rounds::Times; 2] {
        [&self.ours, &self.bare].map(|rounds| {
            let times = rounds.iter().flat_map(|round| round.times.iter().copied());
            super::rounds::Times::new(times.collect())
        })
    }
}

impl fmt::Display for Fleet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{BOTS} bots writing: {:.0} calls/s, bare {:.0} calls/s; failed {:?}, done again {:?}",
            self.rate(),
            self.bare_rate(),
            self.failed(),
            self.retries
        )
    }
}

/// The mix in an order in which no write comes in a row.
fn sequence() -> Result<Vec<Typical>> {
    let mut places: Vec<(usize, &str)> = Vec::new();
    for (name, count) in MIX {
        // Spread over the hundred, each at its own distance.
        places.extend((0..count).map(|number| ((number * 1_000 + name.len() * 7) / count, name)));
    }
    places.sort_unstable();
    let named = |name: &str| {
        let found = calls().into_iter().find(|typical| typical.name == name);
        found.ok_or_else(|| format!("the mix has {name}, the list of calls has not"))
    };
    let mut list = Vec::new();
    for (_, name) in places {
        list.push(named(name)?);
    }
    Ok(list)
}

fn befores(sequence: &[Typical]) -> Vec<&'static str> {
    let mut list: Vec<&'static str> = sequence
        .iter()
        .flat_map(|typical| typical.before.iter().copied())
        .collect();
    list.sort_unstable();
    list.dedup();
    list
}

/// Measures the mix.
pub(super) async fn measure(place: &Place, options: &Options) -> Result<Fleet> {
    say(&format!("{BOTS} bots: recording"));
    let sequence = sequence()?;
    let befores = befores(&sequence);
    place.prepare(&befores).await?;
    let recorded = record(place, &sequence).await?;
    let mut databases = Vec::new();
    let mut sessions = Vec::new();
    for _ in 0..BOTS {
        databases.push(place.database(CONNECTIONS, None).await?);
        sessions.push(place.session().await?);
    }
    let mut fleet = Fleet::default();
    for round in 0..=options.rounds.min(ROUNDS_MAX) {
        for turn in 0..2 {
            place.prepare(&befores).await?;
            let is_ours = (turn + round) % 2 == 0;
            let (measured, back) = match is_ours {
                true => (ours(&databases, &sequence).await?, None),
                false => {
                    let (measured, back) = bare(std::mem::take(&mut sessions), &recorded).await?;
                    (measured, Some(back))
                }
            };
            if let Some(back) = back {
                sessions = back;
            }
            match (round, is_ours) {
                (0, _) => {}
                (_, true) => fleet.ours.push(measured),
                (_, false) => fleet.bare.push(measured),
            }
        }
    }
    for database in &databases {
        for (cause, count) in database.figures().retries {
            *fleet.retries.entry(cause).or_default() += count;
        }
    }
    for session in sessions {
        session.close().await;
    }
    Ok(fleet)
}

/// The write that a bot makes at a step: all bots at different places of the sequence.
fn at(sequence: &[Typical], bot: usize, step: usize) -> Option<(&Typical, u32)> {
    let typical = sequence.get((bot * 17 + step) % sequence.len())?;
    let number = u32::try_from(bot * WRITES + step).ok()?;
    Some((typical, number))
}

async fn record(place: &Place, sequence: &[Typical]) -> Result<Vec<Recorded>> {
    let recorder = Recorder::default();
    let database = place.database(1, Some(recorder.observer())).await?;
    let mut bots = Vec::new();
    for bot in 0..BOTS {
        let mut recorded = Recorded::default();
        for (typical, number) in (0..WRITES).filter_map(|step| at(sequence, bot, step)) {
            recorded
                .calls
                .push(recorder.call(&database, typical, number).await?);
        }
        bots.push(recorded);
    }
    Ok(bots)
}

/// What one bot did.
struct Bot {
    time: Duration,
    failed: usize,
    times: Vec<f64>,
}

impl Bot {
    fn called(&mut self, begun: Instant, well: bool) {
        self.times.push(begun.elapsed().as_secs_f64() * 1e6);
        self.failed += usize::from(!well);
    }
}

async fn ours(databases: &[Database], sequence: &[Typical]) -> Result<Round> {
    let pass = next_pass();
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for (bot, database) in databases.iter().enumerate() {
        let database = database.clone();
        let writes: Vec<_> = (0..WRITES)
            .filter_map(|step| at(sequence, bot, step))
            .map(|(typical, number)| (typical.call, Mark { pass, number }))
            .collect();
        tasks.spawn(async move {
            let mut done = Bot {
                time: Duration::ZERO,
                failed: 0,
                times: Vec::with_capacity(writes.len()),
            };
            for (call, mark) in writes {
                let at = Instant::now();
                let result = call(&database, mark).await;
                done.called(at, result.is_ok());
            }
            done.time = begun.elapsed();
            done
        });
    }
    let mut bots = Vec::new();
    while let Some(done) = tasks.join_next().await {
        bots.push(done?);
    }
    Ok(round(&bots, begun.elapsed()))
}

type Session = cbtrade_mysql::Session;

async fn bare(sessions: Vec<Session>, recorded: &[Recorded]) -> Result<(Round, Vec<Session>)> {
    let pass = next_pass();
    let lists: Vec<Vec<Call>> = recorded
        .iter()
        .map(|recorded| Call::all(recorded.of_pass(pass), Token::Without))
        .collect();
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for (mut session, calls) in sessions.into_iter().zip(lists) {
        tasks.spawn(async move {
            let mut done = Bot {
                time: Duration::ZERO,
                failed: 0,
                times: Vec::with_capacity(calls.len()),
            };
            for call in calls {
                let at = Instant::now();
                let result = call.run(&mut session).await;
                done.called(at, result.is_ok());
            }
            done.time = begun.elapsed();
            (session, done)
        });
    }
    let (mut bots, mut back) = (Vec::new(), Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (session, bot) = done?;
        back.push(session);
        bots.push(bot);
    }
    Ok((round(&bots, begun.elapsed()), back))
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn round(bots: &[Bot], time: Duration) -> Round {
    let failed = bots.iter().map(|bot| bot.failed).sum();
    let times: Vec<f64> = bots.iter().flat_map(|bot| bot.times.clone()).collect();
    let ends: Vec<f64> = bots.iter().map(|bot| bot.time.as_secs_f64()).collect();
    let slowest = ends.iter().copied().fold(0.0, f64::max);
    Round {
        calls_per_second: (times.len() - failed) as f64 / time.as_secs_f64(),
        slowest_share: median(&ends) / slowest,
        failed,
        times,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_is_a_hundred_writes_of_the_list() {
        let sequence = sequence().unwrap();
        assert_eq!(sequence.len(), 100);
        let of = |name: &str| {
            sequence
                .iter()
                .filter(|typical| typical.name == name)
                .count()
        };
        for (name, count) in MIX {
            assert_eq!(of(name), count, "{name}");
        }
    }
}
