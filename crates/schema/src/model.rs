//! The planned target: plain data, written to and read from the plan file.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::carriage::{Carriage, ClassRule, Fidelity};

/// A column type of the target. Its text form is MySQL's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ColumnType {
    /// 8-bit integer.
    TinyInt,
    /// 16-bit integer.
    SmallInt,
    /// 24-bit integer.
    MediumInt,
    /// 32-bit integer.
    Int,
    /// 64-bit integer.
    BigInt,
    /// IEEE double.
    Double,
    /// Exact decimal.
    Decimal {
        /// All digits.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// Fixed text; trailing blanks are stripped by the server.
    Char {
        /// Length limit.
        characters: u32,
    },
    /// Text up to a length.
    Varchar {
        /// Length limit.
        characters: u32,
    },
    /// Text up to 65,535 bytes.
    Text,
    /// Text up to 4 GiB.
    LongText,
    /// Bytes up to a length.
    Varbinary {
        /// Length limit.
        bytes: u32,
    },
    /// Bytes up to 4 GiB.
    LongBlob,
    /// Instant, 1970 to 2038.
    Timestamp {
        /// Digits of the fraction of a second.
        fraction: u8,
    },
    /// Calendar date and time.
    DateTime {
        /// Digits of the fraction of a second.
        fraction: u8,
    },
    /// Calendar date.
    Date,
}

impl ColumnType {
    /// The range of an integer type.
    #[must_use]
    pub fn integer_range(self) -> Option<(i64, i64)> {
        match self {
            Self::TinyInt => Some((-128, 127)),
            Self::SmallInt => Some((-32_768, 32_767)),
            Self::MediumInt => Some((-8_388_608, 8_388_607)),
            Self::Int => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
            Self::BigInt => Some((i64::MIN, i64::MAX)),
            _ => None,
        }
    }

    /// The narrowest integer type at least as wide as `self` that holds the range.
    #[must_use]
    pub fn widened_for(self, low: i64, high: i64) -> Self {
        let ladder = [
            Self::TinyInt,
            Self::SmallInt,
            Self::MediumInt,
            Self::Int,
            Self::BigInt,
        ];
        let from = ladder.iter().position(|step| *step == self).unwrap_or(0);
        ladder[from..]
            .iter()
            .copied()
            .find(|step| {
                step.integer_range()
                    .is_some_and(|(least, most)| least <= low && high <= most)
            })
            .unwrap_or(Self::BigInt)
    }

    /// Characters that a text type holds, where it has such a limit.
    #[must_use]
    pub fn characters_max(self) -> Option<u32> {
        match self {
            Self::Char { characters } | Self::Varchar { characters } => Some(characters),
            _ => None,
        }
    }

