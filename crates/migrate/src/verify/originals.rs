//! Compares the originals kept beside rows: exactly those that must be kept, each with its class and every byte.

use cbtrade_mysql::Session;
use cbtrade_mysql::mysql_async::prelude::Queryable;
use cbtrade_schema::ddl::qualified;
use cbtrade_schema::model::Walk;
use cbtrade_sqlite::{Database, Scan, ScanError, ScanOrder, ValueRef};
use tokio::sync::mpsc;

use super::canonical::RowBytes;
use super::expect::Rules;
use super::{Difference, TableVerdict, TableWork};
use crate::error::Error;
use crate::ledger::ORIGINAL_TABLE;

/// One original: address, column, class, bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    row: i64,
    column: i64,
    class: String,
    bytes: Vec<u8>,
}

type Side = mpsc::Receiver<Result<Kept, Error>>;

const WAITING_MAX: usize = 256;

/// Compares the originals of one table and adds them to its digests.
pub(super) async fn compare(work: &TableWork, verdict: &mut TableVerdict) -> Result<(), Error> {
    let counted = count(work).await?;
    if counted == 0 && verdict.originals == 0 {
        return Ok(());
    }
    let (mut source, mut target) = (source(work), target(work));
    let (mut mine, mut theirs) = (next(&mut source).await?, next(&mut target).await?);
    let mut digests = [blake3::Hasher::new(), blake3::Hasher::new()];
    loop {
        let order = match (&mine, &theirs) {
            (None, None) => break,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(one), Some(other)) => (one.row, one.column).cmp(&(other.row, other.column)),
        };
        let one = if order.is_le() { mine.take() } else { None };
        let other = if order.is_ge() { theirs.take() } else { None };
        for (hasher, kept) in digests.iter_mut().zip([&one, &other]) {
            if let Some(kept) = kept {
                hash(hasher, kept);
            }
        }
        if one != other {
            note(work, verdict, one.as_ref(), other.as_ref());
        }
        if order.is_le() {
            mine = next(&mut source).await?;
        }
        if order.is_ge() {
            theirs = next(&mut target).await?;
        }
    }
    for (digest, hasher) in [&mut verdict.source_digest, &mut verdict.target_digest]
        .into_iter()
        .zip(&digests)
    {
        let both = blake3::hash(format!("{digest} {}", hasher.finalize().to_hex()).as_bytes());
        *digest = both.to_hex().to_string();
    }
    Ok(())
}

