//! Single values against each other.

use std::cmp::Ordering;

use cbtrade_core::{Decimal, Timestamp};
use cbtrade_database::FromValue;

use crate::answer::Answer;

/// Relative error of the per-hour and per-day rates: the two servers differ by so much themselves.
const RATE_TOLERANCE: f64 = 2e-6;

/// The order of the servers: NULL first, numbers by value, texts without letter case and trailing spaces.
pub(crate) fn rank(first: &Answer, second: &Answer) -> Ordering {
    match (first, second) {
        (Answer::Nothing, Answer::Nothing) => Ordering::Equal,
        (Answer::Nothing, _) => Ordering::Less,
        (_, Answer::Nothing) => Ordering::Greater,
        (Answer::Text(first), Answer::Text(second)) => {
            let folded = |text: &str| text.trim_end_matches(' ').to_lowercase();
            folded(first).cmp(&folded(second))
        }
        (Answer::Moment(first), Answer::Moment(second)) => {
            first.as_micros().cmp(&second.as_micros())
        }
        _ => match (exact(first), exact(second)) {
            (Some(first), Some(second)) => first.cmp(&second),
            _ => Ordering::Equal,
        },
    }
}

fn exact(answer: &Answer) -> Option<Decimal> {
    match answer {
        Answer::Truth(truth) => Some(Decimal::from_integer(i64::from(*truth))),
        Answer::Integer(_) | Answer::Decimal(_) | Answer::Double(_) => {
            Decimal::from_value(answer.value()?)
        }
        // A number of a query of one's own that the typed kinds cannot hold; and decimals in a file are texts.
        Answer::Text(text) | Answer::Number(text) => Decimal::parse_rounded(text).ok(),
        _ => None,
    }
}

fn is_rate(column: &str) -> bool {
    column.starts_with("gain_loss_") && (column.ends_with("pct_hr") || column.ends_with("pct_day"))
}

/// Whether ours is what the original gave. `column` is the name of the column, or empty.
pub(crate) fn scalars_agree(expected: &Answer, ours: &Answer, column: &str) -> bool {
    match expected {
        Answer::Nothing => *ours == Answer::Nothing,
        Answer::Truth(_) | Answer::Integer(_) | Answer::Decimal(_) | Answer::Number(_) => {
            match (exact(expected), exact(ours)) {
                (Some(first), Some(second)) if is_rate(column) => {
                    nearly(first.to_double(), second.to_double())
                }
                (Some(first), Some(second)) => first == second,
                _ => false,
            }
        }
        Answer::Double(expected) => match ours {
            Answer::Double(ours) if ours == expected => true,
            _ => exact(ours).is_some_and(|ours| {
                let ours = ours.to_double();
                ours == *expected || is_rate(column) && nearly(ours, *expected)
            }),
        },
        Answer::Text(expected) => matches!(ours, Answer::Text(ours) if ours == expected),
        Answer::Moment(expected) => match ours {
            Answer::Moment(ours) => ours == expected,
            Answer::Text(ours) => Timestamp::parse(ours).ok().as_ref() == Some(expected),
            _ => false,
        },
        Answer::Day(expected) => match ours {
            Answer::Text(ours) | Answer::Day(ours) => ours == expected,
            Answer::Moment(ours) => ours.to_string() == format!("{expected} 00:00:00"),
            _ => false,
        },
        Answer::Bytes(expected) => matches!(ours, Answer::Bytes(ours) if ours == expected),
        Answer::List(_) | Answer::Tuple(_) | Answer::Row(_) | Answer::Part(_) => false,
    }
}

fn nearly(first: f64, second: f64) -> bool {
    (first - second).abs() <= RATE_TOLERANCE * first.abs().max(second.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Answer {
        Answer::read(&serde_json::from_str(json).expect("the notation"))
    }

    fn decimal(text: &str) -> Answer {
        Answer::Decimal(Decimal::parse(text).expect("a decimal"))
    }

    #[test]
    fn doubles_are_what_the_exact_number_rounds_to() {
        let large = read(r#"{"$float":"1.2345678901234568e+21"}"#);
        assert!(scalars_agree(
            &large,
            &decimal("1234567890123456789012.5"),
            "x"
        ));
        assert!(!scalars_agree(
            &large,
            &decimal("1234567890123999999999"),
            "x"
        ));
        assert!(scalars_agree(
            &read(r#"{"$float":"6.0"}"#),
            &Answer::Integer(6),
            "x"
        ));
        assert!(scalars_agree(&Answer::Integer(6), &decimal("6"), "x"));
        assert!(!scalars_agree(
            &Answer::Integer(6),
            &decimal("6.000000000001"),
            "x"
        ));
    }

    #[test]
    fn only_rates_may_be_a_little_off() {
        let (one, other) = (decimal("1.000001"), decimal("1"));
        assert!(scalars_agree(&one, &other, "gain_loss_open_pct_hr"));
        assert!(!scalars_agree(&one, &other, "gain_loss_pct"));
        assert!(!scalars_agree(
            &decimal("1.00001"),
            &other,
            "gain_loss_pct_day"
        ));
    }

    #[test]
    fn nothing_is_not_empty_and_dates_are_not_other_dates() {
        assert!(!scalars_agree(&Answer::Nothing, &Answer::from(""), "x"));
        assert!(!scalars_agree(&Answer::from("a"), &Answer::from("A"), "x"));
        let moment = read(r#"{"$dttm":"2025-10-09 08:53:20"}"#);
        assert!(scalars_agree(
            &moment,
            &Answer::from("2025-10-09 08:53:20"),
            "x"
        ));
        assert!(!scalars_agree(
            &moment,
            &Answer::from("2025-10-09 08:53:21"),
            "x"
        ));
        assert!(scalars_agree(
            &read(r#"{"$date":"2025-10-09"}"#),
            &Answer::from("2025-10-09"),
            "x"
        ));
    }
}