    /// Whether it is a character type, which has a collation.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::Char { .. } | Self::Varchar { .. } | Self::Text | Self::LongText
        )
    }

    /// Whether it is a number type.
    #[must_use]
    pub fn is_number(self) -> bool {
        self.integer_range().is_some() || matches!(self, Self::Double | Self::Decimal { .. })
    }

    /// Bytes that it takes in an index, `None` where an index needs a prefix.
    #[must_use]
    pub fn index_bytes(self) -> Option<u32> {
        match self {
            Self::Char { characters } | Self::Varchar { characters } => Some(characters * 4),
            Self::Varbinary { bytes } => Some(bytes),
            Self::Text | Self::LongText | Self::LongBlob => None,
            Self::Decimal { .. } => Some(30),
            _ => Some(8),
        }
    }

    /// Bytes that it takes in a page at least: long values lie elsewhere but for forty bytes.
    #[must_use]
    pub fn page_bytes(self) -> u32 {
        match self {
            Self::TinyInt => 1,
            Self::SmallInt => 2,
            Self::MediumInt | Self::Date => 3,
            Self::Int => 4,
            Self::Char { .. } | Self::Varchar { .. } | Self::Varbinary { .. } => {
                self.row_bytes().min(41)
            }
            Self::Text | Self::LongText | Self::LongBlob => 41,
            Self::Decimal { precision, .. } => u32::from(precision) / 2 + 2,
            _ => 8,
        }
    }

    /// Most bytes that it counts against the row limit of 65,535.
    #[must_use]
    pub fn row_bytes(self) -> u32 {
        match self {
            Self::Char { characters } | Self::Varchar { characters } => characters * 4 + 2,
            Self::Varbinary { bytes } => bytes + 2,
            Self::Text | Self::LongText | Self::LongBlob => 12,
            Self::Decimal { .. } => 30,
            _ => 8,
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TinyInt => out.write_str("TINYINT"),
            Self::SmallInt => out.write_str("SMALLINT"),
            Self::MediumInt => out.write_str("MEDIUMINT"),
            Self::Int => out.write_str("INT"),
            Self::BigInt => out.write_str("BIGINT"),
            Self::Double => out.write_str("DOUBLE"),
            Self::Decimal { precision, scale } => write!(out, "DECIMAL({precision},{scale})"),
            Self::Char { characters } => write!(out, "CHAR({characters})"),
            Self::Varchar { characters } => write!(out, "VARCHAR({characters})"),
            Self::Text => out.write_str("TEXT"),
            Self::LongText => out.write_str("LONGTEXT"),
            Self::Varbinary { bytes } => write!(out, "VARBINARY({bytes})"),
            Self::LongBlob => out.write_str("LONGBLOB"),
            Self::Timestamp { fraction: 0 } => out.write_str("TIMESTAMP"),
            Self::Timestamp { fraction } => write!(out, "TIMESTAMP({fraction})"),
            Self::DateTime { fraction: 0 } => out.write_str("DATETIME"),
            Self::DateTime { fraction } => write!(out, "DATETIME({fraction})"),
            Self::Date => out.write_str("DATE"),
        }
    }
}

impl From<ColumnType> for String {
    fn from(value: ColumnType) -> Self {
        value.to_string()
    }
}

/// A type text that is none of the target's types.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not a column type that a plan can hold (for example BIGINT, DOUBLE, DECIMAL(36,12), VARCHAR(64), LONGTEXT, LONGBLOB, DATETIME(6))"
)]
pub struct UnknownColumnType(pub String);

impl TryFrom<String> for ColumnType {
    type Error = UnknownColumnType;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        value.parse()
    }
}

impl FromStr for ColumnType {
    type Err = UnknownColumnType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownColumnType(text.to_owned());
        let upper = text.trim().to_ascii_uppercase();
        let (name, arguments) = match upper.split_once('(') {
            Some((name, rest)) => (name.trim(), rest.strip_suffix(')').ok_or_else(unknown)?),
            None => (upper.as_str(), ""),
        };
        let numbers: Vec<u32> = if arguments.is_empty() {
            Vec::new()
        } else {
            arguments
                .split(',')
                .map(|part| part.trim().parse())
                .collect::<Result<_, _>>()
                .map_err(|_| unknown())?
        };
        let small = |value: u32, most: u8| {
            u8::try_from(value)
                .ok()
                .filter(|value| *value <= most)
                .ok_or_else(unknown)
        };
        match (name, numbers.as_slice()) {
            ("TINYINT", []) => Ok(Self::TinyInt),
            ("SMALLINT", []) => Ok(Self::SmallInt),
            ("MEDIUMINT", []) => Ok(Self::MediumInt),
            ("INT", []) => Ok(Self::Int),
            ("BIGINT", []) => Ok(Self::BigInt),
            ("DOUBLE", []) => Ok(Self::Double),
            ("DECIMAL", [precision, scale]) if scale <= precision => Ok(Self::Decimal {
                precision: small(*precision, 65)?,
                scale: small(*scale, 30)?,
            }),
            ("CHAR", [characters @ 1..=255]) => Ok(Self::Char {
                characters: *characters,
            }),
            ("VARCHAR", [characters @ 1..=16_383]) => Ok(Self::Varchar {
                characters: *characters,
            }),
            ("TEXT", []) => Ok(Self::Text),
            ("LONGTEXT", []) => Ok(Self::LongText),
            ("VARBINARY", [bytes @ 1..=65_000]) => Ok(Self::Varbinary { bytes: *bytes }),
            ("LONGBLOB", []) => Ok(Self::LongBlob),
            ("TIMESTAMP", []) => Ok(Self::Timestamp { fraction: 0 }),
            ("TIMESTAMP", [fraction]) => Ok(Self::Timestamp {
                fraction: small(*fraction, 6)?,
            }),
            ("DATETIME", []) => Ok(Self::DateTime { fraction: 0 }),
            ("DATETIME", [fraction]) => Ok(Self::DateTime {
                fraction: small(*fraction, 6)?,
            }),
            ("DATE", []) => Ok(Self::Date),
            _ => Err(unknown()),
        }
    }
}

