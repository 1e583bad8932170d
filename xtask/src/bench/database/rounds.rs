//! One connection: the layer's calls and the same statements from the driver, in turn.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cbtrade_database::Database;
use cbtrade_mysql::Session;

use super::super::Result;
use super::bare::{Call, Token};
use super::calls::Typical;
use super::recorded::{Mark, Recorded, Recorder};
use super::{Options, Place};

/// Time that a batch of calls may take; slow methods are called less often.
const BATCH: Duration = Duration::from_millis(300);
/// Calls of a batch at least.
const CALLS_MIN: usize = 10;
/// Calls that show how long one takes.
const PROBES: u32 = 4;

/// A new number for a batch of calls.
pub(super) fn next_pass() -> u32 {
    static PASSES: AtomicU32 = AtomicU32::new(1);
    PASSES.fetch_add(1, Ordering::Relaxed)
}

/// Times of calls, in microseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Times(Vec<f64>);

impl Times {
    pub(super) fn new(times: Vec<f64>) -> Times {
        Times(times)
    }

    fn add(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1e6);
    }

    pub(super) fn median(&self) -> f64 {
        super::super::text::median(&self.0)
    }

    /// All but one in a hundred are no longer.
    pub(super) fn p99(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let place = (sorted.len() * 99).div_ceil(100).saturating_sub(1);
        sorted.get(place).copied().unwrap_or(f64::NAN)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

/// What was measured of a method on one connection.
#[derive(Clone, Debug)]
pub(super) struct Method {
    pub(super) name: &'static str,
    /// Statements of a call.
    pub(super) statements: usize,
    pub(super) writes: bool,
    pub(super) ours: Times,
    pub(super) bare: Times,
    /// The driver with the layer's token in each transaction; empty for reads.
    pub(super) with_token: Times,
}

impl Method {
    /// The layer's time by the driver's.
    pub(super) fn ratio(&self) -> f64 {
        self.ours.median() / self.bare.median()
    }

    /// The layer's time by that of the driver with a token; for a read the same as without.
    pub(super) fn ratio_with_token(&self) -> f64 {
        match self.writes {
            true => self.ours.median() / self.with_token.median(),
            false => self.ratio(),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {:.0} µs, bare {:.0} µs, {:.2} times ({} calls)",
            self.name,
            self.ours.median(),
            self.bare.median(),
            self.ratio(),
            self.ours.count()
        )
    }
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Ours,
    Bare,
    WithToken,
}

/// Measures a method; gives also the statements of its calls.
pub(super) async fn measure(
    place: &Place,
    typical: &Typical,
    options: &Options,
) -> Result<(Method, Recorded)> {
    let recorded = record(place, typical, options.calls).await?;
    let database = place.database(1, None).await?;
    let session = place.session().await?;
    let mut method = Method {
        name: typical.name,
        statements: recorded.statements(),
        writes: recorded.writes(),
        ours: Times::default(),
        bare: Times::default(),
        with_token: Times::default(),
    };
    let ways: &[Way] = match method.writes {
        true => &[Way::Ours, Way::Bare, Way::WithToken],
        false => &[Way::Ours, Way::Bare],
    };
    let mut turns = Turns {
        place,
        typical,
        recorded: &recorded,
        database,
        session,
    };
    // The first round warms up and does not count.
    for round in 0..=options.rounds {
        let measured = match typical.before.is_empty() {
            true => turns.call_by_call(ways, round).await?,
            false => turns.batch_by_batch(ways, round).await?,
        };
        if round == 0 {
            continue;
        }
        for (way, time) in measured {
            match way {
                Way::Ours => method.ours.add(time),
                Way::Bare => method.bare.add(time),
                Way::WithToken => method.with_token.add(time),
            }
        }
    }
    turns.session.close().await;
    Ok((method, recorded))
}

/// Both sides, with a connection each.
struct Turns<'a> {
    place: &'a Place,
    typical: &'a Typical,
    recorded: &'a Recorded,
    database: Database,
    session: Session,
}

impl Turns<'_> {
    /// Every call is made in all ways before the next one, another way first each time: whatever else the machine does
    /// meets them all alike.
    async fn call_by_call(&mut self, ways: &[Way], round: usize) -> Result<Vec<(Way, Duration)>> {
        let pass = next_pass();
        let mut bare = self.bare_calls(Token::Without).into_iter();
        let mut with_token = self.bare_calls(Token::With).into_iter();
        let mut times = Vec::new();
        for number in 0..self.recorded.calls.len() {
            for position in 0..ways.len() {
                let way = ways[(position + number + round) % ways.len()];
                let time = match way {
                    Way::Ours => self.ours(pass, number).await?,
                    Way::Bare => self.bare(bare.next()).await?,
                    Way::WithToken => self.bare(with_token.next()).await?,
                };
                times.push((way, time));
            }
        }
        Ok(times)
    }

    /// One way after the other, each with everything prepared anew.
    async fn batch_by_batch(&mut self, ways: &[Way], round: usize) -> Result<Vec<(Way, Duration)>> {
        let mut times = Vec::new();
        for position in 0..ways.len() {
            let way = ways[(position + round) % ways.len()];
            self.place.prepare(self.typical.before).await?;
            let pass = next_pass();
            let token = match way {
                Way::WithToken => Token::With,
                Way::Ours | Way::Bare => Token::Without,
            };
            let mut bare = self.bare_calls(token).into_iter();
            for number in 0..self.recorded.calls.len() {
                let time = match way {
                    Way::Ours => self.ours(pass, number).await?,
                    Way::Bare | Way::WithToken => self.bare(bare.next()).await?,
                };
                times.push((way, time));
            }
        }
        Ok(times)
    }

    fn bare_calls(&self, token: Token) -> Vec<Call> {
        Call::all(self.recorded.of_pass(next_pass()), token)
    }

    async fn ours(&self, pass: u32, number: usize) -> Result<Duration> {
        let number = u32::try_from(number)?;
        let begun = Instant::now();
        (self.typical.call)(&self.database, Mark { pass, number }).await?;
        Ok(begun.elapsed())
    }

    async fn bare(&mut self, call: Option<Call>) -> Result<Duration> {
        let call = call.ok_or("fewer statements than calls")?;
        let begun = Instant::now();
        call.run(&mut self.session).await?;
        Ok(begun.elapsed())
    }
}

/// Records so many calls, or as many as fit into the time of a batch.
async fn record(place: &Place, typical: &Typical, calls: usize) -> Result<Recorded> {
    let recorder = Recorder::default();
    let database = place.database(1, Some(recorder.observer())).await?;
    place.prepare(typical.before).await?;
    let mut recorded = Recorded::default();
    let begun = Instant::now();
    for number in 0..PROBES {
        recorded
            .calls
            .push(recorder.call(&database, typical, number).await?);
    }
    let each = begun.elapsed() / PROBES;
    let fits = BATCH.as_micros() / each.as_micros().max(1);
    let calls = usize::try_from(fits)?.clamp(CALLS_MIN.min(calls), calls);
    for number in PROBES..u32::try_from(calls)? {
        recorded
            .calls
            .push(recorder.call(&database, typical, number).await?);
    }
    Ok(recorded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_hundred_may_be_longer() {
        let times = Times((1..=200).map(f64::from).collect());
        assert_eq!(times.p99().to_bits(), 198.0_f64.to_bits());
        assert_eq!(Times(vec![5.0]).p99().to_bits(), 5.0_f64.to_bits());
        assert_eq!(times.median().to_bits(), 100.0_f64.to_bits());
    }
}
