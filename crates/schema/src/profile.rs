//! What a column really holds: the census of its values.

use cbtrade_sqlite::ValueRef;
use serde::{Deserialize, Serialize};

use crate::carriage::{UnixTime, flag_of_word, negative_zero, unix_time};
use crate::finding::Sample;
use crate::model::ColumnType;
use crate::moment::{Moment, parse_date_text};
use crate::number::{
    LooksLike, ShortestDecimal, TextNumber, exact_in_double, integral, looks_like,
};

/// Which costly questions are asked of a column's values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interest {
    /// Decimal digits of doubles and number texts, against this precision and scale.
    pub decimal: Option<(u8, u8)>,
    /// Whether texts and numbers are dates.
    pub dates: bool,
    /// Whether texts are numbers (columns that the catalogue wants numeric).
    pub text_numbers: bool,
    /// Characters that the declared type allows, to show the first that are longer.
    pub characters_max: Option<u32>,
    /// Integer range of the declared type, to show the first outside it.
    pub integer_range: Option<(i64, i64)>,
}

/// How many samples of each kind are kept.
const SAMPLES_MAX: usize = 3;

/// A counted kind of value with the first places where it was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// How many.
    pub count: u64,
    /// The first few.
    pub samples: Vec<Sample>,
}

impl Seen {
    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        let room = SAMPLES_MAX.saturating_sub(self.samples.len());
        self.samples
            .extend(other.samples.iter().take(room).cloned());
    }

    fn note(&mut self, row: i64, value: ValueRef<'_>) {
        self.count += 1;
        if self.samples.len() < SAMPLES_MAX {
            self.samples.push(Sample {
                row,
                value: show(value),
            });
        }
    }
}

/// A value shortened for people.
#[must_use]
pub fn show(value: ValueRef<'_>) -> String {
    const SHOWN_CHARACTERS_MAX: usize = 60;
    let text = match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(integer) => integer.to_string(),
        ValueRef::Real(real) => crate::number::real_text(real),
        ValueRef::Text(text) => format!("'{}'", String::from_utf8_lossy(text).escape_debug()),
        ValueRef::Blob(blob) => {
            let head: String = blob
                .iter()
                .take(24)
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!(
                "x'{head}{}' ({} bytes)",
                if blob.len() > 24 { "…" } else { "" },
                blob.len()
            )
        }
    };
    if text.chars().count() <= SHOWN_CHARACTERS_MAX {
        return text;
    }
    let head: String = text.chars().take(SHOWN_CHARACTERS_MAX).collect();
    format!("{head}… ({} characters)", text.chars().count())
}

/// What one column holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// NULLs.
    pub nulls: u64,
    /// INTEGER values.
    pub integers: u64,
    /// Smallest INTEGER.
    pub integer_min: i64,
    /// Largest INTEGER.
    pub integer_max: i64,
    /// INTEGER values that a double cannot hold.
    pub integers_beyond_double: u64,
    /// INTEGER values outside the range of interest.
    pub integers_out_of_range: Seen,
    /// REAL values.
    pub reals: u64,
    /// REAL values that are whole numbers of 64 bits.
    pub reals_integral: u64,
    /// Infinities.
    pub infinite: Seen,
    /// Negative zeros.
    pub negative_zeros: Seen,
    /// REAL values whose digits do not fit the decimal of interest but round within the rule.
    pub reals_rounded: Seen,
    /// Largest relative error among them.
    pub rounding_error_max: f64,
    /// Numbers (REAL or text) that the decimal of interest would change by more, or that are too large for it.
    pub decimals_too_small: Seen,
    /// Digits before the point that all finite numbers need.
    pub integer_digits_max: u32,
    /// Digits after the point that all finite numbers need.
    pub scale_max: u32,
    /// TEXT values.
    pub texts: u64,
    /// Longest valid text, in characters.
    pub text_characters_max: u64,
    /// Longest text, in bytes.
    pub text_bytes_max: u64,
    /// Texts longer than the declared length.
    pub texts_too_long: Seen,
    /// Texts that are not valid UTF-8.
    pub texts_invalid: Seen,
    /// Texts with a character beyond ASCII.
    pub texts_not_ascii: u64,
    /// Texts that end in a blank.
    pub texts_trailing_blank: u64,
    /// Which kinds of ASCII characters occur in texts: see [`ColumnProfile::same_order_ignoring_case`].
    pub letters: u8,
    /// Texts exactly like an INTEGER's.
    pub texts_like_integer: u64,
    /// Texts exactly like a REAL's.
    pub texts_like_real: u64,
    /// Texts that are numbers in any notation.
    pub texts_numeric: u64,
    /// Texts that have no numeric meaning.
    pub texts_not_numeric: Seen,
    /// Empty texts in a column of numbers.
    pub numbers_empty: Seen,
    /// Texts exactly `YYYY-MM-DD HH:MM:SS`.
    pub dates_plain: u64,
    /// Texts exactly `YYYY-MM-DD`.
    pub dates_only: u64,
    /// Dates in any other form, unix times included.
    pub dates_other_form: Seen,
    /// Empty and zero dates.
    pub dates_empty: Seen,
    /// Values that are no date.
    pub dates_invalid: Seen,
    /// Dates outside TIMESTAMP's range.
    pub dates_out_of_timestamp: Seen,
    /// Dates outside DATETIME's range.
    pub dates_out_of_datetime: Seen,
    /// Most digits of a fraction of a second.
    pub fraction_digits_max: u8,
    /// Dates with a fraction of a second that is not zero.
    pub dates_with_fraction: Seen,
    /// BLOB values.
    pub blobs: u64,
    /// Longest BLOB.
    pub blob_bytes_max: u64,
    /// The first values of a class other than the first seen.
    pub other_class: Seen,
    first_class: Option<u8>,
}

