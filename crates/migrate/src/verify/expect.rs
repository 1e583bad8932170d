//! What the target must show for a source value, by the verifier's own reading of the plan.
//!
//! Nothing here comes from the copier: doubles become decimals by the standard library's shortest text and own
//! arithmetic, dates by the calendar of `cbtrade-core`. Whether an original must be kept is found by asking whether the
//! shown value gives the source value back.

use std::io::Write as _;

use cbtrade_core::Timestamp;
use cbtrade_schema::{ClassRule, ColumnPlan, ColumnType, Fidelity};
use cbtrade_sqlite::ValueRef;

use super::canonical::RowBytes;

/// One column's rules, prepared.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    column_type: ColumnType,
    class_rule: ClassRule,
    exact: bool,
    rounding: bool,
}

/// A number as sign, digits and power of ten, without trailing zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Number {
    negative: bool,
    digits: String,
    power: i64,
}

/// What must be shown.
#[derive(Clone, Debug, PartialEq)]
enum Shown {
    Null,
    Integer(i64),
    Double(f64),
    Decimal(Number),
    Text(Vec<u8>),
    Moment(i64),
}

impl Rules {
    pub(super) fn of(column: &ColumnPlan) -> Self {
        Self {
            column_type: column.column_type,
            class_rule: column.class_rule,
            exact: column.fidelity == Fidelity::Exact,
            rounding: column.rounding,
        }
    }

    /// Writes what must be shown; returns whether the original must be kept beside the row.
    pub(super) fn expect(&self, value: ValueRef<'_>, out: &mut RowBytes) -> bool {
        if self.fast(value, out) {
            return false;
        }
        let shown = self.shown(value);
        let kept = !self.gives_back(&shown, value);
        self.write(&shown, out);
        kept
    }

    /// The common cases without detours: values whose shown form gives them back by construction.
    fn fast(&self, value: ValueRef<'_>, out: &mut RowBytes) -> bool {
        match (value, self.column_type) {
            (ValueRef::Null, _) => {
                out.null();
                true
            }
            (ValueRef::Real(real), ColumnType::Decimal { precision, scale })
                if !self.exact && precision <= 38 && !(real == 0.0 && real.is_sign_negative()) =>
            {
                match self.units(real, precision, scale) {
                    Some(units) => {
                        out.decimal(units);
                        true
                    }
                    None => false,
                }
            }
            (ValueRef::Text(text), ColumnType::LongText | ColumnType::LongBlob)
                if self.class_rule == ClassRule::Text
                    && (self.column_type == ColumnType::LongBlob
                        || std::str::from_utf8(text).is_ok()) =>
            {
                out.text(text);
                true
            }
            _ => false,
        }
    }

    /// A double as units of the column's last digit, rounded if that is allowed.
    fn units(&self, real: f64, precision: u8, scale: u8) -> Option<i128> {
        if !real.is_finite() {
            return None;
        }
        let (negative, digits, power) = shortest(real);
        let shift = power + i64::from(scale);
        let units = if shift >= 0 {
            i128::from(digits).checked_mul(10_i128.checked_pow(u32::try_from(shift).ok()?)?)?
        } else {
            if !self.rounding {
                return None;
            }
            rounded(digits, u32::try_from(-shift).ok()?)?
        };
        if units >= 10_i128.pow(u32::from(precision)) {
            return None;
        }
        Some(if negative { -units } else { units })
    }

    fn shown(&self, value: ValueRef<'_>) -> Shown {
        let shown = match self.column_type {
            ColumnType::Double => self.as_double(value),
            ColumnType::Decimal { precision, scale } => {
                self.as_decimal(value, i64::from(precision), i64::from(scale))
            }
            ColumnType::Timestamp { fraction } => self.as_moment(value, fraction, 1, 2_147_483_647),
            ColumnType::DateTime { fraction } => {
                self.as_moment(value, fraction, -30_610_224_000, 253_402_300_799)
            }
            ColumnType::Date => as_date(value),
            ColumnType::Varbinary { bytes } => as_bytes(value).filter(
                |shown| matches!(shown, Shown::Text(shown) if shown.len() <= bytes as usize),
            ),
            ColumnType::LongBlob => as_bytes(value),
            column_type if column_type.is_text() => {
                as_bytes(value).filter(|shown| text_fits(shown, value, column_type))
            }
            column_type => self.as_integer(value, column_type),
        };
        shown.unwrap_or(Shown::Null)
    }

