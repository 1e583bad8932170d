//! SQLite's own lock bytes, taken as locks that belong to an open file description.
//!
//! Locks of an open file description (OFD) meet the POSIX locks that SQLite takes, of this process
//! and of others, but unlike those they do not vanish when some other descriptor of the same file
//! is closed.

use std::fs::File;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use crate::Error;

/// A run of lock bytes in a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LockBytes {
    start: i64,
    length: i64,
}

/// In the database file: taken for a moment on the way to SHARED; a writer that waits to commit
/// holds it to keep new readers out.
const PENDING: LockBytes = LockBytes {
    start: 0x4000_0000,
    length: 1,
};
/// In the database file: held by the one connection that has a write transaction.
pub(crate) const RESERVED: LockBytes = LockBytes {
    start: 0x4000_0001,
    length: 1,
};
/// In the database file: held by every reader; a writer takes all of it before it changes the file.
const SHARED: LockBytes = LockBytes {
    start: 0x4000_0002,
    length: 510,
};
/// In the `-shm` file: held by readers of the database file; a checkpoint takes it before it writes
/// there.
pub(crate) const WAL_READ_0: LockBytes = LockBytes {
    start: 123,
    length: 1,
};
/// In the `-shm` file: held by readers of the log; the log starts anew only when this one and its
/// three followers are free.
pub(crate) const WAL_READ_1: LockBytes = LockBytes {
    start: 124,
    length: 1,
};

/// The patience of one operation, shared by all its waits.
#[derive(Debug)]
pub(crate) struct Patience {
    began: Instant,
    ms_max: u64,
    waited: Duration,
}

impl Patience {
    pub(crate) fn new(ms_max: u64) -> Self {
        Self {
            began: Instant::now(),
            ms_max,
            waited: Duration::ZERO,
        }
    }

    /// Milliseconds spent waiting for others.
    pub(crate) fn waited_ms(&self) -> u64 {
        u64::try_from(self.waited.as_millis()).unwrap_or(u64::MAX)
    }

    /// Sleeps a little; false when the time is up.
    pub(crate) fn wait(&mut self) -> bool {
        if self.began.elapsed() >= Duration::from_millis(self.ms_max) {
            return false;
        }
        // Short at first, because SQLite's locks are usually held for less than a millisecond.
        let pause = (self.waited / 4).clamp(Duration::from_micros(200), Duration::from_millis(20));
        let before = Instant::now();
        sleep(pause);
        self.waited += before.elapsed();
        true
    }
}

/// The answer to a request for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Taken.
    Taken,
    /// The file system has no such locks.
    Unsupported,
}

/// Takes SHARED as SQLite does: through PENDING, so that a waiting writer is not starved.
pub(crate) fn take_shared(
    file: &File,
    path: &Path,
    patience: &mut Patience,
) -> Result<Answer, Error> {
    loop {
        if let Some(answer) = try_shared(file).map_err(|source| Error::io(path, "lock", source))? {
            return Ok(answer);
        }
        if !patience.wait() {
            return Err(locked(path, "a writer holds the database file", patience));
        }
    }
}

fn try_shared(file: &File) -> io::Result<Option<Answer>> {
    match try_lock(file, PENDING, libc::F_RDLCK)? {
        Attempt::Taken => {}
        Attempt::Busy => return Ok(None),
        Attempt::Unsupported => return Ok(Some(Answer::Unsupported)),
    }
    let shared = try_lock(file, SHARED, libc::F_RDLCK);
    try_lock(file, PENDING, libc::F_UNLCK)?;
    Ok(match shared? {
        Attempt::Taken => Some(Answer::Taken),
        Attempt::Busy => None,
        Attempt::Unsupported => Some(Answer::Unsupported),
    })
}

