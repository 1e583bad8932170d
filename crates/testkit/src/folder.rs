//! A folder for one test, removed even when the test process is killed.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What the watchdog runs. Its input is a pipe that nothing is ever written to: it ends when the folder is dropped or
/// the test process dies, however that happens. Then whatever runs on a data directory or with a home folder of CBTrade
/// inside the folder is killed, and the folder is removed. A process counts only if one of its arguments names a data
/// directory below the folder, or its environment a home folder there; the folder's random name is this test's alone.
const WATCHDOG: &str = r#"
folder=$1
echo ready
while read -r _; do :; done
for pass in 1 2 3 4 5 6 7 8 9 10; do
  found=$(
    grep -laF -- "--datadir=$folder/" /proc/[0-9]*/cmdline 2>/dev/null
    grep -laF -- "CBTRADE_HOME=$folder/" /proc/[0-9]*/environ 2>/dev/null
  )
  killed=
  for process in $found; do
    process=${process#/proc/}
    process=${process%/*}
    # A zombie has neither any more; what is found is alive, but for this search itself.
    kill -KILL "$process" 2>/dev/null && killed=1
  done
  rm -rf "$folder" 2>/dev/null
  [ -z "$killed" ] && [ ! -e "$folder" ] && exit 0
  sleep 0.1
done
"#;

/// A private folder with a short path below the system's temporary folder.
#[derive(Debug)]
pub struct TestFolder {
    path: PathBuf,
    watchdog: Child,
}

impl TestFolder {
    /// Makes the folder and sets its watchdog.
    ///
    /// # Panics
    /// The folder or the watchdog cannot be made.
    #[must_use]
    pub fn new() -> TestFolder {
        use std::os::unix::process::CommandExt as _;
        let path = tempfile::Builder::new()
            .prefix("cbtrade-test-")
            .tempdir()
            .unwrap_or_else(|error| panic!("no temporary folder: {error}"))
            .keep();
        // A group of its own, so that Ctrl-C reaches the tests and not their watchdog.
        let mut watchdog = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .current_dir("/")
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("no /bin/sh for the watchdog: {error}"));
        // The watchdog's word, so that nothing is started before it stands.
        let mut word = [0_u8; 6];
        watchdog
            .stdout
            .take()
            .map_or(Ok(()), |mut output| output.read_exact(&mut word))
            .unwrap_or_else(|error| panic!("the watchdog does not run: {error}"));
        TestFolder { path, watchdog }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Default for TestFolder {
    fn default() -> TestFolder {
        TestFolder::new()
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}
