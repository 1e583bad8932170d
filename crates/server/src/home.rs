//! The folder of a server: what is in it, who may touch it, and its removal.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cbtrade_mysql::{Secret, Target};
use nix::fcntl::{Flock, FlockArg};
use nix::unistd::Uid;

use crate::error::Error;
use crate::state::{State, write_private};

/// Longest path of a unix socket, in bytes.
const SOCKET_PATH_BYTES_MAX: usize = 107;
/// What the marker file says; a folder without it is never touched.
const MARKER: &str =
    "This folder holds a private database server of CBTrade's. `cbtrade server` manages it.\n";
/// How long a start, stop or removal waits for another one.
const LOCK_WAIT: Duration = Duration::from_secs(60);
/// How often it looks.
const LOCK_POLL: Duration = Duration::from_millis(20);

/// The lock of a server's folder; released when dropped.
pub(crate) type Lock = Flock<std::fs::File>;

/// The folder of one private server:
///
/// | in it | what |
/// |---|---|
/// | `cbtrade-server` | marks the folder as ours |
/// | `data/` | the server's data directory |
/// | `run/` | socket and process number (the socket is elsewhere when the path would be too long) |
/// | `logs/` | `server.log`, `output.log`, `create.log` |
/// | `tmp/`, `files/` | temporary tables; the empty folder that MariaDB may read files from |
/// | `root.password`, `client.cnf` | the server's root password, for us and for the client program (mode 0600) |
/// | `state.json`, `lock` | what runs; who is at work |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerHome {
    path: PathBuf,
}

/// What [`ServerHome::destroy`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destroyed {
    /// Whether there was a server's folder at all.
    pub existed: bool,
    /// What lies in the folder and is not ours; it was left, and the folder with it.
    pub left: Vec<PathBuf>,
}

impl ServerHome {
    /// A server's folder at the given place; it need not exist yet.
    ///
    /// # Errors
    /// A relative path in a working directory that cannot be found out.
    pub fn new(path: impl AsRef<Path>) -> Result<ServerHome, Error> {
        let path = path.as_ref();
        let absolute =
            std::path::absolute(path).map_err(|source| Error::file("find", path, source))?;
        // The real path as far as it exists: the server is recognised by its arguments, so one folder has one name.
        for existing in absolute.ancestors() {
            match existing.canonicalize() {
                Ok(real) => {
                    let rest = absolute.strip_prefix(existing).unwrap_or(Path::new(""));
                    let path = if rest.as_os_str().is_empty() {
                        real
                    } else {
                        real.join(rest)
                    };
                    return Ok(ServerHome { path });
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(source) => return Err(Error::file("find", existing, source)),
            }
        }
        Ok(ServerHome { path: absolute })
    }

    /// The usual place: `$CBTRADE_HOME/server`, else `$XDG_STATE_HOME/cbtrade/server`, else
    /// `~/.local/state/cbtrade/server`.
    ///
    /// # Errors
    /// None of the variables, nor `HOME`, is set.
    pub fn default_place() -> Result<ServerHome, Error> {
        let path = usual_path(|name| std::env::var_os(name)).ok_or(Error::NoHome)?;
        ServerHome::new(path)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The server's data directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// The server's own log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.path.join("logs/server.log")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn pid_file(&self) -> PathBuf {
        self.path.join("run/server.pid")
    }

    pub(crate) fn state(&self) -> Result<Option<State>, Error> {
        State::read(&self.file("state.json"))
    }

    pub(crate) fn write_state(&self, state: &State) -> Result<(), Error> {
        state.write(&self.file("state.json"))
    }

    /// The root user's password on this server.
    ///
    /// # Errors
    /// There is no server yet, or the file cannot be read.
    pub fn root_password(&self) -> Result<Secret, Error> {
        let path = self.file("root.password");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Secret::new(text.trim().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::NotCreated {
                path: self.path.clone(),
            }),
            Err(source) => Err(Error::file("read", &path, source)),
        }
    }

    /// The target of the server's root user, over the socket. Whether the server runs is not looked at.
    ///
    /// # Errors
    /// There is no server yet, or its files cannot be read.
    pub fn root_target(&self) -> Result<Target, Error> {
        let state = self.state()?.ok_or_else(|| Error::NotCreated {
            path: self.path.clone(),
        })?;
        Ok(Target::at_socket(
            "root",
            Some(self.root_password()?),
            &state.socket,
        ))
    }

    /// Whether the folder is a server's, by its marker.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        std::fs::read_to_string(self.file("cbtrade-server")).is_ok_and(|text| text == MARKER)
    }

