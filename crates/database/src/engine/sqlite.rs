//! SQLite: one writer that waits its turn among all processes, and several readers.
//!
//! A connection belongs to a thread; calls talk to the threads over channels, and every answer has a channel of its own.
//! A call that is dropped half-way closes its channel, which rolls its transaction back.
//!
//! A transaction that writes both files is whole in each of them, but a crash between the two commits may leave it in the
//! trading file alone: SQLite's write-ahead log does not span files.

mod convert;
mod errand;
mod failure;
mod functions;
mod line;
mod reader;
mod session;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::{timeout, timeout_at};

use super::operation::Recorded;
use super::{Begun, Deadline, Ended, Outcome, Transaction, Way};
use crate::error::{Call, Error, ErrorKind};
use crate::figures::Figures;
use crate::options::{FileWrites, Options};
use crate::row::Row;
use crate::value::Value;
use crate::waits::Waits;
use errand::{Errand, Patience, locked};
use reader::{Query, Readers};
use session::{Files, Purpose, Session};
use writer::{Desk, Place, Request, Wanted};

const OPEN: Call = Call {
    method: "open",
    table: "",
};
/// Time to make a file.
const CREATE_TIMEOUT: Duration = Duration::from_secs(10);
/// What the end of the threads is waited for.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// A trading file with its candle file. Dropping it ends its threads.
pub(crate) struct File {
    shared: Arc<Shared>,
    /// Ends when the writer has ended, which is the last of the threads.
    ended: Mutex<Receiver<()>>,
}

/// What the threads and the calls share.
struct Shared {
    files: Files,
    options: Options,
    desk: Desk,
    readers: Readers,
    /// Idle connections of writes that each go for themselves.
    alone: Mutex<Vec<Session>>,
    /// Each thread but the writer holds one of these as long as it runs; gone when the file is closed.
    token: Mutex<Option<Sender<()>>>,
}

impl Shared {
    fn figures(&self) -> &Figures {
        &self.files.figures
    }

    /// Starts a thread that ends before the writer; false if there can be none.
    fn start(self: &Arc<Self>, name: &str, work: impl FnOnce(&Shared) + Send + 'static) -> bool {
        let token = locked(&self.token).clone();
        token.is_some_and(|token| self.start_with(token, name, work))
    }

    /// Starts a thread that holds a token until it has ended.
    fn start_with(
        self: &Arc<Self>,
        token: Sender<()>,
        name: &str,
        work: impl FnOnce(&Shared) + Send + 'static,
    ) -> bool {
        let shared = Arc::clone(self);
        let thread = std::thread::Builder::new().name(name.to_owned());
        let started = thread.spawn(move || {
            work(&shared);
            drop(shared);
            drop(token);
        });
        started.is_ok()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        locked(&self.shared.token).take();
        locked(&self.shared.alone).clear();
        self.shared.desk.close();
        self.shared.readers.close();
        // A writer that stands in the line ends when its turn comes; it is not waited for any longer.
        let _ = locked(&self.ended).recv_timeout(CLOSE_TIMEOUT);
    }
}

impl File {
    /// Makes an empty database with write-ahead logging where there is no file; a database that is there is left alone.
    pub(crate) fn create(path: &Path) -> Result<(), Error> {
        let errand = Errand::new(OPEN, Deadline(Instant::now() + CREATE_TIMEOUT));
        session::create(path, &errand)
    }

