//! Pieces of SELECTs.

use cbtrade_core::Decimal;

use crate::value::Value;

/// ` LIMIT ?` with its value; nothing for none and for 0, as callers expect.
pub(crate) fn limit(rows: Option<u32>, values: &mut Vec<Value>) -> &'static str {
    match rows {
        None | Some(0) => "",
        Some(rows) => {
            values.push(Value::from(i64::from(rows)));
            " LIMIT ?"
        }
    }
}

/// So many hundredths of the whole, with two places; none where one is missing or the whole is zero.
pub(crate) fn percent(part: Option<Decimal>, whole: Option<Decimal>) -> Option<Decimal> {
    let hundredfold = part?.checked_mul(Decimal::from_integer(100))?;
    Some(hundredfold.checked_div(whole?)?.round(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_have_two_places() {
        let of = |part: &str, whole: &str| {
            percent(part.parse().ok(), whole.parse().ok()).map(|percent| percent.to_string())
        };
        assert_eq!(of("1", "3").as_deref(), Some("33.33"));
        assert_eq!(of("2", "3").as_deref(), Some("66.67"));
        assert_eq!(of("-1", "8").as_deref(), Some("-12.5"));
        assert_eq!(of("1", "0"), None);
        assert_eq!(of("", "1"), None);
    }
}
