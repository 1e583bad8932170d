//! The plan: every type, key, index, object and finding with its reason and decision, as a TOML file.

pub(crate) mod edits;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cbtrade_schema::decide::{
    Choices, EqualKeys, TableInput, WantedColumn, WantedTable, decide_table, link_foreign_keys,
};
use cbtrade_schema::name::{NameAllocator, NameKind};
use cbtrade_schema::{
    ColumnProfile, ColumnType, Decision, Finding, FindingKind, ObjectPlan, Sample, ServerRules,
    TablePlan, TableProfile,
};
use cbtrade_sqlite::{FENCE_TRIGGER_PREFIX, RawSchema, RawTable, TableKind};
use serde::{Deserialize, Serialize};

use crate::census::TableCensus;
use crate::error::Error;
use crate::source::{Role, Source};

/// Version of the plan file's form.
const PLAN_VERSION: u32 = 1;

/// A source file in the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanSource {
    /// The file.
    pub path: std::path::PathBuf,
    /// What it holds.
    pub role: Role,
    /// Digest of what was read.
    pub fingerprint: String,
    /// Database that its tables go to.
    pub database: String,
}

/// The whole plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of this form.
    pub version: u32,
    /// Whether doubles are never rounded into decimals.
    pub exact: bool,
    /// Whether CBTrade's catalogue is applied to tables that it recognises.
    pub catalogue: bool,
    /// What the target can do.
    pub server: ServerRules,
    /// The files.
    pub sources: Vec<PlanSource>,
    /// What the operator should know; the decisions here are the operator's to change.
    #[serde(default, rename = "finding")]
    pub findings: Vec<Finding>,
    /// The tables; column types here are the operator's to widen.
    #[serde(default, rename = "table")]
    pub tables: Vec<TablePlan>,
    /// Definitions and what becomes of them.
    #[serde(default, rename = "object")]
    pub objects: Vec<ObjectPlan>,
}

const PLAN_HEAD: &str = "\
# The plan of a migration. Change `decision` of a [[finding]] to one of its `choices`, or `type` of a column to a
# wider one, then run the same command again with `--plan` and this file. Everything else is derived from the source
# and checked: the same source and decisions give the same target every time.

";

impl Plan {
    /// Findings that keep the migration from going on.
    #[must_use]
    pub fn undecided(&self) -> Vec<Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.stops())
            .cloned()
            .collect()
    }

    /// Digest of everything that shapes the target.
    #[must_use]
    pub fn digest(&self) -> String {
        blake3::hash(self.to_toml().as_bytes()).to_hex().to_string()
    }

    /// The plan file's text.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let body = toml::to_string(self)
            .unwrap_or_else(|error| format!("# the plan could not be written: {error}\n"));
        format!("{PLAN_HEAD}{body}")
    }

    /// Reads a plan file.
    ///
    /// # Errors
    /// What is wrong in it, with the line.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::Work {
            path: path.to_owned(),
            action: "read",
            source,
        })?;
        let plan: Self = toml::from_str(&text).map_err(|error| Error::File {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        if plan.version != PLAN_VERSION {
            return Err(Error::File {
                path: path.to_owned(),
                reason: format!(
                    "it has version {}, this program reads version {PLAN_VERSION}",
                    plan.version
                ),
            });
        }
        Ok(plan)
    }

    /// What the operator chose in this plan.
    #[must_use]
    pub fn choices(&self) -> Choices {
        let decisions = self
            .findings
            .iter()
            .map(|finding| (finding.id.clone(), finding.decision))
            .collect();
        let mut types = BTreeMap::new();
        for table in self.tables.iter().filter(|table| table.catalogue.is_none()) {
            for column in &table.columns {
                if let Some(source) = &column.source {
                    types.insert(
                        format!("{}.{}.{source}", table.database, table.source),
                        column.column_type,
                    );
                }
            }
        }
        Choices { decisions, types }
    }

    /// The tables that make a table of the target, the first of each name.
    pub fn target_tables(&self) -> impl Iterator<Item = &TablePlan> {
        let mut seen = BTreeSet::new();
        self.tables
            .iter()
            .filter(move |table| seen.insert((table.database.clone(), table.name.clone())))
    }

    /// All databases of the target.
    #[must_use]
    pub fn databases(&self) -> BTreeSet<String> {
        self.sources
            .iter()
            .map(|source| source.database.clone())
            .collect()
    }
}

/// A table of a source with what the catalogue wants of it.
#[derive(Debug)]
pub struct SourceTable {
    /// Number of the file.
    pub file: usize,
    /// Definition.
    pub raw: RawTable,
    /// The catalogue's wish.
    pub wanted: Option<WantedTable>,
}

