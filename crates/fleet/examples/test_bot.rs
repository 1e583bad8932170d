//! A bot that trades nothing and behaves as a file tells it, for the supervisor's tests.
//!
//! `test_bot --name NAME --mode MODE --fleet FOLDER` does what the words in `FOLDER/behave.NAME` say; without the file it
//! gives signs of life until it is asked to end. `test_bot supervise FOLDER` is a supervisor of such bots.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of its own, which speaks on its terminal"
)]

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cbtrade_bot::beat::{Beat, BeatFile};
use cbtrade_core::{Clock as _, SystemClock};
use cbtrade_fleet::{
    BotCommand, Ending, FleetConfig, FleetFolder, Notifier, Seat, Supervisor, follow_log,
};
use cbtrade_vault::Passphrase;
use nix::sys::signal::{SigSet, Signal};

const BEAT_EVERY: Duration = Duration::from_millis(50);
const FOREVER: Duration = Duration::from_secs(3_600);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let told = match arguments.as_slice() {
        [first, folder] if first == "supervise" => supervise(Path::new(folder)),
        [_, name, _, mode, _, folder] => return bot(name, mode, Path::new(folder)),
        [_, name, _, mode, _, folder, from, input]
            if from == "--passphrase-file" && input == "-" =>
        {
            let folder = Path::new(folder);
            match hear_passphrase(folder, name) {
                Ok(()) => return bot(name, mode, folder),
                Err(error) => Err(error),
            }
        }
        _ => Err("usage: test_bot --name NAME --mode MODE --fleet FOLDER".into()),
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes down what it was handed, one line for each start.
fn hear_passphrase(folder: &Path, name: &str) -> Result<(), Box<dyn std::error::Error>> {
    let passphrase = Passphrase::read(&mut std::io::stdin())?;
    let path = folder.join(format!("heard.{name}"));
    let mut heard = OpenOptions::new().append(true).create(true).open(path)?;
    passphrase.hand_to(&mut heard)?;
    Ok(())
}

/// Blocks the signal that asks for the end, and says when it has come.
fn asked_to_end() -> Arc<AtomicBool> {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGTERM);
    let _ = signals.thread_block();
    let asked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        while signals.wait().is_ok() {
            seen.store(true, Ordering::SeqCst);
        }
    });
    asked
}

fn supervise(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let asked = asked_to_end();
    let folder = FleetFolder::new(folder)?;
    let config = FleetConfig::read(&folder)?;
    let command = BotCommand {
        program: std::env::current_exe()?,
        arguments: Vec::new(),
    };
    let supervisor = Supervisor::new(
        folder,
        config,
        command,
        Arc::new(SystemClock),
        Notifier::from_environment(),
        Box::new(|event| println!("{event}")),
    )?;
    let ending = Ending::default();
    let from_signal = ending.clone();
    std::thread::spawn(move || {
        while !asked.load(Ordering::SeqCst) {
            std::thread::sleep(BEAT_EVERY);
        }
        from_signal.ask();
    });
    supervisor.run(&ending);
    Ok(())
}

fn bot(name: &str, mode: &str, folder: &Path) -> ExitCode {
    let asked = asked_to_end();
    let behave = std::fs::read_to_string(folder.join(format!("behave.{name}"))).unwrap_or_default();
    let does = |word: &str| behave.split_whitespace().any(|own| own == word);
    if does("crash") {
        eprintln!("the reason of the crash");
        return ExitCode::from(70);
    }
    if does("refuse") {
        eprintln!("the settings are wrong");
        return ExitCode::from(2);
    }
    let seat = FleetFolder::new(folder).and_then(|place| {
        follow_log(place.log_file(name));
        Seat::of_bot(&place, name)
    });
    let _seat = match seat {
        Ok(seat) => seat,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(3);
        }
    };
    if does("hang") {
        println!("hanging");
        std::thread::sleep(FOREVER);
    }
    let chatter = does("talk").then(|| PathBuf::from(folder).join("quiet"));
    live(
        name,
        mode,
        folder,
        does("stubborn"),
        chatter.as_deref(),
        &asked,
    );
    ExitCode::SUCCESS
}

fn live(
    name: &str,
    mode: &str,
    folder: &Path,
    is_stubborn: bool,
    chatter: Option<&Path>,
    asked: &AtomicBool,
) {
    let file = BeatFile::of(folder, name);
    let mut beat = Beat::first(name, mode, SystemClock.now());
    beat.doing = "testing".to_owned();
    let mut line = 0_u64;
    while is_stubborn || !asked.load(Ordering::SeqCst) {
        let _ = file.write(&mut beat, SystemClock.now());
        if chatter.is_some_and(|quiet| !quiet.exists()) {
            for _ in 0..50 {
                println!("line {line:08} {}", "x".repeat(1000));
                line += 1;
            }
        }
        beat.passes = line;
        std::thread::sleep(BEAT_EVERY);
    }
    println!("asked to end");
}
