//! A home folder of its own for each test, and the program run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cbtrade_mysql::{Session, SessionOptions, Target};
use cbtrade_sqlite::rusqlite::Connection;
use cbtrade_testkit::TestFolder;
use serde_json::Value;

/// A private place for one test; whatever server runs in it ends with it.
pub(crate) struct Place {
    folder: TestFolder,
}

/// What a run of the program said.
#[derive(Debug)]
#[must_use]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place {
            folder: TestFolder::new(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with nothing of this machine's environment that could lead it elsewhere.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cbtrade"));
        command
            .args(arguments)
            .env("CBTRADE_HOME", self.path("home"))
            .env("HOME", self.folder.path())
            .env_remove("XDG_STATE_HOME")
            .env_remove("CBTRADE_MYSQL_PASSWORD")
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        // A MariaDB that scripts/get-mariadb has unpacked.
        let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local/mariadb");
        if std::env::var_os("CBTRADE_SERVER_HOMES").is_none() && unpacked.is_dir() {
            command.env("CBTRADE_SERVER_HOMES", unpacked);
        }
        let mysql = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local/mysql");
        if std::env::var_os("CBTRADE_MYSQL_HOME").is_none() && mysql.is_dir() {
            command.env("CBTRADE_MYSQL_HOME", mysql);
        }
        command
    }

    /// Runs the program without a terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        said(self.command(arguments))
    }

    /// Runs it against a server, with the server's password in the environment.
    pub(crate) fn run_on(&self, target: &Target, arguments: &[&str]) -> Said {
        let mut command = self.command(arguments);
        command.args(["--target", &target.display()]);
        command.env("CBTRADE_MYSQL_PASSWORD", password(target));
        said(command)
    }

    /// A small database with all storage classes and a key of text.
    pub(crate) fn small_source(&self, name: &str) -> String {
        let path = self.path(name);
        Connection::open(&path)
            .unwrap()
            .execute_batch(
                "CREATE TABLE plain (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, data BLOB);
                 INSERT INTO plain VALUES (1,'one',0.1+0.2,x'00ff'),(0,'zero',1.5,NULL),(-5,'🚀',5e-324,x'');
                 CREATE TABLE keyed (a TEXT, b INTEGER, c, PRIMARY KEY (b, a)) WITHOUT ROWID;
                 INSERT INTO keyed VALUES ('x',1,'c'),('y',1,2),('X',2,3.5);",
            )
            .unwrap();
        path.display().to_string()
    }
}

/// Runs a command to its end.
pub(crate) fn said(mut command: Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn password(target: &Target) -> String {
    target
        .password
        .as_ref()
        .map(|secret| secret.expose().to_owned())
        .unwrap_or_default()
}

impl Said {
    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Said {
        assert_eq!(
            self.code,
            Some(code),
            "\n--- stdout\n{}\n--- stderr\n{}",
            self.out,
            self.err
        );
        // Neither words nor JSON may ever carry a colour without a terminal, nor may the program panic.
        assert!(!self.out.contains('\u{1b}') && !self.err.contains('\u{1b}'));
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// Asserts that stderr has all of these words.
    #[track_caller]
    pub(crate) fn tells(self, words: &[&str]) -> Said {
        // Lines are wrapped for people.
        let text = self.err.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(text.contains(word), "no {word:?} in\n{}", self.err);
        }
        self
    }

    /// The one JSON document of stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| {
            panic!(
                "{error}: stdout is no JSON document:\n{}\n{}",
                self.out, self.err
            )
        })
    }
}

/// Reads from a server.
pub(crate) fn query<R>(target: &Target, sql: &str) -> Vec<R>
where
    R: cbtrade_mysql::mysql_async::prelude::FromRow + Send + 'static,
{
    on_server(target, async |session| session.query(sql).await.unwrap())
}

/// Changes something on a server.
pub(crate) fn execute(target: &Target, sql: &str) {
    on_server(target, async |session| {
        session.execute(sql).await.unwrap();
    });
}

fn on_server<T>(target: &Target, work: impl AsyncFnOnce(&mut Session) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut session = Session::open(target, &SessionOptions::default())
            .await
            .unwrap();
        let value = work(&mut session).await;
        session.close().await;
        value
    })
}

/// The tables of the target's database.
pub(crate) fn tables(target: &Target) -> Vec<String> {
    let database = target.database.clone().unwrap();
    query(
        &target.without_database(),
        &format!(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{database}' ORDER BY TABLE_NAME"
        ),
    )
}
