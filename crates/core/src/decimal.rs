//! Exact decimal numbers of twelve places: money, prices, sizes, percentages.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Digits after the point.
const PLACES: usize = 12;
/// Units in one: ten to the power of [`PLACES`].
const ONE: i128 = 1_000_000_000_000;

/// An exact number with twelve digits after the point: what a column `DECIMAL(36,12)` holds.
///
/// It is kept as a whole number of 10^-12 in 128 bits, so that sums of such columns have room beyond 36 digits.
/// Arithmetic that leaves this range gives `None`; nothing wraps and nothing becomes a binary fraction. Where a result
/// has more than twelve places, it is rounded half away from zero, as MySQL rounds decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i128);

/// A text is not a number that [`Decimal`] holds exactly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseDecimalError {
    /// Not a decimal number at all.
    #[error("`{0}` is not a decimal number such as 12.5")]
    NotANumber(String),
    /// More digits after the point than are kept.
    #[error("`{0}` has more than 12 digits after the point")]
    TooFine(String),
    /// Too many digits before the point.
    #[error("`{0}` is too large for a number of 12 places in 128 bits")]
    TooLarge(String),
}

impl Decimal {
    /// 0.
    pub const ZERO: Self = Self(0);
    /// 1.
    pub const ONE: Self = Self(ONE);

    /// The number of so many 10^-12.
    #[must_use]
    pub const fn from_units(units: i128) -> Self {
        Self(units)
    }

    /// How many 10^-12 the number is.
    #[must_use]
    pub const fn units(self) -> i128 {
        self.0
    }

    /// A whole number.
    #[must_use]
    pub const fn from_integer(number: i64) -> Self {
        // 2^63 times 10^12 is far inside 128 bits.
        Self(number as i128 * ONE)
    }

    /// Reads digits with an optional sign, point and exponent, exactly.
    ///
    /// # Errors
    /// See [`ParseDecimalError`]; zeros beyond the twelfth place are no error.
    pub fn parse(text: &str) -> Result<Self, ParseDecimalError> {
        let (number, exact) = read(text)?;
        if exact {
            Ok(number)
        } else {
            Err(ParseDecimalError::TooFine(text.to_owned()))
        }
    }

    /// As [`Decimal::parse`], but further places are rounded half away from zero.
    ///
    /// # Errors
    /// Not a number, or too large.
    pub fn parse_rounded(text: &str) -> Result<Self, ParseDecimalError> {
        read(text).map(|(number, _)| number)
    }

    /// The number that a binary double stands for: its shortest digits that read back as the same double, rounded to
    /// twelve places. `None` for infinities, for NaN and for what is too large.
    #[must_use]
    pub fn from_double(double: f64) -> Option<Self> {
        double
            .is_finite()
            .then(|| Self::parse_rounded(&format!("{double:e}")).ok())
            .flatten()
    }