/// The tables of all sources that are carried over.
#[must_use]
pub fn source_tables(
    sources: &[Source],
    schemas: &[RawSchema],
    catalogue: bool,
) -> Vec<SourceTable> {
    let mut list = Vec::new();
    for (file, (source, schema)) in sources.iter().zip(schemas).enumerate() {
        let carried = crate::source::carried(schema);
        for raw in schema
            .tables
            .iter()
            .filter(|table| carried.contains(&table.name))
        {
            let wanted = if catalogue && source.role != Role::Other {
                wanted_table(source, raw)
            } else {
                None
            };
            list.push(SourceTable {
                file,
                raw: raw.clone(),
                wanted,
            });
        }
    }
    list
}

fn wanted_table(source: &Source, raw: &RawTable) -> Option<WantedTable> {
    if raw.kind != TableKind::Ordinary {
        return None;
    }
    let names: Vec<&str> = raw
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    if let Some(table) = cbtrade_catalog::recognise(&raw.name, &names) {
        return Some(wanted_from(table, table.name, BTreeMap::new()));
    }
    let shape = cbtrade_catalog::recognise_candles(&names)?;
    let stem = source.path.file_stem()?.to_str()?;
    let product = cbtrade_catalog::product_of_candle_file(stem)
        .or_else(|| cbtrade_catalog::product_of_candle_file(&raw.name))?;
    let target = cbtrade_catalog::candle_table_name(&product)?;
    let mut constants = BTreeMap::new();
    if shape == cbtrade_catalog::CandleShape::OneTablePerFreq {
        let frequency = cbtrade_catalog::frequency_of_table(&raw.name)?;
        constants.insert("freq".to_owned(), frequency.name.to_owned());
    }
    Some(wanted_from(
        cbtrade_catalog::candle_table(),
        &target,
        constants,
    ))
}

fn wanted_from(
    table: &cbtrade_catalog::Table,
    target: &str,
    constants: BTreeMap<String, String>,
) -> WantedTable {
    use cbtrade_catalog::DefaultValue;
    let columns = table
        .columns
        .iter()
        .map(|column| WantedColumn {
            name: column.name.to_owned(),
            column_type: column_type(column.kind),
            nullable: column.nullable,
            default: column.default.map(|default| match default {
                DefaultValue::Literal(text) if column.kind.is_text() => {
                    cbtrade_schema::ddl::quote_text(text)
                }
                DefaultValue::Literal(text) => text.to_owned(),
                DefaultValue::CurrentTimestamp => "CURRENT_TIMESTAMP".to_owned(),
                DefaultValue::UnixTimestampNow => "(UNIX_TIMESTAMP())".to_owned(),
            }),
            on_update_now: column.on_update_now,
            auto_increment: column.auto_increment,
        })
        .collect();
    let owned = |names: &[&'static str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let keys = |keys: &[cbtrade_catalog::Key]| {
        keys.iter()
            .map(|key| (key.name.to_owned(), owned(&key.columns)))
            .collect()
    };
    WantedTable {
        name: table.name.to_owned(),
        target: target.to_owned(),
        columns,
        primary_key: owned(&table.primary_key),
        unique_keys: keys(&table.unique_keys),
        indexes: keys(&table.indexes),
        collation: cbtrade_catalog::TEXT_COLLATION.to_owned(),
        triggers: cbtrade_catalog::mysql_triggers(table, target),
        constants,
    }
}

fn column_type(kind: cbtrade_catalog::ColumnKind) -> ColumnType {
    use cbtrade_catalog::ColumnKind as Kind;
    match kind {
        Kind::Int => ColumnType::Int,
        Kind::BigInt => ColumnType::BigInt,
        Kind::TinyInt => ColumnType::TinyInt,
        Kind::Decimal { precision, scale } => ColumnType::Decimal { precision, scale },
        Kind::Varchar(characters) => ColumnType::Varchar { characters },
        Kind::Char(characters) => ColumnType::Char { characters },
        Kind::Text => ColumnType::Text,
        Kind::Timestamp => ColumnType::Timestamp { fraction: 0 },
    }
}

/// What a plan is made from.
#[derive(Debug)]
pub struct Planning<'a> {
    /// The files.
    pub sources: &'a [Source],
    /// Their schemas.
    pub schemas: &'a [RawSchema],
    /// Their tables.
    pub tables: &'a [SourceTable],
    /// What the tables hold.
    pub censuses: &'a [TableCensus],
    /// Catalogue keys that collide, per table.
    pub equal_keys: &'a [Vec<EqualKeys>],
    /// Database per file.
    pub databases: &'a [String],
    /// What the target can do.
    pub server: &'a ServerRules,
    /// The operator's choices.
    pub choices: &'a Choices,
    /// No rounding.
    pub exact: bool,
    /// Apply the catalogue.
    pub catalogue: bool,
}

