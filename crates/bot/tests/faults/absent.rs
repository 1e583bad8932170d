//! What is not there any more cannot come back unseen: the sources are looked through.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The crates that a bot is made of.
const ENGINE: [&str; 9] = [
    "backtest",
    "bot",
    "coinbase",
    "core",
    "database",
    "exchange",
    "fleet",
    "indicators",
    "strategy",
];

/// The only places of the engine that start a program: the supervisor starts bots.
const STARTS_PROGRAMS: [&str; 1] = ["fleet/src/supervised.rs"];

/// Who listens at an address: the venue on this machine and the proxy of tests. Both refuse all but loopback or sockets of
/// files. The private server's crate looks whether a port is free.
const LISTENS: [&str; 3] = ["coinbase-sim/", "faults/", "server/"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The source files of these crates that have one of the words, as paths below `crates`.
fn with_words(crates: &[String], words: &[&str]) -> Vec<String> {
    let mut files = Vec::new();
    for name in crates {
        sources(&root().join("crates").join(name).join("src"), &mut files);
    }
    assert!(
        files.len() >= crates.len(),
        "there is nothing to look through"
    );
    let mut found: Vec<String> = files
        .into_iter()
        .filter(|file| {
            let text = fs::read_to_string(file).unwrap();
            words.iter().any(|word| text.contains(word))
        })
        .map(|file| {
            let file = file.strip_prefix(root().join("crates")).unwrap().to_owned();
            file.to_str().unwrap().to_owned()
        })
        .collect();
    found.sort();
    found
}

fn engine() -> Vec<String> {
    ENGINE.map(str::to_owned).to_vec()
}

#[test]
fn b49_no_part_of_the_engine_serves_anybody() {
    let all: Vec<String> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
        .collect();
    assert!(all.len() > ENGINE.len());
    let listening = with_words(&all, &["TcpListener", "UdpSocket", "axum::serve"]);
    assert!(!listening.is_empty(), "the venue on this machine listens");
    let others: Vec<&String> = listening
        .iter()
        .filter(|file| !LISTENS.iter().any(|place| file.starts_with(place)))
        .collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn b50_the_engine_makes_no_sound_and_starts_nothing_that_does() {
    let starts = with_words(&engine(), &["Command::new", "process::Command"]);
    assert_eq!(starts, STARTS_PROGRAMS);
    // The bell, however it is written.
    let bells = ["\u{7}", r"\x07", r"\u{7}", r"\u{07}", r"\u{0007}"];
    assert_eq!(with_words(&engine(), &bells), Vec::<String>::new());
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let names: Vec<&str> = lock
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .collect();
    assert!(names.contains(&"cbtrade-bot"));
    for of_sound in [
        "alsa",
        "cpal",
        "rodio",
        "tts",
        "espeak-rs",
        "kira",
        "notify-rust",
        "soloud",
    ] {
        assert!(!names.contains(&of_sound), "{of_sound}");
    }
}
