//! What can fail, with the folder or program it failed on.

use std::path::PathBuf;

use cbtrade_mysql::ErrorClass;

use crate::flavour::Flavour;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No server program was found.
    #[error(
        "no {wanted} was found in PATH, /usr/sbin, /usr/libexec or the folders of CBTRADE_SERVER_HOMES; {way}"
    )]
    NoProgram {
        /// What was looked for.
        wanted: &'static str,
        /// How it is had.
        way: &'static str,
    },
    /// A server program was found, but not what belongs to it.
    #[error(
        "{server} was found, but not the {missing} that belongs to it; on Debian and Ubuntu it is in {package}"
    )]
    IncompleteProgram {
        /// The server program.
        server: PathBuf,
        /// The program that is missing.
        missing: String,
        /// The Debian package that has it.
        package: String,
    },
    /// The interactive client is not installed.
    #[error(
        "the server's client program (mariadb or mysql) was not found when it was started; on Debian and Ubuntu \
         {flavour}'s is in mariadb-client-core or mysql-client-core; install it and start the server again"
    )]
    NoClient {
        /// The server's family.
        flavour: Flavour,
    },
    /// Neither `HOME` nor a folder of CBTrade's own is set.
    #[error("there is no folder for the server: set CBTRADE_HOME (or HOME)")]
    NoHome,
    /// The folder holds something else.
    #[error("{path} is not a folder of a server of CBTrade's, and is left alone")]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// There is no server in the folder.
    #[error("there is no server in {path} yet")]
    NotCreated {
        /// The folder.
        path: PathBuf,
    },
    /// The server does not run.
    #[error("the server in {path} does not run")]
    NotRunning {
        /// The folder.
        path: PathBuf,
    },
    /// Another start, stop or removal is at work.
    #[error("another cbtrade is at work on the server in {path} (waited {waited_ms} ms for it)")]
    Locked {
        /// The folder.
        path: PathBuf,
        /// Time waited, in milliseconds.
        waited_ms: u64,
    },
    /// The data directory belongs to the other family.
    #[error("the data in {path} are {found}'s, and {wanted} was asked for")]
    OtherFlavour {
        /// The folder.
        path: PathBuf,
        /// Whose data they are.
        found: Flavour,
        /// What was asked for.
        wanted: Flavour,
    },
    /// Something listens on the port already.
    #[error(
        "port {port} of 127.0.0.1 cannot be had; name another one, or none to use the socket only"
    )]
    PortTaken {
        /// The port.
        port: u16,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// A file or folder operation failed.
    #[error("cannot {action} {path}")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// A folder that others could write to.
    #[error(
        "{path} is not a private folder of this user's (mode 0700), and a socket in it could be replaced by others"
    )]
    NotPrivate {
        /// The folder.
        path: PathBuf,
    },
    /// The state file cannot be understood.
    #[error("{path} cannot be understood")]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A program could not be run.
    #[error("cannot run {program}")]
    Run {
        /// The program.
        program: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// A program's version could not be understood.
    #[error("{program} --version says {text:?}, which holds no version")]
    Version {
        /// The program.
        program: PathBuf,
        /// What it said.
        text: String,
    },
    /// The data directory could not be made.
    #[error("{program} could not make the data directory {path}: {log}")]
    Create {
        /// The program.
        program: PathBuf,
        /// The data directory.
        path: PathBuf,
        /// The end of its output.
        log: String,
    },
    /// There is no room for the server's files.
    #[error(
        "the disk is full: there is no room for the server's files in {path}; what the program said is in {log}"
    )]
    DiskFull {
        /// The server's folder.
        path: PathBuf,
        /// What the program wrote.
        log: PathBuf,
    },
    /// The server ended while it started, or did not answer in time.
    #[error("the server in {path} did not start ({what}); the end of its log:\n{log}")]
    Start {
        /// The folder.
        path: PathBuf,
        /// Whether it ended or took too long.
        what: String,
        /// The end of its log.
        log: String,
        /// The last error of a connection, where there was one.
        #[source]
        source: Option<Box<cbtrade_mysql::Error>>,
    },
    /// A setting that did not take.
    #[error(
        "the server in {path} has {variable} = {found:?}, and {wanted:?} was set; it was stopped again"
    )]
    Setting {
        /// The folder.
        path: PathBuf,
        /// The system variable.
        variable: String,
        /// The value that was set.
        wanted: String,
        /// The value read back.
        found: String,
    },
    /// The server is still there after SIGKILL.
    #[error(
        "process {pid} is still there {waited_ms} ms after it was killed (stuck in a call to the disk?)"
    )]
    Unkillable {
        /// The process.
        pid: i32,
        /// Time waited, in milliseconds.
        waited_ms: u64,
    },
    /// A signal could not be sent.
    #[error("cannot signal process {pid}")]
    Signal {
        /// The process.
        pid: i32,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// The server was asked and refused.
    #[error("the server in {path} could not be asked")]
    Session {
        /// The folder.
        path: PathBuf,
        /// What the connection said.
        #[source]
        source: Box<cbtrade_mysql::Error>,
    },
}

impl Error {
    /// The class of the connection's error, where it is one.
    #[must_use]
    pub fn class(&self) -> Option<ErrorClass> {
        match self {
            Error::Session { source, .. }
            | Error::Start {
                source: Some(source),
                ..
            } => Some(source.class()),
            _ => None,
        }
    }

    pub(crate) fn file(
        action: &'static str,
        path: &std::path::Path,
        source: std::io::Error,
    ) -> Error {
        Error::File {
            action,
            path: path.to_owned(),
            source,
        }
    }
}
