//! What damage took from a file, table by table.

use serde::{Deserialize, Serialize};

use crate::plan::Plan;
use crate::source::Source;

/// A damaged file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDamage {
    /// The file.
    pub path: String,
    /// Tables of which not all could be read, or not surely.
    pub tables: Vec<TableDamage>,
    /// What could not be read, in words; all of it.
    pub lost: Vec<String>,
    /// What was found wrong in the file.
    pub problems: Vec<String>,
    /// Rows that are only in the table of rows without a certain place, and its name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lost_and_found: Option<(String, u64)>,
}

/// A table of which not all could be read, or not surely.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDamage {
    /// Its name in the source.
    pub table: String,
    /// Its name in the target, with its database; none where it is not there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<String>,
    /// Rows that were read.
    pub rows_read: u64,
    /// Rows that the file is known to have had at least.
    pub rows_had_min: u64,
    /// Rows that were found on damaged pages only, and are kept apart.
    pub rows_doubtful: u64,
}

impl TableDamage {
    /// The table's loss in words.
    pub(crate) fn words(&self) -> String {
        let mut words = match self.rows_had_min.saturating_sub(self.rows_read) {
            0 => format!(
                "{} rows were read, the others are not known",
                self.rows_read
            ),
            missing => format!(
                "{} rows were read, {missing} at least are lost",
                self.rows_read
            ),
        };
        if self.rows_doubtful > 0 {
            words.push_str(&format!(
                "; {} were found on damaged pages only",
                self.rows_doubtful
            ));
        }
        words
    }
}

/// The damage of a source, where there is any.
pub(crate) fn of(source: &Source) -> Option<FileDamage> {
    let salvage = source.salvage.as_ref();
    let lost = salvage
        .map(|salvage| salvage.lost.clone())
        .unwrap_or_default();
    if source.damage.is_empty() && lost.is_empty() {
        return None;
    }
    let mut tables: Vec<TableDamage> = salvage
        .iter()
        .flat_map(|salvage| &salvage.tables)
        .filter(|table| {
            table.rows_doubtful > 0
                || table.rows_expected_min > table.rows_recovered
                || lost
                    .iter()
                    .any(|line| line_table(line) == Some(&table.name))
        })
        .map(|table| TableDamage {
            table: table.name.clone(),
            target: None,
            rows_read: table.rows_recovered,
            rows_had_min: table.rows_expected_min,
            rows_doubtful: table.rows_doubtful,
        })
        .collect();
    // A table that could not even be made again is among the lost lines only.
    for name in lost.iter().filter_map(|line| line_table(line)) {
        if !tables.iter().any(|table| table.table == name) {
            tables.push(TableDamage {
                table: name.to_owned(),
                target: None,
                rows_read: 0,
                rows_had_min: 0,
                rows_doubtful: 0,
            });
        }
    }
    Some(FileDamage {
        path: source.path.display().to_string(),
        tables,
        lost,
        problems: source.damage.clone(),
        lost_and_found: salvage.and_then(|salvage| {
            salvage
                .lost_and_found_table
                .clone()
                .map(|name| (name, salvage.lost_and_found_rows))
        }),
    })
}

/// The table that a line of the salvage is about.
fn line_table(line: &str) -> Option<&str> {
    line.strip_prefix("table ")?
        .split_once(": ")
        .map(|(name, _)| name)
}

/// The damage of all sources, with the names that the tables have in the target.
pub(crate) fn in_target(sources: &[Source], plan: &Plan) -> Vec<FileDamage> {
    let mut list = Vec::new();
    for (file, source) in sources.iter().enumerate() {
        let Some(mut damage) = of(source) else {
            continue;
        };
        for table in &mut damage.tables {
            table.target = plan
                .tables
                .iter()
                .find(|planned| planned.file == file && planned.source == table.table)
                .map(|planned| format!("{}.{}", planned.database, planned.name));
        }
        list.push(damage);
    }
    list
}
