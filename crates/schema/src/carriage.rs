//! How one stored value reads, compares and travels: the value rules used by census and copy.
//!
//! A [`Carriage`] says what a target column shows for a source value. Where the shown value alone would
//! not give the source value back, storage class and bits included, the copier keeps the exact original
//! beside the row ([`Departure::Original`]). The verifier has its own reading of the same rules and
//! shares none of this code.

use cbtrade_sqlite::ValueRef;
use serde::{Deserialize, Serialize};

use crate::model::ColumnType;
use crate::moment::{Moment, parse_date_text};
use crate::number::{
    LooksLike, Rounded, ShortestDecimal, TextNumber, exact_in_double, integral, looks_like,
    real_text,
};

/// Which storage class the values of a target column had in the source, where nothing is kept beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassRule {
    /// All were INTEGER.
    Integer,
    /// All were REAL.
    Real,
    /// All were TEXT.
    Text,
    /// All were BLOB.
    Blob,
    /// Whole numbers (or texts exactly like an integer's) were INTEGER, other numbers REAL, other texts TEXT.
    Numeric,
}

/// What "the same value" means for a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fidelity {
    /// Storage class and every bit: any table that is not of the catalogue.
    Exact,
    /// The same number, instant or text in the catalogue's type; the way of writing it may change.
    Meaning,
}

/// The rules for one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carriage {
    /// Type of the target column.
    pub column_type: ColumnType,
    /// How storage classes are told.
    pub class_rule: ClassRule,
    /// What must be preserved.
    pub fidelity: Fidelity,
    /// Whether doubles may be rounded half-even into a decimal, by at most one part in 10^12.
    pub rounding: bool,
}

/// A value as the target is given it.
#[derive(Clone, Debug, PartialEq)]
pub enum Encoded {
    /// NULL.
    Null,
    /// An integer.
    Integer(i64),
    /// A finite double.
    Double(f64),
    /// Text or bytes, or a decimal in plain notation.
    Bytes(Vec<u8>),
    /// Calendar fields in UTC with microseconds.
    DateTime(u16, u8, u8, u8, u8, u8, u32),
}

/// How the shown value relates to the source value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Departure {
    /// The shown value and the rules give the source value back.
    None,
    /// Rounded within the rule; relative error.
    Rounded(f64),
    /// The same meaning in another form (catalogue columns only).
    OtherForm,
    /// The exact original goes beside the row.
    Original(OriginalReason),
}

/// Why an original is kept beside its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginalReason {
    /// The column shows the value, but not its storage class.
    StorageClass,
    /// -0.0 is shown as 0.
    NegativeZero,
    /// An infinity cannot be shown.
    Infinite,
    /// An empty or zero date, or an empty text for a number, shown as NULL.
    Empty,
    /// The column cannot show the value; it shows NULL or the nearest it can.
    NotShown,
}

impl OriginalReason {
    /// The text stored in the target.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StorageClass => "storage-class",
            Self::NegativeZero => "negative-zero",
            Self::Infinite => "infinite",
            Self::Empty => "empty",
            Self::NotShown => "not-shown",
        }
    }
}

/// Bytes that a TEXT column holds.
pub const TEXT_BYTES_MAX: usize = 65_535;

type Carried = (Encoded, Departure);

/// What an empty text becomes where the catalogue wants a number or a date.
const EMPTY: Carried = (Encoded::Null, Departure::Original(OriginalReason::Empty));

const NOT_SHOWN: Carried = (Encoded::Null, Departure::Original(OriginalReason::NotShown));

impl Carriage {
    /// The value for the target, and how it departs from the source.
    #[must_use]
    pub fn encode(&self, value: ValueRef<'_>) -> Carried {
        if matches!(value, ValueRef::Null) {
            return (Encoded::Null, Departure::None);
        }
        let empty_number = self.fidelity == Fidelity::Meaning
            && self.column_type.is_number()
            && matches!(value, ValueRef::Text(b""));
        if empty_number {
            return EMPTY;
        }
        match self.column_type {
            ColumnType::TinyInt
            | ColumnType::SmallInt
            | ColumnType::MediumInt
            | ColumnType::Int
            | ColumnType::BigInt => self.encode_integer(value),
            ColumnType::Double => self.encode_double(value),
            ColumnType::Decimal { precision, scale } => {
                self.encode_decimal(value, u32::from(precision), u32::from(scale))
            }
            ColumnType::Char { .. }
            | ColumnType::Varchar { .. }
            | ColumnType::Text
            | ColumnType::LongText => self.encode_text(value),
            ColumnType::Varbinary { .. } | ColumnType::LongBlob => self.encode_bytes(value),
            ColumnType::Timestamp { fraction } => self.encode_moment(value, fraction, true),
            ColumnType::DateTime { fraction } => self.encode_moment(value, fraction, false),
            ColumnType::Date => encode_date(value),
        }
    }

