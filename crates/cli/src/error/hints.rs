//! What an error means and what to type next.

use std::io::ErrorKind as IoKind;
use std::path::Path;

use cbtrade_migrate::doctor;
use cbtrade_mysql::{Error as ServerError, ErrorClass};
use cbtrade_sqlite::ErrorKind as FileKind;

use super::Kind;
use crate::environment;
use crate::words::shell;

/// The server's answer to a wrong user or password.
const ACCESS_DENIED: u16 = 1045;
/// The server's answer to an account that logs in by the user of the operating system.
const ACCESS_DENIED_NO_PASSWORD: u16 = 1698;
/// The server's answer to an account without rights on a database.
const DATABASE_DENIED: u16 = 1044;
/// The server's answer to a host that may not connect.
const HOST_DENIED: u16 = 1130;
/// The server's answer to makers of triggers that it does not trust.
const TRIGGER_NEEDS_SUPER: u16 = 1419;
/// The server's answer to a database that is not there.
const NO_DATABASE: u16 = 1049;

/// Whether the error is about getting in, rather than about what was asked for inside.
pub(super) fn cannot_log_in(error: &ServerError) -> bool {
    matches!(error, ServerError::Connect { .. })
        && matches!(
            error.class(),
            ErrorClass::AccessDenied | ErrorClass::ServerUnavailable
        )
}

/// Hints for an error of a target server.
pub(super) fn of_server(error: &ServerError) -> Vec<String> {
    let password = environment::PASSWORD.name;
    let hint = match (error, error.server_code()) {
        (_, Some(ACCESS_DENIED)) => format!(
            "User or password is wrong. Check the user in --target, and set {password} (in bash, without leaving it in the history: `read -rs {password}; export {password}`)."
        ),
        (_, Some(ACCESS_DENIED_NO_PASSWORD)) => "This account logs in by the user of the operating system: run as that user with `?socket=PATH` in the URL, or name another user in --target.".to_owned(),
        (_, Some(DATABASE_DENIED)) => "The user has no rights on this database. As an administrator of the server: GRANT ALL PRIVILEGES ON `DATABASE`.* TO 'USER'@'HOST'; then run the same command again.".to_owned(),
        (_, Some(HOST_DENIED)) => "The server lets nobody in from this machine. Make an account for this host there, or run cbtrade on the server's own machine.".to_owned(),
        (_, Some(TRIGGER_NEEDS_SUPER)) => "The server does not let this user make triggers while its binary log is on. As an administrator: SET GLOBAL log_bin_trust_function_creators = 1; then run the same command again.".to_owned(),
        (_, Some(NO_DATABASE)) => "There is no such database: nothing was copied to this target yet. Run `cbtrade migrate run` with the same sources and target first.".to_owned(),
        (ServerError::UrlInvalid { .. } | ServerError::UrlKey { .. }, _) => "The form is mysql://user@host:port/database, or mysql://user@localhost/database?socket=PATH. Put it in single quotes in a shell.".to_owned(),
        (ServerError::PasswordInUrl, _) => format!("Write mysql://user@host:port/database and set {password}."),
        (ServerError::ConnectTimeout { .. }, _) => "A server that does not answer is often behind a firewall: check host and port, and whether the server listens there.".to_owned(),
        (ServerError::TooOld { .. }, _) => "Name a newer server, or none: without --target cbtrade starts a private server of its own.".to_owned(),
        (ServerError::Connect { source, .. }, None) => return of_connection(source),
        _ => return of_class(error.class()),
    };
    vec![hint]
}

