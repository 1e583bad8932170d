//! From what a table declares and what it holds to the planned target table, with findings and reasons.

mod catalogue;
mod column;
mod keys;
mod objects;

use std::collections::BTreeMap;

use cbtrade_sqlite::RawTable;

use crate::finding::{Decision, Finding, FindingKind, Sample, finding_id};
use crate::model::{ColumnPlan, ColumnType, ObjectPlan, ServerRules, TablePlan, Walk};
use crate::name::NameAllocator;
use crate::profile::{Seen, TableProfile};

pub use column::{declared_type, interest_of};
pub use objects::link_foreign_keys;

/// A table as the catalogue wants it.
#[derive(Clone, Debug)]
pub struct WantedTable {
    /// Catalogue name.
    pub name: String,
    /// Name that the target table gets.
    pub target: String,
    /// Columns in order.
    pub columns: Vec<WantedColumn>,
    /// Primary key; empty where there is none.
    pub primary_key: Vec<String>,
    /// Unique keys by name.
    pub unique_keys: Vec<(String, Vec<String>)>,
    /// Other indexes by name.
    pub indexes: Vec<(String, Vec<String>)>,
    /// Collation of its text columns.
    pub collation: String,
    /// Triggers of the target: name and statement.
    pub triggers: Vec<(String, String)>,
    /// Columns that get the same text in every row.
    pub constants: BTreeMap<String, String>,
}

/// A column as the catalogue wants it.
#[derive(Clone, Debug)]
pub struct WantedColumn {
    /// Name.
    pub name: String,
    /// Type.
    pub column_type: ColumnType,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Default as SQL text of the target.
    pub default: Option<String>,
    /// Whether updates set it to now.
    pub on_update_now: bool,
    /// Whether the server numbers new rows with it.
    pub auto_increment: bool,
}

/// Keys whose values are equal in the target though no key of the source keeps them apart.
#[derive(Clone, Debug)]
pub struct EqualKeys {
    /// The key's columns, as the catalogue names them.
    pub columns: Vec<String>,
    /// Rows concerned.
    pub seen: Seen,
    /// Whether they are equal to the byte (no collation can keep them apart).
    pub identical: bool,
}

/// Everything a decision about one table rests on.
#[derive(Debug)]
pub struct TableInput<'a> {
    /// Number of the source file.
    pub file: usize,
    /// Database in the target.
    pub database: &'a str,
    /// The definition.
    pub raw: &'a RawTable,
    /// The census.
    pub profile: &'a TableProfile,
    /// The catalogue's wish, where it is a catalogue table.
    pub wanted: Option<&'a WantedTable>,
    /// Keys of the catalogue that would collide.
    pub equal_keys: &'a [EqualKeys],
    /// SQLite's sequence of the table.
    pub sequence: Option<i64>,
    /// Whether every double must be held exactly (`--exact`), without the planned rounding.
    pub exact: bool,
}

/// What comes out for one table.
#[derive(Debug)]
pub struct Decided {
    /// The target table.
    pub plan: TablePlan,
    /// What the operator should know.
    pub findings: Vec<Finding>,
    /// Definitions and what becomes of them.
    pub objects: Vec<ObjectPlan>,
    /// Types in the operator's plan that cannot be had, with the reason.
    pub refused_types: Vec<String>,
}

/// Decisions and column types that the operator chose, by finding and by `table.column`.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Decision per finding.
    pub decisions: BTreeMap<String, Decision>,
    /// Type per source `table.column`.
    pub types: BTreeMap<String, ColumnType>,
}

/// Collects findings of one table and applies the operator's decisions.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    label: String,
    table: String,
    choices: &'a Choices,
    list: Vec<Finding>,
}

impl<'a> Findings<'a> {
    fn new(database: &str, table: &str, choices: &'a Choices) -> Self {
        Self {
            label: format!("{database}.{table}"),
            table: table.to_owned(),
            choices,
            list: Vec::new(),
        }
    }

    /// Notes a finding and returns the decision in force: the operator's if it is one of the choices, else `decision`.
    fn note(
        &mut self,
        kind: FindingKind,
        column: Option<&str>,
        seen: (u64, &[Sample]),
        meaning: String,
        decision: Decision,
        choices: &[Decision],
    ) -> Decision {
        let id = finding_id(&self.label, column, kind);
        // A name stands for one finding, or a decision about it would be two. What is seen after a decision (a column of
        // numbers that keeps its texts beside it) is told with it.
        if let Some(before) = self.list.iter_mut().find(|finding| finding.id == id) {
            before.meaning.push(' ');
            before.meaning.push_str(&meaning);
            return before.decision;
        }
        let decision = match self.choices.decisions.get(&id) {
            Some(chosen)
                if *chosen == decision || choices.contains(chosen) || *chosen == Decision::Stop =>
            {
                *chosen
            }
            _ => decision,
        };
        self.list.push(Finding {
            id,
            kind,
            table: self.table.clone(),
            column: column.map(str::to_owned),
            count: seen.0,
            samples: seen.1.to_vec(),
            meaning,
            decision,
            choices: choices.to_vec(),
        });
        decision
    }