    /// Departure for a value that is shown faithfully and whose storage class is `class`, read back as `rule` says.
    fn class_departure(&self, as_expected: bool) -> Departure {
        match (as_expected, self.fidelity) {
            (true, _) => Departure::None,
            (false, Fidelity::Exact) => Departure::Original(OriginalReason::StorageClass),
            (false, Fidelity::Meaning) => Departure::OtherForm,
        }
    }

    fn encode_integer(&self, value: ValueRef<'_>) -> Carried {
        let Some((low, high)) = self.column_type.integer_range() else {
            return NOT_SHOWN;
        };
        let shown = match value {
            ValueRef::Integer(integer) => Some((integer, true)),
            #[expect(clippy::cast_possible_truncation, reason = "in range by `integral`")]
            ValueRef::Real(real)
                if self.fidelity == Fidelity::Meaning && integral(real) && !negative_zero(real) =>
            {
                Some((real as i64, false))
            }
            ValueRef::Text(text) if self.fidelity == Fidelity::Meaning => {
                self.integer_of_text(text).map(|integer| (integer, false))
            }
            _ => None,
        };
        match shown {
            Some((integer, as_expected)) if (low..=high).contains(&integer) => {
                (Encoded::Integer(integer), self.class_departure(as_expected))
            }
            _ => NOT_SHOWN,
        }
    }

    fn integer_of_text(&self, text: &[u8]) -> Option<i64> {
        let text = std::str::from_utf8(text).ok()?;
        if matches!(self.column_type, ColumnType::TinyInt)
            && let Some(flag) = flag_of_word(text)
        {
            return Some(i64::from(flag));
        }
        TextNumber::parse(text)?.to_i64()
    }

    fn encode_double(&self, value: ValueRef<'_>) -> Carried {
        match value {
            ValueRef::Real(real) if negative_zero(real) => (
                Encoded::Double(0.0),
                Departure::Original(OriginalReason::NegativeZero),
            ),
            ValueRef::Real(real) if real.is_infinite() => {
                (Encoded::Null, Departure::Original(OriginalReason::Infinite))
            }
            ValueRef::Real(real) if real.is_nan() => NOT_SHOWN,
            ValueRef::Real(real) => {
                let as_expected = self.fidelity == Fidelity::Meaning
                    || self.class_rule == ClassRule::Real
                    || !integral(real);
                (Encoded::Double(real), self.class_departure(as_expected))
            }
            #[expect(clippy::cast_precision_loss, reason = "exact by `exact_in_double`")]
            ValueRef::Integer(integer) if exact_in_double(integer) => {
                let as_expected =
                    self.fidelity == Fidelity::Meaning || self.class_rule == ClassRule::Numeric;
                (
                    Encoded::Double(integer as f64),
                    self.class_departure(as_expected),
                )
            }
            ValueRef::Text(text) if self.fidelity == Fidelity::Meaning => double_of_text(text)
                .map_or(NOT_SHOWN, |real| {
                    (Encoded::Double(real), Departure::OtherForm)
                }),
            _ => NOT_SHOWN,
        }
    }

    fn encode_decimal(&self, value: ValueRef<'_>, precision: u32, scale: u32) -> Carried {
        let whole_max = precision - scale;
        match value {
            ValueRef::Integer(integer) => {
                let text = integer.to_string();
                if text.trim_start_matches('-').len() > whole_max as usize && integer != 0 {
                    return NOT_SHOWN;
                }
                let as_expected =
                    self.fidelity == Fidelity::Meaning || self.class_rule == ClassRule::Numeric;
                (
                    Encoded::Bytes(text.into_bytes()),
                    self.class_departure(as_expected),
                )
            }
            ValueRef::Real(real) => self.decimal_of_real(real, whole_max, scale),
            ValueRef::Text(text) if self.fidelity == Fidelity::Meaning => {
                let number = std::str::from_utf8(text).ok().and_then(TextNumber::parse);
                match number {
                    Some(number)
                        if number.scale() <= scale && number.integer_digits() <= whole_max =>
                    {
                        (
                            Encoded::Bytes(number.plain().into_bytes()),
                            Departure::OtherForm,
                        )
                    }
                    _ => NOT_SHOWN,
                }
            }
            _ => NOT_SHOWN,
        }
    }

