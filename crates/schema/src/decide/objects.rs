//! Definitions beside columns and keys: CHECKs, generated columns, foreign keys.

use cbtrade_sqlite::{RawForeignKey, RawTable};

use crate::expression::convert_check;
use crate::model::{
    CheckPlan, ColumnPlan, ColumnType, ForeignKeyPlan, ObjectPlan, RowKey, TablePlan,
};
use crate::name::{NameAllocator, NameKind};

fn object(
    kind: &str,
    table: &str,
    name: &str,
    converted: bool,
    reason: &str,
    text: &str,
) -> ObjectPlan {
    ObjectPlan {
        kind: kind.to_owned(),
        name: name.to_owned(),
        table: table.to_owned(),
        converted,
        reason: reason.to_owned(),
        text: text.to_owned(),
    }
}

/// The CHECKs whose meaning is provably the same; the others are listed.
pub(super) fn checks(
    raw: &RawTable,
    columns: &[ColumnPlan],
    objects: &mut Vec<ObjectPlan>,
) -> Vec<CheckPlan> {
    let mut plans = Vec::new();
    for (number, check) in raw.checks.iter().enumerate() {
        // Names of constraints are one space per database on some servers, so they carry the table's.
        let own = check
            .name
            .clone()
            .unwrap_or_else(|| format!("check_{}", number + 1));
        match convert_check(&check.expression, columns) {
            Ok(expression) => {
                let mut names = NameAllocator::new(NameKind::Index);
                let name = names.allocate(&format!("{}_{own}", raw.name));
                objects.push(object(
                    "check",
                    &raw.name,
                    &own,
                    true,
                    "made after the rows",
                    &check.expression,
                ));
                plans.push(CheckPlan { name, expression });
            }
            Err(reason) => objects.push(object(
                "check",
                &raw.name,
                &own,
                false,
                reason,
                &check.expression,
            )),
        }
    }
    plans
}

/// Generated columns: their values are taken over, their expressions listed.
pub(super) fn generated(raw: &RawTable, objects: &mut Vec<ObjectPlan>) {
    for column in &raw.columns {
        if let Some(generated) = &column.generated {
            objects.push(object(
                "generated column",
                &raw.name,
                &column.name,
                false,
                "its values are carried over as an ordinary column; new rows are not computed",
                &generated.expression,
            ));
        }
    }
}

/// Makes the foreign keys of one file's tables where both ends are in the target and can be linked; the others are
/// listed. `violated` tells whether rows break a key of a table, by its number among the table's keys.
pub fn link_foreign_keys(
    tables: &mut [TablePlan],
    raws: &[&RawTable],
    violated: &dyn Fn(&str, usize) -> bool,
    objects: &mut Vec<ObjectPlan>,
) {
    let mut names = NameAllocator::new(NameKind::Index);
    for raw in raws {
        for (number, key) in raw.foreign_keys.iter().enumerate() {
            let text = format!(
                "FOREIGN KEY ({}) REFERENCES {} ({})",
                key.columns.join(", "),
                key.parent_table,
                key.parent_columns.join(", ")
            );
            let label = key.columns.join(", ");
            if violated(&raw.name, number) {
                objects.push(object(
                    "foreign key",
                    &raw.name,
                    &label,
                    false,
                    "rows break it (see the findings)",
                    &text,
                ));
                continue;
            }
            match link(tables, raw, key, &mut names) {
                Ok(()) => objects.push(object(
                    "foreign key",
                    &raw.name,
                    &label,
                    true,
                    "made after the rows",
                    &text,
                )),
                Err(reason) => objects.push(object(
                    "foreign key",
                    &raw.name,
                    &label,
                    false,
                    reason,
                    &text,
                )),
            }
        }
    }
}