    fn seen(
        &mut self,
        kind: FindingKind,
        column: &str,
        seen: &Seen,
        meaning: String,
        decision: Decision,
        choices: &[Decision],
    ) -> Decision {
        self.note(
            kind,
            Some(column),
            (seen.count, &seen.samples),
            meaning,
            decision,
            choices,
        )
    }
}

/// Most columns of a table of InnoDB.
pub const COLUMNS_MAX: usize = 1017;

/// Most bytes of a row that are not in long columns.
const ROW_BYTES_MAX: u32 = 65_000;

/// Decides about one table.
#[must_use]
pub fn decide_table(
    input: &TableInput<'_>,
    rules: &ServerRules,
    table_names: &mut NameAllocator,
    choices: &Choices,
) -> Decided {
    let raw = input.raw;
    let label = input
        .wanted
        .map_or(raw.name.as_str(), |wanted| wanted.target.as_str());
    let mut findings = Findings::new(input.database, label, choices);
    raw.name.clone_into(&mut findings.table);
    let mut objects = Vec::new();
    let name = target_name(input, rules, table_names, &mut findings);
    let mut columns = match input.wanted {
        Some(wanted) => catalogue::columns(input, wanted, rules, &mut findings),
        None => column::columns(input, rules, &mut findings, &mut objects),
    };
    let keys = keys::decide(input, rules, &mut columns, &mut findings, &mut objects);
    shrink_rows(&mut columns, &keys);
    narrow_integers(input, &mut columns);
    too_large(input, rules, columns.len(), &mut findings);
    let checks = if input.wanted.is_none() {
        objects::checks(raw, &columns, &mut objects)
    } else {
        Vec::new()
    };
    objects::generated(raw, &mut objects);
    let order = keys::order(input, &columns, &keys);
    let refused_types = apply_types(input, rules, &mut columns, &keys, choices);
    let plan = TablePlan {
        file: input.file,
        source: raw.name.clone(),
        database: input.database.to_owned(),
        name,
        catalogue: input.wanted.map(|wanted| wanted.name.clone()),
        rows: input.profile.rows,
        walk: raw.rowid_name.clone().map_or(Walk::Natural, Walk::Rowid),
        next_number: next_number(input, &columns),
        order,
        key: keys.row_key,
        columns,
        indexes: keys.indexes,
        foreign_keys: Vec::new(),
        checks,
        triggers: input
            .wanted
            .map(|wanted| {
                wanted
                    .triggers
                    .iter()
                    .map(|(name, sql)| crate::model::TriggerPlan {
                        name: name.clone(),
                        sql: sql.clone(),
                    })
                    .collect()
            })
            .unwrap_or_default(),
    };
    Decided {
        plan,
        findings: findings.list,
        objects,
        refused_types,
    }
}

fn target_name(
    input: &TableInput<'_>,
    rules: &ServerRules,
    names: &mut NameAllocator,
    findings: &mut Findings<'_>,
) -> String {
    let wanted = input
        .wanted
        .map_or(input.raw.name.as_str(), |wanted| wanted.target.as_str());
    // The bookkeeping tables of a migration have this prefix.
    let wanted = if wanted.to_ascii_lowercase().starts_with("_cbtrade_") {
        format!("legacy{wanted}")
    } else {
        wanted.to_owned()
    };
    let name = names.allocate(&wanted);
    let name = if rules.table_names_fold_case {
        name.to_lowercase()
    } else {
        name
    };
    if name != input.raw.name && input.wanted.is_none() {
        let meaning = format!(
            "The server cannot have a table of this name beside the others; it is called `{name}` there."
        );
        findings.note(
            FindingKind::Renamed,
            None,
            (1, &[]),
            meaning,
            Decision::Rename,
            &[],
        );
    }
    name
}

fn too_large(
    input: &TableInput<'_>,
    rules: &ServerRules,
    columns: usize,
    findings: &mut Findings<'_>,
) {
    if columns > COLUMNS_MAX {
        let meaning = format!(
            "The table has {columns} columns; the server's tables have at most {COLUMNS_MAX}. Split it in the source first, then run again."
        );
        findings.note(
            FindingKind::TooManyColumns,
            None,
            (1, &[]),
            meaning,
            Decision::Stop,
            &[],
        );
    }
    // A statement carries one row at least; a kilobyte is room for its header.
    let packet = rules.packet_bytes_max.saturating_sub(1024);
    if input.profile.row_bytes_max > packet {
        let widest = widest_column(input);
        let megabytes = input.profile.row_bytes_max.div_ceil(1 << 20) + 1;
        let meaning = format!(
            "A row of {} bytes (the largest value is in column `{widest}`) does not fit the server's max_allowed_packet of {} bytes. Set max_allowed_packet to at least {megabytes}M on the server, then run again.",
            input.profile.row_bytes_max, rules.packet_bytes_max
        );
        let sample = [Sample {
            row: input.profile.row_bytes_max_at,
            value: format!("{} bytes", input.profile.row_bytes_max),
        }];
        findings.note(
            FindingKind::TooLarge,
            Some(&widest),
            (1, &sample),
            meaning,
            Decision::Stop,
            &[],
        );
    }
}