    fn decimal_of_real(&self, real: f64, whole_max: u32, scale: u32) -> Carried {
        let Some(shortest) = ShortestDecimal::of(real) else {
            return (Encoded::Null, Departure::Original(OriginalReason::Infinite));
        };
        let (shown, rounded) = if self.rounding && shortest.rounds_within_rule(scale) {
            shortest.round(scale)
        } else {
            (shortest, Rounded::Exact)
        };
        if shown.scale() > scale || shown.integer_digits() > whole_max {
            return NOT_SHOWN;
        }
        let mut text = Vec::with_capacity(24);
        shown.write_plain(&mut text);
        if negative_zero(real) {
            return (
                Encoded::Bytes(text),
                Departure::Original(OriginalReason::NegativeZero),
            );
        }
        if let Rounded::Off(ratio) = rounded {
            return (Encoded::Bytes(text), Departure::Rounded(ratio));
        }
        let as_expected = self.fidelity == Fidelity::Meaning
            || self.class_rule == ClassRule::Real
            || !integral(real);
        (Encoded::Bytes(text), self.class_departure(as_expected))
    }

    fn encode_text(&self, value: ValueRef<'_>) -> Carried {
        let limit = self.column_type.characters_max();
        let (bytes, as_expected) = match value {
            ValueRef::Text(text) => {
                let Ok(valid) = std::str::from_utf8(text) else {
                    return NOT_SHOWN;
                };
                if let Some(limit) = limit
                    && text.len() > limit as usize
                    && valid.chars().count() > limit as usize
                {
                    return NOT_SHOWN;
                }
                let stripped =
                    matches!(self.column_type, ColumnType::Char { .. }) && text.ends_with(b" ");
                if stripped || (self.column_type == ColumnType::Text && text.len() > TEXT_BYTES_MAX)
                {
                    return NOT_SHOWN;
                }
                (
                    text.to_vec(),
                    self.class_rule == ClassRule::Text || looks_like(text) == LooksLike::Text,
                )
            }
            ValueRef::Integer(integer) => (
                integer.to_string().into_bytes(),
                self.class_rule == ClassRule::Numeric,
            ),
            ValueRef::Real(real) => (
                real_text(real).into_bytes(),
                self.class_rule == ClassRule::Numeric,
            ),
            _ => return NOT_SHOWN,
        };
        if limit.is_some_and(|limit| {
            !matches!(value, ValueRef::Text(_)) && bytes.len() > limit as usize
        }) {
            return NOT_SHOWN;
        }
        (Encoded::Bytes(bytes), self.class_departure(as_expected))
    }

    fn encode_bytes(&self, value: ValueRef<'_>) -> Carried {
        let (bytes, as_expected) = match value {
            ValueRef::Text(text) => (
                text.to_vec(),
                self.class_rule == ClassRule::Text
                    || (self.class_rule == ClassRule::Numeric
                        && looks_like(text) == LooksLike::Text),
            ),
            ValueRef::Blob(blob) => (blob.to_vec(), self.class_rule == ClassRule::Blob),
            ValueRef::Integer(integer) => (
                integer.to_string().into_bytes(),
                self.class_rule == ClassRule::Numeric,
            ),
            ValueRef::Real(real) => (
                real_text(real).into_bytes(),
                self.class_rule == ClassRule::Numeric,
            ),
            ValueRef::Null => return (Encoded::Null, Departure::None),
        };
        if let ColumnType::Varbinary { bytes: limit } = self.column_type
            && bytes.len() > limit as usize
        {
            return NOT_SHOWN;
        }
        (Encoded::Bytes(bytes), self.class_departure(as_expected))
    }

    fn encode_moment(&self, value: ValueRef<'_>, fraction: u8, timestamp: bool) -> Carried {
        let date = match value {
            ValueRef::Text(text) => parse_date_text(text),
            _ => None,
        };
        let (moment, plain) = match date {
            Some(date) => (date.moment, date.plain),
            None if self.fidelity == Fidelity::Exact => return NOT_SHOWN,
            None => match unix_time(value) {
                UnixTime::Moment(moment) => (moment, false),
                UnixTime::Empty => return EMPTY,
                UnixTime::Other => return NOT_SHOWN,
            },
        };
        if self.fidelity == Fidelity::Exact && !plain {
            return NOT_SHOWN;
        }
        let unit = 10_u32.pow(9 - u32::from(fraction.min(6)));
        if !moment.nanoseconds.is_multiple_of(unit) || !moment_in_range(moment, timestamp) {
            return NOT_SHOWN;
        }
        (
            encoded_moment(moment),
            if plain {
                Departure::None
            } else {
                Departure::OtherForm
            },
        )
    }
}