/// What the target server can do, as far as a schema depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerRules {
    /// Whether it is MariaDB (else MySQL).
    pub mariadb: bool,
    /// Collation that compares bytes and does not pad, like SQLite's BINARY.
    pub binary_collation: String,
    /// Whether that collation really does not pad (very old servers have only padding ones).
    pub binary_no_pad: bool,
    /// Whether columns can be INVISIBLE.
    pub invisible_columns: bool,
    /// Whether indexes can be descending.
    pub descending_indexes: bool,
    /// Most bytes of one index.
    pub index_bytes_max: u32,
    /// Largest packet that the server takes.
    pub packet_bytes_max: u64,
    /// Whether table names that differ only in case are one table.
    pub table_names_fold_case: bool,
}

impl ServerRules {
    /// The collation closest to SQLite's NOCASE for ASCII text without trailing blanks.
    #[must_use]
    pub fn nocase_collation(&self) -> &'static str {
        if self.mariadb {
            "utf8mb4_general_nopad_ci"
        } else {
            "utf8mb4_general_ci"
        }
    }
}

/// One column of a planned table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnPlan {
    /// Name in the target.
    pub name: String,
    /// Name in the source; absent for a column that only the catalogue has, or one with a constant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// The same text for every row (the timeframe of a candle table that has none).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub constant: Option<String>,
    /// Declared type in the source.
    pub declared: String,
    /// Type in the target.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Collation of a text column.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub collation: Option<String>,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Default as SQL text of the target.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default: Option<String>,
    /// Whether it is set to now by every update that does not assign it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub on_update_now: bool,
    /// Whether the server numbers new rows with it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub auto_increment: bool,
    /// How storage classes are told from the shown values.
    pub class_rule: ClassRule,
    /// What is preserved.
    pub fidelity: Fidelity,
    /// Whether doubles are rounded into the decimal.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub rounding: bool,
    /// Why this type, in a few words.
    pub reason: String,
}

impl ColumnPlan {
    /// The value rules of the column.
    #[must_use]
    pub fn carriage(&self) -> Carriage {
        Carriage {
            column_type: self.column_type,
            class_rule: self.class_rule,
            fidelity: self.fidelity,
            rounding: self.rounding,
        }
    }
}

/// What identifies a row in the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowKey {
    /// A primary key of these target columns.
    Columns(Vec<String>),
    /// An added, invisible primary key that holds the row's address in the source.
    Added(String),
}

/// How the source table is walked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Walk {
    /// By rowid, under this name of it.
    Rowid(String),
    /// In the table's own order; a row's address is its number in it.
    Natural,
}

/// One column of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexColumn {
    /// Target column.
    pub name: String,
    /// Characters or bytes that are indexed, where not the whole value.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub prefix: Option<u32>,
    /// Whether it sorts backwards.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub descending: bool,
}

/// An index of the target, made after the rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexPlan {
    /// Name.
    pub name: String,
    /// Whether it is unique.
    pub unique: bool,
    /// Whether uniqueness is held by a generated column with the SHA-256 of the values, which are too long for an index.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub hashed: bool,
    /// Its columns.
    pub columns: Vec<IndexColumn>,
}

