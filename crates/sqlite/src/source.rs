//! The legacy file and its companions, held still while they are read.

use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc;

use crate::fence::Record;
use crate::header::{self, HEADER_BYTES, Header};
use crate::locks::{
    Answer, Patience, RESERVED, WAL_READ_0, WAL_READ_1, held_by_writer, take_read, take_shared,
};
use crate::{Error, SnapshotOptions, fence, wal};

/// The files that make up the database at one instant.
#[derive(Debug)]
pub(crate) struct Held {
    /// The database file with symbolic links resolved.
    pub(crate) path: PathBuf,
    /// The database file.
    pub(crate) database: File,
    /// Its length in bytes.
    pub(crate) database_bytes: u64,
    /// Its header; `None` for an empty file, and for one without a valid header where that is
    /// allowed.
    pub(crate) header: Option<Header>,
    /// The write-ahead log and its length, when there is one that is not empty.
    pub(crate) wal: Option<(File, u64)>,
    /// A hot rollback journal and its length.
    pub(crate) journal: Option<(File, u64)>,
    guard: Guard,
    before: Picture,
    /// What the fence of a damaged file replaced: read as if it had not.
    record: Option<Record>,
    closed: bool,
    /// Keeps the locks in the `-shm` file.
    _shm: Option<File>,
}

/// What keeps the content still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    /// SHARED on the database file, and no log that others could be using.
    Shared,
    /// SHARED and the read locks of the log.
    SharedAndLog,
    /// SHARED; but a log lies there which nobody uses, so there is nothing to lock it with.
    SharedLogUnused,
    /// Nothing: the file system has no locks.
    Nothing,
}

/// Whether locks are asked for at all; `Never` stands for a file system without them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockUse {
    Try,
    #[cfg(test)]
    Never,
}

/// The path of a companion: `-wal`, `-shm` or `-journal`.
pub(crate) fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Symbolic links resolved, because SQLite puts the companions beside the real file.
pub(crate) fn canonical(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize()
        .map_err(|source| Error::io(path, "find", source))
}

/// What a read of the held files gave.
#[derive(Debug)]
pub(crate) struct Read<T> {
    pub(crate) value: T,
    pub(crate) waited_ms: u64,
    pub(crate) locked: bool,
}

/// Calls `read` with the files held still; again, should they turn out to have changed meanwhile.
pub(crate) fn read_held<T>(
    source: &Path,
    options: &SnapshotOptions,
    lock_use: LockUse,
    mut read: impl FnMut(&Held) -> Result<T, Error>,
) -> Result<Read<T>, Error> {
    let path = canonical(source)?;
    let mut patience = Patience::new(options.wait_ms_max);
    loop {
        let held = Held::open(&path, options, lock_use, &mut patience)?;
        let value = read(&held)?;
        let changed = held.changed()?;
        let locked = held.guard != Guard::Nothing;
        drop(held);
        let waited_ms = patience.waited_ms();
        match changed {
            None => {
                return Ok(Read {
                    value,
                    waited_ms,
                    locked,
                });
            }
            Some(what) if !patience.wait() => {
                return Err(Error::Changed {
                    path,
                    what: what.to_owned(),
                    waited_ms,
                });
            }
            Some(_) => {}
        }
    }
}

impl Held {
    fn open(
        path: &Path,
        options: &SnapshotOptions,
        lock_use: LockUse,
        patience: &mut Patience,
    ) -> Result<Self, Error> {
        let database = open_regular(path, false)?;
        let shared = match lock_use {
            LockUse::Try => take_shared(&database, path, patience)?,
            #[cfg(test)]
            LockUse::Never => Answer::Unsupported,
        };
        let mut held = Self::new(path, database, options.any_header)?;
        let wal = open_companion(&held.companion("-wal"))?.filter(|(_, bytes)| *bytes > 0);
        if shared == Answer::Taken {
            held.guard = Guard::Shared;
            if wal.is_some() || held.header.is_some_and(|header| header.wal) {
                (held.guard, held._shm) = hold_log(path, patience)?;
            }
        }
        held.with_companions()
    }