/// First and last second that TIMESTAMP holds on every supported server (0 means "no date" to them).
pub const TIMESTAMP_SECONDS: std::ops::RangeInclusive<i64> = 1..=2_147_483_647;

/// First and last second that DATETIME holds: the years 1000 to 9999.
pub const DATETIME_SECONDS: std::ops::RangeInclusive<i64> = -30_610_224_000..=253_402_300_799;

fn moment_in_range(moment: Moment, timestamp: bool) -> bool {
    if timestamp {
        TIMESTAMP_SECONDS.contains(&moment.seconds)
    } else {
        DATETIME_SECONDS.contains(&moment.seconds)
    }
}

fn encoded_moment(moment: Moment) -> Encoded {
    let (year, month, day, hour, minute, second) = moment.fields();
    Encoded::DateTime(
        u16::try_from(year).unwrap_or(0),
        month,
        day,
        hour,
        minute,
        second,
        moment.nanoseconds / 1000,
    )
}

fn encode_date(value: ValueRef<'_>) -> Carried {
    match value {
        ValueRef::Text(text) => match parse_date_text(text) {
            Some(date) if date.date_only && moment_in_range(date.moment, false) => {
                (encoded_moment(date.moment), Departure::None)
            }
            _ => NOT_SHOWN,
        },
        _ => NOT_SHOWN,
    }
}

/// What a word says in a column of flags.
#[must_use]
pub fn flag_of_word(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" => Some(true),
        "false" | "f" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

/// Whether a double is -0.0.
#[must_use]
pub fn negative_zero(real: f64) -> bool {
    real == 0.0 && real.is_sign_negative()
}

/// Whether a date text stands for "no date".
#[must_use]
pub fn empty_date(text: &[u8]) -> bool {
    text.is_empty() || text.starts_with(b"0000-00-00")
}

fn double_of_text(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let number = TextNumber::parse(text)?;
    let real: f64 = text.parse().ok()?;
    let back = ShortestDecimal::of(real)?;
    let same =
        number.digits == back.digits.to_string() || (number.digits.is_empty() && back.digits == 0);
    (same && !negative_zero(real)).then_some(real)
}

/// What a value of a date column stands for, if it is no date text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnixTime {
    /// An instant.
    Moment(Moment),
    /// No date: empty, zero, or a zero date.
    Empty,
    /// Something else.
    Other,
}

/// Reads a number, or the text of one, as unix time: seconds from 10^8 on (1973), milliseconds above 10^11, to the
/// microsecond. Smaller numbers are none: they may be Julian days or counters, and nothing is guessed.
#[must_use]
pub fn unix_time(value: ValueRef<'_>) -> UnixTime {
    let number = match value {
        ValueRef::Integer(integer) => TextNumber::parse(&integer.to_string()),
        ValueRef::Real(real) if real.is_finite() => TextNumber::parse(&real_text(real)),
        ValueRef::Text(text) if empty_date(text) => return UnixTime::Empty,
        ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(TextNumber::parse),
        _ => None,
    };
    match number {
        Some(number) if number.digits.is_empty() => UnixTime::Empty,
        Some(number) => moment_of_number(&number).map_or(UnixTime::Other, UnixTime::Moment),
        None => UnixTime::Other,
    }
}

