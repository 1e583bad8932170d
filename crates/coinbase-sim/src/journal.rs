//! The file in which every event stands before anybody is told of it.
//!
//! One line of JSON per event. A line is handed to the system before the answer goes out, so that `kill -9` of the
//! process loses nothing that was acknowledged; only the end of the machine could. A last line without its end is what
//! the process was writing when it died: nobody was told of it, and it is cut off.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::VenueError;
use crate::state::Event;

/// Where events go.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens or makes the journal of a venue with these marks, and gives the events that stand in it.
    pub(crate) fn open(path: &Path, marks: &str) -> Result<(Self, Vec<Event>), VenueError> {
        let failed = |source| VenueError::Journal {
            path: path.to_owned(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        // Two venues would each know only their own half of the orders. The lock ends with the process, however it ends.
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(VenueError::JournalInUse {
                    path: path.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        // A file that is not a journal of this venue is somebody's, and stays as it is to its last byte.
        if whole == 0 && !bytes.is_empty() && !marks.as_bytes().starts_with(&bytes) {
            return Err(VenueError::OtherVenue {
                path: path.to_owned(),
                what: difference(&String::from_utf8_lossy(&bytes), marks),
            });
        }
        bytes.truncate(whole);
        let events = read(path, &String::from_utf8_lossy(&bytes), marks)?;
        let length = u64::try_from(whole).unwrap_or(u64::MAX);
        file.set_len(length).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        if whole == 0 {
            file.write_all(format!("{marks}\n").as_bytes())
                .map_err(failed)?;
        }
        let journal = Self {
            path: path.to_owned(),
            file,
        };
        Ok((journal, events))
    }

    /// Hands an event to the system.
    pub(crate) fn write(&mut self, event: &Event) -> Result<(), VenueError> {
        let failed = |source| VenueError::Journal {
            path: self.path.clone(),
            source,
        };
        let mut line = serde_json::to_vec(event).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(failed)
    }
}

/// In what the marks of two venues differ, by the options that make them.
fn difference(was: &str, is: &str) -> String {
    let parts = |marks: &str| -> Option<(String, Vec<String>)> {
        let (seed, products) = marks.strip_prefix("seed ")?.split_once("; ")?;
        let products = products.split(", ").map(str::to_owned);
        Some((seed.to_owned(), products.collect()))
    };
    let (Some((seed_was, were)), Some((seed_is, are))) = (parts(was), parts(is)) else {
        return "its first line is not one of a venue's journal".to_owned();
    };
    let mut words = Vec::new();
    if seed_was != seed_is {
        words.push(format!("it was made with --seed {seed_was}, not {seed_is}"));
    }
    let only = |these: &[String], those: &[String]| {
        let names = these.iter().filter(|name| !those.contains(name));
        names.cloned().collect::<Vec<_>>().join(", ")
    };
    let (gone, new) = (only(&were, &are), only(&are, &were));
    let from = "--candles and --balances-from-positions say which products there are";
    match (gone.is_empty(), new.is_empty()) {
        (true, true) if words.is_empty() => words.push("its products are in another order".into()),
        (true, true) => {}
        (false, true) => words.push(format!("it has {gone} too ({from})")),
        (true, false) => words.push(format!("it does not have {new} ({from})")),
        (false, false) => words.push(format!("it has {gone}, not {new} ({from})")),
    }
    words.join(", and ")
}

fn read(path: &Path, text: &str, marks: &str) -> Result<Vec<Event>, VenueError> {
    let mut lines = text.lines().enumerate();
    if let Some((_, was)) = lines.next()
        && was != marks
    {
        return Err(VenueError::OtherVenue {
            path: path.to_owned(),
            what: difference(was, marks),
        });
    }
    lines
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| VenueError::Damaged {
                path: path.to_owned(),
                line: index + 1,
                why: error.to_string(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use cbtrade_core::Decimal;

    use super::*;

    fn money(amount: i64) -> Event {
        Event::Money {
            currency: "USDC".to_owned(),
            amount: Decimal::from_integer(amount),
        }
    }

    #[test]
    fn a_line_that_was_being_written_is_cut_off_and_another_venue_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, events) = Journal::open(&path, "seed 1").unwrap();
        assert!(events.is_empty());
        journal.write(&money(1)).unwrap();
        journal.write(&money(2)).unwrap();
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        let (mut journal, events) = Journal::open(&path, "seed 1").unwrap();
        assert_eq!(events.len(), 1);
        journal.write(&money(3)).unwrap();
        drop(journal);
        assert_eq!(Journal::open(&path, "seed 1").unwrap().1.len(), 2);
        assert!(matches!(
            Journal::open(&path, "seed 2"),
            Err(VenueError::OtherVenue { .. })
        ));
    }

    #[test]
    fn a_file_that_is_no_journal_of_the_venue_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a-file");
        for text in [
            "{\n  \"trade_yn\": \"Y\"\n}",
            "one line without an end",
            "seed 2\n{}\n{\"ev",
        ] {
            std::fs::write(&path, text).unwrap();
            let opened = Journal::open(&path, "seed 1");
            assert!(
                matches!(opened, Err(VenueError::OtherVenue { .. })),
                "{text}"
            );
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        // The beginning of its own first line is what a venue was writing when it died.
        std::fs::write(&path, "see").unwrap();
        assert!(Journal::open(&path, "seed 1").unwrap().1.is_empty());
    }

    #[test]
    fn a_journal_is_one_venues_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, _) = Journal::open(&path, "seed 1").unwrap();
        journal.write(&money(1)).unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(
            Journal::open(&path, "seed 1"),
            Err(VenueError::JournalInUse { .. })
        ));
        assert_eq!(std::fs::read(&path).unwrap(), before);
        drop(journal);
        assert_eq!(Journal::open(&path, "seed 1").unwrap().1.len(), 1);
    }

    #[test]
    fn what_differs_is_named_by_its_option() {
        let was = "seed 1; BTC-USDC about 60000, ADA-USDC about 1";
        for (is, words) in [
            (
                "seed 2; BTC-USDC about 60000, ADA-USDC about 1",
                "made with --seed 1, not 2",
            ),
            (
                "seed 1; BTC-USDC about 60000",
                "it has ADA-USDC about 1 too (--candles",
            ),
            (
                "seed 1; BTC-USDC about 60000, ADA-USDC from a.csv",
                "it has ADA-USDC about 1, not ADA-USDC from a.csv",
            ),
        ] {
            let said = difference(was, is);
            assert!(said.contains(words), "{said}");
        }
        assert!(difference("{", was).contains("not one of a venue's journal"));
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        std::fs::write(&path, "m\n{\"event\":\n{}\n").unwrap();
        assert!(matches!(
            Journal::open(&path, "m"),
            Err(VenueError::Damaged { line: 2, .. })
        ));
    }
}