    /// Opens a database that is there; the candle file is made where it is missing and can be made.
    pub(crate) async fn open(
        path: &Path,
        candles: &Path,
        options: &Options,
        figures: Arc<Figures>,
    ) -> Result<File, Error> {
        let errand = Errand::new(OPEN, Deadline(Instant::now() + options.connect_timeout));
        let path = real_path(path)?;
        // What is no database gets no candle file either.
        session::create(&path, &errand)?;
        if !candles.exists() {
            // Without it there are no candle tables, which is what a call for them is then told.
            let _ = session::create(candles, &errand);
        }
        let candles = match candles.exists() {
            true => Some(real_path(candles)?),
            false => None,
        };
        if candles.as_deref() == Some(&path) {
            return Err(Error::new(OPEN, ErrorKind::Location)
                .detail("the candles need a file of their own"));
        }
        let (token, others_ended) = mpsc::channel();
        let (writer_token, ended) = mpsc::channel();
        let shared = Arc::new(Shared {
            files: Files {
                path,
                candles,
                clock: Arc::clone(&options.clock),
                figures,
            },
            options: options.clone(),
            desk: Desk::default(),
            readers: Readers::new(options.connections_max),
            alone: Mutex::default(),
            token: Mutex::new(Some(token)),
        });
        let file = File {
            shared: Arc::clone(&shared),
            ended: Mutex::new(ended),
        };
        let (sender, opened) = oneshot::channel();
        let write = move |shared: &Shared| match open_to_write(&shared.files, &errand) {
            Ok(session) => {
                drop(sender.send(Ok(())));
                shared.write(session, &others_ended);
            }
            Err(error) => drop(sender.send(Err(error))),
        };
        shared.start_with(writer_token, "cbtrade-writer", write);
        opened.await.unwrap_or_else(|_| Err(no_thread(OPEN)))?;
        Ok(file)
    }

    /// Runs a query on a reader's connection.
    pub(crate) async fn read(
        &self,
        call: Call,
        sql: &str,
        values: Vec<Value>,
        deadline: Deadline,
    ) -> Result<Vec<Row>, Error> {
        let asked = Instant::now();
        let shared = &self.shared;
        let patience = shared.options.acquire_timeout.min(deadline.left());
        let permits = Arc::clone(&shared.readers.permits);
        let Ok(Ok(permit)) = timeout(patience, permits.acquire_owned()).await else {
            shared.figures().pool_exhausted();
            return Err(Error::new(call, ErrorKind::PoolExhausted)
                .detail(format!("no reader was free for {}", seconds(patience))));
        };
        shared.figures().waited_for_connection(asked.elapsed());
        let errand = Errand::new(call, deadline);
        let _patience = Patience(Arc::clone(&errand));
        let (sender, answer) = oneshot::channel();
        shared.put_query(Query {
            errand,
            sql: sql.to_owned(),
            values,
            answer: sender,
            permit,
        });
        match timeout(deadline.left(), answer).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(no_thread(call)),
            Err(_) => Err(Error::new(call, ErrorKind::Deadline)),
        }
    }
}

/// Attempts at a transaction on a file. A commit is never in doubt: its answer comes from this very process.
pub(crate) struct Attempts<'a> {
    file: &'a File,
    call: Call,
    deadline: Deadline,
    waits: Waits,
}

impl<'a> Attempts<'a> {
    pub(crate) fn new(file: &'a File, call: Call, deadline: Deadline) -> Attempts<'a> {
        Attempts {
            file,
            call,
            deadline,
            waits: Waits::new(),
        }
    }

    /// The next attempt. The turn is waited for with its first statement, so that no lock is held for nothing.
    pub(crate) async fn begin(&mut self) -> Result<Begun, Error> {
        let turn = Turn::new(Arc::clone(&self.file.shared), self.call, self.deadline);
        Ok(Begun::Open(Transaction::new(self.call, Way::Sqlite(turn))))
    }

    /// Ends an attempt: commits its value, or rolls back and says whether to begin again.
    pub(crate) async fn finish<T: Recorded>(
        &mut self,
        mut turn: Turn,
        result: Result<T, Error>,
    ) -> Ended<T> {
        let error = match result {
            Ok(value) => match turn.commit().await {
                Ok(()) => return Ended::Done(Ok(value)),
                Err(error) => error,
            },
            Err(error) => error,
        };
        drop(turn);
        let options = &self.file.shared.options;
        if error.kind != ErrorKind::Conflict || options.file_writes == FileWrites::EachForItself {
            return Ended::Done(Err(error));
        }
        self.file.shared.figures().retried(error.kind, None);
        let wait = self.waits.next();
        if self.deadline.left() <= wait {
            let tries = self.waits.attempts();
            return Ended::Done(Err(error.detail(format!(
                "given up after {tries} attempts of {}",
                self.call.method
            ))));
        }
        tokio::time::sleep(wait).await;
        Ended::Again
    }
}

/// The writer's connection; what it finds out about the files holds for all others.
fn open_to_write(files: &Files, errand: &Arc<Errand>) -> Result<Session, Error> {
    let session = Session::open(files, Purpose::Writing, errand)?;
    session.log_ahead(errand)?;
    Ok(session)
}

/// The one path of a file by which all processes know it, whatever links lead there.
fn real_path(path: &Path) -> Result<std::path::PathBuf, Error> {
    let failed =
        |kind, detail| Err(Error::new(OPEN, kind).detail(format!("{detail} `{}`", path.display())));
    match path.canonicalize() {
        Ok(real) if real.is_file() => Ok(real),
        Ok(_) => failed(ErrorKind::Location, "this is not a file:"),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
            failed(ErrorKind::NotFound, "there is no file")
        }
        Err(source) => failed(ErrorKind::Unreachable, "the file cannot be reached:")
            .map_err(|error: Error| error.because(source)),
    }
}

