//! `cbtrade soak`: short runs with faults on every engine, the checker's own eyes, and nothing left behind.
//!
//! None of these is decided by timing: a run lasts until so many operations are done, and every fault is allowed to come
//! or not.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use cbtrade_testkit::TestServer;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::{Place, Said, said};

/// Engines that are there, as `--engine` names them.
fn engines() -> Vec<String> {
    let servers = TestServer::flavours().into_iter();
    servers
        .map(|flavour| flavour.to_string().to_lowercase())
        .chain(["sqlite".to_owned()])
        .collect()
}

/// A soak whose temporary files lie in the test's own folder.
fn soak(place: &Place, arguments: &[&str]) -> Said {
    let mut command = place.command(&["soak"]);
    command.args(arguments).env("TMPDIR", temporary(place));
    command.env("CBTRADE_SERVER_HOMES", server_homes());
    said(command)
}

/// Where the scripts put servers, and where else the caller has some.
fn server_homes() -> OsString {
    let local = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local");
    let theirs = std::env::var_os("CBTRADE_SERVER_HOMES").unwrap_or_default();
    let homes = [local.join("mariadb"), local.join("mysql")];
    std::env::join_paths(homes.into_iter().chain(std::env::split_paths(&theirs))).unwrap()
}

fn temporary(place: &Place) -> PathBuf {
    let folder = place.path("t");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn under_faults_nothing_is_lost_doubled_or_mixed_up() {
    for engine in engines() {
        let place = Place::new();
        let arguments = [
            "--bots",
            "4",
            "--seconds",
            "6",
            "--operations",
            "400",
            "--engine",
            &engine,
            "--json",
        ];
        let told = soak(&place, &arguments).ends(0);
        let run = &told.json()["runs"][0];
        assert_eq!(run["clean"], true, "{engine}");
        // Which faults came in so short a run is a matter of time; which cannot come is not.
        assert_eq!(
            run["faults_not_made"]["kill-server"].is_string(),
            engine == "sqlite",
            "{engine}: {}",
            run["faults_not_made"]
        );
        assert!(
            is_empty(&temporary(&place)),
            "{engine}: something was left behind"
        );
    }
}

#[test]
fn what_bots_do_wrong_is_found() {
    let engine = &engines()[0];
    for (plant, kind) in [
        ("lost-update", "lost-update"),
        ("doubled-write", "doubled-write"),
        ("dirty-read", "impossible-read"),
        ("stale-read", "stale-read"),
        ("lost-commit", "lost-write"),
    ] {
        let place = Place::new();
        let arguments = [
            "--bots",
            "4",
            "--seconds",
            "1",
            "--operations",
            "3000",
            "--faults",
            "none",
            "--seed",
            "5",
            "--plant",
            plant,
            "--engine",
            engine,
        ];
        let told = soak(&place, &arguments).ends(4);
        // The seed, the history that shows it, and where the rest is.
        let repeat = format!(
            "--seed 5 --bots 4 --seconds 1 --faults none --engine {engine} --operations 3000 --plant {plant}"
        );
        let told = told.tells(&[&format!("{kind}: "), &repeat, "{\"do\":", "-> {\"is\":"]);
        assert!(told.out.contains("WRONG: "), "{}", told.out);
        let kept = place.path("home/soak/seed-5");
        assert!(kept.join("bot-0.0.jsonl").exists() && kept.join("wrong.txt").exists());
        assert!(
            is_empty(&temporary(&place)),
            "{plant}: something was left behind"
        );
    }
}

#[test]
fn lost_answers_to_commit_lose_and_double_nothing() {
    for engine in engines().iter().filter(|engine| *engine != "sqlite") {
        let place = Place::new();
        let arguments = ["--commit-losses", "150", "--engine", engine, "--json"];
        let told = soak(&place, &arguments).ends(0).json();
        let losses = &told["commit_losses"];
        let number = |name: &str| losses[name].as_u64().unwrap();
        assert!(
            number("commits_cut") + number("answers_cut") >= 150,
            "{losses}"
        );
        assert_eq!(losses["difference"], "0");
        assert!(is_empty(&temporary(&place)));
    }
}

#[test]
fn the_old_way_stands_beside_ours() {
    let place = Place::new();
    let arguments = [
        "--engine",
        "sqlite",
        "--old-way",
        "--bots",
        "3",
        "--seconds",
        "1",
        "--operations",
        "300",
        "--faults",
        "none",
    ];
    let told = soak(&place, &arguments).ends(0);
    for words in [
        "== the old way",
        "== ours",
        "writes failed",
        "longest write",
    ] {
        assert!(told.out.contains(words), "{}", told.out);
    }
}

#[test]
fn somebody_elses_rows_are_not_touched() {
    let server = TestServer::shared(TestServer::flavours()[0]);
    let place = Place::new();
    let target = server.new_database("soaked");
    let name = target.database.clone().unwrap();
    server.run_sql(&[&format!("CREATE TABLE `{name}`.mine (a INT)")]);
    let told = place
        .run_on(&target, &["soak", "--bots", "1", "--seconds", "1"])
        .ends(3);
    let _ = told.tells(&[&name, "is not empty"]);
    server.run_sql(&[&format!("DROP TABLE `{name}`.mine")]);
    let arguments = [
        "soak",
        "--bots",
        "2",
        "--seconds",
        "2",
        "--faults",
        "kill-bot,commit-answer,kill-server",
        "--json",
    ];
    let told = place.run_on(&target, &arguments).ends(0).json();
    let reason = &told["runs"][0]["faults_not_made"]["kill-server"];
    assert_eq!(reason, "the server is not ours");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let place = Place::new();
    for (arguments, words) in [
        (
            &["--faults", "rain"][..],
            "\"rain\" is none of all, none, kill-bot",
        ),
        (&["--old-way"][..], "the old way is a file's"),
        (
            &["--plant", "dirty-read", "--engine", "sqlite"][..],
            "plant dirty-read on a server",
        ),
        (&["--plant", "weeds"][..], "one of lost-update"),
    ] {
        let _ = soak(&place, arguments).ends(2).tells(&[words]);
    }
}

/// A soak under way, with its temporary folder.
struct UnderWay {
    process: Child,
    folder: PathBuf,
    _place: Place,
}

impl UnderWay {
    fn begin() -> UnderWay {
        let place = Place::new();
        let folder = temporary(&place);
        let mut command = place.command(&[
            "soak",
            "--bots",
            "3",
            "--seconds",
            "600",
            "--faults",
            "none",
        ]);
        command
            .args(["--engine", &engines()[0]])
            .env("TMPDIR", &folder)
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let errors = BufReader::new(process.stderr.take().unwrap());
        let working = errors
            .lines()
            .map_while(Result::ok)
            .find(|line| line.contains("bots work on"));
        assert!(working.is_some(), "the soak did not get to work");
        assert!(!is_empty(&folder));
        UnderWay {
            process,
            folder,
            _place: place,
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).unwrap());
        kill(pid, signal).unwrap();
    }

    /// Waits until nothing is left: no file, and no process that was started for this folder.
    fn nothing_is_left(mut self) {
        self.process.wait().unwrap();
        let begun = Instant::now();
        while !is_empty(&self.folder) || !processes_of(&self.folder).is_empty() {
            assert!(
                begun.elapsed() < Duration::from_secs(120),
                "left behind: {:?}",
                processes_of(&self.folder)
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Processes that have the folder in their environment or arguments.
fn processes_of(folder: &Path) -> Vec<String> {
    let wanted = folder.display().to_string();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let own = entry.file_name().to_string_lossy() == std::process::id().to_string();
        for file in ["environ", "cmdline"] {
            let text = std::fs::read(entry.path().join(file)).unwrap_or_default();
            if !own && String::from_utf8_lossy(&text).contains(&wanted) {
                found.push(entry.path().display().to_string());
            }
        }
    }
    found
}

#[test]
fn a_soak_that_is_stopped_or_killed_leaves_nothing() {
    for signal in [Signal::SIGINT, Signal::SIGKILL] {
        let soak = UnderWay::begin();
        soak.signal(signal);
        soak.nothing_is_left();
    }
}
