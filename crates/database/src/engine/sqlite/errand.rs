//! What a thread does for a call, and how the call gives it up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cbtrade_sqlite::rusqlite::InterruptHandle;

use crate::engine::Deadline;
use crate::error::Call;

/// Longest sleep between two attempts at a lock that a foreign program holds.
const LONGEST_SLEEP: Duration = Duration::from_millis(20);

/// Locks a mutex, also after a panic of another holder: what is kept here is whole at every instant.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A read, or a whole transaction, that a thread does for a call.
pub(super) struct Errand {
    pub(super) call: Call,
    pub(super) deadline: Deadline,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    given_up: bool,
    /// The connection whose statement runs for the errand at this moment.
    running: Option<Arc<InterruptHandle>>,
}

impl Errand {
    pub(super) fn new(call: Call, deadline: Deadline) -> Arc<Errand> {
        Arc::new(Errand {
            call,
            deadline,
            progress: Mutex::default(),
        })
    }

    /// A statement begins on a connection; false if nobody waits for it any more.
    pub(super) fn begin(&self, handle: &Arc<InterruptHandle>) -> bool {
        let mut progress = locked(&self.progress);
        if progress.given_up {
            return false;
        }
        progress.running = Some(Arc::clone(handle));
        true
    }

    /// The statement is over. From here on no interruption can reach the connection for this errand.
    pub(super) fn end(&self) {
        locked(&self.progress).running = None;
    }

    /// Nobody waits any more: what runs is interrupted, what waits is dropped.
    pub(super) fn give_up(&self) {
        let mut progress = locked(&self.progress);
        progress.given_up = true;
        if let Some(handle) = progress.running.take() {
            handle.interrupt();
        }
    }

    pub(super) fn is_given_up(&self) -> bool {
        locked(&self.progress).given_up
    }

    pub(super) fn is_over(&self) -> bool {
        self.deadline.is_over() || self.is_given_up()
    }

    /// Sleeps before the next attempt at a lock; false if there shall be none.
    pub(super) fn wait_for_lock(&self, attempts: u32) -> bool {
        if self.is_over() {
            return false;
        }
        let wait = Duration::from_millis(1 << attempts.min(5)).min(LONGEST_SLEEP);
        std::thread::sleep(wait.min(self.deadline.left()));
        true
    }
}

/// Gives the errand up when the caller's future is dropped, however that happens.
pub(super) struct Patience(pub(super) Arc<Errand>);

impl Drop for Patience {
    fn drop(&mut self) {
        self.0.give_up();
    }
}
