//! Types of tables that are not of the catalogue: the narrowest that holds every value exactly.

use cbtrade_sqlite::RawColumn;

use super::{Findings, TableInput, WantedColumn};
use crate::carriage::{ClassRule, Fidelity};
use crate::expression::{ConvertedDefault, convert_default};
use crate::finding::{Decision, FindingKind};
use crate::model::{ColumnPlan, ColumnType, ObjectPlan, ServerRules};
use crate::name::{NameAllocator, NameKind};
use crate::profile::{ColumnProfile, Interest};

/// What a declared type asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// An integer type.
    Integer(ColumnType),
    /// A floating-point type.
    Real,
    /// A decimal with precision and scale.
    Decimal(u8, u8),
    /// Text, with a length where one is declared.
    Text(Option<u32>),
    /// Bytes.
    Blob,
    /// Date and time.
    DateTime,
    /// Date.
    Date,
    /// Nothing in particular.
    Open,
}

/// Reads a declared type by SQLite's affinity rules (<https://sqlite.org/datatype3.html>, section 3.1), and beyond
/// them the names that people bring along from other systems.
#[must_use]
pub fn declared_type(text: &str) -> Declared {
    let upper = text.trim().to_ascii_uppercase();
    let (name, arguments) = upper
        .split_once('(')
        .map_or((upper.as_str(), ""), |(name, rest)| (name.trim(), rest));
    let numbers: Vec<u32> = arguments
        .trim_end_matches(|letter: char| !letter.is_ascii_digit())
        .split(',')
        .filter_map(|part| part.trim().parse().ok())
        .collect();
    if upper.contains("INT") {
        return Declared::Integer(match name {
            "TINYINT" if !upper.contains("UNSIGNED") => ColumnType::TinyInt,
            "SMALLINT" | "INT2" if !upper.contains("UNSIGNED") => ColumnType::SmallInt,
            "MEDIUMINT" if !upper.contains("UNSIGNED") => ColumnType::MediumInt,
            "INT" | "INT4" if !upper.contains("UNSIGNED") => ColumnType::Int,
            _ => ColumnType::BigInt,
        });
    }
    if ["CHAR", "CLOB", "TEXT"]
        .iter()
        .any(|part| upper.contains(part))
    {
        return Declared::Text(
            numbers
                .first()
                .copied()
                .filter(|length| (1..=MAX_VARCHAR).contains(length)),
        );
    }
    if upper.contains("BLOB") {
        return Declared::Blob;
    }
    if ["REAL", "FLOA", "DOUB"]
        .iter()
        .any(|part| upper.contains(part))
    {
        return Declared::Real;
    }
    match (name, numbers.as_slice()) {
        ("BOOL" | "BOOLEAN", _) => Declared::Integer(ColumnType::TinyInt),
        ("DATETIME" | "TIMESTAMP", _) => Declared::DateTime,
        ("DATE", _) => Declared::Date,
        ("DECIMAL" | "NUMERIC" | "DEC" | "NUMBER" | "FIXED", [precision @ 1..=65, rest @ ..]) => {
            let scale = rest.first().copied().unwrap_or(0);
            let small = |value: u32| u8::try_from(value).unwrap_or(0);
            if scale <= 30 && scale <= *precision {
                Declared::Decimal(small(*precision), small(scale))
            } else {
                Declared::Open
            }
        }
        _ => Declared::Open,
    }
}

/// Longest VARCHAR that is planned; longer ones become LONGTEXT.
const MAX_VARCHAR: u32 = 4096;

/// Which questions the census must ask of a column.
#[must_use]
pub fn interest_of(column: &RawColumn, wanted: Option<&WantedColumn>) -> Interest {
    if let Some(wanted) = wanted {
        let dates = matches!(
            wanted.column_type,
            ColumnType::Timestamp { .. } | ColumnType::DateTime { .. } | ColumnType::Date
        );
        let decimal = match wanted.column_type {
            ColumnType::Decimal { precision, scale } => Some((precision, scale)),
            _ => None,
        };
        return Interest {
            decimal,
            dates,
            text_numbers: wanted.column_type.is_number(),
            characters_max: wanted.column_type.characters_max(),
            integer_range: wanted.column_type.integer_range(),
        };
    }
    let mut interest = Interest::default();
    match declared_type(&column.declared_type) {
        Declared::Decimal(precision, scale) => interest.decimal = Some((precision, scale)),
        Declared::Text(length) => interest.characters_max = length,
        Declared::Integer(kind) => {
            interest.integer_range = kind.integer_range();
            interest.decimal = Some(WIDE_DECIMAL);
        }
        Declared::DateTime | Declared::Date => interest.dates = true,
        _ => interest.decimal = Some(WIDE_DECIMAL),
    }
    interest
}