fn link(
    tables: &mut [TablePlan],
    raw: &RawTable,
    key: &RawForeignKey,
    names: &mut NameAllocator,
) -> Result<(), &'static str> {
    let child_at = tables
        .iter()
        .position(|table| table.source == raw.name)
        .ok_or("its table is not carried over")?;
    let parent_at = tables
        .iter()
        .position(|table| table.source.eq_ignore_ascii_case(&key.parent_table))
        .ok_or("the other table does not exist")?;
    if key.parent_columns.len() != key.columns.len() {
        return Err("the other table has no key of as many columns");
    }
    let resolve = |table: &TablePlan, wanted: &[String]| -> Option<Vec<usize>> {
        wanted
            .iter()
            .map(|name| {
                table.columns.iter().position(|column| {
                    column
                        .source
                        .as_deref()
                        .is_some_and(|source| source.eq_ignore_ascii_case(name))
                })
            })
            .collect()
    };
    let child_columns =
        resolve(&tables[child_at], &key.columns).ok_or("a column of it is not carried over")?;
    let parent_columns = resolve(&tables[parent_at], &key.parent_columns)
        .ok_or("a column of the other table does not exist")?;
    let names_of = |table: &TablePlan, at: &[usize]| -> Vec<String> {
        at.iter()
            .map(|at| table.columns[*at].name.clone())
            .collect()
    };
    let parent_names = names_of(&tables[parent_at], &parent_columns);
    if !is_unique(&tables[parent_at], &parent_names) {
        return Err("the columns of the other table are no unique key there");
    }
    for (child, parent) in child_columns.iter().zip(&parent_columns) {
        align(tables, (child_at, *child), (parent_at, *parent))?;
    }
    if key.on_delete == "SET NULL"
        && child_columns
            .iter()
            .any(|at| !tables[child_at].columns[*at].nullable)
    {
        return Err("SET NULL on a column that cannot be NULL");
    }
    let plan = ForeignKeyPlan {
        name: names.allocate(&format!(
            "{}_{}_fk",
            tables[child_at].name,
            key.columns.join("_")
        )),
        columns: names_of(&tables[child_at], &child_columns),
        parent: tables[parent_at].name.clone(),
        parent_columns: parent_names,
        on_update: action(&key.on_update)?,
        on_delete: action(&key.on_delete)?,
    };
    tables[child_at].foreign_keys.push(plan);
    Ok(())
}

fn action(text: &str) -> Result<String, &'static str> {
    match text.to_ascii_uppercase().as_str() {
        action @ ("NO ACTION" | "RESTRICT" | "CASCADE" | "SET NULL") => Ok(action.to_owned()),
        "" => Ok("NO ACTION".to_owned()),
        _ => Err("SET DEFAULT, which InnoDB does not have"),
    }
}

fn is_unique(table: &TablePlan, columns: &[String]) -> bool {
    if matches!(&table.key, RowKey::Columns(names) if names == columns) {
        return true;
    }
    table.indexes.iter().any(|index| {
        index.unique
            && !index.hashed
            && index
                .columns
                .iter()
                .map(|part| &part.name)
                .eq(columns.iter())
    })
}

/// Both ends of a foreign key need the same type; integers can be made equally wide.
fn align(
    tables: &mut [TablePlan],
    child: (usize, usize),
    parent: (usize, usize),
) -> Result<(), &'static str> {
    let (child_column, parent_column) = (
        &tables[child.0].columns[child.1],
        &tables[parent.0].columns[parent.1],
    );
    let (child_type, parent_type) = (child_column.column_type, parent_column.column_type);
    if child_type.is_text() && parent_type.is_text() {
        if child_column.collation != parent_column.collation {
            return Err("its columns compare text in different ways");
        }
        return if matches!(
            (child_type, parent_type),
            (
                ColumnType::Varchar { .. } | ColumnType::Char { .. },
                ColumnType::Varchar { .. } | ColumnType::Char { .. }
            )
        ) {
            Ok(())
        } else if let (ColumnType::LongText, ColumnType::Varchar { characters }) =
            (child_type, parent_type)
        {
            // Every child value is a parent's value (or the key would be violated), so it fits.
            tables[child.0].columns[child.1].column_type = ColumnType::Varchar { characters };
            Ok(())
        } else {
            Err("its columns are too long for an index")
        };
    }
    if child_type == parent_type {
        return Ok(());
    }
    if child_type.integer_range().is_some() && parent_type.integer_range().is_some() {
        let wide = ColumnType::BigInt;
        tables[child.0].columns[child.1].column_type = wide;
        tables[parent.0].columns[parent.1].column_type = wide;
        return Ok(());
    }
    Err("its columns have different types")
}