/// Takes EXCLUSIVE, for as long as `file` stays open: nobody else reads or writes. A connection that uses a write-ahead
/// log holds SHARED until it is closed, so with EXCLUSIVE held nobody uses the log either.
pub(crate) fn take_exclusive(
    file: &File,
    path: &Path,
    patience: &mut Patience,
) -> Result<Answer, Error> {
    let mut wait_for = |step: &dyn Fn() -> io::Result<Attempt>, bytes| loop {
        match step().map_err(|source| Error::io(path, "lock", source))? {
            Attempt::Taken => return Ok(Answer::Taken),
            Attempt::Unsupported => return Ok(Answer::Unsupported),
            Attempt::Busy if patience.wait() => {}
            Attempt::Busy => {
                let what = match holder(file, bytes) {
                    Some(process) => format!("process {process} has the database open"),
                    None => "a process has the database open".to_owned(),
                };
                return Err(locked(path, &what, patience));
            }
        }
    };
    let writing = || {
        // PENDING first: who comes with a hot journal beside the file must not see RESERVED held,
        // and take the journal for one in use. And both or none: a writer that has RESERVED needs
        // PENDING to end.
        let pending = try_lock(file, PENDING, libc::F_WRLCK)?;
        if !matches!(pending, Attempt::Taken) {
            return Ok(pending);
        }
        let reserved = try_lock(file, RESERVED, libc::F_WRLCK)?;
        if !matches!(reserved, Attempt::Taken) {
            try_lock(file, PENDING, libc::F_UNLCK)?;
        }
        Ok(reserved)
    };
    if wait_for(&writing, RESERVED)? == Answer::Unsupported {
        return Ok(Answer::Unsupported);
    }
    wait_for(&|| try_lock(file, SHARED, libc::F_WRLCK), SHARED)
}

/// A process that keeps these bytes from being locked, where the system knows one.
fn holder(file: &File, bytes: LockBytes) -> Option<i32> {
    let mut request = request(bytes, libc::F_WRLCK);
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut request)).ok()?;
    (i32::from(request.l_type) != libc::F_UNLCK && request.l_pid > 0).then_some(request.l_pid)
}

/// Takes a read lock, waiting for it.
pub(crate) fn take_read(
    file: &File,
    path: &Path,
    bytes: LockBytes,
    patience: &mut Patience,
) -> Result<Answer, Error> {
    loop {
        let attempt = try_lock(file, bytes, libc::F_RDLCK)
            .map_err(|source| Error::io(path, "lock", source))?;
        match attempt {
            Attempt::Taken => return Ok(Answer::Taken),
            Attempt::Unsupported => return Ok(Answer::Unsupported),
            Attempt::Busy if patience.wait() => {}
            Attempt::Busy => {
                return Err(locked(
                    path,
                    "a checkpoint or a recovery does not end",
                    patience,
                ));
            }
        }
    }
}

/// Whether someone else holds a write lock on these bytes.
pub(crate) fn held_by_writer(file: &File, path: &Path, bytes: LockBytes) -> Result<bool, Error> {
    let mut request = request(bytes, libc::F_RDLCK);
    match fcntl(file, FcntlArg::F_OFD_GETLK(&mut request)) {
        Ok(_) => Ok(i32::from(request.l_type) != libc::F_UNLCK),
        Err(errno) => Err(Error::io(path, "look for locks on", errno.into())),
    }
}

fn locked(path: &Path, what: &str, patience: &Patience) -> Error {
    Error::Locked {
        path: path.to_path_buf(),
        what: what.to_owned(),
        waited_ms: patience.waited_ms(),
    }
}

enum Attempt {
    Taken,
    Busy,
    Unsupported,
}

fn request(bytes: LockBytes, kind: i32) -> libc::flock {
    libc::flock {
        // The three kinds are 0, 1 and 2; the C declarations differ in width.
        l_type: i16::try_from(kind).unwrap_or_default(),
        l_whence: i16::try_from(libc::SEEK_SET).unwrap_or_default(),
        l_start: bytes.start,
        l_len: bytes.length,
        l_pid: 0,
    }
}

fn try_lock(file: &File, bytes: LockBytes, kind: i32) -> io::Result<Attempt> {
    let request = request(bytes, kind);
    loop {
        return match fcntl(file, FcntlArg::F_OFD_SETLK(&request)) {
            Ok(_) => Ok(Attempt::Taken),
            Err(Errno::EINTR) => continue,
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(Attempt::Busy),
            Err(Errno::ENOLCK | Errno::EOPNOTSUPP | Errno::ENOSYS | Errno::EINVAL) => {
                Ok(Attempt::Unsupported)
            }
            Err(errno) => Err(errno.into()),
        };
    }
}
