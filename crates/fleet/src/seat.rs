//! A seat: the lock that a process holds while it is the supervisor, or the bot of a name, with who it is in the file.
//!
//! The operating system gives a lock back when its holder dies, however it dies, so a seat is never stale. What stands in
//! the file is only asked while the lock is held, and names the process by number, start time and boot: a number that was
//! used again is not taken for it. A bot takes its seat itself, so it does not matter whether whoever started it lives.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use cbtrade_server::ProcessIdentity;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::error::FleetError;
use crate::folder::FleetFolder;

/// Who looks whether a seat is taken holds its lock for a moment: that is no holder.
const TAKE_WAIT: Duration = Duration::from_millis(1_000);
/// Between taking the lock and having written who it is, a holder needs a moment.
const SAY_WAIT: Duration = Duration::from_millis(200);
/// How often it is looked.
const POLL: Duration = Duration::from_millis(5);

/// A seat that this process holds, until it is dropped or the process ends.
#[derive(Debug)]
pub struct Seat {
    _lock: Flock<File>,
}

/// Who holds a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The process; `None` if it does not say so.
    pub process: Option<ProcessIdentity>,
}

impl Holder {
    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.process {
            Some(process) => format!("process {}", process.pid),
            None => "a process that does not say its number".to_owned(),
        }
    }
}

impl Seat {
    /// Takes the seat of the bot of this name.
    ///
    /// # Errors
    /// Another process holds it; the folder's files cannot be used.
    pub fn of_bot(folder: &FleetFolder, name: &str) -> Result<Seat, FleetError> {
        folder.prepare()?;
        let path = folder.seat_file(name);
        take(&path)?.map_err(|holder| FleetError::SeatTaken {
            name: name.to_owned(),
            who: holder.words(),
        })
    }

    /// Takes the seat of the supervisor.
    ///
    /// # Errors
    /// Another process holds it; the folder's files cannot be used.
    pub(crate) fn of_supervisor(folder: &FleetFolder) -> Result<Seat, FleetError> {
        take(&folder.supervisor_seat())?.map_err(|holder| FleetError::Supervised {
            who: holder.words(),
        })
    }
}

fn take(path: &Path) -> Result<Result<Seat, Holder>, FleetError> {
    let failed = |source| FleetError::file("lock", path, source);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(failed)?;
    let begun = Instant::now();
    loop {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => {
                sign(&lock).map_err(failed)?;
                return Ok(Ok(Seat { _lock: lock }));
            }
            Err((again, Errno::EWOULDBLOCK)) => file = again,
            Err((_, errno)) => return Err(failed(errno.into())),
        }
        if begun.elapsed() > TAKE_WAIT {
            return Ok(Err(holder(path)?.unwrap_or(Holder { process: None })));
        }
        std::thread::sleep(POLL);
    }
}

fn sign(mut file: &File) -> std::io::Result<()> {
    let pid = i32::try_from(std::process::id()).unwrap_or_default();
    let text = serde_json::to_vec(&ProcessIdentity::of(pid))?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&text)
}

/// Who holds the seat; `None` when nobody does.
pub(crate) fn holder(path: &Path) -> Result<Option<Holder>, FleetError> {
    let failed = |source| FleetError::file("read", path, source);
    let begun = Instant::now();
    loop {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(failed(source)),
        };
        let mut file = match Flock::lock(file, FlockArg::LockSharedNonblock) {
            Ok(_free) => return Ok(None),
            Err((file, Errno::EWOULDBLOCK)) => file,
            Err((_, errno)) => return Err(failed(errno.into())),
        };
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        // Before its holder has signed, the file still names the one before.
        let process = serde_json::from_str::<ProcessIdentity>(&text)
            .ok()
            .filter(ProcessIdentity::is_alive);
        if process.is_some() || begun.elapsed() > SAY_WAIT {
            return Ok(Some(Holder { process }));
        }
        std::thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use super::*;

    #[test]
    fn a_seat_is_held_by_one_and_says_by_whom() {
        let place = cbtrade_testkit::TestFolder::new();
        let folder = FleetFolder::new(place.path()).unwrap();
        assert_eq!(holder(&folder.seat_file("full-1")).unwrap(), None);
        let seat = Seat::of_bot(&folder, "full-1").unwrap();
        let me = holder(&folder.seat_file("full-1")).unwrap().unwrap();
        assert_eq!(
            me.process.unwrap().pid,
            i32::try_from(std::process::id()).unwrap()
        );
        let taken = Seat::of_bot(&folder, "full-1").unwrap_err();
        assert!(matches!(taken, FleetError::SeatTaken { .. }), "{taken}");
        let _other = Seat::of_bot(&folder, "full-2").unwrap();
        drop(seat);
        assert_eq!(holder(&folder.seat_file("full-1")).unwrap(), None);
        let _again = Seat::of_bot(&folder, "full-1").unwrap();
        assert_eq!(folder.seats(), ["full-1", "full-2"]);
    }

    #[test]
    fn a_process_that_was_there_before_is_not_taken_for_the_holder() {
        let place = cbtrade_testkit::TestFolder::new();
        let path = place.path().join("x.lock");
        let _seat = take(&path).unwrap().unwrap();
        let mut stale = ProcessIdentity::of(i32::try_from(std::process::id()).unwrap()).unwrap();
        stale.start_ticks += 1;
        std::fs::write(&path, serde_json::to_vec(&stale).unwrap()).unwrap();
        assert_eq!(holder(&path).unwrap(), Some(Holder { process: None }));
    }
}
