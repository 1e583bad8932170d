//! The private server that all competitors of a run work on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cbtrade_mysql::{Session, SessionOptions, Target};
use cbtrade_server::{Flavour, Programs, Running, ServerHome, ServerOptions};

use super::Result;

/// A user without a password and without rights beyond its database, for programs that take a password on their
/// command line only.
pub(crate) const GUEST: &str = "guest";
/// The only database that the guest may use.
pub(crate) const GUEST_DATABASE: &str = "guest";

/// A server with the settings of a real home: nothing is switched off for speed.
#[derive(Debug)]
pub(crate) struct Server {
    home: ServerHome,
    options: ServerOptions,
    running: Running,
}

impl Server {
    /// Which of the wanted families are on this machine.
    pub(crate) fn flavours(wanted: Option<Flavour>) -> Vec<Flavour> {
        [Flavour::MariaDb, Flavour::MySql]
            .into_iter()
            .filter(|flavour| wanted.is_none_or(|wanted| wanted == *flavour))
            .filter(|flavour| Programs::find_with(Some(*flavour), &program_homes()).is_ok())
            .collect()
    }

    /// A new server in a folder of its own; what a killed run left there is stopped and removed.
    pub(crate) async fn new(folder: &Path, flavour: Flavour) -> Result<Server> {
        let home = home_in(folder, flavour)?;
        home.destroy()?;
        let options = ServerOptions {
            flavour: Some(flavour),
            program_homes: program_homes(),
            ..ServerOptions::default()
        };
        let running = home.start(&options).await?;
        let server = Server {
            home,
            options,
            running,
        };
        server
            .sql(&[
                &format!("CREATE USER '{GUEST}'@'localhost'"),
                &format!("GRANT ALL ON `{GUEST_DATABASE}`.* TO '{GUEST}'@'localhost'"),
            ])
            .await?;
        Ok(server)
    }

    /// Drops the databases and starts the server anew, so that the next competitor finds no dirty page, no purge and no
    /// checkpoint of the one before.
    pub(crate) async fn clear(&mut self, databases: &[&str]) -> Result<()> {
        for database in databases {
            self.sql(&[&format!("DROP DATABASE IF EXISTS `{database}`")])
                .await?;
        }
        self.home.stop(Duration::from_secs(300))?;
        self.running = self.home.start(&self.options).await?;
        Ok(())
    }

    /// Runs statements as root.
    pub(crate) async fn sql(&self, statements: &[&str]) -> Result<()> {
        let mut session = self.session(None).await?;
        for statement in statements {
            session.execute(statement).await?;
        }
        session.close().await;
        Ok(())
    }

    /// A session of root's, in a database.
    pub(crate) async fn session(&self, database: Option<&str>) -> Result<Session> {
        let target = match database {
            Some(database) => self.target()?.with_database(database),
            None => self.target()?,
        };
        Ok(Session::open(&target, &SessionOptions::default()).await?)
    }

    /// Root's target.
    pub(crate) fn target(&self) -> Result<Target> {
        Ok(self.home.root_target()?)
    }

    /// Its socket.
    pub(crate) fn socket(&self) -> &Path {
        &self.running.socket
    }

    /// Its process number.
    pub(crate) fn process(&self) -> u32 {
        self.running.process.pid.unsigned_abs()
    }

    /// Family and version.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.running.flavour, self.running.version)
    }

    /// Stops it and removes its files.
    pub(crate) fn remove(self) -> Result<()> {
        self.home.destroy()?;
        Ok(())
    }

    /// Stops and removes the servers of all families, where there are any.
    pub(crate) fn remove_all(folder: &Path) -> Result<()> {
        for flavour in [Flavour::MariaDb, Flavour::MySql] {
            home_in(folder, flavour)?.destroy()?;
        }
        Ok(())
    }
}

/// The family that `--server` names; none for all of them.
pub(crate) fn asked(value: &str) -> Result<Option<Flavour>> {
    match value {
        "mariadb" => Ok(Some(Flavour::MariaDb)),
        "mysql" => Ok(Some(Flavour::MySql)),
        "all" => Ok(None),
        _ => Err(format!("--server {value}: mariadb, mysql or all").into()),
    }
}

fn home_in(folder: &Path, flavour: Flavour) -> Result<ServerHome> {
    Ok(ServerHome::new(folder.join(format!("server-{flavour}")))?)
}

/// Where `scripts/get-mariadb` and `scripts/get-mysql` put servers.
fn program_homes() -> Vec<PathBuf> {
    let local = super::migrate::workspace().join(".local");
    vec![local.join("mariadb"), local.join("mysql")]
}
