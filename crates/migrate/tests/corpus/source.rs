//! Reads a plain copy of the source with SQLite as anyone would, for the comparison.

use std::path::Path;

use cbtrade_sqlite::quote_identifier;
use cbtrade_sqlite::rusqlite::types::ValueRef;
use cbtrade_sqlite::rusqlite::{self, Connection};

use crate::Outcome;

/// A value with its storage class, as stored.
#[derive(Clone, Debug)]
pub(crate) enum Stored {
    /// NULL.
    Null,
    /// INTEGER.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT: UTF-8, or the bytes in the file's encoding where they have no UTF-8 form.
    Text(Vec<u8>),
    /// BLOB.
    Blob(Vec<u8>),
}

impl PartialEq for Stored {
    /// Same class, same bits.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Stored::Null, Stored::Null) => true,
            (Stored::Integer(one), Stored::Integer(other)) => one == other,
            (Stored::Real(one), Stored::Real(other)) => one.to_bits() == other.to_bits(),
            (Stored::Text(one), Stored::Text(other)) | (Stored::Blob(one), Stored::Blob(other)) => {
                one == other
            }
            _ => false,
        }
    }
}

/// What kind of table it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An ordinary one.
    Ordinary,
    /// A virtual one.
    Virtual,
    /// Storage of a virtual one.
    Shadow,
}

/// A table of the source.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: String,
    /// Its kind.
    pub(crate) kind: Kind,
    /// The columns that `SELECT *` shows; empty where the table cannot be read.
    pub(crate) columns: Vec<String>,
    /// Those of them that are generated.
    pub(crate) generated: Vec<String>,
    /// Where the numbers of an AUTOINCREMENT table stand.
    pub(crate) sequence: Option<i64>,
    /// How many foreign keys it has.
    pub(crate) foreign_keys: u32,
    /// How many CHECKs it has.
    pub(crate) checks: usize,
    /// Explicit indexes: name, and columns where all of them are plain columns of the table and all rows are in it.
    pub(crate) indexes: Vec<(String, Option<Vec<String>>)>,
}

/// A row: its address, and its values.
pub(crate) type Row = (i64, Vec<Stored>);

/// The source, opened.
pub(crate) struct Source {
    connection: Connection,
    utf16_little: Option<bool>,
    /// Its tables, without those SQLite keeps for itself.
    pub(crate) tables: Vec<Table>,
    /// Its views.
    pub(crate) views: Vec<String>,
    /// Its triggers.
    pub(crate) triggers: Vec<String>,
}

impl Source {
    /// Opens the copy and reads its schema.
    pub(crate) fn open(path: &Path) -> Outcome<Source> {
        let connection = Connection::open(path).map_err(|error| error.to_string())?;
        // The order of a whole table does not depend on its collations, but SQLite asks for them.
        connection
            .collation_needed(|connection, name| {
                connection.create_collation(name, |one, other| one.cmp(other))
            })
            .map_err(|error| error.to_string())?;
        match read(connection) {
            Err(error) => Err(format!("the copy of the source cannot be read: {error}")),
            Ok(source) => Ok(source),
        }
    }

    /// All rows of a table. The address is the rowid under the given name of it, else the row's place in the order in
    /// which the rows are stored.
    pub(crate) fn rows(&self, table: &Table, rowid: Option<&str>) -> Outcome<Vec<Row>> {
        self.try_rows(table, rowid)
            .map_err(|error| format!("table {}: {error}", table.name))
    }

    fn try_rows(&self, table: &Table, rowid: Option<&str>) -> rusqlite::Result<Vec<Row>> {
        let count = table.columns.len();
        let mut list = vec![rowid.unwrap_or("0").to_owned(), "*".to_owned()];
        if self.utf16_little.is_some() {
            list.extend(
                table
                    .columns
                    .iter()
                    .map(|name| format!("CAST({} AS BLOB)", quote_identifier(name))),
            );
        }
        let hint = if table.kind == Kind::Virtual {
            ""
        } else {
            " NOT INDEXED"
        };
        let sql = format!(
            "SELECT {} FROM {}{hint}",
            list.join(", "),
            quote_identifier(&table.name)
        );
        let mut statement = self.connection.prepare(&sql)?;
        let mut found = statement.query([])?;
        let mut rows: Vec<Row> = Vec::new();
        while let Some(row) = found.next()? {
            let address = match rowid {
                Some(_) => row.get(0)?,
                None => i64::try_from(rows.len()).unwrap_or(i64::MAX),
            };
            let mut values = Vec::with_capacity(count);
            for at in 1..=count {
                values.push(match row.get_ref(at)? {
                    ValueRef::Null => Stored::Null,
                    ValueRef::Integer(integer) => Stored::Integer(integer),
                    ValueRef::Real(real) => Stored::Real(real),
                    ValueRef::Blob(bytes) => Stored::Blob(bytes.to_vec()),
                    ValueRef::Text(bytes) => match self.utf16_little {
                        None => Stored::Text(bytes.to_vec()),
                        Some(little) => {
                            let raw = row.get_ref(at + count)?.as_bytes().unwrap_or_default();
                            Stored::Text(text_of_utf16(bytes, raw, little))
                        }
                    },
                });
            }
            rows.push((address, values));
        }
        Ok(rows)
    }
}

/// The UTF-8 form, or the bytes as stored where there is none.
fn text_of_utf16(converted: &[u8], raw: &[u8], little: bool) -> Vec<u8> {
    let units = raw.chunks_exact(2).map(|pair| match little {
        true => u16::from_le_bytes([pair[0], pair[1]]),
        false => u16::from_be_bytes([pair[0], pair[1]]),
    });
    let whole =
        raw.len().is_multiple_of(2) && char::decode_utf16(units).all(|letter| letter.is_ok());
    if whole {
        converted.to_vec()
    } else {
        raw.to_vec()
    }
}