/// The widest decimal of the servers: what numbers go into that no integer and no double holds.
const WIDE_DECIMAL: (u8, u8) = (65, 30);

/// Plans all columns of a table that is not of the catalogue.
pub(super) fn columns(
    input: &TableInput<'_>,
    rules: &ServerRules,
    findings: &mut Findings<'_>,
    objects: &mut Vec<ObjectPlan>,
) -> Vec<ColumnPlan> {
    let mut names = NameAllocator::new(NameKind::Column);
    names.reserve(super::keys::ADDED_KEY);
    input
        .raw
        .columns
        .iter()
        .zip(&input.profile.columns)
        .map(|(raw, profile)| column(input, raw, profile, rules, &mut names, findings, objects))
        .collect()
}

/// Plans one column by its declaration and its values.
pub(super) fn column(
    input: &TableInput<'_>,
    raw: &RawColumn,
    profile: &ColumnProfile,
    rules: &ServerRules,
    names: &mut NameAllocator,
    findings: &mut Findings<'_>,
    objects: &mut Vec<ObjectPlan>,
) -> ColumnPlan {
    let name = names.allocate(&raw.name);
    if name != raw.name {
        findings.note(FindingKind::Renamed, Some(&raw.name), (1, &[]), format!("The server cannot have a column of this name beside the others; it is called `{name}` there."), Decision::Rename, &[]);
    }
    let chosen = choose(raw, profile, findings);
    let column_type = chosen.column_type;
    let mut plan = ColumnPlan {
        name,
        source: Some(raw.name.clone()),
        constant: None,
        declared: raw.declared_type.clone(),
        column_type,
        collation: column_type
            .is_text()
            .then(|| collation(raw, profile, rules)),
        nullable: !(raw.not_null && profile.nulls == 0) || may_show_null(column_type, profile),
        default: None,
        on_update_now: false,
        auto_increment: input.raw.rowid_alias.as_ref() == Some(&raw.name),
        class_rule: chosen.class_rule,
        fidelity: Fidelity::Exact,
        rounding: false,
        reason: chosen.reason,
    };
    if let Some(text) = &raw.default_sql {
        match convert_default(text, column_type) {
            ConvertedDefault::Sql(sql) => plan.default = Some(sql).filter(|sql| sql != "NULL"),
            ConvertedDefault::NotConverted(reason) => objects.push(ObjectPlan {
                kind: "default".to_owned(),
                name: raw.name.clone(),
                table: input.raw.name.clone(),
                converted: false,
                reason: reason.to_owned(),
                text: text.clone(),
            }),
        }
    }
    plan
}

/// Whether some value of the column is shown as NULL, its original being kept beside.
fn may_show_null(column_type: ColumnType, profile: &ColumnProfile) -> bool {
    let not_numbers = profile.texts + profile.blobs + profile.infinite.count;
    column_type.is_number() && not_numbers > 0
}

/// Whether a type that the operator wrote into the plan holds every value of the column as the planned one does.
pub(super) fn holds(planned: ColumnType, wanted: ColumnType, profile: &ColumnProfile) -> bool {
    // Numbers that are shown as text have at most 26 characters.
    const NUMBER_CHARACTERS_MAX: u64 = 26;
    let numbers = profile.integers + profile.reals > 0;
    let at_least = |length: u64| length.max(if numbers { NUMBER_CHARACTERS_MAX } else { 0 });
    match wanted {
        ColumnType::LongText => planned.is_text(),
        ColumnType::Varchar { characters } => {
            planned.is_text() && at_least(profile.text_characters_max) <= u64::from(characters)
        }
        ColumnType::LongBlob => {
            planned.is_text()
                || planned == ColumnType::LongBlob
                || matches!(planned, ColumnType::Varbinary { .. })
        }
        ColumnType::Varbinary { bytes } => {
            let bytes_planned =
                planned == ColumnType::LongBlob || matches!(planned, ColumnType::Varbinary { .. });
            bytes_planned
                && at_least(profile.text_bytes_max.max(profile.blob_bytes_max)) <= u64::from(bytes)
        }
        wanted => wanted.integer_range().is_some_and(|(low, high)| {
            planned.integer_range().is_some()
                && low <= profile.integer_min
                && profile.integer_max <= high
        }),
    }
}

struct Chosen {
    column_type: ColumnType,
    class_rule: ClassRule,
    reason: String,
}