/// Makes the plan.
///
/// # Errors
/// Types in the operator's plan that cannot be had, one reason each.
pub fn make(planning: &Planning<'_>) -> Result<Plan, Vec<String>> {
    let mut plan = Plan {
        version: PLAN_VERSION,
        exact: planning.exact,
        catalogue: planning.catalogue,
        server: planning.server.clone(),
        sources: planning
            .sources
            .iter()
            .zip(planning.databases)
            .map(|(source, database)| PlanSource {
                path: source.path.clone(),
                role: source.role,
                fingerprint: source.snapshot.fingerprint.0.clone(),
                database: database.clone(),
            })
            .collect(),
        findings: Vec::new(),
        tables: Vec::new(),
        objects: Vec::new(),
    };
    let mut refused_types = Vec::new();
    let mut names: BTreeMap<String, NameAllocator> = BTreeMap::new();
    let mut shared: BTreeMap<(String, String), String> = BTreeMap::new();
    for (number, table) in planning.tables.iter().enumerate() {
        refused_types.append(&mut decide_one(
            planning,
            number,
            table,
            &mut names,
            &mut shared,
            &mut plan,
        ));
    }
    for (file, (source, schema)) in planning.sources.iter().zip(planning.schemas).enumerate() {
        link_file(planning, file, source, schema, &mut plan);
    }
    damage_findings(planning, &mut plan);
    if refused_types.is_empty() {
        Ok(plan)
    } else {
        Err(refused_types)
    }
}

fn decide_one(
    planning: &Planning<'_>,
    number: usize,
    table: &SourceTable,
    names: &mut BTreeMap<String, NameAllocator>,
    shared: &mut BTreeMap<(String, String), String>,
    plan: &mut Plan,
) -> Vec<String> {
    let database = &planning.databases[table.file];
    let own = &planning.censuses[number].profile;
    let group = table
        .wanted
        .as_ref()
        .filter(|wanted| !wanted.constants.is_empty())
        .map(|wanted| (database.clone(), wanted.target.clone()));
    let merged = group
        .as_ref()
        .map(|(_, target)| merged_profile(planning, table, own, target));
    let schema = &planning.schemas[table.file];
    let input = TableInput {
        file: table.file,
        database,
        raw: &table.raw,
        profile: merged.as_ref().unwrap_or(own),
        wanted: table.wanted.as_ref(),
        equal_keys: &planning.equal_keys[number],
        sequence: schema.sequences.get(&table.raw.name).copied(),
        exact: planning.exact,
    };
    let allocator = names
        .entry(database.clone())
        .or_insert_with(|| NameAllocator::new(NameKind::Table));
    let existing = group.as_ref().and_then(|group| shared.get(group).cloned());
    let mut decided = match &existing {
        // A further table of a group: it gets the name that the first one got.
        Some(_) => decide_table(
            &input,
            planning.server,
            &mut NameAllocator::new(NameKind::Table),
            planning.choices,
        ),
        None => decide_table(&input, planning.server, allocator, planning.choices),
    };
    decided.plan.rows = own.rows;
    if let Some(name) = existing {
        decided.plan.name = name;
    } else {
        if let Some(group) = group {
            shared.insert(group, decided.plan.name.clone());
        }
        plan.findings.append(&mut decided.findings);
        plan.objects.append(&mut decided.objects);
    }
    plan.tables.push(decided.plan);
    decided.refused_types
}

/// The values of all tables that become one table of the target, seen as one.
fn merged_profile(
    planning: &Planning<'_>,
    table: &SourceTable,
    own: &TableProfile,
    target: &str,
) -> TableProfile {
    let mut merged = own.clone();
    for (number, other) in planning.tables.iter().enumerate() {
        let same = other.file == table.file
            && other.raw.name != table.raw.name
            && other
                .wanted
                .as_ref()
                .is_some_and(|wanted| wanted.target == target);
        if !same {
            continue;
        }
        let theirs = &planning.censuses[number].profile;
        merged.rows += theirs.rows;
        if theirs.row_bytes_max > merged.row_bytes_max {
            (merged.row_bytes_max, merged.row_bytes_max_at) =
                (theirs.row_bytes_max, theirs.row_bytes_max_at);
        }
        for (column, profile) in table.raw.columns.iter().zip(&mut merged.columns) {
            let theirs: Option<&ColumnProfile> = other
                .raw
                .columns
                .iter()
                .position(|theirs| theirs.name.eq_ignore_ascii_case(&column.name))
                .and_then(|at| theirs.columns.get(at));
            if let Some(theirs) = theirs {
                profile.merge(theirs);
            }
        }
    }
    merged
}

