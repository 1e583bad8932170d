//! The threads that write.
//!
//! Calls stand in a queue; the writer takes the process's place in the line of all processes and serves the first one when
//! its turn has come. Should the line stand still, because a process in it was stopped, then a second writer goes round it
//! after a while: SQLite's own lock is free then.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::errand::{Errand, locked};
use super::line::Line;
use super::session::{Purpose, Session};
use super::{CLOSE_TIMEOUT, Shared};
use crate::engine::{Deadline, Outcome};
use crate::error::{Call, Error, ErrorKind};
use crate::row::Row;
use crate::value::Value;

/// Wait of the second writer between two looks at SQLite's lock.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// What a transaction's thread waits for its caller beyond the deadline, at which the caller gives up by itself.
const GRACE: Duration = Duration::from_millis(200);

/// What a caller asks for within a transaction.
pub(super) enum Request {
    Run {
        sql: String,
        values: Vec<Value>,
        answer: oneshot::Sender<Result<Outcome, Error>>,
    },
    Rows {
        sql: String,
        values: Vec<Value>,
        answer: oneshot::Sender<Result<Vec<Row>, Error>>,
    },
    Commit {
        answer: CommitAnswer,
    },
    /// Statements and the commit after them, without asking the caller in between.
    Whole {
        statements: Vec<(String, Vec<Value>)>,
        answer: CommitAnswer,
    },
}

type CommitAnswer = oneshot::Sender<Result<(), Error>>;

impl Request {
    /// Answers with an error. (Where nobody waits for the answer, it is lost, and so everywhere here.)
    fn refuse(self, error: Error) {
        match self {
            Request::Run { answer, .. } => drop(answer.send(Err(error))),
            Request::Rows { answer, .. } => drop(answer.send(Err(error))),
            Request::Commit { answer } | Request::Whole { answer, .. } => {
                drop(answer.send(Err(error)));
            }
        }
    }
}

/// A transaction that a caller wants. Its requests end when the caller drops it, which rolls it back.
pub(super) struct Wanted {
    pub(super) errand: Arc<Errand>,
    pub(super) requests: Receiver<Request>,
    pub(super) since: Instant,
}

/// Where a transaction stands that has given no answer yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// So many calls of this process are before it, the one being served counted.
    Behind(usize),
    /// This process waits in the line.
    InLine,
    /// It is being served.
    Served,
}

/// The queue of the process's transactions, and what its writers do.
#[derive(Default)]
pub(super) struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Wanted>,
    /// Since when the writer waits in the line.
    in_line: Option<Instant>,
    /// Transactions that are being held: one, or two for an instant when both writers find work.
    serving: usize,
    /// The line seems to stand still: go round it.
    urged: bool,
    second_writer: bool,
    closing: bool,
}

impl State {
    /// The first transaction that somebody still waits for.
    fn first(&mut self) -> Option<&Wanted> {
        while self.queue.front()?.errand.is_over() {
            self.queue.pop_front();
        }
        self.queue.front()
    }

    fn take_first(&mut self) -> Option<Wanted> {
        self.first()?;
        self.queue.pop_front()
    }
}

impl Desk {
    pub(super) fn put(&self, wanted: Wanted) {
        locked(&self.state).queue.push_back(wanted);
        self.changed.notify_all();
    }

    pub(super) fn place(&self, errand: &Arc<Errand>) -> Place {
        let state = locked(&self.state);
        let before = state
            .queue
            .iter()
            .filter(|wanted| !wanted.errand.is_given_up())
            .position(|wanted| Arc::ptr_eq(&wanted.errand, errand));
        match before {
            None => Place::Served,
            Some(0) if state.serving == 0 => Place::InLine,
            Some(before) => Place::Behind(before + state.serving),
        }
    }

