//! A fleet of test bots in a folder of its own.

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cbtrade_core::{Clock as _, SystemClock};
use cbtrade_fleet::{
    BotCommand, BotStatus, Ending, Event, FleetConfig, FleetError, FleetFolder, FleetStatus,
    Notifier, Supervisor,
};
use cbtrade_testkit::TestFolder;
use cbtrade_vault::Passphrase;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Only a fault of ours takes so long; no test's outcome depends on it otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Fleet {
    place: TestFolder,
}

/// A supervisor in a thread of the test.
pub(crate) struct Supervised {
    ending: Ending,
    thread: Option<JoinHandle<()>>,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Fleet {
    /// A fleet with these lines of `fleet.toml`.
    pub(crate) fn new(config: &str) -> Fleet {
        let fleet = Fleet {
            place: TestFolder::new(),
        };
        fleet.folder().prepare().unwrap();
        fleet.configure(config);
        fleet
    }

    pub(crate) fn configure(&self, config: &str) {
        std::fs::write(self.folder().config_file(), config).unwrap();
    }

    pub(crate) fn folder(&self) -> FleetFolder {
        FleetFolder::new(self.place.path()).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Tells a bot how to behave from its next start on.
    pub(crate) fn behave(&self, name: &str, words: &str) {
        std::fs::write(self.path(&format!("behave.{name}")), words).unwrap();
    }

    pub(crate) fn config(&self) -> FleetConfig {
        FleetConfig::read(&self.folder()).unwrap()
    }

    pub(crate) fn status(&self) -> FleetStatus {
        FleetStatus::of_folder(&self.folder(), &self.config(), SystemClock.now()).unwrap()
    }

    pub(crate) fn bot(&self, name: &str) -> BotStatus {
        let bots = self.status().bots;
        let found = bots.iter().find(|bot| bot.name == name);
        found
            .cloned()
            .unwrap_or_else(|| panic!("no {name} in {bots:?}"))
    }

    /// Waits until a bot is as described, and returns it.
    #[track_caller]
    pub(crate) fn wait_for(&self, name: &str, is_it: impl Fn(&BotStatus) -> bool) -> BotStatus {
        let found = eventually(|| {
            let bots = self.status().bots;
            bots.into_iter().find(|bot| bot.name == name && is_it(bot))
        });
        found.unwrap_or_else(|| panic!("{name} never became so: {:?}", self.status().bots))
    }

    #[track_caller]
    pub(crate) fn wait_for_state(&self, name: &str, state: &str) -> BotStatus {
        self.wait_for(name, |bot| bot.state == state)
    }

    pub(crate) fn supervisor(
        &self,
        notifier: Notifier,
        events: Arc<Mutex<Vec<Event>>>,
    ) -> Result<Supervisor, FleetError> {
        let command = BotCommand {
            program: test_bot(),
            arguments: Vec::new(),
        };
        Supervisor::new(
            self.folder(),
            self.config(),
            command,
            Arc::new(SystemClock),
            notifier,
            Box::new(move |event| events.lock().unwrap().push(event.clone())),
        )
    }

    pub(crate) fn supervise(&self) -> Supervised {
        self.supervise_with(Notifier::default())
    }

    pub(crate) fn supervise_with(&self, notifier: Notifier) -> Supervised {
        self.begin(notifier, None)
    }

    /// A supervisor that knows the passphrase of the venue's key.
    pub(crate) fn supervise_with_passphrase(&self, passphrase: Passphrase) -> Supervised {
        self.begin(Notifier::default(), Some(passphrase))
    }

    fn begin(&self, notifier: Notifier, passphrase: Option<Passphrase>) -> Supervised {
        let events = Arc::new(Mutex::new(Vec::new()));
        let ending = Ending::default();
        let supervisor = self
            .supervisor(notifier, Arc::clone(&events))
            .unwrap()
            .with_passphrase(passphrase);
        let own = ending.clone();
        Supervised {
            ending,
            thread: Some(std::thread::spawn(move || supervisor.run(&own))),
            events,
        }
    }

    /// A supervisor as a process of its own, which can be killed.
    pub(crate) fn supervisor_process(&self) -> Child {
        let folder = self.folder();
        Command::new(test_bot())
            .arg("supervise")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// A bot that nobody supervises.
    pub(crate) fn bot_process(&self, name: &str) -> Child {
        let folder = self.folder();
        Command::new(test_bot())
            .args(["--name", name, "--mode", "full", "--fleet"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        let _ = cbtrade_fleet::down(&self.folder(), Duration::from_secs(1));
    }
}

impl Supervised {
    pub(crate) fn ask(&self) {
        self.ending.ask();
    }

    pub(crate) fn end(mut self) {
        self.ending.ask();
        self.thread.take().unwrap().join().unwrap();
    }

    #[track_caller]
    pub(crate) fn wait_for_event(&self, is_it: impl Fn(&Event) -> bool) {
        let found = eventually(|| self.events().iter().any(&is_it).then_some(()));
        assert!(found.is_some(), "{:?}", self.events());
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.ending.ask();
            self.ending.ask();
            let _ = thread.join();
        }
    }
}

fn test_bot() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().unwrap().parent().unwrap();
    let program = folder.join("examples/test_bot");
    assert!(
        program.exists(),
        "{} is not built; run the tests of the whole package: cargo test -p cbtrade-fleet",
        program.display()
    );
    program
}

pub(crate) fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if begun.elapsed() > PATIENCE {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn is_there(pid: i32) -> bool {
    cbtrade_server::ProcessIdentity::of(pid).is_some()
}

pub(crate) fn kill_now(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

/// Waits for a child that was killed by somebody.
pub(crate) fn ended_by(mut child: Child) -> (Option<i32>, Option<i32>) {
    let status = child.wait().unwrap();
    (status.code(), status.signal())
}

/// What a service manager hears.
pub(crate) fn listen(path: PathBuf) -> Receiver<String> {
    let socket = std::os::unix::net::UnixDatagram::bind(path).unwrap();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = [0; 500];
        while let Ok(length) = socket.recv(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if sender.send(text).is_err() {
                break;
            }
        }
    });
    receiver
}
