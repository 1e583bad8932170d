//! A bounded pool of sessions.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cbtrade_mysql::{Session, SessionOptions, Target};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::Deadline;
use super::is_passing;
use crate::error::{Call, Error, ErrorKind};
use crate::figures::Figures;
use crate::options::Options;
use crate::waits::Waits;

/// Time for a test of an idle connection.
const TEST_TIMEOUT: Duration = Duration::from_secs(1);

/// Sessions of one process with one of several servers. Waiting calls are served in the order in which they came.
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    targets: Vec<Target>,
    /// The server in use; counts on without end, modulo the number of servers.
    current: AtomicUsize,
    options: Options,
    session_options: SessionOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
    figures: Arc<Figures>,
    opened: AtomicU64,
}

struct Idle {
    session: Session,
    retires: Instant,
    since: Instant,
    server: usize,
}

/// A session on loan. Dropped without [`Connection::release`], it is closed: whatever was under way on it is rolled back.
pub(crate) struct Connection {
    session: Session,
    retires: Instant,
    server: usize,
    shared: Arc<Shared>,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    pub(crate) fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Gives the session back. Only for one whose transaction is known to have ended.
    pub(crate) fn release(self) {
        let now = Instant::now();
        if self.session.is_broken() || now >= self.retires || self.server != self.shared.server() {
            return;
        }
        let idle = Idle {
            session: self.session,
            retires: self.retires,
            since: now,
            server: self.server,
        };
        self.shared.idle().push(idle);
    }
}

impl Shared {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn server(&self) -> usize {
        self.current.load(Ordering::Relaxed) % self.targets.len().max(1)
    }
}

impl Pool {
    pub(crate) fn new(targets: Vec<Target>, options: Options, figures: Arc<Figures>) -> Pool {
        let seconds =
            |duration: Duration| u32::try_from(duration.as_secs()).unwrap_or(u32::MAX).max(1);
        let milliseconds =
            |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let session_options = SessionOptions {
            connect_timeout_ms: milliseconds(options.connect_timeout),
            // Each call has its own deadline; this is the backstop.
            statement_timeout_ms: Some(milliseconds(
                options.call_timeout + options.outcome_timeout,
            )),
            row_lock_wait_s: seconds(options.lock_wait),
            table_lock_wait_s: seconds(options.call_timeout),
            net_timeout_s: seconds(options.call_timeout + options.outcome_timeout),
            idle_timeout_s: seconds(options.lifetime + options.call_timeout),
            program: options.program.clone(),
            statements_kept: 256,
            ..SessionOptions::default()
        };
        Pool {
            shared: Arc::new(Shared {
                targets,
                current: AtomicUsize::new(0),
                permits: Arc::new(Semaphore::new(options.connections_max.max(1))),
                options,
                session_options,
                idle: Mutex::default(),
                figures,
                opened: AtomicU64::new(0),
            }),
        }
    }

    pub(crate) fn options(&self) -> &Options {
        &self.shared.options
    }

    pub(crate) fn figures(&self) -> &Figures {
        &self.shared.figures
    }

    /// Closes the idle sessions.
    pub(crate) fn forget_idle(&self) {
        self.shared.idle().clear();
    }

    /// Turns to the next server, where there is one; idle sessions with the last one are closed.
    pub(crate) fn fail_over(&self) -> bool {
        if self.shared.targets.len() < 2 {
            return false;
        }
        self.shared.current.fetch_add(1, Ordering::Relaxed);
        self.forget_idle();
        self.shared.figures.failed_over();
        true
    }

    /// A tested session, within the call's patience.
    pub(crate) async fn acquire(
        &self,
        call: Call,
        deadline: Deadline,
    ) -> Result<Connection, Error> {
        let begun = Instant::now();
        let patience = self.shared.options.acquire_timeout.min(deadline.left());
        let permits = Arc::clone(&self.shared.permits);
        let permit = match tokio::time::timeout(patience, permits.acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) | Err(_) => {
                self.shared.figures.pool_exhausted();
                let (most, waited) = (self.shared.options.connections_max, begun.elapsed());
                return Err(Error::new(call, ErrorKind::PoolExhausted).detail(format!(
                    "{most} connections in use for {} ms",
                    waited.as_millis()
                )));
            }
        };
        self.shared.figures.waited_for_connection(begun.elapsed());
        while let Some(idle) = self.take_idle() {
            if let Some(session) = self.tested(idle.session, idle.since).await {
                return Ok(Connection {
                    session,
                    retires: idle.retires,
                    server: idle.server,
                    shared: Arc::clone(&self.shared),
                    _permit: permit,
                });
            }
            // The others were opened to the same server, which has gone in the meantime.
            self.forget_idle();
        }
        let (session, server) = self.connect(call, deadline).await?;
        Ok(Connection {
            session,
            retires: Instant::now() + self.lifetime(),
            server,
            shared: Arc::clone(&self.shared),
            _permit: permit,
        })
    }

    /// The session used last, so that those not needed grow old.
    fn take_idle(&self) -> Option<Idle> {
        let (now, server) = (Instant::now(), self.shared.server());
        let mut idle = self.shared.idle();
        idle.retain(|idle| idle.retires > now && idle.server == server);
        idle.pop()
    }

    async fn tested(&self, mut session: Session, since: Instant) -> Option<Session> {
        if session.is_broken() {
            return None;
        }
        if since.elapsed() < self.shared.options.test_after_idle {
            return Some(session);
        }
        match tokio::time::timeout(TEST_TIMEOUT, session.execute("DO 1")).await {
            Ok(Ok(_)) => Some(session),
            _ => None,
        }
    }

    /// Each connection lives up to a tenth less than the lifetime, so that not all are replaced at once.
    fn lifetime(&self) -> Duration {
        let lifetime = self.shared.options.lifetime;
        let number =
            u32::try_from(self.shared.opened.fetch_add(1, Ordering::Relaxed) % 10).unwrap_or(0);
        lifetime - lifetime / 100 * number
    }

    async fn connect(&self, call: Call, deadline: Deadline) -> Result<(Session, usize), Error> {
        let mut waits = Waits::new();
        loop {
            let server = self.shared.server();
            let opened = match self.shared.targets.get(server) {
                Some(target) => tokio::time::timeout(deadline.left(), self.open(target)).await,
                None => {
                    return Err(Error::new(call, ErrorKind::Location).detail("no server is named"));
                }
            };
            let error = match opened {
                Ok(Ok(session)) => {
                    self.shared.figures.connected();
                    return Ok((session, server));
                }
                Ok(Err(source)) if !is_passing(&source) => {
                    return Err(Error::of_server(call, source));
                }
                Ok(Err(source)) => Error::of_server(call, source),
                Err(_) => Error::new(call, ErrorKind::Unreachable),
            };
            self.shared.figures.connect_failed();
            // The next server is asked at once; only when all were asked is it time to wait.
            let around = self.fail_over()
                && !self
                    .shared
                    .server()
                    .is_multiple_of(self.shared.targets.len());
            let wait = if around { Duration::ZERO } else { waits.next() };
            if deadline.left() <= wait {
                return Err(error.detail(format!("asked {} times", waits.attempts())));
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn open(&self, target: &Target) -> Result<Session, cbtrade_mysql::Error> {
        let mut session = Session::open(target, &self.shared.session_options).await?;
        for statement in &self.shared.options.at_connect {
            session.execute(statement).await?;
        }
        Ok(session)
    }
}
