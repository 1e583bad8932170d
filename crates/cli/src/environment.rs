//! Every environment variable that the program reads. `docs/reference/environment.md` is made from this list.

use std::ffi::OsString;

/// One variable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it does, for people.
    #[cfg_attr(not(test), expect(dead_code, reason = "read where the page is made"))]
    pub(crate) meaning: &'static str,
    /// The version that it came with; `-` for what other programs define.
    #[cfg_attr(not(test), expect(dead_code, reason = "read where the page is made"))]
    pub(crate) since: &'static str,
}

impl Variable {
    /// Its value; `None` where it is not set or empty.
    pub(crate) fn value(self) -> Option<OsString> {
        std::env::var_os(self.name).filter(|value| !value.is_empty())
    }
}

/// The home folder: private server, work of migrations, archives, credentials.
pub(crate) const HOME_FOLDER: Variable = Variable {
    name: "CBTRADE_HOME",
    meaning: "The home folder of CBTrade: the private server, the work of migrations, archives of legacy files, \
              credentials. `--home DIR` wins over it.",
    since: "0.1.0",
};

/// The password on the target server.
pub(crate) const PASSWORD: Variable = Variable {
    name: "CBTRADE_MYSQL_PASSWORD",
    meaning: "The password of the user named in `--target`. Not set or empty: it is asked for on a terminal, and \
              without a terminal none is sent. Not used for the private server, whose password CBTrade keeps itself.",
    since: "0.1.0",
};

/// Where the passphrase of the venue's key is.
pub(crate) const KEY_PASSPHRASE_FILE: Variable = Variable {
    name: "CBTRADE_KEY_PASSPHRASE_FILE",
    meaning: "A file with the passphrase of the venue's key in its first line, which others may not read. \
              `--passphrase-file` wins over it. Without both: systemd's credential, else it is asked for on a terminal.",
    since: "0.1.0",
};

/// Where a service manager puts credentials.
pub(crate) const CREDENTIALS: Variable = Variable {
    name: "CREDENTIALS_DIRECTORY",
    meaning: "Where systemd puts the credentials of a unit (`LoadCredential=`, `LoadCredentialEncrypted=`); the passphrase \
              of the venue's key is the one named `cbtrade-key-passphrase`.",
    since: "-",
};

/// Folders with server programs.
pub(crate) const SERVER_HOMES: Variable = Variable {
    name: cbtrade_server::HOMES_VARIABLE,
    meaning: "Folders to look for server programs in, separated by `:`, before `PATH`. Each has its programs in \
              `bin` or `sbin`, as `scripts/get-mariadb` and the vendors' archives lay them out.",
    since: "0.1.0",
};

/// One more folder, for MySQL.
pub(crate) const MYSQL_HOME: Variable = Variable {
    name: cbtrade_server::MYSQL_HOME_VARIABLE,
    meaning: "One more such folder, for MySQL, as `scripts/get-mysql` makes it.",
    since: "0.1.0",
};

/// Where a bot dies, for tests.
pub(crate) const DIE_AT: Variable = Variable {
    name: "CBTRADE_DIE_AT",
    meaning: "For tests only: a bot dies, as if by `kill -9`, one time in three when one of its orders reaches one of these \
              steps: `recorded`, `answered`, `placed`, `read`, `settled`, separated by commas.",
    since: "0.1.0",
};

/// Where state of programs lies.
pub(crate) const STATE_HOME: Variable = Variable {
    name: "XDG_STATE_HOME",
    meaning: "Where programs keep their state; without `CBTRADE_HOME` the home folder is `cbtrade` in it.",
    since: "-",
};

/// The user's folder.
pub(crate) const USER_HOME: Variable = Variable {
    name: "HOME",
    meaning: "The user's folder; without the two above the home folder is `.local/state/cbtrade` in it.",
    since: "-",
};

/// No colours.
pub(crate) const NO_COLOR: Variable = Variable {
    name: "NO_COLOR",
    meaning: "Set to anything: no colours. They never carry a meaning of their own, and are only used on a terminal.",
    since: "-",
};

/// Folder for temporary files.
pub(crate) const TEMPORARY: Variable = Variable {
    name: "TMPDIR",
    meaning: "Folder for temporary files: SQLite sorts there, and a private server's socket lies there where the \
              path of the home folder is too long for one.",
    since: "-",
};

/// Where a service manager listens.
pub(crate) const NOTIFY: Variable = Variable {
    name: cbtrade_fleet::NOTIFY_VARIABLE,
    meaning: "Where systemd listens; `cbtrade fleet up --foreground` tells it that the fleet is up, lives and ends.",
    since: "-",
};

/// How often a service manager wants to hear something.
pub(crate) const WATCHDOG: Variable = Variable {
    name: cbtrade_fleet::WATCHDOG_VARIABLE,
    meaning: "Microseconds within which systemd wants a sign of life of the supervisor (`WatchdogSec=`).",
    since: "-",
};

/// All of them, in the order of the page.
#[cfg_attr(not(test), expect(dead_code, reason = "read where the page is made"))]
pub(crate) const ALL: &[Variable] = &[
    HOME_FOLDER,
    PASSWORD,
    KEY_PASSPHRASE_FILE,
    SERVER_HOMES,
    MYSQL_HOME,
    DIE_AT,
    STATE_HOME,
    USER_HOME,
    NO_COLOR,
    TEMPORARY,
    CREDENTIALS,
    NOTIFY,
    WATCHDOG,
];
