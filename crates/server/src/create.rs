//! Making a data directory, and locking its root user before anyone can connect.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use cbtrade_mysql::Secret;
use nix::unistd::Uid;

use crate::error::Error;
use crate::flavour::{Flavour, Programs};
use crate::home::{ServerHome, private_folder, remove};
use crate::launch::{bare_command, path_argument, redo_log_argument, server_command};
use crate::lifecycle::{ServerOptions, log_end, says_disk_full};
use crate::settings;
use crate::state::write_private;

/// Makes `data/`, unless there is one: in `data.new` first, so that an interrupted making leaves nothing that
/// looks finished. Root's password is set without the server ever listening.
pub(crate) fn create(
    home: &ServerHome,
    programs: &Programs,
    options: &ServerOptions,
) -> Result<(), Error> {
    let new = home.file("data.new");
    remove(&new)?;
    let password = new_password()?;
    write_private(
        &home.file("root.password"),
        format!("{}\n", password.expose()).as_bytes(),
    )?;
    let made = match programs.flavour {
        Flavour::MariaDb => create_mariadb(home, programs, options, &new, &password),
        Flavour::MySql => create_mysql(home, programs, options, &new, &password),
    };
    remove(&home.file("create.sql"))?;
    made?;
    std::fs::rename(&new, home.data()).map_err(|source| Error::file("rename", &new, source))
}

fn create_mariadb(
    home: &ServerHome,
    programs: &Programs,
    options: &ServerOptions,
    new: &Path,
    password: &Secret,
) -> Result<(), Error> {
    let installer = programs
        .installer
        .as_deref()
        .ok_or_else(|| Error::IncompleteProgram {
            server: programs.server.clone(),
            missing: "mariadb-install-db".to_owned(),
            package: "mariadb-server-core".to_owned(),
        })?;
    private_folder(new)?;
    let redo_log = redo_log_argument(programs, options);
    // The script hands on what it does not know, split at blanks, so no path may be in it. It would take --user for
    // its own and change owner and mode of an authentication tool of the system's.
    let mut command = bare_command(home, installer);
    command
        .arg("--no-defaults")
        .arg(path_argument("--datadir=", new));
    command.args([
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
        "--force",
    ]);
    if Uid::effective().is_root() {
        command.arg("-uroot");
    }
    command.arg(&redo_log);
    run(home, installer, command, None)?;
    // Bootstrap mode reads statements, one a line, from its input and listens nowhere. It does not know the
    // privilege statements, so the table is changed as mariadb-install-db itself does it.
    let lock_root = format!(
        "USE mysql;\n\
         DELETE FROM global_priv WHERE User = '' OR (User = 'root' AND Host <> 'localhost');\n\
         DELETE FROM proxies_priv WHERE Host <> 'localhost';\n\
         UPDATE global_priv SET Priv = JSON_SET(Priv, '$.plugin', 'mysql_native_password', \
         '$.authentication_string', PASSWORD('{}')) WHERE User = 'root' AND Host = 'localhost';\n",
        password.expose()
    );
    let mut command = server_command(home, &programs.server, new);
    command.arg("--bootstrap").arg(&redo_log);
    run(home, &programs.server, command, Some(&lock_root))
}

fn create_mysql(
    home: &ServerHome,
    programs: &Programs,
    options: &ServerOptions,
    new: &Path,
    password: &Secret,
) -> Result<(), Error> {
    let script = home.file("create.sql");
    let lock_root = format!(
        "ALTER USER 'root'@'localhost' IDENTIFIED BY '{}';\n",
        password.expose()
    );
    write_private(&script, lock_root.as_bytes())?;
    let mut init_file = std::ffi::OsString::from("--init-file=");
    init_file.push(&script);
    let mut command = server_command(home, &programs.server, new);
    // The letter case of table names is fixed when the data directory is made.
    command.args(settings::for_flavour(Flavour::MySql).map(settings::Setting::argument));
    command
        .arg(redo_log_argument(programs, options))
        .arg("--initialize-insecure")
        .arg(init_file);
    run(home, &programs.server, command, None)
}

/// Runs a program to its end with its output in `logs/create.log`.
fn run(
    home: &ServerHome,
    program: &Path,
    mut command: Command,
    input: Option<&str>,
) -> Result<(), Error> {
    let log = home.file("logs/create.log");
    let failed = |source| Error::file("write", &log, source);
    let output = File::create(&log).map_err(failed)?;
    let errors = output.try_clone().map_err(failed)?;
    let stdin = if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    };
    let run_failed = |source| Error::Run {
        program: program.to_owned(),
        source,
    };
    let mut child = command
        .stdin(stdin)
        .stdout(output)
        .stderr(errors)
        .spawn()
        .map_err(run_failed)?;
    if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
        // A program that ends early does not read it all; its exit status tells.
        let _ = pipe.write_all(input.as_bytes());
    }
    let status = child.wait().map_err(run_failed)?;
    if status.success() {
        return Ok(());
    }
    if says_disk_full(&log, 0) {
        return Err(Error::DiskFull {
            path: home.path().to_owned(),
            log,
        });
    }
    Err(Error::Create {
        program: program.to_owned(),
        path: home.data(),
        log: log_end(&log, 0),
    })
}

/// 256 random bits from the operating system, in hexadecimal.
fn new_password() -> Result<Secret, Error> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0_u8; 32];
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|error| Error::file("read", source, error))?;
    let mut text = String::with_capacity(64);
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    Ok(Secret::new(text))
}
