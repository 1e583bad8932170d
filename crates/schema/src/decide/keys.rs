//! Primary keys, unique keys, indexes, and the order in which verification walks a table.

use std::collections::{BTreeMap, HashSet};

use cbtrade_sqlite::{IndexOrigin, RawIndex, RawTable};

use super::{Findings, TableInput};
use crate::carriage::{ClassRule, Fidelity};
use crate::finding::{Decision, FindingKind};
use crate::model::{
    ColumnPlan, ColumnType, IndexColumn, IndexPlan, ObjectPlan, OrderPlan, RowKey, ServerRules,
};
use crate::name::{NameAllocator, NameKind};
use crate::profile::ColumnProfile;

/// Name of the invisible primary key of tables without a usable one: the row's address in the source.
pub(super) const ADDED_KEY: &str = "_cbtrade_row";

/// Keys and indexes of a planned table.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) row_key: RowKey,
    pub(super) indexes: Vec<IndexPlan>,
}

impl Keys {
    /// Whether a key or index needs the column's whole value.
    pub(super) fn needs_whole(&self, column: &str) -> bool {
        let in_key = matches!(&self.row_key, RowKey::Columns(columns) if columns.iter().any(|name| name == column));
        in_key
            || self.indexes.iter().any(|index| {
                !index.hashed
                    && index
                        .columns
                        .iter()
                        .any(|part| part.name == column && part.prefix.is_none())
            })
    }
}

/// A key or index before its columns are sized.
struct Candidate {
    name: String,
    unique: bool,
    primary: bool,
    /// Position of the column in the plan, and whether it sorts backwards.
    columns: Vec<(usize, bool)>,
}

/// Decides about the keys, and sizes the text columns that are in them.
pub(super) fn decide(
    input: &TableInput<'_>,
    rules: &ServerRules,
    columns: &mut [ColumnPlan],
    findings: &mut Findings<'_>,
    objects: &mut Vec<ObjectPlan>,
) -> Keys {
    let mut candidates = match input.wanted {
        Some(wanted) => {
            legacy_indexes(input.raw, wanted, objects);
            wanted_candidates(wanted, columns)
        }
        None => source_candidates(input.raw, columns, objects),
    };
    resolve_equal_keys(input, rules, columns, &mut candidates, findings);
    keys_beyond_ascii(input, rules, columns, &candidates, findings);
    refuse_impossible_primary(input, columns, &mut candidates, findings);
    let mut names = NameAllocator::new(NameKind::Index);
    names.reserve("PRIMARY");
    let mut row_key = RowKey::Added(ADDED_KEY.to_owned());
    let mut indexes: Vec<IndexPlan> = Vec::new();
    let shares = key_shares(&candidates, columns, input, rules);
    for mut candidate in candidates {
        if !candidate.primary && implied(&candidate, &row_key, columns) {
            candidate.unique = false;
        }
        let direct = size_columns(&candidate, columns, input, &shares, rules);
        if candidate.primary && direct {
            row_key = RowKey::Columns(
                candidate
                    .columns
                    .iter()
                    .map(|(at, _)| columns[*at].name.clone())
                    .collect(),
            );
            continue;
        }
        if candidate.primary {
            key_too_long(input, findings);
        }
        let Some(index) = index_plan(
            &candidate, direct, columns, rules, &mut names, input, objects,
        ) else {
            continue;
        };
        let twin = indexes.iter().find(|other| {
            other.columns == index.columns
                && other.unique >= index.unique
                && other.hashed == index.hashed
        });
        match twin {
            None => indexes.push(index),
            Some(twin) => objects.push(ObjectPlan {
                kind: "index".to_owned(),
                name: candidate.name.clone(),
                table: input.raw.name.clone(),
                converted: true,
                reason: format!(
                    "the index `{}` has the same columns and serves for both",
                    twin.name
                ),
                text: String::new(),
            }),
        }
    }
    limit_indexes(&mut indexes, input, objects);
    let keyed: HashSet<String> = match &row_key {
        RowKey::Columns(names) => names.iter().cloned().collect(),
        RowKey::Added(_) => HashSet::new(),
    };
    for column in columns.iter_mut() {
        let in_key = keyed.contains(&column.name);
        column.nullable &= !in_key;
        // The server numbers only a column that leads the primary key.
        column.auto_increment &= matches!(&row_key, RowKey::Columns(names) if names.first() == Some(&column.name))
            && column.column_type.integer_range().is_some();
        if in_key && column.default.is_none() {
            column.nullable = false;
        }
    }
    Keys { row_key, indexes }
}