fn no_thread(call: Call) -> Error {
    Error::new(call, ErrorKind::Other).detail("the file's thread has ended")
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// A transaction on a file, from its first statement on.
pub(crate) struct Turn {
    shared: Arc<Shared>,
    errand: Arc<Errand>,
    state: TurnState,
    /// What the last statement that failed failed of.
    last: Option<ErrorKind>,
    _patience: Patience,
}

enum TurnState {
    /// It has no statement yet.
    NotBegun,
    /// Statements go here.
    Open(Sender<Request>),
    /// It was committed with its last statement.
    Committed,
    /// It is rolled back.
    Over,
}

impl Turn {
    fn new(shared: Arc<Shared>, call: Call, deadline: Deadline) -> Turn {
        let errand = Errand::new(call, deadline);
        Turn {
            shared,
            _patience: Patience(Arc::clone(&errand)),
            errand,
            state: TurnState::NotBegun,
            last: None,
        }
    }

    pub(crate) async fn run(
        &mut self,
        call: Call,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Outcome, Error> {
        let (answer, done) = oneshot::channel();
        let sql = sql.to_owned();
        let request = Request::Run {
            sql,
            values,
            answer,
        };
        self.ask(call, request, done).await
    }

    pub(crate) async fn rows(
        &mut self,
        call: Call,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Error> {
        let (answer, done) = oneshot::channel();
        let sql = sql.to_owned();
        let request = Request::Rows {
            sql,
            values,
            answer,
        };
        self.ask(call, request, done).await
    }

    /// Runs statements and commits, all on the file's thread: nothing waits for this task in between, which might not be
    /// polled again while the file is locked. It must be the transaction's only work.
    pub(crate) async fn whole(
        &mut self,
        call: Call,
        statements: Vec<(String, Vec<Value>)>,
    ) -> Result<(), Error> {
        let (answer, done) = oneshot::channel();
        self.ask(call, Request::Whole { statements, answer }, done)
            .await?;
        self.state = TurnState::Committed;
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), Error> {
        if matches!(self.state, TurnState::NotBegun | TurnState::Committed) {
            return Ok(());
        }
        let call = self.errand.call;
        let (answer, done) = oneshot::channel();
        self.send(call, Request::Commit { answer })?;
        // Once it may be committed, it is found out whether it was: the answer comes from this very process.
        let patience = self.errand.deadline.left() + self.shared.options.outcome_timeout;
        match timeout(patience, done).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(self.rolled_back(call)),
            Err(_) => {
                self.shared.figures().outcome_unknown();
                Err(Error::new(call, ErrorKind::OutcomeUnknown)
                    .detail("the file's disk does not answer"))
            }
        }
    }

    /// Asks the transaction's thread; the first question begins the transaction.
    async fn ask<T>(
        &mut self,
        call: Call,
        request: Request,
        answer: oneshot::Receiver<Result<T, Error>>,
    ) -> Result<T, Error> {
        let done = if matches!(self.state, TurnState::NotBegun) {
            self.begin(call, request)?;
            self.first_answer(call, answer).await
        } else {
            self.send(call, request)?;
            match timeout(self.errand.deadline.left(), answer).await {
                Ok(Ok(done)) => done,
                Ok(Err(_)) => Err(self.rolled_back(call)),
                Err(_) => Err(Error::new(call, ErrorKind::Deadline)),
            }
        };
        if let Err(error) = &done {
            self.last = Some(error.kind);
            if matches!(error.kind, ErrorKind::Deadline | ErrorKind::PoolExhausted) {
                self.errand.give_up();
                self.state = TurnState::Over;
            }
        }
        done
    }

    fn begin(&mut self, call: Call, request: Request) -> Result<(), Error> {
        let (sender, requests) = mpsc::channel();
        let wanted = Wanted {
            errand: Arc::clone(&self.errand),
            requests,
            since: Instant::now(),
        };
        self.state = TurnState::Open(sender);
        self.send(call, request)?;
        match self.shared.options.file_writes {
            FileWrites::InTurn => self.shared.desk.put(wanted),
            FileWrites::EachForItself => {
                let alone = move |shared: &Shared| shared.write_alone(&wanted);
                if !self.shared.start("cbtrade-alone", alone) {
                    return Err(no_thread(call));
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, call: Call, request: Request) -> Result<(), Error> {
        let sent = match &self.state {
            TurnState::Open(sender) => sender.send(request).is_ok(),
            TurnState::NotBegun | TurnState::Committed | TurnState::Over => false,
        };
        match sent {
            true => Ok(()),
            false => Err(self.rolled_back(call)),
        }
    }

    /// The error of a transaction that its thread has ended.
    fn rolled_back(&mut self, call: Call) -> Error {
        let kind = match self.last {
            _ if self.errand.deadline.is_over() => ErrorKind::Deadline,
            // SQLite ends a transaction by itself when it cannot go on, as with a full disk.
            Some(kind) => kind,
            None => ErrorKind::Other,
        };
        self.state = TurnState::Over;
        Error::new(call, kind).detail("the transaction was rolled back before this statement")
    }

    /// Waits for the process's turn and then for the answer.
    async fn first_answer<T>(
        &mut self,
        call: Call,
        mut answer: oneshot::Receiver<Result<T, Error>>,
    ) -> Result<T, Error> {
        let asked = Instant::now();
        let deadline = self.errand.deadline;
        let options = &self.shared.options;
        let mut patience_ends = Some(asked + options.acquire_timeout);
        loop {
            let in_line = self.shared.desk.time_in_line();
            let mut next = deadline.0;
            next = next.min(Instant::now() + options.lock_wait.saturating_sub(in_line));
            next = next.min(patience_ends.unwrap_or(next));
            next = next.max(Instant::now() + Duration::from_millis(1));
            match timeout_at(next.into(), &mut answer).await {
                Ok(Ok(done)) => return done,
                Ok(Err(_)) => return Err(self.rolled_back(call)),
                Err(_) => {}
            }
            let place = match options.file_writes {
                FileWrites::InTurn => self.shared.desk.place(&self.errand),
                FileWrites::EachForItself => Place::Served,
            };
            let waited = seconds(asked.elapsed());
            if deadline.is_over() {
                return Err(Error::new(call, ErrorKind::Deadline).detail(match place {
                    Place::Behind(calls) => {
                        format!("behind {calls} calls of this process for {waited}")
                    }
                    Place::InLine => format!("in line behind other processes for {waited}"),
                    Place::Served => format!("waiting for the file or its answer for {waited}"),
                }));
            }
            if patience_ends.is_some_and(|end| Instant::now() >= end) {
                patience_ends = None;
                if let Place::Behind(calls) = place {
                    self.shared.figures().pool_exhausted();
                    return Err(Error::new(call, ErrorKind::PoolExhausted)
                        .detail(format!("behind {calls} calls of this process for {waited}")));
                }
            }
            if self.shared.desk.time_in_line() >= options.lock_wait {
                self.shared.urge();
            }
        }
    }
}