    /// Tells a folder that this user may not look into from one that is not a server's.
    ///
    /// # Errors
    /// The folder or its marker may not be read.
    pub(crate) fn check_readable(&self) -> Result<(), Error> {
        let marker = self.file("cbtrade-server");
        match std::fs::read_to_string(&marker) {
            Err(source) if source.kind() == ErrorKind::PermissionDenied => {
                Err(Error::file("read", &marker, source))
            }
            _ => Ok(()),
        }
    }

    /// Makes the folder and its marker; refuses a folder that has anything else in it.
    pub(crate) fn prepare(&self) -> Result<(), Error> {
        self.check_readable()?;
        if !self.path.exists() {
            private_folder(&self.path)?;
        }
        if !self.is_ours() {
            let mut entries = std::fs::read_dir(&self.path)
                .map_err(|source| Error::file("read", &self.path, source))?;
            if entries.next().is_some() {
                return Err(Error::NotOurs {
                    path: self.path.clone(),
                });
            }
            // An empty folder that the user made for us becomes private.
            std::fs::set_permissions(&self.path, std::fs::Permissions::from_mode(0o700))
                .map_err(|source| Error::file("make private", &self.path, source))?;
            write_private(&self.file("cbtrade-server"), MARKER.as_bytes())?;
        }
        private_folder(&self.path)?;
        for folder in ["run", "logs", "tmp", "files"] {
            private_folder(&self.file(folder))?;
        }
        Ok(())
    }

    /// Keeps others from starting, stopping or removing the server as long as the lock is held.
    pub(crate) fn lock(&self) -> Result<Lock, Error> {
        let begun = Instant::now();
        loop {
            if let Some(lock) = self.try_lock(begun)? {
                return Ok(lock);
            }
            std::thread::sleep(LOCK_POLL);
        }
    }

    /// As `lock`, for asynchronous callers: the one who holds it may be another task of the same thread.
    pub(crate) async fn lock_async(&self) -> Result<Lock, Error> {
        let begun = Instant::now();
        loop {
            if let Some(lock) = self.try_lock(begun)? {
                return Ok(lock);
            }
            tokio::time::sleep(LOCK_POLL).await;
        }
    }