/// A table of the server has at most 64 indexes, the primary key among them: unique ones go first.
fn limit_indexes(
    indexes: &mut Vec<IndexPlan>,
    input: &TableInput<'_>,
    objects: &mut Vec<ObjectPlan>,
) {
    const INDEXES_MAX: usize = 63;
    if indexes.len() <= INDEXES_MAX {
        return;
    }
    indexes.sort_by_key(|index| !index.unique);
    for index in indexes.drain(INDEXES_MAX..) {
        objects.push(ObjectPlan {
            kind: "index".to_owned(),
            name: index.name.clone(),
            table: input.raw.name.clone(),
            converted: false,
            reason: format!("the table has more than {INDEXES_MAX} indexes besides its primary key, the server's limit"),
            text: index.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", "),
        });
    }
}

fn key_too_long(input: &TableInput<'_>, findings: &mut Findings<'_>) {
    let meaning = "The primary key is longer than an index of the server can be; rows are numbered by an added invisible key, and uniqueness is held by a hash of the values.".to_owned();
    findings.note(
        FindingKind::KeyNotPossible,
        None,
        (input.profile.rows, &[]),
        meaning,
        Decision::Convert,
        &[],
    );
}

fn position(columns: &[ColumnPlan], source: &str) -> Option<usize> {
    columns.iter().position(|column| {
        column
            .source
            .as_deref()
            .unwrap_or(&column.name)
            .eq_ignore_ascii_case(source)
    })
}

fn wanted_candidates(wanted: &super::WantedTable, columns: &[ColumnPlan]) -> Vec<Candidate> {
    let find = |names: &[String]| -> Option<Vec<(usize, bool)>> {
        names
            .iter()
            .map(|name| {
                columns
                    .iter()
                    .position(|column| column.name == *name)
                    .map(|at| (at, false))
            })
            .collect()
    };
    let mut list = Vec::new();
    if !wanted.primary_key.is_empty()
        && let Some(columns) = find(&wanted.primary_key)
    {
        list.push(Candidate {
            name: "PRIMARY".to_owned(),
            unique: true,
            primary: true,
            columns,
        });
    }
    for (keys, unique) in [(&wanted.unique_keys, true), (&wanted.indexes, false)] {
        for (name, names) in keys {
            if let Some(columns) = find(names) {
                list.push(Candidate {
                    name: name.clone(),
                    unique,
                    primary: false,
                    columns,
                });
            }
        }
    }
    list
}

/// Indexes of a legacy catalogue table: the catalogue has its own.
fn legacy_indexes(raw: &RawTable, wanted: &super::WantedTable, objects: &mut Vec<ObjectPlan>) {
    for index in raw
        .indexes
        .iter()
        .filter(|index| index.origin == IndexOrigin::Create)
    {
        let columns: Vec<&str> = index
            .columns
            .iter()
            .filter_map(|part| part.name.as_deref())
            .collect();
        let same = |(_, names): &&(String, Vec<String>)| {
            names.iter().map(String::as_str).eq(columns.iter().copied())
        };
        let twin = wanted.indexes.iter().chain(&wanted.unique_keys).find(same);
        objects.push(ObjectPlan {
            kind: "index".to_owned(),
            name: index.name.clone(),
            table: raw.name.clone(),
            converted: twin.is_some(),
            reason: twin.map_or_else(
                || "the table gets the catalogue's indexes instead".to_owned(),
                |(name, _)| format!("the catalogue's index `{name}` has the same columns"),
            ),
            text: index.sql.clone().unwrap_or_default(),
        });
    }
}

