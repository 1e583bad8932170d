//! Where a soak takes place: a private server in a folder of its own, somebody else's server, or files.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cbtrade_core::Random;
use cbtrade_database::{Database, Location, Options};
use cbtrade_mysql::{Secret, Session, SessionOptions, Target, quote_identifier};
use cbtrade_server::{Flavour, ServerHome, ServerOptions, Status};
use nix::mount::{MsFlags, mount};

use crate::error::SoakError;
use crate::watch::{Watch, WatchSettings};

/// Size of the small disk that is filled up, in mebibytes.
const SMALL_DISK_MIB: u64 = 768;
/// The trading database of a private server.
const DATABASE: &str = "cbtrade";
/// The candle database of a private server.
const CANDLES: &str = "ohlcv";
/// The bots' user on a private server: without the rights that would let it write to a read-only server.
const USER: &str = "soak";
/// Time until a server that was started answers, in milliseconds.
const START_MS: u64 = 120_000;

/// Where to.
#[derive(Clone, Debug)]
pub enum SoakPlace {
    /// A private server, made for this and removed afterwards.
    Private {
        /// MariaDB or MySQL; `None` for what is found.
        flavour: Option<Flavour>,
        /// Further folders to look for server programs in.
        program_homes: Vec<PathBuf>,
    },
    /// Somebody's server. The target names a database, which must have no tables or not be there.
    Server(Target),
    /// A file to be made; `None` for one in a temporary folder.
    File(Option<PathBuf>),
}

/// The place of a run.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) kind: StageKind,
    /// Everything temporary of the run.
    pub(crate) folder: PathBuf,
    /// What is made of the database, for reports.
    pub(crate) engine: String,
    /// Why there is no small disk, where one was wanted.
    pub(crate) no_small_disk: Option<String>,
    watch: Option<Watch>,
}

#[derive(Debug)]
pub(crate) enum StageKind {
    Private(Box<PrivateServer>),
    Server {
        target: Target,
        candles: String,
        /// Databases that the soak made, and so removes.
        made: Vec<String>,
    },
    File(PathBuf),
}

#[derive(Debug)]
pub(crate) struct PrivateServer {
    home: ServerHome,
    options: ServerOptions,
    root: Target,
    bots: Target,
    /// Where the small disk is, if the data are on one.
    small_disk: Option<PathBuf>,
}

impl Stage {
    /// Makes the place ready, up to empty databases. `small_disk` asks for a disk that can be filled up.
    pub(crate) async fn set(
        place: &SoakPlace,
        program: &Path,
        seed: u64,
        small_disk: bool,
    ) -> Result<Stage, SoakError> {
        let folder = temporary_folder(seed)?;
        let server = folder.join("server");
        let settings = WatchSettings {
            folder: folder.clone(),
            server: server.clone(),
        };
        let watch = Watch::start(program, &settings)?;
        let mut stage = Stage {
            kind: StageKind::File(folder.join("cbtrade.db")),
            folder,
            engine: String::new(),
            no_small_disk: None,
            watch: Some(watch),
        };
        let disk = match (place, small_disk) {
            (SoakPlace::Server(_), true) => {
                stage.no_small_disk = Some("the server is not ours".to_owned());
                None
            }
            (_, true) => stage.mount_small_disk(&server),
            (_, false) => None,
        };
        match place {
            SoakPlace::Private {
                flavour,
                program_homes,
            } => {
                let options = ServerOptions {
                    flavour: *flavour,
                    program_homes: program_homes.clone(),
                    buffer_pool_bytes: Some(256 << 20),
                    redo_log_bytes: 96 << 20,
                    start_timeout_ms: START_MS,
                    ..ServerOptions::default()
                };
                let (private, engine) = PrivateServer::make(&server, options, disk, seed).await?;
                stage.kind = StageKind::Private(Box::new(private));
                stage.engine = engine;
            }
            SoakPlace::Server(target) => stage.use_server(target).await?,
            SoakPlace::File(path) => {
                let in_folder = disk
                    .unwrap_or_else(|| stage.folder.clone())
                    .join("cbtrade.db");
                stage.kind = StageKind::File(path.clone().unwrap_or(in_folder));
                "SQLite".clone_into(&mut stage.engine);
            }
        }
        Ok(stage)
    }

    fn mount_small_disk(&mut self, at: &Path) -> Option<PathBuf> {
        let size = format!("size={SMALL_DISK_MIB}m,mode=0700");
        let mounted = std::fs::create_dir(at).and_then(|()| {
            mount(
                Some("cbtrade-soak"),
                at,
                Some("tmpfs"),
                MsFlags::empty(),
                Some(size.as_str()),
            )
            .map_err(io::Error::from)
        });
        match mounted {
            Ok(()) => Some(at.to_owned()),
            Err(error) => {
                self.no_small_disk = Some(format!("no small disk can be mounted here ({error})"));
                None
            }
        }
    }