    fn as_integer(&self, value: ValueRef<'_>, column_type: ColumnType) -> Option<Shown> {
        let (low, high) = column_type.integer_range()?;
        let integer = match value {
            ValueRef::Integer(integer) => integer,
            _ if self.exact => return None,
            ValueRef::Real(real) if real == 0.0 && real.is_sign_negative() => return None,
            ValueRef::Real(real) => exact_i64(real)?,
            ValueRef::Text(text) => {
                let text = std::str::from_utf8(text).ok()?;
                match text.to_ascii_lowercase().as_str() {
                    "true" | "t" | "yes" | "y" | "on" if column_type == ColumnType::TinyInt => 1,
                    "false" | "f" | "no" | "n" | "off" if column_type == ColumnType::TinyInt => 0,
                    _ => Number::of_text(text)?.to_i64()?,
                }
            }
            _ => return None,
        };
        (low..=high)
            .contains(&integer)
            .then_some(Shown::Integer(integer))
    }

    fn as_double(&self, value: ValueRef<'_>) -> Option<Shown> {
        match value {
            ValueRef::Real(real) if real.is_finite() => {
                Some(Shown::Double(if real == 0.0 { 0.0 } else { real }))
            }
            ValueRef::Integer(integer) => {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "the loss is what is being tested"
                )]
                let real = integer as f64;
                (exact_i64(real) == Some(integer)).then_some(Shown::Double(real))
            }
            ValueRef::Text(text) if !self.exact => {
                let text = std::str::from_utf8(text).ok()?;
                let number = Number::of_text(text)?;
                let real: f64 = text.parse().ok()?;
                let same = real.is_finite()
                    && Number::of_real(real).without_sign_of_zero()
                        == number.without_sign_of_zero();
                (same && !(real == 0.0 && real.is_sign_negative())).then_some(Shown::Double(real))
            }
            _ => None,
        }
    }

    fn as_decimal(&self, value: ValueRef<'_>, precision: i64, scale: i64) -> Option<Shown> {
        let mut number = match value {
            ValueRef::Integer(integer) => Number::of_text(&integer.to_string())?,
            ValueRef::Real(real) if real.is_finite() => Number::of_real(real),
            ValueRef::Text(text) if !self.exact => {
                Number::of_text(std::str::from_utf8(text).ok()?)?
            }
            _ => return None,
        };
        if -number.power > scale && self.rounding && matches!(value, ValueRef::Real(_)) {
            let drop = u32::try_from(-number.power - scale).ok()?;
            let units = rounded(number.digits.parse().ok()?, drop)?;
            number = Number::new(number.negative, &units.to_string(), -scale);
        }
        let whole = i64::try_from(number.digits.len()).ok()? + number.power;
        (-number.power <= scale && whole <= precision - scale)
            .then(|| Shown::Decimal(number.without_sign_of_zero()))
    }

    fn as_moment(&self, value: ValueRef<'_>, fraction: u8, low: i64, high: i64) -> Option<Shown> {
        let nanos: i128 = match value {
            // Exactly, only `YYYY-MM-DD HH:MM:SS` comes back as it was written.
            ValueRef::Text(text) if self.exact && (text.len() != 19 || text[10] != b' ') => {
                return None;
            }
            ValueRef::Text(text) => {
                let text = std::str::from_utf8(text).ok()?;
                match text_nanos(text) {
                    Some(nanos) => nanos,
                    None if self.exact => return None,
                    None => unix_nanos(&Number::of_text(text)?)?,
                }
            }
            _ if self.exact => return None,
            ValueRef::Integer(integer) => unix_nanos(&Number::of_text(&integer.to_string())?)?,
            ValueRef::Real(real) if real.is_finite() => unix_nanos(&Number::of_real(real))?,
            _ => return None,
        };
        let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
        let step = 10_i128.pow(9 - u32::from(fraction));
        let fits = nanos.rem_euclid(step) == 0 && low <= seconds && seconds <= high;
        fits.then(|| i64::try_from(nanos / 1000).ok().map(Shown::Moment))
            .flatten()
    }

    /// Whether the shown value and the column's rule give the source value back.
    fn gives_back(&self, shown: &Shown, value: ValueRef<'_>) -> bool {
        if *shown == Shown::Null {
            return matches!(value, ValueRef::Null);
        }
        if let ValueRef::Real(real) = value
            && real == 0.0
            && real.is_sign_negative()
            && !matches!(shown, Shown::Text(_) | Shown::Moment(_))
        {
            return false;
        }
        if !self.exact {
            return true;
        }
        match (shown, value) {
            (Shown::Integer(_), value) => matches!(value, ValueRef::Integer(_)),
            (Shown::Double(real), value) => self.number_class(exact_i64(*real).is_some(), value),
            (Shown::Decimal(number), value) => self.number_class(number.to_i64().is_some(), value),
            (Shown::Moment(_), _) => true,
            (Shown::Text(text), value) => self.text_class(text, value),
            (Shown::Null, _) => false,
        }
    }

    fn number_class(&self, whole: bool, value: ValueRef<'_>) -> bool {
        let read_as_integer = self.class_rule == ClassRule::Numeric && whole;
        read_as_integer == matches!(value, ValueRef::Integer(_))
    }

    fn text_class(&self, text: &[u8], value: ValueRef<'_>) -> bool {
        match self.class_rule {
            ClassRule::Text => matches!(value, ValueRef::Text(_)),
            ClassRule::Blob => matches!(value, ValueRef::Blob(_)),
            ClassRule::Integer => matches!(value, ValueRef::Integer(_)),
            ClassRule::Real => matches!(value, ValueRef::Real(_)),
            ClassRule::Numeric => {
                let text = std::str::from_utf8(text).unwrap_or("\u{0}");
                let integer = text
                    .parse::<i64>()
                    .ok()
                    .filter(|integer| integer.to_string() == text);
                let real = if text.ends_with("Inf") {
                    Some(text == "Inf" || text == "-Inf")
                } else {
                    text.parse::<f64>()
                        .ok()
                        .map(|real| real.is_finite() && real_text(real) == text)
                };
                match value {
                    ValueRef::Integer(_) => integer.is_some(),
                    ValueRef::Real(_) => integer.is_none() && real == Some(true),
                    ValueRef::Text(_) => integer.is_none() && real != Some(true),
                    _ => false,
                }
            }
        }
    }

    fn write(&self, shown: &Shown, out: &mut RowBytes) {
        match shown {
            Shown::Null => out.null(),
            Shown::Integer(integer) => out.integer(*integer),
            Shown::Double(real) => out.double(*real),
            Shown::Text(text) => out.text(text),
            Shown::Moment(micros) => out.moment(*micros),
            Shown::Decimal(number) => match self.column_type {
                ColumnType::Decimal { precision, scale } if precision <= 38 => {
                    out.decimal(number.units(u32::from(scale)).unwrap_or(i128::MIN))
                }
                _ => out.wide_decimal(&number.text()),
            },
        }
    }
}