    /// How long the writer has been waiting in the line.
    pub(super) fn time_in_line(&self) -> Duration {
        let since = locked(&self.state).in_line;
        since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    pub(super) fn close(&self) {
        locked(&self.state).closing = true;
        self.changed.notify_all();
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// The thread that writes. It is started with an open session, so that a file that cannot be opened is known at once.
    /// It ends last: of two connections that are closed at once, neither finds itself to be the last one, which moves the
    /// log into the file.
    pub(super) fn write(&self, session: Session, others_ended: &Receiver<()>) {
        let mut session = Some(session);
        self.write_in_turn(&mut session);
        let _ = others_ended.recv_timeout(CLOSE_TIMEOUT);
        drop(session);
    }

    fn write_in_turn(&self, session: &mut Option<Session>) {
        let line = Line::open(&self.files.path).ok();
        let desk = &self.desk;
        loop {
            let mut state = locked(&desk.state);
            while state.first().is_none() {
                if state.closing {
                    return;
                }
                state = desk.wait(state);
            }
            state.in_line = Some(Instant::now());
            drop(state);
            // Without a line (no room for its file, a file system without such locks) SQLite's own waiting has to do.
            let turn = line.as_ref().and_then(|line| line.take().ok());
            let mut state = locked(&desk.state);
            state.in_line = None;
            state.urged = false;
            let first = state.take_first();
            state.serving += usize::from(first.is_some());
            drop(state);
            let Some(wanted) = first else {
                continue;
            };
            let ended = self.serve(session, &wanted, Purpose::Writing);
            // The next process begins before this one's caller is woken: that is time in which the file would lie idle.
            drop(turn);
            locked(&desk.state).serving -= 1;
            ended.tell();
        }
    }

    /// Sends the second writer round the line, and makes it where there is none yet.
    pub(super) fn urge(self: &Arc<Self>) {
        let mut state = locked(&self.desk.state);
        if state.in_line.is_none() || state.closing {
            return;
        }
        state.urged = true;
        if !state.second_writer {
            state.second_writer = self.start("cbtrade-writer-2", Shared::write_round_the_line);
        }
        drop(state);
        self.desk.changed.notify_all();
    }

    /// The second writer: while the line stands still, it takes what SQLite gives it.
    fn write_round_the_line(&self) {
        let mut session = None;
        let desk = &self.desk;
        loop {
            let mut state = locked(&desk.state);
            let errand = loop {
                if state.closing {
                    return;
                }
                let stands_still = state.urged && state.in_line.is_some() && state.serving == 0;
                match state.first() {
                    Some(first) if stands_still => break Arc::clone(&first.errand),
                    _ => state = desk.wait(state),
                }
            };
            drop(state);
            if !self.look(&mut session, errand.call) {
                let state = locked(&desk.state);
                let waited = desk.changed.wait_timeout(state, LOOK_AGAIN);
                drop(waited);
            }
        }
    }

    /// Serves the first transaction if SQLite's lock is free at this moment; false if it is not.
    fn look(&self, slot: &mut Option<Session>, call: Call) -> bool {
        // A look, not a wait: the turn may come at any moment.
        let look = Errand::new(call, Deadline(Instant::now()));
        let session = Session::ready(slot, &self.files, Purpose::Writing, &look);
        let begun = session.and_then(|session| session.begin(call, true).map(|()| session));
        if matches!(&begun, Err(error) if error.kind == ErrorKind::Conflict) {
            return false;
        }
        let first = {
            let mut state = locked(&self.desk.state);
            // The turn may have come after all.
            let first = match state.serving {
                0 => state.take_first(),
                _ => None,
            };
            state.serving += usize::from(first.is_some());
            first
        };
        let mut ended = Ended::default();
        if let Some(wanted) = &first {
            match begun {
                Ok(session) => {
                    session.work_for(&wanted.errand);
                    self.figures().waited_for_connection(wanted.since.elapsed());
                    ended = hold(session, wanted);
                }
                Err(error) => refuse_first(wanted, error),
            }
        }
        end(slot, call);
        locked(&self.desk.state).serving -= usize::from(first.is_some());
        ended.tell();
        true
    }

    /// A transaction on a connection of its own, as the bots wrote before.
    pub(super) fn write_alone(&self, wanted: &Wanted) {
        let mut session = locked(&self.alone).pop();
        let ended = self.serve(&mut session, wanted, Purpose::WritingAlone);
        if let Some(session) = session {
            locked(&self.alone).push(session);
        }
        ended.tell();
    }

    /// Begins a transaction and holds it for its caller.
    fn serve(&self, slot: &mut Option<Session>, wanted: &Wanted, purpose: Purpose) -> Ended {
        self.figures().waited_for_connection(wanted.since.elapsed());
        let call = wanted.errand.call;
        let begun =
            Session::ready(slot, &self.files, purpose, &wanted.errand).and_then(|session| {
                session.begin(call, purpose == Purpose::Writing)?;
                Ok(session)
            });
        let ended = match begun {
            Ok(session) => hold(session, wanted),
            Err(error) => {
                refuse_first(wanted, error);
                Ended::default()
            }
        };
        end(slot, call);
        ended
    }
}

/// What is left to be told to a caller that committed.
#[derive(Default)]
struct Ended(Option<(CommitAnswer, Result<(), Error>)>);

impl Ended {
    fn tell(self) {
        if let Some((answer, done)) = self.0 {
            drop(answer.send(done));
        }
    }
}

/// Does what the caller asks for, until it commits, gives up or runs out of time.
fn hold(session: &Session, wanted: &Wanted) -> Ended {
    let errand = &wanted.errand;
    while session.in_transaction() {
        let patience = errand.deadline.left() + GRACE;
        match wanted.requests.recv_timeout(patience) {
            Err(_) => break,
            Ok(Request::Run {
                sql,
                values,
                answer,
            }) => drop(answer.send(session.run(errand, &sql, &values))),
            Ok(Request::Rows {
                sql,
                values,
                answer,
            }) => drop(answer.send(session.rows(errand, &sql, &values))),
            Ok(Request::Commit { answer }) => {
                return Ended(Some((answer, committed(session, errand))));
            }
            Ok(Request::Whole { statements, answer }) => {
                let done = statements
                    .iter()
                    .try_for_each(|(sql, values)| session.run(errand, sql, values).map(drop))
                    .and_then(|()| committed(session, errand));
                return Ended(Some((answer, done)));
            }
        }
    }
    Ended::default()
}

fn committed(session: &Session, errand: &Errand) -> Result<(), Error> {
    match errand.is_over() {
        true => Err(Error::new(errand.call, ErrorKind::Deadline)),
        false => session.commit(errand.call),
    }
}

/// Rolls back what is open; a session that cannot do that is thrown away.
fn end(slot: &mut Option<Session>, call: Call) {
    if slot
        .as_ref()
        .is_some_and(|session| !session.roll_back(call))
    {
        *slot = None;
    }
}

fn refuse_first(wanted: &Wanted, error: Error) {
    if let Ok(request) = wanted.requests.try_recv() {
        request.refuse(error);
    }
}