fn chosen(column_type: ColumnType, class_rule: ClassRule, reason: impl Into<String>) -> Chosen {
    Chosen {
        column_type,
        class_rule,
        reason: reason.into(),
    }
}

fn choose(raw: &RawColumn, profile: &ColumnProfile, findings: &mut Findings<'_>) -> Chosen {
    let declared = declared_type(&raw.declared_type);
    let numbers = profile.integers + profile.reals;
    if profile.values() == 0 {
        return empty(declared);
    }
    if profile.blobs > 0 || profile.texts_invalid.count > 0 {
        return bytes(raw, profile, findings);
    }
    if numbers == 0 {
        return text(declared, raw, profile, findings);
    }
    if profile.texts > 0 || profile.infinite.count > 0 {
        return number_in_text(declared, raw, profile, findings);
    }
    number(declared, raw, profile, findings)
}

fn empty(declared: Declared) -> Chosen {
    let reason = "no values; by its declared type";
    match declared {
        Declared::Integer(kind) => chosen(kind, ClassRule::Integer, reason),
        Declared::Real => chosen(ColumnType::Double, ClassRule::Real, reason),
        Declared::Decimal(precision, scale) => chosen(
            ColumnType::Decimal { precision, scale },
            ClassRule::Numeric,
            reason,
        ),
        Declared::Text(Some(characters)) => {
            chosen(ColumnType::Varchar { characters }, ClassRule::Text, reason)
        }
        Declared::Text(None) | Declared::Open => {
            chosen(ColumnType::LongText, ClassRule::Text, reason)
        }
        Declared::Blob => chosen(ColumnType::LongBlob, ClassRule::Blob, reason),
        Declared::DateTime => chosen(
            ColumnType::DateTime { fraction: 0 },
            ClassRule::Text,
            reason,
        ),
        Declared::Date => chosen(ColumnType::Date, ClassRule::Text, reason),
    }
}

fn bytes(raw: &RawColumn, profile: &ColumnProfile, findings: &mut Findings<'_>) -> Chosen {
    if profile.texts_invalid.count > 0 {
        let meaning =
            "Texts that are not valid UTF-8; the target keeps their bytes in a column of bytes."
                .to_owned();
        findings.seen(
            FindingKind::InvalidText,
            &raw.name,
            &profile.texts_invalid,
            meaning,
            Decision::Widen,
            &[],
        );
    }
    let numbers = profile.integers + profile.reals;
    let like_numbers = profile.texts_like_integer + profile.texts_like_real;
    let beside = [
        (ClassRule::Blob, profile.texts + numbers),
        (ClassRule::Text, profile.blobs + numbers),
        (ClassRule::Numeric, profile.blobs + like_numbers),
    ];
    let (class_rule, departures) = fewest(&beside);
    if profile.mixed() {
        mixed(raw, profile, departures, "bytes", findings);
    }
    let reason = if profile.texts_invalid.count > 0 {
        "text that is not valid UTF-8"
    } else {
        "values of bytes"
    };
    chosen(ColumnType::LongBlob, class_rule, reason)
}

/// The rule with the fewest values to be kept beside; the first of equals.
fn fewest(candidates: &[(ClassRule, u64)]) -> (ClassRule, u64) {
    candidates
        .iter()
        .copied()
        .min_by_key(|(_, departures)| *departures)
        .unwrap_or((ClassRule::Text, 0))
}

fn mixed(
    raw: &RawColumn,
    profile: &ColumnProfile,
    departures: u64,
    shown_as: &str,
    findings: &mut Findings<'_>,
) {
    let kept = if departures > 0 {
        format!(
            " For {departures} of them the storage class would not be clear from what is shown; their exact originals are kept beside the rows."
        )
    } else {
        String::new()
    };
    let meaning = format!(
        "Values of several storage classes in one column ({} integers, {} reals, {} texts, {} blobs); all are shown as {shown_as}.{kept}",
        profile.integers, profile.reals, profile.texts, profile.blobs
    );
    findings.seen(
        FindingKind::MixedClasses,
        &raw.name,
        &profile.other_class,
        meaning,
        Decision::Widen,
        &[],
    );
}

