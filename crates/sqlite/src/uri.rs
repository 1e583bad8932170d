//! File names as SQLite URIs, and connections opened through them.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::Error;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Read-only, without locks, journals or change detection.
    Immutable,
    /// Read and write; the file must exist.
    ReadWrite,
    /// Read and write; the file is made when absent.
    Create,
}

/// The URI of an absolute path. Every byte that could mean something in a URI is escaped, so that
/// `%`, `?`, `#` and names that are not UTF-8 reach the file they name.
pub(crate) fn uri(path: &Path, access: Access) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*byte));
            }
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri.push_str(match access {
        Access::Immutable => "?mode=ro&immutable=1",
        Access::ReadWrite => "?mode=rw",
        Access::Create => "?mode=rwc",
    });
    uri
}

/// Opens the file. `path` must be absolute: SQLite would read `//` at the start as a host name.
pub(crate) fn open(path: &Path, access: Access) -> Result<Connection, Error> {
    let base = match access {
        Access::Immutable => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::ReadWrite => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Access::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    let flags = base | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(uri(path, access), flags)
        .map_err(|source| Error::sql(path, "open the database", source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn special_bytes_are_escaped() {
        let path = Path::new(OsStr::from_bytes(b"/a b/50%?x#\xff.db"));
        assert_eq!(
            uri(path, Access::ReadWrite),
            "file:/a%20b/50%25%3Fx%23%FF.db?mode=rw"
        );
    }
}