impl ColumnProfile {
    /// Takes one value into account. `row` is its address.
    pub fn observe(&mut self, interest: &Interest, row: i64, value: ValueRef<'_>) {
        let class = match value {
            ValueRef::Null => {
                self.nulls += 1;
                return;
            }
            ValueRef::Integer(integer) => {
                self.observe_integer(interest, row, integer);
                0
            }
            ValueRef::Real(real) => {
                self.observe_real(interest, row, real);
                1
            }
            ValueRef::Text(text) => {
                self.observe_text(interest, row, text);
                2
            }
            ValueRef::Blob(blob) => {
                self.blobs += 1;
                self.blob_bytes_max = self.blob_bytes_max.max(blob.len() as u64);
                if interest.dates {
                    self.dates_invalid.note(row, value);
                }
                if interest.text_numbers {
                    self.texts_not_numeric.note(row, value);
                }
                3
            }
        };
        if *self.first_class.get_or_insert(class) != class {
            self.other_class.note(row, value);
        }
    }

    fn observe_integer(&mut self, interest: &Interest, row: i64, integer: i64) {
        let value = ValueRef::Integer(integer);
        if self.integers == 0 {
            (self.integer_min, self.integer_max) = (integer, integer);
        }
        self.integers += 1;
        self.integer_min = self.integer_min.min(integer);
        self.integer_max = self.integer_max.max(integer);
        if !exact_in_double(integer) {
            self.integers_beyond_double += 1;
        }
        if interest
            .integer_range
            .is_some_and(|(low, high)| integer < low || integer > high)
        {
            self.integers_out_of_range.note(row, value);
        }
        if let Some((precision, scale)) = interest.decimal {
            let digits = integer
                .unsigned_abs()
                .checked_ilog10()
                .map_or(0, |log| log + 1);
            self.integer_digits_max = self.integer_digits_max.max(digits);
            if digits > u32::from(precision - scale) {
                self.decimals_too_small.note(row, value);
            }
        }
        if interest.dates {
            self.observe_unix(row, value);
        }
    }

    /// A value of a date column that is no date text.
    fn observe_unix(&mut self, row: i64, value: ValueRef<'_>) {
        match unix_time(value) {
            UnixTime::Moment(moment) => self.observe_moment(row, value, moment, false),
            UnixTime::Empty => self.dates_empty.note(row, value),
            UnixTime::Other => self.dates_invalid.note(row, value),
        }
    }

    fn observe_real(&mut self, interest: &Interest, row: i64, real: f64) {
        let value = ValueRef::Real(real);
        self.reals += 1;
        if real.is_infinite() {
            self.infinite.note(row, value);
        } else if negative_zero(real) {
            self.negative_zeros.note(row, value);
        } else if integral(real) {
            self.reals_integral += 1;
        }
        if let Some(decimal) = interest.decimal
            && let Some(shortest) = ShortestDecimal::of(real)
        {
            self.observe_decimal(decimal, row, value, shortest);
        }
        if interest.dates {
            self.observe_unix(row, value);
        }
    }