fn moment_of_number(number: &TextNumber) -> Option<Moment> {
    const SECONDS_MIN: u64 = 100_000_000;
    if number.scale() > 6 || number.integer_digits() > 15 {
        return None;
    }
    let power = u32::try_from(number.exponent + 6).ok()?;
    let micros = number
        .digits
        .parse::<i128>()
        .ok()?
        .checked_mul(10_i128.checked_pow(power)?)?;
    let micros = if number.negative { -micros } else { micros };
    let seconds = micros.unsigned_abs() / 1_000_000;
    let micros = match seconds {
        _ if seconds < u128::from(SECONDS_MIN) => return None,
        _ if seconds <= u128::from(crate::moment::UNIX_SECONDS_MAX.unsigned_abs()) => micros,
        _ if micros % 1000 == 0 => micros / 1000,
        _ => return None,
    };
    let nanoseconds = u32::try_from(micros.rem_euclid(1_000_000)).ok()? * 1000;
    Some(Moment {
        seconds: i64::try_from(micros.div_euclid(1_000_000)).ok()?,
        nanoseconds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carriage(column_type: ColumnType, class_rule: ClassRule, fidelity: Fidelity) -> Carriage {
        Carriage {
            column_type,
            class_rule,
            fidelity,
            rounding: fidelity == Fidelity::Meaning,
        }
    }

    fn money() -> Carriage {
        carriage(
            ColumnType::Decimal {
                precision: 36,
                scale: 12,
            },
            ClassRule::Real,
            Fidelity::Meaning,
        )
    }

    #[test]
    fn money_is_rounded_within_the_rule_only() {
        let (shown, departure) = money().encode(ValueRef::Real(0.1 + 0.2));
        assert_eq!(shown, Encoded::Bytes(b"0.3".to_vec()));
        assert!(matches!(departure, Departure::Rounded(ratio) if ratio < 1e-12 && ratio > 0.0));
        assert_eq!(money().encode(ValueRef::Real(5.1234e-10)), NOT_SHOWN);
        assert_eq!(
            money().encode(ValueRef::Text(b"1.50")),
            (Encoded::Bytes(b"1.5".to_vec()), Departure::OtherForm)
        );
        assert_eq!(money().encode(ValueRef::Text(b"N/A")), NOT_SHOWN);
        assert_eq!(money().encode(ValueRef::Real(1e25)), NOT_SHOWN);
    }

    #[test]
    fn exact_doubles_keep_class_and_sign() {
        let column = carriage(ColumnType::Double, ClassRule::Numeric, Fidelity::Exact);
        assert_eq!(column.encode(ValueRef::Integer(5)).1, Departure::None);
        assert_eq!(
            column.encode(ValueRef::Real(5.0)).1,
            Departure::Original(OriginalReason::StorageClass)
        );
        assert_eq!(
            column.encode(ValueRef::Real(-0.0)).1,
            Departure::Original(OriginalReason::NegativeZero)
        );
        assert_eq!(column.encode(ValueRef::Integer(i64::MAX)), NOT_SHOWN);
    }

    #[test]
    fn mixed_text_column_tells_numbers_from_text() {
        let column = carriage(ColumnType::LongText, ClassRule::Numeric, Fidelity::Exact);
        assert_eq!(
            column.encode(ValueRef::Integer(5)),
            (Encoded::Bytes(b"5".to_vec()), Departure::None)
        );
        assert_eq!(column.encode(ValueRef::Text(b"five")).1, Departure::None);
        assert_eq!(
            column.encode(ValueRef::Text(b"5")).1,
            Departure::Original(OriginalReason::StorageClass)
        );
        assert_eq!(
            column.encode(ValueRef::Real(f64::INFINITY)),
            (Encoded::Bytes(b"Inf".to_vec()), Departure::None)
        );
    }

    #[test]
    fn dates_of_the_catalogue() {
        let column = carriage(
            ColumnType::Timestamp { fraction: 0 },
            ClassRule::Text,
            Fidelity::Meaning,
        );
        assert_eq!(
            column.encode(ValueRef::Text(b"2025-10-09 08:53:20")),
            (
                Encoded::DateTime(2025, 10, 9, 8, 53, 20, 0),
                Departure::None
            )
        );
        assert_eq!(
            column
                .encode(ValueRef::Text(b"2025-10-09T10:53:20+02:00"))
                .1,
            Departure::OtherForm
        );
        assert_eq!(
            column.encode(ValueRef::Integer(1_760_000_000)).0,
            Encoded::DateTime(2025, 10, 9, 8, 53, 20, 0)
        );
        assert_eq!(column.encode(ValueRef::Real(1_760_000_000.5)), NOT_SHOWN);
        assert_eq!(
            column.encode(ValueRef::Text(b"")).1,
            Departure::Original(OriginalReason::Empty)
        );
        assert_eq!(
            column.encode(ValueRef::Text(b"2039-01-01 00:00:00")),
            NOT_SHOWN
        );
        assert_eq!(
            column.encode(ValueRef::Real(2_460_897.5)),
            NOT_SHOWN,
            "a Julian day"
        );
        assert_eq!(
            column.encode(ValueRef::Integer(0)).1,
            Departure::Original(OriginalReason::Empty)
        );
        assert_eq!(
            column.encode(ValueRef::Text(b"1760000000")).0,
            Encoded::DateTime(2025, 10, 9, 8, 53, 20, 0)
        );
        assert_eq!(
            column.encode(ValueRef::Text(b"1970-01-01 00:00:00")),
            NOT_SHOWN
        );
    }
}