    async fn use_server(&mut self, target: &Target) -> Result<(), SoakError> {
        let database = target
            .database
            .clone()
            .unwrap_or_else(|| "cbtrade_soak".to_owned());
        let candles = format!("{database}_candles");
        let mut session = Session::open(&target.without_database(), &SessionOptions::default())
            .await
            .map_err(SoakError::server)?;
        let mut made = Vec::new();
        for name in [&database, &candles] {
            let sql = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ?";
            let tables: Vec<i64> = session
                .query_with(sql, (name.as_str(),))
                .await
                .map_err(SoakError::server)?;
            if tables.first().copied().unwrap_or(0) > 0 {
                return Err(SoakError::NotEmpty(name.clone()));
            }
            let sql = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?";
            let there: Vec<i64> = session
                .query_with(sql, (name.as_str(),))
                .await
                .map_err(SoakError::server)?;
            if there.first().copied().unwrap_or(0) == 0 {
                let sql = format!("CREATE DATABASE {}", quote_identifier(name));
                session.execute(&sql).await.map_err(SoakError::server)?;
                made.push(name.clone());
            }
        }
        self.engine = version(&mut session).await?;
        session.close().await;
        self.kind = StageKind::Server {
            target: target.with_database(&database),
            candles,
            made,
        };
        Ok(())
    }

    /// Where bots go, for a proxy to be put before it; `None` for files.
    pub(crate) fn bots_target(&self) -> Option<(&Target, &str)> {
        match &self.kind {
            StageKind::Private(server) => Some((&server.bots, CANDLES)),
            StageKind::Server {
                target, candles, ..
            } => Some((target, candles)),
            StageKind::File(_) => None,
        }
    }

    /// The database without anything between, with patience for what is going on.
    pub(crate) async fn database(&self) -> Result<Database, SoakError> {
        let options = Options {
            program: "cbtrade soak".to_owned(),
            connections_max: 2,
            call_timeout: Duration::from_secs(120),
            acquire_timeout: Duration::from_secs(120),
            lock_wait: Duration::from_secs(60),
            figures_every: Duration::ZERO,
            ..Options::default()
        };
        let location = match &self.kind {
            StageKind::Private(server) => Location::Servers {
                targets: vec![server.root.with_database(DATABASE)],
                candles: CANDLES.to_owned(),
            },
            StageKind::Server {
                target, candles, ..
            } => Location::Servers {
                targets: vec![target.clone()],
                candles: candles.clone(),
            },
            StageKind::File(path) => Location::File {
                path: path.clone(),
                candles: path.with_file_name("ohlcv.db"),
            },
        };
        Ok(Database::open(&location, options).await?)
    }

    /// Makes files where the place is one.
    pub(crate) async fn make_files(&self) -> Result<(), SoakError> {
        if let StageKind::File(path) = &self.kind {
            if path.exists() {
                return Err(SoakError::NotEmpty(path.display().to_string()));
            }
            Database::create_file(path, Options::default()).await?;
        }
        Ok(())
    }