    fn observe_decimal(
        &mut self,
        (precision, scale): (u8, u8),
        row: i64,
        value: ValueRef<'_>,
        shortest: ShortestDecimal,
    ) {
        let whole_max = u32::from(precision - scale);
        self.integer_digits_max = self.integer_digits_max.max(shortest.integer_digits());
        self.scale_max = self.scale_max.max(shortest.scale());
        if shortest.scale() <= u32::from(scale) && shortest.integer_digits() <= whole_max {
            return;
        }
        let (rounded, off) = shortest.round(u32::from(scale));
        if shortest.rounds_within_rule(u32::from(scale)) && rounded.integer_digits() <= whole_max {
            self.reals_rounded.note(row, value);
            if let crate::number::Rounded::Off(ratio) = off {
                self.rounding_error_max = self.rounding_error_max.max(ratio);
            }
        } else {
            self.decimals_too_small.note(row, value);
        }
    }

    fn observe_text(&mut self, interest: &Interest, row: i64, text: &[u8]) {
        let value = ValueRef::Text(text);
        self.texts += 1;
        self.text_bytes_max = self.text_bytes_max.max(text.len() as u64);
        let characters = if text.is_ascii() {
            self.letters |= letters_of(text);
            text.len() as u64
        } else if let Ok(valid) = std::str::from_utf8(text) {
            self.texts_not_ascii += 1;
            valid.chars().count() as u64
        } else {
            self.texts_invalid.note(row, value);
            text.len() as u64
        };
        self.text_characters_max = self.text_characters_max.max(characters);
        if interest
            .characters_max
            .is_some_and(|limit| characters > u64::from(limit))
        {
            self.texts_too_long.note(row, value);
        }
        if text.ends_with(b" ") {
            self.texts_trailing_blank += 1;
        }
        match looks_like(text) {
            LooksLike::Integer => self.texts_like_integer += 1,
            LooksLike::Real => self.texts_like_real += 1,
            LooksLike::Text => {}
        }
        if interest.text_numbers {
            self.observe_text_number(interest, row, text);
        }
        if interest.dates {
            self.observe_date_text(row, text);
        }
    }

    fn observe_text_number(&mut self, interest: &Interest, row: i64, text: &[u8]) {
        let value = ValueRef::Text(text);
        let number = std::str::from_utf8(text).ok().and_then(TextNumber::parse);
        let Some(number) = number else {
            let flag = interest.integer_range == ColumnType::TinyInt.integer_range()
                && std::str::from_utf8(text).is_ok_and(|word| flag_of_word(word).is_some());
            if text.is_empty() {
                self.numbers_empty.note(row, value);
            } else if flag {
                self.texts_numeric += 1;
            } else {
                self.texts_not_numeric.note(row, value);
            }
            return;
        };
        self.texts_numeric += 1;
        if let Some((precision, scale)) = interest.decimal {
            self.integer_digits_max = self.integer_digits_max.max(number.integer_digits());
            self.scale_max = self.scale_max.max(number.scale());
            if number.scale() > u32::from(scale)
                || number.integer_digits() > u32::from(precision - scale)
            {
                self.decimals_too_small.note(row, value);
            }
        } else {
            match number.to_i64() {
                Some(integer)
                    if interest
                        .integer_range
                        .is_none_or(|(low, high)| (low..=high).contains(&integer)) => {}
                _ => self.integers_out_of_range.note(row, value),
            }
        }
    }

    fn observe_date_text(&mut self, row: i64, text: &[u8]) {
        let value = ValueRef::Text(text);
        let Some(date) = parse_date_text(text) else {
            self.observe_unix(row, value);
            return;
        };
        self.dates_plain += u64::from(date.plain);
        self.dates_only += u64::from(date.date_only);
        self.observe_moment(row, value, date.moment, date.plain);
    }

    fn observe_moment(&mut self, row: i64, value: ValueRef<'_>, moment: Moment, plain: bool) {
        if !plain {
            self.dates_other_form.note(row, value);
        }
        if !crate::carriage::TIMESTAMP_SECONDS.contains(&moment.seconds) {
            self.dates_out_of_timestamp.note(row, value);
        }
        if !crate::carriage::DATETIME_SECONDS.contains(&moment.seconds) {
            self.dates_out_of_datetime.note(row, value);
        }
        if moment.nanoseconds != 0 {
            self.dates_with_fraction.note(row, value);
            let digits = (1..=9)
                .find(|digits| moment.nanoseconds.is_multiple_of(10_u32.pow(9 - digits)))
                .unwrap_or(9);
            self.fraction_digits_max = self
                .fraction_digits_max
                .max(u8::try_from(digits).unwrap_or(9));
        }
    }

