//! The file beside a closed database that says how to open it again.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{FENCE_ASIDE_SUFFIX, FENCE_RECORD_SUFFIX, FenceMarker, FenceWay};
use crate::Error;
use crate::header::{self, HEADER_BYTES, Header, MAGIC};
use crate::source::companion;

/// The header's write version. SQLite only reads a database with a value above 2 here.
const WRITE_VERSION: usize = 18;
/// The write version of a closed database, and the one for a damaged header that has this very number already.
const CLOSED: [u8; 2] = [0xcb, 0xcc];
/// The change counter: a process that has the file open drops its pages when it finds another one here.
const CHANGE_COUNTER: std::ops::Range<usize> = 24..28;
/// The change counter again; while both agree, SQLite believes the header's number of pages.
const COUNTER_AGAIN: std::ops::Range<usize> = 92..96;

/// What was replaced, and by what.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// For people who come across the file.
    note: String,
    way: FenceWay,
    #[serde(flatten)]
    pub(crate) marker: FenceMarker,
    /// The start of the database file as it was: its header, or all there is of it.
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    original: Vec<u8>,
    /// The header that was written in its place.
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    written: Vec<u8>,
    /// The companions that got other names, by the end of their own.
    pub(super) aside: Vec<String>,
}

impl Record {
    /// What closing a file with this start takes.
    pub(super) fn new(marker: &FenceMarker, start: &[u8], aside: Vec<String>) -> Self {
        let original = start[..start.len().min(HEADER_BYTES)].to_vec();
        let mut written = original.clone();
        written.resize(HEADER_BYTES, 0);
        written[WRITE_VERSION] = CLOSED[usize::from(written[WRITE_VERSION] == CLOSED[0])];
        let repeated = written[CHANGE_COUNTER] == written[COUNTER_AGAIN];
        // A writer counts by ones, so it never comes to this number.
        written[CHANGE_COUNTER.start] ^= 0x80;
        if repeated {
            written.copy_within(CHANGE_COUNTER, COUNTER_AGAIN.start);
        }
        Self {
            note: "CBTrade closed the database beside this file for writing. `cbtrade migrate rollback` opens it again \
                   with the bytes that are kept here; do not remove this file."
                .to_owned(),
            way: FenceWay::Header,
            marker: marker.clone(),
            original,
            written,
            aside,
        }
    }

    /// The record beside this database, if there is one.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Error> {
        let record = place(path);
        let text = match fs::read(&record) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::io(&record, "read", source)),
        };
        let broken = |reason: String| Error::FenceState {
            path: path.to_path_buf(),
            reason: format!("{} cannot be read: {reason}", record.display()),
        };
        let found: Self =
            serde_json::from_slice(&text).map_err(|error| broken(error.to_string()))?;
        if found.way != FenceWay::Header
            || found.written.len() != HEADER_BYTES
            || found.original.len() > HEADER_BYTES
        {
            return Err(broken("it is of another form".to_owned()));
        }
        Ok(Some(found))
    }

    /// Puts the record beside the database, durably, whole or not at all.
    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let record = place(path);
        let new = appended(&record, ".new");
        let failed = |source| Error::io(&record, "write", source);
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        let write = || {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o644)
                .open(&new)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&new, &record)
        };
        write().map_err(failed)?;
        sync_folder(path)
    }

    /// Takes the record away, durably.
    pub(super) fn remove(path: &Path) -> Result<(), Error> {
        Self::remove_unfinished(path)?;
        let record = place(path);
        fs::remove_file(&record).map_err(|source| Error::io(&record, "remove", source))?;
        sync_folder(path)
    }

    /// Takes away what is left of a record that was not written to its end.
    pub(super) fn remove_unfinished(path: &Path) -> Result<(), Error> {
        let new = appended(&place(path), ".new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io(&new, "remove", error))
            }
            _ => Ok(()),
        }
    }

    /// The header that closes the file.
    pub(super) fn written(&self) -> &[u8] {
        &self.written
    }

    /// The start of the file as it was: shorter than a header where the file was.
    pub(crate) fn original(&self) -> &[u8] {
        &self.original
    }

    /// Whether the file was shorter than a header.
    pub(crate) fn was_short(&self) -> bool {
        self.original.len() < HEADER_BYTES
    }

    /// The header as it was, where it was one.
    pub(crate) fn header(&self) -> Option<Header> {
        let header = self.original.first_chunk::<HEADER_BYTES>()?;
        header.starts_with(MAGIC).then(|| Header::parse(header))
    }

    /// Whether the file's header forbids writing, as it was made to.
    pub(crate) fn closes(&self, file: &File, path: &Path) -> Result<bool, Error> {
        let mut byte = [0_u8];
        let read = header::read_at_most(file, &mut byte, WRITE_VERSION as u64)
            .map_err(|source| Error::io(path, "read", source))?;
        Ok(read == 1 && byte[0] == self.written[WRITE_VERSION])
    }

    /// This start of the file, with what is still the fence's as it was before. After a crash on the way, SQLite may
    /// have put back its own header; what it wrote stays.
    pub(super) fn reopened(&self, now: &[u8], file_bytes: u64) -> Vec<u8> {
        if self.was_short() && now == self.written && file_bytes == HEADER_BYTES as u64 {
            return self.original.clone();
        }
        let mut start = now.to_vec();
        for field in [
            WRITE_VERSION..WRITE_VERSION + 1,
            CHANGE_COUNTER,
            COUNTER_AGAIN,
        ] {
            let fields = (
                start.get_mut(field.clone()),
                self.written.get(field.clone()),
                self.original.get(field),
            );
            if let (Some(now), Some(written), Some(original)) = fields
                && *now == *written
            {
                now.copy_from_slice(original);
            }
        }
        start
    }
}

/// Where the record of a database lies.
fn place(path: &Path) -> PathBuf {
    appended(path, FENCE_RECORD_SUFFIX)
}

/// The name that a companion has while its database is closed.
pub(crate) fn aside(path: &Path, suffix: &str) -> PathBuf {
    appended(&companion(path, suffix), FENCE_ASIDE_SUFFIX)
}

fn appended(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}

/// Makes the names in the database's folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(path);
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| Error::io(folder, "sync", source))
}

fn to_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    serializer.serialize_str(&digits)
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let digits = String::deserialize(deserializer)?;
    let value = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    let (pairs, left) = digits.as_bytes().as_chunks::<2>();
    pairs
        .iter()
        .map(|[high, low]| Some(value(*high)? << 4 | value(*low)?))
        .collect::<Option<Vec<u8>>>()
        .filter(|_| left.is_empty())
        .ok_or_else(|| serde::de::Error::custom("these are not bytes in hexadecimal digits"))
}