    /// The files of a database whose EXCLUSIVE lock this descriptor holds, with any header.
    pub(crate) fn under_lock(path: &Path, database: File) -> Result<Self, Error> {
        let mut held = Self::new(path, database, true)?;
        held.guard = Guard::SharedLogUnused;
        held.with_companions()
    }

    fn new(path: &Path, database: File, any_header: bool) -> Result<Self, Error> {
        let mut database_bytes = length(&database, path)?;
        let record = Record::read(path)?;
        let closed = match &record {
            Some(record) => record.closes(&database, path)?,
            None => false,
        };
        let header = match &record {
            Some(record) if closed => {
                if record.was_short() && database_bytes == HEADER_BYTES as u64 {
                    database_bytes = record.original().len() as u64;
                }
                record.header()
            }
            _ => match header::read(&database, path, database_bytes) {
                Err(_) if any_header => None,
                other => other?,
            },
        };
        Ok(Self {
            path: path.to_path_buf(),
            database,
            database_bytes,
            header,
            wal: None,
            journal: None,
            guard: Guard::Nothing,
            before: Picture::default(),
            record,
            closed,
            _shm: None,
        })
    }

    fn with_companions(mut self) -> Result<Self, Error> {
        // Looked at (again) now that it cannot start anew.
        self.wal = open_companion(&self.companion("-wal"))?.filter(|(_, bytes)| *bytes > 0);
        self.journal = self.hot_journal()?;
        self.before = self.picture()?;
        Ok(self)
    }

    /// Where a companion lies: beside the database, or where the fence of a damaged file put it.
    pub(crate) fn companion(&self, suffix: &str) -> PathBuf {
        let aside = fence::aside(&self.path, suffix);
        if self.record.is_some() && aside.exists() {
            aside
        } else {
            companion(&self.path, suffix)
        }
    }

    /// What closed the file for writing, where it is a damaged file's fence.
    pub(crate) fn closed(&self) -> Option<&Record> {
        self.record.as_ref().filter(|_| self.closed)
    }

    /// The journal of a transaction that never ended. SQLite's rule: it exists, nobody has a write
    /// transaction, the database is not empty, and the journal's first byte is not zero.
    fn hot_journal(&self) -> Result<Option<(File, u64)>, Error> {
        let path = self.companion("-journal");
        let Some((file, bytes)) = open_companion(&path)? else {
            return Ok(None);
        };
        if self.database_bytes == 0 || bytes == 0 {
            return Ok(None);
        }
        if self.guard != Guard::Nothing && held_by_writer(&self.database, &self.path, RESERVED)? {
            return Ok(None);
        }
        let mut first = [0_u8; 1];
        let read = header::read_at_most(&file, &mut first, 0)
            .map_err(|source| Error::io(&path, "read", source))?;
        // The writer that held RESERVED may have ended between the looks, and its journal with it; a
        // hot one cannot go away, because that takes an exclusive lock.
        let opened = file
            .metadata()
            .map_err(|source| Error::io(&path, "look at", source))?;
        let still_there = Look::at_companion(&path)?.is_some_and(|look| look.inode == opened.ino());
        Ok((read == 1 && first[0] != 0 && still_there).then_some((file, bytes)))
    }

    /// What must not change while the files are read, by how they are guarded.
    fn picture(&self) -> Result<Picture, Error> {
        let mut picture = Picture {
            database: Some(Look::at(&self.path)?),
            ..Picture::default()
        };
        if let Some((wal, _)) = &self.wal {
            picture.salts = wal::salts(wal)
                .map_err(|source| Error::io(&self.companion("-wal"), "read", source))?;
        }
        if matches!(self.guard, Guard::SharedLogUnused | Guard::Nothing) {
            picture.wal = Look::at_companion(&self.companion("-wal"))?;
            picture.shm = Look::at_companion(&self.companion("-shm"))?;
        }
        if self.guard == Guard::Nothing {
            picture.journal = Look::at_companion(&self.companion("-journal"))?;
            picture.digest = self.digest()?;
        }
        Ok(picture)
    }

