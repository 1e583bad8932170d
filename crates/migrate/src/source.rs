//! The sources of a migration: a private snapshot of each file, checked for damage.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cbtrade_sqlite::{
    Database, FENCE_TABLE, Fingerprint, IntegrityProblem, ProblemKind, RawSchema, RawTable,
    SalvageReport, SnapshotOptions, SnapshotReport, TableKind, fingerprint, salvage, take_snapshot,
};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::progress::{Event, Progress};
use crate::work::WorkFolder;

/// What a source file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// CBTrade's trading tables.
    Trading,
    /// Candles of one product.
    Candles,
    /// Anything else.
    Other,
}

/// One source file with its snapshot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Source {
    /// The file as given.
    pub path: PathBuf,
    /// How the snapshot was made.
    pub snapshot: SnapshotReport,
    /// The file that is read: the snapshot, or what was salvaged from it.
    pub database: PathBuf,
    /// Damage that was found; empty for a sound file.
    pub damage: Vec<String>,
    /// What was salvaged from a damaged file.
    pub salvage: Option<SalvageReport>,
    /// Rows that break foreign keys, per table and number of the key: how many.
    pub foreign_key_violations: Vec<(String, i64, u64)>,
    /// Broken constraints other than foreign keys: the data is readable, but the file broke its own rules.
    pub broken_constraints: Vec<String>,
    /// What the file holds.
    pub role: Role,
}

/// How many problems and violations are listed one by one.
const LISTED_MAX: usize = 1000;

/// The sources as their full paths without `..` and links, so that a file has one name only. One that is not there keeps its
/// name, and is told about where it is read.
///
/// # Errors
/// A file that is named twice, by whatever names.
pub(crate) fn canonical(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut all: Vec<PathBuf> = Vec::with_capacity(paths.len());
    for path in paths {
        let full = path.canonicalize().unwrap_or_else(|_| path.clone());
        if all.contains(&full) {
            return Err(Error::refused(
                format!("{} is named twice among the sources", full.display()),
                "Name each file once. Nothing was changed.",
            ));
        }
        all.push(full);
    }
    Ok(all)
}

/// The snapshots of all sources that were taken before, where the files are still what they were made of.
///
/// # Errors
/// The list of them cannot be read.
pub(crate) fn kept(paths: &[PathBuf], work: &WorkFolder) -> Result<Option<Vec<Source>>, Error> {
    let sources = work.read_json::<Vec<Source>>("sources.json")?;
    Ok(sources.filter(|sources| {
        sources.iter().map(|source| &source.path).eq(paths.iter())
            && sources.iter().all(|source| source.database.is_file())
            && unchanged(sources)
    }))
}

/// Takes the snapshots of all sources.
///
/// # Errors
/// A file that cannot be read or is none of SQLite's.
pub(crate) fn take_all(
    paths: &[PathBuf],
    work: &WorkFolder,
    progress: &dyn Progress,
) -> Result<Vec<Source>, Error> {
    // Decisions are about kinds of values in columns; they hold for the new content too.
    work.clear(&["plan.toml"])?;
    let mut sources = Vec::with_capacity(paths.len());
    for (number, path) in paths.iter().enumerate() {
        progress.report(Event::Step(format!("snapshot of {}", path.display())));
        sources.push(take(path, number, work)?);
    }
    work.write_json("sources.json", &sources)?;
    Ok(sources)
}

/// Whether every source file is still what its snapshot was made of.
pub(crate) fn unchanged(sources: &[Source]) -> bool {
    sources.iter().all(|source| {
        fingerprint_of(&source.path).is_ok_and(|now| now == source.snapshot.fingerprint)
    })
}

/// The fingerprint of a source file as it is now.
pub(crate) fn fingerprint_of(path: &Path) -> Result<Fingerprint, Error> {
    fingerprint(path, &SnapshotOptions::default()).map_err(|source| Error::source(path, source))
}

fn take(path: &Path, number: usize, work: &WorkFolder) -> Result<Source, Error> {
    let failed = |source| Error::source(path, source);
    let destination = work.file(&format!("source-{number}.db"));
    let snapshot =
        take_snapshot(path, &destination, &SnapshotOptions::default()).map_err(failed)?;
    let mut damage = snapshot.damage.clone();
    let mut broken_constraints = Vec::new();
    match check(&destination) {
        Ok(problems) => {
            for problem in problems {
                match problem.kind {
                    ProblemKind::Table | ProblemKind::Index => damage.push(problem.text),
                    ProblemKind::Constraint => broken_constraints.push(problem.text),
                    ProblemKind::Space | ProblemKind::Unchecked => {}
                }
            }
        }
        Err(error) => damage.push(error.to_string()),
    }
    let (database, salvaged) = if damage.is_empty() {
        (destination, None)
    } else {
        let recovered = work.file(&format!("salvaged-{number}.db"));
        let report = salvage(&destination, &recovered).map_err(failed)?;
        (recovered, Some(report))
    };
    let opened = Database::open_snapshot(&database).map_err(failed)?;
    let violations = violations(&opened).unwrap_or_default();
    let role = role_of(&opened.raw_schema().map_err(failed)?, path);
    refuse_ill_formed_text(&opened, path)?;
    Ok(Source {
        path: path.to_owned(),
        snapshot,
        database,
        damage,
        salvage: salvaged,
        foreign_key_violations: violations,
        broken_constraints,
        role,
    })
}

