//! The line in which the processes that write a file wait for their turns, first come, first served.
//!
//! SQLite itself has no line: who finds the file locked sleeps and tries again, and may never be lucky. Here each writer
//! draws a ticket with the next number and holds a lock on the byte of that number, in a file beside the database; its
//! turn has come when no lower number is locked any more. All locks are the kernel's, on open file descriptions: they go
//! when the process goes, however that happens, and a number that is not locked is waited for by nobody.
//!
//! The line is for order and speed alone. That there is one writer at a time is SQLite's own doing, and stays so with
//! programs that know of no line.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

/// What the file's name has beyond the database's.
const SUFFIX: &str = "-turn";
/// The byte whose holder draws a ticket.
const COUNTER: i64 = 0;
/// The byte of ticket 0.
const TICKETS: i64 = 1;
/// Numbers stay far from the end of what a file offset can say.
const LAST_TICKET: i64 = i64::MAX / 2;

/// The line at one database file.
pub(super) struct Line {
    file: File,
}

/// It is this process's turn, until this is dropped.
pub(super) struct Turn<'a>(&'a Line);

impl Line {
    /// The line at a database file, which must be named by its real path: all processes have to meet in one place.
    pub(super) fn open(database: &Path) -> io::Result<Line> {
        let mut name = database.as_os_str().to_owned();
        name.push(SUFFIX);
        let path = PathBuf::from(name);
        // Whoever may write the database may stand in line, as with the files that SQLite makes beside it.
        let mode = database.metadata()?.mode() & 0o666;
        let made = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&path);
        let file = match made {
            Ok(file) => {
                file.set_permissions(Permissions::from_mode(mode))?;
                file
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                OpenOptions::new().read(true).write(true).open(&path)?
            }
            Err(error) => return Err(error),
        };
        Ok(Line { file })
    }

    /// Waits for the turn, as long as it takes.
    pub(super) fn take(&self) -> io::Result<Turn<'_>> {
        let turn = Turn(self);
        let ticket = self.draw()?;
        if ticket > 0 {
            // The one before is waited for by this one alone, so that the end of a turn wakes one process and not all.
            self.lock(Wait::Yes, libc::F_RDLCK, TICKETS + ticket - 1, 1)?;
            // It may have left the line without a turn; then there are others before it.
            self.lock(Wait::Yes, libc::F_RDLCK, TICKETS, ticket)?;
        }
        Ok(turn)
    }

    /// Draws the next ticket and locks its byte.
    fn draw(&self) -> io::Result<i64> {
        self.lock(Wait::Yes, libc::F_WRLCK, COUNTER, 1)?;
        let mut bytes = [0; 8];
        let read = self.file.read_at(&mut bytes, 0)?;
        let next = match read {
            8 => i64::from_le_bytes(bytes),
            _ => 0,
        };
        let ticket = if (0..LAST_TICKET).contains(&next) {
            next
        } else {
            0
        };
        self.lock(Wait::No, libc::F_WRLCK, TICKETS + ticket, 1)?;
        self.file.write_all_at(&(ticket + 1).to_le_bytes(), 0)?;
        self.lock(Wait::No, libc::F_UNLCK, COUNTER, 1)?;
        Ok(ticket)
    }

    fn lock(&self, wait: Wait, kind: i32, start: i64, length: i64) -> io::Result<()> {
        let request = libc::flock {
            // The kinds are 0, 1 and 2; the C declarations differ in width.
            l_type: i16::try_from(kind).unwrap_or_default(),
            l_whence: i16::try_from(libc::SEEK_SET).unwrap_or_default(),
            l_start: start,
            l_len: length,
            l_pid: 0,
        };
        loop {
            let done = match wait {
                Wait::Yes => fcntl(&self.file, FcntlArg::F_OFD_SETLKW(&request)),
                Wait::No => fcntl(&self.file, FcntlArg::F_OFD_SETLK(&request)),
            };
            match done {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Wait {
    Yes,
    No,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // Length 0 is everything. Should it fail, the locks go with the process.
        let _ = self.0.lock(Wait::No, libc::F_UNLCK, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    /// Each line has its own open file, as another process would.
    fn lines(count: usize) -> (tempfile::TempDir, Vec<Line>) {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.db");
        std::fs::write(&database, "").unwrap();
        let lines = (0..count).map(|_| Line::open(&database).unwrap()).collect();
        (folder, lines)
    }

    /// Draws a ticket for each line in order, and waits in threads that report when their turns come.
    #[test]
    fn turns_come_in_the_order_of_the_tickets() {
        let (_folder, mut lines) = lines(5);
        let first = lines.remove(0);
        let turn = first.take().unwrap();
        let (sender, came) = mpsc::channel();
        let threads: Vec<_> = lines
            .into_iter()
            .enumerate()
            .map(|(number, line)| {
                let (drawn, wait_for_draw) = mpsc::channel();
                let sender = sender.clone();
                let thread = std::thread::spawn(move || {
                    let ticket = line.draw().unwrap();
                    drawn.send(()).unwrap();
                    line.lock(Wait::Yes, libc::F_RDLCK, TICKETS + ticket - 1, 1)
                        .unwrap();
                    line.lock(Wait::Yes, libc::F_RDLCK, TICKETS, ticket)
                        .unwrap();
                    sender.send(number).unwrap();
                    drop(Turn(&line));
                });
                wait_for_draw.recv().unwrap();
                thread
            })
            .collect();
        assert!(came.recv_timeout(Duration::from_millis(50)).is_err());
        drop(turn);
        let order: Vec<usize> = (0..4).map(|_| came.recv().unwrap()).collect();
        assert_eq!(order, [0, 1, 2, 3]);
        for thread in threads {
            thread.join().unwrap();
        }
    }

    #[test]
    fn who_leaves_the_line_is_waited_for_by_nobody_and_nobody_jumps_ahead() {
        let (_folder, lines) = lines(3);
        let turn = lines[0].take().unwrap();
        let leaver = lines[1].draw().unwrap();
        assert_eq!(leaver, 1);
        let ticket = lines[2].draw().unwrap();
        drop(Turn(&lines[1]));
        // The one before is gone, but the first one still has its turn.
        lines[2]
            .lock(Wait::No, libc::F_RDLCK, TICKETS + ticket - 1, 1)
            .unwrap();
        assert!(
            lines[2]
                .lock(Wait::No, libc::F_RDLCK, TICKETS, ticket)
                .is_err()
        );
        drop(turn);
        lines[2]
            .lock(Wait::No, libc::F_RDLCK, TICKETS, ticket)
            .unwrap();
    }

    #[test]
    fn a_counter_that_says_nonsense_does_no_harm() {
        let (folder, lines) = lines(1);
        for content in [&b""[..], b"x", &[0xff; 8], &i64::MAX.to_le_bytes()] {
            std::fs::write(folder.path().join("a.db-turn"), content).unwrap();
            drop(lines[0].take().unwrap());
            drop(lines[0].take().unwrap());
        }
    }
}