    /// What changed since the files were opened, in plain words.
    pub(crate) fn changed(&self) -> Result<Option<&'static str>, Error> {
        let after = self.picture()?;
        let opened = self
            .database
            .metadata()
            .map_err(|source| Error::io(&self.path, "look at", source))?;
        Ok(if after.database != Some(Look::from(&opened)) {
            Some("the database file was replaced")
        } else if after.database != self.before.database || after.digest != self.before.digest {
            Some("the database file was written without SQLite's locks")
        } else if after.salts != self.before.salts || after.wal != self.before.wal {
            Some("the write-ahead log was written")
        } else if after != self.before {
            Some("the database was opened by a writer")
        } else {
            None
        })
    }

    /// A digest of all bytes, where nothing else would show a change within one clock tick.
    fn digest(&self) -> Result<Option<blake3::Hash>, Error> {
        let mut hasher = blake3::Hasher::new();
        let mut add = |file: &File, path: &Path| -> Result<(), Error> {
            let mut buffer = vec![0_u8; 1 << 20];
            let mut offset = 0;
            loop {
                let count = header::read_at_most(file, &mut buffer, offset)
                    .map_err(|source| Error::io(path, "read", source))?;
                hasher.update(&buffer[..count]);
                offset += count as u64;
                if count < buffer.len() {
                    hasher.update(&offset.to_le_bytes());
                    return Ok(());
                }
            }
        };
        add(&self.database, &self.path)?;
        if let Some((wal, _)) = &self.wal {
            add(wal, &self.companion("-wal"))?;
        }
        if let Some((journal, _)) = &self.journal {
            add(journal, &self.companion("-journal"))?;
        }
        Ok(Some(hasher.finalize()))
    }
}

/// Holds the log as a reader of it would: lock 0 keeps checkpoints from writing the database file,
/// lock 1 keeps the log from starting anew. Writers go on appending to it. Without a `-shm` file
/// nobody uses the log, and it must not be made: whoever comes makes it, which is noticed, and
/// cannot remove it again while SHARED is held.
fn hold_log(path: &Path, patience: &mut Patience) -> Result<(Guard, Option<File>), Error> {
    let shm_path = companion(path, "-shm");
    let Some((shm, _)) = open_companion(&shm_path)? else {
        return Ok((Guard::SharedLogUnused, None));
    };
    for bytes in [WAL_READ_0, WAL_READ_1] {
        if take_read(&shm, &shm_path, bytes, patience)? == Answer::Unsupported {
            return Ok((Guard::Nothing, None));
        }
    }
    Ok((Guard::SharedAndLog, Some(shm)))
}

/// Size, time and identity of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl Look {
    fn at(path: &Path) -> Result<Self, Error> {
        let metadata = path
            .metadata()
            .map_err(|source| Error::io(path, "look at", source))?;
        Ok(Self::from(&metadata))
    }

    fn at_companion(path: &Path) -> Result<Option<Self>, Error> {
        match Self::at(path) {
            Ok(look) => Ok(Some(look)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl From<&Metadata> for Look {
    fn from(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Picture {
    database: Option<Look>,
    wal: Option<Look>,
    salts: Option<[u8; 8]>,
    shm: Option<Look>,
    journal: Option<Look>,
    digest: Option<blake3::Hash>,
}

fn length(file: &File, path: &Path) -> Result<u64, Error> {
    let metadata = file
        .metadata()
        .map_err(|source| Error::io(path, "look at", source))?;
    Ok(metadata.len())
}

/// Opens a regular file. Without `O_NONBLOCK` a pipe under this name would block.
pub(crate) fn open_regular(path: &Path, to_write: bool) -> Result<File, Error> {
    let file = OpenOptions::new()
        .read(true)
        .write(to_write)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .map_err(|source| Error::io(path, "open", source))?;
    let kind = file
        .metadata()
        .map_err(|source| Error::io(path, "look at", source))?
        .file_type();
    let what = if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_block_device() || kind.is_char_device() {
        "a device"
    } else {
        return Ok(file);
    };
    Err(Error::NotAFile {
        path: path.to_path_buf(),
        what,
    })
}

fn open_companion(path: &Path) -> Result<Option<(File, u64)>, Error> {
    match File::open(path) {
        Ok(file) => {
            let bytes = length(&file, path)?;
            Ok(Some((file, bytes)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::io(path, "open", source)),
    }
}
