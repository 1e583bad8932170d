//! LOAD DATA LOCAL INFILE over one connection, from text files that were written before.

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use cbtrade_mysql::mysql_async::prelude::Queryable as _;
use cbtrade_mysql::mysql_async::{Conn, InfileData};
use cbtrade_sqlite::ValueRef;
use cbtrade_sqlite::rusqlite::Connection;
use tokio_util::io::ReaderStream;

use super::super::Result;
use super::source::{CANDLE_COLUMNS, Plain, wide_columns};

/// Bytes that are sent at once: larger ones are no faster.
const SENT_BYTES: usize = 256 << 10;

/// The text files of the plain file's tables, with their columns.
#[derive(Clone, Debug)]
pub(super) struct Texts(Vec<(&'static str, PathBuf, String)>);

impl Texts {
    /// Writes them.
    pub(super) fn write(plain: &Plain, folder: &Path) -> Result<Texts> {
        let source = Connection::open(&plain.path)?;
        let mut list = Vec::new();
        for (table, columns) in [
            ("candles", CANDLE_COLUMNS.join(",")),
            ("wide", wide_columns().join(",")),
        ] {
            let path = folder.join(format!("{table}.tsv"));
            write_table(&source, table, &path)?;
            list.push((table, path, columns));
        }
        Ok(Texts(list))
    }

    /// Loads them all; returns the seconds it took.
    pub(super) async fn load(&self, conn: &mut Conn) -> Result<f64> {
        let begun = Instant::now();
        for (table, path, columns) in &self.0 {
            let file = tokio::fs::File::open(path).await?;
            let stream = ReaderStream::with_capacity(file, SENT_BYTES);
            conn.set_infile_handler(async move { Ok(Box::pin(stream) as InfileData) });
            conn.query_drop(format!(
                "LOAD DATA LOCAL INFILE 'stream' INTO TABLE {table} CHARACTER SET utf8mb4 ({columns})"
            ))
            .await?;
        }
        Ok(begun.elapsed().as_secs_f64())
    }
}

fn write_table(source: &Connection, table: &str, path: &Path) -> Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    let mut statement =
        source.prepare(&format!("SELECT * FROM {table} NOT INDEXED ORDER BY rowid"))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut line = String::new();
    while let Some(row) = rows.next()? {
        line.clear();
        for column in 0..columns {
            if column > 0 {
                line.push('\t');
            }
            match row.get_ref(column)? {
                ValueRef::Null => line.push_str("\\N"),
                ValueRef::Integer(integer) => write!(line, "{integer}")?,
                ValueRef::Real(real) => write!(line, "{real}")?,
                ValueRef::Text(text) => push_escaped(std::str::from_utf8(text)?, &mut line),
                ValueRef::Blob(_) => return Err("the plain file holds no blobs".into()),
            }
        }
        line.push('\n');
        file.write_all(line.as_bytes())?;
    }
    file.flush()?;
    Ok(())
}

fn push_escaped(text: &str, line: &mut String) {
    for character in text.chars() {
        match character {
            '\\' => line.push_str("\\\\"),
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            other => line.push(other),
        }
    }
}