/// Digits of a wide decimal's text in the same form.
pub(super) fn wide_decimal_text(text: &str) -> Option<String> {
    Number::of_text(text).map(|number| number.without_sign_of_zero().text())
}

/// A decimal's text as units of its last digit.
pub(super) fn decimal_units(text: &[u8], scale: u32) -> Option<i128> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut units: i128 = 0;
    let mut after_point: Option<u32> = None;
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                units = units
                    .checked_mul(10)?
                    .checked_add(i128::from(byte - b'0'))?;
                after_point = after_point.map(|digits| digits + 1);
            }
            b'.' if after_point.is_none() => after_point = Some(0),
            _ => return None,
        }
    }
    let missing = scale.checked_sub(after_point.unwrap_or(0))?;
    let units = units.checked_mul(10_i128.checked_pow(missing)?)?;
    Some(if negative { -units } else { units })
}

/// The double's shortest digits by the standard library: negative, digits, power of ten of the last.
fn shortest(real: f64) -> (bool, u64, i64) {
    let mut buffer = [0_u8; 32];
    let mut rest = &mut buffer[..];
    // 32 bytes hold any double's shortest text.
    let _ = write!(rest, "{real:e}");
    let unused = rest.len();
    let text = &buffer[..32 - unused];
    let (negative, text) = if text[0] == b'-' {
        (true, &text[1..])
    } else {
        (false, text)
    };
    let at = text
        .iter()
        .position(|byte| *byte == b'e')
        .unwrap_or(text.len());
    let mut digits = 0_u64;
    let mut fraction = 0_i64;
    for (position, byte) in text[..at].iter().enumerate() {
        if *byte != b'.' {
            digits = digits * 10 + u64::from(byte - b'0');
            fraction += i64::from(position > 1);
        }
    }
    let power: i64 = std::str::from_utf8(text.get(at + 1..).unwrap_or_default())
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    (
        negative,
        even_at_tie(real, digits, power - fraction),
        power - fraction,
    )
}