fn source_candidates(
    raw: &RawTable,
    columns: &[ColumnPlan],
    objects: &mut Vec<ObjectPlan>,
) -> Vec<Candidate> {
    let mut list = Vec::new();
    let primary: Option<Vec<(usize, bool)>> = raw
        .primary_key
        .iter()
        .map(|name| position(columns, name).map(|at| (at, false)))
        .collect();
    if let Some(primary) = primary.filter(|primary| !primary.is_empty()) {
        list.push(Candidate {
            name: "PRIMARY".to_owned(),
            unique: true,
            primary: true,
            columns: primary,
        });
    }
    for index in raw
        .indexes
        .iter()
        .filter(|index| index.origin != IndexOrigin::PrimaryKey)
    {
        match usable(raw, index, columns) {
            Ok(parts) => {
                if parts.len() < index.columns.len() {
                    objects.push(ObjectPlan {
                        kind: "index".to_owned(),
                        name: index.name.clone(),
                        table: raw.name.clone(),
                        converted: true,
                        reason: "a column that stands in it twice is taken once".to_owned(),
                        text: index.sql.clone().unwrap_or_default(),
                    });
                }
                list.push(Candidate {
                    name: index_name(raw, index),
                    unique: index.unique,
                    primary: false,
                    columns: parts,
                });
            }
            Err(reason) => objects.push(ObjectPlan {
                kind: "index".to_owned(),
                name: index.name.clone(),
                table: raw.name.clone(),
                converted: false,
                reason: reason.to_owned(),
                text: index.sql.clone().unwrap_or_default(),
            }),
        }
    }
    list
}

fn usable(
    raw: &RawTable,
    index: &RawIndex,
    columns: &[ColumnPlan],
) -> Result<Vec<(usize, bool)>, &'static str> {
    if index.partial {
        return Err("a partial index; the servers have none");
    }
    let mut parts = Vec::with_capacity(index.columns.len());
    for part in &index.columns {
        let Some(name) = &part.name else {
            return Err("an index over an expression");
        };
        let at =
            position(columns, name).ok_or("an index over something that is not carried over")?;
        let own = raw
            .columns
            .iter()
            .find(|column| column.name.eq_ignore_ascii_case(name));
        if index.unique
            && own.is_some_and(|column| !column.collation.eq_ignore_ascii_case(&part.collation))
        {
            return Err("a unique index with another collation than its column");
        }
        // SQLite allows a column twice in an index; the second one sorts nothing.
        if !parts.iter().any(|(other, _)| *other == at) {
            parts.push((at, part.descending));
        }
    }
    Ok(parts)
}

/// The index's name; constraints have only an automatic one, which says nothing.
fn index_name(raw: &RawTable, index: &RawIndex) -> String {
    if index.origin == IndexOrigin::Create {
        return index.name.clone();
    }
    let parts: Vec<&str> = index
        .columns
        .iter()
        .filter_map(|part| part.name.as_deref())
        .collect();
    let joined = parts.join("_");
    if joined.is_empty() {
        format!("{}_unique", raw.name)
    } else {
        joined
    }
}

/// Catalogue keys whose values the target's collation takes for equal: the columns compare by bytes instead. Keys that
/// are equal to the byte cannot be unique at all.
fn resolve_equal_keys(
    input: &TableInput<'_>,
    rules: &ServerRules,
    columns: &mut [ColumnPlan],
    candidates: &mut [Candidate],
    findings: &mut Findings<'_>,
) {
    for equal in input.equal_keys {
        let label = equal.columns.join(", ");
        if equal.identical {
            let meaning = format!(
                "Several rows have the same ({label}), which the catalogue wants unique; no source key kept them apart. The index is made without uniqueness."
            );
            findings.note(
                FindingKind::KeyNotPossible,
                equal.columns.first().map(String::as_str),
                (equal.seen.count, &equal.seen.samples),
                meaning,
                Decision::Keep,
                &[],
            );
            for candidate in candidates.iter_mut() {
                if candidate
                    .columns
                    .iter()
                    .map(|(at, _)| &columns[*at].name)
                    .eq(equal.columns.iter())
                {
                    candidate.unique = false;
                    if candidate.primary {
                        candidate.primary = false;
                        candidate.name = equal.columns.join("_");
                    }
                }
            }
            continue;
        }
        let meaning = format!(
            "Keys ({label}) that differ only in case, accents or trailing blanks, which the catalogue's collation takes for equal; these columns compare by bytes, as SQLite does."
        );
        findings.note(
            FindingKind::EqualKeys,
            equal.columns.first().map(String::as_str),
            (equal.seen.count, &equal.seen.samples),
            meaning,
            Decision::Widen,
            &[],
        );
        for column in columns
            .iter_mut()
            .filter(|column| equal.columns.contains(&column.name) && column.column_type.is_text())
        {
            column.collation = Some(rules.binary_collation.clone());
        }
    }
}

