//! Which process is ours, whether it still is, and signals to it alone.

use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A process for good: its number alone is used again, number with start time and boot is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    /// Process number.
    pub pid: i32,
    /// Start time, in clock ticks since the machine's boot (`/proc/PID/stat`, field 22).
    pub start_ticks: u64,
    /// The kernel's name for this boot.
    pub boot: String,
}

impl ProcessIdentity {
    /// The process that has this number now; `None` when there is none, or only its remains (a zombie).
    #[must_use]
    pub fn of(pid: i32) -> Option<ProcessIdentity> {
        let (state, start_ticks) = read_stat(pid)?;
        (!matches!(state, 'Z' | 'X')).then(|| ProcessIdentity {
            pid,
            start_ticks,
            boot: boot(),
        })
    }

    /// Whether the very same process still runs. A zombie counts as gone; if it is a child of this process, it is
    /// reaped.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        if ProcessIdentity::of(self.pid).as_ref() == Some(self) {
            return true;
        }
        if read_stat(self.pid)
            .is_some_and(|(state, ticks)| state == 'Z' && ticks == self.start_ticks)
        {
            // Fails when it is not our child; then its parent reaps it.
            let _ = waitpid(Pid::from_raw(self.pid), Some(WaitPidFlag::WNOHANG));
        }
        false
    }

    /// Sends a signal if the very same process still runs; a process that is gone is no error.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), Error> {
        if !self.is_alive() {
            return Ok(());
        }
        match kill(Pid::from_raw(self.pid), signal) {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(errno) => Err(Error::Signal {
                pid: self.pid,
                source: errno.into(),
            }),
        }
    }

    /// Waits until the process is gone; false at the deadline.
    pub(crate) fn wait_gone(&self, limit: Duration) -> bool {
        let begun = Instant::now();
        while self.is_alive() {
            if begun.elapsed() > limit {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    /// Whether the process was given exactly this argument.
    pub(crate) fn has_argument(&self, argument: &std::ffi::OsStr) -> bool {
        use std::os::unix::ffi::OsStrExt as _;
        std::fs::read(format!("/proc/{}/cmdline", self.pid)).is_ok_and(|line| {
            line.split(|byte| *byte == 0)
                .any(|found| found == argument.as_bytes())
        })
    }
}

/// State letter and start time of a process.
fn read_stat(pid: i32) -> Option<(char, u64)> {
    parse_stat(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn parse_stat(stat: &str) -> Option<(char, u64)> {
    // The second field is the program's name in brackets, which may itself hold blanks and brackets.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let start_ticks = fields.nth(18)?.parse().ok()?;
    Some((state, start_ticks))
}

fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// Reads a process number from a file that the server wrote; `None` when there is none.
pub(crate) fn read_pid_file(path: &Path) -> Result<Option<i32>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim().parse().ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::file("read", path, source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let stat = "77 (a b) c) S 1 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 424242 99 1";
        assert_eq!(parse_stat(stat), Some(('S', 424_242)));
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn this_process_is_itself_and_no_other() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let me = ProcessIdentity::of(pid).unwrap();
        assert!(me.is_alive());
        assert!(
            !ProcessIdentity {
                start_ticks: me.start_ticks + 1,
                ..me.clone()
            }
            .is_alive()
        );
        assert!(
            !ProcessIdentity {
                boot: "another".to_owned(),
                ..me
            }
            .is_alive()
        );
    }

    #[test]
    #[expect(
        clippy::zombie_processes,
        reason = "that it is reaped by its identity is what is tested"
    )]
    fn a_zombie_is_gone_and_is_reaped() {
        let child = std::process::Command::new("sleep")
            .arg("600")
            .spawn()
            .unwrap();
        let identity = ProcessIdentity::of(i32::try_from(child.id()).unwrap()).unwrap();
        identity.signal(Signal::SIGKILL).unwrap();
        assert!(identity.wait_gone(Duration::from_secs(60)));
        assert_eq!(ProcessIdentity::of(identity.pid), None);
    }
}
