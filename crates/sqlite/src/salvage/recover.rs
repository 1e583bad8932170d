//! SQLite's recover extension, the one place with unsafe code in this project.
#![expect(
    unsafe_code,
    reason = "the recover extension is C code that no crate wraps"
)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;

use rusqlite::{Connection, ffi};

use crate::Error;
use crate::uri::{self, Access};

/// The extension's handle; only ever behind a pointer.
#[repr(C)]
struct Recovery {
    _opaque: [u8; 0],
}

// From vendor/recover/sqlite3recover.h.
unsafe extern "C" {
    fn sqlite3_recover_init(
        db: *mut ffi::sqlite3,
        schema: *const c_char,
        output_uri: *const c_char,
    ) -> *mut Recovery;
    fn sqlite3_recover_config(recovery: *mut Recovery, option: c_int, value: *mut c_void) -> c_int;
    fn sqlite3_recover_run(recovery: *mut Recovery) -> c_int;
    fn sqlite3_recover_errmsg(recovery: *mut Recovery) -> *const c_char;
    fn sqlite3_recover_finish(recovery: *mut Recovery) -> c_int;
}

const LOST_AND_FOUND: c_int = 1;

/// Finishes the handle on every way out.
struct Handle(*mut Recovery);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the pointer came from sqlite3_recover_init, is finished only here, and a null
        // pointer is allowed.
        unsafe { sqlite3_recover_finish(self.0) };
    }
}

/// Recovers `damaged` page by page into a new database at `output`; rows that belong to no known
/// table go into the table `lost_and_found` there. Pages on the free list are left alone: their
/// rows were deleted.
pub(super) fn run(damaged: &Path, output: &Path, lost_and_found: &str) -> Result<(), Error> {
    let failed = |message: String, code| Error::Recover {
        path: damaged.to_path_buf(),
        message,
        code,
    };
    let text = |text: String| CString::new(text).map_err(|error| failed(error.to_string(), 0));
    let output = text(uri::uri(output, Access::Create))?;
    let table = text(lost_and_found.to_owned())?;
    let connection: Connection = uri::open(damaged, Access::Immutable)?;
    // SAFETY: the connection outlives the handle, which is declared after it; nothing else uses the
    // connection meanwhile, and all strings are terminated and outlive the calls.
    let handle = Handle(unsafe {
        sqlite3_recover_init(connection.handle(), c"main".as_ptr(), output.as_ptr())
    });
    if handle.0.is_null() {
        return Err(failed("out of memory".to_owned(), ffi::SQLITE_NOMEM));
    }
    // SAFETY: the handle is valid and not yet run; the extension copies the name.
    let code = unsafe {
        sqlite3_recover_config(handle.0, LOST_AND_FOUND, table.as_ptr().cast_mut().cast())
    };
    let code = match code {
        // SAFETY: the handle is valid.
        ffi::SQLITE_OK => unsafe { sqlite3_recover_run(handle.0) },
        code => code,
    };
    if code == ffi::SQLITE_OK {
        return Ok(());
    }
    // SAFETY: the handle is valid; the message lives until it is finished.
    let message = unsafe { sqlite3_recover_errmsg(handle.0) };
    let message = if message.is_null() {
        "no message".to_owned()
    } else {
        // SAFETY: not null, and terminated, as the extension promises.
        unsafe { CStr::from_ptr(message) }
            .to_string_lossy()
            .into_owned()
    };
    Err(failed(message, code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_break_a_foreign_key_or_a_check_are_recovered() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source.db");
        Connection::open(&source)
            .unwrap()
            .execute_batch(
                "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;
                 CREATE TABLE child(id INTEGER PRIMARY KEY, p REFERENCES parent(id));
                 CREATE TABLE parent(id INTEGER PRIMARY KEY, a CHECK (a > 0));
                 INSERT INTO child VALUES (1, 1), (2, 2), (3, 99);
                 INSERT INTO parent VALUES (1, 5), (2, -5);",
            )
            .unwrap();
        let output = folder.path().join("output.db");
        run(&source, &output, "found").unwrap();
        let connection = Connection::open(&output).unwrap();
        for (table, expected) in [("child", 3), ("parent", 2)] {
            let sql = format!("SELECT count(*) FROM {table}");
            let count: i64 = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
            assert_eq!(count, expected, "{table}");
        }
    }
}