fn widest_column(input: &TableInput<'_>) -> String {
    input
        .raw
        .columns
        .iter()
        .zip(&input.profile.columns)
        .max_by_key(|(_, profile)| profile.text_bytes_max.max(profile.blob_bytes_max))
        .map_or_else(String::new, |(column, _)| column.name.clone())
}

/// Makes the longest VARCHARs that no key needs into LONGTEXT until a row fits the server's limit.
fn shrink_rows(columns: &mut [ColumnPlan], keys: &keys::Keys) {
    loop {
        let total: u32 = columns
            .iter()
            .map(|column| column.column_type.row_bytes())
            .sum();
        if total <= ROW_BYTES_MAX {
            return;
        }
        let widest = columns
            .iter_mut()
            .filter(|column| {
                matches!(
                    column.column_type,
                    ColumnType::Varchar { .. } | ColumnType::Varbinary { .. }
                ) && !keys.needs_whole(&column.name)
            })
            .max_by_key(|column| column.column_type.row_bytes());
        let Some(widest) = widest else { return };
        widest.reason = format!(
            "{}; long type because the row is wider than 65,535 bytes",
            widest.reason
        );
        widest.column_type = if widest.column_type.is_text() {
            ColumnType::LongText
        } else {
            ColumnType::LongBlob
        };
        if let Some(default) = &widest.default
            && default.starts_with('\'')
        {
            widest.default = Some(format!("({default})"));
        }
    }
}

/// Gives columns the types that the operator wrote into the plan, where they hold every value.
fn apply_types(
    input: &TableInput<'_>,
    rules: &ServerRules,
    columns: &mut [ColumnPlan],
    keys: &keys::Keys,
    choices: &Choices,
) -> Vec<String> {
    let mut refused = Vec::new();
    for column in columns.iter_mut() {
        let Some(source) = &column.source else {
            continue;
        };
        let place = format!("{}.{}.{source}", input.database, input.raw.name);
        let Some(wanted) = choices
            .types
            .get(&place)
            .copied()
            .filter(|wanted| *wanted != column.column_type)
        else {
            continue;
        };
        let profile = input
            .raw
            .columns
            .iter()
            .position(|raw| raw.name == *source)
            .and_then(|at| input.profile.columns.get(at));
        if keys.needs_whole(&column.name) {
            refused.push(format!(
                "{place}: the column is in a key, whose type {} follows from the key",
                column.column_type
            ));
        } else if profile.is_some_and(|profile| column::holds(column.column_type, wanted, profile))
        {
            column.column_type = wanted;
            "chosen in the plan".clone_into(&mut column.reason);
            column.collation = wanted.is_text().then(|| {
                column
                    .collation
                    .clone()
                    .unwrap_or_else(|| rules.binary_collation.clone())
            });
            column.default = None;
        } else {
            refused.push(format!(
                "{place}: {wanted} does not hold every value as {} does",
                column.column_type
            ));
        }
    }
    refused
}

/// Bytes of a row that a page of InnoDB surely holds (half of 16 KiB less its own fields).
const PAGE_ROW_BYTES_MAX: u32 = 7_900;

/// Makes integers as narrow as their values where so many columns would not fit a page otherwise.
fn narrow_integers(input: &TableInput<'_>, columns: &mut [ColumnPlan]) {
    let total: u32 = columns
        .iter()
        .map(|column| column.column_type.page_bytes())
        .sum();
    if total <= PAGE_ROW_BYTES_MAX {
        return;
    }
    for column in columns
        .iter_mut()
        .filter(|column| column.column_type.integer_range().is_some() && !column.auto_increment)
    {
        let Some(source) = &column.source else {
            continue;
        };
        let profile = input
            .raw
            .columns
            .iter()
            .position(|raw| raw.name == *source)
            .and_then(|at| input.profile.columns.get(at));
        if let Some(profile) = profile {
            let narrow = ColumnType::TinyInt.widened_for(profile.integer_min, profile.integer_max);
            if narrow != column.column_type {
                column.column_type = narrow;
                column.reason = format!(
                    "{}; narrow because the row would not fit a page otherwise",
                    column.reason
                );
            }
        }
    }
}

fn next_number(input: &TableInput<'_>, columns: &[ColumnPlan]) -> Option<u64> {
    let numbered = columns.iter().find(|column| column.auto_increment)?;
    let position = input
        .raw
        .columns
        .iter()
        .position(|column| Some(&column.name) == numbered.source.as_ref())?;
    let profile = input.profile.columns.get(position)?;
    let largest = if profile.integers > 0 {
        profile.integer_max
    } else {
        0
    };
    let next = largest.max(input.sequence.unwrap_or(0)).checked_add(1)?;
    u64::try_from(next).ok().filter(|next| *next > 1)
}
