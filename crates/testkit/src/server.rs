//! A private server for tests.

use std::fs::File;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cbtrade_mysql::{Session, SessionOptions, Target, quote_identifier};
use cbtrade_server::{Flavour, Programs, Running, ServerHome, ServerOptions};
use nix::fcntl::{Flock, FlockArg};

use crate::folder::TestFolder;

/// Changes with anything that makes an old template unusable.
const TEMPLATE_FORMAT: u32 = 1;

/// A private server. It is stopped and removed when dropped, and by a watchdog when the test process dies.
///
/// All methods block and work in any context, inside an asynchronous test too.
#[derive(Debug)]
pub struct TestServer {
    // Dropped in this order: the server is stopped (see Drop) before its folder goes.
    home: ServerHome,
    folder: TestFolder,
    flavour: Flavour,
    options: ServerOptions,
    running: Option<Running>,
    databases: AtomicU32,
}

impl TestServer {
    /// A new MariaDB server.
    ///
    /// # Panics
    /// There is none on this machine, or it does not start.
    #[must_use]
    pub fn maria() -> TestServer {
        TestServer::with_options(Flavour::MariaDb, &[])
    }

    /// A new MySQL server.
    ///
    /// # Panics
    /// There is none on this machine, or it does not start.
    #[must_use]
    pub fn mysql() -> TestServer {
        TestServer::with_options(Flavour::MySql, &[])
    }

    /// A new server with further options, such as `--max-allowed-packet=1M` or `--read-only=ON`.
    ///
    /// # Panics
    /// There is none on this machine, or it does not start.
    #[must_use]
    pub fn with_options(flavour: Flavour, extra: &[&str]) -> TestServer {
        let programs = find(flavour).unwrap_or_else(|error| panic!("{error}"));
        let template = template(&programs);
        let folder = TestFolder::new();
        let path = folder.path().join("server");
        copy_tree(&template, &path);
        let home = ServerHome::new(&path).unwrap_or_else(|error| panic!("{error}"));
        let mut options = small(flavour);
        options
            .extra
            .extend(extra.iter().map(|option| (*option).to_owned()));
        let mut server = TestServer {
            home,
            folder,
            flavour,
            options,
            running: None,
            databases: AtomicU32::new(0),
        };
        server.start();
        server
    }

    /// The one server of this family that all tests of the process share. Use [`TestServer::new_database`] to keep
    /// them apart, and never stop it.
    ///
    /// # Panics
    /// As [`TestServer::with_options`].
    #[must_use]
    pub fn shared(flavour: Flavour) -> &'static TestServer {
        static MARIADB: OnceLock<TestServer> = OnceLock::new();
        static MYSQL: OnceLock<TestServer> = OnceLock::new();
        let cell = match flavour {
            Flavour::MariaDb => &MARIADB,
            Flavour::MySql => &MYSQL,
        };
        cell.get_or_init(|| TestServer::with_options(flavour, &[]))
    }

    /// The families that tests run on: MariaDB always; MySQL where it is found, else its absence is printed.
    ///
    /// # Panics
    /// There is no MariaDB; or no MySQL, with `CBTRADE_REQUIRE_MYSQL=1` set.
    #[must_use]
    #[expect(clippy::print_stderr, reason = "nothing is skipped in silence")]
    pub fn flavours() -> Vec<Flavour> {
        if let Err(error) = find(Flavour::MariaDb) {
            panic!("the tests need MariaDB (run scripts/get-mariadb): {error}");
        }
        match find(Flavour::MySql) {
            Ok(_) => vec![Flavour::MariaDb, Flavour::MySql],
            Err(error)
                if std::env::var_os("CBTRADE_REQUIRE_MYSQL").is_some_and(|value| value == "1") =>
            {
                panic!("CBTRADE_REQUIRE_MYSQL=1 is set (run scripts/get-mysql): {error}");
            }
            Err(_) => {
                eprintln!("SKIPPED on MySQL: no mysqld here (run scripts/get-mysql to have one)");
                vec![Flavour::MariaDb]
            }
        }
    }

    /// MariaDB or MySQL.
    #[must_use]
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// The server's folder, for calls of crate `server`.
    #[must_use]
    pub fn home(&self) -> &ServerHome {
        &self.home
    }

    /// A folder for files of the test, removed with the server.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The process and socket of the running server.
    ///
    /// # Panics
    /// It does not run.
    #[must_use]
    pub fn running(&self) -> &Running {
        self.running
            .as_ref()
            .unwrap_or_else(|| panic!("the test server does not run"))
    }

    /// The root user, in no database.
    ///
    /// # Panics
    /// The server's files cannot be read.
    #[must_use]
    pub fn root_target(&self) -> Target {
        self.home
            .root_target()
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// The root user in a database, which need not exist.
    ///
    /// # Panics
    /// The server's files cannot be read.
    #[must_use]
    pub fn target(&self, database: &str) -> Target {
        self.root_target().with_database(database)
    }

    /// Makes a new, empty database whose name begins with `hint`; returns the root user's target in it.
    ///
    /// # Panics
    /// The server refuses.
    #[must_use]
    pub fn new_database(&self, hint: &str) -> Target {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("{hint}_{number}");
        let sql = format!(
            "CREATE DATABASE {} CHARACTER SET utf8mb4",
            quote_identifier(&name)
        );
        self.run_sql(&[&sql]);
        self.target(&name)
    }

    /// Runs statements as root.
    ///
    /// # Panics
    /// The server refuses one.
    pub fn run_sql(&self, statements: &[&str]) {
        let target = self.root_target();
        let ran = block_on(async {
            let mut session = Session::open(&target, &SessionOptions::default()).await?;
            for statement in statements {
                session.execute(statement).await?;
            }
            session.close().await;
            Ok::<(), cbtrade_mysql::Error>(())
        });
        ran.unwrap_or_else(|error| panic!("{}", chain(&error)));
    }

    /// Starts the server after [`TestServer::stop`] or [`TestServer::kill`].
    ///
    /// # Panics
    /// It does not start.
    pub fn start(&mut self) {
        let started = block_on(self.home.start(&self.options));
        self.running = Some(started.unwrap_or_else(|error| panic!("{}", chain(&error))));
    }

    /// Starts the server with further options instead of the ones it was made with.
    ///
    /// # Panics
    /// It does not start.
    pub fn start_with(&mut self, extra: &[&str]) {
        self.options.extra = small(self.flavour).extra;
        self.options
            .extra
            .extend(extra.iter().map(|option| (*option).to_owned()));
        self.start();
    }

    /// Stops the server in order.
    ///
    /// # Panics
    /// It does not end.
    pub fn stop(&mut self) {
        self.home
            .stop(Duration::from_secs(60))
            .unwrap_or_else(|error| panic!("{}", chain(&error)));
        self.running = None;
    }

    /// Kills the server, as a crash would.
    ///
    /// # Panics
    /// It does not go.
    pub fn kill(&mut self) {
        self.home
            .kill()
            .unwrap_or_else(|error| panic!("{}", chain(&error)));
        self.running = None;
    }

    /// Stops the server in order and starts it again.
    ///
    /// # Panics
    /// It does not end or does not start.
    pub fn restart(&mut self) {
        self.stop();
        self.start();
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // Its data are thrown away: no need to end in order. What fails here is the watchdog's.
        let _ = self.home.kill();
    }
}

