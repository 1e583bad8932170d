//! Findings: what the census saw that the operator should know, and what is done about it.

use serde::{Deserialize, Serialize};

/// What was found. The text form is used in plan files and never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// Doubles whose digits beyond the declared decimal are rounded, by at most one part in 10^12.
    Rounding,
    /// Numbers that the declared decimal would change by more than that.
    DecimalTooSmall,
    /// Integers beyond the declared integer type.
    IntegerTooLarge,
    /// Numbers with a fraction in an integer column.
    FractionInInteger,
    /// Text longer than declared.
    TextTooLong,
    /// Text that is not valid UTF-8.
    InvalidText,
    /// Several storage classes in one column.
    MixedClasses,
    /// A value whose storage class the target column cannot show.
    ClassBeside,
    /// A negative zero, which servers store as zero.
    NegativeZero,
    /// An infinite number.
    Infinite,
    /// Text without a numeric meaning in a numeric column of the catalogue.
    NotANumber,
    /// An empty or zero date in a date column of the catalogue.
    EmptyDate,
    /// An empty text in a number column of the catalogue.
    EmptyNumber,
    /// Text without a meaning as a date in a date column of the catalogue.
    NotADate,
    /// Dates outside the range of TIMESTAMP.
    DateOutOfRange,
    /// Dates with a fraction of a second.
    FractionOfSecond,
    /// Another way of writing the same number or instant.
    OtherForm,
    /// Trailing blanks that a CHAR column would strip.
    TrailingBlank,
    /// Keys that the target's collation takes for equal.
    EqualKeys,
    /// A primary key that the target cannot have.
    KeyNotPossible,
    /// A name that the target cannot have.
    Renamed,
    /// A column that only the legacy file has.
    LegacyColumn,
    /// A column of the catalogue that the legacy file lacks.
    MissingColumn,
    /// Rows that break a foreign key.
    ForeignKeyViolated,
    /// A definition without an equal in the target.
    NotConverted,
    /// More columns than a table of the server can have.
    TooManyColumns,
    /// A row or value larger than the server takes.
    TooLarge,
    /// Damage in the file.
    Damage,
}

/// What is done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Make the column wide enough for every value.
    Widen,
    /// Keep the exact original beside the row; the column shows the nearest value it can, or NULL.
    Quarantine,
    /// Round as the rule allows.
    Round,
    /// Take over in the form of the target type.
    Convert,
    /// Give it another name.
    Rename,
    /// Leave it out of the target and list it with its text.
    List,
    /// Take it as it is.
    Keep,
    /// Do not go on.
    Stop,
}

/// One place where something was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The row's address in the source: its rowid, or its number in key order.
    pub row: i64,
    /// The value, shortened for people.
    pub value: String,
}

/// Something the operator should know, with the decision taken or asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable name: `database.table.column:kind`.
    pub id: String,
    /// What was found.
    pub kind: FindingKind,
    /// Table in the source.
    pub table: String,
    /// Column in the source, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<String>,
    /// How many rows (or objects) it concerns.
    pub count: u64,
    /// Up to three places.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub samples: Vec<Sample>,
    /// What it means, in one or two sentences.
    pub meaning: String,
    /// The decision in force. `stop` means that nothing goes on until another one is chosen.
    pub decision: Decision,
    /// What may be chosen instead.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub choices: Vec<Decision>,
}

impl Finding {
    /// Whether this finding keeps the migration from going on.
    #[must_use]
    pub fn stops(&self) -> bool {
        self.decision == Decision::Stop
    }
}

/// The stable name of a finding.
#[must_use]
pub fn finding_id(table: &str, column: Option<&str>, kind: FindingKind) -> String {
    let kind = serde_name(kind);
    match column {
        Some(column) => format!("{table}.{column}:{kind}"),
        None => format!("{table}:{kind}"),
    }
}

/// The kebab-case name of a kind, as in plan files.
#[must_use]
pub fn serde_name(kind: FindingKind) -> String {
    let debug = format!("{kind:?}");
    let mut name = String::with_capacity(debug.len() + 4);
    for letter in debug.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