    /// The nearest binary double.
    #[must_use]
    pub fn to_double(self) -> f64 {
        // Reading digits is the one conversion that rounds only once.
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Exactly twelve places: `1.500000000000`, as MySQL writes the column.
    #[must_use]
    pub fn to_fixed(self) -> String {
        let units = self.0.unsigned_abs();
        let (whole, rest) = (units / ONE.unsigned_abs(), units % ONE.unsigned_abs());
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{whole}.{rest:012}")
    }

    /// Whether the number is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Without its sign; `None` only for the one number that has no counterpart.
    #[must_use]
    pub const fn checked_abs(self) -> Option<Self> {
        match self.0.checked_abs() {
            Some(units) => Some(Self(units)),
            None => None,
        }
    }

    /// Sum, if it fits.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(units) => Some(Self(units)),
            None => None,
        }
    }

    /// Difference, if it fits.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(units) => Some(Self(units)),
            None => None,
        }
    }

    /// Product, rounded to twelve places, if it fits.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let (high, low) = wide_product(self.0.unsigned_abs(), other.0.unsigned_abs());
        let rounded = wide_quotient(high, low, ONE.unsigned_abs())?;
        signed(rounded, (self.0 < 0) != (other.0 < 0))
    }

    /// Quotient, rounded to twelve places, if it fits and the divisor is not zero.
    #[must_use]
    pub fn checked_div(self, divisor: Self) -> Option<Self> {
        if divisor.0 == 0 {
            return None;
        }
        let (high, low) = wide_product(self.0.unsigned_abs(), ONE.unsigned_abs());
        let rounded = wide_quotient(high, low, divisor.0.unsigned_abs())?;
        signed(rounded, (self.0 < 0) != (divisor.0 < 0))
    }

    /// This number times a factor, divided by another, rounded only once to twelve places; if it fits and the divisor is
    /// not zero. The product may be larger than a `Decimal`.
    #[must_use]
    pub fn checked_mul_div(self, factor: i64, divisor: Self) -> Option<Self> {
        if divisor.0 == 0 {
            return None;
        }
        // 2^63 times 10^12 is far inside 128 bits.
        let factor_units = u128::from(factor.unsigned_abs()) * ONE.unsigned_abs();
        let (high, low) = wide_product(self.0.unsigned_abs(), factor_units);
        let rounded = wide_quotient(high, low, divisor.0.unsigned_abs())?;
        let negative = (self.0 < 0) != (factor < 0);
        signed(rounded, negative != (divisor.0 < 0))
    }

    /// Rounded half away from zero to so many places; twelve and more change nothing.
    #[must_use]
    pub fn round(self, places: u32) -> Self {
        // A division by a number that the compiler knows costs a third; these are the places of prices and percents.
        match places {
            2 => self.round_to_step(10_000_000_000),
            4 => self.round_to_step(100_000_000),
            8 => self.round_to_step(10_000),
            12.. => self,
            _ => self.round_to_step(10_i64.pow(12 - places)),
        }
    }

    /// Rounded half away from zero to a multiple of so many units.
    #[inline]
    fn round_to_step(self, step: i64) -> Self {
        // Most numbers fit 64 bits, where a division takes a tenth of the time.
        let (quotient, rest) = match i64::try_from(self.0) {
            Ok(units) => (i128::from(units / step), i128::from(units % step)),
            Err(_) => {
                let quotient = self.0 / i128::from(step);
                (quotient, self.0 - quotient * i128::from(step))
            }
        };
        let step = i128::from(step);
        let away = if rest.abs() * 2 >= step && rest != 0 {
            rest.signum()
        } else {
            0
        };
        // Rounding away from zero at the very end of 128 bits stays where it is.
        (quotient + away).checked_mul(step).map_or(self, Self)
    }

    /// Rounded towards zero to a multiple of `step`; unchanged where the step is not positive.
    #[must_use]
    pub const fn floor_to(self, step: Self) -> Self {
        if step.0 <= 0 {
            return self;
        }
        Self(self.0 - self.0 % step.0)
    }
}

impl fmt::Display for Decimal {
    /// Without zeros at the end: `1.5`, `-0.000000000001`, `100`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixed = self.to_fixed();
        formatter.write_str(fixed.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl FromStr for Decimal {
    type Err = ParseDecimalError;

    fn from_str(text: &str) -> Result<Self, ParseDecimalError> {
        Self::parse(text)
    }
}

/// The number, and whether no digit was rounded away.
fn read(text: &str) -> Result<(Decimal, bool), ParseDecimalError> {
    match read_plain(text.as_bytes()) {
        Some(number) => Ok((number, true)),
        None => read_any(text),
    }
}

/// The form that servers send: perhaps a minus, digits, and at most twelve places. Rows have fifty such numbers, so no
/// more is done for each than must be. `None` for any other form, and for more than 64 bits before the point.
fn read_plain(text: &[u8]) -> Option<Decimal> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let (whole, fraction) = match digits.iter().position(|byte| *byte == b'.') {
        Some(point) => (digits.get(..point)?, digits.get(point + 1..)?),
        None => (digits, &digits[..0]),
    };
    if whole.is_empty() || fraction.len() > PLACES {
        return None;
    }
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let mut units: u64 = 0;
    for byte in whole {
        units = units.checked_mul(10)?.checked_add(digit(byte)?)?;
    }
    // Twelve digits are far inside 64 bits.
    let mut parts: u64 = 0;
    for byte in fraction {
        parts = parts * 10 + digit(byte)?;
    }
    for _ in fraction.len()..PLACES {
        parts *= 10;
    }
    let units = i128::from(units) * ONE + i128::from(parts);
    Some(Decimal(if negative { -units } else { units }))
}

fn read_any(text: &str) -> Result<(Decimal, bool), ParseDecimalError> {
    let wrong = || ParseDecimalError::NotANumber(text.to_owned());
    let large = || ParseDecimalError::TooLarge(text.to_owned());
    let trimmed = text.trim();
    let (negative, digits) = match trimmed.as_bytes().first() {
        Some(b'-') => (true, &trimmed[1..]),
        Some(b'+') => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| wrong())?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return Err(wrong());
    }
    let joined: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    // The digit at `point` is the first one after the point.
    let point = i64::try_from(whole.len()).map_err(|_| large())? + i64::from(exponent);
    let last = point + i64::try_from(PLACES).map_err(|_| large())?;
    let mut units: i128 = 0;
    let mut rest = &joined[..0];
    for at in 0..last.max(0) {
        let index = usize::try_from(at).map_err(|_| large())?;
        let digit = joined.get(index).copied().unwrap_or(b'0');
        if units == 0 && digit == b'0' {
            if index >= joined.len() {
                break;
            }
            continue;
        }
        units = units
            .checked_mul(10)
            .and_then(|units| units.checked_add(i128::from(digit - b'0')))
            .ok_or_else(large)?;
    }
    // What lies beyond the twelfth place; all of it after a point that lies further to the left is below half a unit.
    let rounds_up = match usize::try_from(last) {
        Ok(last) if last < joined.len() => {
            rest = &joined[last..];
            rest.first().is_some_and(|digit| *digit >= b'5')
        }
        Ok(_) => false,
        Err(_) => {
            rest = &joined;
            false
        }
    };
    if rounds_up {
        units = units.checked_add(1).ok_or_else(large)?;
    }
    let exact = rest.iter().all(|digit| *digit == b'0');
    Ok((Decimal(if negative { -units } else { units }), exact))
}