fn read(connection: Connection) -> rusqlite::Result<Source> {
    let encoding: String = connection.query_row("PRAGMA encoding", [], |row| row.get(0))?;
    let names = |sql: &str| -> rusqlite::Result<Vec<String>> {
        connection
            .prepare(sql)?
            .query_map([], |row| row.get(0))?
            .collect()
    };
    let views = names("SELECT name FROM sqlite_schema WHERE type = 'view'")?;
    let triggers = names("SELECT name FROM sqlite_schema WHERE type = 'trigger'")?;
    let mut listed: Vec<(String, String)> = connection
        .prepare("SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite^_%' ESCAPE '^'")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    listed.sort();
    let mut tables = Vec::new();
    for (name, kind) in listed {
        let kind = match kind.as_str() {
            "table" => Kind::Ordinary,
            "virtual" => Kind::Virtual,
            "shadow" => Kind::Shadow,
            _ => continue,
        };
        tables.push(table(&connection, name, kind)?);
    }
    let utf16_little = encoding
        .starts_with("UTF-16")
        .then(|| encoding == "UTF-16le");
    Ok(Source {
        connection,
        utf16_little,
        tables,
        views,
        triggers,
    })
}

fn table(connection: &Connection, name: String, kind: Kind) -> rusqlite::Result<Table> {
    let mut table = Table {
        name,
        kind,
        columns: Vec::new(),
        generated: Vec::new(),
        sequence: None,
        foreign_keys: 0,
        checks: 0,
        indexes: Vec::new(),
    };
    let mut statement =
        connection.prepare("SELECT name, hidden FROM pragma_table_xinfo(?1) ORDER BY cid")?;
    let found = statement.query_map([&table.name], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
    })?;
    for column in found {
        // A virtual table whose module is missing has none.
        let Ok((column, hidden)) = column else { break };
        if hidden != 1 {
            table.columns.push(column.clone());
        }
        if hidden > 1 {
            table.generated.push(column);
        }
    }
    if kind == Kind::Ordinary {
        table.sequence = sequence(connection, &table.name)?;
        table.foreign_keys = connection.query_row(
            "SELECT count(DISTINCT id) FROM pragma_foreign_key_list(?1)",
            [&table.name],
            |row| row.get(0),
        )?;
        let sql: String = connection.query_row(
            "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1",
            [&table.name],
            |row| row.get(0),
        )?;
        table.checks = words_of(&sql)
            .filter(|word| word.eq_ignore_ascii_case("check"))
            .count();
        table.indexes = indexes(connection, &table.name)?;
    }
    Ok(table)
}

/// The words of an SQL text, without comments, strings and quoted names.
fn words_of(sql: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut rest = sql;
    while let Some(letter) = rest.chars().next() {
        let end = match letter {
            '\'' | '"' | '`' => Some(letter.to_string()),
            '[' => Some("]".to_owned()),
            '-' if rest.starts_with("--") => Some("\n".to_owned()),
            '/' if rest.starts_with("/*") => Some("*/".to_owned()),
            _ => None,
        };
        let skipped = match end {
            Some(end) => {
                let from = if end == "*/" { 2 } else { letter.len_utf8() };
                let inside = rest.get(from..).unwrap_or_default();
                inside
                    .find(&end)
                    .map_or(rest.len(), |at| from + at + end.len())
            }
            None => letter.len_utf8(),
        };
        match (letter, words.last_mut()) {
            (letter, Some(word)) if letter.is_alphanumeric() || letter == '_' => word.push(letter),
            _ => words.push(String::new()),
        }
        rest = rest.get(skipped..).unwrap_or_default();
    }
    words.into_iter().filter(|word| !word.is_empty())
}

/// Where an AUTOINCREMENT table's numbers stand: the larger of its sequence and its largest rowid.
fn sequence(connection: &Connection, table: &str) -> rusqlite::Result<Option<i64>> {
    let sql: String = connection.query_row(
        "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1",
        [table],
        |row| row.get(0),
    )?;
    let numbered = words_of(&sql).any(|word| word.eq_ignore_ascii_case("autoincrement"));
    if !numbered {
        return Ok(None);
    }
    let sql = format!(
        "SELECT max(ifnull((SELECT max(seq) FROM sqlite_sequence WHERE name = ?1 AND typeof(seq) = 'integer'), 0), \
         ifnull((SELECT max(_rowid_) FROM {}), 0))",
        quote_identifier(table)
    );
    connection
        .query_row(&sql, [table], |row| row.get(0))
        .map(Some)
}

/// Explicit indexes of a table.
fn indexes(
    connection: &Connection,
    table: &str,
) -> rusqlite::Result<Vec<(String, Option<Vec<String>>)>> {
    let mut statement =
        connection.prepare("SELECT name, partial FROM pragma_index_list(?1) WHERE origin = 'c'")?;
    let listed: Vec<(String, bool)> = statement
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut found = Vec::new();
    for (name, partial) in listed {
        let columns: Vec<Option<String>> = connection
            .prepare("SELECT name FROM pragma_index_info(?1) ORDER BY seqno")?
            .query_map([&name], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let columns = columns.into_iter().collect::<Option<Vec<String>>>();
        found.push((name, columns.filter(|_| !partial)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_comments_strings_and_quotes_are_none() {
        let sql = "CREATE TABLE \"check\" (a /* CHECK */ TEXT, -- CHECK\n [check x] CHECK(a <> 'it''s CHECK'), `check`)";
        let words: Vec<String> = words_of(sql).collect();
        assert_eq!(words, ["CREATE", "TABLE", "a", "TEXT", "CHECK", "a"]);
    }
}
