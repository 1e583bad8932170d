//! Exact numbers and instants for the comparison, written for it alone: nothing here is shared with the tool.

/// A number as decimal digits times a power of ten, in one form only: no zeros at either end, zero without a sign.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads a number written with an optional sign, digits, a point and an exponent; nothing else is one.
    pub(crate) fn of_text(text: &[u8]) -> Option<Decimal> {
        let text = std::str::from_utf8(text).ok()?;
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let lower = unsigned.to_ascii_lowercase();
        let (mantissa, power) = match lower.split_once('e') {
            Some((mantissa, power)) => (mantissa, exponent_of(power)?),
            None => (lower.as_str(), 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut exponent = power - i64::try_from(fraction.len()).ok()?;
        let digits = all.trim_end_matches('0');
        exponent += i64::try_from(all.len() - digits.len()).ok()?;
        let digits = digits.trim_start_matches('0');
        Some(if digits.is_empty() {
            Decimal {
                negative: false,
                digits: String::new(),
                exponent: 0,
            }
        } else {
            Decimal {
                negative,
                digits: digits.to_owned(),
                exponent,
            }
        })
    }

    /// The shortest decimal that gives the double back; `None` for infinities.
    pub(crate) fn of_double(double: f64) -> Option<Decimal> {
        Decimal::of_text(format!("{double:e}").as_bytes())
    }

    /// The integer.
    pub(crate) fn of_integer(integer: i64) -> Decimal {
        Decimal::of_text(integer.to_string().as_bytes()).unwrap_or(Decimal {
            negative: false,
            digits: String::new(),
            exponent: 0,
        })
    }

    /// The number as a 64-bit integer, where it is one.
    pub(crate) fn as_integer(&self) -> Option<i64> {
        if self.digits.is_empty() {
            return Some(0);
        }
        let zeros = usize::try_from(self.exponent)
            .ok()
            .filter(|zeros| *zeros <= 19)?;
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{}{}", self.digits, "0".repeat(zeros))
            .parse()
            .ok()
    }

    /// The number times a power of ten, where that is whole and not too large.
    fn scaled(&self, power: i64) -> Option<i128> {
        if self.digits.is_empty() {
            return Some(0);
        }
        let zeros = u32::try_from(self.exponent + power).ok()?;
        let digits: i128 = self.digits.parse().ok()?;
        let whole = digits.checked_mul(10_i128.checked_pow(zeros)?)?;
        Some(if self.negative { -whole } else { whole })
    }

    /// Whether `shown` is this number rounded half-even to `scale` digits behind the point, with a change of at most one
    /// part in 10^12.
    pub(crate) fn rounds_to(&self, shown: &Decimal, scale: u8) -> bool {
        let drop = -self.exponent - i64::from(scale);
        let Ok(drop) = u32::try_from(drop) else {
            return self == shown;
        };
        // Numbers of doubles have at most 17 digits; with more of them dropped nothing but zero is left.
        let (Ok(digits), 0..=18) = (self.digits.parse::<u128>(), drop) else {
            return false;
        };
        let unit = 10_u128.pow(drop);
        let (kept, rest) = (digits / unit, digits % unit);
        let up = 2 * rest > unit || (2 * rest == unit && kept % 2 == 1);
        let change = if up { unit - rest } else { rest };
        let sign = if self.negative { "-" } else { "" };
        let rounded = format!("{sign}{}e-{scale}", kept + u128::from(up));
        Decimal::of_text(rounded.as_bytes()).as_ref() == Some(shown)
            && change * 1_000_000_000_000 <= digits
    }
}

fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sound = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| text.parse().ok()).flatten()
}

/// An instant in UTC: nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Instant(i128);

const SECOND: i128 = 1_000_000_000;

/// First second of the year 10000: numbers beyond are no seconds but thousandths of them.
const SECONDS_END: i128 = 253_402_300_800;

impl Instant {
    /// The instant of calendar fields in UTC; `None` if there is no such day or time.
    pub(crate) fn of_fields(
        date: (i64, i64, i64),
        time: (i64, i64, i64),
        nanoseconds: i64,
    ) -> Option<Self> {
        let ((year, month, day), (hour, minute, second)) = (date, time);
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let lengths = [
            31,
            if leap { 29 } else { 28 },
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ];
        let length = *lengths.get(usize::try_from(month - 1).ok()?)?;
        let sound = (1..=length).contains(&day)
            && (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..60).contains(&second);
        if !sound {
            return None;
        }
        let before: i64 = lengths.iter().take(usize::try_from(month - 1).ok()?).sum();
        let years = year - 1;
        let leap_days = years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
        // 719,162 days from the first day of year 1 to 1970.
        let days = years * 365 + leap_days + before + day - 1 - 719_162;
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second;
        Some(Instant(
            i128::from(seconds) * SECOND + i128::from(nanoseconds),
        ))
    }

