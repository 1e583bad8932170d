//! Figures of the layer about itself: waits, retries by cause, reconnects, calls by method.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::ErrorKind;

/// What a process has counted since it opened the database.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    connects: AtomicU64,
    connect_failures: AtomicU64,
    failovers: AtomicU64,
    pool_exhausted: AtomicU64,
    connection_waits_us: AtomicU64,
    outcomes_unknown: AtomicU64,
    retries: Mutex<BTreeMap<String, u64>>,
    methods: Mutex<BTreeMap<&'static str, MethodFigures>>,
}

/// Calls of one method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodFigures {
    /// Calls that ended well.
    pub calls: u64,
    /// Calls that ended with an error.
    pub errors: u64,
    /// Calls that took longer than a call should.
    pub slow: u64,
    /// Time of all calls, in microseconds.
    pub total_us: u64,
    /// Time of the longest call, in microseconds.
    pub longest_us: u64,
}

/// The figures at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiguresSnapshot {
    /// Connections opened.
    pub connects: u64,
    /// Attempts to connect that failed.
    pub connect_failures: u64,
    /// Times that the next server was turned to.
    pub failovers: u64,
    /// Calls that found no free connection in time.
    pub pool_exhausted: u64,
    /// Time that calls waited for a free connection, in microseconds.
    pub connection_waits_us: u64,
    /// Commits whose answer was lost.
    pub outcomes_unknown: u64,
    /// Attempts made again, by cause: `1213`, `1205`, `busy`, `connection lost`.
    pub retries: BTreeMap<String, u64>,
    /// Calls by method.
    pub methods: BTreeMap<String, MethodFigures>,
}

impl Figures {
    pub(crate) fn connected(&self) {
        self.connects.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn connect_failed(&self) {
        self.connect_failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn failed_over(&self) {
        self.failovers.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn pool_exhausted(&self) {
        self.pool_exhausted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn waited_for_connection(&self, time: Duration) {
        self.connection_waits_us
            .fetch_add(microseconds(time), Ordering::Relaxed);
    }

    pub(crate) fn outcome_unknown(&self) {
        self.outcomes_unknown.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn retried(&self, kind: ErrorKind, code: Option<u16>) {
        let cause = match (kind, code) {
            (_, Some(code)) => code.to_string(),
            (ErrorKind::Conflict, None) => "busy".to_owned(),
            (ErrorKind::ReadOnly, None) => "read only".to_owned(),
            _ => "connection lost".to_owned(),
        };
        *locked(&self.retries).entry(cause).or_default() += 1;
    }

    pub(crate) fn called(&self, method: &'static str, time: Duration, failed: bool, slow: bool) {
        let mut methods = locked(&self.methods);
        let figures = methods.entry(method).or_default();
        let time_us = microseconds(time);
        if failed {
            figures.errors += 1;
        } else {
            figures.calls += 1;
        }
        figures.slow += u64::from(slow);
        figures.total_us = figures.total_us.saturating_add(time_us);
        figures.longest_us = figures.longest_us.max(time_us);
    }

    pub(crate) fn snapshot(&self) -> FiguresSnapshot {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        FiguresSnapshot {
            connects: read(&self.connects),
            connect_failures: read(&self.connect_failures),
            failovers: read(&self.failovers),
            pool_exhausted: read(&self.pool_exhausted),
            connection_waits_us: read(&self.connection_waits_us),
            outcomes_unknown: read(&self.outcomes_unknown),
            retries: locked(&self.retries).clone(),
            methods: locked(&self.methods)
                .iter()
                .map(|(method, figures)| ((*method).to_owned(), *figures))
                .collect(),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