/// The 256 bits of a product, as its high and its low half.
fn wide_product(left: u128, right: u128) -> (u128, u128) {
    const HALF: u32 = 64;
    const MASK: u128 = u64::MAX as u128;
    let (left_high, left_low) = (left >> HALF, left & MASK);
    let (right_high, right_low) = (right >> HALF, right & MASK);
    let low = left_low * right_low;
    let middle = left_low * right_high + (low >> HALF);
    let other = left_high * right_low + (middle & MASK);
    let high = left_high * right_high + (middle >> HALF) + (other >> HALF);
    (high, (other << HALF) | (low & MASK))
}

/// 256 bits by 128, rounded half up; `None` if the quotient does not fit 128 bits.
fn wide_quotient(high: u128, low: u128, divisor: u128) -> Option<u128> {
    if high >= divisor {
        return None;
    }
    if high == 0 {
        // A division of 128 bits is slow; one gives both.
        let quotient = low / divisor;
        let rest = low - quotient * divisor;
        return quotient.checked_add(u128::from(rest.cmp(&(divisor - rest)) != Ordering::Less));
    }
    let (mut rest, mut quotient) = (high, 0_u128);
    for bit in (0..128).rev() {
        let carried = rest >> 127 == 1;
        rest = (rest << 1) | ((low >> bit) & 1);
        quotient <<= 1;
        if carried || rest >= divisor {
            rest = rest.wrapping_sub(divisor);
            quotient |= 1;
        }
    }
    quotient.checked_add(u128::from(rest >= divisor - rest))
}