/// Where two texts are equally short and equally near, the plan means the one with the even digit (as Python and most
/// others do); the standard library gives the upper one.
fn even_at_tie(real: f64, digits: u64, power: i64) -> u64 {
    if digits.is_multiple_of(2) {
        return digits;
    }
    let bits = real.to_bits();
    let biased = i64::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if biased == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, biased - 1075)
    };
    let zeros = mantissa.trailing_zeros();
    let (odd, exponent) = (u128::from(mantissa >> zeros), exponent + i64::from(zeros));
    // The double is `odd × 2^exponent`; it lies half-way if twice the double, in units of the last digit, is odd.
    let twice = if power < 0 {
        let places = u32::try_from(-power).ok().filter(|_| exponent == power - 1);
        places
            .and_then(|places| 5_u128.checked_pow(places))
            .and_then(|fives| odd.checked_mul(fives))
    } else {
        let unit = u32::try_from(power)
            .ok()
            .and_then(|power| 10_u128.checked_pow(power));
        let whole = u32::try_from(exponent + 1)
            .ok()
            .filter(|shift| *shift <= odd.leading_zeros())
            .map(|shift| odd << shift);
        whole
            .zip(unit)
            .filter(|(whole, unit)| whole % unit == 0)
            .map(|(whole, unit)| whole / unit)
    };
    match twice {
        Some(twice) if twice + 1 == 2 * u128::from(digits) => digits - 1,
        Some(twice) if twice == 2 * u128::from(digits) + 1 => digits + 1,
        _ => digits,
    }
}

/// Drops so many digits, half to even; `None` if that changes the number by more than one part in 10^12.
fn rounded(digits: u64, drop: u32) -> Option<i128> {
    let unit = 10_i128.checked_pow(drop).filter(|_| drop <= 30)?;
    let digits = i128::from(digits);
    let (quotient, remainder) = (digits.div_euclid(unit), digits.rem_euclid(unit));
    let twice = remainder * 2;
    let result = match twice.cmp(&unit) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient % 2,
    };
    let error = (result * unit - digits).abs();
    (error.checked_mul(1_000_000_000_000)? <= digits).then_some(result)
}

impl Number {
    fn new(negative: bool, digits: &str, power: i64) -> Self {
        let kept = digits.trim_end_matches('0');
        let dropped = i64::try_from(digits.len() - kept.len()).unwrap_or(0);
        let kept = kept.trim_start_matches('0');
        if kept.is_empty() {
            return Self {
                negative,
                digits: String::new(),
                power: 0,
            };
        }
        Self {
            negative,
            digits: kept.to_owned(),
            power: power + dropped,
        }
    }

    fn of_real(real: f64) -> Self {
        let (negative, digits, power) = shortest(real);
        Self::new(negative, &digits.to_string(), power)
    }

    fn of_text(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(&lower);
        let (mantissa, power) = match unsigned.split_once('e') {
            Some((mantissa, power)) => {
                let digits = power.strip_prefix(['+', '-']).unwrap_or(power);
                if digits.is_empty()
                    || digits.len() > 9
                    || digits.chars().any(|digit| !digit.is_ascii_digit())
                {
                    return None;
                }
                (mantissa, power.parse::<i64>().ok()?)
            }
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || digits.chars().any(|digit| !digit.is_ascii_digit()) {
            return None;
        }
        Some(Self::new(
            lower.starts_with('-'),
            &digits,
            power - i64::try_from(fraction.len()).ok()?,
        ))
    }

    fn without_sign_of_zero(&self) -> Self {
        Self {
            negative: self.negative && !self.digits.is_empty(),
            ..self.clone()
        }
    }

    fn to_i64(&self) -> Option<i64> {
        let magnitude = if self.digits.is_empty() {
            0
        } else {
            self.digits
                .parse::<i128>()
                .ok()?
                .checked_mul(10_i128.checked_pow(u32::try_from(self.power).ok()?)?)?
        };
        i64::try_from(if self.negative { -magnitude } else { magnitude }).ok()
    }

    fn units(&self, scale: u32) -> Option<i128> {
        if self.digits.is_empty() {
            return Some(0);
        }
        let shift = u32::try_from(self.power + i64::from(scale)).ok()?;
        let magnitude = self
            .digits
            .parse::<i128>()
            .ok()?
            .checked_mul(10_i128.checked_pow(shift)?)?;
        Some(if self.negative { -magnitude } else { magnitude })
    }

    /// Plain notation without superfluous zeros.
    fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        if self.power >= 0 {
            let zeros = usize::try_from(self.power).unwrap_or(0);
            let digits = if self.digits.is_empty() {
                "0"
            } else {
                &self.digits
            };
            return format!("{sign}{digits}{}", "0".repeat(zeros));
        }
        let places = usize::try_from(-self.power).unwrap_or(0);
        let digits = format!("{:0>width$}", self.digits, width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        format!("{sign}{whole}.{fraction}")
    }
}

fn exact_i64(real: f64) -> Option<i64> {
    let in_range = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&real);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "in range, and without a fraction"
    )]
    let integer = real as i64;
    (in_range && real.fract() == 0.0).then_some(integer)
}

