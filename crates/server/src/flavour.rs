//! Which server programs there are on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Environment variable with folders to look for server programs in, separated by `:`. Each has its programs in
/// `bin` (or `sbin`), as `scripts/get-mysql` and `scripts/get-mariadb` lay them out, and vendors' archives too.
pub const HOMES_VARIABLE: &str = "CBTRADE_SERVER_HOMES";
/// Environment variable with one more such folder, for MySQL.
pub const MYSQL_HOME_VARIABLE: &str = "CBTRADE_MYSQL_HOME";

/// The family of a server program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// MariaDB's `mariadbd`.
    MariaDb,
    /// MySQL's `mysqld`.
    MySql,
}

impl std::fmt::Display for Flavour {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Flavour::MariaDb => "MariaDB",
            Flavour::MySql => "MySQL",
        })
    }
}

/// The programs of one server installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    /// MariaDB or MySQL.
    pub flavour: Flavour,
    /// Major, minor, patch.
    pub version: (u16, u16, u16),
    /// The version as the program writes it.
    pub version_text: String,
    /// `mariadbd` or `mysqld`.
    pub server: PathBuf,
    /// `mariadb-install-db`; MySQL's server makes its data directory itself.
    pub installer: Option<PathBuf>,
    /// The interactive client, where it is installed.
    pub client: Option<PathBuf>,
}

impl Programs {
    /// Looks for a server of the given family, or of any, MariaDB first. The folders of `CBTRADE_SERVER_HOMES` and
    /// `CBTRADE_MYSQL_HOME` come first, then `PATH`, `/usr/sbin`, `/usr/libexec` and `/usr/local/mysql/bin`.
    ///
    /// # Errors
    /// None found (the message names the packages), or one without the programs that belong to it.
    pub fn find(wanted: Option<Flavour>) -> Result<Programs, Error> {
        Programs::find_with(wanted, &[])
    }

    /// As [`Programs::find`], with further folders that are looked through after the environment's.
    ///
    /// # Errors
    /// As [`Programs::find`].
    pub fn find_with(
        wanted: Option<Flavour>,
        further_homes: &[PathBuf],
    ) -> Result<Programs, Error> {
        let folders = search_folders(further_homes);
        let mut incomplete = None;
        for flavour in [Flavour::MariaDb, Flavour::MySql] {
            if wanted.is_some_and(|wanted| wanted != flavour) {
                continue;
            }
            match find_flavour(flavour, &folders) {
                Ok(Some(programs)) => return Ok(programs),
                Ok(None) => {}
                Err(error) => incomplete = incomplete.or(Some(error)),
            }
        }
        Err(incomplete.unwrap_or_else(|| no_program(wanted)))
    }
}

/// How MariaDB is had, which Debian and Ubuntu have in their own archives.
const MARIADB_WAY: &str = "on Debian and Ubuntu install mariadb-server-core and mariadb-client-core (as root: \
     apt-get install --no-install-recommends mariadb-server-core mariadb-client-core)";
/// How MySQL is had.
const MYSQL_WAY: &str = "on Ubuntu install mysql-server-core and mysql-client-core; elsewhere unpack the generic \
     archive of MySQL and name its folder in CBTRADE_MYSQL_HOME (from the project's folder: scripts/get-mysql)";

fn no_program(wanted: Option<Flavour>) -> Error {
    let (wanted, way) = match wanted {
        Some(Flavour::MariaDb) => ("MariaDB server (mariadbd)", MARIADB_WAY),
        Some(Flavour::MySql) => ("MySQL server (mysqld)", MYSQL_WAY),
        None => ("MariaDB or MySQL server (mariadbd, mysqld)", MARIADB_WAY),
    };
    Error::NoProgram { wanted, way }
}