/// A foreign key of the target, made after the rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKeyPlan {
    /// Name.
    pub name: String,
    /// Columns of this table.
    pub columns: Vec<String>,
    /// Target name of the other table.
    pub parent: String,
    /// Columns of the other table.
    pub parent_columns: Vec<String>,
    /// Action on update, `NO ACTION` where none.
    pub on_update: String,
    /// Action on delete.
    pub on_delete: String,
}

/// A CHECK of the target, made after the rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckPlan {
    /// Name.
    pub name: String,
    /// Expression in the target's words.
    pub expression: String,
}

/// A trigger of the target, made after the rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerPlan {
    /// Name.
    pub name: String,
    /// The whole CREATE TRIGGER statement.
    pub sql: String,
}

/// A definition of the source and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectPlan {
    /// view, trigger, check, index, foreign key, generated column, default, virtual table.
    pub kind: String,
    /// Its name, or the table's and column's.
    pub name: String,
    /// Table it belongs to.
    pub table: String,
    /// Whether the target has its equal.
    pub converted: bool,
    /// Why not, or into what.
    pub reason: String,
    /// Its text in the source.
    pub text: String,
}

/// One column of the order in which verification walks both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlan {
    /// Target column.
    pub name: String,
    /// Whether the target must be made to sort by bytes, because the column's collation sorts otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub by_bytes: bool,
}

/// A planned table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablePlan {
    /// Number of the source file in the plan.
    pub file: usize,
    /// Name in the source.
    pub source: String,
    /// Database in the target.
    pub database: String,
    /// Name in the target.
    pub name: String,
    /// Name of the catalogue's table, where it is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub catalogue: Option<String>,
    /// Rows counted in the source.
    pub rows: u64,
    /// How the source is walked.
    pub walk: Walk,
    /// What identifies a row.
    pub key: RowKey,
    /// The next automatic number, where the table has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_number: Option<u64>,
    /// The order of verification; empty means as a multiset.
    pub order: Vec<OrderPlan>,
    /// Columns in order.
    pub columns: Vec<ColumnPlan>,
    /// Indexes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub indexes: Vec<IndexPlan>,
    /// Foreign keys.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub foreign_keys: Vec<ForeignKeyPlan>,
    /// CHECKs.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub checks: Vec<CheckPlan>,
    /// Triggers.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub triggers: Vec<TriggerPlan>,
}

impl TablePlan {
    /// Columns that are filled from the source (or with a constant), in order.
    pub fn filled_columns(&self) -> impl Iterator<Item = &ColumnPlan> {
        self.columns
            .iter()
            .filter(|column| column.source.is_some() || column.constant.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_what_they_write() {
        for text in [
            "TINYINT",
            "BIGINT",
            "DOUBLE",
            "DECIMAL(36,12)",
            "CHAR(1)",
            "VARCHAR(64)",
            "TEXT",
            "LONGTEXT",
            "VARBINARY(3072)",
            "LONGBLOB",
            "TIMESTAMP",
            "TIMESTAMP(6)",
            "DATETIME(3)",
            "DATE",
        ] {
            assert_eq!(text.parse::<ColumnType>().unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "FLOAT",
            "VARCHAR",
            "VARCHAR(0)",
            "VARCHAR(99999)",
            "DECIMAL(10,12)",
            "DECIMAL(70,1)",
            "DATETIME(9)",
            "INT(",
        ] {
            assert!(wrong.parse::<ColumnType>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn integers_widen_from_the_declared_type_on() {
        assert_eq!(ColumnType::TinyInt.widened_for(0, 1), ColumnType::TinyInt);
        assert_eq!(
            ColumnType::TinyInt.widened_for(0, 300),
            ColumnType::SmallInt
        );
        assert_eq!(ColumnType::Int.widened_for(0, 1 << 40), ColumnType::BigInt);
    }
}