    /// Reads `YYYY-MM-DD`, with `HH:MM[:SS[.fraction]]` after a blank or a T, with Z or an offset.
    pub(crate) fn of_text(text: &[u8]) -> Option<Instant> {
        let text = std::str::from_utf8(text).ok()?;
        let date = text.get(..10)?;
        let part = |text: &str, at: std::ops::Range<usize>| -> Option<i64> {
            let part = text.get(at)?;
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse().ok()).flatten()
        };
        if date.as_bytes()[4] != b'-' || date.as_bytes()[7] != b'-' {
            return None;
        }
        let date = (part(date, 0..4)?, part(date, 5..7)?, part(date, 8..10)?);
        let rest = &text[10..];
        if rest.is_empty() {
            return Instant::of_fields(date, (0, 0, 0), 0);
        }
        let (rest, offset) = split_offset(rest.strip_prefix([' ', 'T'])?)?;
        if rest.len() < 5 || rest.as_bytes()[2] != b':' {
            return None;
        }
        let (hour, minute) = (part(rest, 0..2)?, part(rest, 3..5)?);
        let (second, nanoseconds) = match rest.get(5..)? {
            "" => (0, 0),
            seconds => {
                let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
                if whole.len() != 3 || !whole.starts_with(':') || fraction.is_empty() {
                    return None;
                }
                let kept = format!("{fraction:0<9}");
                if kept.bytes().skip(9).any(|byte| byte != b'0') {
                    return None;
                }
                (part(whole, 1..3)?, part(&kept, 0..9)?)
            }
        };
        let local = Instant::of_fields(date, (hour, minute, second), nanoseconds)?;
        Some(Instant(local.0 - i128::from(offset) * 60 * SECOND))
    }

    /// Whether this is the instant that a number means: seconds since 1970, or thousandths of them where seconds would
    /// lead beyond the year 9999.
    pub(crate) fn is_unix(self, number: &Decimal) -> bool {
        let seconds = number.scaled(9);
        let beyond = seconds.is_none_or(|seconds| seconds.abs() >= SECONDS_END * SECOND);
        seconds == Some(self.0) || (beyond && number.scaled(6) == Some(self.0))
    }
}

/// Cuts `Z` or `+HH:MM` off; the offset is in minutes.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(rest) = text.strip_suffix('Z') {
        return Some((rest, 0));
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, 0));
    };
    let (rest, offset) = text.split_at(at);
    let digits: String = offset[1..]
        .chars()
        .filter(|letter| *letter != ':')
        .collect();
    let number: i64 = digits.parse().ok()?;
    let minutes = match digits.len() {
        2 => number * 60,
        4 => number / 100 * 60 + number % 100,
        _ => return None,
    };
    Some((
        rest,
        if offset.starts_with('-') {
            -minutes
        } else {
            minutes
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::of_text(text.as_bytes()).unwrap()
    }

    #[test]
    fn numbers_are_equal_in_every_spelling_and_only_then() {
        for (one, other) in [
            ("1.50", "15e-1"),
            ("-0.0", "0"),
            ("+7", "0007.000"),
            (".5", "5E-1"),
            ("1e3", "1000"),
        ] {
            assert_eq!(decimal(one), decimal(other));
        }
        assert_ne!(decimal("1.5"), decimal("-1.5"));
        assert_ne!(decimal("9007199254740993"), decimal("9007199254740992"));
        for text in [
            "", ".", "1 ", " 1", "1,5", "0x10", "Inf", "nan", "1e", "--1", "e5",
        ] {
            assert_eq!(Decimal::of_text(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(decimal("-9223372036854775808").as_integer(), Some(i64::MIN));
        assert_eq!(decimal("9223372036854775808").as_integer(), None);
        assert_eq!(decimal("1.5").as_integer(), None);
    }

    #[test]
    fn only_the_documented_rounding_counts() {
        let sum = Decimal::of_double(0.1 + 0.2).unwrap();
        assert!(sum.rounds_to(&decimal("0.3"), 12));
        assert!(!sum.rounds_to(&decimal("0.300000000001"), 12));
        assert!(!decimal("5.1234e-10").rounds_to(&decimal("0.000000000512"), 12));
        assert!(!decimal("1e-13").rounds_to(&decimal("0"), 12));
        assert!(decimal("12345.0000000000005").rounds_to(&decimal("12345"), 12));
        assert!(decimal("-1.5").rounds_to(&decimal("-1.5"), 12));
    }

    #[test]
    fn instants_are_equal_in_every_spelling_and_only_then() {
        let instant = |text: &str| Instant::of_text(text.as_bytes());
        let plain = instant("2025-10-09 08:53:20").unwrap();
        assert_eq!(instant("2025-10-09T10:53:20+02:00"), Some(plain));
        assert_eq!(instant("2025-10-09T08:53:20.000000Z"), Some(plain));
        assert_ne!(instant("2025-10-09 08:53:20.5"), Some(plain));
        assert!(plain.is_unix(&decimal("1760000000")));
        assert!(plain.is_unix(&decimal("1760000000000")));
        assert!(!plain.is_unix(&decimal("1760000000.5")));
        assert!(!plain.is_unix(&decimal("1760000")));
        assert!(
            instant("1969-12-31 23:59:59")
                .unwrap()
                .is_unix(&decimal("-1"))
        );
        for text in [
            "2025-02-29",
            "2025-13-01",
            "2025-10-09 24:00:00",
            "0000-00-00",
            "2025-10-9",
            "",
        ] {
            assert_eq!(instant(text), None, "{text:?}");
        }
    }
}