fn link_file(
    planning: &Planning<'_>,
    file: usize,
    source: &Source,
    schema: &RawSchema,
    plan: &mut Plan,
) {
    let carried: Vec<&RawTable> = planning
        .tables
        .iter()
        .filter(|table| table.file == file && table.wanted.is_none())
        .map(|table| &table.raw)
        .collect();
    let violated = |table: &str, number: usize| {
        source.foreign_key_violations.iter().any(|(name, key, _)| {
            name == table && usize::try_from(*key).is_ok_and(|key| key == number)
        })
    };
    let (mut own, others): (Vec<TablePlan>, Vec<TablePlan>) = std::mem::take(&mut plan.tables)
        .into_iter()
        .partition(|table| table.file == file && table.catalogue.is_none());
    link_foreign_keys(&mut own, &carried, &violated, &mut plan.objects);
    plan.tables = others;
    plan.tables.append(&mut own);
    plan.tables.sort_by_key(|table| {
        planning
            .tables
            .iter()
            .position(|source| source.file == table.file && source.raw.name == table.source)
    });
    let database = &planning.databases[file];
    for (table, key, count) in &source.foreign_key_violations {
        plan.findings.push(Finding {
            id: format!("{database}.{table}.key-{key}:foreign-key-violated"),
            kind: FindingKind::ForeignKeyViolated,
            table: table.clone(),
            column: None,
            count: *count,
            samples: Vec::new(),
            meaning: format!("Rows whose foreign key number {key} points to no row (SQLite checks foreign keys only where asked to). All rows are carried over; the foreign key is not made in the target."),
            decision: Decision::List,
            choices: Vec::new(),
        });
    }
    let catalogue_tables: BTreeSet<&str> = planning
        .tables
        .iter()
        .filter(|table| table.file == file && table.wanted.is_some())
        .map(|table| table.raw.name.as_str())
        .collect();
    for trigger in schema
        .triggers
        .iter()
        .filter(|trigger| !trigger.name.starts_with(FENCE_TRIGGER_PREFIX))
    {
        let replaced = catalogue_tables.contains(trigger.table_name.as_str());
        let reason = if replaced {
            "the catalogue's triggers of the table derive dlm and the *_unix columns from now on"
        } else {
            "SQLite's trigger language has no provable equal; it is listed here"
        };
        plan.objects.push(ObjectPlan {
            kind: "trigger".into(),
            name: trigger.name.clone(),
            table: trigger.table_name.clone(),
            converted: replaced,
            reason: reason.into(),
            text: trigger.sql.clone(),
        });
    }
    for view in &schema.views {
        plan.objects.push(ObjectPlan {
            kind: "view".into(),
            name: view.name.clone(),
            table: String::new(),
            converted: false,
            reason: "a view holds no data; its query is listed here".into(),
            text: view.sql.clone(),
        });
    }
    virtual_tables(schema, plan);
}

fn virtual_tables(schema: &RawSchema, plan: &mut Plan) {
    for table in &schema.tables {
        let TableKind::Virtual { module } = &table.kind else {
            continue;
        };
        let not_carried = crate::source::not_carried(table);
        let converted = not_carried.is_none();
        let reason = not_carried.unwrap_or_else(|| format!("its rows are carried over as an ordinary table; what the module {module} adds is not"));
        plan.objects.push(ObjectPlan {
            kind: "virtual table".into(),
            name: table.name.clone(),
            table: table.name.clone(),
            converted,
            reason,
            text: table.sql.clone(),
        });
    }
}

fn damage_findings(planning: &Planning<'_>, plan: &mut Plan) {
    for (source, database) in planning.sources.iter().zip(planning.databases) {
        let Some(damage) = crate::damage::of(source) else {
            continue;
        };
        // What is lost comes before the pages on which it was.
        let texts: Vec<&String> = damage.lost.iter().chain(&damage.problems).collect();
        let id = format!(
            "{database}.{}:damage",
            source
                .path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
        );
        let accepted = planning.choices.decisions.get(&id) == Some(&Decision::Keep);
        plan.findings.push(Finding {
            id,
            kind: FindingKind::Damage,
            table: String::new(),
            column: None,
            count: texts.len() as u64,
            samples: texts.iter().take(20).map(|text| Sample { row: 0, value: (*text).clone() }).collect(),
            meaning: format!("The file {} is damaged. What could be read was salvaged.{} Going on needs your explicit word: --accept-damage.", source.path.display(), damaged_tables(&damage)),
            decision: if accepted { Decision::Keep } else { Decision::Stop },
            choices: vec![Decision::Keep],
        });
    }
}

fn damaged_tables(damage: &crate::damage::FileDamage) -> String {
    if damage.tables.is_empty() {
        return " No table is known to have lost rows.".to_owned();
    }
    let tables: Vec<String> = damage
        .tables
        .iter()
        .map(|table| format!("{} ({})", table.table, table.words()))
        .collect();
    format!(
        " NOT all could be read of {} table(s): {}.",
        tables.len(),
        tables.join("; ")
    )
}