    /// Adds what another table with the same column holds (candle tables that become one).
    pub fn merge(&mut self, other: &Self) {
        if other.integers > 0 {
            if self.integers == 0 {
                (self.integer_min, self.integer_max) = (other.integer_min, other.integer_max);
            }
            self.integer_min = self.integer_min.min(other.integer_min);
            self.integer_max = self.integer_max.max(other.integer_max);
        }
        for (mine, theirs) in [
            (&mut self.nulls, other.nulls),
            (&mut self.integers, other.integers),
            (
                &mut self.integers_beyond_double,
                other.integers_beyond_double,
            ),
            (&mut self.reals, other.reals),
            (&mut self.reals_integral, other.reals_integral),
            (&mut self.texts, other.texts),
            (&mut self.texts_not_ascii, other.texts_not_ascii),
            (&mut self.texts_trailing_blank, other.texts_trailing_blank),
            (&mut self.texts_like_integer, other.texts_like_integer),
            (&mut self.texts_like_real, other.texts_like_real),
            (&mut self.texts_numeric, other.texts_numeric),
            (&mut self.dates_plain, other.dates_plain),
            (&mut self.dates_only, other.dates_only),
            (&mut self.blobs, other.blobs),
        ] {
            *mine += theirs;
        }
        for (mine, theirs) in [
            (
                &mut self.integers_out_of_range,
                &other.integers_out_of_range,
            ),
            (&mut self.infinite, &other.infinite),
            (&mut self.negative_zeros, &other.negative_zeros),
            (&mut self.reals_rounded, &other.reals_rounded),
            (&mut self.decimals_too_small, &other.decimals_too_small),
            (&mut self.texts_too_long, &other.texts_too_long),
            (&mut self.texts_invalid, &other.texts_invalid),
            (&mut self.texts_not_numeric, &other.texts_not_numeric),
            (&mut self.numbers_empty, &other.numbers_empty),
            (&mut self.dates_other_form, &other.dates_other_form),
            (&mut self.dates_empty, &other.dates_empty),
            (&mut self.dates_invalid, &other.dates_invalid),
            (
                &mut self.dates_out_of_timestamp,
                &other.dates_out_of_timestamp,
            ),
            (
                &mut self.dates_out_of_datetime,
                &other.dates_out_of_datetime,
            ),
            (&mut self.dates_with_fraction, &other.dates_with_fraction),
            (&mut self.other_class, &other.other_class),
        ] {
            mine.merge(theirs);
        }
        self.rounding_error_max = self.rounding_error_max.max(other.rounding_error_max);
        self.integer_digits_max = self.integer_digits_max.max(other.integer_digits_max);
        self.scale_max = self.scale_max.max(other.scale_max);
        self.text_characters_max = self.text_characters_max.max(other.text_characters_max);
        self.text_bytes_max = self.text_bytes_max.max(other.text_bytes_max);
        self.blob_bytes_max = self.blob_bytes_max.max(other.blob_bytes_max);
        self.fraction_digits_max = self.fraction_digits_max.max(other.fraction_digits_max);
        self.letters |= other.letters;
    }

    /// Whether the texts sort by bytes as they do ignoring case: then a case-insensitive index gives them in the order
    /// of SQLite. (Case-insensitive collations sort letters as upper case, padded with blanks.)
    #[must_use]
    pub fn same_order_ignoring_case(&self) -> bool {
        let both = |kinds: u8| self.letters & kinds == kinds;
        self.texts_not_ascii == 0
            && self.texts_invalid.count == 0
            && self.letters & LOW == 0
            && !both(UPPER | LOWER)
            && !both(LOWER | BETWEEN)
    }

    /// Values that are not NULL.
    #[must_use]
    pub fn values(&self) -> u64 {
        self.integers + self.reals + self.texts + self.blobs
    }

    /// Whether the storage classes seen are more than one.
    #[must_use]
    pub fn mixed(&self) -> bool {
        [self.integers, self.reals, self.texts, self.blobs]
            .iter()
            .filter(|count| **count > 0)
            .count()
            > 1
    }
}

const LOW: u8 = 1;
const UPPER: u8 = 2;
const BETWEEN: u8 = 4;
const LOWER: u8 = 8;

fn letters_of(text: &[u8]) -> u8 {
    text.iter().fold(0, |kinds, byte| {
        kinds
            | match byte {
                0..=b' ' | 0x7f => LOW,
                b'A'..=b'Z' => UPPER,
                b'['..=b'`' => BETWEEN,
                b'a'..=b'z' => LOWER,
                _ => 0,
            }
    })
}

/// What one table holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableProfile {
    /// Rows.
    pub rows: u64,
    /// Bytes of texts and blobs plus eight per number: the size of the work.
    pub bytes: u64,
    /// Largest single row by the same measure.
    pub row_bytes_max: u64,
    /// Address of that row.
    pub row_bytes_max_at: i64,
    /// Per column, in the order of the scan.
    pub columns: Vec<ColumnProfile>,
}
