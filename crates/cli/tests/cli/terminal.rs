//! With a terminal: questions, answers, the progress line.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use cbtrade_sqlite::rusqlite::Connection;
use nix::fcntl::OFlag;
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};

use crate::harness::Place;

/// Longest time that a test waits for words: only a program that hangs takes so long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Both ends of a terminal: a person's and the program's. Neither is handed on to programs that other tests start.
fn terminal() -> (File, File) {
    let ours = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let theirs = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(OFlag::O_NOCTTY.bits())
        .open(ptsname_r(&ours).unwrap())
        .unwrap();
    (File::from(OwnedFd::from(ours)), theirs)
}

/// The program on a terminal, as a person meets it.
pub(crate) struct Conversation {
    child: std::process::Child,
    terminal: File,
    words: Receiver<Vec<u8>>,
    said: String,
}

impl Conversation {
    pub(crate) fn begin(place: &Place, arguments: &[&str], colours: bool) -> Conversation {
        let (terminal, end) = terminal();
        let mut command = place.command(arguments);
        if colours {
            command.env_remove("NO_COLOR").env("TERM", "xterm");
        } else {
            command.env("NO_COLOR", "1");
        }
        let child = command
            .stdin(Stdio::from(end.try_clone().unwrap()))
            .stdout(Stdio::from(end.try_clone().unwrap()))
            .stderr(Stdio::from(end))
            .spawn()
            .unwrap();
        // The command holds the program's end of the terminal; without it the reader sees the end.
        drop(command);
        let mut reader = terminal.try_clone().unwrap();
        let (sender, words) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0_u8; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Conversation {
            child,
            terminal,
            words,
            said: String::new(),
        }
    }

    /// Waits for words. Returns what was said up to and with them.
    #[track_caller]
    pub(crate) fn until(&mut self, wanted: &str) -> String {
        loop {
            if let Some(at) = self.said.find(wanted) {
                let rest = self.said.split_off(at + wanted.len());
                return std::mem::replace(&mut self.said, rest);
            }
            match self.words.recv_timeout(PATIENCE) {
                Ok(more) => self.said.push_str(&String::from_utf8_lossy(&more)),
                Err(error) => panic!("{error}: no {wanted:?} in\n{}", self.said),
            }
        }
    }

    pub(crate) fn answer(&mut self, line: &str) {
        self.terminal
            .write_all(format!("{line}\n").as_bytes())
            .unwrap();
    }

    /// Waits for the end. Returns the exit code and what was said since.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        while let Ok(more) = self.words.recv_timeout(PATIENCE) {
            self.said.push_str(&String::from_utf8_lossy(&more));
        }
        (code, self.said)
    }
}

/// The first eight digits of the digest that the last step shows.
fn digits(said: &str) -> String {
    let (_, rest) = said.split_once("The digest of the proof: ").unwrap();
    rest.chars().take(8).collect()
}

#[test]
fn the_confirmation_is_the_beginning_of_the_digest() {
    let place = Place::new();
    let source = place.small_source("shop.db");
    let mut talk = Conversation::begin(&place, &["recover", &source], true);
    let said = talk.until("Type the first 8 digits");
    assert!(said.contains("EQUAL"), "{said}");
    assert!(said.contains("comparing every value"), "{said}");
    assert!(
        said.contains("\u{1b}[1m"),
        "no colours on a terminal: {said}"
    );
    talk.answer("no idea");
    talk.until("not how the digest begins");
    talk.answer(&digits(&said));
    talk.until("DONE.");
    let (code, _) = talk.end();
    assert_eq!(code, Some(0));

    let mut talk = Conversation::begin(&place, &["migrate", "rollback"], false);
    talk.until("Type yes:");
    talk.answer("no");
    let (code, said) = talk.end();
    assert_eq!(code, Some(3));
    assert!(
        !said.contains('\u{1b}'),
        "colours in spite of NO_COLOR: {said}"
    );
    let _ = place.run(&["migrate", "rollback", "--yes"]).ends(0);
    let _ = place.run(&["server", "destroy", "--yes"]).ends(0);
}

#[test]
fn findings_are_asked_one_by_one() {
    let place = Place::new();
    let source = place.path("legacy.db").display().to_string();
    let sample = place
        .run(&[
            "sample",
            "legacy",
            "--positions",
            "60",
            "--candles",
            "40",
            "--products",
            "1",
            "--nasty",
            "--json",
        ])
        .ends(0)
        .json();
    std::fs::rename(place.path(sample["database"].as_str().unwrap()), &source).unwrap();
    let mut talk = Conversation::begin(&place, &["recover", &source], true);
    talk.until("need your decision");
    talk.until("Your choice (number or word):");
    talk.answer("0");
    let (code, said) = talk.end();
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("Nothing was changed"), "{said}");

    let mut talk = Conversation::begin(&place, &["recover", &source], true);
    let said = talk.until("Your choice (number or word):");
    let all = said
        .split_once("1 of ")
        .unwrap()
        .1
        .chars()
        .take_while(char::is_ascii_digit)
        .collect::<String>()
        .parse::<usize>()
        .unwrap();
    talk.answer("perhaps");
    talk.until("none of them");
    talk.until("Your choice (number or word):");
    for _ in 1..all {
        talk.answer("1");
        talk.until("Your choice (number or word):");
    }
    talk.answer("1");
    talk.until("Your decisions are in");
    let said = talk.until("Type the first 8 digits");
    talk.answer(&digits(&said));
    let (code, said) = talk.end();
    assert_eq!(code, Some(0), "{said}");
    let _ = place
        .run(&["server", "destroy", "--yes", "--live-side-too"])
        .ends(0);
}