/// Small files and little memory: a test starts many servers.
fn small(flavour: Flavour) -> ServerOptions {
    let mut options = ServerOptions {
        flavour: Some(flavour),
        buffer_pool_bytes: Some(48 << 20),
        redo_log_bytes: 32 << 20,
        program_homes: vec![
            workspace().join(".local/mariadb"),
            workspace().join(".local/mysql"),
        ],
        ..ServerOptions::default()
    };
    if flavour == Flavour::MariaDb {
        options
            .extra
            .push("--aria-log-file-size=8388608".to_owned());
    }
    options
}

fn find(flavour: Flavour) -> Result<Programs, cbtrade_server::Error> {
    Programs::find_with(Some(flavour), &small(flavour).program_homes)
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A server's folder with fresh data, made once for each version and then copied.
fn template(programs: &Programs) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace().join("target"), PathBuf::from);
    let templates = target.join("testkit");
    std::fs::create_dir_all(&templates)
        .unwrap_or_else(|error| panic!("{}: {error}", templates.display()));
    let name = format!(
        "{}-{}-{TEMPLATE_FORMAT}",
        programs.flavour, programs.version_text
    );
    let template = templates.join(&name);
    let lock = templates.join(format!("{name}.lock"));
    // Tests of other processes may want the same template at the same time.
    let lock = File::create(&lock).unwrap_or_else(|error| panic!("{}: {error}", lock.display()));
    let _lock = Flock::lock(lock, FlockArg::LockExclusive)
        .unwrap_or_else(|(_, error)| panic!("the template's lock: {error}"));
    if !template.exists() {
        make_template(programs, &template);
    }
    template
}

fn make_template(programs: &Programs, template: &Path) {
    let folder = TestFolder::new();
    let path = folder.path().join("server");
    let home = ServerHome::new(&path).unwrap_or_else(|error| panic!("{error}"));
    let options = small(programs.flavour);
    block_on(home.start(&options)).unwrap_or_else(|error| panic!("{}", chain(&error)));
    home.stop(Duration::from_secs(60))
        .unwrap_or_else(|error| panic!("{}", chain(&error)));
    // Its identity, which a copy must not share.
    let _ = std::fs::remove_file(home.data().join("auto.cnf"));
    let new = template.with_extension("new");
    let _ = std::fs::remove_dir_all(&new);
    copy_tree(&path, &new);
    std::fs::rename(&new, template)
        .unwrap_or_else(|error| panic!("{}: {error}", template.display()));
}

fn copy_tree(from: &Path, to: &Path) {
    use std::os::unix::fs::DirBuilderExt as _;
    let failed =
        |path: &Path, error: std::io::Error| -> ! { panic!("{}: {error}", path.display()) };
    if let Err(error) = std::fs::DirBuilder::new().mode(0o700).create(to) {
        failed(to, error);
    }
    let entries = std::fs::read_dir(from).unwrap_or_else(|error| failed(from, error));
    for entry in entries {
        let entry = entry.unwrap_or_else(|error| failed(from, error));
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry
            .file_type()
            .unwrap_or_else(|error| failed(&source, error));
        if kind.is_dir() {
            copy_tree(&source, &target);
        } else if kind.is_file() {
            std::fs::copy(&source, &target).unwrap_or_else(|error| failed(&source, error));
        }
    }
}

/// Runs a future to its end on a thread of its own, so that it can be called from asynchronous tests too.
fn block_on<T: Send>(future: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap_or_else(|error| panic!("no runtime: {error}"))
                .block_on(future)
        });
        worker
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// An error with all its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