fn check(snapshot: &Path) -> Result<Vec<IntegrityProblem>, cbtrade_sqlite::Error> {
    Database::open_snapshot(snapshot)?.integrity_problems(LISTED_MAX)
}

fn violations(database: &Database) -> Result<Vec<(String, i64, u64)>, cbtrade_sqlite::Error> {
    let (listed, total) = database.foreign_key_violations(LISTED_MAX)?;
    let mut counts: Vec<(String, i64, u64)> = Vec::new();
    for violation in &listed {
        match counts
            .iter_mut()
            .find(|(table, key, _)| *table == violation.table && *key == violation.key_number)
        {
            Some((_, _, count)) => *count += 1,
            None => counts.push((violation.table.clone(), violation.key_number, 1)),
        }
    }
    // Past the listed ones the key is not known; the table's last entry carries them.
    if let Some(last) = counts.last_mut() {
        last.2 += total.saturating_sub(listed.len() as u64);
    }
    Ok(counts)
}

fn refuse_ill_formed_text(database: &Database, path: &Path) -> Result<(), Error> {
    let failed = |source| Error::source(path, source);
    let (listed, total) = database.invalid_utf16_texts(3).map_err(failed)?;
    let Some(first) = listed.first() else {
        return Ok(());
    };
    let bytes: String = first
        .bytes
        .iter()
        .take(32)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Err(Error::refused(
        format!(
            "{total} text(s) of the UTF-16 file {} are not well-formed UTF-16, and SQLite would change them when they are read; the first is in table `{}`, column `{}`, row {} (bytes {bytes})",
            path.display(),
            first.table,
            first.column,
            first.address
        ),
        format!(
            "Store them as blobs first, on a copy of the file: UPDATE \"{0}\" SET \"{1}\" = CAST(\"{1}\" AS BLOB) WHERE rowid = {2}; then run again with the copy.",
            first.table, first.column, first.address
        ),
    ))
}

/// Reads the schema without the columns that virtual tables hide.
pub(crate) fn visible_schema(database: &Database, path: &Path) -> Result<RawSchema, Error> {
    let mut schema = database
        .raw_schema()
        .map_err(|source| Error::source(path, source))?;
    for table in &mut schema.tables {
        table.columns.retain(|column| !column.hidden);
    }
    Ok(schema)
}

/// Why the rows of a virtual table are not carried over; `None` where they are.
///
/// Carried over are tables that hold rows of their own: full-text tables with their content and R-trees. Others show
/// what lies elsewhere (an external content table, the file's pages) or cannot show it at all.
pub(crate) fn not_carried(table: &RawTable) -> Option<String> {
    let TableKind::Virtual { module } = &table.kind else {
        return None;
    };
    if let Some(why) = &table.unreadable {
        return Some(format!("it cannot be read ({why})"));
    }
    let module = module.to_ascii_lowercase();
    let sql: String = table
        .sql
        .to_ascii_lowercase()
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    match module.as_str() {
        "fts3" | "fts4" | "fts5" if sql.contains(",content=") || sql.contains("(content=") => {
            Some("it holds an index only; the texts lie in another table, or nowhere".to_owned())
        }
        "fts3" | "fts4" | "fts5" | "rtree" | "rtree_i32" | "geopoly" => None,
        _ => Some(format!("the module {module} shows what lies elsewhere")),
    }
}

/// The tables whose rows are carried over: ordinary ones, and virtual ones that hold rows of their own (whose inner
/// tables then need not be).
pub(crate) fn carried(schema: &RawSchema) -> BTreeSet<String> {
    schema
        .tables
        .iter()
        .filter(|table| match table.kind {
            TableKind::Ordinary => true,
            TableKind::Virtual { .. } => not_carried(table).is_none(),
            TableKind::Shadow => false,
        })
        .filter(|table| !table.columns.is_empty() && table.name != FENCE_TABLE)
        .map(|table| table.name.clone())
        .collect()
}

fn role_of(schema: &RawSchema, path: &Path) -> Role {
    let columns = |table: &RawTable| -> Vec<String> {
        table
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect()
    };
    let mut trading = false;
    let mut candles = false;
    for table in &schema.tables {
        let names = columns(table);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        trading |= cbtrade_catalog::recognise(&table.name, &names).is_some();
        candles |= cbtrade_catalog::recognise_candles(&names).is_some();
    }
    let stem = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    match (trading, candles) {
        (true, _) => Role::Trading,
        (false, true) if cbtrade_catalog::product_of_candle_file(stem).is_some() => Role::Candles,
        _ => Role::Other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says where")]

    use super::*;

    #[test]
    fn a_source_has_one_name_and_is_named_once() {
        let folder = cbtrade_testkit::TestFolder::new();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("db")).unwrap();
        let file = root.join("db/a.db");
        std::fs::write(&file, b"").unwrap();
        std::os::unix::fs::symlink(&file, root.join("link.db")).unwrap();
        let names = [
            root.join("db/../db/a.db"),
            root.join("./db/a.db"),
            root.join("link.db"),
        ];
        for name in &names {
            let found = canonical(std::slice::from_ref(name)).unwrap();
            assert_eq!(found.first(), Some(&file), "{}", name.display());
            assert_eq!(found.len(), 1);
            let error = canonical(&[file.clone(), name.clone()]).unwrap_err();
            assert!(error.to_string().contains("named twice"), "{error}");
        }
        let absent = root.join("absent.db");
        assert_eq!(
            canonical(&[absent.clone(), file.clone()]).unwrap(),
            [absent, file]
        );
    }
}