/// Catalogue keys with letters beyond ASCII compare by bytes: which of them the catalogue's collation takes for equal is
/// known to the server alone.
fn keys_beyond_ascii(
    input: &TableInput<'_>,
    rules: &ServerRules,
    columns: &mut [ColumnPlan],
    candidates: &[Candidate],
    findings: &mut Findings<'_>,
) {
    if input.wanted.is_none() {
        return;
    }
    for (at, _) in candidates
        .iter()
        .filter(|candidate| candidate.unique)
        .flat_map(|candidate| &candidate.columns)
    {
        let beyond = profile_of(input, &columns[*at]).map_or(0, |profile| profile.texts_not_ascii);
        let column = &mut columns[*at];
        if beyond == 0
            || !column.column_type.is_text()
            || column.collation.as_ref() == Some(&rules.binary_collation)
        {
            continue;
        }
        let meaning = "Keys with letters beyond ASCII, some of which the catalogue's collation would take for equal (e and é); the column compares by bytes, as SQLite does.".to_owned();
        findings.note(
            FindingKind::EqualKeys,
            Some(&column.name.clone()),
            (beyond, &[]),
            meaning,
            Decision::Widen,
            &[],
        );
        column.collation = Some(rules.binary_collation.clone());
    }
}

fn profile_of<'a>(input: &TableInput<'a>, column: &ColumnPlan) -> Option<&'a ColumnProfile> {
    let source = column.source.as_deref()?;
    input
        .raw
        .columns
        .iter()
        .zip(&input.profile.columns)
        .find(|(raw, _)| raw.name == source)
        .map(|(_, profile)| profile)
}

/// Whether the target shows two different source values of the column differently, so that a unique key stays possible.
fn keeps_apart(input: &TableInput<'_>, column: &ColumnPlan) -> bool {
    let Some(profile) = profile_of(input, column) else {
        return column.constant.is_some() || input.profile.rows == 0;
    };
    match column.fidelity {
        Fidelity::Meaning => {
            profile.texts_not_numeric.count
                + profile.dates_invalid.count
                + profile.dates_empty.count
                + profile.numbers_empty.count
                + profile.infinite.count
                == 0
        }
        Fidelity::Exact if !profile.mixed() => {
            profile.infinite.count == 0 || column.column_type.is_text()
        }
        // Integer 5 and text '5' differ in the source and would be shown alike; 5 and 5.0 are equal on both sides.
        Fidelity::Exact => {
            column.column_type == ColumnType::Double
                || (column.class_rule == ClassRule::Numeric
                    && profile.texts_like_integer + profile.texts_like_real == 0
                    && profile.blobs == 0
                    && profile.reals_integral == 0)
        }
    }
}