    /// Waits until none of the bots' sessions is left on a server: until then one of them may still end a transaction.
    pub(crate) async fn wait_for_quiet(&self) -> Result<(), SoakError> {
        let (Some((target, _)), true) =
            (self.bots_target(), !matches!(self.kind, StageKind::File(_)))
        else {
            return Ok(());
        };
        let mut session = Session::open(target, &SessionOptions::default())
            .await
            .map_err(SoakError::server)?;
        let sql = "SELECT COUNT(*) FROM information_schema.processlist \
                   WHERE user = SUBSTRING_INDEX(CURRENT_USER(), '@', 1) AND db = DATABASE() AND id <> CONNECTION_ID()";
        for _ in 0..600 {
            let others: Vec<i64> = session.query(sql).await.map_err(SoakError::server)?;
            if others.first().copied().unwrap_or(0) == 0 {
                session.close().await;
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(SoakError::NotQuiet)
    }

    /// Removes databases that the soak made on somebody's server.
    pub(crate) async fn remove_databases(&self) -> Result<(), SoakError> {
        let StageKind::Server { target, made, .. } = &self.kind else {
            return Ok(());
        };
        if made.is_empty() {
            return Ok(());
        }
        let mut session = Session::open(&target.without_database(), &SessionOptions::default())
            .await
            .map_err(SoakError::server)?;
        for name in made {
            let sql = format!("DROP DATABASE {}", quote_identifier(name));
            session.execute(&sql).await.map_err(SoakError::server)?;
        }
        session.close().await;
        Ok(())
    }

    /// Where a disk can be filled up.
    pub(crate) fn small_disk(&self) -> Option<PathBuf> {
        match &self.kind {
            StageKind::Private(server) => server.small_disk.clone(),
            StageKind::File(path) => path
                .parent()
                .filter(|folder| folder.ends_with("server"))
                .map(Path::to_owned),
            StageKind::Server { .. } => None,
        }
    }

    /// Ends and removes everything of the run.
    pub(crate) fn clear(mut self) {
        if let Some(watch) = self.watch.take() {
            watch.clear();
        }
    }
}

impl PrivateServer {
    async fn make(
        folder: &Path,
        options: ServerOptions,
        small_disk: Option<PathBuf>,
        seed: u64,
    ) -> Result<(PrivateServer, String), SoakError> {
        let home = ServerHome::new(folder)?;
        home.start(&options).await?;
        let root = home.root_target()?;
        let mut session = Session::open(&root, &SessionOptions::default())
            .await
            .map_err(SoakError::server)?;
        // It guards made-up data on a socket in a private folder, for a minute.
        let password = format!("soak{:016x}", Random::stream(seed, 99).next_u64());
        for statement in [
            format!("CREATE DATABASE {DATABASE}"),
            format!("CREATE DATABASE {CANDLES}"),
            format!("CREATE USER {USER}@localhost IDENTIFIED BY '{password}'"),
            format!("GRANT ALL ON {DATABASE}.* TO {USER}@localhost"),
            format!("GRANT ALL ON {CANDLES}.* TO {USER}@localhost"),
        ] {
            session
                .execute(&statement)
                .await
                .map_err(SoakError::server)?;
        }
        let engine = version(&mut session).await?;
        session.close().await;
        let bots = root
            .with_user(USER, Some(Secret::new(password)))
            .with_database(DATABASE);
        let server = PrivateServer {
            home,
            options,
            root,
            bots,
            small_disk,
        };
        Ok((server, format!("{engine}, private")))
    }

    /// Kills it, as a crash would.
    pub(crate) async fn kill(&self) -> Result<(), SoakError> {
        let home = self.home.clone();
        let killed = tokio::task::spawn_blocking(move || home.kill()).await;
        match killed {
            Ok(killed) => killed.map(drop).map_err(SoakError::from),
            Err(_) => Ok(()),
        }
    }

    /// Starts it where it does not run. Gives whether it did not.
    pub(crate) async fn ensure_running(&self) -> Result<bool, SoakError> {
        if let Status::Running(_) = self.home.status()? {
            return Ok(false);
        }
        self.home.start(&self.options).await?;
        Ok(true)
    }

    /// Runs a statement as root, on a connection of its own.
    pub(crate) async fn execute(&self, sql: &str) -> Result<(), SoakError> {
        let mut session = Session::open(&self.root, &SessionOptions::default())
            .await
            .map_err(SoakError::server)?;
        session.execute(sql).await.map_err(SoakError::server)?;
        session.close().await;
        Ok(())
    }
}

async fn version(session: &mut Session) -> Result<String, SoakError> {
    let found: Vec<String> = session
        .query("SELECT VERSION()")
        .await
        .map_err(SoakError::server)?;
    let version = found.into_iter().next().unwrap_or_default();
    Ok(match version.contains("MariaDB") {
        true => format!("MariaDB {}", version.split('-').next().unwrap_or_default()),
        false => format!("MySQL {version}"),
    })
}

fn temporary_folder(seed: u64) -> Result<PathBuf, SoakError> {
    // Short: a socket lies in it.
    let name = format!("cbtrade-soak-{}-{:04x}", std::process::id(), seed & 0xffff);
    let folder = std::env::temp_dir().join(name);
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .map_err(|source| SoakError::file(&folder, source))?;
    Ok(folder)
}

/// Takes all room that is left on a disk, until it is dropped.
#[derive(Debug)]
pub(crate) struct Ballast {
    path: PathBuf,
}

impl Ballast {
    pub(crate) fn fill(disk: &Path) -> io::Result<Ballast> {
        let path = disk.join("soak-ballast");
        let ballast = Ballast { path };
        let mut file = File::create(&ballast.path)?;
        let block = vec![0_u8; 1 << 20];
        let mut length = block.len();
        // Down to single pages, so that really nothing is left.
        while length >= 4_096 {
            if file.write_all(&block[..length]).is_err() {
                length /= 2;
            }
        }
        Ok(ballast)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
