//! Exact decimals of binary doubles, and numbers written as text.
//!
//! A double is carried into a decimal column through its shortest text that gives the same double back
//! (Steele & White / Ryu). This module works on that text as digits and a power of ten; the verifier
//! does the same with the standard library's formatter and its own arithmetic.

/// A finite number as `digits × 10^exponent`, without trailing zeros in `digits` (zero is `0 × 10^0`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortestDecimal {
    /// Whether the sign bit is set; -0.0 is negative.
    pub negative: bool,
    /// At most 17 decimal digits.
    pub digits: u64,
    /// Power of ten of the last digit.
    pub exponent: i32,
}

/// Outcome of writing a double into a decimal column of a fixed scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rounded {
    /// The shortest text has no more digits than the scale.
    Exact,
    /// Digits were dropped; the relative error is this fraction of the value.
    Off(f64),
}

/// Largest relative error that the planned rounding may introduce: one part in 10^12.
pub const ROUNDING_PARTS_MAX: u128 = 1_000_000_000_000;

impl ShortestDecimal {
    /// Splits a finite double; `None` for infinities and NaN.
    #[must_use]
    pub fn of(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let mut buffer = ryu::Buffer::new();
        let text = buffer.format_finite(value).as_bytes();
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            _ => (false, text),
        };
        let mut digits: u64 = 0;
        let mut exponent: i32 = 0;
        let mut after_point = false;
        let mut position = 0;
        while position < text.len() {
            match text[position] {
                digit @ b'0'..=b'9' => {
                    digits = digits * 10 + u64::from(digit - b'0');
                    if after_point {
                        exponent -= 1;
                    }
                }
                b'.' => after_point = true,
                _ => break,
            }
            position += 1;
        }
        if position < text.len() {
            exponent += small_integer(&text[position + 1..]);
        }
        Some(
            Self {
                negative,
                digits,
                exponent,
            }
            .normalised(),
        )
    }

    fn normalised(mut self) -> Self {
        if self.digits == 0 {
            self.exponent = 0;
            return self;
        }
        while self.digits.is_multiple_of(10) {
            self.digits /= 10;
            self.exponent += 1;
        }
        self
    }

    /// Digits after the decimal point that the number needs.
    #[must_use]
    pub fn scale(&self) -> u32 {
        if self.exponent < 0 {
            self.exponent.unsigned_abs()
        } else {
            0
        }
    }

    /// Digits before the decimal point (0 for numbers below one).
    #[must_use]
    pub fn integer_digits(&self) -> u32 {
        if self.digits == 0 {
            return 0;
        }
        let width = i64::from(self.digits.ilog10()) + 1;
        u32::try_from((width + i64::from(self.exponent)).max(0)).unwrap_or(0)
    }

    /// Rounds half-even to `scale` digits after the point and says how far off that is.
    #[must_use]
    pub fn round(&self, scale: u32) -> (Self, Rounded) {
        if self.scale() <= scale {
            return (*self, Rounded::Exact);
        }
        let drop = self.scale() - scale;
        let zero = Self {
            negative: self.negative,
            digits: 0,
            exponent: 0,
        };
        if drop > 18 {
            return (zero, Rounded::Off(1.0));
        }
        let unit = 10_u64.pow(drop);
        let (mut kept, rest) = (self.digits / unit, self.digits % unit);
        let up = rest * 2 > unit || (rest * 2 == unit && kept % 2 == 1);
        let error = if up { unit - rest } else { rest };
        if up {
            kept += 1;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a reported error ratio, not a value that is stored"
        )]
        let ratio = error as f64 / self.digits as f64;
        let rounded = Self {
            negative: self.negative,
            digits: kept,
            exponent: self.exponent + drop.cast_signed(),
        };
        (rounded.normalised(), Rounded::Off(ratio))
    }

    /// Whether rounding to `scale` stays within one part in 10^12 ([`ROUNDING_PARTS_MAX`]).
    #[must_use]
    pub fn rounds_within_rule(&self, scale: u32) -> bool {
        if self.scale() <= scale {
            return true;
        }
        let drop = self.scale() - scale;
        if drop > 18 {
            return false;
        }
        let unit = 10_u64.pow(drop);
        let rest = self.digits % unit;
        let error = rest.min(unit - rest);
        u128::from(error) * ROUNDING_PARTS_MAX <= u128::from(self.digits)
    }

    /// Writes the number in plain notation (no exponent, no superfluous zeros) at the end of `out`.
    pub fn write_plain(&self, out: &mut Vec<u8>) {
        if self.negative && self.digits != 0 {
            out.push(b'-');
        }
        let mut digits = [0_u8; 20];
        let width = write_digits(self.digits, &mut digits);
        let digits = &digits[20 - width..];
        if self.exponent >= 0 {
            out.extend_from_slice(digits);
            out.extend(std::iter::repeat_n(
                b'0',
                self.exponent.unsigned_abs() as usize,
            ));
            return;
        }
        let scale = self.exponent.unsigned_abs() as usize;
        if width > scale {
            out.extend_from_slice(&digits[..width - scale]);
            out.push(b'.');
            out.extend_from_slice(&digits[width - scale..]);
        } else {
            out.extend_from_slice(b"0.");
            out.extend(std::iter::repeat_n(b'0', scale - width));
            out.extend_from_slice(digits);
        }
    }
}

