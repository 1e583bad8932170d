//! What a thread does for a call, and how the call gives it up.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
    given_up: AtomicBool,
}

impl Errand {
    pub(super) fn new(call: Call, deadline: Deadline) -> Arc<Errand> {
        Arc::new(Errand {
            call,
            deadline,
            given_up: AtomicBool::new(false),
        })
    }

    /// Nobody waits any more: what waits is dropped, and what runs ends at its next look here.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::SeqCst)
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_given_up() || self.deadline.is_over()
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
