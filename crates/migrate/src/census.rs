//! One streaming pass over every value of the sources.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cbtrade_schema::decide::{EqualKeys, WantedTable, interest_of};
use cbtrade_schema::profile::Seen;
use cbtrade_schema::{ColumnProfile, Interest, Sample, TableProfile};
use cbtrade_sqlite::{Database, RawTable, Scan, ScanError, ScanOrder, ValueRef, quote_identifier};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::progress::{Event, Progress};

/// A run of rows that is copied in one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Address of its first row.
    pub first: i64,
    /// Address of its last row.
    pub last: i64,
    /// Rows in it.
    pub rows: u64,
}

/// Rows after which a chunk ends: enough to make the commit's disk flush cheap, little enough to lose at a crash.
const CHUNK_ROWS_MAX: u64 = 20_000;

/// Bytes after which a chunk ends.
const CHUNK_BYTES_MAX: u64 = 8 << 20;

/// Rows between two progress events.
const PROGRESS_ROWS: u64 = 8192;

/// What one table holds, and how it is cut for copying.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableCensus {
    /// The values.
    pub profile: TableProfile,
    /// The cuts.
    pub chunks: Vec<Chunk>,
}

/// The order in which a table is walked for census and copy.
#[must_use]
pub fn walk_order(table: &RawTable) -> ScanOrder {
    table
        .rowid_name
        .clone()
        .map_or(ScanOrder::Natural, ScanOrder::Rowid)
}

/// A table to be counted.
#[derive(Debug)]
pub struct CensusTask<'a> {
    /// The snapshot that holds it.
    pub database: &'a std::path::Path,
    /// Its definition.
    pub table: &'a RawTable,
    /// The catalogue's wish.
    pub wanted: Option<&'a WantedTable>,
}

