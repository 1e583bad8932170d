//! One log per bot, of bounded size.
//!
//! A log that has grown too large is renamed, and an empty one takes its place; nothing is copied or cut, so no line is
//! lost. A bot that still writes to the renamed file sees that and turns to the new one ([`follow_log`]).

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::FleetError;

/// How often a bot looks whether its log was renamed.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// The last lines are looked for in so many bytes.
const TAIL_BYTES_MAX: u64 = 64 * 1024;

/// A reason is looked for in so many lines, and has so many letters.
const REASON_LINES_MAX: usize = 40;
const REASON_LENGTH_MAX: usize = 400;
/// What an error begins with that a program of ours ends with, and what stands above the advice after it.
const ERROR_WORD: &str = "error:";
const ADVICE_WORDS: &str = "What to do";

/// Opens a log for appending.
pub(crate) fn open(path: &Path) -> Result<File, FleetError> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(|source| FleetError::file("open", path, source))
}

/// Renames a log that is larger than so many bytes, and the older ones with it; so many are kept. Returns whether it did.
pub(crate) fn rotate(path: &Path, bytes_max: u64, kept: u32) -> Result<bool, FleetError> {
    let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    if length <= bytes_max {
        return Ok(false);
    }
    for number in (1..kept).rev() {
        let (from, to) = (numbered(path, number), numbered(path, number + 1));
        if from.exists() {
            std::fs::rename(&from, &to)
                .map_err(|source| FleetError::file("rename", &from, source))?;
        }
    }
    let renamed = match kept {
        0 => std::fs::remove_file(path),
        _ => std::fs::rename(path, numbered(path, 1)),
    };
    renamed.map_err(|source| FleetError::file("rename", path, source))?;
    open(path)?;
    Ok(true)
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

/// Has this process's stdout and stderr follow a log that is renamed, for as long as the process lives. Does nothing when
/// stdout is not that log now: a bot that was started in a terminal speaks there.
pub fn follow_log(path: PathBuf) {
    if !is_stdout(&path) {
        return;
    }
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(FOLLOW_EVERY);
            if is_stdout(&path) {
                continue;
            }
            // Where the new log cannot be opened, the renamed one is still better than none.
            if let Ok(file) = open(&path) {
                let _ = nix::unistd::dup2_stdout(&file);
                let _ = nix::unistd::dup2_stderr(&file);
            }
        }
    });
}

fn is_stdout(path: &Path) -> bool {
    let (Ok(own), Ok(named)) = (
        std::fs::metadata("/proc/self/fd/1"),
        std::fs::metadata(path),
    ) else {
        return false;
    };
    (own.dev(), own.ino()) == (named.dev(), named.ino())
}

/// The last lines of a log; none when there is no log.
#[must_use]
pub fn last_lines(path: &Path, count: usize) -> Vec<String> {
    let Ok(text) = tail(path) else {
        return Vec::new();
    };
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines
        .iter()
        .skip(lines.len().saturating_sub(count))
        .map(|line| (*line).to_owned())
        .collect()
}

/// Why a program that has just ended says that it ended: its last error with the causes, without the advice.
pub(crate) fn reason(path: &Path) -> Option<String> {
    let lines = last_lines(path, REASON_LINES_MAX);
    let Some(begin) = lines.iter().rposition(|line| line.starts_with(ERROR_WORD)) else {
        let last = lines.last()?;
        return Some(shortened(last, REASON_LENGTH_MAX));
    };
    let mut reason = String::new();
    for line in lines.iter().skip(begin) {
        let words = line.trim();
        if words == ADVICE_WORDS {
            break;
        }
        let words = words.strip_prefix(ERROR_WORD).unwrap_or(words).trim();
        match words.strip_prefix("because: ") {
            Some(cause) => reason.push_str(&format!(": {cause}")),
            None if reason.is_empty() => reason.push_str(words),
            None => reason.push_str(&format!(" {words}")),
        }
    }
    Some(shortened(&reason, REASON_LENGTH_MAX))
}

/// A text with so many letters at most.
pub(crate) fn shortened(text: &str, letters_max: usize) -> String {
    match text.char_indices().nth(letters_max) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

fn tail(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES_MAX)))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use super::*;

    #[test]
    fn a_large_log_is_renamed_and_so_many_are_kept() {
        let place = cbtrade_testkit::TestFolder::new();
        let path = place.path().join("full-1.log");
        assert!(!rotate(&path, 3, 2).unwrap());
        for text in ["first", "second", "third"] {
            std::fs::write(&path, text).unwrap();
            assert!(rotate(&path, 3, 2).unwrap());
        }
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        assert_eq!(read(&path), "");
        assert_eq!(read(&numbered(&path, 1)), "third");
        assert_eq!(read(&numbered(&path, 2)), "second");
        assert!(!numbered(&path, 3).exists());
        std::fs::write(&path, "abc").unwrap();
        assert!(!rotate(&path, 3, 2).unwrap());
    }

    #[test]
    fn the_reason_is_the_last_error_with_its_causes_and_without_advice() {
        let place = cbtrade_testkit::TestFolder::new();
        let path = place.path().join("x.log");
        assert_eq!(reason(&path), None);
        std::fs::write(&path, "error: old\nlater\nerror: it cannot\n       work\n  because: of the\n           file\n  because: it is empty\n\nWhat to do\n  - mend it\n").unwrap();
        let told = reason(&path).unwrap();
        assert_eq!(told, "it cannot work: of the file: it is empty");
        std::fs::write(&path, format!("a\n{}\n", "ä".repeat(500))).unwrap();
        let told = reason(&path).unwrap();
        assert_eq!(told.chars().count(), REASON_LENGTH_MAX + 2);
    }

    #[test]
    fn the_last_lines_are_found_in_a_long_log() {
        let place = cbtrade_testkit::TestFolder::new();
        let path = place.path().join("x.log");
        assert!(last_lines(&path, 2).is_empty());
        let long: String = (0..20_000)
            .map(|number| format!("line {number}\n\n"))
            .collect();
        std::fs::write(&path, long).unwrap();
        assert_eq!(last_lines(&path, 2), ["line 19998", "line 19999"]);
    }
}
