//! The threads that read: each has its own connection, and each statement is one consistent view of the file.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::Shared;
use super::errand::{Errand, locked};
use super::session::{Purpose, Session};
use crate::error::{Error, ErrorKind};
use crate::row::Row;
use crate::value::Value;
use crate::waits::Waits;

/// A query that a caller waits for.
pub(super) struct Query {
    pub(super) errand: Arc<Errand>,
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    pub(super) answer: oneshot::Sender<Result<Vec<Row>, Error>>,
    /// Goes when the query is over, also when its caller has long gone: then a reader is free.
    pub(super) permit: OwnedSemaphorePermit,
}

/// The queries and the readers. There are never more queries than readers may be.
pub(super) struct Readers {
    pub(super) permits: Arc<Semaphore>,
    most: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queries: VecDeque<Query>,
    started: usize,
    idle: usize,
    closing: bool,
}

impl Readers {
    pub(super) fn new(most: usize) -> Readers {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        Readers {
            permits: Arc::new(Semaphore::new(most)),
            most,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(super) fn close(&self) {
        locked(&self.state).closing = true;
        self.changed.notify_all();
    }
}

impl Shared {
    /// Gives a query to a reader, and starts one more where all are at work.
    pub(super) fn put_query(self: &Arc<Self>, query: Query) {
        let mut state = locked(&self.readers.state);
        state.queries.push_back(query);
        if state.queries.len() > state.idle && state.started < self.readers.most {
            if self.start("cbtrade-reader", Shared::read) {
                state.started += 1;
            } else if state.started == 0 {
                // Nobody will ever answer; the caller sees that its question is gone.
                state.queries.clear();
            }
        }
        drop(state);
        self.readers.changed.notify_one();
    }

    /// A thread that reads.
    fn read(&self) {
        let mut session = None;
        let mut state = locked(&self.readers.state);
        loop {
            if let Some(query) = state.queries.pop_front() {
                drop(state);
                self.answer(&mut session, query);
                state = locked(&self.readers.state);
                continue;
            }
            if state.closing {
                return;
            }
            state.idle += 1;
            state = self
                .readers
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    fn answer(&self, session: &mut Option<Session>, query: Query) {
        let Query {
            errand,
            sql,
            values,
            answer,
            permit,
        } = query;
        let mut waits = Waits::new();
        let done = loop {
            let done = Session::ready(session, &self.files, Purpose::Reading, &errand)
                .and_then(|session| session.rows(&errand, &sql, &values));
            match done {
                Err(error) if error.kind == ErrorKind::Conflict && !errand.is_over() => {
                    self.figures().retried(error.kind, None);
                    std::thread::sleep(waits.next().min(errand.deadline.left()));
                }
                done => break done,
            }
        };
        drop(permit);
        drop(answer.send(done));
    }
}