fn text(
    declared: Declared,
    raw: &RawColumn,
    profile: &ColumnProfile,
    findings: &mut Findings<'_>,
) -> Chosen {
    match declared {
        Declared::DateTime
            if profile.dates_plain == profile.texts && profile.dates_out_of_datetime.count == 0 =>
        {
            return chosen(
                ColumnType::DateTime { fraction: 0 },
                ClassRule::Text,
                "every text is exactly YYYY-MM-DD HH:MM:SS",
            );
        }
        Declared::Date
            if profile.dates_only == profile.texts && profile.dates_out_of_datetime.count == 0 =>
        {
            return chosen(
                ColumnType::Date,
                ClassRule::Text,
                "every text is exactly YYYY-MM-DD",
            );
        }
        _ => {}
    }
    let Declared::Text(Some(length)) = declared else {
        return chosen(
            ColumnType::LongText,
            ClassRule::Text,
            "text without a declared length",
        );
    };
    if profile.text_characters_max <= u64::from(length) {
        return chosen(
            ColumnType::Varchar { characters: length },
            ClassRule::Text,
            "text within its declared length",
        );
    }
    let meaning = format!(
        "Texts of up to {} characters in a column declared for {length}; SQLite does not enforce the length. The target column is made wide enough.",
        profile.text_characters_max
    );
    findings.seen(
        FindingKind::TextTooLong,
        &raw.name,
        &profile.texts_too_long,
        meaning,
        Decision::Widen,
        &[],
    );
    chosen(
        wide_text(profile.text_characters_max),
        ClassRule::Text,
        format!("text longer than its declared {length} characters"),
    )
}

/// A text type for texts of up to so many characters, with room to grow.
pub(super) fn wide_text(characters: u64) -> ColumnType {
    match u32::try_from(characters.next_power_of_two()) {
        Ok(characters) if characters <= MAX_VARCHAR => ColumnType::Varchar {
            characters: characters.max(64),
        },
        _ => ColumnType::LongText,
    }
}

/// Numbers and texts (or infinities) in one column: all are shown as text, unless the operator wants the numbers kept
/// as numbers and the rest beside them.
fn number_in_text(
    declared: Declared,
    raw: &RawColumn,
    profile: &ColumnProfile,
    findings: &mut Findings<'_>,
) -> Chosen {
    let like_numbers = profile.texts_like_integer + profile.texts_like_real;
    let (class_rule, departures) = fewest(&[
        (ClassRule::Numeric, like_numbers),
        (ClassRule::Text, profile.integers + profile.reals),
    ]);
    let decision = if profile.texts > 0 {
        let kept = if departures > 0 {
            format!(
                " For {departures} of them the storage class would not be clear; their exact originals are kept beside the rows."
            )
        } else {
            String::new()
        };
        let meaning = format!(
            "{} numbers and {} texts in one column declared `{}`; all are shown as text.{kept} Choose `quarantine` to keep a column of numbers, with NULL shown for the texts and the originals beside.",
            profile.integers + profile.reals,
            profile.texts,
            raw.declared_type
        );
        findings.seen(
            FindingKind::MixedClasses,
            &raw.name,
            &profile.other_class,
            meaning,
            Decision::Widen,
            &[Decision::Quarantine],
        )
    } else {
        let meaning = "Infinite numbers, which no number column of the server holds; the column becomes text and shows them as Inf. Choose `quarantine` to keep a column of numbers, with NULL shown and the originals beside.".to_owned();
        findings.seen(
            FindingKind::Infinite,
            &raw.name,
            &profile.infinite,
            meaning,
            Decision::Widen,
            &[Decision::Quarantine],
        )
    };
    if decision == Decision::Quarantine {
        let mut kept = number(declared, raw, profile, findings);
        kept.reason = format!("{}; other values are kept beside the rows", kept.reason);
        return kept;
    }
    chosen(
        ColumnType::LongText,
        class_rule,
        "numbers and texts in one column",
    )
}

