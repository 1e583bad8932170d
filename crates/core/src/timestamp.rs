//! A moment in UTC.

use std::fmt;

use jiff::SignedDuration;
use jiff::civil::{DateTime, date};

/// A moment in UTC, in microseconds since 1970-01-01 00:00:00, within the years 1 to 9999.
///
/// Displayed as `2025-08-20 14:05:09`, with a fraction of six digits only where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A text is not a moment in a form that [`Timestamp::parse`] reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a date and time such as 2025-08-20 14:05:09 or 2025-08-20T14:05:09Z")]
pub struct ParseTimestampError {
    text: String,
}

const MICROS_PER_SECOND: i64 = 1_000_000;

// Calendar arithmetic starts from here and not from jiff's own moments, which end a day earlier.
const EPOCH_CIVIL: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

impl Timestamp {
    /// 1970-01-01 00:00:00.
    pub const EPOCH: Self = Self(0);
    /// 0001-01-01 00:00:00.
    pub const MIN: Self = Self(-62_135_596_800 * MICROS_PER_SECOND);
    /// 9999-12-31 23:59:59.999999.
    pub const MAX: Self = Self(253_402_300_800 * MICROS_PER_SECOND - 1);

    /// The moment this many microseconds after 1970; `None` outside the years 1 to 9999.
    pub fn from_micros(micros: i64) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0)
            .contains(&micros)
            .then_some(Self(micros))
    }

    /// The moment this many seconds after 1970; `None` outside the years 1 to 9999.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        seconds
            .checked_mul(MICROS_PER_SECOND)
            .and_then(Self::from_micros)
    }

    /// The moment of a calendar date and a time of day; `None` if there is no such moment.
    pub fn from_parts(date: (i16, u8, u8), time: (u8, u8, u8), micros: u32) -> Option<Self> {
        let part = |part: u8| i8::try_from(part).ok();
        let date_time = DateTime::new(
            date.0,
            part(date.1)?,
            part(date.2)?,
            part(time.0)?,
            part(time.1)?,
            part(time.2)?,
            i32::try_from(micros.checked_mul(1000)?).ok()?,
        )
        .ok()?;
        let since_epoch = date_time.duration_since(EPOCH_CIVIL).as_micros();
        Self::from_micros(i64::try_from(since_epoch).ok()?)
    }

    /// Reads `YYYY-MM-DD HH:MM:SS`, also with `T` between date and time, with a fraction of one to
    /// six digits, and with `Z` or an offset such as `+02:00`. Without an offset the text is UTC.
    pub fn parse(text: &str) -> Result<Self, ParseTimestampError> {
        parse(text.as_bytes()).ok_or_else(|| ParseTimestampError {
            text: text.to_owned(),
        })
    }

    /// Microseconds since 1970.
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub fn as_seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// The moment this many seconds later, or earlier if negative; stops at the ends of the range.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        let micros = seconds.saturating_mul(MICROS_PER_SECOND);
        Self::saturating_from_micros(self.0.saturating_add(micros))
    }

    /// Seconds from `earlier` to this moment, rounded down; negative if `earlier` is later.
    pub fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).div_euclid(MICROS_PER_SECOND)
    }

    /// The moment as RFC 3339 has it: `2025-08-20T14:05:09Z`, with a fraction only where there is one.
    pub fn to_rfc3339(self) -> String {
        let mut text = self.to_string();
        text.replace_range(10..11, "T");
        text.push('Z');
        text
    }

    pub(crate) fn saturating_from_micros(micros: i64) -> Self {
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = EPOCH_CIVIL
            .checked_add(SignedDuration::from_micros(self.0))
            .map_err(|_| fmt::Error)?;
        let mut text = *b"0000-00-00 00:00:00.000000";
        let mut put = |at: usize, digits: usize, mut number: i32| {
            for place in text[at..at + digits].iter_mut().rev() {
                *place += u8::try_from(number % 10).unwrap_or_default();
                number /= 10;
            }
        };
        put(0, 4, civil.year().into());
        put(5, 2, civil.month().into());
        put(8, 2, civil.day().into());
        put(11, 2, civil.hour().into());
        put(14, 2, civil.minute().into());
        put(17, 2, civil.second().into());
        let micros = civil.subsec_nanosecond() / 1000;
        put(20, 6, micros);
        let length = if micros == 0 { 19 } else { 26 };
        formatter.write_str(str::from_utf8(&text[..length]).unwrap_or_default())
    }
}

