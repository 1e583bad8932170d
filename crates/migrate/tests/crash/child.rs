//! The tool as a process of its own: this test program again, with its work in an environment variable.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use cbtrade_migrate::{ErrorKind, Event, Job, Migration, Options, Progress};
use cbtrade_mysql::{Secret, Target};
use serde::{Deserialize, Serialize};

/// Holds the child's work as JSON.
const WORK: &str = "CBTRADE_CRASH_WORK";
const PASSWORD: &str = "CBTRADE_MYSQL_PASSWORD";

/// Exit codes as the command line has them.
pub(crate) const DONE: i32 = 0;
pub(crate) const RESUMABLE: i32 = 5;
pub(crate) const UNREACHABLE: i32 = 6;

/// What a child does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Action {
    Run,
    Cutover,
    Rollback,
}

/// The work of a child.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Work {
    pub(crate) action: Action,
    pub(crate) source: PathBuf,
    pub(crate) url: String,
    pub(crate) home: PathBuf,
    /// Takes a line per progress event.
    pub(crate) events: PathBuf,
}

/// Writes every event down at once.
struct Lines(Mutex<File>);

impl Progress for Lines {
    fn report(&self, event: Event) {
        let line = match event {
            Event::Stage { name, .. } => format!("stage {name}\n"),
            event => format!("{event:?}\n").replace("\\n", " "),
        };
        self.0.lock().unwrap().write_all(line.as_bytes()).unwrap();
    }
}

impl Work {
    pub(crate) fn job(&self) -> Job {
        let target: Target = self.url.parse().unwrap();
        Job {
            sources: vec![self.source.clone()],
            target: target.with_password(Secret::from_env(PASSWORD)),
            candles_database: None,
            home: self.home.clone(),
        }
    }

    /// Starts the child.
    pub(crate) fn start(&self, password: Option<&Secret>) -> Child {
        let _ = std::fs::remove_file(&self.events);
        let output = File::create(output_path(&self.events)).unwrap();
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_tool_as_a_process", "--nocapture"])
            .env(WORK, serde_json::to_string(self).unwrap())
            .env(PASSWORD, password.map_or("", Secret::expose))
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap()
    }

    /// Starts the child and waits for its end; returns its exit code.
    pub(crate) fn finish(&self, password: Option<&Secret>) -> Option<i32> {
        self.start(password).wait().unwrap().code()
    }

    pub(crate) fn events(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.events).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// What the last child printed.
    pub(crate) fn output(&self) -> String {
        std::fs::read_to_string(output_path(&self.events)).unwrap_or_default()
    }
}

fn output_path(events: &Path) -> PathBuf {
    events.with_extension("output")
}

/// The stage that the events end in.
pub(crate) fn stage_of(events: &[String]) -> &str {
    events
        .iter()
        .rev()
        .find_map(|line| line.strip_prefix("stage "))
        .unwrap_or("start")
}

/// The child's side: does the work and ends the process with its exit code; returns at once in any other process.
pub(crate) async fn be_the_child() {
    let Ok(work) = std::env::var(WORK) else {
        return;
    };
    let work: Work = serde_json::from_str(&work).unwrap();
    let lines = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&work.events)
        .unwrap();
    let code = match act(&work, Arc::new(Lines(Mutex::new(lines)))).await {
        Ok(()) => DONE,
        Err(error) => {
            eprintln!("{error:?}");
            match error.kind() {
                ErrorKind::Refused => 3,
                ErrorKind::Different => 4,
                ErrorKind::Resumable => RESUMABLE,
                ErrorKind::Unreachable => UNREACHABLE,
                ErrorKind::Bug => 70,
            }
        }
    };
    std::process::exit(code);
}

async fn act(work: &Work, progress: Arc<dyn Progress>) -> Result<(), cbtrade_migrate::Error> {
    let mut migration = Migration::open(work.job(), Options::default(), progress)?;
    match work.action {
        Action::Run => migration.run().await.map(drop),
        Action::Cutover => {
            let digest = migration
                .proof()?
                .map(|proof| proof.digest())
                .unwrap_or_default();
            migration.cutover(&digest).await.map(drop)
        }
        Action::Rollback => migration.rollback().await.map(drop),
    }
}
