//! Whoever is killed leaves nothing behind: a second process that waits for the soak's end, however that happens, then
//! ends the private server and removes the folder.

use std::io::{self, BufRead as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cbtrade_server::ServerHome;
use nix::mount::{MntFlags, umount2};
use serde::{Deserialize, Serialize};

use crate::error::SoakError;

/// The argument that makes the program the watch.
pub const WATCH_COMMAND: &str = "soak-watch";

/// What is to be removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WatchSettings {
    /// The folder of the run.
    pub(crate) folder: PathBuf,
    /// The private server's folder in it, perhaps a small disk.
    pub(crate) server: PathBuf,
}

/// The watching process. It goes to work when this is dropped or the soak dies.
#[derive(Debug)]
pub(crate) struct Watch {
    process: Child,
}

impl Watch {
    pub(crate) fn start(program: &Path, settings: &WatchSettings) -> Result<Watch, SoakError> {
        let failed = |source| SoakError::Program {
            program: program.to_owned(),
            source,
        };
        // A group of its own, so that Ctrl-C reaches the soak and not its watch.
        let mut process = Command::new(program)
            .arg(WATCH_COMMAND)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .current_dir("/")
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let mut line = serde_json::to_vec(settings).map_err(|source| failed(source.into()))?;
        line.push(b'\n');
        if let Some(input) = process.stdin.as_mut() {
            input.write_all(&line).map_err(failed)?;
        }
        // Its word, so that nothing is made before it stands.
        let mut word = String::new();
        if let Some(output) = process.stdout.take() {
            io::BufReader::new(output)
                .read_line(&mut word)
                .map_err(failed)?;
        }
        match word.trim() {
            "watching" => Ok(Watch { process }),
            _ => Err(failed(io::Error::other("the watch does not run"))),
        }
    }

    /// Has everything removed, and waits for it.
    pub(crate) fn clear(mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// The watch's whole life. `say` gives its word to the process that started it.
///
/// # Errors
/// What it is told cannot be read.
pub fn run_watch(say: impl FnOnce(&str)) -> io::Result<()> {
    let mut lines = io::stdin().lock().lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let settings: WatchSettings = serde_json::from_str(&first)?;
    say("watching");
    // Nothing more is ever sent: this waits for the end.
    for line in lines {
        if line.is_err() {
            break;
        }
    }
    for _ in 0..100 {
        if cleared(&settings) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// One attempt: a server may just be starting, bots may still write.
fn cleared(settings: &WatchSettings) -> bool {
    if let Ok(home) = ServerHome::new(&settings.server)
        && home.is_ours()
    {
        let _ = home.kill();
        let _ = home.destroy();
    }
    // Refused where nothing is mounted.
    let _ = umount2(&settings.server, MntFlags::MNT_DETACH);
    let _ = std::fs::remove_dir_all(&settings.folder);
    !settings.folder.exists()
}
