//! A server whose options must hold from its first start on, made and started without the tool's own server code.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cbtrade_mysql::Target;
use cbtrade_server::settings::SETTINGS;
use cbtrade_server::{Flavour, Programs};
use cbtrade_testkit::TestFolder;

use crate::Outcome;

/// Time for a server to be made, or to answer.
const PATIENCE: Duration = Duration::from_secs(180);

/// The running server. Its watchdog ends it, too, should this process be killed.
pub(crate) struct BareServer {
    socket: PathBuf,
    process: Child,
    _folder: TestFolder,
}

impl BareServer {
    /// Makes and starts one. `always` are options from the first start on, `running` those of the server itself only.
    pub(crate) fn start(
        flavour: Flavour,
        always: &[&str],
        running: &[&str],
    ) -> Outcome<BareServer> {
        let homes = ["mariadb", "mysql"].map(|name| crate::workspace().join(".local").join(name));
        let programs =
            Programs::find_with(Some(flavour), &homes).map_err(|error| error.to_string())?;
        let folder = TestFolder::new();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).map_err(|error| error.to_string())?;
        make(&programs, &data, always, folder.path())?;
        let socket = folder.path().join("socket");
        let mut command = Command::new(&programs.server);
        common(&mut command, &data);
        command
            .arg(option("--socket=", &socket))
            .arg(option("--pid-file=", &folder.path().join("pid")))
            .arg("--skip-networking");
        if flavour == Flavour::MySql {
            command.args(["--mysqlx=OFF", "--secure-file-priv=NULL"]);
        }
        command
            .args(settings(flavour))
            .args(always)
            .args(running)
            .stdin(Stdio::null());
        let process = logged(&mut command, folder.path())?
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut server = BareServer {
            socket,
            process,
            _folder: folder,
        };
        server.wait()?;
        Ok(server)
    }

    /// The root user, who has no password.
    pub(crate) fn root_target(&self) -> Target {
        Target::at_socket("root", None, &self.socket)
    }

    fn wait(&mut self) -> Outcome<()> {
        let began = Instant::now();
        while std::os::unix::net::UnixStream::connect(&self.socket).is_err() {
            if let Some(status) = self.process.try_wait().map_err(|error| error.to_string())? {
                return Err(format!("the server ended: {status}; {}", self.log()));
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("the server does not answer; {}", self.log()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn log(&self) -> String {
        log_end(self._folder.path())
    }
}

impl Drop for BareServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn option(name: &str, path: &Path) -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from(name);
    option.push(path);
    option
}

fn common(command: &mut Command, data: &Path) {
    command.arg("--no-defaults");
    if is_root() {
        command.arg("--user=root");
    }
    command.arg(option("--datadir=", data));
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// The settings that the tool's own servers have, as options.
fn settings(flavour: Flavour) -> Vec<String> {
    SETTINGS
        .iter()
        .filter(|setting| setting.flavour.is_none_or(|own| own == flavour))
        .map(|setting| format!("--{}={}", setting.option, setting.value))
        .collect()
}

fn logged<'a>(command: &'a mut Command, folder: &Path) -> Outcome<&'a mut Command> {
    let log = File::create(folder.join("log")).map_err(|error| error.to_string())?;
    let copy = log.try_clone().map_err(|error| error.to_string())?;
    Ok(command.stdout(log).stderr(copy))
}

fn log_end(folder: &Path) -> String {
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(5)..].join(" | ")
}

fn make(programs: &Programs, data: &Path, always: &[&str], folder: &Path) -> Outcome<()> {
    let mut command = match (&programs.installer, programs.flavour) {
        (Some(installer), Flavour::MariaDb) => {
            let mut command = Command::new(installer);
            command.arg("--no-defaults").arg(option("--datadir=", data));
            command.args([
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
                "--force",
            ]);
            if is_root() {
                command.arg("-uroot");
            }
            command
        }
        _ => {
            let mut command = Command::new(&programs.server);
            common(&mut command, data);
            command.arg("--initialize-insecure");
            command
        }
    };
    command.args(always).stdin(Stdio::null());
    let status = logged(&mut command, folder)?
        .status()
        .map_err(|error| error.to_string())?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("no data directory: {status}; {}", log_end(folder)))
    }
}
