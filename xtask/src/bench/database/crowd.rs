//! Sixteen connections at once: calls per second of the layer and of the driver.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use cbtrade_database::Database;
use tokio::task::JoinSet;

use super::super::Result;
use super::super::text::median;
use super::bare::{Call, Token};
use super::calls::Typical;
use super::recorded::{Mark, Recorded};
use super::rounds::next_pass;
use super::{Options, Place};

/// Connections, and tasks that call.
pub(super) const CONNECTIONS: usize = 16;
/// Rounds at most: throughput varies less than the time of a call.
const ROUNDS_MAX: usize = 3;
/// Passes in a round of a method that may be called anew at once.
const PASSES: usize = 3;

/// What was measured of a method on many connections.
#[derive(Clone, Debug)]
pub(super) struct Method {
    pub(super) name: &'static str,
    /// Calls per second, one number for each round.
    ours: Vec<f64>,
    bare: Vec<f64>,
    /// Transactions of the driver that the server refused; the layer runs such ones again.
    pub(super) bare_failed: usize,
}

impl Method {
    /// The layer's calls per second.
    pub(super) fn ours(&self) -> f64 {
        median(&self.ours)
    }

    /// The layer's throughput by the driver's.
    pub(super) fn ratio(&self) -> f64 {
        median(&self.ours) / median(&self.bare)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {CONNECTIONS} connections, {:.0} calls/s, bare {:.0} calls/s, {:.2} times",
            self.name,
            self.ours(),
            median(&self.bare),
            self.ratio()
        )
    }
}

/// Measures a method.
pub(super) async fn measure(
    place: &Place,
    typical: &Typical,
    recorded: &Recorded,
    options: &Options,
) -> Result<Method> {
    let database = place.database(CONNECTIONS, None).await?;
    let mut sessions = Vec::new();
    for _ in 0..CONNECTIONS {
        sessions.push(place.session().await?);
    }
    let mut method = Method {
        name: typical.name,
        ours: Vec::new(),
        bare: Vec::new(),
        bare_failed: 0,
    };
    // What must be prepared for a batch is prepared for one pass only.
    let passes = if typical.before.is_empty() { PASSES } else { 1 };
    for round in 0..=options.rounds.min(ROUNDS_MAX) {
        for turn in 0..2 {
            place.prepare(typical.before).await?;
            let is_ours = (turn + round) % 2 == 0;
            let rate = match is_ours {
                true => ours(&database, typical, recorded.calls.len(), passes).await?,
                false => {
                    let (rate, failed, back) = bare(sessions, recorded, passes).await?;
                    sessions = back;
                    method.bare_failed += failed;
                    rate
                }
            };
            // The first round opens the connections and does not count.
            match (round, is_ours) {
                (0, _) => {}
                (_, true) => method.ours.push(rate),
                (_, false) => method.bare.push(rate),
            }
        }
    }
    for session in sessions {
        session.close().await;
    }
    Ok(method)
}

async fn ours(database: &Database, typical: &Typical, calls: usize, passes: usize) -> Result<f64> {
    let numbers: Vec<u32> = (0..passes).map(|_| next_pass()).collect();
    let all = calls * passes;
    let next = Arc::new(AtomicUsize::new(0));
    let call = typical.call;
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (database, next, numbers) = (database.clone(), Arc::clone(&next), numbers.clone());
        tasks.spawn(async move {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(pass) = numbers.get(at / calls).copied() else {
                    return Ok(());
                };
                let number = u32::try_from(at % calls).unwrap_or(0);
                call(&database, Mark { pass, number }).await?;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        let done: std::result::Result<(), cbtrade_database::Error> = done?;
        done?;
    }
    Ok(rate(all, begun))
}

type Session = cbtrade_mysql::Session;

async fn bare(
    sessions: Vec<Session>,
    recorded: &Recorded,
    passes: usize,
) -> Result<(f64, usize, Vec<Session>)> {
    let mut calls = Vec::new();
    for _ in 0..passes {
        calls.extend(Call::all(recorded.of_pass(next_pass()), Token::Without));
    }
    let all = calls.len();
    // Reversed, so that the next one is taken from the end.
    calls.reverse();
    let calls = Arc::new(std::sync::Mutex::new(calls));
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for mut session in sessions {
        let calls = Arc::clone(&calls);
        tasks.spawn(async move {
            let mut failed = 0;
            loop {
                let next = calls
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .pop();
                let Some(call) = next else {
                    return (session, failed);
                };
                if call.run(&mut session).await.is_err() {
                    failed += 1;
                }
            }
        });
    }
    let (mut back, mut failed) = (Vec::new(), 0);
    while let Some(done) = tasks.join_next().await {
        let (session, refused) = done?;
        back.push(session);
        failed += refused;
    }
    Ok((rate(all - failed, begun), failed, back))
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn rate(calls: usize, begun: Instant) -> f64 {
    calls as f64 / begun.elapsed().as_secs_f64()
}