fn hash(hasher: &mut blake3::Hasher, kept: &Kept) {
    for number in [kept.row, kept.column] {
        hasher.update(&number.to_le_bytes());
    }
    for bytes in [kept.class.as_bytes(), &kept.bytes] {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
}

fn note(work: &TableWork, verdict: &mut TableVerdict, one: Option<&Kept>, other: Option<&Kept>) {
    verdict.differences += 1;
    if verdict.listed.len() >= work.listed_max {
        return;
    }
    let show = |kept: Option<&Kept>| {
        kept.map_or_else(
            || "no original".to_owned(),
            |kept| {
                format!(
                    "original {} {}",
                    kept.class,
                    kept.bytes
                        .iter()
                        .take(40)
                        .map(|byte| format!("{byte:02x}"))
                        .collect::<String>()
                )
            },
        )
    };
    let place = one.or(other);
    let column = place
        .and_then(|kept| usize::try_from(kept.column).ok())
        .and_then(|at| work.plan.filled_columns().nth(at))
        .map_or_else(String::new, |column| column.name.clone());
    verdict.listed.push(Difference {
        table: verdict.table.clone(),
        row: format!("address {}", place.map_or(0, |kept| kept.row)),
        column,
        source: show(one),
        target: show(other),
    });
}

async fn next(side: &mut Side) -> Result<Option<Kept>, Error> {
    side.recv().await.transpose()
}

async fn count(work: &TableWork) -> Result<u64, Error> {
    let mut session = crate::target::connect(&work.target).await?;
    let sql = format!(
        "SELECT COUNT(*) FROM {} WHERE table_number = ?",
        qualified(&work.ledger.database, ORIGINAL_TABLE)
    );
    let counted: Vec<u64> = session
        .query_with(&sql, (work.number as u64,))
        .await
        .map_err(Error::server("the kept originals could not be counted"))?;
    session.close().await;
    Ok(counted.first().copied().unwrap_or(0))
}

fn source(work: &TableWork) -> Side {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let work = work.clone();
    tokio::task::spawn_blocking(move || {
        if let Err(error) = read_source(&work, &sender) {
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

fn read_source(work: &TableWork, sender: &mpsc::Sender<Result<Kept, Error>>) -> Result<(), Error> {
    let plan = &work.plan;
    let failed = |source| Error::table(&plan.source, source);
    let database = Database::open_snapshot(&work.database).map_err(failed)?;
    let columns: Vec<(i64, Rules, String)> = (0_i64..)
        .zip(plan.filled_columns())
        .filter_map(|(number, column)| {
            column
                .source
                .clone()
                .map(|source| (number, Rules::of(column), source))
        })
        .collect();
    let order = match &plan.walk {
        Walk::Rowid(name) => ScanOrder::Rowid(name.clone()),
        Walk::Natural => ScanOrder::Natural,
    };
    let scan = Scan {
        table: plan.source.clone(),
        columns: columns
            .iter()
            .map(|(_, _, source)| source.clone())
            .collect(),
        order,
        first: None,
        last: None,
    };
    let mut scratch = RowBytes::default();
    let scanned = database.scan(&scan, |row_address, row| -> Result<(), Option<String>> {
        for (position, (number, rules, _)) in columns.iter().enumerate() {
            let value = row
                .get_ref(position + 1)
                .map_err(|error| Some(error.to_string()))?;
            scratch.bytes.clear();
            if rules.expect(value, &mut scratch) {
                let (class, bytes) = raw(value);
                let kept = Kept {
                    row: row_address,
                    column: *number,
                    class: class.to_owned(),
                    bytes,
                };
                sender.blocking_send(Ok(kept)).map_err(|_| None)?;
            }
        }
        Ok(())
    });
    match scanned {
        Ok(_) | Err(ScanError::Visit(None)) => Ok(()),
        Err(ScanError::Visit(Some(why))) => Err(Error::Bug(format!(
            "a value of table {} could not be fetched: {why}",
            plan.source
        ))),
        Err(ScanError::Database(source)) => Err(failed(source)),
    }
}

/// A stored value's class and bytes: numbers as their eight bytes, most significant first.
fn raw(value: ValueRef<'_>) -> (&'static str, Vec<u8>) {
    match value {
        ValueRef::Null => ("null", Vec::new()),
        ValueRef::Integer(integer) => ("integer", Vec::from(integer.to_be_bytes())),
        ValueRef::Real(real) => ("real", Vec::from(real.to_bits().to_be_bytes())),
        ValueRef::Text(bytes) => ("text", Vec::from(bytes)),
        ValueRef::Blob(bytes) => ("blob", Vec::from(bytes)),
    }
}

fn target(work: &TableWork) -> Side {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let work = work.clone();
    tokio::spawn(async move {
        if let Err(error) = read_target(&work, &sender).await {
            let _ = sender.send(Err(error)).await;
        }
    });
    receiver
}

async fn read_target(
    work: &TableWork,
    sender: &mpsc::Sender<Result<Kept, Error>>,
) -> Result<(), Error> {
    let what = "the kept originals could not be read back";
    let mut session = Session::open(&work.target, &crate::target::session_options())
        .await
        .map_err(Error::server(what))?;
    let sql = format!(
        "SELECT row_address, column_number, storage_class, original FROM {} WHERE table_number = ? ORDER BY row_address, column_number",
        qualified(&work.ledger.database, ORIGINAL_TABLE)
    );
    session
        .call(&sql, async |conn| {
            let mut result = conn.exec_iter(&sql, (work.number as u64,)).await?;
            while let Some(row) = result.next().await? {
                let (row, column, class, bytes): (i64, i64, String, Vec<u8>) =
                    cbtrade_mysql::mysql_async::from_row(row);
                if sender
                    .send(Ok(Kept {
                        row,
                        column,
                        class,
                        bytes,
                    }))
                    .await
                    .is_err()
                {
                    break;
                }
            }
            Ok(())
        })
        .await
        .map_err(Error::server(what))?;
    session.close().await;
    Ok(())
}