fn of_connection(source: &cbtrade_mysql::mysql_async::Error) -> Vec<String> {
    use cbtrade_mysql::mysql_async::{Error, IoError};
    let Error::Io(IoError::Io(io)) = source else {
        return vec![
            "The server answered, but not in a way that a login is possible: check --target, above all its tls= part.".to_owned(),
        ];
    };
    let hint = match io.kind() {
        IoKind::NotFound => {
            "There is no such socket: the server is not running, or its socket is elsewhere. `ss -xl` lists the sockets of running servers."
        }
        IoKind::ConnectionRefused => {
            "Nothing listens there: the server is not running, or on another port. `ss -tln` lists the ports of this machine."
        }
        IoKind::PermissionDenied => {
            "This user may not use that socket. Run as the server's user, or use host and port instead of the socket."
        }
        _ if io.to_string().contains("lookup") => {
            "The host name is not known. Check its spelling in --target."
        }
        _ => {
            "The connection was cut off before the login was done: check host and port, and whether a MySQL or MariaDB server is what listens there."
        }
    };
    vec![
        hint.to_owned(),
        "Without --target cbtrade starts a private server of its own on this machine.".to_owned(),
    ]
}

fn of_class(class: ErrorClass) -> Vec<String> {
    let hint = match class {
        ErrorClass::AccessDenied => {
            "The user lacks a right. As an administrator of the server: GRANT ALL PRIVILEGES ON `DATABASE`.* TO 'USER'@'HOST'; then run the same command again. `cbtrade doctor --target URL` lists what is missing."
        }
        ErrorClass::DiskFull => {
            "The server's disk is full. Make room there, then run the same command again: it goes on where it stands."
        }
        ErrorClass::ConnectionLost => {
            "The connection was lost. What has arrived is written down: run the same command again, it goes on where it stands."
        }
        ErrorClass::ServerUnavailable => {
            "The server takes no connections at the moment. Run the same command again when it does."
        }
        ErrorClass::RetryTransaction => {
            "Somebody else holds locks in the target's tables. End what uses them, then run the same command again."
        }
        ErrorClass::ReadOnly => {
            "The server takes no writes (read_only). Name the primary server, or switch read_only off."
        }
        ErrorClass::PacketTooLarge => {
            "A value is larger than the server takes. As an administrator: SET GLOBAL max_allowed_packet = 1073741824; then run the same command again."
        }
        _ => {
            "Nothing of the source was changed. `cbtrade doctor --target URL` shows what the server says about itself."
        }
    };
    vec![hint.to_owned()]
}

/// Hints for an error of a source file.
pub(super) fn of_file(error: &cbtrade_sqlite::Error) -> Vec<String> {
    let hint = match error.kind() {
        FileKind::NotFound => {
            "Check the path. A relative path counts from the directory that you are in."
        }
        FileKind::NoPermission => {
            "This user may not read the file, or not write it (the cut-over puts its fence there, the rollback takes it off). Run as the user that the bots run as, or give yourself the right."
        }
        FileKind::NotADatabase => {
            "Name the SQLite database itself, not an archive, a dump or its -wal file. A dump in SQL text can be read into a database first: sqlite3 new.db < dump.sql"
        }
        FileKind::LooksEncrypted => {
            "Decrypt it first, with the program that encrypted it; cbtrade reads plain SQLite files."
        }
        FileKind::Truncated => {
            "The file was cut off. Look for an earlier copy, with its -wal file."
        }
        FileKind::Locked => {
            "`cbtrade doctor FILE` shows which process holds the lock. Stop it (the bots first), then run the same command again."
        }
        FileKind::Changed => {
            "Something still writes to the file. `cbtrade doctor FILE` shows which process has it open. Stop it, then run the same command again: it starts from the new content."
        }
        FileKind::DiskFull => {
            "The disk is full: a snapshot needs as much room as the file. Make room, or name another home folder with --home, then run the same command again."
        }
        FileKind::Corrupt => {
            "The file is damaged. Leave it as it is: `cbtrade recover FILE` brings out what can be read, and lists what cannot."
        }
        FileKind::Io => {
            "The operating system could not read the file; its log (dmesg) may say why."
        }
        FileKind::Sql => "`cbtrade doctor FILE` looks at the file without changing it.",
    };
    vec![hint.to_owned()]
}

/// Hints for an error of a source file that is known by name: with its name, and with who stands in the way.
pub(super) fn of_source(path: &Path, error: &cbtrade_sqlite::Error) -> Vec<String> {
    let name = shell(&path.display().to_string());
    let mut hints = Vec::new();
    if matches!(error.kind(), FileKind::Locked | FileKind::Changed) {
        let open = doctor::file_outside(path).map(|outside| outside.open_in);
        for process in open.unwrap_or_default() {
            hints.push(format!(
                "It is open in {} (process {}). Stop it: kill {}",
                process.program, process.pid, process.pid
            ));
        }
    }
    hints.extend(
        of_file(error)
            .into_iter()
            .map(|hint| hint.replace(" FILE`", &format!(" {name}`"))),
    );
    hints
}