fn number(
    declared: Declared,
    raw: &RawColumn,
    profile: &ColumnProfile,
    findings: &mut Findings<'_>,
) -> Chosen {
    if let Declared::Decimal(precision, scale) = declared {
        if profile.decimals_too_small.count == 0 && profile.reals_rounded.count == 0 {
            let rule = if profile.integers >= profile.reals_integral {
                ClassRule::Numeric
            } else {
                ClassRule::Real
            };
            return chosen(
                ColumnType::Decimal { precision, scale },
                rule,
                "every value is exact in the declared decimal",
            );
        }
        let meaning = format!(
            "Numbers that DECIMAL({precision},{scale}) would change; SQLite does not enforce the declaration. The target column is made a double, which holds them exactly."
        );
        let seen = if profile.decimals_too_small.count > 0 {
            &profile.decimals_too_small
        } else {
            &profile.reals_rounded
        };
        findings.seen(
            FindingKind::DecimalTooSmall,
            &raw.name,
            seen,
            meaning,
            Decision::Widen,
            &[],
        );
    }
    if profile.reals == 0 {
        return integer(declared, raw, profile, findings);
    }
    if profile.negative_zeros.count > 0 {
        let meaning = "Negative zeros, which the server stores as 0 (equal in every comparison); their exact originals are kept beside the rows.".to_owned();
        findings.seen(
            FindingKind::NegativeZero,
            &raw.name,
            &profile.negative_zeros,
            meaning,
            Decision::Quarantine,
            &[],
        );
    }
    if profile.integers == 0 {
        let rule = if profile.reals_integral == 0 {
            ClassRule::Numeric
        } else {
            ClassRule::Real
        };
        return chosen(ColumnType::Double, rule, "real numbers");
    }
    if profile.integers_beyond_double == 0 {
        let (rule, departures) = fewest(&[
            (ClassRule::Numeric, profile.reals_integral),
            (ClassRule::Real, profile.integers),
        ]);
        if departures > 0 {
            mixed(raw, profile, departures, "doubles", findings);
        }
        return chosen(
            ColumnType::Double,
            rule,
            "integers and real numbers, all exact as doubles",
        );
    }
    let meaning_shown = "text, because neither an integer nor a double type holds all of them";
    let (precision, scale) = WIDE_DECIMAL;
    if profile.scale_max <= u32::from(scale)
        && profile.integer_digits_max <= u32::from(precision - scale)
        && profile.negative_zeros.count == 0
    {
        mixed(raw, profile, profile.reals_integral, "decimals", findings);
        return chosen(
            ColumnType::Decimal { precision, scale },
            ClassRule::Numeric,
            "integers too large for a double beside real numbers",
        );
    }
    mixed(raw, profile, 0, meaning_shown, findings);
    chosen(ColumnType::LongText, ClassRule::Numeric, meaning_shown)
}

fn integer(
    declared: Declared,
    raw: &RawColumn,
    profile: &ColumnProfile,
    findings: &mut Findings<'_>,
) -> Chosen {
    let Declared::Integer(kind) = declared else {
        return chosen(
            ColumnType::BigInt,
            ClassRule::Integer,
            "every value is an integer",
        );
    };
    let wide = kind.widened_for(profile.integer_min, profile.integer_max);
    if wide == kind {
        return chosen(
            kind,
            ClassRule::Integer,
            "integers within the declared type",
        );
    }
    let meaning = format!(
        "Integers from {} to {} in a column declared `{}`; SQLite does not enforce the range. The target column is made {wide}.",
        profile.integer_min, profile.integer_max, raw.declared_type
    );
    findings.seen(
        FindingKind::IntegerTooLarge,
        &raw.name,
        &profile.integers_out_of_range,
        meaning,
        Decision::Widen,
        &[],
    );
    chosen(
        wide,
        ClassRule::Integer,
        "integers beyond the declared type",
    )
}

/// The collation that compares like the source column's.
pub(super) fn collation(raw: &RawColumn, profile: &ColumnProfile, rules: &ServerRules) -> String {
    match raw.collation.to_ascii_uppercase().as_str() {
        "RTRIM" => "utf8mb4_bin".to_owned(),
        "NOCASE"
            if profile.texts_not_ascii == 0
                && profile.texts_trailing_blank == 0
                && !profile.mixed() =>
        {
            rules.nocase_collation().to_owned()
        }
        _ => rules.binary_collation.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types() {
        assert_eq!(
            declared_type("INTEGER"),
            Declared::Integer(ColumnType::BigInt)
        );
        assert_eq!(declared_type("int(11)"), Declared::Integer(ColumnType::Int));
        assert_eq!(
            declared_type("INT UNSIGNED"),
            Declared::Integer(ColumnType::BigInt)
        );
        assert_eq!(
            declared_type("FLOATING POINT"),
            Declared::Integer(ColumnType::BigInt)
        );
        assert_eq!(declared_type("VARCHAR(64)"), Declared::Text(Some(64)));
        assert_eq!(declared_type("VARCHAR(0)"), Declared::Text(None));
        assert_eq!(declared_type("DECIMAL(10, 2)"), Declared::Decimal(10, 2));
        assert_eq!(declared_type("DECIMAL(2,10)"), Declared::Open);
        assert_eq!(declared_type("DOUBLE PRECISION"), Declared::Real);
        assert_eq!(declared_type(""), Declared::Open);
        assert_eq!(declared_type("timestamp"), Declared::DateTime);
    }
}
