//! Date and time texts as they are found in SQLite columns, read as instants in UTC.

/// An instant to the nanosecond, with how it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub seconds: i64,
    /// Nanoseconds within the second.
    pub nanoseconds: u32,
}

/// A date text taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateText {
    /// The instant in UTC; a text without an offset is UTC.
    pub moment: Moment,
    /// Digits of the fraction as written (0 to 9).
    pub fraction_digits: u8,
    /// Whether it is exactly `YYYY-MM-DD HH:MM:SS`.
    pub plain: bool,
    /// Whether it is exactly `YYYY-MM-DD`.
    pub date_only: bool,
}

/// Year, month, day, hour, minute, second.
pub type Fields = (i32, u8, u8, u8, u8, u8);

impl Moment {
    /// The calendar fields in UTC (proleptic Gregorian).
    #[must_use]
    pub fn fields(&self) -> Fields {
        let days = self.seconds.div_euclid(86_400);
        let rest = self.seconds.rem_euclid(86_400);
        let (year, month, day) = civil_from_days(days);
        let small = |value: i64| u8::try_from(value).unwrap_or(0);
        (
            year,
            month,
            day,
            small(rest / 3600),
            small(rest / 60 % 60),
            small(rest % 60),
        )
    }
}

/// Above this a unix time is in milliseconds: it would be the year 5138 in seconds.
pub const UNIX_SECONDS_MAX: i64 = 100_000_000_000;

/// Reads `YYYY-MM-DD`, optionally followed by `T` or a blank and `HH:MM[:SS[.fraction]]`, optionally followed by
/// `Z` or `±HH[:MM]`. Anything else, an impossible calendar day included, is `None`.
#[must_use]
pub fn parse_date_text(text: &[u8]) -> Option<DateText> {
    let (date, rest) = text.split_at_checked(10)?;
    if date[4] != b'-' || date[7] != b'-' {
        return None;
    }
    let (year, month, day) = (
        number(&date[..4])?,
        number(&date[5..7])?,
        number(&date[8..])?,
    );
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let midnight = days_from_civil(i64::from(year), i64::from(month), i64::from(day)) * 86_400;
    if rest.is_empty() {
        let moment = Moment {
            seconds: midnight,
            nanoseconds: 0,
        };
        return Some(DateText {
            moment,
            fraction_digits: 0,
            plain: false,
            date_only: true,
        });
    }
    if !matches!(rest[0], b' ' | b'T' | b't') {
        return None;
    }
    let plain = rest[0] == b' ' && rest.len() == 9;
    let clock = parse_clock(&rest[1..])?;
    let moment = Moment {
        seconds: midnight + clock.seconds,
        nanoseconds: clock.nanoseconds,
    };
    Some(DateText {
        moment,
        fraction_digits: clock.fraction_digits,
        plain,
        date_only: false,
    })
}

struct ClockText {
    seconds: i64,
    nanoseconds: u32,
    fraction_digits: u8,
}

fn parse_clock(text: &[u8]) -> Option<ClockText> {
    let (hour, minute) = (number(text.get(..2)?)?, number(text.get(3..5)?)?);
    if text[2] != b':' || hour > 23 || minute > 59 {
        return None;
    }
    let mut at = 5;
    let mut second = 0;
    if text.get(5) == Some(&b':') {
        second = number(text.get(6..8)?)?;
        at = 8;
    }
    if second > 59 {
        return None;
    }
    let (mut nanoseconds, mut fraction_digits) = (0_u32, 0_u8);
    if at == 8 && text.get(8) == Some(&b'.') {
        at = 9;
        while let Some(digit @ b'0'..=b'9') = text.get(at) {
            if fraction_digits == 9 {
                return None;
            }
            fraction_digits += 1;
            nanoseconds += u32::from(digit - b'0') * 10_u32.pow(9 - u32::from(fraction_digits));
            at += 1;
        }
        if fraction_digits == 0 {
            return None;
        }
    }
    let offset = parse_offset(&text[at..])?;
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second) - offset;
    Some(ClockText {
        seconds,
        nanoseconds,
        fraction_digits,
    })
}

fn parse_offset(text: &[u8]) -> Option<i64> {
    match text {
        [] | [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let (hours, minutes) = match rest.len() {
                2 => (number(rest)?, 0),
                4 => (number(&rest[..2])?, number(&rest[2..])?),
                5 if rest[2] == b':' => (number(&rest[..2])?, number(&rest[3..])?),
                _ => return None,
            };
            if hours > 15 || minutes > 59 {
                return None;
            }
            let seconds = i64::from(hours) * 3600 + i64::from(minutes) * 60;
            Some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<i32> {
    digits.iter().try_fold(0_i32, |sum, digit| {
        digit
            .is_ascii_digit()
            .then(|| sum * 10 + i32::from(digit - b'0'))
    })
}

fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a proleptic Gregorian date (Howard Hinnant, "chrono-compatible low-level date
/// algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`], same source.
fn civil_from_days(days: i64) -> (i32, u8, u8) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 {
        month_index + 3
    } else {
        month_index - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (
        i32::try_from(year).unwrap_or(i32::MAX),
        u8::try_from(month).unwrap_or(0),
        u8::try_from(day).unwrap_or(0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<i64> {
        parse_date_text(text.as_bytes()).map(|date| date.moment.seconds)
    }

    #[test]
    fn shapes() {
        assert_eq!(seconds("2025-10-09 08:53:20"), Some(1_760_000_000));
        assert_eq!(seconds("2025-10-09T08:53:20Z"), Some(1_760_000_000));
        assert_eq!(seconds("2025-10-09 10:53:20+02:00"), Some(1_760_000_000));
        assert_eq!(
            seconds("2025-10-09T08:53:20.123456+0000"),
            Some(1_760_000_000)
        );
        assert_eq!(seconds("2025-10-09 08:53"), Some(1_759_999_980));
        assert_eq!(seconds("1969-12-31 23:59:59"), Some(-1));
        assert_eq!(seconds("0000-01-01"), Some(-62_167_219_200));
        for wrong in [
            "",
            "0000-00-00 00:00:00",
            "2024-02-30",
            "2023-02-29",
            "2024-01-01 24:00:00",
            "2024-01-01 00:00:60",
            "2024-1-1",
            "2024-01-01X00:00:00",
            "2024-01-01 00:00:00.",
            "20240101",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn fields_are_the_inverse() {
        for seconds in [
            -62_167_219_200,
            -1,
            0,
            951_782_399,
            951_782_400,
            1_760_000_000,
            253_402_300_799,
        ] {
            let (year, month, day, hour, minute, second) = Moment {
                seconds,
                nanoseconds: 0,
            }
            .fields();
            let text = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
            assert_eq!(
                super::parse_date_text(text.as_bytes())
                    .unwrap()
                    .moment
                    .seconds,
                seconds,
                "{text}"
            );
        }
    }

    #[test]
    fn plain_shape_and_fraction() {
        assert!(parse_date_text(b"2024-01-02 03:04:05").unwrap().plain);
        assert!(!parse_date_text(b"2024-01-02T03:04:05").unwrap().plain);
        assert_eq!(
            parse_date_text(b"2024-01-02 03:04:05.120")
                .unwrap()
                .fraction_digits,
            3
        );
    }
}