#[test]
fn a_password_is_asked_for_and_not_shown() {
    let place = Place::new();
    let source = place.small_source("shop.db");
    let started = place.run(&["server", "start", "--json"]).ends(0).json();
    let socket = started["socket"].as_str().unwrap().to_owned();
    let _ = place
        .run(&[
            "server", "shell", "-e",
            "CREATE USER me@localhost IDENTIFIED BY 'open sesame'; GRANT ALL ON mine.* TO me@localhost",
        ])
        .ends(0);
    let url = format!("mysql://me@localhost/mine?socket={socket}");
    let mut talk =
        Conversation::begin(&place, &["migrate", "run", &source, "--target", &url], true);
    talk.until("(empty for none):");
    talk.answer("open sesame");
    let (code, said) = talk.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("sesame"), "{said}");
    assert!(said.contains("EQUAL"), "{said}");
    let _ = place.run(&["server", "destroy", "--yes"]).ends(0);
}

#[test]
fn ctrl_c_at_a_question_ends_with_5() {
    let place = Place::new();
    let source = place.small_source("shop.db");
    let mut talk = Conversation::begin(&place, &["recover", &source], true);
    talk.until("Type the first 8 digits");
    let pid = talk.child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status()
        .unwrap();
    assert!(sent.success());
    let (code, said) = talk.end();
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("the same command goes on"), "{said}");
    Connection::open(&source)
        .unwrap()
        .execute("INSERT INTO plain (name) VALUES ('later')", [])
        .unwrap();
    let _ = place.run(&["server", "destroy", "--yes"]).ends(0);
}

#[test]
fn a_key_is_sealed_and_a_fleet_started_with_a_passphrase_that_is_typed() {
    use crate::key::{MadeUpKey, WORDS};
    let place = Place::new();
    let key = MadeUpKey::new();
    let plain = place.private("key.json", &key.json);
    let seal = || Conversation::begin(&place, &["key", "seal", &plain], false);
    let mut talk = seal();
    talk.until("key-of-a-test (ES256, P-256) can be used");
    talk.until("New passphrase:");
    talk.answer(WORDS);
    talk.until("The same again:");
    talk.answer("sieben zwetschgen am haus");
    let (code, said) = talk.end();
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("the two passphrases differ"), "{said}");
    assert!(!place.path("key.sealed").exists());

    let mut talk = seal();
    talk.until("New passphrase:");
    talk.answer(WORDS);
    talk.until("The same again:");
    talk.answer(WORDS);
    talk.until("Removing it is no guarantee");
    talk.until("Remove the plain file? Type yes:");
    talk.answer("yes");
    let (code, said) = talk.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("was removed") && said.contains("cbtrade key check"),
        "{said}"
    );
    assert!(!said.contains("zwetschgen"), "{said}");
    assert!(!place.path("key.json").exists() && place.path("key.sealed").exists());

    place.fleet(&["init"], 0);
    place.configure("[venue]\nkey_file = \"../../key.sealed\"\n");
    let mut talk = Conversation::begin(&place, &["fleet", "up"], false);
    talk.until("key.sealed:");
    talk.answer("sieben zwetschgen am haus");
    let (code, said) = talk.end();
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("the passphrase does not open"), "{said}");
    assert!(!said.contains("zwetschgen"), "{said}");
}

#[test]
fn ctrl_c_at_a_passphrase_gives_the_terminal_its_echo_again() {
    use crate::key::{MadeUpKey, WORDS};
    use nix::sys::termios::{LocalFlags, tcgetattr};
    let place = Place::new();
    let plain = place.private("key.json", &MadeUpKey::new().json);
    let words = place.private("words", WORDS);
    let _ = place
        .run(&["key", "seal", &plain, "--passphrase-file", &words])
        .ends(0);
    place.fleet(&["init"], 0);
    place.configure("[venue]\nkey_file = \"../../key.sealed\"\n");
    // Both end in order when they are asked to, so they listen to signals late.
    for arguments in [
        &["fleet", "up", "--foreground"][..],
        &["bot", "run", "--mode", "full"],
    ] {
        let mut talk = Conversation::begin(&place, arguments, false);
        talk.until("key.sealed:");
        let echoes = |talk: &Conversation| {
            let flags = tcgetattr(&talk.terminal).unwrap().local_flags;
            flags.contains(LocalFlags::ECHO)
        };
        assert!(!echoes(&talk));
        let pid = talk.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap();
        assert!(sent.success());
        let terminal = talk.terminal.try_clone().unwrap();
        let (code, said) = talk.end();
        assert_eq!(code, Some(5), "{said}");
        let flags = tcgetattr(&terminal).unwrap().local_flags;
        assert!(flags.contains(LocalFlags::ECHO), "{said}");
    }
}