fn real_text(real: f64) -> String {
    match real {
        f64::INFINITY => "Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        real => format!("{real:?}"),
    }
}

fn as_bytes(value: ValueRef<'_>) -> Option<Shown> {
    Some(Shown::Text(match value {
        ValueRef::Null => return None,
        ValueRef::Integer(integer) => integer.to_string().into_bytes(),
        ValueRef::Real(real) => real_text(real).into_bytes(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
    }))
}

fn text_fits(shown: &Shown, value: ValueRef<'_>, column_type: ColumnType) -> bool {
    let (Shown::Text(bytes), false) = (shown, matches!(value, ValueRef::Blob(_))) else {
        return false;
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    match column_type {
        ColumnType::Char { characters } => {
            text.chars().count() <= characters as usize && !text.ends_with(' ')
        }
        ColumnType::Varchar { characters } => text.chars().count() <= characters as usize,
        ColumnType::Text => bytes.len() < 65_536,
        _ => true,
    }
}

fn as_date(value: ValueRef<'_>) -> Option<Shown> {
    let ValueRef::Text(text) = value else {
        return None;
    };
    let text = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.len() == 10)?;
    i64::try_from(text_nanos(text)? / 1000)
        .ok()
        .map(Shown::Moment)
}

/// Nanoseconds since 1970 of a date text, read by splitting it up.
fn text_nanos(text: &str) -> Option<i128> {
    if !text.is_ascii() || text.len() < 10 {
        return None;
    }
    let (date, clock) = text.split_at(10);
    let mut parts = date.split('-');
    let (year, month, day) = (
        digits(parts.next()?, 4)?,
        digits(parts.next()?, 2)?,
        digits(parts.next()?, 2)?,
    );
    if parts.next().is_some() {
        return None;
    }
    let (time, nanos, offset) = if clock.is_empty() {
        ((0, 0, 0), 0, 0)
    } else {
        clock_parts(clock.strip_prefix([' ', 'T', 't'])?)?
    };
    let small = |number: i64| u8::try_from(number).ok();
    let midnight = Timestamp::from_parts(
        (i16::try_from(year).ok()?, small(month)?, small(day)?),
        (0, 0, 0),
        0,
    )?;
    let seconds = midnight.as_seconds() + time.0 * 3600 + time.1 * 60 + time.2 - offset;
    Some(i128::from(seconds) * 1_000_000_000 + i128::from(nanos))
}

type ClockParts = ((i64, i64, i64), i64, i64);

fn clock_parts(text: &str) -> Option<ClockParts> {
    let zone_at = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone_at);
    let mut parts = clock.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let (second, nanos) = match parts.next() {
        None => (0, 0),
        Some(second) => match second.split_once('.') {
            None => (digits(second, 2)?, 0),
            Some((second, fraction)) => (
                digits(second, 2)?,
                digits(fraction, fraction.len()).filter(|_| (1..=9).contains(&fraction.len()))?
                    * 10_i64.pow(9 - u32::try_from(fraction.len()).ok()?),
            ),
        },
    };
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let offset = match zone {
        "" | "Z" | "z" => 0,
        zone => {
            let (hours, minutes) = match zone.len() {
                3 => (digits(&zone[1..3], 2)?, 0),
                5 => (digits(&zone[1..3], 2)?, digits(&zone[3..5], 2)?),
                6 if &zone[3..4] == ":" => (digits(&zone[1..3], 2)?, digits(&zone[4..6], 2)?),
                _ => return None,
            };
            if hours > 15 || minutes > 59 {
                return None;
            }
            (hours * 3600 + minutes * 60) * if zone.starts_with('-') { -1 } else { 1 }
        }
    };
    Some(((hour, minute, second), nanos, offset))
}

fn digits(text: &str, width: usize) -> Option<i64> {
    let plain = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// A number as unix time, as the plan's rules say: seconds from 10^8 on, milliseconds above 10^11, to the microsecond.
fn unix_nanos(number: &Number) -> Option<i128> {
    if number.power < -6 || i64::try_from(number.digits.len()).ok()? + number.power > 15 {
        return None;
    }
    let micros = number.units(6)?;
    match micros.unsigned_abs() / 1_000_000 {
        0..100_000_000 => None,
        100_000_000..=100_000_000_000 => Some(micros * 1000),
        _ => (micros % 1000 == 0).then_some(micros),
    }
}

#[cfg(test)]
mod tests;