fn small_integer(text: &[u8]) -> i32 {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = text.iter().fold(0_i32, |sum, digit| {
        sum.saturating_mul(10)
            .saturating_add(i32::from(digit.wrapping_sub(b'0')))
    });
    if negative { -magnitude } else { magnitude }
}

fn write_digits(mut value: u64, buffer: &mut [u8; 20]) -> usize {
    let mut width = 0;
    loop {
        width += 1;
        buffer[20 - width] = b'0' + u8::try_from(value % 10).unwrap_or(0);
        value /= 10;
        if value == 0 {
            return width;
        }
    }
}

/// A number found in text: plain or with exponent, with optional sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextNumber {
    /// Whether a minus sign precedes.
    pub negative: bool,
    /// Significant digits without leading or trailing zeros; empty for zero.
    pub digits: String,
    /// Power of ten of the last digit.
    pub exponent: i64,
}

impl TextNumber {
    /// Reads `[+-]digits[.digits][e[+-]digits]`; `None` for anything else, blanks included.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, power) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], parse_power(&rest[at + 1..])?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        if !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|byte| byte.is_ascii_digit())
        {
            return None;
        }
        let digits = format!("{whole}{fraction}");
        let mut exponent = power - i64::try_from(fraction.len()).ok()?;
        let trimmed = digits.trim_end_matches('0');
        exponent += i64::try_from(digits.len() - trimmed.len()).ok()?;
        let trimmed = trimmed.trim_start_matches('0');
        if trimmed.is_empty() {
            exponent = 0;
        }
        Some(Self {
            negative,
            digits: trimmed.to_owned(),
            exponent,
        })
    }

    /// Digits after the decimal point that the number needs.
    #[must_use]
    pub fn scale(&self) -> u32 {
        u32::try_from((-self.exponent).max(0)).unwrap_or(u32::MAX)
    }

    /// Digits before the decimal point.
    #[must_use]
    pub fn integer_digits(&self) -> u32 {
        let width = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        if width == 0 {
            0
        } else {
            u32::try_from(width.saturating_add(self.exponent).max(0)).unwrap_or(u32::MAX)
        }
    }

    /// The number as a 64-bit integer where it is one.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        if self.exponent < 0 || self.integer_digits() > 19 {
            return None;
        }
        self.plain().parse().ok()
    }

    /// Plain notation. Call only where [`Self::integer_digits`] and [`Self::scale`] are small.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut out = String::new();
        if self.digits.is_empty() {
            return "0".to_owned();
        }
        if self.negative {
            out.push('-');
        }
        let scale = self.scale() as usize;
        if scale == 0 {
            out.push_str(&self.digits);
            out.extend(std::iter::repeat_n(
                '0',
                usize::try_from(self.exponent).unwrap_or(0),
            ));
        } else if self.digits.len() > scale {
            let at = self.digits.len() - scale;
            out.push_str(&self.digits[..at]);
            out.push('.');
            out.push_str(&self.digits[at..]);
        } else {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', scale - self.digits.len()));
            out.push_str(&self.digits);
        }
        out
    }
}

fn parse_power(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}

/// The text of a REAL that can be told from an INTEGER's and read back to the same bits: shortest digits
/// with `.0` or an exponent, `Inf`, `-Inf`, `-0.0`.
#[must_use]
pub fn real_text(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 {
            "Inf".to_owned()
        } else {
            "-Inf".to_owned()
        };
    }
    format!("{value:?}")
}

/// What a text would be taken for under the rule "text that looks like a number is that number".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LooksLike {
    /// Exactly the text of an INTEGER.
    Integer,
    /// Exactly what [`real_text`] writes for some REAL.
    Real,
    /// Anything else.
    Text,
}

