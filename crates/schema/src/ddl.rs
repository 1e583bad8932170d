//! The planned target as MySQL text: one statement for each step.

pub use cbtrade_core::{quote_identifier, quote_text};

use crate::model::{
    ColumnPlan, ColumnType, ForeignKeyPlan, IndexPlan, RowKey, ServerRules, TablePlan,
};

/// `database`.`table`.
#[must_use]
pub fn qualified(database: &str, table: &str) -> String {
    format!("{}.{}", quote_identifier(database), quote_identifier(table))
}

/// The CREATE TABLE with columns and primary key only: everything else is made after the rows.
#[must_use]
pub fn create_table(table: &TablePlan, rules: &ServerRules) -> String {
    let mut lines = Vec::with_capacity(table.columns.len() + 2);
    if let RowKey::Added(name) = &table.key {
        let invisible = if rules.invisible_columns {
            " INVISIBLE"
        } else {
            ""
        };
        lines.push(format!(
            "  {} BIGINT NOT NULL AUTO_INCREMENT{invisible} PRIMARY KEY",
            quote_identifier(name)
        ));
    }
    for column in &table.columns {
        lines.push(format!("  {}", column_definition(column)));
    }
    if let RowKey::Columns(columns) = &table.key {
        lines.push(format!("  PRIMARY KEY ({})", identifier_list(columns)));
    }
    format!(
        "CREATE TABLE {} (\n{}\n) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE={}",
        qualified(&table.database, &table.name),
        lines.join(",\n"),
        rules.binary_collation,
    )
}

fn column_definition(column: &ColumnPlan) -> String {
    let mut text = format!("{} {}", quote_identifier(&column.name), column.column_type);
    if let Some(collation) = &column.collation {
        text.push_str(" CHARACTER SET utf8mb4 COLLATE ");
        text.push_str(collation);
    }
    text.push_str(if column.nullable {
        " NULL"
    } else {
        " NOT NULL"
    });
    if column.auto_increment {
        text.push_str(" AUTO_INCREMENT");
    } else if let Some(default) = &column.default {
        text.push_str(" DEFAULT ");
        text.push_str(default);
    } else if column.nullable {
        // Said aloud, because a bare TIMESTAMP may get an implicit default otherwise.
        text.push_str(" DEFAULT NULL");
    }
    if column.on_update_now {
        text.push_str(" ON UPDATE CURRENT_TIMESTAMP");
        if let ColumnType::Timestamp {
            fraction: fraction @ 1..,
        }
        | ColumnType::DateTime {
            fraction: fraction @ 1..,
        } = column.column_type
        {
            text.push_str(&format!("({fraction})"));
        }
    }
    text
}

fn identifier_list(names: &[String]) -> String {
    names
        .iter()
        .map(|name| quote_identifier(name))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The parts of one ALTER TABLE that makes an index; a hashed one also makes its generated column.
#[must_use]
pub fn add_index(index: &IndexPlan, rules: &ServerRules) -> Vec<String> {
    if index.hashed {
        let column = hash_column(index);
        let invisible = if rules.invisible_columns {
            " INVISIBLE"
        } else {
            ""
        };
        let parts: Vec<String> = index
            .columns
            .iter()
            .map(|part| {
                let name = quote_identifier(&part.name);
                format!("LENGTH({name}),':',CAST({name} AS BINARY)")
            })
            .collect();
        return vec![
            format!(
                "ADD COLUMN {} BINARY(32) GENERATED ALWAYS AS (UNHEX(SHA2(CONCAT({}),256))) STORED{invisible}",
                quote_identifier(&column),
                parts.join(",")
            ),
            format!(
                "ADD UNIQUE INDEX {} ({})",
                quote_identifier(&index.name),
                quote_identifier(&column)
            ),
        ];
    }
    let columns: Vec<String> = index
        .columns
        .iter()
        .map(|part| {
            let prefix = part
                .prefix
                .map_or_else(String::new, |length| format!("({length})"));
            let descending = if part.descending && rules.descending_indexes {
                " DESC"
            } else {
                ""
            };
            format!("{}{prefix}{descending}", quote_identifier(&part.name))
        })
        .collect();
    let unique = if index.unique { "UNIQUE " } else { "" };
    vec![format!(
        "ADD {unique}INDEX {} ({})",
        quote_identifier(&index.name),
        columns.join(", ")
    )]
}

/// Name of the generated column behind a hashed unique index.
#[must_use]
pub fn hash_column(index: &IndexPlan) -> String {
    let mut name: String = format!("_cbtrade_hash_{}", index.name)
        .chars()
        .take(64)
        .collect();
    while name.ends_with(' ') {
        name.pop();
    }
    name
}

/// The part of an ALTER TABLE that makes a foreign key.
#[must_use]
pub fn add_foreign_key(key: &ForeignKeyPlan, database: &str) -> String {
    format!(
        "ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}) ON UPDATE {} ON DELETE {}",
        quote_identifier(&key.name),
        identifier_list(&key.columns),
        qualified(database, &key.parent),
        identifier_list(&key.parent_columns),
        key.on_update,
        key.on_delete,
    )
}

/// The part of an ALTER TABLE that makes a CHECK.
#[must_use]
pub fn add_check(name: &str, expression: &str) -> String {
    format!(
        "ADD CONSTRAINT {} CHECK ({expression})",
        quote_identifier(name)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IndexColumn;

    #[test]
    fn hashed_index_makes_a_column_first() {
        let index = IndexPlan {
            name: "u".into(),
            unique: true,
            hashed: true,
            columns: vec![IndexColumn {
                name: "a".into(),
                prefix: None,
                descending: false,
            }],
        };
        let rules = ServerRules {
            mariadb: true,
            binary_collation: "utf8mb4_nopad_bin".into(),
            binary_no_pad: true,
            invisible_columns: true,
            descending_indexes: true,
            index_bytes_max: 3072,
            packet_bytes_max: 1 << 30,
            table_names_fold_case: false,
        };
        let parts = add_index(&index, &rules);
        assert!(
            parts[0].contains("STORED INVISIBLE") && parts[1].starts_with("ADD UNIQUE INDEX `u`")
        );
    }
}