/// Counts all tables, in parallel over tables.
///
/// # Errors
/// The first table that cannot be read.
pub(crate) fn take(
    tasks: &[CensusTask<'_>],
    workers: usize,
    progress: &dyn Progress,
) -> Result<Vec<TableCensus>, Error> {
    let next = AtomicUsize::new(0);
    let results: Mutex<BTreeMap<usize, Result<TableCensus, Error>>> = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..workers.clamp(1, tasks.len().max(1)) {
            scope.spawn(|| {
                let mut open: Option<Database> = None;
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(task) = tasks.get(number) else {
                        return;
                    };
                    let result = count(task, &mut open, progress);
                    let failed = result.is_err();
                    if let Ok(mut results) = results.lock() {
                        results.insert(number, result);
                    }
                    if failed {
                        next.store(tasks.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let results = results
        .into_inner()
        .map_err(|_| Error::Bug("a census thread panicked".to_owned()))?;
    let list = results.into_values().collect::<Result<Vec<_>, _>>()?;
    if list.len() == tasks.len() {
        Ok(list)
    } else {
        Err(Error::Bug("a census thread ended early".to_owned()))
    }
}

fn count(
    task: &CensusTask<'_>,
    open: &mut Option<Database>,
    progress: &dyn Progress,
) -> Result<TableCensus, Error> {
    let failed = |source| Error::table(&task.table.name, source);
    if open
        .as_ref()
        .is_none_or(|database| database.path() != task.database)
    {
        *open = Some(Database::open_snapshot(task.database).map_err(failed)?);
    }
    let Some(database) = open.as_ref() else {
        return Err(Error::Bug("no database is open".to_owned()));
    };
    let columns = &task.table.columns;
    let interests: Vec<Interest> = columns
        .iter()
        .map(|column| {
            let wanted = task.wanted.and_then(|wanted| {
                wanted
                    .columns
                    .iter()
                    .find(|wanted| wanted.name.eq_ignore_ascii_case(&column.name))
            });
            interest_of(column, wanted)
        })
        .collect();
    let mut counter = Counter {
        census: TableCensus::default(),
        interests,
        open_chunk: None,
        chunk_bytes: 0,
        unreported: 0,
    };
    counter.census.profile.columns = vec![ColumnProfile::default(); columns.len()];
    let scan = Scan {
        table: task.table.name.clone(),
        columns: columns.iter().map(|column| column.name.clone()).collect(),
        order: walk_order(task.table),
        first: None,
        last: None,
    };
    let name = &task.table.name;
    database
        .scan(
            &scan,
            |address, row| -> Result<(), cbtrade_sqlite::rusqlite::Error> {
                counter.row(address, row)?;
                if counter.unreported == PROGRESS_ROWS {
                    progress.report(Event::Rows {
                        table: name.clone(),
                        rows: counter.unreported,
                    });
                    counter.unreported = 0;
                }
                Ok(())
            },
        )
        .map_err(|error| match error {
            ScanError::Database(source) => failed(source),
            ScanError::Visit(error) => Error::Bug(format!(
                "a value of table {name} could not be fetched: {error}"
            )),
        })?;
    progress.report(Event::Rows {
        table: name.clone(),
        rows: counter.unreported,
    });
    counter.census.chunks.extend(counter.open_chunk);
    Ok(counter.census)
}

struct Counter {
    census: TableCensus,
    interests: Vec<Interest>,
    open_chunk: Option<Chunk>,
    chunk_bytes: u64,
    unreported: u64,
}

impl Counter {
    fn row(
        &mut self,
        address: i64,
        row: &cbtrade_sqlite::rusqlite::Row<'_>,
    ) -> Result<(), cbtrade_sqlite::rusqlite::Error> {
        let mut bytes = 0;
        for (position, (profile, interest)) in self
            .census
            .profile
            .columns
            .iter_mut()
            .zip(&self.interests)
            .enumerate()
        {
            let value = row.get_ref(position + 1)?;
            bytes += value_bytes(value);
            profile.observe(interest, address, value);
        }
        let profile = &mut self.census.profile;
        profile.rows += 1;
        profile.bytes += bytes;
        if bytes > profile.row_bytes_max {
            (profile.row_bytes_max, profile.row_bytes_max_at) = (bytes, address);
        }
        self.unreported += 1;
        let chunk = self.open_chunk.get_or_insert(Chunk {
            first: address,
            last: address,
            rows: 0,
        });
        chunk.last = address;
        chunk.rows += 1;
        self.chunk_bytes += bytes;
        if chunk.rows >= CHUNK_ROWS_MAX || self.chunk_bytes >= CHUNK_BYTES_MAX {
            self.census.chunks.extend(self.open_chunk.take());
            self.chunk_bytes = 0;
        }
        Ok(())
    }
}

/// Bytes that a value has on the way to the server, roughly.
pub(crate) fn value_bytes(value: ValueRef<'_>) -> u64 {
    match value {
        ValueRef::Null => 1,
        ValueRef::Integer(_) | ValueRef::Real(_) => 9,
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len() as u64 + 4,
    }
}

/// Keys of the catalogue that are equal: to the byte, or but for case and trailing blanks, or as instants. (Text beyond
/// ASCII is not compared here: its columns compare by bytes in the target, see `decide`.)
///
/// # Errors
/// A table that cannot be read.
pub(crate) fn equal_keys(task: &CensusTask<'_>) -> Result<Vec<EqualKeys>, Error> {
    let Some(wanted) = task.wanted else {
        return Ok(Vec::new());
    };
    let database = Database::open_snapshot(task.database)
        .map_err(|source| Error::table(&task.table.name, source))?;
    let mut list = Vec::new();
    let keys = std::iter::once(&wanted.primary_key)
        .chain(wanted.unique_keys.iter().map(|(_, columns)| columns));
    for key in keys.filter(|key| !key.is_empty()) {
        // A constant column cannot tell rows of one table apart.
        let own: Vec<&String> = key
            .iter()
            .filter(|column| !wanted.constants.contains_key(*column))
            .collect();
        let present = own.iter().all(|column| {
            task.table
                .columns
                .iter()
                .any(|raw| raw.name.eq_ignore_ascii_case(column))
        });
        if !present || own.is_empty() {
            continue;
        }
        for identical in [true, false] {
            let seen = grouped(&database, task, &own, identical)?;
            if seen.count > 0 {
                // Another collation can keep texts apart, but not two ways of writing one instant or number.
                let all_text = own.iter().all(|column| {
                    wanted
                        .columns
                        .iter()
                        .any(|wanted| wanted.name == **column && wanted.column_type.is_text())
                });
                list.push(EqualKeys {
                    columns: key.clone(),
                    seen,
                    identical: identical || !all_text,
                });
                break;
            }
        }
    }
    Ok(list)
}

fn grouped(
    database: &Database,
    task: &CensusTask<'_>,
    key: &[&String],
    identical: bool,
) -> Result<Seen, Error> {
    let table = task.table;
    let is_text = |column: &str| {
        task.wanted.is_some_and(|wanted| {
            wanted
                .columns
                .iter()
                .any(|wanted| wanted.name == column && wanted.column_type.is_text())
        })
    };
    let columns: Vec<String> = key
        .iter()
        .map(|column| {
            let name = quote_identifier(column);
            match (identical, is_text(column)) {
                (true, _) => name,
                (false, true) => format!("(CASE typeof({name}) WHEN 'text' THEN lower(rtrim({name}, ' ')) ELSE {name} END)"),
                (false, false) => format!("coalesce(CASE typeof({name}) WHEN 'text' THEN unixepoch({name}) END, {name})"),
            }
        })
        .collect();
    let not_null: Vec<String> = key
        .iter()
        .map(|column| format!("{} IS NOT NULL", quote_identifier(column)))
        .collect();
    let sql = format!(
        "SELECT count(*), {} FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1",
        key.iter()
            .map(|column| format!("min({})", quote_identifier(column)))
            .collect::<Vec<_>>()
            .join(", "),
        quote_identifier(&table.name),
        not_null.join(" AND "),
        columns.join(", "),
    );
    let failed = |source: cbtrade_sqlite::rusqlite::Error| {
        Error::Bug(format!(
            "keys of table {} could not be compared: {source}",
            table.name
        ))
    };
    let mut statement = database.connection().prepare(&sql).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut seen = Seen::default();
    while let Some(row) = rows.next().map_err(failed)? {
        let count: i64 = row.get(0).map_err(failed)?;
        seen.count += u64::try_from(count).unwrap_or(0);
        if seen.samples.len() < 3 {
            let parts: Result<Vec<String>, _> = (0..key.len())
                .map(|at| row.get_ref(at + 1).map(cbtrade_schema::profile::show))
                .collect();
            seen.samples.push(Sample {
                row: 0,
                value: parts.map_err(failed)?.join(", "),
            });
        }
    }
    Ok(seen)
}