fn refuse_impossible_primary(
    input: &TableInput<'_>,
    columns: &[ColumnPlan],
    candidates: &mut [Candidate],
    findings: &mut Findings<'_>,
) {
    for candidate in candidates.iter_mut().filter(|candidate| candidate.unique) {
        let parts: Vec<&ColumnPlan> = candidate
            .columns
            .iter()
            .map(|(at, _)| &columns[*at])
            .collect();
        let label = parts
            .iter()
            .map(|column| column.name.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        if !parts.iter().all(|column| keeps_apart(input, column)) {
            let meaning = format!(
                "The key ({label}) has values of several storage classes that the target shows alike; it becomes an index without uniqueness."
            );
            findings.note(
                FindingKind::KeyNotPossible,
                parts.first().map(|column| column.name.as_str()),
                (input.profile.rows, &[]),
                meaning,
                Decision::Keep,
                &[],
            );
            candidate.unique = false;
        } else if candidate.primary
            && parts
                .iter()
                .any(|column| profile_of(input, column).is_some_and(|profile| profile.nulls > 0))
        {
            let meaning = format!(
                "The primary key ({label}) holds NULLs, which SQLite allows and the server does not; it becomes a unique index, and rows are numbered by an added invisible key."
            );
            findings.note(
                FindingKind::KeyNotPossible,
                None,
                (input.profile.rows, &[]),
                meaning,
                Decision::Convert,
                &[],
            );
        } else {
            continue;
        }
        if candidate.primary {
            candidate.primary = false;
            candidate.name = candidate
                .columns
                .iter()
                .map(|(at, _)| columns[*at].name.as_str())
                .collect::<Vec<_>>()
                .join("_");
        }
    }
}

/// Whether the primary key alone keeps a candidate's rows apart.
fn implied(candidate: &Candidate, row_key: &RowKey, columns: &[ColumnPlan]) -> bool {
    let RowKey::Columns(names) = row_key else {
        return false;
    };
    candidate.unique
        && names.iter().all(|name| {
            candidate
                .columns
                .iter()
                .any(|(at, _)| columns[*at].name == *name)
        })
}

/// Most columns of an index, on the server that allows fewest.
const INDEX_PARTS_MAX: usize = 16;

/// Length that the longest value of a column without a length limit needs, in characters or bytes.
fn needed_length(input: &TableInput<'_>, column: &ColumnPlan) -> Option<u32> {
    // Numbers shown as text have at most 26 characters.
    const NUMBER_CHARACTERS_MAX: u64 = 26;
    let profile = profile_of(input, column)?;
    let length = if column.column_type.is_text() {
        profile.text_characters_max
    } else {
        profile.text_bytes_max.max(profile.blob_bytes_max)
    };
    let length = if profile.integers + profile.reals > 0 {
        length.max(NUMBER_CHARACTERS_MAX)
    } else {
        length
    };
    u32::try_from(length).ok()
}

/// What one unique key leaves for each of its columns without a length limit, in their own unit; `None` if some value
/// needs more.
fn share(
    candidate: &Candidate,
    columns: &[ColumnPlan],
    input: &TableInput<'_>,
    rules: &ServerRules,
) -> Option<Vec<(usize, u32)>> {
    if candidate.columns.len() > INDEX_PARTS_MAX {
        return None;
    }
    let fixed: u32 = candidate
        .columns
        .iter()
        .filter_map(|(at, _)| columns[*at].column_type.index_bytes())
        .sum();
    let open: Vec<usize> = candidate
        .columns
        .iter()
        .map(|(at, _)| *at)
        .filter(|at| columns[*at].column_type.index_bytes().is_none())
        .collect();
    let rest = rules.index_bytes_max.checked_sub(fixed)?;
    let each = rest / u32::try_from(open.len().max(1)).ok()?;
    open.into_iter()
        .map(|at| {
            let limit = if columns[at].column_type.is_text() {
                each / 4
            } else {
                each
            };
            (limit > 0 && needed_length(input, &columns[at])? <= limit).then_some((at, limit))
        })
        .collect()
}

/// For each column without a length limit the least that the unique keys with it leave.
fn key_shares(
    candidates: &[Candidate],
    columns: &[ColumnPlan],
    input: &TableInput<'_>,
    rules: &ServerRules,
) -> BTreeMap<usize, u32> {
    let mut shares = BTreeMap::new();
    for candidate in candidates.iter().filter(|candidate| candidate.unique) {
        for (at, limit) in share(candidate, columns, input, rules).unwrap_or_default() {
            let least = shares.entry(at).or_insert(limit);
            *least = limit.min(*least);
        }
    }
    shares
}

/// Gives the unbounded text columns of a unique key lengths with which it fits an index. `false` if that is not possible.
fn size_columns(
    candidate: &Candidate,
    columns: &mut [ColumnPlan],
    input: &TableInput<'_>,
    shares: &BTreeMap<usize, u32>,
    rules: &ServerRules,
) -> bool {
    if !candidate.unique {
        return true;
    }
    let Some(open) = share(candidate, columns, input, rules) else {
        return false;
    };
    for (at, limit) in open {
        let limit = shares.get(&at).copied().unwrap_or(limit);
        let column = &mut columns[at];
        column.reason = format!("{}; bounded because it is in a unique key", column.reason);
        column.column_type = if column.column_type.is_text() {
            ColumnType::Varchar {
                characters: limit.min(768),
            }
        } else {
            ColumnType::Varbinary {
                bytes: limit.min(3072),
            }
        };
        let bare = column
            .default
            .as_deref()
            .and_then(|default| default.strip_prefix("('")?.strip_suffix("')"));
        if let Some(bare) = bare {
            column.default = Some(format!("'{bare}'"));
        }
    }
    true
}

fn index_plan(
    candidate: &Candidate,
    direct: bool,
    columns: &[ColumnPlan],
    rules: &ServerRules,
    names: &mut NameAllocator,
    input: &TableInput<'_>,
    objects: &mut Vec<ObjectPlan>,
) -> Option<IndexPlan> {
    let hashed = candidate.unique && !direct;
    if candidate.columns.len() > INDEX_PARTS_MAX && !hashed {
        objects.push(ObjectPlan {
            kind: "index".to_owned(),
            name: candidate.name.clone(),
            table: input.raw.name.clone(),
            converted: false,
            reason: format!(
                "{} columns; an index of the server has at most {INDEX_PARTS_MAX}",
                candidate.columns.len()
            ),
            text: String::new(),
        });
        return None;
    }
    // What the bounded columns leave is shared by the others as prefixes.
    let total: u32 = candidate
        .columns
        .iter()
        .map(|(at, _)| {
            columns[*at]
                .column_type
                .index_bytes()
                .unwrap_or(u32::MAX / 64)
        })
        .sum();
    let share = rules.index_bytes_max / u32::try_from(candidate.columns.len()).unwrap_or(1);
    let parts = candidate
        .columns
        .iter()
        .map(|(at, descending)| {
            let column = &columns[*at];
            let prefix = match column.column_type {
                _ if hashed || (candidate.unique && direct) => None,
                ColumnType::Text | ColumnType::LongText => Some((share / 4).min(191)),
                ColumnType::LongBlob => Some(share.min(767)),
                ColumnType::Varchar { characters }
                    if total > rules.index_bytes_max && characters * 4 > share =>
                {
                    Some(share / 4)
                }
                ColumnType::Varbinary { bytes }
                    if total > rules.index_bytes_max && bytes > share =>
                {
                    Some(share)
                }
                _ => None,
            };
            IndexColumn {
                name: column.name.clone(),
                prefix,
                descending: *descending,
            }
        })
        .collect();
    Some(IndexPlan {
        name: names.allocate(&candidate.name),
        unique: candidate.unique,
        hashed,
        columns: parts,
    })
}

/// The order in which both sides can be walked so that equal rows meet; empty where no such order is certain.
pub(super) fn order(input: &TableInput<'_>, columns: &[ColumnPlan], keys: &Keys) -> Vec<OrderPlan> {
    let names = match &keys.row_key {
        RowKey::Added(name) => {
            return vec![OrderPlan {
                name: name.clone(),
                by_bytes: false,
            }];
        }
        RowKey::Columns(names) => names,
    };
    let mut order = Vec::with_capacity(names.len());
    for name in names {
        let Some(column) = columns.iter().find(|column| column.name == *name) else {
            return Vec::new();
        };
        if column.constant.is_some() {
            continue;
        }
        let Some(profile) = profile_of(input, column) else {
            return Vec::new();
        };
        if profile.mixed() {
            return Vec::new();
        }
        let orderly = match column.column_type {
            ColumnType::Timestamp { .. } | ColumnType::DateTime { .. } => {
                profile.dates_plain == profile.texts && profile.reals == 0
            }
            ColumnType::Date => profile.dates_only == profile.texts,
            column_type if column_type.integer_range().is_some() => {
                profile.texts + profile.reals == 0
            }
            ColumnType::Double | ColumnType::Decimal { .. } => profile.texts == 0,
            column_type if column_type.is_text() => profile.integers + profile.reals == 0,
            _ => true,
        };
        if !orderly {
            return Vec::new();
        }
        let by_bytes = column.column_type.is_text()
            && !column.collation.as_deref().is_some_and(|collation| {
                collation.ends_with("nopad_bin") || collation.ends_with("0900_bin")
            })
            && !profile.same_order_ignoring_case();
        order.push(OrderPlan {
            name: name.clone(),
            by_bytes,
        });
    }
    order
}