fn signed(magnitude: u128, negative: bool) -> Option<Decimal> {
    let magnitude = i128::try_from(magnitude).ok()?;
    Some(Decimal(if negative { -magnitude } else { magnitude }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn the_short_way_reads_what_the_long_way_reads() {
        for text in [
            "0",
            "-0.0",
            "5.",
            "100.000000000000",
            "-1.5",
            "0007.10",
            "18446744073709551615.999999999999",
        ] {
            assert_eq!(read_plain(text.as_bytes()), Some(decimal(text)), "{text}");
            assert_eq!(read_any(text), Ok((decimal(text), true)), "{text}");
        }
        for other in [
            "",
            "-",
            ".5",
            "+1",
            "1e3",
            " 1",
            "1.0000000000000",
            "18446744073709551616",
            "1.2.3",
            "1:",
            "--1",
        ] {
            assert_eq!(read_plain(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn digits_are_read_and_written_exactly() {
        for (text, units, shown) in [
            ("0", 0, "0"),
            ("-0.0", 0, "0"),
            ("1.5", 1_500_000_000_000, "1.5"),
            ("+.5", 500_000_000_000, "0.5"),
            ("5.", 5_000_000_000_000, "5"),
            ("-0.000000000001", -1, "-0.000000000001"),
            ("1e-12", 1, "0.000000000001"),
            ("12.5E3", 12_500_000_000_000_000, "12500"),
            ("0.1000000000000000", 100_000_000_000, "0.1"),
            (
                "123456789012345678901234.123456789012",
                123_456_789_012_345_678_901_234_123_456_789_012,
                "123456789012345678901234.123456789012",
            ),
        ] {
            let number = decimal(text);
            assert_eq!(number.units(), units, "{text}");
            assert_eq!(number.to_string(), shown, "{text}");
            assert_eq!(decimal(&number.to_fixed()), number);
        }
        for wrong in ["", ".", "-", "1,5", "1e", "x", "0x1", "1 2", "NaN", "--1"] {
            assert!(
                matches!(Decimal::parse(wrong), Err(ParseDecimalError::NotANumber(_))),
                "{wrong}"
            );
        }
        assert!(matches!(
            Decimal::parse("1e-13"),
            Err(ParseDecimalError::TooFine(_))
        ));
        assert!(matches!(
            Decimal::parse("1e40"),
            Err(ParseDecimalError::TooLarge(_))
        ));
        assert_eq!(Decimal::parse("0e999999999"), Ok(Decimal::ZERO));
        assert_eq!(Decimal::parse_rounded("1e-999999999"), Ok(Decimal::ZERO));
    }

    #[test]
    fn what_is_too_fine_is_rounded_half_away_from_zero() {
        for (text, units) in [
            ("0.0000000000005", 1),
            ("-0.0000000000005", -1),
            ("0.00000000000049", 0),
            ("5e-13", 1),
            ("9.9999999999995", 10_000_000_000_000),
            ("5e-14", 0),
        ] {
            assert_eq!(
                Decimal::parse_rounded(text).unwrap().units(),
                units,
                "{text}"
            );
        }
        assert_eq!(decimal("2.345").round(2), decimal("2.35"));
        assert_eq!(decimal("-2.345").round(2), decimal("-2.35"));
        assert_eq!(decimal("2.344999").round(2), decimal("2.34"));
        assert_eq!(decimal("-7.5").round(0), decimal("-8"));
        assert_eq!(decimal("0.1").round(20), decimal("0.1"));
    }

    #[test]
    fn products_and_quotients_agree_with_schoolbook_arithmetic() {
        for (left, right, product, quotient) in [
            ("1.5", "2", "3", "0.75"),
            ("-1.5", "2", "-3", "-0.75"),
            ("0.000001", "0.000001", "0.000000000001", "1"),
            ("1", "3", "3", "0.333333333333"),
            ("2", "3", "6", "0.666666666667"),
            (
                "123456789012345678",
                "1000000",
                "123456789012345678000000",
                "123456789012.345678",
            ),
        ] {
            let (left, right) = (decimal(left), decimal(right));
            assert_eq!(left.checked_mul(right), Some(decimal(product)));
            assert_eq!(left.checked_div(right), Some(decimal(quotient)));
        }
        let huge = Decimal::from_units(i128::MAX);
        assert_eq!(huge.checked_mul(Decimal::ONE), Some(huge));
        assert_eq!(huge.checked_div(Decimal::ONE), Some(huge));
        assert_eq!(huge.checked_mul(decimal("2")), None);
        assert_eq!(huge.checked_add(decimal("1")), None);
        assert_eq!(Decimal::ONE.checked_div(Decimal::ZERO), None);
        assert_eq!(huge.checked_mul_div(6_000, huge), Some(decimal("6000")));
        assert_eq!(
            decimal("-1").checked_mul_div(-2, decimal("-3")),
            Some(decimal("-0.666666666667"))
        );
        assert_eq!(huge.checked_mul_div(2, Decimal::ONE), None);
        assert_eq!(Decimal::ONE.checked_mul_div(1, Decimal::ZERO), None);
    }

    #[test]
    fn doubles_are_their_shortest_digits() {
        for (double, text) in [
            (0.1, "0.1"),
            (1e-7, "0.0000001"),
            (5e-13, "0.000000000001"),
            (-2.5e9, "-2500000000"),
        ] {
            assert_eq!(Decimal::from_double(double), Some(decimal(text)));
        }
        assert_eq!(decimal("0.1").to_double().to_bits(), 0.1_f64.to_bits());
        assert_eq!(Decimal::from_double(f64::NAN), None);
        assert_eq!(Decimal::from_double(1e300), None);
    }

    #[test]
    fn steps_are_floored_towards_zero() {
        assert_eq!(decimal("1.2345").floor_to(decimal("0.01")), decimal("1.23"));
        assert_eq!(
            decimal("-1.2345").floor_to(decimal("0.01")),
            decimal("-1.23")
        );
        assert_eq!(decimal("5").floor_to(Decimal::ZERO), decimal("5"));
    }
}
