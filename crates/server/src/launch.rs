//! The command lines of the server programs.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use nix::unistd::Uid;

use crate::flavour::{Flavour, Programs};
use crate::home::ServerHome;
use crate::lifecycle::ServerOptions;
use crate::settings;
use crate::state::State;

/// The whole command line of a server.
pub(crate) fn start_command(
    home: &ServerHome,
    programs: &Programs,
    state: &State,
    options: &ServerOptions,
) -> Command {
    let mut command = detached(server_command(home, &programs.server, &home.data()));
    command.arg(path_argument("--socket=", &state.socket));
    command.arg(path_argument("--pid-file=", &home.pid_file()));
    command.arg(path_argument("--log-error=", &home.log()));
    match state.port {
        Some(port) => command
            .arg("--bind-address=127.0.0.1")
            .arg(format!("--port={port}")),
        None => command.arg("--skip-networking"),
    };
    command.args(settings::for_flavour(programs.flavour).map(settings::Setting::argument));
    if programs.flavour == Flavour::MariaDb {
        command.arg(path_argument("--secure-file-priv=", &home.file("files")));
    }
    command.arg("--max-connections=400");
    command.arg(format!(
        "--innodb-buffer-pool-size={}",
        buffer_pool_bytes(options)
    ));
    command.arg(redo_log_argument(programs, options));
    command.args(&options.extra);
    command
}

pub(crate) fn buffer_pool_bytes(options: &ServerOptions) -> u64 {
    options
        .buffer_pool_bytes
        .unwrap_or_else(settings::buffer_pool_bytes)
}

/// MySQL 8.0.30 made one number of the redo log's files.
pub(crate) fn redo_log_variable(programs: &Programs) -> &'static str {
    if programs.flavour == Flavour::MySql && programs.version >= (8, 0, 30) {
        "innodb_redo_log_capacity"
    } else {
        "innodb_log_file_size"
    }
}

pub(crate) fn redo_log_bytes(programs: &Programs, options: &ServerOptions) -> u64 {
    // MySQL before 8.0.30 writes two files of the given size.
    let files = if programs.flavour == Flavour::MySql && programs.version < (8, 0, 30) {
        2
    } else {
        1
    };
    options.redo_log_bytes / files
}

pub(crate) fn redo_log_argument(programs: &Programs, options: &ServerOptions) -> String {
    let name = redo_log_variable(programs).replace('_', "-");
    format!("--{name}={}", redo_log_bytes(programs, options))
}

/// A program without the user's environment and current folder.
pub(crate) fn bare_command(home: &ServerHome, program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env(
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    );
    command
        .env("LC_ALL", "C")
        .env("HOME", home.path())
        .env("TMPDIR", home.file("tmp"));
    if let Some(libraries) = std::env::var_os("LD_LIBRARY_PATH") {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    command.current_dir(home.path());
    command
}

/// A server program with nothing but our own settings, no defaults file either. The first arguments are set.
pub(crate) fn server_command(home: &ServerHome, program: &Path, data: &Path) -> Command {
    let mut command = bare_command(home, program);
    command.arg("--no-defaults");
    if Uid::effective().is_root() {
        command.arg("--user=root");
    }
    command.arg(path_argument("--datadir=", data));
    command.arg(path_argument("--tmpdir=", &home.file("tmp")));
    command
}

/// The same command in a session of its own, so that no terminal's end and no Ctrl-C reaches it. `setsid` becomes
/// the program without a further process; where there is none, a process group of its own must do.
fn detached(command: Command) -> Command {
    use std::os::unix::process::CommandExt as _;
    let setsid = ["/usr/bin/setsid", "/bin/setsid"]
        .iter()
        .map(Path::new)
        .find(|path| path.exists());
    let Some(setsid) = setsid else {
        let mut command = command;
        command.process_group(0);
        return command;
    };
    let mut detached = Command::new(setsid);
    detached
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            detached.env(name, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        detached.current_dir(folder);
    }
    detached
}

pub(crate) fn path_argument(option: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(path);
    argument
}

/// An option's bare name: `--loose-innodb_x=1` and `innodb-x` are the same, and so are `skip-x` and `x`.
pub(crate) fn option_name(option: &str) -> String {
    let name = option
        .trim_start_matches('-')
        .split('=')
        .next()
        .unwrap_or_default()
        .replace('_', "-");
    let name = name.strip_prefix("loose-").unwrap_or(&name);
    name.strip_prefix("skip-").unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_known_under_all_their_spellings() {
        assert_eq!(
            option_name("--loose-innodb_snapshot_isolation=OFF"),
            "innodb-snapshot-isolation"
        );
        assert_eq!(option_name("--log-bin=x"), option_name("skip-log-bin"));
        assert_eq!(
            option_name("--max_allowed_packet=1M"),
            option_name("max-allowed-packet")
        );
    }
}