/// Classifies a text by the canonical texts of numbers.
#[must_use]
pub fn looks_like(text: &[u8]) -> LooksLike {
    match text.first() {
        Some(b'0'..=b'9' | b'-' | b'I') if text.len() <= 32 => {}
        _ => return LooksLike::Text,
    }
    let Ok(text) = std::str::from_utf8(text) else {
        return LooksLike::Text;
    };
    if text == "Inf" || text == "-Inf" {
        return LooksLike::Real;
    }
    if let Ok(integer) = text.parse::<i64>() {
        return if integer.to_string() == text {
            LooksLike::Integer
        } else {
            LooksLike::Text
        };
    }
    match text.parse::<f64>() {
        Ok(real) if real.is_finite() && real_text(real) == text => LooksLike::Real,
        _ => LooksLike::Text,
    }
}

/// Whether the double is a whole number within the 64-bit integers.
#[must_use]
pub fn integral(value: f64) -> bool {
    value.trunc() == value
        && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value)
}

/// Whether an integer survives the way through a double.
#[must_use]
pub fn exact_in_double(value: i64) -> bool {
    #[expect(
        clippy::cast_precision_loss,
        reason = "the loss is what is being tested"
    )]
    let double = value as f64;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "in range by the test before it"
    )]
    {
        integral(double) && double as i64 == value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(value: f64) -> String {
        let mut out = Vec::new();
        ShortestDecimal::of(value).unwrap().write_plain(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn plain_text_gives_the_double_back() {
        for value in [
            0.0,
            1.0,
            0.1 + 0.2,
            5.330_000_000_000_001e-5,
            1e22,
            5e-324,
            1.797_693_134_862_315_7e308,
            123_456.789,
        ] {
            assert_eq!(
                plain(value).parse::<f64>().unwrap().to_bits(),
                value.to_bits(),
                "{value:?}"
            );
            assert_eq!(plain(-value - 1.0).parse::<f64>().unwrap(), -value - 1.0);
        }
    }

    #[test]
    fn rounding_is_half_even_and_bounded() {
        let (rounded, off) = ShortestDecimal::of(0.1 + 0.2).unwrap().round(12);
        assert_eq!((rounded.digits, rounded.exponent), (3, -1));
        assert!(matches!(off, Rounded::Off(ratio) if ratio < 1e-12));
        assert!(
            ShortestDecimal::of(0.1 + 0.2)
                .unwrap()
                .rounds_within_rule(12)
        );
        assert_eq!(
            ShortestDecimal::of(5.12e-10).unwrap().round(12).1,
            Rounded::Exact
        );
        assert!(
            !ShortestDecimal::of(5.1234e-10)
                .unwrap()
                .rounds_within_rule(12)
        );
        assert_eq!(ShortestDecimal::of(2.5).unwrap().round(0).0.digits, 2);
        assert_eq!(ShortestDecimal::of(3.5).unwrap().round(0).0.digits, 4);
        assert_eq!(
            ShortestDecimal::of(1e-300).unwrap().round(12).1,
            Rounded::Off(1.0)
        );
    }

    #[test]
    fn text_numbers() {
        let number = TextNumber::parse("-001.500e+2").unwrap();
        assert_eq!(
            (
                number.plain().as_str(),
                number.scale(),
                number.integer_digits()
            ),
            ("-150", 0, 3)
        );
        assert_eq!(TextNumber::parse("0.000").unwrap().plain(), "0");
        assert_eq!(TextNumber::parse("1e-7").unwrap().plain(), "0.0000001");
        for not_a_number in [
            "",
            "-",
            ".",
            "1e",
            "1.2.3",
            " 1",
            "0x10",
            "1e99999999999",
            "Inf",
            "--1",
        ] {
            assert_eq!(TextNumber::parse(not_a_number), None, "{not_a_number}");
        }
        assert_eq!(
            TextNumber::parse("9223372036854775808").unwrap().to_i64(),
            None
        );
        assert_eq!(
            TextNumber::parse("-9223372036854775808").unwrap().to_i64(),
            Some(i64::MIN)
        );
    }

    #[test]
    fn looks() {
        assert_eq!(looks_like(b"5"), LooksLike::Integer);
        assert_eq!(looks_like(b"05"), LooksLike::Text);
        assert_eq!(looks_like(b"5.0"), LooksLike::Real);
        assert_eq!(looks_like(b"5.00"), LooksLike::Text);
        assert_eq!(looks_like(b"-0"), LooksLike::Text);
        assert_eq!(looks_like(b"1e300"), LooksLike::Real);
        assert_eq!(looks_like(b"Infinity"), LooksLike::Text);
    }

    #[test]
    fn integers_in_doubles() {
        assert!(exact_in_double(1 << 53) && !exact_in_double((1 << 53) + 1));
        assert!(!exact_in_double(i64::MAX) && exact_in_double(i64::MIN));
    }
}