fn search_folders(further_homes: &[PathBuf]) -> Vec<PathBuf> {
    let listed = |name: &str| -> Vec<PathBuf> {
        std::env::var_os(name)
            .map(|value| std::env::split_paths(&value).collect())
            .unwrap_or_default()
    };
    let mut homes = listed(HOMES_VARIABLE);
    homes.extend(std::env::var_os(MYSQL_HOME_VARIABLE).map(PathBuf::from));
    homes.extend_from_slice(further_homes);
    let mut folders: Vec<PathBuf> = homes
        .iter()
        .filter(|home| !home.as_os_str().is_empty())
        .flat_map(|home| [home.join("bin"), home.join("sbin")])
        .collect();
    folders.extend(
        listed("PATH")
            .into_iter()
            .filter(|folder| folder.is_absolute()),
    );
    for usual in [
        "/usr/sbin",
        "/usr/libexec",
        "/usr/local/sbin",
        "/usr/local/mysql/bin",
        "/usr/bin",
    ] {
        folders.push(PathBuf::from(usual));
    }
    folders
}

fn find_flavour(flavour: Flavour, folders: &[PathBuf]) -> Result<Option<Programs>, Error> {
    let names: &[&str] = match flavour {
        Flavour::MariaDb => &["mariadbd", "mysqld"],
        Flavour::MySql => &["mysqld"],
    };
    for folder in folders {
        for name in names {
            let server = folder.join(name);
            if !is_program(&server) {
                continue;
            }
            let Ok((found, version, version_text)) = read_version(&server) else {
                continue;
            };
            if found == flavour {
                return complete(flavour, version, version_text, server, folders).map(Some);
            }
        }
    }
    Ok(None)
}

fn complete(
    flavour: Flavour,
    version: (u16, u16, u16),
    version_text: String,
    server: PathBuf,
    folders: &[PathBuf],
) -> Result<Programs, Error> {
    // What lies beside the server belongs to it rather than what comes first in PATH.
    let beside = server.parent().map(Path::to_owned);
    let find = |names: &[&str]| {
        names.iter().find_map(|name| {
            beside
                .iter()
                .chain(folders)
                .map(|folder| folder.join(name))
                .find(|program| is_program(program))
        })
    };
    let (installer, client) = match flavour {
        Flavour::MariaDb => {
            let installer = find(&["mariadb-install-db", "mysql_install_db"]);
            if installer.is_none() {
                return Err(Error::IncompleteProgram {
                    server,
                    missing: "mariadb-install-db".to_owned(),
                    package: "mariadb-server-core (and mariadb-client-core)".to_owned(),
                });
            }
            (installer, find(&["mariadb", "mysql"]))
        }
        Flavour::MySql => (None, find(&["mysql", "mariadb"])),
    };
    Ok(Programs {
        flavour,
        version,
        version_text,
        server,
        installer,
        client,
    })
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Family, version in numbers, version as written.
type Version = (Flavour, (u16, u16, u16), String);

/// Reads `PROGRAM --version`: "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for …", "mysqld  Ver 9.7.4 for …".
fn read_version(program: &Path) -> Result<Version, Error> {
    let output = Command::new(program)
        .args(["--no-defaults", "--version"])
        .output()
        .map_err(|source| Error::Run {
            program: program.to_owned(),
            source,
        })?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    parse_version(&text).ok_or_else(|| Error::Version {
        program: program.to_owned(),
        text: text.clone(),
    })
}

fn parse_version(text: &str) -> Option<Version> {
    let mut words = text
        .split_whitespace()
        .skip_while(|word| *word != "Ver")
        .skip(1);
    let version_text = words.next()?.to_owned();
    let flavour = if text.to_ascii_lowercase().contains("mariadb") {
        Flavour::MariaDb
    } else {
        Flavour::MySql
    };
    let digits = version_text
        .split(|character: char| !character.is_ascii_digit() && character != '.')
        .next()?;
    let mut parts = digits.split('.').map(|part| part.parse::<u16>().ok());
    let version = (
        parts.next()??,
        parts.next()??,
        parts.next().flatten().unwrap_or(0),
    );
    Some((flavour, version, version_text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_either_program() {
        let maria = parse_version(
            "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)\n",
        );
        assert_eq!(
            maria,
            Some((
                Flavour::MariaDb,
                (10, 11, 19),
                "10.11.19-MariaDB-0+deb12u1".to_owned()
            ))
        );
        let mysql = parse_version(
            "/opt/root/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))\n",
        );
        assert_eq!(
            mysql,
            Some((Flavour::MySql, (9, 7, 4), "9.7.4-2".to_owned()))
        );
        assert_eq!(parse_version("usage: none of it\n"), None);
    }
}