fn parse(text: &[u8]) -> Option<Timestamp> {
    let (date_time, rest) = text.split_at_checked(19)?;
    let separators: [(usize, &[u8]); 5] =
        [(4, b"-"), (7, b"-"), (10, b" Tt"), (13, b":"), (16, b":")];
    if !separators
        .iter()
        .all(|(at, allowed)| allowed.contains(&date_time[*at]))
    {
        return None;
    }
    let two =
        |at: usize| digits(&date_time[at..at + 2]).and_then(|number| u8::try_from(number).ok());
    let year = i16::try_from(digits(&date_time[..4])?).ok()?;
    let (micros, offset) = fraction(rest)?;
    let time = (two(11)?, two(14)?, two(17)?);
    let local = Timestamp::from_parts((year, two(5)?, two(8)?), time, micros)?;
    Timestamp::from_micros(local.0 - offset_seconds(offset)? * MICROS_PER_SECOND)
}

/// Microseconds of a leading `.123`, and what follows it.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let Some(after_point) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    let length = after_point
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (fraction, rest) = after_point.split_at(length);
    let places = u32::try_from(length)
        .ok()
        .filter(|places| (1..=6).contains(places))?;
    Some((digits(fraction)? * 10_u32.pow(6 - places), rest))
}

/// Seconds by which local time with this offset is ahead of UTC.
fn offset_seconds(offset: &[u8]) -> Option<i64> {
    let (sign, offset) = match offset {
        b"" | b"Z" | b"z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let [hours @ .., b':', _, _] = offset else {
        return None;
    };
    let (hours, minutes) = (digits(hours)?, digits(&offset[3..])?);
    (offset.len() == 5 && hours < 24 && minutes < 60)
        .then(|| sign * i64::from(hours * 3600 + minutes * 60))
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0_u32, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + u32::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_moment_agree() {
        for (text, micros) in [
            ("1970-01-01 00:00:00", 0),
            ("2025-10-09 08:53:20", 1_760_000_000_000_000),
            ("2024-02-29 23:59:59", 1_709_251_199_000_000),
            ("1969-12-31 23:59:59.999999", -1),
            ("0001-01-01 00:00:00", Timestamp::MIN.as_micros()),
            ("9999-12-31 23:59:59.999999", Timestamp::MAX.as_micros()),
        ] {
            let moment = Timestamp::parse(text).unwrap();
            assert_eq!(moment.as_micros(), micros, "{text}");
            assert_eq!(moment.to_string(), text);
            assert_eq!(Timestamp::from_micros(micros), Some(moment));
            assert_eq!(Timestamp::parse(&moment.to_rfc3339()), Ok(moment));
        }
    }

    #[test]
    fn every_accepted_form_is_the_same_moment() {
        let moment = Timestamp::from_parts((2025, 8, 20), (14, 5, 9), 500_000).unwrap();
        for text in [
            "2025-08-20 14:05:09.5",
            "2025-08-20 14:05:09.500000",
            "2025-08-20T14:05:09.5Z",
            "2025-08-20t14:05:09.50z",
            "2025-08-20T16:05:09.5+02:00",
            "2025-08-20 08:35:09.5-05:30",
        ] {
            assert_eq!(Timestamp::parse(text), Ok(moment), "{text}");
        }
        assert_eq!(moment.to_rfc3339(), "2025-08-20T14:05:09.500000Z");
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "2025-08-20",
            "2025-08-20 14:05",
            "2025-8-20 14:05:09",
            "2025-02-29 00:00:00",
            "2025-08-20 24:00:00",
            "2025-08-20 23:59:60",
            "0000-00-00 00:00:00",
            "2025-08-20 14:05:09.",
            "2025-08-20 14:05:09.1234567",
            "2025-08-20 14:05:09 ",
            "2025-08-20 14:05:09+2:00",
            "2025-08-20 14:05:09+24:00",
            "2025-08-20 14:05:09+::00",
            "2025-08-20 14:05:0\u{661}",
            "+025-08-20 14:05:09",
        ] {
            let error = Timestamp::parse(text).unwrap_err();
            assert!(error.to_string().contains(&format!("`{text}`")), "{error}");
        }
        assert_eq!(Timestamp::from_seconds(i64::MAX), None);
        assert_eq!(Timestamp::from_micros(Timestamp::MAX.as_micros() + 1), None);
    }

    #[test]
    fn seconds_are_rounded_down_on_both_sides_of_1970() {
        let before = Timestamp::from_micros(-1).unwrap();
        assert_eq!(before.as_seconds(), -1);
        assert_eq!(before.seconds_since(Timestamp::EPOCH), -1);
        assert_eq!(before.plus_seconds(2).as_micros(), 1_999_999);
        assert_eq!(Timestamp::MAX.plus_seconds(1), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.plus_seconds(i64::MIN), Timestamp::MIN);
    }
}