    fn try_lock(&self, begun: Instant) -> Result<Option<Lock>, Error> {
        let path = self.file("lock");
        let failed = |source| Error::file("lock", &path, source);
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Some(lock)),
            Err((_, nix::errno::Errno::EAGAIN)) if begun.elapsed() > LOCK_WAIT => {
                let waited_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                Err(Error::Locked {
                    path: self.path.clone(),
                    waited_ms,
                })
            }
            Err((_, nix::errno::Errno::EAGAIN)) => Ok(None),
            Err((_, errno)) => Err(failed(errno.into())),
        }
    }

    /// Where the socket goes: into the folder, or, where its path would be too long for a socket, into a short
    /// private folder for this server alone.
    pub(crate) fn choose_socket(&self) -> Result<PathBuf, Error> {
        let inside = self.path.join("run/server.sock");
        // The driver takes a socket's path as text.
        if inside.to_str().is_some() && inside.as_os_str().as_bytes().len() <= SOCKET_PATH_BYTES_MAX
        {
            return Ok(inside);
        }
        let name = self.short_name();
        let runtime =
            std::env::var_os("XDG_RUNTIME_DIR").map(|folder| Path::new(&folder).join(&name));
        let folder = runtime
            .filter(|folder| {
                folder.as_os_str().as_bytes().len() + "/server.sock".len() <= SOCKET_PATH_BYTES_MAX
            })
            .filter(|folder| private_folder(folder).is_ok());
        let folder = match folder {
            Some(folder) => folder,
            None => {
                let folder = Path::new("/tmp").join(&name);
                private_folder(&folder)?;
                folder
            }
        };
        Ok(folder.join("server.sock"))
    }

    fn short_name(&self) -> String {
        use std::hash::{Hash as _, Hasher as _};
        let mut hasher = std::hash::DefaultHasher::new();
        self.path.hash(&mut hasher);
        format!("cbtrade-{}-{:016x}", Uid::effective(), hasher.finish())
    }

    /// Stops the server and removes what is ours in the folder, and the folder itself when nothing else is in it.
    ///
    /// # Errors
    /// A folder without the marker ([`Error::NotOurs`]), a server that does not end, a file that cannot be removed.
    pub fn destroy(&self) -> Result<Destroyed, Error> {
        self.check_readable()?;
        if !self.path.exists() {
            return Ok(Destroyed {
                existed: false,
                left: Vec::new(),
            });
        }
        if !self.is_ours() {
            return Err(Error::NotOurs {
                path: self.path.clone(),
            });
        }
        let lock = self.lock()?;
        let socket = self.state()?.map(|state| state.socket);
        self.stop_locked(Duration::from_secs(60))?;
        if let Some(folder) = socket.as_deref().and_then(Path::parent)
            && folder.file_name() == Some(std::ffi::OsStr::new(&self.short_name()))
        {
            remove(folder)?;
        }
        // The marker goes last but for the lock: an interrupted removal can be started again.
        for name in OURS.iter().chain(&["cbtrade-server", "lock"]) {
            remove(&self.file(name))?;
        }
        drop(lock);
        let left: Vec<PathBuf> = std::fs::read_dir(&self.path)
            .map_err(|source| Error::file("read", &self.path, source))?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect();
        if left.is_empty() {
            std::fs::remove_dir(&self.path)
                .map_err(|source| Error::file("remove", &self.path, source))?;
        }
        Ok(Destroyed {
            existed: true,
            left,
        })
    }
}

/// The usual place by the environment's variables.
fn usual_path(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name: &str| {
        variable(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(home) = set("CBTRADE_HOME") {
        return Some(home.join("server"));
    }
    if let Some(state) = set("XDG_STATE_HOME") {
        return Some(state.join("cbtrade/server"));
    }
    set("HOME").map(|home| home.join(".local/state/cbtrade/server"))
}

const OURS: &[&str] = &[
    "data",
    "data.new",
    "run",
    "logs",
    "tmp",
    "files",
    "root.password",
    "root.new",
    "client.cnf",
    "client.new",
    "create.sql",
    "create.new",
    "state.json",
    "state.new",
    "cbtrade-server.new",
];

/// Removes a file or a folder with all that is in it; what is not there is no error.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    let removed = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Error::file("remove", path, error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes a folder that only this user can enter, or checks that it is one.
pub(crate) fn private_folder(path: &Path) -> Result<(), Error> {
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Parents are the user's usual folders, made with the usual mode.
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)
                    .map_err(|source| Error::file("make", parent, source))?;
            }
            return std::fs::DirBuilder::new()
                .mode(0o700)
                .create(path)
                .map_err(|source| Error::file("make", path, source));
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(source) => return Err(Error::file("make", path, source)),
    }
    let metadata = path
        .symlink_metadata()
        .map_err(|source| Error::file("look at", path, source))?;
    if !metadata.is_dir()
        || metadata.uid() != Uid::effective().as_raw()
        || metadata.mode() & 0o077 != 0
    {
        return Err(Error::NotPrivate {
            path: path.to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(variables: &[(&str, &str)]) -> Option<PathBuf> {
        usual_path(|wanted| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_usual_place_follows_the_environment() {
        let all = [
            ("CBTRADE_HOME", "/c"),
            ("XDG_STATE_HOME", "/x"),
            ("HOME", "/h"),
        ];
        assert_eq!(place(&all), Some(PathBuf::from("/c/server")));
        assert_eq!(place(&all[1..]), Some(PathBuf::from("/x/cbtrade/server")));
        assert_eq!(
            place(&all[2..]),
            Some(PathBuf::from("/h/.local/state/cbtrade/server"))
        );
        let empty = [("CBTRADE_HOME", ""), ("HOME", "/h")];
        assert_eq!(
            place(&empty),
            Some(PathBuf::from("/h/.local/state/cbtrade/server"))
        );
        assert_eq!(place(&[]), None);
    }
}
