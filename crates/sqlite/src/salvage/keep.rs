//! Puts rows into a salvaged table.

use rusqlite::{ErrorCode, ffi};

use super::builder::{Builder, FIELDS_MAX, Table};
use crate::Error;
use crate::database::in_main;

/// Puts rows into a table, and those that it refuses into the lost and found.
pub(super) struct Keep<'builder> {
    builder: &'builder Builder,
    table: &'builder Table,
    insert: Option<rusqlite::Statement<'builder>>,
    set_aside: rusqlite::Statement<'builder>,
}

impl<'builder> Keep<'builder> {
    pub(super) fn new(builder: &'builder Builder, table: &'builder Table) -> Result<Self, Error> {
        let shape = &table.shape;
        let failed =
            |source| builder.failed(format!("write rows of table {}", table.object.name), source);
        let mut columns: Vec<String> = shape.extra_rowid.iter().cloned().collect();
        columns.extend(shape.columns.iter().cloned());
        let mut places: Vec<String> = shape.extra_rowid.iter().map(|_| "?1".to_owned()).collect();
        places.extend(shape.places());
        let sql = format!(
            "INSERT INTO {}({}) VALUES ({})",
            in_main(&table.object.name),
            columns.join(", "),
            places.join(", ")
        );
        let insert = match table.created {
            true => Some(builder.connection.prepare(&sql).map_err(failed)?),
            false => None,
        };
        let fields = shape.columns.len().min(FIELDS_MAX);
        let names: String = (0..fields).map(|at| format!(", c{at}")).collect();
        let origin = table.object.name.replace('\'', "''");
        let sql = format!(
            "INSERT INTO {}(origin, fields, id{names}) VALUES ('{origin}', {fields}, ?1, {})",
            in_main(&builder.lost_and_found),
            shape.places()[..fields].join(", ")
        );
        let set_aside = builder.connection.prepare(&sql).map_err(failed)?;
        Ok(Self {
            builder,
            table,
            insert,
            set_aside,
        })
    }

    pub(super) fn row(&mut self, row: &rusqlite::Row<'_>) -> Result<(), Error> {
        let shape = &self.table.shape;
        let refused = match &mut self.insert {
            None => true,
            Some(insert) => {
                match shape.bind(row, insert).and_then(|()| insert.raw_execute()) {
                    Ok(_) => false,
                    // A table without rowid is read from both ends, so rows can come twice.
                    Err(error) if !shape.by_rowid && is_same_key(&error) => false,
                    Err(error) if is_refusal(&error) => true,
                    Err(error) => return Err(self.failed(error)),
                }
            }
        };
        if refused {
            shape
                .bind(row, &mut self.set_aside)
                .and_then(|()| self.set_aside.raw_execute())
                .map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    fn failed(&self, source: rusqlite::Error) -> Error {
        self.builder.failed(
            format!("write a row of table {}", self.table.object.name),
            source,
        )
    }
}

fn is_same_key(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|error| error.extended_code == ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
}

fn is_refusal(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch)
    )
}