/// The kind of an error of a source file.
pub(super) fn file_kind(error: &cbtrade_sqlite::Error) -> Kind {
    match error.kind() {
        FileKind::NotFound | FileKind::NoPermission | FileKind::Locked | FileKind::Io => {
            Kind::Unreachable
        }
        FileKind::DiskFull => Kind::Stopped,
        _ => Kind::Refused,
    }
}

/// The kind of a failure on a file of ours, or on looking for a source.
pub(super) fn work_kind(source: &std::io::Error) -> Kind {
    match source.kind() {
        IoKind::StorageFull | IoKind::QuotaExceeded => Kind::Stopped,
        _ => Kind::Unreachable,
    }
}

/// Hints for a failure on a file of ours, or on looking for a source.
pub(super) fn of_work(path: &Path, source: &std::io::Error) -> Vec<String> {
    let hint = match source.kind() {
        IoKind::NotFound => format!(
            "There is no {}. Check the path; a relative one counts from the directory that you are in.",
            path.display()
        ),
        IoKind::PermissionDenied | IoKind::ReadOnlyFilesystem => {
            "This user may not use it. Run as the user whose it is (for the old files: as the user that the bots run as), or name another home folder with --home."
                .to_owned()
        }
        IoKind::StorageFull | IoKind::QuotaExceeded => {
            "The disk is full. Make room, or name another home folder with --home, then run the same command again."
                .to_owned()
        }
        _ => "The operating system's log (dmesg) may say more.".to_owned(),
    };
    vec![hint]
}

/// Hints for an error of the private server.
pub(super) fn of_private_server(error: &cbtrade_server::Error) -> Vec<String> {
    use cbtrade_server::Error;
    let hint = match error {
        Error::NoProgram { .. } | Error::IncompleteProgram { .. } => {
            "Or name an existing server: --target mysql://user@host:port/database"
        }
        Error::NotCreated { .. } | Error::NotRunning { .. } => "Start it: cbtrade server start",
        Error::NotOurs { .. } => {
            "Name another home folder with --home, or move what is in this one away."
        }
        Error::PortTaken { .. } => {
            "Name another port, or none: the socket is enough on one machine."
        }
        Error::Locked { .. } => "Wait until it has ended, then run the same command again.",
        Error::OtherFlavour { .. } => {
            "Leave --flavour out, or name another home folder with --home."
        }
        Error::NoHome => "export CBTRADE_HOME=/path/with/room",
        Error::DiskFull { .. } => {
            "Make room (a new server needs about a gigabyte), or name another home folder with --home, then run the same command again."
        }
        Error::Start { .. } | Error::Create { .. } => {
            "The lines above are the server's own. A full disk and too little memory are the usual reasons."
        }
        Error::Session { source, .. } => return of_server(source),
        Error::File { path, source, .. } => return of_work(path, source),
        _ => "`cbtrade server status` shows the folder and the log.",
    };
    vec![hint.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_may_not_be_used_is_not_called_a_work_file() {
        let denied = || std::io::Error::from(IoKind::PermissionDenied);
        let error = cbtrade_migrate::Error::Work {
            path: "/srv/bot/secret.db".into(),
            action: "read",
            source: denied(),
        };
        assert_eq!(error.to_string(), "/srv/bot/secret.db cannot be read");
        let hints = of_work(Path::new("/srv/bot/secret.db"), &denied());
        assert!(
            hints[0].contains("as the user that the bots run as"),
            "{hints:?}"
        );
        let error = cbtrade_server::Error::File {
            action: "make",
            path: "/proc/home/server".into(),
            source: denied(),
        };
        let hints = of_private_server(&error);
        assert!(
            hints[0].contains("--home") && !hints[0].contains("server status"),
            "{hints:?}"
        );
    }
}
